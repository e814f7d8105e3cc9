"""Outcomes at size: each function returns rows of one subject; `rows` gathers them."""

from __future__ import annotations

import datetime as dt
import math
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.table import bench_row

ISSUES = 100_000
IMPORT_SECONDS = 10.0
"""What the import of a Jira file of so many rows may take on two cores, from its bytes to the written facts."""

ROOT = Path(__file__).resolve().parent.parent


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    return [*tracker_rows(), *loop_rows()]


LOOP_LOGS, LOOP_SIGNALS, LOOP_SHEET, LOOP_OPEN = 2_000, 400, 15, 0.4
"""Simulated logs, signals in each, signals of a sheet traced by hand, and the share that is open at the end."""


def loop_rows() -> list[dict[str, Any]]:
    """Simulate logs and sheets of signals with two fifths open: medians against the truth, and what intervals hold.

    Signals are raised evenly over a window; the wait for a decision is exponential, or log-normal with a long tail.
    """
    import numpy as np

    from workbench.outcomes.survival import kaplan_meier

    found = []
    for shape, window in (("exponential", 134.0), ("log-normal", 155.0)):
        generator = np.random.default_rng(20_260_930)
        truth = 60 * math.log(2) if shape == "exponential" else 45.0
        ours, closed, held = [], [], {"beta product": 0, "Greenwood, log-log": 0}
        for count in (LOOP_SIGNALS, LOOP_SHEET):
            for _ in range(LOOP_LOGS):
                needed = generator.exponential(60, count)
                if shape == "log-normal":
                    needed = generator.lognormal(math.log(truth), 1.1, count)
                watched = generator.uniform(0, window, count)
                days, is_done = np.minimum(needed, watched), needed <= watched
                if count == LOOP_SIGNALS:
                    ours.append(kaplan_meier(days, is_done).reached(0.5).value or math.nan)
                    closed.append(float(np.median(days[is_done])))
                    continue
                for method in held:
                    reached = kaplan_meier(days, is_done, method=method).reached(0.5)
                    is_in = (reached.low or 0.0) <= truth and (reached.high is None or truth <= reached.high)
                    held[method] += is_in
        off, other = float(np.nanmean(ours)) / truth - 1, float(np.mean(closed)) / truth - 1
        name = f"median wait, {LOOP_OPEN:.0%} open, {shape}: off by"
        found.append(bench_row(name, abs(off), against=f"closed only: {other:+.2f}", most=0.05))
        for method, hits in held.items():
            share = hits / LOOP_LOGS
            goal = 0.95 if method == "beta product" else None
            found.append(bench_row(f"{LOOP_SHEET} signals, {shape}: {method} holds the median", share, least=goal))
    return found


def tracker_rows() -> list[dict[str, Any]]:
    """Import 100,000 Jira issues of 60 columns, time in status among them, and measure flow from them."""
    from workbench import outcomes
    from workbench.engagement.load import load_engagement
    from workbench.engagement.trackers.importing import TrackerOptions, run_tracker_import

    with tempfile.TemporaryDirectory(prefix="wb-bench-") as place:
        root = Path(place)
        folder = root / "client_data" / "many"
        folder.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "templates").symlink_to(ROOT / "templates")
        (folder / "engagement.yaml").write_text("name: Many\nas_of: 2026-09-30\n", encoding="utf-8")
        (folder / "products.csv").write_text("product,name\nmotor,Motor\nhome,Home\n", encoding="utf-8")
        (folder / "metrics.yaml").write_text(CATALOGUE, encoding="utf-8")
        file = root / "jira.csv"
        file.write_text(_jira(ISSUES), encoding="utf-8")
        size = file.stat().st_size / 1e6
        started = time.perf_counter()
        run_tracker_import(file, "many", TrackerOptions(confirm=True, zone="Europe/Berlin"), root=root)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        inputs = load_engagement("many", root=root).outcomes
        loaded = time.perf_counter() - started
        started = time.perf_counter()
        result = outcomes.measure(inputs)
        measured = time.perf_counter() - started
        if result.work is None or result.work.flow is None or result.work.flow.time.n == 0:
            raise ValueError("The imported issues gave no flow.")
    name = f"import of a Jira file, {ISSUES:,} issues, {size:.0f} MB"
    return [
        bench_row(name, seconds, "s", most=IMPORT_SECONDS),
        bench_row(f"reading {ISSUES:,} imported issues as facts", loaded, "s"),
        bench_row(f"review of {ISSUES:,} imported issues, flow included", measured, "s"),
    ]


CATALOGUE = """
tables:
  items: {key: [source, item], time: created, product: product}
metrics:
- {metric: items_made, label: Items written down, type: count, measure: {from: items}}
"""


def _jira(count: int) -> str:
    """Return a file as Jira's "all fields" writes it: repeated headers, long texts, mostly blank custom fields."""
    generator = random.Random(7)  # noqa: S311 - a sample, no secret
    header = ["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Project name", "Assignee"]
    header += ["Reporter", "Created", "Updated", "Resolved", "Status Category", "Component/s", "Component/s", "Labels"]
    header += [
        "Labels",
        "Sprint",
        "Sprint",
        "Custom field (Story Points)",
        "Custom field (Actual start)",
        "Description",
    ]
    header += ["Custom field ([CHART] Time in Status)", "Parent"]
    header += [f"Custom field (Field {place})" for place in range(36)]
    lines = [",".join(header)]
    states = (("To Do", "To Do"), ("In Progress", "In Progress"), ("Done", "Done"))
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - as one reads them
    first = dt.datetime(2022, 1, 3, 8)

    def when(moment: dt.datetime | None) -> str:
        if moment is None:
            return ""
        month, hour = months[moment.month - 1], moment.hour % 12 or 12
        half = "AM" if moment.hour < 12 else "PM"
        return f"{moment.day:02d}/{month}/{moment.year % 100} {hour}:{moment.minute:02d} {half}"

    blanks = "," * 36
    for number in range(count):
        made = first + dt.timedelta(minutes=24 * number)
        begun = made + dt.timedelta(minutes=generator.randrange(30, 20_000))
        ended = begun + dt.timedelta(minutes=generator.randrange(30, 20_000))
        status, category = states[2 if ended < dt.datetime(2026, 9, 1) else generator.randrange(3)]
        project = "MOT" if number % 2 else "HOM"
        times = "10000_*:*_1_*:*_5000000_*|*_3_*:*_1_*:*_7000000_*|*_10001_*:*_1_*:*_0" if status == "Done" else ""
        lines.append(
            f'"Do it, please",{project}-{number},{number},Story,{status},{project},'
            f"{'Motor' if number % 2 else 'Home'},Ann,Bob,{when(made)},{when(ended)},"
            f"{when(ended) if status == 'Done' else ''},{category},UI,,web,fast,S1,S2,{number % 8},"
            f'{when(begun) if status != "To Do" else ""},"A text\nof two lines, with ""quotes""",{times},{blanks}'
        )
    return "\n".join(lines)
