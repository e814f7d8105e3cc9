"""What readiness shows of the way ahead: claims with numbers, rows traced to figures, states that read well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from readiness_samples import HOSTILE, INSTRUMENT, company

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Readiness, Target
from workbench.readiness.classes import CLASSES
from workbench.readiness.steps import TOP
from workbench.report.chart import Chart
from workbench.report.drawing import draw
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_readiness import claims_exhibit
from workbench.report.exhibits_roadmap import roadmap_exhibit, steps_exhibit, verdict_odds_exhibit
from workbench.report.tables import Table

EXHIBITS = (roadmap_exhibit, steps_exhibit, verdict_odds_exhibit)


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company openly named, with a hostile name, a cost and an owner."""
    inputs = company(named=HOSTILE, minimum_group=1, currency="CHF")
    paid = [Target(group.id, "", 4.0, cost=250_000.0, owner="Head of Finance") for group in INSTRUMENT.groups[2:6]]
    found = readiness.assess(replace(inputs, targets=tuple(paid)))
    assert isinstance(found, Readiness)
    return found


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_exhibit_says_what_it_shows_and_traces_it(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """A short claim, a subtitle, a source, and rows whose ids are figures of the chapter."""
    known = {figure.id for figure in readiness.figures(result)}
    found = exhibit(result)
    assert found.key.startswith("readiness-")
    assert found.claim.endswith(".")
    assert len(found.claim) <= CLAIM_LENGTH
    assert found.subtitle
    assert "wave 2026-09" in found.source
    per_row = found.content.figure_ids() if isinstance(found.content, Chart) else found.data().figures
    assert len(per_row) > 0
    assert all(ids and set(ids) <= known for ids in per_row)


def test_initiatives_show_owner_cost_and_exit_test(result: Readiness) -> None:
    """One row an initiative with the figures' numbers; money in the engagement's currency."""
    found = roadmap_exhibit(result).content
    assert isinstance(found, Table)
    assert len(found) == len(result.roadmap.initiatives) <= 5
    assert found.currency == "CHF"
    numbers = {figure.id: figure.value for figure in readiness.figures(result)}
    names = [column.name for column in found.columns]
    for row, ids, one in zip(found.rows, found.figures, result.roadmap.initiatives, strict=True):
        held = dict(zip(names, row, strict=True))
        assert (held["gain"], held["effort"], held["cost"]) == tuple(numbers[name] for name in ids)
        assert one.name in str(held["what"])
        assert held["owner"] == one.owner
        assert all(INSTRUMENT.item(name).printed in str(held["exit"]) for name in one.items)
    assert any(
        one.owner.startswith("Head of Finance") and (one.cost or 0) >= 250_000.0 for one in result.roadmap.initiatives
    )


def test_steps_are_the_first_of_each_line(result: Readiness) -> None:
    """At most five a line, in their order, in the appendix; a share stays in front."""
    found = steps_exhibit(result)
    assert found.is_appendix
    rows = found.data().rows
    lines = [row[0] for row in rows]
    assert all(lines.count(line) <= TOP for line in set(lines))
    assert {"The organisation", "Home", HOSTILE} >= set(lines)
    quarters = {line: [row[1] for row in rows if row[0] == line] for line in set(lines)}
    assert all(held == sorted(held) for held in quarters.values())


def test_odds_of_each_line_add_up(result: Readiness) -> None:
    """Three classes a line, adding up to one, and it can be drawn."""
    content = verdict_odds_exhibit(result).content
    assert isinstance(content, Chart)
    shares = np.array(content.role("value"), dtype=float).reshape(-1, 3)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert list(content.role("answer"))[:3] == list(CLASSES)
    assert "<svg" in draw.slide_svg(content)


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_off_and_nothing_to_say_read_well(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """A pillar without its tables, and a client who has reached every target, are sentences."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey",))
    assert isinstance(exhibit(off).content, Note)
    done = exhibit(replace(result, roadmap=readiness.Roadmap(), verdict=None))
    assert isinstance(done.content, Note)
    assert done.claim.endswith(".")


@pytest.mark.parametrize(
    ("thesis", "is_appendix", "is_note"), [("front", False, False), ("appendix", True, False), ("off", True, True)]
)
def test_the_articles_claims_stand_where_the_client_wants_them(
    result: Readiness, thesis: str, is_appendix: bool, is_note: bool
) -> None:
    """In the body, in the appendix, or left out; where they stand they are their authors' opinion."""
    found = claims_exhibit(replace(result, settings=replace(result.settings, thesis=thesis)))
    assert found.is_appendix == is_appendix
    assert isinstance(found.content, Note) == is_note
    if not is_note:
        assert "its authors' opinion" in found.subtitle
        names = [str(row[0]).split(" ")[0] for row in found.data().rows]
        assert names == [f"A{number}" for number in range(1, 11)]
