"""Several quarters on a page: who moves where, who is hired when, against who is there.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where there is one period, or no plan holds, the exhibit is a note that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import lines_over_time
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, QuarterPlan
    from workbench.allocation.model import Resource

MOST_LINES = 6
"""Lines of a chart (ours: as many names as stay apart at its end)."""
MOST_SKILLS = 5
"""Resources of the table (ours: up to four rows each are what a page holds)."""
NOTICED = 0.5
"""A line whose people change by less than this is not drawn where others change more. Unit: the resource's."""
SOURCE = "resources, recipes, needs, later_loads"


def quarters_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return how many of the resource that moves most each line has, quarter by quarter."""
    held = _quarters(result, "allocation-quarters")
    if isinstance(held, Exhibit):
        return held
    plan, numbers = held
    tracked = _tracked(plan)
    if not tracked:
        return words_exhibit(
            "allocation-quarters",
            "No people are planned by quarter: no resource is people, or has a limit on hiring or moving.",
            "Units such as people or FTE in resources, or hire_limit, leave_limit and move_limit, say which are.",
            ("resources",),
            alt="Note: no people by quarter.",
        )
    item = max(tracked, key=lambda held: _moving(plan, held))
    lines = sorted(
        (line for line in plan.portfolio.lines if f"quarters/today/{item.id}/{line.id}" in numbers),
        key=lambda line: -_changed(numbers, plan, item, line.id),
    )
    shown = [line for line in lines if _changed(numbers, plan, item, line.id) >= NOTICED][:MOST_LINES] or lines[:1]
    rows = [
        {"line": line.name, "period": period, "amount": numbers[key].value, "id": numbers[key].id}
        for line in shown
        for period, key in (
            ("today", f"quarters/today/{item.id}/{line.id}"),
            *((name, f"quarters/line/{item.id}/{line.id}/{name}") for name in plan.periods),
        )
    ]
    staff = plan.staffing[item.id]
    hired, moved = sum(staff.hired), sum(staff.moved)
    unit = "" if item.is_people(plan.portfolio.currency) else f" {item.unit} of"
    who = f"{_whole(moved)}{unit} {item.id} change lines"
    new = f"{_whole(hired)} are hired" if hired >= 0.5 else "nobody is hired"
    first, last = plan.periods[0], plan.periods[-1]
    claim = fit_claim(
        f"{who} and {new} from {first} to {last}; most go to {_name(_gainer(numbers, plan, item))}.",
        f"{who} and {new} from {first} to {last}.",
    )
    there = f"there are {_whole(staff.headcount[0])} at first, {_whole(staff.headcount[-1])} at the end"
    limit = "" if item.move_limit is None else f"; at most {_whole(item.move_limit)} may change lines a quarter"
    left_out = "" if len(shown) == len(lines) else f"; the {len(shown)} of {len(lines)} lines that change most"
    chart = lines_over_time(
        rows,
        period="period",
        value="amount",
        series="line",
        claim=claim,
        subtitle=f"{item.id.capitalize()} by line, {item.unit}: {there}{limit}{left_out}",
        source=SOURCE,
        unit="people" if item.is_people(plan.portfolio.currency) else "",
        decimals=1,
        highlight=[_name(_gainer(numbers, plan, item))],
        figures="id",
    )
    return Exhibit("allocation-quarters", chart)


def quarter_people_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return who is there, in lines, hired and changing lines of each skill, quarter by quarter."""
    held = _quarters(result, "allocation-quarter-people")
    if isinstance(held, Exhibit):
        return held
    from workbench.allocation import quarter_findings

    plan, numbers = held
    tracked = _tracked(plan)[:MOST_SKILLS]
    findings = quarter_findings(result, numbers)  # type: ignore[arg-type]
    if not tracked:
        return words_exhibit(
            "allocation-quarter-people",
            findings[len(findings) - 1].claim,
            "No resource is people or has a limit on hiring or moving.",
            ("resources",),
            alt="Note: no people by quarter.",
        )
    rows: list[dict[str, Any]] = []
    for item in tracked:
        for key, words in (("there", "there are"), ("used", "in lines"), ("hired", "hired"), ("moved", "change lines")):
            keys = [f"quarters/{key}/{item.id}/{period}" for period in plan.periods]
            values = [numbers[name].value for name in keys]
            if key in ("hired", "moved") and not any(isinstance(value, float) and value > 1e-9 for value in values):
                continue
            rows.append(
                {
                    "what": f"{item.id}: {words}",
                    **dict(zip(plan.periods, values, strict=True)),
                    "ids": " ".join(numbers[name].id for name in keys),
                }
            )
    claims = [item.claim for item in findings]
    claim = next((item for item in claims if item.startswith("Hire")), claims[0])
    more = "" if len(tracked) == len(_tracked(plan)) else f"; {len(tracked)} of {len(_tracked(plan))} resources"
    return Exhibit(
        "allocation-quarter-people",
        table(
            rows,
            columns={"what": "People", **{period: period for period in plan.periods}},
            units={period: "people" for period in plan.periods},
            claim=claim,
            subtitle="Who is there, who is in lines, the fewest who must be hired for that, how many change lines (who "
            f"comes new, goes or waits between lines counts half){more}",
            source=SOURCE,
        ),
    )


