"""Compiled functions: the numbers of the function itself, for other arguments than those they were
written with, or an error that says why.
"""

import gc
import re
import threading
import weakref

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import TraceError, tensor

from ..grouping import each_name
from ..ops.cases import cases, declared, parts
from ..properties.layer_cases import FUNCTIONS as LAYER_FUNCTIONS
from .programs import FUNCTIONS, programs

SAMPLES = {
    name: [case for case in (cases(function)[:1] + cases(function)[2:3]) if case.arrays()]
    for name, function in declared().items()
}

LOOKS_AT_VALUES = {
    "matrices.pinv",
    *("logic.allclose", "logic.equal", "argwhere", "indexing.nonzero", "bincount"),
}
"""What decides by values, and so is refused."""

LOSS = re.compile("loss|cross_entropy|kl_div")


def with_gradients(f, arrays, wanted=(True,)):
    """The results of a function, and the gradients of all that want one."""
    pairs = zip(arrays, [*wanted, *[wanted[-1]] * len(arrays)])
    xs = [tensor(a).requires_grad_(want and a.dtype.kind == "f") for a, want in pairs]
    ys = f(*xs)
    roots = [y for y in ys if y.requires_grad]
    found = [y.detach().numpy() for y in ys]
    if roots:
        seeds = [ag.full_like(y, 1.5) for y in roots]
        leaves = [x for x in xs if x.requires_grad]
        found += [g.numpy() for g in ag.grad(roots, leaves, seeds, materialize_grads=True)]
    return found


def close(found, expected, rtol=1e-9):
    for a, b in zip(expected, found, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol)


@pytest.mark.filterwarnings("ignore")
@each_name([name for name in SAMPLES if SAMPLES[name]])
def test_every_op_gives_the_same_for_other_values(name):
    """Whichever of its operands want a gradient: all, the first, all but the first."""
    for choices, case in zip([[(True, False), (False, True)], [(True,)]], SAMPLES[name]):
        if not case.differentiable or len(case.arrays()) < 2:
            choices = [(case.differentiable,)]
        for wanted in choices:
            check_other_values(name, case, wanted)


@pytest.mark.filterwarnings("ignore")
@each_name([name for name in LAYER_FUNCTIONS if not LOSS.search(name)])
def test_every_function_of_nn_gives_the_same_for_other_values(name):
    """The losses and layers have tests of their own."""
    check_other_values(name, LAYER_FUNCTIONS[name], (True,))


def check_other_values(name, case, wanted, backend="numpy"):
    def f(*xs):
        return [y for y in parts(case(*xs)) if isinstance(y, ag.Tensor)]

    first = case.arrays()
    second = [a.reshape(-1)[::-1].reshape(a.shape) + 0.001 for a in first]
    compiled = ag.compile(f, backend=backend)
    try:
        expected = with_gradients(f, second, wanted)
    except (ValueError, RuntimeError):
        return  # these numbers are no argument for it, or it has no gradient for this operand
    try:
        with_gradients(compiled, first, wanted)
    except TraceError:
        assert name in LOOKS_AT_VALUES
        return
    close(with_gradients(compiled, second, wanted), expected)
    assert len(compiled.programs) == 1


def test_constant_operands_of_other_dtypes_are_no_constants_of_the_program():
    def f(x, count, flag, scale):
        return (x * count / scale + ag.where(flag, x, x * x)).sum()

    fast = ag.compile(f)
    for i in range(1, 4):
        x = tensor([1.0, 2.0], requires_grad=True)
        given = tensor([i, i + 1]), tensor(i % 2 == 0), tensor(2.0 * i, dtype="float64")
        found, exact = (ag.grad(g(x, *given), x)[0] for g in (fast, f))
        np.testing.assert_allclose(found.numpy(), exact.numpy(), rtol=1e-6)


