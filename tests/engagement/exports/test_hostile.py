"""A wrong, broken or hostile file gives one clear message; nothing is guessed and nothing lost."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engagement.exports import layouts
from workbench.engagement.exports.answers import (
    EARLIER,
    NO_ANSWER,
    NO_ROLE,
    PREVIEW,
    SPAM,
    UNFINISHED,
    Client,
    ImportedSheets,
)
from workbench.engagement.exports.importing import ImportOptions, import_survey, open_export
from workbench.engagement.exports.mapping import SurveyMapping, propose_mapping
from workbench.engagement.exports.recognise import detect_vendor
from workbench.engagement.keys import respondent_key
from workbench.errors import ClientDataError, Fault

INSTRUMENT = layouts.load_instrument()
PEOPLE = layouts.make_people(INSTRUMENT, 6)
CLIENT = Client("tiny", INSTRUMENT, layouts.LINES)
ASKED = layouts.questions(INSTRUMENT)
TEXTS = {item.id: item.statement for item in INSTRUMENT.items}
Table = list[list[Any]]


def read(tmp_path: Path, content: bytes, mapping: SurveyMapping | None = None, **said: Any) -> ImportedSheets:
    """Read a file."""
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    return import_survey(path, mapping, "w1", layouts.SALT, client=CLIENT, options=ImportOptions(**said)).sheets


def faults(tmp_path: Path, content: bytes, mapping: SurveyMapping | None = None, **said: Any) -> tuple[Fault, ...]:
    """Return what is wrong with a file."""
    with pytest.raises(ClientDataError) as caught:
        read(tmp_path, content, mapping, **said)
    assert all(fault.found and fault.allowed and fault.remedy for fault in caught.value.faults)
    return caught.value.faults


def microsoft(change: Callable[[Table], Any] = lambda table: None, **said: Any) -> Table:
    """Return rows of Microsoft Forms, changed."""
    table = layouts.microsoft_rows(PEOPLE, ASKED, time=lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}", **said)
    return change(table) or table


def place_of(table: Table, text: str) -> int:
    """Return the column with this header."""
    return table[0].index(text)


# -- no export, or another one -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF", id="pdf"),
        pytest.param(b"", "the file is empty", id="nothing"),
        pytest.param(b"\xef\xbb\xbf\r\n\r\n", "empty", id="blank lines"),
        pytest.param(b"<!DOCTYPE html><html><title>Sign in</title>", "a web page", id="login page"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "Excel 2003", id="old or locked workbook"),
        pytest.param(b"PK\x03\x04" + bytes(60), "damaged", id="broken workbook"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture", id="picture"),
        pytest.param(bytes(range(256)) * 4, "binary data", id="binary"),
        pytest.param(b"Invoice,Amount\n17,200.00\n", "no survey export", id="invoice"),
        pytest.param(b"id,submitdate\n1,2026-09-01\n", "lacks lastpage", id="half a header"),
        pytest.param(
            b"ID,Start time,Email,Name\n1,2,a,b\n", "Microsoft Forms, but its header lacks Completion time", id="no end"
        ),
        pytest.param(
            b"Report of answers\n\nTimestamp,My role\n2026/09/01 10:00:00,builder\n",
            "below other rows",
            id="title above",
        ),
        pytest.param(b"Timestamp,Money is given to\n", "a header and no answers", id="header alone"),
        pytest.param(
            b'Timestamp,"Money is given to\n2026/09/01 10:00:00,x\n', "cannot be read as CSV", id="open quotation mark"
        ),
        pytest.param(
            b"Timestamp,How was lunch?,Anything else?\n2026/09/01 10:00:00,good,no\n",
            "no column is a question of the instrument",
            id="another survey",
        ),
        pytest.param(
            b"Timestamp,My role,\n2026/09/01 10:00:00,builder,strange\n", "column without a header", id="no header"
        ),
    ],
)
def test_wrong_file_is_refused_with_one_sentence(tmp_path: Path, content: bytes, expected: str) -> None:
    """It says what it is, or what is missing, and what to do."""
    (fault,) = faults(tmp_path, content)
    assert expected in fault.found


@pytest.mark.parametrize("encoding", ["undefined", "unicode_escape", "idna", "a\0b", "nope"])
def test_encoding_that_is_none_of_a_table_is_refused(tmp_path: Path, encoding: str) -> None:
    """Python knows codecs that run escapes, and one that never decodes."""
    (fault,) = faults(tmp_path, layouts.as_csv(microsoft()), encoding=encoding)
    assert "is unknown" in fault.found


def test_answers_in_several_sheets_are_not_lost(tmp_path: Path) -> None:
    """Only one of them could be read; nobody would miss the others."""
    book = openpyxl.load_workbook(io.BytesIO(layouts.as_xlsx(microsoft())))
    book.copy_worksheet(book.active).title = "More"
    stream = io.BytesIO()
    book.save(stream)
    (fault,) = faults(tmp_path, stream.getvalue())
    assert (fault.sheet, "several sheets: Sheet1, More" in fault.found) == ("More", True)


def test_cells_without_a_stored_value_are_not_taken_for_blanks(tmp_path: Path) -> None:
    """A formula where a role should be would leave the sheet out as one without a role."""
    book = openpyxl.load_workbook(io.BytesIO(layouts.as_xlsx(microsoft())))
    book.active.cell(2, place_of(microsoft(), layouts.ROLE) + 1, "=A1")
    stream = io.BytesIO()
    book.save(stream)
    (fault,) = faults(tmp_path, stream.getvalue())
    assert (fault.cell, "formula" in fault.found) == ("G2", True)


def test_one_row_too_wide_is_refused(tmp_path: Path) -> None:
    """Every row would be made as long."""
    (fault,) = faults(tmp_path, layouts.as_csv(microsoft()) + b"\n" * 2 + b"," * 50_000 + b"x\n" + b"a\n" * 1_000)
    assert "50,001 columns" in fault.found


def test_header_broken_by_a_spreadsheet_is_told(tmp_path: Path) -> None:
    """UTF-8 opened as Windows text and saved again."""
    table = [["Timestamp", "My role", "MoneyÂ isâ€¦"], ["2026/09/01 10:00:00", "builder", "x"]]
    assert "broken the letters" in faults(tmp_path, layouts.as_csv(table))[0].remedy


def test_vendor_is_told_by_names_never_by_place() -> None:
    """Half a header is nobody's."""
    assert detect_vendor([["Email", "Completion time", "Start time", "ID"]]) == "microsoft_forms"
    assert detect_vendor([["Money", "Timestamp"]]) == "google_forms"
    assert detect_vendor([["Start time", "Completion time"]]) == ""
    assert detect_vendor([["V1", "V2", "Q1"], ["ResponseID", "StartDate", "EndDate"]]) == ""


