"""The commands that bring another tool's file into a client's folder: shown first, written once it is confirmed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.progress import say
from workbench.cli.arguments import DateOrder, Encoding, Name, pairs_of
from workbench.cli.asking import is_somebody_there
from workbench.cli.every_table import bring_every_table, bring_in
from workbench.errors import UsageError, writing_to
from workbench.theme import counted

if TYPE_CHECKING:
    from workbench.engagement.exports.importing import ImportOutcome
    from workbench.engagement.intake.options import TableOptions


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
    date_order: DateOrder = "",
    encoding: Encoding = "",
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

    def bring(confirmed: bool, told: Mapping[str, Sequence[str]]) -> ImportOutcome:
        order = told.get("--date-order", (options.date_order,))[-1]
        return run_import(file, name, wave, salt, dataclasses.replace(options, date_order=order, confirm=confirmed))

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        outcome = bring_in(
            bring, confirm, lambda found: describe_import(found, wave), "Is each column what it should be?"
        )
    if not outcome.is_written:
        say("\nNothing of this file is written yet; what each column would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, correct imports.yaml first.")
        return
    say(f"\nWritten: {outcome.survey}")
    if outcome.coding is not None:
        say(f"To be coded: {outcome.coding} (column codes), then: workbench import codes {outcome.coding} {name}")
    say(f"Next: workbench check {name}")


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
    date_order: DateOrder = "",
    zone: Annotated[str, typer.Option("--zone", help="Time zone of the tracker's clock, such as Europe/Berlin.")] = "",
    encoding: Encoding = "",
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
        outcome = bring_in(
            lambda confirmed, _: run_tracker_import(file, name, dataclasses.replace(options, confirm=confirmed)),
            confirm,
            describe_tracker_import,
            "Is this what places and statuses mean?",
        )
    if not outcome.is_written:
        say("\nNothing is in facts/ yet; what everything would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, correct imports.yaml first.")
        return
    say(f"\nWritten: {', '.join(f'facts/{placed.table}.csv' for placed in outcome.placed)}")
    say(f"Next: workbench check {name}")


def import_table(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The client's sheet: Excel, OpenDocument or CSV.")],
    name: Name,
    table: Annotated[
        str, typer.Option("--as", metavar="TABLE", help="Table of ours, or facts/NAME; else every table of the file.")
    ] = "",
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
    date_order: DateOrder = "",
    encoding: Encoding = "",
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
    details: Annotated[
        bool, typer.Option("--details", help="Show all that was read, not only what to look at.")
    ] = False,
) -> None:
    """Bring a client's own sheets into our tables: header in row 7, months across, subtotals, k€, and their own names.

    Each table of the file is shown as the one of ours that it looks like, with what each column, number and row would
    become, and what nobody can know is asked; it is written once you say so (--confirm). With --as only one is read.
    The next file of this layout needs no more, or it is said what has changed. People's names and pay are dropped.

    Example: workbench import table cost-centres.xlsx harbour-mutual
    """
    from workbench.engagement.intake.brief import describe_briefly
    from workbench.engagement.intake.importing import run_table_import
    from workbench.engagement.intake.options import TableOptions
    from workbench.engagement.intake.plan import Reading
    from workbench.engagement.intake.preview import describe_table_import
    from workbench.engagement.intake.words import plain_words
    from workbench.engagement.places import clients_folder

    def options(confirmed: bool, told: Mapping[str, Sequence[str]]) -> TableOptions:
        def pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
            return pairs_of(option, (*(given or ()), *told.get(option, ())))

        def one(option: str, given: str) -> str:
            return told.get(option, (given,))[-1]

        reading = Reading(
            columns={plain_words(header): column for header, column in pairs("--map", map_).items()},
            fixed=pairs("--set", set_),
            value=value,
            only=only,
            year=year,
            sheet=sheet,
            at=one("--at", at),
            decimal=decimal,
            date_order=one("--date-order", date_order),
            encoding=encoding,
            hidden=one("--hidden", hidden),
            section=section,
            units=pairs("--unit", unit),
            fill=pairs("--fill", fill),
            keep=tuple(keep or ()),
            leave_out=tuple(leave_out or ()),
            is_whole=whole,
        )
        return TableOptions(reading, pairs("--alias", alias), source, confirmed)

    describe = describe_table_import if details else describe_briefly
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        if not table:
            bring_every_table(file, name, options, confirm, describe, details=details)
            return
        outcome = bring_in(
            lambda confirmed, told: run_table_import(file, name, table, options(confirmed, told)), confirm, describe, ""
        )
    if not outcome.is_written:
        say("\nNothing of the sheet is written yet; what everything would become stands in imports.yaml.")
        say("If it is right, repeat the command with --confirm. If not, say what is (--help lists how).")
        return
    if details or not is_somebody_there():
        say(f"\nWritten: {outcome.placed.path}")
        say(f"Next: workbench check {name}")
        return
    say("Written.")


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
    say(f"{counted(len(found.content['metrics']), 'metric')} came over.")
    for loss in found.losses:
        say(f"  {loss}")
    say(f"\nWritten: {target}")
    say("Add direction, targets and owners there; the tables it names go into facts/.")


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
    still = f", {counted(waiting, 'still waits', 'still wait')}" if waiting else ""
    say(f"{counted(coded, 'answer has its', 'answers have their')} codes{still}.")
    say(f"Next: workbench check {name}")
