"""What a run published binds the next one: written before it appears, never lost, never shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from workbench import cli, readiness
from workbench.batch.admission import Admission
from workbench.batch.publish import appear, open_staging
from workbench.batch.run import run_engagement
from workbench.batch.workers import Workers
from workbench.engagement.load import load_engagement
from workbench.engagement.publications import (
    SUFFIX,
    Entry,
    list_publications,
    note_content,
    published,
    read_elsewhere,
    read_published,
    withdraw,
    write_note,
)
from workbench.errors import LedgerError, ReportError, UsageError
from workbench.readiness import Readiness
from workbench.readiness.anonymity import PROTECTED
from workbench.readiness.ledger import HEAD, Publication, record
from workbench.readiness.scores import DIMENSION, ITEM, LINE
from workbench.report.story import new_chapter, save_chapter

Put = Callable[[str, Path], Path]
MODEL = Path(__file__).resolve().parents[2] / "templates" / "instruments" / "project-to-product.yaml"
ITEMS = ("a", "b", "c")
LINES = {"x": 8, "y": 29, "z": 12}
LATE = 7
"""Place of the eighth sheet of line x."""


def key_of(line: str, place: int) -> str:
    """Return a respondent's key, easy to look for."""
    return f"{line}{place:02d}feedfacec0de0"[:16]


def instrument() -> dict[str, Any]:
    """Return two dimensions of three items."""
    document = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    return {
        "name": "small",
        "version": 1,
        "scale": {"values": [1, 2, 3, 4, 5]},
        "roles": [{"id": "builder", "name": "builder"}],
        "answer_sets": document["answer_sets"],
        "groups": [{"id": "d", "name": "First"}, {"id": "e", "name": "Second"}],
        "items": [
            {"id": name, "group": "d" if name < "c" else "e", "statement": f"It is {name}", "roles": ["builder"]}
            for name in ITEMS
        ],
    }


def sheets(wave: str, *, seed: int, left_out: Iterable[str] = (), change: str = "") -> list[str]:
    """Return the survey's rows; `change` names a respondent whose answers differ."""
    rng = np.random.default_rng(seed)
    rows = []
    for line, count in LINES.items():
        for place in range(count):
            key, levels = key_of(line, place), rng.integers(2, 5, len(ITEMS))
            if key not in left_out:
                shown = (levels + (key == change)).tolist()
                rows.append(",".join([key, wave, "builder", line, *map(str, shown)]))
    return rows


def survey(client: Path, *rows: Sequence[str]) -> None:
    """Write the client's survey."""
    head = ",".join(["respondent", "wave", "role", "product_line", *ITEMS])
    (client / "survey.csv").write_text("\n".join([head, *(row for held in rows for row in held)]) + "\n", "utf-8")


@pytest.fixture
def surveyed(client: Path) -> Path:
    """Give a client with three lines and a closed wave in which line x has eight sheets."""
    (client / "engagement.yaml").write_text("name: Acme\nas_of: 2026-09-30\ninstrument: small\n", encoding="utf-8")
    (client / "instruments").mkdir()
    (client / "instruments" / "small.yaml").write_text(yaml.safe_dump(instrument()), encoding="utf-8")
    (client / "lines.csv").write_text("product_line,name\nx,X\ny,Y\nz,Z\n", encoding="utf-8")
    (client / "waves.csv").write_text("wave,date\nw1,2026-03-01\n", encoding="utf-8")
    survey(client, sheets("w1", seed=1))
    return client


def assessed() -> Readiness:
    """Return what the client's folder and its ledger say."""
    result = readiness.assess(load_engagement("acme").readiness)
    assert isinstance(result, Readiness)
    return result


def publish(root: Path, run: str) -> Readiness:
    """Publish what a notebook would, without a kernel."""
    study = load_engagement("acme", root=root)
    result = readiness.assess(study.readiness)
    assert isinstance(result, Readiness)
    chapter = new_chapter("readiness", study, result)
    staging = open_staging("acme", root / "reports", run)
    save_chapter(chapter, staging.chapters)
    note = (staging.chapters / f"readiness{SUFFIX}").read_bytes()
    with published(staging.home, [note], run=run, audience="board"):
        appear(staging)
    return result


