"""What each type of metric needs, and what has no effect on it."""

from __future__ import annotations

from collections.abc import Callable

from workbench.engagement.catalogue_models import MetricModel
from workbench.errors import ModelError, nearest
from workbench.outcomes.expressions import FUNCTIONS, parse_expression

Path_ = tuple[str | int, ...]
Add = Callable[[Path_, str, str, str], None]
"""Takes a path of keys, what was found, what is allowed and what to do."""

NEEDS_COLUMN = ("sum", "weighted_mean", "score", "percentile", "distinct", "min", "max", "given", "grade")
MADE = ("derived", "period_over_period")
ONLY_OF = {
    "percentile": ("percentile", "cumulative"),
    "window": ("cumulative", "conversion"),
    "grain_to_date": ("cumulative",),
    "window_choice": (
        "stock",
        "ratio",
        "weighted_mean",
        "score",
        "percentile",
        "distinct",
        "min",
        "max",
        "given",
        "grade",
    ),
    "conversion": ("conversion",),
    "base": ("conversion",),
    "entity": ("conversion",),
    "same": ("conversion",),
    "expression": ("derived",),
    "inputs": ("derived",),
    "of": ("period_over_period",),
    "offset": ("period_over_period",),
    "shows": ("period_over_period",),
    "levels": ("grade",),
}
"""Fields that only some types have; anywhere else they would be silently without effect."""


def check_needs(model: MetricModel, path: Path_, add: Add) -> None:
    """Check what each type needs and what it cannot have.

    Parameters
    ----------
    model : MetricModel
    path : path of keys
        Where the metric stands.
    add : function
        Called with each fault.
    """
    _belongs(model, path, add)
    if model.type in MADE:
        _needs_of_made(model, path, add)
    elif model.type == "conversion":
        _needs_of_conversion(model, path, add)
    elif model.type == "ratio" or (model.type == "cumulative" and model.measure is None):
        _needs_of_ratio(model, path, add)
    else:
        _needs_of_measure(model, path, add)
    _needs_of_type(model, path, add)
    _fits_choices(model, path, add)
    if model.unit == "share" and model.type != "sum":
        for place, target in enumerate(model.targets):
            if abs(target.value) > 1:
                found = f"the target {target.value:g} of a share"
                remedy = f"Write {target.value / 100:g} for {target.value:g} %."
                add((*path, "targets", place, "value"), found, "0 to 1 (0.032, not 3.2).", remedy)


def _belongs(model: MetricModel, path: Path_, add: Add) -> None:
    """Check that no field stands where it would have no effect."""
    for field, types in ONLY_OF.items():
        if field in model.model_fields_set and model.type not in types:
            found = f"{field} of a {model.type}"
            add((*path, field), found, f"{field} for {', '.join(types)}.", "Delete it, or change the type.")


def _needs_of_made(model: MetricModel, path: Path_, add: Add) -> None:
    """Check what a metric that is made of others needs."""
    if model.type == "period_over_period":
        for field in ("of", "offset"):
            if getattr(model, field) is None:
                allowed = "of: a metric, and offset: 1 year."
                add(path, f"a period_over_period without {field}", allowed, f"Add {field}.")
        return
    if model.expression is None:
        add(path, "a derived without expression", "expression: revenue - cost.", "Add expression.")
        return
    try:
        names = parse_expression(model.expression).names
    except ModelError as error:
        allowed = f"numbers, names, + - * /, parentheses, {', '.join(FUNCTIONS)}."
        add((*path, "expression"), str(error).rstrip("."), allowed, "Correct the expression.")
        return
    if not names:
        add((*path, "expression"), "an expression without a metric", "at least one name.", "Name a metric.")
    for name in model.inputs:
        if name not in names:
            hint = nearest(name, names) or "Delete it."
            add((*path, "inputs", name), f"the input {name!r} is not used", f"{', '.join(names)}.", hint)


