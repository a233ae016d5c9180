"""Functions of tensors as programs: seen as NumPy source, and run as fast straight-line code.

A call of the function is recorded, its gradient too (`tracing`). The list of primitive calls is
brought to those that NumPy has (`lowering`), and rid of what is computed twice or for nothing
(`straight`). From there two ways lead on. `writer` writes it as a person would, in the words of
`spelling` and `naming` and with the helpers that `bundle` brings: `readable` (`to_numpy`). `fast`
writes it for speed, into buffers that `memory` plans: `specialised` for one kind of call, and
`compiled` (`compile`) for all of them.
"""
