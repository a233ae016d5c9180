"""The list of what PyTorch has and we have not."""

from importlib.util import find_spec

import pytest

import autograd_engine as ag
from autograd_engine.__main__ import main
from autograd_engine.guide import missing

pytest.importorskip("torch")


def test_names_that_are_here_are_not_listed():
    listed = {each.name for each in missing.missing() if each.place == "torch"}
    assert not listed & {"add", "matmul", "grad", "tensor", "no_grad", "einsum"}


def test_what_is_left_out_has_a_reason_and_what_has_none_is_counted():
    rows = list(missing.missing())
    assert {"there is one device, the CPU, and one process"} <= {each.reason for each in rows}
    by_name = {(each.place, each.name): each.reason for each in rows}
    assert by_name["torch", "quantize_per_tensor"] == "numbers are not quantised here"
    assert by_name["torch", "batch_norm"] == "nn.functional.batch_norm"
    assert by_name["torch.Tensor", "data_ptr"] == "memory is NumPy's: ask t.numpy()"
    assert by_name["torch.nn.init", "sparse"] == "deprecated in PyTorch; nn.init.sparse_"
    assert {(each.place, each.name) for each in rows if not each.reason} <= {
        ("torch", "vmap"),
        ("torch.func", "vmap"),
    }


def test_the_command_prints_it(capsys):
    main(["missing", "torch"])
    brief = capsys.readouterr().out
    main(["missing", "torch", "--all"])
    whole = capsys.readouterr().out
    assert brief.startswith("torch: ") and len(whole) > len(brief)
    assert "quantize_per_tensor: numbers are not quantised here" in whole


@pytest.mark.parametrize("module", missing.MODULES)
def test_a_module_that_is_left_out_is_one_of_pytorch_and_is_not_here(module):
    assert find_spec(module)
    assert not hasattr(ag, module.removeprefix("torch."))
