"""A client's folder as an import needs it: what is read before anything is written, and files replaced whole."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.columns import fits_key
from workbench.engagement.exports.answers import Client
from workbench.engagement.exports.mapping import SurveyMapping, mapping_document
from workbench.engagement.exports.survey_file import SURVEY, SurveyText, parse_survey
from workbench.engagement.places import engagement_folder, find_root, reports_folder
from workbench.errors import ClientDataError, Fault, UsageError

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables
    from workbench.readiness.instrument import Instrument

IMPORTS = "imports.yaml"
HEAD = (
    "# How exports of other tools were read: proposed by `workbench import`, confirmed by a consultant, used again\n"
    "# in the next wave. headers: what a column is (item, role, unit, product_line, identity, ignore). labels: what\n"
    "# is stored for an answer that neither the instrument nor the registers know, per column or item (*: all items).\n"
    "# Of a tracker, labels: product (key in products), status (waiting, active, done), type (feature, defect, risk,\n"
    "# debt; blank: not stated).\n"
)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one import at a time read and replace a folder's files: of two at once, the later would undo the earlier."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network shares cannot
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def check_import_name(name: str, option: str) -> None:
    """Refuse the name of an import that ``imports.yaml`` could not hold, before it is written there.

    Raises
    ------
    UsageError
        It is no key.
    """
    if name and not fits_key(name):
        raise UsageError(f"{option} {name[:60]!r} is no name. Use at most 120 letters, digits and hyphens.")


@dataclass(frozen=True, eq=False)
class ClientFolder:
    """What an import reads of a client's folder before it writes."""

    name: str
    folder: Path
    reports: Path
    tables: Tables
    instrument: Instrument

    @property
    def client(self) -> Client:
        """What the reading of an export must know of the client."""
        lines: tuple[tuple[str, str], ...] = ()
        if "lines" in self.tables:
            frame = self.tables["lines"]
            lines = tuple(zip(frame["product_line"].astype(str), frame["name"].astype(str), strict=True))
        aliases: tuple[tuple[str, str], ...] = ()
        if "aliases" in self.tables:
            frame = self.tables["aliases"]
            frame = frame[frame["kind"] == "product_line"]
            aliases = tuple(zip(frame["our_name"].astype(str), frame["their_name"].astype(str), strict=True))
        return Client(self.name, self.instrument, lines, aliases)

    @property
    def mappings(self) -> dict[str, Any]:
        """What ``imports.yaml`` says, by form."""
        held = self.tables.documents.get("imports") or {}
        return dict(held.get("imports") or {})

    def survey(self) -> SurveyText | None:
        """Return the table as it stands, or None where there is none."""
        path = self.folder / SURVEY
        if not path.is_file():
            return None
        source = self.tables.settings.sources.get("survey") if self.tables.settings else None
        known = ("respondent", "wave", "unit", "role", "product_line", "seconds")
        return parse_survey(path.read_bytes(), known, source.encoding if source else None)


def open_client(name: str, root: Path | None) -> ClientFolder:
    """Read a client's folder as far as an import needs it.

    Raises
    ------
    ClientDataError
        The settings, lines, waves, the survey or ``imports.yaml`` have faults, or the survey is no CSV file.
    """
    from workbench.engagement.folder import WORKBOOK, FolderReading
    from workbench.engagement.inputs_readiness import read_instrument

    root = root or find_root()
    folder = engagement_folder(name, root=root)
    reading = FolderReading(folder, root)
    reading.read()
    concerned = {"engagement.yaml", IMPORTS, "lines.csv", "waves.csv", SURVEY}
    sheets = {"engagement", "lines", "waves", "survey"}
    faults = [fault for fault in reading.faults if fault.file in concerned or fault.sheet.lower() in sheets]
    faults += [fault for fault in reading.faults if fault.file == WORKBOOK and not fault.sheet]
    faults = [fault for fault in faults if (fault.file, fault.cell) != (SURVEY, "row 2")]  # a header alone
    if faults:
        raise ClientDataError(tuple(faults))
    tables = reading.tables()
    if "survey" in tables:
        file, sheet, _ = tables.where("survey", None)
        if file != SURVEY:
            where = f"sheet {sheet} of {file}" if sheet else file
            found = f"the survey stands in {where}, where an import cannot add to it"
            remedy = f"Save it as {SURVEY} in the client's folder and take it out of {where}, then import again."
            raise ClientDataError((Fault(file, sheet, "", found, f"{SURVEY}, or no survey yet.", remedy),))
    return ClientFolder(folder.name, folder, reports_folder(root), tables, read_instrument(tables))


def save_mapping(held: ClientFolder, form: str, mapping: SurveyMapping) -> None:
    """Write one form's mapping into ``imports.yaml``."""
    write_together({held.folder / IMPORTS: imports_text(held, form, mapping)})


def imports_text(held: ClientFolder, form: str, mapping: SurveyMapping) -> bytes:
    """Return ``imports.yaml`` with one form's mapping in it; those of other imports stay."""
    return with_import(held.mappings, form, mapping_document(mapping))


def with_import(mappings: Mapping[str, Any], name: str, document: Mapping[str, Any]) -> bytes:
    """Return ``imports.yaml`` with one import's document in it, beside those that stand there.

    Parameters
    ----------
    mappings : mapping of str to Any
        What the file says now, by import.
    name : str
        Which one is written.
    document : mapping of str to Any
        Plain values only.
    """
    import yaml

    content = {"imports": {**mappings, name: dict(document)}}
    return (HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)).encode("utf-8")


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files whole: all are written beside their places first, then each takes its place."""
    waiting: list[tuple[Path, Path]] = []
    for path in files:
        if path.is_dir():  # a file could be written beside it, and would not take its place
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            waiting.append((Path(name), path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
            Path(name).chmod(mode)
        while waiting:
            name_, path = waiting[0]
            name_.replace(path)
            waiting.pop(0)
    finally:
        for name_, _ in waiting:
            with contextlib.suppress(OSError):
                name_.unlink()
