"""Attention against PyTorch: every mask and option, errors, and that it learns to look where it is
told.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F

L, S, N, E = 4, 5, 3, 8
SEEN = np.random.default_rng(1).random((L, S)) < 0.6
SEEN[:, 0] = True
NOWHERE = SEEN & (np.arange(L) != 2)[:, None]
BIAS = np.random.default_rng(2).normal(size=(N, 2, L, S))
CAUSAL = np.where(np.tri(L, S, dtype=bool), 0.0, -np.inf)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": SEEN},
        {"attn_mask": NOWHERE},
        {"attn_mask": CAUSAL},
        {"attn_mask": np.where(NOWHERE, 0, -np.inf)},
        {"attn_mask": BIAS, "scale": 2.0},
        {"attn_mask": np.broadcast_to(SEEN, (N, 1, L, S))},
    ],
)
def test_scaled_dot_product(options, agree, torch, rng):
    mask = options.get("attn_mask")

    def call(function, tensor):
        more = {**options, "attn_mask": None if mask is None else tensor(mask.copy())}
        return lambda q, k, v: function(q, k, v, **more)

    arrays = [rng.normal(size=(N, 2, length, width)) for length, width in ((L, 3), (S, 3), (S, 6))]
    agree(
        call(F.scaled_dot_product_attention, ag.tensor),
        call(torch.nn.functional.scaled_dot_product_attention, torch.tensor),
        *arrays,
    )


def test_a_mask_can_be_learned(agree, torch, rng):
    arrays = [rng.normal(size=shape) for shape in ((N, L, 3), (N, S, 3), (N, S, 2), (L, S))]
    agree(F.scaled_dot_product_attention, torch.nn.functional.scaled_dot_product_attention, *arrays)


def test_grouped_heads(agree, torch, rng):
    arrays = [rng.normal(size=(N, heads, S, 4)) for heads in (6, 2, 2)]
    theirs = torch.nn.functional.scaled_dot_product_attention
    agree(
        lambda *x: F.scaled_dot_product_attention(*x, enable_gqa=True),
        lambda *x: theirs(*x, enable_gqa=True),
        *arrays,
    )


def test_second_derivatives(rng):
    xs = [
        ag.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 2), (3, 2), (3, 2))
    ]
    assert ag.gradgradcheck(lambda *x: F.scaled_dot_product_attention(*x, is_causal=True), xs)


def test_dropout_of_weights():
    q, v = ag.zeros(1, 200, 4), ag.ones(1, 200, 4)
    assert (F.scaled_dot_product_attention(q, q, v, dropout_p=1.0) == 0).all()
    half = F.scaled_dot_product_attention(q, q, v, dropout_p=0.5)
    assert abs(half.mean().item() - 1) < 0.05 and half.std().item() > 0.01


LAYERS = [
    {},
    {"bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 3, "vdim": 5},
    {"kdim": 3, "bias": False},
    {"batch_first": True},
    {"add_bias_kv": True, "add_zero_attn": True, "kdim": 3, "batch_first": True},
]
MASKS = [
    {},
    {"attn_mask": ~SEEN},
    {"attn_mask": CAUSAL},
    {"attn_mask": BIAS.reshape(-1, L, S)},
    {"key_padding_mask": np.arange(S) >= [[3], [5], [1]]},
    {"key_padding_mask": BIAS[:, 0, 0]},
    {
        "key_padding_mask": np.arange(S) >= [[3], [5], [1]],
        "attn_mask": np.repeat(~SEEN[None], 2 * N, 0),
    },
    {"attn_mask": CAUSAL, "is_causal": True},
    {"average_attn_weights": False},
    {"need_weights": False},
    {"need_weights": False, "attn_mask": ~NOWHERE},
]


def heads(layer, tensor, options):
    """The layer as a function of three arrays, with masks as its library's tensors."""
    given = {
        key: tensor(value.copy()) if isinstance(value, np.ndarray) else value
        for key, value in options.items()
    }

    def call(*x):
        y, weights = layer(*x, **given)
        return y if weights is None else (y, weights)

    return call


def check(ours, theirs, arrays, masks, agree, torch):
    agree(heads(ours, ag.tensor, masks), heads(theirs, torch.tensor, masks), *arrays)
    mine = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(
            mine[name].grad, parameter.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=name
        )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")


def inputs(options, rng):
    shapes = [(L, N, E), (S, N, options.get("kdim", E)), (S, N, options.get("vdim", E))]
    arrays = [rng.normal(size=shape) for shape in shapes]
    return [x.swapaxes(0, 1) for x in arrays] if options.get("batch_first") else arrays


@pytest.mark.parametrize("options", LAYERS)
@pytest.mark.parametrize("training", [True, False])
def test_layer(options, training, agree, twins, torch, rng):
    ours, theirs = (layer.train(training) for layer in twins("MultiheadAttention", E, 2, **options))
    check(ours, theirs, inputs(options, rng), {}, agree, torch)


@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("options", [LAYERS[0], LAYERS[-1]])
def test_masks(masks, options, agree, twins, torch, rng):
    check(*twins("MultiheadAttention", E, 2, **options), inputs(options, rng), masks, agree, torch)


