"""The commands about what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.progress import say
from workbench.cli.arguments import Name
from workbench.errors import writing_to
from workbench.theme import listing

if TYPE_CHECKING:
    from workbench.engagement.publications import Entry


def publications(
    name: Name,
    withdraw: Annotated[
        list[str] | None,
        typer.Option("--withdraw", metavar="RUN", help="Nobody received this run; may be given several times."),
    ] = None,
) -> None:
    """List what was published of a client's survey: later runs hide what would give people away beside it.

    With --withdraw, a run that reached nobody binds later ones no more. It stays listed.

    Example: workbench publications harbour-mutual --withdraw 20261004-091500-3fa9c1
    """
    from workbench.engagement import publications as ledger
    from workbench.engagement.places import reports_folder

    if withdraw:
        with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
            left = ledger.withdraw(name, withdraw)
        if left:
            say(f"The same numbers still bind through {listing([entry.run for entry in left], 3)}.\n")
    found = ledger.list_publications(name)
    if not found:
        say(f"{name} has published nothing about people yet.")
    for entry in found:
        say(_publication_line(entry))


def commentary(
    name: Name,
    pin: Annotated[
        bool, typer.Option("--pin", help="Note in commentary what its words are written on: the last run's numbers.")
    ] = False,
) -> None:
    """List what your own words can be about in the last report, what was said there, and what was left out.

    Words go into the table commentary, a row each; no notebook runs again for them. With --pin, each row that has words
    and no mark gets one, and later reports say beside them when the numbers have moved. To confirm old words, clear
    their written_on and pin again.

    Example: workbench commentary harbour-mutual --pin
    """
    from workbench.batch.commenting import describe_commented, pin_commentary, read_commented
    from workbench.engagement.places import clients_folder

    if not pin:
        for line in describe_commented(read_commented(name)):
            say(line)
        return
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        held = pin_commentary(name)
    say(f"{held.written} rows are written on the numbers of {held.run} now; {held.kept} had a mark before.")
    for about in held.unknown:
        say(f"Not pinned, because that report prints none: {about}")
    if held.file:
        say(f"Changed: {held.file}")


def _publication_line(entry: Entry) -> str:
    """Say when a run was published, of what, for whom, and whether it binds."""
    if entry.trouble:
        return f"{entry.run}  cannot be read ({entry.trouble}): put it back from a backup, or withdraw it."
    when = entry.when.replace("T", " ").removesuffix("+00:00")
    people = "people not shown" if entry.people is None else f"{entry.people} people"
    told = [f"wave {entry.wave}", people, f"{entry.numbers} numbers", f"for {entry.audience or 'board'}"]
    told = told if entry.contents else ["nothing about people"]
    told += [f"issued {entry.issued[:10]} as {entry.label}"] if entry.label else []
    told += [f"only {entry.only}"] if entry.only else []
    told += [f"withdrawn {entry.withdrawn[:10]}"] if entry.withdrawn else []
    return f"{entry.run}  {when} UTC  {', '.join(told)}"
