"""``workbench import tracker``: an export into a client's ``facts/``, once the consultant has confirmed what it means.

The proposal stands in ``imports.yaml``; the next export of the same tracker needs nothing, or a sentence says what has
changed. People never leave the file. Files are replaced whole.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.client_folder import (
    IMPORTS,
    alone_in,
    check_import_name,
    with_import,
    write_together,
)
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.places import engagement_folder, find_root
from workbench.engagement.trackers.facts_file import Placed, fact_path, own_path, put_rows
from workbench.engagement.trackers.imported import Imported, ReadSettings, Rows, seconds_between
from workbench.engagement.trackers.meaning import Meaning, PlaceMatch, propose_meaning
from workbench.engagement.trackers.recognise import HEADERS, find_tracker
from workbench.engagement.trackers.saved_meaning import (
    TABLE,
    changes_since,
    meaning_document,
    meaning_faults,
    read_meaning,
)
from workbench.engagement.trackers.source import TrackerFile, read_source
from workbench.errors import ClientDataError, Fault, UsageError, nearest
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TrackerOptions:
    """What the consultant says of a file; empty leaves it to the file and to what was confirmed before.

    Attributes
    ----------
    source : str
        Name of the import; by default the tracker's.
    tracker : str
        ``jira``, ``azure_devops``, ``github`` or ``servicenow``.
    product_from : str
        Which column names the product.
    date_order, zone, encoding : str
    confirm : bool
        Write, although the meaning is new or has changed.
    is_whole : bool
        Earlier rows of this import that the file does not hold go.
    """

    source: str = ""
    tracker: str = ""
    product_from: str = ""
    date_order: str = ""
    zone: str = ""
    encoding: str = ""
    confirm: bool = False
    is_whole: bool = False


@dataclass(frozen=True, eq=False)
class TrackerOutcome:
    """What an import found, and whether it wrote.

    Attributes
    ----------
    source, file : str
        Name of the import, and of the file.
    imported : Imported
        With products, states and kinds filled in.
    meaning : Meaning
    matches : tuple of PlaceMatch
        Places of the file, the most frequent first.
    changes : tuple of str
        Sentences on what differs from what was confirmed.
    findings : tuple of DataFinding
    is_written : bool
    placed : tuple of Placed
        How each table changed, or would.
    """

    source: str
    file: str
    imported: Imported = field(repr=False)
    meaning: Meaning
    matches: tuple[PlaceMatch, ...]
    changes: tuple[str, ...]
    findings: tuple[DataFinding, ...]
    is_written: bool
    placed: tuple[Placed, ...]


def run_tracker_import(
    path: str | os.PathLike[str], name: str, options: TrackerOptions | None = None, *, root: Path | None = None
) -> TrackerOutcome:
    """Bring a tracker's export into a client's folder, or show what it would bring.

    Parameters
    ----------
    path : str or path
        The export.
    name : str
        Name of the engagement.
    options : TrackerOptions, optional
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or file, or an option is unknown.
    ClientDataError
        With every fault of the file, of ``imports.yaml``, or of what stands in ``facts/`` already.
    """
    said = options or TrackerOptions()
    _check_options(said)
    with alone_in(engagement_folder(name, root=root)):
        return _bring(Path(path), name, said, root)


def _bring(path: Path, name: str, said: TrackerOptions, root: Path | None) -> TrackerOutcome:
    """Import a file while nobody else does."""
    held = _open_folder(name, root)
    content = _content(path)
    before = {key: saved for key, saved in held.mappings.items() if saved.get("table") == TABLE}
    encodings = {str(saved["encoding"]) for saved in before.values() if saved.get("encoding")}
    encoding = said.encoding or (encodings.pop() if len(encodings) == 1 and not _is_utf8(content) else "")
    source = read_source(content, path.name, HEADERS, encoding=encoding or None)
    tracker = find_tracker(source, said.tracker)
    key = said.source or _name_of(tracker, source)
    if key in held.mappings and key not in before:
        raise UsageError(f"imports.yaml keeps {key!r} for another table. Say --source with another name.")
    saved = before.get(key, {})
    if saved.get("zone") and not said.zone and not _is_zone(str(saved["zone"])):
        found = f"{str(saved['zone'])!r} is no time zone"
        fault = Fault(IMPORTS, "", f"imports: {key}: zone", found, "one such as Europe/Berlin.", "Correct it.")
        raise ClientDataError((fault,))
    settings = ReadSettings(
        said.date_order or str(saved.get("date_order") or ""),
        said.zone or str(saved.get("zone") or ""),
        {
            str(number): str(text)
            for number, text in (saved.get("labels") or {}).get("status_number", {}).items()
            if text
        },
    )
    imported: Imported = tracker.read(source, settings)
    confirmed = read_meaning(saved) if saved else None
    statuses = {status: imported.categories.get(status, "") for status in _statuses(imported)}
    meaning, matches = propose_meaning(
        imported.places,
        statuses,
        imported.counts("type"),
        held.products,
        held.aliases,
        confirmed,
        product_from=said.product_from,
    )
    if said.product_from and said.product_from not in imported.places:
        known = ", ".join(imported.places)
        raise UsageError(f"--product-from {said.product_from!r} is no column of the file. There are: {known}.")
    faults = meaning_faults(key, meaning, [product for product, _ in held.products], statuses, said.confirm)
    changes = changes_since(imported, meaning, matches, saved, confirmed)
    imported = with_meaning(imported, meaning)
    document = meaning_document(key, imported, meaning, settings, encoding, content, saved)
    if faults:
        if not saved.get("confirmed_on"):
            write_together({held.folder / IMPORTS: with_import(held.mappings, key, document)})
        raise ClientDataError(tuple(faults))
    is_known = bool(saved.get("confirmed_on")) and not changes
    tables = {table: rows for table, rows in imported.tables.items() if len(next(iter(rows.values()), []))}
    paths = {table: fact_path(held.folder, table) for table in tables}
    placed = tuple(put_rows(paths[t], t, rows, key, is_whole=said.is_whole) for t, rows in tables.items())
    tied = _tied(held.folder, {change.table: change.content for change in placed})
    is_written = said.confirm or is_known
    if is_written:
        day = dt.date.today().isoformat() if said.confirm else str(saved.get("confirmed_on"))
        document["confirmed_on"] = day
        files = {**{paths[change.table]: change.content for change in placed}, **tied}
        write_together({**files, held.folder / IMPORTS: with_import(held.mappings, key, document)})
    else:
        document.pop("confirmed_on", None)
        write_together({held.folder / IMPORTS: with_import(held.mappings, key, document)})
    return TrackerOutcome(
        key, source.file, imported, meaning, tuple(matches), changes, imported.findings, is_written, placed
    )


def with_meaning(imported: Imported, meaning: Meaning) -> Imported:
    """Return an import with products, states and kinds filled in, and what follows from a state.

    An item counts as done by its status alone. Its day of being done is the tracker's; where that is blank, the day it
    came into its status. A done day of an item that is not done is an earlier end: the item was opened again.
    """
    rows = dict(imported.tables[imported.main])
    places = imported.places.get(meaning.product_from, [""] * imported.rows)
    known = {place: meaning.product(place) or place for place in set(places)}
    rows["place"] = places
    rows["product"] = [known[place] for place in places]
    tables = dict(imported.tables)
    if "status" in rows:
        rows["state"] = [meaning.states.get(str(status), "") for status in rows["status"]]
    if imported.main == "items":
        rows["kind"] = [_kind(str(kind), meaning) for kind in rows["type"]]
        if "moves" in tables:
            tables["moves"] = _moved(tables["moves"], rows, meaning)
        _finish(rows, imported.entered)
    return replace(imported, tables={**tables, imported.main: rows})


def _kind(label: str, meaning: Meaning) -> str:
    """Return the kind of work of a type; of several labels, the first that has one."""
    if meaning.kinds.get(label):
        return meaning.kinds[label]
    return next((meaning.kinds[part] for part in label.split(";") if meaning.kinds.get(part)), "")


def _finish(rows: Rows, entered: Sequence[dt.datetime | None]) -> None:
    """Settle when each item was done, whether it was opened again, and how long it took."""
    done, reopened = [], []
    for state, end, into, visits in zip(rows["state"], rows["done"], entered, rows["reopened"], strict=True):
        is_again = end is not None and state in ("waiting", "active")
        done.append((end or into) if state == "done" else end if state == "" else None)
        reopened.append(max(int(visits or 0), int(is_again)))
    rows["done"], rows["reopened"] = done, reopened
    seconds = [seconds_between(one, two) for one, two in zip(rows["started"], done, strict=True)]
    rows["flow_days"] = [None if held is None else held / 86_400 for held in seconds]


def _moved(moves: Rows, items: Rows, meaning: Meaning) -> Rows:
    """Return moves with state and product; items get their time by state, and how often they were done again."""
    moves = dict(moves)
    moves["state"] = [meaning.states.get(str(status), "") for status in moves["status"]]
    products = dict(zip(items["item"], items["product"], strict=True))
    moves["product"] = [products.get(item, "") for item in moves["item"]]
    spent: dict[tuple[str, str], float] = {}
    unclear: set[str] = set()
    ended: dict[str, int] = {}
    for item, state, seconds, visits in zip(
        moves["item"], moves["state"], moves["seconds"], moves["visits"], strict=True
    ):
        if not state and seconds:
            unclear.add(item)
        spent[item, state] = spent.get((item, state), 0.0) + float(seconds or 0)
        if state == "done":
            ended[item] = max(ended.get(item, 0), int(visits or 0))
    timed = set(moves["item"])
    for state in ("active", "waiting"):
        items[f"{state}_seconds"] = [
            spent.get((item, state), 0.0) if item in timed and item not in unclear else None for item in items["item"]
        ]
    items["reopened"] = [max(0, ended.get(item, 0) - 1) for item in items["item"]]
    return moves


def _statuses(imported: Imported) -> dict[str, None]:
    """Return all statuses of a file, those of its moves too where they have names."""
    found = dict.fromkeys(imported.counts("status"))
    moves = imported.tables.get("moves", {}).get("status", [])
    unnamed = {f"status {number}" for number in imported.unnamed}
    return {**found, **dict.fromkeys(str(status) for status in dict.fromkeys(moves) if status not in unnamed)}


def _tied(folder: Path, contents: Mapping[str, bytes]) -> dict[Path, bytes]:
    """Return ``changes.csv`` with the deployment that brought each to production, once both tables are there."""
    if not {"changes", "deployments"} & set(contents):
        return {}
    import pandas as pd

    from workbench.outcomes.delivery import deploy_changes, production_deployments

    frames = {}
    for name, times in (("changes", ("committed", "merged", "deployed_at")), ("deployments", ("deployed_at",))):
        path = own_path(folder, name)
        content = contents.get(name) or (path.read_bytes() if path.is_file() else b"")
        if not content:
            return {}
        frames[name] = _frame(f"facts/{path.name}", content, times)
    deployments, changes = frames["deployments"], frames["changes"]
    columns = list(WORK_TABLES["changes"].columns)
    if not set(changes.columns) <= set(columns) or "source" not in changes.columns:
        return {}  # the client's own: it stays as it is
    changes = changes.reindex(columns=columns, fill_value="")
    deployments = deployments.reindex(columns=list(WORK_TABLES["deployments"].columns), fill_value="")
    found = deploy_changes(changes, production_deployments(deployments)[0])
    hours = (found["deployed_at"] - found["committed"]).dt.total_seconds() / 3600
    found["hours_commit_to_deploy"] = hours.round(6).map(lambda held: "" if pd.isna(held) else f"{held:g}")
    return {folder / "facts" / "changes.csv": found.to_csv(index=False, lineterminator="\n").encode("utf-8")}


def _frame(file: str, content: bytes, times: Sequence[str]) -> pd.DataFrame:
    """Return a table of facts as text, its times read.

    Raises
    ------
    ClientDataError
        It is no CSV, or with every cell that is no time.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        cells = frame.reindex(columns=list(times), fill_value="")
        for name in times:
            frame[name] = pd.to_datetime(cells[name], format="ISO8601", errors="coerce")
    except ValueError as error:  # among them what pandas and the codecs raise
        found = f"it cannot be read: {str(error).splitlines()[0]}"
        remedy = "Export it again, or move it away."
        raise ClientDataError((Fault(file, "", "", found, "CSV in UTF-8.", remedy),)) from None
    faults = []
    for name in times:
        for row in frame.index[frame[name].isna() & (cells[name] != "")]:
            found = f"{str(cells.loc[row, name])[:60]!r} is no time"
            faults.append(
                Fault(file, "", f"row {row + 2}, column {name}", found, "2026-09-30 14:05:00.", "Correct it.")
            )
    if faults:
        raise ClientDataError(tuple(faults))
    return frame


