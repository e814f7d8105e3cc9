"""The commands about a run that is there: freezing it, asking where a number comes from or why it moved."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.batch.progress import say
from workbench.errors import writing_to

Name = Annotated[str, typer.Argument(metavar="NAME", help="The engagement: its folder's name in client_data/.")]


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
