"""When an engagement is over: everything that was kept of a client is removed, and a note names every file of it.

What is removed lies in folders of this project alone: the client's folder, reports, caches and drafts of that name, its
rows of the ledgers, and the pages of batches that name it. No link is followed. Not within reach: backups, what was
mailed, a desktop's waste bin, and blocks of a disk that hold what was deleted until they are written again.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.morning import PAGES, find_pages, forget_pages
from workbench.engagement.locks import alone, has_no_owner, lock_file
from workbench.engagement.places import (
    check_name,
    clients_folder,
    engagement_folder,
    find_root,
    list_engagements,
    reports_folder,
)
from workbench.engagement.scratch import sweep_scratch
from workbench.errors import FolderError, UsageError, nearest, printable

SHARED = ("_cache", "_draft")
"""Folders among the reports that hold one of each engagement."""


@dataclass(frozen=True)
class Purge:
    """What is kept of an engagement, or what was.

    Attributes
    ----------
    engagement : str
    root : Path
        The workbench's folder.
    places : tuple of Path
        Folders of this engagement alone.
    files : tuple of (Path, int)
        Every file in them and every page that names it, with its size. Unit: bytes.
    rows : int
        Of the ledgers.
    left : tuple of str
        What is not removed, and why: one sentence each.
    kept : tuple of Path
        Archives and earlier deletion notes beside the clients' folders: they were written to be kept.
    """

    engagement: str
    root: Path
    places: tuple[Path, ...]
    files: tuple[tuple[Path, int], ...]
    rows: int = 0
    left: tuple[str, ...] = ()
    kept: tuple[Path, ...] = ()

    @property
    def n_bytes(self) -> int:
        """Size of all files. Unit: bytes."""
        return sum(size for _, size in self.files)


def plan_purge(engagement: str, *, root: Path | None = None) -> Purge:
    """Return what a purge of an engagement would remove; nothing is changed.

    Parameters
    ----------
    engagement : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        The name is none, its folder is a link, or nothing is kept under this name.
    """
    root = root or find_root()
    name = check_name(engagement)
    if os.path.lexists(clients_folder(root) / name):
        engagement_folder(name, root=root)  # refuses links, and sessions that work for another client
    elif os.environ.get("WORKBENCH_ONLY", name) != name:
        raise UsageError(f"This session works for {os.environ['WORKBENCH_ONLY']!r} alone and removes no other client.")
    reports = reports_folder(root)
    places, left = [clients_folder(root) / name], []
    for folder in (reports, *(reports / shared for shared in SHARED)):
        place = folder / name
        if folder != reports and folder.is_symlink():
            left += [f"{place}: {folder.name} is a link, and none is followed."] if place.exists() else []
        elif place.is_symlink():
            left.append(f"{place}: it is a link, and none is followed.")
        else:
            places.append(place)
    places = [place for place in places if place.is_dir()]
    pages = find_pages(name, reports)
    files = [*(path for place in places for path in files_below(place)), *pages, *_damaged(reports, name)]
    rows = sum(_count_rows(path, root, name) for path in _ledgers(reports))
    if not (files or places or rows or left):
        raise UsageError(f"Nothing is kept of {name!r}. {nearest(name, list_engagements(root=root))}".rstrip())
    sizes = tuple((path, path.lstat().st_size) for path in files)
    return Purge(name, root, tuple(places), sizes, rows, tuple(left), _written_to_be_kept(clients_folder(root), name))


def purge_engagement(planned: Purge, note: str | Path = "") -> tuple[Purge, Path]:
    """Remove what is kept of an engagement, and write a note that names every file of it.

    Parameters
    ----------
    planned : Purge
        From `plan_purge`.
    note : str or Path
        Where the note goes; by default beside the clients' folders.

    Returns
    -------
    Purge
        What was removed, and what is left and why.
    Path
        The note, for its owner alone: the one thing that still names the client.

    Raises
    ------
    UsageError
        A run of it or a batch is under way, or the note would lie in what is removed or exists already.
    FolderError
        The note cannot be written; then nothing is removed.
    """
    name, root = planned.engagement, planned.root
    reports = reports_folder(root)
    path = _note_path(planned, note)
    began = dt.datetime.now(dt.UTC)
    with ExitStack() as held:
        for ledger in _ledgers(reports):
            held.enter_context(_no_batch(ledger))
        if reports / name in planned.places:
            held.enter_context(alone(reports / name))
            refuse_while_running(reports / name)
        _write_note(path, _note_text(planned, began, is_done=False))
        left = list(planned.left)
        for place in sorted(planned.places, key=lambda one: one.parent == clients_folder(root)):  # the truth goes last
            left += _remove(place)
        rows = sum(_forget(ledger, root, name, left) for ledger in _ledgers(reports))
        forget_pages(name, reports)
        for damaged in _damaged(reports, name):
            damaged.unlink(missing_ok=True)
    sweep_scratch()
    for shared in SHARED:
        with suppress(OSError):  # another client's is there
            (reports / shared).rmdir()
    left += [f"{one}: it still names {name}; look at it and delete it." for one in _shared_naming(reports, name)]
    gone = tuple((file, size) for file, size in planned.files if not os.path.lexists(file))
    done = replace(planned, files=gone, rows=rows, left=tuple(left))
    _write_note(path, _note_text(done, began, is_done=True))
    return done, path


# -- what there is ----------------------------------------------------------------------------------------------------


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file and every link below a folder; no link is followed."""
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in sorted([*files, *links]))


