"""From a row of activities, its points and its history to a response curve; and what keeps it from being one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, ModelError

if TYPE_CHECKING:
    from workbench.allocation import CurveFit
    from workbench.allocation.curves import Curve
    from workbench.engagement.tables import Tables

Rows = Sequence[tuple[Any, Mapping[str, Any]]]
_HILL = ("y0", "ymax", "half_level", "shape")
_ANSWERS = ("y1", "y15", "ymax", "half_level", "shape")


def is_fitted(row: Mapping[str, Any]) -> bool:
    """Return whether an activity's curve comes from its history: nothing is answered but, at most, y0."""
    return row["family"] in ("hill", "exponential") and all(row[name] is None for name in _ANSWERS)


def read_curve(
    row: Mapping[str, Any], points: Sequence[tuple[float, float]], history: Sequence[tuple[float, float]]
) -> tuple[Curve, CurveFit | None]:
    """Return the curve of an activity, and its fit where it has one.

    Raises
    ------
    ModelError
        The answers, points or history make no curve.
    """
    from workbench.allocation import adbudg_from_answers, exponential_from_answers, hill_curve, points_curve

    reference = row["reference"] if row["reference"] is not None else row["current"]
    if row["family"] == "points":
        curve = points_curve([level for level, _ in points], [outcome for _, outcome in points], reference=reference)
        return curve, None
    if is_fitted(row):
        fit = _fit(tuple(history), row["family"], row["y0"], reference or None)
        return fit.curve, fit
    if row["family"] == "hill":
        low, high, half_level, shape = (row[name] for name in _HILL)
        return hill_curve(low, high, half_level, shape, reference=reference or half_level), None
    if row["family"] == "exponential":
        return exponential_from_answers(row["y0"], row["y1"], row["ymax"], reference=reference), None
    return adbudg_from_answers(row["y0"], row["y1"], row["y15"], row["ymax"], reference=reference), None


def curve_faults(tables: Tables, activities: Rows, history: Rows) -> Iterator[Fault]:
    """Return what is wrong with Hill curves and histories, each with its cell."""
    held: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
    for label, row in history:
        held.setdefault(row["activity"], []).append((label, row))
    for label, row in activities:
        own = held.get(row["activity"], [])
        if is_fitted(row):
            yield from _history_faults(tables, label, row, own)
            continue
        if own:
            yield tables.fault(
                "curve_history", own[0][0], "activity",
                f"{row['activity']!r} has a history and answers, of family {row['family']}.",
                "a history for activities of family hill or exponential with no answer, or y0 alone.",
                "Delete the answers to fit the curve, or the history to keep them.",
            )  # fmt: skip
        if row["family"] == "hill":
            yield from _hill_faults(tables, label, row)
            continue
        for name in ("half_level", "shape"):
            if row[name] is not None:
                yield tables.fault(
                    "activities", label, name, f"{name} is {row[name]:g}, though the family is {row['family']}.",
                    f"blank; {name} belongs to family hill.", "Set family to hill, or leave it blank.",
                )  # fmt: skip


def _hill_faults(tables: Tables, label: Any, row: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _HILL:
        if row[name] is None:
            yield tables.fault(
                "activities", label, name, f"{name} is blank.", f"a number; hill needs {', '.join(_HILL)}.",
                "Fill it in, or leave half_level, shape and ymax blank and bring curve_history.",
            )  # fmt: skip
        elif name in ("half_level", "shape") and not row[name] > 0:
            yield tables.fault(
                "activities", label, name, f"{name} is {row[name]:g}.", "a number above 0.", "Correct it."
            )
    if row["y0"] is not None and row["ymax"] is not None and not row["y0"] < row["ymax"]:
        yield tables.fault(
            "activities", label, "ymax", f"ymax is {row['ymax']:g}, y0 is {row['y0']:g}.",
            "ymax above y0: the curve rises.", "Ask again; state harm by a negative worth.",
        )  # fmt: skip


def _history_faults(
    tables: Tables, label: Any, row: Mapping[str, Any], own: Sequence[tuple[Any, Mapping[str, Any]]]
) -> Iterator[Fault]:
    if not own:
        yield tables.fault(
            "activities", label, "family",
            f"{row['activity']!r} of family {row['family']} has no answers and no history.",
            "answers, or rows in curve_history.", "Ask its owner, or bring what came of past levels.",
        )  # fmt: skip
        return
    pairs = tuple((held["level"], held["outcome"]) for _, held in own)
    if any(value is None for pair in pairs for value in pair):
        return  # the cell is told of where it stands
    try:
        _fit(pairs, row["family"], row["y0"], row["reference"] or row["current"] or None)
    except ModelError as error:
        yield tables.fault(
            "curve_history", own[0][0], "activity", f"{row['activity']!r}: {error}",
            "a history that a rising curve can be fitted to.", "Bring more periods, or ask the owner for answers.",
        )  # fmt: skip


@lru_cache(maxsize=512)
def _fit(pairs: tuple[tuple[float, float], ...], family: str, y0: float | None, reference: float | None) -> CurveFit:
    """Fit once: the check and the run ask for the same."""
    from workbench.allocation import fit_curve

    known = {} if y0 is None else {"low": y0}
    levels, outcomes = [level for level, _ in pairs], [outcome for _, outcome in pairs]
    return fit_curve(levels, outcomes, family, known=known, reference=reference)
