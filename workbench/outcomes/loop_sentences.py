"""What the feedback loop and the lifecycle stages say, in sentences and figures; every sentence carries its n."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Figures, Finding, Off, fit_claim
from workbench.outcomes.loop import HORIZONS, Cadence, Loop
from workbench.outcomes.signal_log import Latency, LoopFinding, LoopHealth
from workbench.outcomes.stages import BAND, StageEvidence
from workbench.outcomes.survival import LARGE, Reached, Within
from workbench.products import KIND_NAMES, KINDS

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Outcomes

LEAST_SIGNALS = 5
"""Fewer signals carry no sentence of the bottom line (ours)."""

LEAST_LISTED = 3
"""Channels with fewer signals are not listed (ours)."""

STEP_WORDS = {
    "raised→seen": "from raised to seen",
    "seen→decided": "from seen to decided",
    "raised→decided": "from raised to decided",
    "decided→shipped": "from a yes to shipped",
    "shipped→checked": "from shipped to its effect checked",
    "raised→told": "from raised to the sender told",
}
"""What a step is called."""

QUARTERS = (("quarter", 0.25, "a quarter"), ("half", 0.5, "half"), ("three_quarters", 0.75, "three quarters"))


def loop_figures(result: Outcomes) -> list[Figure]:
    """Return the figures of the loop, then of the stages, without ids.

    Keys: ``loop/coverage``, ``loop/cadence``, ``loop/finding/1`` …; ``loop/company/all/<step>/quarter``, ``half``,
    ``three_quarters``, ``open`` with steps such as ``raised-decided``; ``…/decision_rate``, ``…/ship_rate/30``,
    ``check_rate`` and ``told_rate``; for parents and channels ``loop/<kind>/<key>/half``, ``open``, ``oldest`` and
    ``decision_rate``, all of the wait for a decision; ``stage/<product>/growth``.
    """
    found: list[Figure] = []
    loop = result.loop
    if not isinstance(loop, Off):
        found += _shares(loop)
        found += _step_figures(loop)
        for health in loop.groups:
            if health.kind in KINDS or (health.kind == "channel" and health.n >= LEAST_LISTED):
                found += _group_figures(result, loop, health)
        for place, finding in enumerate(loop.findings, start=1):
            name, n = say_loop_finding(finding), finding.share.n if finding.share else None
            key = f"loop/finding/{place}"
            found.append(Figure("", key, name, float(finding.signals), "count", None, None, n, "feedback"))
    for held in result.stages:
        found.append(_stage_figure(result, held))
    return found


def product_loop_figures(result: Outcomes) -> list[Figure]:
    """Return the figures of single products' loops: ``loop/product/<key>/half``, ``open``, ``oldest``, …."""
    if isinstance(result.loop, Off):
        return []
    return [figure for held in result.loop.of("product") for figure in _group_figures(result, result.loop, held)]


def loop_headline(result: Outcomes, numbers: Figures) -> Finding | None:
    """Return the sentence a board must hear: decisions come later than promised; None where they do not."""
    loop = result.loop
    if isinstance(loop, Off) or loop.company.decision.n < LEAST_SIGNALS:
        return None
    half = _half(loop.company.decision)
    if half is None or (half.value is not None and half.value <= loop.promise):
        return None
    return Finding(_say_wait(loop), _say_wait_detail(loop), numbers.ids(*_keys(numbers, "loop/company/all/")))


def loop_claim(loop: Loop) -> str:
    """Return the finding of the loop as one sentence, good or bad."""
    decision = loop.company.decision
    half = _half(decision)
    if half is None:
        return f"{_signals(loop.company.n)} and no way to tell how long they wait for a decision."
    if decision.n < LEAST_SIGNALS:
        return f"{_signals(decision.n)}: too few to say how long a decision takes."
    if half.value is not None and half.value <= loop.promise:
        return fit_claim(
            f"Half of {_signals(decision.n)} are decided within {_days(half.value)}; {_still(decision)}.",
        )
    return _say_wait(loop)


