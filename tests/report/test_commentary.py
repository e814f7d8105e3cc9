"""The consultant's own words in a report: printed, ordered, left out; no number changes and nothing vanishes unsaid."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
import report_samples as samples

from workbench.engagement.commentary import Comment
from workbench.errors import ClientDataError, Fault
from workbench.findings import Figures, Finding, Findings
from workbench.readiness.anonymity import PROTECTED
from workbench.report.audience import BETWEEN_PEOPLE
from workbench.report.chapter import MOST_EXHIBITS
from workbench.report.commentary import PROTECTED as BEGINNING
from workbench.report.commentary import LeftOut, Remark, places_of
from workbench.report.exhibit import Exhibit
from workbench.report.html import render_html, render_pages
from workbench.report.images import numbered_exhibits
from workbench.report.page import Page
from workbench.report.sheets import workbook_bytes
from workbench.report.story import Report, check_report, new_report, results
from workbench.report.tables import table

SCRIPT = "<script>alert(1)</script> [x](javascript:alert(1)) =cmd|' /C calc'!A0 \u202e**b**"


def page(key: str = "line-motor") -> Page:
    """Return a page of a line: a finding on R-001, and two exhibits."""
    return Page(
        key,
        "line",
        "Motor",
        "Does Motor work as a product?",
        Findings((Finding("Motor is in transition.", "", ("R-001",)), Finding("It has come half way."))),
        (
            Exhibit(f"{key}-levels", samples.ranked("Motor: travel is lowest.")),
            Exhibit(f"{key}-again", samples.ranked("Motor: travel is lowest again.")),
        ),
    )


def made(report: Report, *comments: Comment, audience: str = "board", is_part: bool = False) -> Report:
    """Return the report of these chapters with these rows of commentary, checked."""
    settings = SimpleNamespace(name="Harbour Mutual", as_of="2026-09-30", audience=audience)
    study = SimpleNamespace(name="harbour-mutual", data_hash="abc", settings=settings, comments=comments)
    got = new_report(study, report.chapters, is_part=is_part)
    check_report(got)
    return got


def with_page(report: Report) -> Report:
    """Return the report with a page in its chapter on readiness."""
    return replace(
        report, chapters=tuple(c.add_pages(page()) if c.pillar == "readiness" else c for c in report.chapters)
    )


def keys(report: Report, pillar: str = "readiness", *, behind: bool = False) -> list[str]:
    """Return the exhibits of a chapter's body, or of what stands behind it."""
    held = next(chapter for chapter in report.chapters if chapter.pillar == pillar)
    return [exhibit.key for exhibit in held.exhibits if exhibit.is_appendix == behind]


def faults(report: Report, *comments: Comment) -> tuple[Fault, ...]:
    """Return what is wrong with these rows."""
    with pytest.raises(ClientDataError) as caught:
        made(report, *comments)
    return caught.value.faults


# -- words ------------------------------------------------------------------------------------------------------------


def test_words_stand_where_they_belong(report: Report) -> None:
    """Under an exhibit, a chapter, each of its headings and on a page, signed with name and day."""
    got = made(
        with_page(report),
        Comment("readiness-3", text="Seen with the board.", author="PK", date="2026-09-19"),
        Comment("readiness", text="Of the chapter."),
        *(
            Comment(f"readiness/{name}", text=f"Of {name}.")
            for name in ("headline", "cautions", "next-steps", "method")
        ),
        Comment("summary/headline", text="Of the front."),
        Comment("line-motor", text="Of the page."),
        Comment("line-motor-levels", text="Of the page's exhibit."),
    )
    text, alone = render_html(got), render_pages(got)["line-motor"]
    assert got.words.under(got.chapters[1].exhibits[3]) == (Remark("add", "Seen with the board.", "PK", "2026-09-19"),)
    in_order = (
        "Of the front.",
        "What about readiness?",
        "Of the chapter.",
        "Readiness stands at 1.0.",
        "Of headline.",
        "Seen with the board.",
        "PK, 19 September 2026",
        "Of cautions.",
        "Name an owner for Pensions.",
        "Of next-steps.",
        "Of method.",
    )
    place = 0
    for words in in_order:
        place = text.index(words, place)
    assert "Of the page" not in text
    assert (
        alone.index("Of the page.")
        < alone.index("Motor: travel is lowest.")
        < alone.index("Of the page&#39;s exhibit.")
    )
    assert results(got)["figures"] == results(made(with_page(report)))["figures"]


