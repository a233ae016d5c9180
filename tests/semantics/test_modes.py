"""Modes: no_grad and its kin end with their block and hold in their own thread and task only."""

import asyncio
import threading

import pytest

from autograd_engine import (
    AnomalyError,
    autograd,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

from .making import leaf

# --- modes ----------------------------------------------------------------------------------------


def recorded():
    return (leaf(1.0) * 2).requires_grad


def test_no_grad_records_nothing_and_is_undone_at_its_end():
    with no_grad():
        assert not recorded() and not is_grad_enabled()
    assert recorded() and is_grad_enabled()


def test_inference_mode_is_no_grad_by_another_name():
    with inference_mode():
        assert not recorded()
        with inference_mode(False):
            assert recorded()
    for decorate in (inference_mode, inference_mode(), inference_mode(mode=True)):
        assert decorate(recorded)() is False
    assert recorded()


def test_anomalies_are_looked_for_from_the_call_on_or_in_the_block():
    def is_found():
        x = leaf([0.0])
        try:
            (x.sqrt() * 0).sum().backward()
        except AnomalyError:
            return True
        return False

    with autograd.set_detect_anomaly(True):
        assert is_found()
        autograd.set_detect_anomaly(False)
        assert not is_found() and recorded()
    assert not is_found()


def test_programs_may_write_out_where_pytorch_keeps_the_engine():
    x = leaf([1.0, 2.0])
    assert autograd.grad((x**3).sum(), x)[0].tolist() == [3.0, 12.0]
    assert autograd.functional.hessian(lambda x: (x**3).sum(), x.detach()).tolist() == [
        [6.0, 0.0],
        [0.0, 12.0],
    ]
    assert all(hasattr(autograd, name) for name in autograd.__all__)
    torch = pytest.importorskip("torch")
    assert not [name for name in autograd.__all__ if not hasattr(torch.autograd, name)]


def test_no_grad_is_undone_after_an_exception():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert recorded()


def test_a_decorated_function_records_nothing_and_its_exception_undoes_it():
    @no_grad()
    def inside(fail=False):
        """Say."""
        if fail:
            raise ZeroDivisionError
        return recorded()

    assert inside() is False and recorded()
    with pytest.raises(ZeroDivisionError):
        inside(fail=True)
    assert recorded()
    assert inside.__name__ == "inside" and inside.__doc__ == "Say."


def test_no_grad_decorates_without_parentheses_too():
    @no_grad
    def inside():
        return recorded()

    assert inside() is False and recorded()


def test_a_decorated_function_may_call_itself():
    @no_grad()
    def inside(depth):
        return [recorded()] + (inside(depth - 1) if depth else [])

    assert inside(3) == [False] * 4 and recorded()


def test_modes_nest_and_one_object_may_be_entered_twice():
    mode = no_grad()
    with mode:
        with enable_grad():
            assert recorded()
            with mode:
                assert not recorded()
            assert recorded()
        assert not recorded()
    assert recorded()


def test_set_grad_enabled_works_at_once_and_as_a_context():
    try:
        set_grad_enabled(False)
        assert not recorded()
        with set_grad_enabled(True):
            assert recorded()
        assert not recorded()
    finally:
        set_grad_enabled(True)
    assert recorded()


def test_no_grad_holds_in_its_own_thread_only():
    inside, done, seen = threading.Event(), threading.Event(), {}

    def quiet():
        with no_grad():
            inside.set()
            assert done.wait(10)
            seen["quiet"] = recorded()

    def loud():
        assert inside.wait(10)
        seen["loud"] = recorded()
        done.set()

    threads = [threading.Thread(target=f) for f in (quiet, loud)]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    assert seen == {"quiet": False, "loud": True}


def test_a_new_thread_records_though_it_is_started_under_no_grad():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_no_grad_holds_in_its_own_async_task_only():
    seen = []

    async def quiet(inside, done):
        with no_grad():
            inside.set()
            await done.wait()
            seen.append(("quiet", recorded()))
        seen.append(("after", recorded()))

    async def loud(inside, done):
        await inside.wait()
        seen.append(("loud", recorded()))
        with no_grad():
            done.set()
            await asyncio.sleep(0)
            seen.append(("loud inside", recorded()))

    async def both():
        inside, done = asyncio.Event(), asyncio.Event()
        await asyncio.gather(quiet(inside, done), loud(inside, done))

    asyncio.run(both())
    assert sorted(seen) == [
        ("after", True),
        ("loud", True),
        ("loud inside", False),
        ("quiet", False),
    ]
    assert recorded()


def test_a_decorated_coroutine_records_nothing_while_it_runs_and_leaves_others_alone():
    @no_grad()
    async def quiet():
        before = recorded()
        await asyncio.sleep(0)
        return before, recorded()

    async def loud():
        await asyncio.sleep(0)
        return recorded()

    async def both():
        return await asyncio.gather(quiet(), loud())

    assert asyncio.run(both()) == [(False, False), True]


def test_a_decorated_generator_records_nothing_in_its_body_and_leaves_the_consumer_alone():
    @no_grad()
    def numbers():
        for _ in range(2):
            yield recorded()

    seen = [(inner, recorded()) for inner in numbers()]
    assert seen == [(False, True)] * 2


def test_leaves_made_under_no_grad_still_require_gradients():
    with no_grad():
        x = leaf(2.0)
    assert x.requires_grad
    (x * x).backward()
    assert x.grad.item() == 4


def test_backward_under_no_grad_still_sweeps():
    x = leaf(2.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad.item() == 4


def test_results_under_no_grad_are_leaves_without_gradients():
    with no_grad():
        y = leaf(2.0) * 3
    assert y.is_leaf and y.grad_fn is None and not y.requires_grad
