"""Asks somebody at the terminal what a file leaves open, in place of a refusal and the command typed again."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import typer

from workbench.batch.progress import say
from workbench.errors import Answer, ClientDataError, Fault, printable

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


Given = dict[tuple[str, ...], tuple[Answer, str]]
"""Question, whatever its numbers → what was answered, and where."""

TAKEN_OVER = ("--unit", "--alias")
"""Options whose answer holds for the next sheet of the same table too: what a note or a name means."""


def with_answers(
    bring: Callable[[Mapping[str, Sequence[str]]], Found], given: Given | None = None, table: str = ""
) -> Found:
    """Bring a file in; what it leaves open is asked and the file read again, until nothing is open.

    Without somebody at the terminal, or where an answer is not known, the refusal stands as it is.

    Parameters
    ----------
    bring : callable
        Options that were answered → what came of them.
    given : dict, optional
        What was answered for other sheets of the file; the same question about the same table is not asked again, and
        it is said what was taken over.
    table : str
        Table of ours that is asked about.

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
                key = (table, re.sub(r"[\d,.]+", "#", fault.found), *(answer.value for answer in fault.answers))
                if given is not None and key in given:
                    said, there = given[key]
                    say(f"{_where(fault)}{fault.found}: {said.words}, as you said of {there}.")
                else:
                    answered, before = _ask(fault, before)
                    if answered is None:  # the question was just read: it is not printed again
                        first = "" if given is not None else "Nothing is written. "
                        say(f"{first}Who knows the answer may be asked: workbench queries.")
                        raise typer.Exit(1) from None
                    said = answered
                    if given is not None and said.option in TAKEN_OVER:
                        given[key] = (said, fault.sheet)
                for value in (said.value, *said.also):
                    if value in told.get(said.option, ()):  # it was said, and did not help
                        raise
                    told.setdefault(said.option, []).append(value)


def _where(fault: Fault) -> str:
    place = ", ".join(part for part in (fault.sheet, fault.cell) if part)
    return f"{place}: " if place else ""


def _ask(fault: Fault, before: str) -> tuple[Answer | None, str]:
    """Return the answer, None where nobody knows, and the list of answers as it was shown."""
    say(f"{_where(fault)}{fault.found}")
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
            return listed[int(text) - 1], shown
        if free is not None:
            return Answer(free.option, free.value + text, text), shown
        named = [answer for answer in listed if answer.words.casefold() == text.casefold()]
        if named:
            return named[0], shown
        say(f"  {text[:60]!r} is none of these: 1 to {len(listed)}." if listed else "  Type what it is.")
