"""Functions and modules drawn: boxes, folding, colours, the backward graph, and forwards that
fail."""

import re
import subprocess
import sys
import textwrap
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.picture import render
from autograd_engine.visual.graph.folding import folded
from autograd_engine.visual.graph.listing import graph_of

needs_graphviz = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x):
        return x + self.b(self.a(x).tanh())


class Net(nn.Module):
    def __init__(self, blocks=4):
        super().__init__()
        self.entry = nn.Linear(4, 8)
        self.blocks = nn.Sequential(*[Block() for _ in range(blocks)])
        self.exit = nn.Linear(8, 3)

    def forward(self, x):
        return self.exit(self.blocks(self.entry(x)))


def reaches(graph, start):
    """Every key that the outputs were computed from."""
    seen, stack = set(), list(graph.outputs)
    while stack:
        key = stack.pop()
        if key is not None and key not in seen:
            seen.add(key)
            stack.extend(graph.nodes[key].inputs)
    return start in seen


def test_a_module_is_drawn_as_nested_boxes_named_by_path():
    view = draw(Net(), ag.randn(5, 4))
    paths = {view.graph.scopes[key].path for key in view.graph.open_scopes()}
    assert paths == {"", "entry", "blocks", "exit"}
    dot = view.dot
    assert dot.count("subgraph cluster_") == 4 and "entry.weight" in dot
    assert [
        node.scope and view.graph.scopes[node.scope].path
        for node in view.graph.nodes
        if node.name == "entry.bias"
    ] == ["entry"]
    assert next(node.scope for node in view.graph.nodes if node.name == "x") is None


def test_a_part_of_a_model_is_drawn_with_its_own_names():
    whole = Net()
    part = whole.blocks[1]
    names = {
        node.name for node in draw(part, ag.randn(2, 8)).graph.nodes if node.kind == "parameter"
    }
    assert names == {"a.weight", "a.bias", "b.weight", "b.bias"}
    given = draw(part, ag.randn(2, 8), names={"mine": part.a.weight}).graph
    assert "mine" in [node.name for node in given.nodes]


def test_no_hook_stays_behind_and_a_buffer_keeps_its_value():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", ag.tensor([0.0]))

        def forward(self, x):
            self.seen += 1
            return (x * 2).sum()

    model = Counting()
    x = ag.tensor([1.0], requires_grad=True)
    scopes = draw(model, x).graph.scopes
    assert model.seen.item() == 0.0
    assert len(scopes) == 1 and not any((model._hooks or {}).values())


def test_repeated_blocks_fold_and_keep_their_count():
    net = Net(blocks=4)
    view = draw(net, ag.randn(5, 4))
    (group,) = [node for node in view.graph.nodes if node.kind == "group"]
    assert (group.repeats, group.members, group.name) == (4, 16, "blocks.0 … blocks.3")
    assert group.parameters == sum(p.numel() for p in net.blocks.parameters())
    assert "×4" in view.dot and view.graph.operations == view.whole.operations == 18


class Residual(nn.Module):
    """Repeats with an operation between them, or only before each of them."""

    def __init__(self, before, after):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(4)])
        self.before, self.after = before, after

    def forward(self, x):
        for block in self.blocks:
            x = x.sigmoid() if self.before else x
            x = x + block(x) if self.after else block(x)
        return x.mean() * 2


@pytest.mark.parametrize(
    "before, after, members",
    [(False, True, 12), (True, False, 12), (True, True, 16), (False, False, 8)],
)
def test_operations_between_repeats_go_with_them(before, after, members):
    graph = draw(Residual(before, after), ag.randn(2, 3, requires_grad=True)).graph
    (group,) = [node for node in graph.nodes if node.kind == "group"]
    assert (group.repeats, group.members, graph.operations) == (
        4,
        members,
        2 + (12 if after else 8) + 4 * before,
    )
    assert all(edge.source < edge.target for edge in graph.edges), "nothing goes in circles"


@pytest.mark.parametrize("count, groups", [(3, []), (5, [("0 … 9", "Linear, Tanh", 5, 10)])])
def test_a_pattern_of_several_layers_folds_once_it_is_long(count, groups):
    net = nn.Sequential(
        *[layer for _ in range(count) for layer in (nn.Linear(3, 3), nn.Tanh())], nn.Linear(3, 1)
    )
    graph = draw(net, ag.randn(2, 3)).graph
    assert [
        (node.name, node.label, node.repeats, node.members)
        for node in graph.nodes
        if node.kind == "group"
    ] == groups
    assert graph.operations == 2 * count + 1


