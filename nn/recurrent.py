"""Recurrent layers: Elman's network, LSTM and GRU, in layers and both directions, and their single
steps as cells.

The recurrences are the ops of `nn.recurrence`; here are the weights, and how layers and directions
are put together.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

from autograd_engine import cat, flip, linear, stack, unbind, zeros

from . import init
from .dropout import dropout as drop
from .module import Module
from .parameter import blank
from .recurrence import elman, gru, lstm
from .utils.rnn import PackedSequence


def _draw(module: Module, hidden_size: int) -> None:
    """PyTorch's initialisation of all recurrent layers: U(-1/√hidden_size, 1/√hidden_size)."""
    bound = 1 / math.sqrt(hidden_size)
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


def _sum(a: Any, b: Any) -> Any:
    return None if a is None else a + b


def _check_nonlinearity(name: str, error: type[Exception]) -> None:
    if name not in ("tanh", "relu"):
        raise error(f"Unknown nonlinearity {name!r}. Select from 'tanh' or 'relu'.")


def _check_sizes(**sizes: int) -> None:
    for name, value in sizes.items():
        if not isinstance(value, int):
            raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if value <= 0:
            raise ValueError(f"{name} must be greater than zero, got {value}")


def _check_probability(dropout: Any) -> None:
    a_number = isinstance(dropout, (int, float)) and not isinstance(dropout, bool)
    if not a_number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1], the probability of an element being "
            f"zeroed, got {dropout!r}"
        )


def _run_elman(x: Any, states: tuple, w: tuple, live: Any, relu: bool) -> tuple[Any, tuple]:
    hs = elman(linear(x, w[0], _sum(w[2], w[3])), *states, w[1], relu=relu, live=live)
    return hs, (hs[-1],)


def _run_lstm(
    x: Any, states: tuple, w: tuple, live: Any, projection: Any = None
) -> tuple[Any, tuple]:
    hs, cs, _ = lstm(linear(x, w[0], _sum(w[2], w[3])), *states, w[1], projection, live=live)
    return hs, (hs[-1], cs[-1])


def _run_gru(x: Any, states: tuple, w: tuple, live: Any) -> tuple[Any, tuple]:
    hs, _, _ = gru(linear(x, w[0], w[2]), *states, w[1], w[3], live=live)
    return hs, (hs[-1],)


