"""From a printed number back to what it came from, read from what its run keeps; nothing is computed again.

A run keeps every number with its interval, its source and the hash of each file it read; beside the runs lie the rows
that each read (`kept_inputs`). How a number is made is told in words by its kind (`definitions`). Where no rows are
kept they are shown from the folder as it is now, and only while the file has the hash it had then; what is not known is
said to be untold. Answers of people are never traced to their rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.batch.definitions import Definition, find_definition
from workbench.batch.kept_inputs import KeptRun, read_content, read_kept
from workbench.batch.runs import read_manifest
from workbench.engagement.places import engagement_folder, find_root, reports_folder
from workbench.engagement.snapshot import ABOUT_PEOPLE
from workbench.engagement.tables import records
from workbench.errors import UsageError, nearest, printable

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables

MOST_ROWS = 12
"""Rows that are listed of a table (ours)."""

MOST_CELLS = 14
"""Cells of a row that are listed (ours)."""

MOST_MONTHS = 3
"""Months of facts whose rows and sums are told (ours)."""

SAID = ("said_by", "said_on", "status")

FIGURE_ID = re.compile(r"\b[A-Z]-[0-9]{3,}\b")
"""A number's id, as sources and pages print it."""

_WORD = re.compile(r"facts/[\w.-]+|[a-z_]{3,}")


@dataclass(frozen=True)
class Run:
    """What a published run keeps.

    Attributes
    ----------
    run : str
    folder : Path
    manifest : mapping
    currency : str
    figures : tuple of mapping
        Fields of `Figure`, and the pillar.
    """

    run: str
    folder: Path
    manifest: Mapping[str, Any]
    currency: str
    figures: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Trace:
    """Where a number comes from.

    Attributes
    ----------
    run : Run
    figure : mapping
    before : (Run, mapping or None) or None
        The run before, and the same number in it; None where there is no such run.
    parts : tuple of mapping
        Figures that its source names.
    files : tuple of (str, str)
        File and how it stands: ``as the run read it``, ``changed since`` or ``gone``.
    made : Definition or None
        How numbers of this kind are made.
    definition : tuple of str
        A metric's own definition, as lines; empty where none is known.
    rows : tuple of str
        Place, cells, who said it, when, status; of rows that name what the number is about.
    untold : tuple of str
        What cannot be traced, and why.
    """

    run: Run
    figure: Mapping[str, Any]
    before: tuple[Run, Mapping[str, Any] | None] | None
    parts: tuple[Mapping[str, Any], ...]
    files: tuple[tuple[str, str], ...]
    made: Definition | None
    definition: tuple[str, ...]
    rows: tuple[str, ...]
    untold: tuple[str, ...]


@dataclass(frozen=True)
class _Rows:
    """Rows of a table as a run read it, each with its place; or why there are none to show."""

    rows: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    untold: str = ""


# -- runs -------------------------------------------------------------------------------------------------------------


def read_run(engagement: str, run: str = "", *, root: Path | None = None) -> Run:
    """Return what a published run keeps.

    Parameters
    ----------
    engagement : str
    run : str
        By default the one that ``latest`` leads to.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or run, or it cannot be read.
    """
    home = reports_folder(root) / engagement_folder(engagement, root=root).name
    known = sorted(path.name for path in (home / "runs").glob("*") if path.is_dir())
    if run and run not in known:
        there = nearest(run, known) or (f"There are: {', '.join(known[-5:])}." if known else "There is none yet.")
        raise UsageError(f"{engagement} has no run {run!r}. {there}")
    folder = home / "runs" / run if run else home / "latest"
    held = _read(folder)
    if held is None:
        why = "cannot be read" if folder.is_dir() else "is not there"
        raise UsageError(f"{folder} {why}. Make a report with: workbench run {engagement}")
    return held


def run_before(engagement: str, held: Run, *, root: Path | None = None) -> Run | None:
    """Return the run of the same chapters that was published before; None where none is kept."""
    home = reports_folder(root) / engagement_folder(engagement, root=root).name
    found: tuple[str, Path] | None = None
    for folder in (path for path in (home / "runs").glob("*") if path.is_dir()):
        manifest = read_manifest(folder)
        if manifest is None or manifest.get("status") != "done" or manifest.get("only", "") != held.manifest["only"]:
            continue
        moment = (str(manifest["finished"]), str(manifest["run"]))
        if moment < (str(held.manifest["finished"]), held.run) and (found is None or moment[0] >= found[0]):
            found = moment[0], folder
    return _read(found[1]) if found else None


