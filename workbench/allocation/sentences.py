"""What the plan says in plain words: the bottom line, the reason of each line, what could be wrong, what next."""

from __future__ import annotations

import math
from collections.abc import Callable

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.cascade_words import cascade_cautions
from workbench.allocation.conflict import Conflict, Given
from workbench.allocation.curves import ASK_AGAIN, WARN_CONSISTENCY, Adbudg, shape_hangs_on_an_answer
from workbench.allocation.doubt_words import question_finding, robust_finding
from workbench.allocation.explain import MOST_RULES, LineReason, ShadowPrice
from workbench.allocation.input_words import fit_cautions, weighting_cautions
from workbench.allocation.line_words import POINTS, closing_words, flip_words, unplaced_finding
from workbench.allocation.line_words import value_words as _value
from workbench.allocation.method_words import possible_words
from workbench.allocation.model import Portfolio
from workbench.allocation.numbers import figures
from workbench.allocation.quarters import QuarterPlan
from workbench.allocation.quarters_words import quarter_findings
from workbench.allocation.scenarios import scenario_cautions
from workbench.findings import Finding, Findings, Off, fit_claim

CHANGE = 0.02
"""A line whose money changes by less than this share keeps what it has, in words (ours)."""
MUCH_LEFT = 0.05
"""From this share of a resource on, what is left over belongs to the bottom line (ours)."""
_STOPPED = {
    "precision": "The solver's bound contradicted the plan beyond its precision; a simple bound stands instead.",
}
_LINE_FIGURES = (
    "supported",
    "money",
    "today_money",
    "people",
    "today_people",
    "value",
    "today_value",
    "next_unit",
    "last_funded",
    "other_option",
    "closing_once",
    "closing_yearly",
)
_MONEY_NAMES = {"EUR": "euro", "USD": "dollar", "GBP": "pound", "CHF": "franc"}


def headline(result: Allocation | Conflict | Off) -> Findings:
    """Return the bottom line: the answer, the moves that carry it, the scarcest resource; or the conflict."""
    if isinstance(result, Off):
        return Findings(
            (
                Finding(
                    fit_claim(f"Not answered: {_start_lower(result.reason)}", "This question could not be answered."),
                    f"{result.reason} Needed: {', '.join(result.tables)}.",
                ),
            )
        )
    if isinstance(result, Conflict):
        return Findings((conflict_finding(result), *(_further_finding(item) for item in result.others)))
    ids = figures(result)
    findings = [_answer(result), *_carrying(result)]
    robust = robust_finding(result)
    if robust is not None:
        findings.insert(1, robust)
    scarce = scarcest(result)
    if scarce is not None:
        worth = _value(result.portfolio, scarce.up * scarce.amount)
        findings.append(
            Finding(
                fit_claim(
                    *_paying_words(result, scarce),
                    f"The scarcest resource is {scarce.resource}: {_amount(scarce)} more would be worth {worth}.",
                    f"{_amount(scarce)} more of the scarcest resource would be worth {worth}.",
                ),
                "A local price, found by solving again with that much more; it does not hold for large changes.",
                ids.ids(
                    f"step/{scarce.resource}",
                    f"step_worth/{scarce.resource}",
                    f"price/{scarce.resource}",
                    f"unit_cost/{scarce.resource}",
                    f"capacity/{scarce.resource}",
                ),
            )
        )
    over = unplaced_finding(result)
    if over is not None and any(item.amount >= MUCH_LEFT * item.capacity for item in result.unplaced):
        findings.append(over)
    return Findings((*findings, *quarter_findings(result, ids)))


