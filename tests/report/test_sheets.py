"""The workbook of exhibits: real numbers, text that never becomes a formula, a sheet for each exhibit."""

import io
from dataclasses import replace

import openpyxl
import pytest
import report_samples as samples

from workbench.report.exhibit import Exhibit
from workbench.report.sheets import workbook_bytes, write_workbook
from workbench.report.story import Report


@pytest.fixture(scope="module")
def book():
    """Return the workbook of a full report, read back."""
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(samples.report())))


def test_a_sheet_for_each_exhibit_and_the_contents_first(book, report):
    """Contents first, then the exhibits in the page's order; names are unique and short."""
    names = book.sheetnames
    assert names[0] == "Contents"
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) <= 31
    drawn = [exhibit for _, exhibit in report.exhibits() if exhibit.key != "outcomes-off"]
    assert len(names) == 1 + len(drawn)
    assert {book["Contents"].cell(row, 2).value for row in range(5, 5 + len(drawn))} == {held.claim for held in drawn}


def test_numbers_are_numbers_with_formats(book):
    """Unrounded numbers with formats; blanks stay empty; ids and source are there."""
    sheet = book["12-allocation-cost"]
    assert [cell.value for cell in sheet[4]] == ["Line", "Cost (€)", "Share of cost (%)", "People", "Figure"]
    assert [cell.value for cell in sheet[5]] == ["Motor", 4_200_000, 0.93, 54, "A-001 A-002"]
    assert sheet["B5"].number_format == "#,##0"
    assert sheet["C5"].number_format == "0.0%"
    assert sheet["C6"].value is None
    assert sheet["A9"].value == "Source: needs, resources"
    assert sheet["A7"].font.bold


@pytest.mark.parametrize(
    "words", ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "http://x.y", "12", "<script>", "$5m to $3m"]
)
def test_text_is_written_as_text(words):
    """Whatever a client's text looks like, the cell holds a string, no formula, no link."""
    rows = ((words, 1.0, 0.5, 2),) * 3
    chapter = samples.chapter().add(Exhibit("list", replace(samples.listed(words + "."), rows=rows, figures=())))
    held = openpyxl.load_workbook(io.BytesIO(workbook_bytes(Report(replace(samples.META, client=words), (chapter,)))))
    for sheet in held.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None or (cell.hyperlink.location and not cell.hyperlink.target)
    assert held.worksheets[1]["A5"].value == words
    assert held.worksheets[1]["A5"].data_type == "s"


def test_keys_that_begin_alike_keep_their_own_sheets():
    """Names of 31 characters stay unique because each begins with its number."""
    chapter = samples.chapter()
    for place in range(3):
        chapter = chapter.add(
            Exhibit("a-very-long-key-that-goes-on-and-on-" + str(place), samples.ranked(f"N{place}."))
        )
    names = openpyxl.load_workbook(io.BytesIO(workbook_bytes(Report(samples.META, (chapter,))))).sheetnames
    assert len(set(names)) == 4


def test_the_same_report_gives_the_same_workbook(tmp_path, report):
    """No time of making: the bytes are equal, in memory and on disk."""
    path = write_workbook(report, tmp_path / "exhibits.xlsx")
    assert path.read_bytes() == workbook_bytes(report) == workbook_bytes(samples.report())
