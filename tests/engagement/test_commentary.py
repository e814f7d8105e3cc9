"""The table ``commentary``: what is wrong with it before any chapter is there, and where each row stands."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from workbench.engagement.columns import example_of
from workbench.engagement.commentary import EXHIBITS, NEVER_HIDDEN, Comment, read_comments
from workbench.engagement.schema import TABLES, Commentary

if TYPE_CHECKING:
    from conftest import Client

HEADER = "exhibit,text,author,date,action,place,written_on\n"


def test_a_row_knows_its_cell(client: Client) -> None:
    """What is told of it when the chapters are there names it as the folder's own faults do."""
    client.write({"commentary.csv": HEADER + "summary-answers,Seen.,PK,2026-09-19,,,\nsummary-portfolio,,,,order,2,\n"})
    first, second = read_comments(client.load().tables)
    assert first == Comment(
        "summary-answers", "add", "Seen.", "PK", "2026-09-19", where=("commentary.csv", "", "row 2, column exhibit")
    )
    assert (second.action, second.place, second.is_said) == ("order", 2, False)


def test_a_sheet_knows_its_cell_too(client: Client) -> None:
    """In a workbook a cell has an address, and rows of examples count as rows."""
    rows = [
        ["exhibit", "text", "author", "date", "action"],
        ["example-readiness-gaps", "x", None, None, None],
        ["summary-answers", "x", None, None, None],
    ]
    client.workbook({"commentary": rows})
    assert [one.where for one in client.load().comments] == [("engagement.xlsx", "commentary", "A3")]


def test_commentary_on_no_exhibit_is_a_fault(client: Client) -> None:
    """The run would stop at it; the client's own notebooks may bring any exhibit."""
    client.write({"commentary.csv": "exhibit,text\nsummary-answers,A\nreadiness-gap,B\n"})
    fault = client.only_fault()
    assert (fault.cell, fault.found) == ("row 3, column exhibit", "there is no exhibit 'readiness-gap'")
    assert "Did you mean 'readiness-gaps'" in fault.remedy
    client.write({"notebooks/25_churn.ipynb": "{}"})
    assert [one.about for one in client.load().comments] == ["summary-answers", "readiness-gap"]


def test_commentary_on_a_chapter_that_is_off_is_a_fault(client: Client) -> None:
    """It has one exhibit, which says what is missing."""
    client.write({"commentary.csv": "exhibit,text\nreadiness-off,A\n"})
    assert len(client.load().comments) == 1
    client.write({"commentary.csv": "exhibit,text\nreadiness-gaps,A\nsummary-off,B\n"})
    faults = client.faults()
    assert "the report will not have 'readiness-gaps'" in faults[0].found
    assert "readiness-off" in faults[0].remedy
    assert "because the chapter is there" in faults[1].found


@pytest.mark.parametrize(
    "about",
    ["readiness", "summary/headline", "outcomes/next-steps", "line-motor", "manager-j--petit", "R-017", "class/motor"],
)
def test_chapters_headings_pages_and_numbers_may_have_words(client: Client, about: str) -> None:
    """Which pages and numbers there are is known when the chapters are."""
    client.write({"commentary.csv": f"exhibit,text\n{about},A\n"})
    assert not client.faults()


@pytest.mark.parametrize(
    ("about", "meant"),
    [("readines", "readiness"), ("readiness/caution", "readiness/cautions"), ("outcome", "outcomes")],
)
def test_a_misspelt_chapter_or_heading_is_named(client: Client, about: str, meant: str) -> None:
    """With what it may have meant."""
    client.write({"commentary.csv": f"exhibit,text\n{about},A\n"})
    assert repr(meant) in client.only_fault().remedy


@pytest.mark.parametrize(
    ("row", "cell", "found"),
    [
        pytest.param("readiness-gaps,,,,,,", "column text", "text is blank", id="no words"),
        pytest.param("R-017,We agree.,,2026-09-19,reply,,", "column author", "author is blank", id="nobody replies"),
        pytest.param("R-017,We agree.,PK,,reply,,", "column date", "date is blank", id="no day of a reply"),
        pytest.param("readiness-gaps,,PK,,hide,,", "column text", "text is blank", id="no reason"),
        pytest.param("readiness-gaps,Why,,,hide,,", "column author", "author is blank", id="nobody hides"),
        pytest.param("readiness-gaps,,,,order,,", "column place", "place is blank", id="no place"),
        pytest.param("readiness-gaps,A,,,add,2,", "column place", "beside the action add", id="place of nothing"),
        pytest.param("readiness-gaps,A,,,,,June", "column written_on", "'June' is no mark", id="no mark"),
        pytest.param("readiness,Why,PK,,hide,,", "column exhibit", "which is no exhibit", id="a chapter hidden"),
        pytest.param("R-017,Why,PK,,hide,,", "column exhibit", "which is no exhibit", id="a number hidden"),
        pytest.param("readiness/cautions,Why,PK,,hide,,", "column exhibit", "no exhibit", id="cautions hidden"),
        pytest.param("readiness-gaps,A,PK,,delete,,", "column action", "'delete' is not allowed", id="an action"),
        pytest.param("readiness-gaps,,,,order,-1,", "column place", "-1", id="a place before the first"),
    ],
)
def test_what_a_row_lacks_is_told_at_its_cell(client: Client, row: str, cell: str, found: str) -> None:
    """Before any notebook runs, also where the client's own notebooks may bring anything."""
    client.write({"commentary.csv": HEADER + row + "\n", "notebooks/25_churn.ipynb": "{}"})
    fault = client.only_fault()
    assert fault.cell == f"row 2, {cell}"
    assert found in fault.found


