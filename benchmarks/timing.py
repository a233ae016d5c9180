"""Side-by-side timing: blocks of runs in turn, each ending with a garbage collection that its own
time includes.

An engine whose graphs are reference cycles leaves work to the collector; counting it is part of an
honest comparison.
"""

from __future__ import annotations

import gc
import statistics
import time
from typing import Callable


def block(run: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    """Seconds for one run, over a block of runs and the collection that they leave behind."""
    start = clock()
    for _ in range(repeats):
        run()
    gc.collect()
    return (clock() - start) / repeats


def compare(
    label: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    repeats: int = 20,
    blocks: int = 9,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Print and return the median of the ratios peer / ours over interleaved blocks.

    On a machine with other work ``clock=time.process_time`` is steadier: the time of the processor,
    of all threads together.
    """
    ours(), peer()
    gc.collect()
    gc.freeze()  # what was imported is no garbage: a collection looks at what the runs made
    ratios, times = [], []
    for _ in range(blocks):
        mine, theirs = block(ours, repeats, clock), block(peer, repeats, clock)
        ratios.append(theirs / mine)
        times.append((mine, theirs))
    gc.unfreeze()
    mine, theirs = (statistics.median(column) * 1e6 for column in zip(*times))
    ratio = statistics.median(ratios)
    spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
    print(
        f"{label:44s} ours {mine:10.0f} µs   peer {theirs:10.0f} µs   {ratio:5.2f} times faster   "
        f"{spread}"
    )
    return ratio
