"""The instruments that an engagement may name: ours in ``templates/instruments/``, and the client's own.

An instrument is a YAML file, a workbook, or a folder in the layout of OWASP SAMM's model. The client's own lie in
``instruments/`` of the client's folder. Only names that a listing finds are accepted; a name is never made into a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.engagement.documents import Document, read_yaml
from workbench.errors import ClientDataError, Fault, ModelError, nearest

if TYPE_CHECKING:
    from workbench.readiness.instrument import Instrument

FOLDER = "instruments"
SUFFIXES = (".yaml", ".xlsx")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

LARGEST_INSTRUMENT = 1_000_000
"""Bytes of an instrument's file; ours has 30,000."""

MOST_FILES = 2_000
"""Files of a model in a folder; SAMM has some 400."""

_ALLOWED = "an instrument as docs/instruments.md describes it."


def list_instruments(root: Path | None, own: Mapping[str, bytes] | None = None) -> dict[str, dict[str, bytes]]:
    """Return every instrument by its name: shown path → content of its files.

    Parameters
    ----------
    root : Path or None
        The workbench's folder.
    own : mapping of path to bytes, optional
        Files of the client's own ``instruments/`` folder, by path from the client's folder.

    Raises
    ------
    ModelError
        The client's own bears the name of one of ours, or two files bear one name.
    """
    ours = _on_disk(Path(root) / "templates" / FOLDER) if root is not None else {}
    found = _by_name(ours)
    for name, files in _by_name(own or {}).items():
        if name in found:
            raise ModelError(f"{next(iter(files))}: one of ours is called {name!r}. Give your own another name.")
        found[name] = files
    return found


def load_instrument(name: str, root: Path | None, own: Mapping[str, bytes] | None = None) -> Instrument:
    """Return the instrument of a name.

    Parameters
    ----------
    name : str
        As the engagement's settings say.
    root : Path or None
        The workbench's folder.
    own : mapping of path to bytes, optional
        Files of the client's own ``instruments/`` folder, by path from the client's folder.

    Raises
    ------
    ModelError
        There is no such instrument.
    ClientDataError
        Its files cannot be read or do not hold together; every fault with its line, or its sheet and cell.
    """
    known = list_instruments(root, own)
    if name not in known:
        raise ModelError(f"There is no instrument {name!r}. {nearest(name, known)}".strip())
    if any(path in (own or {}) for path in known[name]):  # a client's is kept by nobody
        return _built(_read(name, known[name]))
    return _ours(name, tuple(known[name].items()))


@lru_cache(maxsize=8)
def _ours(name: str, files: tuple[tuple[str, bytes], ...]) -> Instrument:
    return _built(_read(name, dict(files), is_ours=True))


def _built(document: Document) -> Instrument:
    from workbench.readiness.instrument_file import build_instrument, instrument_flaws

    flaws = instrument_flaws(document.content)
    if flaws:
        remedy = "Correct the file."
        raise ClientDataError(tuple(document.fault(flaw.place, flaw.found, _ALLOWED, remedy) for flaw in flaws))
    return build_instrument(document.content)


def _read(name: str, files: Mapping[str, bytes], *, is_ours: bool = False) -> Document:
    from workbench.engagement.instruments.samm import read_samm
    from workbench.engagement.instruments.workbook import read_instrument_workbook

    too_large = next((path for path, content in files.items() if len(content) > LARGEST_INSTRUMENT), "")
    if too_large or len(files) > MOST_FILES:
        found = "the file is too large to be an instrument" if too_large else f"{len(files):,} files are no instrument"
        limit = f"at most {LARGEST_INSTRUMENT:,} bytes a file and {MOST_FILES:,} files."
        raise ClientDataError((Fault(too_large or name, "", "", found, limit, "Name another instrument."),))
    path, content = next(iter(files.items()))
    if "/" in path.removeprefix(f"{FOLDER}/"):
        return read_samm(name, files)
    if path.endswith(".xlsx"):
        return read_instrument_workbook(content, path)
    document, faults = read_yaml(content, path, is_ours=is_ours)
    if document is None or faults:
        raise ClientDataError(tuple(faults))
    return document


def _on_disk(folder: Path) -> dict[str, bytes]:
    """Read the instruments' files of a folder of ours; shown as ``instruments/…`` like a client's own."""
    held: dict[str, bytes] = {}
    for path in sorted(folder.glob("*")):
        if path.is_file() and path.suffix in SUFFIXES and not path.name.startswith(("~$", ".")):
            held[f"{FOLDER}/{path.name}"] = _bytes(path)
    return held


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_INSTRUMENT + 1)  # one more than allowed is enough to see that it is too large


def _by_name(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Group files by instrument: a file is one, a folder with everything below it is one."""
    found: dict[str, dict[str, bytes]] = {}
    for path, content in sorted(files.items()):
        first, _, rest = path.removeprefix(f"{FOLDER}/").partition("/")
        name = first if rest else Path(first).stem
        if not NAME.fullmatch(name):
            raise ModelError(f"{path}: small letters, digits, - and _ name an instrument; got {name!r}.")
        if name in found and not (rest and all("/" in held.removeprefix(f"{FOLDER}/") for held in found[name])):
            raise ModelError(f"{path}: there are two instruments called {name!r}. Rename one of them.")
        found.setdefault(name, {})[path] = content
    return found
