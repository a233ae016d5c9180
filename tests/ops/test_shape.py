"""Shape ops against PyTorch: values, derivatives, memory that is shared, and clear errors."""

import time

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor

from .oracle import agree, close, draw

torch = pytest.importorskip("torch")

UNARY = {
    "view": [((6,), (2, -1)), ((2, 3), (6,))],
    "flatten": [((2, 3, 4), ()), ((2, 3, 4), (1,)), ((2, 3, 4), (0, -2)), ((), ())],
    "unflatten": [((2, 6), (1, (2, -1))), ((6,), (0, (2, 3))), ((0, 4), (0, (0, 3)))],
    "ravel": [((2, 3), ()), ((), ()), ((0, 3), ())],
    "squeeze": [((1, 2, 1), ()), ((1, 2, 1), (0,)), ((1, 2, 1), (1,)), ((1, 2, 1), ((0, -1),))],
    "unsqueeze": [((2, 3), (0,)), ((2, 3), (-1,)), ((), (0,))],
    "transpose": [((2, 3, 4), (0, -1))],
    "swapdims": [((2, 3, 4), (0, 2))],
    "movedim": [((2, 3, 4), (0, -1)), ((2, 3, 4), ((0, 1), (-1, 0)))],
    "moveaxis": [((2, 3, 4), (2, 0))],
    "permute": [((2, 3, 4), ((2, 0, 1),))],
    "t": [((2, 3), ()), ((3,), ()), ((), ())],
    "adjoint": [((5, 2, 3), ())],
    "expand": [((3, 1), (-1, 4)), ((3, 1), (2, 3, 4)), ((), (2,))],
    "broadcast_to": [((3, 1), ((2, 3, 4),))],
    "tile": [((2, 3), ((2,),)), ((2, 3), ((2, 1, 2),)), ((), ((3,),))],
    "repeat": [((2, 3), (2, 2)), ((3,), (2, 1, 2)), ((3,), (0, 2))],
    "repeat_interleave": [((2, 3), (2,)), ((2, 3), (2, 1)), ((2, 3), (3, 0))],
    "flip": [((2, 3), ((0,),)), ((2, 3), ((0, -1),))],
    "fliplr": [((2, 3), ())],
    "flipud": [((2, 3), ()), ((3,), ())],
    "rot90": [((2, 3), (k, dims)) for k in (-1, 0, 1, 2, 3) for dims in ((0, 1), (1, 0))],
    "roll": [((2, 3), (1,)), ((2, 3), (-2, 1)), ((2, 3), ((1, 2), (0, 1)))],
    "split": [((5, 2), (2,)), ((5, 2), ([1, 4],)), ((2, 5), (3, 1)), ((0, 2), (2,))],
    "tensor_split": [((7,), (3,)), ((7, 2), ((1, 3),)), ((2, 7), ((2, 9), 1)), ((5,), ((-2,),)), ((5,), ((3, 1),)), ((2,), (3,))],
    "hsplit": [((4, 6), (3,)), ((6,), ((2,),))],
    "vsplit": [((4, 6), (2,))],
    "dsplit": [((2, 2, 4), (2,))],
    "chunk": [((5, 2), (3,)), ((5, 2), (2, 1)), ((5,), (9,))],
    "unbind": [((3, 2), ()), ((3, 2), (1,)), ((2,), ())],
    "narrow": [((5, 2), (0, 1, 3)), ((5, 2), (0, -3, 2)), ((5, 2), (-1, 0, 0))],
    "select": [((5, 2), (0, 1)), ((5, 2), (-1, -1))],
    "diagonal": [((3, 4), ()), ((3, 4), (1,)), ((2, 3, 4), (-1, 0, 2)), ((3, 4), (4,))],
    "diag": [((3,), ()), ((3,), (-1,)), ((3, 4), ()), ((3, 4), (2,))],
    "diag_embed": [((2, 3), ()), ((2, 3), (1,)), ((2, 3), (-1, 0, 2))],
    "diagflat": [((2, 2), ()), ((3,), (1,))],
    "tril": [((3, 4), ()), ((2, 3, 3), (1,)), ((3, 4), (-2,))],
    "triu": [((3, 4), ()), ((2, 3, 3), (1,)), ((3, 4), (-2,))],
    "trace": [((3, 4), ())],
}


