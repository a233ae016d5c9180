"""Clipping, vectors, averages and parametrizations, against PyTorch."""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.utils import parametrizations, parametrize


def gradients(make, rng):
    parameters = [make(np.zeros(shape)).requires_grad_() for shape in ((3, 2), (4,), (), (2, 2))]
    for parameter in parameters[:-1]:
        parameter.grad = make(np.asarray(rng.normal(size=tuple(parameter.shape))))
    return parameters


def both(torch):
    return gradients(ag.tensor, np.random.default_rng(0)), gradients(
        torch.tensor, np.random.default_rng(0)
    )


def assert_same_gradients(mine, its):
    assert mine[-1].grad is None
    for a, b in zip(mine[:-1], its):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad_norm(norm_type, max_norm, torch):
    mine, its = both(torch)
    ours = nn.utils.clip_grad_norm_(iter(mine), max_norm, norm_type)
    theirs = torch.nn.utils.clip_grad_norm_(its, max_norm, norm_type)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    assert_same_gradients(mine, its)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
def test_norms_of_float16_are_summed_in_float32(norm_type):
    x = ag.zeros(4000).half().requires_grad_()
    x.grad = ag.full((4000,), 300.0).half()
    expected = np.linalg.norm(np.full(4000, 300.0), norm_type)
    total = nn.utils.clip_grad_norm_(x, 1.0, norm_type)
    assert total.item() == pytest.approx(expected, rel=1e-3)
    assert x.grad.dtype == "float16"
    np.testing.assert_allclose(x.grad, 300 / expected, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0])
def test_norms_of_many_numbers_keep_their_digits(norm_type):
    x = ag.full((3_000_000,), 0.1)
    expected = float(np.float32(0.1)) * 3_000_000 ** (1 / norm_type)
    total = nn.utils.get_total_norm([x, ag.zeros(0)], norm_type)
    assert total.dtype == "float32" and total.item() == pytest.approx(expected, rel=2e-6)


def test_clip_grad_value(torch):
    mine, its = both(torch)
    nn.utils.clip_grad_value_(mine, 0.3)
    torch.nn.utils.clip_grad_value_(its, 0.3)
    assert_same_gradients(mine, its)


def test_non_finite_norms():
    x = ag.ones(2).requires_grad_()
    x.grad = ag.tensor([np.inf, 1.0], dtype="float32")
    with pytest.raises(RuntimeError, match="inf"):
        nn.utils.clip_grad_norm_(x, 1.0, error_if_nonfinite=True)
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0


def test_vectors():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = nn.utils.parameters_to_vector(net.parameters())
    (vector * vector).sum().backward()
    assert vector.shape == (13,) and (net[0].weight.grad == 2 * net[0].weight).all()
    nn.utils.vector_to_parameters(ag.arange(13.0), net.parameters())
    assert net[0].bias.tolist() == [6, 7, 8] and net[1].weight.shape == (1, 3)
    with pytest.raises(RuntimeError, match="13"):
        nn.utils.vector_to_parameters(ag.arange(12.0), net.parameters())
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters(np.zeros(13), net.parameters())


# --- parametrizations -----------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(dim, torch, agree, rng):
    ours = parametrizations.weight_norm(nn.Linear(3, 4).double(), dim=dim)
    theirs = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 4).double(), dim=dim)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    agree(ours, theirs, rng.normal(size=(5, 3)), second=False)  # PyTorch's are wrong there
    assert ag.gradgradcheck(
        ours.parametrizations.weight[0], tuple(ours.parametrizations.weight.parameters())
    )


def test_weight_norm_begins_where_the_weight_was(rng):
    layer = nn.Linear(3, 4).double()
    before = layer.weight.detach().clone()
    parametrizations.weight_norm(layer)
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-12)
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]


@pytest.mark.parametrize("dim", [None, 1])
def test_spectral_norm(dim, torch, agree, rng):
    ours = parametrizations.spectral_norm(nn.Linear(3, 4).double(), n_power_iterations=2, dim=dim)
    theirs = torch.nn.utils.parametrizations.spectral_norm(
        torch.nn.Linear(3, 4).double(), n_power_iterations=2, dim=dim
    )
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    for _ in range(2):
        agree(ours, theirs, rng.normal(size=(5, 3)))
    ours.eval(), theirs.eval()
    agree(ours, theirs, rng.normal(size=(5, 3)))


