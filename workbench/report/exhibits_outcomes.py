"""What outcomes show: all metrics, distances to targets, the main move and its cause, the adding-up, the data's faults.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import CLAIM_LENGTH, Figures, Off
from workbench.report.charts import bar_diverging, process_behaviour, waterfall
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table
from workbench.report.values import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.outcomes import Move, Outcomes, Series
    from workbench.outcomes.catalogue import Metric
    from workbench.outcomes.drivers import Split

DIRECTION_WORDS = {"up": "higher", "down": "lower", "band": "in its band", "neutral": "neither"}
"""Which way is good, as a table says it."""

CONSEQUENCES = {"off": "switched off", "marked": "marked", "informs": "counted and left out or shown apart"}
MOST_BARS = 4
"""Parts of a waterfall shown by name; the rest stand together."""


def all_outcomes_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the table of all outcomes: latest value, usual range, whether it moved, its target, who decides."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.numbers import scope_key

    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    moved = {move.metric: move for move in result.moves}
    for metric in result.metrics_on():
        move = moved.get(metric.metric)
        scope = (move.kind, move.parent) if move is not None else ("company", "")
        series = result.find(metric.metric, *scope) or next(
            (held for held in result.series if held.metric.metric == metric.metric), None
        )
        if series is None:
            continue
        keys = [scope_key("value", *series.scope)]
        keys += [scope_key(what, *series.scope) for what in ("before", "after")] if move is not None else []
        rows.append(
            {
                "metric": metric.label,
                "where": _where(result, series),
                "latest": _latest(result, series),
                "range": _range(result, series),
                "state": _state(series, move),
                "good": DIRECTION_WORDS[metric.direction],
                "owner": metric.loop.owner or "nobody yet",
                "ids": numbers.known_ids(*keys),
            }
        )
    count = len(result.moves)
    claim = f"{count} of {len(rows)} outcomes moved beyond {'its' if count == 1 else 'their'} usual ups and downs."
    return Exhibit(
        "outcomes-all",
        table(
            rows,
            columns={
                "metric": "Outcome",
                "where": "Where",
                "latest": "Latest",
                "range": "Usual range",
                "state": "What it does",
                "good": "Good is",
                "owner": "Decides",
            },
            units=dict.fromkeys(("metric", "where", "latest", "range", "state", "good", "owner"), "text"),
            claim=claim if count else f"None of {len(rows)} outcomes moved beyond its usual ups and downs.",
            subtitle=f"Latest complete period up to {theme.day(result.settings.as_of)}, where the move is clearest",
            source=all_sources(result),
        ),
    )


def targets_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return every target and where its metric stands, in percent of the target."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.insights import VERDICTS
    from workbench.outcomes.numbers import scope_key, share_of_target
    from workbench.outcomes.wording import write_pair

    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    met = 0
    for check in result.targets:
        metric, reached = result.catalogue.metric(check.metric), share_of_target(check)
        key = scope_key("target", check.metric, check.kind, check.parent)
        if check.value is None or reached is None or metric.direction not in ("up", "down") or key not in numbers:
            continue
        now, goal = write_pair(check.value, check.target.value, metric.unit, result.settings.currency)
        place = "" if check.kind == "company" else f", {result.name(check.kind, check.parent)}"
        if any(row["ids"].split()[:1] == [numbers[key].id] for row in rows):
            continue  # a second date for the same scope; the table of targets in the appendix holds it
        met += check.is_met is True
        rows.append(
            {
                "label": f"{metric.label}{place}: {now} (target {goal})",
                "reached": reached,
                "up": metric.direction == "up",
                "verdict": VERDICTS[check.assurance.verdict],
                "ids": numbers.known_ids(
                    key,
                    key.replace("target/", "reached/", 1),
                    scope_key("value", check.metric, check.kind, check.parent),
                ),
            }
        )
    if not rows:
        return words_exhibit(
            "outcomes-targets", "No outcome has a target that could be compared.", "metrics.yaml, targets."
        )
    missed = sum(row["verdict"] == VERDICTS["fails"] for row in rows)
    claim = f"{met} of {len(rows)} targets {'is' if met == 1 else 'are'} met"
    claim += f"; {missed} {'is' if missed == 1 else 'are'} consistently missed." if missed else " today."
    return Exhibit(
        "outcomes-targets",
        bar_diverging(
            rows,
            label="label",
            value="reached",
            target=1.0,
            higher_is_better="up",
            unit="share",
            decimals=0,
            claim=claim,
            subtitle="Latest complete period in percent of its target; the words say value and target",
            source=all_sources(result),
        ),
    )


def move_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the main move over time, with its usual range, its target and what happened around it."""
    if isinstance(result, Off):
        return note_exhibit(result)
    move = _main_move(result)
    series = result.find(move.metric, move.kind, move.parent) if move is not None else None
    if move is None or series is None or series.watched.limits is None:
        return words_exhibit(
            "outcomes-move",
            "No outcome has moved beyond its usual ups and downs.",
            "With a longer history smaller moves can be seen; nothing is drawn to look like one.",
        )
    from workbench.outcomes import figures

    return move_chart(result, move, figures(result), "outcomes-move")


