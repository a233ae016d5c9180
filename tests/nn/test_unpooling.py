"""Max unpooling, grids and the older names of resampling against PyTorch."""

import numpy as np
import pytest

import nn
from autograd_engine import tensor

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n, shape", [(1, (2, 3, 8)), (2, (2, 3, 6, 8)), (3, (1, 2, 4, 4, 6))])
@pytest.mark.parametrize("options", [{}, {"stride": 3}, {"stride": 3, "padding": 1}])
def test_max_unpooling_is_that_of_torch(n, shape, options):
    array = RNG.normal(size=shape)
    results = []
    for library, make in ((nn, tensor), (torch.nn, torch.tensor)):
        x = make(array, requires_grad=True)
        pooled = getattr(library, f"MaxPool{n}d")(3, return_indices=True, **options)(x)
        y = getattr(library, f"MaxUnpool{n}d")(3, **options)(*pooled, output_size=array.shape)
        (y**2).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
@pytest.mark.filterwarnings("ignore")
def test_older_names(name):
    array = RNG.normal(size=(1, 2, 3, 4))
    ours = getattr(nn.functional, name)(tensor(array), scale_factor=2)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(array), scale_factor=2)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy())


def test_a_place_outside_of_the_output_is_refused():
    with pytest.raises(RuntimeError, match="do not fit"):
        nn.functional.max_unpool1d(tensor([[1.0]]), tensor([[9]]), 2)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_a_spatial_transformer_is_that_of_torch(mode, padding, align):
    image, theta = RNG.normal(size=(2, 3, 5, 4)), RNG.normal(size=(2, 2, 3))
    results = []
    for functional, make in ((nn.functional, tensor), (torch.nn.functional, torch.tensor)):
        x, t = make(image, requires_grad=True), make(theta, requires_grad=True)
        grid = functional.affine_grid(t, (2, 3, 4, 6), align_corners=align)
        y = functional.grid_sample(x, grid, mode, padding, align)
        (y**2).sum().backward()
        results.append([a.numpy() for a in (y.detach(), x.grad, t.grad)])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
