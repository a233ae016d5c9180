"""The Fisher information of layers, as `KFAC` keeps it: one matrix of a layer's inputs, one of the
gradients of its outputs.

The gradients are those of targets that are drawn from what the model itself predicts. With the
targets of the data one would get the "empirical Fisher", which is another matrix and no curvature.
"""

from __future__ import annotations

from collections import Counter, deque
from math import prod, sqrt
from typing import Any, Callable, Iterator

import numpy as np

from autograd_engine import Generator, Tensor, default_generator, grad, is_grad_enabled, tensor

from .. import functional as F
from ..convolution import Conv1d, Conv2d, Conv3d
from ..linear import Linear
from ..loss import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from ..module import Module

MOST = 64
"""How many estimates are kept until the next step."""

CONVOLUTIONS = (Conv1d, Conv2d, Conv3d)
Factors = tuple[np.ndarray, np.ndarray]


# --- what the model predicts ----------------------------------------------------------------------


def _classes(scores: Tensor, source: Any) -> tuple[Tensor, int]:
    """Classes drawn from softmax; how many a sample has."""
    shares = np.asarray(F.softmax(scores.detach(), dim=1))
    ends = np.cumsum(shares, axis=1)
    drawn = source.random(np.delete(scores.shape, 1)) * ends.take(-1, 1)
    target = tensor((ends < np.expand_dims(drawn, 1)).sum(1))
    return F.cross_entropy(scores, target, reduction="sum"), prod(scores.shape[2:])


def _numbers(prediction: Tensor, source: Any) -> tuple[Tensor, int]:
    """Numbers drawn from a normal distribution of variance ½, of which the squared error is the
    negative logarithm.
    """
    noise = source.normal(scale=sqrt(0.5), size=prediction.shape).astype(prediction.dtype)
    target = prediction.detach() + tensor(noise)
    return F.mse_loss(prediction, target, reduction="sum"), prod(prediction.shape[1:])


def _yes_or_no(logits: Tensor, source: Any) -> tuple[Tensor, int]:
    shares = np.asarray(F.sigmoid(logits.detach()))
    target = tensor((source.random(logits.shape) < shares).astype(logits.dtype))
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="sum")
    return loss, prod(logits.shape[1:])


LIKELIHOODS: dict[type[Any], Callable[[Tensor, Any], tuple[Tensor, int]]] = {
    CrossEntropyLoss: _classes,
    MSELoss: _numbers,
    BCEWithLogitsLoss: _yes_or_no,
}
"""For a loss that is the negative logarithm of a probability: that of targets drawn from the
model's prediction, summed, and how many numbers make up the target of a sample.
"""


def require_likelihood(loss: Any) -> None:
    """Raise for a loss that says nothing of how targets are distributed.

    Raises
    ------
    TypeError, ValueError
    """
    if type(loss) not in LIKELIHOODS:
        known = ", ".join(cls.__name__ for cls in LIKELIHOODS)
        raise TypeError(
            f"KFAC draws targets from what the model predicts, which it can do for {known}; got "
            f"{loss!r}"
        )
    for name, usual in (("weight", None), ("pos_weight", None), ("label_smoothing", 0.0)):
        if getattr(loss, name, usual) is not usual and getattr(loss, name) != usual:
            raise ValueError(f"with {name} the loss is no likelihood; leave it out for KFAC")
    if loss.reduction not in ("mean", "sum"):
        raise ValueError(f"the loss is a mean or a sum, got reduction={loss.reduction!r}")


# --- layers ---------------------------------------------------------------------------------------


def has_factors(layer: Module) -> bool:
    """Whether the Fisher information of a layer's weights is a product of two small matrices."""
    if isinstance(layer, CONVOLUTIONS):
        return layer.groups == 1 and layer.padding_mode == "zeros"
    return isinstance(layer, Linear)


def layers_with_factors(model: Module) -> dict[str, Any]:
    """The layers of a model that have factors, by name, but for those that share a weight or
    compute theirs from something else.
    """
    found = {name: layer for name, layer in model.named_modules() if has_factors(layer)}
    uses = Counter(id(layer.weight) for layer in found.values())
    own = {id(p) for p in model.parameters()}
    return {
        name: layer
        for name, layer in found.items()
        if uses[id(layer.weight)] == 1 and id(layer.weight) in own
    }


def rows_of_inputs(layer: Any, x: np.ndarray) -> np.ndarray:
    """What the weights are multiplied with, a row for each place of each sample; and a 1 for the
    bias.
    """
    rows = x.reshape(-1, x.shape[-1])
    if isinstance(layer, CONVOLUTIONS):
        rows = _patches(layer, x)
    if layer.bias is None:
        return rows
    return np.concatenate([rows, np.ones((len(rows), 1), rows.dtype)], axis=1)


