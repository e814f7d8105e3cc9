"""Who works on what: locked files that the system lets go of when their process ends, however it ends."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ABANDONED_SECONDS = 24 * 3600
"""What was left unfinished so long ago belongs to nobody, where its owner cannot be asked after (ours)."""

OWNER = "owner"
"""The file in a staging folder that is locked while a process works on the run."""


@dataclass
class Lock:
    """A locked file; the system lets go of it when this process ends, however it ends.

    Attributes
    ----------
    descriptor : int
        The open file; -1 once it is released.
    """

    descriptor: int

    def release(self) -> None:
        """Let go of it; a second time nothing happens."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def lock_file(path: Path) -> Lock | None:
    """Lock a file, made where it is not there; None where files cannot be locked.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    lock = Lock(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        fcntl.flock(lock.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.release()
        raise
    except OSError:  # some network shares
        lock.release()
        return None
    return lock


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Let one process or thread at a time change what is in a folder, the others waiting; gives whether that was had.

    Parameters
    ----------
    folder : Path
        Made where it is not there. Nothing is put into it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            is_alone = True
        except OSError:  # some network shares
            is_alone = False
        yield is_alone
    finally:
        os.close(descriptor)


def own_folder(folder: Path) -> Lock | None:
    """Lock a new file in a folder and write this machine's name into it; None where files cannot be locked."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    lock = Lock(os.open(folder / OWNER, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644))
    try:
        fcntl.flock(lock.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # some network shares
        lock.release()
        return None
    try:
        os.write(lock.descriptor, platform.node().encode())  # only now: a file without a name says nothing
    except OSError:  # the disk is full
        lock.release()
        raise
    return lock


def has_no_owner(folder: Path) -> bool | None:
    """Return whether the process that took a folder is gone; None where that cannot be told.

    A lock tells it at once on the machine that took it; from another machine, or without locks, nothing does.

    Parameters
    ----------
    folder : Path
        From `own_folder`.
    """
    try:
        import fcntl

        with (folder / OWNER).open("r+", encoding="utf-8") as file:
            if platform.node() and file.read() == platform.node():
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
    except BlockingIOError:
        return False
    except (ImportError, OSError, ValueError):
        pass
    return None


def is_abandoned(folder: Path) -> bool:
    """Return whether nobody works on a staging folder any more; where its lock does not tell, its age does."""
    is_free = has_no_owner(folder)
    if is_free is not None:
        return is_free
    try:
        return time.time() - folder.stat().st_mtime > ABANDONED_SECONDS
    except OSError:  # another run has just removed it
        return False
