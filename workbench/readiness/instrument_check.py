"""What is wrong with an instrument's file, and where: its form first, then what must hold between its parts."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import nearest
from workbench.readiness.instrument import (
    AGGREGATIONS,
    EFFORTS,
    GATES,
    MEANINGS,
    AnswerSet,
    Group,
    Instrument,
    Item,
    options,
)

TEXT, NUMBER, YES, TEXTS = "text", "a number", "true or false", "a list of texts"
LEVEL_TEXTS, NAMED_TEXTS, NUMBERS = "texts by level", "texts by name", "a list of numbers"

TOP: Mapping[str, str] = {
    "name": TEXT,
    "version": TEXT,
    "language": TEXT,
    "title": TEXT,
    "source": TEXT,
    "scale": "values and labels",
    "gates": "moving, standing, later",
    "roles": "a list",
    "cuts": "a list",
    "answer_sets": "a list",
    "claims": NAMED_TEXTS,
    "groups": "a list",
    "items": "a list",
    "public_ranges": "a list",
}
LISTS: Mapping[str, Mapping[str, str]] = {
    "roles": {"id": TEXT, "name": TEXT, "counts_as": TEXT},
    "cuts": {"id": TEXT, "name": TEXT, "roles": TEXTS},
    "answer_sets": {"id": TEXT, "blank": NUMBER, "options": "a list"},
    "groups": {
        "id": TEXT,
        "parent": TEXT,
        "name": TEXT,
        "gate": TEXT,
        "aggregation": TEXT,
        "met": NUMBER,
        "dimension": YES,
    },
    "items": {
        "id": TEXT,
        "printed": TEXT,
        "title": TEXT,
        "group": TEXT,
        "answers": TEXT,
        "statement": TEXT,
        "anchors": LEVEL_TEXTS,
        "evidence": TEXT,
        "roles": TEXTS,
        "claims": TEXTS,
        "kind": TEXT,
        "names": NUMBER,
        "scope": TEXT,
        "turned": YES,
        "needs": TEXTS,
        "effort": NUMBER,
        "criteria": TEXTS,
    },
    "public_ranges": {"item": TEXT, "found": TEXT, "differs": TEXT, "source": TEXT},
}
OPTION: Mapping[str, str] = {"value": TEXT, "label": TEXT, "weight": NUMBER, "meaning": TEXT}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "": ("name", "version", "scale", "answer_sets", "groups", "items"),
    "roles": ("id", "name"),
    "cuts": ("id", "name", "roles"),
    "answer_sets": ("id", "options"),
    "options": ("value", "label"),
    "groups": ("id", "name"),
    "items": ("id", "group", "statement"),
    "public_ranges": ("item", "found", "source"),
}
LONGEST_TEXT = 5_000
"""Characters; a question is shorter (ours)."""

ITEM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
TAKEN = frozenset({"respondent", "wave", "unit", "role", "product_line", "seconds"})
"""Columns of the answer sheets that are no items."""

SUFFIXES = ("_reason", "_unmet")


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong in an instrument's file.

    Attributes
    ----------
    place : tuple
        Where: list, place in it (from 0), key; such as ``("items", 3, "roles")``. Empty for the file as a whole.
    found : str
        A sentence that says what is wrong and what would be right.
    """

    place: tuple[str | int, ...]
    found: str


def form_flaws(document: Any) -> Iterator[Flaw]:
    """Yield what is missing, unknown or of another kind, before anything is built.

    Parameters
    ----------
    document : Any
        The parsed file.
    """
    if not isinstance(document, Mapping):
        yield Flaw((), "This is no instrument: it does not consist of keys and values.")
        return
    yield from _row_flaws((), document, TOP, NEEDED[""])
    scale = document.get("scale")
    if "scale" in document:
        if not isinstance(scale, Mapping):
            yield Flaw(("scale",), "This is not values and labels.")
        else:
            yield from _row_flaws(("scale",), scale, {"values": NUMBERS, "labels": LEVEL_TEXTS}, ("values",))
    gates = document.get("gates")
    if isinstance(gates, Mapping):
        names = ("moving", "standing", "later")
        yield from _row_flaws(("gates",), gates, dict.fromkeys(names, NUMBER), names)
    elif gates:
        yield Flaw(("gates",), "This is not moving, standing, later.")
    for name, known in LISTS.items():
        rows = document.get(name) or ()
        if not _is_list(rows):
            yield Flaw((name,), "This is not a list.")
            continue
        for place, row in enumerate(rows):
            if not isinstance(row, Mapping):
                yield Flaw((name, place), "This is not keys and values.")
                continue
            yield from _row_flaws((name, place), row, known, NEEDED[name])
            if name == "answer_sets":
                yield from _option_flaws(place, row.get("options"))


