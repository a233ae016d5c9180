"""NumPy around our tensors: connected, refused, or plainly seen as values."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, tensor

from .making import leaf

# --- NumPy around our tensors ---------------------------------------------------------------------

ARRAY = np.array([1.5, 2.5, 0.5])
NUMPY = {
    "np.float64 * t": (lambda x: np.float64(2) * x, lambda x: 2 * x),
    "np.float64 - t": (lambda x: np.float64(2) - x, lambda x: 2 - x),
    "np.float64 / t": (lambda x: np.float64(2) / x, lambda x: 2 / x),
    "np.float64 ** t": (lambda x: np.float64(2) ** x, lambda x: 2**x),
    "t * np.float64": (lambda x: x * np.float64(2), lambda x: 2 * x),
    "array * t": (lambda x: ARRAY * x, lambda x: x * tensor(ARRAY)),
    "array + t": (lambda x: ARRAY + x, lambda x: x + tensor(ARRAY)),
    "array - t": (lambda x: ARRAY - x, lambda x: tensor(ARRAY) - x),
    "array / t": (lambda x: ARRAY / x, lambda x: tensor(ARRAY) / x),
    "array ** t": (lambda x: ARRAY**x, lambda x: tensor(ARRAY) ** x),
    "array @ t": (lambda x: ARRAY @ x, lambda x: (tensor(ARRAY) * x).sum()),
    "t @ array": (lambda x: x @ ARRAY, lambda x: (tensor(ARRAY) * x).sum()),
    "array column * t": (lambda x: ARRAY[:, None] * x, lambda x: tensor(ARRAY[:, None]) * x),
    "array % t": (lambda x: ARRAY % x, lambda x: ag.remainder(tensor(ARRAY), x)),
    "np.exp": (np.exp, lambda x: x.exp()),
    "np.log": (np.log, lambda x: x.log()),
    "np.sqrt": (np.sqrt, lambda x: x.sqrt()),
    "np.sin": (np.sin, lambda x: x.sin()),
    "np.tanh": (np.tanh, lambda x: x.tanh()),
    "np.abs": (np.abs, lambda x: x.abs()),
    "np.negative": (np.negative, lambda x: -x),
    "np.square": (np.square, lambda x: x * x),
    "np.add": (lambda x: np.add(1, x), lambda x: x + 1),
    "np.multiply": (lambda x: np.multiply(ARRAY, x), lambda x: x * tensor(ARRAY)),
    "np.power": (lambda x: np.power(x, 2), lambda x: x * x),
    "np.maximum": (
        lambda x: np.maximum(x, 1),
        lambda x: ag.maximum(x, tensor(1.0, dtype="float64")),
    ),
    "np.sum": (np.sum, lambda x: x.sum()),
    "np.mean": (np.mean, lambda x: x.mean()),
    "np.prod": (np.prod, lambda x: x.prod()),
    "np.max": (np.max, lambda x: x.max()),
    "np.sum axis": (lambda x: np.sum(x, axis=0, keepdims=True), lambda x: x.sum(0, keepdim=True)),
    "np.var": (np.var, lambda x: x.var(correction=0)),
    "np.std": (np.std, lambda x: x.std(correction=0)),
    "np.std ddof": (lambda x: np.std(x, ddof=1), lambda x: x.std()),
    "np.concatenate": (lambda x: np.concatenate([x, x]), lambda x: ag.cat([x, x])),
    "np.concatenate mixed": (
        lambda x: np.concatenate([ARRAY, x]),
        lambda x: ag.cat([tensor(ARRAY), x]),
    ),
    "np.stack": (lambda x: np.stack([x, x], axis=1), lambda x: ag.stack([x, x], 1)),
    "np.where": (lambda x: np.where(x > 1, x, 0.0), lambda x: ag.where(x > 1, x, 0.0)),
    "np.reshape": (lambda x: np.reshape(x, (3, 1)), lambda x: x.reshape(3, 1)),
    "np.transpose": (lambda x: np.transpose(x[None]), lambda x: x[None].T),
    "np.dot": (lambda x: np.dot(ARRAY, x), lambda x: (tensor(ARRAY) * x).sum()),
    "np.matmul": (lambda x: np.matmul(x, ARRAY), lambda x: (tensor(ARRAY) * x).sum()),
    "np.einsum": (lambda x: np.einsum("i,j->ij", ARRAY, x), lambda x: tensor(ARRAY)[:, None] * x),
    "np.cumsum": (lambda x: np.cumsum(x, axis=0), lambda x: x.cumsum(0)),
    "np.diff of one number more": (
        lambda x: np.diff(x, prepend=1.0),
        lambda x: x - ag.cat([tensor([1.0], dtype="float64"), x[:-1]]),
    ),
    "np.clip": (lambda x: np.clip(x, 1, 2), lambda x: x.clamp(1, 2)),
    "np.broadcast_to": (lambda x: np.broadcast_to(x, (2, 3)), lambda x: x.expand(2, 3)),
    "np.expand_dims": (lambda x: np.expand_dims(x, 0), lambda x: x[None]),
    "np.squeeze": (lambda x: np.squeeze(x[None]), lambda x: x * 1),
    "np.flip": (np.flip, lambda x: x.flip(0)),
    "np.split": (lambda x: np.split(x, 3)[1], lambda x: x[1:2]),
    "np.pad": (
        lambda x: np.pad(x, (1, 2)),
        lambda x: ag.cat([tensor([0.0], dtype="float64"), x, tensor([0.0, 0.0], dtype="float64")]),
    ),
    "np.swapaxes": (lambda x: np.swapaxes(x[None], 0, 1), lambda x: x[:, None]),
    "np.linalg.norm": (np.linalg.norm, lambda x: (x * x).sum().sqrt()),
    "np.arctan2": (lambda x: np.arctan2(ARRAY, x), lambda x: ag.atan2(tensor(ARRAY), x)),
    "np.logaddexp": (lambda x: np.logaddexp(x, ARRAY), lambda x: ag.logaddexp(x, tensor(ARRAY))),
}


@pytest.mark.parametrize("name", NUMPY)
def test_numpy_functions_and_operators_give_connected_tensors(name):
    values = [0.7, 1.3, 2.9]
    results = []
    for f in NUMPY[name]:
        x = leaf(values)
        y = f(x)
        assert isinstance(y, Tensor) and y.requires_grad, "the graph must not be lost"
        y.backward(tensor(np.cos(np.arange(y.numel())).reshape(y.shape)))
        results.append((y.detach().numpy(), x.grad.numpy()))
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "compare",
    [
        np.less,
        np.greater_equal,
        np.equal,
        np.not_equal,
        lambda a, b: a < b,
        lambda a, b: a == b,
        lambda a, b: a != b,
    ],
)
def test_comparisons_with_arrays_on_either_side_are_tensors_of_booleans(compare):
    x = leaf(1.0, 2.0, 3.0)
    for y, expected in (
        (compare(ARRAY, x), compare(ARRAY, np.array([1.0, 2, 3]))),
        (compare(x, ARRAY), compare(np.array([1.0, 2, 3]), ARRAY)),
    ):
        assert isinstance(y, Tensor) and y.dtype == "bool" and not y.requires_grad
        np.testing.assert_array_equal(y.numpy(), expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.fft.fft(x),
        lambda x: np.fft.rfft2(x[None]),
        lambda x: np.frexp(x),
        lambda x: np.apply_along_axis(np.sum, 0, x),
        lambda x: np.spacing(x),
        lambda x: np.roots(x),
        lambda x: np.linalg.eig(x[None] * x[:, None]),
        lambda x: np.polyfit(x, x, 1),
        lambda x: np.copyto(np.zeros(3), x),
        lambda x: np.put_along_axis(np.zeros(3), np.array([0]), x, 0),
    ],
    ids="fft rfft2 frexp apply_along_axis spacing roots eig polyfit copyto put_along_axis".split(),
)
def test_an_unsupported_numpy_function_raises_and_names_the_alternative(f):
    with pytest.raises(TypeError, match=r"detach|numpy\(\)"):
        f(leaf(1.0, 2.0, 3.0))


def test_a_ufunc_that_would_write_its_result_elsewhere_raises():
    x, out = leaf(1.0, 2.0, 3.0), np.zeros(3)
    with pytest.raises(TypeError):
        np.add(x, 1, out=out)
    with pytest.raises(TypeError):
        np.sum(x, axis=0, out=out[:1].reshape(()))
    with pytest.raises(TypeError):
        np.add.at(out, [0], x[:1])
    np.testing.assert_array_equal(out, [0, 0, 0])


def test_adding_a_tensor_into_an_array_in_place_does_not_lose_the_graph_silently():
    x, a = leaf(1.0, 2.0, 3.0), np.zeros(3)
    original = a
    try:
        a += x
    except TypeError:
        np.testing.assert_array_equal(original, [0, 0, 0])
    else:
        assert isinstance(a, Tensor) and a.requires_grad


def test_ufunc_methods_are_right_or_refused():
    x = leaf(1.0, 2.0, 3.0)
    for f, expected in (
        (lambda: np.add.reduce(x), 6),
        (lambda: np.multiply.reduce(x), 6),
        (lambda: np.maximum.reduce(x), 3),
    ):
        try:
            y = f()
        except TypeError:
            continue
        assert isinstance(y, Tensor) and y.requires_grad and y.item() == expected


def test_values_are_seen_without_ceremony():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    constant = x.detach()
    assert type(np.asarray(constant)) is np.ndarray and np.asarray(constant).dtype == "float64"
    np.testing.assert_array_equal(np.array(constant), values)
    assert np.asarray(constant, dtype="float32").dtype == "float32"
    np.testing.assert_array_equal(x, values)
    np.testing.assert_allclose(x, values)
    np.testing.assert_allclose(values, x)
    assert (
        np.allclose(x, values)
        and np.allclose(values, x)
        and np.array_equal(x, values)
        and np.isclose(x, values).all()
    )
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(x, values + 1)
    assert np.shape(x) == (2, 2) and np.ndim(x) == 2 and np.size(x) == 4


def test_an_array_made_from_a_tensor_is_a_copy_only_where_asked():
    x = tensor([1.0, 2.0])
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert not np.shares_memory(np.array(x, copy=True), x.numpy())
    with pytest.raises(ValueError):
        np.array(x, dtype="float64", copy=False)


def test_a_tensor_copies_the_array_it_is_made_from_and_from_numpy_shares_it():
    a = np.zeros(2)
    copied, shared = tensor(a), ag.from_numpy(a)
    a[0] = 5
    assert copied[0].item() == 0 and shared[0].item() == 5


@pytest.fixture
def axes():
    figure = pytest.importorskip("matplotlib.figure")
    return figure.Figure().add_subplot()


PLOTS = {
    "plot": lambda axes, x: axes.plot(x, x * x),
    "scatter": lambda axes, x: axes.scatter(x, x, c=x, s=x),
    "bar": lambda axes, x: axes.bar(x, x),
    "hist": lambda axes, x: axes.hist(x),
    "imshow": lambda axes, x: axes.imshow(x[None]),
    "contour": lambda axes, x: axes.contour(x[:, None] * x),
    "errorbar": lambda axes, x: axes.errorbar(x, x, x),
    "fill_between": lambda axes, x: axes.fill_between(x, x, 2 * x),
    "quiver": lambda axes, x: axes.quiver(x, x, x, x),
    "boxplot": lambda axes, x: axes.boxplot(x),
    "limits": lambda axes, x: axes.set_xlim(x[0], x[2]),
    "step": lambda axes, x: axes.step(x, x),
}


@pytest.mark.parametrize("name", PLOTS)
def test_tensors_can_be_plotted_as_they_are(name, axes):
    PLOTS[name](axes, leaf(1.0, 2.0, 3.0))


def test_a_plotted_line_has_the_values_of_the_tensor(axes):
    (line,) = axes.plot(leaf(1.0, 2.0, 3.0) ** 2)
    np.testing.assert_array_equal(line.get_ydata(orig=False), [1, 4, 9])


def test_a_list_of_scalar_results_becomes_an_array_of_numbers():
    x = leaf(1.0, 2.0, 3.0)
    losses = [(x * k).sum() for k in range(3)]
    array = np.array([loss.item() for loss in losses])
    np.testing.assert_array_equal(array, [0, 6, 12])
    assert np.asarray([loss.detach() for loss in losses]).dtype != object
    assert max(losses).item() == 12 and sum(losses).item() == 18 and sum(losses).requires_grad


def test_python_numbers_come_out_of_one_element():
    x = leaf(2.5)
    assert (
        float(x.detach()) == 2.5
        and int(x.detach()) == 2
        and bool(x > 2) is True
        and f"{x.item():.1f}" == "2.5"
    )
    assert f"{x:.2f}" == "2.50" and round(float(tensor(2.0))) == 2
    assert [10, 20, 30][tensor(1)] == 20 and list(range(tensor(2))) == [0, 1]
    with pytest.raises(
        (RuntimeError, ValueError), match="(?i)ambiguous|one element|single|neither"
    ):
        bool(tensor([1.0, 2.0]))
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        float(tensor([1.0, 2.0]))


@pytest.mark.parametrize("spread", [np.std, np.var, np.nanstd, np.nanvar])
def test_what_has_two_names_is_given_once(spread):
    with pytest.raises(ValueError, match="ddof and correction"):
        spread(tensor([1.0, 2.0, 4.0]), ddof=1, correction=2)
