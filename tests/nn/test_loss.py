"""Every loss against PyTorch: all reductions, weights, shapes and extremes; values and gradients of
all inputs.
"""

import functools
import itertools

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F

RNG = np.random.default_rng(7)
REDUCTIONS = ("mean", "sum", "none")


def real(*shape):
    return RNG.normal(size=shape)


def unit(*shape):
    return RNG.uniform(0.02, 0.98, size=shape)


def signs(*shape):
    return RNG.choice([-1, 1], size=shape)


def classes(c, *shape):
    return RNG.integers(0, c, size=shape)


def log_unit(*shape):
    x = real(*shape)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def distributions(*shape):
    return np.exp(log_unit(*shape))


W = np.array([0.3, 1.7, 0.9, 2.2])
IGNORED = np.array([1, -100, 3, -100, 0])
ALL_LOSSES = [
    ("MSELoss", {}, (real(3, 2), real(3, 2))),
    ("MSELoss", {}, (real(), real())),
    ("L1Loss", {}, (real(3, 2), real(3, 2))),
    ("SmoothL1Loss", {}, (2 * real(9), 2 * real(9))),
    ("SmoothL1Loss", {"beta": 0.4}, (2 * real(9), 2 * real(9))),
    ("SmoothL1Loss", {"beta": 0.0}, (real(9), real(9))),
    ("SmoothL1Loss", {}, (np.array([1.0, 0.0, -1.0, 2.0]), np.zeros(4))),
    ("HuberLoss", {}, (2 * real(9), 2 * real(9))),
    ("HuberLoss", {"delta": 0.4}, (2 * real(9), 2 * real(9))),
    ("HuberLoss", {}, (np.array([1.0, 0.0, -1.0, 2.0]), np.zeros(4))),
    ("PoissonNLLLoss", {}, (real(6), RNG.poisson(2, 6))),
    ("PoissonNLLLoss", {"full": True}, (real(6), np.array([0.5, 1.0, 2.0, 3.0, 7.0, 1.5]))),
    ("PoissonNLLLoss", {"log_input": False, "eps": 1e-3}, (unit(6), RNG.poisson(2, 6))),
    ("GaussianNLLLoss", {}, (real(5, 2), real(5, 2), unit(5, 2))),
    ("GaussianNLLLoss", {"full": True, "eps": 0.3}, (real(5, 2), real(5, 2), unit(5, 2))),
    ("GaussianNLLLoss", {}, (real(5, 2), real(5, 2), unit(5))),
    ("GaussianNLLLoss", {}, (real(5, 2), real(5, 2), unit(5, 1))),
    ("CrossEntropyLoss", {}, (real(5, 4), classes(4, 5))),
    ("CrossEntropyLoss", {}, (real(4), np.array(2))),
    ("CrossEntropyLoss", {"weight": W}, (real(5, 4), classes(4, 5))),
    ("CrossEntropyLoss", {}, (real(5, 4), IGNORED)),
    ("CrossEntropyLoss", {"weight": W, "ignore_index": 1}, (real(5, 4), np.array([0, 1, 2, 1, 3]))),
    ("CrossEntropyLoss", {"ignore_index": 255}, (real(5, 4), np.array([0, 255, 2, 1, 3]))),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, (real(5, 4), classes(4, 5))),
    ("CrossEntropyLoss", {"label_smoothing": 0.2, "weight": W}, (real(5, 4), IGNORED)),
    ("CrossEntropyLoss", {"label_smoothing": 1.0}, (real(4), np.array(2))),
    ("CrossEntropyLoss", {}, (real(5, 4), distributions(5, 4))),
    ("CrossEntropyLoss", {}, (real(4), distributions(1, 4)[0])),
    ("CrossEntropyLoss", {"weight": W, "label_smoothing": 0.1}, (real(5, 4), distributions(5, 4))),
    ("CrossEntropyLoss", {}, (real(2, 4, 3), classes(4, 2, 3))),
    ("CrossEntropyLoss", {"weight": W, "ignore_index": 0}, (real(2, 4, 3, 2), classes(4, 2, 3, 2))),
    ("CrossEntropyLoss", {"weight": W, "label_smoothing": 0.3}, (real(2, 4, 3), classes(4, 2, 3))),
    ("CrossEntropyLoss", {"weight": W}, (real(2, 4, 3, 2), distributions(2, 4, 3, 2))),
    (
        "CrossEntropyLoss",
        {},
        (np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [0.0, 1000.0]]), np.array([0, 0, 1])),
    ),
    ("CrossEntropyLoss", {}, (real(1, 1), np.array([0]))),
    ("NLLLoss", {}, (log_unit(5, 4), classes(4, 5))),
    ("NLLLoss", {"weight": W}, (log_unit(5, 4), IGNORED)),
    ("NLLLoss", {"ignore_index": 2}, (log_unit(2, 4, 3), classes(4, 2, 3))),
    ("NLLLoss", {}, (real(4), np.array(2))),
    ("BCELoss", {}, (unit(4, 2), unit(4, 2))),
    ("BCELoss", {"weight": unit(2)}, (unit(4, 2), unit(4, 2))),
    ("BCELoss", {}, (np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0]))),
    ("BCEWithLogitsLoss", {}, (real(4, 2), unit(4, 2))),
    ("BCEWithLogitsLoss", {"weight": unit(4, 1)}, (real(4, 2), unit(4, 2))),
    ("BCEWithLogitsLoss", {"pos_weight": np.array([2.0, 0.5])}, (real(4, 2), unit(4, 2))),
    (
        "BCEWithLogitsLoss",
        {},
        (np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([1.0, 0.0, 0.0, 1.0])),
    ),
    (
        "BCEWithLogitsLoss",
        {"pos_weight": np.array([3.0])},
        (np.array([1000.0, -1000.0]), np.array([0.0, 1.0])),
    ),
    ("HingeEmbeddingLoss", {"margin": 0.7}, (real(8), signs(8))),
    ("MultiMarginLoss", {}, (real(5, 4), classes(4, 5))),
    ("MultiMarginLoss", {"p": 2, "margin": 0.6, "weight": W}, (real(5, 4), classes(4, 5))),
    ("MultiMarginLoss", {}, (real(4), np.array(1))),
    (
        "MultiLabelMarginLoss",
        {},
        (real(3, 4), np.array([[3, 0, -1, 1], [-1, 2, 2, 2], [0, 1, 2, 3]])),
    ),
    ("MultiLabelMarginLoss", {}, (real(4), np.array([3, 0, -1, 1]))),
    ("MultiLabelSoftMarginLoss", {}, (real(3, 4), classes(2, 3, 4).astype(float))),
    ("MultiLabelSoftMarginLoss", {"weight": W}, (real(3, 4), classes(2, 3, 4).astype(float))),
    ("SoftMarginLoss", {}, (real(8), signs(8))),
    ("CosineEmbeddingLoss", {}, (real(6, 3), real(6, 3), signs(6))),
    ("CosineEmbeddingLoss", {"margin": 0.3}, (real(3), real(3), np.array(-1))),
    ("MarginRankingLoss", {"margin": 0.4}, (real(6), real(6), signs(6).astype(float))),
    ("TripletMarginLoss", {}, (real(5, 3), real(5, 3), real(5, 3))),
    (
        "TripletMarginLoss",
        {"swap": True, "p": 3.0, "margin": 2.0},
        (real(5, 3), real(5, 3), real(5, 3)),
    ),
    ("TripletMarginLoss", {"p": 1.0}, (real(3), real(3), real(3))),
    ("TripletMarginWithDistanceLoss", {"margin": 0.5}, (real(5, 3), real(5, 3), real(5, 3))),
]
CASES = [
    (name, {**kwargs, "reduction": r}, inputs)
    for (name, kwargs, inputs), r in itertools.product(ALL_LOSSES, REDUCTIONS)
]
CASES += [
    ("KLDivLoss", {"reduction": r}, (log_unit(3, 4), distributions(3, 4)))
    for r in ("batchmean", "sum", "none")
]
CASES += [
    ("KLDivLoss", {"reduction": r, "log_target": True}, (log_unit(3, 4), log_unit(3, 4)))
    for r in ("batchmean", "sum", "none")
]


