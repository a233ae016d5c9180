"""A function and its gradient as NumPy source that a person would have written: `to_numpy`.

One statement for each thing that has a name; what is used once and has none stands in the
expression that uses it. Comments quote the user's lines.
"""

from __future__ import annotations

import ast
import html
import linecache
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.decision import decided, working_out
from ...core.recorder import Call, Value
from ...core.errors import TraceError
from ...core.tensor import Tensor
from .bundle import Bundle, CannotBundle
from .lowering import lowered
from .naming import Names, names_of_arguments, captured_names, code_of, target_of
from .spelling import expression_of, is_spelled, literal
from .straight import Program, is_elementwise
from .tracing import RANDOM, traced, values_in

WIDTH = 88
"""How long a line may become by what is written into it."""
FEW = 16
"""How many numbers a constant may have to stand in the text."""


HELPERS = {
    "scatter": (
        "def scatter(x, shape, index):\n"
        "    out = np.zeros(shape, x.dtype)\n"
        "    np.add.at(out, index, x)\n"
        "    return out"
    ),
    "setitem": (
        "def setitem(x, v, index):\n    out = x.copy()\n    out[index] = v\n    return out"
    ),
}
"""What NumPy has as a statement only."""


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


class Writer:
    """Writes one program as text."""

    def __init__(self, program: Program, name: str) -> None:
        self.program = program
        self.names = Names()
        for helper in HELPERS:
            self.names.unused(helper)
        self.name = self.names.unused(name)
        self.extra: dict[str, Any] = {}  # what is given besides the arguments
        self.bundle = Bundle()
        self._name_of: dict[Value, str] = {}
        self._text_of: dict[Value, str] = {}
        self._parameters: list[str] = []
        self._uses = Counter(v for call in program.calls for v in values_in(call))
        self._uses.update(program.roots)
        self._backward = {call for call in program.calls if call.backward}

    # --- names ------------------------------------------------------------------------------------

    def name_given(self, arguments: list[str], captured: dict[int, str]) -> None:
        """Name what the program takes, what its lines compute, and the gradients."""
        program = self.program
        for value, name in zip(program.arguments, arguments):
            self._parameter(value, name)
        for tensor, value in program.captured:
            if self._uses[value]:
                name = self._parameter(value, captured.get(id(tensor), "constant"))
                self.extra[name] = tensor
        for value, array in program.constants.items():
            if self._uses[value] and np.size(array) > FEW:
                self.extra[self._parameter(value, "constant")] = array
        self._name_lines()
        self._name_results()
        for y, g in program.cotangents:
            self._name_of[g] = self.names.unused(f"d_{self._name_of[y]}")
        for x, g in program.gradients:
            if g is not None and g not in self._name_of:
                self._name_of[g] = self.names.unused(f"d_{self._name_of[x]}")
        self._name_cotangents()

    def _parameter(self, value: Value, wanted: str) -> str:
        name = self._name_of[value] = self.names.unused(wanted)
        self._parameters.append(name)
        return name

    def _name_lines(self) -> None:
        """A value is called as the variable that the user's line assigns it to."""
        forward = [call for call in self.program.calls if call not in self._backward]
        following = [*forward[1:], None]
        for call, after in zip(forward, following):
            if after is not None and after.line == call.line:
                continue
            target = target_of(call.line)
            if target is not None and len(call.outputs) == 1:
                self._name_of.setdefault(call.outputs[0], self.names.unused(target))

    def _name_results(self) -> None:
        for value in self.program.results:
            if value not in self._name_of and value not in self.program.constants:
                self._name_of[value] = self.names.unused("out")

    def _name_cotangents(self) -> None:
        """The gradient of a value is called after it, where it has to have a name at all."""
        for g, y in self.program.cotangent_of.items():
            if g in self._name_of or g in self.program.constants:
                continue
            if y in self._name_of:
                self._name_of[g] = self.names.unused(f"d_{self._name_of[y]}")
            elif self._uses[g] > 1:
                self._name_of[g] = self.names.unused(f"d_{self._nearest(y)}_in")

    def _nearest(self, value: Value) -> str:
        """The name of what a value is used for next."""
        seen = {value}
        for call in self.program.calls:
            if not seen.isdisjoint(values_in(call)):
                for y in call.outputs:
                    if y in self._name_of:
                        return self._name_of[y]
                    seen.add(y)
        return "value"

    # --- the text ---------------------------------------------------------------------------------

    def text(self, out: Any) -> str:
        """The whole source."""
        lines = self._statements()
        lines += [f"return {self._returned(out)}"]
        head = f"def {self.name}({', '.join(self._signature())}):"
        body = "\n".join(f"    {line}" if line else "" for line in lines)
        imports = sorted({"import numpy as np", *self.bundle.imports})
        parts = ["\n".join(imports), *self.bundle.definitions.values(), f"{head}\n{body}"]
        return "\n\n\n".join(parts) + "\n"

    def _signature(self) -> list[str]:
        more = []
        if any(call.op.name in RANDOM for call in self.program.calls):
            more.append("rng=np.random.default_rng()")
        more += [f"{self._name_of[g]}={_ones_text(g)}" for _, g in self.program.cotangents]
        return [*self._parameters, *more]

    def _statements(self) -> list[str]:
        lines: list[str] = []
        said = ""
        forward = True
        for call in self.program.calls:
            statement = self._statement(call)
            if statement is None:
                continue
            if forward and call in self._backward:
                lines += ["", "# backward"]
                forward = False
                said = ""
            quoted = _tidied(code_of(call.line))
            if call.line != said and quoted and not _are_alike(statement, quoted):
                lines.append(f"# {quoted}" if forward else f"# through {quoted}")
            said = call.line
            lines += statement.splitlines()
        return lines

    def _statement(self, call: Call) -> str | None:
        """The statement that a call becomes, or None if it stands in another's expression."""
        if call.op is decided:
            return None
        text = self._expression(call)
        if call.op.outputs == 0:
            names = [self._named(value) for value in call.outputs]
            return (
                f"{', '.join(names)}, = {text}"
                if len(names) == 1
                else f"{', '.join(names)} = {text}"
            )
        value = call.outputs[0]
        if self._is_inlined(call, text):
            self._text_of[value] = text
            return None
        return f"{self._named(value)} = {text}"

    def _is_inlined(self, call: Call, text: str) -> bool:
        value = call.outputs[0]
        if value in self._name_of or call.op.name in RANDOM or len(text) > WIDTH:
            return False
        if self._uses[value] == 1:
            return True
        return call.op.name in ("swapaxes", "permute") and text.endswith(".T") and len(text) < 20

    def _named(self, value: Value) -> str:
        """The name of a value, which it gets now if it has none."""
        if value not in self._name_of:
            wanted = "value" if value.call is None else value.call.op.name
            wanted = self.program.made_by.get(value, wanted)
            self._name_of[value] = self.names.unused(wanted)
        return self._name_of[value]

    def _operand(self, x: Any) -> str:
        if hasattr(x, "_fields"):
            return f"{self.bundle.add_class(type(x))}({', '.join(map(self._operand, x))})"
        if not isinstance(x, Value):
            return literal(x, self._operand)
        if x in self._name_of and x not in self.program.constants:
            return self._name_of[x]
        if x in self._text_of:
            return self._text_of[x]
        if x in self.program.constants:
            return literal(self.program.constants[x], self._operand)
        return self._named(x)

    def _expression(self, call: Call) -> str:
        xs = [self._operand(x) for x in _without_needless_casts(call)]
        if not is_elementwise(call):
            xs = [self._with_dtype(x, text) for x, text in zip(call.inputs, xs)]
        if call.op.name == "broadcast_to" and call.inputs[0] in self.program.constants:
            return _full_text(call.outputs[0], self.program.constants[call.inputs[0]])
        if call.op.name in HELPERS and not hasattr(call.params["index"], "mapped"):
            return self._helped(call, xs)
        if is_spelled(call):
            text = expression_of(call, xs, self._operand)
            if "math." in text:
                self.bundle.imports.add("import math")
        else:
            text = self._bundled(call, xs)
        return ast.unparse(ast.parse(text, mode="eval"))

    def _with_dtype(self, x: Any, text: str) -> str:
        """A number that is an argument of a function, as one of NumPy's."""
        if isinstance(x, Value) and x in self.program.constants and x.shape == ():
            return f"{literal(x.dtype, str)}({text})"
        return text

    def _helped(self, call: Call, xs: list[str]) -> str:
        self.bundle.definitions[call.op.name] = HELPERS[call.op.name]
        params = [f"{name}={self._operand(x)}" for name, x in call.params.items()]
        return f"{call.op.name}({', '.join([*xs, *params])})"

    def _bundled(self, call: Call, xs: list[str]) -> str:
        """A call of the op's own forward function, whose source is put in front."""
        function = call.op.forward
        wanted = f"_{call.op.name}"
        params = call.params
        if call.op is working_out:
            function = params["function"]
            wanted = f"_{function.__name__.strip('_')}"
            params = params["params"]
        try:
            name = self.bundle.name_of(wanted, function)
        except CannotBundle as error:
            raise TraceError(
                f"{call.op.name} cannot be written in NumPy alone ({error}), in {call.line}"
            ) from error
        given = [f"{key}={self._operand(x)}" for key, x in params.items()]
        return f"{name}({', '.join([*xs, *given])})"

    # --- what is returned -------------------------------------------------------------------------

    def _returned(self, out: Any) -> str:
        names = iter([self._operand(value) for value in self.program.results])
        parts = [_tree_text(_with_names(out, names))]
        if self.program.gradients:
            pairs = [(self._name_of[x], g) for x, g in self.program.gradients]
            parts.append(self._dictionary(pairs))
        if self.program.writes:
            called = {id(tensor): self._name_of.get(v) for tensor, v in self.program.captured}
            pairs = [(called.get(id(tensor)) or "out", v) for tensor, v in self.program.writes]
            if not self.program.gradients:
                parts.append("{}")
            parts.append(self._dictionary(pairs))
        return ", ".join(parts)

    def _dictionary(self, pairs: list) -> str:
        entries = [
            f"{name!r}: {self._operand(value)}" for name, value in pairs if value is not None
        ]
        return f"{{{', '.join(entries)}}}"


