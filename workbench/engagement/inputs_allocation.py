"""From a client's tables to the portfolio that is allocated; and every fault that only its model can tell.

Curve answers out of order, rules that do not parse, levels beyond a curve's points: each is named by its cell.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.engagement.curve_inputs import curve_faults, is_fitted, read_curve
from workbench.engagement.plan_inputs import decision_faults, function_plan_faults
from workbench.engagement.project_inputs import read_projects
from workbench.engagement.quarter_inputs import periods_of, quarter_faults, read_resources
from workbench.engagement.rule_inputs import names_alone, rule_faults, scenario_faults
from workbench.engagement.schema import TABLES
from workbench.engagement.weight_inputs import weigh, weight_faults
from workbench.errors import Fault, ModelError
from workbench.findings import Off

if TYPE_CHECKING:
    from workbench.allocation import AllocationInputs, Portfolio
    from workbench.engagement.load import Tables

NEEDED = ("resources", "activities", "recipes", "objectives", "worths")
_NAMING = ("resources", "activities", "recipes", "lines", "needs", "closing", "objectives", "rules", "comparisons")
"""Tables that name what rules and scenarios speak of, or that count it."""
WHATEVER = "one year"
"""What a period is called where the client names none."""
_ORDER = {
    "y1": ("y0", "more than at level zero"),
    "y15": ("y1", "more than at the reference level"),
    "ymax": ("y15", "more than with half as much again"),
}


def build_allocation(tables: Tables) -> AllocationInputs | Off:
    """Return the inputs of allocation, or Off where a table is absent.

    Parameters
    ----------
    tables : Tables
        Checked: `check_allocation` found no fault. Money is in whole units of the currency.
    """
    from workbench.allocation import AllocationInputs, Decision, FunctionPlan, Settings

    missing = tuple(name for name in NEEDED if name not in tables or tables[name].empty)
    if missing:
        return Off("allocation", "How to spread people, money and marketing over the lines cannot be said.", missing)
    portfolio = _portfolio(tables)
    plans = tuple(
        FunctionPlan(row["function"], row["product_line"], row["resource"], row["period"] or WHATEVER, row["planned"])
        for _, row in _rows(tables, "function_plans")
    )
    decisions = tuple(
        Decision(row["decision"], row["date"].isoformat(), row["by"], row["product_line"] or "", row["what"])
        for _, row in _rows(tables, "decisions")
    )
    settings = Settings(currency=portfolio.currency)
    return AllocationInputs(
        portfolio, settings, _scenarios(tables), plans, decisions, read_projects(tables), _weights(tables)[1]
    )


def check_allocation(tables: Tables) -> list[Fault]:
    """Return every fault of the allocation's tables that generic checks cannot see; tables may be absent."""
    givers = list(_told(tables, "resources"))
    if not all(row["function"] for _, row in givers):
        givers = []  # who gives a resource is a cell that is told of; until then nobody knows
    faults = [
        *quarter_faults(tables, list(_rows(tables, "resources")), list(_rows(tables, "later_loads"))),
        *_money_faults(tables),
        *_activity_faults(tables),
        *_point_faults(tables),
        *_row_faults(tables),
        *curve_faults(tables, list(_rows(tables, "activities")), list(_rows(tables, "curve_history"))),
        *weight_faults(tables, list(_rows(tables, "objectives")), list(_rows(tables, "comparisons"))),
        *function_plan_faults(tables, list(_rows(tables, "function_plans")), givers),
    ]
    rules, told = list(_rows(tables, "rules")), {name: [row for _, row in _told(tables, name)] for name in _NAMING}
    scenarios = tables.documents.get("scenarios") or {}
    decisions = list(_rows(tables, "decisions"))
    if not (rules or scenarios or decisions) or any(name not in tables for name in NEEDED[:3]):
        return faults
    portfolio = names_alone(told)
    if not any(name in tables.refused for name in _NAMING):
        # rules speak of names and amounts, so they are read beside answers that are still wrong; beside names that are
        # wrong, they are read against all names there are
        with suppress(ModelError, KeyError, TypeError, ValueError):
            portfolio = _portfolio(tables, with_rules=False, is_skeleton=bool(faults))
    points = {} if "curve_points" in tables.refused else _last_points(tables)
    return [
        *faults,
        *rule_faults(tables, portfolio, rules),
        *scenario_faults(tables, portfolio, told, points),
        *decision_faults(tables, portfolio, decisions),
    ]


