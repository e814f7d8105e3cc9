"""Drawings of a run: on other processes, kept under what they show, checked when they are used."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

import report_samples as samples

from workbench.batch.drawing import Drawings
from workbench.batch.drawn import KEPT_RUNS, Kept
from workbench.report import images
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit
from workbench.report.story import Report


class Here(Executor):
    """Does at once, in this process, what it is asked to do."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return what has been done."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def drawn_keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give a list that grows by each exhibit that is really drawn."""
    found: list[str] = []
    draw = images.drawings_of

    def note(exhibit: Exhibit) -> tuple[str, bytes]:
        found.append(exhibit.key)
        return draw(exhibit)

    monkeypatch.setattr(images, "drawings_of", note)
    return found


def run(report: Report, folder: Path, kept: Kept) -> dict[str, bytes]:
    """Draw a report as a run does; return the files it leaves."""
    drawings = Drawings(Here(), folder / "drawings", kept)
    for chapter in report.chapters:
        drawings.begin(chapter)
    result = folder / "result"
    result.mkdir(parents=True)
    drawings.finish(report, result)
    return {path.relative_to(result).as_posix(): path.read_bytes() for path in result.rglob("*") if path.is_file()}


def small_report(*exhibits: Exhibit) -> Report:
    """Return a report of one chapter."""
    chapter = samples.chapter()
    return Report(samples.META, (replace(chapter, exhibits=exhibits, pages=()),))


BARS, DOTS = Exhibit("bars", samples.ranked()), Exhibit("dots", samples.dots())


def test_a_second_run_draws_nothing_and_leaves_the_same_bytes(tmp_path: Path, drawn_keys: list[str]) -> None:
    """What was drawn from the same is taken as it was."""
    report = small_report(BARS, DOTS)
    first = run(report, tmp_path / "one", Kept(tmp_path / "home", "ground"))
    assert sorted(drawn_keys) == ["bars", "dots"]
    assert run(report, tmp_path / "two", Kept(tmp_path / "home", "ground")) == first
    assert len(drawn_keys) == 2
    assert run(report, tmp_path / "three", Kept(tmp_path / "other", "ground")) == first  # nobody else's home
    assert len(drawn_keys) == 4


def test_one_changed_number_draws_one_exhibit(tmp_path: Path, drawn_keys: list[str]) -> None:
    """And under the same key of the exhibit the new drawing is published, not the kept one."""
    kept = Kept(tmp_path / "home", "ground")
    before = run(small_report(BARS, DOTS), tmp_path / "one", kept)
    said = json.dumps(samples.ranked().to_dict())
    assert said.count("3.4") == 1
    changed = Exhibit("bars", Chart.from_dict(json.loads(said.replace("3.4", "3.3"))))
    after = run(small_report(changed, DOTS), tmp_path / "two", kept)
    assert drawn_keys[2:] == ["bars"]
    assert after["exhibits/01-bars.svg"] != before["exhibits/01-bars.svg"]
    assert after["exhibits/02-dots.png"] == before["exhibits/02-dots.png"]


@pytest.mark.parametrize("how", ["ground", "fonts", "fresh"])
def test_other_code_other_fonts_and_a_fresh_run_draw_anew(
    tmp_path: Path, drawn_keys: list[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Whatever draws is part of the key; a fresh run takes nothing, and keeps what it draws."""
    kept = Kept(tmp_path / "home", "ground")
    run(small_report(BARS), tmp_path / "one", kept)
    if how == "fonts":
        monkeypatch.setattr("workbench.report.drawing.letters.font_marks", lambda: [["other.ttf", 1, 2]])
    other = replace(kept, ground="other" if how == "ground" else "ground", is_fresh=how == "fresh")
    run(small_report(BARS), tmp_path / "two", other)
    assert drawn_keys == ["bars", "bars"]
    run(small_report(BARS), tmp_path / "three", replace(other, is_fresh=False))
    assert drawn_keys == ["bars", "bars"]


def test_a_damaged_drawing_is_drawn_again(tmp_path: Path, drawn_keys: list[str]) -> None:
    """A bit changed anywhere, a file cut short or grown: none of it is published, and a good one takes its place."""
    kept = Kept(tmp_path / "home", "ground")
    first = run(small_report(BARS), tmp_path / "one", kept)
    (place,) = kept.folder.iterdir()
    good = place.read_bytes()
    spots = [0, 40, 63, 64, 65, 70, 80, len(good) // 4, len(good) // 2, len(good) - 1]
    bad = [good[:spot] + bytes([good[spot] ^ 1]) + good[spot + 1 :] for spot in spots]
    bad += [b"", good[:64], good[:65], good[:-1], good + b"\0", good.partition(b"\n")[2]]
    for count, content in enumerate(bad, start=1):
        place.write_bytes(content)
        assert run(small_report(BARS), tmp_path / f"run{count}", kept) == first
        assert len(drawn_keys) == 1 + count
        assert place.read_bytes() == good


def test_kept_drawings_are_their_owners_alone_and_do_not_pile_up(tmp_path: Path) -> None:
    """Only the owner reads them; those of the last runs stay, and nothing half written."""
    kept = Kept(tmp_path / "home", "ground")
    for number in range(KEPT_RUNS + 3):
        changed = Exhibit("bars", replace(samples.ranked(), subtitle=f"Level, run {number}"))
        run(small_report(changed), tmp_path / str(number), kept)
    held = list(kept.folder.iterdir())
    assert len(held) == KEPT_RUNS
    assert all(path.is_file() and path.stat().st_mode & 0o077 == 0 for path in held)
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in (kept.folder.parent,))


def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be kept the report is drawn all the same."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    kept = Kept(tmp_path / "home", "ground")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        first = run(small_report(BARS), tmp_path / "one", kept)
    assert "exhibits/01-bars.png" in first
    assert list(kept.folder.iterdir()) == []
