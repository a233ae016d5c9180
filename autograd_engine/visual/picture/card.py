"""How a tensor shows itself in a notebook: its text, and a picture of where its numbers lie.

A histogram for anything of more than a few numbers, a heat map for matrices; what is not finite is
red. It is all made of plain HTML and one small image, so that it shows wherever notebooks show.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from html import escape

import numpy as np

from ...core.tensor import Tensor
from ..graph.summary import ArraySummary, number, summarize
from .theme import LIGHT

SIDE = 64
"""The most rows and columns of a heat map; of a larger matrix every k-th is shown, and the card
says so.
"""

FEW = 4
"""So many numbers need no picture."""

LONG = 64
"""More numbers than this are folded away under their picture."""

BINS = 32
STEP = 6
HEIGHT = 40
"""The histogram's bars: how many, how wide with their gap, how high at most."""

LOW = (59, 110, 180)
MIDDLE = (246, 246, 246)
HIGH = (214, 106, 44)
BAD = (207, 34, 46)
"""The heat map's colours."""


def card(tensor: Tensor) -> str:
    """The HTML of a tensor.

    Parameters
    ----------
    tensor : Tensor

    Returns
    -------
    str
        Shape, dtype, place in the graph, values; for larger tensors statistics, a histogram, a heat
        map of a matrix; and the same of its gradient, where it has one.
    """
    array = np.asarray(tensor._data)
    style = "margin:4px 0;font-size:12px;line-height:1.35"
    text = f'<pre style="{style}">{_red(escape(repr(tensor)))}</pre>'
    if array.size > LONG:
        summary = '<summary style="cursor:pointer;opacity:.75">values</summary>'
        parts = [_headline(tensor), _pictures(array), f"<details>{summary}{text}</details>"]
    else:
        parts = [_headline(tensor), text, _pictures(array)]
    parts.append(_gradient_below(tensor))
    return f'<div style="font:12px/1.5 Helvetica,Arial,sans-serif">{"".join(parts)}</div>'


def _gradient_below(tensor: Tensor) -> str:
    """The gradient below its tensor: its values where they are few, and a picture of where they
    lie.
    """
    gradient = getattr(tensor, "_grad", None)
    if gradient is None:
        return ""
    array = np.asarray(gradient._data)
    with np.errstate(over="ignore"):
        size = number(float(np.sqrt(np.square(array, dtype=float).sum() / max(array.size, 1))))
    words = f'<b>grad</b> <span style="opacity:.65">root mean square {size}</span>'
    if array.size > LONG:
        return f"<div>{words}{_pictures(array)}</div>"
    style = "margin:4px 0;font-size:12px;line-height:1.35"
    text = f'<pre style="{style}">{_red(escape(repr(gradient)))}</pre>'
    return f"<div>{words}{text}{_pictures(array)}</div>"


def _pictures(array: np.ndarray) -> str:
    if array.size <= FEW or array.dtype.kind not in "fiu":
        return ""
    pictures = _bar_chart(array)
    if array.ndim == 2 and min(array.shape) > 1:
        pictures += _heat_map(array)
    style = "display:flex;gap:18px;align-items:flex-end;margin:4px 0"
    return f'<div style="{style}">{pictures}</div>'


def _headline(tensor: Tensor) -> str:
    facts = [f"shape {tuple(tensor.shape)}", str(tensor.dtype)]
    if tensor.grad_fn is not None:
        facts.append(f"grad_fn {tensor.grad_fn!r}")
    elif tensor.requires_grad and getattr(tensor, "_grad", None) is not None:
        facts.append("requires_grad, has a gradient")
    elif tensor.requires_grad:
        facts.append("requires_grad, no gradient yet")
    name = ""
    if tensor.name:
        name = f"<b>{escape(tensor.name)}</b> "
    words = escape("  ·  ".join(facts))
    return f'{name}<b>{type(tensor).__name__}</b> <span style="opacity:.65">{words}</span>'


def _red(text: str) -> str:
    span = rf'<span style="color:{LIGHT["bad"]};font-weight:bold">\g<0></span>'
    return re.sub(r"-?\b(nan|inf)\b", span, text)


def _bar_chart(array: np.ndarray) -> str:
    what = summarize(array)
    words = what.statistics
    for broken in what.broken:
        count, word = broken.split()
        words += f' <b style="color:{LIGHT["bad"]}">{int(count):,} {word}</b>'
    width = BINS * STEP
    line = f'<path d="M0 {HEIGHT + 2.5}h{width}" stroke="#8c959f"/>'
    drawing = f'<g fill="#6e8fb8">{_bars(array, what)}</g>{line}'
    svg = f'<svg width="{width}" height="{HEIGHT + 3}" style="display:block">{drawing}</svg>'
    return f'<div>{svg}<span style="opacity:.75">{words}</span></div>'


def _bars(array: np.ndarray, what: ArraySummary) -> str:
    finite = array[np.isfinite(array)].astype(float)
    if not finite.size or not np.isfinite(what.high - what.low):
        return ""
    span = (what.low, what.high)
    if what.high <= what.low:
        span = (what.low - 0.5, what.low + 0.5)
    counts, _ = np.histogram(finite, bins=BINS, range=span)
    heights = (counts / counts.max() * HEIGHT).round(1)
    return "".join(
        f'<rect x="{i * STEP}" y="{HEIGHT + 2 - h}" width="{STEP - 1}" height="{h}"/>'
        for i, h in enumerate(heights)
        if h
    )


def _heat_map(array: np.ndarray) -> str:
    steps = [-(-n // SIDE) for n in array.shape]
    shown = array[:: steps[0], :: steps[1]].astype(float)
    finite = np.isfinite(shown)
    top = float(np.abs(np.where(finite, shown, 0.0)).max())
    zoom = max(1, min(10, 160 // max(shown.shape)))
    note = f"−{number(top)} to {number(top)}"
    if max(steps) > 1:
        note = f"every {steps[0]}th row, {steps[1]}th column"
    image = b64encode(_png(_pixels(shown, finite, top))).decode()
    size = f"width:{shown.shape[1] * zoom}px;height:{shown.shape[0] * zoom}px"
    style = f"{size};image-rendering:pixelated;display:block"
    picture = f'<img alt="heat map" src="data:image/png;base64,{image}" style="{style}">'
    return f'<div>{picture}<span style="opacity:.75">{note}</span></div>'


def _pixels(shown: np.ndarray, finite: np.ndarray, top: float) -> np.ndarray:
    share = np.where(finite, shown, 0.0)[..., None] / (top or 1.0)
    middle = np.array(MIDDLE)
    ends = np.where(share < 0, LOW, HIGH)
    pixels = (middle + np.abs(share) * (ends - middle)).round().astype(np.uint8)
    pixels[~finite] = BAD
    return pixels


def _png(pixels: np.ndarray) -> bytes:
    """RGB bytes of shape (height, width, 3) as a PNG file (ISO/IEC 15948): signature, header, data,
    end.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[i].tobytes() for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
