"""Modules: parts, state, modes, hooks, containers, copies. PyTorch, where it is installed, says
what is right.
"""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import autograd_engine as ag
import nn


def network(lib, zeros):
    """The same model in either library: nested, with a shared parameter, buffers of both kinds and
    a missing part.
    """

    class Net(lib.Module):
        def __init__(self):
            super().__init__()
            self.first = lib.Linear(2, 3)
            self.register_buffer("steps", zeros(2))
            self.register_buffer("cache", zeros(3), persistent=False)
            self.register_buffer("nothing", None)
            self.scale = lib.Parameter(zeros(3))
            self.register_parameter("absent", None)
            self.layers = lib.ModuleList([lib.Linear(3, 3), lib.Linear(3, 3)])
            self.tied = lib.Sequential(OrderedDict(act=lib.Tanh(), out=lib.Linear(3, 3)))
            self.tied.out.weight = self.layers[0].weight
            self.choices = lib.ModuleDict({"relu": lib.ReLU(), "drop": lib.Identity()})

        def forward(self, x):
            x = self.first(x) * self.scale
            for layer in self.layers:
                x = self.choices["relu"](layer(x))
            return self.tied(x)

    return Net()


def ours():
    return network(nn, ag.zeros)


LISTINGS = {
    "named_parameters": lambda net: [name for name, _ in net.named_parameters()],
    "named_parameters with duplicates": lambda net: [
        name for name, _ in net.named_parameters(remove_duplicate=False)
    ],
    "own parameters": lambda net: [
        name for name, _ in net.named_parameters(prefix="net", recurse=False)
    ],
    "named_buffers": lambda net: [name for name, _ in net.named_buffers()],
    "named_modules": lambda net: [
        (name, type(module).__name__) for name, module in net.named_modules()
    ],
    "named_children": lambda net: [name for name, _ in net.named_children()],
    "counts": lambda net: [
        len(list(f())) for f in (net.parameters, net.buffers, net.modules, net.children)
    ],
    "state_dict": lambda net: list(net.state_dict()),
    "state_dict with prefix": lambda net: list(net.state_dict(prefix="net.")),
    "private dictionaries": lambda net: [
        list(net._modules),
        [k for k, v in net._parameters.items() if v is not None],
    ],
    "repr": lambda net: repr(net),
    "submodule": lambda net: repr(net.get_submodule("tied.out")),
    "shapes": lambda net: [
        tuple(net.get_parameter("layers.1.bias").shape),
        tuple(net.get_buffer("steps").shape),
    ],
    "modes": lambda net: (
        [m.training for m in net.eval().modules()]
        + [m.training for m in net.layers.train().modules()]
    ),
    "frozen": lambda net: [p.requires_grad for p in net.layers.requires_grad_(False).parameters()],
    "deleted": lambda net: (delattr(net, "steps"), delattr(net, "layers"), list(net.state_dict()))[
        -1
    ],
    "replaced": lambda net: (
        setattr(net, "first", net.tied),
        setattr(net, "absent", net.scale),
        [n for n, _ in net.named_parameters()],
    )[-1],
}


@pytest.mark.parametrize("what", LISTINGS)
def test_parts_as_in_torch(what, torch):
    assert LISTINGS[what](ours()) == LISTINGS[what](network(torch.nn, torch.zeros))


def test_forward_and_gradients_as_in_torch(torch, agree, rng):
    net, theirs = ours().double(), network(torch.nn, torch.zeros).double()
    with torch.no_grad():
        theirs.scale.add_(1.5)
    net.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    agree(net, theirs, rng.normal(size=(4, 2)))