def hidden(result: Readiness, line: str) -> set[str]:
    """Return why dimensions of a line are hidden, blank for one that is not."""
    return {held.hidden for key, held in result.scores.scores.items() if key[:3] == (DIMENSION, LINE, line)}


def note_of(people: Iterable[str], *, wave: str = "w1", after: Iterable[str] = ()) -> bytes:
    """Return the note of a publication that shows how many answered."""
    whole = (HEAD, wave, "", (HEAD, "organisation", "", ""))
    return record(Publication("", "", wave, {whole: frozenset(people)}, {}), after).encode()


def put_run(home: Path, run: str, note: bytes) -> tuple[str, ...]:
    """Let a run appear; return the earlier ones that it was held to."""
    with published(home, [note], run=run) as others:
        (home / "runs" / run).mkdir(parents=True)
    return others


def test_a_late_sheet_is_hidden_beside_an_earlier_run_until_that_is_withdrawn(root: Path, surveyed: Path) -> None:
    """Seven people of a line were shown; with the eighth, the difference would be one person."""
    survey(surveyed, sheets("w1", seed=1, left_out={key_of("x", LATE)}))
    first = publish(root, "first")
    assert hidden(first, "x") == {""}
    survey(surveyed, sheets("w1", seed=1))
    second = publish(root, "second")
    assert hidden(second, "x") == {PROTECTED}
    part = next(part for part in second.lines if part.id == "x")
    assert second.scores.heads[part].people is None
    assert hidden(second, "y") == {""}  # nobody of theirs is new
    left = withdraw("acme", ["first"])
    assert left == ()
    third = assessed()
    assert hidden(third, "x") == {""}
    assert third.scores.heads[part].people == 8
    assert [(held.run, bool(held.withdrawn)) for held in list_publications("acme")] == [
        ("first", True),
        ("second", False),
    ]


def test_the_same_data_again_change_nothing_and_are_kept_once(root: Path, surveyed: Path) -> None:
    """Not the result, not the hash of the client's files, not the size of the ledger."""
    before = load_engagement("acme").data_hash
    results = [publish(root, f"run-{place}") for place in range(3)]
    assert results[0].scores.scores == results[1].scores.scores == results[2].scores.scores
    assert readiness.figures(results[0]) == readiness.figures(results[2])
    assert load_engagement("acme").data_hash == before
    assert len(read_published("acme")) == 1
    assert len(list((root / "reports" / "acme" / "publications" / "content").iterdir())) == 1
    assert len(list_publications("acme")) == 3


def test_what_was_hidden_stays_hidden_in_the_same_way(root: Path, surveyed: Path) -> None:
    """A run that was held to another one adds itself once; the next shows and writes the same."""
    survey(surveyed, sheets("w1", seed=1, left_out={key_of("x", LATE)}))
    publish(root, "first")
    survey(surveyed, sheets("w1", seed=1))
    second, third = publish(root, "second"), publish(root, "third")
    assert second.scores.scores == third.scores.scores
    assert len(list((root / "reports" / "acme" / "publications" / "content").iterdir())) == 2


def test_a_changed_answer_is_another_answer(root: Path, surveyed: Path) -> None:
    """Its levels before and after differ by one person's answer, so the new ones are hidden."""
    publish(root, "first")
    survey(surveyed, sheets("w1", seed=1, change=key_of("z", 3)))
    result = assessed()
    assert hidden(result, "z") == {PROTECTED}
    assert hidden(result, "y") == {""}
    withdraw("acme", ["first"])
    assert hidden(assessed(), "z") == {""}