def _quarters(result: Allocation | Conflict | Off, key: str) -> Exhibit | tuple[QuarterPlan, Figures]:
    """Return the plan over the quarters with the result's figures; a note where there is none."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, QuarterConflict, figures

    if isinstance(result, Conflict):
        return words_exhibit(
            key,
            "There is no plan, so nobody is hired or moved.",
            "Rules and capacities cannot hold together; once they do, this page shows the way there.",
            ("rules",),
            alt="Note: no plan over the quarters.",
            is_appendix=True,
        )
    if result.quarters is None:
        return words_exhibit(
            key,
            "One period is planned, so there is no way by quarters to show.",
            "Rows of resources for each quarter (2026-Q4, 2027-Q1 …) say how much there is, and who can join or move.",
            ("resources",),
            alt="Note: one period.",
            is_appendix=True,
        )
    if isinstance(result.quarters, QuarterConflict):
        finding = result.quarters.finding
        return words_exhibit(key, finding.claim, finding.detail, ("resources", "rules"))
    return result.quarters, figures(result)


def _tracked(plan: QuarterPlan) -> list[Resource]:
    from workbench.allocation.quarters_words import is_tracked

    found = [item for item in plan.portfolio.resources if is_tracked(plan, item)]
    return sorted(found, key=lambda item: -_moving(plan, item))


def _moving(plan: QuarterPlan, item: Resource) -> float:
    held = plan.staffing[item.id]
    return (sum(held.hired) + sum(held.moved)) / max(held.headcount[0], 1e-9)


def _changed(numbers: Figures, plan: QuarterPlan, item: Resource, line: str) -> float:
    values = [_value(numbers, f"quarters/today/{item.id}/{line}")]
    values += [_value(numbers, f"quarters/line/{item.id}/{line}/{period}") for period in plan.periods]
    return max(values) - min(values)


def _gainer(numbers: Figures, plan: QuarterPlan, item: Resource) -> Any:
    """Return the line that gains most from today to the last quarter."""
    lines = [line for line in plan.portfolio.lines if f"quarters/today/{item.id}/{line.id}" in numbers]
    return max(
        lines,
        key=lambda line: (
            _value(numbers, f"quarters/line/{item.id}/{line.id}/{plan.periods[-1]}")
            - _value(numbers, f"quarters/today/{item.id}/{line.id}")
        ),
    )


def _value(numbers: Figures, key: str) -> float:
    value = numbers[key].value
    return float(value) if isinstance(value, int | float) else 0.0


def _name(line: Any) -> str:
    return str(line.name)


def _whole(amount: float) -> str:
    return theme.number(amount, 0)