def cautions(result: Allocation | Conflict | Off) -> Findings:
    """Return what could be wrong with the plan: opinions, proof, curves, what was not computed with."""
    if isinstance(result, Off):
        return Findings(())
    portfolio = result.portfolio
    items = [*_curve_cautions(portfolio), *fit_cautions(portfolio), *_value_cautions(portfolio)]
    if isinstance(result, Conflict):
        if not all(item.minimal for item in (result, *result.others)):
            items.append(
                Finding("The conflict may name one rule too many.", "A check took too long, so its rule was kept.")
            )
        if not result.is_complete:
            items.append(
                Finding(
                    "There may be further conflicts besides those named.",
                    "The search for them was stopped; settle these and run again.",
                )
            )
        return Findings(tuple(items))
    items = [*_plan_cautions(result), *items, *weighting_cautions(result.inputs.weighting)]
    plans = () if result.cascade is not None else result.inputs.function_plans
    scenarios = () if result.comparison is not None else result.inputs.scenarios
    unused = [name for name, held in (("scenarios", scenarios), ("function plans", plans)) if held]
    if unused:
        items.append(
            Finding(
                f"{' and '.join(unused).capitalize()} were read and checked, and not computed with yet.",
                "The plan speaks of the base case." + " It was not compared with the functions' plans." * bool(plans),
            )
        )
    if result.comparison is not None:
        items += scenario_cautions(result.comparison)
    items += _dear_cautions(result)
    items += cascade_cautions(result)
    items += _quarter_cautions(result)
    if result.frontier is not None and not result.frontier.proved:
        items.append(
            Finding(
                "What one objective costs of the other is not proved at every point.",
                "Better plans may exist at some of them; more seconds would tell.",
            )
        )
    return Findings(tuple(items))


def _dear_cautions(result: Allocation) -> list[Finding]:
    """Return the resources of which the last unit brings less than it costs: what is given is spent, not saved."""
    portfolio = result.portfolio
    if not portfolio.is_money:
        return []
    cost = {item.id: item.unit_cost for item in portfolio.resources}
    dear = [
        item
        for item in result.prices
        if item.down is not None and item.used >= item.capacity * (1 - CHANGE) and 0 < item.down < cost[item.resource]
    ]
    if not dear:
        return []
    told = ". ".join(
        f"{item.resource[:1].upper()}{item.resource[1:]}: the last step ({_amount(item)}) brings "
        f"{theme.money(item.down * item.amount, portfolio.currency)} and costs "
        f"{theme.money(cost[item.resource] * item.amount, portfolio.currency)}; one more would bring "
        f"{theme.money(item.up * item.amount, portfolio.currency)}"
        for item in dear
        if item.down is not None
    )
    names = theme.listing([item.resource for item in dear], 3)
    return [
        Finding(
            fit_claim(
                f"The last step of {names} costs more than it brings.", "The last step of a resource costs too much."
            ),
            f"{told}. The plan places what there is and takes no unit costs off its value; where money can be saved, "
            "give less.",
            figures(result).ids(*(f"{key}/{item.resource}" for item in dear for key in ("step_cost", "step_worth"))),
        )
    ]


def _quarter_cautions(result: Allocation) -> list[Finding]:
    """Return where the way over the quarters ends otherwise than at the plan, and where it is not proved."""
    if not isinstance(result.quarters, QuarterPlan):
        return []
    way, items = result.quarters, list[Finding]()
    other = [item.name for item in result.reasons if item.supported != (way.closes_in(item.line) is None)]
    if other:
        items.append(
            Finding(
                fit_claim(
                    f"The way over the quarters decides otherwise on {theme.listing(other, 2)}.",
                    "The way over the quarters decides otherwise on a line.",
                ),
                "The plan speaks of the last period alone; what it costs to get there is counted on the way only.",
            )
        )
    if not way.certificate.proved:
        items.append(
            Finding(
                "The way over the quarters is not proved to be the best.",
                f"At most {theme.percent(way.certificate.gap, 2)} of its lift may be missing.",
            )
        )
    return items


