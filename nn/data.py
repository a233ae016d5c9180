"""Data in batches: data sets, the order in which they are read, and the loader that puts both together.

A data set that can be read by an array of indices (its ``batch`` method; all but your own have one) is sliced once for each
batch; any other gives its samples one by one, and they are collated.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from autograd_engine import Generator, ShapeError, Tensor, as_tensor, multinomial, randint, randperm, stack, tensor

# --- data sets ------------------------------------------------------------------------------------------------------


class Dataset:
    """The base class of data sets: define ``__getitem__`` and ``__len__``.

    A data set that also defines ``batch(indices)`` (an array of integers in, a collated batch out) is read by it.

    Examples
    --------
    >>> from nn.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i, i**2
    >>> list(DataLoader(Squares(), batch_size=4))
    [[tensor([0, 1, 2, 3]), tensor([0, 1, 4, 9])]]
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no samples: define __getitem__(self, index)")

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class TensorDataset(Dataset):
    """Tensors of the same length, side by side: sample ``i`` is a tuple of their entries ``i``.

    Parameters
    ----------
    *tensors : Tensor or array_like
        Memory is shared, not copied.

    Raises
    ------
    ShapeError
        If the lengths differ, or there is nothing.

    Examples
    --------
    >>> from nn.data import TensorDataset
    >>> TensorDataset([[1.0, 2.0], [3.0, 4.0]], [0, 1])[1]
    (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(t if isinstance(t, Tensor) else as_tensor(t) for t in tensors)
        lengths = [len(t) if t.ndim else None for t in self.tensors]
        if not lengths or None in lengths or len(set(lengths)) > 1:
            shapes = ", ".join(str(list(t.shape)) for t in self.tensors) or "nothing"
            raise ShapeError(f"Size mismatch between tensors: the first dimensions must be equal, got {shapes}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def batch(self, indices: np.ndarray) -> list[Tensor]:
        """The samples at ``indices``, as a batch."""
        return [t[indices] for t in self.tensors]

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """Some samples of another data set.

    Parameters
    ----------
    dataset : Dataset
    indices : sequence of int
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __getattr__(self, name: str) -> Any:
        if name != "batch" or not hasattr(self.dataset, "batch"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lambda indices: self.dataset.batch(np.asarray(self.indices)[indices])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """Data sets one after the other.

    Examples
    --------
    >>> from nn.data import ConcatDataset
    >>> both = ConcatDataset([[1, 2], [3]])
    >>> len(both), both[2], both[-3]
    (3, 3, 1)
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("datasets should not be an empty iterable")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> Any:
        n = len(self)
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of range: there are {n} samples")
        which = bisect.bisect_right(self.cumulative_sizes, index % n)
        return self.datasets[which][index % n - self.cumulative_sizes[which] + len(self.datasets[which])]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset]:
    """Split a data set at random into parts that do not overlap.

    Parameters
    ----------
    dataset : Dataset
    lengths : sequence of int or of float
        The lengths of the parts; or fractions that sum to 1, where what rounding leaves over goes to the first parts.
    generator : Generator, optional

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        If the lengths do not sum to the length of the data set.

    Notes
    -----
    For a split that keeps the proportions of classes use scikit-learn's ``train_test_split(..., stratify=y)``.

    Examples
    --------
    >>> from nn.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and all(0 <= x <= 1 for x in lengths):
        sizes = [math.floor(n * x) for x in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(x) for x in lengths]
    if sum(sizes) != n or min(sizes) < 0:
        raise ValueError(f"Sum of input lengths does not equal the length of the input dataset: {list(lengths)} of {n} samples")
    order, ends = randperm(n, generator=generator).numpy(), list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - size : end].tolist()) for size, end in zip(sizes, ends)]


# --- the order ------------------------------------------------------------------------------------------------------


