"""The kernelspec ``workbench``, which JupyterLab, nbval, nbconvert and papermill use alike.

An editable installation carries no data files, so it is written into the environment on first use: by ``make``, by
``workbench lab``, or by ``python -m workbench.batch.warm.kernelspec``.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.batch.warm.parents import LAUNCHER
from workbench.batch.warm.variables import SAME_BYTES

KERNEL_NAME, DISPLAY_NAME = "workbench", "Workbench"
PROVISIONER = "workbench-warm"
"""As pyproject.toml names it among the entry points."""

SERVER_EXTENSION = "workbench.batch.warm.kernelspec"
"""What a Jupyter server loads to begin a parent before the first notebook is opened."""


def kernel_description() -> dict[str, Any]:
    """Return what kernel.json says."""
    return {
        # in memory: what is typed for one client waits in no other client's history
        "argv": [sys.executable, *LAUNCHER, "-f", "{connection_file}", "--HistoryManager.hist_file=:memory:"],
        "display_name": DISPLAY_NAME,
        "language": "python",
        "env": dict(SAME_BYTES),
        # what passes between page and kernel is read by nobody else on this machine, where the client can do that
        "metadata": {
            "debugger": True,
            "supported_encryption": "curve",
            "kernel_provisioner": {"provisioner_name": PROVISIONER},
        },
    }


def ensure_kernelspec(prefix: Path | None = None) -> Path | None:
    """Write the kernelspec into this interpreter's environment if it is not there as it should be.

    Parameters
    ----------
    prefix : Path, optional
        The environment; by default this interpreter's own.

    Returns
    -------
    Path or None
        The file; None where nothing can be written: notebooks then keep the kernel that they name.
    """
    path = (prefix or Path(sys.prefix)) / "share" / "jupyter" / "kernels" / KERNEL_NAME / "kernel.json"
    text = json.dumps(kernel_description(), indent=1) + "\n"
    with suppress(OSError):
        if path.read_text(encoding="utf-8") == text:
            return path
    fresh = path.with_name(f".{os.getpid()}.json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)  # others may be reading it
    except OSError:
        return None
    return path


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": SERVER_EXTENSION}]


def _load_jupyter_server_extension(_: Any) -> None:
    from workbench.batch.warm.parents import shared_parents

    shared_parents().begin({**os.environ, **SAME_BYTES})


if __name__ == "__main__":
    sys.stdout.write(f"{ensure_kernelspec() or 'The kernelspec could not be written.'}\n")
