"""Our numbers beside the client's ledger, on page one of the appendix, with the exhibits that rest on a difference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from workbench import theme
from workbench.engagement.tie_out import HEADCOUNT, OF_PLAN, OUTCOME, PROJECT_COLUMNS, Tie, TieOut, tie_study
from workbench.findings import Figure, fit_claim
from workbench.report.exhibit import Exhibit
from workbench.report.summary import Summary
from workbench.report.tables import table


def tie_out_appendix(study: Any, summary: Summary) -> tuple[Exhibit, ...]:
    """Return the exhibit that holds our numbers against the ledger; none where the client sent nothing to compare.

    Parameters
    ----------
    study : Engagement
    summary : Summary
        Of its chapters, whose figures give our values of metrics.
    """
    ties = tie_study(study, _measured(study, summary))
    return (_tie_out(ties, summary),) if len(ties) else ()


def _measured(study: Any, summary: Summary) -> dict[tuple[str, str, str], float]:
    """Return our values of metrics from the chapter's differences: the ledger's number and the share tell ours."""
    chapter = next((held for held in summary.chapters if held.pillar == "outcomes"), None)
    if chapter is None or "control_totals" not in study.tables:
        return {}
    found = {}
    for row in study.tables["control_totals"].to_dict("records"):
        measure, scope, period = str(row["measure"]), str(row["scope"] or ""), str(row["period"])
        key = f"control/{measure}/{scope or 'all'}/{period}"
        share = chapter.figures[key].value if key in chapter.figures else None
        theirs = float(row["value"])
        if isinstance(share, int | float) and (theirs or not share):
            found[measure, scope, period] = theirs + share * abs(theirs)
    return found


def _tie_out(ties: TieOut, summary: Summary) -> Exhibit:
    over, missing = ties.over, ties.open
    shown = [*over, *missing, *(tie for tie in ties.ties if not tie.is_over and tie.ours is not None)]
    written = [tie.write(ties.currency) for tie in shown]
    data = {
        "what": [_what(tie) for tie in shown],
        "period": [tie.period for tie in shown],
        "ours": [ours for ours, _ in written],
        "theirs": [theirs for _, theirs in written],
        "difference": [_finite(tie.difference) for tie in shown],
        "tolerance": [tie.tolerance for tie in shown],
        "said": [_said(tie) for tie in shown],
        "source": [_signed(tie) for tie in shown],
        "ids": [" ".join(_own_ids(tie, summary)) for tie in shown],
    }
    return Exhibit(
        "summary-tie-out",
        table(
            data,
            columns={
                "what": "Number",
                "period": "Period",
                "ours": "Ours",
                "theirs": "The books",
                "difference": "Difference",
                "tolerance": "Tolerated",
                "said": "What it means",
                "source": "Source, and who signed",
            },
            units={"difference": "share", "tolerance": "share"},
            claim=_claim(ties),
            subtitle="What we sum from the client’s tables, beside the client’s own books; "
            "a difference is a share of the books’ number",
            source=", ".join(sorted(_tables(ties))),
        ),
        is_appendix=True,
        doubts=tuple(doubt for tie in over if (doubt := _doubt(tie, summary))[1]),
    )


def _tables(ties: TieOut) -> set[str]:
    """Return the tables that the two sides stand in."""
    ours = {name for tie in ties.ties if tie.ours is not None for name in tie.made_of.split(", ")}
    return ours | {"control_totals" if tie.kind == "total" else "curve_history" for tie in ties.ties}


def _claim(ties: TieOut) -> str:
    all_, over, missing = len(ties), len(ties.over), len(ties.open)
    compared = all_ - missing
    rest = f"; {missing} cannot be compared" if missing else ""
    if not compared:
        return fit_claim(f"None of the {all_} numbers of the books can be compared with ours.")
    whole = "numbers" if compared != 1 else "number"
    if over:
        verb = "differs" if over == 1 else "differ"
        return fit_claim(f"{over} of {compared} {whole} {verb} from the books by more than is tolerated{rest}.")
    if compared == 1:
        return fit_claim(f"The one number compared agrees with the books, within what is tolerated{rest}.")
    return fit_claim(f"All {compared} numbers compared agree with the books, within what is tolerated{rest}.")


def _what(tie: Tie) -> str:
    where = "" if tie.kind != "total" or not tie.scope else f", {tie.scope_name}"
    return f"{tie.label}{where}"


def _said(tie: Tie) -> str:
    if tie.ours is None:
        return f"Not compared: {tie.why_not}."
    if not tie.is_over:
        return "Agrees."
    by = ", ".join(part for part in (tie.reason_by, tie.reason_on) if part)
    if tie.reason:
        return f"Differs: {tie.reason.rstrip('.')}{f' ({by})' if by else ''}."
    return "Differs; nobody has said why."


def _signed(tie: Tie) -> str:
    parts = [tie.source, f"signed by {tie.signed_off_by}" if tie.signed_off_by else ""]
    return ", ".join(part for part in parts if part) or theme.MISSING


def _finite(share: float | None) -> float | str | None:
    return share if share is None or math.isfinite(share) else "no number to divide by"


def _doubt(tie: Tie, summary: Summary) -> tuple[str, tuple[str, ...]]:
    """Return what is written beside the exhibits that rest on the number, and by which figures they are known."""
    share = tie.difference or 0.0
    size = "" if not math.isfinite(share) else f"{theme.percent(abs(share), 1)} "
    way = "above" if share > 0 else "below"
    against = "the books" if tie.kind == "total" else "last year"
    where = tie.scope_name if tie.kind == "total" else ""
    what = ", ".join(part for part in (tie.label, where, tie.period) if part)
    words = f"Rests on a number that differs: {what}: {size}{way} {against}; see the appendix."
    return words, tuple(dict.fromkeys(figure.id for figure in _resting(tie, summary)))


def _own_ids(tie: Tie, summary: Summary) -> list[str]:
    """Return the figure that gives the difference, where a chapter has one."""
    key = f"control/{tie.measure}/{tie.scope or 'all'}/{tie.period}"
    return [figure.id for chapter in summary.chapters for figure in chapter.figures if figure.key == key]


def _resting(tie: Tie, summary: Summary) -> Iterator[Figure]:
    """Return the figures that are made of a number: those of its measure, in its scope or in what holds it."""
    for chapter in summary.chapters:
        for figure in chapter.figures:
            parts = figure.key.split("/")
            if tie.kind != "total" or chapter.pillar == "allocation":
                rests = chapter.pillar == "allocation" and _rests_on_plan(tie, parts)
            elif tie.measure == HEADCOUNT:
                rests = chapter.pillar == "readiness" and parts[0] in ("headcount", "response")
                rests = rests and (not tie.scope or tie.scope in parts[1:] or len(parts) == 1)
            elif tie.measure in PROJECT_COLUMNS:
                rests = False
            else:
                rests = chapter.pillar == "outcomes" and len(parts) > 1 and parts[0] != "control"
                rests = rests and parts[1] == tie.measure and _holds(tie.scope, parts)
            if rests:
                yield figure


def _holds(scope: str, parts: list[str]) -> bool:
    """Whether a figure of outcomes is of the scope, or of the company, which holds it; a company's doubt is all's."""
    return not scope or scope in parts[2:] or "all" in parts[2:] or len(parts) == 2


def _rests_on_plan(tie: Tie, parts: list[str]) -> bool:
    """Whether a figure of the plan is made of an activity, a resource or the cost of today."""
    kind, names = parts[0].removeprefix("today_"), parts[1:]
    if kind in ("level", "outcome", "used"):
        return tie.measure.removesuffix(OUTCOME) in names
    if tie.made_of != OF_PLAN or kind not in ("money", "people") or kind == parts[0]:
        return False
    return (kind == "money" or tie.unit == "people") and (not tie.scope or not names or tie.scope in names)
