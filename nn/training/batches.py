"""What a batch is: inputs, a target of any structure, and how many samples they are of; and how
many batches become one again.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, NamedTuple, Sequence

import numpy as np

from autograd_engine import Generator, Tensor, as_tensor, cat, get_default_dtype, stack

from .. import loss as losses
from ..data import DataLoader, Dataset, IterableDataset, TensorDataset, random_split
from ..module import Module
from ..table import Data
from ..utils.rnn import PackedSequence


class Batch(NamedTuple):
    """Some samples: what the model is called with, what it is to give, how many they are."""

    inputs: tuple
    target: Any
    size: int


OF_NUMBERS = {
    losses.binary_cross_entropy,
    losses.binary_cross_entropy_with_logits,
    losses.hinge_embedding_loss,
    losses.huber_loss,
    losses.l1_loss,
    losses.mse_loss,
    losses.poisson_nll_loss,
    losses.smooth_l1_loss,
    losses.soft_margin_loss,
}
"""The losses that compare number with number, so that their targets are shaped as outputs are."""


def function_of(loss: Any) -> Any:
    """The function of `nn.functional` that a loss computes; of any other loss, the loss."""
    return getattr(loss, "function", getattr(loss, "func", loss))


def batches(data: Any, model: Module, loss: Any, batch_size: int, shuffle: bool = False) -> Any:
    """The data as batches: whole arrays, tables and data sets are cut, all else is taken to be
    batches already.
    """
    samples = samples_of(data, model, loss)
    if samples is None:
        return data
    return DataLoader(samples, batch_size, shuffle and not isinstance(samples, IterableDataset))


def samples_of(data: Any, model: Module, loss: Any) -> Any:
    """A data set of inputs and targets, or None for what is batches already.

    Named arrays (`nn.datasets.Data`, frames and series of pandas) become what a model and a loss
    take: floats of the model's dtype, and in a column where they are targets; integers where these
    are classes, unless the loss compares numbers. Plain arrays are taken as they are.
    """
    if isinstance(data, Data):
        data = (Named(data.x), Named(data.y))
    if isinstance(data, tuple) and len(data) > 1 and all(map(_is_array, data)):
        *inputs, target = data
        dtype = dtype_of(model)
        return TensorDataset(*(_input(x, dtype) for x in inputs), _target(target, dtype, loss))
    if _is_data_set(data):
        return data
    if _is_frame(data):
        raise TypeError(
            "a table alone has no targets: give inputs and targets, (frame[columns], frame[column])"
        )
    return None


def inputs_in(data: Any, model: Module) -> Any:
    """A data set of inputs, with targets or without, or None for what is batches already."""
    if isinstance(data, Data):
        data = Named(data.x)
    if _is_data_set(data):
        return data
    if isinstance(data, Iterator) or isinstance(data, DataLoader) or hasattr(data, "batch_sampler"):
        return None
    return as_tensor(_input(data, dtype_of(model)))


def held_out(train: Any, share: float, model: Module, loss: Any) -> tuple[Any, Any]:
    """Samples to learn from and samples to validate with: always the same ones, so that a training
    that is taken up again does not learn what it was to be tested with.

    Raises
    ------
    ValueError
        For what is no share of samples.
    """
    samples = samples_of(train, model, loss)
    if not 0 < share < 1 or samples is None or isinstance(samples, IterableDataset):
        raise ValueError(
            f"val={share} is the share of the samples that is held out, between 0 and 1, of arrays "
            f"or of a data set; got {described(train)} to learn from"
        )
    always = Generator().manual_seed(0)
    learn, check = random_split(samples, [1 - share, share], generator=always)
    return learn, check


class Named(np.ndarray):
    """An array of named data, which is converted where plain arrays are not."""

    def __new__(cls, array: Any) -> Named:
        return np.asarray(array).view(cls)


def dtype_of(model: Module) -> np.dtype:
    """The dtype that a model computes in: that of its first parameter of floats."""
    floats = (p.dtype for p in model.parameters() if p.is_floating_point())
    return next(floats, np.dtype(get_default_dtype()))


def _is_data_set(data: Any) -> bool:
    """Whether it is a data set: one of ours, or what has samples and a length and is not iterated
    over.
    """
    if isinstance(data, Dataset):
        return True
    return (
        hasattr(data, "__getitem__") and hasattr(data, "__len__") and not hasattr(data, "__iter__")
    )


def _is_frame(data: Any) -> bool:
    """Whether it is a table or a column of pandas, which is not loaded to find out."""
    return hasattr(data, "iloc") and hasattr(data, "to_numpy")


def _is_array(data: Any) -> bool:
    return isinstance(data, (Tensor, np.ndarray, list)) or _is_frame(data)


def _as_numbers(data: Any) -> Any:
    """A table of pandas as an array of numbers; all else as it is."""
    if not _is_frame(data):
        return data
    array = data.to_numpy()
    if array.dtype.kind not in "biuf":
        try:
            array = data.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"the table holds something else than numbers ({error}): choose its columns, or "
                "make numbers of them, as with pandas.get_dummies or .astype('category').cat.codes"
            ) from error
    return Named(array)


def _input(data: Any, dtype: np.dtype) -> Any:
    data = _as_numbers(data)
    return np.asarray(data, dtype) if isinstance(data, Named) else data


def _target(data: Any, dtype: np.dtype, loss: Any) -> Any:
    """Classes as integers; numbers in a column, as a layer with one output gives them."""
    data = _as_numbers(data)
    if not isinstance(data, Named):
        return data
    if data.dtype.kind != "f" and function_of(loss) not in OF_NUMBERS:
        return np.asarray(data, np.int64)
    column = data[:, None] if data.ndim == 1 else data
    return np.asarray(column, dtype)


def opened(loader: Iterable[Any]) -> Iterator[Batch]:
    """Each batch of a loader, of which one knows how many samples it put into it, or of any other
    iterable.

    Raises
    ------
    TypeError
        For a batch that is no tuple or list of inputs and a target.
    """
    for size, batch in counted(loader):
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise TypeError(
                "a batch is a tuple (inputs, targets), or (input1, input2, ..., targets), where "
                f"targets may be None; got {described(batch)}"
            )
        *inputs, target = batch
        if size is None:
            size = size_of(inputs, target)
        yield Batch(tuple(inputs), target, size)


def counted(loader: Iterable[Any]) -> Iterator[tuple[int | None, Any]]:
    """Each batch, and how many samples it has where the loader knows."""
    if isinstance(loader, DataLoader) and type(loader).__iter__ is DataLoader.__iter__:
        yield from loader.counted()
    else:
        for batch in loader:
            yield None, batch


def inputs_of(batch: Any) -> Sequence[Any]:
    """The inputs in a batch: all but the targets, or the batch itself where there are none."""
    if isinstance(batch, (tuple, list)):
        return batch[:-1] if len(batch) > 1 else batch
    return (batch,)


def described(batch: Any) -> str:
    """What something is, for a message."""
    if isinstance(batch, (Tensor, np.ndarray)):
        return f"an array of shape {list(batch.shape)}"
    if isinstance(batch, (tuple, list)):
        return f"a {type(batch).__name__} of {len(batch)}"
    return type(batch).__name__


def size_of(inputs: Sequence[Any], target: Any) -> int:
    """How many samples there are: the first dimension of the first input; or its second, if there
    are so many targets, each one number (sequences of which time is the first dimension).
    """
    first: Any = next(leaves(inputs), ())
    if isinstance(first, PackedSequence):
        return int(first.batch_sizes[0])
    shape = np.shape(first)
    truth = np.shape(next(leaves(target), ()))
    if len(shape) > 1 and len(truth) == 1 and truth[0] != shape[0] and truth[0] == shape[1]:
        return truth[0]
    return shape[0] if shape else 1


# --- structures -----------------------------------------------------------------------------------


def leaves(structure: Any) -> Iterator[Any]:
    """What stands in tuples, lists and dicts, from the first to the last."""
    if isinstance(structure, PackedSequence):
        yield structure
    elif isinstance(structure, dict):
        for part in structure.values():
            yield from leaves(part)
    elif isinstance(structure, (tuple, list)):
        for part in structure:
            yield from leaves(part)
    elif structure is not None:
        yield structure


def rebuilt(structure: Any, parts: Iterable[Any]) -> Any:
    """A tuple, list or dict of the same kind, of other parts."""
    if isinstance(structure, dict):
        return dict(zip(structure, parts))
    if hasattr(structure, "_fields"):
        return type(structure)(*parts)
    return type(structure)(parts)


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with the function's values in place of its leaves."""
    if isinstance(structure, dict):
        return rebuilt(structure, [mapped(function, part) for part in structure.values()])
    if isinstance(structure, (tuple, list)):
        return rebuilt(structure, [mapped(function, part) for part in structure])
    return function(structure)


