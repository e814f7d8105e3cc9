"""A long night in one process: notebooks on forked kernels, and what grows of memory, files, threads and processes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil

from bench.table import bench_row
from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.batch.warm.parents import Parents

NOTEBOOKS, AT_A_TIME = 1000, 2
FIRST = 20
"""Notebooks that run before anything is counted: libraries import late, allocators reserve."""
MOST_MB = 20
CELLS = ("import os, pandas", "frame = pandas.DataFrame({'a': range(1000)}); frame.describe()", "print(os.getpid())")


@dataclass(frozen=True)
class Held:
    """What this process, or the parent of its kernels, holds; the folder's entries are the temporary files."""

    mb: float
    files: int
    sockets: int
    threads: int
    children: int
    entries: int

    @classmethod
    def now(cls, process: psutil.Process, folder: Path) -> Held:
        """Return what a process holds at this moment."""
        links = []
        for path in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                links.append(str(path.readlink()))
            except OSError:  # the folder itself
                continue
        return cls(
            process.memory_info().rss / 2**20,
            len(links),
            sum(link.startswith("socket:") for link in links),
            process.num_threads(),
            len(process.children()),
            len(list(folder.iterdir())),
        )


@contextmanager
def temporary_files() -> Iterator[Path]:
    """Give an empty folder in which temporary files are made meanwhile."""
    before, told = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="s-") as folder:
        tempfile.tempdir, os.environ["TMPDIR"] = folder, folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before
            if told is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = told


def soak(notebooks: int, *, first: int = FIRST, at_a_time: int = AT_A_TIME) -> tuple[Held, Held, Held, Held]:
    """Run notebooks, and return what this process and the parent held before and after them.

    Parameters
    ----------
    notebooks : int
        That are counted.
    first : int
        That run before.
    at_a_time : int

    Raises
    ------
    RuntimeError
        A kernel started cold, or a notebook printed something else.
    """
    with temporary_files() as folder:
        parents = Parents()
        environment = kernel_environment(os.environ)
        try:
            own = psutil.Process()
            _run_all(first, at_a_time, folder, environment, parents)
            (pid,) = parents.pids()
            parent = psutil.Process(pid)
            before = (Held.now(own, folder), Held.now(parent, folder))
            _run_all(notebooks, at_a_time, folder, environment, parents)
            after = (Held.now(own, folder), Held.now(parent, folder))
        finally:
            parents.close()
    return before[0], after[0], before[1], after[1]


def _run_all(count: int, at_a_time: int, folder: Path, environment: dict[str, str], parents: Parents) -> None:
    with ThreadPoolExecutor(at_a_time, thread_name_prefix="soak") as threads:
        for _ in threads.map(lambda _: _run(folder, environment, parents), range(count)):
            pass


def _run(folder: Path, environment: dict[str, str], parents: Parents) -> None:
    import papermill

    with tempfile.TemporaryDirectory(dir=folder, prefix="n-") as held:
        source, output = Path(held, "in.ipynb"), Path(held, "out.ipynb")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
        notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
        nbformat.write(notebook, source)
        with kernel_manager(Path(held), environment, Kernels(), parents=parents, memory_mb=2048) as kind:
            done = papermill.execute_notebook(
                str(source),
                str(output),
                kernel_name="python3",
                language="python",
                kernel_manager_class=kind,
                shutdown_kernel="immediate",
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                record_timing=False,
                iopub_timeout=60,
                progress_bar=False,
                log_output=False,
            )
        if kind.why_cold or not done.cells[-1].outputs[0]["text"].strip().isdigit():
            raise RuntimeError(f"A kernel started cold or said something else: {kind.why_cold}")


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    start, used = time.perf_counter(), time.process_time()
    own, own_after, parent, parent_after = soak(NOTEBOOKS)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    found = [
        bench_row("notebooks in one process on forked kernels", NOTEBOOKS, "notebooks", against=f"{seconds:.0f} s"),
        bench_row("computing time of the process for each", round(used / (NOTEBOOKS + FIRST), 3), "s"),
    ]
    for who, before, after in (("process", own, own_after), ("forking parent", parent, parent_after)):
        found.append(
            bench_row(
                f"growth of the {who}",
                round(after.mb - before.mb, 1),
                "MB",
                against=f"began with {before.mb:.0f}",
                most=MOST_MB,
            )
        )
        for what in ("files", "sockets", "threads", "children", "entries"):
            name = {"files": "open files", "children": "child processes", "entries": "temporary files"}.get(what, what)
            grown = getattr(after, what) - getattr(before, what)
            found.append(
                bench_row(f"{name} more in the {who}", grown, "", against=f"began with {getattr(before, what)}", most=0)
            )
    return found
