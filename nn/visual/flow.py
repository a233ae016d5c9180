"""The layers of a model as boxes with the shapes of what flows through them."""

from __future__ import annotations

import copy
from typing import Any

from autograd_engine import Node, Tensor, as_tensor, get_rng_state, set_rng_state, zeros

from ..lazy import Lazy
from ..module import Module
from .figure import axes, frameless, look
from .plot import Plot


def shapes(
    model: Module, x: Any, depth: int | None = None, title: str = "", ax: Any = None
) -> Plot:
    """The layers of a model in the order in which they run, with the shapes of their inputs and
    outputs, and arrows for what flows from one to the next, past others too.

    Parameters
    ----------
    model : Module
        A copy of it runs, in evaluation mode.
    x : Tensor, array_like, or tuple
        What it is called with: several arguments as a tuple of tensors or arrays; a tuple of
        integers is a shape.
    depth : int, optional
        How many levels of modules are opened; by default all.
    title : str
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``layers``, dicts with ``name``, ``type``, ``input``, ``output`` and
        ``parameters``, the input of the model first; and ``arrows``, pairs of their numbers.

    Raises
    ------
    ValueError
        If the model calls no modules, or more than a hundred.

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    >>> plot = nn.visual.shapes(model, (1, 28, 28))
    >>> [(layer["type"], layer["output"]) for layer in plot.data["layers"]]
    [('input', [1, 28, 28]), ('Flatten', [1, 784]), ('Linear', [1, 10])]
    >>> plot.data["arrows"]
    [(0, 1), (1, 2)]
    """
    trace = _Trace(_inputs_of(x))
    state = get_rng_state()
    try:
        trace.run(copy.deepcopy(model).eval(), depth)
    finally:
        set_rng_state(state)
    if not 1 < len(trace.layers) <= MOST_BOXES:
        raise ValueError(
            f"the model called {len(trace.layers) - 1} modules, of which a picture shows 1 to "
            f"{MOST_BOXES - 1}; depth= closes those further down"
        )
    arrows = sorted(trace.arrows)
    ax = frameless(axes(ax, 5.6, 0.62 * len(trace.layers) + 0.3))
    _draw_boxes(ax, trace.layers)
    _draw_flow(ax, arrows)
    ax.set_title(title, fontsize=10)
    return Plot("shapes", ax, {"layers": trace.layers, "arrows": arrows})


MOST_BOXES = 100


def _inputs_of(x: Any) -> tuple[Tensor, ...]:
    """What the model is called with; floats with a graph of their own, so that their ways are
    known.
    """
    if isinstance(x, (tuple, list)) and x and all(isinstance(n, int) for n in x):
        given: tuple = (zeros(tuple(x)),)
    else:
        given = tuple(map(as_tensor, x)) if isinstance(x, tuple) else (as_tensor(x),)
    return tuple(t.detach().requires_grad_(t.is_floating_point()) for t in given)


def _opened(model: Module, depth: int | None) -> list[tuple[str, Module]]:
    """The modules that are boxes: those without children, and those at the depth."""
    if depth is not None and depth < 1:
        raise ValueError(f"depth is at least 1, got {depth}")
    return [
        (name, module)
        for name, module in model.named_modules()
        if (name or not module._modules)
        and (not module._modules or name.count(".") + 1 == depth)
        and (depth is None or name.count(".") < depth)
    ]


