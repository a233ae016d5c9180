"""Every public function against PyTorch's of the same name, on its samples: values, dtypes, first
and second derivatives.

Then on the same samples made of integers and of booleans: what PyTorch computes of them, we compute
too. And the memory of the results: a view where PyTorch gives one, and rows one after the other
where PyTorch lays them so.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor
from autograd_engine.ops import public_functions

from ..grouping import each
from .cases import cases, parts
from .oracle import agree, close
from .twins import CASES, OTHER_ARGUMENTS, TWINS, VALUES_ONLY, by_torch, by_us

torch = pytest.importorskip("torch")

FIRST_ONLY = dict.fromkeys(["cdist", "pdist"], "no second derivative in PyTorch")
OTHER_NUMBERS = {
    "add bool": "True times alpha=3 is 3",
    "sub bool": "True times alpha=3 is 3",
    "index_add bool": "True times alpha=3 is 3",
    **dict.fromkeys(
        [f"{name} int64" for name in ("addcmul", "addmm", "addmv", "addr", "baddbmm", "addbmm")],
        "PyTorch cuts the factor 0.5 down to 0",
    ),
    **dict.fromkeys(
        [f"avg_pool{n}d int64" for n in (1, 2, 3)],
        "PyTorch cuts the mean of integers down to an integer",
    ),
    **dict.fromkeys(["affine_grid int64", "affine_grid bool"], "PyTorch takes floats only"),
    "pow int64": "a negative power of an integer is an error",
}
"""What ours gives for integers and booleans where PyTorch gives something else."""
LAID_OUT_OTHERWISE = {
    "linalg.lu_solve": "from the right it is a transposed view",
    "linalg.solve": "from the right it is a transposed view, for PyTorch from the left",
    **dict.fromkeys(["mvlgamma", "special.multigammaln"], "a sum, laid out as its terms"),
    **dict.fromkeys(["linalg.lu", "linalg.lu_factor"], "PyTorch's lie in Fortran's order"),
    "grid_sample": "channels come last in it",
    "renorm": "a product, laid out as its first factor",
    "rot90": "a quarter is a transposed view",
    "index_copy": "laid out as the tensor it copies",
}
EXTREMES = {
    **dict.fromkeys(["remainder", "fmod"], "NumPy finds what 1e300 / 1e-300 leaves"),
    "relu": "of NaN the derivative is 0, for PyTorch 1",
    **dict.fromkeys(["lgamma", "special.gammaln"], "at minus infinity SciPy's is minus infinity"),
    **dict.fromkeys(
        ["digamma", "special.digamma", "special.psi"],
        "at poles and at minus infinity the derivative is infinite",
    ),
    **dict.fromkeys(["special.i1", "special.i1e"], "the derivative at NaN is NaN, for PyTorch 0.5"),
    **dict.fromkeys(
        ["special.gammainc", "special.gammaincc", "special.zeta"],
        "the first argument has no gradient",
    ),
    "special.airy_ai": "it is 0 far to the right, for PyTorch NaN at infinity",
    "special.log_ndtr": "the derivative far below 0 is the argument, for PyTorch NaN",
}


@each(CASES)
def test_samples_of_floats(name, case):
    arrays = case.arrays()
    if name in OTHER_ARGUMENTS:
        try:
            by_torch(name, case, *map(torch.tensor, arrays))
        except TypeError:
            return
    if name in VALUES_ONLY:
        close(by_us(case, *map(Tensor, arrays)), by_torch(name, case, *map(torch.tensor, arrays)))
    else:
        agree(
            lambda *xs: by_us(case, *xs),
            lambda *xs: by_torch(name, case, *xs),
            arrays,
            second=name not in FIRST_ONLY,
        )


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@each([param for param in CASES if param.values[1].arrays()])
def test_samples_of_integers_and_booleans(name, case):
    for dtype, made in (
        ("int64", lambda a: np.nan_to_num(a * 4).astype(int)),
        ("bool", lambda a: a > 0),
    ):
        if f"{name} {dtype}" in OTHER_NUMBERS:
            continue
        try:
            expected = parts(by_torch(name, case, *[torch.tensor(made(a)) for a in case.arrays()]))
        except (RuntimeError, TypeError, IndexError):
            continue
        found = parts(by_us(case, *[Tensor(made(a)) for a in case.arrays()]))
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            close(a, b)


@pytest.mark.parametrize(
    "name", [name for name in public_functions() if hasattr(torch.Tensor, name)]
)
def test_what_is_a_method_in_pytorch_is_one(name):
    assert callable(getattr(Tensor, name))


def in_memory(array):
    """The array as it is, and as the transpose of one laid out row by row."""
    return [array.copy(), np.ascontiguousarray(array.T).T] if array.ndim > 1 else [array.copy()] * 2


@each([param for param in CASES if any(a.ndim > 1 for a in param.values[1].arrays())])
def test_results_lie_in_memory_as_in_torch(name, case):
    for arrays in zip(*map(in_memory, case.arrays())):
        ours, theirs = [ag.from_numpy(a) for a in arrays], [torch.from_numpy(a) for a in arrays]
        memory = [t.untyped_storage().data_ptr() for t in theirs]
        try:
            expected = parts(by_torch(name, case, *theirs))
        except (RuntimeError, TypeError):
            continue
        for y, z in zip(parts(by_us(case, *ours)), expected):
            if isinstance(y, Tensor) and y.numel():
                assert y.is_contiguous() or not z.is_contiguous() or name in LAID_OUT_OTHERWISE
                assert any(np.shares_memory(y.numpy(), a) for a in arrays) == (
                    z.untyped_storage().data_ptr() in memory
                )


ODD = np.array(
    [
        -np.inf,
        -1e300,
        -2.5,
        -1.0,
        -0.5,
        -1e-300,
        -0.0,
        0.0,
        1e-300,
        0.5,
        1.0,
        1.5,
        2.5,
        1e300,
        np.inf,
        np.nan,
    ]
)
NUMBERWISE = [
    name
    for name, (function, _) in TWINS.items()
    if name not in EXTREMES
    and "bitwise" not in name
    and name not in ("gcd", "lcm")
    and (
        hasattr(function, "op")
        and function.__module__ in ("autograd_engine", "autograd_engine.special")
        or name
        in "add sub rsub div pow float_power clamp_min clamp_max positive round logit nan_to_num isclose".split()
    )
]


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NUMBERWISE)
def test_extreme_values(name, dtype):
    """Infinities, NaN, both zeros, ties, what overflows and what vanishes: values and first
    derivatives.
    """
    function, theirs = TWINS[name]
    one = len(getattr(function, "op", cases(function)[0].sample).args) == 1
    arrays = [
        a.astype(dtype)
        for a in ([ODD] if one else [np.repeat(ODD, len(ODD)), np.tile(ODD, len(ODD))])
    ]
    if name in VALUES_ONLY:
        close(function(*map(Tensor, arrays)), theirs(*map(torch.tensor, arrays)))
    else:
        agree(function, theirs, arrays, second=False)
