"""What the client is asked for: each table with its reason, owner and due day; what has arrived, and what it answers.

Reads a folder as it stands, also one with faults: week one is when this is needed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.columns import example_of, fold_key
from workbench.engagement.scaffold import SHEET_PURPOSES
from workbench.engagement.schema import SHEET_TABLES, TABLES, TableSpec
from workbench.errors import ClientDataError, Fault

if TYPE_CHECKING:
    from workbench.engagement.folder import FolderReading
    from workbench.engagement.load import Engagement

QUESTIONS = {
    "readiness": "Readiness: has the move from project to product happened?",
    "outcomes": "Outcomes: what do customers, users and the operation tell?",
    "allocation": "Allocation: where should people, money and marketing go?",
}
"""The three questions, in the order in which they are asked."""

OURS = "Consultants"
"""Who answers for the tables that no function of the client brings."""

FUNCTIONS: Mapping[str, str] = {
    "products": "Product",
    "lines": "Product",
    "memberships": "Product",
    "parents": "Product",
    "events": "Product",
    "readiness_targets": "Product",
    "activities": "Product",
    "recipes": "Product",
    "curve_points": "Product",
    "later_loads": "Product",
    "waves": "HR",
    "survey": "HR",
    "population": "HR",
    "layers": "HR",
    "projects": "Finance",
    "project_lines": "Product",
    "control_totals": "Finance",
    "resources": "Finance",
    "needs": "Finance",
    "closing": "Finance",
    "curve_history": "Finance",
    "function_plans": "Finance",
    "feedback": "Service",
    "fact_tables": OURS,
    "metrics": "Data",
    "targets": "Data",
    "forums": "Data",
    "objectives": "Executive board",
    "comparisons": "Executive board",
    "worths": "Executive board",
    "rules": "Executive board",
    "decisions": "Executive board",
}
"""Table → the function that has it, where nobody said otherwise in the table requests (ours)."""


@dataclass(frozen=True)
class SampleColumn:
    """A column that is asked for: what goes in, a sample, and whether it must be filled."""

    name: str
    words: str
    sample: str
    is_needed: bool


@dataclass(frozen=True)
class Item:
    """A table that is asked for.

    Attributes
    ----------
    table : str
        As it is named in the folder; ``facts/NAME`` for facts.
    function, owner : str
        Who can answer; who brings it, empty where nobody is named.
    what, why : str
        What one row is; which question it serves.
    is_needed : bool
        Whether the question cannot be answered without it.
    where : str
        Where it goes.
    due : date or None
    note : str
    columns : tuple of SampleColumn
    rows : int or None
        Rows that have arrived; None where it has not.
    file : str
        Where it stands, empty where it does not.
    faults : int
        What is wrong with it.
    """

    table: str
    function: str
    owner: str
    what: str
    why: str
    is_needed: bool
    where: str
    due: dt.date | None
    note: str
    columns: tuple[SampleColumn, ...]
    rows: int | None = None
    file: str = ""
    faults: int = 0

    @property
    def is_missing(self) -> bool:
        """Whether it is needed and has not arrived."""
        return self.is_needed and self.rows is None


@dataclass(frozen=True)
class Question:
    """One of the three questions, and whether it can be answered now.

    Attributes
    ----------
    pillar, words : str
    is_answerable : bool
    missing, better : tuple of str
        Tables without which it cannot be answered; tables that would make the answer better.
    faults : int
        Faults in tables that it reads.
    why : str
        Why it cannot be answered although all tables are there; empty otherwise.
    """

    pillar: str
    words: str
    is_answerable: bool
    missing: tuple[str, ...]
    better: tuple[str, ...]
    faults: int
    why: str = ""


@dataclass(frozen=True, eq=False)
class DataRequest:
    """Everything that is asked for, and how far it has come.

    Attributes
    ----------
    engagement, client : str
    items : tuple of Item
        By function, what is needed first.
    questions : tuple of Question
    faults : tuple of Fault
        Of the whole folder.
    """

    engagement: str
    client: str
    items: tuple[Item, ...]
    questions: tuple[Question, ...]
    faults: tuple[Fault, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """Those of the client that are asked for something."""
        return tuple(dict.fromkeys(item.function for item in self.items if item.function != OURS))

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is needed and has not arrived: the one list of the request, the questions back and the status."""
        return tuple(item for item in self.items if item.is_missing)

    def held_up(self, item: Item) -> tuple[str, ...]:
        """Return the questions that wait for a table, or would be answered better with it."""
        waiting = tuple(one.words for one in self.questions if item.table in one.missing)
        return waiting or (item.why if item.why.endswith("?") else "Every question.",)

    def item(self, table: str) -> Item | None:
        """Return what is asked of a table, or None."""
        return next((item for item in self.items if item.table == table), None)


