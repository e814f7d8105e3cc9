"""What each run read, kept beside the ledger of its engagement's publications and never within a run.

``reports/<engagement>/inputs/<run>.json`` lists a run's tables; ``inputs/content/<hash>.json`` holds what is kept of
one, once for all runs that read the same. Readable by its owner alone; it goes out with no run. A run that is gone
takes its list along, and with the last list that names it a content goes.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.redaction import Secrets
from workbench.batch.runs import read_manifest
from workbench.batch.study import Study
from workbench.engagement.locks import alone

FOLDER = "inputs"
KEPT_FORMAT = 1
"""Raised when a list written earlier can no longer be read."""


@dataclass(frozen=True)
class KeptInput:
    """A table, a document or facts that a run read.

    Attributes
    ----------
    name, kind, file, sheet : str
        As in `HeldInput`.
    rows : int
    content : str
        SHA-256 of what was read.
    kept : str
        Name of what is kept of it; empty where nothing is.
    """

    name: str
    kind: str
    file: str
    sheet: str
    rows: int
    content: str
    kept: str


@dataclass(frozen=True)
class KeptRun:
    """What is kept of all that a run read.

    Attributes
    ----------
    asked : mapping of pillar to frozenset of str
        As in `Study.asked`.
    inputs : mapping of str to KeptInput
    """

    asked: Mapping[str, frozenset[str]]
    inputs: Mapping[str, KeptInput]


@dataclass(frozen=True)
class Content:
    """Rows of a table, or what a summary says.

    Attributes
    ----------
    key, columns : tuple of str
    rows : sequence of list
        Each its number in the file (0: none) and its cells.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[list[Any]]


def keep_inputs(home: Path, run: str, study: Study) -> None:
    """Keep what a published run read, and forget what runs read that are gone.

    A disk that takes it not is no reason to lose a report that is ready: the run then tells less when it is compared.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    run : str
    study : Study
    """
    folder = home / FOLDER
    secrets = Secrets.known_by(study.variables, os.environ)
    inputs = []
    with alone(home), suppress(OSError):
        for place in (folder, folder / "content"):
            place.mkdir(exist_ok=True)
            place.chmod(0o700)
        for held in study.held:
            content = secrets.hide(held.text).encode()
            kept = hashlib.sha256(content).hexdigest() if content else ""
            if kept and _read(folder, kept) is None:
                _write(folder / "content" / f"{kept}.json", content)
            told = (held.name, held.kind, held.file, held.sheet, held.rows, held.content, kept)
            inputs.append(dict(zip(KeptInput.__dataclass_fields__, told, strict=True)))
        asked = {pillar: sorted(names) for pillar, names in study.asked.items()}
        document = {"format": KEPT_FORMAT, "run": run, "asked": asked, "inputs": inputs}
        _write(folder / f"{run}.json", json.dumps(document, ensure_ascii=False, indent=1).encode())
        _forget(home, folder)


def read_kept(home: Path, run: str) -> KeptRun | None:
    """Return what is kept of all that a run read; None where nothing is, or it cannot be read."""
    try:
        document = json.loads((home / FOLDER / f"{run}.json").read_text(encoding="utf-8"))
        if document["format"] != KEPT_FORMAT:
            return None
        inputs = [KeptInput(**held) for held in document["inputs"]]
        asked = {str(pillar): frozenset(map(str, names)) for pillar, names in document["asked"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return KeptRun(asked, {held.name: held for held in inputs})


def read_content(home: Path, held: KeptInput) -> Content | None:
    """Return what is kept of a table; None where nothing is, or it is damaged."""
    content = _read(home / FOLDER, held.kept) if held.kept else None
    if content is None:
        return None
    document = json.loads(content)
    return Content(tuple(document["key"]), tuple(document["columns"]), document["rows"])


def _read(folder: Path, kept: str) -> bytes | None:
    try:
        content = (folder / "content" / f"{kept}.json").read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == kept else None


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _forget(home: Path, folder: Path) -> None:
    """Remove the lists of runs that are gone, and contents that no list names."""
    there = {path.name for path in (home / "runs").glob("*") if path.is_dir()}
    there |= {str((read_manifest(path) or {}).get("run")) for path in home.glob("*") if path.is_dir()}
    wanted: set[str] = set()
    for path in folder.glob("*.json"):
        if path.stem not in there:
            path.unlink()
            continue
        held = read_kept(home, path.stem)
        if held is None:  # nobody knows what it names
            return
        wanted |= {one.kept for one in held.inputs.values()}
    for path in (folder / "content").iterdir():
        if path.name.startswith(".") or path.stem not in wanted:
            path.unlink()
    for left in folder.glob(".*.part"):
        left.unlink()
