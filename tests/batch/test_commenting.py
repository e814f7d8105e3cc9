"""What words can be about in the last run, and what those of a folder were written on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from workbench.batch.commenting import count_moved, describe_commented, foretell, pin_commentary, read_commented
from workbench.batch.runs import MANIFEST_FORMAT
from workbench.engagement.commentary import MARK, Comment, read_comments
from workbench.engagement.folder import FolderReading
from workbench.errors import ClientDataError, UsageError

PLACES = [
    {"key": "readiness", "kind": "chapter", "page": "", "says": "It stands at 2.6.", "mark": "0000000a"},
    {"key": "readiness/method", "kind": "heading", "page": "", "says": "", "mark": "0000000b"},
    {"key": "readiness-gaps", "kind": "exhibit", "page": "", "says": "Gaps are wide.", "mark": "0000000c"},
    {"key": "line-motor", "kind": "page", "page": "line-motor", "says": "Motor moves.", "mark": "0000000d"},
]


def figure(id: str, key: str, value: float) -> dict[str, Any]:
    """Return a number as results.json has it."""
    held = {"id": id, "key": key, "name": f"Number {id}", "value": value, "unit": "count", "source": "survey"}
    return {**held, "low": None, "high": None, "n": None, "pillar": "readiness"}


@pytest.fixture
def latest(root: Path) -> Path:
    """Publish what a run keeps of its words."""
    folder = root / "reports" / "acme" / "latest"
    folder.mkdir(parents=True)
    write(folder)
    return folder


def write(folder: Path, **changed: Any) -> None:
    """Write what a run keeps."""
    word = {"action": "reply", "text": "We\x1b[31m agree.", "author": "PK", "date": "", "moved": "They have moved."}
    spot = {"chapter": "readiness", "page": "", "spot": "headline/0"}
    gone = {"key": "readiness-odds", "author": "PK", "reason": "Told in person."}
    document = {
        "currency": "EUR",
        "figures": [figure("R-001", "class/motor", 3.0), figure("R-002", "same", 1.0), figure("R-003", "same", 2.0)],
        "places": [*PLACES, {**PLACES[1], "key": "readiness/headline", "says": "It stands."}],
        "words": [{**spot, **word}, {"chapter": "", "page": "", "spot": "readiness-gaps", **word, "action": "add"}],
        "left_out": [gone],
        **changed,
    }
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"format": MANIFEST_FORMAT, "run": "run-1"}), encoding="utf-8")


def test_what_cannot_be_left_out_is_told_before_the_notebooks_run(latest: Path) -> None:
    """By what the last report showed; without one, or of anything else, nobody knows before the chapters are made."""
    hide = Comment("readiness-gaps", "hide", "No.", "PK", where=("commentary.csv", "", "row 2, column exhibit"))
    assert foretell("acme", (hide,)) == ()
    write(latest, places=[*PLACES[:2], {**PLACES[2], "stays": True}])
    (said,) = foretell("acme", (hide, Comment("readiness-gaps", "add", "Look."), Comment("other", "hide", "No.", "PK")))
    assert said.startswith("commentary.csv, row 2, column exhibit: in the last report readiness-gaps was a note")
    assert any("(cannot be left out)" in line for line in describe_commented(read_commented("acme")))
    (latest / "results.json").write_text("{", encoding="utf-8")
    assert foretell("acme", (hide,)) == ()


def test_the_list_has_every_place_with_its_words(latest: Path) -> None:
    """In the order of the report; a client's words steer no terminal."""
    lines = describe_commented(read_commented("acme"))
    told = [line.partition("  ")[0] for line in lines if line and not line.startswith(" ")]
    assert told[1:6] == [*(str(one["key"]) for one in PLACES), "readiness/headline"]
    place = next(number for number, line in enumerate(lines) if line.startswith("readiness/headline"))
    assert lines[place + 1].strip() == "Reply: We\\x1b[31m agree."
    assert lines[place + 2].strip() == "They have moved."
    assert "Left out: readiness-odds, by PK: Told in person." in lines
    assert "R-001" in lines[-1]
    assert count_moved(latest) == 2, "one word is a reply, the other is not"