@pytest.mark.parametrize("make, shapes", [pytest.param(*row, id=id) for id, *row in programs()])
def test_values_and_gradients_are_those_of_the_function(make, shapes):
    ag.manual_seed(0)
    f = make()
    compiled = ag.compile(f)
    for _ in range(3):
        xs = [ag.randn(*shape).requires_grad_() for shape in shapes]
        wanted = [*xs, *getattr(f, "parameters", list)()]
        y, expected = compiled(*xs), f(*xs)
        found = ag.grad(y, wanted, materialize_grads=True)
        exact = ag.grad(expected, wanted, materialize_grads=True)
        close([y.detach().numpy()], [expected.detach().numpy()], 1e-4)
        close([g.numpy() for g in found], [g.numpy() for g in exact], 1e-4)
    assert len(compiled.programs) == 1


ORDERS = ("where", "loops", "in place", "detach", "cat")


@pytest.mark.parametrize("name", ORDERS)
def test_derivatives_of_second_order_go_through_it_and_are_compiled(name):
    f = FUNCTIONS[name]
    compiled = ag.compile(f)
    ag.manual_seed(0)
    x, y, v = (ag.randn(3, 4, dtype="float64") for _ in range(3))
    compiled(x.clone().requires_grad_(), y)
    expected = ag.hvp(lambda x: f(x, y), x, v)
    fast = ag.compile(lambda x, v: ag.hvp(lambda x: f(x, y), x, v))
    for found in (ag.hvp(lambda x: compiled(x, y), x, v), fast(x, v), fast(x, v)):
        for a, b in zip(found, expected):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-12)
    assert len(fast.programs) == 1


def test_gradients_of_a_compiled_gradient():
    f = ag.compile(ag.value_and_grad(lambda w, x: ((w * x) ** 3).sum(), argnums=(0, 1)))
    for x in (2.0, 3.0):
        w = tensor(x, requires_grad=True)
        _, (dw, _) = f(w, tensor(1.0))
        assert ag.grad(dw, w)[0].item() == 6 * x


# --- what may change between calls ----------------------------------------------------------------


def test_parameters_are_read_afresh_and_other_shapes_dtypes_and_modes_are_other_programs():
    layer = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    fast = nn.compile(layer)
    x = ag.randn(4, 2)
    for change in (
        lambda: layer[0].weight.data.mul_(2),
        lambda: layer.load_state_dict({k: v * 3 for k, v in layer.state_dict().items()}),
        lambda: layer.eval(),
        lambda: layer[0].bias.requires_grad_(False),
        lambda: setattr(layer[0], "weight", nn.Parameter(ag.ones(2, 2))),
    ):
        fast(x), change()
        layer.eval()
        for _ in range(2):
            np.testing.assert_allclose(
                fast(x).detach().numpy(), layer(x).detach().numpy(), rtol=1e-6
            )
        layer.train()
    before = len(fast.programs)
    layer.eval()
    assert fast(x[:3]).shape == (3, 2) and len(fast.programs) == before + 1
    assert list(fast.parameters()) == list(layer.parameters())


def test_what_is_closed_over_is_watched():
    factor = 2.0

    def scaled(x, power=1):
        return (x * factor) ** power

    fast = ag.compile(scaled)
    x = tensor([3.0])
    assert [fast(x).item() for _ in range(2)] == [6.0, 6.0]
    factor = 10.0
    assert [fast(x).item() for _ in range(2)] == [30.0, 30.0]
    assert [fast(x, power=2).item() for _ in range(2)] == [900.0, 900.0]


def test_random_numbers_are_drawn_anew_from_the_generator():
    fast = ag.compile(lambda x: x * ag.rand(3) + ag.randn(3))
    eager = fast.function
    results = []
    for f in (eager, fast):
        ag.manual_seed(0)
        results.append([f(ag.ones(3)).numpy() for _ in range(3)])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-6)


def test_buffers_move_and_arguments_are_changed_in_place():
    models = [nn.BatchNorm1d(3) for _ in range(2)]
    fast = nn.compile(models[0])
    count = tensor(0.0)

    @ag.compile
    def counted(x, count):
        count.add_(1)
        return x * count

    for i in range(1, 4):
        x = ag.randn(5, 3)
        fast(x), models[1](x)
        assert counted(tensor(2.0), count).item() == 2.0 * i == 2 * count.item()
    for a, b in zip(models[0].buffers(), models[1].buffers()):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)


