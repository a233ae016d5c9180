"""Inputs and targets with their names: what a data set is here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np

from autograd_engine import Generator, Tensor, as_tensor, default_generator

from .png import data_url

SHOWN = 5
"""How many rows of a table a notebook shows."""
PICTURES = 12
"""How many images."""


@dataclass(frozen=True)
class Data:
    """Inputs and targets with their names. A data set for `nn.data.DataLoader` and `nn.fit`, and a
    pair: ``x, y = data``.

    Attributes
    ----------
    x : ndarray
        Inputs: a table ``(n, features)`` of floats, or images ``(n, height, width)`` or ``(n,
        channels, height, width)`` of uint8.
    y : ndarray
        Targets, shape ``(n,)``: classes as integers, or numbers as floats.
    features : tuple of str
        The names of the columns of ``x``; empty for images.
    classes : tuple of str
        The names of the classes; empty where ``y`` is a number.
    target : str
        What ``y`` is.

    Examples
    --------
    >>> from nn.datasets import moons
    >>> data = moons(100)
    >>> data.x.shape, data["y"].shape, len(data[:10])
    ((100, 2), (100,), 10)
    >>> train, test = data.split(0.8, 0.2)
    >>> len(train), len(test)
    (80, 20)
    """

    x: np.ndarray
    y: np.ndarray
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    target: str = ""

    # --- reading ----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.x, self.y))

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, key: Any) -> Any:
        """A column by its name, data of some columns by theirs; a sample by its number, data of
        some samples by a slice, numbers or a mask.
        """
        if isinstance(key, str):
            if key == self.target and key not in self.features:
                return self.y
            return self.x[:, self._column(key)]
        if isinstance(key, (list, tuple)) and key and all(isinstance(name, str) for name in key):
            columns = [self._column(name) for name in key]
            return replace(self, x=self.x[:, columns], features=tuple(key))
        if isinstance(key, Tensor):
            key = key.numpy()
        if isinstance(key, (int, np.integer)):
            return self.x[key], self.y[key]
        return replace(self, x=self.x[key], y=self.y[key])

    def _column(self, name: str) -> int:
        if name not in self.features:
            known = ", ".join(map(repr, (*self.features, *filter(None, [self.target]))))
            raise KeyError(f"there is no column {name!r}, but {known or 'none with a name'}")
        return self.features.index(name)

    def batch(self, indices: np.ndarray) -> list[Tensor]:
        """The samples at ``indices``, as a batch of a `nn.data.DataLoader`."""
        return [as_tensor(self.x[indices]), as_tensor(self.y[indices])]

    # --- taking apart -----------------------------------------------------------------------------

    def split(
        self,
        *shares: float,
        stratify: bool = False,
        standardise: bool = False,
        shuffle: bool = True,
        generator: Generator | None = None,
    ) -> tuple[Data, ...]:
        """Parts that do not overlap: to learn from, to choose by, to test with.

        Parameters
        ----------
        *shares : float or int
            The sizes of the parts, as shares or as numbers of samples. If they do not make up the
            whole, the rest is one more part.
        stratify : bool
            Whether each part has the same shares of the classes, as far as that can be.
        standardise : bool
            Whether the columns (of images: all pixels together) have mean 0 and standard deviation
            1 in the first part; the others are moved and scaled by the same numbers.
        shuffle : bool
            Whether the samples are drawn at random; otherwise each part is a piece of the data.
        generator : Generator, optional

        Returns
        -------
        tuple of Data

        Raises
        ------
        ValueError
            For shares that are not positive, or more than there is; if numbers are to be
            stratified, or what is in order.

        Examples
        --------
        >>> from nn.datasets import circles
        >>> train, val, test = circles(50).split(0.6, 0.2, 0.2, stratify=True, standardise=True)
        >>> len(train), train.x.std(0).round(6).tolist(), test.y.sum().item()
        (30, [1.0, 1.0], 5)
        """
        sizes = _sizes(shares, len(self))
        if stratify and (not shuffle or self.y.dtype.kind == "f"):
            raise ValueError("what is stratified is drawn at random, by classes: integer targets")
        order = np.arange(len(self))
        if shuffle:
            order = (generator or default_generator).numpy.permutation(len(self))
        if stratify:
            order = order[np.argsort(self.y[order], kind="stable")]
            spread = _spread_evenly(sizes)
            chosen = [np.sort(order[spread == i]) for i in range(len(sizes))]
        else:
            chosen = np.split(order, np.cumsum(sizes)[:-1])
        parts = [self[indices] for indices in chosen]
        return tuple(_standardised(parts)) if standardise else tuple(parts)

    # --- showing ----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        arrays = [
            f"{name}: {array.dtype}{list(array.shape)}"
            for name, array in (("x", self.x), ("y", self.y))
        ]
        names = [
            f"{name}: {', '.join(values)}"
            for name, values in (("features", self.features), ("classes", self.classes))
            if values
        ]
        return f"Data({'; '.join(arrays + names)})"

    def _repr_html_(self) -> str:
        if self.x.ndim == 2:
            return self._html_table()
        return self._html_pictures()

    def _html_table(self) -> str:
        features = self.features or tuple(f"x{i}" for i in range(self.x.shape[1]))
        head = [*features, self.target or "y"]
        rows = [
            [*(f"{value:.4g}" for value in row), self.name_of(label)]
            for row, label in zip(self.x[:SHOWN], self.y[:SHOWN])
        ]
        if len(self) > SHOWN:
            rows.append(["…"] * len(head))
        return f"{html_table(head, rows)}<p>{escape(self._size())}</p>"

    def _html_pictures(self) -> str:
        brightest = max(int(self.x.max(initial=1)), 1)
        figures = []
        for image, label in zip(self.x[:PICTURES], self.y[:PICTURES]):
            url = data_url(_pixels(image, brightest))
            figures.append(
                '<figure style="display:inline-block;margin:4px;text-align:center">'
                f'<img src="{url}" '
                'style="height:56px;image-rendering:pixelated">'
                f"<figcaption>{escape(self.name_of(label))}</figcaption></figure>"
            )
        return f"<div>{''.join(figures)}</div><p>{escape(self._size())}</p>"

    def name_of(self, label: Any) -> str:
        """What a target is called: the name of its class, or the number."""
        if self.classes and 0 <= label < len(self.classes):
            return self.classes[int(label)]
        return f"{label:.4g}"

    def _size(self) -> str:
        shape = " × ".join(map(str, self.x.shape[1:]))
        kinds = f", {len(self.classes)} classes" if self.classes else ""
        return f"{len(self):,} samples of {shape} {self.x.dtype}{kinds}"


def _sizes(shares: Sequence[float], n: int) -> list[int]:
    """How many samples each part has; what rounding leaves over goes to the first parts."""
    if not shares or min(shares) <= 0:
        raise ValueError(f"the shares are positive, got {shares}")
    if all(isinstance(share, (int, np.integer)) and share > 1 for share in shares):
        sizes = [int(share) for share in shares]
        rest = n - sum(sizes)
        whole = rest == 0
    else:
        sizes = [math.floor(n * share + 1e-9) for share in shares]
        rest = n - sum(sizes)
        whole = math.isclose(sum(shares), 1)
        if whole:
            sizes = [size + (i < rest) for i, size in enumerate(sizes)]
    if rest < 0 or sum(sizes) > n:
        raise ValueError(f"the shares {shares} are more than the {n} samples that there are")
    if not whole:
        sizes.append(n - sum(sizes))
    if min(sizes) == 0:
        raise ValueError(f"the shares {shares} of {n} samples leave a part empty: {sizes}")
    return sizes


def _spread_evenly(sizes: list[int]) -> np.ndarray:
    """For each place of a row the part that it goes to, so that each stretch of the row has them in
    proportion: the part that is farthest behind comes next.
    """
    n = sum(sizes)
    due = np.zeros(len(sizes))
    found = np.empty(n, int)
    for place in range(n):
        due += np.array(sizes) / n
        found[place] = due.argmax()
        due[found[place]] -= 1
    return found


def _standardised(parts: list[Data]) -> list[Data]:
    first = parts[0].x.astype(float)
    axes = 0 if first.ndim == 2 else None
    mean = first.mean(axes)
    deviation = first.std(axes)
    deviation = np.where(deviation == 0, 1.0, deviation)  # of a column that says nothing
    return [replace(part, x=(part.x - mean) / deviation) for part in parts]


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in HTML."""
    body = "".join(_html_row("td", row) for row in rows)
    style = "font-size:1em;font-variant-numeric:tabular-nums"  # notebooks make tables small
    head_row = _html_row("th", head)
    return f'<table style="{style}"><thead>{head_row}</thead><tbody>{body}</tbody></table>'


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _pixels(image: np.ndarray, brightest: int) -> np.ndarray:
    """A grey image ``(height, width)``, or one of one or three colours ``(colours, height,
    width)``, as bytes ``(height, width, colours)``.
    """
    pixels = np.clip(np.asarray(image, float) * (255 / brightest), 0, 255).astype(np.uint8)
    pixels = pixels.reshape(-1, *pixels.shape[-2:])
    if len(pixels) != 3:
        pixels = pixels[:1]
    return np.moveaxis(pixels, 0, -1)
