"""The house keeps its order: what stands on what, how long and how dense the lines are.

The figures come from `house.py`, which prints them all: ``python tests/house.py -v``.
"""

import pytest

from . import house

DENSEST = 25
"""Conditional expressions in 1,000 lines of code."""
READING = 1100
"""The lines, docstrings included, of the four files that a newcomer reads."""
ENTRIES = 13
"""Modules and folders beside each other in the engine: as many as one takes in at a glance."""

IN_PYTORCH = {"backward", "cross", "grad", "hessian", "hvp", "jacobian", "jvp", "norm", "qr", "svd"}
IN_PYTORCH |= {"diagonal", "gradient", "lu_solve", "put", "vjp", "where"}
"""Functions that are also methods, or stand in another namespace with other arguments."""
BY_KIND = {"confusion_matrix", "read", "writer"}
"""What each file format has, and what is computed as well as drawn."""

each_package = pytest.mark.parametrize("package", house.PACKAGES)


def test_no_import_goes_up_lazily_or_not():
    assert house.upward() == []


def test_no_files_import_each_other_in_a_circle():
    assert house.circles() == []


def test_imports_stand_at_the_head_of_a_file():
    assert house.feet() == []


def test_the_engine_is_read_in_one_sitting():
    lines, names = house.reading()
    assert lines <= READING, f"{', '.join(names)} have {lines} lines"


def test_the_engine_has_few_rooms():
    assert len(house.entries()) <= ENTRIES, house.entries()


@each_package
def test_no_line_is_too_long(package):
    assert house.long_lines(house.sources(package)) == []


@each_package
def test_conditions_are_mostly_statements(package):
    paths = house.sources(package)
    count, nested = house.conditional(paths)
    assert nested == [], "a conditional expression in another is not read in one go"
    assert 1000 * count <= DENSEST * house.code_lines(paths)


@each_package
def test_one_name_is_one_thing(package):
    found = house.twice(package)
    assert set(found) <= IN_PYTORCH | BY_KIND, found


def test_the_rules_of_the_house_are_broken_by_a_bad_file(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text(f"x = 1 if a else 2 if b else 3\n# {'-' * 100}\na, b = 1, 2\n")
    count, nested = house.conditional([bad])
    assert count == 2 and len(nested) == 1
    assert house.long_lines([bad]) == [f"{bad}:2"]
    assert house.packed([bad]) == [f"{bad}:3"]
    assert house.code_lines([bad]) == 2
