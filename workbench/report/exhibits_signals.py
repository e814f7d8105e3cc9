"""Which outcomes really moved: all series judged together, small charts, products in a funnel, chances of targets.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import dots_intervals, process_behaviour
from workbench.report.charts_signals import behaviour_panels, funnel_plot
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.exhibits_outcomes import all_sources, metric_sources
from workbench.report.tables import table
from workbench.report.values import shortened

if TYPE_CHECKING:
    from workbench.outcomes import Outcomes, Series
    from workbench.outcomes.signal_review import Comparison

MOST_PANELS = 6
"""Small charts on one exhibit."""

MOST_PERIODS = 36
"""Periods of a small chart, the newest: more would be too many numbers on a page."""

NEARLY = 0.05
"""Series that chance would show as rarely as this by themselves, and that do not stand among all, are listed."""

MOST_NEARLY = 5


def signals_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return what moved among all series, how many of these may be chance, and what nearly did."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.insights import say_span
    from workbench.outcomes.numbers import scope_key, series_span
    from workbench.outcomes.signal_sentences import say_portfolio
    from workbench.outcomes.wording import write_pair

    if not result.signals.portfolio.tested:
        return words_exhibit(
            "outcomes-signals",
            "Too early to tell what moved: no series has enough periods to judge.",
            "Twelve complete periods are needed, and one after them.",
        )
    numbers, currency = figures(result), result.settings.currency
    rows: list[dict[str, Any]] = []
    for move in result.moves:
        metric = result.catalogue.metric(move.metric)
        before, after = write_pair(move.before, move.after, metric.unit, currency)
        keys = [scope_key(what, move.metric, move.kind, move.parent) for what in ("before", "after")]
        rows.append(
            {
                "metric": metric.label,
                "where": result.name(move.kind, move.parent),
                "since": _when(say_span(metric, move.since, move.until, is_over=move.is_over)),
                "before": before,
                "after": after,
                "also": _also(len(move.also)),
                "state": "moved",
                "ids": numbers.known_ids(*keys),
            }
        )
    for series in _nearly(result):
        change, metric = series.watched.change, series.metric
        if change is None:
            continue
        latest = series.latest
        value = theme.MISSING if latest is None else theme.formatted(float(latest["value"]), metric.unit, currency)
        rows.append(
            {
                "metric": metric.label,
                "where": result.name(series.kind, series.parent),
                "since": _when(series_span(series)),
                "before": theme.MISSING,
                "after": value,
                "also": "",
                "state": "not told from chance",
                "ids": numbers.known_ids(scope_key("value", *series.scope)),
            }
        )
    names = ("metric", "where", "since", "before", "after", "also", "state")
    season = sum(s.watched.season is not None for s in result.series)
    return Exhibit(
        "outcomes-signals",
        table(
            rows,
            columns=dict(
                zip(
                    names,
                    ("Outcome", "Where clearest", "Since", "Before", "After (or latest)", "Also in", "What it is"),
                    strict=True,
                )
            ),
            units=dict.fromkeys(names, "text"),
            claim=fit_claim(say_portfolio(result), "Few of the moves that are named can be chance."),
            subtitle=(
                "One row an outcome, where it is clearest; company, lines, streams, experiences and products were "
                f"judged together; a season was removed from {season} series"
            ),
            source=all_sources(result),
        ),
    )


def series_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the outcome that moved most, line by line over time, with its usual range and what happened."""
    if isinstance(result, Off):
        return note_exhibit(result)
    shown = _panel_series(result)
    if not shown:
        return words_exhibit(
            "outcomes-series",
            "No outcome has a usual range yet to be drawn line by line.",
            "Twelve complete periods are needed.",
        )
    from workbench.outcomes import figures
    from workbench.outcomes.numbers import scope_key

    numbers, metric = figures(result), shown[0].metric
    rows: list[dict[str, Any]] = []
    moved = []
    for series in shown:
        name = result.name(series.kind, series.parent)
        name = f"{name[0].upper()}{name[1:]}"
        if series.watched.has_moved:
            moved.append(name)
        key = scope_key("value", *series.scope)
        rows += _panel_rows(result, series, name, numbers.known_ids(key))
    lines = [series for series in shown if series.kind != "company"]
    count = sum(series.watched.has_moved for series in lines)
    claim = f"{metric.label}: {count} of {len(lines)} lines shown left their usual range, the others did not."
    left = [any(series.is_outside()) for series in lines]
    if count not in (0, len(lines)) and left != [series.watched.has_moved for series in lines]:
        claim = f"{metric.label}: {count} of {len(lines)} lines shown moved, beyond chance."
    if count in (0, len(lines)):
        claim = f"{metric.label}: {'none' if not count else 'all'} of {len(lines)} lines shown moved."
    removed = any(series.watched.season is not None for series in shown)
    restarted = any(_restart(series) for series in shown)
    long = max(len(series.frame) for series in shown) > MOST_PERIODS
    span = f"the last {MOST_PERIODS} {metric.grain}s" if long else f"by {metric.grain}"
    words = [f"{metric.label}, {span}, each on its own scale"]
    words += ["seasons removed where evident"] if removed else []
    words += ["range calculated anew at acknowledged changes"] if restarted else []
    return Exhibit(
        "outcomes-series",
        behaviour_panels(
            rows,
            label="label",
            period="period",
            value="value",
            shown="shown",
            centre="centre",
            low="low",
            high="high",
            is_signal="outside",
            mark="mark",
            highlight=moved,
            unit=metric.unit,
            currency=result.settings.currency,
            claim=fit_claim(claim, f"{metric.label}: {count} of {len(lines)} lines shown moved."),
            subtitle="; ".join(words),
            source=metric_sources(result, shown[0].metric),
        ),
    )


