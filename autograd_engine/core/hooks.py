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
            kept = (
                grad if grad.requires_grad else grad.clone()
            )  # what flows on may be added to in place
            tensor._grad = kept if before is None else before + kept  # type: ignore[operator]


class Handle:
    """Takes a hook away again: ``handle.remove()``."""

    def __init__(self, hooks: Any, hook: Callable) -> None:
        self._hooks, self._hook = hooks, hook
        hooks.append(hook)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks[:] = [hook for hook in self._hooks if hook is not self._hook]
