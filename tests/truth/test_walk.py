"""From ten messy client files to the clean sample's tables, by public commands alone: the short form of the bench."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bench import walkthrough
from tests.truth import harbour_mutual_messy as messy
from workbench.cli import app, asking, every_table, imports
from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.folder import FolderReading
from workbench.engagement.inputs_readiness import read_instrument
from workbench.engagement.keys import respondent_key
from workbench.engagement.tables import Tables
from workbench.errors import WorkbenchError

ROOT = walkthrough.ROOT
TOLD_APART = ("aliases", "answers", "survey", "fact_tables", "metrics", "targets", "forums", "scenarios")
"""What grows by what the client said, has other keys, or stands in a sheet instead of YAML."""


def typed(words: Sequence[str], reply: walkthrough.Reply) -> tuple[int, str]:
    """Run a command in this process; what a terminal would ask is answered."""
    answered = 0

    def read_line(prompt: str) -> str:
        nonlocal answered
        sys.stdout.write(prompt)
        sys.stdout.flush()
        text = cast("io.BytesIO", sys.stdout.buffer).getvalue()
        asked, answered = text[answered:].decode("utf-8"), len(text)
        said = reply(asked)
        sys.stdout.write(f"{said}\n")
        return said

    with pytest.MonkeyPatch.context() as patch:
        for module in (asking, every_table, imports):
            patch.setattr(module, "is_somebody_there", lambda: True)
        for module in (asking, every_table):
            patch.setattr(module, "read_line", read_line)
        result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, WorkbenchError):
        return 1, result.output + str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[walkthrough.Walk, Path, Path]:
    """Return the walk with fewer claims and opinions, the folder it made, and the clean one."""
    root = tmp_path_factory.mktemp("walk")
    clean, clients, reports, files = (root / name for name in ("clean", "clients", "reports", "files"))
    shutil.copytree(walkthrough.CLEAN, clean)
    for name, every in (("claims", 80), ("voice", 200)):
        table = pq.read_table(clean / "facts" / f"{name}.parquet")
        pq.write_table(table.take(np.arange(0, table.num_rows, every)), clean / "facts" / f"{name}.parquet")
    for folder in (clients, reports):
        folder.mkdir()
    messy.make(files, clean, read_instrument(Tables({}, root=ROOT)))
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in walkthrough.environment(clients, reports).items():
            if name.startswith("WORKBENCH_"):
                patch.setenv(name, value)
        os.chdir(files)
        try:
            walk = walkthrough.Walker(typed, clients, reports, files).through()
        finally:
            os.chdir(here)
    return walk, clients / walkthrough.NAME, clean


def read(folder: Path) -> FolderReading:
    """Return a folder as it is read, without a fault."""
    reading = FolderReading(folder, ROOT)
    reading.read()
    assert reading.faults == []
    return reading


def test_ten_messy_files_become_the_clean_tables(walked: tuple[walkthrough.Walk, Path, Path]) -> None:
    """Every table of the clean sample, row by row and to the last number; no YAML is typed."""
    walk, messy_folder, clean_folder = walked
    ours, theirs = read(messy_folder), read(clean_folder)
    tables, clean = ours.tables(), theirs.tables()
    for name in sorted(theirs.frames):
        if name in TOLD_APART:
            continue
        found, wanted = ours.frames[name], theirs.frames[name]
        pd.testing.assert_frame_equal(
            found[wanted.columns].reset_index(drop=True), wanted.reset_index(drop=True), obj=name
        )
    people = messy.people_of(clean_folder)
    survey = theirs.frames["survey"].copy()
    salt = walkthrough.SALT.encode()
    survey["respondent"] = [respondent_key(people[key], walkthrough.NAME, salt) for key in survey["respondent"]]
    found, wanted = (
        frame[survey.columns].sort_values(["wave", "respondent"]).reset_index(drop=True)
        for frame in (ours.frames["survey"], survey)
    )
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, obj="survey")
    catalogues = [
        parse_catalogue(held.origins["metrics"], ROOT / "templates" / "metrics")[0] for held in (ours, theirs)
    ]
    assert catalogues[0] == catalogues[1]
    assert tables.documents["scenarios"] == clean.documents["scenarios"]
    yaml_files = {path.name for path in messy_folder.rglob("*.yaml")}
    assert yaml_files == {"imports.yaml"}  # which the tool writes
    assert walk.commands <= 15  # one a file, what was asked back, and the frame around


def test_ten_messy_files_become_the_clean_facts(walked: tuple[walkthrough.Walk, Path, Path]) -> None:
    """Months across, k€, other names and old letters: the same facts in the same order."""
    _, messy_folder, clean_folder = walked
    for path in sorted((clean_folder / "facts").iterdir()):
        wanted = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        found = pd.read_csv(messy_folder / "facts" / f"{path.stem}.csv")
        key = {"claims": ["claim_id"], "voice": ["answer_id"]}.get(path.stem)
        key = key or [name for name in ("month", "product", "version", "channel") if name in wanted]
        left, right = (frame.sort_values(key).reset_index(drop=True) for frame in (found, wanted))
        for name in found.columns:
            one, other = left[name], right[name]
            if not pd.api.types.is_numeric_dtype(other) or pd.api.types.is_bool_dtype(other):
                one, other = one.astype(str).str.lower(), other.astype(str).str.lower()
            pd.testing.assert_series_equal(one, other, check_dtype=False, rtol=0, atol=0, obj=f"{path.stem}.{name}")
        assert set(wanted.columns) - set(found.columns) <= {"paid_eur"}  # no measure asks for it


def test_nobodys_name_or_pay_is_in_the_folder(walked: tuple[walkthrough.Walk, Path, Path]) -> None:
    """Of 298 people with name, birthday and pay, and of 210 addresses, nothing came in."""
    _, folder, clean = walked
    texts = [path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*.*") if path.is_file()]
    for address in list(messy.people_of(clean).values())[::20]:
        assert not any(address in text for text in texts)
    assert not any("Vorname" in text or "Jahresgehalt" in text for text in texts)


def test_the_page_of_the_first_day_shows_the_commands_that_were_typed(
    walked: tuple[walkthrough.Walk, Path, Path],
) -> None:
    """docs/first-day.md: each command of the walk in its order, and no other."""
    walk, _, _ = walked
    page = (ROOT / "docs" / "first-day.md").read_text(encoding="utf-8")
    shown = [line.strip() for line in page.splitlines() if line.strip().startswith("workbench ")]
    done = [words for words, code, _ in walk.steps if code == 0]
    assert shown[: len(done)] == done
    for words, code, text in walk.steps:
        if code:
            assert text, words
