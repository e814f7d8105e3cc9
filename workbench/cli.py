"""The command line: one command a job, each with an example; every error in plain words.

Exit codes: 0 good, 1 the client's data or a run failed, 2 wrong usage. What a command needs is imported when it runs,
so that ``--help`` answers at once.
"""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.commands import CellLimit, Deadline, NotebookLimit, batch, status
from workbench.batch.leaving_commands import archive, purge
from workbench.batch.progress import Progress, say
from workbench.batch.run_commands import diff, issue, why
from workbench.errors import ClientDataError, UsageError, WorkbenchError, writing_to

if TYPE_CHECKING:
    import datetime as dt

    from workbench.batch.results import EngagementResult
    from workbench.engagement.load import Engagement
    from workbench.engagement.publications import Entry

app = typer.Typer(
    name="workbench",
    help="Is this organisation working product by product, what do its outcomes say, and where should people and money "
    "go? One client's folder in, one checked report out.\n\nExample: workbench demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

imports = typer.Typer(
    help="Bring another tool's file into a client's folder.\n\nExample: workbench import survey answers.xlsx "
    "harbour-mutual --wave 2026-09",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(imports, name="import")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The engagement: its folder's name in client_data/.")]


@app.command()
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


@app.command()
def check(
    name: Name,
    mark: Annotated[
        bool, typer.Option("--mark", help="Write a copy of the workbook with the faults coloured.")
    ] = False,
) -> None:
    """List every fault in a client's files at once: where, what was found, what is allowed, what to do.

    Example: workbench check harbour-mutual --mark
    """
    from workbench.batch.study import check_engagement

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
    for sentence in (*study.off, *study.untested):
        say(sentence)
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


@app.command()
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
    from workbench.batch.run import run_engagement

    limits = Limits.parse(cell_limit, notebook_limit, deadline)
    progress = Progress()
    try:
        result = run_engagement(
            name, only=only, overrides=parameter or [], fresh=fresh, limits=limits, on_event=progress
        )
    finally:
        progress.close()
    _tell(result)
    if not result.is_done:
        raise typer.Exit(1)


app.command()(batch)


@app.command()
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


app.command()(status)


@app.command()
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

    held = read_request(engagement_folder(name), find_root(), due=_day("--due", due))
    with writing_to(reports_folder(), "WORKBENCH_REPORTS"):
        path = save_private(reports_folder() / name / "request" / f"request-{name}.xlsx", request_bytes(held))
    missing = sum(item.rows is None and item.is_needed for item in held.items)
    say(f"{len(held.items)} tables in {len(held.functions)} sheets; {missing} that are needed are not here yet.")
    say(f"Written: {path}")
    say(f"What has arrived: workbench status {name}")


@app.command()
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
    from workbench.engagement.queries import KINDS, find_queries, only_to
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
            say(f"{count:>5}  {words.lower()}")
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
    say(f"{taken.written} answers are new, {taken.same} were there already, {taken.blank} questions are still open.")
    if taken.files:
        say(f"Changed: {', '.join(taken.files)}")
        say(f"Kept as they were, with the answered file: {taken.kept}")
    if taken.told:
        say(f"{len(taken.told)} faults come to light now that others are mended.")
    say(f"Next: workbench check {name}")


def _day(option: str, text: str) -> dt.date | None:
    """Return the day that an option names, None where it names none."""
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{option} {text!r} is no day. Write it year first: 2026-10-09.") from None


@imports.command("survey")
def import_survey(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The export of the survey tool, CSV or Excel.")],
    name: Name,
    wave: Annotated[str, typer.Option("--wave", metavar="WAVE", help="Key of the wave, as in waves.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="Write: the preview has been looked at.")] = False,
    form: Annotated[str, typer.Option("--form", help="Name of the form, where the role does not tell.")] = "",
    role: Annotated[str, typer.Option("--role", help="Role of everybody who got this form.")] = "",
    line: Annotated[str, typer.Option("--line", help="Product line of everybody who got this form.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Unit of everybody who got this form.")] = "",
    codes: Annotated[
        str, typer.Option("--codes", help="What numbers in place of texts count: shown, reversed or levels.")
    ] = "",
    date_order: Annotated[
        str, typer.Option("--date-order", help="day-month-year or month-day-year, where the file does not tell.")
    ] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding, where the file does not tell.")] = "",
    add: Annotated[bool, typer.Option("--add", help="Keep the sheets that the wave already holds.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Put these sheets in their place.")] = False,
) -> None:
    """Bring an export of Microsoft Forms, Google Forms, Qualtrics, SurveyMonkey or LimeSurvey into the survey.

    The first time it shows what each column would become and writes that to imports.yaml; --confirm writes the
    sheets. The next wave needs no more than the file. Names and addresses become keys (WORKBENCH_SALT) and are dropped.

    Example: workbench import survey answers.xlsx harbour-mutual --wave 2026-09
    """
    from workbench.engagement.exports.importing import ImportOptions, run_import
    from workbench.engagement.exports.preview import describe_import
    from workbench.engagement.keys import read_salt
    from workbench.engagement.places import clients_folder

    if add and replace:
        raise UsageError("Say --add or --replace, not both.")
    fixed = {key: value for key, value in (("role", role), ("product_line", line), ("unit", unit)) if value}
    options = ImportOptions(
        form=form,
        fixed=fixed,
        codes=codes,
        date_order=date_order,
        encoding=encoding,
        confirm=confirm,
        existing="add" if add else "replace" if replace else "",
    )
    salt = read_salt()
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        outcome = run_import(file, name, wave, salt, options)
        say(describe_import(outcome, wave))
        question = "\nIs each column what it should be? Write?"
        if not outcome.is_written and sys.stdin.isatty() and typer.confirm(question):
            outcome = run_import(file, name, wave, salt, dataclasses.replace(options, confirm=True))
    if not outcome.is_written:
        say("\nNothing of this file is written yet; what each column would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, correct imports.yaml first.")
        return
    say(f"\nWritten: {outcome.survey}")
    if outcome.coding is not None:
        say(f"To be coded: {outcome.coding} (column codes), then: workbench import codes {outcome.coding} {name}")
    say(f"Next: workbench check {name}")


@imports.command("tracker")
def import_tracker(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The tracker's export: CSV, Excel, or JSON of gh.")],
    name: Name,
    confirm: Annotated[bool, typer.Option("--confirm", help="Write: the preview has been looked at.")] = False,
    source: Annotated[str, typer.Option("--source", help="Name of this import, where one tracker has several.")] = "",
    tracker: Annotated[
        str, typer.Option("--tracker", help="jira, azure_devops, github or servicenow, where the header is not sure.")
    ] = "",
    product_from: Annotated[
        str, typer.Option("--product-from", help="What names the product: project, component, label, area …")
    ] = "",
    date_order: Annotated[
        str, typer.Option("--date-order", help="day-month-year or month-day-year, where the file does not tell.")
    ] = "",
    zone: Annotated[str, typer.Option("--zone", help="Time zone of the tracker's clock, such as Europe/Berlin.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding, where the file does not tell.")] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="The file holds everything: earlier rows of this import go.")
    ] = False,
) -> None:
    """Bring an export of Jira, Azure DevOps, GitHub or ServiceNow into facts/, for flow and delivery measures.

    The first time it shows what products, statuses and types would become and writes that to imports.yaml; --confirm
    writes the facts. The next export needs no more than the file, or says what has changed. People are dropped.

    Example: workbench import tracker jira.csv harbour-mutual --zone Europe/Berlin
    """
    from workbench.engagement.places import clients_folder
    from workbench.engagement.trackers.importing import TrackerOptions, run_tracker_import
    from workbench.engagement.trackers.preview import describe_tracker_import

    options = TrackerOptions(source, tracker, product_from, date_order, zone, encoding, confirm, whole)
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        outcome = run_tracker_import(file, name, options)
        say(describe_tracker_import(outcome))
        question = "\nIs this what places and statuses mean? Write?"
        if not outcome.is_written and sys.stdin.isatty() and typer.confirm(question):
            outcome = run_tracker_import(file, name, dataclasses.replace(options, confirm=True))
    if not outcome.is_written:
        say("\nNothing is in facts/ yet; what everything would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, correct imports.yaml first.")
        return
    say(f"\nWritten: {', '.join(f'facts/{placed.table}.csv' for placed in outcome.placed)}")
    say(f"Next: workbench check {name}")


@imports.command("table")
def import_table(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The client's sheet: Excel, OpenDocument or CSV.")],
    name: Name,
    table: Annotated[str, typer.Option("--as", metavar="TABLE", help="Table of ours, or facts/NAME.")],
    confirm: Annotated[bool, typer.Option("--confirm", "--yes", help="Write: the preview has been looked at.")] = False,
    source: Annotated[str, typer.Option("--source", help="Name of this import, where a table has several.")] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet, where several fit; a hidden one is read so.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="CELL", help="Where the table begins: B7 or Costs!B7.")] = "",
    map_: Annotated[list[str] | None, typer.Option("--map", metavar="HEADER=COLUMN", help="Or HEADER=ignore.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help="The same in all rows.")
    ] = None,
    alias: Annotated[
        list[str] | None, typer.Option("--alias", metavar="THEIRS=OURS", help="Or THEIRS=new, or THEIRS=leave out.")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", metavar="COLUMN=UNIT", help="k€, m€, EUR, % …")] = None,
    value: Annotated[str, typer.Option("--value", metavar="COLUMN", help="What months across measure.")] = "",
    only: Annotated[str, typer.Option("--only", metavar="WORD", help="Which of Plan, Actual … is read.")] = "",
    year: Annotated[int | None, typer.Option("--year", min=1990, max=2100, help="Of the first month.")] = None,
    decimal: Annotated[str, typer.Option("--decimal", help="The decimal sign, where the file does not tell.")] = "",
    date_order: Annotated[
        str, typer.Option("--date-order", help="day-month-year or month-day-year, where the file does not tell.")
    ] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding, where the file does not tell.")] = "",
    hidden: Annotated[str, typer.Option("--hidden", help="Hidden rows and columns: read or skip.")] = "",
    section: Annotated[str, typer.Option("--section", metavar="COLUMN", help="What lines above rows say.")] = "",
    fill: Annotated[
        list[str] | None, typer.Option("--fill", metavar="COLUMN=down", help="Blank cells repeat what is above.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="ROW", help="Data, although like a total.")
    ] = None,
    leave_out: Annotated[list[str] | None, typer.Option("--leave-out", metavar="ROW", help="No data.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Earlier rows that the sheet does not hold go.")] = False,
) -> None:
    """Bring a client's own sheet into a table: header in row 7, months across, subtotals, k€, and their own names.

    The first time it shows what each column, number and row would become and asks what nobody can know; --confirm
    writes. The next sheet of this layout needs no more than the file, or says what has changed. People's names and
    pay are dropped.

    Example: workbench import table cost-centres.xlsx harbour-mutual --as resources --set function=IT
    """
    from workbench.engagement.intake.importing import run_table_import
    from workbench.engagement.intake.options import TableOptions
    from workbench.engagement.intake.plan import Reading
    from workbench.engagement.intake.preview import describe_table_import
    from workbench.engagement.intake.words import plain_words
    from workbench.engagement.places import clients_folder

    reading = Reading(
        columns={plain_words(header): column for header, column in _pairs("--map", map_).items()},
        fixed=_pairs("--set", set_),
        value=value,
        only=only,
        year=year,
        sheet=sheet,
        at=at,
        decimal=decimal,
        date_order=date_order,
        encoding=encoding,
        hidden=hidden,
        section=section,
        units=_pairs("--unit", unit),
        fill=_pairs("--fill", fill),
        keep=tuple(keep or ()),
        leave_out=tuple(leave_out or ()),
        is_whole=whole,
    )
    options = TableOptions(reading, _pairs("--alias", alias), source, confirm)
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        outcome = run_table_import(file, name, table, options)
        say(describe_table_import(outcome))
        question = "\nIs this what the sheet means? Write?"
        if not outcome.is_written and sys.stdin.isatty() and typer.confirm(question):
            outcome = run_table_import(file, name, table, dataclasses.replace(options, confirm=True))
    if not outcome.is_written:
        say("\nNothing of the sheet is written yet; what everything would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, say what is (--help lists how).")
        return
    say(f"\nWritten: {outcome.placed.path}")
    say(f"Next: workbench check {name}")


def _pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Return what was said as NAME=VALUE."""
    found = {}
    for text in given or ():
        left, sign, right = text.rpartition("=")
        if not sign or not left.strip() or not right.strip():
            raise UsageError(f'{option} {text[:60]!r} is not understood. Say it as {option} "NAME=VALUE".')
        found[left.strip()] = right.strip()
    return found


@imports.command("metricflow")
def import_metricflow(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A YAML file of MetricFlow, or a folder of them.")],
    name: Name,
    product: Annotated[
        str, typer.Option("--product", help="Column with the product, where no entity is called so.")
    ] = "product",
) -> None:
    """Bring metrics that are defined in MetricFlow (dbt) into metrics.yaml; what does not come over is listed by name.

    Example: workbench import metricflow models/ harbour-mutual
    """
    from workbench.engagement.metricflow import import_metricflow as bring
    from workbench.engagement.places import clients_folder

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        found, target = bring(path, name, product=product)
    say(f"{len(found.content['metrics'])} metrics came over.")
    for loss in found.losses:
        say(f"  {loss}")
    say(f"\nWritten: {target}")
    say("Add direction, targets and owners there; the tables it names go into facts/.")


@imports.command("codes")
def import_codes(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The workbook with the codes of open answers.")],
    name: Name,
) -> None:
    """Bring the codes of open answers into the survey, once the workbook that an import made is filled in.

    Example: workbench import codes reports/harbour-mutual/coding/survey-2026-09.xlsx harbour-mutual
    """
    from workbench.engagement.exports import coding
    from workbench.engagement.keys import read_salt
    from workbench.engagement.places import clients_folder

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        coded, waiting = coding.import_codes(file, name, read_salt())
    say(f"{coded} answers have their codes{f', {waiting} still wait' if waiting else ''}.")
    say(f"Next: workbench check {name}")


@app.command()
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
    say(f"Wrote {len(pack.files)} files to {pack.folder}")
    for kept in pack.kept:
        say(f"Left as it is, since it may be filled in: {kept}; the new text lies beside it.")
    say(f"Start with README.txt. {pack.blanks} fields, marked in yellow, are yours to fill in before it goes out.")


def _tell_responses(engagement: Engagement) -> None:
    """Say how many have answered, group by group, as it may be told."""
    from workbench.engagement.forms.responses import response_lines

    for line in response_lines(engagement.tables):
        say(line)


@app.command()
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
            say(f"The same numbers still bind through {_listed([entry.run for entry in left])}.\n")
    found = ledger.list_publications(name)
    if not found:
        say(f"{name} has published nothing about people yet.")
    for entry in found:
        say(_publication_line(entry))


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


app.command()(why)
app.command()(diff)
app.command()(issue)
app.command()(archive)
app.command()(purge)


@app.command()
def demo() -> None:
    """Run the sample engagement and say where its report is.

    Example: workbench demo
    """
    from workbench.batch.run import run_engagement

    say("Running the sample engagement harbour-mutual, an invented insurer.", file=sys.stderr)
    progress = Progress()
    try:
        result = run_engagement("harbour-mutual", on_event=progress)
    finally:
        progress.close()
    _tell(result)
    if not result.is_done:
        raise typer.Exit(1)


# -- what a waiting person sees ----------------------------------------------------------------------------------------


def _tell_recorded(result: EngagementResult) -> None:
    """Say that a run binds later ones, where it showed numbers about people."""
    if result.recorded:
        say("Recorded as published: later runs hide what would give somebody away beside it. If nobody receives it:")
        say(f"workbench publications {result.engagement} --withdraw {result.recorded}")


def _tell(result: EngagementResult) -> None:
    """Say how a run went: the bottom line and where the report is, or what stopped it."""
    if result.is_done:
        for answer in result.answers:
            say(answer)
        say(f"\nReport: {result.folder}{os.sep}report.html ({result.seconds:.0f} s)")
        _tell_recorded(result)
        if result.held_to:
            say(f"\nEarlier runs showed other numbers about people: {_listed(result.held_to)}.")
            say("What would give somebody away beside them is hidden. If nobody received such a run:")
            say(f"workbench publications {result.engagement} --withdraw RUN")
        return
    say(result.message, file=sys.stderr)
    if result.folder:
        say(f"\nThe executed notebooks are kept in {result.folder}", file=sys.stderr)


def _listed(runs: Sequence[str], most: int = 3) -> str:
    rest = len(runs) - most
    return ", ".join(runs[:most]) + (f" and {rest} more" if rest > 0 else "")


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