@pytest.mark.parametrize(
    "name, kwargs, inputs", CASES, ids=[f"{name}-{kwargs}" for name, kwargs, _ in CASES]
)
def test_agrees_with_torch(name, kwargs, inputs, agree, twins):
    ours, theirs = twins(name, **kwargs)
    at_the_ends = name == "BCELoss" and 0.0 in inputs[0]  # PyTorch's 1e-12 is in single precision
    agree(ours, theirs, *inputs, tol=1e-7 if at_the_ends else 1e-9, second=not at_the_ends)
    assert repr(ours) == repr(theirs)


SECOND = [
    case
    for case in CASES
    if case[0] in ("CrossEntropyLoss", "BCEWithLogitsLoss", "BCELoss")
    and np.abs(case[2][0]).max() < 5
    and not (case[2][0] == 0).any()
]


@pytest.mark.parametrize(
    "name, kwargs, inputs", SECOND, ids=[f"{name}-{kwargs}" for name, kwargs, _ in SECOND]
)
def test_second_derivatives(name, kwargs, inputs, twins):
    loss, _ = twins(name, **kwargs)
    x = ag.tensor(inputs[0], requires_grad=True)
    assert ag.gradgradcheck(lambda x: loss(x, ag.tensor(inputs[1])), x)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint64"])