def test_an_earlier_wave_stays_as_it_was_published(root: Path, surveyed: Path) -> None:
    """The next wave leaves it alone; a sheet that comes late into it is not told by the difference."""
    survey(surveyed, sheets("w1", seed=1, left_out={key_of("x", LATE)}))
    first = publish(root, "first")
    (surveyed / "waves.csv").write_text("wave,date\nw1,2026-03-01\nw2,2026-09-01\n", encoding="utf-8")
    part = next(part for part in first.lines if part.id == "x")
    same, late = key_of("x", LATE), ""
    found = []
    for left_out in (same, late):
        survey(surveyed, *(sheets(wave, seed=1, left_out={left_out}) for wave in ("w1", "w2")))
        found.append(assessed().earlier[0].level(part, "d"))
    withdraw("acme", ["first"])
    found.append(assessed().earlier[0].level(part, "d"))
    assert found[0].level == first.scores.get(DIMENSION, part, "d").level
    assert [held.hidden for held in found] == ["", PROTECTED, ""]


def test_waves_published_in_turn_say_the_same_again(root: Path, surveyed: Path) -> None:
    """The second wave hangs on what the first one published; run again, it adds nothing."""
    publish(root, "first")
    (surveyed / "waves.csv").write_text("wave,date\nw1,2026-03-01\nw2,2026-09-01\n", encoding="utf-8")
    survey(surveyed, sheets("w1", seed=1), sheets("w2", seed=2))
    second, third = publish(root, "second"), publish(root, "third")
    assert second.scores.scores == third.scores.scores
    assert second.changes == third.changes
    assert [dict(held.levels) for held in second.earlier] == [dict(held.levels) for held in third.earlier]
    assert {held.hidden for held in second.earlier[0].levels.values()} == {""}
    (_, held) = read_published("acme")
    assert {term.wave for terms in held.levels.values() for term in terms} == {"w1", "w2"}


def test_only_what_stands_on_the_page_is_noted(root: Path, surveyed: Path) -> None:
    """Every level that is shown, and no other; whose it is; no answer."""
    result = publish(root, "first")
    (held,) = read_published("acme")
    shown = {key for key, one in result.scores.scores.items() if one.level is not None}
    assert {key for key in held.levels if key[0] in (DIMENSION, ITEM)} == {
        key for key in shown if key[0] in (DIMENSION, ITEM)
    }
    assert held.people == 49
    assert all(term.answers is None for terms in held.levels.values() for term in terms)


def test_a_draft_publishes_nothing(root: Path, surveyed: Path) -> None:
    """The lab's chapters and those of a notebook that is run by hand."""
    study = load_engagement("acme")
    chapter = new_chapter("readiness", study, readiness.assess(study.readiness))
    save_chapter(chapter)
    assert [path.name for path in (root / "reports" / "_draft" / "acme").iterdir()] == ["readiness.chapter.json"]
    assert chapter.record
    assert chapter.record not in json.dumps(chapter.to_dict())
    assert key_of("x", 0) not in json.dumps(chapter.to_dict()) + repr(chapter)
    assert list_publications("acme") == ()


def test_the_ledger_is_its_owners_alone(root: Path, surveyed: Path) -> None:
    """Folders 0700, files 0600, whatever the umask; so is the note beside a chapter."""
    publish(root, "first")
    folder = root / "reports" / "acme" / "publications"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    write_note(root / f"a{SUFFIX}", "{}")
    assert stat.S_IMODE((root / f"a{SUFFIX}").stat().st_mode) == 0o600


@pytest.mark.parametrize(("moment", "binds"), [("before", False), ("after", True)])
def test_a_killed_run_binds_only_if_it_appeared(root: Path, client: Path, moment: str, binds: bool) -> None:
    """Killed without a chance to tidy up, on either side of the step in which it appears; the next run settles it."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    (root / "note").write_bytes(note_of(["k1"]))
    code = (
        "import os, pathlib\n"
        "from workbench.engagement.publications import published\n"
        "home = pathlib.Path('reports/acme')\n"
        "with published(home, [pathlib.Path('note').read_bytes()], run='dead'):\n"
        f"    (home / 'runs' / 'dead').mkdir(parents=True) if {moment == 'after'} else None\n"
        "    os._exit(9)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)  # noqa: S603 - our own words
    assert ran.returncode == 9
    assert (home / "publications" / "dead.json").is_file()
    assert [held.id for held in read_published("acme")] == (["dead"] if binds else [])
    put_run(home, "next", note_of(["k2"], after=["dead"]))
    assert [entry.run for entry in list_publications("acme")] == [*(["dead"] if binds else []), "next"]
    assert (home / "publications" / "dead.json").exists() == binds
    assert len(list((home / "publications" / "content").iterdir())) == 1 + binds


def test_a_run_that_fails_to_appear_leaves_no_record(root: Path, client: Path) -> None:
    """Neither entry nor content."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    with pytest.raises(OSError, match="full"), published(home, [note_of(["k1"])], run="dead"):
        raise OSError("the disk is full")
    assert not list((home / "publications").rglob("*.json"))


