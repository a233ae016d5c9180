"""Random programs: a few lines of source that run on this engine and on PyTorch alike.

A program is made line by line from templates, each of which says for which shapes it holds. What a
test prints of a program is the program, so a failure can be run by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

import numpy as np

import autograd_engine as ag
import nn

from .differences import weights

LEAVES = {"x": (2, 3), "w": (3,), "s": ()}
"""What wants a gradient: a matrix, a vector and a number."""
CONSTANTS = {"c": (3, 2)}
LARGEST = 24


@dataclass(frozen=True)
class Template:
    """A line that makes ``v`` from ``a`` (and ``b``), dimensions ``d`` and ``e`` of ``a``."""

    text: str
    holds: Callable[..., bool]  # of the shapes of what is named


def broadcasts(a: tuple, b: tuple) -> bool:
    return all(n == m or 1 in (n, m) for n, m in zip(reversed(a), reversed(b)))


def fits_into(b: tuple, a: tuple) -> bool:
    """Whether ``b`` broadcasts to ``a``."""
    return broadcasts(a, b) and np.broadcast_shapes(a, b) == a


ANY = [
    "{v} = m.sin({a})",
    "{v} = m.cos({a})",
    "{v} = m.tanh({a})",
    "{v} = m.sigmoid({a})",
    "{v} = m.exp(-{a} * {a})",
    "{v} = m.log1p({a} * {a})",
    "{v} = m.sqrt({a} * {a} + 1)",
    "{v} = m.atan({a})",
    "{v} = {a} * 0.5 - 1",
    "{v} = 2 / ({a} * {a} + 1)",
    "{v} = m.rsqrt({a} * {a} + 0.5)",
    "{v} = m.where({a} > 0.123, {a}, 0.3 * {a})",
    "{v} = m.abs({a} + 0.0713)",
    "{v} = {a}.clamp(-0.612, 0.717)",
    "{v} = -{a}",
    "{v} = {a} ** 3",
    "{v} = ({a} * {a} + 0.5) ** 0.7",
    "{v} = m.expm1({a} * 0.3)",
    "{v} = F.softplus({a})",
    "{v} = F.silu({a})",
    "{v} = F.gelu({a})",
    "{v} = F.leaky_relu({a} + 0.0431, 0.2)",
    "{v} = F.elu({a} + 0.0431)",
    "{v} = F.hardtanh({a}, -0.531, 0.493)",
    "{v} = {a}.clone().mul_(1.5)",
    "{v} = {a}.clone().sin_()",
    "{v} = {a}.sum() * {a}",
    "{v} = {a} - {a}.mean()",
    "{v} = {a}.detach() * {a}",
    "{v} = {a}.reshape(-1)",
    "{v} = {a}.unsqueeze(-1)",
    "{v} = {a}.unsqueeze(0)",
    "{v} = {a}.expand(2, *{a}.shape)",
]
ALONG = [
    "{v} = {a}.sum({d})",
    "{v} = {a}.mean({d}, keepdim=True)",
    "{v} = {a}.cumsum({d})",
    "{v} = m.softmax({a}, {d})",
    "{v} = m.log_softmax({a}, {d})",
    "{v} = m.logsumexp({a}, {d})",
    "{v} = m.logcumsumexp({a}, {d})",
    "{v} = m.cumprod({a} * 0.5, {d})",
    "{v} = {a}.prod({d})",
    "{v} = m.flip({a}, ({d},))",
    "{v} = m.roll({a}, 1, {d})",
    "{v} = apart({a}).amax({d})",
    "{v} = apart({a}).max({d})[0]",
    "{v} = m.sort(apart({a}), {d})[0]",
    "{v} = apart({a}).cummax({d})[0]",
    "{v} = m.linalg.vector_norm(apart({a}), 2, {d})",
    "{v} = {a}.narrow({d}, 0, 1)",
    "{v} = {a}.select({d}, -1)",
    "{v} = {a}.unbind({d})[0]",
    "{v} = {a}.index_select({d}, m.tensor([0, 0]))",
    "{v} = m.cat([{a}, {a} * 2], {d})",
    "{v} = {a}.transpose({d}, {e})",
    "{v} = F.layer_norm({a}, ({a}.shape[-1],), eps=0.1)",
    "{v} = F.normalize({a} + 0.3, dim={d})",
    "{v} = F.pad({a}, (1, 0), value=0.4)",
    "{v} = {a}.tile(2)",
    "{v} = {a}[..., ::2]",
    "{v} = {a}[None]",
    "{v} = {a}[m.tensor([0, -1, 0])]",
    "{v} = {a}.clone()\n{v}[..., 0].mul_(2.0)",
    "{v} = {a}.clone()\n{v}[0] = {v}[-1] * 2",
    "{v} = {a}.clone()\n{v} += {a}.mean({d}, keepdim=True)",
]
LONG = [
    "{v} = m.diff({a}, dim={d})",
    "{v} = {a}.var({d})",
    "{v} = apart({a}).std({d}, keepdim=True)",
    "{v} = {a}.chunk(2, {d})[-1]",
    "{v} = m.linalg.vector_norm(apart({a}), 3, {d})",
]
MATRIX = [
    "{v} = m.tril({a})",
    "{v} = {a}.diagonal()",
    "{v} = {a}.mT @ {a}",
    "{v} = F.cross_entropy({a}, m.tensor([0] * {a}.shape[0]))",
    "{v} = F.linear({a}, {a}, {a}[:, 0])",
    "{v} = m.linalg.inv({a} @ {a}.mT + 2 * m.eye({a}.shape[0], dtype=m.float64))",
    "{v} = m.linalg.det({a} @ {a}.mT + m.eye({a}.shape[0], dtype=m.float64))",
    "{v} = m.einsum('ij,ij->i', {a}, {a})",
    "{v} = m.einsum('ij->ji', {a}).sin()",
]
TOGETHER = [
    "{v} = {a} + {b}",
    "{v} = {a} - {b}",
    "{v} = {a} * {b}",
    "{v} = {a} / ({b} * {b} + 1)",
    "{v} = m.maximum(apart({a}), {b})",
    "{v} = m.where(apart({a}) > {b}, {a}, {b} * {b})",
    "{v} = m.atan2({a}, {b} * {b} + 1)",
    "{v} = m.logaddexp({a}, {b})",
    "{v} = m.hypot({a}, {b} * {b} + 1)",
    "{v} = ({a} * {a} + 0.5) ** {b}",
    "{v} = m.lerp({a}, {b}, 0.3)",
    "{v} = m.addcmul({a}, {a}, {b})",
    "{v} = m.remainder({a}, {b} * {b} + 0.7131)",
    "{v} = {a}.detach() * {b}",
]
INTO = [
    "{v} = {a}.clone()\n{v}.add_({b})",
    "{v} = {a}.clone()\n{v}.mul_({b})",
    "{v} = {a} * 1\n{v} *= {b}",
]
INTO_ROW = ["{v} = {a}.clone()\n{v}[0] = {b}", "{v} = {a}.sin()\n{v}[-1].mul_({b})"]
SAME = [
    "{v} = m.stack([{a}, {b}])",
    "{v} = m.stack([{a}, {b}], -1)",
    "{v} = m.einsum('...,...->...', {a}, {b})",
    "{v} = ({a} * {b}).sum()",
    "{v} = F.smooth_l1_loss({a}, {b}, reduction='none')",
    "{v} = F.huber_loss({a}, {b}, delta=0.513)",
]
PRODUCTS = ["{v} = {a} @ {b}", "{v} = m.tensordot({a}, {b}, 1)"]
TEMPLATES = [
    *[Template(text, lambda a, b, d: True) for text in ANY],
    *[Template(text, lambda a, b, d: len(a) > 0) for text in ALONG],
    *[Template(text, lambda a, b, d: len(a) > 0 and a[d] > 1) for text in LONG],
    *[Template(text, lambda a, b, d: len(a) == 2) for text in MATRIX],
    *[Template(text, lambda a, b, d: broadcasts(a, b)) for text in TOGETHER],
    *[Template(text, lambda a, b, d: fits_into(b, a)) for text in INTO],
    *[Template(text, lambda a, b, d: len(a) > 0 and fits_into(b, a[1:])) for text in INTO_ROW],
    *[Template(text, lambda a, b, d: a == b) for text in SAME],
    *[
        Template(text, lambda a, b, d: 0 < len(a) < 3 and 0 < len(b) < 3 and a[-1] == b[0])
        for text in PRODUCTS
    ],
]


def apart(x: Any) -> Any:
    """The tensor with small numbers added, no two alike: no two elements are equal by chance."""
    return x + make(x, 0.01 * weights(tuple(x.shape), 0.7))


def make(like: Any, array: np.ndarray) -> Any:
    """The array as a tensor of the engine that made ``like``."""
    return ag.tensor(array) if isinstance(like, ag.Tensor) else like.new_tensor(array)


@dataclass(frozen=True)
class Program:
    """Lines of source in ``m`` (the module of an engine), the leaves and the constants."""

    lines: tuple[str, ...]
    ends: tuple[str, ...]  # the names of the results

    def __str__(self) -> str:
        return "\n".join([*self.lines, f"results: {', '.join(self.ends)}"])

    def __call__(self, module: Any, *leaves: Any) -> tuple:
        """The results with tensors in the place of the leaves."""
        scope = names(module, leaves)
        exec("\n".join(self.lines), scope)
        return tuple([scope[name] for name in self.ends])

    def number(self, module: Any, *leaves: Any) -> Any:
        """The sum of the results, and of the leaves' squares, with fixed weights."""
        results = [*self(module, *leaves), *[leaf * leaf for leaf in leaves]]
        return sum(
            (y * make(y, weights(tuple(y.shape), 0.2 + i))).sum() for i, y in enumerate(results)
        )


