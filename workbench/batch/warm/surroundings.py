"""What a kernel's parent must share with it to stand for a cold start, and how that is seen.

A forked kernel takes over whatever its parent read when it imported: variables, files, the answer to "am I in a
notebook?". So the parent notes what was read, and a kernel for which any of it would be different starts cold.
"""

from __future__ import annotations

import builtins
import gc
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any

EARLY = ("HOME", "USER", "LOGNAME", "PATH", "TZ", "LANGUAGE", "DISPLAY", "TERM", "VIRTUAL_ENV")
"""Variables that programs and libraries read when they start, by name …"""

EARLY_BEGINNINGS = (
    *("PYTHON", "LD_", "LC_", "LANG", "XDG_", "CONDA_", "SSL_CERT_", "MALLOC_", "GLIBC_", "JE_", "MIMALLOC_"),
    *("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_", "NUMEXPR_", "NPY_", "NUMPY_", "SCIPY_"),
    *("PANDAS_", "ARROW_", "MPL", "FONTCONFIG_", "DUCKDB_", "JUPYTER_"),
)
"""… and by their first letters; some are read in C, where nobody sees it."""

HANDED_OVER = ("JPY_PARENT_PID", "JPY_INTERRUPT_EVENT", "MPLBACKEND")
"""Read when ipykernel and matplotlib are imported, and set anew in every kernel before they count."""

ASKED_BY = ("pandas.core.config_init", "ipywidgets")
"""Who asks for the shell when it is imported: the one takes the stand-in of `watching`, the other is asked again."""


STALE = "has changed since it was imported"
"""How the reason ends where new code is the doubt: another parent will not have it."""


def early_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that count when an interpreter starts and imports.

    Examples
    --------
    >>> early_variables({"OMP_NUM_THREADS": "1", "WORKBENCH_ONLY": "acme", "CRM_PASSWORD": "x"})
    {'OMP_NUM_THREADS': '1'}
    """
    return {name: text for name, text in environment.items() if name in EARLY or name.startswith(EARLY_BEGINNINGS)}


Holder = tuple[Any, str]


@dataclass
class Watch:
    """What was seen while a parent imported.

    Attributes
    ----------
    read : set of str
        Names of the variables that Python code asked for, whether they were set or not.
    asked : set of str
        Modules that asked for IPython's shell.
    warned : list of str
        Warnings: a cold kernel would show them in a cell.
    kept : str
        Which of a kernel's streams something holds on to, though it was a stand-in; blank if none.
    holders : list of (log handler or function, str)
        What writes to a stand-in, and to which of the kernel's streams it shall write.
    """

    read: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    warned: list[str] = field(default_factory=list)
    kept: str = ""
    holders: list[Holder] = field(default_factory=list)


@contextmanager
def watching() -> Iterator[Watch]:
    """Note which variables are read and what is warned of while libraries are imported."""
    watch = Watch()
    kind: Any = type(os.environ)
    plain_read, plain_show = kind.__getitem__, warnings.showwarning

    def read(self: Any, name: Any) -> Any:
        watch.read.add(os.fsdecode(name))  # `os.environb` has the same class
        return plain_read(self, name)

    def show(message: Any, *_: Any, **__: Any) -> None:
        watch.warned.append(str(message))

    kind.__getitem__, warnings.showwarning = read, show
    try:
        yield watch
    finally:
        kind.__getitem__, warnings.showwarning = plain_read, plain_show


class _NotebookShell:
    """Stands for the shell that every kernel has: whoever asks whether it runs in a notebook hears yes."""

    kernel = None


@contextmanager
def as_in_a_cell(watch: Watch) -> Iterator[None]:
    """Let a library that is imported find what it would find in a notebook's first cell: a shell, and its streams."""
    import IPython

    def answer() -> _NotebookShell:
        watch.asked.add(str(sys._getframe(1).f_globals.get("__name__", "?")))
        return _NotebookShell()

    def no_answer() -> None:  # to who asks IPython itself; a kernel asks once more on its behalf
        watch.asked.add(str(sys._getframe(1).f_globals.get("__name__", "?")))

    shell, streams = IPython.get_ipython, (sys.stdout, sys.stderr)
    builtins.get_ipython = answer  # type: ignore[attr-defined]
    IPython.get_ipython = no_answer
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), encoding="UTF-8", write_through=True) for _ in streams)
    try:
        yield
    finally:
        held, (sys.stdout, sys.stderr) = [sys.stdout, sys.stderr], streams
        for name in ("stdout", "stderr"):
            stream = held.pop(0)
            found = _holders_of(stream)
            watch.holders += [(one, name) for one in found]
            if sys.getrefcount(stream) - len(found) > 2:  # this name, and that of the count
                watch.kept = name
        IPython.get_ipython = shell
        del builtins.get_ipython  # type: ignore[attr-defined]


