"""What a tracker's own words mean here: place → product, status → state, type → kind of work.

Each is a table that the consultant confirms; the proposal comes filled in where words are known, blank where they are
not. A near match is proposed and marked, never taken unasked.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engagement.exports.texts import squash
from workbench.outcomes.work_tables import STATES

LEAST_NEAR = 0.8
"""Likeness of two names (Ratcliff and Obershelp, as `difflib` has it) from which one is proposed (ours)."""

CATEGORIES = {
    "waiting": ("To Do", "New", "Zu erledigen", "Aufgaben", "À faire", "Por hacer", "Tareas por hacer", "Da fare"),
    "active": ("In Progress", "Indeterminate", "In Arbeit", "In Bearbeitung", "En cours", "En curso", "In corso"),
    "done": ("Done", "Complete", "Fertig", "Erledigt", "Terminé", "Listo", "Finalizada", "Completato"),
}
"""Jira's three categories of status, in the languages in which its exports name them."""

_DONE = (
    "done closed resolved complete completed released shipped deployed live finished delivered accepted cancelled "
    "canceled rejected removed declined obsolete duplicate merged erledigt geschlossen abgeschlossen fertig gelöst "
    "abgebrochen verworfen terminé terminée fermé fermée résolu résolue livré annulé hecho cerrado cerrada resuelto "
    "finalizado finalizada listo completado chiuso risolto completato"
)
_ACTIVE = (
    "doing active started implementing developing development coding testing reviewing committed progress "
    "bearbeitung entwicklung umsetzung progreso curso lavorazione"
)
_WAITING = (
    "open new backlog todo ready blocked waiting pending hold proposed approved triage queued queue selected "
    "reopened requested awaiting deferred planned paused inbox offen neu bereit blockiert wartend warten wartet "
    "geplant zurückgestellt ouvert ouverte nouveau nouvelle bloqué attente abierto abierta nuevo nueva bloqueado "
    "pendiente espera aperto nuovo bloccato attesa"
)
_PHRASES = {
    "todo": "waiting",
    "tobedone": "waiting",
    "wontdo": "done",
    "wontfix": "done",
    "notplanned": "done",
    "closednotplanned": "done",
    "inprogress": "active",
    "inreview": "active",
    "inarbeit": "active",
    "encours": "active",
    "encurso": "active",
    "intest": "active",
    "inqa": "active",
    "qa": "active",
    "review": "active",
    "codereview": "active",
    "workinprogress": "active",
    "wip": "active",
    "afaire": "waiting",
    "àfaire": "waiting",
    "porhacer": "waiting",
    "zuerledigen": "waiting",
    "1": "waiting",
    "2": "active",
    "3": "waiting",
    "6": "done",
    "7": "done",
    "8": "done",
}
"""Words of several parts; and ServiceNow's numbers of incident states: 1 new, 2 in progress, 3 on hold, 6 resolved,
7 closed, 8 canceled."""

_WORDS: dict[str, str] = {
    **dict.fromkeys(_ACTIVE.split(), "active"),
    **dict.fromkeys(_DONE.split(), "done"),
    **dict.fromkeys(_WAITING.split(), "waiting"),
}