def rows_of_outputs(layer: Any, g: np.ndarray) -> np.ndarray:
    """The gradient of the outputs, a row for each place of each sample."""
    if isinstance(layer, CONVOLUTIONS):
        g = np.moveaxis(g.reshape(-1, *g.shape[-layer.n - 1 :]), 1, -1)
    return g.reshape(-1, g.shape[-1])


def _patches(layer: Any, x: np.ndarray) -> np.ndarray:
    """The pieces of the input that the kernel meets."""
    n = layer.n
    x = x.reshape(-1, *x.shape[-n - 1 :])  # one without a batch is a batch of one
    reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size)]
    borders = [(0, 0), (0, 0)]
    for length, padding in zip(reach, layer.padding if layer.padding != "valid" else (0,) * n):
        borders.append(
            (length // 2, length - length // 2) if layer.padding == "same" else (padding,) * 2
        )
    x = np.pad(x, borders)
    windows = np.lib.stride_tricks.sliding_window_view(
        x, [length + 1 for length in reach], axis=tuple(range(2, 2 + n))
    )
    places = tuple(slice(None, None, step) for step in layer.stride)
    inside = tuple(slice(None, None, step) for step in layer.dilation)
    windows = windows[(slice(None), slice(None), *places, *inside)]
    order = (0, *range(2, 2 + n), 1, *range(2 + n, 2 + 2 * n))
    return windows.transpose(order).reshape(-1, x.shape[1] * prod(layer.kernel_size))


# --- watching a model -----------------------------------------------------------------------------


class Watch:
    """Notes what goes through the layers of a model in training, and at the end of every
    ``every``-th forward pass the factors of the Fisher information.
    """

    def __init__(self, model: Module, loss: Any, every: int, generator: Generator | None) -> None:
        self.loss = loss
        self.every = every
        self.generator = generator
        self.layers = layers_with_factors(model)
        self.found: deque[dict[str, Factors]] = deque(maxlen=MOST)
        self.passes = 0
        self._calls: list[tuple[str, Tensor, Tensor]] = []
        self._handles = [
            layer.register_forward_hook(_Noting(self, name), with_kwargs=True)
            for name, layer in self.layers.items()
        ]
        self._handles.append(model.register_forward_hook(self.end))

    def remove(self) -> None:
        """Watch no longer."""
        for handle in self._handles:
            handle.remove()

    def note(self, name: str, layer: Module, x: Tensor, y: Tensor) -> None:
        """Note one call of a layer."""
        if layer.training and is_grad_enabled() and self.passes % self.every == 0:
            self._calls.append((name, x, y))

    def end(self, model: Module, args: tuple, prediction: Any) -> None:
        """The forward pass is complete: draw targets, and differentiate."""
        calls, self._calls = self._calls, []
        if not model.training or not is_grad_enabled():
            return
        self.passes += 1
        if calls:
            self.found.append(self._factors(calls, prediction))

    def _factors(
        self, calls: list[tuple[str, Tensor, Tensor]], prediction: Any
    ) -> dict[str, Factors]:
        if not isinstance(prediction, Tensor):
            raise TypeError(
                f"KFAC takes models that give one tensor, got {type(prediction).__name__}"
            )
        source = (self.generator or default_generator).numpy
        surprise, size = LIKELIHOODS[type(self.loss)](prediction, source)
        gradients = grad(surprise, [y for *_, y in calls], retain_graph=True, allow_unused=True)
        n = len(prediction)
        scale = 1 / size if self.loss.reduction == "mean" else float(n)
        found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for (name, x, _), g in zip(calls, gradients):
            if g is not None:
                layer = self.layers[name]
                rows = rows_of_inputs(layer, np.asarray(x.detach(), float))
                found.setdefault(name, []).append(
                    (rows, rows_of_outputs(layer, np.asarray(g.detach(), float)))
                )
        return {name: _products(pairs, n, scale) for name, pairs in found.items()}

    def taken(self) -> Iterator[dict[str, Factors]]:
        """What was found since the last time."""
        while self.found:
            yield self.found.popleft()


class _Noting:
    """The hook of one layer."""

    def __init__(self, watch: Watch, name: str) -> None:
        self.watch = watch
        self.name = name

    def __call__(self, layer: Module, args: tuple, kwargs: dict, output: Any) -> None:
        (x,) = (*args, *kwargs.values())
        self.watch.note(self.name, layer, x, output)


def _products(pairs: list[tuple[np.ndarray, np.ndarray]], n: int, scale: float) -> Factors:
    """The mean over samples of the inputs' products, summed over places; the mean over samples and
    places of the gradients' products.
    """
    rows, gradients = (np.concatenate(parts) for parts in zip(*pairs))
    return rows.T @ rows / n, scale * (gradients.T @ gradients) / len(gradients)
