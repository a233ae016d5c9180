"""What parameters must be and what draws are: sets of values that can be asked whether a value is
in them, and that say in words what they hold, for messages.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from autograd_engine import Tensor, as_tensor, finfo, linalg, triu
from autograd_engine import cat as join
from autograd_engine import stack as pile

__all__ = [
    "Constraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


class Constraint:
    """A set of values.

    Parameters
    ----------
    wanted : str
        What a value must be, as messages say it.
    holds : callable, optional
        From values to booleans, one for each event. A subclass may define `check` instead.
    event_dim : int
        How many of the last dimensions make one event.
    is_discrete : bool
    made_by : tuple, optional
        The function that gave the constraint and its arguments, for what depends on these.

    Examples
    --------
    >>> from nn.distributions.constraints import Constraint
    >>> even = Constraint("even", lambda x: x % 2 == 0, is_discrete=True)
    >>> even.check([2.0, 3.0]).tolist()
    [True, False]
    """

    def __init__(
        self,
        wanted: str = "",
        holds: Callable[[Tensor], Tensor] | None = None,
        event_dim: int = 0,
        is_discrete: bool = False,
        made_by: tuple = (None,),
    ) -> None:
        self.made_by = made_by
        self.wanted = wanted
        self.holds = holds
        self.event_dim = event_dim
        self.is_discrete = is_discrete

    def check(self, value: Any) -> Tensor:
        """Whether each event is in the set, of the shape of ``value`` without the event's."""
        if self.holds is None:
            raise NotImplementedError(f"{self!r} has no check()")
        return self.holds(as_tensor(value))

    def __repr__(self) -> str:
        return f"<constraint: {self.wanted or type(self).__name__}>"


class Dependent(Constraint):
    """What can be said only where all parameters are known."""

    def check(self, value: Any) -> Tensor:
        """Cannot be asked."""
        raise ValueError("a dependent constraint is known only to a distribution that is made")


class dependent_property(property):
    """A support that depends on the parameters: a property of an instance.

    Examples
    --------
    >>> from nn.distributions import Distribution, constraints
    >>> class Die(Distribution):
    ...     sides = 6
    ...     @constraints.dependent_property(is_discrete=True, event_dim=0)
    ...     def support(self):
    ...         return constraints.integer_interval(1, self.sides)
    >>> Die().support.check([1.0, 7.0]).tolist()
    [True, False]
    """

    def __init__(
        self, fget: Callable | None = None, *, is_discrete: Any = None, event_dim: Any = None
    ) -> None:
        super().__init__(fget)
        self.is_discrete = is_discrete
        self.event_dim = event_dim

    def __call__(self, fget: Callable) -> dependent_property:
        return dependent_property(fget, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint: object) -> bool:
    """Whether a constraint can be asked only of a distribution that is made."""
    return isinstance(constraint, (Dependent, dependent_property))


def greater_than(lower_bound: Any) -> Constraint:
    """Numbers above ``lower_bound``."""
    made_by = (greater_than, lower_bound)
    return Constraint(f"above {lower_bound}", lambda x: x > lower_bound, made_by=made_by)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """Numbers of at least ``lower_bound``."""
    made_by = (greater_than_eq, lower_bound)
    return Constraint(f"at least {lower_bound}", lambda x: x >= lower_bound, made_by=made_by)


