"""The race of optimizers: its paths are those of the optimizers, and its page shows them."""

import json
import re
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn import visual
from nn.visual.downhill import path

CHROMIUM = next(
    (place for place in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(place).exists()),
    None,
)


@pytest.fixture(scope="module")
def race():
    return visual.animate("ravine", 6, [0.05, 0.3], [0.0, 0.9])


def facts_in(page):
    """What the script reads, with the paths in pixels: shape (paths, steps + 1, 2)."""
    facts = json.loads(re.search(r'application/json">(.*?)</script>', page)[1])
    places = np.frombuffer(b64decode(facts["places"]), "<i2") / 10
    return facts, places.reshape(-1, facts["steps"] + 1, 2)


SAME = {
    "SGD": lambda p, lr, m: nn.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr, m: nn.optim.SGD(p, lr=lr, momentum=m),
    "Nesterov": lambda p, lr, m: nn.optim.SGD(p, lr=lr, momentum=m, nesterov=m > 0),
    "Adagrad": lambda p, lr, m: nn.optim.Adagrad(p, lr=lr),
    "RMSprop": lambda p, lr, m: nn.optim.RMSprop(p, lr=lr, alpha=0.9),
    "Adam": lambda p, lr, m: nn.optim.Adam(p, lr=lr, betas=(m, 0.999)),
}


@pytest.mark.parametrize("label", SAME)
def test_paths_are_those_of_the_optimizers(race, label):
    for i, lr in enumerate(race.rates):
        for j, momentum in enumerate(race.momenta):
            make = SAME[label]
            alone = path(race.surface, lambda p, at=(lr, momentum), m=make: m(p, *at), 6)
            np.testing.assert_allclose(race.data[label][i, j], alone, atol=1e-12)


def test_an_optimizer_of_ones_own_races_too():
    own = {"Lion": lambda p, lr, m: nn.optim.Lion(p, lr=lr, betas=(m, 0.99))}
    data = visual.animate("beale", 2, [0.01, 0.02], [0.5], optimizers=own).data["Lion"]
    for lr, found in zip([0.01, 0.02], data[:, 0]):
        surface = visual.race.surface_of("beale")[1]
        alone = path(surface, lambda p, lr=lr: own["Lion"](p, lr, 0.5), 2)
        np.testing.assert_allclose(found, alone, atol=1e-12)


def test_the_page_holds_the_paths(race):
    page = race.html()
    facts, places = facts_in(page)
    assert facts["labels"] == [*race.data] and facts["rates"] == ["0.05", "0.3"]
    (left, right), (bottom, top) = race.surface.xlim, race.surface.ylim
    for label, starts in zip(facts["labels"], facts["starts"]):
        shown = places[starts].reshape(2, 2, 7, 2)
        x = left + shown[..., 0] / visual.race.WIDTH * (right - left)
        y = top - shown[..., 1] / visual.race.HEIGHT * (top - bottom)
        np.testing.assert_allclose(np.stack([x, y], -1), race.data[label], atol=0.01)
    assert (
        "https" not in page
        and 'src="http' not in page
        and repr(race).startswith("animate: SGD, momentum")
    )


def test_a_long_race_is_small_and_what_diverges_stays_where_it_left():
    race = visual.animate("saddle", 100)
    assert len(race.html()) < 300_000
    far = visual.animate(lambda x, y: x**4 + y**4, 30, [1.0], [0.0], start=(1.5, 1.5))
    sgd = far.data["SGD"][0, 0]
    assert np.isfinite(sgd).all() and (sgd[-1] == sgd[-2]).all()
    _, places = facts_in(far.html())
    assert np.abs(places).max() <= visual.race.WIDTH + visual.race.REACH / 10


def test_what_cannot_race_is_said(tmp_path, race):
    with pytest.raises(ValueError, match="no surface 'hill', but saddle"):
        visual.animate("hill")
    with pytest.raises(ValueError, match="one of each at least"):
        visual.animate("saddle", 5, lrs=[])
    with pytest.raises(ValueError, match="ends in .html"):
        race.save(tmp_path / "race.gif")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize(
    "scheme, ink", [("light", "rgb(31, 35, 40)"), ("dark", "rgb(230, 233, 236)")]
)
def test_in_a_browser_the_sliders_choose_the_path(race, tmp_path, scheme, ink):
    playwright = pytest.importorskip("playwright.sync_api")
    page_path = race.save(tmp_path / "race.html")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme)
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_path.as_uri())
        assert page.eval_on_selector("svg text", "e => getComputedStyle(e).fill") == ink
        facts, places = facts_in(race.html())
        for rate, momentum, time in ((0, 0, 6), (1, 1, 3)):
            for part, value in (("rate", rate), ("momentum", momentum), ("time", time)):
                page.fill(f"[data-part={part}]", str(value))
            for i, starts in enumerate(facts["starts"]):
                words = page.get_attribute(f"[data-part=path-{i}]", "points")
                shown = np.array([[*map(float, pair.split(","))] for pair in words.split()])
                np.testing.assert_allclose(shown, places[starts[2 * rate + momentum]][: time + 1])
        page.click("[data-part=play]")
        page.wait_for_function("document.querySelector('[data-part=time]').value == 6")
        page.click("[data-key='0']")
        assert not page.is_visible("[data-part=path-0]") and not errors
        browser.close()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_in_a_browser_without_scripts_the_image_shows(race, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    page_path = race.save(tmp_path / "race.html")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(page_path.as_uri())
        assert page.is_visible("img") and page.locator("img").bounding_box()["height"] > 300
        assert page.locator("input").count() == 0, "what does nothing is not shown"
        browser.close()


def test_the_image_is_the_picture_at_the_middle_settings(race):
    code = re.search(r"image/svg\+xml;base64,([^\"]+)", race.html())[1]
    svg = ElementTree.fromstring(b64decode(code))
    lines = [e for e in svg.iter() if e.tag.endswith("polyline")]
    facts, places = facts_in(race.html())
    for line, starts in zip(lines, facts["starts"]):
        shown = [[*map(float, pair.split(","))] for pair in line.get("points").split()]
        np.testing.assert_allclose(shown, places[starts[3]])
    names = [e.text for e in svg.iter() if e.tag.endswith("tspan")]
    assert names == [f"● {label}" for label in race.data]


def test_the_graph_is_one_for_all_paths():
    calls = []

    def bowl(x, y):
        calls.append(tuple(x.shape))
        return x**2 + y**2

    visual.animate(bowl, 2, [0.1, 0.2], [0.0, 0.9], start=(1, 1))
    assert calls[:2] == [(3 * 2 + 3 * 4,)] * 2, "at two steps three with, three without a momentum"
    assert ag.is_grad_enabled()
