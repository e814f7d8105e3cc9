"""What is shown about those who answered: claims, traced rows, words where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from readiness_samples import company

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Readiness, Settings
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_respondents import (
    agreement_exhibit,
    coding_exhibit,
    flags_exhibit,
    reliability_exhibit,
    weights_exhibit,
)

EXHIBITS = (agreement_exhibit, reliability_exhibit, flags_exhibit, coding_exhibit, weights_exhibit)

TWICE = pd.DataFrame(
    [
        ("d01_1", None, "yes", 4.0, "Consultant A"),
        ("d01_1", None, "yes", 4.0, "Consultant B"),
        ("d06_1", None, "yes", 3.0, "Consultant A"),
        ("d06_1", None, "yes", 2.0, "Consultant B"),
    ],
    columns=["item", "product_line", "seen", "level", "assessor"],
).assign(link=None, note=None, date=None)


def hurried(inputs, count: int):
    """Let so many people tick one place all the way down, in no time."""
    answers = inputs.answers[-1]
    levels, sheets = answers.levels.copy(), answers.sheets.copy()
    seconds = np.full(len(sheets), 900.0)
    for row in range(0, 3 * count, 3):
        held = answers.status.iloc[row] == "answered"
        levels.iloc[row, np.flatnonzero(held.to_numpy())] = 2.0
        seconds[row] = 20.0
    changed = replace(answers, levels=levels, sheets=sheets.assign(seconds=seconds))
    return replace(inputs, answers=(*inputs.answers[:-1], changed))


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company with one line too small, some sheets that nobody read, and two assessors."""
    found = readiness.assess(replace(hurried(company(small_line=True), 8), evidence=TWICE))
    assert isinstance(found, Readiness)
    return found


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_exhibit_says_what_it_shows(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """A claim of two lines with a full stop, a subtitle, a source, an alternative text; all stand in the appendix."""
    found = exhibit(result)
    assert not isinstance(found.content, Note)
    assert found.key.startswith("readiness-")
    assert found.claim.endswith(".")
    assert len(found.claim) <= CLAIM_LENGTH
    assert found.subtitle
    assert found.source
    assert found.alt
    assert found.is_appendix


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_row_is_traced_to_figures(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """Ids exist; a dimension that has nothing to show has none."""
    known = {figure.id for figure in readiness.figures(result)}
    found = exhibit(result)
    assert found.figure_ids()
    assert set(found.figure_ids()) <= known


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_off_shows_a_note(exhibit: Callable[..., Exhibit]) -> None:
    """The same note each time, so that a chapter keeps it once."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey",))
    assert isinstance(exhibit(off).content, Note)
    assert exhibit(off) == agreement_exhibit(off)


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_exhibits_travel_as_json(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """What is saved is what is read."""
    found = exhibit(result)
    assert Exhibit.from_dict(found.to_dict()) == found


def test_agreement_stands_in_words_with_its_distance(result: Readiness) -> None:
    """A cell says whether, and how far apart; the small line is hidden; what all are asked has its column."""
    table = agreement_exhibit(result).data()
    cells = {row[0]: row[1:] for row in table.cells()}
    tiny = [column.header for column in table.columns].index("Tiny") - 1
    assert {row[tiny] for row in cells.values()} <= {"hidden", "–"}
    assert all(cell == "–" for cell in cells["Product leadership and choice among lines"][:-1])
    words = {cell.rsplit(" ", 1)[0] for row in cells.values() for cell in row if cell[-1].isdigit()}
    assert words
    assert words <= {"agree", "unclear", "two opinions?"}


def test_sheets_are_shown_with_and_without(result: Readiness) -> None:
    """Both levels side by side, and how many sheets; the numbers are the figures'."""
    found = flags_exhibit(result).content
    numbers = readiness.figures(result)
    assert f"Without {numbers['sheets/flagged'].value} sheets" in found.claim
    shown = dict(zip(zip(found.role("label"), found.role("series"), strict=True), found.role("value"), strict=True))
    name = result.instrument.group("d05").name
    assert shown[(name, "all sheets")] == numbers["level/d05"].value
    assert shown[(name, "without them")] == numbers["without/d05"].value


@pytest.mark.parametrize(
    ("count", "minimum", "claim"),
    [
        pytest.param(0, 5, "No sheet was filled in very fast or uniformly.", id="none"),
        pytest.param(3, 5, "Some sheets were filled in very fast or uniformly; without them no", id="few"),
    ],
)
def test_few_sheets_are_told_in_words(count: int, minimum: int, claim: str) -> None:
    """Their number would be a small group's: only whether a class would change is said."""
    inputs = replace(hurried(company(), count), settings=Settings(minimum_group=minimum))
    found = flags_exhibit(readiness.assess(inputs))
    assert isinstance(found.content, Note)
    assert found.claim.startswith(claim)


def test_assessors_who_differ_come_first(result: Readiness) -> None:
    """The rows that need a talk stand on top; the claim counts the others."""
    found = coding_exhibit(result)
    assert found.claim == "1 of 2 artefacts looked at twice were given the same level."
    assert [row[-1] for row in found.data().cells()] == ["another level", "the same"]


def test_without_two_assessors_a_note_says_which_table(result: Readiness) -> None:
    """Nobody knows how far they would agree, and what would show it."""
    found = coding_exhibit(readiness.assess(replace(company(), evidence=None)))
    assert isinstance(found.content, Note)
    assert found.content.tables == ("evidence",)


def test_a_small_organisation_says_that_agreement_needs_ten_people() -> None:
    """Where no line has ten people the exhibits are notes, not empty tables."""
    inputs = company()
    answers, kept = inputs.answers[-1], list(range(0, 126, 16))
    few = {name: getattr(answers, name).iloc[kept] for name in ("sheets", "levels", "status", "codes")}
    result = readiness.assess(replace(inputs, answers=(replace(answers, population=None, **few),)))
    assert isinstance(agreement_exhibit(result).content, Note)
    assert isinstance(reliability_exhibit(result).content, Note)


def test_weighted_levels_stand_beside_the_plain_ones() -> None:
    """With one response everywhere nothing moves, and the exhibit says so, with the design effect."""
    result = readiness.assess(company())
    assert isinstance(result, Readiness)
    table = weights_exhibit(result).data()
    assert len(table.cells()) == len(result.instrument.groups)
    for row in table.cells():
        assert row[1] == row[2]
        assert row[3:5] == ("0.0", "none moves")
    found = weights_exhibit(result)
    assert found.claim == "Weighting answers to headcounts moves no level shown by more than 0.2."
    assert "of one person to 5 times the mean, make a variance 1.0 times as wide; met a bound: none" in found.subtitle


def test_a_level_that_weights_move_is_the_claim() -> None:
    """Builders of Motor, who say less here, answered least: the exhibit names the largest shift."""
    inputs = company()
    answers = inputs.answers[-1]
    role = answers.sheets["role"]
    levels = answers.levels.mask((role == "builder").to_numpy()[:, None] & answers.levels.notna(), 1.0)
    population = answers.population
    assert population is not None
    many = population["headcount"].mask(population["role"] == "builder", 60)
    changed = replace(answers, levels=levels, population=population.assign(headcount=many))
    found = weights_exhibit(readiness.assess(replace(inputs, answers=(changed,))))
    assert " levels by more than 0.2" in found.claim
    assert any(row[3].startswith("−") for row in found.data().cells())
    assert all(row[4] == "none moves" or " to " in row[4] for row in found.data().cells())


def test_without_weights_the_reason_is_said() -> None:
    """No headcounts: a note, and what silence could do is left to the bands."""
    inputs = company()
    found = weights_exhibit(readiness.assess(replace(inputs, answers=(replace(inputs.answers[-1], population=None),))))
    assert isinstance(found.content, Note)
    assert found.claim == "Nobody knows how many people were asked."
