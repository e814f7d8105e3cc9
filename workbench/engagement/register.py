"""The assumption register: every opinion in the client's tables, who said it, where it stands and what it could flip.

What it could flip is read from what the allocation tested: the plan sought again at both ends of an answer's range, the
value of knowing the answer, and the point at which a line is decided anew. "Nothing we tested" and "not tested" differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.columns import unit_of
from workbench.engagement.schema import TABLES
from workbench.engagement.tables import records

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, Information
    from workbench.engagement.load import Engagement
    from workbench.findings import Off

STATES = ("contested", "assumed", "not said", "confirmed")
"""How far an opinion is agreed, the least agreed first; ``not said`` where the table leaves it blank."""

NUMBERS: Mapping[str, tuple[str, ...]] = {
    "activities": ("y0", "y1", "y15", "ymax", "y05", "half_level", "shape"),
    "worths": ("value",),
    "objectives": ("weight", "swing"),
    "comparisons": ("ratio",),
    "closing": ("one_off_cost", "yearly_cost", "avoidable_share"),
    "memberships": ("share",),
    "parents": ("share",),
    "project_lines": ("share",),
    "readiness_targets": ("effort", "cost"),
}
"""Tables of opinions, and the columns that hold what somebody said rather than measured."""


@dataclass(frozen=True)
class Assumption:
    """One opinion.

    Attributes
    ----------
    table, what, says : str
        Table; what it is about, and what was said, in words.
    said_by, said_on : str
        Who said so, and when (ISO); empty where nobody is named.
    status : str
        One of `STATES`.
    file, sheet, cell : str
        Where it stands in the client's folder.
    flips : tuple of str or None
        Names of lines that the plan decides otherwise at an end of its range; empty: nothing that was tested; None: it
        was not tested.
    value : float or None
        What the plan would gain on average if it were known for sure; None where that was not worked out. Unit: value.
    turns : str
        Where the line it speaks of would be decided anew, in words; empty where that was not worked out.
    line : str
        Line it speaks of; empty where it speaks of none.
    """

    table: str
    what: str
    says: str
    said_by: str
    said_on: str
    status: str
    file: str
    sheet: str
    cell: str
    flips: tuple[str, ...] | None = None
    value: float | None = None
    turns: str = ""
    line: str = ""

    @property
    def place(self) -> str:
        """File, sheet and cell, as people look it up."""
        return ", ".join(part for part in (self.file, self.sheet, self.cell) if part)


@dataclass(frozen=True)
class Register:
    """Every opinion, ranked: what could flip a decision, then the least agreed, then what is worth most to know.

    Attributes
    ----------
    items : tuple of Assumption
    spread : float or None
        Share by which a confirmed answer was taken to be wrong; None where nothing was tested.
    """

    items: tuple[Assumption, ...]
    spread: float | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def flipping(self) -> tuple[Assumption, ...]:
        """Those that could flip a decision."""
        return tuple(item for item in self.items if item.flips)

    @property
    def untested(self) -> tuple[Assumption, ...]:
        """Those of which nobody knows what they could flip."""
        return tuple(item for item in self.items if item.flips is None)

    def count(self, status: str) -> int:
        """Return how many opinions stand so."""
        return sum(item.status == status for item in self.items)


def read_register(study: Engagement, result: Allocation | Conflict | Off) -> Register:
    """Return every opinion in a client's tables, ranked.

    Parameters
    ----------
    study : Engagement
    result : Allocation, Conflict or Off
        What the plan made of the opinions; without a plan, or without draws, they are listed as not tested.
    """
    from workbench.allocation import Allocation

    plan = result if isinstance(result, Allocation) else None
    doubt = plan.doubt if plan is not None else None
    turns = _turns(plan) if plan is not None else {}
    points: dict[str, int] = {}
    for row in records(study.tables, "curve_points"):
        points[row["activity"]] = points.get(row["activity"], 0) + 1
    lines = {row["activity"]: row["product_line"] for row in records(study.tables, "activities")}
    held = []
    for table in NUMBERS:
        for place, row in enumerate(records(study.tables, table)):
            item = _assumption(study, table, place, row, points)
            if item is None:
                continue
            line = lines.get(row.get("activity", ""), "")
            if table in ("activities", "worths"):
                flips, value = _tested(doubt.information, table, row) if doubt is not None else (None, None)
                item = replace(item, flips=flips, value=value, line=line, turns=turns.get(line, ""))
            held.append(item)
    held.sort(key=lambda item: (not item.flips, STATES.index(item.status), -(item.value or 0.0), item.flips is None))
    return Register(tuple(held), doubt.robustness.spread if doubt is not None else None)


def _assumption(
    study: Engagement, table: str, place: int, row: Mapping[str, Any], points: Mapping[str, int]
) -> Assumption | None:
    """Return a row as an opinion; None where it holds none."""
    given = [column for column in NUMBERS[table] if row.get(column) is not None]
    says = "; ".join(_number(study, table, column, row[column]) for column in given)
    if table == "activities" and not given:
        if not points.get(row["activity"]):  # fitted to what was measured: no opinion
            return None
        says = f"{points[row['activity']]} points of its curve"
    if not given and "share" in NUMBERS[table]:
        says = "no share given"
    elif not says:
        return None
    said_by, said_on = row.get("said_by") or row.get("agreed_by"), row.get("said_on") or row.get("agreed_on")
    status = row.get("status") or ("confirmed" if table == "objectives" and row.get("agreed_by") else "not said")
    blank = "share" if "share" in NUMBERS[table] else TABLES[table].key[0]
    where = study.tables.where(table, place, given[0] if given else blank)
    return Assumption(
        table,
        _what(study, table, row),
        says,
        str(said_by or ""),
        said_on.isoformat() if said_on else "",
        str(status),
        *where,
    )


def _what(study: Engagement, table: str, row: Mapping[str, Any]) -> str:
    name = study.products.name
    if table == "activities":
        return f"Curve of {row['activity']}"
    if table == "worths":
        return f"Worth of {row['activity']} for {row['objective']}"
    if table == "objectives":
        return f"Weight of {row['objective']}"
    if table == "comparisons":
        return f"{row['objective']} against {row['other']}"
    if table == "closing":
        return f"Closing {name(row['product_line'])}"
    if table == "readiness_targets":
        line = f" in {name(row['product_line'])}" if row.get("product_line") else ""
        return f"Effort of {row['item']}{line}"
    if table == "project_lines":
        return f"Share of {row['project']} in {name(row['product_line'])}"
    member = row["product"] if table == "memberships" else row["member"]
    return f"Share of {name(member)} in {name(row['parent'])}"


def _number(study: Engagement, table: str, column: str, value: Any) -> str:
    unit = unit_of(TABLES[table].columns[column])
    words = column.replace("_", " ")
    if unit == "currency":
        return f"{words} {theme.money(float(value), str(study.settings.currency))}"
    if unit.startswith("share"):
        return f"{words} {theme.percent(float(value))}"
    return f"{words} {float(value):,.6g}"


def _tested(
    information: Information, table: str, row: Mapping[str, Any]
) -> tuple[tuple[str, ...] | None, float | None]:
    """Return which lines an opinion could flip, and what knowing it is worth."""
    own = [item for item in information.answers if item.activity == row["activity"]]
    if table == "worths":
        own = [item for item in own if item.name == f"worth {row['objective']}"]
        value = own[0].value if own else None
    else:
        own = [item for item in own if not item.name.startswith("worth ")]
        value = next((item.value for item in information.curves if item.activity == row["activity"]), None)
    if not own:
        return None, None
    return tuple(dict.fromkeys(line for item in own for line in item.flips)), value


def _turns(plan: Allocation) -> dict[str, str]:
    """Return, line by line, by how much its outcomes' worth must change for it to be decided anew."""
    words = {"never": "at no worth tested", "rule": "held by a rule"}
    found = {}
    for reason in plan.reasons:
        flip = reason.flip
        if flip is None:
            continue
        if flip.state == "found" and flip.change is not None:
            found[flip.line] = f"{theme.percent(flip.change)} {'less' if flip.supported else 'more'}"
        elif flip.state in words:
            found[flip.line] = words[flip.state]
    return found
