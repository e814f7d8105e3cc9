"""A printed number leads back to files, rows and people, as far as its run tells, and no further."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from workbench import cli
from workbench.batch.publish import appear, open_staging, write_json
from workbench.batch.runs import MANIFEST_FORMAT, hash_files
from workbench.batch.tracing import describe_trace, trace_figure
from workbench.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "activities.csv": "activity,product_line,use,unit,current,maximum,family,said_by,said_on,status\n"
    "motor-run,motor,operate,teams,4,8,points,Head of Motor,2026-09-14,confirmed\n"
    "home-run,home,operate,teams,4,8,points,Head of Home,2026-09-15,contested\n",
    "metrics.yaml": "tables:\n  sales: {key: [month], kind: period, time: {column: month}}\nmetrics:\n"
    "- metric: sold\n  label: Sold\n  type: sum\n  measure: {from: sales, agg: sum, column: amount}\n",
    "facts/sales.csv": "month,product,amount\n2026-08-01,p,3\n",
    "survey.csv": "respondent,wave,role\nsecretkey1,2026-09,builder\n",
}


def figure(id: str, key: str, value: Any, source: str, **more: Any) -> dict[str, Any]:
    """Return a number as results.json holds it."""
    pillar = {"R": "readiness", "O": "outcomes", "A": "allocation", "S": "summary"}[id[0]]
    held = {"id": id, "key": key, "name": f"Name of {key}", "value": value, "unit": "count", "low": None, "high": None}
    return {**held, "n": None, "source": source, "pillar": pillar, **more}


def publish(root: Path, run: str, *figures: dict[str, Any], **more: Any) -> Path:
    """Publish a run of acme that read the files as they are now."""
    client = root / "client_data" / "acme"
    staging = open_staging("acme", root / "reports", run)
    inputs = [
        {"path": path.relative_to(client).as_posix(), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(client.rglob("*"))
        if path.is_file()
    ]
    said = {"engagement": "acme", "as_of": "2026-09-30", "currency": "EUR", "figures": list(figures)}
    write_json(staging.result / "results.json", said)
    manifest = {"format": MANIFEST_FORMAT, "engagement": "acme", "run": run, "only": "", "status": "done"}
    manifest |= {"finished": f"2026-10-{run[1:]}T06:00:00+00:00", "inputs": inputs, "notebooks": [], "versions": {}}
    manifest |= {"code_sha256": "c", **more}
    write_json(staging.result / "manifest.json", {**manifest, "files": hash_files(staging.result)})
    return appear(staging).resolve()


@pytest.fixture
def two(root: Path) -> Path:
    """Give acme some files and two runs."""
    for name, text in FILES.items():
        path = root / "client_data" / "acme" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    publish(root, "r01", figure("A-001", "value/motor", 4, "activities"))
    publish(
        root,
        "r02",
        figure("A-001", "value", 9, "A-002, activities"),
        figure("A-002", "value/motor", 5, "activities", low=4, high=6, n=12),
        figure("O-001", "value/sold/product/p", 3, "facts/sales.csv"),
        figure("O-002", "count/moved", 1, "metrics"),
        figure("R-001", "level/motor", None, "survey, wave 2026-09"),
    )
    return root


def told(id: str, **more: str) -> str:
    """Return what is printed about a number."""
    return "\n".join(describe_trace(trace_figure("acme", id, **more)))


def test_a_number_leads_to_the_rows_that_name_it_and_to_its_value_before(two: Path) -> None:
    """The row that names its line, who said it and when; not the other line's; before it had another id."""
    said = told("a-002")
    assert "A-002  Name of value/motor: 5 (between 4 and 6)" in said
    assert "Rests on 12" in said
    assert "activities.csv: as the run read it" in said
    assert "activities.csv, row 2: activity motor-run; product_line motor; use operate; unit teams; current 4; " in said
    assert "family points; smallest_move 0; Head of Motor, 2026-09-14, confirmed" in said
    assert "Head of Home" not in said
    assert "In the run before (r01): 4" in said
    assert "A-002  Name of value/motor: 5" in told("A-001"), "what its source names is shown with it"
    assert "In the run before (r01): not printed" in told("A-001")
    assert "No run before this one is kept." in told("value/motor", run="r01")


def test_a_metric_is_shown_as_it_is_defined(two: Path) -> None:
    """With file and line; which rows of facts were added up is not kept, and that is said."""
    said = told("O-001")
    assert "Defined in metrics.yaml, line 4" in said
    assert 'measure: {"from": "sales", "agg": "sum", "column": "amount"}' in said
    assert "facts/sales.csv: the run keeps the file's hash, not which of its rows were added up." in said
    assert "metrics: the catalogue as a whole" in told("O-002")


def test_a_table_that_nobody_gave_is_no_table_that_cannot_be_read(two: Path) -> None:
    """The sum over needs is the sum over none, and the folder is good: it is not sent to workbench check."""
    publish(two, "r03", figure("A-003", "today_money/motor", 4, "activities, needs"))
    said = told("A-003")
    assert "needs: the client gave none" in said
    assert "workbench check" not in said


def test_each_number_is_explained_without_the_one_before_it() -> None:
    """One explanation is printed alone: "the same today" would be the same as nothing."""
    text = (ROOT / "templates" / "report" / "figures.yaml").read_text(encoding="utf-8")
    assert not re.findall(r': "The same (?:\w+ )?(?:today|over|at|with|times|minus|amount|against)', text)


def test_no_row_of_a_file_that_has_changed_and_none_of_people_is_shown(two: Path) -> None:
    """They would be other rows than the run read; and answers stay with whoever gave them."""
    path = two / "client_data" / "acme" / "activities.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Head of Motor", "Somebody Else"), encoding="utf-8")
    (two / "client_data" / "acme" / "metrics.yaml").write_text("metrics: []\n", encoding="utf-8")
    said = told("A-002")
    assert "activities.csv: changed since" in said
    assert "no row of it is shown" in said
    assert "Somebody Else" not in said
    path.unlink()
    assert "activities.csv: gone" in told("A-002")
    assert "Defined in" not in told("O-001")
    said = told("R-001")
    assert "not shown" in said
    assert "not traced to rows" in said
    assert "secretkey1" not in said


def test_what_was_not_printed_is_said(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest number; nothing is computed, so a run's own files are enough."""
    with pytest.raises(UsageError, match=r"no number 'A-02'\. Did you mean 'A-002'"):
        trace_figure("acme", "A-02")
    with pytest.raises(UsageError, match="no run 'r3'"):
        trace_figure("acme", "A-002", run="r3")
    with pytest.raises(SystemExit) as ended:
        cli.main(["why", "acme", "A-002"])
    assert not ended.value.code
    assert "In the run before (r01): 4" in capsys.readouterr().out
    results = two / "reports" / "acme" / "runs" / "r02" / "results.json"
    results.write_text(json.dumps({"figures": 1}), encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        trace_figure("acme", "A-002")