def loop_cautions(result: Outcomes, numbers: Figures) -> list[Finding]:
    """Return what the dates of the signals do not bear out, and how far a small sheet reaches."""
    loop = result.loop
    if isinstance(loop, Off):
        return []
    found = [
        Finding(say_loop_finding(finding), _finding_detail(finding), numbers.ids(f"loop/finding/{place}"))
        for place, finding in enumerate(loop.findings, start=1)
    ]
    if loop.silent:
        names = [result.products.name(product) for product in loop.silent]
        count = f"{len(names)} of {loop.coverage.n} products"
        claim = f"Nobody is heard on {count}." if loop.is_log else f"None of the traced signals speaks of {count}."
        found.append(Finding(claim, f"{theme.listing(names, 8)}.", numbers.ids("loop/coverage")))
    if loop.cadence is not None and loop.cadence.slower:
        found.append(_cadence_finding(result, loop.cadence, numbers))
    if not loop.is_log:
        several = ""
        if loop.in_several:
            which = "1 signal counts" if loop.in_several == 1 else f"{loop.in_several} signals count"
            several = f" {which} in more than one line, because its product does."
        claim = f"The loop is known from {_signals(loop.company.n)} traced by hand."
        detail = (
            "The intervals are as wide as that count. Whether these signals stand for the others depends on how they "
            f"were chosen.{several}"
        )
        found.append(Finding(claim, detail))
    return found


def loop_steps(result: Outcomes, numbers: Figures) -> list[Finding]:
    """Return what to do about the loop: decide on what waits, listen where nobody does, check what was shipped."""
    loop = result.loop
    found: list[Finding] = []
    if isinstance(loop, Off):
        return found
    late = [held for held in loop.waiting if held.days > loop.promise]
    if late:
        what = "the signal that has" if len(late) == 1 else f"the {len(late)} signals that have"
        claim = f"Decide on {what} waited longer than {_days(loop.promise)}, {theme.number(late[0].days, 0)} at most."
        names = [
            f"{one.signal} ({result.products.name(one.product)}, {_days(one.days)}{'' if one.is_seen else ', unseen'})"
            for one in late
        ]
        found.append(Finding(fit_claim(claim), f"{theme.listing(names, 6)}.", numbers.ids("loop/company/all/open")))
    checked = loop.company.latency("shipped", "checked")
    if checked.open:
        what = "1 change" if checked.open == 1 else f"{checked.open} changes"
        claim = f"Check the effect of {what} that reached users and that nobody has checked."
        done = checked.n - checked.open
        shipped = f"{done} of {_signals(checked.n)} that reached users {'was' if done == 1 else 'were'} checked."
        found.append(Finding(claim, shipped, numbers.ids("loop/company/all/shipped-checked/open")))
    return found


def stage_steps(result: Outcomes, numbers: Figures) -> list[Finding]:
    """Return the question that a contradiction between word and use asks."""
    held = [one for one in result.stages if one.contradicts]
    if not held:
        return []
    by_meaning: dict[str, list[str]] = {}
    for one in held:
        size = "" if one.growth is None else f" ({_percent(one.growth.value)} a year)"
        by_meaning.setdefault(one.meaning, []).append(f"{result.products.name(one.product)}{size}")
    said = [f"{theme.listing(names, 4)}: {meaning[0].lower()}{meaning[1:]}" for meaning, names in by_meaning.items()]
    which = "1 product is" if len(held) == 1 else f"{len(held)} products are"
    claim = f"Ask whether {which} still in the stage declared for {'it' if len(held) == 1 else 'them'}."
    return [Finding(claim, " ".join(said), numbers.ids(*(f"stage/{one.product}/growth" for one in held)))]


def say_loop_finding(finding: LoopFinding) -> str:
    """Return the sentence about dates that do not fit."""
    n = finding.share.n if finding.share is not None else finding.signals
    count = f"{finding.signals} of {_signals(n)}"
    be = "was" if finding.signals == 1 else "were"
    if finding.check == "order":
        return f"{count} {be} {finding.what}; such dates count in no wait."
    if finding.check == "contradiction":
        return f"{count} {be} {finding.what}; left out of the wait for shipping."
    if finding.check == "unrecorded":
        return f"Nobody wrote when {count} {be} {finding.what}, though a later step is dated."
    if finding.check == "decision":
        return f"Nobody wrote what was decided on {count}; left out of the wait for shipping."
    if finding.check == "automatic":
        return fit_claim(f"{finding.what} answers by itself: {count} seen within a minute, which is no look.")
    what = {"told": "the sender is told", "checked": "an effect is checked"}.get(
        finding.what, f"a signal is {finding.what}"
    )
    return f"Nobody records when {what}: {_signals(finding.signals)}, no date."