# --- registering ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, error",
    [
        (lambda net: setattr(net, "scale", ag.zeros(3)), TypeError),
        (lambda net: setattr(net, "steps", 3), TypeError),
        (lambda net: setattr(net, "first", ag.tanh), TypeError),
        (lambda net: net.register_parameter("scale", ag.zeros(3)), TypeError),
        (lambda net: net.register_parameter("a.b", None), KeyError),
        (lambda net: net.register_parameter("", None), KeyError),
        (lambda net: net.register_parameter("forward", None), KeyError),
        (lambda net: net.register_parameter(3, None), TypeError),
        (lambda net: net.register_buffer("training", ag.zeros(3)), KeyError),
        (lambda net: net.register_buffer("more", np.zeros(3)), TypeError),
        (lambda net: net.register_module("more", ag.zeros(3)), TypeError),
        (lambda net: net.add_module("train", nn.ReLU()), KeyError),
        (lambda net: net.get_submodule("layers.7"), AttributeError),
        (lambda net: net.get_parameter("layers.1.gain"), AttributeError),
        (lambda net: net.get_buffer("scale"), AttributeError),
        (lambda net: net._parameters.update(x=1), AttributeError),
        (lambda net: net.train("yes"), ValueError),
        (lambda net: net.to("int64"), TypeError),
        (lambda net: net.to("cuda"), RuntimeError),
        (lambda net: nn.Module()(1), NotImplementedError),
        (lambda net: net.load_state_dict([]), TypeError),
        (lambda net: nn.Parameter(ag.tensor([1, 2])), RuntimeError),
    ],
)
def test_misuse(change, error):
    with pytest.raises(error):
        change(ours())


def test_parameter_shares_memory_and_shows_itself(torch):
    x = ag.ones(2)
    p = nn.Parameter(x)
    with ag.no_grad():
        p.mul_(3)
    assert x.tolist() == [3, 3] and p.is_leaf and p.requires_grad and isinstance(p, ag.Tensor)
    assert repr(p) == repr(torch.nn.Parameter(torch.full((2,), 3.0)))
    assert repr(nn.Parameter(x, requires_grad=False)) == "Parameter containing:\ntensor([3., 3.])"
    assert type(p + 0) is ag.Tensor


def test_a_parameter_takes_the_place_of_a_buffer():
    net = ours()
    net.steps = nn.Parameter(ag.zeros(2))
    assert "steps" in dict(net.named_parameters()) and "steps" not in dict(net.named_buffers())


# --- state ----------------------------------------------------------------------------------------


def test_state_round_trip():
    net, other = ours(), ours()
    result = other.load_state_dict(net.state_dict())
    assert result.missing_keys == result.unexpected_keys == []
    x = ag.randn(5, 2)
    assert (net(x) == other(x)).all()
    assert other.tied.out.weight is other.layers[0].weight


def test_errors_name_everything_and_change_nothing():
    net = ours()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = OrderedDict(net.state_dict(), **{"scale": np.ones(7), "surplus": np.ones(1)})
    del state["steps"]
    state["first.bias"] = np.full(3, 9.0)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    text = str(caught.value)
    assert all(
        part in text
        for part in (
            'Missing key(s) in state_dict: "steps"',
            'Unexpected key(s) in state_dict: "surplus"',
        )
    )
    assert "size mismatch for scale" in text and "[7]" in text and "[3]" in text and "Net" in text
    assert all((net.state_dict()[name] == value).all() for name, value in before.items())


def test_not_strict():
    net = ours()
    result = net.load_state_dict({"scale": np.full(3, 2.0), "surplus": np.ones(1)}, strict=False)
    assert (
        result.unexpected_keys == ["surplus"]
        and "first.weight" in result.missing_keys
        and net.scale.tolist() == [2, 2, 2]
    )


def snapshot(net):
    """All that a refused call must leave as it is."""
    modules = [(name, type(module), module.training) for name, module in net.named_modules()]
    lazy = any(issubclass(kind, nn.lazy.Lazy) for _, kind, _ in modules)
    state = {} if lazy else net.state_dict(keep_vars=True)
    return modules, {
        name: (value, value.detach().numpy().copy(), value.dtype) for name, value in state.items()
    }


def assert_unchanged(net, before):
    modules, state = snapshot(net)
    assert modules == before[0] and list(state) == list(before[1])
    for name, (value, numbers, dtype) in before[1].items():
        assert state[name][0] is value and state[name][2] == dtype
        np.testing.assert_array_equal(state[name][1], numbers, err_msg=name)


