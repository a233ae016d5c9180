"""Cases that are tested together."""

import pytest

from .grouping import each


def test_a_failure_names_its_case():
    def positive(x):
        assert x > 0

    together = each([pytest.param(1, id="f-0"), pytest.param(-2, id="f-1")])(positive)
    (mark,) = together.pytestmark
    assert list(mark.args[1]) == ["f"]
    with pytest.raises(AssertionError, match="case f-1"):
        together("f")
