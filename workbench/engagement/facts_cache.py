"""Facts as Parquet files, because DuckDB reads nothing else: where each lies, and the private cache of the converted.

A Parquet file is used where it lies, unless it holds days of no sensible year. CSV files and sheets are converted once,
into a cache that is keyed by what the file holds and how it was read; that a Parquet file was found whole is kept there
too.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.columns import FIRST_YEAR, LAST_YEAR
from workbench.engagement.facts import FactsFile, Role, facts_of_sheet, header_faults, read_facts, roles_as_written
from workbench.engagement.locks import ABANDONED_SECONDS
from workbench.engagement.read import parquet_damage, unreadable_parquet
from workbench.engagement.scratch import scratch_folder
from workbench.engagement.settings import Source
from workbench.engagement.workbooks import Workbook
from workbench.errors import Fault

if TYPE_CHECKING:
    import pyarrow as pa

CACHE_VERSION = 3
"""Part of the cache's key; raise it when a cell is read differently."""

_NOTE = b"workbench"


def open_facts(
    table: str,
    path: Path,
    shown: str,
    roles: Mapping[str, Role],
    cache: Path,
    source: Source | None = None,
    sha256: str = "",
) -> tuple[FactsFile | None, list[Fault]]:
    """Return a file of facts as one that DuckDB can read.

    Parameters
    ----------
    table : str
        Name in the catalogue.
    path, shown : Path, str
        The file, and its path as the client knows it.
    roles : mapping of str to str
        From `roles_of`.
    cache : Path
        Folder for converted files.
    source : Source, optional
        What ``sources:`` says.
    sha256 : str
        Hash of the file, if it is known already.
    """
    if path.suffix.lower() == ".parquet":
        return _open_parquet(table, path, shown, roles, cache, source, sha256)
    content = path.read_bytes()
    sha256 = sha256 or hashlib.sha256(content).hexdigest()
    key = cache_key(table, sha256, roles, source)
    held = find_cached(cache, table, key)
    if held is not None:
        return _described(table, shown, "", held), []
    found_, unreadable, faults = read_facts(content, shown, table, roles, source)
    if found_ is None:
        return None, faults
    return _described(table, shown, "", to_parquet_cache(found_, cache, table, key, unreadable)), []


def _open_parquet(
    table: str,
    path: Path,
    shown: str,
    roles: Mapping[str, Role],
    cache: Path,
    source: Source | None,
    sha256: str,
) -> tuple[FactsFile | None, list[Fault]]:
    """Return a client's own Parquet file, or its copy in the cache where days of no sensible year were taken out.

    Every page is read once, because a footer says nothing of the pages before it: one file is opened by the check and
    by each notebook, and what is keyed by its content need not be found out again.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sha256 = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
    key = cache_key(table, sha256, roles, source)
    held = find_cached(cache, table, key)
    if held is not None:
        return _described(table, shown, "", held), []
    wrong: dict[str, tuple[int, str]] = {}
    whole = cache / f"{_safe(table)}-{key}.whole"
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            columns = {name: _kind(kind) for name, kind in _schema_items(schema)}
            if whole.is_file():
                return FactsFile(table, shown, "", path, columns, rows), []
            faults = header_faults(schema.names, shown, row="")
            if faults:
                return None, faults
            flat = [name for name, kind in _schema_items(schema) if not pa.types.is_nested(kind)]
            dates = [name for name, role in roles_as_written(roles, flat).items() if role == "date"]
            for batch in file.iter_batches(batch_size=1 << 17, columns=flat):
                for name in dates:
                    lost = _beyond_years(batch.column(name))
                    if lost is not None:
                        count, example = wrong.get(name, (0, str(batch.column(name).filter(lost)[0].cast("string"))))
                        wrong[name] = (count + lost.true_count, example)
        if not rows:
            return None, [Fault(shown, "", "", "the file has no rows", "rows, or no file.", "Fill it, or delete it.")]
        if not wrong:
            _note_whole(whole, table)
            return FactsFile(table, shown, "", path, columns, rows), []
        held = to_parquet_cache(_without_days_beyond(pq.read_table(path), wrong), cache, table, key, wrong)
    except parquet_damage() as error:
        return None, [unreadable_parquet(shown, error)]
    return _described(table, shown, "", held), []


def _note_whole(note: Path, table: str) -> None:
    """Keep that every page of a file was read and no day has to be taken out; notes of earlier contents go."""
    with suppress(OSError):  # where nothing can be kept, the pages are read again
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.parent.chmod(0o700)
        note.touch(mode=0o600)
        for old in note.parent.glob(f"{_safe(table)}-{'?' * 24}{note.suffix}"):
            if old != note:
                old.unlink(missing_ok=True)


def _beyond_years(column: Any) -> Any:
    """Return which days or times of a column lie in no sensible year, or None where none does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))  # the same moment; a year needs no zone's tables
    elif not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        return None
    year = pc.year(column)
    lost = pc.fill_null(pc.or_(pc.less(year, FIRST_YEAR), pc.greater(year, LAST_YEAR)), False)
    return lost if pc.any(lost).as_py() else None


