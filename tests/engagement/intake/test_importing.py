"""A sheet is confirmed once; next month needs nothing, or a sentence; names of ours are kept, names of people never."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.engagement.intake.layouts import Page
from tests.engagement.intake.room import Room
from tests.engagement.intake.test_questions import bring, column, page_of, rows_of
from workbench import cli
from workbench.engagement.intake.preview import describe_table_import
from workbench.engagement.load import load_engagement
from workbench.errors import ClientDataError, UsageError


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Make a client's folder."""
    return Room(tmp_path)


def costs(
    months: Sequence[str] = ("Jan 2026", "Feb 2026"), *, factor: float = 1, head: str = "Kostenstelle", above: int = 4
) -> Page:
    """Return a cost-centre report, its header below some lines."""
    page = page_of(*([f"Zeile {at}"] for at in range(above)))
    page.add(head, "Abteilung", *months)
    for place, (name, function) in enumerate(
        (("4711 Entwicklung", "IT"), ("4712 Betrieb", "IT"), ("4720 Werbung", "MK"))
    ):
        page.add(name, function, *(factor * (17 * place + 3 + at) for at in range(len(months))))
    return page


def saved(room: Room) -> dict[str, Any]:
    """Return what imports.yaml says."""
    held: dict[str, Any] = yaml.safe_load((room.folder / "imports.yaml").read_text(encoding="utf-8"))["imports"]
    return held


def test_nothing_is_written_before_it_is_confirmed(room: Room) -> None:
    """The first run keeps the proposal and leaves the table alone."""
    outcome = bring(room, costs(), "resources", confirm=False, fixed={"unit": "EUR"})
    assert not outcome.is_written
    assert not (room.folder / "resources.csv").exists()
    assert "confirmed_on" not in saved(room)["resources"]
    assert "resources.csv would have 6 new rows" in describe_table_import(outcome)


def test_next_months_sheet_needs_nothing(room: Room) -> None:
    """What was said once holds: the same command without options writes the new months beside the old ones."""
    bring(room, costs(), "resources", fixed={"unit": "EUR"})
    outcome = bring(room, costs(("Feb 2026", "Mar 2026")), "resources", confirm=False)
    assert outcome.is_written
    assert (outcome.placed.added, outcome.placed.changed, outcome.placed.kept) == (3, 3, 3)
    assert not outcome.changes
    assert not outcome.told
    assert set(column(outcome, "period")) == {"2026-01", "2026-02", "2026-03"}


def test_a_header_that_moved_is_told_and_needs_nothing(room: Room) -> None:
    """Two more lines above the table change nothing that counts."""
    bring(room, costs(), "resources", fixed={"unit": "EUR"})
    outcome = bring(room, costs(above=6), "resources", confirm=False)
    assert outcome.is_written
    assert outcome.told == ("The header stands in row 7 now, no longer in row 5.",)


def test_a_changed_layout_waits_and_says_in_a_sentence_what_changed(room: Room) -> None:
    """Thousands instead of euros, and a renamed column, are confirmed again."""
    bring(room, costs(), "resources", fixed={"unit": "EUR"})
    before = (room.folder / "resources.csv").read_bytes()
    outcome = bring(room, costs(("Jan 2026 k€", "Feb 2026 k€")), "resources", confirm=False)
    assert not outcome.is_written
    assert outcome.changes == ("One unit of capacity counts 1,000 now, no longer 1.",)
    assert (room.folder / "resources.csv").read_bytes() == before
    bring(room, costs(), "resources", fixed={"unit": "EUR"})
    outcome = bring(room, costs(head="KST"), "resources", confirm=False)
    assert "The column 'Kostenstelle', read as resource, is no longer there." in outcome.changes
    assert "The column 'KST' (A) is new and would be resource." in outcome.changes


def test_only_the_columns_of_the_sheet_change_what_stands_there(room: Room) -> None:
    """What somebody answered beside the client's numbers stays; --whole takes away what the sheet does not hold."""
    room.write(
        "resources.csv",
        "resource,function,unit,capacity,unit_cost\n4711 Entwicklung,IT,EUR,1,5\nold,IT,EUR,2,7\n",
    )
    page = page_of(["Kostenstelle", "Abteilung", "Einheit", "Kapazität"], ["4711 Entwicklung", "IT", "EUR", 9])
    outcome = bring(room, page, "resources")
    assert [(row["capacity"], row["unit_cost"]) for row in rows_of(outcome)] == [("9", "5"), ("2", "7")]
    outcome = bring(room, page, "resources", is_whole=True)
    assert column(outcome, "resource") == ["4711 Entwicklung"]
    assert outcome.placed.dropped == 1


