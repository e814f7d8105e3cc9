"""The commands about runs that are there: what was published and said, where a number comes from, why it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.progress import say
from workbench.cli.arguments import Name
from workbench.errors import writing_to
from workbench.theme import counted, listing

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
    rows = counted(held.written, "row is", "rows are")
    say(f"{rows} written on the numbers of {held.run} now; {held.kept} had a mark before.")
    for about in held.unknown:
        say(f"Not pinned, because that report prints none: {about}")
    if held.file:
        say(f"Changed: {held.file}")


def _publication_line(entry: Entry) -> str:
    """Say when a run was published, of what, for whom, and whether it binds."""
    if entry.trouble:
        return f"{entry.run}  cannot be read ({entry.trouble}): put it back from a backup, or withdraw it."
    when = entry.when.replace("T", " ").removesuffix("+00:00")
    people = "people not shown" if entry.people is None else counted(entry.people, "person", "people")
    told = [f"wave {entry.wave}", people, f"{entry.numbers} numbers", f"for {entry.audience or 'board'}"]
    told = told if entry.contents else ["nothing about people"]
    told += [f"issued {entry.issued[:10]} as {entry.label}"] if entry.label else []
    told += [f"only {entry.only}"] if entry.only else []
    told += [f"withdrawn {entry.withdrawn[:10]}"] if entry.withdrawn else []
    return f"{entry.run}  {when} UTC  {', '.join(told)}"


def issue(
    name: Name,
    label: Annotated[str, typer.Argument(metavar="LABEL", help='What for, such as "Board, October".')],
    run: Annotated[str, typer.Option("--run", metavar="RUN", help="Which run; by default the last one.")] = "",
) -> None:
    """Freeze the report that goes to the client: read-only, named, kept for ever, listed among the publications.

    A run whose files are no longer as they were published is refused. One that was issued cannot be withdrawn.

    Example: workbench issue harbour-mutual "Board, October"
    """
    from workbench.batch.issue import issue_run
    from workbench.engagement.places import reports_folder

    with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
        held = issue_run(name, label, run=run)
    say(f"Issued as {held.label}: {held.folder}")
    say("Its files are read-only, as they were published, and no later run clears them away.")
    say(f"All that was published: workbench publications {held.engagement}")


def why(
    name: Name,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The number as printed, such as R-017, or its key.")],
    run: Annotated[str, typer.Option("--run", metavar="RUN", help="Which run; by default the last one.")] = "",
) -> None:
    """Say where a printed number comes from: how it is made, files, rows and who said them, and its value before.

    It reads what was kept of the run and computes nothing again. Rows are shown as the run read them; what cannot be
    traced is said. Answers of people are never traced to rows.

    Example: workbench why harbour-mutual R-017
    """
    from workbench.batch.tracing import describe_trace, trace_figure

    for line in describe_trace(trace_figure(name, id_, run=run)):
        say(line)


def diff(
    name: Name,
    before: Annotated[str, typer.Argument(metavar="RUN", help="The earlier run.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="The later run.")],
) -> None:
    """Say which numbers moved between two runs, the headline first, and what moved of what they were made from.

    Tables are compared cell by cell, facts by month, rows about people by their number; settings, parameters,
    notebooks, code and versions as well. Nothing is computed again. Where several changes fed a chapter at once, the
    share of each is not known, and that is said.

    Example: workbench diff harbour-mutual 20261004-091500-3fa9c1 20261104-090200-77b0de
    """
    from workbench.batch.differing import compare_runs, describe_difference

    for line in describe_difference(compare_runs(name, before, after)):
        say(line)
