"""The recurrences behind the recurrent layers, each over a whole sequence as one op.

The input's share ``z = W x + b`` of all steps comes in as one matrix product; what is left of a
step is the product with the last state and a few elementwise functions. The rules go back through
the steps, and take the gradient of the recurrent weight in one product at the end. So the graph has
one node for a sequence of any length, and time is linear in the length. What the rules need of a
step are outputs of the op, and as such differentiable again.

Shapes: ``z`` (steps, batch, gates * hidden), a state (batch, hidden), ``weight`` (gates * hidden,
hidden). Where the batch holds sequences of different lengths, ``live`` (steps, batch, 1) says which
of them take part in a step; the others keep their state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Iterator

import numpy as np

from autograd_engine import (
    Tensor,
    as_tensor,
    cat,
    chunk,
    enable_grad,
    maximum,
    primitive,
    sigmoid,
    stack,
    tanh,
    unbind,
    vjp,
    where,
)
from autograd_engine.kernels import kernel, real, with_kernels
from autograd_engine.kernels import sigmoid as sigmoid_of_number

from .activation import zeros_for


def _last_to_first(*sequences: Any) -> Iterator[tuple]:
    """The steps of several sequences together, from the last to the first."""
    return zip(*[reversed(unbind(sequence)) for sequence in sequences])


def _time_first(steps: list) -> Any:
    """What was gathered from the last step to the first, as a sequence."""
    return stack(steps[::-1])


def _states_before(first: Any, states: Any) -> Any:
    """The state before each step."""
    return cat([first.reshape((1, *first.shape)), states[:-1]])


def _weight_gradient(g: Any, x: Any) -> Any:
    """``Σ g xᵀ`` over steps and batch: the gradient of a weight."""
    return g.reshape((-1, g.shape[-1])).swapaxes(0, 1) @ x.reshape((-1, x.shape[-1]))


def _all(live: Any, z: Any) -> Any:
    return np.ones((z.shape[0], 1, 1), bool) if live is None else live


def _materialized(g: tuple, y: tuple) -> list:
    """The cotangents of the outputs, with zeros for those of outputs that were not used."""
    return [zeros_for(out) if g_out is None else g_out for g_out, out in zip(g, y)]


def _where_live(live: np.ndarray | None, t: int, new: np.ndarray, old: np.ndarray) -> np.ndarray:
    return new if live is None else np.where(live[t], new, old)


def _by_formula(formula: Callable) -> Callable:
    """The rule of an op that a formula computes, by differentiating that: for gradients that are
    ops themselves, so that a sweep that is recorded has one call for them.
    """
    parameters = inspect.signature(formula).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    statics = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]

    def rule(g: Any, *given: Any) -> tuple:
        params = dict(zip(statics, given[len(names) :]))
        places = [i for i, x in enumerate(given[: len(names)]) if x is not None]
        recorded = any(isinstance(given[i], Tensor) for i in places)

        def of_those(*xs: Any) -> tuple:
            inputs = dict(zip(places, xs))
            return formula(*map(inputs.get, range(len(names))), **params)

        with enable_grad():
            _, pull = vjp(of_those, *[as_tensor(given[i]) for i in places])
            found = dict(zip(places, pull(tuple(map(as_tensor, g)))))
        if not recorded:
            found = {i: x.detach().numpy() for i, x in found.items()}
        return tuple(map(found.get, range(len(names))))

    own = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names + statics]
    first = inspect.Parameter("g", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rule.__signature__ = inspect.Signature([first, *own])  # type: ignore[attr-defined]
    return rule


def _gradients(op: Any, *given: Any, **params: Any) -> Any:
    """What a gradient op gives: in a sweep of arrays as arrays, else recorded as one call."""
    recorded = any(isinstance(x, Tensor) for x in given)
    return op(*given, **params) if recorded else op.op.forward(*given, **params)


# --- Elman: h' = tanh(z + W h) --------------------------------------------------------------------


def _elman_formula(g_hs: Any, hs: Any, h: Any, weight: Any, *, relu: bool, live: Any) -> tuple:
    slope = hs > 0 if relu else 1 - hs * hs
    dh: Any = 0.0
    dzs = []
    for g_t, slope_t, live_t in _last_to_first(g_hs, slope, _all(live, hs)):
        dh = dh + g_t
        dz = dh * live_t * slope_t
        rest = 0.0 if live is None else dh * ~live_t
        dh = dz @ weight + rest
        dzs.append(dz)
    dz = _time_first(dzs)
    return dz, dh, _weight_gradient(dz, _states_before(h, hs))


def _elman_steps(z: Any, h: Any, weight: Any, *, relu: bool, live: Any) -> Any:
    """The same step by step, with an op for each thing that is done."""
    hs = []
    for t in range(len(z)):
        a = z[t] + h @ weight.swapaxes(0, 1)
        new = maximum(a, 0) if relu else tanh(a)
        h = new if live is None else where(live[t], new, h)
        hs.append(h)
    return stack(hs)


@kernel
def _tanh_of_sums(a, z, out):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = np.tanh(a[i, j] + z[i, j])


def _elman_by_kernel(z: Any, h: Any, weight: Any, *, relu: bool = False, live: Any = None) -> Any:
    if relu or live is not None:
        return None
    z = np.ascontiguousarray(z)
    hs = np.empty(z.shape, z.dtype)
    a = np.empty(z.shape[1:], z.dtype)
    for t in range(len(z)):
        np.matmul(h, weight.T, out=a)
        h = hs[t]
        _tanh_of_sums(a, z[t], h)
    return hs


@primitive(joint=_by_formula(_elman_formula), promote="keep", outputs=0, batching=_elman_formula)
def elman_gradient(g_hs, hs, h, weight, *, relu, live):
    """The gradients of the inputs of `elman`."""
    return _elman_formula(g_hs, hs, h, weight, relu=relu, live=live)


def _elman_rule(g: Any, y: Any, h: Any, weight: Any, relu: bool, live: Any) -> tuple:
    return _gradients(elman_gradient, g, y, h, weight, relu=relu, live=live)


@primitive(joint=_elman_rule, promote="keep", batching=_elman_steps)
@with_kernels(_elman_by_kernel)
def elman(z, h, weight, *, relu=False, live=None):
    """``h' = tanh(z + W h)``, or with relu for tanh: all states, shape (steps, batch, hidden)
    (Elman, 1990).
    """
    hs = np.empty(z.shape, z.dtype)
    for t in range(len(z)):
        a = z[t] + h @ weight.T
        hs[t] = h = _where_live(live, t, np.maximum(a, 0) if relu else np.tanh(a), h)
    return hs


# --- LSTM: c' = f c + i n, h' = o tanh(c') --------------------------------------------------------


@kernel
def _lstm_step(z, c, gate, new, m):
    size = c.shape[1]
    for b in range(c.shape[0]):
        i = gate[b, :size]
        f = gate[b, size : 2 * size]
        n = gate[b, 2 * size : 3 * size]
        o = gate[b, 3 * size :]
        z_i = z[b, :size]
        z_f = z[b, size : 2 * size]
        z_n = z[b, 2 * size : 3 * size]
        z_o = z[b, 3 * size :]
        for j in range(size):
            i[j] = sigmoid_of_number(i[j] + z_i[j])
            f[j] = sigmoid_of_number(f[j] + z_f[j])
            n[j] = np.tanh(n[j] + z_n[j])
            o[j] = sigmoid_of_number(o[j] + z_o[j])
            new[b, j] = f[j] * c[b, j] + i[j] * n[j]
            m[b, j] = o[j] * np.tanh(new[b, j])


@kernel
def _lstm_step_back(gate, before, cell, g_c, dm, dc, dz):
    """From ``dm`` and the ``dc`` of later steps, the ``dc`` of earlier ones and ``dz``."""
    size = cell.shape[1]
    for b in range(cell.shape[0]):
        i = gate[b, :size]
        f = gate[b, size : 2 * size]
        n = gate[b, 2 * size : 3 * size]
        o = gate[b, 3 * size :]
        dz_i = dz[b, :size]
        dz_f = dz[b, size : 2 * size]
        dz_n = dz[b, 2 * size : 3 * size]
        dz_o = dz[b, 3 * size :]
        for j in range(size):
            squashed = np.tanh(cell[b, j])
            bend = real(1) - squashed * squashed
            d = dc[b, j] + g_c[b, j] + dm[b, j] * o[j] * bend
            dz_i[j] = d * n[j] * i[j] * (real(1) - i[j])
            dz_f[j] = d * before[b, j] * f[j] * (real(1) - f[j])
            dz_n[j] = d * i[j] * (real(1) - n[j] * n[j])
            dz_o[j] = dm[b, j] * squashed * o[j] * (real(1) - o[j])
            dc[b, j] = d * f[j]


def _lstm_by_kernel(
    z: Any, h: Any, c: Any, weight: Any, projection: Any = None, *, live: Any = None
) -> Any:
    if live is not None:
        return None
    z = np.ascontiguousarray(z)
    c = np.ascontiguousarray(c)
    hs, cs, gates = _lstm_buffers(z, h, c)
    m = np.empty(c.shape, c.dtype)
    for t in range(len(z)):
        np.matmul(h, weight.T, out=gates[t])
        if projection is None:
            m = hs[t]
        _lstm_step(z[t], c, gates[t], cs[t], m)
        if projection is not None:
            np.matmul(m, projection.T, out=hs[t])
        h = hs[t]
        c = cs[t]
    return hs, cs, gates


def _lstm_sweep_by_kernel(
    gates: Any, hs: Any, cs: Any, g: tuple, h: Any, c: Any, weight: Any, projection: Any
) -> tuple | None:
    g_hs, g_cs, g_gates = g
    if g_gates is not None:
        return None
    before = np.ascontiguousarray(c)
    dz = np.empty(gates.shape, gates.dtype)
    dhs = None if projection is None else np.empty(hs.shape, hs.dtype)
    dh = np.zeros(h.shape, h.dtype)
    dc = np.zeros(c.shape, c.dtype)
    none = np.zeros(c.shape, c.dtype)
    for t in range(len(cs) - 1, -1, -1):
        dh += g_hs[t]
        dm = dh
        if dhs is not None:
            dhs[t] = dh
            dm = dh @ projection
        g_c = none if g_cs is None else np.ascontiguousarray(g_cs[t])
        _lstm_step_back(gates[t], cs[t - 1] if t else before, cs[t], g_c, dm, dc, dz[t])
        np.matmul(dz[t], weight, out=dh)
    return _lstm_gradients(dz, dh, dc, dhs, h, hs, cs, gates)


def _lstm_gradients(
    dz: Any, dh: Any, dc: Any, dhs: Any, h: Any, hs: Any, cs: Any, gates: Any
) -> tuple:
    d_projection = None
    if dhs is not None:
        d_projection = _weight_gradient(dhs, gates[..., 3 * cs.shape[-1] :] * np.tanh(cs))
    return dz, dh, dc, _weight_gradient(dz, _states_before(h, hs)), d_projection


def _lstm_buffers(z: Any, h: Any, c: Any) -> list[np.ndarray]:
    """For the outputs of the op."""
    size = c.shape[-1]
    return [np.empty((*z.shape[:2], n), z.dtype) for n in (h.shape[-1], size, 4 * size)]


@with_kernels(_lstm_sweep_by_kernel)
def _lstm_sweep(
    gates: Any, hs: Any, cs: Any, g: tuple, h: Any, c: Any, weight: Any, projection: Any
) -> tuple:
    """The rule on arrays alone, where all sequences take part in all steps: each step in buffers of
    its own, which stay in the cache.
    """
    g_hs, g_cs, g_gates = g
    steps, batch, size = cs.shape
    dz = np.empty((steps, batch, 4, size), cs.dtype)
    dhs = None if projection is None else np.empty(hs.shape, cs.dtype)
    slope = np.empty((batch, 4, size), cs.dtype)
    squashed = np.empty(c.shape, cs.dtype)
    bend = np.empty(c.shape, cs.dtype)
    dh = np.zeros(h.shape, cs.dtype)
    dc = np.zeros(c.shape, cs.dtype)
    for t in range(steps - 1, -1, -1):
        gate = gates[t].reshape(slope.shape)
        before = cs[t - 1] if t else c
        # of the sigmoids s (1 - s), of the tanh 1 - n²
        np.multiply(gate, gate, out=slope)
        np.subtract(gate, slope, out=slope)
        n = gate[:, 2]
        np.multiply(n, n, out=slope[:, 2])
        np.subtract(1, slope[:, 2], out=slope[:, 2])
        dh += g_hs[t]
        dm = dh
        if dhs is not None:
            dhs[t] = dh
            dm = dh @ projection
        np.tanh(cs[t], out=squashed)
        np.multiply(squashed, squashed, out=bend)
        np.subtract(1, bend, out=bend)
        bend *= gate[:, 3]
        bend *= dm
        if g_cs is not None:
            dc += g_cs[t]
        dc += bend
        out = dz[t]
        np.multiply(dc, n, out=out[:, 0])
        np.multiply(dc, before, out=out[:, 1])
        np.multiply(dc, gate[:, 0], out=out[:, 2])
        np.multiply(dm, squashed, out=out[:, 3])
        if g_gates is not None:
            out += g_gates[t].reshape(out.shape)
        out *= slope
        np.matmul(out.reshape(batch, 4 * size), weight, out=dh)
        dc *= gate[:, 1]
    return _lstm_gradients(dz.reshape(gates.shape), dh, dc, dhs, h, hs, cs, gates)


def _lstm_formula(
    g_hs: Any,
    hs: Any,
    cs: Any,
    gates: Any,
    h: Any,
    c: Any,
    weight: Any,
    projection: Any = None,
    g_cs: Any = None,
    g_gates: Any = None,
    *,
    live: Any,
) -> tuple:
    """The gradients of all inputs, with an op for each thing that is done."""
    g_cs, g_gates = _materialized((g_cs, g_gates), (cs, gates))
    i, f, n, o = chunk(gates, 4, -1)
    squashed = tanh(cs)
    slope = cat([i * (1 - i), f * (1 - f), 1 - n * n, o * (1 - o)], -1)
    # of dc, dc, dc and dm in the gradients of the gates' arguments
    factor = cat([n, _states_before(c, cs), i, squashed], -1) * slope
    extra = g_gates * slope
    bend = o * (1 - squashed * squashed)
    dh: Any = 0.0
    dc: Any = 0.0
    dzs, dhs = [], []
    for g_h, g_c, live_t, f_t, factor_t, bend_t, extra_t in _last_to_first(
        g_hs, g_cs, _all(live, cs), f, factor, bend, extra
    ):
        dh = dh + g_h
        dc = dc + g_c
        h_rest: Any = 0.0
        c_rest: Any = 0.0
        if live is not None:
            h_rest = dh * ~live_t
            c_rest = dc * ~live_t
        dh = dh * live_t
        dm = dh if projection is None else dh @ projection
        dc = dc * live_t + dm * bend_t
        dz = cat([dc, dc, dc, dm], -1) * factor_t + extra_t
        dhs.append(dh)
        dzs.append(dz)
        dh = dz @ weight + h_rest
        dc = dc * f_t + c_rest
    dz = _time_first(dzs)
    found = dz, dh, dc, _weight_gradient(dz, _states_before(h, hs))
    if projection is None:
        return found
    return *found, _weight_gradient(_time_first(dhs), o * squashed)


@primitive(joint=_by_formula(_lstm_formula), promote="keep", outputs=0, batching=_lstm_formula)
def lstm_gradient(
    g_hs, hs, cs, gates, h, c, weight, projection=None, g_cs=None, g_gates=None, *, live
):
    """The gradients of the inputs of `lstm`."""
    if live is not None:
        states = g_hs, hs, cs, gates, h, c
        return _lstm_formula(*states, weight, projection, g_cs, g_gates, live=live)
    found = _lstm_sweep(gates, hs, cs, (g_hs, g_cs, g_gates), h, c, weight, projection)
    return found[: 4 + (projection is not None)]


def _lstm_rule(g: Any, y: Any, h: Any, c: Any, weight: Any, projection: Any, live: Any) -> Any:
    g_hs, g_cs, g_gates = g
    if g_hs is None:
        g_hs = zeros_for(y[0])
    given = g_hs, *y, h, c, weight, projection, g_cs, g_gates
    return (*_gradients(lstm_gradient, *given, live=live), None)[:5]


def _lstm_steps(
    z: Any, h: Any, c: Any, weight: Any, projection: Any = None, *, live: Any = None
) -> tuple:
    """The same step by step, with an op for each thing that is done."""
    hs, cs, gates = [], [], []
    for t in range(len(z)):
        a_i, a_f, a_n, a_o = chunk(z[t] + h @ weight.swapaxes(0, 1), 4, -1)
        i = sigmoid(a_i)
        f = sigmoid(a_f)
        n = tanh(a_n)
        o = sigmoid(a_o)
        new = f * c + i * n
        m = o * tanh(new)
        if projection is not None:
            m = m @ projection.swapaxes(0, 1)
        c = new if live is None else where(live[t], new, c)
        h = m if live is None else where(live[t], m, h)
        hs.append(h)
        cs.append(c)
        gates.append(cat([i, f, n, o], -1))
    return stack(hs), stack(cs), stack(gates)


@primitive(joint=_lstm_rule, promote="keep", outputs=0, batching=_lstm_steps)
@with_kernels(_lstm_by_kernel)
def lstm(z, h, c, weight, projection=None, *, live=None):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997): all hidden states, all cell states,
    all gates.

    The gates ``i, f, n, o`` stand in this order in ``z``; all are sigmoids but the new content
    ``n``, a tanh. With a ``projection`` of shape (projected, hidden), the hidden state is
    ``projection @ (o tanh(c))``.
    """
    size = c.shape[-1]
    hs, cs, gates = _lstm_buffers(z, h, c)
    # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: all gates are one tanh
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], z.dtype), size)
    rest = 1 - half
    columns = weight.T * half
    product = np.empty(gates.shape[1:], z.dtype)
    m = np.empty(c.shape, z.dtype)
    share = np.empty(c.shape, z.dtype)
    for t in range(len(z)):
        gate = gates[t]
        np.multiply(z[t], half, out=gate)
        np.matmul(h, columns, out=product)
        gate += product
        np.tanh(gate, out=gate)
        gate *= half
        gate += rest
        i, f, n, o = gate.reshape(len(gate), 4, size).swapaxes(0, 1)
        new = cs[t]
        np.multiply(f, c, out=new)
        np.multiply(i, n, out=share)
        new += share
        if projection is None:
            m = hs[t]
        np.tanh(new, out=m)
        m *= o
        if projection is not None:
            np.matmul(m, projection.T, out=hs[t])
        if live is not None:
            np.copyto(new, c, where=~live[t])
            np.copyto(hs[t], h, where=~live[t])
        h = hs[t]
        c = new
    return hs, cs, gates


