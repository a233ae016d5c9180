"""`draw`: DOT text, rendering, and what happens without Graphviz."""

import importlib.util
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname
from xml.etree import ElementTree

import pytest

import autograd_engine as ag
from autograd_engine import draw
from autograd_engine.visual import RenderError, explore
from autograd_engine.visual.page.html import BUDGET
from autograd_engine.visual.picture import render

from .graphs import drawn

HOSTILE = [
    "<script>alert(1)</script>",
    "\\N \\G \\L",
    "{|}",
    'a"b',
    "a\\nb\\",
    "<b>",
    "&lt;&amp;",
    "ζ→∂ 🐍",
    "]]>",
    "<",
    "nul\x00",
    "\ud800",
    "x" * 500,
]

needs_graphviz = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)


def small():
    a = ag.tensor(2.0, requires_grad=True)
    b = ag.tensor([1.0, -3.0], requires_grad=True)
    return a, b, (a * b).tanh().sum()


def test_floats_given_to_a_function_are_leaves():
    def polynomial(a, b, n):
        return (a * b + a.sin()) ** n

    nodes = draw(polynomial, 2.0, -1.0, 3).graph.nodes
    assert [(node.name, float(node.value.text)) for node in nodes if node.kind == "leaf"] == [
        ("a", 2.0),
        ("b", -1.0),
    ]


def test_names_of_the_callers_variables_are_shown():
    weight = ag.tensor(2.0, requires_grad=True)
    loss = weight * 3
    graph = draw(loss).graph
    assert [node.name for node in graph.nodes] == ["weight", None, "loss"]
    assert [node.name for node in draw(loss, names=False).graph.nodes] == [None, None, None]
    assert [node.name for node in draw(loss, names={"w": weight}).graph.nodes] == ["w", None, None]


def test_dot_holds_symbols_values_and_dashes_before_backward():
    a, b, y = small()
    before = draw(y).dot
    assert "digraph" in before and "×" in before and "tanh" in before and "—" in before
    assert "n0 -> n2" in before and "n1 -> n2" in before
    y.backward()
    after = draw(y).dot
    assert "—" not in after and str(draw(y).graph).count("grad") == 5


def test_dot_is_the_same_every_time():
    def text():
        a, b, y = small()
        return draw(y).dot

    assert text() == text()


@pytest.mark.parametrize(
    "arguments, message",
    [({"direction": "up"}, "direction"), ({"theme": "blue"}, "theme"), ({"names": 3}, "names")],
)
def test_wrong_arguments_are_named(arguments, message):
    error = TypeError if "names" in arguments else ValueError
    with pytest.raises(error, match=message):
        draw(small()[2], **arguments)


@pytest.mark.parametrize("given", [(3,), ([],), ("x",)])
def test_what_is_no_tensor_is_refused(given):
    with pytest.raises(TypeError, match="tensor"):
        draw(*given)


@needs_graphviz
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    x = ag.tensor(2.0, requires_grad=True)
    x.name = name
    view = draw((x * x).sin())
    view.graph.notes.append(f"about {name}")
    view = type(view)(view.graph)
    root = ElementTree.fromstring(view.svg())
    assert root.tag.endswith("svg")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        "svg",
        "g",
        "title",
        "style",
        "polygon",
        "path",
        "text",
        "a",
        "ellipse",
        "polyline",
        "defs",
    }
    shown = "".join(
        "".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")
    )
    shown = shown.replace("\N{WORD JOINER}", "")
    if name.isascii() and name.isprintable() and len(name) < 40:
        assert name in shown


@needs_graphviz
def test_a_hostile_line_of_source_stays_text():
    def function(x):
        return x * 2  # </title><script>alert("\n\N{|}&lt;")</script> \ ]

    view = draw(function, ag.tensor(2.0, requires_grad=True))
    titles = [
        element.get("{http://www.w3.org/1999/xlink}title", "")
        for element in ElementTree.fromstring(view.svg()).iter()
    ]
    (line,) = {
        line
        for title in titles
        for line in re.sub("\N{WORD JOINER}", "", title).replace("\xa0", " ").split("\n")
        if "return" in line
    }
    assert (
        line.partition(": ")[2]
        == r"""return x * 2  # </title><script>alert("\n\N{|}&lt;")</script> \ ]"""
    )
    assert view.html().count("<script") == 2


@needs_graphviz
def test_svg_parses_and_has_an_element_for_every_node_and_edge():
    view = draw(small()[2])
    root = ElementTree.fromstring(view.svg())
    ids = {element.get("id") for element in root.iter()}
    assert {f"n{node.key}" for node in view.graph.nodes} <= ids
    assert {f"e{e.source}-{e.target}-{e.position}" for e in view.graph.edges} <= ids
    assert (
        "prefers-color-scheme" in view.svg()
        and "prefers-color-scheme" not in draw(small()[2], theme="light").svg()
    )


