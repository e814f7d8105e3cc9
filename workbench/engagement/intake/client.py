"""A client's folder as an import finds it, and the bytes of the file that is brought in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.client_folder import IMPORTS
from workbench.engagement.intake.words import ALL_WORDS, plain_words
from workbench.engagement.places import engagement_folder
from workbench.errors import ClientDataError, UsageError

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables

ALIASES = "aliases.csv"


def open_folder(name: str, root: Path) -> tuple[Path, Tables, Any]:
    """Read a client's folder as far as an import needs it: settings, registers, other names, ``imports.yaml``."""
    from workbench.engagement.catalogue_schema import parse_catalogue
    from workbench.engagement.folder import FolderReading

    folder = engagement_folder(name, root=root)
    reading = FolderReading(folder, root)
    reading.read()
    concerned = {"engagement.yaml", IMPORTS, "products.csv", "lines.csv", "resources.csv", "activities.csv", ALIASES}
    sheets = {"engagement", "products", "lines", "resources", "activities", "aliases"}
    faults = [fault for fault in reading.faults if fault.file in concerned or fault.sheet.lower() in sheets]
    if faults:
        raise ClientDataError(tuple(faults))
    document = reading.origins.get("metrics")
    catalogue = parse_catalogue(document, root / "templates" / "metrics")[0] if document is not None else None
    return folder, reading.tables(), catalogue


def read_content(path: Path) -> bytes:
    """Return what is in a file.

    Raises
    ------
    UsageError
        It is not there, or cannot be opened.
    """
    try:
        if not path.is_file():
            raise UsageError(f"There is no file {path}. Name the client's sheet.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}). Close it elsewhere, or copy it.") from error


def words_of(tables: Tables) -> frozenset[str]:
    """Return the words that a file of this client may hold: they tell the encoding of a text."""
    words = set(ALL_WORDS)
    for table, column in (("lines", "name"), ("products", "name")):
        if table in tables:
            words.update(plain_words(" ".join(map(str, tables[table][column]))).split())
    return frozenset(words)
