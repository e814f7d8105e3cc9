"""What a verdict promises, on simulated organisations whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.simulated_clients import ANYWHERE, CLEAR, simulate_verdicts, summarise

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
    return [
        _share("class of a line wrong", clear["wrong"], VERDICT.wrong, 0.05),
        _share("line too close to call", clear["undecided"], VERDICT.undecided, 0.25),
        _share("settled by asking those named next", clear["settled"], VERDICT.settled, 0.80, at_least=True),
        _share("class of the organisation wrong", clear["organisation_wrong"], None, 0.05),
        _share("class wrong, gates anywhere", near["wrong"], VERDICT.near_wrong, None),
        _share("too close to call, gates anywhere", near["undecided"], VERDICT.near_undecided, None),
        _share("settled, gates anywhere", near["settled"], VERDICT.near_settled, None),
        _share("probabilities from the truth, gates anywhere", near["calibration"], VERDICT.near_calibration, None),
    ]


def _share(
    name: str, value: float, said: float | None, bound: float | None, *, at_least: bool = False
) -> dict[str, Any]:
    met = None if bound is None else value >= bound if at_least else value <= bound
    return {
        "name": name,
        "value": round(value, 4),
        "unit": "share",
        "against": "" if said is None else f"the report says {said:g}",
        "ratio": None,
        "target": "" if bound is None else f"at {'least' if at_least else 'most'} {bound:g}",
        "met": met,
    }
