"""Graphs in notebooks and pages: live pictures, films of the backward sweep, sliders.

`view` has `draw` and what it gives; `html` writes the page around a picture, `states` what clicks
on it lead to, `compact` keeps it small. `film` and `frames` play the sweep, `explore` moves leaves;
`widget` is what the live ones share.
"""
