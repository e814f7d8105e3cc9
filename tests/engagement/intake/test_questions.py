"""What a sheet leaves open is asked with the option that answers it, and read once it is answered."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.engagement.intake.layouts import Cell, Page, as_xlsx
from tests.engagement.intake.room import Room
from workbench.engagement.intake.importing import TableOutcome, run_table_import
from workbench.engagement.intake.options import TableOptions
from workbench.engagement.intake.plan import Reading
from workbench.engagement.intake.preview import describe_table_import
from workbench.errors import ClientDataError, UsageError


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Make a client's folder."""
    return Room(tmp_path)


def page_of(*rows: Sequence[Any]) -> Page:
    """Return a page with these rows."""
    page = Page()
    for row in rows:
        page.add(*row)
    return page


def bring(room: Room, page: Page | bytes | str, table: str, *, file: str = "sheet.xlsx", **said: Any) -> TableOutcome:
    """Import a page, confirmed."""
    aliases, confirm = said.pop("aliases", {}), said.pop("confirm", True)
    content = as_xlsx(page) if isinstance(page, Page) else page
    path = room.beside(file, content)
    return run_table_import(path, "tiny", table, TableOptions(Reading(**said), aliases, "", confirm), root=room.root)


def rows_of(outcome: TableOutcome) -> list[dict[str, str]]:
    """Return the table as it was written."""
    text = outcome.placed.path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def column(outcome: TableOutcome, name: str) -> list[str]:
    """Return one column of the table as it was written."""
    return [row[name] for row in rows_of(outcome)]


PLAN = page_of(
    ["Resource", "Department", "Unit", "Plan Jan 2026", "Actual Jan 2026", "Plan Feb 2026", "Actual Feb 2026"],
    ["engineers", "IT", "people", 10, 11, 12, 13],
    ["testers", "IT", "people", 20, 21, 22, 23],
)


METRICS = """\
forums: {weekly: 7 days}
tables:
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
  unit: EUR
  direction: up
"""


def test_plan_beside_actual_is_asked(room: Room) -> None:
    """Two columns of one month are never added or guessed; --only says which counts."""
    with pytest.raises(ClientDataError, match=r"2026-01 stands in several columns: Plan, Actual(.|\n)*--only"):
        bring(room, PLAN, "resources")
    assert column(bring(room, PLAN, "resources", only="Actual"), "capacity") == ["11", "13", "21", "23"]


def test_plan_and_actual_in_a_row_under_the_months(room: Room) -> None:
    """The row that says Plan and Ist is the header's, also where our table has no columns of such names."""
    room.write("metrics.yaml", METRICS)
    page = page_of(["Produkt", "Jan 2026", None, "Feb 2026", None], [None, *["Plan", "Ist"] * 2])
    page.add("Private cars", 110, 100, 130, 120)
    page.merged += [(0, 1, 0, 2), (0, 3, 0, 4)]
    assert column(bring(room, page, "facts/premiums"), "version") == ["budget", "actual", "budget", "actual"]


def test_months_that_nothing_sets_apart_are_told_by_their_columns(room: Room) -> None:
    """No option is proposed that cannot help."""
    page = page_of(
        ["Resource", "Department", "Unit", "Jan 2026", "Jan 2026", "Feb 2026"],
        ["engineers", "IT", "people", 10, 11, 12],
    )
    with pytest.raises(
        ClientDataError, match=r"2026-01 stands in several columns: D and E(.|\n)*Plan or Ist"
    ) as caught:
        bring(room, page, "resources")
    assert "--only" not in str(caught.value)


PROJECTS = ["Project", "Product line", "Budget", "End date"]


def test_an_order_of_days_that_nothing_proves_is_asked(room: Room) -> None:
    """03/04/2026 is April or March: the consultant says."""
    page = page_of(PROJECTS, ["a", "motor", 5, "03/04/2027"], ["b", "home", 6, "05/06/2027"])
    with pytest.raises(ClientDataError, match="--date-order day-month-year"):
        bring(room, page, "projects")
    outcome = bring(room, page, "projects", date_order="month-day-year")
    assert column(outcome, "ends") == ["2027-03-04", "2027-05-06"]


def test_days_in_words_are_read_in_five_languages(room: Room) -> None:
    """A month's name leaves nothing open."""
    days = ["30. März 2027", "1 août 2027", "3 mei 2027", "15 de octubre de 2027", "Sep 9, 2027"]
    page = page_of(PROJECTS, *([f"p{at}", "motor", 5, day] for at, day in enumerate(days)))
    expected = ["2027-03-30", "2027-08-01", "2027-05-03", "2027-10-15", "2027-09-09"]
    assert column(bring(room, page, "projects"), "ends") == expected


