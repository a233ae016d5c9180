"""L-BFGS: Newton's method on whole-batch losses, with the curvature learnt from the last few
steps."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple

import numpy as np

from autograd_engine import Tensor, enable_grad, from_numpy, increment_version

from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, plain


class Place(NamedTuple):
    """A value of all parameters, and what is known there."""

    x: np.ndarray
    loss: float
    gradient: np.ndarray


Evaluation = Callable[[np.ndarray], tuple[Any, Place]]


class LBFGS(Optimizer):
    """Limited-memory BFGS.

    Parameters
    ----------
    params : iterable
        Tensors of one dtype, in one group.
    lr : float
        The length of a step, or where the line search begins.
    max_iter, max_eval : int
        Iterations and evaluations of the closure in one `step` (by default 5/4 as many
        evaluations).
    tolerance_grad, tolerance_change : float
        Stop when no element of the gradient is larger, or when steps or loss change by less.
    history_size : int
        How many steps are remembered.
    line_search_fn : None or "strong_wolfe"

    Notes
    -----
    Nocedal and Wright, Numerical optimization, 2006, algorithms 7.4 and 7.5. Unlike the other
    optimizers, a parameter without gradient takes part with gradient 0. A step that is interrupted,
    or whose closure raises, leaves the parameters at the last iteration that was complete.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([-1.2, 1.0], dtype="float64", requires_grad=True)
    >>> optimizer = LBFGS([x], max_iter=100, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> first = optimizer.step(closure)
    >>> [round(value, 3) for value in x.tolist()]
    [1.0, 1.0]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        self._memory: dict[str, Any] = {}
        super().__init__(params, defaults)

    def check(self, options: dict[str, Any]) -> None:
        super().check(options)
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(
                f"only 'strong_wolfe' is supported, got {options['line_search_fn']!r}"
            )

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def _lay_out(self) -> None:
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        dtypes = {p.dtype for p in self.param_groups[0]["params"]}
        if len(dtypes) > 1:
            raise ValueError(
                f"LBFGS needs parameters of one dtype, got {', '.join(sorted(map(str, dtypes)))}"
            )
        super()._lay_out()

    @property
    def _values(self) -> np.ndarray:
        """All parameters as one vector, which is their memory."""
        return self._layouts[0].blocks[0].values.flat

    # --- the step ---------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Minimise for up to ``max_iter`` iterations.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls ``backward`` and returns the loss.

        Returns
        -------
        The loss before the step.
        """
        self._follow()
        group = self._options(self.param_groups[0], self._layouts[0])
        evaluate = self._evaluation(enable_grad()(closure))
        first, start = evaluate(self._values.copy())
        reached = {**self._memory, "func_evals": self._memory.get("func_evals", 0) + 1}, start
        try:
            if _may_descend(start, group["tolerance_grad"]):
                for reached in self._iterations(*reached, evaluate, group):  # noqa: B007, B020
                    pass
        except BaseException:
            self._write(reached[1].x)
            raise
        finally:
            self._memory = reached[0]
            if self._watched:
                self._publish()
        return first

    def _iterations(
        self, memory: dict[str, Any], here: Place, evaluate: Evaluation, group: dict[str, Any]
    ) -> Iterator[tuple[dict[str, Any], Place]]:
        """What is remembered after each iteration, and the place that it reached: what an interrupt
        goes back to.
        """
        count = 1
        for left in reversed(range(group["max_iter"])):
            before = here
            memory, t, d = _search_direction(memory, here.gradient, group)
            slope = float(here.gradient @ d)
            if slope > -group["tolerance_change"]:
                yield memory, here
                return
            looks = 1
            if group["line_search_fn"] == "strong_wolfe":
                here, t, looks = _search(evaluate, here, slope, t, d, group["max_eval"] - count)
                self._write(here.x)
            elif left:
                _, here = evaluate(here.x + t * d)
            else:  # nobody needs the loss there
                looks = 0
                here = here._replace(x=here.x + t * d)
                self._write(here.x)
            count += looks
            memory |= {"t": t, "func_evals": memory["func_evals"] + looks}
            yield memory, here
            if count >= group["max_eval"] or not _may_descend(here, group["tolerance_grad"]):
                return
            moved = np.abs(d * t).max() > group["tolerance_change"]
            if not moved or abs(here.loss - before.loss) < group["tolerance_change"]:
                return

    def _evaluation(self, closure: Callable[[], Any]) -> Evaluation:
        """The function that moves the parameters to a place, and gives what the closure returns
        there and what is to be known of the place.
        """

        def evaluate(x: np.ndarray) -> tuple[Any, Place]:
            self._write(x)
            loss = closure()
            return loss, Place(x, float(plain(loss)), self._gradient())

        return evaluate

    def _write(self, x: np.ndarray) -> None:
        if np.array_equal(self._values, x):
            return  # what was computed there already, as a loss before the step, stays valid
        self._values[...] = x
        increment_version(from_numpy(self._values))

    def _gradient(self) -> np.ndarray:
        params = self.param_groups[0]["params"]
        return np.concatenate(
            [np.zeros(p.shape, p.dtype) if p.grad is None else p.grad.numpy() for p in params],
            axis=None,
        )

    # --- state ------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Show what is remembered of earlier steps under the first parameter, as in PyTorch."""
        if self._memory:
            shown = {name: _exported(value) for name, value in self._memory.items()}
            self._state[self.param_groups[0]["params"][0]] = shown

    def _adopt(self) -> None:
        p = self.param_groups[0]["params"][0]
        self._memory = _memory_of(self._state.get(p, {}), self._values)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave, here or in PyTorch (tensors or arrays)."""
        values = np.concatenate([p.numpy() for p in self._params()], axis=None)
        memory = _memory_of(next(iter(state_dict["state"].values()), {}), values)
        super().load_state_dict({**state_dict, "state": {}})
        self._memory = memory
        self._state.clear()
        self._publish()


# --- Newton's method ------------------------------------------------------------------------------


def _may_descend(place: Place, tolerance: float) -> bool:
    """Whether there is a slope to go down: finite, and not flat already."""
    if not place.gradient.size or not isfinite(place.loss):
        return False
    steepest = float(np.abs(place.gradient).max())
    return isfinite(steepest) and steepest > tolerance


def _search(
    evaluate: Evaluation, here: Place, slope: float, t: float, d: np.ndarray, looks: int
) -> tuple[Place, float, int]:
    """The place that the line search finds, how far it is, and how often it looked."""

    def look(t: float) -> Point:
        _, place = evaluate(here.x + t * d)
        with np.errstate(all="ignore"):  # it may be a wall
            slope = float(place.gradient @ d)
        return Point(t, place.loss, place.gradient, slope)

    start = Point(0.0, here.loss, here.gradient, slope)
    found, count = strong_wolfe(look, start, t, float(np.abs(d).max()), looks)
    return Place(here.x + found.t * d, found.loss, found.gradient), found.t, count


def _search_direction(
    memory: dict[str, Any], g: np.ndarray, group: dict[str, Any]
) -> tuple[dict[str, Any], float, np.ndarray]:
    """What is to be remembered, how far to try first, and the direction to go."""
    memory = {**memory, "n_iter": memory.get("n_iter", 0) + 1}
    t = group["lr"]
    if memory["n_iter"] == 1:
        memory |= {"d": -g, "old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1.0}
        t *= min(1.0, 1.0 / float(np.abs(g).sum()))
    else:
        y = g - memory["prev_flat_grad"]
        memory |= _with_step(memory, y, memory["d"] * memory["t"], group["history_size"])
        memory["d"] = _newton(memory, -g)
    memory |= {"prev_flat_grad": g, "t": t}
    return memory, t, memory["d"]


def _with_step(memory: dict[str, Any], y: np.ndarray, s: np.ndarray, size: int) -> dict[str, Any]:
    """What is new to remember when the step s changed the gradient by y: nothing, where the loss
    curved the wrong way.
    """
    ys = float(y @ s)
    if not 1e-10 < ys < inf:
        return {}
    kept = {"old_dirs": y, "old_stps": s, "ro": 1 / ys}
    found: dict[str, Any] = {name: [*memory[name], x][-size:] for name, x in kept.items()}
    return {**found, "H_diag": ys / float(y @ y)}


def _newton(memory: dict[str, Any], q: np.ndarray) -> np.ndarray:
    """The inverse Hessian times q, as the remembered steps have it: the two-loop recursion
    (algorithm 7.4).
    """
    pairs = list(zip(memory["old_stps"], memory["old_dirs"], memory["ro"]))
    alphas = []
    for s, y, rho in reversed(pairs):
        alphas.append(rho * (s @ q))
        q -= alphas[-1] * y
    q *= memory["H_diag"]
    for (s, y, rho), alpha in zip(pairs, reversed(alphas)):
        q += (alpha - rho * (y @ q)) * s
    return q


def _memory_of(entry: Mapping[str, Any], values: np.ndarray) -> dict[str, Any]:
    """What is remembered, of a state as the user sees it."""
    memory = {
        name: _imported(value, values.dtype)
        for name, value in entry.items()
        if name != "al" and value is not None
    }
    for name in ("d", "prev_flat_grad"):
        if name in memory and memory[name].shape != values.shape:
            raise ValueError(
                f"state {name!r} has {memory[name].size} elements, the parameters have "
                f"{values.size}"
            )
    return memory


def _exported(value: Any) -> Any:
    if isinstance(value, list):
        return [_exported(item) for item in value]
    return from_numpy(value) if isinstance(value, np.ndarray) else value


def _imported(value: Any, dtype: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_imported(item, dtype) for item in value]
    array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
    return array.astype(dtype) if array.ndim else array.item()
