"""Rules that cannot hold together, in the client's words: which, by how much, and what would end it."""

from __future__ import annotations

from workbench import theme
from workbench.allocation.conflict import Conflict, Given
from workbench.allocation.line_words import number_words
from workbench.findings import Finding, fit_claim


def conflict_finding(conflict: Conflict) -> Finding:
    """Return the conflict in the client's words."""
    names = [rule.name for rule in conflict.rules]
    given = [given_words(item) for item in conflict.given]
    what = theme.listing([*names, *given], 6)
    verb = "cannot hold" if len(names) + len(given) == 1 else "cannot hold together"
    short = next((item for item in conflict.given if item.short_by), None)
    tail = f": short by {number_words(short.short_by)} {short.unit}" if short is not None and short.short_by else ""
    count = f"{len(names)} rules" if len(names) != 1 else "1 rule"
    claim = fit_claim(
        f"{theme.upper_start(what)} {verb}{tail}.",
        f"No plan can hold: {count} and what is given contradict each other{tail}.",
        "No plan can hold: the rules and what is given contradict each other.",
    )
    texts = "; ".join(f"{rule.name}: {rule.text}{f' ({rule.owner})' if rule.owner else ''}" for rule in conflict.rules)
    more = "; ".join(
        f"{number_words(item.short_by)} {item.unit} more of {item.name} would do"
        for item in conflict.given
        if item.short_by
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


def further_finding(conflict: Conflict) -> Finding:
    """Return a conflict that remains when the first is settled."""
    held = conflict_finding(conflict)
    return Finding(fit_claim(f"Further conflict: {held.claim}", "There is a further conflict."), held.detail)


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


def given_words(item: Given) -> str:
    """Return what is given and cannot be kept: so much of a resource, a maximum, or a line that stays open."""
    if item.kind == "capacity":
        return (
            f"{number_words(item.amount)} {item.unit} of {item.name}"
            if item.name.lower() != item.unit.lower()
            else f"{number_words(item.amount)} {item.unit}"
        )
    return f"the maximum of {item.name}" if item.kind == "maximum" else f"{item.name} staying open"
