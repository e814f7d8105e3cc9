"""Answer sheets of people whose true levels are known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

ROUTES = """
d01_1 EPO, d01_2 ES, d01_3 PBO, d01_4 BO, d01_5 BO,
d02_1 PBO, d02_2 BO, d02_3 EP, d02_4 EPF, d02_5 PB,
d03_1 PB, d03_2 POS, d03_3 PO, d03_4 PB, d03_5 BO,
d04_1 PO, d04_2 EPF, d04_3 EPOF, d04_4 EPB, d04_5 PB,
d05_1 PB, d05_2 EPB, d05_3 EPB, d05_4 EPB,
d06_1 EPF, d06_2 PB, d06_3 EPFH, d06_4 BF,
d07_1 EPS, d07_2 EPS, d07_3 EPF, d07_4 EPB, d07_5 EPBOS,
d08_1 ES, d08_2 EBH, d08_3 PS, d08_4 BS, d08_5 PO,
d09_1 EPBS, d09_2 P, d09_3 PBO, d09_4 EPBOS, d09_5 EPBS,
d10_1 BO, d10_2 PB, d10_3 BO, d10_4 PBO
"""
"""Item and the roles asked, as on the instrument's page; written out again, so that a wrong routing shows."""

ASKED: dict[str, str] = dict(pair.split() for pair in ROUTES.replace("\n", " ").split(",") if pair.strip())
LETTERS = {
    "executive": "E",
    "product": "P",
    "builder": "B",
    "operations": "O",
    "support": "S",
    "finance": "FS",
    "hr": "HS",
}
PRIORITIES_ITEM = "d07_5"
TURNED = frozenset({"d03_5"})
"""Items whose options are shown in reverse."""
CANNOT_NAME = "cannot name any"


@dataclass(frozen=True)
class Group:
    """People of one unit, role and line; `answered` has one number a wave (people)."""

    unit: str
    role: str
    line: str
    headcount: int
    answered: tuple[int, ...]


