"""L-BFGS: Newton's method on whole-batch losses, with the curvature learnt from the last few
steps."""

from __future__ import annotations

from typing import Any, Callable, Iterable

import numpy as np

from autograd_engine import Tensor, enable_grad, from_numpy, increment_version

from .flat import Entry
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer


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
    optimizers, a parameter without gradient takes part with gradient 0.

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

    def _lay_out(self, entries: dict[int, Entry] | None = None) -> None:
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        dtypes = {p.dtype for p in self.param_groups[0]["params"]}
        if len(dtypes) > 1:
            raise ValueError(
                f"LBFGS needs parameters of one dtype, got {', '.join(sorted(map(str, dtypes)))}"
            )
        super()._lay_out(entries)

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
        self.stepped = True
        group = self.param_groups[0]
        memory = self._memory
        p = self._blocks(0, group)[0].values.flat
        evaluate = self._evaluation(enable_grad()(closure), p)
        loss, f, g = evaluate(p.copy())
        memory["func_evals"] = memory.get("func_evals", 0) + 1
        if p.size == 0 or np.abs(g).max() <= group["tolerance_grad"]:
            return loss
        count = 1
        for left in range(group["max_iter"] - 1, -1, -1):
            t, d = self._direction(g, group)
            slope, before = float(g @ d), f
            if slope > -group["tolerance_change"]:
                break
            x = p.copy()
            if group["line_search_fn"] == "strong_wolfe":
                f, g, t, more = self._search(
                    evaluate, x, Point(0.0, f, g, slope), t, d, group["max_eval"] - count
                )
                self._write(p, x + t * d)
            elif left:
                more = 1
                (_, f, g) = evaluate(x + t * d)
            else:  # nobody needs the loss there
                more = 0
                self._write(p, x + t * d)
            memory["t"] = t
            count = count + more
            memory["func_evals"] += more
            if count >= group["max_eval"] or np.abs(g).max() <= group["tolerance_grad"]:
                break
            if (
                np.abs(d * t).max() <= group["tolerance_change"]
                or abs(f - before) < group["tolerance_change"]
            ):
                break
        return loss

    def _evaluation(
        self, closure: Callable[[], Any], p: np.ndarray
    ) -> Callable[[np.ndarray], tuple[Any, float, np.ndarray]]:
        """The function that moves the parameters to a place and gives the loss there, also as a
        number, and its gradient.
        """

        def evaluate(place: np.ndarray) -> tuple[Any, float, np.ndarray]:
            self._write(p, place)
            loss = closure()
            return loss, loss.item(), self._gradient()

        return evaluate

    def _write(self, p: np.ndarray, place: np.ndarray) -> None:
        p[...] = place
        increment_version(from_numpy(p))

    def _gradient(self) -> np.ndarray:
        params = self.param_groups[0]["params"]
        return np.concatenate(
            [np.zeros(p.shape, p.dtype) if p.grad is None else p.grad.numpy() for p in params],
            axis=None,
        )

    def _search(
        self, evaluate: Callable, x: np.ndarray, start: Point, t: float, d: np.ndarray, looks: int
    ) -> tuple:
        def look(t: float) -> Point:
            _, f, g = evaluate(x + t * d)
            return Point(t, f, g, float(g @ d))

        found, count = strong_wolfe(look, start, t, float(np.abs(d).max()), looks)
        return found.loss, found.gradient, found.t, count

    def _direction(self, g: np.ndarray, group: dict[str, Any]) -> tuple[float, np.ndarray]:
        """The direction to go, and how far to try first."""
        memory = self._memory
        t = group["lr"]
        memory["n_iter"] = memory.get("n_iter", 0) + 1
        if memory["n_iter"] == 1:
            memory.update(d=-g, old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            t *= min(1.0, 1.0 / float(np.abs(g).sum()))
        else:
            self._remember(
                g - memory["prev_flat_grad"], memory["d"] * memory["t"], group["history_size"]
            )
            memory["d"] = self._newton(-g)
        memory.update(prev_flat_grad=g, t=t)
        return t, memory["d"]

    def _remember(self, y: np.ndarray, s: np.ndarray, size: int) -> None:
        """Note that the step s changed the gradient by y, unless the loss curved the wrong way."""
        memory = self._memory
        ys = float(y @ s)
        if ys <= 1e-10:
            return
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1 / ys)):
            memory[name] = [*memory[name], value][-size:]
        memory["H_diag"] = ys / float(y @ y)

    def _newton(self, q: np.ndarray) -> np.ndarray:
        """The inverse Hessian times q, as the remembered steps have it: the two-loop recursion
        (algorithm 7.4).
        """
        memory = self._memory
        pairs = list(zip(memory["old_stps"], memory["old_dirs"], memory["ro"]))
        alphas = []
        for s, y, rho in reversed(pairs):
            alphas.append(rho * (s @ q))
            q -= alphas[-1] * y
        q *= memory["H_diag"]
        for (s, y, rho), alpha in zip(pairs, reversed(alphas)):
            q += (alpha - rho * (y @ q)) * s
        return q

    # --- state ------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """What is remembered of earlier steps, under the first parameter (as in PyTorch)."""
        if not self._memory:
            return {}
        first = self.param_groups[0]["params"][0]
        return {first: {name: _exported(value) for name, value in self._memory.items()}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave, here or in PyTorch (tensors or arrays)."""
        p = self._blocks(0, self.param_groups[0])[0].values.flat
        given: dict[str, Any] = next(iter(state_dict["state"].values()), {})
        memory = {k: _imported(v, p.dtype) for k, v in given.items() if k != "al" and v is not None}
        for name in ("d", "prev_flat_grad"):
            if name in memory and memory[name].shape != p.shape:
                raise ValueError(
                    f"state {name!r} has {memory[name].size} elements, the parameters have {p.size}"
                )
        super().load_state_dict({**state_dict, "state": {}})
        self._memory = memory


def _exported(value: Any) -> Any:
    if isinstance(value, list):
        return [_exported(item) for item in value]
    return from_numpy(value) if isinstance(value, np.ndarray) else value


def _imported(value: Any, dtype: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_imported(item, dtype) for item in value]
    array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
    return array.astype(dtype) if array.ndim else array.item()
