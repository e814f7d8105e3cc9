"""The chart of two goals against each other: the most of the one for each amount of the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from workbench.report.charts import KIND_WORDS, Chart
from workbench.report.values import plain_column

ON, INSIDE, PLAN, TODAY = "frontier", "frontier, no weights find it", "plan", "today"
"""What a mark may be."""


def frontier_chart(
    data: Any,
    *,
    label: str,
    other: str,
    goal: str,
    rate: str,
    change: str,
    mark: str,
    claim: str,
    subtitle: str,
    source: str,
    goal_label: str,
    other_label: str,
    proof: str,
    highlight: Iterable[str] = (),
    unit: str = "",
    other_unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    figures: str | None = None,
    alt: str | None = None,
) -> Chart:
    """Return points of two goals as a stair that falls to the right: what is had of one for each amount of the other.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        The frontier's points from most of the first goal to most of the other, then today and the plan.
    label, other, goal : str
        Columns with the point's name, and its amounts of the other goal (to the right) and of the first (upwards).
    rate, change : str
        Columns with what one more of the other cost since the point before, and what is decided otherwise, in words.
    mark : str
        Column that says which are points of the frontier (`ON`, `INSIDE`), which the plan and which today.
    goal_label, other_label : str
        What the two goals are called.
    proof : str
        What the frontier's points are, such as "proved: no plan has more of both".
    unit, other_unit : str
        Their units.
    highlight : list of str
        Labels of points that are named.
    claim, subtitle, source, currency, decimals, figures, alt
        As in `charts.bar_ranked`; decimals of both goals.
    """
    roles = [
        ("label", label),
        ("level", other),
        ("value", goal),
        ("rate", rate),
        ("change", change),
        ("mark", mark),
        *([("figures", figures)] if figures else []),
    ]
    columns = {name: plain_column(data[name]) for _, name in roles}
    chart = Chart(
        "frontier",
        tuple(columns.items()),
        tuple(roles),
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt if alt is not None else f"{KIND_WORDS['frontier']}: {claim}",
        highlight=tuple(str(name) for name in highlight),
        unit=unit,
        currency=currency,
        decimals=decimals,
    )
    return replace(chart, level_unit=other_unit, order=(goal_label, other_label), reference_label=proof)
