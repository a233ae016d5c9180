"""What a summary says, and that it leaves the model as it was; costs against PyTorch's counter."""

import copy
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd_engine as ag
import nn


def rows(model, input):
    return {row.name: row for row in nn.summary(model, input).rows}


@pytest.mark.parametrize(
    "sizes, parameters", [((784, 10), 7_850), ((784, 200, 100, 60, 30, 10), 185_300)]
)
def test_known_totals(sizes, parameters):
    model = nn.Sequential(*(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])))
    found = nn.summary(model, ag.ones(8, 784))
    assert found.parameters == found.trainable == parameters and found.bytes == 4 * parameters
    assert found.multiply_adds == 8 * (
        parameters - sum(sizes[1:])
    ) and found.output_bytes == 4 * 8 * sum(sizes[1:])
    assert f"{parameters:,}" in repr(found) and f"{parameters:,}" in found._repr_html_()
    assert found.rows[0].output_shape == [8, 10]


LAYERS = [
    ("Linear", (3, 4), (5, 7, 3)),
    ("Bilinear", (2, 3, 4), [(5, 2), (5, 3)]),
    ("Conv1d", (4, 6, 3), (2, 4, 9)),
    ("Conv2d", (4, 6, 3, 2, 1, 1, 2), (2, 4, 8, 9)),
    ("Conv3d", (2, 3, 2), (1, 2, 4, 5, 6)),
    ("ConvTranspose2d", (4, 6, 3, 2), (2, 4, 5, 6)),
    ("RNN", (3, 5, 2), (7, 2, 3)),
    ("LSTM", (3, 5), (7, 2, 3)),
    ("GRU", (3, 5), (7, 2, 3)),
    ("GRUCell", (3, 5), (2, 3)),
    ("MultiheadAttention", (6, 2), [(4, 2, 6), (5, 2, 6), (5, 2, 6)]),
]


@pytest.mark.parametrize("name, args, shape", LAYERS)
def test_multiply_adds_are_half_of_the_operations_that_pytorch_counts(torch, name, args, shape):
    counter = pytest.importorskip("torch.utils.flop_counter")
    if not hasattr(nn, name):
        pytest.skip(f"there is no nn.{name} yet")
    shapes = shape if isinstance(shape, list) else [shape]
    theirs = getattr(torch.nn, name)(*args)
    with counter.FlopCounterMode(display=False) as flops:
        theirs(*(torch.zeros(s) for s in shapes))
    found = nn.summary(getattr(nn, name)(*args), tuple(np.zeros(s, "float32") for s in shapes))
    assert found.parameters == sum(p.numel() for p in theirs.parameters())
    expected = flops.get_total_flops() / 2
    if name in ("RNN", "LSTM", "GRU", "GRUCell", "Bilinear") and expected < found.multiply_adds:
        expected = sum(p.numel() for p in theirs.parameters() if p.ndim > 1) * np.prod(
            shapes[0][:-1]
        )  # its fused kernels are not counted
    assert found.multiply_adds == expected


