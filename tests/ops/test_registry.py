"""Tests that every declared op gets from its declaration alone: values, derivatives, dtypes, layouts, forms.

An op without samples fails here, so none can be added without being checked.
"""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, gradcheck, gradgradcheck
from autograd_engine.ops import public_functions
from autograd_engine.ops.declare import DOMAINS, Sample, composites
from autograd_engine.primitive import registry

OPS = {name: op for name, op in registry.items() if op.function and op.function.__module__.startswith("autograd_engine")}
CASES = [pytest.param(op, sample, id=f"{name}-{i}") for name, op in OPS.items() for i, sample in enumerate(op.samples or ())]
DIFFERENTIABLE = [case for case in CASES if case.values[0].differentiable]


def is_shape(arg):
    return isinstance(arg, tuple) and all(isinstance(n, int) for n in arg)


def draw(shape, domain, rng, offset=0.0137):
    """Values in random order, evenly spaced over the domain: no two are equal, and none is at a kink by chance."""
    low, high = DOMAINS[domain]
    n = int(np.prod(shape, dtype=int))
    spaced = np.linspace(low, high, n + 2)[1:-1] + offset
    return rng.permutation(spaced).reshape(shape)


def arguments(sample: Sample, dtype="float64", seed=0):
    """The arguments of a sample: drawn tensors (or given float arrays) that require gradients, and constants."""
    rng = np.random.default_rng(seed)
    domains = [sample.domain] * len(sample.args) if isinstance(sample.domain, str) else list(sample.domain)
    args = []
    for i, arg in enumerate(sample.args):
        if is_shape(arg):
            args.append(Tensor(draw(arg, domains[min(i, len(domains) - 1)], rng, 0.0137 * (i + 1)).astype(dtype), requires_grad=True))
        elif isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
            args.append(Tensor(arg.astype(dtype), requires_grad=True))
        else:
            args.append(arg)
    return args


def call(op, sample, args):
    """Apply the op to arguments, of which those beyond its arrays are static."""
    return op.function(*args, **sample.params)


def tensors(result):
    return [result] if isinstance(result, Tensor) else [item for item in result if isinstance(item, Tensor)]


def detached(args):
    return [arg.detach() if isinstance(arg, Tensor) else arg for arg in args]


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_has_samples_and_docstring(op):
    assert op.samples, f"{op.name} declares no samples"
    assert op.function.__doc__, f"{op.name} has no docstring"


@pytest.mark.parametrize("op, sample", DIFFERENTIABLE)
def test_first_derivatives(op, sample):
    args = arguments(sample)
    if any(isinstance(arg, Tensor) for arg in args):
        assert gradcheck(lambda *xs: call(op, sample, xs), args)


@pytest.mark.parametrize("op, sample", DIFFERENTIABLE)
def test_second_derivatives(op, sample):
    assert gradgradcheck(lambda *xs: call(op, sample, xs), arguments(sample), fast_mode=True, atol=1e-4)


@pytest.mark.parametrize("op, sample", DIFFERENTIABLE)
def test_non_contiguous_inputs_give_the_same_gradients(op, sample):
    args = arguments(sample)
    strided = []
    for arg in args:
        if isinstance(arg, Tensor) and arg.ndim:
            wide = np.repeat(arg.numpy(), 2, axis=-1)
            strided.append(ag.from_numpy(np.asfortranarray(wide)[..., ::2]).requires_grad_())
        else:
            strided.append(arg)

    def gradients(xs):
        ys = [y for y in tensors(call(op, sample, xs)) if y.requires_grad]
        leaves = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
        return ag.grad(ys, leaves, [ag.ones_like(y) for y in ys])

    for expected, found in zip(gradients(args), gradients(strided)):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("op, sample", DIFFERENTIABLE)
def test_float32_stays_float32(op, sample):
    if "dtype" in sample.params:
        pytest.skip("the sample asks for a dtype")
    args = arguments(sample, "float32")
    leaves = [x for x in args if isinstance(x, Tensor)]
    ys = [y for y in tensors(call(op, sample, args)) if y.is_floating_point()]
    assert {y.dtype for y in ys} == {np.dtype("float32")}
    for g in ag.grad(ys, leaves, [ag.ones_like(y) for y in ys]):
        assert g.dtype == np.float32