def _full_text(y: Value, number: Any) -> str:
    return f"np.full({y.shape}, {number.item()}, {literal(y.dtype, str)})"


def _ones_text(g: Value) -> str:
    return f"np.ones({g.shape}, {literal(g.dtype, str)})"


def _tidied(code: str) -> str:
    """A line of code as Python writes it, where it is whole."""
    try:
        return ast.unparse(ast.parse(code))
    except SyntaxError:
        return code


def _are_alike(statement: str, quoted: str) -> bool:
    """Whether a line is as the user wrote it, or nearly."""
    return statement.replace("np.", "") == quoted.replace("ag.", "")


class _Name(str):
    """A name in the structure that is returned."""


def _with_names(out: Any, names: Any) -> Any:
    if isinstance(out, Tensor):
        return _Name(next(names))
    if isinstance(out, dict):
        return {key: _with_names(x, names) for key, x in out.items()}
    if isinstance(out, (tuple, list)):
        parts = [_with_names(x, names) for x in out]
        return parts if isinstance(out, list) else tuple(parts)
    return out


def _tree_text(tree: Any) -> str:
    if isinstance(tree, _Name):
        return str(tree)
    if isinstance(tree, dict):
        return f"{{{', '.join(f'{key!r}: {_tree_text(x)}' for key, x in tree.items())}}}"
    if isinstance(tree, tuple):
        comma = "," if len(tree) == 1 else ""
        return f"({', '.join(map(_tree_text, tree))}{comma})"
    if isinstance(tree, list):
        return f"[{', '.join(map(_tree_text, tree))}]"
    return repr(tree)


def _without_needless_casts(call: Call) -> list:
    """The inputs, booleans as they are where a product makes numbers of them."""
    if call.op.name != "mul":
        return list(call.inputs)
    dtype = call.outputs[0].dtype
    found = []
    for x, other in zip(call.inputs, call.inputs[::-1]):
        cast = isinstance(x, Value) and x.call is not None and x.call.op.name == "cast"
        if cast and isinstance(other, Value) and other.dtype == dtype:
            source = x.call.inputs[0]
            if isinstance(source, Value) and source.dtype == bool:
                x = source
        found.append(x)
    return found


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
