"""What-if: the graph replayed with other numbers in its leaves."""

import math
import sys
from xml.etree import ElementTree

import pytest

import autograd_engine as ag
from autograd_engine.visual import WhatIf, explore, render
from autograd_engine.visual.graph import trace


def study():
    a, b = ag.tensor(2.0, dtype="float64", requires_grad=True), ag.tensor(-0.3, dtype="float64", requires_grad=True)
    c = ag.tensor([1.0, 2.0], dtype="float64")
    y = ((a * b).tanh() * c).sum() + a**2
    return a, b, WhatIf(trace([y], {"a": a, "b": b}))


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


@pytest.mark.parametrize("shape, error, message", [((2,), ValueError, "single number"), ((), ag.GraphError, "has none")])
def test_what_cannot_be_explored_is_said(shape, error, message):
    x = ag.ones(2, requires_grad=True)
    with pytest.raises(error, match=message):
        WhatIf(trace([x * 2 if shape else x.sum()]))


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
    assert widget.shown["svg"] != before and ElementTree.fromstring(widget.shown["svg"]).tag.endswith("svg")
