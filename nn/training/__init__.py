"""Training: `fit` is the loop that one would write by hand, with what one would add to it sooner or
later.
"""

from .callbacks import Checkpoint, EarlyStopping
from .compiled import compiled_step
from .finite import DivergenceError
from .history import History
from .loop import evaluate, fit, predict
from .run import Callback, Run

__all__ = [
    "Callback",
    "Checkpoint",
    "DivergenceError",
    "EarlyStopping",
    "History",
    "Run",
    "compiled_step",
    "evaluate",
    "fit",
    "predict",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
