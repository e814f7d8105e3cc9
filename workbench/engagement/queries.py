"""Questions to send back to a client: every fault, unknown name, missing file, gap to the books and contested opinion.

Each knows who can answer, where it was seen, what it holds up and where its answer goes. Answers of people never enter
a question: what is wrong with the survey, the interviews or the headcounts is counted by column, without a cell.
"""

from __future__ import annotations

import bisect
import contextlib
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.engagement.cells import choices_of, column_kind, is_open_choice
from workbench.engagement.columns import refers_of, unit_of
from workbench.engagement.exports.texts import has_address
from workbench.engagement.intake.crosswalk import LEAVE_OUT, fold_name
from workbench.engagement.read import our_spelling
from workbench.engagement.request import (
    OURS,
    DataRequest,
    build_request,
    function_of,
    read_folder,
    told_requests,
)
from workbench.engagement.schema import SHEET_TABLES, TABLES, TableSpec
from workbench.errors import Fault, UsageError, nearest

if TYPE_CHECKING:
    from workbench.engagement.folder import FolderReading
    from workbench.engagement.load import Engagement
    from workbench.engagement.read import RawTable
    from workbench.engagement.tie_out import Tie

PRIVATE = frozenset({"survey", "interviews", "population", "evidence"})
"""Tables in which a cell may be one person's: no word of them leaves the folder."""

PRIVATE_COLUMNS = frozenset({("resources", "unit_cost")})
"""Columns in which a cell may be one person's pay."""

STANDING = ("confirmed", "contested")
"""What may be said of an opinion."""

KINDS: Mapping[str, str] = {
    "fault": "Cells to correct",
    "name": "Names we do not know",
    "missing": "Files we miss",
    "gap": "Numbers that differ from the books",
    "opinion": "Opinions that are contested",
}
"""Kinds of question, in the order in which a sheet asks them."""

ONE_OF: Mapping[str, str] = {
    "fault": "cell to correct",
    "name": "name we do not know",
    "missing": "file we miss",
    "gap": "number that differs from the books",
    "opinion": "opinion that is contested",
}
"""What one question of a kind is called."""

ALIAS_KINDS = {
    "product": "product",
    "product_line": "product_line",
    "scope": "product_line",
    "unit": "unit",
    "role": "role",
    "resource": "resource",
    "activity": "activity",
    "measure": "metric",
}
"""Column of a table → kind of name in the table ``aliases``."""

_REGISTERS = {
    "product": "products.product",
    "product_line": "lines.product_line",
    "resource": "resources.resource",
    "activity": "activities.activity",
}
_STATES = ("waiting", "active", "done")
_PLACE = re.compile(r"row (\d+)(?:, column (.+))?", re.DOTALL)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")


@dataclass(frozen=True)
class Target:
    """Where an answer goes.

    Attributes
    ----------
    do : str
        ``cell``: into a cell of a file; ``opinion``: into a row that somebody said; ``reason``: into a control total;
        ``request``: into the table requests; ``alias``: into the table aliases; ``label``: into imports.yaml; ``note``:
        into the table answers alone.
    table, column : str
    key : mapping of str to str
        The row, by its key columns; of a name, the import and the name.
    row : int
        Number of the row in the file, of a cell.
    was : str
        Mark of what the cell held when it was asked about (`cell_mark`): the workbook must not tell it.
    """

    do: Literal["cell", "opinion", "reason", "request", "alias", "label", "note"]
    table: str
    column: str = ""
    key: Mapping[str, str] = field(default_factory=dict)
    row: int = 0
    was: str = ""


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    to : str
        Function or person who can answer.
    file, sheet, cell : str
        Where it was seen.
    found, question, blocks, allowed : str
        What we saw, what we ask, what it holds up, what may be answered.
    value : str
        ``text``, ``number``, ``date`` or ``choice``.
    choices : tuple of str
        Answers that are known; others are refused where `value` is ``choice``.
    target : Target
    low, high : float or None
        Ends of a number.
    names : mapping of str to str
        Choice → what people call it; answered so, it is taken as the choice.
    weight : tuple of float
        Of a name: money, other amounts and rows that hang on it; the heaviest is asked first.
    """

    kind: str
    to: str
    file: str
    sheet: str
    cell: str
    found: str
    question: str
    blocks: str
    allowed: str
    target: Target
    value: Literal["text", "number", "date", "choice"] = "text"
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    weight: tuple[float, float, float] = (0.0, 0.0, 0.0)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same question, whenever it is asked."""
        text = json.dumps([self.kind, asdict(self.target)], sort_keys=True, default=str)
        return f"Q-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:8]}"

    @property
    def where(self) -> str:
        """File, sheet and cell as one phrase."""
        return ", ".join(part for part in (self.file, self.sheet and f"sheet {self.sheet}", self.cell) if part)


