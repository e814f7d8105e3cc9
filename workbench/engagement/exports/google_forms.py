"""Google Forms: one header row; ``Timestamp, [Email Address or Username], [Score]``, then the questions.

Seen in public files, in these four languages: a row of a grid is ``Question [Row]``; checkboxes are joined by ``, ``
and commas inside an option are not marked; a linear scale exports its number, anything else its label; two questions
may have one text. Times are written as the spreadsheet's country writes them; files that Forms itself makes have
``2026/09/14 10:22:31 AM GMT+2``. Answers that were not sent are not in the file
(developers.google.com/apps-script/reference/forms, FormResponse).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.engagement.exports.layout import Export, Grid, lay_out_rows
from workbench.engagement.exports.texts import squash

VENDOR = "google_forms"
TITLE = "Google Forms"

_NAMES: dict[str, tuple[str, ...]] = {  # English, German, French, Spanish
    "completed": ("Timestamp", "Zeitstempel", "Horodateur", "Marca temporal"),
    "identity": (
        *("Email Address", "Email", "Username", "E-Mail-Adresse", "Nutzername"),
        *("Adresse e-mail", "Nom d'utilisateur", "Dirección de correo electrónico", "Nombre de usuario"),
    ),
    "dropped": ("Score", "Punktzahl", "Note", "Puntuación"),
}
_USES = {squash(name): use for use, names in _NAMES.items() for name in names}

HEADERS = frozenset(name for names in _NAMES.values() for name in names)
"""Names of the vendor's own columns, as it writes them."""


def missing_tokens(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of the vendor that the header lacks; empty where it is this vendor's."""
    found = {_USES.get(squash(cell)) for cell in rows[0]} if rows else set()
    return () if "completed" in found else ("Timestamp",)


def lay_out(grid: Grid, is_question: Callable[[str], bool]) -> Export:
    """Return the export's columns."""
    headers = grid.rows[0]
    uses = {place: _USES[squash(header)] for place, header in enumerate(headers) if squash(header) in _USES}
    layout = "grid" if any(header.endswith("]") for header in headers) else "list"
    return lay_out_rows(grid, VENDOR, layout, 1, lambda place: (headers[place],), uses)
