"""What a step of the backward sweep multiplies, in words, in numbers and as boxes to scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..graph.nodes import Graph
from ..graph.replay import Contribution, Step, gradient_words, is_array
from ..graph.rules import UPSTREAM, Factor, Local, local_of, matrix_shapes, slot_namer
from ..graph.summary import summarize
from ..graph.wording import clean


class Multiplied:
    """What the steps of a sweep over a graph multiply.

    Parameters
    ----------
    graph : Graph
    values : dict
        The values of its nodes, by key.
    """

    def __init__(self, graph: Graph, values: Mapping[int, Any]) -> None:
        self.graph = graph
        self.values = values
        self.root = clean(graph.nodes[graph.outputs[0]].name or "L")

    def rule(self, step: Step, part: Contribution) -> str:
        """The rule with the names of the values in it, and what it comes to where that is one
        number.
        """
        local = local_of(step.node.subject, part.position)
        name = clean(part.node.called)
        if local.factors:
            product = " ".join([self._called(step, factor) for factor in local.factors])
            shapes = self._shapes(step, part, local)
            text = f"d{self.root}/d{name} = {product}"
            if shapes:
                text += f" : {shapes[0]} @ {shapes[1]}"
            return text
        said = local.said(slot_namer(step.node, self.graph.nodes))
        if not said:
            return local.words
        text = f"∂{clean(step.node.called)}/∂{name} = {said}"
        if part.local is not None and said != gradient_words(part.local):
            text += f" = {gradient_words(part.local)}"
        if is_array(part.value) and np.shape(part.value) != np.shape(step.upstream):
            verb = "spread"
            if np.size(part.value) < np.size(step.upstream):
                verb = "summed"
            text += f", {verb} to shape ({', '.join(map(str, np.shape(part.value)))})"
        return text

    def numbers(self, step: Step, part: Contribution) -> str:
        """What is multiplied with what, as numbers if they are few, up to the sign of equality."""
        if part.local is not None:
            return f"{gradient_words(step.upstream)} × {gradient_words(part.local)} = "
        local = local_of(step.node.subject, part.position)
        if local.text == "1":
            return ""
        if part.slopes is not None and summarize(part.slopes).cells is not None:
            return f"{gradient_words(step.upstream)} ⊙ {gradient_words(part.slopes)} = "
        if local.factors:
            arrays = [self._array(step, factor) for factor in local.factors]
            if all(summarize(array).cells is not None for array in arrays):
                return f"{gradient_words(arrays[0])} @ {gradient_words(arrays[1])} = "
            return " ".join([self._called(step, factor) for factor in local.factors]) + " = "
        if local.text:
            return f"{UPSTREAM} ⊙ local = "
        return "upstream × Jacobian = "

    def boxes(self, step: Step, part: Contribution) -> list:
        """The matrices that are multiplied, each as its name, rows and columns, with signs."""
        local = local_of(step.node.subject, part.position)
        shapes = self._shapes(step, part, local)
        if not shapes:
            return []
        names = [self._called(step, factor) for factor in local.factors]
        left, right = [[name, *shape] for name, shape in zip(names, shapes)]
        result = [f"d{clean(part.node.called)}", shapes[0][0], shapes[1][1]]
        return [left, "@", right, "=", result]

    def _shapes(self, step: Step, part: Contribution, local: Local) -> list[tuple[int, int]]:
        """The shapes of the factors, as they are multiplied."""
        if not local.factors:
            return []
        known = matrix_shapes(step.node, self.graph.nodes, part.position)
        if not known:
            return []
        shapes = [known[factor.slot] for factor in local.factors]
        turned = [factor.transposed for factor in local.factors]
        return [shape[::-1] if turn else shape for shape, turn in zip(shapes, turned)]

    def _called(self, step: Step, factor: Factor) -> str:
        name = UPSTREAM
        if factor.slot != UPSTREAM:
            name = clean(slot_namer(step.node, self.graph.nodes)(factor.slot))
        return f"{name}ᵀ" if factor.transposed else name

    def _array(self, step: Step, factor: Factor) -> Any:
        array: Any = step.upstream
        if factor.slot != UPSTREAM:
            array = self.values[step.node.inputs[factor.slot]]  # type: ignore[index]
        if factor.transposed and np.ndim(array) == 2:
            return array.T
        return array
