"""What a picture says to be wrong, and that it says nothing where nothing is."""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw

from .graphs import GRAPHS, drawn

F = nn.functional


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def deep(activation, scale=1.0, count=8):
    """Layers in a row; their weights are scaled."""
    net = nn.Sequential(*[nn.Sequential(nn.Linear(6, 6), activation()) for _ in range(count)])
    with ag.no_grad():
        for parameter in net.parameters():
            parameter *= scale
    return net


def swept(function, *args):
    """A function whose backward pass has run, to be drawn."""
    function(*args).backward()
    return function, *args


def vanishing():
    net = deep(nn.Sigmoid)
    return swept(lambda x: net(x).sum(), ag.randn(4, 6))


def exploding():
    net = deep(nn.Identity, scale=20.0)
    return swept(lambda x: net(x).sum(), ag.randn(4, 6))


def dead():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    with ag.no_grad():
        net[0].bias[:6] -= 100
    return swept(lambda x: net(x).sum(), ag.randn(32, 4))


def dead_channels():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    with ag.no_grad():
        net[0].bias[:2] -= 100
    return swept(lambda x: net(x).sum(), ag.randn(2, 1, 6, 6))


def all_dead():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    with ag.no_grad():
        net[0].bias -= 100
    return swept(lambda x: net(x).sum(), ag.randn(32, 4))


def saturated():
    w = ag.tensor([[9.0, -9.0, 0.0, 7.0]], requires_grad=True)
    return swept(lambda w: w.sigmoid().sum(), w)


def forward_nan():
    w = ag.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    return (lambda w: (w.sqrt() * 2).exp().sum()), w


def forward_infinity():
    w = ag.tensor([1.0, 1000.0], requires_grad=True)
    return (lambda w: (w.exp() + 1).sum()), w


def given_nan():
    w = ag.tensor([1.0, float("nan")], requires_grad=True)
    return (lambda w: (w * 2).sum()), w


def backward_nan():
    w = ag.tensor([0.0, 1.0], requires_grad=True)
    return swept(lambda w: ag.where(w > 0, w.sqrt(), w * 0).sum(), w)


class Partly(nn.Module):
    """Uses one layer, has another; one of its parameters is frozen."""

    def __init__(self):
        super().__init__()
        self.used = nn.Linear(4, 4)
        self.spare = nn.Linear(4, 4)
        self.used.bias.requires_grad_(False)

    def forward(self, x):
        return self.used(x).sum()


def partly():
    return Partly(), ag.randn(2, 4)


def detached():
    net = nn.Linear(4, 4)

    def loss(x):
        h = net(x).tanh()
        return (h * h.detach()).sum()

    return swept(loss, ag.randn(2, 4))


def without_gradient():
    net = nn.Linear(4, 4)

    def loss(x):
        with ag.no_grad():
            scale = net(x).exp()
        return (net(x) * scale).sum()

    return swept(loss, ag.randn(2, 4))


def failing():
    return GRAPHS["failing"]()


WRONG = {
    failing: [("failed", "it stops in matmul", "matmul")],
    vanishing: [("vanished", "net.0.0", "linear")],
    exploding: [("exploded", "net.0.0", "linear")],
    dead: [("dead", "6 of 8 units of relu in net.1", "relu")],
    dead_channels: [("dead", "2 of 4 units of relu in net.1", "relu")],
    all_dead: [("zero", "linear in net.0", "linear"), ("dead", "8 of 8 units", "relu")],
    saturated: [("saturated", "75% of sigmoid", "sigmoid")],
    forward_nan: [("nan", "NaN is born in sqrt", "sqrt")],
    forward_infinity: [("nan", "infinity is born in exp", "exp")],
    given_nan: [("nan", "NaN comes in with w in 1 of 2 elements", "")],
    backward_nan: [("nan", "NaN is born backward, in the gradient of sqrt", "sqrt")],
    partly: [("unused", "spare.weight, spare.bias", None), ("frozen", "used.bias is frozen", None)],
    detached: [("detached", "goes into mul", "detach")],
    without_gradient: [("detached", "goes into mul", "exp")],
}
"""For each of them the findings: their kind, words of the sentence, the op that is marked."""


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_what_is_wrong_is_said_and_where(make):
    view = draw(*make())
    assert view.verdict.kinds == [kind for kind, _, _ in WRONG[make]]
    for finding, (_, words, op) in zip(view.verdict, WRONG[make]):
        assert words in finding.sentence and finding.sentence in str(view.verdict)
        marked = [view.whole.nodes[key] for key in finding.nodes]
        assert [node.op for node in marked] == ([] if op is None else [op])
        assert all(finding.badge in node.badges and finding.badge in view.dot for node in marked)


