"""What cells mean: decided over whole columns, asked where the evidence leaves it open."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engagement.cells import (
    choices_of,
    column_kind,
    convert,
    decide_date_order,
    decide_decimal,
    keeps_clock,
    parse_date,
    parse_number,
    read_choices,
    read_dates,
    read_numbers,
    read_text,
)
from workbench.engagement.read import RawTable
from workbench.engagement.schema import TABLES
from workbench.engagement.settings import Source
from workbench.errors import Fault


def column(values: list[Any], sheet: str = "") -> RawTable:
    """Return a raw table with the one column ``c``."""
    return RawTable("t", "t.csv", sheet, ("c",), ("c",), (0,), tuple(range(2, len(values) + 2)), {"c": values})


def dates(values: list[Any], order: Any = None) -> tuple[list[dt.date | None], list[Fault]]:
    """Read a column of dates."""
    return read_dates(column(values), "c", Source(date_order=order) if order else None)


def numbers(values: list[Any], decimal: Any = None, *, whole: bool = False) -> tuple[list[Any], list[Fault]]:
    """Read a column of numbers with the decimal sign that the column itself tells."""
    raw = column(values)
    sign = decide_decimal(
        [(value, row) for row, value in enumerate(values)],
        lambda row: raw.place(row, "c"),
        "t",
        Source(decimal=decimal) if decimal else None,
    )
    found, faults = read_numbers(raw, "c", sign, whole=whole)
    if not isinstance(sign, str):
        faults.append(raw.fault(sign.spot, "c", sign.found, sign.allowed, sign.remedy))
    return found, faults


SEPTEMBER = dt.date(2026, 9, 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["2026-09-03"], SEPTEMBER, id="ISO"),
        pytest.param(["2026-09-03 10:15"], SEPTEMBER, id="ISO with time"),
        pytest.param(["2026-09-03T10:15:00Z"], SEPTEMBER, id="ISO with zone"),
        pytest.param(["2026/9/3"], SEPTEMBER, id="year first"),
        pytest.param(["3.9.2026", "14.9.2026"], SEPTEMBER, id="14 can only be a day"),
        pytest.param(["3.9.2026", "13.9.2026"], SEPTEMBER, id="13 is the first that can only be a day"),
        pytest.param(["9/3/2026", "9/14/2026"], SEPTEMBER, id="14 cannot be a month"),
        pytest.param(["3 Sep 2026"], SEPTEMBER, id="month in letters"),
        pytest.param(["September 3, 2026"], SEPTEMBER, id="month in letters, first"),
        pytest.param([SEPTEMBER, "2026-09-04"], SEPTEMBER, id="Excel date beside ISO"),
        pytest.param([dt.datetime(2026, 9, 3, 8)], SEPTEMBER, id="Excel date with time"),
        pytest.param(["5/5/2026", None], dt.date(2026, 5, 5), id="either order says the same"),
    ],
)
def test_a_date_is_read_where_the_column_tells(values: list[Any], expected: dt.date) -> None:
    """Some value above 12 decides for all."""
    got, faults = dates(values)
    assert not faults
    assert got[0] == expected


@pytest.mark.parametrize(
    ("values", "cell", "found"),
    [
        pytest.param(
            ["3/9/2026", "4/9/2026"], "row 2, column c", "may be day 3 of month 9 or day 9 of month 3", id="open"
        ),
        pytest.param(
            ["1.2.2026", "2026-09-04"], "row 2, column c", "the column mixes formats", id="year last, year first"
        ),
        pytest.param(["14/9/2026", "9/14/2026"], "row 3, column c", "has the month first", id="both orders"),
        pytest.param(["14/9/26"], "row 2, column c", "two digits", id="two digits"),
        pytest.param([SEPTEMBER, "14/9/2026"], "row 3, column c", "the column mixes formats", id="Excel swapped some"),
        pytest.param(["31.9.2026"], "row 2, column c", "is no date in the order day-month-year", id="no such day"),
        pytest.param(["soon"], "row 2, column c", "is not a date", id="word"),
        pytest.param([46279], "row 2, column c", "is a number, not a date", id="Excel's day number"),
        pytest.param(["0026-09-03"], "row 2, column c", "no year of this work", id="year 26"),
        pytest.param(["#N/A"], "row 2, column c", "the cell shows #N/A", id="error cell"),
    ],
)
def test_a_date_that_cannot_be_decided_is_a_fault_and_not_a_guess(values: list[Any], cell: str, found: str) -> None:
    """One fault a column, with what to write."""
    got, faults = dates(values)
    assert len(faults) == 1
    assert faults[0].cell == cell
    assert found in faults[0].found
    assert (
        got[values.index(next(v for v in values if v is not None))] is None
        or "mixes" in found
        or "month first" in found
    )


def test_the_question_about_a_date_names_the_setting() -> None:
    """The answer can be pasted into engagement.yaml."""
    assert "sources: {t: {date_order: day-month-year}}" in dates(["3/9/2026"])[1][0].remedy


@pytest.mark.parametrize(
    ("order", "expected"), [("day-month-year", dt.date(2026, 9, 3)), ("month-day-year", dt.date(2026, 3, 9))]
)
def test_a_declared_order_answers_the_question(order: str, expected: dt.date) -> None:
    """Two digits of a year are then read as 20..; a value that contradicts is a fault."""
    assert dates(["3/9/2026", "3/9/26"], order) == ([expected, expected], [])
    contrary = "9/14/2026" if order == "day-month-year" else "14/9/2026"
    assert dates(["3/9/2026", contrary], order)[1][0].cell == "row 3, column c"


@settings(deadline=None)
@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)), min_size=1), st.sampled_from(["/", ".", "-"]))
def test_a_column_is_never_read_wrongly(days: list[dt.date], sign: str) -> None:
    """Whatever order it was written in, the result is right or a question."""
    for order, shape in (("day-month-year", f"%d{sign}%m{sign}%Y"), ("month-day-year", f"%m{sign}%d{sign}%Y")):
        got, faults = dates([day.strftime(shape) for day in days])
        assert faults or got == days
        assert dates([day.strftime(shape) for day in days], order) == (days, [])


@settings(deadline=None)
@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)), min_size=1))
def test_iso_is_always_read(days: list[dt.date]) -> None:
    """Year first needs no evidence."""
    assert dates([day.isoformat() for day in days]) == (days, [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["1", "-2", "3e2"], [1, -2, 300], id="plain"),
        pytest.param([1, 2.5, None], [1, 2.5, None], id="Excel's own"),
        pytest.param(["1.5", "1,250.25"], [1.5, 1250.25], id="point and thousands"),
        pytest.param(["1,5", "1.250,25"], [1.5, 1250.25], id="comma and thousands"),
        pytest.param(["1.234.567", "1.234"], [1234567, 1234], id="thousands twice decide"),
        pytest.param(["0.125"], [0.125], id="a leading zero has no thousands"),
        pytest.param(["0,125", "1,234"], [0.125, 1.234], id="and decides for the others"),
        pytest.param(["12 000", "12\u00a0000,5"], [12000, 12000.5], id="spaces"),
        pytest.param(["12'000.50"], [12000.5], id="Swiss"),
        pytest.param(["−3"], [-3], id="typographer's minus"),
        pytest.param([".5", "5."], [0.5, 5.0], id="bare sign"),
    ],
)
def test_a_number_is_read_where_the_table_tells(values: list[Any], expected: list[Any]) -> None:
    """Numbers as text are accepted when there is one way to read them."""
    assert numbers(values) == (expected, [])


@pytest.mark.parametrize(
    ("values", "found", "remedy"),
    [
        pytest.param(["1,234"], "may be 1234 or 1.234", "sources: {t: {decimal:", id="open"),
        pytest.param(["1.234", "5"], "may be 1234 or 1.234", 'decimal: ","', id="open, point"),
        pytest.param(["1,5", "1.5"], "has a decimal comma, but '1.5'", "Write all numbers alike", id="both signs"),
        pytest.param(["80 %"], "has a percent sign", "Write 0.8", id="percent"),
        pytest.param(["€ 1200"], "has a currency sign", "Write 1200", id="currency"),
        pytest.param(["1200.50 EUR"], "has a currency sign", "Write 1200.5", id="currency in letters"),
        pytest.param(["n/a"], "is not a number", "Leave the cell blank", id="n/a"),
        pytest.param(["about 5"], "is not a number", "", id="words"),
        pytest.param([True], "is yes or no", "", id="yes or no"),
        pytest.param([SEPTEMBER], "is a date", "", id="date"),
        pytest.param(["1.2.3,4,5"], "is not a number", "", id="nonsense"),
    ],
)
def test_a_number_that_cannot_be_decided_is_a_fault(values: list[Any], found: str, remedy: str) -> None:
    """Each says what to write."""
    _, faults = numbers(values)
    assert len(faults) == 1
    assert found in faults[0].found
    assert remedy in faults[0].remedy


@pytest.mark.parametrize(("decimal", "expected"), [(".", 1234.0), (",", 1.234)])
def test_a_declared_decimal_sign_answers_the_question(decimal: str, expected: float) -> None:
    """Both readings are possible, so both can be declared."""
    assert numbers(["1,234"], decimal) == ([expected], [])


def test_whole_numbers_stay_whole() -> None:
    """24.0 is 24; 24.5 people are none."""
    got, faults = numbers([24.0, "24", 24.5], whole=True)
    assert got == [24, 24, None]
    assert [fault.cell for fault in faults] == ["row 4, column c"]


@settings(deadline=None)
@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 2)), st.sampled_from([("{:,.2f}", "."), ("{:.2f}", ".")]))
def test_formatted_numbers_read_back(value: float, how: tuple[str, str]) -> None:
    """With thousands separators or without, with points or commas."""
    shape, decimal = how
    text = shape.format(value)
    swapped = text.translate(str.maketrans(",.", ".,"))
    assert parse_number(text, decimal) == pytest.approx(value, abs=1e-9)
    assert parse_number(swapped, ",") == pytest.approx(value, abs=1e-9)


def test_text_is_kept_verbatim() -> None:
    """Numbers in a text column lose Excel's decimals; yes and no stay words."""
    got, faults = read_text(column(["=1+1", "<b>", 101, 2026.0, 1.5, True, None]), "c")
    assert got == ["=1+1", "<b>", "101", "2026", "1.5", "yes", None]
    assert not faults


