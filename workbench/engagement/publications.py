"""The publications ledger: what each run of an engagement showed, kept so that the next one can be guarded against it.

``reports/<engagement>/publications/``, for its owner alone:

==========================  =========================================================================================
``<run>.json``              one published run: when, of which wave, for whom, and whether it was withdrawn
``content/<sha256>.json``   which numbers were shown and who stood behind them, once for all runs that showed the same
==========================  =========================================================================================

An entry is written before its run appears and confirmed after; one whose run never appeared is void. Pseudonymous keys
and marks of answers are as confidential as the survey table: nothing of this folder enters a report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.locks import alone
from workbench.engagement.places import engagement_folder, reports_folder
from workbench.errors import LedgerError, ModelError, ReportError, UsageError, nearest

if TYPE_CHECKING:
    from workbench.readiness.ledger import Publication

SUFFIX = ".publication.json"
"""Of the note beside a saved chapter that a run takes into the ledger."""

READING_SECONDS = 20.0
"""How long another process may take to read a note before this one does it itself (ours)."""

MOST_NOTES = 8
"""So many notes are remembered as they were read: more than are published at a time (ours)."""

_notes: dict[bytes, _Note] = {}

ENTRY_FORMAT = 1
"""Raised when an entry written earlier can no longer be read."""


@dataclass(frozen=True)
class Entry:
    """One published run.

    Attributes
    ----------
    engagement, run : str
    when : str
        ISO, UTC.
    wave : str
        That was judged.
    people : int or None
        How many answered, as it was shown; None where it was not.
    audience, only : str
        For whom; the pillar where it ran alone.
    numbers : int
        Levels, changes and numbers of people that were shown.
    contents : tuple of str
        SHA-256 of what was shown.
    is_confirmed : bool
        Whether the run is known to have appeared.
    withdrawn : str
        When somebody said that nobody received it (ISO, UTC); empty where it binds.
    issued, label : str
        When it was frozen for the client (ISO, UTC) and under which name; empty where it was not.
    trouble : str
        Why the entry cannot be read; empty where it can.
    """

    engagement: str
    run: str
    when: str = ""
    wave: str = ""
    people: int | None = None
    audience: str = ""
    only: str = ""
    numbers: int = 0
    contents: tuple[str, ...] = ()
    is_confirmed: bool = False
    withdrawn: str = ""
    issued: str = ""
    label: str = ""
    trouble: str = ""


# -- reading ----------------------------------------------------------------------------------------------------------


def read_published(engagement: str, root: Path | None = None) -> tuple[Publication, ...]:
    """Return what earlier runs of an engagement showed and nobody withdrew, each content once, oldest first.

    Parameters
    ----------
    engagement : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    LedgerError
        Something of it cannot be read: nothing safe can be computed without it.
    """
    from workbench.readiness.ledger import Publication

    folder = _folder(engagement, root)
    first: dict[str, Entry] = {}
    for entry in _binding(folder, engagement):
        for content in entry.contents:
            first.setdefault(content, entry)
    found = []
    for content, entry in first.items():
        try:
            text = _read(folder / "content" / f"{content}.json")
            if _name_of(text) != content:
                raise ModelError("Its content has changed.")
            found.append(Publication.from_dict(_parse(text), id=entry.run, when=entry.when))
        except (OSError, ValueError, ModelError) as error:
            raise _unreadable(folder, entry, error) from None
    return tuple(found)


def published_contents(engagement: str, root: Path | None = None) -> frozenset[str]:
    """Return the hashes of all that binds a run of an engagement: as long as they stay, so does what its guard hides.

    Raises
    ------
    LedgerError
        An entry cannot be read.
    """
    entries = _binding(_folder(engagement, root), engagement)
    return frozenset(content for entry in entries for content in entry.contents)


def list_publications(engagement: str, root: Path | None = None) -> tuple[Entry, ...]:
    """Return every published run of an engagement, oldest first; one that cannot be read says so in `trouble`.

    Raises
    ------
    UsageError
        There is no such engagement.
    """
    name = engagement_folder(engagement, root=root).name
    folder = _folder(name, root)
    return tuple(entry for entry in _entries(folder, name) if entry.trouble or _has_appeared(folder.parent, entry))


def _folder(engagement: str, root: Path | None) -> Path:
    return _inside(reports_folder(root) / engagement)


def _inside(home: Path) -> Path:
    """Return the ledger's place among an engagement's reports."""
    folder = home / "publications"
    for one in (folder, folder / "content"):
        if one.is_symlink():  # it may be another client's, and what is written here would be written there
            raise LedgerError(str(one), "", "it is a link", "Put the folder itself there.")
    return folder


def _entries(folder: Path, engagement: str) -> list[Entry]:
    try:
        listed = list(folder.iterdir())  # a glob would pass over a folder that may not be read
    except FileNotFoundError:
        return []
    except OSError as error:
        remedy = "Get leave to read it from whoever published before, or let them run this engagement."
        raise LedgerError(str(folder), "", error.strerror or type(error).__name__, remedy) from None
    paths = [path for path in listed if path.suffix == ".json" and not path.name.startswith(".")]
    return sorted((_entry(path, engagement) for path in paths), key=lambda entry: (entry.when, entry.run))


def _entry(path: Path, engagement: str) -> Entry:
    try:
        document = _parse(_read(path))
        if document.pop("format") != ENTRY_FORMAT:
            raise ValueError("it is of another format")
        entry = Entry(**{**document, "contents": tuple(document["contents"])})
        texts = (entry.run, entry.when, entry.wave, entry.withdrawn, entry.issued, entry.label, *entry.contents)
        if not all(isinstance(text, str) for text in texts) or not isinstance(entry.is_confirmed, bool):
            raise ValueError("a field is of another kind")
        if (entry.engagement, entry.run) != (engagement, path.stem):
            raise ValueError(f"it is of {entry.engagement}, {entry.run}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Entry(engagement, path.stem, trouble=str(error) or type(error).__name__)
    return entry


def _read(path: Path) -> bytes:
    """Return a file of the ledger; a pipe would keep its reader waiting, a device has no end."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ValueError("it is no file")
    return path.read_bytes()


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _binding(folder: Path, engagement: str) -> list[Entry]:
    found = _entries(folder, engagement)
    for entry in found:
        if entry.trouble:
            raise _unreadable(folder, entry, entry.trouble)
    return [entry for entry in found if not entry.withdrawn and _has_appeared(folder.parent, entry)]


