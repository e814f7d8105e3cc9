"""The consulting workbench: readiness, outcomes and allocation of a client that moves from project to product.

The names below are resolved on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import allocation, outcomes, readiness
    from workbench.batch.night import run_batch
    from workbench.batch.run import run_engagement
    from workbench.engagement.load import Engagement, load_engagement
    from workbench.errors import ClientDataError, ModelError, NotebookError, ReportError, UsageError, WorkbenchError
    from workbench.findings import Figure, Figures, Finding, Findings, Off, number_figures
    from workbench.panels.filter import filter_panel
    from workbench.panels.what_if import what_if_panel
    from workbench.report.appendix_allocation import allocation_appendix
    from workbench.report.appendix_outcomes import outcomes_appendix
    from workbench.report.appendix_readiness import readiness_appendix
    from workbench.report.charts import (
        bar_diverging,
        bar_parts,
        bar_ranked,
        dots_intervals,
        lines_over_time,
        process_behaviour,
        response_curves,
        slope,
        stacked_diverging,
        waterfall,
    )
    from workbench.report.exhibits_allocation import (
        certificate_exhibit,
        closings_exhibit,
        curves_exhibit,
        line_decisions_exhibit,
        line_money_exhibit,
        resources_exhibit,
        rules_exhibit,
    )
    from workbench.report.exhibits_allocation_robust import (
        firm_exhibit,
        holds_exhibit,
        questions_exhibit,
        risk_plans_exhibit,
        wishes_exhibit,
    )
    from workbench.report.exhibits_cascade import functions_exhibit, projects_exhibit, short_lines_exhibit
    from workbench.report.exhibits_disclosure import disclosure_exhibit
    from workbench.report.exhibits_drivers import (
        carriers_exhibit,
        plan_exhibit,
        plan_lines_exhibit,
        reversal_exhibit,
        second_view_exhibit,
        versions_exhibit,
    )
    from workbench.report.exhibits_filter import filtered_exhibit
    from workbench.report.exhibits_flow import delivery_exhibit, flow_exhibit
    from workbench.report.exhibits_loop import loop_exhibit, loop_lines_exhibit, stages_exhibit
    from workbench.report.exhibits_models import tool_scores_exhibit
    from workbench.report.exhibits_outcomes import (
        all_outcomes_exhibit,
        cause_exhibit,
        honesty_exhibit,
        move_exhibit,
        rollup_exhibit,
        targets_exhibit,
    )
    from workbench.report.exhibits_projects import project_appendix
    from workbench.report.exhibits_quarters import quarter_people_exhibit, quarters_exhibit
    from workbench.report.exhibits_readiness import (
        claims_exhibit,
        classes_exhibit,
        gap_exhibit,
        line_levels_exhibit,
        response_exhibit,
        two_jobs_exhibit,
    )
    from workbench.report.exhibits_register import register_appendix
    from workbench.report.exhibits_respondents import (
        agreement_exhibit,
        coding_exhibit,
        flags_exhibit,
        reliability_exhibit,
        weights_exhibit,
    )
    from workbench.report.exhibits_roadmap import roadmap_exhibit, steps_exhibit, verdict_odds_exhibit
    from workbench.report.exhibits_shares import shares_exhibit
    from workbench.report.exhibits_signals import (
        chances_exhibit,
        products_exhibit,
        rare_exhibit,
        series_exhibit,
        signals_exhibit,
    )
    from workbench.report.exhibits_sources import (
        evidence_exhibit,
        quotes_exhibit,
        role_gaps_exhibit,
        sources_exhibit,
    )
    from workbench.report.exhibits_summary import (
        answers_exhibit,
        decisions_exhibit,
        disagreements_exhibit,
        portfolio_exhibit,
    )
    from workbench.report.exhibits_tie_out import tie_out_appendix
    from workbench.report.exhibits_tradeoffs import frontier_exhibit, scenario_lines_exhibit, scenarios_exhibit
    from workbench.report.exhibits_waves import (
        change_parts_exhibit,
        changes_exhibit,
        changes_lines_exhibit,
        progress_exhibit,
        waves_exhibit,
    )
    from workbench.report.exhibits_what_if import what_if_exhibit
    from workbench.report.pages_allocation import function_pages
    from workbench.report.pages_outcomes import outcomes_pages
    from workbench.report.pages_readiness import comparison_page, line_pages
    from workbench.report.story import (
        Chapter,
        Exhibit,
        exhibit_from_figure,
        load_chapter,
        load_chapters,
        new_chapter,
        save_chapter,
    )
    from workbench.report.summary import read_summary
    from workbench.report.tables import table

__version__ = "0.1.0"

_HOMES = {
    "Chapter": "workbench.report.story",
    "ClientDataError": "workbench.errors",
    "Engagement": "workbench.engagement.load",
    "Exhibit": "workbench.report.story",
    "Figure": "workbench.findings",
    "Figures": "workbench.findings",
    "Finding": "workbench.findings",
    "Findings": "workbench.findings",
    "ModelError": "workbench.errors",
    "NotebookError": "workbench.errors",
    "Off": "workbench.findings",
    "ReportError": "workbench.errors",
    "UsageError": "workbench.errors",
    "WorkbenchError": "workbench.errors",
    "agreement_exhibit": "workbench.report.exhibits_respondents",
    "all_outcomes_exhibit": "workbench.report.exhibits_outcomes",
    "allocation": "workbench.allocation",
    "allocation_appendix": "workbench.report.appendix_allocation",
    "answers_exhibit": "workbench.report.exhibits_summary",
    "bar_diverging": "workbench.report.charts",
    "bar_parts": "workbench.report.charts",
    "bar_ranked": "workbench.report.charts",
    "carriers_exhibit": "workbench.report.exhibits_drivers",
    "cause_exhibit": "workbench.report.exhibits_outcomes",
    "certificate_exhibit": "workbench.report.exhibits_allocation",
    "chances_exhibit": "workbench.report.exhibits_signals",
    "change_parts_exhibit": "workbench.report.exhibits_waves",
    "changes_exhibit": "workbench.report.exhibits_waves",
    "changes_lines_exhibit": "workbench.report.exhibits_waves",
    "claims_exhibit": "workbench.report.exhibits_readiness",
    "classes_exhibit": "workbench.report.exhibits_readiness",
    "closings_exhibit": "workbench.report.exhibits_allocation",
    "coding_exhibit": "workbench.report.exhibits_respondents",
    "comparison_page": "workbench.report.pages_readiness",
    "curves_exhibit": "workbench.report.exhibits_allocation",
    "decisions_exhibit": "workbench.report.exhibits_summary",
    "delivery_exhibit": "workbench.report.exhibits_flow",
    "disagreements_exhibit": "workbench.report.exhibits_summary",
    "disclosure_exhibit": "workbench.report.exhibits_disclosure",
    "dots_intervals": "workbench.report.charts",
    "evidence_exhibit": "workbench.report.exhibits_sources",
    "exhibit_from_figure": "workbench.report.story",
    "filter_panel": "workbench.panels.filter",
    "filtered_exhibit": "workbench.report.exhibits_filter",
    "firm_exhibit": "workbench.report.exhibits_allocation_robust",
    "flags_exhibit": "workbench.report.exhibits_respondents",
    "flow_exhibit": "workbench.report.exhibits_flow",
    "frontier_exhibit": "workbench.report.exhibits_tradeoffs",
    "function_pages": "workbench.report.pages_allocation",
    "functions_exhibit": "workbench.report.exhibits_cascade",
    "gap_exhibit": "workbench.report.exhibits_readiness",
    "holds_exhibit": "workbench.report.exhibits_allocation_robust",
    "honesty_exhibit": "workbench.report.exhibits_outcomes",
    "line_decisions_exhibit": "workbench.report.exhibits_allocation",
    "line_levels_exhibit": "workbench.report.exhibits_readiness",
    "line_money_exhibit": "workbench.report.exhibits_allocation",
    "line_pages": "workbench.report.pages_readiness",
    "lines_over_time": "workbench.report.charts",
    "load_chapter": "workbench.report.story",
    "load_chapters": "workbench.report.story",
    "load_engagement": "workbench.engagement.load",
    "loop_exhibit": "workbench.report.exhibits_loop",
    "loop_lines_exhibit": "workbench.report.exhibits_loop",
    "move_exhibit": "workbench.report.exhibits_outcomes",
    "new_chapter": "workbench.report.story",
    "number_figures": "workbench.findings",
    "outcomes": "workbench.outcomes",
    "outcomes_appendix": "workbench.report.appendix_outcomes",
    "outcomes_pages": "workbench.report.pages_outcomes",
    "plan_exhibit": "workbench.report.exhibits_drivers",
    "plan_lines_exhibit": "workbench.report.exhibits_drivers",
    "portfolio_exhibit": "workbench.report.exhibits_summary",
    "process_behaviour": "workbench.report.charts",
    "products_exhibit": "workbench.report.exhibits_signals",
    "progress_exhibit": "workbench.report.exhibits_waves",
    "project_appendix": "workbench.report.exhibits_projects",
    "projects_exhibit": "workbench.report.exhibits_cascade",
    "quarter_people_exhibit": "workbench.report.exhibits_quarters",
    "quarters_exhibit": "workbench.report.exhibits_quarters",
    "questions_exhibit": "workbench.report.exhibits_allocation_robust",
    "quotes_exhibit": "workbench.report.exhibits_sources",
    "rare_exhibit": "workbench.report.exhibits_signals",
    "read_summary": "workbench.report.summary",
    "readiness": "workbench.readiness",
    "readiness_appendix": "workbench.report.appendix_readiness",
    "register_appendix": "workbench.report.exhibits_register",
    "reliability_exhibit": "workbench.report.exhibits_respondents",
    "resources_exhibit": "workbench.report.exhibits_allocation",
    "response_curves": "workbench.report.charts",
    "response_exhibit": "workbench.report.exhibits_readiness",
    "reversal_exhibit": "workbench.report.exhibits_drivers",
    "risk_plans_exhibit": "workbench.report.exhibits_allocation_robust",
    "roadmap_exhibit": "workbench.report.exhibits_roadmap",
    "role_gaps_exhibit": "workbench.report.exhibits_sources",
    "rollup_exhibit": "workbench.report.exhibits_outcomes",
    "rules_exhibit": "workbench.report.exhibits_allocation",
    "run_batch": "workbench.batch.night",
    "run_engagement": "workbench.batch.run",
    "save_chapter": "workbench.report.story",
    "scenario_lines_exhibit": "workbench.report.exhibits_tradeoffs",
    "scenarios_exhibit": "workbench.report.exhibits_tradeoffs",
    "second_view_exhibit": "workbench.report.exhibits_drivers",
    "series_exhibit": "workbench.report.exhibits_signals",
    "shares_exhibit": "workbench.report.exhibits_shares",
    "short_lines_exhibit": "workbench.report.exhibits_cascade",
    "signals_exhibit": "workbench.report.exhibits_signals",
    "slope": "workbench.report.charts",
    "sources_exhibit": "workbench.report.exhibits_sources",
    "stacked_diverging": "workbench.report.charts",
    "stages_exhibit": "workbench.report.exhibits_loop",
    "steps_exhibit": "workbench.report.exhibits_roadmap",
    "table": "workbench.report.tables",
    "targets_exhibit": "workbench.report.exhibits_outcomes",
    "tie_out_appendix": "workbench.report.exhibits_tie_out",
    "tool_scores_exhibit": "workbench.report.exhibits_models",
    "two_jobs_exhibit": "workbench.report.exhibits_readiness",
    "verdict_odds_exhibit": "workbench.report.exhibits_roadmap",
    "versions_exhibit": "workbench.report.exhibits_drivers",
    "waterfall": "workbench.report.charts",
    "waves_exhibit": "workbench.report.exhibits_waves",
    "weights_exhibit": "workbench.report.exhibits_respondents",
    "what_if_exhibit": "workbench.report.exhibits_what_if",
    "what_if_panel": "workbench.panels.what_if",
    "wishes_exhibit": "workbench.report.exhibits_allocation_robust",
}
"""Where each name lives; a pillar is its own home."""

__all__ = [
    "Chapter",
    "ClientDataError",
    "Engagement",
    "Exhibit",
    "Figure",
    "Figures",
    "Finding",
    "Findings",
    "ModelError",
    "NotebookError",
    "Off",
    "ReportError",
    "UsageError",
    "WorkbenchError",
    "__version__",
    "agreement_exhibit",
    "all_outcomes_exhibit",
    "allocation",
    "allocation_appendix",
    "answers_exhibit",
    "bar_diverging",
    "bar_parts",
    "bar_ranked",
    "carriers_exhibit",
    "cause_exhibit",
    "certificate_exhibit",
    "chances_exhibit",
    "change_parts_exhibit",
    "changes_exhibit",
    "changes_lines_exhibit",
    "claims_exhibit",
    "classes_exhibit",
    "closings_exhibit",
    "coding_exhibit",
    "comparison_page",
    "curves_exhibit",
    "decisions_exhibit",
    "delivery_exhibit",
    "disagreements_exhibit",
    "disclosure_exhibit",
    "dots_intervals",
    "evidence_exhibit",
    "exhibit_from_figure",
    "filter_panel",
    "filtered_exhibit",
    "firm_exhibit",
    "flags_exhibit",
    "flow_exhibit",
    "frontier_exhibit",
    "function_pages",
    "functions_exhibit",
    "gap_exhibit",
    "holds_exhibit",
    "honesty_exhibit",
    "line_decisions_exhibit",
    "line_levels_exhibit",
    "line_money_exhibit",
    "line_pages",
    "lines_over_time",
    "load_chapter",
    "load_chapters",
    "load_engagement",
    "loop_exhibit",
    "loop_lines_exhibit",
    "move_exhibit",
    "new_chapter",
    "number_figures",
    "outcomes",
    "outcomes_appendix",
    "outcomes_pages",
    "plan_exhibit",
    "plan_lines_exhibit",
    "portfolio_exhibit",
    "process_behaviour",
    "products_exhibit",
    "progress_exhibit",
    "project_appendix",
    "projects_exhibit",
    "quarter_people_exhibit",
    "quarters_exhibit",
    "questions_exhibit",
    "quotes_exhibit",
    "rare_exhibit",
    "read_summary",
    "readiness",
    "readiness_appendix",
    "register_appendix",
    "reliability_exhibit",
    "resources_exhibit",
    "response_curves",
    "response_exhibit",
    "reversal_exhibit",
    "risk_plans_exhibit",
    "roadmap_exhibit",
    "role_gaps_exhibit",
    "rollup_exhibit",
    "rules_exhibit",
    "run_batch",
    "run_engagement",
    "save_chapter",
    "scenario_lines_exhibit",
    "scenarios_exhibit",
    "second_view_exhibit",
    "series_exhibit",
    "shares_exhibit",
    "short_lines_exhibit",
    "signals_exhibit",
    "slope",
    "sources_exhibit",
    "stacked_diverging",
    "stages_exhibit",
    "steps_exhibit",
    "table",
    "targets_exhibit",
    "tie_out_appendix",
    "tool_scores_exhibit",
    "two_jobs_exhibit",
    "verdict_odds_exhibit",
    "versions_exhibit",
    "waterfall",
    "waves_exhibit",
    "weights_exhibit",
    "what_if_exhibit",
    "what_if_panel",
    "wishes_exhibit",
]


def __getattr__(name: str) -> Any:
    """Import what was asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    module = importlib.import_module(home)
    found = module if home == f"workbench.{name}" else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Every public name, for completion."""
    return sorted(__all__)