@dataclass(frozen=True)
class PlaceMatch:
    """A proposal for one place.

    Attributes
    ----------
    place : str
    rows : int
    product : str
        Empty: no product is like it.
    is_near : bool
        The names are alike, not equal; looked at by a person before it counts.
    """

    place: str
    rows: int
    product: str
    is_near: bool = False


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a tracker's words mean.

    Attributes
    ----------
    product_from : str
        Which of the file's columns names the product: ``project``, ``component`` …
    products, states, kinds : mapping of str to str
        Place → product; status → state; type → kind of work. Blank: not told yet.
    """

    product_from: str
    products: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def product(self, place: str) -> str:
        """Return the product of a place; of several places, and of a path's parts, the first that has one.

        Examples
        --------
        >>> Meaning("component", {"Motor": "motor-private"}).product("Claims;Motor")
        'motor-private'
        """
        for part in place.split(";") if place else ():
            whole = part
            while whole:
                if self.products.get(whole):
                    return self.products[whole]
                whole = whole.rpartition("\\")[0]
        return ""


def propose_state(status: str, category: str = "") -> str:
    """Return the state that a status seems to mean, empty where its words are unknown.

    Parameters
    ----------
    status : str
    category : str
        The tracker's own category; what waits inside "in progress" is told by the status.

    Examples
    --------
    >>> propose_state("In Progress"), propose_state("Blocked", "In Progress"), propose_state("Zu erledigen")
    ('active', 'waiting', 'waiting')
    >>> propose_state("Quokka")
    ''
    """
    by_category = next(
        (state for state, names in CATEGORIES.items() if squash(category) in map(squash, names) and category), ""
    )
    by_words = _by_words(status)
    if by_category in ("waiting", "done"):
        return by_category
    if by_category == "active":
        return "waiting" if by_words == "waiting" else "active"
    return by_words


def _by_words(status: str) -> str:
    whole = squash(status)
    if whole in _PHRASES:
        return _PHRASES[whole]
    words = ["".join(letter for letter in word if letter.isalnum()) for word in status.casefold().split()]
    found = [_WORDS[word] for word in words if word in _WORDS]
    if not found:
        return next((state for phrase, state in _PHRASES.items() if len(phrase) > 4 and phrase in whole), "")
    return "waiting" if "waiting" in found else found[-1]  # ready for development, waiting for review


def match_places(
    cells: Iterable[str], products: Sequence[tuple[str, str]], aliases: Sequence[tuple[str, str]] = ()
) -> list[PlaceMatch]:
    """Return a proposal for every place, the most frequent first.

    Parameters
    ----------
    cells : iterable of str
        As `Imported.places` has them.
    products : sequence of (str, str)
        Key and name.
    aliases : sequence of (str, str)
        Our key and their name.
    """
    counts = Counter(part for cell in cells if cell for part in cell.split(";"))
    exact: dict[str, set[str]] = {}
    for key, name in (*products, *aliases):
        for text in {squash(key), squash(name)} - {""}:
            exact.setdefault(text, set()).add(key)
    found = []
    for place, rows in sorted(counts.items(), key=lambda held: (-held[1], held[0])):
        parts = [place, *reversed(place.replace("/", "\\").split("\\"))] if "\\" in place or "/" in place else [place]
        keys = next((exact[squash(part)] for part in parts if len(exact.get(squash(part), ())) == 1), set())
        if keys:
            found.append(PlaceMatch(place, rows, next(iter(keys))))
            continue
        near = {
            key
            for part in parts
            for text in difflib.get_close_matches(squash(part), list(exact), n=1, cutoff=LEAST_NEAR)
            for key in exact[text]
        }
        found.append(PlaceMatch(place, rows, near.pop() if len(near) == 1 else "", is_near=True))
    return [held if held.product else PlaceMatch(held.place, held.rows, "") for held in found]


def propose_meaning(
    places: Mapping[str, Sequence[str]],
    statuses: Mapping[str, str],
    types: Iterable[str],
    products: Sequence[tuple[str, str]],
    aliases: Sequence[tuple[str, str]],
    before: Meaning | None,
    *,
    product_from: str = "",
) -> tuple[Meaning, list[PlaceMatch]]:
    """Return what the words seem to mean, what was confirmed before first, and the matches of places.

    Parameters
    ----------
    places : mapping of str to sequence of str
        Columns that may name the product; that with most rows of known products is taken.
    statuses : mapping of str to str
        Status → category.
    types : iterable of str
    products, aliases : sequence of (str, str)
    before : Meaning, optional
    product_from : str
        As the consultant says.
    """
    matches = {name: match_places(cells, products, aliases) for name, cells in places.items()}

    def fit(name: str) -> tuple[int, int]:
        known = {match.place for match in matches[name] if match.product and not match.is_near}
        hits = sum(any(part in known for part in cell.split(";")) for cell in places[name])
        return hits, -list(places).index(name)

    chosen = product_from or (before.product_from if before else "") or max(places, key=fit, default="")
    found = matches.get(chosen, [])
    said = before if before is not None and before.product_from == chosen else None
    mapped = {m.place: (said.products[m.place] if said and m.place in said.products else m.product) for m in found}
    states = {
        status: before.states[status] if before and status in before.states else propose_state(status, category)
        for status, category in statuses.items()
        if status
    }
    kinds = {kind: before.kinds.get(kind, "") if before else "" for kind in dict.fromkeys(types) if kind}
    kept = {place: product for place, product in (said.products if said else {}).items() if place not in mapped}
    old_states = {s: v for s, v in (before.states if before else {}).items() if s not in states}
    old_kinds = {s: v for s, v in (before.kinds if before else {}).items() if s not in kinds}
    return Meaning(chosen, {**mapped, **kept}, {**states, **old_states}, {**kinds, **old_kinds}), found


def is_state(word: str) -> bool:
    """Say whether a word is one of our states."""
    return word in STATES
