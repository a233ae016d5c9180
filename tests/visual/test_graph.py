"""The graph as plain data, and the numbers written onto it."""

import gc

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.visual.graph.annotate import with_numbers
from autograd_engine.visual.graph.listing import graph_of
from autograd_engine.visual.graph.replay import Numbers


def expression():
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor([[0.1, 0.2], [0.3, 0.4]], requires_grad=True)
    return x, w, ((w * x) @ w).tanh().sum() + x**2


def test_nodes_are_listed_in_creation_order_and_edges_by_position():
    x, w, y = expression()
    graph = graph_of([y], {"x": x, "w": w})
    assert [(n.kind, n.op, n.inputs, n.name) for n in graph.nodes] == [
        ("leaf", "", (), "w"),
        ("leaf", "", (), "x"),
        ("op", "mul", (0, 1), None),
        ("op", "matmul", (2, 0), None),
        ("op", "tanh", (3,), None),
        ("op", "sum", (4,), None),
        ("constant", "", (), None),
        ("op", "pow", (1, 6), None),
        ("op", "add", (5, 7), None),
    ]
    assert [(e.source, e.target, e.position) for e in graph.edges if e.target == 3] == [
        (2, 3, 0),
        (0, 3, 1),
    ]
    assert graph.outputs == (8,) and graph.nodes[8].output
    assert graph.nodes[2].shape == (2, 2) and graph.nodes[2].dtype == "float32"


def test_a_tensor_used_twice_is_one_node_with_two_edges():
    x = ag.tensor(3.0, requires_grad=True)
    graph = graph_of([x * x])
    assert len(graph.nodes) == 2 and [(e.source, e.position) for e in graph.edges] == [
        (0, 0),
        (0, 1),
    ]


def test_the_same_program_gives_the_same_graph_whatever_its_addresses():
    texts = set()
    for _ in range(3):
        x, w, y = expression()
        texts.add(str(with_numbers(graph_of([y], {"x": x, "w": w}))))
        del x, w, y
        gc.collect()
        ballast = [ag.tensor(1.0) for _ in range(7)]  # noqa: F841
    assert len(texts) == 1


def test_saved_values_are_the_ones_the_rules_take():
    x, _, y = expression()
    graph = graph_of([y])
    saved = {node.op: node.saved for node in graph.nodes if node.op}
    assert (
        saved["add"] == ()
        and sorted(saved["mul"]) == [0, 1]
        and saved["tanh"] == (-1,)
        and saved["sum"] == ()
    )


@pytest.mark.parametrize("kind", ["leaf", "constant"])
def test_a_tensor_without_a_graph_is_one_node(kind):
    graph = graph_of([ag.tensor([1.0, 2.0], requires_grad=kind == "leaf")])
    assert [node.kind for node in graph.nodes] == [kind] and graph.nodes[0].output


def test_names_come_from_the_tensor_then_from_the_dictionary():
    x = ag.tensor(1.0, requires_grad=True)
    c = ag.tensor([1.0, 2.0])
    x.name = "own"
    graph = graph_of([(x * c).sum()], {"given": x, "data": c})
    assert [node.name for node in graph.nodes[:2]] == ["own", "data"]


def test_values_are_computed_again_exactly():
    _, _, y = expression()
    graph = graph_of([y])
    assert Numbers(graph).values[graph.outputs[0]] == y.item()


def test_gradients_in_between_agree_with_retained_ones_and_touch_nothing():
    x = ag.tensor([0.5, -1.0, 2.0], requires_grad=True)
    a = x.exp()
    b = (a * x).cumsum(0)
    c = (b.sin() * a).sum()
    graph = graph_of([c], {"a": a, "b": b})
    found = Numbers(graph).gradients()
    assert x.grad is None
    a.retain_grad(), b.retain_grad()
    c.backward()
    keys = {node.name: node.key for node in graph.nodes}
    np.testing.assert_allclose(found[keys["a"]], a.grad.numpy(), rtol=1e-6)
    np.testing.assert_allclose(found[keys["b"]], b.grad.numpy(), rtol=1e-6)
    np.testing.assert_allclose(found[0], x.grad.numpy(), rtol=1e-6)


def test_steps_add_up_where_a_value_is_used_more_than_once():
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x + x
    graph = graph_of([y])
    seen = Numbers(graph).steps()[0]
    assert [step.node.op for step in seen] == ["add", "mul"]
    assert [
        (part.node.key, float(part.value), float(part.total)) for part in seen[1].contributions
    ] == [(0, 3.0, 4.0), (0, 3.0, 7.0)]
    assert [float(part.local) for part in seen[1].contributions] == [3.0, 3.0]