def products_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the products of one outcome in a funnel: who differs by more than chance allows for his rows."""
    if isinstance(result, Off):
        return note_exhibit(result)
    one = _main_comparison(result)
    if one is None:
        return words_exhibit(
            "outcomes-products",
            "No outcome compares enough products on shares or rates of their own rows.",
            "Three products with rows in the latest complete period are needed.",
        )
    from workbench.outcomes import figures

    numbers, metric, funnel = figures(result), result.catalogue.metric(one.metric), one.funnel
    outside = funnel.outside(result.settings.false_share)
    names = [result.products.name(product) for product in funnel.parts]
    rows = [
        {
            "product": name,
            "value": funnel.values[place],
            "rows": funnel.rows[place],
            "low": funnel.low[place],
            "high": funnel.high[place],
            "inner_low": funnel.inner_low[place],
            "inner_high": funnel.inner_high[place],
            "ids": numbers.known_ids(f"funnel/{one.metric}/{product}"),
        }
        for place, (name, product) in enumerate(zip(names, funnel.parts, strict=True))
    ]
    when = theme.month(one.period) if metric.has_months else theme.day(one.period)
    number = len(outside)
    claim = f"{metric.label}: {number} of {len(names)} products differ{'s' if number == 1 else ''} by more than chance"
    claim += " allows." if number else "."
    if not number:
        claim = f"{metric.label}: no product differs by more than chance allows for its rows."
    spread = ""
    if funnel.between:
        spread = "; limits widened, for products differ more than chance all round"
    return Exhibit(
        "outcomes-products",
        funnel_plot(
            rows,
            label="product",
            value="value",
            n="rows",
            low="low",
            high="high",
            inner_low="inner_low",
            inner_high="inner_high",
            highlight=[result.products.name(product) for product in outside],
            reference=funnel.centre,
            reference_label="all",
            unit=metric.unit,
            currency=result.settings.currency,
            claim=fit_claim(claim, f"{number} of {len(names)} products differ by more than chance allows."),
            subtitle=f"{metric.label} by product, {when}, against the number of rows{spread}",
            source=", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables)),
        ),
    )


def chances_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the chance that each target is met on its date if nothing changes."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.insights import VERDICTS
    from workbench.outcomes.signal_sentences import chance_key, write_chance
    from workbench.outcomes.wording import write_pair

    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    for check in result.targets:
        odds = check.assurance
        if odds.chance is None or odds.by is None or chance_key(check) not in numbers:
            continue
        metric = result.catalogue.metric(check.metric)
        _, goal = write_pair(check.value or 0.0, check.target.value, metric.unit, result.settings.currency)
        where = "" if check.kind == "company" else f", {result.name(check.kind, check.parent)}"
        rows.append(
            {
                "label": f"{metric.label}{where}: {goal} by {theme.month(odds.by)} ({VERDICTS[odds.verdict]})",
                "chance": odds.chance,
                "low": odds.chance_low,
                "high": odds.chance_high,
                "ids": numbers.known_ids(chance_key(check)),
            }
        )
    if not rows:
        return words_exhibit(
            "outcomes-chances",
            "No target has a date ahead and a process steady enough to give its chance.",
            "A chance needs twelve periods without a move, a target and its date.",
        )
    likely = sum(row["chance"] >= 0.5 for row in rows)
    least = min(rows, key=lambda row: row["chance"])
    claim = (
        f"{likely} of {len(rows)} targets with a date ahead {'is' if likely == 1 else 'are'} more likely met than not"
    )
    tail = f"; the least likely has {write_chance(least['chance'])}."
    if len(rows) == 1:
        claim, tail = f"The one target with a date ahead has a chance of {write_chance(least['chance'])}", "."
    return Exhibit(
        "outcomes-chances",
        dots_intervals(
            rows,
            label="label",
            value="chance",
            low="low",
            high="high",
            unit="share",
            decimals=0,
            claim=fit_claim(claim + tail, f"{claim}."),
            subtitle=(
                "Chance that the period of the target's date meets it if the process goes on as it runs; "
                "80 % interval; targets of metrics that are moving are left out"
            ),
            source=all_sources(result),
        ),
    )


def rare_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the days between rare events, with their usual range."""
    if isinstance(result, Off):
        return note_exhibit(result)
    held = [one for one in result.signals.rare if one.limits is not None]
    if not held:
        return words_exhibit(
            "outcomes-rare",
            "No outcome is watched by the days between its events, or there are too few events yet.",
            "A count by day with chart: time_between, and twelve times between events.",
        )
    from workbench.outcomes import figures

    numbers = figures(result)
    one = max(held, key=lambda rare: (bool(rare.is_kept), rare.kind == "company", len(rare.gaps)))
    limits, metric = one.limits, result.catalogue.metric(one.metric)
    if limits is None:  # held ones have them
        return words_exhibit("outcomes-rare", "Too few events yet.", "")
    base = f"gaps/{one.metric}/{one.kind}/{one.parent or 'all'}"
    ids: list[str | None] = [None] * len(one.gaps)
    ids[0] = numbers.known_ids(f"{base}/usual")
    ids[-1] = numbers.known_ids(f"{base}/open", f"{base}/after")
    data = {
        "period": list(one.ends),
        "value": list(one.gaps),
        "centre": [limits.centre] * len(one.gaps),
        "low": [limits.lower] * len(one.gaps),
        "high": [limits.upper] * len(one.gaps),
        "outside": [
            place > limits.baseline_to and not limits.lower <= gap <= limits.upper for place, gap in enumerate(one.gaps)
        ],
        "ids": ids,
    }
    where = result.name(one.kind, one.parent)
    claim = f"{metric.label} in {where}: the days between two of them are as usual."
    if one.is_kept and one.change is not None:
        claim = f"{metric.label} in {where} came {'less' if one.change.size > 0 else 'more'} often than before."
    elif one.is_longer_than_ever:
        claim = f"{metric.label} in {where}: {one.open_days} days without one is longer than usual."
    return Exhibit(
        "outcomes-rare",
        process_behaviour(
            data,
            period="period",
            value="value",
            centre="centre",
            low="low",
            high="high",
            is_signal="outside",
            unit="days",
            claim=fit_claim(claim, f"{metric.label}: days between two of them."),
            subtitle=(
                f"Days since the one before, at each of {len(one.gaps)} events; usual range from the first {limits.n}; "
                f"{one.open_days} days since the last"
            ),
            source=", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables)),
        ),
    )


