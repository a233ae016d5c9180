"""The plots: what is drawn is what was computed, in the axes that were given, and models stay as
they were.
"""

import sys
import types

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn import visual
from nn.training import History

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots()[1]


@pytest.fixture
def classifier(rng):
    x = rng.normal(size=(40, 2))
    return (
        nn.Sequential(
            nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)
        ).double(),
        x,
        rng.integers(3, size=40),
    )


def finished(ax):
    """Draw it all, so that whatever cannot be drawn raises."""
    ax.figure.canvas.draw()
    return ax


def lines(ax):
    return {line.get_label(): np.array(line.get_data()) for line in ax.get_lines()}


def luminance(color):
    return float(np.dot(plt.matplotlib.colors.to_rgb(color), (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("style", ["default", "dark_background", "Solarize_Light2"])
def test_colours_follow_the_axes_whatever_is_the_style_now(style):
    with plt.style.context(style):
        ax = plt.subplots()[1]
        paper, ink = plt.rcParams["axes.facecolor"], plt.rcParams["axes.labelcolor"]
    found = visual.figure.look(ax)
    assert found.paper == plt.matplotlib.colors.to_rgb(
        paper
    ) and found.ink == plt.matplotlib.colors.to_rgb(ink)
    behind = luminance(found.paper)
    assert (
        abs(luminance(found.ink) - behind)
        > abs(luminance(found.muted) - behind)
        > abs(luminance(found.faint) - behind)
        > 0
    )
    assert all(abs(luminance(color) - behind) > 0.2 for color in found.colors)
    assert all(cmap(0.0)[3] == 0 for cmap in (found.heights, found.amounts, found.warnings))
    assert found.signs(0.5)[3] < 0.01, "the paper is to be seen where there is nothing"
    for cmap, end in ((found.amounts, 1.0), (found.signs, 0.0), (found.signs, 1.0)):
        assert abs(luminance(cmap(end)[:3]) - behind) > 0.2


def test_counts_are_readable_on_dark_and_on_light():
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = finished(visual.confusion_matrix([[9, 1, 0], [5, 5, 0], [2, 2, 2]]))
        cells = ax.images[0].to_rgba(ax.images[0].get_array()).reshape(-1, 4)
        paper = np.array(plt.matplotlib.colors.to_rgb(ax.figure.get_facecolor()))
        for text, (*color, dense) in zip(ax.texts, cells):
            behind = luminance(dense * np.array(color) + (1 - dense) * paper)
            assert abs(luminance(text.get_color()) - behind) > 0.3


def test_activation(ax):
    assert visual.activation(nn.Tanh(), -2, 2, ax=ax).ax is ax
    x, value = lines(finished(ax))["value"]
    np.testing.assert_allclose(value, np.tanh(x))
    np.testing.assert_allclose(lines(ax)["derivative"][1], 1 - np.tanh(x) ** 2, atol=1e-12)
    assert ax.get_title() == "Tanh" and visual.activation(nn.functional.relu).get_title() == "relu"
    row = visual.activation(["sigmoid", nn.ReLU()], derivative=False)
    assert [place.get_title() for place in row] == ["sigmoid", "ReLU"]
    assert "derivative" not in lines(row[0]) and row.data["sigmoid"]["derivative"].max() == 0.25
    with pytest.raises(ValueError, match="nn.functional has no 'rleu'"):
        visual.activation("rleu")


def test_loss_curves(ax):
    history = History(
        {
            "epoch": [1, 2, 3],
            "lr": [0.1, 0.1, 0.01],
            "loss": [3.0, 1.0, 0.01],
            "val_loss": [2.0, np.nan, 2.5],
        }
    )
    assert history.plot(ax=ax).ax is ax
    drawn = lines(finished(ax))
    assert drawn["training"].tolist() == [[1, 2, 3], [3, 1, 0.01]] and drawn[
        "lowest: 2"
    ].tolist() == [[1], [2]]
    assert ax.get_yscale() == "log"
    (rates,) = [other for other in ax.figure.axes if other is not ax]
    assert rates.get_lines()[0].get_ydata().tolist() == [0.1, 0.1, 0.01]
    plain = visual.loss_curves({"loss": [2.0, 1.0, -1.0]})
    assert plain.get_yscale() == "linear" and len(plain.figure.axes) == 1


def test_confusion_matrix(ax):
    visual.confusion_matrix([[8, 2], [0, 0]], ["yes", "no"], ax=ax)
    assert [t.get_text() for t in finished(ax).texts] == ["8", "2", "0", "0"]
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.8, 0.2], [0, 0]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["yes", "no"]


@pytest.mark.parametrize("outputs", [1, 3])
def test_decision_boundary(outputs, ax, rng):
    model, x = nn.Linear(2, outputs).double(), rng.normal(size=(30, 2))
    y = rng.integers(max(outputs, 2), size=30)
    before = model.weight.detach().numpy().copy()
    assert (
        visual.decision_boundary(model, ag.tensor(x), ag.tensor(y), resolution=20, ax=ax).ax is ax
    )
    assert (
        finished(ax).images[0].get_array().shape == (20, 20, 4)
        and sum(map(len, dots(ax, rings=False).values())) == 30
    )
    assert model.training and np.array_equal(before, model.weight.detach())
    left, right, bottom, top = ax.images[0].get_extent()
    corner = model(ag.tensor([[left, bottom]])).detach().numpy()[0]
    winner = int(corner[0] > 0) if outputs == 1 else corner.argmax()
    pale = 1 - ax.images[0].get_array()[0, 0, :3]
    hues = [
        1 - np.array(plt.matplotlib.colors.to_rgb(c))
        for c in visual.figure.COLORS[: max(outputs, 2)]
    ]
    assert (
        np.argmax([pale @ h / np.linalg.norm(h) for h in hues]) == winner
        or np.ptp(np.sort(corner)[-2:]) < 1
    )
    with pytest.raises(ValueError, match=r"\[30, 1\]"):
        visual.decision_boundary(model, np.zeros((30, 1)), y)


def test_the_legend_has_the_classes_that_occur(ax):
    """Two growers of three: the third is neither among the points nor among the answers."""
    wine = nn.datasets.wine()
    two = wine[wine.y < 2][["proline", "alcohol"]]
    visual.decision_boundary(nn.Linear(2, 1), two, resolution=10, ax=ax)
    assert legend_of(ax)[:2] == ["class_0", "class_1"] and "class_2" not in legend_of(ax)
    visual.decision_boundary(nn.Linear(2, 3), two, resolution=10, ax=ax)
    assert "class_2" in legend_of(ax), "a model of three classes may answer with the third"


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("epochs, whole", [(range(1, 5), True), ([0.5, 1.0, 2.0, 4.0], False)])
def test_curves_over_whole_numbers_have_whole_ticks(ax, epochs, whole):
    visual.curves({"loss": (epochs, [3, 2, 1, 1])}, ax=ax)
    assert all(tick == round(tick) for tick in finished(ax).get_xticks()) == whole
    ax.set_xscale("log")
    before = [*ax.get_xticks()]
    visual.curves({"loss": (epochs, [3, 2, 1, 1])}, ax=ax)
    assert [*ax.get_xticks()] == before, "ticks that somebody chose stay"


def test_weights(ax, rng):
    w = rng.normal(size=(3, 16))
    picture = visual.weights(ag.tensor(w), columns=2, ax=ax).images[0].get_array()
    assert picture.shape == (9, 9)
    np.testing.assert_array_equal(picture[:4, 5:], w[1].reshape(4, 4))
    assert np.ma.getmaskarray(np.ma.masked_invalid(picture))[5:, 5:].all() and finished(ax).images[
        0
    ].get_clim() == (
        -abs(w).max(),
        abs(w).max(),
    )
    assert visual.weights(rng.normal(size=(2, 3, 5, 4))).images[0].get_array().shape[0] % 6 == 5
    assert visual.weights(rng.normal(size=(2, 7)), columns=1).images[0].get_array().shape == (3, 7)


@pytest.mark.parametrize("symmetric", [True, False])
def test_spectrum(symmetric, ax, rng):
    matrix = rng.normal(size=(4, 4))
    matrix = matrix + matrix.T if symmetric else matrix[:3]
    plot = visual.spectrum(ag.tensor(matrix), ax=ax)
    points = finished(plot)[2].collections[-1].get_offsets()[:, 1]
    expected = (
        np.sort(np.linalg.eigvals(matrix).real)[::-1]
        if symmetric
        else np.sqrt(np.linalg.eigvalsh(matrix @ matrix.T))[::-1]
    )
    np.testing.assert_allclose(points, expected)


def test_loss_surface(classifier, ax):
    model, x, y = classifier
    before = {name: value.clone() for name, value in model.state_dict().items()}
    draw = {"resolution": 5, "extent": 0.5, "generator": ag.Generator().manual_seed(1)}
    assert visual.loss_surface(model, nn.CrossEntropyLoss(), x, y, **draw, ax=ax).ax is ax
    finished(ax)
    assert model.training and all(
        (value == before[name]).all() for name, value in model.state_dict().items()
    )
    low = min(
        collection.get_array().min()
        for collection in ax.collections
        if collection.get_array() is not None
    )
    assert low <= nn.CrossEntropyLoss()(model(ag.tensor(x)), ag.tensor(y)).item()


def test_loss_surface_with_the_ways_of_optimizers(ax, rng):
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 1))
    ways, models = {}, []
    for name, lr in (("slow", 0.02), ("fast", 0.2)):
        ag.manual_seed(0)
        model, way = nn.Linear(2, 1, bias=False).double(), []
        nn.fit(
            model,
            nn.MSELoss(),
            nn.optim.SGD(model.parameters(), lr=lr),
            (x, y),
            epochs=6,
            progress=False,
            callbacks=[
                lambda run, way=way: way.append({"weight": run.model.weight.numpy().copy()})
            ],
        )
        ways[name] = way
        models.append(model)
    visual.loss_surface(models[1], nn.MSELoss(), x, y, resolution=41, paths=ways, ax=ax)
    drawn = {label: points.T for label, points in lines(finished(ax)).items() if label in ways}
    np.testing.assert_allclose(drawn["fast"][-1], 0, atol=1e-12)  # where the model is now
    for (
        label,
        way,
    ) in ways.items():  # two weights span the plane, so distances in it are those of the weights
        weights = np.array([state["weight"].ravel() for state in way])
        expected = np.linalg.norm(weights[:, None] - weights[None], axis=-1)
        np.testing.assert_allclose(
            np.linalg.norm(drawn[label][:, None] - drawn[label][None], axis=-1),
            expected,
            atol=1e-12,
        )
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert all(
        left < a < right and bottom < b < top for points in drawn.values() for a, b in points
    )
    with pytest.raises(ValueError, match="another model: it has no 'weight'"):
        visual.loss_surface(models[0], nn.MSELoss(), x, y, paths={"a": [{"bias": 1.0}]})
    with pytest.raises(ValueError, match="at least two places"):
        visual.loss_surface(models[0], nn.MSELoss(), x, y, paths={"a": ways["slow"][:1]})


