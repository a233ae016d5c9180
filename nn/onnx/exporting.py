"""From a model to an ONNX file: the calls that its forward makes, each as the operators that
`operators` declares.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd_engine import (
    Tensor,
    TraceError,
    as_tensor,
    get_rng_state,
    no_grad,
    record_calls,
)

from ..module import Module
from ..training.loop import in_evaluation
from .building import Building, Later, onnx_package
from .drawing import DRAWN, DRAWS
from .operators import OPERATORS
from .places import TAKE_LATER

OPSET = 20
"""The version of ONNX's operators."""

FORMAT = 10
"""The version of the file's format; of those that know the operators, what most programs read."""

RANDOM = {"randperm", "bernoulli", "poisson", "multinomial", "binomial"}
"""What draws in a way that ONNX does not know, or by numbers in a tensor."""


def export(
    model: Module,
    x: Any,
    path: str | Path | None = None,
    *,
    input_names: Any = None,
    output_names: Any = None,
    dynamic_batch: bool = False,
) -> Any:
    """Write a model as ONNX: what it computes in evaluation, of inputs like these.

    Parameters
    ----------
    model : Module
    x : Tensor, array_like, or tuple of these
        Sample inputs: shapes and dtypes count.
    path : str or Path, optional
        Ends in ``.onnx``.
    input_names, output_names : sequence of str, optional
        By default the names of the arguments of ``forward``, and ``output`` (``output_0``, ...).
    dynamic_batch : bool
        Whether the first dimension of all inputs and outputs may have any length. It is tried out
        with one sample more.

    Returns
    -------
    onnx.ModelProto
        Its parameters are named as in ``model.state_dict()``.

    Raises
    ------
    ImportError
        If the package onnx is not installed.
    NotImplementedError
        For an op that has no counterpart in ONNX here, or gives another number of elements for
        other values (``x[mask]``); the message names it, and the line.
    TraceError
        If Python decides by values what to compute.
    ValueError
        If the batch cannot have any length, because its size is used in the computation.

    Notes
    -----
    Random numbers (`rand`, `randn`, `normal` and `randint`; dropout that is always on) are drawn by
    whatever runs the file.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    >>> onnx_model = nn.onnx.export(model, ag.randn(2, 3))  # doctest: +SKIP
    >>> [node.op_type for node in onnx_model.graph.node]  # doctest: +SKIP
    ['Gemm', 'Tanh']
    """
    onnx = onnx_package()
    if path is not None and Path(path).suffix != ".onnx":
        raise ValueError(f"an ONNX file is named *.onnx, not {Path(path).name!r}")
    given = [as_tensor(each) for each in (x if isinstance(x, tuple) else (x,))]
    batch = given[0].shape[0] if dynamic_batch else None
    names = list(input_names or _argument_names(model, len(given)))
    random_state = get_rng_state()
    with no_grad(), record_calls() as recording:
        recording.for_program = True
        result = in_evaluation(model, lambda: model(*given))
    _refuse_draws(recording, bool((get_rng_state() != random_state).any()))
    outputs = _all_outputs(result)
    writing = _Writing(recording, model, dict(zip(names, given)), batch)
    made = writing.model([recording.value_of(y) for y in outputs], output_names)
    onnx.checker.check_model(made, full_check=True)
    if batch is not None:
        _try_other_batch(model, made, given)
    if path is not None:
        onnx.save(made, str(path))
    return made


def _refuse_draws(recording: Any, drawn: bool) -> None:
    """Raise for random numbers that nobody else can draw, or that are not in the recording."""
    calls = [(call.op.name, call.line) for call in recording.calls]
    for name, line in calls:
        if name in RANDOM:
            raise NotImplementedError(
                f"{name}() draws random numbers in a way that ONNX does not know, in {line}; draw "
                "with rand() or randn() and compute from that"
            )
    if drawn and DRAWS.isdisjoint(name for name, _ in calls):
        raise TraceError(
            "random numbers are drawn in a way that is not recorded (exponential_(), cauchy_(), "
            "geometric_(), or the generator itself); draw with rand() or randn()"
        )


