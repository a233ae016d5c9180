"""Shape ops: memory that is shared, how copies lie in it, NumPy's functions, linear time, and clear
errors.
"""

import time

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor

from .oracle import agree, close, draw

torch = pytest.importorskip("torch")


def test_properties():
    x = Tensor(draw(2, 3, 4))
    assert x.mT.shape == x.mH.shape == (2, 4, 3)
    assert x[0].T.shape == x[0].H.shape == (4, 3)
    assert (x.nelement(), x.ndimension()) == (24, 3)


@pytest.mark.parametrize("name", ["cat", "repeat_interleave"])
def test_mixed_and_integer_arguments(name):
    if name == "cat":
        assert (
            ag.cat([ag.tensor([1, 2]), ag.tensor([0.5])]).dtype
            == torch.cat([torch.tensor([1, 2]), torch.tensor([0.5])]).numpy().dtype
        )
    else:
        counts = [0, 2, 1]
        agree(
            lambda x: x.repeat_interleave(ag.tensor(counts), 0),
            lambda x: x.repeat_interleave(torch.tensor(counts), 0),
            [draw(3, 2)],
        )


VIEWS = [
    lambda x: x.view(4, 3),
    lambda x: x.reshape(2, 6),
    lambda x: x.t(),
    lambda x: x.diagonal(1),
    lambda x: x.narrow(0, 1, 2),
    lambda x: x.select(1, 2),
    lambda x: x.unbind(1)[1],
    lambda x: x.split(2)[0],
    lambda x: x.unsqueeze(1),
    lambda x: x.unfold(1, 2, 2),
    lambda x: x.movedim(0, 1),
    lambda x: x.flatten(),
    lambda x: x.chunk(2, 1)[1],
    lambda x: x[0].unbind()[1],
]


@pytest.mark.parametrize("part", VIEWS)
def test_views_share_memory_as_in_torch(part):
    """What is written into the base is seen in the view, and for all but overlapping views the
    other way round.
    """
    x, t = Tensor(draw(3, 4)), torch.tensor(draw(3, 4))
    y, z = part(x), part(t)
    x.mul_(2.0), t.mul_(2.0)
    np.testing.assert_array_equal(y, z)
    if part is not VIEWS[9]:
        y.add_(1.0), z.add_(1.0)
        np.testing.assert_array_equal(x, t)


CONTIGUOUS = [
    lambda x, i: x.t().contiguous(),
    lambda x, i: x[:, i],
    lambda x, i: x.index_select(1, i),
    lambda x, i: x.t().contiguous().t(),
    lambda x, i: x.repeat_interleave(2, 1),
    lambda x, i: x[:, ::2],
    lambda x, i: x.t().clone(),
]


@pytest.mark.parametrize("copied", CONTIGUOUS)
def test_copies_lie_in_memory_as_in_torch(copied):
    """So that ``view`` can follow ``contiguous()`` and what chooses elements."""
    x, t = Tensor(draw(3, 4), requires_grad=True), torch.tensor(draw(3, 4), requires_grad=True)
    y, z = copied(x, ag.tensor([0, 2])), copied(t, torch.tensor([0, 2]))
    assert (y.is_contiguous(), y.stride()) == (z.is_contiguous(), z.stride())
    close(y, z)
    if y.is_contiguous():
        (y.view(-1) ** 2).sum().backward(), (z.view(-1) ** 2).sum().backward()
        close(x.grad, t.grad)


def test_rows_of_an_iteration_are_views():
    x = Tensor(draw(3, 2))
    for row in x:
        row.mul_(2.0)
    np.testing.assert_array_equal(x, 2 * draw(3, 2))


@pytest.mark.parametrize("take_apart", [lambda x: x.unbind(), lambda x: x.split(1), list])
def test_many_pieces_cost_linear_time(take_apart):
    def seconds(n):
        x = ag.zeros(n, requires_grad=True)
        start = time.process_time()
        ag.stack(list(take_apart(x))).sum().backward()
        np.testing.assert_array_equal(x.grad, np.ones(n))
        return time.process_time() - start

    assert min(seconds(6400) for _ in range(2)) < 40 * min(
        seconds(400) for _ in range(5)
    )  # 16 times is linear, 256 quadratic


