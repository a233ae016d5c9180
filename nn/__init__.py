"""Neural networks on `autograd_engine`, with PyTorch's names: layers, losses, initialisation, training."""

from __future__ import annotations

from . import functional, init
from .activation import ReLU, Sigmoid, Tanh
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .linear import Linear
from .loss import CrossEntropyLoss, MSELoss
from .module import Module
from .parameter import Parameter
