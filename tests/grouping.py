"""Many small cases as few tests: one for each group, so that starting tests takes no longer than
running them.
"""

import functools
from typing import Any, Callable, Iterable

import pytest

import autograd_engine as ag


def named(name: str, *values: Any) -> Any:
    """A case that a report calls ``name``."""
    return pytest.param(*values, id=name)


def of_function(name: str) -> str:
    """The function that a case is of, where cases are called ``name-0``, ``name-1``."""
    return name.rpartition("-")[0] or name


def of_family(name: str) -> str:
    """What stands before the dot of a name, else its first letter: for tests of a millisecond."""
    first, dot, _ = name.partition(".")
    return first if dot else name[0]


def each_name(names: Iterable[str]) -> Callable:
    """As `each`, over names, with one test for those of a family."""
    return each([named(name, name) for name in names], of_family)


def each(params: list, group: Callable[[str], str] = of_function) -> Callable:
    """As `pytest.mark.parametrize` over ``params``, with one test for all of a group.

    A failure names its case.
    """
    groups: dict[str, list[Any]] = {}
    for param in params:
        groups.setdefault(group(param.id), []).append(param)

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def together(several: str) -> None:
            for param in groups[several]:
                ag.manual_seed(0)
                try:
                    test(*param.values)
                except Exception as error:
                    raise AssertionError(f"case {param.id}: {error}") from error

        del together.__wrapped__  # pytest would look for the arguments of the test
        return pytest.mark.parametrize("several", groups)(together)

    return decorate
