"""A function and its gradient as NumPy source that a person would have written: `to_numpy`."""

from __future__ import annotations

import html
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.tensor import Tensor
from .lowering import lowered
from .naming import captured_names, names_of_arguments
from .spelling import is_spelled
from .tracing import traced
from .writer import Writer


class NumpyProgram:
    """A function and its gradient, written in NumPy. Called like the function, it computes with
    arrays alone.

    Attributes
    ----------
    source : str
        Runs where nothing but NumPy is.
    name : str
        What the function is called in it.
    function : callable
        The function that the source defines.
    parameters : dict of str to Tensor
        What it takes besides the arguments: the tensors that the function took from elsewhere.
    """

    def __init__(self, name: str, source: str, parameters: dict[str, Any], arguments: int) -> None:
        self.name = name
        self.source = source
        self.parameters = parameters
        self._arguments = arguments
        filename = f"<to_numpy {name} {len(linecache.cache)}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        space: dict[str, Any] = {}
        exec(compile(source, filename, "exec"), space)
        self.function = space[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the source on the arrays of these tensors, and of the parameters as they are now.

        Keyword arguments are those of the source besides: ``rng``, and the gradients ``d_...`` to
        start from.
        """
        given = [_plain_array(x) for x in tensors_and_arrays(args)]
        if len(given) != self._arguments:
            raise TypeError(
                f"{self.name} was written for {self._arguments} tensors, got {len(given)}"
            )
        return self.function(*given, *map(_plain_array, self.parameters.values()), **kwargs)

    def __repr__(self) -> str:
        return self.source

    def _repr_html_(self) -> str:
        """The source, highlighted, for notebooks."""
        return highlighted(self.source)


def tensors_and_arrays(tree: Any) -> list:
    """The tensors and arrays among the leaves of the arguments."""
    found: list = []
    for x in tree:
        if isinstance(x, (Tensor, np.ndarray)):
            found.append(x)
        elif isinstance(x, (tuple, list)):
            found.extend(tensors_and_arrays(x))
        elif isinstance(x, dict):
            found.extend(tensors_and_arrays(x.values()))
    return found


def _plain_array(x: Any) -> Any:
    return np.asarray(x.detach() if isinstance(x, Tensor) else x)


def to_numpy(f: Callable, *args: Any, **kwargs: Any) -> NumpyProgram:
    """The NumPy source of a function and of its gradient: what somebody would have written who
    works out the backward pass by hand.

    Parameters
    ----------
    f : callable
        A function of tensors, or a model. It is called once.
    *args, **kwargs
        What to call it with. Shapes, and decisions that Python takes, are those of this call.

    Returns
    -------
    NumpyProgram
        Its ``source`` defines one function of arrays: of the tensors in ``args``, then of those
        that ``f`` takes from elsewhere (parameters). It returns the result, and a dictionary with
        the gradient of each of them that requires one; and a dictionary of the buffers that are
        changed, if there are any. A result of several elements takes its own gradient by the name
        ``d_...``, by default ones.

    Raises
    ------
    TraceError
        If Python takes a value out of a tensor in ``f``.

    Examples
    --------
    >>> from autograd_engine import tensor, to_numpy
    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> def loss(x):
    ...     y = (w * x).tanh()
    ...     return y.sum()
    >>> program = to_numpy(loss, tensor([0.5, 0.0]))
    >>> print(program.source)
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def loss(x, w):
        # y = (w * x).tanh()
        y = np.tanh(w * x)
        # return y.sum()
        out = y.sum()
    <BLANKLINE>
        # backward
        # through y = (w * x).tanh()
        d_w = (1 - y * y) * x
        return out, {'w': d_w}
    <BLANKLINE>
    >>> value, grads = program(tensor([0.5, 0.0]))
    """
    args, kwargs = _as_tensors(args), _as_tensors(kwargs)
    trace = traced(f, args, kwargs)
    program = lowered(trace, is_spelled, starts_with_one=True)
    name = getattr(f, "__name__", type(f).__name__.lower())
    writer = Writer(program, name if name.isidentifier() else "function")
    writer.name_given(names_of_arguments(f, args, kwargs), captured_names(f, (args, kwargs)))
    source = writer.text(trace.out)
    return NumpyProgram(writer.name, source, writer.extra, len(program.arguments))


def _as_tensors(tree: Any) -> Any:
    """Arguments with tensors in the place of arrays."""
    if isinstance(tree, np.ndarray):
        return Tensor(tree)
    if isinstance(tree, dict):
        return {key: _as_tensors(x) for key, x in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)(map(_as_tensors, tree))
    return tree


# --- colours --------------------------------------------------------------------------------------


def highlighted(source: str) -> str:
    """Source as HTML: keywords, comments and names of functions in colour."""
    lines = [_coloured(line) for line in source.splitlines()]
    style = "font: 13px/1.5 monospace; padding: .8em 1em; overflow-x: auto"
    return f'<pre style="{style}">{chr(10).join(lines)}</pre>'


def _coloured(line: str) -> str:
    code, mark, comment = line.partition("# ")
    words = []
    for word in html.escape(code, quote=False).split(" "):
        if word in ("def", "return", "import", "as", "if", "else", "for", "in", "not", "None"):
            word = f'<b style="color: #7d3fb2">{word}</b>'
        words.append(word)
    text = " ".join(words)
    if mark:
        text += f'<i style="color: #5f7f5f"># {html.escape(comment, quote=False)}</i>'
    return text
