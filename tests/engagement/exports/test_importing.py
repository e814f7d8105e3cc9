"""An import writes once the consultant has confirmed it, whole files only, nobody's name, and leaves the rest alone."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml

from tests.engagement.exports import layouts
from tests.engagement.exports.layouts import Person
from workbench import cli
from workbench.engagement.exports.coding import import_codes
from workbench.engagement.exports.importing import ImportOptions, ImportOutcome, run_import
from workbench.engagement.exports.matching import answer_values, asks_for, build_wording, find_question, read_answer
from workbench.engagement.exports.preview import describe_import
from workbench.engagement.forms.form import build_forms
from workbench.engagement.load import load_engagement
from workbench.engagement.schema import TABLES
from workbench.errors import ClientDataError, Fault, UsageError

INSTRUMENT = layouts.load_instrument()
PEOPLE = layouts.make_people(INSTRUMENT, 8)
ASKED = layouts.questions(INSTRUMENT)
CONFIRM = ImportOptions(confirm=True)


class Room:
    """A client's folder, and exports beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "client_data" / "tiny"
        self.folder.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "templates").symlink_to(layouts.ROOT / "templates")
        self.write("engagement.yaml", "name: Tiny\nas_of: 2026-12-31\n")
        self.write("lines.csv", "product_line,name\nmotor,Motor insurance\nhome,Home & contents\n")
        self.write("waves.csv", "wave,date\n2026-03,2026-03-31\n2026-09,2026-09-30\n")

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the client's."""
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def export(self, people: Sequence[Person] = PEOPLE, *, name: str = "raw.xlsx", **said: Any) -> Path:
        """Write an export of Microsoft Forms."""
        path = self.root / name
        path.write_bytes(layouts.as_xlsx(layouts.microsoft_rows(people, said.pop("asked", ASKED), **said)))
        return path

    def run(self, path: Path, wave: str = "2026-09", options: ImportOptions | None = None) -> ImportOutcome:
        """Import."""
        return run_import(path, "tiny", wave, layouts.SALT, options, root=self.root)

    def faults(self, path: Path, wave: str = "2026-09", options: ImportOptions | None = None) -> tuple[Fault, ...]:
        """Return what is wrong."""
        with pytest.raises(ClientDataError) as caught:
            self.run(path, wave, options)
        return caught.value.faults

    @property
    def survey(self) -> list[dict[str, str]]:
        """Rows of the survey, blanks left out."""
        text = (self.folder / "survey.csv").read_text(encoding="utf-8")
        return [{name: cell for name, cell in row.items() if cell} for row in csv.DictReader(io.StringIO(text))]

    @property
    def imports(self) -> dict[str, Any]:
        """What imports.yaml says."""
        return yaml.safe_load((self.folder / "imports.yaml").read_text(encoding="utf-8"))["imports"]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Return a client without a survey."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_HOME", "WORKBENCH_ONLY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Room(tmp_path)


def bare(rows: Sequence[dict[str, str]]) -> list[list[tuple[str, str]]]:
    """Return rows without key and wave, in an order of their own."""
    return sorted(
        sorted((name, cell) for name, cell in row.items() if name not in ("respondent", "wave")) for row in rows
    )


def test_first_file_is_proposed_and_written_once_confirmed(room: Room) -> None:
    """A proposal in imports.yaml, then the sheets; the folder has no fault and the pillar reads them."""
    path = room.export()
    outcome = room.run(path)
    assert not outcome.is_written
    assert not (room.folder / "survey.csv").exists()
    assert "confirmed_on" not in room.imports["survey"]
    assert "8 read = 8 kept + 0 left out" in describe_import(outcome, "2026-09")
    assert room.run(path, options=CONFIRM).is_written
    assert bare(room.survey) == bare(layouts.expected_rows(PEOPLE, INSTRUMENT))
    assert {row["wave"] for row in room.survey} == {"2026-09"}
    held = room.imports["survey"]
    assert held["vendor"] == "microsoft_forms"
    assert held["headers"][ASKED[3].text] == "d01_1"
    assert held["waves"]["2026-09"]["kept"] == 8
    study = load_engagement("tiny", root=room.root)
    assert len(study.tables["survey"]) == 8


