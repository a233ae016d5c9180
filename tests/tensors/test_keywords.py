"""Every argument of every NumPy function that takes tensors is honoured, or refused by name; none is
ignored.
"""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, tensor
from autograd_engine.core.primitive import numpy_functions
from autograd_engine.tensors.interop import numpy_name, rearranged

from ..ops.cases import cases
from ..ops.test_registry import WORDS

FUNCTIONS = [function for function in numpy_functions if not isinstance(function, np.ufunc)]
NO_EFFECT = {
    "subok": True,
    "overwrite_input": True,
    "optimize": True,
    "kind": "mergesort",
    "stable": True,
    "like": None,
}
"""Arguments that change no value, and one that a caller may give."""


NAN = np.array([1.0, np.nan])
HONOURED = {
    (np.isclose, "equal_nan"): lambda x: np.isclose(x[0, 0] * NAN, x[0, 0] * NAN, equal_nan=True),
    (np.count_nonzero, "keepdims"): lambda x: np.count_nonzero(x, axis=0, keepdims=True),
    (np.argmax, "keepdims"): lambda x: np.argmax(x, axis=0, keepdims=True),
    (np.argmin, "keepdims"): lambda x: np.argmin(x, axis=0, keepdims=True),
    (np.rot90, "axes"): lambda x: np.rot90(x, axes=(1, 0)),
    (np.diagonal, "axis1"): lambda x: np.diagonal(x, axis1=1, axis2=0, offset=1),
    (np.diagonal, "axis2"): lambda x: np.diagonal(x[None], axis2=2, axis1=1),
    (np.tril, "k"): lambda x: np.tril(x, k=1),
    (np.triu, "k"): lambda x: np.triu(x, k=-1),
    (np.isin, "assume_unique"): lambda x: np.isin(x, [1.0, 5.0], assume_unique=True),
    (np.linalg.qr, "mode"): lambda x: abs(np.linalg.qr(x, mode="r")),
    (np.linalg.lstsq, "rcond"): lambda x: np.linalg.lstsq(x, x[:, 0], rcond=0.5)[0],
    (np.nan_to_num, "copy"): lambda x: np.nan_to_num(x, copy=True),
}
"""Arguments in which an op's own samples are not in NumPy's words."""


@pytest.mark.parametrize(
    "function, name", [pytest.param(*key, id=f"{key[0].__name__}({key[1]})") for key in HONOURED]
)
def test_an_argument_is_honoured(function, name):
    values = np.array([[1.0, 2.0, 5.0], [4.0, 0.0, 3.0]])
    found = HONOURED[function, name](tensor(values, requires_grad=True))
    np.testing.assert_allclose(found.detach(), HONOURED[function, name](values), rtol=1e-12)


def tells_its_arguments(function):
    """An older NumPy does not, of functions that are written in C."""
    try:
        return bool(inspect.signature(function))
    except ValueError:
        return False


def in_words(function, case):
    """A sample's arguments in NumPy's words; None where the sample is an op's, in other words."""
    params = {WORDS.get(name, name): value for name, value in case.sample.params.items()}
    try:
        return inspect.signature(function).bind(*case.sample.args, **params)
    except TypeError:
        return None


def call(function, case, **more):
    """NumPy's function on tensors that take the place of a sample's arrays."""
    params = {WORDS.get(name, name): value for name, value in case.sample.params.items()} | more

    def by_words(*args, **_):
        return function(*args, **params)

    return case(*case.leaves(), function=by_words)


def arguments():
    """Each argument of each function that no sample honours, with a sample to add it to."""
    for function in filter(tells_its_arguments, FUNCTIONS):
        if numpy_functions[function].__module__ == rearranged.__name__:
            continue  # NumPy itself minds all of them
        samples = [(case, in_words(function, case)) for case in cases(numpy_functions[function])]
        samples = [(case, bound) for case, bound in samples if bound is not None]
        yield pytest.param(function, None, None, id=f"{numpy_name(function)}")
        honoured = {name for _, bound in samples for name in bound.arguments}
        honoured |= {name for other, name in HONOURED if other is function}
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in honoured and parameter.kind is not parameter.VAR_KEYWORD:
                case = samples[0][0] if samples else None
                yield pytest.param(function, name, case, id=f"{numpy_name(function)}({name})")


