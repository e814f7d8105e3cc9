"""What stands behind the chapter on outcomes: data set aside, what moved and why, plan, loop, stages, flow of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.exhibits_drivers import (
    carriers_exhibit,
    plan_exhibit,
    plan_lines_exhibit,
    reversal_exhibit,
    second_view_exhibit,
    versions_exhibit,
)
from workbench.report.exhibits_flow import delivery_exhibit, flow_exhibit
from workbench.report.exhibits_loop import loop_lines_exhibit, stages_exhibit
from workbench.report.exhibits_outcomes import honesty_exhibit
from workbench.report.exhibits_shares import shares_exhibit
from workbench.report.exhibits_signals import (
    chances_exhibit,
    products_exhibit,
    rare_exhibit,
    series_exhibit,
    signals_exhibit,
)

if TYPE_CHECKING:
    from workbench.findings import Off
    from workbench.outcomes import Outcomes
    from workbench.report.exhibit import Exhibit


def outcomes_appendix(result: Outcomes | Off) -> tuple[Exhibit, ...]:
    """Return the exhibits behind the chapter."""
    return (
        honesty_exhibit(result),
        signals_exhibit(result),
        series_exhibit(result),
        products_exhibit(result),
        chances_exhibit(result),
        rare_exhibit(result),
        loop_lines_exhibit(result),
        stages_exhibit(result),
        carriers_exhibit(result),
        reversal_exhibit(result),
        second_view_exhibit(result),
        plan_exhibit(result),
        plan_lines_exhibit(result),
        versions_exhibit(result),
        flow_exhibit(result),
        delivery_exhibit(result),
        shares_exhibit(result),
    )
