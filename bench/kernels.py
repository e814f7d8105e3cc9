"""Kernels, cold and forked: how long until the workbench is imported, and that both give the same bytes.

Both are started in turns in one run, as a run of an engagement starts them; computing time beside the clock, for a
machine that does other things tells no other truth. Then one engagement is run from files to report both ways.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.table import bench_row
from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.batch.warm.parents import OFF, Parents

SAMPLE = "harbour-mutual"
ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 0.150
"""From the order of a kernel to ``import workbench`` and its pillars done, at the 95th percentile."""
WARM, COLD = 100, 10
"""Kernels of each kind."""
TIMES = ("seconds", "started", "finished", "run", "at")
"""What differs between two runs of the same: moments and how long something took."""

IMPORT = """
import workbench
from workbench import allocation, load_engagement, new_chapter, outcomes, readiness, save_chapter
"""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    return [*_starts(), *_engagement()]


def _starts() -> list[dict[str, Any]]:
    environment = kernel_environment(os.environ, WORKBENCH_HOME=ROOT)
    warm: list[tuple[float, float]] = []
    cold: list[tuple[float, float]] = []
    parents = Parents()
    try:
        start = time.perf_counter()
        parents.begin(environment)
        _start(environment, parents)
        first = time.perf_counter() - start
        for number in range(WARM):
            warm.append(_start(environment, parents))
            if number % (WARM // COLD) == 0:
                cold.append(_start(environment, None))
    finally:
        parents.close()
    late, usual = _at(warm, 0.95), _at(warm, 0.5)
    warm_used, cold_used = (statistics.median(used for _, used in starts) for starts in (warm, cold))
    return [
        bench_row(
            "forked kernel to import workbench, 95th percentile",
            late,
            "s",
            against="cold",
            other=_at(cold, 0.95),
            most=READY_SECONDS,
        ),
        bench_row("forked kernel to import workbench, median", usual, "s", against="cold", other=_at(cold, 0.5)),
        bench_row(
            "computing time of a forked kernel until then, median",
            warm_used,
            "s",
            against="cold",
            other=cold_used,
        ),
        bench_row("first kernel of a process, its parent's imports included", first, "s"),
    ]


def _start(environment: Mapping[str, str], parents: Parents | None) -> tuple[float, float]:
    """Return the seconds until a kernel has imported the workbench, and what it computed until then."""
    with (
        tempfile.TemporaryDirectory() as folder,
        kernel_manager(Path(folder), environment, Kernels(), parents=parents) as kind,
    ):
        found = asyncio.run(_time(kind))
        if bool(kind.why_cold) is (parents is not None):
            raise RuntimeError(f"A kernel started cold: {kind.why_cold}")
    return found


async def _time(kind: Any) -> tuple[float, float]:
    manager = kind(kernel_name="python3")
    said: list[str] = []
    start = time.perf_counter()
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        await client.execute(IMPORT, reply=True, timeout=60)
        seconds = time.perf_counter() - start
        await client.execute_interactive(
            "import time; print(time.process_time())",
            output_hook=lambda one: said.append(one["content"].get("text", "")),
            timeout=60,
        )
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return seconds, float("".join(said))


def _at(times: list[tuple[float, float]], share: float) -> float:
    seconds = sorted(one for one, _ in times)
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))]


def _engagement() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as held:
        found = {}
        for name, switch in (("warm", ""), ("cold", "1")):
            reports = Path(held) / name
            environment = {**os.environ, "WORKBENCH_REPORTS": str(reports), OFF: switch}
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(  # noqa: S603
                [sys.executable, "-m", "workbench", "run", SAMPLE],
                env=environment,
                cwd=ROOT,
                check=True,
                capture_output=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[name] = (time.perf_counter() - start, used, _bytes_of(reports / SAMPLE / "latest"))
    (seconds, used, files), (cold_seconds, cold_used, cold_files) = found["warm"], found["cold"]
    different = sorted(name for name in {*files, *cold_files} if files.get(name) != cold_files.get(name))
    return [
        bench_row(f"run of {SAMPLE}, forked kernels", seconds, "s", against="cold kernels", other=cold_seconds),
        bench_row("its computing time, all processes", used, "s", against="cold kernels", other=cold_used),
        bench_row(
            f"files of its report that differ from cold kernels', of {len(files)}",
            len(different),
            "files",
            against=", ".join(different[:5]),
            target="none, but for times",
            met=not different and len(files) > 20,
        ),
    ]


def _bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a report; of the manifest, what does not tell when and how long."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps(_without_times(manifest), sort_keys=True).encode()
    return files


def _without_times(held: Any) -> Any:
    if isinstance(held, dict):
        return {name: _without_times(value) for name, value in held.items() if name not in TIMES}
    return [_without_times(value) for value in held] if isinstance(held, list) else held