def _name_of(tracker: Any, source: TrackerFile) -> str:
    """Return what an import is called that nobody named: the tracker, and what of it where it has several files."""
    kind = tracker.kind_of(source) if hasattr(tracker, "kind_of") else ""
    return "-".join(part for part in (str(tracker.VENDOR), kind) if part)


# -- the folder --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Folder:
    folder: Path
    products: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, str], ...]
    mappings: dict[str, Any]


def _open_folder(name: str, root: Path | None) -> _Folder:
    """Read a client's folder as far as an import needs it: the register of products, other names, ``imports.yaml``."""
    from workbench.engagement.folder import FolderReading

    root = root or find_root()
    folder = engagement_folder(name, root=root)
    reading = FolderReading(folder, root)
    reading.read()
    concerned = {"engagement.yaml", IMPORTS, "products.csv", "aliases.csv"}
    sheets = {"engagement", "products", "aliases"}
    faults = [fault for fault in reading.faults if fault.file in concerned or fault.sheet.lower() in sheets]
    if faults:
        raise ClientDataError(tuple(faults))
    tables = reading.tables()
    products: tuple[tuple[str, str], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    if "products" in tables:
        frame = tables["products"]
        products = tuple(zip(frame["product"].astype(str), frame["name"].astype(str), strict=True))
    if "aliases" in tables:
        frame = tables["aliases"]
        frame = frame[frame["kind"] == "product"]
        aliases = tuple(zip(frame["our_name"].astype(str), frame["their_name"].astype(str), strict=True))
    mappings = dict((tables.documents.get("imports") or {}).get("imports") or {})
    return _Folder(folder, products, aliases, mappings)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"There is no file {path}. Name the export of the tracker.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}). Close it elsewhere, or copy it.") from error


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_options(said: TrackerOptions) -> None:
    if said.date_order and said.date_order not in ORDERS:
        hint = nearest(said.date_order, ORDERS)
        raise UsageError(f"--date-order {said.date_order!r} is unknown. {hint} There are: {', '.join(ORDERS)}.")
    check_import_name(said.source, "--source")
    if said.zone and not _is_zone(said.zone):
        raise UsageError(f"--zone {said.zone!r} is no time zone. Say one such as Europe/Berlin.")


def _is_zone(zone: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
