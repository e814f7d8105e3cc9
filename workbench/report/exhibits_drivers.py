"""Why outcomes differ: from plan to actual, which few segments carry a move, totals that mislead, a second view.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import waterfall
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.exhibits_outcomes import metric_sources
from workbench.report.tables import table
from workbench.report.values import shortened

if TYPE_CHECKING:
    from workbench.outcomes import Outcomes
    from workbench.outcomes.simpson import Reversal
    from workbench.outcomes.variances import Variance

PLANS = ("budget", "forecast", "prior")
"""What an outcome is held against, the first that there is."""

ASKED_FIRST = ("definition", "price", "outage", "campaign")
"""Kinds of event that are asked before any factor."""


def plan_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the way from budget (or forecast, or the year before) to actual: volume, mix, price, members, shares."""
    if isinstance(result, Off):
        return note_exhibit(result)
    variance = _main_variance(result)
    if variance is None:
        return _no_plan("outcomes-plan")
    from workbench.outcomes import figures
    from workbench.outcomes.driver_sentences import say_variance, variance_key
    from workbench.outcomes.driver_wording import AGAINST
    from workbench.outcomes.drivers import FACTOR_ORDER
    from workbench.outcomes.wording import write_change

    numbers, metric, split = figures(result), result.catalogue.metric(variance.metric), variance.split
    against = AGAINST[variance.against].removeprefix("the ").capitalize()
    by_factor = {effect.factor: effect.effect for effect in split.wholes()}
    steps = [(against, split.before, True, "planned")]
    steps += [(split.name_of(f).capitalize(), by_factor[f], False, f) for f in FACTOR_ORDER if f in by_factor]
    steps += [("Actual", split.after, True, "actual")]
    rows = [
        {"step": name, "value": value, "is_total": is_total, "ids": numbers.known_ids(variance_key(variance, what))}
        for name, value, is_total, what in steps
        if is_total or value
    ]
    claim, _ = say_variance(result, variance)
    largest = split.wholes()[0]
    named = f"{split.name_of(largest.factor)} {write_change(largest.effect, metric.unit, result.settings.currency)}"
    event = next((e for kind in ASKED_FIRST for e in variance.events if e.kind == kind), None)
    events = f"; on record: {shortened(event.what, 48)}" if event is not None else ""
    return Exhibit(
        "outcomes-plan",
        waterfall(
            rows,
            label="step",
            value="value",
            is_total="is_total",
            unit=metric.unit,
            currency=result.settings.currency,
            higher_is_better={"up": True, "down": False}.get(metric.direction),
            claim=fit_claim(f"{claim.removesuffix('.')}; most of it {named}.", claim),
            subtitle=f"{metric.label}, {_span(variance)}, the company{_base(result, variance)}{events}",
            source=metric_sources(result, result.catalogue.metric(variance.metric)),
        ),
    )


