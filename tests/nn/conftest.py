"""What the tests of layers share: PyTorch as the oracle, with the same weights, inputs and
cotangents.
"""

import warnings

import numpy as np
import pytest

import autograd_engine as ag
import nn


@pytest.fixture(scope="session")
def torch():
    """PyTorch, or the test is skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch")


def _tensors(arrays, make):
    """Tensors of both engines on copies of the arrays; floats require gradients, other objects
    stay.
    """
    made = [make(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
    return [
        t.requires_grad_() if isinstance(a, np.ndarray) and a.dtype.kind == "f" else t
        for a, t in zip(arrays, made)
    ]


def _outputs(result):
    return result if isinstance(result, tuple) else (result,)


def _close(ours, theirs, what, tol):
    np.testing.assert_allclose(
        np.asarray(ours.detach()), theirs.detach().numpy(), rtol=tol, atol=tol, err_msg=what
    )


@pytest.fixture
def agree(torch):
    """Check that a function or module of ours and PyTorch's give the same outputs, gradients and
    buffers.
    """

    def check(ours, theirs, *arrays, tol=1e-9):
        x, z = _tensors(arrays, ag.tensor), _tensors(arrays, torch.from_numpy)
        y, u = _outputs(ours(*x)), _outputs(theirs(*z))
        assert len(y) == len(u)
        for a, b in zip(y, u):
            assert a.shape == tuple(b.shape) and str(a.dtype) == str(b.dtype).removeprefix(
                "torch."
            ), f"{a.dtype}{a.shape} {b.dtype}{b.shape}"
            _close(a, b, "output", tol)
        if any(b.requires_grad for b in u):
            seeds = [np.cos(1 + np.arange(b.numel())).reshape(tuple(b.shape)) for b in u]
            sum((a * s).sum() for a, s in zip(y, seeds)).backward()
            sum((b * torch.from_numpy(s)).sum() for b, s in zip(u, seeds)).backward()
        for i, (a, b) in enumerate(zip(x, z)):
            if isinstance(b, torch.Tensor) and b.requires_grad:
                assert (a.grad is None) == (b.grad is None), (
                    f"input {i} has a gradient in one engine only"
                )
                if b.grad is not None:
                    _close(a.grad, b.grad, f"gradient of input {i}", tol)
        if isinstance(theirs, torch.nn.Module):
            mine = dict(ours.named_parameters())
            for name, parameter in theirs.named_parameters():
                assert (mine[name].grad is None) == (parameter.grad is None), name
                if parameter.grad is not None:
                    _close(mine[name].grad, parameter.grad, f"gradient of {name}", tol)
            assert list(ours.state_dict()) == list(theirs.state_dict())
            for name, buffer in theirs.named_buffers():
                _close(ours.get_buffer(name), buffer, name, tol)

    return check


@pytest.fixture
def twins(torch):
    """Build the same layer in both libraries, in float64, with PyTorch's weights: ``twins("Linear",
    2, 3)``.
    """

    def build(name, *args, **kwargs):
        def of(tensor):
            return lambda a: tensor(a) if isinstance(a, np.ndarray) else a

        mine, its = of(ag.tensor), of(torch.tensor)
        ours = getattr(nn, name)(
            *map(mine, args), **{key: mine(value) for key, value in kwargs.items()}
        ).double()
        theirs = getattr(torch.nn, name)(
            *map(its, args), **{key: its(value) for key, value in kwargs.items()}
        ).double()
        ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
        return ours, theirs

    return build


@pytest.fixture
def rng():
    return np.random.default_rng(0)
