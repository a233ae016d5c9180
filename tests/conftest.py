"""What all tests share: the same random numbers for each of them, wherever it runs, and no
windows."""

import gc
import os

import pytest

import autograd_engine as ag
from autograd_engine.core import kernels

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def seeded():
    ag.manual_seed(0)


def pytest_addoption(parser):
    parser.addoption(
        "--kernels", action="store_true", help="loops as machine code for arrays of any size"
    )


def pytest_configure(config):
    if config.getoption("kernels"):
        kernels.SMALLEST = 0


def pytest_collection_finish():
    """What was collected stays: tests that call the garbage collector need not wait for it to look
    through tens of thousands of cases each time.
    """
    gc.collect()
    gc.freeze()
