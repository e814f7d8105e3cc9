"""The folders of an engagement's runs: one appears whole, what a kill cut short the next one finishes, old ones go.

A run that is ready is made durable, noted, moved to ``runs/`` and pointed to. The note, an empty file whose name says
what shall point where, outlives a kill, so whoever comes next takes the same steps to their end.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.engagement.locks import OWNER, alone, is_abandoned
from workbench.errors import DISK_REFUSALS

MANIFEST_FORMAT = 1
"""Raised when a manifest written earlier can no longer be read."""

KEEP_RUNS = "WORKBENCH_KEEP_RUNS"
"""The variable that says how many published runs of an engagement are kept."""

MOST_RUNS = 60
"""Published runs are kept so many where `KEEP_RUNS` says nothing (ours: two months of nights)."""

MOST_FAILED = 10
"""Runs that stopped are kept so many (ours: two weeks of nights)."""

HELD = ".keep"
"""An empty file ``runs/<run>.keep`` holds a run for ever: one that a client has received."""

NOTE, GONE = ".appearing-", "gone-"

NO_LINKS = frozenset(
    getattr(errno, name)
    for name in ("EPERM", "EACCES", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EINVAL")
    if hasattr(errno, name)
)
"""What a system answers where there are no links to folders; of anything else a folder in its place would not help."""


# -- appearing --------------------------------------------------------------------------------------------------------


def move_in(result: Path, home: Path, run: str, pointer: str) -> Path:
    """Make a result durable, move it to ``runs/`` and point to it; a reader sees the old run or the new.

    Parameters
    ----------
    result : Path
        Of the staging folder.
    home : Path
        The engagement's own folder of reports.
    run, pointer : str
        Names of the run and of the link.

    Returns
    -------
    Path
        The link.
    """
    make_durable(result)
    with alone(home):
        _finish(home)
        (home / "runs").mkdir(exist_ok=True)
        note = home / f"{NOTE}{pointer}={run}"
        note.touch(mode=0o600)
        sync_folder(home)
        try:
            result.rename(home / "runs" / run)
        except OSError:
            note.unlink()
            raise
        sync_folder(home / "runs")
        _lead(home, pointer, run)
        sync_folder(home)
        note.unlink()
        _prune(home)
    return home / pointer


def recover(home: Path) -> None:
    """Finish what a killed run had begun to publish, and remove what it left behind.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    """
    if not (home / ".staging").is_dir() and not any(home.glob(f"{NOTE}*")):
        return
    with alone(home) as is_alone:
        _finish(home)
        sweep_staging(home, is_alone=is_alone)


def sweep_staging(home: Path, *, is_alone: bool) -> None:
    """Remove the staging folders of runs that were killed.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    is_alone : bool
        From `alone`: then a folder that nobody has locked yet belongs to nobody.
    """
    base = home / ".staging"
    for left in sorted(base.iterdir()) if base.is_dir() else ():
        if left.name.startswith(GONE) or (is_alone and _is_unclaimed(left)) or is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    with suppress(OSError):  # it is not empty, or not there
        base.rmdir()
        for part in (home / ".cache").glob("*/.part-*"):  # nobody works on this engagement
            shutil.rmtree(part, ignore_errors=True)


def _is_unclaimed(folder: Path) -> bool:
    try:
        return (folder / OWNER).stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _finish(home: Path) -> None:
    """Take to the end what was noted."""
    for note in sorted(home.glob(f"{NOTE}*")):
        pointer, _, run = note.name.removeprefix(NOTE).partition("=")
        (home / f".{pointer}-{run}").unlink(missing_ok=True)
        if (home / "runs" / run).is_dir():
            _lead(home, pointer, run)
            sync_folder(home)
        note.unlink()


def _lead(home: Path, pointer: str, run: str) -> None:
    link = home / pointer
    try:
        _point(link, Path("runs") / run)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.errno not in NO_LINKS:
            raise
        _swap(link, home / "runs" / run)


def _point(link: Path, target: Path) -> None:
    """Let a link lead elsewhere in one step."""
    if link.is_dir() and not link.is_symlink():
        raise NotImplementedError("a folder stands where the link would be")
    fresh = link.with_name(f".{link.name}-{target.name}")
    fresh.symlink_to(target, target_is_directory=True)
    try:
        fresh.replace(link)
    except OSError:
        fresh.unlink()
        raise


def _swap(link: Path, run: Path) -> None:
    """Put the run's folder where the link would be, the one that stood there back among the runs."""
    if link.is_symlink():
        link.unlink()
    elif link.is_dir():
        before = read_manifest(link)
        link.rename(run.parent / (before["run"] if before else f"before-{run.name}"))
        sync_folder(run.parent)
    run.rename(link)


