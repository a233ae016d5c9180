"""K-FAC by its definitions: factors that multiply to gradients, Fisher matrices in expectation, a
damped Kronecker product, and that it is Newton's method where that can be seen.
"""

import copy

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.optim import KFAC
from nn.optim.fisher import Watch, layers_with_factors, rows_of_inputs, rows_of_outputs
from nn.optim.kfac import damped_inverses

LAYERS = {
    "Linear": (lambda: nn.Linear(3, 4), (5, 3)),
    "Linear of sequences": (lambda: nn.Linear(3, 4), (5, 6, 3)),
    "Linear without bias": (lambda: nn.Linear(3, 4, bias=False), (5, 3)),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 4, stride=2, padding=1, dilation=2), (5, 2, 13)),
    "Conv2d": (lambda: nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(2, 0)), (4, 2, 6, 7)),
    "Conv2d same": (lambda: nn.Conv2d(2, 3, (4, 3), padding="same", bias=False), (4, 2, 6, 7)),
    "Conv2d dilated": (lambda: nn.Conv2d(2, 3, 3, padding="same", dilation=(2, 1)), (4, 2, 8, 7)),
    "Conv2d valid": (lambda: nn.Conv2d(2, 3, 2, padding="valid"), (4, 2, 5, 5)),
    "Conv3d": (lambda: nn.Conv3d(2, 3, (2, 1, 3), padding=(1, 0, 1)), (2, 2, 3, 4, 5)),
    "Conv2d of one image": (lambda: nn.Conv2d(2, 3, 2), (2, 5, 5)),
}


def gradient(layer):
    parts = [layer.weight.grad.numpy().reshape(len(layer.weight), -1)]
    if layer.bias is not None:
        parts.append(layer.bias.grad.numpy()[:, None])
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("name", LAYERS)
def test_the_rows_multiply_to_the_gradient(name, rng):
    make, shape = LAYERS[name]
    layer, x = make().double(), rng.normal(size=shape)
    y = layer(ag.tensor(x))
    g = rng.normal(size=y.shape)
    (y * ag.tensor(g)).sum().backward()
    np.testing.assert_allclose(
        rows_of_outputs(layer, g).T @ rows_of_inputs(layer, x), gradient(layer), rtol=1e-10
    )


# --- the Fisher information -----------------------------------------------------------------------


def probabilities(scores):
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def of_classes(scores):
    """The mean of diag(p) − p pᵀ over samples and places, by a place's share of the mean."""
    p = np.moveaxis(probabilities(scores), 1, -1).reshape(-1, scores.shape[1])
    places = np.prod(scores.shape[2:], dtype=int)
    return (np.diag(p.sum(0)) - p.T @ p) / len(p) / places


def of_numbers(prediction):
    return 2 / prediction.shape[1] * np.eye(prediction.shape[1])


def of_yes_or_no(logits):
    p = 1 / (1 + np.exp(-logits))
    return np.diag((p * (1 - p)).mean(0)) / logits.shape[1]


FISHERS = {
    "classes": (nn.CrossEntropyLoss, of_classes, (4000, 3)),
    "numbers": (nn.MSELoss, of_numbers, (4000, 3)),
    "yes or no": (nn.BCEWithLogitsLoss, of_yes_or_no, (4000, 3)),
}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", FISHERS)
def test_the_factors_are_those_of_the_fisher_information(name, reduction, rng):
    """Of a layer that is the whole model, in expectation over targets that the model predicts."""
    make, fisher, shape = FISHERS[name]
    model, x = nn.Linear(3, 3).double(), rng.normal(size=shape)
    watch = Watch(model, make(reduction=reduction), 1, ag.Generator().manual_seed(1))
    for _ in range(10):
        prediction = model(ag.tensor(x)).detach().numpy()
    expected = fisher(prediction)
    if reduction == "sum":  # over 4,000 samples, and of the numbers of each
        expected = expected * 4000 * (1 if name == "classes" else 3)
    found = [factors[""] for factors in watch.taken()]
    ones = np.c_[x, np.ones(4000)]
    np.testing.assert_allclose(found[0][0], ones.T @ ones / 4000)
    g = np.mean([pair[1] for pair in found], axis=0)
    assert np.abs(g - expected).max() < 0.02 * np.abs(expected).max()