def plan_lines_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the same outcome line by line: plan, actual, and what stands between them."""
    if isinstance(result, Off):
        return note_exhibit(result)
    main = _main_variance(result)
    if main is None:
        return _no_plan("outcomes-plan-lines")
    from workbench.outcomes import figures
    from workbench.outcomes.driver_sentences import shown_variances, variance_key
    from workbench.outcomes.driver_wording import AGAINST

    numbers, metric = figures(result), result.catalogue.metric(main.metric)
    held = [v for v in shown_variances(result) if (v.metric, v.against) == (main.metric, main.against)]
    lines = sorted((v for v in held if v.kind == "product_line"), key=lambda v: v.change)
    rows: list[dict[str, Any]] = []
    for one in [*lines, main]:
        by = one.split.by_cause()
        whats = ("planned", "actual", "difference", *(effect.factor for effect in one.split.wholes()))
        rows.append(
            {
                "line": result.name(one.kind, one.parent),
                "planned": one.split.before,
                "actual": one.split.after,
                "difference": one.change,
                "volume": by.get("volume"),
                "mix": by.get("mix"),
                "rate": by.get("rate"),
                "other": (by.get("shares", 0.0) + by.get("members", 0.0)) or None,
                "cause": one.split.name_of("rate") if one.split.cause == "rate" else one.split.cause,
                "is_total": one is main,
                "ids": numbers.known_ids(*(variance_key(one, what) for what in whats)),
            }
        )
    shown = [name for name in ("planned", "actual", "difference") if rows]
    shown += [name for name in ("volume", "mix", "rate", "other") if any(row[name] for row in rows)]
    headers = {
        "planned": AGAINST[main.against].removeprefix("the ").capitalize(),
        "actual": "Actual",
        "difference": "Difference",
        "volume": "Volume",
        "mix": "Mix",
        "rate": main.split.name_of("rate").capitalize(),
        "other": "Shares, new, ended",
    }
    below = [row for row in rows[:-1] if row["difference"] < 0]
    above = sum(row["difference"] > 0 for row in rows[:-1])
    count = len(rows) - 1
    number = f"{above} of {count} lines {'is' if above == 1 else 'are'}" if count > 1 else "The company is"
    way = "above" if count > 1 or main.change > 0 else "below" if main.change < 0 else "at"
    claim = f"{number} {way} {AGAINST[main.against]} in {theme.lower_label(metric.label)}"
    most = f"; {below[0]['line']} is furthest below, mostly by {below[0]['cause']}." if below and count > 1 else "."
    return Exhibit(
        "outcomes-plan-lines",
        table(
            rows,
            columns={"line": "Line", **{name: headers[name] for name in shown}, "cause": "Mostly"},
            units={"line": "text", "cause": "text"} | dict.fromkeys(shown, metric.unit),
            currency=result.settings.currency,
            is_total="is_total",
            claim=fit_claim(claim + most, f"{claim}."),
            subtitle=f"{metric.label}, {_span(main)}; each row adds up{_base(result, main)}",
            source=metric_sources(result, result.catalogue.metric(main.metric)),
        ),
    )


def versions_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return every outcome of the company against its plan and the year before, with what made most of it."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.driver_sentences import shown_variances, variance_key
    from workbench.outcomes.driver_wording import AGAINST
    from workbench.outcomes.wording import write_change, write_pair

    numbers, currency = figures(result), result.settings.currency
    rows = []
    held = [variance for variance in shown_variances(result) if variance.kind == "company"]
    for one in held:
        metric = result.catalogue.metric(one.metric)
        actual, planned = write_pair(one.split.after, one.split.before, metric.unit, currency)
        rows.append(
            {
                "metric": metric.label,
                "against": AGAINST[one.against].removeprefix("the "),
                "planned": planned,
                "actual": actual,
                "difference": write_change(one.change, metric.unit, currency) if one.change else "none",
                "cause": one.split.name_of("rate") if one.split.cause == "rate" else one.split.cause,
                "good": {True: "better", False: "worse", None: ""}[one.is_favourable],
                "ids": numbers.known_ids(*(variance_key(one, what) for what in ("planned", "actual", "difference"))),
            }
        )
    if not rows:
        return _no_plan("outcomes-versions")
    better, judged = sum(v.is_favourable is True for v in held), sum(v.is_favourable is not None for v in held)
    return Exhibit(
        "outcomes-versions",
        table(
            rows,
            columns={
                "metric": "Outcome",
                "against": "Against",
                "planned": "There",
                "actual": "Actual",
                "difference": "Difference",
                "cause": "Mostly",
                "good": "Is it",
            },
            units=dict.fromkeys(("metric", "against", "planned", "actual", "difference", "cause", "good"), "text"),
            claim=f"{better} of {judged} comparisons with a plan or the year before are better than that."
            if judged
            else f"{len(rows)} comparisons with a plan or the year before, none of which has a good side.",
            subtitle=f"The company, {_span(held[0])}, only periods that have ended; differences within chance included",
            source=theme.listing(
                list(dict.fromkeys(metric_sources(result, result.catalogue.metric(v.metric)) for v in held)), 4
            ),
        ),
        is_appendix=True,
    )


def carriers_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return each move with the few products or segments that carry it, or that it is broad."""
    if isinstance(result, Off):
        return note_exhibit(result)
    held = [move for move in result.moves if move.carriers is not None]
    if not held:
        return words_exhibit(
            "outcomes-carriers",
            "No move could be looked at by its segments.",
            "It takes two products in the scope, or columns listed under segments in metrics.yaml.",
        )
    from workbench.outcomes import figures
    from workbench.outcomes.driver_wording import dimension_words, which_parts
    from workbench.outcomes.numbers import COMPANY, scope_key
    from workbench.outcomes.wording import write_change

    numbers, currency = figures(result), result.settings.currency
    rows, few = [], 0
    for move in held:
        carriers, metric = move.carriers, result.catalogue.metric(move.metric)
        if carriers is None:
            continue
        few += carriers.are_few
        many = dimension_words(carriers.dimension)[1] if carriers.are_few else ""
        base = f"carrier/{move.metric}/{move.kind}/{move.parent or COMPANY}"
        keys = [scope_key("change", move.metric, move.kind, move.parent), f"{base}/explained"]
        keys += [f"{base}/{name}" for name, _ in carriers.segments]
        rows.append(
            {
                "metric": metric.label,
                "where": result.name(move.kind, move.parent),
                "change": write_change(move.change, metric.unit, currency),
                "by": which_parts(carriers, result.products) if carriers.are_few else "no few; it is broad",
                "of": f"{len(carriers.segments)} of {carriers.of} {many}" if carriers.are_few else "",
                "explained": carriers.explained,
                "weight": carriers.weight,
                "ids": numbers.known_ids(*keys),
            }
        )
    looked = theme.listing(
        [dimension_words(n)[1] for n in dict.fromkeys(n for m in held if m.carriers for n in m.carriers.asked)], 6
    )
    claim = f"{few} of {len(rows)} moves {'is' if few == 1 else 'are'} carried by a few segments; the others are broad."
    if few in (0, len(rows)):
        claim = (
            "Every move is carried by a few segments."
            if few
            else "No move is carried by a few segments: all are broad."
        )
    return Exhibit(
        "outcomes-carriers",
        table(
            rows,
            columns={
                "metric": "Outcome",
                "where": "Where",
                "change": "Change",
                "by": "Carried by",
                "of": "That is",
                "explained": "Part of the change",
                "weight": "Part of the base",
            },
            units=dict.fromkeys(("metric", "where", "change", "by", "of"), "text")
            | {"explained": "share", "weight": "share"},
            claim=claim,
            subtitle=f"At most three that explain two thirds; looked at: {looked}",
            source=theme.listing(
                list(dict.fromkeys(metric_sources(result, result.catalogue.metric(m.metric)) for m in held)), 4
            ),
        ),
    )


