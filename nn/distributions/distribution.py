"""What all distributions have in common: shapes, checked parameters and values, samples without
gradient.
"""

from __future__ import annotations

import copy
from typing import Any, Callable

import numpy as np

from autograd_engine import Tensor, as_tensor, broadcast_shapes, decide, exp, get_default_dtype
from autograd_engine import no_grad, result_type, sqrt
from autograd_engine.func import is_batched

from . import constraints
from .constraints import Constraint


def parameters(*values: Any) -> list[Tensor]:
    """Parameters as tensors of floats of one dtype; numbers take that of the tensors."""
    arrays = [value for value in values if not isinstance(value, (int, float))]
    tensors = [as_tensor(value) for value in arrays]
    dtype: Any = get_default_dtype()
    if tensors:
        common = result_type(*tensors)
        if common.kind == "f":
            dtype = common
    return [as_tensor(value, dtype=dtype) for value in values]


def require(owner: object, name: str, value: Tensor, constraint: Constraint) -> None:
    """Raise where a parameter or a value is not what it must be; inside of `vmap`, where values
    cannot be looked at, nothing is asked.
    """
    good = constraint.check(value)
    if is_batched(good) or decide(_all_true, good):
        return
    last = value.shape[value.ndim - constraint.event_dim :]
    everything = value.detach().expand((*good.shape, *last)).numpy()
    bad = everything[~good.numpy()][:3].tolist()
    raise ValueError(f"{type(owner).__name__}: {name} must be {constraint.wanted}, got {bad}")


def _all_true(good: Any) -> bool:
    return bool(np.all(good))


def sum_last(x: Tensor, count: int) -> Tensor:
    """The sum over the last dimensions, so many."""
    if count == 0:
        return x
    return x.sum(tuple(range(-count, 0)))