BAD_VALUES = {
    "shape": np.zeros(7),
    "complex": np.zeros(3, complex),
    "text": "three",
    "objects": np.array([1, None, 3], dtype=object),
    "whole numbers in the place of what is learned": np.zeros(3, int),
}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("bad", BAD_VALUES)
@pytest.mark.parametrize("last", ["layers.1.bias", "tied.out.bias", "missing", "unexpected"])
def test_a_state_that_does_not_fit_changes_nothing(assign, bad, last):
    net = ours()
    state = {name: value.numpy() + 1 for name, value in net.state_dict().items()}
    if last == "missing":
        del state["layers.1.bias"]
    elif last == "unexpected":
        state["more"] = np.zeros(3)
    elif bad.startswith("whole") and not assign:
        return  # they are converted
    else:
        state[last] = BAD_VALUES[bad]
    before = snapshot(net)
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        net.load_state_dict(state, assign=assign)
    assert_unchanged(net, before)


def refuse(*args):
    raise ValueError("not this one")


LAZY = {  # with an input that is taken, and one that is not
    "LazyLinear": (lambda: nn.LazyLinear(3), (4, 2), None),
    "LazyConv1d": (lambda: nn.LazyConv1d(3, 5), (2, 2, 8), (2, 2, 4)),
    "LazyConv2d": (lambda: nn.LazyConv2d(4, 5, groups=2), (1, 2, 6, 6), (1, 3, 6, 6)),
    "LazyConvTranspose1d": (lambda: nn.LazyConvTranspose1d(3, 1), (1, 2, 3), (1, 2, 3, 4, 5)),
    "LazyBatchNorm1d": (lambda: nn.LazyBatchNorm1d(), (4, 3), (1, 3)),
}


@pytest.mark.parametrize("name", LAZY)
def test_a_refused_input_teaches_a_lazy_layer_nothing(name):
    make, good, bad = LAZY[name]
    layer = make().eval().train()
    handle = layer.register_forward_pre_hook(refuse) if bad is None else None
    text, before = repr(layer), snapshot(layer)
    with pytest.raises((RuntimeError, ValueError)):
        layer(ag.zeros(*(bad or good)))
    assert_unchanged(layer, before)
    assert repr(layer) == text
    if handle is not None:
        handle.remove()
    layer(ag.zeros(*good))
    assert type(layer) is getattr(nn, name.removeprefix("Lazy"))


@pytest.mark.parametrize("name", LAZY)
def test_a_refused_state_teaches_a_lazy_layer_nothing(name):
    make, good, _ = LAZY[name]
    complete = make()
    complete(ag.zeros(*good))
    state = {f"lazy.{key}": value for key, value in complete.state_dict().items()}
    model = nn.Sequential(OrderedDict(lazy=make(), other=nn.Linear(2, 2)))
    before = snapshot(model)
    with pytest.raises(RuntimeError, match="Missing"):
        model.load_state_dict(state)
    assert_unchanged(model, before)
    model.load_state_dict(state, strict=False)
    assert type(model.lazy) is type(complete)


def test_assign_takes_the_dtype():
    net = ours()
    scale = net.scale
    net.load_state_dict({"scale": np.full(3, 2.0)}, strict=False, assign=True)
    assert net.scale is scale and net.scale.dtype == np.float64


def test_state_shares_memory():
    net = ours()
    with ag.no_grad():
        net.state_dict()["scale"].fill_(4)
    assert net.scale.tolist() == [4, 4, 4]
    assert net.state_dict(keep_vars=True)["scale"] is net.scale


def test_conversion_keeps_identity_and_gradients():
    net = ours()
    net.register_buffer("count", ag.tensor(3))
    net(ag.ones(1, 2)).sum().backward()
    weight = net.first.weight
    assert net.double() is net and net.first.weight is weight
    assert (
        weight.dtype == weight.grad.dtype == net.cache.dtype == np.float64
        and net.count.dtype == np.int64
    )
    assert (
        net.to(ag.zeros(1, dtype="float16")).scale.dtype == np.float16
        and net.float().to("cpu").scale.dtype == np.float32
    )


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["deepcopy", "pickle"],
)
def test_copies(duplicate):
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.PReLU(3), nn.Tanh()).eval()
    net[1].alias = net[0].bias
    other = duplicate(net)
    x = ag.randn(4, 2)
    assert (other(x) == net(x)).all() and repr(other) == repr(net) and not other[3].training
    assert other[1].alias is other[0].bias and other[0].bias is not net[0].bias
    with ag.no_grad():
        other[0].bias.add_(1)
    assert not (other(x) == net(x)).all()


