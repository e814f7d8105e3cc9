"""Microsoft Forms: one header row; ``ID, Start time, Completion time, Email, Name``, then the questions.

Seen in public files and code that reads them: ``ID`` (older: ``Id``), ``Start time``, ``Completion time``, ``Email``
(``anonymous`` where the form asks for no name), ``Name``, ``Last modified time``, ``Language``; a quiz adds ``Total
points``, ``Quiz feedback`` and, for each question, ``Points - …`` and ``Feedback - …``. The order of the columns is not
promised, so each is found by its name, in the language of whoever exported (the German, French and Spanish names are
those that public code reads). A Likert question is one column a statement. A title that occurs twice gets a number
(``Name2``). A form may hold 200 questions, each statement counts (support.microsoft.com, "Form, question, response, and
character limits in Microsoft Forms"); the ingest pages of the ACL Anthology (acl-org/acl-anthology) and exports quoted
there show the header row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.engagement.exports.layout import Export, Grid, lay_out_rows
from workbench.engagement.exports.texts import squash

VENDOR = "microsoft_forms"
TITLE = "Microsoft Forms"

_NAMES: dict[str, tuple[str, ...]] = {  # English, German, French, Spanish
    "response": ("ID",),
    "started": ("Start time", "Startzeit", "Heure de début", "Hora de inicio"),
    "completed": ("Completion time", "Fertigstellungszeit", "Heure de fin", "Hora de finalización"),
    "identity": ("Email", "E-Mail", "Adresse de messagerie", "E-mail", "Correo electrónico"),
    "dropped": (
        *("Name", "Nom", "Nombre"),
        *("Last modified time", "Zeitpunkt der letzten Änderung", "Uhrzeit der letzten Änderung"),
        *("Heure de la dernière modification", "Hora de la última modificación", "Hora de última modificación"),
        *("Language", "Sprache", "Langue", "Idioma"),
        *("Total points", "Gesamtpunktzahl", "Nombre total de points", "Total des points", "Total de puntos"),
        *("Quiz feedback", "Quizfeedback", "Feedback zum Quiz", "Commentaires sur le questionnaire"),
        *("Comentarios de la prueba", "Comentarios del cuestionario"),
    ),
}
_USES = {squash(name): use for use, names in _NAMES.items() for name in names}
_NEEDED = {"response": "ID", "started": "Start time", "completed": "Completion time"}

HEADERS = frozenset(name for names in _NAMES.values() for name in names)
"""Names of the vendor's own columns, as it writes them."""


def missing_tokens(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of the vendor that the header lacks; empty where it is this vendor's."""
    found = {_USES.get(squash(cell)) for cell in rows[0]} if rows else set()
    return tuple(name for use, name in _NEEDED.items() if use not in found)


def lay_out(grid: Grid, is_question: Callable[[str], bool]) -> Export:
    """Return the export's columns."""
    headers = grid.rows[0]
    uses = {place: _USES[squash(header)] for place, header in enumerate(headers) if squash(header) in _USES}
    known = {squash(header) for header in headers if header}
    for place, header in enumerate(headers):  # a quiz's "Points - <question>", whatever the language calls it
        for dash in (" - ", " – ", ": "):
            before, _, after = header.partition(dash)
            if place not in uses and after and squash(after) in known and len(before) <= 30:
                uses[place] = "dropped"
    layout = "quiz" if any("points" in squash(header) for header in headers) else "form"
    return lay_out_rows(grid, VENDOR, layout, 1, lambda place: (headers[place],), uses)