@needs_graphviz
@pytest.mark.parametrize(
    "suffix, start", [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"//")]
)
def test_save_writes_the_format_that_the_suffix_names(tmp_path, suffix, start):
    path = draw(small()[2]).save(tmp_path / f"graph{suffix}")
    assert path.read_bytes().startswith(start)


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg"):
        draw(small()[2]).save(tmp_path / "graph.bmp")


@needs_graphviz
def test_a_notebook_gets_a_still_picture_too_as_far_as_there_is_room():
    bundle = draw(small()[2])._repr_mimebundle_()
    assert b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert sum(map(len, bundle.values())) <= BUDGET
    crowded = drawn("perceptron")._repr_mimebundle_()
    assert sum(map(len, crowded.values())) <= BUDGET


def test_a_terminal_opens_the_browser(monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    view = draw(small()[2])
    assert ".show()" in repr(view) and ".save('graph.svg')" in repr(view)
    view.show()
    view.play().show()
    for uri, html in zip(opened, (view.html(), view.play().html())):
        assert html in Path(url2pathname(urlparse(uri).path)).read_text(encoding="utf-8")
    assert len(opened) == 2


def test_a_widget_shows_a_still_picture_where_none_runs():
    pytest.importorskip("anywidget")
    x = ag.tensor(3.0, requires_grad=True)
    for widget in (explore(x * x), draw(x * x).play(live=True)):
        data, _ = widget._repr_mimebundle_()
        assert "<img" in data["text/html"] and "object at 0x" not in data["text/plain"]


def test_without_any_graphviz_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None)
    view = draw(small()[2])
    with pytest.raises(RenderError, match=r"pip install .*pygraphviz.*dot program") as caught:
        view.png()
    assert "\n" not in str(caught.value)
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert view.save(tmp_path / "graph.dot").read_text(encoding="utf-8") == view.dot


def test_pygraphviz_renders_with_an_empty_path(monkeypatch):
    pytest.importorskip("pygraphviz")
    monkeypatch.setenv("PATH", "")
    ElementTree.fromstring(draw(small()[2]).svg())


def test_pygraphviz_writes_nothing_to_the_standard_error():
    pytest.importorskip("pygraphviz")
    code = (
        "import os; os.environ['PATH'] = ''\n"
        "from autograd_engine.visual.picture import render\n"
        "render.render('digraph { a -> b }', 'svg')\n"
        "try: render.render('digraph { a -> ', 'svg')\n"
        "except render.RenderError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr == "" and "syntax error" in done.stdout


@needs_graphviz
def test_a_failing_graphviz_is_reported():
    with pytest.raises(RenderError, match="failed"):
        render.render("digraph { a -> ", "svg")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the dot program is a script")
@pytest.mark.parametrize("header", ["<?xml version='1.0'?>", ""])
def test_the_dot_program_is_started_once_for_many_pictures(monkeypatch, tmp_path, header):
    program = tmp_path / "dot"
    program.write_text(f"""#!{sys.executable}
import re, sys, pathlib
pathlib.Path({str(tmp_path / "started")!r}).open("a").write("once ")
for name in re.findall(r"digraph (\\w+)", sys.stdin.read()):
    print("{header}<svg><g>" + name + "</g></svg>")
""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = render.render_all([f"digraph {name} {{}}" for name in "abc"], "svg")
    assert [re.search(rb"<g>(.)</g>", svg)[1] for svg in made] == [b"a", b"b", b"c"] and all(
        svg.count(b"<svg>") == 1 for svg in made
    )
    assert (tmp_path / "started").read_text() == "once "


def test_the_engine_does_not_import_graphviz():
    code = "import sys, autograd_engine; assert 'graphviz' not in sys.modules; autograd_engine.draw; assert 'graphviz' in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_text_is_readable_on_every_colour():
    from autograd_engine.visual.graph.heat import DECADES, HEATS
    from autograd_engine.visual.picture.theme import DARK, LIGHT

    def luminance(color):  # WCAG 2.1, relative luminance
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(
            w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for w, c in zip((0.2126, 0.7152, 0.0722), parts)
        )

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for colours in (LIGHT, DARK):
        assert len(set(colours.values())) == len(colours), (
            "a style sheet tells roles by their colours"
        )
        papers = [
            "op",
            "output",
            "leaf",
            "parameter",
            "constant",
            "group",
            "scope",
            "failed",
            "backward",
            *[f"heat{i}" for i in range(HEATS)],
            *DECADES,
        ]
        for text in ("ink", "muted", "grad", "bad"):
            assert min(contrast(colours[text], colours[paper]) for paper in papers) >= 4.5, text
