"""A company for the tests of what readiness shows: two lines, a small one by choice, a hostile name by choice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from workbench.readiness import Answers, ReadinessInputs, Settings, Target, build_instrument, routed

ROOT = Path(__file__).resolve().parents[2]
INSTRUMENT = build_instrument(
    yaml.safe_load((ROOT / "templates/instruments/project-to-product.yaml").read_text(encoding="utf-8"))
)
ROLES = ("product", "builder", "operations", "support", "executive", "finance", "hr")
HOSTILE = '<script>alert("x")</script> =HYPERLINK("y")'


def company(*, small_line: bool = False, named: str = "Motor", **settings: object) -> ReadinessInputs:
    """Return a company of two lines (and a small one), 9 of 12 people answered in each role and line."""
    rng = np.random.default_rng(11)
    groups = [(role, line, 9) for line in ("motor", "home") for role in ROLES]
    groups += [("builder", "tiny", 2), ("product", "tiny", 2)] if small_line else []
    people = [(role, line) for role, line, count in groups for _ in range(count)]
    items = [item.id for item in INSTRUMENT.items]
    levels = np.clip(np.rint(rng.normal(2.6, 0.9, (len(people), len(items)))), 1, 5)
    held = pd.DataFrame(levels, columns=items)
    states = pd.DataFrame("answered", index=held.index, columns=items).astype(object)
    for row, (role, _) in enumerate(people):
        unasked = [name for name in items if name not in routed(INSTRUMENT, role)]
        states.loc[row, unasked] = "not asked"
        held.loc[row, unasked] = np.nan
    held["d07_5"] = np.nan
    codes = pd.DataFrame({"d07_5": pd.Series([("price", "app", "data")] * len(people), dtype=object)})
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{row}" for row in range(len(people))],
            "unit": None,
            "role": [role for role, _ in people],
            "product_line": [line for _, line in people],
            "seconds": np.nan,
        }
    )
    population = pd.DataFrame(
        [(None, role, line, count + 3) for role, line, count in groups],
        columns=["unit", "role", "product_line", "headcount"],
    )
    lines = [("motor", named), ("home", "Home")] + ([("tiny", "Tiny")] if small_line else [])
    return ReadinessInputs(
        INSTRUMENT,
        (Answers("2026-09", None, sheets, held, states, codes, population=population),),
        tuple(lines),
        Settings(**settings),  # type: ignore[arg-type]
        targets=(Target("d06", "", 4.0),),
    )