@dataclass(frozen=True, eq=False)
class Queries:
    """All questions of one engagement.

    Attributes
    ----------
    engagement, client : str
    queries : tuple of Query
        By who can answer, then by kind; names by what hangs on them.
    is_compared : bool
        Whether the books were held against ours; not while a fault is left.
    """

    engagement: str
    client: str
    queries: tuple[Query, ...]
    is_compared: bool

    @property
    def people(self) -> tuple[str, ...]:
        """Who is asked."""
        return tuple(dict.fromkeys(query.to for query in self.queries))

    def __len__(self) -> int:
        return len(self.queries)


def find_queries(folder: Path, root: Path, *, with_assumed: bool = False) -> Queries:
    """Return every question that a folder leaves open.

    Parameters
    ----------
    folder : Path
        The client's.
    root : Path
        The workbench's folder.
    with_assumed : bool
        Ask also for opinions that are only assumed.
    """
    reading, study, faults = read_folder(folder, root)
    request = build_request(folder.name, reading, study, faults)
    told = told_requests(reading.tables())
    desk = _Desk(reading, told)
    found = [
        *desk.faults(faults),
        *desk.names(),
        *desk.missing(request),
        *(desk.gaps(study) if study is not None else ()),
        *desk.opinions(("contested", "assumed") if with_assumed else ("contested",)),
    ]
    once = {query.id: query for query in found}
    order = list(KINDS)
    queries = sorted(
        once.values(),
        key=lambda query: (query.to.casefold(), order.index(query.kind), *(-held for held in query.weight)),
    )
    return Queries(folder.name, request.client, tuple(queries), study is not None)


def only_to(queries: Queries, who: str) -> Queries:
    """Return the questions to one function or person.

    Raises
    ------
    UsageError
        Nothing is asked of them.
    """
    own = tuple(query for query in queries.queries if query.to.casefold() == who.casefold())
    if not own:
        hint = f"{nearest(who, queries.people)} ".lstrip()
        raise UsageError(f"Nothing is asked of {who!r}. {hint}Asked: {', '.join(queries.people)}.")
    return replace(queries, queries=own)