def test_backward_steps_of_a_tensor_touch_nothing_and_work_after_the_sweep():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (x.exp() * x).sum()
    before = [str(step) for step in y.backward_steps()]
    assert x.grad is None
    y.backward()
    total = x.grad.numpy().copy()
    *_, last = y.backward_steps()
    np.testing.assert_array_equal(last.contributions[0].total, total)
    np.testing.assert_array_equal(x.grad.numpy(), total)
    assert [step.split(",")[0] for step in before] == ["sum", "mul", "exp"]


@pytest.mark.parametrize("requires_grad, message", [(False, "no sweep"), (True, "gradient=")])
def test_backward_steps_need_a_graph_and_a_seed(requires_grad, message):
    x = ag.tensor([1.0, 2.0], requires_grad=requires_grad)
    with pytest.raises(ag.GraphError, match=message):
        (x * 2).backward_steps()


def test_steps_go_through_an_op_with_several_outputs():
    x = ag.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    first, second = x.split(2)
    graph = graph_of([(first * first + second).sum()])
    np.testing.assert_array_equal(Numbers(graph).gradients()[0], [2.0, 4.0, 1.0, 1.0])


def test_before_backward_there_is_no_gradient_and_after_it_there_are_all():
    _, _, y = expression()
    assert all(node.grad is None for node in with_numbers(graph_of([y])).nodes)
    y.backward()
    after = with_numbers(graph_of([y]))
    assert all(node.grad is not None for node in after.nodes if node.kind != "constant")
    assert after.notes == []


def test_gradients_can_be_asked_for_before_backward():
    x, _, y = expression()
    graph = with_numbers(graph_of([y]), grads=True)
    assert all(node.grad is not None for node in graph.nodes if node.wants)
    assert x.grad is None
    y.backward()
    x.grad = None  # of two leaves one has a gradient now, the other says that it has none
    nodes = with_numbers(graph_of([y]), grads=True).nodes
    assert sorted(node.grad is None for node in nodes if node.kind == "leaf") == [False, True]


def test_a_leaf_changed_since_is_named():
    x, w, y = expression()
    with ag.no_grad():
        w += 1.0
    graph = with_numbers(graph_of([y], {"x": x, "w": w}))
    assert len(graph.notes) == 1 and graph.notes[0].endswith(": w")


def test_more_values_than_fit_into_memory_are_not_computed_again(monkeypatch):
    x, w, y = expression()
    monkeypatch.setattr("autograd_engine.visual.graph.annotate.SPACE", 10)
    graph = with_numbers(graph_of([y], {"x": x}))
    assert (
        "not computed again" in graph.notes[0]
        and graph.nodes[2].value is None
        and graph.nodes[1].value is not None
    )


def test_an_accumulated_gradient_is_told_from_this_graphs():
    x = ag.tensor(2.0, requires_grad=True)
    (x * 5).backward()
    y = x * x
    y.backward()
    assert "accumulates" in with_numbers(graph_of([y], {"x": x})).notes[0]


def test_a_tensor_output_needs_a_seed_for_gradients_in_between():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x.exp()
    y = a * 2
    y.backward(ag.tensor([1.0, 10.0]))
    assert "gradient=" in with_numbers(graph_of([y])).notes[0]
    graph = with_numbers(graph_of([y], {"a": a}), seed=[1.0, 10.0])
    assert graph.nodes[1].grad.cells == (("2", "20"),)


def test_summaries_of_large_arrays_count_what_is_not_finite():
    x = np.linspace(0.0, 1.0, 100)
    x[3], x[4] = np.nan, np.inf
    graph = with_numbers(graph_of([ag.tensor(x, requires_grad=True)]))
    value = graph.nodes[0].value
    assert (
        value.cells is None
        and (value.nans, value.infs) == (1, 1)
        and value.low == 0.0
        and value.high == 1.0
    )


def test_a_hundred_thousand_operations_are_listed_in_groups():
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y * 0.999 + 0.001
    graph = with_numbers(graph_of([y], {"x": x}))
    assert graph.operations == 100_000 and len(graph.nodes) <= 150
    assert "operations are drawn in groups" in graph.notes[0]
    reached, stack = set(), list(graph.outputs)
    while stack:
        key = stack.pop()
        if key not in reached:
            reached.add(key)
            stack.extend(graph.nodes[key].inputs)
    assert 0 in reached and graph.nodes[0].name == "x"
