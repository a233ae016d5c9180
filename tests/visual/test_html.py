"""What a notebook gets: HTML that shows without scripts, comes alive with them, stays small, and
escapes everything.
"""

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.picture import render
from autograd_engine.visual.page.compact import compact
from autograd_engine.visual.page.html import BUDGET

pytestmark = pytest.mark.skipif(
    not render.available(), reason="neither dot nor pygraphviz is installed"
)

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()),
    None,
)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.images = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))


def model():
    blocks = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3)]
    return nn.Sequential(nn.Linear(3, 4), nn.Sequential(*blocks), nn.Linear(4, 2))


def facts(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


def pictures(html):
    """The SVG of every state."""
    return [
        svg
        for packed in facts(html)["pictures"]
        for svg in json.loads(gzip.decompress(b64decode(packed)))
    ]


def picture(html):
    tags = Tags()
    tags.feed(html)
    (image,) = tags.images
    return b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode()


def test_the_bundle_holds_html_a_still_picture_and_text():
    view = draw(ag.tensor(2.0, requires_grad=True) * 3)
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", "image/png"}
    assert bundle["text/plain"] == repr(view)


def test_without_scripts_the_image_is_the_whole_picture():
    view = draw(ag.tensor(2.0, requires_grad=True) * 3)
    drawn, whole = [
        [
            element.text
            for element in ElementTree.fromstring(text).iter()
            if element.tag.endswith("text") and element.text.strip()
        ]
        for text in (picture(view.html()), view.svg())
    ]
    assert drawn == whole and "view" not in drawn
    assert "prefers-color-scheme:dark" in picture(view.html())


def test_nothing_is_loaded_from_elsewhere():
    html = draw(model(), ag.randn(2, 3)).html()
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", html + picture(html)))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize(
    "name",
    ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>', "{|}", "ζ 🐍"],
)
def test_hostile_names_stay_text(name):
    x = ag.tensor(2.0, requires_grad=True)
    x.name = name
    html = draw((x * x).sin()).html()
    tags = Tags()
    tags.feed(html)
    assert sorted(tags.seen) == ["div", "img", "script", "script", "style"]
    assert name in "".join(ElementTree.fromstring(picture(html)).itertext())


def test_compacting_keeps_the_picture():
    svg = draw((ag.tensor([2.0, 1.0], requires_grad=True) * 3).sum()).svg()
    small = compact(svg)
    assert len(small) < len(svg)

    def texts(text):
        return [
            e.text
            for e in ElementTree.fromstring(text).iter()
            if e.tag.endswith("text") and e.text.strip()
        ]

    assert texts(small) == texts(svg)


def test_every_click_leads_to_a_state_that_is_there_and_can_be_undone():
    html = draw(model(), ag.randn(2, 3)).html()
    found = facts(html)["clicks"]
    assert len(found) == len(pictures(html)) > 3
    assert all(
        -2 - len(found) < target < len(found) for clicks in found for target in clicks.values()
    )
    assert all(target >= 0 for clicks in found[:6] for target in clicks.values()), (
        "a small model fits in its place"
    )
    back = {0}
    for _ in found:
        back |= {i for i, clicks in enumerate(found) if (back | {-1}) & set(clicks.values())}
    assert back == set(range(len(found)))


def uneven(count):
    """Blocks in the sequence of Thue and Morse, of which nothing comes three times in a row; more
    boxes than fit into a page in their places.
    """
    more = [bin(i).count("1") % 2 + 1 for i in range(count)]
    return nn.Sequential(
        *[
            nn.Sequential(
                nn.Linear(4, 4), nn.Sequential(*[nn.Tanh()] * n, nn.Linear(4, 4)), nn.LayerNorm(4)
            )
            for n in more
        ]
    )


def test_a_repeat_alone_shows_all_of_it_in_its_order():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList(
                [nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(4)]
            )

        def forward(self, x):
            for block in self.blocks:
                x = x + block(x)
            return x.sum()

    view = draw(Residual(), ag.randn(2, 3, requires_grad=True))
    (group,) = [node for node in view.graph.nodes if node.fold and node.repeats == 4]
    alone = view.read(replace(view.reading, inside=group.fold)).graph
    assert [node.name for node in alone.nodes if node.fold] == [f"blocks.{i}" for i in range(4)]
    assert [node.op for node in alone.nodes if node.kind == "op"] == [
        "add"
    ] * 4 and alone.operations == 12


@pytest.mark.slow
def test_every_box_of_a_large_model_can_be_opened():
    view = draw(uneven(20), ag.randn(2, 4))
    html = view.html()
    found, shown = facts(html)["clicks"], pictures(html)
    assert len(html) <= BUDGET and len(found) == len(shown) > 20
    boxes = {f"n{node.key}" for node in view.graph.nodes if node.fold is not None}
    assert boxes and boxes <= {key for key, target in found[0].items() if target is not None}
    alone = [-2 - target for target in found[0].values() if target is not None and target < -1]
    assert alone
    for place in alone:
        assert len(shown[place]) < len(shown[0]) and -1 in found[place].values(), (
            "a click on the open box leads back"
        )
    reached, queue = {0}, [0]
    while queue:
        targets = {
            target if target >= 0 else -2 - target
            for target in found[queue.pop()].values()
            if target not in (-1, None)
        } - reached
        reached |= targets
        queue += targets
    assert reached == set(range(len(found)))
    for svg in shown:
        ElementTree.fromstring(svg)


