"""Where many optimizers go on a surface, in one graph: those that differ in nothing but their
learning rates are stepped together, by the rule of one of them on the vector of all their points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_engine import no_grad, tensor

from .. import optim
from .downhill import Surface
from .figure import array

AT_ONCE = (optim.SGD, optim.Adagrad, optim.RMSprop, optim.Adam)
"""Optimizers whose rules take a learning rate for each element as well as one for all."""


def paths_of(surface: Surface, makers: list[Callable[[list], Any]], steps: int) -> np.ndarray:
    """Where several optimizers go, shape ``(optimizers, steps + 1, 2)``, computed in one graph.

    A path that is not finite any more stays where it was.
    """
    points = [tensor(surface.start, dtype="float64", requires_grad=True) for _ in makers]
    movers = _movers([make([point]) for make, point in zip(makers, points)], points)
    places = tensor([surface.start] * len(makers), dtype="float64", requires_grad=True)
    with no_grad():
        where = places.numpy()
    found = np.empty((len(makers), steps + 1, 2))
    found[:, 0] = surface.start
    with np.errstate(all="ignore"):
        for step in range(1, steps + 1):
            for _ in range(surface.pace):
                places.grad = None
                surface.function(places[:, 0], places[:, 1]).sum().backward()
                slopes = array(places.grad)
                for mover in movers:
                    mover.step(where, slopes)
            found[:, step] = where
    bad: np.ndarray = np.asarray(~np.isfinite(found).all(axis=2))
    for step in range(1, steps + 1):
        found[bad[:, step], step] = found[bad[:, step], step - 1]
    return found


def _movers(optimizers: list[Any], points: list[Any]) -> list[Any]:
    """What moves all the points: those that differ in nothing but their learning rates at once."""
    alike: dict[Any, list[int]] = {}
    for i, optimizer in enumerate(optimizers):
        kind: Any = i
        if type(optimizer) in AT_ONCE:
            (group,) = optimizer.param_groups
            options = {name: x for name, x in group.items() if name not in ("params", "lr")}
            kind = (type(optimizer), repr(options))
        alike.setdefault(kind, []).append(i)
    movers: list[Any] = []
    for kind, rows in alike.items():
        if kind == rows[0]:
            movers.append(_One(rows[0], optimizers[rows[0]], points[rows[0]]))
        else:
            movers.append(_Several(rows, [optimizers[row] for row in rows]))
    return movers


class _One:
    """An optimizer of the user's, which steps its own point."""

    def __init__(self, row: int, optimizer: Any, point: Any) -> None:
        self.row = row
        self.optimizer = optimizer
        self.point = point

    def step(self, places: np.ndarray, gradients: np.ndarray) -> None:
        self.point.grad = tensor(gradients[self.row])
        self.optimizer.step()
        places[self.row] = self.point.detach().numpy()


class _Several:
    """The rule of several optimizers, on the vector of all their points."""

    def __init__(self, rows: list[int], optimizers: list[Any]) -> None:
        self.rows = rows
        self.rule = optimizers[0]
        (group,) = self.rule.param_groups
        rates = [each.param_groups[0]["lr"] for each in optimizers]
        self.group = {**group, "lr": np.repeat(rates, 2)}
        self.scalars = {**self.rule.scalars(group), **self.rule.derived({})}
        names = self.rule.vectors(group)
        self.state = [
            np.full(2 * len(rows), float(self.rule.initial(name, group))) for name in names
        ]
        self.scratch = np.empty(2 * len(rows))

    def step(self, places: np.ndarray, gradients: np.ndarray) -> None:
        point = places[self.rows].reshape(-1)
        gradient = gradients[self.rows].reshape(-1)
        self.scalars, update = self.rule.counted(self.scalars, self.group)
        self.rule.apply(update, [(point, gradient, self.scratch, *self.state)], self.group)
        places[self.rows] = point.reshape(-1, 2)