def loop_method(result: Outcomes) -> list[str]:
    """Return how the loop and the stages were measured, for the appendix."""
    lines = []
    loop = result.loop
    if not isinstance(loop, Off):
        lines.append(
            "Feedback loop. Waits by Kaplan and Meier (1958); a signal that waits still counts for as long as it has "
            f"waited by {theme.day(loop.as_of)}, a signal decided no leaves the wait for shipping. Intervals: beta "
            f"product (Fay, Brittain and Proschan 2013) below {LARGE} signals, above them Greenwood's on the scale of "
            "log(-log). Steps out of order or unrecorded are counted and left out. A signal counts fully in each "
            "parent of its product, so that lines do not add up to the company. Shares of products and outcomes: "
            "Wilson (1927)."
        )
    if result.stages:
        metric = result.catalogue.metric(result.stages[0].metric)
        lines.append(
            f"Lifecycle stage. Growth of {metric.label} over the last four quarters, against the year before where "
            "there are two years, on a logarithmic scale, with an interval widened for autocorrelation. Wholly above "
            f"{theme.percent(BAND)} a year suggests grow, wholly below {theme.percent(-BAND)} retire, wholly between "
            "them sustain. The declared stage stands; a difference is a question."
        )
    return lines


def group_name(result: Outcomes, health: LoopHealth) -> str:
    """Return what people call a scope of the loop."""
    if health.kind == "channel":
        return health.key
    return "All signals" if health.kind == "company" else result.products.name(health.key)


# -- parts -----------------------------------------------------------------------------------------------------------


def _keys(numbers: Figures, prefix: str) -> list[str]:
    wanted = ("raised-decided/half", "raised-decided/open", "decision_rate", "open")
    return [f"{prefix}{key}" for key in wanted if f"{prefix}{key}" in numbers]


def _shares(loop: Loop) -> Iterator[Figure]:
    held = loop.coverage
    name = "Products with a live source of signals" if loop.is_log else "Products with a traced signal"
    yield Figure("", "loop/coverage", name, held.value, "share", held.low, held.high, held.n, "feedback, products")
    if loop.cadence is not None:
        match = loop.cadence.matches
        name = "Outcomes that arrive as often as their forum meets"
        yield Figure("", "loop/cadence", name, match.value, "share", match.low, match.high, match.n, "metrics")


def _step_figures(loop: Loop) -> Iterator[Figure]:
    base = "loop/company/all"
    for latency in loop.company.latencies:
        key, words = f"{base}/{latency.start}-{latency.end}", STEP_WORDS[latency.step]
        for part, share, name in QUARTERS:
            yield _time_figure(latency, f"{key}/{part}", f"Days {words}, {name} of the signals", share)
        source = f"feedback; {latency.reason}" if latency.reason else "feedback"
        yield Figure("", f"{key}/open", f"Still open {words}", float(latency.open), "count", n=latency.n, source=source)
    yield _rate_figure(f"{base}/decision_rate", "Signals decided", loop.company.decision.within(loop.promise))
    yield _count_figure(f"{base}/open", "Signals without a decision", len(loop.waiting), loop.company.n)
    rates = (
        ("ship_rate", "Signals shipped after a yes", ("decided", "shipped")),
        ("check_rate", "Shipped signals whose effect was checked", ("shipped", "checked")),
        ("told_rate", "Signals whose sender was told", ("raised", "told")),
    )
    for key, name, step in rates:
        for horizon in HORIZONS:
            yield _rate_figure(f"{base}/{key}/{horizon:g}", name, loop.company.latency(*step).within(horizon))


def _group_figures(result: Outcomes, loop: Loop, health: LoopHealth) -> Iterator[Figure]:
    kind = KIND_NAMES.get(health.kind, health.kind)
    base, where = f"loop/{health.kind}/{health.key}", f"{group_name(result, health)} ({kind})"
    decision = health.decision
    yield _time_figure(decision, f"{base}/half", f"Days to a decision, half of the signals, {where}", 0.5)
    yield _count_figure(f"{base}/open", f"Signals without a decision, {where}", decision.open, decision.n)
    name = f"Longest wait so far, {where}"
    source = "feedback" if decision.open else "feedback; none is open"
    yield Figure("", f"{base}/oldest", name, decision.oldest, "days", n=decision.open, source=source)
    yield _rate_figure(f"{base}/decision_rate", f"Signals decided, {where}", decision.within(loop.promise))


def _time_figure(latency: Latency, key: str, name: str, share: float) -> Figure:
    if latency.curve is None:
        return Figure("", key, name, None, "days", n=latency.n, source=f"feedback; {latency.reason}")
    held = latency.curve.reached(share)
    source = "feedback"
    if held.value is None:
        source = f"feedback; longer than {theme.number(held.longer_than, 0)} days"
    return Figure("", key, name, held.value, "days", held.low, held.high, latency.n, source)


def _rate_figure(key: str, name: str, held: Within) -> Figure:
    source = "feedback" if held.share is not None else "feedback; no signal was watched that long"
    label = f"{name} within {held.horizon:g} days"
    return Figure("", key, label, held.share, "share", held.low, held.high, held.n, source)


def _count_figure(key: str, name: str, count: int, n: int) -> Figure:
    return Figure("", key, name, float(count), "count", n=n, source="feedback")


