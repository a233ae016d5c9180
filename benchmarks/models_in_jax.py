"""The models of `models.py` for JAX: functions of their parameters, which have the names that they
have in the state of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from peers import adam_in_jax

NOT_LEARNED = ("running_mean", "running_var", "num_batches_tracked")


def training(name: str, start: dict[str, np.ndarray], x: np.ndarray, target: Any) -> Callable:
    """What takes one step with Adam and gives the loss."""
    params = {k: jnp.asarray(v) for k, v in start.items() if not k.endswith(NOT_LEARNED)}
    x = jnp.asarray(x)
    if target is not None:
        target = jnp.asarray(target.reshape(-1))
    return adam_in_jax(lambda p: MODELS[name](p, x, target), params)


def cross_entropy(scores: Any, target: Any) -> Any:
    log_p = jax.nn.log_softmax(scores.reshape(-1, scores.shape[-1]))
    return -log_p[jnp.arange(len(target)), target].mean()


def linear(p: dict, name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def convolved(p: dict, name: str, x: Any, padding: int) -> Any:
    order = ("NCHW", "OIHW", "NCHW")
    pads = [(padding, padding)] * 2
    y = lax.conv_general_dilated(x, p[f"{name}.weight"], (1, 1), pads, dimension_numbers=order)
    return y + p[f"{name}.bias"][:, None, None]


def pooled(x: Any) -> Any:
    sizes = (1, 1, 2, 2)
    return lax.reduce_window(x, -jnp.inf, lax.max, sizes, sizes, "VALID")


def lenet(p: dict, x: Any, target: Any) -> Any:
    x = pooled(jax.nn.relu(convolved(p, "0", x, 2)))
    x = pooled(jax.nn.relu(convolved(p, "3", x, 0)))
    x = x.reshape(len(x), -1)
    for name in ("7", "9"):
        x = jax.nn.relu(linear(p, name, x))
    return cross_entropy(linear(p, "11", x), target)


def cnn(p: dict, x: Any, target: Any) -> Any:
    for i in (0, 4, 8):
        x = convolved(p, str(i), x, 1)
        mean = x.mean((0, 2, 3), keepdims=True)
        var = x.var((0, 2, 3), keepdims=True)
        weight, bias = p[f"{i + 1}.weight"], p[f"{i + 1}.bias"]
        x = (x - mean) / jnp.sqrt(var + 1e-5) * weight[:, None, None] + bias[:, None, None]
        x = pooled(jax.nn.relu(x))
    return cross_entropy(linear(p, "13", x.reshape(len(x), -1)), target)


def lstm(p: dict, x: Any, target: Any) -> Any:
    own, back = p["lstm.weight_ih_l0"], p["lstm.weight_hh_l0"]
    z = x.swapaxes(0, 1) @ own.T + p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]

    def step(state: Any, z: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(z + h @ back.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), None

    zeros = jnp.zeros((len(x), back.shape[1]))
    (h, _), _ = lax.scan(step, (zeros, zeros), z)
    return cross_entropy(linear(p, "head", h), target)


def normalised(p: dict, name: str, x: Any) -> Any:
    x = (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return x * p[f"{name}.weight"] + p[f"{name}.bias"]


def gpt(p: dict, letters: Any, target: Any) -> Any:
    x = p["letter.weight"][letters] + p["place.weight"]
    batch, length, width = x.shape
    heads = 4
    mask = jnp.tril(jnp.ones((length, length), bool))
    for i in range(4):
        name = f"blocks.{i}"
        parts = jnp.split(linear(p, f"{name}.attend", normalised(p, f"{name}.first", x)), 3, axis=2)
        q, k, v = [
            part.reshape(batch, length, heads, width // heads).swapaxes(1, 2) for part in parts
        ]
        scores = (q @ k.swapaxes(-2, -1)) * (width // heads) ** -0.5
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
        mixed = (weights @ v).swapaxes(1, 2).reshape(batch, length, width)
        x = x + linear(p, f"{name}.project", mixed)
        h = linear(p, f"{name}.net.0", normalised(p, f"{name}.second", x))
        x = x + linear(p, f"{name}.net.2", jax.nn.gelu(h, approximate=False))
    return cross_entropy(linear(p, "head", normalised(p, "norm", x)), target)


def elementwise(p: dict, x: Any, target: Any) -> Any:
    h = jnp.tanh(p["weight"] * x)
    h = jnp.log(h * h + 1) * x
    return jnp.sqrt(jnp.exp(h - x) + 1).mean()


def softmax(p: dict, x: Any, target: Any) -> Any:
    w = p["weight"]
    return -(jax.nn.softmax(w, -1) * jax.nn.log_softmax(w * x, -1)).mean()


MODELS = {f.__name__: f for f in (lenet, cnn, lstm, gpt, elementwise, softmax)}
