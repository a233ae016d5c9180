"""The order in which samples are read: as it is, at random, by weight, and in batches."""

from __future__ import annotations

import itertools
from typing import Any, Iterable, Iterator, Sequence

from autograd_engine import Generator, as_tensor, multinomial, randint, randperm


class Sampler:
    """The base class of samplers: an iterable of indices (or, for a ``batch_sampler``, of lists of
    indices), with a length.
    """

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
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many samples are drawn."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.replacement:
            return iter(randint(n, (self.num_samples,), generator=self.generator).tolist())
        rounds = [
            randperm(n, generator=self.generator).numpy()
            for _ in range(0, self.num_samples, max(n, 1))
        ]
        return itertools.islice(
            itertools.chain.from_iterable(order.tolist() for order in rounds), self.num_samples
        )

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """Some samples, in a new random order each time.

    Parameters
    ----------
    indices : sequence of int
    generator : Generator, optional
        By default the default one.

    Examples
    --------
    >>> from nn.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([3, 1, 4]))
    [1, 3, 4]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[i] for i in order)

    def __len__(self) -> int:
        return len(self.indices)


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

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        self.weights = as_tensor(weights, dtype="float64")
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        return iter(
            multinomial(
                self.weights, self.num_samples, self.replacement, generator=self.generator
            ).tolist()
        )

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
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n: int = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