class Net(nn.Module):
    """Lazy, normalised, random, frozen, shared, unused: all that can go wrong."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.drop = nn.LazyLinear(4), nn.BatchNorm1d(4), nn.Dropout(0.5)
        self.twice, self.functional = nn.Linear(4, 4), nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.twice.weight
        self.never, self.again = nn.Linear(4, 9), self.twice
        self.functional.requires_grad_(False)
        self.calls = []

    def forward(self, x):
        self.calls.append(len(x))
        x = self.drop(self.norm(self.first(x))) + ag.randn(4) * 0
        return self.tied(nn.functional.linear(self.twice(self.twice(x)), self.functional.weight)), {
            "hidden": x
        }


def test_shared_unused_frozen_and_lazy():
    found = rows(Net(), ag.ones(3, 2))
    assert found[""].output_shape == ([3, 4], ([3, 4],))
    assert (found["first"].type, found["first"].parameters) == ("Linear", 12)
    assert (found["twice"].calls, found["twice"].parameters, found["twice"].multiply_adds) == (
        2,
        20,
        2 * 3 * 16,
    )
    assert (
        found["tied"].shared and found["tied"].parameters == 0 and found["tied"].multiply_adds == 48
    )
    assert found["again"].shared and found["again"].parameters == found["again"].multiply_adds == 0
    assert [name for name, row in found.items() if row.unused] == ["never"]
    assert found["functional"].calls == 0 and (
        found["functional"].parameters,
        found["functional"].trainable,
    ) == (20, 0)


def test_nothing_changes():
    model = Net()
    model.drop.eval()
    ag.manual_seed(5)
    expected = ag.rand(3)
    ag.manual_seed(5)
    nn.summary(model, ag.ones(3, 2))
    assert (ag.rand(3) == expected).all(), "random numbers were drawn"
    assert type(model.first) is nn.LazyLinear and model.calls == []
    assert model.training and model.norm.training and not model.drop.training
    model(ag.ones(3, 2))
    state, grad = copy.deepcopy(model.state_dict()), ag.ones(4, 4)
    model.twice.weight.grad = grad
    hooks = {name: repr(m._hooks) for name, m in model.named_modules()}
    nn.summary(model, ag.randn(3, 2))
    assert all((value == state[name]).all() for name, value in model.state_dict().items())
    assert (
        model.twice.weight.grad is grad
        and model.twice.weight.is_leaf
        and not model.functional.weight.requires_grad
    )
    assert hooks == {name: repr(m._hooks) for name, m in model.named_modules()}


def test_a_failing_forward_changes_nothing_either():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(5, 2))
    with pytest.raises(RuntimeError):
        nn.summary(model, ag.ones(4, 3))
    assert model.training and model[0].num_batches_tracked.item() == 0 and model[1]._hooks is None


def test_table_is_aligned_and_escaped():
    model = nn.ModuleDict({"<script>": nn.Linear(2, 3), "a": nn.ReLU()})
    model.forward = lambda x: model["<script>"](x)
    found = nn.summary(model, (4, 2))
    lines = repr(found).splitlines()
    end = lines[0].index("parameters") + len("parameters")
    assert all(
        line[end - 1] != " " and line[end : end + 2] == "  " for line in [lines[0], *lines[2:5]]
    )
    html = found._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    opened = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: opened.append(tag) if tag != "br" else None
    parser.handle_endtag = lambda tag: opened.pop() == tag or pytest.fail(f"unbalanced {tag}")
    parser.feed(html)
    assert not opened


def test_what_is_no_module():
    with pytest.raises(TypeError, match="takes a Module, got function"):
        nn.summary(lambda x: x, (1, 2))


# --- whatever the model is called with ------------------------------------------------------------


class Linear(nn.Module):
    """A class of the user's that has the name of a layer, and nothing else of it."""

    def forward(self, x):
        return x


class Wide(nn.Linear):
    """A layer derived from one that is known."""


def test_a_layer_is_known_by_its_class_and_not_by_its_name():
    found = rows(nn.Sequential(Linear(), Wide(3, 2)), (4, 3))
    assert found["0"].multiply_adds == 0 and found["0"].type == "Linear"
    assert found["1"].multiply_adds == 4 * 6 and found["1"].type == "Wide"


class Attending(nn.Module):
    """A model that calls attention with keywords, in an order of its own."""

    def __init__(self, order):
        super().__init__()
        self.order, self.attention = order, nn.MultiheadAttention(6, 2)

    def forward(self, query, memory):
        given = {"query": query, "key": memory, "value": memory}
        return self.attention(need_weights=False, **{name: given[name] for name in self.order})


@pytest.mark.parametrize("order", [("query", "key", "value"), ("value", "key", "query")])
def test_attention_called_with_keywords(order):
    query, memory = ag.ones(4, 2, 6), ag.ones(5, 2, 6)
    plain = nn.summary(nn.MultiheadAttention(6, 2), (query, memory, memory)).multiply_adds
    model = Attending(order)
    for input in ((query, memory), {"memory": memory, "query": query}):
        assert nn.summary(model, input).multiply_adds == plain


