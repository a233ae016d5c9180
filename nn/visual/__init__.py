"""The pictures that training is understood by, drawn with Matplotlib. Each takes ``ax=`` and
returns the axes.
"""

from .descent import SURFACES, Surface, animate, descents, optimizer_paths
from .health import gradient_health
from .landscape import loss_surface
from .live import LivePlot
from .models import activation, decision_boundary, spectrum, weights
from .progress import confusion_matrix, loss_curves, lr_range, metric_curves

__all__ = [
    "SURFACES",
    "LivePlot",
    "Surface",
    "activation",
    "animate",
    "confusion_matrix",
    "decision_boundary",
    "descents",
    "gradient_health",
    "loss_curves",
    "loss_surface",
    "lr_range",
    "metric_curves",
    "optimizer_paths",
    "spectrum",
    "weights",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