class _Desk:
    """What is needed to ask well: the tables, and who brings which."""

    def __init__(self, reading: FolderReading, told: Mapping[str, Mapping[str, Any]]) -> None:
        self.reading, self.tables, self.told = reading, reading.tables(), told

    def who(self, table: str) -> str:
        """Return who can answer for a table."""
        return str(self.told.get(table, {}).get("owner") or function_of(table, self.told))

    # -- faults --------------------------------------------------------------------------------------------------------

    def faults(self, faults: Iterable[Fault]) -> Iterator[Query]:
        private: dict[tuple[str, str, str, str], int] = {}
        for fault in faults:
            table = _table_of(fault)
            raw, row, column = self._cell(table, fault)
            is_mail = table in PRIVATE or (table, column) in PRIVATE_COLUMNS
            if is_mail:
                place = (table, fault.file, fault.sheet, column)
                private[place] = private.get(place, 0) + 1
                continue
            yield self._fault(fault, table, raw, row, column)
        for (table, file, sheet, column), count in private.items():
            yield self._private(table, file, sheet, column, count)

    def _cell(self, table: str, fault: Fault) -> tuple[RawTable | None, int, str]:
        """Return the raw table, the row of the file and the column that a fault names; 0 and blank where none."""
        held = self.reading.raw.get(table)
        refused = self.reading.refused.get(table)
        raw = held if held is not None else refused.raw if refused is not None else None
        if raw is None:
            match = _PLACE.match(fault.cell)
            return None, 0, our_spelling(match[2]) if match and match[2] else ""
        at = _CELL.match(fault.cell)
        if at and fault.sheet:
            place = sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(at[1]))) - 1
            column = raw.columns[raw.positions.index(place)] if place in raw.positions else ""
            return raw, int(at[2]), column
        match = _PLACE.match(fault.cell)
        if match is None:
            return raw, 0, ""
        column = our_spelling(match[2] or "")
        return raw, int(match[1]), column if column in raw.columns else ""

    def _fault(self, fault: Fault, table: str, raw: RawTable | None, row: int, column: str) -> Query:
        spec: TableSpec | None = TABLES.get(table)
        target = Target("note", table or "engagement", column, {"place": f"{fault.sheet} {fault.cell}".strip()})
        value: Any = "text"
        choices: tuple[str, ...] = ()
        names: Mapping[str, str] = {}
        low = high = None
        if spec is not None and raw is not None and row > 1 and column in spec.columns:
            info = spec.columns[column]
            target = Target("cell", table, column, {}, row, cell_mark(self._standing(table, row, column)))
            kind = column_kind(info)
            value = {"date": "date", "number": "number", "integer": "number"}.get(kind, "text")
            choices = choices_of(info) or tuple(sorted(self.reading.known.get(refers_of(info), ())))
            names = self.tables.names_of(refers_of(info))
            if choices:
                value = "text" if is_open_choice(info) else "choice"
            low, high = _ends(info)
        return Query(
            kind="fault",
            to=self.who(table),
            file=fault.file,
            sheet=fault.sheet,
            cell=fault.cell,
            found=": ".join(part for part in (self._named(table, row, column), fault.found) if part),
            question="What is right here?" if target.do == "cell" else f"What is right? {fault.remedy}",
            blocks="Every run, until it is corrected.",
            allowed=_allowed(choices, names) if names else fault.allowed,
            target=target,
            value=value,
            choices=choices,
            low=low,
            high=high,
            names=names,
        )

    def _standing(self, table: str, row: int, column: str) -> str:
        """Return what a cell holds, as text."""
        refused = self.reading.refused.get(table)
        for raw in (self.reading.raw.get(table), refused.raw if refused is not None else None):
            if raw is None or column not in raw.columns:
                continue
            place = bisect.bisect_left(raw.row_numbers, row)
            if place < len(raw) and raw.row_numbers[place] == row:
                return cell_text(raw.cells[column][place])
        return ""

    def _named(self, table: str, row: int, column: str) -> str:
        """Return which row it is by its keys, but for the cell that is wrong."""
        keys = TABLES[table].key if table in TABLES and row > 1 else ()
        cells = (self._standing(table, row, key) for key in keys if key != column)
        return " / ".join(cell for cell in cells if cell)

    def _private(self, table: str, file: str, sheet: str, column: str, count: int) -> Query:
        many = f"{count} cell{'' if count == 1 else 's'}" if column else f"{count} thing{'' if count == 1 else 's'}"
        what = f"{many} of column {column} cannot be read" if column else f"{many} cannot be read"
        return Query(
            kind="fault",
            to=self.who(table),
            file=file,
            sheet=sheet,
            cell=f"column {column}" if column else "",
            found=f"{what}. Which ones is not written here, for a row may be one person's.",
            question="Please correct the file itself and send it again; when will it come?",
            blocks="Every run, until it is corrected.",
            allowed="A day.",
            target=Target("request", "requests", column, {"table": table}),
            value="date",
        )

    # -- names ---------------------------------------------------------------------------------------------------------

    def names(self) -> Iterator[Query]:
        held = (self.reading.documents.get("imports") or {}).get("imports") or {}
        frame = self.tables.get("aliases")
        pairs = () if frame is None else zip(frame["kind"], frame["their_name"], strict=True)
        told = {(kind, fold_name(str(their))) for kind, their in pairs}
        for source, content in held.items() if isinstance(held, dict) else ():
            labels = content.get("labels") if isinstance(content, dict) else None
            table = str(content.get("table") or ("survey" if content.get("waves") else "work")) if labels else ""
            for column, names in (labels or {}).items():
                known = column in ALIAS_KINDS or column == "status"
                for their, ours in names.items() if known and isinstance(names, dict) else ():
                    if str(ours or "") or has_address(str(their)):  # whoever has an address is a person
                        continue
                    if (ALIAS_KINDS.get(column), fold_name(str(their))) not in told:
                        behind = ((content.get("behind") or {}).get(column) or {}).get(their) or {}
                        yield self._name(str(source), table, str(column), str(their), behind)

    def _name(self, source: str, table: str, column: str, their: str, behind: Mapping[str, Any]) -> Query:
        kind = ALIAS_KINDS.get(column, "")
        register = self.reading.known.get(_REGISTERS.get(kind, ""), frozenset())
        names = self.tables.names_of(_REGISTERS.get(kind, ""))
        choices = (*sorted(register), LEAVE_OUT) if register else _STATES if column == "status" else ()
        is_alias = bool(kind) and table != "survey"
        key = {"source": source, "their_name": their, "kind": kind, "column": column}
        asked = (
            f"waiting, active or done: which is {their!r}?" if column == "status" else f"Which of ours is {their!r}?"
        )
        told, weight = _hanging(table, behind)
        return Query(
            kind="name",
            to=self.who("products" if table == "work" else table),
            file="imports.yaml",
            sheet="",
            cell=f"{source}: {column}",
            found=f"Nobody knows which {column.replace('_', ' ')} {their!r} is.{told}",
            question=asked,
            blocks=f"The import of {table or source}: its rows wait.",
            allowed=_allowed(choices, names) if choices else "A name of ours.",
            target=Target("alias" if is_alias else "label", "aliases" if is_alias else "imports", "our_name", key),
            value="choice" if choices else "text",
            choices=choices,
            weight=weight,
            names=names,
        )

    # -- files ---------------------------------------------------------------------------------------------------------

    def missing(self, request: DataRequest) -> Iterator[Query]:
        for item in request.missing:
            if self.who(item.table) == OURS:
                continue  # no question to the client: it is ours to write
            when = f"; it was due {item.due.isoformat()}" if item.due is not None else ""
            yield Query(
                kind="missing",
                to=self.who(item.table),
                file=item.where,
                sheet="",
                cell="",
                found=f"{item.what} It has not arrived{when}.",
                question=f"When will {item.table} come?",
                blocks="; ".join(request.held_up(item)),
                allowed="A day.",
                target=Target("request", "requests", "due", {"table": item.table}),
                value="date",
            )

    # -- the books -----------------------------------------------------------------------------------------------------

    def gaps(self, study: Engagement) -> Iterator[Query]:
        from workbench.engagement.tie_out import measured_of, tie_study
        from workbench.outcomes import tie_totals

        if "control_totals" not in study.tables and "curve_history" not in study.tables:
            return
        ties = tie_study(study, measured_of(tie_totals(study.outcomes)))
        smallest = int(study.settings.minimum_group)
        for tie in ties.over:
            if not tie.reason:
                yield self._gap(tie, ties.currency, smallest)

    def _gap(self, tie: Tie, currency: str, smallest: int) -> Query:
        ours, theirs = tie.write(currency)
        sides = [value for value in (tie.ours, tie.theirs) if value is not None]
        is_small = tie.unit == "people" and min(sides, default=0.0) < smallest
        numbers = "the numbers stay here, for the group is small" if is_small else f"ours {ours}, theirs {theirs}"
        where = f", {tie.scope_name}" if tie.kind == "total" else ""
        is_total = tie.kind == "total"
        key = {"measure": tie.measure, "scope": tie.scope, "period": tie.period}
        target = (
            Target("reason", "control_totals", "reason", key, 0, cell_mark(""))
            if is_total
            else Target("note", "curve_history", "", key)
        )
        return Query(
            kind="gap",
            to=tie.signed_off_by or self.who("control_totals"),
            file=tie.file,
            sheet=tie.sheet,
            cell=tie.cell,
            found=f"{tie.label}{where}, {tie.period}: {numbers}. Ours is summed from {tie.made_of}.",
            question="Why do the two differ?",
            blocks="Every exhibit that quotes it carries a mark.",
            allowed="A sentence.",
            target=target,
        )

    # -- opinions ------------------------------------------------------------------------------------------------------

    def opinions(self, states: tuple[str, ...]) -> Iterator[Query]:
        for name, spec in TABLES.items():
            if "status" not in spec.columns or name not in self.tables:
                continue
            for place, row in enumerate(self.tables[name].to_dict("records")):
                if row["status"] in states:
                    yield from self._opinion(spec, place, {str(column): cell for column, cell in row.items()})

    def _opinion(self, spec: TableSpec, place: int, row: Mapping[str, Any]) -> Iterator[Query]:
        key = {column: cell_text(row[column]) for column in spec.key}
        named = " / ".join(part for part in key.values() if part)
        said = ", ".join(part for part in (row["said_by"] or "nobody named", cell_text(row["said_on"])) if part)
        columns = [column for column, info in spec.columns.items() if _is_opinion(spec, column, info, row)]
        for column in [*columns, "status"]:
            info = spec.columns[column]
            file, sheet, cell = self.tables.where(spec.name, place, column)
            low, high = _ends(info)
            is_status = column == "status"
            value = cell_text(row[column])
            seen = str(row["status"]) if is_status else f"{column} is {value or 'blank'}"
            asked = (
                "Does it stand, with what you answer above?"
                if is_status
                else f"{_short(info.description, column)} ({column}): what is right? Blank: it stays."
            )
            yield Query(
                kind="opinion",
                to=str(row["said_by"] or self.who(spec.name)),
                file=file,
                sheet=sheet,
                cell=cell,
                found=f"{named}: {seen} (said by {said}).",
                question=asked,
                blocks=_held_up(spec.name, row),
                allowed=" or ".join(STANDING) + "." if is_status else f"A number{_range(low, high)}.",
                target=Target("opinion", spec.name, column, key, 0, cell_mark(value)),
                value="choice" if is_status else "number",
                choices=STANDING if is_status else (),
                low=low,
                high=high,
            )


