"""Several engines on one workload: in one process, in turn, by the time of the processor, so that a
busy machine disturbs all of them alike; memory and first calls apart. What a file of workloads
prints are the rows of the tables in ``docs/benchmarks.md``.

Run such a file on one core, so that every engine has one thread: ``OPENBLAS_NUM_THREADS=1 taskset
-c 1 python benchmarks/compiled.py [--memory] [--blocks 9] [--only eager,numba] [workload ...]``.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time

from timing import block

OURS = ("eager", "numpy", "numba")
ENGINES = {
    "eager": "autograd_engine",
    "numpy": "autograd_engine",
    "numba": "numba",
    "PyTorch": "torch",
    "torch.compile": "torch",
    "JAX jit": "jax",
    "micrograd": "micrograd",
    "HIPS autograd": "autograd",
    "MyGrad": "mygrad",
    "tinygrad": "tinygrad",
}
"""Each engine, and the package that it needs; the first is what the others are compared with."""

Run = Callable[[], float]


@dataclass
class Workload:
    """What is measured.

    Attributes
    ----------
    label : str
    makers : dict of str to callable
        For each engine a function that prepares a run, which takes one step and gives its loss.
    repeats : int
        How often it runs in a block.
    apart : float
        How far losses may lie apart, as a share; infinite where they are not of the same numbers.
    """

    label: str
    makers: dict[str, Callable[[], Run]]
    repeats: int
    apart: float = 1e-3


@dataclass
class Result:
    """What was measured of one engine: medians, and the time of the first call."""

    seconds: float = math.nan
    share: float = math.nan
    first: float = math.nan
    megabytes: float = math.nan
    failed: str = ""
    times: list[float] = field(default_factory=list)


def installed(makers: dict[str, Callable]) -> dict[str, Callable]:
    """The makers of the engines that are there, in the order of `ENGINES`."""
    return {
        name: makers[name]
        for name, package in ENGINES.items()
        if name in makers and find_spec(package)
    }


def contest(workload: Workload, blocks: int) -> dict[str, Result]:
    """Measure each engine, in turn."""
    found: dict[str, Result] = {}
    runs: dict[str, Run] = {}
    expected = math.nan
    for name, make in workload.makers.items():
        found[name] = Result()
        try:
            run = make()
            start = perf_counter()
            run()
            found[name].first = perf_counter() - start
            run()
            loss = run()
        except Exception as error:  # of a peer that does not work on this machine
            if name in OURS:
                raise
            found[name].failed = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            continue
        if math.isnan(expected):
            expected = loss
        if abs(loss - expected) > workload.apart * max(1, abs(expected)):
            raise AssertionError(f"{workload.label}: {name} gives {loss}, not {expected}")
        runs[name] = run
    gc.collect()
    gc.freeze()  # what was imported is no garbage: a collection looks at what the runs made
    for _ in range(blocks):
        for name, run in runs.items():
            found[name].times.append(block(run, workload.repeats, process_time))
    gc.unfreeze()
    reference = found[next(iter(runs))].times
    for name in runs:
        times = found[name].times
        found[name].seconds = statistics.median(times)
        found[name].share = statistics.median(a / b for a, b in zip(times, reference))
    return found


# --- memory ---------------------------------------------------------------------------------------


def megabytes(module: str, label: str, engine: str) -> float:
    """What preparing and four steps take at their peak, in a process of their own (on Linux, which
    can forget earlier peaks); NaN where they do not work.
    """
    code = f"import contest, {module}; contest.show_peak({module}.WORKLOADS, {label!r}, {engine!r})"
    here = Path(__file__).resolve().parent
    out = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True)
    return float(out.stdout.split()[-1]) if out.returncode == 0 else math.nan


def show_peak(workloads: list[Workload], label: str, engine: str) -> None:
    """Print how much more memory the process has at its peak than with what the engine loads for
    the smallest of the workloads.
    """
    (workload,) = [each for each in workloads if each.label == label]
    smallest = workloads[0].makers.get(engine, workload.makers[engine])
    smallest()()
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    run = workload.makers[engine]()
    for _ in range(4):
        run()
    print(max(0.0, _peak() - before))


def _peak() -> float:
    """MB that the process has had at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if "VmHWM" in line]
    return int(line.split()[1]) / 1024


# --- tables ---------------------------------------------------------------------------------------


def time_text(seconds: float) -> str:
    """A time with its unit, in two or three digits."""
    if math.isnan(seconds):
        return ""
    for unit, size in (("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            value = seconds / size
            return f"{value:.{0 if value >= 10 else 1}f} {unit}"
    return f"{seconds:.{0 if seconds >= 10 else 1}f} s"


def table(title: str, rows: dict[str, dict[str, str]]) -> str:
    """A table in Markdown with a column for each engine that has something in it."""
    columns = [name for name in ENGINES if any(row.get(name) for row in rows.values())]
    lines = [f"| {' | '.join([title, *columns])} |", f"|{' --- |' * (len(columns) + 1)}"]
    for label, row in rows.items():
        lines.append(f"| {' | '.join([label, *(row.get(name, '') for name in columns)])} |")
    return "\n".join(lines)


def time_cell(result: Result) -> str:
    """A time, and as what share of eager's."""
    if math.isnan(result.seconds):
        return ""
    digits = 2
    if result.share < 0.0995:
        digits = 3 if result.share >= 0.00995 else 4
    share = f"{result.share:.{digits}f}".removeprefix("0")
    return f"{time_text(result.seconds)} ({share})"


def report(module: str, workloads: list[Workload]) -> None:
    """What a file of workloads does: measure what is asked for, and print the tables."""
    options = _options(workloads)
    wanted = options.only.split(",") if options.only else list(ENGINES)
    results: dict[str, dict[str, Result]] = {}
    for workload in workloads:
        if options.names and not any(
            name.lower() in workload.label.lower() for name in options.names
        ):
            continue
        makers = {k: v for k, v in installed(workload.makers).items() if k in wanted}
        workload.makers = makers
        found = contest(workload, options.blocks)
        for name, result in found.items():
            if result.failed:
                print(
                    f"{workload.label}: {name} does not work here: {result.failed}", file=sys.stderr
                )
            elif options.memory:
                result.megabytes = megabytes(module, workload.label, name)
        results[workload.label] = found
        print(f"{workload.label}: done", file=sys.stderr)
    rows = {label: {n: time_cell(r) for n, r in row.items()} for label, row in results.items()}
    print(f"\n{table('time of a step (as a share of eager)', rows)}")
    rows = {
        label: {n: time_text(r.first) for n, r in row.items()} for label, row in results.items()
    }
    print(f"\n{table('first call', rows)}")
    if options.memory:
        rows = {
            label: {n: f"{r.megabytes:.0f}" for n, r in row.items() if r.megabytes == r.megabytes}
            for label, row in results.items()
        }
        print(f"\n{table('peak memory in MB', rows)}")


def _options(workloads: list[Workload]) -> argparse.Namespace:
    labels = "; ".join(workload.label for workload in workloads)
    parser = argparse.ArgumentParser(description=f"Workloads: {labels}")
    parser.add_argument("names", nargs="*", help="parts of the labels of what to measure")
    parser.add_argument("--memory", action="store_true", help="measure memory as well")
    parser.add_argument("--blocks", type=int, default=9, help="how many blocks of runs")
    parser.add_argument("--only", default="", help=f"of the engines {', '.join(ENGINES)}")
    return parser.parse_args()
