"""What the summary shows: three answers, decisions, disagreements, and the portfolio on a page."""

from __future__ import annotations

from workbench import theme
from workbench.findings import fit_claim
from workbench.report.exhibit import Exhibit, words_exhibit
from workbench.report.summary import Summary, figures
from workbench.report.tables import table


def answers_exhibit(summary: Summary) -> Exhibit:
    """Return the three answers, one number each with its certainty in words."""
    numbers = figures(summary)
    data = {
        "question": [answer.question for answer in summary.answers],
        "answer": [answer.claim for answer in summary.answers],
        "number": [
            f"{theme.formatted(answer.value, answer.unit, summary.currency)} {answer.name}"
            if answer.value is not None
            else answer.name
            for answer in summary.answers
        ],
        "sure": [answer.sure or theme.MISSING for answer in summary.answers],
        "ids": [" ".join(numbers.ids(f"answer/{answer.pillar}")) for answer in summary.answers],
    }
    given = sum(answer.value is not None for answer in summary.answers)
    return Exhibit(
        "summary-answers",
        table(
            data,
            columns={"question": "Question", "answer": "Answer", "number": "In one number", "sure": "How sure"},
            claim=f"{given} of 3 questions are answered with a number.",
            subtitle="The three questions of this engagement",
            source="chapters on readiness, outcomes and allocation",
        ),
    )


def decisions_exhibit(summary: Summary) -> Exhibit:
    """Return the decisions that are supported, with the option rejected, the cost and the owner."""
    held = summary.decisions
    if not held:
        return words_exhibit(
            "summary-decisions",
            "No decision is supported yet.",
            "The numbers show none whose cost and alternative are known.",
            alt="Note: no decision is supported yet.",
        )
    data = {
        "what": [decision.what for decision in held],
        "rejected": [decision.rejected for decision in held],
        "cost": [decision.cost for decision in held],
        "sure": [decision.sure or theme.MISSING for decision in held],
        "owner": [decision.owner for decision in held],
        "ids": [" ".join(decision.ids) for decision in held],
    }
    many, columns = len(held), {"what": "Decision", "rejected": "Option rejected", "cost": "Cost"}
    subtitle = "Decisions whose alternative and cost are known, the largest first"
    if any(decision.sure for decision in held):
        columns["sure"] = "How sure"
        subtitle += "; draws: all answers of the curves may be wrong at once"
    return Exhibit(
        "summary-decisions",
        table(
            data,
            columns={**columns, "owner": "Owner"},
            claim=f"{many} decision{'s are' if many != 1 else ' is'} supported by the numbers.",
            subtitle=subtitle,
            source="chapters on outcomes and allocation, lines",
        ),
    )


def disagreements_exhibit(summary: Summary) -> Exhibit:
    """Return readiness, outcomes and plan side by side, a row a line, and where they do not point the same way."""
    reasons: dict[str, list[str]] = {}
    for finding in summary.disagreements:
        name, _, why = finding.claim.partition(": ")
        reasons.setdefault(name, []).append(why)
    rows = sorted(summary.lines, key=lambda line: line.name not in reasons)
    data = {
        "line": [line.name for line in rows],
        "readiness": [line.readiness for line in rows],
        "outcomes": [line.moves for line in rows],
        "plan": [line.plan for line in rows],
        "parts": [" ".join(theme.upper_start(why) for why in reasons.get(line.name, ["–"])) for line in rows],
        "ids": [" ".join(dict.fromkeys((*line.ids[:1], *line.outcome_ids, *line.plan_ids))) for line in rows],
    }
    many = len(reasons)
    names = theme.listing([line.name for line in rows if line.name in reasons], 3)
    claim = fit_claim(
        f"The three answers disagree on {names}.", f"The three answers disagree on {many} of {len(rows)} lines."
    )
    is_whole = len(summary.answers) == 3 and all(answer.value is not None for answer in summary.answers)
    nothing = "The three answers disagree on no line."
    if not is_whole:
        nothing = "Not all three answers are there, so whether they disagree cannot be said."
    return Exhibit(
        "summary-disagreements",
        table(
            data,
            columns={
                "line": "Product line",
                "readiness": "Readiness",
                "outcomes": "Outcomes that moved",
                "plan": "Money, today → plan",
                "parts": "Where they disagree",
            },
            claim=claim if many else nothing,
            subtitle="What each of the three answers says of each line",
            source="chapters on readiness, outcomes and allocation",
        ),
    )


def portfolio_exhibit(summary: Summary) -> Exhibit:
    """Return the portfolio on a page: a row a line."""
    numbers = figures(summary)
    rows = summary.lines
    ready = [line.name for line in rows if line.readiness == "product-run"]
    unowned = sum(line.owner == "nobody named" for line in rows)
    data = {
        "line": [line.name for line in rows],
        "owner": [line.owner for line in rows],
        "stage": [line.stage for line in rows],
        "people": [line.people for line in rows],
        "readiness": [line.readiness for line in rows],
        "held_back": [line.held_back for line in rows],
        "outcome": [line.outcome for line in rows],
        "plan": [line.plan for line in rows],
        "projects": [line.projects for line in rows],
        "ids": [" ".join((*line.ids, *numbers.ids(f"projects/{line.line}"))) for line in rows],
    }
    known = sum(line.readiness not in ("not shown", theme.MISSING) for line in rows)
    which = "lines" if known == len(rows) else f"line{'' if known == 1 else 's'} that can be shown"
    held = f"{len(ready)} of {known} {which} {'is' if len(ready) == 1 else 'are'} product-run"
    if all(line.readiness in ("not shown", theme.MISSING) for line in rows):
        held = f"The readiness of {len(rows)} lines cannot be shown"
    elif all(line.readiness in ("too close to call", "not shown", theme.MISSING) for line in rows):
        held = f"None of {len(rows)} lines has a class yet"
    counted = sum(count for _, _, count, _ in summary.projects)
    running = counted if summary.running is None else summary.running
    owners = f"; {unowned} without an owner" if unowned else ""
    loose = next((count for line, _, count, _ in summary.projects if not line), 0)
    return Exhibit(
        "summary-portfolio",
        table(
            data,
            columns={
                "line": "Product line",
                "owner": "Owner",
                "stage": "Stage of its products",
                "people": "People",
                "readiness": "Readiness",
                "held_back": "Held back by",
                "outcome": "Key outcome against target",
                "plan": "Money, today → plan",
                "projects": "Projects running",
            },
            units={"people": "people"},
            claim=f"{held}{owners}; {running} project{'s run' if running != 1 else ' runs'} beside them.",
            subtitle=f"The portfolio on a page; {loose} of {running} projects belong to no line"
            if running
            else "The portfolio on a page",
            source="lines, products, memberships, projects; chapters on readiness, outcomes and allocation",
        ),
    )
