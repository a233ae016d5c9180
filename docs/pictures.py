"""The pictures of the README's gallery: ``python docs/pictures.py [folder]`` draws them anew."""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "autograd_engine"  # the same names for the same picture

import nn  # noqa: E402
from autograd_engine import manual_seed  # noqa: E402
from nn import visual  # noqa: E402

FOLDER = Path(__file__).parent / "pictures"
if len(sys.argv) > 1:
    FOLDER = Path(sys.argv[1])


def functions() -> None:
    """Activations and their derivatives."""
    _save(visual.activation(["sigmoid", "relu"], derivative=True), "activation")


def neurons() -> None:
    """A network of neurons, its weights by sign and size."""
    model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    visual.network(model).save(FOLDER / "network.svg")


def paths() -> None:
    """Four optimizers on their way out of a saddle."""
    makers = {
        "SGD": lambda ps: nn.optim.SGD(ps, lr=0.05),
        "momentum": lambda ps: nn.optim.SGD(ps, lr=0.05, momentum=0.8),
        "RMSprop": lambda ps: nn.optim.RMSprop(ps, lr=0.05),
        "Adam": lambda ps: nn.optim.Adam(ps, lr=0.08),
    }
    _save(visual.optimizer_paths("saddle", optimizers=makers, start=(-1.2, 0.01)), "paths")


def boundary() -> None:
    """Where a classifier decides, and what it misreads."""
    moons = nn.datasets.moons(n=160, noise=0.22)
    model = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 2))
    adam = nn.optim.Adam(model.parameters(), lr=0.02)
    nn.fit(model, nn.CrossEntropyLoss(), adam, moons, epochs=60, progress=False)
    _save(visual.decision_boundary(model, moons.x, moons.y), "boundary")


def _save(drawn, name: str) -> None:
    axes = getattr(drawn, "axes", drawn)
    figure = getattr(axes, "figure", None) or axes[0].figure
    figure.set_size_inches(4.6, 3.4)
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in (functions, neurons, paths, boundary):
        manual_seed(0)
        picture()
