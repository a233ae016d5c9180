"""The chain rule written out."""

import re

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine.visual import explain


def evaluated(line):
    """The number that a line of LaTeX with numbers comes to."""
    text = re.sub(r"10\^\{(-?\d+)\}", r"10.0**\1", line.replace("\\cdot", "*"))
    assert re.fullmatch(r"[-+*. ()\de]+", text), text
    return eval(text)


def numeric_lines(latex):
    return [
        line.strip().removeprefix("&= ").removesuffix(" \\\\")
        for line in latex.split("\n")
        if line.startswith(" &= ")
    ]


def test_numbers_come_to_the_gradient_on_every_line():
    a, b, c = (ag.tensor(value, dtype="float64", requires_grad=True) for value in (2.0, -3.0, 0.5))
    e = a * b
    d = (e * 0.1 + c).tanh()
    y = d * d + d * a**2
    text = explain(y, a).latex
    y.backward()
    assert evaluated(numeric_lines(text)[-1]) == pytest.approx(a.grad.item(), rel=1e-3)
    parts = re.split(r"\\frac\{\\mathrm\{d\} y\}\{\\mathrm\{d\} (\w+)\} &=", text)[1:]
    assert parts[::2] == ["d", "a"]  # the shared result has a line of its own
    for derivation in parts[1::2]:
        *_, rules, product, total = numeric_lines(derivation)
        assert evaluated(product) == pytest.approx(evaluated(total), rel=2e-3)
        assert re.search("[a-z]", rules), "the local derivatives as their rules have them"


def test_a_shared_result_keeps_the_text_short():
    x = ag.tensor(1.1, requires_grad=True)
    y = x
    for _ in range(40):  # 2 ** 40 paths
        y = y * y * 0.9
    assert len(explain(y, x).latex) < 5000


def test_long_products_are_elided():
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(30):
        y = y * 0.9
    text = explain(y, x).latex
    assert "\\cdots" in text and text.count("\\frac") < 12 and numeric_lines(text)[-1] == "0.04239"


def test_tensors_show_the_sweep_as_textbooks_write_it():
    x, W, b = ag.randn(5, 3), ag.randn(2, 3, requires_grad=True), ag.randn(2, requires_grad=True)
    z = nn.functional.linear(x, W, b)
    h = z.sigmoid()
    loss = (h**2).mean()
    loss.backward()
    text = str(explain(loss, W))
    lines = [line.strip() for line in text.splitlines()]
    assert lines[-4:-1] == ["∇h = ∇v₆ ⊙ 2 h", "∇z = ∇h ⊙ h · (1 - h)", "∇W = (∇z)ᵀ x"]
    rows = re.findall(r"\[([-\d., e]+)\]", lines[-1])
    found = [[float(x) for x in row.split(",")] for row in rows]
    np.testing.assert_allclose(found, W.grad.numpy(), rtol=2e-3, atol=1e-6)
    assert "∇b = sum ∇z" in str(explain(loss, b)) and "1 / 10" in text


def test_indices_are_told_apart_and_long_sums_are_wrapped():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, rest = x[0], x[1:]
    text = str(explain((first * rest).sum(), x))
    assert "first = x[0]" in text and "rest = x[1:]" in text
    t = ag.tensor(1.0, requires_grad=True)
    lines = str(explain(sum(t * float(i) for i in range(2, 12)), t)).splitlines()
    assert max(map(len, lines)) < 250 and sum("+" in line for line in lines) > 4


@pytest.mark.parametrize(
    "name, written",
    [
        ("a", "a"),
        ("w_1", "w_{1}"),
        ("alpha", "\\alpha"),
        ("beta2", "\\beta_{2}"),
        ("loss", "\\mathrm{loss}"),
        ("a}$&\\x", "\\mathrm{a\\_x}"),
    ],
)
def test_names_become_mathematics_and_nothing_else(name, written):
    x = ag.tensor(2.0, requires_grad=True)
    x.name = name
    assert f"{{\\mathrm{{d}} {written}}}" in explain(x * 3, x).latex


def test_the_notebook_gets_displayed_mathematics():
    x = ag.tensor(2.0, requires_grad=True)
    made = explain(x * 3, x)
    assert made._repr_latex_().startswith("$$\n\\begin{aligned}") and "\\" not in repr(made)
    assert made.latex.count("{") == made.latex.count("}")


def test_what_was_not_computed_from_it_is_refused():
    x, z = ag.tensor(2.0, requires_grad=True), ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ag.GraphError, match="not computed from"):
        explain(x * 3, z)
