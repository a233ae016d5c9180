"""Is a gradient right? Compare what the rules say with central finite differences.

Two ways: the *full* Jacobian, entry by entry, and one *random direction*, ``u . J v``, which costs
two evaluations whatever the size. `gradgradcheck` asks the same of the gradient itself, so it
checks second derivatives. Rules run on plain arrays for a first derivative and on tensors for a
second, so it also asks whether they give the same on both.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from ..core.backward import grad
from ..core.errors import GraphError
from ..core.modes import no_grad
from ..core.tensor import Tensor


class GradcheckError(GraphError):
    """A gradient does not agree with finite differences; the message says where and by how much."""


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Check the gradients of ``func`` against central finite differences.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a tensor or a sequence of tensors.
    inputs : Tensor or sequence
        The arguments. Those that require gradients must be float64; they are not changed.
    eps : float
        The step of the finite differences.
    atol, rtol : float
        What difference is allowed: ``atol + rtol * abs(numeric)``.
    raise_exception : bool
        Raise where the gradients disagree; else return False.
    fast_mode : bool
        Check one random direction instead of every entry of the Jacobian.

    Returns
    -------
    bool
        Whether they agree.

    Raises
    ------
    GradcheckError
        Naming the input, the entry, the output entry and both values.
    TypeError, GraphError
        If no input requires gradients, or one is not float64.

    Examples
    --------
    >>> from autograd_engine import gradcheck, tensor
    >>> gradcheck(lambda x: (x * x).sum(), tensor([1.0, 2.0], dtype="float64", requires_grad=True))
    True
    """
    inputs = _checked_inputs(inputs)
    try:
        outputs = _outputs(func(*inputs))
        for k, output in enumerate(outputs):
            compare = _compare_direction if fast_mode else _compare_jacobian
            compare(func, inputs, k, output, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func: Callable, inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """Check the second derivatives of ``func``: `gradcheck` of its gradient.

    The gradient that is differentiated again is computed by the rules on tensors; it must be the
    one that they give on plain arrays, which is what `backward` computes.

    Parameters
    ----------
    func, inputs, **options
        As in `gradcheck`.
    grad_outputs : Tensor or sequence of Tensor, optional
        The cotangents of the outputs; random by default.

    Returns
    -------
    bool
        Whether they agree.

    Raises
    ------
    GradcheckError
        If a second derivative disagrees with finite differences, or a rule gives one gradient on
        arrays and another on tensors.
    TypeError, GraphError
        As `gradcheck`.

    Examples
    --------
    >>> from autograd_engine import gradgradcheck, tensor
    >>> gradgradcheck(lambda x: x**3, tensor([1.0, 2.0], dtype="float64", requires_grad=True))
    True
    """
    inputs = _checked_inputs(inputs)
    outputs = [y for y in _outputs(func(*inputs)) if y.requires_grad]
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        grad_outputs = [Tensor(rng.uniform(0.5, 1.5, y.shape), requires_grad=True) for y in outputs]
    cotangents = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    wanted = [i for i, x in enumerate(inputs) if _wants(x)]

    def gradient(*args: Any, create_graph: bool = True) -> tuple:
        xs, seeds = args[: len(inputs)], args[len(inputs) :]
        ys = [y for y in _outputs(func(*xs)) if y.requires_grad]
        return grad(
            ys,
            [xs[i] for i in wanted],
            seeds,
            create_graph=create_graph,
            materialize_grads=True,
        )

    arguments = (*inputs, *cotangents)
    try:
        _compare_paths(gradient(*arguments, create_graph=False), gradient(*arguments), wanted)
    except GradcheckError:
        if options.get("raise_exception", True):
            raise
        return False
    return gradcheck(gradient, arguments, **options)


def _wants(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _checked_inputs(inputs: Any) -> tuple:
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if not any(_wants(x) for x in inputs):
        raise GraphError("gradcheck needs at least one input that requires gradients")
    for i, x in enumerate(inputs):
        if _wants(x) and x.dtype != np.float64:
            raise TypeError(
                f"gradcheck needs float64, where finite differences are exact enough; input {i} is "
                f"{x.dtype}"
            )
    return inputs


def _outputs(result: Any) -> list[Tensor]:
    results = [result] if isinstance(result, Tensor) else list(result)
    return [y for y in results if isinstance(y, Tensor) and y.is_floating_point()]


def _evaluate(
    func: Callable, inputs: Sequence[Any], i: int, values: np.ndarray, k: int
) -> np.ndarray:
    """Output ``k`` as a flat array, with other values for input ``i``."""
    moved = [x.detach() if _wants(x) else x for x in inputs]
    moved[i] = Tensor(values.reshape(inputs[i].shape))
    with no_grad():
        # Under create_graph a function may itself need a graph, so its inputs require gradients all
        # the same.
        leaves = [x.requires_grad_() if _wants(inputs[j]) else x for j, x in enumerate(moved)]
    return np.array(_outputs(func(*leaves))[k].detach().numpy(), dtype=float).reshape(-1)


def _gradient(output: Tensor, inputs: Sequence[Any], i: int, seed: np.ndarray) -> np.ndarray:
    if not output.requires_grad:
        return np.zeros(inputs[i].shape)
    (g,) = grad(
        output, inputs[i], Tensor(seed.reshape(output.shape)), retain_graph=True, allow_unused=True
    )
    if g is None:
        return np.zeros(inputs[i].shape)
    if g.shape != inputs[i].shape or g.dtype != inputs[i].dtype:
        raise GradcheckError(
            f"the gradient of input {i} is {g.dtype}{list(g.shape)}, the input "
            f"{inputs[i].dtype}{list(inputs[i].shape)}"
        )
    return np.array(g.numpy())


def _compare_jacobian(
    func: Callable, inputs: tuple, k: int, output: Tensor, eps: float, atol: float, rtol: float
) -> None:
    for i, x in enumerate(inputs):
        if not _wants(x):
            continue
        size = output.numel()
        analytic = np.zeros((size, x.numel()))
        for row in range(size):
            analytic[row] = _gradient(output, inputs, i, np.eye(1, size, row)).reshape(-1)
        base = np.array(x.detach().numpy(), dtype=float).reshape(-1)
        numeric = np.zeros_like(analytic)
        for column in range(base.size):
            step = np.zeros_like(base)
            step[column] = eps
            numeric[:, column] = (
                _evaluate(func, inputs, i, base + step, k)
                - _evaluate(func, inputs, i, base - step, k)
            ) / (2 * eps)
        _demand(analytic, numeric, atol, rtol, f"input {i}, output {k}", x.shape, output.shape)


def _compare_paths(plain: tuple, recorded: tuple, wanted: list[int]) -> None:
    """Raise where the rules give another gradient on tensors than on arrays, but for rounding."""
    for i, on_arrays, on_tensors in zip(wanted, plain, recorded):
        a = on_arrays.numpy()
        b = on_tensors.detach().numpy()
        where = f"the gradient of input {i}"
        if a.shape != b.shape or a.dtype != b.dtype:
            raise GradcheckError(
                f"{where} is {a.dtype}{list(a.shape)} by the rules on arrays and "
                f"{b.dtype}{list(b.shape)} by the rules on tensors (create_graph=True)"
            )
        same = np.isclose(a, b, rtol=1e-7, atol=1e-9, equal_nan=True)
        if not same.all():
            entry = tuple(map(int, np.argwhere(~same)[0]))
            raise GradcheckError(
                f"{where} is {a[entry]:.6g} at {entry} by the rules on arrays and "
                f"{b[entry]:.6g} by the rules on tensors (create_graph=True): a rule must give "
                f"the same on both ({int((~same).sum())} of {same.size} entries differ)"
            )


def _compare_direction(
    func: Callable, inputs: tuple, k: int, output: Tensor, eps: float, atol: float, rtol: float
) -> None:
    rng = np.random.default_rng(0)
    u = rng.standard_normal(output.shape)
    for i, x in enumerate(inputs):
        if not _wants(x):
            continue
        v = rng.standard_normal(x.shape).reshape(-1)
        base = np.array(x.detach().numpy(), dtype=float).reshape(-1)
        change = (
            _evaluate(func, inputs, i, base + eps * v, k)
            - _evaluate(func, inputs, i, base - eps * v, k)
        ) / (2 * eps)
        numeric = np.array([[u.reshape(-1) @ change]])
        analytic = np.array([[_gradient(output, inputs, i, u).reshape(-1) @ v]])
        _demand(
            analytic,
            numeric,
            atol,
            rtol,
            f"input {i}, output {k}, along a random direction",
            (1,),
            (1,),
        )


def _demand(
    analytic: np.ndarray,
    numeric: np.ndarray,
    atol: float,
    rtol: float,
    where: str,
    x_shape: tuple,
    y_shape: tuple,
) -> None:
    """Raise at the entry that is furthest off, if any is off."""
    excess = np.abs(analytic - numeric) - (atol + rtol * np.abs(numeric))
    excess[np.isnan(analytic) != np.isnan(numeric)] = np.inf
    if excess.size and np.nanmax(excess, initial=-np.inf) > 0:
        row, column = np.unravel_index(np.nanargmax(excess), excess.shape)
        entry = tuple(map(int, np.unravel_index(column, x_shape))) if x_shape else ()
        output_entry = tuple(map(int, np.unravel_index(row, y_shape))) if y_shape else ()
        wrong = int((excess > 0).sum())
        raise GradcheckError(
            f"{where}: the derivative of output entry {output_entry} with respect to input entry "
            f"{entry} is "
            f"{analytic[row, column]:.6g} by the rules and {numeric[row, column]:.6g} by finite "
            "differences "
            f"({wrong} of {excess.size} entries disagree)"
        )
