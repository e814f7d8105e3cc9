"""The latest value wins: while one question is being answered, only the newest of those that wait is kept.

A slider that is dragged asks more often than a plan can be solved. Questions are not queued: each takes the place of
the one that waits, and the last one asked is always answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

PAUSE = 0.03
"""Seconds between a question and its answer, in which newer ones may arrive (ours: below what a person notices)."""


class LatestWins:
    """Answer the latest question, on the kernel's own loop; at once where no loop runs.

    The loop reads what the browser sent while it was busy before a waiting answer is due, so no thread is needed.

    Parameters
    ----------
    answer
        Called with the newest question.
    later
        ``later(seconds, call)`` runs a call later; by default the running event loop's.

    Notes
    -----
    Where `answer` raises, the error is the caller's to show; the next question is answered all the same.
    """

    def __init__(
        self, answer: Callable[[Any], None], *, later: Callable[[float, Callable[[], None]], Any] | None = None
    ) -> None:
        self._answer = answer
        self._later = later
        self._waiting: list[Any] = []

    def ask(self, question: Any) -> None:
        """Ask; what waited is dropped."""
        is_due = bool(self._waiting)
        self._waiting = [question]
        if not is_due:
            (self._later or _on_the_loop)(PAUSE, self._run)

    def _run(self) -> None:
        (question,), self._waiting = self._waiting, []
        self._answer(question)


def _on_the_loop(seconds: float, call: Callable[[], None]) -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        call()
        return
    loop.call_later(seconds, call)
