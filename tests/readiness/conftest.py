"""Small organisations for the readiness tests, made in memory from their true answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.readiness import Answers, Instrument, ReadinessInputs, Settings, build_instrument, routed
from workbench.readiness.inputs import ANSWERED, BLANK, NOT_ASKED

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load((ROOT / "templates/instruments/project-to-product.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """Return the instrument's file as it is read."""
    return DOCUMENT


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    """Return the instrument of the method."""
    return build_instrument(DOCUMENT)


def small_document(dimensions: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:
    """Return an instrument of few items: dimension → items, a star marks one about the organisation."""
    return {
        "name": "small",
        "version": 1,
        "scale": {"values": [1, 2, 3, 4, 5]},
        "roles": [{"id": name, "name": name} for name in ("executive", "product", "builder", "operations", "support")],
        "cuts": [
            {"id": "shape", "name": "shape", "roles": ["product", "builder"]},
            {"id": "run", "name": "run", "roles": ["operations", "support"]},
        ],
        "answer_sets": DOCUMENT["answer_sets"],
        "groups": [{"id": name, "name": name} for name in dimensions],
        "items": [
            {
                "id": item.rstrip("*"),
                "group": name,
                "statement": f"statement {item}",
                "roles": ["executive", "product", "builder", "operations", "support"],
                "scope": "organisation" if item.endswith("*") else "line",
            }
            for name, items in dimensions.items()
            for item in items
        ],
        **more,
    }


def make_answers(
    instrument: Instrument,
    people: Sequence[tuple[str, str | None]],
    levels: Any,
    *,
    population: Sequence[tuple[str, str | None, int]] | None = None,
    status: Mapping[tuple[int, str], str] | None = None,
    codes: Sequence[tuple[str, ...] | None] | None = None,
) -> Answers:
    """Return answers of people (role, line) with one level an item, blank where it is nan.

    `status` overrules (row, item); `codes` are what each person named in the open items.
    """
    items = [item.id for item in instrument.items]
    held = pd.DataFrame(np.array(levels, dtype=float), columns=items)
    states = pd.DataFrame(np.where(held.isna(), BLANK, ANSWERED), columns=items).astype(object)
    open_items = [item.id for item in instrument.items if item.kind == "open"]
    named = pd.DataFrame({name: pd.Series(list(codes or [None] * len(people)), dtype=object) for name in open_items})
    named = named if open_items else pd.DataFrame(index=held.index)
    asked = {role: set(routed(instrument, role)) for role in {role for role, _ in people}}
    is_asked = np.array([[name in asked[role] for name in items] for role, _ in people]).reshape(held.shape)
    for name in open_items:
        states[name] = [BLANK if codes is None else ANSWERED for codes in named[name]]
    states, held = states.where(is_asked, NOT_ASKED), held.where(is_asked)
    if status:
        kept, numbers = states.to_numpy(dtype=object, copy=True), held.to_numpy(copy=True)
        for (row, name), state in status.items():
            kept[row, items.index(name)] = state
            numbers[row, items.index(name)] = numbers[row, items.index(name)] if state == ANSWERED else np.nan
        states, held = pd.DataFrame(kept, columns=items), pd.DataFrame(numbers, columns=items)
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{row:03d}" for row in range(len(people))],
            "unit": None,
            "role": [role for role, _ in people],
            "product_line": pd.Series([line for _, line in people], dtype=object),
            "seconds": np.nan,
        }
    )
    who = None
    if population is not None:
        who = pd.DataFrame(population, columns=["role", "product_line", "headcount"]).assign(unit=None)
        who["product_line"] = who["product_line"].astype(object).where(who["product_line"].notna(), None)
    return Answers("w1", None, sheets, held, states, named, population=who)


def simulate(
    instrument: Instrument,
    groups: Sequence[tuple[str, str | None, int, int]],
    truth: Callable[[str, str | None, str], float],
    rng: np.random.Generator,
    *,
    settings: Settings | None = None,
    gaps: float = 0.0,
    with_population: bool = True,
    **more: Any,
) -> ReadinessInputs:
    """Return inputs of an organisation: groups of (role, line, people, answers), `truth(item, line, role)` a level."""
    people = [(role, line) for role, line, _, answered in groups for _ in range(answered)]
    items = [item.id for item in instrument.items]
    mood = rng.normal(0, 0.4, len(people))
    levels = np.array(
        [
            [np.clip(np.rint(truth(name, line, role) + mood[row] + rng.normal(0, 0.7)), 1, 5) for name in items]
            for row, (role, line) in enumerate(people)
        ]
    ).reshape(len(people), len(items))
    levels[rng.random(levels.shape) < gaps] = np.nan
    names = ["price", "claims", "app", "fraud", "data"]
    codes = [tuple(rng.choice(names, 3, replace=False, p=[0.4, 0.3, 0.15, 0.1, 0.05])) for _ in people]
    population = [(role, line, size) for role, line, size, _ in groups] if with_population else None
    lines = list(dict.fromkeys(line for _, line, _, _ in groups if line))
    return ReadinessInputs(
        instrument=instrument,
        answers=(make_answers(instrument, people, levels, population=population, codes=codes),),
        lines=tuple((line, line.capitalize()) for line in lines),
        settings=settings or Settings(),
        **more,
    )


@pytest.fixture(scope="session")
def build() -> Callable[..., ReadinessInputs]:
    """Return the maker of organisations."""
    return simulate


@pytest.fixture(scope="session")
def answers_of() -> Callable[..., Answers]:
    """Return the maker of answer sheets."""
    return make_answers


@pytest.fixture(scope="session")
def small() -> Callable[..., Instrument]:
    """Return the maker of instruments of few items."""
    return lambda dimensions, **more: build_instrument(small_document(dimensions, **more))