# -- durability -------------------------------------------------------------------------------------------------------


def make_durable(folder: Path) -> None:
    """Force every file of a folder, and the folders themselves, to the disk.

    Raises
    ------
    OSError
        The disk did not take all of it: some tell only now.
    """
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(parent) / name).open("rb") as file:
                _sync_descriptor(file.fileno())
        sync_folder(Path(parent))


def sync_folder(folder: Path) -> None:
    """Force a folder's own entries to the disk."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync_descriptor(descriptor)
    finally:
        os.close(descriptor)


def _sync_descriptor(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:  # what is open for reading cannot be synced on Windows; some network shares refuse as well
        if error.errno in DISK_REFUSALS:
            raise


# -- what a run is ----------------------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a published or failed run, or None where there is none that can be read."""
    try:
        document = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and document.get("format") == MANIFEST_FORMAT else None


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a run but its manifest, by its path within."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / "manifest.json"
    }


def find_damage(folder: Path) -> tuple[str, ...]:
    """Return the files of a run that are missing, more or others than its manifest says; empty where it is whole."""
    manifest = read_manifest(folder)
    if manifest is None:
        return ("manifest.json",)
    said, found = dict(manifest.get("files", {})), hash_files(folder)
    return tuple(sorted(name for name in {*said, *found} if said.get(name) != found.get(name)))


# -- how many are kept ------------------------------------------------------------------------------------------------


def keep_stopped(result: Path, home: Path, run: str) -> Path:
    """Make the result of a run that stopped durable and move it to ``failed/``.

    Parameters
    ----------
    result, home, run
        As in `move_in`.

    Returns
    -------
    Path
        ``failed/<run>``.
    """
    make_durable(result)
    with alone(home):
        (home / "failed").mkdir(exist_ok=True)
        result.rename(home / "failed" / run)
        sync_folder(home / "failed")
        _prune(home)
    return home / "failed" / run


def runs_to_keep(given: Mapping[str, str] = os.environ) -> int:
    """Return how many published runs are kept, at least one.

    Examples
    --------
    >>> runs_to_keep({}), runs_to_keep({"WORKBENCH_KEEP_RUNS": "365"}), runs_to_keep({"WORKBENCH_KEEP_RUNS": "many"})
    (60, 365, 60)
    """
    text = given.get(KEEP_RUNS, "")
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else MOST_RUNS


def _prune(home: Path) -> None:
    """Keep the last runs, those pointed to and those held; each other one goes in one step, then its files."""
    pointed = {path.readlink().name for path in (home / "latest", *home.glob("only-*")) if path.is_symlink()}
    for base, most in ((home / "runs", runs_to_keep()), (home / "failed", MOST_FAILED)):
        if not base.is_dir():
            continue
        found = (path for path in base.iterdir() if path.is_dir())
        for old in sorted(found, key=lambda path: path.name.removeprefix("before-"))[:-most]:
            is_held = old.with_name(old.name + HELD).exists() or (base.name == "runs" and not _is_confirmed(home, old))
            if not is_held and old.name not in pointed:
                with suppress(OSError):  # somebody has it open on Windows: the next run tries again
                    (home / ".staging").mkdir(exist_ok=True)
                    old.rename(home / ".staging" / f"{GONE}{old.name}")
                    shutil.rmtree(home / ".staging" / f"{GONE}{old.name}", ignore_errors=True)


def _is_confirmed(home: Path, run: Path) -> bool:
    """Return whether the guard of later runs remembers a run that shows numbers about people without its folder."""
    entry = home / "publications" / f"{run.name}.json"
    try:
        return bool(json.loads(entry.read_text(encoding="utf-8"))["is_confirmed"])
    except FileNotFoundError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
