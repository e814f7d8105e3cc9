"""Questions back: each with who can answer, where it was seen and what it holds up; the answers into their tables."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.engagement.test_tie_out import METRICS, PLAN
from workbench.engagement.queries import Queries, Query, cell_mark, find_queries, only_to
from workbench.engagement.queries_answers import Taken, same, take_answers
from workbench.engagement.queries_book import queries_bytes
from workbench.errors import ClientDataError, Fault, UsageError

TODAY = dt.date(2026, 10, 9)
BY, ON = "Head of Controlling", dt.date(2026, 10, 5)

OPINIONS = {
    "memberships.csv": "product,kind,parent,share,said_by,said_on,status\r\n"
    "car,product_line,motor,1,COO,2026-07-08,confirmed\r\n"
    "van,product_line,fleet,0.5,A. Keller,2026-07-08,contested\r\n"
    "van,product_line,motor,0.5,COO,2026-07-08,confirmed\r\n"
}


def asked(client: Any, **more: Any) -> Queries:
    """Return the questions that the small client's folder leaves open."""
    return find_queries(client.folder, client.root, **more)


def one(queries: Queries, kind: str, **wanted: str) -> Query:
    """Return the one question of a kind whose target has these values."""
    found = [q for q in queries.queries if q.kind == kind and all(getattr(q.target, k) == v for k, v in wanted.items())]
    assert len(found) == 1, [query.found for query in queries.queries]
    return found[0]


