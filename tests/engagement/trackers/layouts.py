"""Work whose truth is known, and files of it as Jira, Azure DevOps, GitHub and ServiceNow write them, in many ways."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "de": ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    "fr": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
    "pl": ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"],
    "fi": ["tammi", "helmi", "maalis", "huhti", "touko", "kesä", "heinä", "elo", "syys", "loka", "marras", "joulu"],
}


@dataclass(frozen=True)
class Item:
    """One piece of work."""

    number: int
    project: str
    type: str
    status: str
    created: dt.datetime
    started: dt.datetime | None
    done: dt.datetime | None
    updated: dt.datetime
    points: float | None
    parent: int | None = None
    active: int = 0
    waiting: int = 0

    @property
    def key(self) -> str:
        """Jira's key."""
        return f"{self.project}-{self.number}"


def make_items(count: int = 60, *, seed: int = 1, first: dt.datetime = dt.datetime(2026, 1, 4, 8, 0)) -> list[Item]:
    """Return work in the order in which it was written down."""
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    items = []
    when = first
    for number in range(1, count + 1):
        when += dt.timedelta(minutes=generator.randrange(120, 5_000))
        waiting, active = generator.randrange(600, 20_000), generator.randrange(600, 20_000)
        started = when + dt.timedelta(minutes=waiting)
        ended = started + dt.timedelta(minutes=active)
        kind = generator.random()
        state = "Done" if kind < 0.6 else "In Progress" if kind < 0.8 else "To Do"
        done = ended if state == "Done" else None
        begun = started if state != "To Do" else None
        items.append(
            Item(
                number,
                generator.choice(["MOT", "CLM"]),
                generator.choice(["Story", "Bug", "Task"]),
                state,
                when,
                begun,
                done,
                max(moment for moment in (when, begun, done) if moment),
                generator.choice([None, 1.0, 2.5, 8.0]),
                generator.randrange(1, number) if number > 5 and generator.random() < 0.2 else None,
                active * 60_000,
                waiting * 60_000,
            )
        )
    return items


# -- ways of writing a moment ------------------------------------------------------------------------------------------


def named(language: str) -> Callable[[dt.datetime], str]:
    """Return Jira's own form, such as 05/Mar/26 9:07 AM."""

    def write(when: dt.datetime) -> str:
        hour = when.hour % 12 or 12
        return (
            f"{when.day:02d}/{MONTHS[language][when.month - 1]}/{when.year % 100:02d} {hour}:{when.minute:02d} "
            f"{'AM' if when.hour < 12 else 'PM'}"
        )

    return write


def american(when: dt.datetime) -> str:
    """Write 3/27/2026 2:05 PM."""
    half = "AM" if when.hour < 12 else "PM"
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when.minute:02d} {half}"


def european(when: dt.datetime) -> str:
    """Write 27/03/2026 14:05."""
    return f"{when:%d/%m/%Y %H:%M}"


def german(when: dt.datetime) -> str:
    """Write 27.03.2026 14:05."""
    return f"{when:%d.%m.%Y %H:%M}"


def dashed(when: dt.datetime) -> str:
    """Write 27-03-2026 14:05, as ServiceNow may."""
    return f"{when:%d-%m-%Y %H:%M}"


def iso(when: dt.datetime) -> str:
    """Write 2026-03-27 14:05:00."""
    return f"{when:%Y-%m-%d %H:%M:%S}"


# -- files -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How a file is written, beside what it holds."""

    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "\n"
    quote_all: bool = False
    before: str = ""
    shuffle: int = 0


PLAIN = Way()
AZURE = Way(encoding="utf-8-sig", line_end="\r\n", quote_all=True)


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]], way: Way = PLAIN) -> bytes:
    """Return a table as a file."""
    places = list(range(len(header)))
    if way.shuffle:
        random.Random(way.shuffle).shuffle(places)  # noqa: S311 - a sample, no secret
    stream = io.StringIO(newline="")
    plain = csv.writer(stream, delimiter=way.delimiter, lineterminator=way.line_end)
    plain.writerow([header[place] for place in places])  # Azure quotes values and not the header
    quoting = csv.QUOTE_ALL if way.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, delimiter=way.delimiter, lineterminator=way.line_end, quoting=quoting)
    writer.writerows([[row[place] for place in places] for row in rows])
    return (way.before + stream.getvalue()).encode(way.encoding)


