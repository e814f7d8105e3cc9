"""The commands that open or run one client's notebooks."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.batch.progress import Progress, say
from workbench.cli.arguments import CellLimit, Deadline, Name, NotebookLimit
from workbench.theme import listing

if TYPE_CHECKING:
    from workbench.batch.results import EngagementResult


def run(
    name: Name,
    only: Annotated[
        str, typer.Option("--only", metavar="PILLAR", help="readiness, outcomes, allocation or a chapter of your own.")
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="KEY=VALUE", help="A parameter of the notebooks; may be given several times."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every notebook, also those whose files stayed.")] = False,
    cell_limit: CellLimit = "",
    notebook_limit: NotebookLimit = "",
    deadline: Deadline = "",
) -> None:
    """Run a client's notebooks and publish one checked report in reports/NAME/latest/.

    A notebook whose files, parameters and code are as they were does not run again: its chapter is taken as it is.
    With --only, that pillar and the summary run, and the report goes to reports/NAME/only-PILLAR/.

    Example: workbench run harbour-mutual --only readiness -p confidence=0.9
    """
    from workbench.batch.limits import Limits

    limits = Limits.parse(cell_limit, notebook_limit, deadline)
    _run_and_tell(name, only=only, overrides=parameter or [], fresh=fresh, limits=limits)


def demo() -> None:
    """Run the sample engagement and say where its report is.

    Example: workbench demo
    """
    say("Running the sample engagement harbour-mutual, an invented insurer.", file=sys.stderr)
    _run_and_tell("harbour-mutual")


def lab(
    name: Name,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab with working copies of the notebooks for this client alone, in reports/NAME/lab/.

    Copies that exist are kept as they are. To use your version in runs, copy it to client_data/NAME/notebooks/.

    Example: workbench lab harbour-mutual
    """
    from workbench.batch.lab import lab_command, lab_environment, prepare_lab

    held = prepare_lab(name)
    say(f"Working copies: {held.folder}")
    if held.kept:
        say(f"Kept as you left them: {', '.join(held.kept)}")
    if held.behind:
        say(f"The originals have changed since you copied: {', '.join(held.behind)}")
    command = lab_command(held, [] if browser else ["--no-browser"])
    try:
        code = subprocess.run(command, env=lab_environment(held), cwd=held.folder, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(1 if code else 0)


def _run_and_tell(name: str, **settings: Any) -> None:
    """Run an engagement while its progress is shown, say how it went, and exit as it went."""
    from workbench.batch.run import run_engagement

    progress = Progress()
    try:
        result = run_engagement(name, **settings, on_event=progress)
    finally:
        progress.close()
    _tell(result)
    if not result.is_done:
        raise typer.Exit(1)


def _tell(result: EngagementResult) -> None:
    """Say how a run went: the bottom line and where the report is, or what stopped it."""
    if result.is_done:
        for answer in result.answers:
            say(answer)
        say(f"\nReport: {result.folder}{os.sep}report.html ({result.seconds:.0f} s)")
        _tell_moved(result)
        _tell_recorded(result)
        if result.held_to:
            say(f"\nEarlier runs showed other numbers about people: {listing(result.held_to, 3)}.")
            say("What would give somebody away beside them is hidden. If nobody received such a run:")
            say(f"workbench publications {result.engagement} --withdraw RUN")
        return
    say(result.message, file=sys.stderr)
    if result.folder:
        say(f"\nThe executed notebooks are kept in {result.folder}", file=sys.stderr)


def _tell_moved(result: EngagementResult) -> None:
    """Say where the consultant's words were written on other numbers: the report says so beside them."""
    from workbench.batch.commenting import count_moved

    count = count_moved(result.folder)
    if count:
        are = "comment was" if count == 1 else "comments were"
        say(f"{count} {are} written on numbers that have moved since: workbench commentary {result.engagement}")


def _tell_recorded(result: EngagementResult) -> None:
    """Say that a run binds later ones, where it showed numbers about people."""
    if result.recorded:
        say("Recorded as published: later runs hide what would give somebody away beside it. If nobody receives it:")
        say(f"workbench publications {result.engagement} --withdraw {result.recorded}")
