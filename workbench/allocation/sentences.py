"""What the plan says in plain words: the bottom line, and what to do next."""

from __future__ import annotations

import math

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.conflict import Conflict
from workbench.allocation.conflict_words import cheapest_repair, conflict_finding, further_finding, given_words
from workbench.allocation.doubt_words import question_finding, robust_finding
from workbench.allocation.explain import ShadowPrice
from workbench.allocation.line_sentences import decision_cost, line_finding, move_size, move_way, people_words
from workbench.allocation.line_words import POINTS, agreed_words, step_words, unplaced_finding, value_words
from workbench.allocation.method_words import possible_words
from workbench.allocation.model import Portfolio
from workbench.allocation.numbers import figures
from workbench.allocation.quarters_words import quarter_findings
from workbench.findings import Finding, Findings, Off, fit_claim

MUCH_LEFT = 0.05
"""From this share of a resource on, what is left over belongs to the bottom line (ours)."""


def headline(result: Allocation | Conflict | Off) -> Findings:
    """Return the bottom line: the answer, the moves that carry it, the scarcest resource; or the conflict."""
    if isinstance(result, Off):
        return Findings(
            (
                Finding(
                    fit_claim(
                        f"Not answered: {theme.lower_start(result.reason)}", "This question could not be answered."
                    ),
                    f"{result.reason} Needed: {', '.join(result.tables)}.",
                ),
            )
        )
    if isinstance(result, Conflict):
        return Findings((conflict_finding(result), *(further_finding(item) for item in result.others)))
    findings = [_answer(result), *_carrying(result)]
    robust = robust_finding(result)
    if robust is not None:
        findings.insert(1, robust)
    scarce = scarcest(result)
    if scarce is not None:
        findings.append(_scarce_finding(result, scarce))
    over = unplaced_finding(result)
    if over is not None and any(item.amount >= MUCH_LEFT * item.capacity for item in result.unplaced):
        findings.append(over)
    return Findings((*findings, *quarter_findings(result, figures(result))))


def next_steps(result: Allocation | Conflict | Off) -> Findings:
    """Return what to do next: decide, confirm, ask again."""
    if isinstance(result, Off):
        return Findings(
            (Finding(fit_claim(f"Bring {', '.join(result.tables)}.", "Bring the tables named below."), result.reason),)
        )
    confirm = _confirm_step(result.portfolio)
    if isinstance(result, Conflict):
        return Findings((*_conflict_steps(result), *confirm))
    again = question_finding(result)
    items = [*_closing_steps(result), *_move_steps(result), *([again] if again is not None else []), *confirm]
    if result.best.current_breaks:
        items.append(
            Finding(
                "Mend today's plan where it breaks its own rules.",
                "; ".join(str(item) for item in result.best.current_breaks) + ".",
            )
        )
    return Findings(tuple(items))


def _confirm_step(portfolio: Portfolio) -> list[Finding]:
    """Return that open answers are to be confirmed, where there are any."""
    still = [item.id for item in portfolio.activities if item.status != "confirmed"]
    if not still:
        return []
    return [
        Finding(
            f"Have the answers behind {len(still)} of {len(portfolio.activities)} curves confirmed by their owners.",
            f"Open: {theme.listing(still, 8)}. Ask first where money moves.",
        )
    ]


def _conflict_steps(conflict: Conflict) -> list[Finding]:
    """Return which rules to drop or soften."""
    owners = sorted({rule.owner for rule in conflict.rules if rule.owner})
    who = f" Owners: {theme.listing(owners)}." if owners else ""
    names = theme.listing([rule.name for rule in conflict.rules], 8)
    steps = [
        Finding(
            "Drop or soften one of the rules in conflict, or raise what is given.",
            f"{names}.{who} {cheapest_repair(conflict)}".rstrip(),
        )
    ]
    for other in conflict.others:
        held = [*(rule.name for rule in other.rules), *(given_words(item) for item in other.given)]
        steps.append(Finding("Settle the further conflict as well.", f"{theme.listing(held, 8)}."))
    return steps


def _closing_steps(result: Allocation) -> list[Finding]:
    """Return the lines whose closing is to be decided."""
    return [
        Finding(
            fit_claim(f"Decide on {closed.name}: {decision_cost(result, closed)}.", "Decide on the line to close."),
            f"{people_words(closed)} This is a proposal on a product line, not on persons.",
            tuple(figures(result).shown_ids(f"other_option/{closed.line}", f"today_people/{closed.line}").split()),
        )
        for closed in result.reasons
        if not closed.supported
    ]


def _move_steps(result: Allocation) -> list[Finding]:
    """Return the largest moves, to be agreed first."""
    size = move_size(result)
    moved = sorted((item for item in result.reasons if move_way(result, item)), key=lambda item: -abs(size(item)))[:3]
    if not moved:
        return []
    largest = theme.listing([item.name for item in moved], 3)
    detail = "They carry most of the change; the rest can follow." if len(moved) > 1 else ""
    return [
        Finding(
            fit_claim(f"Agree the largest moves first: {largest}.", "Agree the largest moves first."),
            f"{largest}. {detail}" if detail else f"{largest} is the one line that moves.",
        )
    ]


def scarcest(result: Allocation) -> ShadowPrice | None:
    """Return the resource whose next unit is worth most for what it costs; None where none is worth anything."""
    priced = [item for item in result.prices if item.up > 0]
    return max(priced, key=lambda item: (item.per_currency or 0.0, item.up * item.amount), default=None)