def test_a_decimal_sign_that_nothing_proves_is_asked(room: Room) -> None:
    """1.234 is a thousand or one: the consultant says."""
    text = "Project;Budget\na;1.234\nb;2.500\n"
    with pytest.raises(ClientDataError, match=r"--decimal"):
        bring(room, text, "projects", file="p.csv")
    assert column(bring(room, text, "projects", file="p.csv", decimal=","), "budget") == ["1234", "2500"]
    assert column(bring(room, text, "projects", file="p.csv", decimal="."), "budget") == ["1.234", "2.5"]


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("1.234,50-", "12,5", "-1234.5"),
        ("(1,234.50)", "12.5", "-1234.5"),
        ("−1.234,50", "12,5", "-1234.5"),
        ("1'234.50", "12.5", "1234.5"),
        ("€ 1.234,50", "12,5", "1234.5"),
        ("1,234.50 EUR", "12.5", "1234.5"),
        ("1,2 Mio. €", "3 k€", "1200000"),
        ("1.5m", "3.25m", "1500000"),
        ("300 k€", "3,5 k€", "300000"),
        ("1 234,5", "12,5", "1234.5"),
        ("-", "12,5", ""),
        ("n/a", "12,5", ""),
    ],
)
def test_numbers_as_people_type_them(room: Room, text: str, other: str, expected: str) -> None:
    """Each is read as meant; a negative budget beside positive ones is a fault of its cell."""
    page = page_of(["Project", "Budget", "FTE"], ["a", text, 3], ["b", other, 4])
    if expected.startswith("-"):
        with pytest.raises(ClientDataError, match=rf"B2: {expected} is not allowed in budget"):
            bring(room, page, "projects")
        return
    assert column(bring(room, page, "projects"), "budget")[0] == expected


def test_a_ledgers_costs_are_turned_around(room: Room) -> None:
    """Costs that are negative throughout are read as costs, and it is told."""
    page = page_of(["Project", "Budget", "FTE"], ["a", -1200, 3], ["b", "800-", 4], ["Total", -2000, 7])
    outcome = bring(room, page, "projects")
    assert column(outcome, "budget") == ["1200", "800"]
    assert "turned around" in describe_table_import(outcome)


def test_a_number_without_unit_among_others_is_asked(room: Room) -> None:
    """Where some cells say k€ and one says nothing, nobody knows what it counts."""
    page = page_of(["Project", "Budget"], ["a", "120 k€"], ["b", 95])
    with pytest.raises(ClientDataError, match="have no unit"):
        bring(room, page, "projects")
    assert column(bring(room, page, "projects", units={"budget": "k€"}), "budget") == ["120000", "95000"]


def test_a_foreign_currency_is_refused(room: Room) -> None:
    """The workbench knows no rate of exchange."""
    with pytest.raises(ClientDataError, match="the amounts are in USD, and the engagement's currency is EUR"):
        bring(room, page_of(["Project", "Budget USD k"], ["a", 5]), "projects")
    page = page_of(["Project", "Budget"], ["a", Cell(5, '#,##0 "CHF"')])
    with pytest.raises(ClientDataError, match="the amounts are in CHF"):
        bring(room, page, "projects")


def test_money_goes_into_the_engagements_own_scale(room: Room) -> None:
    """Tables kept in thousands get thousands, whatever the sheet counts in."""
    room.write("engagement.yaml", "name: Tiny\nas_of: 2026-12-31\nmoney_scale: 1000\n")
    page = page_of(["Project", "Budget [m€]", "FTE"], ["a", 1.2, 3], ["b", 0.35, 4])
    outcome = bring(room, page, "projects")
    assert column(outcome, "budget") == ["1200", "350"]
    assert column(outcome, "people") == ["3", "4"]


def test_a_note_on_thousands_does_not_touch_people(room: Room) -> None:
    """TEUR above the table holds for money; heads stay heads."""
    page = page_of(["Projects (TEUR)"], [], ["Project", "Budget", "FTE"], ["a", 12, 3])
    outcome = bring(room, page, "projects")
    assert (column(outcome, "budget"), column(outcome, "people")) == (["12000"], ["3"])


