"""The chart of two goals against each other: the most of the one for each amount of the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

from workbench.report.chart import Chart, Said, chart_of

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
    goal_label: str,
    other_label: str,
    proof: str,
    highlight: Iterable[str] = (),
    other_unit: str = "",
    **said: Unpack[Said],
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
    other_unit : str
        Unit of the other; `unit` is the first's.
    highlight : list of str
        Labels of points that are named.
    said
        As in `charts.bar_ranked`; decimals of both goals.
    """
    return chart_of(
        "frontier",
        data,
        [("label", label), ("level", other), ("value", goal), ("rate", rate), ("change", change), ("mark", mark)],
        highlight=highlight,
        level_unit=other_unit,
        order=(goal_label, other_label),
        reference_label=proof,
        **said,
    )