@pytest.mark.parametrize("n", [40, 300])
def test_classes_may_be_integers_of_any_size(dtype, n):
    """Also where the number of samples, or its product with a class, is beyond their range."""
    rng = np.random.default_rng(0)
    x, classes = rng.standard_normal((n, 10)), rng.integers(0, 10, n)
    scores = ag.tensor(x, requires_grad=True)
    loss = F.cross_entropy(scores, ag.tensor(classes.astype(dtype)))
    loss.backward()
    probabilities = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    assert loss.item() == pytest.approx(-np.log(probabilities[np.arange(n), classes]).mean())
    np.testing.assert_allclose(scores.grad, (probabilities - np.eye(10)[classes]) / n, atol=1e-12)


# --- batches in which little or nothing counts ----------------------------------------------------

OF_ROWS = {
    *("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "MultiLabelMarginLoss"),
    *("CosineEmbeddingLoss", "TripletMarginLoss"),
}
BATCHED = [
    (name, kwargs, inputs)
    for name, kwargs, inputs in CASES
    if all(a.shape[:1] == inputs[0].shape[:1] != () for a in inputs)
    and inputs[0].ndim > (name in OF_ROWS)
]
LABELLED = [case for case in CASES if case[0] in ("CrossEntropyLoss", "NLLLoss", "FocalLoss")]
LABELLED = [case for case in LABELLED if case[2][0].shape == (5, 4) and case[2][1].shape == (5,)]
LABELLED += [
    ("FocalLoss", {**kwargs, "gamma": 1.5}, inputs)
    for name, kwargs, inputs in LABELLED
    if name == "NLLLoss"
]


def names(cases):
    return [f"{name}-{kwargs}" for name, kwargs, _ in cases]


def gradients_of(loss, x, *rest):
    x = ag.tensor(x, requires_grad=True)
    value = loss(x, *map(ag.tensor, rest))
    (gradient,) = ag.grad(value.sum(), [x], allow_unused=True)
    return value, gradient


def build(name, kwargs):
    return getattr(nn, name)(
        **{k: ag.tensor(v) if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
    )


@pytest.mark.parametrize("name, kwargs, inputs", BATCHED, ids=names(BATCHED))
def test_of_an_empty_batch(name, kwargs, inputs, torch):
    """The mean is NaN, the sum 0, and the gradient as empty as the batch."""
    kwargs = {
        key: value[:0] if getattr(value, "shape", ())[:1] == inputs[0].shape[:1] else value
        for key, value in kwargs.items()
    }
    empty = [a[:0] for a in inputs]
    value, gradient = gradients_of(build(name, kwargs), *empty)
    assert gradient.shape == empty[0].shape
    if kwargs["reduction"] == "none":
        assert value.numel() == 0
    else:
        expected = 0.0 if kwargs["reduction"] == "sum" else np.nan
        np.testing.assert_equal(value.item(), expected)


@pytest.mark.parametrize("name, kwargs, inputs", LABELLED, ids=names(LABELLED))
@pytest.mark.parametrize("recorded", [False, True])
def test_a_batch_of_ignored_targets_does_no_harm(name, kwargs, inputs, recorded):
    loss = build(name, kwargs)
    target = np.full_like(inputs[1], loss.ignore_index)
    x = ag.tensor(np.full_like(inputs[0], np.nan), requires_grad=True)
    value = loss(x, ag.tensor(target))
    (gradient,) = ag.grad(value.sum(), [x], create_graph=recorded)
    assert (gradient == 0).all()
    if kwargs["reduction"] == "mean":
        assert np.isnan(value.item())
    else:
        assert (value == 0).all()


@pytest.mark.parametrize("name, kwargs, inputs", LABELLED, ids=names(LABELLED))
@pytest.mark.parametrize("recorded", [False, True])
def test_an_ignored_row_does_not_count_whatever_it_holds(name, kwargs, inputs, recorded):
    loss = build(name, kwargs)
    scores, target = inputs[0].copy(), inputs[1].copy()
    target[[0, 3]] = loss.ignore_index
    scores[0], scores[3] = np.nan, [-np.inf, np.inf, 1.0, 2.0][: scores.shape[1]]
    kept = target != loss.ignore_index

    def both(scores, target):
        x = ag.tensor(scores, requires_grad=True)
        value = loss(x, ag.tensor(target))
        return value, ag.grad(value.sum(), [x], create_graph=recorded)[0]

    value, gradient = both(scores, target)
    expected, its_gradient = both(scores[kept], target[kept])
    if kwargs["reduction"] == "none":
        assert (value[~kept] == 0).all()
        value = value[kept]
    np.testing.assert_allclose(value.detach(), expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(gradient[kept].detach(), its_gradient.detach(), rtol=1e-12)
    assert (gradient[~kept] == 0).all()


@pytest.mark.parametrize("name, kwargs, inputs", BATCHED, ids=names(BATCHED))
def test_batches_add_up(name, kwargs, inputs):
    """Sums add, elements line up, and means weigh as much as the elements that they are of."""
    if len(inputs[0]) < 2:
        pytest.skip("one sample")
    if name in ("BCELoss", "BCEWithLogitsLoss") and kwargs.get("weight", W).shape == (4, 1):
        kwargs = {**kwargs, "weight": None}  # it belongs to this batch
    cut = len(inputs[0]) // 2 + 1
    parts = [[a[:cut] for a in inputs], [a[cut:] for a in inputs]]

    def of(reduction, arrays):
        return build(name, {**kwargs, "reduction": reduction})(*map(ag.tensor, arrays))

    reduction = kwargs["reduction"]
    values = [of(reduction, part) for part in parts]
    if reduction == "none":
        expected = ag.cat(values)
    elif reduction == "sum":
        expected = values[0] + values[1]
    else:
        loss = build(name, kwargs)
        counts = [loss.counted(*map(ag.tensor, part)) for part in parts]
        expected = sum(v * n for v, n in zip(values, counts) if n) / sum(counts)
    np.testing.assert_allclose(of(reduction, inputs), expected, rtol=1e-9)


# --- losses of straight pieces, digits ------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, W])
def test_the_gradient_of_nll_loss_stays_in_the_graph(reduction, weight):
    x = ag.tensor(log_unit(5, 4), requires_grad=True)
    loss = build("NLLLoss", {"reduction": reduction, "weight": weight})
    (gradient,) = ag.grad(loss(x, ag.tensor(IGNORED)).sum(), [x], create_graph=True)
    (second,) = ag.grad(gradient.sum(), [x])
    assert (second == 0).all()


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("logit", [0.0, 3.0, 20.0, 36.0, 50.0, 1000.0, -5.0, -1000.0])
def test_focal_loss_of_confident_predictions(gamma, logit):
    """Against the formula with ``1 - p`` from the odds, in which nothing cancels."""
    x = ag.tensor([[logit, 0.0, -1.0]], dtype="float64", requires_grad=True)
    value = nn.FocalLoss(gamma=gamma)(x, ag.tensor([0]))
    (gradient,) = ag.grad(value, [x], create_graph=True)
    others = np.exp([-logit, -1.0 - logit]) if logit > -100 else np.array([np.inf, np.inf])
    missing = others.sum() / (1 + others.sum()) if logit > -100 else 1.0
    log_p = -np.log1p(others.sum()) if logit > -100 else logit - np.log1p(np.exp(-1.0))
    p = np.exp(log_p)
    ratio = log_p / -missing if missing else 1.0
    slope = -(missing**gamma) * (1 + gamma * p * ratio) * missing
    # log_softmax keeps 16 digits of 1, and so many fewer of a loss that is small
    np.testing.assert_allclose(value.item(), -(missing**gamma) * log_p, rtol=1e-6, atol=1e-16)
    np.testing.assert_allclose(gradient[0, 0].item(), slope, rtol=1e-6, atol=1e-16)
    (second,) = ag.grad(gradient[0, 0], [x])
    assert np.isfinite(second.numpy()).all()


FLOATING = [
    case
    for case in CASES
    if case[0] not in ("MultiLabelMarginLoss",) and all(abs(a).max() < 100 for a in case[2])
]


@pytest.mark.parametrize("name, kwargs, inputs", FLOATING, ids=names(FLOATING))
def test_float16_is_rounded_once(name, kwargs, inputs):
    """Value and gradient are those of float64 up to the rounding of the result."""
    if name == "BCELoss" and 0.0 in inputs[0]:
        pytest.skip("the slope there is no number of float16")
    half = [a.astype("float16") if a.dtype.kind == "f" else a for a in inputs]
    loss = build(name, kwargs).half()
    value, gradient = gradients_of(loss, *half)
    exact, its_gradient = gradients_of(
        loss.double(), *[a.astype("float64") if a.dtype.kind == "f" else a for a in half]
    )
    assert value.dtype == gradient.dtype == "float16"
    np.testing.assert_allclose(value.detach(), exact.detach(), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(gradient, its_gradient, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "CrossEntropyLoss", "GaussianNLLLoss"])
def test_float16_sums_over_large_batches(name):
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.normal(scale=100, size=(5000, 2)), dtype="float16")
    more = {
        "CrossEntropyLoss": [ag.tensor(rng.integers(0, 2, 5000))],
        "GaussianNLLLoss": [ag.zeros(5000, 2).half(), ag.ones(5000, 2).half()],
    }.get(name, [ag.zeros(5000, 2).half()])
    half, exact = (
        getattr(nn, name)()(*(t.to(d) if t.is_floating_point() else t for t in (x, *more)))
        for d in ("float16", "float64")
    )
    assert half.item() == pytest.approx(exact.item(), rel=1e-3)


LINEAR = [
    ({}, (real(5, 3), classes(4, 5))),
    ({"bias": True, "weight": W, "ignore_index": 1}, (real(5, 3), np.array([0, 1, 2, 1, 3]))),
    ({"label_smoothing": 0.2}, (real(5, 3), classes(4, 5))),
    ({"bias": True}, (real(5, 3), distributions(5, 4))),
    ({}, (real(3), np.array(2))),
    ({"out_features": (2, 3), "bias": True}, (real(5, 3), classes(4, 5, 2, 3))),
    ({"out_features": (2,), "weight": W}, (real(5, 3), classes(4, 5, 2))),
]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("kwargs, inputs", LINEAR, ids=[str(kwargs) for kwargs, _ in LINEAR])
def test_linear_cross_entropy(kwargs, inputs, reduction, agree, twins):
    ours, theirs = twins("LinearCrossEntropyLoss", 3, 4, **kwargs, reduction=reduction)
    agree(ours, theirs, *inputs)
    assert repr(ours) == repr(theirs)
    x, t = map(ag.tensor, inputs)
    if reduction == "mean" and x.ndim > 1:
        ours.reduction = "sum"
        total = ours(x, t).item()
        ours.reduction = "mean"
        assert total / ours.counted(x, t) == pytest.approx(ours(x, t).item())


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.linear_cross_entropy(ag.zeros(2, 3), ag.zeros(4, 2), ag.tensor([0, 1])),
        lambda: F.linear_cross_entropy(ag.zeros(3), ag.zeros(4, 2, 3), ag.tensor([0, 1])),
        lambda: F.linear_cross_entropy(
            ag.zeros(2, 3), ag.zeros(4, 3), ag.tensor([0, 1]), linear_bias=ag.zeros(3)
        ),
        lambda: F.linear_cross_entropy(
            ag.zeros(2, 3), ag.zeros(4, 3), ag.ones(2, 4) / 4, ignore_index=1
        ),
        lambda: nn.LinearCrossEntropyLoss(3, 4, weight=ag.ones(3)),
        lambda: nn.LinearCrossEntropyLoss(3, 4, label_smoothing=2.0),
    ],
)
def test_linear_cross_entropy_of_what_does_not_fit(call):
    with pytest.raises(RuntimeError):
        call()


