"""The transforms of functions under the names that ``torch.func`` gives them.

``func.grad(f)`` is the function that gives the gradient of ``f``; `autograd_engine.grad` takes
tensors, not functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .core.batched import is_batched
from .transforms.derivatives import (
    blocks,
    jacobian_columns,
    jacobian_rows,
    jvp,
    linearize,
    run_at,
    value_and_grad,
    vjp,
)
from .transforms.stateless import functional_call, stack_module_state
from .transforms.vmap import check_randomness, vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "is_batched",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]


def __dir__() -> list[str]:
    return __all__


def grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function that gives the gradient of ``f``.

    Parameters
    ----------
    f, argnums, has_aux
        See `value_and_grad`.

    Returns
    -------
    callable
        Takes what ``f`` takes and returns the gradient, or ``(gradient, aux)``.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> func.grad(func.grad(lambda x: x**3))(tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(f, argnums, has_aux)

    def function(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return function


def grad_and_value(
    f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable:
    """The function that gives the gradient of ``f`` and its value: `value_and_grad` in PyTorch's
    order.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> func.grad_and_value(lambda x: x**3)(tensor(2.0))
    (tensor(12.), tensor(8.))
    """
    both = value_and_grad(f, argnums, has_aux)

    def function(*args: Any, **kwargs: Any) -> tuple:
        value, found = both(*args, **kwargs)
        return found, value

    return function


def jacrev(
    f: Callable,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable:
    """The function that gives the Jacobian of ``f``, with one product for each element of the
    output; where that is quicker, many in one backward sweep.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of tensors (with ``has_aux``, a pair of one and anything else).
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.
    has_aux : bool
        Whether ``f`` returns ``(output, aux)``.
    chunk_size : int, optional
        How many products to compute in one sweep, for want of memory; 1 is one after the other.

    Returns
    -------
    callable
        Takes what ``f`` takes and returns the Jacobian, nested as the output and in it as the
        argument (in a tuple for a sequence of ``argnums``), or ``(jacobian, aux)``.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> func.jacrev(lambda x: x**2)(tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"chunk_size is None or at least 1, got {chunk_size}")
    return _jacobian(f, argnums, has_aux, jacobian_rows, chunk_size)


def jacfwd(
    f: Callable,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable:
    """The function that gives the Jacobian of ``f``, with one product for each element of the
    input: `jacrev` for few inputs.

    Parameters
    ----------
    f, argnums, has_aux
        See `jacrev`.
    randomness : {"error", "different", "same"}
        Accepted for PyTorch's sake: ``f`` is called once, so all products are those of one draw.

    Examples
    --------
    >>> from autograd_engine import func, stack, tensor
    >>> func.jacfwd(lambda x: stack([x, x**2, x**3]))(tensor(2.0))
    tensor([ 1.,  4., 12.])
    """
    check_randomness(randomness)
    return _jacobian(f, argnums, has_aux, jacobian_columns)


def hessian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """The function that gives the Hessian of ``f``.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> func.hessian(lambda x: (x**3).sum())(tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(f, argnums), argnums)


def _jacobian(
    f: Callable,
    argnums: int | Sequence[int],
    has_aux: bool,
    way: Callable,
    at_once: int | None = None,
) -> Callable:
    def function(*args: Any, **kwargs: Any) -> Any:
        run = run_at(f, argnums, args, kwargs, has_aux)
        found = blocks(run, not isinstance(argnums, int), run.outside, way, at_once)
        return (found, run.release(run.aux)) if has_aux else found

    return function
