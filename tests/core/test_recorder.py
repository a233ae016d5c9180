"""The recorder: everything that runs stands in one list, and the list computes the same again."""

import gc
import threading
import weakref

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import record_calls, tensor
from autograd_engine.core.promotion import promoted
from autograd_engine.core.recorder import listening, substituted

from ..grouping import each_name
from ..ops.cases import cases, declared, parts


def computed(program):
    """Every value of a program, computed again by its calls alone."""
    values = {value: value.data for value in program.sources}

    def found(x):
        return substituted(x, values.__getitem__)

    for call in program.calls:
        given = [found(x) for x in call.inputs]
        if call.op.promote:
            given = promoted(given, call.op.promote)
        out = call.op.forward(*given, **{name: found(x) for name, x in call.params.items()})
        parts = out if isinstance(out, tuple) else (out,)
        for value, part in zip(call.outputs, parts):
            values[value] = np.asarray(part)
    return values


def mlp():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 2))


def convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 2)
    )


MODELS = {
    "mlp": (mlp, (5, 3)),
    "cnn": (convolutions, (5, 1, 4, 4)),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (5, 3, 4)),
    "gru": (lambda: nn.GRU(3, 2), (4, 5, 3)),
}


def loss_of(model, x):
    out = model(x)
    if isinstance(out, tuple):
        out = out[0]
    return (out * out).mean()


@pytest.mark.parametrize("name", MODELS)
def test_forward_and_backward_compute_the_same_again(name):
    make, shape = MODELS[name]
    ag.manual_seed(0)
    model = make()
    x = ag.randn(*shape)
    with record_calls() as program:
        loss = loss_of(model, x)
        grads = ag.grad(loss, list(model.parameters()))
    values = computed(program)
    np.testing.assert_array_equal(values[program.value_of(loss)], loss.detach().numpy())
    for g in grads:
        np.testing.assert_allclose(values[program.value_of(g)], g.numpy(), rtol=1e-5, atol=1e-7)
    assert {call.backward for call in program.calls} == {False, True}


@pytest.mark.parametrize("name", MODELS)
def test_recording_changes_no_number(name):
    make, shape = MODELS[name]
    ag.manual_seed(0)
    model = make()
    x = ag.randn(*shape)
    plain = ag.grad(loss_of(model, x), list(model.parameters()))
    with record_calls():
        told = ag.grad(loss_of(model, x), list(model.parameters()))
    for a, b in zip(plain, told):
        assert not b.requires_grad and a.dtype == b.dtype
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-7)


def test_what_needs_no_gradient_is_recorded_too():
    model = mlp().eval()
    x = tensor([[1.0, 2.0, 3.0]])
    with ag.no_grad(), record_calls() as program:
        y = model(x).argmax(1)
    names = [call.op.name for call in program.calls]
    assert names[:2] == ["linear", "tanh"] and names[-1] == "argmax"
    assert program.known(y) is program.calls[-1].outputs[0]
    parameters = dict(model.named_parameters())
    known = {value.tensor() for value in program.sources if value.tensor is not None}
    assert {x, *parameters.values()} <= known


WRITES = {
    "add_": lambda w: w.add_(1),
    "element": lambda w: w.__setitem__(0, w[1] * 2),
    "fill": lambda w: w.fill_(3.0),
    "masked": lambda w: w.masked_fill_(w > 1.5, 0.0),
    "augmented": lambda w: w.__imul__(w),
}


@pytest.mark.parametrize("wanted", [False, True])
@pytest.mark.parametrize("name", WRITES)
def test_writes_in_place_are_calls_that_take_the_place_of_a_value(name, wanted):
    leaf = tensor([1.0, 2.0, 3.0], requires_grad=wanted)
    with record_calls() as program:
        w = leaf.clone()
        before = program.value_of(w)
        WRITES[name](w)
        after = (w * 1).detach()
    assert any(call.written is before for call in program.calls)
    np.testing.assert_array_equal(computed(program)[program.value_of(after)], after.numpy())


def test_random_numbers_are_calls_that_draw_anew():
    with record_calls() as program:
        y = ag.randn(3) + ag.rand(3)
    assert [call.op.name for call in program.calls] == ["randn", "rand", "add"]
    assert (computed(program)[program.value_of(y)] != y.numpy()).any()


def test_detached_tensors_and_their_arrays_are_the_same_value():
    with record_calls() as program:
        y = tensor([1.0], requires_grad=True) * 2
        assert program.value_of(y.detach()) is program.value_of(y)
        assert program.value_of(y.data) is program.value_of(y)


