"""Exhibits of drivers say what was planted, read well when there is nothing to say, and print only figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.computed import measured
from workbench import outcomes
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import Outcomes
from workbench.report import exhibits_drivers
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.tables import Table

MAKERS = [
    exhibits_drivers.plan_exhibit,
    exhibits_drivers.plan_lines_exhibit,
    exhibits_drivers.versions_exhibit,
    exhibits_drivers.carriers_exhibit,
    exhibits_drivers.reversal_exhibit,
    exhibits_drivers.second_view_exhibit,
]
Maker = Callable[[Outcomes | Off], Exhibit]
every = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


def result() -> Outcomes:
    """Return the sample's outcomes."""
    return measured("harbour-mutual")


def column(content: Any, name: str) -> list[Any]:
    """Return a column of a table."""
    place = [one.name for one in content.columns].index(name)
    return [row[place] for row in content.rows]


@every
def test_every_exhibit_shows_figures_of_the_result(make: Maker) -> None:
    """Claims are short sentences, keys are slugs, and each row points at figures that exist."""
    exhibit = make(result())
    content = exhibit.content
    assert isinstance(content, Chart | Table)
    assert len(content.claim) <= CLAIM_LENGTH
    assert content.claim.endswith(".")
    known = {figure.id for figure in outcomes.figures(result())}
    ids = [one for row in content.figures for one in row] if isinstance(content, Table) else str(exhibit).split()
    shown = {one for one in ids if one.startswith("O-")}
    assert shown
    assert shown <= known


@every
def test_nothing_to_say_reads_well(make: Maker) -> None:
    """Without moves, plans and reversals each exhibit is a note in a full sentence; so is a chapter that is off."""
    empty = replace(result(), moves=(), variances=(), reversals=(), insights=())
    for given in (empty, Off("outcomes", "There are no facts.", ("facts",))):
        content = make(given).content
        assert isinstance(content, Note)
        assert content.claim.endswith(".")


def test_the_way_from_budget_to_actual_adds_up() -> None:
    """The waterfall starts at the budget, ends at actual, and its steps are the difference."""
    content = exhibits_drivers.plan_exhibit(result()).content
    assert isinstance(content, Chart)
    held = dict(zip(content.column("step"), content.column("value"), strict=True))
    steps = sum(value for name, value in held.items() if name not in ("Budget", "Actual"))
    assert held["Budget"] + steps == pytest.approx(held["Actual"], rel=1e-12)
    assert set(held) == {"Budget", "Volume", "Mix of products", "Price", "Actual"}
    assert "Tariff of March 2026" in content.subtitle


def test_lines_against_the_budget_name_what_was_planted() -> None:
    """Travel is short by volume, Motor ahead by price; every row adds up to its difference."""
    content = exhibits_drivers.plan_lines_exhibit(result()).content
    cause = dict(zip(column(content, "line"), column(content, "cause"), strict=True))
    assert (cause["Travel insurance"], cause["Motor insurance"]) == ("volume", "price")
    parts = [column(content, name) for name in ("volume", "mix", "rate")]
    for place, difference in enumerate(column(content, "difference")):
        assert sum(part[place] for part in parts) == pytest.approx(difference, abs=1e-3)


def test_the_alert_holds_both_numbers_and_the_stratum_that_moved() -> None:
    """Every channel rose, the total fell, and the first row is the channel that moved."""
    content = exhibits_drivers.reversal_exhibit(result()).content
    change = dict(zip(column(content, "name"), column(content, "change"), strict=True))
    assert change.pop("The total") < 0
    assert all(value > 0 for value in change.values())
    assert column(content, "name")[0] == "Portal"
    assert "fell by 1.6 points in all, yet rose by 4.4 points" in content.claim


def test_the_second_view_stands_in_the_appendix() -> None:
    """LMDI never stands in the body, and never alone."""
    exhibit = exhibits_drivers.second_view_exhibit(result())
    assert exhibit.is_appendix
    assert [one.name for one in exhibit.content.columns][2:] == ["exact", "second"]  # type: ignore[union-attr]