def test_spectral_norm_converges():
    layer = parametrizations.spectral_norm(nn.Linear(6, 5), n_power_iterations=200)
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, rel=1e-4)


class Double(nn.Module):
    def forward(self, x):
        return 2 * x


def test_several_parametrizations_and_their_removal():
    layer = nn.Linear(2, 2)
    before, cls = layer.weight.detach().clone(), type(layer)
    parametrize.register_parametrization(layer, "weight", Double())
    parametrize.register_parametrization(layer, "weight", Double())
    assert (
        (layer.weight == 4 * before).all()
        and parametrize.is_parametrized(layer, "weight")
        and not parametrize.is_parametrized(layer, "bias")
    )
    parametrize.remove_parametrizations(layer, "weight")
    assert (
        type(layer) is cls
        and isinstance(layer.weight, nn.Parameter)
        and (layer.weight == 4 * before).all()
    )
    parametrize.register_parametrization(layer, "bias", Double())
    parametrize.register_parametrization(layer, "weight", Double())
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert (layer.weight == 4 * before).all() and parametrize.is_parametrized(layer, "bias")


@pytest.mark.parametrize(
    "call, error",
    [
        (
            lambda: parametrize.register_parametrization(nn.Linear(2, 2), "gain", Double()),
            ValueError,
        ),
        (
            lambda: parametrize.register_parametrization(nn.Linear(2, 3), "weight", nn.Flatten(0)),
            ValueError,
        ),
        (lambda: parametrize.remove_parametrizations(nn.Linear(2, 2), "weight"), ValueError),
        (
            lambda: parametrize.remove_parametrizations(
                parametrizations.weight_norm(nn.Linear(2, 2)), "weight", False
            ),
            ValueError,
        ),
        (lambda: parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0), ValueError),
    ],
)
def test_misuse(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize("vector", [[3.0, -4.0, 1.0], [0.0, 0.0, 0.0], [1e-13, 0.0, 0.0]])
def test_spectral_norm_of_a_vector(vector, torch, agree):
    ours, theirs = nn.LayerNorm(3).double(), torch.nn.LayerNorm(3).double()
    ours.load_state_dict({"weight": np.array(vector), "bias": np.zeros(3)})
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    agree(
        parametrizations.spectral_norm(ours),
        torch.nn.utils.parametrizations.spectral_norm(theirs),
        np.array([[1.0, 2.0, 4.0]]),
        second=any(vector),
    )


def parametrized(lib, make, *kinds):
    """A layer whose weight is computed by modules in a row."""

    class Double(lib.Module):
        def forward(self, x):
            return 2 * x

        def right_inverse(self, w):
            return w / 2

    class Exp(lib.Module):
        def forward(self, x):
            return x.exp()

        def right_inverse(self, w):
            return w.log()

    class Polar(lib.Module):
        def forward(self, length, direction):
            return length * direction

        def right_inverse(self, w):
            length = (w * w).sum().sqrt()
            return length, w / length

    class Blind(lib.Module):
        def forward(self, x):
            return x

    layer = lib.Linear(2, 2).double()
    layer.load_state_dict({"weight": make(np.eye(2) + 1), "bias": make(np.zeros(2))})
    register = lib.utils.parametrize.register_parametrization
    for kind in kinds:
        register(layer, "weight", {k.__name__: k for k in (Double, Exp, Polar, Blind)}[kind]())
    return layer


@pytest.mark.parametrize("kinds", [["Double"], ["Exp"], ["Polar"], ["Exp", "Double"]])
def test_assignment_goes_through_the_inverses(kinds, torch):
    ours, theirs = (
        parametrized(nn, ag.tensor, *kinds),
        parametrized(torch.nn, torch.tensor, *kinds),
    )
    new = np.array([[3.0, 1.0], [0.5, 2.0]])
    ours.weight, theirs.weight = ag.tensor(new), torch.tensor(new)
    np.testing.assert_allclose(ours.weight.detach(), new, rtol=1e-12)
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), rtol=1e-12)
    assert isinstance(next(iter(ours.parametrizations.weight.parameters())), nn.Parameter)


