"""Averages of weights are those of PyTorch."""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.optim import SGD, swa_utils

AVERAGES = {
    "mean": lambda m: {},
    "mean by name": lambda m: {"avg_fn": m.get_swa_avg_fn()},
    "moving": lambda m: {"avg_fn": m.get_ema_avg_fn(0.9)},
    "moving of all at once": lambda m: {"multi_avg_fn": m.get_ema_multi_avg_fn(0.9)},
}


@pytest.mark.parametrize("name", AVERAGES)
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averages_of_models(name, use_buffers, torch, rng):
    theirs_of = pytest.importorskip("torch.optim.swa_utils")
    ours, theirs = (
        nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).double(),
        torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).double(),
    )
    options = {"use_buffers": use_buffers}
    mine = swa_utils.AveragedModel(ours, **AVERAGES[name](swa_utils), **options)
    its = theirs_of.AveragedModel(theirs, **AVERAGES[name](theirs_of), **options)
    for step in range(4):
        state = {
            name: rng.normal(size=value.shape) if value.ndim else np.array(step)
            for name, value in ours.state_dict().items()
        }
        ours.load_state_dict(state)
        theirs.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        mine.update_parameters(ours)
        its.update_parameters(theirs)
        assert set(mine.state_dict()) == set(its.state_dict())
        for name, value in its.state_dict().items():
            if "num_batches" in name and use_buffers:
                continue  # a count: ours is copied, PyTorch's averaged and rounded down
            np.testing.assert_allclose(
                mine.state_dict()[name], value.numpy(), rtol=1e-9, err_msg=name
            )


def test_the_mean_of_all_at_once_is_the_mean_of_each():  # PyTorch's own fails for a count
    model = nn.Linear(2, 2)
    averages = [
        swa_utils.AveragedModel(model, avg_fn=swa_utils.get_swa_avg_fn()),
        swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_swa_multi_avg_fn()),
    ]
    for _ in range(3):
        nn.init.normal_(model.weight)
        for average in averages:
            average.update_parameters(model)
    one, other = (average.module.weight for average in averages)
    np.testing.assert_array_equal(one.detach(), other.detach())


@pytest.mark.parametrize("epochs, strategy", [(4, "cos"), (3, "linear"), (0, "cos"), (1, "linear")])
def test_the_rate_goes_where_pytorch_has_it_go(epochs, strategy, torch):
    theirs_of = pytest.importorskip("torch.optim.swa_utils")

    def rates(optimizer, make):
        scheduler = make(optimizer, [0.05, 2.0], anneal_epochs=epochs, anneal_strategy=strategy)
        found = []
        for step in range(7):
            optimizer.step()
            scheduler.step()
            found += scheduler.get_last_lr()
            if step == 1:  # somebody else moves it, and it is taken up again
                optimizer.param_groups[0]["lr"] *= 0.5
                scheduler.load_state_dict(scheduler.state_dict())
        return found

    def groups(make):
        return [{"params": [make()], "lr": 1.0}, {"params": [make()]}]

    ours = SGD(groups(lambda: nn.Parameter(ag.zeros(1))), lr=0.5)
    theirs = torch.optim.SGD(groups(lambda: torch.nn.Parameter(torch.zeros(1))), lr=0.5)
    expected = rates(theirs, theirs_of.SWALR)
    np.testing.assert_allclose(rates(ours, swa_utils.SWALR), expected, rtol=1e-12)


def test_statistics_are_found_anew_and_what_was_set_stays():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5)).eval()
    batches = [ag.randn(6, 2) + 3, ag.randn(6, 2)]
    swa_utils.update_bn([(x, None) for x in batches], model)
    expected = (batches[0].mean(0) + batches[1].mean(0)) / 2
    np.testing.assert_allclose(model[0].running_mean, expected, rtol=1e-5)
    assert model[0].momentum == 0.1 and not model.training
    with pytest.raises(RuntimeError):
        swa_utils.update_bn([ag.randn(6, 3)], model)
    assert model[0].momentum == 0.1 and not model.training
    swa_utils.update_bn(None, nn.Linear(2, 2))  # nothing to find


def test_what_cannot_be_is_refused():
    optimizer = SGD([nn.Parameter(ag.zeros(1))], lr=0.5)
    with pytest.raises(ValueError, match="decay value 1.5"):
        swa_utils.get_ema_avg_fn(1.5)
    with pytest.raises(ValueError, match="give one of them"):
        swa_utils.AveragedModel(nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max)
    with pytest.raises(ValueError, match="'cos' or 'linear'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="steps")
    with pytest.raises(ValueError, match="got -1"):
        swa_utils.SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ValueError, match="2 rates for 1 groups"):
        swa_utils.SWALR(optimizer, [0.1, 0.2])
