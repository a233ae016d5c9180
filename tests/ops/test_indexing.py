"""Reading and writing parts: PyTorch's own indexing is the oracle for values (NumPy's where PyTorch
has no step backwards), a count of how often an element is read for gradients.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_engine as ag
from autograd_engine import GraphError, ShapeError, Tensor

from .oracle import agree, draw

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


@st.composite
def indexed(draw_one):
    """A shape and an index that NumPy takes: slices with steps, None, Ellipsis, integers, integer
    and boolean arrays, mixed.
    """
    shape = draw_one(SHAPES)
    kind = draw_one(st.sampled_from(["basic", "integers", "mask", "mixed"]))
    if kind == "basic":
        return shape, draw_one(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "integers":
        return shape, draw_one(hnp.integer_array_indices(shape))
    if kind == "mask":
        return shape, draw_one(hnp.arrays(bool, shape[: draw_one(st.integers(1, len(shape)))]))
    broadcast = draw_one(hnp.array_shapes(max_dims=2, max_side=3))
    ends = st.none() | st.integers(-3, 3)
    item = {
        "slice": lambda n: draw_one(st.builds(slice, ends, ends, st.none() | st.integers(1, 2))),
        "int": lambda n: draw_one(st.integers(-n, n - 1)),
        "0-d": lambda n: np.array(draw_one(st.integers(-n, n - 1))),
        "array": lambda n: draw_one(hnp.arrays(int, broadcast, elements=st.integers(-n, n - 1))),
        "list": lambda n: [draw_one(st.integers(-n, n - 1)) for _ in range(broadcast[-1])],
    }
    items = [
        item[draw_one(st.sampled_from(sorted(item)))](n)
        for n in shape[: draw_one(st.integers(1, len(shape)))]
    ]
    taken = len(items)
    if draw_one(st.booleans()):
        items.insert(draw_one(st.integers(0, len(items))), None)
    if draw_one(st.booleans()):
        first = 0 if taken == len(shape) else len(items)  # before the others it would shift them
        items.insert(draw_one(st.integers(first, len(items))), Ellipsis)
    return shape, tuple(items)


def taken(array, index):
    """What PyTorch reads, an integer beside arrays included; what NumPy reads where that has
    negative steps.
    """
    torch = pytest.importorskip("torch")
    items = index if isinstance(index, tuple) else (index,)
    if any(isinstance(item, slice) and (item.step or 1) < 0 for item in items):
        return array[index]
    items = tuple([torch.tensor(i) if isinstance(i, np.ndarray) else i for i in items])
    return torch.tensor(array)[items].numpy()


def of_tensors(index):
    """The same index with tensors in the place of arrays."""
    items = tuple(
        Tensor(item) if isinstance(item, np.ndarray) else item
        for item in (index if isinstance(index, tuple) else (index,))
    )
    return items if isinstance(index, tuple) else items[0]


@settings(max_examples=120, deadline=None)
@given(indexed(), st.booleans())
def test_reading_is_pytorchs_and_its_gradient_counts(case, tensors):
    shape, index = case
    array = np.arange(float(np.prod(shape))).reshape(shape)
    x = Tensor(array, requires_grad=True)
    y = x[of_tensors(index) if tensors else index]
    expected = taken(array, index)
    np.testing.assert_array_equal(y.detach(), expected)
    assert y.shape == expected.shape
    weights = draw(*y.shape)
    (g,) = ag.grad(y, x, Tensor(weights))
    places = taken(np.arange(array.size).reshape(shape), index).reshape(-1)
    np.testing.assert_allclose(
        g.numpy().reshape(-1), np.bincount(places, weights.reshape(-1), array.size), atol=1e-12
    )


@settings(max_examples=120, deadline=None)
@given(indexed(), st.booleans())
def test_writing_is_pytorchs_and_gradients_go_to_what_is_left(case, tensors):
    shape, index = case
    places = taken(np.arange(int(np.prod(shape))).reshape(shape), index)
    x = Tensor(np.zeros(shape), requires_grad=True)
    v = Tensor(draw(*places.shape), requires_grad=True)
    y = x * 1
    y[of_tensors(index) if tensors else index] = v
    written = np.full(shape, -1)  # which value stands where: the last one
    written.reshape(-1)[places.reshape(-1)] = np.arange(v.numel())
    values = np.append(v.detach().numpy().reshape(-1), 0.0)
    np.testing.assert_array_equal(y.detach(), values[written])
    weights = draw(*shape)
    gx, gv = ag.grad(y, (x, v), Tensor(weights))
    np.testing.assert_array_equal(gx, np.where(written < 0, weights, 0))
    last = np.zeros(
        v.numel()
    )  # each value that is left gets the weight of its place; a value written over gets none
    np.add.at(last, written[written >= 0], weights[written >= 0])
    np.testing.assert_allclose(gv.numpy().reshape(-1), last)


def test_duplicates_accumulate_and_lists_ranges_and_tensors_are_indices():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for index in (
        [0, 0, 1],
        np.array([0, 0, 1]),
        ag.tensor([0, 0, 1]),
        (ag.tensor([0, 0, 1]),),
        [ag.tensor(0), ag.tensor(0), ag.tensor(1)],
    ):
        (g,) = ag.grad(x[index].sum(), x)
        np.testing.assert_array_equal(g, [2, 1, 0])
    np.testing.assert_array_equal(x[range(2)].detach(), [1, 2])
    np.testing.assert_array_equal(x[x > 1.5].detach(), [2, 3])
    np.testing.assert_array_equal(x[ag.tensor(2)].detach(), 3)


MIXED = {
    "an integer, a slice, a list": (0, slice(None), [0, 1]),
    "a list, a slice, an integer": ([0, 1], slice(None), slice(0, 3), -1),
    "a 0-d tensor, None, an array": (np.array(1), None, np.array([1, 0])),
    "an integer between arrays": (slice(None), np.array([0, 1]), 1, np.array([1, 2])),
    "arrays around an empty Ellipsis": (slice(None), np.eye(2, 4, dtype=bool), ..., np.array([1])),
    "an integer, an Ellipsis, a mask": (1, ..., np.array([True, False, True])),
    "a boolean, a slice, an array": (True, slice(None), np.array([0, 1])),
    "arrays of two shapes": (0, np.array([[0], [1]]), slice(1, 3), np.array([0, 2])),
}


@pytest.mark.parametrize("name", MIXED)
def test_an_integer_beside_arrays_takes_no_part_in_their_order(name):
    """As in PyTorch, and to second order; in NumPy it does."""
    torch = pytest.importorskip("torch")
    ours, theirs = [
        tuple([make(item) if isinstance(item, np.ndarray) else item for item in MIXED[name]])
        for make in (Tensor, torch.tensor)
    ]
    x, v = draw(3, 2, 4, 3), draw(*taken(draw(3, 2, 4, 3), MIXED[name]).shape, seed=1)

    def written(index):
        def function(x, v):
            y = x * x
            y[index] = v * v
            return y

        return function

    agree(lambda x: (x * x)[ours], lambda x: (x * x)[theirs], [x])
    agree(written(ours), written(theirs), [x, v])
    plain, other = Tensor(x), torch.tensor(x)
    plain[ours] = 5.0
    other[theirs] = 5.0
    np.testing.assert_array_equal(plain, other)


def test_an_index_of_bytes_says_neither_mask_nor_positions():
    for index in (Tensor([0, 1, 1], dtype="uint8"), np.array([1, 0], "uint8")):
        with pytest.raises(IndexError, match=r"\.bool\(\) or \.long\(\)"):
            ag.zeros(3)[index]
        with pytest.raises(IndexError, match=r"\.bool\(\) or \.long\(\)"):
            ag.zeros(3)[index] = 1.0


def test_an_index_that_changes_afterwards_does_not_change_the_gradient():
    x, index = ag.tensor([1.0, 2.0], requires_grad=True), np.array([0, 0])
    y = x[index].sum()
    index[:] = 1
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 0])


def test_writing_without_a_graph_does_not_copy():
    x = ag.zeros(4)
    memory = x.numpy()
    x[1:3] = 5
    x[ag.tensor([0])] += 1
    assert x.numpy() is memory
    np.testing.assert_array_equal(memory, [1, 5, 5, 0])


def test_errors_leave_the_tensor_as_it_was():
    x = ag.zeros(3)
    with pytest.raises(IndexError):
        x[5] = 1.0
    with pytest.raises(ShapeError):
        x[:2] = ag.ones(3)
    with pytest.raises(IndexError, match="integers or booleans"):
        x[ag.tensor([0.5])]
    with pytest.raises(GraphError, match="leaf"):
        ag.zeros(2, requires_grad=True)[0] = 1.0
    assert not x.numpy().any()


# --- against PyTorch ------------------------------------------------------------------------------

INDEX = np.array([[0, 2, 2], [1, 0, 1]])
ROWS = np.array([2, 0, 2])
MASK = draw(3, 4) > 0


def as_tensors(args, make):
    return [make(a) if isinstance(a, np.ndarray) else a for a in args]


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce(reduce, include_self):
    torch = pytest.importorskip("torch")
    for source in (
        draw(2, 3, seed=1),
        np.round(draw(2, 3, seed=1)),
    ):  # rounded: with ties and zeros
        zeros = not source.all()
        agree(
            lambda x, v: x.scatter_reduce(0, Tensor(INDEX), v, reduce, include_self=include_self),
            lambda x, v: x.scatter_reduce(
                0, torch.tensor(INDEX), v, reduce, include_self=include_self
            ),
            [draw(3, 4), source],
            second=not (reduce == "prod" and zeros),
        )
    whole = np.arange(12).reshape(3, 4)
    ours = Tensor(whole).scatter_reduce(
        0, Tensor(INDEX), Tensor(INDEX), reduce, include_self=include_self
    )
    theirs = torch.tensor(whole).scatter_reduce(
        0, torch.tensor(INDEX), torch.tensor(INDEX), reduce, include_self=include_self
    )
    np.testing.assert_array_equal(ours, theirs)


ZEROS = {
    "one value": ([1.0, 2.0, 3.0], [0.0, 5.0, 7.0, 2.0]),
    "two values": ([1.0, 2.0, 3.0], [0.0, 0.0, 7.0, 2.0]),
    "what stands there": ([0.0, 2.0, 0.0], [4.0, 5.0, 7.0, 2.0]),
    "both": ([0.0, 2.0, 3.0], [0.0, 5.0, 0.0, 2.0]),
    "none": ([1.0, 2.0, 3.0], [4.0, 5.0, 7.0, 2.0]),
}


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("name", ZEROS)
def test_scattered_products_are_differentiated_twice_at_zeros(name, include_self):
    """Against the same products written one by one."""
    index = np.array([0, 0, 2, 0])

    def scattered(x, v):
        return x.scatter_reduce(0, Tensor(index), v, "prod", include_self=include_self)

    def written(x, v):
        first, last = v[0] * v[1] * v[3], v[2]
        if include_self:
            first, last = x[0] * first, x[2] * last
        return ag.stack([first, x[1], last])

    found, expected = [], []
    for function, results in ((scattered, found), (written, expected)):
        xs = [Tensor(np.array(a), requires_grad=True) for a in ZEROS[name]]
        gs = ag.grad(function(*xs), xs, Tensor(draw(3)), create_graph=True)
        total = (gs[0] * draw(3, seed=1)).sum() + (gs[1] * draw(4, seed=2)).sum()
        hs = ag.grad(total, xs, materialize_grads=True)
        results += [*gs, *hs]
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a.detach(), b.detach(), atol=1e-12)


@pytest.mark.parametrize("reduce", ["add", "multiply"])
def test_scatter_with_a_reduction(reduce):
    torch = pytest.importorskip("torch")
    x = draw(3, 4)
    np.testing.assert_allclose(
        ag.scatter(Tensor(x), 0, Tensor(INDEX), 2.0, reduce=reduce),
        torch.scatter(torch.tensor(x), 0, torch.tensor(INDEX), 2.0, reduce=reduce),
    )


@pytest.mark.parametrize("accumulate", [True, False])
@pytest.mark.parametrize("indices", [([0, 2, 1], [1, 1, 0]), ([0, 0, 0], [1, 1, 1])])
def test_index_put(accumulate, indices):
    torch = pytest.importorskip("torch")
    if len(set(indices[0])) == 1 and not accumulate:
        pytest.skip("PyTorch leaves open which of several values stays")
    agree(
        lambda x, v: x.index_put(tuple(map(ag.tensor, indices)), v, accumulate),
        lambda x, v: x.index_put(tuple(map(torch.tensor, indices)), v, accumulate),
        [draw(3, 4), draw(3)],
    )


INPLACE = {
    "scatter_": (1, INDEX, 9.0),
    "scatter_add_": (1, INDEX, draw(2, 3)),
    "index_add_": (0, ROWS, draw(3, 4)),
    "index_fill_": (0, ROWS, 7.0),
    "index_copy_": (0, ROWS[:2], draw(2, 4)),
    "masked_scatter_": (MASK, draw(12)),
    "scatter_reduce_": (0, INDEX, draw(2, 3), "amax"),
    "tril_": (),
    "triu_": (1,),
    "unsqueeze_": (1,),
    "t_": (),
    "transpose_": (0, 1),
}


@pytest.mark.parametrize("name", INPLACE)
def test_in_place(name):
    torch = pytest.importorskip("torch")

    def through(make):
        def function(x):
            y = x * 2
            assert getattr(y, name)(*as_tensors(INPLACE[name], make)) is y
            return y * y

        return function

    agree(through(Tensor), through(torch.tensor), [draw(3, 4)])


def test_named_results_and_order():
    torch = pytest.importorskip("torch")
    x = np.array([[2.0, 1.0, 2.0, np.nan], [1.0, 1.0, 0.0, -np.inf]])
    for descending in (False, True):
        ours, theirs = (
            ag.sort(Tensor(x), dim=1, descending=descending),
            torch.sort(torch.tensor(x), dim=1, descending=descending, stable=True),
        )
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_array_equal(
        ag.topk(Tensor(x), 2).values, torch.topk(torch.tensor(x), 2).values
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_inverse": True},
        {"return_counts": True},
        {"return_inverse": True, "return_counts": True},
        {"dim": 0, "return_inverse": True},
    ],
)
def test_unique(options):
    torch = pytest.importorskip("torch")
    x = np.array([[3, 1, 3], [0, 1, 2], [3, 1, 3]])
    for a, b in zip(ag.unique(Tensor(x), **options), torch.unique(torch.tensor(x), **options)):
        np.testing.assert_array_equal(a, b)


def test_counting():
    torch = pytest.importorskip("torch")
    x, weights = np.array([[3, 1, 3], [3, 1, 1]]), draw(6).astype(np.float32)
    counted = ag.bincount(Tensor(x.ravel()), Tensor(weights))
    np.testing.assert_allclose(
        counted, torch.bincount(torch.tensor(x.ravel()), torch.tensor(weights)), 1e-6
    )
    assert counted.dtype == np.float32
    for limits in ({}, {"min": -0.5, "max": 0.25}, {"min": 3, "max": 3}):
        np.testing.assert_array_equal(
            ag.histc(Tensor(weights), bins=5, **limits),
            torch.histc(torch.tensor(weights), bins=5, **limits),
        )
    assert not hasattr(Tensor, "isin")
    for a, b in zip(
        Tensor(x).unique_consecutive(True, True), torch.tensor(x).unique_consecutive(True, True)
    ):
        np.testing.assert_array_equal(a, b)


def test_asking_about_tensors():
    torch = pytest.importorskip("torch")
    assert (
        ag.is_tensor(ag.ones(2))
        and not ag.is_tensor(np.ones(2))
        and ag.numel(ag.ones(2, 0)) == 0
        and ag.numel(ag.ones(())) == 1
    )
    assert (
        ag.broadcast_shapes((2, 1), (3,), 3) == tuple(torch.broadcast_shapes((2, 1), (3,), 3))
        and ag.broadcast_shapes() == ()
    )
    with pytest.raises(ShapeError, match=r"do not broadcast: \[\(2,\), \(3,\)\]"):
        ag.broadcast_shapes((2,), (3,))
    x = ag.ones(2, requires_grad=True)
    assert ag.clone(x).grad_fn is not None and ag.clone(x).tolist() == x.tolist()


@pytest.mark.parametrize("right", [False, True])
def test_searching(right):
    torch = pytest.importorskip("torch")
    edges, rows, values = (
        np.array([1.0, 3.0, 3.0, 5.0]),
        np.sort(draw(2, 4)),
        np.array([[0.0, 3.0, 9.0], [1.0, 4.0, 5.0]]),
    )
    np.testing.assert_array_equal(
        ag.searchsorted(Tensor(edges), Tensor(values), right=right),
        torch.searchsorted(torch.tensor(edges), torch.tensor(values), right=right),
    )
    np.testing.assert_array_equal(
        ag.searchsorted(Tensor(rows), Tensor(values), right=right),
        torch.searchsorted(torch.tensor(rows), torch.tensor(values), right=right),
    )
    np.testing.assert_array_equal(
        ag.bucketize(Tensor(values), Tensor(edges), right=right),
        torch.bucketize(torch.tensor(values), torch.tensor(edges), right=right),
    )
    assert ag.bucketize(Tensor(values), Tensor(edges), out_int32=True).dtype == np.int32


def test_finding_and_one_hot():
    torch = pytest.importorskip("torch")
    x = np.array([[0, 2, 0], [1, 0, 3]])
    np.testing.assert_array_equal(ag.nonzero(Tensor(x)), torch.nonzero(torch.tensor(x)))
    np.testing.assert_array_equal(ag.argwhere(Tensor(x)), torch.argwhere(torch.tensor(x)))
    for a, b in zip(Tensor(x).nonzero(as_tuple=True), torch.tensor(x).nonzero(as_tuple=True)):
        np.testing.assert_array_equal(a, b)
    one_hot = torch.nn.functional.one_hot
    for classes in (-1, 4, 7):
        np.testing.assert_array_equal(
            ag.one_hot(Tensor(x), classes), one_hot(torch.tensor(x), classes)
        )


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda x: x.gather(0, ag.tensor([[3]])), IndexError, "out of range"),
        (lambda x: x.gather(0, ag.tensor([0])), ShapeError, "gather"),
        (lambda x: x.gather(0, ag.tensor([[0.0]])), IndexError, "integer index"),
        (
            lambda x: x.scatter(0, ag.tensor([[0, 1]]), ag.ones(1, 1)),
            ShapeError,
            "at least the shape of the index",
        ),
        (
            lambda x: x.scatter_reduce(0, ag.tensor([[0]]), x, "median"),
            ValueError,
            "knows the reductions",
        ),
        (lambda x: x.index_select(0, ag.tensor([[0]])), ShapeError, "1-d index"),
        (lambda x: ag.bincount(x), ShapeError, r"integers of at least 0, got float"),
        (lambda x: ag.bincount(ag.tensor([-1])), ShapeError, "at least 0"),
        (
            lambda x: ag.bincount(ag.tensor([1, 2]), ag.ones(3)),
            ShapeError,
            r"shapes \[3\] and \[2\]",
        ),
        (lambda x: x.histc(5, 1, 0), ShapeError, "max to be at least min"),
        (
            lambda x: x.masked_scatter(ag.tensor([True] * 4), ag.ones(2)),
            ShapeError,
            "places to fill",
        ),
        (lambda x: x.topk(5), ShapeError, "cannot take 5"),
        (lambda x: ag.one_hot(ag.tensor([3]), 2), ShapeError, "from 0 to 1"),
        (lambda x: ag.one_hot(ag.tensor([-1])), ShapeError, "class numbers"),
        (lambda x: x.__setitem__(0, None), TypeError, "None cannot be stored"),
        (lambda x: x.masked_select("yes"), TypeError, "boolean mask, got 'yes'"),
        (lambda x: x.masked_scatter(x, x), TypeError, "boolean mask"),
        (lambda x: x.index_copy(0, ag.tensor([1]), ag.ones(4)), ShapeError, r"shape \[1, 4\]"),
        (lambda x: x.index_fill(0, ag.tensor([1]), ag.ones(4)), ShapeError, "one value"),
        (lambda x: x.scatter(0, ag.tensor([[0]])), TypeError, "src"),
    ],
)
def test_errors_say_what_does_not_fit(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.zeros(3, 4))
