"""Sixty layouts from a known truth: each is read to the last number or asked about, none is read wrongly in silence."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engagement.intake.layouts import Traits, Truth, as_file, draw_traits, make_page, make_truth
from tests.engagement.intake.room import Room
from workbench.engagement.intake.importing import TableOutcome, run_table_import
from workbench.engagement.intake.options import TableOptions
from workbench.engagement.intake.plan import Reading
from workbench.errors import ClientDataError

LAYOUTS = draw_traits()
MOST_ASKED = 4
"""Layouts of the sixty that may be asked about; more would make the import a questionnaire."""

KEYS = {
    "resources": ("resource", "period"),
    "projects": ("project",),
    "function_plans": ("function", "product_line", "resource", "period"),
}
MEASURES = {
    "resources": ("function", "capacity"),
    "projects": ("product_line", "budget", "spent", "people", "ends"),
    "function_plans": ("planned",),
}


@dataclass(frozen=True)
class Brought:
    """What came of one layout."""

    truth: Truth
    room: Room
    outcome: TableOutcome | None
    error: ClientDataError | None


def options(traits: Traits) -> TableOptions:
    """Return what a consultant says of a layout, whatever it looks like: what no sheet can know."""
    fixed, units = {}, {}
    if traits.base == "resources":
        fixed = {"unit": "EUR"}
        units = {"capacity": "k€"} if traits.scale.startswith("note") else {}
    if traits.base == "plans":
        fixed = {"function": "Finance"}
        units = {"planned": "k€"} if traits.scale.startswith("note") else {}
    return TableOptions(Reading(fixed=fixed, units=units), confirm=True)


def bring(root: Path, traits: Traits) -> Brought:
    """Import one layout into a folder of its own."""
    root.mkdir()
    room = Room(root)
    truth = make_truth(traits)
    name, content = as_file(make_page(traits, truth), traits)
    path = room.beside(name, content)
    try:
        outcome = run_table_import(path, "tiny", truth.table, options(traits), root=room.root)
    except ClientDataError as error:
        return Brought(truth, room, None, error)
    return Brought(truth, room, outcome, None)


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Brought]:
    """All layouts, each imported once."""
    root = tmp_path_factory.mktemp("layouts")
    return {traits.order: bring(root / str(traits.order), traits) for traits in LAYOUTS}


def written(truth: Truth, path: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the table as it was written, in the shape of the truth."""
    found = {}
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))):
        held: dict[str, Any] = {}
        for name in MEASURES[truth.table]:
            is_number = isinstance(next(iter(truth.rows.values()))[name], int)
            held[name] = float(row[name]) if is_number else row[name]
        found[tuple(row[name] for name in KEYS[truth.table])] = held
    return found


@pytest.mark.parametrize("traits", LAYOUTS, ids=lambda held: f"{held.order}-{held.base}-{held.kind}")
def test_a_layout_is_read_to_the_last_number_or_asked_about(brought: dict[int, Brought], traits: Traits) -> None:
    """What is written equals the truth, or nothing is written and a question says what is open."""
    found = brought[traits.order]
    if found.outcome is None:
        assert not (found.room.folder / f"{found.truth.table}.csv").exists()
        return
    expected = {
        key: {name: value if isinstance(value, str | int) else value.isoformat() for name, value in row.items()}
        for key, row in found.truth.rows.items()
    }
    assert written(found.truth, found.outcome.placed.path) == expected
    assert not found.outcome.sums.open
    text = "".join(found.room.texts("*.yaml"))
    assert not any(word in text for word in ("Erika", "Mustermann", "81234", "77000", "Vorname", "Gehalt"))


def test_few_layouts_are_asked_about(brought: dict[int, Brought]) -> None:
    """Most of the sixty need no question, and each question says what to do."""
    asked = {order: str(held.error) for order, held in brought.items() if held.error is not None}
    assert len(asked) <= MOST_ASKED, asked
    assert all("Say --" in text for text in asked.values())


def test_totals_are_compared_wherever_a_sheet_has_them(brought: dict[int, Brought]) -> None:
    """Each layout with a total or subtotal has its numbers compared with their parts."""
    for traits in LAYOUTS:
        found = brought[traits.order].outcome
        if found is not None and (traits.total or (traits.subtotals and traits.base != "projects")):
            assert found.sums.checks, traits
