"""What is to be drawn, from whatever the user has: tensors, a function, a module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...core.tensor import Tensor
from ...core.trace import source_line
from ...tensors.creation import tensor
from ...transforms.compiler.compiled import Compiled
from .boxes import boxed_by_names
from .calls import modules_only, place, settle_functions
from .failure import failed_graph
from .listing import LARGE, graph_of
from .naming import (
    LISTED,
    classes_around,
    has_parameters,
    is_module,
    modules_of,
    names_around,
    owned_names,
    parameters_of,
)
from .nodes import Graph
from .recorded import Recorded
from .reach import note_detached, note_unreached, uses_any
from .running import watched
from .wording import readable_source, some


def computation(
    obj: Any, args: tuple, names: Any, variables: Mapping[str, Any], large: int = LARGE
) -> Graph:
    """The graph, not folded.

    Parameters
    ----------
    obj : Tensor, sequence of Tensor, callable or module
        A function or a module is called.
    args : tuple
        What it is called with; or more tensors.
    names : dict of str to Tensor, module, False or None
        What to call tensors. Those of a dict come first, then the called module's own, then those
        of a module given here.
    variables : mapping of str to object
        The variables of the code that draws, which give names if `names` is None.
    large : int
        Above so many operations not every one is listed.

    Raises
    ------
    TypeError
        If there is no tensor to draw.
    """
    if isinstance(obj, Compiled):
        obj = obj.function
    given: dict[str, Tensor] = {}
    around = names_around(names, variables)
    if isinstance(names, dict):
        given = names
    if isinstance(obj, (Tensor, list, tuple)) or not callable(obj):
        graph = graph_of(_listed_tensors([obj, *args]), given | around, large)
        _note_parameters_around(graph, variables)
        if graph.whole:
            boxed_by_names(graph, classes_around(names, variables))
        if graph.scopes:
            _mark_what_has_a_name(graph)
        return graph
    if not is_module(obj):
        args = with_leaves(args)
    run = watched(obj, args)
    modules = modules_of(obj)
    owned = [owned_names(module, prefix) for prefix, module in modules.items()]
    known: dict[str, Tensor] = {}
    for source in (given, *owned, run.names, around):
        known |= {name: value for name, value in source.items() if name not in known}
    recorded = Recorded(run.program, run.locals, run.owned)
    for key, values in run.given.items():
        recorded.use_in(run.scopes[key].start, run.scopes[key].end, values)
    if run.error is not None:
        graph = failed_graph(run.error, run.entered, known, recorded)
    elif run.outputs:
        graph = graph_of(run.outputs, known, large, modules_only(run.scopes), recorded)
    else:
        name = getattr(obj, "__name__", type(obj).__name__)
        raise TypeError(f"{name}() returned no tensor to draw")
    if graph.whole:
        place(graph, settle_functions(graph, run.scopes))
    else:
        place(graph, modules_only(run.scopes))
    _mark_inputs(graph, run.names.values(), recorded)
    if run.lost and not all(node.wants for node in graph.nodes if node.computed):
        lines = some([readable_source(line) for line in run.lost], 2)
        graph.notes.append(
            "what was written through a view is not seen where the whole is used later, without "
            f"gradients: {lines}"
        )
    if run.error is None:
        note_unreached(graph, [parameters_of(part, prefix) for prefix, part in modules.items()])
        note_detached(graph)
    if is_module(obj):
        _forget_line(graph, readable_source(source_line()))
    return graph


def _mark_inputs(graph: Graph, given: Iterable[Tensor], recorded: Recorded) -> None:
    """Say of the arguments of a function that they are what comes in."""
    given = list(given)
    known = {id(recorded.subject(each)) for each in given}
    known |= {id(recorded.taken[id(each)]) for each in given if id(each) in recorded.taken}
    for node in graph.nodes:
        node.input = node.given and id(node.subject) in known


def _mark_what_has_a_name(graph: Graph) -> None:
    """Where modules computed something, say of what has a name and is no parameter that it came
    in.
    """
    for node in graph.nodes:
        node.input = node.given and node.kind != "parameter" and node.name is not None


def _note_parameters_around(graph: Graph, variables: Mapping[str, Any]) -> None:
    """Of a loss: which parameters it does not reach, of the modules that it was computed with."""
    if any(graph.nodes[key].size != 1 for key in graph.outputs):
        return
    modules = [value for value in list(variables.values()) if has_parameters(value)]
    owned = [parameters_of(module) for module in modules]
    note_unreached(graph, [parameters for parameters in owned if uses_any(graph, parameters)])


def _forget_line(graph: Graph, line: str) -> None:
    """Where only a package's code ran, nothing is said to have happened where it was drawn."""
    for node in graph.nodes:
        if node.source == line:
            node.source = ""


def with_leaves(args: tuple) -> tuple:
    """The arguments of a function with each float, as 2.0, made a leaf that has a gradient; in
    short lists and tuples too.
    """
    return tuple([_with_leaf(arg) for arg in args])


def _with_leaf(arg: Any) -> Any:
    if isinstance(arg, float):
        return tensor(arg, requires_grad=True)
    if type(arg) in (list, tuple) and len(arg) <= LISTED:
        return type(arg)([_with_leaf(item) for item in arg])
    return arg


def _listed_tensors(given: Iterable[Any]) -> list[Tensor]:
    """The tensors in nested lists and tuples."""
    found: list[Tensor] = []
    for item in given:
        if isinstance(item, Tensor):
            found.append(item)
        elif isinstance(item, (list, tuple)):
            found.extend(_listed_tensors(item))
        else:
            raise TypeError(
                "draw() takes tensors, or a function or module with sample arguments, got "
                f"{type(item).__name__}"
            )
    if not found:
        raise TypeError("draw() takes at least one tensor")
    return found