@pytest.mark.parametrize(
    "arguments, groups",
    [
        ({"depth": 0}, [None]),
        ({"depth": 1}, ["entry", "blocks", "exit"]),
        ({"collapse": "blocks"}, ["blocks"]),
        ({"collapse": ["Linear"]}, None),
    ],
)
def test_depth_and_collapse_close_modules(arguments, groups):
    view = draw(Net(), ag.randn(5, 4), **arguments)
    names = [node.name for node in view.graph.nodes if node.kind == "group"]
    assert names == (groups or ["entry", "blocks.0 … blocks.3", "exit"])
    assert (
        view.graph.operations == 18 and reaches(view.graph, 0) and view.graph.nodes[0].name == "x"
    )


def test_a_module_to_collapse_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="names no module"):
        draw(Net(), ag.randn(5, 4), collapse="bolcks")


def test_a_module_called_twice_has_two_boxes():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(self.layer(x).tanh())

    view = draw(Twice(), ag.randn(2, 3))
    assert [scope.path for scope in view.graph.scopes] == ["", "layer", "layer"]
    weight = next(node for node in view.graph.nodes if node.name == "layer.weight")
    assert view.graph.scopes[weight.scope].path == ""  # around both calls
    assert sum(edge.source == weight.key for edge in view.graph.edges) == 2


def test_a_long_chain_folds_its_middle():
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(40):
        y = (y * 0.9).tanh()
    graph = draw(y).graph
    (group,) = [node for node in graph.nodes if node.kind == "group"]
    assert (
        (group.label, group.repeats, group.members) == ("tanh, ×", 37, 74)
        and graph.operations == 80
        and reaches(graph, 0)
    )


def test_a_long_chain_without_a_pattern_says_how_long_it_is():
    y = leaf = ag.tensor(0.3, requires_grad=True)
    for i in range(40):
        y = y.tanh() if str(i * i)[-1] in "149" else y.sin()
    (group,) = [node for node in draw(y + leaf).graph.nodes if node.kind == "group"]
    assert (
        group.label == f"{group.members:,} operations in a chain"
        and group.repeats == 1
        and group.members > 30
    )


def test_a_pattern_that_does_not_come_out_even_leaves_the_rest_to_be_seen():
    y = ag.tensor(0.3, requires_grad=True)
    for i in range(31):
        y = (y.sin(), y.cos(), y.exp())[i % 3]
    graph = draw(y).graph
    (group,) = [node for node in graph.nodes if node.kind == "group"]
    assert group.members == group.repeats * 3 and graph.operations == 31 and reaches(graph, 0)


@pytest.mark.parametrize("neurons", [4, 16])
def test_above_the_limit_it_folds_until_it_fits_and_says_so(neurons):
    weights = [
        [ag.tensor(0.1 * i - 0.05 * j, requires_grad=True) for j in range(neurons)]
        for i in range(neurons)
    ]
    layer = [ag.tensor(float(i)) for i in range(neurons)]
    for _ in range(3):
        layer = [
            sum((w * x for w, x in zip(row, layer)), start=ag.tensor(0.0)).tanh() for row in weights
        ]
    graph = draw(sum(layer[1:], start=layer[0]), limit=80).graph
    assert len(graph.nodes) <= 80 and any("to fit 80 nodes" in note for note in graph.notes)
    assert reaches(graph, 0)


def test_closing_modules_to_fit_says_so():
    odd = [
        bin(i).count("1") % 2 for i in range(40)
    ]  # the sequence of Thue and Morse, in which nothing comes three times in a row
    net = nn.Sequential(
        *[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), *([nn.ReLU()] * more)) for more in odd]
    )
    graph = draw(net, ag.randn(3, 2), limit=60).graph
    assert len(graph.nodes) <= 60 and "modules are closed to fit 60 nodes" in graph.notes[0]


@pytest.mark.slow
def test_a_large_model_is_cut_at_its_modules():
    net = Net(blocks=1300)
    view = draw(net, ag.randn(5, 4))
    assert len(view.whole.nodes) < 15 and view.graph.operations == 5202 and reaches(view.graph, 0)
    (group,) = [node for node in view.graph.nodes if node.kind == "group"]
    assert (group.name, group.repeats, group.members) == ("blocks.0 … blocks.1299", 1300, 5200)
    assert group.parameters == sum(p.numel() for p in net.blocks.parameters())
    assert {view.graph.scopes[key].path for key in view.graph.open_scopes()} == {
        "",
        "entry",
        "blocks",
        "exit",
    }
    assert view.graph.nodes[-1].value is not None and "5,200 of 5,202" in view.graph.notes[0]