def test_a_table_in_the_workbook_is_not_written_beside_it(room: Room) -> None:
    """The same table in two places would be a fault."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "projects"
    sheet.append(["project", "budget"])
    sheet.append(["a", 5])
    book.save(room.folder / "engagement.xlsx")
    with pytest.raises(ClientDataError, match=r"stands in sheet projects of engagement\.xlsx"):
        bring(room, page_of(["Project", "Budget"], ["b", 6]), "projects")


def test_names_are_known_proposed_or_asked(room: Room) -> None:
    """Keys, names and aliases are known; what is only alike is proposed with why; the rest stops with its amount."""
    room.write("aliases.csv", "source,their_name,kind,our_name\nLedger,KFZ,product_line,motor\n")
    rows = [("a", "KFZ", 10), ("b", "Home & contents", 20), ("c", "0815 Life insurances", 30), ("d", "Zebra", 45.5)]
    page = page_of(["Project", "Product line", "Budget"], *rows)
    with pytest.raises(ClientDataError, match=r"which product_line 'Zebra' is \(1 row, budget 45\.5\)") as caught:
        bring(room, page, "projects")
    assert len(caught.value.faults) == 1
    assert not (room.folder / "projects.csv").exists()
    outcome = bring(room, page, "projects", aliases={"Zebra": "leave out"}, confirm=False)
    told = describe_table_import(outcome)
    assert "0815 Life insurances (1 row) → life" in told
    assert "Left out as you said: Zebra (1 row, budget 45.5)." in told
    outcome = bring(room, page, "projects")
    assert column(outcome, "product_line") == ["motor", "home", "life"]
    kept = (room.folder / "aliases.csv").read_text(encoding="utf-8")
    assert "Ledger,KFZ,product_line,motor\n" in kept
    assert "projects,0815 Life insurances,product_line,life\n" in kept
    outcome = bring(room, page, "projects", confirm=False)
    assert outcome.is_written
    assert "Left out as you said: Zebra" in describe_table_import(outcome)


def test_a_name_that_is_new_waits_next_month(room: Room) -> None:
    """A known layout with a name that is only alike is confirmed again."""
    heads = ["Project", "Product line", "Budget"]
    bring(room, page_of(heads, ["a", "motor", 10]), "projects")
    outcome = bring(room, page_of(heads, ["a", "motr insurance", 10]), "projects", confirm=False)
    assert not outcome.is_written
    assert outcome.changes == ("1 name is new and only like ours.",)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("Team 1", "Team 2"), ("Motor 2025", "Motor 2026"), ("IT", "IS"), ("Life", "Wife")],
)
def test_names_with_other_numbers_or_few_letters_are_not_alike(room: Room, theirs: str, ours: str) -> None:
    """One digit makes another name."""
    room.write("lines.csv", f"product_line,name\n{ours.lower().replace(' ', '-')},{ours}\n")
    with pytest.raises(ClientDataError, match="nobody knows which product_line"):
        bring(room, page_of(["Project", "Product line", "Budget"], ["a", theirs, 10]), "projects")


def test_what_hangs_on_a_name_is_kept_until_somebody_knows_it(room: Room) -> None:
    """Rows and sums beside the open name, for the questions that go back; nothing of it once it is told."""
    rows = (["a", "KFZ", 10, 2], ["b", "KFZ", 5.5, None], ["c", "Motor", 3, 1])
    page = page_of(["Project", "Product line", "Budget", "People"], *rows)
    with pytest.raises(ClientDataError, match="nobody knows which product_line"):
        bring(room, page, "projects")
    (held,) = saved(room).values()
    assert held["labels"]["product_line"]["KFZ"] == ""
    assert held["behind"] == {"product_line": {"KFZ": {"rows": 2, "amounts": {"budget": 15.5, "people": 2.0}}}}
    assert bring(room, page, "projects", aliases={"KFZ": "motor"}).is_written
    (held,) = saved(room).values()
    assert "behind" not in held


def test_two_of_ours_that_are_equally_alike_are_asked(room: Room) -> None:
    """Insurance alone is part of two names."""
    room.write("lines.csv", "product_line,name\nm,Motor insurance\nt,Travel insurance\n")
    with pytest.raises(ClientDataError, match=r"like t and like m|like m and like t"):
        bring(room, page_of(["Project", "Product line", "Budget"], ["a", "insurance", 10]), "projects")


STAFF = page_of(
    ["Personalliste 2026"],
    [],
    ["Name", "Vorname", "Personalnummer", "Abteilung", "Jobfamilie", "Jahresgehalt", "E-Mail"],
    ["Musterfrau", "Erika", 900001, "Claims", "Engineer", 81234, "erika.musterfrau@tiny.example"],
    ["Mustermann", "Max", 900002, "Claims", "Engineer", 77123, "max.mustermann@tiny.example"],
    ["Meier", "Jo", 900003, "Claims", "Owner", 99123, "jo@tiny.example"],
    ["Schmidt", "Kim", 900004, "Sales", "Owner", 88123, "kim@tiny.example"],
)
SECRETS = ("Musterfrau", "Erika", "900001", "81234", "81,234", "Mustermann", "Meier", "Schmidt", "tiny.example")


def test_a_staff_list_becomes_headcounts_and_nobodys_name(
    room: Room, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """People are counted by unit and role; names, numbers and pay stand nowhere, in no file, preview, log or error."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ClientDataError, match="which role 'Engineer' is") as caught:
        bring(room, STAFF, "population")
    aliases = {"Engineer": "builder", "Owner": "product"}
    outcome = bring(room, STAFF, "population", aliases=aliases, confirm=False)
    told = describe_table_import(outcome)
    outcome = bring(room, STAFF, "population", aliases=aliases)
    found = {(row["unit"], row["role"]): row["headcount"] for row in rows_of(outcome)}
    assert found == {("Claims", "builder"): "2", ("Claims", "product"): "1", ("Sales", "product"): "1"}
    assert "Dropped at the door: 5 columns with names and pay (A, B, C, F and G), 20 cells." in told
    assert "Each row counts as one person." in told
    shown = [str(caught.value), told, describe_table_import(outcome), caplog.text, *capsys.readouterr()]
    shown += room.texts()
    assert not [secret for secret in SECRETS if any(secret in text for text in shown)]