def _option_flaws(place: int, rows: Any) -> Iterator[Flaw]:
    for number, row in enumerate(rows if _is_list(rows) else ()):
        where = ("answer_sets", place, "options", number)
        if isinstance(row, Mapping):
            yield from _row_flaws(where, row, OPTION, NEEDED["options"])
        else:
            yield Flaw(where, "This is not keys and values.")
    if not _is_list(rows) or not rows:
        yield Flaw(("answer_sets", place, "options"), "There is no list of answers.")


def _row_flaws(
    where: tuple[str | int, ...], row: Mapping[Any, Any], known: Mapping[str, str], needed: Sequence[str]
) -> Iterator[Flaw]:
    for key in row:
        if key not in known:
            yield Flaw((*where, str(key)), f"{key!r} is no key here. {nearest(str(key), known)}".strip())
    for key in needed:
        if row.get(key) in (None, "", [], ()):
            yield Flaw((*where, key), f"There is no {key}.")
    for key, kind in known.items():
        value = row.get(key)
        if value not in (None, "", [], ()) and not _is_kind(value, kind):
            yield Flaw((*where, key), f"This is not {kind}: {str(value)[:60]!r}.")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_kind(value: Any, kind: str) -> bool:
    if kind == TEXT:
        return isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= LONGEST_TEXT
    if kind == NUMBER:
        return _is_number(value)
    if kind == YES:
        return isinstance(value, bool)
    if kind == TEXTS:
        return _is_list(value) and all(_is_kind(held, TEXT) for held in value)
    if kind == NUMBERS:
        return _is_list(value) and all(_is_number(held) for held in value)
    if kind in (LEVEL_TEXTS, NAMED_TEXTS):
        is_key = _is_number if kind == LEVEL_TEXTS else (lambda held: isinstance(held, str))
        return isinstance(value, Mapping) and all(is_key(key) and _is_kind(held, TEXT) for key, held in value.items())
    return True  # lists and mappings are looked at part by part


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return abs(float(value)) < float("inf")
    except (TypeError, ValueError):
        return False


def part_flaws(built: Instrument) -> Iterator[Flaw]:
    """Yield what does not hold between the parts of an instrument whose form is right."""
    roles = {role.id for role in built.roles}
    items = {item.id for item in built.items}
    yield from _twice("items", "id", "item", [item.id for item in built.items])
    yield from _twice("items", "statement", "statement", [normal_text(item.statement) for item in built.items])
    for name in ("groups", "roles", "cuts", "answer_sets"):
        ids = [one.id for one in getattr(built, name)]
        yield from _twice(name, "id", name.removesuffix("s").replace("_", " "), ids)
    if list(built.scale.values) != sorted(set(built.scale.values)) or len(built.scale.values) < 2:
        yield Flaw(("scale", "values"), "The scale's values must ascend.")
    gates = built.gate_levels
    if built.gates and gates is None:
        yield Flaw(("gates",), "There are gates, but no levels to compare them with (gates: moving, standing, later).")
    if gates is not None and not (
        built.scale.lowest <= gates.moving <= gates.standing <= gates.later <= built.scale.highest
    ):
        yield Flaw(("gates",), "The gates' levels must ascend (moving, standing, later) and lie on the scale.")
    for place, role in enumerate(built.roles):
        names = [role.counts_as] if role.counts_as else []
        yield from _unknown(("roles", place, "counts_as"), f"Role {role.id} counts as", names, roles)
    for place, cut in enumerate(built.cuts):
        yield from _unknown(("cuts", place, "roles"), f"Cut {cut.id} has roles", cut.roles, roles)
    for place, group in enumerate(built.groups):
        yield from _group_flaws(built, place, group)
    for place, answers in enumerate(built.answer_sets):
        yield from _answer_flaws(place, answers)
    for place, item in enumerate(built.items):
        yield from _item_flaws(built, place, item, roles)
    for place, held in enumerate(built.public_ranges):
        yield from _unknown(("public_ranges", place, "item"), "A public range is of", [held.item], items)
    cycle = find_cycle({item.id: item.needs for item in built.items})
    if cycle:
        yield Flaw(("items",), f"Items wait for each other in a circle: {' needs '.join(cycle)}.")
    if find_cycle({group.id: (group.parent,) if group.parent else () for group in built.groups}):
        yield Flaw(("groups",), "Groups lie below each other in a circle.")


