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


def get_default_device() -> device:
    """The CPU.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> print(ag.get_default_device())
    cpu
    """
    return CPU


def set_default_device(device: Any) -> None:
    """Accepted for the CPU.

    Raises
    ------
    RuntimeError
        For any other device.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.set_default_device("cpu")
    """
    check_device(device)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted without effect: everything here is the same again for the same seed.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.use_deterministic_algorithms(True)
    """


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted without effect: products of float32 are computed in float32.

    Raises
    ------
    ValueError
        For a word that PyTorch does not know.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.set_float32_matmul_precision("high")
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision is 'highest', 'high' or 'medium', got {precision!r}")


class Backend:
    """The switches of a library for GPUs, of which there is none: they can be set, and change
    nothing.
    """

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    def is_available(self) -> bool:
        """Always False."""
        return False

    def is_built(self) -> bool:
        """Always False."""
        return False

    def version(self) -> None:
        """None."""


backends: Any = Backend(
    cuda=Backend(matmul=Backend(allow_tf32=False)),
    cudnn=Backend(allow_tf32=False, benchmark=False, deterministic=True, enabled=False),
    mkldnn=Backend(enabled=False),
    mps=Backend(),
)
"""What programs ask and set before they choose a device: ``backends.mps.is_available()``."""