def _argument_names(model: Module, count: int) -> list[str]:
    names = [*inspect.signature(model.forward).parameters][:count]
    if len(names) < count:
        names = [f"input_{i}" for i in range(count)]
    return names


def _all_outputs(result: Any) -> list[Tensor]:
    """The tensors that a model returns."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, (tuple, list)):
        return [tensor for part in result for tensor in _all_outputs(part)]
    return []


class _Writing:
    """Goes through the calls of a recording and writes each."""

    def __init__(
        self, recording: Any, model: Module, given: dict[str, Tensor], batch: int | None
    ) -> None:
        self.recording = recording
        self.batch = batch
        self.graph = Building(batch)
        self.names: dict[Any, Any] = {}
        self.inputs = [(name, recording.value_of(x)) for name, x in given.items()]
        for name, value in self.inputs:
            self._know(value, name)
        self.graph.first_input = self.inputs[0][0]
        self._check_reads({value for _, value in self.inputs})
        owned = {id(tensor): name for name, tensor in model.state_dict(keep_vars=True).items()}
        self.fixed: dict[Any, np.ndarray] = {}
        for value in recording.sources:
            tensor = value.tensor() if value.tensor is not None else None
            if value not in self.names:
                name = owned.get(id(tensor), "")
                if not name:
                    self.fixed[value] = np.asarray(value.data)
                self.names[value] = self.graph.constant(np.asarray(value.data), name)
        for call in recording.calls:
            self._write(call)

    def _know(self, value: Any, name: Any) -> None:
        self.names[value] = name
        if isinstance(name, str):
            self.graph.types[name] = (value.shape, np.dtype(value.dtype))

    def _check_reads(self, varying: set) -> None:
        """Raise if Python has looked at what follows from the inputs."""
        for call in self.recording.calls:
            if not varying.isdisjoint(_values_in((call.inputs, call.params))):
                varying.update(call.outputs)
        for read in self.recording.reads:
            if read.value in varying:
                raise TraceError(
                    f"Python takes a value out of a tensor of shape {list(read.value.shape)} by "
                    f"{read.how}, in {read.line}; an ONNX graph cannot follow what is decided by it"
                )

    def _write(self, call: Any) -> None:
        name = call.op.name.lstrip("_")
        if name not in DRAWS and _values_in((call.inputs, call.params)) <= self.fixed.keys():
            made = self._computed(call)
        elif name not in OPERATORS:
            raise NotImplementedError(
                f"{name}() has no counterpart in ONNX here, in {call.line}; declare one with "
                "nn.onnx.operators.operator"
            )
        else:
            self.graph.out = call.outputs
            inputs = [self._named(each) for each in call.inputs]
            params = {key: self._named(each) for key, each in call.params.items()}
            try:
                if name not in TAKE_LATER:
                    inputs = [*map(self._now, inputs)]
                made = OPERATORS[name](self.graph, *inputs, **params)
            except NotImplementedError as error:
                raise NotImplementedError(
                    f"{name}(): {error} has no counterpart in ONNX here, in {call.line}"
                ) from error
        several = made if isinstance(made, list) else [made]
        for value, each in zip(call.outputs, several):
            self._know(value, each)

    def _now(self, x: Any) -> Any:
        """An operand that is written, whoever takes it."""
        return x.written(self.graph) if isinstance(x, Later) else x

    def _computed(self, call: Any) -> list[str]:
        """What follows from constants alone, as constants."""
        inputs = [_put_in(each, self.fixed.__getitem__) for each in call.inputs]
        params = {key: _put_in(each, self.fixed.__getitem__) for key, each in call.params.items()}
        found = call.op.forward(*inputs, **params)
        arrays = [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]
        self.fixed.update(zip(call.outputs, arrays))
        return [self.graph.constant(self._said_once(array)) for array in arrays]

    def _said_once(self, array: np.ndarray) -> np.ndarray:
        """Of what is the same for all samples of a batch of any size, one."""
        if self.batch is None or not array.size or (array != array.flat[0]).any():
            return array
        return array[tuple([slice(1 if n == self.batch else None) for n in array.shape])]

    def _named(self, x: Any) -> Any:
        """An operand or static argument, with names in the place of values."""
        return _put_in(x, self.names.__getitem__)

    def model(self, results: list[Any], output_names: Any) -> Any:
        """The whole model."""
        helper = self.graph.helper
        wanted = list(output_names or _output_names(len(results)))
        for value, name in zip(results, wanted):
            made = self._now(self.names[value])
            self.graph.nodes.append(helper.make_node("Identity", [made], [name]))
        _merge_identities(self.graph.nodes, set(wanted), {name for name, _ in self.inputs})
        numpy_helper = onnx_package().numpy_helper
        used = {name for node in self.graph.nodes for name in node.input}
        constants = [
            numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
            for name, array in self.graph.constants.items()
            if name in used
        ]
        graph = helper.make_graph(
            self.graph.nodes,
            "model",
            [self._info(name, value) for name, value in self.inputs],
            [self._info(name, value) for name, value in zip(wanted, results)],
            constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        producer = {"producer_name": "autograd_engine", "ir_version": FORMAT}
        return helper.make_model(graph, opset_imports=opset, **producer)

    def _info(self, name: str, value: Any) -> Any:
        kind = self.graph.helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
        shape: list[Any] = list(value.shape)
        if self.batch is not None and shape and shape[0] == self.batch:
            shape[0] = "batch"
        return self.graph.helper.make_tensor_value_info(name, kind, shape)


def _is_value(x: Any) -> bool:
    """Whether it is a value of the program."""
    return hasattr(x, "call") and hasattr(x, "output")


def _put_in(x: Any, of: Callable[[Any], Any]) -> Any:
    """An operand or static argument with ``of(value)`` in the place of values."""
    if type(x) in (tuple, list):
        return type(x)([_put_in(part, of) for part in x])
    if hasattr(x, "mapped"):  # an index of more than one step
        return x.mapped(lambda part: _put_in(part, of))
    return of(x) if _is_value(x) else x


def _values_in(x: Any) -> set:
    """The values of the program among operands and static arguments."""
    if _is_value(x):
        return {x}
    if isinstance(x, dict):
        x = tuple(x.values())
    if hasattr(x, "mapped"):
        x = x.items
    if isinstance(x, (tuple, list)):
        return {value for part in x for value in _values_in(part)}
    return set()


def _output_names(count: int) -> list[str]:
    return ["output"] if count == 1 else [f"output_{i}" for i in range(count)]


def _merge_identities(nodes: list[Any], wanted: set[str], given: set[str]) -> None:
    """Have what makes an output make it under its name, where nothing else uses it."""
    makers = {name: node for node in nodes for name in node.output}
    uses: dict[str, int] = {}
    for node in nodes:
        for name in node.input:
            uses[name] = uses.get(name, 0) + 1
    for last in [node for node in nodes if node.op_type == "Identity" and node.output[0] in wanted]:
        (source,) = last.input
        if source in makers and uses[source] == 1:
            maker = makers[source]
            maker.output[[*maker.output].index(source)] = last.output[0]
            nodes.remove(last)


def _try_other_batch(model: Module, made: Any, given: list[Tensor]) -> None:
    """Raise unless the graph computes one sample more as the model does."""
    from onnx.reference import ReferenceEvaluator

    arrays = [x.detach().numpy() for x in given]
    more = [np.concatenate([x, x[:1]]) for x in arrays]
    with no_grad():
        wanted = _all_outputs(in_evaluation(model, lambda: model(*map(as_tensor, more))))
    names = [each.name for each in made.graph.input]
    random = not DRAWN.isdisjoint(node.op_type for node in made.graph.node)
    try:
        found = ReferenceEvaluator(made).run(None, dict(zip(names, more)))
        fits = all(
            a.shape == tuple(b.shape)
            and (random or np.allclose(a, b.numpy(), 1e-3, 1e-4, equal_nan=True))
            for a, b in zip(found, wanted)
        )
    except Exception as error:
        raise ValueError(
            f"the size of the batch, {len(arrays[0])}, is part of what the model computes: {error}"
        ) from error
    if not fits:
        raise ValueError(
            f"the size of the batch, {len(arrays[0])}, is part of what the model computes; export "
            "it without dynamic_batch"
        )
