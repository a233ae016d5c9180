"""A computation as plain data: nothing here draws, and nothing here knows of the two rooms above.

In the order of the pipeline: `computation` says what is to be drawn and calls the others; `running`
calls a function and `naming` finds its tensors' names; `listing` lists nodes and edges (`large`
cuts what is too large for that, `calls` says in which call of a module each node happened,
`failure` ends the list with an op that raised); `annotate` writes values and gradients onto them,
which `replay` computes again; `reading` says how they are read: `folding` and `chains` say what
goes together, `quotient` makes one node of it, `mirror` adds the backward graph, `heat` colours by
an amount. `whatif` asks what other numbers in the leaves would give.
"""
