"""Hooks on gradients: what `register_hook`, `retain_grad` and the like leave behind on a tensor or
on a node, and how the sweep calls them.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from .tensor import Tensor


class Marked:
    """A hook with a time of its own. A bare function is a tensor's, and sees the gradient first."""

    def __init__(self, hook: Callable) -> None:
        self.hook = hook


class Accumulated(Marked):
    """What `register_post_accumulate_grad_hook` leaves: it sees a leaf that has its gradient."""


def accumulated(leaf: Tensor) -> None:
    """Call the hooks that wait for a leaf's gradient."""
    for entry in leaf._hooks or ():
        if isinstance(entry, Accumulated) and entry.hook(leaf) is not None:
            raise TypeError("a hook on an accumulated gradient returns None; it may set .grad")


class RetainGrad:
    """The hook behind `retain_grad`. It refers to its tensor weakly: a node never keeps a tensor
    alive.
    """

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = weakref.ref(tensor)

    def __call__(self, grad: Tensor) -> None:
        tensor = self._tensor()
        if tensor is not None:
            before = getattr(tensor, "_grad", None)
            kept = grad
            if not grad.requires_grad:
                kept = grad.clone()  # what flows on may be added to in place
            if before is not None:
                kept = before + kept  # type: ignore[operator]
            tensor._grad = kept


class RemovableHandle:
    """Takes a hook away again: ``handle.remove()``, or at the end of a ``with`` block."""

    def __init__(self, hooks: list, entry: Any, prepend: bool = False) -> None:
        self._hooks = hooks
        self._entry = entry
        hooks.insert(0 if prepend else len(hooks), entry)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks[:] = [entry for entry in self._hooks if entry is not self._entry]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()