def _when(value: dt.datetime | None, write: Callable[[dt.datetime], str]) -> str:
    return write(value) if value else ""


JIRA_TITLES = {
    "en": (
        "Summary",
        "Issue key",
        "Issue id",
        "Issue Type",
        "Status",
        "Project key",
        "Project name",
        "Assignee",
        "Created",
        "Updated",
        "Resolved",
        "Status Category",
        "Labels",
        "Component/s",
    ),
    "de": (
        "Zusammenfassung",
        "Vorgangsschlüssel",
        "Vorgangs-ID",
        "Vorgangstyp",
        "Status",
        "Projektschlüssel",
        "Projektname",
        "Zugewiesene Person",
        "Erstellt",
        "Aktualisiert",
        "Erledigt",
        "Statuskategorie",
        "Stichwörter",
        "Komponenten",
    ),
    "fr": (
        "Résumé",
        "Clé de ticket",
        "ID de ticket",
        "Type de ticket",
        "État",
        "Clé de projet",
        "Nom du projet",
        "Personne assignée",
        "Création",
        "Mise à jour",
        "Résolu",
        "Catégorie de statut",
        "Étiquettes",
        "Composants",
    ),
    "es": (
        "Resumen",
        "Clave de incidencia",
        "ID de incidencia",
        "Tipo de incidencia",
        "Estado",
        "Clave de proyecto",
        "Nombre del proyecto",
        "Persona asignada",
        "Creada",
        "Actualizada",
        "Resuelta",
        "Categoría de estado",
        "Etiquetas",
        "Componentes",
    ),
}
PROJECTS = {"MOT": "Motor private", "CLM": "Claims portal"}
CATEGORY = {"To Do": "To Do", "In Progress": "In Progress", "Done": "Done"}


def jira(
    items: Sequence[Item],
    write: Callable[[dt.datetime], str] | None = None,
    *,
    titles: str = "en",
    way: Way = PLAIN,
    has_category: bool = True,
    has_times: bool = True,
    renames: dict[str, str] | None = None,
    has_start: bool = True,
) -> bytes:
    """Return a file of Jira: labels repeat, the summary has line breaks, extra fields stand about."""
    write = write or named("en")
    names = JIRA_TITLES[titles]
    header = [*names[:12], names[12], names[12], names[13], names[13], "Custom field (Story Points)"]
    header += ["Custom field (Actual start)", "Parent", "Comment", "Comment"]
    header += ["Custom field ([CHART] Time in Status)"] if has_times else []
    header = [(renames or {}).get(title, title) for title in header]
    keys = {item.number: item.key for item in items}
    rows = []
    for item in items:
        row = [
            f"Do it, please\nitem {item.number}",
            item.key,
            str(10_000 + item.number),
            item.type,
            item.status,
            item.project,
            PROJECTS[item.project],
            "Ann Berg",
            _when(item.created, write),
            _when(item.updated, write),
            _when(item.done, write),
            CATEGORY[item.status] if has_category else "",
            "web",
            "fast" if item.number % 3 else "",
            "UI",
            "",
            "" if item.points is None else f"{item.points:g}",
            _when(item.started, write) if has_start else "",
            str(10_000 + item.parent) if item.parent in keys else "",
            '01/Mar/26 9:00 AM;557058:aa;What a, "thing"',
            "",
        ]
        parts = [f"10000_*:*_1_*:*_{item.waiting if item.status != 'To Do' else 0}"]
        if item.status != "To Do":
            parts.append(f"3_*:*_1_*:*_{item.active if item.status == 'Done' else 0}")
        if item.status == "Done":
            parts.append("10001_*:*_1_*:*_0")
        rows.append([*row, *(["_*|*_".join(parts)] if has_times else [])])
    return as_csv(header, rows, way)


