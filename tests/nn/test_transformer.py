"""Transformer layers, stacks and the whole model against PyTorch, and a small model that learns to
copy.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn

S, T, N, E = 5, 4, 3, 8
CAUSAL = np.where(np.tri(T, dtype=bool), 0.0, -np.inf)
PADDED, ENDED = np.arange(S) >= [[3], [5], [1]], np.arange(T) >= [[4], [2], [3]]
pytestmark = [
    pytest.mark.filterwarnings("ignore:enable_nested_tensor is True"),
    pytest.mark.filterwarnings("ignore:Support for mismatched"),
]

OPTIONS = [
    {},
    {"norm_first": True},
    {"activation": "gelu", "bias": False},
    {"batch_first": True, "norm_first": True},
    {"layer_norm_eps": 0.1},
]
ENCODED = [
    {},
    {"src_key_padding_mask": PADDED},
    {"src_mask": np.where(np.tri(S, dtype=bool), 0.0, -np.inf), "is_causal": True},
]
DECODED = [
    {},
    {"tgt_mask": CAUSAL, "tgt_is_causal": True},
    {"tgt_mask": CAUSAL < 0, "memory_mask": ~np.tri(T, S, 2, dtype=bool)},
    {"tgt_key_padding_mask": ENDED, "memory_key_padding_mask": PADDED},
]


def draw(ours, theirs):
    """Give both models the same random weights, so that no bias is zero and no two layers are
    equal.
    """
    draws = np.random.default_rng(5)
    for parameter in theirs.parameters():
        parameter.data.add_(parameter.new_tensor(0.1 * draws.normal(size=parameter.shape)))
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    return ours, theirs


def build(twins, name, *args, **options):
    """Both models without dropout, so that training agrees."""
    return draw(*twins(name, *args, dropout=0.0, **options))


def check(ours, theirs, arrays, masks, agree, torch):
    def call(model, tensor):
        given = {
            key: tensor(value.copy()) if isinstance(value, np.ndarray) else value
            for key, value in masks.items()
        }
        return lambda *x: model(*x, **given)

    agree(call(ours, ag.tensor), call(theirs, torch.tensor), *arrays)
    mine = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        if parameter.grad is not None:  # PyTorch's fast path in evaluation records no graph
            np.testing.assert_allclose(
                mine[name].grad, parameter.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=name
            )
    assert list(ours.state_dict()) == list(theirs.state_dict())


def arrays(options, rng, *lengths):
    made = [rng.normal(size=(length, N, E)) for length in lengths]
    return [x.swapaxes(0, 1) for x in made] if options.get("batch_first") else made


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("masks", ENCODED)
@pytest.mark.parametrize("training", [True, False])
def test_encoder_layer(options, masks, training, agree, twins, torch, rng):
    ours, theirs = build(twins, "TransformerEncoderLayer", E, 2, 16, **options)
    check(
        ours.train(training), theirs.train(training), arrays(options, rng, S), masks, agree, torch
    )


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("masks", DECODED)
def test_decoder_layer(options, masks, agree, twins, torch, rng):
    ours, theirs = build(twins, "TransformerDecoderLayer", E, 2, 16, **options)
    check(ours, theirs, arrays(options, rng, T, S), masks, agree, torch)


def test_an_activation_that_is_a_layer(agree, torch, rng):
    ours = nn.TransformerEncoderLayer(E, 2, 16, 0.0, nn.SiLU()).double()
    theirs = torch.nn.TransformerEncoderLayer(E, 2, 16, 0.0, torch.nn.SiLU()).double()
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    check(ours, theirs, arrays({}, rng, S), {}, agree, torch)
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")


@pytest.mark.parametrize("norm", [False, True])
def test_stacks(norm, agree, torch, rng):
    def stacks(lib):
        layers = (
            lib.TransformerEncoderLayer(E, 2, 16, 0.0),
            lib.TransformerDecoderLayer(E, 2, 16, 0.0),
        )
        ends = [lib.LayerNorm(E) if norm else None for _ in range(2)]
        return lib.TransformerEncoder(layers[0], 2, ends[0]).double(), lib.TransformerDecoder(
            layers[1], 2, ends[1]
        ).double()

    for ours, theirs, lengths in zip(stacks(nn), stacks(torch.nn), ((S,), (T, S))):
        check(*draw(ours, theirs), arrays({}, rng, *lengths), {}, agree, torch)


@pytest.mark.parametrize("options", [{}, {"batch_first": True, "norm_first": True, "bias": False}])
@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"tgt_mask": CAUSAL, "tgt_is_causal": True},
        {
            "tgt_mask": CAUSAL < 0,
            "src_key_padding_mask": PADDED,
            "memory_key_padding_mask": PADDED,
            "tgt_key_padding_mask": ENDED,
        },
    ],
)
def test_whole_model(options, masks, agree, twins, torch, rng):
    ours, theirs = build(twins, "Transformer", E, 2, 2, 1, 16, **options)
    check(ours, theirs, arrays(options, rng, S, T), masks, agree, torch)


def test_without_a_batch(agree, twins, torch, rng):
    check(
        *build(twins, "Transformer", E, 2, 1, 1, 16),
        [rng.normal(size=(S, E)), rng.normal(size=(T, E))],
        {},
        agree,
        torch,
    )


def test_the_layers_of_a_stack_are_copies():
    layer = nn.TransformerEncoderLayer(E, 2, 16)
    stack = nn.TransformerEncoder(layer, 2)
    weights = [one.linear1.weight for one in stack.layers]
    assert (
        (weights[0] == weights[1]).all()
        and weights[0] is not weights[1]
        and weights[0] is not layer.linear1.weight
    )


def test_subsequent_mask(torch):
    ours, theirs = (lib.Transformer.generate_square_subsequent_mask(4) for lib in (nn, torch.nn))
    np.testing.assert_array_equal(ours, theirs.numpy())
    assert ours.dtype == np.float32


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: nn.TransformerEncoderLayer(E, 2, activation="tanh"), RuntimeError, "relu/gelu"),
        (
            lambda: nn.Transformer(E, 2, 1, 1, 4)(ag.ones(S, 2, E), ag.ones(T, 3, E)),
            RuntimeError,
            "batch number",
        ),
        (
            lambda: nn.Transformer(E, 2, 1, 1, 4)(ag.ones(S, 2, E), ag.ones(T, 2, 4)),
            RuntimeError,
            "d_model",
        ),
        (
            lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(E, 2, 4), 1)(
                ag.ones(S, 2, E), is_causal=True
            ),
            RuntimeError,
            "attn_mask",
        ),
    ],
)
def test_bad_arguments(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_the_mask_hides_what_is_to_come(rng):
    layer = nn.TransformerEncoderLayer(E, 2, 16, dropout=0.0).double()
    x = ag.tensor(rng.normal(size=(S, 1, E)), requires_grad=True)
    y = layer(x, nn.Transformer.generate_square_subsequent_mask(S, dtype="float64"))[2]
    (y * rng.normal(size=y.shape)).sum().backward()  # the plain sum of what is normalised is fixed
    reached = np.abs(x.grad.numpy()).max((1, 2)) > 0
    assert reached.tolist() == [True, True, True, False, False]


def test_a_small_model_learns_to_shift(rng):
    """Say at each place what stood at the place before: needs positions, attention and the causal
    mask.
    """
    ag.manual_seed(0)
    words, places = nn.Embedding(5, 16), nn.Parameter(ag.randn(6, 1, 16))
    layer, head = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0), nn.Linear(16, 5)
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    optimizer = nn.optim.Adam(
        [places, *words.parameters(), *layer.parameters(), *head.parameters()], lr=0.01
    )
    for _ in range(120):
        said = ag.tensor(rng.integers(0, 5, (6, 32)))
        scores = head(layer(words(said) + places, mask, is_causal=True))
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores[1:].reshape(-1, 5), said[:-1].reshape(-1)).backward()
        optimizer.step()
    assert (scores[1:].argmax(-1) == said[:-1]).float().mean() > 0.95