def test_the_places_of_images_count_as_their_share_of_the_mean(rng):
    model, x = nn.Conv2d(2, 3, 1).double(), rng.normal(size=(800, 2, 3, 2))
    watch = Watch(model, nn.CrossEntropyLoss(), 1, None)
    expected = of_classes(model(ag.tensor(x)).detach().numpy())
    for _ in range(9):
        model(ag.tensor(x))
    g = np.mean([factors[""][1] for factors in watch.taken()], axis=0)
    assert np.abs(g - expected).max() < 0.03 * np.abs(expected).max()


def test_targets_are_drawn_and_not_taken_from_the_data(rng):
    """The empirical Fisher, of the data's targets, would be 0 where these are met exactly."""
    model = nn.Linear(2, 1).double()
    x = ag.tensor(rng.normal(size=(50, 2)))
    optimizer = KFAC(model, nn.MSELoss())
    nn.MSELoss()(model(x), model(x).detach()).backward()
    optimizer.step()
    assert optimizer.state[model.weight]["output_factor"].item() > 0.5


def test_the_inverse_is_that_of_the_damped_product(rng):
    roots = rng.normal(size=(4, 9)), rng.normal(size=(3, 9))
    a, g = (root @ root.T for root in roots)
    ia, ig = damped_inverses(a, g, damping=0.3)
    pi = np.sqrt(np.trace(a) / 4 / (np.trace(g) / 3))
    whole = np.kron(g + np.sqrt(0.3) / pi * np.eye(3), a + pi * np.sqrt(0.3) * np.eye(4))
    gradient = rng.normal(size=(3, 4))
    np.testing.assert_allclose(
        ig @ gradient @ ia, np.linalg.solve(whole, gradient.ravel()).reshape(3, 4)
    )


# --- steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_linear_model_is_fitted_as_by_newton(reduction, rng):
    """On a badly conditioned problem, where gradient descent would crawl."""
    x = rng.normal(size=(3000, 4)) * [100.0, 1.0, 0.1, 10.0]
    y = x @ rng.normal(size=(4, 2)) + [1.0, -2.0]
    model = nn.Linear(4, 2).double()
    loss = nn.MSELoss(reduction=reduction)
    optimizer = KFAC(model, loss, lr=1.0, momentum=0, damping=1e-12, kl_clip=None, inverse_freq=1)
    errors = []
    for _ in range(4):
        optimizer.zero_grad()
        value = loss(model(ag.tensor(x)), ag.tensor(y))
        value.backward()
        errors.append(value.item())
        optimizer.step()
    assert all(b < 0.05 * a for a, b in zip(errors, errors[1:]))


def weights(layer):
    return np.c_[layer.weight.detach().numpy(), layer.bias.detach().numpy()]


def test_a_step_of_two_layers_in_numpy(rng):
    """From the gradients, the inputs of each layer and the factors of its outputs: the solution of
    the damped Kronecker system, written out.
    """
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    x, y = ag.tensor(rng.normal(size=(20, 3))), ag.tensor(rng.normal(size=(20, 2)))
    damping, lr = 0.01, 0.1
    optimizer = KFAC(model, nn.MSELoss(), lr=lr, momentum=0.0, damping=damping, kl_clip=None)
    nn.MSELoss()(model(x), y).backward()
    inputs = {0: x.numpy(), 2: np.tanh(model[0](x).detach().numpy())}
    before = {i: np.c_[model[i].weight.numpy(), model[i].bias.numpy()].copy() for i in inputs}
    optimizer.step()
    for i, rows in inputs.items():
        layer = model[i]
        ones = np.c_[rows, np.ones(20)]
        a, g = ones.T @ ones / 20, optimizer.state[layer.weight]["output_factor"].numpy()
        n, m = len(a), len(g)
        balance = np.sqrt(np.trace(a) / n / (np.trace(g) / m) * damping)
        damped = np.kron(g + damping / balance * np.eye(m), a + balance * np.eye(n))
        expected = before[i] - lr * np.linalg.solve(damped, gradient(layer).ravel()).reshape(m, n)
        np.testing.assert_allclose(np.c_[layer.weight.numpy(), layer.bias.numpy()], expected)


