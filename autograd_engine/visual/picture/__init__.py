"""Graphs, tensors and derivations as pictures: DOT text, SVG, HTML without scripts, LaTeX.

`dot` writes a graph as DOT text, with each node's table from `labels` and all text through `text`;
`render` has Graphviz lay it out; `theme` has the colours. `card` shows a tensor, `derivation` a
gradient as mathematics. Only `dot` imports graphviz.
"""