@pytest.mark.slow
def test_modules_that_take_turns_in_a_large_graph_are_counted():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = nn.RNNCell(2, 3), nn.Linear(3, 1)

        def forward(self, h, n=1100):
            return sum(
                (self.head(h := self.cell(ag.ones(1, 2), h)) for _ in range(n)),
                start=ag.zeros(1, 1),
            )

    model = Steps()
    view = draw(model, ag.ones(1, 3))
    groups = [node for node in view.whole.nodes if node.kind == "group"]
    assert (
        view.graph.operations == sum(node.members for node in groups) > 5000 and len(groups) <= 60
    )
    counts = [dict(re.findall(r"(\w+) ×(\d+)", node.label)) for node in groups]
    assert (
        sum(int(count["cell"]) for count in counts)
        == sum(int(count["head"]) for count in counts)
        == 1100
    )
    (chain,) = [node for node in view.graph.nodes if "chain" in node.label]
    assert chain.parameters == sum(p.numel() for p in model.parameters()), "shared, so counted once"


@needs_graphviz
def test_a_hundred_thousand_operations_are_drawn_quickly():
    y = x = ag.tensor(1.0, requires_grad=True)
    for _ in range(50_000):
        y = y * 0.999 + 0.001
    start = time.perf_counter()
    ElementTree.fromstring(draw(y).svg())
    assert time.perf_counter() - start < 10  # a fifth of a second where nothing else runs
    assert x.grad is None


@pytest.mark.parametrize("by", ["value", "time", "bytes"])
def test_colours_follow_amounts(by):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (x * ag.tensor([[1.0, 2.0], [3.0, 4.0]])).sum()
    y.backward()
    graph = draw(y, color_by=by).graph
    shown = [role for role, _ in graph.legend]
    assert shown == [f"heat{i}" for i in range(6)] and graph.notes[-1].startswith("colour: ")
    assert max(node.heat for node in graph.nodes if node.heat is not None) == "heat5"


def test_gradients_are_coloured_by_how_far_they_are_from_that_of_the_last_layer():
    w = [ag.tensor(value, requires_grad=True) for value in (1.0, 1e-2, 1e-3, 1e3)]
    y = ag.tensor([2.0, 1.0]) * w[0]
    for factor in w[1:]:
        y = y * factor
    loss = y.sum()
    loss.backward()
    graph = draw(loss, color_by="grad", names={f"w{i}": x for i, x in enumerate(w)}).graph
    products = [node for node in graph.nodes if node.op == "mul"]
    assert [node.heat for node in products] == ["cold2", "even", "warm3", "even"]
    assert graph.nodes[-1].heat is None, "the loss's own 1 says nothing"
    assert [role for role, _ in graph.legend][::3] == ["cold3", "even", "warm3"]
    assert graph.legend[3][1] == "1" and "last layer" in graph.notes[-1]


def test_a_zero_gradient_is_the_coldest_and_no_gradient_has_no_colour():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    loss = ((x * 0.0).exp() + 3).sum()
    loss.backward()
    heats = {node.op or node.kind: node.heat for node in draw(loss, color_by="grad").graph.nodes}
    assert heats["leaf"] == "cold3" and heats["exp"] == heats["add"] == "even"
    assert heats["constant"] is None


def test_edges_show_the_gradient_that_flows_along_them():
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(300.0, requires_grad=True)
    y = a * b
    y.backward()
    plain, shown = draw(y), draw(y, edges=("width", "text"))
    assert plain.dot.count("1 × 300 = 300") == 1 and "gradient: 1 × 2 = 2" in plain.dot
    assert shown.dot.count("1 × 300 = 300") == 2, "in the tooltip, and on the edge"
    widths = dict(re.findall(r'id="(e0-2-0|e1-2-1)" .*?penwidth=([\d.]+)', shown.dot))
    assert widths == {"e0-2-0": "4.00", "e1-2-1": "0.60"}
    assert draw(y, edges="width").dot.count("1 × 300 = 300") == 1
    with pytest.raises(ValueError, match="edges shows 'width' or 'text', got 'sound'"):
        draw(y, edges="sound")


def test_colours_need_something_to_show():
    y = ag.tensor(2.0, requires_grad=True) * 3
    assert "before backward()" in draw(y, color_by="grad").graph.notes[0]
    with pytest.raises(ValueError, match="color_by"):
        draw(y, color_by="mood")


def test_the_backward_graph_mirrors_the_forward_graph_and_shows_what_is_kept():
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    graph = draw((a * b).tanh() + a, backward=True).graph
    twins = {node.label: node for node in graph.nodes if node.kind == "backward"}
    assert set(twins) == {"+′", "tanh′", "×′", "a.grad", "b.grad"}
    kept = {
        label: [graph.nodes[node.inputs[i]].title for i in node.saved]
        for label, node in twins.items()
    }
    assert kept["×′"] == ["a", "b"] and kept["tanh′"] == ["tanh"] and kept["+′"] == []
    assert {graph.nodes[i].label for i in twins["a.grad"].inputs} == {"×′", "+′"}


