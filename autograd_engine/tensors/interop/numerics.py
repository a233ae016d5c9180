"""Functions that NumPy has and PyTorch has not, or not under such a name: finite differences,
interpolation, convolution of vectors, parts of complex numbers; and SciPy's special ufuncs.
"""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from .. import creation
from ...core.errors import ShapeError
from ...core.primitive import registry
from ...ops import arithmetic, choice, convolution, elementwise, scan, sorting
from ...ops.declare import at, normal_dims
from ...ops.declare import elementwise as declare
from ...ops.indexing import getitem, setitem
from .twin import without_graph, twin

# --- SciPy ----------------------------------------------------------------------------------------

_OURS = {
    "expit": "sigmoid",
    "k0": "modified_bessel_k0",
    "k0e": "scaled_modified_bessel_k0",
    "k1": "modified_bessel_k1",
    "k1e": "scaled_modified_bessel_k1",
    "gammaln": "lgamma",
    "j0": "bessel_j0",
    "j1": "bessel_j1",
    "psi": "digamma",
    "y0": "bessel_y0",
    "y1": "bessel_y1",
}
"""What the special functions of SciPy are called here, where it is another name."""


def of_scipy(name: str) -> Callable | None:
    """Our op for a special ufunc of SciPy, if there is one."""
    op = registry.get(_OURS.get(name, name))
    return None if op is None else op.function


# --- one number -----------------------------------------------------------------------------------

cbrt = declare(
    np.cbrt,
    lambda g, y: g / (3 * y * y),
    "The cube root, also of negative numbers.",
    "cbrt(tensor([8., -27.])) -> tensor([ 2., -3.])",
    home="autograd_engine.tensors.interop.numerics",
)


@twin(np.rint, [at((5,))])
def _numpy_rint(x: Any) -> Any:
    return elementwise.round(x)


@twin(np.round, [at((2, 3)), at((4,), decimals=1), at(())])
@twin(np.around, [at((2, 3)), at((4,), decimals=1), at(())])
def _numpy_round(a: Any, decimals: int = 0) -> Any:
    return elementwise.round(a, decimals=decimals)


@twin(np.fix, [at((5,))])
def _numpy_fix(x: Any) -> Any:
    return elementwise.trunc(x)


@twin(np.fabs, [at((2, 3))])
def _numpy_fabs(x: Any) -> Any:
    return elementwise.abs(x)


@twin(np.conjugate, [at((2, 3))])
def _numpy_conjugate(x: Any) -> Any:
    """Real numbers are their own conjugates."""
    return arithmetic.positive(x)


@twin(np.real, [at((2, 3))])
def _numpy_real(val: Any) -> Any:
    return val


@twin(np.real_if_close, [at((2, 3)), at((2, 3), tol=10)])
def _numpy_real_if_close(a: Any, tol: float = 100) -> Any:
    return a


@twin(np.imag, [at((2, 3))])
def _numpy_imag(val: Any) -> Any:
    return val * 0.0


@twin(np.angle, [at((5,)), at((5,), deg=True)])
def _numpy_angle(z: Any, deg: bool = False) -> Any:
    """Of real numbers: 0, or half a turn for negative ones."""
    half = 180.0 if deg else math.pi
    return choice.where(z < 0, half, z * 0.0)


@twin(
    np.unwrap,
    [
        at(np.array([0.0, 2.0, 6.0, 1.0, -4.0, 3.0])),
        at(np.array([[0.0, 5.0], [4.0, 1.0]]), axis=0),
        at(np.array([0.0, 4.5, 1.0]), discont=5.0, period=4.0),
    ],
)
def _numpy_unwrap(
    p: Any, discont: float | None = None, axis: int = -1, period: float = 2 * math.pi
) -> Any:
    """What is added are whole periods, which do not depend on the values nearby."""
    values = np.asarray(without_graph(p))
    return p + (np.unwrap(values, discont, axis, period=period) - values)


# --- along a dimension ----------------------------------------------------------------------------


@twin(
    np.partition,
    [at((5,), 0), at((5,), 4), at((2, 5), kth=(1, 3), axis=1), at((3, 2), [1, 2], axis=0)]
    + [at((2, 2), 3, axis=None)],
)
def _numpy_partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """Sorted elements are partitioned at every place."""
    if axis is None:
        a = a.reshape(-1)
        axis = 0
    places = np.atleast_1d(kth)
    if ((places < -a.shape[axis]) | (places >= a.shape[axis])).any():
        raise ShapeError(f"np.partition: kth={kth} is out of range for shape {list(a.shape)}")
    return sorting.sort(a, axis).values


