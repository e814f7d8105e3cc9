"""Which notebooks run for an engagement, with which parameters, in which order; all checked before a kernel starts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.parameters import (
    OWN_FIELDS,
    Parameters,
    bind_parameters,
    parameters_of,
    parse_overrides,
    read_parameters_cell,
    unknown_parameter,
)
from workbench.engagement.places import engagement_folder, find_root
from workbench.errors import ClientDataError, Fault, UsageError, nearest

NOTEBOOK_NAME = re.compile(r"^[0-9]{2}_[a-z0-9][a-z0-9_]{0,58}$")
"""What a notebook of a run is called: two digits for its place, then the chapter it saves."""

SUMMARY = "summary"
"""The chapter that reads all others and so runs last."""


@dataclass(frozen=True)
class NotebookFile:
    """A notebook of a run.

    Attributes
    ----------
    name : str
        Such as ``10_readiness``.
    path : Path
        The file that runs: the client's own where there is one, else the master.
    master : Path or None
        The master of that name; None for a chapter that the client's folder adds.
    """

    name: str
    path: Path
    master: Path | None

    @property
    def pillar(self) -> str:
        """The chapter it saves: its name without the place."""
        return self.name[3:]

    @property
    def is_own(self) -> bool:
        """Whether it comes from the client's folder."""
        return self.path != self.master


@dataclass(frozen=True)
class Job:
    """A notebook with its parameters.

    Attributes
    ----------
    notebook : NotebookFile
    cell : mapping
        Names and values of its parameters cell.
    overrides : mapping
        What ``-p`` sets in it.
    stage : int
        Jobs of one stage run side by side; a stage starts when the one before is done.
    """

    notebook: NotebookFile
    cell: Mapping[str, Any]
    overrides: Mapping[str, Any]
    stage: int

    @property
    def asks_databases(self) -> bool:
        """Whether it may open the client's databases: the outcomes do, and a notebook of the client's own may."""
        return self.notebook.is_own or self.notebook.pillar not in ("readiness", "allocation", SUMMARY)

    @property
    def is_held_to_earlier(self) -> bool:
        """Whether what earlier runs showed of people may change it: that of readiness, or one of the client's own."""
        return self.notebook.is_own or self.notebook.pillar == "readiness"

    def bind(self, engagement: str, output_dir: str) -> Parameters:
        """Return its checked parameters, with the folder for its chapter."""
        return bind_parameters(self.notebook.pillar, engagement, output_dir, self.overrides, self.cell)


@dataclass(frozen=True)
class Plan:
    """What will run for one engagement.

    Attributes
    ----------
    engagement : str
    folder, root : Path
        The client's folder; the folder that holds notebooks/ and templates/.
    jobs : tuple of Job
        In the order of their stages and names.
    only : str
        The one pillar that was asked for; empty for a full run.
    variables : tuple of str
        Variables of this machine with the addresses of the client's databases, once the folder was read.
    """

    engagement: str
    folder: Path
    root: Path
    jobs: tuple[Job, ...]
    only: str = ""
    variables: tuple[str, ...] = ()

    def stages(self) -> tuple[tuple[Job, ...], ...]:
        """Return the jobs by stage, in order."""
        steps = sorted({job.stage for job in self.jobs})
        return tuple(tuple(job for job in self.jobs if job.stage == step) for step in steps)


def notebook_for(engagement: str, name: str, *, root: Path | None = None) -> NotebookFile:
    """Return the file that runs under this name: the client's own, else the master.

    Parameters
    ----------
    engagement : str
        Whose run it is.
    name : str
        Such as ``10_readiness``.

    Raises
    ------
    UsageError
        There is neither.
    ClientDataError
        The client's file is a link that leads out of the client's folder.
    """
    root = root or find_root()
    folder = engagement_folder(engagement, root=root)
    master = root / "notebooks" / f"{name}.ipynb"
    own = folder / "notebooks" / f"{name}.ipynb"
    held = master if master.is_file() else None
    if NOTEBOOK_NAME.match(name) and own.is_file():
        if not own.resolve().is_relative_to(folder.resolve()):
            raise ClientDataError((_fault(name, "", "a link that leads out of the client's folder", "a file"),))
        return NotebookFile(name, own, held)
    if held is None or not NOTEBOOK_NAME.match(name):
        raise UsageError(f"There is no notebook {name!r}.")
    return NotebookFile(name, held, held)


