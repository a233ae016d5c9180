"""The chain rule written out."""

import re

import pytest

import autograd_engine as ag
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
    totals = re.findall(
        r"\\frac\{\\mathrm\{d\} y\}\{\\mathrm\{d\} (\w+)\} &=.*\\\\\n &= (.*) \\\\\n &= (.*?)(?: "
        r"\\\\)?\n",
        text,
    )
    assert [name for name, _, _ in totals] == ["d", "a"]  # the shared result has a line of its own
    assert all(
        evaluated(product) == pytest.approx(evaluated(total), rel=2e-3)
        for _, product, total in totals
    )


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


def test_tensors_show_the_shapes_of_jacobians():
    W = ag.randn(3, 4, requires_grad=True)
    y = (W @ ag.randn(4)).tanh()
    text = explain(y, W).latex
    assert (
        "_{(3) \\times (3,4)}" in text
        and text.split("\n")[-2].strip() == "&\\in \\mathbb{R}^{(3) \\times (3,4)}"
    )


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
    assert made._repr_latex_().startswith("$$\n\\begin{aligned}") and repr(made) == made.latex
    assert made.latex.count("{") == made.latex.count("}")


def test_what_was_not_computed_from_it_is_refused():
    x, z = ag.tensor(2.0, requires_grad=True), ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ag.GraphError, match="not computed from"):
        explain(x * 3, z)
