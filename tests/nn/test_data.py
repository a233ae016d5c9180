"""Data sets, samplers and the loader: PyTorch's batches where the order is fixed, permutations
where it is random.
"""

import threading
from collections import Counter, namedtuple

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from nn.data import WeightedRandomSampler as Weighted
from nn.data.loader import ahead

Point = namedtuple("Point", "x y")


class Squares(Dataset):
    """A data set of the user's own, which gives its samples one by one."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if not 0 <= i < self.n:
            raise IndexError(i)
        return np.full((2, 3), i, np.float32), {"square": i**2, "name": f"no. {i}"}


def plain(value):
    """Tensors of either library as shape, dtype and numbers."""
    if hasattr(value, "numpy"):
        array = np.asarray(value.numpy())
        return ("tensor", array.dtype.name, array.shape, array.tolist())
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [
            "list" if type(value) is tuple else type(value).__name__,
            *map(plain, value),
        ]  # PyTorch makes either of strings
    return value


OPTIONS = [
    {},
    {"batch_size": 4},
    {"batch_size": 4, "drop_last": True},
    {"batch_size": None},
    {"batch_size": 5, "drop_last": True},
    {"batch_size": 3, "sampler": [4, 1, 1, 9]},
    {"batch_sampler": [[1, 2], [5], [9, 0, 3]]},
    {"batch_size": 20},
    {"batch_size": 4, "collate_fn": len},
    {"batch_size": None, "sampler": [3, 1]},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", ["own", "tensors", "subset", "concatenated"])
def test_loader_gives_the_batches_of_pytorch(torch, options, kind, rng):
    x, y = rng.normal(size=(30, 2)).astype("float32"), rng.integers(9, size=30)

    def dataset(data, tensor):
        whole = data.TensorDataset(tensor(x), tensor(y))
        parts = data.Subset(whole, range(5, 20)), data.Subset(whole, [7, 2, 5])
        return {
            "own": Squares(),
            "tensors": whole,
            "subset": parts[0],
            "concatenated": data.ConcatDataset(parts),
        }[kind]

    ours = DataLoader(dataset(nn.data, ag.from_numpy), **options)
    theirs = torch.utils.data.DataLoader(dataset(torch.utils.data, torch.from_numpy), **options)
    assert len(ours) == len(theirs)
    if (
        options.get("batch_size", 1) is None
    ):  # a sample is given as it is: PyTorch makes a list of a tuple, and tensors of arrays
        assert [
            [plain(ag.as_tensor(p) if isinstance(p, np.ndarray) else p) for p in s] for s in ours
        ] == [[*map(plain, s)] for s in theirs]
        return
    for _ in range(2):
        assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]


@pytest.mark.parametrize(
    "samples",
    [
        [1, 2],
        [1.5, 2],
        [True, False],
        ["a", "b"],
        [b"a"],
        [np.float32(1), np.float32(2)],
        [np.zeros((2, 1)), np.ones((2, 1))],
        [(1, "a"), (2, "b")],
        [[1, 2.0], [3, 4.0]],
        [Point(1, 2.0), Point(3, 4.0)],
        [{"x": [1, 2]}, {"x": [3, 4]}],
        [()],
    ],
    ids=str,
)
def test_collate(torch, samples):
    assert plain(default_collate(samples)) == plain(torch.utils.data.default_collate(samples))


@pytest.mark.parametrize(
    "samples, error, message",
    [
        ([(1, 2), (1,)], RuntimeError, "equal size"),
        ([np.zeros(2), np.zeros(3)], RuntimeError, r"\[2\].*\[3\]|shape"),
        ([None], TypeError, "NoneType"),
        ([{"x": object()}], TypeError, "object"),
    ],
)
def test_what_cannot_be_collated(samples, error, message):
    with pytest.raises(error, match=message):
        default_collate(samples)


def test_arrays_and_tensors_are_sliced():
    x = np.arange(10.0).reshape(5, 2)
    for data in (x, ag.tensor(x)):
        first, *_, last = DataLoader(data, batch_size=2)
        assert (
            isinstance(first, ag.Tensor)
            and first.tolist() == x[:2].tolist()
            and last.tolist() == x[4:].tolist()
        )


def test_batches_are_read_at_once_where_the_data_set_can():
    class Counting(TensorDataset):
        calls = 0

        def batch(self, indices):
            Counting.calls += 1
            return super().batch(indices)

        def __getitem__(self, index):
            raise AssertionError("read one by one")

    data = Counting(np.arange(12))
    assert [
        b.tolist()
        for (b,) in DataLoader(Subset(Subset(data, range(2, 12)), range(0, 10, 2)), batch_size=3)
    ] == [[2, 4, 6], [8, 10]]
    assert Counting.calls == 2
    assert not hasattr(Subset(Squares(), [1]), "batch")


def test_tensor_dataset_shares_memory():
    x = np.zeros((3, 2))
    data = TensorDataset(x)
    x[1] = 7
    assert data[1][0].tolist() == [7, 7] and len(data) == 3


# --- random orders --------------------------------------------------------------------------------


def test_shuffled_batches_are_a_new_permutation_each_time():
    loader = DataLoader(TensorDataset(np.arange(100)), batch_size=7, shuffle=True)
    first, second = ([i for (batch,) in loader for i in batch.tolist()] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second and first != list(range(100))


def test_generator_decides_the_order():
    def order(seed):
        return list(
            DataLoader(
                range(50), batch_size=None, shuffle=True, generator=ag.Generator().manual_seed(seed)
            )
        )

    assert order(1) == order(1) != order(2)
    ag.manual_seed(3)
    before = ag.rand(2)
    ag.manual_seed(3)
    order(1)
    assert (ag.rand(2) == before).all(), "the default generator was drawn from"


def test_random_sampler():
    assert Counter(RandomSampler(range(4), num_samples=10)).keys() == {0, 1, 2, 3}
    assert set(Counter(RandomSampler(range(4), num_samples=10)).values()) == {2, 3}, (
        "each comes before one comes again"
    )
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=5000))
    assert len(drawn) == 5000 and all(abs(n - 1000) < 150 for n in Counter(drawn).values())
    assert list(RandomSampler([])) == [] and list(SequentialSampler("abc")) == [0, 1, 2]


def test_weighted_sampler_draws_by_weight():
    drawn = Counter(Weighted([0.0, 1.0, 3.0], 8000))
    assert drawn[0] == 0 and abs(drawn[2] - 6000) < 200
    assert sorted(Weighted([1.0, 5.0, 1.0], 3, replacement=False)) == [0, 1, 2]


@pytest.mark.parametrize(
    "lengths", [[3, 7], [0.5, 0.5], [0.3, 0.3, 0.4], [10], [0.25, 0.25, 0.25, 0.25]]
)
def test_random_split(torch, lengths):
    parts = random_split(range(10), lengths, ag.Generator().manual_seed(1))
    assert [len(p) for p in parts] == [
        len(p) for p in torch.utils.data.random_split(range(10), lengths)
    ]
    assert sorted(i for part in parts for i in part) == list(range(10))
    assert [p.indices for p in parts] == [
        p.indices for p in random_split(range(10), lengths, ag.Generator().manual_seed(1))
    ]


# --- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_threads_keep_the_order(workers):
    loaded = [DataLoader(Squares(23), batch_size=4, num_workers=n) for n in (0, workers)]
    assert [plain(b) for b in loaded[0]] == [plain(b) for b in loaded[1]]


def test_threads_pass_errors_on_and_stop_when_abandoned():
    with pytest.raises(IndexError, match="12"):
        list(DataLoader(Squares(5), batch_size=2, sampler=[1, 2, 3, 12], num_workers=2))
    begun = []
    first = next(iter(ahead(begun.append, range(1000), threads=2)))
    assert first is None and len(begun) < 10


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: TensorDataset(np.zeros(3), np.zeros(4)), r"\[3\], \[4\]"),
        (lambda: TensorDataset(), "nothing"),
        (lambda: TensorDataset(1.0), r"\[\]"),
        (lambda: ConcatDataset([]), "empty"),
        (lambda: random_split(range(10), [3, 3]), r"\[3, 3\] of 10"),
        (lambda: random_split(range(10), [-1, 11]), "-1"),
        (
            lambda: DataLoader(Squares(), shuffle=True, sampler=[1]),
            "mutually exclusive with shuffle",
        ),
        (lambda: DataLoader(Squares(), batch_size=2, batch_sampler=[[1]]), "mutually exclusive"),
        (lambda: DataLoader(Squares(), batch_size=None, drop_last=True), "drop_last"),
        (lambda: DataLoader(Squares(), batch_size=0), "batch_size=0"),
        (lambda: DataLoader(Squares(), num_workers=-1), "-1"),
        (lambda: BatchSampler([1], True, False), "True"),
        (lambda: RandomSampler([1], num_samples=0), "num_samples=0"),
        (lambda: Weighted([1.0], 0), "num_samples=0"),
        (lambda: Weighted([[1.0]], 1), r"\(1, 1\)"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_errors_of_indices_and_of_what_is_not_defined():
    with pytest.raises(IndexError, match="3 samples"):
        ConcatDataset([[1, 2], [3]])[3]
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]
    assert len(Squares(3) + Squares(4)) == 7


# --- streams and workers --------------------------------------------------------------------------


def stream(data, n=11, sized=False):
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter([(np.arange(2.0) + i, i) for i in range(n)])

    class Sized(Stream):
        def __len__(self):
            return n

    return (Sized if sized else Stream)()


STREAMED = [
    {},
    {"batch_size": 4},
    {"batch_size": 4, "drop_last": True},
    {"batch_size": 4, "collate_fn": len},
]


@pytest.mark.parametrize("options", STREAMED, ids=str)
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ["one", "chain", "sum"])
def test_streams_give_the_batches_of_pytorch(torch, options, workers, kind):
    def dataset(data):
        parts = [stream(data), stream(data, 3)]
        return {"one": parts[0], "chain": data.ChainDataset(parts), "sum": parts[0] + parts[1]}[
            kind
        ]

    ours = DataLoader(dataset(nn.data), num_workers=workers, **options)
    theirs = torch.utils.data.DataLoader(dataset(torch.utils.data), **options)
    for _ in range(2):
        assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]
    assert [size for size, _ in ours.counted()] == [
        min(n, (11 if kind == "one" else 14) - i)
        for n in [options.get("batch_size", 1)]
        for i in range(0, 11 if kind == "one" else 14, n)
        if not options.get("drop_last") or i + n <= (11 if kind == "one" else 14)
    ]


def test_the_length_of_a_stream():
    assert len(DataLoader(stream(nn.data, sized=True), 4)) == 3
    assert len(nn.data.ChainDataset([stream(nn.data, sized=True)] * 2)) == 22
    with pytest.raises(TypeError):
        len(DataLoader(stream(nn.data), 4))
    samples = list(DataLoader(stream(nn.data), batch_size=None))
    assert len(samples) == 11 and samples[3][1] == 3
    assert nn.data.get_worker_info() is None


@pytest.mark.parametrize(
    "options", [{"shuffle": True}, {"sampler": [1, 2]}, {"batch_sampler": [[1]]}], ids=str
)
def test_a_stream_has_its_own_order(options):
    with pytest.raises(ValueError, match=f"unspecified {next(iter(options))} option"):
        DataLoader(stream(nn.data), **options)
    with pytest.raises(TypeError, match="no sample 3"):
        stream(nn.data)[3]
    with pytest.raises(NotImplementedError, match="define __iter__"):
        iter(nn.data.IterableDataset())


def test_fit_of_a_stream():
    class Line(nn.data.IterableDataset):
        def __iter__(self):
            return iter([(np.float32([i]), np.float32([2 * i])) for i in range(7)])

    model = nn.Linear(1, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.02)
    history = nn.fit(
        model, nn.MSELoss(), optimizer, DataLoader(Line(), 3), epochs=50, progress=False
    )
    assert history["loss"][-1] < 0.1


def test_stacked_data_sets(torch):
    for args, kwargs in (((), {"x": [1, 2, 3], "y": "abc"}), (([1, 2, 3], "abc"), {})):
        ours = nn.data.StackDataset(*args, **kwargs)
        theirs = torch.utils.data.StackDataset(*args, **kwargs)
        assert len(ours) == len(theirs) == 3 and ours[1] == theirs[1]
    with pytest.raises(ValueError, match="Size mismatch"):
        nn.data.StackDataset([1, 2], [1])
    for wrong in (lambda: nn.data.StackDataset(), lambda: nn.data.StackDataset([1], x=[1])):
        with pytest.raises(ValueError, match="all or none"):
            wrong()


def test_a_subset_in_random_order():
    sampler = nn.data.SubsetRandomSampler(range(10, 30), generator=ag.Generator().manual_seed(1))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(10, 30)) and first != second
    assert len(sampler) == 20
    again = nn.data.SubsetRandomSampler(range(10, 30), generator=ag.Generator().manual_seed(1))
    assert list(again) == first


def test_the_options_of_workers():
    begun = []
    loader = DataLoader(
        Squares(20),
        4,
        False,
        None,
        None,
        2,
        None,
        True,
        False,
        0,
        begun.append,
        "spawn",
        ag.Generator(),
        prefetch_factor=3,
        persistent_workers=True,
        pin_memory_device="cpu",
        in_order=True,
    )
    assert [len(batch) for batch in loader] == [len(batch) for batch in DataLoader(Squares(20), 4)]
    assert set(begun) <= {0, 1} and 0 in begun


def test_a_worker_that_is_stuck():
    release = threading.Event()

    class Stuck(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            if i == 2:
                release.wait(20)
            return i

    loader = DataLoader(Stuck(), num_workers=1, timeout=0.2)
    with pytest.raises(RuntimeError, match="timed out after 0.2 seconds"):
        list(loader)
    release.set()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, "timeout"),
        ({"prefetch_factor": 2}, "prefetch_factor"),
        ({"prefetch_factor": 0, "num_workers": 1}, "at least 1"),
        ({"persistent_workers": True}, "persistent_workers"),
    ],
    ids=str,
)
def test_options_of_workers_that_contradict(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Squares(3), **options)