@pytest.mark.parametrize("target", [[0, 3, 12, 5, 19, 1], [0, 1, 2], [18], [4, 4, 5], 7, []])
@pytest.mark.parametrize("head_bias", [False, True])
def test_adaptive_softmax(target, head_bias, agree, twins, torch):
    args = (16, 20, [4, 10])
    ours, theirs = twins("AdaptiveLogSoftmaxWithLoss", *args, div_value=2.0, head_bias=head_bias)
    assert repr(ours) == repr(theirs)
    target = np.array(target, dtype=int)
    x = real(*target.shape, 16)
    agree(lambda x, t: ours(x, t).output, lambda x, t: theirs(x, t).output, x, target)
    if target.size != 1:
        agree(lambda x, t: ours(x, t).loss, lambda x, t: theirs(x, t).loss, x, target)
    if target.ndim:
        agree(ours.log_prob, theirs.log_prob, x)
        found = ours.predict(ag.tensor(x)).tolist()
        assert found == theirs.predict(torch.tensor(x)).tolist()


def test_bad_cutoffs_and_targets():
    for cutoffs in ([], [0, 4], [4, 4], [5, 3], [4, 20], [2.5]):
        with pytest.raises(ValueError, match="cutoffs"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10])
    for x, t in (((3, 8), [0, 1, 20]), ((3, 8), [0, -1, 2]), ((3, 8), [0, 1]), ((8,), [0])):
        with pytest.raises(RuntimeError):
            layer(ag.zeros(*x), ag.tensor(t))


