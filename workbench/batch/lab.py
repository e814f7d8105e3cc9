"""Working copies of an engagement's notebooks for JupyterLab: for this client alone, and none is ever overwritten."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.plan import NotebookFile, hash_notebook, list_notebooks
from workbench.batch.warm.kernelspec import DISPLAY_NAME, KERNEL_NAME, SERVER_EXTENSION, ensure_kernelspec
from workbench.engagement.keys import SALT
from workbench.engagement.places import clients_folder, find_root, reports_folder
from workbench.errors import ClientDataError, Fault, writing_to


@dataclass(frozen=True)
class Lab:
    """An engagement's folder of working copies.

    Attributes
    ----------
    engagement : str
    folder : Path
        ``reports/<engagement>/lab``.
    made, kept, behind : tuple of str
        Names of notebooks: copied now; there already and left as they are; and of these, those whose original has
        changed since they were copied.
    """

    engagement: str
    folder: Path
    made: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


def prepare_lab(engagement: str, *, root: Path | None = None) -> Lab:
    """Copy the engagement's notebooks with its name in their parameters; copies that exist are never touched.

    Parameters
    ----------
    engagement : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement.
    ClientDataError
        A notebook has no parameters cell that names the engagement.
    FolderError
        The copies cannot be written.
    """
    root = root or find_root()
    folder = reports_folder(root) / engagement / "lab"
    made: list[str] = []
    kept: list[str] = []
    behind: list[str] = []
    for notebook in list_notebooks(engagement, root=root):
        copy = folder / f"{notebook.name}.ipynb"
        if copy.exists():
            kept.append(notebook.name)
            if _copied_from(copy) not in (None, hash_notebook(notebook.path)):
                behind.append(notebook.name)
            continue
        document = _for_engagement(notebook, engagement)
        with writing_to(folder, "WORKBENCH_REPORTS"):
            folder.mkdir(parents=True, exist_ok=True)
            copy.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        made.append(notebook.name)
    return Lab(engagement, folder, tuple(made), tuple(kept), tuple(behind))


def _for_engagement(notebook: NotebookFile, engagement: str) -> dict[str, Any]:
    """Return a notebook without outputs whose parameters name this engagement."""
    document: dict[str, Any] = json.loads(notebook.path.read_text(encoding="utf-8"))
    is_named = False
    for cell in document["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        if "parameters" in cell.get("metadata", {}).get("tags", ()):
            text, count = re.subn(
                r"""^engagement\s*=\s*(?:"[^"\n]*"|'[^'\n]*')""",
                f'engagement = "{engagement}"',
                "".join(cell["source"]),
                flags=re.MULTILINE,
            )
            cell["source"] = text.splitlines(keepends=True)
            is_named = is_named or count == 1
    if not is_named:
        raise ClientDataError(
            (
                Fault(
                    f"notebooks/{notebook.name}.ipynb",
                    "",
                    "parameters cell",
                    "no line that sets engagement.",
                    'A line such as engagement = "harbour-mutual".',
                    "Add it.",
                ),
            )
        )
    document["metadata"].pop("papermill", None)
    if ensure_kernelspec() is not None:
        document["metadata"]["kernelspec"] = {"display_name": DISPLAY_NAME, "language": "python", "name": KERNEL_NAME}
    document["metadata"]["workbench"] = {"copied_from_sha256": hash_notebook(notebook.path)}
    return document


def _copied_from(copy: Path) -> str | None:
    try:
        return str(json.loads(copy.read_text(encoding="utf-8"))["metadata"]["workbench"]["copied_from_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lab_command(lab: Lab, options: Sequence[str] = ()) -> list[str]:
    """Return the command that opens JupyterLab rooted in the working copies.

    Parameters
    ----------
    lab : Lab
    options : sequence of str
        Given on to JupyterLab, such as ``--no-browser``.
    """
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={lab.folder}",
        f"--LabApp.workspaces_dir={lab.folder / '.jupyter' / 'workspaces'}",
        "--ContentsManager.allow_hidden=False",
        # begins the parent of its kernels, which imports while the page is opened
        "--ServerApp.jpserver_extensions=" + json.dumps({SERVER_EXTENSION: 1}),
        "--KernelManager.transport_encryption=auto",  # other users of this machine could listen on a port
        *options,
    ]


def lab_environment(lab: Lab, given: Mapping[str, str] = os.environ, *, root: Path | None = None) -> dict[str, str]:
    """Return JupyterLab's environment: its settings, running kernels and open tabs belong to this engagement alone.

    Parameters
    ----------
    lab : Lab
    given : mapping
        The shell's environment.
    root : Path, optional
        The workbench's folder.
    """
    root = root or find_root()
    private = lab.folder / ".jupyter"
    kept = {name: text for name, text in given.items() if name not in ("WORKBENCH_BATCH", SALT)}
    return {
        **kept,
        "WORKBENCH_HOME": str(root),
        "WORKBENCH_CLIENTS": str(clients_folder(root)),
        "WORKBENCH_REPORTS": str(reports_folder(root)),
        "WORKBENCH_ONLY": lab.engagement,
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "IPYTHONDIR": str(private / "ipython"),
    }
