"""Source to machine code, by numba; kept on disk, so that another process need not wait for it.

What is kept is found by a hash of all that it depends on: the source, the types, the versions of
numba, NumPy and Python, and the processor. A file is used only if it says exactly what is asked
for, and it comes into being in one piece.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from .recorder import Value

CACHE_VARIABLE = "AUTOGRAD_ENGINE_CACHE"
"""The environment variable that names the folder of compiled code; if it is empty nothing is kept.
"""

OPTIONS = {"error_model": "numpy", "nogil": True}
LLVM_OPTIONS = ("-runtime-memory-check-threshold=100", "-vectorizer-maximize-bandwidth")
"""What has LLVM take several numbers at a time in loops over more arrays than it tries by default,
and as many of them as go into a register where a sum is of a wider dtype.
"""


def require_numba() -> Any:
    """The module numba, set up for loops over many arrays.

    Raises
    ------
    ImportError
        If it is not installed; the message says how to get it.
    """
    try:
        import numba
    except ImportError as error:
        raise ImportError(
            'backend="numba" needs the package numba: pip install "autograd-engine[fast]"'
        ) from error
    _set_up_llvm()
    return numba


@cache
def _set_up_llvm() -> None:
    from llvmlite import binding

    for option in LLVM_OPTIONS:  # each may be set once in a process
        binding.set_option("autograd_engine", option)


def cache_folder() -> Path | None:
    """Where compiled code is kept; None where nothing is."""
    named = os.environ.get(CACHE_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd_engine"


class MachineCode(NamedTuple):
    """Machine code: the function, how long it took to have it, and whether it lay on disk."""

    call: Callable
    seconds: float
    from_disk: bool


MOST_FUNCTIONS = 256
_in_this_process: dict[tuple[str, tuple], Callable] = {}
"""The functions that were compiled last: equal ones, as of layers that are alike, are one."""


def compiled(source: str, name: str, given: Sequence[Value]) -> MachineCode:
    """The function ``name`` of a source as machine code, for arguments like these values."""
    numba = require_numba()
    start = perf_counter()
    signature = tuple([_type_of(numba, value.shape, value.dtype) for value in given])
    before = _in_this_process.get((source, signature))
    if before is not None:
        return MachineCode(before, 0.0, True)
    path = _kept_source(source, str(signature))
    space: dict[str, Any] = {}
    exec(compile(source, str(path) if path else f"<{name}>", "exec"), space)
    space[name].__module__ = __name__
    options = {**OPTIONS, "cache": path is not None}
    function = numba.njit([signature], **options)(space[name])
    from_disk = bool(function.stats.cache_hits)
    while len(_in_this_process) >= MOST_FUNCTIONS:
        _in_this_process.pop(next(iter(_in_this_process)))
    _in_this_process[source, signature] = function
    return MachineCode(function, perf_counter() - start, from_disk)


def from_source(source: str, name: str) -> Callable:
    """The function ``name`` of a source that has it decorated by numba's ``njit``, with CACHE for
    whether machine code is kept on disk.
    """
    path = _kept_source(source, "")
    filename = str(path) if path else f"<{name}>"
    space: dict[str, Any] = {"CACHE": path is not None, "__name__": __name__}
    exec(compile(source, filename, "exec"), space)
    return space[name]


def _type_of(numba: Any, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    scalar = numba.from_dtype(dtype)
    return numba.types.Array(scalar, len(shape), "C") if shape else scalar


def anyway(function: Callable, *args: Any) -> Any:
    """Call a compiled function with arrays that lie in memory as it does not expect them: by
    copies.
    """
    fitting = [_fitting(x) for x in args]
    results = function(*fitting)
    for x, copy in zip(args, fitting):
        if copy is not x and isinstance(x, np.ndarray) and x.flags.writeable:
            x[...] = copy
    return results


def _fitting(x: Any) -> Any:
    return np.require(x, requirements=["C", "W", "A"]) if isinstance(x, np.ndarray) else x


# --- on disk --------------------------------------------------------------------------------------


@cache
def _circumstances() -> str:
    """What machine code depends on besides its source; numba keeps with it in which module it
    stands.
    """
    numba = require_numba()
    from llvmlite import binding

    parts = [__name__, numba.__version__, np.__version__, sys.version, platform.machine()]
    parts += [binding.get_host_cpu_name(), str(OPTIONS), str(LLVM_OPTIONS)]
    return "\n".join(parts)


def _kept_source(source: str, types: str) -> Path | None:
    """A file that holds the source, beside which numba keeps the machine code; None where no file
    can be written.
    """
    folder = cache_folder()
    if folder is None:
        return None
    key = hashlib.sha256("\n".join([source, types, _circumstances()]).encode()).hexdigest()
    path = folder / f"p{key[:32]}.py"
    try:
        if not _holds(path, source):
            _write_whole(path, source)
    except OSError:
        return None
    return path


def _holds(path: Path, source: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == source


def _write_whole(path: Path, source: str) -> None:
    """Write a file that nobody sees before it is whole, in a folder that is the user's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(source)
    os.replace(temporary, path)