def test_a_score_without_dimensions(agree, torch):
    for label in (0, -1):
        agree(
            F.multilabel_margin_loss,
            torch.nn.functional.multilabel_margin_loss,
            np.array(0.7),
            np.array(label),
        )
    for p in (1, 2):
        agree(
            lambda x, t, p=p: F.multi_margin_loss(x, t, p),
            lambda x, t, p=p: torch.nn.functional.multi_margin_loss(x, t, p),
            np.array(0.7),
            np.array(0),
        )


def test_many_classes_keep_their_digits():
    x = np.random.default_rng(0).normal(size=(2, 300_000)).astype("float32")
    exact = np.log(np.exp(x.astype("float64")).sum(1)) - x[:, 7]
    loss = F.cross_entropy(ag.tensor(x), ag.tensor([7, 7]), reduction="none")
    np.testing.assert_allclose(loss, exact, rtol=2e-7)


def test_cross_entropy_is_one_node():
    x = ag.randn(4, 3).requires_grad_()
    assert nn.CrossEntropyLoss()(x, ag.tensor([0, 1, 2, 1])).grad_fn.next_functions == (None, None)


def test_kl_div_mean_warns(torch):
    x, t = log_unit(3, 4), distributions(3, 4)
    with pytest.warns(UserWarning, match="batchmean"):
        ours = nn.KLDivLoss()(ag.tensor(x), ag.tensor(t))
    with pytest.warns(UserWarning):
        theirs = torch.nn.KLDivLoss()(torch.tensor(x), torch.tensor(t))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"])
