"""What lectures draw in one call: the numbers that are drawn are those that were computed, on light
and on dark paper.
"""

import io
import math
import re

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn import visual
from nn.visual.signals_by_layer import QUANTILES, _quantiles, _root_mean_square, _spread
from nn.visual.figure import COLORS, ON_DARK


@pytest.fixture(autouse=True)
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


# --- what a cell shows ----------------------------------------------------------------------------


def contrast(one, other):
    """The ratio of two colours as WCAG 2.1 defines it."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_colours_are_seen_on_their_paper():
    assert min(contrast(color, "#ffffff") for color in COLORS) >= 3
    assert min(contrast(color, visual.figure.DARK_PAPER) for color in ON_DARK) >= 4.5
    assert contrast(visual.figure.DARK_INK, visual.figure.DARK_PAPER) >= 4.5


def test_muted_text_is_readable_on_light_and_on_dark(plt):
    sheet = visual.bars([0.5, 0.5]).svg()
    muted = plt.matplotlib.colors.to_hex(visual.figure.look(plt.gca()).muted)
    dark = re.search(rf'fill: {muted}"\]{{fill:(#\w+)', sheet)[1]
    assert contrast(muted, "#ffffff") >= 4.5 and contrast(dark, visual.figure.DARK_PAPER) >= 4.5


def test_a_cell_shows_the_picture_once_and_says_little(plt):
    plot = visual.curves({"a": lambda x: x})
    shown = plot._repr_mimebundle_()
    assert repr(plot) == shown["text/plain"] == "curves: a"
    assert shown["image/svg+xml"].startswith("<svg") and shown["image/png"].startswith("iVBOR")
    assert not plt.fignum_exists(plot.figure.number), "else the notebook shows it once more"
    assert "prefers-color-scheme: dark" in shown["image/svg+xml"]
    plot.set_title("asked of the axes")
    assert plot.ax.get_title() == "asked of the axes"


def test_figures_that_move_are_left_to_their_backend(plt, monkeypatch):
    plot = visual.bars([1.0])
    monkeypatch.setattr(plt, "get_backend", lambda: "module://ipympl.backend_nbagg")
    assert set(plot._repr_mimebundle_()) == {"text/plain"} and plt.fignum_exists(plot.figure.number)


def test_who_chose_dark_gets_dark_alone(plt):
    with plt.style.context("dark_background"):
        assert "prefers-color-scheme" not in visual.bars([1.0]).svg()


def test_what_is_too_large_is_shown_as_pixels(monkeypatch):
    monkeypatch.setattr(visual.plot, "LARGEST", 10)
    assert set(visual.bars([1.0])._repr_mimebundle_()) == {"text/plain", "image/png"}


def test_images_in_a_picture_are_made_smaller_by_no_more_than_can_be_seen(rng):
    pillow = pytest.importorskip("PIL.Image")

    def opened(png):
        return np.asarray(pillow.open(io.BytesIO(png)).convert("RGBA")).astype(int)

    smooth = np.add.outer(np.arange(90), np.arange(90)) + rng.integers(0, 3, (90, 90))
    before = io.BytesIO()
    pillow.fromarray(np.stack([smooth] * 4, -1).astype(np.uint8)).save(before, "PNG")
    after = visual.plot.smaller(before.getvalue())
    assert len(after) < 0.8 * len(before.getvalue())
    assert np.abs(opened(after) - opened(before.getvalue())).max() <= 3


def test_pictures_are_saved(tmp_path):
    def named_alike(svg):
        """Some versions of Matplotlib give clips other names each time."""
        return re.sub(r"\bp[0-9a-f]{10}\b", "clip", svg)

    plot = visual.bars([1.0])
    saved = plot.save(tmp_path / "a.svg").read_text(encoding="utf-8")
    assert named_alike(saved) == named_alike(plot.svg())
    assert plot.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


# --- functions and distributions ------------------------------------------------------------------


def test_curves_leave_out_what_is_not_finite():
    plot = visual.curves({"log": lambda p: -p.log(), "points": ([0, 1], [2, 3])}, 0, 1)
    x, y = plot.data["log"]
    assert np.isinf(y[0]) and np.isnan(plot.lines[0].get_ydata()[0])
    np.testing.assert_allclose(plot.lines[0].get_ydata()[1:], -np.log(x[1:]))
    assert plot.lines[1].get_xydata().tolist() == [[0, 2], [1, 3]]


def test_bars():
    plot = visual.bars(ag.tensor([0.7, 0.2, 0.1]), [0.5, 0.5, 0.0])
    heights = [[bar.get_height() for bar in drawn] for drawn in plot.containers]
    np.testing.assert_allclose(heights, [[0.7, 0.2, 0.1], [0.5, 0.5, 0]])
    expected = -(math.log(0.7) + math.log(0.2)) / 2
    assert plot.data["cross_entropy"] == pytest.approx(expected)
    assert plot.get_title() == f"cross-entropy {expected:.3f}"
    assert "cross_entropy" not in visual.bars([2.0, -1.0], 0).data, "these are scores"
    for target in (3, [0.5, 0.5]):
        with pytest.raises(ValueError, match=r"one of 3 classes or has shape \[3\]"):
            visual.bars([0.7, 0.2, 0.1], target)


def test_losses_of_several_trainings():
    runs = {"a": nn.training.History({"epoch": [1, 2], "loss": [4.0, 2.0], "val_loss": [5.0, 3.0]})}
    runs |= {"b": [4.0, 1e3, float("nan"), 1.0]}
    plot = visual.loss_curves(runs)
    drawn = [line.get_ydata().tolist() for line in plot.lines]
    assert drawn == [[4, 2], [5, 3], [4], [4]], "what diverges ends with a cross"
    assert [line.get_marker() for line in plot.lines] == ["None", "None", ".", "x"]
    assert plot.data["b"]["loss"][1] == 1e3
    with pytest.raises(ValueError, match="no training to draw"):
        visual.loss_curves({})


@pytest.mark.parametrize("angle", [0.3, 1.0])
def test_eigenvalues_of_a_turn_lie_on_the_circle(angle):
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    plot = visual.spectrum(turn, title="turn")
    found = plot.data["eigenvalues"]
    np.testing.assert_allclose(found, [np.exp(1j * angle), np.exp(-1j * angle)])
    drawn = plot[2].collections[-1].get_offsets()
    np.testing.assert_allclose(drawn, np.stack([found.real, found.imag], 1))
    np.testing.assert_allclose(np.hypot(*plot[2].lines[0].get_data()), 1)
    assert plot[1].get_title() == "turn"
    with pytest.raises(ValueError, match="matrix of finite numbers"):
        visual.spectrum([[np.nan, 1], [1, 0]])


# --- what a model gives ---------------------------------------------------------------------------

WAYS = {
    "logits": lambda: nn.Linear(2, 2),
    "softmax": lambda: nn.Sequential(nn.Linear(2, 2), nn.Softmax(1)),
    "log softmax": lambda: nn.Sequential(nn.Linear(2, 2), nn.LogSoftmax(1)),
    "logit": lambda: nn.Linear(2, 1),
    "sigmoid": lambda: nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()),
    "flat sigmoid": lambda: nn.Sequential(nn.Linear(2, 1), nn.Sigmoid(), nn.Flatten(0)),
}


@pytest.mark.parametrize("way", WAYS)
def test_probabilities_are_those_of_the_model_however_it_ends(way, rng):
    model, x = WAYS[way]().double(), rng.normal(size=(9, 2))
    plot = visual.decision_boundary(model, x, rng.integers(2, size=9), resolution=5)
    left, right, bottom, top = plot.images[0].get_extent()
    layer = model[0] if isinstance(model, nn.Sequential) else model
    with ag.no_grad():
        scores = layer(ag.tensor([[left, bottom], [right, top]])).numpy()
    if scores.shape[1] == 1:
        scores = np.concatenate([0 * scores, scores], 1)
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    found = plot.data["probabilities"][[0, -1], [0, -1]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


class Estimator:
    """As those of scikit-learn: classes that are words, probabilities in their order."""

    classes_ = np.array(["no", "yes"])

    def predict_proba(self, x):
        share = (x[:, 0] > 0).astype(float)
        return np.stack([1 - share, share], 1)


FUNCTIONS = {
    "bool": lambda p: p[:, 0] > 0,
    "signs": lambda p: np.where(np.asarray(p)[:, 0] > 0, 1, -1),
    "share": lambda p: (p[:, 0] > 0) * 1.0,
    "score": lambda p: p[:, 0] * 1e6,
    "estimator": Estimator(),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_functions_and_estimators_and_what_they_misread(kind):
    x = np.array([[-1.0, 0], [1, 1], [2, 0], [-2, 1]])
    truth = np.array([0, 1, 0, 0])
    y = np.array(["no", "yes"])[truth] if kind == "estimator" else truth
    plot = visual.decision_boundary(FUNCTIONS[kind], x, y, resolution=4, names=["a", "b"])
    assert plot.data["predicted"].tolist() == [0, 1, 1, 0]
    assert plot.data["misread"].tolist() == [False, False, True, False]
    ring = plot.collections[-1]
    assert ring.get_offsets().tolist() == [[2, 0]] and ring.get_label() == "misread (1)"
    assert (plot.get_xlabel(), plot.get_ylabel()) == ("a", "b")
    assert plot.data["probabilities"].argmax(2).tolist() == [[0, 0, 1, 1]] * 4


def test_more_features_are_held_or_projected(rng):
    x = rng.normal(size=(30, 3)) * [1, 1, 5]
    seen = []

    def model(p):
        seen.append(np.asarray(p))
        return p[:, 2] > 1

    y = (x[:, 2] > 1).astype(int)
    held = visual.decision_boundary(
        model, x, y, features=(0, 2), rest=[9, 7, 9], resolution=3, names="abc"
    )
    assert (seen[0][:, 1] == 7).all() and held.get_ylabel() == "c"
    np.testing.assert_array_equal(held.data["points"], x[:, [0, 2]])
    seen.clear()
    plane = visual.decision_boundary(model, x, y, resolution=3)
    assert not plane.data["misread"].any(), "the points are read where they are, not in the plane"
    away = seen[0] - x.mean(0)
    assert np.linalg.matrix_rank(away) == 2 and "principal component 1" in plane.get_xlabel()
    centred = x - x.mean(0)
    assert plane.data["points"].var(0)[0] == pytest.approx(np.linalg.svd(centred)[1][0] ** 2 / 30)
    with pytest.raises(ValueError, match="no feature 'd', but a, b, c"):
        visual.decision_boundary(model, x, y, features=("a", "d"), names="abc")


def test_curves_through_data_and_their_bands():
    def model(x):
        return 2 * x, (0 * x + 0.5) ** 2

    plot = visual.fit_curve({"m": model}, [0.0, 1.0], [0.0, 2.0], resolution=3)
    np.testing.assert_allclose(plot.data["m"]["mean"], 2 * plot.data["x"])
    np.testing.assert_allclose(plot.data["m"]["std"], 0.5)
    edges = plot.collections[0].get_paths()[0].vertices[:, 1]
    assert edges.max() == pytest.approx(2 * 1.08 + 1) and edges.min() == pytest.approx(-0.16 - 1)
    with pytest.raises(ValueError, match="outputs of shape .* spread="):
        visual.fit_curve(lambda x: x * ag.ones(2), [0.0, 1.0], [0.0, 1.0])
    with pytest.raises(ValueError, match="over one input"):
        visual.fit_curve(model, np.zeros((3, 2)), np.zeros(3))
    with pytest.raises(ValueError, match="no curve is called density, x"):
        visual.fit_curve({"x": model, "density": model}, [0.0], [0.0])


def test_names_of_tables_are_those_of_the_axes(rng):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"weight": [1.0, 2, 3], "power": [3.0, 1, 2], "mpg": [3.0, 2, 1]})
    for x in (frame["weight"], frame[["weight"]]):
        plot = visual.fit_curve(lambda x: 4 - x, x, frame["mpg"])
        assert (plot.get_xlabel(), plot.get_ylabel()) == ("weight", "mpg")
    table = frame[["weight", "power"]]
    seen = visual.decision_boundary(lambda p: p[:, 0] > 1.5, table, [0, 1, 1], resolution=3)
    assert (seen.get_xlabel(), seen.get_ylabel()) == ("weight", "power")


def test_a_density_is_one_in_all_whatever_the_likelihood():
    def model(x):
        return ag.cat([x, 0 * x], 1)

    def negative(outputs, target):
        mean, log_std = outputs[:, :1], outputs[:, 1:]
        z = (target - mean) / log_std.exp()
        return 0.5 * z**2 + log_std + 0.5 * math.log(2 * math.pi)

    plot = visual.fit_curve(model, [0.0, 1.0], [-6.0, 6.0], density=negative, resolution=60)
    density, y = plot.data["density"], plot.data["y"]
    np.testing.assert_allclose(density.sum(0) * (y[1] - y[0]), 1, atol=1e-6)
    np.testing.assert_allclose(y[density.argmax(0)], plot.data["x"], atol=y[1] - y[0])
    with pytest.raises(ValueError, match='reduction="none"'):
        visual.fit_curve(model, [0.0], [0.0], density=lambda o, t: negative(o, t).mean())


# --- pictures of numbers --------------------------------------------------------------------------

SHAPES = {
    "grey": ((5, 4, 3), (5, 4, 3)),
    "one channel": ((5, 1, 4, 3), (5, 4, 3)),
    "colours": ((5, 3, 4, 6), (5, 4, 6, 3)),
    "colours last": ((5, 4, 6, 3), (5, 4, 6, 3)),
    "rows": ((5, 16), (5, 4, 4)),
    "rows of colours": ((5, 48), (5, 4, 4, 3)),
    "one": ((4, 3), (1, 4, 3)),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_images(kind, rng):
    given, expected = SHAPES[kind]
    x = rng.uniform(size=given)
    plot = visual.images(x, titles=range(expected[0]), columns=2)
    assert plot.data["images"].shape == expected
    mosaic = np.asarray(plot.images[0].get_array())
    height, width = expected[1:3]
    above = mosaic.shape[0] - height - (len(mosaic) - height) // 2 * 2
    rows = -(-expected[0] // 2)
    step = (mosaic.shape[0] + 1) // rows
    first = mosaic[step - 1 - height : step - 1, :width]
    if len(expected) == 4:
        first = first[..., :3]
    np.testing.assert_allclose(first, plot.data["images"][0])
    assert [text.get_text() for text in plot.texts] == [*map(str, range(expected[0]))], above


def test_images_of_data_bytes_and_many():
    bytes_ = (np.arange(70 * 4) % 256).astype(np.uint8).reshape(70, 2, 2)
    data = nn.datasets.Data(bytes_, np.zeros(70, int), classes=("cat",))
    plot = visual.images(data)
    assert len(plot.data["images"]) == 64 and "first 64 of 70" in plot.get_title()
    assert plot.data["titles"][0] == "cat"
    assert np.nanmax(plot.images[0].get_array()) == bytes_[:64].max() / 255
    assert np.nanmax(visual.images(bytes_ % 17).images[0].get_array()) == 1  # else it is all black
    with pytest.raises(ValueError, match="3 images, and 2 titles"):
        visual.images(np.zeros((3, 2, 2)), titles="ab")
    with pytest.raises(ValueError, match=r"got \[3, 7, 1, 1, 1\]; shape="):
        visual.images(np.zeros((3, 7)).reshape(3, 7, 1, 1, 1))


def test_weights_in_colours_and_in_one_dimension(rng):
    conv = visual.weights(nn.Conv1d(2, 3, 5), titles="abc")
    assert conv.data["weights"].shape == (3, 2, 5) and len(conv.texts) == 3
    w = rng.normal(size=(4, 3 * 2 * 2))
    colours = visual.weights(w, shape=(3, 2, 2), columns=4).images[0].get_array()
    expected = 0.5 + w[1].reshape(3, 2, 2).transpose(1, 2, 0) / (2 * np.abs(w).max())
    np.testing.assert_allclose(colours[:, 3:5, :3], expected)
    grey = visual.weights(w, shape=(3, 2, 2), rgb=False)
    assert grey.data["weights"].shape == (12, 2, 2)
    with pytest.raises(ValueError, match=r"12 inputs are no picture of shape \[2, 2\]"):
        visual.weights(w, shape=(2, 2))


def test_weights_of_a_model_are_those_of_its_first_layer():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3))
    found = visual.weights(model, titles="abc").data["weights"]
    np.testing.assert_array_equal(found.reshape(3, 4), model[1].weight.detach())
    with pytest.raises(ValueError, match="no layer with a weight matrix"):
        visual.weights(nn.Sequential(nn.ReLU()))


def test_feature_maps_are_the_outputs(rng):
    model, x = nn.Sequential(nn.Conv2d(1, 14, 3), nn.ReLU()), rng.normal(size=(1, 6, 6))
    model.double().train()
    plot = visual.feature_maps(model, x)
    expected = model[0](ag.tensor(x[None])).detach().numpy()[0]
    np.testing.assert_array_equal(plot.data["0"], expected)
    assert "14 maps of 4 × 4, the first 12" in plot.get_title(loc="left")
    both = visual.feature_maps(model, x, layers=["0", "1"])
    np.testing.assert_array_equal(both.data["1"], np.maximum(expected, 0))
    assert model.training and not any((model[0]._hooks or {}).values())
    with pytest.raises(ValueError, match="no module '7', but 0, 1"):
        visual.feature_maps(model, x, layers=["7"])
    with pytest.raises(ValueError, match="ran no nn.Conv2d"):
        visual.feature_maps(nn.ReLU(), x)


def test_saliency_is_the_derivative_of_the_score(rng):
    model, x = nn.Sequential(nn.Flatten(), nn.Linear(12, 4)).double(), rng.normal(size=(2, 3, 2, 2))
    plot = visual.saliency(model, x)
    with ag.no_grad():
        winners = model(ag.tensor(x)).numpy().argmax(1)
    assert plot.data["target"].tolist() == winners.tolist()
    rows = np.abs(model[1].weight.detach().numpy())[winners].reshape(2, 3, 2, 2)
    np.testing.assert_allclose(plot.data["saliency"], rows.max(1))
    assert all(p.grad is None for p in model.parameters())


def test_attention_is_what_the_layers_use(rng):
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    x = ag.randn(2, 5, 8)
    model.train()
    plot = visual.attention(model, x, tokens="abcde")
    assert [*plot.data] == ["layers.0.self_attn", "layers.1.self_attn"] and len(plot) == 4
    first = model.layers[0].self_attn
    model.eval()
    _, expected = first(x, x, x, average_attn_weights=False)
    np.testing.assert_allclose(plot.data["layers.0.self_attn"], expected[0].detach(), atol=1e-6)
    assert [t.get_text() for t in plot.get_xticklabels()] == [*"abcde"]
    own = visual.attention(np.eye(3))
    np.testing.assert_array_equal(own.images[0].get_array(), np.eye(3))
    with pytest.raises(ValueError, match="ran no nn.MultiheadAttention"):
        visual.attention(nn.ReLU(), x)


# --- health ---------------------------------------------------------------------------------------


def deep(activation, std, depth=8):
    """A deep net whose biases are 0 and whose weights are of one size."""
    layers = [part for _ in range(depth) for part in (nn.Linear(16, 16), activation())]
    model = nn.Sequential(*layers, nn.Linear(16, 1)).double()
    for module in model:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=std / 4)
            nn.init.zeros_(module.bias)
    return model


@pytest.mark.parametrize(
    "activation, std, verdict",
    [(nn.Sigmoid, 1.0, "vanishing"), (nn.ReLU, 6.0, "exploding"), (nn.Tanh, 1.0, "")],
)
def test_vanishing_and_exploding_have_colours_of_their_own(activation, std, verdict, rng):
    ag.manual_seed(1)
    model, x = deep(activation, std), rng.normal(size=(64, 16))
    sgd = nn.optim.SGD(model.parameters(), lr=1e-3 if verdict != "exploding" else 1e-12)
    plot = visual.gradient_health(model, nn.MSELoss(), x, x[:, :1], sgd)
    first = plot.data["0.weight"]
    assert first["verdict"] == verdict
    colors = plot.images[0].to_rgba(plot.images[0].get_array())
    red, _, blue, dense = colors[0, 0]
    if verdict == "":
        assert dense < 0.05
    else:
        assert dense > 0.5 and (blue > red) == (verdict == "vanishing")


def test_biases_that_are_still_zero_are_no_cause_for_alarm(rng):
    ag.manual_seed(1)
    model, x = deep(nn.Tanh, 1.0, depth=2), rng.normal(size=(32, 16))
    sgd = nn.optim.SGD(model.parameters(), lr=1e-2)
    plot = visual.gradient_health(model, nn.MSELoss(), x, x[:, :1], sgd)
    biases = [row for name, row in plot.data.items() if name.endswith("bias")]
    assert len(biases) == 3
    assert all(np.isnan(row["update"]) and row["verdict"] == "" for row in biases)


def test_frozen_parameters_and_no_optimizer_are_no_cause_for_alarm(rng):
    model, x = deep(nn.Tanh, 1.0, depth=1), rng.normal(size=(32, 16))
    model[0].requires_grad_(False)
    sgd = nn.optim.SGD(model.parameters(), lr=1e-2)
    row = visual.gradient_health(model, nn.MSELoss(), x, x[:, :1], sgd).data["0.weight"]
    assert np.isnan(row["gradient"]) and np.isnan(row["update"]) and row["verdict"] == ""
    plain = visual.gradient_health(model, nn.MSELoss(), x, x[:, :1]).data["2.weight"]
    assert np.isfinite(plain["gradient"]) and np.isnan(plain["update"])


# --- on the way down ------------------------------------------------------------------------------


def test_descent_is_gradient_descent():
    plot = visual.descent(lambda x: x**2, lrs=[0.1, 1.1], start=1.0, steps=3)
    for lr, way in plot.data.items():
        np.testing.assert_allclose(way["x"], (1 - 2 * lr) ** np.arange(4))
        np.testing.assert_allclose(way["value"], way["x"] ** 2)
    assert [ax.get_title() for ax in plot] == ["learning rate 0.1", "learning rate 1.1: diverges"]
    np.testing.assert_allclose(plot[0].lines[1].get_xdata(), plot.data[0.1]["x"])
    assert [*visual.descent(lambda x: x**2, 0.1, steps=1).data] == [0.1]
    far = visual.descent(lambda x: x**4, lrs=[9.0], start=2.0, steps=50).data[9.0]
    assert len(far["x"]) < 51 and not np.isfinite(far["value"][-1])


@pytest.mark.parametrize("view", ["2d", "3d"])
def test_paths_over_a_surface_of_ones_own(view):
    plot = visual.optimizer_paths(
        lambda x, y: x**2 + 2 * y**2,
        4,
        {"SGD": lambda p: nn.optim.SGD(p, lr=0.1)},
        start=(-1, 1),
        view=view,
    )
    steps = np.arange(5)
    expected = np.stack([-(0.8**steps), 0.6**steps], 1)
    np.testing.assert_allclose(plot.data["SGD"], expected)
    if view == "3d":
        plot.figure.canvas.draw()
        x, y, z = plot.lines[0].get_data_3d()
        np.testing.assert_allclose(z, x**2 + 2 * y**2)
    with pytest.raises(ValueError, match="view is '2d' or '3d'"):
        visual.optimizer_paths("saddle", view="4d")


def test_the_loss_over_two_weights(rng):
    x = rng.normal(size=(20, 2))
    model = nn.Sequential(nn.Linear(2, 1)).double()
    y = x @ [[1.0], [2.0]]
    plot = visual.loss_surface(
        model, nn.MSELoss(), x, y, resolution=5, axes=("0.weight[0, 1]", "0.bias")
    )
    across, up = plot.data["sides"]
    weight, bias = model[0].weight.detach().numpy()[0], model[0].bias.item()
    assert across[2] == pytest.approx(weight[1]) and up[2] == pytest.approx(bias)
    predicted = x[:, :1] * weight[0] + x[:, 1:] * across[4] + up[1]
    assert plot.data["loss"][1, 4] == pytest.approx(np.mean((predicted - y) ** 2))
    assert (plot.get_xlabel(), plot.get_ylabel()) == ("0.weight[0, 1]", "0.bias")
    way = [{"0.weight": [[3.0, w]], "0.bias": [b]} for w, b in ((0.5, 0.1), (2.0, 0.0))]
    paths = {"a": [{k: np.array(v) for k, v in state.items()} for state in way]}
    along = visual.loss_surface(
        model, nn.MSELoss(), x, y, resolution=3, axes=("0.weight[0, 1]", "0.bias"), paths=paths
    )
    np.testing.assert_allclose(along.data["paths"]["a"], [(0.5, 0.1), (2.0, 0.0)])
    for axes, message in (
        (("0.weight", "0.bias"), r"is 2 numbers.*0.weight\[0, 0\]"),
        (("0.weight[0]", "0.bias"), r"is 2 numbers"),
        (("0.weight[0, 5]", "0.bias"), "out of bounds"),
        (("1.weight", "0.bias"), "the parameters are 0.weight, 0.bias"),
        (("0.bias", "0.bias"), "two single weights"),
    ):
        with pytest.raises(ValueError, match=message):
            visual.loss_surface(model, nn.MSELoss(), x, y, axes=axes)


def test_a_flat_loss_is_said_to_be_flat(rng):
    x, model = rng.normal(size=(4, 2)), nn.Linear(2, 1).double()
    plot = visual.loss_surface(model, lambda p, t: (p * 0).sum() + 2, x, x[:, :1], resolution=3)
    assert plot.get_title() == "flat: the loss is 2 everywhere" and (plot.data["loss"] == 2).all()

    def bump(p, t):
        return (p * 0).sum() + 2 + 1e6 * (p.mean() > 145)

    axes = ("weight[0, 0]", "bias")
    seen = visual.loss_surface(model, bump, 0 * x, x[:, :1], 150.0, resolution=31, axes=axes)
    assert "flat" not in seen.get_title() and seen.data["loss"].max() > 2
    seen.figure.canvas.draw()


# --- signals --------------------------------------------------------------------------------------


def test_signals_are_those_of_the_layers(rng):
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    plot = visual.signals(model, nn.MSELoss(), x, y)
    hidden = model[0](ag.tensor(x))
    squashed = hidden.tanh()
    out = model[2](squashed)
    values = {"0 Linear": hidden, "1 Tanh": squashed, "2 Linear": out}
    slopes = ag.grad(nn.MSELoss()(out, ag.tensor(y)), [*values.values()])
    assert [*plot.data] == [*values]
    for (name, value), slope in zip(values.items(), slopes):
        own = plot.data[name]
        assert own["std"] == pytest.approx(value.detach().numpy().std())
        assert own["gradient"] == pytest.approx(np.sqrt((slope.numpy() ** 2).mean()))
        counts, edges = own["values"]
        assert counts.sum() == value.numel() and edges[0] == value.detach().numpy().min()
    drawn = plot[0].lines[1].get_xdata()
    np.testing.assert_allclose(drawn, [own["gradient"] for own in plot.data.values()])
    assert all(p.grad is None for p in model.parameters()) and not any(
        (model[0]._hooks or {}).values()
    )


def test_signals_that_are_zero_or_not_finite_are_no_lines(rng):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with ag.no_grad():
        model[0].bias.fill_(-1e9)
    plot = visual.signals(model, nn.MSELoss(), rng.normal(size=(4, 2)), np.ones((4, 1)))
    assert plot.data["1 ReLU"]["std"] == 0 and np.isnan(plot[0].lines[0].get_xdata()[1])
    plot.figure.canvas.draw()
    with ag.no_grad():
        model[0].bias.fill_(float("inf"))
    visual.signals(model, nn.MSELoss(), np.zeros((4, 2)), np.ones((4, 1))).figure.canvas.draw()


def training(watcher, epochs=3, batch_size=4):
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    x = np.random.default_rng(0).normal(size=(12, 2))
    sgd, data = nn.optim.SGD(model.parameters(), lr=0.1), (x, x[:, :1])
    how = {"epochs": epochs, "batch_size": batch_size, "progress": False}
    nn.fit(model, nn.MSELoss(), sgd, data, callbacks=[watcher] if watcher else [], **how)
    return model


@pytest.mark.parametrize("every, epochs", [(None, [1 / 3, 4 / 3, 7 / 3]), (2, [1 / 3, 1, 5 / 3])])
def test_a_training_is_watched_and_not_changed(every, epochs):
    watcher = visual.watch(every=every)
    seen = training(watcher, 3 if every is None else 2)
    assert watcher.epochs == pytest.approx(epochs)
    plain = training(None, 3 if every is None else 2)
    assert all((a == b).all() for a, b in zip(seen.parameters(), plain.parameters()))
    assert not any(seen[0]._hooks.values())
    assert {len(column) for own in watcher.data.values() for column in own.values()} == {3}
    plot = watcher.plot()
    np.testing.assert_allclose(plot[1].lines[0].get_ydata(), watcher.data["0 Linear"]["gradient"])
    one = watcher.plot("1")
    assert [*one.data] == ["1 Tanh"]
    middle = np.array(watcher.data["1 Tanh"]["values"])[:, 2]
    np.testing.assert_allclose(one[0].lines[0].get_ydata(), middle)


def test_a_watcher_measures_as_numpy_does():
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=(3, 7)), np.float32([2.0]), np.zeros(0), np.arange(4.0)[::-1]):
        odd = np.append(values, [np.nan, np.inf, -np.inf])
        wanted = np.quantile(values, QUANTILES) if values.size else [np.nan] * 5
        for given in (values, odd):
            np.testing.assert_allclose(_quantiles(given), wanted)
        if values.size:
            np.testing.assert_allclose(_spread(values), np.std(values), atol=1e-15)
            np.testing.assert_allclose(_root_mean_square(values), np.sqrt((values**2).mean()))


def test_what_a_watcher_writes_down_is_what_the_batch_gave():
    watcher = visual.watch()
    training(watcher, epochs=1, batch_size=12)
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    x = np.random.default_rng(0).normal(size=(12, 2))
    now = visual.signals(model, nn.MSELoss(), x, x[:, :1]).data
    for name, own in watcher.data.items():
        assert own["std"] == pytest.approx([now[name]["std"]])
        assert own["gradient"] == pytest.approx([now[name]["gradient"]])


def test_what_cannot_be_watched_is_said():
    watcher = visual.watch(nn.Linear(1, 1))
    assert set(watcher._repr_mimebundle_()) == {"text/plain"}
    with pytest.raises(ValueError, match="nothing was watched yet"):
        watcher.plot()
    with pytest.raises(ValueError, match="another model"):
        training(watcher)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        visual.watch(every=0)
    seen = visual.watch()
    training(seen, 1)
    with pytest.raises(ValueError, match="no layer '9', but 0 Linear"):
        seen.plot("9")


# --- networks, shapes, matrices -------------------------------------------------------------------


def test_a_network_is_drawn_with_its_weights():
    ag.manual_seed(0)
    hidden = nn.Linear(12, 3)
    model = nn.Sequential(
        nn.Flatten(), hidden, nn.Tanh(), nn.Dropout(), nn.Linear(3, 2, bias=False)
    )
    plot = visual.network(model, most=5)
    assert plot.data["sizes"] == [12, 3, 2] and plot.data["parameters"] == [39, 6]
    assert plot.data["activations"] == ["Tanh, Dropout", ""]
    weight = hidden.weight.detach().numpy()
    first = [(i, j, w) for k, i, j, w in plot.data["arrows"] if k == 0]
    assert {i for i, *_ in first} == {0, 1, 2, 10, 11}
    assert all(w == weight[j, i] for i, j, w in first)
    (lines,) = [c for c in plot.collections if hasattr(c, "get_segments")]
    assert len(lines.get_segments()) == len(plot.data["arrows"]) == 5 * 3 + 3 * 2
    order = np.argsort([abs(w) for *_, w in first])
    widths = lines.get_linewidths()[: len(first)]
    assert (np.diff(np.array(widths)[order]) >= 0).all(), "the larger, the wider"
    reds = lines.get_colors()[: len(first), 0] > lines.get_colors()[: len(first), 2]
    assert reds.tolist() == [w > 0 for *_, w in first]
    words = {text.get_text() for text in plot.texts}
    assert {"⋮", "12 inputs", "36 + 3", "6", "3\nTanh, Dropout"} <= words
    assert visual.network([2, 3, 1]).data["parameters"] == [9, 4]


@pytest.mark.parametrize(
    "model, message",
    [
        (lambda: nn.Conv2d(1, 2, 3), "the model has none; shapes"),
        (lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)), "one gives 3 numbers, the next"),
        (lambda: [3], "two layers of neurons or more"),
    ],
)
def test_what_is_no_chain_of_neurons_is_said(model, message):
    with pytest.raises(ValueError, match=message):
        visual.network(model())


class Skip(nn.Module):
    """A residual block with operations between its modules, and a part that is not called."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.never = nn.Linear(1, 1)

    def forward(self, x, shift):
        h = self.a(x).relu()
        return self.c(h + self.b(h) * 2 + shift)