def names(module: Any, leaves: Sequence[Any]) -> dict[str, Any]:
    """What lines of source may name at the start."""
    layers = nn if module is ag else module.nn
    scope = {"m": module, "F": layers.functional, "apart": apart}
    constants = {name: make(leaves[0], weights(shape, 0.9)) for name, shape in CONSTANTS.items()}
    return scope | dict(zip(LEAVES, leaves)) | constants


def points(seed: int) -> list[np.ndarray]:
    """Values for the leaves."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1.2, 1.2, shape) for shape in LEAVES.values()]


def program(seed: int) -> Program:
    """A program of 5 to 15 ops, of which every result is small and finite."""
    rng = np.random.default_rng([seed, 1])
    scope = names(ag, [ag.tensor(x) for x in points(seed)])
    made: list[str] = []
    lines: list[str] = []
    wanted = int(rng.integers(5, 16))
    while len(lines) < wanted:
        result = f"v{len(lines)}"
        line = _drawn(rng, made, scope, result)
        if line is None:
            continue
        exec(line, scope)
        y = scope[result]
        if 0 < y.numel() <= LARGEST and y.ndim <= 3 and float(abs(y).max()) < 20:
            made.append(result)
            lines.append(line)
    return Program(tuple(lines), tuple(made[-3:]))


def _drawn(rng: np.random.Generator, made: list[str], scope: dict, result: str) -> str | None:
    """A line that fits operands drawn at random; None where the template does not hold."""
    template = TEMPLATES[rng.integers(len(TEMPLATES))]
    recent = made[-4:]
    if not recent or rng.random() < 0.3:
        recent = [*LEAVES, *made]
    a = str(rng.choice(recent))
    b = str(rng.choice([*recent, *CONSTANTS]))
    shapes = [tuple(scope[name].shape) for name in (a, b)]
    d, e = (int(n) for n in rng.integers(0, max(len(shapes[0]), 1), 2))
    if not template.holds(*shapes, d):
        return None
    return template.text.format(v=result, a=a, b=b, d=d, e=e)