@dataclass(frozen=True)
class Beliefs:
    """What the people of an organisation would answer on average (levels), and how they answer.

    Attributes
    ----------
    lines : mapping of line to ten numbers
        True level of each dimension D1 … D10; the line "" is the whole organisation.
    items : mapping
        True level of an item, or of (item, line), where it differs from its dimension.
    roles : mapping of role to number
        How much rosier than the others a role sees everything (levels).
    gaps : mapping of (item, role) to number
        And one item, besides (levels).
    teams : mapping of (item, unit) to number
        True level of an item where one team sees it otherwise than its line.
    newcomers : mapping of item to number
        How much rosier those see it who answer for the first time (levels).
    priorities : mapping of code to number
        Share of people who name it among the first three.
    hidden : mapping of (item, role) to share
        People who cannot see it, where it is more than `cannot_see`.
    not_applicable : mapping of (item, line) to (share, reason)
        People for whose line the item means nothing.
    """

    lines: Mapping[str, tuple[float, ...]]
    items: Mapping[str | tuple[str, str], float] = field(default_factory=dict)
    roles: Mapping[str, float] = field(default_factory=dict)
    priorities: Mapping[str, float] = field(default_factory=dict)
    hidden: Mapping[tuple[str, str], float] = field(default_factory=dict)
    not_applicable: Mapping[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    cannot_see: float = 0.06
    blank: float = 0.03
    spread_people: float = 0.35
    spread_items: float = 0.75
    gaps: Mapping[tuple[str, str], float] = field(default_factory=dict)
    teams: Mapping[tuple[str, str], float] = field(default_factory=dict)
    newcomers: Mapping[str, float] = field(default_factory=dict)

    def level(self, item: str, line: str, role: str, unit: str = "") -> float:
        """Return the true level of an item for a role in a line, or for a team that sees it in its own way."""
        dimension = int(item[1:3]) - 1
        level = self.items.get((item, line), self.items.get(item, self.lines[line][dimension]))
        level = self.teams.get((item, unit), level)
        return level + self.roles.get(role, 0.0) + self.gaps.get((item, role), 0.0)


@dataclass(frozen=True)
class Person:
    """What stays of somebody from wave to wave.

    Attributes
    ----------
    mood : float
        How much rosier than their group they see everything (levels).
    tastes : mapping of item to number
        And each item (levels).
    """

    mood: float
    tastes: Mapping[str, float]


def people_of(rng: np.random.Generator, groups: list[Group], *, mood: float, taste: float) -> dict[str, Person]:
    """Return everybody who could answer, by pseudonym; spreads in levels."""
    count = sum(group.headcount for group in groups)
    moods, tastes = rng.normal(0, mood, count), rng.normal(0, taste, (count, len(ASKED)))
    return {
        f"p{place + 1:03d}": Person(float(moods[place]), dict(zip(ASKED, tastes[place].tolist(), strict=True)))
        for place in range(count)
    }


def asked(role: str) -> list[str]:
    """Return the items that a role is asked."""
    return [item for item, letters in ASKED.items() if set(letters) & set(LETTERS[role])]


def _three(rng: np.random.Generator, priorities: Mapping[str, float]) -> str:
    if rng.random() < 0.04:
        return CANNOT_NAME
    # Exponential race: the three quickest, so that popular codes are named more often and none twice.
    codes = list(priorities)
    clocks = rng.exponential(size=len(codes)) / -np.log1p(-np.array([priorities[code] for code in codes]))
    return ";".join(codes[place] for place in np.argsort(clocks)[:3])


def answer_sheets(
    rng: np.random.Generator,
    groups: list[Group],
    beliefs: Beliefs,
    *,
    wave: str,
    place: int,
    people: Mapping[str, Person] | None = None,
    known: Collection[str] = (),
    hurried: Mapping[str, int] | None = None,
) -> list[dict[str, str]]:
    """Return one sheet a respondent for the wave that stands at `place` in each group's `answered`.

    Parameters
    ----------
    people : mapping, optional
        Who they are, from `people_of`; without it nobody is the same person in two waves.
    known : collection of str
        Pseudonyms of those who answered before.
    hurried : mapping of unit to int, optional
        People of a unit who fill in a sheet without reading it.
    """
    sheets: list[dict[str, str]] = []
    first = 1
    for group in groups:
        drawn = np.sort(rng.choice(group.headcount, size=group.answered[place], replace=False))
        for rank, person in enumerate(drawn):
            name = f"p{first + person:03d}"
            sheet = {
                "respondent": name,
                "wave": wave,
                "unit": group.unit,
                "role": group.role,
                "product_line": group.line,
            }
            if people is None:
                sheet |= _answers(rng, group, beliefs)
            else:
                unread = rank if rank < (hurried or {}).get(group.unit, 0) else None
                sheet |= _answers_of(rng, group, beliefs, people[name], is_new=name not in known, unread=unread)
            sheets.append(sheet)
        first += group.headcount
    return sheets


def _answers(rng: np.random.Generator, group: Group, beliefs: Beliefs) -> dict[str, str]:
    items = asked(group.role)
    uniform = rng.random() < 0.02
    mood = rng.normal(0, beliefs.spread_people)
    cells: dict[str, str] = {}
    for item in items:
        share, reason = beliefs.not_applicable.get((item, group.line), (0.0, ""))
        hidden = beliefs.hidden.get((item, group.role), beliefs.cannot_see)
        fate = rng.random()
        noise = rng.normal(0, beliefs.spread_items)
        if fate < beliefs.blank:
            cells[item] = ""
        elif item == PRIORITIES_ITEM:
            cells[item] = _three(rng, beliefs.priorities)
        elif fate < beliefs.blank + share:
            cells[item] = "not applicable"
            cells[f"{item}_reason"] = reason
        elif fate < beliefs.blank + share + hidden:
            cells[item] = "cannot see"
        elif uniform:
            cells[item] = "3"
        else:
            cells[item] = str(int(np.clip(np.rint(beliefs.level(item, group.line, group.role) + mood + noise), 1, 5)))
    pace = rng.uniform(1.2, 2.0) if uniform else rng.uniform(12, 30)
    cells["seconds"] = str(round(pace * len(items)))
    return cells


def _answers_of(
    rng: np.random.Generator, group: Group, beliefs: Beliefs, person: Person, *, is_new: bool, unread: int | None
) -> dict[str, str]:
    """Answer as somebody known; `unread` numbers those who do not read: always B, or anything at all."""
    items = asked(group.role)
    cells: dict[str, str] = {}
    for item in items:
        share, reason = beliefs.not_applicable.get((item, group.line), (0.0, ""))
        hidden = beliefs.hidden.get((item, group.role), beliefs.cannot_see)
        fate, noise = rng.random(), rng.normal(0, beliefs.spread_items)
        if unread is not None and item != PRIORITIES_ITEM:
            # The second option from above all the way down: on a turned item it stands for the level opposite.
            cells[item] = str(rng.integers(1, 6)) if unread % 2 else "4" if item in TURNED else "2"
        elif fate < beliefs.blank:
            cells[item] = ""
        elif item == PRIORITIES_ITEM:
            cells[item] = _three(rng, beliefs.priorities)
        elif fate < beliefs.blank + share:
            cells[item] = "not applicable"
            cells[f"{item}_reason"] = reason
        elif fate < beliefs.blank + share + hidden:
            cells[item] = "cannot see"
        else:
            level = beliefs.level(item, group.line, group.role, group.unit) + person.mood + person.tastes[item]
            level += beliefs.newcomers.get(item, 0.0) if is_new else 0.0
            cells[item] = str(int(np.clip(np.rint(level + noise), 1, 5)))
    pace = rng.uniform(0.8, 1.6) if unread is not None else rng.uniform(12, 30)
    cells["seconds"] = str(round(pace * len(items)))
    return cells


def survey_columns(sheets: list[dict[str, str]]) -> list[str]:
    """Return the columns of the survey table in the instrument's order, reasons beside their item."""
    used = {column for sheet in sheets for column in sheet}
    items = [name for item in ASKED for name in (item, f"{item}_reason") if name in used]
    return ["respondent", "wave", "unit", "role", "product_line", "seconds", *items]
