"""What a client's notebook does to its kernel, its folders and its output: one sentence, and nothing half written."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from workbench.batch import attempts
from workbench.batch.limits import Limits, Meter
from workbench.batch.run import run_engagement
from workbench.batch.workers import Workers

Write = Callable[[str, str], Path]
AT_CELL = "acme: notebook 10_readiness stopped in code cell 3.\n"


def left(root: Path) -> set[str]:
    """Return what there is of acme's reports, but for what is always there."""
    home = root / "reports" / "acme"
    return {path.name for path in home.iterdir()} - {"runs", "failed", ".cache", "inputs"} if home.is_dir() else set()


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        pytest.param(
            "while True:\n    print('x' * 100_000)",
            "cell_error",
            f"{AT_CELL}It printed and showed more than a notebook may: 64 MB.",
            id="prints for ever",
        ),
        pytest.param(
            "raise ValueError('x' * 200_000)",
            "cell_error",
            f"{AT_CELL}ValueError: {'x' * 2000} … (200,000 signs in all)\nin the line: raise ValueError('x' * 200_000)",
            id="a long error",
        ),
        pytest.param(
            "import os, shutil\nshutil.rmtree(os.path.join(os.environ['WORKBENCH_CLIENTS'], 'acme'))",
            "folder",
            "acme: the client's folder was moved or removed while the run worked with it. Put it back, and run again.",
            id="the client's folder goes",
        ),
        pytest.param(
            "import os, shutil\nshutil.rmtree(os.path.join(os.environ['WORKBENCH_REPORTS'], 'acme', '.staging'))",
            "folder",
            "acme: its folder {root}/reports/acme or what is in it was moved or removed while the run worked with it. "
            "Run it again.",
            id="the run's folder goes",
        ),
        pytest.param(
            "from pathlib import Path\nPath(output_dir, 'readiness.chapter.json').write_text('[' * 100_000)\n"
            "save_chapter = lambda *_: None",
            "chapter",
            "acme: notebook 10_readiness stopped.\nThe report cannot be published.\n- readiness.chapter.json is no",
            id="a chapter without an end",
        ),
    ],
)
def test_a_notebook_that_does_harm_stops_with_one_sentence(
    code: str,
    cause: str,
    words: str,
    root: Path,
    client: Path,
    workers: Workers,
    write_master: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever runs next finds nothing in the way."""
    monkeypatch.setattr(attempts, "MOST_SHOWN_MB", 1)
    own = client / "notebooks" / "10_readiness.ipynb"
    own.parent.mkdir()
    own.write_bytes(write_master("10_readiness", code).read_bytes())
    got = run_engagement("acme", only="readiness", workers=workers, limits=Limits(grace=1.0))
    assert (got.status, got.cause) == ("failed", cause)
    assert got.message.startswith(words.format(root=root)), got.message[:500]
    assert len(got.message) < 4000
    assert left(root) == set()
    kept = list((root / "reports" / "acme" / "failed").glob("*/*"))
    assert sum(path.stat().st_size for path in kept) < 1_000_000


def test_a_notebook_that_removes_its_working_folder_stops_no_later_one(
    root: Path, workers: Workers, write_master: Write
) -> None:
    """The next kernel has it again."""
    write_master("10_readiness", "import os, shutil\nshutil.rmtree(os.getcwd())")
    assert run_engagement("acme", only="readiness", workers=workers).is_done


def test_a_notebook_nested_without_end_is_none(root: Path, client: Path, workers: Workers) -> None:
    """It is named as the client's file; nothing starts."""
    own = client / "notebooks" / "10_readiness.ipynb"
    own.parent.mkdir()
    own.write_text(json.dumps({"nbformat": 4})[:-1] + ', "cells": ' + "[" * 100_000, encoding="utf-8")
    got = run_engagement("acme", workers=workers)
    assert (got.cause, got.n_faults) == ("data", 1)
    assert "notebooks/10_readiness.ipynb: no notebook (RecursionError)." in got.message


def test_a_meter_says_once_that_it_is_full() -> None:
    """What crosses the limit is not kept, nor what follows."""
    told: list[int] = []
    meter = Meter(10, lambda: told.append(meter.taken))
    assert [meter.takes(count) for count in (4, 6, 1, 1)] == [True, True, False, False]
    assert told == [11]


def test_files_that_go_while_they_are_read_stop_a_run_with_a_sentence(
    root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody purges the client just then."""

    def taken(*_: object) -> Future[object]:
        held: Future[object] = Future()
        held.set_exception(FileNotFoundError(2, "No such file", "sales.parquet"))
        return held

    monkeypatch.setattr(workers.processes, "submit", taken)
    got = run_engagement("acme", workers=workers)
    assert (got.status, got.cause) == ("failed", "folder")
    assert got.message == "acme: files were moved or removed while they were read. If it is still there, run it again."
    assert left(root) == set()
