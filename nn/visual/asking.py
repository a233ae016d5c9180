"""What anything that predicts says of points: a module, an estimator, a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_engine import Node, Tensor, enable_grad, tensor

from ..module import Module
from ..table import Data
from ..training.batches import dtype_of
from ..training.loop import in_evaluation, predict
from .figure import array

SAME_NUMBERS = ("reshape", "squeeze", "unsqueeze", "getitem", "clone", "flatten")
"""Ops after which probabilities are still such."""


def table_of(x: Any, y: Any = None) -> tuple[np.ndarray, Any, tuple[str, ...], tuple[str, ...]]:
    """The points, their targets, the names of the features and of the classes, of data of any
    kind: `nn.datasets.Data` (which has the targets), a frame of pandas, an array.
    """
    if isinstance(x, Data):
        return x.x, x.y if y is None else array(y), x.features, x.classes
    names = tuple(map(str, getattr(x, "columns", ())))
    if not names and isinstance(getattr(x, "name", None), str) and not isinstance(x, Tensor):
        names = (x.name,)
    return array(x), None if y is None else array(y), names, ()


def answers(model: Any, points: np.ndarray) -> Any:
    """What is said of points, shape (n, features): arrays as the model gives them, one or a tuple
    of them.
    """
    if isinstance(model, Module):
        return _plain(predict(model, in_dtype(model, points), batch_size=4096))
    for name in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, name):
            return array(getattr(model, name)(points))
    return _plain(model(tensor(points)))


def _plain(outputs: Any) -> Any:
    if isinstance(outputs, (tuple, list)):
        return tuple(map(array, outputs))
    return array(outputs)


def in_dtype(model: Module, points: np.ndarray) -> np.ndarray:
    """The points in the dtype that a model computes in; in theirs, if it has no parameters."""
    dtype = dtype_of(model)
    if not any(True for _ in model.parameters()) and points.dtype.kind == "f":
        dtype = points.dtype
    return points.astype(dtype)


def gives_probabilities(model: Any, points: np.ndarray) -> bool:
    """Whether the one number that a model gives of each point is a probability: what a sigmoid
    made, or what an estimator or a function says that lies between 0 and 1.
    """
    if not isinstance(model, Module):
        said = answers(model, points)
        return bool(((said >= 0) & (said <= 1)).all())
    x = tensor(in_dtype(model, points[:2]), requires_grad=True)
    node = in_evaluation(model, lambda: _with_graph(model, x)).grad_fn
    while isinstance(node, Node) and node.op.name in SAME_NUMBERS:
        node = node.inputs[0]
    return isinstance(node, Node) and node.op.name in ("sigmoid", "hardsigmoid")


def _with_graph(model: Module, x: Any) -> Any:
    with enable_grad():
        return model(x)
