"""Every number that the outcomes chapter states, numbered in an order that depends on the client's tables only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench import theme
from workbench.findings import Figure, Figures, Off, figure_once, number_figures
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.driver_sentences import carrier_figures, driver_figures
from workbench.outcomes.insights import say_span
from workbench.outcomes.loop_sentences import loop_figures, product_loop_figures
from workbench.outcomes.reading_sentences import reading_figures
from workbench.outcomes.reviewed import Move, Outcomes, Series, TargetCheck
from workbench.outcomes.rollup_sentences import share_figures
from workbench.outcomes.signal_sentences import signal_figures
from workbench.outcomes.work_sentences import work_figures
from workbench.products import KIND_NAMES

COMPANY = "all"
"""Stands for the parent in the keys of the company's figures: ``value/nps/company/all``."""


def scope_key(what: str, metric: str, kind: str, parent: str) -> str:
    """Return the key of a figure, such as ``value/nps/product_line/motor``.

    Parameters
    ----------
    what : str
        ``value``, ``target``, ``before``, ``after`` or ``change``.
    """
    return f"{what}/{metric}/{kind}/{parent or COMPANY}"


@figure_once
def figures(result: Outcomes | Off) -> Figures:
    """Return every number the chapter states, numbered in an order that depends on the client's tables only.

    Keys: ``value/…`` (latest complete period), ``before/…``, ``after/…`` and ``change/…`` (where it moved),
    ``target/…``, each followed by metric, kind and parent; ``effect/…`` with a factor at the end; ``count/…``;
    ``data/…`` for findings on the data; ``control/…`` for the ledger. ``reached/…`` is a value in shares of its
    target; ``value/…/unallocated`` and ``…/unknown`` are what no parent of a kind holds; ``loop/…`` and ``stage/…``
    are told in `loop_figures`, ``flow/…`` and ``delivery/…`` in `work_figures`, ``reversal/…``, ``variance/…`` and
    ``carrier/…`` in `driver_figures`, ``signals/…``, ``chance/…``, ``funnel/…`` and ``gaps/…`` in `signal_figures`,
    ``reading/…`` and ``rank/…`` in `reading_figures`, ``left/…`` and ``miss/…`` in `share_figures`.
    """
    if isinstance(result, Off):
        return Figures(())
    found = _counts(result)
    moved = _moved_scopes(result)
    for series in result.series:
        if series.kind != "product" or series.scope in moved:
            found.append(_value_figure(result, series))
            found += _move_figures(result, series, moved)
    found += _left_over_figures(result)
    found += _target_figures(result, moved)
    found += _effect_figures(result)
    found += _data_figures(result)
    found += loop_figures(result)
    found += work_figures(result.work, result.products)
    found += driver_figures(result)
    found += signal_figures(result)
    found += share_figures(result)
    known = {figure.key for figure in found}
    found += [figure for figure in _own_figures(result) if figure.key not in known]
    return number_figures("O", found)


def _counts(result: Outcomes) -> list[Figure]:
    on = result.metrics_on()
    judged = {s.metric.metric for s in result.series if s.watched.limits is not None}
    better = sum(move.is_favourable is True for move in result.moves)
    worse = sum(move.is_favourable is False for move in result.moves)
    met = sum(check.is_met is True for check in result.targets)
    missed = sum(check.assurance.verdict == "fails" for check in result.targets)
    rows = (
        ("metrics", "Outcomes in the catalogue", len(result.catalogue.metrics)),
        ("on", "Outcomes computed", len(on)),
        ("judged", "Outcomes with enough periods to judge", len(judged)),
        ("moved", "Outcomes that moved", len(result.moves)),
        ("better", "Outcomes that moved for the better", better),
        ("worse", "Outcomes that moved for the worse", worse),
        ("targets", "Targets", len(result.targets)),
        ("met", "Targets met in the latest complete period", met),
        ("missed", "Targets that are consistently missed", missed),
    )
    return [Figure("", f"count/{key}", name, float(value), "count", source="metrics") for key, name, value in rows]


def _moved_scopes(result: Outcomes) -> dict[tuple[str, str, str], Move]:
    found: dict[tuple[str, str, str], Move] = {}
    for move in result.moves:
        for kind, parent in ((move.kind, move.parent), *move.also):
            found[move.metric, kind, parent] = move
    return found


