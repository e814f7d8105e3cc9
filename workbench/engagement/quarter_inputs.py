"""Resources by period, limits on people, and what development leaves behind; and every fault of them.

Periods are named as everywhere else: quarters 2026-Q4, months 2026-08 or years 2026, all of one kind, none left out. A
period without a number is a fault: nobody said that there is nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault

if TYPE_CHECKING:
    from workbench.allocation import Resource
    from workbench.engagement.load import Tables

Rows = Sequence[tuple[Any, Mapping[str, Any]]]
ALLOWED = "periods of one kind, each year first: quarters (2026-Q4), months (2026-08) or years (2026)."
LIMITS = ("hire_limit", "leave_limit", "move_limit")
_SAME = ("function", "unit", "unit_cost", "step")
_FORMS = (
    (re.compile(r"(\d{4})-Q([1-4])"), 4),
    (re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), 12),
    (re.compile(r"(\d{4})()"), 1),
)


def periods_of(rows: Rows) -> tuple[str, ...]:
    """Return the periods that resources have, in time; none where the client names none."""
    named = list(dict.fromkeys(row["period"] for _, row in rows if row["period"]))
    return tuple(sorted(named, key=lambda name: _number(name, _form(named)) or 0)) if _form(named) else tuple(named)


def read_resources(rows: Rows, currency: str) -> list[Resource]:
    """Return the resources with their capacity in each period, in the client's order."""
    from workbench.allocation import Resource

    periods = periods_of(rows)
    held: dict[str, dict[str | None, Mapping[str, Any]]] = {}
    for _, row in rows:
        held.setdefault(row["resource"], {})[row["period"]] = row
    found = []
    for name, by_period in held.items():
        first = next(iter(by_period.values()))
        several = [by_period[period] for period in periods] if len(periods) > 1 else [first]
        limits = {limit: next((row[limit] for row in several if row[limit] is not None), None) for limit in LIMITS}
        capacity = tuple(row["capacity"] for row in several)
        made = Resource(name, first["function"], first["unit"], capacity, first["unit_cost"] or 0.0, first["step"])
        cost = made.unit_cost or made.money_units(currency) or 0.0  # an amount of money costs what it is
        found.append(Resource(name, made.function, made.unit, capacity, cost, made.step, **limits))
    return found


def quarter_faults(tables: Tables, resources: Rows, later: Rows) -> Iterator[Fault]:
    """Return what is wrong with periods, limits and later loads, each with its cell."""
    named = list(dict.fromkeys(row["period"] for _, row in resources if row["period"]))
    if len({row["period"] for _, row in resources}) <= 1:
        yield from _alone_faults(tables, resources, later)
        return
    blank = [(label, row) for label, row in resources if not row["period"]]
    for label, row in blank:
        yield tables.fault(
            "resources", label, "period", f"{row['resource']!r} names no period, though others do.",
            ALLOWED, "Say in which period there is that much: one row a resource and period.",
        )  # fmt: skip
    form = _form(named)
    if form is None:
        odd = next((name for name in named if _form([name]) != _form(named[:1])), named[0])
        odd = named[0] if _form(named[:1]) is None else odd
        label = next(label for label, row in resources if row["period"] == odd)
        yield tables.fault("resources", label, "period", f"{odd!r} is no period beside {_beside(named, odd)}.",
                           ALLOWED, "Write every period the same way.")  # fmt: skip
        return
    periods = periods_of(resources)
    for before, after in itertools.pairwise(periods):
        if (_number(after, form) or 0) != (_number(before, form) or 0) + 1:
            label = next(label for label, row in resources if row["period"] == after)
            yield tables.fault(
                "resources", label, "period", f"between {before} and {after} a period has no row.",
                "periods that follow each other.", "Add the rows of the period between; 0 where there is nothing.",
            )  # fmt: skip
    yield from _resource_faults(tables, resources, periods)


def _alone_faults(tables: Tables, resources: Rows, later: Rows) -> Iterator[Fault]:
    """Return a period that is none, and limits and loads that one period could not use."""
    odd = next(((label, row) for label, row in resources if row["period"] and _form([row["period"]]) is None), None)
    if odd is not None:
        yield tables.fault(
            "resources", odd[0], "period", f"{odd[1]['period']!r} is no period.",
            ALLOWED, "Correct it, or leave it blank in every row.",
        )  # fmt: skip
    for label, row in resources:
        for limit in LIMITS:
            if row[limit] is not None:
                yield tables.fault(
                    "resources", label, limit, f"{row[limit]:g}, though there is one period.",
                    "limits where there are several periods.",
                    "Add a row for each period, or leave the limit blank.",
                )  # fmt: skip
    for label, row in later[:1]:
        yield tables.fault(
            "later_loads", label, "activity",
            f"{row['activity']!r} loads {row['resource']!r} later, though there is one period.",
            "later loads where there are several periods.",
            "Give resources a row for each period, or delete the rows of later_loads.",
        )  # fmt: skip


def _resource_faults(tables: Tables, resources: Rows, periods: tuple[str, ...]) -> Iterator[Fault]:
    held: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
    for label, row in resources:
        held.setdefault(row["resource"], []).append((label, row))
    for name, rows in held.items():
        missing = [period for period in periods if period not in {row["period"] for _, row in rows}]
        if missing and all(row["period"] for _, row in rows):
            yield tables.fault(
                "resources", rows[0][0], "capacity", f"{name!r} has no number for {', '.join(missing)}.",
                "one row a resource and period.", "Say how much there is; 0 where there is nothing.",
            )  # fmt: skip
        first = rows[0][1]
        for label, row in rows[1:]:
            for column in _SAME:
                if row[column] != first[column]:
                    yield tables.fault(
                        "resources", label, column, f"{row[column]!s} of {name!r}, {first[column]!s} in its first row.",
                        "the same in every period.", "Correct one of the two; what differs is another resource.",
                    )  # fmt: skip
        for limit in LIMITS:
            said = [(label, row[limit]) for label, row in rows if row[limit] is not None]
            odd = next(((label, value) for label, value in said if value != said[0][1]), None)
            if odd is not None:
                yield tables.fault(
                    "resources", odd[0], limit, f"{odd[1]:g} of {name!r}, {said[0][1]:g} in another row.",
                    "one limit for all periods.", "Say it once, in any row of the resource.",
                )  # fmt: skip


def _form(names: Sequence[str]) -> tuple[re.Pattern[str], int] | None:
    return next((form for form in _FORMS if all(form[0].fullmatch(name) for name in names)), None)


def _number(name: str, form: tuple[re.Pattern[str], int] | None) -> int | None:
    """Return a period's place in time."""
    match = form[0].fullmatch(name) if form else None
    return None if match is None or form is None else int(match[1]) * form[1] + int(match[2] or 1)


def _beside(names: Sequence[str], odd: str) -> str:
    return ", ".join(repr(name) for name in names if name != odd)