lstm.op.materialize = False  # most programs use the hidden states alone


# --- GRU: h' = (1 - u) n + u h --------------------------------------------------------------------


@kernel
def _gru_step(z, s, h, gate, share, new):
    size = h.shape[1]
    for b in range(h.shape[0]):
        r = gate[b, :size]
        u = gate[b, size : 2 * size]
        n = gate[b, 2 * size :]
        z_r = z[b, :size]
        z_u = z[b, size : 2 * size]
        z_n = z[b, 2 * size :]
        s_r = s[b, :size]
        s_u = s[b, size : 2 * size]
        s_n = s[b, 2 * size :]
        for j in range(size):
            r[j] = sigmoid_of_number(z_r[j] + s_r[j])
            u[j] = sigmoid_of_number(z_u[j] + s_u[j])
            n[j] = np.tanh(z_n[j] + r[j] * s_n[j])
            share[b, j] = s_n[j]
            new[b, j] = n[j] + u[j] * (h[b, j] - n[j])


@kernel
def _gru_step_back(gate, share, before, dh, dz, ds):
    """From ``dh``, those of ``z`` and ``s``, and in its place what goes past the product."""
    size = before.shape[1]
    for b in range(before.shape[0]):
        r = gate[b, :size]
        u = gate[b, size : 2 * size]
        n = gate[b, 2 * size :]
        dz_r = dz[b, :size]
        dz_u = dz[b, size : 2 * size]
        dz_n = dz[b, 2 * size :]
        ds_r = ds[b, :size]
        ds_u = ds[b, size : 2 * size]
        ds_n = ds[b, 2 * size :]
        for j in range(size):
            dn = dh[b, j] * (real(1) - u[j]) * (real(1) - n[j] * n[j])
            dz_n[j] = dn
            ds_n[j] = dn * r[j]
            dz_r[j] = dn * share[b, j] * r[j] * (real(1) - r[j])
            ds_r[j] = dz_r[j]
            dz_u[j] = dh[b, j] * (before[b, j] - n[j]) * u[j] * (real(1) - u[j])
            ds_u[j] = dz_u[j]
            dh[b, j] *= u[j]