def test_what_was_published_binds_when_its_run_was_cleared_away(root: Path, client: Path) -> None:
    """To delete a report recalls no copy of it."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    put_run(home, "gone", note_of(["k1"]))
    (home / "runs" / "gone").rmdir()
    assert [held.id for held in read_published("acme")] == ["gone"]


def test_where_links_are_missing_the_latest_run_is_found_nevertheless(root: Path, client: Path) -> None:
    """There it stands in the folder itself."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    with published(home, [note_of(["k1"])], run="swapped"):
        (home / "latest").mkdir()
        (home / "latest" / "manifest.json").write_text('{"run": "swapped"}', encoding="utf-8")
    assert [held.id for held in read_published("acme")] == ["swapped"]


def test_runs_that_do_not_know_of_each_other_are_not_both_published(root: Path, client: Path) -> None:
    """Each alone is safe; together they may not be. The same content is no trouble."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    put_run(home, "first", note_of(["k1"]))
    with pytest.raises(ReportError, match=r"The run first was published while this one ran.*Run it again"):
        put_run(home, "second", note_of(["k1", "k2"]))
    assert [entry.run for entry in list_publications("acme")] == ["first"]
    assert put_run(home, "same", note_of(["k1"])) == ()
    assert put_run(home, "second", note_of(["k1", "k2"], after=["first"])) == ("first", "same")
    put_run(home, "third", note_of(["k1", "k3"], after=["same", "second"]))
    assert [len(held.counts) for held in read_published("acme")] == [1, 1, 1]


def _empty(folder: Path) -> None:
    (folder / "first.json").write_bytes(b"")


def _foreign(folder: Path) -> None:
    path = folder / "first.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"acme"', '"other"'), encoding="utf-8")


def _newer(folder: Path) -> None:
    path = folder / "first.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 99'), encoding="utf-8")


def _touched(folder: Path) -> None:
    (path,) = (folder / "content").iterdir()
    path.write_bytes(path.read_bytes().replace(b"k1", b"k9"))


def _lost(folder: Path) -> None:
    (path,) = (folder / "content").iterdir()
    path.unlink()


@pytest.mark.parametrize("harm", [_empty, _foreign, _newer, _touched, _lost])
def test_a_ledger_that_cannot_be_read_stops_everything_in_one_sentence(
    root: Path, surveyed: Path, harm: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not known cannot be guarded against; the message says which run, and what to do."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    put_run(home, "first", note_of(["k1"]))
    harm(home / "publications")
    with pytest.raises(LedgerError, match=r"(?s)run first published.*workbench publications acme --withdraw first"):
        load_engagement("acme")
    with pytest.raises(SystemExit) as caught:
        cli.main(["check", "acme"])
    assert caught.value.code == 1
    assert "Traceback" not in capsys.readouterr().err
    with pytest.raises(LedgerError):
        put_run(home, "second", note_of(["k2"])) if harm in (_empty, _foreign, _newer) else read_published("acme")
    withdraw("acme", ["first"])
    assert load_engagement("acme").readiness.published == ()


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(root: Path, surveyed: Path) -> None:
    """A colleague's, for one."""
    (root / "reports" / "acme").mkdir(parents=True)
    (root / "reports" / "acme" / "publications").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="earlier runs"):
        load_engagement("acme")


