"""What a run read is kept once, for its owner alone and beside the runs, and as long as a run needs it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.differing import compare_runs, describe_difference
from workbench.batch.kept_inputs import keep_inputs, read_content, read_kept
from workbench.batch.publish import appear, open_staging, write_json
from workbench.batch.runs import HELD, MANIFEST_FORMAT, hash_files
from workbench.batch.study import Study
from workbench.batch.table_changes import compare_tables, describe_change
from workbench.batch.tracing import describe_trace, trace_figure
from workbench.engagement.settings import EngagementSettings
from workbench.engagement.snapshot import HeldInput

ASKED = {
    "readiness": frozenset({"survey", "population"}),
    "outcomes": frozenset({"facts:*", "document:metrics"}),
    "allocation": frozenset({"activities", "rules"}),
}

HEADS = {
    "activities": (["activity"], ["activity", "y1", "said_by"]),
    "rules": (["rule"], ["rule", "text"]),
    "engagement": (["key"], ["key", "value"]),
    "facts/sales": (["month"], ["month", "rows", "sum of amount"]),
    "metrics": (["key"], ["key", "value"]),
    "commentary": (["exhibit"], ["exhibit", "text"]),
}


def held(name: str, *rows: list[Any], file: str = "", sheet: str = "") -> HeldInput:
    """Return a table as a run keeps it; each row is its number in the file and its cells."""
    key, columns = HEADS[name]
    text = json.dumps({"key": key, "columns": columns, "rows": list(rows)})
    kind = "summary" if name.startswith("facts/") else "rows"
    return HeldInput(name, kind, file or f"{name}.csv", sheet, len(rows), digest(text), text)


def people(count: int, answers: str) -> HeldInput:
    """Return a survey as a run keeps it."""
    return HeldInput("survey", "count", "survey.csv", "", count, digest(answers))


def digest(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def study(*inputs: HeldInput, variables: tuple[str, ...] = ()) -> Study:
    """Return an engagement that read these."""
    settings = EngagementSettings(name="Acme", as_of="2026-09-30")
    return Study("acme", "0" * 64, settings, (), asked=ASKED, held=inputs, variables=variables)


def publish(root: Path, run: str, held: Study, *figures: dict[str, Any], **more: Any) -> Path:
    """Publish a run of acme that read these, and return its engagement's folder of reports."""
    staging = open_staging("acme", root / "reports", run)
    said = {"engagement": "acme", "as_of": "2026-09-30", "currency": "EUR", "figures": list(figures)}
    write_json(staging.result / "results.json", said)
    manifest = {"format": MANIFEST_FORMAT, "engagement": "acme", "run": run, "only": "", "status": "done"}
    inputs = [{"path": one.file, "sha256": one.content} for one in held.held]
    manifest |= {"finished": f"2026-10-{run[1:]}T06:00:00+00:00", "inputs": inputs, "code_sha256": "c"}
    manifest |= {"notebooks": [], "versions": {}, **more}
    write_json(staging.result / "manifest.json", {**manifest, "files": hash_files(staging.result)})
    appear(staging)
    keep_inputs(staging.home, run, held)
    return staging.home


def figure(id: str, value: Any, source: str) -> dict[str, Any]:
    """Return a number as results.json holds it."""
    pillar = {"R": "readiness", "O": "outcomes", "A": "allocation", "S": "summary"}[id[0]]
    about = {"id": id, "key": id, "name": f"Name of {id}", "unit": "count", "low": None, "high": None, "n": None}
    return {**about, "value": value, "source": source, "pillar": pillar}


ACTIVITIES = held("activities", [2, "motor", 120, "Ann"], [3, "home", 80, None], [4, "life", 7, "Ida"])
RULES = held("rules", [2, "cap", "engineers <= 12"])


def contents(home: Path) -> set[str]:
    """Return the contents that are kept."""
    return {path.stem for path in (home / "inputs" / "content").iterdir()}


