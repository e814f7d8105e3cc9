"""A night of many engagements against a plain papermill loop over the same notebooks, and where its time goes.

The engagements are the three samples made from other seeds: other answers, other facts, the same size. The loop
executes their notebooks one after the other, as papermill does by itself, and stops there: no check beforehand, no
drawing of pages, slides and workbook, no publication. Both find the same files and start with nothing kept.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.run import LOOP, ROOT
from bench.table import bench_row

ENGAGEMENTS = 24
"""Clients of a night."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    from workbench.batch.workers import count_cores

    with tempfile.TemporaryDirectory(prefix="wb-bench-") as held:
        home = Path(held)
        names = make_clients(home / "clients", ENGAGEMENTS)
        cores = count_cores()
        cold = _timed(["-m", "workbench", "run", names[0]], home, "alone")
        night = run_night(home, names)
        again = run_night(home, names)
        loop = _timed(["-c", LOOP, str(ROOT / "notebooks"), str(home / "loop"), *names], home, "loop")
    each = night["seconds"] / len(names)
    return [
        bench_row("one engagement from files to report, nothing kept", cold, "s", most=14),
        bench_row(f"one of {len(names)} in a night", each, "s", most=4),
        bench_row(
            f"{len(names)} engagements, throughput",
            len(names) / night["seconds"] * 3600,
            "an hour",
            against="papermill loop, no report",
            other=len(names) / loop * 3600,
            target="at least 5 times",
            met=loop / night["seconds"] >= 5,
        ),
        bench_row(
            "wall time of the night",
            night["seconds"],
            "s",
            against=f"cells' time / {cores} cores",
            other=night["cells"] / cores,
            most=1.25 * night["cells"] / cores,
        ),
        bench_row("cells of a notebook, mean", night["cell"], "s", most=1.5),
        bench_row("computing time of an engagement", night["cpu"] / len(names), "s"),
        bench_row("the same night again, nothing changed", again["seconds"], "s", most=2),
    ]


def run_night(home: Path, names: list[str]) -> dict[str, float]:
    """Run a batch in this process and return its wall time, the time that cells took, a notebook's mean, and CPU."""
    from workbench.batch.night import run_batch
    from workbench.batch.results import Event

    times: dict[tuple[str, str], list[float]] = defaultdict(list)

    def note(event: Event) -> None:
        if event.kind in ("cell", "finished"):
            times[event.engagement, event.notebook].append(time.perf_counter())

    with _surroundings(home):
        before, start = _cpu(), time.perf_counter()
        result = run_batch(names, on_event=note)
        seconds = time.perf_counter() - start
    if result.failed:
        raise RuntimeError(f"{result.failed[0].engagement}: {result.failed[0].message}")
    took = [held[-1] - held[0] for held in times.values()]
    return {
        "seconds": seconds,
        "cells": sum(took),
        "cell": sum(took) / max(len(took), 1),
        "cpu": _cpu() - before,
    }


def make_clients(folder: Path, count: int) -> list[str]:
    """Write engagements like the samples, each from a seed of its own, and return their names."""
    from tests.truth import alder_retail, harbour_mutual, harbour_mutual_facts, northgate_transit

    kinds = [(harbour_mutual, "harbour"), (northgate_transit, "northgate"), (alder_retail, "alder")]
    names = []
    for number in range(count):
        module, word = kinds[number % len(kinds)]
        name = f"{word}-{number + 1:02d}"
        (folder / name).mkdir(parents=True)
        with (
            patch.object(module, "SEED", module.SEED + number),
            patch.object(harbour_mutual_facts, "BUDGET_SEED", harbour_mutual_facts.BUDGET_SEED + number),
        ):
            module.make(folder / name)
        names.append(name)
    return names


@contextmanager
def _surroundings(home: Path) -> Iterator[None]:
    given = {"WORKBENCH_CLIENTS": str(home / "clients"), "WORKBENCH_REPORTS": str(home / "reports")}
    with patch.dict(os.environ, given):
        yield


def _timed(command: list[str], home: Path, reports: str) -> float:
    """Return how long a command takes in a process of its own, with a folder of reports of its own."""
    given = {
        "WORKBENCH_CLIENTS": str(home / "clients"),
        "WORKBENCH_REPORTS": str(home / reports),
        "WORKBENCH_BATCH": "1",
    }
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], env={**os.environ, **given}, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - start


def _cpu() -> float:
    """Return the CPU seconds of this process and of those of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
