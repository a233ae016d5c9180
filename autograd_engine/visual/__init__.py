"""Pictures of graphs. Nothing in the engine needs this package, and only `dot` imports graphviz.

From the tensor to the screen: `tracing` runs a function, `graph` lists nodes and edges as plain
data (`large` cuts what is too large to be listed), `replay` and `annotate` give them their numbers,
`reading` and `fold` say how they are read, `dot` writes DOT text, `render` has Graphviz lay it out,
`view` shows it: `html` is the page, `states` what clicks lead to, `play` the film.
"""

from .derivation import Explanation, explain
from .render import RenderError
from .replay import Contribution, Step
from .view import GraphView, draw
from .whatif import WhatIf, explore

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
