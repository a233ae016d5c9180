"""The loader: batches of a data set, in an order.

A data set that can be read by an array of indices (its ``batch`` method; all but your own have one)
is sliced once for each batch; any other gives its samples one by one, and they are collated.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeout
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from autograd_engine import Generator, Tensor, as_tensor, stack, tensor

from .dataset import IterableDataset
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


def default_convert(data: Any) -> Any:
    """A sample with tensors in the place of arrays and of NumPy's numbers; tuples, lists and dicts
    are entered, anything else stays.

    Examples
    --------
    >>> import numpy as np
    >>> from nn.data import default_convert
    >>> default_convert({"x": np.zeros(2), "name": "a"})
    {'x': tensor([0., 0.], dtype=float64), 'name': 'a'}
    """
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind in "fiub":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, (tuple, list)):
        parts = [default_convert(part) for part in data]
        return type(data)(*parts) if hasattr(data, "_fields") else parts
    return data


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
        samples in memory need none. All of them read the same data set; of an `IterableDataset`
        they collate what is read in order.
    collate_fn : callable, optional
        A list of samples in, a batch out; by default `default_collate`.
    drop_last : bool
        Whether a last batch that is not full is left out.
    timeout : float
        Seconds that a thread may take for a batch; 0 is as long as it takes.
    worker_init_fn : callable, optional
        Called in each thread with its number, before it reads.
    generator : Generator, optional
        Of the random order; by default the default one.
    prefetch_factor : int, optional
        How many batches each thread is ahead, by default 2.
    pin_memory, multiprocessing_context, persistent_workers, pin_memory_device, in_order
        PyTorch's; accepted, and of no effect: threads share memory, live as long as one pass over
        the data, and keep the order.

    Raises
    ------
    ValueError
        If the arguments contradict each other.
    RuntimeError
        While reading, if a thread takes longer than ``timeout``.

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
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if isinstance(dataset, IterableDataset):
            given = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
            for name, value in given.items():
                if value:
                    raise ValueError(
                        "DataLoader with IterableDataset: expected unspecified "
                        f"{name} option, but got {name}={value}; a stream has its own order"
                    )
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
        _check_threads(num_workers, timeout, prefetch_factor, persistent_workers)
        if isinstance(dataset, IterableDataset):
            sampler = dataset
        elif sampler is None and shuffle:
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
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor

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
        if not self.num_workers:
            return map(read, indices)
        return ahead(
            read,
            indices,
            self.num_workers,
            self.prefetch_factor,
            self.timeout or None,
            self.worker_init_fn,
        )

    def _sample(self, index: Any) -> Any:
        """A sample alone; of a stream, the sample stands for its index."""
        sample = index if isinstance(self.dataset, IterableDataset) else self.dataset[index]
        return sample if self.collate_fn is None else self.collate_fn(sample)

    def _batch(self, indices: list[int]) -> Any:
        if self.collate_fn is None and isinstance(self.dataset, (Tensor, np.ndarray)):
            return as_tensor(self.dataset[np.asarray(indices)])
        if self.collate_fn is None and hasattr(self.dataset, "batch"):
            return self.dataset.batch(np.asarray(indices))
        samples = indices
        if not isinstance(self.dataset, IterableDataset):
            samples = [self.dataset[i] for i in indices]
        return (self.collate_fn or default_collate)(samples)


def _check_threads(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool
) -> None:
    """Raise for what PyTorch does not take either."""
    if num_workers < 0:
        raise ValueError(f"num_workers should be non-negative, got {num_workers}")
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, got {timeout}")
    if prefetch_factor is not None and (num_workers == 0 or prefetch_factor < 1):
        raise ValueError(
            "prefetch_factor is how many batches each of num_workers > 0 threads is ahead, at "
            f"least 1; got {prefetch_factor} for {num_workers}"
        )
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def get_worker_info() -> None:
    """None: the threads of a `DataLoader` share one data set, and of a stream each sample is read
    once. So there is nothing to divide among them.
    """
    return None


def ahead(
    function: Callable[[Any], Any],
    values: Iterable[Any],
    threads: int,
    each: int = 2,
    timeout: float | None = None,
    begin: Callable[[int], Any] | None = None,
) -> Iterator[Any]:
    """``map(function, values)`` in the same order, with up to ``each`` calls for each thread begun
    before they are asked for.

    >>> list(ahead(abs, [-1, 2, -3], threads=2))
    [1, 2, 3]
    """
    numbers = iter(range(threads))
    start = None
    if begin is not None:
        start = lambda: begin(next(numbers))  # noqa: E731
    pool = ThreadPoolExecutor(threads, initializer=start)
    waiting: deque[Future] = deque()
    try:
        for value in values:
            waiting.append(pool.submit(function, value))
            if len(waiting) > each * threads:
                yield _result(waiting.popleft(), timeout)
        while waiting:
            yield _result(waiting.popleft(), timeout)
    finally:  # where a thread may be stuck, nobody waits for it
        pool.shutdown(wait=timeout is None, cancel_futures=True)


def _result(future: Future, timeout: float | None) -> Any:
    try:
        return future.result(timeout)
    except FuturesTimeout as error:
        if future.done():  # the data set's own
            raise
        raise RuntimeError(f"DataLoader timed out after {timeout} seconds") from error
