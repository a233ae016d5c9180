"""An ONNX graph in the making: its nodes, its constants, and what each name stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

MISSING = "ONNX needs a package: pip install onnx (or 'autograd-engine[onnx]')"


def onnx_package() -> Any:
    """The package ``onnx``."""
    try:
        import onnx
    except ImportError as error:
        raise ImportError(MISSING) from error
    return onnx


class Later:
    """What stands for a value that some operators know how to use as it is; for others it is
    written.
    """

    def written(self, g: Building) -> str:
        """The name of the value, whose nodes are added now."""
        raise NotImplementedError


class Building:
    """Collects the nodes of a graph.

    Attributes
    ----------
    nodes : list
        As ``onnx.helper`` makes them.
    constants : dict of str to array
    types : dict of str to (shape, dtype)
        Of what stands for a value of the program, and of constants.
    out : sequence
        The results of the call that is being written: each has a ``shape`` and a ``dtype``.
    first_input : str
        The name of the model's first input.
    batch : int or None
        How many samples the program was recorded with, where other numbers are to be possible.
    """

    def __init__(self, batch: int | None = None) -> None:
        self.helper = onnx_package().helper
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.types: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
        self.out: Sequence[Any] = ()
        self.batch = batch
        self.first_input = ""
        self._count = 0

    def op(self, kind: str, *inputs: Any, count: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of its result, or a list of names. What is no name among its inputs
        becomes a constant; what is None is left out.
        """
        names = ["" if x is None else self.name_of(x) for x in inputs]
        made = [self._fresh(kind) for _ in range(count)]
        kept = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(self.helper.make_node(kind, names, made, **kept))
        return made[0] if count == 1 else made

    def _fresh(self, kind: str) -> str:
        self._count += 1
        return f"{kind.lower()}_{self._count}"

    def name_of(self, x: Any) -> str:
        """The name of an operand."""
        return x if isinstance(x, str) else self.constant(np.asarray(x))

    def constant(self, array: np.ndarray, name: str = "") -> str:
        """The name of a constant; equal ones without a name of their own are one."""
        if not name:
            for known, other in self.constants.items():
                if known.startswith("constant_") and _alike(array, other):
                    return known
            self._count += 1
            name = f"constant_{self._count}"
        self.constants[name] = array
        self.types[name] = (array.shape, array.dtype)
        return name

    def shape(self, x: Any) -> tuple[int, ...]:
        """The shape of an operand."""
        return self.types[x][0] if isinstance(x, str) else np.shape(x)

    def dtype(self, x: Any) -> np.dtype:
        """The dtype of an operand."""
        return self.types[x][1] if isinstance(x, str) else np.asarray(x).dtype

    def cast(self, x: Any, dtype: Any) -> str:
        """An operand in a dtype."""
        dtype = np.dtype(dtype)
        if not isinstance(x, str):
            return self.constant(np.asarray(x, dtype))
        if self.types[x][1] == dtype:
            return x
        made = self.cast_to(x, dtype)
        self.types[made] = (self.types[x][0], dtype)
        return made

    def cast_to(self, x: str, dtype: Any) -> str:
        """A result that is named for the first time, in a dtype."""
        return self.op("Cast", x, to=self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def alike(self, *xs: Any) -> list[str]:
        """Operands in the dtype that NumPy computes with."""
        weak = (int, float)
        dtypes = [x if type(x) in weak else self.dtype(x) for x in xs]
        common = np.result_type(*dtypes)
        return [self.cast(x, common) for x in xs]


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