class derived:
    """A parameter in terms of the one that was given in its place; an instance that holds it has
    its own.
    """

    def __init__(self, compute: Callable[[Any], Tensor]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        return self.compute(owner)


class Distribution:
    """The base of all distributions.

    A distribution of one's own names its parameters and their constraints in ``arg_constraints``,
    holds them as attributes of shape ``batch_shape + ...``, and overrides ``log_prob``, ``rsample``
    (or ``sample``) and what else it has; `expand`, the checks and the rest follow.

    Parameters
    ----------
    batch_shape : tuple of int
        The shape of the parameters: so many independent distributions.
    event_shape : tuple of int
        The shape of one draw.
    validate_args : bool, optional
        Whether parameters and values are checked. By default they are, unless Python runs with
        ``-O`` or `set_default_validate_args` said otherwise.

    Attributes
    ----------
    arg_constraints : dict
        From the parameters' names to what they must be.
    support : Constraint
        What draws are.
    has_rsample, has_enumerate_support : bool

    Raises
    ------
    ValueError
        Where a parameter is not what it must be.

    Examples
    --------
    >>> from nn.distributions import Normal
    >>> Normal([0.0, 1.0], 1.0).batch_shape
    (2,)
    """

    arg_constraints: dict[str, Any] = {}
    support: Any = None
    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether all distributions check their parameters and values."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args takes True or False, got {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: tuple = (),
        event_shape: tuple = (),
        validate_args: bool | None = None,
    ) -> None:
        self.batch_shape = tuple(batch_shape)
        self.event_shape = tuple(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, value in self._parameters().items():
                constraint = self.arg_constraints[name]
                if not constraints.is_dependent(constraint):
                    require(self, name, value, constraint)

    def _hold(self, validate_args: bool | None, **given: Any) -> None:
        """Keep parameters as attributes, broadcast to one batch shape, and check them."""
        dims = [self.arg_constraints[name].event_dim for name in given]
        tensors = parameters(*given.values())
        for name, tensor, dim in zip(given, tensors, dims):
            if tensor.ndim < dim:
                raise ValueError(
                    f"{type(self).__name__}: {name} needs at least {dim} dimensions, got shape "
                    f"{tensor.shape}"
                )
        cuts = [tensor.ndim - dim for tensor, dim in zip(tensors, dims)]
        batch = broadcast_shapes(*[tensor.shape[:cut] for tensor, cut in zip(tensors, cuts)])
        for name, tensor, cut in zip(given, tensors, cuts):
            setattr(self, name, tensor.expand((*batch, *tensor.shape[cut:])))
        Distribution.__init__(self, batch, self._event_of(tensors, dims), validate_args)

    def _event_of(self, tensors: list[Tensor], dims: list[int]) -> tuple:
        """The shape of a draw: that of the first parameter with as many dimensions."""
        wanted = getattr(self.support, "event_dim", 0)
        for tensor, dim in zip(tensors, dims):
            if 0 < dim == wanted:
                return tensor.shape[-dim:]
        return ()

    def _require(self, name: str, value: Tensor, constraint: Constraint) -> None:
        """Raise where a value is not what it must be, if that is checked at all."""
        if self._validate_args:
            require(self, name, value, constraint)

    def _parameters(self) -> dict[str, Tensor]:
        """The parameters that are held, not derived from others."""
        own = vars(self)
        return {name: own[name] for name in self.arg_constraints if name in own}

    def _parts(self) -> dict[str, Distribution]:
        """The distributions that this one is made of."""
        return {k: value for k, value in vars(self).items() if isinstance(value, Distribution)}

    def _dtype(self) -> Any:
        """The dtype of the parameters."""
        for parameter in self._parameters().values():
            return parameter.dtype
        for part in self._parts().values():
            return part._dtype()
        return get_default_dtype()

    def expand(self, batch_shape: tuple) -> Any:
        """The same distribution with a larger batch, of views of the parameters.

        Parameters
        ----------
        batch_shape : tuple of int
            What the batch shape broadcasts to.

        Returns
        -------
        Distribution
            Of the same class.
        """
        depth = len(self.batch_shape)
        new = copy.copy(self)
        new.batch_shape = tuple(batch_shape)
        for name, tensor in self._parameters().items():
            setattr(new, name, tensor.expand((*batch_shape, *tensor.shape[depth:])))
        for name, part in self._parts().items():
            setattr(new, name, part.expand((*batch_shape, *part.batch_shape[depth:])))
        return new

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {what}")

    @property
    def mean(self) -> Tensor:
        """The expected value, of ``batch_shape + event_shape``."""
        raise self._lacks("mean")

    @property
    def mode(self) -> Tensor:
        """The value of the largest density, of ``batch_shape + event_shape``."""
        raise self._lacks("mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean, of ``batch_shape + event_shape``."""
        raise self._lacks("variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return sqrt(self.variance)

    def entropy(self) -> Tensor:
        """The entropy in nats, of ``batch_shape``."""
        raise self._lacks("entropy")

    def perplexity(self) -> Tensor:
        """The exponential of the entropy, of ``batch_shape``."""
        return exp(self.entropy())

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution along a first dimension, before
        ``batch_shape + event_shape``, whose batch dimensions are 1 unless ``expand``.
        """
        raise self._lacks("enumerate_support")

    def log_prob(self, value: Any) -> Tensor:
        """The logarithm of the density, or of the probability, of ``value``.

        Parameters
        ----------
        value : Tensor, array or number
            Its last dimensions are the event's; those before broadcast with ``batch_shape``.

        Raises
        ------
        ValueError
            Where a value is not in the support, or of a shape that does not fit.
        """
        return self._log_prob(self._value(value, self.support))

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most ``value``."""
        return self._cdf(self._value(value, self.support))

    def icdf(self, value: Any) -> Tensor:
        """The number below which a draw falls with the probability ``value``."""
        return self._icdf(self._value(value, constraints.unit_interval))

    def _log_prob(self, value: Tensor) -> Tensor:
        raise self._lacks("log_prob")

    def _cdf(self, value: Tensor) -> Tensor:
        raise self._lacks("cdf")

    def _icdf(self, value: Tensor) -> Tensor:
        raise self._lacks("icdf")

    def _value(self, value: Any, support: Constraint | None) -> Tensor:
        """A value as a tensor, checked: of the event's shape, and in the support."""
        if isinstance(value, (int, float)):
            value = as_tensor(value, dtype=self._dtype())
        tensor = as_tensor(value)
        if self._validate_args:
            self._check_shape(tensor)
            if support is not None:
                require(self, "a value", tensor, support)
        return tensor

    def _check_shape(self, value: Tensor) -> None:
        depth = len(self.event_shape)
        wanted = (*self.batch_shape, *self.event_shape)
        last = value.shape[value.ndim - depth :]
        if value.ndim < depth or last != self.event_shape:
            raise ValueError(
                f"{type(self).__name__}: a value must have the event shape {self.event_shape} "
                f"last, got shape {value.shape}"
            )
        try:
            np.broadcast_shapes(value.shape, wanted)
        except ValueError:
            raise ValueError(
                f"{type(self).__name__}: a value of shape {value.shape} does not broadcast with "
                f"batch_shape + event_shape, {wanted}"
            ) from None

    def _draw(self, shape: tuple) -> Tensor:
        """Draws of this whole shape, with gradients where ``has_rsample``."""
        raise self._lacks("sample")

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        """Draws through which gradients reach the parameters.

        Parameters
        ----------
        sample_shape : tuple of int

        Returns
        -------
        Tensor
            Of shape ``sample_shape + batch_shape + event_shape``.

        Raises
        ------
        NotImplementedError
            Where draws have no such gradients.
        """
        if not self.has_rsample:
            raise NotImplementedError(f"{type(self).__name__} has no rsample: use sample")
        return self._draw(self._extended_shape(sample_shape))

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        """Draws without gradient, of ``sample_shape + batch_shape + event_shape``."""
        with no_grad():
            if self.has_rsample or type(self).rsample is not Distribution.rsample:
                return self.rsample(sample_shape)
            return self._draw(self._extended_shape(sample_shape))

    def _extended_shape(self, sample_shape: tuple) -> tuple:
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def __repr__(self) -> str:
        shown = [f"{name}: {_brief(value)}" for name, value in self._parameters().items()]
        return f"{type(self).__name__}({', '.join(shown)})"


def _brief(value: Tensor) -> str:
    """A number, or the shape of many."""
    if value.ndim == 0:
        return f"{value.item()}"
    return f"of shape {value.shape}"