def azure(
    items: Sequence[Item],
    write: Callable[[dt.datetime], str] = american,
    *,
    way: Way = AZURE,
    is_tree: bool = False,
    extra: Sequence[str] = (),
) -> bytes:
    """Return a file of Azure DevOps: values quoted, header not, people as Name <mail>."""
    titles = ["Title 1", "Title 2"] if is_tree else ["Title"]
    header = ["ID", "Work Item Type", *titles, "Assigned To", "State", "Tags", "Area Path", "Created Date"]
    header += [
        "Activated Date",
        "Closed Date",
        "Changed Date",
        "Story Points",
        *([] if is_tree else ["Parent"]),
        *extra,
    ]
    states = {"Done": "Closed", "In Progress": "Active", "To Do": "New"}
    children: dict[int | None, list[Item]] = {}
    for item in items:
        top = item.parent if is_tree and item.parent is not None else None
        children.setdefault(top, []).append(item)
    order = []
    for item in children.get(None, []) if is_tree else items:
        order.append(item)
        stack = list(children.get(item.number, [])) if is_tree else []
        while stack:  # only two levels are shown: deeper ones stand at the second
            child = stack.pop(0)
            order.append(child)
            stack = list(children.get(child.number, [])) + stack
    rows = []
    for item in order:
        title = f"Do, {item.number}"
        cells = (["", title] if item.parent is not None else [title, ""]) if is_tree else [title]
        rows.append(
            [
                str(item.number),
                item.type,
                *cells,
                "Ann Berg <ann@client.example>",
                states[item.status],
                "web; fast",
                f"Client\\{PROJECTS[item.project]}",
                _when(item.created, write),
                _when(item.started, write),
                _when(item.done, write),
                _when(item.updated, write),
                "" if item.points is None else f"{item.points:g}",
                *([] if is_tree else [str(item.parent or "")]),
                *["x" for _ in extra],
            ]
        )
    return as_csv(header, rows, way)


def github_issues(items: Sequence[Item], *, is_rest: bool = False, extra: bool = False, wrapped: bool = False) -> bytes:
    """Return issues as ``gh issue list --json`` or REST writes them."""
    records: list[dict[str, Any]] = []
    for item in items:
        is_closed = item.status == "Done"
        record: dict[str, Any] = {
            "number": item.number,
            "title": f"Do, {item.number}",
            "state": "CLOSED" if is_closed else "OPEN",
            "createdAt": f"{item.created:%Y-%m-%dT%H:%M:%SZ}",
            "closedAt": f"{item.done:%Y-%m-%dT%H:%M:%SZ}" if item.done else None,
            "updatedAt": f"{item.updated:%Y-%m-%dT%H:%M:%SZ}",
            "labels": [{"name": item.type.lower()}],
            "url": f"https://github.com/client/{item.project.lower()}/issues/{item.number}",
        }
        if extra:
            record |= {"author": {"login": "ann"}, "assignees": [{"login": "bob"}], "milestone": {"title": "M1"}}
        if is_rest:
            record = {_snake(key): value for key, value in record.items()}
            record |= {"html_url": record.pop("url"), "user": {"login": "ann"}, "state": record["state"].lower()}
        records.append(record)
    return json.dumps({"items": records} if wrapped else records).encode()


def _snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def servicenow(
    items: Sequence[Item],
    write: Callable[[dt.datetime], str] = dashed,
    *,
    way: Way = PLAIN,
    is_log: bool = False,
    has_labels: bool = False,
    display: bool = True,
) -> bytes:
    """Return incidents; as a log each case has a row an event."""
    header = ["number", "incident_state", "opened_at", "resolved_at", "closed_at", "priority", "sys_mod_count"]
    header += ["sys_updated_at", "caller_id", "assigned_to", "cmdb_ci", "business_service", "reopen_count"]
    if has_labels:
        header = ["Number", "State", "Opened", "Resolved", "Closed", "Priority", "Updates", "Updated", "Caller"]
        header += ["Assigned to", "Configuration item", "Service", "Reopen count"]
    states = {"Done": "Closed", "In Progress": "Active", "To Do": "New"}
    rows = []
    for item in items:
        last = [
            f"INC{item.number:07d}",
            states[item.status],
            _when(item.created, write),
            _when(item.done, write),
            _when(item.done, write) or "?",
            "1 - Critical" if display else "1",
            "4",
            _when(item.updated, write),
            "Caller 12",
            "?",
            "?",
            PROJECTS[item.project],
            "0",
        ]
        if is_log:
            for step in range(3):
                early = list(last)
                early[1], early[3], early[4], early[6] = "New", "?", "?", str(step)
                early[7] = write(item.created)
                rows.append(early)
        rows.append(last)
    return as_csv(header, rows, way)


# -- sixty ways --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """A file without settings, and what must be read from it."""

    name: str
    tracker: str
    content: bytes
    file: str
    table: str = "items"
    cases: int = 60


