"""Linear algebra against PyTorch. Factors that are only determined up to signs are compared through
what does not depend on these.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor, gradgradcheck, linalg

from .cases import cases
from .oracle import agree, close, draw

torch = pytest.importorskip("torch")


def well(*shape, seed=0):
    """Random square matrices that are far from singular."""
    return draw(*shape, seed=seed) + 3 * np.eye(shape[-1])


def symmetric(x):
    return x + x.mT


def positive(x):
    return (
        x @ x.mT + np.eye(x.shape[-1])
        if isinstance(x, Tensor)
        else x @ x.mT + torch.eye(x.shape[-1], dtype=x.dtype)
    )


@pytest.mark.parametrize("name", ["addmm", "addmv", "addr", "baddbmm", "addbmm"])
def test_what_is_added_zero_times_is_not_looked_at(name):
    arrays = cases(getattr(ag, name))[0].arrays()
    arrays[0][..., 0] = np.nan
    agree(
        lambda *xs: getattr(ag, name)(*xs, beta=0, alpha=2),
        lambda *xs: getattr(torch, name)(*xs, beta=0, alpha=2),
        arrays,
    )


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, math.inf])
def test_cdist(p):
    agree(
        lambda a, b: ag.cdist(a, b, p),
        lambda a, b: torch.cdist(a, b, p),
        [draw(2, 3, 4), draw(2, 5, 4, seed=1)],
        second=False,
    )
    assert gradgradcheck(
        lambda a, b: ag.cdist(a, b, p),
        [Tensor(draw(3, 4), requires_grad=True), Tensor(draw(2, 4, seed=1), requires_grad=True)],
    )
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    ag.cdist(x, x, p).sum().backward()
    assert not x.grad.numpy().any()


@pytest.mark.parametrize(
    "singular",
    [
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.arange(9.0).reshape(3, 3),
        np.diag([1.0, 0.0, 3.0]),
        np.zeros((2, 2)),
    ],
)
def test_det_of_a_singular_matrix_has_the_cofactors_as_gradient(singular):
    x = Tensor(singular, requires_grad=True)
    linalg.det(x).backward()
    cofactors = np.zeros_like(singular)
    for i, j in np.ndindex(*singular.shape):
        minor = np.delete(np.delete(singular, i, 0), j, 1)
        cofactors[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    np.testing.assert_allclose(x.grad, cofactors, atol=1e-12)


def test_logdet_of_a_negative_determinant():
    assert np.isnan(ag.logdet(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).item())


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3, 3)),
        ((2, 3, 3), (4, 1, 3, 3)),
        ((3, 3), (3,)),
        ((2, 3, 3), (2, 3)),
    ],
)
def test_solve(left, shapes):
    if not left and shapes[1] in ((3,), (2, 3), (3, 2)):
        shapes = (shapes[0], (3, 3))  # from the right there is no form for vectors
    agree(
        lambda a, b: linalg.solve(a, b, left=left),
        lambda a, b: torch.linalg.solve(a, b, left=left),
        [well(*shapes[0]), draw(*shapes[1])],
    )


@pytest.mark.parametrize(
    "options",
    [
        {"upper": u, "left": left, "unitriangular": unit}
        for u in (0, 1)
        for left in (0, 1)
        for unit in (0, 1)
    ],
)
def test_solve_triangular(options):
    options = {key: bool(value) for key, value in options.items()}
    agree(
        lambda a, b: linalg.solve_triangular(a, b, **options),
        lambda a, b: torch.linalg.solve_triangular(a, b, **options),
        [well(2, 3, 3), draw(2, 3, 3, seed=1)],
    )


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3), (2, 4, 2)])
def test_pinv_and_least_squares(shape):
    agree(linalg.pinv, torch.linalg.pinv, [draw(*shape)], tolerance=1e-8)
    agree(
        lambda a, b: linalg.lstsq(a, b).solution,
        lambda a, b: torch.linalg.lstsq(a, b).solution,
        [draw(*shape), draw(*shape[:-1], 2, seed=1)],
        tolerance=1e-8,
    )


def test_least_squares_says_how_good_it_is():
    a, b = draw(4, 2), draw(4, 3, seed=1)
    ours, theirs = (
        linalg.lstsq(Tensor(a), Tensor(b)),
        torch.linalg.lstsq(torch.tensor(a), torch.tensor(b), driver="gelsd"),
    )
    for name in ("solution", "residuals", "rank", "singular_values"):
        close(getattr(ours, name), getattr(theirs, name))
    low = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    close(
        linalg.lstsq(Tensor(low), Tensor(b[:3])).solution,
        torch.linalg.lstsq(torch.tensor(low), torch.tensor(b[:3]), driver="gelsd").solution,
    )


def test_pinv_of_deficient_rank():
    factor = draw(4, 2)
    agree(
        lambda x: linalg.pinv(x @ x.mT),
        lambda x: torch.linalg.pinv(x @ x.mT),
        [factor],
        second=False,
        tolerance=1e-7,
    )


@pytest.mark.filterwarnings("ignore:torch.cholesky")
@pytest.mark.parametrize("upper", [True, False])
def test_cholesky(upper):
    agree(
        lambda x: linalg.cholesky(positive(x), upper=upper),
        lambda x: torch.linalg.cholesky(positive(x), upper=upper),
        [draw(2, 3, 3)],
    )
    agree(lambda x: positive(x).cholesky(), lambda x: positive(x).cholesky(), [draw(3, 3)])


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 4, 2)])
def test_qr(shape):
    """LAPACK's signs are the same for both, so the factors themselves can be compared."""
    agree(linalg.qr, torch.linalg.qr, [draw(*shape)])
    if shape[-2] <= shape[-1]:
        agree(
            lambda x: linalg.qr(x, "complete"),
            lambda x: torch.linalg.qr(x, "complete"),
            [draw(*shape)],
        )
    with ag.no_grad():
        close(
            linalg.qr(Tensor(draw(*shape)), "complete").Q,
            torch.linalg.qr(torch.tensor(draw(*shape)), "complete").Q,
        )
    assert linalg.qr(Tensor(draw(*shape)), "r").Q.numel() == 0