def test_gradient_health(classifier, ax):
    model, x, y = classifier
    with ag.no_grad():
        model[2].bias.copy_(ag.tensor([-1e3, 0, 0, 0, 1e3]))  # one unit that is never active
        model[0].weight.copy_(model[0].weight * 1e5)  # all tanh units at their limits
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert visual.gradient_health(model, nn.CrossEntropyLoss(), x, y, optimizer, ax=ax).ax is ax
    names = [t.get_text() for t in finished(ax).get_yticklabels()]
    table = dict(zip(names, np.array([t.get_text() for t in ax.texts]).reshape(-1, 4)))
    assert names == [
        "0.weight",
        "0.bias",
        "1 Tanh",
        "2.weight",
        "2.bias",
        "3 ReLU",
        "4.weight",
        "4.bias",
    ]
    assert table["1 Tanh"][3] == "100%" and int(table["3 ReLU"][2].rstrip("%")) >= 20
    assert (
        all((value == before[name]).all() for name, value in model.state_dict().items())
        and not optimizer.stepped
    )
    assert all(p.grad is None for p in model.parameters())
    nn.CrossEntropyLoss()(model(ag.tensor(x)), ag.tensor(y)).backward()
    grad = model[4].weight.grad.numpy()
    assert table["4.weight"][0] == f"{np.log10(np.sqrt(np.mean(grad**2))):.1f}"
    ratio = 0.1 * np.linalg.norm(grad) / np.linalg.norm(model[4].weight.detach())
    assert table["4.weight"][1] == f"{np.log10(ratio):.1f}"


