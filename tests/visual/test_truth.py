"""What a picture says is what the graph holds: every text, tooltip and attribute, byte for byte, in
what Graphviz writes and in what a saved page keeps of it.
"""

import gzip
import json
import re
from base64 import b64decode
from html import unescape
from xml.etree import ElementTree

import pytest

from autograd_engine.visual.graph.calls import path_around
from autograd_engine.visual.page.compact import compact
from autograd_engine.visual.picture import render
from autograd_engine.visual.picture.labels import label, tooltip
from autograd_engine.visual.picture.numbers import ruler
from autograd_engine.visual.picture.theme import palette

from .graphs import GRAPHS, drawn

pytestmark = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)

TITLE = "{http://www.w3.org/1999/xlink}title"
COORDINATES = "d points x y width height viewBox transform cx cy rx ry x1 y1 x2 y2".split()
SAID_ONCE = "text-anchor class fill font-family font-size".split()
"""What a compact picture says once for all, or in fewer words: compared by its meaning."""


def plain(text):
    """Text without what keeps Graphviz from reading names into it."""
    return text.replace("\N{WORD JOINER}", "").replace("\xa0", " ")


def parts(svg):
    """The elements by id: what each says, and its tooltip."""
    found = {}
    for element in ElementTree.fromstring(svg).iter():
        if re.match(r"[nes]\d", element.get("id", "")):
            words = " ".join(e.text or "" for e in element.iter() if e.tag.endswith("}text"))
            (link,) = [e for e in element.iter() if e.get(TITLE) is not None]
            found[element.get("id")] = (plain(words), plain(link.get(TITLE)))
    return found


def looks(svg):
    """Every text, tooltip and attribute but coordinates, in order, with what is inherited."""
    found = []

    def walk(element, inherited):
        own = inherited | {key: element.get(key) for key in SAID_ONCE if element.get(key)}
        if element.get("class") == "m":
            own["font-family"] = "Menlo"
        kind = element.tag.partition("}")[2]
        if kind == "text" and element.text.strip(" \xa0"):
            family = own["font-family"].split(",")[0]
            size = float(own["font-size"])
            found.append(
                (kind, element.text, own["fill"], family, size, element.get("font-weight"))
            )
        elif kind == "style":
            return
        elif kind not in ("text", "title"):
            rest = {key: element.get(key) for key in element.keys()}
            if kind == "g" and rest.get("id", "").startswith("a_"):
                del rest["id"]
            for key in (*COORDINATES, *SAID_ONCE):
                rest.pop(key, None)
            classes = element.get("class") if kind == "g" else None
            fill = own["fill"] if kind in ("path", "polygon", "ellipse") else None
            found.append((kind, sorted(rest.items()), classes, fill))
        for inner in element:
            walk(inner, own)

    walk(ElementTree.fromstring(svg), {"fill": "#1f2328"})
    return [item for item in found if item[0] != "svg"]


def in_page(html):
    """The first picture that lies in a page."""
    facts = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1]
    packed = json.loads(facts)["pictures"][0]
    return json.loads(gzip.decompress(b64decode(packed)))[0]


@pytest.mark.parametrize("name", GRAPHS)
def test_a_compact_picture_says_the_same(name):
    svg = drawn(name).svg()
    assert looks(compact(svg)) == looks(svg)


@pytest.mark.parametrize("tables", [False, True], ids=["brief", "tables"])
@pytest.mark.parametrize("name", GRAPHS)
def test_what_a_page_says_is_what_the_graph_holds(name, tables):
    view = drawn(name, tables=tables)
    said = parts(in_page(view.html()))
    colours = palette("auto")
    how = ruler(view.graph, tables)
    for node in view.graph.nodes:
        words, title = said.pop(f"n{node.key}")
        home = path_around(view.graph.scopes, node.scope)
        written = re.sub(r"<[^<>]*>", " ", label(node, colours, how, home)[1:-1])
        assert words.split() == plain(unescape(written)).split()
        assert title == tooltip(node)
        for what in (node.value, node.grad):
            assert what is None or what.text in title
    for edge in view.graph.edges:
        _, title = said.pop(f"e{edge.source}-{edge.target}-{edge.position}")
        flows = view.graph.nodes[edge.target].flows
        if edge.position < len(flows) and flows[edge.position]:
            assert flows[edge.position].text in title
    assert all(key.startswith("s") for key in said)
    for key, (_, title) in said.items():
        scope = view.graph.scopes[int(key[1:])]
        assert title == f"{scope.path or 'model'}: {scope.kind}"


@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_wrong_and_the_notes_of_a_graph_stand_under_it(name):
    view = drawn(name)
    root = ElementTree.fromstring(in_page(view.html()))
    (graph,) = [e for e in root if e.get("class") == "graph"]
    words = " ".join(e.text for e in graph if e.tag.endswith("}text"))
    said = [f"⚠ {finding.sentence}" for finding in view.verdict] + view.graph.notes
    assert plain(words).split() == " ".join(said).split()


@pytest.mark.parametrize("by", ["grad", "value", "bytes"])
def test_what_colours_mean_stands_under_the_picture(by):
    view = drawn("matrices", color_by=by)
    words = plain(" ".join(ElementTree.fromstring(in_page(view.html())).itertext()))
    assert all(text in words for _, text in view.graph.legend) and len(view.graph.legend) > 5
