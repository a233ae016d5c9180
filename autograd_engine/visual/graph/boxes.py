"""Boxes of modules for a graph of tensors, which nobody saw running: found from the names of the
parameters.

``0.weight`` is used by module ``0``. What lies between two operations of a module belongs to it
too, unless it is another module's: then the module was called more than once, and each operation
that uses its parameters has a box of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from .calls import place_leaves
from .nodes import Graph, GraphNode, Scope

MODULE = "Module"
"""What the class of a module is called of which only the names of its parameters are known."""


def boxed_by_names(graph: Graph, kinds: Mapping[str, str]) -> None:
    """Give a graph boxes of modules.

    Parameters
    ----------
    graph : Graph
        Not folded, and without boxes.
    kinds : dict of str to str
        The classes of the modules that are known, by their paths; that of the whole model by "".
    """
    homes = {node.key: path for node in graph.nodes if (path := _home(graph, node))}
    paths = {outer for path in homes.values() for outer in _with_outer(path)}
    if paths and "" in kinds:
        paths.add("")
    scattered = set()
    for path in sorted(paths, key=_depth, reverse=True):
        if not _fill_box(graph, path, homes):
            scattered.add(path)
    scopes: list[Scope] = []
    keys: dict[str, int] = {}
    for path in sorted(paths - scattered, key=_depth):
        keys[path] = len(scopes)
        scopes.append(Scope(path, kinds.get(path, MODULE), _box_around(path, keys), 0, 0))
    for key, path in homes.items():
        if path in scattered:
            graph.nodes[key].scope = len(scopes)
            scopes.append(Scope(path, kinds.get(path, MODULE), _box_around(path, keys), 0, 0))
        else:
            graph.nodes[key].scope = keys[path]
    graph.scopes = tuple(scopes)
    place_leaves(graph)


def _depth(path: str) -> tuple[int, str]:
    return len(_path_parts(path)), path


def _path_parts(path: str) -> list[str]:
    return path.split(".") if path else []


def _with_outer(path: str) -> list[str]:
    """A path and those of the modules around it."""
    parts = _path_parts(path)
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _box_around(path: str, keys: Mapping[str, int]) -> int | None:
    """The box around that of a module."""
    while path:
        path = path.rpartition(".")[0]
        if path in keys:
            return keys[path]
    return None


def _is_in(path: str, outer: str) -> bool:
    return not outer or path == outer or path.startswith(f"{outer}.")


def _home(graph: Graph, node: GraphNode) -> str:
    """The module whose parameters an operation uses; of several the one around them."""
    names = [_parameter_name(graph, key) for key in node.inputs]
    owners = [_path_parts(name.rpartition(".")[0]) for name in names if "." in name]
    if not owners:
        return ""
    shared = 0
    while all(
        owner[shared : shared + 1] == owners[0][shared : shared + 1] != [] for owner in owners
    ):
        shared += 1
    return ".".join(owners[0][:shared])


def _parameter_name(graph: Graph, key: int | None) -> str:
    if key is None or graph.nodes[key].kind != "parameter":
        return ""
    return graph.nodes[key].name or ""


def _fill_box(graph: Graph, path: str, homes: dict[int, str]) -> bool:
    """Put what lies between two operations of a module into it; False if others are there too."""
    own = {key for key, home in homes.items() if _is_in(home, path)}
    after: set[int | None] = set()
    for node in graph.nodes:
        if node.computed and any(key in own or key in after for key in node.inputs):
            after.add(node.key)
    before: set[int | None] = set()
    for node in reversed(graph.nodes):
        if node.key in own or node.key in before:
            before.update(node.inputs)
    between = [key for key in range(len(graph.nodes)) if key in after and key in before]
    if not all(_is_in(homes.get(key, path), path) for key in between):
        return False
    for key in between:
        homes.setdefault(key, path)
    return True
