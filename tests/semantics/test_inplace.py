"""Writing in place: refused on leaves, recorded on results, and never silently different where
memory is shared.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import no_grad, tensor

from .making import WRITES, leaf

# --- in-place on leaves ---------------------------------------------------------------------------

LEAF_WRITES = (
    WRITES
    | {
        name: (lambda t, name=name: getattr(t, name)())
        for name in "exp_ sqrt_ neg_ abs_ relu_ sin_ tanh_ reciprocal_ square_".split()
    }
    | {
        "clamp_": lambda t: t.clamp_(0, 1),
        "pow_": lambda t: t.pow_(2),
        "sub_": lambda t: t.sub_(1),
        "div_": lambda t: t.div_(2),
        "isub": lambda t: t.__isub__(1),
        "imul": lambda t: t.__imul__(2),
        "itruediv": lambda t: t.__itruediv__(2),
        "ipow": lambda t: t.__ipow__(2),
        "setitem_all": lambda t: t.__setitem__(slice(None), 0),
        "setitem_mask": lambda t: t.__setitem__(tensor([True, False, True]), 0),
        "through_transpose": lambda t: t.T.add_(1),
    }
)
LEAF_WRITES.pop("through_detach")


@pytest.mark.parametrize("write", LEAF_WRITES)
@pytest.mark.filterwarnings("ignore:.*T")
def test_writing_into_a_leaf_that_requires_gradients_raises_before_changing_it(write):
    x = leaf(1.0, 2.0, 3.0)
    with pytest.raises(RuntimeError, match="leaf"):
        LEAF_WRITES[write](x)
    np.testing.assert_array_equal(x.detach().numpy(), [1, 2, 3])
    assert x.is_leaf and x.grad_fn is None
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 4, 6])


@pytest.mark.parametrize("write", LEAF_WRITES)
def test_writing_into_a_leaf_under_no_grad_keeps_it_a_leaf(write):
    x = leaf(1.0, 2.0, 3.0)
    with no_grad():
        LEAF_WRITES[write](x)
    assert x.is_leaf and x.requires_grad and x.shape == (3,) and x.dtype == "float64"
    assert not np.array_equal(x.detach().numpy(), [1, 2, 3]) or write in ("abs_", "relu_")
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.detach().numpy())


STEPS = {
    "sub_": lambda p: p.sub_(p.grad * 0.5),
    "isub": lambda p: p.__isub__(0.5 * p.grad),
    "data_isub": lambda p: p.data.__isub__(0.5 * p.grad),
    "data_add_": lambda p: p.data.add_(-0.5 * p.grad),
    "data_slice": lambda p: p.data.__setitem__(..., p - 0.5 * p.grad),
    "alpha": lambda p: p.data.add_(p.grad, alpha=-0.5),
    "copy_": lambda p: p.copy_(p - 0.5 * p.grad),
    "scale": lambda p: p.sub_(p.grad.mul_(0.5)),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_step_of_a_hand_written_optimizer_updates_the_parameter_in_its_own_memory(name):
    p = leaf(1.0, 2.0)
    memory = p.detach().numpy()
    (p * p).sum().backward()
    with no_grad():
        STEPS[name](p)
    np.testing.assert_array_equal(memory, [0, 0])
    assert p.is_leaf and p.requires_grad and np.shares_memory(p.detach().numpy(), memory)


def test_writing_into_a_tensor_without_gradients_is_plain_arithmetic():
    x = tensor([1.0, 2.0])
    view = x[:1]
    x += 1
    x *= 2
    np.testing.assert_array_equal(view.numpy(), [4])
    assert x.is_leaf and not x.requires_grad


def test_a_write_that_does_not_fit_is_refused():
    x = tensor([1, 2, 3])
    with pytest.raises((TypeError, RuntimeError)):
        x += 0.5
    with pytest.raises((TypeError, RuntimeError)):
        x.div_(2)
    with pytest.raises((ValueError, RuntimeError)):
        x += ag.ones((2, 3), dtype="int64")
    np.testing.assert_array_equal(x.numpy(), [1, 2, 3])
    assert x.dtype == "int64"


# --- in-place on results --------------------------------------------------------------------------


def add_twice(m, h, x):
    h += x
    h += 1
    return h


def chain_of_methods(m, h, x):
    return h.mul_(x).add_(1).pow_(2)


def set_element(m, h, x):
    h[0] = x[1] * 3
    return h


def set_slice(m, h, x):
    h[1:] = x[:2] * 3
    return h


def set_from_itself(m, h, x):
    h[:2] = h[1:] * 2
    return h


def set_mask(m, h, x):
    h[h > 3] = x[0]
    return h


def set_broadcast(m, h, x):
    h[...] = x.sum()
    return h


def set_constant(m, h, x):
    h[1] = 0.0
    return h * h


def augmented_element(m, h, x):
    h[1] *= x[2]
    return h


def augmented_slice(m, h, x):
    h[:2] += x[1:]
    return h


def used_before_and_after(m, h, x):
    before = h + x
    h.mul_(3)
    return before * h


def write_into_view(m, h, x):
    v = h[1:]
    v.mul_(x[1:])
    return m.cat([h, v])


def write_under_view(m, h, x):
    v = h[1:]
    h.mul_(x)
    return m.cat([h, v])


def write_into_reshape(m, h, x):
    v = h.reshape(3, 1)
    v.add_(x.reshape(3, 1))
    return h * v.reshape(3)


def write_under_transpose(m, h, x):
    a = h.reshape(1, 3)
    b = a.transpose(0, 1)
    a.mul_(2)
    return (b @ a).sum(0) * h


def view_of_view(m, h, x):
    v = h[:2][:1]
    v.fill_(5)
    return h * x + v


def set_element_of_view(m, h, x):
    v = h[:2]
    v[0] = x[2]
    return h * v[0]


def write_into_sibling_view(m, h, x):
    a, b = h[:2], h[1:]
    a.mul_(x[:2])
    return m.cat([a, b, h])


def write_into_unsqueeze(m, h, x):
    v = h.unsqueeze(0)
    v.mul_(2)
    return h + v.squeeze(0)


def write_into_expanded(m, h, x):
    return h.unsqueeze(0).expand(2, 3).mul_(2)


def write_into_detached(m, h, x):
    d = h.detach()
    d.mul_(2)
    return h + x


def view_dropped_before_the_write(m, h, x):
    v = h[1:]
    del v
    h.mul_(x)
    return h


def write_into_dropped_view(m, h, x):
    h[1:].mul_(x[1:])
    h.reshape(3).add_(1)
    return h


def constant_becomes_a_result(m, h, x):
    buffer = m.zeros(3, dtype=m.float64) if hasattr(m, "float64") else m.zeros(3, dtype="float64")
    buffer[1] = x[0] * 2
    buffer[2:] = h[:1]
    buffer += x
    return buffer


def constant_becomes_a_result_under_a_view(m, h, x):
    buffer = m.zeros(3, dtype=m.float64) if hasattr(m, "float64") else m.zeros(3, dtype="float64")
    view = buffer[:2]
    buffer.add_(x)
    return m.cat([view * view, buffer])


def constant_becomes_a_result_through_a_view(m, h, x):
    buffer = m.zeros(3, dtype=m.float64) if hasattr(m, "float64") else m.zeros(3, dtype="float64")
    buffer[1:].add_(x[1:])
    return buffer * buffer


IN_PLACE = [
    add_twice,
    chain_of_methods,
    set_element,
    set_slice,
    set_from_itself,
    set_mask,
    set_broadcast,
    set_constant,
    augmented_element,
    augmented_slice,
    used_before_and_after,
    view_dropped_before_the_write,
    constant_becomes_a_result,
]
SHARED = [
    write_into_view,
    write_under_view,
    write_into_reshape,
    write_under_transpose,
    view_of_view,
    set_element_of_view,
    write_into_sibling_view,
    write_into_unsqueeze,
    write_into_expanded,
    write_into_detached,
    write_into_dropped_view,
    constant_becomes_a_result_under_a_view,
    constant_becomes_a_result_through_a_view,
]


@pytest.mark.parametrize("program", IN_PLACE, ids=lambda f: f.__name__)
def test_writing_into_a_result_is_recorded_as_in_pytorch(program, agrees):
    agrees(lambda m, x: program(m, x * 2, x), [1.0, 2.0, 3.0])


@pytest.mark.parametrize("program", SHARED, ids=lambda f: f.__name__)
def test_writing_where_memory_is_shared_is_as_in_pytorch_or_refused(program, agrees):
    try:
        agrees(lambda m, x: program(m, x * 2, x), [1.0, 2.0, 3.0])
    except RuntimeError as refusal:
        assert (
            "view" in str(refusal)
            or "memory" in str(refusal)
            or "modified" in str(refusal)
            or "in-place" in str(refusal)
        )


@pytest.mark.parametrize(
    "write, slope",
    [
        (lambda h: h.__imul__(h), lambda x: 8 * x),
        (lambda h: h.exp_().mul_(3), lambda x: 6 * np.exp(2 * x)),
        (lambda h: h.sqrt_().add_(h), lambda x: 2 / np.sqrt(2 * x)),
    ],
    ids=["square", "exp", "sqrt"],
)
def test_writing_over_a_saved_result_is_right_or_refused(write, slope):
    x = leaf(1.0, 2.0, 3.0)
    try:
        write(x * 2).sum().backward()
    except RuntimeError as refusal:
        assert "changed" in str(refusal)
        return
    np.testing.assert_allclose(x.grad.numpy(), slope(np.array([1.0, 2, 3])))


def test_a_refused_write_changes_nothing():
    x = leaf(1.0, 2.0, 3.0)
    h = x * 2
    v = h[1:]
    try:
        h.mul_(3)
    except RuntimeError:
        np.testing.assert_array_equal(h.detach().numpy(), [2, 4, 6])
    np.testing.assert_array_equal(v.detach().numpy(), h.detach().numpy()[1:])
    (h.sum() + v.sum()).backward()
    scale = h.detach().numpy()[0] / 2
    np.testing.assert_array_equal(x.grad.numpy(), [2 * scale, 4 * scale, 4 * scale])


def test_a_rebound_result_is_the_same_object_with_a_new_history():
    x = leaf(1.0, 2.0)
    h = x * 2
    alias, before = h, h.grad_fn
    h += 1
    assert h is alias and h.grad_fn is not before and not h.is_leaf
    assert h.mul_(2) is h


DETACHED_WRITES = {
    "setitem": lambda d, x: d.__setitem__(0, x.sum()),
    "sub_": lambda d, x: d.sub_(x * 0.5),
    "isub": lambda d, x: d.__isub__(x * 0.5),
    "copy_": lambda d, x: d.copy_(x * 3),
}


@pytest.mark.parametrize("through", ["data", "detach"])
@pytest.mark.parametrize("name", DETACHED_WRITES)
def test_a_recorded_write_through_a_detached_tensor_leaves_the_leaf_a_leaf(name, through):
    w, x = leaf(1.0, 2.0), leaf(3.0, 4.0)
    detached = w.data if through == "data" else w.detach()
    try:
        DETACHED_WRITES[name](detached, x)
    except RuntimeError:
        np.testing.assert_array_equal(w.detach().numpy(), [1, 2])
    assert w.is_leaf and w.grad_fn is None
    (w * 5).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [5, 5])
    assert x.grad is None


def test_a_recorded_write_through_a_detached_tensor_does_not_reach_the_graph_of_the_result_it_came_from():
    w, x = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = w * 1
    d = h.detach()
    try:
        d.mul_(x)
    except RuntimeError:
        np.testing.assert_array_equal(h.detach().numpy(), [1, 2])
    (h * 5).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [5, 5])
    assert x.grad is None


def test_a_decayed_step_on_data_keeps_the_parameter_trainable():
    p = leaf(1.0, 2.0)
    for _ in range(2):
        p.grad = None
        (p * p).sum().backward()
        p.data -= 0.1 * (p.grad + 0.5 * p)
    assert p.is_leaf and p.grad_fn is None
    np.testing.assert_allclose(p.detach().numpy(), [0.75**2, 2 * 0.75**2])


# --- views of results -----------------------------------------------------------------------------

VIEW_WRITES = {
    "a row times a number": lambda m, x: x[0].mul_(3),
    "a row, augmented": lambda m, x: x.__setitem__(0, x[0].__imul__(3)),
    "a reshape": lambda m, x: x.view(-1)[1:4].mul_(3),
    "a transpose": lambda m, x: x.t()[0].mul_(3),
    "a diagonal": lambda m, x: x.diagonal().add_(1),
    "a filled column": lambda m, x: x[:, 1].fill_(2.0),
    "the whole": lambda m, x: x.mul_(3),
    "assigned": lambda m, x: x.__setitem__(1, 2.0),
    "a narrowed part": lambda m, x: x.narrow(0, 1, 2).copy_(x.new_tensor([[5.0, 6.0], [7, 8]])),
    "a row into another": lambda m, x: x.__setitem__(0, x[1]),
    "rows into others": lambda m, x: x.__setitem__(slice(0, 1), x[1:2]),
    "a row added to another": lambda m, x: x[0].add_(x[1]),
    "filled where a mask holds": lambda m, x: x.masked_fill_(x > 2, x[0, 1]),
    "the same memory added": lambda m, x: x.add_(x.view_as(x)),
    "a named operand": lambda m, x: x[2].add_(other=x[0]),
}


@pytest.mark.parametrize("name", VIEW_WRITES)
def test_a_write_through_a_view_reaches_the_base_and_the_gradient_it_retains(name, torch):
    def run(m):
        w = m.tensor(np.arange(1.0, 7.0).reshape(3, 2), requires_grad=True)
        x = w * 1
        x.retain_grad()
        VIEW_WRITES[name](m, x)
        ((x**3).sum() + (x[0] * x[1]).sum()).backward()
        return x.detach(), x.grad, w.grad

    for mine, other in zip(run(ag), run(torch)):
        np.testing.assert_allclose(mine, other)


def _written_view(m, x):
    y = x[0]
    y.add_(1)
    return y


def _operand_kept(m, x):
    y = x[1]
    x[0] = y
    return y


def _view_of_nobodys(m, x):
    y = (x * 1).T
    y[0].mul_(3)
    return y


def _every_second_of_nobodys(m, x):
    y = (x * 1)[::2].T
    y[0, :1].mul_(3)
    y[1] = y[0]
    return y


@pytest.mark.parametrize(
    "program",
    [_written_view, _operand_kept, _view_of_nobodys, _every_second_of_nobodys],
    ids=lambda f: f.__name__,
)
def test_views_that_go_on_living_see_the_write(program, torch):
    def run(m):
        w = m.tensor(np.arange(1.0, 7.0).reshape(3, 2), requires_grad=True)
        x = w * 1
        x.retain_grad()
        y = program(m, x)
        ((x**3).sum() + (y**2).sum()).backward()
        return x.detach(), y.detach(), x.grad, w.grad

    for mine, other in zip(run(ag), run(torch)):
        np.testing.assert_allclose(mine, other)


@pytest.mark.parametrize("change", ["t_", "unsqueeze_"])
def test_a_tensor_whose_shape_changes_in_place_goes_on_retaining_its_gradient(change):
    w = leaf([[1.0, 2.0, 3.0]])
    x = w * 2
    x.retain_grad()
    getattr(x, change)(*([0] if change == "unsqueeze_" else []))
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * x.detach())
    np.testing.assert_array_equal(w.grad, 8 * w.detach())


WATCHED = {
    "the base": lambda m, x, views: x.mul_(2),
    "a part of the base": lambda m, x, views: x.__setitem__(0, x[1] * 2),
    "one view": lambda m, x, views: views["row"].mul_(3),
    "one view, then another": lambda m, x, views: (views["row"].add_(1), views["column"].mul_(2)),
    "a view of a view": lambda m, x, views: views["row"][1:].mul_(x[0, 0].item()),
    "a row into another": lambda m, x, views: x.__setitem__(0, views["last"]),
    "all of them": lambda m, x, views: [view.mul_(2) for view in views.values()],
}


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("name", WATCHED)
def test_every_living_view_sees_a_recorded_write(name, constant, torch):
    """Whether the tensor was in a graph before, or enters one by the write."""

    def run(m):
        w = m.tensor(np.arange(1.0, 7.0).reshape(3, 2), requires_grad=True)
        x = m.tensor(np.arange(1.0, 7.0).reshape(3, 2)) if constant else w * 1
        views = {"row": x[0], "column": x[:, 1], "last": x[2], "flat": x.view(-1), "turned": x.t()}
        if constant:
            x.mul_(w)
        detached, data = x.detach(), x.data
        WATCHED[name](m, x, views)
        parts = [x, *views.values()]
        sum([(i + 1) * (part**2).sum() for i, part in enumerate(parts)]).backward()
        assert all(part.requires_grad for part in parts)
        assert not detached.requires_grad and not data.requires_grad
        return [part.detach() for part in parts] + [w.grad, detached, data]

    ours = run(ag)
    if constant and "view" in name or name == "all of them":
        return  # PyTorch takes such a view for a leaf, until it is looked at
    for mine, other in zip(ours, run(torch), strict=True):
        np.testing.assert_allclose(mine, other)


def test_a_leaf_on_the_memory_of_a_result_stays_a_leaf():
    x = leaf(1.0, 2.0) * 1
    other = x.detach().requires_grad_()
    x.mul_(3)
    assert other.is_leaf and other.requires_grad
    np.testing.assert_array_equal(other.detach(), [3, 6])


def test_views_of_what_nobody_holds_see_each_others_writes_or_refuse():
    h = leaf(1.0, 2.0, 3.0) * 1
    whole, part, apart = h[:], h[1:], h[:1]
    del h
    part.mul_(2)
    np.testing.assert_array_equal(whole.detach(), [1, 4, 6])
    del whole
    apart.mul_(1)  # neither `part` nor `apart` holds the other
    np.testing.assert_array_equal(part.detach(), [4, 6])


def test_dead_views_leave_nothing_behind():
    x = leaf(1.0, 2.0, 3.0) * 1
    for _ in range(1000):
        x[0]
    assert len(x._memory.views) < 50


def test_a_repeated_element_cannot_be_written_while_recording():
    x = leaf(1.0, 2.0, 3.0) * 1
    with pytest.raises(RuntimeError, match="read-only"):
        x.expand(2, 3).mul_(2)
    y = x.clone()
    y.add_(y[:1].expand(3))  # read, it can be an operand
    np.testing.assert_array_equal(y.detach(), [2, 3, 4])