def _allowed(choices: Iterable[str], names: Mapping[str, str]) -> str:
    """Return what may be answered: our keys, each with what people call it."""
    called = {key: name for key, name in names.items() if name and fold_name(name) != fold_name(key)}
    return f"{', '.join(f'{key} ({called[key]})' if key in called else key for key in choices)}."


def _hanging(table: str, behind: Mapping[str, Any]) -> tuple[str, tuple[float, float, float]]:
    """Return what hangs on a name as a sentence, and its weight; of people not a number leaves the folder."""
    if not behind or table in PRIVATE:
        return "", (0.0, 0.0, 0.0)
    rows, amounts = int(behind["rows"]), dict(behind.get("amounts") or {})
    columns = TABLES[table].columns if table in TABLES else {}
    money = sum(abs(held) for name, held in amounts.items() if name in columns and unit_of(columns[name]) == "currency")
    other = max((abs(held) for held in amounts.values()), default=0.0)
    shown = ", ".join(f"{name} {held:,.10g}" for name, held in amounts.items())
    many = f"{rows} row{'' if rows == 1 else 's'}"
    return f" On it hang{'s' if rows == 1 else ''} {many}{f': {shown}' if shown else ''}.", (money, other, float(rows))


def _table_of(fault: Fault) -> str:
    """Return the table that a fault stands in, as requests and functions name it."""
    if fault.sheet:
        name = our_spelling(fault.sheet)
        return f"facts/{name[6:]}" if name.startswith("facts_") else name
    stem = fault.file.rpartition(".")[0].lower() or fault.file.lower()
    return stem if stem in TABLES or stem in SHEET_TABLES or stem.startswith("facts/") else ""