def _gru_by_kernel(z: Any, h: Any, weight: Any, bias: Any = None, *, live: Any = None) -> Any:
    if live is not None:
        return None
    z = np.ascontiguousarray(z)
    h = np.ascontiguousarray(h)
    hs, gates, share = _gru_buffers(z, h)
    s = np.empty(z.shape[1:], z.dtype)
    for t in range(len(z)):
        np.matmul(h, weight.T, out=s)
        if bias is not None:
            s += bias
        _gru_step(z[t], s, h, gates[t], share[t], hs[t])
        h = hs[t]
    return hs, gates, share


def _gru_buffers(z: Any, h: Any) -> list[np.ndarray]:
    """For the outputs of the op."""
    size = h.shape[-1]
    return [np.empty((*z.shape[:2], n), z.dtype) for n in (size, 3 * size, size)]


def _gru_formula(
    g_hs: Any,
    hs: Any,
    gates: Any,
    share: Any,
    h: Any,
    weight: Any,
    g_gates: Any = None,
    g_share: Any = None,
    *,
    live: Any,
) -> tuple:
    """The gradients of all inputs, with an op for each thing that is done."""
    g_gates, g_share = _materialized((g_gates, g_share), (gates, share))
    r, u, n = chunk(gates, 3, -1)
    before = _states_before(h, hs)
    bend = 1 - n * n
    of_n = (1 - u) * bend
    of_u = (before - n) * u * (1 - u)
    of_r = share * r * (1 - r)
    extra = g_gates * cat([r * (1 - r), u * (1 - u), bend], -1)
    dh: Any = 0.0
    dzs, dss = [], []
    steps = _last_to_first(
        g_hs, _all(live, hs), r, u, of_r, of_u, of_n, g_share, *chunk(extra, 3, -1)
    )
    for g_h, live_t, r_t, u_t, of_r_t, of_u_t, of_n_t, more_s, more_r, more_u, more_n in steps:
        dh = dh + g_h
        rest = 0.0 if live is None else dh * ~live_t
        dh = dh * live_t
        dn = dh * of_n_t + more_n
        both = [dn * of_r_t + more_r, dh * of_u_t + more_u]
        dzs.append(cat([*both, dn], -1))
        dss.append(cat([*both, dn * r_t + more_s], -1))
        dh = dss[-1] @ weight + dh * u_t + rest
    ds = _time_first(dss)
    return _time_first(dzs), dh, _weight_gradient(ds, before), ds.sum((0, 1))


