"""One run of the sample engagement against a plain papermill loop over the same notebooks.

The loop executes the notebooks one after the other, as papermill does by itself, and stops there: no check of the
files beforehand, no report. The run checks, executes side by side, draws every exhibit and publishes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.table import bench_row

SAMPLE = "harbour-mutual"
RUN_SECONDS, CHECK_SECONDS, HELP_SECONDS = 20.0, 2.0, 0.5
"""What a run of the sample, its check and --help may take on two cores."""

ROOT = Path(__file__).resolve().parent.parent


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as reports:
        environment = {**os.environ, "WORKBENCH_REPORTS": reports, "WORKBENCH_BATCH": "1"}
        ours = [sys.executable, "-m", "workbench"]
        theirs = [sys.executable, "-c", LOOP, str(ROOT / "notebooks"), reports, SAMPLE]
        _seconds([*ours, "check", SAMPLE], environment)  # fills the cache of facts for both
        # in turns, and the better of two: whatever else the machine does disturbs the one or the other
        turns = [(_seconds([*ours, "run", SAMPLE], environment), _seconds(theirs, environment)) for _ in range(2)]
        run, loop = (min(seconds) for seconds in zip(*turns, strict=True))
        check = min(_seconds([*ours, "check", SAMPLE], environment) for _ in range(2))
        start = min(_seconds([*ours, "--help"], environment) for _ in range(2))
    return [
        bench_row(
            "run of harbour-mutual, report included",
            run,
            "s",
            against="papermill loop, no report",
            other=loop,
            most=RUN_SECONDS,
        ),
        bench_row("check of harbour-mutual", check, "s", most=CHECK_SECONDS),
        bench_row("workbench --help", start, "s", most=HELP_SECONDS),
    ]


LOOP = """
import sys
from pathlib import Path
import papermill
masters, folder = Path(sys.argv[1]), Path(sys.argv[2])
for engagement in sys.argv[3:]:
    own = folder / "loop" / engagement
    own.mkdir(parents=True)
    for path in sorted(masters.glob("[0-9][0-9]_*.ipynb")):
        given = {"engagement": engagement, "output_dir": str(own)}
        papermill.execute_notebook(str(path), str(own / path.name), given, progress_bar=False)
"""
"""What one would write without this package."""


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - start