def test_lr_range(ax):
    curve = nn.optim.LRCurve([0.01, 0.1, 1.0], [3.0, 2.0, 1.0])
    assert visual.lr_range(curve, ax=ax).ax is ax and lines(finished(ax))["loss"].tolist() == [
        [0.01, 0.1, 1],
        [3, 2, 1],
    ]


def test_losses_of_a_loop_of_ones_own(ax):
    visual.loss_curves([3.0, ag.tensor(2.0, requires_grad=True), np.float32(1.0)], ax=ax)
    assert finished(ax).lines[0].get_xydata().tolist() == [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]


def test_the_weights_of_a_layer(ax):
    layer = nn.Conv2d(2, 3, 4)
    assert (
        finished(visual.weights(layer, ax=ax)).images[0].get_array().count() == layer.weight.numel()
    )


@pytest.mark.parametrize(
    "plot, message",
    [
        (lambda: visual.loss_curves({"a": {"train": [1.0]}}), "no column 'loss' in 'a', but train"),
        (lambda: visual.confusion_matrix([0, 1, 1]), r"square, got shape \[3\]; nn.metrics"),
        (lambda: visual.confusion_matrix([[1, 2]]), r"square, got shape \[1, 2\]"),
        (lambda: visual.weights(nn.LayerNorm(3)), r"got \[3\]"),
    ],
)
def test_what_cannot_be_drawn_is_said(plot, message):
    with pytest.raises(ValueError, match=message):
        plot()