def _without_days_beyond(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in columns:
        column = table.column(name).combine_chunks()
        kept = pc.if_else(_beyond_years(column), pa.scalar(None, column.type), column)
        table = table.set_column(table.schema.get_field_index(name), name, kept)
    return table


def open_facts_sheet(
    table: str,
    workbook: Workbook,
    sheet: str,
    roles: Mapping[str, Role],
    cache: Path,
    source: Source | None = None,
    sha256: str = "",
) -> tuple[FactsFile | None, list[Fault]]:
    """Return a sheet of facts as a file that DuckDB can read; as `open_facts` does for a file.

    Only a sheet without a fault is kept: what is found in the cache need not be read again.
    """
    faults: list[Fault] = []
    held = find_cached(cache, table, cache_key(table, sha256, roles, source)) if sha256 else None
    if held is None:
        raw, faults = workbook.read(sheet, table.lower(), ())
        if raw is None or not len(raw):
            return None, faults
        found, unreadable, more = facts_of_sheet(raw, roles, source)
        if found is None:
            return None, [*faults, *more]
        key = cache_key(table, "" if faults else sha256, roles, source)
        held = to_parquet_cache(found, cache, table, key, unreadable)
    return _described(table, workbook.file, sheet, held), faults


def cache_key(table: str, sha256: str, roles: Mapping[str, Role], source: Source | None) -> str:
    """Return the key of a converted file: the content, and everything that decides how it is read."""
    how = [CACHE_VERSION, table, sha256, sorted(roles.items()), source.model_dump() if source else None]
    return hashlib.sha256(json.dumps(how).encode()).hexdigest()[:24]


def find_cached(cache: Path, table: str, key: str) -> Path | None:
    """Return the converted file of this key, if it is there."""
    path = cache / f"{_safe(table)}-{key}.parquet"
    return path if path.is_file() else None


def to_parquet_cache(
    table: pa.Table, cache: Path, name: str, key: str, unreadable: Mapping[str, tuple[int, str]] | None = None
) -> Path:
    """Write a table into the cache and return its path; older conversions of the same table go.

    The folder is made for its owner alone (0700). Where it cannot be written, a temporary folder is used that goes
    with the process.
    """
    noted = json.dumps(dict(unreadable or {})).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _NOTE: noted})
    file = f"{_safe(name)}-{key}.parquet"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        cache.chmod(0o700)
        target = _write(table, cache / file)
    except OSError:
        return _write(table, _spare_cache() / file)
    for old in cache.glob(f"{_safe(name)}-{'?' * len(key)}.parquet"):
        if old != target:
            old.unlink(missing_ok=True)
    for draft in cache.glob("*.part"):
        with suppress(OSError):  # another process has just finished it
            if time.time() - draft.stat().st_mtime > ABANDONED_SECONDS:
                draft.unlink()
    return target


def _write(table: pa.Table, target: Path) -> Path:
    """Write a file that is there whole or not at all."""
    import pyarrow.parquet as pq

    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    draft = Path(name)
    try:
        pq.write_table(table, draft, compression="zstd")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


@once
def _spare_cache() -> Path:
    """Return the one folder of this process for facts that the cache cannot take; it is removed when the process ends.

    All clients that the process reads share it, so no file in it is taken away before. One whose process was killed is
    removed by the next run.
    """
    held = scratch_folder(Path(tempfile.gettempdir()))
    atexit.register(held.__exit__, None, None, None)
    return held.__enter__()


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)[:60]


def _described(table: str, file: str, sheet: str, path: Path) -> FactsFile:
    import pyarrow.parquet as pq

    meta = pq.read_metadata(path)
    schema = meta.schema.to_arrow_schema()
    noted = json.loads((schema.metadata or {}).get(_NOTE, b"{}"))
    unreadable = {column: (int(count), str(example)) for column, (count, example) in noted.items()}
    columns = {name: _kind(kind) for name, kind in _schema_items(schema)}
    return FactsFile(table, file, sheet, path, columns, meta.num_rows, unreadable)


def _schema_items(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    return list(zip(schema.names, schema.types, strict=True))


def _kind(kind: pa.DataType) -> str:
    """Return the kind of a column as the catalogue knows it."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = {
        "bool": types.is_boolean(kind),
        "number": types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind),
        "text": types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind),
        "date": types.is_date(kind),
    }
    if types.is_timestamp(kind):
        return "instant" if kind.tz else "timestamp"
    return next((name for name, holds in tests.items() if holds), "other")
