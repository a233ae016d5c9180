"""Functions of tensors as programs: seen as NumPy source, and run as fast straight-line code.

A call of the function is recorded, its gradient too (`tracing`). The list of primitive calls is
brought to those that NumPy has (`lowering`), and rid of what is computed twice or for nothing
(`straight`). From there two ways lead on. `writer` writes it as a person would, in the words of
`spelling` and `naming` and with the helpers that `bundle` brings: `readable` (`to_numpy`). `fast`
writes it for speed, into buffers that `memory` plans; `nativecode` does so with stretches of
machine code in it (`native`, of `loops` that `nests` puts together from `elements` at their
`places`, and `tape`), which `jit` has numba compile. `specialised` is the program of
one kind of call, `compiled` (`compile`) of all of them.
"""