def test_next_wave_needs_nothing_and_leaves_the_first_alone(room: Room) -> None:
    """The same form, other answers; then the same file again changes nothing."""
    room.run(room.export(), "2026-03", CONFIRM)
    before = room.survey
    later = layouts.make_people(INSTRUMENT, 8, seed=2)
    assert room.run(room.export(later)).is_written
    assert [row for row in room.survey if row["wave"] == "2026-03"] == before
    assert {row["respondent"] for row in room.survey if row["wave"] == "2026-09"} == {
        row["respondent"] for row in before
    }
    content = (room.folder / "survey.csv").read_bytes()
    assert room.run(room.export(later)).replaced == 8
    assert (room.folder / "survey.csv").read_bytes() == content


def test_what_changed_in_the_form_is_one_sentence_and_waits_for_a_word(room: Room) -> None:
    """A question is new, another is gone."""
    room.run(room.export(), "2026-03", CONFIRM)
    asked = [replace(ASKED[0], id="x", text="How do you feel?"), *ASKED[:3], *ASKED[4:]]
    outcome = room.run(room.export(asked=asked))
    assert not outcome.is_written
    (said,) = outcome.proposal.changes
    assert "1 column is new (How do you feel? → ignore)" in said
    assert "1 is no longer there (What counts as a product here is settled by … (d01_1))" in said
    assert room.run(room.export(asked=asked), options=CONFIRM).is_written


def test_fewer_sheets_than_before_wait_for_a_word(room: Room) -> None:
    """An old file must not take the place of a newer one in silence."""
    room.run(room.export(), options=CONFIRM)
    outcome = room.run(room.export(PEOPLE[:3]))
    assert (outcome.is_written, outcome.replaced, len(room.survey)) == (False, 8, 8)
    assert "will replace 8 sheets" in describe_import(outcome, "2026-09")
    room.run(room.export(PEOPLE[:3]), options=CONFIRM)
    assert len(room.survey) == 3


def test_sheets_that_came_from_elsewhere_are_never_replaced_in_silence(room: Room) -> None:
    """Rows typed by hand: added to, or replaced, when the consultant says so."""
    room.write(
        "survey.csv",
        "respondent,wave,role,product_line,d01_1\np1,2026-09,builder,motor,3\np1,2026-03,builder,motor,2\n",
    )
    path = room.export()
    (fault,) = room.faults(path, options=CONFIRM)
    assert "already holds 1 sheet that no import of the form survey brought" in fault.found
    assert len(room.survey) == 2
    room.run(path, options=replace(CONFIRM, existing="add"))
    assert len(room.survey) == 10
    room.run(path, options=replace(CONFIRM, existing="replace"))
    assert sorted(row["wave"] for row in room.survey) == ["2026-03", *["2026-09"] * 8]
    assert room.survey[0] == {
        "respondent": "p1",
        "wave": "2026-03",
        "role": "builder",
        "product_line": "motor",
        "d01_1": "2",
    }


def test_forms_by_role_share_a_wave(room: Room) -> None:
    """Each file is kept under its role and leaves the others' sheets alone, also when it comes again."""
    for role in ("builder", "product"):
        people = [replace(person, role=role, reasons={}, words="") for person in PEOPLE]
        asked = [question for question in ASKED if question.id in ("role", "product_line", "unit", "d02_4", "d07_4")]
        room.run(room.export(people, asked=asked[:4] if role == "builder" else asked), options=CONFIRM)
    assert set(room.imports) == {"builder", "product"}
    assert len({(row["respondent"], row["role"]) for row in room.survey}) == len(room.survey)
    assert {row["role"] for row in room.survey} == {"product"}  # the same people answered again, under another role