def test_a_reply_stands_beside_each_finding_that_quotes_the_number(report: Report) -> None:
    """Once in each chapter and page: beside the first finding, else under the first exhibit."""
    reply = Comment("R-001", "reply", "We agree.", "A. Keller", "2026-09-21")
    got = made(with_page(report), reply)
    assert set(got.words.spots) == {("readiness", "", "headline/0"), ("readiness", "line-motor", "headline/0")}
    text, alone = render_html(got), render_pages(got)["line-motor"]
    assert text.count("We agree.") == alone.count("We agree.") == 1
    assert "Reply by <bdi>A. Keller, 21 September 2026</bdi>" in text
    by_key = made(with_page(report), replace(reply, about="readiness/0"))
    assert by_key.words == got.words
    front = render_html(made(report, replace(reply, about="S-001")))
    assert front.index("Summary stands at 1.0.") < front.index("We agree.") < front.index('<nav aria-label="Contents"')
    quoted = made(report, replace(reply, about="R-004"))
    assert set(quoted.words.spots) == {("", "", "readiness-0")}, "no finding quotes it"


def test_words_are_text_and_nothing_else(report: Report) -> None:
    """No markup, link or formula of theirs lives on the page or in the workbook."""
    got = made(
        with_page(report),
        Comment("readiness-1", text=SCRIPT, author=SCRIPT, written_on="00000000 " + SCRIPT),
        Comment("R-001", "reply", SCRIPT, SCRIPT, "2026-09-21"),
        Comment("readiness-2", "hide", SCRIPT, SCRIPT),
    )
    for text in (render_html(got), render_pages(got)["line-motor"]):
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "&lt;script&gt;alert(1)" in text
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(got)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == SCRIPT for cell in book["Commentary"]["B"])


# -- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "body", "behind"),
    [
        pytest.param((("readiness-3", 1),), [3, 0, 1, 2, 4], ["again"], id="to the front"),
        pytest.param((("readiness-0", 5),), [1, 2, 3, 4, 0], ["again"], id="to the end"),
        pytest.param((("readiness-0", 99),), [1, 2, 3, 4, 0], ["again"], id="beyond the end"),
        pytest.param((("readiness-4", 1), ("readiness-2", 1)), [4, 2, 0, 1, 3], ["again"], id="two of one place"),
        pytest.param((("readiness-4", 2), ("readiness-2", 1)), [2, 4, 0, 1, 3], ["again"], id="two places"),
        pytest.param((("readiness-1", 0),), [0, 2, 3, 4], [1, "again"], id="behind"),
        pytest.param((("readiness-again", 2),), [0, "again", 1, 2, 3, 4], [], id="from behind"),
    ],
)
def test_exhibits_take_their_place(report: Report, rows: Any, body: list[Any], behind: list[Any]) -> None:
    """In the body, in the numbers of the exhibits, in the names of their images and in the workbook."""
    got = made(report, *(Comment(key, "order", place=place) for key, place in rows))
    assert keys(got) == [f"readiness-{name}" for name in body]
    assert sorted(keys(got, behind=True)) == sorted(f"readiness-{name}" for name in behind)
    names = [name for name, _ in numbered_exhibits(got)]
    assert names[: len(body)] == [f"{place:02d}-readiness-{name}" for place, name in enumerate(body, start=1)]
    text, book = render_html(got), openpyxl.load_workbook(io.BytesIO(workbook_bytes(got)))
    order = [text.index(f'id="ex-readiness-{name}"') for name in body]
    assert order == sorted(order)
    assert book.sheetnames[1 : len(body) + 1] == [name[:31] for name in names[: len(body)]]
    assert keys(got, "outcomes") == keys(made(report), "outcomes")


def test_first_means_the_first_place(report: Report) -> None:
    """As it did before there were places."""
    got = made(report, Comment("readiness-2", "first"))
    assert got == made(report, Comment("readiness-2", "order", place=1))
    assert keys(got)[0] == "readiness-2"


