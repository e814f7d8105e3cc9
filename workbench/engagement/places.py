"""Where the workbench, its clients and its reports lie.

The root is the first parent folder with ``templates/`` and ``notebooks/``, else ``WORKBENCH_HOME``. Clients lie in
``client_data/`` or where ``WORKBENCH_CLIENTS`` points (a client's own share); reports in ``reports/`` or where
``WORKBENCH_REPORTS`` points.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from workbench.errors import UsageError, nearest

ENGAGEMENT_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
"""What an engagement's folder may be called."""

RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{place}" for port in ("com", "lpt") for place in range(1, 10)}
)
"""Names that Windows keeps for itself."""


def find_root() -> Path:
    """Return the folder that holds ``templates/`` and ``notebooks/``.

    Returns
    -------
    Path
        The first such parent of the working folder, then of this package, then ``WORKBENCH_HOME``.

    Raises
    ------
    UsageError
        There is none.
    """
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / "templates").is_dir() and (folder / "notebooks").is_dir():
                return folder
    home = os.environ.get("WORKBENCH_HOME", "")
    if home and (Path(home) / "templates").is_dir():
        return Path(home).resolve()
    raise UsageError(
        "The workbench's own folder was not found: no parent folder holds templates/ and notebooks/. "
        "Go into the checkout, or set WORKBENCH_HOME to it."
    )


def clients_folder(root: Path | None = None) -> Path:
    """Return the folder that holds the engagements: ``WORKBENCH_CLIENTS``, else ``client_data/`` of the root."""
    elsewhere = os.environ.get("WORKBENCH_CLIENTS", "")
    return (Path(elsewhere) if elsewhere else (root or find_root()) / "client_data").resolve()


def reports_folder(root: Path | None = None) -> Path:
    """Return the folder that holds the reports: ``WORKBENCH_REPORTS``, else ``reports/`` of the root."""
    elsewhere = os.environ.get("WORKBENCH_REPORTS", "")
    return (Path(elsewhere) if elsewhere else (root or find_root()) / "reports").resolve()


def list_engagements(*, root: Path | None = None) -> tuple[str, ...]:
    """Return the names of all engagements, sorted; folders whose name is no engagement's are left out."""
    folder = clients_folder(root)
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and _is_name(entry.name)))


def check_name(name: str) -> str:
    """Return the name of an engagement if it is one.

    Raises
    ------
    UsageError
        It is not made of small letters, digits and hyphens, is longer than 63 characters, or Windows keeps it.

    Examples
    --------
    >>> check_name("harbour-mutual")
    'harbour-mutual'
    """
    if isinstance(name, str) and _is_name(name):
        return name
    if isinstance(name, str) and name.lower() in RESERVED_NAMES:
        raise UsageError(f"{name!r} cannot name an engagement: Windows keeps that name for itself. Choose another.")
    raise UsageError(
        f"{name!r} cannot name an engagement. Use small letters, digits and hyphens, starting with a letter or digit, "
        "at most 63 characters, such as harbour-mutual."
    )


def engagement_folder(name: str | os.PathLike[str], *, root: Path | None = None) -> Path:
    """Return the folder of an engagement.

    Parameters
    ----------
    name : str or path
        Its name; or, as a `pathlib.Path`, a folder anywhere whose last part is a name. A name given as text never
        leaves the clients' folder.
    root : Path, optional
        The workbench's folder; by default what `find_root` finds.

    Raises
    ------
    UsageError
        The name is none, nothing is there, the folder is a link that leads elsewhere, or this process works for
        another client alone (``WORKBENCH_ONLY``, set for the kernels of a run and of a lab).
    """
    only = os.environ.get("WORKBENCH_ONLY", "")
    if only and Path(name).name != only:
        raise UsageError(f"This session works for {only!r} alone and opens no other client's folder.")
    if isinstance(name, os.PathLike):
        folder = Path(name).resolve()
        check_name(folder.name)
        if not folder.is_dir():
            raise UsageError(f"There is no folder {os.fspath(name)}.")
        return folder
    clients = clients_folder(root)
    folder = clients / check_name(name)
    if not folder.is_dir():
        known = list_engagements(root=root)
        hint = nearest(name, known) or (f"There are: {', '.join(known)}." if known else "There is none yet.")
        raise UsageError(f"There is no engagement {name!r}. {hint} Make one with: workbench new {name}")
    if folder.is_symlink() or folder.resolve().parent != clients:
        raise UsageError(
            f"The folder of {name!r} is a link that leads out of the clients' folder. "
            "Put the folder itself there, or set WORKBENCH_CLIENTS to the place that holds it."
        )
    return folder


def _is_name(name: str) -> bool:
    return bool(ENGAGEMENT_NAME.fullmatch(name)) and name not in RESERVED_NAMES
