"""From an instrument's file (parsed YAML, or a workbook in the same shape) to an `Instrument`.

A file that does not hold together is refused whole, with every flaw and where it stands: unknown keys and names, texts
where numbers belong, statements or answers that nobody could tell apart in an export, items that wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ModelError
from workbench.readiness.instrument import (
    EFFORTS,
    AnswerSet,
    GateLevels,
    Group,
    Instrument,
    Item,
    Option,
    PublicRange,
    Role,
    RoleCut,
    Scale,
)
from workbench.readiness.instrument_check import LISTS, Flaw, form_flaws, part_flaws

EVERYONE = "everyone"
"""The one role of an instrument that names none."""


def build_instrument(document: Mapping[str, Any]) -> Instrument:
    """Return the instrument that a document (the parsed file) describes.

    Parameters
    ----------
    document : mapping
        name, version, scale, answer_sets, groups, items; and, where wanted, language, title, source, gates, roles,
        cuts, claims.

    Raises
    ------
    ModelError
        Everything that does not hold together, in one message: unknown names, texts that occur twice, a cycle of
        needs (printed).
    """
    flaws = instrument_flaws(document)
    if flaws:
        has_form = not any(form_flaws(document))
        said = "" if has_form else "The instrument's file lacks a part or has it in another form."
        told = " ".join(f"{_where(flaw.place)}{flaw.found}" for flaw in flaws)
        raise ModelError(f"{said or 'The instrument does not hold together.'} {told}")
    return _build(document)


def instrument_flaws(document: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """Return everything that is wrong with a document, in its order; empty where an instrument can be built.

    Parameters
    ----------
    document : mapping
        As `build_instrument` takes it.
    """
    return tuple(form_flaws(document)) or tuple(part_flaws(_build(document)))


# -- building ----------------------------------------------------------------------------------------------------------


def _build(document: Mapping[str, Any]) -> Instrument:
    scale = document["scale"]
    values = tuple(float(value) for value in scale["values"])
    labels = {float(value): str(text) for value, text in (scale.get("labels") or {}).items()}
    gates = document.get("gates")
    roles = tuple(Role(str(held["id"]), str(held["name"]), held.get("counts_as") or "") for held in _rows(document))
    sets = tuple(
        AnswerSet(
            str(held["id"]),
            tuple(
                Option(
                    str(option["value"]),
                    str(option["label"]),
                    None if option.get("weight") in (None, "") else float(option["weight"]),
                    option.get("meaning") or "level",
                )
                for option in held["options"]
            ),
            None if held.get("blank") in (None, "") else float(held["blank"]),
        )
        for held in document["answer_sets"]
    )
    items = tuple(_item(held, sets[0].id, tuple(role.id for role in roles)) for held in document["items"])
    groups = tuple(
        Group(
            str(held["id"]),
            str(held.get("parent") or ""),
            str(held["name"]),
            "" if held.get("gate") in (None, "none") else str(held["gate"]),
            held.get("aggregation") or "mean",
            tuple(item.id for item in items if item.group == str(held["id"])),
            None if held.get("met") in (None, "") else float(held["met"]),
            bool(held.get("dimension")),
        )
        for held in document["groups"]
    )
    return Instrument(
        name=str(document["name"]),
        version=str(document["version"]),
        language=document.get("language") or "en",
        title=str(document.get("title") or document["name"]),
        scale=Scale(values, tuple(labels.get(value, "") for value in values)),
        gate_levels=None
        if not gates
        else GateLevels(*(float(gates[name]) for name in ("moving", "standing", "later"))),
        roles=roles,
        cuts=tuple(
            RoleCut(str(held["id"]), str(held["name"]), tuple(str(role) for role in held["roles"]))
            for held in document.get("cuts") or ()
        ),
        answer_sets=sets,
        claims=tuple((str(name), str(text)) for name, text in (document.get("claims") or {}).items()),
        groups=groups,
        items=items,
        source=str(document.get("source") or ""),
        public_ranges=tuple(
            PublicRange(*(str(held.get(key) or "") for key in LISTS["public_ranges"]))
            for held in document.get("public_ranges") or ()
        ),
    )


def _rows(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return document.get("roles") or ({"id": EVERYONE, "name": EVERYONE},)


def _item(held: Mapping[str, Any], usual_answers: str, usual_roles: tuple[str, ...]) -> Item:
    anchors = tuple((float(level), str(text)) for level, text in (held.get("anchors") or {}).items())
    return Item(
        id=str(held["id"]),
        printed=str(held.get("printed") or held["id"]),
        title=str(held.get("title") or held["statement"]),
        group=str(held["group"]),
        answer_set=str(held.get("answers") or usual_answers),
        statement=str(held["statement"]),
        anchors=anchors,
        evidence=str(held.get("evidence") or ""),
        roles=tuple(str(role) for role in held.get("roles") or usual_roles),
        claims=tuple(str(claim) for claim in held.get("claims") or ()),
        kind=held.get("kind") or "scale",
        names=int(held.get("names") or 0),
        scope=held.get("scope") or "line",
        turned=bool(held.get("turned")),
        needs=tuple(str(need) for need in held.get("needs") or ()),
        effort=int(held.get("effort") or EFFORTS[1]),
        criteria=tuple(str(text) for text in held.get("criteria") or ()),
    )


def _where(place: tuple[str | int, ...]) -> str:
    """Return a place as a reader of YAML counts: items 4, roles."""
    words: list[str] = []
    for part in place:
        if isinstance(part, int):
            words[-1] = f"{words[-1]} {part + 1}"
        else:
            words.append(part)
    return f"{', '.join(words)}: " if words else ""