def _value_figure(result: Outcomes, series: Series) -> Figure:
    latest = series.latest
    name = _figure_name(result, series)
    key = scope_key("value", *series.scope)
    source = _files(result, series.metric)
    if latest is None:
        return Figure("", key, name, None, series.metric.unit, source=f"{source}: no complete period with rows")
    period = theme.month(latest["period"]) if series.metric.has_months else theme.day(latest["period"])
    low, high = (float(latest[c]) if latest[c] == latest[c] else None for c in ("low", "high"))
    return Figure(
        "",
        key,
        f"{name}, {period}",
        float(latest["value"]),
        series.metric.unit,
        low,
        high,
        round(float(latest["n"])),
        source,
    )


def _move_figures(result: Outcomes, series: Series, moved: dict[tuple[str, str, str], Move]) -> list[Figure]:
    name, source = _figure_name(result, series), _files(result, series.metric)
    change = series.watched.change
    if change is None or not (series.scope in moved or (series.kind != "product" and series.watched.has_moved)):
        if series.kind == "product":
            return []
        reason = series.watched.reason or _why_unmoved(series)
        return [
            Figure("", scope_key("change", *series.scope), f"{name}: change", None, series.metric.unit, source=reason)
        ]
    span = series_span(series)
    low, high = _interval_of(result, series)
    rows = (
        ("before", f"{name}: baseline", change.before, None, None),
        ("after", f"{name}: {span}", change.after, None, None),
        ("change", f"{name}: change {span}", change.size, low, high),
    )
    return [
        Figure("", scope_key(what, *series.scope), label, float(value), series.metric.unit, start, end, source=source)
        for what, label, value, start, end in rows
    ]


def _why_unmoved(series: Series) -> str:
    """Return why no change is stated; a point outside the usual range is not called one inside it."""
    return "not told from chance among all series" if any(series.is_outside()) else "inside its usual range"


def series_span(series: Series) -> str:
    """Return since when a series stands at its new level, or from when to when it stood there."""
    change, latest = series.watched.change, series.latest
    if change is None or latest is None:
        return ""
    judged = [place for place in range(change.first, len(series.frame)) if series.frame["is_judged"].iloc[place]]
    since, until = series.period(change.first), series.period(max(judged[: change.points], default=change.first))
    return say_span(series.metric, since, until, is_over=until < latest["period"])


def _interval_of(result: Outcomes, series: Series) -> tuple[float | None, float | None]:
    """Return the interval of a change that a statement speaks of."""
    told = (*result.insights, *(insight for reading in result.readings for insight in reading.insights))
    found = next((i for i in told if i.kind in ("move", "hint") and i.scope[1:] == series.scope), None)
    return (None, None) if found is None else (found.low, found.high)


def _target_figures(result: Outcomes, moved: Mapping[tuple[str, str, str], Move]) -> list[Figure]:
    found: list[Figure] = []
    seen: set[str] = set()
    for check in result.targets:
        metric = result.catalogue.metric(check.metric)
        key = scope_key("target", check.metric, check.kind, check.parent)
        if key in seen:
            key = f"{key}/{check.target.by.isoformat() if check.target.by else len(seen)}"
        if key in seen:
            key = f"{key}/{len(seen)}"
        seen.add(key)
        by = f" by {theme.day(check.target.by)}" if check.target.by else ""
        name = f"{metric.label}, {result.name(check.kind, check.parent)}: target{by}"
        found.append(Figure("", key, name, float(check.target.value), metric.unit, source="metrics"))
        reached = name.replace(": target", ": share of the target reached, target")
        share_key = key.replace("target/", "reached/", 1)
        found.append(Figure("", share_key, reached, share_of_target(check), "share", source="metrics"))
        series = result.find(check.metric, check.kind, check.parent)
        value_key = scope_key("value", check.metric, check.kind, check.parent)
        if series is not None and series.kind == "product" and series.scope not in moved and value_key not in seen:
            seen.add(value_key)
            found.append(_value_figure(result, series))
    return found


