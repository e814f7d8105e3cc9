"""The assumption register as a page: opinions that could flip a decision first, then the least agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.register import Assumption, Register, read_register
from workbench.findings import fit_claim
from workbench.report.exhibit import Exhibit
from workbench.report.tables import Table, table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict
    from workbench.findings import Figures, Off

MOST = 30
"""Opinions that the page lists one by one; the others are counted by table, and listed in the workbook (ours)."""

COLUMNS = {
    "what": "Opinion",
    "says": "Says",
    "said_by": "Said by",
    "said_on": "On",
    "status": "Status",
    "flips": "Could flip",
    "value": "To know it is worth",
    "turns": "Its line turns at",
    "place": "Where it stands",
}


def register_appendix(study: Any, result: Allocation | Conflict | Off) -> tuple[Exhibit, ...]:
    """Return the assumption register; none where the client's tables hold no opinion.

    Parameters
    ----------
    study : Engagement
    result : Allocation, Conflict or Off
        Whose tests say what an opinion could flip.
    """
    from workbench.allocation import Allocation, figures

    register = read_register(study, result)
    if not len(register):
        return ()
    plan = result if isinstance(result, Allocation) else None
    numbers = figures(result) if plan is not None else None
    single = [item for item in register.items if _is_listed(item)][:MOST]
    kept = {id(item) for item in single}
    rest = [item for item in register.items if id(item) not in kept]
    is_money = plan is not None and plan.portfolio.is_money

    def listed(rows: Sequence[Mapping[str, Any]]) -> Table:
        shown = [name for name in COLUMNS if name not in ("value", "turns") or any(row[name] for row in rows)]
        return table(
            rows,
            columns={name: COLUMNS[name] for name in shown},
            units={"value": "currency"} if is_money and "value" in shown else {},
            currency=str(study.settings.currency),
            claim=_claim(register),
            subtitle=_subtitle(register),
            source=", ".join(dict.fromkeys(item.table for item in register.items)),
        )

    page = listed([_row(item, numbers) for item in single] + _counted(rest))
    whole = listed([_row(item, numbers) for item in register.items]) if rest else None
    return (Exhibit("allocation-assumptions", page, is_appendix=True, whole=whole),)


def _is_listed(item: Assumption) -> bool:
    """Whether an opinion is listed by itself: it could flip a line, somebody doubts it, or to know it is worth much."""
    return bool(item.flips) or item.status in ("contested", "assumed") or bool(item.value)


def _claim(register: Register) -> str:
    count = len(register)
    whole = f"{count} opinions" if count != 1 else "1 opinion"
    open_ = {word: register.count(word) for word in ("contested", "assumed") if register.count(word)}
    states = theme.listing([f"{number} {'is' if number == 1 else 'are'} {word}" for word, number in open_.items()])
    states = f"; {states}" if open_ else ""
    if register.spread is None:
        return fit_claim(f"{whole}, none of them tested{states}.", f"{whole}, none of them tested.")
    flips, tested = len(register.flipping), count - len(register.untested)
    if not tested:
        return fit_claim(f"{whole}, none of them tested{states}.", f"{whole}, none of them tested.")
    start = f"{flips or 'None'} of {tested} opinions tested could flip a line’s decision alone"
    return fit_claim(f"{start}{states}.", f"{start}.")


def _subtitle(register: Register) -> str:
    words = "What people said rather than measured: what could flip a decision first, then the least agreed"
    if register.spread is None:
        return words
    wide = theme.percent(register.spread)
    untested = len(register.untested)
    held = f"; {untested} not tested" if untested else ""
    return f"{words}; each alone at both ends of its range, {wide} either way and wider where not agreed{held}"


def _row(item: Assumption, numbers: Figures | None) -> dict[str, Any]:
    keys = [f"flip/{item.line}"] if item.turns else []
    if item.table == "activities":
        keys.insert(0, f"question/{item.what.removeprefix('Curve of ')}")
    known = [numbers[key].id for key in keys if key in numbers and numbers[key].value is not None] if numbers else []
    return {
        "what": item.what,
        "says": item.says,
        "said_by": item.said_by or "nobody named",
        "said_on": item.said_on or theme.MISSING,
        "status": item.status,
        "flips": _flips(item),
        "value": item.value,
        "turns": item.turns,
        "place": item.place,
        "ids": " ".join(known),
    }


def _flips(item: Assumption) -> str:
    if item.flips is None:
        return "not tested"
    return theme.listing(item.flips, 3) if item.flips else "nothing we tested"


def _counted(rest: Sequence[Assumption]) -> list[dict[str, Any]]:
    """Return a row for each table's further opinions of one status, tested or not."""
    groups: dict[tuple[str, str, str], int] = {}
    for item in rest:
        key = (item.table, item.status, _flips(item))
        groups[key] = groups.get(key, 0) + 1
    blank = dict.fromkeys(("says", "said_by", "said_on"), theme.MISSING)
    return [
        {
            "what": f"{count} more in {name}",
            **blank,
            "status": status,
            "flips": flips,
            "value": None,
            "turns": "",
            "place": name,
            "ids": "",
        }
        for (name, status, flips), count in groups.items()
    ]
