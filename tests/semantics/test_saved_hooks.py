"""Hooks on what nodes save: PyTorch's answers."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Function, GraphError, autograd, checkpoint, detect_anomaly
from autograd_engine.autograd.graph import save_on_cpu, saved_tensors_hooks

torch = pytest.importorskip("torch")

COMPUTATIONS = {
    "mul": lambda e, a, b, w: a * b,
    "by_a_number": lambda e, a, b, w: a * 2,
    "by_a_constant": lambda e, a, b, w: a * e.tensor([2.0, 3.0]),
    "add": lambda e, a, b, w: a + b,
    "exp": lambda e, a, b, w: a.exp(),
    "pow": lambda e, a, b, w: a**3,
    "matmul": lambda e, a, b, w: w @ a,
    "relu": lambda e, a, b, w: a.relu(),
    "inner": lambda e, a, b, w: (a * 2) * (b * 3),
    "cat": lambda e, a, b, w: e.cat([a, b]),
    "prod": lambda e, a, b, w: a.prod(),
    "deep": lambda e, a, b, w: ((w @ a).tanh() * b).exp(),
}


def leaves(engine):
    values = ([1.0, 2.0], [3.0, -1.0], [[1.0, 2.0], [0.5, 1.0]])
    return [engine.tensor(value, requires_grad=True) for value in values]


def run(engine, name, pack, unpack):
    """The gradients of a computation under the hooks."""
    given = leaves(engine)
    with engine.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = COMPUTATIONS[name](engine, *given)
    y.sum().backward()
    return [None if x.grad is None else x.grad.numpy() for x in given]


def assert_alike(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-3)


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_what_is_packed_is_what_pytorch_packs_and_gradients_are_exact(name):
    packed = {}

    def count(engine):
        def pack(tensor):
            packed.setdefault(engine, []).append((tuple(tensor.shape), tensor.is_leaf))
            return tensor.detach().clone().numpy()

        return pack

    ours = run(ag, name, count(ag), ag.from_numpy)
    theirs = run(torch, name, count(torch), torch.from_numpy)
    assert_alike(ours, theirs)
    if name not in ("exp", "prod", "deep", "relu"):  # PyTorch's outputs know their node there
        assert sorted(packed.get(ag, [])) == sorted(packed.get(torch, []))
    else:
        shapes = [sorted(shape for shape, _ in packed[engine]) for engine in (ag, torch)]
        assert len(shapes[0]) == len(shapes[1])


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_gradients_are_computed_from_what_is_unpacked(name):
    def halved(engine):
        return lambda t: t.detach() * 0.5, lambda t: t + 0

    assert_alike(run(ag, name, *halved(ag)), run(torch, name, *halved(torch)))


def test_saved_tensors_wait_on_a_disk(tmp_path):
    files = []

    def pack(tensor):
        files.append(tmp_path / f"{len(files)}.npy")
        np.save(files[-1], tensor.detach().numpy())
        return files[-1]

    a, b, w = leaves(ag)
    with saved_tensors_hooks(pack, lambda path: ag.tensor(np.load(path))):
        y = ((w @ a).tanh() * b).sum()
    assert y.grad_fn.next_functions[0].saved._values[0].content in files
    y.backward()
    expected = leaves(ag)
    ((expected[2] @ expected[0]).tanh() * expected[1]).sum().backward()
    assert [x.grad.tolist() for x in (a, b, w)] == [x.grad.tolist() for x in expected]


def test_of_nested_blocks_the_innermost_counts_and_recording_modes_keep_it():
    log = []

    def noting(word):
        return saved_tensors_hooks(lambda t: log.append(word) or t, lambda t: t)

    a, b, _ = leaves(ag)
    with noting("outer"):
        with noting("inner"):
            a * b
        a.exp()
        with ag.no_grad():
            a * b
            with ag.enable_grad():
                a.exp()
        with detect_anomaly():
            y = b.exp()
    assert log == ["inner", "inner", "outer", "outer", "outer"]
    assert "test_saved_hooks.py" in y.grad_fn.trace
    a * b
    assert len(log) == 5


def test_anomaly_detection_outside_of_a_block_without_recording_is_still_on_inside_of_it():
    a = leaves(ag)[0]
    with detect_anomaly(), ag.no_grad():
        assert not (a * 2).requires_grad
        with ag.enable_grad():
            assert "test_saved_hooks.py" in (a * 2).grad_fn.trace
    with ag.no_grad(), detect_anomaly():
        assert not (a * 2).requires_grad, "looking for NaN records nothing by itself"


def test_second_derivatives_of_packed_values():
    def second(engine):
        a = leaves(engine)[0]
        with engine.autograd.graph.saved_tensors_hooks(
            lambda t: t.detach().numpy().copy(), engine.from_numpy
        ):
            y = (a**3).exp().sum()
            (g,) = engine.autograd.grad(y, a, create_graph=True)
        return engine.autograd.grad(g.sum(), a)[0].numpy()

    np.testing.assert_allclose(second(ag), second(torch), rtol=1e-5)


def test_a_copy_that_was_packed_may_outlive_a_change_of_the_tensor():
    a = leaves(ag)[0]
    c = a * 2
    with saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        y = c * c
    with ag.no_grad():
        c.add_(1)
    y.sum().backward()
    assert a.grad.tolist() == [8, 16]


def test_wrong_hooks_are_told():
    a, b, _ = leaves(ag)
    with saved_tensors_hooks(lambda t: t, lambda t: 5):
        y = a * b
    with pytest.raises(TypeError, match="unpack hook returns a tensor, got int"):
        y.sum().backward()
    with saved_tensors_hooks(lambda t: t.detach().add_(1), lambda t: t):
        with pytest.raises(GraphError, match="pack hook changed .* shape \\[2\\]"):
            a * b


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        inner = x.detach() * 3
        y = x**3
        ctx.save_for_backward(x, y, inner)
        ctx.kept = inner
        return y

    @staticmethod
    def backward(ctx, g):
        x, y, inner = ctx.saved_tensors
        return g * inner * x + 0 * y


def test_what_a_function_saves_is_packed():
    packed = []
    a = leaves(ag)[0]
    with saved_tensors_hooks(lambda t: packed.append(t.tolist()) or t.tolist(), ag.tensor):
        y = Cube.apply(a)
    assert sorted(packed) == [[1.0, 2.0], [1.0, 8.0], [3.0, 6.0]]
    y.sum().backward()
    assert a.grad.tolist() == [3, 12]


def test_checkpoints_and_hooks_stand_together():
    a = leaves(ag)[0]
    with saved_tensors_hooks(lambda t: t.detach().numpy().copy(), ag.from_numpy):
        y = checkpoint(lambda x: (x * x).exp(), a)
    y.sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), 2 * np.array([1, 2]) * np.exp([1, 4]), rtol=1e-6)


def test_save_on_cpu_changes_nothing():
    a = leaves(ag)[0]
    with save_on_cpu(pin_memory=True):
        y = (a * a).sum()
    y.backward()
    assert a.grad.tolist() == [2, 4]
    assert autograd.graph.save_on_cpu is save_on_cpu