def test_a_box_alone_shows_what_is_in_it_and_what_enters_it():
    view = draw(uneven(3), ag.randn(2, 4))
    alone = view.read(replace(view.reading, inside="1")).graph
    own = [
        node
        for node in view.whole.nodes
        if node.scope is not None and view.whole.scopes[node.scope].path.startswith("1")
    ]
    assert alone.operations == sum(node.kind == "op" for node in own)
    (entering,) = [node for node in alone.nodes if node.kind == "constant"]
    first = next(node for node in own if node.op)
    assert (
        entering.name == "from 0.2: normalize_rows (layer_norm)"
        and view.whole.nodes[first.inputs[0]].op == "normalize_rows"
        and entering.value is not None
        and alone.nodes[-1].output
    )
    assert {node.name for node in alone.nodes if node.fold} == {"1.0", "1.1", "1.2"}, (
        "the boxes in it are closed"
    )


@pytest.mark.slow
def test_a_large_picture_stays_within_the_budget():
    hidden = [ag.randn(6, 6, requires_grad=True) for _ in range(23)]
    h = ag.randn(5, 6)
    for w in hidden:
        h = (h @ w).tanh() + h * w.mean()
    loss = (h**2).mean()
    loss.backward()
    view = draw(loss)
    assert 100 < len(view.graph.nodes) <= 150 and len(view.html()) <= BUDGET
    scalars = [ag.tensor(0.1 * i, requires_grad=True) for i in range(49)]
    total = sum((a * b for a, b in zip(scalars, scalars[1:])), start=ag.tensor(0.0))
    total.backward()
    view = draw(total)
    assert 140 < len(view.graph.nodes) <= 150 and len(view.html()) <= BUDGET
    total = ag.stack([(a * a).tanh() for a in scalars * 4]).sum()
    total.backward()
    many = draw(total, limit=1000)
    html = many.html()
    assert len(many.graph.nodes) > 300 and pictures(html)[0].count('class="node') == len(
        many.graph.nodes
    )
    assert len(html) <= BUDGET and "are drawn in groups" in picture(html), (
        "the still picture is folded further"
    )
    layers = nn.Sequential(
        *[nn.Sequential(nn.Linear(6, 6), nn.Tanh(), *[nn.ReLU()] * (i % 3)) for i in range(20)]
    )
    assert len(draw(layers, ag.randn(5, 6)).html()) <= BUDGET


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def open_page(browser, path, html, **options):
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{html}", encoding="utf-8")
    page = browser.new_context(**options).new_page()
    page.goto(path.as_uri())
    return page


@pytest.mark.slow
def test_in_a_browser_clicks_unfold_and_fold(browser, tmp_path):
    page = open_page(browser, tmp_path / "page.html", draw(model(), ag.randn(2, 3)).html())
    page.wait_for_selector(".ag-live svg")
    before = page.locator(".ag-live svg .node").count()
    page.locator(".ag-live svg .ag-group.ag-click").first.click()
    page.wait_for_function(f"document.querySelectorAll('.ag-live svg .node').length > {before}")
    page.locator(".ag-live svg .ag-group.ag-click").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.ag-live svg .node').length > {before + 2}")


@pytest.mark.slow
def test_in_a_browser_a_box_of_a_large_model_is_shown_alone_and_left_again(browser, tmp_path):
    page = open_page(browser, tmp_path / "page.html", draw(uneven(12), ag.randn(2, 4)).html())
    page.wait_for_selector(".ag-live svg")
    before = page.locator(".ag-live svg .node").count()
    assert not page.get_by_label("back", exact=True).first.is_visible()
    page.locator("[data-target^='-'] text").first.click()
    page.wait_for_function(f"document.querySelectorAll('.ag-live svg .node').length < {before}")
    page.locator(".ag-bar").get_by_label("back").click()
    page.wait_for_function(f"document.querySelectorAll('.ag-live svg .node').length === {before}")


@pytest.mark.slow
def test_in_a_browser_a_click_that_leads_nowhere_says_so(browser, tmp_path):
    html = draw(model(), ag.randn(2, 3)).html()
    page = open_page(
        browser, tmp_path / "page.html", re.sub(r'("clicks":\[\{"n\d+":)\d+', r"\1null", html)
    )
    page.wait_for_selector("[data-note]")
    page.locator("[data-note] text").first.hover(force=True)
    page.wait_for_selector(".ag-tip:visible")
    assert "not in this page" in page.locator(".ag-tip").inner_text()


@pytest.mark.slow
def test_in_a_browser_an_edge_tells_the_gradient_that_flows_along_it(browser, tmp_path):
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 5
    y.backward()
    page = open_page(browser, tmp_path / "page.html", draw(y).html())
    page.wait_for_selector(".ag-live svg .edge")
    page.locator("[id='e0-2-0'] path").hover(force=True)
    page.wait_for_selector(".ag-tip:visible")
    assert "gradient: 1 × 5 = 5" in page.locator(".ag-tip").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_the_picture_follows_the_theme(browser, tmp_path, scheme):
    page = open_page(
        browser,
        tmp_path / "page.html",
        draw(ag.tensor(3.0, requires_grad=True) * 5).html(),
        color_scheme=scheme,
    )
    page.wait_for_selector(".ag-live svg .node")
    fill = "getComputedStyle(document.querySelector('.ag-live svg .ag-op path')).fill"
    own = page.evaluate(fill)
    page.evaluate(
        f"document.body.setAttribute('data-jp-theme-light', '{str(scheme == 'dark').lower()}')"
    )  # the notebook says otherwise
    page.wait_for_function(f"{fill} !== '{own}'")


@pytest.mark.slow
def test_in_a_browser_without_scripts_the_image_shows(browser, tmp_path):
    html = draw(ag.tensor(3.0, requires_grad=True) * 5).html()
    page = open_page(browser, tmp_path / "page.html", html, java_script_enabled=False)
    size = page.locator("img").bounding_box()
    assert size["width"] > 50 and size["height"] > 50 and page.locator(".ag-live").count() == 0
