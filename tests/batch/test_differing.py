"""Two runs side by side: a number that moved is listed with what moved of its own sources, and with nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from workbench import cli
from workbench.batch.differing import Cause, compare_runs, describe_difference
from workbench.batch.publish import appear, open_staging, write_json
from workbench.batch.runs import MANIFEST_FORMAT, hash_files
from workbench.errors import UsageError


def figure(id: str, key: str, value: Any, source: str, **more: Any) -> dict[str, Any]:
    """Return a number as results.json holds it."""
    pillar = {"O": "outcomes", "A": "allocation", "S": "summary"}[id[0]]
    held = {"id": id, "key": key, "name": f"Name of {key}", "value": value, "unit": "count", "low": None, "high": None}
    return {**held, "n": None, "source": source, "pillar": pillar, **more}


def publish(root: Path, run: str, files: dict[str, str], *figures: dict[str, Any], **more: Any) -> None:
    """Publish a run of acme that read these files."""
    staging = open_staging("acme", root / "reports", run)
    inputs = [{"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest()} for path, text in files.items()]
    said = {"engagement": "acme", "as_of": "2026-09-30", "currency": "EUR", "figures": list(figures)}
    write_json(staging.result / "results.json", said)
    manifest = {"format": MANIFEST_FORMAT, "engagement": "acme", "run": run, "only": "", "status": "done"}
    manifest |= {"finished": f"2026-10-{run[1:]}T06:00:00+00:00", "inputs": inputs, "code_sha256": "c"}
    manifest |= {"notebooks": [], "versions": {"numpy": "2.3"}, **more}
    write_json(staging.result / "manifest.json", {**manifest, "files": hash_files(staging.result)})
    appear(staging)


@pytest.fixture
def two(root: Path) -> Path:
    """Give two runs between which a rule, a table, a parameter and a package moved."""
    before = {"activities.csv": "a", "rules.csv": "a", "facts/sales.csv": "a", "gone.csv": "a"}
    after = {"activities.csv": "b", "rules.csv": "b", "facts/sales.csv": "a"}
    book = {"notebook": "30_allocation", "sha256": "n"}
    publish(
        *(root, "r01", before),
        figure("S-001", "answer", 1, "A-001"),
        figure("A-001", "plan", 1, "rules"),
        figure("A-002", "old", 2, "rules"),
        figure("O-001", "sold", 3, "facts/sales.csv"),
        figure("O-002", "sure", 3, "facts/sales.csv", low=1, high=5),
        notebooks=[{**book, "parameters": {"scenario": {"value": "base", "origin": "default"}}}],
        answers=["Motor grows.", "Home stays."],
    )
    publish(
        *(root, "r02", after),
        figure("S-001", "answer", 2, "A-003"),
        figure("A-001", "first", 7, "activities"),
        figure("A-003", "plan", 2, "rules"),
        figure("O-001", "sold", 3, "facts/sales.csv"),
        figure("O-002", "sure", 3, "facts/sales.csv", low=2, high=4),
        notebooks=[{**book, "parameters": {"scenario": {"value": "growth", "origin": "-p"}}}],
        answers=["Motor grows.", "Home closes."],
        versions={"numpy": "2.4"},
    )
    return root


def test_what_moved_stands_with_the_files_that_its_source_names(two: Path) -> None:
    """Also through other numbers; by what it means and not by its id; a number whose file stayed names none."""
    held = compare_runs("acme", "r01", "r02")
    assert held.n_same == 1
    assert {
        (one.after or one.before or {})["key"]: (
            one.before and one.before["id"],
            one.after and one.after["id"],
            one.files,
        )
        for one in held.moved
    } == {
        "answer": ("S-001", "S-001", ("rules.csv",)),
        "plan": ("A-001", "A-003", ("rules.csv",)),
        "first": (None, "A-001", ("activities.csv",)),
        "old": ("A-002", None, ("rules.csv",)),
        "sure": ("O-002", "O-002", ()),
    }
    assert set(held.causes) == {
        Cause("file", "activities.csv", "changed"),
        Cause("file", "rules.csv", "changed"),
        Cause("file", "gone.csv", "gone"),
        Cause("parameter", "30_allocation, scenario", "base → growth"),
        Cause("version", "numpy", "2.3 → 2.4"),
    }


def test_another_month_under_the_same_number_is_told(root: Path) -> None:
    """Next month's report has October where September stood: that is no September that moved."""
    publish(root, "r01", {}, figure("O-001", "latest", 7, "facts/sales.csv", name="Sold, September 2026"))
    publish(root, "r02", {}, figure("O-001", "latest", 6, "facts/sales.csv", name="Sold, October 2026"))
    told = describe_difference(compare_runs("acme", "r01", "r02"))
    assert "  O-001  Sold, October 2026 (before it was Sold, September 2026): 7 → 6" in told


def test_the_headline_is_told_first_and_what_is_not_known_is_said(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bottom line as it was and is; a run holds no rows."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", "acme", "r01", "r02"])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "Numbers: 1 equal, 5 not." in shown
    assert "  no longer: Home stays.\n  now: Home closes.\n" in shown
    assert "S-001  Name of answer: 1 → 2\n    speaks of rules.csv\n" in shown
    assert shown.index("Headline: 1 moved") < shown.index("Chapter allocation: 1 moved, 1 new, 1 gone")
    assert "Name of sure: 3 (between 1 and 5) → 3 (between 2 and 4)" in shown
    assert "which cells changed is not known" in shown


def test_runs_that_are_equal_say_so_and_unknown_ones_are_refused(two: Path) -> None:
    """A run beside itself; a name with a slip."""
    said = "\n".join(describe_difference(compare_runs("acme", "r02", "r02")))
    assert "Numbers: 5 equal, 0 not." in said
    assert "The bottom line is the same." in said
    assert "All that the runs keep of how they were made is equal." in said
    with pytest.raises(UsageError, match="Did you mean"):
        compare_runs("acme", "r01", "r022")