# -- columns -----------------------------------------------------------------------------------------------------------


def test_texts_match_cut_short_numbered_or_with_html(tmp_path: Path) -> None:
    """What tools do to a question's text; each item stays one item."""

    def change(table: Table) -> None:
        for item, text in (
            ("d01_1", f"1.1 {TEXTS['d01_1']}"),
            ("d01_2", f"{TEXTS['d01_2']}2"),
            ("d01_3", TEXTS["d01_3"][:60]),
            ("d02_1", f"<p>{TEXTS['d02_1'].replace(' ', '&nbsp;')}</p>"),
            ("d02_2", TEXTS["d02_2"].upper().replace("…", "...")),
            ("d02_3", f"{TEXTS['d02_3']} (please choose one)"),
            ("d03_1", f"Q12: {TEXTS['d03_1']}"),
        ):
            table[0][place_of(table, TEXTS[item])] = text

    sheets = read(tmp_path, layouts.as_csv(microsoft(change)))
    got = [
        {column: value for column, value in row.items() if column not in ("respondent", "wave")} for row in sheets.rows
    ]
    assert sorted(map(repr, map(sorted, (row.items() for row in got)))) == sorted(
        map(repr, map(sorted, (row.items() for row in layouts.expected_rows(PEOPLE, INSTRUMENT))))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(TEXTS["d06_1"], "this text heads column", id="one text twice"),
        pytest.param(f"{TEXTS['d06_1']}2", "it would be d06_1, and so would column", id="numbered by the vendor"),
        pytest.param(f"6.1 {TEXTS['d06_1'].upper()}", "it would be d06_1, and so would column", id="another spelling"),
    ],
)
def test_item_with_two_columns_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    """Nobody can tell which of the two counts; the fault names both places."""

    def change(table: Table) -> None:
        table[0].append(text)
        for row in table[1:]:
            row.append("A")

    (fault,) = faults(tmp_path, layouts.as_csv(microsoft(change)))
    assert expected in fault.found
    assert fault.cell.startswith(f"column {len(microsoft()[0]) + 1}")


