"""The loader: batches of a data set, in an order.

A data set that can be read by an array of indices (its ``batch`` method; all but your own have one)
is sliced once for each batch; any other gives its samples one by one, and they are collated.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from autograd_engine import Generator, Tensor, as_tensor, stack, tensor

from .sampler import BatchSampler, RandomSampler, SequentialSampler


def default_collate(batch: Sequence[Any]) -> Any:
    """Samples put together to a batch: tensors, arrays and numbers are stacked; tuples, lists and
    dicts are entered.

    Parameters
    ----------
    batch : list
        Samples of the same structure.

    Returns
    -------
    Tensor, list, tuple or dict
        A tensor for numbers and tensors; strings stay a list; a list for tuples and lists; a dict
        for dicts.

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
            raise RuntimeError(
                "each element in list of batch should be of equal size, got lengths "
                f"{sorted({len(s) for s in batch})}"
            )
        parts = [default_collate(part) for part in zip(*batch)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        "default_collate: a batch holds tensors, arrays, numbers, strings, dicts or lists; found "
        f"{type(first).__name__}"
    )


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
        Threads that read ahead. They help where reading waits (for files) or NumPy computes;
        samples in memory need none.
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
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                "drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if num_workers < 0:
            raise ValueError(f"num_workers should be non-negative, got {num_workers}")
        if sampler is None and shuffle:
            sampler = RandomSampler(dataset, generator=generator)
        elif sampler is None:
            sampler = SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.batch_size = getattr(batch_sampler, "batch_size", None)
        self.drop_last = drop_last
        self.generator = generator
        self.num_workers = num_workers
        self.collate_fn = collate_fn

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            return self._read(self._sample, self.sampler)
        return self._read(self._batch, self.batch_sampler)

    def counted(self) -> Iterator[tuple[int | None, Any]]:
        """The batches, each after the number of its samples; None where ``batch_size`` is None and
        a sample is a batch.
        """
        if self.batch_sampler is None:
            return ((None, sample) for sample in self)
        return self._read(lambda indices: (len(indices), self._batch(indices)), self.batch_sampler)

    def _read(self, read: Callable[[Any], Any], indices: Iterable[Any]) -> Iterator[Any]:
        if self.num_workers:
            return ahead(read, indices, self.num_workers)
        return map(read, indices)

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
    """``map(function, values)`` in the same order, with up to two calls for each thread begun
    before they are asked for.

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