def test_other_forms_sheets_stay(room: Room) -> None:
    """Two roles, two forms; the first comes again with fewer answers, the second stays."""
    builders, products = (
        [replace(person, role=role, first=f"{role}{person.number}") for person in PEOPLE]
        for role in ("builder", "product")
    )
    for people in (builders, products, builders):
        room.run(room.export(people), options=CONFIRM)
    (fault,) = room.faults(room.export(products), options=replace(CONFIRM, form="builder"))
    assert "say --add" in fault.remedy.lower()
    counts = {role: sum(row["role"] == role for row in room.survey) for role in ("builder", "product")}
    assert counts["builder"] == counts["product"] > 0


def test_doubtful_column_is_settled_in_imports_yaml(room: Room) -> None:
    """The proposal is there to be corrected, although nothing could be read with it."""
    asked = [*ASKED, replace(ASKED[3], text=f"{ASKED[3].text}2", cell=lambda person: "A")]
    (fault,) = room.faults(room.export(asked=asked), options=CONFIRM)
    assert "imports.yaml" in fault.remedy
    held = room.imports
    held["survey"]["headers"][asked[-1].text] = "ignore"
    room.write("imports.yaml", yaml.safe_dump({"imports": held}, allow_unicode=True))
    assert not room.run(room.export(asked=asked)).is_written
    assert room.run(room.export(asked=asked), options=CONFIRM).is_written
    assert bare(room.survey) == bare(layouts.expected_rows(PEOPLE, INSTRUMENT))


def test_encoding_and_order_of_dates_are_said_once(room: Room) -> None:
    """The next wave's file tells neither, and needs neither."""
    asked = [replace(question, text=question.text.replace("…", "...")) for question in ASKED]
    path = room.root / "raw.csv"
    for wave, said in (
        ("2026-03", replace(CONFIRM, encoding="latin-1", date_order="day-month-year")),
        ("2026-09", None),
    ):
        rows = layouts.google_rows(PEOPLE, asked, time=lambda moment: f"{moment.day - 12}/9/{moment:%Y %H:%M}")
        rows = [[str(cell).replace("–", "-").replace("May", "März") for cell in row] for row in rows]
        path.write_bytes(layouts.as_csv(rows, encoding="latin-1"))
        if said is not None:
            room.faults(path, wave, CONFIRM)
            room.faults(path, wave, replace(CONFIRM, encoding="latin-1"))
        assert room.run(path, wave, said).is_written


@pytest.mark.parametrize("kind", ["workbook", "parquet"])
def test_survey_that_is_no_csv_is_refused_with_a_sentence(room: Room, kind: str) -> None:
    """Where it stands, and what to do."""
    row = {"respondent": "p1", "wave": "2026-09", "role": "builder", "product_line": "motor", "d01_1": "3"}
    if kind == "parquet":
        pd.DataFrame([row]).to_parquet(room.folder / "survey.parquet")
    else:
        book = openpyxl.Workbook()
        book.active.title = "survey"
        book.active.append(list(row))
        book.active.append(list(row.values()))
        book.save(room.folder / "engagement.xlsx")
    (fault,) = room.faults(room.export(), options=CONFIRM)
    assert "where an import cannot add to it" in fault.found
    assert "survey.csv" in fault.remedy


def test_wave_that_is_not_listed_is_a_fault_that_says_what_to_add(room: Room) -> None:
    """Misspelt, or with no table of waves at all."""
    (fault,) = room.faults(room.export(), "2026-10", CONFIRM)
    assert "2026-10,YYYY-MM-DD" in fault.remedy
    (room.folder / "waves.csv").unlink()
    (fault,) = room.faults(room.export(), options=CONFIRM)
    assert "there is no table waves yet" in fault.found
    assert not (room.folder / "survey.csv").exists()


