"""Attention: every query takes the mean of all values, weighted by how well their keys fit it
(Vaswani et al., 2017).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import (
    ShapeError,
    Tensor,
    as_tensor,
    cat,
    chunk,
    is_traced,
    linear,
    named_errors,
    pad,
    repeat_interleave,
    softmax,
    where,
    zeros,
)
from autograd_engine.func import is_batched

from . import init
from .dropout import dropout as drop
from .linear import Linear
from .lists import takes_lists
from .module import Module
from .parameter import blank
from .precision import in_single, rounded


def _weights(scores: Any, mask: Any) -> Any:
    """The softmax of the scores where the mask lets them through; a query that may look nowhere
    gets weights 0.
    """
    if mask is None:
        return softmax(scores, -1)
    seen = mask.detach()
    many = is_batched(seen) or is_traced()
    if not many:
        seen = seen.numpy()
    if mask.dtype != bool:
        seen = seen > -math.inf
    live = seen.any(-1, keepdims=True)
    if mask.dtype == bool:
        scores = where(seen | ~live, scores, -math.inf)
    else:
        scores = scores + where(live, mask, 0.0)
    weights = softmax(scores, -1)
    return weights if not many and live.all() else weights * live


def _attend(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, scale: float | None = None
) -> tuple[Any, Any]:
    """``softmax(scale Q Kᵀ + mask) V``, and the weights before V."""
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1])
    given = (query, key, value)
    query, key, value = map(in_single, given)
    weights = drop(_weights(query * scale @ key.swapaxes(-1, -2), mask), dropout_p)
    return rounded(weights @ value, *given), rounded(weights, *given)


@named_errors
@takes_lists
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """``softmax(scale Q Kᵀ) V``.

    Parameters
    ----------
    query : Tensor
        Shape ``(..., L, E)``.
    key, value : Tensor
        Shapes ``(..., S, E)`` and ``(..., S, Ev)``.
    attn_mask : Tensor, optional
        Broadcastable to ``(..., L, S)``. Boolean: True where a query may look at a key. Floating:
        added to the scores. A query that may look nowhere gets zeros.
    dropout_p : float
        The probability with which a weight is dropped, also in evaluation: pass 0 then.
    is_causal : bool
        Whether query i may look at the keys up to i only; instead of ``attn_mask``.
    scale : float, optional
        By default ``1 / √E``.
    enable_gqa : bool
        Whether ``key`` and ``value`` may have fewer heads (dimension -3), each of which serves
        several of the query's.

    Returns
    -------
    Tensor
        Shape ``(..., L, Ev)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    RuntimeError
        If the mask is neither boolean nor floating, or is given with ``is_causal``.

    Examples
    --------
    >>> from autograd_engine import ones, tensor
    >>> from nn.functional import scaled_dot_product_attention
    >>> scaled_dot_product_attention(ones(2, 3), ones(2, 3), tensor([[1.0], [3.0]]), is_causal=True)
    tensor([[1.],
            [2.]])
    """
    if (
        min(query.ndim, key.ndim, value.ndim) < 2
        or query.shape[-1] != key.shape[-1]
        or key.shape[-2] != value.shape[-2]
    ):
        shapes = ", ".join(str(list(x.shape)) for x in (query, key, value))
        raise ShapeError(
            "attention takes a query (..., L, E), a key (..., S, E) and a value (..., S, Ev), got "
            f"shapes {shapes}"
        )
    if is_causal and attn_mask is not None:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
    if attn_mask is not None and (attn_mask := as_tensor(attn_mask)).dtype.kind not in "bf":
        raise RuntimeError(
            f"Expected attn_mask dtype to be bool or float, but got {attn_mask.dtype}"
        )
    if enable_gqa:
        key, value = (
            repeat_interleave(x, query.shape[-3] // x.shape[-3], -3) for x in (key, value)
        )
    if is_causal:
        attn_mask = as_tensor(np.tri(query.shape[-2], key.shape[-2], dtype=bool))
    return _attend(query, key, value, attn_mask, dropout_p, scale)[0]


def _additive(mask: Any, name: str, dtype: Any) -> Any:
    """A mask as numbers that are added to the scores: -inf for True."""
    mask = as_tensor(mask)
    if mask.dtype.kind not in "bf":
        raise TypeError(f"only bool and floating types of {name} are supported, got {mask.dtype}")
    if mask.dtype == bool:
        return where(mask, -math.inf, 0.0).to(dtype)
    return mask


class MultiheadAttention(Module):
    """Attention in several heads side by side: each has its own projection of queries, keys and
    values.

    Parameters
    ----------
    embed_dim : int
        The features of queries and of the output; each head has ``embed_dim / num_heads``.
    num_heads : int
    dropout : float
        The probability with which a weight is dropped in training.
    bias : bool
        Whether the projections have biases.
    add_bias_kv : bool
        Whether one more key and value are learned.
    add_zero_attn : bool
        Whether one more key and value are zeros.
    kdim, vdim : int, optional
        The features of keys and values; by default ``embed_dim``.
    batch_first : bool
        Whether inputs and output have shape ``(batch, length, features)`` in place of ``(length,
        batch, features)``.

    Attributes
    ----------
    in_proj_weight : Parameter or None
        Shape ``(3 * embed_dim, embed_dim)``: for queries, keys and values. With ``kdim`` or
        ``vdim``, there are ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight`` instead.
        Drawn by `init.xavier_uniform_`.
    in_proj_bias : Parameter or None
        Shape ``(3 * embed_dim,)``, zeros at first.
    out_proj : Linear
        What the heads' outputs, side by side, pass through at the end.
    bias_k, bias_v : Parameter or None
        Shape ``(1, 1, embed_dim)``: the learned key and value, drawn by `init.xavier_normal_`.

    Raises
    ------
    ValueError
        If ``embed_dim`` is not a positive multiple of ``num_heads``.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> x = ones(5, 2, 8)
    >>> output, weights = nn.MultiheadAttention(8, 4)(x, x, x)
    >>> output.shape, weights.shape
    ((5, 2, 8), (2, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise ValueError(
                f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
            )
        options = {"device": device, "dtype": dtype}
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.kdim = kdim or embed_dim
        self.vdim = vdim or embed_dim
        self.add_zero_attn = add_zero_attn
        own = self.kdim != embed_dim or self.vdim != embed_dim
        for name, width in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            weight = blank(embed_dim, width, **options) if own else None
            setattr(self, f"{name}_proj_weight", weight)
        self.in_proj_weight = None if own else blank(3 * embed_dim, embed_dim, **options)
        self.register_parameter("in_proj_bias", blank(3 * embed_dim, **options) if bias else None)
        self.register_parameter(
            "bias_k", blank(1, 1, embed_dim, **options) if add_bias_kv else None
        )
        self.register_parameter(
            "bias_v", blank(1, 1, embed_dim, **options) if add_bias_kv else None
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, **options)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, but for the weight of ``out_proj``."""
        for weight in (
            self.in_proj_weight,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
        ):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Attend from all queries to all keys.

        Parameters
        ----------
        query, key, value : Tensor
            Shapes ``(L, N, embed_dim)``, ``(S, N, kdim)``, ``(S, N, vdim)``, or without the batch
            ``N``; with ``batch_first``, the batch comes first.
        key_padding_mask : Tensor, optional
            Shape ``(N, S)``. Boolean: True for keys that are not looked at. Floating: added to the
            scores.
        need_weights : bool
            Whether to return the weights.
        attn_mask : Tensor, optional
            Shape ``(L, S)`` or ``(N * num_heads, L, S)``; True where a query may not look at a key,
            or added to the scores.
        average_attn_weights : bool
            Whether to return the mean of the heads' weights.
        is_causal : bool
            Says that ``attn_mask`` is causal, which changes nothing here.

        Returns
        -------
        output : Tensor
            Shape ``(L, N, embed_dim)``. What a query that may look nowhere gets of the values is 0.
        weights : Tensor or None
            Shape ``(N, L, S)``, or of each head, ``(N, num_heads, L, S)``.

        Raises
        ------
        ShapeError
            If an input or a mask has another shape.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError(
                "Need attn_mask if specifying the is_causal hint, see "
                "nn.Transformer.generate_square_subsequent_mask"
            )
        self._check(query, key, value)
        alone = query.ndim == 2
        q, k, v = (self._by_batch(x, alone) for x in self._project(query, key, value))
        mask = self._mask(attn_mask, key_padding_mask, q, k, alone)
        k = self._lengthened(k, self.bias_k)
        v = self._lengthened(v, self.bias_v)
        dropout_p = self.dropout if self.training else 0.0
        y, weights = _attend(self._heads(q), self._heads(k), self._heads(v), mask, dropout_p)
        y = self.out_proj(y.swapaxes(1, 2).reshape(q.shape))
        if average_attn_weights and need_weights:
            weights = weights.mean(1)
        if alone:
            y = y[0]
            weights = weights[0]
        elif not self.batch_first:
            y = y.swapaxes(0, 1)
        return y, weights if need_weights else None

    def _check(self, query: Any, key: Any, value: Any) -> None:
        shapes = ", ".join(str(list(x.shape)) for x in (query, key, value))
        if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
            raise ShapeError(
                "query, key and value all need 3 dimensions, or 2 without a batch, got shapes "
                f"{shapes}"
            )
        wanted = (self.embed_dim, self.kdim, self.vdim)
        got = (query.shape[-1], key.shape[-1], value.shape[-1])
        if got != wanted:
            raise ShapeError(
                f"was expecting query, key and value with {wanted} features, but got {got}"
            )
        batch = 0 if self.batch_first else 1
        if (
            key.shape[:-1] != value.shape[:-1]
            or query.ndim == 3
            and query.shape[batch] != key.shape[batch]
        ):
            raise ShapeError(
                "key and value must have one length, and all one batch, got query, key and value "
                f"of shapes {shapes}"
            )

    def _project(self, query: Any, key: Any, value: Any) -> Any:
        if self.in_proj_weight is not None and query is key is value:
            return chunk(linear(query, self.in_proj_weight, self.in_proj_bias), 3, -1)
        weights: Any = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            weights = chunk(self.in_proj_weight, 3)
        biases: Any = (None, None, None)
        if self.in_proj_bias is not None:
            biases = chunk(self.in_proj_bias, 3)
        return [
            linear(x, weight, bias) for x, weight, bias in zip((query, key, value), weights, biases)
        ]

    def _by_batch(self, x: Any, alone: bool) -> Any:
        if alone:
            return x.unsqueeze(0)
        return x if self.batch_first else x.swapaxes(0, 1)

    def _heads(self, x: Any) -> Any:
        """``(N, length, embed_dim)`` as ``(N, num_heads, length, features of a head)``."""
        width = self.embed_dim // self.num_heads
        return x.reshape((*x.shape[:2], self.num_heads, width)).swapaxes(1, 2)

    def _lengthened(self, x: Any, extra: Any) -> Any:
        """Keys or values, ``(N, length, embed_dim)``, with the learned one and the zeros."""
        shape = (len(x), 1, self.embed_dim)
        parts = [x]
        if extra is not None:
            parts.append(extra.expand(shape))
        if self.add_zero_attn:
            parts.append(zeros(shape, dtype=x.dtype))
        return cat(parts, 1) if len(parts) > 1 else x

    def _mask(
        self, attn_mask: Any, key_padding_mask: Any, q: Any, k: Any, alone: bool
    ) -> Tensor | None:
        """Both masks as one that is added to scores of shape ``(N, num_heads, L, S)``."""
        batch, length = q.shape[:2]
        keys = k.shape[1]
        total = None
        if attn_mask is not None:
            total = _additive(attn_mask, "attn_mask", q.dtype)
            if total.shape not in ((length, keys), (batch * self.num_heads, length, keys)):
                whole = (length, keys), (batch * self.num_heads, length, keys)
                raise ShapeError(
                    f"The shape of the attn_mask is {list(total.shape)}, but should be one of "
                    f"{whole}"
                )
            heads = self.num_heads if total.ndim == 3 else 1
            total = total.reshape((-1, heads, length, keys))
        if key_padding_mask is not None:
            padding = _additive(key_padding_mask, "key_padding_mask", q.dtype)
            shape = (keys,) if alone else (batch, keys)
            if padding.shape != shape:
                raise ShapeError(
                    f"key_padding_mask should have shape {shape}, got {list(padding.shape)}"
                )
            padding = padding.reshape((batch, 1, 1, keys))
            total = padding if total is None else total + padding
        more = (self.bias_k is not None) + self.add_zero_attn
        if total is not None and more:
            total = pad(total, (0, more))
        return total