@pytest.mark.parametrize("function, name, case", [*arguments()])
def test_an_argument_is_honoured_or_refused(function, name, case):
    if name is None:
        assert cases(numpy_functions[function]), "there is nothing to compare"
        return
    if name in NO_EFFECT:
        plain, told = call(function, case), call(function, case, **{name: NO_EFFECT[name]})
        for a, b in zip(as_list(plain), as_list(told), strict=True):
            np.testing.assert_array_equal(a.detach(), b.detach())
        return
    value = np.zeros(()) if name == "out" else 3
    with pytest.raises(TypeError, match="cannot write" if name == "out" else rf"\b{name}\b"):
        call(function, case, **{name: value})


def as_list(result):
    return [result] if isinstance(result, Tensor) else list(result)


@pytest.mark.parametrize("function", FUNCTIONS, ids=numpy_name)
def test_an_unknown_argument_is_refused(function):
    for case in cases(numpy_functions[function])[:1]:
        with pytest.raises(TypeError, match="nonsense"):
            call(function, case, nonsense=1)


@pytest.mark.parametrize(
    "refused",
    [
        lambda x: np.exp(x, where=np.array([True, False, True])),
        lambda x: np.exp(x, casting="no"),
        lambda x: np.exp(x, dtype="int64"),
        lambda x: np.less(x, 1, dtype="float64"),
        lambda x: np.matmul(x[:, None], x[None], axes=[(0, 1), (0, 1), (0, 1)]),
        lambda x: np.add(x, x, signature="dd->d"),
        lambda x: np.copyto(np.zeros(3), x),
        lambda x: np.copyto(x, np.zeros(3)),
        lambda x: np.put(np.zeros(3), [0], x),
        lambda x: np.fill_diagonal(x[:, None] * x, 0.0),
        lambda x: np.add.reduceat(x, [0, 1]),
    ],
)
def test_what_would_be_ignored_is_refused(refused):
    with pytest.raises(TypeError):
        refused(tensor([1.0, 2.0, 3.0], dtype="float64", requires_grad=True))


def test_ufuncs_compute_in_the_dtype_asked_for():
    x = tensor([1.0, 2.0], requires_grad=True)
    for y in (np.exp(x, dtype="float64"), np.add(x, 1, dtype="float64", subok=True)):
        assert y.dtype == "float64" and y.requires_grad
    np.testing.assert_array_equal(np.exp(x, dtype="float64"), np.exp([1.0, 2.0]))


LISTS = {
    "dot": (lambda x: np.dot([1.0, 2.0], x), lambda x: x[0] + 2 * x[1]),
    "add": (lambda x: np.add([1.0, 2.0], x), lambda x: x + tensor([1.0, 2.0], dtype="float64")),
    "concatenate": (lambda x: np.concatenate([[1.0], x]), lambda x: ag.cat([ag.ones(1), x])),
    "a list of tensors": (lambda x: np.dot([x[0], x[1]], x), lambda x: x @ x),
    "where": (
        lambda x: np.where([True, False], x, [5.0, 6.0]),
        lambda x: x * tensor([1, 0]) + tensor([0.0, 6.0]),
    ),
    "inner of a number": (lambda x: np.inner(2.0, x), lambda x: 2 * x),
    "outer": (lambda x: np.outer([1.0], x), lambda x: x[None]),
    "ufunc.outer": (
        lambda x: np.multiply.outer(x, [1.0, 3.0]),
        lambda x: x[:, None] * tensor([1.0, 3.0]),
    ),
    "block": (lambda x: np.block([[x[None]], [x[None]]]), lambda x: ag.stack([x, x])),
    "clip": (
        lambda x: np.clip(x, [0.0, 3.0], [5.0, 5.0]),
        lambda x: x.clamp(tensor([0.0, 3.0]), tensor([5.0, 5.0])),
    ),
    "interp": (lambda x: np.interp([0.5], [0.0, 1.0], x), lambda x: x.mean()[None]),
    "polyval": (lambda x: np.polyval(x, 3.0), lambda x: 3 * x[0] + x[1]),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_numbers_stand_beside_tensors(name):
    found = []
    for f in LISTS[name]:
        x = tensor([1.5, 2.5], dtype="float64", requires_grad=True)
        y = f(x)
        y.backward(tensor(np.cos(np.arange(y.numel())).reshape(y.shape)))
        found.append((y.detach().numpy(), x.grad.numpy()))
    for got, expected in zip(*found, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


SCIPY = "expit logit erf erfc gammaln psi i0 i1 i0e ndtr log_ndtr entr xlogy xlog1py log1p".split()


@pytest.mark.parametrize("name", SCIPY)
def test_special_ufuncs_of_scipy_keep_the_graph(name):
    special = pytest.importorskip("scipy.special")
    x = tensor([0.2, 0.7], dtype="float64", requires_grad=True)
    function = getattr(special, name)
    if not isinstance(function, np.ufunc):
        pytest.skip("no ufunc in this version of SciPy")
    more = (x.detach().numpy(),) * (function.nin - 1)
    y = function(x, *more)
    np.testing.assert_allclose(y.detach(), function(x.detach().numpy(), *more), rtol=1e-12)
    y.sum().backward()
    low, high = (function(x.detach().numpy() + step, *more) for step in (-1e-6, 1e-6))
    np.testing.assert_allclose(x.grad, (high - low) / 2e-6, rtol=1e-7)


def test_a_special_ufunc_without_an_op_is_refused():
    special = pytest.importorskip("scipy.special")
    with pytest.raises(TypeError, match="^wofz is not defined for a Tensor"):
        special.wofz(tensor([1.0], requires_grad=True))


REDUCED = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 0.5]])
UFUNCS = [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp, np.logical_and, np.logical_or]
REDUCE = [
    {},
    {"axis": None},
    {"axis": 1},
    {"axis": (0, 1)},
    {"axis": -1, "keepdims": True},
    {"initial": 4.5},
    {"axis": 1, "initial": 2.5, "keepdims": True},
    {"where": REDUCED > 1, "initial": 1.5},
    {"axis": 1, "where": np.array([True, False, True]), "initial": 0.0},
    {"axis": 1, "where": REDUCED > 1},
    {"dtype": "float32"},
]


