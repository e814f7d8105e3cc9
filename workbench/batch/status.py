"""Which engagements there are, when each last ran, and what has changed since; without pandas or papermill."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.plan import hash_code, hash_file, hash_notebook, list_notebooks
from workbench.batch.publish import read_manifest
from workbench.engagement.places import engagement_folder, find_root, list_engagements, reports_folder
from workbench.errors import WorkbenchError


@dataclass(frozen=True)
class Status:
    """How one engagement stands.

    Attributes
    ----------
    engagement : str
    report : str
        Path of the last good report; empty where there is none.
    finished : str
        When it was made, ISO, UTC.
    stale : tuple of str
        What has changed since, one phrase each; empty where the report is up to date.
    failed : str
        When a later run failed, ISO, UTC; empty where none did.
    failure : str
        First sentence of that failure.
    """

    engagement: str
    report: str = ""
    finished: str = ""
    stale: tuple[str, ...] = ()
    failed: str = ""
    failure: str = ""

    @property
    def word(self) -> str:
        """``no full run yet``, ``up to date`` or ``stale``, and whether a later run failed."""
        state = "no full run yet" if not self.report else "stale" if self.stale else "up to date"
        return f"{state}, last run failed" if self.failed else state


def read_status(engagement: str = "", *, root: Path | None = None) -> tuple[Status, ...]:
    """Return how one engagement stands, or all of them.

    Parameters
    ----------
    engagement : str
        Empty for all.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement.
    """
    root = root or find_root()
    names = (engagement_folder(engagement, root=root).name,) if engagement else list_engagements(root=root)
    code = hash_code(root) if names else ""
    return tuple(_status_of(name, root, code) for name in names)


def _status_of(name: str, root: Path, code: str) -> Status:
    home = reports_folder(root) / name
    latest = read_manifest(home / "latest")
    failed = _last_failure(home)
    finished = latest["finished"] if latest else ""
    is_later = failed is not None and failed["finished"] > finished
    return Status(
        engagement=name,
        report=str(home / "latest" / "report.html") if latest else "",
        finished=finished,
        stale=tuple(_changes(name, root, code, latest)) if latest else (),
        failed=failed["finished"] if failed and is_later else "",
        failure=failed["message"].split("\n")[0] if failed and is_later else "",
    )


def _last_failure(home: Path) -> dict[str, Any] | None:
    if not (home / "failed").is_dir():
        return None
    held = [read_manifest(folder) for folder in sorted((home / "failed").iterdir())]
    return max((one for one in held if one), key=lambda one: str(one["finished"]), default=None)


def _changes(name: str, root: Path, code: str, manifest: dict[str, Any]) -> list[str]:
    """Return what differs from the files, notebooks and code that the last good run was made of."""
    changes = []
    try:
        folder = engagement_folder(name, root=root)
    except WorkbenchError as error:  # a link, among all engagements: told in its place
        return [str(error).split("\n")[0]]
    files = {held["path"]: held["sha256"] for held in manifest["inputs"]}
    known = {path: digest for path, digest in files.items() if not path.startswith("notebooks/")}  # told below
    for path, digest in known.items():
        file = folder / path
        if not file.is_file():
            changes.append(f"{path} is gone")
        elif hash_file(file) != digest:
            changes.append(f"{path} changed")
    changes += [f"{path} is new" for path in _new_files(folder, set(known))]
    ran = {held["notebook"]: held for held in manifest["notebooks"]}
    try:
        notebooks = {notebook.name: notebook for notebook in list_notebooks(name, root=root)}
    except WorkbenchError as error:
        return [*changes, str(error).split("\n")[0]]
    for notebook in notebooks.values():
        held = ran.get(notebook.name)
        if held is None:
            changes.append(f"notebook {notebook.name} is new")
            continue
        if hash_notebook(notebook.path) != held["sha256"]:
            changes.append(f"notebook {notebook.name} changed")
        elif notebook.is_own and notebook.master and hash_notebook(notebook.master) != held["master_sha256"]:
            changes.append(f"the master of {notebook.name} has moved on; your own version runs")
    changes += [f"notebook {gone} is gone" for gone in sorted(set(ran) - set(notebooks))]
    if code != manifest["code_sha256"]:
        changes.append("the workbench itself changed")
    return changes


INPUT_SUFFIXES = frozenset({".csv", ".parquet", ".xlsx", ".yaml", ".yml"})
"""Files that a run would read."""


def _new_files(folder: Path, known: set[str]) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        is_ours = not any(part.startswith((".", "~$")) for part in place.parts) and place.parts[0] != "notebooks"
        if is_ours and path.suffix.lower() in INPUT_SUFFIXES and path.is_file():
            found.append(place.as_posix())
    return [place for place in found if place not in known]