def test_a_tensor_in_two_places_is_another_program():
    w = tensor(5.0)
    fast = ag.compile(lambda x, y: x * 10 + y * w)
    values = [tensor(float(i)) for i in range(1, 5)]
    for x, y in [(0, 0), (0, 1), (1, 1), (2, 3), (2, 2)]:
        assert fast(values[x], values[y]).item() == 10 * (x + 1) + 5 * (y + 1)
    for y in (w, values[0], w, values[1]):
        assert fast(values[0], y).item() == 10 + 5 * y.item()


def test_the_tensor_that_is_given_is_written_and_gradients_go_by_what_it_was():
    def scaled(x, count):
        y = x * (count * 1)
        count.add_(1)
        return y

    fast = ag.compile(scaled)
    for start in (2.0, 5.0, 7.0):
        x, count = tensor(3.0, requires_grad=True), tensor(start)
        y = fast(x, count)
        assert count.item() == start + 1
        assert ag.grad(y, x)[0].item() == start


def test_results_stay_what_they_were():
    fast = ag.compile(lambda x: (x * 2, (x * 2) + 1, x.T, x))
    kept = [fast(ag.full((2, 2), float(i))) for i in range(4)]
    for i, (a, b, c, d) in enumerate(kept):
        assert (a.numpy() == 2 * i).all() and (b.numpy() == 2 * i + 1).all()
        assert (c.numpy() == i).all() and (d.numpy() == i).all()


def test_nothing_of_the_first_call_is_kept():
    fast = ag.compile(lambda x: (x * 2).exp().sum())
    x = ag.ones(3).requires_grad_()
    dead = [weakref.ref(x), weakref.ref(fast(x).node)]
    del x
    gc.collect()
    assert [reference() for reference in dead] == [None, None]
    x = ag.ones(3).requires_grad_()
    (g,) = ag.grad(fast(x), x, create_graph=True)
    assert ag.grad(g.sum(), x)[0].numpy() == pytest.approx(4 * np.exp(2.0))


def test_structures_go_in_and_out():
    fast = ag.compile(lambda tree, flag: {"sum": tree["a"] + tree["b"][0], "flag": [flag, None]})
    for flag in (True, False, True):
        out = fast({"a": tensor(1.0), "b": (tensor(2.0),)}, flag)
        assert out["sum"].item() == 3.0 and out["flag"] == [flag, None]
    assert len(fast.programs) == 2


def test_as_decorator_and_method():
    class Model:
        @ag.compile(backend="numpy")
        def double(self, x):
            return x * 2

    model = Model()
    assert [model.double(tensor(3.0)).item() for _ in range(2)] == [6.0, 6.0]
    with pytest.raises(ValueError, match="backend is one of"):
        ag.compile(lambda x: x, backend="abacus")