def test_broadcasting_warns(name, torch):
    with pytest.warns(UserWarning, match="broadcasting"):
        ours = getattr(nn, name)()(ag.tensor([[1.0], [2.0], [4.0]]), ag.tensor([1.0, 2.0, 4.0]))
    with pytest.warns(UserWarning):
        theirs = getattr(torch.nn, name)()(
            torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 2.0, 4.0])
        )
    assert ours.item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_elementwise_weights(name, reduction, agree, torch):
    inputs = real(3, 2), real(3, 2), unit(3, 2)
    agree(
        lambda x, t, w: getattr(F, name)(x, t, weight=w, reduction=reduction),
        lambda x, t, w: getattr(torch.nn.functional, name)(x, t, weight=w, reduction=reduction),
        *inputs,
    )


def test_soft_margin_is_finite_where_torch_overflows():
    loss = nn.SoftMarginLoss(reduction="none")(ag.tensor([1000.0, -1000.0]), ag.tensor([-1, -1]))
    assert loss.tolist() == [1000.0, 0.0]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("targets", ["rows", "joined", "single"])
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc(reduction, targets, zero_infinity, agree, torch):
    rows = np.array([[1, 1, 2], [3, 2, 0], [0, 0, 0]])
    lengths, sizes = np.array([7, 6, 5]), np.array([3, 2, 0])
    x = real(7, 3, 4)
    if targets == "joined":
        rows = np.concatenate([row[:n] for row, n in zip(rows, sizes)])
    if targets == "single":
        x, rows, lengths, sizes = x[:, 0], rows[0], lengths[0], sizes[0]

    def loss(library, log_softmax):
        criterion = library.CTCLoss(reduction=reduction, zero_infinity=zero_infinity)
        return lambda x, *rest: criterion(log_softmax(x, -1), *rest)

    if targets == "single":
        lengths, sizes = np.array(lengths), np.array(sizes)
    agree(loss(nn, ag.log_softmax), loss(torch.nn, torch.log_softmax), x, rows, lengths, sizes)


def test_ctc_of_a_target_that_is_too_long():
    x = ag.log_softmax(ag.zeros(2, 1, 3), dim=-1).detach().requires_grad_()
    assert nn.CTCLoss()(x, ag.tensor([[1, 1]]), [2], [2]).item() == float("inf")
    loss = nn.CTCLoss(zero_infinity=True)(x, ag.tensor([[1, 1]]), [2], [2])
    loss.backward()
    assert loss.item() == 0 and (x.grad == 0).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("gamma", [0.0, 2.0, 0.5])
def test_focal_loss(gamma, reduction, agree, torch):
    x, t = real(5, 4), np.array([1, -100, 3, 2, 0])

    def closed_form(x, t):
        kept = t != -100
        t = t.where(kept, torch.zeros_like(t))
        p = torch.softmax(x, 1).gather(1, t[:, None])[:, 0]
        w = torch.from_numpy(W)[t] * kept
        loss = -((1 - p) ** gamma) * torch.log(p) * w
        return {"mean": loss.sum() / w.sum(), "sum": loss.sum(), "none": loss}[reduction]

    agree(nn.FocalLoss(ag.tensor(W), gamma=gamma, reduction=reduction), closed_form, x, t)


@pytest.mark.parametrize("tail", [(), (3,)])
def test_gaussian_mixture(tail, agree, torch):
    D = torch.distributions

    def oracle(logits, mean, std, target):
        parts = D.Normal(mean, std)
        parts = D.Independent(parts, 1) if tail else parts
        return -D.MixtureSameFamily(D.Categorical(logits=logits), parts).log_prob(target)

    agree(
        nn.GaussianMixtureNLLLoss(reduction="none"),
        oracle,
        real(5, 2),
        real(5, 2, *tail),
        unit(5, 2, *tail),
        real(5, *tail),
    )


