"""Rules and scenarios held against the names there are; each fault with its cell or line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    from workbench.allocation import Portfolio
    from workbench.engagement.tables import Tables

Rows = Sequence[tuple[Any, Mapping[str, Any]]]
Told = Mapping[str, Sequence[Mapping[str, Any]]]
PARTS = ("weights", "capacities", "rules", "without_rules", "outcomes", "maximums")
"""What a scenario can change."""


def names_alone(told: Told) -> Portfolio:
    """Return a portfolio in which names are the client's and amounts only stand in: one of everything, everywhere.

    Parameters
    ----------
    told : mapping of table to its rows
        Also the rows that were refused for a wrong cell; what is wrong of them is None.
    """
    from workbench.allocation import Activity, Closing, Line, Portfolio, Resource, points_curve

    resources = {row["resource"]: row for row in told["resources"] if row["resource"]}
    activities = {row["activity"]: row for row in told["activities"] if row["activity"]}
    register = {row["product_line"]: row["name"] for row in told["lines"] if row["product_line"]}
    named = [row["product_line"] for row in activities.values() if row["product_line"]]
    lines = list(dict.fromkeys([*register, *named])) or ["?"]
    closing = {row["product_line"] for row in told["closing"]}
    one = dict.fromkeys(resources, 1.0)
    curve = points_curve([0.0, 1.0], [0.0, 1.0])
    return Portfolio(
        tuple(Resource(name, row["function"] or "", row["unit"] or "", (1.0,)) for name, row in resources.items()),
        tuple(
            Activity(
                name, row["product_line"] or lines[0], row["use"] or "", row["unit"] or "", curve, one, 1.0, 0.0, 1.0
            )
            for name, row in activities.items()
        ),
        tuple(Line(name, register.get(name) or name, one, Closing() if name in closing else None) for name in lines),
        (),
    )


def rule_faults(tables: Tables, portfolio: Portfolio, rules: Rows) -> Iterator[Fault]:
    """Yield rules that cannot be read."""
    for label, row in rules:
        found = _unread(portfolio, row["rule"], row["text"]) if row["rule"] and row["text"] else None
        if found is not None:
            yield tables.fault("rules", label, "text", *found)


def _unread(portfolio: Portfolio, name: str, text: str) -> tuple[str, str, str] | None:
    """Why a rule cannot be used, as found, allowed and remedy."""
    from workbench.allocation import Rule, RuleError, compile_rules

    if "function" in text.lower() and not all(resource.function for resource in portfolio.resources):
        return None  # who gives a resource is a cell that is told of; until then nobody knows
    try:
        rows = compile_rules(replace(portfolio, rules=(Rule(name, text),)))
    except RuleError as error:
        shown = f"{text!r}, character {error.position}: {error.found}"
        return shown, "a rule as in docs/allocation.md.", error.remedy
    for held in rows:
        closes = held.unit == "lines" and held.limit == 0 and all(term[2] > 0 for term in held.terms)
        if closes and any(portfolio.line(term[1]).closing is None for term in held.terms) and held.sense != ">=":
            return (
                f"{text!r} closes a line that has no row in closing.",
                "a row in closing for every line that may be closed.",
                "Say in closing what closing it costs and frees.",
            )
    return None


def scenario_faults(tables: Tables, portfolio: Portfolio, told: Told, last: Mapping[str, float]) -> Iterator[Fault]:
    """Yield what scenarios name, change or leave unchanged that the base does not know or allow.

    Parameters
    ----------
    tables : Tables
    portfolio : Portfolio
        Without rules; its names are those that a rule may name.
    told : mapping of table to its rows
        Also the rows that were refused.
    last : mapping of str to float
        Activity → level of the last point of its curve, where it is one of points.
    """
    activities = [item.id for item in portfolio.activities]
    known = {
        "weights": ("an objective", [row["objective"] for row in told["objectives"] if row["objective"]]),
        "capacities": ("a resource", [item.id for item in portfolio.resources]),
        "without_rules": ("a rule", [row["rule"] for row in told["rules"] if row["rule"]]),
        "outcomes": ("an activity or product line", list(dict.fromkeys([*activities, *map(_id, portfolio.lines)]))),
        "maximums": ("an activity", activities),
    }
    for name, held in (tables.documents.get("scenarios") or {}).items():
        for part, (kind, names) in known.items():
            for item in held.get(part) or ():
                if item not in names:
                    yield tables.document_fault(
                        "scenarios",
                        (name, part, item),
                        f"scenario {name!r} names {item!r}.",
                        f"the name of {kind}: {', '.join(names) or 'none'}.",
                        nearest(item, names) or "Correct the scenario.",
                    )
        for item, text in (held.get("rules") or {}).items():
            found = _unread(portfolio, item, text)
            if found is not None:
                yield tables.document_fault("scenarios", (name, "rules", item), *found)
        for item, most in (held.get("maximums") or {}).items():
            least = portfolio.activity(item).minimum if item in activities else 0.0
            if most < least or most > last.get(item, most):
                end = f"whose minimum is {least:g}" if most < least else f"whose last point is at {last[item]:g}"
                allowed = f"{least:g} or more" + (f", and {last[item]:g} or less" if item in last else "")
                yield tables.document_fault(
                    "scenarios", (name, "maximums", item),
                    f"scenario {name!r} has a maximum of {most:g} for {item!r}, {end}.",
                    f"{allowed}.", "Correct the number, or add a point." if most >= least else "Correct the number.",
                )  # fmt: skip
        yield from _empty_faults(tables, name, held, told)


def _empty_faults(tables: Tables, name: str, held: Mapping[str, Any], told: Told) -> Iterator[Fault]:
    """Scenarios that change nothing, or after which nothing counts."""
    if not any(held.get(part) for part in PARTS):
        yield tables.document_fault(
            "scenarios", (name,), f"scenario {name!r} changes nothing.",
            f"at least one of {', '.join(PARTS)}.", "Write what changes, or delete the scenario.",
        )  # fmt: skip
    weights: Mapping[str, float] = held.get("weights") or {}
    # a swing or a comparison stands for a weight above zero
    base = {str(row["objective"]): 1.0 if row["weight"] is None else float(row["weight"]) for row in told["objectives"]}
    if weights and base and not any(weights.get(item, weight) > 0 for item, weight in base.items()):
        yield tables.document_fault(
            "scenarios", (name, "weights", next(iter(weights))), f"scenario {name!r} leaves every weight at 0.",
            "at least one weight above 0.", "Agree what counts in this scenario.",
        )  # fmt: skip


def _id(item: Any) -> str:
    return str(item.id)
