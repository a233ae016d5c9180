"""How a program becomes text: one statement for each thing that has a name; what is used once and
has none stands in the expression that uses it. Comments quote the user's lines.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import Any

import numpy as np

from ...core.decision import decided, working_out
from ...core.errors import TraceError
from ...core.recorder import Call, Value, values_in
from ...core.tensor import Tensor
from .bundle import Bundle, CannotBundle
from .naming import Names, code_of, target_of
from .spelling import expression_of, is_spelled, literal
from .straight import Program, is_elementwise
from .tracing import RANDOM

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