def test_a_mixture_with_full_covariance(agree, torch):
    D = torch.distributions

    def oracle(logits, mean, factors, target):
        parts = D.MultivariateNormal(mean, scale_tril=factors.tril())
        return -D.MixtureSameFamily(D.Categorical(logits=logits), parts).log_prob(target)

    factors = np.tril(real(5, 3, 2, 2), -1) + np.eye(2) * unit(5, 3, 1, 2)
    loss = nn.GaussianMixtureNLLLoss(reduction="none")
    agree(loss, oracle, real(5, 3), real(5, 3, 2), factors, real(5, 2))


def test_a_mixture_of_one_is_a_normal_distribution():
    stats = pytest.importorskip("scipy.stats")
    factor = np.array([[0.5, 0.0], [-0.3, 2.0]])
    mean, target = np.array([1.0, 2.0]), np.array([0.3, -0.4])
    expected = -stats.multivariate_normal(mean, factor @ factor.T).logpdf(target)
    found = F.gaussian_mixture_nll_loss([[0.3]], mean[None, None], factor[None, None], target[None])
    assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="standard deviation must be positive, the least is -2"):
        F.gaussian_mixture_nll_loss([[0.3]], mean[None, None], -factor[None, None], target[None])


def test_losses_split_what_a_model_gives():
    mean, var, target = (ag.tensor(x) for x in (real(5, 2), unit(5, 2), real(5, 2)))
    loss = nn.GaussianNLLLoss()
    expected = loss(mean, target, var).item()
    assert loss((mean, var), target).item() == expected
    assert loss(ag.cat([mean, var.log()], 1), target).item() == pytest.approx(expected)
    one = loss(ag.stack([mean[:, 0], var[:, 0].log()], 1), target[:, 0]).item()
    assert one == pytest.approx(loss(mean[:, 0], target[:, 0], var[:, 0]).item())
    mixture = nn.GaussianMixtureNLLLoss()
    parts = (mean, mean, var)
    expected = mixture(*parts, target[:, 0]).item()
    assert mixture(parts, target[:, 0]).item() == mixture(parts, target[:, :1]).item() == expected
    with pytest.raises(ValueError, match=r"twice as wide as the target \[5, 2\].*got \[5, 3\]"):
        loss(ag.zeros(5, 3), target)
    with pytest.raises(ValueError, match=r"a tuple \(logits, mean, std\)"):
        mixture(mean, target)


PROBABILITIES = {
    "softmax": F.softmax(ag.tensor(real(6, 4)), dim=1),
    "float32": F.softmax(ag.tensor(real(6, 4), dtype="float32"), dim=1),
    "one row": ag.tensor([[0.2, 0.5, 0.3, 0.0]]),
    "images": F.softmax(ag.tensor(real(6, 4, 2)), dim=1),
    "many": F.softmax(ag.tensor(real(3, 5000), dtype="float32"), dim=1),
}
SCORES = {
    "normal": real(6, 4),
    "one-hot by hand": np.eye(4),
    "zeros": np.zeros((6, 4)),
    "positive": unit(6, 4),
    "only the first row": np.array([[0.5, 0.5], [2.0, 3.0]]),
    "one class": np.ones((6, 1)),
    "not finite": np.array([[0.5, 0.5], [np.nan, np.inf]]),
    "logarithms": log_unit(6, 4),
}


def test_probabilities_in_place_of_scores_are_told():
    for loss, message in {
        nn.CrossEntropyLoss(): "takes their softmax itself",
        nn.FocalLoss(): "takes their softmax itself",
        nn.NLLLoss(): "log_softmax in place of softmax",
    }.items():
        for name, rows in PROBABILITIES.items():
            target = ag.zeros(rows.shape[0], *rows.shape[2:], dtype=int)
            with pytest.warns(UserWarning, match=message) as caught:
                loss(rows, target)
            assert len(caught) == 1 and caught[0].filename == __file__, name
        for scores in SCORES.values():
            loss(ag.tensor(scores), ag.zeros(len(scores), dtype=int))
    with pytest.warns(UserWarning, match="softmax"):  # whatever the targets are
        F.cross_entropy(PROBABILITIES["softmax"], PROBABILITIES["softmax"])


