"""Make the sample engagements: ``python -m tests.truth.make_samples [FOLDER]``.

Everything in ``client_data/`` comes from here: the same seed gives the same bytes. What was planted, and what the
workbench ought to find, stands beside it in ``tests/truth/<engagement>.json``.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # run by its path, not with -m
    sys.path.insert(0, str(ROOT))

from tests.truth import alder_retail, harbour_mutual, northgate_transit  # noqa: E402

SAMPLES: dict[str, Callable[[Path], None]] = {
    "harbour-mutual": harbour_mutual.make,
    "northgate-transit": northgate_transit.make,
    "alder-retail": alder_retail.make,
}


def make_samples(target: Path) -> list[Path]:
    """Write every sample engagement below `target` and return the folders; what stood there before is replaced.

    An analyst's own notebooks in a sample's folder stay.
    """
    folders = []
    for name, make in SAMPLES.items():
        folder = target / name
        for old in sorted(folder.glob("*")) if folder.is_dir() else []:
            if old.is_dir() and old.name != "notebooks":
                shutil.rmtree(old)
            elif old.is_file():
                old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        folders.append(folder)
    return folders


if __name__ == "__main__":
    for made in make_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "client_data"):
        print(made)  # noqa: T201
