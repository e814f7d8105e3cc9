"""What a run says while it goes and how it went: frozen values that save as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that a waiting person wants to know.

    Attributes
    ----------
    kind : str
        ``checked``, ``started``, ``cell``, ``finished``, ``failed``, ``rendering``, ``published``.
    engagement, notebook : str
        Whose; the notebook's name, or empty.
    text : str
        What there is to say: ``3/12`` for a cell, the sentence of a failure.
    seconds : float
        Since the notebook (or, without one, the run) started.
    """

    kind: str
    engagement: str
    notebook: str = ""
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class JobResult:
    """How one notebook went.

    Attributes
    ----------
    notebook : str
    status : str
        ``done``, ``failed`` or ``not run``.
    seconds : float
    cause : str
        Of a failure: ``data``, ``cell_error``, ``kernel_died``, ``chapter``; else empty.
    message : str
        The failure's own sentences.
    """

    notebook: str
    status: str
    seconds: float = 0.0
    cause: str = ""
    message: str = ""


@dataclass(frozen=True)
class EngagementResult:
    """How one engagement went.

    Attributes
    ----------
    engagement : str
    status : str
        ``done`` or ``failed``.
    seconds : float
    jobs : tuple of JobResult
        Empty where nothing was started.
    folder : str
        Of the published report, or where the notebooks of a failed run are kept; empty where there is neither.
    message : str
        Of a failure, in sentences.
    answers : tuple of str
        The report's bottom line, claim by claim.
    recorded : str
        The run's name in the publications ledger; empty where it showed no numbers about people.
    held_to : tuple of str
        Earlier runs that showed other numbers about people: what would give somebody away beside them is hidden.
    """

    engagement: str
    status: str
    seconds: float
    jobs: tuple[JobResult, ...] = ()
    folder: str = ""
    message: str = ""
    answers: tuple[str, ...] = ()
    recorded: str = ""
    held_to: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether a report was published."""
        return self.status == "done"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class BatchResult:
    """How a batch went.

    Attributes
    ----------
    engagements : tuple of EngagementResult
        In the order of the names.
    seconds : float
    """

    engagements: tuple[EngagementResult, ...]
    seconds: float

    @property
    def failed(self) -> tuple[EngagementResult, ...]:
        """The engagements without a new report."""
        return tuple(held for held in self.engagements if not held.is_done)

    @property
    def exit_code(self) -> int:
        """0 where every engagement has its report, else 1."""
        return 1 if self.failed else 0


def silent(event: Event) -> None:
    """Say nothing."""
