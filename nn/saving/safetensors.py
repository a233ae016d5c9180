"""Weights as ``.safetensors``: eight bytes with the length of a header, the header (JSON, which
says of each tensor its kind, its shape and where its bytes stand), and the bytes, without gaps.

The format is described at https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from math import prod
from typing import Any, BinaryIO, Callable

import numpy as np

from autograd_engine import Tensor, as_tensor

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
    "BOOL": "|b1",
    "BF16": "<u2",
    "F8_E4M3": "<u1",
    "F8_E5M2": "<u1",
    "F8_E8M0": "<u1",
}
"""How the numbers of each kind stand in the file. Those of the last four are taken apart here."""

KINDS = {np.dtype(DTYPES[kind]): kind for kind in reversed(DTYPES) if kind[:2] not in ("BF", "F8")}
METADATA = "__metadata__"
LONGEST_HEADER = 100_000_000


# --- numbers that NumPy has not -------------------------------------------------------------------


def _bfloat16(bits: np.ndarray) -> np.ndarray:
    """The upper half of a float32."""
    return (bits.astype("<u4") << 16).view("<f4")


def _e5m2(bits: np.ndarray) -> np.ndarray:
    """The upper half of a float16."""
    return (bits.astype("<u2") << 8).view("<f2").astype("<f4")


def _e4m3(bits: np.ndarray) -> np.ndarray:
    """Four bits of exponent (from -7), three of fraction; no infinity, but one NaN of each sign."""
    sign = np.where(bits & 0x80, -1.0, 1.0)
    exponent = ((bits >> 3) & 0x0F).astype(int)
    fraction = bits & 0x07
    value = np.where(exponent == 0, fraction / 8, 1 + fraction / 8) * 2.0 ** (
        np.maximum(exponent, 1) - 7
    )
    return np.where((bits & 0x7F) == 0x7F, np.nan, sign * value).astype("<f4")


def _e8m0(bits: np.ndarray) -> np.ndarray:
    """A power of two, from -127."""
    return np.where(bits == 0xFF, np.nan, 2.0 ** (bits.astype(float) - 127)).astype("<f4")


TAKEN_APART: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "BF16": _bfloat16,
    "F8_E4M3": _e4m3,
    "F8_E5M2": _e5m2,
    "F8_E8M0": _e8m0,
}


# --- writing --------------------------------------------------------------------------------------


def writer(obj: Any) -> Callable[[BinaryIO], None]:
    """What writes ``obj``, all of which has been checked.

    Raises
    ------
    TypeError
        For anything but a flat dict of tensors whose kinds the format knows.
    """
    flat = isinstance(obj, Mapping) and all(
        isinstance(name, str) and isinstance(value, (Tensor, np.ndarray))
        for name, value in obj.items()
    )
    if not flat:
        raise TypeError(
            ".safetensors holds a flat dict of tensors, as a model's state_dict(); save anything "
            "else as .npz"
        )
    arrays = {name: _checked(name, value) for name, value in obj.items()}
    header: dict[str, Any] = {}
    end = 0
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)  # so that all are aligned
    for name in order:
        array = arrays[name]
        span = [end, end + array.nbytes]
        kind = KINDS[array.dtype]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": span}
        end += array.nbytes
    text = json.dumps({name: header[name] for name in arrays}).encode()
    text += b" " * (-len(text) % 8)

    def write(file: BinaryIO) -> None:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(arrays[name].tobytes())

    return write


def _checked(name: str, value: Any) -> np.ndarray:
    if name == METADATA:
        raise TypeError(f"{METADATA!r} is no name for a tensor in .safetensors: save as .npz")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise TypeError(f"the name {name!r} is no Unicode text: save as .npz") from error
    array = np.asarray(value.detach() if isinstance(value, Tensor) else value)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype not in KINDS:
        raise TypeError(
            f".safetensors has no numbers of kind {array.dtype} (at {name}): save as .npz"
        )
    return array


# --- reading --------------------------------------------------------------------------------------


def read(file: BinaryIO) -> dict[str, Tensor]:
    """The tensors in a file, in the order of its header.

    Raises
    ------
    ValueError
        And others, for a file that is not of this format.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, LONGEST_HEADER):
        raise ValueError(f"its header cannot have {length} bytes, the file has {size}")
    header = json.loads(file.read(length), object_pairs_hook=_unique)
    if not isinstance(header, dict):
        raise ValueError("its header is no dict")
    header.pop(METADATA, None)
    _require_no_gaps(header, size - 8 - length)
    return {name: _tensor(file, 8 + length, info) for name, info in header.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in its header twice")
    return found


def _require_no_gaps(header: dict[str, Any], size: int) -> None:
    """Check that each tensor has the bytes that its shape takes, and that together they are all
    there are.
    """
    end = 0
    for name, info in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        if info["dtype"] not in DTYPES:
            raise ValueError(f"{name!r} is of kind {info['dtype']}, known are {', '.join(DTYPES)}")
        shape = info["shape"]
        if not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError(f"{name!r} has the shape {shape}")
        start, stop = info["data_offsets"]
        needed = prod(shape) * np.dtype(DTYPES[info["dtype"]]).itemsize
        if start != end or stop - start != needed:
            raise ValueError(f"{name!r} takes {needed} bytes, and stands from {start} to {stop}")
        end = stop
    if end != size:
        raise ValueError(f"its tensors take {end} bytes, it holds {size}")


def _tensor(file: Any, begin: int, info: dict[str, Any]) -> Tensor:
    start, stop = info["data_offsets"]
    file.seek(begin + start)
    array = np.empty(stop - start, np.uint8)
    if file.readinto(array.data) != array.nbytes:
        raise ValueError("its end is missing")
    array = array.view(DTYPES[info["dtype"]]).reshape(info["shape"])
    if info["dtype"] in TAKEN_APART:
        array = TAKEN_APART[info["dtype"]](array)
    return as_tensor(array)