READS = {
    "item()": lambda y: y.sum().item(),
    "bool()": lambda y: bool(y.sum() > 0),
    "tolist()": lambda y: y.tolist(),
    "numpy()": lambda y: y.detach().numpy(),
    "an index": lambda y: [1, 2, 3][y.argmax()],
}


@pytest.mark.parametrize("how", READS)
def test_what_python_looks_at_is_noted_with_the_line(how):
    with record_calls() as program:
        y = tensor([1.0, 2.0]) * 3
        READS[how](y)
    assert how in [read.how for read in program.reads]
    assert all("test_recorder.py" in read.line for read in program.reads)


def test_lines_are_the_users():
    x = tensor(2.0, requires_grad=True)
    with record_calls() as program:
        y = nn.Tanh()(x * 3)  # line of forward
        y.backward()  # line of backward
    for call in program.calls:
        assert ("line of backward" if call.backward else "line of forward") in call.line


def test_functions_and_checkpoints():
    class Cube(ag.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x * x

    x = tensor([2.0, 3.0], requires_grad=True)
    with record_calls() as program:
        y = Cube.apply(x)
        z = ag.checkpoint(lambda a: a.exp() * a, y).sum()
        (g,) = ag.grad(z, x)
    forward = [call.op.name for call in program.calls if not call.backward]
    assert forward == ["Cube", "exp", "mul", "sum"]
    np.testing.assert_allclose(computed(program)[program.value_of(g)], g.numpy(), rtol=1e-6)


def test_other_threads_are_not_recorded_and_nothing_goes_on_afterwards():
    def elsewhere():
        tensor([1.0]) * 5

    with pytest.raises(KeyError), record_calls() as program:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        raise KeyError
    assert program.calls == [] and listening == []
    with record_calls() as outer:
        with record_calls() as inner:
            tensor([1.0]) * 2
        tensor([1.0]) + 2
    assert [call.op.name for call in inner.calls] == ["mul"]
    assert [call.op.name for call in outer.calls] == ["add"]


def test_a_recording_keeps_no_tensor_alive():
    gc.disable()
    try:
        with record_calls():
            y = tensor([1.0, 2.0]) * 3
            dead = weakref.ref(y)
            del y
            assert dead() is None
    finally:
        gc.enable()


SAMPLES = {name: cases(function) for name, function in declared().items()}


@each_name(SAMPLES)
def test_every_op_is_recorded_as_calls_that_compute_it(name):
    for case in SAMPLES[name]:
        arrays = case.arrays()
        if not arrays:
            continue
        xs = [tensor(a) for a in arrays]
        with record_calls() as program:
            result = case(*xs)
        values = computed(program)
        for out in parts(result):
            if isinstance(out, ag.Tensor) and not any(out is x for x in xs):
                known = program.known(out)
                assert known is not None, "an output that no call made"
                np.testing.assert_array_equal(values[known], out.detach().numpy())


TARGETS = np.array([[2, 0], [1, 1], [0, 2]])
WITH_MORE_THAN_ONE_INPUT = {
    "cross_entropy": lambda x, t: F.cross_entropy(x, t[:, 0]),
    "cross_entropy of pixels": lambda x, t: F.cross_entropy(x[:, :, None].expand(3, 4, 2), t),
    "nll_loss": lambda x, t: F.nll_loss(x, t[:, 0], reduction="none"),
    "dropout": lambda x, t: F.dropout(x, 0.4),
    "alpha_dropout": lambda x, t: F.alpha_dropout(x, 0.4, training=True),
    "rrelu": lambda x, t: F.rrelu(x, training=True),
}


@pytest.mark.parametrize("name", WITH_MORE_THAN_ONE_INPUT)
def test_targets_masks_and_draws_are_values_of_the_program_and_no_constants(name):
    function = WITH_MORE_THAN_ONE_INPUT[name]
    x = tensor(np.linspace(-1, 1, 12).reshape(3, 4), requires_grad=True)
    target = tensor(TARGETS)
    with record_calls() as program:
        y = function(x, target)
    given = [given for call in program.calls for given in (*call.inputs, *call.params.values())]
    assert not [array for array in given if isinstance(array, np.ndarray) and array.size > 1]
    if "dropout" in name or name == "rrelu":
        return
    program.value_of(target).data = TARGETS[::-1]
    expected = function(x.detach(), tensor(TARGETS[::-1].copy()))
    np.testing.assert_allclose(computed(program)[program.known(y)], expected, rtol=1e-6)