def test_metric_curves(ax):
    visual.metric_curves(
        {"loss": [3.0, 1.0], "accuracy": [0.5, 0.75], "val_accuracy": [None, 0.25]},
        "accuracy",
        ax=ax,
    )
    drawn = lines(finished(ax))
    assert (
        drawn["training"].tolist() == [[1, 2], [0.5, 0.75]]
        and drawn["validation"][1][1] == 0.25
        and ax.get_ylabel() == "accuracy"
    )
    with pytest.raises(ValueError, match="no column 'recall', but loss"):
        visual.metric_curves({"loss": [3.0]}, "recall", ax=ax)


# --- live -----------------------------------------------------------------------------------------


class Notebook:
    """A notebook and a clock that are made up: each epoch takes a while, and what is displayed is
    written down.
    """

    def __init__(self, monkeypatch, seconds):
        self.now, self.times, self.pictures = 0.0, [], []
        display = types.SimpleNamespace(Image=lambda png, **how: png, display=self.update)
        monkeypatch.setitem(sys.modules, "IPython.display", display)
        monkeypatch.setattr(visual.live, "in_notebook", lambda: True)
        monkeypatch.setattr(visual.live, "monotonic", lambda: self.now)
        monkeypatch.setattr(visual.live, "sleep", self.pass_time)
        self.epoch = lambda run: self.pass_time(seconds)

    def pass_time(self, seconds):
        self.now += seconds

    def update(self, picture, display_id=None):
        assert picture.startswith(b"\x89PNG") and bool(display_id) == (not self.pictures)
        self.times.append(self.now)
        self.pictures.append(picture)
        return self


def train(callbacks=(), epochs=6, **more):
    ag.manual_seed(0)
    model, x = nn.Linear(2, 1), ag.randn(20, 2)
    data, optimizer = (x, x.sum(1, keepdim=True)), nn.optim.SGD(model.parameters(), lr=0.1)
    scheduler = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    options = {
        "val": data,
        "metrics": {"largest": lambda p, t: (p - t).abs().max().item()},
        "scheduler": scheduler,
        "progress": False,
    }
    return model, nn.fit(
        model, nn.MSELoss(), optimizer, data, epochs=epochs, callbacks=callbacks, **options | more
    )