def test_copies_keep_the_memory_that_parameters_share():
    """Tied by being views of one array, as flat parameters are, and not by being one object."""
    net = nn.Module()
    flat = ag.zeros(6)
    net.whole = nn.Parameter(flat)
    net.part = nn.Parameter(flat[2:4])
    net.register_buffer("turned", flat.reshape(2, 3).T)
    other = copy.deepcopy(net)
    with ag.no_grad():
        other.whole.copy_(ag.arange(6.0))
    assert other.part.tolist() == [2, 3]
    assert other.turned.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert (net.whole == 0).all()


class Tagged(nn.Parameter):
    """A parameter that knows something about itself."""

    def __init__(self, data=None, requires_grad=True, tag="none"):
        super().__init__(data, requires_grad)
        self.tag = tag


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, copy.copy, lambda p: pickle.loads(pickle.dumps(p))],
    ids=["deepcopy", "copy", "pickle"],
)
def test_copies_of_a_parameter_keep_its_attributes(duplicate):
    other = duplicate(Tagged(ag.ones(2), tag="no decay"))
    assert type(other) is Tagged and other.tag == "no decay" and other.requires_grad


# --- subclasses written as PyTorch's documentation has it -----------------------------------------


def with_extra_state(lib):
    class Counting(lib.Module):
        def __init__(self):
            super().__init__()
            self.fc = lib.Linear(1, 1)
            self.seen = 0

        def forward(self, x):
            self.seen += 1
            return self.fc(x)

        def get_extra_state(self):
            return {"seen": self.seen}

        def set_extra_state(self, state):
            self.seen = state["seen"]

    return Counting


def test_an_extra_state_is_part_of_the_state(torch):
    for lib, ones in ((nn, ag.ones), (torch.nn, torch.ones)):
        kind = with_extra_state(lib)
        net = lib.Sequential(kind(), kind())
        net(ones(1, 1)), net[1](ones(1, 1))
        state = net.state_dict()
        other = lib.Sequential(kind(), kind())
        other.load_state_dict(state)
        assert (other[0].seen, other[1].seen) == (1, 2)
        lacking = {key: value for key, value in state.items() if key != "1._extra_state"}
        with pytest.raises(RuntimeError, match="1._extra_state"):
            other.load_state_dict(lacking)


def test_a_refused_extra_state_changes_nothing():
    kind = with_extra_state(nn)
    net = nn.Sequential(kind(), kind())
    net(ag.ones(1, 1))
    state = dict(net.state_dict())
    state["0._extra_state"], state["1._extra_state"] = {"seen": 7}, {"wrong": 8}
    state["0.fc.bias"] = ag.full((1,), 5.0)
    before = [p.clone() for p in net.parameters()]
    with pytest.raises(KeyError):
        net.load_state_dict(state)
    assert [m.seen for m in net] == [1, 1]
    assert all((p == q).all() for p, q in zip(net.parameters(), before))


def test_the_order_of_a_state_is_torchs(torch):
    def of(lib):
        return list(lib.Sequential(with_extra_state(lib)(), lib.BatchNorm1d(2)).state_dict())

    assert of(nn) == of(torch.nn)


def test_methods_of_children_are_asked():
    """A child may stay in evaluation mode, or have a state of its own making."""

    class Frozen(nn.Sequential):
        def train(self, mode=True):
            return super().train(False)

        def state_dict(self, **options):
            state = super().state_dict(**options)
            return OrderedDict(state) if options.get("destination") is None else state

    class Short(nn.Linear):
        def state_dict(self, *, destination=None, prefix="", keep_vars=False):
            destination = OrderedDict() if destination is None else destination
            destination[prefix + "packed"] = self.weight.detach()
            return destination

    net = nn.Sequential(Frozen(nn.Dropout()), nn.Dropout(), Short(2, 2)).train()
    assert not net[0][0].training and net[1].training
    assert list(net.state_dict()) == ["2.packed"]


@pytest.mark.parametrize("name", ["_save_to_state_dict", "_load_from_state_dict", "_apply"])
def test_what_would_never_be_called_is_refused(name):
    with pytest.raises(TypeError, match=f"Own.{name}"):
        type("Own", (nn.Linear,), {name: lambda self, *args: None})