def answered(
    queries: Queries,
    answers: Mapping[str, Any],
    *,
    by: Any = BY,
    on: Any = ON,
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """Return the workbook with these answers by question, as Excel would save it."""
    book = openpyxl.load_workbook(io.BytesIO(queries_bytes(queries)))
    for sheet in book.worksheets:
        if sheet.title in ("reference", "lists"):
            continue
        sheet["B3"], sheet["D3"] = by, on
        sheet["B3"].data_type = "s"
        for row in sheet.iter_rows(min_row=6):
            if row[0].value in answers:
                row[6].value = answers[row[0].value]
    if change is not None:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def take(client: Any, content: bytes, name: str = "answered.xlsx") -> Taken:
    """Read an answered workbook into the small client's folder."""
    path = client.root / name
    path.write_bytes(content)
    return take_answers(path, "tiny", root=client.root, today=TODAY)


def faults_of(client: Any, content: bytes) -> tuple[Fault, ...]:
    """Return what is wrong with an answered workbook; the folder stays as it was."""
    before = snapshot(client.folder)
    with pytest.raises(ClientDataError) as caught:
        take(client, content)
    assert snapshot(client.folder) == before
    return caught.value.faults


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def words_of(content: bytes) -> str:
    """Return all the text that a workbook holds, in hidden sheets too."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_a_contested_opinion_is_asked_of_who_said_it(client: Any) -> None:
    """Its number and whether it stands; those that are agreed are not asked, assumed ones only when wanted."""
    queries = asked(client.write(OPINIONS))
    share, status = (one(queries, "opinion", column=column) for column in ("share", "status"))
    assert (share.to, share.where) == ("A. Keller", "memberships.csv, row 3, column share")
    assert (share.value, share.low, share.high) == ("number", 0.0, 1.0)
    assert (status.value, status.choices) == ("choice", ("confirmed", "contested"))
    assert "fleet" in share.blocks
    client.write({"memberships.csv": OPINIONS["memberships.csv"].replace("contested", "assumed")})
    assert not [query for query in asked(client).queries if query.kind == "opinion"]
    assert len([query for query in asked(client, with_assumed=True).queries if query.kind == "opinion"]) == 2


def test_a_gap_to_the_books_is_asked_of_who_signed(client: Any) -> None:
    """With both numbers; not where somebody has said why, and without numbers where the group is small."""
    rows = "headcount,,2026-08,50,CFO,\nheadcount,motor,2026-08,9,CFO,known\nheadcount,fleet,2026-08,9,CFO,\n"
    people = "role,product_line,headcount\nbuilder,motor,24\nbuilder,fleet,4\n"
    client.write(
        {"control_totals.csv": f"measure,scope,period,value,signed_off_by,reason\n{rows}", "population.csv": people}
    )
    gaps = [query for query in asked(client).queries if query.kind == "gap"]
    assert [query.to for query in gaps] == ["CFO", "CFO"]
    whole, small = sorted(gaps, key=lambda query: query.target.key["scope"])
    assert "ours 28, theirs 50" in whole.found
    assert "the group is small" in small.found
    assert not re.search(r"\b[49]\b", small.found.replace("2026-08", ""))


def test_missing_tables_are_asked_for_by_function(client: Any) -> None:
    """When each will come; who brings it, as requests says."""
    client.write({"requests.csv": "table,owner,due\nsurvey,B. Berg,2026-09-25\n"})
    queries = asked(client)
    survey = next(query for query in queries.queries if query.target.key.get("table") == "survey")
    assert (survey.to, survey.value) == ("B. Berg", "date")
    assert "it was due 2026-09-25" in survey.found
    assert survey.blocks.startswith("Readiness")
    assert "Finance" in queries.people


def test_faults_are_asked_with_their_place_and_what_is_known(client: Any) -> None:
    """A cell with its choices; what stands in no cell as words."""
    client.write(
        {"memberships.csv": "product,kind,parent,share\ncra,product_line,motor,1\nvan,product_line,fleet,1.5\n"}
    )
    client.write({"engagement.yaml": "name: Tiny\nas_of: 2026-09-30\nlanguag: en\n"})
    queries = asked(client)
    product, share = (one(queries, "fault", table="memberships", column=column) for column in ("product", "share"))
    assert (product.cell, product.value, product.choices) == ("row 2, column product", "choice", ("car", "van"))
    assert share.found.startswith("van / product_line / fleet: 1.5 ")
    assert (share.value, share.low, share.high, share.target.was) == ("number", 0.0, 1.0, cell_mark("1.5"))
    note = one(queries, "fault", do="note")
    assert note.file == "engagement.yaml"
    assert not queries.is_compared


def test_names_that_an_import_asks_for(client: Any) -> None:
    """Once; not when aliases knows them by now."""
    imports = (
        "imports:\n  ledger:\n    vendor: own sheet\n    table: projects\n    labels:\n"
        "      product_line: {KFZ: '', Flotte: fleet}\n"
        "  board:\n    vendor: jira\n    labels: {status: {Parked: ''}, type: {Spike: ''}}\n"
    )
    queries = asked(client.write({"imports.yaml": imports}))
    line, state = (one(queries, "name", do=do) for do in ("alias", "label"))
    assert line.choices == ("fleet", "motor", "leave out")
    assert (line.to, line.cell) == ("Finance", "ledger: product_line")
    assert state.choices == ("waiting", "active", "done")
    client.write({"aliases.csv": "source,their_name,kind,our_name\nx,kfz,product_line,motor\n"})
    assert not [query for query in asked(client).queries if query.target.do == "alias"]


def test_names_are_asked_by_what_hangs_on_them(client: Any) -> None:
    """Money first, then other amounts, then rows; of headcounts no number is mailed; the uncounted stand last."""
    behind = {
        "KFZ": {"rows": 2, "amounts": {"budget": 900.0, "people": 3}},
        "Flotte": {"rows": 1, "amounts": {"budget": 1200500.0}},
        "Alt": {"rows": 9, "amounts": {"people": 12}},
        "Rest": {"rows": 4, "amounts": {}},
    }
    labels = dict.fromkeys(["Unseen", "Rest", "Alt", "KFZ", "Flotte"], "")
    ledger = {"vendor": "own sheet", "table": "projects", "labels": {"product_line": labels}}
    staff = {"vendor": "own sheet", "table": "population", "labels": {"unit": {"Werk 3": ""}}}
    imports = {
        "ledger": {**ledger, "behind": {"product_line": behind}},
        "staff": {**staff, "behind": {"unit": {"Werk 3": {"rows": 1, "amounts": {"headcount": 41}}}}},
    }
    queries = asked(client.write({"imports.yaml": json.dumps({"imports": imports})}))
    names = [query for query in queries.queries if query.target.key.get("source") == "ledger"]
    assert [query.target.key["their_name"] for query in names] == ["Flotte", "KFZ", "Alt", "Rest", "Unseen"]
    assert names[0].found == "Nobody knows which product line 'Flotte' is. On it hangs 1 row: budget 1,200,500."
    assert names[1].found.endswith(" On it hang 2 rows: budget 900, people 3.")
    assert names[3].found.endswith(" On it hang 4 rows.")
    assert names[4].found.endswith("'Unseen' is.")
    (unit,) = (query for query in queries.queries if query.target.key.get("source") == "staff")
    assert "41" not in unit.found
    assert "row" not in unit.found


SURVEY = "respondent,wave,unit,role,d01_1,d01_1_reason\n{}"


def test_nothing_of_a_person_enters_the_questions(client: Any) -> None:
    """Faults of the survey, interviews and headcounts are counted by column; addresses become a mark."""
    client.write(
        {
            "waves.csv": "wave,date\nw1,2026-09-12\n",
            "survey.csv": SURVEY.format(
                "p001,w1,Secret Unit,builder,99,My boss Mr Rumpel\np002,wX,Secret Unit,ceo,3,\n"
            ),
            "population.csv": "unit,role,headcount\nSecret Unit,builder,treizig\n",
            "interviews.csv": "interview,date,role,item,level,quote\ni1,soon,executive,d01_1,2,Whispered words\n",
            "products.csv": "product,name,stage\ncar,Car,anna@tiny.example\nvan,Van,grow\n",
        }
    )
    queries = asked(client)
    told = words_of(queries_bytes(queries))
    for word in ("Secret", "Rumpel", "Whispered", "p001", "p002", "wX", "ceo", "treizig", "anna@"):
        assert word not in told, word
    private = [query for query in queries.queries if query.target.do == "request" and query.kind == "fault"]
    assert {query.target.key["table"] for query in private} == {"survey", "population", "interviews"}
    assert all(not re.search(r"row \d", query.cell) for query in private)


def test_a_persons_pay_stays_here(client: Any) -> None:
    """What a single engineer costs is no question to mail."""
    client.write({**PLAN, "resources.csv": PLAN["resources.csv"].replace("60,100000", "1,98765 EUR a year")})
    assert "98765" not in words_of(queries_bytes(asked(client)))


# -- the workbook ------------------------------------------------------------------------------------------------------


def test_the_workbook_has_a_sheet_for_each_who_can_answer(client: Any) -> None:
    """Yellow cells to fill in, drop-downs where the answers are known, frozen header; the rest is locked."""
    queries = asked(client.write(OPINIONS))
    book = openpyxl.load_workbook(io.BytesIO(queries_bytes(queries)))
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert [sheet.title for sheet in shown] == list(queries.people)
    assert book["reference"].sheet_state == "veryHidden"
    sheet = book["A. Keller"]
    assert [cell.value for cell in sheet[5]][6:] == ["Your answer", "Answered by", "On"]
    assert sheet["G7"].protection.locked is False
    assert sheet["C7"].protection.locked
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "B6"
    rules = {(str(rule.sqref), rule.type) for rule in sheet.data_validations.dataValidation}
    assert {("G7", "decimal"), ("G8", "list"), ("I7", "date")} <= rules
    assert all(width.width >= 12 for width in sheet.column_dimensions.values())


def test_long_lists_of_choices_stand_in_a_sheet_of_their_own(client: Any) -> None:
    """Excel takes 255 characters in a rule."""
    names = [f"product-number-{number}" for number in range(40)]
    products = "product,name\n" + "".join(f"{name},{name}\n" for name in names)
    client.write({"products.csv": products, "memberships.csv": "product,kind,parent,share\ncar,product_line,motor,1\n"})
    book = openpyxl.load_workbook(io.BytesIO(queries_bytes(asked(client))))
    rules = [rule.formula1 for sheet in book for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert "lists!$A$1:$A$40" in [str(rule).lstrip("=") for rule in rules]


def test_what_a_client_wrote_never_runs(client: Any) -> None:
    """A formula in a name is text in the questions, and text in the table it is answered into."""
    client.write({"memberships.csv": OPINIONS["memberships.csv"].replace("A. Keller", "=HYPERLINK(1)")})
    queries = asked(client)
    book = openpyxl.load_workbook(io.BytesIO(queries_bytes(queries)))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    answers = {query.id: 0.5 if query.value == "number" else "confirmed" for query in queries.queries if query.choices}
    take(client, answered(queries, answers, by="=HYPERLINK(2)"))
    assert "'=HYPERLINK(2)" in client.folder.joinpath("memberships.csv").read_text()
    assert "=HYPERLINK(2)" in client.load().tables["memberships"]["said_by"].tolist(), "it is read as it was said"


# -- the answers -------------------------------------------------------------------------------------------------------


def test_each_answer_goes_into_its_table_with_who_and_when(client: Any) -> None:
    """An opinion with its new number, a reason, a day; the file that came and the tables before are kept."""
    rows = "measure,scope,period,value,signed_off_by\nheadcount,,2026-08,50,CFO\n"
    client.write({**OPINIONS, "control_totals.csv": rows, "population.csv": "role,headcount\nbuilder,28\n"})
    queries = asked(client)
    share, gap = one(queries, "opinion", column="share"), one(queries, "gap")
    survey = next(query for query in queries.queries if query.target.key.get("table") == "survey")
    before = snapshot(client.folder)
    taken = take(
        client, answered(queries, {share.id: 0.4, gap.id: "Contractors, =not ours", survey.id: dt.date(2026, 11, 2)})
    )
    assert (taken.written, taken.same) == (3, 0)
    assert taken.blank == len(queries) - 3
    lines = client.folder.joinpath("memberships.csv").read_bytes().decode().split("\r\n")
    assert lines[2] == f"van,product_line,fleet,0.4,{BY},2026-10-05,confirmed"
    assert lines[1] == OPINIONS["memberships.csv"].split("\r\n")[1]
    tables = client.load().tables
    total = tables["control_totals"].iloc[0]
    assert (total["reason"], total["reason_by"], total["reason_on"]) == ("Contractors, =not ours", BY, ON)
    request = tables["requests"].iloc[0]
    assert (request["table"], request["due"], request["owner"]) == ("survey", dt.date(2026, 11, 2), BY)
    assert sorted(tables["answers"]["query"]) == sorted([share.id, gap.id, survey.id])
    assert set(tables["answers"]["said_by"]) == {BY}
    assert taken.kept is not None
    assert (taken.kept / "answered.xlsx").read_bytes() == (client.root / "answered.xlsx").read_bytes()
    assert (taken.kept / "before" / "memberships.csv").read_bytes() == before["memberships.csv"]
    assert (taken.kept / "answered.xlsx").stat().st_mode & 0o077 == 0
    assert client.folder.joinpath("answers.csv").stat().st_mode & 0o077 == 0


def test_reading_twice_changes_nothing(client: Any) -> None:
    """All answers are there already; no file is touched."""
    queries = asked(client.write(OPINIONS))
    ids = {query.target.column: query.id for query in queries.queries if query.kind == "opinion"}
    content = answered(queries, {ids["share"]: 0.4, ids["status"]: "contested"})
    take(client, content)
    before = snapshot(client.folder)
    again = take(client, content)
    assert (again.written, again.same, again.files, again.kept) == (0, 2, (), None)
    assert snapshot(client.folder) == before
    assert ",contested" in before["memberships.csv"].decode()


def test_a_corrected_cell_mends_the_folder(client: Any) -> None:
    """A misspelt product and a name an import waits for; what the fault had hidden is told."""
    client.write(
        {
            "memberships.csv": "product;kind;parent;share\ncra;product_line;motor;1\nvan;product_line;fleet;0,5\n",
            "imports.yaml": "imports:\n  ledger:\n    vendor: own sheet\n    table: projects\n"
            "    labels: {product_line: {KFZ: '', Alt: ''}}\n",
        }
    )
    queries = asked(client)
    fault = one(queries, "fault", column="product")
    names = {query.target.key["their_name"]: query.id for query in queries.queries if query.kind == "name"}
    taken = take(client, answered(queries, {fault.id: "car", names["KFZ"]: "motor", names["Alt"]: "leave out"}))
    assert taken.written == 3
    study = client.load()
    assert study.tables["memberships"]["product"].tolist() == ["car", "van"]
    assert client.folder.joinpath("memberships.csv").read_text().splitlines()[1] == "car;product_line;motor;1"
    alias = study.tables["aliases"].iloc[0]
    assert (alias["source"], alias["their_name"], alias["our_name"], alias["said_by"]) == ("ledger", "KFZ", "motor", BY)
    labels = study.tables.documents["imports"]["imports"]["ledger"]["labels"]["product_line"]
    assert labels == {"KFZ": "", "Alt": "leave out"}
    assert not [query for query in asked(client).queries if query.kind in ("fault", "name")]


def test_what_people_call_it_is_an_answer(client: Any) -> None:
    """The name of a key, however its umlaut is written; one that is only like it is refused with the key it is like."""
    client.write(
        {
            "lines.csv": "product_line,name\nmotor,Motor insurance\nfleet,Wärme für Flotten\n",
            "memberships.csv": "product,kind,parent,share\ncar,product_line,motor,1\nbus,product_line,fleet,1\n",
            "imports.yaml": "imports:\n  ledger:\n    vendor: own sheet\n    table: projects\n"
            "    labels: {product_line: {KFZ: '', Alt: ''}}\n",
        }
    )
    queries = asked(client)
    names = {query.target.key["their_name"]: query for query in queries.queries if query.kind == "name"}
    assert "fleet (Wärme für Flotten)" in names["KFZ"].allowed
    near = faults_of(client, answered(queries, {names["KFZ"].id: "Wärme für Flotte"}))
    assert "Did you mean fleet (Wärme für Flotten)?" in near[0].remedy
    said = {names["KFZ"].id: "WAERME FUER FLOTTEN", names["Alt"].id: "Leave out"}
    take(client, answered(queries, {**said, one(queries, "fault", column="product").id: "Van insurance"}))
    study = client.load()
    assert study.tables["aliases"].iloc[0]["our_name"] == "fleet"
    assert study.tables["memberships"]["product"].tolist() == ["car", "van"]


def test_a_correction_leaves_who_said_the_opinion(client: Any) -> None:
    """Whoever mends a misspelt key says nothing of the share beside it."""
    client.write(
        {"memberships.csv": OPINIONS["memberships.csv"].replace("van,product_line,fleet", "vam,product_line,fleet")}
    )
    fault = one(asked(client), "fault", column="product")
    take(client, answered(asked(client), {fault.id: "van"}))
    row = client.load().tables["memberships"].iloc[1]
    assert (row["said_by"], row["status"]) == ("A. Keller", "contested")
    assert client.load().tables["answers"]["said_by"].tolist() == [BY]


def test_every_fault_of_the_answers_is_told_at_once_and_nothing_is_written(client: Any) -> None:
    """A word that is no number, one out of range, one not in the list, no name, a day that has not come."""
    more = "car,product_line,fleet,0.1,COO,2026-07-08,contested\r\n"
    client.write({"memberships.csv": OPINIONS["memberships.csv"].replace("motor,1,", "motor,0.9,") + more})
    queries = asked(client)
    shares = [query.id for query in queries.queries if query.target.column == "share"]
    status = [query.id for query in queries.queries if query.target.column == "status"]

    def nobody(book: Any) -> None:
        book["COO"]["B3"] = None
        book["A. Keller"]["D3"] = dt.date(2026, 12, 24)

    content = answered(queries, {shares[0]: "half", shares[1]: 1.5, status[0]: "perhaps"}, change=nobody)
    found = faults_of(client, content)
    told = "\n".join(map(str, found))
    for words in ("'half' is not allowed", "'1.5' is not allowed", "'perhaps' is not in the list", "nobody is named",
                  "2026-12-24 has not come yet"):  # fmt: skip
        assert words in told, told
    assert {fault.file for fault in found} == {"answered.xlsx"}
    assert all(fault.sheet and fault.cell for fault in found)


def test_a_day_said_once_for_a_sheet_is_wrong_once(client: Any) -> None:
    """9.10.2026 in D3 is one fault of D3, with how a day is written, however many answers rest on it."""
    queries = asked(client)
    missing = {query.id: dt.date(2026, 10, 20) for query in queries.queries if query.kind == "missing"}
    found = faults_of(client, answered(queries, missing, on="9.10.2026"))
    assert len(missing) > len(found)
    assert {(fault.cell, fault.found) for fault in found} == {("D3", "'9.10.2026' is no day")}
    assert all("2026-10-09" in fault.remedy for fault in found)


def test_an_answer_that_breaks_a_rule_of_the_tables_is_refused_at_its_cell(client: Any) -> None:
    """Shares of more than the whole: tried on a copy, so that nothing is half written."""
    queries = asked(client.write(OPINIONS))
    share = one(queries, "opinion", column="share")
    (fault,) = faults_of(client, answered(queries, {share.id: 0.9}))
    assert (fault.file, fault.sheet) == ("answered.xlsx", "A. Keller")
    assert fault.cell.startswith("G")
    assert "1.4" in fault.found or "140" in fault.found


def test_a_correction_that_is_none_is_refused(client: Any) -> None:
    """A share of 1.5 answered with text is caught in the workbook, a date out of reach on the copy."""
    client.write({"waves.csv": "wave,date\nw1,2027-09-12\n"})
    queries = asked(client)
    fault = one(queries, "fault", column="date")
    (found,) = faults_of(client, answered(queries, {fault.id: dt.date(2028, 1, 1)}))
    assert "2028-01-01 lies after" in found.found
    take(client, answered(queries, {fault.id: dt.date(2026, 9, 12)}))
    assert client.load().tables["waves"]["date"].tolist() == [dt.date(2026, 9, 12)]


def test_what_has_changed_since_is_not_overwritten(client: Any) -> None:
    """Somebody else was quicker."""
    queries = asked(client.write(OPINIONS))
    share = one(queries, "opinion", column="share")
    content = answered(queries, {share.id: 0.4})
    client.write({"memberships.csv": OPINIONS["memberships.csv"].replace("fleet,0.5", "fleet,0.45")})
    (fault,) = faults_of(client, content)
    assert "has changed since" in fault.found


def test_a_number_is_known_again_however_it_is_typed(client: Any) -> None:
    """0,50 in a file of a country with decimal commas; the answer is written that way too."""
    text = OPINIONS["memberships.csv"].replace(",", ";").replace("0.5;A", "0,50;A").replace("0.5;COO", "0,5;COO")
    client.write(
        {
            "memberships.csv": text,
            "engagement.yaml": "name: Tiny\nas_of: 2026-09-30\nsources: {memberships: {decimal: ','}}\n",
        }
    )
    share = one(asked(client), "opinion", column="share")
    take(client, answered(asked(client), {share.id: 0.4}))
    assert "van;product_line;fleet;0,4;" in client.folder.joinpath("memberships.csv").read_text()


def test_a_day_is_written_as_its_column_writes_days(client: Any) -> None:
    """28.06.2026 stands there: an answer of the same table is no fault of the client's, and is known again."""
    day = "28.06.2026"
    text = OPINIONS["memberships.csv"].replace("2026-07-08", day)
    assert day in text
    client.write({"memberships.csv": re.sub(r"2026-0(\d)-0(\d)", r"0\2.0\1.2026", text)})
    share = one(asked(client), "opinion", column="share")
    content = answered(asked(client), {share.id: 0.4})
    assert take(client, content).written == 1
    assert (
        f"van,product_line,fleet,0.4,{BY},05.10.2026,confirmed" in client.folder.joinpath("memberships.csv").read_text()
    )
    assert client.load().tables["memberships"]["said_on"].max() == dt.date(2026, 10, 5)
    assert take(client, content).files == ()


def test_only_the_questions_to_one_who_can_answer(client: Any) -> None:
    """For a workbook that shows nobody another's questions; somebody who is asked nothing is wrong usage."""
    queries = asked(client.write(OPINIONS))
    own = only_to(queries, "a. keller")
    assert own.people == ("A. Keller",)
    assert "survey" not in words_of(queries_bytes(own))
    with pytest.raises(UsageError, match=r"Did you mean 'A\. Keller'"):
        only_to(queries, "A Keller")


def test_rows_may_be_sorted_and_deleted(client: Any) -> None:
    """Each answer is known by its id; an id that is no question is named."""
    queries = asked(client.write(OPINIONS))
    share, status = (one(queries, "opinion", column=column) for column in ("share", "status"))

    def swap(book: Any) -> None:
        sheet = book["A. Keller"]
        for place in (1, 7):
            one_, two = sheet.cell(7, place), sheet.cell(8, place)
            one_.value, two.value = two.value, one_.value

    take(client, answered(queries, {share.id: 0.4, status.id: "confirmed"}, change=swap))
    assert client.load().tables["memberships"]["share"].tolist() == [1.0, 0.4, 0.5]

    def invent(book: Any) -> None:
        book["A. Keller"]["A7"] = "Q-00000000"

    (fault,) = faults_of(client, answered(queries, {status.id: "confirmed", share.id: 0.4}, change=invent))
    assert "no question of this workbook" in fault.found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda book: book.remove(book["reference"]), "there is no sheet reference", id="gone"),
        pytest.param(
            lambda book: setattr(book["reference"]["A2"], "value", book["reference"]["A2"].value.replace("van", "car")),
            "has been changed",
            id="tampered",
        ),
        pytest.param(
            lambda book: setattr(
                book["reference"]["A1"], "value", book["reference"]["A1"].value.replace("tiny", "other")
            ),
            "another engagement",
            id="another client's",
        ),
        pytest.param(lambda book: setattr(book["reference"]["A1"], "value", "{}"), "cannot be read", id="damaged"),
    ],
)
def test_a_workbook_that_is_not_ours_is_refused(client: Any, change: Callable[[Any], None], words: str) -> None:
    """In one sentence, and nothing is written."""
    queries = asked(client.write(OPINIONS))
    (fault,) = faults_of(client, answered(queries, {}, change=change))
    assert words in fault.found