def test_two_items_that_begin_alike_are_not_guessed() -> None:
    """A text cut so short that two statements fit is no item."""
    grid = layouts.as_csv([["Timestamp", "The ..", TEXTS["d06_1"]], ["2026/09/14 10:00:00", "A", "A"]])
    proposal = propose_mapping(open_export(grid, "a.csv", CLIENT), INSTRUMENT)
    assert proposal.ignored == ("The ..",)


def test_columns_that_are_no_item_are_listed_and_never_read(tmp_path: Path) -> None:
    """A question of the client's own may hold anything."""

    def change(table: Table) -> None:
        table[0].append("Your phone number")
        for row in table[1:]:
            row.append("0151 234567")

    content = layouts.as_csv(microsoft(change))
    proposal = propose_mapping(open_export(content, "a.csv", CLIENT), INSTRUMENT)
    assert proposal.ignored == ("Your phone number",)
    assert "0151" not in repr([dict(row) for row in read(tmp_path, content).rows])


def test_reasons_of_each_vendor_lead_to_their_item(tmp_path: Path) -> None:
    """The text beside an option, a comment, another question."""
    text = TEXTS["d06_1"]
    head = [
        [*layouts.SURVEYMONKEY_FIXED, "My role", text, "", TEXTS["d06_2"]],
        [*[""] * 9, "Response", "Response", "Other (please specify)", "Response"],
        ["1", "2", *["09/14/2026 10:00:00 AM"] * 2, *[""] * 5, "builder", "", "we have no budget", "A"],
    ]
    proposal = propose_mapping(open_export(layouts.as_csv(head), "a.csv", CLIENT), INSTRUMENT)
    assert set(proposal.mapping.headers.values()) == {"role", "d06_1", "d06_1_reason", "d06_2"}
    names = ("d06q1", "d06q1[comment]", "d06q2", "d06q2qreason", "d07_4_7_TEXT", "role")
    row = [*layouts.LIMESURVEY_FIXED["code"], *names]
    grid = [row, ["1", "2026-09-14 10:00:00", *[""] * 8, "A1", "x", "A1", "y", "z", "builder"]]
    proposal = propose_mapping(open_export(layouts.as_csv(grid), "a.csv", CLIENT), INSTRUMENT)
    assert list(proposal.mapping.headers.values()) == [
        *("d06_1", "d06_1_reason", "d06_2", "d06_2_reason", "d07_4_reason", "role")
    ]


def test_array_of_limesurvey_and_cut_headings(tmp_path: Path) -> None:
    """One question with statements as rows, headings of 40 letters."""
    people = PEOPLE[:3]
    rows = layouts.limesurvey_rows(people, ASKED, headings="abbreviated")
    sheets = read(tmp_path, layouts.as_csv(rows))
    keys = {row["respondent"]: row["d06_1"] for row in sheets.rows if "d06_1" in row}
    assert keys == {
        respondent_key(person.email, "tiny", layouts.SALT): person.answers["d06_1"]
        for person in people
        if "d06_1" in person.answers
    }
    grid = [
        [*layouts.LIMESURVEY_FIXED["code"], f"How it is [{TEXTS['d06_1']}]", "d06[SQ001]", "role"],
        ["1", "2026-09-14 10:00:00", *[""] * 8, "A", "B", "builder"],
    ]
    proposal = propose_mapping(open_export(layouts.as_csv(grid), "a.csv", CLIENT), INSTRUMENT)
    assert list(proposal.mapping.headers.values()) == ["d06_1", "ignore", "role"]


# -- answers -----------------------------------------------------------------------------------------------------------


