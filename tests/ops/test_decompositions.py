"""Eigenvalues of any matrix, exponentials and eliminations against PyTorch, to second order."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ComplexTensor, linalg, tensor

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
SQUARE = RNG.normal(size=(3, 3))
STACK = RNG.normal(size=(2, 4, 4))
TALL = RNG.normal(size=(2, 4, 2))
WIDE = RNG.normal(size=(2, 2, 4))
POSITIVE = SQUARE @ SQUARE.T + np.eye(3)
FACTOR = np.linalg.cholesky(POSITIVE)
RIGHT = RNG.normal(size=(3, 2))


def powers(values, vectors):
    """A real number that depends on no phase."""
    return (values.abs() ** 2).sum() + 1.3 * values.real.sum() + (vectors.abs() ** 3).sum()


def spectral_radius(values, vectors):
    return values.abs().max()


CALLS = {
    "eig": (lambda la, a: powers(*la.eig(a)), (SQUARE,)),
    "eig, stack": (lambda la, a: powers(*la.eig(a)), (STACK,)),
    "spectral radius": (lambda la, a: la.eigvals(a).abs().max(), (SQUARE,)),
    "angles": (lambda la, a: (la.eigvals(a).angle() ** 2).sum(), (SQUARE,)),
    "arithmetic": (lambda la, a: ((la.eigvals(a) * (2 - 1j) + 1) / 3).abs().sum(), (SQUARE,)),
    "matrix_exp": (lambda la, a: la.matrix_exp(a).sin().sum(), (SQUARE,)),
    "matrix_exp, large": (lambda la, a: la.matrix_exp(a * 9).cos().sum(), (STACK / 4,)),
    "lu": (lambda la, a: sum((x * x * x.cos()).sum() for x in la.lu(a)[1:]), (STACK,)),
    "lu, tall": (lambda la, a: sum((x * x * x.cos()).sum() for x in la.lu(a)[1:]), (TALL,)),
    "lu, wide": (lambda la, a: sum((x * x * x.cos()).sum() for x in la.lu(a)[1:]), (WIDE,)),
    "lu_factor": (lambda la, a: (la.lu_factor(a)[0] ** 3).sum(), (STACK,)),
    "lu_factor, tall": (lambda la, a: (la.lu_factor(a)[0] ** 3).sum(), (TALL,)),
    "householder_product": (
        lambda la, a, t: (la.householder_product(a, t) ** 3).sum(),
        (RNG.normal(size=(4, 3)), RNG.normal(size=3)),
    ),
    "tensorinv": (lambda la, a: (la.tensorinv(a, ind=1) ** 3).sum(), (RNG.normal(size=(4, 2, 2)),)),
    "tensorsolve": (
        lambda la, a, b: (la.tensorsolve(a, b) ** 3).sum(),
        (RNG.normal(size=(2, 3, 6)), RNG.normal(size=(2, 3))),
    ),
    "vander": (lambda la, a: (la.vander(a, N=4) ** 2).sum(), (RNG.normal(size=(2, 3)),)),
}


def orders(library, grad, f, leaves):
    value = f(library, *leaves)
    first = grad(value, leaves, create_graph=True)
    second = grad(sum((g * g).sum() for g in first), leaves)
    return [value, *first, *second]


@pytest.mark.parametrize("name", CALLS)
def test_values_and_both_derivatives_agree_with_torch(name):
    f, arrays = CALLS[name]
    ours = orders(linalg, ag.grad, f, [tensor(a, requires_grad=True) for a in arrays])
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    theirs = orders(torch.linalg, torch.autograd.grad, f, leaves)
    for a, b in zip(ours, theirs):
        b = b.detach().numpy()
        np.testing.assert_allclose(a.detach().numpy(), b, rtol=1e-7, atol=1e-9 * np.abs(b).max())


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("name", ["cholesky_solve", "cholesky_inverse"])
def test_what_is_solved_with_a_factor_agrees_with_torch(name, upper):
    factor = FACTOR.T.copy() if upper else FACTOR
    arrays = [RIGHT, factor] if name == "cholesky_solve" else [factor]
    ours = [tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    a = getattr(ag, name)(*ours, upper=upper)
    b = getattr(torch, name)(*theirs, upper=upper)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy())
    a.sin().sum().backward()
    b.sin().sum().backward()
    for x, y in zip(ours, theirs):
        expected = y.grad.numpy()
        if y is theirs[-1]:  # PyTorch gives a gradient to what is not looked at, too
            expected = np.triu(expected) if upper else np.tril(expected)
        np.testing.assert_allclose(x.grad.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("array", [SQUARE, STACK, TALL, WIDE], ids=["3x3", "2x4x4", "tall", "wide"])
def test_permutations_and_pivots_are_those_of_torch(array):
    P, L, U = linalg.lu(tensor(array))
    np.testing.assert_array_equal(P.numpy(), torch.linalg.lu(torch.tensor(array)).P.numpy())
    np.testing.assert_allclose((P @ L @ U).numpy(), array)
    pivots = linalg.lu_factor(tensor(array)).pivots
    np.testing.assert_array_equal(
        pivots.numpy(), torch.linalg.lu_factor(torch.tensor(array)).pivots.numpy()
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ldl_factor_is_that_of_torch(dtype):
    pytest.importorskip("scipy")
    symmetric = np.stack([SQUARE + SQUARE.T, np.array([[0.0, 2, 1], [2, 0, 3], [1, 3, 0]])])
    ours = linalg.ldl_factor(tensor(symmetric, dtype=dtype))
    theirs = torch.linalg.ldl_factor(torch.tensor(symmetric, dtype=getattr(torch, dtype)))
    np.testing.assert_allclose(ours.LD.numpy(), theirs.LD.numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(ours.pivots.numpy(), theirs.pivots.numpy())


def test_dtypes_of_complex_results():
    assert linalg.eigvals(tensor(SQUARE)).dtype == np.complex128
    assert linalg.eigvals(tensor(SQUARE, dtype="float32")).dtype == np.complex64
    values = linalg.eigvals(tensor(SQUARE))
    np.testing.assert_allclose(values.numpy(), np.linalg.eigvals(SQUARE))
    assert "j" in repr(values) and values[0].shape == () and len(values.tolist()) == 3


REFUSED = {
    "a function that is not real": (lambda v: v.exp(), AttributeError, "real-valued"),
    "backward": (lambda v: v.backward(), AttributeError, "real-valued"),
    "with a word": (lambda v: v + "a", TypeError, "no arithmetic"),
    "not square": (lambda v: linalg.eig(tensor(RIGHT)), ag.ShapeError, r"\[3, 2\]"),
    "no pivots": (lambda v: linalg.lu(tensor(SQUARE), pivot=False), NotImplementedError, "pivots"),
    "tensorinv": (lambda v: linalg.tensorinv(tensor(RIGHT), ind=1), ag.ShapeError, "as many"),
    "tensorsolve": (
        lambda v: linalg.tensorsolve(tensor(RIGHT), tensor(RIGHT)),
        ag.ShapeError,
        "as many",
    ),
    "householder": (
        lambda v: linalg.householder_product(tensor(RIGHT), tensor([1.0, 2.0, 3.0])),
        ag.ShapeError,
        "k <= n <= m",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_the_reason(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call(linalg.eigvals(tensor(SQUARE)))


def test_arithmetic_of_complex_tensors_is_numpys():
    z = ComplexTensor(tensor([1.0, -2.0]), tensor([0.5, 3.0]))
    w = z.numpy()
    cases = [
        (z + 1j, w + 1j),
        (2 - z, 2 - w),
        (z * z, w * w),
        (1 / z, 1 / w),
        (z / (1 + 2j), w / (1 + 2j)),
        (z.conj(), w.conj()),
        (-z, -w),
        (z.sum(), w.sum()),
        (z + tensor([1.0, 1.0]), w + 1),
        (z * np.array([1j, 2.0]), w * np.array([1j, 2.0])),
    ]
    for ours, theirs in cases:
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)
    np.testing.assert_allclose(abs(z).numpy(), abs(w), rtol=1e-6)