def _is_opinion(spec: TableSpec, column: str, info: Any, row: Mapping[str, Any]) -> bool:
    """Whether a column holds a number that somebody said, in this row."""
    if column in spec.key or column_kind(info) != "number":
        return False
    if spec.name == "activities":
        return column in ("y0", "y1", "y15", "ymax") and row[column] is not None and row[column] == row[column]
    return column in ("share", "value")


def _short(description: str | None, column: str) -> str:
    return (description or column).partition(";")[0].rstrip(".")


def _ends(info: Any) -> tuple[float | None, float | None]:
    """Return the smallest and the largest number that a column takes."""
    if unit_of(info).startswith("share"):
        return 0.0, 1.0
    parts = list(info.metadata)
    for held in getattr(info.annotation, "__args__", ()):
        parts += list(getattr(held, "__metadata__", ()))
    flat = [part for one in parts for part in (*getattr(one, "metadata", ()), one)]
    lows = [float(part.ge) for part in flat if isinstance(getattr(part, "ge", None), int | float)]
    return (max(lows) if lows and max(lows) == 0 else None), None


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" of {low:g} or more" if low is not None else ""


def _held_up(table: str, row: Mapping[str, Any]) -> str:
    """Return what an opinion that does not stand holds up."""
    if table in ("memberships", "parents"):
        return f"Outcomes of {row['parent']}: what is said of it carries a mark."
    if table == "activities":
        return f"Allocation: the plan for {row['product_line']} rests on it."
    return "Allocation: the plan rests on it."


def cell_mark(text: str) -> str:
    """Return by what a cell is known again without being told, however its number is written.

    Examples
    --------
    >>> cell_mark("0,70") == cell_mark("0.7"), cell_mark("a") == cell_mark("b")
    (True, False)
    """
    plain = text.strip()
    with contextlib.suppress(ValueError):
        plain = cell_text(float(plain.replace(",", ".")))
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()[:16]


def cell_text(cell: object) -> str:
    """Return a cell as a question quotes it and a file holds it; empty for a blank one.

    Examples
    --------
    >>> cell_text(4.0), cell_text(None), cell_text(float("nan")), cell_text(0.25)
    ('4', '', '', '0.25')
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and not cell.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
