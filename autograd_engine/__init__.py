"""An exact and readable autograd engine on NumPy, with PyTorch's names.

Start with ``from autograd_engine import tensor, draw``; the engine itself is read in `primitive`,
`tensor` and `backward`.
"""

from __future__ import annotations

import builtins
from importlib import import_module
from math import e, inf, nan, pi
from typing import Any

from numpy import dtype, newaxis

from . import autograd, cuda, func, kernels, linalg, methods, ops, special
from .core.backward import grad
from .tensors.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .tensors.display import set_printoptions
from .tensors.devices import (
    backends,
    device,
    get_default_device,
    set_default_device,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
)
from .tensors.dtypes import (
    CONVERSIONS,
    can_cast,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    is_floating_point,
    promote_types,
    result_type,
    uint8,
)
from .core.decision import are_within, decide
from .core.declaration import primitive
from .core.errors import (
    AnomalyError,
    DetachedWarning,
    GraphError,
    ShapeError,
    TraceError,
    named_errors,
)
from .transforms.function import Function
from .transforms.gradcheck import GradcheckError, gradcheck, gradgradcheck
from .tensors.inplace import are_untouched, increment_version, lie_in
from .tensors.inquiry import (
    broadcast_shapes,
    is_complex,
    is_nonzero,
    is_same_size,
    is_signed,
    is_tensor,
    numel,
)
from .tensors.threads import get_num_threads, set_num_threads, show_config
from .tensors.tapers import (
    bartlett_window,
    blackman_window,
    hamming_window,
    hann_window,
    kaiser_window,
)
from .core.modes import (
    detect_anomaly,
    enable_grad,
    get_default_dtype,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_default_dtype,
    set_grad_enabled,
)
from .methods import clone, detach
from .ops.complex import ComplexTensor
from .special import gammainc as igamma
from .special import gammaincc as igammac
from .ops.names import *  # noqa: F403
from .core.hooks import RemovableHandle
from .core.node import Node
from .core.recorder import is_traced, record_calls
from .tensors.random import (
    Generator,
    bernoulli,
    binomial,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from .transforms.checkpoint import checkpoint
from .transforms.compiler.compiled import compile
from .transforms.compiler.readable import to_numpy
from .core.tensor import Tensor
from .core.trace import register_package
from .transforms.derivatives import hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .transforms.vmap import vmap

globals().update(CONVERSIONS)
Size = tuple
"""What `Tensor.shape` is."""

__version__ = "0.1.0"

_PICTURES = ("draw", "explain", "explore")
_NAMESPACES = ("autograd", "cuda", "func", "kernels", "linalg", "special")
_ROOMS = ("core", "guide", "methods", "ops", "tensors", "transforms", "visual")
_ELSEWHERE = {
    "distributions": "nn.distributions",
    "nn": "nn",
    "optim": "nn.optim",
    "random": "autograd_engine.tensors.random",
    "utils": "nn.utils",
}
_FUNCTIONAL = frozenset(
    (
        "alpha_dropout bilinear celu celu_ channel_shuffle cosine_similarity dropout group_norm "
        "hardshrink layer_norm pairwise_distance prelu rms_norm rrelu rrelu_ selu selu_ threshold_"
    ).split()
)
"""What PyTorch has here too, with the arguments of `nn.functional`."""
_HINTS = {"save": "nn.save", "load": "nn.load"}


def __dir__() -> list[str]:
    """The public names, those that are loaded when they are first asked for too."""
    hidden = {*_ROOMS, "annotations", "builtins", "import_module", "Any", "CONVERSIONS"}
    names = [name for name in globals() if not name.startswith("_") and name not in hidden]
    return sorted([*names, *_PICTURES, "__version__"])


# ``from autograd_engine import *`` leaves Python's own sum, max, abs and the like alone; they are
# there as ag.sum, ag.max ...
__all__ = [name for name in __dir__() if not hasattr(builtins, name) and name != "__version__"]


def __getattr__(name: str) -> Any:
    """Load pictures when they are first asked for, so that the engine never waits for graphviz, and
    find what PyTorch has in one package with the engine.
    """
    if name in _PICTURES:
        return getattr(import_module(".visual", __name__), name)
    if name == "visual":
        return import_module(".visual", __name__)
    if name in _ELSEWHERE:
        return import_module(_ELSEWHERE[name])
    if name in _FUNCTIONAL:
        return getattr(import_module("nn.functional"), name)
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # x.exp_() as exp_(x)
    hint = ""
    if name in _HINTS:
        hint = f"; what PyTorch has there is here: {_HINTS[name]}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
