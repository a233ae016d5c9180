"""What-if: the graph replayed with other numbers in its leaves."""

import math
import re
import sys
from xml.etree import ElementTree

import pytest

import autograd_engine as ag
from autograd_engine.visual import WhatIf, explore
from autograd_engine.visual.picture import render
from autograd_engine.visual.graph.listing import graph_of
from autograd_engine.visual.page.explore import study_of


def study():
    a, b = (
        ag.tensor(2.0, dtype="float64", requires_grad=True),
        ag.tensor(-0.3, dtype="float64", requires_grad=True),
    )
    c = ag.tensor([1.0, 2.0], dtype="float64")
    y = ((a * b).tanh() * c).sum() + a**2
    return a, b, WhatIf(graph_of([y], {"a": a, "b": b}))


def test_the_outcome_is_that_of_the_function_and_the_prediction_that_of_the_gradient():
    a, b, made = study()

    def f(a, b):
        return 3 * math.tanh(a * b) + a**2

    outcome = made.at({"a": 2.5, "b": 0.1})
    slope = 1 - math.tanh(-0.6) ** 2
    assert outcome.value == pytest.approx(f(2.5, 0.1))
    assert outcome.actual == pytest.approx(f(2.5, 0.1) - f(2.0, -0.3))
    assert outcome.predicted == pytest.approx(0.5 * (3 * slope * -0.3 + 4) + 0.4 * 3 * slope * 2)
    assert (a.item(), b.item(), a.grad) == (2.0, -0.3, None)


def test_no_change_changes_nothing():
    made = study()[-1]
    outcome = made.at({})
    assert outcome.actual == outcome.predicted == 0.0


def test_the_drawn_graph_has_the_gradients_of_the_new_place():
    made = study()[-1]
    nodes = {node.name: node for node in made.drawn({"a": 0.0}).nodes}
    assert nodes["a"].value.cells == (("0",),) and float(nodes["b"].grad.cells[0][0]) == 0.0
    assert float(nodes["a"].grad.cells[0][0]) == pytest.approx(3 * -0.3, rel=1e-3)
    assert "frozen" in made.drawn({}).notes[0]


def branching(x):
    if x > 0:
        return x * 3 + 1  # above
    return (x * x).exp()  # below


def shorter(x):
    y = x * 2
    while y < 10:
        y = y * 2  # again
    return y


z = ag.tensor(2.5, requires_grad=True)


def other_leaf(x):
    return (x if x > 0 else z) * 3


def read(x):
    return x * x.item()  # read


def fails(x):
    return x @ x if x < 0 else x * 2  # here


def program(function, x):
    """The study behind `explore` of a function of one number."""
    x = ag.tensor(x, requires_grad=True)
    return x, study_of(function, (x,), None, {})


@pytest.mark.parametrize(
    "function, start, to, words",
    [
        (
            branching,
            2.0,
            -1.5,
            [
                r"another branch than at the start: mul \(×\) \(test_whatif.py:\d+: return \(x \* "
                r"x\).exp\(\)  # below\)",
                "# above",
            ],
        ),
        (shorter, 3.0, 30.0, ["stops before y = mul .* # again"]),
        (shorter, 3.0, 1.0, ["goes on with mul .* # again"]),
        (other_leaf, 2.0, -1.0, ["another branch", "if x > 0 else z"]),
        (read, 2.0, 3.0, ["no gradient knows of it: a constant of mul .* # read"]),
        (branching, 2.0, 1.5, []),
    ],
)
def test_a_function_is_run_again_and_says_what_is_different(function, start, to, words):
    x, made = program(function, start)
    outcome, graph = made.moved({"x": to})
    expected = function(ag.tensor(to)).item()
    assert outcome.value == pytest.approx(expected) and outcome.actual == pytest.approx(
        expected - function(ag.tensor(start)).item()
    )
    assert len(graph.notes) == bool(words) and all(
        re.search(word, graph.notes[0]) for word in words
    )
    assert (
        graph.nodes[graph.outputs[0]].value.mean == pytest.approx(expected)
        and x.item() == start
        and x.grad is None
    )
    assert made.drawn({}).notes == []


def test_where_the_function_fails_the_picture_shows_how_far_it_came():
    made = program(fails, 2.0)[1]
    outcome, graph = made.moved({"x": -1.0})
    assert math.isnan(outcome.value) and graph.nodes[-1].failed and "stopped by" in graph.notes[0]
    assert made.at({}).value == 4.0
    with pytest.raises(ag.GraphError, match="works at the start; it was stopped by"):
        program(fails, -1.0)


def test_what_grows_too_large_is_drawn_as_at_the_start():
    huge = program(lambda x: sum((x for _ in range(int(x.item()))), start=x * 2), 3.0)[1]
    outcome, graph = huge.moved({"x": 400.0})
    assert (
        len(graph.nodes) < 10
        and "as at the start" in graph.notes[0]
        and "this one has 40" in graph.notes[0]
    )


def test_the_mask_of_a_finished_graph_is_named():
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.where(x > 0, x * 2, -x)
    assert (
        WhatIf(graph_of([y], {"x": x, "y": y})).drawn({}).notes[1]
        == "frozen too: the condition of y = where (?) (#5)"
    )


@pytest.mark.parametrize(
    "shape, error, message", [((2,), ValueError, "single number"), ((), ag.GraphError, "has none")]
)
def test_what_cannot_be_explored_is_said(shape, error, message):
    x = ag.ones(2, requires_grad=True)
    with pytest.raises(error, match=message):
        WhatIf(graph_of([x * 2 if shape else x.sum()]))


def test_without_anywidget_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    x = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(ImportError, match="pip install anywidget"):
        explore(x * x)


@pytest.mark.skipif(not render.available(), reason="neither dot nor pygraphviz is installed")
def test_the_widget_answers_a_moved_slider():
    pytest.importorskip("anywidget")
    speed = ag.tensor(3.0, requires_grad=True)
    widget = explore(speed * speed)
    assert widget.sliders == [{"name": "speed", "start": 3.0, "low": -3.0, "high": 9.0}]
    before = widget.shown["svg"]
    widget.moved = {"speed": 4.0, "unknown": 1.0}
    assert widget.shown["words"] == "output 16    change: predicted 6, actual 7"
    assert widget.shown["svg"] != before and ElementTree.fromstring(
        widget.shown["svg"]
    ).tag.endswith("svg")


@pytest.mark.skipif(not render.available(), reason="neither dot nor pygraphviz is installed")
def test_the_widget_of_a_function_takes_numbers_and_shows_the_other_branch():
    pytest.importorskip("anywidget")
    widget = explore(branching, 2.0)
    assert widget.sliders[0]["name"] == "x" and widget.shown["words"].startswith("output 7")
    widget.moved = {"x": -1.0}
    assert (
        widget.shown["words"].startswith("output 2.718")
        and "another branch" in widget.shown["svg"]
        and ">exp<" in widget.shown["svg"]
    )