def test_unknown_labels_are_listed_all_at_once_with_the_nearest_names(tmp_path: Path) -> None:
    """Each once, with its first cell and how often; nothing is read meanwhile."""

    def change(table: Table) -> None:
        role, line, item = (place_of(table, text) for text in (layouts.ROLE, layouts.LINE, TEXTS["d06_1"]))
        table[1][role] = table[2][role] = "Biulders"
        table[3][line] = "Motor insurence"
        table[4][item] = "Z all of the above"

    found = faults(tmp_path, layouts.as_csv(microsoft(change)))
    told = {fault.found: fault for fault in found}
    assert set(told) == {
        "'Biulders' is no role that we know (in 2 rows)",
        "'Motor insurence' is no product line that we know",
        "'Z all of the above' is no answer of d06_1",
    }
    assert "builder" in told["'Biulders' is no role that we know (in 2 rows)"].remedy
    assert told["'Biulders' is no role that we know (in 2 rows)"].cell.startswith("row 2, column 7")
    assert "labels: {role: {'Biulders': …}}" in told["'Biulders' is no role that we know (in 2 rows)"].remedy


def test_the_consultants_word_on_labels_is_taken(tmp_path: Path) -> None:
    """Per item, for all items, for roles and lines; a word that is no value is still a fault."""

    def change(table: Table) -> None:
        role, line = (place_of(table, text) for text in (layouts.ROLE, layouts.LINE))
        item, other = (place_of(table, TEXTS[name]) for name in ("d06_1", "d06_2"))
        for row in table[1:]:
            row[role], row[line], row[item], row[other] = "Developers", "Everything", "No idea", "no idea"

    content = layouts.as_csv(microsoft(change))
    mapping = propose_mapping(open_export(content, "a.csv", CLIENT), INSTRUMENT).mapping
    labels = {
        "role": {"Developers": "builder"},
        "product_line": {"Everything": "whole organisation"},
        "*": {"No idea": "cannot see"},
        "d06_1": {"No idea": "3"},
    }
    sheets = read(tmp_path, content, replace(mapping, labels=labels))
    assert {(row["role"], row.get("product_line", ""), row["d06_1"], row["d06_2"]) for row in sheets.rows} == {
        ("builder", "", "3", "cannot see")
    }
    wrong = replace(mapping, labels={**labels, "role": {"Developers": "programmer"}})
    assert [fault.found for fault in faults(tmp_path, content, wrong)] == [
        f"'Developers' is no role that we know (in {len(PEOPLE)} rows)"
    ]


def test_a_column_of_free_text_is_not_told_line_by_line(tmp_path: Path) -> None:
    """Somebody's own words where a role should be: the first dozen, then a count and a doubt."""
    people = layouts.make_people(INSTRUMENT, 30)
    table = layouts.google_rows(people, ASKED)
    for number, row in enumerate(table[1:]):
        row[table[0].index(layouts.ROLE)] = f"I do many things, {number}"
    found = faults(tmp_path, layouts.as_csv(table))
    assert len(found) == 13
    assert found[-1].found == "18 further texts of this column are not known either"


def test_sheets_without_a_line_are_remarked_on(tmp_path: Path) -> None:
    """They count for the whole organisation: a skipped question, or no question at all."""
    table = layouts.google_rows(PEOPLE, ASKED)
    table[1][table[0].index(layouts.LINE)] = ""
    (remark,) = read(tmp_path, layouts.as_csv(table)).remarks
    assert remark.startswith("1 row names no product line")
    asked = [question for question in ASKED if question.id != "product_line"]
    (remark,) = read(tmp_path, layouts.as_csv(layouts.google_rows(PEOPLE, asked))).remarks
    assert remark.startswith("No column tells the product line")


def test_codes_of_limesurvey_say_that_they_end_with_the_survey(tmp_path: Path) -> None:
    """Access codes are made anew for each survey; addresses are not."""
    rows = layouts.limesurvey_rows(PEOPLE, ASKED)
    assert any("access code" in remark for remark in read(tmp_path, layouts.as_csv(rows)).remarks)
    rows[0][rows[0].index("token")] = "email"
    assert read(tmp_path, layouts.as_csv(rows)).remarks == ()