def test_two_notes_that_differ_are_asked(room: Room) -> None:
    """Thousands above the table and millions below it cannot both hold."""
    page = page_of(["in TEUR"], [], ["Project", "Budget", "FTE"], ["a", 12, 3], [], ["* amounts in Mio. EUR"])
    with pytest.raises(ClientDataError, match="speaks of a unit"):
        bring(room, page, "projects")


def test_months_without_a_year_are_asked_and_not_kept(room: Room) -> None:
    """The year is said for one file: next year's must not be read as this one's."""
    page = page_of(["Resource", "Department", "Unit", "Jan", "Feb", "Mar"], ["engineers", "IT", "people", 1, 2, 3])
    with pytest.raises(ClientDataError, match=r"the months have no year(.|\n)*--year"):
        bring(room, page, "resources")
    assert column(bring(room, page, "resources", year=2026), "period") == ["2026-01", "2026-02", "2026-03"]
    with pytest.raises(ClientDataError, match="--year"):
        bring(room, page, "resources", confirm=False)


def test_months_over_the_turn_of_a_year_are_asked(room: Room) -> None:
    """A fiscal year from October has two calendar years, and its title names one."""
    heads = ["Resource", "Department", "Unit", "Nov", "Dec", "Jan", "Feb"]
    page = page_of(["Budget 2027"], [], heads, ["engineers", "IT", "people", 1, 2, 3, 4])
    with pytest.raises(ClientDataError, match="turn of a year"):
        bring(room, page, "resources")
    outcome = bring(room, page, "resources", year=2026)
    assert column(outcome, "period") == ["2026-11", "2026-12", "2027-01", "2027-02"]


@pytest.mark.parametrize("heads", [("P01 2026", "P02 2026"), ("FY26", "FY27")])
def test_fiscal_periods_are_refused_where_the_year_begins_elsewhere(room: Room, heads: tuple[str, str]) -> None:
    """Period 1 is January only where the fiscal year is the calendar year."""
    page = page_of(["Resource", "Department", "Unit", *heads], ["engineers", "IT", "people", 1, 2])
    room.write("engagement.yaml", "name: Tiny\nas_of: 2026-12-31\nfiscal_year_starts: 4\n")
    with pytest.raises(ClientDataError, match="nothing says which months these are"):
        bring(room, page, "resources")
    room.write("engagement.yaml", "name: Tiny\nas_of: 2026-12-31\n")
    assert column(bring(room, page, "resources"), "period") in (["2026-01", "2026-02"], ["2026", "2027"])


TWO = page_of(
    ["Budget 2026"],
    ["Project", "Budget", "FTE"],
    ["a", 10, 1],
    ["b", 20, 2],
    [],
    ["Forecast 2027"],
    ["Project", "Budget", "FTE"],
    ["a", 11, 1],
    ["b", 21, 2],
)


def test_two_tables_on_one_sheet_are_asked(room: Room) -> None:
    """Neither is taken for the other; --at says where the right one begins."""
    with pytest.raises(ClientDataError, match=r"several tables fit: Tabelle1!A2 \(below 'Budget 2026'\); Tabelle1!A7"):
        bring(room, TWO, "projects")
    assert column(bring(room, TWO, "projects", at="A7"), "budget") == ["11", "21"]
    assert column(bring(room, TWO, "projects", at="Tabelle1!A2"), "budget") == ["10", "20"]
    with pytest.raises(UsageError, match="is no cell"):
        bring(room, TWO, "projects", at="there")


def test_two_tables_side_by_side_are_asked(room: Room) -> None:
    """A blank column between two tables keeps them apart."""
    heads = ["Project", "Budget", "FTE"]
    page = page_of([*heads, None, *heads], ["a", 10, 1, None, "c", 30, 3], ["b", 20, 2, None, "d", 40, 4])
    with pytest.raises(ClientDataError, match="several tables fit"):
        bring(room, page, "projects")
    assert column(bring(room, page, "projects", at="E1"), "project") == ["c", "d"]