def test_zero_grad():
    net = ours()
    net(ag.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert (net.first.bias.grad == 0).all()
    net.zero_grad()
    assert net.first.bias.grad is None


def test_apply_visits_children_first():
    seen = []
    nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU())).apply(
        lambda m: seen.append(type(m).__name__)
    )
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


# --- hooks ----------------------------------------------------------------------------------------


def hook_story(lib, tensor):
    """Everything that hooks of each kind see, and what becomes of the values that they change."""
    seen = []

    def numbers(values):
        return [None if v is None else np.asarray(v.detach()).round(6).tolist() for v in values]

    layer = lib.Linear(2, 1, bias=False).double()
    layer.load_state_dict({"weight": tensor([[3.0, 5.0]])})
    model = lib.Sequential(layer, lib.Tanh())
    layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    layer.register_forward_pre_hook(lambda m, args: seen.append(("pre", numbers(args))))
    layer.register_forward_hook(lambda m, args, out: out / 40)
    layer.register_forward_hook(
        lambda m, args, kwargs, out: seen.append(("post", kwargs, numbers([out]))), with_kwargs=True
    )
    layer.register_full_backward_pre_hook(lambda m, grads: (grads[0] * 10,))
    layer.register_full_backward_hook(
        lambda m, into, out: seen.append(("backward", numbers(into), numbers(out)))
    )
    layer.register_full_backward_hook(lambda m, into, out: (into[0] * 100,))
    removed = model[1].register_full_backward_hook(lambda m, into, out: seen.append("never"))
    removed.remove()
    model.register_forward_hook(lambda m, args, out: seen.append("last"))
    model.register_forward_hook(lambda m, args, out: seen.append("first"), prepend=True)
    x = tensor([[0.5, 0.25], [1.0, -1.0]]).requires_grad_()
    model(x).sum().backward()
    return seen, numbers([x.grad, layer.weight.grad])


def test_hooks_as_in_torch(torch):
    assert hook_story(nn, lambda data: ag.tensor(data, dtype="float64")) == hook_story(
        torch.nn, lambda data: torch.tensor(data, dtype=torch.float64)
    )


def test_backward_hook_without_gradients_of_inputs():
    layer, seen = nn.Linear(2, 1), []
    with layer.register_full_backward_hook(lambda m, into, out: seen.append((into, out[0].shape))):
        layer(ag.ones(3, 2)).sum().backward()
    layer(ag.ones(3, 2)).sum().backward()
    assert seen == [((None,), (3, 1))]


def test_backward_hooks_at_second_order(torch):
    def derivatives(layer, x, grad):
        recorded = []
        layer.register_full_backward_hook(
            lambda m, into, out: (recorded.append(into[0].requires_grad), (into[0] * 2,))[1]
        )
        (slope,) = grad(layer(x), x, create_graph=True)
        (curvature,) = grad(slope, x)
        return [slope.item(), curvature.item(), *recorded]

    mine = derivatives(nn.Tanh(), ag.tensor(0.5, dtype="float64", requires_grad=True), ag.grad)
    its = derivatives(
        torch.nn.Tanh(),
        torch.tensor(0.5, dtype=torch.float64, requires_grad=True),
        torch.autograd.grad,
    )
    assert mine == pytest.approx(its, rel=1e-12)


def test_backward_hook_of_a_wrong_shape():
    layer = nn.Tanh()
    layer.register_full_backward_hook(lambda m, into, out: (into[0].sum(),))
    with pytest.raises(RuntimeError, match="shape"):
        layer(ag.ones(3).requires_grad_()).sum().backward()


def test_keyword_arguments_pass_through_hooks():
    class Shift(nn.Module):
        def forward(self, x, by=0):
            return x + by

    layer = Shift()
    assert layer(1, by=2) == 3
    layer.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"by": kwargs["by"] * 10}), with_kwargs=True
    )
    assert layer(1, by=2) == 21


# --- containers -----------------------------------------------------------------------------------


