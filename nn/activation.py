"""Activation functions, each as a function and as a layer."""

from __future__ import annotations

from typing import Any

import autograd_engine as ag

from .layer import FunctionLayer


def relu(input: Any, inplace: bool = False) -> Any:
    """``max(x, 0)``; with ``inplace`` the input itself is changed."""
    return input.relu_() if inplace else ag.relu(input)


class ReLU(FunctionLayer, function=relu):
    """``max(x, 0)``."""


class Sigmoid(FunctionLayer, function=ag.sigmoid):
    """``1 / (1 + exp(-x))``."""


class Tanh(FunctionLayer, function=ag.tanh):
    """The hyperbolic tangent."""