@pytest.mark.parametrize("name, shape, args", [(name, *case) for name, cases in UNARY.items() for case in cases])
def test_of_one_tensor(name, shape, args):
    agree(lambda x: getattr(x, name)(*args), lambda x: getattr(x, name)(*args), [draw(*shape)])


JOINS = {
    "cat": [([(2, 3), (1, 3)], {}), ([(2, 1), (2, 2)], {"dim": -1}), ([(0,), (2, 2)], {})],
    "stack": [([(2, 3), (2, 3)], {}), ([(2, 3), (2, 3)], {"dim": -1}), ([(), ()], {})],
    "hstack": [([(2, 1), (2, 3)], {}), ([(2,), (3,)], {}), ([(), (3,)], {})],
    "vstack": [([(2, 3), (1, 3)], {}), ([(3,), (3,)], {})],
    "dstack": [([(2, 3), (2, 3)], {}), ([(3,), (3,)], {})],
    "column_stack": [([(3,), (3, 2)], {}), ([(), ()], {})],
    "atleast_1d": [([()], {}), ([(), (2,)], {})],
    "atleast_2d": [([(3,)], {}), ([(), (2, 2)], {})],
    "atleast_3d": [([(3,)], {}), ([(2, 3), (2, 2, 2)], {})],
}
SPREADS = {
    "broadcast_tensors": [([(3, 1), (2,), ()], {})],
    "meshgrid": [([(2,), (3,)], {"indexing": "ij"}), ([(2,), (3,), (4,)], {"indexing": "xy"}), ([(), (3,)], {"indexing": "ij"})],
    "block_diag": [([(2, 3), (1, 2)], {}), ([(2,), (), (2, 2)], {})],
    "cartesian_prod": [([(2,), (3,)], {}), ([(3,)], {})],
}


@pytest.mark.parametrize("name, shapes, options", [(name, *case) for name, cases in JOINS.items() for case in cases])
def test_of_a_sequence_of_tensors(name, shapes, options):
    arrays = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    agree(lambda *xs: getattr(ag, name)(xs, **options), lambda *xs: getattr(torch, name)(xs, **options), arrays)


@pytest.mark.parametrize("name, shapes, options", [(name, *case) for name, cases in SPREADS.items() for case in cases])
def test_of_several_tensors(name, shapes, options):
    arrays = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    agree(lambda *xs: getattr(ag, name)(*xs, **options), lambda *xs: getattr(torch, name)(*xs, **options), arrays)


@pytest.mark.parametrize("name", ["view_as", "reshape_as", "expand_as"])
def test_in_the_shape_of_another(name):
    target = (6, 1) if name != "expand_as" else (2, 6)
    agree(lambda x, y: getattr(x, name)(y) * y, lambda x, y: getattr(x, name)(y) * y, [draw(6), draw(*target)])


def test_properties():
    x = Tensor(draw(2, 3, 4))
    assert x.mT.shape == x.mH.shape == (2, 4, 3)
    assert x[0].T.shape == x[0].H.shape == (4, 3)
    assert (x.nelement(), x.ndimension()) == (24, 3)


@pytest.mark.parametrize("name", ["cat", "repeat_interleave"])
def test_mixed_and_integer_arguments(name):
    if name == "cat":
        assert ag.cat([Tensor([1, 2]), Tensor([0.5])]).dtype == torch.cat([torch.tensor([1, 2]), torch.tensor([0.5])]).numpy().dtype
    else:
        counts = [0, 2, 1]
        agree(lambda x: x.repeat_interleave(Tensor(counts), 0), lambda x: x.repeat_interleave(torch.tensor(counts), 0), [draw(3, 2)])