def next_steps(result: Allocation | Conflict | Off) -> Findings:
    """Return what to do next: decide, confirm, ask again."""
    if isinstance(result, Off):
        return Findings(
            (Finding(fit_claim(f"Bring {', '.join(result.tables)}.", "Bring the tables named below."), result.reason),)
        )
    portfolio = result.portfolio
    open_answers = [item.id for item in portfolio.activities if item.status != "confirmed"]
    confirm = Finding(
        f"Have the answers behind {len(open_answers)} of {len(portfolio.activities)} curves confirmed by their owners.",
        f"Open: {theme.listing(open_answers, 8)}. Ask first where money moves.",
    )
    if isinstance(result, Conflict):
        names = [rule.name for rule in result.rules]
        owners = sorted({rule.owner for rule in result.rules if rule.owner})
        who = f" Owners: {theme.listing(owners)}." if owners else ""
        steps = [
            Finding(
                "Drop or soften one of the rules in conflict, or raise what is given.",
                f"{theme.listing(names, 8)}.{who} {cheapest_repair(result)}".rstrip(),
            )
        ]
        for other in result.others:
            held = [*(rule.name for rule in other.rules), *(_given_words(item) for item in other.given)]
            steps.append(Finding("Settle the further conflict as well.", f"{theme.listing(held, 8)}."))
        return Findings((*steps, confirm) if open_answers else tuple(steps))
    items: list[Finding] = []
    for closed in (reason for reason in result.reasons if not reason.supported):
        items.append(
            Finding(
                fit_claim(f"Decide on {closed.name}: {decision_cost(result, closed)}.", "Decide on the line to close."),
                f"{people_words(closed)} This is a proposal on a product line, not on persons.",
                figures(result).ids(f"other_option/{closed.line}", f"today_people/{closed.line}"),
            )
        )
    size = _size(result)
    moved = sorted((item for item in result.reasons if _changes(result, item)), key=lambda item: -abs(size(item)))[:3]
    if moved:
        largest = theme.listing([item.name for item in moved], 3)
        items.append(
            Finding(
                fit_claim(f"Agree the largest moves first: {largest}.", "Agree the largest moves first."),
                f"{largest}. They carry most of the change; the rest can follow."
                if len(moved) > 1
                else f"{largest} is the one line that moves.",
            )
        )
    again = question_finding(result)
    if again is not None:
        items.append(again)
    if open_answers:
        items.append(confirm)
    if result.best.current_breaks:
        items.append(
            Finding(
                "Mend today's plan where it breaks its own rules.",
                "; ".join(str(item) for item in result.best.current_breaks) + ".",
            )
        )
    return Findings(tuple(items))


def line_finding(result: Allocation, reason: LineReason) -> Finding:
    """Return why a line got what it got, as a claim with its detail and figures."""
    ids = figures(result)
    if not reason.supported:
        weak = _brings_less(result, reason)
        short = f"{reason.name} is proposed to close: {decision_cost(result, reason)}."
        claim = fit_claim(
            f"{reason.name} is proposed to close: {weak}." if weak else short,
            short,
            "A line is proposed to close.",
        )
    else:
        claim = _stays_claim(result, reason)
    keys = [f"{name}/{reason.line}" for name in _LINE_FIGURES]
    return Finding(claim, _line_detail(result, reason), ids.ids(*keys))


def _stays_claim(result: Allocation, reason: LineReason) -> str:
    """Return the claim of a line that stays: what it gets more or less of, and what comes of that."""
    words, way = _stays_words(result, reason), _changes(result, reason)
    rest = {"": "A line keeps what it has.", "anew": "A line is spread anew."}.get(way, f"A line: {words}.")
    return fit_claim(f"{reason.name}: {words}.", rest)


