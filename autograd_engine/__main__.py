"""``python -m autograd_engine``: the guided tour; ``python -m autograd_engine ops``: the table of
all ops; ``python -m autograd_engine missing torch``: what PyTorch has that is not here.
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
    explained = "a tour of half a minute (the default), the table of all ops, or what is missing"
    commands = ("tour", "ops", "missing")
    parser.add_argument("command", nargs="?", choices=commands, default="tour", help=explained)
    parser.add_argument("of", nargs="?", choices=("torch",), help="compared with which library")
    parser.add_argument("--all", action="store_true", help="also what is left out, with reasons")
    given = parser.parse_args(argv)
    if given.command == "ops":
        from .guide.optable import table

        print(table())
    elif given.command == "missing":
        from .guide.missing import report

        print(report(given.all))
    else:
        from .guide.tour import main as tour

        tour()


if __name__ == "__main__":
    main()