NUMPY = [
    lambda xp, x: xp.transpose(x),
    lambda xp, x: xp.transpose(x, (1, 0)),
    lambda xp, x: xp.transpose(x, axes=(-2, -1)),
    lambda xp, x: xp.moveaxis(x, 0, 1),
    lambda xp, x: xp.squeeze(x[None]),
    lambda xp, x: xp.ravel(x),
    lambda xp, x: xp.flip(x),
    lambda xp, x: xp.flip(x, 0),
    lambda xp, x: xp.fliplr(x),
    lambda xp, x: xp.rot90(x, k=1),
    lambda xp, x: xp.roll(x, 1),
    lambda xp, x: xp.roll(x, 1, axis=0),
    lambda xp, x: xp.tile(x, (2, 1)),
    lambda xp, x: xp.repeat(x, 2),
    lambda xp, x: xp.repeat(x, 2, axis=1),
    lambda xp, x: xp.split(x, 3),
    lambda xp, x: xp.array_split(x, 2, axis=1),
    lambda xp, x: xp.hsplit(x, 2),
    lambda xp, x: xp.vsplit(x, 3),
    lambda xp, x: xp.hstack([x, x]),
    lambda xp, x: xp.vstack([x, x]),
    lambda xp, x: xp.dstack([x, x]),
    lambda xp, x: xp.column_stack([x, x]),
    lambda xp, x: xp.concatenate([x, x], axis=None),
    lambda xp, x: xp.atleast_3d(x),
    lambda xp, x: xp.meshgrid(x[0], x[:, 0]),
    lambda xp, x: xp.broadcast_arrays(x, x[0]),
    lambda xp, x: xp.diag(x, k=1),
    lambda xp, x: xp.diagonal(x, offset=1, axis1=1, axis2=0),
    lambda xp, x: xp.diagflat(x),
    lambda xp, x: xp.tril(x, k=-1),
    lambda xp, x: xp.triu(x, 1),
    lambda xp, x: xp.trace(x, offset=1),
    lambda xp, x: xp.expand_dims(x, 1),
    lambda xp, x: xp.stack([x, x], axis=-1),
    lambda xp, x: xp.take(x, [0, 2], axis=1),
    lambda xp, x: xp.take(x, [5, -1]),
    lambda xp, x: xp.sort(x, axis=0),
    lambda xp, x: xp.sort(x, axis=None),
]


@pytest.mark.parametrize("call", NUMPY)
def test_numpys_functions_dispatch(call):
    array = draw(3, 4)
    results, expected = call(np, Tensor(array, requires_grad=True)), call(np, array)
    for y, z in zip(*([r] if not isinstance(r, (tuple, list)) else r for r in (results, expected))):
        assert isinstance(y, Tensor) and y.requires_grad
        np.testing.assert_array_equal(y.detach(), z)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: x.t().view(-1), "use reshape"),
        (lambda x: x.view(ag.int32), r"takes a shape, got the dtype int32; to\('int32'\)"),
        (lambda x: x.view(-1, 5), r"^view.*12 elements do not fill shape \[-1, 5\]"),
        (lambda x: x.reshape(5), r"^reshape.*12 elements do not fill shape \[5\]"),
        (lambda x: x.reshape(-1, -1), "only one length can be -1"),
        (lambda x: x.unflatten(1, (3, 2)), "unflatten"),
        (lambda x: x.flatten(1, 0), "after end_dim"),
        (lambda x: x.narrow(0, 2, 5), "narrow"),
        (lambda x: x.split([1, 1]), "do not add up"),
        (lambda x: x.hsplit(3), "equal pieces"),
        (lambda x: x.repeat(2), "each of the 2"),
        (lambda x: x.roll((1, 2), 0), "as many shifts"),
        (lambda x: x[None].t(), "at most 2"),
        (lambda x: ag.cat([]), "at least one"),
        (lambda x: ag.stack([x, x[0]]), "one shape"),
        (lambda x: ag.cat([x, x[0]]), "cat"),
        (lambda x: x.movedim((0, 1), 0), "movedim"),
        (lambda x: x.sum().unbind(), "0-d"),
    ],
)
def test_errors_say_what_does_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call(ag.zeros(3, 4))


@pytest.mark.parametrize("name", ["cat", "stack", "hstack", "vstack", "dstack", "column_stack"])
def test_outputs_of_several_parts_are_not_joined_to_one(name):
    """A tuple of tensors among those to be joined is a mistake, and not a further dimension."""
    x = ag.ones(2, 2)
    with pytest.raises(TypeError, match=r"got a tuple of 2 at 1: join each of the outputs"):
        getattr(ag, name)([x, (x, x)])
    assert getattr(ag, name)([x, [[1.0, 1.0], [1.0, 1.0]]]).ndim >= 2
    assert getattr(ag, name)((x, x)).numel() == 8


@pytest.mark.parametrize("axes", [(), (1,), (0, 2, 1), (-1, 1, 2)])
def test_numpys_trace_of_more_than_a_matrix(axes):
    a = draw(2, 3, 4)
    x = Tensor(a, requires_grad=True)
    y = np.trace(x, *axes)
    np.testing.assert_allclose(y.detach(), np.trace(a, *axes))
    weights = draw(*y.shape, seed=1)
    (g,) = ag.grad(y, x, Tensor(weights))
    other = draw(2, 3, 4, seed=2)
    np.testing.assert_allclose((g * other).sum().item(), (np.trace(other, *axes) * weights).sum())
