"""What programs ask about GPUs before they start: there is none, this engine computes on the
CPU."""

from __future__ import annotations

__all__ = ["device_count", "is_available"]


def __dir__() -> list[str]:
    return __all__


def is_available() -> bool:
    """Always False.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> "cuda" if ag.cuda.is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """Always 0.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.cuda.device_count()
    0
    """
    return 0