def _nearly(result: Outcomes) -> list[Series]:
    """Return series that moved by themselves and not among all, one a metric, clearest first; products apart."""
    moved = {move.metric for move in result.moves}
    held = [
        series
        for series in result.series
        if series.kind != "product"
        and series.metric.metric not in moved
        and series.watched.change is not None
        and not series.watched.has_moved
        and series.watched.change.p <= NEARLY
    ]
    held.sort(key=lambda series: series.watched.change.p if series.watched.change is not None else 1.0)
    first: dict[str, Series] = {}
    for series in held:
        first.setdefault(series.metric.metric, series)
    return list(first.values())[:MOST_NEARLY]


def _panel_series(result: Outcomes) -> list[Series]:
    """Return the company and lines of the outcome that moved most, or of the first that is judged."""
    judged = [s for s in result.series if s.watched.track is not None and s.watched.limits is not None]
    names = [move.metric for move in result.moves] + [series.metric.metric for series in judged]
    for name in dict.fromkeys(names):
        own = [s for s in judged if s.metric.metric == name and s.kind in ("company", "product_line")]
        lines = [s for s in own if s.kind == "product_line"]
        if len(lines) < 2:
            continue
        lines.sort(key=lambda s: (not s.watched.has_moved, s.watched.change.p if s.watched.change is not None else 1.0))
        company = [s for s in own if s.kind == "company"]
        return [*company, *lines][:MOST_PANELS]
    return []