def test_shapes_and_what_flows_where():
    model = Skip().train()
    plot = visual.shapes(model, (ag.ones(3, 4), ag.ones(4)))
    layers = plot.data["layers"]
    assert [layer["name"] for layer in layers] == ["", "a", "b", "c"]
    assert layers[0]["output"] == [[3, 4], [4]] and layers[3]["output"] == [3, 2]
    assert [layer["parameters"] for layer in layers] == [0, 20, 20, 10]
    assert plot.data["arrows"] == [(0, 1), (0, 3), (1, 2), (1, 3), (2, 3)]
    words = [text.get_text() for text in plot.texts]
    assert "[3, 4] → [3, 2]" in words and "c  Linear" in words
    assert model.training and all(p.grad is None for p in model.parameters())
    assert not any((model.a._hooks or {}).values())


def test_shapes_at_a_depth_of_modules_and_of_frozen_or_integer_ones():
    inner = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    model = nn.Sequential(nn.Embedding(5, 3), inner, nn.Flatten(), nn.Identity())
    model.requires_grad_(False)
    plot = visual.shapes(model, np.array([[1, 2]]), depth=1)
    assert [layer["name"] for layer in plot.data["layers"]] == ["", "0", "1", "2", "3"]
    assert plot.data["layers"][2]["parameters"] == 12
    assert (1, 2) in plot.data["arrows"] and (3, 4) in plot.data["arrows"]
    assert not model[0].weight.requires_grad
    opened = visual.shapes(model, np.array([[1, 2]]))
    assert [layer["name"] for layer in opened.data["layers"]][2:4] == ["1.0", "1.1"]
    lazy = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    ag.manual_seed(3)
    expected = ag.rand(2)
    ag.manual_seed(3)
    found = visual.shapes(lazy, (2, 4)).data["layers"][1]
    assert found["parameters"] == 15 and type(lazy[0]) is nn.LazyLinear
    assert (ag.rand(2) == expected).all(), "random numbers were drawn"
    with pytest.raises(ValueError, match="called 0 modules"):
        visual.shapes(Nothing(), ag.ones(2))


