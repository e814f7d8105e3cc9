"""What stands behind the chapter on allocation: curves, scenarios, draws, rules, closings, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.exhibits_allocation import (
    certificate_exhibit,
    closings_exhibit,
    curves_exhibit,
    rules_exhibit,
)
from workbench.report.exhibits_allocation_robust import questions_exhibit, risk_plans_exhibit
from workbench.report.exhibits_cascade import projects_exhibit, short_lines_exhibit
from workbench.report.exhibits_quarters import quarter_people_exhibit, quarters_exhibit
from workbench.report.exhibits_tradeoffs import scenario_lines_exhibit, scenarios_exhibit

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict
    from workbench.findings import Off
    from workbench.report.exhibit import Exhibit


def allocation_appendix(result: Allocation | Conflict | Off) -> tuple[Exhibit, ...]:
    """Return the exhibits behind the chapter."""
    way = getattr(result, "quarters", None) is not None
    return (
        *((quarters_exhibit(result), quarter_people_exhibit(result)) if way else ()),
        curves_exhibit(result),
        closings_exhibit(result),
        scenarios_exhibit(result),
        scenario_lines_exhibit(result),
        risk_plans_exhibit(result),
        questions_exhibit(result),
        rules_exhibit(result),
        short_lines_exhibit(result),
        projects_exhibit(result),
        certificate_exhibit(result),
    )
