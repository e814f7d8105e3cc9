"""From the tables objectives and comparisons to weights; and what keeps them from being any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, ModelError

if TYPE_CHECKING:
    from workbench.allocation import Weighting
    from workbench.engagement.tables import Tables

Rows = Sequence[tuple[Any, Mapping[str, Any]]]


def weigh(
    objectives: Rows, comparisons: Rows, *, money_scale: float = 1.0
) -> tuple[dict[str, float], Weighting | None]:
    """Return each objective's weight, and how they came about; None where they were simply given.

    Parameters
    ----------
    objectives, comparisons : rows with their labels
    money_scale : float
        By which the worths of money objectives were multiplied; their ends are in the same unit.

    Raises
    ------
    ModelError
        The answers make no weights.
    """
    from workbench.allocation import Pair, pairwise_weights, per_unit, swing_weights

    if not comparisons and all(row["swing"] is None for _, row in objectives):
        return {row["objective"]: row["weight"] or 0.0 for _, row in objectives}, None
    ranges = {}
    for _, row in objectives:
        size = money_scale if row["is_money"] == "yes" else 1.0
        if row["worst"] is not None and row["best"] is not None:
            ranges[row["objective"]] = (row["worst"] * size, row["best"] * size)
    if comparisons:
        pairs = [Pair(row["objective"], row["other"], row["ratio"], row["said_by"] or "") for _, row in comparisons]
        found = pairwise_weights(pairs, [row["objective"] for _, row in objectives])
        return (per_unit(found, ranges) if ranges else dict(found.weights)), found
    found = swing_weights({row["objective"]: row["swing"] or 0.0 for _, row in objectives})
    return per_unit(found, ranges), found


def weight_faults(tables: Tables, objectives: Rows, comparisons: Rows) -> Iterator[Fault]:
    """Return what is wrong with weights, swings and comparisons, each with its cell."""
    if not objectives:
        return
    is_swing = any(row["swing"] is not None for _, row in objectives)
    has_ends = is_swing or (comparisons and any(row["worst"] is not None for _, row in objectives))
    found: list[Fault] = []
    for label, row in objectives:

        def fault(column: str, seen: str, allowed: str, remedy: str, label: Any = label) -> None:
            found.append(tables.fault("objectives", label, column, seen, allowed, remedy))

        if comparisons and row["swing"] is not None:
            fault(
                "swing", "swings stand beside comparisons.", "one way of weighing.", "Keep the one, delete the other."
            )
        elif (is_swing or comparisons) and row["weight"] is not None:
            other = "comparisons" if comparisons else "swings"
            fault(
                "weight", f"a weight stands beside {other}.", "one way of weighing.", "Leave weight blank in every row."
            )
        elif not is_swing and not comparisons and row["weight"] is None:
            fault(
                "weight", "the weight is blank.", "a weight, a swing, or rows in comparisons.", "Agree what it counts."
            )
        if is_swing and row["swing"] is None:
            fault("swing", "the swing is blank.", "points from 0 to 100 in every row.", "Ask for the missing answer.")
        for name in ("worst", "best"):
            if has_ends and row[name] is None:
                fault(
                    name, f"{name} is blank, and the weight is about the way from worst to best.",
                    "both ends, in the unit of the worths.", "Ask which two ends people had in mind.",
                )  # fmt: skip
        if row["worst"] is not None and row["best"] is not None and not row["worst"] < row["best"]:
            fault(
                "best", f"best is {row['best']:g}, worst is {row['worst']:g}.", "best above worst.", "Correct one end."
            )
    yield from found
    if found or not (is_swing or comparisons):
        return
    try:
        weigh(objectives, comparisons)
    except ModelError as error:
        table, column = ("comparisons", "ratio") if comparisons else ("objectives", "swing")
        label = comparisons[0][0] if comparisons else objectives[0][0]
        yield tables.fault(table, label, column, str(error), "answers that make weights.", "Complete or correct them.")
