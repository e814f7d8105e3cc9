"""What an answer depends on, as keys: the same key, the same answer, so nothing has to be computed again.

Two kinds. The key of an *engagement* is cheap – bytes of files, nothing parsed – and says before anything starts
whether its last report still holds. The key of a *notebook* knows which tables its pillar asked for, so that one
changed file runs again only what was made of it. What earlier runs made public is compared apart, because a run
changes it itself.
"""

from __future__ import annotations

import hashlib
import json
import locale
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.batch.plan import SUMMARY, Job, NotebookFile, Plan, hash_code, hash_file, hash_notebook
from workbench.batch.study import Study

WORDS = frozenset({"commentary"})
"""Tables that no notebook reads: the consultant's words enter when the report is put together."""

SHARED = frozenset({"engagement", "lines", "memberships", "parents", "products"})
"""Tables and documents that every chapter is told with."""

KINDS_OF_DOCUMENT = ("scenarios", "instruments")
"""Folders of a client's folder that are one document each."""


@dataclass(frozen=True)
class Ground:
    """What all runs of a machine stand on.

    Attributes
    ----------
    code, environment : str
        SHA-256 of the package with its templates; of Python, the platform, what is installed, locale and time zone.
    """

    code: str
    environment: str


def read_ground(root: Path | None = None) -> Ground:
    """Return what runs of this machine stand on, as it is now."""
    return Ground(hash_code(root), hash_environment())


def hash_environment() -> str:
    """Return one SHA-256 over Python, the platform, every installed distribution, locale and time zone."""
    machine = [platform.python_version(), platform.system(), platform.machine()]
    place = [*map(str, locale.getlocale()), *(os.environ.get(name, "") for name in ("LANG", "LC_ALL", "TZ"))]
    return _digest([machine, place, _installed(tuple((entry, _changed(entry)) for entry in sys.path))])


@lru_cache(maxsize=4)
def _installed(_places: tuple[tuple[str, int], ...]) -> list[str]:
    """Return every installed distribution with its version; what is installed or removed changes one of the folders."""
    from importlib.metadata import distributions

    told = (held.metadata for held in distributions())  # read anew each time that one asks for it
    return sorted({f"{one['Name']}=={one['Version']}" for one in told})


def _changed(entry: str) -> int:
    with suppress(OSError):
        return Path(entry or ".").stat().st_mtime_ns
    return 0


def engagement_key(plan: Plan, ground: Ground, file_hash: Callable[[Path], str] = hash_file) -> str:
    """Return the key of a run: every file of the folder, every notebook, every parameter, code and environment.

    Parameters
    ----------
    plan : Plan
    ground : Ground
    file_hash : callable
        SHA-256 of a file; a memory of hashes may stand in.
    """
    files = [[path.relative_to(plan.folder).as_posix(), file_hash(path)] for path in folder_files(plan.folder)]
    return _digest([_common(plan, ground), files, [_notebook_part(job) for job in plan.jobs]])


def job_key(job: Job, plan: Plan, ground: Ground, study: Study, given: Mapping[str, bytes]) -> str:
    """Return the key of one notebook's chapter.

    Parameters
    ----------
    job : Job
    plan : Plan
    ground : Ground
    study : Study
    given : mapping of file name to bytes
        The chapters that it may read.
    """
    wanted = None if job.notebook.is_own or job.notebook.pillar == SUMMARY else study.asked.get(job.notebook.pillar)
    read = [[file.path, file.read or file.sha256] for file in study.files if is_asked(file.path, wanted)]
    own = study.data_hash.encode()  # of all files, also of those that nothing was made of
    chapters = [[name, hashlib.sha256(text.replace(own, b"")).hexdigest()] for name, text in sorted(given.items())]
    return _digest([_common(plan, ground), _notebook_part(job), read, chapters])


def folder_files(folder: Path) -> list[Path]:
    """Return every file of a client's folder that a run may read, sorted; hidden ones and Excel's locks are none."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(base, name) for name in names if not name.startswith((".", "~$"))]
    return sorted(path for path in found if path.is_file())


def is_asked(path: str, asked: frozenset[str] | None) -> bool:
    """Return whether a file can change what was made of the tables that were asked for.

    Parameters
    ----------
    path : str
        Within the client's folder.
    asked : frozenset of str or None
        As in `Tables.watched`; None: all of them.

    Examples
    --------
    >>> is_asked("survey.csv", frozenset({"survey"})), is_asked("rules.csv", frozenset({"survey"}))
    (True, False)
    >>> is_asked("facts/claims.parquet", frozenset({"facts:*"})), is_asked("engagement.xlsx", frozenset())
    (True, True)
    """
    folder, _, name = path.lower().rpartition("/")
    stem = name.rpartition(".")[0]
    if is_words(path):
        return False
    if asked is None or "*" in asked:
        return True
    if folder == "facts":
        return any(one.startswith("facts:") for one in asked)
    if folder.split("/")[0] in KINDS_OF_DOCUMENT:
        return f"document:{folder.split('/')[0]}" in asked
    if folder or name.endswith(".xlsx") or stem in SHARED:
        return True
    return bool({stem, f"document:{stem}"} & asked)


def is_words(path: str) -> bool:
    """Return whether a file of the client's folder holds words alone, which no notebook reads.

    Examples
    --------
    >>> is_words("commentary.csv"), is_words("facts/commentary.csv"), is_words("engagement.xlsx")
    (True, False, False)
    """
    return "/" not in path and path.lower().rpartition(".")[0] in WORDS


def _common(plan: Plan, ground: Ground) -> list[str]:
    return [plan.engagement, plan.only, ground.code, ground.environment]


def _notebook_part(job: Job) -> list[Any]:
    return [job.notebook.name, _hashes(job.notebook), dict(job.cell), dict(job.overrides)]


def _hashes(notebook: NotebookFile) -> list[str | None]:
    return [hash_notebook(notebook.path), hash_notebook(notebook.master) if notebook.master else None]


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
