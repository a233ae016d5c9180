"""Recurrent layers and cells against PyTorch, packed batches, second derivatives, and what they can
and cannot learn.
"""

import itertools

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.recurrence
import nn.utils.rnn as ours_rnn

NAMES = ["RNN", "LSTM", "GRU"]
OPTIONS = [
    {},
    {"num_layers": 2},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "bias": False},
    {"batch_first": True},
    {"num_layers": 3, "bidirectional": True, "batch_first": True},
]
CASES = [
    *itertools.product(NAMES, OPTIONS),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 3, "num_layers": 2, "bidirectional": True}),
    ("LSTM", {"proj_size": 2, "bias": False}),
]


def flat(layer):
    """The layer as a function that takes the states as further arguments and gives a flat tuple."""

    def call(x, *hx):
        y, last = layer(x, (hx if len(hx) > 1 else hx[0]) if hx else None)
        return (y, *last) if isinstance(last, tuple) else (y, last)

    return call


def first_states(layer, rng, batch=(2,)):
    count = layer.num_layers * (1 + layer.bidirectional)
    widths = [layer.proj_size or layer.hidden_size, layer.hidden_size][
        : 1 + isinstance(layer, nn.LSTM)
    ]
    return [rng.normal(size=(count, *batch, width)) for width in widths]


def agree_all(agree, ours, theirs, *arrays):
    agree(flat(ours), flat(theirs), *arrays)
    for (name, mine), (_, its) in zip(ours.named_parameters(), theirs.named_parameters()):
        np.testing.assert_allclose(mine.grad, its.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=name)
    assert list(ours.state_dict()) == list(theirs.state_dict()) and repr(ours) == repr(theirs)


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("batch", [(2,), ()])
def test_layers(name, options, given, batch, agree, twins, rng):
    ours, theirs = twins(name, 3, 4, **options)
    shape = (2, 5, 3) if batch and ours.batch_first else (5, *batch, 3)
    agree_all(
        agree,
        ours,
        theirs,
        rng.normal(size=shape),
        *(first_states(ours, rng, batch) if given else []),
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_step_and_a_large_batch(name, agree, twins, rng):
    agree_all(agree, *twins(name, 1, 5), rng.normal(size=(1, 9, 1)))


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("lengths, enforce_sorted", [((5, 3, 1), True), ((2, 5, 2), False)])
def test_packed(name, options, lengths, enforce_sorted, agree, twins, rng, torch):
    ours, theirs = twins(name, 3, 4, **options)
    states = first_states(ours, rng, (3,))

    def through(layer, rnn):
        def call(x, *hx):
            packed = rnn.pack_padded_sequence(x, list(lengths), layer.batch_first, enforce_sorted)
            y, last = layer(packed, hx if len(hx) > 1 else hx[0])
            padded, sizes = rnn.pad_packed_sequence(y, layer.batch_first, 0.5, total_length=6)
            return (y.data, padded, sizes.double(), *(last if isinstance(last, tuple) else (last,)))

        return call

    shape = (3, 5, 3) if ours.batch_first else (5, 3, 3)
    agree(
        through(ours, ours_rnn),
        through(theirs, torch.nn.utils.rnn),
        rng.normal(size=shape),
        *states,
    )
    for (key, mine), (_, its) in zip(ours.named_parameters(), theirs.named_parameters()):
        np.testing.assert_allclose(mine.grad, its.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=key)


def flat_cell(cell):
    return lambda x, *hx: cell(x, (hx if len(hx) > 1 else hx[0]) if hx else None)


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("given", [True, False])
def test_cells(name, batch, bias, given, agree, twins, rng):
    ours, theirs = twins(name, 2, 4, bias)
    states = (
        [rng.normal(size=(*batch, 4)) for _ in range(1 + (name == "LSTMCell"))] if given else []
    )

    agree(flat_cell(ours), flat_cell(theirs), rng.normal(size=(*batch, 2)), *states)
    for (key, mine), (_, its) in zip(ours.named_parameters(), theirs.named_parameters()):
        np.testing.assert_allclose(mine.grad, its.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=key)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())