def test_hidden_rows_are_asked(room: Room) -> None:
    """Rows that a filter hides may count or not."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Project", "Budget", "FTE"], ["a", 10, 1], ["old", 99, 9], ["b", 20, 2], ["Total", 30, 3]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(ClientDataError, match=r"1 row of the table is hidden \(row 3\)(.|\n)*--hidden read"):
        bring(room, stream.getvalue(), "projects")
    outcome = bring(room, stream.getvalue(), "projects", hidden="skip")
    assert column(outcome, "project") == ["a", "b"]
    assert not outcome.sums.open
    outcome = bring(room, stream.getvalue(), "projects", hidden="read")
    assert column(outcome, "project") == ["a", "b", "old"]
    assert [check.difference for check in outcome.sums.open] == [-99.0, -9.0]


def test_a_hidden_column_that_would_be_read_is_asked(room: Room) -> None:
    """Last year's figures hide in hidden columns."""
    page = page_of(["Project", "Budget", "Spent"], ["a", 10, 1])
    page.hidden_columns = [2]
    with pytest.raises(ClientDataError, match=r"1 of the columns that would be read are hidden \(C1\)"):
        bring(room, page, "projects")
    assert "spent" not in rows_of(bring(room, page, "projects", hidden="skip"))[0]
    assert column(bring(room, page, "projects", hidden="read"), "spent") == ["1"]


def test_a_row_that_is_silently_a_sum_is_asked(room: Room) -> None:
    """Operations above its three parts would count twice."""
    page = page_of(
        ["Resource", "Department", "Unit", "Jan 2026", "Feb 2026", "Mar 2026"],
        ["Operations", "OPS", "people", 60, 66, 71],
        ["claims", "OPS", "people", 30, 31, 33],
        ["service", "OPS", "people", 20, 22, 24],
        ["billing", "OPS", "people", 10, 13, 14],
        ["IT", "IT", "people", 5, 5, 6],
    )
    with pytest.raises(ClientDataError, match=r"'Operations', it is exactly the sum of rows 3 to 5"):
        bring(room, page, "resources")
    outcome = bring(room, page, "resources", leave_out=("Operations",))
    assert "Operations" not in column(outcome, "resource")
    assert "Operations" in column(bring(room, page, "resources", keep=("Operations",)), "resource")


def test_a_name_that_sounds_like_a_total_is_asked_or_known(room: Room) -> None:
    """Total Care is a product: it is no sum of others, and once it stands in a register nobody asks again."""
    page = page_of(["Project", "Budget", "FTE"], ["a", 10, 1], ["b", 20, 2], ["Total Care", 500, 5])
    with pytest.raises(ClientDataError, match="'Total Care', its name says that it adds up others, and it does not"):
        bring(room, page, "projects")
    assert column(bring(room, page, "projects", keep=("Total Care",)), "project") == ["a", "b", "Total Care"]


def test_a_word_for_profit_is_no_total_where_nothing_adds_up(room: Room) -> None:
    """Ergebnis is an objective as often as a sum; a table of weights cannot show which, so it is asked, not dropped."""
    page = page_of(["Ziel", "Gewicht"], ["Ergebnis", 60], ["Kundennutzen", 40])
    with pytest.raises(ClientDataError, match="'Ergebnis', its name says that it adds up others, and nothing here can"):
        bring(room, page, "objectives")
    assert column(bring(room, page, "objectives", keep=("Ergebnis",)), "weight") == ["60", "40"]
    head, rows = ["Ziel", "Aktivität", "Nutzen"], [["Ergebnis", "a", 1], ["Ergebnis", "b", 2], ["Kundennutzen", "a", 3]]
    worths = bring(room, page_of(head, *rows), "worths", columns={"nutzen": "value"}, confirm=False)
    assert worths.placed.added == 3, "it is an objective of ours by now"
    other = Room(room.root / "other")
    with pytest.raises(ClientDataError) as caught:
        bring(other, page_of(head, *rows), "worths", columns={"nutzen": "value"})
    assert len([fault for fault in caught.value.faults if "adds up others" in fault.found]) == 1, "a name is asked once"
    page = page_of(["Ziel", "Gewicht"], ["Marge", 60], ["Kundennutzen", 40], ["Summe", 100])
    assert column(bring(room, page, "objectives", is_whole=True), "objective") == ["Kundennutzen", "Marge"]


def test_the_text_that_sounds_like_a_total_is_quoted(room: Room) -> None:
    """A project for all lines is asked about by what its line says."""
    page = page_of(["Project", "Product line", "Budget", "FTE"], ["a", "motor", 10, 1], ["Rules", "alle", 50, 5])
    with pytest.raises(ClientDataError, match="'Rules', its 'alle' says that it adds up others, and it does not"):
        bring(room, page, "projects")