def reversal_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the surest total that misleads: each stratum, the total, and what happened like for like."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes.driver_sentences import sure_reversals

    sure = sure_reversals(result)
    if not sure:
        doubtful = len(result.reversals)
        words = "1 could" if doubtful == 1 else f"{doubtful} could"
        more = f" {words} be one by chance and {'is' if doubtful == 1 else 'are'} not shown." if doubtful else ""
        return words_exhibit(
            "outcomes-reversal",
            "No total says the opposite of its parts.",
            f"Rates of the company and its parents, by product and by each declared dimension.{more}",
        )
    return _reversal_table(result, sure[0], len(sure))


def second_view_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the effects of each move by the exact split, and by LMDI-I beside it; for the appendix."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.outcomes.numbers import scope_key
    from workbench.outcomes.wording import write_change

    numbers, currency = figures(result), result.settings.currency
    rows, agree = [], 0
    for move in result.moves:
        split = move.split
        if split is None or not split.second:
            continue
        metric = result.catalogue.metric(move.metric)
        second = {effect.factor: effect.effect for effect in split.second}
        exact = {effect.factor: effect.effect for effect in split.wholes()}
        if "shares" in exact and "shares" not in second:  # in a ratio LMDI-I takes both as one
            exact["products"] = exact.get("products", 0.0) + exact.pop("shares")
        largest = max(exact, key=lambda factor: abs(exact[factor]))
        agree += max(second, key=lambda factor: abs(second[factor])) == largest
        for factor in sorted(exact, key=lambda name: -abs(exact[name])):
            rows.append(
                {
                    "metric": f"{metric.label}, {result.name(move.kind, move.parent)}",
                    "factor": split.name_of(factor),
                    "exact": write_change(exact[factor], metric.unit, currency),
                    "second": write_change(second.get(factor, 0.0), metric.unit, currency),
                    "ids": numbers.known_ids(scope_key("effect", move.metric, move.kind, move.parent) + f"/{factor}"),
                }
            )
    moves = len({row["metric"] for row in rows})
    if not rows:
        return words_exhibit(
            "outcomes-second-view",
            "No move has a second view.",
            "The logarithmic mean takes rates and amounts of two products or segments, none of them negative.",
        )
    claim = f"A second way of splitting names the same main cause in {agree} of {moves} moves."
    return Exhibit(
        "outcomes-second-view",
        table(
            rows,
            columns={"metric": "Outcome", "factor": "Factor", "exact": "Exact split", "second": "LMDI-I"},
            units=dict.fromkeys(("metric", "factor", "exact", "second"), "text"),
            claim=claim,
            subtitle="Exact Shapley values (shown in the body), and the logarithmic mean Divisia index (Ang 2005)",
            source=theme.listing(
                list(dict.fromkeys(metric_sources(result, result.catalogue.metric(m.metric)) for m in result.moves)), 4
            ),
        ),
        is_appendix=True,
    )


