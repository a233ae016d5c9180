"""A program as NumPy code that is made for speed: one call a line, into memory that was laid out
beforehand.

Three things make it faster than the same calls by hand. What is not returned goes into buffers that
are kept, and two values share one where the first is no longer needed when the second is made
(`memory`). A view of such a buffer is made once. And nothing is looked up, checked or recorded on
the way.
"""

from __future__ import annotations

import linecache
from collections import Counter
from math import prod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.decision import decided
from ...core.recorder import Call, Value, substituted, values_in
from ...core.summation import FEW, ONES, total
from ...ops.declare import normal_dims
from .floats import Floats, FloatsOrNumPy, floats_dtype
from .memory import Planner
from .spelling import INFIX, PREFIX
from .straight import Program, is_elementwise
from .stretches import in_stretches, on_tape
from .tape import is_on_tape

VIEWS = {"reshape", "permute", "swapaxes", "broadcast_to", "getitem"}
"""The ops whose result may look into the memory of their input."""

_KEYWORD = dict.fromkeys(("maximum", "minimum", "cat"), "out=")
"""How the buffer is given: by position, which is quicker, but where NumPy takes it by name only."""

COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}

_IN_PAIRS = {"sum": np.add, "amax": np.maximum, "amin": np.minimum}
_REDUCE = {"sum": np.add.reduce, "amax": np.maximum.reduce, "amin": np.minimum.reduce}


def is_fast(call: Call) -> bool:
    """Whether NumPy has a call as one of its own, which is not to be taken apart."""
    name = call.op.name
    return name in VIEWS or _makes_new_memory(call)


