"""Integers at their limits: what NumPy or PyTorch answers, and an error where one of them raises.

The two differ where a number does not fit the tensor's dtype. A comparison is then the mathematical
one, which is NumPy's; anything else is either's, or refused where either refuses.
"""

import operator

import numpy as np
import pytest

import autograd_engine as ag

from ..grouping import named

torch = pytest.importorskip("torch")

DTYPES = ["uint8", "int8", "int16", "int32", "int64", "bool"]
NUMBERS = [-1, -129, 127, 128, 255, 256, 300, 2**31, 2**40, 2**63, 1.5, -0.5, True, 0]
REFUSALS = (OverflowError, TypeError, ValueError, RuntimeError, IndexError, ZeroDivisionError)


class OurWay:
    """The calls as this engine and PyTorch spell them."""

    def __init__(self, module):
        self.m = module

    def tensor(self, array):
        return self.m.tensor(array)

    def maximum(self, a, n):
        return self.m.maximum(a, self.m.tensor(n))

    def minimum(self, a, n):
        return self.m.minimum(a, self.m.tensor(n))

    def where(self, a, n):
        return self.m.where(a > 0, a, n)

    def clamp_min(self, a, n):
        return a.clamp(min=n)

    def clamp_max(self, a, n):
        return a.clamp(max=n)

    def full_like(self, a, n):
        return self.m.full_like(a, n)

    def fill_(self, a, n):
        return a.fill_(n)

    def setitem(self, a, n):
        a[0] = n
        return a

    def masked_fill(self, a, n):
        return a.masked_fill(a > 0, n)

    def add_(self, a, n):
        a += n
        return a

    def mul_(self, a, n):
        a *= n
        return a


class NumpyWay:
    """The same calls of NumPy."""

    def tensor(self, array):
        return array.copy()

    def maximum(self, a, n):
        return np.maximum(a, n)

    def minimum(self, a, n):
        return np.minimum(a, n)

    def where(self, a, n):
        return np.where(a > 0, a, n)

    def clamp_min(self, a, n):
        return np.clip(a, n, None)

    def clamp_max(self, a, n):
        return np.clip(a, None, n)

    def full_like(self, a, n):
        return np.full_like(a, n)

    def fill_(self, a, n):
        a.fill(n)
        return a

    def setitem(self, a, n):
        a[0] = n
        return a

    def masked_fill(self, a, n):
        a[a > 0] = n
        return a

    def add_(self, a, n):
        a += n
        return a

    def mul_(self, a, n):
        a *= n
        return a


FUNCTIONS = sorted(name for name in vars(OurWay) if name != "tensor" and name[0] != "_")
COMPARISONS = ["lt", "le", "eq", "ne", "gt", "ge"]
OPERATORS = {
    name: getattr(operator, name)
    for name in (*COMPARISONS, "add", "sub", "mul", "floordiv", "mod", "truediv", "pow")
}
OPERATORS |= {name: getattr(operator, name) for name in ("and_", "or_", "xor")}
OPERATORS |= {
    "r" + name: lambda a, n, name=name: OPERATORS[name](n, a)
    for name in ("sub", "floordiv", "mod", "truediv", "pow")
}


def limits(dtype):
    if dtype == "bool":
        return np.array([True, False, True])
    info = np.iinfo(dtype)
    return np.array([info.min, 0, 1, 3, info.max], dtype)


def answer(way, name, dtype, number):
    """What comes of the call: an array, or the exception."""
    a = way.tensor(limits(dtype))
    try:
        with np.errstate(all="ignore"):
            y = OPERATORS[name](a, number) if name in OPERATORS else getattr(way, name)(a, number)
    except Exception as error:
        return error
    return y if isinstance(y, (np.ndarray, np.generic)) else y.numpy()


def same(found, expected, dtype=True):
    if isinstance(expected, Exception):
        return False
    alike = found.dtype == expected.dtype or not dtype
    return alike and bool(np.allclose(found, expected, rtol=1e-5, equal_nan=True))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*OPERATORS, *FUNCTIONS])
def test_with_a_number(name):
    faults = []
    for dtype in DTYPES:
        for number in NUMBERS:
            found = answer(OurWay(ag), name, dtype, number)
            numpys = answer(NumpyWay(), name, dtype, number)
            theirs = answer(OurWay(torch), name, dtype, number)
            refused = [isinstance(y, Exception) for y in (numpys, theirs)]
            if isinstance(found, Exception):
                right = isinstance(found, REFUSALS) and any(refused)
            elif all(refused):
                # of booleans and more than any integer: the mathematical answer is no fault
                right = number == 2**63 and name in (*COMPARISONS, "clamp_max")
            elif name in COMPARISONS and not refused[0]:
                right = same(found, numpys)
            else:  # PyTorch's dtype, or NumPy's values in our default dtype
                right = same(found, theirs) or same(found, numpys, dtype=found.dtype.kind != "f")
            if not right:
                faults.append(f"{dtype}, {number}: {found!r}\n    {numpys!r}\n    {theirs!r}")
    assert not faults, "\n".join(faults)