def test_no_file_and_no_workbook(client: Any) -> None:
    """Wrong usage, and a fault."""
    with pytest.raises(UsageError, match="cannot be opened"):
        take_answers(client.root / "nothing.xlsx", "tiny", root=client.root, today=TODAY)
    assert faults_of(client, b"PK no workbook")


def test_answers_go_into_a_workbook_too(excel_client: Any, sheets: dict[str, Any]) -> None:
    """Where the client's tables are sheets; a formula there would lose its result, so that is refused."""
    sheets["memberships"] = [
        ["product", "kind", "parent", "share", "said_by", "said_on", "status"],
        ["car", "product_line", "motor", 1, None, None, None],
        ["van", "product_line", "fleet", 0.5, "COO", dt.date(2026, 7, 8), "contested"],
    ]
    client = excel_client.workbook(sheets)
    queries = asked(client)
    share = one(queries, "opinion", column="share")
    assert share.cell == "D3"
    content = answered(queries, {share.id: 1}, by="=SUM(1)")
    take(client, content)
    rows = client.load().tables["memberships"]
    assert rows["share"].tolist() == [1.0, 1.0]
    assert (rows["said_by"].iloc[1], rows["said_on"].iloc[1], rows["status"].iloc[1]) == ("=SUM(1)", ON, "confirmed")
    again = take(client, content)
    assert again.written == 0

    def formula(book: Any) -> None:
        book["products"]["D1"], book["products"]["D2"] = "note", "=1+1"

    sheets["memberships"][2][6] = "contested"
    (fault, *_) = faults_of(excel_client.workbook(sheets, formula), content)
    assert "formulas" in fault.found


