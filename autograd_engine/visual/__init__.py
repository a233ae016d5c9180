"""Pictures of graphs. Nothing in the engine needs this package, and only `dot` imports graphviz.

From the tensor to the screen: `graph` lists nodes and edges as plain data, `replay` and `annotate` give them their
numbers, `dot` writes DOT text, `render` has Graphviz lay it out, `view` shows it.
"""

from .derivation import Explanation, explain
from .render import RenderError
from .replay import Contribution, Step
from .view import GraphView, draw
from .whatif import WhatIf, explore

__all__ = ["Contribution", "Explanation", "GraphView", "RenderError", "Step", "WhatIf", "draw", "explain", "explore"]