def test_a_full_body_makes_room(report: Report) -> None:
    """Six exhibits are the most: the last that nobody placed goes behind."""
    chapter = report.chapters[1]
    full = replace(chapter, exhibits=tuple(replace(e, is_appendix=False) for e in chapter.exhibits))
    assert len(full.exhibits) == MOST_EXHIBITS
    full = full.add_appendix(Exhibit("readiness-more", samples.ranked("More of the levels.")))
    for place in (6, 7):
        got = made(
            replace(report, chapters=(report.chapters[0], full)), Comment("readiness-more", "order", place=place)
        )
        assert keys(got) == [*(f"readiness-{n}" for n in range(5)), "readiness-more"]
        assert keys(got, behind=True) == ["readiness-again"]


def test_a_page_has_its_own_order(report: Report) -> None:
    """What stands on a page alone is put in order there."""
    got = made(with_page(report), Comment("line-motor-again", "first"))
    text = render_pages(got)["line-motor"]
    assert text.index('id="ex-line-motor-again"') < text.index('id="ex-line-motor-levels"')


# -- leaving out ------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_listed_and_its_numbers_stay(report: Report) -> None:
    """No page, image or sheet shows it; each says what it said, who left it out, when and why."""
    doubt = Exhibit("readiness-doubt", samples.ranked("The books differ."), True, doubts=(("In doubt.", ("R-004",)),))
    told = replace(
        with_page(report),
        chapters=tuple(c.add(doubt) if c.pillar == "summary" else c for c in with_page(report).chapters),
    )
    got = made(
        told,
        Comment("readiness-0", "hide", "Told in person.", "PK", "2026-09-22"),
        Comment("line-motor-again", "hide", "Says it twice.", "PK"),
    )
    subtitle, levels = samples.SAID["subtitle"], samples.ranked().claim
    assert got.words.left_out == (
        LeftOut(
            "readiness-0", levels, subtitle, "Readiness", "", "PK", "2026-09-22", "Told in person.", ("In doubt.",)
        ),
        LeftOut(
            *("line-motor-again", "Motor: travel is lowest again.", subtitle, "Readiness", "line-motor", "PK", ""),
            *("Says it twice.", ("In doubt.",)),
        ),
    )
    text, alone = render_html(got), render_pages(got)["line-motor"]
    assert 'id="ex-readiness-0"' not in text
    assert 'id="ex-line-motor-again"' not in alone
    appendix = text[text.index('<section class="back" id="left-out"') :]
    for words in (levels, "PK, 22 September 2026", "Told in person.", "In doubt.", "Says it twice."):
        assert words in appendix
    assert "Says it twice." in alone[alone.index('id="left-out"') :]
    assert "Told in person." not in alone, "it stood in the chapter"
    assert "readiness-0" not in str([name for name, _ in numbered_exhibits(got)])
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(got)))
    assert not [name for name in book.sheetnames if name.endswith("readiness-0")]
    assert "Told in person." in [cell.value for cell in book["Commentary"]["E"]]
    document = results(got)
    assert document["figures"] == results(made(told))["figures"], "numbers stay"
    assert [one["key"] for one in document["left_out"]] == ["readiness-0", "line-motor-again"]
    assert not {"readiness-0", "line-motor-again"} & {one["key"] for one in document["places"]}


def test_what_an_exhibit_hid_stays_known(report: Report) -> None:
    """A suppressed cell is counted in the list, however the exhibit said it."""
    rows = {
        "line": ["Motor", "Home", "Life"],
        "level": ["3.1", "hidden", "2.2"],
        "why": ["", PROTECTED, "hidden in part"],
    }
    held = table(rows, columns=list(rows), claim="Motor is highest.", subtitle="", source="survey", alt="Levels.")
    levels = Exhibit("readiness-cells", held)
    told = replace(report, chapters=tuple(c.add(levels) if c.pillar == "readiness" else c for c in report.chapters))
    got = made(told, Comment("readiness-cells", "hide", "Not asked for.", "PK"))
    said = "2 of its numbers are hidden to protect small groups."
    assert got.words.left_out[0].doubts == (said,)
    assert said in render_html(got)
    assert PROTECTED.startswith(BEGINNING)


