"""The bottom line, what could be wrong, what to do next, and how it was done."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import theme
from workbench.findings import CLAIM_LENGTH, Figures, Finding, Findings, Off, fit_claim
from workbench.outcomes.control_charts import SPREAD_NOTES
from workbench.outcomes.driver_sentences import reversal_cautions
from workbench.outcomes.insights import CAUSES, Insight
from workbench.outcomes.limits import LEAST_POINTS
from workbench.outcomes.loop_sentences import loop_cautions, loop_headline, loop_method, loop_steps, stage_steps
from workbench.outcomes.numbers import figures, scope_key
from workbench.outcomes.provenance import state_method
from workbench.outcomes.reviewed import Outcomes, Series
from workbench.outcomes.rollup_sentences import doubt_cautions, rollup_method, rough_cautions
from workbench.outcomes.signal_sentences import say_portfolio, signal_cautions, signal_method, write_chance
from workbench.outcomes.work_sentences import work_cautions, work_method
from workbench.products import KIND_NAMES, KINDS

MOST_CLAIMS = 5


def headline(result: Outcomes | Off) -> Findings:
    """Return the bottom line: how much moved, the statements that rank first, how the targets stand."""
    if isinstance(result, Off):
        return Findings((Finding(fit_claim(result.reason), f"Needed: {', '.join(result.tables)}."),))
    numbers = figures(result)
    items = [_answer(result, numbers)]
    items += [_insight_finding(insight, numbers) for insight in _carrying(result.insights, MOST_CLAIMS - 1)]
    targets, loop = _targets_finding(result, numbers), loop_headline(result, numbers)
    return Findings((*items, *([targets] if targets else []), *([loop] if loop else [])))


def cautions(result: Outcomes | Off) -> Findings:
    """Return what could be wrong: metrics that are off, findings on the data, assumed shares, thin evidence."""
    if isinstance(result, Off):
        return Findings(())
    numbers = figures(result)
    items = [
        Finding(fit_claim(reason if reason.endswith(".") else f"{reason}."), f"Nothing in this chapter uses {metric}.")
        for metric, reason in _off_reasons(result)
    ]
    for place, finding in enumerate(result.findings):
        key = f"data/{place + 1}"
        items.append(Finding(fit_claim(finding.claim), finding.detail, numbers.ids(key) if key in numbers else ()))
    items += [*doubt_cautions(result), *rough_cautions(result)]
    items += _share_cautions(result) + _early_cautions(result, numbers) + _scale_cautions(result)
    items += [*reversal_cautions(result, numbers), *_note_cautions(result), *loop_cautions(result, numbers)]
    items += signal_cautions(result, numbers)
    return Findings((*items, *work_cautions(result.work)))


def _note_cautions(result: Outcomes) -> list[Finding]:
    """Return where the usual range was made otherwise than the catalogue declares."""
    noted: dict[tuple[str, str], list[str]] = {}
    for series in result.series:
        for note in series.watched.notes:
            noted.setdefault((series.metric.label, note), []).append(result.name(series.kind, series.parent))
    return [
        Finding(
            fit_claim(f"{label}: {_note_claim(note)}."),
            f"{note[0].upper()}{note[1:]}: {theme.listing(list(dict.fromkeys(where)), 8)}.",
        )
        for (label, note), where in noted.items()
    ]


def _note_claim(note: str) -> str:
    if note in SPREAD_NOTES.values():
        return "its usual range is less sensitive to single outliers, as declared"
    what = "chart" if "watched one by one" in note else "transform"
    return f"the declared {what} does not fit; one was chosen by the data"


def _scale_cautions(result: Outcomes) -> list[Finding]:
    money = [metric.label for metric in result.metrics_on() if metric.unit == "currency"]
    if result.settings.money_scale == 1 or not money:
        return []
    claim = f"Facts are read in whole {result.settings.currency}, though the planning tables are scaled."
    return [
        Finding(
            claim, f"If a file of facts is in thousands or millions, these are too small: {theme.listing(money, 12)}."
        )
    ]


def next_steps(result: Outcomes | Off) -> Findings:
    """Return what to do next, in the order in which it pays."""
    if isinstance(result, Off):
        return Findings((Finding("Supply the missing tables.", f"Needed: {', '.join(result.tables)}."),))
    numbers = figures(result)
    items = []
    items += [_decision(insight, result, numbers) for insight in result.insights[:3]]
    owners = [m.label for m in result.metrics_on() if not m.loop.owner]
    if owners:
        claim = f"Name an owner for {len(owners)} outcome{'s' if len(owners) != 1 else ''} that nobody decides on."
        items.append(Finding(fit_claim(claim), theme.listing(owners, 12) + "."))
    assumed = {p for kind in KINDS for p in result.products.assumed_products(kind)}
    if assumed:
        names = theme.listing([result.products.name(p) for p in result.products.ids if p in assumed], 8)
        which = "1 product that is" if len(assumed) == 1 else f"{len(assumed)} products that are"
        claim = f"Confirm the shares of {which} only assumed."
        items.append(Finding(claim, f"{names}. Until then statements about their parents carry a mark."))
    for finding in result.findings:
        if finding.check == "key":
            claim = fit_claim(f"Have {finding.table} exported again with a key that identifies each row.")
            items.append(Finding(claim, finding.claim))
        elif finding.check == "control_total":
            items.append(Finding(fit_claim(f"Reconcile with the ledger: {finding.claim}"), finding.detail))
    targets = [m.label for m in result.metrics_on() if not m.targets]
    if targets:
        claim = f"Agree a target for {len(targets)} outcome{'s that have' if len(targets) != 1 else ' that has'} none."
        items.append(Finding(claim, theme.listing(targets, 12) + "."))
    items += loop_steps(result, numbers) + stage_steps(result, numbers)
    return Findings(tuple(items))


def _decision(insight: Insight, result: Outcomes, numbers: Figures) -> Finding:
    """Return what is to be decided, by when and by whom, and one clause why; the bottom line holds the rest."""
    metric = result.catalogue.metric(insight.metric)
    where = "" if insight.scope_kind == "company" else f" in {result.name(insight.scope_kind, insight.parent)}"
    days = metric.loop.decide_within_days
    when = f" within {days:g} days" if days else ""
    who = insight.reader if insight.reader != "the board" else "nobody is named yet"
    way = "up" if insight.size > 0 else "down"

    def step(place: str) -> str:
        named = f"{metric.label}{place}"
        what = (
            f"how to keep {named} {way}"
            if insight.is_favourable and not insight.is_over
            else f"what to do about {named}"
        )
        return f"Decide{when} {what} ({who})."

    why = _why(insight)
    if len(step(where)) <= CLAIM_LENGTH:
        return Finding(step(where), why, _insight_figures(insight, numbers))
    why = f"For {where.removeprefix(' in ')}. {why}" if where else why
    return Finding(fit_claim(step("")), why, _insight_figures(insight, numbers))


def _why(insight: Insight) -> str:
    """Return one clause: what is on record nearest to the change, else what carries it."""
    if insight.kind == "target":
        return "As the process runs, it will go on missing its target."
    if insight.events and insight.period is not None:
        since = insight.period
        event = min(insight.events, key=lambda held: abs((held.date - since).days))
        return f"On record, and to be asked first: {event.what} ({theme.day(event.date)})."
    return CAUSES[insight.cause.cause] if insight.cause is not None else "No event is on record that would explain it."


def method(result: Outcomes | Off) -> str:
    """Return how the numbers were made, for the appendix."""
    if isinstance(result, Off):
        return result.reason
    residual = result.residual
    law = "0" if residual == 0 else f"{residual:.0e}"
    lines = [
        "Adding up. Facts are summed by product in the database and multiplied by each product's dated shares; ratios "
        "and scores divide sums, never average averages. Percentiles and distinct customers are computed from the rows "
        "of all members; a customer counts once per parent. Parents, unallocated and unknown products together equal "
        f"the company, which was asked separately; the largest relative difference is {law}.",
        *rollup_method(),
        *signal_method(result),
        "Why. Kitagawa (1955) for mix and rate, exact Shapley values for more factors (equal to Das Gupta 1993); "
        "members that exist on one side only are taken out first (Melitz and Polanec 2015); the effects, and the parts "
        "of each, add up to the change. A few segments carry a change when at most three of one declared dimension, at "
        "most half of it, explain two thirds. Other versions are split in the same way over periods that have ended. "
        "The logarithmic mean Divisia index (Ang 2005) is a second view, in the appendix.",
        "Totals that mislead (Simpson 1951). The latest year against the year before, or a move against its baseline, "
        "by product and by each declared dimension, strata of at least 30 rows; a total is named where the rate effect "
        "has the other sign, its interval (seeded bootstrap of rows or periods, the wider) leaves 0 out, and it stands "
        "after Benjamini and Hochberg (1995) over everything asked.",
        "Intervals. Wilson (1927) for shares of rows, adjusted Wald for Net Promoter Scores (Rocks 2016), both with "
        f"the effective number of rows under shares, at {theme.percent(result.settings.confidence)}. Other ratios: the "
        "delta method over customers, where a table knows them (Deng, Knoblich and Lu 2018). Other metrics carry none.",
        "Ranking. Stake × evidence × actionability × novelty; stake in money only where a worth is confirmed, else in "
        "rows. Only declared metrics, targets and segments are looked at.",
        *loop_method(result),
        *work_method(result.work),
        f"Engine: {result.engine}; {len(result.queries)} queries.",
        *state_method(result.states),
    ]
    return "\n\n".join(lines)


def _answer(result: Outcomes, numbers: Figures) -> Finding:
    on, judged = len(result.metrics_on()), int(numbers["count/judged"].value or 0)
    ids = numbers.ids("count/moved", "count/on", "count/better", "count/worse", "signals/watched", "signals/kept")
    total = len(result.catalogue.metrics)
    rest = "" if on == total else f" {total - on} of {total} could not be computed; see what could be wrong."
    left = dict.fromkeys(series.metric.label for series in result.series if series.watched.has_left)
    if left:
        rest += f" {theme.listing(list(left), 4)} never varied and now {'do' if len(left) > 1 else 'does'}: look at it."
    if not judged:
        claim = f"Too early to tell: no outcome has the {LEAST_POINTS} periods that a judgement needs."
        return Finding(claim, f"{on} outcomes are shown as they are.{rest}", numbers.ids("count/judged", "count/on"))
    if not result.moves:
        claim = f"None of {on} outcomes has moved beyond its usual ups and downs."
        return Finding(claim, f"{judged} have enough periods to judge. {say_portfolio(result)}{rest}", ids)
    better, worse = int(numbers["count/better"].value or 0), int(numbers["count/worse"].value or 0)
    counts = [
        (better, "for the better"),
        (worse, "for the worse"),
        (len(result.moves) - better - worse, "neither better nor worse"),
    ]
    said = theme.listing([f"{count} {words}" for count, words in counts if count])
    verb = "has" if len(result.moves) == 1 else "have"
    claim = f"{len(result.moves)} of {on} outcomes {verb} really moved: {said}."
    still = judged - len(result.moves)
    others = f"{judged} have enough periods to judge; in {still} of them no move can be told from chance. "
    detail = f"{others if still > 0 else ''}{say_portfolio(result)}{rest}"
    return Finding(fit_claim(claim), detail, ids)


def _carrying(insights: Sequence[Insight], most: int) -> list[Insight]:
    """Return the statements that carry the answer, in their order; no bad news gives way to good news."""
    bad_first = sorted(insights, key=lambda insight: insight.is_favourable is True)
    kept = bad_first[:most]
    return [insight for insight in insights if insight in kept]


def _insight_finding(insight: Insight, numbers: Figures) -> Finding:
    marked = " (Depends on how shares are split.)" if insight.holds_under_other_shares is False else ""
    return Finding(insight.claim, insight.detail + marked, _insight_figures(insight, numbers))


def _insight_figures(insight: Insight, numbers: Figures) -> tuple[str, ...]:
    whats = ("before", "after", "change") if insight.kind == "move" else ("value", "target")
    keys = [scope_key(what, insight.metric, insight.scope_kind, insight.parent) for what in whats]
    keys += [f.key for f in numbers if f.key.startswith(scope_key("effect", *_scope_of(insight)) + "/")]
    return numbers.ids(*[key for key in dict.fromkeys(keys) if key in numbers])


def _scope_of(insight: Insight) -> tuple[str, str, str]:
    return insight.metric, insight.scope_kind, insight.parent


def _targets_finding(result: Outcomes, numbers: Figures) -> Finding | None:
    known = [check for check in result.targets if check.is_met is not None]
    if not known:
        return None
    met, missed = int(numbers["count/met"].value or 0), int(numbers["count/missed"].value or 0)
    ids = numbers.ids("count/met", "count/targets", "count/missed")
    if len(result.targets) == 1:
        claim = f"The one target is {'met' if met else 'not met'} in the latest complete period"
        claim += "; it is consistently missed." if missed else "."
        return Finding(claim, _verdicts(result), ids)
    claim = f"{met} of {len(result.targets)} targets {'is' if met == 1 else 'are'} met in the latest complete period"
    claim += f"; {missed} {'is' if missed == 1 else 'are'} consistently missed." if missed else "."
    return Finding(claim, _verdicts(result), ids)


def _verdicts(result: Outcomes) -> str:
    """Return the targets that are not consistently met, by verdict; each outcome once, with its scopes."""
    said = []
    for verdict, words in _OPEN_VERDICTS:
        scopes: dict[str, list[str]] = {}
        for check in result.targets:
            if check.assurance.verdict == verdict:
                label, where = result.catalogue.metric(check.metric).label, result.name(check.kind, check.parent)
                odds = "" if check.assurance.chance is None else f", {write_chance(check.assurance.chance)}"
                scopes.setdefault(label, []).append(f"{where}{odds}")
        if scopes:
            names = [f"{label} ({theme.listing(list(dict.fromkeys(held)), 4)})" for label, held in scopes.items()]
            said.append(f"{words}: {theme.listing(names, 6)}.")
    if any(check.assurance.chance is not None for check in result.targets) and said:
        said.append("The percentage is the chance of the target on its date if nothing changes.")
    return " ".join(said) or "All are consistently met."


_OPEN_VERDICTS = (
    ("fails", "Consistently missed"),
    ("hit_and_miss", "Hits and misses"),
    ("not_stated", "Not yet judged"),
)


def _off_reasons(result: Outcomes) -> list[tuple[str, str]]:
    """Return metrics that are off for another reason than a finding that stands in the list anyway."""
    told = {finding.claim for finding in result.findings if finding.consequence == "off"}
    found = []
    for metric, reason in result.off:
        label = result.catalogue.metric(metric).label
        found.append((label, f"{label} is off: {reason}" if reason in told else reason))
    return found


def _share_cautions(result: Outcomes) -> list[Finding]:
    found = []
    for kind, rolled in result.rolled.items():
        refused = [(m, why) for m, why in rolled.marks if why.startswith("not added up")]
        for metric, why in refused:
            label = result.catalogue.metric(metric).label
            what, _, reason = why.partition(": ")
            detail = f"{reason[0].upper()}{reason[1:]}."
            found.append(Finding(fit_claim(f"{label} by {KIND_NAMES[kind]}: {what}."), detail))
    by_claim: dict[str, Finding] = {}
    for finding in found:
        by_claim.setdefault(finding.detail, finding)
    assumed = {p for kind in KINDS for p in result.products.assumed_products(kind)}
    merged = list(by_claim.values())
    if assumed:
        names = [result.products.name(p) for p in result.products.ids if p in assumed]
        claim = (
            f"{len(assumed)} product{'s are' if len(assumed) != 1 else ' is'} split by shares that nobody confirmed."
        )
        merged.append(Finding(claim, theme.listing(names, 10) + "."))
    return merged


def _early_cautions(result: Outcomes, numbers: Figures) -> list[Finding]:
    by_metric: dict[str, list[Series]] = {}
    for series in result.series:
        if series.metric.is_watched:
            by_metric.setdefault(series.metric.metric, []).append(series)
    early = [held[0].metric for held in by_metric.values() if all(series.watched.limits is None for series in held)]
    if not early:
        return []
    claim = f"{len(early)} outcome{'s have' if len(early) != 1 else ' has'} too few periods to judge."
    detail = f"{theme.listing([metric.label for metric in early], 10)}: fewer than {LEAST_POINTS} complete periods."
    for event in result.events:
        if event.kind == "definition" and event.scope in {"", *(metric.metric for metric in early)}:
            detail += f" {theme.day(event.date)}: {event.what}; what was counted before is another measure."
    return [Finding(claim, detail, numbers.ids("count/judged"))]
