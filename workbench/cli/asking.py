"""Asks somebody at the terminal what a file leaves open, in place of a refusal and the command typed again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import typer

from workbench.batch.progress import say
from workbench.errors import ClientDataError, Fault, printable

Found = TypeVar("Found")
Told = dict[str, list[str]]
"""Option → what was said of it."""

OPEN = "="
"""How an answer ends whose rest is to be typed."""


def is_somebody_there() -> bool:
    """Return whether a question would reach somebody."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def read_line(prompt: str) -> str:
    """Return what somebody types after a prompt; nothing where the terminal is gone."""
    try:
        return input(printable(prompt)).strip()
    except EOFError:
        return ""


def with_answers(bring: Callable[[Mapping[str, Sequence[str]]], Found]) -> Found:
    """Bring a file in; what it leaves open is asked and the file read again, until nothing is open.

    Without somebody at the terminal, or where an answer is not known, the refusal stands as it is.

    Parameters
    ----------
    bring : callable
        Options that were answered → what came of them.

    Raises
    ------
    ClientDataError
        A fault that is no question, or nobody is there to answer.
    typer.Exit
        A question was not answered.
    """
    told: Told = {}
    while True:
        try:
            return bring(told)
        except ClientDataError as error:
            if not is_somebody_there() or not all(fault.answers for fault in error.faults):
                raise
            before = ""
            for fault in error.faults:
                said, before = _ask(fault, before)
                if said is None:  # the question was just read: it is not printed again
                    say("Nothing is written. Who knows the answer may be asked: workbench queries.")
                    raise typer.Exit(1) from None
                option, value = said
                if value in told.get(option, ()):  # it was said, and did not help
                    raise
                told.setdefault(option, []).append(value)


def _ask(fault: Fault, before: str) -> tuple[tuple[str, str] | None, str]:
    """Return option and value of the answer, None where nobody knows, and the list of answers as it was shown."""
    place = ", ".join(part for part in (fault.sheet, fault.cell) if part)
    say(f"{place}: {fault.found}" if place else fault.found)
    free = next((answer for answer in fault.answers if answer.value.endswith(OPEN)), None)
    listed = [answer for answer in fault.answers if answer is not free]
    shown = " · ".join(f"{number} {answer.words}" for number, answer in enumerate(listed, start=1))
    if shown and shown != before:
        say(f"  {shown}")
    wanted = " or ".join(part for part in ("number" if listed else "", free.words if free else "") if part)
    while True:
        text = read_line(f"  {wanted} [Enter stops]: ")
        if not text:
            return None, shown
        if text.isdecimal() and 1 <= int(text) <= len(listed):
            answer = listed[int(text) - 1]
            return (answer.option, answer.value), shown
        if free is not None:
            return (free.option, free.value + text), shown
        named = [answer for answer in listed if answer.words.casefold() == text.casefold()]
        if named:
            return (named[0].option, named[0].value), shown