@pytest.mark.parametrize("op, sample", CASES)
def test_arrays_in_arrays_out(op, sample):
    """Without a tensor among the arguments an op is a plain NumPy function of the same values."""
    args = arguments(sample)
    if not any(isinstance(arg, Tensor) for arg in args):
        pytest.skip("takes no array")
    arrays = [arg.numpy() if isinstance(arg, Tensor) else arg for arg in args]
    plain = call(op, sample, arrays)
    expected = call(op, sample, detached(args))
    for a, b in zip([plain] if not isinstance(plain, tuple) else plain, tensors(expected)):
        assert not isinstance(a, Tensor)
        np.testing.assert_array_equal(a, b.numpy())


@pytest.mark.parametrize("op, sample", DIFFERENTIABLE)
def test_gradients_do_not_change_or_share_saved_memory(op, sample):
    """Two sweeps over one graph agree, and what the first returned is the caller's to overwrite."""
    args = arguments(sample)
    leaves = [x for x in args if isinstance(x, Tensor)]
    ys = [y for y in tensors(call(op, sample, args)) if y.requires_grad]
    seeds = [ag.ones_like(y) for y in ys]
    first = ag.grad(ys, leaves, seeds, retain_graph=True)
    kept = [g.numpy().copy() for g in first]
    for g in first:
        g.numpy()[...] = 7.0
    for expected, again in zip(kept, ag.grad(ys, leaves, seeds)):
        np.testing.assert_array_equal(again, expected)


NUMPY_CASES = [
    pytest.param(op, twin, sample, id=f"{name}-{twin.__name__}")
    for name, op in OPS.items() for twin in op.numpy for sample in (op.samples or ())[1:2]
]  # fmt: skip


@pytest.mark.parametrize("op, twin, sample", NUMPY_CASES)
def test_numpy_twin_gives_a_graph(op, twin, sample):
    args = arguments(sample)
    if not isinstance(args[0], Tensor) or sample.params and not isinstance(twin, np.ufunc) and set(sample.params) - {"dim", "keepdim"}:
        pytest.skip("the sample is not in NumPy's spelling")
    params = {{"dim": "axis", "keepdim": "keepdims"}[key]: value for key, value in sample.params.items()}
    result = twin(*args, **params)
    assert isinstance(result, Tensor)
    assert result.requires_grad == op.differentiable
    np.testing.assert_allclose(result.detach().numpy(), twin(*[a.numpy() if isinstance(a, Tensor) else a for a in args], **params))


METHODS = [name for name, function in public_functions().items() if hasattr(Tensor, name) and hasattr(function, "op")]


@pytest.mark.parametrize("name", METHODS)
def test_method_is_the_function(name):
    op = public_functions()[name].op
    sample = op.samples[0]
    args = detached(arguments(sample))
    if not isinstance(args[0], Tensor):
        pytest.skip("the first argument is no tensor")
    by_function, by_method = op.function(*args, **sample.params), getattr(args[0], name)(*args[1:], **sample.params)
    for a, b in zip(tensors(by_function), tensors(by_method)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("name", public_functions())
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


COMPOSED = [
    pytest.param(function, sample, id=f"{name.rpartition('.')[2]}-{i}")
    for name, function in composites.items() for i, sample in enumerate(function.samples or ())
]  # fmt: skip


@pytest.mark.parametrize("function, sample", COMPOSED)
def test_composed_functions_have_both_derivatives(function, sample):
    args = arguments(sample)
    if not any(isinstance(arg, Tensor) for arg in args):
        pytest.skip("takes no float array")

    def run(*xs):
        return function(*xs, **sample.params)

    assert gradcheck(run, args)
    if any(y.requires_grad for y in tensors(run(*args))):
        assert gradgradcheck(run, args, fast_mode=True, atol=1e-4)