def test_a_note_that_is_none_stops_the_run(root: Path, client: Path) -> None:
    """A notebook may write anything."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    for note in (b"", b"[]", b'{"after": [], "publication": {"format": 1}}', b"\xff"):
        with pytest.raises(ReportError, match="publications ledger"):
            put_run(home, "bad", note)
    assert list_publications("acme") == ()


def test_the_door_lists_and_withdraws(root: Path, client: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Date, wave, people, numbers, readers; a run that is not there is wrong usage."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main(["publications", *arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return code, *capsys.readouterr()

    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    assert call("acme") == (0, "acme has published nothing about people yet.\n", "")
    for run in ("20261001-101500-abcdef", "20261001-111500-abcdef"):
        put_run(home, run, note_of([f"k{place}" for place in range(61)]))
    code, shown, _ = call("acme")
    assert code == 0
    assert len(shown.splitlines()) == 2
    assert "wave w1, 61 people, 1 numbers, for board" in shown
    code, shown, _ = call("acme", "--withdraw", "20261001-101500-abcdef")
    assert "still bind through 20261001-111500-abcdef" in shown
    assert [line.count("withdrawn") for line in shown.splitlines()[2:]] == [1, 0]
    code, _, error = call("acme", "--withdraw", "20261001-111500-abcdee")
    assert code == 2
    assert "Did you mean '20261001-111500-abcdef'" in error
    with pytest.raises(UsageError):
        withdraw("acme", ["../../other/publications/x"])


def test_many_runs_of_the_same_are_read_once(root: Path, client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty runs cost what one costs."""
    home = root / "reports" / "acme"
    home.mkdir(parents=True)
    for place in range(20):
        put_run(home, f"run-{place:02d}", note_of(["k1", "k2"]))
    calls = []
    read = Publication.from_dict.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Publication], *given: Any, **named: Any) -> Publication:
        calls.append(named["id"])
        return read(cls, *given, **named)

    monkeypatch.setattr(Publication, "from_dict", classmethod(counted))
    assert [held.id for held in read_published("acme")] == ["run-00"]
    assert calls == ["run-00"]


def test_no_key_of_a_respondent_leaves_the_ledger(root: Path, surveyed: Path, put: Put) -> None:
    """Real kernels: nothing of the run, its notebooks and its failed sister holds a key; the ledger holds the run."""
    for name in ("10_readiness", "40_summary"):
        put("assessing", root / "notebooks" / f"{name}.ipynb")
    with ThreadPoolExecutor(1) as threads:
        workers = Workers(threads, Admission(4))
        result = run_engagement("acme", only="readiness", workers=workers)
        assert result.is_done, result.message
        assert result.held_to == ()
        put("raising", root / "notebooks" / "40_summary.ipynb")
        survey(surveyed, sheets("w1", seed=1, change=key_of("z", 3)))
        assert not run_engagement("acme", only="readiness", workers=workers).is_done
    home = root / "reports" / "acme"
    (entry,) = list_publications("acme")
    assert replace(entry, when="", contents=()) == Entry(
        "acme", (home / "only-readiness").readlink().name, "", "w1", 49, "board", "readiness", entry.numbers, (), True
    )
    names = [".cache", "failed", "inputs", "only-readiness", "publications", "runs"]
    assert sorted(path.name for path in home.iterdir()) == names
    closed = (".cache", "publications")
    assert all((home / name).stat().st_mode & 0o077 == 0 for name in (*closed, "inputs")), "for their owner alone"
    scanned = 0
    for path in home.rglob("*"):
        if path.is_file() and not set(closed) & set(path.parts):
            texts = [path.read_bytes()]
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as archive:
                    texts += [archive.read(name) for name in archive.namelist()]
            scanned += 1
            assert not any(b"feedface" in text for text in texts), path
            assert "publication" not in path.name
    assert scanned > 5
    assert b"feedface" in next((home / "publications" / "content").iterdir()).read_bytes()


# -- a folder that somebody has touched --------------------------------------------------------------------------------


