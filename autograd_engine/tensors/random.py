"""Random tensors, reproducible: all randomness is drawn from a `Generator`, the default one unless
another is given.

A generator is NumPy's (PCG64), so its numbers are not PyTorch's for the same seed; but the same
program with the same seed gives the same numbers on every machine.
"""

from __future__ import annotations

import secrets
from typing import Any, Callable

import numpy as np

from ..core.batched import Batched, lead, levels_of, of_all, open_levels, raw
from ..core.errors import GraphError, ShapeError
from ..core.modes import get_default_dtype
from ..core.tensor import Tensor, wrap
from .creation import check_device, creator, like, tuple_of


class Generator:
    """A source of random numbers with a state of its own.

    Parameters
    ----------
    device : {"cpu"}
        Accepted for PyTorch's sake.

    Attributes
    ----------
    numpy : numpy.random.Generator
        NumPy's generator, which the numbers come from.

    Examples
    --------
    >>> from autograd_engine import Generator, rand
    >>> g = Generator().manual_seed(0)
    >>> a = rand(2, generator=g)
    >>> bool((a == rand(2, generator=g.manual_seed(0))).all())
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        check_device(device)
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Begin the numbers that belong to ``seed``, any integer; returns the generator."""
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self

    def seed(self) -> int:
        """Begin numbers that nobody can foresee; returns their seed."""
        self.manual_seed(secrets.randbits(63))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the numbers began with."""
        return self._seed

    def get_state(self) -> Tensor:
        """What decides the numbers to come, as a tensor of bytes for `set_state`."""
        state = self.numpy.bit_generator.state
        numbers = (
            state["state"]["state"],
            state["state"]["inc"],
            self._seed % 2**64,
            state["has_uint32"],
            state["uinteger"],
        )
        raw = b"".join(number.to_bytes(16, "little") for number in numbers)
        return wrap(np.frombuffer(raw, np.uint8).copy())

    def set_state(self, new_state: Tensor) -> Generator:
        """Continue where `get_state` was called."""
        raw = np.asarray(new_state, np.uint8).tobytes()
        if len(raw) != 80:
            raise ValueError(
                f"a generator's state has 80 bytes, got {len(raw)}; it comes from get_state()"
            )
        state, inc, seed, has_uint32, uinteger = (
            int.from_bytes(raw[i : i + 16], "little") for i in range(0, 80, 16)
        )
        self.manual_seed(seed)
        self.numpy.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": has_uint32,
            "uinteger": uinteger,
        }
        return self


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Make all randomness that follows reproducible.

    Parameters
    ----------
    seed : int

    Returns
    -------
    Generator
        The default one.

    Examples
    --------
    >>> from autograd_engine import manual_seed, randn
    >>> _ = manual_seed(0); a = randn(3)
    >>> _ = manual_seed(0); bool((a == randn(3)).all())
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Make all randomness that follows unforeseeable; returns the seed taken."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that randomness began with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """What decides all randomness to come, for `set_rng_state`.

    Examples
    --------
    >>> from autograd_engine import get_rng_state, rand, set_rng_state
    >>> state = get_rng_state(); a = rand(2)
    >>> set_rng_state(state); bool((a == rand(2)).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue where `get_rng_state` was called."""
    default_generator.set_state(new_state)


def _drawn(generator: Generator | None, draw: Callable, shape: tuple, *inputs: Any) -> Any:
    """What ``draw(numbers, size, *inputs)`` gives, a function of NumPy's generator: of the one
    given or the default one.

    Inside of `vmap` it may be called once for all samples. Then ``size`` and the inputs, arrays,
    have dimensions for them before those of a sample.
    """
    numbers = (generator or default_generator).numpy
    levels = open_levels.get()
    if not levels:
        return draw(numbers, shape, *inputs)
    if any(level.randomness == "error" for level in levels):
        raise GraphError(
            "random numbers inside of vmap: say with randomness='different' that they differ "
            "between the samples, or with 'same' that all samples have the same"
        )
    own = [level for level in levels if level.randomness == "different"]
    names = tuple([level.name for level in own])
    if not set(levels_of(inputs)) <= set(names):
        raise GraphError(
            "random numbers whose distribution differs between the samples of vmap cannot be the "
            "same for all; use randomness='different'"
        )
    size = (*[level.size for level in own], *shape)
    found = draw(numbers, size, *[lead(value, names) for value in inputs])
    return Batched(found, names) if names else found


def _floats(generator: Generator | None, draw: Callable, size: tuple, dtype: Any) -> Any:
    """The same in a floating dtype: ``draw(numbers, size, dtype)`` in float32 or float64."""
    dtype = np.dtype(dtype or get_default_dtype())
    if dtype.kind != "f":
        raise TypeError(f"random numbers of {dtype} are drawn by randint")
    kind = np.promote_types(dtype, np.float32)  # NumPy draws no float16
    if not open_levels.get():
        return np.asarray(draw((generator or default_generator).numpy, size, kind), dtype)
    found = _drawn(generator, lambda numbers, size: draw(numbers, size, kind), size)
    return found.astype(dtype, copy=False)


_uniform = np.random.Generator.random
_normal = np.random.Generator.standard_normal


@creator
def rand(*size, generator=None, dtype=None):
    """Uniform random numbers in [0, 1).

    Parameters
    ----------
    *size : int... or tuple of int
    generator : Generator, optional
    dtype : dtype, optional
        By default the default dtype.
    requires_grad : bool
    device : {"cpu"}, optional

    Returns
    -------
    Tensor
        Of shape ``size``.

    Examples
    --------
    >>> from autograd_engine import rand
    >>> x = rand(100)
    >>> bool((x >= 0).all() and (x < 1).all())
    True
    """
    return _floats(generator, _uniform, size, dtype)


@creator
def randn(*size, generator=None, dtype=None):
    """Normal random numbers of mean 0 and variance 1; the arguments are those of `rand`.

    Examples
    --------
    >>> from autograd_engine import randn
    >>> randn(2, 3).shape
    (2, 3)
    """
    return _floats(generator, _normal, size, dtype)


@creator
def randint(low=0, high=None, size=None, *, generator=None, dtype=None):
    """Random integers from ``low`` up to but without ``high``; ``randint(high, size)`` starts at 0.

    Examples
    --------
    >>> from autograd_engine import randint
    >>> x = randint(3, (100,))
    >>> int(x.min()) >= 0, int(x.max()) <= 2, x.dtype
    (True, True, dtype('int64'))
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    dtype = np.dtype(dtype or np.int64)
    _check_integers("randint", low, high, dtype)
    draw = lambda numbers, size: numbers.integers(low, high, size)  # noqa: E731
    return _drawn(generator, draw, tuple_of(size)).astype(dtype)


def _check_integers(name: str, low: int, high: int, dtype: np.dtype) -> None:
    """Raise unless the dtype holds the integers from ``low`` up to but without ``high``."""
    for bound in (low, high):
        if not hasattr(bound, "__index__"):
            raise TypeError(f"{name}() draws integers between integers, got {bound!r}")
    if not low < high:
        raise ShapeError(f"{name}() needs low below high, got {low} and {high}")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if low < limits.min or high - 1 > limits.max:
            raise ShapeError(
                f"{name}() draws integers from {low} to {high - 1}, of which {dtype} holds those "
                f"from {limits.min} to {limits.max}"
            )


@creator
def randperm(n, *, generator=None, dtype=None):
    """The numbers from 0 to ``n - 1`` in random order.

    Examples
    --------
    >>> from autograd_engine import randperm
    >>> randperm(3).sort().values
    tensor([0, 1, 2])
    """
    if n < 0:
        raise ShapeError(f"randperm() orders a number of elements of at least 0, got {n}")
    return _drawn(generator, _orders, (n,)).astype(dtype or np.int64)


def _orders(numbers: np.random.Generator, size: tuple) -> np.ndarray:
    if len(size) == 1:
        return numbers.permutation(size[0])
    return numbers.permuted(np.broadcast_to(np.arange(size[-1]), size), axis=-1)


rand_like = like(
    rand, "Uniform random numbers in [0, 1)", "rand_like(tensor([3., 4.])).shape -> (2,)"
)
randn_like = like(randn, "Normal random numbers", "randn_like(tensor([3., 4.])).shape -> (2,)")
randint_like = like(
    randint,
    "Random integers, from ``low`` (by default 0) up to but without ``high``,",
    "randint_like(tensor([3, 4]), 1) -> tensor([0, 0])",
)


@creator
def normal(mean, std=1.0, size=None, *, generator=None, dtype=None):
    """Normal random numbers of these means and standard deviations.

    Parameters
    ----------
    mean, std : number or Tensor
        They broadcast.
    size : tuple of int, optional
        The shape, where both are numbers.
    generator : Generator, optional
    dtype : dtype, optional

    Returns
    -------
    Tensor
        The broadcast shape, or ``size``.

    Examples
    --------
    >>> from autograd_engine import arange, normal
    >>> normal(arange(3.0), 0.1).shape, normal(0.0, 1.0, (2, 2)).shape
    ((3,), (2, 2))
    """
    if (of_all(std) < 0).any():
        raise ValueError(f"normal() needs standard deviations of at least 0, got {std}")
    dtypes = [x.dtype for x in (mean, std) if hasattr(x, "dtype")]
    if dtype is None and dtypes:
        dtype = np.result_type(*dtypes)
    if size is None:
        shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    else:
        shape = tuple_of(size)
    drawn = _floats(generator, _normal, shape, dtype)
    return (raw(mean) + raw(std) * drawn).astype(drawn.dtype)


@creator
def bernoulli(input, p=None, *, generator=None):
    """1 with the probability that ``input`` says (or ``p``), else 0.

    Examples
    --------
    >>> from autograd_engine import bernoulli, tensor
    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    chance = raw(input if p is None else p)
    given = of_all(chance)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("bernoulli() needs probabilities from 0 to 1")
    return (_drawn(generator, _uniform, input.shape) < chance).astype(input.dtype)


@creator
def poisson(input, *, generator=None):
    """Random counts of events whose expected number ``input`` says.

    Examples
    --------
    >>> from autograd_engine import poisson, tensor
    >>> poisson(tensor([0., 0.]))
    tensor([0., 0.])
    """
    draw = lambda numbers, size, rate: numbers.poisson(rate, size)  # noqa: E731
    return _drawn(generator, draw, input.shape, raw(input)).astype(input.dtype)


@creator
def binomial(count, prob, generator=None):
    """Random numbers of successes in ``count`` trials, each with the probability ``prob``.

    Parameters
    ----------
    count, prob : Tensor
        They broadcast.
    generator : Generator, optional

    Returns
    -------
    Tensor
        The broadcast shape, in the dtype of ``count``.

    Raises
    ------
    ValueError
        If ``prob`` is no probability, or ``count`` negative.

    Examples
    --------
    >>> from autograd_engine import binomial, tensor
    >>> binomial(tensor([10., 10.]), tensor([0., 1.]))
    tensor([ 0., 10.])
    """
    trials = raw(count)
    chance = raw(prob)
    given = of_all(chance)
    if not ((given >= 0) & (given <= 1)).all() or (of_all(trials) < 0).any():
        raise ValueError("binomial() needs counts of at least 0 and probabilities from 0 to 1")
    shape = np.broadcast_shapes(count.shape, prob.shape)
    draw = lambda numbers, size, n, p: numbers.binomial(n, p, size)  # noqa: E731
    return _drawn(generator, draw, shape, trials.astype(np.int64), chance).astype(count.dtype)


@creator
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Random positions, each with a probability in proportion to its weight.

    Parameters
    ----------
    input : Tensor
        Weights, shape ``(n,)`` or ``(m, n)``, not negative and not all 0.
    num_samples : int
        How many positions to draw from each row.
    replacement : bool
        Whether a position may be drawn again.
    generator : Generator, optional

    Returns
    -------
    Tensor
        int64, shape ``(num_samples,)`` or ``(m, num_samples)``.

    Raises
    ------
    ValueError
        If weights are negative, or there are fewer above 0 than positions wanted without
        replacement.

    Examples
    --------
    >>> from autograd_engine import multinomial, tensor
    >>> multinomial(tensor([0., 1., 0.]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    weights = raw(input).astype(np.float64)
    given = of_all(weights)
    if num_samples < 1:
        raise ShapeError(f"multinomial() draws at least one sample, got num_samples={num_samples}")
    if weights.ndim not in (1, 2) or not np.isfinite(given).all() or (given < 0).any():
        raise ValueError(
            "multinomial() needs one or two dimensions of finite weights of at least 0, got shape "
            f"{list(weights.shape)}"
        )
    least = 1 if replacement else num_samples
    if (np.count_nonzero(given, axis=-1) < least).any():
        raise ValueError(f"multinomial() needs at least {least} weights above 0 in each row")

    def draw(numbers: np.random.Generator, size: tuple, weights: np.ndarray) -> np.ndarray:
        if replacement:
            steps = np.cumsum(weights, axis=-1)
            marks = (1 - numbers.random((*size[:-1], num_samples))) * steps[..., -1:]
            return np.sum(steps[..., None, :] < marks[..., None], axis=-1)
        # Of exponential waiting times the shortest come first; a weight of 0 waits for ever.
        with np.errstate(divide="ignore"):
            waiting = numbers.exponential(size=size) / weights
        return np.argsort(waiting, axis=-1)[..., :num_samples]

    return _drawn(generator, draw, weights.shape, weights)


# --- in place -------------------------------------------------------------------------------------


def uniform_(
    self: Tensor, start: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform random numbers in [start, to).

    Examples
    --------
    >>> from autograd_engine import empty
    >>> x = empty(100).uniform_(-1, 1)
    >>> bool((x >= -1).all() and (x < 1).all())
    True
    """
    if not (np.isfinite(start) and np.isfinite(to) and start <= to):
        raise ShapeError(f"uniform_() needs finite start and to, in this order, got {start}, {to}")
    drawn = rand(self.shape, generator=generator, dtype=self.dtype)
    return self.copy_(drawn * (to - start) + start)


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers."""
    return self.copy_(normal(mean, std, self.shape, generator=generator, dtype=self.dtype))


def _check_positive(name: str, argument: str, value: float) -> None:
    if not value > 0:
        raise ShapeError(f"{name}() needs {argument} above 0, got {value}")


def _check_continuous(name: str, tensor: Tensor) -> None:
    if tensor.dtype.kind != "f":
        raise TypeError(f"{name}() draws from a continuous distribution, not {tensor.dtype}")


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with random numbers whose logarithms are normal, of this mean and standard deviation."""
    _check_positive("log_normal_", "std", std)
    return self.copy_(normal(mean, std, self.shape, generator=generator, dtype=self.dtype).exp())


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponential random numbers of rate ``lambd``."""
    _check_continuous("exponential_", self)
    _check_positive("exponential_", "lambd", lambd)
    draw = lambda numbers, size: numbers.exponential(1 / lambd, size)  # noqa: E731
    return self.copy_(_drawn(generator, draw, self.shape).astype(self.dtype))


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with Cauchy random numbers."""
    _check_continuous("cauchy_", self)
    _check_positive("cauchy_", "sigma", sigma)
    drawn = _drawn(generator, np.random.Generator.standard_cauchy, self.shape)
    return self.copy_((median + sigma * drawn).astype(self.dtype))


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with random numbers of trials until the first success, each of which has probability
    ``p``.
    """
    draw = lambda numbers, size: numbers.geometric(p, size)  # noqa: E731
    return self.copy_(_drawn(generator, draw, self.shape).astype(self.dtype))


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones, with probability ``p`` (a number, or a tensor of this shape), and zeros."""
    return self.copy_(bernoulli(self, p, generator=generator))


def random_(
    self: Tensor,
    start: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with random integers in [start, to), or [0, start) if one number is given; by default
    all that the dtype holds exactly.
    """
    if to is None:
        start, to = 0, _most(self.dtype) if start is None else start
    _check_integers("random_", start or 0, to, self.dtype)
    drawn = randint(start or 0, to, self.shape, generator=generator, dtype=self.dtype)
    return self.copy_(drawn)


def _most(dtype: np.dtype) -> int:
    """The first integer that the dtype cannot hold, or not tell from the next."""
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    if dtype.kind == "b":
        return 2
    return np.iinfo(dtype).max


for method in (
    uniform_,
    normal_,
    log_normal_,
    exponential_,
    cauchy_,
    geometric_,
    bernoulli_,
    random_,
):
    setattr(Tensor, method.__name__, method)
Tensor.bernoulli = bernoulli  # type: ignore[method-assign]
Tensor.multinomial = multinomial  # type: ignore[method-assign]