def less_than(upper_bound: Any) -> Constraint:
    """Numbers below ``upper_bound``."""
    made_by = (less_than, upper_bound)
    return Constraint(f"below {upper_bound}", lambda x: x < upper_bound, made_by=made_by)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers from ``lower_bound`` to ``upper_bound``, both included.

    Examples
    --------
    >>> from nn.distributions.constraints import interval
    >>> interval(-1, 1).check([0.0, 2.0]).tolist()
    [True, False]
    """
    return Constraint(
        f"from {lower_bound} to {upper_bound}",
        lambda x: (x >= lower_bound) & (x <= upper_bound),
        made_by=(interval, lower_bound, upper_bound),
    )


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers from ``lower_bound`` up to but without ``upper_bound``."""
    return Constraint(
        f"from {lower_bound} to below {upper_bound}",
        lambda x: (x >= lower_bound) & (x < upper_bound),
        made_by=(half_open_interval, lower_bound, upper_bound),
    )


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Integers from ``lower_bound`` to ``upper_bound``, both included."""
    return Constraint(
        f"an integer from {lower_bound} to {upper_bound}",
        lambda x: (x == x.floor()) & (x >= lower_bound) & (x <= upper_bound),
        is_discrete=True,
    )


def integer_from(lower_bound: int) -> Constraint:
    """Integers of at least ``lower_bound``."""
    return Constraint(
        f"an integer of at least {lower_bound}",
        lambda x: (x == x.floor()) & (x >= lower_bound),
        is_discrete=True,
    )


def independent(base_constraint: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """Events of which every part is in ``base_constraint``.

    Examples
    --------
    >>> from nn.distributions.constraints import independent, positive
    >>> independent(positive, 1).check([[1.0, 2.0], [1.0, -1.0]]).tolist()
    [True, False]
    """
    extra = reinterpreted_batch_ndims
    dims = tuple(range(-extra, 0))

    def holds(value: Tensor) -> Tensor:
        if value.ndim < extra + base_constraint.event_dim:
            raise ValueError(
                f"an event of {extra + base_constraint.event_dim} dimensions cannot be of shape "
                f"{value.shape}"
            )
        parts = base_constraint.check(value)
        if dims:
            return parts.all(dims)
        return parts

    return Constraint(
        base_constraint.wanted,
        holds,
        base_constraint.event_dim + extra,
        base_constraint.is_discrete,
        (independent, base_constraint, extra),
    )


def multinomial(upper_bound: int) -> Constraint:
    """Counts whose sum along the last axis is at most ``upper_bound``."""
    return Constraint(
        f"counts with a sum of at most {upper_bound}",
        lambda x: ((x == x.floor()) & (x >= 0)).all(-1) & (x.sum(-1) <= upper_bound),
        event_dim=1,
        is_discrete=True,
    )


def cat(
    cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None
) -> Constraint:
    """Stretches along a dimension, each with a constraint of its own.

    Parameters
    ----------
    cseq : list of Constraint
    dim : int
    lengths : list of int, optional
        Of the stretches, by default 1.

    Examples
    --------
    >>> from nn.distributions.constraints import cat, positive, real
    >>> cat([positive, real], 0, [2, 1]).check([1.0, -1.0, -1.0]).tolist()
    [True, False, True]
    """
    sizes = list(lengths or [1] * len(cseq))
    made_by = (cat, cseq, dim, sizes)
    return _together(made_by, lambda x: x.split(sizes, dim), lambda parts: join(parts, dim))


def stack(cseq: Sequence[Constraint], dim: int = 0) -> Constraint:
    """Places along a dimension, each with a constraint of its own.

    Examples
    --------
    >>> from nn.distributions.constraints import positive, real, stack
    >>> stack([positive, real]).check([-1.0, -1.0]).tolist()
    [False, True]
    """
    made_by = (stack, cseq, dim)
    whole = _together(made_by, lambda x: x.unbind(dim), lambda parts: pile(parts, dim))
    whole.event_dim += dim + whole.event_dim < 0  # then the dimension is one of an event's
    return whole


def _together(made_by: tuple, parts_of: Callable, joined: Callable) -> Constraint:
    each: Sequence[Constraint] = made_by[1]
    return Constraint(
        ", ".join(constraint.wanted for constraint in each),
        lambda x: joined([c.check(part) for c, part in zip(each, parts_of(x))]),
        max(constraint.event_dim for constraint in each),
        any(constraint.is_discrete for constraint in each),
        made_by,
    )


def _is_lower(x: Tensor) -> Tensor:
    return (triu(x, 1) == 0).all((-2, -1))


def _diagonal_is_positive(x: Tensor) -> Tensor:
    return (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


def _has_unit_rows(x: Tensor) -> Tensor:
    return ((x.pow(2).sum(-1) - 1).abs() < 1e-4).all(-1)


def _is_symmetric(x: Tensor) -> Tensor:
    return ((x - x.mT).abs() <= 1e-6 + 1e-5 * x.abs()).all((-2, -1))


def _is_positive_definite(x: Tensor) -> Tensor:
    return _is_symmetric(x) & (linalg.eigvalsh(x.nan_to_num()) > 0).all(-1)


def _is_positive_semidefinite(x: Tensor) -> Tensor:
    return _is_symmetric(x) & (linalg.eigvalsh(x.nan_to_num()) >= -1e-6).all(-1)


def _is_square(x: Tensor) -> Tensor:
    return as_tensor(x.shape[-1] == x.shape[-2]).expand(x.shape[:-2])


def _sums_to_one(x: Tensor) -> Tensor:
    room = 1e-6
    if x.is_floating_point():
        room = max(room, 8 * float(finfo(x.dtype).eps))
    return (x.sum(-1) - 1).abs() < room


real = Constraint("a number", lambda x: x == x)
positive = Constraint("positive", lambda x: x > 0)
nonnegative = Constraint("at least 0", lambda x: x >= 0)
unit_interval = interval(0, 1)
boolean = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), is_discrete=True)
nonnegative_integer = integer_from(0)
positive_integer = integer_from(1)
real_vector = independent(real, 1)
simplex = Constraint(
    "numbers of at least 0 with the sum 1",
    lambda x: (x >= 0).all(-1) & _sums_to_one(x),
    event_dim=1,
)
one_hot = Constraint(
    "a single 1 among zeros",
    lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1),
    event_dim=1,
    is_discrete=True,
)
square = Constraint("a square matrix", _is_square, event_dim=2)
symmetric = Constraint("a symmetric matrix", _is_symmetric, event_dim=2)
lower_triangular = Constraint("a lower triangular matrix", _is_lower, event_dim=2)
lower_cholesky = Constraint(
    "a lower triangular matrix with a positive diagonal",
    lambda x: _is_lower(x) & _diagonal_is_positive(x),
    event_dim=2,
)
corr_cholesky = Constraint(
    "a lower triangular matrix with a positive diagonal and rows of length 1",
    lambda x: _is_lower(x) & _diagonal_is_positive(x) & _has_unit_rows(x),
    event_dim=2,
)
positive_definite = Constraint(
    "a symmetric positive definite matrix", _is_positive_definite, event_dim=2
)
positive_semidefinite = Constraint(
    "a symmetric matrix without negative eigenvalues", _is_positive_semidefinite, event_dim=2
)
dependent = Dependent("known when all parameters are")