def test_a_date_in_a_text_column_is_one_question_for_the_column() -> None:
    """Excel turns 2026-09 into 1 September."""
    _, faults = read_text(column([dt.date(2026, 9, 1)] * 3, "waves"), "c")
    assert len(faults) == 1
    assert "Excel made a date of this text (2026-09-01), and so in 2 more cells" in faults[0].found


def test_lost_letters_are_a_fault() -> None:
    """The replacement mark means that an export went wrong."""
    assert "has lost letters" in read_text(column(["M\ufffdller"]), "c")[1][0].found


def test_choices_are_read_however_they_are_spelt() -> None:
    """Capitals, blanks and hyphens do not matter; an unknown word stays for the row model to refuse."""
    got, _ = read_choices(column(["Product Line", "VALUE-STREAM", "team"]), "c", ["product_line", "value_stream"])
    assert got == ["product_line", "value_stream", "team"]


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        ("products", "product", "text"),
        ("products", "stage", "choice"),
        ("memberships", "share", "number"),
        ("population", "headcount", "integer"),
        ("readiness_targets", "effort", "integer"),
        ("readiness_targets", "by", "date"),
        ("activities", "said_on", "date"),
    ],
)
def test_columns_have_the_kind_of_their_annotation(table: str, name: str, expected: str) -> None:
    """Optional columns are what they are when filled."""
    assert column_kind(TABLES[table].columns[name]) == expected


