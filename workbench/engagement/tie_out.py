"""The client's ledger beside what we sum from the client's own tables, and each curve's today beside last year.

A number that cannot be compared is listed with the reason; none is passed over.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.project_inputs import read_projects
from workbench.outcomes.data_checks import CONTROL_TOLERANCE
from workbench.outcomes.wording import write_pair

if TYPE_CHECKING:
    from workbench.allocation import Evaluation, Portfolio
    from workbench.engagement.load import Engagement

Measured = Mapping[tuple[str, str, str], float]
"""Measure, scope (empty for the company) and period → our value of a metric."""

HEADCOUNT, COST = "headcount", "cost"
OUTCOME = " outcome"
"""Behind an activity's key: what its curve says of today's level, beside what came of it last year."""

PROJECT_COLUMNS = {"project_budget": "budget", "project_spent": "spent", "project_people": "people"}
"""Measures of running projects, and the column that gives them."""

OF_PLAN = "activities, recipes, needs, resources"
"""Tables of which the plan's today is made."""

CURVE_TOLERANCE = 0.05
"""Difference between a curve and last year that is tolerated, as a share of last year's number (ours)."""

OLDEST = 24
"""Months before the day of the data after which an actual is no last year's any more (ours)."""

_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Tie:
    """One number of the ledger, or of last year, beside ours.

    Attributes
    ----------
    kind : str
        ``total``: a row of control_totals; ``level``: an activity's level of last year, beside today's.
    measure, label : str
        Key, and what people call it.
    scope, scope_name : str
        Parent, empty for the company; what people call it.
    period : str
        The ledger's, or the past periods that are averaged.
    ours : float or None
        None where the two cannot be compared. Unit: `unit`.
    theirs : float
    unit : str
        ``currency``, ``people``, ``share`` …, or the client's own.
    tolerance : float
        Share of the ledger's number.
    made_of : str
        Tables that ours comes from.
    source, signed_off_by : str
        Where the ledger's number stands, and who signed it.
    reason, reason_by, reason_on : str
        Why they differ, who said so, and when (ISO); empty where nobody has.
    why_not : str
        Why the two cannot be compared, as a phrase; empty where they can.
    file, sheet, cell : str
        Where the ledger's number stands in the client's folder.
    """

    kind: str
    measure: str
    label: str
    scope: str
    scope_name: str
    period: str
    ours: float | None
    theirs: float
    unit: str
    tolerance: float
    made_of: str
    source: str = ""
    signed_off_by: str = ""
    reason: str = ""
    reason_by: str = ""
    reason_on: str = ""
    why_not: str = ""
    file: str = ""
    sheet: str = ""
    cell: str = ""

    @property
    def difference(self) -> float | None:
        """Ours less theirs, as a share of theirs; infinite where theirs is nothing and ours is not."""
        if self.ours is None:
            return None
        gap = self.ours - self.theirs
        return gap / abs(self.theirs) if self.theirs else math.copysign(math.inf, gap) if gap else 0.0

    @property
    def is_over(self) -> bool:
        """Whether the two differ by more than is tolerated."""
        share = self.difference
        return share is not None and abs(share) > self.tolerance + 1e-12

    def write(self, currency: str) -> tuple[str, str]:
        """Return ours and theirs in words, with as many digits as it takes to tell them apart."""
        if self.ours is None:
            return theme.MISSING, theme.formatted(self.theirs, self.unit, currency)
        return write_pair(self.ours, self.theirs, self.unit, currency)


@dataclass(frozen=True)
class TieOut:
    """All that was held against the ledger.

    Attributes
    ----------
    ties : tuple of Tie
        Totals in the client's order, then the curves in that of the activities.
    currency : str
    """

    ties: tuple[Tie, ...]
    currency: str

    @property
    def over(self) -> tuple[Tie, ...]:
        """Those that differ by more than is tolerated, the largest difference first."""
        return tuple(sorted((tie for tie in self.ties if tie.is_over), key=lambda tie: -abs(tie.difference or 0.0)))

    @property
    def open(self) -> tuple[Tie, ...]:
        """Those that could not be compared."""
        return tuple(tie for tie in self.ties if tie.ours is None)

    def __len__(self) -> int:
        return len(self.ties)


