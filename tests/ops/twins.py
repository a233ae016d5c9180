"""Every public function beside PyTorch's of the same name, and how each is called on a sample."""

import warnings

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor
from autograd_engine.ops import is_method, public_functions

from .cases import cases

torch = pytest.importorskip("torch")
functional = torch.nn.functional

OTHER_ARGUMENTS = {
    "sum": "keepdim without dim",
    "mean": "keepdim without dim",
    "prod": "several dims",
    "aminmax": "several dims",
    "logsumexp": "without dim",
    "split_with_sizes": "a number, as split",
    "special.logsumexp": "without dim",
}
"""Where samples have what PyTorch's function does not take."""
VALUES_ONLY = {
    **dict.fromkeys(
        ["floor_divide", "heaviside"],
        "PyTorch's has a graph and no derivative; ours are 0, and none",
    ),
    **dict.fromkeys(
        ["nextafter"],
        "PyTorch's want a gradient, and have none",
    ),
    **dict.fromkeys(
        [
            f"special.{name}"
            for name in ag.special.__all__
            if name.endswith(
                ("_j0", "_j1", "_y0", "_y1", "_k0", "_k1", "bessel_i0", "bessel_i1", "airy_ai")
            )
            or "_polynomial_" in name
        ],
        "no derivative in PyTorch",
    ),
}
TESTED_BY_HAND = {
    **dict.fromkeys(["histogram", "histogramdd"], "the edges of several dimensions are a tuple"),
    **dict.fromkeys(["svd", "linalg.svd"], "the signs of singular vectors are arbitrary"),
    "linalg.lstsq": "PyTorch leaves out what its default driver does not find",
    **dict.fromkeys(
        ["cholesky_solve", "cholesky_inverse"],
        "PyTorch gives a gradient to the triangle that is not looked at",
    ),
}


def twin(name, function):
    """PyTorch's function of this name."""
    spaces = (torch, functional) if is_method(function) else (functional, torch)
    return next(getattr(space, name) for space in (*spaces, torch.Tensor) if hasattr(space, name))


TWINS = {
    **{
        f"linalg.{name}": (getattr(ag.linalg, name), getattr(torch.linalg, name))
        for name in ag.linalg.__all__
        if name != "LinAlgError"
    },
    **{name: (function, twin(name, function)) for name, function in public_functions().items()},
    **{
        f"special.{name}": (getattr(ag.special, name), getattr(torch.special, name))
        for name in ag.special.__all__
    },
}
NAMES = {
    function: name for name, (function, _) in reversed(TWINS.items())
}  # the first name of each; a second one gets one sample
CASES = [
    pytest.param(name, case, id=f"{name}-{i}")
    for name, (function, _) in TWINS.items()
    if name not in TESTED_BY_HAND
    for i, case in enumerate(cases(function)[: None if NAMES[function] == name else 1])
]


def as_torch(arg):
    if isinstance(arg, np.dtype):
        return getattr(torch, arg.name)
    return torch.tensor(arg) if isinstance(arg, np.ndarray) else arg


def by_torch(name, case, *xs):
    """PyTorch's result. A number is made a tensor where it does not take one, or does not
    differentiate after one.
    """
    floating = any(x.is_floating_point() for x in xs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what will be removed or changed
        try:
            if not floating or not isinstance(case.sample.args[0], float):
                return case(*xs, function=TWINS[name][1], make=as_torch)
        except TypeError:
            if not floating:
                raise
        return case(
            *xs,
            function=TWINS[name][1],
            make=lambda arg: (
                torch.tensor(arg, dtype=torch.float64) if isinstance(arg, float) else as_torch(arg)
            ),
        )


def by_us(case, *xs):
    return case(*xs, make=lambda arg: Tensor(arg) if isinstance(arg, np.ndarray) else arg)
