"""How often agreement is claimed of people who answer by chance, and which sheets are found that nobody read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy.special import ndtri

from bench.table import bench_row
from workbench.readiness import Instrument, build_instrument, options, routed
from workbench.readiness.inputs import ANSWERED, BLANK, NOT_ASKED, Answers
from workbench.readiness.reliability import SKEWED, UNIFORM, YES, agreement, chance_shares
from workbench.readiness.sheet_flags import flag_sheets

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (1.0, 2.0, 3.0, 4.0, 5.0)
GROUPS = 4_000
SIZES = ((5, 3), (8, 5), (12, 4), (20, 5), (60, 5), (200, 5))
SURVEYS, PEOPLE, CARELESS = 25, 200, 0.10
"""Surveys simulated, people in each, and the share who do not read (Meade and Craig 2012 found 10 to 12 %)."""

ROLES = ("product", "builder", "operations", "support", "executive")
LINES = (0.9, 0.0, -0.6)
"""Lines, as distances from the organisation's profile. Unit: level."""


def rows() -> list[dict[str, Any]]:
    """Return the largest false share of "they agree" for each null, what is found of those who agree, and flags."""
    found = []
    for null in (UNIFORM, SKEWED):
        for habit in (0.0, 0.5):
            kept = ", kept by each person" if habit else ""
            share = max(false_agreement(null, habit, people, items) for people, items in SIZES)
            found.append(bench_row(f'false "they agree", {null}{kept}', share, most=0.05))
    for spread in (0.6, 0.8):
        share = found_agreement(spread)
        found.append(bench_row(f'"they agree", 20 people with spread {spread:g}', share))
    return [*found, *_sheet_rows()]


def false_agreement(null: str, habit: float, people: int, items: int) -> float:
    """Return how often groups that answer by chance are said to agree, with one answer in ten missing."""
    rng = np.random.default_rng([people, items, int(10 * habit), int(null == SKEWED)])
    ends = ndtri(np.cumsum(chance_shares(OPTIONS, null))[:-1])
    said = 0
    for _ in range(GROUPS):
        drawn = math.sqrt(habit) * rng.normal(size=(people, 1)) + math.sqrt(1 - habit) * rng.normal(
            size=(people, items)
        )
        levels = np.searchsorted(ends, drawn) + 1.0
        levels[rng.random(levels.shape) < 0.1] = np.nan
        said += agreement(levels).agrees == YES
    return said / GROUPS


def found_agreement(spread: float, people: int = 20, items: int = 5) -> float:
    """Return how often people who lie so far apart (standard deviation, levels) are said to agree."""
    rng = np.random.default_rng(int(100 * spread))
    groups = np.clip(np.rint(rng.normal(3.2, spread, size=(1_000, people, items))), 1, 5)
    return float(np.mean([agreement(group).agrees == YES for group in groups]))


def _sheet_rows() -> Iterator[dict[str, Any]]:
    document = yaml.safe_load((ROOT / "templates/instruments/project-to-product.yaml").read_text(encoding="utf-8"))
    instrument = build_instrument(document)
    found: dict[tuple[str, bool], list[bool]] = {}
    for seed in range(SURVEYS):
        for has_clock in (True, False):
            answers, how = survey(instrument, seed, has_clock=has_clock)
            for flag in flag_sheets(answers, instrument):
                found.setdefault((how[flag.place], has_clock), []).append(flag.is_flagged)
    for (how, has_clock), flags in sorted(found.items()):
        clock = "with seconds" if has_clock else "without seconds"
        share = float(np.mean(flags))
        most = 0.03 if how == "read" else None
        yield bench_row(f"sheets flagged, {how}, {clock}", share, most=most)


def survey(instrument: Instrument, seed: int, *, has_clock: bool) -> tuple[Answers, list[str]]:
    """Return a survey in which some do not read (one place all down, or any place), and how each sheet was made."""
    rng = np.random.default_rng(seed)
    items = [item for item in instrument.items if item.kind != "open"]
    profile = {group.id: rng.uniform(1.8, 3.6) for group in instrument.dimensions}
    taste = {item.id: rng.normal(0, 0.4) for item in items}
    asked = {role: set(routed(instrument, role)) for role in ROLES}
    shown = {
        item.id: [option.weight for option in options(instrument, item) if option.weight is not None] for item in items
    }
    roles = rng.choice(ROLES, PEOPLE, p=[0.2, 0.35, 0.25, 0.15, 0.05])
    lines = rng.integers(0, len(LINES), PEOPLE)
    how = ["read"] * PEOPLE
    for place, row in enumerate(rng.choice(PEOPLE, int(CARELESS * PEOPLE), replace=False)):
        how[row] = ("one place", "at random")[place % 2]
    levels = np.full((PEOPLE, len(items)), np.nan)
    for row in range(PEOPLE):
        mood, place = rng.normal(0, 0.4), rng.integers(0, 5)
        for at, item in enumerate(items):
            if item.id not in asked[roles[row]]:
                continue
            if how[row] == "read":
                if rng.random() < 0.15:
                    continue
                true = profile[item.group] + taste[item.id] + LINES[lines[row]] + mood
                levels[row, at] = np.clip(np.rint(true + rng.normal(0, 0.7)), 1, 5)
            else:
                levels[row, at] = shown[item.id][place if how[row] == "one place" else rng.integers(0, 5)]
    names = [item.id for item in items]
    frame = pd.DataFrame(levels, columns=names)
    is_asked = np.array([[name in asked[role] for name in names] for role in roles])
    status = pd.DataFrame(
        np.where(~is_asked, NOT_ASKED, np.where(np.isnan(levels), BLANK, ANSWERED)), columns=names
    ).astype(object)
    for item in instrument.items:
        if item.kind == "open":
            frame[item.id], status[item.id] = np.nan, BLANK
    pace = np.where([one == "read" for one in how], rng.uniform(6, 25, PEOPLE), rng.uniform(0.8, 1.9, PEOPLE))
    given = (status == ANSWERED).sum(axis=1).to_numpy()
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{row:03d}" for row in range(PEOPLE)],
            "unit": None,
            "role": roles,
            "product_line": [f"line {line}" for line in lines],
            "seconds": pace * given if has_clock else np.nan,
        }
    )
    codes = pd.DataFrame(index=frame.index)
    return Answers("w1", None, sheets, frame, status, codes), how
