"""Derivatives of functions at a point, under the names and with the arguments that
``torch.autograd.functional`` gives them.

Where nothing is said by ``create_graph``, results have no graph. `autograd_engine.jacobian` and
`func` have the same derivatives in the form of transforms, which nest.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.errors import GraphError
from ..core.modes import is_grad_enabled, set_grad_enabled
from ..core.tensor import Tensor, wrap
from ..transforms.derivatives import block, jacobian_columns, jacobian_rows, of_basis
from ..transforms.pytree import leaves, rebuild, tree_map
from ..transforms.run import Run, cut, matching, zeros_of

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def __dir__() -> list[str]:
    return __all__


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of ``func`` and the vector ``v`` times its Jacobian.

    Parameters
    ----------
    func : callable
        Takes tensors and returns a tensor or a tuple of them.
    inputs : Tensor or tuple of Tensor
        A tuple is taken as several arguments, ``func(*inputs)``.
    v : Tensor or tuple of Tensor, optional
        Shaped as the output; may be left out for an output of one element.
    create_graph : bool
        Whether the results are part of the graph of the inputs, and of tensors that ``func`` uses.
    strict : bool
        Raise where the output does not depend on an input, instead of giving zeros.

    Returns
    -------
    tuple
        ``(output, product)``; the product is nested and shaped as the inputs.

    Raises
    ------
    RuntimeError
        If ``v`` does not fit, or the function is not ``strict`` enough.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import vjp
    >>> vjp(lambda x: x**2, tensor([1.0, 3.0]), tensor([1.0, 10.0]))
    (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    call = _Call(func, inputs, create_graph, strict)
    call.check_outputs()
    given = _checked_vector(v, call.run.out, "the output of the function")
    return call.output(), call.pulled(call.run.outputs, given)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of ``func`` and its Jacobian times the vector ``v``.

    Parameters
    ----------
    func, inputs, create_graph, strict
        See `vjp`.
    v : Tensor or tuple of Tensor, optional
        Shaped as the inputs; may be left out for one input of one element.

    Returns
    -------
    tuple
        ``(output, product)``, nested and shaped alike.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import jvp
    >>> jvp(lambda x: x**2, tensor([1.0, 3.0]), tensor([1.0, 10.0]))
    (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    call = _Call(func, inputs, create_graph, strict)
    given = _checked_vector(v, call.inputs, "the input of the function")
    call.check_outputs()
    return call.output(), call.pushed(given)


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of ``func`` and the vector ``v`` times its Hessian.

    Parameters
    ----------
    func : callable
        Takes tensors and returns a tensor of one element.
    inputs, create_graph, strict
        See `vjp`.
    v : Tensor or tuple of Tensor, optional
        Shaped as the inputs; may be left out for one input of one element.

    Returns
    -------
    tuple
        ``(output, product)``; the product is nested and shaped as the inputs.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import vhp
    >>> vhp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    call = _Call(func, inputs, create_graph, strict)
    given = _checked_vector(v, call.inputs, "the input of the function")
    return call.output(), call.pulled(call.gradient(), given)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of ``func`` and its Hessian times the vector ``v``.

    The Hessian of a function with continuous second derivatives is symmetric, so this is `vhp`.

    Parameters
    ----------
    func, inputs, v, create_graph, strict
        See `vhp`.

    Returns
    -------
    tuple
        ``(output, product)``; the product is nested and shaped as the inputs.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import hvp
    >>> hvp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    return vhp(func, inputs, v, create_graph, strict)


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of ``func`` at ``inputs``.

    Parameters
    ----------
    func, inputs, create_graph, strict
        See `vjp`.
    vectorize : bool
        Compute all rows in one sweep, however much memory that takes. Without, as many at once as
        is quick.
    strategy : {"reverse-mode", "forward-mode"}
        By rows, one for each element of the output, or by columns, one for each of the inputs.

    Returns
    -------
    Tensor or tuple
        A Tensor of shape ``output.shape + input.shape``; for a tuple of outputs a tuple, and in it
        for a tuple of inputs a tuple again.

    Raises
    ------
    RuntimeError
        If ``strict`` is asked for together with one of the other two ways.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import jacobian
    >>> jacobian(lambda x: x**2, tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    _check_ways(strict, vectorize, strategy)
    call = _Call(func, inputs, create_graph, strict)
    call.check_outputs()
    return call.jacobian(call.run.outputs, call.run.out, vectorize, strategy)


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of ``func`` at ``inputs``.

    Parameters
    ----------
    func : callable
        Takes tensors and returns a tensor of one element.
    inputs, create_graph, strict
        See `vjp`.
    vectorize, outer_jacobian_strategy
        How the Jacobian of the gradient is computed, see `jacobian`.

    Returns
    -------
    Tensor or tuple
        A Tensor of shape ``input.shape + input.shape``; for a tuple of inputs a tuple of tuples.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.autograd.functional import hessian
    >>> hessian(lambda x: (x**3).sum(), tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    _check_ways(strict, vectorize, outer_jacobian_strategy)
    call = _Call(func, inputs, create_graph, strict)
    return call.jacobian(call.gradient(), call.inputs, vectorize, outer_jacobian_strategy)


def _check_ways(strict: bool, vectorize: bool, strategy: str) -> None:
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"the strategy is 'reverse-mode' or 'forward-mode', got {strategy!r}")
    if strict and (vectorize or strategy == "forward-mode"):
        raise GraphError(
            "strict=True looks at each row of the Jacobian by itself: it goes with "
            "vectorize=False and the strategy 'reverse-mode' only"
        )


def _checked_vector(v: Any, like: Any, what: str) -> list:
    """The leaves of ``v``, which is shaped as ``like``; without it, a 1."""
    if v is not None:
        if isinstance(v, Tensor) and isinstance(like, tuple) and len(like) == 1:
            v = (v,)
        elif isinstance(v, tuple) and len(v) == 1 and isinstance(like, Tensor):
            v = v[0]
        return matching(v, like, "vector")
    found = leaves(like)
    if len(found) != 1 or found[0]._data.size != 1:
        shapes = [list(x.shape) for x in found]
        raise GraphError(f"v may be left out where {what} has one element, here it has {shapes}")
    return [wrap(np.ones_like(found[0]._data))]


class _Call:
    """One call of a function, and the derivatives that are taken of it."""

    def __init__(self, func: Callable, inputs: Any, create_graph: bool, strict: bool) -> None:
        self.create = create_graph
        self.strict = strict
        self.several = type(inputs) is tuple
        if not create_graph:
            inputs = tree_map(cut, inputs)
        with set_grad_enabled(create_graph or is_grad_enabled()):
            self.run = Run(func, inputs if self.several else (inputs,))
        self.inputs = self._nested(self.run.inputs)

    def _nested(self, values: Sequence[Any]) -> Any:
        """Values nested as the inputs were given."""
        nested = rebuild(self.run.args, values)
        return nested if self.several else nested[0]

    def _outward(self, tree: Any) -> Any:
        """Results as they are handed out."""
        return self.run.release(tree) if self.create else tree_map(cut, tree)

    def output(self) -> Any:
        """What the function returned."""
        return self._outward(self.run.out)

    def check_outputs(self) -> None:
        """Raise under ``strict`` if an output has no graph."""
        for i, y in enumerate(self.run.outputs):
            if self.strict and not y.requires_grad:
                raise GraphError(f"output {i} does not depend on the inputs{_FORBIDDEN}")

    def gradient(self) -> list[Any]:
        """The gradient of the function, which returns one number, as part of the graph."""
        out = self.run.out
        if not isinstance(out, Tensor) or out._data.size != 1:
            what = f"shape {list(out.shape)}" if isinstance(out, Tensor) else type(out).__name__
            raise GraphError(
                f"a Hessian is that of one number, and the function returned {what}; reduce it "
                "(.sum())"
            )
        self.check_outputs()
        found = self.run.reach([out], [wrap(np.ones_like(out._data))], self.run.inputs, True)
        self._check_gradients(found)
        return self._filled(found)

    def pulled(self, outputs: Sequence[Any], given: list) -> Any:
        """The product of ``given`` with the Jacobian of these outputs."""
        return self._outward(self._nested(self._pull(outputs, given)))

    def _pull(self, outputs: Sequence[Any], given: list) -> list:
        found = self.run.reach(outputs, given, self.run.inputs, self.create)
        self._check_gradients(found, self.create)
        return self._filled(found)

    def _check_gradients(self, found: list, twice: bool = True) -> None:
        """Raise under ``strict`` if a gradient is missing, or has no graph to be differentiated
        ``twice``.
        """
        for i, g in enumerate(found):
            if self.strict and g is None:
                raise GraphError(f"the output does not depend on input {i}{_FORBIDDEN}")
            if self.strict and twice and not g.requires_grad:
                raise GraphError(
                    f"the gradient for input {i} does not depend on the inputs{_FORBIDDEN}"
                )

    def _filled(self, found: list) -> list:
        return [zeros_of(x) if g is None else g for x, g in zip(self.run.inputs, found)]

    def pushed(self, given: list) -> Any:
        """The product of the Jacobian with ``given``."""
        run = self.run
        moved = run.pushes(run.outputs, self._check_gradients)(given, self.create)
        for i, step in enumerate(moved):
            if self.strict and self.create and not step.requires_grad:
                raise GraphError(
                    f"the derivative of output {i} does not depend on the inputs{_FORBIDDEN}"
                )
        return self._outward(rebuild(run.out, moved))

    def jacobian(self, outputs: Sequence[Tensor], like: Any, vectorize: bool, strategy: str) -> Any:
        """The Jacobian of these outputs, nested as ``like`` and in it as the inputs."""
        with set_grad_enabled(self.create or is_grad_enabled()):
            if self.strict:
                found = [self._rows(y) for y in outputs]
            else:
                way = jacobian_columns if strategy == "forward-mode" else jacobian_rows
                found = way(self.run, outputs, self.create, _ALL if vectorize else None)
        return self._outward(rebuild(like, [self._nested(row) for row in found]))

    def _rows(self, y: Tensor) -> list[Tensor]:
        found = of_basis(lambda g: self._pull([y], [g]), y, self.run.inputs, 0, at_once=1)
        return [block(part, y, x) for part, x in zip(found, self.run.inputs)]


_ALL = sys.maxsize
_FORBIDDEN = ", which strict=True forbids"
