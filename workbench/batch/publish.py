"""A run's files appear together or not at all: filled in a staging folder, made durable, renamed, pointed to.

``reports/<engagement>/``

===================  ================================================================================
``latest``           the last good full run: a link to it (a folder where links are missing)
``only-<pillar>``    the last good run of one pillar alone; ``latest`` stays
``runs/<run>/``      each published run, never changed again
``failed/<run>/``    the executed notebooks of a run that stopped, and why
``.staging/<run>/``  a run that is under way
``publications/``    what each run showed and whose numbers they were, for the guard of the next one
``inputs/``          what each run read, so that another can be compared with it
``lab/``             an analyst's working copies
===================  ================================================================================
"""

from __future__ import annotations

import datetime as dt
import json
import platform
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.batch.chapters import Chapters
from workbench.batch.drawing import Drawings
from workbench.batch.failures import failure_page, places_of
from workbench.batch.kept_inputs import keep_inputs
from workbench.batch.limits import Limits
from workbench.batch.parameters import OWN_FIELDS, parameters_of
from workbench.batch.plan import Job, NotebookFile, Plan, hash_code, hash_notebook
from workbench.batch.runs import MANIFEST_FORMAT, hash_files, keep_stopped, move_in, read_manifest, recover
from workbench.batch.study import Study
from workbench.engagement.locks import Lock, alone, own_folder
from workbench.engagement.publications import note_content, published, published_contents

DISTRIBUTIONS = (
    "workbench",
    "numpy",
    "pandas",
    "scipy",
    "matplotlib",
    "duckdb",
    "pyarrow",
    "pydantic",
    "python-calamine",
    "openpyxl",
    "xlsxwriter",
    "jinja2",
    "papermill",
    "nbclient",
    "nbformat",
    "ipykernel",
    "jupyter_client",
    "ipywidgets",
)
"""Whose versions a manifest names."""


@dataclass(frozen=True)
class Staging:
    """The folder of a run under way.

    Attributes
    ----------
    engagement, run : str
    reports : Path
        The folder of all reports.
    owner : Lock, optional
        Held as long as this process works on the run.
    """

    engagement: str
    run: str
    reports: Path
    owner: Lock | None = field(default=None, compare=False, repr=False)

    @property
    def home(self) -> Path:
        """The engagement's own folder of reports."""
        return self.reports / self.engagement

    @property
    def folder(self) -> Path:
        """Everything of this run."""
        return self.home / ".staging" / self.run

    @property
    def result(self) -> Path:
        """What will be published."""
        return self.folder / "result"

    @property
    def chapters(self) -> Path:
        """Where notebooks save their chapters, each in a folder of its own."""
        return self.folder / "chapters"

    @property
    def work(self) -> Path:
        """The kernels' working folder."""
        return self.folder / "work"

    def source_of(self, notebook: NotebookFile) -> Path:
        """Return where the notebook stands as it will run, without any outputs."""
        return self.folder / "source" / f"{notebook.name}.ipynb"

    def notebook_of(self, notebook: NotebookFile) -> Path:
        """Return where the executed notebook goes."""
        return self.result / "notebooks" / f"{notebook.name}.ipynb"


def open_staging(engagement: str, reports: Path, run: str) -> Staging:
    """Return fresh staging for a run; what killed runs left behind is finished or removed.

    Parameters
    ----------
    engagement : str
    reports : Path
        The folder of all reports.
    run : str
        Name of the run.
    """
    staging = Staging(engagement, run, reports)
    recover(staging.home)
    with alone(staging.home):  # or another run would take the folder for one that nobody owns
        staging.folder.mkdir(parents=True)
        owner = own_folder(staging.folder)
    for folder in (staging.chapters, staging.work, staging.folder / "source", staging.result / "notebooks"):
        folder.mkdir(parents=True)
    return replace(staging, owner=owner)


def discard(staging: Staging) -> None:
    """Remove a run that will not be published."""
    if staging.owner is not None:
        staging.owner.release()
    shutil.rmtree(staging.folder, ignore_errors=True)
    with suppress(OSError):  # another run works there
        (staging.home / ".staging").rmdir()


# -- notebooks --------------------------------------------------------------------------------------------------------


