"""A picture of any size is legible, and answers questions about one of its nodes: in a real
browser.
"""

import re
from pathlib import Path

import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.picture import render
from autograd_engine.visual.picture.numbers import bar

from .graphs import drawn

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()),
    None,
)

pytestmark = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser, path, html, width=1000):
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{html}", encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(".ag-live svg .node")
    return page


SMALLEST = """() => {
  const svg = document.querySelector(".ag-live svg");
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const sizes = [...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize));
  return Math.min(...sizes) * scale;
}"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1000, 700])
@pytest.mark.parametrize("name", ["numbers", "perceptron", "mlp"])
def test_in_a_browser_no_text_is_smaller_than_ten_pixels(browser, tmp_path, name, width):
    page = opened(browser, tmp_path / "page.html", drawn(name).html(), width)
    assert page.evaluate(SMALLEST) >= 9.99
    sizes = "(e) => [e.scrollWidth, e.clientWidth]"
    inner, outer = page.locator(".ag-stage").evaluate(sizes)
    assert outer <= width and (inner > outer or name != "perceptron"), "what is wider scrolls"


@pytest.mark.slow
def test_in_a_browser_a_click_tells_all_about_a_node_and_lights_its_ways(browser, tmp_path):
    function, x = (lambda model: lambda x: model(x).sum())(nn.Linear(3, 40)), ag.randn(4, 3)
    a = ag.ones(4, 40, requires_grad=True)
    view = draw(lambda x: function(x) + (a * 2).sum(), x)
    page = opened(browser, tmp_path / "page.html", view.html())
    (leaf,) = [node for node in view.graph.nodes if node.kind == "leaf"]
    page.locator(f"[id='n{leaf.key}'] text").first.click()
    told = page.locator(".ag-inspector").inner_text()
    assert "mean 1" in told and "std 0" in told and "█" in told and "mul (×)" in told
    lit, reached = {leaf.key}, set()
    for edge in view.graph.edges:  # users come after what they use
        if edge.source in lit:
            lit.add(edge.target)
            reached.add(f"e{edge.source}-{edge.target}-{edge.position}")
    bright = "[...document.querySelectorAll('.node:not(.ag-dim), .edge:not(.ag-dim)')]"
    shown = set(page.evaluate(f"{bright}.map((part) => part.id)"))
    assert shown == {f"n{key}" for key in lit} | reached and len(lit) < len(view.graph.nodes)
    page.locator(".ag-link", has_text="mul").click()
    assert "mul" in page.locator(".ag-inspector .ag-title").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".ag-inspector").is_visible() and page.locator(".ag-dim").count() == 0


@pytest.mark.slow
def test_in_a_browser_nodes_are_found_by_name(browser, tmp_path):
    page = opened(browser, tmp_path / "page.html", drawn("mlp").html())
    page.locator(".ag-find").fill("2.weight")
    (found,) = page.evaluate("[...document.querySelectorAll('.ag-hit')].map((node) => node.id)")
    assert "weight" in page.locator(f"[id='{found}']").text_content()
    frame, own = page.locator(".ag-stage").bounding_box(), page.locator(".ag-hit").bounding_box()
    assert frame["y"] <= own["y"] and own["y"] + own["height"] <= frame["y"] + frame["height"] + 1
    page.locator(".ag-find").fill("nothing of that name")
    assert page.locator(".ag-hit").count() == 0 and page.locator(".ag-none").count() == 1


@pytest.mark.slow
def test_in_a_browser_a_click_on_what_is_wrong_leads_there(browser, tmp_path):
    view = drawn("broken")
    page = opened(browser, tmp_path / "page.html", view.html())
    page.locator(".ag-verdict li").first.click()
    (key,) = view.verdict[0].nodes
    place = view.graph.places[key] if view.graph.places else key
    assert page.locator(".ag-chosen").get_attribute("id") == f"n{place}"


@pytest.mark.slow
def test_in_a_browser_a_drag_moves_the_picture_and_chooses_nothing(browser, tmp_path):
    page = opened(browser, tmp_path / "page.html", drawn("perceptron").html(), 700)
    stage = page.locator(".ag-stage")
    before = stage.evaluate("(e) => e.scrollLeft")
    page.mouse.move(500, 300)
    page.mouse.down()
    page.mouse.move(420, 300, steps=4)
    page.mouse.up()
    assert stage.evaluate("(e) => e.scrollLeft") == before + 80
    assert not page.locator(".ag-inspector").is_visible()


def test_what_comes_in_and_what_comes_out_is_marked():
    view = drawn("mlp")
    marked = {node.name or node.op for node in view.graph.nodes if node.input}
    assert marked == {"x"} and view.dot.count("<i>input</i>") == 1
    assert view.dot.count("<i>output</i>") == 1 and view.dot.count("ag-input") == 1
    values = drawn("perceptron")
    assert {node.name for node in values.graph.nodes if node.input} == {"x[0]", "x[1]", "x[2]"}


def test_many_numbers_are_said_in_one_and_all_that_is_known_if_asked_for():
    x = ag.tensor([[3.0, 4.0, 0.0, 0.0, 0.0]], requires_grad=True)
    brief, tables = draw(x * 2), draw(x * 2, tables=True)
    assert "rms 2.236" in brief.dot and ">mean<" not in brief.dot.replace("\xa0", "")
    assert "rms" not in tables.dot and ">mean<" in tables.dot.replace("\xa0", "")
    assert re.search(r"mean 1.4, std 1.744, 0 to 4", brief.dot), "the tooltip has it all"


def test_bars_compare_on_a_logarithmic_scale():
    lengths = [len(bar(size, 1e-6, 1.0).strip("\xa0")) for size in (1.0, 1e-2, 1e-4, 1e-6)]
    assert lengths == sorted(lengths, reverse=True) == [5, 4, 2, 1]
    assert bar(2.0, 2.0, 2.0).strip("\xa0") == "██▌"
