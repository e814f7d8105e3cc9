"""The commands about a client's files: making the folder, checking it, and asking for what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.progress import say
from workbench.cli.arguments import Name, day_of
from workbench.errors import ClientDataError, UsageError, writing_to
from workbench.theme import counted

if TYPE_CHECKING:
    from workbench.engagement.load import Engagement


def new(name: Name) -> None:
    """Make a folder for a new client, with an Excel workbook that explains itself.

    Example: workbench new acme-insurance
    """
    from workbench.engagement.places import clients_folder
    from workbench.engagement.scaffold import new_engagement

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        folder = new_engagement(name)
    say(f"Made {folder}")
    say(f"Fill in engagement.xlsx there (its first sheet explains how), then: workbench check {name}")


def check(
    name: Name,
    mark: Annotated[
        bool, typer.Option("--mark", help="Write a copy of the workbook with the faults coloured.")
    ] = False,
) -> None:
    """List every fault in a client's files at once: where, what was found, what is allowed, what to do.

    Example: workbench check harbour-mutual --mark
    """
    from workbench.batch.commenting import foretell
    from workbench.batch.study import PILLARS, check_engagement

    try:
        study = check_engagement(name)
    except ClientDataError as error:
        say(error)
        if mark:
            _mark(name, error)
        raise typer.Exit(1) from None
    say(f"{name}: no fault in {len(study.files)} file{'' if len(study.files) == 1 else 's'}.")
    if study.ignored:
        rows = sum(count for _, count in study.ignored)
        say(f"{rows} example row{' is' if rows == 1 else 's are'} ignored: their key begins with example.")
    for off in study.missing:
        say(f"Not answered: {off}")
    for sentence in (*study.off, *study.untested, *foretell(name, study.comments)):
        say(sentence)
    if {off.pillar for off in study.missing} >= set(PILLARS):
        say("None of the three questions can be answered yet: a run would print no answer.")
        say(f"Next: workbench request {name} asks for what is missing; workbench import brings in what came.")
        return
    say(f"Next: workbench run {name}")


def _mark(name: str, error: ClientDataError) -> None:
    """Write copies with the faulty cells coloured, outside the client's folder, and say where."""
    from workbench.engagement.mark import mark_engagement
    from workbench.engagement.places import engagement_folder, reports_folder

    with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
        copies = mark_engagement(engagement_folder(name), error.faults, reports_folder() / name / "check")
    say("\nThe faulty cells are coloured and commented in:")
    for copy in copies:
        say(f"  {copy}")


def survey(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Where; by default reports/NAME/survey/.")
    ] = None,
    is_status: Annotated[
        bool, typer.Option("--status", help="Say who has answered so far, and how many more a verdict needs.")
    ] = False,
) -> None:
    """Write the survey to send: forms for five tools, invitation, privacy note, and the works council's pack.

    One form a role. Documents that you have filled in are kept; a newer text is written beside them.

    Example: workbench survey harbour-mutual
    """
    from workbench.engagement.load import load_engagement

    engagement = load_engagement(name)
    if is_status:
        _tell_responses(engagement)
        return
    from workbench.report.survey_pack import write_survey_pack

    pack = write_survey_pack(engagement, out=out)
    say(f"Wrote {counted(len(pack.files), 'file')} to {pack.folder}")
    for kept in pack.kept:
        say(f"Left as it is, since it may be filled in: {kept}; the new text lies beside it.")
    say(f"Start with README.txt. {pack.blanks} fields, marked in yellow, are yours to fill in before it goes out.")
    if "lines" not in engagement.tables:
        say("No form asks for a product line, since lines is empty.")
        say("Fill it in, and write the forms again before they go out.")


def _tell_responses(engagement: Engagement) -> None:
    """Say how many have answered, group by group, as it may be told."""
    from workbench.engagement.forms.responses import response_lines

    for line in response_lines(engagement.tables):
        say(line)


