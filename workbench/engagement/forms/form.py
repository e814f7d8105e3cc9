"""One form a role: what is asked, in reading order, with the labels that the importer reads back.

Routing makes short forms: a role sees its own items, and those of the role it counts as. Before them stand the role,
the product line and, where the register knows them, the team; nothing else is asked about a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables
    from workbench.readiness.instrument import Instrument, Item

SECONDS_PER_ITEM = 20
"""Time that people take for a question (ours; 36 questions in 12 minutes)."""

ROLE, LINE, UNIT, REMARK = "role", "product_line", "unit", "remark"
CHOICE, TEXT = "choice", "text"
WHOLE = "The whole organisation"
"""The answer for people who answer for no single product line; the importer knows it."""

ABOUT = "About your work"


@dataclass(frozen=True)
class Question:
    """One question of a form.

    Attributes
    ----------
    id : str
        The item, or ``role``, ``product_line``, ``unit``, ``remark``.
    text, help : str
        What is asked; what else to know.
    kind : str
        ``choice`` (one of `options`) or ``text``.
    options : tuple of str
        Labels, as they are shown.
    is_needed : bool
        Whether the form insists on an answer; never for an item.
    reason_at : int or None
        Place of the option that asks for a reason, from 0.
    """

    id: str
    text: str
    help: str = ""
    kind: str = CHOICE
    options: tuple[str, ...] = ()
    is_needed: bool = False
    reason_at: int | None = None


@dataclass(frozen=True)
class Section:
    """A page of a form."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Form:
    """What one role is asked.

    Attributes
    ----------
    role, role_name, title : str
    intro : tuple of str
        Paragraphs of the first page.
    sections : tuple of Section
        In reading order.
    """

    role: str
    role_name: str
    title: str
    intro: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All of them, in reading order."""
        return tuple(question for section in self.sections for question in section.questions)

    @property
    def items(self) -> tuple[Question, ...]:
        """Those that are items of the instrument."""
        return tuple(held for held in self.questions if held.id not in (ROLE, LINE, UNIT, REMARK))

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return max(1, math.ceil(len(self.items) * SECONDS_PER_ITEM / 60))


def build_forms(tables: Tables, instrument: Instrument) -> tuple[Form, ...]:
    """Return a form for each role of the instrument that is asked anything and that the population knows.

    Parameters
    ----------
    tables : Tables
        The register of lines and, where there is one, the population.
    instrument : Instrument

    Raises
    ------
    ModelError
        Two lines bear one name, so that nobody could tell their answers apart; or no role is left.
    """
    from workbench.readiness.instrument import routed

    lines = _lines(tables)
    units = _units(tables)
    forms = tuple(
        _form(instrument, role.id, role.name, lines, units.get(role.id, ()))
        for role in instrument.roles
        if routed(instrument, role.id) and (not units or role.id in units)
    )
    if not forms:
        raise ModelError("No role of the instrument stands in population, so there is nobody to ask.")
    return forms


def _lines(tables: Tables) -> tuple[str, ...]:
    names = [" ".join(str(name).split()) for name in tables["lines"]["name"]] if "lines" in tables else []
    known = {WHOLE.casefold()}
    for name in names:
        if name.casefold() in known:
            raise ModelError(f"Two answers would read {name!r}, and nobody could tell the lines apart. Rename one.")
        known.add(name.casefold())
    return tuple(names)


def _units(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Return the teams of each role that the population knows; empty where there is no population."""
    if "population" not in tables or tables["population"].empty:
        return {}
    held: dict[str, list[str]] = {}
    population = tables["population"]
    for role, unit in zip(population["role"], population["unit"], strict=True):
        found = held.setdefault(str(role), [])
        name = "" if unit is None or unit != unit else " ".join(str(unit).split())
        if name and name not in found:
            found.append(name)
    return {role: tuple(names) for role, names in held.items()}


def _form(instrument: Instrument, role: str, name: str, lines: tuple[str, ...], units: tuple[str, ...]) -> Form:
    from workbench.readiness.instrument import routed

    asked = [instrument.item(item) for item in routed(instrument, role)]
    about = [Question(ROLE, "My role", f"This form is for: {name}.", options=(name,), is_needed=True)]
    if lines:
        about.append(Question(LINE, "The product line I answer for", "", options=(*lines, WHOLE), is_needed=True))
    if len(units) > 1:
        about.append(Question(UNIT, "My team or department", "", options=units))
    sections = [Section(ABOUT, tuple(about))]
    for group in instrument.groups:
        questions = tuple(_question(instrument, item) for item in asked if item.group == group.id)
        if questions:
            sections.append(Section(group.name, questions))
    remark = Question(
        REMARK,
        "Where you chose “does not apply”: for which question, and why?",
        "Please write no names.",
        kind=TEXT,
    )
    sections.append(Section("Last page", (remark,)))
    form = Form(role, name, f"{instrument.title} – {name}", (), tuple(sections))
    return Form(form.role, form.role_name, form.title, _intro(instrument, form), form.sections)


def _minutes(form: Form) -> str:
    return "1 minute" if form.minutes == 1 else f"{form.minutes} minutes"


def _intro(instrument: Instrument, form: Form) -> tuple[str, ...]:
    has_between = any("{text}" in option.label for held in instrument.answer_sets for option in held.options)
    between = " Where your answer lies between two texts, take the letter between them." if has_between else ""
    return (
        f"{len(form.items)} questions, about {_minutes(form)}. They ask how work went the last time, not how it "
        "should be.",
        f"Answer for the product line you choose, from what you have seen yourself.{between} “I cannot see this” is a "
        "full answer, and better than a guess. You may leave any question out.",
        "Your answers are used under a key instead of your name, and nothing is shown about a small group. The privacy "
        "note that came with the invitation says the rest.",
    )


def _question(instrument: Instrument, item: Item) -> Question:
    from workbench.readiness.instrument import options

    shown = options(instrument, item)
    labels = tuple(option.label for option in shown)
    if item.kind == "open":
        other = " or ".join(f"“{label}”" for label in labels)
        told = f"Up to {item.names}, separated by semicolons" + (f"; or write {other}." if other else ".")
        return Question(item.id, item.statement, told, kind=TEXT)
    told = ""
    if item.criteria:
        told = "An answer above the first counts only if all of this holds: " + " ".join(
            f"({number}) {text.rstrip('.')}." for number, text in enumerate(item.criteria, start=1)
        )
    reason = next((place for place, option in enumerate(shown) if option.meaning == "not applicable"), None)
    return Question(item.id, item.statement, told, options=labels, reason_at=reason)