def _written_to_be_kept(clients: Path, name: str) -> tuple[Path, ...]:
    ours = re.compile(rf"(archived|purged)-{re.escape(name)}-[0-9]{{8}}-[0-9]{{6}}\.(zip|txt)")
    found = sorted(clients.iterdir()) if clients.is_dir() else ()
    return tuple(path for path in found if ours.fullmatch(path.name))


def _ledgers(reports: Path) -> list[Path]:
    return sorted(reports.glob(LEDGER.replace(".", "*.")))


def _count_rows(path: Path, root: Path, name: str) -> int:
    try:
        with Ledger(path, is_read=True) as ledger:
            return ledger.count_rows(name, clients_folder(root) / name)
    except (FolderError, sqlite3.Error):
        return 0


def _damaged(reports: Path, name: str) -> list[Path]:
    """Return ledgers that were put aside, where they name the engagement: their rows cannot be taken out."""
    return [path for path in sorted(reports.glob("_ledger*.damaged")) if _names(path, name)]


def _shared_naming(reports: Path, name: str) -> list[Path]:
    """Return the files that all clients share and that still name one."""
    shared = [path for path in sorted(reports.iterdir()) if path.is_file()] if reports.is_dir() else []
    return [path for path in (*shared, *files_below(reports / PAGES)) if _names(path, name)]


def _names(path: Path, name: str) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return re.search(rb"(?<![a-z0-9-])" + re.escape(name.encode()) + rb"(?![a-z0-9-])", content) is not None


# -- nobody works on it -----------------------------------------------------------------------------------------------


@contextmanager
def _no_batch(ledger: Path) -> Iterator[None]:
    """Keep a batch from beginning while rows are removed; one that is under way is not disturbed."""
    try:
        lock = lock_file(ledger.with_suffix(".lock"))
    except BlockingIOError:
        raise UsageError("A batch is running. Wait for it to end, or stop it; nothing has been removed.") from None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def refuse_while_running(home: Path, else_: str = "nothing has been removed") -> None:
    """Refuse to go on while a run of an engagement is under way.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    else_ : str
        What has not happened.

    Raises
    ------
    UsageError
        One is.
    """
    for staged in (home / ".staging").glob("*"):
        if has_no_owner(staged) is False:
            raise UsageError(f"The run {staged.name} is under way. Wait for it to end; {else_}.")


# -- removing ---------------------------------------------------------------------------------------------------------


def _remove(place: Path) -> list[str]:
    """Remove a folder, and return what stayed; runs that were issued are read-only, and go too."""
    for parent, folders, _ in os.walk(place, followlinks=False):
        for one in (Path(parent), *(Path(parent) / name for name in folders)):
            if not one.is_symlink():
                with suppress(OSError):  # told below
                    one.chmod(stat.S_IMODE(one.stat().st_mode) | stat.S_IRWXU)
    shutil.rmtree(place, ignore_errors=True)
    if not os.path.lexists(place):
        return []
    why = "it could not be removed: close what has it open, get leave to delete it, and purge again."
    return [f"{path}: {why}" for path in (*files_below(place), place)]


def _forget(path: Path, root: Path, name: str, left: list[str]) -> int:
    try:
        with Ledger(path) as ledger:
            return ledger.forget(name, clients_folder(root) / name)
    except (FolderError, sqlite3.Error) as error:
        left.append(f"{path}: its rows could not be removed ({error}).")
        return 0


# -- the note ---------------------------------------------------------------------------------------------------------


def _note_path(planned: Purge, note: str | Path) -> Path:
    moment = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    usual = clients_folder(planned.root) / f"purged-{planned.engagement}-{moment}.txt"
    path = Path(note).resolve() if str(note) else usual
    reports = reports_folder(planned.root)
    if any(path.is_relative_to(one) for one in (*planned.places, reports)):
        raise UsageError(f"The note would lie in what is cleared: {path}. Name a place outside it with --note.")
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already. Name another file with --note.")
    return path


def _write_note(path: Path, text: str) -> None:
    """Write the note for its owner alone, whole or not at all."""
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except OSError as error:
        remedy = "Name another file with --note; nothing has been removed."
        raise FolderError(str(path), str(error), remedy) from None


def _note_text(held: Purge, began: dt.datetime, *, is_done: bool) -> str:
    """Return the note: what was removed, what is left, and what is out of reach."""
    count = len(held.files)
    head = "Deletion note" if is_done else "Deletion begun (if this line stays, it was cut short: purge again)"
    lines = [
        f"{head}: {held.engagement}, {began:%Y-%m-%d %H:%M} UTC",
        "",
        f"{count} file{'' if count == 1 else 's'}, {held.n_bytes:,} bytes; {held.rows} rows of the record of batches.",
        "",
        *_what_stays(held),
        "",
        "Out of this workbench's reach: backups and snapshots, what was mailed or copied elsewhere, the waste bin of",
        "a desktop, and blocks of a disk that hold deleted files until something else is written there.",
        "",
        "Removed (bytes, path):" if is_done else "To be removed (bytes, path):",
        *(
            f"{size:>14,}  {printable(os.fsencode(path).decode(errors='replace'), kept='')}"
            for path, size in held.files
        ),
    ]
    return "\n".join(lines) + "\n"


def _what_stays(held: Purge) -> Iterator[str]:
    yield "Not removed:" if held.left else "In the folders of this workbench nothing of the client is left."
    for sentence in held.left:
        yield f"  {printable(sentence, kept='')}"
    if held.kept:
        yield "Still there, since they were written to be kept; delete them by hand if they may not be:"
    for path in held.kept:
        yield f"  {_shown(path)}"


def _shown(path: Path) -> str:
    return printable(os.fsencode(path).decode(errors="replace"), kept="")
