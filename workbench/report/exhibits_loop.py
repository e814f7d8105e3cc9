"""What the feedback loop shows, step by step and line by line, and products whose use contradicts their stage.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.outcomes import Outcomes
    from workbench.outcomes.loop import Loop
    from workbench.outcomes.signal_log import Latency, LoopHealth

MOST_ROWS = 18
"""Products that a chart of stages shows; those that differ from their stage come first."""


def loop_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return how long each step from a signal to its effect takes, with what is still open counted as open."""
    if isinstance(result, Off):
        return note_exhibit(result)
    loop = result.loop
    if isinstance(loop, Off):
        return note_exhibit(loop, "outcomes-loop")
    from workbench.outcomes import figures
    from workbench.outcomes.loop_sentences import STEP_WORDS, loop_claim

    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    for latency in loop.company.latencies:
        key = f"loop/company/all/{latency.start}-{latency.end}"
        rows.append(
            {
                "step": STEP_WORDS[latency.step].capitalize(),
                "n": latency.n,
                "open": latency.open,
                "quarter": _reached(latency, 0.25),
                "half": _reached(latency, 0.5),
                "interval": _interval(latency),
                "three": _reached(latency, 0.75),
                "ids": numbers.known_ids(*(f"{key}/{part}" for part in ("quarter", "half", "three_quarters", "open"))),
            }
        )
    confidence = theme.percent(loop.confidence)
    return Exhibit(
        "outcomes-loop",
        table(
            rows,
            columns={
                "step": "Step",
                "n": "Signals",
                "open": "Still open",
                "quarter": "A quarter within",
                "half": "Half within",
                "interval": f"Half, {confidence} interval",
                "three": "Three quarters within",
            },
            units={"n": "count", "open": "count"}
            | dict.fromkeys(("step", "quarter", "half", "interval", "three"), "text"),
            claim=loop_claim(loop),
            subtitle=(
                f"Days; {loop.company.n} signals {'on record' if loop.is_log else 'traced by hand'}, "
                f"{theme.day(loop.as_of)}. An open signal counts for as long as it has waited"
            ),
            source="feedback",
        ),
    )


