"""People are whole numbers: no hidden count may follow from all that is published, taken together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from workbench import readiness
from workbench.findings import Figure
from workbench.readiness import ReadinessInputs
from workbench.readiness.inputs import ANSWERED, CANNOT_SEE
from workbench.readiness.scores import Key, Scores, score

Make = Callable[..., Any]
Told = Mapping[str, Figure]
ROLES = ("executive", "product", "builder", "operations", "support")
CUTS = {"shape": ("product", "builder"), "run": ("operations", "support")}
MINIMUM, MANY = 5, 400
MEASURES = ("level/d", "item/a", "item/b", "level/g", "item/h")

MEANINGS = {"too few": (1, MINIMUM - 1), "would reveal": (MINIMUM, MANY), "nobody": (0, 0), "not asked": (0, 0)}
"""What a reader may conclude from words that stand where a number is missing."""


def organisation(small: Make, build: Make, seed: int) -> ReadinessInputs:
    """Return lines of very different size, some people without a line, some who cannot see."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b"], "g": ["h"]})
    lines = [f"l{place}" for place in range(rng.integers(2, 4))]
    mean = float(rng.choice([1.0, 2.0, 3.0]))
    sizes = {(role, line): int(rng.poisson(mean)) for line in [*lines, None] for role in ROLES}
    groups = [(role, line, size + int(rng.integers(0, 3)), size) for (role, line), size in sizes.items() if size]
    inputs = build(instrument, groups, lambda *_: 3.0, rng, gaps=0.1, with_population=bool(rng.random() < 0.5))
    held = inputs.answers[0]
    blind = (rng.random(held.status.shape) < 0.15) & (held.status == ANSWERED)
    seen = dataclasses.replace(held, status=held.status.mask(blind, CANNOT_SEE), levels=held.levels.mask(blind))
    return dataclasses.replace(inputs, answers=(seen,), lines=tuple((line, line) for line in lines))


def paths(inputs: ReadinessInputs) -> dict[str, list[int]]:
    """Return the cells (line × role) of every part, by the path of its figures."""
    lines = [line for line, _ in inputs.lines]
    cells = [(line, role) for line in [*lines, ""] for role in ROLES]
    found = {"": list(range(len(cells)))}
    found |= {f"/{line}": [i for i, cell in enumerate(cells) if cell[0] in (line, "")] for line in lines}
    found |= {f"/cut/{cut}": [i for i, cell in enumerate(cells) if cell[1] in roles] for cut, roles in CUTS.items()}
    return found | {f"/role/{role}": [i for i, cell in enumerate(cells) if cell[1] == role] for role in ROLES}


def path_of(key: Key) -> str:
    """Return how a part stands in the keys of figures."""
    return {"organisation": "", "line": f"/{key[2]}"}.get(key[1], f"/{key[1]}/{key[2]}")


