"""What whole client files brought to light: sheets of many dates, many months, own spellings and other names' lists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.engagement.intake.room import Room
from tests.engagement.intake.test_questions import bring, column, page_of, rows_of
from workbench.engagement.intake.brief import describe_briefly
from workbench.engagement.intake.preview import describe_table_import
from workbench.errors import ClientDataError

CLAIMS = """tables:
  claims:
    key: [claim]
    kind: event
    time: {column: settled_on}
    product: product
metrics:
- metric: straight_through
  label: Settled at once
  type: ratio
  numerator: {from: claims, agg: share_true, column: at_once}
  denominator: {from: claims, agg: count, where: [{column: state, is: closed}]}
  unit: share
  direction: up
  segments: [channel]
- metric: length
  label: Days
  type: weighted_mean
  measure: {from: claims, column: wait_days}
  weight: calls
  unit: days
  direction: down
"""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Make a client's folder."""
    return Room(tmp_path)


def test_a_row_with_two_periods_and_an_amount_in_words_is_data(room: Room) -> None:
    """The last balance of a signed letter is no header of another table."""
    head = ["Kennzahl", "Sparte", "Periode", "Betrag", "Quelle"]
    rows = [["written_premium", None, "Jun 2026", "34.964.000", "General ledger"]]
    rows += [["headcount", None, "Aug 2026", "298", "HR system, 31 August"]]
    outcome = bring(room, page_of(["Saldenbestätigung"], head, *rows, [], ["gez. Controlling"]), "control_totals")
    assert column(outcome, "value") == ["34964000", "298"]
    assert outcome.others == ()


def test_rows_full_of_days_are_data(room: Room) -> None:
    """A log of signals has six days a row; a header has first days of months at most."""
    head = ["Signal", "Product", "Channel", "Raised", "Seen", "Decided"]
    days = [dt.date(2026, 2, 3), dt.date(2026, 3, 11), dt.date(2026, 4, 20)]
    rows = [[f"s{at}", "motor-private", "Letters", *(day + dt.timedelta(at) for day in days)] for at in range(5)]
    outcome = bring(room, page_of(head, *rows), "feedback")
    assert (len(rows_of(outcome)), outcome.others) == (5, ())


def test_a_table_right_below_another_is_asked_about(room: Room) -> None:
    """Nothing stands between the two: the rows below might be the rest of those above."""
    page = page_of(["Project", "Budget"], ["a", 10], ["b", 20], ["Projekt", "Budget", "Auftraggeber"], ["c", 5, "CFO"])
    with pytest.raises(ClientDataError, match="several tables fit"):
        bring(room, page, "projects")


def test_a_question_on_many_months_is_one_question(room: Room) -> None:
    """A note above the table speaks of k€, and twelve months hold people."""
    months = [dt.date(2026, month, 1) for month in range(1, 13)]
    page = page_of(
        ["Werte in k€"], [], ["Resource", "Department", "Unit", *months], ["a", "IT", "people", *range(1, 13)]
    )
    with pytest.raises(ClientDataError, match=r"\(the same in 11 more\)") as caught:
        bring(room, page, "resources")
    assert len(caught.value.faults) == 1


def test_facts_take_what_measures_split_by_and_ask_of_a_row(room: Room) -> None:
    """Channel, state and yes or no are no numbers, and a measure needs them; a header keeps what stands in brackets."""
    room.write("metrics.yaml", CLAIMS)
    head = ["Claim", "Settled on", "Product", "Channel", "State", "At once", "Wait (days)"]
    day = dt.date(2026, 5, 14)
    rows = [
        ["c1", day, "motor-private", "web", "closed", "ja", 3],
        ["c2", day, "motor-fleet", "agent", "open", "nein", 4],
    ]
    outcome = bring(room, page_of(head, *rows), "facts/claims")
    assert [(row["channel"], row["state"], row["at_once"], row["wait_days"]) for row in rows_of(outcome)] == [
        ("web", "closed", "true", "3"),
        ("agent", "open", "false", "4"),
    ]
    assert "No column of the sheet gives calls." in describe_table_import(outcome)


def test_an_event_may_be_one_of_a_measure(room: Room) -> None:
    """A changed definition belongs to a metric, which is a name of ours as a line is."""
    room.write("metrics.yaml", CLAIMS)
    page = page_of(["Datum", "Scope", "Ereignis", "Art"], [dt.date(2026, 5, 2), "length", "Reworded", "definition"])
    assert column(bring(room, page, "events"), "scope") == ["length"]


def test_a_few_names_of_ours_are_listed_where_one_must_be_said(room: Room) -> None:
    """Nobody knows our seven roles by heart."""
    page = page_of(["Abteilung", "Jobfamilie", "Anzahl"], ["IT", "Entwicklung", 4])
    with pytest.raises(ClientDataError, match="one of executive, product, builder, operations, support, finance, hr"):
        bring(room, page, "population")


def test_a_list_of_other_names_is_brought_as_it_is(room: Room) -> None:
    """The claims system's own names for products; the next sheet finds them."""
    page = page_of(["Name im System", "Schlüssel"], ["KFZ Privat", "motor-private"], ["KFZ Flotte", "motor-fleet"])
    outcome = bring(room, page, "aliases", fixed={"kind": "product", "source": "Claims system"})
    assert column(outcome, "our_name") == ["motor-private", "motor-fleet"]
    later = bring(
        room, page_of(["Produkt", "Art", "Gehört zu"], ["KFZ Privat", "product_line", "motor"]), "memberships"
    )
    assert column(later, "product") == ["motor-private"]


def test_what_all_rows_share_does_not_change_without_a_word(room: Room) -> None:
    """Plan and actual on two sheets: the second is kept apart and confirmed, and next month's actual stays actual."""
    plan = page_of(["Produktlinie", "Ressource", "Geplant"], ["motor", "engineers", 4])
    bring(room, plan, "function_plans", fixed={"function": "HR"})
    outcome = bring(room, plan, "function_plans", fixed={"function": "IT"}, confirm=False)
    assert not outcome.is_written
    assert "kept as function_plans-it" in describe_table_import(outcome)
    assert "Kept as function_plans-it." in describe_briefly(outcome).splitlines()
    later = bring(room, plan, "function_plans", confirm=False)
    assert later.is_written
    assert column(later, "function") == ["HR"]
