"""What the functions plan and what was decided, held against the resources and the rules they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    from workbench.allocation import Portfolio
    from workbench.engagement.tables import Tables

Rows = Sequence[tuple[Any, Mapping[str, Any]]]


def function_plan_faults(tables: Tables, plans: Rows, resources: Rows) -> Iterator[Fault]:
    """Yield rows of ``function_plans`` whose function gives nothing at all: a misspelt name would be dropped."""
    known = list(dict.fromkeys(row["function"] for _, row in resources if row["function"]))
    for label, row in plans:
        name = row["function"]
        if name and known and name not in known:
            hint = nearest(name, known)
            yield tables.fault(
                "function_plans",
                label,
                "function",
                f"{name!r} gives no resource.",
                f"a function of resources: {', '.join(known)}.",
                hint or "Correct the name, or add the resource that it gives to resources.",
            )


def decision_faults(tables: Tables, portfolio: Portfolio, decisions: Rows) -> Iterator[Fault]:
    """Yield decisions that are meant as rules and cannot be read: as mere words they would be dropped.

    Parameters
    ----------
    tables : Tables
    portfolio : Portfolio
        Without rules; its names are those that a rule may name.
    decisions : rows of the table, with their labels
    """
    from workbench.allocation import Rule, RuleError, compile_rules
    from workbench.allocation.cascade import is_meant_as_rule

    for label, row in decisions:
        text = (row["what"] or "").strip().rstrip(".")
        if not text or not is_meant_as_rule(text):
            continue
        try:
            compile_rules(replace(portfolio, rules=(Rule(f"Decision {row['decision']}", text),)))
        except RuleError as error:
            yield tables.fault(
                "decisions",
                label,
                "what",
                f"{text!r}, character {error.position}: {error.found}",
                "words, or a rule as in docs/allocation.md.",
                error.remedy,
            )
