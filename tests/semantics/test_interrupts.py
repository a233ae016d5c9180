"""Ctrl-C at any moment leaves the engine as it was: what is recorded, what is looked for, and gradients
that are right.
"""

import dis
import gc
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import detect_anomaly, enable_grad, grad, no_grad, set_grad_enabled, tensor
from autograd_engine.core.modes import anomaly, recording

from .making import leaf

PACKAGE = str(Path(ag.__file__).parent)


class Interrupter:
    """Raises KeyboardInterrupt at the n-th place, in the engine or in a program, where the interpreter
    looks whether a signal has come: on entry, after a call, and at a jump back.
    """

    def __init__(self, n, program):
        self.left, self.code = n, program.__code__

    def __call__(self, frame, event, _):
        if frame.f_code is not self.code and not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return Place(self)

    def look(self):
        self.left -= 1
        if self.left == 0:
            sys.settrace(None)
            raise KeyboardInterrupt


class Place:
    """Where one frame is."""

    def __init__(self, interrupter):
        self.interrupter, self.name = interrupter, "RESUME"

    def __call__(self, frame, event, _):
        if event == "opcode":
            before, self.name = self.name, dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if before.startswith(("RESUME", "CALL", "JUMP_BACKWARD", "JUMP_ABSOLUTE")):
                self.interrupter.look()
        return self


def interrupted(program, n):
    """Run a program up to its n-th instruction; whether it was longer than that."""
    before = sys.gettrace()
    interrupter = Interrupter(n, program)
    sys.settrace(interrupter)
    try:
        program()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return interrupter.left <= 0


def swept():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    return x.grad


def is_as_ever():
    assert elsewhere(swept).tolist() == [2.0, 4.0], "other threads get their turn"
    assert ag.is_grad_enabled() and recording.get() and not anomaly.get()
    assert swept().tolist() == [2.0, 4.0]
    x = leaf(1.0, 2.0)
    with no_grad():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad and np.geterr()["invalid"] != "ignore"


def blocks():
    x = leaf(1.0, 2.0)
    with no_grad():
        x.mul_(2)
        with enable_grad():
            y = x * 3
    with detect_anomaly():
        y.sum().backward()
    with set_grad_enabled(True):
        x * 2


def derivatives():
    x = leaf(1.0, 2.0)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    grad(g.sum(), x)


def views():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    y[0] = 5.0
    y[1:].add_(1)
    y.sum().backward()


def decorated():
    @no_grad()
    def values(x):
        return x * 2

    @no_grad()
    def several(x):
        yield x * 2
        yield x * 3

    x = leaf(1.0)
    values(x)
    list(several(x))


def recomputed():
    x = leaf(1.0, 2.0)
    ag.checkpoint(lambda x: (x * x).sin(), x).sum().backward()
    ag.jvp(lambda x: x * x, (x,), (tensor([1.0, 0.0], dtype="float64"),))


PROGRAMS = [blocks, derivatives, views, decorated, recomputed]


def length(program):
    """How many instructions a program has."""
    low = 1
    while interrupted(program, low):
        low *= 2
    return low


@pytest.mark.parametrize("points", [60, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_an_interrupt_leaves_the_engine_usable(program, points):
    program()
    steps = length(program)
    for n in range(1, steps, max(1, steps // points)):
        interrupted(program, n)
        is_as_ever()


def test_an_interrupt_anywhere_in_a_block_leaves_the_engine_usable():
    def block():
        with no_grad():
            with enable_grad():
                pass

    n = 1
    while interrupted(block, n):
        is_as_ever()
        n += 1
    assert n > 20  # how many they are differs between versions of Python


# --- blocks that end elsewhere --------------------------------------------------------------------


def holding(switch):
    with switch:
        yield ag.is_grad_enabled()


def elsewhere(work):
    """Run ``work()`` in another thread; what it gives, or what it raises."""
    results = []

    def run():
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(5)
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def test_a_generator_that_holds_a_block_may_be_closed_in_another_thread():
    generator = holding(no_grad())
    assert next(generator) is False and not ag.is_grad_enabled()

    def close():
        with no_grad():
            generator.close()
            return ag.is_grad_enabled()

    assert elsewhere(close) is False, "the other thread keeps its own mode"
    is_as_ever()


def test_a_generator_that_holds_a_block_may_be_dropped_in_another_thread():
    held = [holding(no_grad())]
    next(held[0])

    def drop():
        held.clear()
        gc.collect()
        return ag.is_grad_enabled()

    assert elsewhere(drop) is True
    is_as_ever()


def test_generators_that_hold_blocks_may_be_closed_in_any_order():
    first, second = holding(no_grad()), holding(enable_grad())
    next(first), next(second)
    first.close()
    assert ag.is_grad_enabled()
    second.close()
    is_as_ever()
    outer, inner = holding(no_grad()), holding(no_grad())
    next(outer), next(inner)
    outer.close()
    assert not ag.is_grad_enabled()
    inner.close()
    is_as_ever()


def test_one_switch_serves_several_threads_at_once():
    switch, entered, left = no_grad(), threading.Event(), threading.Event()
    seen = []

    def other():
        with switch:
            entered.set()
            left.wait(20)
            seen.append(ag.is_grad_enabled())
        seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=other)
    with switch:
        thread.start()
        entered.wait(20)
    assert ag.is_grad_enabled()
    left.set()
    thread.join(5)
    assert seen == [False, True]


def test_one_switch_is_entered_in_itself():
    switch = no_grad()
    with switch:
        with switch:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    is_as_ever()


def test_a_setting_outlives_the_object_that_made_it():
    try:
        set_grad_enabled(False)
        gc.collect()
        assert not ag.is_grad_enabled()
    finally:
        set_grad_enabled(True)
    is_as_ever()
