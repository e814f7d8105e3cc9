"""The questionnaire as data: a scale, sets of answers, a tree of groups, and the items with who is asked what.

Only the instrument's file knows how many levels and dimensions there are. Answers may carry any weights, groups may
nest and be combined by mean, sum or the smallest of their parts; an instrument without gates gives no verdict.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.errors import ModelError, nearest

GATES = ("structure", "alignment", "layer")
"""Kinds of gate, in the order in which a verdict asks for them."""

AGGREGATIONS = ("mean", "sum", "smallest")
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
    """The answers that an item offers, in the order in which they are shown."""

    id: str
    options: tuple[Option, ...]

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
        ``mean``, ``sum`` or ``smallest`` of its items and of the groups below it.
    items : tuple of str
        Ids of its own items.
    """

    id: str
    parent: str
    name: str
    gate: str
    aggregation: str
    items: tuple[str, ...]


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


@dataclass(frozen=True)
class GateLevels:
    """Levels that gates are compared with: `moving` for structure, `standing` for all, `later` as a target."""

    moving: float
    standing: float
    later: float


@dataclass(frozen=True)
class Instrument:
    """A questionnaire, checked; build one with `build_instrument`."""

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
    _places: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {
            "role": {role.id: role for role in self.roles},
            "group": {group.id: group for group in self.groups},
            "item": {item.id: item for item in self.items},
            "answer_set": {held.id: held for held in self.answer_sets},
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
        """Groups that hold items of their own, in order."""
        return tuple(group for group in self.groups if group.items)

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
    shown = []
    for place, option in zip(levels, standing, strict=True):
        text = texts.get(option.weight, "") if option.weight is not None else ""
        shown.append(replace(option, label=place.label.replace("{text}", text).strip()))
    return (*shown, *rest)


def build_instrument(document: Mapping[str, Any]) -> Instrument:
    """Return the instrument that a document (the parsed YAML file) describes.

    Parameters
    ----------
    document : mapping
        name, version, language, title, scale, gates, roles, cuts, answer_sets, claims, groups, items.

    Raises
    ------
    ModelError
        Everything that does not hold together, in one message: unknown names, texts that occur twice, a cycle of
        needs (printed).
    """
    try:
        built = _build(document)
    except (KeyError, TypeError, AttributeError) as cause:
        raise ModelError(f"The instrument's file lacks a part or has it in another form: {cause}.") from cause
    faults = _faults(built)
    if faults:
        raise ModelError("The instrument does not hold together. " + " ".join(faults))
    return built


def _build(document: Mapping[str, Any]) -> Instrument:
    scale = document["scale"]
    values = tuple(float(value) for value in scale["values"])
    labels = {float(value): str(text) for value, text in (scale.get("labels") or {}).items()}
    gates = document.get("gates")
    sets = tuple(
        AnswerSet(
            held["id"],
            tuple(
                Option(
                    str(option["value"]),
                    str(option["label"]),
                    None if option.get("weight") is None else float(option["weight"]),
                    option.get("meaning", "level"),
                )
                for option in held["options"]
            ),
        )
        for held in document["answer_sets"]
    )
    items = tuple(_item(held, sets[0].id) for held in document["items"])
    groups = tuple(
        Group(
            held["id"],
            held.get("parent") or "",
            held["name"],
            "" if held.get("gate") in (None, "none") else held["gate"],
            held.get("aggregation", "mean"),
            tuple(item.id for item in items if item.group == held["id"]),
        )
        for held in document["groups"]
    )
    return Instrument(
        name=document["name"],
        version=str(document["version"]),
        language=document.get("language", "en"),
        title=document.get("title", document["name"]),
        scale=Scale(values, tuple(labels.get(value, "") for value in values)),
        gate_levels=None
        if not gates
        else GateLevels(*(float(gates[name]) for name in ("moving", "standing", "later"))),
        roles=tuple(Role(held["id"], held["name"], held.get("counts_as") or "") for held in document["roles"]),
        cuts=tuple(RoleCut(held["id"], held["name"], tuple(held["roles"])) for held in document.get("cuts") or ()),
        answer_sets=sets,
        claims=tuple((str(name), str(text)) for name, text in (document.get("claims") or {}).items()),
        groups=groups,
        items=items,
    )


def _item(held: Mapping[str, Any], usual_answers: str) -> Item:
    anchors = tuple((float(level), str(text)) for level, text in (held.get("anchors") or {}).items())
    return Item(
        id=held["id"],
        printed=str(held.get("printed", held["id"])),
        title=held.get("title", held["statement"]),
        group=held["group"],
        answer_set=held.get("answers", usual_answers),
        statement=held["statement"],
        anchors=anchors,
        evidence=held.get("evidence", ""),
        roles=tuple(held["roles"]),
        claims=tuple(held.get("claims") or ()),
        kind=held.get("kind", "scale"),
        names=int(held.get("names", 0)),
        scope=held.get("scope", "line"),
        turned=bool(held.get("turned", False)),
        needs=tuple(held.get("needs") or ()),
        effort=int(held.get("effort", 2)),
    )


def _faults(built: Instrument) -> list[str]:
    roles = {role.id for role in built.roles}
    groups = {group.id for group in built.groups}
    items = {item.id for item in built.items}
    claims = {name for name, _ in built.claims}
    sets = {held.id for held in built.answer_sets}
    faults = _twice("item", [item.id for item in built.items])
    faults += _twice("statement", [_normal_statement(item.statement) for item in built.items])
    faults += _twice("group", [group.id for group in built.groups])
    if list(built.scale.values) != sorted(set(built.scale.values)) or len(built.scale.values) < 2:
        faults.append("The scale's values must ascend.")
    for role in built.roles:
        faults += _unknown(f"Role {role.id} counts as", [role.counts_as] if role.counts_as else [], roles)
    for cut in built.cuts:
        faults += _unknown(f"Cut {cut.id} has roles", cut.roles, roles)
    for group in built.groups:
        faults += _unknown(f"Group {group.id} lies below", [group.parent] if group.parent else [], groups)
        faults += _unknown(f"Group {group.id} is a gate of", [group.gate] if group.gate else [], set(GATES))
        faults += _unknown(f"Group {group.id} is made by", [group.aggregation], set(AGGREGATIONS))
    if built.gates and built.gate_levels is None:
        faults.append("There are gates, but no levels to compare them with (gates: moving, standing, later).")
    for held in built.answer_sets:
        faults += _unknown(f"Answers {held.id} mean", [option.meaning for option in held.options], set(MEANINGS))
        if any((option.meaning == "level") != (option.weight is not None) for option in held.options):
            faults.append(f"Answers {held.id}: those that mean a level, and only those, carry a weight.")
    for item in built.items:
        faults += _unknown(f"Item {item.id} belongs to", [item.group], groups)
        faults += _unknown(f"Item {item.id} offers", [item.answer_set], sets)
        faults += _unknown(f"Item {item.id} is asked of", item.roles, roles)
        faults += _unknown(f"Item {item.id} bears on", item.claims, claims)
        faults += _unknown(f"Item {item.id} needs", item.needs, items)
        faults += _unknown(f"Item {item.id} is", [item.kind], {"scale", "open"})
        faults += _unknown(f"Item {item.id} speaks of", [item.scope], {"line", "organisation"})
        if item.effort not in EFFORTS:
            faults.append(f"Item {item.id}: an effort is 1, 2 or 4; got {item.effort}.")
        if item.kind == "open" and item.names < 1:
            faults.append(f"Item {item.id}: an open item says how many names it asks for.")
    cycle = find_cycle({item.id: item.needs for item in built.items})
    if cycle:
        faults.append(f"Items wait for each other in a circle: {' needs '.join(cycle)}.")
    if find_cycle({group.id: (group.parent,) if group.parent else () for group in built.groups}):
        faults.append("Groups lie below each other in a circle.")
    return faults


def find_cycle(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return names that wait for each other in a circle, the first again at the end; empty where there is none.

    Examples
    --------
    >>> find_cycle({"a": ["b"], "b": ["c"], "c": ["a"]}), find_cycle({"a": ["b"], "b": []})
    (('a', 'b', 'c', 'a'), ())
    """
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        stack = [(start, iter(needs.get(start, ())))]
        if start in done:
            continue
        path.append(start)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif following in path:
                return (*path[path.index(following) :], following)
            elif following not in done:
                path.append(following)
                stack.append((following, iter(needs.get(following, ()))))
    return ()


def _twice(what: str, names: list[str]) -> list[str]:
    seen: set[str] = set()
    again = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    return [f"The {what} {name!r} occurs twice." for name in dict.fromkeys(again)]


def _unknown(said: str, names: Iterable[str], known: set[str]) -> list[str]:
    return [
        f"{said} {name!r}, which is not known. {nearest(name, known)}".rstrip() for name in names if name not in known
    ]


def _normal_statement(text: str) -> str:
    return re.sub(rf"[\s{re.escape(string.punctuation)}…–]+", "", text).casefold()


def _normal_answer(text: str) -> str:
    folded = " ".join(str(text).split()).casefold()
    return folded[:-2] if re.fullmatch(r"-?\d+\.0", folded) else folded
