"""A state as NumPy's ``.npz``: a zip with one ``.npy`` for each array, under its dotted name, and
``structure.json``, which says how dicts, lists, numbers and strings hold them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Mapping
from math import prod
from typing import Any, BinaryIO, Callable

import numpy as np

from autograd_engine import Tensor, as_tensor

STRUCTURE = "structure.json"
VERSION = 1

MAPPINGS: dict[str, type] = {"dict": dict, "ordered": OrderedDict, "counter": Counter}
"""The dictionaries that come back as what they were; others come back as a dict."""

Arrays = dict[str, np.ndarray]


# --- writing --------------------------------------------------------------------------------------


def writer(obj: Any) -> Callable[[BinaryIO], None]:
    """What writes ``obj``, all of which has been checked.

    Raises
    ------
    TypeError, ValueError
        For what could not be read again.
    """
    arrays: Arrays = {}
    try:
        structure = json.dumps({"version": VERSION, "value": _encoded(obj, (), arrays)})
        _decoded(json.loads(structure)["value"], arrays)
    except RecursionError as error:
        raise ValueError("cannot save what contains itself, or is nested too deep") from error

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(STRUCTURE, structure)
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    return write


def _encoded(value: Any, path: tuple[str, ...], arrays: Arrays) -> Any:
    """The value as JSON; its arrays go into ``arrays``. Only ``None``, numbers, booleans and
    strings stand for themselves.
    """
    if isinstance(value, np.generic):
        return {"scalar": _stored(np.asarray(value), path, arrays)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Tensor):
        return {"tensor": _stored(np.asarray(value.detach()), path, arrays)}
    if isinstance(value, np.ndarray):
        return {"array": _stored(value, path, arrays)}
    if isinstance(value, Mapping):
        kind = next((name for name, cls in MAPPINGS.items() if type(value) is cls), "dict")
        items = [
            [_encoded_key(key, path), _encoded(item, (*path, str(key)), arrays)]
            for key, item in value.items()
        ]
        return {kind: items}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_encoded(x, (*path, str(i)), arrays) for i, x in enumerate(value)]}
    raise TypeError(
        f"cannot save {type(value).__name__} ({_spot(path)}): a state is made of dicts, lists, "
        "tuples, tensors, arrays, numbers, "
        "strings and None; of a model, an optimizer or a scheduler save its state_dict()"
    )


def _encoded_key(key: Any, path: tuple[str, ...]) -> Any:
    """A key as JSON: a number, a string, None, or a tuple of these."""
    if isinstance(key, (np.bool_, np.integer, np.floating)):
        key = key.item()
    if key is None or isinstance(key, (bool, int, float, str)):
        return key
    if isinstance(key, tuple):
        return {"tuple": [_encoded_key(part, path) for part in key]}
    raise TypeError(
        f"cannot save a {type(key).__name__} as a key ({_spot(path)}): a key is a string, a "
        "number, None or a tuple of these"
    )


def _spot(path: tuple[str, ...]) -> str:
    return "at " + ".".join(path) if path else "at the top"


def _stored(array: np.ndarray, path: tuple[str, ...], arrays: Arrays) -> str:
    """Put an array among the others, under a name that was free."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"cannot save a masked array ({_spot(path)}): save data and mask")
    if array.dtype.hasobject:
        raise TypeError(
            f"cannot save an array of Python objects ({_spot(path)}): convert it to numbers or "
            "strings"
        )
    if array.dtype.kind not in "biufcSUmM" and not array.dtype.names:
        raise TypeError(f"cannot save an array of {array.dtype} ({_spot(path)})")
    wanted = name = _file_name(".".join(path) or "value")
    tries = 1
    while name in arrays:
        tries += 1
        name = f"{wanted}#{tries}"
    arrays[name] = array
    return name


def _file_name(name: str) -> str:
    """The name of an array as that of a file in a zip, which ends at a NUL, is Unicode, and not too
    long.
    """
    return re.sub("[\\0-\\x1f\\ud800-\\udfff]", "_", name)[:200]


# --- reading --------------------------------------------------------------------------------------

DENSEST = 1032
"""How many bytes one byte can stand for at most, as zip files are compressed here."""

LONGEST_HEADER = 10_000
"""The longest header of an array, NumPy's own limit."""


