"""Programs that look for a GPU before they start run as they are, on the CPU."""

import pytest

import autograd_engine as ag
import nn


def test_the_first_lines_of_many_programs():
    device = ag.device("cuda" if ag.cuda.is_available() else "cpu")
    model, x = nn.Linear(2, 1).to(device), ag.ones(3, 2, device="cpu").to(device)
    assert model(x).cpu().shape == (3, 1) and x.device.type == "cpu"
    assert device == "cpu" == device.type and ag.cuda.device_count() == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: ag.device("cuda"),
        lambda: ag.ones(2).to("cuda:0"),
        lambda: ag.ones(2).to(device="mps"),
        lambda: ag.ones(2).cuda(),
    ],
)
def test_another_device_is_refused(ask):
    with pytest.raises(RuntimeError, match="CPU only"):
        ask()


def test_names_that_live_elsewhere_are_found_or_say_where():
    assert ag.nn is nn and ag.optim is nn.optim
    with pytest.raises(AttributeError, match="nn.save"):
        getattr(ag, "save")  # noqa: B009
