"""The ways by which values leave the graph, and who may use them without a word.

NumPy takes values where no op can step in: ``array.dot(t)``, ``np.array([t, u])``, ``a[:] = t``.
What is computed from them has no gradient, so the user is told, at their own line.
"""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from ...core.errors import DetachedWarning
from ...core.modes import is_recording
from ...core.tensor import Tensor
from ...core.trace import is_packaged

READERS = {
    "_pytest",
    "altair",
    "bokeh",
    "matplotlib",
    "mpl_toolkits",
    "numpy.testing",
    "pandas",
    "plotly",
    "seaborn",
}
"""Packages that only look at values: what they plot, tabulate or compare needs no gradient."""

_PASSING = ("numpy", "scipy")
"""Libraries that act for the code that calls them."""


def watch_door(tensor: Tensor) -> None:
    """Warn that values of a tensor that requires gradients leave its graph.

    Nothing is said under ``no_grad``, nor to `READERS`.
    """
    if tensor.node is None or not is_recording():
        return
    frame: FrameType | None = sys._getframe(2)
    level = 3
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if _is_reader(module):
            return
        package = module.partition(".")[0]
        if package not in _PASSING and not is_packaged(frame.f_code.co_filename):
            break
        frame = frame.f_back
        level += 1
    warnings.warn(
        f"the values of a tensor of shape {list(tensor.shape)} that requires gradients were taken "
        "out of its graph: what is computed from them has no gradient. Use an op of "
        "autograd_engine (a @ t, not a.dot(t); stack([t, u]), not np.array([t, u])), or say "
        "t.detach(), or t.item() for a number, where no gradient is needed",
        DetachedWarning,
        stacklevel=level,
    )


def _is_reader(module: str) -> bool:
    """Whether code of this module belongs to `READERS`."""
    names = module.split(".")
    return names[0] in READERS or ".".join(names[:2]) in READERS
