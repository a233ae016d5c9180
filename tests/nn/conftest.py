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


def _learns(x):
    return hasattr(x, "requires_grad") and x.requires_grad


def _weights(shape):
    return np.cos(1 + np.arange(np.prod(shape, dtype=int))).reshape(tuple(shape))


def _total(tensors):
    """A weighted sum of all elements, in which none stands for another."""
    make = type(tensors[0])
    kinds = ag.tensor if make is ag.Tensor else __import__("torch").from_numpy
    return sum((t * kinds(_weights(t.shape)).to(t.dtype)).sum() for t in tensors)


def _recorded(grad, outputs, inputs):
    return grad(_total(outputs), inputs, create_graph=True, allow_unused=True)


def _gradients_of(grad, gradients, inputs):
    """Those of the weighted sum of gradients, as far as they are in the graph."""
    live = [g for g in gradients if g is not None and g.requires_grad]
    if not live:
        return [None] * len(inputs)
    return grad(_total(live), inputs, allow_unused=True, retain_graph=True)


def _close_or_none(ours, theirs, what, tol):
    """None counts as zeros."""
    if ours is None and theirs is None:
        return
    mine = 0.0 if ours is None else np.asarray(ours.detach())
    its = 0.0 if theirs is None else theirs.numpy(force=True)
    np.testing.assert_allclose(mine, its, rtol=tol, atol=tol, err_msg=what)


@pytest.fixture
def agree(torch):
    """Check that a function or module of ours and PyTorch's give the same outputs, buffers and
    gradients: plain ones, those that are recorded, and those of the recorded ones.
    """

    def check(ours, theirs, *arrays, tol=1e-9, second=True):
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
        if second and any(b.requires_grad for b in u):
            agree_twice(ours, theirs, arrays, tol)

    def agree_twice(ours, theirs, arrays, tol):
        """The recorded gradients, and the gradients of a weighted sum of them."""
        x, z = _tensors(arrays, ag.tensor), _tensors(arrays, torch.from_numpy)
        y, u = _outputs(ours(*x)), _outputs(theirs(*z))
        live, its = [t for t in x if _learns(t)], [t for t in z if _learns(t)]
        if isinstance(theirs, torch.nn.Module):
            mine = dict(ours.named_parameters())
            live += [mine[name] for name, _ in theirs.named_parameters()]
            its += [parameter for _, parameter in theirs.named_parameters()]
        one = _recorded(ag.grad, y, live)
        its_one = _recorded(torch.autograd.grad, u, its)
        for i, (a, b) in enumerate(zip(one, its_one)):
            _close_or_none(a, b, f"recorded gradient {i}", tol)
        try:
            its_two = _gradients_of(torch.autograd.grad, its_one, its)
        except RuntimeError as error:  # not everything has a second derivative there
            assert "not implemented" in str(error)
            return
        for i, (a, b) in enumerate(zip(_gradients_of(ag.grad, one, live), its_two)):
            _close_or_none(a, b, f"second derivative {i}", 10 * tol)

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
