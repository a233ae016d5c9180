"""Layers that undo max pooling: values go back to where they were, and zeros elsewhere."""

from __future__ import annotations

from typing import Any, Callable, ClassVar

from autograd_engine import max_unpool1d, max_unpool2d, max_unpool3d

from .convolution import per_dimension
from .module import Module


class _MaxUnpool(Module):
    """Puts the values that a max pooling gave back to their places.

    Parameters
    ----------
    kernel_size, stride, padding : int or one per dimension
        Those of the pooling; ``stride`` is by default ``kernel_size``.
    """

    function: ClassVar[Callable]
    dimensions: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, self.dimensions)
        self.stride = self.kernel_size
        if stride is not None:
            self.stride = per_dimension(stride, self.dimensions)
        self.padding = per_dimension(padding, self.dimensions)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return self.function(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    __doc__ = f"Undoes max pooling of shape ``(N, C, L)``.\n\n{_MaxUnpool.__doc__}"
    function = staticmethod(max_unpool1d)
    dimensions = 1


class MaxUnpool2d(_MaxUnpool):
    __doc__ = f"""Undoes max pooling of images, shape ``(N, C, H, W)``.

    {_MaxUnpool.__doc__}
    Examples
    --------
    >>> import nn
    >>> from autograd_engine import tensor
    >>> values, indices = nn.MaxPool2d(2, return_indices=True)(tensor([[[[1., 2.], [4., 3.]]]]))
    >>> nn.MaxUnpool2d(2)(values, indices)
    tensor([[[[0., 0.],
              [4., 0.]]]])
    """
    function = staticmethod(max_unpool2d)
    dimensions = 2


class MaxUnpool3d(_MaxUnpool):
    __doc__ = f"Undoes max pooling of volumes, shape ``(N, C, D, H, W)``.\n\n{_MaxUnpool.__doc__}"
    function = staticmethod(max_unpool3d)
    dimensions = 3