def test_facts_and_books_after_answers(client: Any) -> None:
    """A total that differs is asked about; answered, it is asked no more, and the reason stands in the tie-out."""
    from workbench.engagement.tie_out import measured_of, tie_study
    from workbench.outcomes import tie_totals

    client.write({"metrics.yaml": METRICS, "facts/sales.csv": "day,product,amount\n2026-08-01,car,100\n"})
    client.write({"control_totals.csv": "measure,period,value\nrevenue,2026-08,150\n"})
    queries = asked(client)
    gap = one(queries, "gap")
    take(client, answered(queries, {gap.id: "Booked later."}))
    assert not [query for query in asked(client).queries if query.kind == "gap"]
    study = client.load()
    (tie,) = tie_study(study, measured_of(tie_totals(study.outcomes))).over
    assert (tie.reason, tie.reason_by, tie.reason_on) == ("Booked later.", BY, "2026-10-05")


@pytest.mark.parametrize(
    ("held", "value", "expected"),
    [("0,70", 0.7, True), ("4", 4.0, True), ("", 0.0, False), ("a", 1.0, False), ("2026-10-05", ON, True)],
)
def test_the_same_value_however_it_is_written(held: str, value: Any, expected: bool) -> None:
    """Decimal comma, trailing zeros, days."""
    assert same(held, value) is expected


