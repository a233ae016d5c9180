"""How far the training is: a bar where tqdm is installed, a line for each epoch where not."""

from __future__ import annotations

import importlib.util
from typing import Any, Iterator

from .batches import Batch, opened
from .run import Run


class Progress:
    """Iterates over the batches of one epoch each time, and shows it.

    Parameters
    ----------
    batches : iterable
    run : Run
    shown : bool
    """

    def __init__(self, batches: Any, run: Run, shown: bool) -> None:
        self.batches = batches
        self.run = run
        self.bar: Any = None
        self.lines = shown and importlib.util.find_spec("tqdm") is None
        if shown and not self.lines:
            from tqdm import tqdm

            steps = None
            if hasattr(batches, "__len__"):
                steps = len(batches) * (run.epochs - len(run.history))
            self.bar = tqdm(total=steps, unit=" batches")

    def __iter__(self) -> Iterator[Batch]:
        if self.bar is not None:
            self.bar.set_description(
                f"epoch {len(self.run.history) + 1}/{self.run.epochs}", refresh=False
            )
        for batch in opened(self.batches):
            yield batch
            if self.bar is not None:
                self.bar.update()

    def report(self, row: dict[str, Any]) -> None:
        """Show an epoch's numbers."""
        numbers = {
            name: f"{value:.4g}" for name, value in row.items() if name not in ("epoch", "lr")
        }
        if self.bar is not None:
            self.bar.set_postfix(numbers)
        if self.lines:
            print(
                f"epoch {row['epoch']}/{self.run.epochs}: "
                f"{', '.join(f'{name} {text}' for name, text in numbers.items())}"
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self.bar is not None:
            self.bar.close()