def test_faults_of_the_folder_that_matter_come_first(room: Room) -> None:
    """A register that cannot be read; a stray file does not matter."""
    room.write("strange.txt", "x")
    assert not room.run(room.export()).is_written
    room.write("lines.csv", "product_line,name\nmotor,\n")
    assert room.faults(room.export())[0].file == "lines.csv"
    room.write("lines.csv", "product_line,name\nmotor,Motor insurance\nhome,Home & contents\n")
    room.write("imports.yaml", "imports: {survey: {vendor: x, colour: red}}\n")
    assert room.faults(room.export())[0].file == "imports.yaml"


def test_table_keeps_its_encoding_delimiter_headers_and_further_rows(room: Room) -> None:
    """Semicolons, Windows letters, headers as somebody typed them, an example row."""
    room.write("engagement.yaml", "name: T\nas_of: 2026-12-31\nsources: {survey: {encoding: cp1252}}\n")
    rows = "Respondent;Wave;Unit;Role;Product line\nexample;2026-03;X;builder;motor\np1;2026-03;Größe;builder;motor\n"
    room.write("survey.csv", rows.encode("cp1252"))
    room.run(room.export(), options=CONFIRM)
    text = (room.folder / "survey.csv").read_bytes().decode("cp1252")
    assert text.startswith("Respondent;Wave;Unit;Role;Product line;seconds;d01_1")
    assert "\nexample;2026-03;X;builder;motor;" in text
    assert "\np1;2026-03;Größe;builder;motor;" in text
    assert len(load_engagement("tiny", root=room.root).tables["survey"]) == 9
    person = replace(PEOPLE[0], unit="Продажи")
    assert (
        "does not exist in cp1252"
        in room.faults(room.export([person]), "2026-03", replace(CONFIRM, existing="add"))[0].found
    )


def test_nothing_is_half_written(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the second file: both stay as they were, and nothing lies about."""
    room.run(room.export(PEOPLE[:4]), options=CONFIRM)
    before = {path.name: path.read_bytes() for path in room.folder.iterdir()}
    calls = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        room.run(room.export(), options=CONFIRM)
    assert {path.name: path.read_bytes() for path in room.folder.iterdir()} == before


def test_no_name_address_or_number_of_staff_is_in_any_byte_written(room: Room) -> None:
    """Names, e-mail, IP, location, custom data, user names, the words of open answers: of each vendor's file."""
    secrets: set[str] = set()
    for person in PEOPLE:
        secrets |= {person.email, person.first, person.last, person.ip, f"EMP{person.number}"}
    secrets |= {"secret-client", "52.52", "intranet.example", layouts.SALT.decode()}
    raw = {
        "a.xlsx": layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, ASKED)),
        "b.csv": layouts.as_csv(layouts.google_rows(PEOPLE, ASKED)),
        "c.csv": layouts.as_csv(layouts.qualtrics_rows(layouts.with_noise(PEOPLE), ASKED)),
        "d.csv": layouts.as_csv(layouts.surveymonkey_rows(PEOPLE, ASKED, expanded=True)),
        "e.csv": layouts.as_csv(layouts.limesurvey_rows(PEOPLE, ASKED)),
    }
    for name, content in raw.items():
        path = room.root / name
        path.write_bytes(content)
        said = describe_import(
            room.run(path, options=ImportOptions(form=name[0], confirm=True, existing="replace")), "w"
        )
        assert not [secret for secret in secrets if secret in said]
    written = b""
    for path in [*room.folder.rglob("*"), *(room.root / "reports").rglob("*")]:
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as packed:
                written += b"".join(packed.read(part) for part in packed.namelist())
        elif path.is_file():
            written += path.read_bytes()
    assert b"pension migration" in written.lower()  # the workbook that is to be coded was looked at
    assert not [secret for secret in secrets if secret.encode() in written]
    outside = b"".join(path.read_bytes() for path in room.folder.iterdir())
    assert b"pension migration" not in outside.lower()


