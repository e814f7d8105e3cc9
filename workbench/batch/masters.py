"""``make notebooks``: run the masters on the sample engagement and keep their outputs, the only way these get in.

A file is rewritten only when more than a picture changed, for pictures differ between machines and their numbers are
in the text beside them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.engagement.places import clients_folder, find_root

PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


def execute_masters(root: Path | None = None) -> tuple[str, ...]:
    """Execute the masters in the order of their names and return those that were rewritten.

    Parameters
    ----------
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed; the file stays as it was.
    """
    root = root or find_root()
    rewritten = []
    with tempfile.TemporaryDirectory(prefix="wb-masters-") as reports:
        for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")):
            before = json.loads(path.read_text(encoding="utf-8"))
            after = _execute(before, root, Path(reports))
            if without_pictures(before) != without_pictures(after):
                path.write_text(json.dumps(after, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
                rewritten.append(path.stem)
    return tuple(rewritten)


def _execute(document: Mapping[str, Any], root: Path, reports: Path) -> dict[str, Any]:
    import nbformat
    from nbclient import NotebookClient

    clean = json.loads(json.dumps(document))
    for place, cell in enumerate(clean["cells"]):
        cell.setdefault("id", f"cell-{place:02d}")
    clean["nbformat_minor"] = max(5, clean.get("nbformat_minor", 0))
    clean["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    environment = kernel_environment(
        os.environ, WORKBENCH_HOME=root, WORKBENCH_CLIENTS=clients_folder(root), WORKBENCH_REPORTS=reports
    )
    notebook = nbformat.reads(json.dumps(clean), as_version=4)
    with kernel_manager(reports, environment, Kernels()) as manager_class:
        NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=manager_class,
            record_timing=False,
            store_widget_state=False,
            iopub_timeout=60,
            timeout=600,
        ).execute()
    done: dict[str, Any] = json.loads(nbformat.writes(notebook))
    done["metadata"] = clean["metadata"]
    return done


def without_pictures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notebook without the pictures in its outputs.

    Parameters
    ----------
    document : mapping
        The notebook as JSON.
    """
    held: dict[str, Any] = json.loads(json.dumps(document))
    for cell in held["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", ()):
            output["text"] = "".join(output.get("text", ""))
            data = {kind: "".join(text) for kind, text in output.get("data", {}).items() if kind not in PICTURES}
            output["data"] = data
    return held


if __name__ == "__main__":
    names = execute_masters()
    sys.stdout.write(f"Rewritten: {', '.join(names) if names else 'none; every output is as it was'}\n")
