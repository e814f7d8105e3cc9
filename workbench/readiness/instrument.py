"""The questionnaire as data: a scale, sets of answers, a tree of groups, and the items with who is asked what.

Only the instrument's file knows how many levels and dimensions there are. Answers may carry any weights, groups may
nest and be made of their parts in any of `AGGREGATIONS`; an instrument without gates gives no verdict. How a file
becomes an instrument, and what is wrong with one: `workbench.readiness.instrument_file`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.errors import ModelError, nearest

GATES = ("structure", "alignment", "layer")
"""Kinds of gate, in the order in which a verdict asks for them."""

AGGREGATIONS = ("mean", "sum", "smallest", "attained")
"""How a group is made of its parts (its own items, then the groups below it, each in the file's order).

``attained`` is the highest level that is met together with all lower ones: the parts stand, in order, for the scale's
values above its lowest, and a part is met from `Group.met` on. Part two without part one is worth nothing.
"""

MEANINGS = ("level", "cannot see", "not applicable")
EFFORTS = (1, 2, 4)
"""Low, medium and high effort, as weights (ours)."""


@dataclass(frozen=True)
class Scale:
    """The values that levels stand on.

    Attributes
    ----------
    values : tuple of float
        Ascending. Unit: level.
    labels : tuple of str
        What each value means.
    """

    values: tuple[float, ...]
    labels: tuple[str, ...]

    @property
    def lowest(self) -> float:
        """Where the scale begins."""
        return min(self.values)

    @property
    def highest(self) -> float:
        """Where the scale ends."""
        return max(self.values)

    @property
    def span(self) -> str:
        """From where to where it goes, in words."""
        return f"{self.lowest:g} to {self.highest:g}"


@dataclass(frozen=True)
class Option:
    """One answer that can be given.

    Attributes
    ----------
    value : str
        What is stored.
    label : str
        What is shown.
    weight : float or None
        Level it stands for; None unless its meaning is ``level``.
    meaning : str
        ``level``, ``cannot see`` or ``not applicable``.
    """

    value: str
    label: str
    weight: float | None
    meaning: str


@dataclass(frozen=True)
class AnswerSet:
    """The answers that an item offers, in the order in which they are shown.

    Attributes
    ----------
    id : str
    options : tuple of Option
    blank : float or None
        What the model's own tool makes of a missing answer, such as 0. Shown beside our score, which never uses it: a
        missing answer is not a low one. Unit: level.
    """

    id: str
    options: tuple[Option, ...]
    blank: float | None = None

    def find(self, text: str) -> Option | None:
        """Return the option that a stored cell names, or None; case, blanks and ``3.0`` for ``3`` do not matter."""
        wanted = _normal_answer(text)
        return next((option for option in self.options if _normal_answer(option.value) == wanted), None)


@dataclass(frozen=True)
class Role:
    """A role of respondents; `counts_as` names the role whose items it gets too, and with which it is shown."""

    id: str
    name: str
    counts_as: str = ""

    @property
    def shown_as(self) -> str:
        """The role under which its answers are cut."""
        return self.counts_as or self.id


@dataclass(frozen=True)
class RoleCut:
    """Roles that are looked at together."""

    id: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A node of the tree, such as a dimension.

    Attributes
    ----------
    id, parent, name : str
        `parent` is empty at the top.
    gate : str
        ``structure``, ``alignment``, ``layer``, or empty.
    aggregation : str
        How it is made of its parts; one of `AGGREGATIONS`.
    items : tuple of str
        Ids of its own items.
    met : float or None
        For ``attained``: the level from which a part counts as met; None means its highest. Unit: level of the part.
    is_dimension : bool
        Whether tables and charts show it; where no group says so, those with items of their own are shown.
    """

    id: str
    parent: str
    name: str
    gate: str
    aggregation: str
    items: tuple[str, ...]
    met: float | None = None
    is_dimension: bool = False


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes
    ----------
    id, printed, title : str
        ``d01_1`` in tables, ``1.1`` in print, and a short name.
    group, answer_set : str
        Where it belongs, and what can be answered.
    statement : str
        What is asked; makes sense alone.
    anchors : tuple of (float, str)
        Level and the text that describes it.
    evidence : str
        What an assessor would look for.
    roles, claims : tuple of str
        Who is asked; which claims it bears on.
    kind : str
        ``scale``, or ``open``: codes of what was named, scored by how far people name the same.
    names : int
        How many things an open item asks for.
    scope : str
        ``line``, or ``organisation``: everybody's answers are pooled and enter every line.
    turned : bool
        Its levels are shown from the highest down; stored levels always point the same way.
    needs : tuple of str
        Items that should stand first.
    effort : int
        1 low, 2 medium, 4 high.
    criteria : tuple of str
        What must hold, all of it, for an answer above the lowest to count.
    """

    id: str
    printed: str
    title: str
    group: str
    answer_set: str
    statement: str
    anchors: tuple[tuple[float, str], ...]
    evidence: str
    roles: tuple[str, ...]
    claims: tuple[str, ...]
    kind: str = "scale"
    names: int = 0
    scope: str = "line"
    turned: bool = False
    needs: tuple[str, ...] = ()
    effort: int = 2
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublicRange:
    """What somebody published that comes nearest to a question: never a target, and never the same measure.

    Attributes
    ----------
    item : str
        The question.
    found, differs, source : str
        What was found; what was measured otherwise; who published it, where and when.
    """

    item: str
    found: str
    differs: str
    source: str


@dataclass(frozen=True)
class GateLevels:
    """Levels that gates are compared with: `moving` for structure, `standing` for all, `later` as a target."""

    moving: float
    standing: float
    later: float


@dataclass(frozen=True)
class Instrument:
    """A questionnaire, checked; build one with `build_instrument`.

    `source` says whose model it is and under which terms; empty for the firm's own.
    """

    name: str
    version: str
    language: str
    title: str
    scale: Scale
    gate_levels: GateLevels | None
    roles: tuple[Role, ...]
    cuts: tuple[RoleCut, ...]
    answer_sets: tuple[AnswerSet, ...]
    claims: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    source: str = ""
    public_ranges: tuple[PublicRange, ...] = ()
    _places: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {
            "role": {role.id: role for role in self.roles},
            "group": {group.id: group for group in self.groups},
            "item": {item.id: item for item in self.items},
            "answer_set": {held.id: held for held in self.answer_sets},
            "bounds": {},
        }
        object.__setattr__(self, "_places", places)

    def item(self, name: str) -> Item:
        """Return an item by its id."""
        return self._places["item"][name]

    def group(self, name: str) -> Group:
        """Return a group by its id."""
        return self._places["group"][name]

    def role(self, name: str) -> Role:
        """Return a role by its id."""
        return self._places["role"][name]

    def answers(self, item: Item) -> AnswerSet:
        """Return the set of answers that an item offers."""
        return self._places["answer_set"][item.answer_set]

    @property
    def dimensions(self) -> tuple[Group, ...]:
        """Groups that tables and charts show, in order: those the file names, else those with items of their own."""
        named = tuple(group for group in self.groups if group.is_dimension)
        return named or tuple(group for group in self.groups if group.items)

    def dimension_of(self, item: Item) -> Group:
        """Return the dimension that an item counts in: the nearest group above it that is shown, else its own."""
        shown, group = {held.id for held in self.dimensions}, self.group(item.group)
        while group.id not in shown and group.parent:
            group = self.group(group.parent)
        return group if group.id in shown else self.group(item.group)

    @property
    def gates(self) -> tuple[Group, ...]:
        """Groups that a verdict asks for, structure first."""
        return tuple(group for kind in GATES for group in self.groups if group.gate == kind)

    @property
    def shown_roles(self) -> tuple[Role, ...]:
        """Roles that are cut by themselves."""
        return tuple(role for role in self.roles if not role.counts_as)

    def items_below(self, group: str) -> tuple[Item, ...]:
        """Return the items of a group and of all groups below it."""
        below = [group]
        for held in self.groups:
            if held.parent in below:
                below.append(held.id)
        return tuple(item for item in self.items if item.group in below)

    def span(self, item: Item) -> tuple[float, float]:
        """Return the lowest and the highest level an answer to this item can stand for."""
        if item.kind == "open":
            return self.scale.lowest, self.scale.highest
        weights = [option.weight for option in self.answers(item).options if option.weight is not None]
        return min(weights), max(weights)

    def on_group(self, level: float, item: str, group: str) -> float:
        """Return how high a level of an item stands on the range of a group: 0.5 of 0 to 1 is 1.5 of 0 to 3."""
        return on_range(level, self.bounds(item), self.bounds(group))

    def parts(self, group: Group) -> tuple[str, ...]:
        """Return the ids of what a group is made of: its own items, then the groups below it."""
        return (*group.items, *(held.id for held in self.groups if held.parent == group.id))

    def bounds(self, name: str) -> tuple[float, float]:
        """Return the lowest and the highest level that an item or a group can have.

        They need not be the scale's ends: a sum reaches further than its parts, and answers may weigh 0 to 1 where
        groups run from 0 to 3.
        """
        known = self._places["bounds"]
        if name not in known:
            known[name] = self.span(self.item(name)) if name in self._places["item"] else self._bounds_of_group(name)
        return known[name]

    def _bounds_of_group(self, name: str) -> tuple[float, float]:
        group = self.group(name)
        held = [self.bounds(part) for part in self.parts(group)]
        if not held:
            return self.scale.lowest, self.scale.highest
        lows, highs = [low for low, _ in held], [high for _, high in held]
        if group.aggregation == "sum":
            return sum(lows), sum(highs)
        if group.aggregation == "smallest":
            return min(lows), min(highs)
        if group.aggregation == "attained":
            return self.scale.lowest, self.scale.values[min(len(held), len(self.scale.values) - 1)]
        return sum(lows) / len(lows), sum(highs) / len(highs)


def routed(instrument: Instrument, role: str) -> tuple[str, ...]:
    """Return the ids of the items that a role is asked, in order.

    Parameters
    ----------
    instrument : Instrument
    role : str
        A role that counts as another one gets that one's items besides its own.

    Raises
    ------
    ModelError
        The instrument knows no such role.
    """
    known = {held.id: held for held in instrument.roles}
    if role not in known:
        raise ModelError(f"The instrument knows no role {role!r}; it knows {', '.join(known)}. {nearest(role, known)}")
    wanted = {role, known[role].shown_as}
    return tuple(item.id for item in instrument.items if wanted & set(item.roles))


def options(instrument: Instrument, item: Item) -> tuple[Option, ...]:
    """Return what an item offers, as it is shown: labels led by letters, turned items from the highest level down.

    Parameters
    ----------
    instrument : Instrument
    item : Item
        One of its items.

    Examples
    --------
    An item that is turned keeps the letters and turns the levels, so that the first option is not always the worst.
    """
    held = instrument.answers(item).options
    levels = [option for option in held if option.meaning == "level"]
    rest = tuple(option for option in held if option.meaning != "level")
    standing = list(reversed(levels)) if item.turned else levels
    texts = dict(item.anchors)
    # Labels with {text} belong to a place ("B between A and C"); plain ones ("No") belong to their level.
    is_by_place = any("{text}" in option.label for option in levels)
    shown = []
    for place, option in zip(levels if is_by_place else standing, standing, strict=True):
        text = texts.get(option.weight, "") if option.weight is not None else ""
        shown.append(replace(option, label=place.label.replace("{text}", text).strip()))
    return (*shown, *rest)


def _normal_answer(text: str) -> str:
    folded = " ".join(str(text).split()).casefold()
    return folded[:-2] if re.fullmatch(r"-?\d+\.0", folded) else folded


def on_range(level: float, within: tuple[float, float], own: tuple[float, float]) -> float:
    """Return the level as far up one range as it is up another.

    Parameters
    ----------
    level : float
    within : (float, float)
        The range that it stands on.
    own : (float, float)
        The range that it is wanted on.

    Examples
    --------
    >>> on_range(0.5, (0, 1), (0, 3)), on_range(2.0, (1, 5), (1, 5))
    (1.5, 2.0)
    """
    if within == own:
        return level
    return own[0] + (own[1] - own[0]) * (level - within[0]) / (within[1] - within[0])