def test_numbers_are_read_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    """What 1 means differs from tool to tool."""
    asked = layouts.questions(INSTRUMENT, layouts.place_shown)
    content = layouts.as_csv(layouts.google_rows(PEOPLE, asked))
    found = faults(tmp_path, content)
    assert all("--codes" in fault.remedy for fault in found)
    sheets = read(tmp_path, content, codes="shown")
    assert sheets.kept == len(PEOPLE)


def test_turned_items_point_the_same_way(tmp_path: Path) -> None:
    """The first option of a turned item is its highest level, by text, by letter and by place."""
    item = next(item for item in INSTRUMENT.items if item.turned)
    person = replace(PEOPLE[0], role="builder", answers={item.id: "5"}, reasons={}, words="")
    assert item.id == "d03_5"
    for say, codes in (
        (layouts.full_label, ""),
        (layouts.letter_alone, ""),
        (layouts.place_shown, "shown"),
        (layouts.place_reversed, "reversed"),
    ):
        asked = layouts.questions(INSTRUMENT, say)
        sheets = read(tmp_path, layouts.as_csv(layouts.google_rows([person], asked)), codes=codes)
        assert sheets.rows[0][item.id] == "5"
    assert layouts.letter_alone(INSTRUMENT, item, "5") == "A"


# -- times and encodings -----------------------------------------------------------------------------------------------


def test_times_that_read_in_two_ways_are_asked_for(tmp_path: Path) -> None:
    """3/9/2026 in every row; what was said is taken."""
    people = [replace(person, started=dt.datetime(2026, 9, 3 + place, 10)) for place, person in enumerate(PEOPLE)]
    rows = layouts.google_rows(people, ASKED, time=lambda moment: f"{moment.month}/{moment.day}/{moment:%Y %H:%M:%S}")
    (fault,) = faults(tmp_path, layouts.as_csv(rows))
    assert "two ways" in fault.found
    assert "--date-order day-month-year or month-day-year" in fault.remedy
    assert read(tmp_path, layouts.as_csv(rows), date_order="month-day-year").date_order == "month-day-year"


def test_times_of_two_orders_are_refused(tmp_path: Path) -> None:
    """A file pasted together."""
    rows = layouts.google_rows(PEOPLE, ASKED, time=lambda moment: f"{moment:%d/%m/%Y %H:%M}")
    rows[1][0], rows[2][0] = "25/09/2026 10:00", "09/25/2026 10:00"
    (fault,) = faults(tmp_path, layouts.as_csv(rows))
    assert "mixes orders" in fault.found


def test_a_file_that_tells_its_order_wins_over_what_was_said_before(tmp_path: Path) -> None:
    """The exporter's country has changed; a sentence says so."""
    rows = layouts.google_rows(PEOPLE, ASKED, time=lambda moment: f"{moment:%d/%m/%Y %H:%M:%S}")
    sheets = read(tmp_path, layouts.as_csv(rows), date_order="month-day-year")
    assert sheets.date_order == "day-month-year"
    assert any("tell by themselves" in remark for remark in sheets.remarks)


