"""What a kernel started in a session of its own: when the kernel is gone it becomes the parent's, which ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

SET_CHILD_SUBREAPER = 36
"""Of Linux' prctl: orphans below this process become its children, and not those of the system's first process."""

LOOK_SECONDS = 0.1
"""How soon to look again where there are any."""

LAST_SECONDS = 5.0
"""How long the last ones are ended again and again: each may leave more behind."""


def take_in_strays() -> None:
    """Become the parent of what this process's children leave behind; where it could not be found, nothing changes."""
    if _own_children() is not None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def clear_strays(known: Collection[int], *, may_end: bool) -> bool:
    """Take those that have ended off the system's list, end the others, and return whether there are any left.

    Parameters
    ----------
    known : collection of int
        The children that are none.
    may_end : bool
        Whether nothing lives that could still need them: whose they were, nobody knows any more.
    """
    is_left = False
    for pid in set(_own_children() or ()) - set(known):
        with suppress(OSError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                is_left = True
                if may_end:
                    os.kill(pid, signal.SIGKILL)
    return is_left


def end_strays() -> None:
    """End all of them; nothing else is left."""
    end = time.monotonic() + LAST_SECONDS
    while clear_strays((), may_end=True) and time.monotonic() < end:
        time.sleep(0.01)


def _own_children() -> list[int] | None:
    """Return this process's children; None where the system does not tell. It has a single thread."""
    try:
        return [int(one) for one in Path("/proc/thread-self/children").read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return None
