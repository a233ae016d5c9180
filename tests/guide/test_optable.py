"""The table of all ops says whole sentences, and reads the rules from their sources."""

import importlib.util

import pytest

import autograd_engine as ag
from autograd_engine.core import ruletext
from autograd_engine.guide import optable
from autograd_engine.ops import public_functions

from ..grouping import each_name


@each_name(public_functions())
def test_the_meaning_is_said_in_whole_sentences(name):
    assert optable.meaning(public_functions()[name]).endswith((".", ")", "`"))


def test_a_rule_is_read_from_its_source_in_one_line():
    assert optable.gradient_text(ag.tanh) == "`g * (1 - y * y)`"
    assert optable.gradient_text(ag.mul) == "a: `g * b`; b: `g * a`"
    assert "( " not in optable.gradient_text(ag.var)


def test_a_function_is_composed_of_ops_that_it_calls_through_others():
    assert optable.gradient_text(ag.std_mean) == "by `mean`, `std`"


def test_rules_that_cannot_be_told_apart_are_refused(tmp_path):
    """They would be shown one for the other."""
    path = tmp_path / "declared.py"
    path.write_text("first, second = (lambda g: g, lambda g: -g)\n")
    spec = importlib.util.spec_from_file_location("declared", path)
    declared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(declared)
    with pytest.raises(ValueError, match="declared.py:1: rules of the same arguments"):
        ruletext.definition(declared.second.__code__)