def read_folder(folder: Path, root: Path) -> tuple[FolderReading, Engagement | None, tuple[Fault, ...]]:
    """Return a folder as far as it can be read, the engagement where it has no fault, and every fault.

    Parameters
    ----------
    folder : Path
    root : Path
        The workbench's folder.
    """
    from workbench.engagement.folder import FolderReading
    from workbench.engagement.load import load_engagement

    reading = FolderReading(folder, root)
    reading.read()
    try:
        return reading, load_engagement(folder, root=root), ()
    except ClientDataError as error:
        return reading, None, error.faults


def read_request(folder: Path, root: Path, *, due: dt.date | None = None) -> DataRequest:
    """Return what the client is asked for, and what of it has arrived.

    Parameters
    ----------
    folder : Path
        The client's.
    root : Path
        The workbench's folder.
    due : date, optional
        Where the table ``requests`` names none.
    """
    return build_request(folder.name, *read_folder(folder, root), due=due)


def build_request(
    name: str,
    reading: FolderReading,
    study: Engagement | None,
    faults: tuple[Fault, ...],
    *,
    due: dt.date | None = None,
) -> DataRequest:
    """Return the same from what `read_folder` returned.

    Parameters
    ----------
    name : str
        Of the engagement.
    reading, study, faults : see `read_folder`
    due : date, optional
    """
    tables = reading.tables()
    told = _told(tables)
    items = []
    for spec in (*TABLES.values(), *SHEET_TABLES.values()):
        if spec.name in FUNCTIONS:
            items.append(_item(spec, told.get(spec.name, {}), reading, faults, due))
    items += [_fact_item(table, held, told, reading, faults, due) for table, held in _fact_tables(tables).items()]
    order = list(dict.fromkeys((*FUNCTIONS.values(), *(item.function for item in items))))
    items.sort(key=lambda item: (order.index(item.function), not item.is_needed))
    client = tables.settings.name if tables.settings is not None else name
    questions = tuple(_question(pillar, items, study, faults) for pillar in QUESTIONS)
    waited = {name for question in questions for name in question.missing}
    items = [replace(item, is_needed=True) if item.table in waited else item for item in items]
    return DataRequest(name, str(client), tuple(items), questions, tuple(faults))


