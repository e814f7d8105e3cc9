"""What carries a change, which totals mislead and what differs from the budget, in plain words and as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Figures, Finding, fit_claim
from workbench.outcomes.driver_wording import AGAINST, dimension_words, say_difference, segment_name, which_parts
from workbench.outcomes.drivers import FACTOR_ORDER
from workbench.outcomes.simpson import OTHERS, Reversal
from workbench.outcomes.wording import write_change, write_pair
from workbench.products import KIND_NAMES

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Outcomes
    from workbench.outcomes.variances import Variance

_ALL = "all"


def reversal_key(reversal: Reversal, what: str) -> str:
    """Return the key of a figure, such as ``reversal/conversion/product_line/life/channel/before``."""
    place = f"{reversal.metric}/{reversal.kind}/{reversal.parent or _ALL}/{reversal.dimension}"
    return f"{'gap' if reversal.what == 'gap' else 'reversal'}/{place}/{what}"


def variance_key(variance: Variance, what: str) -> str:
    """Return the key of a figure, such as ``variance/budget/sales/product_line/motor/volume``."""
    return f"variance/{variance.against}/{variance.metric}/{variance.kind}/{variance.parent or _ALL}/{what}"


def sure_reversals(result: Outcomes) -> tuple[Reversal, ...]:
    """Return the totals that mislead beyond chance, each metric and dimension once, where it is surest."""
    found: dict[tuple[str, str, str], Reversal] = {}
    for one in result.reversals:
        if one.is_sure:
            found.setdefault((one.metric, one.dimension, one.what), one)
    return tuple(found.values())


def shown_variances(result: Outcomes) -> tuple[Variance, ...]:
    """Return what the report shows: the company, and product lines against a plan."""
    plans = {"company": True, "product_line": False}
    return tuple(v for v in result.variances if v.kind in plans and (plans[v.kind] or v.against != "prior"))


def driver_figures(result: Outcomes) -> list[Figure]:
    """Return the numbers of misleading totals and of other versions.

    Keys: ``reversal/`` (or ``gap/``) ``metric/kind/parent/dimension/`` with ``before``, ``after``, ``like_for_like``
    (with its interval) and, for each stratum, ``before:``, ``after:``, ``weight_before:`` and ``weight_after:`` before
    its name; ``variance/version/metric/kind/parent/`` with ``planned``, ``actual``, ``difference`` and the factors; and
    ``carrier/metric/kind/parent/`` with the segments that carry a move, and ``explained``.
    """
    return [*carrier_figures(result), *_reversal_figures(result), *_variance_figures(result)]


def reversal_cautions(result: Outcomes, numbers: Figures) -> list[Finding]:
    """Return one finding a total that misleads: both numbers, and the stratum that moved."""
    found = []
    for one in sure_reversals(result):
        claim, detail = say_reversal(result, one)
        keys = [reversal_key(one, what) for what in ("before", "after", "like_for_like")]
        keys += [reversal_key(one, f"{what}:{one.moved}") for what in ("weight_before", "weight_after")]
        found.append(Finding(claim, detail, numbers.ids(*keys)))
    return found


def say_reversal(result: Outcomes, reversal: Reversal) -> tuple[str, str]:
    """Return the claim and the detail of a total that misleads."""
    metric, currency = result.catalogue.metric(reversal.metric), result.settings.currency
    where = "" if reversal.kind == "company" else f" in {result.name(reversal.kind, reversal.parent)}"
    each, parts = dimension_words(reversal.dimension)
    total, like = ("rose", "fell") if reversal.overall > 0 else ("fell", "rose")
    sizes = [write_change(abs(v), metric.unit, currency).lstrip("+") for v in (reversal.overall, reversal.rate_effect)]
    if reversal.what == "gap":
        return _say_gap(result, reversal, sizes)
    claim = fit_claim(
        f"{metric.label}{where} {total} by {sizes[0]} in all, yet {like} by {sizes[1]} like for like.",
        f"{metric.label} {total} by {sizes[0]} in all, yet {like} by {sizes[1]} like for like.",
        f"{metric.label}{where} {total} in all, yet {like} like for like.",
        f"{metric.label[:60]} {total} in all, yet {like} like for like.",
    )
    before, after = write_pair(reversal.before, reversal.after, metric.unit, currency)
    low, high = sorted((reversal.low, reversal.high), key=abs)
    low_text, high_text = (write_change(value, metric.unit, currency) for value in (low, high))
    moved = reversal.stratum(reversal.moved)
    name = OTHERS.strip("()") if moved.segment == OTHERS else segment_name(moved.segment, result.products)
    also = [
        result.name(other.kind, other.parent)
        for other in result.reversals
        if other is not reversal
        and other.is_sure
        and (other.metric, other.dimension, other.what) == (reversal.metric, reversal.dimension, reversal.what)
    ]
    detail = (
        f"In all it went from {before} to {after}. With each {each} held against itself it {like} by {sizes[1]} "
        f"(between {low_text} and {high_text}). What moved is {name}: from {theme.percent(moved.weight_before)} to "
        f"{theme.percent(moved.weight_after)} of the whole. Judge the {parts}, not the total."
    )
    return claim, detail + (f" It shows in {theme.listing(also)} too." if also else "")


def _say_gap(result: Outcomes, reversal: Reversal, sizes: Sequence[str]) -> tuple[str, str]:
    """Return the sentences of a parent that stands on the other side of all others, once like is held against like."""
    metric, currency = result.catalogue.metric(reversal.metric), result.settings.currency
    where = result.name(reversal.kind, reversal.parent)
    each, parts = dimension_words(reversal.dimension)
    total, like = ("above", "below") if reversal.overall > 0 else ("below", "above")
    claim = fit_claim(
        f"{metric.label}: {where} is {sizes[0]} {total} the others in all, yet {sizes[1]} {like} like for like.",
        f"{where} is {sizes[0]} {total} the others in all, yet {sizes[1]} {like} like for like.",
        f"{where} is {total} the others in all, yet {like} like for like.",
    )
    here, others = write_pair(reversal.after, reversal.before, metric.unit, currency)
    low, high = sorted((reversal.low, reversal.high), key=abs)
    moved = reversal.stratum(reversal.moved)
    name = segment_name(moved.segment, result.products)
    detail = (
        f"{metric.label}: {here} here, {others} for all others. With each {each} held against the same {each} it is "
        f"{sizes[1]} {like} (between {write_change(low, metric.unit, currency)} and "
        f"{write_change(high, metric.unit, currency)}). What differs is {name}: "
        f"{theme.percent(moved.weight_after)} of the whole here, {theme.percent(moved.weight_before)} elsewhere. "
        f"Judge the {parts}, not the total."
    )
    return claim, detail


def say_variance(result: Outcomes, variance: Variance) -> tuple[str, str]:
    """Return the claim and the detail of a difference to another version: calendar and events first, then causes."""
    metric, currency = result.catalogue.metric(variance.metric), result.settings.currency
    where = "" if variance.kind == "company" else f" in {result.name(variance.kind, variance.parent)}"
    actual, planned = write_pair(variance.split.after, variance.split.before, metric.unit, currency)
    side = "at" if variance.change == 0 else "above" if variance.change > 0 else "below"
    against = AGAINST[variance.against]
    claim = fit_claim(
        f"{metric.label}{where} is {actual}, {side} {against}{'' if actual == planned else f' of {planned}'}.",
        f"{metric.label}{where} is {side} {against}.",
        f"{metric.label[:60]} is {side} {against}.",
    )
    from workbench.outcomes.insights import say_events
    from workbench.outcomes.rollup_sentences import say_breaks

    told = say_events(variance.events) if variance.events else ""
    span = f"{theme.month(variance.first)} to {theme.month(variance.last)}, periods that have ended."
    cause = say_difference(variance.split, metric.unit, currency)
    doubt = say_breaks(variance.breaks, result.products) if variance.holds_under_other_shares is False else ""
    return claim, " ".join(piece for piece in (span, told, cause, doubt) if piece)


def carrier_figures(result: Outcomes) -> list[Figure]:
    """Return the figures of the few that carry each move."""
    found = []
    for move in result.moves:
        if move.carriers is None:
            continue
        metric = result.catalogue.metric(move.metric)
        base = f"carrier/{move.metric}/{move.kind}/{move.parent or _ALL}"
        where = f"{metric.label}, {result.name(move.kind, move.parent)}"
        source = _files(result, move.metric)
        for segment, effect in move.carriers.segments:
            name = f"{where}: part of the change in {segment}"
            found.append(Figure("", f"{base}/{segment}", name, effect, metric.unit, source=source))
        which = which_parts(move.carriers, result.products)
        name = f"{where}: part of the change explained by {which}"
        found.append(Figure("", f"{base}/explained", name, move.carriers.explained, "share", source=source))
    return found


def _reversal_figures(result: Outcomes) -> list[Figure]:
    found = [
        Figure("", "count/reversals", "Totals that mislead beyond chance", float(len(sure_reversals(result))), "count")
    ]
    for one in sure_reversals(result):
        metric, source = result.catalogue.metric(one.metric), _files(result, one.metric)
        where = f"{metric.label}, {result.name(one.kind, one.parent)}"
        n = sum(stratum.rows for stratum in one.strata)
        for what, value in (("before", one.before), ("after", one.after)):
            name = f"{where}: the total {what}"
            if one.what == "gap":
                name = f"{metric.label}, all others" if what == "before" else where
            found.append(Figure("", reversal_key(one, what), name, value, metric.unit, n=n, source=source))
        key, name = reversal_key(one, "like_for_like"), f"{where}: change with each {one.dimension} against itself"
        found.append(Figure("", key, name, one.rate_effect, metric.unit, one.low, one.high, n, source))
        for stratum in one.strata:
            rows: tuple[tuple[str, float | None, str], ...] = (
                ("before", stratum.before, metric.unit),
                ("after", stratum.after, metric.unit),
                ("weight_before", stratum.weight_before, "share"),
                ("weight_after", stratum.weight_after, "share"),
            )
            for what, number, unit in rows:
                name = f"{where}, {stratum.segment}: {what.replace('_', ' ')}"
                key = reversal_key(one, f"{what}:{stratum.segment}")
                found.append(Figure("", key, name, number, unit, n=stratum.rows, source=source))
    return found


def _variance_figures(result: Outcomes) -> list[Figure]:
    found = []
    for one in shown_variances(result):
        metric, source = result.catalogue.metric(one.metric), _files(result, one.metric)
        kind = "" if one.kind == "company" else f" ({KIND_NAMES[one.kind]})"
        where = f"{metric.label}, {result.name(one.kind, one.parent)}{kind}, against {AGAINST[one.against]}"
        rows: list[tuple[str, float | None]] = [
            ("planned", one.split.before),
            ("actual", one.split.after),
            ("difference", one.change),
        ]
        by_factor = {effect.factor: effect.effect for effect in one.split.wholes()}
        rows += [(factor, by_factor[factor]) for factor in FACTOR_ORDER if factor in by_factor]
        for what, value in rows:
            name = f"{where}: {what}"
            found.append(Figure("", variance_key(one, what), name, value, metric.unit, source=source))
    return found


def _files(result: Outcomes, metric: str) -> str:
    tables: Sequence[str] = result.catalogue.metric(metric).tables
    return ", ".join(dict.fromkeys(result.sources.get(name, name) for name in tables))
