"""Maps of random numbers that know how they stretch volumes, for `TransformedDistribution`."""

from __future__ import annotations

import math
from typing import Any, Sequence

from autograd_engine import Tensor, arange, as_tensor, broadcast_shapes, cat, cumprod, cumsum
from autograd_engine import diag_embed, diagonal, exp, expm1, finfo, full_like, linalg, log, log1p
from autograd_engine import eye, ones_like, sigmoid, softmax, softplus, sqrt, stack, tanh, tril
from autograd_engine import tril_indices, zeros, zeros_like

from . import constraints
from .constraints import Constraint
from .distribution import Distribution, sum_last

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


class Transform:
    """The base of all transforms.

    A transform of one's own sets ``domain`` and ``codomain`` (and ``bijective``, ``sign``) and
    overrides ``_call``, ``_inverse`` and ``log_abs_det_jacobian``.

    Parameters
    ----------
    cache_size : {0, 1}
        With 1 the last argument and value are kept, so that the inverse of a value just computed is
        exactly what it was computed from, and costs nothing.

    Attributes
    ----------
    domain, codomain : Constraint
        What arguments and values are.
    bijective : bool
    sign : int or Tensor
        1 where the transform rises, -1 where it falls.

    Examples
    --------
    >>> from nn.distributions.transforms import ExpTransform
    >>> t = ExpTransform()
    >>> t(0.0).item(), t.inv(1.0).item()
    (1.0, 0.0)
    """

    bijective: Any = False
    domain: Any = constraints.real
    codomain: Any = constraints.real
    sign: Any = 1

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size must be 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._last: tuple[Any, Any] = (None, None)
        self._opposite: Transform | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_last": (None, None), "_opposite": None}

    @property
    def event_dim(self) -> int:
        """How many dimensions an event has, before and after."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError(
                f"{type(self).__name__} takes events of {self.domain.event_dim} dimensions to "
                f"events of {self.codomain.event_dim}: ask .domain.event_dim or .codomain.event_dim"
            )
        return self.domain.event_dim

    @property
    def inv(self) -> Transform:
        """The inverse transform."""
        if self._opposite is None:
            self._opposite = Inverse(self)
        return self._opposite

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with another ``cache_size``."""
        if self._cache_size == cache_size:
            return self
        new = type(self).__new__(type(self))
        vars(new).update(self.__getstate__(), _cache_size=cache_size)
        return new

    def __call__(self, x: Any) -> Tensor:
        x = as_tensor(x)
        known, value = self._last
        if known is x:
            return value
        y = self._call(x)
        self._keep(x, y)
        return y

    def _inv_call(self, y: Any) -> Tensor:
        y = as_tensor(y)
        argument, known = self._last
        if known is y:
            return argument
        x = self._inverse(y)
        self._keep(x, y)
        return x

    def _keep(self, x: Tensor, y: Tensor) -> None:
        if self._cache_size:
            self._last = (x, y)

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no _call")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of how much volumes grow from ``x`` to ``y``, one number for each event."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: tuple) -> tuple:
        """The shape of the value of an argument of this shape."""
        return tuple(shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        """The shape of the argument of a value of this shape."""
        return tuple(shape)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        return _parameters(self) == _parameters(other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shown = [f"{name}={value!r}" for name, value in _parameters(self).items()]
        return f"{type(self).__name__}({', '.join(shown)})"


def _parameters(transform: Transform) -> dict[str, Any]:
    """What a transform was made with, as plain values."""
    own = {name: value for name, value in vars(transform).items() if name[0] != "_"}
    return {k: value.tolist() if isinstance(value, Tensor) else value for k, value in own.items()}


class Inverse(Transform):
    """A transform backwards."""

    def __init__(self, forward: Transform) -> None:
        super().__init__(forward._cache_size)
        self._opposite = forward
        self.forward = forward

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """The codomain of the other."""
        return self.forward.codomain

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """The domain of the other."""
        return self.forward.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the other is."""
        return self.forward.bijective

    @property
    def sign(self) -> Any:  # type: ignore[override]
        """That of the other."""
        return self.forward.sign

    def __getstate__(self) -> dict[str, Any]:
        return vars(self)

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self.forward.with_cache(cache_size).inv

    def __call__(self, x: Any) -> Tensor:
        return self.forward._inv_call(x)

    def _inv_call(self, y: Any) -> Tensor:
        return self.forward(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.forward.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: tuple) -> tuple:
        return self.forward.inverse_shape(shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        return self.forward.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inverse) and self.forward == other.forward

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{self.forward!r}.inv"


class ComposeTransform(Transform):
    """Transforms one after the other.

    Parameters
    ----------
    parts : list of Transform
        The first is applied first.
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import AffineTransform, ComposeTransform, ExpTransform
    >>> ComposeTransform([AffineTransform(0.0, 2.0), ExpTransform()])(0.0).item()
    1.0
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        if cache_size:
            parts = [part.with_cache(cache_size) for part in parts]
        self.parts = list(parts)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all parts are."""
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:  # type: ignore[override]
        """The product of the parts' signs."""
        product: Any = 1
        for part in self.parts:
            product = product * part.sign
        return product

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """What the first part takes, with the dimensions that any part makes one event."""
        if not self.parts:
            return constraints.real
        dim = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            dim = max(dim - part.codomain.event_dim + part.domain.event_dim, part.domain.event_dim)
        return _with_event_dim(self.parts[0].domain, dim)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """What the last part gives, with the dimensions that any part makes one event."""
        if not self.parts:
            return constraints.real
        dim = self.parts[0].domain.event_dim
        for part in self.parts:
            change = part.codomain.event_dim - part.domain.event_dim
            dim = max(dim + change, part.codomain.event_dim)
        return _with_event_dim(self.parts[-1].codomain, dim)

    @property
    def inv(self) -> Transform:
        if self._opposite is None:
            self._opposite = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._opposite._opposite = self
        return self._opposite

    def with_cache(self, cache_size: int = 1) -> Transform:
        if self._cache_size == cache_size:
            return self
        return ComposeTransform([part.with_cache(cache_size) for part in self.parts], cache_size)

    def __call__(self, x: Any) -> Tensor:
        x = as_tensor(x)
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return zeros_like(x)
        between = [x]
        for part in self.parts[:-1]:
            between.append(part(between[-1]))
        between.append(y)
        total: Any = 0.0
        dim = self.domain.event_dim
        for part, before, after in zip(self.parts, between[:-1], between[1:]):
            grown = part.log_abs_det_jacobian(before, after)
            total = total + sum_last(grown, dim - part.domain.event_dim)
            dim += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: tuple) -> tuple:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return tuple(shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return tuple(shape)


def _with_event_dim(constraint: Constraint, dim: int) -> Constraint:
    if dim == constraint.event_dim:
        return constraint
    return constraints.independent(constraint, dim - constraint.event_dim)


identity_transform = ComposeTransform([])
"""What changes nothing."""


class IndependentTransform(Transform):
    """A transform of which the last batch dimensions count as part of the event.

    Parameters
    ----------
    base_transform : Transform
    reinterpreted_batch_ndims : int
        How many.
    cache_size : {0, 1}

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> from nn.distributions.transforms import ExpTransform, IndependentTransform
    >>> t = IndependentTransform(ExpTransform(), 1)
    >>> t.log_abs_det_jacobian(zeros(3, 2), zeros(3, 2)).shape
    (3,)
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the base is."""
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:  # type: ignore[override]
        """That of the base."""
        return self.base_transform.sign

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """That of the base, with more dimensions."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """That of the base, with more dimensions."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    def _call(self, x: Tensor) -> Tensor:
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        grown = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_last(grown, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: tuple) -> tuple:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        return self.base_transform.inverse_shape(shape)


class ReshapeTransform(Transform):
    """Events in another shape.

    Parameters
    ----------
    in_shape, out_shape : tuple of int
        The shapes of an event, with as many elements.
    cache_size : {0, 1}

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> from nn.distributions.transforms import ReshapeTransform
    >>> ReshapeTransform((4,), (2, 2))(zeros(3, 4)).shape
    (3, 2, 2)
    """

    bijective = True

    def __init__(self, in_shape: tuple, out_shape: tuple, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.in_shape = tuple(in_shape)
        self.out_shape = tuple(out_shape)
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(
                f"ReshapeTransform: an event of shape {self.in_shape} has not as many elements as "
                f"one of shape {self.out_shape}"
            )

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """Events of ``in_shape``."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """Events of ``out_shape``."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_last(zeros_like(x), len(self.in_shape))

    def forward_shape(self, shape: tuple) -> tuple:
        return _with_other_end(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        return _with_other_end(shape, self.out_shape, self.in_shape)


def _with_other_end(shape: tuple, last: tuple, by: tuple) -> tuple:
    """A shape with other last dimensions."""
    cut = len(shape) - len(last)
    if cut < 0 or tuple(shape[cut:]) != last:
        raise ValueError(f"ReshapeTransform: a shape must end with {last}, got {tuple(shape)}")
    return (*shape[:cut], *by)


class Elementwise(Transform):
    """What is common to transforms of each number for itself that rise everywhere."""

    bijective = True


class ExpTransform(Elementwise):
    """``y = exp(x)``.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import ExpTransform
    >>> ExpTransform().inv(1.0).item()
    0.0
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return exp(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return log(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(Transform):
    """``y = x ** exponent`` of positive numbers.

    Parameters
    ----------
    exponent : Tensor or float
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import PowerTransform
    >>> PowerTransform(2.0)(3.0).item()
    9.0
    """

    bijective = True
    domain = constraints.positive
    codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = as_tensor(exponent)

    @property
    def sign(self) -> Tensor:  # type: ignore[override]
        """That of the exponent."""
        return self.exponent.sign()

    def _call(self, x: Tensor) -> Tensor:
        return x**self.exponent

    def _inverse(self, y: Tensor) -> Tensor:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return log((self.exponent * y / x).abs())

    def forward_shape(self, shape: tuple) -> tuple:
        return broadcast_shapes(shape, self.exponent.shape)

    def inverse_shape(self, shape: tuple) -> tuple:
        return self.forward_shape(shape)


class SigmoidTransform(Elementwise):
    """``y = 1 / (1 + exp(-x))``.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import SigmoidTransform
    >>> SigmoidTransform()(0.0).item()
    0.5
    """

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        limits = finfo(x.dtype)
        return sigmoid(x).clamp(float(limits.tiny), 1 - float(limits.eps))

    def _inverse(self, y: Tensor) -> Tensor:
        limits = finfo(y.dtype)
        y = y.clamp(float(limits.tiny), 1 - float(limits.eps))
        return log(y) - log1p(-y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(Elementwise):
    """``y = log(1 + exp(x))``.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import SoftplusTransform
    >>> round(SoftplusTransform()(0.0).item(), 4)
    0.6931
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return log(-expm1(-y)) + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(Elementwise):
    """``y = tanh(x)``; near -1 and 1 the inverse is exact with ``cache_size=1`` only.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import TanhTransform
    >>> TanhTransform().inv(0.0).item()
    0.0
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return tanh(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2 * (math.log(2) - x - softplus(-2 * x))


class AbsTransform(Transform):
    """``y = |x|``; of both inverses the positive one is taken.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import AbsTransform
    >>> AbsTransform()(-2.0).item()
    2.0
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """``y = loc + scale * x``.

    Parameters
    ----------
    loc, scale : Tensor or float
    event_dim : int
        How many of the last dimensions make one event.
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import AffineTransform
    >>> AffineTransform(1.0, 2.0)(3.0).item()
    7.0
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc = loc
        self.scale = scale
        self._event_dim = event_dim

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """Numbers, or events of them."""
        return constraints.independent(constraints.real, self._event_dim)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """As the domain."""
        return self.domain

    @property
    def sign(self) -> Tensor:  # type: ignore[override]
        """That of the scale."""
        return as_tensor(self.scale).sign()

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, Tensor):
            grown = log(self.scale.abs()).expand(x.shape)
        else:
            grown = full_like(x, math.log(abs(self.scale)))
        return sum_last(grown, self.event_dim)

    def forward_shape(self, shape: tuple) -> tuple:
        loc, scale = [getattr(value, "shape", ()) for value in (self.loc, self.scale)]
        return broadcast_shapes(shape, loc, scale)

    def inverse_shape(self, shape: tuple) -> tuple:
        return self.forward_shape(shape)


class OfVectors(Transform):
    """What is common to transforms of the last dimension."""

    domain = constraints.real_vector
    longer = 0

    def forward_shape(self, shape: tuple) -> tuple:
        return self._changed(shape, self.longer)

    def inverse_shape(self, shape: tuple) -> tuple:
        return self._changed(shape, -self.longer)

    def _changed(self, shape: tuple, by: int) -> tuple:
        if not shape:
            raise ValueError(f"{type(self).__name__} takes vectors, got a scalar")
        return (*shape[:-1], shape[-1] + by)


class SoftmaxTransform(OfVectors):
    """``y = softmax(x)`` along the last axis; the inverse is the logarithm.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import SoftmaxTransform
    >>> SoftmaxTransform()([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """

    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return log(y)


class StickBreakingTransform(OfVectors):
    """Vectors to probabilities, one more: each number says which part of what is left to take.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import StickBreakingTransform
    >>> StickBreakingTransform()([0.0]).tolist()
    [0.5, 0.5]
    """

    codomain = constraints.simplex
    bijective = True
    longer = 1

    @staticmethod
    def _offset(x: Tensor) -> Tensor:
        """With which all parts are alike at 0."""
        return log(arange(x.shape[-1], 0, -1, dtype=x.dtype))

    def _call(self, x: Tensor) -> Tensor:
        limits = finfo(x.dtype)
        part = sigmoid(x - self._offset(x)).clamp(float(limits.tiny), 1 - float(limits.eps))
        one = ones_like(part[..., :1])
        left = cat([one, cumprod(1 - part, -1)], -1)
        return cat([part, one], -1) * left

    def _inverse(self, y: Tensor) -> Tensor:
        taken = y[..., :-1]
        left = (1 - cumsum(taken, -1)).clamp(min=float(finfo(y.dtype).tiny))
        return log(taken) - log(left) + self._offset(taken)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - self._offset(x)
        return (-x - softplus(-x) + log(y[..., :-1])).sum(-1)


class LowerCholeskyTransform(Transform):
    """Matrices to lower triangular ones with a positive diagonal.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import LowerCholeskyTransform
    >>> LowerCholeskyTransform()([[0.0, 5.0], [2.0, 0.0]]).tolist()
    [[1.0, 0.0], [2.0, 1.0]]
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return tril(x, -1) + diag_embed(exp(diagonal(x, dim1=-2, dim2=-1)))

    def _inverse(self, y: Tensor) -> Tensor:
        return tril(y, -1) + diag_embed(log(diagonal(y, dim1=-2, dim2=-1)))


class CorrCholeskyTransform(Transform):
    """Vectors of n (n - 1) / 2 numbers to Cholesky factors of correlation matrices of n rows.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import CorrCholeskyTransform
    >>> CorrCholeskyTransform()([0.0]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = float(finfo(x.dtype).eps)
        part = lower_matrix(tanh(x).clamp(-1 + eps, 1 - eps))
        left = cumprod(sqrt(1 - part**2), -1)
        shifted = cat([ones_like(left[..., :1]), left[..., :-1]], -1)
        return (part + eye(part.shape[-1], dtype=part.dtype)) * shifted

    def _inverse(self, y: Tensor) -> Tensor:
        left = 1 - cumsum(y * y, -1)
        shifted = cat([ones_like(left[..., :1]), left[..., :-1]], -1)
        return (below_diagonal(y) / sqrt(below_diagonal(shifted))).atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        left = below_diagonal(1 - cumsum(y * y, -1), -2)
        return log(left).sum(-1) / 2 + TanhTransform().log_abs_det_jacobian(x, x).sum(-1)

    def forward_shape(self, shape: tuple) -> tuple:
        n = _rows(shape[-1])
        return (*shape[:-1], n, n)

    def inverse_shape(self, shape: tuple) -> tuple:
        n = shape[-1]
        if tuple(shape[-2:]) != (n, n):
            raise ValueError(f"CorrCholeskyTransform.inv takes square matrices, got shape {shape}")
        return (*shape[:-2], n * (n - 1) // 2)


def _rows(count: int) -> int:
    """The rows of a matrix with so many numbers below its diagonal."""
    n = round((0.25 + 2 * count) ** 0.5 + 0.5)
    if n * (n - 1) // 2 != count:
        raise ValueError(f"CorrCholeskyTransform takes n (n - 1) / 2 numbers, got {count}")
    return n


def lower_matrix(x: Tensor) -> Tensor:
    """The matrix with the numbers of a vector below its diagonal, row by row."""
    n = _rows(x.shape[-1])
    rows, columns = tril_indices(n, n, -1)
    places = zeros(x.shape[-1], n * n, dtype=x.dtype)
    places[arange(x.shape[-1]), rows * n + columns] = 1
    return (x @ places).reshape(*x.shape[:-1], n, n)


def below_diagonal(x: Tensor, offset: int = -1) -> Tensor:
    """The numbers on and below a diagonal, row by row."""
    n = x.shape[-1]
    rows, columns = tril_indices(n, n, offset)
    return x[..., rows, columns]


class CumulativeDistributionTransform(Transform):
    """Draws of a distribution to the probabilities of at most these.

    Parameters
    ----------
    distribution : Distribution
        With ``cdf`` and ``icdf``.
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions import CumulativeDistributionTransform, Normal
    >>> CumulativeDistributionTransform(Normal(0.0, 1.0))(0.0).item()
    0.5
    """

    bijective = True
    codomain = constraints.unit_interval

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """The support of the distribution."""
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)


class PositiveDefiniteTransform(Transform):
    """Matrices to positive definite ones.

    Parameters
    ----------
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import PositiveDefiniteTransform
    >>> PositiveDefiniteTransform()([[0.0, 5.0], [2.0, 0.0]]).tolist()
    [[1.0, 2.0], [2.0, 5.0]]
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(linalg.cholesky(y))


class Several(Transform):
    """What is common to transforms of parts of a tensor, each by one of its own."""

    transforms: list[Transform]
    dim: int

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are."""
        return all(transform.bijective for transform in self.transforms)

    def _split(self, x: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError

    def _join(self, parts: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _call(self, x: Tensor) -> Tensor:
        return self._join([t(part) for t, part in zip(self.transforms, self._split(x))])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._join([t.inv(part) for t, part in zip(self.transforms, self._split(y))])

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        parts = zip(self.transforms, self._split(x), self._split(y))
        return self._join([t.log_abs_det_jacobian(before, after) for t, before, after in parts])


class CatTransform(Several):
    """Elementwise transforms, each of a stretch of one dimension, as `cat` would put together.

    Parameters
    ----------
    tseq : list of Transform
    dim : int
    lengths : list of int, optional
        Of the stretches, by default 1.
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import CatTransform, ExpTransform, TanhTransform
    >>> CatTransform([ExpTransform(), TanhTransform()], lengths=[2, 1])([0.0, 0.0, 0.0]).tolist()
    [1.0, 1.0, 0.0]
    """

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(cache_size)
        self.transforms = [transform.with_cache(cache_size) for transform in tseq]
        self.dim = dim
        self.lengths = list(lengths or [1] * len(self.transforms))
        if len(self.lengths) != len(self.transforms):
            raise ValueError(
                f"CatTransform: {len(self.transforms)} transforms have not {len(self.lengths)} "
                "lengths"
            )

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """Those of the parts."""
        return constraints.cat([each.domain for each in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """Those of the parts."""
        return constraints.cat([each.codomain for each in self.transforms], self.dim, self.lengths)

    def _split(self, x: Tensor) -> Sequence[Tensor]:
        return x.split(self.lengths, self.dim)

    def _join(self, parts: list[Tensor]) -> Tensor:
        return cat(parts, self.dim)


class StackTransform(Several):
    """Elementwise transforms, each of one place along a dimension, as `stack` would put together.

    Parameters
    ----------
    tseq : list of Transform
    dim : int
    cache_size : {0, 1}

    Examples
    --------
    >>> from nn.distributions.transforms import ExpTransform, StackTransform, TanhTransform
    >>> StackTransform([ExpTransform(), TanhTransform()])([0.0, 0.0]).tolist()
    [1.0, 0.0]
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms = [transform.with_cache(cache_size) for transform in tseq]
        self.dim = dim

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        """Those of the parts."""
        return constraints.stack([each.domain for each in self.transforms], self.dim)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        """Those of the parts."""
        return constraints.stack([each.codomain for each in self.transforms], self.dim)

    def _split(self, x: Tensor) -> Sequence[Tensor]:
        return x.unbind(self.dim)

    def _join(self, parts: list[Tensor]) -> Tensor:
        return stack(parts, self.dim)