def list_notebooks(engagement: str, *, root: Path | None = None) -> tuple[NotebookFile, ...]:
    """Return every notebook of an engagement's full run, by name.

    Raises
    ------
    ClientDataError
        A file of the client's ``notebooks/`` starts like a chapter but cannot be one; all such files are named.
    """
    root = root or find_root()
    folder = engagement_folder(engagement, root=root)
    masters = {path.stem for path in (root / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    own = {path.stem for path in (folder / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    faults = [
        _fault(name, "", f"the name {name!r}", "two digits, _, then small letters, digits or _, such as 35_pricing")
        for name in sorted(own)
        if not NOTEBOOK_NAME.match(name)
    ]
    chapters = {name[3:]: name for name in sorted(masters)}
    for name in sorted(own - masters):
        if name[3:] in chapters:
            remedy = f"Call it {chapters[name[3:]]}.ipynb to replace that one, or give it another name."
            faults.append(_fault(name, "", f"{chapters[name[3:]]} saves that chapter too", "one each", remedy))
        chapters.setdefault(name[3:], name)
    if faults:
        raise ClientDataError(tuple(faults))
    return tuple(notebook_for(engagement, name, root=root) for name in sorted(masters | own))


def make_plan(
    engagement: str,
    *,
    only: str = "",
    overrides: Sequence[str] | Mapping[str, Any] = (),
    root: Path | None = None,
) -> Plan:
    """Return what will run, everything checked that can be known without a kernel.

    Parameters
    ----------
    engagement : str
    only : str
        A pillar (or a chapter of the client's own): it runs with the summary, the others do not.
    overrides : sequence of ``KEY=VALUE`` or mapping
        Parameters from outside.

    Raises
    ------
    UsageError
        The engagement, the pillar or a parameter is unknown, or a value does not fit.
    ClientDataError
        A notebook of the client's folder cannot run.
    """
    root = root or find_root()
    folder = engagement_folder(engagement, root=root)
    notebooks = list_notebooks(engagement, root=root)
    if only:
        known = [notebook.pillar for notebook in notebooks if notebook.pillar != SUMMARY]
        if only not in known:
            raise UsageError(f"--only {only}: no such chapter. {nearest(only, known)} Allowed: {', '.join(known)}.")
        notebooks = tuple(notebook for notebook in notebooks if notebook.pillar in (only, SUMMARY))
    models = [parameters_of(notebook.pillar) for notebook in notebooks]
    values = _check_overrides(overrides, models)
    cells = check_notebooks(notebooks)
    jobs = [
        Job(notebook, cells[notebook.name], _fitting(values, notebook), _stage_of(notebook)) for notebook in notebooks
    ]
    for job in jobs:
        job.bind(engagement, "")
    return Plan(engagement, folder, root, tuple(sorted(jobs, key=lambda job: (job.stage, job.notebook.name))), only)


def _check_overrides(
    overrides: Sequence[str] | Mapping[str, Any], models: Sequence[type[Parameters]]
) -> Mapping[str, Any]:
    if not isinstance(overrides, Mapping):
        return parse_overrides(overrides, models)
    known = sorted({name for model in models for name in model.model_fields} - OWN_FIELDS)
    unknown = [unknown_parameter(str(key), known) for key in overrides if key not in known]
    if unknown:
        raise UsageError("\n".join(unknown))
    return overrides


def _fitting(values: Mapping[str, Any], notebook: NotebookFile) -> dict[str, Any]:
    fields = parameters_of(notebook.pillar).model_fields
    return {name: value for name, value in values.items() if name in fields}


def _stage_of(notebook: NotebookFile) -> int:
    """Return when a notebook runs: ours side by side, then the client's own chapters, the summary last."""
    if notebook.pillar == SUMMARY:
        return 3
    return 1 if notebook.master is not None else 2


def check_notebooks(notebooks: Iterable[NotebookFile]) -> dict[str, dict[str, Any]]:
    """Return the parameters cell of each notebook, by its name.

    Raises
    ------
    ClientDataError
        A notebook is no notebook, has no single parameters cell of plain values, lacks a parameter of its master,
        or saves no chapter; every such fault at once.
    """
    cells: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for notebook in notebooks:
        needed = set(OWN_FIELDS)
        if notebook.is_own and notebook.master is not None:
            needed |= set(_read_cell(notebook.name, notebook.master, [])[0])
        values, code = _read_cell(notebook.name, notebook.path, faults)
        cells[notebook.name] = values
        if not code:
            continue
        missing = sorted(needed - set(values))
        if missing and values:
            where = "its master's parameters" if notebook.master else "these parameters"
            faults.append(_fault(notebook.name, "parameters cell", f"{', '.join(missing)} missing", f"all of {where}"))
        if not any(re.search(r"\bsave_chapter\s*\(", text) for text in code):
            remedy = "End it with save_chapter(chapter, output_dir)."
            faults.append(
                _fault(notebook.name, "", "no call of save_chapter", "a notebook that saves a chapter", remedy)
            )
    if faults:
        raise ClientDataError(tuple(faults))
    return cells


def _read_cell(name: str, path: Path, faults: list[Fault]) -> tuple[dict[str, Any], list[str]]:
    """Return the values of the parameters cell and the text of all code cells; empty ones where that fails."""
    try:
        cells = read_cells(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        faults.append(_fault(name, "", f"no notebook ({type(error).__name__})", "a Jupyter notebook of format 4"))
        return {}, []
    code = [text for kind, text, _ in cells if kind == "code"]
    tagged = [text for kind, text, tags in cells if kind == "code" and "parameters" in tags]
    if len(tagged) != 1:
        remedy = "Tag the cell that sets engagement and output_dir with parameters (cell toolbar, tags)."
        faults.append(_fault(name, "", f"{len(tagged)} cells tagged parameters", "exactly one", remedy))
        return {}, code
    try:
        return read_parameters_cell(tagged[0]), code
    except (ValueError, TypeError, SyntaxError) as error:
        found = f"{error}"
        faults.append(_fault(name, "parameters cell", found, "one assignment of a plain value on each line"))
        return {}, code


def read_cells(path: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return kind, text and tags of each cell of a notebook file.

    Raises
    ------
    ValueError, KeyError
        The file is no notebook of format 4.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["nbformat"] != 4:
        raise ValueError("not format 4")
    return [
        (cell["cell_type"], "".join(cell["source"]), tuple(cell.get("metadata", {}).get("tags", ())))
        for cell in document["cells"]
    ]


def _fault(name: str, cell: str, found: str, allowed: str, remedy: str = "Correct the notebook.") -> Fault:
    return Fault(f"notebooks/{name}.ipynb", "", cell, f"{found}.", f"{allowed}.", remedy)


# -- what a report was made of ----------------------------------------------------------------------------------------


def hash_notebook(path: Path) -> str:
    """Return the SHA-256 of a notebook's cells: what it says and does, not what it once showed."""
    return hashlib.sha256(json.dumps(read_cells(path), ensure_ascii=False).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_code(root: Path | None = None) -> str:
    """Return one SHA-256 over the package's code and all templates."""
    package = Path(__file__).resolve().parent.parent
    templates = (root or find_root()) / "templates"
    digest = hashlib.sha256()
    for base, pattern in ((package, "*.py"), (templates, "*")):
        for path in sorted(base.rglob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                held = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(base.parent).as_posix()}\n{held}\n".encode())
    return digest.hexdigest()
