"""A large engagement in memory: 500 people, 47 items, three waves, twelve lines; how long its analysis takes."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.table import bench_row
from workbench.readiness import Answers, Instrument, ReadinessInputs, assess, build_instrument, routed
from workbench.readiness.assessment import Readiness
from workbench.readiness.inputs import ANSWERED, BLANK, NOT_ASKED

PEOPLE, LINES, WAVES = 500, 12, 3
SHARES = {"executive": 0.05, "product": 0.2, "builder": 0.45, "operations": 0.18, "support": 0.12}
RESPONSE, GAPS = 0.75, 0.1
SECONDS = 10.0
"""What analysis with audit, and the audit alone, may take on two cores."""

INSTRUMENT = Path(__file__).resolve().parent.parent / "templates/instruments/project-to-product.yaml"


def large_inputs(seed: int = 1) -> ReadinessInputs:
    """Return the engagement: the same people asked three times, nine of ten answer each time."""
    import yaml

    instrument = build_instrument(yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8")))
    rng = np.random.default_rng(seed)
    size = rng.dirichlet(np.full(LINES, 4.0)) * PEOPLE
    counts = {
        (role, f"l{line:02d}"): max(1, round(size[line] * share))
        for line in range(LINES)
        for role, share in SHARES.items()
    }
    people = [group for group, count in counts.items() for _ in range(count)]
    population = pd.DataFrame(
        [
            {"unit": None, "role": role, "product_line": line, "headcount": int(np.ceil(count / RESPONSE))}
            for (role, line), count in counts.items()
        ]
    )
    mood = rng.normal(2.6, 0.5, len(people))
    waves = tuple(_wave(instrument, people, population, mood + 0.2 * wave, wave, rng) for wave in range(WAVES))
    return ReadinessInputs(instrument, waves, tuple((f"l{line:02d}", f"Line {line}") for line in range(LINES)))


def _wave(
    instrument: Instrument,
    people: list[tuple[str, str]],
    population: pd.DataFrame,
    mood: np.ndarray,
    wave: int,
    rng: np.random.Generator,
) -> Answers:
    items = [item.id for item in instrument.items]
    asked = {role: set(routed(instrument, role)) for role in SHARES}
    present = np.flatnonzero(rng.random(len(people)) < 0.9)
    is_asked = np.array([[name in asked[people[place][0]] for name in items] for place in present])
    levels = np.clip(np.rint(mood[present, None] + rng.normal(0, 0.8, is_asked.shape)), 1, 5)
    has = is_asked & (rng.random(is_asked.shape) >= GAPS)
    names = ["price", "claims", "app", "fraud", "data"]
    codes = {
        item.id: pd.Series(
            [tuple(rng.choice(names, 3, replace=False)) if given else None for given in has[:, place]], dtype=object
        )
        for place, item in enumerate(instrument.items)
        if item.kind == "open"
    }
    for place, item in enumerate(instrument.items):
        if item.kind == "open":
            levels[:, place] = np.nan
    return Answers(
        f"w{wave}",
        dt.date(2026, 1 + 4 * wave, 1),
        pd.DataFrame(
            {
                "respondent": [f"p{place:03d}" for place in present],
                "unit": None,
                "role": [people[place][0] for place in present],
                "product_line": pd.Series([people[place][1] for place in present], dtype=object),
                "seconds": np.nan,
            }
        ),
        pd.DataFrame(np.where(has, levels, np.nan), columns=items),
        pd.DataFrame(np.where(has, ANSWERED, np.where(is_asked, BLANK, NOT_ASKED)), columns=items).astype(object),
        pd.DataFrame(codes),
        population=population,
    )


def rows() -> list[dict[str, Any]]:
    """Return how long the analysis of the large engagement takes, and its audit."""
    inputs = large_inputs()
    start = time.perf_counter()
    result = assess(inputs)
    seconds = time.perf_counter() - start
    if not isinstance(result, Readiness):
        raise TypeError("The large engagement has no result.")
    tables = len(result.parts) * len(result.instrument.dimensions)
    audit = result.scores.audit
    return [
        bench_row(f"analysis of {PEOPLE} people, 47 items, {WAVES} waves, {LINES} lines", seconds, "s"),
        bench_row(
            "its audit by linear programs",
            audit.solved_in,
            "s",
            against=f"{audit.checked} bounds, {tables} parts × dimensions",
        ),
    ]