def test_a_total_that_differs_is_told_each_time(room: Room) -> None:
    """A known layout whose total does not tie waits for the consultant again."""
    right = page_of(["Project", "Budget", "FTE"], ["a", 10, 1], ["b", 20, 2], ["Total", 30, 3])
    wrong = page_of(["Project", "Budget", "FTE"], ["a", 10, 1], ["b", 21, 2], ["Total", 30, 3])
    bring(room, right, "projects")
    outcome = bring(room, wrong, "projects", confirm=False)
    assert not outcome.is_written
    told = describe_table_import(outcome)
    assert "B4: the sheet says 30, its 2 parts add up to 31; difference -1" in told
    assert "1 total differs from its parts" in told


def test_blank_cells_of_a_pivot_are_filled_and_told(room: Room) -> None:
    """A group written once stands for the rows below it, which the preview says."""
    page = page_of(
        ["Function", "Product line", "Resource", "Planned"],
        ["HR", "motor", "engineers", 5],
        [None, "home", "engineers", 6],
        [None, "life", "engineers", 7],
    )
    outcome = bring(room, page, "function_plans")
    assert column(outcome, "function") == ["HR"] * 3
    assert "2 blank cells of function are read as what stands above them" in describe_table_import(outcome)


def test_blank_cells_that_may_mean_the_whole_are_asked(room: Room) -> None:
    """In population a blank unit has a meaning of its own."""
    page = page_of(["Unit", "Role", "Headcount"], ["Claims", "builder", 5], [None, "product", 6], ["Sales", "hr", 7])
    with pytest.raises(ClientDataError, match="--fill unit=down"):
        bring(room, page, "population")
    assert column(bring(room, page, "population", fill={"unit": "down"}), "unit") == ["Claims", "Claims", "Sales"]


def test_shares_in_percent_without_a_sign_are_asked(room: Room) -> None:
    """70 is no share; the header that says % settles it."""
    page = page_of(["Product line", "Avoidable"], ["motor", 70], ["home", 40])
    with pytest.raises(ClientDataError, match="percent or shares"):
        bring(room, page, "closing")
    assert column(bring(room, page, "closing", units={"avoidable_share": "%"}), "avoidable_share") == ["0.7", "0.4"]
    page = page_of(["Product line", "Avoidable %"], ["motor", 70], ["home", 0.5])
    assert column(bring(room, page, "closing"), "avoidable_share") == ["0.7", "0.005"]
    page = page_of(["Product line", "Avoidable"], ["motor", Cell(0.7, "0%")], ["home", "40 %"])
    assert column(bring(room, page, "closing"), "avoidable_share") == ["0.7", "0.4"]


def test_rows_of_one_key_are_added_up_and_told(room: Room) -> None:
    """Three bookings of one project are one budget; texts that differ are a fault."""
    page = page_of(["Project", "Sponsor", "Budget"], ["a", "COO", 10], ["a", "COO", 5], ["b", "CFO", 7])
    outcome = bring(room, page, "projects")
    assert column(outcome, "budget") == ["15", "7"]
    assert "3 rows are added up to 2" in describe_table_import(outcome)
    page = page_of(["Project", "Sponsor", "Budget"], ["a", "COO", 10], ["a", "CFO", 5], ["b", "CFO", 7])
    with pytest.raises(ClientDataError, match="'a' stands in rows 2, 3, with different sponsor"):
        bring(room, page, "projects")


def test_quarters_and_years_among_months_are_their_sums(room: Room) -> None:
    """A quarter beside its months is compared and left out; a year of which months are missing is told."""
    heads = ["Resource", "Department", "Unit", "2025", "Jan 2026", "Feb 2026", "Mar 2026", "Q1 2026"]
    page = page_of(heads, ["engineers", "IT", "people", 40, 1, 2, 3, 7])
    outcome = bring(room, page, "resources")
    assert column(outcome, "period") == ["2026-01", "2026-02", "2026-03"]
    assert [check.difference for check in outcome.sums.open] == [1.0]
    assert "Column D (2025) is left out" in describe_table_import(outcome)


def test_what_headings_say_can_fill_a_column(room: Room) -> None:
    """Lines above groups of rows give the function."""
    page = page_of(
        ["Resource", "Unit", "Capacity"], ["IT"], ["engineers", "people", 5], ["Marketing"], ["writers", "people", 3]
    )
    outcome = bring(room, page, "resources", section="function")
    assert column(outcome, "function") == ["IT", "Marketing"]