class Taking(nn.Module):
    """A model of one argument, of any structure."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, batch):
        return {name: self.linear(x) for name, x in batch.items()}


def test_a_dict_that_is_an_argument():
    found = nn.summary(Taking(), {"a": np.ones((4, 3), "float32"), "b": [[1.0, 2.0, 3.0]]})
    assert found.rows[0].output_shape == ([4, 2], [1, 2])
    assert found.multiply_adds == 5 * 6


@pytest.mark.parametrize("name, gates", [("RNN", 1), ("LSTM", 4), ("GRU", 3)])
def test_packed_sequences(name, gates):
    packed = nn.utils.rnn.pack_sequence([ag.ones(4, 3), ag.ones(2, 3)])
    model = getattr(nn, name)(3, 5)
    for input in (packed, (packed,), {"input": packed}):
        found = nn.summary(model, input)
        assert found.multiply_adds == 6 * gates * 5 * (3 + 5)
        assert found.rows[0].output_shape[0] == [6, 5]


def test_arguments_that_are_no_tensors():
    class Optional(nn.Module):
        def forward(self, x, mask=None, scaled=False):
            assert scaled is True and mask is None
            return x * 2

    assert nn.summary(Optional(), (ag.ones(3), None, True)).rows[0].output_shape == [3]
    assert nn.summary(Optional(), {"x": [1.0], "scaled": True}).rows[0].output_shape == [1]


# --- the table ------------------------------------------------------------------------------------


def cells(found):
    """The table as dicts, one for each line."""
    head, *body = found.table()
    return [dict(zip(head, line)) for line in body]


def test_columns_of_shapes_and_kernels():
    model = nn.Sequential(nn.Conv2d(1, 4, (3, 5)), nn.MaxPool2d(2), nn.AvgPool2d(3, 1))
    lines = cells(nn.summary(model, (2, 1, 10, 12)))
    assert [line["input"] for line in lines[:2]] == ["[2, 1, 10, 12]"] * 2
    assert lines[2]["input"] == lines[1]["output"] == "[2, 4, 8, 8]"
    assert [line["kernel"] for line in lines] == ["", "3×5", "2, stride 2", "3"]
    assert "kernel" not in nn.summary(nn.Linear(2, 1), (1, 2)).table()[0]
    pair = nn.summary(nn.Bilinear(2, 3, 4), (ag.ones(5, 2), ag.ones(5, 3)))
    assert cells(pair)[0]["input"] == "([5, 2], [5, 3])"


def test_what_repeats_is_listed_once_and_adds_up():
    hidden = [part for _ in range(5) for part in (nn.Linear(8, 8), nn.ReLU())]
    model = nn.Sequential(*hidden, nn.Linear(8, 3))
    found = nn.summary(model, (1, 8))
    lines = cells(found)
    assert [line["name"].strip() for line in lines] == ["model", "0 … 8", "1 … 9", "10"]
    assert lines[1]["parameters"] == "5 × 72" and lines[1]["multiply-adds"] == "5 × 64"
    assert lines[0]["parameters"] == f"({found.parameters})" == f"({5 * 72 + 27})"
    assert len(cells(nn.summary(model, (1, 8), fold=False))) == 12 == len(found.rows)
    model[2].weight.requires_grad_(False)
    names = [line["name"].strip() for line in cells(nn.summary(model, (1, 8)))]
    assert names == ["model", "0", "1", "2", "3 … 7", "4 … 8", "9", "10"], "2 is another"


def test_depth_moves_numbers_up_and_loses_none():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 3)
    found = [nn.summary(model, (1, 4, 8), depth=depth) for depth in (0, 1, 2, None)]
    assert [len(cells(one)) for one in found[:3]] == [1, 2, 3] and len(cells(found[3])) > 8
    assert {one.parameters for one in found} == {sum(p.numel() for p in model.parameters())}
    assert cells(found[0])[0]["parameters"] == f"{found[0].parameters:,}"
    assert cells(found[2])[2]["parameters"] == f"3 × {found[0].parameters // 3:,}"
    numbers = [re.findall(r"[\d,]+", line["parameters"].split("(")[0]) for line in cells(found[3])]
    own = sum(int(np.prod([int(n.replace(",", "")) for n in part])) for part in numbers if part)
    assert own == found[3].parameters, "what is not in brackets adds up"
    with pytest.raises(ValueError, match="number of levels, got -1"):
        nn.summary(model, (1, 4, 8), depth=-1)


def test_what_learns_and_what_memory_it_takes():
    model = nn.Sequential(nn.Linear(10, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))
    model[0].requires_grad_(False)
    found = nn.summary(model, (4, 10))
    assert (found.parameters, found.trainable) == (55 + 10 + 12, 22)
    text = repr(found)
    assert "parameters: 77 (trainable: 22, not trainable: 55)" in text
    assert [line["trainable"] for line in cells(found)] == ["(22)", "0", "10", "12"]
    assert cells(found)[1][""] == "frozen"
    buffers = sum(b.numel() * b.itemsize for b in model.buffers())
    outputs = 4 * 4 * (5 + 5 + 2)
    assert found.bytes == 4 * 77 + buffers and found.gradient_bytes == 4 * 22
    assert found.total_bytes == found.bytes + found.gradient_bytes + outputs
    assert "trainable" not in nn.summary(nn.Linear(2, 1), (1, 2)).table()[0]


# --- a model as a tree ----------------------------------------------------------------------------


def test_a_model_shows_itself_as_a_tree():
    blocks = nn.Sequential(*[nn.Linear(4, 4) for _ in range(5)])
    model = nn.ModuleDict({"<b>": blocks, "lazy": nn.LazyLinear(3), "act": nn.ReLU()})
    blocks[0].weight.requires_grad_(False)
    html = model._repr_html_()
    assert "&lt;b&gt;" in html and "<b><b></b>" not in html
    assert "<b>0</b> Linear(in_features=4, out_features=4, bias=True)" in html
    assert "20 parameters, 16 of them frozen" in html and "<b>1 … 4  ×4</b>" in html
    assert "parameters are made when it is called" in html
    opened = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: opened.append(tag)
    parser.handle_endtag = lambda tag: opened.pop() == tag or pytest.fail(f"unbalanced {tag}")
    parser.feed(html)
    assert not opened and html.count("<details") == 2
