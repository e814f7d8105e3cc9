"""What was made of the same is not made again: per notebook, whole, checked, and never across clients."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.batch.cache import CACHE, KEPT, Sealed, find_sealed, seal
from workbench.batch.keys import Ground, engagement_key, hash_environment, is_asked, job_key, read_ground
from workbench.batch.plan import make_plan
from workbench.batch.results import EngagementResult
from workbench.batch.run import run_engagement
from workbench.batch.study import Study
from workbench.batch.workers import Workers
from workbench.engagement.tables import InputFile

Replace = Callable[[str, str], Path]
Put = Callable[[str, Path], Path]
GROUND = Ground("code", "environment")


@pytest.fixture(autouse=True)
def still_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs stand on one ground: whoever edits the package while tests run makes every notebook run again."""
    monkeypatch.setattr("workbench.batch.run.read_ground", lambda root: GROUND)


def went(result: EngagementResult) -> dict[str, str]:
    """Return the status of each notebook."""
    assert result.is_done, result.message
    return {job.notebook: job.status for job in result.jobs}


def test_only_what_changed_runs_again(root: Path, workers: Workers, replace_master: Replace) -> None:
    """Nothing changed: nothing runs, the report is the same; one notebook changed: it alone runs."""
    first = run_engagement("acme", workers=workers, fresh=False)
    assert set(went(first).values()) == {"done"}
    latest = root / "reports" / "acme" / "latest"
    page, executed = (latest / "report.html").read_bytes(), (latest / "notebooks" / "10_readiness.ipynb").read_bytes()
    again = run_engagement("acme", workers=workers, fresh=False)
    assert set(went(again).values()) == {"unchanged"}
    assert (latest / "report.html").read_bytes() == page
    assert (latest / "notebooks" / "10_readiness.ipynb").read_bytes() == executed
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    assert {held["status"] for held in manifest["notebooks"]} == {"unchanged"}

    replace_master("20_outcomes", "surroundings")
    changed = went(run_engagement("acme", workers=workers, fresh=False))
    ran = [name for name, status in changed.items() if status == "done"]
    assert ran == ["20_outcomes"], "its chapter says the same, so the summary stands"
    assert set(went(run_engagement("acme", workers=workers)).values()) == {"done"}, "asked for afresh, all run"


def test_a_run_that_stopped_goes_on_where_it_was(root: Path, workers: Workers, replace_master: Replace) -> None:
    """What was finished before the failure is there; what failed was never kept."""
    good = (root / "notebooks" / "20_outcomes.ipynb").read_bytes()
    replace_master("20_outcomes", "raising")
    assert not run_engagement("acme", workers=workers, fresh=False).is_done
    (root / "notebooks" / "20_outcomes.ipynb").write_bytes(good)
    found = went(run_engagement("acme", workers=workers, fresh=False))
    assert found == {
        "10_readiness": "unchanged",
        "20_outcomes": "done",
        "30_allocation": "unchanged",
        "40_summary": "done",
    }


@pytest.mark.usefixtures("root")
def test_a_parameter_is_part_of_the_key(workers: Workers) -> None:
    """Another value runs; the one before is still known."""
    run_engagement("acme", workers=workers, fresh=False)
    other = went(run_engagement("acme", overrides=["sure=0.7"], workers=workers, fresh=False))
    assert other["10_readiness"] == "done"
    assert other["20_outcomes"] == "unchanged"
    assert set(went(run_engagement("acme", workers=workers, fresh=False)).values()) == {"unchanged"}


