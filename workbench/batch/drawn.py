"""Slides that were drawn before, under the keys of what they show; one client's never serve another.

``reports/<engagement>/.cache/drawings/<key>`` holds an exhibit's slide, so that a run in which one table changed draws
what changed. It is for its owner alone, appears whole or not at all, and is checked when it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.batch.cache import CACHE, Cache

if TYPE_CHECKING:
    from workbench.report.exhibit import Exhibit

KEPT_RUNS = 2
"""Of the drawings those of so many runs are kept, the newest ones (ours: a run, and a what-if by -p)."""


@dataclass(frozen=True)
class Kept:
    """The slides that an engagement's earlier runs drew.

    Attributes
    ----------
    home : Path
        The engagement's own folder of reports.
    ground : str
        What draws: code and environment.
    is_fresh : bool
        Whether nothing may be taken from it; what is drawn is kept all the same.
    """

    home: Path
    ground: str
    is_fresh: bool = False

    @classmethod
    def beside(cls, cache: Cache) -> Kept:
        """Return the slides that are kept beside a run's chapters."""
        return cls(cache.home, f"{cache.ground.code} {cache.ground.environment}", cache.is_fresh)

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.home / CACHE / "drawings"

    def drawings(self, exhibit: Exhibit) -> tuple[str, bytes]:
        """Return an exhibit's slide as SVG and PNG: as it was kept, else drawn now.

        Parameters
        ----------
        exhibit : Exhibit
            One that shows something.
        """
        from workbench.report.images import drawings_of

        place = self.folder / self._key(exhibit)
        held = None if self.is_fresh else _read(place)
        if held is None:
            held = drawings_of(exhibit)
            _write(place, *held)
        return held

    def prune(self, count: int) -> None:
        """Keep the drawings used last, and nothing that a killed run left half written.

        Parameters
        ----------
        count : int
            How many the run that has ended shows.
        """
        with suppress(OSError):
            found = [path for path in self.folder.iterdir() if not path.name.startswith(".")]
            for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)[KEPT_RUNS * count :]:
                path.unlink()

    def _key(self, exhibit: Exhibit) -> str:
        from workbench.report.drawing.letters import font_marks

        drawn = exhibit.to_dict()
        parts = [self.ground, font_marks(), drawn["kind"], drawn["content"]]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read(place: Path) -> tuple[str, bytes] | None:
    """Return a kept slide; None where it is not there, or not as it was written."""
    try:
        seal, _, held = place.read_bytes().partition(b"\n")
        if seal != _seal(held):
            return None
        os.utime(place)  # used just now: others go first
    except OSError:
        return None
    length, _, both = held.partition(b"\n")
    return both[: int(length)].decode(), both[int(length) :]


def _write(place: Path, svg: str, png: bytes) -> None:
    """Keep a slide; a full disk keeps nothing and stops nothing."""
    text = svg.encode()
    held = b"%d\n" % len(text) + text + png
    part = place.parent / f".part-{secrets.token_hex(6)}"
    with suppress(OSError):
        part.mkdir(parents=True, mode=0o700)
        place.parent.parent.chmod(0o700)
        (part / place.name).write_bytes(_seal(held) + b"\n" + held)
        (part / place.name).chmod(0o600)
        (part / place.name).replace(place)
    shutil.rmtree(part, ignore_errors=True)


def _seal(held: bytes) -> bytes:
    return hashlib.sha256(held).hexdigest().encode()