def invariants(u, s, vh):
    """What is left of a decomposition when the signs of its columns are not known."""
    return (u * u), s, (vh * vh), (u * (s * s)[..., None, :]) @ vh


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 4, 3)])
@pytest.mark.parametrize("full", [False, True])
def test_svd(shape, full):
    k = min(shape[-2:])

    def through(module):
        def function(x):
            u, s, vh = module.linalg.svd(x, full_matrices=full)
            return invariants(u[..., :k], s, vh[..., :k, :])

        return function

    agree(through(ag), through(torch), [draw(*shape)], tolerance=1e-8)
    agree(linalg.svdvals, torch.linalg.svdvals, [draw(*shape)], tolerance=1e-8)
    x = draw(*shape)
    u, s, v = ag.svd(Tensor(x))
    np.testing.assert_allclose((u * s.unsqueeze(-2)) @ v.mT, x, atol=1e-12)


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_eigh(uplo):
    def through(module):
        def function(x):
            w, v = module.linalg.eigh(symmetric(x), UPLO=uplo)
            return w, v * v, (v * module.exp(w)[..., None, :]) @ v.mT

        return function

    agree(through(ag), through(torch), [draw(2, 3, 3)], tolerance=1e-8)
    agree(
        lambda x: linalg.eigvalsh(symmetric(x)),
        lambda x: torch.linalg.eigvalsh(symmetric(x)),
        [draw(2, 3, 3)],
        tolerance=1e-8,
    )


def test_equal_eigenvalues_harm_only_what_depends_on_their_vectors():
    x = Tensor(np.eye(3), requires_grad=True)
    linalg.eigvalsh(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.eye(3))
    (g,) = ag.grad(linalg.svdvals(x).sum(), x)
    np.testing.assert_allclose(g, np.eye(3))
    (g,) = ag.grad(linalg.eigh(x).eigenvectors[0, 1], x)
    assert not np.isfinite(g.numpy()).all()


TURN = np.linalg.qr(draw(3, 3))[0]
SINGULAR = {
    "one value is 0": np.diag([1.0, 2.0, 0.0]) @ TURN,
    "equal values and a 0": TURN @ np.diag([1.0, 1.0, 0.0]),
    "two values are 0": np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]),
    "all are 0": np.zeros((3, 3)),
    "two pairs": np.diag([1.0, 1.0, 0.0, 0.0]),
    "one element": np.zeros((1, 1)),
    "beside a regular one": np.stack([np.eye(2), np.array([[1.0, 2.0], [2.0, 4.0]])]),
    "regular": np.eye(3),
}