class Reader:
    """Somebody who writes down all that is published as inequalities between whole numbers, cell by cell.

    Unknown in each cell: who has a level, who answered, who was asked, who cannot see.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.rows: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        for cell in range(cells):
            self.add({(0, cell): 1, (3, cell): 1, (1, cell): -1}, -np.inf, 0)
            self.add({(1, cell): 1, (2, cell): -1}, -np.inf, 0)

    def add(self, parts: Mapping[tuple[int, int], float], low: float, high: float) -> None:
        """Write one inequality down."""
        row = np.zeros(4 * self.cells)
        for (kind, cell), value in parts.items():
            row[kind * self.cells + cell] = value
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def hear(self, kind: int, inside: list[int], figure: Figure, number: float | None) -> None:
        """Take in a number of people, or the words that stand in its place."""
        told = (number, number) if number is not None else None
        told = told or next((span for words, span in MEANINGS.items() if words in figure.source), None)
        if told is not None:
            self.add({(kind, cell): 1 for cell in inside}, *told)

    def knows(self, inside: list[int], truth: int) -> bool:
        """Say whether the number of people with a level can be nothing but the truth."""
        wanted = np.zeros(4 * self.cells)
        wanted[inside] = 1.0
        rules = LinearConstraint(np.array(self.rows), self.low, self.high)
        for sign in (-1, 1):
            found = milp(sign * wanted, constraints=rules, integrality=np.ones(len(wanted)), bounds=Bounds(0, MANY))
            assert found.x is not None, "what is published contradicts itself"
            if round(float(wanted @ found.x)) != truth:
                return False
        return True


def hidden_small(raw: Scores, told: Told, measure: str, inside: Mapping[str, list[int]]) -> Iterator[tuple[str, int]]:
    """Yield the hidden small groups of one measure, with the number of their people."""
    what, name = measure.split("/")
    for (kind, key), held in (((k[0], k), s) for k, s in raw.scores.items()):
        path = path_of(key)
        is_asked_for = kind == {"level": "dimension", "item": "item"}[what] and key[3] == name and path in inside
        if is_asked_for and told[f"{what}{path}/{name}"].value is None and 0 < (held.people or 0) < MINIMUM:
            yield path, held.people or 0


def known(inputs: ReadinessInputs, raw: Scores, told: Told) -> list[str]:
    """Return every hidden number of people below the minimum that follows from what is told."""
    inside, found = paths(inputs), []
    for measure in MEASURES:
        what, name = measure.split("/")
        reader = Reader(len(inside[""]))
        for path, cells in inside.items():
            reader.hear(1, cells, told[f"people{path}"], told[f"people{path}"].value)
            if told[f"headcount{path}"].value is not None:
                reader.hear(2, cells, told[f"headcount{path}"], told[f"headcount{path}"].value)
            figure = told.get(f"{what}{path}/{name}")
            if figure is None:
                continue
            reader.hear(0, cells, figure, figure.n)
            seen = told.get(f"visibility{path}/{name}")  # told for items of the organisation and of lines only
            share = None if seen is None else seen.value
            if what == "item" and share is not None:
                for bound, low, high in ((share - 0.005, 0, np.inf), (share + 0.005, -np.inf, 0)):
                    levels = {(0, cell): 1 - bound for cell in cells}
                    reader.add(levels | {(3, cell): -bound for cell in cells}, low, high)
                reader.add({(kind, cell): 1 for cell in cells for kind in (0, 3)}, MINIMUM, np.inf)
        for path, truth in hidden_small(raw, told, measure, inside):
            if reader.knows(inside[path], truth):
                found.append(f"{measure}{path}: {truth}")
    return found


def everything(inputs: ReadinessInputs) -> tuple[Scores, dict[str, Figure]]:
    """Return the unprotected scores, and the published figures by key."""
    raw = score(inputs.answers[0], inputs.instrument, inputs.settings, lines=inputs.lines)
    return raw, {figure.key: figure for figure in readiness.figures(readiness.assess(inputs))}


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 20, 44])
def test_no_hidden_number_of_people_can_be_worked_out(small: Make, build: Make, seed: int) -> None:
    """Counts, headcounts, shares and reasons together leave every hidden small number open."""
    inputs = organisation(small, build, seed)
    raw, told = everything(inputs)
    assert known(inputs, raw, told) == []


@pytest.mark.parametrize(
    ("seed", "is_reason"), [(0, True), (3, True), (7, True), (17, True), (8, False), (20, False), (44, False)]
)
def test_the_reader_sees_what_reasons_and_shares_would_tell(
    small: Make, build: Make, seed: int, is_reason: bool
) -> None:
    """With the kind of reason, or with the share that can see it, the same reader finds hidden numbers."""
    inputs = organisation(small, build, seed)
    raw, told = everything(inputs)
    for key, held in raw.scores.items():
        path = path_of(key)
        place = f"{'level' if key[0] == 'dimension' else 'item'}{path}/{key[3]}"
        if told[place].value is None and is_reason:
            words = "too few" if (held.people or 0) < MINIMUM else "would reveal"
            told[place] = dataclasses.replace(told[place], source=words if held.people else "nobody")
        elif told[place].value is None and len(raw.traces[key].seen_by) >= MINIMUM:
            share = round(held.visibility or 0.0, 2)
            told[f"visibility{path}/{key[3]}"] = dataclasses.replace(told[place], value=share)
    assert known(inputs, raw, told) != []
