"""Derivatives of functions, rather than of tensors: a function goes in, its gradient, Jacobian or
product with one comes out.

Arguments and results may be any pytree: a tensor, or a tuple, list, dict or namedtuple of pytrees.
Transforms nest, and gradients flow through them to whatever requires one: see `run`, on which they
all rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ..core.batched import BatchedRead
from ..core.errors import GraphError
from ..core.recorder import current
from ..core.tensor import Tensor, wrap
from ..ops.joining import stack
from .pytree import rebuild, tree_map
from .run import Run, cut, is_wanted, matching, zeros_of
from .vmap import without_loops

# --- gradients ------------------------------------------------------------------------------------


def value_and_grad(
    f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable:
    """The function that gives the value of ``f`` and its gradient.

    Parameters
    ----------
    f : callable
        Returns a tensor of one element (with ``has_aux``, a pair of it and anything else).
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to. Each is a pytree of tensors.
    has_aux : bool
        Whether ``f`` returns ``(value, aux)``.

    Returns
    -------
    callable
        Takes what ``f`` takes and returns ``(value, gradient)``, or ``((value, aux), gradient)``.
        The gradient is nested as the argument; for a sequence of ``argnums`` it is a tuple of
        gradients.

    Raises
    ------
    RuntimeError
        If the value has more than one element, or an argument is not of floating point numbers.

    Examples
    --------
    >>> from autograd_engine import tensor, value_and_grad
    >>> value_and_grad(lambda x: (x["a"] * x["b"]).sum())({"a": tensor(2.0), "b": tensor(3.0)})
    (tensor(6.), {'a': tensor(3.), 'b': tensor(2.)})
    """
    several = not isinstance(argnums, int)

    def function(*args: Any, **kwargs: Any) -> tuple:
        run = run_at(f, argnums, args, kwargs, has_aux)
        if not isinstance(run.out, Tensor) or run.out._data.size != 1:
            shape = list(run.out.shape) if isinstance(run.out, Tensor) else type(run.out).__name__
            raise GraphError(
                f"a gradient is that of one number, and the function returned {shape}; reduce it "
                "(.sum()), or use jacobian"
            )
        seed = wrap(np.ones_like(run.out._data))
        found = rebuild(run.args, run.pull([run.out], [seed], run.outside))
        value = run.release((run.out, run.aux) if has_aux else run.out)
        return value, found if several else found[0]

    return function


def run_at(
    f: Callable, argnums: int | Sequence[int], args: tuple, kwargs: dict, has_aux: bool
) -> Run:
    """Run ``f(*args, **kwargs)`` as a function of the arguments at ``argnums``."""
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ValueError(
                f"argnums={argnums}, but the function was called with {len(args)} positional "
                "arguments"
            )
    numbers = [number % len(args) for number in numbers]

    def partial(*chosen: Any) -> Any:
        given = list(args)
        for number, value in zip(numbers, chosen):
            given[number] = value
        return f(*given, **kwargs)

    return Run(partial, tuple([args[number] for number in numbers]), has_aux)


def vjp(f: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value of ``f(*primals)`` and the function that multiplies a cotangent with its Jacobian:
    reverse mode.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of tensors.
    *primals : pytree of Tensor
        Where to evaluate it.
    has_aux : bool
        Whether ``f`` returns ``(output, aux)``.

    Returns
    -------
    tuple
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)``. ``vjp_fn(cotangent)`` takes a pytree
        like the output, may be called any number of times, and returns a tuple with one gradient
        for each primal.

    Examples
    --------
    >>> from autograd_engine import tensor, vjp
    >>> output, vjp_fn = vjp(lambda x: x**2, tensor([1.0, 3.0]))
    >>> output, vjp_fn(tensor([1.0, 10.0]))
    (tensor([1., 9.]), (tensor([ 2., 60.]),))
    """
    run = Run(f, primals, has_aux)
    like = tree_map(cut, run.out)

    def vjp_fn(cotangent: Any) -> tuple:
        given = matching(cotangent, like, "cotangent")
        return rebuild(run.args, run.pull(run.outputs, given, is_wanted(run, given)))

    if has_aux:
        return run.release(run.out), vjp_fn, run.release(run.aux)
    return run.release(run.out), vjp_fn


