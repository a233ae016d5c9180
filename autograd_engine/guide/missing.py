"""What PyTorch has and this package has not: ``python -m autograd_engine missing torch``.

Read from PyTorch itself, where it is installed, so that the list cannot fall behind. Each group of
names that is left out on purpose has a reason; what has none is simply not here yet.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

REASONS: dict[str, str] = {
    r".*(quantiz|q_scale|q_zero|q_per_channel|int_repr|fbgemm|qparams|fake_quant|qscheme|"
    r"ScalingType|SwizzleType|scaled_mm|scaled_grouped_mm|grouped_mm)": (
        "numbers are not quantised here"
    ),
    r"norm_except_dim|slice_inverse|hash_tensor|grad_dtype|output_nr|module_load|SavedTensor|"
    r"variable$|factory_kwargs|debug_unwrap|functionalize|is_inference|nested_": (
        "inner functions of PyTorch"
    ),
    r"sparse$": "deprecated in PyTorch; nn.init.sparse_",
    r".*(sparse|Sparse|coalesce|crow_indices|col_indices|row_indices|dense_dim|hspmm|saddmm|"
    r"sspaddmm|dsmm|hsmm|smm|spmm|to_dense|to_bsr)|(indices|values|index)$": "tensors are dense",
    r"(sym_|jit|fork$|wait$|import_ir|parse_|merge_type|unify_type|while_loop|cond$|compile|"
    r".*export|.*_ir_|.*_ir$)": "there is no compiler of Python code",
    r".*(cuda|cudnn|miopen|mkldnn|vulkan|xla|ipu|xpu|mps|mtia|maia|hip|metal|gpu|device|"
    r"pin_memory|is_pinned|record_stream|distributed|share_memory|is_shared)": (
        "there is one device, the CPU, and one process"
    ),
    r".*(autocast|bfloat16)": "there is one precision for each tensor, of those that NumPy has",
    r".*(native_|_backward_|batch_norm_|_copy$|_out$|unsafe_|expand_copy|"
    r"_fw_|conv_tbc|convolution$|feature_dropout|feature_alpha_dropout_|_with_indices)": (
        "inner functions of PyTorch"
    ),
    r"(complex|conj|conj_physical_?|imag|real|angle|polar|view_as_complex|view_as_real|resolve_|"
    r"is_conj|is_neg$|isreal|stft|istft|cdouble|cfloat|chalf)": (
        "tensors are real; complex results are ComplexTensor"
    ),
    r".*(deterministic|debug_mode|interop|init_num_threads|flush_denormal|warn_always|"
    r"float32_matmul|default_tensor_type|multithreading|view_replay)": "nothing here to switch",
    r"(map_|map2_|rearrange)$": "a loop in Python, or a library of its own: use ops",
    r"new$": "deprecated; t.new_tensor(data), t.new_empty(size)",
    r"to_dlpack$": "t.__dlpack__(), which from_dlpack(t) of any library calls by itself",
    r".*(storage|data_ptr|as_strided|set_$|is_set_to|dim_order|layout|empty_strided|resize|"
    r"empty_permuted|from_file|frombuffer|as_subclass|to_padded)": (
        "memory is NumPy's: ask t.numpy()"
    ),
    r"(symeig|eig|lstsq|solve|triangular_solve|lu|matrix_rank|nuclear_norm|frobenius_norm)$": (
        "removed or deprecated in PyTorch; see autograd_engine.linalg"
    ),
    r"(range|volatile|reinforce|NLLLoss2d|Container|Variable)$": "removed or deprecated in PyTorch",
    r"(cholesky|inv|ldl_factor|lu_factor|solve)_ex$": (
        "gives a code instead of an error: catch LinAlgError of the function without _ex"
    ),
    r"ldl_solve$": "the factors carry no graph; linalg.solve has derivatives",
    r"torch\.nn\.init\.(normal|uniform|constant|dirac|eye|kaiming_.*|orthogonal|sparse|"
    r"xavier_.*)$": ("deprecated names of nn.init; those that end in _ are here"),
    r"(remove_)?(weight_norm|spectral_norm)$": (
        "deprecated in PyTorch; nn.utils.parametrizations has it, parametrize removes it"
    ),
    r"clip_grad_norm$": "deprecated in PyTorch; nn.utils.clip_grad_norm_",
    r"Uninitialized": "a lazy layer has no parameters before its first input",
    r"(RNNBase|RNNCellBase)$": "an inner base class; RNN, LSTM and GRU are here",
    r"CrossMapLRN2d$": "nn.LocalResponseNorm is it",
    r".*(profiler|kineto|Profiler|anomaly_mode|grad_mode|function$|forward_ad|fwAD|NestedIO)": (
        "modules and inner classes of PyTorch"
    ),
    r".*(grid_sampler|grid_generator|_cell$|^lstm$|^gru$|rnn_relu|rnn_tanh|lobpcg|geqrf|orgqr|"
    r"ormqr|_lowrank|segment_reduce|constant_pad_nd|get_file_path|prepare_multi|thread_safe|"
    r"embedding_renorm_|multi_head_attention_forward|set_anomaly_enabled|is_anomaly|"
    r"alpha_dropout_$|dropout_$)": "what is behind layers and functions that are here",
    r".*(memory_format|skip_init|fuse_|swap_in|DataPipe|datapipe|DataChunk|runtime_valid|"
    r"argument_valid|get_worker|Distributed|DataParallel|SyncBatch|Broadcasting)": (
        "of several processes, of compiled kernels, or replaced in PyTorch itself"
    ),
    r"register_multi_grad_hook$": "a hook on each tensor: Tensor.register_hook",
    r"(GradientEdge|get_gradient_edge)$": "grad() takes results in between as they are",
    r"(allow_mutation_on|disable)_saved_tensors": "clone() what is to be changed",
    r"transfer_parametrizations": "register_parametrization on the other module",
    r"(PackedSequence_|bind|copy_method_params|OpaqueBase|is_opaque|is_traceable_wrapper|"
    r"get_swap_module|TorchDispatchMode|region_activation|set_warn_on_acc|set_override_stale)": (
        "inner functions of PyTorch"
    ),
    r"(Tensor|Any|Callable|Optional|Sequence|Mapping|Literal|TypeVar|ParamSpec|TypedDict|cast|"
    r"overload|override|partial|bisect_right|Counter|wraps|ref|math|inf|types|warnings|torch|"
    r"annotations|Self|SupportsFloat|TYPE_CHECKING|DType|.*_torch_function.*|boolean_dispatch|"
    r"RemovableHandle|TypeAlias|Union|assert_int_or_pair|is_tensor_like|handle_.*|typename|"
    r"classproperty|.*Option.*|"
    r"DeviceType|Optimizer|EPOCH_DEPRECATION_WARNING)$": "imported by PyTorch, not its own",
    r"ExponentialFamily$": "each distribution says its own entropy and divergences",
    r"MixtureSameFamilyConstraint$": "the support of a MixtureSameFamily is a Constraint",
    r"torch\.distributions\.transforms\.(Distribution|broadcast_all|lazy_property|pad|"
    r"tril_matrix_to_vec|vec_to_tril_matrix)$": "imported by PyTorch, not its own",
}
"""Why names are left out: the first pattern that matches one from its beginning."""

PLACES = (
    ("torch", "autograd_engine"),
    ("torch.Tensor", "autograd_engine.Tensor"),
    ("torch.linalg", "autograd_engine.linalg"),
    ("torch.special", "autograd_engine.special"),
    ("torch.func", "autograd_engine.func"),
    ("torch.autograd", "autograd_engine.autograd"),
    ("torch.autograd.functional", "autograd_engine.autograd.functional"),
    ("torch.nn", "nn"),
    ("torch.nn.functional", "nn.functional"),
    ("torch.nn.init", "nn.init"),
    ("torch.nn.utils", "nn.utils"),
    ("torch.optim", "nn.optim"),
    ("torch.optim.lr_scheduler", "nn.optim.lr_scheduler"),
    ("torch.optim.swa_utils", "nn.optim.swa_utils"),
    ("torch.utils.data", "nn.data"),
    ("torch.nn.utils.rnn", "nn.utils.rnn"),
    ("torch.nn.utils.parametrizations", "nn.utils.parametrizations"),
    ("torch.nn.utils.parametrize", "nn.utils.parametrize"),
    ("torch.autograd.graph", "autograd_engine.autograd.graph"),
    ("torch.distributions", "nn.distributions"),
    ("torch.distributions.constraints", "nn.distributions.constraints"),
    ("torch.distributions.transforms", "nn.distributions.transforms"),
)
"""Where PyTorch keeps names, and where they are here."""


MODULES = {
    "torch.amp": "there is one precision for each tensor, of those that NumPy has",
    "torch.compiler": "autograd_engine.compile takes functions of tensors, not all of Python",
    "torch.distributed": "there is one process; threads may share tensors",
    "torch.fft": "tensors are real; numpy.fft takes values, t.detach().numpy()",
    "torch.fx": "autograd_engine.record_calls gives a function as a list of calls",
    "torch.jit": "autograd_engine.compile takes functions of tensors, not all of Python",
    "torch.masked": "masks are boolean tensors: masked_fill, where, masked_select",
    "torch.nested": "tensors are rectangular: nn.utils.rnn.pad_sequence and masks",
    "torch.nn.attention": "nn.functional.scaled_dot_product_attention has one way to compute",
    "torch.nn.utils.prune": "a parametrization that multiplies with a mask: nn.utils.parametrize",
    "torch.profiler": "Python's own: cProfile, py-spy; draw(...) shows what ran",
    "torch.quantization": "numbers are not quantised here",
    "torch.quasirandom": "scipy.stats.qmc has Sobol's points",
    "torch.signal": "windows are functions of autograd_engine: hann_window and its kin",
    "torch.sparse": "tensors are dense",
    "torch.utils.tensorboard": "nn.visual draws while a model trains; history is plain lists",
}
"""Whole modules that are left out, and why."""


class Missing(NamedTuple):
    """A public name of PyTorch that is not here."""

    place: str
    name: str
    reason: str


def place_named(path: str) -> Any:
    """The module or class that a dotted name means."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)