@pytest.mark.parametrize("seconds, epochs, updates", [(0.1, 6, 3), (0.001, 3, 2), (0.3, 3, 4)])
def test_live_plot_updates_one_output_at_most_four_times_a_second(
    monkeypatch, seconds, epochs, updates
):
    notebook = Notebook(monkeypatch, seconds)
    live = visual.LivePlot()
    _, history = train([notebook.epoch, live], epochs)
    assert len(notebook.times) == updates and np.diff(notebook.times).min() >= 0.25 - 1e-9
    loss, metric, rates = finished(live.figure.axes[0]).figure.axes
    assert (
        lines(loss)["training"][1].tolist() == history["loss"]
        and rates.get_lines()[0].get_ydata().tolist() == history["lr"]
    )
    assert (
        lines(metric)["validation"][1].tolist() == history["val_largest"]
        and metric.get_ylabel() == "largest"
    )
    assert not plt.get_fignums(), "else the notebook shows the figure twice"


def test_live_plot_grows_within_an_epoch(monkeypatch):
    notebook = Notebook(monkeypatch, 0)
    live, seen = visual.LivePlot(), []

    class Slow(nn.training.Callback):
        def on_batch_end(self, run):
            notebook.pass_time(0.1)
            seen.append((len(run.history) + run.batch / 4, run.batch_loss, len(notebook.times)))

    _, history = train([Slow(), live], epochs=2, batch_size=5)
    assert [count for *_, count in seen] == [0, 1, 1, 1, 2, 2, 2, 3] and np.diff(
        notebook.times
    ).min() >= 0.25 - 1e-9
    drawn = lines(live.figure.axes[0])
    np.testing.assert_allclose(drawn["batches"].T, [(x, loss) for x, loss, _ in seen])
    assert (
        np.mean(drawn["batches"][1, 4:])
        == pytest.approx(history["loss"][1])
        == drawn["training"][1, 1]
    )


def test_live_plot_joins_many_batches(monkeypatch):
    notebook = Notebook(monkeypatch, 0)
    monkeypatch.setattr(visual.live, "POINTS", 3)
    live = visual.LivePlot()
    train([notebook.epoch, live], epochs=2, batch_size=5)
    assert lines(live.figure.axes[0])["batches"][0].tolist() == [0.5, 1.25, 1.875]


@pytest.mark.parametrize(
    "shell, answer",
    [(None, False), (types.SimpleNamespace(), False), (types.SimpleNamespace(kernel=1), True)],
)
def test_a_notebook_is_told_by_its_kernel(monkeypatch, shell, answer):
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert visual.live.in_notebook() is answer


@pytest.mark.slow
def test_live_plot_changes_nothing(monkeypatch):
    notebook = Notebook(monkeypatch, 0.1)
    seen, (plain, expected) = visual.LivePlot(every=0), train()
    model, history = train([seen, notebook.epoch])
    assert (
        history.to_dict() == expected.to_dict()
        and (model.weight == plain.weight).all()
        and len(notebook.times) == 12
    )


def test_live_plot_shows_how_far_it_got_when_training_fails(monkeypatch):
    notebook = Notebook(monkeypatch, 0.001)

    def fail(run):
        if len(run.history) == 5:
            raise RuntimeError("lost")

    live = visual.LivePlot()
    with pytest.raises(RuntimeError, match="lost"):
        train([live, fail])
    assert len(notebook.times) == 2 and lines(live.figure.axes[0])["training"].shape == (2, 5)


def test_live_plot_draws_once_outside_a_notebook(monkeypatch):
    live, shown = visual.LivePlot(), []
    monkeypatch.setitem(sys.modules, "IPython", None)
    _, history = train([live, lambda run: shown.append(live.figure)])
    assert (
        set(shown) == {None}
        and lines(live.figure.axes[0])["training"][1].tolist() == history["loss"]
        and plt.get_fignums()
    )
    train([live], epochs=0)
    assert live.figure is None
    with pytest.raises(ValueError, match="time in seconds, got -1"):
        visual.LivePlot(every=-1)


# --- descent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", visual.SURFACES)
def test_surfaces_are_lowest_where_they_say(name):
    surface = visual.SURFACES[name]
    if surface.lowest is None:
        x = ag.tensor([0.0, 0.0], requires_grad=True)
        surface.function(x[0], x[1]).backward()
        curvature = np.linalg.eigvalsh(
            ag.hessian(lambda p: surface.function(p[0], p[1]), ag.zeros(2)).numpy()
        )
        assert x.grad.tolist() == [0, 0] and curvature[0] < 0 < curvature[1], "a saddle"
        return
    value, around = (
        surface.function(*surface.lowest),
        np.random.default_rng(0).normal(size=(2, 500)),
    )
    assert (surface.function(*around) >= value).all()


