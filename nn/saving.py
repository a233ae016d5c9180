"""State on disk, without pickle: reading a file never runs code, and writing one never leaves half
of it.

A file is NumPy's ``.npz``: a zip with one ``.npy`` for each array, under its dotted name, and
``structure.json``, which says how dicts, lists, numbers and strings hold them. Weights alone may
also be ``.safetensors``, which other libraries read.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
import zlib
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, Callable, Mapping

import numpy as np

from autograd_engine import Tensor, as_tensor

STRUCTURE = "structure.json"
VERSION = 1

MAPPINGS: dict[str, type] = {"dict": dict, "ordered": OrderedDict, "counter": Counter}
"""The dictionaries that come back as what they were; others come back as a dict."""

Arrays = dict[str, np.ndarray]


def save(obj: Any, path: str | os.PathLike) -> None:
    """Write a state to a file. An older file of this name is replaced when the new one is complete,
    not before.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, array, number, str or None
        Of any depth: a `state_dict`, or ``{"model": model.state_dict(), "optimizer":
        optimizer.state_dict(), "epoch": 3}``.
    path : path
        Ends in ``.safetensors``: that format, for a flat dict of tensors (needs the package
        safetensors). Anything else: ``.npz``.

    Raises
    ------
    TypeError
        If there is something else in ``obj``; the message says where. Nothing has been written
        then.

    Notes
    -----
    Values are saved, not the graph: a loaded tensor requires no gradient.

    Examples
    --------
    >>> import tempfile, nn
    >>> model = nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save({"model": model.state_dict(), "epoch": 3}, f"{folder}/state.npz")
    ...     state = nn.load(f"{folder}/state.npz")
    >>> state["epoch"], list(state["model"])
    (3, ['weight', 'bias'])
    """
    write = _safetensors(obj) if _is_safetensors(path) else _npz(obj)
    _replace(Path(os.path.realpath(path)), write)


def load(path: str | os.PathLike) -> Any:
    """Read what `save` wrote; or the weights in any ``.npz`` or ``.safetensors`` file.

    Parameters
    ----------
    path : path

    Returns
    -------
    object
        The state, with tensors and arrays where there were such. For an ``.npz`` of other origin a
        dict of tensors.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file is damaged, or is something else. No code is run, whatever the file holds.
    """
    if _is_safetensors(path):
        return _read_safetensors(path)
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError(
                f"{os.fspath(path)!r} is not a file that nn.save wrote, or its end is missing: "
                f"{_kind(file)}"
            )
        try:
            return _read_npz(file)
        except (
            zipfile.BadZipFile,
            zlib.error,
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            EOFError,
            OSError,
            RuntimeError,
        ) as error:
            raise ValueError(
                f"{os.fspath(path)!r} cannot be read, it is damaged or of another kind: {error}"
            ) from error


def _is_safetensors(path: str | os.PathLike) -> bool:
    return os.fspath(path).endswith(".safetensors")


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


def _replace(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside ``path`` and then give it that name, which happens at once or not at
    all."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(beside, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


# --- npz ------------------------------------------------------------------------------------------


def _npz(obj: Any) -> Callable[[BinaryIO], None]:
    """What writes ``obj``, all of which has been checked."""
    arrays: Arrays = {}
    structure = json.dumps({"version": VERSION, "value": _encoded(obj, (), arrays)})

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
    if isinstance(value, (Tensor, np.ndarray)):
        kind = "tensor" if isinstance(value, Tensor) else "array"
        return {
            kind: _stored(
                np.asarray(value.detach() if isinstance(value, Tensor) else value), path, arrays
            )
        }
    if isinstance(value, Mapping):
        kind = next((name for name, cls in MAPPINGS.items() if type(value) is cls), "dict")
        return {
            kind: [
                [_encoded(key, path, {}), _encoded(item, (*path, str(key)), arrays)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, (list, tuple)):
        items = [_encoded(item, (*path, str(i)), arrays) for i, item in enumerate(value)]
        return {"tuple" if isinstance(value, tuple) else "list": items}
    raise TypeError(
        f"cannot save {type(value).__name__} ({_spot(path)}): a state is made of dicts, lists, "
        "tuples, tensors, arrays, numbers, "
        "strings and None; of a model, an optimizer or a scheduler save its state_dict()"
    )


def _spot(path: tuple[str, ...]) -> str:
    return "at " + ".".join(path) if path else "at the top"


def _stored(array: np.ndarray, path: tuple[str, ...], arrays: Arrays) -> str:
    """Put an array among the others, under a name that was free."""
    if array.dtype.hasobject:
        raise TypeError(
            f"cannot save an array of Python objects ({_spot(path)}): convert it to numbers or "
            "strings"
        )
    wanted = name = ".".join(path) or "value"
    tries = 1
    while name in arrays:
        tries += 1
        name = f"{wanted}#{tries}"
    arrays[name] = array
    return name


def _read_npz(file: BinaryIO) -> Any:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        arrays = {}
        for name in names:
            if name.endswith(".npy"):
                with archive.open(name) as member:
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(
                        member, allow_pickle=False
                    )
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


# --- safetensors ----------------------------------------------------------------------------------


def _package() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            ".safetensors files need the package safetensors: pip install 'autograd-engine[data]'"
        ) from error
    return safetensors


def _safetensors(obj: Any) -> Callable[[BinaryIO], None]:
    flat = isinstance(obj, Mapping) and all(
        isinstance(k, str) and isinstance(v, (Tensor, np.ndarray)) for k, v in obj.items()
    )
    if not flat:
        raise TypeError(
            ".safetensors holds a flat dict of tensors, as a model's state_dict(); save anything "
            "else as .npz"
        )
    arrays = {
        name: np.ascontiguousarray(value.detach() if isinstance(value, Tensor) else value)
        for name, value in obj.items()
    }
    arrays = {
        name: array.reshape(np.shape(obj[name])) for name, array in arrays.items()
    }  # ascontiguousarray made vectors of 0-d arrays
    content = _package().numpy.save(arrays)

    def write(file: BinaryIO) -> None:
        file.write(content)

    return write


def _read_safetensors(path: str | os.PathLike) -> dict[str, Tensor]:
    package = _package()
    content = Path(path).read_bytes()
    try:
        return {
            name: as_tensor(array.copy()) for name, array in package.numpy.load(content).items()
        }
    except (package.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a .safetensors file that can be read: {error}"
        ) from error
