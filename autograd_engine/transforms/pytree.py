"""Nested containers of tensors: what the transforms of functions take and give.

A pytree is a tuple, list, dict or namedtuple of pytrees; None is an empty one; anything else is a
leaf. One function, `tree_map`, walks them; flattening and rebuilding are said with it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any


def tree_map(function: Callable, tree: Any, *others: Any) -> Any:
    """The same containers with ``function(leaf, *leaves_of_the_others)`` in place of every leaf.

    Raises
    ------
    ValueError
        If another tree is nested differently.

    Examples
    --------
    >>> tree_map(lambda a, b: a + b, {"x": 1, "y": (2, 3)}, {"x": 10, "y": (20, 30)})
    {'x': 11, 'y': (22, 33)}
    """
    for other in others:
        _check_alike(tree, other)
    if isinstance(tree, dict):
        result = copy.copy(tree)  # keeps the order of keys and what a subclass has besides
        for key in tree:
            result[key] = tree_map(function, tree[key], *[other[key] for other in others])
        return result
    if isinstance(tree, (tuple, list)):
        parts = [tree_map(function, *items) for items in zip(tree, *others)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return None if tree is None else function(tree, *others)


def leaves(tree: Any) -> list:
    """The leaves from left to right.

    >>> leaves({"x": 1, "y": (2, [3, None])})
    [1, 2, 3]
    """
    found: list = []
    tree_map(found.append, tree)
    return found


def rebuild(tree: Any, values: Iterable[Any]) -> Any:
    """The containers of ``tree`` with these leaves, from left to right.

    >>> rebuild({"x": 1, "y": (2, 3)}, "abc")
    {'x': 'a', 'y': ('b', 'c')}
    """
    following = iter(values)
    return tree_map(lambda _: next(following), tree)


def _check_alike(tree: Any, other: Any) -> None:
    if isinstance(tree, dict):
        alike = isinstance(other, dict) and tree.keys() == other.keys()
    elif isinstance(tree, (tuple, list)):
        alike = isinstance(other, (tuple, list)) and len(tree) == len(other)
    else:
        alike = (tree is None) == (other is None) and not isinstance(other, (tuple, list, dict))
    if not alike:
        raise ValueError(f"the two are nested differently: {_outline(tree)} and {_outline(other)}")


def _outline(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict with the keys {sorted(map(str, tree))}"
    if isinstance(tree, (tuple, list)):
        return f"a {type(tree).__name__} of {len(tree)}"
    return "None" if tree is None else f"a {type(tree).__name__}"