def test_open_answers_are_coded_beside_and_joined_by_key(room: Room) -> None:
    """In nobody's order, as text; codes come back to their sheets and survive another import."""
    people = [replace(person, words=f"=1+{person.number}" if person.words else "") for person in PEOPLE]
    outcome = room.run(room.export(people), options=CONFIRM)
    assert outcome.coding is not None
    assert all(row.get("d07_5", "cannot name any") == "cannot name any" for row in room.survey)
    book = openpyxl.load_workbook(outcome.coding)
    sheet = book.active
    header, *rows = sheet.iter_rows()
    assert [cell.value for cell in header] == ["row", "item", "text", "codes"]
    assert all(cell.data_type == "s" and cell.number_format == "@" for row in rows for cell in row[:3])
    assert sum(row[2].value.startswith("=1+") for row in rows) == len(rows) > 1
    assert [row[0].value for row in rows] == sorted(row[0].value for row in rows)
    written = {row[2].value: f"speed; cost;agents{row[2].value[3:]}" for row in rows[1:]}
    for row in rows[1:]:
        row[3].value = written[row[2].value]
    book.save(outcome.coding)
    assert import_codes(outcome.coding, "tiny", layouts.SALT, root=room.root) == (len(rows) - 1, 1)
    codes = sorted(row["d07_5"] for row in room.survey if ";" in row.get("d07_5", ""))
    assert codes == sorted(text.replace("; ", ";") for text in written.values())
    keys = {row["respondent"]: row.get("d07_5") for row in room.survey}
    room.run(room.export(people), options=CONFIRM)
    assert {row["respondent"]: row.get("d07_5") for row in room.survey} == keys
    load_engagement("tiny", root=room.root)


def test_codes_that_cannot_be_joined_are_faults(room: Room) -> None:
    """Too many codes, another salt, another workbook."""
    outcome = room.run(room.export(), options=CONFIRM)
    assert outcome.coding is not None
    book = openpyxl.load_workbook(outcome.coding)
    book.active["D2"] = "a;b;c;d"
    book.save(outcome.coding)
    for salt, expected in ((layouts.SALT, "more than 3 codes"), (b"x" * 40, "leads to no sheet")):
        with pytest.raises(ClientDataError, match=expected):
            import_codes(outcome.coding, "tiny", salt, root=room.root)
    with pytest.raises(ClientDataError, match="lacks row"):
        import_codes(room.export(), "tiny", layouts.SALT, root=room.root)


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        pytest.param("speed\x7f", "is no code", id="steering"),
        pytest.param("x" * 500, "is no code", id="endless"),
        pytest.param("anna@harbour.example", "is no code", id="address"),
    ],
)
def test_a_code_is_a_short_name_of_nobody(room: Room, codes: str, found: str) -> None:
    """It stands in the survey and in the report."""
    outcome = room.run(room.export(), options=CONFIRM)
    assert outcome.coding is not None
    book = openpyxl.load_workbook(outcome.coding)
    book.active["D2"] = codes
    book.save(outcome.coding)
    with pytest.raises(ClientDataError, match=found):
        import_codes(outcome.coding, "tiny", layouts.SALT, root=room.root)


def test_an_answer_coded_twice_is_not_settled_in_silence(room: Room) -> None:
    """The later row would win."""
    outcome = room.run(room.export(), options=CONFIRM)
    assert outcome.coding is not None
    book = openpyxl.load_workbook(outcome.coding)
    book.active["A3"], book.active["D2"], book.active["D3"] = book.active["A2"].value, "speed", "cost"
    book.save(outcome.coding)
    with pytest.raises(ClientDataError, match="stands twice"):
        import_codes(outcome.coding, "tiny", layouts.SALT, root=room.root)


def test_forms_that_go_out_come_back(room: Room) -> None:
    """Every question and every label of the forms that the workbench writes is understood."""
    forms = build_forms(load_engagement("tiny", root=room.root).tables, INSTRUMENT)
    wording = build_wording(INSTRUMENT)
    for form in forms:
        for question in form.items:
            match = find_question([question.text], wording)
            assert match is not None
            assert (match.target, match.by) == (question.id, "text")
            values = answer_values(INSTRUMENT, INSTRUMENT.item(question.id))
            for label in question.options:
                assert read_answer(label, values) is not None
        about = {question.id: asks_for([question.text]) for question in form.questions if question not in form.items}
        assert {name for name in about.values() if name} == set(about) - {"remark"}


