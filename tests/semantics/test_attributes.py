"""Attributes that programs set on tensors, and the count of changes in place: PyTorch's answers."""

import copy
import pickle

import pytest

import autograd_engine as ag
import nn

torch = pytest.importorskip("torch")

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
}


def tensors(engine, layers):
    leaf = engine.tensor([1.0, 2.0], requires_grad=True)
    return {
        "constant": engine.tensor([1.0, 2.0]),
        "leaf": leaf,
        "number": engine.tensor(1.0),
        "parameter": layers.Parameter(engine.ones(2)),
    }


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("kind", tensors(ag, nn))
def test_attributes_survive_copies(kind, how):
    found = {}
    for engine, layers in ((ag, nn), (torch, torch.nn)):
        x = tensors(engine, layers)[kind]
        x._no_weight_decay = True
        x.tags = ["a"]
        twin = COPIES[how](x)
        found[engine] = (twin.__dict__, type(twin).__name__, twin.__dict__.get("tags") is x.tags)
    if kind == "parameter" and how == "deepcopy":
        assert found[torch][0] == {}, "PyTorch forgets them there; here they stay"
        assert found[ag] == ({"_no_weight_decay": True, "tags": ["a"]}, "Parameter", False)
    else:
        assert found[ag] == found[torch]


def test_results_have_none_and_keep_their_own():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.tag = "x"
    y = x * 2
    assert not hasattr(y, "tag") and not hasattr(x.detach(), "tag")
    y.tag = "y"
    assert copy.deepcopy(y).tag == "y" and y.grad_fn is not None
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        getattr(x, "other")  # noqa: B009
    del x.tag
    assert not hasattr(x, "tag")


def test_attributes_of_parameters_group_them_for_an_optimizer():
    model = nn.Linear(2, 2)
    model.bias._no_weight_decay = True
    model = copy.deepcopy(model)
    free = [p for p in model.parameters() if getattr(p, "_no_weight_decay", False)]
    assert [p.shape for p in free] == [(2,)]
    nn.optim.SGD([{"params": free, "weight_decay": 0.0}], lr=0.1)
    assert model.bias._no_weight_decay


STEPS = {
    "add_": lambda e, x: x.add_(1),
    "augmented": lambda e, x: x.__iadd__(1),
    "setitem": lambda e, x: x.__setitem__(0, 1.0),
    "view": lambda e, x: x[:1].mul_(2),
    "fill_": lambda e, x: x.fill_(3),
    "zero_": lambda e, x: x.zero_(),
    "copy_": lambda e, x: x.copy_(e.zeros(3)),
    "masked_fill_": lambda e, x: x.masked_fill_(x > 1, 2.0),
    "uniform_": lambda e, x: x.uniform_(),
    "detached": lambda e, x: x.detach().add_(1),
    "data": lambda e, x: x.data.add_(1),
    "unsqueeze_": lambda e, x: x.unsqueeze_(0),
    "squeeze_": lambda e, x: x.squeeze_(),
    "increment": lambda e, x: e.autograd.graph.increment_version(x),
    "clone": lambda e, x: x.clone().add_(1),
}


def versions(engine, make, steps):
    x = make(engine)
    counts = [x._version]
    for name in steps:
        STEPS[name](engine, x)
        counts += [x._version, x.detach()._version, x.reshape(-1)[:1]._version, x.data._version]
    return counts


MAKERS = {
    "constant": lambda e: e.ones(3),
    "graph": lambda e: e.ones(3, requires_grad=True) * 2,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_changes_in_place_are_counted(kind):
    steps = list(STEPS)
    if kind == "graph":
        steps = [name for name in steps if name not in ("detached", "uniform_")]
    assert versions(ag, MAKERS[kind], steps) == versions(torch, MAKERS[kind], steps)


def test_changes_of_a_leaf_of_a_number_and_of_parameters_are_counted():
    with ag.no_grad():
        leaf = ag.ones(3, requires_grad=True)
        leaf += 1
        leaf.mul_(2)
    number = ag.tensor(1.0)
    number.add_(1)
    number.numpy()
    number.add_(1)
    assert (leaf._version, number._version) == (2, 2)
    p = nn.Parameter(ag.ones(2))
    optimizer = nn.optim.SGD([p], 0.1)
    p.grad = ag.ones(2)
    before = p._version
    optimizer.step()
    assert p._version > before
    with pytest.raises(AttributeError):
        p._version = 3


def test_a_view_of_a_graph_counts_with_its_base():
    def counts(engine):
        base = engine.ones(3, requires_grad=True) * 2
        view = base[:2]
        view.mul_(3)
        view.add_(1)
        return base._version, view._version

    assert counts(ag) == counts(torch)
