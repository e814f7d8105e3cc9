"""One tree of errors; every message says where, what was seen, what is allowed and what to do.

An answer is no error: rules that cannot hold together and a pillar without its tables are results.
"""

from __future__ import annotations

import errno
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that steer a terminal or the order of a line instead of being seen."""


REFUSALS = frozenset(
    {"EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "EIO"}
    | {"ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "ELOOP", "ENAMETOOLONG"}
)
"""What a system answers where nothing can be written: no leave, no room, no such place."""

DISK_REFUSALS = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EIO") if hasattr(errno, name))
"""What a system answers where the disk itself takes nothing more, whoever writes and wherever."""


def printable(text: str, *, kept: str = "\n\t") -> str:
    r"""Return text whose invisible characters are written out: a client's file must not steer the reader's terminal.

    Parameters
    ----------
    text : str
    kept : str
        Characters that stay as they are.

    Examples
    --------
    >>> print(printable("mo\x1b[31mtor"))
    mo\x1b[31mtor
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if character not in kept and unicodedata.category(character) in UNPRINTABLE
        else character
        for character in text
    )


class WorkbenchError(Exception):
    """Root of every error this package raises on purpose; the command line prints it as text.

    Subclasses pass all their facts to ``super().__init__``, so that they survive pickling.
    """


