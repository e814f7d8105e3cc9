"""A run that stopped, as a page for the team: which notebook and cell, in its own words, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.batch.limits import Limits, say_duration
from workbench.batch.results import CAUSES, JobResult

if TYPE_CHECKING:
    from workbench.batch.plan import Plan
    from workbench.errors import Fault

REMEDIES = {
    "data": "Correct the cells that are named (workbench check {name} --mark colours them in a copy), and run again.",
    "parameters": "Correct the parameter or the client's own notebook that is named, and run again.",
    "cell_error": "Correct the notebook where it lies: the client's own in its folder notebooks/; of one of the "
    "workbench's own tell whoever keeps it. workbench lab {name} opens copies to try it in, and a corrected copy "
    "counts only once it is copied back into the client's folder notebooks/.",
    "chapter": "End the notebook with save_chapter(chapter, output_dir), and touch no other chapter.",
    "cell_timeout": "Look at what the cell computes; if it is right, give it longer, with --cell-limit.",
    "deadline": "The page of each run says which limit it was and how long each notebook took; if that is right, give "
    "it longer, with --notebook-limit or --deadline.",
    "memory": "Run it alone on a machine with more memory, or shorten its facts to the periods that are shown.",
    "kernel_start": "Run it again; if it fails again, look at the machine: memory, disk, number of processes.",
    "kernel_died": "Run it again; if it dies again, open it with workbench lab {name} and run it cell by cell.",
    "disk": "Make room, and run the batch again: it goes on where it was.",
    "folder": "Mend the folder that is named, and run again.",
    "cancelled": "Mend what stopped the batch, and run it again: it goes on where it was.",
    "report": "Correct what is named, and run again: only the report is made anew.",
    "publications": "Put the folder publications back from a backup, or withdraw what nobody received: workbench "
    "publications {name}",
    "worker": "Run it again; if it goes again, look at the memory of the machine, or of the cluster's workers.",
    "internal": "This is a fault of the workbench: send this page to whoever keeps it.",
}
"""What to do about each cause."""

OPTIONS = {"cell": "--cell-limit", "notebook": "--notebook-limit", "engagement": "--deadline"}
"""Which option says which of the limits."""

LIMITS_OF = {"cell_timeout": ("cell",), "deadline": ("engagement", "notebook")}
"""Which limits can have stopped a run."""

KINDS = {
    r"(is blank|is missing|are missing)$": "missing",
    r"^the file is empty$": "empty",
    r"^an unknown (file|folder|sheet)$": "unknown",
    r"^a notebook outside notebooks/$": "in the wrong folder",
    r"is not a number$": "no number",
    r"is not a date$": "no date",
    r"is not whole$": "no whole number",
    r"is not allowed( in \w+)?$": "not allowed",
    r"is unknown$": "unknown",
    r"^(there is no exhibit|the report has no|the report will not have) ": "nothing that words could stand beside",
}
"""What kind of fault a sentence tells of; the sentence itself may quote the client."""


def remedy_of(cause: str, engagement: str) -> str:
    """Return what to do about a failure.

    Parameters
    ----------
    cause : str
        One of `CAUSES`.
    engagement : str
    """
    return REMEDIES.get(cause, REMEDIES["internal"]).format(name=engagement)


def failure_page(
    engagement: str,
    run: str,
    finished: str,
    *,
    cause: str,
    message: str,
    jobs: Sequence[JobResult] = (),
    folder: Path | None = None,
    last_good: str = "",
    limits: Limits | None = None,
    places: Mapping[str, tuple[str, bool]] | None = None,
) -> str:
    """Return the page of a run that stopped.

    Parameters
    ----------
    engagement, run : str
    finished : str
        When, UTC.
    cause, message : str
        One of `CAUSES`, and the failure's own sentences.
    jobs : sequence of JobResult
        How far it came.
    folder : Path, optional
        Where its executed notebooks lie, under ``notebooks/``.
    last_good : str
        When the report that stays was made, UTC; empty where there is none.
    limits : Limits, optional
        How long it might take.
    places : mapping of notebook to (path, whether it is the client's own), optional
        From `places_of`.
    """
    from workbench.report.html import rendered

    stopped = [job for job in jobs if job.status == "failed"]
    places = places or {}
    stops = [{**_stop(job, folder), "place": _place(job.notebook, places)} for job in stopped] or [
        _stop(JobResult("", "failed", message=message), None)
    ]
    kept = (
        f"The last good report stays as it is; it was made on {last_good} UTC."
        if last_good
        else "There is no report yet."
    )
    return rendered(
        "failure.html",
        {
            "engagement": engagement,
            "run": run,
            "finished": finished,
            "cause": _headline(cause, stopped),
            "kept": kept,
            "stops": stops,
            "remedy": _remedy(cause, engagement, limits),
            "jobs": [
                {"notebook": job.notebook, "status": say_went(job), "seconds": f"{job.seconds:.1f}"} for job in jobs
            ],
        },
    )


def places_of(plan: Plan) -> dict[str, tuple[str, bool]]:
    """Return where each notebook of a plan lies, and whether it is the client's own."""
    found = {}
    for job in plan.jobs:
        path = job.notebook.path
        shown = path.relative_to(plan.root) if path.is_relative_to(plan.root) else path
        found[job.notebook.name] = (shown.as_posix(), job.notebook.is_own)
    return found


def describe_fault(fault: Fault) -> str:
    """Return the place and the kind of a fault in words of ours: what a page that names all clients may show.

    Names of files, columns and fields that this package gives are told; a client's own words, in place or sentence,
    are not.

    Examples
    --------
    >>> from workbench.errors import Fault
    >>> describe_fault(Fault("lines.csv", "", "row 1, column product_line", "product_line is blank", "", ""))
    'lines.csv, row 1, column product_line: missing'
    >>> describe_fault(Fault("facts/berta.csv", "", "row 3, column berta", "'Berta' is not a number", "", ""))
    'a file in facts/, row 3: no number'
    """
    from workbench.engagement.folder import DOCUMENTS, FOLDERS, WORKBOOK
    from workbench.engagement.schema import TABLES

    folder, slash, name = fault.file.partition("/")
    stem, _, suffix = name.rpartition(".") if slash else folder.rpartition(".")
    file = "a file"
    if slash and folder in FOLDERS:
        file = f"a file in {folder}/"
    elif not slash and (fault.file in (*DOCUMENTS, WORKBOOK) or (stem in TABLES and suffix in ("csv", "parquet"))):
        file = fault.file
    table = fault.sheet if fault.file == WORKBOOK else stem
    place = [file, f"sheet {fault.sheet}" if fault.sheet in TABLES or fault.sheet == "engagement" else ""]
    row = re.match(r"row \d+\b", fault.cell)
    if row or re.fullmatch(r"[A-Z]{1,3}\d+", fault.cell):
        place.append(row[0] if row else fault.cell)
    column = fault.cell.rpartition("column ")[2]
    if "column " in fault.cell and table in TABLES and column in TABLES[table].columns:
        place.append(f"column {column}")
    kind = next((word for pattern, word in KINDS.items() if re.search(pattern, fault.found)), "a fault")
    return f"{', '.join(part for part in place if part)}: {kind}"


def _headline(cause: str, stopped: Sequence[JobResult]) -> str:
    names = [job.notebook for job in stopped if job.cause != "cancelled"]
    if cause == "cell_error" and len(names) == 1:
        return f"A cell of the notebook {names[0]} stopped."
    return f"{CAUSES.get(cause, CAUSES['internal'])}."


def _place(notebook: str, places: Mapping[str, tuple[str, bool]]) -> str:
    if notebook not in places:
        return ""
    path, is_own = places[notebook]
    whose = "The client’s own notebook" if is_own else "The workbench’s own notebook, for all clients"
    return f"{whose}: {path}"


def _remedy(cause: str, engagement: str, limits: Limits | None) -> str:
    if limits is None or cause not in LIMITS_OF:
        return remedy_of(cause, engagement)
    usual, said, shortened, longer = Limits(), [], [], []
    for name in LIMITS_OF[cause]:
        now, always, option = getattr(limits, name), getattr(usual, name), OPTIONS[name]
        what = {"engagement": "an engagement", "notebook": "a notebook", "cell": "a cell"}[name]
        source = f"the usual where {option} says nothing" if now == always else f"as {option} said"
        said.append(f"{what} may take {say_duration(now)}, {source}")
        longer.append(f"{option} {2 * now / 60:.0f}m")
        if now < always:
            shortened.append(f"leave {option} out, which gives it {say_duration(always)}")
    words = "; ".join(said)
    where = "How long each notebook took stands below, where any ran. " if cause == "deadline" else ""
    return (
        f"{words[0].upper()}{words[1:]}. {where}If what it computes is right, run it again with more: "
        f"{', and '.join(shortened) or ' '.join(longer)}."
    )


def say_went(job: JobResult) -> str:
    """Return how a notebook went, in words.

    Examples
    --------
    >>> say_went(JobResult("a", "done")), say_went(JobResult("a", "failed", attempts=3, retried=("kernel_died",) * 2))
    ('done', 'failed after 3 attempts')
    """
    if not job.retried:
        return job.status
    return (
        f"{job.status}, needed {job.attempts} attempts"
        if job.status == "done"
        else f"{job.status} after {job.attempts} attempts"
    )


def _stop(job: JobResult, folder: Path | None) -> dict[str, Any]:
    path = None if folder is None else folder / "notebooks" / f"{job.notebook}.ipynb"
    is_there = path is not None and path.is_file()
    return {
        "notebook": job.notebook,
        "cell": job.cell,
        "place": "",
        "source": _source(path, job.cell) if path is not None and is_there else "",
        "words": _paragraphs(job.message),
        "link": f"notebooks/{job.notebook}.ipynb" if is_there else "",
    }


def _source(path: Path, number: int) -> str:
    """Return the text of a code cell, counted as an analyst does: without the one that was injected."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return ""
    code = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and not {"injected-parameters", "papermill-error-cell-tag"} & _tags(cell)
    ]
    return code[number - 1] if 0 < number <= len(code) else ""


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


def _paragraphs(message: str) -> list[str]:
    return [part for part in message.split("\n\n") if part.strip()]
