"""A tensor's HTML card."""

import io
from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.visual.picture.card import SIDE, card


class Parts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.images = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs)["src"])

    def handle_data(self, data):
        self.words += data


@pytest.mark.parametrize(
    "tensor, words",
    [
        (ag.tensor(2.0), "shape ()"),
        (ag.tensor([1.0, 2.0], requires_grad=True), "no gradient yet"),
        (ag.tensor([1.0, 2.0], requires_grad=True) * 2, "grad_fn <MulBackward>"),
        (ag.tensor([True, False]), "bool"),
        (ag.zeros(0, 3), "shape (0, 3)"),
    ],
)
def test_the_head_says_what_it_is(tensor, words):
    parts = Parts(tensor._repr_html_())
    assert words in parts.words and repr(tensor) in parts.words


def test_a_matrix_has_a_histogram_and_a_heat_map_and_what_is_not_finite_is_red():
    pillow = pytest.importorskip("PIL.Image")
    array = np.linspace(-1.0, 1.0, 30).reshape(5, 6)
    array[1, 2], array[3, 4] = np.nan, np.inf
    parts = Parts(card(ag.tensor(array)))
    assert "svg" in parts.tags and "1 nan" in parts.words and "1 inf" in parts.words
    image = np.asarray(pillow.open(io.BytesIO(b64decode(parts.images[0].partition(",")[2]))))
    assert image.shape == (5, 6, 3)
    red = (207, 34, 46)
    assert (
        tuple(image[1, 2]) == red == tuple(image[3, 4])
        and (image.reshape(-1, 3) == red).all(1).sum() == 2
    )
    blue, orange = image[0, 0].astype(int), image[4, 5].astype(int)
    assert blue[2] > blue[0] and orange[0] > orange[2]


def test_a_large_matrix_is_sampled_and_says_so():
    parts = Parts(card(ag.zeros(10 * SIDE, 3)))
    assert "every 10th row" in parts.words and len(card(ag.randn(1000, 1000))) < 100_000


def test_hostile_names_stay_text():
    x = ag.tensor([1.0])
    x.name = "<script>alert(1)</script>"
    parts = Parts(card(x))
    assert "script" not in parts.tags and x.name in parts.words


def test_the_gradient_is_shown_below_its_tensor():
    x = ag.tensor([1.0, -2.0], requires_grad=True)
    assert "grad root mean square" not in Parts(card(x)).words
    (x**2).sum().backward()
    parts = Parts(card(x))
    assert "tensor([ 2., -4.])" in parts.words and "root mean square 3.162" in parts.words
    w = ag.ones(9, 9, dtype="float64", requires_grad=True)
    (w * ag.arange(81.0).reshape(9, 9)).sum().backward()
    parts = Parts(card(w))
    assert len(parts.images) == 2 and "−80 to 80" in parts.words
    x.grad[0] = float("nan")
    assert "root mean square nan" in Parts(card(x)).words
