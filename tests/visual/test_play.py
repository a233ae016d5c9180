"""The film of the backward sweep."""

import gzip
import json
import re
import sys
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.page.html import BUDGET
from autograd_engine.visual.picture import render
from autograd_engine.visual.picture.paint import Sheet
from autograd_engine.visual.picture.theme import palette
from autograd_engine.visual.picture.vector import vector

from .graphs import drawn

pytestmark = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()),
    None,
)


def expression():
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(-3.0, requires_grad=True)
    c = a * b
    return a, b, c, c * c + a


def test_each_step_says_upstream_times_local_and_what_has_arrived():
    a, b, c, y = expression()
    steps = draw(y, names={"a": a, "b": b, "c": c, "y": y}).play().steps
    assert [step["title"] for step in steps] == ["start at y", "y = +", "v₃ = ×", "c = ×"]
    told = [(row["name"], row["text"], row["total"]) for step in steps for row in step["rows"]]
    assert told[2:5] == [
        ("→ c", "1 × -6 = -6", "so far -6"),
        ("→ c", "1 × -6 = -6", "sum -12"),
        ("→ a", "-12 × -3 = 36", "sum 37"),
    ]
    assert steps[3]["rows"][0]["rule"] == "∂c/∂a = b = -3"
    assert a.grad is None


def test_each_row_says_the_rule_with_numbers_and_the_shapes_of_matrices():
    x, W = ag.ones(16, 8), ag.ones(8, 4, requires_grad=True)
    h = (x @ W * 0.1).tanh()
    loss = h.sum()
    rows = [row for step in draw(loss).play().steps for row in step["rows"]]
    assert [row["rule"] for row in rows] == [
        "∂loss/∂h = 1, spread to shape (16, 4)",
        "∂h/∂v₄ = 1 − h²",
        "∂v₄/∂v₂ = 0.1",
        "dloss/dW = xᵀ g : (8, 16) @ (16, 4)",
    ]
    assert rows[-1]["boxes"] == [["xᵀ", 8, 16], "@", ["g", 16, 4], "=", ["dW", 8, 4]]
    assert rows[0]["boxes"] == []


def test_few_numbers_are_multiplied_one_by_one():
    x = ag.tensor([[1.0, 2.0], [0.0, 0.0]], dtype="float64")
    W = ag.tensor([[3.0], [0.5]], dtype="float64", requires_grad=True)
    rows = [row for step in draw((x @ W).exp().sum()).play().steps for row in step["rows"]]
    assert rows[1]["text"] == "[[1], [1]] ⊙ [[54.6], [1.0]] = [[54.6], [1.0]]"
    assert rows[2]["text"] == "[[1, 0], [2, 0]] @ [[54.6], [1.0]] = [[54.6], [109.2]]"


def test_statistics_are_not_multiplied():
    x = ag.ones(5, 3, requires_grad=True)
    rows = [row for step in draw(x.sigmoid().sum()).play().steps for row in step["rows"]]
    assert rows[1]["text"].startswith("g ⊙ local = mean ")
    assert rows[1]["rule"] == "∂v₁/∂x = v₁·(1 − v₁)"


def test_a_film_is_saved_as_a_page(tmp_path):
    film = draw(expression()[-1]).play()
    path = film.save(tmp_path / "film.html")
    text = path.read_text(encoding="utf-8")
    assert film.html() in text and text.startswith("<!doctype html>")
    with pytest.raises(ValueError, match=r"cannot save a film as 'film.mp3'; .* .html, .gif"):
        film.save(tmp_path / "film.mp3")