def test_old_encoding_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    """Only a name has letters beyond ASCII, and every old encoding reads it in its own way."""
    plain = [replace(question, text=question.text.replace("…", "...")) for question in ASKED]
    rows = layouts.microsoft_rows(PEOPLE, plain, time=lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}")
    rows = [[str(cell).replace("–", "-") for cell in row] for row in rows]
    (fault,) = faults(tmp_path, layouts.as_csv(rows, encoding="latin-1"))
    assert "--encoding" in fault.remedy
    assert read(tmp_path, layouts.as_csv(rows, encoding="latin-1"), encoding="latin-1").kept == len(PEOPLE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_line_end_and_delimiter(tmp_path: Path, encoding: str, ends: str, delimiter: str) -> None:
    """A unit's name comes back letter by letter."""
    person = replace(PEOPLE[0], unit="Vertrieb – Größe")
    rows = layouts.google_rows([person], ASKED[:6])
    sheets = read(tmp_path, layouts.as_csv(rows, encoding=encoding, ends=ends, delimiter=delimiter))
    assert sheets.rows[0]["unit"] == "Vertrieb – Größe"


def test_excels_own_line_is_passed_over(tmp_path: Path) -> None:
    """``sep=;`` above the header."""
    content = layouts.as_csv(layouts.google_rows(PEOPLE, ASKED), delimiter=";")
    assert read(tmp_path, b"sep=;\r\n" + content).kept == len(PEOPLE)


# -- rows --------------------------------------------------------------------------------------------------------------


def test_previews_spam_and_unfinished_sheets_are_counted(tmp_path: Path) -> None:
    """In words and in numbers, new and legacy."""
    people = layouts.with_noise(PEOPLE)
    for rows in (
        layouts.qualtrics_rows(people, ASKED),
        layouts.qualtrics_rows(people, ASKED, numbers=True),
        layouts.qualtrics_legacy_rows(people, ASKED),
    ):
        sheets = read(tmp_path, layouts.as_csv(rows))
        assert sheets.left_out == {PREVIEW: 1, SPAM: 1, UNFINISHED: 1}
        assert (sheets.read, sheets.kept) == (len(people), len(PEOPLE))
    sheets = read(tmp_path, layouts.as_csv(layouts.limesurvey_rows(people, ASKED)))
    assert sheets.left_out == {UNFINISHED: 1}


def test_unknown_response_type_is_asked_about(tmp_path: Path) -> None:
    """Qualtrics in a language that we have not seen; the consultant's word is taken."""
    rows = layouts.qualtrics_rows(PEOPLE, ASKED)
    place = rows[0].index("Status")
    for row in rows[3:]:
        row[place] = "Anketa"
    rows[3][place] = "Náhled"
    content = layouts.as_csv(rows)
    assert {fault.allowed for fault in faults(tmp_path, content)} == {"preview, spam or answer."}
    mapping = propose_mapping(open_export(content, "a.csv", CLIENT), INSTRUMENT).mapping
    said = replace(mapping, labels={"status": {"Anketa": "answer", "Náhled": "preview"}})
    assert read(tmp_path, content, said).left_out == {PREVIEW: 1}


def test_the_latest_finished_sheet_of_a_person_and_line_counts(tmp_path: Path) -> None:
    """Whatever the order of the rows; the same person may answer for another line."""
    first = PEOPLE[0]
    later = replace(first, number=70, started=first.started + dt.timedelta(days=1), seconds=77)
    half = replace(first, number=71, started=first.started + dt.timedelta(days=2), is_finished=False)
    elsewhere = replace(first, number=72, line="home" if first.line == "motor" else "motor")
    for people in ([first, later, half, elsewhere], [half, later, elsewhere, first]):
        sheets = read(tmp_path, layouts.as_csv(layouts.qualtrics_rows(people, ASKED)))
        assert sheets.left_out == {UNFINISHED: 1, EARLIER: 1}
        assert {row.get("product_line", ""): row["seconds"] for row in sheets.rows} == {
            first.line: "77",
            elsewhere.line: str(first.seconds),
        }


def test_sheets_without_role_or_answer_are_counted(tmp_path: Path) -> None:
    """Somebody sent an empty form, somebody skipped the role."""
    empty = replace(PEOPLE[0], answers={}, reasons={}, words="")
    table = layouts.microsoft_rows([*PEOPLE[1:], empty], ASKED)
    table[1][place_of(table, layouts.ROLE)] = ""
    sheets = read(tmp_path, layouts.as_xlsx(table))
    assert sheets.left_out == {NO_ROLE: 1, NO_ANSWER: 1}


def test_nobody_is_paired_without_an_identity(tmp_path: Path) -> None:
    """Anonymous sheets stay apart in a wave and never meet in the next; long numbers that Excel rounded do no harm."""
    content = layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, ASKED, anonymous=True))
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    first, second = (
        import_survey(path, None, wave, layouts.SALT, client=CLIENT, options=ImportOptions()).sheets
        for wave in ("w1", "w2")
    )
    assert first.without_identity == first.kept == len(PEOPLE)
    assert not {row["respondent"] for row in first.rows} & {row["respondent"] for row in second.rows}
    rows = layouts.surveymonkey_rows(PEOPLE, ASKED)
    for row in rows[2:]:
        row[0], row[5] = "1.1E+10", ""
    assert read(tmp_path, layouts.as_csv(rows)).kept == len(PEOPLE)


