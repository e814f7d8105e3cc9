"""What a file leaves open is asked of whom is there, and refused with the option's name where nobody is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
import typer

from workbench.cli import asking
from workbench.errors import Answer, ClientDataError, Fault

HIDDEN = Fault(
    *("costs.xlsx", "Costs", "row 11", "1 row is hidden", "a decision.", "Say --hidden read or --hidden skip."),
    (Answer("--hidden", "skip", "leave out"), Answer("--hidden", "read", "read")),
)
NAME = Fault(
    *("costs.xlsx", "Costs", "", "nobody knows which line 'KFZ' is", "a name of ours.", "Say --alias."),
    (Answer("--alias", "KFZ=", "a name of ours"), Answer("--alias", "KFZ=leave out", "leave its rows out")),
)
PLAIN = Fault("costs.xlsx", "Costs", "C10", "'abc'", "a number.", "Write a number.")


def bring(told: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what was told, once nothing is open."""
    open_ = [fault for fault, option in ((HIDDEN, "--hidden"), (NAME, "--alias")) if option not in told]
    if open_:
        raise ClientDataError(tuple(open_[:1]))
    return {option: list(values) for option, values in told.items()}


def at_terminal(patch: pytest.MonkeyPatch, *lines: str) -> Iterator[str]:
    """Let somebody be there who types these lines."""
    waiting = iter(lines)
    patch.setattr(asking, "is_somebody_there", lambda: True)
    patch.setattr(asking, "read_line", lambda prompt: next(waiting))
    return waiting


def test_questions_are_asked_until_nothing_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number chooses, anything that is no number of the list is asked again, words fill an open answer."""
    at_terminal(monkeypatch, "7", "1", "motor")
    assert asking.with_answers(bring) == {"--hidden": ["skip"], "--alias": ["KFZ=motor"]}


def test_nothing_is_guessed_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter stops: no answer is taken for somebody."""
    at_terminal(monkeypatch, "2", "")
    with pytest.raises(typer.Exit) as caught:
        asking.with_answers(bring)
    assert caught.value.exit_code == 1


def test_without_a_terminal_the_refusal_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script reads the same sentence as before."""
    monkeypatch.setattr(asking, "is_somebody_there", lambda: False)
    with pytest.raises(ClientDataError, match="--hidden skip"):
        asking.with_answers(bring)


def test_a_fault_is_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong cell among questions: all is listed, nothing is asked."""
    at_terminal(monkeypatch)

    def both(told: Mapping[str, Sequence[str]]) -> None:
        raise ClientDataError((HIDDEN, PLAIN))

    with pytest.raises(ClientDataError, match="2 faults"):
        asking.with_answers(both)


def test_an_answer_that_does_not_help_ends_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question again with the same answer would go on for ever."""
    at_terminal(monkeypatch, "1", "1")

    def again(told: Mapping[str, Sequence[str]]) -> None:
        raise ClientDataError((HIDDEN,))

    with pytest.raises(ClientDataError):
        asking.with_answers(again)
