"""Every type against plain loops over rows, written again from its definition without parts, SQL or shares of sums.

Cases are type × condition × grain and calendar, over facts with blanks, ties, zero denominators, a period without rows,
rows of unknown products and after the day of the review, and shares that change in mid-month. A case is compared at the
company, at every product and at every parent, in every period, to 1e-9.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest

from workbench.outcomes.balances import LAW_TOLERANCE
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.catalogue_checks import check_catalogue
from workbench.outcomes.cubes import build_cubes
from workbench.outcomes.definitions import Condition, Length, Measure, PeriodTable
from workbench.outcomes.dialects import Window
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.rollup import company_values, product_values, roll_up
from workbench.products import ProductMap

AS_OF = dt.date(2026, 5, 20)
PRODUCTS = ["car", "van", "home"]
CHANGE = dt.date(2026, 3, 11)
SHARES = {
    "a": {"car": (0.3, 0.3), "van": (1.0, 0.25)},
    "b": {"car": (0.7, 0.7), "home": (0.1, 0.1)},
}
"""Parent → product → share before and from `CHANGE`; home leaves nine tenths over."""

FISCAL = 2
STARTS = [dt.date(2025, 8, 31) + dt.timedelta(weeks=w) for w in (0, 4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47)]
RETAIL = PeriodTable("retail", tuple(STARTS), tuple(STARTS[::3]), (STARTS[0],), dt.date(2026, 8, 30))
PAID = (Condition("status", "is", "paid"),)
LARGE = (Condition("amount", "at_least", 20.0), Condition("channel", "in", ("web", "it's")))
LEVELS = ("low", "middle", "high")
Row = dict[str, Any]


def facts(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return events and orders over five months, of which April has none, and some days after the review."""
    generator = np.random.default_rng(seed)
    frame = samples.random_events(generator, PRODUCTS, 200)
    frame["grade"] = generator.choice(np.array([*LEVELS, None, "odd"], dtype=object), len(frame))
    frame.loc[generator.random(len(frame)) < 0.1, "customer"] = None
    frame.loc[[day.month == 1 for day in frame["day"]], "units"] = 0.0
    month = np.array([day.month for day in frame["day"]])
    frame.loc[(month == 2) & (frame["product"] == "van").to_numpy(), "amount"] = np.nan
    frame = frame[month != 4].reset_index(drop=True)
    frame["version"] = generator.choice(["actual", "actual", "actual", "budget"], len(frame))
    orders = samples.random_events(generator, PRODUCTS, 120)[["id", "day", "product", "customer", "status"]]
    same = frame.sample(60, random_state=seed)  # orders on the day of the event itself
    orders.loc[:59, ["day", "customer"]] = same[["day", "customer"]].to_numpy()
    orders["version"] = generator.choice(["actual", "actual", "actual", "budget"], len(orders))
    return frame, orders


GRAINS: dict[str, dict[str, Any]] = {
    "week": {"grain": "week"},
    "sunday": {"grain": "week", "week_start": "sunday"},
    "month": {"grain": "month"},
    "fiscal quarter": {"grain": "quarter", "calendar": "fiscal"},
    "4-4-5": {"grain": "month", "calendar": "retail", "periods": RETAIL},
}


@cache
def begin(day: dt.date, grain: str) -> dt.date:
    """Return the first day of a period, written without the package's arithmetic."""
    if grain == "week":
        return next(day - dt.timedelta(days=n) for n in range(7) if (day - dt.timedelta(days=n)).weekday() == 0)
    if grain == "sunday":
        return next(day - dt.timedelta(days=n) for n in range(7) if (day - dt.timedelta(days=n)).weekday() == 6)
    if grain == "4-4-5":
        return max(start for start in STARTS if start <= day)
    if grain == "fiscal quarter":  # the year begins in February
        months = [(2025, 11), (2026, 2), (2026, 5), (2026, 8)]
        return max(dt.date(y, m, 1) for y, m in months if dt.date(y, m, 1) <= day)
    return day.replace(day=1)


@cache
def year_begin(day: dt.date, grain: str) -> dt.date:
    """Return the first day of the year to date."""
    if grain == "4-4-5":
        return STARTS[0]
    if grain == "fiscal quarter":
        return dt.date(2026 if day >= dt.date(2026, 2, 1) else 2025, 2, 1)
    return dt.date(day.year, 1, 1)


@cache
def end(period: dt.date, grain: str) -> dt.date:
    """Return the day after a period."""
    return next(
        period + dt.timedelta(days=n) for n in range(1, 100) if begin(period + dt.timedelta(days=n), grain) != period
    )