class Nothing(nn.Module):
    """A model of nothing but a function, whose modules are never called."""

    def __init__(self):
        super().__init__()
        self.never = nn.Linear(1, 1)

    def forward(self, x):
        return x


def test_matrices_are_drawn_to_scale():
    W, X, b = ag.ones(10, 30), ag.ones(20, 30), ag.ones(10)
    plot = visual.matrices("relu(X @ W.T + b)", X=X, W=W, b=b)
    assert plot.data["X"] == (20, 30) and plot.data["Wᵀ"] == (30, 10)
    assert plot.data["result"] == (20, 10)
    drawn = {name: (width, height) for name, width, height in plot.data["boxes"]}
    patches = {(p.get_width(), p.get_height()) for p in plot.patches}
    assert patches == set(drawn.values())
    scale = drawn["X"][0] / 30
    assert drawn["X"][1] == pytest.approx(20 * scale)
    assert drawn["Wᵀ"] == pytest.approx((10 * scale, 30 * scale))
    assert drawn["result"] == pytest.approx((10 * scale, 20 * scale))
    assert drawn["b"][0] == pytest.approx(10 * scale)
    assert drawn["b"][1] < drawn["b"][0], "added to rows, it is one"
    column = visual.matrices("W @ x - 2 * c", W=W, x=ag.ones(30), c=b)
    shapes = {name: (width, height) for name, width, height in column.data["boxes"]}
    assert all(shapes[name][0] < shapes[name][1] for name in ("x", "c", "result"))
    words = [text.get_text() for text in column.texts]
    assert [w for w in words if w in ("@", "−", "2", "∗", "=")] == ["@", "−", "2", "∗", "="]
    rows = visual.matrices("softmax(W @ W.T)", W=W)
    assert rows.data["result"] == (10, 10)
    bracket = visual.matrices("W @ (a + a)", W=W, a=ag.ones(30)).texts
    assert [t.get_text() for t in bracket if t.get_text() in ("(", ")")] == ["(", ")"]


@pytest.mark.parametrize(
    "expression, message",
    [
        ("W @ y", "no 'y' among the matrices, but W"),
        ("W @", "is no expression"),
        ("W[0]", "not among what is drawn"),
        ("nothing(W)", "no function of nn.functional"),
    ],
)
def test_what_is_no_expression_of_matrices_is_said(expression, message):
    with pytest.raises(ValueError, match=message):
        visual.matrices(expression, W=ag.ones(2, 3))