def test_people_across_are_not_named(room: Room) -> None:
    """In a staffing matrix the headers are names: columns that are not read are called by their letter."""
    page = page_of(
        ["Resource", "Department", "Unit", "Capacity", "Erika Musterfrau", "Jo Meier"], ["a", "IT", "people", 2, 1, 1]
    )
    outcome = bring(room, page, "resources")
    told = describe_table_import(outcome)
    assert "Not read: E and F." in told
    assert not [secret for secret in SECRETS if secret in told or any(secret in text for text in room.texts())]


def test_a_persons_column_is_never_a_key(room: Room) -> None:
    """Even asked for, a column of surnames does not become a resource."""
    page = page_of(["Vorname", "Kapazität", "Einheit"], ["Erika", 5, "people"])
    with pytest.raises(ClientDataError, match="columns with names or pay do not count"):
        bring(room, page, "resources", columns={"vorname": "resource"}, fixed={"function": "HR", "unit": "people"})


def test_who_answers_for_something_stays_but_is_not_shown(room: Room) -> None:
    """A sponsor is an office: the table asks for the name, the preview does not repeat it."""
    outcome = bring(room, page_of(["Project", "Sponsor", "Budget"], ["a", "Erika Musterfrau", 5]), "projects")
    assert column(outcome, "sponsor") == ["Erika Musterfrau"]
    told = describe_table_import(outcome)
    assert "B Sponsor → sponsor (a name that stays)" in told
    assert "Musterfrau" not in told


def test_an_address_in_a_text_is_taken_out(room: Room) -> None:
    """A mail address in a name of a decision is replaced, and counted."""
    page = page_of(
        ["Decision", "Date", "Decided by", "What"],
        ["D1", "2026-03-01", "Board", "Ask jo.meier@tiny.example first"],
    )
    outcome = bring(room, page, "decisions")
    assert column(outcome, "what") == ["Ask [address] first"]
    assert "1 e-mail address was taken out" in describe_table_import(outcome)


METRICS = """tables:
  premiums:
    key: [month, product, version]
    kind: period
    time: {column: month}
    product: product
    version: version
metrics:
- metric: written
  label: Written premium
  type: sum
  measure: {from: premiums, agg: sum, column: written}
  unit: currency
  direction: up
"""