def test_rows_with_words_and_no_mark_get_one(latest: Path, root: Path, client: Path) -> None:
    """What is left as it was typed stays so, and pinning twice changes nothing."""
    text = (
        "exhibit;text;author;action;written_on\r\n"
        "readiness-gaps;Seen.;PK;;\r\n"
        "R-001;Agreed.;PK;;\r\n"
        "class/motor;Agreed.;PK;;\r\n"
        "same;Which?;PK;;\r\n"
        "readiness/method;Seen.;;;\r\n"
        "readiness-lines;Gone.;;;\r\n"
        "readiness-odds;Told in person.;PK;hide;\r\n"
        "line-motor;Seen.;;;00000001 Motor stands.\r\n"
    )
    (client / "commentary.csv").write_text(text, encoding="utf-8", newline="")
    got = pin_commentary("acme")
    assert (got.file, got.written, got.kept, got.unknown) == ("commentary.csv", 4, 1, ("same", "readiness-lines"))
    after = (client / "commentary.csv").read_bytes()
    assert after.startswith(b"exhibit;text;author;action;written_on\r\n")
    reading = FolderReading(client, root)
    reading.read()
    assert not reading.faults
    marks = {one.about: one.written_on for one in read_comments(reading.tables())}
    assert marks["readiness-gaps"] == "0000000c Gaps are wide."
    assert marks["readiness/method"] == "0000000b"
    assert marks["R-001"] == marks["class/motor"]
    assert marks["R-001"].endswith(" Number R-001: 3")
    assert MARK.fullmatch(marks["R-001"])
    assert (marks["readiness-odds"], marks["readiness-lines"]) == ("", "")
    assert marks["line-motor"] == "00000001 Motor stands."
    assert pin_commentary("acme").file == ""
    assert (client / "commentary.csv").read_bytes() == after
    write(latest, figures=[figure("R-001", "class/motor", 4.0)])
    (client / "commentary.csv").write_text(text, encoding="utf-8", newline="")
    pin_commentary("acme")
    assert (client / "commentary.csv").read_bytes() != after, "another number, another mark"


def test_a_sheet_is_pinned_in_its_place(latest: Path, client: Path) -> None:
    """With the column added where the workbook has none."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "commentary"
    for row in (("exhibit", "text"), ("example-readiness-gaps", "x"), ("readiness-gaps", "=Seen")):
        sheet.append(row)
    sheet["B3"].data_type = "s"
    book.save(client / "engagement.xlsx")
    assert pin_commentary("acme").file == "engagement.xlsx"
    sheet = openpyxl.load_workbook(client / "engagement.xlsx")["commentary"]
    assert [cell.value for cell in sheet["C"]] == ["written_on", None, "0000000c Gaps are wide."]
    assert sheet["B3"].data_type == "s"


def test_what_cannot_be_pinned_is_said(latest: Path, client: Path) -> None:
    """No table, a workbook with formulas, a run of before there were places, no run."""
    with pytest.raises(UsageError, match="no row in commentary"):
        pin_commentary("acme")
    book = openpyxl.Workbook()
    book.active.title = "commentary"
    book.active.append(["exhibit", "text"])
    book.active.append(["readiness-gaps", "x"])
    book.create_sheet("README")["A1"] = "=1+1"
    book.save(client / "engagement.xlsx")
    with pytest.raises(ClientDataError, match="formulas"):
        pin_commentary("acme")
    document = json.loads((latest / "results.json").read_text(encoding="utf-8"))
    document.pop("places")
    (latest / "results.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match="Run again: workbench run acme"):
        read_commented("acme")
    (latest / "results.json").unlink()
    with pytest.raises(UsageError, match="workbench run acme"):
        read_commented("acme")