def _stays_words(result: Allocation, reason: LineReason) -> str:
    """Return what a line that stays gets more or less of, and what comes of that."""
    portfolio, way, brings = result.portfolio, _changes(result, reason), reason.value - reason.today_value
    worth = _value(portfolio, abs(brings))
    more = f"{worth} more value" if portfolio.is_money else worth.replace(POINTS, f" more{POINTS}")
    is_moved = abs(brings) > 1e-6 * max(abs(reason.today_value), 1e-12)
    if way == "":
        return (
            f"money stays at {theme.money(reason.today_money, portfolio.currency)}"
            if reason.today_money
            else f"{theme.people(reason.today_people)} stay"
            if reason.today_people
            else "nothing changes"
        )
    if way == "anew":
        tail = f", {worth} {'more' if brings > 0 else 'less'}" if is_moved else ""
        return f"the same in all, spread anew over its activities{tail}"
    if way == "more":
        tail = f"which brings {more}" if brings > 0 and is_moved else "as the rules ask"
    else:
        tail = "at no cost of value" if not is_moved else f"which costs {worth}" if brings < 0 else f"yet brings {more}"
    return f"{_moved_words(result, reason)} {way}, {tail}"


def line_sentence(result: Allocation, reason: LineReason) -> str:
    """Return what a line gets, why, and what would change it, as one sentence for a table's cell."""
    earns = _earning(result.portfolio, reason)
    if reason.supported:
        parts = [_stays_words(result, reason), earns]
        named = () if reason.flip is None else reason.flip.rules
        holding = [rule for rule in reason.binding if rule not in named]  # those are told with what would change it
        if holding:
            parts.append(f"held by {theme.listing(holding, 2)}")
        parts.append(_otherwise(result, reason))
    else:
        closing = next((item for item in result.closings if item.line == reason.line), None)
        parts = [_brings_less(result, reason), earns, _otherwise(result, reason)]
        parts.append(closing_words(result.portfolio, closing) if closing else "")
        parts.append(_start_lower(people_words(reason)).rstrip("."))
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}."


def _otherwise(result: Allocation, reason: LineReason) -> str:
    """Return what deciding the other way would cost, and what would make it right."""
    flip = flip_words(reason.flip)
    if reason.other_option is None:
        return flip
    cost = decision_cost(result, reason)
    return f"{cost}, and {flip}" if flip else cost


def reason_words(result: Allocation, reason: LineReason) -> str:
    """Return the reason of a line in a few words, for a table's cell."""
    brings = reason.value - reason.today_value
    sign = "+" if brings > 0 else "−"
    noise = 1e-6 * max(abs(reason.today_value), 1e-12)
    parts = ["value as today" if abs(brings) <= noise else f"value {sign}{_value(result.portfolio, abs(brings))}"]
    parts.append(_earning(result.portfolio, reason))
    if reason.binding:
        parts.append(f"held by {theme.listing(list(reason.binding), 2)}")
    if not reason.supported:
        parts = [decision_cost(result, reason), people_words(reason).rstrip(".").lower()]
    return "; ".join(part for part in parts if part) or "uses all it can"


def decision_cost(result: Allocation, reason: LineReason) -> str:
    """Return what deciding the other way would cost, in words."""
    word = "keeping it" if not reason.supported else "closing it"
    if reason.other_option is None:
        return f"{word} breaks a rule or a capacity" if reason.is_verified else f"what {word} costs was not worked out"
    if reason.other_option <= result.best.certificate.gap_absolute:
        return f"{word} would cost nothing noticeable"
    words = f"{word} would cost {_value(result.portfolio, reason.other_option)}"
    closing = result.portfolio.closing_value(reason.line) if reason.supported else 0.0
    return f"{words}, {_value(result.portfolio, closing)} of it costs of closing" if closing > 0 else words


def people_words(reason: LineReason) -> str:
    """Return how many people a closing touches, with the words that must stand beside it."""
    count = round(reason.today_people)
    who = "Nobody is counted in this line" if count == 0 else f"{theme.people(count)} affected"
    return f"{who}, no decision on persons."


