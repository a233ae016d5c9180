"""Many small cases as few tests: one for each group, so that starting tests takes no longer than
running them.
"""

import functools
from typing import Any, Callable

import pytest

import autograd_engine as ag


def of_function(name: str) -> str:
    """The function that a case is of, where cases are called ``name-0``, ``name-1``."""
    return name.rpartition("-")[0] or name


def each(params: list, group: Callable[[str], str] = of_function) -> Callable:
    """As `pytest.mark.parametrize` over ``params``, with one test for all of a group.

    A failure names its case. One that is marked stands alone.
    """
    groups: dict[str, list[Any]] = {}
    for param in params:
        name = param.id if param.marks else group(param.id)
        groups.setdefault(name, []).append(param)
    tests = [pytest.param(name, id=name, marks=found[0].marks) for name, found in groups.items()]

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
        return pytest.mark.parametrize("several", tests)(together)

    return decorate