def _gru_gradient_by_kernel(
    g_hs: Any,
    hs: Any,
    gates: Any,
    share: Any,
    h: Any,
    weight: Any,
    g_gates: Any = None,
    g_share: Any = None,
    *,
    live: Any,
) -> tuple | None:
    if live is not None or g_gates is not None or g_share is not None:
        return None
    before = np.ascontiguousarray(h)
    dz = np.empty(gates.shape, gates.dtype)
    ds = np.empty(gates.shape, gates.dtype)
    dh = np.zeros(h.shape, h.dtype)
    product = np.empty(h.shape, h.dtype)
    for t in range(len(hs) - 1, -1, -1):
        dh += g_hs[t]
        _gru_step_back(gates[t], share[t], hs[t - 1] if t else before, dh, dz[t], ds[t])
        np.matmul(ds[t], weight, out=product)
        dh += product
    return dz, dh, _weight_gradient(ds, _states_before(h, hs)), ds.sum((0, 1))


@primitive(joint=_by_formula(_gru_formula), promote="keep", outputs=0, batching=_gru_formula)
@with_kernels(_gru_gradient_by_kernel)
def gru_gradient(g_hs, hs, gates, share, h, weight, g_gates=None, g_share=None, *, live):
    """The gradients of the inputs of `gru`."""
    return _gru_formula(g_hs, hs, gates, share, h, weight, g_gates, g_share, live=live)