def test_a_quarter_or_day_in_the_rows_is_a_period(room: Room) -> None:
    """Months below each other are written as ours, however they come."""
    page = page_of(
        ["Resource", "Department", "Unit", "Month", "Capacity"],
        ["engineers", "IT", "people", dt.date(2026, 1, 1), 5],
        ["engineers", "IT", "people", dt.date(2026, 2, 1), 6],
    )
    assert column(bring(room, page, "resources"), "period") == ["2026-01", "2026-02"]


def test_a_compact_pivot_is_asked_however_small_its_numbers(room: Room) -> None:
    """A whole table of heads and their parts is no chance."""
    page = page_of(
        ["Unit", "Headcount", "Role"],
        *(["IT", 3, "builder"], ["IT Dev", 1, "builder"], ["IT Ops", 2, "builder"]),
        *(["Sales", 5, "product"], ["Sales North", 4, "product"], ["Sales South", 1, "product"]),
    )
    with pytest.raises(ClientDataError, match=r"'IT', it is exactly the sum of rows 3 to 4(.|\n)*'Sales'"):
        bring(room, page, "population")
    outcome = bring(room, page, "population", leave_out=("IT", "Sales"))
    assert column(outcome, "headcount") == ["1", "2", "4", "1"]


def test_totals_as_business_systems_mark_them(room: Room) -> None:
    """Asterisks before a total, and Overall Result, add up."""
    page = page_of(
        HEADS, ["a", 10, 1], ["b", 20, 2], ["* Zwischensumme", 30, 3], ["c", 5, 1], ["** Overall Result", 35, 4]
    )
    outcome = bring(room, page, "projects")
    assert column(outcome, "project") == ["a", "b", "c"]
    assert (len(outcome.sums.checks), outcome.sums.open) == (4, ())


HEADS = ["Project", "Budget", "FTE"]


def test_a_number_in_merged_cells_is_refused(room: Room) -> None:
    """One budget over three projects belongs to none of them."""
    page = page_of(HEADS, ["a", 30, 1], ["b", None, 2], ["c", None, 3])
    page.merged = [(1, 1, 3, 1)]
    with pytest.raises(ClientDataError, match="one cell is merged over 3 rows and 1 columns of numbers"):
        bring(room, page, "projects")


def test_percent_where_no_share_is_wanted_is_refused(room: Room) -> None:
    """A budget of 12 % is another column."""
    with pytest.raises(ClientDataError, match="shown as percent, and budget is no share"):
        bring(room, page_of(HEADS, ["a", Cell(0.12, "0%"), 1]), "projects")
    with pytest.raises(ClientDataError, match="percent sign, and budget is no share"):
        bring(room, page_of(HEADS, ["a", "12 %", 1]), "projects")


@pytest.mark.parametrize("weights", [("60 %", "40%"), (Cell(0.6, "0%"), Cell(0.4, "0 %"))], ids=["text", "format"])
def test_weights_may_be_percent(room: Room, weights: tuple[Any, Any]) -> None:
    """Weights count beside each other alone, so the board's 60 and 40 percent are weights as they stand."""
    page = page_of(["Objective", "Weight"], ["margin", weights[0]], ["reach", weights[1]])
    assert column(bring(room, page, "objectives"), "weight") == ["0.6", "0.4"]


@pytest.mark.parametrize("other", [40, 0.4])
def test_weights_in_percent_beside_points_are_refused(room: Room, other: float) -> None:
    """60 % beside 40 is not 0.6 beside 40."""
    page = page_of(["Objective", "Weight"], ["margin", "60 %"], ["reach", other])
    with pytest.raises(ClientDataError, match="some numbers of weight are percent, and 1 of 2 have no percent sign"):
        bring(room, page, "objectives")


def test_a_count_below_a_catalogue_is_no_row_of_it(room: Room) -> None:
    """In a column that we do not read nothing is lost; where numbers stand beside it, its text answers."""
    page = page_of(
        ["Sparte", "Bezeichnung", "Vermerk"],
        ["strom", "Strom", "a"],
        ["gas", "Gas", "b"],
        [None, None, "Summe: 2 Sparten"],
    )
    assert column(bring(room, page, "lines"), "product_line")[-2:] == ["strom", "gas"]
    page = page_of(["Project", "Budget", "Note"], ["a", 10, ""], ["b", 20, ""], [None, 35, "Summe: 2 Projekte"])
    with pytest.raises(ClientDataError, match='--leave-out "Summe: 2 Projekte"'):
        bring(room, page, "projects")
    assert column(bring(room, page, "projects", leave_out=("Summe: 2 Projekte",)), "project") == ["a", "b"]


