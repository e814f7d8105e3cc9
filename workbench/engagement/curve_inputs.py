"""From a row of activities, its points and its history to a response curve; and what keeps it from being one."""

from __future__ import annotations

import itertools
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
_ASKED = {"adbudg": ("y0", "y1", "y15", "ymax"), "exponential": ("y0", "y1", "ymax"), "hill": ("y0", "ymax")}
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
    """Return what is wrong with Hill curves and histories, and what no float could carry, each with its cell."""
    yield from _history_or_hill_faults(tables, activities, history)
    for label, row in activities:
        yield from _level_faults(tables, label, row)
        yield from _answer_faults(tables, label, row)


def _level_faults(tables: Tables, label: Any, row: Mapping[str, Any]) -> Iterator[Fault]:
    """Levels so small, or so far apart, that the curve's own numbers leave every float."""
    from workbench.allocation.curve_answers import FURTHEST, SMALLEST_LEVEL

    least = f"{SMALLEST_LEVEL:.6f}"
    told = "Correct it, or name the level in a smaller unit."
    column = "reference" if row["reference"] is not None else "current"
    reference, half = row[column], row["half_level"] if row["family"] == "hill" else None
    if row["family"] != "points" and reference is not None and 0 < reference < SMALLEST_LEVEL:
        yield tables.fault(
            "activities", label, column, f"the reference level is {reference:g}.", f"{least} or more.", told
        )
        return
    if half is None or not half > 0:
        return
    if half < SMALLEST_LEVEL:
        yield tables.fault("activities", label, "half_level", f"half_level is {half:g}.", f"{least} or more.", told)
    elif reference and not 1 / FURTHEST <= half / reference <= FURTHEST:
        yield tables.fault(
            "activities", label, "half_level", f"half_level is {half:g}, the reference level is {reference:g}.",
            f"{reference / FURTHEST:g} to {reference * FURTHEST:g}: within a million times the reference level.",
            "Correct one of the two.",
        )  # fmt: skip


def _answer_faults(tables: Tables, label: Any, row: Mapping[str, Any]) -> Iterator[Fault]:
    """Answers too close to each other for a curve, and a fifth answer against the order of the others."""
    from workbench.allocation.curve_answers import too_close

    names = _ASKED.get(row["family"], ())
    values = [row[name] for name in names]
    if len(names) > 2 and None not in values and all(low < high for low, high in itertools.pairwise(values)):
        for before, after in itertools.pairwise(names):
            least = too_close(row[before], row[after], low=values[0], high=values[-1])
            if least is not None:
                yield tables.fault(
                    "activities", label, after,
                    f"{after} is {row[after]:g}, {before} is {row[before]:g}: too close for a curve from "
                    f"{values[0]:g} to {values[-1]:g}.",
                    f"{after} at least {least:g} above {before}: a billionth of the whole rise.",
                    "Ask again, or state ymax nearer to what is possible.",
                )  # fmt: skip
    top = "ymax" if row["family"] == "hill" else "y1"
    low, half, high = row["y0"], row["y05"], row[top]
    if names and half is not None and low is not None and high is not None and low < high and not low <= half <= high:
        yield tables.fault(
            "activities", label, "y05", f"y05 is {half:g}, y0 is {low:g}, {top} is {high:g}.",
            f"{low:g} to {high:g}: half as much brings no less than nothing at all, and no more than {top}.",
            "Ask again: one of the answers is wrong; or leave y05 blank.",
        )  # fmt: skip


def _history_or_hill_faults(tables: Tables, activities: Rows, history: Rows) -> Iterator[Fault]:
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
    from workbench.allocation.curve_answers import SHAPES

    for name in _HILL:
        if row[name] is None:
            yield tables.fault(
                "activities", label, name, f"{name} is blank.", f"a number; hill needs {', '.join(_HILL)}.",
                "Fill it in, or leave half_level, shape and ymax blank and bring curve_history.",
            )  # fmt: skip
        elif name == "half_level" and not row[name] > 0:
            yield tables.fault(
                "activities", label, name, f"{name} is {row[name]:g}.", "a number above 0.", "Correct it."
            )
        elif name == "shape" and not SHAPES[0] <= row[name] <= SHAPES[1]:
            yield tables.fault(
                "activities", label, name, f"{name} is {row[name]:g}.", f"{SHAPES[0]:g} to {SHAPES[1]:g}.",
                "Correct it; a steeper step is written as a curve of points.",
            )  # fmt: skip
    if row["y0"] is not None and row["ymax"] is not None and not row["y0"] < row["ymax"]:
        yield tables.fault(
            "activities", label, "ymax", f"ymax is {row['ymax']:g}, y0 is {row['y0']:g}.",
            "ymax above y0: the curve rises.", "Ask again; state harm by a negative worth.",
        )  # fmt: skip


def _history_faults(
    tables: Tables, label: Any, row: Mapping[str, Any], own: Sequence[tuple[Any, Mapping[str, Any]]]
) -> Iterator[Fault]:
    from workbench.allocation.curve_answers import SMALLEST_LEVEL

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
    reference = row["reference"] or row["current"] or None
    if reference is not None and reference < SMALLEST_LEVEL:
        return  # so is the level
    try:
        _fit(pairs, row["family"], row["y0"], reference)
    except (ModelError, ArithmeticError) as error:
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
