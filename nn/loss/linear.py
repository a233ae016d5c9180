"""Cross-entropy of a linear classifier's logits, with the classifier's weight inside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import ShapeError, linear, named_errors

from ..linear import Linear
from ..module import Module
from ..precision import single_inside
from .classification import cross_entropy, row_weights


@named_errors
@single_inside
def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: None = None,
) -> Any:
    """`cross_entropy` of ``input @ linear_weight.T + linear_bias``.

    Parameters
    ----------
    input : Tensor
        Shape ``(N, F)`` or ``(F,)``.
    linear_weight : Tensor
        Shape ``(C, d1, ..., F)``.
    target : Tensor
        Class indices, shape ``(N, d1, ...)`` or ``()``; or probabilities, ``(N, C, d1, ...)``.
    linear_bias : Tensor, optional
        Shape ``(C, d1, ...)``.
    weight, reduction, label_smoothing
        See `cross_entropy`.
    ignore_index : int, optional
        Targets with this index count for nothing, by default -100.
    options
        Only None: the logits are computed whole here, not in chunks.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or ``ignore_index`` is given with probabilities.

    Examples
    --------
    >>> from autograd_engine import ones, tensor
    >>> from nn.functional import linear_cross_entropy
    >>> linear_cross_entropy(ones(2, 3), ones(4, 3), tensor([0, 1]))
    tensor(1.3863)
    """
    if options is not None:
        raise NotImplementedError("logits are computed whole here: leave options=None")
    classes, *places, features = linear_weight.shape
    if input.ndim not in (1, 2) or input.shape[-1] != features or places and input.ndim == 1:
        raise ShapeError(
            f"an input of shape {list(input.shape)} does not fit a linear_weight of "
            f"{list(linear_weight.shape)}: it takes (N, {features})"
        )
    if linear_bias is not None:
        if list(linear_bias.shape) != [classes, *places]:
            raise ShapeError(
                f"linear_bias should have shape {[classes, *places]}, got {list(linear_bias.shape)}"
            )
        linear_bias = linear_bias.reshape((-1,))
    logits = linear(input, linear_weight.reshape((-1, features)), linear_bias)
    logits = logits.reshape((*input.shape[:-1], classes, *places))
    if ignore_index is None:
        ignore_index = -100
    elif target.shape == logits.shape:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    return cross_entropy(
        logits,
        target,
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


class LinearCrossEntropyLoss(Module):
    """A linear classifier and the cross-entropy of its logits.

    Parameters
    ----------
    in_features : int
        The features of an input.
    num_classes : int
        The number of classes C.
    out_features : tuple of int
        Where each sample has targets of shape ``(d1, ...)``, that shape.
    bias : bool
        Whether the classifier has a bias.
    reduction, weight, ignore_index, label_smoothing, options
        See `nn.functional.linear_cross_entropy`.

    Attributes
    ----------
    linear : Linear
        The classifier, with ``C * d1 * ...`` outputs.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones, tensor
    >>> nn.LinearCrossEntropyLoss(5, 10)(ones(2, 5), tensor([1, 3])).shape
    ()
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: None = None,
    ) -> None:
        super().__init__()
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ShapeError(f"weight should have shape {[num_classes]}, got {list(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(
                f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}"
            )
        self.register_buffer("weight", weight)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.reduction = reduction
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        outputs = math.prod(self.out_features, start=num_classes)
        self.linear = Linear(in_features, outputs, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of inputs ``(N, in_features)`` or ``(in_features,)``."""
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def counted(self, input: Any, target: Any) -> float:
        """How much a batch counts: what its mean divides the sum by."""
        if target.dtype.kind == "f":  # probabilities
            return target.numel() / self.num_classes
        index = target.numpy().reshape(-1)
        ignored = -100 if self.ignore_index is None else self.ignore_index
        weight = None if self.weight is None else self.weight.numpy()
        return float(row_weights(index, weight, ignored, np.empty((0, self.num_classes))).sum())

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, "
            f"reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )
