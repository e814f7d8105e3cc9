"""What stands behind the chapter on readiness, in the order in which an argument asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_disclosure import disclosure_exhibit
from workbench.report.exhibits_models import tool_scores_exhibit
from workbench.report.exhibits_readiness import gap_exhibit, response_exhibit, two_jobs_exhibit
from workbench.report.exhibits_respondents import (
    agreement_exhibit,
    coding_exhibit,
    flags_exhibit,
    reliability_exhibit,
    weights_exhibit,
)
from workbench.report.exhibits_roadmap import steps_exhibit, verdict_odds_exhibit
from workbench.report.exhibits_sources import evidence_exhibit, quotes_exhibit, sources_exhibit
from workbench.report.exhibits_waves import change_parts_exhibit, changes_lines_exhibit, progress_exhibit

if TYPE_CHECKING:
    from workbench.findings import Off
    from workbench.readiness import Readiness


def readiness_appendix(result: Readiness | Off) -> tuple[Exhibit, ...]:
    """Return the exhibits behind the chapter: levels, sources, change, who answered and how, what was hidden.

    How a model's own tool would score is told only where it has one.
    """
    found = (
        gap_exhibit(result),
        two_jobs_exhibit(result),
        verdict_odds_exhibit(result),
        steps_exhibit(result),
        sources_exhibit(result, by_line=True),
        evidence_exhibit(result),
        quotes_exhibit(result),
        changes_lines_exhibit(result),
        change_parts_exhibit(result),
        progress_exhibit(result),
        response_exhibit(result),
        weights_exhibit(result),
        agreement_exhibit(result),
        reliability_exhibit(result),
        flags_exhibit(result),
        coding_exhibit(result),
        tool_scores_exhibit(result),
        disclosure_exhibit(result),
    )
    return tuple(held for held in found if held.key != "readiness-tool-scores" or not isinstance(held.content, Note))