def test_optimizer_paths(ax):
    paths = {"a": lambda p: nn.optim.SGD(p, lr=0.5), "b": lambda p: nn.optim.Adam(p, lr=0.1)}
    assert visual.optimizer_paths("ravine", 3, paths, ax=ax).ax is ax
    a = lines(finished(ax))["a"].T
    expected = [
        (-9.0 * 0.95**t, 2.4 * 0.0**t) for t in range(4)
    ]  # each coordinate shrinks by 1 - lr times its curvature
    np.testing.assert_allclose(a, expected, atol=1e-12)
    with pytest.raises(ValueError, match="no surface 'hill', but saddle"):
        visual.optimizer_paths("hill")


def test_descents_side_by_side():
    given = plt.subplots(1, len(visual.SURFACES))[1]
    found = visual.descents(steps=4, ax=given)
    assert list(found) == list(given) and visual.descents(steps=1)[0].figure is not given[0].figure
    with pytest.raises(ValueError, match="takes 4 axes side by side: ax is to hold 4, got 1"):
        visual.descents(ax=given[0])
    for ax in found:
        assert {"SGD", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam"} <= set(
            lines(finished(ax))
        )


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"Matplotlib: pip install 'autograd-engine\[notebook\]'"):
        visual.activation(nn.ReLU())


# --- data and losses that are not as usual --------------------------------------------------------


def dots(ax, rings=True):
    """The points that were drawn, class by class, with their labels; and those that are ringed."""
    drawn = [c for c in ax.collections if isinstance(c, plt.matplotlib.collections.PathCollection)]
    found = {c.get_label(): np.asarray(c.get_offsets()) for c in drawn if len(c.get_offsets())}
    return {label: at for label, at in found.items() if rings or "misread" not in label}


X = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2], [-1, 0]])
SAME = np.array([0, 1, 1, 0, 1, 0])
LABELS = {
    "int": SAME,
    "float": SAME.astype(float),
    "bool": SAME.astype(bool),
    "column": SAME[:, None],
    "signs": 2 * SAME - 1,
    "float signs": 2.0 * SAME - 1,
    "one hot": np.eye(2)[SAME],
    "one hot int": np.eye(2, dtype=int)[SAME],
}


@pytest.mark.parametrize(
    ("name", "kind"),
    list(zip(LABELS, ["int64", "uint8", "bool", "float32"] * 2)),
)
def test_the_same_data_in_other_words(name, kind):
    points = (X % 3).astype(kind)
    model = nn.Linear(2, 1 + (kind in ("int64", "float32")))
    found = visual.decision_boundary(model, points, LABELS[name], resolution=9)
    names = ("-1", "1") if "signs" in name else ("0", "1")
    drawn = dots(found, rings=False)
    assert tuple(drawn) == names
    for c, label in enumerate(names):
        np.testing.assert_array_equal(drawn[label], points[SAME == c])
    left, right, bottom, top = found.images[0].get_extent()
    assert left < points[:, 0].min() and right > points[:, 0].max() and bottom < 0 < top
    surface = np.asarray(found.images[0].get_array())
    reference = visual.decision_boundary(model, points.astype("float32"), SAME, resolution=9)
    np.testing.assert_allclose(surface, reference.images[0].get_array())
    assert np.ptp(surface) > 0
    plt.close("all")


def test_labels_that_are_none_of_the_models():
    model = nn.Linear(2, 3)
    for labels in ([0, 1, 3], [1, 2, -1], [0.5, 1, 2]):
        with pytest.raises(ValueError, match="the model has 3 classes, 0 to 2"):
            visual.decision_boundary(model, X[:3].astype("float32"), np.array(labels))
    one = visual.decision_boundary(nn.Linear(2, 1), X[:2].astype("float32"), np.array([-1, -1]))
    assert tuple(dots(one, rings=False)) == ("-1",)
    plt.close("all")