def test_threads_do_not_share_buffers():
    fast = ag.compile(lambda x: ((x * 2 + 1).tanh() @ x).sum())
    xs = [ag.randn(30, 30) for _ in range(8)]
    expected = [fast.function(x).item() for x in xs]
    wrong = []

    def work(i):
        for _ in range(30):
            if not np.isclose(fast(xs[i]).item(), expected[i], rtol=1e-4):
                wrong.append(i)

    fast(xs[0])
    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(xs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- exact or loud --------------------------------------------------------------------------------

DECISIONS = {
    "if": lambda x: x * 2 if x.sum() > 1 else x,
    "item": lambda x: x * x.max().item(),
    "float": lambda x: x * float(x.sum()),
    "numpy": lambda x: x * np.abs(x.detach().numpy()).max(),
    "array": lambda x: x[np.array(x.detach() > 0)],
    "a mask": lambda x: x[x > 0].sum() / x[x > 0].numel(),
    "a view": lambda x: (y := x * 1, y[0].mul_(2), y.sum())[-1],
    "backward": lambda x: (x * 2).sum().backward(),
    "drawn unseen": lambda x: x * ag.empty(2).exponential_(),
    "drawn by a tensor": lambda x: x * ag.bernoulli(x.sigmoid()),
}


@pytest.mark.filterwarnings("ignore::autograd_engine.DetachedWarning")
@pytest.mark.parametrize("how", DECISIONS)
def test_what_a_program_cannot_follow_is_refused(how):
    fast = ag.compile(DECISIONS[how])
    with pytest.raises(TraceError):
        fast(tensor([1.0, 2.0], requires_grad=True))
    assert not fast.programs


def test_the_line_is_named():
    def careful(loss):
        if loss > 1:  # here
            return loss * 2
        return loss

    with pytest.raises(TraceError, match=r"test_compile.py:\d+: if loss > 1:  # here"):
        ag.compile(careful)(tensor(2.0))


def test_a_target_that_is_no_class_is_refused_in_each_call():
    fast = ag.compile(nn.functional.cross_entropy)
    x, y = ag.randn(4, 3), tensor([0, 1, 2, 0])
    for wrong in (1, -100, -1, 3, 2, -1):
        y[1] = wrong
        if wrong in (-1, 3):
            for _ in range(2):
                with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds"):
                    fast(x, y)
        else:
            np.testing.assert_allclose(fast(x, y), nn.functional.cross_entropy(x, y), rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_single_numbers_are_pythons_and_end_where_numpys_do(dtype):
    """Also where Python's have no number: what overflows on the way, divisions by zero, logarithms
    of negative numbers, comparisons with NaN.
    """
    least = np.finfo(dtype).tiny

    def f(x):
        a, b, c = x.unbind()
        s = (a * b + a - c) * a + b
        p = b.exp() + a.tanh() * c.sqrt() + c.log() + a / b + a.square() + b.sin() * c.cos()
        p = p + (a / least) * (b * least) + a.abs() ** b + c.log1p() + b.expm1()
        p = p + ag.maximum(a, b) - ag.minimum(b, c) + ag.where(a > b, a, -c)
        return ag.stack([(s - 1).relu() * p, s, (a >= 0) * (b != c) * s]), a <= b, p

    fast = ag.compile(lambda x: ag.vjp(lambda x: f(x)[0], x)[1](ag.ones(3, dtype=dtype)))
    values = ag.compile(f)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1 / least, least, 100.0, 710.0]
    rows = [[0.5, 2.0, 1.5], *([0.5, y, 2.0] for y in special), *([x, 0.5, x] for x in special)]
    for row in rows:
        x = tensor(row, dtype=dtype)
        values(x), fast(x)
        found, exact = [*values(x), *fast(x)], [*f(x), *fast.function(x)]
        for a, b in zip(found, exact, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-4, 1e-5)
        (program,) = values.programs.values()
        (stretch,) = [x for x in program.forward._space.values() if hasattr(x, "misses")]
        assert row != rows[0] or not stretch.misses
        stretch.misses = 0  # the next row is tried too


def test_decisions_of_libraries_are_looked_at_again():
    def clipped(x):
        if ag.decide(lambda x: bool((x > 0).all()), x):
            return x.log()
        return x * 0

    fast = ag.compile(clipped)
    values = [fast(tensor(v)).item() for v in (1.0, 2.0, -1.0, -2.0, 2.0)]
    np.testing.assert_allclose(values, np.log([1.0, 2.0, 1.0, 1.0, 2.0]), rtol=1e-6)
    assert fast.report().startswith("2 programs")  # the first serves again


def test_a_mask_that_is_given_chooses_as_many_elements_or_is_another_program():
    mask = tensor([True, False, True])
    fast = ag.compile(lambda x: (x[mask] ** 2).sum())
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    for chosen in ([1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1], [0, 1, 0], [0, 0, 0]):
        mask.copy_(tensor(chosen) > 0)
        (g,) = ag.grad(fast(x), x)
        assert (g.numpy() == 2 * x.detach().numpy() * chosen).all()


def test_the_report_says_what_runs_as_in_eager_mode():
    fast = ag.compile(lambda x: (x.tanh() * x).sum() + x.cumsum(0).sum())
    fast(ag.ones(3, 4))
    report = fast.report()
    assert "(float32[3, 4]): " in report and "cumsum ×1" in report
    assert "bytes of buffers" in report


# --- training -------------------------------------------------------------------------------------


OPTIMIZERS = {
    "SGD": lambda params: nn.optim.SGD(params, lr=0.1),
    "momentum": lambda params: nn.optim.SGD(params, 0.05, 0.9, 0.1, 0.01),
    "Nesterov": lambda params: nn.optim.SGD(params, 0.05, 0.9, nesterov=True),
    "Adam": lambda params: nn.optim.Adam(params, lr=0.1),
    "AMSGrad": lambda params: nn.optim.Adam(params, 0.1, weight_decay=0.1, amsgrad=True),
    "AdamW": lambda params: nn.optim.AdamW(params, 0.1, maximize=True),
    "RMSprop": lambda params: nn.optim.RMSprop(params, 0.02, weight_decay=0.1),
    "RMSprop, all": lambda params: nn.optim.RMSprop(params, 0.02, momentum=0.5, centered=True),
    "Adagrad": lambda params: nn.optim.Adagrad(params, 0.1, lr_decay=0.1, weight_decay=0.1),
    "Adadelta": lambda params: nn.optim.Adadelta(params, 0.5, maximize=True),
    "Adamax": lambda params: nn.optim.Adamax(params, 0.05, weight_decay=0.1),
    "Lion": lambda params: nn.optim.Lion(params, 0.05, weight_decay=0.1),
    "Rprop": lambda params: nn.optim.Rprop(params, lr=0.1),
}


def trained(step_of, optimizer_of, steps=6):
    """Losses, parameters, their gradients and the state of the optimizer after some steps, in
    which the learning rate falls.
    """
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = optimizer_of(model.parameters())
    schedule = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    step = step_of(model, nn.MSELoss(), optimizer)
    losses = []
    for _ in range(steps):
        losses.append(step(ag.randn(5, 3), ag.randn(5, 2)).item())
        schedule.step()
    params = [p.detach().numpy() for p in model.parameters()]
    grads = [p.grad.numpy() for p in model.parameters()]
    return losses, params, grads, optimizer.state_dict()["state"]


def by_hand(model, loss, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.detach()

    return step


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_compiled_step_is_a_step(name):
    losses, params, grads, state = trained(by_hand, OPTIMIZERS[name])
    found = trained(nn.training.compiled_step, OPTIMIZERS[name])
    np.testing.assert_allclose(found[0], losses, rtol=1e-4)
    for a, b in zip([*params, *grads], [*found[1], *found[2]]):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-5)
    for i, entry in state.items():
        for key, value in entry.items():
            np.testing.assert_allclose(found[3][i][key], value, rtol=1e-3, atol=1e-5)
    with pytest.raises(TypeError, match="several times"):
        trained(nn.training.compiled_step, lambda params: nn.optim.LBFGS(params))


@pytest.mark.parametrize("held", [["weight", "bias"], ["weight"]])
def test_a_compiled_step_calls_the_hooks_on_parameters(held):
    """Those that change a gradient on its way, and those that wait for it; both may go again. The
    parameter of one that waits need not be the optimizer's.
    """

    def with_hooks(step_of):
        ag.manual_seed(1)
        model = nn.Linear(3, 2)
        optimizer = nn.optim.SGD([getattr(model, name) for name in held], lr=0.1)
        step = step_of(model, nn.MSELoss(), optimizer)
        x, y = ag.randn(5, 3), ag.randn(5, 2)
        sizes = []
        losses = [step(x, y).item()]
        handles = [
            model.bias.register_post_accumulate_grad_hook(
                lambda p: sizes.append(p.grad.norm().item())
            ),
        ]
        if "bias" in held:
            handles.append(model.weight.register_hook(lambda g: g * 2))
        losses += [step(x, y).item() for _ in range(2)]
        for handle in handles:
            handle.remove()
        losses += [step(x, y).item() for _ in range(2)]
        return [*losses, *sizes], step

    expected, _ = with_hooks(by_hand)
    found, step = with_hooks(nn.training.compiled_step)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert len(expected) == 7 and step.report().startswith("2 steps as in eager mode")


def test_a_compiled_step_follows_what_is_done_to_the_optimizer():
    """Options that change or vanish, memory that is replaced, parameters that are frozen, a loaded
    state: each time the numbers of the steps by hand.
    """
    changes = [
        lambda model, optimizer: optimizer.param_groups[0].update(lr=0.3),
        lambda model, optimizer: optimizer.param_groups[0].update(weight_decay=0.1),
        lambda model, optimizer: setattr(model.weight, "data", model.weight.detach() * 2),
        lambda model, optimizer: optimizer.load_state_dict(optimizer.state_dict()),
        lambda model, optimizer: model.bias.requires_grad_(False),
        lambda model, optimizer: model.bias.requires_grad_(True),
        lambda model, optimizer: optimizer.state[model.weight]["exp_avg"].mul_(0.5),
        lambda model, optimizer: optimizer.step(),
        lambda model, optimizer: optimizer.zero_grad(),
    ]
    rows = []
    for step_of in (by_hand, nn.training.compiled_step):
        ag.manual_seed(0)
        model = nn.Linear(3, 2)
        optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
        step = step_of(model, nn.MSELoss(), optimizer)
        losses = []
        for change in changes:
            losses += [step(ag.randn(5, 3), ag.randn(5, 2)).item() for _ in range(2)]
            change(model, optimizer)
        rows.append(losses)
    np.testing.assert_allclose(rows[1], rows[0], rtol=1e-4)


def test_parts_that_are_changed_in_place_are_part_of_the_program():
    def changed(x):
        y = x * 2
        y[0] += 1
        y[1:] *= y[0]
        y[:, 1] /= 3
        return (y * y,)

    compiled = ag.compile(changed)
    for x in (np.arange(6.0).reshape(3, 2), np.ones((3, 2))):
        close(with_gradients(compiled, [x]), with_gradients(changed, [x]))
        close([compiled(tensor(x))[0].numpy()], [changed(tensor(x))[0].numpy()])


@pytest.mark.parametrize("name", ["sum", "amax", "amin", "softmax", "log_softmax"])
def test_what_reduces_two_or_three_elements_looks_at_those_of_each_call(name):
    """Columns are laid out once: they have to be views, of whatever layout."""
    for shape in ((3,), (2, 3), (3, 2), (2, 3, 2)):
        for dim in range(len(shape)):
            for keepdim in (False, True):
                options = {} if "softmax" in name else {"keepdim": keepdim}

                def function(x, dim=dim, options=options):
                    return getattr(ag, name)((x * 2).mT if x.ndim > 1 else x * 2, dim, **options)

                program = ag.compile(function)
                for n in range(2):
                    x = ag.tensor(np.random.default_rng(n).normal(size=shape))
                    np.testing.assert_allclose(program(x), function(x), rtol=1e-12)


def test_a_result_whose_graph_was_swept_inside_is_returned_without_one():
    """A step of training that returns its loss and its gradients, as one writes it by hand."""
    model = nn.Linear(3, 2)

    def step(x):
        loss = model(x).square().mean()
        return loss, *ag.grad(loss, list(model.parameters()))

    fast = ag.compile(step)
    for _ in range(3):
        x = ag.randn(4, 3)
        found = fast(x)
        close([a.detach().numpy() for a in found], [b.detach().numpy() for b in step(x)], 1e-5)
    assert len(fast.programs) == 1
    with pytest.raises(ag.GraphError):
        found[0].backward()


def test_a_graph_that_was_swept_before_is_no_matter_of_the_program():
    """Gradients up to a tensor whose own graph is gone are there as in eager mode."""
    h = ag.randn(4, requires_grad=True).exp()
    h.sum().backward()

    def f(x):
        return (x * 2 + h).sin().sum()

    for fast in (ag.compile(f), ag.compile(lambda x: f(x) * 1)):
        for _ in range(3):
            found, expected = ag.grad(fast(h), h), ag.grad(f(h), h)
            close([found[0].numpy()], [expected[0].numpy()], 1e-6)