def metrics(grain: str) -> list[Metric]:
    """Return every type, without a condition and with two, over one calendar."""
    found = []
    for suffix, where in (("", ()), ("_paid", PAID), ("_large", LARGE)):
        amount, rows = Measure("events", "sum", "amount", where), Measure("events", where=where)
        hours = Measure("events", "sum", "hours", where)
        customers = Measure("events", "distinct", "customer", where)
        made = [
            Metric("sum", "", "sum", amount),
            Metric("count", "", "count", rows),
            Metric("ratio", "", "ratio", amount, Measure("events", "sum", "units")),
            Metric("share", "", "ratio", rows, Measure("events"), blanks="left_out"),
            Metric("mean", "", "weighted_mean", hours, weight="units"),
            Metric("nps", "", "score", Measure("events", "sum", "score", where), score=samples.NPS),
            Metric("p85", "", "percentile", hours, percentile=0.85),
            Metric("p50", "", "percentile", hours, percentile=0.5, percentile_form="share_weighted"),
            Metric("reach", "", "distinct", customers),
            Metric("spread", "", "distinct", customers, distinct="attributed"),
            Metric("least", "", "min", Measure("events", "min", "hours", where)),
            Metric("most", "", "max", Measure("events", "max", "hours", where)),
            Metric("ytd", "", "cumulative", amount, to_date="year"),
            Metric("rolling", "", "cumulative", amount, window=Length(20, "day"), empty_period="zero"),
            Metric(
                "rolling_ratio", "", "cumulative", amount, Measure("events", "sum", "units"), window=Length(2, "month")
            ),
            Metric("rolling_reach", "", "cumulative", customers, window=Length(30, "day")),
            Metric("ytd_most", "", "cumulative", Measure("events", "max", "hours", where), to_date="year"),
            Metric("to_now", "", "cumulative", rows, empty_period="zero"),
            Metric(
                "converts",
                "",
                "conversion",
                rows,
                converted=Measure("orders", where=PAID),
                entity="customer",
                window=Length(7, "day"),
            ),
            Metric("grade", "", "grade", Measure("events", "count", "grade", where), levels=LEVELS),
        ]
        for metric in made:
            name = f"{metric.metric}{suffix}"
            found.append(replace(metric, metric=name, label=name, **GRAINS[grain]))
    return found


@dataclass
class Scope:
    """Rows of a scope with their shares, and what they are cut from."""

    rows: list[Row]
    share: Callable[[Any, dt.date], float]
    everyone: list[Row]
    orders: list[Row]
    grain: str

    def inside(self, starts: dt.date, ends: dt.date) -> list[tuple[Row, float]]:
        """Return the rows of some days that have a share, with it."""
        return [
            (r, s) for r in self.rows if starts <= r["day"] < ends and (s := self.share(r["product"], r["day"])) > 0
        ]


def passes(row: Row, where: Sequence[Condition]) -> bool:
    """Return whether a row passes."""
    if where == PAID:
        return bool(row["status"] == "paid")
    if where == LARGE:
        return bool(_filled(row["amount"]) and row["amount"] >= 20 and row["channel"] in ("web", "it's"))
    return True


def _filled(cell: Any) -> bool:
    return cell is not None and not (isinstance(cell, float) and math.isnan(cell))


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan


def expected(metric: Metric, scope: Scope, period: dt.date) -> float:
    """Return a metric's value in one period by its definition."""
    assert metric.measure is not None
    name, where = metric.metric.partition("_paid")[0].partition("_large")[0], metric.measure.where
    ends = end(period, scope.grain)
    held = scope.inside(period, ends)
    good = [(row, share) for row, share in held if passes(row, where)]

    def total(rows: list[tuple[Row, float]], column: str) -> float:
        return math.fsum(s * r[column] for r, s in rows if _filled(r[column]))

    def any_filled(rows: list[tuple[Row, float]], column: str) -> bool:
        return any(_filled(r[column]) for r, _ in rows)

    if name == "sum":
        return total(good, "amount") if any_filled(held, "amount") else math.nan
    if name == "count":
        return math.fsum(s for _, s in good) if held else math.nan
    if name == "ratio":
        return _over(total(good, "amount") if any_filled(held, "amount") else math.nan, total(held, "units"))
    if name == "share":
        columns = [condition.column for condition in where]
        tested = [(r, s) for r, s in held if all(_filled(r[column]) for column in columns)]
        return _over(math.fsum(s for r, s in tested if passes(r, where)), math.fsum(s for _, s in tested))
    if name == "mean":
        both = [(r, s) for r, s in good if _filled(r["hours"]) and _filled(r["units"])]
        return _over(math.fsum(s * r["hours"] * r["units"] for r, s in both), total(both, "units"))
    if name == "nps":
        answers = [(r["score"], s) for r, s in good if _filled(r["score"])]
        net = math.fsum(s * ((x >= 9) - (x <= 6)) for x, s in answers)
        return 100 * _over(net, math.fsum(s for _, s in answers))
    if name in ("p85", "least", "most"):
        hours = [r["hours"] for r, _ in good if _filled(r["hours"])]
        if not hours:
            return math.nan
        return float({"p85": lambda h: np.quantile(h, 0.85), "least": min, "most": max}[name](hours))
    if name == "p50":
        ordered = sorted((r["hours"], s) for r, s in good if _filled(r["hours"]))
        whole = math.fsum(s for _, s in ordered)
        reached = 0.0
        for hours_, share in ordered:
            reached += share
            if reached >= 0.5 * whole * (1 - 1e-9):
                return float(hours_)
        return math.nan
    if name == "reach":
        return (
            float(len({r["customer"] for r, _ in good if _filled(r["customer"])}))
            if any_filled(held, "customer")
            else math.nan
        )
    if name == "spread":
        return _spread(scope, where, period, ends) if any_filled(held, "customer") else math.nan
    if name == "converts":
        return _converts(scope, where, period, ends)
    if name == "grade":
        ordered = sorted((LEVELS.index(r["grade"]), s) for r, s in good if r["grade"] in LEVELS)
        whole, reached = math.fsum(s for _, s in ordered), 0.0
        for place, share in ordered:
            reached += share
            if reached >= whole * (0.5 - 1e-9):
                return place + 1.0
        return math.nan
    return _cumulative(name, metric, scope, period, ends)