@pytest.mark.parametrize("name", sorted(set(GRAPHS) - {"broken", "chain", "failing"}))
def test_nothing_is_said_where_nothing_is_wrong(name):
    view = drawn(name)
    assert view.verdict == () and str(view.verdict) == "nothing wrong was found"


@pytest.mark.parametrize("seed", range(3))
def test_a_fresh_model_is_well(seed):
    ag.manual_seed(seed)
    x, target = ag.randn(32, 8), ag.arange(32) % 3
    net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.LayerNorm(32), nn.GELU(), nn.Linear(32, 3))
    assert draw(*swept(lambda x: F.cross_entropy(net(x), target), x)).verdict == ()


def test_what_masks_in_a_softmax_is_no_infinity_that_is_born():
    q = ag.randn(2, 5, 8, requires_grad=True)
    function = F.scaled_dot_product_attention
    view = draw(*swept(lambda q: function(q, q, q, is_causal=True).sum(), q))
    assert view.verdict == ()


def test_by_how_much_a_gradient_vanishes_is_what_the_numbers_say():
    function, x = vanishing()
    view = draw(function, x)
    layers = [node for node in view.whole.nodes if node.op == "linear"]
    (finding,) = view.verdict
    assert finding.amount == pytest.approx(layers[-1].grad.norm / layers[0].grad.norm)
    assert finding.nodes == (layers[0].key,)


def test_without_a_gradient_nothing_is_said_about_it():
    net = deep(nn.Sigmoid)
    assert draw(net, ag.randn(4, 6)).verdict == ()


def test_a_loss_says_which_parameters_it_does_not_reach():
    model = Partly()
    x = ag.randn(2, 4)
    other = nn.Linear(2, 2)  # not of this loss
    loss = model(x)
    assert draw(loss).verdict.kinds == ["unused", "frozen"]
    assert "spare.weight" in str(draw(loss).verdict) and other.weight.grad is None


def test_a_badge_stays_where_its_node_is_folded():
    function, x = forward_nan()
    view = draw(lambda w: function(w), x, limit=3)
    (group,) = [node for node in view.graph.nodes if node.badges]
    assert group.kind == "group" and "NaN born here" in view.dot
    assert view.verdict[0].sentence.split(" (")[0] in view.dot and view.verdict[0].amount == 1.0


def test_a_page_says_what_is_wrong_over_the_picture_and_a_still_one_under_it():
    view = draw(*vanishing())
    (finding,) = view.verdict
    page, film = view.html(), view.play().html()
    for html in (page, film):
        assert html.index(finding.sentence) < html.index("<img")
    assert "the gradient vanishes" in view.svg()
    assert 'class="ag-verdict"' not in draw(ag.tensor(1.0, requires_grad=True) * 2).html()


def test_one_weak_path_among_many_numbers_is_no_alarm():
    weights = [ag.tensor(value, requires_grad=True) for value in (1.0, 0.5, 1e-6, 2.0)]
    x = ag.tensor(0.3, requires_grad=True)
    hidden = [(w * x).tanh() for w in weights[:2]]
    y = hidden[0] * weights[2] * 1e-3 + hidden[1] * weights[3]
    y.backward()
    assert not draw(y).verdict