class Sampler:
    """The base class of samplers: an iterable of indices (or, for a ``batch_sampler``, of lists of indices), with a length."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no order: define __iter__(self)")


class SequentialSampler(Sampler):
    """All samples, in their order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """All samples, in a new random order each time.

    Parameters
    ----------
    data_source : Dataset
    replacement : bool
        Whether a sample may come again before all others came.
    num_samples : int, optional
        How many are drawn; by default as many as there are.
    generator : Generator, optional
        By default the default one.
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Generator | None = None
    ) -> None:
        if num_samples is not None and num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many samples are drawn."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.replacement:
            return iter(randint(n, (self.num_samples,), generator=self.generator).tolist())
        rounds = [randperm(n, generator=self.generator).numpy() for _ in range(0, self.num_samples, max(n, 1))]
        return itertools.islice(itertools.chain.from_iterable(order.tolist() for order in rounds), self.num_samples)

    def __len__(self) -> int:
        return self.num_samples


class WeightedRandomSampler(Sampler):
    """Samples drawn with given weights: the way to balance classes.

    Parameters
    ----------
    weights : sequence of float
        One for each sample; they need not sum to 1.
    num_samples : int
        How many are drawn.
    replacement : bool
    generator : Generator, optional

    Examples
    --------
    >>> from nn.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], num_samples=2))
    [1, 1]
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.weights = as_tensor(weights, dtype="float64")
        if self.weights.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}")
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        return iter(multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of another sampler, in lists of ``batch_size``; the last is shorter, or dropped.

    Examples
    --------
    >>> from nn.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n: int = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


# --- the loader -----------------------------------------------------------------------------------------------------


def default_collate(batch: Sequence[Any]) -> Any:
    """Samples put together to a batch: tensors, arrays and numbers are stacked; tuples, lists and dicts are entered.

    Parameters
    ----------
    batch : list
        Samples of the same structure.

    Returns
    -------
    Tensor, list, tuple or dict
        A tensor for numbers and tensors; strings stay a list; a list for tuples and lists; a dict for dicts.

    Raises
    ------
    RuntimeError
        If shapes or lengths differ.
    TypeError
        For anything else.

    Examples
    --------
    >>> from nn.data import default_collate
    >>> default_collate([{"x": 1.0, "name": "a"}, {"x": 2.0, "name": "b"}])
    {'x': tensor([1., 2.], dtype=float64), 'name': ['a', 'b']}
    """
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        return stack([as_tensor(sample) for sample in batch])
    if isinstance(first, (bool, int, float, complex)):
        return tensor(batch, dtype="float64" if isinstance(first, float) else None)
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError(f"each element in list of batch should be of equal size, got lengths {sorted({len(s) for s in batch})}")
        parts = [default_collate(part) for part in zip(*batch)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(f"default_collate: a batch holds tensors, arrays, numbers, strings, dicts or lists; found {type(first).__name__}")


class DataLoader:
    """The batches of a data set; iterate over it as often as wanted.

    Parameters
    ----------
    dataset : Dataset, Tensor, ndarray or sequence
        A tensor or an array gives slices of it.
    batch_size : int or None
        None gives the samples themselves.
    shuffle : bool
        Whether there is a new random order each time.
    sampler : iterable of int, optional
        The order, instead of ``shuffle``.
    batch_sampler : iterable of lists of int, optional
        The batches, instead of ``batch_size``, ``shuffle``, ``sampler`` and ``drop_last``.
    num_workers : int
        Threads that read ahead. They help where reading waits (for files) or NumPy computes; samples in memory need none.
    collate_fn : callable, optional
        A list of samples in, a batch out; by default `default_collate`.
    pin_memory : bool
        Accepted for PyTorch's sake.
    drop_last : bool
        Whether a last batch that is not full is left out.
    generator : Generator, optional
        Of the random order; by default the default one.

    Raises
    ------
    ValueError
        If the arguments contradict each other.

    Examples
    --------
    >>> from nn.data import DataLoader, TensorDataset
    >>> loader = DataLoader(TensorDataset([[1.0], [2.0], [3.0]], [0, 1, 0]), batch_size=2)
    >>> for x, y in loader:
    ...     print(x.shape, y.tolist())
    (2, 1) [0, 1]
    (1, 1) [0]
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None, batch_sampler: Any = None,
        num_workers: int = 0, collate_fn: Callable[[list], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
        *, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
        if batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if num_workers < 0:
            raise ValueError(f"num_workers should be non-negative, got {num_workers}")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.sampler, self.batch_sampler = dataset, sampler, batch_sampler
        self.batch_size, self.drop_last, self.generator = getattr(batch_sampler, "batch_size", None), drop_last, generator
        self.num_workers, self.collate_fn = num_workers, collate_fn

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        indices, read = (self.sampler, self._sample) if self.batch_sampler is None else (self.batch_sampler, self._batch)
        return ahead(read, indices, self.num_workers) if self.num_workers else map(read, indices)

    def _sample(self, index: int) -> Any:
        sample = self.dataset[index]
        return sample if self.collate_fn is None else self.collate_fn(sample)

    def _batch(self, indices: list[int]) -> Any:
        if self.collate_fn is None and isinstance(self.dataset, (Tensor, np.ndarray)):
            return as_tensor(self.dataset[np.asarray(indices)])
        if self.collate_fn is None and hasattr(self.dataset, "batch"):
            return self.dataset.batch(np.asarray(indices))
        return (self.collate_fn or default_collate)([self.dataset[i] for i in indices])


def ahead(function: Callable[[Any], Any], values: Iterable[Any], threads: int) -> Iterator[Any]:
    """``map(function, values)`` in the same order, with up to two calls for each thread begun before they are asked for.

    >>> list(ahead(abs, [-1, 2, -3], threads=2))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque = deque()
        try:
            for value in values:
                waiting.append(pool.submit(function, value))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