def test_what_the_books_speak_of_is_known_by_its_usual_names(room: Room) -> None:
    """Project budget is project_budget, whatever the capitals; a column that is another's is named with its way out."""
    page = page_of(["Measure", "Period", "Amount"], ["Project budget", "2026", 5], ["Mitarbeiter", "2026", 6])
    assert column(bring(room, page, "control_totals"), "measure") == ["project_budget", "headcount"]
    page = page_of(["Product", "Parent", "Kind", "Status"], ["motor-fleet", "motor", "product_line", "Bestand"])
    with pytest.raises(ClientDataError, match='If the column is no status: --map "Status=ignore"'):
        bring(room, page, "memberships")


def test_a_comma_that_moves_cells_is_refused(room: Room) -> None:
    """1,5 without quotation marks in a file with commas is two cells."""
    with pytest.raises(ClientDataError, match=r"1 lines have more cells than the header \(row 3\)"):
        bring(room, "Project,Budget,FTE\na,10,1\nb,1,5,2\n", "projects", file="a.csv")


def test_what_pivots_write_for_blanks_is_blank(room: Room) -> None:
    """A name (blank) is no name."""
    with pytest.raises(ClientDataError, match=r"project is blank in 1 row\b"):
        bring(room, page_of(HEADS, ["a", 10, 1], ["(blank)", 20, 2]), "projects")


def test_a_workbook_that_grows_by_a_sheet_a_month_is_asked(room: Room) -> None:
    """The sheet that was read before is still there; the new one must not be passed over."""
    import openpyxl

    def book(*months: str) -> bytes:
        held = openpyxl.Workbook()
        held.remove(held.active)
        for at, month in enumerate(months):
            sheet = held.create_sheet(month)
            for row in (HEADS, ["a", 10 + at, 1]):
                sheet.append(row)
        stream = io.BytesIO()
        held.save(stream)
        return stream.getvalue()

    bring(room, book("Aug 2026"), "projects")
    assert bring(room, book("Sep 2026"), "projects", confirm=False).is_written
    bring(room, book("Aug 2026"), "projects", sheet="Aug 2026")
    with pytest.raises(ClientDataError, match="several tables fit: Aug 2026!A1; Sep 2026!A1"):
        bring(room, book("Aug 2026", "Sep 2026"), "projects", confirm=False)
    outcome = bring(room, book("Aug 2026", "Sep 2026"), "projects", sheet="Sep 2026", confirm=False)
    assert (outcome.is_written, column(outcome, "budget")) == (True, ["11"])
    assert bring(room, book("Aug 2026", "Sep 2026"), "projects", confirm=False).is_written


def test_columns_made_invisible_by_their_width_are_hidden(room: Room) -> None:
    """A width of nothing hides as well as the menu does."""
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(page_of(HEADS, ["a", 10, 1])))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            narrow = b'<cols><col min="3" max="3" width="0" customWidth="1"/></cols><sheetData>'
            new.writestr(name, old.read(name).replace(b"<sheetData>", narrow))
    with pytest.raises(ClientDataError, match="columns that would be read are hidden"):
        bring(room, stream.getvalue(), "projects")


def test_days_of_the_other_calendar_of_excel(room: Room) -> None:
    """A workbook that counts from 1904 shows the same days."""
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["Project", "Budget", "End date"], ["a", 10, dt.date(2027, 3, 1)]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    assert column(bring(room, stream.getvalue(), "projects"), "ends") == ["2027-03-01"]


def test_a_months_line_printed_again_ends_no_table(room: Room) -> None:
    """On the second page only the lower line of the header stands; what follows is the same table."""
    page = page_of(
        [None, None, None, "2026", None],
        ["Resource", "Department", "Unit", "Jan", "Feb"],
        ["a", "IT", "people", 1, 2],
        [None, None, None, "Jan", "Feb"],
        ["b", "IT", "people", 3, 4],
    )
    assert column(bring(room, page, "resources"), "capacity") == ["1", "2", "3", "4"]


def test_thousands_that_only_the_sum_says_are_asked(room: Room) -> None:
    """Days as headers cannot carry a unit; the sum beside them can, and then speaks for all or for itself."""
    heads = ["Resource", "Department", "Unit", dt.date(2026, 1, 1), dt.date(2026, 2, 1), "Total [k€]"]
    page = page_of(heads, ["a", "IT", "EUR", 1, 2, 3])
    with pytest.raises(ClientDataError, match="unit"):
        bring(room, page, "resources")
    outcome = bring(room, page, "resources", units={"capacity": "k€"})
    assert (column(outcome, "capacity"), outcome.sums.open) == (["1000", "2000"], ())