def test_a_table_is_kept_once_and_for_its_owner_alone(root: Path) -> None:
    """However many runs read it; nothing of it is in the run that goes out; of people there is no file at all."""
    home = publish(root, "r01", study(ACTIVITIES, RULES, people(12, "secret answers")))
    before = {path: path.stat().st_mtime_ns for path in (home / "inputs" / "content").iterdir()}
    assert contents(home) == {ACTIVITIES.content, RULES.content}
    publish(root, "r02", study(ACTIVITIES, RULES, people(13, "other answers")))
    assert {path: path.stat().st_mtime_ns for path in (home / "inputs" / "content").iterdir()} == before
    assert (home / "inputs").stat().st_mode & 0o777 == 0o700
    assert (home / "inputs" / "content").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (home / "inputs").rglob("*.json")} == {0o600}
    assert not [path for path in (home / "runs").rglob("*") if path.is_file() and b"motor" in path.read_bytes()]
    assert not [path for path in home.rglob("*") if path.is_file() and b"answers" in path.read_bytes()]


def test_what_no_run_needs_any_more_goes(root: Path) -> None:
    """With the run that read it; a run that is held keeps its own."""
    home = publish(root, "r01", study(ACTIVITIES))
    (home / "runs" / f"r01{HELD}").touch()
    other = held("activities", [2, "motor", 121, "Ann"])
    publish(root, "r02", study(other, RULES))
    shutil.rmtree(home / "runs" / "r02")
    third = held("activities", [2, "motor", 122, "Ann"])
    (home / "inputs" / "content" / ".left.part").write_text("half", encoding="utf-8")
    publish(root, "r03", study(third))
    assert contents(home) == {ACTIVITIES.content, third.content}
    assert sorted(path.name for path in (home / "inputs").glob("*.json")) == ["r01.json", "r03.json"]
    assert read_kept(home, "r02") is None


def test_what_is_damaged_is_not_told_and_is_written_again(root: Path) -> None:
    """A byte that is another is no cell of the client's."""
    home = publish(root, "r01", study(ACTIVITIES))
    path = home / "inputs" / "content" / f"{ACTIVITIES.content}.json"
    path.write_bytes(path.read_bytes().replace(b"120", b"999"))
    kept = read_kept(home, "r01")
    assert kept is not None
    assert read_content(home, kept.inputs["activities"]) is None
    publish(root, "r02", study(ACTIVITIES))
    assert read_content(home, kept.inputs["activities"]) is not None
    (home / "inputs" / "r01.json").write_text("[]", encoding="utf-8")
    assert read_kept(home, "r01") is None