def move_chart(result: Outcomes, move: Move, numbers: Figures, key: str) -> Exhibit:
    """Return one move over time, with its usual range, its target and what happened around it."""
    from workbench.outcomes.insights import say_move
    from workbench.outcomes.numbers import scope_key

    series = result.find(move.metric, move.kind, move.parent)
    if series is None or series.watched.limits is None:
        return words_exhibit(key, "It has no usual range to be drawn with.", "A move has one.")
    limits, frame, track = series.watched.limits, series.frame, series.watched.track
    if track is None:  # what has limits has a track
        return words_exhibit(key, "It has no usual range to be drawn with.", "A move has one.")
    has_season = series.watched.season is not None
    ids: list[str | None] = [None] * len(frame)
    latest = frame.index[frame["is_judged"]]
    if len(latest) and not has_season:  # the figure is what was measured
        ids[int(latest[-1])] = numbers[scope_key("value", *series.scope)].id
    if series.watched.change is not None:
        ids[series.watched.change.first] = numbers.known_ids(scope_key("after", *series.scope))
        ids[limits.baseline_from] = numbers.known_ids(scope_key("before", *series.scope))
    shown = track.shown if has_season else list(frame["value"])
    data = {
        "period": list(frame["period"]),
        "value": _known(shown),
        "centre": _known(track.centre),
        "low": _known(track.lower),
        "high": _known(track.upper),
        "outside": series.is_outside(),
        "complete": [bool(flag) for flag in frame["is_complete"]],
        "ids": ids,
    }
    target = next((c.target.value for c in result.targets if (c.metric, c.kind, c.parent) == series.scope), None)
    rows = round(float(frame["n"].sum()))
    return Exhibit(
        key,
        process_behaviour(
            data,
            period="period",
            value="value",
            centre="centre",
            low="low",
            high="high",
            is_signal="outside",
            is_complete="complete",
            target=target,
            events=[(event.date, shortened(event.what)) for event in move.events[:3]],
            unit=series.metric.unit,
            currency=result.settings.currency,
            decimals=_decimals(series.metric.unit, limits.upper - limits.lower),
            claim=say_move(move, series.metric, result.products, result.settings.currency),
            subtitle=(
                f"{series.metric.label}, {_where(result, series)}, by {series.metric.grain}; "
                f"{_season_words(series)}usual range from {limits.n} {series.metric.grain}s; "
                f"{theme.number(rows, 0)} rows"
            ),
            source=metric_sources(result, series.metric),
        ),
    )