def _spread(scope: Scope, where: Sequence[Condition], period: dt.date, ends: dt.date) -> float:
    """Return customers, each in equal parts over the products he used, with the share of his last day there."""
    last: dict[Any, dict[Any, dt.date]] = {}
    for row in scope.everyone:
        if period <= row["day"] < ends and _filled(row["customer"]) and passes(row, where):
            used = last.setdefault(row["customer"], {})
            used[row["product"]] = max(row["day"], used.get(row["product"], dt.date.min))
    return math.fsum(scope.share(p, day) / len(used) for used in last.values() for p, day in used.items())


def _converts(scope: Scope, where: Sequence[Condition], period: dt.date, ends: dt.date) -> float:
    """Return the share of rows that an order of the same customer follows within 7 days; young rows do not count."""
    week = dt.timedelta(days=7)
    rows = [
        (row, share)
        for row, share in scope.inside(period, ends)
        if passes(row, where) and _filled(row["customer"]) and row["day"] + week <= AS_OF
    ]
    done = [
        share
        for row, share in rows
        if any(
            o["customer"] == row["customer"] and o["status"] == "paid" and row["day"] <= o["day"] <= row["day"] + week
            for o in scope.orders
        )
    ]
    return _over(math.fsum(done), math.fsum(share for _, share in rows))


def _cumulative(name: str, metric: Metric, scope: Scope, period: dt.date, ends: dt.date) -> float:
    """Return a value to date or over a window, or nothing where the window is not whole."""
    assert metric.measure is not None
    first = min(row["day"] for row in scope.everyone)
    begun = begin(first, scope.grain)
    if name in ("ytd", "ytd_most"):
        starts = year_begin(ends - dt.timedelta(days=1), scope.grain)
        begun = min(begun, first.replace(day=1)) if scope.grain in ("week", "sunday") else begun
    elif name in ("rolling", "rolling_reach"):
        starts = ends - dt.timedelta(days=20 if name == "rolling" else 30)
    elif name == "rolling_ratio":
        starts = STARTS[[*STARTS, RETAIL.end].index(ends) - 2] if scope.grain == "4-4-5" else _months_before(ends, 2)
    else:
        starts = begun
    if starts < begun:
        return math.nan
    held = scope.inside(starts, ends)
    good = [(row, share) for row, share in held if passes(row, metric.measure.where)]
    if name == "rolling_reach":
        if not any(_filled(r["customer"]) for r, _ in held):
            return math.nan
        return float(len({r["customer"] for r, _ in good if _filled(r["customer"])}))
    if name == "ytd_most":
        return max((r["hours"] for r, _ in good if _filled(r["hours"])), default=math.nan)
    if name == "rolling_ratio":
        top = math.fsum(s * r["amount"] for r, s in good if _filled(r["amount"]))
        bottom = math.fsum(s * r["units"] for r, s in held if _filled(r["units"]))
        return _over(top, bottom) if any(_filled(r["amount"]) for r, _ in held) else math.nan
    if name == "to_now":
        return math.fsum(s for _, s in good)
    place = max(begin(starts, scope.grain), begin(first, scope.grain))
    while place < ends:  # a missing period, or one whose amounts are all blank, makes the window's sum unknown
        after = end(place, scope.grain)
        own = scope.inside(place, after)
        if name == "ytd" and not any(place <= row["day"] < after for row in scope.everyone):
            return math.nan
        if own and not any(_filled(r["amount"]) for r, _ in own):
            return math.nan
        place = after
    if not held:
        return 0.0 if name == "rolling" else math.nan
    return (
        math.fsum(s * r["amount"] for r, s in good if _filled(r["amount"]))
        if any(_filled(r["amount"]) for r, _ in held)
        else math.nan
    )


