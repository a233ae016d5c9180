"""State on disk, without pickle: reading a file never runs code, and writing one never leaves half
of it.

A file is NumPy's ``.npz`` (see `npz`); weights alone may also be ``.safetensors`` (see
`safetensors`), which other libraries read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import npz, safetensors
from .replacing import replace

__all__ = ["load", "save"]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


def save(obj: Any, path: str | os.PathLike) -> None:
    """Write a state to a file. An older file of this name is replaced when the new one is complete,
    not before.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, array, number, str or None
        Of any depth: a `state_dict`, or ``{"model": model.state_dict(), "optimizer":
        optimizer.state_dict(), "epoch": 3}``.
    path : path
        Ends in ``.safetensors``: that format, for a flat dict of tensors. Anything else: ``.npz``.

    Raises
    ------
    TypeError, ValueError
        If there is something else in ``obj``, or it contains itself: what `load` could not read.
        The message says where. Nothing has been written then.

    Notes
    -----
    Values are saved, not the graph: a loaded tensor requires no gradient. A file that is replaced
    hands on its permissions; what a killed save left behind is cleared by the next one.

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
    format_ = safetensors if _is_safetensors(path) else npz
    replace(Path(os.path.realpath(path)), format_.writer(obj))


def load(path: str | os.PathLike) -> Any:
    """Read what `save` wrote; or the weights in any ``.npz`` or ``.safetensors`` file.

    Parameters
    ----------
    path : path

    Returns
    -------
    object
        The state, with tensors and arrays where there were such. For an ``.npz`` of other origin,
        and for ``.safetensors``, a dict of tensors; weights of 8 bits and bfloat16 as float32.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file is damaged, or is something else. No code is run, whatever the file holds, and
        no memory taken that the file does not fill.
    """
    read, kind = npz.read, "damaged or of another kind"
    if _is_safetensors(path):
        read, kind = safetensors.read, "not a .safetensors file, or a damaged one"
    with open(path, "rb") as file:
        try:
            return read(file)
        except Exception as error:  # whatever a file from outside may bring about
            raise ValueError(
                f"{os.fspath(path)!r} cannot be read, it is {kind}: {error or type(error).__name__}"
            ) from error


def _is_safetensors(path: str | os.PathLike) -> bool:
    return os.fspath(path).endswith(".safetensors")