def test_nothing_is_listed_where_nothing_is_left_out(report: Report) -> None:
    """A report without commentary has no empty section and no empty sheet."""
    got = made(report)
    assert "left-out" not in render_html(got).partition("</style>")[2]
    assert "Commentary" not in openpyxl.load_workbook(io.BytesIO(workbook_bytes(got))).sheetnames


@pytest.mark.parametrize("about", ["outcomes-off", "readiness-doubt"])
def test_notes_and_doubts_cannot_be_left_out(report: Report, about: str) -> None:
    """Also where no list of ours has their key."""
    doubt = Exhibit("readiness-doubt", samples.ranked("The books differ."), doubts=(("In doubt.", ("R-001",)),))
    told = replace(report, chapters=tuple(c.add(doubt) if c.pillar == "summary" else c for c in report.chapters))
    (fault,) = faults(told, Comment(about, "hide", "No.", "PK"))
    assert "cannot be left out" in fault.found
    stays = {one["key"] for one in results(made(told))["places"] if one.get("stays")}
    assert about in stays
    assert "readiness-0" not in stays


# -- what does not fit ------------------------------------------------------------------------------------------------


def test_every_row_about_nothing_is_told_at_its_cell(report: Report) -> None:
    """All at once, each with what was found and the nearest names; nothing comes of it."""
    rows = [
        ("readines-1", "'readiness-1'"),
        ("readiness/steps", ""),
        ("line-moto", "'line-motor'"),
        ("R-999", "R-001 to R-006"),
        ("readiness/99", "'readiness/"),
    ]
    comments = [
        Comment(about, text="x", where=("commentary.csv", "", f"row {row}, column exhibit"))
        for row, (about, _) in enumerate(rows, start=2)
    ]
    got = faults(with_page(report), *comments)
    assert [fault.cell for fault in got] == [f"row {row}, column exhibit" for row in range(2, 7)]
    for fault, (about, meant) in zip(got, rows, strict=True):
        assert repr(about) in fault.found
        assert meant in fault.remedy


@pytest.mark.parametrize(("about", "action"), [("readiness", "hide"), ("line-motor", "order"), ("R-001", "first")])
def test_only_an_exhibit_is_left_out_or_placed(report: Report, about: str, action: str) -> None:
    """A chapter goes by the readers, a page by its kind."""
    (fault,) = faults(with_page(report), Comment(about, action, "x", "PK", place=1))
    assert "which is no exhibit" in fault.found


def test_a_number_that_nothing_quotes_has_no_place_for_words(report: Report) -> None:
    """They would vanish unsaid."""
    (fault,) = faults(report, Comment("S-004", "reply", "No.", "PK", "2026-09-21"))
    assert "no finding and no exhibit of this report quotes S-004" in fault.found


def test_a_run_of_one_chapter_prints_the_words_about_it(report: Report) -> None:
    """Those about others wait for the full report."""
    part = replace(report, chapters=report.chapters[:2])
    comments = (Comment("readiness-1", text="Here."), Comment("allocation-0", "hide", "There.", "PK"))
    got = made(part, *comments, is_part=True)
    assert "Here." in render_html(got)
    assert not got.words.left_out


# -- readers ----------------------------------------------------------------------------------------------------------


def test_readers_get_no_words_about_what_they_do_not_get(report: Report) -> None:
    """Chapters, exhibits, pages and sentences that are kept back take their words with them, in every file."""
    secret = Exhibit(BETWEEN_PEOPLE[0], samples.ranked("Executives see it rosier."))
    told = with_page(report)
    told = replace(told, chapters=tuple(c.add(secret) if c.pillar == "readiness" else c for c in told.chapters))
    comments = (
        Comment("line-motor", text="W1"),
        Comment("line-motor-levels", text="W2"),
        Comment("line-motor-again", "hide", "W3", "PK"),
        Comment(BETWEEN_PEOPLE[0], text="W4"),
        Comment("allocation", text="W5"),
        Comment("allocation-0", "hide", "W6", "PK"),
        Comment("A-001", "reply", "W7", "PK", "2026-09-21"),
        Comment("readiness", text="Everybody."),
    )

    def everything(audience: str) -> str:
        got = made(told, *comments, audience=audience)
        book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(got)))
        cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
        return "\n".join([render_html(got), *render_pages(got).values(), json.dumps(results(got)), *cells])

    board, owners, staff = (everything(audience) for audience in ("board", "line_owner", "staff"))
    for number in range(1, 8):
        assert f"W{number}" in board
        assert f"W{number}" not in staff
        assert (f"W{number}" in owners) == (number <= 3)
    for text in (board, owners, staff):
        assert "Everybody." in text