@pytest.mark.parametrize("theme, paper", [("auto", (255, 255, 255)), ("dark", (21, 24, 28))])
def test_a_film_is_a_gif_that_lights_each_step_and_shows_what_is_known(tmp_path, theme, paper):
    pytest.importorskip("matplotlib")
    from PIL import Image, ImageSequence

    a, b, c, y = expression()
    film = draw(y, names={"a": a, "b": b, "c": c, "y": y}, theme=theme).play()
    path = film.save(tmp_path / "film.gif")
    assert path.stat().st_size < BUDGET
    with Image.open(path) as image:
        frames = [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(image)]
    assert len(frames) == len(film.steps) and np.abs(frames[0][1, 1] - paper).max() < 4
    sheet = Sheet.of(vector(film._drawing.dot))
    colour = tuple(bytes.fromhex(palette(theme)["grad"][1:]))
    boxes = [s for s in sheet.shapes if s.owner.startswith("n") and s.tag == "path"]
    known = set()
    for step, frame in zip(film.steps, frames):
        known.update(step["known"])
        near = np.abs(frame - colour).max(-1) < 45
        for box in boxes:
            x, y, across, r, *_ = map(float, re.findall(r"-?[\d.]+", box.look["d"]))
            x, y = x + sheet.origin[0], y + sheet.origin[1]
            down = float(re.search(r"v(-?[\d.]+)", box.look["d"])[1]) + 2 * r
            top, bottom, left, right = (
                round(at / 72 * 96) for at in (y, y + down, x + 3, x + across - 3)
            )
            lit = near[top - 1 : top + 2, left:right].any(0).all()
            assert lit == (box.owner == step["node"]), step["title"]
            assert near[top + 4 : bottom - 3, left:right].any() == (box.owner in known)


def test_a_gif_without_matplotlib_says_what_to_install(tmp_path, monkeypatch):
    film = draw(expression()[-1]).play()
    for missing in ("PIL", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(ImportError, match=r"pip install matplotlib .*\[visual\]"):
            film.save(tmp_path / "film.gif")
        monkeypatch.undo()


def test_a_gradient_is_known_once_its_last_contribution_has_arrived():
    play = draw(expression()[-1]).play()
    known = [step["known"] for step in play.steps]
    names = {node.name: f"n{node.key}" for node in draw(expression()[-1], names=False).graph.nodes}
    assert (
        None in names
        and sum(map(len, known)) == 5
        and len({key for step in known for key in step}) == 5
    )


def test_elements_that_a_step_lights_are_in_the_picture():
    html = draw(expression()[-1]).play().html()
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])
    svg = draw(expression()[-1]).svg()
    ids = set(re.findall(r'id="([^"]+)"', svg.replace("&#45;", "-")))
    assert all({step["node"], *step["edges"], *step["known"]} <= ids for step in data["steps"])


def test_where_a_rule_is_no_product_the_jacobian_is_a_word():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    play = draw(x.softmax(0).sum()).play()
    assert play.steps[-1]["rows"][0]["text"].startswith("upstream × Jacobian = ")
    with pytest.raises(ValueError, match="gradient="):
        draw(x * x).play()
    assert draw(x * x).play(gradient=[1.0, 10.0]).steps[-1]["rows"][1]["total"] == "sum [2, 40]"


def test_what_cannot_be_played_is_said():
    with pytest.raises(ValueError, match="there is none: matmul stopped with .*ShapeError"):
        drawn("failing").play()
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="computed from others"):
        draw(x).play()
    y = x
    for _ in range(5001):
        y = y * x
    with pytest.raises(ValueError, match="5,000 operations, this one has 5,001"):
        draw(y).play()


def neurons(count):
    """The loss of a network of single numbers on a few samples, and its weights."""
    weights = [
        [
            [ag.tensor(0.1 * i - 0.07 * j + 0.05, requires_grad=True) for j in range(count)]
            for i in range(count)
        ]
        for _ in range(2)
    ]
    loss = ag.tensor(0.0)
    for sample in range(4):
        layer = [0.3 * i - 0.2 * sample for i in range(count)]
        for rows in weights:
            layer = [
                sum((w * x for w, x in zip(row, layer)), start=ag.tensor(0.1)).tanh()
                for row in rows
            ]
        loss = loss + (sum(layer[1:], start=layer[0]) - 1.0) ** 2
    return loss, [w for layer in weights for row in layer for w in row]


def ids(html):
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])
    return set(
        re.findall(
            r'id="([^"]+)"',
            gzip.decompress(b64decode(data["pictures"][0])).decode().replace('\\"', '"'),
        )
    )


