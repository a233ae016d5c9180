"""Numbers as a PNG file, which pages show without any library (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np

COLOR_TYPES = {1: 0, 3: 2, 4: 6}
"""The numbers of a pixel: grey; red, green, blue; and how dense these are."""


def png(pixels: np.ndarray) -> bytes:
    """Bytes of shape (height, width, 1, 3 or 4) as a file: signature, header, data, end."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels, np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def data_url(pixels: np.ndarray) -> str:
    """The file as an address, for ``src`` and ``href``."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
