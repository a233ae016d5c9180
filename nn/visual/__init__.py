"""The pictures that training is understood by. Each takes ``ax=`` where Matplotlib draws it, shows
itself at the end of a cell, and has the numbers it shows as ``data``.
"""

from .boundary import decision_boundary
from .downhill import SURFACES, Surface, descent, descents, optimizer_paths
from .expression import matrices
from .fitted import fit_curve
from .flow import shapes
from .functions import activation, bars, curves
from .health import gradient_health
from .landscape import loss_surface
from .live import LivePlot
from .mosaic import images, weights
from .neurons import network
from .plot import Plot
from .progress import confusion_matrix, loss_curves, lr_range, metric_curves
from .race import animate
from .seeing import attention, feature_maps, saliency
from .signals_by_layer import signals, watch
from .spectra import spectrum

__all__ = [
    "SURFACES",
    "LivePlot",
    "Plot",
    "Surface",
    "activation",
    "descent",
    "animate",
    "attention",
    "bars",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "descents",
    "feature_maps",
    "fit_curve",
    "gradient_health",
    "images",
    "loss_curves",
    "loss_surface",
    "lr_range",
    "matrices",
    "metric_curves",
    "network",
    "optimizer_paths",
    "saliency",
    "shapes",
    "signals",
    "spectrum",
    "watch",
    "weights",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