class _Recurrent(Module):
    """Layers of a recurrence over sequences.

    Parameters
    ----------
    input_size, hidden_size : int
        The features of an input element and of the state.
    num_layers : int
        How many recurrences stand on top of each other.
    bias : bool
        Whether there are biases.
    batch_first : bool
        Whether input and output have shape ``(batch, steps, features)`` in place of ``(steps,
        batch, features)``; the states do not change.
    dropout : float
        The probability of dropout behind every layer but the last.
    bidirectional : bool
        Whether each layer also runs from the last step to the first; the outputs of both stand side
        by side.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, ... : Parameter
        Those of the first layer, ``gates * hidden_size`` rows each; ``_l1`` of the second, with
        ``_reverse`` those of the other direction. Drawn from U(-1/√hidden_size, 1/√hidden_size).

    Raises
    ------
    ValueError, RuntimeError
        If a size is not positive, or the input or a state has another shape than the layer needs.
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        device: Any,
        dtype: Any,
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        _check_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        _check_probability(dropout)
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} is applied behind every layer but the last, and there is only "
                "one",
                UserWarning,
                stacklevel=3,
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        width = input_size
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                self._add_weights(suffix, width, device, dtype)
            width = self._directions * self._width
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _width(self) -> int:
        """The features of the hidden state as it comes out."""
        return self.proj_size or self.hidden_size

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self._directions]

    def _add_weights(self, suffix: str, inputs: int, device: Any, dtype: Any) -> None:
        rows = self.gates * self.hidden_size
        options = {"device": device, "dtype": dtype}
        setattr(self, f"weight_ih{suffix}", blank(rows, inputs, **options))
        setattr(self, f"weight_hh{suffix}", blank(rows, self._width, **options))
        if self.bias:
            for name in ("bias_ih", "bias_hh"):
                setattr(self, f"{name}{suffix}", blank(rows, **options))
        if self.proj_size:
            setattr(self, f"weight_hr{suffix}", blank(self.proj_size, self.hidden_size, **options))

    def _weights(self, suffix: str) -> tuple:
        return tuple(
            getattr(self, f"{name}{suffix}", None)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _draw(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Nothing to do: PyTorch lays the weights out for its GPU library here."""

    def _one_way(self, x: Any, states: tuple, suffix: str, live: Any) -> tuple[Any, tuple]:
        """One layer in one direction: the outputs of all steps, and the last states."""
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The outputs of all steps, and the last states of all layers; ``hx`` are the first states,
        by default zeros.
        """
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got shape "
                f"{list(input.shape)} instead"
            )
        states = self._taken(hx)
        if states is not None and any(state.ndim != input.ndim for state in states):
            shapes = [list(state.shape) for state in states]
            raise RuntimeError(
                f"For {input.ndim}-D input, hx should also be {input.ndim}-D but got shapes "
                f"{shapes}"
            )
        if input.ndim == 2:
            return self._alone(input, states)
        if not self.batch_first:
            y, last = self._layers(input, states, None)
            return y, self._given(last)
        y, last = self._layers(input.swapaxes(0, 1), states, None)
        return y.swapaxes(0, 1), self._given(last)

    def _alone(self, input: Any, states: tuple | None) -> tuple[Any, Any]:
        """A single sequence, as a batch of one."""
        if states is not None:
            states = tuple(state.unsqueeze(1) for state in states)
        y, last = self._layers(input.unsqueeze(1), states, None)
        return y.squeeze(1), self._given(tuple(state.squeeze(1) for state in last))

    def _taken(self, hx: Any) -> tuple | None:
        """The states as a tuple; a layer with one state takes and gives it without."""
        return hx if hx is None or self.states > 1 else (hx,)

    def _given(self, states: tuple) -> Any:
        return states if self.states > 1 else states[0]

    def _packed(self, sequence: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        live = sequence.live()
        order, back = sequence[2:]
        states = self._taken(hx)
        if states is not None and order is not None:
            states = tuple(state[:, order.numpy()] for state in states)
        y, last = self._layers(sequence.padded(), states, live[..., None])
        if back is not None:
            last = tuple(state[:, back.numpy()] for state in last)
        return sequence._replace(data=y[live.nonzero()]), self._given(last)

    def _layers(self, x: Any, states: tuple | None, live: Any) -> tuple[Any, tuple]:
        """All layers on ``(steps, batch, features)``."""
        firsts = [unbind(state) for state in self._first_states(x, states)]
        lasts: list[tuple] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = drop(x, self.dropout, self.training)
            outs = []
            for direction, suffix in zip((self._one_way, self._backwards), self._suffixes(layer)):
                first = tuple(state[len(lasts)] for state in firsts)
                y, last = direction(x, first, suffix, live)
                outs.append(y)
                lasts.append(last)
            x = cat(outs, -1) if self.bidirectional else outs[0]
        return x, tuple(stack(list(states)) for states in zip(*lasts))

    def _backwards(self, x: Any, states: tuple, suffix: str, live: Any) -> tuple[Any, tuple]:
        """`_one_way` from the last step to the first."""
        if live is not None:
            live = live[::-1]
        y, last = self._one_way(flip(x, 0), states, suffix, live)
        return flip(y, 0), last

    def _first_states(self, x: Any, states: tuple | None) -> tuple:
        """The states before the first step, checked against the input, or zeros."""
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{x.shape[-1]}"
            )
        if x.shape[0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        count = self.num_layers * self._directions
        shapes = [
            (count, x.shape[1], width) for width in (self._width, self.hidden_size)[: self.states]
        ]
        if states is None:
            return tuple(zeros(shape, dtype=x.dtype) for shape in shapes)
        if len(states) != self.states or any(
            state.shape != shape for state, shape in zip(states, shapes)
        ):
            raise RuntimeError(
                f"Expected hidden size {shapes}, got {[list(state.shape) for state in states]}"
            )
        return tuple(states)

    def extra_repr(self) -> str:
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        text = f"{self.input_size}, {self.hidden_size}"
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(_Recurrent):
    __doc__ = f"""``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu for tanh (Elman, 1990).

    ``nonlinearity`` is "tanh" or "relu".

    {_Recurrent.__doc__}
    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> output, h = nn.RNN(10, 20, num_layers=2)(ones(5, 3, 10))
    >>> output.shape, h.shape
    ((5, 3, 20), (2, 3, 20))
    """
    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        _check_nonlinearity(nonlinearity, ValueError)
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity

    def _one_way(self, x: Any, states: tuple, suffix: str, live: Any) -> tuple[Any, tuple]:
        return _run_elman(x, states, self._weights(suffix), live, self.nonlinearity == "relu")


class LSTM(_Recurrent):
    __doc__ = f"""Long short-term memory (Hochreiter & Schmidhuber, 1997).

    ``c' = f c + i n`` and ``h' = o tanh(c')``. The gates ``i, f, o`` are sigmoids and the new
    content ``n`` is a tanh of ``W_ih x + b_ih + W_hh h + b_hh``, whose rows stand in the order
    ``i, f, n, o``. The states are a pair ``(h, c)``. With ``proj_size``, the hidden state is
    ``W_hr (o tanh(c'))``, of so many features.

    {_Recurrent.__doc__}
    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> output, (h, c) = nn.LSTM(10, 20, bidirectional=True)(ones(5, 3, 10))
    >>> output.shape, h.shape
    ((5, 3, 40), (2, 3, 20))
    """
    gates = 4
    states = 2

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if not 0 <= proj_size < max(hidden_size, 1):
            raise ValueError(
                f"proj_size has to be smaller than hidden_size and not negative, got {proj_size}"
            )
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
            proj_size,
        )

    def _one_way(self, x: Any, states: tuple, suffix: str, live: Any) -> tuple[Any, tuple]:
        return _run_lstm(
            x, states, self._weights(suffix), live, getattr(self, f"weight_hr{suffix}", None)
        )


class GRU(_Recurrent):
    __doc__ = f"""``h' = (1 - u) n + u h``: the gated recurrent unit (Cho et al., 2014).

    The gates ``r, u`` are sigmoids of ``W_ih x + b_ih + W_hh h + b_hh``, and the new content is
    ``n = tanh(W_in x + b_in + r (W_hn h + b_hn))``; the rows stand in the order ``r, u, n``.

    {_Recurrent.__doc__}"""
    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
        )

    def _one_way(self, x: Any, states: tuple, suffix: str, live: Any) -> tuple[Any, tuple]:
        return _run_gru(x, states, self._weights(suffix), live)


# --- single steps ---------------------------------------------------------------------------------


class _Cell(Module):
    """One step of a recurrence.

    Parameters
    ----------
    input_size, hidden_size : int
        The features of an input element and of the state.
    bias : bool
        Whether there are biases.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter
        Shapes ``(gates * hidden_size, input_size)`` and ``(gates * hidden_size, hidden_size)``.
    bias_ih, bias_hh : Parameter or None
        Shape ``(gates * hidden_size,)``. All are drawn from U(-1/√hidden_size, 1/√hidden_size).
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_sizes(input_size=input_size, hidden_size=hidden_size)
        rows = self.gates * hidden_size
        options = {"device": device, "dtype": dtype}
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = blank(rows, input_size, **options)
        self.weight_hh = blank(rows, hidden_size, **options)
        self.register_parameter("bias_ih", blank(rows, **options) if bias else None)
        self.register_parameter("bias_hh", blank(rows, **options) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _draw(self, self.hidden_size)

    def _step(self, x: Any, states: tuple, weights: tuple) -> tuple[Any, tuple]:
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state, of an input of shape ``(batch, input_size)`` or ``(input_size,)``; ``hx``
        is the last one, by default zeros.
        """
        self._check(input)
        x = input.reshape((1, -1, self.input_size))
        if hx is None:
            states = (zeros(x.shape[1], self.hidden_size, dtype=x.dtype),) * self.states
        else:
            given = hx if self.states > 1 else (hx,)
            states = tuple(self._checked(state, input) for state in given)
        _, last = self._step(
            x, states, (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        )
        if input.ndim == 1:
            last = tuple(state[0] for state in last)
        return last if self.states > 1 else last[0]

    def _check(self, input: Any) -> None:
        if input.ndim not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 1D or 2D, got shape "
                f"{list(input.shape)} instead"
            )
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {input.shape[-1]} expected "
                f"{self.input_size}"
            )

    def _checked(self, state: Any, input: Any) -> Any:
        """The state, as (batch, hidden)."""
        if state.shape != (*input.shape[:-1], self.hidden_size):
            raise RuntimeError(
                f"hx should have shape {[*input.shape[:-1], self.hidden_size]} for this input, got "
                f"{list(state.shape)}"
            )
        return state.reshape((-1, self.hidden_size))

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(_Cell):
    __doc__ = f"One step of `RNN`; ``nonlinearity`` is ``'tanh'`` or ``'relu'``.\n\n{_Cell.__doc__}"
    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        _check_nonlinearity(nonlinearity, RuntimeError)
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def _step(self, x: Any, states: tuple, weights: tuple) -> tuple[Any, tuple]:
        return _run_elman(x, states, weights, None, self.nonlinearity == "relu")

    def extra_repr(self) -> str:
        text = super().extra_repr()
        if self.nonlinearity != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class LSTMCell(_Cell):
    __doc__ = f"One step of `LSTM`; the state is a pair ``(h, c)``.\n\n{_Cell.__doc__}"
    gates = 4
    states = 2

    def _step(self, x: Any, states: tuple, weights: tuple) -> tuple[Any, tuple]:
        return _run_lstm(x, states, weights, None)


class GRUCell(_Cell):
    __doc__ = f"One step of `GRU`.\n\n{_Cell.__doc__}"
    gates = 3

    def _step(self, x: Any, states: tuple, weights: tuple) -> tuple[Any, tuple]:
        return _run_gru(x, states, weights, None)
