"""Batches of sequences of different lengths: padded to one length, or packed without padding.

A packed batch holds the elements of all sequences step by step: of the first step those of all
sequences, of a later step those of the sequences that are long enough. The sequences are sorted by
length, the longest first.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import numpy as np

from autograd_engine import ShapeError, Tensor, pad, stack, tensor, where

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


def __dir__() -> list[str]:
    return __all__


class PackedSequence(NamedTuple):
    """What `pack_padded_sequence` and `pack_sequence` return, and the recurrent layers take.

    Attributes
    ----------
    data : Tensor
        Shape ``(elements, *)``, step by step.
    batch_sizes : Tensor
        How many sequences take part in each step.
    sorted_indices, unsorted_indices : Tensor or None
        The order by length, and back; None where the sequences came sorted.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def live(self) -> np.ndarray:
        """Which sequence (of the sorted ones) takes part in which step, shape ``(steps,
        batch)``."""
        sizes = self.batch_sizes.numpy()
        return np.arange(sizes[0]) < sizes[:, None]

    def padded(self) -> Tensor:
        """The sorted sequences, shape ``(steps, batch, *)``; what stands behind their ends is
        arbitrary.
        """
        live = self.live()
        return self.data[np.where(live, np.cumsum(live).reshape(live.shape) - 1, 0)]


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.utils.rnn import invert_permutation
    >>> invert_permutation(tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return tensor(np.argsort(permutation.numpy()))


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack sequences that were padded to one length.

    Parameters
    ----------
    input : Tensor
        Shape ``(steps, batch, *)``.
    lengths : sequence of int or Tensor
        The lengths before padding.
    batch_first : bool
        Whether the first two dimensions of ``input`` are batch and steps instead.
    enforce_sorted : bool
        Whether to demand that the longest comes first, and so on; else they are sorted here.

    Returns
    -------
    PackedSequence

    Raises
    ------
    RuntimeError
        If the lengths do not fit the input, one is not positive, or they are not sorted though they
        should be.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.utils.rnn import pack_padded_sequence
    >>> pack_padded_sequence(tensor([[1, 4], [2, 5], [3, 0]]), [3, 2]).data
    tensor([1, 4, 2, 5, 3])
    """
    sizes = np.asarray(lengths).astype(np.int64)
    x = input.swapaxes(0, 1) if batch_first else input
    if sizes.shape != x.shape[1:2]:
        raise ShapeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got lengths {sizes.tolist()} "
            f"for a batch of {x.shape[1]}"
        )
    if sizes.size == 0 or sizes.min() <= 0 or sizes.max() > x.shape[0]:
        raise ShapeError(
            f"Length of all samples has to be greater than 0 and at most {x.shape[0]}, got "
            f"{sizes.tolist()}"
        )
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        x = x[:, order]
        sizes = sizes[order]
    elif (np.diff(sizes) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True; "
            f"pass enforce_sorted=False for lengths like {sizes.tolist()}"
        )
    live = np.arange(sizes[0])[:, None] < sizes
    sorted_indices = None if order is None else tensor(order)
    return PackedSequence(
        x[np.nonzero(live)], tensor(live.sum(1)), sorted_indices, invert_permutation(sorted_indices)
    )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool
        Whether the result has shape ``(batch, steps, *)`` in place of ``(steps, batch, *)``.
    padding_value : float
        What stands behind the ends.
    total_length : int, optional
        The number of steps wanted, at least that of the longest sequence.

    Returns
    -------
    (Tensor, Tensor)
        The padded sequences in their original order, and their lengths.

    Raises
    ------
    ValueError
        If ``total_length`` is too small.
    """
    live = sequence.live()
    steps = len(live)
    if total_length is not None and total_length < steps:
        raise ValueError(
            f"Expected total_length to be at least the length of the longest sequence, {steps}, "
            f"but got {total_length}"
        )
    x = sequence.padded()
    x = where(live.reshape(*live.shape, *(1,) * (x.ndim - 2)), x, padding_value)
    x = pad(x, (*(0, 0) * (x.ndim - 1), 0, (total_length or steps) - steps), value=padding_value)
    lengths = live.sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.numpy()
        x = x[:, order]
        lengths = lengths[order]
    if batch_first:
        x = x.swapaxes(0, 1)
    return x, tensor(lengths)


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences of shape ``(length, *)``, padded to the length of the longest.

    Parameters
    ----------
    sequences : sequence of Tensor
    batch_first : bool
        Whether the result has shape ``(batch, steps, *)`` in place of ``(steps, batch, *)``.
    padding_value : float
    padding_side : {"right", "left"}

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.utils.rnn import pad_sequence
    >>> pad_sequence([tensor([1, 2, 3]), tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if padding_side not in ("right", "left"):
        raise ValueError(
            f"padding_side should be either 'right' or 'left', but got {padding_side!r}"
        )
    longest = max(len(x) for x in sequences)
    padded = []
    for x in sequences:
        ends = (0, longest - len(x))
        if padding_side == "left":
            ends = ends[::-1]
        padded.append(pad(x, (*(0, 0) * (x.ndim - 1), *ends), value=padding_value))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Any, batch_first: bool = False
) -> list[Tensor]:
    """Undo `pad_sequence`: the sequences without what stands behind their lengths."""
    x = padded_sequences if batch_first else padded_sequences.swapaxes(0, 1)
    return [row[:length] for row, length in zip(x, np.asarray(lengths).tolist())]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of shape ``(length, *)``: `pad_sequence`, then `pack_padded_sequence`."""
    return pack_padded_sequence(
        pad_sequence(sequences), [len(x) for x in sequences], enforce_sorted=enforce_sorted
    )


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