# -- the command -------------------------------------------------------------------------------------------------------


def call(*arguments: object) -> int:
    """Return the exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_command_shows_then_writes_then_takes_codes(
    room: Room, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to type next stands at the end each time."""
    monkeypatch.setenv("WORKBENCH_SALT", layouts.SALT.decode())
    path = room.export()
    assert call("import", "survey", path, "tiny", "--wave", "2026-09") == 0
    assert "repeat the command with --confirm" in capsys.readouterr().out
    assert call("import", "survey", path, "tiny", "--wave", "2026-09", "--confirm") == 0
    said = capsys.readouterr().out
    assert "Dropped at the door: Email, Name, Last modified time." in said
    assert "Next: workbench check tiny" in said
    assert call("import", "codes", room.root / "reports" / "tiny" / "coding" / "2026-09.xlsx", "tiny") == 0
    assert "still wait" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["import", "survey", "nothing.xlsx", "tiny", "--wave", "2026-09"], 2, id="no such file"),
        pytest.param(["import", "survey", "raw.xlsx", "nobody", "--wave", "2026-09"], 2, id="no such client"),
        pytest.param(["import", "survey", "raw.xlsx", "tiny"], 2, id="no wave"),
        pytest.param(["import", "survey", "raw.xlsx", "tiny", "--wave", "w", "--add", "--replace"], 2, id="both"),
        pytest.param(["import", "survey", "raw.xlsx", "tiny", "--wave", "w", "--codes", "x"], 2, id="codes"),
        pytest.param(["import", "survey", "raw.xlsx", "tiny", "--wave", "w", "--role", "dev"], 2, id="role"),
        pytest.param(["import", "survey", "raw.xlsx", "tiny", "--wave", "w"], 1, id="no such wave"),
        pytest.param(["import", "survey", "engagement.yaml", "tiny", "--wave", "w"], 2, id="no export"),
        pytest.param(["import", "codes", "nothing.xlsx", "tiny"], 2, id="no workbook"),
    ],
)
def test_command_refuses_in_plain_words(
    room: Room, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage is 2, a fault of the files 1; never a traceback, never a file."""
    monkeypatch.setenv("WORKBENCH_SALT", layouts.SALT.decode())
    room.export()
    assert call(*arguments) == code
    shown = capsys.readouterr()
    assert shown.err.strip()
    assert "Traceback" not in shown.err
    assert not (room.folder / "survey.csv").exists()


def test_without_a_salt_nothing_is_read(
    room: Room, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names could not become keys."""
    monkeypatch.delenv("WORKBENCH_SALT", raising=False)
    assert call("import", "survey", room.export(), "tiny", "--wave", "2026-09", "--confirm") == 2
    assert "WORKBENCH_SALT" in capsys.readouterr().err
    assert not (room.folder / "imports.yaml").exists()


def test_import_of_another_table_keeps_its_name(room: Room) -> None:
    """imports.yaml holds other tools' mappings, too."""
    room.write("imports.yaml", "imports: {survey: {table: feedback, vendor: tracker}}\n")
    with pytest.raises(UsageError, match="for the table 'feedback'"):
        room.run(room.export())
    room.run(room.export(), options=ImportOptions(form="staff"))
    assert room.imports["survey"] == {"table": "feedback", "vendor": "tracker"}
    assert "survey" in TABLES


# -- what would be lost or told in silence -----------------------------------------------------------------------------


def test_another_salt_is_noticed(room: Room) -> None:
    """With it nobody would be met again, and sheets that are added would count people twice."""
    room.run(room.export(), "2026-03", CONFIRM)
    mark = room.imports["survey"]["salt_mark"]
    assert mark not in layouts.SALT.decode()
    for options in (CONFIRM, replace(CONFIRM, existing="add")):
        with pytest.raises(ClientDataError, match=r"WORKBENCH_SALT is not the one with which 2026-03 was imported"):
            run_import(room.export(), "tiny", "2026-09", b"another" + layouts.SALT, options, root=room.root)
    room.write("imports.yaml", (room.folder / "imports.yaml").read_text().replace(f"salt_mark: {mark}", ""))
    assert run_import(room.export(), "tiny", "2026-09", b"another" + layouts.SALT, CONFIRM, root=room.root).is_written


def test_two_imports_at_once_lose_nothing(room: Room) -> None:
    """Each waits for the other: forms by role come from two consultants on one share."""
    by_role = {person.role: [person] for person in PEOPLE[:2]}
    paths = [room.export(people, name=f"{role}.xlsx") for role, people in by_role.items()]
    with ThreadPoolExecutor(2) as pool:
        assert all(outcome.is_written for outcome in pool.map(lambda path: room.run(path, options=CONFIRM), paths))
    assert len(room.survey) == 2
    assert set(room.imports) == set(by_role)


def test_an_address_is_no_unit_and_stands_in_no_reason(room: Room) -> None:
    """A header that asks for a team may ask for its lead; people write addresses into anything."""
    (fault,) = room.faults(room.export([replace(person, unit=person.email) for person in PEOPLE]), options=CONFIRM)
    assert "e-mail address stands where a unit should (in 8 rows)" in fault.found
    assert "secret-client" not in str(fault)
    told = [replace(person, reasons={name: f"ask {person.email}" for name in person.reasons}) for person in PEOPLE]
    room.run(room.export([replace(person, words=f"ask {person.email}") for person in told]), options=CONFIRM)
    written = (room.folder / "survey.csv").read_text() + (room.folder / "imports.yaml").read_text()
    with zipfile.ZipFile(room.root / "reports" / "tiny" / "coding" / "2026-09.xlsx") as packed:
        written += "".join(packed.read(part).decode() for part in packed.namelist())
    assert "secret-client" not in written
    assert written.count("ask [address]") > 1


@pytest.mark.parametrize("unit", ["Cla\x7fims", "x" * 3_000], ids=["steering", "endless"])
def test_what_the_table_could_not_hold_is_not_written(room: Room, unit: str) -> None:
    """Else the whole survey could not be read any more."""
    (fault,) = room.faults(room.export([replace(PEOPLE[0], unit=unit), *PEOPLE[1:]]), options=CONFIRM)
    assert "is too long or cannot be printed" in fault.found
    assert not (room.folder / "survey.csv").exists()


@pytest.mark.parametrize(
    "options",
    [ImportOptions(form="x" * 200), ImportOptions(form="a\nb"), ImportOptions(fixed={"unit": "\x1b[31mx"})],
    ids=["long name", "line break", "steering unit"],
)
def test_an_option_that_imports_yaml_could_not_hold_is_refused(room: Room, options: ImportOptions) -> None:
    """Nothing is written that no later command could read."""
    with pytest.raises(UsageError, match="is no name"):
        room.run(room.export(), options=options)
    assert not (room.folder / "imports.yaml").exists()


def test_an_unknown_wave_is_told_with_the_other_faults(room: Room) -> None:
    """One pass mends both."""
    faults = room.faults(room.export([replace(PEOPLE[0], unit="a@b.example"), *PEOPLE[1:]]), "2027-01")
    assert [fault.file for fault in faults] == ["raw.xlsx", "waves.csv"]


def test_nothing_is_written_where_one_of_the_files_cannot_be(room: Room) -> None:
    """A folder stands where imports.yaml should; the survey stays as it was."""
    (room.folder / "imports.yaml").mkdir()
    with pytest.raises(IsADirectoryError):
        room.run(room.export(), options=CONFIRM)
    assert not (room.folder / "survey.csv").exists()