def scarcest(result: Allocation) -> ShadowPrice | None:
    """Return the resource whose next unit is worth most for what it costs; None where none is worth anything."""
    priced = [item for item in result.prices if item.up > 0]
    return max(priced, key=lambda item: (item.per_currency or 0.0, item.up * item.amount), default=None)


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
    return (f"{_amount(scarce)} more of {scarce.resource} is worth {worth} and costs {costs}: {tail}.",)


def conflict_finding(conflict: Conflict) -> Finding:
    """Return the conflict in the client's words."""
    names = [rule.name for rule in conflict.rules]
    given = [_given_words(item) for item in conflict.given]
    what = theme.listing([*names, *given], 6)
    verb = "cannot hold" if len(names) + len(given) == 1 else "cannot hold together"
    short = next((item for item in conflict.given if item.short_by), None)
    tail = f": short by {_number(short.short_by)} {short.unit}" if short is not None and short.short_by else ""
    count = f"{len(names)} rules" if len(names) != 1 else "1 rule"
    claim = fit_claim(
        f"{what[:1].upper()}{what[1:]} {verb}{tail}.",
        f"No plan can hold: {count} and what is given contradict each other{tail}.",
        "No plan can hold: the rules and what is given contradict each other.",
    )
    texts = "; ".join(f"{rule.name}: {rule.text}{f' ({rule.owner})' if rule.owner else ''}" for rule in conflict.rules)
    more = "; ".join(
        f"{_number(item.short_by)} {item.unit} more of {item.name} would do" for item in conflict.given if item.short_by
    )
    return Finding(
        claim,
        " ".join(
            part
            for part in (
                f"{texts}." if texts else "",
                ways_out(conflict),
                f"{more}." if more else "",
                cheapest_repair(conflict),
            )
            if part
        ),
    )


def cheapest_repair(conflict: Conflict) -> str:
    """Return the smallest single change that is enough, and the next, in words; empty where one is not enough."""
    if not conflict.repairs:
        return ""
    first, *rest = conflict.repairs
    size = f" ({theme.percent(first.share, 0 if first.share >= 0.095 else 1)} of it)" if 0 < first.share < 1 else ""
    other = f", or {rest[0]}" if rest else ""
    return f"Cheapest single way out: {first}{size}{other}."


def ways_out(conflict: Conflict) -> str:
    """Return what dropping rules does: a plan is spoken of only where one was found without the rule."""
    if not conflict.rules:
        return ""
    if conflict.any_one_frees:
        return "Without any one of these rules a plan exists." if len(conflict.rules) > 1 else (
            "Without this rule a plan exists."
        )  # fmt: skip
    if not conflict.minimal:
        return "These cannot all hold together."
    if len(conflict.rules) == 1:
        return "This cannot hold; dropping the rule ends this conflict, another remains."
    alone = f"; without {theme.listing(list(conflict.frees), 4)} alone a plan exists" if conflict.frees else ""
    return f"These cannot all hold together; dropping any one ends this conflict, others may remain{alone}."


def _further_finding(conflict: Conflict) -> Finding:
    """Return a conflict that remains when the first is settled."""
    held = conflict_finding(conflict)
    return Finding(fit_claim(f"Further conflict: {held.claim}", "There is a further conflict."), held.detail)