def _gru_rule(g: Any, y: Any, h: Any, weight: Any, live: Any) -> Any:
    g_hs, g_gates, g_share = g
    if g_hs is None:
        g_hs = zeros_for(y[0])
    return _gradients(gru_gradient, g_hs, *y, h, weight, g_gates, g_share, live=live)


def _gru_steps(z: Any, h: Any, weight: Any, bias: Any = None, *, live: Any = None) -> tuple:
    """The same step by step, with an op for each thing that is done."""
    hs, gates, share = [], [], []
    for t in range(len(z)):
        s = h @ weight.swapaxes(0, 1)
        if bias is not None:
            s = s + bias
        s_r, s_u, s_n = chunk(s, 3, -1)
        z_r, z_u, z_n = chunk(z[t], 3, -1)
        r = sigmoid(z_r + s_r)
        u = sigmoid(z_u + s_u)
        n = tanh(z_n + r * s_n)
        new = n + u * (h - n)
        h = new if live is None else where(live[t], new, h)
        hs.append(h)
        gates.append(cat([r, u, n], -1))
        share.append(s_n)
    return stack(hs), stack(gates), stack(share)


@primitive(joint=_gru_rule, promote="keep", outputs=0, batching=_gru_steps)
@with_kernels(_gru_by_kernel)
def gru(z, h, weight, bias=None, *, live=None):
    """Gated recurrent unit (Cho et al., 2014): all states, all gates, and ``n``'s share of ``s = W
    h + bias``.

    The gates stand in ``z`` in the order reset ``r``, update ``u``, new content ``n = tanh(z_n + r
    s_n)``.
    """
    size = h.shape[-1]
    hs, gates, share = _gru_buffers(z, h)
    s = np.empty(z.shape[1:], z.dtype)
    for t in range(len(z)):
        np.matmul(h, weight.T, out=s)
        if bias is not None:
            s += bias
        share[t] = s[:, 2 * size :]
        gate = gates[t]
        both = gate[:, : 2 * size]
        np.add(z[t, :, : 2 * size], s[:, : 2 * size], out=both)
        both *= 0.5  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
        np.tanh(both, out=both)
        both *= 0.5
        both += 0.5
        r, u, n = gate.reshape(len(gate), 3, size).swapaxes(0, 1)
        np.multiply(r, share[t], out=n)
        n += z[t, :, 2 * size :]
        np.tanh(n, out=n)
        new = hs[t]
        np.subtract(h, n, out=new)
        new *= u
        new += n
        if live is not None:
            np.copyto(new, h, where=~live[t])
        h = new
    return hs, gates, share


gru.op.materialize = False  # most programs use the states alone