@pytest.mark.parametrize("about", [*sorted(NEVER_HIDDEN), "outcomes-off"])
def test_what_is_in_doubt_cannot_be_left_out(client: Client, about: str) -> None:
    """Nor what was hidden to protect people; putting it behind the others is allowed."""
    client.write({"commentary.csv": HEADER + f"{about},Too long,PK,,hide,,\n", "notebooks/25_churn.ipynb": "{}"})
    assert "cannot be left out" in client.only_fault().found
    client.write({"commentary.csv": HEADER + f"{about},,,,order,0,\n"})
    assert not client.faults()


def test_what_cannot_be_left_out_is_an_exhibit() -> None:
    """A key that was renamed would be left out unseen."""
    assert {f"{chapter}-{name}" for chapter, names in EXHIBITS.items() for name in names} >= NEVER_HIDDEN


def test_rows_that_cannot_both_hold_are_told(client: Client) -> None:
    """Words beside what nobody sees, two places, two reasons; all of them at once."""
    rows = (
        "readiness-gaps,Why,PK,,hide,,",
        "readiness-gaps,A reply,PK,2026-09-19,reply,,",
        "readiness-lines,,,,order,2,",
        "readiness-lines,,,,first,,",
        "readiness-odds,Why,PK,,hide,,",
        "readiness-odds,Why not,PK,,hide,,",
    )
    client.write({"commentary.csv": HEADER + "\n".join(rows) + "\n", "notebooks/25_churn.ipynb": "{}"})
    got = [(fault.cell.split(",")[0], fault.found.partition("'")[2]) for fault in client.faults()]
    assert got == [
        ("row 3", "readiness-gaps' is left out, in row 2, column exhibit"),
        ("row 5", "readiness-lines' has a place already, in row 4, column exhibit"),
        ("row 7", "readiness-odds' is left out, in row 6, column exhibit"),
    ]


def test_a_workbook_tells_its_words_apart(client: Client) -> None:
    """What notebooks read of it stays the same when a sentence changes, and only then."""

    def read(**sheets: list[list[object]]) -> str:
        client.workbook({"commentary": [["exhibit", "text"], ["summary-answers", "x"]], **sheets})
        (book,) = (file for file in client.load().files if file.path == "engagement.xlsx")
        return book.read

    waves: list[list[object]] = [["wave", "date"], ["w1", dt.date(2026, 1, 5)]]
    first = read(waves=waves)
    assert first
    assert read(waves=waves, commentary=[["exhibit", "text"], ["summary-answers", "y"], ["summary", "z"]]) == first
    assert read(waves=[*waves, ["w2", dt.date(2026, 2, 5)]]) != first
    assert read(waves=[waves[0], ["w1", dt.date(2026, 1, 6)]]) != first
    client.workbook({"waves": waves})
    assert [file.read for file in client.load().files if file.path == "engagement.xlsx"] == [""], "it holds no words"


def test_facts_in_the_workbook_count_whether_or_not_they_were_read(
    excel_client: Client, sheets: dict[str, list[list[object]]]
) -> None:
    """A sheet of facts comes out of the cache the second time, and then too says what notebooks read."""

    def read(cost: float, words: str) -> set[str]:
        excel_client.workbook(
            {
                **sheets,
                "fact_tables": [
                    ["table", "key_columns", "kind", "time_column", "product_column"],
                    ["tickets", "id", "event", "on", "product"],
                ],
                "metrics": [
                    ["metric", "label", "type", "unit", "direction", "from_table", "agg", "column"],
                    ["c", "C", "sum", "currency", "down", "tickets", "sum", "cost"],
                ],
                "facts_tickets": [["id", "on", "product", "cost"], [1, dt.date(2026, 9, 14), "car", cost]],
                "commentary": [["exhibit", "text"], ["summary", words]],
            }
        )
        return {file.read for _ in range(2) for file in excel_client.load().files}

    first = read(2.5, "x")
    assert len(first) == 1
    assert read(2.5, "y") == first
    assert read(3.5, "x").isdisjoint(first)


def test_the_examples_of_a_new_workbook_are_right(client: Client) -> None:
    """One for each action but the shorter word for the first place; filled in as they stand, nothing is wrong."""
    columns = TABLES["commentary"].columns
    first = {name: example_of(info) for name, info in columns.items()}
    rows = [first, *Commentary.more_examples]
    assert {row["action"] for row in rows} == {"add", "reply", "hide", "order"}
    cells = [[row.get(name) for name in columns] for row in rows]
    client.workbook({"commentary": [list(columns), *cells]})
    found = [fault for fault in client.faults() if "the report will not have" not in fault.found]
    assert not found


def test_words_may_be_younger_than_the_data(client: Client) -> None:
    """A report on the data of September is commented in October."""
    client.write({"commentary.csv": HEADER + "summary-answers,Agreed.,PK,2099-10-05,reply,,\n"})
    assert client.load().comments[0].date == "2099-10-05"