def test_people_meet_again_across_vendors_waves_and_spellings(tmp_path: Path) -> None:
    """The key is made of the address alone."""
    keys = []
    for rows in (layouts.google_rows(PEOPLE, ASKED), layouts.surveymonkey_rows(PEOPLE, ASKED)):
        shouted = [[str(cell).upper() if "@" in str(cell) else cell for cell in row] for row in rows]
        keys.append({row["respondent"] for row in read(tmp_path, layouts.as_csv(shouted)).rows})
    assert keys[0] == keys[1] == {respondent_key(person.email, "tiny", layouts.SALT) for person in PEOPLE}


def test_form_of_one_role_needs_no_question_for_it(tmp_path: Path) -> None:
    """Said once for everybody; without it the file is refused."""
    builders = [replace(person, role="builder") for person in PEOPLE]
    asked = [question for question in ASKED if question.id not in ("role", "unit")]
    content = layouts.as_csv(layouts.google_rows(builders, asked))
    (fault,) = faults(tmp_path, content)
    assert "no column tells the role" in fault.found
    sheets = read(tmp_path, content, fixed={"role": "builders", "unit": "IT"})
    assert {(row["role"], row["unit"]) for row in sheets.rows} == {("builder", "IT")}


def test_an_id_that_now_stands_for_another_question_is_refused(tmp_path: Path) -> None:
    """A survey built anew gives its first question QID1 again."""
    content = layouts.as_csv(layouts.qualtrics_rows(PEOPLE, ASKED))
    mapping = propose_mapping(open_export(content, "a.csv", CLIENT), INSTRUMENT).mapping
    assert mapping.headers["QID104"] == "d01_1"
    swapped = [*ASKED[:3], ASKED[5], ASKED[4], ASKED[3], *ASKED[6:]]
    found = faults(tmp_path, layouts.as_csv(layouts.qualtrics_rows(PEOPLE, swapped)), mapping)
    assert [fault.found for fault in found] == [
        "imports.yaml maps it to d01_1, but its text is the question d01_2",
        "imports.yaml maps it to d01_2, but its text is the question d01_1",
    ]


HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "=HYPERLINK(1)",
        "A",
        "I cannot name any",
        "-99",
        "N/A",
        "builders",
        "Motor insurance",
        "1/2/2026",
        "\x1b[31m",
        "５",
    ]
)


@given(st.data())
def test_read_is_kept_plus_left_out_whatever_the_cells_hold(data: st.DataObject) -> None:
    """Any text in any cell: rows that add up and values the instrument knows, or faults with a place."""
    from workbench.engagement.exports.answers import make_sheets
    from workbench.engagement.exports.layout import Grid
    from workbench.engagement.exports.recognise import lay_out_export

    rows = layouts.qualtrics_rows(layouts.with_noise(PEOPLE[:3]), ASKED[:9])
    for _ in range(data.draw(st.integers(0, 6))):
        row = data.draw(st.integers(3, len(rows) - 1))
        place = data.draw(st.integers(0, len(rows[0]) - 1))
        rows[row][place] = data.draw(HOSTILE)
    texts = tuple(tuple(str(cell).strip() for cell in row) for row in rows)
    grid = Grid("a.csv", "", texts, tuple(range(1, len(texts) + 1)))
    export = lay_out_export([grid], lambda text: False)
    mapping = propose_mapping(export, INSTRUMENT, lines=layouts.LINES).mapping
    sheets = make_sheets(export, mapping, "w1", layouts.SALT, CLIENT)
    assert sheets.read == sheets.kept + sum(sheets.left_out.values()) == len(rows) - 3
    assert sheets.kept == len(sheets.rows)
    assert all(fault.found and fault.allowed and fault.remedy for fault in sheets.faults)
    for row_ in sheets.rows:
        for item in ("d01_1", "d01_2", "d01_3"):
            known = {option.value for option in INSTRUMENT.answers(INSTRUMENT.item(item)).options}
            assert row_.get(item, "1") in known