@dataclass(frozen=True)
class Answer:
    """One way to answer what a file leaves open.

    Attributes
    ----------
    option : str
        Option of the command that says it.
    value : str
        What the option takes; ``NAME=`` where the rest is to be said.
    words : str
        What it means.
    also : tuple of str
        Further values of the option that are said with it.
    """

    option: str
    value: str
    words: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong in a client's file, and how to mend it.

    Attributes
    ----------
    file : str
        Path relative to the engagement's folder, as the client knows it.
    sheet : str
        Sheet of a workbook; empty for a CSV, Parquet or YAML file.
    cell : str
        Where exactly: ``C10`` in a workbook, ``row 14, column d07_2`` in a CSV, a key path in YAML;
        empty when the whole file is meant.
    found : str
        What was seen, in the client's own spelling.
    allowed : str
        What would be right.
    remedy : str
        What to do about it.
    answers : tuple of Answer
        What may be said of it, where it is a question; somebody at a terminal is asked.
    """

    file: str
    sheet: str
    cell: str
    found: str
    allowed: str
    remedy: str
    answers: tuple[Answer, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.sheet and f"sheet {self.sheet}", self.cell) if part)
        found, rest = (
            printable(words, kept="") for words in (f"{place}: {self.found}", f"{self.allowed} {self.remedy}")
        )
        return f"{found}\nAllowed: {rest}".rstrip()


class ClientDataError(WorkbenchError):
    """A client's files cannot be used as they are; carries every fault at once.

    Parameters
    ----------
    faults : tuple of Fault
        All of them, in the order of files, sheets and rows.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(tuple(faults))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault found, in the order of the files."""
        return tuple(self.args[0])

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"{count} fault{'s' if count != 1 else ''} in the client's files.\n\n"
        return head + "\n\n".join(str(fault) for fault in self.faults)


class ModelError(WorkbenchError):
    """An analysis was asked for something that has no meaning (a wrong shape, an unknown name, a negative size)."""


class UsageError(WorkbenchError):
    """The request itself is wrong: an unknown engagement, parameter or option; exit code 2."""


class NotebookError(WorkbenchError):
    """A notebook stopped.

    Parameters
    ----------
    notebook, engagement : str
        Which notebook, for whom.
    cell : int
        Number of the code cell that stopped, from 1; 0 when none was reached.
    cause : str
        The error's own sentence.
    """

    def __init__(self, notebook: str, engagement: str, cell: int, cause: str) -> None:
        super().__init__(notebook, engagement, cell, cause)
        self.notebook, self.engagement, self.cell, self.cause = notebook, engagement, cell, cause

    def __str__(self) -> str:
        where = f" in code cell {self.cell}" if self.cell else ""
        return printable(f"{self.engagement}: notebook {self.notebook} stopped{where}.\n{self.cause}")


class ReportError(WorkbenchError):
    """A report breaks the rules of the house; carries every breach at once.

    Parameters
    ----------
    breaches : tuple of str
        One sentence each.
    """

    def __init__(self, breaches: tuple[str, ...]) -> None:
        super().__init__(tuple(breaches))

    @property
    def breaches(self) -> tuple[str, ...]:
        """One sentence for each rule that was broken."""
        return tuple(self.args[0])

    def __str__(self) -> str:
        return "The report cannot be published.\n" + "\n".join(f"- {printable(breach)}" for breach in self.breaches)


class FolderError(WorkbenchError):
    """Nothing can be written where something must be.

    Parameters
    ----------
    place, why, remedy : str
        The path, the system's own words, and what to do.
    """

    def __init__(self, place: str, why: str, remedy: str) -> None:
        super().__init__(place, why, remedy)
        self.place, self.why, self.remedy = place, why, remedy

    def __str__(self) -> str:
        return printable(f"Nothing can be written to {self.place} ({self.why}). {self.remedy}")


class LedgerError(WorkbenchError):
    """What earlier runs published cannot be read, so that nobody could be guarded against both.

    Parameters
    ----------
    place, run, why, remedy : str
        The ledger's folder, the run whose part of it cannot be read (blank for all), the trouble, and what to do.
    """

    def __init__(self, place: str, run: str, why: str, remedy: str) -> None:
        super().__init__(place, run, why, remedy)
        self.place, self.run, self.why, self.remedy = place, run, why, remedy

    def __str__(self) -> str:
        return printable(
            f"What {f'the run {self.run}' if self.run else 'earlier runs'} published cannot be read in {self.place} "
            f"({self.why}). Beside numbers that are out already, new ones could give people away; so nothing is "
            f"computed. {self.remedy}"
        )


@contextmanager
def writing_to(folder: str | PathLike[str], variable: str) -> Iterator[None]:
    """Turn what the system refuses while a folder is written into one sentence; other trouble stays as it is.

    Parameters
    ----------
    folder : str or path
        Named where the system names no path.
    variable : str
        The environment variable that puts the folder elsewhere.

    Raises
    ------
    FolderError
        In place of an OSError of `REFUSALS`.
    """
    try:
        yield
    except OSError as error:
        if errno.errorcode.get(error.errno or 0) not in REFUSALS:
            raise
        place = error.filename if isinstance(error.filename, str | PathLike) else folder
        remedy = f"Make room or give leave to write there, or set {variable} to another folder."
        raise FolderError(fspath(place), error.strerror or type(error).__name__, remedy) from error


class GoneError(WorkbenchError):
    """A folder was moved or removed while a run worked with it; says which, and what to do."""


class DeadlineError(WorkbenchError):
    """Something took longer than it may; says what, and how long that is."""


class ClusterError(WorkbenchError):
    """A batch cannot run on other machines, or no longer; what was finished by then is recorded.

    Parameters
    ----------
    address, why, remedy : str
        Of the scheduler, the trouble, and what to do.
    """

    def __init__(self, address: str, why: str, remedy: str) -> None:
        super().__init__(address, why, remedy)
        self.address, self.why, self.remedy = address, why, remedy

    def __str__(self) -> str:
        return printable(f"The cluster at {self.address} cannot be used: {self.why}. {self.remedy}")


class MissingToolError(WorkbenchError):
    """Something outside this package is needed and absent; says what and how to get it.

    Parameters
    ----------
    tool, remedy : str
        The name of what is missing, and what to do.
    """

    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(tool, remedy)
        self.tool, self.remedy = tool, remedy

    def __str__(self) -> str:
        return f"{self.tool} is missing. {self.remedy}"


def nearest(name: Any, known: Any, count: int = 3) -> str:
    """Return ``"did you mean 'a' or 'b'?"`` for a name nobody knows, or an empty string.

    Examples
    --------
    >>> nearest("motr", ["motor", "home", "life"])
    "Did you mean 'motor'?"
    >>> nearest("xyz", ["motor"])
    ''
    """
    from difflib import get_close_matches

    matches = get_close_matches(str(name), [str(k) for k in known], n=count, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""
