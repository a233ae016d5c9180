"""A step of training a classifier: forward, cross-entropy, backward, Adam, by this engine and by
PyTorch.

The two engines run in one process, in turn. Threads contend, so run it twice: as it is, and with
``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1`` (the script tells PyTorch the same number).
"""

from __future__ import annotations

import os

import peers
import torch
from timing import compare

THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
SIZES = {
    "2-16-16-2, batch 32": ((2, 16, 16, 2), 32, 200),
    "784-200-100-60-30-10, batch 64": ((784, 200, 100, 60, 30, 10), 64, 40),
    "784-512-512-10, batch 256": ((784, 512, 512, 10), 256, 8),
}


def main() -> None:
    print(f"{THREADS} thread(s)")
    for label, (sizes, batch, repeats) in SIZES.items():
        problem = peers.Problem(sizes, batch)
        ours, theirs = peers.ours(problem, None), peers.torch(problem, False)
        torch.set_num_threads(THREADS)
        for _ in range(5):  # the same losses, or the comparison means nothing
            assert abs(ours() - theirs()) < 1e-4
        compare(label, ours, theirs, repeats, 9)


if __name__ == "__main__":
    main()
