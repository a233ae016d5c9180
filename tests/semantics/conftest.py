"""The oracles shared by these tests: PyTorch where it is installed, central differences where it is
not the judge.
"""

import warnings

import numpy as np
import pytest

import autograd_engine as ag


@pytest.fixture(scope="session")
def torch():
    """PyTorch, or the test is skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch")


def _run(m, make, f, arrays, differentiate):
    """Value of ``f(m, *tensors)`` and the gradients of its random projection, as arrays."""
    tensors = [
        make(a).requires_grad_(np.issubdtype(a.dtype, np.floating) and differentiate)
        for a in arrays
    ]
    with np.errstate(
        all="ignore"
    ):  # NumPy tells of poles as it computes; the sweep has to be silent about them
        y = f(m, *tensors)
    if not differentiate:
        return y, []
    seed = (
        np.cos(1 + np.arange(y.numel()))
        .reshape(tuple(y.shape))
        .astype(np.asarray(y.detach()).dtype)
    )
    y.backward(make(seed))
    return y, [t.grad for t in tensors if t.requires_grad]


@pytest.fixture(scope="session")
def agrees(torch):
    """``agrees(f, *arrays)`` runs ``f(module, *tensors)`` on both engines and compares values,
    shapes, dtypes, gradients.
    """

    def compare(f, *arrays, rtol=1e-6, atol=1e-9, differentiate=True):
        arrays = [
            np.array(a) if isinstance(a, np.ndarray | np.generic) else np.array(a, dtype=float)
            for a in arrays
        ]
        theirs, their_grads = _run(
            torch, lambda a: torch.from_numpy(a.copy()), f, arrays, differentiate
        )
        ours, our_grads = _run(ag, lambda a: ag.tensor(a), f, arrays, differentiate)
        assert len(our_grads) == len(their_grads)
        for mine, other in zip([ours, *our_grads], [theirs, *their_grads], strict=True):
            assert (mine is None) == (other is None)
            if other is not None:
                assert tuple(mine.shape) == tuple(other.shape)
                assert str(mine.dtype) == str(other.dtype).removeprefix("torch.")
                np.testing.assert_allclose(
                    mine.detach().numpy(), other.detach().numpy(), rtol=rtol, atol=atol
                )

    return compare


@pytest.fixture(scope="session")
def differences():
    """``differences(f, x)``: the gradient of the scalar ``f(array)`` by central differences."""

    def gradient(f, x, eps=1e-6):
        out = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[i] = eps
            out[i] = (f(x + step) - f(x - step)) / (2 * eps)
        return out

    return gradient
