"""Embeddings: a vector for each word of a vocabulary, looked up by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_engine import Tensor, decide, is_traced, named_errors, no_grad, primitive, where
from autograd_engine.func import is_batched

from . import init
from .lists import takes_lists
from .module import Module
from .parameter import Parameter, blank


@primitive(vjp=lambda g, factor: g * factor, batching="same")
def _scaled_gradient(x, *, factor):
    """``x`` itself, whose gradient is multiplied by ``factor``."""
    return x


def _plain_index(input: Any, weight: Any) -> Any:
    many = is_batched(input)
    index = input
    if is_traced() and isinstance(input, Tensor) and not many:
        decide(_check_rows, input, rows=weight.shape[0])
        return input
    if not many:
        index = input.numpy() if isinstance(input, Tensor) else np.asarray(input)
    if index.dtype.kind not in "iu":
        raise RuntimeError(f"an embedding is looked up by integers, got a tensor of {index.dtype}")
    if not many:
        _check_rows(index, weight.shape[0])
    return index


def _check_rows(index: np.ndarray, rows: int) -> None:
    if index.size and (index.min() < 0 or index.max() >= rows):
        wrong = index.min() if index.min() < 0 else index.max()
        raise IndexError(f"index out of range in self: {wrong}, with {rows} embeddings")


def _row_of(padding_idx: int | None, weight: Any) -> int | None:
    if padding_idx is None:
        return None
    n = weight.shape[0]
    if not -n <= padding_idx < n:
        raise ValueError(f"padding_idx must be within num_embeddings, got {padding_idx} for {n}")
    return padding_idx % n


@no_grad()
def _shorten(weight: Any, index: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale the vectors that are looked up down to ``max_norm``, in place."""
    used = np.unique(index)
    norms = np.linalg.norm(weight.numpy()[used], norm_type, axis=1)
    longer = norms > max_norm
    weight[used[longer]] = weight.numpy()[used[longer]] * (max_norm / (norms[longer] + 1e-7))[
        :, None
    ].astype(weight.dtype)


@named_errors
@takes_lists
def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of ``weight`` that ``input`` names.

    Parameters
    ----------
    input : integer Tensor
        Any shape.
    weight : Tensor
        Shape ``(V, D)``.
    padding_idx : int, optional
        A row that gets no gradient.
    max_norm : float, optional
        Rows that are looked up and longer than this are scaled down, in place.
    norm_type : float
        The norm that ``max_norm`` means.
    scale_grad_by_freq : bool
        Whether each row's gradient is divided by how often the row is looked up.
    sparse : bool
        Only False: gradients are dense here.

    Returns
    -------
    Tensor
        The shape of ``input`` and ``D``.

    Raises
    ------
    IndexError
        If a number is no row.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import embedding
    >>> embedding(tensor([1, 1, 0]), tensor([[0., 1.], [2., 3.]]))
    tensor([[2., 3.],
            [2., 3.],
            [0., 1.]])
    """
    if sparse:
        raise NotImplementedError("gradients are dense here: leave sparse=False")
    index = _plain_index(input, weight)
    pad = _row_of(padding_idx, weight)
    if max_norm is not None:
        _shorten(weight, index, max_norm, norm_type)
    rows = weight[index]
    if not scale_grad_by_freq and pad is None:
        return rows
    factor: Any = 1
    if scale_grad_by_freq:
        index = np.asarray(index)
        factor = 1 / np.bincount(index.ravel(), minlength=weight.shape[0])[index]
    if pad is not None:
        if not is_batched(index):
            index = np.asarray(index)
        factor = factor * (index != pad)
    return _scaled_gradient(rows, factor=factor[..., None].astype(weight.dtype))


def _bags(
    index: np.ndarray, offsets: Any, include_last_offset: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Where each bag begins and how many entries it has."""
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated as a mini-batch "
                "of fixed length sequences"
            )
        return np.arange(len(index)) * index.shape[1], np.full(len(index), index.shape[1])
    if index.ndim != 1 or offsets is None:
        raise ValueError(
            f"input has to be 2D, or 1D with offsets; got shape {list(index.shape)}, offsets "
            f"{offsets!r}"
        )
    starts = offsets.numpy() if isinstance(offsets, Tensor) else np.asarray(offsets)
    if starts.ndim != 1 or starts.size and (starts[0] != 0 or starts[-1] > index.size):
        raise ValueError(
            f"offsets is 1D, begins with 0 and goes up to the length of input, {index.size}; got "
            f"{starts}"
        )
    ends = starts[1:]
    if not include_last_offset:
        ends = np.append(ends, index.size)
    return starts[: len(ends)], ends - starts[: len(ends)]