def test_hundreds_of_operations_are_played_on_the_nodes_that_are_drawn():
    loss, weights = neurons(6)
    film = draw(loss, names={f"w{i}": w for i, w in enumerate(weights)}).play()
    html = film.html()
    assert film.shown.operations > 500 and len(film.shown.nodes) <= 150 and len(html) <= BUDGET
    assert {
        key for step in film.steps for key in (step["node"], *step["edges"], *step["known"])
    } <= ids(html)
    operations = [
        f"n{node.key}"
        for node in film.shown.nodes
        if node.kind in ("op", "group") and node.members and node.inputs
    ]
    assert [step["node"] for step in film.steps[1:]] == operations[::-1]
    known = [key for step in film.steps for key in step["known"]]
    assert len(known) == len(set(known))
    loss.backward()
    told = {
        row["name"]: row["total"]
        for step in film.steps
        for row in step["rows"]
        if row["total"].startswith("sum")
    }
    seen = [i for i in range(len(weights)) if f"→ w{i}" in told]
    assert len(seen) > 3
    for i in seen:
        assert float(told[f"→ w{i}"].removeprefix("sum ")) == pytest.approx(
            weights[i].grad.item(), rel=2e-3
        )


def test_a_folded_module_is_one_step_with_the_gradients_of_its_parameters():
    model = nn.Sequential(
        nn.Linear(2, 3),
        nn.Sequential(*[nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(4)]),
        nn.Linear(3, 1),
    )
    film = draw(model, ag.ones(1, 2)).play(gradient=[[1.0]])
    model(ag.ones(1, 2)).sum().backward()
    (step,) = [step for step in film.steps if "8 operations" in step["title"]]
    rows = {row["name"]: row["text"] for row in step["rows"]}
    assert (
        rows["→ 1.3.0.bias"].startswith("inside, ")
        and step["rows"][-1]["text"] == "and 2 more leaves inside"
    )
    numbers = [
        float(x) for x in re.findall(r"[-\d.e]+", rows["→ 1.3.0.bias"].removeprefix("inside, "))
    ]
    assert numbers == pytest.approx(model[1][3][0].bias.grad.tolist(), rel=2e-3)


def test_a_hostile_name_stays_text():
    x = ag.tensor(2.0, requires_grad=True)
    x.name = "</script><img src=x>"
    html = draw(x * x).play().html()
    assert html.count("<img") == 1 and html.count("</script>") == 2


def test_a_live_film_can_be_set_from_python():
    pytest.importorskip("anywidget")
    widget = draw(expression()[-1]).play(live=True)
    assert widget.step == 0 and widget.html == widget.film.html()
    widget.step = 99
    assert widget.step == len(widget.film.steps) - 1 == 3


def test_without_anywidget_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(
        ImportError, match=r"play\(live=True\) needs anywidget: pip install anywidget"
    ):
        draw(expression()[-1]).play(live=True)


@pytest.mark.slow
def test_in_a_browser_the_slider_moves_the_film(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    path = tmp_path / "play.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><body>{draw(expression()[-1]).play().html()}",
        encoding="utf-8",
    )
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".ag-lit")
        first, hidden = (
            page.locator(".ag-lit").get_attribute("id"),
            page.locator(".ag-hidden").count(),
        )
        page.get_by_label("step on").click()
        assert (
            page.locator(".ag-lit").get_attribute("id") == first
            and "1 × 1 = 1" in page.locator(".ag-panel").inner_text()
        )
        page.locator(".ag-steps input").fill("3")
        assert (
            page.locator(".ag-lit").get_attribute("id") != first
            and page.locator(".ag-hidden").count() < hidden
        )
        assert page.locator(".ag-view").get_attribute("data-lm-suppress-shortcuts") == "true"
        page.locator(".ag-view").focus()
        for key, count in (("Home", "0 of 3"), ("ArrowRight", "1 of 3"), ("End", "3 of 3")):
            page.keyboard.press(key)
            assert page.locator(".ag-count").inner_text() == count
        assert "∂v₂/∂v₀ = v₁ = -3" in page.locator(".ag-panel").inner_text()
        page.get_by_label("play").click()
        page.wait_for_function("document.querySelector('.ag-count').textContent === '1 of 3'")
        browser.close()