def test_facts_are_brought_with_versions_beside_each_other(room: Room) -> None:
    """Ist and Plan across become versions; months become first days; the engagement loads."""
    room.write("metrics.yaml", METRICS)
    page = page_of(
        [None, "2026", None, None, None],
        ["Produkt", "Ist Jan", "Plan Jan", "Ist Feb", "Plan Feb"],
        ["Private cars", 100, 110, 120, 130],
        ["motor-fleet", 50, 55, 60, 65],
        ["Summe", 150, 165, 180, 195],
    )
    outcome = bring(room, page, "facts/premiums")
    assert rows_of(outcome)[:2] == [
        {"month": "2026-01-01", "product": "motor-private", "version": "actual", "written": "100"},
        {"month": "2026-01-01", "product": "motor-private", "version": "budget", "written": "110"},
    ]
    assert len(outcome.sums.checks) == 4
    again = bring(room, page, "facts/premiums", confirm=False)
    assert (again.is_written, again.placed.same) == (True, 8)
    room.write(
        "memberships.csv", "product,kind,parent\nmotor-private,product_line,motor\nmotor-fleet,product_line,home\n"
    )
    study = load_engagement(room.folder, root=room.root)
    assert study.tables.facts["premiums"].rows == 8


def test_imports_of_others_stay(room: Room) -> None:
    """An import of a tracker or survey of that name is not overwritten."""
    room.write("imports.yaml", "imports:\n  resources: {vendor: Jira, table: tracker}\n")
    with pytest.raises(UsageError, match="keeps 'resources' for another import"):
        bring(room, costs(), "resources", fixed={"unit": "EUR"})


