"""Threads that share leaves lose nothing, and disturb each other in nothing."""

import sys
import threading

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

from .making import leaf

THREADS = 8


@pytest.fixture(autouse=True)
def eager_switching():
    """Threads take turns as often as Python lets them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(work):
    """Run ``work(i)`` in several threads that start at once; raise what one of them raised."""
    start, errors = threading.Barrier(THREADS), []

    def run(i):
        start.wait(20)
        try:
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


@pytest.mark.parametrize("value", [2.0, [1.0, 2.0, 3.0]], ids=["0-d", "1-d"])
@pytest.mark.parametrize("options", [{}, {"create_graph": True}, {"inputs": True}], ids=str)
def test_gradients_of_a_shared_leaf_all_arrive(value, options):
    x, times = leaf(value), 50

    def work(i):
        for _ in range(times):
            more = {"inputs": [x]} if "inputs" in options else options
            (x * 1.0).sum().backward(**more)

    together(work)
    np.testing.assert_array_equal(x.grad.detach().numpy(), np.full(x.shape, THREADS * times))


def test_a_shared_graph_that_is_kept_is_swept_by_all():
    x, times = leaf([1.0, 2.0]), 30
    y = (x * x).sum()
    together(lambda i: [y.backward(retain_graph=True) for _ in range(times)])
    np.testing.assert_array_equal(x.grad.numpy(), THREADS * times * np.array([2.0, 4.0]))


def test_writes_and_sweeps_side_by_side_raise_nothing():
    base, times = tensor(np.ones((THREADS, 100))), 100

    def work(i):
        mine = base[i]
        for j in range(times):
            w = leaf(np.ones(100))
            product = (w * mine).sum()
            with ag.no_grad():
                base[(i + 1) % THREADS, j : j + 1].mul_(1)
            try:
                product.backward()
            except RuntimeError as error:  # a neighbour wrote in time
                assert "changed in place" in str(error)

    together(work)


def test_the_default_generator_gives_each_number_once():
    drawn = [None] * THREADS

    def work(i):
        drawn[i] = ag.randn(200, dtype="float64").tolist()

    together(work)
    together_drawn = sorted(sum(drawn, []))
    assert len(set(together_drawn)) == len(together_drawn)