def _scarce_finding(result: Allocation, scarce: ShadowPrice) -> Finding:
    """Return what more of the scarcest resource is worth."""
    worth = value_words(result.portfolio, scarce.up * scarce.amount)
    keys = ("step", "step_worth", "price", "unit_cost", "capacity")
    return Finding(
        fit_claim(
            *_paying_words(result, scarce),
            f"The scarcest resource is {scarce.resource}: {step_words(scarce)} more would be worth {worth}.",
            f"{step_words(scarce)} more of the scarcest resource would be worth {worth}.",
        ),
        "A local price, found by solving again with that much more; it does not hold for large changes.",
        figures(result).ids(*(f"{key}/{scarce.resource}" for key in keys)),
    )


def _paying_words(result: Allocation, scarce: ShadowPrice) -> tuple[str, ...]:
    """Return what the next step of the scarcest resource is worth and costs, and whether it alone pays, in money."""
    portfolio = result.portfolio
    cost = {item.id: item.unit_cost for item in portfolio.resources}
    if not portfolio.is_money or not cost[scarce.resource]:
        return ()
    worth, costs = (
        theme.money(each * scarce.amount, portfolio.currency) for each in (scarce.up, cost[scarce.resource])
    )
    n = sum(item.up > cost[item.resource] for item in result.prices)
    tail = {0: "no next step pays", 1: "the only next step that pays"}.get(n, f"{n} next steps pay, this one most")
    return (f"{step_words(scarce)} more of {scarce.resource} is worth {worth} and costs {costs}: {tail}.",)


def _answer(result: Allocation) -> Finding:
    ids, sure = figures(result), result.best.certificate
    gain, base = result.plan.value - result.best.baseline_value, result.best.baseline_value
    repaired = result.best.baseline == "repaired"
    if gain <= 1e-6 * max(abs(base), 1e-12):
        claim = _nothing_to_gain(result)
    else:
        if base > 0:
            more = f"{theme.percent(gain / base, 0 if gain / base >= 0.095 else 1)} more value"
        else:
            more = f"{value_words(result.portfolio, gain)} more"
        opening = f"The resources there are can bring {more} than today"
        if repaired:  # today breaks a rule, so it is no measure
            opening = f"Within the rules {more} is possible"
        split = _split(result)
        short = opening.replace("resources there are", "resources")
        claim = fit_claim(*([f"{opening}: {split}.", f"{short}: {split}."] if split else []), f"{opening}.")
    proof = (
        f"No plan within the rules can bring more than {possible_words(result)} above it."
        if sure.proved
        else f"Not proved: a plan that brings up to {possible_words(result)} more may exist."
    )
    then, now = value_words(result.portfolio, base), value_words(result.portfolio, result.plan.value)
    if not result.portfolio.is_money:  # the unit once
        then = then.removesuffix(POINTS)
    detail = (
        f"{then} {'in the nearest plan that holds' if repaired else 'today'} → {now} a period"
        f"{agreed_words(result.portfolio)}. {proof}"
    )
    if repaired:
        detail += " Today's plan breaks: " + "; ".join(str(item) for item in result.best.current_breaks) + "."
    return Finding(
        claim,
        detail,
        ids.ids("value", "today_value", "baseline_value", "gain", "gain_share", "possible", "possible_share"),
    )


def _nothing_to_gain(result: Allocation) -> str:
    """Return what is true where the plan to carry out brings no more than what it is compared with."""
    sure, best = result.best.certificate, result.best.value
    lost = max(best - result.plan.value, 0.0)
    repaired = result.best.baseline == "repaired"
    if not sure.proved:
        than = "the nearest plan that holds" if repaired else "today's"
        return f"No better plan than {than} was found; that is not proved."
    if repaired:
        return "Today's plan breaks what it must keep; the nearest plan that holds is the best found."
    if lost > 1e-6 * max(abs(best), 1e-12):
        share = max(math.ceil(1000.0 * lost / sure.lift - 1e-6), 1) / 1000.0
        return f"Today's plan is within {theme.percent(share, 1)} of the best: no move is worth its trouble."
    return "Today's plan is already as good as any within the rules."


def _split(result: Allocation) -> str:
    """Return how many lines get more, less, the same spread anew, or close; empty where nothing can be counted."""
    ways = [move_way(result, item) for item in result.reasons if item.supported]
    closed = sum(not item.supported for item in result.reasons)
    more, less, anew = (ways.count(way) for way in ("more", "less", "anew"))
    parts = []
    if more:
        parts.append(f"{_lines_word(more)} more")
    if less:
        parts.append(f"{less if more else _lines_word(less)} less")
    if anew:
        lines = "" if parts else " line" if anew == 1 else " lines"
        parts.append(f"{anew}{lines} spread{'s' if anew == 1 else ''} the same anew")
    if closed:
        closing = _closing_word(closed)
        parts.append(closing if parts else closing.replace(f"{closed} ", f"{closed} line{'s' * (closed > 1)} ", 1))
    return ", ".join(parts)


def _carrying(result: Allocation) -> list[Finding]:
    """Return the closings, the largest gain and the largest loss."""
    size = move_size(result)
    chosen = [item for item in result.reasons if not item.supported][:2]
    stay = [(item, move_way(result, item)) for item in result.reasons if item.supported]
    rising = max((item for item, way in stay if way == "more"), key=size, default=None)
    falling = min((item for item, way in stay if way == "less"), key=size, default=None)
    if rising is not None:
        chosen.append(rising)
    if falling is not None and len(chosen) < 4:
        chosen.append(falling)
    return [line_finding(result, item) for item in chosen]


def _lines_word(count: int) -> str:
    return f"{count} {'line gets' if count == 1 else 'lines get'}"


def _closing_word(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'} proposed to close"