def detached(structure: Any) -> Any:
    """The structure, with its tensors taken out of their graphs."""
    return mapped(lambda x: x.detach() if isinstance(x, Tensor) else x, structure)


def joined(parts: Sequence[Any], sizes: Sequence[int]) -> Any:
    """What was given for several batches, as if it had been given for all samples at once: tuples,
    lists and dicts are entered, tensors and arrays put one after the other.

    Parameters
    ----------
    parts : sequence
        Of the same structure.
    sizes : sequence of int
        How many samples each is of.

    Raises
    ------
    ValueError
        If the structures differ.
    """
    first = parts[0]
    if isinstance(first, list) and _are_texts(parts):
        return [text for part in parts for text in part]
    if isinstance(first, (dict, tuple, list)):
        if any(type(part) is not type(first) or len(part) != len(first) for part in parts):
            found = sorted({described(part) for part in parts})
            raise ValueError(f"the batches have different structures: {', '.join(found)}")
        keys = first if isinstance(first, dict) else range(len(first))
        return rebuilt(first, [joined([part[key] for part in parts], sizes) for key in keys])
    if isinstance(first, (Tensor, np.ndarray, np.generic, int, float)):
        return _end_to_end([as_tensor(part) for part in parts], sizes)
    return None if first is None else list(parts)


def _are_texts(parts: Sequence[list]) -> bool:
    return all(isinstance(text, (str, bytes)) for part in parts for text in part)


def _end_to_end(parts: list[Tensor], sizes: Sequence[int]) -> Tensor:
    """Tensors one after the other along the dimension of the samples: one that is as long as there
    are samples, and in which alone they differ.
    """
    if parts[0].ndim == 0:
        return stack(parts)
    dims = range(parts[0].ndim)
    differ = [dim for dim in dims if len({part.shape[dim] for part in parts}) > 1]
    fit = [dim for dim in dims if all(part.shape[dim] == n for part, n in zip(parts, sizes))]
    alone = [dim for dim in fit if set(differ) <= {dim}]
    return cat(parts, dim=next(iter([*alone, *fit, *differ, 0])))