def test_a_function_is_drawn_with_the_names_of_its_arguments():
    def area(width, height):
        return width * height

    graph = draw(area, ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)).graph
    assert [node.name for node in graph.nodes] == ["width", "height", None]


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x) * 2  # seen


def test_an_operation_tells_the_users_line():
    nodes = {node.op: node for node in draw(Scaled(), ag.randn(4, 3)).graph.nodes}
    assert {nodes[op].source.partition(": ")[2] for op in ("linear", "mul")} == {
        "return self.layer(x) * 2  # seen"
    }
    assert (
        nodes["mul"].source.startswith("test_fold.py:")
        and "# seen" in draw(Scaled(), ag.randn(4, 3)).dot
    )
    alone = draw(nn.Linear(3, 2), ag.randn(4, 3)).whole
    assert alone.nodes[-1].source == "", (
        "no line of the user's but the one that draws has called it"
    )


def test_lines_of_a_graph_that_was_made_outside_are_known_if_asked_for():
    x = ag.tensor(2.0, requires_grad=True)
    with ag.detect_anomaly(check_nan=False):
        y = (x * 0).sqrt() * 0  # seen
    y.backward()  # NaN is no error here
    assert (
        draw(y).graph.nodes[-1].source.endswith("y = (x * 0).sqrt() * 0  # seen")
        and draw(x * 2).graph.nodes[-1].source == ""
    )


def test_a_line_in_a_notebook_names_its_cell():
    program = """
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        run = lambda cell: shell.run_cell(cell, store_history=True)
        run("import autograd_engine as ag\\ndef f(x):\\n    return x.exp()")
        run("print(ag.draw(f, ag.tensor(1.0, requires_grad=True)).graph.nodes[-1].source)")
    """
    pytest.importorskip("IPython")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "Cell In[1]:3: return x.exp()"


def test_modules_that_a_function_knows_are_boxes_too():
    model, criterion = (
        nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        nn.CrossEntropyLoss(),
    )

    def loss(x, target):
        return criterion(model(x), target) * 2

    graph = draw(loss, ag.randn(5, 3), ag.tensor([0, 1, 0, 1, 1])).graph
    assert {graph.scopes[key].path for key in graph.open_scopes()} == {
        "model",
        "model.0",
        "model.1",
        "model.2",
        "criterion",
    }
    assert [node.name for node in graph.nodes if node.kind == "parameter"][:2] == [
        "model.0.weight",
        "model.0.bias",
    ]
    assert graph.nodes[-1].scope is None and not any(
        part._hooks and any(part._hooks.values()) for part in model.modules()
    )


def test_a_failing_forward_is_drawn_up_to_the_failing_op():
    def broken(a, b):
        h = (a @ b).exp()
        return h @ a

    view = draw(broken, ag.randn(2, 3, requires_grad=True), ag.randn(3, 4, requires_grad=True))
    assert [(node.op, bool(node.failed)) for node in view.graph.nodes if node.op] == [
        ("matmul", False),
        ("exp", False),
        ("matmul", True),
    ]
    failed = view.graph.nodes[-1]
    assert [view.graph.nodes[i].title for i in failed.inputs] == ["h = exp", "a"]
    assert failed.source.endswith("return h @ a")
    assert "ShapeError" in view.dot and "stopped by ShapeError" in view.graph.notes[0]


def test_a_failing_elementwise_op_in_a_module_is_found_in_its_box():
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return self.layer(x) + ag.tensor(np.ones(5))

    view = draw(Broken(), ag.randn(4, 3))
    failed = view.graph.nodes[-1]
    assert failed.failed and failed.op == "add" and view.graph.scopes[failed.scope].path == ""


def test_a_failing_layer_is_boxed_with_its_parameters():
    graph = draw(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2)), ag.randn(4, 3)).graph
    boxes = {
        node.name or node.label: graph.scopes[node.scope].path
        for node in graph.nodes
        if node.scope is not None
    }
    assert graph.nodes[-1].failed and graph.scopes[graph.nodes[-1].scope].path == "2"
    assert boxes["2.weight"] == boxes["2.bias"] == "2" and boxes["0.weight"] == "0"


def test_an_error_before_any_tensor_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError):
        draw(lambda: 1 / 0)


def test_folding_a_folded_graph_of_leaves_changes_nothing():
    graph = graph_of([ag.tensor(1.0, requires_grad=True)])
    assert folded(graph) is graph