def _needs_of_conversion(model: MetricModel, path: Path_, add: Add) -> None:
    for role in ("base", "conversion", "entity", "window"):
        if getattr(model, role) is None:
            allowed = "base, conversion, entity and window."
            add(path, f"a conversion without {role}", allowed, f"Add {role}.")
    if model.window is not None and model.window.unit not in ("day", "week"):
        add((*path, "window"), f"a window of {model.window}", "days or weeks.", "Write 30 days for a month.")


def _needs_of_ratio(model: MetricModel, path: Path_, add: Add) -> None:
    sides = {role: getattr(model, role) for role in ("numerator", "denominator")}
    for role, side in sides.items():
        if side is None:
            named = "a ratio" if model.type == "ratio" else "a cumulative metric without measure and"
            add(path, f"{named} without {role}", "numerator and denominator.", f"Add {role}.")
    for role, side in sides.items():
        if side is not None and side.agg not in (None, "count", "sum", "share_true"):
            found = f"a ratio of {side.agg} does not add up"
            add((*path, role, "agg"), found, "count, sum or share_true.", "Choose one of them.")
        if side is not None and side.agg in ("sum", "share_true") and side.column is None:
            add((*path, role), f"{side.agg} without a column", "a column.", "Add column.")


def _needs_of_measure(model: MetricModel, path: Path_, add: Add) -> None:
    if model.measure is None:
        add(path, f"a {model.type} without measure", "measure: {from, column}.", "Add measure.")
    elif (model.type in NEEDS_COLUMN or model.measure.agg not in (None, "count")) and model.measure.column is None:
        add((*path, "measure"), f"a {model.type} without a column", "a column.", "Add column.")


def _needs_of_type(model: MetricModel, path: Path_, add: Add) -> None:
    """Check what a single type, or a band, needs besides."""
    if model.type == "stock" and model.measure is not None and model.measure.agg in ("distinct", "min", "max"):
        found = f"a stock of {model.measure.agg}"
        remedy = f"Write type: {model.measure.agg}; of a table of stocks it reads the levels."
        add((*path, "measure", "agg"), found, "sum, count or share_true.", remedy)
    if model.type == "cumulative" and model.window is not None and model.grain_to_date is not None:
        add((*path, "window"), "a window and grain_to_date", "one of the two.", "Delete one of them.")
    if model.type == "grade" and len(set(model.levels)) < 2:
        add(path, "a grade without its levels", "levels: [low, medium, high], lowest first.", "Add levels.")
    if model.type == "percentile" and model.percentile is None:
        add(path, "a percentile that does not say which", "percentile: 0.85.", "Add percentile.")
    if model.type == "score" and model.score is None:
        add(path, "a score without its rule", "score: nps, csat, or plus and minus.", "Add score.")
    if model.type == "weighted_mean" and not (model.weight or model.rollup.weight):
        add(path, "a weighted mean without a weight", "weight: a column.", "Add weight.")
    if model.direction == "band" and (model.low is None or model.high is None or model.low >= model.high):
        add((*path, "direction"), "a band without edges", "low and high, low first.", "Add low and high.")


def _fits_choices(model: MetricModel, path: Path_, add: Add) -> None:
    """Check that an empty period is a zero, and a number approximate, only where that can be."""
    can_be_zero = (
        model.type in ("sum", "count", "ratio", "stock", "cumulative") or model.rollup.distinct == "attributed"
    )
    if model.empty_period == "zero" and not can_be_zero:
        found = f"an empty period of a {model.type} is no zero"
        add((*path, "empty_period"), found, "zero for sums, counts and ratios, else missing.", "Write missing.")
    reaches = (model.type == "distinct" and model.rollup.distinct == "reach") or (
        model.type == "percentile" and model.rollup.percentile == "reach"
    )
    if model.exactness == "approx" and not reaches:
        found = f"a {model.type} that is only approximate"
        allowed = "approx for distinct and percentile by reach; all else is exact."
        add((*path, "exactness"), found, allowed, "Write exact.")