def cause_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return why the main move happened: shares, mix and rate from the level before to the level after."""
    if isinstance(result, Off):
        return note_exhibit(result)
    move = _main_move(result, has_split=True)
    if move is None or move.split is None:
        return words_exhibit(
            "outcomes-cause",
            "No move could be split into its causes.",
            "Sums, counts, ratios, weighted means and scores can be split; percentiles and distinct counts cannot.",
        )
    from workbench.outcomes import figures

    return cause_chart(result, move, move.split, figures(result), "outcomes-cause")


def cause_chart(result: Outcomes, move: Move, split: Split, numbers: Figures, key: str) -> Exhibit:
    """Return why one move happened: the steps from the level before to the level after."""
    from workbench.outcomes.insights import say_span
    from workbench.outcomes.numbers import scope_key

    metric = result.catalogue.metric(move.metric)
    base = scope_key("effect", move.metric, move.kind, move.parent)
    rows = [_step("Before", split.before, True, numbers, f"{base}/before")]
    for label, effect, keys in _steps(result, split, base):
        rows.append(_step(label, effect, False, numbers, *keys))
    rows.append(_step("After", split.after, True, numbers, f"{base}/after"))
    points = ", effects in points of percent" if metric.unit == "share" else ""
    events = f"; on record: {shortened(move.events[0].what, 60)}" if move.events else ""
    span = say_span(metric, move.since, move.until, is_over=move.is_over)
    return Exhibit(
        key,
        waterfall(
            rows,
            label="step",
            value="value",
            is_total="is_total",
            unit=metric.unit,
            currency=result.settings.currency,
            decimals=_decimals(metric.unit, abs(split.change)),
            higher_is_better={"up": True, "down": False}.get(metric.direction),
            claim=_cause_claim(result, move, split),
            subtitle=(
                f"{metric.label}, {result.name(move.kind, move.parent)}: baseline against the "
                f"{metric.grain}s {span}{points}{events}"
            ),
            source=", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables)),
        ),
    )


def rollup_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return one metric added up to lines, streams and experiences, with what no parent holds."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.numbers import left_over, scope_key, shown_metric
    from workbench.products import KIND_NAMES

    metric = shown_metric(result)
    company = result.find(metric.metric) if metric is not None else None
    if metric is None or company is None or company.latest is None or not result.rolled:
        return words_exhibit(
            "outcomes-rollup",
            "No sum or count could be added up to lines, streams and experiences.",
            "It takes a metric of type sum or count, and memberships.",
        )
    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    total = float(company.latest["value"])

    def add(kind: str, name: str, value: float | None, key: str, is_total: bool = False) -> None:
        part = None if value is None or not total else value / total
        rows.append(
            {
                "kind": kind,
                "name": name,
                "value": value,
                "part": part,
                "is_total": is_total,
                "ids": numbers.known_ids(key),
            }
        )

    is_nested = False
    for kind in result.rolled:
        if kind not in metric.via:
            continue
        for parent in result.products.parents(kind):
            figure = numbers[key] if (key := scope_key("value", metric.metric, kind, parent)) in numbers else None
            value = figure.value if figure is not None and isinstance(figure.value, float) else None
            above = result.products.parents_above(kind, parent, company.latest["period"])
            within = f", in {theme.listing([result.products.name(one) for one in above], 2)}" if above else ""
            is_nested = is_nested or bool(above)
            add(KIND_NAMES[kind], result.products.name(parent) + within, value, key)
        for what, name in (("unallocated", "unallocated"), ("unknown", "unknown products")):
            amount = left_over(result, metric, kind, what)
            if amount or what == "unallocated":
                add(KIND_NAMES[kind], name, amount, f"value/{metric.metric}/{kind}/{what}")
    add("company", "total", total, scope_key("value", metric.metric, "company", ""), is_total=True)
    over = max((left_over(result, metric, kind, "unallocated") or 0.0 for kind in result.rolled), default=0.0)
    period = _period(company)
    claim = f"{metric.label}: every way of adding up gives the company's {_written(result, total, metric.unit)}."
    if total and over / total >= 0.005:
        claim = f"{theme.percent(over / total)} of {metric.label.lower()} belongs to no parent in one way of adding up."
    return Exhibit(
        "outcomes-rollup",
        table(
            rows,
            columns={"kind": "Added up by", "name": "Parent", "value": metric.label, "part": "Part of the company"},
            units={"kind": "text", "name": "text", "value": metric.unit, "part": "share"},
            decimals={"part": 1},
            currency=result.settings.currency,
            is_total="is_total",
            claim=claim if len(claim) <= CLAIM_LENGTH else "Every way of adding up gives the company's total.",
            subtitle=f"{metric.label}, {period}; each product counted by its share in force"
            + ("; what stands in another parent is counted there too" if is_nested else ""),
            source=metric_sources(result, company.metric) + ", memberships",
        ),
        is_appendix=len(rows) > 14,
    )


def honesty_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return what is wrong or unusual in the facts, with what follows from it."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures

    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    for place, finding in enumerate(result.findings):
        rows.append(
            {
                "finding": finding.claim,
                "rows": finding.rows,
                "consequence": CONSEQUENCES[finding.consequence],
                "touches": theme.listing([result.catalogue.metric(m).label for m in finding.metrics], 3),
                "ids": numbers.known_ids(f"data/{place + 1}"),
            }
        )
    told = {finding.claim for finding in result.findings}
    for metric, reason in result.off:
        if reason not in told:
            label = result.catalogue.metric(metric).label
            rows.append({"finding": reason, "rows": None, "consequence": "switched off", "touches": label, "ids": ""})
    if not rows:
        return words_exhibit(
            "outcomes-data",
            "Nothing wrong was found in the facts.",
            "Keys, products, dates, empty and open periods and the ledger's totals were checked.",
        )
    off = len(result.off)
    claim = f"{len(rows)} thing{'s' if len(rows) != 1 else ''} in the facts need{'' if len(rows) != 1 else 's'} a look"
    claim += (
        f"; {off} outcome{'s are' if off != 1 else ' is'} switched off." if off else "; no outcome is switched off."
    )
    return Exhibit(
        "outcomes-data",
        table(
            rows,
            columns={"finding": "Finding", "rows": "Rows", "consequence": "What we did", "touches": "Outcomes"},
            units={"finding": "text", "rows": "count", "consequence": "text", "touches": "text"},
            claim=claim,
            subtitle="Keys, products, dates, empty and open periods, ledger totals; rows (periods for the calendar)",
            source=all_sources(result),
        ),
    )


# -- parts -----------------------------------------------------------------------------------------------------------


def _main_move(result: Outcomes, *, has_split: bool = False) -> Move | None:
    """Return the move whose statement ranks first, bad news before good as in the bottom line, if any."""
    moves = {(move.metric, move.kind, move.parent): move for move in result.moves}
    told = sorted(result.insights, key=lambda insight: insight.is_favourable is True)
    ranked = [moves[key] for i in told if (key := (i.metric, i.scope_kind, i.parent)) in moves]
    ranked = list(dict.fromkeys(ranked)) + [move for move in result.moves if move not in ranked]
    return next((move for move in ranked if move.split is not None or not has_split), None)


def _steps(result: Outcomes, split: Split, base: str) -> list[tuple[str, float, list[str]]]:
    """Return the steps of the waterfall: factors; the main one by its parts, the small parts together."""
    from workbench.outcomes.drivers import FACTOR_ORDER

    found: list[tuple[str, float, list[str]]] = []
    for whole in sorted(split.wholes(), key=lambda effect: FACTOR_ORDER.index(effect.factor)):
        parts = split.exact_parts(whole.factor)
        name = split.name_of(whole.factor).capitalize()
        if len(parts) < 2 or abs(whole.effect) < 0.2 * abs(split.change):
            found.append((name, whole.effect, [f"{base}/{whole.factor}"]))
            continue
        shown = parts[:MOST_BARS] if len(parts) > MOST_BARS + 1 else parts
        for part in shown:
            label = f"{name}: {result.products.name(part.segment)}"
            found.append((label, part.effect, [f"{base}/{whole.factor}/{part.segment}"]))
        rest = parts[len(shown) :]
        if rest:
            keys = [f"{base}/{part.factor}/{part.segment}" for part in rest]
            found.append((f"{name}: {len(rest)} others", sum(part.effect for part in rest), keys))
    return found


def _step(label: str, value: float, is_total: bool, numbers: Figures, *keys: str) -> dict[str, Any]:
    return {"step": label, "value": value, "is_total": is_total, "ids": numbers.known_ids(*keys)}


def _cause_claim(result: Outcomes, move: Move, split: Split) -> str:
    from workbench.outcomes.wording import write_change

    metric, currency = result.catalogue.metric(move.metric), result.settings.currency
    largest = split.wholes()[0]
    where = result.name(move.kind, move.parent)
    words = {"rate": "Price" if split.base else "The rate itself", "volume": "Volume", "shares": "The share table"}
    words |= {factor: split.name_of(factor).capitalize() for factor in ("new", "gone", "loose")}
    name = words.get(largest.factor, f"The {split.name_of(largest.factor)}")
    amount = write_change(largest.effect, metric.unit, currency)
    whole = write_change(split.change, metric.unit, currency)
    for claim in (
        f"{name} carries {amount} of {whole}: {metric.label}, {where}.",
        f"{name} carries {amount} of {whole} in {where}.",
        f"{name} carries {amount} of {whole}.",
    ):
        if len(claim) <= CLAIM_LENGTH:
            return claim
    return f"{name} carries most of the change."


def _where(result: Outcomes, series: Series) -> str:
    return result.name(series.kind, series.parent)


def _latest(result: Outcomes, series: Series) -> str:
    latest = series.latest
    if latest is None:
        return theme.MISSING
    return _written(result, float(latest["value"]), series.metric.unit)


def _range(result: Outcomes, series: Series) -> str:
    limits = series.watched.limits
    if limits is None:
        return "too early to tell"
    if series.watched.widest is None:
        return "compared with the year before"
    limits = series.watched.widest
    low, high = (_written(result, value, series.metric.unit) for value in (limits.lower, limits.upper))
    if limits.is_constant:
        return f"always {low}"
    unit = high.partition(" ")[2]
    return f"{low.removesuffix(f' {unit}') if unit else low} to {high}"


def _state(series: Series, move: Move | None) -> str:
    from workbench.outcomes.insights import say_span

    if series.watched.limits is None:
        return "too early"
    if series.watched.has_left:
        return "was constant, now differs"
    if move is None and series.watched.limits.is_constant:
        return "never changes"
    if move is None:
        return "usual ups and downs"
    way = "rose" if move.change > 0 else "fell"
    side = {True: ", for the better", False: ", for the worse", None: ""}[move.is_favourable]
    return f"{way} {say_span(series.metric, move.since, move.until, is_over=move.is_over)}{side}"


def _written(result: Outcomes, value: float, unit: str) -> str:
    return theme.formatted(value, unit, result.settings.currency)


def _period(series: Series) -> str:
    if series.latest is None:
        return theme.MISSING
    when = series.latest["period"]
    return theme.month(when) if series.metric.has_months else f"{series.metric.grain} from {theme.day(when)}"


def _season_words(series: Series) -> str:
    season = series.watched.season
    if season is None:
        return ""
    return "without its season; " if season.effects else "change on the same period a year before; "


def _known(values: Sequence[float]) -> list[float | None]:
    return [None if value != value else float(value) for value in values]


def _decimals(unit: str, size: float) -> int | None:
    """Return the decimals that a chart needs to show differences of this size; None leaves it to the unit."""
    from workbench.outcomes.wording import decimals_for

    if unit == "share":
        return decimals_for(100 * size)
    return None if unit in ("currency", "count", "people") else decimals_for(size)


def metric_sources(result: Outcomes, metric: Metric) -> str:
    """Return the client's sources of one metric."""
    return ", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables))


def all_sources(result: Outcomes) -> str:
    """Return the client's sources of all metrics that are measured."""
    used = [name for metric in result.metrics_on() for name in metric.tables]
    return theme.listing(list(dict.fromkeys(result.sources.get(name, name) for name in used)), 4)