def sequential_story(lib):
    """What a Sequential, a ModuleList and a ModuleDict answer to all that lists and dictionaries
    are asked.
    """
    s = lib.Sequential(lib.Linear(1, 2), lib.ReLU(), lib.Linear(2, 1), lib.Tanh())
    named = lib.Sequential(OrderedDict(a=lib.ReLU(), b=lib.Tanh(), c=lib.Sigmoid()))
    told = [
        repr(s),
        len(s),
        repr(s[1]),
        repr(s[-1]),
        repr(s[1:3]),
        repr(named[:2]),
        repr(named.b),
        [repr(m) for m in s],
    ]
    s.append(lib.Sigmoid()).extend([lib.ReLU()])
    s[1] = lib.SiLU()
    s.insert(0, lib.Identity())
    told += [repr(s), repr(s.pop(2)), repr(s)]
    del s[0]
    del named[1]
    del s[1:3]
    told += [repr(s), repr(named), repr(s + lib.Sequential(lib.Tanh()))]
    m = lib.ModuleList([lib.ReLU(), lib.Linear(1, 1)])
    m += [lib.Linear(1, 1), lib.Linear(2, 1)]
    m.insert(1, lib.Tanh())
    told += [
        repr(m),
        repr(m[1:3]),
        repr(m[-2]),
        len(m),
        repr(m.pop(-1)),
        repr(m),
        repr(m + [lib.ReLU()]),
    ]
    del m[0]
    m[0] = lib.GELU()
    told += [repr(m), [name for name, _ in m.named_parameters()]]
    d = lib.ModuleDict({"a": lib.ReLU(), "b": lib.Linear(1, 1)})
    d.update([("c", lib.Tanh()), ("a", lib.SiLU())])
    told += [
        repr(d),
        list(d),
        list(d.keys()),
        "a" in d,
        "z" in d,
        len(d),
        repr(d.pop("a")),
        [repr(v) for v in d.values()],
    ]
    del d["c"]
    told += [repr(d), [k for k, _ in d.items()]]
    d.clear()
    return [*told, repr(d), repr(lib.Sequential()), repr(lib.ModuleList())]


def test_containers_as_in_torch(torch):
    assert sequential_story(nn) == sequential_story(torch.nn)


def parameter_story(lib, zeros):
    p = lib.ParameterList([zeros(2), lib.Parameter(zeros(3))])
    p.append(zeros(1))
    p[0] = zeros(4)
    told = [
        [tuple(x.shape) for x in p],
        list(p.state_dict()),
        len(p),
        [type(x).__name__ for x in p],
        tuple(p[-1].shape),
    ]
    d = lib.ParameterDict({"a": zeros(2)})
    d["b"] = zeros(3)
    d.update({"c": zeros(1)})
    told += [
        list(d),
        list(d.state_dict()),
        "b" in d,
        tuple(d["b"].shape),
        tuple(d.pop("a").shape),
        len(d),
        [tuple(v.shape) for v in d.values()],
    ]
    return told


def test_parameter_containers_as_in_torch(torch):
    assert parameter_story(nn, ag.zeros) == parameter_story(torch.nn, torch.zeros)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.Sequential(3), TypeError),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexError),
        (lambda: nn.ModuleList()(1), NotImplementedError),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError),
        (lambda: nn.ModuleDict()["a"], KeyError),
        (lambda: nn.ModuleList([3]), TypeError),
    ],
)
def test_misuse_of_containers(call, error):
    with pytest.raises(error):
        call()


def _without_bias():
    return nn.Linear(2, 2, bias=False)


def _registered():
    module = nn.Module()
    module.register_parameter("bias", None)
    return module


def _emptied():
    module = nn.Linear(2, 2)
    module.bias = None
    return module


def _childless():
    module = nn.Module()
    module.register_module("bias", None)
    return module


@pytest.mark.parametrize("make", [_without_bias, _registered, _emptied, _childless])
@pytest.mark.parametrize(
    "copied", [lambda m: m, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_what_is_none_at_present_can_only_become_what_it_is_meant_for(make, copied):
    module = copied(make())
    for wrong in (ag.ones(2), 3):
        with pytest.raises(TypeError, match="can only become a (Parameter|Module)"):
            module.bias = wrong
    assert module.bias is None
    module.bias = nn.Identity() if make is _childless else nn.Parameter(ag.ones(2))
    del module.bias
    module.bias = 3


def test_a_deleted_buffer_leaves_its_name_free():
    module = nn.BatchNorm1d(2)
    del module.running_mean
    module.running_mean = 3
    assert "running_mean" not in module.state_dict()
