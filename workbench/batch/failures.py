"""A run that stopped, as a page for the team: which notebook and cell, in its own words, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.batch.results import CAUSES, JobResult

REMEDIES = {
    "data": "Correct the cells that are named (workbench check {name} --mark colours them in a copy), and run again.",
    "parameters": "Correct the parameter or the client's own notebook that is named, and run again.",
    "cell_error": "Open the notebook with workbench lab {name} and run it to the cell; if it is a master, tell whoever "
    "keeps the workbench.",
    "chapter": "End the notebook with save_chapter(chapter, output_dir), and touch no other chapter.",
    "cell_timeout": "Look at what the cell computes; if it is right, give it longer: workbench run {name} "
    "--cell-limit 1h",
    "deadline": "Look where the time went; if it is right, give it longer: workbench run {name} --notebook-limit 3h "
    "--deadline 6h",
    "memory": "Run it alone on a machine with more memory, or shorten its facts to the periods that are shown.",
    "kernel_start": "Run it again; if it fails again, look at the machine: memory, disk, number of processes.",
    "kernel_died": "Run it again; if it dies again, open it with workbench lab {name} and run it cell by cell.",
    "disk": "Make room, and run the batch again: it goes on where it was.",
    "folder": "Mend the folder that is named, and run again.",
    "cancelled": "Mend what stopped the batch, and run it again: it goes on where it was.",
    "report": "Correct what is named, mostly in commentary, and run again: only the report is made anew.",
    "publications": "Put the folder publications back from a backup, or withdraw what nobody received: workbench "
    "publications {name}",
    "worker": "Run it again; if it goes again, look at the memory of the machine, or of the cluster's workers.",
    "internal": "This is a fault of the workbench: send this page to whoever keeps it.",
}
"""What to do about each cause."""


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
    """
    from workbench.report.html import rendered

    stopped = [job for job in jobs if job.status == "failed"]
    stops = [_stop(job, folder) for job in stopped] or [_stop(JobResult("", "failed", message=message), None)]
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
            "cause": f"{CAUSES.get(cause, CAUSES['internal'])}.",
            "kept": kept,
            "stops": stops,
            "remedy": remedy_of(cause, engagement),
            "jobs": [
                {"notebook": job.notebook, "status": say_went(job), "seconds": f"{job.seconds:.1f}"} for job in jobs
            ],
        },
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
