"""What all tests share: the same random numbers for each of them, wherever it runs, and no
windows."""

import os

import pytest

import autograd_engine as ag

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def seeded():
    ag.manual_seed(0)