def _own_figures(result: Outcomes) -> list[Figure]:
    """Return what lines and managers read beyond the chapter: their own moves, targets' values, loops, ranks."""
    mine = replace(result, moves=result.own_moves)
    moved = {(move.metric, move.kind, move.parent): move for move in result.own_moves}
    found: list[Figure] = []
    for series in result.series:
        if series.scope in moved:
            found += [_value_figure(result, series), *_move_figures(result, series, moved)]
    found += _effect_figures(mine) + carrier_figures(mine) + product_loop_figures(result)
    return found + reading_figures(result)


def _effect_figures(result: Outcomes) -> list[Figure]:
    found = []
    for move in result.moves:
        if move.split is None:
            continue
        metric = result.catalogue.metric(move.metric)
        where = f"{metric.label}, {result.name(move.kind, move.parent)}"
        base = scope_key("effect", move.metric, move.kind, move.parent)
        exact = {factor: move.split.exact_parts(factor) for factor in {e.factor for e in move.split.effects}}
        for effect in move.split.effects:
            if effect.segment and effect not in exact[effect.factor]:
                continue  # parts that only illustrate do not become figures
            key = f"{base}/{effect.factor}" + (f"/{effect.segment}" if effect.segment else "")
            name = f"{where}: effect of {effect.factor}" + (f", {effect.segment}" if effect.segment else "")
            found.append(Figure("", key, name, float(effect.effect), metric.unit, source=_files(result, metric)))
        for what, value in (("before", move.split.before), ("after", move.split.after)):
            name = f"{where}: {what} the change, over all its periods"
            found.append(Figure("", f"{base}/{what}", name, float(value), metric.unit, source=_files(result, metric)))
    return found


def _data_figures(result: Outcomes) -> list[Figure]:
    found = [
        Figure("", f"data/{place + 1}", finding.claim, float(finding.rows), "count", source=finding.table or "facts")
        for place, finding in enumerate(result.findings)
    ]
    for record in result.controls:
        metric = result.catalogue.metric(str(record["measure"]))
        where = str(record["scope"] or COMPANY)
        key = f"control/{record['measure']}/{where}/{record['period']}"
        name = f"{metric.label}, {where}, {record['period']}: difference to the ledger"
        found.append(Figure("", key, name, float(str(record["difference"])), "share", source="control_totals"))
    return found


def _figure_name(result: Outcomes, series: Series) -> str:
    where = result.name(series.kind, series.parent)
    kind = "" if series.kind == "company" else f" ({KIND_NAMES[series.kind]})"
    return f"{series.metric.label}, {where}{kind}"


def _files(result: Outcomes, metric: Metric) -> str:
    return ", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables))


def share_of_target(check: TargetCheck) -> float | None:
    """Return a value in shares of its target; None where there is no value or the target is not above zero."""
    if check.value is None or check.target.value <= 0:
        return None
    return check.value / check.target.value


def shown_metric(result: Outcomes) -> Metric | None:
    """Return the metric whose adding-up is shown: the first sum or count that is on, else None."""
    return next((m for m in result.metrics_on() if m.type in ("sum", "count") and m.via and not m.is_input), None)


def left_over(result: Outcomes, metric: Metric, kind: str, what: str) -> float | None:
    """Return what no parent of a kind holds in the latest complete period.

    Parameters
    ----------
    what : str
        ``unallocated`` (shares leave it over) or ``unknown`` (rows of unknown products).
    """
    company, rolled = result.find(metric.metric), result.rolled.get(kind)
    if company is None or company.latest is None or rolled is None:
        return None
    frame = rolled.unallocated if what == "unallocated" else rolled.unknown
    rows = frame[(frame["metric"] == metric.metric) & (frame["period"] == company.latest["period"])]
    value = float(rows["value"].iloc[0]) if len(rows) else 0.0
    return value if value == value else 0.0


def _left_over_figures(result: Outcomes) -> list[Figure]:
    metric = shown_metric(result)
    if metric is None:
        return []
    found = []
    for kind in result.rolled:
        for what in ("unallocated", "unknown"):
            name = f"{metric.label}, {what} by {KIND_NAMES[kind]}"
            value = left_over(result, metric, kind, what)
            key = f"value/{metric.metric}/{kind}/{what}"
            found.append(Figure("", key, name, value, metric.unit, source=_files(result, metric)))
    return found
