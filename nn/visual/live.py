"""A picture of the training that grows while it runs: drawn seldom enough not to slow it down, and once more at the end."""

from __future__ import annotations

import sys
from io import BytesIO
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ..training.callbacks import Callback
from .figure import pyplot
from .progress import loss_curves, metric_curves

if TYPE_CHECKING:
    from ..training import History, Run


class LivePlot(Callback):
    """Losses, metrics and learning rate while `nn.fit` runs, in one output of a notebook that is updated in place.

    Outside a notebook nothing is drawn until the end; ``matplotlib.pyplot.show()`` then shows the figure.

    Parameters
    ----------
    every : float
        The least time between two updates, in seconds; more where drawing takes long, so that it never takes more than a sixth of
        the time. The end of the training is drawn in any case, after a pause where needed.

    Attributes
    ----------
    figure : matplotlib figure or None
        As it was drawn last; None before the first epoch.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If `every` is negative.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model, live = nn.Linear(1, 1), nn.visual.LivePlot()
    >>> data, optimizer = ([[1.0], [2.0]], [[2.0], [4.0]]), nn.optim.SGD(model.parameters(), lr=0.1)
    >>> history = nn.fit(model, nn.MSELoss(), optimizer, data, epochs=3, callbacks=[live], progress=False)
    >>> live.figure.axes[0].get_ylabel()
    'loss'
    """

    def __init__(self, every: float = 0.25) -> None:
        if every < 0:
            raise ValueError(f"every is a time in seconds, got {every}")
        pyplot()
        self.every = every
        self.figure: Any = None

    def begin(self, run: Run) -> None:
        self.figure = self._handle = None
        self._last = self._due = -float("inf")
        self._drawn = 0
        self._notebook = in_notebook()

    def after_epoch(self, run: Run) -> None:
        if self._notebook and monotonic() >= self._due:
            self._update(run.history)

    def end(self, run: Run) -> None:
        if len(run.history) > self._drawn:
            sleep(max(0.0, self._last + self.every - monotonic()))
            self._update(run.history)

    def _update(self, history: History) -> None:
        start = monotonic()
        self._draw(history)
        if self._notebook:
            self._show()
        self._last, self._drawn = monotonic(), len(history)
        self._due = self._last + max(self.every, 5 * (self._last - start))

    def _draw(self, history: History) -> None:
        metrics = [name for name in history.columns if name not in ("epoch", "lr", "loss") and not name.startswith("val_")]
        n = 1 + len(metrics)
        if self.figure is None:
            self.figure = pyplot().figure(figsize=(4.6 * n, 3.4), layout="constrained")
        self.figure.clear()
        first, *others = self.figure.subplots(1, n, squeeze=False)[0]
        loss_curves(history, first)
        for name, ax in zip(metrics, others):
            metric_curves(history, name, ax)

    def _show(self) -> None:
        """Put the figure into the notebook, in the place of the one before."""
        from IPython.display import Image, display

        pyplot().close(self.figure)  # else the notebook shows it once more at the end of the cell
        png = BytesIO()
        self.figure.savefig(png, format="png", dpi=2 * 80)
        picture = Image(png.getvalue(), format="png", retina=True)
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)


def in_notebook() -> bool:
    """Whether the code runs in a kernel, whose outputs can be updated. IPython is not loaded to find out."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython(), "kernel") if ipython is not None else False
