"""Ways in which NumPy takes values out of a graph: told to the user at their own line, and only
where the values are not merely looked at.
"""

import io
import math
import warnings

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import DetachedWarning, Tensor, no_grad, tensor

MATRIX = np.arange(4.0).reshape(2, 2)


def vector():
    return tensor([1.0, 2.0], dtype="float64", requires_grad=True)


def number():
    return tensor(2.0, dtype="float64", requires_grad=True)


def put(array, index, value):
    array[index] = value
    return array


TAKERS = {
    "array.dot": lambda t, s: MATRIX.dot(t),
    "array.dot of a list": lambda t, s: MATRIX.dot([s, s]),
    "array.put": lambda t, s: np.zeros(2).put([0, 1], t),
    "array.fill": lambda t, s: np.zeros(2).fill(s),
    "array.searchsorted": lambda t, s: np.arange(3.0).searchsorted(t),
    "array[:] = t": lambda t, s: put(np.zeros(2), slice(None), t),
    "array[0] = s": lambda t, s: put(np.zeros(2), 0, s),
    "array[:] = [s, s]": lambda t, s: put(np.zeros(2), slice(None), [s, s]),
    "array.sum(initial=s)": lambda t, s: np.zeros(2).sum(initial=s),
    "asarray": lambda t, s: np.asarray(t),
    "asarray of another dtype": lambda t, s: np.asarray(t, dtype="float32"),
    "asarray of objects": lambda t, s: np.asarray(t, dtype=object),
    "array of tensors": lambda t, s: np.array([t, t]),
    "array of numbers": lambda t, s: np.array([s, s]),
    "float64": lambda t, s: np.float64(s),
    "float32": lambda t, s: np.float32(s),
    "det of a list": lambda t, s: np.linalg.det([[s, s], [s, s]]),
    "r_": lambda t, s: np.r_[t, 1.0],
    "c_": lambda t, s: np.c_[t, t],
    "vectorize": lambda t, s: np.vectorize(lambda x: x)(t),
    "vectorize that returns tensors": lambda t, s: np.vectorize(lambda x: s)(np.ones(2)),
    "fromiter": lambda t, s: np.fromiter([s, s], float),
    "fromiter of a vector": lambda t, s: np.fromiter(t, float),
    "apply_along_axis": lambda t, s: np.apply_along_axis(lambda x: s, 0, MATRIX),
    "full": lambda t, s: np.full((2,), s),
    "ma.array": lambda t, s: np.ma.array(t),
    "matrix": lambda t, s: np.matrix(t),
    "Polynomial": lambda t, s: np.polynomial.Polynomial(t),
    "random.normal": lambda t, s: np.random.default_rng(0).normal(s, 1.0),
    "random.choice": lambda t, s: np.random.default_rng(0).choice(t),
    "nditer": lambda t, s: list(np.nditer(t)),
    "math.sin": lambda t, s: math.sin(s),
    "float": lambda t, s: float(s),
    "int": lambda t, s: int(s),
}


@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", TAKERS)
def test_values_taken_out_of_a_graph_are_told_at_the_users_line(name):
    with pytest.warns(DetachedWarning, match="has no gradient") as told:
        TAKERS[name](vector(), number())
    assert {warning.filename for warning in told} == {__file__}
    users = {TAKERS[name].__code__.co_firstlineno, put.__code__.co_firstlineno + 1}
    assert {warning.lineno for warning in told} <= users


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", TAKERS)
def test_nothing_is_told_under_no_grad_nor_of_constants(name):
    with no_grad():
        TAKERS[name](vector(), number())
    TAKERS[name](vector().detach(), number().detach())