def _read(folder: Path) -> Run | None:
    manifest = read_manifest(folder)
    try:
        document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        figures = tuple(document["figures"])
        currency = str(document["currency"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if manifest is None else Run(str(manifest["run"]), folder.resolve(), manifest, currency, figures)


def same_figure(held: Run, figure: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the number of the same meaning in another run: ids follow the tables, keys follow the meaning."""
    wanted = figure["pillar"], figure["key"]
    return next((one for one in held.figures if (one["pillar"], one["key"]) == wanted), None)


# -- one number -------------------------------------------------------------------------------------------------------


def trace_figure(engagement: str, id: str, *, run: str = "", root: Path | None = None) -> Trace:
    """Return where a printed number comes from.

    Parameters
    ----------
    engagement : str
    id : str
        As printed, such as ``R-017``, or its key in results.json.
    run : str
        By default the last one.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement, run or number.
    """
    root = root or find_root()
    held = read_run(engagement, run, root=root)
    figure = _find(held, id)
    source = str(figure["source"])
    parts = tuple(one for one in held.figures if one["id"] in set(FIGURE_ID.findall(source)) - {figure["id"]})
    named = named_files(source, held.manifest)
    files, tables = _stand(engagement_folder(engagement, root=root), root, held.manifest, named)
    home = reports_folder(root) / engagement_folder(engagement, root=root).name
    definition, rows, untold = _told(figure, named, files, tables, home, read_kept(home, held.run))
    earlier = run_before(engagement, held, root=root)
    before = None if earlier is None else (earlier, same_figure(earlier, figure))
    shown = tuple(dict.fromkeys((path, files[path]) for paths in named.values() for path in paths))
    made = find_definition(str(figure["pillar"]), str(figure["key"]), root=root)
    return Trace(held, figure, before, parts, shown, made, definition, rows, untold)


def _find(held: Run, id: str) -> Mapping[str, Any]:
    found = [one for one in held.figures if id.upper() == one["id"] or id == one["key"]]
    if len(found) != 1:
        known = [one["id"] for one in held.figures]
        there = nearest(id.upper(), known) if not found else f"Several have this key: {found[0]['id']} and more."
        raise UsageError(f"{held.run} printed no number {id!r}. {there}".rstrip())
    return found[0]


def named_files(source: str, manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the tables that a source names and the files of the run that could hold each."""
    from workbench.engagement.schema import SHEET_TABLES, TABLES

    paths = [str(one["path"]) for one in manifest["inputs"]]
    found: dict[str, list[str]] = {}
    for word in dict.fromkeys(_WORD.findall(source)):
        word = word.rstrip(".")
        if word in paths:
            found[word] = [word]
        elif word in TABLES or word in SHEET_TABLES:
            own = [f"{word}.csv", f"{word}.parquet", f"{word}.yaml"]
            held = [path for path in own if path in paths]
            found[word] = held or [path for path in paths if path == "engagement.xlsx"]
    return found


def _stand(
    folder: Path, root: Path, manifest: Mapping[str, Any], named: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], Tables | None]:
    """Return how each file stands against what the run read, and the folder's tables as they are now."""
    from workbench.engagement.folder import FolderReading

    reading = FolderReading(folder, root)
    reading.read()
    now = {one.path: one.sha256 for one in reading.files}
    then = {str(one["path"]): str(one["sha256"]) for one in manifest["inputs"]}
    words = {
        path: "as the run read it" if now.get(path) == sha256 else "changed since" if path in now else "gone"
        for path, sha256 in then.items()
    }
    return words, reading.tables() if named else None


def _told(
    figure: Mapping[str, Any],
    named: Mapping[str, Sequence[str]],
    files: Mapping[str, str],
    tables: Tables | None,
    home: Path,
    kept: KeptRun | None,
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the definition, the rows that name what the number is about, and what remains untold."""
    about = [part for part in str(figure["key"]).split("/")[1:] if part]
    definition = _definition(about, files, tables) if figure["pillar"] == "outcomes" else ()
    if figure["pillar"] == "outcomes" and not definition:
        definition = _kept_definition(about, home, kept)
    rows: list[str] = []
    untold: list[str] = []
    for table, paths in named.items():
        if table in ABOUT_PEOPLE:
            untold.append(f"{table}: numbers about people are not traced to rows.")
            continue
        found, words = _rows(
            table, about, _rows_of(table, paths, files, tables, home, kept), is_defined=bool(definition)
        )
        rows += found
        untold += words
    if not named and not FIGURE_ID.search(str(figure["source"])):
        more, words = _rows_beside(str(figure["pillar"]), about, home, kept)
        rows += more
        untold += words
    return definition, tuple(rows), tuple(untold)


def _rows_of(
    table: str, paths: Sequence[str], files: Mapping[str, str], tables: Tables | None, home: Path, kept: KeptRun | None
) -> _Rows:
    """Return a table's rows as the run read them: those kept, else the folder's own while they are the same."""
    from workbench.engagement.schema import TABLES

    if table.startswith("facts/"):
        bare = f"{table}: the run keeps the file's hash, not which of its rows were added up."
        return _Rows(untold=_summed(table, home, kept) or bare)
    if table not in TABLES:
        return _Rows(untold=f"{table}: the catalogue as a whole; the number's key names no metric.")
    held = _kept_rows(table, home, kept)
    if held is not None:
        return _Rows(held)
    changed = [path for path in paths if files[path] != "as the run read it"]
    if changed:
        return _Rows(untold=f"{table}: {changed[0]} is no longer as the run read it, so no row of it is shown.")
    if tables is not None and table not in tables:
        return _Rows(untold=f"{table}: the client gave none, so no row of it has a part in the number.")
    if tables is None:
        return _Rows(untold=f"{table}: it cannot be read as it is now, so no row of it is shown; see workbench check.")
    rows = enumerate(records(tables, table))  # labelled 0, 1, 2 … in the order of the file
    return _Rows(tuple((", ".join(part for part in tables.where(table, label) if part), row) for label, row in rows))


def _kept_rows(table: str, home: Path, kept: KeptRun | None) -> tuple[tuple[str, Mapping[str, Any]], ...] | None:
    one = kept.inputs.get(table) if kept is not None else None
    content = read_content(home, one) if one is not None and one.kind == "rows" else None
    if one is None or content is None:
        return None
    place = ", ".join(part for part in (one.file, one.sheet) if part)
    return tuple(
        (f"{place}, row {number}", dict(zip(content.columns, cells, strict=True))) for number, *cells in content.rows
    )


def _rows_beside(pillar: str, about: Sequence[str], home: Path, kept: KeptRun | None) -> tuple[list[str], list[str]]:
    """Return rows of all that a chapter read that name what a number is about; for a source that names no table."""
    asked = kept.asked.get(pillar) if kept is not None else None
    if kept is None or asked is None:
        return [], ["The source names no file of the client's: the chapter's method page says how it is made."]
    read = [one for one in kept.inputs.values() if one.name in asked and one.kind == "rows"]
    rows: list[str] = []
    for one in read:
        found, _ = _rows(one.name, about, _Rows(_kept_rows(one.name, home, kept) or ()), is_defined=True)
        rows += found
    counted = theme.listing([f"{one.name} ({one.rows})" for one in read], 20)
    said = f"It is made of the chapter as a whole, which read these tables (rows): {counted}."
    return rows[: 2 * MOST_ROWS], [said] if read else []


def _definition(about: Sequence[str], files: Mapping[str, str], tables: Tables | None) -> tuple[str, ...]:
    """Return a metric's definition as it stands in the client's catalogue, where that is as the run read it."""
    document = tables.document("metrics") if tables is not None else None
    if document is None or files.get(document.file) != "as the run read it":
        return ()
    for place, metric in enumerate(document.content.get("metrics") or ()):
        if isinstance(metric, dict) and metric.get("metric") in about:
            sheet, cell = document.place(("metrics", place))
            where = ", ".join(part for part in (document.file, sheet, cell) if part)
            said = (f"{key}: {json.dumps(value, ensure_ascii=False, default=str)}" for key, value in metric.items())
            return (where, *said)
    return ()


def _kept_definition(about: Sequence[str], home: Path, kept: KeptRun | None) -> tuple[str, ...]:
    """Return a metric's definition as its run read it, where the client's catalogue says something else by now."""
    one = kept.inputs.get("metrics") if kept is not None else None
    content = read_content(home, one) if one is not None else None
    if one is None or content is None:
        return ()
    for metric in about:
        start = f"metrics[{metric}]."
        said = [f"{path.removeprefix(start)}: {value}" for _, path, value in content.rows if path.startswith(start)]
        if said:
            place = ", ".join(part for part in (one.file, one.sheet) if part)
            return (f"{place}, as the run read it", *said)
    return ()


def _summed(file: str, home: Path, kept: KeptRun | None) -> str:
    """Return what is kept of a file of facts, its last months, as a sentence; empty where nothing is."""
    held = [one for one in kept.inputs.values() if one.file == file and one.kind == "summary"] if kept else []
    content = read_content(home, held[0]) if held else None
    if content is None:
        return ""
    last = [dict(zip(content.columns, cells, strict=True)) for _, *cells in content.rows][-MOST_MONTHS:]
    months = [
        f"{row[content.key[0]]} {_cell(row['rows'])} rows"
        + "".join(f", {name} {_cell(row[name])}" for name in content.columns[2:] if row[name] is not None)
        for row in last
    ]
    start = f"{file}: {held[0].rows:,} rows, and not kept which of them were added up"
    return f"{start}; the last of its months: {'; '.join(months)}."


def _rows(table: str, about: Sequence[str], held: _Rows, *, is_defined: bool) -> tuple[list[str], list[str]]:
    """Return the rows of a table that name all of the key's parts it knows, with their cells and who said them."""
    if held.untold:
        return [], [] if is_defined and "catalogue" in held.untold else [held.untold]
    texts = [{value for value in row.values() if isinstance(value, str)} for _, row in held.rows]
    known = [part for part in about if any(part in text for text in texts)]
    if not known:
        every = f"{table}: all of its {len(texts)} rows may have a part in it; the number's key names none."
        return [], [] if is_defined else [every]
    wanted = [row for row, text in zip(held.rows, texts, strict=True) if set(known) <= text]
    told = []
    for place, row in wanted[:MOST_ROWS]:
        given = [(name, value) for name, value in row.items() if _is_there(value) and name not in SAID]
        cells = "; ".join(f"{name} {_cell(value)}" for name, value in given[:MOST_CELLS])
        said = ", ".join(_cell(row[name]) for name in SAID if _is_there(row.get(name)))
        nobody = "nobody is named for it" if "said_by" in row else ""
        told.append("; ".join(part for part in (f"{place}: {cells}", said or nobody) if part))
    more = len(wanted) - len(told)
    return told, [f"{table}: {more} more rows name {theme.listing(known)}."] if more else []


def _cell(value: Any) -> str:
    return f"{value:,.12g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _is_there(value: Any) -> bool:
    return value is not None and value == value and str(value) not in ("", "NaT")


# -- in words ---------------------------------------------------------------------------------------------------------


def shown_value(figure: Mapping[str, Any], currency: str) -> str:
    """Return a number as the report prints it, with its interval."""
    value, unit = figure["value"], str(figure["unit"])
    if value is None:
        return "not shown"
    text = theme.formatted(value, unit, currency)
    if figure["low"] is None or figure["high"] is None:
        return text
    low, high = (theme.formatted(figure[end], unit, currency) for end in ("low", "high"))
    return f"{text} (between {low} and {high})"


def describe_trace(held: Trace) -> tuple[str, ...]:
    """Return a trace as lines to print."""
    figure, run = held.figure, held.run
    lines = [
        f"{figure['id']}  {figure['name']}: {shown_value(figure, run.currency)}",
        f"  Run {run.run} of {str(run.manifest['finished'])[:16].replace('T', ' ')} UTC, chapter {figure['pillar']}, "
        f"key {figure['key']}",
        f"  Rests on {figure['n']:,} people, rows or draws." if figure["n"] is not None else "",
        f"  Source: {figure['source']}" if figure["source"] else "  The run tells no source.",
        *(f"    {one['id']}  {one['name']}: {shown_value(one, run.currency)}" for one in held.parts),
    ]
    if held.made is not None:
        lines += [f"  How it is made: {held.made.words}", f"    More: {held.made.page}, {held.made.section}"]
    elif not held.definition:
        lines.append(f"  How it is made: the report's appendix, method of the chapter {figure['pillar']}.")
    if held.definition:
        lines += [f"  Defined in {held.definition[0]}:", *(f"    {line}" for line in held.definition[1:])]
    if held.files:
        lines += ["  Files:", *(f"    {path}: {words}" for path, words in held.files)]
    if held.rows:
        lines += ["  Rows:", *(f"    {row}" for row in held.rows)]
    if held.untold:
        lines += ["  Not traced:", *(f"    {sentence}" for sentence in held.untold)]
    if held.before is None:
        lines.append("  No run before this one is kept.")
    else:
        earlier, same = held.before
        told = shown_value(same, earlier.currency) if same else "not printed"
        lines.append(f"  In the run before ({earlier.run}): {told}")
    return tuple(printable(line, kept="") for line in lines if line)