def tie_study(study: Engagement, measured: Measured) -> TieOut:
    """Hold every control total, and each curve's today, against what we sum.

    Parameters
    ----------
    study : Engagement
    measured : mapping of (measure, scope, period) to float
        Our values of metrics, from `workbench.outcomes.tie_totals` or from the chapter's figures.
    """
    desk = _Desk(study, measured)
    return TieOut((*desk.totals(), *desk.curves()), str(study.settings.currency))


def measured_of(records: Iterable[Mapping[str, object]]) -> dict[tuple[str, str, str], float]:
    """Return the records of `workbench.outcomes.tie_totals` by measure, scope and period."""
    return {(str(r["measure"]), str(r["scope"]), str(r["period"])): float(str(r["ours"])) for r in records}


@dataclass(frozen=True)
class _Ours:
    """Our number, in which unit and from which tables, or why there is none."""

    label: str
    unit: str
    made_of: str
    value: float | None = None
    why_not: str = ""


class _Desk:
    """The tables of one client, and the plan's today."""

    def __init__(self, study: Engagement, measured: Measured) -> None:
        self.study, self.measured = study, measured
        self.as_of: dt.date = study.settings.as_of
        self.metrics = {one.metric: one for one in getattr(getattr(study.outcomes, "catalogue", None), "metrics", ())}
        self.portfolio: Portfolio | None = getattr(study.allocation, "portfolio", None)
        self._today: Evaluation | None = None

    # -- totals --------------------------------------------------------------------------------------------------------

    def totals(self) -> list[Tie]:
        tables = self.study.tables
        rows = tables["control_totals"].to_dict("records") if "control_totals" in tables else []
        return [self._total(place, row) for place, row in enumerate(rows)]

    def _total(self, place: int, row: Mapping[Any, Any]) -> Tie:
        measure, scope, period = str(row["measure"]), str(row["scope"] or ""), str(row["period"])
        ours = self._ours(measure, scope, period)
        tolerance = row["tolerance"]
        file, sheet, cell = self.study.tables.where("control_totals", place, "value")
        return Tie(
            kind="total",
            measure=measure,
            label=ours.label,
            scope=scope,
            scope_name=self.study.products.name(scope) if scope else "the company",
            period=period,
            ours=ours.value,
            theirs=float(row["value"]),
            unit=ours.unit,
            tolerance=CONTROL_TOLERANCE if tolerance is None or tolerance != tolerance else float(tolerance),
            made_of=ours.made_of,
            source=str(row["source"] or ""),
            signed_off_by=str(row["signed_off_by"] or ""),
            reason=str(row["reason"] or ""),
            reason_by=str(row["reason_by"] or ""),
            reason_on=row["reason_on"].isoformat() if row["reason_on"] else "",
            why_not=ours.why_not,
            file=file,
            sheet=sheet,
            cell=cell,
        )

    def _ours(self, measure: str, scope: str, period: str) -> _Ours:
        if measure in self.metrics:
            metric = self.metrics[measure]
            made_of = ", ".join(dict.fromkeys(metric.tables)) or "facts"
            value = self.measured.get((measure, scope, period))
            why = "" if value is not None else "there is no one value of ours for that scope and period"
            return _Ours(str(metric.label), str(metric.unit), made_of, value, why)
        if measure == HEADCOUNT:
            return self._sum("population", "headcount", scope, period, "Headcount", "people")
        if measure in PROJECT_COLUMNS:
            column = PROJECT_COLUMNS[measure]
            unit = "people" if column == "people" else "currency"
            return self._of_projects(column, scope, period, f"Projects, {column}", unit)
        return self._of_plan(measure, scope, period)

    def _of_projects(self, column: str, scope: str, period: str, label: str, unit: str) -> _Ours:
        """Return what projects take; of a line, its parts of those that serve several."""
        held = self._sum("projects", column, scope, period, label, unit)
        if not scope or "project_lines" not in self.study.tables or "projects" not in self.study.tables:
            return held
        from workbench.allocation import spread_projects

        made = _Ours(label, unit, "projects, project_lines")
        why = self._too_old(period)
        parts = spread_projects(read_projects(self.study.tables), {scope})
        ours = parts.total(column, parts.of("line", scope))
        if why or ours is None:
            return _no(made, why or "no project gives that line a known amount")
        return _Ours(label, unit, made.made_of, ours)

    def _sum(self, table: str, column: str, scope: str, period: str, label: str, unit: str) -> _Ours:
        made = _Ours(label, unit, table)
        if table not in self.study.tables:
            return _no(made, f"there is no table {table}")
        why = self._too_old(period)
        frame = self.study.tables[table]
        if scope:
            frame = frame[frame["product_line"] == scope]
        if why or frame.empty:
            return _no(made, why or f"{table} has no row of that line")
        held = frame[column].dropna()
        if held.empty:
            return _no(made, f"{column} is blank in {table}")
        return _Ours(label, unit, table, float(held.sum()))

    def _of_plan(self, measure: str, scope: str, period: str) -> _Ours:
        """Return what today's levels take, in the ledger's period."""
        portfolio = self.portfolio
        known = {item.id: item for item in portfolio.resources} if portfolio is not None else {}
        activities = {item.id: item for item in portfolio.activities} if portfolio is not None else {}
        activity = activities.get(measure) or activities.get(measure.removesuffix(OUTCOME))
        label = "Cost" if measure == COST else measure
        money = measure == COST or (
            measure in known and known[measure].money_units(str(self.study.settings.currency)) is not None
        )
        made = _Ours(label, "currency" if money else "", OF_PLAN)
        if portfolio is None:
            words = getattr(self.study.allocation, "tables", ())
            if measure == COST:
                return _no(made, f"the allocation's tables are absent ({', '.join(words)})")
            return _no(_Ours(label, "", "–"), "no metric has that name, and there are no resources or activities")
        if measure != COST and measure not in known and activity is None:
            return _no(_Ours(label, "", "–"), "no metric, resource or activity has that name")
        if scope and scope not in {line.id for line in portfolio.lines}:
            return _no(made, "the plan knows product lines only")
        why = self._too_old(period)
        if why:
            return _no(made, why)
        if activity is not None and measure not in known:
            if scope and scope != activity.line:
                return _no(made, f"{activity.id} belongs to {activity.line}")
            if measure == activity.id:
                return _Ours(f"{measure}, level", activity.unit, "activities", activity.current)
            said = activity.curve.value(activity.current)
            return _Ours(f"{activity.id}, outcome", "outcome", "activities", said)
        is_flow = money or not known[measure].is_people(portfolio.currency)
        times, why = self._times(period) if is_flow else (1.0, "")
        if why:
            return _no(made, why)
        lines = [scope] if scope else [line.id for line in portfolio.lines]
        used = self._evaluated(portfolio).used_by_line
        if measure == COST:
            cost = math.fsum(item.unit_cost * used[line][item.id] for line in lines for item in portfolio.resources)
            return _Ours(label, "currency", OF_PLAN, cost * times)
        resource = known[measure]
        amount = math.fsum(used[line][measure] for line in lines) * times
        unit = "people" if resource.is_people(portfolio.currency) else resource.unit
        factor = resource.money_units(portfolio.currency)
        return _Ours(label, "currency" if factor else unit, OF_PLAN, amount * (factor or 1.0))

    def _evaluated(self, portfolio: Portfolio) -> Evaluation:
        from workbench.allocation import evaluate

        if self._today is None:
            self._today = evaluate(portfolio, portfolio.today, {})
        return self._today

    def _times(self, period: str) -> tuple[float, str]:
        """Return how many of the plan's periods the ledger's holds, or why they do not fit."""
        months = months_of(period)
        ends = period_end(period)
        plan = months_of(self.portfolio.periods[0]) if self.portfolio is not None else None
        size = plan[1] if plan else 12
        if months is None or ends is None:
            return 1.0, f"{period!r} is no period"
        if ends > self.as_of:
            return 1.0, f"{period} is not over yet"
        if months[1] % size:
            words = {1: "a month", 3: "a quarter", 12: "a year"}
            return 1.0, f"the plan speaks of {words.get(size, 'another period')}, the ledger of {words[months[1]]}"
        return months[1] / size, ""

    def _too_old(self, period: str) -> str:
        months = months_of(period)
        if months is None:
            return f"{period!r} is no period"
        last = months[0] + months[1] - 1
        return "" if self.as_of.year * 12 + self.as_of.month - 1 - last <= OLDEST else "that is too long ago for today"

    # -- curves --------------------------------------------------------------------------------------------------------

    def curves(self) -> list[Tie]:
        tables = self.study.tables
        if self.portfolio is None or "curve_history" not in tables:
            return []
        frame = tables["curve_history"]
        found: list[Tie] = []
        for item in self.portfolio.activities:
            own = frame[frame["activity"] == item.id]
            last = own.loc[self._last_year(own["period"])] if not own.empty else own
            if last.empty:
                continue
            names = [str(name) for name in last["period"]]
            period = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
            place = int(last.index[-1])
            file, sheet, cell = tables.where("curve_history", place, "level")
            found.append(
                Tie(
                    kind="level",
                    measure=item.id,
                    label=f"{item.id}, level today",
                    scope=item.line,
                    scope_name=self.portfolio.line(item.line).name,
                    period=period,
                    ours=item.current,
                    theirs=float(last["level"].astype(float).mean()),
                    unit=item.unit,
                    tolerance=CURVE_TOLERANCE,
                    made_of="activities",
                    source="curve_history",
                    file=file,
                    sheet=sheet,
                    cell=cell,
                )
            )
        return found

    def _last_year(self, periods: Any) -> list[Any]:
        """Return the labels of the rows of the last twelve months; of periods in other words, the last row."""
        known = {label: months for label, name in periods.items() if (months := months_of(str(name))) is not None}
        if len(known) < len(periods):
            return [periods.index[-1]]
        now = self.as_of.year * 12 + self.as_of.month - 1
        over = {label: months for label, months in known.items() if months[0] + months[1] - 1 <= now}
        if not over:
            return []
        end = max(first + size for first, size in over.values())
        if now - (end - 1) > OLDEST:
            return []
        last = [label for label, (first, size) in over.items() if first >= end - max(12, size)]
        return sorted(last, key=lambda label: over[label][0])


def _no(made: _Ours, why: str) -> _Ours:
    return _Ours(made.label, made.unit, made.made_of, None, why)


def months_of(period: str) -> tuple[int, int] | None:
    """Return the first month of a period, counted from year 0, and how many it has; None for what is no period.

    Examples
    --------
    >>> months_of("2026-Q3"), months_of("last year")
    ((24318, 3), None)
    """
    match = _PERIOD.fullmatch(period.strip())
    if match is None:
        return None
    year, quarter, month = match.groups()
    first = 3 * int(quarter) - 3 if quarter else int(month) - 1 if month else 0
    return int(year) * 12 + first, 3 if quarter else 1 if month else 12


def period_end(period: str) -> dt.date | None:
    """Return the last day of a period, None for what is none.

    Examples
    --------
    >>> period_end("2026-Q1")
    datetime.date(2026, 3, 31)
    """
    months = months_of(period)
    if months is None:
        return None
    after = months[0] + months[1]
    return dt.date(after // 12, after % 12 + 1, 1) - dt.timedelta(days=1)
