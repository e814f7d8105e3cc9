"""Folders for what a process puts aside: a kernel's sockets, and the temporary files of kernels and workers.

Each holds a locked file that says whose it is. An owner that is killed removes nothing, so the parent of its kernels
does it for it, and every later run of the same user, whatever became of that parent.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.engagement.locks import OWNER, has_no_owner, own_folder
from workbench.errors import writing_to

PREFIX = "wb-"

_OURS = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")

LONGEST_BASE = 70
"""Beside it and a name of our own, a socket's path has no room left (ours; 107 bytes on Linux)."""

SHORT_BASE = Path("/tmp")  # noqa: S108  (a folder in it is made by mkdtemp, for this user alone)
"""Where the folders are if that of temporary files has too long a name: over ports, everybody could read along."""

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The variables that say where temporary files are made; programs ask for any of them."""

UNFINISHED_SECONDS = 60.0
"""An owner that has not locked its new folder for so long never will: it was killed in between (ours)."""


@contextmanager
def scratch_folder(base: Path | None = None) -> Iterator[Path]:
    """Give a new folder for this user alone; it is gone afterwards.

    Parameters
    ----------
    base : Path, optional
        Where it is made; by default where a socket's path has room.

    Raises
    ------
    FolderError
        Nothing can be written there.
    """
    place = base or base_folder()
    with writing_to(place, TEMPORARY[0]):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    owner = None
    try:
        with writing_to(folder, TEMPORARY[0]):
            owner = own_folder(folder)
        yield folder
    finally:
        remove(folder)
        if owner is not None:
            owner.release()


@contextmanager
def files_folder(scratch: Path | None = None) -> Iterator[Path]:
    """Give a new folder for the temporary files of another process: that may be killed, and would leave them there.

    Parameters
    ----------
    scratch : Path, optional
        From `scratch_folder`: serves where it lies among the temporary files.
    """
    usual = Path(tempfile.gettempdir())
    if scratch is not None and scratch.parent == usual:
        folder = scratch / "tmp"
        folder.mkdir(mode=0o700)
        yield folder
    else:
        with scratch_folder(usual) as folder:
            yield folder


def in_folder(folder: Path) -> dict[str, str]:
    """Return the variables that lead a process's temporary files into a folder."""
    return dict.fromkeys(TEMPORARY, str(folder))


def base_folder() -> Path:
    """Return where folders for sockets are made: among the temporary files, unless their paths have no room there."""
    usual = Path(tempfile.gettempdir())
    is_usable = SHORT_BASE.is_dir() and os.access(SHORT_BASE, os.W_OK | os.X_OK)
    return SHORT_BASE if len(os.fsencode(usual)) > LONGEST_BASE and is_usable else usual


def sweep_scratch(base: Path | None = None) -> None:
    """Remove this user's folders whose owners are gone; never one that lives, and never a stranger's.

    Parameters
    ----------
    base : Path, optional
        Where they are; by default where they are made.
    """
    for place in {base_folder(), Path(tempfile.gettempdir())} if base is None else {base}:
        with suppress(OSError), os.scandir(place) as entries:
            found = [Path(entry.path) for entry in entries if _OURS.fullmatch(entry.name) and _is_own_folder(entry)]
            for folder in found:
                if has_no_owner(folder) or (has_no_owner(folder) is None and _is_unfinished(folder)):
                    remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, and the file that says whose it is last: what cannot be removed now is found again."""
    with suppress(OSError):
        for entry in list(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != OWNER:
                entry.unlink(missing_ok=True)
        if all(entry.name == OWNER for entry in folder.iterdir()):
            (folder / OWNER).unlink(missing_ok=True)
            folder.rmdir()


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        is_mine = not hasattr(os, "geteuid") or entry.stat(follow_symlinks=False).st_uid == os.geteuid()
        return is_mine and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_unfinished(folder: Path) -> bool:
    """Return whether an owner was killed before it had locked its folder: nothing is in it yet."""
    try:
        held = list(folder.iterdir())
        is_empty = not held or (held == [folder / OWNER] and not held[0].stat().st_size)
        return is_empty and time.time() - folder.stat().st_mtime > UNFINISHED_SECONDS
    except OSError:
        return False
