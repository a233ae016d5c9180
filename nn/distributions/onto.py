"""Which transform takes all real numbers to what satisfies a constraint, so that optimizers need
know of none.
"""

from __future__ import annotations

from typing import Any, Callable

from . import constraints as c
from . import transforms as t
from .constraints import Constraint
from .transforms import Transform


class ConstraintRegistry:
    """From constraints to transforms onto them.

    Examples
    --------
    >>> from nn.distributions import Normal, transform_to
    >>> transform_to(Normal.arg_constraints["scale"])(0.0).item()
    1.0
    """

    def __init__(self) -> None:
        self._makers: dict[Any, Callable[[Constraint], Transform]] = {}

    def register(self, constraint: Any, factory: Callable | None = None) -> Any:
        """Register what makes the transform onto a constraint, or onto all that a function such as
        `interval` gives; without ``factory``, as a decorator.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        self._makers[constraint] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        for key in (constraint, constraint.made_by[0], type(constraint)):
            if key in self._makers:
                return self._makers[key](constraint)
        raise NotImplementedError(
            f"no transform onto {constraint!r} is registered: see register(constraint, factory)"
        )


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _onto_above(low: Constraint) -> Transform:
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(low.made_by[1], 1.0)])


def _onto_below(high: Constraint) -> Transform:
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(high.made_by[1], -1.0)])


def _onto_interval(bounds: Constraint) -> Transform:
    _, low, high = bounds.made_by
    return t.ComposeTransform([t.SigmoidTransform(), t.AffineTransform(low, high - low)])


def _onto_parts(registry: ConstraintRegistry) -> dict[Any, Callable[[Constraint], Transform]]:
    """How constraints that are made of others are reached."""

    def independent(whole: Constraint) -> Transform:
        _, base, extra = whole.made_by
        return t.IndependentTransform(registry(base), extra)

    def cat(whole: Constraint) -> Transform:
        _, each, dim, lengths = whole.made_by
        return t.CatTransform([registry(part) for part in each], dim, lengths)

    def stack(whole: Constraint) -> Transform:
        _, each, dim = whole.made_by
        return t.StackTransform([registry(part) for part in each], dim)

    return {c.independent: independent, c.cat: cat, c.stack: stack}


BOTH: dict[Any, Callable[[Constraint], Transform]] = {
    c.real: lambda _: t.identity_transform,
    c.positive: lambda _: t.ExpTransform(),
    c.nonnegative: lambda _: t.ExpTransform(),
    c.unit_interval: lambda _: t.SigmoidTransform(),
    c.corr_cholesky: lambda _: t.CorrCholeskyTransform(),
    c.greater_than: _onto_above,
    c.greater_than_eq: _onto_above,
    c.less_than: _onto_below,
    c.interval: _onto_interval,
    c.half_open_interval: _onto_interval,
}
"""What has an inverse and optimizers like."""

biject_to._makers |= BOTH | _onto_parts(biject_to)
biject_to.register(c.simplex, lambda _: t.StickBreakingTransform())
transform_to._makers |= BOTH | _onto_parts(transform_to)
transform_to.register(c.simplex, lambda _: t.SoftmaxTransform())
transform_to.register(c.lower_cholesky, lambda _: t.LowerCholeskyTransform())
transform_to.register(c.positive_definite, lambda _: t.PositiveDefiniteTransform())
transform_to.register(c.positive_semidefinite, lambda _: t.PositiveDefiniteTransform())
