"""What a run says while it goes and how it went: frozen values that save as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

CAUSES = {
    "data": "The client's files have faults",
    "parameters": "A parameter or a notebook cannot be used",
    "cell_error": "A cell stopped",
    "chapter": "A notebook saved no chapter of its own",
    "cell_timeout": "A cell ran too long",
    "deadline": "It took longer than it may",
    "memory": "It needed more memory than there is",
    "kernel_start": "Its kernel did not start",
    "kernel_died": "Its kernel died",
    "disk": "The disk takes nothing more",
    "folder": "A folder cannot be used",
    "cancelled": "The batch was stopped before it could run",
    "report": "The report breaks a rule of the house",
    "publications": "What earlier runs showed cannot be read",
    "worker": "A process or machine that worked on it went away",
    "internal": "A fault of the workbench itself",
}
"""Why a run failed, and how that is said."""


@dataclass(frozen=True)
class Event:
    """Something that a waiting person wants to know.

    Attributes
    ----------
    kind : str
        ``progress`` (of a batch), ``unchanged``, ``checked``, ``warned``, ``started``, ``cell``, ``retrying``,
        ``finished``, ``failed``, ``rendering``, ``published``.
    engagement, notebook : str
        Whose; the notebook's name, or empty.
    text : str
        What there is to say: ``3/12`` for a cell, the sentence of a failure, the cause of another attempt.
    seconds : float
        Since the notebook's attempt (or, without one, the run) started.
    measured : mapping
        Of a notebook that has ended: see `JobResult.measures`.
    """

    kind: str
    engagement: str
    notebook: str = ""
    text: str = ""
    seconds: float = 0.0
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """What a notebook of an engagement needed when it last ended well: seconds, and its peak memory in megabytes."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class JobResult:
    """How one notebook went.

    Attributes
    ----------
    notebook : str
    status : str
        ``done``, ``unchanged`` (its chapter was there already), ``failed`` or ``not run``.
    seconds : float
        Of its last attempt.
    cause : str
        Of a failure, one of `CAUSES`; else empty.
    message : str
        The failure's own sentences; they may quote a cell of the client's.
    cell : int
        Code cell that stopped, counted from one; 0 where none did.
    attempts : int
        How often it was started.
    peak_mb : float
        Most memory that its kernel held; 0 where nobody could look. Unit: megabytes.
    cpu_seconds : float
        Computing time of its kernel; 0 where nobody could look.
    why_cold : str
        Why its kernel was not forked; blank where it was.
    retried : tuple of str
        What stopped the attempts before the last, each one of `CAUSES`.
    """

    notebook: str
    status: str
    seconds: float = 0.0
    cause: str = ""
    message: str = ""
    cell: int = 0
    attempts: int = 1
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    why_cold: str = ""
    retried: tuple[str, ...] = ()

    def measures(self) -> dict[str, Any]:
        """Return what was measured, as plain values."""
        return {
            "attempts": self.attempts,
            "retried": list(self.retried),
            "peak_mb": round(self.peak_mb, 1),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "why_cold": self.why_cold,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> JobResult:
        """Return the result that plain values hold."""
        return cls(**{**document, "retried": tuple(document.get("retried", ()))})


@dataclass(frozen=True)
class EngagementResult:
    """How one engagement went.

    Attributes
    ----------
    engagement : str
    status : str
        ``done``, ``unchanged`` (the last report still holds) or ``failed``.
    seconds : float
    jobs : tuple of JobResult
        Empty where nothing was started.
    folder : str
        Of the published report, or where the notebooks of a failed run are kept; empty where there is neither.
    message : str
        Of a failure, in sentences; they may quote a cell of the client's.
    cause : str
        Of a failure, one of `CAUSES`; else empty.
    answers : tuple of str
        The report's bottom line, claim by claim.
    recorded : str
        The run's name in the publications ledger; empty where it showed no numbers about people.
    held_to : tuple of str
        Earlier runs that showed other numbers about people: what would give somebody away beside them is hidden.
    n_faults : int
        In the client's files.
    first_fault : str
        Place and kind of the first of them in words of ours: ``lines.csv, row 1, column product_line: missing``.
    """

    engagement: str
    status: str
    seconds: float
    jobs: tuple[JobResult, ...] = ()
    folder: str = ""
    message: str = ""
    cause: str = ""
    answers: tuple[str, ...] = ()
    recorded: str = ""
    held_to: tuple[str, ...] = ()
    n_faults: int = 0
    first_fault: str = ""

    @property
    def is_done(self) -> bool:
        """Whether there is a report of the files as they are."""
        return self.status in ("done", "unchanged")

    @property
    def own_seconds(self) -> float:
        """What its notebooks took, waiting for a slot left out; where none ran, what it took in all."""
        return sum(job.seconds for job in self.jobs) or self.seconds

    def to_json(self, *, with_words: bool = True) -> dict[str, Any]:
        """Return plain values; without words, nothing that could quote the client's files.

        Parameters
        ----------
        with_words : bool
            Whether messages and answers are among them.
        """
        held = self
        if not with_words:
            held = replace(self, message="", answers=(), jobs=tuple(replace(job, message="") for job in self.jobs))
        return asdict(held)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EngagementResult:
        """Return the result that `to_json` wrote."""
        held: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
        }
        held["jobs"] = tuple(JobResult.from_json(job) for job in document["jobs"])
        return cls(**held)


@dataclass(frozen=True)
class BatchResult:
    """How a batch went.

    Attributes
    ----------
    engagements : tuple of EngagementResult
        In the order of the names.
    seconds : float
    id, shard, page : str
        Its name in the ledger; the part of a list that it was; where the morning page lies.
    trouble : str
        Why the ledger or the morning page could not be written; empty where they were.
    """

    engagements: tuple[EngagementResult, ...]
    seconds: float
    id: str = ""
    shard: str = ""
    page: str = ""
    trouble: str = ""

    @property
    def unchanged(self) -> tuple[EngagementResult, ...]:
        """The engagements whose last report still holds."""
        return tuple(held for held in self.engagements if held.status == "unchanged")

    @property
    def failed(self) -> tuple[EngagementResult, ...]:
        """The engagements without a new report."""
        return tuple(held for held in self.engagements if not held.is_done)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": "ended", "exit_code": self.exit_code, **asdict(self)}

    @property
    def exit_code(self) -> int:
        """0 where every engagement has its report and the batch its page, else 1."""
        return 1 if self.failed or self.trouble else 0


def silent(event: Event) -> None:
    """Say nothing."""