def public(place: Any) -> list[str]:
    """The public functions, classes and methods of a module or class; of PyTorch's top level only
    the functions, since its other names are types of the machinery behind it.
    """
    names = []
    for name in dir(place):
        value = getattr(place, name, None)
        wanted = callable(value) or inspect.isclass(place)
        if place is place_named("torch"):
            wanted = callable(value) and not inspect.isclass(value)
        if wanted and not name.startswith("_") and not _is_of_python(value):
            names.append(name)
    return names


def _is_of_python(value: Any) -> bool:
    """Whether a module has only imported it from Python's own library."""
    home = getattr(value, "__module__", None) or ""
    return inspect.isroutine(value) | inspect.isclass(value) and (
        home.partition(".")[0] in sys.stdlib_module_names - {"builtins"}
    )


def reason(name: str, place: str = "") -> str:
    """Why a name is left out, or nothing."""
    for pattern, why in REASONS.items():
        if re.match(pattern, name) or re.match(pattern, f"{place}.{name}"):
            return why
    return ""


def elsewhere(name: str) -> str:
    """Where a name of the top level is here, if not there."""
    for place in ("nn.functional", "autograd_engine.linalg", "autograd_engine.special", "nn"):
        if hasattr(place_named(place), name):
            return f"{place}.{name}"
    return ""