def test_the_command_line_says_what_to_do_next(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command previews, asks for --confirm, writes, and names the next step; usage errors exit with 2."""
    from tests.engagement.intake.layouts import as_xlsx

    monkeypatch.setenv("WORKBENCH_CLIENTS", str(room.folder.parent))
    path = room.beside("costs.xlsx", as_xlsx(costs()))
    given = ["import", "table", str(path), "tiny", "--as", "resources", "--set", "unit=EUR"]
    shown = CliRunner().invoke(cli.app, given)
    assert shown.exit_code == 0, shown.output
    assert "repeat the command with --confirm" in shown.output
    shown = CliRunner().invoke(cli.app, [*given, "--yes"])
    assert "Next: workbench check tiny" in shown.output
    assert (room.folder / "resources.csv").exists()
    for wrong, said in (
        (["--set", "unit"], "is not understood"),
        (["--set", "nope=1"], "has no column 'nope'"),
        (["--unit", "capacity=apples"], "is no unit"),
        (["--hidden", "maybe"], "is unknown"),
    ):
        error = CliRunner().invoke(cli.app, [*given, *wrong]).exception
        assert isinstance(error, UsageError)
        assert said in str(error)


@pytest.mark.parametrize("table", ["survey", "nothing", "facts/none"])
def test_tables_that_come_another_way_are_named(room: Room, table: str) -> None:
    """--as takes what the schema and the catalogue have."""
    with pytest.raises(UsageError, match="--as"):
        bring(room, costs(), table)


def test_formulas_and_markup_in_names_stay_text(room: Room) -> None:
    """What looks like a formula or a script is kept as typed, and nothing of it runs."""
    names = ["=HYPERLINK(1)", "<script>alert(1)</script>", "'; DROP TABLE x;--", "$5m to $3m"]
    text = "Project;Budget\n" + "".join(f"{name.replace(';', ',')};{at + 1}0\n" for at, name in enumerate(names))
    outcome = bring(room, text, "projects", file="p.csv")
    typed = [name.replace(";", ",") for name in names]
    assert column(outcome, "project") == ["'=HYPERLINK(1)", *typed[1:]], "guarded in the file"
    again = bring(room, text.replace(";10\n", ";12\n"), "projects", file="p.csv")
    assert (again.placed.added, again.placed.changed) == (0, 1), "and found again as it was typed"


def test_what_was_said_of_units_and_decimals_is_held_against_the_next_sheet(room: Room) -> None:
    """An answer for last month's sheet is no answer where this month's says something else."""
    heads = ["Project", "Budget", "FTE"]
    bring(room, page_of(heads, ["a", 5, 1]), "projects", units={"budget": "k€"})
    outcome = bring(room, page_of(["Project", "Budget [m€]", "FTE"], ["a", 5, 1]), "projects", confirm=False)
    assert not outcome.is_written
    assert outcome.changes == ("The sheet says 1,000,000 EUR of the unit of budget now; it said nothing.",)
    other = Room(room.root / "other")
    bring(other, "Project;Budget\na;1.234\n", "projects", file="p.csv", decimal=",")
    with pytest.raises(ClientDataError, match=r"written with '\.' as their decimal sign, and ',' was said"):
        bring(other, "Project;Budget\na;1.234\nb;12.5\n", "projects", file="p.csv", confirm=False)


NEEDS = page_of(
    ["Bedarf 2026"],
    [],
    ["Resource", "Motor insurance", "home", "Life insurance (FTE)", "Total"],
    ["engineers", 7, 5.5, None, 12.5],
    ["underwriters", 1, None, 2, 3],
)


def test_a_column_for_each_line_becomes_a_row_for_each(room: Room) -> None:
    """Headers that name lines go below each other as months do: keys and names alike, no row for a blank."""
    room.write("resources.csv", "resource,function,unit,capacity\nengineers,IT,people,40\nunderwriters,UW,people,9\n")
    outcome = bring(room, NEEDS, "needs")
    assert [(row["product_line"], row["resource"], float(row["amount"])) for row in rows_of(outcome)] == [
        ("motor", "engineers", 7.0),
        ("home", "engineers", 5.5),
        ("motor", "underwriters", 1.0),
        ("life", "underwriters", 2.0),
    ]
    said = describe_table_import(outcome)
    assert "B to D 3 names of product_line across, Motor insurance to Life insurance → amount" in said
    assert outcome.sums.checks
    assert not outcome.sums.open
    assert saved(room)["needs"]["layout"] == "names across"
    again = page_of(["Resource", "Life insurance (FTE)", "Motor insurance"], ["engineers", 3, 8])
    assert bring(room, again, "needs", confirm=False).is_written, "next month needs nothing"
    assert float(next(r for r in rows_of(outcome) if r["product_line"] == "motor")["amount"]) == 8.0


def test_a_total_of_names_across_is_held_against_them(room: Room) -> None:
    """As one of months is."""
    room.write("resources.csv", "resource,function,unit,capacity\nengineers,IT,people,40\n")
    page = page_of(["Resource", "Motor insurance", "home", "Total"], ["engineers", 7, 5, 13])
    outcome = bring(room, page, "needs", confirm=False)
    assert len(outcome.sums.open) == 1


def test_a_line_that_nobody_knows_is_asked_and_not_left_out(room: Room) -> None:
    """A header between known ones is a name with an amount; one told to be left out goes; alone it is no name."""
    room.write("resources.csv", "resource,function,unit,capacity\nengineers,IT,people,40\n")
    page = page_of(["Resource", "Motor insurance", "Kfz Flotte", "home"], ["engineers", 7, 4, 5])
    with pytest.raises(ClientDataError, match=r"nobody knows which product_line 'Kfz Flotte' is \(1 row, amount 4\)"):
        bring(room, page, "needs")
    assert saved(room)["needs"]["behind"]["product_line"]["Kfz Flotte"]["rows"] == 1
    outcome = bring(room, page, "needs", aliases={"Kfz Flotte": "life"})
    assert column(outcome, "product_line") == ["motor", "life", "home"]
    alone = page_of(["Resource", "Motor insurance", "Amount"], ["engineers", 7, 4])
    with pytest.raises(ClientDataError, match="no column is product_line"):
        bring(room, alone, "needs")


def test_what_stands_before_the_total_is_a_part_of_it(room: Room) -> None:
    """Other is asked about with its amount; remarks before the total are no name."""
    room.write("resources.csv", "resource,function,unit,capacity\nengineers,IT,people,40\n")
    page = page_of(["Resource", "Motor insurance", "home", "Elsewhere", "Total"], ["engineers", 7, 5, 4, 16])
    with pytest.raises(ClientDataError, match=r"nobody knows which product_line 'Elsewhere' is \(1 row, amount 4\)"):
        bring(room, page, "needs")
    page = page_of(["Resource", "Motor insurance", "home", "Elsewhere", "Total"], ["engineers", 7, 5, "see annex", 12])
    outcome = bring(room, page, "needs")
    assert column(outcome, "product_line") == ["motor", "home"]
    assert not outcome.sums.open


def test_a_parent_that_is_a_line_is_written_by_its_key(room: Room) -> None:
    """The catalogue says Motor insurance where lines says motor; a line nobody knows is asked, a stream is free."""
    page = page_of(["Product", "Line"], ["motor-private", "Motor insurance"], ["motor-fleet", "Kfz"])
    with pytest.raises(ClientDataError, match=r"nobody knows which parent 'Kfz' is \(1 row\)"):
        bring(room, page, "memberships", fixed={"kind": "product_line"})
    outcome = bring(room, page, "memberships", fixed={"kind": "product_line"}, aliases={"Kfz": "motor"})
    assert column(outcome, "parent") == ["motor", "motor"]
    again = bring(room, page, "memberships", confirm=False)
    assert again.is_written, "what was said is kept"
    assert column(again, "parent") == ["motor", "motor"]
    streams = page_of(["Product", "Stream"], ["motor-private", "Claim to cash"])
    room.write("memberships.csv", "product,kind,parent\n")
    free = bring(room, streams, "memberships", fixed={"kind": "value_stream"}, columns={"stream": "parent"})
    assert column(free, "parent") == ["Claim to cash"]


def test_the_books_speak_of_a_metric_by_what_people_read(room: Room) -> None:
    """Umsatz netto is the metric sold; an account that is only like it stays what the client calls it."""
    room.write(
        "metrics.yaml",
        "tables:\n  sales: {key: [month, product], kind: period, product: product, time: {column: month}}\nmetrics:\n"
        "- {metric: sold, label: Umsatz netto, type: sum, measure: {from: sales, agg: sum, column: amount}}\n",
    )
    page = page_of(
        ["Measure", "Period", "Value"],
        ["Umsatz netto", "2026-08", 10],
        ["Umsatz nettos", "2026-08", 7],
        ["cost", "2026", 5],
    )
    assert column(bring(room, page, "control_totals"), "measure") == ["sold", "Umsatz nettos", "cost"]


def test_a_told_name_that_helps_nothing_is_refused(room: Room) -> None:
    """Mistyped, or of a column that holds no names of ours: it is not passed over in silence."""
    page = page_of(["Project", "Product line", "Budget"], ["a", "KFZ", 10])
    with pytest.raises(UsageError, match="--alias 'Project X': the sheet has no such name"):
        bring(room, page, "projects", aliases={"KFZ": "motor", "Project X": "motor"})
    assert column(bring(room, page, "projects", aliases={"KFZ": "motor"}), "product_line") == ["motor"]


def test_events_without_their_day_are_refused(room: Room) -> None:
    """What the description names as day and product must come, or no measure over time could be made of the rows."""
    room.write(
        "metrics.yaml",
        "tables:\n  calls: {key: [ticket], kind: event, product: product, time: {column: raised_on}}\nmetrics:\n"
        "- {metric: calls, label: Calls, type: count, measure: {from: calls, agg: count}}\n",
    )
    page = page_of(
        ["Ticket", "Produkt", "Gemeldet"], ["T1", "Private cars", "2026-03-14"], ["T2", "motor-fleet", "2026-03-15"]
    )
    with pytest.raises(ClientDataError, match="no column is raised_on, which the description names of calls"):
        bring(room, page, "facts/calls")
    outcome = bring(room, page, "facts/calls", columns={"gemeldet": "raised_on"})
    assert column(outcome, "raised_on") == ["2026-03-14", "2026-03-15"]


def test_products_across_of_facts_and_a_measure_that_must_be_said(room: Room) -> None:
    """The month stands in the rows; of two measures one is asked for."""
    room.write(
        "metrics.yaml",
        "tables:\n  sales: {key: [month, product], kind: period, product: product, time: {column: month}}\nmetrics:\n"
        "- {metric: sold, label: Sold, type: sum, measure: {from: sales, agg: sum, column: amount}}\n",
    )
    page = page_of(["Month", "motor-private", "Company fleets"], ["Jan 2026", 10, 20], ["Feb 2026", 11, 21])
    outcome = bring(room, page, "facts/sales")
    assert [(row["product"], float(row["amount"])) for row in rows_of(outcome)] == [
        ("motor-private", 10.0),
        ("motor-fleet", 20.0),
        ("motor-private", 11.0),
        ("motor-fleet", 21.0),
    ]
    assert column(outcome, "month") == ["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"]
    wide = page_of(["Closing", "Motor insurance", "home", "life"], ["Redundancy", 10, 20, 30])
    with pytest.raises(ClientDataError, match="names of product_line stand across, and nothing says what they measure"):
        bring(room, wide, "closing")
    assert column(bring(room, wide, "closing", value="one_off_cost"), "one_off_cost") == ["10", "20", "30"]
    marks = page_of(["Project", "Budget", "Motor insurance", "home"], ["Portal", 10, "x", None])
    assert column(bring(room, marks, "projects"), "project") == ["Portal"], "no part of the key: columns are left out"