@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"attn_mask": ~SEEN, "key_padding_mask": np.arange(S) > 2},
        {"average_attn_weights": False},
    ],
)
def test_without_a_batch(masks, agree, twins, torch, rng):
    check(
        *twins("MultiheadAttention", E, 2), [x[:, 0] for x in inputs({}, rng)], masks, agree, torch
    )


@pytest.mark.parametrize("options", [{}, {"bias": False, "batch_first": True}])
def test_self_attention(options, agree, twins, torch, rng):
    ours, theirs = twins("MultiheadAttention", E, 4, **options)
    agree(lambda x: ours(x, x, x), lambda x: theirs(x, x, x), rng.normal(size=(L, N, E)))


def test_queries_that_may_look_nowhere_get_weights_of_zero():
    layer = nn.MultiheadAttention(E, 2)
    x = ag.randn(S, N, E).requires_grad_()
    y, weights = layer(x, x, x, key_padding_mask=ag.tensor(np.arange(S) >= [[0], [5], [1]]))
    y.sum().backward()
    assert (weights[0] == 0).all() and bool(y.isfinite().all()) and bool(x.grad.isfinite().all())


def test_dropout_in_training_only():
    layer = nn.MultiheadAttention(E, 2, dropout=1.0)
    x = ag.randn(S, N, E)
    assert (layer(x, x, x)[1] == 0).all() and (layer.eval()(x, x, x)[1] > 0).any()


def test_default_initialisation():
    """Xavier's for what projects the inputs, zeros for biases, a linear layer's for the weight of
    the output.
    """
    stats = pytest.importorskip("scipy.stats")
    ag.manual_seed(0)
    layer = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    for parameter, bound in (
        (layer.in_proj_weight, (6 / 256) ** 0.5),
        (layer.out_proj.weight, 64**-0.5),
    ):
        assert (
            stats.kstest(
                parameter.detach().numpy().ravel(), stats.uniform(-bound, 2 * bound).cdf
            ).pvalue
            > 1e-3
        )
    assert (layer.in_proj_bias == 0).all() and (layer.out_proj.bias == 0).all()
    assert (
        stats.kstest(
            layer.bias_k.detach().numpy().ravel(), stats.norm(0, (2 / 128) ** 0.5).cdf
        ).pvalue
        > 1e-3
    )


x, short = ag.ones(L, N, E), ag.ones(L, N, 3)


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: nn.MultiheadAttention(0, 2), ValueError, "greater than 0"),
        (lambda: nn.MultiheadAttention(5, 2), ValueError, "divisible"),
        (lambda: nn.MultiheadAttention(E, 2)(short, x, x), RuntimeError, "features"),
        (lambda: nn.MultiheadAttention(E, 2)(x[0], x, x), RuntimeError, "dimensions"),
        (lambda: nn.MultiheadAttention(E, 2)(x, x[1:], x), RuntimeError, "one length"),
        (lambda: nn.MultiheadAttention(E, 2)(x, x[:, 1:], x[:, 1:]), RuntimeError, "one batch"),
        (
            lambda: nn.MultiheadAttention(E, 2)(x, x, x, attn_mask=ag.ones(2, 2)),
            RuntimeError,
            "attn_mask",
        ),
        (
            lambda: nn.MultiheadAttention(E, 2)(x, x, x, key_padding_mask=ag.ones(2, 2)),
            RuntimeError,
            "key_padding_mask",
        ),
        (
            lambda: nn.MultiheadAttention(E, 2)(x, x, x, attn_mask=ag.ones(L, L).long()),
            TypeError,
            "bool and floating",
        ),
        (
            lambda: nn.MultiheadAttention(E, 2)(x, x, x, is_causal=True),
            RuntimeError,
            "Need attn_mask",
        ),
        (
            lambda: F.scaled_dot_product_attention(
                x, x, x, attn_mask=ag.ones(N, N), is_causal=True
            ),
            RuntimeError,
            "is_causal",
        ),
        (
            lambda: F.scaled_dot_product_attention(x, x, x, attn_mask=ag.ones(N, N).long()),
            RuntimeError,
            "bool or float",
        ),
        (lambda: F.scaled_dot_product_attention(x, short, x), RuntimeError, "query"),
    ],
)
def test_bad_arguments(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_it_learns_where_to_look(rng):
    """The answer is a mark on the one element of six that bears the flag: the weights find it."""
    ag.manual_seed(0)
    embed, attention, head = (
        nn.Linear(2, 8),
        nn.MultiheadAttention(8, 2, batch_first=True),
        nn.Linear(8, 1),
    )
    query = nn.Parameter(ag.randn(1, 1, 8))
    optimizer = nn.optim.Adam(
        [query, *embed.parameters(), *attention.parameters(), *head.parameters()], lr=0.02
    )
    for _ in range(150):
        marks, place = rng.normal(size=(32, 6)).astype("float32"), rng.integers(0, 6, 32)
        seen = embed(ag.tensor(np.stack([marks, 3 * np.eye(6, dtype="float32")[place]], -1)))
        y, weights = attention(query.expand(32, 1, 8), seen, seen)
        loss = nn.functional.mse_loss(head(y)[:, 0, 0], ag.tensor(marks[np.arange(32), place]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert weights.detach().numpy()[np.arange(32), 0, place].mean() > 0.8