SCIPY = {
    "special.logsumexp": lambda scipy, t, s: scipy.special.logsumexp(t),
    "special.softmax": lambda scipy, t, s: scipy.special.softmax(t),
    "linalg.expm": lambda scipy, t, s: scipy.linalg.expm(t[:, None] * t),
    "linalg.solve": lambda scipy, t, s: scipy.linalg.solve(MATRIX, t),
    "stats.norm": lambda scipy, t, s: scipy.stats.norm.logpdf(t),
    "stats.pearsonr": lambda scipy, t, s: scipy.stats.pearsonr(t, t),
    "signal.convolve": lambda scipy, t, s: scipy.signal.convolve(t, t),
    "interpolate": lambda scipy, t, s: scipy.interpolate.interp1d(t, t),
    "optimize": lambda scipy, t, s: scipy.optimize.minimize(lambda x: s * x[0] ** 2, [1.0]),
    "fft": lambda scipy, t, s: scipy.fft.fft(t),
    "sparse": lambda scipy, t, s: scipy.sparse.csr_matrix(MATRIX).dot(t),
}


@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
@pytest.mark.parametrize("name", SCIPY)
def test_scipy_takes_no_values_silently(name):
    scipy = pytest.importorskip("scipy")
    for module in ("fft", "interpolate", "linalg", "optimize", "signal", "sparse", "special"):
        __import__(f"scipy.{module}")
    __import__("scipy.stats")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            result = SCIPY[name](scipy, vector(), number())
        except TypeError as error:
            assert "Tensor" in str(error)
            return
    connected = isinstance(result, Tensor) and result.requires_grad
    ours = [warning for warning in told if warning.category is DetachedWarning]
    assert connected or ours
    assert {warning.filename for warning in ours} <= {__file__}


READERS = {
    "testing": lambda t: np.testing.assert_allclose(t, [1.0, 2.0]),
    "allclose": lambda t: np.allclose(t, [1.0, 2.0]),
    "approx": lambda t: t == pytest.approx([1.0, 2.0]),
    "repr": lambda t: (repr(t), str(t), f"{t}", f"{t[0]:.2f}"),
    "array2string": lambda t: np.array2string(t),
    "shape": lambda t: (np.shape(t), np.ndim(t), np.size(t), len(t)),
    "bool": lambda t: bool(t[0] > 0) and t[0] in t,
    "numpy": lambda t: t.numpy(),
    "tolist": lambda t: (t.tolist(), t[0].item()),
    "max": lambda t: max(t),
    "argsort": lambda t: np.argsort(t),
    "save": lambda t: np.save(io.BytesIO(), t),
}


@pytest.mark.parametrize("name", READERS)
def test_readers_are_told_nothing(name):
    READERS[name](vector())


@pytest.mark.parametrize(
    "read",
    [
        lambda pandas, t: pandas.Series(t),
        lambda pandas, t: pandas.DataFrame({"a": t}),
        lambda pandas, t: pandas.DataFrame(t[:, None] * t),
        lambda pandas, t: pandas.DataFrame({"a": [0.0, 0.0]}).assign(a=t),
    ],
    ids=["Series", "column", "table", "assign"],
)
def test_pandas_reads_tensors(read):
    assert 2.0 in read(pytest.importorskip("pandas"), vector()).to_numpy()


def test_the_array_of_a_tensor_in_a_graph_is_read_only():
    x = vector()
    y = x * x
    for t in (x, y):
        array = t.numpy()
        assert np.shares_memory(array, t.detach().numpy())
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
        with pytest.warns(DetachedWarning):
            seen = np.asarray(t)
        with pytest.raises(ValueError, match="read-only"):
            seen[0] = 7
    with no_grad(), pytest.raises(ValueError, match="read-only"):
        y.numpy()[0] = 7
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_memory_is_written_where_the_user_says_so():
    x = vector()
    x.detach().numpy()[0] = 7
    with no_grad():
        x.numpy()[1] = 8
    assert x.tolist() == [7.0, 8.0]
    constant = ag.zeros(2)
    np.asarray(constant)[0] = 5
    constant.numpy()[1] = 6
    assert constant.tolist() == [5.0, 6.0]
    with pytest.warns(DetachedWarning):
        copy = np.array(x)
    copy[0] = 1
    assert x.tolist() == [7.0, 8.0]