def _months_before(day: dt.date, months: int) -> dt.date:
    place = day.year * 12 + day.month - 1 - months
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(place // 12, place % 12 + 1, last)
        except ValueError:
            continue
    raise AssertionError


def scopes(frame: pd.DataFrame, orders: pd.DataFrame, grain: str, version: str) -> dict[tuple[str, str], Scope]:
    """Return the company, each product and each parent, with the share of a row's product on a day."""
    rows, done = (
        [
            row
            for row in held.to_dict("records")
            if row["version"] == version and (version != "actual" or row["day"] <= AS_OF)
        ]
        for held in (frame, orders)
    )
    found = {("company", ""): Scope(rows, lambda product, day: 1.0, rows, done, grain)}
    for own in PRODUCTS:
        found["product", own] = Scope(rows, lambda p, d, own=own: float(p == own), rows, done, grain)  # type: ignore[misc]
    for parent, held in SHARES.items():
        share = lambda p, d, held=held: held.get(p, (0.0, 0.0))[d >= CHANGE]  # type: ignore[misc] # noqa: E731
        found["product_line", parent] = Scope(rows, share, rows, done, grain)
    return found


def case(grain: str) -> tuple[pd.DataFrame, pd.DataFrame, ProductMap, Catalogue]:
    """Return events, orders, products and the catalogue of one calendar; other engines are held to the same."""
    frame, orders = facts(list(GRAINS).index(grain))
    held = samples.product_map(
        PRODUCTS,
        *[
            row
            for parent, products in SHARES.items()
            for product, (before, after) in products.items()
            for row in ((product, "product_line", parent, before), (product, "product_line", parent, after, CHANGE))
        ],
    )
    tables = tuple(
        FactTable(name, ("id",), "day", "product", customer="customer", version="version")
        for name in ("events", "orders")
    )
    columns = {"events": samples.kinds_of(frame), "orders": samples.kinds_of(orders)}
    return frame, orders, held, with_columns(Catalogue(tables, tuple(metrics(grain))), columns)


@pytest.mark.parametrize("grain", list(GRAINS))
def test_every_type_agrees_with_its_definition(bench: samples.Bench, grain: str) -> None:
    """60 cases a calendar and version, 420 in all, each in every scope and period; additive parts obey the law."""
    frame, orders, held, catalogue = case(grain)
    wanted = catalogue.metrics
    columns = {table.name: table.columns for table in catalogue.tables}
    assert check_catalogue(catalogue, columns) == []
    with bench.engine({"events": frame, "orders": orders}) as engine:
        parts = fetch_parts(catalogue, engine, held, Window(AS_OF, held.cut_dates(), FISCAL))
    assert parts.troubles == ()
    by_name = {metric.metric: metric for metric in wanted}
    for version in ("actual", "budget")[: 2 if grain in ("sunday", "month") else 1]:
        cubes = build_cubes(parts, catalogue, held, 2, version=version)
        rolled = roll_up(parts, catalogue, held, "product_line", cubes=cubes, version=version)
        assert rolled.residual <= LAW_TOLERANCE
        pieces = [rolled.values]  # noqa: PD011 - a field of ours
        pieces += [read(parts, catalogue, cubes, None, 0.95, version) for read in (product_values, company_values)]
        places = scopes(frame, orders, grain, version)
        seen: dict[str, int] = {}
        for row in pd.concat(pieces).itertuples():
            right = expected(by_name[row.metric], places[row.kind, row.parent], row.period)
            same = math.isnan(row.value) and math.isnan(right)
            assert same or row.value == pytest.approx(right, rel=1e-9, abs=1e-9), (version, row, right)
            seen[row.metric] = seen.get(row.metric, 0) + (not math.isnan(row.value))
        assert set(seen) == set(by_name)
        judged = {name for name, count in seen.items() if count}
        assert set(by_name) - judged <= {"ytd", "ytd_paid", "ytd_large"} | _unreached(grain)


def _unreached(grain: str) -> set[str]:
    """Return what has no whole window in five months: a year that begins before the facts."""
    if grain not in ("fiscal quarter", "4-4-5"):
        return set()
    return {f"{name}{suffix}" for name in ("ytd", "ytd_most") for suffix in ("", "_paid", "_large")}
