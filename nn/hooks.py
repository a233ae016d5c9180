"""Watching a module at work: handles for its hooks, and the taps that let a hook see gradients.

A *tap* is the identity with a say in its own gradient: forward it passes its tensors on, backward
it shows their cotangents to a callback and sends on what that returns. One tap before a module and
one behind it are all that backward hooks need.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

from autograd_engine import RemovableHandle, Tensor, as_tensor, primitive


@primitive(joint=lambda g, callback: callback(g), outputs=0, batching="same")
def _tap(*xs: Any, callback: Callable) -> tuple:
    """The tensors themselves; on the way back, the cotangents that ``callback`` makes of theirs."""
    return xs


def tap(values: tuple, callback: Callable[[tuple], tuple | None]) -> tuple:
    """Pass ``values`` on, and show ``callback`` the gradients of the tensors among them that have
    one.

    Parameters
    ----------
    values : tuple
        Any objects; those that are no tensors in a graph are passed on as they are.
    callback : callable
        Gets a tuple with a gradient (or None) for each value; a tuple that it returns takes their
        place.
    """
    live = [
        i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad
    ]
    if not live:
        return values

    def called(g: tuple) -> tuple:
        shown: list[Tensor | None] = [None] * len(values)
        for i, cotangent in zip(live, g):
            shown[i] = as_tensor(cotangent)
        changed = callback(tuple(shown))
        if changed is None:
            return g
        return tuple(_like(changed[i], cotangent) for i, cotangent in zip(live, g))

    passed = list(values)
    for i, value in zip(live, _tap(*[values[i] for i in live], callback=called)):
        passed[i] = value
    return tuple(passed)


def _like(changed: Any, cotangent: Any) -> Any:
    """What a hook returned for a gradient, as the sweep works: with tensors while it is recorded,
    else with arrays.
    """
    if tuple(changed.shape) != tuple(cotangent.shape):
        raise RuntimeError(
            f"a backward hook returned a gradient of shape {list(changed.shape)} in place of "
            f"{list(cotangent.shape)}"
        )
    if isinstance(cotangent, Tensor):
        return changed
    return as_tensor(changed).numpy()


def is_hooked(module: Any) -> bool:
    """Whether there is a hook of any kind on this module itself."""
    return module._hooks is not None and any(module._hooks.values())


def are_hooked(parameters: Iterable[Any]) -> bool:
    """Whether a hook waits for the gradient of one of these."""
    return any(p._hooks for p in parameters)


class Hooked:
    """What can be called and watched: the part of `Module` that runs ``forward`` and the hooks
    around it.
    """

    _hooks: dict[str, list] | None = None  # by kind; None as long as there never was one

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Every subclass defines it."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(): define forward(self, x)"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None:
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _add_hook(self, kind: str, entry: Any, prepend: bool) -> RemovableHandle:
        if self._hooks is None:
            self._hooks = {
                kind: [] for kind in ("forward_pre", "forward", "backward_pre", "backward")
            }
        return RemovableHandle(self._hooks[kind], entry, prepend)

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward; what it returns takes the place of the
        arguments.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)``, which returns a new ``(args,
        kwargs)`` or None.
        """
        return self._add_hook("forward_pre", (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward; what it returns takes the place
        of the output.

        With ``with_kwargs`` it is ``hook(module, args, kwargs, output)``.

        Examples
        --------
        >>> import nn
        >>> from autograd_engine import ones
        >>> layer = nn.Linear(2, 3)
        >>> with layer.register_forward_hook(lambda module, args, output: print(output.shape)):
        ...     _ = layer(ones(4, 2))
        (4, 3)
        """
        return self._add_hook("forward", (hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are complete; it may
        return others.
        """
        return self._add_hook("backward_pre", (hook,), prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are
        complete.

        Both are tuples, with None for what is no tensor in a graph; a tuple that the hook returns
        takes the place of ``grad_input``.
        """
        return self._add_hook("backward", (hook,), prepend)

    def _call_with_hooks(self, args: tuple, kwargs: dict) -> Any:
        hooks: dict[str, list] = self._hooks  # type: ignore[assignment]
        for hook, with_kwargs in list(hooks["forward_pre"]):
            if with_kwargs:
                args, kwargs = hook(self, args, kwargs) or (args, kwargs)
            elif (changed := hook(self, args)) is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        leave = None
        if hooks["backward_pre"] or hooks["backward"]:
            args, leave = self._tapped(args, hooks)
        output = self.forward(*args, **kwargs)
        for hook, with_kwargs in list(hooks["forward"]):
            if with_kwargs:
                changed = hook(self, args, kwargs, output)
            else:
                changed = hook(self, args, output)
            if changed is not None:
                output = changed
        return output if leave is None else leave(output)

    def _tapped(self, args: tuple, hooks: dict[str, list]) -> tuple[tuple, Callable]:
        """The arguments behind one tap, and what puts the other behind the output: they call the
        backward hooks.
        """
        seen: dict[str, tuple] = {}
        reaches_inputs = any(isinstance(arg, Tensor) and arg.requires_grad for arg in args)

        def at_outputs(grads: tuple) -> tuple:
            for (hook,) in list(hooks["backward_pre"]):
                grads = _replaced(grads, hook(self, grads))
            seen["output"] = grads
            if not reaches_inputs:
                at_inputs((None,) * len(args))
            return grads

        def at_inputs(grads: tuple) -> tuple:
            grad_output = seen.pop("output", None)
            if grad_output is None:  # a second derivative entered between the taps: no hook then
                return grads
            for (hook,) in list(hooks["backward"]):
                grads = _replaced(grads, hook(self, grads, grad_output))
            return grads

        def leave(output: Any) -> Any:
            if isinstance(output, tuple):
                return tap(output, at_outputs)
            return tap((output,), at_outputs)[0]

        return tap(args, at_inputs), leave


def _replaced(grads: tuple, answer: Any) -> tuple:
    """The gradients after a hook answered: with None nothing changes."""
    if answer is None:
        return grads
    return answer if isinstance(answer, tuple) else (answer,)