def sixty(items: Sequence[Item]) -> list[Variant]:
    """Return fifteen ways of each of the four trackers, all of which tell everything that is needed."""
    semicolon, tab = Way(delimiter=";"), Way(delimiter="\t")
    bom = Way(encoding="utf-8-sig", line_end="\r\n")
    found: list[Variant] = []

    def add(tracker: str, contents: Sequence[tuple[str, bytes]], file: str, table: str = "items") -> None:
        found.extend(Variant(f"{tracker} {name}", tracker, content, file, table) for name, content in contents)

    add(
        "jira",
        [
            ("cloud", jira(items)),
            ("excel in Germany", jira(items, german, way=replace(semicolon, encoding="utf-8-sig"))),
            ("German titles", jira(items, named("de"), titles="de")),
            ("French titles", jira(items, named("fr"), titles="fr", way=bom)),
            ("Spanish titles", jira(items, named("es"), titles="es")),
            ("Polish months", jira(items, named("pl"))),
            ("Finnish months", jira(items, named("fi"))),
            ("American", jira(items, american, way=bom)),
            ("European", jira(items, european, way=tab)),
            ("ISO", jira(items, iso, way=Way(quote_all=True))),
            ("without category", jira(items, has_category=False)),
            ("without times", jira(items, has_times=False, way=Way(shuffle=3))),
            (
                "work items",
                jira(
                    items, renames={"Issue key": "Work item key", "Issue id": "Work item id", "Issue Type": "Work type"}
                ),
            ),
            (
                "components",
                jira(
                    items, renames={"Component/s": "Components", "Custom field (Story Points)": "Story point estimate"}
                ),
            ),
            ("sep line", jira(items, way=replace(semicolon, before="sep=;\n", shuffle=5))),
        ],
        "export.csv",
    )
    add(
        "azure_devops",
        [
            ("list", azure(items)),
            ("tree", azure(items, is_tree=True)),
            ("Germany", azure(items, german, way=replace(semicolon, quote_all=True))),
            ("Britain", azure(items, european)),
            ("ISO", azure(items, iso)),
            ("shuffled", azure(items, way=Way(shuffle=7))),
            ("shuffled too", azure(items, european, way=Way(shuffle=8, quote_all=True))),
            ("tabs", azure(items, way=tab)),
            ("tree in Germany", azure(items, german, way=bom, is_tree=True)),
            ("tree ISO", azure(items, iso, is_tree=True)),
            ("board columns", azure(items, extra=("Board Column", "Board Lane"))),
            ("many columns", azure(items, extra=("Iteration Path", "Priority", "Severity", "Reason", "Value Area"))),
            ("no mark", azure(items, way=Way(line_end="\n"))),
            ("old Mac", azure(items, way=Way(line_end="\r", quote_all=True))),
            ("UTF-16", azure(items, european, way=Way(encoding="utf-16", delimiter="\t"))),
        ],
        "data.csv",
    )
    add(
        "github",
        [
            *(
                (
                    f"issues {place}",
                    github_issues(items, is_rest=bool(place & 1), extra=bool(place & 2), wrapped=bool(place & 4)),
                )
                for place in range(8)
            ),
            *(
                (f"another repository {seed}", github_issues(make_items(60, seed=seed), extra=bool(seed & 1)))
                for seed in range(11, 18)
            ),
        ],
        "issues.json",
    )
    add(
        "servicenow",
        [
            ("list", servicenow(items)),
            ("log", servicenow(items, is_log=True)),
            ("ISO", servicenow(items, iso)),
            ("labels", servicenow(items, iso, has_labels=True)),
            ("labels dashed", servicenow(items, has_labels=True)),
            ("American", servicenow(items, american)),
            ("German", servicenow(items, german, way=semicolon)),
            ("numbers", servicenow(items, display=False)),
            ("log ISO", servicenow(items, iso, is_log=True)),
            ("log labels", servicenow(items, iso, is_log=True, has_labels=True)),
            ("shuffled", servicenow(items, way=Way(shuffle=9))),
            ("quoted", servicenow(items, iso, way=Way(quote_all=True))),
            ("mark", servicenow(items, way=bom)),
            ("tabs", servicenow(items, european, way=tab)),
            ("log shuffled", servicenow(items, iso, is_log=True, way=Way(shuffle=10))),
        ],
        "incident.csv",
        "incidents",
    )
    return found
