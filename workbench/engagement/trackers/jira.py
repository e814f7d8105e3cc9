r"""Jira (Cloud and Data Center) CSV: repeated headers, and the time in each status without an API.

The column ``[CHART] Time in Status`` holds ``statusId_*:*_visits_*:*_milliseconds``, joined by ``_*|*_``. It names
statuses by number; the status an item is in has 0 milliseconds, and that tells which number is which name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.engagement.trackers.imported import Imported, ReadSettings, Rows, count_finding
from workbench.engagement.trackers.source import TrackerFile, spelled
from workbench.engagement.trackers.work_items import Titles, read_items
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

VENDOR, TITLE = "jira", "Jira"
KEY = r"[^\W\d_][^\W_]*[\w]*-\d+"
LEAST_AGREEMENT = 0.9
"""Share of the items with one zero that must agree on the name of a status's number (ours)."""

LIMITS = (1_000, 10_000)
REMEDY = "Choose Export CSV (all fields) in Jira, with its header."

_CUSTOM = "custom field ({})"


def _also_custom(*names: str) -> tuple[str, ...]:
    return tuple(form for name in names for form in (name, _CUSTOM.format(name)))


TITLES = Titles(
    key=(
        "issue key",
        "work item key",
        "key",
        "vorgangsschlüssel",
        "schlüssel",
        "clé de ticket",
        "clé",
        "clave de incidencia",
        "clave",
    ),
    id=("issue id", "work item id", "vorgangs-id", "id de ticket", "id de incidencia"),
    type=("issue type", "work type", "work item type", "vorgangstyp", "type de ticket", "tipo de incidencia"),
    status=("status", "statut", "état", "estado"),
    category=("status category", "statuskategorie", "catégorie de statut", "catégorie d'état", "categoría de estado"),
    created=("created", "erstellt", "création", "créé", "creada", "creado"),
    started=_also_custom("actual start", "start date", "startdatum", "date de début", "fecha de inicio", "started"),
    done=(
        "resolved",
        "resolution date",
        "erledigt",
        "gelöst",
        "résolu",
        "résolue",
        "resuelta",
        "resuelto",
        *_also_custom("actual end"),
    ),
    updated=("updated", "aktualisiert", "mise à jour", "mis à jour", "actualizada", "actualizado"),
    entered=("status category changed", "statuskategorie geändert", *_also_custom("[chart] date of status change")),
    points=_also_custom(
        "story points", "story point estimate", "story-points", "points d'effort", "puntos de historia"
    ),
    parent=(
        "parent key",
        "parent link",
        _CUSTOM.format("epic link"),
        _CUSTOM.format("parent link"),
        "übergeordnet-schlüssel",
    ),
    parent_id=("parent", "parent id", "übergeordnet", "principal"),
    places={
        "project": (
            "project name",
            "project key",
            "projektname",
            "projektschlüssel",
            "nom du projet",
            "clé de projet",
            "nombre del proyecto",
            "clave de proyecto",
        ),
        "component": (
            "component/s",
            "components",
            "component",
            "komponenten",
            "komponente(n)",
            "composants",
            "composant(s)",
            "componentes",
            "componente(s)",
        ),
        "label": ("labels", "stichwörter", "étiquettes", "etiquetas"),
        "team": (_CUSTOM.format("team"), "team", _CUSTOM.format("team name"), "team name"),
        "product": (_CUSTOM.format("product"), "product", _CUSTOM.format("product line")),
    },
    people=(
        *("assignee", "assignee id", "reporter", "reporter id", "creator", "creator id", "project lead"),
        *("project lead id", "watchers", "watchers id", "comment", "log work", "attachment"),
        *("bearbeiter", "zugewiesene person", "autor", "ersteller", "projektleiter", "beobachter"),
        *("personne assignée", "responsable", "rapporteur", "créateur", "persona asignada", "informador", "creador"),
    ),
)
TIMES = _also_custom("[chart] time in status")
HEADERS = frozenset(
    {
        "summary",
        *TIMES,
        *(n for names in (TITLES.key, TITLES.id, TITLES.type, TITLES.status, TITLES.created) for n in names),
    }
    | {n for names in (TITLES.people, TITLES.category, TITLES.updated) for n in names}
    | {n for names in TITLES.places.values() for n in names}
)


