"""What readiness shows of the way ahead: initiatives, each line's first steps, and how probable each class is.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import stacked_diverging
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Initiative, Readiness
    from workbench.readiness.verdict import LineVerdict

NOTHING_LEFT = "Nothing is left to do: every question that is shown has reached its target."


def roadmap_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the initiatives: what, where first, who, what it takes and brings, and how it is known to be done."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.roadmap_words import exit_words

    held = result.roadmap
    if not held.initiatives:
        return words_exhibit("readiness-roadmap", NOTHING_LEFT, "", source=_source(result))
    numbers = figures(result)
    is_costed = any(one.cost is not None for one in held.initiatives)
    rows = []
    for place, one in enumerate(held.initiatives, start=1):
        waits = f" (after {theme.listing([f'{number}' for number in one.after])})" if one.after else ""
        rows.append(
            {
                "what": f"{place} {one.name}{waits}",
                "where": _first_words(one),
                "owner": one.owner,
                "effort": one.effort,
                "cost": one.cost,
                "gain": one.gain,
                "exit": exit_words(result.instrument, one),
                "ids": " ".join(numbers.ids(*(f"initiative/{place}/{name}" for name in ("gain", "effort", "cost")))),
            }
        )
    columns = {"what": "Initiative", "where": "Where first", "owner": "Owner", "effort": "Effort"}
    columns |= {"cost": "Known cost" if _is_part(result) else "Cost"} if is_costed else {}
    columns |= {"gain": "Brings", "exit": "Done when shown"}
    whole = sum(one.gain for one in held.initiatives)
    ways = [result.percent_to_target[part.id] for part in result.lines]
    known = [way for way in ways if way is not None]
    today = sum(known) / len(known) if known and len(known) == len(ways) else None
    count = len(rows)
    return Exhibit(
        "readiness-roadmap",
        table(
            rows,
            columns=columns,
            units={"effort": "count", "cost": "currency", "gain": "share"},
            decimals={"gain": 1},
            currency=result.settings.currency,
            claim=fit_claim(
                f"A year of work takes the lines from {theme.percent(today, 0)} to {theme.percent(today + whole, 0)} "
                f"of the way to target, in {count} initiative{'s' if count != 1 else ''}."
                if today is not None
                else f"{count} initiative{'s' if count != 1 else ''} of a year, and what shows that each is done.",
            ),
            subtitle=(
                "Steps of four quarters, merged; pilot lines first. Effort 1 low, 2 medium, 4 high, added up. "
                "Brings: rise of the way to target, mean over lines"
            ),
            source=_source(result),
        ),
    )


def steps_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the first steps of every line, with what they bring, what they wait for and how stable their rank is."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.roadmap_numbers import step_key
    from workbench.readiness.roadmap_words import step_words
    from workbench.readiness.steps import TOP

    steps = [step for step in result.roadmap.steps if step.rank <= TOP]
    if not steps:
        return words_exhibit("readiness-steps", NOTHING_LEFT, "", source=_source(result), is_appendix=True)
    numbers = figures(result)
    rows = [
        {
            "line": theme.upper_start(step.name),
            "quarter": step.quarter,
            "step": step_words(result.instrument, step),
            "effort": step.effort,
            "gain": step.gain,
            "waits": theme.listing([result.instrument.item(name).printed for name in step.waits_for]) or theme.MISSING,
            "stability": step.stability,
            "ids": " ".join(numbers.ids(step_key(step), f"stable/{step_key(step)}")),
        }
        for step in steps
    ]
    known = [step.stability for step in steps if step.stability is not None]
    firm = sum(share >= 0.8 for share in known)
    hidden = _unplanned(result)
    left = f"; {hidden} hidden levels are not planned" if hidden else ""
    return Exhibit(
        "readiness-steps",
        table(
            rows,
            columns={
                "line": "Line",
                "quarter": "Quarter",
                "step": "Step (level)",
                "effort": "Effort",
                "gain": "Brings",
                "waits": "Waits for",
                "stability": "Stays in front",
            },
            units={"quarter": "count", "effort": "count", "gain": "share", "stability": "share"},
            decimals={"gain": 1, "stability": 0},
            claim=(
                f"{firm} of {len(known)} first steps stay in front in 8 of 10 draws of the levels."
                if known
                else f"{len(steps)} steps come first; how stable their rank is may not be shown."
            ),
            subtitle=(
                f"First {TOP} steps of each line, {result.settings.steps_per_quarter} a quarter from the line's start; "
                "brings: rise of the line's way to target (of the organisation: mean over lines); stays in front: "
                f"share of draws of all levels in which it is among the first {TOP}{left}"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def verdict_odds_exhibit(result: Readiness | Off) -> Exhibit:
    """Return how probable each class is for every line."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.classes import CLASSES
    from workbench.readiness.roadmap_numbers import odds_key

    lines = [line for line in (result.verdict.lines if result.verdict is not None else ()) if line.odds]
    if not lines:
        return words_exhibit(
            "readiness-odds",
            "How probable each class is may not be shown, or no line has a class.",
            "Probabilities are shown for lines in which ten people or more answered and every gate is shown.",
            source=_source(result),
            is_appendix=True,
        )
    numbers = figures(result)
    rows = [
        {
            "line": line.name,
            "class": name,
            "share": share,
            "ids": numbers[odds_key(name, line.line)].id,
        }
        for line in lines
        for name, share in line.odds
    ]
    return Exhibit(
        "readiness-odds",
        stacked_diverging(
            rows,
            label="line",
            answer="class",
            value="share",
            order=CLASSES,
            claim=_claim_odds(lines),
            subtitle=(
                f"Probability of each class, from {result.settings.draws} draws of all gates together; lines with "
                "fewer than ten people on a gate in tenths"
            ),
            source=f"Survey, wave {result.wave}; instrument {result.instrument.name}",
        ),
        is_appendix=True,
    )


def _claim_odds(lines: list[LineVerdict]) -> str:
    from workbench.readiness.verdict import chance_words

    likely = [max(line.odds, key=lambda one: one[1]) for line in lines]
    name, share = min(likely, key=lambda one: one[1])
    line = lines[[one[1] for one in likely].index(share)]
    if share >= 0.95:
        return fit_claim(
            f"In {'all' if len(lines) > 1 else 'its'} {len(lines)} lines one class is over 9 in 10 likely."
        )
    return fit_claim(
        f"{line.name} is the most open line: {name}, {chance_words(share)}.",
        f"The most open line is {name}, {chance_words(share)}.",
    )


def _first_words(initiative: Initiative) -> str:
    """Return the pilot lines, and how many follow."""
    if not initiative.waves:
        return "the whole organisation"
    rest = sum(len(wave) for wave in initiative.waves[1:])
    return theme.listing(list(initiative.waves[0])) + (f", then {rest} more" if rest else "")


def _unplanned(result: Readiness) -> int:
    """Return how many item levels of planned lines are hidden."""
    planned = [part for part in result.lines if result.roadmap.ways.get(part.id) is not None]
    return sum(
        result.scores.get("item", part, item.id).level is None
        for part in planned
        for item in result.instrument.items
        if item.scope == "line"
    )


def _is_part(result: Readiness) -> bool:
    return any(one.cost is not None and not one.is_costed for one in result.roadmap.initiatives)


def _source(result: Readiness) -> str:
    return f"Survey, wave {result.wave}; readiness_targets; instrument {result.instrument.name}"
