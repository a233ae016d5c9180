"""Hooks on a tensor's gradient: what `register_hook` and `retain_grad` leave behind, and how the
sweep calls them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tensor import Tensor


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


class Handle:
    """Takes a hook away again: ``handle.remove()``."""

    def __init__(self, hooks: Any, hook: Callable) -> None:
        self._hooks = hooks
        self._hook = hook
        hooks.append(hook)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks[:] = [hook for hook in self._hooks if hook is not self._hook]