def _panel_rows(result: Outcomes, series: Series, name: str, ids: str) -> list[dict[str, Any]]:
    track, frame, outside = series.watched.track, series.frame, series.is_outside()
    if track is None:
        return []
    marks: dict[int, str] = {}
    periods = list(frame["period"])
    for event in _events(result, series):
        place = max((at for at, period in enumerate(periods) if period <= event.date), default=None)
        if place is not None:
            marks[place] = shortened(event.what)
    latest = max((place for place, judged in enumerate(frame["is_judged"]) if judged), default=-1)
    rows = []
    for place, period in enumerate(periods):
        # a period still open is neither a gap nor a number to be judged: it is left out of the small charts
        if not frame["is_complete"].iloc[place]:
            continue
        rows.append(
            {
                "label": name,
                "period": period,
                "value": _known(frame["value"].iloc[place] if frame["is_judged"].iloc[place] else None),
                "shown": _known(track.shown[place]),
                "centre": _known(track.centre[place]),
                "low": _known(track.lower[place]),
                "high": _known(track.upper[place]),
                "outside": outside[place],
                "mark": marks.get(place),
                "ids": ids if place == latest else None,
            }
        )
    return rows[-MOST_PERIODS:]


def _events(result: Outcomes, series: Series) -> list[Any]:
    """Return what is on record for exactly this scope, or for its metric."""
    own = {series.parent, series.metric.metric} if series.parent else {series.metric.metric}
    return [event for event in result.events if event.scope in own]


def _restart(series: Series) -> bool:
    track, limits = series.watched.track, series.watched.limits
    return track is not None and limits is not None and len(set(track.centre)) > 1 and limits.transform != "shares"


def _main_comparison(result: Outcomes) -> Comparison | None:
    """Return the comparison in which most products differ; the first where none does."""
    held = result.signals.comparisons
    share = result.settings.false_share
    return max(held, key=lambda one: (len(one.funnel.outside(share)), len(one.funnel.parts)), default=None)


def _when(span: str) -> str:
    return span.removeprefix("since ").removeprefix("in ").removeprefix("from ")


def _also(count: int) -> str:
    return "" if not count else f"{count} other" if count == 1 else f"{count} others"


def _known(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