def test_an_import_goes_on_once_its_names_are_answered(client: Any) -> None:
    """Finance's sheet stops at a name; the answer is found by the next import, which keeps who said it."""
    from workbench.engagement.intake.importing import run_table_import
    from workbench.engagement.intake.options import TableOptions

    book = openpyxl.Workbook()
    for row in (
        ("Project", "Product line", "Budget"),
        ("Alpha", "KFZ", 10),
        ("Beta", "Flotte", 20),
        ("Gamma", "Motors", 5),
    ):
        book.active.append(row)
    path = client.root / "finance.xlsx"
    book.save(path)
    with pytest.raises(ClientDataError, match="which product_line 'KFZ' is"):
        run_table_import(path, "tiny", "projects", root=client.root)
    queries = asked(client)
    names = {query.target.key["their_name"]: query.id for query in queries.queries if query.kind == "name"}
    assert set(names) == {"KFZ", "Flotte"}
    take(client, answered(queries, {names["KFZ"]: "motor", names["Flotte"]: "fleet"}))
    run_table_import(path, "tiny", "projects", TableOptions(confirm=True), root=client.root)
    study = client.load()
    assert study.tables["projects"]["product_line"].tolist() == ["motor", "fleet", "motor"]
    aliases = study.tables["aliases"].set_index("their_name")["said_by"].to_dict()
    assert (aliases["KFZ"], aliases["Flotte"]) == (BY, BY)
    assert "Motors" in aliases  # confirmed by the consultant, beside the client's answers
