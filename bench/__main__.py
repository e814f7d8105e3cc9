"""``make bench``: every benchmark, a table each, kept in ``bench/results.json``. Nothing is gated on it.

``python -m bench NAME`` measures one again and leaves the others as they are.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from bench.table import COLUMNS, table_of

BENCHES = (
    *("run", "nights", "kernels", "kills", "soak", "drawing", "rollup", "engines", "outcomes", "drivers", "allocation"),
    *("scaling", "never_worse", "panel"),
    *("conflicts", "doubt", "reasons", "tradeoffs", "quarters", "large", "coverage", "respondents", "gaps", "waves"),
    *("readiness", "hiding", "leaks", "separation", "signals", "insights", "intake", "walkthrough"),
)
"""What takes time first, then what is promised; each a module with ``rows``."""
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # as in a run


def main() -> None:
    """Run the benches that were named, or all, and print and keep what they measured."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"No such bench: {', '.join(unknown)}. There are {', '.join(BENCHES)}.")
    path = Path(__file__).with_name("results.json")
    for name in wanted:
        sys.stderr.write(f"{name} …\n")
        found = list(importlib.import_module(f"bench.{name}").rows())
        for row in found:
            if set(row) != set(COLUMNS):
                raise ValueError(f"bench.{name} gave {sorted(row)}, not {sorted(COLUMNS)}")
        sys.stdout.write(table_of(found))
        # Read again each time: another bench may have ended meanwhile.
        held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        saved = {other: found if other == name else held.get(other, []) for other in BENCHES}
        path.write_text(json.dumps(saved, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
