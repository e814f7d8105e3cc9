"""OWASP SAMM's published model as an instrument.

The layout is that of github.com/owaspsamm/core, folder ``model/`` (version 2): one YAML file a thing, linked by ``id``,
in ``business_functions`` (name, order), ``security_practices`` (function, shortName), ``streams`` (practice, letter),
``activities`` (stream, level, title), ``practice_levels`` (practice, maturityLevel), ``maturity_levels`` (number),
``questions`` (activity, answerSet, text, quality) and ``answer_sets`` (values: text, value). The sentences are OWASP's,
under CC BY-SA 4.0, and stay in the folder that the client brings.

Scores as SAMM defines them (owaspsamm/sammwise, ``testCalculator.js``): a stream is the sum of its three answers of 0,
0.25, 0.5 or 1, a practice the mean of its two streams (the same as the sum over its levels of the mean of two answers),
a function the mean of its practices, the whole the mean of its functions: all from 0 to 3. Unanswered counts as "No"
there; here it stays missing, and what the other way would give is shown beside (`AnswerSet.blank`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from workbench.engagement.documents import Document, quote, read_yaml
from workbench.errors import ClientDataError, Fault

KINDS: Mapping[str, tuple[str, ...]] = {
    "business_functions": ("id", "name"),
    "security_practices": ("id", "function", "name"),
    "streams": ("id", "practice", "name"),
    "maturity_levels": ("id", "number"),
    "practice_levels": ("id", "practice", "maturityLevel"),
    "activities": ("id", "stream", "level", "title"),
    "answer_sets": ("id", "values"),
    "questions": ("activity", "answerSet", "text"),
}
"""Folders of the model, and the keys that each file must have."""

HIGHEST_LEVEL = 10
"""Number of a maturity level, at most; SAMM has three (ours)."""

_LAYOUT = "a model as owaspsamm/core publishes it (folder model/)."
_OVERALL = "samm"


def read_samm(name: str, files: Mapping[str, bytes]) -> Document:
    """Return the document of a model in SAMM's layout.

    Parameters
    ----------
    name : str
        What the instrument is called.
    files : mapping of path to bytes
        Everything below the model's folder, with or without ``model/`` in between.

    Returns
    -------
    Document
        What `build_instrument` takes.

    Raises
    ------
    ClientDataError
        A file or a link is missing; all of them at once.
    """
    model, places, faults = _collect(files)
    for kind in KINDS:
        if not model[kind]:
            faults.append(
                Fault(f"{name}/{kind}", "", "", "there is no such folder, or it is empty", _LAYOUT, "Add it.")
            )
    if not faults:
        faults += [*_misshapen(model, places), *_broken_links(model, places)]
    if faults:
        raise ClientDataError(tuple(faults))
    return Document(name, "", _document(name, model))


def _collect(files: Mapping[str, bytes]) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], str], list[Fault]]:
    model: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    places: dict[tuple[str, str], str] = {}
    faults: list[Fault] = []
    for path, content in files.items():
        kind = PurePosixPath(path).parent.name
        if kind not in KINDS:
            continue  # texts and pictures that SAMM publishes beside its model
        document, found = read_yaml(content, path)
        faults += found
        if document is None:
            continue
        missing = [key for key in KINDS[kind] if document.content.get(key) in (None, "")]
        faults += [
            Fault(path, "", key, f"there is no {key}", f"{', '.join(KINDS[kind])}.", "Add it.") for key in missing
        ]
        key = str(document.content.get("id") or PurePosixPath(path).stem)
        if key in model[kind]:
            faults.append(Fault(path, "", "id", f"the id {key!r} stands twice", "an id of its own.", "Correct the id."))
        model[kind][key] = {**document.content, "file": PurePosixPath(path).stem}
        places[(kind, key)] = path
    return model, places, faults


def _misshapen(model: Mapping[str, Mapping[str, Any]], places: Mapping[tuple[str, str], str]) -> Iterator[Fault]:
    """Yield a fault for each value that is not of its kind."""

    def fault(kind: str, name: str, where: str, value: object, allowed: str) -> Fault:
        return Fault(places[(kind, name)], "", where, f"{quote(value)} stands there", allowed, "Correct it.")

    orders = [(kind, name, held, "order") for kind in KINDS for name, held in model[kind].items()]
    for name, held in model["maturity_levels"].items():
        number = held["number"]
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= HIGHEST_LEVEL:
            yield fault("maturity_levels", name, "number", number, f"a whole number from 1 to {HIGHEST_LEVEL}.")
    for name, held in model["answer_sets"].items():
        values = held["values"] if isinstance(held["values"], list) else [held["values"]]
        for place, one in enumerate(values):
            where = f"values[{place}]"
            if not isinstance(one, Mapping) or one.get("text") in (None, ""):
                yield fault("answer_sets", name, where, one, "text and value of an answer.")
                continue
            orders.append(("answer_sets", name, one, f"{where}.order"))
            if not _is_number(one.get("value")):
                yield fault("answer_sets", name, f"{where}.value", one.get("value"), "a number.")
    for name, held in model["questions"].items():
        if not isinstance(held.get("quality") or [], list):
            yield fault("questions", name, "quality", held["quality"], "a list of criteria.")
    for kind, name, held, where in orders:
        if not _is_number(held.get("order") or 0):
            yield fault(kind, name, where, held["order"], "a number.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _broken_links(model: Mapping[str, Mapping[str, Any]], places: Mapping[tuple[str, str], str]) -> Iterator[Fault]:
    for kind, key, target in (
        ("security_practices", "function", "business_functions"),
        ("streams", "practice", "security_practices"),
        ("practice_levels", "practice", "security_practices"),
        ("practice_levels", "maturityLevel", "maturity_levels"),
        ("activities", "stream", "streams"),
        ("activities", "level", "practice_levels"),
        ("questions", "activity", "activities"),
        ("questions", "answerSet", "answer_sets"),
    ):
        for name, held in model[kind].items():
            if str(held[key]) not in model[target]:
                found = f"{key} {held[key]!r} is the id of no file in {target}"
                yield Fault(places[(kind, name)], "", key, found, "the id of one of them.", "Correct the link.")


def _document(name: str, model: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    groups: list[dict[str, Any]] = [{"id": _OVERALL, "name": "Overall"}]
    streams: dict[str, str] = {}
    for key, function in _sorted(model["business_functions"]):
        above = f"f_{_id(function['name'])}"
        groups.append({"id": above, "parent": _OVERALL, "name": str(function["name"])})
        for practice_key, practice in _sorted(model["security_practices"], "function", key):
            own = f"p_{_id(practice['name'])}"
            groups.append({"id": own, "parent": above, "name": str(practice["name"]), "dimension": True})
            for stream_key, stream in _sorted(model["streams"], "practice", practice_key):
                streams[stream_key] = _id(stream["file"])
                held = {"id": streams[stream_key], "parent": own, "name": str(stream["name"]), "aggregation": "sum"}
                groups.append(held)
    numbers = {
        key: int(model["maturity_levels"][str(held["maturityLevel"])]["number"])
        for key, held in model["practice_levels"].items()
    }
    sets = sorted(model["answer_sets"].values(), key=lambda held: str(held["file"]))
    return {
        "name": name,
        "version": "2",
        "title": "Software assurance maturity",
        "source": "OWASP SAMM, owaspsamm.org, CC BY-SA 4.0; read from the model's own files",
        "scale": {"values": list(range(max(numbers.values()) + 1))},
        "answer_sets": [_answers(held) for held in sets],
        "groups": groups,
        "items": [
            {
                "id": _id(question["file"]),
                "printed": str(question["file"]),
                "title": str(activity["title"]),
                "group": streams[str(activity["stream"])],
                "answers": _id(model["answer_sets"][str(question["answerSet"])]["file"]),
                "statement": str(question["text"]).strip(),
                "criteria": [str(text).strip() for text in question.get("quality") or ()],
            }
            for question, activity in _in_order(model, numbers, list(streams))
        ],
    }


def _in_order(
    model: Mapping[str, Mapping[str, Any]], numbers: Mapping[str, int], streams: list[str]
) -> list[tuple[Any, Any]]:
    """Return questions with their activity: by stream, then by level."""
    held = [(question, model["activities"][str(question["activity"])]) for question in model["questions"].values()]
    return sorted(
        held,
        key=lambda one: (streams.index(str(one[1]["stream"])), numbers[str(one[1]["level"])], one[0].get("order") or 0),
    )


def _answers(held: Mapping[str, Any]) -> dict[str, Any]:
    """Return a set of answers; a blank counts as the lowest in SAMM's workbook, and for us as nothing."""
    values = sorted(held["values"], key=lambda one: one.get("order") or 0)
    answers = [
        {"value": f"{float(one['value']):g}", "label": str(one["text"]).strip(), "weight": float(one["value"])}
        for one in values
    ]
    more = [
        {"value": "cannot see", "label": "I cannot see this from where I work", "meaning": "cannot see"},
        {"value": "not applicable", "label": "Does not apply to our line", "meaning": "not applicable"},
    ]
    return {"id": _id(held["file"]), "blank": 0, "options": [*answers, *more]}


def _sorted(held: Mapping[str, Any], link: str = "", target: str = "") -> list[tuple[str, Any]]:
    """Return what links to a target (everything, without one), in the model's own order."""
    wanted = [(key, one) for key, one in held.items() if not link or str(one[link]) == target]
    return sorted(wanted, key=lambda one: (one[1].get("order") or 0, str(one[1]["file"])))


def _id(text: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(text).casefold()).strip("_")
