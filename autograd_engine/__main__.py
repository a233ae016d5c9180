"""``python -m autograd_engine``: the guided tour; ``python -m autograd_engine ops``: the table of
all ops.
"""

from __future__ import annotations

import argparse
from typing import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd_engine",
        description="An exact and readable autograd engine on NumPy.",
    )
    explained = "a tour of half a minute (the default), or the table of all ops"
    parser.add_argument(
        "command", nargs="?", choices=("tour", "ops"), default="tour", help=explained
    )
    command = parser.parse_args(argv).command
    if command == "ops":
        from .guide.optable import table

        print(table())
    else:
        from .guide.tour import main as tour

        tour()


if __name__ == "__main__":
    main()
