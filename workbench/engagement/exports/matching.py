"""Which item a column is about, and which answer a cell gives: by text, never by position, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engagement.exports.texts import plain_text, spellings, squash

if TYPE_CHECKING:
    from workbench.readiness.instrument import Instrument, Item

REASON = "_reason"
SHORTEST_CUT = 12
"""Letters of a text that was cut short, at least, before it is compared with longer ones (ours)."""

WHOLE = frozenset(
    {"wholeorganisation", "thewholeorganisation", "wholeorganization", "thewholeorganization", "wholecompany"}
    | {"thewholecompany", "noproductline", "noneofthem", "none", "allofthem", "allproductlines"}
    | {"nooneline", "noparticularline", "wholeorganisationnooneline"}
)
"""Answers to the question for the product line that mean the organisation as a whole."""

_WORDS: dict[str, tuple[str, ...]] = {
    "role": ("role", "rolle", "rôle", "rol", "función"),
    "unit": ("team", "unit", "department", "abteilung", "bereich", "équipe", "département", "equipo", "departamento"),
    "product_line": ("product line", "produktlinie", "produktlinien", "ligne de produits", "línea de productos"),
}
_REASONS = ("reason", "why", "warum", "grund", "pourquoi", "raison", "motivo", "porqué")
_ASKED_AFTER = (*_REASONS, "comment", "specify", "other", "doesnotapply")
_CODED_REASON = re.compile(
    r"^(.+?)(?:_reason|\[(?:other|comment|reason)\]|_(?:other|comment)|_\d+_text)$", re.IGNORECASE
)
_NUMBERED = re.compile(r"^(.*\D)\d{1,2}$", re.DOTALL)
_CODE = re.compile(r"^(?:[A-Za-z]{1,3})?_?0*(\d{1,2})$")


@dataclass(frozen=True)
class Match:
    """What a column was recognised as, and by what.

    ``text`` or ``code``; ``code alone``, although it has a text; ``cut short`` or ``longer`` than the text; ``values``:
    all its answers are known; ``said``: by ``imports.yaml``.
    """

    target: str
    by: str


@dataclass(frozen=True)
class Wording:
    """The texts of an instrument in the spelling of `squash`."""

    codes: Mapping[str, str]
    statements: Mapping[str, str]


def build_wording(instrument: Instrument) -> Wording:
    """Return the codes and statements by which an instrument's items are recognised."""
    codes = {}
    for item in instrument.items:
        for code in (item.id, item.id.replace("_", "q")):
            codes[squash(code)] = item.id
            codes[squash(f"{code}qreason")] = f"{item.id}{REASON}"
    return Wording(codes, {squash(item.statement): item.id for item in instrument.items})


def find_question(names: Iterable[str], wording: Wording) -> Match | None:
    """Return the item, or the item's reason, that one of a column's names asks for; None where none or several fit.

    Parameters
    ----------
    names : iterable of str
        As `ExportColumn.names` has them: ids, codes and texts.
    wording : Wording
    """
    names = list(names)
    for name in names:
        coded = _CODED_REASON.match(name.strip())
        if coded and squash(coded.group(1)) in wording.codes:
            return Match(f"{wording.codes[squash(coded.group(1))]}{REASON}", "code")
        reason = _reason(name, wording)
        if reason:
            return Match(f"{reason}{REASON}", "text")
    for name in names:
        for text in spellings(name):
            numbered = _NUMBERED.match(text)
            for spelled in (squash(text), squash(numbered.group(1)) if numbered else ""):
                if spelled in wording.statements:
                    return Match(wording.statements[spelled], "text")
    for name in names:
        for text in spellings(name):
            if squash(text) in wording.codes:
                has_text = any(" " in other.strip() for other in names)
                return Match(wording.codes[squash(text)], "code alone" if has_text else "code")
    for name in names:
        for text in spellings(name):
            found = squash(text)
            is_cut = text.rstrip().endswith(("..", "…")) or len(found) >= 3 * SHORTEST_CUT
            cut = [item for full, item in wording.statements.items() if full.startswith(found)]
            if len(found) >= SHORTEST_CUT and is_cut and len(cut) == 1:
                return Match(cut[0], "cut short")
            longer = [item for full, item in wording.statements.items() if found.startswith(full)]
            if len(longer) == 1:
                return Match(longer[0], "longer")
    return None