def request(
    name: Name,
    due: Annotated[str, typer.Option("--due", metavar="DATE", help="By when, where requests says nothing.")] = "",
) -> None:
    """Write what the client is asked for as a workbook to mail: a sheet for each function.

    Each table stands there with what it is, why it is asked for, a sample, by when, by whom and whereto. Who brings
    what, and by when, stands in the table requests.

    Example: workbench request acme-insurance --due 2026-10-09
    """
    from workbench.engagement.mailing import save_private
    from workbench.engagement.places import engagement_folder, find_root, reports_folder
    from workbench.engagement.request import read_request
    from workbench.engagement.request_book import request_bytes

    held = read_request(engagement_folder(name), find_root(), due=day_of("--due", due))
    with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
        path = save_private(reports_folder() / name / "request" / f"request-{name}.xlsx", request_bytes(held))
    asked = [item for item in held.items if item.function in held.functions]
    missing = sum(item.rows is None and item.is_needed for item in asked)
    where = f"{counted(len(asked), 'table')} in {counted(len(held.functions), 'sheet')}"
    say(f"{where}; {counted(missing, 'that is needed is', 'that are needed are')} not here yet.")
    say(f"Written: {path}")
    say(f"What has arrived: workbench status {name}")


def queries(
    name: Name,
    read: Annotated[str, typer.Option("--read", metavar="FILE", help="Read an answered workbook back in.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Only the questions to this function or person.")] = "",
    assumed: Annotated[bool, typer.Option("--assumed", help="Ask also for what is only assumed.")] = False,
) -> None:
    """Write every open question as a workbook to mail, sorted by who can answer; --read takes the answers in.

    Asked for are faults, names we do not know, files we miss, numbers that differ from the books and contested
    opinions. Each answer goes into its table with who said it and when; all of them, or none. Nothing about single
    people enters the workbook.

    Example: workbench queries acme-insurance --read queries-acme-insurance.xlsx
    """
    if read:
        if to or assumed:
            raise UsageError("--to and --assumed choose what is asked; with --read nothing is.")
        _take_answers(name, read)
        return
    from workbench.engagement.mailing import save_private
    from workbench.engagement.places import engagement_folder, find_root, reports_folder
    from workbench.engagement.queries import KINDS, ONE_OF, find_queries, only_to
    from workbench.engagement.queries_book import queries_bytes

    held = find_queries(engagement_folder(name), find_root(), with_assumed=assumed)
    held = only_to(held, to) if to else held
    if not held.is_compared:
        say("The books are held against our numbers once no fault is left.")
    if not len(held):
        say(f"{name}: no question is open.")
        return
    with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
        path = save_private(reports_folder() / name / "queries" / f"queries-{name}.xlsx", queries_bytes(held))
    for kind, words in KINDS.items():
        count = sum(query.kind == kind for query in held.queries)
        if count:
            say(f"{count:>5}  {ONE_OF[kind] if count == 1 else words.lower()}")
    say(f"Asked: {', '.join(held.people)}")
    say(f"Written: {path}")
    say(f"When it is answered: workbench queries {name} --read FILE")


def _take_answers(name: str, file: str) -> None:
    """Bring the answers of a workbook into the client's tables, and say what came of them."""
    import datetime as dt

    from workbench.engagement.places import clients_folder, find_root
    from workbench.engagement.queries_answers import take_answers

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        taken = take_answers(file, name, root=find_root(), today=dt.date.today())
    new, still = (
        counted(taken.written, "answer is", "answers are"),
        counted(taken.blank, "question is", "questions are"),
    )
    say(f"{new} new, {taken.same} {'was' if taken.same == 1 else 'were'} there already, {still} still open.")
    if taken.files:
        say(f"Changed: {', '.join(taken.files)}")
        say(f"Kept as they were, with the answered file: {taken.kept}")
    if taken.told:
        say(f"{len(taken.told)} faults come to light now that others are mended.")
    say(f"Next: workbench check {name}")
