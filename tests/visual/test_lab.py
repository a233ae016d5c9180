"""Pictures in JupyterLab, in a real browser: run live, and opened from a notebook that is not
trusted.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import autograd_engine as ag
from autograd_engine import draw
from autograd_engine.visual.picture import render

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()),
    None,
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or not render.available(), reason="needs chromium and Graphviz"
    ),
]

PROGRAM = """
import nn
import autograd_engine as ag
from autograd_engine import draw

blocks = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3)])
draw(nn.Sequential(nn.Linear(3, 4), blocks), ag.ones(2, 3))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab on a folder of its own; gives its address and the folder."""
    pytest.importorskip("jupyterlab")
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
    ]
    options = ["--ServerApp.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}"]
    with (folder / "log").open("w") as log:
        own = {
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        }
        server = subprocess.Popen(command + options, stdout=log, stderr=log, env=os.environ | own)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        yield address, folder
    finally:
        server.terminate()
        try:
            server.wait(60)
        except (
            subprocess.TimeoutExpired
        ):  # a busy machine, and nothing that a test could say more about
            server.kill()
            server.wait()


def _wait(address):
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.skip("JupyterLab did not start")


@pytest.fixture(scope="module")
def page():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_context(viewport={"width": 1300, "height": 1300}).new_page()
        browser.close()


def write(path, program=PROGRAM, outputs=()):
    nbformat = pytest.importorskip("nbformat")
    cell = nbformat.v4.new_code_cell(program, outputs=list(outputs))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), path)


def run(page, address, name):
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function("document.body.innerText.includes('Idle')", timeout=60_000)
    page.click("text=Run >> nth=0")
    page.click("text=Run All Cells >> nth=0")


def test_a_run_notebook_shows_the_live_picture_and_follows_the_labs_theme(lab, page):
    write(lab[1] / "run.ipynb")
    run(page, lab[0], "run.ipynb")
    page.wait_for_selector(".ag-live svg .node", timeout=60_000)
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
    before = page.locator(".ag-live svg .node").count()
    page.locator(".ag-live svg .ag-group.ag-click").first.click()
    page.wait_for_function(f"document.querySelectorAll('.ag-live svg .node').length > {before}")
    assert page.locator(".ag-view.ag-dark").count() == 0
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    page.wait_for_selector(".ag-view.ag-dark")


def test_a_notebook_that_is_not_trusted_shows_the_still_picture(lab, page):
    nbformat = pytest.importorskip("nbformat")
    address, folder = lab
    x = ag.tensor(3.0, requires_grad=True)
    data = draw(x * x)._repr_mimebundle_()
    write(
        folder / "foreign.ipynb",
        outputs=[nbformat.v4.new_output("execute_result", data, execution_count=1)],
    )
    page.goto(f"{address}/lab/tree/foreign.ipynb?reset")
    image = page.locator(".jp-OutputArea img").first
    image.wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    assert image.bounding_box()["height"] > 80 and page.locator(".ag-live").count() == 0


def test_moving_a_slider_changes_values_in_the_picture(lab, page):
    pytest.importorskip("anywidget")
    program = "import autograd_engine as ag\nfrom autograd_engine.visual import explore\n"
    write(
        lab[1] / "explore.ipynb",
        program
        + "speed = ag.tensor(3.0, requires_grad=True)\nw = explore(speed * speed)\nw.moved = {'speed': 4.5}\nw",
    )
    run(page, lab[0], "explore.ipynb")
    page.wait_for_selector(".ag-sliders input", timeout=60_000)
    page.wait_for_selector(".ag-stage svg .node")
    assert page.locator(".ag-sliders input").input_value() == "4.5", "the kernel has moved it"
    page.locator(".ag-sliders input").fill("6")
    page.wait_for_function(
        "document.querySelector('.ag-outcome').innerText.includes('output 36')", timeout=20_000
    )
    assert "predicted 18, actual 27" in page.locator(".ag-outcome").inner_text()
    page.wait_for_function(
        "[...document.querySelectorAll('.ag-stage svg .node text')].some((text) => "
        "text.textContent.trim() === '36')"
    )
    page.get_by_label("back to the start").click()
    page.wait_for_function(
        "document.querySelector('.ag-outcome').innerText.includes('output 9')", timeout=20_000
    )
    assert page.locator(".ag-sliders input").input_value() == "3"


def test_a_live_film_is_moved_from_the_page_and_from_the_kernel(lab, page):
    pytest.importorskip("anywidget")
    program = "import autograd_engine as ag\nspeed = ag.tensor(3.0, requires_grad=True)\n"
    program += "film = ag.draw((speed * speed).tanh()).play(live=True)\nfilm.step = 2\n"
    program += "film.observe(lambda change: setattr(film, 'step', 1) if change.new == 0 else None, 'step')\nfilm"
    write(lab[1] / "film.ipynb", program)
    run(page, lab[0], "film.ipynb")
    page.wait_for_selector(".ag-lit", timeout=60_000)
    assert page.locator(".ag-steps .ag-count").inner_text() == "2 of 2"
    page.get_by_label("first step").click()
    page.wait_for_function(
        "document.querySelector('.ag-count').textContent === '1 of 2'", timeout=20_000
    )
