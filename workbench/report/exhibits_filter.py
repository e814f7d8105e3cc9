"""One line as one group of roles sees it, for a panel; numbers of the screen, not of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Off
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, Note, note_exhibit

if TYPE_CHECKING:
    from workbench.readiness import Readiness


def filtered_exhibit(result: Readiness | Off, line: str, cut: str) -> Exhibit:
    """Return the levels of a line as a cut of roles sees them; what the guard hides is marked.

    Parameters
    ----------
    result : Readiness or Off
        Of ``assess(inputs, with_filters=True)``.
    line, cut : str
        Ids of a product line and of a cut of roles.
    """
    if isinstance(result, Off):
        return note_exhibit(result)
    part = next(one for one in result.lines if one.id == line)
    roles = next(one for one in result.instrument.cuts if one.id == cut)
    held = [
        (group, score)
        for group in result.instrument.dimensions
        if (score := result.filters.get((cut, line, group.id))) is not None
    ]
    known = [(score.level.value, group.id, group.name) for group, score in held if score.level is not None]
    if not known:
        note = Note(f"{part.name} as {roles.name} see it is hidden to protect a small group.", "")
        return Exhibit("filter", note)
    level, _, name = min(known)
    scale = result.instrument.scale
    return Exhibit(
        "filter",
        dots_intervals(
            {
                "dimension": [group.name for group, _ in held],
                "level": [None if score.level is None else score.level.value for _, score in held],
                "low": [None if score.level is None else score.level.low for _, score in held],
                "high": [None if score.level is None else score.level.high for _, score in held],
                "n": [score.people for _, score in held],
                "note": [score.hidden for _, score in held],
            },
            label="dimension",
            value="level",
            low="low",
            high="high",
            n="n",
            note="note",
            unit="level",
            claim=f"Lowest here: {name.lower()}, {theme.level(level)}.",
            subtitle=f"{part.name} as seen by {roles.name}, levels {scale.span}",
            source=f"Survey, wave {result.wave}",
        ),
    )