CREATED = {
    "tensor": lambda m, n, dtype: m.tensor(n, dtype=dtype),
    "tensor of a list": lambda m, n, dtype: m.tensor([n, 1], dtype=dtype),
    "full": lambda m, n, dtype: m.full((2,), n, dtype=dtype),
    "as_tensor": lambda m, n, dtype: m.as_tensor(n, dtype=dtype),
    "new_full": lambda m, n, dtype: m.zeros(1, dtype=dtype).new_full((2,), n),
    "new_tensor": lambda m, n, dtype: m.zeros(1, dtype=dtype).new_tensor(n),
}


def created(module, name, dtype, number):
    """The number that is in the tensor; None where it was refused."""
    try:
        y = CREATED[name](module, number, getattr(module, dtype))
    except REFUSALS:
        return None
    return int(y.reshape(-1)[0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CREATED)
def test_a_number_that_does_not_fit_is_refused(name):
    faults = []
    for dtype in DTYPES[:-1]:
        info = np.iinfo(dtype)
        for number in (info.min, info.max, info.min - 1, info.max + 1, 10 * info.max):
            found = created(ag, name, dtype, number)
            expected = created(torch, name, dtype, number)  # -1 is 255 of uint8
            fits = info.min <= number <= info.max
            if found != (number if fits else expected):
                faults.append(f"{dtype}, {number}: {found}, PyTorch {expected}")
    assert not faults, "\n".join(faults)


REDUCED = {
    name: lambda m, x, name=name: getattr(x, name)()
    for name in (
        "sum prod amax amin max min argmax argmin any all abs neg sign square median mean var std "
        "bitwise_not unique nonzero count_nonzero float relu clone sqrt exp floor ceil round trunc"
    ).split()
}
REDUCED |= {
    name: lambda m, x, name=name: getattr(m, name)(x, dim=0)
    for name in "cumsum cumprod cummax sort argsort diff flip softmax logsumexp".split()
}
REDUCED |= {
    "matmul": lambda m, x: x.reshape(1, -1) @ x.reshape(-1, 1),
    "dot": lambda m, x: m.dot(x, x),
    "outer": lambda m, x: m.outer(x, x),
    "einsum": lambda m, x: m.einsum("i,i->", x, x),
    "add": lambda m, x: x + x,
    "sub": lambda m, x: x - x.flip(0),
    "mul": lambda m, x: x * x,
    "div": lambda m, x: x / x.flip(0),
    "floor_divide": lambda m, x: x // (x + (x == 0)),
    "remainder": lambda m, x: x % (x + (x == 0)),
    "with int64": lambda m, x: x + m.tensor([1, 2, 3, 4, 5][: len(x)]),
    "with a 0-d int64": lambda m, x: x + m.tensor(1),
    "with float16": lambda m, x: x * m.tensor([0.5] * len(x), dtype=m.float16),
    "to float": lambda m, x: x.to(m.float32),
    "to uint8": lambda m, x: x.to(m.uint8),
    "to int8": lambda m, x: x.to(m.int8),
    "to bool": lambda m, x: x.to(m.bool) if m is torch else x.bool(),
    "where": lambda m, x: m.where(x > 0, x, x.flip(0)),
    "cat": lambda m, x: m.cat([x, m.tensor([1.5])]),
    "stack": lambda m, x: m.stack([x, x.to(m.int64)]),
    "cumsum of itself": lambda m, x: x.cumsum(0),
    "sum in float": lambda m, x: x[1:].sum(dtype=m.float64),
    "bincount": lambda m, x: m.bincount(x.clamp(min=0, max=3)),
    "one_hot": lambda m, x: (m.nn.functional if m is torch else ag).one_hot(
        x.clamp(min=0, max=3).to(m.int64), 4
    ),
    "isin": lambda m, x: m.isin(x, m.tensor([0, 1])),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [named(f"of limits: {name}", name) for name in REDUCED])
def test_of_limits(name):
    faults = []
    for dtype in DTYPES:
        results = []
        for module in (ag, torch):
            try:
                with np.errstate(all="ignore"):
                    y = REDUCED[name](module, module.tensor(limits(dtype)))
                results.append([part.numpy() for part in (y if isinstance(y, tuple) else (y,))])
            except REFUSALS as error:
                results.append(error)
        found, expected = results
        if isinstance(expected, Exception):
            continue  # we may answer more
        if isinstance(found, Exception):
            faults.append(f"{dtype}: {found!r}, PyTorch {expected}")
        elif name in ("any", "all") and dtype == "uint8":
            continue  # PyTorch gives uint8 here, from the time before it had booleans
        elif not all(map(same, found, expected)):
            faults.append(f"{dtype}: {found}, PyTorch {expected}")
    assert not faults, "\n".join(faults)
