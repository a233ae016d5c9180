"""Without any Graphviz a picture is laid out in Python: it says the same, in the same elements, and
nothing stands on anything else.
"""

import re
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.graph.calls import path_around
from autograd_engine.visual.picture import render
from autograd_engine.visual.picture.labels import label, tooltip
from autograd_engine.visual.picture.layers import Frame, laid_out
from autograd_engine.visual.picture.numbers import ruler
from autograd_engine.visual.picture.paint import Sheet
from autograd_engine.visual.picture.theme import palette
from autograd_engine.visual.picture.vector import vector

from .graphs import GRAPHS, drawn

TITLE = "{http://www.w3.org/1999/xlink}title"


def plain(text):
    return text.replace("\N{WORD JOINER}", "").replace("\xa0", " ")


def elements(svg):
    """The elements by id: what each says, its tooltip, and the rectangle of its outline."""
    found = {}
    for group in ElementTree.fromstring(svg).iter():
        if not re.match(r"[nes]\d", group.get("id", "")):
            continue
        words = " ".join(e.text or "" for e in group.iter() if e.tag.endswith("}text"))
        (link,) = [e for e in group.iter() if e.get(TITLE) is not None]
        path = next(e for e in group.iter() if e.tag.endswith("}path")).get("d")
        found[group.get("id")] = (plain(words), plain(link.get(TITLE)), path)
    return found


def rectangle(path):
    """Left, top, right and bottom of a box with round corners."""
    x, y, across, r, *_ = (float(n) for n in re.findall(r"-?[\d.]+", path))
    down = float(re.search(r"v(-?[\d.]+)", path)[1])
    return x - r, y, x + across + r, y + down + 2 * r


def apart(a, b):
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def nested():
    block = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU())
    return nn.Sequential(block, nn.Linear(4, 4)), ag.randn(5, 4)


@pytest.mark.parametrize("options", [{}, {"direction": "LR"}, {"direction": "BT"}], ids=str)
@pytest.mark.parametrize("name", [*GRAPHS, "nested"])
def test_a_picture_says_all_and_nothing_overlaps(name, options):
    view = draw(*nested(), **options) if name == "nested" else drawn(name, **options)
    said = elements(vector(view.dot))
    colours, how = palette("auto"), ruler(view.graph)
    boxes = {}
    for node in view.graph.nodes:
        words, title, path = said[f"n{node.key}"]
        home = path_around(view.graph.scopes, node.scope)
        written = re.sub(r"<[^<>]*>", " ", label(node, colours, how, home)[1:-1])
        assert words.split() == plain(unescape(written)).split()
        assert title == tooltip(node)
        boxes[node.key] = rectangle(path)
    keys = list(boxes)
    for i, a in enumerate(keys):
        assert all(apart(boxes[a], boxes[b]) for b in keys[i + 1 :])
    for node in view.graph.nodes:
        scope = node.scope
        if scope is not None:  # in its box
            left, top, right, bottom = rectangle(said[f"s{scope}"][2])
            own = boxes[node.key]
            assert left <= own[0] and top <= own[1] and own[2] <= right and own[3] <= bottom
    for edge in view.graph.edges:
        _, title, path = said[f"e{edge.source}-{edge.target}-{edge.position}"]
        points = [float(n) for n in re.findall(r"-?[\d.]+", path)]
        for (x, y), key in ((points[:2], edge.source), (points[-2:], edge.target)):
            left, top, right, bottom = boxes[key]
            assert left - 0.1 <= x <= right + 0.1 and top - 0.1 <= y <= bottom + 0.1
        forward = boxes[edge.source][3] <= boxes[edge.target][1] + 0.1
        assert forward or options, "what is computed stands below"


def test_few_edges_cross_and_cycles_between_boxes_do_no_harm():
    leaves = {f"x{i}": (30.0, 10.0) for i in range(4)}
    users = {f"y{i}": (30.0, 10.0) for i in (2, 0, 3, 1)}
    layout = laid_out(Frame(nodes=leaves | users), [(f"x{i}", f"y{i}") for i in range(4)])
    assert all(layout.centres[f"x{i}"][0] == layout.centres[f"y{i}"][0] for i in range(4))
    box = Frame(nodes={"a": (10.0, 10.0), "c": (10.0, 10.0)})
    frame = Frame(nodes={"b": (10.0, 10.0)}, frames={"box": box})
    layout = laid_out(frame, [("a", "b"), ("b", "c")])
    assert set(layout.centres) == {"a", "b", "c"} and layout.corners["box"][1][0] >= 30


@pytest.mark.parametrize("show", ["html", "play"])
def test_everything_live_works_without_graphviz(monkeypatch, show):
    monkeypatch.setattr(render.shutil, "which", lambda name: None)
    monkeypatch.setattr(render.importlib.util, "find_spec", lambda name: None)
    model, x = nested()
    view = draw(lambda x: model(x).sum(), x)
    html = view.html() if show == "html" else view.play().html()
    assert '"clicks":[{' in html and "data:image/svg+xml" in html
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}


@pytest.mark.parametrize("name", ["broken", "mlp", "convolutional"])
def test_without_graphviz_matplotlib_makes_pixels_and_pdf_of_the_same_picture(
    monkeypatch, tmp_path, name
):
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    monkeypatch.setattr(render.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        render.importlib.util, "find_spec", lambda name: None if name == "pygraphviz" else name
    )
    view = drawn(name)
    assert view.save(tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")
    assert "image/png" in view._repr_mimebundle_()
    picture = imread(view.save(tmp_path / "graph.png")) * 255
    sheet = Sheet.of(vector(view.dot))
    assert picture.shape[0] == pytest.approx(2 * sheet.size[1], abs=2)
    boxes = [s for s in sheet.shapes if re.match(r"n\d", s.owner) and s.tag == "path"]
    assert {s.owner for s in boxes} == {f"n{node.key}" for node in view.graph.nodes}
    for box in boxes:
        left, top, _, bottom = rectangle(box.look["d"])
        x, y = left + sheet.origin[0] + 3, (top + bottom) / 2 + sheet.origin[1]
        inside = picture[int(2 * y), int(2 * x), :3]
        assert np.abs(inside - tuple(bytes.fromhex(box.look["fill"][1:]))).max() < 6, box


def test_backward_graphs_and_edge_texts_are_laid_out_too():
    a = ag.tensor(2.0, requires_grad=True)
    y = (a * 3 + 1).tanh() * a
    y.backward()
    view = draw(y, backward=True, edges=("text", "width"), theme="dark")
    said = elements(vector(view.dot))
    assert len(said) == len(view.graph.nodes) + len(view.graph.edges)
    assert "1 × 2 = 2" in " ".join(words for words, _, _ in said.values())