def by_method(method, x, **keywords):
    try:
        return method(x, **keywords)
    except ValueError as error:
        return type(error)


@pytest.mark.parametrize("keywords", REDUCE, ids=str)
@pytest.mark.parametrize("ufunc", UFUNCS)
def test_reduce_takes_numpys_keywords(ufunc, keywords):
    if ufunc in (np.logical_and, np.logical_or):
        if keywords.get("dtype"):
            return
        keywords = keywords | ({"initial": True} if "initial" in keywords else {})
    expected = by_method(ufunc.reduce, REDUCED, **keywords)
    found = by_method(ufunc.reduce, Tensor(REDUCED, requires_grad=True), **keywords)
    if expected is ValueError:
        assert found is ValueError
        return
    assert isinstance(found, Tensor) and found.dtype == expected.dtype
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-6)
    if expected.dtype.kind == "f":
        assert found.requires_grad


@pytest.mark.parametrize("keywords", [{}, {"axis": 1}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.logaddexp, np.maximum, np.minimum])
def test_accumulate_takes_numpys_keywords(ufunc, keywords):
    found = ufunc.accumulate(Tensor(REDUCED, requires_grad=True), **keywords)
    expected = ufunc.accumulate(REDUCED, **keywords)
    assert found.requires_grad and found.dtype == expected.dtype
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-6)


def test_other_methods_of_ufuncs_are_refused():
    x = Tensor(REDUCED, requires_grad=True)
    for call in (
        lambda: np.subtract.reduce(x),
        lambda: np.fmax.accumulate(x),
        lambda: np.add.at(np.zeros(2), [0], x[0, :1]),
        lambda: np.add.reduce(x, out=np.zeros(3)),
    ):
        with pytest.raises(TypeError, match="np\\."):
            call()


@pytest.mark.parametrize("name", ["vecdot", "matvec", "vecmat"])
def test_products_of_the_last_dimensions_keep_the_graph(name):
    ufunc = getattr(np, name, None)
    if ufunc is None:
        pytest.skip("not in this version of NumPy")
    matrices = np.arange(12.0).reshape(2, 2, 3)
    vectors = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]])
    if name == "vecmat":
        vectors = vectors[:, :2]
    first, second = (vectors, matrices) if name == "vecmat" else (matrices, vectors)
    if name == "vecdot":
        first = vectors + 1
    expected = ufunc(first, second)
    for a, b in ((tensor(first), second), (first, tensor(second))):
        leaf = (a if isinstance(a, Tensor) else b).requires_grad_()
        found = ufunc(a, b)
        np.testing.assert_allclose(found.detach(), expected)
        found.sum().backward()
        assert leaf.grad.abs().sum() > 0