def test_a_secret_of_this_machine_is_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in all that a run leaves: somebody may have put the address into a remark."""
    monkeypatch.setenv("CRM", "postgresql://ann:sesame-open@host/db")
    said = held("rules", [2, "cap", "ask sesame-open"])
    home = publish(root, "r01", study(said, variables=("CRM",)))
    assert not [path for path in home.rglob("*") if path.is_file() and b"sesame" in path.read_bytes()]
    kept = read_kept(home, "r01")
    assert kept is not None
    content = read_content(home, kept.inputs["rules"])
    assert content is not None
    assert content.rows == [[2, "cap", "ask [hidden: a password in CRM]"]]


def test_cells_are_compared_by_the_key_of_their_row(root: Path) -> None:
    """A row that moved is no change, one that was renamed is a new one; blank is a value too; the rest is counted."""
    many = held("activities", *([n, f"a{n}", n, "Ann"] for n in range(2, 40)))
    home = publish(root, "r01", study(ACTIVITIES, RULES))
    changed = held("activities", [2, "life", 7, "Ida"], [3, "motor", 120.5, None], [4, "house", 80, "Bo"])
    publish(root, "r02", study(changed, held("rules", [2, "cap", "x" * 100])))
    first, second = (read_kept(home, run) for run in ("r01", "r02"))
    assert first is not None
    assert second is not None
    one, other = compare_tables(home, first, second)
    assert [(cell.key, cell.row, cell.column, cell.before, cell.after) for cell in one.cells] == [
        (("motor",), 3, "y1", 120, 120.5),
        (("motor",), 3, "said_by", "Ann", None),
    ]
    assert [(row.key, row.says) for row in one.added] == [(("house",), (("y1", 80), ("said_by", "Bo")))]
    assert [row.key for row in one.removed] == [("home",)]
    assert describe_change(one) == [
        "activities.csv: 2 cells moved, 1 row new, 1 row gone",
        "  motor, y1: 120 → 120.5 (row 3)",
        "  motor, said_by: Ann → blank (row 3)",
        "  new: house (row 4): y1 80; said_by Bo",
        "  gone: home: y1 80",
    ]
    assert describe_change(other)[1].endswith("xxx… (row 2)")
    publish(root, "r03", study(many, RULES))
    publish(root, "r04", study(held("activities", *([n, f"a{n}", n + 1, "Ann"] for n in range(2, 40))), RULES))
    third, fourth = (read_kept(home, run) for run in ("r03", "r04"))
    assert third is not None
    assert fourth is not None
    (said,) = compare_tables(home, third, fourth)
    assert describe_change(said)[0] == "activities.csv: 38 cells moved"
    assert describe_change(said)[-1] == "  and 32 more cells (y1 32)"
    assert len(describe_change(said)) == 8


def two(root: Path, before: tuple[HeldInput, ...], after: tuple[HeldInput, ...], **more: Any) -> str:
    """Return what is told of two runs whose numbers all moved."""
    sources = {"S-001": "A-001", "A-001": "activities", "R-001": "survey", "O-001": "facts/sales.csv"}
    publish(root, "r01", study(*before), *(figure(id, 1, source) for id, source in sources.items()))
    publish(root, "r02", study(*after), *(figure(id, 2, source) for id, source in sources.items()), **more)
    return "\n".join(describe_difference(compare_runs("acme", "r01", "r02")))


def test_a_chapter_stands_with_what_moved_of_what_it_reads(root: Path) -> None:
    """One thing alone is told so; of several at once the share is not known; what no moved chapter reads is apart."""
    facts = held("facts/sales", [0, "2026-08", 31, 900], file="facts/sales.csv")
    more = held("facts/sales", [0, "2026-08", 31, 900], [0, "2026-09", 30, 800], file="facts/sales.csv")
    words = held("commentary", [2, "outcomes-all", "Fine."])
    other = held("activities", [2, "motor", 140, "Ann"], [3, "home", 80, None], [4, "life", 7, "Ida"])
    said = two(
        root,
        (ACTIVITIES, RULES, people(12, "a"), facts, words),
        (other, held("rules", [2, "cap", "engineers <= 14"]), people(12, "b"), more, held("commentary", [2, "a", "b"])),
    )
    assert "    motor, y1: 120 → 140 (row 2)" in said
    assert "  activities.csv: 1 cell moved; read by allocation" in said
    assert "    cap, text: engineers <= 12 → engineers <= 14 (row 2)" in said
    assert "survey.csv: changed, 12 rows; rows about people are counted, never kept; read by readiness" in said
    assert "    new: 2026-09: rows 30; sum of amount 800" in said
    assert "  summary: activities and rules moved at once, so the share of each is not known." in said
    assert "  allocation: activities and rules moved at once, so the share of each is not known." in said
    assert "  readiness: survey, which alone moved of all that it reads." in said
    assert "  outcomes: facts/sales, which alone moved of all that it reads." in said
    assert "put one back as it was, run, and compare again" in said
    assert "Read by no chapter that moved: commentary." in said


def test_settings_count_everywhere_and_code_is_a_cause_of_its_own(root: Path) -> None:
    """A setting by its key, old and new; a notebook for its own chapter."""
    before = held("engagement", [0, "confidence", 0.9], [0, "name", "Acme"], file="engagement.yaml")
    after = held("engagement", [0, "confidence", 0.95], [0, "name", "Acme"], file="engagement.yaml")
    said = two(root, (before, ACTIVITIES), (after, ACTIVITIES), code_sha256="d")
    assert "  engagement.yaml: 1 cell moved; read by every chapter\n    confidence: 0.9 → 0.95\n" in said
    assert "  code of the workbench: changed" in said
    assert "  outcomes: engagement and code of the workbench moved at once" in said
    assert "which cells changed is not known" not in said


def test_a_file_that_is_only_written_otherwise_is_told_so(root: Path) -> None:
    """Its hash is another and its cells are not; nothing that is kept moved, and that is said."""
    inputs = [{"path": "activities.csv", "sha256": "other bytes"}]
    said = two(root, (ACTIVITIES,), (ACTIVITIES,), inputs=inputs)
    assert "file activities.csv: changed, no cell of its tables is another" in said
    assert "  allocation: nothing that is kept of what it reads moved; rows of a database may have." in said


def test_a_sheet_is_named_with_its_workbook(root: Path) -> None:
    """As a consultant finds it."""
    book = {"file": "engagement.xlsx", "sheet": "rules"}
    home = publish(root, "r01", study(held("rules", [5, "cap", "a"], **book)))
    publish(root, "r02", study(held("rules", [6, "cap", "b"], **book)))
    first, second = (read_kept(home, run) for run in ("r01", "r02"))
    assert first is not None
    assert second is not None
    (one,) = compare_tables(home, first, second)
    assert describe_change(one) == ["engagement.xlsx, rules: 1 cell moved", "  cap, text: a → b (rules, row 6)"]


def test_a_number_leads_to_the_rows_as_its_run_read_them(root: Path) -> None:
    """Whatever the folder holds now; a source that names no table leads to all tables that its chapter read."""
    rows = held(
        "activities", [2, "motor", 120, "Ann"], [3, "home", 80, None], file="engagement.xlsx", sheet="activities"
    )
    about = {"id": "A-001", "key": "level/motor", "name": "Level", "unit": "count", "pillar": "allocation", "value": 4}
    about |= {"low": None, "high": None, "n": None}
    publish(root, "r01", study(rows, people(3, "a")), {**about, "source": "activities"})
    publish(root, "r02", study(rows, RULES, people(3, "a")), {**about, "source": "plan"})
    said, plan = ("\n".join(describe_trace(trace_figure("acme", "A-001", run=run))) for run in ("r01", "r02"))
    assert "    engagement.xlsx, activities, row 2: activity motor; y1 120; Ann\n" in said
    assert "row 3" not in said
    assert "    engagement.xlsx, activities, row 2: activity motor; y1 120; Ann\n" in plan
    assert "which read these tables (rows): activities (2) and rules (1)." in plan
    assert "How it is made" in plan


def test_a_metric_is_told_as_its_run_read_it_and_its_facts_by_month(root: Path) -> None:
    """The catalogue says something else by now; which rows were added up is not kept, and that is said."""
    months = ([0, f"2026-{month:02d}", 100 + month, 7.5 * month] for month in range(5, 10))
    facts = held("facts/sales", *months, file="facts/sales.csv")
    told = (
        [0, "metrics[sold].type", "sum"],
        [0, "metrics[sold].measure.column", "amount"],
        [0, "metrics[other].type", "x"],
    )
    metrics = held("metrics", *told, file="metrics.yaml")
    about = {"id": "O-001", "key": "value/sold/company/all", "name": "Sold", "unit": "count", "pillar": "outcomes"}
    about |= {"value": 4, "low": None, "high": None, "n": None, "source": "facts/sales.csv"}
    publish(root, "r01", study(facts, metrics), about)
    said = "\n".join(describe_trace(trace_figure("acme", "O-001")))
    assert "Defined in metrics.yaml, as the run read it:" in said
    assert "    measure.column: amount\n" in said
    assert "type: x" not in said
    assert (
        "facts/sales.csv: 5 rows, and not kept which of them were added up; the last of its months: 2026-07 107" in said
    )
    assert "2026-09 109 rows, sum of amount 67.5." in said
    assert "2026-06" not in said