MONTHS = ["Resource", "Department", "Unit"]


@pytest.mark.parametrize(
    ("title", "heads"),
    [
        ("Plan, Stand 15.11.2025", ["Jan", "Feb"]),
        ("Stand Dezember 2025", ["Jan", "Feb"]),
        ("Budget FY 2026", ["Jan", "Feb"]),
        ("Plan 2025/26", ["Apr", "May"]),
        ("Plan 2026 and 2027", ["Jan", "Feb"]),
        ("Plan 2026", ["Jan 2026", "Feb"]),
        ("Plan 2026", ["Nov", "Dec", "Jan"]),
    ],
)
def test_a_year_that_only_seems_to_be_named_is_asked(room: Room, title: str, heads: list[str]) -> None:
    """The day of a report, a fiscal year and half a header say nothing of the months."""
    page = page_of([title], [], [*MONTHS, *heads], ["a", "IT", "people", *range(1, len(heads) + 1)])
    with pytest.raises(ClientDataError, match="--year"):
        bring(room, page, "resources")


def test_months_over_the_turn_of_a_year_twice_are_not_guessed(room: Room) -> None:
    """Plan and actual beside each other do not hide that January is of the next year."""
    heads = ["Plan Nov", "Actual Nov", "Plan Dec", "Actual Dec", "Plan Jan", "Actual Jan"]
    page = page_of([*MONTHS, *heads], ["a", "IT", "people", 1, 2, 3, 4, 5, 6])
    outcome = bring(room, page, "resources", only="Plan", year=2026)
    assert column(outcome, "period") == ["2026-11", "2026-12", "2027-01"]
    heads = ["Plan Nov", "Plan Dec", "Plan Jan", "Plan Nov", "Plan Dec", "Plan Jan"]
    with pytest.raises(ClientDataError, match="turn of a year more than once"):
        bring(room, page_of([*MONTHS, *heads], ["a", "IT", "people", 1, 2, 3, 4, 5, 6]), "resources", year=2026)


def test_a_hidden_sheet_is_named_and_read_only_when_asked_for(room: Room) -> None:
    """Old versions hide in hidden sheets; the one that is named is read, next month too."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Nothing to see"])
    for name, state, amount in (("Data", "hidden", 10), ("Old", "veryHidden", 99)):
        sheet = book.create_sheet(name)
        for row in (HEADS, ["a", amount, 1]):
            sheet.append(row)
        sheet.sheet_state = state
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(ClientDataError, match="hidden sheets are not read: Data, Old"):
        bring(room, stream.getvalue(), "projects")
    outcome = bring(room, stream.getvalue(), "projects", sheet="Data")
    assert column(outcome, "budget") == ["10"]
    assert "Hidden sheets" in describe_table_import(outcome)
    assert bring(room, stream.getvalue(), "projects", confirm=False).is_written
    assert column(bring(room, stream.getvalue(), "projects", at="Old!A1"), "budget") == ["99"]


def test_a_smaller_table_below_is_not_passed_over(room: Room) -> None:
    """An addendum with fewer columns may belong to the table above: it ends that table, so it is asked about."""
    page = page_of(
        ["Project", "Product line", "Budget", "Spent", "FTE", "End date"],
        ["a", "motor", 10, 5, 1, dt.date(2027, 1, 31)],
        [],
        ["Addendum"],
        ["Project", "Budget"],
        ["b", 20],
    )
    with pytest.raises(ClientDataError, match="several tables fit: Tabelle1!A1; Tabelle1!A5"):
        bring(room, page, "projects")
    assert column(bring(room, page, "projects", at="A1"), "project") == ["a"]


def test_decimal_commas_do_not_pass_for_delimiters(room: Room) -> None:
    """Where every line has as many decimal commas, the words of the header tell the delimiter."""
    lines = ["Projekt;Budget;Ist;Bemerkung", "a;1,5;2,5;x", "b;3,5;4,5;", "Zwischensumme;5,0;7,0", "c;5,5;6,5;y"]
    text = "\n".join([*lines, "Zwischensumme;5,5;6,5", "Summe;10,5;13,5"])
    outcome = bring(room, text, "projects", file="a.csv")
    assert column(outcome, "budget") == ["1.5", "3.5", "5.5"]