def test_points_that_are_all_one_and_a_model_that_sees_one_class():
    model = nn.Linear(2, 2)
    with ag.no_grad():
        model.weight.zero_()
        model.bias.copy_(ag.tensor([0.0, 5.0]))
    visual.decision_boundary(model, np.ones((3, 2), "float32"), [0, 1, 1], resolution=9)
    plt.close("all")


SURFACES_OF_ONE_HEIGHT = {
    "zero": lambda p, t: (p * 0).sum(),
    "one": lambda p, t: (p * 0).sum() + 1,
    "negative": lambda p, t: (p * 0).sum() - 3,
    "rounded": lambda p, t: (p * 0).sum() + 1e8 + 1e-9 * p.sum(),
}


@pytest.mark.parametrize("name", SURFACES_OF_ONE_HEIGHT)
def test_a_loss_that_is_the_same_everywhere(name, rng):
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    model = nn.Linear(2, 1).double()
    loss = SURFACES_OF_ONE_HEIGHT[name]
    ax = visual.loss_surface(model, loss, x, y, resolution=5)
    ax.figure.canvas.draw()
    ax = visual.loss_curves([loss(model(ag.tensor(x)), y)] * 4)
    ax.figure.canvas.draw()
    surface = visual.Surface("flat", lambda a, b: 0 * a + loss(a, b), (-1, 1), (-1, 1), (0.5, 0.5))
    ax = visual.downhill._contours(surface, None)
    ax.figure.canvas.draw()
    plt.close("all")


def test_a_surface_with_walls(rng):
    model = nn.Linear(2, 1).double()

    def loss(p, t):
        value = (p**2).mean()
        return value if value.item() < 2 else value * float("inf")

    ax = visual.loss_surface(model, loss, rng.normal(size=(5, 2)), np.zeros((5, 1)), resolution=7)
    ax.figure.canvas.draw()
    with pytest.raises(ValueError, match="nowhere finite"):
        visual.loss_surface(model, lambda p, t: p.sum() * float("nan"), [[1.0, 2.0]], [[0.0]])
    plt.close("all")


def test_optimizers_where_the_loss_is_the_same_everywhere():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    for options in ({}, {"line_search_fn": "strong_wolfe"}):
        optimizer = nn.optim.LBFGS([x], **options)

        def closure(optimizer=optimizer):
            optimizer.zero_grad()
            loss = 1e8 + (x * 1e-3).sum()  # in float32 the same at every step
            loss.backward()
            return loss

        optimizer.step(closure)
        assert np.isfinite(x.numpy()).all()
    batches = [(ag.tensor([1.0]), ag.tensor([1.0]))]
    curve = nn.optim.lr_range_test(
        lambda v: v * x.sum(), lambda p, t: (p * 0).sum(), nn.optim.SGD([x]), batches
    )
    with pytest.raises(ValueError, match="does not fall"):
        _ = curve.suggestion
    visual.lr_range(curve)
    plt.close("all")


class Sigmoid(nn.Module):
    """A class of the user's that has the name of an activation, and other limits."""

    def forward(self, x):
        return x * 0 + 5


class Bounded(nn.Hardtanh):
    """An activation derived from one that is known."""


@pytest.mark.parametrize("optimizer", ["SGD", "LBFGS"])
def test_the_health_of_activations_is_by_their_class(optimizer, rng):
    model = nn.Sequential(nn.Linear(2, 3), Sigmoid(), Bounded(-4.0, 5.0), nn.Linear(3, 1)).double()
    stepper = getattr(nn.optim, optimizer)(model.parameters(), lr=0.1)
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    ax = visual.gradient_health(model, nn.MSELoss(), x, y, stepper)
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert [name for name in names if " " in name] == ["2 Bounded"]
    table = np.array([t.get_text() for t in ax.texts]).reshape(-1, 4)
    assert table[names.index("2 Bounded")].tolist() == ["", "", "", "100%"]
    plt.close("all")


def test_boxes_have_the_classes_of_the_model_that_is_drawn():
    """And not those of another one in the same code, whose parts have the same names."""
    other = nn.Sequential(nn.Flatten(), nn.Linear(2, 3), nn.ReLU())
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    source = ag.draw(model(ag.ones(1, 2)).sum(), names=dict(model.named_parameters())).source
    assert "Linear" in source and "Flatten" not in source and len(other) == 3
