"""A published model's score by its own tool beside ours: what missing answers are worth there, and here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness

KEY = "readiness-tool-scores"
SAME = 0.11
"""Levels closer than this are called the same: one is rounded, and the ends of its band outwards (ours)."""


def tool_scores_exhibit(result: Readiness | Off) -> Exhibit:
    """Return each group's level by the model's own tool and by ours, for the organisation."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.scores import DIMENSION
    from workbench.readiness.tool_scores import has_tool_rule

    if not has_tool_rule(result.instrument):
        words = "The questionnaire has no tool of its own that would count missing answers otherwise."
        return words_exhibit(KEY, words, "", is_appendix=True)
    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    for group in result.instrument.groups:
        score = result.scores.get(DIMENSION, result.organisation, group.id)
        tool = numbers[f"tool/{group.id}"].value
        ours = None if score.level is None else score.level.value
        rows.append(
            {
                "group": group.name,
                "ours": ours,
                "band": theme.MISSING
                if score.band_low is None or score.band_high is None
                else f"{theme.level(score.band_low)} to {theme.level(score.band_high)}",
                "tool": tool,
                "ids": " ".join(numbers.ids(f"level/{group.id}", f"tool/{group.id}")),
            }
        )
    apart = [
        (abs(row["tool"] - row["ours"]), row)
        for row in rows
        if isinstance(row["tool"], float) and isinstance(row["ours"], float)
    ]
    widest = max(apart, key=lambda one: one[0], default=None)
    if widest is None:
        claim = "Too few answers may be shown to count them in the way of the model's own tool."
    elif widest[0] < SAME:
        claim = "The model's own tool would show the same levels: missing answers make no difference."
    else:
        row = widest[1]
        claim = fit_claim(
            f"The model's own tool would show {theme.level(row['tool'])} for {row['group']}; the answers say "
            f"{theme.level(row['ours'])}.",
            f"The model's own tool would show {theme.level(row['tool'])} where the answers say "
            f"{theme.level(row['ours'])}.",
        )
    scale = result.instrument.scale
    return Exhibit(
        KEY,
        table(
            rows,
            columns={
                "group": "Part of the model",
                "ours": "Ours",
                "band": "Ours, at worst and best",
                "tool": "Its own tool",
            },
            units={"ours": "level", "tool": "level"},
            claim=claim,
            subtitle=(
                f"Level in the whole organisation, {scale.span}. The model's own tool counts "
                "a missing answer as a number; we leave it missing and say how far it could move the level"
            ),
            source=f"Survey, wave {result.wave}; {result.instrument.source or result.instrument.name}",
        ),
        is_appendix=True,
    )