def function_of(name: str) -> str:
    """Which function does what a method of PyTorch's tensors does, if one does."""
    for place in ("autograd_engine", "nn.functional"):
        if hasattr(place_named(place), name):
            return f"{place}.{name}"
    return ""


def missing() -> Iterator[Missing]:
    """Every public name of PyTorch that is not here.

    Raises
    ------
    ImportError
        Where PyTorch is not installed.
    """
    for theirs, ours in PLACES:
        here = place_named(ours)
        for name in public(place_named(theirs)):
            if hasattr(here, name):
                continue
            why = reason(name, theirs)
            if not why and theirs == "torch":
                why = elsewhere(name)
            elif not why and theirs == "torch.Tensor":
                why = function_of(name)
            yield Missing(theirs, name, why)


def missing_page() -> str:
    """The whole table as a page of the documentation, in Markdown."""
    torch = place_named("torch")
    names = list(missing())
    lines = [
        "# What PyTorch has that is not here",
        "",
        "Written by `python tests/regenerate.py`, from PyTorch "
        f"{torch.__version__.partition('+')[0]}; `python -m autograd_engine missing torch` prints",
        "what has no reason yet, and with `--all` this whole list.",
    ]
    for place, here in PLACES:
        rows = [each for each in names if each.place == place]
        lines += ["", f"## {place} (here {here})", ""]
        reasons = sorted({each.reason for each in rows})
        for why in reasons:
            those = [f"`{each.name}`" for each in rows if each.reason == why]
            lines.append(f"- {why or 'not here yet'}: {', '.join(those)}")
        if not rows:
            lines.append("Nothing.")
    lines += ["", "## Whole modules", ""]
    lines += [f"- `{module}`: {why}" for module, why in MODULES.items()]
    return "\n".join(lines) + "\n"


def report(all_names: bool = False) -> str:
    """The names that are missing, by place; with ``all_names`` also those with a reason."""
    lines = []
    names = list(missing())
    for place, _ in PLACES:
        rows = [each for each in names if each.place == place]
        open_rows = [each.name for each in rows if not each.reason]
        lines.append(f"{place}: {len(open_rows)} missing, {len(rows) - len(open_rows)} left out")
        lines += [f"    {name}" for name in open_rows]
        if all_names:
            lines += [f"    {each.name}: {each.reason}" for each in rows if each.reason]
    if all_names:
        lines += [f"{module}: {why}" for module, why in MODULES.items()]
    return "\n".join(lines)