def cofactors(a):
    """By their definition: the determinants of what is left without a row and a column."""
    n, out = a.shape[-1], np.empty_like(a)
    for i, j in np.ndindex(n, n):
        rest = np.delete(np.delete(a, i, -2), j, -1)
        out[..., i, j] = (-1) ** (i + j) * np.linalg.det(rest)
    return out


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinant_is_differentiated_twice_at_any_matrix(name):
    a, w = SINGULAR[name], draw(*SINGULAR[name].shape, seed=3)
    x = Tensor(a, requires_grad=True)
    (g,) = ag.grad(linalg.det(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.detach(), cofactors(a), atol=1e-12)
    (h,) = ag.grad((g * w).sum(), x)
    step = 1e-4
    expected = (cofactors(a + step * w) - cofactors(a - step * w)) / (2 * step)
    np.testing.assert_allclose(h, expected, atol=1e-7)


def rebuilt(x, w):
    u, s, vh = linalg.svd(x, full_matrices=False)
    return (((u * s) @ vh) * w).sum()


def rebuilt_symmetric(x, w, function=lambda w: w):
    values, v = linalg.eigh(x)
    return (((v * function(values)) @ v.mT) * w).sum()


DEGENERATE = {
    "the whole at 0": (rebuilt, np.zeros((3, 2))),
    "the whole at equal values": (rebuilt, np.eye(3)),
    "the whole at some equal and some 0": (rebuilt, np.diag([1.0, 1.0, 0.0, 0.0])),
    "the whole of a high one with a 0": (rebuilt, np.eye(4)[:, :3] * [1.0, 2.0, 0.0]),
    "the logarithm of the identity": (
        lambda x, w: rebuilt_symmetric(x, w, lambda values: values.log()),
        np.eye(3),
    ),
    "the square": (lambda x, w: rebuilt_symmetric(x, w, lambda values: values**2), np.eye(3)),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("diagonal", [False, True])
def test_through_vectors_of_equal_values_a_gradient_is_nan_and_never_wrong(name, diagonal):
    function, a = DEGENERATE[name]
    w = np.eye(*a.shape) * 2 if diagonal else draw(*a.shape)
    x = Tensor(a, requires_grad=True)
    (g,) = ag.grad(function(x, Tensor(w)), x)
    assert np.isnan(g.numpy()).all()


@pytest.mark.parametrize("a", [np.zeros((3, 2)), np.eye(3), np.diag([3.0, 1.0, 1.0, 0.0, 0.0])])
def test_values_alone_and_vectors_of_single_values_are_differentiated_at_any_matrix(a):
    x = Tensor(a, requires_grad=True)
    (g,) = ag.grad((linalg.svdvals(x) ** 2).sum(), x)
    np.testing.assert_allclose(g, 2 * a, atol=1e-12)
    if a[0, 0] == 3:

        def greatest(x):
            u, s, vh = linalg.svd(x)
            return (u[:, 0] ** 2 @ np.arange(5.0)) + s[0] + (vh[0] ** 2 @ np.arange(5.0))

        (g,) = ag.grad(greatest(x), x, create_graph=True)
        assert np.isfinite(g.detach().numpy()).all()
        step, w = 1e-5, draw(5, 5)
        ends = [greatest(Tensor(a + t * w)).item() for t in (step, -step)]
        np.testing.assert_allclose((g * w).sum().item(), (ends[0] - ends[1]) / (2 * step), 1e-6)


NORMS = [
    ("vector_norm", (2, 3, 4), {}),
    ("vector_norm", (2, 3, 4), {"ord": 3, "dim": (0, 2)}),
    ("vector_norm", (3,), {"ord": math.inf, "keepdim": True}),
    *[
        ("matrix_norm", (2, 3, 4), {"ord": o, "keepdim": k})
        for o in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)
        for k in (False, True)
    ],
    ("matrix_norm", (2, 3, 4), {"ord": 1, "dim": (0, 2)}),
    ("matrix_norm", (2, 3, 4), {"ord": "nuc", "dim": (2, 0)}),
    ("norm", (2, 3), {}),
    ("norm", (3,), {"ord": 1}),
    ("norm", (2, 3), {"ord": "nuc"}),
    ("norm", (2, 3), {"ord": 2, "dim": 1}),
    ("norm", (2, 3, 4), {"dim": (0, 1), "ord": 1}),
    ("cond", (3, 3), {}),
]


@pytest.mark.parametrize("name, shape, options", NORMS)
def test_norms(name, shape, options):
    agree(
        lambda x: getattr(linalg, name)(x, **options),
        lambda x: getattr(torch.linalg, name)(x, **options),
        [draw(*shape)],
        second=options.get("ord") != 3,
    )


def test_multi_dot_and_matrix_rank():
    chain = [
        draw(4, seed=0),
        draw(4, 10, seed=1),
        draw(10, 2, seed=2),
        draw(2, 7, seed=3),
        draw(7, seed=4),
    ]
    for part in (chain, chain[:-1], chain[1:], chain[1:-1]):
        agree(lambda *xs: linalg.multi_dot(xs), lambda *xs: torch.linalg.multi_dot(xs), part)
    x = draw(4, 2)
    np.testing.assert_array_equal(linalg.matrix_rank(Tensor(x @ x.T)), 2)


NUMPY = [
    (lambda x: np.linalg.inv(x), 3),
    (lambda x: np.linalg.det(x), 3),
    (lambda x: np.linalg.slogdet(x)[1], 3),
    (lambda x: np.linalg.pinv(x), 3),
    (lambda x: np.linalg.solve(x, x), 3),
    (lambda x: np.linalg.lstsq(x, x)[0], 3),
    (lambda x: np.linalg.cholesky(x @ x.T), 3),
    (lambda x: np.linalg.qr(x)[1], 3),
    (lambda x: np.linalg.svd(x)[1], 3),
    (lambda x: np.linalg.svd(x, compute_uv=False), 3),
    (lambda x: np.linalg.eigh(x + x.T)[0], 3),
    (lambda x: np.linalg.eigvalsh(x + x.T), 3),
    (lambda x: np.linalg.matrix_power(x, 3), 3),
    (lambda x: np.linalg.multi_dot([x, x, x]), 3),
    (lambda x: np.linalg.norm(x), 3),
    (lambda x: np.linalg.norm(x, axis=1), 3),
    (lambda x: np.linalg.norm(x, "nuc"), 3),
    (lambda x: np.dot(x, x), 3),
    (lambda x: np.dot(x, 2.0), 3),
    (lambda x: np.vdot(x, x), 3),
    (lambda x: np.inner(x, x), 3),
    (lambda x: np.outer(x, x), 3),
    (lambda x: np.kron(x, x), 2),
    (lambda x: np.tensordot(x, x, axes=1), 3),
    (lambda x: np.cross(x, x[::-1]), 3),
    (lambda x: np.einsum("ij,kj", x, x), 3),
    (lambda x: np.matmul(x, x), 3),
]


@pytest.mark.parametrize("call, n", NUMPY)
def test_numpys_functions_dispatch(call, n):
    array = well(n, n)
    y = call(Tensor(array, requires_grad=True))
    assert isinstance(y, Tensor) and y.requires_grad
    np.testing.assert_allclose(y.detach(), call(array), atol=1e-10)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: ag.mm(ag.ones(2), ag.ones(2)), "operands of"),
        (lambda: ag.bmm(ag.ones(2, 1, 1), ag.ones(3, 1, 1)), "one length"),
        (lambda: ag.addmm(ag.ones(3), ag.ones(1, 2), ag.ones(2, 2)), "broadcast"),
        (lambda: ag.cross(ag.ones(2), ag.ones(2)), "cross"),
        (lambda: ag.tensordot(ag.ones(2, 3), ag.ones(2, 3), 1), "cannot contract"),
        (lambda: linalg.inv(ag.zeros(2, 2)), "inv"),
        (lambda: linalg.solve(ag.ones(2, 3), ag.ones(2)), "square"),
        (lambda: linalg.cholesky(-ag.eye(2)), "positive definite"),
        (lambda: linalg.multi_dot([ag.ones(2)]), "at least two"),
        (lambda: linalg.norm(ag.ones(2, 2, 2), 1), "vector or a matrix"),
    ],
)
def test_errors_say_what_does_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_what_has_no_gradient_says_so():
    with pytest.raises(NotImplementedError, match="arbitrary"):
        linalg.qr(ag.ones(3, 2, requires_grad=True), "complete")


@pytest.mark.parametrize(
    "call",
    [
        lambda: linalg.solve(ag.zeros(2, 2), ag.ones(2)),
        lambda: linalg.inv(ag.ones(2, 2)),
        lambda: linalg.cholesky(-ag.eye(2)),
    ],
)
def test_a_matrix_that_has_no_answer_raises_what_pytorch_and_numpy_call_it(call):
    for kind in (linalg.LinAlgError, np.linalg.LinAlgError, RuntimeError):
        with pytest.raises(kind, match="ingular|positive definite"):
            call()
