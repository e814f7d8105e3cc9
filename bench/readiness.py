"""What a verdict promises, on simulated organisations whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.simulated_clients import ANYWHERE, CLEAR, simulate_verdicts, summarise
from bench.table import bench_row

CLIENTS, SEED = range(500), 1
INSTRUMENT = Path(__file__).resolve().parent.parent / "templates/instruments/project-to-product.yaml"


def rows() -> list[dict[str, Any]]:
    """Return how often the class of a line is wrong, open, or settled by asking those who are named next.

    `workbench.readiness.simulated.VERDICT` holds what the report says of this; it stands beside each measure.
    """
    import yaml

    from workbench.readiness import build_instrument
    from workbench.readiness.simulated import VERDICT

    instrument = build_instrument(yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8")))
    clear = summarise(simulate_verdicts(instrument, CLIENTS, SEED, bands=CLEAR))
    near = summarise(simulate_verdicts(instrument, CLIENTS, SEED, bands=ANYWHERE))
    said = "the report says"
    return [
        bench_row("class of a line wrong", clear["wrong"], against=said, other=VERDICT.wrong, most=0.05),
        bench_row("line too close to call", clear["undecided"], against=said, other=VERDICT.undecided, most=0.25),
        bench_row(
            "settled by asking those named next",
            clear["settled"],
            against=said,
            other=VERDICT.settled,
            least=0.80,
        ),
        bench_row("class of the organisation wrong", clear["organisation_wrong"], most=0.05),
        bench_row("class wrong, gates anywhere", near["wrong"], against=said, other=VERDICT.near_wrong),
        bench_row(
            "too close to call, gates anywhere",
            near["undecided"],
            against=said,
            other=VERDICT.near_undecided,
        ),
        bench_row("settled, gates anywhere", near["settled"], against=said, other=VERDICT.near_settled),
        bench_row(
            "probabilities from the truth, gates anywhere",
            near["calibration"],
            against=said,
            other=VERDICT.near_calibration,
        ),
    ]
