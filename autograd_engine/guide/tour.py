"""The guided tour: a derivative, a network that learns to read digits, and a picture of its loss,
in half a minute.

``python -m autograd_engine`` walks through it. Read it as an example too: this is how the pieces
are put together.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

from .. import manual_seed, no_grad, tensor

NEEDED = {"sklearn": "scikit-learn", "tqdm": "tqdm"}
PICTURE = Path("digits_loss.svg")


def main() -> None:
    """Take the tour; what is missing for it is said before it starts."""
    complain_of_what_is_missing()
    manual_seed(0)
    heading("1. A derivative")
    differentiate()
    heading("2. A network learns to read handwritten digits")
    train, test = digits()
    model = train_classifier(train, test)
    heading("3. A picture of what was computed")
    draw_loss(model, test)
    heading("Where to go next")
    say_what_is_next()


def complain_of_what_is_missing() -> None:
    """End the program in one line if an extra is not installed."""
    from ..visual.picture.render import available

    missing = [name for module, name in NEEDED.items() if importlib.util.find_spec(module) is None]
    if not available():
        missing.append("Graphviz")
    if missing:
        sys.exit(f'the tour needs {" and ".join(missing)}: pip install "autograd-engine[notebook]"')


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def differentiate() -> None:
    """One number in, one number out, and the slope between them."""
    x = tensor(2.0, requires_grad=True)
    y = x**3 + x.sin()
    y.backward()
    assert x.grad is not None
    print(f"y = x**3 + sin(x)  at  x = 2:   y = {y.item():.4f}")
    print(f"y.backward() finds          dy/dx = {x.grad.item():.4f}")
    print(f"by hand, 3*x**2 + cos(x)          = {3 * 2**2 + math.cos(2):.4f}")


def digits() -> tuple[Any, Any]:
    """1797 images of 8 x 8 pixels with their digits, a quarter of them held out; standardised by
    the rest.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    pixels, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        pixels, labels, test_size=0.25, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(train_x)
    print(f"{len(train_x)} images to learn from, {len(test_x)} held out")
    return (as_tensors(scaler.transform(train_x), train_y)), (
        as_tensors(scaler.transform(test_x), test_y)
    )


def as_tensors(pixels: Any, labels: Any) -> tuple[Any, Any]:
    return tensor(pixels, dtype="float32"), tensor(labels)


def train_classifier(train: Any, test: Any, epochs: int = 20) -> Any:
    """Two layers, Adam, cross entropy: the loop that every network is trained with."""
    from tqdm import tqdm

    import nn
    from nn.data import DataLoader, TensorDataset

    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loss_function = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.003)
    batches = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True)
    with tqdm(range(epochs), desc="training", unit=" epochs") as bar:
        for _ in bar:
            for x, y in batches:
                loss = loss_function(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            bar.set_postfix(loss=f"{loss.item():.4f}", accuracy=f"{accuracy(model, train):.1%}")
    print(f"accuracy on the images that it has never seen: {accuracy(model, test):.1%}")
    return model


def accuracy(model: Any, data: Any) -> float:
    """The share of images that the network reads rightly."""
    x, y = data
    with no_grad():
        return (model(x).argmax(1) == y).to("float64").mean().item()


def draw_loss(model: Any, test: Any) -> None:
    """The graph of the loss of three images, from the weights down."""
    import nn

    from ..visual import draw

    images, labels = (part[:3] for part in test)
    model.zero_grad()
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    path = draw(loss, names=dict(model.named_parameters()) | {"images": images, "loss": loss}).save(
        PICTURE
    )
    print(f"the loss of three images, every step with its values and gradients: {path.resolve()}")


def say_what_is_next() -> None:
    print("open the picture in a browser")
    print(
        "jupyter lab notebooks             the same journey, to change and play with (in a "
        "checkout)"
    )
    print("python -m autograd_engine ops     all ops and the rules of their gradients")
    print("node, tensor, primitive, backward: read in this order, these files are the engine, in")
    print(f"                                  {Path(__file__).parents[1] / 'core'}")
