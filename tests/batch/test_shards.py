"""A list dealt to two machines and put together again is the night of one machine, wherever the clients lie."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import workers
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.night import merge_shards, run_batch
from workbench.batch.study import Study
from workbench.engagement.places import clients_folder, engagement_folder, list_engagements
from workbench.errors import UsageError

NAMES = ("acme", "borealis", "cobalt")
TIMES = frozenset({"seconds", "cpu_seconds", "peak_mb", "finished", "made", "batch", "slowest", "largest", "slow"})


@pytest.fixture
def elsewhere(root: Path, tmp_path: Path, study_of: Callable[[str], Study], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give three clients on another disk, behind a link, under a name with spaces and foreign letters.

    One of them lets the morning page show its bottom line; the notebook of another one stops.
    """
    share = tmp_path / "Mandanten – größte €, 客户"
    (root / "client_data").rename(share)
    (tmp_path / "link to share").symlink_to(share, target_is_directory=True)
    for name in NAMES:
        (share / name).mkdir(exist_ok=True)
        (share / name / "engagement.yaml").write_text(f"name: {name}\nas_of: 2026-09-30\n", encoding="utf-8")
    for path in (root / "notebooks").iterdir():
        if path.stem not in ("20_outcomes", "40_summary"):
            path.unlink()
    for name, then in (("20_outcomes", "1 / (engagement != 'cobalt')"), ("40_summary", "")):
        path = root / "notebooks" / f"{name}.ipynb"
        document = json.loads(path.read_text(encoding="utf-8"))
        telling = "".join(document["cells"][2]["source"]).replace(f'"{name[3:]} works."', "f'Secret of {engagement}.'")
        document["cells"][2]["source"] = f"{telling}\n{then}"
        path.write_text(json.dumps(document), encoding="utf-8")

    def prepare(name: str, root: Path | None = None) -> Study:
        held = study_of(name)
        shows = "yes" if name == "acme" else "no"
        return replace(held, settings=held.settings.model_copy(update={"morning_headline": shows}))

    monkeypatch.setattr("workbench.batch.study.prepare_study", prepare)
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(tmp_path / "link to share"))
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path / "Berichte für alle"))
    return root


def steady(held: Any) -> Any:
    """Return plain values without what differs from run to run: moments, measures, names of runs, where reports lie."""
    if isinstance(held, dict):
        return {name: steady(value) for name, value in held.items() if name not in TIMES}
    if isinstance(held, list | tuple):
        return [steady(value) for value in held]
    return re.sub(r"^.*/(?=\w+/(latest|failed))|[0-9]{8}-[0-9]{6}-\w+", "", held) if isinstance(held, str) else held


def recorded(reports: Path) -> Any:
    """Return the last batch of the whole list, and its page."""
    with Ledger(reports / LEDGER) as ledger:
        held = ledger.last_batch()
    assert held is not None
    page = json.loads((reports / "batch.json").read_text(encoding="utf-8"))
    return steady({name: held[name] for name in ("engagements", "results", "list_hash", "shard")}), steady(page)


def test_two_shards_put_together_are_one_machines_night(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record, the morning page and each report, made by real notebooks of clients outside the repository."""
    reports = tmp_path / "Berichte für alle"
    parts = [run_batch(jobs=2, shard=f"{number}/2") for number in (1, 2)]
    assert sorted(held.engagement for part in parts for held in part.engagements) == list(NAMES)
    whole = merge_shards()
    assert [(held.engagement, held.status) for held in whole.engagements] == [
        ("acme", "done"),
        ("borealis", "done"),
        ("cobalt", "failed"),
    ]
    together = recorded(reports)
    page = (reports / "index.html").read_text(encoding="utf-8")
    assert all(name in page for name in NAMES)
    assert "Secret of acme." in page, "its settings permit it"
    shared = [path for path in reports.rglob("*") if path.is_file() and path.parts[len(reports.parts)] not in NAMES]
    assert [path.name for path in shared if b"Secret of borealis" in path.read_bytes()] == []
    assert len(shared) > 6

    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path / "alone"))
    run_batch(jobs=2)
    assert recorded(tmp_path / "alone") == together
    for name in ("acme", "borealis"):
        one, other = (folder / name / "latest" for folder in (reports, tmp_path / "alone"))
        for file in ("results.json", "report.html", "notebooks/20_outcomes.ipynb"):
            assert (one / file).read_bytes() == (other / file).read_bytes(), (name, file)


def test_a_folder_of_clients_may_be_a_link_and_one_client_may_not(elsewhere: Path, tmp_path: Path) -> None:
    """The place of all clients is the machine's own choice; a link among them would lead to another's files."""
    share = tmp_path / "Mandanten – größte €, 客户"
    assert clients_folder() == share
    assert list_engagements() == NAMES
    assert engagement_folder("acme") == share / "acme"
    (share / "dune").symlink_to(share / "acme", target_is_directory=True)
    with pytest.raises(UsageError, match="is a link that leads out of the clients' folder"):
        engagement_folder("dune")
