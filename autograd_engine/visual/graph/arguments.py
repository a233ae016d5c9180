"""The static arguments of an op, as a reader would say them: ``stride 2, padding 1``, ``[1:, 0]``.

What goes without saying is left out: what is as the op has it by itself, a stride of one, the shape
of the output, which the node shows anyway; and what an op keeps for itself.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...core.errors import FEW, index_text
from ...core.primitive import Primitive
from .summary import number

LONGEST = 40
"""Longer arguments are cut."""

INDEX = "index"
"""The argument that stands in brackets behind what it is taken from."""

SHOWN_ANYWAY = frozenset(["shape", "order"])
"""What the node says in other words, or nobody asks for."""

ALWAYS = frozenset(["dim", "dims", "dim0", "dim1", "dim2"])
"""What is said even where it is as the op has it by itself."""

SIGN = re.compile(r"[^\w=<>]+")
"""What is written between two sides, and may change the left one."""

USUAL = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "value": 0.0}
"""What goes without saying wherever it is given."""


def op_label(op: Primitive, params: dict, in_place: bool = False) -> str:
    """What an op is called in the picture: by its symbol, if it has one; that of two sides is
    followed by ``=`` where it changes the left one.
    """
    if op.name == "component":
        return f"[{params[INDEX]}]"
    if INDEX in params and op.symbol.startswith("[]"):
        return op.symbol.replace("[]", f"[{_cut(index_text(params[INDEX]))}]")
    if in_place and len(op.arg_names) == 2 and SIGN.fullmatch(op.symbol):
        return f"{op.symbol}="
    return op.symbol or op.name


def op_arguments(op: Primitive, params: dict) -> str:
    """The static arguments that say something, as text.

    >>> from autograd_engine.core.primitive import registry
    >>> op_arguments(registry["sum"], {"dim": (0, 1), "keepdim": True})
    'dim (0, 1), keepdim'
    """
    if op.name == "checkpoint":
        return f"of {params['call']!r}, whose operations are computed again in the backward sweep"
    texts = []
    for key, value in params.items():
        if key == INDEX and (op.name == "component" or op.symbol.startswith("[]")):
            continue
        if key in ALWAYS or not _as_by_itself(op, key, value):
            texts += argument_text(key, value)
    return ", ".join(texts)


def _as_by_itself(op: Primitive, key: str, value: Any) -> bool:
    if key in SHOWN_ANYWAY:
        return True
    default = op.params.get(key)
    return type(value) is type(default) and not isinstance(value, np.ndarray) and value == default


def argument_text(key: str, value: Any) -> list[str]:
    """An argument with its name; those of a tuple with names one by one."""
    if hasattr(value, "_asdict"):
        return [
            text for name, part in value._asdict().items() for text in argument_text(name, part)
        ]
    value = _simplest(value)
    if value is None or value is False or _is_usual(key, value):
        return []
    if value is True:
        return [key]
    if key == INDEX:
        return [f"[{_cut(index_text(value))}]"]
    text = _value_text(value)
    if not text:
        return []
    return [f"{key} {_cut(text)}"]


def _is_usual(key: str, value: Any) -> bool:
    return key in USUAL and isinstance(value, (int, float)) and value == USUAL[key]


def _cut(text: str) -> str:
    if len(text) > LONGEST:
        return text[: LONGEST - 1] + "…"
    return text


def _simplest(value: Any) -> Any:
    """Of equal numbers in tuples only one: ``((1, 1), (1, 1))`` is 1."""
    if not isinstance(value, tuple) or not value:
        return value
    parts = [_simplest(part) for part in value]
    if all(isinstance(part, int) and part == parts[0] for part in parts):
        return parts[0]
    return tuple(parts)


def _value_text(value: Any) -> str:
    """A value in words; nothing if a reader cannot make something of it."""
    if isinstance(value, (np.dtype, type)):
        return np.dtype(value).name
    if isinstance(value, np.ndarray):
        return _numbers_text(value)
    if isinstance(value, (float, np.floating)):
        return number(value)
    if isinstance(value, (tuple, list)):
        texts = [_value_text(part) for part in value]
        return f"({', '.join(texts)})" if any(texts) else ""
    if isinstance(value, (int, str, np.generic)):
        return str(value)
    return ""


def _numbers_text(array: np.ndarray) -> str:
    """Few numbers one by one; of more the shape."""
    if array.ndim < 2 and array.size <= FEW:
        return str(array.tolist())
    return f"({', '.join(map(str, array.shape))})"
