"""The commands ``batch`` and ``status``; what they need is imported when they run, so that ``--help`` is quick."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.batch.progress import JsonProgress, Progress, say, say_count, say_reports, say_seconds
from workbench.cli.arguments import CellLimit, Deadline, NotebookLimit
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.batch.outlook import Outlook
    from workbench.batch.results import BatchResult
    from workbench.batch.status import LastBatch, Status


def batch(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Engagements to run.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Run every engagement there is.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would run, why and about how long; run nothing.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Notebooks at a time, at most; by default one a core.")
    ] = None,
    cell_limit: CellLimit = "",
    notebook_limit: NotebookLimit = "",
    deadline: Deadline = "",
    json_: Annotated[
        bool, typer.Option("--json", help="Write what happens as lines of JSON, for other programs.")
    ] = False,
    shard: Annotated[
        str, typer.Option("--shard", metavar="I/N", help="Run only part I of N: each machine takes another.")
    ] = "",
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Put all shards' last batches together; name their ledgers if not in reports/."),
    ] = False,
    cluster: Annotated[
        str,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Run on the workers of dask's scheduler there; --jobs is of each worker.",
        ),
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything, also what is unchanged.")] = False,
) -> None:
    """Run many engagements on all cores; what is unchanged is left alone; one that fails stops no other.

    A batch that was stopped is gone on with by the same command: what was finished is not done again. A notebook starts
    when there is memory for it. What the machine broke is tried again; what runs too long is ended, and says so.

    Example: workbench batch --all --jobs 4
    """
    from workbench.batch.limits import Limits

    limits = Limits.parse(cell_limit, notebook_limit, deadline)
    if merge:
        _merge(names or [], json_=json_)
        return
    if names and all_:
        raise UsageError(
            f"--all runs every engagement, so {', '.join(names)} cannot be named as well. Say one of them."
        )
    if not names and not all_:
        raise UsageError("Name the engagements, or say --all. Example: workbench batch --all")
    if plan:
        _tell_plan(names or [], jobs, fresh, shard, json_=json_)
        return
    from workbench.batch.night import run_batch

    progress = JsonProgress() if json_ else Progress(has_names=True)
    try:
        result = run_batch(
            names or [], jobs=jobs, fresh=fresh, shard=shard, cluster=cluster, limits=limits, on_event=progress
        )
    finally:
        progress.close()
    _tell_batch(result, json_=json_)


def _merge(paths: Sequence[str], *, json_: bool) -> None:
    from workbench.batch.night import merge_shards

    _tell_batch(merge_shards([Path(path) for path in paths]), json_=json_)


def _tell_batch(result: BatchResult, *, json_: bool) -> None:
    """Say how a batch went, and exit as it says."""
    if json_:
        from workbench.batch.morning import without_headlines

        JsonProgress().end(without_headlines(result))
        raise typer.Exit(result.exit_code)
    same, failed, count = len(result.unchanged), len(result.failed), len(result.engagements)
    say(f"{say_reports(count - same - failed, count, failed, same)} ({result.seconds:.0f} s).")
    for held in result.engagements:
        if held.status == "done":
            say(f"  {held.engagement}: {held.folder}{os.sep}report.html")
            if held.held_to:
                say(f"    held to what earlier runs showed: workbench publications {held.engagement}")
    if result.page:
        say(f"Morning page: {result.page}")
    for held in result.failed:
        say(f"\nFailed: {held.engagement}\n{held.message or held.cause}", file=sys.stderr)
    if result.trouble:
        say(f"\n{result.trouble}", file=sys.stderr)
    if len(result.failed) > 1:
        say(f"\nFailed in all: {', '.join(held.engagement for held in result.failed)}", file=sys.stderr)
    raise typer.Exit(result.exit_code)


def _tell_plan(names: Sequence[str], jobs: int | None, fresh: bool, shard: str, *, json_: bool) -> None:
    """Say what a batch would do."""
    from workbench.batch.night import list_all
    from workbench.batch.outlook import plan_batch
    from workbench.batch.workers import count_cores

    outlook = plan_batch(list_all(names), jobs or count_cores(), fresh=fresh, shard=shard)
    if json_:
        say(json.dumps(outlook.to_json()))
        return
    for line in _plan_lines(outlook):
        say(line)


def _plan_lines(outlook: Outlook) -> list[str]:
    from workbench.batch.outlook import say_about
    from workbench.batch.status import WHY

    count, fails = len(outlook.to_run), len(outlook.to_fail)
    same = len(outlook.prospects) - count - fails
    at_a_time = f"with {say_count(outlook.slots, 'notebook')} at a time"
    about = (
        f", {say_about(outlook.seconds)} {at_a_time}"
        if outlook.seconds
        else ", time not known yet"
        if outlook.seconds is None
        else ""
    )
    would_fail = f"; {fails} would fail before any notebook runs" if fails else ""
    lines = [
        f"{count} of {say_count(len(outlook.prospects), 'engagement')} would run{about}{would_fail}; {same} unchanged."
    ]
    tried = [held for held in outlook.prospects if held.will_run]
    width = max((len(held.status.engagement) for held in tried), default=0)
    for held in tried:
        status = held.status
        took = f", {say_about(status.seconds)}" if status.seconds else ""
        took = ", no notebook runs" if held.is_words else took
        kinds = [WHY[kind] for kind in status.why]
        why = f"{', '.join(kinds)} changed" if kinds else status.word if not status.report else "--fresh"
        unread = "" if held.refused or held.is_checked else ", files not checked"
        lines.append(f"  {status.engagement:{width}}  {why}{'' if held.refused else took}{unread}")
        lines += [f"  {'':{width}}    {words}" for words in status.stale[:3]]
        if len(status.stale) > 3:
            lines.append(f"  {'':{width}}    and {len(status.stale) - 3} more: workbench status {status.engagement}")
        if held.refused:
            lines.append(f"  {'':{width}}    would fail: {held.refused.splitlines()[0]}")
    if not all(held.is_checked for held in outlook.to_run):
        lines.append("A plan opens no file: those that were not checked may have faults. See: workbench check NAME")
    return lines


def status(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One engagement; by default all.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Write it as JSON, for other programs.")] = False,
) -> None:
    """List the engagements, their last run, and what has changed since; and how the last batch went.

    Of one engagement also: which tables have arrived, and which of the three questions can be answered now.

    Example: workbench status harbour-mutual
    """
    from workbench.batch.status import read_last_batch, read_status

    found, last = read_status(name), read_last_batch()
    if json_:
        held = {"batch": last.to_json() if last else None, "engagements": [one.to_json() for one in found]}
        say(json.dumps(held))
        return
    if not found:
        say("There is no engagement yet. Make one with: workbench new NAME")
    width = max((len(held.engagement) for held in found), default=0)
    for one in found:
        _tell_status(one, width, is_only=bool(name))
    if name:
        _tell_arrived(name)
    elif last is not None:
        say(f"\n{_last_batch_line(last)}")


def _tell_status(held: Status, width: int, *, is_only: bool) -> None:
    when = held.finished.replace("T", " ").removesuffix("+00:00")
    say(f"{held.engagement:{width}}  {held.word}{f', report of {when} UTC' if when else ''}")
    shown = held.stale if is_only else held.stale[:3]
    for change in shown:
        say(f"{'':{width}}    {change}")
    if len(shown) < len(held.stale):
        say(f"{'':{width}}    and {len(held.stale) - len(shown)} more: workbench status {held.engagement}")
    if held.failure:
        when = held.failed[:16].replace("T", " ")
        say(f"{'':{width}}    failed on {when} UTC: {held.failure}")
    if is_only and held.report:
        say(f"{'':{width}}    {held.report}")


def _last_batch_line(last: LastBatch) -> str:
    """Say how the last batch went, or how far it is."""
    began = last.started[:16].replace("T", " ")
    part = f", part {last.shard}" if last.shard else ""
    counts = [f"{last.count('done')} new"]
    counts += [f"{last.count('unchanged')} unchanged"] if last.count("unchanged") else []
    counts += [f"{last.count('failed')} failed"] if last.count("failed") else []
    ended = (
        f" in {say_seconds(last.seconds)}"
        if last.finished
        else f", {len(last.results)} so far: it is running, or was stopped"
    )
    return f"Last batch: {began} UTC{part}, {say_count(last.n_engagements, 'engagement')}{ended}: {', '.join(counts)}."


def _tell_arrived(name: str) -> None:
    """Say which tables have arrived, and which of the three questions can be answered now."""
    import datetime as dt

    from workbench.engagement.places import engagement_folder, find_root
    from workbench.engagement.request import describe_progress, read_request

    say("")
    for sentence in describe_progress(read_request(engagement_folder(name), find_root()), dt.date.today()):
        say(sentence)
