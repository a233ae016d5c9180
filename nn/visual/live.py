"""A picture of the training that grows while it runs, also within an epoch: drawn seldom enough not
to slow it down, and once more at the end.
"""

from __future__ import annotations

import sys
from array import array
from io import BytesIO
from time import monotonic, sleep
from typing import Any

import numpy as np

from ..training.run import Callback, Run
from .figure import axes, look, pyplot
from .progress import loss_curves, metric_curves

POINTS = 500
"""The most points of the batches' line."""


class LivePlot(Callback):
    """Losses, metrics and learning rate while `nn.fit` runs, in one output of a notebook that is
    updated in place.

    Behind the curves of the epochs stand, pale, the losses of the batches, which grow within an
    epoch.

    Outside a notebook nothing is drawn until the end; ``matplotlib.pyplot.show()`` then shows the
    figure.

    Parameters
    ----------
    every : float
        The least time between two updates, in seconds; more where drawing takes long, so that it
        never takes more than a sixth of the time. The end of the training is drawn in any case,
        after a pause where needed.

    Attributes
    ----------
    figure : matplotlib figure or None
        As it was drawn last; None before that.

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
    >>> history = nn.fit(
    ...     model, nn.MSELoss(), optimizer, data, epochs=3, callbacks=[live], progress=False
    ... )
    >>> live.figure.axes[0].get_ylabel()
    'loss'
    """

    def __init__(self, every: float = 0.25) -> None:
        if every < 0:
            raise ValueError(f"every is a time in seconds, got {every}")
        pyplot()
        self.every = every
        self.figure: Any = None

    def on_train_begin(self, run: Run) -> None:
        self.figure = self._handle = None
        self._due = -float("inf")
        self._notebook = in_notebook()
        self._current = False
        self._batches = array("d")  # of each batch: the epochs before it, its number, its loss

    def on_batch_end(self, run: Run) -> None:
        self._batches.extend((len(run.history), run.batch, run.batch_loss))
        self._step(run)

    def on_epoch_end(self, run: Run) -> None:
        self._step(run)

    def on_train_end(self, run: Run) -> None:
        if not self._current and (self._batches or len(run.history)):
            if self.figure is not None:
                sleep(max(0.0, self._last + self.every - monotonic()))
            self._update(run)

    def _step(self, run: Run) -> None:
        self._current = False
        if self._notebook and monotonic() >= self._due:
            self._update(run)

    def _update(self, run: Run) -> None:
        start = monotonic()
        self._draw(run)
        if self._notebook:
            self._show()
        self._last = monotonic()
        self._current = True
        self._due = self._last + max(self.every, 5 * (self._last - start))

    def _draw(self, run: Run) -> None:
        history = run.history
        metrics = [
            name
            for name in history.columns
            if name not in ("epoch", "lr", "loss") and not name.startswith("val_")
        ]
        n = 1 + len(metrics)
        if self.figure is None:
            self.figure = pyplot().figure(layout="constrained")
        self.figure.clear()
        self.figure.set_size_inches(4.6 * n, 3.4)
        first, *others = self.figure.subplots(1, n, squeeze=False)[0]
        self._draw_batches(run, axes(first))
        if len(history):
            loss_curves(history, first)
        for name, ax in zip(metrics, others):
            metric_curves(history, name, ax)

    def _draw_batches(self, run: Run, ax: Any) -> None:
        """The losses of the batches, at the fraction of an epoch that they ended; of many, means of
        neighbours.
        """
        epochs, numbers, losses = np.array(self._batches).reshape(-1, 3).T
        longest = len(run.train) if hasattr(run.train, "__len__") else numbers.max(initial=1)
        together = -(-len(losses) // POINTS) or 1
        starts = np.arange(0, len(losses), together)
        x, y = [
            np.add.reduceat(v, starts) / np.diff([*starts, len(losses)])
            for v in (epochs + numbers / longest, losses)
        ]
        ax.plot(x, y, color=look(ax).colors[0], alpha=0.35, linewidth=1, label="batches")
        ax.set(xlabel="epoch", ylabel="loss")

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
    """Whether the code runs in a kernel, whose outputs can be updated. IPython is not loaded to
    find out.
    """
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