def loop_lines_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return which share of signals is decided in the time promised, line by line and channel by channel."""
    if isinstance(result, Off):
        return note_exhibit(result)
    loop = result.loop
    if isinstance(loop, Off):
        return note_exhibit(loop, "outcomes-loop-lines")
    from workbench.outcomes import figures
    from workbench.outcomes.loop_sentences import LEAST_LISTED, group_name, parents_with_signals
    from workbench.products import KIND_NAMES

    numbers = figures(result)
    parents = parents_with_signals(loop)
    shown = [*parents, *(held for held in loop.of("channel") if held.n >= LEAST_LISTED), loop.company]
    rows = []
    for health in shown:
        base = f"loop/{health.kind}/{health.key or 'all'}"
        held = health.decision.within(loop.promise)
        word = "channel" if health.kind == "channel" else ""
        name = group_name(result, health)
        rows.append(
            {
                "name": f"{name} ({word})" if word else name,
                "share": held.share,
                "low": held.low,
                "high": held.high,
                "signals": health.decision.n,
                "note": "too early to tell",
                "ids": numbers.known_ids(f"{base}/decision_rate"),
            }
        )
    days = f"{loop.promise:g} days"
    kind = KIND_NAMES[parents[0].kind] if parents else "product"
    return Exhibit(
        "outcomes-loop-lines",
        dots_intervals(
            rows,
            label="name",
            value="share",
            low="low",
            high="high",
            n="signals",
            note="note",
            unit="share",
            decimals=0,
            highlight=["All signals"],
            claim=_lines_claim(result, loop, parents),
            subtitle=(
                f"Signals decided within {days} by {kind} and channel, with {theme.percent(loop.confidence)} interval "
                "and number of signals; a signal counts in each parent of its product"
            ),
            source="feedback, memberships",
        ),
        is_appendix=True,
    )


def stages_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return how fast the use of each product grows, beside the stage that its owner declares."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.stages import BAND, USAGE_FRAMES

    held = [one for one in result.stages if one.growth is not None]
    if not held:
        frames = theme.listing(list(USAGE_FRAMES), 4).replace(" and ", " or ")
        why = (
            f"Give the outcome that shows use a frame in metrics.yaml: {frames}."
            if not result.stages
            else f"No product has enough periods: {result.stages[0].reason}."
        )
        return words_exhibit(
            "outcomes-stages", "Declared stages could not be compared with the use of the products.", why
        )
    numbers = figures(result)
    differ = [one for one in held if one.contradicts]
    shown = (differ + [one for one in held if not one.contradicts])[:MOST_ROWS]
    names = {one.product: _stage_name(result.products.name(one.product), one.declared) for one in shown}
    rows = [
        {
            "name": names[one.product],
            "growth": one.growth.value,
            "low": one.growth.low,
            "high": one.growth.high,
            "suggested": one.suggested or "open",
            "ids": numbers.known_ids(f"stage/{one.product}/growth"),
        }
        for one in shown
        if one.growth is not None
    ]
    metric = result.catalogue.metric(held[0].metric)
    is_yearly = all(one.growth is not None and one.growth.is_year_on_year for one in held)
    against = "the last four quarters against the year before" if is_yearly else "the last four quarters"
    band = theme.percent(BAND)
    return Exhibit(
        "outcomes-stages",
        dots_intervals(
            rows,
            label="name",
            value="growth",
            low="low",
            high="high",
            unit="share",
            decimals=1,
            reference=0.0,
            reference_label="no change",
            highlight=[names[one.product] for one in differ if one.product in names],
            claim=_stages_claim(result, len(differ), len(held)),
            subtitle=(
                f"{metric.label}: growth a year, {against}, with {theme.percent(result.settings.confidence)} interval; "
                f"declared stage in brackets. Wholly above {band} suggests grow, below −{band} retire"
            ),
            source=", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables)) + ", products",
        ),
    )


# -- parts -----------------------------------------------------------------------------------------------------------


def _reached(latency: Latency, share: float) -> str:
    if latency.curve is None:
        return latency.reason or theme.MISSING
    held = latency.curve.reached(share)
    return f"longer than {theme.number(held.longer_than, 0)}" if held.value is None else _written(held.value)


def _interval(latency: Latency) -> str:
    if latency.curve is None:
        return theme.MISSING
    held = latency.curve.reached(0.5)
    low = _written(held.low or 0.0)
    return f"{low} or more" if held.high is None else f"{low} to {_written(held.high)}"


def _written(days: float) -> str:
    return theme.number(days, 0 if days >= 10 or float(days).is_integer() else 1)


def _lines_claim(result: Outcomes, loop: Loop, parents: tuple[LoopHealth, ...]) -> str:
    """Return the best and the worst by counts; with few signals shares would say too much."""
    from workbench.outcomes.loop_sentences import group_name

    days = f"{loop.promise:g} days"
    waits = [(held.decision.within(loop.promise).share, held) for held in parents if held.decision.n]
    known = [(share, held) for share, held in waits if share is not None]
    if len(known) < 2:
        return fit_claim(f"{loop.company.n} signals do not tell the lines apart.")
    least, worst = min(known, key=lambda pair: (pair[0], -(pair[1].decision.oldest or 0.0), -pair[1].n))
    most, best = max(known, key=lambda pair: (pair[0], pair[1].n))
    if least == most:
        return fit_claim(f"No line decides sooner than another: {theme.percent(most)} within {days} everywhere.")
    one, other = group_name(result, best), group_name(result, worst)
    return fit_claim(
        f"{one} decides {_part(most, best)} signals within {days}, {other} {_part(least, worst)}.",
        f"{other} decides {_part(least, worst)} signals within {days}, another line {_part(most, best)}.",
        f"Lines differ: between {theme.percent(least)} and {theme.percent(most)} are decided within {days}.",
    )


def _part(share: float, health: LoopHealth) -> str:
    n = health.decision.n
    return f"all {n}" if share == 1 else f"none of {n}" if share == 0 else f"{theme.percent(share)} of {n}"


def _stages_claim(result: Outcomes, differ: int, count: int) -> str:
    if not differ:
        return f"The use of {count} products does not contradict the stage that is declared for them."
    which = "1 of" if differ == 1 else f"{differ} of"
    return f"The use of {which} {count} products suggests another stage than the one declared."


def _stage_name(name: str, declared: str | None) -> str:
    return f"{name} ({declared or 'no stage'})"
