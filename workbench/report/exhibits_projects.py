"""Today's money by project turned into money by line: the picture, and every project with the lines it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.project_inputs import read_projects
from workbench.findings import fit_claim
from workbench.report.charts import bar_ranked
from workbench.report.exhibit import Exhibit
from workbench.report.summary import Summary, figures
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import ProjectMoney, ProjectPart
    from workbench.findings import Figures

MOST_BARS = 16
"""Lines that the chart draws; the others are one bar, so that the bars still add up (ours)."""
MOST_ROWS = 60
"""With more rows than this, only the largest projects of each line are listed by name (ours)."""
LARGEST = 3
"""Projects of a line that are named in a long list (ours)."""

SEVERAL, NONE = "Several lines, shares not agreed", "No line"
COUNTED = {"budget": "approved budget", "spent": "spending so far", "people": "people"}
HEADS = {"budget": "Budget", "spent": "Spent", "people": "People"}
HANGS = {
    "no line": "fits no line",
    "closing line": "feeds a line proposed to close",
    "no owner": "ends without an owner",
}
"""What is open, in words."""


def project_appendix(study: Any, summary: Summary) -> tuple[Exhibit, ...]:
    """Return the exhibits that turn money by project into money by line; none where no project runs.

    Parameters
    ----------
    study : Engagement
    summary : Summary
        Of its chapters: which lines the plan proposes to close.
    """
    from workbench.allocation import spread_projects

    money = spread_projects(read_projects(study.tables), study.lines, as_of=study.settings.as_of.isoformat())
    if not money.projects:
        return ()
    return (*_by_line(study, summary, money), _list(study, summary, money))


def _by_line(study: Any, summary: Summary, money: ProjectMoney) -> tuple[Exhibit, ...]:
    """Return the picture by the first amount that any project gives; none where all are blank."""
    column = next((name for name in COUNTED if money.total(name)), "")
    if not column:
        return ()
    currency, numbers = summary.currency, figures(summary)
    fed = [line for line in study.lines if money.of("line", line)]
    fed.sort(key=lambda line: -(money.total(column, money.of("line", line)) or 0.0))
    drawn, others = (fed, []) if len(fed) <= MOST_BARS else (fed[:MOST_BARS], fed[MOST_BARS:])
    bars = [(_name(study, line), money.of("line", line), line) for line in drawn]
    if others:
        held = tuple(part for line in others for part in money.of("line", line))
        bars.append((f"{len(others)} more lines", held, ""))
    loose = [(SEVERAL, money.of("several"), ""), (NONE, money.of("none"), "none")]
    loose = [bar for bar in loose if bar[1]]
    closing = _closing(summary)
    accent = [name for name, _, line in bars if line in closing] + [name for name, _, _ in loose]
    total = money.total(column) or 0.0
    idle = len(study.lines) - len(fed)
    blank = len(money.without(column))
    notes = [
        f"Running projects by the line they serve: {COUNTED[column]}",
        f"{theme.formatted(total, _unit(column), currency)} in all",
        f"marked: {theme.listing(_marked(loose, closing, bars))}" if accent else "",
        f"{idle} line{'s have' if idle != 1 else ' has'} no project" if idle else "",
        f"{blank} project{'s gave' if blank != 1 else ' gave'} no amount" if blank else "",
        f"{len(money.ended)} had ended and {'are' if len(money.ended) != 1 else 'is'} left out" if money.ended else "",
    ]
    return (
        Exhibit(
            "summary-project-money",
            bar_ranked(
                {
                    "line": [name for name, _, _ in (*bars, *loose)],
                    "amount": [money.total(column, parts) for _, parts, _ in (*bars, *loose)],
                    "ids": [_ids(numbers, column, line, parts) for _, parts, line in (*bars, *loose)],
                },
                label="line",
                value="amount",
                claim=_claim(money, column, currency),
                subtitle="; ".join(note for note in notes if note),
                source="projects, project_lines, lines" if _is_shared(money) else "projects, lines",
                unit=_unit(column),
                currency=currency,
                highlight=accent,
                keep_order=True,
                figures="ids",
            ),
            is_appendix=True,
        ),
    )


def _marked(loose: Sequence[Any], closing: frozenset[str], bars: Sequence[Any]) -> list[str]:
    words = ["lines proposed to close"] if any(line in closing for _, _, line in bars) else []
    return [*words, *(["what serves no one line"] if loose else [])]


def _claim(money: ProjectMoney, column: str, currency: str) -> str:
    count = len(money.projects)
    total = money.total(column) or 0.0
    start = f"{count} running project{'s take' if count != 1 else ' takes'} "
    start += theme.formatted(total, _unit(column), currency)
    none, several = (money.total(column, money.of(fit)) or 0.0 for fit in ("none", "several"))
    if not none and not several:
        return fit_claim(f"{start}, all of it for named lines.", f"{start}.")
    parts = [
        f"{theme.formatted(amount, _unit(column), currency)} ({theme.percent(amount / total)}) {words}"
        for amount, words in ((none, "fits no line"), (several, "is shared in no agreed way"))
        if amount
    ]
    return fit_claim(f"{start}; {theme.listing(parts)}.", f"{start}; {parts[0]}.", f"{start}.")


def _list(study: Any, summary: Summary, money: ProjectMoney) -> Exhibit:
    """Return every project under the lines it serves; of a long list, each line's largest and the sum of the rest."""
    from workbench.allocation import judge_projects

    owners = {line: study.products.owners.get(line) for line in study.lines}
    judged = judge_projects(money.projects, owners, {line: False for line in _closing(summary)})
    hangs = {item.project.id: theme.listing([HANGS[why] for why in item.why]) for item in judged}
    places = [(line, _name(study, line), money.of("line", line)) for line in study.lines]
    places += [("", SEVERAL, money.of("several")), ("none", NONE, money.of("none"))]
    numbers, is_long, rows = figures(summary), len(money.parts) > MOST_ROWS, []
    for key, name, parts in places:
        if not parts:
            continue
        ids = numbers.shown_ids(f"projects/{key}", f"projects_budget/{key}") if _is_whole(parts) and key else ""
        total = _sum_row(money, parts, name, _count(parts), ids, is_total=True)
        rows.append({**total, "why": "line proposed to close" if key in _closing(summary) else ""})
        ranked = sorted(parts, key=lambda part: -(part.amount("budget") or part.amount("spent") or 0.0))
        shown = ranked if not is_long or len(ranked) <= LARGEST + 1 else ranked[:LARGEST]
        rows += [_row(study, part, name, hangs.get(part.project.id, "")) for part in shown]
        rest = ranked[len(shown) :]
        if rest:
            loose = len({part.project.id for part in rest if part.project.id in hangs})
            words = f"{loose} of them {'hangs' if loose == 1 else 'hang'}" if loose else ""
            rows.append({**_sum_row(money, rest, name, f"{len(rest)} more", ""), "why": words})
    rows.append(_sum_row(money, money.parts, "All", f"{len(money.projects)} projects", "", is_total=True))
    found = [f"{count} {_plural(why, count)}" for why in HANGS if (count := sum(why in item.why for item in judged))]
    start = f"Of {len(money.projects)} running projects" if len(money.projects) != 1 else "Of 1 running project"
    return Exhibit(
        "summary-projects-to-lines",
        table(
            {name: [row[name] for row in rows] for name in rows[0]},
            columns={
                "line": "Product line",
                "project": "Project",
                "sponsor": "Sponsor",
                **({"share": "Share of it"} if any(part.share < 1.0 for part in money.parts) else {}),
                **{column: head for column, head in HEADS.items() if money.total(column) is not None},
                "ends": "Ends",
                "why": "What is open",
            },
            units={"share": "share", "budget": "currency", "spent": "currency", "people": "people"},
            currency=summary.currency,
            claim=fit_claim(
                f"{start} {theme.listing(found)}.", f"{len(judged)} of {len(money.projects)} running projects hang."
            )
            if found
            else fit_claim(f"{start}, each serves a line that stays and has an owner when it ends."),
            subtitle="Running projects under the lines they serve"
            + (", a project of several lines under each by its share" if _is_shared(money) else "")
            + ("; of each line the largest by name" if is_long else ""),
            source="projects, project_lines, lines" if _is_shared(money) else "projects, lines",
            figures="ids",
            is_total="is_total",
        ),
        is_appendix=True,
    )