def test_targets_are_inputs_of_programs():
    """Whatever is weighed, ignored or smoothed: a program for some targets is right for others."""
    x, other = ag.tensor(real(3, 6, 4)), ag.tensor([3, 3, -100, 0, 1, 0])
    for loss in (F.cross_entropy, F.nll_loss, F.focal_loss):
        options = [{}, {"weight": ag.tensor(W)}, {"reduction": "none"}]
        if loss is F.cross_entropy:
            options += [{"label_smoothing": 0.2}, {"label_smoothing": 0.2, "weight": ag.tensor(W)}]
        for more in options:
            first = ag.tensor([0, 1, -100, 3, 2, 2])
            computed = functools.partial(loss, **more)
            program = ag.compile(computed)
            program(x[0], first)
            for target in (first, other):
                expected = [computed(part, target).numpy() for part in x]
                np.testing.assert_allclose(program(x[0], target), expected[0], rtol=1e-12)
                mapped = ag.func.vmap(computed)(x, ag.stack([target] * 3))
                np.testing.assert_allclose(mapped, expected, rtol=1e-12)
            in_numpy = ag.to_numpy(computed, x[0], first)
            found = in_numpy(x[0].numpy(), other.numpy())
            np.testing.assert_allclose(found, expected[0], rtol=1e-12)


def test_class_weights_are_scikit_learns_balanced_ones():
    utils = pytest.importorskip("sklearn.utils.class_weight")
    target = classes(4, 50)
    expected = utils.compute_class_weight("balanced", classes=np.arange(4), y=target)
    np.testing.assert_allclose(F.class_weights(ag.tensor(target)), expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r"\[4\]"):
        F.class_weights(target, num_classes=5)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.CrossEntropyLoss()(ag.zeros(2, 3), ag.tensor([0, 3])), IndexError),
        (lambda: nn.CrossEntropyLoss()(ag.zeros(2, 3), ag.tensor([0, -1])), IndexError),
        (lambda: nn.CrossEntropyLoss()(ag.zeros(2, 3), ag.tensor([0, 1, 2])), RuntimeError),
        (lambda: nn.CrossEntropyLoss()(ag.zeros(2, 3), ag.tensor([0.0, 1.0])), TypeError),
        (lambda: nn.CrossEntropyLoss(ag.ones(2))(ag.zeros(2, 3), ag.tensor([0, 1])), RuntimeError),
        (
            lambda: nn.CrossEntropyLoss(label_smoothing=1.5)(ag.zeros(2, 3), ag.tensor([0, 1])),
            RuntimeError,
        ),
        (
            lambda: nn.CrossEntropyLoss(reduction="average")(ag.zeros(2, 3), ag.tensor([0, 1])),
            ValueError,
        ),
        (lambda: nn.MSELoss(reduction="average")(ag.zeros(2), ag.zeros(2)), ValueError),
        (lambda: nn.BCELoss()(ag.zeros(2), ag.zeros(2, 1)), ValueError),
        (lambda: nn.BCELoss()(ag.tensor([1.5]), ag.zeros(1)), RuntimeError),
        (lambda: nn.BCEWithLogitsLoss()(ag.zeros(2), ag.zeros(2, 1)), ValueError),
        (
            lambda: nn.GaussianNLLLoss()(ag.zeros(2), ag.zeros(2), ag.tensor([1.0, -1.0])),
            ValueError,
        ),
        (lambda: nn.GaussianNLLLoss()(ag.zeros(2, 3), ag.zeros(2, 3), ag.ones(3)), ValueError),
        (
            lambda: nn.GaussianMixtureNLLLoss()(
                ag.zeros(2, 3), ag.zeros(2, 3), ag.ones(2, 2), ag.zeros(2)
            ),
            ValueError,
        ),
        (lambda: nn.MultiMarginLoss(p=3)(ag.zeros(2, 3), ag.tensor([0, 1])), ValueError),
        (lambda: nn.MultiMarginLoss()(ag.zeros(2, 3), ag.tensor([0, -1])), IndexError),
        (lambda: nn.MultiLabelMarginLoss()(ag.zeros(2, 3), ag.tensor([0, 1])), RuntimeError),
        (lambda: nn.MarginRankingLoss()(ag.zeros(2), ag.zeros(2), ag.ones(2, 1)), RuntimeError),
        (
            lambda: nn.CosineEmbeddingLoss()(ag.zeros(2, 3), ag.zeros(2, 3), ag.ones(2, 1)),
            RuntimeError,
        ),
        (
            lambda: nn.TripletMarginLoss(margin=-1.0)(ag.zeros(2), ag.zeros(2), ag.zeros(2)),
            ValueError,
        ),
        (lambda: nn.HuberLoss(delta=0.0)(ag.zeros(2), ag.zeros(2)), RuntimeError),
        (lambda: nn.CTCLoss()(ag.zeros(4, 1, 3), ag.tensor([[1, 2]]), [5], [2]), RuntimeError),
        (
            lambda: nn.CTCLoss(blank=3)(ag.zeros(4, 1, 3), ag.tensor([[1, 2]]), [4], [2]),
            RuntimeError,
        ),
        (lambda: nn.MSELoss("sum"), TypeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
