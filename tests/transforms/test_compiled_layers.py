"""Every loss, with all it can be asked for, and every layer, in training and in evaluation: compiled
they give the values and gradients that they give, for other inputs than the first too.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine.core import jit

from ..grouping import each, named
from ..nn.test_loss import ALL_LOSSES, CASES, REDUCTIONS
from ..nn.test_onnx import LAYERS as EXPORTED
from ..nn.test_onnx import cube, image

RNG = np.random.default_rng(5)
SIGNAL = np.log(RNG.dirichlet(np.ones(4), (5, 3)))
"""The logarithms of probabilities of four classes at five times, of three signals."""
LENGTHS, SIZES = np.array([5, 3, 4]), np.array([2, 1, 2])
LABELS = np.array([[1, 1], [2, 3], [3, 2]])
SCORES, TARGETS = RNG.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])
LOSSES = [
    (name, {"reduction": REDUCTIONS[i % 3], **options}, inputs)
    for i, (name, options, inputs) in enumerate(ALL_LOSSES)
]
MORE = [
    ("KLDivLoss", {"reduction": "batchmean"}, CASES[-1][2]),
    ("MultiLabelMarginLoss", {}, (np.ones((1, 4)), np.array([[-1, 0, 1, 2]]))),
    ("FocalLoss", {"gamma": 1.5, "ignore_index": 3}, (SCORES, TARGETS)),
    ("CTCLoss", {}, (SIGNAL, LABELS, LENGTHS, SIZES)),
    ("CTCLoss", {"reduction": "sum"}, (SIGNAL, np.array([1, 2, 3, 1, 2]), LENGTHS, SIZES)),
    (
        "CTCLoss",
        {"reduction": "none", "zero_infinity": True},
        (SIGNAL, LABELS, np.array([2, 1, 2]), np.array([2, 2, 0])),
    ),
    ("GaussianMixtureNLLLoss", {}, (SCORES, SCORES + 1, np.exp(SCORES), SCORES[:, 0])),
    (
        "LinearCrossEntropyLoss",
        {"in_features": 4, "num_classes": 4, "dtype": "float64", "ignore_index": 1},
        (SCORES, TARGETS),
    ),
    (
        "AdaptiveLogSoftmaxWithLoss",
        {"in_features": 4, "n_classes": 6, "cutoffs": [2, 4], "div_value": 2.0, "dtype": "float64"},
        (SCORES, TARGETS),
    ),
]


def labelled(cases):
    """The cases as parameters, named by what they are of."""
    return [named(f"{name}-{i}", name, *rest) for i, (name, *rest) in enumerate(cases)]


def others(inputs):
    """Inputs of the same kind: numbers permuted in their rows, integers among the rows."""
    changed = [np.roll(x, 1, -1) if x.dtype.kind == "f" and x.ndim else x for x in inputs]
    return [x[::-1].copy() if x.dtype.kind in "iu" and x.ndim else x for x in changed]


def results(f, inputs, params=()):
    """Values, and gradients of all inputs of floats and of parameters, for seeds that differ."""
    ag.manual_seed(3)
    xs = [ag.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    ys = tensors(f(*xs))
    found = [y.detach().numpy().copy() for y in ys]
    roots = [y for y in ys if y.requires_grad]
    wanted = [x for x in [*xs, *params] if x.requires_grad]
    if roots and wanted:
        seeds = [ag.arange(y.numel(), dtype=y.dtype).reshape(y.shape) / 3 + 1 for y in roots]
        found += [g.numpy() for g in ag.grad(roots, wanted, seeds, materialize_grads=True)]
    return found


def tensors(y):
    if isinstance(y, ag.Tensor):
        return [y]
    if isinstance(y, dict):
        y = [*y.values()]
    return [found for part in y for found in tensors(part)] if isinstance(y, (tuple, list)) else []


def check(make, inputs, backend, programs=1, training=True):
    """Two objects of the same state, one of them compiled, see the same inputs in turn."""
    plain, model = make().train(training), make().train(training)
    model.load_state_dict(plain.state_dict())
    fast = ag.compile(model, backend=backend)
    for row in (inputs, others(inputs), inputs):
        expected = results(plain, row, [*plain.parameters()])
        found = results(fast, row, [*model.parameters()])
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, 1e-9, 1e-10)
    assert int(fast.report().split()[0]) <= programs
    for a, b in zip(model.buffers(), plain.buffers()):
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-9)


def check_loss(name, options, inputs, backend):
    def make():
        given = {k: ag.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        return getattr(nn, name)(**given)

    check(make, [np.asarray(x) for x in inputs], backend, programs=2)


@pytest.mark.filterwarnings("ignore")
@each(labelled(LOSSES + MORE))
def test_losses(name, options, inputs):
    check_loss(name, options, inputs, "numpy")


@pytest.fixture
def machine_code(tmp_path, monkeypatch):
    """Machine code is kept where it disturbs nobody."""
    pytest.importorskip("numba")
    monkeypatch.setenv(jit.CACHE_VARIABLE, str(tmp_path))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@each(labelled(CASES))
def test_losses_of_all_reductions(name, options, inputs):
    check_loss(name, options, inputs, "numpy")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, options, inputs", labelled(LOSSES[::3] + MORE[::2]))
def test_losses_in_machine_code(name, options, inputs, machine_code):
    """Some of them: each takes seconds to compile, and `test_native` has others."""
    check_loss(name, options, inputs, "numba")


# --- layers ---------------------------------------------------------------------------------------


LAYERS = {
    **EXPORTED,
    "pools FractionalMaxPool2d": lambda: (nn.FractionalMaxPool2d(2, 3), image()),
    "pools FractionalMaxPool3d": lambda: (nn.FractionalMaxPool3d(2, 2), cube()),
}

BECOME_OTHERS = ("Lazy", "Module", "Parameter", "Sequential")


def test_no_layer_is_left_out():
    here = {type(m).__name__ for make in LAYERS.values() for m in make()[0].modules()}
    here |= {name for name, *_ in CASES + MORE}
    layers = {name for name in dir(nn) if isinstance(getattr(nn, name), type)}
    layers = {name for name in layers if issubclass(getattr(nn, name), nn.Module)}
    left = {name for name in layers - here if not name.startswith(BECOME_OTHERS)}
    assert left == set()


def check_layer(make, backend):
    first, *xs = make()
    modes = [True]
    if any(type(m).__name__.startswith(("Batch", "Drop", "RR")) for m in first.modules()):
        modes = [True, False]
    for training in modes:
        inputs = [x.numpy().astype("float64") if x.dtype.kind == "f" else x.numpy() for x in xs]
        check(lambda: make()[0].double(), inputs, backend, training=training)


@pytest.mark.filterwarnings("ignore")
@each([named(f"{name}-0", make) for name, make in LAYERS.items()], lambda name: name.split()[0])
def test_layers(make):
    check_layer(make, "numpy")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*LAYERS][::5])
def test_layers_in_machine_code(name, machine_code):
    """Some of them, likewise."""
    check_layer(LAYERS[name], "numba")