def _stage_figure(result: Outcomes, held: StageEvidence) -> Figure:
    metric = result.catalogue.metric(held.metric)
    name = f"{metric.label}, {result.products.name(held.product)}: growth a year"
    growth, key = held.growth, f"stage/{held.product}/growth"
    if growth is None:
        return Figure("", key, name, None, "share", source=held.reason)
    source = ", ".join(dict.fromkeys(result.sources.get(table, table) for table in metric.tables))
    return Figure("", key, name, growth.value, "share", growth.low, growth.high, growth.n, source)


def _half(latency: Latency) -> Reached | None:
    return None if latency.curve is None else latency.curve.reached(0.5)


def _say_wait(loop: Loop) -> str:
    decision = loop.company.decision
    half = _half(decision)
    if half is None or half.value is None:
        longest = _days(half.longer_than if half is not None else 0.0)
        return f"Most signals wait longer than {longest} for a decision; {_still(decision)}."
    return f"Half the signals wait {_days(half.value)} or more for a decision; {_still(decision)}."


def _say_wait_detail(loop: Loop) -> str:
    decision, half = loop.company.decision, _half(loop.company.decision)
    rate = decision.within(loop.promise)
    promised = (
        f"The catalogue promises a decision within {_days(loop.promise)} at most"
        if loop.is_promised
        else f"Nobody promises a time to a decision; after {_days(loop.promise)}"
    )
    said = []
    if rate.share is not None:
        verb = "were decided by then" if loop.is_promised else "were decided"
        said.append(f"{promised}; {_share_words(rate)} {verb}, of {_signals(decision.n)}.")
    if half is not None:
        low = theme.number(half.low or 0.0, 0)
        reach = f"between {low} and {_days(half.high)}" if half.high is not None else f"{low} days or more"
        said.append(f"With {theme.percent(loop.confidence)} confidence half are decided after {reach}.")
    if decision.closed_p50 is not None and decision.open:
        said.append(
            f"Of the {decision.n - decision.open} decided ones alone it would read {_days(decision.closed_p50)}, which "
            "leaves out those that wait longest."
        )
    slowest = _slowest(loop.company)
    if slowest:
        said.append(slowest)
    return " ".join(said)


def _slowest(health: LoopHealth) -> str:
    """Return which part of the wait for a decision is the longer, where both are known."""
    seen, decided = (_half(health.latency(*step)) for step in (("raised", "seen"), ("seen", "decided")))
    if seen is None or decided is None or seen.value is None or decided.value is None:
        return ""
    return f"Half are seen after {_days(seen.value)}; of those seen, half are decided {_days(decided.value)} later."


def _cadence_finding(result: Outcomes, cadence: Cadence, numbers: Figures) -> Finding:
    labels = [result.catalogue.metric(metric).label for metric, _ in cadence.slower]
    forums = sorted({forum.replace("_", " ") for _, forum in cadence.slower})
    be = "arrives" if len(labels) == 1 else "arrive"
    claim = f"{len(labels)} of {cadence.matches.n} outcomes {be} less often than the forum that decides on them meets."
    return Finding(
        claim, f"{theme.listing(forums, 3).capitalize()}: {theme.listing(labels, 8)}.", numbers.ids("loop/cadence")
    )


def _finding_detail(finding: LoopFinding) -> str:
    example = f" First: {finding.example}." if finding.example else ""
    if finding.share is None:
        return f"Without it nobody can say whether the loop closes.{example}"
    held = finding.share
    return f"{theme.percent(held.value)} ({theme.percent(held.low)} to {theme.percent(held.high)}).{example}"


def _share_words(held: Within) -> str:
    return f"{theme.percent(held.share)} ({theme.percent(held.low)} to {theme.percent(held.high)})"


def _still(decision: Latency) -> str:
    if not decision.open:
        return f"all {decision.n} are decided"
    return f"{decision.open} of {decision.n} {'is' if decision.open == 1 else 'are'} still open"


def _signals(count: int) -> str:
    return f"{theme.number(count, 0)} signal{'' if count == 1 else 's'}"


def _days(days: float | None) -> str:
    if days is None:
        return theme.MISSING
    decimals = 0 if days >= 10 or float(days).is_integer() else 1
    written = theme.number(days, decimals)
    return f"{written} day{'' if written == '1' else 's'}"


def _percent(share: float) -> str:
    return f"{theme.signed(100 * share, 0)} %"


def parents_with_signals(loop: Loop) -> tuple[LoopHealth, ...]:
    """Return the product lines, else the first other kind of parent that has signals, else the products."""
    for kind in (*KINDS, "product"):
        held = loop.of(kind)
        if held:
            return held
    return ()
