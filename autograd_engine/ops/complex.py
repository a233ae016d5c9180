"""Complex results as pairs of real tensors: what is real-valued of them is differentiated.

Tensors hold real numbers. Where mathematics gives complex ones, as for the eigenvalues of a matrix
that is not symmetric, the result is a `ComplexTensor`: its real and its imaginary part are tensors
of the graph, and its arithmetic is theirs. A loss is a real number, so nothing more is needed.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..core.tensor import Tensor
from .elementwise import atan2, hypot


class ComplexTensor:
    """A complex tensor made of two real ones of the same shape.

    Parameters
    ----------
    real, imag : Tensor
        The parts, of one shape.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> A = tensor([[0., -2.], [2., 0.]], requires_grad=True)
    >>> values = linalg.eigvals(A)
    >>> values.abs()
    tensor([2., 2.], grad_fn=<HypotBackward>)
    >>> values.abs().sum().backward(); A.grad + 0.0
    tensor([[ 0., -1.],
            [ 1.,  0.]])
    """

    __slots__ = ("real", "imag")
    __array_priority__ = 1000

    def __init__(self, real: Tensor, imag: Tensor) -> None:
        self.real = real
        self.imag = imag

    # --- what it is -------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self.real.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype:
        """The complex dtype: twice as wide as that of its parts."""
        return np.result_type(self.real.dtype, np.complex64)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows through one of its parts."""
        return self.real.requires_grad or self.imag.requires_grad

    def detach(self) -> ComplexTensor:
        """The same numbers, outside the graph."""
        return ComplexTensor(self.real.detach(), self.imag.detach())

    def numpy(self) -> np.ndarray:
        """A complex array of its numbers."""
        return self.real.detach().numpy() + 1j * self.imag.detach().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype)

    def tolist(self) -> Any:
        """The numbers as nested lists of Python's complex numbers."""
        return self.numpy().tolist()

    def item(self) -> complex:
        """The single number."""
        return self.numpy().item()

    def __len__(self) -> int:
        return len(self.real)

    def __getitem__(self, index: Any) -> ComplexTensor:
        return ComplexTensor(self.real[index], self.imag[index])

    def __repr__(self) -> str:
        text = np.array2string(self.numpy(), precision=4, separator=", ", prefix="complex_tensor(")
        return f"complex_tensor({text})"

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a complex tensor has no {name!r}: real-valued functions of it are differentiated, so "
            "go on with its .real, .imag, .abs() or .angle(), which are tensors"
        )

    # --- real-valued functions of it --------------------------------------------------------------

    def abs(self) -> Tensor:
        """The absolute values."""
        return hypot(self.real, self.imag)

    __abs__ = abs

    def angle(self) -> Tensor:
        """The angles in radians, from -pi to pi."""
        return atan2(self.imag, self.real)

    # --- arithmetic -------------------------------------------------------------------------------

    def conj(self) -> ComplexTensor:
        """The complex conjugate."""
        return ComplexTensor(self.real, -self.imag)

    def sum(self, *args: Any, **kwargs: Any) -> ComplexTensor:
        """The sum, with the arguments of `autograd_engine.sum`."""
        return ComplexTensor(self.real.sum(*args, **kwargs), self.imag.sum(*args, **kwargs))

    def __neg__(self) -> ComplexTensor:
        return ComplexTensor(-self.real, -self.imag)

    def __add__(self, other: Any) -> ComplexTensor:
        other = _complex(other)
        return ComplexTensor(self.real + other.real, self.imag + other.imag)

    __radd__ = __add__

    def __sub__(self, other: Any) -> ComplexTensor:
        return self + -_complex(other)

    def __rsub__(self, other: Any) -> ComplexTensor:
        return -self + other

    def __mul__(self, other: Any) -> ComplexTensor:
        other = _complex(other)
        real = self.real * other.real - self.imag * other.imag
        return ComplexTensor(real, self.real * other.imag + self.imag * other.real)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> ComplexTensor:
        other = _complex(other)
        size = other.real * other.real + other.imag * other.imag
        product = self * other.conj()
        return ComplexTensor(product.real / size, product.imag / size)

    def __rtruediv__(self, other: Any) -> ComplexTensor:
        return _complex(other) / self

    def __matmul__(self, other: Any) -> ComplexTensor:
        other = _complex(other)
        real = self.real @ other.real - self.imag @ other.imag
        return ComplexTensor(real, self.real @ other.imag + self.imag @ other.real)


class _Number:
    """A number, or a real tensor, with the two parts of a complex one."""

    def __init__(self, real: Any, imag: Any) -> None:
        self.real = real
        self.imag = imag

    def __neg__(self) -> _Number:
        return _Number(-self.real, -self.imag)

    def conj(self) -> _Number:
        return _Number(self.real, -self.imag)

    def __truediv__(self, other: Any) -> ComplexTensor:
        whole = other * 0 + self
        return whole / other


def _complex(value: Any) -> Any:
    if isinstance(value, (ComplexTensor, _Number)):
        return value
    if isinstance(value, Tensor):
        return ComplexTensor(value, value * 0)
    if isinstance(value, np.ndarray) and value.dtype.kind == "c":
        return _Number(np.ascontiguousarray(value.real), np.ascontiguousarray(value.imag))
    if isinstance(value, (int, float, complex, np.ndarray, np.generic)):
        return _Number(value.real, value.imag)
    raise TypeError(f"a complex tensor and a {type(value).__name__} have no arithmetic together")