def _holders_of(stream: Any) -> list[Any]:
    """Return handlers of logs that write to a stream, and functions that do unless they are told otherwise."""
    found: list[Any] = []
    for one in gc.get_referrers(stream):
        if isinstance(one, logging.StreamHandler):
            found.append(one)
        elif isinstance(one, tuple):
            found += [held for held in gc.get_referrers(one) if getattr(held, "__defaults__", None) is one]
    return found


def hand_over(holders: Sequence[Holder]) -> None:
    """Let what held a stand-in write to the streams of the kernel that this process has become."""
    for one, name in holders:
        stream = getattr(sys, name)
        if isinstance(one, logging.StreamHandler):
            one.setStream(stream)
        else:
            one.__defaults__ = tuple(stream if _is_stand_in(held) else held for held in one.__defaults__)


def _is_stand_in(held: Any) -> bool:
    return isinstance(held, io.TextIOWrapper) and isinstance(held.buffer, io.BytesIO)


def loaded_files() -> dict[str, tuple[int, int, int]]:
    """Return size, time and number of every file that this process has imported from."""
    found = {}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            found[path] = _stamp(path)
    return found


def changed_file(files: Mapping[str, tuple[int, int, int]]) -> str:
    """Return the name of a file that is no longer what was imported; blank if there is none."""
    return next((Path(path).name for path, stamp in files.items() if _stamp(path) != stamp), "")


def newest(files: Mapping[str, tuple[int, int, int]]) -> int:
    """Return when the file that changed last did, in nanoseconds."""
    return max((stamp[1] for stamp in files.values()), default=0)


def _stamp(path: str) -> tuple[int, int, int]:
    try:
        held = os.stat(path)  # noqa: PTH116  (a thousand of them before every kernel)
    except OSError:
        return (-1, 0, 0)
    return (held.st_size, held.st_mtime_ns, held.st_ino)


def count_threads() -> int:
    """Return how many threads this process has; procfs sees those that C libraries started, too."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def open_files() -> set[int]:
    """Return the numbers of the open files of this process."""
    found = {int(entry.name) for entry in Path("/proc/self/fd").iterdir()}
    return {number for number in found if _is_open(number)}  # without the one that listed them


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def loaded_libraries() -> dict[str, str]:
    """Return what this process has imported, by its first name, with where that was found."""
    names = {name.partition(".")[0] for name in sys.modules}
    return {name: str(getattr(sys.modules.get(name), "__file__", None) or "") for name in sorted(names)}


def shadowed(folder: Path, libraries: Mapping[str, str]) -> str:
    """Return what in a kernel's folder it would import in place of a library; blank if there is nothing.

    Parameters
    ----------
    folder : Path
        A notebook's own folder comes first when it imports.
    libraries : mapping of str to str
        From `loaded_libraries`, of the parent.
    """
    suffixes = all_suffixes()
    for entry in folder.iterdir() if folder.is_dir() else ():
        name, dot, rest = entry.name.partition(".")
        can_be_imported = dot + rest in suffixes if entry.is_file() else not dot
        if (
            can_be_imported
            and name in libraries
            and str(entry) not in (libraries[name], str(Path(libraries[name]).parent))
        ):
            return entry.name
    return ""
