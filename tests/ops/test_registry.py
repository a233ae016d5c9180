"""Tests that every declared function gets from its samples alone: values, derivatives, dtypes,
layouts, forms.

It makes no difference whether it is an op with a rule or is composed of other ops. One without
samples fails here, so none can be added without being checked.
"""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, gradcheck, gradgradcheck
from autograd_engine.ops import is_method, public_functions
from autograd_engine.core.primitive import numpy_functions
from autograd_engine.tensors.interop import FAMILIES

from ..grouping import each, each_name, of_family
from .cases import cases, declared, differentiable_parts, parts, samples

FUNCTIONS = declared()
CASES = [
    pytest.param(case, id=f"{name}-{i}")
    for name, function in FUNCTIONS.items()
    for i, case in enumerate(cases(function))
]
WITH_ARRAYS = [param for param in CASES if param.values[0].arrays()]
DIFFERENTIABLE = [param for param in WITH_ARRAYS if param.values[0].differentiable]


@each_name(FUNCTIONS)
def test_has_samples_and_docstring(name):
    assert samples(FUNCTIONS[name]), f"{name} declares no samples"
    assert FUNCTIONS[name].__doc__, f"{name} has no docstring"


CHECKED_HERE = [param for param in DIFFERENTIABLE if not param.values[0].has_choices]
"""The others are differentiated with each choice of what wants a gradient, elsewhere."""


@each(CHECKED_HERE)
def test_first_derivatives(case):
    leaves = case.leaves()
    assert differentiable_parts(case(*leaves))
    assert gradcheck(case, leaves)


@each(CHECKED_HERE)
def test_second_derivatives(case):
    assert gradgradcheck(case, case.leaves(), fast_mode=True, atol=1e-4)


def gradients(case, xs, **options):
    ys = differentiable_parts(case(*xs))
    return ag.grad(ys, xs, [ag.ones_like(y) for y in ys], materialize_grads=True, **options)


@each(DIFFERENTIABLE, of_family)
def test_non_contiguous_inputs_give_the_same_gradients(case):
    leaves = case.leaves()
    strided = []
    for x in leaves:
        wide = np.repeat(x.numpy(), 2, axis=-1) if x.ndim else x.numpy()
        strided.append(
            ag.from_numpy(np.asfortranarray(wide)[..., ::2] if x.ndim else wide).requires_grad_()
        )
    for expected, found in zip(gradients(case, leaves), gradients(case, strided)):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@each(
    [
        param
        for param in WITH_ARRAYS
        if not {"dtype", "aweights"} & set(param.values[0].sample.params)
    ],
    of_family,
)
def test_float32_stays_float32(case):
    leaves = case.leaves("float32")
    for y in parts(case(*leaves)):
        if isinstance(y, Tensor) and y.is_floating_point():
            assert y.dtype == ("float64" if case.function is ag.float_power else "float32")
    for g in gradients(case, leaves) if case.differentiable else ():
        assert g.dtype == np.float32


@each(WITH_ARRAYS, of_family)
def test_arrays_in_arrays_out(case):
    """Without a tensor among the arguments a function is a plain NumPy function of the same
    values."""
    plain, expected = parts(case(*case.arrays())), parts(case(*map(Tensor, case.arrays())))
    assert len(plain) == len(expected)
    for a, b in zip(plain, expected):
        assert not isinstance(a, Tensor)
        np.testing.assert_array_equal(a, b)


@each(DIFFERENTIABLE, of_family)
def test_gradients_do_not_change_or_share_saved_memory(case):
    """Two sweeps over one graph agree, and what the first returned is the caller's to overwrite."""
    leaves = case.leaves()
    ys = differentiable_parts(case(*leaves))
    seeds = [ag.ones_like(y) for y in ys]
    first = ag.grad(ys, leaves, seeds, retain_graph=True, materialize_grads=True)
    kept = [g.numpy().copy() for g in first]
    for g in first:
        g.numpy()[...] = 7.0
    for expected, again in zip(kept, ag.grad(ys, leaves, seeds, materialize_grads=True)):
        np.testing.assert_array_equal(again, expected)


WORDS = {"dim": "axis", "axis": "axis", "axes": "axes", "keepdim": "keepdims"}
"""What NumPy calls an argument. Samples of ops with others are not in its spelling."""
TWINS = [
    pytest.param(twin, case, id=f"{twin.__name__}-{i}")
    for twin, function in numpy_functions.items()
    for i, case in enumerate(cases(function))
    if set(case.sample.params) <= set(WORDS)
    or function.__module__ in {family.__name__ for family in FAMILIES}
]


FILLED = {np.zeros_like, np.ones_like, np.full_like, np.empty_like}
"""Functions that take no more than the shape of a tensor."""


@each(TWINS)
def test_numpys_function_gives_a_graph(twin, case):
    def by_words(*args, **params):
        return twin(*args, **{WORDS.get(name, name): value for name, value in params.items()})

    try:
        expected = parts(case(*case.arrays(), function=by_words))
    except (ValueError, IndexError, np.linalg.LinAlgError):
        return  # NumPy's function does not take these shapes
    except DeprecationWarning:
        return  # this version of NumPy gives it up
    except TypeError as error:
        if "missing" not in str(error):
            raise
        return  # the argument has no default in this version of NumPy
    found = parts(case(*case.leaves(), function=by_words, make=as_tensor))
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert isinstance(a, Tensor)
        tolerance = 1e-12 if np.asarray(b).dtype.itemsize > 4 else 1e-6
        np.testing.assert_allclose(a.detach(), b, rtol=tolerance, atol=tolerance)
    if case.differentiable and twin not in FILLED:
        assert any(a.requires_grad for a in found) or all(a.dtype.kind != "f" for a in found)


METHODS = [name for name, function in public_functions().items() if is_method(function)]


@each_name(METHODS)
def test_method_is_the_function(name):
    def method(self, *args, **params):
        return getattr(self, name)(*args, **params)

    for case in cases(public_functions()[name]):
        tensors = [Tensor(a) for a in case.arrays()]
        if tensors and isinstance(case.sample.args[0], (tuple, np.ndarray)):
            for a, b in zip(
                parts(case(*tensors)), parts(case(*tensors, function=method, make=as_tensor))
            ):
                np.testing.assert_array_equal(a, b)


def as_tensor(arg):
    return Tensor(arg) if isinstance(arg, np.ndarray) else arg


@each_name(public_functions())
def test_public_function_documents_its_arguments(name):
    function = public_functions()[name]
    assert inspect.getdoc(function), f"{name} has no docstring"
    assert ">>>" in inspect.getdoc(function), f"{name} has no example"


def test_a_declaration_whose_rule_could_not_be_called_is_refused():
    """At once, by name, and not at the first gradient."""
    with pytest.raises(TypeError, match="times: no argument can be called 'y'"):
        ag.primitive(lambda x, y: x * y, vjp=[lambda g, y: g * y, lambda g, x: g * x], name="times")
    with pytest.raises(TypeError, match="times: a vjp asks for 'c'"):
        ag.primitive(lambda a, b: a * b, vjp=[lambda g, c: g * c, lambda g, a: g * a], name="times")