VIEWS = [
    lambda x: x.view(4, 3), lambda x: x.reshape(2, 6), lambda x: x.t(), lambda x: x.diagonal(1), lambda x: x.narrow(0, 1, 2), lambda x: x.select(1, 2),
    lambda x: x.unbind(1)[1], lambda x: x.split(2)[0], lambda x: x.unsqueeze(1), lambda x: x.unfold(1, 2, 2), lambda x: x.movedim(0, 1), lambda x: x.flatten(),
    lambda x: x.chunk(2, 1)[1], lambda x: x[0].unbind()[1],
]  # fmt: skip


@pytest.mark.parametrize("part", VIEWS)
def test_views_share_memory_as_in_torch(part):
    """What is written into the base is seen in the view, and for all but overlapping views the other way round."""
    x, t = Tensor(draw(3, 4)), torch.tensor(draw(3, 4))
    y, z = part(x), part(t)
    x.mul_(2.0), t.mul_(2.0)
    np.testing.assert_array_equal(y, z)
    if part is not VIEWS[9]:
        y.add_(1.0), z.add_(1.0)
        np.testing.assert_array_equal(x, t)


CONTIGUOUS = [
    lambda x, i: x.t().contiguous(), lambda x, i: x[:, i], lambda x, i: x.index_select(1, i), lambda x, i: x.t().contiguous().t(),
    lambda x, i: x.repeat_interleave(2, 1), lambda x, i: x[:, ::2], lambda x, i: x.t().clone(),
]  # fmt: skip


@pytest.mark.parametrize("copied", CONTIGUOUS)
def test_copies_lie_in_memory_as_in_torch(copied):
    """So that ``view`` can follow ``contiguous()`` and what chooses elements."""
    x, t = Tensor(draw(3, 4), requires_grad=True), torch.tensor(draw(3, 4), requires_grad=True)
    y, z = copied(x, Tensor([0, 2])), copied(t, torch.tensor([0, 2]))
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

    assert min(seconds(6400) for _ in range(2)) < 40 * min(seconds(400) for _ in range(5))  # 16 times is linear, 256 quadratic


NUMPY = [
    lambda xp, x: xp.transpose(x), lambda xp, x: xp.transpose(x, (1, 0)), lambda xp, x: xp.transpose(x, axes=(-2, -1)),
    lambda xp, x: xp.moveaxis(x, 0, 1), lambda xp, x: xp.squeeze(x[None]), lambda xp, x: xp.ravel(x), lambda xp, x: xp.flip(x), lambda xp, x: xp.flip(x, 0),
    lambda xp, x: xp.fliplr(x), lambda xp, x: xp.rot90(x, k=1), lambda xp, x: xp.roll(x, 1), lambda xp, x: xp.roll(x, 1, axis=0), lambda xp, x: xp.tile(x, (2, 1)),
    lambda xp, x: xp.repeat(x, 2), lambda xp, x: xp.repeat(x, 2, axis=1), lambda xp, x: xp.split(x, 3), lambda xp, x: xp.array_split(x, 2, axis=1),
    lambda xp, x: xp.hsplit(x, 2), lambda xp, x: xp.vsplit(x, 3), lambda xp, x: xp.hstack([x, x]), lambda xp, x: xp.vstack([x, x]), lambda xp, x: xp.dstack([x, x]),
    lambda xp, x: xp.column_stack([x, x]), lambda xp, x: xp.concatenate([x, x], axis=None), lambda xp, x: xp.atleast_3d(x), lambda xp, x: xp.meshgrid(x[0], x[:, 0]),
    lambda xp, x: xp.broadcast_arrays(x, x[0]), lambda xp, x: xp.diag(x, k=1), lambda xp, x: xp.diagonal(x, offset=1, axis1=1, axis2=0), lambda xp, x: xp.diagflat(x),
    lambda xp, x: xp.tril(x, k=-1), lambda xp, x: xp.triu(x, 1), lambda xp, x: xp.trace(x, offset=1), lambda xp, x: xp.expand_dims(x, 1), lambda xp, x: xp.stack([x, x], axis=-1),
    lambda xp, x: xp.take(x, [0, 2], axis=1), lambda xp, x: xp.take(x, [5, -1]), lambda xp, x: xp.sort(x, axis=0), lambda xp, x: xp.sort(x, axis=None),
]  # fmt: skip


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