@named_errors
@takes_lists
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum of the embeddings in each bag.

    Parameters
    ----------
    input : integer Tensor
        Bags of equal length, shape ``(B, L)``; or all bags one after the other in one dimension.
    weight : Tensor
        Shape ``(V, D)``.
    offsets : integer Tensor, optional
        Where each bag begins in an ``input`` of one dimension.
    mode : {"sum", "mean", "max"}
    per_sample_weights : Tensor, optional
        A factor for each embedding, of the shape of ``input``; for the sum only.
    include_last_offset : bool
        Whether ``offsets`` ends with the end of the last bag.
    padding_idx : int, optional
        An embedding that does not count.

    Returns
    -------
    Tensor
        Shape ``(B, D)``; zeros for an empty bag.
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"per_sample_weights is only supported for mode='sum', got mode={mode!r}"
        )
    index = _plain_index(input, weight)
    pad = _row_of(padding_idx, weight)
    starts, lengths = _bags(index, offsets, include_last_offset)
    index = index.reshape(-1)
    rows = embedding(index, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape((-1, 1))
    steps = np.arange(lengths.max(initial=1))
    counts = steps < lengths[:, None]  # (B, L): which places of the longest bag this bag has
    places = np.where(counts, starts[:, None] + steps, 0)
    if pad is not None:
        counts = counts & (index[places] != pad)
    filled = counts.sum(1, keepdims=True)
    members = counts[..., None]
    if mode == "max":
        greatest = where(members, rows[places], -np.inf).max(1).values
        return where(filled > 0, greatest, 0)
    total = where(members, rows[places], 0).sum(1)
    if mode == "mean":
        total = total / np.maximum(filled, 1).astype(weight.dtype)
    return total


class _Table(Module):
    """What both layers share: the table of vectors and its options."""

    def _fill(
        self,
        n: int,
        d: int,
        padding_idx: int | None,
        weight: Any,
        freeze: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        self.num_embeddings = n
        self.embedding_dim = d
        if weight is None:
            self.weight = blank(n, d, device=device, dtype=dtype).requires_grad_(not freeze)
        elif tuple(weight.shape) != (n, d):
            raise ValueError(
                f"Shape of weight {list(weight.shape)} does not match num_embeddings and "
                f"embedding_dim {[n, d]}"
            )
        else:
            self.weight = Parameter(weight, requires_grad=not freeze)
        self.padding_idx = _row_of(padding_idx, self.weight)
        if weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the vectors from N(0, 1); that of ``padding_idx`` is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    @classmethod
    def _from(cls, embeddings: Any, freeze: bool, **options: Any) -> Any:
        if embeddings.ndim != 2:
            raise ValueError(
                "Embeddings parameter is expected to be 2-dimensional, got shape "
                f"{list(embeddings.shape)}"
            )
        make: Any = cls
        layer = make(*embeddings.shape, _weight=embeddings, **options)
        layer.weight.requires_grad_(not freeze)
        return layer

    def _options(self, *defaults: tuple[str, Any]) -> str:
        changed = [
            (name, getattr(self, name))
            for name, default in defaults
            if getattr(self, name) != default
        ]
        return "".join(
            [
                f"{self.num_embeddings}, {self.embedding_dim}",
                *(f", {name}={value!r}" for name, value in changed),
            ]
        )


class Embedding(_Table):
    """A table of ``num_embeddings`` vectors of length ``embedding_dim``, looked up by number.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
    padding_idx : int, optional
        A vector that begins as zero and is not learned.
    max_norm, norm_type, scale_grad_by_freq
        See `nn.functional.embedding`.
    sparse : bool
        Only False: gradients are dense here.

    Attributes
    ----------
    weight : Parameter
        Shape ``(num_embeddings, embedding_dim)``, drawn from N(0, 1).

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import tensor
    >>> nn.Embedding(10, 3)(tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    (2, 4, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self._fill(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer on given vectors, shape ``(V, D)``, which are not learned unless
        ``freeze=False``.
        """
        return cls._from(
            embeddings,
            freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )

    def forward(self, input: Any) -> Any:
        return embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        return self._options(
            ("padding_idx", None),
            ("max_norm", None),
            ("norm_type", 2),
            ("scale_grad_by_freq", False),
            ("sparse", False),
        )


class EmbeddingBag(_Table):
    """The sums, means or maxima of bags of embeddings.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
    max_norm, norm_type, scale_grad_by_freq, mode, include_last_offset, padding_idx
        See `nn.functional.embedding_bag`.
    sparse : bool
        Only False: gradients are dense here.

    Attributes
    ----------
    weight : Parameter
        Shape ``(num_embeddings, embedding_dim)``, drawn from N(0, 1).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        self._fill(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """A layer on given vectors, shape ``(V, D)``, which are not learned unless
        ``freeze=False``.
        """
        return cls._from(
            embeddings,
            freeze,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        return self._options(
            ("max_norm", None),
            ("norm_type", 2),
            ("scale_grad_by_freq", False),
            ("mode", None),
            ("padding_idx", None),
        )