def function_of(table: str, told: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Return the function that can answer for a table: as the table ``requests`` says, else as usual.

    Examples
    --------
    >>> function_of("population"), function_of("facts/tickets"), function_of("commentary")
    ('HR', 'Data', 'Consultants')
    """
    said = (told or {}).get(table, {}).get("function")
    return str(said or FUNCTIONS.get(table) or ("Data" if table.startswith("facts") else OURS))


def told_requests(tables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of the table ``requests`` by table."""
    return _told(tables)


def _told(tables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rows = tables["requests"].to_dict("records") if "requests" in tables else []
    return {str(row["table"]): {str(name): value for name, value in row.items()} for row in rows}


def _item(
    spec: TableSpec, told: Mapping[str, Any], reading: FolderReading, faults: Iterable[Fault], due: dt.date | None
) -> Item:
    raw = reading.raw.get(spec.name)
    rows = len(raw) if raw is not None and len(raw) else None
    file = "" if raw is None or rows is None else raw.file
    if spec.name in ("metrics", "fact_tables") and rows is None and reading.documents.get("metrics"):
        held = reading.documents["metrics"].get("metrics" if spec.name == "metrics" else "tables") or ()
        rows, file = len(held), "metrics.yaml"
    if spec.name == "targets" and rows is None:
        metrics = (reading.documents.get("metrics") or {}).get("metrics") or ()
        rows = sum(len(one.get("targets") or ()) for one in metrics if isinstance(one, dict)) or None
        file = "metrics.yaml" if rows else ""
    words = {"all": "All three questions", "report": "The report"}
    why = words.get(spec.answers) or QUESTIONS[spec.answers]
    place = f"sheet {spec.name} of engagement.xlsx" if spec.name in SHEET_TABLES else f"{spec.name}.csv"
    both = "" if spec.name in SHEET_TABLES else f", or sheet {spec.name} of engagement.xlsx"
    return Item(
        table=spec.name,
        function=str(told.get("function") or FUNCTIONS.get(spec.name, OURS)),
        owner=str(told.get("owner") or ""),
        what=_what(spec),
        why=why,
        is_needed=spec.need == "required",
        where=f"{place}{both}",
        due=told.get("due") or due,
        note=str(told.get("note") or ""),
        columns=_columns(spec),
        rows=rows,
        file=file,
        faults=sum(_speaks_of(fault, spec.name) for fault in faults),
    )


def _what(spec: TableSpec) -> str:
    words = SHEET_PURPOSES.get(spec.name) or f"One row is {spec.purpose[0].lower()}{spec.purpose[1:]}"
    return words.partition("; the instrument")[0].rstrip(".") + "."


def _columns(spec: TableSpec) -> tuple[SampleColumn, ...]:
    found = []
    for name, info in spec.columns.items():
        if name in ("said_by", "said_on", "status", "reason", "reason_by", "reason_on"):
            continue  # these are filled by answers
        sample = example_of(info)
        shown = "" if sample is None else sample.isoformat() if isinstance(sample, dt.date) else f"{sample}"
        found.append(SampleColumn(name, info.description or "", shown, info.is_required()))
    if spec.name == "survey":
        found.append(SampleColumn("d01_1 …", "One column an item of the questionnaire.", "3", False))
    return tuple(found)


def _fact_tables(tables: Any) -> dict[str, Mapping[str, Any]]:
    held = (tables.documents.get("metrics") or {}).get("tables") or {}
    return {str(name): content for name, content in held.items() if isinstance(content, dict)}


def _fact_item(
    table: str,
    held: Mapping[str, Any],
    told: Mapping[str, Mapping[str, Any]],
    reading: FolderReading,
    faults: Iterable[Fault],
    due: dt.date | None,
) -> Item:
    key = f"facts/{table}"
    said = told.get(key, {})
    found = reading.facts.get(table)
    names = [str(name) for name in (held.get("key") or ()) if isinstance(name, str)]
    time = held.get("time") if isinstance(held.get("time"), dict) else {}
    columns = [SampleColumn(name, "Tells the rows apart.", "", True) for name in names]
    extra = (
        ((time or {}).get("column"), "When it happened.", "2026-09-14"),
        (held.get("product"), "The product, as in products.", "motor-private"),
    )
    for name, words, sample in extra:
        if isinstance(name, str) and name not in names:
            columns.append(SampleColumn(name, words, sample, True))
    columns.append(SampleColumn("…", "What the measures in metrics.yaml are made of.", "", False))
    is_inside = bool(held.get("database"))
    return Item(
        table=key,
        function=str(said.get("function") or "Data"),
        owner=str(said.get("owner") or ""),
        what=f"One row is {'an event' if held.get('kind') == 'event' else 'a product and period'}.",
        why=QUESTIONS["outcomes"],
        is_needed=True,
        where="the database" if is_inside else f"facts/{table}.csv or .parquet",
        due=said.get("due") or due,
        note=str(said.get("note") or ""),
        columns=tuple(columns),
        rows=0 if is_inside else None if found is None else int(getattr(found, "rows", 0) or 0),
        file="the database" if is_inside else "" if found is None else str(getattr(found, "file", "") or key),
        faults=sum(_speaks_of(fault, key) for fault in faults),
    )


def _speaks_of(fault: Fault, table: str) -> bool:
    """Whether a fault stands in a table: its own file, or its sheet of the workbook."""
    stem = fault.file.rpartition(".")[0].lower()
    return fold_key(fault.sheet) == fold_key(table) if fault.sheet else stem == table.lower()


def _question(pillar: str, items: Iterable[Item], study: Engagement | None, faults: tuple[Fault, ...]) -> Question:
    serves = ("All three questions", QUESTIONS[pillar])
    own = [item for item in items if item.why in serves]
    missing = tuple(item.table for item in own if item.is_needed and item.rows is None)
    better = tuple(item.table for item in own if not item.is_needed and item.rows is None)
    found = sum(item.faults for item in own)
    off = None if study is None else next((one for one in study.missing if one.pillar == pillar), None)
    if study is not None:
        named = tuple(off.tables) if off is not None else ()
        partial = tuple(name for name in missing if name.startswith("facts/") and off is None)
        held = () if off is None else tuple(dict.fromkeys((*named, *(n for n in missing if n.startswith("facts/")))))
        return Question(pillar, QUESTIONS[pillar], off is None, held, (*partial, *better), 0, off.reason if off else "")
    needed = tuple(name for name in missing if not name.startswith("facts/"))
    return Question(pillar, QUESTIONS[pillar], False, needed, better, found)


def describe_progress(request: DataRequest, today: dt.date) -> tuple[str, ...]:
    """Return what has arrived and which questions can be answered now, as sentences.

    Parameters
    ----------
    request : DataRequest
    today : date
        What is due before it is late.
    """
    arrived = [item for item in request.items if item.rows is not None]
    count = len(request.missing)
    lines = [
        f"{len(arrived)} of {len(request.items)} tables have arrived, "
        f"{count} that {'is needed has' if count == 1 else 'are needed have'} not."
    ]
    for function in (*request.functions, OURS):
        held = [item for item in arrived if item.function == function]
        lines += [f"  {function}: {', '.join(map(_arrived, held))}"] if held else []
    late = [item for item in request.items if item.rows is None and item.due is not None and item.due < today]
    lines += [f"  late: {_missing(item)}" for item in late]
    for question in request.questions:
        lines += _answerable(question, request)
    return tuple(lines)


def _arrived(item: Item) -> str:
    rows = f" {item.rows:,} row{'' if item.rows == 1 else 's'}" if item.rows else ""
    faults = f" with {item.faults} fault{'' if item.faults == 1 else 's'}" if item.faults else ""
    return f"{item.table}{rows}{faults}"


def _missing(item: Item) -> str:
    who = item.owner or item.function
    return f"{item.table} ({who}{f', due {item.due.isoformat()}' if item.due else ''})"


def _answerable(question: Question, request: DataRequest) -> list[str]:
    def listed(names: Iterable[str]) -> str:
        items = [request.item(name) for name in names]
        shown = zip(names, items, strict=True)
        return ", ".join(f"{name} ({function_of(name)})" if item is None else _missing(item) for name, item in shown)

    better = [f"  better with: {', '.join(question.better)}"] if question.better else []
    if question.is_answerable:
        return [f"{question.words} Can be answered now.", *better]
    if question.missing:
        return [f"{question.words} Not yet.", f"  missing: {listed(question.missing)}", *better]
    if request.faults:
        own, all_ = question.faults, len(request.faults)
        many = f"{all_} fault{'' if all_ == 1 else 's'}"
        which = f"{own} of {many} {'stands' if own == 1 else 'stand'} in its tables"
        if not own:
            which = f"{many} {'stands' if all_ == 1 else 'stand'} elsewhere in the folder"
        return [
            f"{question.words} Its tables are there; faults hold it up.",
            f"  {which}; any fault stops a run: workbench check {request.engagement}",
            *better,
        ]
    return [f"{question.words} Not yet.", f"  {question.why}", *better]