def _row(study: Any, part: ProjectPart, name: str, why: str) -> dict[str, Any]:
    project = part.project
    among = f"for {theme.listing([_name(study, line) for line in part.among], 4)}" if part.among else ""
    return {
        "line": name,
        "project": project.id,
        "sponsor": project.sponsor or theme.MISSING,
        "share": part.share,
        **{column: part.amount(column) for column in COUNTED},
        "ends": project.ends or theme.MISSING,
        "why": "; ".join(words for words in (among, why) if words),
        "ids": "",
        "is_total": False,
    }


def _sum_row(
    money: ProjectMoney, parts: Sequence[ProjectPart], name: str, words: str, ids: str, *, is_total: bool = False
) -> dict[str, Any]:
    return {
        "line": name,
        "project": words,
        "sponsor": "",
        "share": None,
        **{column: money.total(column, parts) for column in COUNTED},
        "ends": "",
        "why": "",
        "ids": ids,
        "is_total": is_total,
    }


def _plural(why: str, count: int) -> str:
    verb, rest = HANGS[why].split(" ", 1)
    return HANGS[why] if count == 1 else f"{verb.removesuffix('s')} {rest}"


def _count(parts: Sequence[ProjectPart]) -> str:
    return f"{len(parts)} projects together" if len(parts) != 1 else "1 project"


def _closing(summary: Summary) -> frozenset[str]:
    return frozenset(line.line for line in summary.lines if line.is_closing)


def _name(study: Any, line: str) -> str:
    return str(study.products.name(line))


def _unit(column: str) -> str:
    return "people" if column == "people" else "currency"


def _is_shared(money: ProjectMoney) -> bool:
    return any(item.lines for item in money.projects)


def _is_whole(parts: Sequence[ProjectPart]) -> bool:
    """Whether all these projects belong here whole, so that the summary's own figures give the sum."""
    return all(part.share == 1.0 for part in parts)


def _ids(numbers: Figures, column: str, line: str, parts: Sequence[ProjectPart]) -> str:
    known = bool(line) and column == "budget" and _is_whole(parts)
    return numbers.shown_ids(f"projects_budget/{line}") if known else ""
