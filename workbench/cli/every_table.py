"""Shows what a file becomes and writes it once somebody says yes: one table, or every table of the file in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import typer

from workbench.batch.progress import say
from workbench.cli.asking import Given, is_somebody_there, read_line, with_answers
from workbench.errors import ClientDataError, UsageError, nearest
from workbench.theme import counted, listing

if TYPE_CHECKING:
    from workbench.engagement.exports.importing import ImportOutcome
    from workbench.engagement.intake.importing import TableOutcome
    from workbench.engagement.intake.options import TableOptions
    from workbench.engagement.intake.whole_file import FileLook, FoundTable
    from workbench.engagement.trackers.importing import TrackerOutcome

    Found = TypeVar("Found", ImportOutcome, TrackerOutcome, TableOutcome)

    Options = Callable[[bool, Mapping[str, Sequence[str]]], TableOptions]

YES = ("y", "yes")
NO = ("n", "no")
MOST_SHOWN = 40
"""Tables of a file that are listed (ours)."""


def bring_in(
    bring: Callable[[bool, Mapping[str, Sequence[str]]], Found],
    confirm: bool,
    describe: Callable[[Found], str],
    question: str,
) -> Found:
    """Show what a file becomes; where it is not written yet and somebody is there to say yes, write it.

    Parameters
    ----------
    bring : callable
        Whether it is confirmed, and what was answered → what came of it.
    confirm : bool
    describe : callable
        What came of it → what is printed.
    question : str
        What is asked before it is written.
    """
    return _shown(bring, confirm, describe, question, None, "")[0]


def _shown(
    bring: Callable[[bool, Mapping[str, Sequence[str]]], Found],
    confirm: bool,
    describe: Callable[[Found], str],
    question: str,
    given: Given | None,
    table: str,
) -> tuple[Found, str]:
    """Return what came of a file, and what was said when asked whether to write."""
    said: Mapping[str, Sequence[str]] = {}

    def first(told: Mapping[str, Sequence[str]]) -> Found:
        nonlocal said
        said = told
        return bring(confirm, told)

    outcome = with_answers(first, given, table)
    say(describe(outcome))
    if outcome.is_written or not is_somebody_there():
        return outcome, ""
    answer = read_line(f"{question} Write? [y/N]: ".lstrip())
    return (bring(True, said) if answer.lower() in YES else outcome), answer


def bring_every_table(
    file: str, name: str, options: Options, confirm: bool, describe: Callable[[TableOutcome], str], *, details: bool
) -> None:
    """Bring in each table of a file, with a look at all of them first.

    Parameters
    ----------
    file, name : str
        The file, and the engagement.
    options : callable
        Whether it is confirmed, and what was answered → what is said of a sheet.
    confirm : bool
    describe : callable
        What came of a table → what is printed.
    details : bool

    Raises
    ------
    UsageError
        An option speaks of one table, and the file has several.
    ClientDataError
        What the only table of the file leaves open, and nobody is there to answer.
    typer.Exit
        A table was not written.
    """
    from workbench.engagement.intake.whole_file import as_table, look_at_file

    said = options(confirm, {})
    look = look_at_file(file, name, sheet=said.reading.sheet, at=said.reading.at, encoding=said.reading.encoding)
    is_one = len(look.tables) == 1
    if not is_one:
        _refuse_options_of_one(said)
    _list(look)
    given: Given = {}
    waiting: list[str] = []
    refused: list[str] = []
    written: list[TableOutcome] = []
    for found in look.tables:
        corner = found.block.corner
        while True:
            if not found.is_certain:
                table = _which(found, look)
                if not table:
                    waiting.append(corner)
                    break
                found = as_table(found, table)
            try:
                outcome, answer = _one(file, name, found, options, confirm, describe, given, written)
            except typer.Exit:
                waiting.append(corner)
                break
            except ClientDataError as error:
                if is_one:
                    if not found.is_known:
                        say(f"{corner} is taken for {found.tables[0]}. --as reads it as another table.\n")
                    raise
                say(error)
                refused.append(corner)
                break
            except KeyboardInterrupt:
                say(f"\nStopped. {corner} is not written, nor what follows it; what was written before stays.")
                raise
            if outcome.is_written:
                written.append(outcome)
                say("Written." if is_somebody_there() and not details else f"Written: {outcome.placed.path}")
                break
            if answer in look.known and answer != found.tables[0]:
                found = as_table(found, answer)
                continue
            if answer and answer.lower() not in NO and answer not in look.known:
                say(f"{answer[:60]!r} is neither y nor a table of ours. {nearest(answer, look.known)}".rstrip())
            (refused if outcome.clashes else waiting).append(corner)
            break
    if waiting or refused:
        _say_waiting(waiting, refused, confirm)
        raise typer.Exit(1)
    if details or not is_somebody_there():
        say(f"Next: workbench check {name}")


def _one(
    file: str,
    name: str,
    found: FoundTable,
    options: Options,
    confirm: bool,
    describe: Callable[[TableOutcome], str],
    given: Given,
    written: Sequence[TableOutcome],
) -> tuple[TableOutcome, str]:
    from workbench.engagement.intake.importing import run_table_import

    table = found.tables[0]
    is_shown = False

    def bring(confirmed: bool, told: Mapping[str, Sequence[str]]) -> TableOutcome:
        nonlocal is_shown
        said = options(confirmed, told)
        reading = replace(said.reading, sheet="", at="")
        source = said.source or found.source
        said = replace(said, reading=reading, source=source, is_asked=found.is_shared)

        def run(is_confirmed: bool) -> TableOutcome:
            held = replace(said, confirm=is_confirmed)
            return run_table_import(file, name, table, held, found=found.found, earlier=written)

        is_again = is_shown
        outcome = run(confirmed and (is_again or not written))  # beside others, look first
        is_shown = True
        if not confirmed or outcome.is_written or (outcome.clashes and not is_again):
            return outcome
        return run(True)

    return _shown(bring, confirm, describe, "", given, table)


def _refuse_options_of_one(said: TableOptions) -> None:
    """Refuse what can be meant of one table only."""
    reading = said.reading
    told = {
        "--map": reading.columns,
        "--set": reading.fixed,
        "--unit": reading.units,
        "--fill": reading.fill,
        "--value": reading.value,
        "--section": reading.section,
        "--only": reading.only,
        "--keep": reading.keep,
        "--leave-out": reading.leave_out,
        "--alias": said.aliases,
        "--source": said.source,
        "--whole": reading.is_whole,
    }
    given = [option for option, value in told.items() if value]
    if given:
        raise UsageError(
            f"The file holds several tables, and {listing(given)} can be meant of one only. Say which with --sheet, "
            "--at or --as."
        )


def _list(look: FileLook) -> None:
    """Say what each table of the file is taken for, and what is left, where there is more than one thing to say."""
    if len(look.tables) > 1:
        say(f"{counted(len(look.tables), 'table')} (headers that are ours):")
        for found in look.tables[:MOST_SHOWN]:
            what = " or ".join(found.tables)
            known = ", as confirmed before" if found.is_known else ""
            say(f"  {found.block.corner} → {what} ({found.read}/{found.headers}{known})")
        if len(look.tables) > MOST_SHOWN:
            say(f"  and {len(look.tables) - MOST_SHOWN} more")
    if look.nothing and look.nothing != ("",):
        say(f"Left, no table of ours: {listing(list(look.nothing), MOST_SHOWN)}.")
    if look.hidden:
        say(f"Hidden sheets, not read: {listing(list(look.hidden), MOST_SHOWN)}.")
    if look.gone:
        say(f"Look: not in the file any more, as it was the last time: {listing(list(look.gone), MOST_SHOWN)}.")
    if len(look.tables) > 1 and is_somebody_there():
        say("Write? y, Enter (leave out), or another table's name.")


def _which(found: FoundTable, look: FileLook) -> str:
    """Return the table that somebody says a table of the file is; empty to leave it out."""
    shown = " · ".join(f"{number} {table}" for number, table in enumerate(found.tables, start=1))
    say(f"{found.block.corner}: it may be {' or '.join(found.tables)}.")
    if not is_somebody_there():
        return ""
    say(f"  {shown}")
    while True:
        text = read_line("  number or a table of ours [Enter leaves it out]: ")
        if not text or text in look.known:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(found.tables):
            return found.tables[int(text) - 1]
        if text.lower() in YES and len(found.tables) == 1:
            return found.tables[0]
        hint = nearest(text, look.known) or f"Say a number, or one of {', '.join(look.known)}."
        say(f"  {text[:60]!r} is no table. {hint}")


def _say_waiting(waiting: Sequence[str], refused: Sequence[str], confirm: bool) -> None:
    what = f"Not written: {listing([*waiting, *refused], MOST_SHOWN)}."
    if is_somebody_there():
        say(what)
        return
    say(f"\n{what}")
    if waiting and not confirm:
        say("What each would become stands in imports.yaml. Repeat the command with --confirm if all is right.")
    if waiting and confirm:
        say("It may be several tables of ours: say which with --as, and --at with the cell where it begins.")
    if refused:
        say("What stands in the way is said above; it holds up no other table. --at takes one alone.")
