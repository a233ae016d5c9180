"""einsum in all its spellings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_engine as ag
from autograd_engine import grad, tensor

from .making import leaf

# --- einsum ---------------------------------------------------------------------------------------

EINSUM = [
    ("ii->", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("nd,nn->d", [(3, 2), (3, 3)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ij->ji", [(2, 3)]),
    ("ij,k->i", [(2, 3), (4,)]),
    ("i,j->", [(2,), (3,)]),
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ba", [(2, 3)]),
    ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
    ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
    ("...ij->...ji", [(4, 5, 2, 3)]),
    ("...i,i->...", [(4, 2, 3), (3,)]),
    ("i...,i...->...", [(3, 2), (3, 2)]),
    ("...,...->", [(2, 3), (2, 3)]),
    ("i...->...", [(3, 2, 4)]),
    ("ij,ij->ij", [(2, 3), (1, 3)]),
    ("ij,jk->ik", [(2, 1), (3, 4)]),
    ("bij,bjk->bik", [(1, 2, 3), (5, 3, 4)]),
    ("i,i->", [(1,), (3,)]),
    ("i,i,i->i", [(3,), (3,), (3,)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
    ("ijk,ilm,njm,nlk,abc->", [(2, 3, 4), (2, 2, 3), (2, 3, 3), (2, 2, 4), (1, 2, 2)]),
    (",i->i", [(), (3,)]),
    (",->", [(), ()]),
    ("->", [()]),
    (" i j , j -> i ", [(2, 3), (3,)]),
    ("iij->j", [(3, 3, 2)]),
    ("iii->i", [(3, 3, 3)]),
    ("ij,ij->", [(0, 3), (0, 3)]),
    ("ij,jk->ik", [(2, 0), (0, 3)]),
    ("aB,Bc->ac", [(2, 3), (3, 2)]),
    ("...a,...b->...ab", [(2, 3), (2, 4)]),
    ("ii,i->", [(3, 3), (3,)]),
    ("a...,...b->ab...", [(2, 3), (3, 4)]),
    ("ji", [(2, 3)]),
    ("i,ij", [(2,), (2, 3)]),
    ("i,i->", [(3,), (1,)]),
    ("ij,jk->ik", [(2, 3), (1, 4)]),
    ("ij,jk,kl->il", [(2, 3), (1, 4), (1, 2)]),
    ("ij,j,j->i", [(2, 3), (1,), (3,)]),
    ("ij,j,j->", [(2, 1), (1,), (3,)]),
    ("...i,i->...", [(4, 2, 3), (1,)]),
    ("...i,...i->", [(2, 3), (1, 1)]),
    ("ii,i->i", [(1, 1), (3,)]),
    ("iji,j->", [(2, 1, 2), (3,)]),
]


@pytest.mark.parametrize("equation, shapes", EINSUM, ids=str)
def test_einsum_agrees_with_pytorch_in_value_and_gradient(equation, shapes, agrees):
    rng = np.random.default_rng(0)
    agrees(
        lambda m, *xs: m.einsum(equation, *xs),
        *[rng.normal(size=s) for s in shapes],
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize("equation, shapes", EINSUM, ids=str)
def test_einsum_is_differentiated_twice(equation, shapes, torch):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in shapes]

    def twice(m, gradient, xs):
        y = (m.einsum(equation, *xs) ** 2).sum()
        first = gradient(y, xs, create_graph=True)
        return gradient(sum((g**2).sum() for g in first), xs)

    ours = twice(ag, grad, [tensor(a, requires_grad=True) for a in arrays])
    theirs = twice(
        torch, torch.autograd.grad, [torch.tensor(a, requires_grad=True) for a in arrays]
    )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-8, atol=1e-10)


def test_the_trace_by_einsum_has_the_identity_for_gradient():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = ag.einsum("ii->", x)
    y.backward()
    assert y.item() == 5
    np.testing.assert_array_equal(x.grad.numpy(), np.eye(2))


def test_a_lone_summed_axis_spreads_the_gradient():
    x, v = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf(5.0, 6.0, 7.0)
    ag.einsum("ij,k->i", x, v).backward(tensor([1.0, 10.0], dtype="float64"))
    np.testing.assert_array_equal(x.grad.numpy(), [[18, 18], [180, 180]])
    np.testing.assert_array_equal(v.grad.numpy(), [73, 73, 73])


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", [(2, 3), (4, 5)]),
        ("ij->i", [(2,)]),
        ("ij->k", [(2, 3)]),
        ("ij,jk->ik", [(2, 3)]),
        ("i->ii", [(2,)]),
        ("i->", [(2,), (2,)]),
        ("i1->i", [(2, 2)]),
    ],
    ids=str,
)
def test_a_wrong_einsum_is_refused(equation, shapes):
    with pytest.raises((RuntimeError, ValueError)):
        ag.einsum(equation, *[ag.ones(s) for s in shapes])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_einsum_agrees_with_pytorch(agrees, data):
    sizes = {"a": 2, "b": 3, "c": 1, "d": 2}
    terms = data.draw(st.lists(st.text("abcd", max_size=3), min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    out = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, len(used)))]
    rng = np.random.default_rng(0)
    agrees(
        lambda m, *xs: m.einsum(f"{','.join(terms)}->{out}", *xs),
        *[rng.normal(size=[sizes[c] for c in term]) for term in terms],
        rtol=1e-9,
        atol=1e-10,
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_lengths_of_1_broadcast_in_any_einsum(agrees, data):
    sizes = {"a": 2, "b": 3, "c": 2}
    terms = data.draw(st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=3))
    used = sorted(set("".join(terms)))
    out = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, len(used)))]
    thin = [set(data.draw(st.sets(st.sampled_from(sorted(set(term)))))) for term in terms]
    shapes = [
        [1 if c in ones else sizes[c] for c in term] for term, ones in zip(terms, thin, strict=True)
    ]
    rng = np.random.default_rng(0)
    agrees(
        lambda m, *xs: m.einsum(f"{','.join(terms)}->{out}", *xs),
        *[rng.normal(size=shape) for shape in shapes],
        rtol=1e-9,
        atol=1e-10,
    )


TENSORDOT = [
    ([(2, 3), (1, 4)], 1),
    ([(2, 1), (3, 4)], 1),
    ([(2, 1, 4), (3, 4, 2)], 2),
    ([(2, 3, 4), (4, 1, 2)], ([1, 2], [1, 0])),
    ([(3,), (1,)], ([0], [0])),
    ([(1,), (1,)], 1),
    ([(2, 3), (3, 2)], ([-1], [-2])),
    ([(0, 3), (3, 2)], 1),
    ([(2, 0), (0, 2)], 1),
]


@pytest.mark.parametrize("shapes, dims", TENSORDOT, ids=str)
def test_tensordot_agrees_with_pytorch_over_lengths_of_1_too(shapes, dims, agrees):
    rng = np.random.default_rng(0)
    agrees(lambda m, a, b: m.tensordot(a, b, dims), *[rng.normal(size=s) for s in shapes])


def test_an_operand_with_a_repeated_letter_is_a_square():
    with pytest.raises(RuntimeError, match="repeats"):
        ag.einsum("ii->i", ag.ones(1, 3))
