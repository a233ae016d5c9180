"""Data sets: what has samples and a length, whole, in part, or joined."""

from __future__ import annotations

import bisect
import itertools
import math
from typing import Any, Iterable, Iterator, Sequence

import numpy as np

from autograd_engine import Generator, ShapeError, Tensor, as_tensor, randperm


class Dataset:
    """The base class of data sets: define ``__getitem__`` and ``__len__``.

    A data set that also defines ``batch(indices)`` (an array of integers in, a collated batch out)
    is read by it.

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
        raise NotImplementedError(
            f"{type(self).__name__} has no samples: define __getitem__(self, index)"
        )

    def __add__(self, other: Any) -> Dataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """The base class of data sets that can only be read from their beginning, such as streams:
    define ``__iter__``, and ``__len__`` if the length is known.

    Examples
    --------
    >>> from nn.data import DataLoader, IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> [batch.tolist() for batch in DataLoader(Countdown(), batch_size=2)]
    [[3, 2], [1]]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(
            f"{type(self).__name__} has no samples: define __iter__(self), or derive it from "
            "Dataset and define __getitem__(self, index)"
        )

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(
            f"{type(self).__name__} is read from its beginning, it has no sample {index}"
        )

    def __add__(self, other: Any) -> Dataset:
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """Streams one after the other.

    Parameters
    ----------
    datasets : iterable of IterableDataset

    Examples
    --------
    >>> from nn.data import ChainDataset
    >>> list(ChainDataset([range(2), "ab"]))
    [0, 1, 'a', 'b']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


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
        self.tensors = tuple(as_tensor(t) for t in tensors)
        lengths = [len(t) if t.ndim else None for t in self.tensors]
        if not lengths or None in lengths or len(set(lengths)) > 1:
            shapes = ", ".join(str(list(t.shape)) for t in self.tensors) or "nothing"
            raise ShapeError(
                f"Size mismatch between tensors: the first dimensions must be equal, got {shapes}"
            )

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
        self.dataset = dataset
        self.indices = indices

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
        return self.datasets[which][
            index % n - self.cumulative_sizes[which] + len(self.datasets[which])
        ]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class StackDataset(Dataset):
    """Data sets of the same length side by side: sample ``i`` is a tuple (or, where they have
    names, a dict) of their samples ``i``.

    Parameters
    ----------
    *args : Dataset
    **kwargs : Dataset
        Either the one or the other.

    Examples
    --------
    >>> from nn.data import StackDataset
    >>> StackDataset("ab", [1, 2])[1], StackDataset(x="ab", y=[1, 2])[0]
    (('b', 2), {'x': 'a', 'y': 1})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset takes data sets, either all or none of them with a name")
        self.datasets: Any = kwargs or args
        lengths = {len(part) for part in args or kwargs.values()}
        if len(lengths) > 1:
            raise ValueError(f"Size mismatch between datasets: the lengths are {sorted(lengths)}")

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: part[index] for name, part in self.datasets.items()}
        return tuple(part[index] for part in self.datasets)

    def __len__(self) -> int:
        parts = self.datasets
        return len(next(iter(parts.values() if isinstance(parts, dict) else parts)))


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into parts that do not overlap.

    Parameters
    ----------
    dataset : Dataset
    lengths : sequence of int or of float
        The lengths of the parts; or fractions that sum to 1, where what rounding leaves over goes
        to the first parts.
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
    For a split that keeps the proportions of classes use scikit-learn's ``train_test_split(...,
    stratify=y)``.

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
        raise ValueError(
            f"Sum of input lengths does not equal the length of the input dataset: {list(lengths)} "
            f"of {n} samples"
        )
    order = randperm(n, generator=generator).numpy()
    ends = list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - size : end].tolist()) for size, end in zip(sizes, ends)]
