"""Decisions that Python takes by values, and arrays that it works out from them, in a way that a
program can follow.

A program is a straight list of calls. Where a function looks at numbers to choose its way (no
target is ignored, no mask hides a whole row) it says so with `decide`: a compiled program looks
again in each call, and is written anew where the answer is another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .batched import single
from .primitive import Primitive
from .recorder import Call, current, listening, note
from .tensor import Tensor, wrap
from .trace import source_line


class DecidedOtherwise(Exception):
    """A program was written for another answer than the one that there is now."""


def _confirmed(*args: Any, function: Callable, params: dict, answer: Any) -> tuple:
    if function(*args, **params) != answer:
        raise DecidedOtherwise(getattr(function, "__name__", "a decision"))
    return ()


decided = Primitive(
    "decided", _confirmed, ("*args",), {"function": None, "params": {}, "answer": None}, outputs=0
)


def decide(function: Callable, *args: Any, **params: Any) -> Any:
    """What ``function`` says of the values of tensors, by which Python is to decide.

    Parameters
    ----------
    function : callable
        Takes the arrays of the tensors in ``args`` and everything else as it is; returns a plain
        value (True, a number, None), or raises. It changes nothing.
    *args, **params
        What it is called with.

    Returns
    -------
    object
        What it returned.

    Examples
    --------
    >>> from autograd_engine import decide, tensor
    >>> decide(lambda x: bool((x > 0).all()), tensor([1.0, 2.0]))
    True
    """
    values = [single(x._data, "a decision") if isinstance(x, Tensor) else x for x in args]
    answer = function(*values, **params)
    if listening:
        recording = current()
        if recording is not None:
            inputs = tuple(map(recording._operand, args))
            static = {"function": function, "params": params, "answer": answer}
            call = Call(decided, inputs, static, [], source_line(), recording.backward)
            recording.decisions.append((len(recording.calls), call))
    return answer


def are_within(x: Any, *, low: int, high: int) -> bool:
    """Whether all of some integers are at least ``low`` and below ``high``: a function for `decide`
    that compiled programs know as well, so that they need not leave machine code to ask.

    Parameters
    ----------
    x : array of integers
    low, high : int

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine import are_within
    >>> are_within(np.array([0, 2]), low=0, high=3), are_within(np.array([-1]), low=0, high=3)
    (True, False)
    """
    if not x.size:
        return True
    if low == 0 and x.dtype.kind == "i":  # what is negative looks large
        return bool(np.maximum.reduce(x.view(f"u{x.itemsize}"), axis=None) < high)
    return bool(low <= np.minimum.reduce(x, None) and np.maximum.reduce(x, None) < high)


working_out = Primitive(
    "working_out",
    lambda x, *, function, params: function(x, **params),
    ("x",),
    {"function": None, "params": {}},
)


def worked_out(function: Callable, x: Any, **params: Any) -> Any:
    """What ``function`` makes of the values of a tensor (or of an array): an index, say, in which
    an op takes it as a static argument. A recording knows where it came from.
    """
    array = function(x._data if isinstance(x, Tensor) else x, **params)
    recording = current() if listening else None
    plain = isinstance(array, (np.ndarray, np.generic))
    if recording is not None and plain and (isinstance(x, Tensor) or recording.knows_array(x)):
        array = np.asarray(array)
        note(working_out, (x,), {"function": function, "params": params}, wrap(array))
    return array
