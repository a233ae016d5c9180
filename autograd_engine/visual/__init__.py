"""Pictures of computations. Nothing in the engine needs this package.

A picture is made in a pipeline through three rooms, each of which knows only those before it:
`graph` runs and lists the computation as plain data, gives it its numbers and folds it; `picture`
writes that as DOT text and has it laid out; `page` makes it live. ``draw`` in `page.view` is the
way through all three.
"""

from .graph.replay import Contribution, Step
from .graph.whatif import WhatIf
from .page.explore import explore
from .page.view import GraphView, draw
from .picture.derivation import Explanation, explain
from .picture.render import RenderError

__all__ = [
    "Contribution",
    "Explanation",
    "GraphView",
    "RenderError",
    "Step",
    "WhatIf",
    "draw",
    "explain",
    "explore",
]


def __dir__() -> list[str]:
    return __all__
