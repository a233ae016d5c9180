"""Functions of tensors as programs: seen as NumPy source, and run as fast straight-line code.

A call of the function is recorded, its gradient too (`tracing`). The list of primitive calls is
brought to those that NumPy has (`lowering`), and rid of what is computed twice or for nothing
(`straight`). From there two ways lead on: `readable` writes it as a person would (`to_numpy`), and
`fast` writes it for speed, into buffers that are planned beforehand; `compiled` keeps such programs
for a function, each for the shapes it was made for (`compile`).
"""