def test_relu_cell(agree, twins, rng):
    ours, theirs = twins("RNNCell", 2, 4, nonlinearity="relu")
    agree(ours, theirs, rng.normal(size=(3, 2)), rng.normal(size=(3, 4)))
    assert repr(ours) == repr(theirs)


LIVE = np.arange(2)[:, None, None] < np.array([[2], [1]])


@pytest.mark.parametrize("live", [None, LIVE])
@pytest.mark.parametrize(
    "op, gates, states, more",
    [
        (lambda *xs, live: nn.recurrence.elman(*xs, live=live), 1, 1, []),
        (lambda *xs, live: nn.recurrence.elman(*xs, relu=True, live=live), 1, 1, []),
        (lambda *xs, live: nn.recurrence.lstm(*xs, live=live), 4, 2, []),
        (
            lambda z, h, c, w, p, live: nn.recurrence.lstm(z, h @ p.T, c, w @ p.T, p, live=live),
            4,
            2,
            [(1, 2)],
        ),
        (lambda *xs, live: nn.recurrence.gru(*xs, live=live), 3, 1, [(6,)]),
    ],
)
def test_derivatives_of_first_and_second_order(op, gates, states, more, live, rng):
    """With respect to everything, and through every output: finite differences."""
    shapes = [(2, 2, 2 * gates), *[(2, 2)] * states, (2 * gates, 2), *more]
    xs = [ag.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]
    assert ag.gradcheck(lambda *xs: op(*xs, live=live), xs)
    assert ag.gradgradcheck(lambda *xs: op(*xs, live=live), xs, fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_between_layers_in_training_only(name, twins, rng):
    ours, theirs = twins(name, 3, 4, 2, dropout=1.0)
    x = ag.tensor(rng.normal(size=(5, 2, 3)))
    first, second = ours(x)[0], ours(-x)[0]
    assert (first == second).all()  # the second layer sees zeros only
    ours.eval(), theirs.eval()
    assert not (ours(x)[0] == ours(-x)[0]).any() and repr(ours) == repr(theirs)


def test_dropout_of_a_single_layer_warns():
    with pytest.warns(UserWarning, match="only one"):
        nn.GRU(2, 3, dropout=0.5)


@pytest.mark.parametrize("name", NAMES + ["RNNCell", "LSTMCell", "GRUCell"])
def test_default_initialisation(name):
    stats = pytest.importorskip("scipy.stats")
    ag.manual_seed(0)
    for parameter in getattr(nn, name)(20, 100).parameters():
        assert (
            stats.kstest(parameter.detach().numpy().ravel(), stats.uniform(-0.1, 0.2).cdf).pvalue
            > 1e-3
        )


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: nn.RNN(0, 3), ValueError, "input_size"),
        (lambda: nn.RNN(3, 2.0), TypeError, "hidden_size"),
        (lambda: nn.RNN(3, 2, 0), ValueError, "num_layers"),
        (lambda: nn.RNN(3, 2, nonlinearity="sigmoid"), ValueError, "nonlinearity"),
        (lambda: nn.RNNCell(3, 2, nonlinearity="sigmoid"), RuntimeError, "nonlinearity"),
        (lambda: nn.GRU(3, 2, 2, dropout=1.5), ValueError, "dropout"),
        (lambda: nn.LSTM(3, 2, proj_size=2), ValueError, "proj_size"),
        (lambda: nn.GRU(3, 2)(ag.ones(3)), ValueError, "2D or 3D"),
        (lambda: nn.GRU(3, 2)(ag.ones(5, 2, 4)), RuntimeError, "input_size"),
        (lambda: nn.GRU(3, 2)(ag.ones(0, 2, 3)), RuntimeError, "length"),
        (lambda: nn.GRU(3, 2)(ag.ones(5, 4, 3), ag.ones(1, 2)), RuntimeError, "hx"),
        (lambda: nn.GRU(3, 2)(ag.ones(5, 4, 3), ag.ones(1, 3, 2)), RuntimeError, "hidden size"),
        (
            lambda: nn.LSTM(3, 2)(ag.ones(5, 4, 3), (ag.ones(1, 4, 2), ag.ones(1, 4, 3))),
            RuntimeError,
            "hidden size",
        ),
        (lambda: nn.RNNCell(3, 2)(ag.ones(5, 4, 3)), ValueError, "1D or 2D"),
        (lambda: nn.RNNCell(3, 2)(ag.ones(5, 4)), RuntimeError, "input_size"),
        (lambda: nn.GRUCell(3, 2)(ag.ones(5, 3), ag.ones(4, 2)), RuntimeError, "hx"),
        (lambda: ours_rnn.pack_padded_sequence(ag.ones(3, 2, 1), [3]), RuntimeError, "batch_size"),
        (
            lambda: ours_rnn.pack_padded_sequence(ag.ones(3, 2, 1), [3, 0]),
            RuntimeError,
            "greater than 0",
        ),
        (
            lambda: ours_rnn.pack_padded_sequence(ag.ones(3, 2, 1), [2, 3]),
            RuntimeError,
            "enforce_sorted=False",
        ),
        (
            lambda: ours_rnn.pad_packed_sequence(
                ours_rnn.pack_padded_sequence(ag.ones(3, 1), [3]), total_length=2
            ),
            ValueError,
            "total_length",
        ),
        (
            lambda: ours_rnn.pad_sequence([ag.ones(2)], padding_side="up"),
            ValueError,
            "padding_side",
        ),
    ],
)
def test_bad_arguments(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize(
    "options", [{}, {"batch_first": True}, {"padding_value": 2.0}, {"padding_side": "left"}]
)
def test_pad_sequence(options, agree, torch, rng):
    arrays = [rng.normal(size=(n, 2)) for n in (3, 1, 4)]
    agree(
        lambda *xs: ours_rnn.pad_sequence(xs, **options),
        lambda *xs: torch.nn.utils.rnn.pad_sequence(xs, **options),
        *arrays,
    )


def test_sequences_there_and_back(rng):
    sequences = [ag.tensor(rng.normal(size=(n, 2))) for n in (3, 1, 4)]
    packed = ours_rnn.pack_sequence(sequences, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 2, 1] and packed.sorted_indices.tolist() == [
        2,
        0,
        1,
    ]
    for before, after in zip(sequences, ours_rnn.unpack_sequence(packed)):
        assert before.shape == after.shape and (before == after).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_bit_is_remembered(name, rng):
    """The first element says what the output after five more, which are noise, has to be."""
    ag.manual_seed(1)
    layer, head = getattr(nn, name)(1, 8), nn.Linear(8, 1)
    optimizer = nn.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.03)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(150):
        x = rng.choice([-1.0, 1.0], size=(6, 32, 1)).astype("float32")
        bit = ag.tensor(x[0] > 0).float()
        optimizer.zero_grad()
        logit = head(layer(ag.tensor(x))[0][-1])
        loss_of(logit, bit).backward()
        optimizer.step()
    assert (((logit > 0) == (bit > 0)).float().mean()) > 0.97


def test_gradients_vanish_through_200_steps(rng):
    """With weights of norm 1/2 the first input's influence is below 2⁻¹⁹⁹, and above 0."""
    layer = nn.RNN(2, 4).double()
    with ag.no_grad():
        layer.weight_hh_l0.copy_(np.linalg.qr(rng.normal(size=(4, 4)))[0] / 2)
    x = ag.tensor(rng.normal(size=(200, 1, 2)), requires_grad=True)
    layer(x)[1].sum().backward()
    sizes = np.abs(x.grad.numpy()).max((1, 2))
    assert sizes[-1] > 1e-3 and 0 < sizes[0] < 2.0**-198
