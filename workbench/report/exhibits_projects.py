"""Today's money by project turned into money by line: the picture, and every project with the lines it serves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.project_inputs import read_projects
from workbench.findings import fit_claim
from workbench.report.charts import bar_parts
from workbench.report.exhibit import Exhibit
from workbench.report.summary import Summary, figures
from workbench.report.tables import Table, table

if TYPE_CHECKING:
    from workbench.allocation import ProjectMoney, ProjectPart
    from workbench.findings import Figures

MOST_BARS = 16
"""Lines that the chart draws; the others are one bar, so that the bars still add up (ours)."""
MOST_PARTS = 6
"""Projects of a line that the chart cuts its bar into, of those that are open as many; the others are one (ours)."""
MOST_ROWS = 60
"""With more open projects than this, the page names only the largest of each line (ours)."""
LARGEST = 3
"""Open projects of a line that are named in a long list (ours)."""

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
    bars += [(SEVERAL, money.of("several"), ""), (NONE, money.of("none"), "none")]
    hangs = _hangs(study, summary, money)
    rows = [row for bar in bars if bar[1] for row in _parts(*bar, column, numbers, hangs)]
    total = money.total(column) or 0.0
    idle = len(study.lines) - len(fed)
    blank = len(money.without(column))
    notes = [
        f"Running projects by the line they serve: {COUNTED[column]}",
        f"{theme.formatted(total, _unit(column), currency)} in all",
        "marked: what is open" if any(row["open"] for row in rows) else "",
        f"{idle} line{'s have' if idle != 1 else ' has'} no project" if idle else "",
        f"{blank} project{'s gave' if blank != 1 else ' gave'} no amount" if blank else "",
        f"{len(money.ended)} had ended and {'are' if len(money.ended) != 1 else 'is'} left out" if money.ended else "",
    ]
    return (
        Exhibit(
            "summary-project-money",
            bar_parts(
                rows,
                label="line",
                part="project",
                value="amount",
                open="open",
                claim=_claim(money, column, currency),
                subtitle="; ".join(note for note in notes if note),
                source="projects, project_lines, lines" if _is_shared(money) else "projects, lines",
                unit=_unit(column),
                currency=currency,
            ),
            is_appendix=True,
        ),
    )


def _parts(
    name: str,
    parts: Sequence[ProjectPart],
    line: str,
    column: str,
    numbers: Figures,
    hangs: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return a bar's parts, the largest first and what is open last; of many the smallest together."""
    known = [(part, part.amount(column)) for part in parts]
    ranked = sorted(known, key=lambda held: (_is_open(held[0], hangs), -(held[1] or 0.0)))
    groups = []
    for is_open in (False, True):
        mine = [held for held in ranked if _is_open(held[0], hangs) == is_open]
        shown = mine if len(mine) <= MOST_PARTS + 1 else mine[:MOST_PARTS]
        groups += [(part.project.id, amount, _open_words(part, hangs)) for part, amount in shown]
        rest = [amount for _, amount in mine[len(shown) :] if amount is not None]
        if len(shown) < len(mine):
            groups.append((f"{len(mine) - len(shown)} more", math.fsum(rest), "open" if is_open else ""))
    first = _ids(numbers, column, line, parts)
    return [
        {"line": name, "project": project, "amount": amount, "open": words, "ids": "" if place else first}
        for place, (project, amount, words) in enumerate(groups)
    ]


def _is_open(part: ProjectPart, hangs: Mapping[str, str]) -> bool:
    return part.fit != "line" or part.project.id in hangs


def _open_words(part: ProjectPart, hangs: Mapping[str, str]) -> str:
    unshared = {"several": "shares not agreed", "none": "fits no line"}.get(part.fit, "")
    return hangs.get(part.project.id, unshared)


def _hangs(study: Any, summary: Summary, money: ProjectMoney) -> dict[str, str]:
    """Return what is open of each project of which something is."""
    from workbench.allocation import judge_projects

    owners = {line: study.products.owners.get(line) for line in study.lines}
    judged = judge_projects(money.projects, owners, {line: False for line in _closing(summary)})
    return {item.project.id: theme.listing([HANGS[why] for why in item.why]) for item in judged}


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
    """Return each line's sum with what is open under it; the workbook lists every project under the lines it serves."""
    from workbench.allocation import judge_projects

    owners = {line: study.products.owners.get(line) for line in study.lines}
    judged = judge_projects(money.projects, owners, {line: False for line in _closing(summary)})
    counts = {why: count for why in HANGS if (count := sum(why in item.why for item in judged))}
    found = [f"{count} {_plural(why, count)}" for why, count in counts.items()]
    many = theme.counted(len(money.projects), "running project")
    is_planned = any(line.change is not None for line in summary.lines)
    claim = (
        fit_claim(f"Of {many} {theme.listing(found)}.", f"Of {many} something is open of {len(judged)}.")
        if found
        else fit_claim(
            f"Of {many}, each serves a line{' that stays' if is_planned else ''} and has an owner when it ends."
        )
    )
    shared = ", a project of several lines under each by its share" if _is_shared(money) else ""

    def listed(rows: Sequence[Mapping[str, Any]], subtitle: str) -> Table:
        return table(
            rows,
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
            claim=claim,
            subtitle=f"{subtitle}{shared}",
            source="projects, project_lines, lines" if _is_shared(money) else "projects, lines",
            is_total="is_total",
        )

    hangs = _hangs(study, summary, money)
    page = listed(
        _rows(study, summary, money, hangs, is_whole=False),
        f"Running projects by line{', by name where something is open' if found else ''}; the workbook lists all",
    )
    whole = listed(_rows(study, summary, money, hangs, is_whole=True), "Running projects under the lines they serve")
    return Exhibit("summary-projects-to-lines", page, is_appendix=True, whole=whole)


def _rows(
    study: Any, summary: Summary, money: ProjectMoney, hangs: Mapping[str, str], *, is_whole: bool
) -> list[dict[str, Any]]:
    """Return a list's rows, each line's sum first; on the page, of many that are open each line's largest."""
    places = [(line, _name(study, line), money.of("line", line)) for line in study.lines]
    places += [("", SEVERAL, money.of("several")), ("none", NONE, money.of("none"))]
    numbers, rows = figures(summary), []
    is_long = not is_whole and sum(_is_open(part, hangs) for part in money.parts) > MOST_ROWS
    for key, name, parts in places:
        if not parts:
            continue
        ids = numbers.shown_ids(f"projects/{key}", f"projects_budget/{key}") if _is_whole(parts) and key else ""
        total = _sum_row(money, parts, name, _count(parts), ids, is_total=True)
        rows.append({**total, "why": "line proposed to close" if key in _closing(summary) else ""})
        ranked = sorted(parts, key=lambda part: -(part.amount("budget") or part.amount("spent") or 0.0))
        ranked = [part for part in ranked if is_whole or _is_open(part, hangs)]
        shown = ranked if not is_long or len(ranked) <= LARGEST + 1 else ranked[:LARGEST]
        rows += [_row(study, part, name, hangs.get(part.project.id, "")) for part in shown]
        if rest := ranked[len(shown) :]:
            rows.append({**_sum_row(money, rest, name, f"{len(rest)} more", ""), "why": "open as well"})
    rows.append(_sum_row(money, money.parts, "All", f"{len(money.projects)} projects", "", is_total=True))
    return rows


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