def _told(tables: Tables, name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Rows of a table, then those that were refused for a wrong cell, with what is right of them."""
    yield from _rows(tables, name)
    if name in tables.refused:
        for cells in tables.refused[name].cells:
            yield None, {column: cells.get(column) for column in TABLES[name].columns}


def _last_points(tables: Tables) -> dict[str, float]:
    """Activity of family points → level of its last point."""
    held = {row["activity"] for _, row in _rows(tables, "activities") if row["family"] == "points"}
    last: dict[str, float] = {}
    for _, row in _rows(tables, "curve_points"):
        if row["activity"] in held and row["level"] is not None:
            last[row["activity"]] = max(last.get(row["activity"], 0.0), row["level"])
    return last


# -- building --------------------------------------------------------------------------------------------------------


def _portfolio(tables: Tables, *, with_rules: bool = True, is_skeleton: bool = False) -> Portfolio:
    from workbench.allocation import Portfolio, Rule

    currency = tables.settings.currency if tables.settings else "EUR"
    rows = list(_rows(tables, "resources"))
    return Portfolio(
        resources=tuple(read_resources(rows, currency)),
        activities=tuple(_activities(tables, is_skeleton=is_skeleton)),
        lines=tuple(_lines(tables)),
        objectives=() if is_skeleton else tuple(_objectives(tables)),
        rules=tuple(Rule(row["rule"], row["text"], row["owner"] or "") for _, row in _rows(tables, "rules"))
        if with_rules
        else (),
        currency=currency,
        periods=periods_of(rows) or (WHATEVER,),
    )


def _activities(tables: Tables, *, is_skeleton: bool = False) -> Iterator[Any]:
    """Activities; of a skeleton the curves only stand in, for what speaks of names and amounts alone."""
    from workbench.allocation import Activity, consistency, points_curve
    from workbench.allocation.curves import Adbudg

    recipes: dict[str, dict[str, float]] = {}
    for _, row in _rows(tables, "recipes"):
        recipes.setdefault(row["activity"], {})[row["resource"]] = row["amount"]
    later: dict[str, dict[str, float]] = {}
    for _, row in _rows(tables, "later_loads"):
        later.setdefault(row["activity"], {})[row["resource"]] = row["amount"]
    points: dict[str, list[tuple[float, float]]] = {}
    for _, row in _rows(tables, "curve_points"):
        points.setdefault(row["activity"], []).append((row["level"], row["outcome"]))
    history: dict[str, list[tuple[float, float]]] = {}
    for _, row in _rows(tables, "curve_history"):
        history.setdefault(row["activity"], []).append((row["level"], row["outcome"]))
    for _, row in _rows(tables, "activities"):
        curve, fit = (
            (points_curve([0.0, 1.0], [0.0, 1.0]), None)
            if is_skeleton
            else read_curve(row, points.get(row["activity"], []), history.get(row["activity"], []))
        )
        check = consistency(curve, row["y05"]) if isinstance(curve, Adbudg) and row["y05"] is not None else None
        yield Activity(
            id=row["activity"],
            line=row["product_line"],
            use=row["use"],
            unit=row["unit"],
            curve=curve,
            recipe=recipes.get(row["activity"], {}),
            current=row["current"],
            minimum=row["minimum"] or 0.0,
            maximum=row["maximum"],
            status=row["status"] or "",
            said_by=row["said_by"] or "",
            check=check,
            smallest_move=row["smallest_move"] or 0.0,
            fit=fit,
            later_load=later.get(row["activity"], {}),
        )


def _lines(tables: Tables) -> Iterator[Any]:
    """Lines of the register, then lines that only activities name."""
    from workbench.allocation import Closing, Line

    needs: dict[str, dict[str, float]] = {}
    for _, row in _rows(tables, "needs"):
        needs.setdefault(row["product_line"], {})[row["resource"]] = row["amount"]
    closing = {
        row["product_line"]: Closing(
            row["one_off_cost"] or 0.0,
            row["yearly_cost"] or 0.0,
            1.0 if row["avoidable_share"] is None else row["avoidable_share"],
            row["note"] or "",
        )
        for _, row in _rows(tables, "closing")
    }
    register = {row["product_line"]: row for _, row in _rows(tables, "lines")}
    named = [row["product_line"] for _, row in _rows(tables, "activities")]
    for line in dict.fromkeys([*register, *named]):
        row = register.get(line, {})
        yield Line(
            line, row.get("name") or line, needs.get(line, {}), closing.get(line), row.get("product_manager") or ""
        )


def _objectives(tables: Tables) -> Iterator[Any]:
    from workbench.allocation import Objective

    worths: dict[str, dict[str, float]] = {}
    statuses: dict[str, list[str | None]] = {}
    contested: dict[str, set[str]] = {}
    for _, row in _rows(tables, "worths"):
        worths.setdefault(row["objective"], {})[row["activity"]] = row["value"]
        statuses.setdefault(row["objective"], []).append(row["status"])
        if row["status"] == "contested":
            contested.setdefault(row["objective"], set()).add(row["activity"])
    weights, _ = _weights(tables)
    for _, row in _rows(tables, "objectives"):
        held = statuses.get(row["objective"], [])
        yield Objective(
            id=row["objective"],
            weight=weights[row["objective"]],
            worths=worths.get(row["objective"], {}),
            is_money=row["is_money"] == "yes",
            is_confirmed=bool(held) and all(status == "confirmed" for status in held),
            agreed_on=row["agreed_on"].isoformat() if row["agreed_on"] else "",
            agreed_by=row["agreed_by"] or "",
            contested=frozenset(contested.get(row["objective"], ())),
        )


def _weights(tables: Tables) -> tuple[dict[str, float], Any]:
    scale = tables.settings.money_scale if tables.settings else 1
    return weigh(list(_rows(tables, "objectives")), list(_rows(tables, "comparisons")), money_scale=scale)


def _scenarios(tables: Tables) -> tuple[Any, ...]:
    from workbench.allocation import Scenario

    return tuple(
        Scenario(
            name,
            _part(held, "text") or "",
            dict(_part(held, "weights") or {}),
            dict(_part(held, "capacities") or {}),
            dict(_part(held, "rules") or {}),
            tuple(_part(held, "without_rules") or ()),
            dict(_part(held, "outcomes") or {}),
            dict(_part(held, "maximums") or {}),
        )
        for name, held in (tables.documents.get("scenarios") or {}).items()
    )


def _part(held: Any, name: str) -> Any:
    return held.get(name) if isinstance(held, Mapping) else getattr(held, name, None)


# -- faults ----------------------------------------------------------------------------------------------------------


def _money_faults(tables: Tables) -> Iterator[Fault]:
    """Return unit costs that contradict the unit: money would be counted a thousand times, or not at all."""
    from workbench.allocation import Resource

    settings = tables.settings
    currency, scale = (settings.currency, settings.money_scale) if settings else ("EUR", 1)
    for label, row in _rows(tables, "resources"):
        if not row["unit"] or not row["unit_cost"]:
            continue
        size = Resource(row["resource"] or "", "", row["unit"], (0.0,)).money_units(currency)
        # the tables are checked as they were written, before money_scale
        if size is None or math.isclose(row["unit_cost"] * scale, size, rel_tol=1e-6):
            continue
        wanted = size / scale
        scaled = f" times the money_scale of {scale:,g}" if scale != 1 else ""
        yield tables.fault(
            "resources", label, "unit_cost",
            f"{row['unit_cost']:g}{scaled}, though one {row['unit']} is {size:,g} {currency}.",
            f"blank, or {wanted:g}.",
            "Leave unit_cost blank: an amount of money costs what it is.",
        )  # fmt: skip


def _activity_faults(tables: Tables) -> Iterator[Fault]:
    points = {row["activity"] for _, row in _told(tables, "curve_points")}
    recipes = {row["activity"] for _, row in _told(tables, "recipes")}
    for label, row in _rows(tables, "activities"):

        def fault(column: str, found: str, allowed: str, remedy: str, label: Any = label) -> Fault:
            return tables.fault("activities", label, column, found, allowed, remedy)

        if row["current"] is not None and row["maximum"] is not None and row["current"] > row["maximum"]:
            yield fault(
                "maximum",
                f"{row['maximum']:g} is below today's level, {row['current']:g}.",
                "a maximum of at least today's level.",
                "Raise the maximum, or correct current.",
            )
        if recipes and row["activity"] not in recipes:
            yield fault(
                "activity",
                f"{row['activity']!r} has no recipe.",
                "at least one row in recipes.",
                "Say in recipes what one unit of it takes; without one it would cost nothing.",
            )
        reference = row["reference"] if row["reference"] is not None else row["current"]
        if (
            row["family"] not in ("points", "hill")
            and not is_fitted(row)
            and reference is not None
            and not reference > 0
        ):
            column = "reference" if row["reference"] is not None else "current"
            yield fault(
                column,
                f"the reference level is {reference:g}.",
                "a level above zero of which the answers speak.",
                "Fill in reference.",
            )
        if row["family"] == "points":
            if row["activity"] not in points:
                yield fault(
                    "family",
                    f"{row['activity']!r} is of family points and has none.",
                    "at least two rows in curve_points, the first at level 0.",
                    "Add them, or answer y0 to ymax.",
                )
        elif row["family"] != "hill" and not is_fitted(row):
            yield from _answer_faults(tables, label, row)


def _answer_faults(tables: Tables, label: Any, row: Mapping[str, Any]) -> Iterator[Fault]:
    names = ("y0", "y1", "ymax") if row["family"] == "exponential" else ("y0", "y1", "y15", "ymax")
    for name in names:
        if row[name] is None:
            yield tables.fault(
                "activities",
                label,
                name,
                f"{name} is blank.",
                f"a number; {row['family']} needs {', '.join(names)}.",
                "Ask the owner for the missing answer.",
            )
    for before, after in itertools.pairwise(names):
        if row[before] is not None and row[after] is not None and not row[before] < row[after]:
            words = _ORDER[after][1] if _ORDER[after][0] == before else "more than at the reference level"
            yield tables.fault(
                "activities",
                label,
                after,
                f"{after} is {row[after]:g}, {before} is {row[before]:g}.",
                f"{after} above {before}: {words}.",
                f"Ask again: one of the two answers is wrong ({' < '.join(names)}).",
            )


def _point_faults(tables: Tables) -> Iterator[Fault]:
    held: dict[str, list[tuple[float, float, Any]]] = {}
    for label, row in _rows(tables, "curve_points"):
        if row["level"] is not None and row["outcome"] is not None:
            held.setdefault(row["activity"], []).append((row["level"], row["outcome"], label))
    activities = {row["activity"]: row for _, row in _rows(tables, "activities")}
    for activity, found in held.items():
        held_row, found = activities.get(activity), sorted(found, key=lambda item: item[:2])
        first, last = found[0], found[-1]
        if held_row is not None and held_row["family"] != "points":
            yield tables.fault(
                "curve_points",
                first[2],
                "activity",
                f"{activity!r} is of family {held_row['family']}.",
                "points for activities of family points.",
                "Set family to points, or delete these rows.",
            )
            continue
        if len(found) < 2:
            yield tables.fault(
                "curve_points",
                first[2],
                "activity",
                f"{activity!r} has one point.",
                "at least two points.",
                "Add a point.",
            )
        if first[0] != 0:
            yield tables.fault(
                "curve_points",
                first[2],
                "level",
                f"the first point of {activity!r} is at level {first[0]:g}.",
                "a first point at level 0.",
                "Say what comes of it when it is cut to nothing.",
            )
        for (_, low, _), (level, high, label) in itertools.pairwise(found):
            if high < low:
                yield tables.fault(
                    "curve_points",
                    label,
                    "outcome",
                    f"the outcome falls from {low:g} to {high:g} at level {level:g}.",
                    "outcomes that do not fall as levels rise.",
                    "Correct the point; state harm by a negative worth.",
                )
        if held_row is not None and held_row["maximum"] is not None and last[0] < held_row["maximum"]:
            yield tables.fault(
                "curve_points",
                last[2],
                "level",
                f"the last point of {activity!r} is at {last[0]:g}, below its maximum {held_row['maximum']:g}.",
                "a last point at the maximum or beyond.",
                "Add a point, or lower the maximum.",
            )


def _row_faults(tables: Tables) -> Iterator[Fault]:
    """Objectives without a weight that counts."""
    rows = [(label, row) for label, row in _rows(tables, "objectives") if row["weight"] is not None]
    if rows and not any(row["weight"] > 0 for _, row in rows):
        yield tables.fault(
            "objectives",
            rows[0][0],
            "weight",
            "every weight is 0.",
            "at least one weight above 0.",
            "Agree what counts with the board.",
        )


def _rows(tables: Tables, name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Rows of a table with their labels; blanks are None, numbers Python's own; nothing where it is absent."""
    if name not in tables:
        return
    frame = tables[name]
    columns = {str(column): held.tolist() for column, held in frame.items()}
    for label, *cells in zip(frame.index, *columns.values(), strict=True):
        yield label, {column: _plain(cell) for column, cell in zip(columns, cells, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return value