def _has_appeared(home: Path, entry: Entry) -> bool:
    """Whether a run can be seen, or could once: what was published stays so when its folder is cleared away."""
    return entry.is_confirmed or (home / "runs" / entry.run).exists() or entry.run in _pointed(home)


def _pointed(home: Path) -> set[str]:
    """Return the runs that stand where a link would be, on systems without links."""
    found = set()
    for path in (home / "latest", *home.glob("only-*")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            found.add(str(_parse(_read(path / "manifest.json"))["run"]))
    return found


def _unreadable(folder: Path, entry: Entry, why: object) -> LedgerError:
    return LedgerError(
        str(folder),
        entry.run,
        str(why).rstrip(". ") or type(why).__name__,
        f"Put the folder back from a backup. If nobody received that run: workbench publications {entry.engagement} "
        f"--withdraw {entry.run}",
    )


# -- writing ----------------------------------------------------------------------------------------------------------


def write_note(path: Path, record: str) -> None:
    """Write what a result makes public beside its chapter, for its owner alone.

    Parameters
    ----------
    path : Path
        Ends in `SUFFIX`.
    record : str
        As the result holds it.
    """
    _write(path, record.encode())


def note_content(note: bytes) -> str:
    """Return the hash under which the ledger would keep what a note makes public.

    Raises
    ------
    ReportError
        It is no note.
    """
    return _name_of(_read_note(note).text)


def read_elsewhere(notes: Iterable[bytes], processes: Executor) -> None:
    """Have notes read by a process that has imported what that takes, so that this one need not: 1.1 s.

    Parameters
    ----------
    notes : iterable of bytes
        Whoever asks next what they say finds them read; what is none, or is lost or late there, is read when asked for.
    processes : Executor
    """
    for note in notes:
        with suppress(TimeoutError, BrokenExecutor):
            said = processes.submit(_try_note, note).result(READING_SECONDS)
            if said is not None:
                _keep_note(note, said)


def note_holds(engagement: str, note: bytes, root: Path | None = None) -> bool:
    """Return whether a note that was kept could still be published: it knew of every run that binds it now.

    Raises
    ------
    LedgerError
        Earlier entries cannot be read.
    """
    try:
        said = _read_note(note)
        _check_known(_binding(_folder(engagement, root), engagement), {_name_of(said.text): said.text}, [said.after])
    except ReportError:
        return False
    return True


@contextmanager
def published(
    home: Path, notes: Iterable[bytes], *, run: str, audience: str = "", only: str = ""
) -> Iterator[tuple[str, ...]]:
    """Take a run into the ledger around the step in which it appears.

    Yields the earlier runs that showed something else: the guard held this one to them.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports; its name is the engagement's.
    notes : iterable of bytes
        That its notebooks left beside their chapters.
    run, audience, only : str
        Its name, for whom it is, and the pillar where it ran alone.

    Raises
    ------
    ReportError
        Another run appeared meanwhile, of which the guard did not know, or a note is none.
    LedgerError
        Earlier entries cannot be read.
    """
    held = [_read_note(note) for note in notes]
    if not held:
        yield ()
        return
    folder = _inside(home)
    for one in (folder, folder / "content"):
        one.mkdir(exist_ok=True)
        one.chmod(0o700)
    contents = {_name_of(note.text): note.text for note in held}
    with alone(folder) as is_alone:
        before = _binding(folder, home.name)
        _check_known(before, contents, [note.after for note in held])
        if is_alone:
            _tidy(folder, home.name)
        entry = Entry(
            home.name,
            run,
            dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            held[0].wave,
            held[0].people,
            audience,
            only,
            sum(note.numbers for note in held),
            tuple(contents),
        )
        for name, text in contents.items():
            if not (folder / "content" / f"{name}.json").exists():
                _write(folder / "content" / f"{name}.json", text)
        _write_entry(folder, entry)
        try:
            yield tuple(one.run for one in before if not contents.keys() >= set(one.contents))
        finally:
            if _has_appeared(home, entry):
                _write_entry(folder, replace(entry, is_confirmed=True))
            else:
                (folder / f"{run}.json").unlink(missing_ok=True)
                if is_alone:
                    _drop_orphans(folder, home.name)


def withdraw(engagement: str, runs: Iterable[str], root: Path | None = None) -> tuple[Entry, ...]:
    """Note that nobody received some runs: they are kept and bind no more.

    Returns
    -------
    tuple of Entry
        The runs that still bind with the same content.

    Raises
    ------
    UsageError
        There is no such engagement, it published no such run, or one was issued: somebody received it.
    """
    name = engagement_folder(engagement, root=root).name
    folder, chosen = _folder(name, root), tuple(dict.fromkeys(runs))
    known = {entry.run: entry for entry in list_publications(name, root)}
    for run in chosen:
        if run in known and known[run].label:
            raise UsageError(f"{run} was issued as {known[run].label!r}: somebody received it, so it stays binding.")
        if run not in known:
            there = nearest(run, known) or (
                f"There are: {', '.join(sorted(known))}." if known else "It published none yet."
            )
            raise UsageError(f"{name} published no run {run!r}. {there}")
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with alone(folder):
        held = {entry.run: entry for entry in _entries(folder, name) if entry.run in chosen}
        for entry in held.values():
            if not entry.withdrawn:
                _write_entry(folder, replace(entry, withdrawn=now, trouble="", is_confirmed=True))
    contents = {content for entry in held.values() for content in entry.contents}
    left = (entry for entry in list_publications(name, root) if not entry.withdrawn)
    return tuple(entry for entry in left if contents & set(entry.contents))


def note_issued(home: Path, run: str, label: str, *, when: str, only: str = "") -> Entry:
    """Note that a run was frozen for the client under a name; one that showed nothing about people gets an entry too.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports; its name is the engagement's.
    run, label : str
    when, only : str
        When it was published (ISO, UTC), and the pillar where it ran alone; for a run that has no entry.

    Raises
    ------
    LedgerError
        Its entry cannot be read.
    """
    folder = _inside(home)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    with alone(folder):
        entry = next((one for one in _entries(folder, home.name) if one.run == run), None)
        if entry is not None and entry.trouble:
            raise _unreadable(folder, entry, entry.trouble)
        entry = entry or Entry(home.name, run, when, only=only)
        if entry.label != label:
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            entry = replace(entry, is_confirmed=True, issued=now, label=label)
            _write_entry(folder, entry)
    return entry


@dataclass(frozen=True)
class _Note:
    """What a note says: what its entry in the ledger will hold, and the runs that its guard knew of."""

    text: bytes
    after: frozenset[str]
    wave: str
    people: int | None
    numbers: int


def _read_note(note: bytes) -> _Note:
    """Return what a note says; a run asks three times."""
    return _notes.get(note) or _keep_note(note, _parse_note(note))


def _keep_note(note: bytes, said: _Note) -> _Note:
    for oldest in list(_notes)[: max(0, len(_notes) + 1 - MOST_NOTES)]:
        _notes.pop(oldest, None)
    _notes[note] = said
    return said


def _try_note(note: bytes) -> _Note | None:
    try:
        return _parse_note(note)
    except ReportError:
        return None


def _parse_note(note: bytes) -> _Note:
    from workbench.readiness.ledger import Publication

    try:
        document = json.loads(note)
        publication = Publication.from_dict(document["publication"])
        after = frozenset(str(run) for run in document["after"])
    except (ValueError, KeyError, TypeError, ModelError) as error:
        raise ReportError((f"What a notebook noted for the publications ledger is unreadable: {error}",)) from None
    text = json.dumps(publication.to_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _Note(text.encode(), after, publication.wave, publication.people, publication.numbers)


def _check_known(before: Iterable[Entry], contents: Mapping[str, bytes], after: list[frozenset[str]]) -> None:
    """Refuse to publish beside a run that appeared after this one had read the ledger."""
    knew = frozenset.intersection(*after)
    runs: dict[str, list[str]] = {}
    for entry in before:
        for content in entry.contents:
            runs.setdefault(content, []).append(entry.run)
    unknown = [held[0] for content, held in runs.items() if content not in contents and not knew & set(held)]
    if unknown:
        raise ReportError(
            (f"The run {unknown[0]} was published while this one ran; they must be guarded together. Run it again.",)
        )


def _tidy(folder: Path, engagement: str) -> None:
    """Settle what killed runs left: nobody else is publishing now."""
    for entry in _entries(folder, engagement):
        if not entry.trouble and not entry.is_confirmed:
            if _has_appeared(folder.parent, entry):
                _write_entry(folder, replace(entry, is_confirmed=True))
            else:
                (folder / f"{entry.run}.json").unlink()
    for left in (*folder.glob(".*.part"), *(folder / "content").glob(".*.part")):
        left.unlink(missing_ok=True)
    _drop_orphans(folder, engagement)


def _drop_orphans(folder: Path, engagement: str) -> None:
    """Remove contents that no entry names, unless an entry cannot be read."""
    entries = _entries(folder, engagement)
    if any(entry.trouble for entry in entries):
        return
    kept = {content for entry in entries for content in entry.contents}
    for path in (folder / "content").glob("*.json"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def _write_entry(folder: Path, entry: Entry) -> None:
    document: dict[str, Any] = {"format": ENTRY_FORMAT, **asdict(entry)}
    del document["trouble"]
    text = json.dumps(document, allow_nan=False, indent=1) + "\n"  # in ASCII: a foreign file's name may be no UTF-8
    _write(folder / f"{entry.run}.json", text.encode())


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole or not at all, and durably."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name != "nt":  # folders cannot be opened there
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            with suppress(OSError):  # some network shares refuse
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