def touched(root: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Path:
    """Return the ledger of the first of these clients, with one entry."""
    for name in names:
        (root / "clients" / name).mkdir(parents=True)
        (root / "reports" / name).mkdir(parents=True)
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(root / "clients"))
    monkeypatch.setenv("WORKBENCH_REPORTS", str(root / "reports"))
    folder = root / "reports" / names[0] / "publications"
    (folder / "content").mkdir(parents=True)
    entry = {"format": 1, "engagement": names[0], "run": "r1", "when": "2026", "wave": "w", "contents": ["a" * 64]}
    (folder / "r1.json").write_text(json.dumps({**entry, "is_confirmed": True, "withdrawn": ""}), "utf-8")
    return folder


@pytest.mark.parametrize("place", ["r2.json", "content/" + "a" * 64 + ".json"])
def test_a_pipe_in_the_ledger_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Reading one would wait for ever."""
    folder = touched(tmp_path, monkeypatch, "tiny")
    os.mkfifo(folder / place)
    with pytest.raises(LedgerError):
        read_published("tiny")
    assert not any(entry.run == "r1" for entry in withdraw("tiny", ["r1"]))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, json.dumps({"format": 1, "wave": "\ud800"})], ids=["deep", "surrogate"]
)
def test_an_entry_that_nobody_wrote_can_be_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """It says that it cannot be read, and binds until somebody says that nobody received it."""
    folder = touched(tmp_path, monkeypatch, "tiny")
    for path in (folder / "r1.json", folder / os.fsdecode(b"r\xff.json")):
        path.write_text(text, "utf-8")
    assert all(entry.trouble for entry in list_publications("tiny"))
    withdraw("tiny", [entry.run for entry in list_publications("tiny")])
    assert all(entry.withdrawn for entry in list_publications("tiny"))


def test_a_ledger_that_is_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Withdrawing a run of one client would blot out another's."""
    folder = touched(tmp_path, monkeypatch, "tiny", "other")
    (tmp_path / "reports" / "other" / "publications").symlink_to(folder)
    before = (folder / "r1.json").read_bytes()
    for ask in (list_publications, read_published, lambda name: withdraw(name, ["r1"])):
        with pytest.raises(LedgerError, match="a link"):
            ask("other")
    assert (folder / "r1.json").read_bytes() == before


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder stands where the entry should."""
    folder = touched(tmp_path, monkeypatch, "tiny")
    (folder / "r2.json").mkdir()
    with pytest.raises(IsADirectoryError):
        withdraw("tiny", ["r2"])
    assert not list(folder.glob("*.part"))


class Elsewhere(ThreadPoolExecutor):
    """Counts what it is given; after `breaks` it is gone."""

    given, breaks = 0, False

    def submit(self, *call: Any, **named: Any) -> Future[Any]:
        """Submit a call."""
        if self.breaks:
            raise BrokenExecutor
        self.given += 1
        return super().submit(*call, **named)


def test_a_note_is_read_where_that_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process has read is not read again; what it refuses or loses is read, and told, when asked for."""
    keys = {(HEAD, "now", "", (HEAD, "organisation", "", "")): frozenset({"0" * 16, "1" * 16})}
    notes = [record(Publication(name, "", name, keys, {})).encode() for name in ("first", "second")]
    with Elsewhere(1) as there:
        read_elsewhere([notes[0], b"{}"], there)
        there.breaks = True
        read_elsewhere([notes[1]], there)
    assert there.given == 2
    told = note_content(notes[1])
    with pytest.raises(ReportError, match="unreadable"):
        note_content(b"{}")
    monkeypatch.setattr("workbench.engagement.publications._parse_note", lambda note: pytest.fail("read again"))
    assert len({note_content(notes[0]), told}) == 2


def test_a_process_that_runs_notebooks_imports_no_numbers() -> None:
    """Papermill, chapters and reports are handled without numpy and pandas, which take longer than they do."""
    code = """
import sys
from workbench.batch import drawing, night, run
run._load_papermill()
from workbench.report import commentary, images, story
print(sorted({"numpy", "pandas", "scipy", "pyarrow"} & set(sys.modules)), "papermill" in sys.modules)
import pyarrow.fs
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "[] True\n"