def _group_flaws(built: Instrument, place: int, group: Group) -> Iterator[Flaw]:
    where = ("groups", place)
    groups = {held.id for held in built.groups}
    yield from _unknown(
        (*where, "parent"), f"Group {group.id} lies below", [group.parent] if group.parent else [], groups
    )
    yield from _unknown(
        (*where, "gate"), f"Group {group.id} is a gate of", [group.gate] if group.gate else [], set(GATES)
    )
    yield from _unknown((*where, "aggregation"), f"Group {group.id} is made by", [group.aggregation], set(AGGREGATIONS))
    if group.id in {item.id for item in built.items}:
        yield Flaw((*where, "id"), f"Group {group.id} has the name of an item.")
    steps = len(built.scale.values) - 1
    if group.aggregation == "attained" and len(built.parts(group)) > steps:
        yield Flaw(
            (*where, "aggregation"),
            f"Group {group.id} attains a level for each of its {len(built.parts(group))} parts, but the scale has only "
            f"{steps} above its lowest.",
        )
    if group.met is not None and group.aggregation != "attained":
        yield Flaw((*where, "met"), f"Group {group.id}: met belongs to a group that is made by attained.")


def _answer_flaws(place: int, answers: AnswerSet) -> Iterator[Flaw]:
    where = ("answer_sets", place, "options")
    yield from (
        Flaw((*where, number, "meaning"), flaw.found)
        for number, option in enumerate(answers.options)
        for flaw in _unknown(where, f"Answers {answers.id} mean", [option.meaning], set(MEANINGS))
    )
    for number, option in enumerate(answers.options):
        if (option.meaning == "level") != (option.weight is not None):
            yield Flaw(
                (*where, number, "weight"),
                f"Answers {answers.id}: those that mean a level, and only those, carry a weight.",
            )
    if not any(option.weight is not None for option in answers.options):
        yield Flaw(where, f"Answers {answers.id}: none of them means a level.")
    values = [" ".join(option.value.split()).casefold() for option in answers.options]
    for number, value in enumerate(values):
        if value in values[:number]:
            yield Flaw((*where, number, "value"), f"Answers {answers.id}: the value {value!r} occurs twice.")


def _item_flaws(built: Instrument, place: int, item: Item, roles: set[str]) -> Iterator[Flaw]:
    where = ("items", place)
    sets = {held.id for held in built.answer_sets}
    if not ITEM_NAME.fullmatch(item.id) or item.id in TAKEN or item.id.endswith(SUFFIXES):
        yield Flaw(
            (*where, "id"),
            f"{item.id!r} cannot name an item: letters, digits and _, a letter first, at most 40; not "
            f"{', '.join(sorted(TAKEN))}, nor ending in {' or '.join(SUFFIXES)}.",
        )
    for key, said, names, known in (
        ("group", "belongs to", (item.group,), {group.id for group in built.groups}),
        ("answers", "offers", (item.answer_set,), sets),
        ("roles", "is asked of", item.roles, roles),
        ("claims", "bears on", item.claims, {name for name, _ in built.claims}),
        ("needs", "needs", item.needs, {held.id for held in built.items}),
        ("kind", "is", (item.kind,), {"scale", "open"}),
        ("scope", "speaks of", (item.scope,), {"line", "organisation"}),
    ):
        yield from _unknown((*where, key), f"Item {item.id} {said}", names, known)
    if item.effort not in EFFORTS:
        yield Flaw((*where, "effort"), f"Item {item.id}: an effort is 1, 2 or 4; got {item.effort}.")
    if item.kind == "open" and item.names < 1:
        yield Flaw((*where, "names"), f"Item {item.id}: an open item says how many names it asks for.")
    if item.answer_set in sets:
        weights = {option.weight for option in built.answers(item).options}
        off = [level for level, _ in item.anchors if item.kind == "scale" and level not in weights]
        if off:
            yield Flaw((*where, "anchors"), f"Item {item.id}: no answer stands for {off[0]:g}, which has a text.")
        shown = [normal_text(option.label) for option in options(built, item)]
        if len(set(shown)) < len(shown):
            yield Flaw((*where, "answers"), f"Item {item.id}: two of its answers read the same.")


def _twice(table: str, key: str, what: str, names: Sequence[str]) -> Iterator[Flaw]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield Flaw((table, place, key), f"The {what} {name!r} occurs twice.")


def _unknown(where: tuple[str | int, ...], said: str, names: Iterable[str], known: set[str]) -> Iterator[Flaw]:
    for name in names:
        if name not in known:
            yield Flaw(where, f"{said} {name!r}, which is not known. {nearest(name, known)}".rstrip())


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


def normal_text(text: str) -> str:
    """Return a text as an export may change it: without case, spaces and punctuation.

    Examples
    --------
    >>> normal_text("We release  to users …") == normal_text("we release to users...")
    True
    """
    return re.sub(rf"[\s{re.escape(string.punctuation)}…–]+", "", text).casefold()
