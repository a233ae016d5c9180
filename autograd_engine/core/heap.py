"""Memory that was freed stays at hand, as every step of training needs the same again.

glibc gives memory at the end of the heap back to the system as soon as there are some hundred
kilobytes of it. A backward sweep frees what the forward pass saved, so each step would get all its
pages anew, each filled with zeros by the system: up to a third of the time of a step. When a large
array is freed for the first time glibc takes its size, up to 32 MB, as the size of what is worth
keeping; so one that nobody writes to, which costs nothing, settles it. What a user has set
(``MALLOC_TRIM_THRESHOLD_``) holds, and other allocators do not mind.
"""

import numpy as np

LARGEST = 2**25 - 2**14
"""The bytes of the largest array that glibc learns from, its own bookkeeping left out."""


def keep_freed_memory() -> None:
    """Let glibc keep up to 64 MB that are free."""
    np.empty(LARGEST, np.uint8)  # freed at once
