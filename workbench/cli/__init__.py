"""The command line: one command a job, each with an example; every error in plain words.

Here is the list of the commands; each topic's stand in a module beside it, and what a command needs is imported when it
runs, so that ``--help`` answers at once. Exit codes: 0 good, 1 the client's data or a run failed, 2 wrong usage.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence

import typer

from workbench.batch.progress import say
from workbench.cli.files import check, new, queries, request, survey
from workbench.cli.imports import import_codes, import_metricflow, import_survey, import_table, import_tracker
from workbench.cli.leaving import archive, purge
from workbench.cli.nights import batch, status
from workbench.cli.published import commentary, diff, issue, publications, why
from workbench.cli.runs import demo, lab, run
from workbench.errors import UsageError, WorkbenchError

app = typer.Typer(
    name="workbench",
    help="Is this organisation working product by product, what do its outcomes say, and where should people and money "
    "go? One client's folder in, one checked report out.\n\nExample: workbench demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
import_app = typer.Typer(
    help="Bring another tool's file into a client's folder.\n\nExample: workbench import survey answers.xlsx "
    "harbour-mutual --wave 2026-09",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(import_app, name="import")

COMMANDS: tuple[Callable[..., None], ...] = (
    *(new, check, run, batch, lab, status, request, queries, survey),
    *(commentary, publications, why, diff, issue, archive, purge, demo),
)
"""In the order of ``--help``."""
for command in COMMANDS:
    app.command()(command)
IMPORTS: tuple[Callable[..., None], ...] = (
    import_survey,
    import_tracker,
    import_table,
    import_metricflow,
    import_codes,
)
for command in IMPORTS:
    import_app.command(command.__name__.removeprefix("import_"))(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours is printed as text, a fault of ours keeps its traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal's encoding lacks is written out
            stream.reconfigure(errors="backslashreplace")
    try:
        app(args=None if arguments is None else list(arguments))
    except UsageError as error:
        say(error, file=sys.stderr)
        raise SystemExit(2) from None
    except WorkbenchError as error:
        say(error, file=sys.stderr)
        raise SystemExit(1) from None
