"""The samples of all declared functions as calls: what the generated tests make of them."""

from typing import Any, Callable, NamedTuple

import numpy as np

from autograd_engine import Tensor
from autograd_engine.ops.declare import DOMAINS, Sample, composites
from autograd_engine.core.primitive import registry

LARGEST = 40
"""In numbers, of a sample that is differentiated in every way; each op has smaller ones."""

WITHOUT_GRAPH = {
    "allclose",
    "bucketize",
    "equal",
    "histogram",
    "histogramdd",
    "nonzero",
    "unique",
    "unravel_index",
}
"""The functions composed of ops whose result never has a gradient; ops say so themselves."""


def declared() -> dict[str, Callable]:
    """Every op and every function composed of ops, by a name that tells them apart."""
    ops = {
        name: op.function
        for name, op in registry.items()
        if op.function.__module__.startswith("autograd_engine")
    }
    return ops | {
        name.removeprefix("autograd_engine.ops."): function for name, function in composites.items()
    }


def samples(function: Callable) -> list[Sample]:
    """What was declared; nothing for a function that only translates NumPy's arguments into
    ours."""
    return getattr(getattr(function, "op", function), "samples", None) or []


def is_drawn(arg: Any) -> bool:
    """Whether a test makes a tensor with a gradient of it: of a shape, and of an array of
    floats."""
    return (
        isinstance(arg, np.ndarray)
        and arg.dtype.kind == "f"
        or isinstance(arg, tuple)
        and all(isinstance(n, int) for n in arg)
    )


def draw(shape: Any, domain: str, rng: np.random.Generator, offset: float) -> np.ndarray:
    """Values in random order, evenly spaced over the domain: no two are equal, and none is at a
    kink by chance.
    """
    if isinstance(shape, np.ndarray):
        return shape
    low, high = DOMAINS[domain]
    spaced = np.linspace(low, high, int(np.prod(shape, dtype=int)) + 2)[1:-1] + offset
    return rng.permutation(spaced).reshape(shape)


class Case(NamedTuple):
    """A function and one of its samples."""

    function: Callable
    sample: Sample

    @property
    def differentiable(self) -> bool:
        op = getattr(self.function, "op", None)
        return bool(self.arrays()) and (
            self.function.__name__ not in WITHOUT_GRAPH if op is None else op.differentiable
        )

    @property
    def has_choices(self) -> bool:
        """Whether it is small and of several arrays: both derivatives are found for each choice of
        those that want one.
        """
        arrays = self.arrays()
        return len(arrays) > 1 and sum(a.size for a in arrays) <= LARGEST

    def arrays(self, dtype: str = "float64") -> list[np.ndarray]:
        """The arrays of floats that the call takes, in the order of its arguments."""
        rng, domain = np.random.default_rng(0), self.sample.domain
        domains = [domain] * len(self.sample.args) if isinstance(domain, str) else domain
        drawn = [
            (a, kind)
            for arg, kind in zip(self.sample.args, domains)
            for a in (arg if isinstance(arg, list) else [arg])
            if is_drawn(a)
        ]
        return [
            draw(shape, kind, rng, 0.0137 * (i + 1)).astype(dtype)
            for i, (shape, kind) in enumerate(drawn)
        ]

    def leaves(self, dtype: str = "float64") -> list[Tensor]:
        return [Tensor(array, requires_grad=True) for array in self.arrays(dtype)]

    def __call__(
        self, *xs: Any, function: Callable | None = None, make: Callable = lambda arg: arg
    ) -> Any:
        """Call the function (or another) with ``xs`` in the place of the drawn arrays and
        ``make(arg)`` in that of other arguments.
        """
        following, through = iter(xs), self.sample.through or (lambda x: x)

        def filled(arg: Any) -> Any:
            if isinstance(arg, list):
                return [filled(a) for a in arg]
            return through(next(following)) if is_drawn(arg) else make(arg)

        args = [filled(arg) for arg in self.sample.args]
        return (function or self.function)(
            *args, **{name: make(value) for name, value in self.sample.params.items()}
        )


def cases(function: Callable) -> list[Case]:
    return [Case(function, sample) for sample in samples(function)]


def parts(result: Any) -> list:
    """The outputs of a function, one after the other."""
    return (
        [part for item in result for part in parts(item)]
        if isinstance(result, (tuple, list))
        else [result]
    )


def differentiable_parts(result: Any) -> list[Tensor]:
    return [y for y in parts(result) if isinstance(y, Tensor) and y.requires_grad]