def test_what_a_run_shows_of_people_is_no_reason_to_compute_the_rest_again(
    root: Path, client: Path, workers: Workers, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness is held to it, and so may be a notebook of the client's own; the others never ask for it."""
    put("ok", client / "notebooks" / "55_pricing.ipynb")
    put("ok", client / "notebooks" / "30_allocation.ipynb")
    run_engagement("acme", workers=workers, fresh=False)
    monkeypatch.setattr("workbench.batch.cache.publications.published_contents", lambda *_: frozenset({"other"}))
    found = went(run_engagement("acme", workers=workers, fresh=False))
    assert [name for name, status in found.items() if status == "done"] == [
        "10_readiness",
        "30_allocation",
        "55_pricing",
    ]


def test_a_damaged_entry_is_no_entry(tmp_path: Path) -> None:
    """Any byte of any of its files changed or missing at the end, or a file gone: nothing is taken from it."""
    sealed = Sealed({"readiness.chapter.json": b'{"pillar": 1}', "x.published.json": b"{}"}, b"notebook")
    seal(tmp_path, "10_readiness", "key", sealed, shown=frozenset({"a"}), own=frozenset({"b"}))

    def find() -> Sealed | None:
        return find_sealed(tmp_path, "10_readiness", "key", frozenset({"a"}))

    files = list((tmp_path / CACHE / "10_readiness" / "key").iterdir())
    assert len(files) == 4
    for path in files:
        good = path.read_bytes()
        for place, byte in enumerate(good):
            for bad in (good[:place] + bytes([byte ^ 1]) + good[place + 1 :], good[:place]):
                path.write_bytes(bad)
                assert find() is None, (path.name, bad)
        path.unlink()
        assert find() is None
        path.write_bytes(good)
        assert find() == sealed


def test_the_notebook_of_a_damaged_entry_runs(root: Path, workers: Workers) -> None:
    """It alone; and what it leaves is a whole entry again, in the damaged one's place."""
    run_engagement("acme", workers=workers, fresh=False)
    home = root / "reports" / "acme" / CACHE / "10_readiness"
    (entry,) = home.iterdir()
    chapter = entry / "readiness.chapter.json"
    good = chapter.read_bytes()
    chapter.write_bytes(good[:-20])
    found = went(run_engagement("acme", workers=workers, fresh=False))
    assert (found["10_readiness"], found["20_outcomes"]) == ("done", "unchanged"), [
        (path.name, len(path.read_bytes()), len(good)) for path in home.rglob("*.json")
    ]
    assert chapter.read_bytes() == good
    assert set(went(run_engagement("acme", workers=workers, fresh=False)).values()) == {"unchanged"}


@pytest.mark.usefixtures("root")
def test_rows_in_databases_are_never_taken_from_before(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, study_of: Callable[[str], Study]
) -> None:
    """Who may have asked a database runs again, and the engagement has no key."""
    monkeypatch.setattr(
        "workbench.batch.study.prepare_study", lambda name, root=None: replace(study_of(name), variables=("DWH",))
    )
    run_engagement("acme", workers=workers, fresh=False)
    again = run_engagement("acme", workers=workers, fresh=False)
    assert went(again)["20_outcomes"] == "done"
    assert went(again)["10_readiness"] == "unchanged"
    assert json.loads((Path(again.folder) / "manifest.json").read_text(encoding="utf-8"))["key"] == ""


def test_the_same_files_of_another_client_are_another_key(root: Path) -> None:
    """Names are part of every key, and entries lie in the client's own folder."""
    shutil.copytree(root / "client_data" / "acme", root / "client_data" / "zenith")
    plans = [make_plan(name, root=root) for name in ("acme", "zenith")]
    assert len({engagement_key(plan, GROUND) for plan in plans}) == 2


def test_the_key_of_an_engagement_knows_every_byte(root: Path, client: Path, put: Put) -> None:
    """A file, a notebook, a parameter, the code or the environment: another key; a hidden file or a time: the same."""

    def key(ground: Ground = GROUND, **options: object) -> str:
        return engagement_key(make_plan("acme", root=root, **options), ground)  # type: ignore[arg-type]

    seen = [key()]
    (client / "engagement.yaml").touch()
    (client / ".DS_Store").write_text("x", encoding="utf-8")
    (client / "~$engagement.xlsx").write_text("x", encoding="utf-8")
    assert key() == seen[0]
    seen.append(key(Ground("other", "environment")))
    seen.append(key(Ground("code", "other")))
    seen.append(key(overrides={"confidence": 0.8}))
    seen.append(key(only="readiness"))
    (client / "rules.csv").write_text("rule,text\n", encoding="utf-8")
    seen.append(key())
    put("surroundings", client / "notebooks" / "55_pricing.ipynb")
    seen.append(key())
    assert len(set(seen)) == len(seen)
    assert read_ground(root) == read_ground(root)


def test_what_is_installed_while_a_batch_runs_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installing, replacing and removing a distribution changes the environment, removing brings the old one back."""
    monkeypatch.syspath_prepend(tmp_path)
    seen = [hash_environment()]
    for version in ("1.0", "2.0"):
        shutil.rmtree(tmp_path / "addition-1.0.dist-info", ignore_errors=True)
        put = tmp_path / f"addition-{version}.dist-info"
        put.mkdir()
        (put / "METADATA").write_text(f"Metadata-Version: 2.1\nName: addition\nVersion: {version}\n", encoding="utf-8")
        os.utime(tmp_path, ns=(0, len(seen)))  # whatever the clock of files can tell apart
        seen.append(hash_environment())
    shutil.rmtree(put)
    os.utime(tmp_path, ns=(0, len(seen)))
    assert len(set(seen)) == 3
    assert hash_environment() == seen[0]


def test_a_notebook_hangs_on_the_tables_that_it_asked_for(root: Path, study_of: Callable[[str], Study]) -> None:
    """The survey changes readiness and the summary alone, settings change all, the consultant's words none."""
    plan = make_plan("acme", root=root)
    asked = {
        "readiness": frozenset({"survey", "waves"}),
        "outcomes": frozenset({"facts:*", "document:metrics"}),
        "allocation": frozenset({"rules", "document:scenarios", "closing"}),
    }

    def keys(**hashes: str) -> list[str]:
        names = {"survey.csv": "a", "rules.csv": "a", "facts/claims.parquet": "a", "engagement.yaml": "a"}
        files = tuple(InputFile(path, 1, sha) for path, sha in {**names, **hashes}.items())
        study = replace(study_of("acme"), files=files, asked=asked, data_hash=str(sorted(hashes.items())))
        given = {"other.chapter.json": f'{{"data_hash": "{study.data_hash}"}}'.encode()}
        return [job_key(job, plan, GROUND, study, given) for job in plan.jobs]

    def changed(**hashes: str) -> list[str]:
        pairs = zip(plan.jobs, keys(), keys(**hashes), strict=True)
        return [job.notebook.pillar for job, before, after in pairs if before != after]

    assert changed(**{"survey.csv": "b"}) == ["readiness", "summary"]
    assert changed(**{"facts/new.csv": "b"}) == ["outcomes", "summary"]
    assert changed(**{"scenarios/growth.yaml": "b"}) == ["allocation", "summary"]
    assert changed(**{"closing.csv": "b"}) == ["allocation", "summary"], "a table that was missed is there now"
    assert changed(**{"engagement.yaml": "b"}) == ["readiness", "outcomes", "allocation", "summary"]
    assert changed(**{"engagement.xlsx": "b"}) == ["readiness", "outcomes", "allocation", "summary"]
    assert changed(**{"commentary.csv": "b"}) == []
    book = InputFile("engagement.xlsx", 1, "a", "of all sheets but one")
    study = replace(study_of("acme"), files=(book,), asked=asked)
    for other, is_same in ((replace(book, sha256="b"), True), (replace(book, read="b"), False)):
        pair = (study, replace(study, files=(other,)))
        before, after = ([job_key(job, plan, GROUND, one, {}) for job in plan.jobs] for one in pair)
        assert (before == after) is is_same
    assert is_asked("aliases.csv", None)


def test_what_binds_now_must_be_what_was_known_then(tmp_path: Path) -> None:
    """With or without what the entry itself made public; anything else, and the guard has to look again."""
    sealed = Sealed({"readiness.chapter.json": b"{}"}, b"notebook")
    seal(tmp_path, "10_readiness", "key", sealed, shown=frozenset({"a"}), own=frozenset({"b"}))
    assert find_sealed(tmp_path, "10_readiness", "key", frozenset({"a"})) == sealed
    assert find_sealed(tmp_path, "10_readiness", "key", frozenset({"a", "b"})) == sealed
    for shown in (frozenset[str](), frozenset({"b"}), frozenset({"a", "c"}), frozenset({"a", "b", "c"})):
        assert find_sealed(tmp_path, "10_readiness", "key", shown) is None
    assert find_sealed(tmp_path, "10_readiness", "other", frozenset({"a"})) is None
    assert find_sealed(tmp_path, "20_outcomes", "key", frozenset({"a"})) is None


def test_few_entries_are_kept_and_no_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay; a full disk keeps nothing and stops nothing; what a killed run began is removed."""
    sealed = Sealed({"readiness.chapter.json": b"{}"}, b"notebook")

    def put(key: str) -> None:
        seal(tmp_path, "10_readiness", key, sealed, shown=frozenset(), own=frozenset())

    base = tmp_path / CACHE / "10_readiness"
    (base / ".part-left").mkdir(parents=True)
    for number in range(KEPT + 3):
        put(f"key-{number}")
        (base / f"key-{number}").touch()
    assert sorted(path.name for path in base.iterdir()) == [f"key-{number}" for number in range(3, KEPT + 3)]
    assert (tmp_path / CACHE).stat().st_mode & 0o077 == 0

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    put("too-late")
    assert find_sealed(tmp_path, "10_readiness", "too-late", frozenset()) is None
    assert not list(base.glob(".part-*"))
