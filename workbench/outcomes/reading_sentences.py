"""What a page says to one reader: the answer, at most five statements, what to do next, and what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Figures, Finding, Findings, Off, fit_claim
from workbench.outcomes.control_charts import LEAST_POINTS
from workbench.outcomes.insights import Insight
from workbench.outcomes.managers import Reader, without_manager

if TYPE_CHECKING:
    from workbench.outcomes.readings import Reading
    from workbench.outcomes.reviewed import Outcomes, Series, TargetCheck

MOST_STEPS = 3
"""Steps that a page names (ours)."""

FACTORS = ("stake", "evidence", "actionability", "novelty", "score")
"""What a statement is ranked by, and their product."""

_ALL = "all"


def reading_key(reader: Reader, what: str) -> str:
    """Return the key of a figure, such as ``reading/line/motor/moved``."""
    return f"reading/{reader.kind}/{reader.key}/{what}"


def rank_key(insight: Insight, factor: str) -> str:
    """Return the key of a figure, such as ``rank/move/conversion/product_line/motor/stake``."""
    return f"rank/{insight.kind}/{insight.metric or 'feedback'}/{insight.scope_kind}/{insight.parent or _ALL}/{factor}"


def reading_figures(result: Outcomes) -> list[Figure]:
    """Return the counts of each reading, and what its statements are ranked by.

    Keys: ``reading/<line or manager>/<key>/`` with ``watched``, ``moved``, ``better``, ``worse``, and ``rank/`` with
    kind of statement, metric, kind and key of its scope, and one of `FACTORS`.
    """
    found: dict[str, Figure] = {}
    for reading in result.readings:
        ways = _ways(result, reading.reader)
        counts = (
            ("watched", "Outcomes with enough periods to judge", len(_watched(result, reading.reader))),
            ("moved", "Outcomes that moved", len(ways)),
            ("better", "Outcomes that moved for the better", sum(True in held for held in ways.values())),
            ("worse", "Outcomes that moved for the worse", sum(False in held for held in ways.values())),
        )
        for what, name, count in counts:
            key = reading_key(reading.reader, what)
            found[key] = Figure("", key, f"{reading.reader.name}: {name.lower()}", float(count), "count")
    for insight in (*result.insights, *(i for reading in result.readings for i in reading.insights)):
        about = _about(result, insight)
        for factor in FACTORS:
            key = rank_key(insight, factor)
            name = f"{about}: {factor}"
            found[key] = Figure("", key, name, float(getattr(insight, factor)), "share", source="ranking")
    return list(found.values())


def reading_headline(result: Outcomes, reading: Reading, numbers: Figures) -> Findings:
    """Return the answer for one reader, then his statements."""
    return Findings(
        (
            _answer(result, reading, numbers),
            *(Finding(i.claim, i.detail, insight_ids(i, numbers)) for i in reading.insights),
        )
    )


def reading_steps(result: Outcomes, reading: Reading, numbers: Figures) -> Findings:
    """Return what to decide first, by when and by whom."""
    return Findings(tuple(_step(result, i, numbers) for i in reading.insights[:MOST_STEPS]))


def reading_cautions(result: Outcomes, reading: Reading) -> Findings:
    """Return what is not known: no owner, too few periods, no target, no signal, shares that nobody confirmed."""
    reader, name = reading.reader, result.products.name
    found: list[Finding] = []
    if reader.inherited:
        names = theme.listing([name(product) for product in reader.inherited], 6)
        found.append(Finding(fit_claim(f"Nobody is named for {names}.", "Some products have no owner."), _INHERITED))
    if reader.kind == "line":
        alone = [p for p in without_manager(result.products, result.settings.as_of) if p in reader.products]
        if alone:
            names = theme.listing([name(product) for product in alone], 6)
            claim = fit_claim(f"Nobody reads of {names}.", "Some products have no reader.")
            found.append(Finding(claim, "Neither the product nor its line has an owner. Name one."))
    found += _early(result, reader)
    found += _goals(result, reader)
    found += _heard(result, reader)
    assumed = {p for kind in ("product_line",) for p in result.products.assumed_products(kind)} & set(reader.products)
    if assumed:
        names = theme.listing([name(p) for p in reader.products if p in assumed], 6)
        claim = fit_claim(f"Nobody has confirmed how {names} is shared.", "Some shares are not confirmed.")
        found.append(Finding(claim, "What is said of a line may change with them."))
    touched = [f for f in result.findings if f.consequence in ("off", "marked")]
    if touched:
        count = "1 thing" if len(touched) == 1 else f"{len(touched)} things"
        found.append(Finding(f"{count} in the facts may change what is said here.", "The whole report lists them."))
    if reading.more:
        count = "1 more statement" if reading.more == 1 else f"{reading.more} more statements"
        found.append(Finding(f"{count} did not find room on this page.", "These come first by stake and evidence."))
    return Findings(tuple(found))


def insight_ids(insight: Insight, numbers: Figures) -> tuple[str, ...]:
    """Return the ids of the figures that a statement quotes."""
    scope = f"{insight.metric}/{insight.scope_kind}/{insight.parent or _ALL}"
    if insight.kind in ("move", "hint"):
        keys = [f"{what}/{scope}" for what in ("before", "after", "change")]
        keys += [figure.key for figure in numbers if figure.key.startswith((f"effect/{scope}/", f"carrier/{scope}/"))]
    elif insight.kind == "target":
        keys = [f"{what}/{scope}" for what in ("value", "target")]
    elif insight.kind == "stage":
        keys = [f"stage/{insight.parent}/growth"]
    else:
        base = f"loop/{insight.scope_kind}/{insight.parent}"
        keys = [f"{base}/{what}" for what in ("half", "decision_rate", "open", "oldest")]
    return numbers.ids(*(key for key in dict.fromkeys(keys) if key in numbers))


# -- parts -----------------------------------------------------------------------------------------------------------

_INHERITED = "The manager of the line reads of it. Name an owner."


def _about(result: Outcomes, insight: Insight) -> str:
    where = result.name(insight.scope_kind, insight.parent)
    what = {"stage": "stage", "loop": "wait for decisions"}.get(insight.kind)
    return f"{what or result.catalogue.metric(insight.metric).label}, {where}"


def _ways(result: Outcomes, reader: Reader) -> dict[str, set[bool | None]]:
    """Return each outcome of a reader that moved, and the ways: also where its statement found no room on the page."""
    found: dict[str, set[bool | None]] = {}
    for move in result.own_moves:
        series = result.find(move.metric, move.kind, move.parent)
        if reader.reads(move.kind, move.parent) and series is not None and series.watched.has_moved:
            found.setdefault(move.metric, set()).add(move.is_favourable)
    return found


def _watched(result: Outcomes, reader: Reader) -> list[Series]:
    """Return the series of a reader that have enough periods to judge, one a metric."""
    found: dict[str, Series] = {}
    for series in result.series:
        if reader.reads(series.kind, series.parent) and series.watched.limits is not None:
            found.setdefault(series.metric.metric, series)
    return list(found.values())


def _answer(result: Outcomes, reading: Reading, numbers: Figures) -> Finding:
    reader = reading.reader
    ids = numbers.ids(*(reading_key(reader, what) for what in ("moved", "watched", "better", "worse")))
    moved, watched, better, worse = (
        int(numbers[reading_key(reader, what)].value or 0) for what in ("moved", "watched", "better", "worse")
    )
    names = [result.products.name(product) for product in reader.products]
    about = f"This is about {theme.listing(names, 8)}." if names else "No product is named for this reader."
    others = len(reading.insights) - sum(i.kind == "move" for i in reading.insights)
    rest = f" {_things(others)} to know." if others else ""
    if not watched:
        claim = f"{reader.name}: too early to tell; no outcome has the {LEAST_POINTS} periods it takes."
        return Finding(
            fit_claim(claim, f"Too early to tell: no outcome has {LEAST_POINTS} periods."), about + rest, ids
        )
    if not moved:
        claim = f"{reader.name}: none of {watched} outcomes has moved beyond its usual ups and downs."
        short = f"None of {watched} outcomes has moved beyond its usual ups and downs."
        return Finding(fit_claim(claim, short), about + rest, ids)
    both = sum({True, False} <= held for held in _ways(result, reader).values())
    if both:
        rest = f" {both} of them moved both ways, in different places.{rest}"
    sides = (
        (better, "for the better"),
        (worse, "for the worse"),
        (moved - better - worse + both, "neither better nor worse"),
    )
    said = theme.listing([f"{count} {words}" for count, words in sides if count > 0])
    claim = f"{moved} of {watched} outcomes {'has' if moved == 1 else 'have'} really moved: {said}."
    return Finding(fit_claim(f"{reader.name}: {claim}", claim), about + rest, ids)


def _things(count: int) -> str:
    return "There is 1 thing more" if count == 1 else f"There are {count} things more"


def _step(result: Outcomes, insight: Insight, numbers: Figures) -> Finding:
    """Return what is to be decided, and one clause why."""
    name, ids = result.name(insight.scope_kind, insight.parent), insight_ids(insight, numbers)
    who = insight.reader if insight.reader != "the board" else "nobody is named yet"
    if insight.kind == "hint":
        label = result.catalogue.metric(insight.metric).label
        return Finding(fit_claim(f"Watch {label} in {name} for two more periods.", f"Watch {label}."), "", ids)
    if insight.kind == "stage":
        return Finding(fit_claim(f"Ask in which stage {name} is ({who}).", f"Ask in which stage {name} is."), "", ids)
    if insight.kind == "loop":
        claim = f"Decide on the signals on {name} that wait ({who})."
        return Finding(fit_claim(claim, f"Decide on the signals on {name}.", "Decide on what waits."), "", ids)
    metric = result.catalogue.metric(insight.metric)
    days = metric.loop.decide_within_days
    by = f" within {days:g} days" if days else ""
    where = "" if insight.scope_kind == "company" else f" in {name}"
    way = "up" if insight.size > 0 else "down"
    is_kept = insight.is_favourable and not insight.is_over  # what went back cannot be kept
    what = f"how to keep {metric.label}{where} {way}" if is_kept else f"what to do about {metric.label}{where}"
    short = f"how to keep {metric.label} {way}" if is_kept else f"what to do about {metric.label}"
    why = ""
    if insight.events and insight.period is not None:
        since = insight.period
        event = min(insight.events, key=lambda held: abs((held.date - since).days))
        why = f"Ask first about this: {event.what} ({theme.day(event.date)})."
    return Finding(
        fit_claim(f"Decide{by} {what} ({who}).", f"Decide{by} {short} ({who}).", f"Decide{by} {short}."), why, ids
    )


def _early(result: Outcomes, reader: Reader) -> list[Finding]:
    known = {series.metric.metric for series in _watched(result, reader)}
    early = dict.fromkeys(
        series.metric.label
        for series in result.series
        if reader.reads(series.kind, series.parent) and series.metric.is_watched and series.metric.metric not in known
    )
    if not early:
        return []
    count = "1 outcome has" if len(early) == 1 else f"{len(early)} outcomes have"
    return [Finding(f"{count} too few periods to judge.", f"{theme.listing(list(early), 8)}.")]


def _goals(result: Outcomes, reader: Reader) -> list[Finding]:
    held = {check.metric for check in targets_of(result, reader)}
    labels = dict.fromkeys(
        series.metric.label for series in _watched(result, reader) if series.metric.metric not in held
    )
    if not labels:
        return []
    count = "1 outcome has" if len(labels) == 1 else f"{len(labels)} outcomes have"
    return [
        Finding(f"{count} no target here, so nobody can say what is good enough.", f"{theme.listing(list(labels), 8)}.")
    ]


def _heard(result: Outcomes, reader: Reader) -> list[Finding]:
    loop = result.loop
    if isinstance(loop, Off):
        return [Finding("How long signals wait for a decision is not known.", "Nobody sent the table feedback.")]
    silent = [result.products.name(product) for product in reader.products if product in loop.silent]
    if not silent:
        return []
    claim = fit_claim(f"No traced signal speaks of {theme.listing(silent, 4)}.", "On some products nobody is heard.")
    return [Finding(claim, "What their customers say is not known here.")]


def targets_of(result: Outcomes, reader: Reader) -> Sequence[TargetCheck]:
    """Return the targets of a reader's lines and products."""
    return [check for check in result.targets if reader.reads(check.kind, check.parent)]