class _Trace:
    """What was called, and where its inputs came from."""

    def __init__(self, inputs: tuple[Tensor, ...]) -> None:
        given = _shapes_in(inputs)
        start = {"name": "", "type": "input", "input": None, "output": given, "parameters": 0}
        self.layers: list[dict[str, Any]] = [start]
        self.arrows: set[tuple[int, int]] = set()
        self._made: dict[int, int] = {id(_origin(t)): 0 for t in inputs}
        self._inputs = inputs
        self._alive: list[Any] = []  # so that no id is used twice

    def run(self, model: Module, depth: int | None) -> None:
        """Call a model that is changed by it, and listen."""
        if any(isinstance(module, Lazy) for module in model.modules()):
            model(*self._inputs)  # its layers have parameters from now on
        model.requires_grad_(True)
        for name, module in _opened(model, depth):
            module.register_forward_hook(self.hook(name, module), with_kwargs=True)
        model(*self._inputs)

    def hook(self, name: str, module: Module) -> Any:
        def heard(_: Module, args: tuple, kwargs: dict, output: Any) -> None:
            given = [t for t in (*args, *kwargs.values()) if isinstance(t, Tensor)]
            number = len(self.layers)
            self.layers.append(
                {
                    "name": name or "model",
                    "type": type(module).__name__,
                    "input": _shapes_in(given),
                    "output": _shapes_in(_tensors(output)),
                    "parameters": sum(p.numel() for p in module.parameters()),
                }
            )
            for tensor in given:
                self.arrows |= {(source, number) for source in self._sources(tensor)}
            for tensor in _tensors(output):
                self._made[id(_origin(tensor))] = number
                self._alive.append((tensor, _origin(tensor)))

        return heard

    def _sources(self, tensor: Tensor) -> set[int]:
        """The calls whose outputs a tensor was computed from, by operations between modules."""
        found = set()
        waiting = [_origin(tensor)]
        seen = set()
        while waiting:
            item = waiting.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if id(item) in self._made:
                found.add(self._made[id(item)])
            elif isinstance(item, Node):
                waiting += [i for i in item.inputs if isinstance(i, (Node, Tensor))]
        return found


def _origin(tensor: Tensor) -> Any:
    """What a tensor is known by in its graph: the node that made it, or itself."""
    return tensor.grad_fn or tensor


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, dict):
        output = [*output.values()]
    if isinstance(output, (tuple, list)):
        return [t for part in output for t in _tensors(part)]
    return []


def _shapes_in(tensors: Any) -> Any:
    """The shape of one tensor; of several, a list of shapes."""
    found = [list(t.shape) for t in tensors]
    return found[0] if len(found) == 1 else found


# --- drawing --------------------------------------------------------------------------------------

WIDTH = 4.6
STEP = 1.0
TALL = 0.62


def _draw_boxes(ax: Any, layers: list[dict[str, Any]]) -> None:
    from matplotlib.patches import FancyBboxPatch

    colors = look(ax)
    for i, layer in enumerate(layers):
        learns = bool(layer["parameters"])
        edge = colors.colors[0] if learns else colors.muted
        style = "round,pad=0,rounding_size=0.08"
        corner = (-WIDTH / 2, -i * STEP - TALL / 2)
        box = FancyBboxPatch(corner, WIDTH, TALL, style, linewidth=1, edgecolor=edge, fill=False)
        ax.add_patch(box)
        head = layer["type"]
        if layer["name"]:
            head = f"{layer['name']}  {layer['type']}"
        words = {"va": "center", "fontsize": 9, "color": colors.ink}
        ax.text(-WIDTH / 2 + 0.12, -i * STEP + 0.12 * learns, head, fontweight="bold", **words)
        if learns:
            words |= {"fontsize": 8, "color": colors.muted}
            count = f"{layer['parameters']:,} parameters"
            ax.text(-WIDTH / 2 + 0.12, -i * STEP - 0.15, count, **words)
        flow = f"{layer['output']}"
        if i:
            flow = f"{layer['input']} → {layer['output']}"
        words |= {"fontsize": 8.5, "color": colors.ink}
        ax.text(WIDTH / 2 - 0.12, -i * STEP, flow, ha="right", **words)
    ax.set_ylim(-(len(layers) - 1) * STEP - 0.6, 0.6)


def _draw_flow(ax: Any, arrows: list[tuple[int, int]]) -> None:
    """Arrows down the middle, and around what is passed by."""
    colors = look(ax)
    widest = 0.0
    for source, target in arrows:
        line = {"arrowstyle": "-|>", "color": colors.muted, "linewidth": 1.2, "shrinkA": 0}
        line["shrinkB"] = 0
        start, end = (0.0, -source * STEP - TALL / 2), (0.0, -target * STEP + TALL / 2)
        if target - source > 1:
            aside = 0.35 + 0.12 * min(target - source, 12)
            widest = max(widest, aside)
            start = (WIDTH / 2, -source * STEP)
            end = (WIDTH / 2, -target * STEP + 0.12)
            bend = min(0.9, aside / (0.5 * (target - source)))
            line |= {"connectionstyle": f"arc3,rad={-bend:.3f}", "color": colors.colors[1]}
        ax.annotate("", end, start, arrowprops=line)
    ax.set_xlim(-WIDTH / 2 - 0.1, WIDTH / 2 + 0.1 + widest)