@twin(
    np.gradient,
    [
        at((5,)),
        at((5,), 0.5),
        at((5,), np.array([0.0, 1.0, 1.5, 3.5, 4.0])),
        at((5,), np.array([0.0, 1.0, 1.5, 3.5, 4.0]), edge_order=2),
        at((4, 3)),
        at((4, 3), 2.0, axis=1, edge_order=2),
        at((4, 3), 2.0, 0.5, axis=(1, 0)),
    ],
)
def _numpy_gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Differences of second order inside, of ``edge_order`` at both ends."""
    axes = normal_dims(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(
            f"np.gradient takes no spacing, one, or one for each of {len(axes)} axes, got "
            f"{len(varargs)}"
        )
    spacings = varargs or (1.0,)
    if len(spacings) == 1:
        spacings = spacings * len(axes)
    slopes = [scan.slope("np.gradient", f, dx, dim, edge_order) for dx, dim in zip(spacings, axes)]
    if len(slopes) == 1:
        return slopes[0]
    return tuple(slopes)


@twin(
    np.interp,
    [
        at((5,), np.array([-1.0, 0.0, 0.5, 1.5]), (4,)),
        at((2, 3), np.array([-1.0, 0.0, 1.0]), (3,), left=5.0, right=-5.0),
        at((), np.array([-1.0, 1.0]), [2.0, 3.0]),
        at((5,), np.array([-0.9, 0.3, 2.2]), (3,), period=1.5),
    ],
)
def _numpy_interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Straight lines between the points, with gradients for all three arguments."""
    points = creation.as_tensor(xp)
    values = creation.as_tensor(fp)
    if period is not None:
        x = arithmetic.remainder(x, abs(period))
        points, values = _around(points, values, abs(period))
    places = np.asarray(without_graph(x))
    known = np.asarray(points.detach())
    low = np.clip(np.searchsorted(known, places, side="right") - 1, 0, max(len(known) - 2, 0))
    high = np.minimum(low + 1, len(known) - 1)
    start, width = _picked(points, low), _picked(points, high) - _picked(points, low)
    share = (x - start) / choice.where(width == 0, 1.0, width)
    found = _picked(values, low) + share * (_picked(values, high) - _picked(values, low))
    if left is None:
        left = values[0]
    if right is None:
        right = values[-1]
    found = choice.where(places < known[0], left, found)
    return choice.where(places > known[-1], right, found)


def _around(points: Any, values: Any, period: Any) -> tuple[Any, Any]:
    """The points in one period, in order, with the last of the one before and the first of the one
    after.
    """
    points = arithmetic.remainder(points, period)
    order = np.argsort(points.detach().numpy())
    points = _picked(points, np.concatenate([order[-1:], order, order[:1]]))
    values = _picked(values, np.concatenate([order[-1:], order, order[:1]]))
    turns = np.zeros(len(points), points.dtype)
    turns[[0, -1]] = -1, 1
    return points + turns * period, values


def _picked(values: Any, places: np.ndarray) -> Any:
    return getitem(values, index=(places,))


@twin(np.polyval, [at((3,), (2, 3)), at([1.0, 2.0, 3.0], (4,)), at((3,), 2.0)])
def _numpy_polyval(p: Any, x: Any) -> Any:
    """Horner's scheme."""
    y = x * 0.0
    for coefficient in p:
        y = y * x + coefficient
    return y


# --- products of neighbours -----------------------------------------------------------------------

_SLID = [
    at((5,), (3,)),
    at((3,), (5,)),
    at((5,), [1.0, 2.0, 0.5], mode="same"),
    at((2,), (5,), mode="same"),
    at((5,), (2,), mode="valid"),
    at((2,), (5,), mode="valid"),
    at((4,), (3,), mode="full"),
]


@twin(np.convolve, _SLID)
def _numpy_convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = creation.as_tensor(a), creation.as_tensor(v)
    return _slid(a, v, mode, "np.convolve")


@twin(np.correlate, _SLID)
def _numpy_correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = creation.as_tensor(a), creation.as_tensor(v)
    if v.numel() > a.numel():
        return _slid(v, a.flip(0), mode, "np.correlate").flip(0)
    return _slid(a, v.flip(0), mode, "np.correlate")


def _slid(a: Any, v: Any, mode: str, name: str) -> Any:
    """The convolution of two vectors."""
    if a.ndim > 1 or v.ndim > 1 or not a.numel() or not v.numel():
        raise ShapeError(
            f"{name} takes two vectors that are not empty, got shapes {list(a.shape)} and "
            f"{list(v.shape)}"
        )
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name} has the modes full, same, valid, got {mode!r}")
    a, v = a.reshape(-1), v.reshape(-1)
    if v.numel() > a.numel():
        a, v = v, a
    margin = v.numel() - 1
    whole = convolution.conv1d(a.reshape(1, 1, -1), v.flip(0).reshape(1, 1, -1), padding=margin)
    whole = whole.reshape(-1)
    if mode == "full":
        return whole
    if mode == "same":
        return whole[margin // 2 : margin // 2 + a.numel()]
    return whole[margin : a.numel()]


# --- choosing -------------------------------------------------------------------------------------

_LOW = np.array([True, False, True])


@twin(
    np.piecewise,
    [
        at((3,), [_LOW], [lambda x: x * x]),
        at((3,), [_LOW, ~_LOW], [lambda x: -x, 2.0]),
        at((3,), [_LOW], [lambda x, k: k * x, lambda x, k: x - k], 3.0),
    ],
)
def _numpy_piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function is called on the elements where its condition holds."""
    conditions = [np.asarray(without_graph(condition)) for condition in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    if len(funclist) != len(conditions):
        raise ValueError(
            f"np.piecewise got {len(condlist)} conditions and {len(funclist)} functions"
        )
    y = x * 0.0
    for condition, function in zip(conditions, funclist):
        part = function
        if callable(function):
            part = function(x[condition], *args, **kw)
        y = setitem(y, part, index=condition)
    return y
