"""Derivatives of functions, rather than of tensors: a function goes in, its gradient, Jacobian or
product with one comes out.

Arguments and results may be any pytree: a tensor, or a tuple, list, dict or namedtuple of pytrees.
Transforms nest, and gradients flow through them to whatever requires one: see `run`, on which they
all rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.errors import GraphError
from ..ops.joining import stack
from ..core.tensor import wrap
from .pytree import rebuild, tree_map
from .run import Run, cut, is_wanted, matching, zeros_of
from ..core.tensor import Tensor

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
        One sweep for each element of the output, or one for each element of the inputs.

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
    return blocks(run, star, run.outside and create_graph, strategy == "forward-mode")


def blocks(run: Run, several: bool, create: bool, forward: bool = False) -> Any:
    """The Jacobian nested as the output, and in it as the arguments: all of them, or the only
    one."""
    way = jacobian_columns if forward else jacobian_rows
    by_output = [rebuild(run.args, row) for row in way(run, run.outputs, create)]
    if not several:
        by_output = [block[0] for block in by_output]
    return rebuild(run.out, by_output)


def jacobian_rows(run: Run, outputs: Sequence[Tensor], create: bool) -> list[list[Tensor]]:
    """The Jacobian in reverse mode: for each output, the blocks of all inputs."""
    result = []
    for y in outputs:
        by_row = [run.pull([y], [basis], create) for basis in basis_of(y)]
        result.append(
            [stacked([row[j] for row in by_row], 0, y, x) for j, x in enumerate(run.inputs)]
        )
    return result


def jacobian_columns(run: Run, outputs: Sequence[Tensor], create: bool) -> list[list[Tensor]]:
    """The same in forward mode, from one product for each element of the inputs."""
    push = run.pushes(outputs)
    zeros = [zeros_of(x) for x in run.inputs]
    by_input = [
        [push([*zeros[:j], basis, *zeros[j + 1 :]], create) for basis in basis_of(x)]
        for j, x in enumerate(run.inputs)
    ]
    return [
        [
            stacked([column[i] for column in by_column], -1, y, x)
            for x, by_column in zip(run.inputs, by_input)
        ]
        for i, y in enumerate(outputs)
    ]


def basis_of(x: Tensor) -> list[Tensor]:
    """For each element of a tensor, the tensor of its shape that is 1 there."""
    eye = np.eye(x._data.size, dtype=x.dtype)
    return [wrap(row.reshape(x.shape)) for row in eye]


def stacked(parts: list[Tensor], dim: int, y: Tensor, x: Tensor) -> Tensor:
    """The derivatives of ``y`` by ``x``, from one part for each element of either."""
    shape = (*y.shape, *x.shape)
    return stack(parts, dim).reshape(shape) if parts else wrap(np.zeros(shape, x.dtype))


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