def jvp(f: Callable, primals: tuple, tangents: tuple, *, has_aux: bool = False) -> tuple:
    """The value of ``f(*primals)`` and its derivative in the direction ``tangents``: forward mode.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of tensors.
    primals, tangents : tuple of pytrees
        Where to evaluate it, and the direction, nested alike.
    has_aux : bool
        Whether ``f`` returns ``(output, aux)``.

    Returns
    -------
    tuple
        ``(output, tangent)``, nested alike; or ``(output, tangent, aux)``.

    Notes
    -----
    Rules are linear in the cotangent and are themselves differentiable, so differentiating a
    gradient with respect to the cotangent gives the forward mode (J. Townsend, "A new trick for
    calculating Jacobian vector products", 2017).

    Examples
    --------
    >>> from autograd_engine import jvp, tensor
    >>> jvp(lambda x: x**2, (tensor([1.0, 3.0]),), (tensor([1.0, 10.0]),))
    (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes a tuple of primals and a tuple of tangents: jvp(f, (x,), (t,))")
    run = Run(f, tuple(primals), has_aux)
    given = matching(tuple(tangents), run.args, "tangent")
    moved = rebuild(run.out, run.pushes(run.outputs)(given, is_wanted(run, given)))
    if has_aux:
        return run.release(run.out), moved, run.release(run.aux)
    return run.release(run.out), moved


def linearize(f: Callable, *primals: Any) -> tuple:
    """The value of ``f(*primals)`` and its derivative there, as a function of the direction.

    The function is called once, however many directions follow.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of tensors.
    *primals : pytree of Tensor
        Where to evaluate it.

    Returns
    -------
    tuple
        ``(output, jvp_fn)``; ``jvp_fn(*tangents)`` takes what is nested and shaped as the primals
        and returns what is nested as the output.

    Examples
    --------
    >>> from autograd_engine.func import linearize
    >>> from autograd_engine import tensor
    >>> output, jvp_fn = linearize(lambda x: x**2, tensor([1.0, 3.0]))
    >>> output, jvp_fn(tensor([1.0, 10.0]))
    (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    run = Run(f, primals)
    push = run.pushes(run.outputs)

    def jvp_fn(*tangents: Any) -> Any:
        given = matching(tangents, run.args, "tangent")
        return rebuild(run.out, push(given, is_wanted(run, given)))

    return run.release(run.out), jvp_fn


# --- Jacobians ------------------------------------------------------------------------------------


def jacobian(
    f: Callable, inputs: Any, create_graph: bool = True, strategy: str = "reverse-mode"
) -> Any:
    """The Jacobian of ``f`` at ``inputs``: every derivative of every element of the output.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of tensors.
    inputs : Tensor, tuple of Tensor, or any pytree
        A tuple is taken as several arguments, ``f(*inputs)``; anything else as one.
    create_graph : bool
        Whether the result is part of the graph where the inputs, or tensors that ``f`` uses,
        require gradients, as they do inside of another transform. False (PyTorch's default) is
        faster then.
    strategy : {"reverse-mode", "forward-mode"}
        One product for each element of the output, or one for each element of the inputs. Where
        that is quicker, many are computed in one sweep (see `func.vmap`).

    Returns
    -------
    Tensor or pytree
        A Tensor of shape ``output.shape + input.shape``; for pytrees, nested as the output, and in
        it as the inputs.

    Examples
    --------
    >>> from autograd_engine import jacobian, tensor
    >>> jacobian(lambda x: x**2, tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"strategy is 'reverse-mode' or 'forward-mode', got {strategy!r}")
    star = type(inputs) is tuple
    run = Run(f, inputs if star else (inputs,))
    way = jacobian_columns if strategy == "forward-mode" else jacobian_rows
    return blocks(run, star, run.outside and create_graph, way)


def blocks(run: Run, several: bool, create: bool, way: Callable, at_once: int | None = None) -> Any:
    """The Jacobian nested as the output, and in it as the arguments: all of them, or the only
    one."""
    by_output = [rebuild(run.args, row) for row in way(run, run.outputs, create, at_once)]
    if not several:
        by_output = [block[0] for block in by_output]
    return rebuild(run.out, by_output)


def jacobian_rows(
    run: Run, outputs: Sequence[Tensor], create: bool, at_once: int | None = None
) -> list[list[Tensor]]:
    """The Jacobian in reverse mode: for each output, the blocks of all inputs.

    ``at_once`` says how many rows are computed in one sweep; by default as many as is quick.
    """
    result = []
    for y in outputs:
        size = at_once or _how_many(y, run)
        found = of_basis(lambda g, y=y: run.pull([y], [g], create), y, run.inputs, 0, size)
        result.append([block(part, y, x) for part, x in zip(found, run.inputs)])
    return result


def jacobian_columns(
    run: Run, outputs: Sequence[Tensor], create: bool, at_once: int | None = None
) -> list[list[Tensor]]:
    """The same in forward mode, from one product for each element of the inputs."""
    push = run.pushes(outputs)
    zeros = [zeros_of(x) for x in run.inputs]
    by_input = []
    for j, x in enumerate(run.inputs):
        size = at_once or _how_many(x, run)
        columns = of_basis(
            lambda t, j=j: push([*zeros[:j], t, *zeros[j + 1 :]], create), x, outputs, -1, size
        )
        by_input.append([block(part, y, x) for part, y in zip(columns, outputs)])
    return [[blocks[i] for blocks in by_input] for i in range(len(outputs))]


FEW = 8
"""Up to so many rows or columns of a Jacobian are computed one after the other, which is quicker
then.
"""
ROOM = 2**23
"""How many elements each result of an op may have where several rows are computed at once."""


def _how_many(x: Tensor, run: Run) -> int:
    """How many products with basis vectors shaped as ``x`` to compute at once."""
    size = min(x._data.size, ROOM // max(run.largest(), 1))
    return size if size > FEW else 1


def of_basis(
    function: Callable, x: Tensor, like: Sequence[Tensor], dim: int, at_once: int
) -> list[Tensor]:
    """What a function that returns tensors as those in ``like`` gives for each tensor shaped as
    ``x`` with a single 1, so many at once, joined along a dimension.
    """
    n = x._data.size
    if not n:
        return [wrap(np.zeros(0, part.dtype)) for part in like]
    eye = np.eye(n, dtype=x.dtype).reshape((n, *x.shape))
    if at_once > 1 and current() is None:
        with suppress(BatchedRead):  # a rule or a hook looks at numbers: it can, one by one
            return without_loops(function, wrap(eye), dim, at_once)
    found = [function(wrap(basis[()])) for basis in eye]
    return [stack(list(parts), dim) for parts in zip(*found)]


def block(part: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """The derivatives of ``y`` by ``x`` in their shape."""
    return part.reshape((*y.shape, *x.shape))


def hessian(f: Callable, inputs: Any, create_graph: bool = True) -> Any:
    """The Hessian of ``f`` at ``inputs``: all second derivatives of its one number.

    Parameters
    ----------
    f : callable
        Returns a tensor of one element.
    inputs, create_graph
        See `jacobian`.

    Returns
    -------
    Tensor or pytree
        A Tensor of shape ``input.shape + input.shape``; for pytrees, nested as the inputs, and in
        it as the inputs again.

    Examples
    --------
    >>> from autograd_engine import hessian, tensor
    >>> hessian(lambda x: (x**3).sum(), tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacobian(gradient(f, inputs), inputs, create_graph)


def hvp(f: Callable, inputs: Any, v: Any, create_graph: bool = True) -> tuple:
    """The value of ``f`` and its Hessian times ``v``, without the Hessian.

    Parameters
    ----------
    f : callable
        Returns a tensor of one element.
    inputs, create_graph
        See `jacobian`.
    v : pytree
        Nested and shaped as ``inputs``.

    Returns
    -------
    tuple
        ``(output, product)``; the product is nested as the inputs.

    Examples
    --------
    >>> from autograd_engine import hvp, tensor
    >>> hvp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    star = type(inputs) is tuple
    run = Run(gradient(f, inputs, with_value=True), inputs if star else (inputs,), has_aux=True)
    given = matching(v, run.args if star else run.args[0], "vector")
    run.outside &= create_graph
    product = rebuild(
        run.args, run.pull(run.outputs, given, create_graph and is_wanted(run, given))
    )
    return run.release(run.aux), product if star else product[0]


def gradient(f: Callable, inputs: Any, with_value: bool = False) -> Callable:
    """The gradient of ``f`` as a function of the inputs, nested as they are (and the value after
    it).
    """
    both = value_and_grad(f, tuple(range(len(inputs))) if type(inputs) is tuple else 0)

    def function(*args: Any) -> Any:
        value, found = both(*args)
        return (found, value) if with_value else found

    return function
