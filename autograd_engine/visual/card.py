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

from ..core.tensor import Tensor
from .summary import number, summarize
from .theme import LIGHT

SIDE = 64
"""The most rows and columns of a heat map; of a larger matrix every k-th is shown, and the card
says so.
"""

LONG = 64
"""More numbers than this are folded away under their picture."""

BINS = 32
LOW, MIDDLE, HIGH, BAD = (59, 110, 180), (246, 246, 246), (214, 106, 44), (207, 34, 46)


def card(tensor: Tensor) -> str:
    """The HTML of a tensor.

    Parameters
    ----------
    tensor : Tensor

    Returns
    -------
    str
        Shape, dtype, place in the graph, values; for larger tensors statistics, a histogram, a heat
        map of a matrix.
    """
    array = np.asarray(tensor._data)
    text = f'<pre style="margin:4px 0;font-size:12px;line-height:1.35">{_red(escape(repr(tensor)))}</pre>'
    parts = [_head(tensor), text]
    if array.size > 4 and array.dtype.kind in "fiu":
        pictures = [
            _histogram(array),
            _heat_map(array) if array.ndim == 2 and min(array.shape) > 1 else "",
        ]
        parts.append(
            f'<div style="display:flex;gap:18px;align-items:flex-end;margin:4px 0">{"".join(pictures)}</div>'
        )
    if array.size > LONG:
        parts = [
            parts[0],
            *parts[2:],
            f'<details><summary style="cursor:pointer;opacity:.75">values</summary>{text}</details>',
        ]
    return f'<div style="font:12px/1.5 Helvetica,Arial,sans-serif">{"".join(parts)}</div>'


def _head(tensor: Tensor) -> str:
    facts = [f"shape {tuple(tensor.shape)}", str(tensor.dtype)]
    if tensor.grad_fn is not None:
        facts.append(f"grad_fn {tensor.grad_fn!r}")
    elif tensor.requires_grad:
        facts.append(
            "requires_grad, "
            + (
                "has a gradient"
                if getattr(tensor, "_grad", None) is not None
                else "no gradient yet"
            )
        )
    name = f"<b>{escape(tensor.name)}</b> " if tensor.name else ""
    return f'{name}<b>{type(tensor).__name__}</b> <span style="opacity:.65">{escape("  ·  ".join(facts))}</span>'


def _red(text: str) -> str:
    return re.sub(
        r"-?\b(nan|inf)\b",
        rf'<span style="color:{LIGHT["bad"]};font-weight:bold">\g<0></span>',
        text,
    )


def _histogram(array: np.ndarray) -> str:
    what = summarize(array)
    finite = array[np.isfinite(array)].astype(float)
    if not finite.size or not np.isfinite(what.high - what.low):
        bars = ""
    else:
        span = (what.low, what.high) if what.high > what.low else (what.low - 0.5, what.low + 0.5)
        counts, _ = np.histogram(finite, bins=BINS, range=span)
        heights = (counts / counts.max() * 40).round(1)
        bars = "".join(
            f'<rect x="{i * 6}" y="{42 - h}" width="5" height="{h}"/>'
            for i, h in enumerate(heights)
            if h
        )
    broken = "".join(
        f' <b style="color:{LIGHT["bad"]}">{n:,} {word}</b>'
        for n, word in ((what.nans, "nan"), (what.infs, "inf"))
        if n
    )
    words = f"mean {number(what.mean)}, std {number(what.std)}, {number(what.low)} to {number(what.high)}{broken}"
    drawing = f'<g fill="#6e8fb8">{bars}</g><path d="M0 42.5h{BINS * 6}" stroke="#8c959f"/>'
    return f'<div><svg width="{BINS * 6}" height="43" style="display:block">{drawing}</svg><span style="opacity:.75">{words}</span></div>'


def _heat_map(array: np.ndarray) -> str:
    steps = [-(-n // SIDE) for n in array.shape]
    shown = array[:: steps[0], :: steps[1]].astype(float)
    finite = np.isfinite(shown)
    top = float(np.abs(shown[finite]).max()) if finite.any() else 0.0
    share = np.where(finite, shown, 0.0)[..., None] / (top or 1.0)
    middle, ends = np.array(MIDDLE), np.where(share < 0, LOW, HIGH)
    pixels = (middle + np.abs(share) * (ends - middle)).round().astype(np.uint8)
    pixels[~finite] = BAD
    zoom = max(1, min(10, 160 // max(shown.shape)))
    note = (
        f"every {steps[0]}th row, {steps[1]}th column"
        if max(steps) > 1
        else f"−{number(top)} to {number(top)}"
    )
    image = b64encode(_png(pixels)).decode()
    size = f"width:{shown.shape[1] * zoom}px;height:{shown.shape[0] * zoom}px"
    return (
        f'<div><img alt="heat map" src="data:image/png;base64,{image}" style="{size};image-rendering:pixelated;display:block">'
        + (f'<span style="opacity:.75">{note}</span></div>')
    )


def _png(pixels: np.ndarray) -> bytes:
    """RGB bytes of shape (height, width, 3) as a PNG file (ISO/IEC 15948): signature, header, data,
    end.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[i].tobytes() for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
