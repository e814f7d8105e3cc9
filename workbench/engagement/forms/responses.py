"""While answers come in: how many of each group have answered, and how many more a verdict needs.

Who has answered and who has not is nobody's business either: counts are told in steps of the minimum group, rounded
down, so that neither the difference of two counts nor yesterday's list tells who came in between. What is still needed
is computed from the counts as told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables
    from workbench.readiness.inputs import Settings
    from workbench.readiness.instrument import Instrument


NO_LINE = "no single line"


@dataclass(frozen=True)
class GroupResponse:
    """How many of a group have answered, as it may be told.

    Attributes
    ----------
    line, role : str
        Names; `role` is empty for the line as a whole, `line` for people of no single line.
    asked : int or None
        None where nobody knows. Unit: people.
    answered : str
        In words: ``fewer than 5``, ``15 or more``; the number itself in an openly named assessment.
    needed : int or None
        For a line: how many answers, at least, are planned for a verdict. Unit: people.
    more : int or None
        For a line: how many of them are still to come, at most. Unit: people.
    """

    line: str
    role: str
    asked: int | None
    answered: str
    needed: int | None = None
    more: int | None = None


@dataclass(frozen=True)
class Responses:
    """The response of the latest wave: who was counted, in steps of how many."""

    wave: str
    step: int
    groups: tuple[GroupResponse, ...]


def response_lines(tables: Tables) -> list[str]:
    """Return the response of the latest wave as lines to print.

    Parameters
    ----------
    tables : Tables
        Checked.
    """
    from workbench.engagement.inputs_readiness import read_instrument, readiness_settings

    settings = readiness_settings(tables)
    found = count_responses(tables, read_instrument(tables), settings)
    lines = [f"Wave {found.wave}: how many have answered."]
    if found.step > 1:
        lines.append(f"Counts are told in steps of {found.step} people, rounded down, so that nobody is found by them.")
    width = max(len(group.role) + 2 if group.role else len(group.line or NO_LINE) for group in found.groups)
    for group in found.groups:
        if not group.role:
            lines.append("")
        asked = "" if group.asked is None else f" of {group.asked}"
        named = f"  {group.role}" if group.role else group.line or NO_LINE
        lines.append(f"{named:{width}}  {group.answered}{asked}{_still(group)}")
    if any(group.needed is not None for group in found.groups):
        lines += [
            "",
            "Enough if each gate lies at least a tenth of the scale from its limit; closer ones need more.",
            "Small groups may still be hidden in the report.",
        ]
    else:
        lines += ["", "How many a verdict needs cannot be said without population (who was asked)."]
    return lines


def _still(group: GroupResponse) -> str:
    if group.needed is None:
        return ""
    if not group.more:
        return "   enough to judge, as planned"
    return f"   up to {group.more} more to judge"


def count_responses(tables: Tables, instrument: Instrument, settings: Settings) -> Responses:
    """Return how many of each line and role have answered in the latest wave.

    Parameters
    ----------
    tables : Tables
        Checked.
    instrument : Instrument
    settings : Settings

    Raises
    ------
    ModelError
        There is no wave, or nobody has answered yet.
    """
    if "waves" not in tables or "survey" not in tables or tables["survey"].empty:
        raise ModelError("Nobody has answered yet: the sheet survey is empty. Import an export first.")
    waves = tables["waves"].sort_values("date")["wave"]
    survey = tables["survey"]
    asked_waves = set(survey["wave"])
    wave = next((str(one) for one in reversed(list(waves)) if one in asked_waves), "")
    sheets = survey.loc[survey["wave"] == wave]
    answered = _cells(sheets["role"], sheets["product_line"], sheets["respondent"], instrument)
    population = tables.get("population")
    asked: dict[tuple[str, str], int] | None = None
    if population is not None and not population.empty:
        asked = {}
        for role, line, count in zip(
            population["role"], population["product_line"], population["headcount"], strict=True
        ):
            key = (_text(line), instrument.role(role).shown_as)
            asked[key] = asked.get(key, 0) + int(count)
    groups: list[GroupResponse] = []
    lines = [
        (str(key), str(name))
        for key, name in zip(tables["lines"]["product_line"], tables["lines"]["name"], strict=True)
    ]
    for line, name in [*lines, ("", "")]:
        groups += _line(instrument, settings, line, name, answered, asked)
    return Responses(wave, settings.minimum_group, tuple(groups))


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _cells(
    roles: Iterable[str], lines: Iterable[object], people: Iterable[str], instrument: Instrument
) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for role, line, person in zip(roles, lines, people, strict=True):
        found.setdefault((_text(line), instrument.role(role).shown_as), set()).add(person)
    return found


def _line(
    instrument: Instrument,
    settings: Settings,
    line: str,
    name: str,
    answered: dict[tuple[str, str], set[str]],
    asked: dict[tuple[str, str], int] | None,
) -> list[GroupResponse]:
    """Return a line and its roles; nothing for people of no line where there are none."""
    roles = [role for role in instrument.shown_roles if (line, role.id) in answered or (line, role.id) in (asked or {})]
    if not roles:
        return []
    step = settings.minimum_group
    people = set().union(*(answered.get((line, role.id), set()) for role in roles))
    total = None if asked is None else sum(asked.get((line, role.id), 0) for role in roles)
    needed, more = (None, None) if not line else _needed(instrument, settings, line, answered, asked)
    rows = [GroupResponse(name, "", total, words(len(people), step), needed, more)]
    for role in roles:
        count = len(answered.get((line, role.id), set()))
        rows.append(
            GroupResponse(name, role.name, None if asked is None else asked.get((line, role.id), 0), words(count, step))
        )
    return rows


def _needed(
    instrument: Instrument,
    settings: Settings,
    line: str,
    answered: dict[tuple[str, str], set[str]],
    asked: dict[tuple[str, str], int] | None,
) -> tuple[int | None, int | None]:
    """Return the answers that a line's hardest gate needs, and how many of them are still to come."""
    from workbench.readiness.sample_size import planned_answers

    if asked is None:
        return None, None
    gates = instrument.gates or instrument.dimensions
    looks = sum(gate.gate == "structure" for gate in gates) or 1
    worst: tuple[int, int] = (0, 0)
    for gate in gates:
        roles = {role for item in instrument.items_below(gate.id) for role in item.roles}
        shown = {instrument.role(role).shown_as for role in roles}
        keys = [(held, role) for held in (line, "") for role in shown]
        people = sum(asked.get(key, 0) for key in keys)
        if not people:
            continue
        count = len(set().union(*(answered.get(key, set()) for key in keys)))
        wanted = planned_answers(people, instrument.scale, sure=settings.sure, looks=looks)
        told = count // settings.minimum_group * settings.minimum_group
        worst = max(worst, (max(0, wanted - told), wanted))
    return (worst[1], worst[0]) if worst[1] else (None, None)


def words(count: int, step: int) -> str:
    """Return a count of people as it may be told.

    Examples
    --------
    >>> words(3, 5), words(5, 5), words(17, 5), words(17, 1)
    ('fewer than 5', '5 or more', '15 or more', '17')
    """
    if step == 1:
        return str(count)
    return f"fewer than {step}" if count < step else f"{count // step * step} or more"