# -- parts -----------------------------------------------------------------------------------------------------------


def _main_variance(result: Outcomes) -> Variance | None:
    """Return the company's first amount with a price against a plan; then any amount, any plan, the year before."""
    held = [v for v in result.variances if v.kind == "company"]
    return min(
        held,
        key=lambda v: (
            PLANS.index(v.against),
            not v.split.base,
            not result.catalogue.metric(v.metric).is_amount,
            [m.metric for m in result.catalogue.metrics].index(v.metric),
        ),
        default=None,
    )


def _reversal_table(result: Outcomes, reversal: Reversal, count: int) -> Exhibit:
    from workbench.outcomes import figures
    from workbench.outcomes.driver_sentences import reversal_key, say_reversal
    from workbench.outcomes.driver_wording import dimension_words, segment_name

    numbers, metric = figures(result), result.catalogue.metric(reversal.metric)
    rows: list[dict[str, Any]] = [
        {
            "name": segment_name(one.segment, result.products),
            "before": one.before,
            "after": one.after,
            "change": None if one.before is None or one.after is None else one.after - one.before,
            "weight_before": one.weight_before,
            "weight_after": one.weight_after,
            "is_total": False,
            "ids": numbers.known_ids(
                *(
                    reversal_key(reversal, f"{what}:{one.segment}")
                    for what in ("before", "after", "weight_before", "weight_after")
                ),
            ),
        }
        for one in sorted(reversal.strata, key=lambda one: -abs(one.weight_after - one.weight_before))
    ]
    total = {"before": reversal.before, "after": reversal.after, "change": reversal.overall}
    like = {"before": None, "after": None, "change": reversal.rate_effect}
    for name, values, whats in (("Like for like", like, ("like_for_like",)), ("The total", total, ("before", "after"))):
        ids = numbers.known_ids(*(reversal_key(reversal, what) for what in whats))
        rows.append({"name": name, **values, "weight_before": None, "weight_after": None, "is_total": True, "ids": ids})
    one, many = dimension_words(reversal.dimension)
    claim, _ = say_reversal(result, reversal)
    others = f"; {count - 1} more in what could be wrong" if count > 1 else ""
    n = sum(stratum.rows for stratum in reversal.strata)
    is_gap = reversal.what == "gap"
    first, second = ("Others", "Here") if is_gap else ("Before", "After")
    spans = "here against all others, latest year" if is_gap else "latest year against the year before"
    return Exhibit(
        "outcomes-reversal",
        table(
            rows,
            columns={
                "name": one.capitalize(),
                "before": first,
                "after": second,
                "change": "Gap" if is_gap else "Change",
                "weight_before": f"Weight, {first.lower()}",
                "weight_after": f"Weight, {second.lower()}",
            },
            units={"name": "text", "weight_before": "share", "weight_after": "share"}
            | dict.fromkeys(("before", "after", "change"), metric.unit),
            decimals={"weight_before": 0, "weight_after": 0}
            | (dict.fromkeys(("before", "after", "change"), 1) if metric.unit == "share" else {}),
            currency=result.settings.currency,
            is_total="is_total",
            claim=claim,
            subtitle=(
                f"{metric.label}, {result.name(reversal.kind, reversal.parent)}, by {many}; "
                f"{spans}{others}; {theme.number(n, 0)} rows"
            ),
            source=metric_sources(result, result.catalogue.metric(reversal.metric)),
        ),
    )


def _span(variance: Variance) -> str:
    if variance.first == variance.last:
        return theme.month(variance.first)
    return f"{theme.month(variance.first)} to {theme.month(variance.last)}"


def _base(result: Outcomes, variance: Variance) -> str:
    base = variance.split.base
    return f"; price is {theme.lower_label(result.catalogue.metric(base).label)}" if base else ""


def _no_plan(key: str) -> Exhibit:
    return words_exhibit(
        key,
        "There is no plan to hold the outcomes against.",
        "A column version in the facts (actual, budget, forecast) gives one; a year of history gives the year before.",
    )
