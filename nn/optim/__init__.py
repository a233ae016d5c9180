"""Optimizers and learning rate schedules, under PyTorch's names."""

from . import lr_scheduler, swa_utils
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .kfac import KFAC
from .lbfgs import LBFGS
from .lion import Lion
from .lr_finder import LRCurve, lr_range_test
from .muon import Muon
from .nadam import NAdam
from .optimizer import Optimizer
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD
from .shampoo import Shampoo

__all__ = [
    "ASGD",
    "KFAC",
    "LBFGS",
    "LRCurve",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "Shampoo",
    "lr_range_test",
    "lr_scheduler",
    "swa_utils",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