def stage_notebook(notebook: NotebookFile, staging: Staging) -> Path:
    """Copy a notebook into the staging folder as it will run: no outputs, no cell that an earlier run injected."""
    document = json.loads(notebook.path.read_text(encoding="utf-8"))
    document["cells"] = [cell for cell in document["cells"] if "injected-parameters" not in _tags(cell)]
    document["nbformat_minor"] = max(5, document.get("nbformat_minor", 0))
    for place, cell in enumerate(document["cells"]):
        cell.setdefault("id", f"cell-{place:02d}")
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    document["metadata"].pop("papermill", None)
    document["metadata"].pop("widgets", None)
    path = staging.source_of(notebook)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def seal_notebook(path: Path) -> None:
    """Take out of an executed notebook what is not the client's: times, random ids, paths of this machine.

    The folder of the chapters is blanked, so that the notebook runs again anywhere.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    document["metadata"].pop("papermill", None)
    document["metadata"].get("language_info", {}).pop("version", None)
    for place, cell in enumerate(document["cells"]):
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if "papermill-error-cell-tag" in _tags(cell):
            cell["id"] = f"error-{place:02d}"
        if "injected-parameters" in _tags(cell):
            cell["id"] = "injected-parameters"
            lines = "".join(cell["source"]).splitlines(keepends=True)
            cell["source"] = ['output_dir = ""\n' if line.startswith("output_dir = ") else line for line in lines]
            cell["source"][-1] = cell["source"][-1].rstrip("\n")
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    return cell.get("metadata", {}).get("tags", ())


# -- the manifest -----------------------------------------------------------------------------------------------------


def make_manifest(
    staging: Staging,
    plan: Plan,
    study: Study,
    jobs: Sequence[Any],
    *,
    status: str,
    seconds: float,
    message: str = "",
    key: str = "",
    bound: Iterable[str] = (),
    answers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what a run was made of: inputs, versions, effective parameters, times and status of each notebook.

    Parameters
    ----------
    staging : Staging
    plan : Plan
    study : Study
    jobs : sequence of JobResult
    status, message : str
        ``done`` or ``failed``, and why.
    seconds : float
        From the command to now.
    key : str
        From `workbench.batch.keys.engagement_key`.
    bound : iterable of str
        What binds later runs once this one has appeared; see `workbench.engagement.publications`.
    answers : sequence of str
        The report's bottom line.
    """
    went = {job.notebook: job for job in jobs}
    notebooks = []
    for job in plan.jobs:
        held = went.get(job.notebook.name)
        notebooks.append(
            {
                "notebook": job.notebook.name,
                "file": _shown(job.notebook.path, plan),
                "sha256": hash_notebook(job.notebook.path),
                "master_sha256": hash_notebook(job.notebook.master) if job.notebook.master else None,
                "status": held.status if held else "not run",
                "seconds": round(held.seconds, 3) if held else 0.0,
                "cause": held.cause if held else "",
                "parameters": effective_parameters(job, study),
            }
        )
    finished = dt.datetime.now(dt.UTC)
    return {
        "format": MANIFEST_FORMAT,
        "engagement": plan.engagement,
        "run": staging.run,
        "only": plan.only,
        "status": status,
        "message": message,
        "started": (finished - dt.timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "data_hash": study.data_hash,
        "key": "" if study.variables else key,  # what lies in databases has none
        "bound": sorted(bound),
        "answers": list(answers),
        "morning_headline": getattr(study.settings, "morning_headline", "no") == "yes",
        "inputs": [
            {"path": str(file.path), "bytes": int(file.bytes), "sha256": str(file.sha256)} for file in study.files
        ],
        "code_sha256": hash_code(plan.root),
        "versions": versions(),
        "notebooks": notebooks,
    }


def effective_parameters(job: Job, study: Study) -> dict[str, dict[str, Any]]:
    """Return each parameter's value as it held, and where it came from."""
    says = study.effective.get(job.notebook.pillar, {})
    found: dict[str, dict[str, Any]] = {"engagement": {"value": study.name, "origin": "run"}}
    for name in sorted((set(job.cell) | set(parameters_of(job.notebook.pillar).model_fields)) - OWN_FIELDS):
        if name in job.overrides:
            found[name] = {"value": job.overrides[name], "origin": "-p"}
        elif job.cell.get(name) is not None:
            found[name] = {"value": job.cell[name], "origin": f"cell of {job.notebook.name}"}
        else:
            origin = "engagement.yaml" if name in study.named else "default"
            found[name] = {"value": says.get(name), "origin": origin}
    return found


def _shown(path: Path, plan: Plan) -> str:
    """Return a path without what is this machine's own."""
    base = plan.folder.parent if path.is_relative_to(plan.folder) else plan.root
    return path.relative_to(base).as_posix()


def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and what computes and draws."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def write_json(path: Path, document: Any) -> None:
    """Write plain values as JSON that a person can read."""
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8")


# -- publishing -------------------------------------------------------------------------------------------------------


def publish_run(
    staging: Staging,
    plan: Plan,
    study: Study,
    jobs: Sequence[Any],
    chapters: Chapters,
    drawings: Drawings,
    start: float,
    key: str = "",
) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    """Make the report of the staged chapters and let it appear.

    Parameters
    ----------
    staging : Staging
        With all executed notebooks.
    plan : Plan
    study : Study
    jobs : sequence of JobResult
    chapters : Chapters
        As each notebook left its own.
    drawings : Drawings
        Of all chapters.
    start : float
        `time.monotonic` of the command.
    key : str
        From `workbench.batch.keys.engagement_key`.

    Returns
    -------
    Path
        ``reports/<engagement>/latest`` (or ``only-<pillar>``).
    tuple of str
        The report's bottom line.
    tuple of str
        Earlier runs that showed other numbers about people: the guard held this one to them.

    Raises
    ------
    ClientDataError
        Rows of ``commentary`` speak of what the report does not have; nothing is published.
    ReportError
        The report breaks a rule of the house; nothing is published.
    """
    from workbench.report.story import check_report, new_report, results

    told = chapters.in_order()
    report = new_report(study, told, is_part=bool(plan.only))
    check_report(report)
    drawings.finish(report, staging.result)
    write_json(staging.result / "results.json", results(report))
    for job in plan.jobs:
        seal_notebook(staging.notebook_of(job.notebook))
    if not report.audience.has_notebooks:
        shutil.rmtree(staging.result / "notebooks")
    seconds = time.monotonic() - start
    shown = published_contents(plan.engagement, plan.root) | {note_content(note) for note in chapters.notes()}
    answers = tuple(finding.claim for finding in report.front.headline)
    manifest = make_manifest(
        staging, plan, study, jobs, status="done", seconds=seconds, key=key, bound=shown, answers=answers
    )
    write_json(staging.result / "manifest.json", {**manifest, "files": hash_files(staging.result)})
    pointer = f"only-{plan.only}" if plan.only else "latest"
    audience = report.meta.audience
    with published(staging.home, chapters.notes(), run=staging.run, audience=audience, only=plan.only) as others:
        link = appear(staging, pointer)
    keep_inputs(staging.home, staging.run, study)
    return link, answers, others


def appear(staging: Staging, pointer: str = "latest") -> Path:
    """Let the staged result appear, and return what leads to it; a reader sees the old run or the new.

    Parameters
    ----------
    staging : Staging
    pointer : str
        Name of the link.
    """
    link = move_in(staging.result, staging.home, staging.run, pointer)
    discard(staging)
    return link


def keep_failed(
    staging: Staging,
    plan: Plan,
    study: Study,
    jobs: Sequence[Any],
    message: str,
    seconds: float,
    cause: str = "",
    key: str = "",
    limits: Limits | None = None,
) -> Path:
    """Keep the executed notebooks of a run that stopped, with the reason; the last good report stays.

    Parameters
    ----------
    staging, plan, study, jobs
        As far as the run came.
    message : str
        Why it stopped.
    seconds : float
        From the command to now.
    cause : str
        One of `CAUSES`.
    key : str
        From `workbench.batch.keys.engagement_key`: what it stopped with.
    limits : Limits, optional
        How long it might take.

    Returns
    -------
    Path
        ``reports/<engagement>/failed/<run>``.
    """
    for path in (staging.result / "notebooks").glob("*.ipynb"):
        seal_notebook(path)
    manifest = make_manifest(staging, plan, study, jobs, status="failed", seconds=seconds, message=message, key=key)
    manifest["cause"] = cause
    for extra in staging.result.iterdir():
        if extra.name != "notebooks":
            shutil.rmtree(extra) if extra.is_dir() else extra.unlink()
    write_json(staging.result / "manifest.json", manifest)
    return _keep(staging, message, cause, manifest["finished"], jobs, limits=limits, places=places_of(plan))


def keep_refused(
    engagement: str,
    reports: Path,
    run: str,
    message: str,
    *,
    cause: str,
    seconds: float,
    key: str = "",
    limits: Limits | None = None,
) -> Path:
    """Keep why a run did not even start: faults in the client's files; the last good report stays.

    Parameters
    ----------
    engagement : str
    reports : Path
        The folder of all reports.
    run, message, cause : str
        Its name, and why, in sentences and as one of `CAUSES`.
    seconds : float
        From the command to now.
    key, limits
        As in `keep_failed`.

    Returns
    -------
    Path
        ``reports/<engagement>/failed/<run>``.
    """
    staging = open_staging(engagement, reports, run)
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    shutil.rmtree(staging.result / "notebooks")
    write_json(
        staging.result / "manifest.json",
        {
            "format": MANIFEST_FORMAT,
            "engagement": engagement,
            "run": run,
            "status": "failed",
            "message": message,
            "cause": cause,
            "key": key,
            "finished": finished,
            "seconds": round(seconds, 3),
        },
    )
    return _keep(staging, message, cause, finished, (), limits=limits)


def _keep(staging: Staging, message: str, cause: str, finished: str, jobs: Sequence[Any], **more: Any) -> Path:
    """Let a stopped run's folder appear among the failed ones, with its page; of these only the last few are kept."""
    latest = read_manifest(staging.home / "latest")
    page = failure_page(
        staging.engagement,
        staging.run,
        _minute(finished),
        cause=cause,
        message=message,
        jobs=jobs,
        folder=staging.result,
        last_good=_minute(latest["finished"]) if latest else "",
        **more,
    )
    (staging.result / "error.html").write_text(page, encoding="utf-8", newline="\n")
    (staging.result / "error.txt").write_text(message + "\n", encoding="utf-8")
    told = read_manifest(staging.result) or {}
    write_json(staging.result / "manifest.json", {**told, "files": hash_files(staging.result)})
    kept = keep_stopped(staging.result, staging.home, staging.run)
    discard(staging)
    return kept


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
