"""The latest value wins, and the last one is always answered; on a clock of our own and on a real loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.panels.latest import LatestWins


class Clock:
    """Runs calls when it is told to, in order."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Keep a call."""
        assert seconds > 0
        self.calls.append(call)

    def tick(self) -> None:
        """Run what is due."""
        due, self.calls = self.calls, []
        for call in due:
            call()


def test_only_the_newest_of_those_that_wait_is_answered() -> None:
    """Ten asked, one answered; what is asked while it is answered comes next."""
    clock, answered = Clock(), []

    def answer(question: int) -> None:
        answered.append(question)
        if question == 9:
            latest.ask(10)
            latest.ask(11)

    latest = LatestWins(answer, later=clock.later)
    for question in range(10):
        latest.ask(question)
    assert answered == []
    clock.tick()
    assert answered == [9]
    clock.tick()
    assert answered == [9, 11]
    clock.tick()
    assert answered == [9, 11]


def test_without_a_loop_it_answers_at_once() -> None:
    """As in a test or a plain interpreter."""
    answered: list[int] = []
    latest = LatestWins(answered.append)
    latest.ask(1)
    latest.ask(2)
    assert answered == [1, 2]


def test_a_slow_answer_does_not_queue_what_came_meanwhile() -> None:
    """Thirty moves arrive while one plan is being solved: two answers, the first and the last."""
    answered: list[int] = []

    async def drag() -> None:
        loop, last = asyncio.get_running_loop(), asyncio.Event()

        def slow(question: int) -> None:
            answered.append(question)
            if question == 0:  # what the browser sends while the loop is busy is read right after
                for move in range(1, 31):
                    loop.call_soon(latest.ask, move)
            if question == 30:
                last.set()

        latest = LatestWins(slow)
        latest.ask(0)
        async with asyncio.timeout(60):
            await last.wait()

    asyncio.run(drag())
    assert answered == [0, 30]


def test_an_answer_that_fails_leaves_the_next_one_to_be_answered() -> None:
    """The question is gone, not stuck."""
    clock, answered = Clock(), []

    def answer(question: int) -> None:
        answered.append(question)
        if question == 1:
            raise ValueError("no")

    latest = LatestWins(answer, later=clock.later)
    latest.ask(1)
    try:
        clock.tick()
    except ValueError:
        latest.ask(2)
    clock.tick()
    assert answered == [1, 2]