def detect(header: Iterable[str]) -> float:
    """Return how surely a header is Jira's, 0 to 1.

    Examples
    --------
    >>> detect(["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Created"])
    1.0
    """
    titles = {spelled(title) for title in header}
    if not titles & set(TITLES.key) or titles & {"work item type", "area path"}:
        return 0.0
    groups = (TITLES.key, TITLES.id, TITLES.type, TITLES.status)
    return sum(bool(titles & set(names)) for names in groups) / len(groups)


def read(source: TrackerFile, settings: ReadSettings) -> Imported:
    """Return items, and the time that each spent in its statuses where the export has it."""
    held = read_items(
        source, TITLES, settings, vendor=VENDOR, layout="issues", key_pattern=KEY, remedy=REMEDY, limits=LIMITS
    )
    imported = held.imported
    title = source.find(TIMES)
    if not title:
        return imported
    cells = source.column(title)
    moves, unnamed, broken = _times([cells[row] for row in held.kept], imported, settings)
    findings = list(imported.findings) + broken
    return replace(imported, tables={**imported.tables, "moves": moves}, unnamed=unnamed, findings=tuple(findings))


def parse_times(cell: str) -> list[tuple[str, int, int]] | None:
    """Return number of status, visits and milliseconds of each part of a cell; None where it is none.

    Examples
    --------
    >>> parse_times("1_*:*_1_*:*_15888_*|*_3_*:*_1_*:*_0")
    [('1', 1, 15888), ('3', 1, 0)]
    """
    found = []
    for part in (cell.replace("\\", "") if "\\" in cell else cell).split("_*|*_"):
        pieces = part.split("_*:*_")
        try:
            number, visits, milliseconds = pieces
            found.append((str(int(number)), int(visits), int(milliseconds)))
        except ValueError:
            return None
    return found


def _times(
    cells: Sequence[str], imported: Imported, settings: ReadSettings
) -> tuple[Rows, tuple[str, ...], list[DataFinding]]:
    items, statuses = imported.tables["items"]["item"], imported.tables["items"]["status"]
    parsed = [parse_times(cell) if cell else [] for cell in cells]
    votes: dict[str, Counter[str]] = {}
    for parts, status in zip(parsed, statuses, strict=True):
        zeros = [number for number, _, milliseconds in parts or () if milliseconds == 0]
        if len(zeros) == 1 and status:
            votes.setdefault(zeros[0], Counter())[str(status)] += 1
    names = dict(settings.status_names)
    for number, told in votes.items():
        name, most = told.most_common(1)[0]
        if most >= LEAST_AGREEMENT * told.total():
            names.setdefault(number, name)
    rows: Rows = {name: [] for name in WORK_TABLES["moves"].columns}
    unnamed: dict[str, None] = {}
    for item, parts in zip(items, parsed, strict=True):
        for place, (number, visits, milliseconds) in enumerate(parts or (), start=1):
            if number not in names:
                unnamed.setdefault(number)
            rows["move"].append(f"{item}/{place}")
            rows["item"].append(item)
            rows["status"].append(names.get(number, f"status {number}"))
            rows["seconds"].append(milliseconds / 1000)
            rows["visits"].append(visits)
    count = len(rows["move"])
    for name in ("source", "product", "state"):
        rows[name] = [""] * count
    rows["entered"] = [None] * count
    broken = [place for place, parts in enumerate(parsed) if parts is None]
    findings = []
    if broken:
        words = ("has a time in status that cannot be read", "have a time in status that cannot be read")
        example = f"{items[broken[0]]}: {cells[broken[0]][:40]}"
        detail = "Spreadsheets cut long cells at 32,767 letters. Flow efficiency is made of the others."
        findings.append(count_finding("unreadable", "moves", len(broken), len(cells), words, detail, example=example))
    return rows, tuple(unnamed), findings
