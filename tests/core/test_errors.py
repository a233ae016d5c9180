"""An explanation never replaces an exception: its type, arguments and attributes survive, and what
was wrong is said in terms of the op that was called.
"""

import pickle
import traceback

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import AnomalyError, GraphError, ShapeError, primitive, tensor


class Refused(Exception):
    """A user's own exception: its arguments are not one message."""

    def __init__(self, code, reason):
        super().__init__(code, reason)
        self.code = code


class Silent(ValueError):
    """Another: it can be made without arguments only."""

    def __init__(self):
        super().__init__()


def out_of_memory():
    return np.empty(2**50, dtype="float64")


def unknown_loop():
    return np.add(np.array(["a"]), np.array([1]))


def bad_axis():
    return np.zeros(3).sum(axis=5)


CAUSES = {
    "user's own": (lambda: (_ for _ in ()).throw(Refused(7, "no")), Refused),
    "without arguments": (lambda: (_ for _ in ()).throw(Silent()), Silent),
    "out of memory": (out_of_memory, MemoryError),
    "no loop": (unknown_loop, TypeError),
    "axis": (bad_axis, np.exceptions.AxisError),
    "unicode": (lambda: b"\xff".decode(), UnicodeDecodeError),
    "key": (lambda: {}["k"], KeyError),
}


def raised(cause):
    with pytest.raises(Exception) as caught:
        cause()
    return caught.value


def failing(cause, how):
    """A call of an op whose forward function, or rule, fails in this way."""
    if how == "forward":
        return lambda: primitive(lambda x: cause(), vjp=lambda g: g, name="shaky")(x())
    op = primitive(lambda x: x * 1, vjp=lambda g: cause(), name="shaky")
    return lambda: op(x()).sum().backward()


def x():
    return tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize("how", ["forward", "rule"])
@pytest.mark.parametrize("cause", CAUSES)
def test_exceptions_keep_type_arguments_and_attributes(cause, how):
    make, kind = CAUSES[cause]
    bare = raised(make)
    told = raised(failing(make, how))
    assert type(told) is type(bare) and isinstance(told, kind)
    if type(bare) is not KeyError:  # Python's own are made anew, with the explanation
        assert told.args == bare.args
        assert all(vars(told)[name] == value for name, value in vars(bare).items())
    said = str(told) + "".join(getattr(told, "__notes__", ()))
    assert "shaky" in said and "float32[2]" in said


def test_the_failing_op_and_its_operands_are_on_the_exception():
    a, b = x(), tensor([1.0, 2.0, 3.0])
    for call in (lambda: a @ b, lambda: a + b):
        error = raised(call)
        assert isinstance(error, ShapeError) and error.op.name in ("matmul", "add")
        assert error.operands == (a, b) or [t is s for t, s in zip(error.operands, (a, b))]


@pytest.mark.parametrize(
    "wrong, kind",
    [
        (lambda g, x: g.reshape(7), ShapeError),
        (lambda g, x: x @ np.zeros((5, 5)), ShapeError),
        (lambda g, x: g.no_such_method(), AttributeError),
        (lambda g, x: np.zeros(3), GraphError),
    ],
)
def test_a_rule_that_fails_says_of_which_op(wrong, kind):
    op = primitive(lambda x: x * 2, vjp=wrong, name="double")
    y = op(x()).sum()
    error = raised(y.backward)
    assert isinstance(error, kind)
    said = str(error) + "".join(getattr(error, "__notes__", ()))
    assert "double" in said


def test_a_rule_that_fails_names_the_line_under_anomaly_detection():
    op = primitive(lambda x: x * 2, vjp=lambda g: g.reshape(7), name="double")
    with ag.detect_anomaly():
        y = op(x()).sum()  # this very line
        error = raised(y.backward)
    assert "this very line" in str(error) and not isinstance(error, AnomalyError)


def test_tracebacks_show_the_text_compiled_from_rules():
    op = primitive(lambda x: x * 2, vjp=lambda g, x: g.reshape(7), name="double")
    with pytest.raises(ShapeError) as caught:
        op(x()).sum().backward()
    text = "".join(traceback.format_exception(caught.value.__cause__))
    assert "rule0(g, saved[0])" in text


def test_leaf_has_a_name_and_a_text():
    leaf = x()
    assert repr(leaf.node) == "<Leaf>" and leaf.node.name() == "Leaf"
    assert leaf.grad_fn is None and leaf.node.next_functions == ()
    assert pickle.loads(pickle.dumps(leaf)).node is leaf.node


def test_an_explained_error_can_be_pickled():
    error = raised(lambda: x() @ tensor([1.0]))
    assert str(pickle.loads(pickle.dumps(ShapeError(str(error))))) == str(error)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda x: x[5], "float32[3][5]: index 5 is out of bounds"),
        (lambda x: x[0, 1:], "float32[3][0, 1:]: too many indices"),
        (lambda x: x["a"], "float32[3]['a']: only integers"),
        (
            lambda x: (x * 1).__setitem__(slice(0, 2), ag.ones(3)),
            "float32[3][0:2] = float32[3]: could not",
        ),
    ],
)
def test_what_is_indexed_is_told_as_it_was_written(call, said):
    with pytest.raises((IndexError, ShapeError)) as raised:
        call(ag.ones(3, requires_grad=True))
    assert str(raised.value).startswith(said)