def test_what_cannot_be_assigned_changes_nothing():
    layer = parametrized(nn, ag.tensor, "Double", "Blind")
    before = layer.weight.detach().clone()
    with pytest.raises(RuntimeError, match="Blind does not implement right_inverse"):
        layer.weight = ag.ones(2, 2).double()
    other = parametrized(nn, ag.tensor, "Polar")
    kept = other.weight.detach().clone()
    for wrong in (ag.ones(3, 3).double(), ag.ones(2, 2)):
        with pytest.raises(ValueError, match="right_inverse gives"):
            other.weight = wrong
    assert (layer.weight == before).all() and (other.weight == kept).all()


def test_a_computed_parameter_is_computed_once_in_a_block():
    count = []

    class Doubled(nn.Module):
        def forward(self, x):
            count.append(1)
            return 2 * x

        def right_inverse(self, x):
            return x / 2

    layer = nn.Linear(2, 2)
    parametrize = nn.utils.parametrize
    parametrize.register_parametrization(layer, "weight", Doubled())
    count.clear()
    with parametrize.cached():
        with parametrize.cached():
            layer(ag.ones(1, 2))
        layer(ag.ones(1, 2)).sum().backward()
        assert len(count) == 1
        layer.weight = ag.zeros(2, 2)
        assert layer.weight.tolist() == [[0, 0], [0, 0]]
    assert layer.weight is not layer.weight
    assert layer.parametrizations.weight.original.grad.tolist() == [[2, 2], [2, 2]]
    assert parametrize.type_before_parametrizations(layer) is nn.Linear


ORTHOGONAL = [
    (kind, shape, has_base)
    for kind in ("matrix_exp", "cayley", "householder")
    for shape in ((3, 3), (5, 3), (3, 5))
    for has_base in (True, False)
]


@pytest.mark.parametrize("kind, shape, has_base", ORTHOGONAL)
def test_orthogonal_weights_are_those_of_pytorch(kind, shape, has_base, torch):
    made = []
    for library, options in ((nn, {}), (torch.nn, {"dtype": torch.float64})):
        layer = library.Linear(shape[1], shape[0], **options).double()
        wrap = library.utils.parametrizations.orthogonal
        if not has_base and kind != "householder":
            with pytest.raises(NotImplementedError):
                wrap(layer, "weight", kind, use_trivialization=False)
            return
        made.append(wrap(layer, orthogonal_map=kind, use_trivialization=has_base))
    ours, theirs = made
    start = np.random.default_rng(0).normal(size=shape)
    if not has_base:
        theirs.weight = torch.from_numpy(start)
        ours.weight = start
        np.testing.assert_allclose(ours.weight.detach(), theirs.weight.detach(), atol=1e-12)
    state = {k: v.detach().numpy() + 0.0 for k, v in theirs.state_dict().items()}
    free = "parametrizations.weight.original"
    if has_base:
        state[free] = state[free] + 0.1 * start
        rows = np.arange(min(shape))
        state[free][rows, rows] = -1
    ours.load_state_dict(state)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
    q = ours.weight
    np.testing.assert_allclose(q.detach(), theirs.weight.detach(), atol=1e-12)
    square = q @ q.mT if shape[0] < shape[1] else q.mT @ q
    np.testing.assert_allclose(square.detach(), np.eye(min(shape)), atol=1e-12)
    (q * start).sum().backward()
    (theirs.weight * torch.from_numpy(start)).sum().backward()
    found = ours.parametrizations.weight.original.grad
    expected = theirs.parametrizations.weight.original.grad
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_an_orthogonal_weight_begins_at_its_factor_and_takes_values():
    layer = nn.Linear(3, 3).double()
    weight = layer.weight.detach().clone()
    nn.utils.parametrizations.orthogonal(layer)
    q, r = ag.linalg.qr(weight)
    np.testing.assert_allclose(layer.weight.detach(), q * r.diagonal().sign(), atol=1e-12)
    turned = ag.linalg.qr(ag.randn(3, 3, dtype="float64"))[0]
    turned = turned * ag.linalg.qr(turned)[1].diagonal().sign()
    layer.weight = turned
    np.testing.assert_allclose(layer.weight.detach(), turned, atol=1e-12)
    with pytest.raises(ValueError, match="'cayley'.*Got: polar"):
        nn.utils.parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="polar")
    with pytest.raises(RuntimeError, match=r"bias of shape \[2\]"):
        nn.utils.parametrizations.orthogonal(nn.Linear(2, 2), "bias")
