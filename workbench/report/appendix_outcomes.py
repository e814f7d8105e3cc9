"""What stands behind the chapter on outcomes: why it moved, plan against actual, the loop, stages, and flow of work."""

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
from workbench.report.exhibits_loop import loop_exhibit, loop_lines_exhibit, stages_exhibit

if TYPE_CHECKING:
    from workbench.findings import Off
    from workbench.outcomes import Outcomes
    from workbench.report.exhibit import Exhibit


def outcomes_appendix(result: Outcomes | Off) -> tuple[Exhibit, ...]:
    """Return the exhibits behind the chapter.

    Parameters
    ----------
    result : Outcomes or Off
    """
    return (
        loop_exhibit(result),
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
    )