def read(file: BinaryIO) -> Any:
    """The state in a file, or the tensors in one that NumPy wrote.

    Raises
    ------
    ValueError
        And others, for a file that is not of this format.
    """
    if not zipfile.is_zipfile(file):
        raise ValueError(f"nn.save did not write it, or its end is missing: {_kind(file)}")
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        _require_room(members, size)
        names = [member.filename for member in members]
        arrays = {
            member.filename.removesuffix(".npy"): _read_array(archive, member)
            for member in members
            if member.filename.endswith(".npy")
        }
        if STRUCTURE in names:
            structure = json.loads(archive.read(STRUCTURE))
            if structure["version"] != VERSION:
                raise ValueError(f"its version is {structure['version']!r}, known is {VERSION}")
            return _decoded(structure["value"], arrays)
    if not arrays or len(arrays) < len(names):
        if any(name.endswith("data.pkl") for name in names):
            raise ValueError("it is a PyTorch file; load it there and save arrays with numpy.savez")
        raise ValueError("it is a zip")
    return {name: as_tensor(array) for name, array in arrays.items()}


def _kind(file: BinaryIO) -> str:
    """What a file that is no zip may be."""
    file.seek(0)
    start = file.read(9)
    if not start:
        return "it is empty"
    if start[:1] == b"\x80":
        return (
            "it looks like a pickle, which could run code; in the program that wrote it, save "
            "arrays with numpy.savez"
        )
    if start[8:9] == b"{":
        return "it looks like safetensors, whose name must end so"
    return f"it begins with {start!r}"


def _require_room(members: list[zipfile.ZipInfo], size: int) -> None:
    """Check that what the members say of their sizes can be in a file of this size."""
    if sum(member.compress_size for member in members) > size:
        raise ValueError(f"its parts take more than the {size} bytes that it has")
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{member.filename!r} is compressed in a way that NumPy does not use")
        if member.file_size > DENSEST * member.compress_size:
            raise ValueError(
                f"{member.filename!r} cannot have {member.file_size} bytes, it takes "
                f"{member.compress_size} of the file"
            )


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of NumPy's ``.npy`` format, whose memory is taken when it is known that it is there.

    The format is described in `numpy.lib.format`.
    """
    file: Any
    with archive.open(member) as file:
        shape, fortran, dtype, begin = _header(file)
        needed = prod(shape) * dtype.itemsize
        if needed != member.file_size - begin:
            raise ValueError(
                f"{member.filename!r} announces {needed} bytes of {dtype}{list(shape)}, and holds "
                f"{member.file_size - begin}"
            )
        content = np.empty(needed, np.uint8)
        filled = 0
        while filled < needed:
            got = file.readinto(content[filled:].data)
            if not got:
                raise ValueError(f"the end of {member.filename!r} is missing")
            filled += got
        if file.read(1):
            raise ValueError(f"{member.filename!r} does not end where it says")
    if not needed:
        return np.empty(shape, dtype)
    return content.view(dtype).reshape(shape, order="F" if fortran else "C")


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, order and dtype of an array, and where its numbers begin."""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:7] not in b"\1\2\3":
        raise ValueError(f"the magic string is not that of an array: it begins with {start!r}")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"the header of an array has {length} bytes")
    text = file.read(length).decode("utf-8" if start[6] == 3 else "latin-1")
    header = ast.literal_eval(text.strip())
    shape = header["shape"]
    dtype = np.lib.format.descr_to_dtype(header["descr"])
    if dtype.hasobject:
        raise ValueError("it holds Python objects, and reading these (a pickle) could run code")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"an array cannot have the shape {shape!r}")
    return shape, bool(header["fortran_order"]), dtype, 8 + width + length


def _decoded(value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind in MAPPINGS:
        return MAPPINGS[kind](
            {_decoded(key, arrays): _decoded(item, arrays) for key, item in content}
        )
    if kind in ("list", "tuple"):
        items = [_decoded(item, arrays) for item in content]
        return tuple(items) if kind == "tuple" else items
    array = arrays[content]
    make: dict[str, Callable[[Any], Any]] = {
        "tensor": as_tensor,
        "array": np.asarray,
        "scalar": lambda a: a[()],
    }
    return make[kind](array)
