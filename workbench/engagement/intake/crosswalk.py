"""The client's names for ours: by key, by name, by what was confirmed before; the rest proposed, with the evidence.

A name is never dropped: what nobody has told stops the import, with the amount that hangs on it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engagement.columns import fold_key

LEAST_NEAR = 0.84
"""Similarity of two names (difflib's ratio) from which one is proposed for the other (ours)."""

MOST_LISTED = 12
"""Names of ours that are listed where one of them must be said (ours)."""

LEAVE_OUT = "leave out"
"""What the mapping says of a name whose rows are not wanted; their amounts are told each time."""

WITHOUT_CODE = "the same without its code"
"""What speaks for a name that is ours but for a number before or behind it."""

AS_IT_IS = "new"
"""What the mapping says of a name that is one of its own, although it looks like another."""

CHOICE_WORDS: Mapping[str, Mapping[str, str]] = {
    "use": {
        "develop": "entwicklung entwickeln development développement ontwikkeling desarrollo change build",
        "operate": "betrieb betreiben operations run exploitation beheer operación",
        "market": "marketing vermarktung vertrieb sales promotion marktbearbeitung",
    },
    "disposition": {
        "absorb": "übernehmen integrieren aufnehmen intégrer integreren absorber",
        "finish": "beenden abschliessen abschließen fertigstellen terminer afronden terminar",
        "stop": "stoppen einstellen abbrechen arrêter stopzetten parar cancel",
    },
    "stage": {
        "explore": "erkunden exploration pilot",
        "grow": "wachsen wachstum growth croissance groei",
        "sustain": "bestand halten reife maturity maturité",
        "retire": "auslauf auslaufend abbau retrait einstellung",
    },
    "status": {
        "assumed": "angenommen annahme supposé",
        "confirmed": "bestätigt confirmé bevestigd confirmado",
        "contested": "strittig umstritten contesté betwist",
    },
    "": {"yes": "ja oui sí si y x wahr true 1", "no": "nein non nee n falsch false 0"},
}
"""Column → our word → words of clients; blank: of every column with yes and no."""

_STOP = frozenset(
    [
        "the",
        "and",
        "und",
        "et",
        "en",
        "y",
        "of",
        "de",
        "la",
        "le",
        "les",
        "des",
        "der",
        "die",
        "das",
        "für",
        "for",
        "gmbh",
        "ag",
        "ltd",
        "team",
    ]
)


@dataclass(frozen=True)
class NameMatch:
    """One name of the client's, and what it is of ours.

    Attributes
    ----------
    column, their_name : str
    our_name : str
        Empty where nobody knows; `LEAVE_OUT` where its rows are not wanted.
    how : str
        ``key``, ``name``, ``alias``, ``said``, ``near``, ``new`` or empty.
    evidence : str
        What speaks for a near match, or which of ours are alike.
    rows : int
    amounts : mapping of str to float
        Measure → what hangs on the name.
    choices : tuple of str
        Our names, where they are few.
    """

    column: str
    their_name: str
    our_name: str
    how: str
    evidence: str = ""
    rows: int = 0
    amounts: Mapping[str, float] = field(default_factory=dict)
    choices: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether somebody has to tell what it is."""
        return not self.our_name


@dataclass(frozen=True)
class Register:
    """Our names of one kind.

    Attributes
    ----------
    keys : mapping of str to tuple of str
        Our key → other names of it, such as the one people use.
    aliases : mapping of str to str
        Their name, folded → our key, as confirmed before.
    said : mapping of str to str
        Their name → our key, `LEAVE_OUT`, `AS_IT_IS` or blank, as ``imports.yaml`` or the command line says.
    is_open : bool
        Names that are nobody's yet may come in: the table defines them.
    usual : mapping of str to tuple of str
        Our key → what clients often call it, which is proposed and never taken alone.
    column : str
    """

    column: str
    keys: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    usual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def match_names(
    names: Mapping[str, int], register: Register, amounts: Mapping[str, Mapping[str, float]] | None = None
) -> list[NameMatch]:
    """Return what each name is of ours, those that nobody knows first, then by rows.

    Parameters
    ----------
    names : mapping of str to int
        Their name → rows.
    register : Register
    amounts : mapping of str to mapping of str to float, optional
        Their name → measure → what hangs on it.
    """
    known: dict[str, set[str]] = {}
    for key, others in register.keys.items():
        for text in (key, *others):
            known.setdefault(_folded(text), set()).add(key)
    said = {_folded(name): value for name, value in register.said.items()}
    held = amounts or {}
    found = [_match(name, rows, register, known, said, held.get(name, {})) for name, rows in names.items()]
    return sorted(found, key=lambda one: (not one.is_open, one.how != "near", -one.rows, one.their_name))


def _match(
    name: str,
    rows: int,
    register: Register,
    known: Mapping[str, set[str]],
    said: Mapping[str, str],
    amounts: Mapping[str, float],
) -> NameMatch:
    def made(ours: str, how: str, evidence: str = "") -> NameMatch:
        few = tuple(register.keys) if len(register.keys) <= MOST_LISTED else ()
        return NameMatch(register.column, name, ours, how, evidence, rows, amounts, few)

    text = _folded(name)
    told = said.get(text, "")
    if told:
        return made(name if told == AS_IT_IS else told, "said")
    if name in register.keys:
        return made(name, "key")
    if text in register.aliases:
        return made(register.aliases[text], "alias")
    keys = known.get(text, set())
    if len(keys) == 1:
        return made(next(iter(keys)), "name")
    if len(keys) > 1:
        return made("", "", f"it is the name of {' and of '.join(sorted(keys))}")
    usual = [key for key, words in register.usual.items() if text in map(_folded, words) and key in register.keys]
    if len(usual) == 1:
        return made(usual[0], "near", "a usual word for it")
    near = _near(name, register)
    if len(near) == 1:
        key, evidence = near[0]
        return made(key, "near", evidence)
    if register.is_open:
        return made(name, "new", f"like {', '.join(key for key, _ in near)}" if near else "")
    if near:
        return made("", "", f"like {' and like '.join(key for key, _ in near)}")
    few = len(register.keys) <= MOST_LISTED
    return made("", "", f"one of {', '.join(register.keys)}" if few else "")


def _near(name: str, register: Register) -> list[tuple[str, str]]:
    """Return the keys that a name is like, with what speaks for it; of several equally good ones, all."""
    theirs = _tokens(name)
    found: list[tuple[float, str, str]] = []
    for key, others in register.keys.items():
        best = max((_likeness(name, theirs, other) for other in (key, *others)), default=(0.0, ""))
        if best[0] >= LEAST_NEAR:
            found.append((best[0], key, best[1]))
    top = max((score for score, _, _ in found), default=0.0)
    return [(key, evidence) for score, key, evidence in sorted(found, reverse=True) if score >= top - 0.03]


def _likeness(name: str, theirs: Sequence[str], other: str) -> tuple[float, str]:
    """Return how alike two names are, and why; names whose numbers differ are never alike."""
    ours = _tokens(other)
    if not theirs or not ours:
        return 0.0, ""
    code = [token for token in theirs if token.isdigit() and len(token) >= 3]
    bare = [token for token in theirs if token not in code]
    if bare and bare == list(ours) and code:
        return 0.97, WITHOUT_CODE
    if sorted(theirs) == sorted(ours):
        return 0.98, "the same words"
    if [t for t in bare if any(c.isdigit() for c in t)] != [t for t in ours if any(c.isdigit() for c in t)]:
        return 0.0, ""
    if bare and set(bare) < set(ours) and len(" ".join(bare)) >= 5:
        return 0.86, f"part of {other!r}"
    if set(ours) < set(bare) and len(" ".join(ours)) >= 5:
        return 0.86, f"it begins with or holds {other!r}"
    one, two = "".join(bare), "".join(ours)
    ratio = difflib.SequenceMatcher(None, one, two).ratio() if min(len(one), len(two)) >= 4 else 0.0
    return (ratio, f"{ratio:.0%} of the letters of {other!r}") if ratio >= LEAST_NEAR else (0.0, "")


def _folded(text: str) -> str:
    return " ".join(fold_key(text).replace("_", " ").replace("-", " ").split())


def fold_name(text: str) -> str:
    """Return what two spellings of a name share: no capitals, hyphens and underscores as blanks.

    Examples
    --------
    >>> fold_name("Motor-Private") == fold_name("motor private")
    True
    """
    return _folded(text)


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token for token in _plain(text).split() if token not in _STOP)


def _plain(text: str) -> str:
    """Return the words of a text in small letters without accents; ä, ae and a are one."""
    plain = unicodedata.normalize(
        "NFKD", text.casefold().replace("ß", "ss").replace("ae", "a").replace("oe", "o").replace("ue", "u")
    )
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", letters))


def keys_named(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that a text names exactly; capitals, hyphens, blanks and umlauts aside.

    Parameters
    ----------
    text : str
    names : mapping of str to str
        Our key → what people call it.

    Examples
    --------
    >>> keys_named("wärme", {"waerme": "Fernwärme"}), keys_named("FERNWAERME", {"waerme": "Fernwärme"})
    (('waerme',), ('waerme',))
    """
    plain = _plain(text)
    return tuple(key for key, name in names.items() if plain and plain in (_plain(key), _plain(name or "")))


def near_keys(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys whose name or key is like a text, the likest alone."""
    register = Register("", {key: (name,) if name else () for key, name in names.items()})
    return tuple(key for key, _ in _near(text, register))


def choice_register(column: str, choices: Iterable[str], said: Mapping[str, str]) -> Register:
    """Return the words that a column of choices takes, with what clients say for them."""
    allowed = tuple(choices)
    words = {**CHOICE_WORDS.get(column, {}), **(CHOICE_WORDS[""] if "yes" in allowed else {})}
    if "true" in allowed:
        words = {"true": f"yes {CHOICE_WORDS['']['yes']}", "false": f"no {CHOICE_WORDS['']['no']}"}
    return Register(column, {choice: tuple(words.get(choice, "").split()) for choice in allowed}, {}, said)
