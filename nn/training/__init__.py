"""Training: `fit` is the loop that one would write by hand, with what one would add to it sooner or
later.
"""

from .callbacks import Callback, Checkpoint, EarlyStopping
from .history import History
from .loop import Run, evaluate, fit, predict

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "Run",
    "evaluate",
    "fit",
    "predict",
]