class FastCode:
    """The code of some calls of a program.

    Parameters
    ----------
    program : Program
        For its constants.
    calls : list of Call
    inputs : list of Value
        What the code is given, in order.
    outputs : list of Value
        What it returns, in memory of its own.
    copied : list of Value
        What it returns besides, to be copied before the next call.
    stored : list of (Value, Value)
        Of the inputs, those whose memory is to hold another value at the end, and which.

    Attributes
    ----------
    source : str
        The code.
    left : list of Call
        The calls of an op's own function, as in eager mode.
    planned, unplanned : int
        The bytes of the buffers, and what they would be if none were shared.
    """

    medium = "NumPy"
    elsewhere = "as in eager mode"
    why_left = "the op's own function, which NumPy has not as one call"
    functions = 0
    seconds = 0.0
    from_disk = False

    def __init__(
        self,
        program: Program,
        calls: list[Call],
        inputs: list[Value],
        outputs: list[Value],
        copied: Sequence[Value] = (),
        stored: Sequence[tuple[Value, Value]] = (),
    ) -> None:
        self.program = program
        self.constants = program.constants
        self._stored = list(stored)
        self.calls = self._grouped(calls, [*outputs, *copied])
        self.left: list[Call] = []
        self._setup: list[str] = []
        self._body: list[str] = []
        self._space: dict[str, Any] = {"empty": np.empty}
        self._names: dict[Value, str] = {value: f"a{i}" for i, value in enumerate(inputs)}
        self._arguments = [f"a{i}" for i in range(len(inputs))]
        self._outputs = outputs
        self._copied = list(copied)
        self.workspace = 0
        self._sources: dict[Value, Value] = {}  # what a view looks into
        self._static: dict[Value, np.ndarray] = {}  # a sample of what lies in kept memory
        self._plan = Planner(self._last_uses())
        self._numbers = self._comparisons_as_numbers()
        merged = set(self._numbers.values())
        for i, call in enumerate(self.calls):
            if call not in merged:
                self._write(i, call)
            self._plan.release(i)
        for target, value in self._stored:
            names = f"{self._name(target)}, {self._name(value)}"
            self._body.append(f"{self._constant(np.copyto)}({names})")
        self._static.clear()
        self.calls = calls
        self.planned = self._plan.bytes + self.workspace
        self.unplanned = self._plan.bytes_unshared
        self.source = self._text()
        self.warns = True
        self.makers: list[Callable] = []
        self.make = self._compiled()

    def _grouped(self, calls: list[Call], wanted: list[Value]) -> list[Call]:
        """The calls, those on single numbers together."""
        self._float_dtype = dtype = floats_dtype(calls)
        if dtype is None:
            return calls

        def kind_of(call: Call) -> str:
            return "tape" if is_on_tape(call, dtype) else "numpy"

        return in_stretches(calls, wanted, [value for _, value in self._stored], kind_of)

    # --- running ----------------------------------------------------------------------------------

    def __call__(self, *arrays: Any) -> tuple:
        """Run the code. Each thread that is in it at the same time has buffers of its own."""
        try:
            run = self.makers.pop()
        except IndexError:
            run = self.make()
        if self.warns:
            with np.errstate(all="ignore"):
                results = run(*arrays)
        else:
            results = run(*arrays)
        self.makers.append(run)
        return results

    def _compiled(self) -> Callable:
        filename = f"<compiled {len(linecache.cache)}>"
        linecache.cache[filename] = (
            len(self.source),
            None,
            self.source.splitlines(True),
            filename,
        )
        exec(compile(self.source, filename, "exec"), self._space)
        return self._space["make"]

    def _text(self) -> str:
        buffers = [f"m{i} = empty({size}, 'u1')" for i, size in enumerate(self._plan.sizes)]
        returned = [self._returned(value) for value in self._outputs]
        returned += [self._name(value) for value in self._copied]
        lines = ["def make():"]
        lines += [f"    {line}" for line in [*buffers, *self._setup]]
        lines += [f"    def run({', '.join(self._arguments)}):"]
        lines += [f"        {line}" for line in self._body]
        lines += [f"        return ({', '.join(returned)}{',' * (len(returned) == 1)})"]
        lines += ["    return run"]
        return "\n".join(lines) + "\n"

    def _returned(self, value: Value) -> str:
        name = self._name(value)
        if value in self.constants and value.shape != ():
            return f"{name}.copy()"
        return name

    # --- names ------------------------------------------------------------------------------------

    def _constant(self, x: Any) -> str:
        """A name for an object."""
        name = f"k{len(self._space)}"
        self._space[name] = x
        return name

    def _name(self, value: Value) -> str:
        name = self._names.get(value)
        if name is None:
            name = self._names[value] = self._constant(self.constants[value])
        return name

    def _operand(self, x: Any, dtype: Any = None) -> str:
        """An operand; a number beside arrays is an array already, which is quicker."""
        if isinstance(x, Value):
            if x not in self.constants or x.shape != ():
                return self._name(x)
            x = self.constants[x]
        if dtype is not None and isinstance(x, (int, float, np.generic)):
            return self._constant(np.asarray(x, dtype))
        return self._constant(x)

    def _static_argument(self, x: Any) -> str:
        """A static argument; where values stand in it, it is put together in each call."""
        taken: list[Value] = []
        substituted(x, lambda value: taken.append(value))
        if isinstance(x, Value):
            return self._name(x)
        if not taken:
            return self._constant(x)
        if type(x) is tuple and all(isinstance(part, (Value, np.ndarray)) for part in x):
            return f"({', '.join(map(self._operand, x))},)"

        def together(*arrays: Any) -> Any:
            found = dict(zip(taken, arrays))
            return substituted(x, found.__getitem__)

        return f"{self._constant(together)}({', '.join(map(self._name, taken))})"

    # --- memory -----------------------------------------------------------------------------------

    def _last_uses(self) -> dict[Value, int]:
        """In which line each value is used for the last time, itself or through a view; never, if
        it is returned.
        """
        last: dict[Value, int] = {}
        for i, call in enumerate(self.calls):
            for value in values_in(call):
                last[value] = i
        for value in [*self._copied, *(value for _, value in self._stored)]:
            last[value] = len(self.calls)
        for value in self._outputs:
            last[value] = -1
        for call in reversed(self.calls):
            if not _makes_new_memory(call):
                ends = [last[value] for value in call.outputs if value in last]
                for source in values_in(call):
                    last[source] = _latest([last[source], *ends])
        return last

    def _buffered(self, call: Call, i: int, value: Value | None = None) -> str | None:
        """The name of a kept buffer for (one of) what a call returns; None where it is to have
        memory of its own.
        """
        value = value or call.outputs[0]
        if value.shape == () or 0 in value.shape or not self._plan.keeps(value):
            return None
        reused = None
        if is_elementwise(call):
            reused = self._dying_input(call, i)
        slot = self._plan.place(value, reused)
        name = self._names[value] = f"v{value.index}"
        dtype = self._constant(value.dtype)
        count = value.dtype.itemsize * int(np.prod(value.shape))
        self._setup.append(f"{name} = m{slot}[:{count}].view({dtype}).reshape({value.shape})")
        self._static[value] = np.empty(value.shape, value.dtype)
        return name

    def _dying_input(self, call: Call, i: int) -> Value | None:
        """An input of the same shape whose buffer the result may take over."""
        out = call.outputs[0]
        for x in call.inputs:
            if isinstance(x, Value) and x.shape == out.shape and x.dtype == out.dtype:
                if self._plan.ends(x, i) and x not in self._sources and not self._has_views(x):
                    return x
        return None

    def _has_views(self, value: Value) -> bool:
        return value in self._sources.values()

    # --- the lines --------------------------------------------------------------------------------

    def _write(self, i: int, call: Call) -> None:
        name = call.op.name
        if call.op is on_tape:
            self._write_floats(call)
        elif call.op is decided:
            self._write_call(call)
        elif name in VIEWS and self._write_view(i, call):
            pass
        elif is_elementwise(call) and self._write_elementwise(i, call):
            pass
        elif name in _REDUCE and self._write_reduction(i, call):
            pass
        elif name == "matmul" and self._write_product(i, call):
            pass
        elif name == "cat":
            out = self._buffered(call, i)
            parts = ", ".join(map(self._operand, call.inputs))
            join = self._constant(np.concatenate)
            self._assign(call, f"{join}([{parts}], {call.params['dim']}", out)
        else:
            self._write_call(call)

    def _write_floats(self, call: Call) -> None:
        """Calls on single numbers, as a function of Python's floats."""
        calls = call.params["calls"]
        inputs = list(values_in(call))
        assert self._float_dtype is not None  # of all of them together there are enough
        floats = Floats(calls, self.constants, inputs, call.outputs, self._float_dtype)

        def by_numpy() -> Callable:
            return CallByCall(self.program, calls, inputs, call.outputs)

        function = self._constant(FloatsOrNumPy(floats, by_numpy))
        names = "".join([f"{self._new(y)}, " for y in call.outputs])
        self._body.append(f"{names.rstrip()} = {function}({', '.join(map(self._name, inputs))})")

    def _assign(self, call: Call, begun: str, out: str | None) -> None:
        """A call into a buffer, or into new memory."""
        if out is not None:
            self._body.append(f"{begun}, {_KEYWORD.get(call.op.name, '')}{out})")
        else:
            self._body.append(f"{self._new(call.outputs[0])} = {begun})")

    def _new(self, value: Value) -> str:
        name = self._names[value] = f"v{value.index}"
        return name

    def _write_view(self, i: int, call: Call) -> bool:
        """A view of kept memory is made once, of anything else in each call."""
        source = call.inputs[0]
        if not isinstance(source, Value) or list(values_in(call)) != [source]:
            return False
        view = call.outputs[0]
        params = ", ".join(f"{k}={self._constant(v)}" for k, v in call.params.items())
        text = f"{self._constant(call.op.forward)}({self._name(source)}, {params})"
        sample = self._static.get(source)
        if sample is None:
            self._body.append(f"{self._new(view)} = {self._view_text(call) or text}")
            return True
        made = call.op.forward(sample, **call.params)
        if not isinstance(made, np.ndarray) or not np.may_share_memory(made, sample):
            return False
        self._setup.append(f"{self._new(view)} = {text}")
        self._sources[view] = source
        self._static[view] = made
        return True

    def _view_text(self, call: Call) -> str | None:
        """How NumPy's own methods make a view, where that is quicker."""
        name = self._name(call.inputs[0])
        ndim = len(call.inputs[0].shape)
        if call.op.name == "reshape":
            return f"{name}.reshape({call.outputs[0].shape})"
        if call.op.name == "swapaxes" and ndim == 2:
            return f"{name}.T" if call.params["dim0"] % 2 != call.params["dim1"] % 2 else name
        if call.op.name == "permute" and ndim == 2:
            return f"{name}.T" if call.params["dims"][0] % 2 else name
        if call.op.name == "permute":
            return f"{name}.transpose({tuple(call.params['dims'])})"
        return None

    def _comparisons_as_numbers(self) -> dict[Call, Call]:
        """The comparisons that are needed as numbers only, each with the call that makes numbers of
        it: NumPy writes them as such.
        """
        uses = Counter(value for call in self.calls for value in set(values_in(call)))
        uses.update([*self._outputs, *self._copied, *(value for _, value in self._stored)])
        found = {}
        for call in self.calls:
            x = call.inputs[0] if call.op.name == "cast" else None
            if isinstance(x, Value) and x.call in self.calls and uses[x] == 1 and x.shape != ():
                if x.call.op.name in COMPARISONS and self._common_dtype(x.call) is not None:
                    found[x.call] = call
        return found

    def _write_elementwise(self, i: int, call: Call) -> bool:
        if call.op.name == "where":
            return False
        if call.op.name == "cast":
            return self._write_cast(i, call)
        ufunc: Any = call.op.numpy[0]
        dtype = self._common_dtype(call)
        if dtype is None or _result_dtype(ufunc, call, dtype) != call.outputs[0].dtype:
            return False
        if call in self._numbers:
            call = _with_outputs(call, self._numbers[call].outputs)
        out = call.outputs[0]
        if out.shape == ():
            return self._write_scalar(call, ufunc)
        if call.op.name == "pow":
            ufunc, call = _simpler_power(call)
        xs = [self._operand(x, dtype) for x in call.inputs]
        buffer = self._buffered(call, i)
        if buffer is None and out.dtype != _result_dtype(ufunc, call, dtype):
            buffer = self._new(out)
            shape = self._constant(out.shape)
            self._body.append(f"{buffer} = empty({shape}, {self._constant(out.dtype)})")
        self._assign(call, f"{self._constant(ufunc)}({', '.join(xs)}", buffer)
        return True

    def _common_dtype(self, call: Call) -> Any:
        """The dtype of the operands; None where they differ."""
        dtypes = {x.dtype for x in call.inputs if isinstance(x, Value)}
        dtypes |= {x.dtype for x in call.inputs if isinstance(x, np.ndarray)}
        if len(dtypes) != 1:
            return None
        (dtype,) = dtypes
        numbers = [x for x in call.inputs if isinstance(x, (int, float, np.generic))]
        if dtype.kind != "f" and any(not isinstance(x, int) for x in numbers):
            return None
        return dtype

    def _write_scalar(self, call: Call, ufunc: Any) -> bool:
        """Numbers are quicker by Python's operators."""
        xs = [self._operand(x) for x in call.inputs]
        name = call.op.name
        text = f"{self._constant(ufunc)}({', '.join(xs)})"
        if name in INFIX and name != "matmul":
            text = f"{xs[0]} {INFIX[name]} {xs[1]}"
        elif name in PREFIX:
            text = f"{PREFIX[name]}{xs[0]}"
        self._body.append(f"{self._new(call.outputs[0])} = {text}")
        return True

    def _write_cast(self, i: int, call: Call) -> bool:
        out = self._buffered(call, i)
        x = self._operand(call.inputs[0])
        if out is None:
            dtype = self._constant(call.outputs[0].dtype)
            self._body.append(f"{self._new(call.outputs[0])} = {x}.astype({dtype})")
        else:
            self._body.append(f"{self._constant(np.copyto)}({out}, {x}, 'unsafe')")
        return True

    def _write_reduction(self, i: int, call: Call) -> bool:
        x = call.inputs[0]
        out = call.outputs[0]
        if not isinstance(x, Value) or x.shape == () or x.dtype != out.dtype or x.dtype.kind != "f":
            return False
        dim = call.params["dim"]
        axes = normal_dims(dim, len(x.shape))
        keepdim = bool(call.params["keepdim"])
        name = self._operand(x)
        if call.op.name == "sum":
            if axes == (0,) and len(x.shape) == 2 and x.shape[0] < ONES and not keepdim:
                return self._write_column_sums(i, call, name)
            if x.dtype == np.float16 or not self._sums_exactly(x, axes):
                axes_text = self._constant(axes)
                self._body.append(
                    f"{self._new(out)} = {self._constant(total)}({name}, {axes_text}, {keepdim})"
                )
                return True
        if (
            len(axes) == 1
            and x.shape[axes[0]] in (2, 3)
            and self._write_by_columns(i, call, axes[0])
        ):
            return True
        reduce = self._constant(_REDUCE[call.op.name])
        if out.shape == ():
            self._body.append(f"{self._new(out)} = {reduce}({name}, None)")
            return True
        buffer = self._buffered(call, i) or "None"
        text = f"{reduce}({name}, {self._constant(axes)}, None, {buffer}, {keepdim})"
        if buffer == "None":
            text = f"{self._new(out)} = {text}"
        self._body.append(text)
        return True

    def _write_by_columns(self, i: int, call: Call, axis: int) -> bool:
        """Reduce two or three columns as whole ones, faster than many short rows."""
        x, out = call.inputs[0], call.outputs[0]
        if x not in self._static or out.shape == ():
            return False
        buffer = self._buffered(call, i)
        if buffer is None:
            return False
        columns = []
        for j in range(x.shape[axis]):
            place: Any = j
            if len(out.shape) == len(x.shape):
                place = slice(j, j + 1)
            column = self._constant(None)
            index = self._constant((slice(None),) * axis + (place,))
            self._setup.append(f"{column} = {self._names[x]}[{index}]")  # a view, whatever comes
            columns.append(column)
        pairwise = self._constant(_IN_PAIRS[call.op.name])
        self._body.append(f"{pairwise}({columns[0]}, {columns[1]}, out={buffer})")
        for column in columns[2:]:
            self._body.append(f"{pairwise}({buffer}, {column}, out={buffer})")
        return True

    def _sums_exactly(self, x: Value, axes: tuple) -> bool:
        """Whether NumPy's own sum over the axes keeps the digits."""
        count = prod([x.shape[d] for d in axes])
        sample = self._static.get(x)
        whole = sample is not None and sample.flags.c_contiguous
        last = sorted(axes) == list(range(len(x.shape) - len(axes), len(x.shape)))
        return count <= FEW or (whole and last)

    def _write_column_sums(self, i: int, call: Call, name: str) -> bool:
        x = call.inputs[0]
        ones = self._constant(np.ones(x.shape[0], x.dtype))
        self._assign(call, f"{self._constant(np.dot)}({ones}, {name}", self._buffered(call, i))
        return True

    def _write_product(self, i: int, call: Call) -> bool:
        a, b = call.inputs
        if not (isinstance(a, Value) and isinstance(b, Value)) or a.dtype != b.dtype:
            return False
        function: Any = np.matmul
        if len(a.shape) == len(b.shape) == 2:
            function = np.dot
        elif len(a.shape) < 2 or len(b.shape) < 2:
            return False
        elif len(b.shape) == 2:
            return self._write_product_of_rows(i, call)
        xs = f"{self._name(a)}, {self._name(b)}"
        self._assign(call, f"{self._constant(function)}({xs}", self._buffered(call, i))
        return True

    def _write_product_of_rows(self, i: int, call: Call) -> bool:
        """A batch of matrices times one matrix, as one product."""
        a, b = call.inputs
        y = call.outputs[0]
        shape = prod(a.shape[:-1]), a.shape[-1]
        text = f"{self._constant(np.dot)}({self._name(a)}.reshape({shape}), {self._name(b)}"
        out = self._buffered(call, i)
        if out is not None:
            self._body.append(f"{text}, {out}.reshape({shape[0], b.shape[1]}))")
        else:
            self._body.append(f"{self._new(y)} = {text}).reshape({y.shape})")
        return True

    def _write_lookup(self, call: Call) -> bool:
        """An element of each row: what NumPy gives for an array of indices for each dimension."""
        x, index = call.inputs[0], call.params["index"]
        if type(index) is not tuple or len(index) != len(np.shape(x)) or np.shape(x) == ():
            return False
        if not all(isinstance(part, (Value, np.ndarray)) for part in index):
            return False
        if any(part.dtype.kind not in "iu" or part.shape == () for part in index):
            return False
        text = f"{self._operand(x)}[{self._static_argument(index)}]"
        self._body.append(f"{self._new(call.outputs[0])} = {text}")
        return True

    def _write_call(self, call: Call) -> None:
        """The op's own forward function."""
        if call.op.name == "getitem" and self._write_lookup(call):
            return
        if call.op is not decided:
            self.left.append(call)
        xs = [self._operand(x) for x in call.inputs]
        xs += [f"{key}={self._static_argument(x)}" for key, x in call.params.items()]
        text = f"{self._constant(call.op.forward)}({', '.join(xs)})"
        names = [self._new(value) for value in call.outputs]
        if call.op is decided:
            self._body.append(text)
        elif call.op.outputs == 0:
            self._body.append(f"{', '.join(names)}, = {text}")
        else:
            self._body.append(f"{names[0]} = {text}")