def test_momentum_decay_and_the_largest_step(rng):
    """Four steps of a linear layer by hand, from the factors that the optimizer has."""
    model = nn.Linear(3, 2).double()
    x, y = ag.tensor(rng.normal(size=(40, 3))), ag.tensor(rng.integers(2, size=40))
    options = {"lr": 0.05, "momentum": 0.8, "damping": 0.1, "weight_decay": 0.2, "kl_clip": 2e-5}
    optimizer = KFAC(model, nn.CrossEntropyLoss(), inverse_freq=1, **options)
    velocity, shrunk = 0.0, []
    for _ in range(4):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(x), y).backward()
        before = weights(model)
        slope = gradient(model) + 0.2 * before
        optimizer.step()
        entry = optimizer.state[model.weight]
        a, g = (np.asarray(entry[name]) for name in ("input_factor", "output_factor"))
        ia, ig = damped_inverses(a, g, 0.1)
        step = ig @ slope @ ia
        shrunk.append(min(1.0, np.sqrt(2e-5 / (0.05**2 * (step * slope).sum()))))
        velocity = shrunk[-1] * step + 0.8 * velocity
        np.testing.assert_allclose(weights(model), before - 0.05 * velocity, rtol=1e-9)
    assert min(shrunk) < 1


class Small(nn.Module):
    """A model with layers that have factors, one that has not, and one that is called twice."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)
        self.grouped = nn.Conv2d(2, 2, 1, groups=2)
        self.twice, self.out = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        x = self.grouped(ag.relu(self.norm(self.conv(x)))).flatten(1)
        x = self.twice(ag.relu(self.twice(x)))
        return self.out(input=ag.relu(x))


def problem(n=60):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n)
    x = rng.normal(size=(n, 1, 4, 4)) + y[:, None, None, None]
    return x.astype("float32"), y


def test_which_layers_have_factors():
    model = Small()
    assert list(layers_with_factors(model)) == ["conv", "twice", "out"]
    model.twice.weight = model.out.weight = nn.Parameter(ag.ones(8, 8))
    assert list(layers_with_factors(model)) == ["conv"]


def test_other_parameters_take_plain_steps():
    ag.manual_seed(0)
    model, (x, y) = Small(), problem()
    optimizer = KFAC(model, nn.CrossEntropyLoss(), lr=0.1, momentum=0, kl_clip=None)
    nn.CrossEntropyLoss()(model(ag.tensor(x)), ag.tensor(y)).backward()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer.step()
    for name, p in model.named_parameters():
        plain = before[name] - 0.1 * p.grad
        assert ag.allclose(p, plain) == name.startswith(("norm", "grouped")), name


def test_it_needs_fewer_steps_than_gradient_descent():
    loss, losses = nn.CrossEntropyLoss(), {}
    for name in ("KFAC", "SGD"):
        ag.manual_seed(0)
        model = Small()
        optimizer = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        if name == "KFAC":
            optimizer = KFAC(model, loss, lr=0.1, damping=1e-2)
        history = nn.fit(model, loss, optimizer, problem(), epochs=8, batch_size=60, progress=False)
        losses[name] = history["loss"][-1]
    assert losses["KFAC"] < 0.5 * losses["SGD"]


@pytest.mark.parametrize("how", ["state_dict", "deepcopy"])
def test_resuming_is_exact(how, tmp_path):
    loss, (x, y) = nn.CrossEntropyLoss(), map(ag.tensor, problem())

    def go_on(model, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
        return np.concatenate([np.ravel(p.detach().numpy()) for p in model.parameters()])

    ag.manual_seed(0)
    model = Small()
    optimizer = KFAC(model, loss, lr=0.05, inverse_freq=3)
    go_on(model, optimizer, 4)
    if how == "deepcopy":
        other, resumed = copy.deepcopy((model, optimizer))
    else:
        other = Small()
        resumed = KFAC(other, loss, inverse_freq=3)
        nn.save([model.state_dict(), optimizer.state_dict()], tmp_path / "s.npz")
        weights_, state = nn.load(tmp_path / "s.npz")
        other.load_state_dict(weights_)
        resumed.load_state_dict(state)
    found = []
    for pair in ((model, optimizer), (other, resumed)):
        ag.manual_seed(1)
        found.append(go_on(*pair, 4))
    np.testing.assert_array_equal(*found)


# --- refused, and what harms nothing --------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (nn.L1Loss(), "KFAC draws targets .* CrossEntropyLoss, MSELoss, BCEWithLogitsLoss"),
        (lambda p, t: p.sum(), "draws targets"),
        (nn.CrossEntropyLoss(weight=ag.ones(2)), "with weight the loss is no likelihood"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "with label_smoothing"),
        (nn.BCEWithLogitsLoss(pos_weight=ag.ones(2)), "with pos_weight"),
        (nn.MSELoss(reduction="none"), "a mean or a sum"),
    ],
)
def test_losses_that_are_no_likelihoods(loss, message):
    with pytest.raises((TypeError, ValueError), match=message):
        KFAC(nn.Linear(2, 2), loss)


def test_bad_arguments():
    model, loss = nn.Linear(2, 2), nn.MSELoss()
    with pytest.raises(TypeError, match="takes the model itself, got generator"):
        KFAC(model.parameters(), loss)
    for options in (
        {"damping": 0},
        {"decay": 1},
        {"inverse_freq": 0},
        {"factor_freq": 0},
        {"lr": -1},
    ):
        with pytest.raises(ValueError):
            KFAC(model, loss, **options)
    optimizer = KFAC(model, loss)
    with pytest.raises(ValueError, match="all parameters of its model"):
        optimizer.add_param_group({"params": [ag.ones(1, requires_grad=True)]})


def test_only_passes_in_training_are_watched():
    model, loss = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)), nn.MSELoss()
    optimizer = KFAC(model, loss, factor_freq=2)
    x = ag.ones(3, 2)
    model.eval()(x)
    with ag.no_grad():
        model.train()(x)
    assert not optimizer._watch.found
    loss(model[1](model[0](x)), ag.ones(3, 1)).backward()
    with pytest.raises(RuntimeError, match="call the model itself, in training mode"):
        optimizer.step()
    for passes in range(1, 5):
        model(x)
        assert len(optimizer._watch.found) == (passes + 1) // 2
    for _ in range(300):
        model(x)
    assert len(optimizer._watch.found) <= 64
    optimizer.remove()
    optimizer._watch.found.clear()
    model(x)
    assert not optimizer._watch.found


def test_a_bad_batch_harms_nothing():
    model, loss = nn.Linear(2, 1).double(), nn.MSELoss()
    optimizer = KFAC(model, loss)
    x = ag.tensor(np.random.default_rng(0).normal(size=(9, 2)))

    def step(x):
        optimizer.zero_grad()
        loss(model(x), ag.ones(len(x), 1, dtype="float64")).backward()
        optimizer.step()

    step(x)
    before, state = weights(model), repr(optimizer.state_dict()["state"])
    with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError, match="not finite"):
        step(x * float("nan"))
    np.testing.assert_array_equal(weights(model), before)
    assert repr(optimizer.state_dict()["state"]) == state
    step(x)
    assert np.isfinite(weights(model)).all()
