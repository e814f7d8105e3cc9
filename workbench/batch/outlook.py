"""What a batch would do before it does it: which engagements would run, why, and about how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.plan import make_plan
from workbench.batch.shards import Shard, take_shard
from workbench.batch.status import Status, stand
from workbench.engagement.places import find_root
from workbench.errors import WorkbenchError

SIDE_BY_SIDE = 3
"""Notebooks of one engagement that run at a time, mostly: those of the pillars, then the summary."""


@dataclass(frozen=True)
class Prospect:
    """What a batch would do with one engagement.

    Attributes
    ----------
    status : Status
        How it stands.
    will_run : bool
    refused : str
        Why it would fail before any notebook runs, as far as its notebooks, its name and its last run tell; else empty.
    is_fresh : bool
        Whether everything would run, also what is unchanged.
    """

    status: Status
    will_run: bool
    refused: str = ""
    is_fresh: bool = False

    @property
    def is_words(self) -> bool:
        """Whether only the report would be made anew, because nothing but the consultant's words has changed."""
        return self.status.is_words and not self.is_fresh

    @property
    def is_checked(self) -> bool:
        """Whether a run has read its files as they are now; a plan itself opens none."""
        return bool(self.refused or self.status.report) and {"data", "words"}.isdisjoint(self.status.why)


@dataclass(frozen=True)
class Outlook:
    """What a batch would do.

    Attributes
    ----------
    prospects : tuple of Prospect
        In the order of the names.
    slots : int
        Notebooks at a time.
    seconds : float or None
        About how long it would take; None where nothing tells.
    """

    prospects: tuple[Prospect, ...]
    slots: int
    seconds: float | None

    @property
    def to_run(self) -> tuple[Prospect, ...]:
        """What would run, as far as is known."""
        return tuple(held for held in self.prospects if held.will_run and not held.refused)

    @property
    def to_fail(self) -> tuple[Prospect, ...]:
        """What would be tried and fail before any notebook runs."""
        return tuple(held for held in self.prospects if held.will_run and held.refused)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        rows = [
            {
                **held.status.to_json(),
                "will_run": held.will_run,
                "refused": held.refused,
                "is_checked": held.is_checked,
                "is_words": held.is_words,
            }
            for held in self.prospects
        ]
        counts = {"to_run": len(self.to_run), "to_fail": len(self.to_fail)}
        return {**counts, "slots": self.slots, "seconds": self.seconds, "engagements": rows}


def plan_batch(
    names: Sequence[str], slots: int, *, fresh: bool = False, shard: str = "", root: Path | None = None
) -> Outlook:
    """Return what a batch of these engagements would do; nothing is run or written.

    Parameters
    ----------
    names : sequence of str
    slots : int
        Notebooks at a time.
    fresh : bool
        Whether everything would run, also what is unchanged.
    shard : str
        As for `workbench.batch.night.run_batch`.
    root : Path, optional
        The workbench's folder.
    """
    home = root or find_root()
    chosen = take_shard(names, Shard.parse(shard), root=home)
    prospects = tuple(
        Prospect(status, fresh or status.state != "done", _refusal(status, home), fresh)
        for status in stand(chosen, home)
    )
    running = [held.status for held in prospects if held.will_run and not held.refused and not held.is_words]
    usual = {held.engagement: held.seconds for held in running}
    return Outlook(prospects, slots, estimate(usual, {}, slots) if usual else 0.0)


def estimate(usual: Mapping[str, float], took: Mapping[str, float], slots: int) -> float | None:
    """Return about how long the rest of a batch takes; None where nothing tells. Unit: seconds.

    Parameters
    ----------
    usual : mapping of engagement to float
        What the notebooks of each took when they last ran, one after the other; 0 where that is not
        known. Unit: seconds.
    took : mapping of engagement to float
        What those took that are done, likewise: waiting for a slot is left out, or a full machine would be
        counted twice.
    slots : int
        Notebooks at a time.

    Examples
    --------
    >>> estimate({"a": 60.0, "b": 120.0, "c": 0.0}, {"a": 60.0}, 2)
    100.0
    >>> estimate({"a": 0.0}, {}, 2) is None
    True
    """
    left = [usual[name] for name in usual if name not in took]
    known = [*(seconds for seconds in usual.values() if seconds), *took.values()]
    if not left or not known:
        return None
    mean = sum(known) / len(known)  # of those that nothing is known of
    return max(sum(one or mean for one in left) / slots, max(left) / SIDE_BY_SIDE)


def say_about(seconds: float) -> str:
    """Return about how long something takes, in words.

    Examples
    --------
    >>> say_about(40.4), say_about(100.0)
    ('about 40 s', 'about 2 min')
    """
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"


def _refusal(status: Status, root: Path) -> str:
    try:
        make_plan(status.engagement, root=root)
    except WorkbenchError as error:
        return str(error)
    return status.failure if status.fails_again else ""
