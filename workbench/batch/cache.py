"""Chapters that were made before, under the keys of what they were made from; one client's never serve another.

``reports/<engagement>/.cache/<notebook>/<key>/`` holds the chapter, the executed notebook and what it makes public.
It is how a batch that was killed goes on, and how one changed file runs only what depends on it. An entry appears
whole or not at all and is checked when it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.batch.chapters import SUFFIX
from workbench.batch.keys import Ground, job_key
from workbench.batch.plan import Job, Plan
from workbench.batch.study import Study
from workbench.engagement import publications

CACHE = ".cache"
"""Among an engagement's reports; for its owner alone."""

KEPT = 3
"""Entries kept of a notebook, the newest ones (ours: a run, a what-if by -p, and back)."""

NOTEBOOK, META = "notebook.ipynb", "entry.json"


@dataclass(frozen=True)
class Sealed:
    """What a notebook left.

    Attributes
    ----------
    files : mapping of file name to bytes
        Its chapter, and what becomes public with it.
    notebook : bytes
        As executed.
    """

    files: Mapping[str, bytes]
    notebook: bytes


@dataclass(frozen=True)
class Cache:
    """The chapters that an engagement's run need not make again, and those it makes.

    Attributes
    ----------
    home : Path
        The engagement's own folder of reports.
    plan : Plan
    study : Study
    ground : Ground
    is_fresh : bool
        Whether nothing may be taken from it; what is made is kept all the same.
    """

    home: Path
    plan: Plan
    study: Study
    ground: Ground
    is_fresh: bool = False

    def lay_out(self, job: Job, given: Mapping[str, bytes], folder: Path, notebook: Path) -> bool:
        """Lay a notebook's chapter out as though it had run now, if it was made of all that there is now.

        Parameters
        ----------
        job : Job
        given : mapping of file name to bytes
            The chapters that it may read.
        folder : Path
            Where its chapter goes.
        notebook : Path
            Where the executed notebook goes.

        Returns
        -------
        bool
            False where it has to run.
        """
        if self.is_fresh or self._asks_databases(job):
            return False
        plan = self.plan
        shown = self._binding(job)
        held = find_sealed(self.home, job.notebook.name, job_key(job, plan, self.ground, self.study, given), shown)
        if held is None or not all(
            publications.note_holds(plan.engagement, content, plan.root) for content in _notes(held.files).values()
        ):
            return False
        from workbench.report.chapter import parse_chapter, save_chapter

        for name, content in held.files.items():
            if name.endswith(SUFFIX):  # of files that it did not read some may have changed
                save_chapter(replace(parse_chapter(content, name), data_hash=self.study.data_hash), folder)
            else:
                (folder / name).write_bytes(content)
        notebook.write_bytes(held.notebook)
        return True

    def keep(self, job: Job, given: Mapping[str, bytes], folder: Path, notebook: Path) -> None:
        """Keep what a notebook has left; parameters as in `lay_out`."""
        if self._asks_databases(job):
            return
        plan = self.plan
        names = {f"{job.notebook.pillar}{SUFFIX}"}
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.iterdir())
            if path.name in names or path.name.endswith(publications.SUFFIX)
        }
        own = frozenset(publications.note_content(content) for content in _notes(files).values())
        shown = self._binding(job)
        key = job_key(job, plan, self.ground, self.study, given)
        seal(self.home, job.notebook.name, key, Sealed(files, notebook.read_bytes()), shown=shown, own=own)

    def _binding(self, job: Job) -> frozenset[str]:
        """Return what earlier runs showed that the notebook is held to."""
        if not job.is_held_to_earlier:
            return frozenset()
        return publications.published_contents(self.plan.engagement, self.plan.root)

    def _asks_databases(self, job: Job) -> bool:
        """Return whether rows may come from a database, which may hold others a minute later and does not tell."""
        return bool(self.study.variables) and job.asks_databases


def _notes(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.endswith(publications.SUFFIX)}


def find_sealed(home: Path, notebook: str, key: str, shown: frozenset[str]) -> Sealed | None:
    """Return what a notebook left when everything was as it is now; None where it has to run.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    notebook : str
    key : str
        From `workbench.batch.keys.job_key`.
    shown : frozenset of str
        What binds a run now: it must be what was known then, with or without what this entry itself made public.
    """
    folder = home / CACHE / notebook / key
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        if meta.pop("seal") != _hash_meta(meta):
            return None
        before, own = frozenset(meta["before"]), frozenset(meta["own"])
        held = {name: (folder / name).read_bytes() for name in meta["files"]}
        executed = (folder / NOTEBOOK).read_bytes()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    hashes = {name: _hash(content) for name, content in {**held, NOTEBOOK: executed}.items()}
    if hashes != {**meta["files"], NOTEBOOK: meta["notebook"]} or shown not in (before, before | own):
        return None
    with suppress(OSError):
        os.utime(folder)  # used just now: others go first
    return Sealed(held, executed)


def seal(home: Path, notebook: str, key: str, sealed: Sealed, *, shown: frozenset[str], own: frozenset[str]) -> None:
    """Keep what a notebook left; a full disk keeps nothing and stops nothing.

    Parameters
    ----------
    home, notebook, key
        As in `find_sealed`.
    sealed : Sealed
    shown, own : frozenset of str
        What bound the run, and what it makes public itself.
    """
    base = home / CACHE / notebook
    meta: dict[str, Any] = {
        "before": sorted(shown),
        "own": sorted(own),
        "files": {name: _hash(content) for name, content in sealed.files.items()},
        "notebook": _hash(sealed.notebook),
    }
    meta["seal"] = _hash_meta(meta)
    part = base / f".part-{secrets.token_hex(6)}"
    try:
        part.mkdir(parents=True, mode=0o700)
        (home / CACHE).chmod(0o700)
        for name, content in {**sealed.files, NOTEBOOK: sealed.notebook}.items():
            (part / name).write_bytes(content)
        (part / META).write_text(json.dumps(meta), encoding="utf-8")
        if (base / key).exists():
            shutil.rmtree(base / key, ignore_errors=True)
        part.rename(base / key)
        _prune(base)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)


def _prune(base: Path) -> None:
    """Keep the entries used last, and nothing that a killed run left half written."""
    entries = sorted(base.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in [path for path in entries if path.name.startswith(".")] + [
        path for path in entries if not path.name.startswith(".")
    ][KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def _hash_meta(meta: Mapping[str, Any]) -> str:
    """Return the hash of what an entry says of itself: a byte changed there is damage as well."""
    return _hash(json.dumps(meta, sort_keys=True).encode())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