def _reason(name: str, wording: Wording) -> str:
    """Return the item whose reason a text asks for: its statement, with "why" before or after it."""
    for spelled in spellings(name):
        text = squash(spelled)
        for full, item in wording.statements.items():
            before, found, after = text.partition(full)
            if found and (before.startswith(_REASONS) or any(word in after for word in _ASKED_AFTER)):
                return item
    return ""


def asks_for(names: Iterable[str]) -> str:
    """Return ``role``, ``unit`` or ``product_line`` where a header asks for it, else an empty text."""
    for name in names:
        words = re.sub(r"[\W_]+", " ", plain_text(name).casefold())
        text = f" {words} "
        if squash(name) in ("productqline", "productline"):
            return "product_line"
        for target in ("product_line", "role", "unit"):
            if any(f" {word} " in text or f" {word}s " in text for word in _WORDS[target]):
                return target
    return ""


# -- answers -----------------------------------------------------------------------------------------------------------


def answer_values(instrument: Instrument, item: Item) -> dict[str, str]:
    """Return label, as `squash` gives it → what is stored; a label that two answers share is none.

    Full labels, the letter alone, the text without its letter, and the words stored for what is no level.
    """
    from workbench.readiness.instrument import options

    texts = dict(item.anchors)
    values: dict[str, set[str]] = {}
    for option in options(instrument, item):
        spelled = {option.label}
        lead = re.match(r"^([A-Z])\s+(.+)$", option.label, re.DOTALL)
        if lead and option.meaning == "level":
            spelled |= {lead.group(1), lead.group(2)}
        if option.meaning == "level" and option.weight is not None:
            spelled.add(texts.get(option.weight, ""))
        if not option.value.replace(".", "", 1).isdecimal():
            spelled.add(option.value)
        for text in spelled:
            if squash(text):
                values.setdefault(squash(text), set()).add(option.value)
    return {text: next(iter(found)) for text, found in values.items() if len(found) == 1}


def read_answer(cell: str, values: Mapping[str, str]) -> str | None:
    """Return what is stored for a cell, or None where its label is unknown; a label that was cut short is completed."""
    for text in (cell, cell.rstrip("; ")):
        found = squash(text)
        if found in values:
            return values[found]
        cut = {value for full, value in values.items() if full.startswith(found)}
        if len(found) >= SHORTEST_CUT and len(cut) == 1:
            return next(iter(cut))
    return None


def read_code(cell: str, instrument: Instrument, item: Item, codes: str) -> str | None:
    """Return what is stored for a number or code such as ``A3``, in the way that the mapping says, or None.

    Parameters
    ----------
    cell : str
    instrument, item
    codes : str
        ``shown``: its place among the options as they are shown; ``reversed``: counted from the last;
        ``levels``: the level itself; empty: codes are not accepted.
    """
    from workbench.readiness.instrument import options

    if not codes:
        return None
    shown = options(instrument, item)
    if codes == "levels":
        number = _CODE.match(cell.strip())
        level = int(number.group(1)) if number else None
        return next((option.value for option in shown if option.meaning == "level" and option.weight == level), None)
    place = read_place(cell, len(shown), codes)
    return None if place is None else shown[place].value


def read_place(cell: str, count: int, codes: str) -> int | None:
    """Return which of `count` options, from 0, a number or code stands for, or None.

    Examples
    --------
    >>> read_place("A2", 7, "shown"), read_place("2", 7, "reversed"), read_place("8", 7, "shown")
    (1, 5, None)
    """
    number = _CODE.match(cell.strip())
    place = int(number.group(1)) if number else 0
    if codes not in ("shown", "reversed") or not 1 <= place <= count:
        return None
    return place - 1 if codes == "shown" else count - place


def register_values(entries: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return key and name, as `squash` gives them → key; what two entries share is none."""
    values: dict[str, set[str]] = {}
    for key, name in entries:
        for text in {squash(key), squash(name)} - {""}:
            values.setdefault(text, set()).add(key)
    return {text: next(iter(found)) for text, found in values.items() if len(found) == 1}


def read_entry(cell: str, values: Mapping[str, str]) -> str | None:
    """Return the key that a cell names, also where an explanation follows it in brackets, or None."""
    for text in (cell, re.split(r"\s*[(:]", cell, maxsplit=1)[0]):
        if squash(text) in values:
            return values[squash(text)]
    return None
