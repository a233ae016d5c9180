"""How a tensor looks when it is printed: character by character as PyTorch prints it, so that
notebooks read the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from ..core.batched import of_all
from ..core.modes import get_default_dtype
from ..core.tensor import Tensor


@dataclass
class Options:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: int = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


options = Options()

PROFILES: dict[str, dict] = {
    "default": {},
    "short": {"precision": 2, "edgeitems": 2},
    "full": {"threshold": float("inf")},
}


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed; what is not named stays as it is.

    Parameters
    ----------
    precision : int
        Digits after the point (4).
    threshold : int
        The number of elements above which only the edges are shown (1000).
    edgeitems : int
        How many elements an edge has, in each dimension (3).
    linewidth : int
        Characters in a line (80).
    profile : {"default", "short", "full"}
        Start from these settings.
    sci_mode : bool
        Whether numbers have exponents; by default where their magnitudes need it.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.set_printoptions(precision=2)
    >>> ag.tensor(3.14159)
    tensor(3.14)
    >>> ag.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(f"the profile is one of {', '.join(PROFILES)}, got {profile!r}")
        vars(options).update(vars(Options(**PROFILES[profile])))
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
        "sci_mode": sci_mode,
    }
    vars(options).update({name: value for name, value in given.items() if value is not None})


def tensor_text(tensor: Tensor) -> str:
    """The text of ``repr``: the values, then ``dtype`` where it is not the default, then
    ``grad_fn`` or ``requires_grad``.
    """
    array = of_all(tensor)
    head = "tensor("
    if type(tensor) is not Tensor:
        head = f"{type(tensor).__name__}("
    text = head + _array_text(array, len(head))
    for suffix in _suffixes(tensor, array):
        room = options.linewidth - len(text) + text.rfind("\n") + 1
        gap = " "
        if len(suffix) + 3 > room:
            gap = "\n" + " " * len(head)
        text += f",{gap}{suffix}"
    return text + ")"


def _suffixes(tensor: Tensor, array: np.ndarray) -> list[str]:
    """What is said after the values."""
    parts = []
    if array.ndim > tensor.ndim:
        parts.append(f"samples={array.shape[: array.ndim - tensor.ndim]}")
    if array.size == 0 and array.shape != (0,):
        parts.append(f"size={array.shape}")
    if array.dtype not in (get_default_dtype(), np.dtype("int64"), np.dtype(bool)):
        parts.append(f"dtype={array.dtype}")
    if tensor.grad_fn is not None:
        parts.append(f"grad_fn={tensor.grad_fn!r}")
    elif tensor.requires_grad:
        parts.append("requires_grad=True")
    return parts


def _array_text(array: np.ndarray, indent: int) -> str:
    if array.size == 0:
        return "[]"
    edge = 0
    if array.size > options.threshold:
        edge = options.edgeitems
    shown = array
    for dim, n in enumerate(array.shape):
        if edge and n > 2 * edge:
            shown = shown.take([*range(edge), *range(n - edge, n)], dim)
    if array.dtype.kind == "f":
        text, width = _float_format(shown.astype(float))
    else:
        text, width = _plain_format(shown)
    return _brackets(array, indent, edge, text, width)


def _brackets(array: np.ndarray, indent: int, edge: int, text: Callable, width: int) -> str:
    """Nested brackets; in the last dimension as many elements in a line as it has room for.

    With an ``edge``, only so many elements are shown at either end of a long dimension.
    """
    if array.ndim == 0:
        return text(array.item())
    if array.ndim > 1:
        items = [_brackets(row, indent + 1, edge, text, width) for row in _ends(array, edge)]
        lines = _with_dots(items, len(array), edge, "...")
    else:
        items = [text(x.item()) for x in _ends(array, edge)]
        items = _with_dots(items, len(array), edge, " ...")
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    gap = "," + "\n" * max(1, array.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(lines) + "]"


def _ends(array: np.ndarray, edge: int) -> list[np.ndarray]:
    """The entries along the first dimension that are shown."""
    if edge and len(array) > 2 * edge:
        return [*array[:edge], *array[-edge:]]
    return [*array]


def _with_dots(items: list[str], length: int, edge: int, dots: str) -> list[str]:
    """The texts of the entries shown, with dots where some are left out."""
    if len(items) < length:
        return [*items[:edge], dots, *items[edge:]]
    return items


def _plain_format(shown: np.ndarray) -> tuple[Callable, int]:
    """One width for all elements."""
    width = max(len(str(x)) for x in shown.reshape(-1).tolist())
    return lambda x: str(x).rjust(width), width


def _float_format(shown: np.ndarray) -> tuple[Callable, int]:
    """One format for all elements: ``1.`` for whole numbers, else four decimals, or an exponent if
    magnitudes differ much.
    """
    finite = shown[np.isfinite(shown) & (shown != 0)]
    sizes = np.abs(finite)
    whole = bool((sizes == np.ceil(sizes)).all())
    scientific = options.sci_mode
    if scientific is None:
        scientific = _are_far_apart(sizes, whole)
    spec = f"{{:.{options.precision}f}}"
    if scientific:
        spec = f"{{:.{options.precision}e}}"
    elif whole:
        spec = "{:.0f}."
    width = max([len(spec.format(x)) for x in finite], default=1)

    def text(x: float) -> str:
        number = spec.format(x)
        if not np.isfinite(x):
            number = number.removesuffix(".")
        return number.rjust(width)

    return text, width


def _are_far_apart(sizes: np.ndarray, whole: bool) -> bool:
    """Whether magnitudes need an exponent to be read."""
    if sizes.size == 0:
        return False
    small = not whole and sizes.min() < 1e-4
    return sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or small
