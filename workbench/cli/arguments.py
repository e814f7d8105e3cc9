"""The arguments and options that several commands share, and how what was said is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

Name = Annotated[str, typer.Argument(metavar="NAME", help="The engagement: its folder's name in client_data/.")]
CellLimit = Annotated[
    str, typer.Option("--cell-limit", metavar="TIME", help="How long one cell may run, such as 90s; by default 15m.")
]
NotebookLimit = Annotated[
    str, typer.Option("--notebook-limit", metavar="TIME", help="How long one notebook may take; by default 1h.")
]
Deadline = Annotated[
    str, typer.Option("--deadline", metavar="TIME", help="How long one engagement may take; by default 2h.")
]
DateOrder = Annotated[
    str, typer.Option("--date-order", help="day-month-year or month-day-year, where the file does not tell.")
]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding, where the file does not tell.")]


def day_of(option: str, text: str) -> dt.date | None:
    """Return the day that an option names, None where it names none."""
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{option} {text!r} is no day. Write it year first: 2026-10-09.") from None


def pairs_of(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Return what was said as NAME=VALUE."""
    found = {}
    for text in given or ():
        left, sign, right = text.rpartition("=")
        if not sign or not left.strip() or not right.strip():
            raise UsageError(f'{option} {text[:60]!r} is not understood. Say it as {option} "NAME=VALUE".')
        found[left.strip()] = right.strip()
    return found
