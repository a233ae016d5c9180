"""With what NumPy computes: asked with and without threadpoolctl, and the advice."""

import sys

import pytest

import autograd_engine as ag
from autograd_engine.tensors import threads


def test_without_threadpoolctl(monkeypatch, capsys):
    """The environment says how many; changing the number changes nothing, and says so."""
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    for variable in threads._VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ag.get_num_threads() == 3
    ag.set_num_threads(3)
    with pytest.warns(UserWarning, match="without threadpoolctl.*OPENBLAS_NUM_THREADS=2"):
        ag.set_num_threads(2)
    ag.show_config()
    printed = capsys.readouterr().out
    assert "BLAS: " in printed and "not known: pip install threadpoolctl" in printed
    assert "Threads of matrix products: 3" in printed


def test_with_threadpoolctl(capsys):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = ag.get_num_threads()
    try:
        for number in (2, 1):
            ag.set_num_threads(number)
            pools = threadpoolctl.threadpool_info()
            assert {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"} == {number}
            assert ag.get_num_threads() == number
    finally:
        ag.set_num_threads(before)
    ag.show_config()
    assert "code for " in capsys.readouterr().out


def test_what_computes_loops(monkeypatch, capsys):
    pytest.importorskip("numba")
    before = ag.kernels.is_enabled()
    for enabled, said in ((True, "machine code, by numba "), (False, "turned off")):
        ag.kernels.set_enabled(enabled)
        ag.show_config()
        assert said in capsys.readouterr().out
    ag.kernels.set_enabled(before)
    monkeypatch.setattr(threads.metadata, "version", _not_installed)
    ag.show_config()
    assert "pip install" in capsys.readouterr().out.split("Loops")[1]


def _not_installed(name):
    raise threads.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize(
    "codes, features, said",
    [
        (["prescott"], ["SSE42", "AVX", "AVX2"], "CORETYPE=Haswell"),
        (["sandybridge"], ["X86_V2", "X86_V3", "X86_V4"], "CORETYPE=Haswell"),
        (["zen"], ["X86_V3", "X86_V4"], "CORETYPE=SkylakeX"),
        (["haswell"], ["X86_V2", "X86_V3"], ""),
        (["skylakex"], ["X86_V3", "X86_V4"], ""),
        (["neoversen1"], ["NEON", "ASIMD"], ""),
        ([], ["AVX2"], ""),
    ],
)
def test_advice_about_the_code_for_a_processor(codes, features, said):
    found = threads._about_codes(codes, features)
    assert len(found) == bool(said) and said in "".join(found)


@pytest.mark.parametrize(
    "number, load, processors, advised",
    [
        (1, 9.0, 2, False),
        (2, 0.1, 2, False),
        (2, 3.0, 2, True),
        (8, 1.0, 8, False),
        (8, 7.0, 8, True),
    ],
)
def test_advice_about_threads(number, load, processors, advised):
    assert bool(threads._about_threads(number, load, processors)) == advised