# -- parts of the above ----------------------------------------------------------------------------------------------


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
            more = f"{_value(result.portfolio, gain)} more"
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
    then, now = _value(result.portfolio, base), _value(result.portfolio, result.plan.value)
    if not result.portfolio.is_money:  # the unit once
        then = then.removesuffix(POINTS)
    detail = (
        f"{then} {'in the nearest plan that holds' if repaired else 'today'} → {now} a period"
        f"{_agreed(result.portfolio)}. {proof}"
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
    ways = [_changes(result, item) for item in result.reasons if item.supported]
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
    size = _size(result)
    chosen = [item for item in result.reasons if not item.supported][:2]
    stay = [(item, _changes(result, item)) for item in result.reasons if item.supported]
    rising = max((item for item, way in stay if way == "more"), key=size, default=None)
    falling = min((item for item, way in stay if way == "less"), key=size, default=None)
    if rising is not None:
        chosen.append(rising)
    if falling is not None and len(chosen) < 4:
        chosen.append(falling)
    return [line_finding(result, item) for item in chosen]


def _size(result: Allocation) -> Callable[[LineReason], float]:
    """Return the measure of a line's move: money; people where nothing costs money; else value."""
    if any(item.money or item.today_money for item in result.reasons):
        return lambda item: item.money - item.today_money
    if any(item.people or item.today_people for item in result.reasons):
        return lambda item: item.people - item.today_people
    return lambda item: item.value - item.today_value


def _changes(result: Allocation, reason: LineReason) -> str:
    """Return ``more``, ``less``, ``anew`` (the same money and people, other levels) or nothing."""
    for now, then in ((reason.money, reason.today_money), (reason.people, reason.today_people)):
        if abs(now - then) > CHANGE * max(then, 1e-12):
            return "more" if now > then else "less"
    steps = [
        result.plan.level(item.id) - item.current
        for item in result.portfolio.activities_of(reason.line)
        if abs(result.plan.level(item.id) - item.current) > CHANGE * max(item.maximum, 1e-300)
    ]
    if not steps:
        return ""
    is_counted = bool(reason.today_money or reason.money or reason.today_people or reason.people)
    if is_counted or min(steps) < 0 < max(steps):
        return "anew"
    return "more" if steps[0] > 0 else "less"


def _moved_words(result: Allocation, reason: LineReason) -> str:
    """Return how much a line gets more or less: money, else people, else the level that moves most."""
    money, people = reason.money - reason.today_money, reason.people - reason.today_people
    if abs(money) > CHANGE * max(reason.today_money, 1e-12):
        return theme.money(abs(money), result.portfolio.currency)
    if abs(people) > CHANGE * max(reason.today_people, 1e-12):
        return theme.people(abs(people)) if abs(people) >= 0.5 else f"{theme.number(abs(people), 1)} people"
    steps = [
        (abs(result.plan.level(item.id) - item.current), item.unit)
        for item in result.portfolio.activities_of(reason.line)
    ]
    amount, unit = max(steps)
    return f"{_number(amount)} {unit}"


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _lines_word(count: int) -> str:
    return f"{count} {'line gets' if count == 1 else 'lines get'}"


def _closing_word(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'} proposed to close"


def _line_detail(result: Allocation, reason: LineReason) -> str:
    currency = result.portfolio.currency
    parts = []
    if reason.today_money or reason.money:
        now = theme.money(reason.money, currency)
        parts.append(f"{theme.money(reason.today_money, currency)} today → {now} in the plan.")
    if reason.today_people or reason.people:
        parts.append(f"{theme.people(reason.today_people)} → {theme.people(reason.people)}.")
    earns = _earning(result.portfolio, reason)
    if earns:
        parts.append(f"{earns[:1].upper()}{earns[1:]}.")
    otherwise = _otherwise(result, reason)
    if otherwise:
        parts.append(f"{otherwise[:1].upper()}{otherwise[1:]}.")
    if reason.binding:
        parts.append(f"Held by: {theme.listing(list(reason.binding), 6)}.")
    if not reason.supported:
        effect = next((item for item in result.closings if item.line == reason.line), None)
        if effect is not None:
            words = closing_words(result.portfolio, effect)
            parts.append(f"{words[:1].upper()}{words[1:]}.")
        parts.append(people_words(reason))
        closing = result.portfolio.line(reason.line).closing
        if closing is not None and closing.note:
            parts.append(closing.note)
    return " ".join(parts)


def _brings_less(result: Allocation, reason: LineReason) -> str:
    """Return what a line takes and brings today where that is less, in money; empty where it is not."""
    portfolio = result.portfolio
    if not portfolio.is_money or reason.today_value >= reason.today_money:
        return ""
    takes, brings = (theme.money(amount, portfolio.currency) for amount in (reason.today_money, reason.today_value))
    return f"today it takes {takes} and brings {brings}"


def _earning(portfolio: Portfolio, reason: LineReason) -> str:
    """Return what the next unit of money earns here, and beside a line that closes what the last one earns elsewhere.

    The last one is of the resource that the line takes most of: lines that take mainly others have another measure,
    so that it is told only where it is the reason.
    """
    if reason.next_unit is None:
        return _earns_nothing(portfolio, reason) if reason.supported else ""
    unit, factor = _money_unit(portfolio, reason)
    verb = "would earn" if reason.supported else "earns"
    here = f"its next {unit} {verb} {_points(portfolio, reason.next_unit * factor)}"
    if reason.last_funded is None or reason.supported or reason.next_unit >= reason.last_funded:
        return here
    there = _points(portfolio, reason.last_funded * factor)
    return f"{here}, the last one spent on the same resource in other lines {there}"


def _earns_nothing(portfolio: Portfolio, reason: LineReason) -> str:
    """Return why a line that stays can turn no further money into value."""
    activities = portfolio.activities_of(reason.line)
    if not activities:
        return "it has no activities to give anything to"
    useful = [item for item in activities if portfolio.worth(item.id) > 0]
    if not useful:
        is_harm = any(portfolio.worth(item.id) < 0 for item in activities)
        return "more of it would do harm" if is_harm else "more of it would bring nothing"
    if not any(portfolio.resource(name).unit_cost * amount for item in useful for name, amount in item.recipe.items()):
        return "its activities take no money"
    return "it is at its largest useful level"


def _agreed(portfolio: Portfolio) -> str:
    """Return who agreed the weights, where value is points."""
    words = portfolio.value_words
    return f"; {words.removeprefix('value points, ')}" if words.startswith("value points, ") else ""


def _money_unit(portfolio: Portfolio, reason: LineReason) -> tuple[str, float]:
    """Money earns money per euro; points are told per an amount at which they read as numbers."""
    if portfolio.is_money:
        return _MONEY_NAMES.get(portfolio.currency, portfolio.currency), 1.0
    size = max(reason.next_unit or 0.0, reason.last_funded or 0.0)
    factor = next((amount for amount in (1.0, 1e3, 1e4, 1e5, 1e6) if size * amount >= 1), 1e6)
    return theme.money(factor, portfolio.currency), factor


def _points(portfolio: Portfolio, value: float) -> str:
    return theme.number(value, 2 if abs(value) < 10 else 1) + ("" if portfolio.is_money else " points")


def _amount(price: ShadowPrice) -> str:
    return f"{_number(price.amount)} {'person' if price.unit == 'people' and price.amount == 1 else price.unit}"


def _number(value: float | None) -> str:
    if value is None:
        return theme.MISSING
    return theme.number(value, 0 if abs(value) >= 100 or abs(value - round(value)) < 1e-6 else 1)


def _given_words(item: Given) -> str:
    if item.kind == "capacity":
        return (
            f"{_number(item.amount)} {item.unit} of {item.name}"
            if item.name.lower() != item.unit.lower()
            else f"{_number(item.amount)} {item.unit}"
        )
    return f"the maximum of {item.name}" if item.kind == "maximum" else f"{item.name} staying open"


def _plan_cautions(result: Allocation) -> list[Finding]:
    items, sure = [], result.best.certificate
    if not sure.proved:
        items.append(
            Finding(
                f"The plan is not proved: one that brings up to {possible_words(result)} more may exist.",
                _STOPPED.get(sure.stopped_by, f"The search was stopped by its limit of {sure.stopped_by}."),
                figures(result).ids("possible", "possible_share", "bound"),
            )
        )
    if not result.settled.is_whole:
        items.append(
            Finding(
                "People could not be made whole in every line.",
                "The amounts are shown as solved; round them with the owners.",
            )
        )
    if result.settled.broken_rules:
        count = len(result.settled.broken_rules)
        items.append(
            Finding(
                f"Whole people break {_count(count, 'rule', 'rules')} that the plan itself keeps.",
                f"{theme.listing(list(result.settled.broken_rules), 8)}: no whole amounts within them were found. "
                "Soften the rule, or split a person's time.",
            )
        )
    priced = [item for item in result.rule_prices if item.is_tight or len(result.rule_prices) <= MOST_RULES]
    open_rules = [item.rule for item in priced if item.price is None]
    if open_rules:
        items.append(
            Finding(
                f"What {_count(len(open_rules), 'rule costs', 'rules cost')} was not worked out.",
                f"{theme.listing(open_rules, 8)}: the time or the proof did not suffice; allow more seconds.",
            )
        )
    if result.best.baseline == "repaired":
        items.append(
            Finding(
                "Today's plan breaks its own rules, so the gain is against the nearest plan that holds.",
                "; ".join(str(item) for item in result.best.current_breaks) + ".",
            )
        )
    return items


def _curve_cautions(portfolio: Portfolio) -> list[Finding]:
    items = []
    activities = portfolio.activities
    assumed = [item.id for item in activities if item.status != "confirmed"]
    contested = [item.id for item in activities if item.status == "contested"]
    if assumed:
        more = f" Contested: {theme.listing(contested, 6)}." if contested else ""
        items.append(
            Finding(
                f"{len(assumed)} of {len(activities)} curves rest on answers that are not confirmed.",
                f"{theme.listing(assumed, 8)}.{more} The curves are what managers expect, not what was measured.",
            )
        )
    apart = [item for item in activities if item.check is not None and item.check > WARN_CONSISTENCY]
    if apart:
        again = [item.id for item in apart if item.check is not None and item.check > ASK_AGAIN]
        items.append(
            Finding(
                f"{_count(len(apart), 'curve misses', 'curves miss')} the fifth answer, the check of the other four.",
                "; ".join(f"{item.id}: off by {theme.percent(item.check)} of its range" for item in apart)
                + (f". Ask again: {theme.listing(again, 6)}." if again else "."),
            )
        )
    shaky = [item.id for item in activities if isinstance(item.curve, Adbudg) and shape_hangs_on_an_answer(item.curve)]
    if shaky:
        items.append(
            Finding(
                f"{_count(len(shaky), 'curve turns', 'curves turn')} from S to concave with a 2 % change of an answer.",
                f"{theme.listing(shaky, 8)}: ask y15 with care.",
            )
        )
    return items


def _value_cautions(portfolio: Portfolio) -> list[Finding]:
    items = []
    if not portfolio.is_money:
        items.append(
            Finding(
                fit_claim(
                    f"Value is in points, not in money{_agreed(portfolio)}.", "Value is in points, not in money."
                ),
                "It is money only where every objective that counts is, with confirmed worths and equal weights.",
            )
        )
    idle = [item.id for item in portfolio.activities if portfolio.worth(item.id) == 0]
    if idle:
        items.append(
            Finding(
                f"{_count(len(idle), 'activity has', 'activities have')} no worth for any objective and so no money.",
                f"{theme.listing(idle, 8)}. Add a row in worths.",
            )
        )
    kept = [line.name for line in portfolio.lines if line.closing is None]
    if kept:
        items.append(
            Finding(
                f"{len(kept)} of {len(portfolio.lines)} lines were not considered for closing.",
                f"{theme.listing(kept, 8)}: nobody said what closing costs (table closing).",
            )
        )
    unpaid = any(
        line.closing is not None and line.closing.one_off_cost + line.closing.yearly_cost for line in portfolio.lines
    )
    if unpaid and not portfolio.is_money and portfolio.money_resource is None:
        items.append(
            Finding(
                "Costs of closing could not be counted: value is in points and no resource is money.",
                "Give one resource the currency as its unit.",
            )
        )
    return items


def _start_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
