"""LimeSurvey: one header row of codes (``Q1[SQ001]``), texts (also cut short), or ``CODE. Text``.

LimeSurvey's own writer of exports (LimeSurvey/LimeSurvey, application/helpers/admin/export/Writer.php) makes these
headings ``code``, ``full``, ``abbreviated`` (15 characters and ``..`` by default) and ``codetext``, may write blanks as
underscores, and puts an apostrophe before answers that begin with ``=``. Before the questions stand ``id, submitdate,
lastpage, startlanguage, seed, startdate, datestamp, ipaddr, refurl, token``, after them ``interviewtime``,
``groupTime…`` and ``…Time`` in seconds. The German, French and Spanish texts are those that public code reads. Answers
are codes (``A1``, ``AO01``, ``-oth-``) or texts. A response without ``submitdate`` was not finished; 1980-01-01 stands
where the survey takes no times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from workbench.engagement.exports.layout import Export, Grid, lay_out_rows
from workbench.engagement.exports.texts import spellings, squash

VENDOR = "limesurvey"
TITLE = "LimeSurvey"

_NAMES: dict[str, tuple[str, ...]] = {  # codes; English, German, French, Spanish texts
    "response": ("id", "Response ID", "Antwort ID", "ID de la réponse", "ID de respuesta"),
    "completed": ("submitdate", "Date submitted", "Datum Abgeschickt", "Date de soumission", "Fecha de envío"),
    "started": ("startdate", "Date started", "Datum gestartet", "Date de lancement", "Fecha de inicio"),
    "seconds": ("interviewtime", "Total time", "Gesamtzeit", "Temps total", "Tiempo total"),
    "identity": (
        *("email", "Email address", "E-Mail-Adresse", "Adresse électronique", "Correo electrónico"),
        *("token", "Access code", "Token", "Zugangscode", "Zugangsschlüssel", "Code d'accès", "Código de acceso"),
    ),
    "dropped": (
        *("lastpage", "Last page", "Letzte Seite", "Dernière page", "Última página"),
        *("startlanguage", "Start language", "Start-Sprache", "Langue de départ", "Idioma inicial", "Lenguaje inicial"),
        *("seed", "Seed", "Zufallsstartwert", "Tête de série", "Semilla"),
        *("datestamp", "Date last action", "Datum letzte Aktivität", "Date de la dernière action"),
        "Fecha de la última acción",
        *("ipaddr", "IP address", "IP-Adresse", "Adresse IP", "Dirección IP"),
        *("refurl", "Referrer URL", "Weiterleitungs-URL", "URL de référence", "URL de referencia"),
        *("firstname", "First name", "Vorname", "Prénom", "Nombre"),
        *("lastname", "Last name", "Nachname", "Nom de famille", "Apellidos"),
    ),
}
_USES = {squash(name): use for use, names in _NAMES.items() for name in names}
_LAST_PAGE = {squash(name) for name in ("lastpage", "Last page", "Letzte Seite", "Dernière page", "Última página")}
_ADDRESSES = {squash(name) for name in _NAMES["identity"][:5]}
BY_CODE = "People are told apart by their access code; they meet again only if the next wave uses the same codes."
_TIME = re.compile(r"time|zeit|temps|tiempo", re.IGNORECASE)

HEADERS = frozenset(name for names in _NAMES.values() for name in names)
"""Names of the vendor's own columns, as it writes them."""


def _use(header: str) -> str:
    return next((_USES[squash(text)] for text in spellings(header) if squash(text) in _USES), "")


def missing_tokens(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of the vendor that the header lacks; empty where it is this vendor's."""
    header = rows[0] if rows else ()
    uses = {_use(cell) for cell in header}
    missing = [name for use, name in (("response", "id"), ("completed", "submitdate")) if use not in uses]
    if not any(squash(text) in _LAST_PAGE for cell in header for text in spellings(cell)):
        missing.append("lastpage")
    return tuple(missing)


def lay_out(grid: Grid, is_question: Callable[[str], bool]) -> Export:
    """Return the export's columns."""
    headers = grid.rows[0]
    uses = {place: _use(header) for place, header in enumerate(headers) if _use(header) and not is_question(header)}
    for place, header in enumerate(headers):
        cells = [row[place] for row in grid.rows[1:]]
        is_time = bool(_TIME.search(header)) and all(re.fullmatch(r"(?:\d+(?:[.,]\d+)?)?", cell) for cell in cells)
        if (place not in uses and not is_question(header) and is_time) or re.fullmatch(r"attribute_\d+", header):
            uses[place] = "dropped"
    texts = sum(" " in header for header in headers)
    coded = sum(bool(re.match(r"^[A-Za-z]\w*(?:\[\w+\])*\. ", header)) for header in headers)
    layout = "codes and texts" if coded > len(headers) / 2 else "texts" if texts > len(headers) / 3 else "codes"
    identities = {
        squash(text) for place, use in uses.items() if use == "identity" for text in spellings(headers[place])
    }
    remarks = (BY_CODE,) if identities and not identities & _ADDRESSES else ()
    names = lambda place: (headers[place],)  # noqa: E731 - one header row, one name
    return lay_out_rows(grid, VENDOR, layout, 1, names, uses, blanks=frozenset({"N/A"}), remarks=remarks)
