"""The engine: what a node, a tensor and an op are, and the sweep. Read `node`, `tensor`,
`primitive`, `backward` in this order.
"""

from .heap import keep_freed_memory

keep_freed_memory()
