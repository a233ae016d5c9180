"""With what NumPy multiplies matrices, in how many threads, and what could be better about it.

Most of the time of a large step is spent in the BLAS library that NumPy was built with. It chooses
its code for the processor, and the number of its threads, when NumPy is imported. Asking it
afterwards, and changing the number, needs the package threadpoolctl.
"""

from __future__ import annotations

import os
import platform
import warnings
from importlib import metadata
from typing import Any

import numpy as np

from ..core import kernels

__all__ = ["get_num_threads", "set_num_threads", "show_config"]

_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_OLD = {"prescott", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "generic"}
"""OpenBLAS's names of its code for processors without AVX2."""
_NEEDED = "pip install threadpoolctl"


def get_num_threads() -> int:
    """How many threads NumPy's matrix products take; everything else takes one.

    Without the package threadpoolctl: what the environment's variables say, else the number of
    processors.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.get_num_threads() >= 1
    True
    """
    pools = _pools()
    if pools:
        return max(pool["num_threads"] for pool in pools)
    for variable in _VARIABLES:
        if os.environ.get(variable, "").isdigit():
            return int(os.environ[variable])
    return os.cpu_count() or 1


def set_num_threads(num_threads: int) -> None:
    """Have NumPy's matrix products take so many threads, from now on.

    It takes the package threadpoolctl. Without it nothing changes, and a warning says so: set
    ``OPENBLAS_NUM_THREADS`` (or what NumPy's BLAS listens to) before the start.

    Raises
    ------
    ValueError
        If the number is not positive.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.set_num_threads(ag.get_num_threads())
    """
    if num_threads < 1:
        raise ValueError(f"set_num_threads() takes a number of at least 1, got {num_threads}")
    if num_threads == get_num_threads():
        return
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        warnings.warn(
            f"set_num_threads() changes nothing without threadpoolctl: {_NEEDED}, or set "
            f"{_VARIABLES[0]}={num_threads} before Python starts",
            stacklevel=2,
        )
        return
    threadpool_limits(num_threads, user_api="blas")


def show_config() -> None:
    """Print with what is computed: NumPy's BLAS library, the code that this has chosen for the
    processor, its threads, whether loops are machine code; and advice, where something makes it
    slow.

    What the library has chosen is only known with the package threadpoolctl.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.show_config()  # doctest: +ELLIPSIS
    NumPy ...
    """
    print("\n".join([*_what_it_is(), *[f"Advice: {text}" for text in _advice()]]))


def _pools() -> list[dict[str, Any]]:
    """What threadpoolctl knows of the BLAS libraries that are loaded; nothing without it."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return [pool for pool in threadpool_info() if pool["user_api"] == "blas"]


def _built_with() -> tuple[str, list[str]]:
    """The BLAS library that NumPy was built with, and the processor's features that it found."""
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    simd = config.get("SIMD Extensions", {})
    name = f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
    return name, [*simd.get("baseline", []), *simd.get("found", [])]


def _what_it_is() -> list[str]:
    blas, features = _built_with()
    threads = get_num_threads()
    pools = _pools()
    lines = [
        f"NumPy {np.__version__}, Python {platform.python_version()}, {os.cpu_count()} processors",
        f"BLAS: {blas}",
    ]
    for pool in pools:
        kernel = pool.get("architecture", "not said")
        lines.append(f"  {pool['internal_api']} {pool['version']}: code for {kernel}")
    if not pools:
        lines.append(f"  the code that it has chosen is not known: {_NEEDED}")
    lines.append(f"Threads of matrix products: {threads}")
    lines.append(f"Processor's features in use by NumPy: {' '.join(features) or 'not said'}")
    lines.append(f"Loops over large arrays: {_loops()}")
    return lines


def _loops() -> str:
    """What computes what NumPy has no call for."""
    try:
        version = metadata.version("numba")
    except metadata.PackageNotFoundError:
        return 'NumPy; as machine code with pip install "autograd-engine[fast]"'
    if kernels.is_enabled():
        return f"machine code, by numba {version}"
    return "NumPy, since kernels are turned off or numba cannot be imported"


def _advice() -> list[str]:
    _, features = _built_with()
    codes = [str(pool.get("architecture", "")).lower() for pool in _pools()]
    found = _about_codes(codes, features)
    if hasattr(os, "getloadavg"):
        found += _about_threads(get_num_threads(), os.getloadavg()[0], os.cpu_count() or 1)
    return found


def _about_codes(codes: list[str], features: list[str]) -> list[str]:
    """What to do where the library has taken the processor for an older one."""
    if not {"AVX2", "X86_V3"}.isdisjoint(features) and not _OLD.isdisjoint(codes):
        return [
            f"the BLAS runs code for {', '.join(codes)}, at half the speed of this processor or "
            "less: set OPENBLAS_CORETYPE=Haswell before Python starts"
        ]
    if not {"AVX512F", "X86_V4"}.isdisjoint(features) and not {"haswell", "zen"}.isdisjoint(codes):
        return [
            f"the BLAS runs code for {', '.join(codes)}, though this processor has AVX-512: see "
            "whether products are faster with OPENBLAS_CORETYPE=SkylakeX before Python starts"
        ]
    return []


def _about_threads(threads: int, load: float, processors: int) -> list[str]:
    """What to do where several threads are likely to wait for each other."""
    if threads > 1 and load + threads > processors + 1:
        return [
            f"the machine is busy (load {load:.1f} on {processors} processors), and {threads} "
            "threads of a product wait for the slowest, at times ten times as long as one would "
            "take: set_num_threads(1)"
        ]
    return []