class CallByCall(FastCode):
    """The code without stretches of single numbers."""

    def _grouped(self, calls: list[Call], wanted: list[Value]) -> list[Call]:
        return calls


def _makes_new_memory(call: Call) -> bool:
    """Whether what a call returns surely looks into none of its inputs."""
    name = call.op.name
    return is_elementwise(call) or name in _REDUCE or name in ("matmul", "cat", "native", "tape")


def _latest(lines: list[int]) -> int:
    """The last of some lines; never, if one of them is never."""
    return -1 if -1 in lines else max(lines)


def _result_dtype(ufunc: np.ufunc, call: Call, dtype: Any) -> Any:
    """The dtype of what a ufunc makes of operands of one dtype."""
    try:
        return ufunc.resolve_dtypes((dtype,) * ufunc.nin + (None,) * ufunc.nout)[-1]
    except TypeError:
        return None


def _simpler_power(call: Call) -> tuple[Any, Any]:
    """``x * x`` for ``x ** 2``."""
    base, exponent = call.inputs
    if isinstance(exponent, (int, float, np.generic)) and exponent == 2:
        return np.multiply, _with_inputs(call, (base, base))
    return np.power, call


def _with_inputs(call: Call, inputs: tuple) -> Call:
    return Call(call.op, inputs, {}, call.outputs, call.line, call.backward)


def _with_outputs(call: Call, outputs: list[Value]) -> Call:
    return Call(call.op, call.inputs, {}, outputs, call.line, call.backward)
