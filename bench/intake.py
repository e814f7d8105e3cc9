"""How long a large workbook takes through ``import table``, from bytes to rows of our table, and in how much memory.

Two sheets of about 50 MB, as Excel packs them: a journal below a title, 680,000 bookings of ten columns; and a
plan with 450,000 rows and months across. Each is read by a process of its own, so that its peak counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import bench_row

SECONDS, MEGABYTES = 20.0, 3_000.0
"""What 50 MB may take on one core, and the most memory it may need (ours)."""

FILE_MB = 50
ROOT = Path(__file__).resolve().parent.parent

METRICS = """tables:
  bookings:
    key: [document]
    kind: event
    time: {column: posted_on}
    product: product
  plan:
    key: [month, product, centre]
    kind: period
    time: {column: month}
    product: product
metrics:
- {metric: cost, label: Cost, type: sum, measure: {from: bookings, agg: sum, column: amount}, unit: currency,
   direction: down}
- {metric: planned, label: Planned, type: sum, measure: {from: plan, agg: sum, column: amount}, unit: currency,
   direction: down}
"""


def rows() -> Iterator[dict[str, Any]]:
    """Yield seconds and megabytes of each sheet."""
    with tempfile.TemporaryDirectory(prefix="wb-intake-") as folder:
        root = Path(folder)
        _client(root)
        for name, table, write in (("journal", "facts/bookings", _journal), ("months across", "facts/plan", _plan)):
            path = root / f"{table.replace('/', '-')}.xlsx"
            write(path)
            size = path.stat().st_size / 1e6
            found = measure(root, path, table)
            words = f"{name}, {size:.0f} MB, {found['cells'] / 1e6:.1f} m cells"
            yield bench_row(f"{words}: read, processor", found["read"], "s", most=SECONDS)
            yield bench_row(f"{words}: whole import to its preview, processor", found["cpu"], "s")
            yield bench_row(f"{words}: the same by the clock, other work beside", found["clock"], "s")
            yield bench_row(f"{words}: peak memory", found["peak"], "MB", most=MEGABYTES)


def measure(root: Path, path: Path, table: str) -> dict[str, float]:
    """Return what one import without ``--confirm`` costs in a process of its own."""
    environment = {**os.environ, "WORKBENCH_REPORTS": str(root / "reports")}
    command = [sys.executable, "-c", READ, str(root), str(path), table]
    ran = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    held: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return held


READ = """
import json, resource, sys, time
from pathlib import Path
root, path, table = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
from workbench.engagement.intake.importing import run_table_import
from workbench.engagement.intake.options import TableOptions
from workbench.engagement.intake.opening import open_file
import workbench.engagement.intake.importing as importing
spent = {}
def opened(*given, **more):
    start = time.process_time()
    held = open_file(*given, **more)
    spent["read"] = time.process_time() - start
    spent["cells"] = sum(len(row) for sheet in held.sheets for row in sheet.rows)
    return held
importing.open_file = opened
start, began = time.process_time(), time.perf_counter()
outcome = run_table_import(path, "large", table, TableOptions(), root=root)
spent["cpu"] = time.process_time() - start
spent["clock"] = time.perf_counter() - began
spent["rows"] = len(outcome.records)
spent["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(spent))
"""


def _client(root: Path) -> None:
    folder = root / "client_data" / "large"
    folder.mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "templates").symlink_to(ROOT / "templates")
    (folder / "engagement.yaml").write_text("name: Large\nas_of: 2026-12-31\n", encoding="utf-8")
    products = "".join(f"p{number},Product {number}\n" for number in range(40))
    (folder / "products.csv").write_text(f"product,name\n{products}", encoding="utf-8")
    (folder / "metrics.yaml").write_text(METRICS, encoding="utf-8")


def _sheet(path: Path, lines: Iterator[list[Any]]) -> None:
    """Write a workbook row by row until it is as large as it should be."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Data")
    for number, line in enumerate(lines):
        sheet.write_row(number, 0, line)
    book.close()


def _journal(path: Path, count: int = 680_000) -> None:
    rng = np.random.default_rng(1)
    amounts = rng.uniform(-9e5, 9e5, size=(count, 4)).round(2).tolist()
    products, days = rng.integers(0, 40, count).tolist(), rng.integers(1, 28, (count, 2)).tolist()

    def lines() -> Iterator[list[Any]]:
        yield ["General ledger, extract"]
        yield []
        yield ["Document", "Posted on", "Product", "Text", "Amount", "Tax", "Open", "Other", "Centre", "User"]
        for at in range(count):
            day = f"2026-{1 + days[at][0] % 12:02d}-{days[at][1]:02d}"
            yield [f"D{at:07d}", day, f"p{products[at]}", "Invoice", *amounts[at], 4_700 + at % 90, f"U{at % 300}"]

    _sheet(path, lines())


def _plan(path: Path, count: int = 450_000) -> None:
    rng = np.random.default_rng(2)
    amounts = rng.uniform(0, 9e5, size=(count, 12)).round(2).tolist()

    def lines() -> Iterator[list[Any]]:
        yield ["Plan 2026"]
        yield ["Product", "Centre", *(f"2026-{month:02d}" for month in range(1, 13))]
        for at in range(count):
            yield [f"p{at % 40}", f"C{at // 40:06d}", *amounts[at]]

    _sheet(path, lines())


if __name__ == "__main__":
    start = time.perf_counter()
    for row in rows():
        sys.stdout.write(f"{row}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")