# -- numbers that moved -----------------------------------------------------------------------------------------------


def pinned(report: Report, about: str) -> str:
    """Return what words about something are written on now."""
    held = next(one for one in places_of(report) if one["key"] == about)
    return f"{held['mark']} {held['says']}"


@pytest.mark.parametrize("about", ["readiness-0", "readiness", "readiness/cautions", "line-motor", "line-motor-levels"])
def test_words_whose_numbers_stand_are_not_marked(report: Report, about: str) -> None:
    """The same numbers give the same mark, whatever else is said, placed or left out."""
    told = with_page(report)
    words = Comment(about, text="Seen.", written_on=pinned(made(told), about))
    got = made(told, words, Comment("readiness-2", "hide", "x", "PK"), Comment("readiness-1", "first"))
    assert [remark.moved for remarks in got.words.spots.values() for remark in remarks] == [""]


def test_who_reads_makes_no_number_move_and_gets_no_sentence_of_others(report: Report) -> None:
    """Staff get another bottom line than the board: words pinned for the board stand, and quote nothing of it."""
    chapter = report.chapters[1]
    secret = Finding("The office cannot settle it.", "", ("R-001",))
    figures = tuple(replace(one, key="layer/office") if one.id == "R-001" else one for one in chapter.figures)
    own = replace(chapter, headline=Findings((secret, Finding("It stands."))), figures=Figures(figures))
    told = replace(report, chapters=(report.chapters[0], own, *report.chapters[2:]))
    words = Comment("readiness", text="Seen.", written_on=pinned(made(told), "readiness"))
    staff = made(told, words, audience="staff")
    assert "cannot settle" not in render_html(staff)
    assert staff.words.at("readiness")[0].moved == ""
    assert next(one["mark"] for one in places_of(staff)) == words.written_on.partition(" ")[0]
    old = made(told, replace(words, written_on="00000000 The office cannot settle anything."), audience="staff")
    assert old.words.at("readiness")[0].moved == "The numbers have moved since this was written."
    assert "cannot settle" not in render_html(old) + json.dumps(results(old))


def test_words_whose_numbers_moved_are_marked(report: Report) -> None:
    """The report says so beside them, with what stood there then, in the page and in the workbook."""
    before = made(report)
    words = Comment("readiness-0", text="Seen.", written_on=pinned(before, "readiness-0"))
    chapter = report.chapters[1]

    def with_levels(claim: str, change: float) -> Report:
        chart = samples.ranked(claim)
        columns = tuple(
            (name, tuple(value + change if isinstance(value, float) else value for value in values))
            for name, values in chart.columns
        )
        first = replace(chapter.exhibits[0], content=replace(chart, columns=columns))
        changed = replace(chapter, exhibits=(first, *chapter.exhibits[1:]))
        return made(replace(report, chapters=(report.chapters[0], changed, *report.chapters[2:])), words)

    was = samples.ranked().claim
    assert "have moved" not in render_html(with_levels("Travel is lowest.", 0.0)), "another sentence, the same numbers"
    assert "have moved" not in render_html(with_levels(was, 0.001)), "nobody sees a difference"
    same_claim = render_html(with_levels(was, 0.2))
    assert "The numbers have moved since this was written.<" in same_claim
    moved = with_levels("Travel stands at 2.1, the lowest of six lines.", 0.2)
    said = f"The numbers have moved since this was written, when this stood here: “{was}”"
    assert said in render_html(moved).replace("\u00a0", " ")
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(moved)))
    assert said in [cell.value for cell in book["Commentary"]["E"]]
    assert results(moved)["words"][0]["moved"] == said


def test_a_reply_is_marked_when_its_number_moved(report: Report) -> None:
    """By what the number was."""
    reply = Comment("R-001", "reply", "We agree.", "PK", "2026-09-21", written_on="00000000 Number 0: 0.8")
    got = made(report, reply).words.at("readiness", spot="headline/0")
    assert got[0].moved == "The numbers have moved since this was written, when this stood here: “Number 0: 0.8”"
