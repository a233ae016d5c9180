"""The one device that there is, so that programs which name it run as they are."""

from __future__ import annotations

from typing import Any

from ..core.errors import GraphError


def check_device(name: Any) -> None:
    """Raise unless a device that a program names is the CPU; None names none."""
    if name is not None and str(name) != "cpu":
        raise GraphError(f"this engine computes on the CPU only, got device {str(name)!r}")


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
        check_device(name)
        return super().__new__(cls, name)

    @property
    def type(self) -> str:
        """The kind of device, "cpu"."""
        return "cpu"


CPU = device("cpu")
"""Where every tensor is."""
