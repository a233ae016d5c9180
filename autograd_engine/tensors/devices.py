"""The one device that there is, so that programs which name it run as they are."""

from __future__ import annotations

from ..core.errors import GraphError


class device(str):
    """The name of a device, which is "cpu".

    Parameters
    ----------
    name : str
        "cpu".

    Raises
    ------
    RuntimeError
        For any other device.

    Examples
    --------
    >>> from autograd_engine import device, ones
    >>> ones(2).to(device("cpu"))
    tensor([1., 1.])
    """

    __slots__ = ()

    def __new__(cls, name: str = "cpu") -> device:
        if str(name) != "cpu":
            raise GraphError(f"this engine computes on the CPU only, got device {str(name)!r}")
        return super().__new__(cls, name)

    @property
    def type(self) -> str:
        """The kind of device, "cpu"."""
        return "cpu"


CPU = device("cpu")
"""Where every tensor is."""