def test_choices_come_from_the_schema() -> None:
    """Numbers too."""
    assert choices_of(TABLES["readiness_targets"].columns["effort"]) == ("1", "2", "4")
    assert choices_of(TABLES["products"].columns["name"]) == ()


def test_one_decimal_sign_holds_for_the_table() -> None:
    """A clear number in one column decides an open one in another, because one program wrote them."""
    cells = {"budget": ["1,234"], "spent": ["1,5"]}
    raw = RawTable("projects", "p.csv", "", ("budget", "spent"), ("budget", "spent"), (0, 1), (2,), cells)
    got, faults = convert(raw, TABLES["projects"].columns, None)
    assert not faults
    assert got == {"budget": [1.234], "spent": [1.5]}


def test_order_and_dates_of_blank_columns() -> None:
    """Nothing to decide is no question."""
    assert decide_date_order([None, None], str, "t", None) == "iso"
    assert parse_date("30.02.2026", "day-month-year") is None


@pytest.mark.parametrize(
    "text", ["1 Marvel 2026", "1 Decade 2026", "Mayor 1, 2026", "31/12/2026 25:99", "2026-01-01 24:61"]
)
def test_words_and_hours_that_only_look_like_a_date_are_none(text: str) -> None:
    """Three letters do not make a month."""
    assert parse_date(text, "day-month-year") is None


@pytest.mark.parametrize("text", ["1 Sep 2026", "1 Sept. 2026", "1 September 2026", "Sep 1, 2026", "01/09/2026 23:59"])
def test_a_month_may_be_shortened_and_an_hour_given(text: str) -> None:
    """As people write them."""
    assert parse_date(text, "day-month-year") == dt.date(2026, 9, 1)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("2026-06-01 09:14", dt.datetime(2026, 6, 1, 9, 14), id="text"),
        pytest.param("01.06.2026, 9:14:30", dt.datetime(2026, 6, 1, 9, 14, 30), id="day first, seconds"),
        pytest.param("2026-06-01T09:14:00Z", dt.datetime(2026, 6, 1, 9, 14, tzinfo=dt.UTC), id="in Greenwich time"),
        pytest.param(
            "2026-06-01T09:14:00+02:00",
            dt.datetime(2026, 6, 1, 9, 14, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            id="with its offset",
        ),
        pytest.param("2026-06-01 00:00", dt.date(2026, 6, 1), id="midnight is no time of day"),
        pytest.param(dt.datetime(2026, 6, 1, 9, 14), dt.datetime(2026, 6, 1, 9, 14), id="Excel"),
        pytest.param(dt.datetime(2026, 6, 1), dt.date(2026, 6, 1), id="Excel, a day"),
    ],
)
def test_a_log_keeps_its_clock(cell: Any, expected: dt.date) -> None:
    """When a signal was raised and seen is told to the minute where the client's log says so, else by the day."""
    order = "day-month-year" if str(cell).startswith("01.") else None
    source = Source(date_order=order) if order else None
    got, faults = read_dates(column([cell]), "c", source, keep_clock=True)
    assert (got, faults) == ([expected], [])
    assert type(got[0]) is type(expected)
    assert read_dates(column([cell]), "c", source)[0] == [dt.date(2026, 6, 1)]
    assert keeps_clock(TABLES["feedback"].columns["raised"])
    assert not keeps_clock(TABLES["feedback"].columns["decided"])
