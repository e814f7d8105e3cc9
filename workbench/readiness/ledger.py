"""What was published before: which numbers, and which respondents stood behind them, as plain values.

No level is kept. A publication holds pseudonymous keys and is as confidential as the survey table itself; it never
enters a report. The doors keep the files (`workbench.engagement.publications`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.readiness.scores import Key
from workbench.readiness.unknowns import Term

HEAD, LEVEL, SEEN = "head", "level", "seen"
"""A published number of people: of a part, behind a level, and behind a share that can see."""


@dataclass(frozen=True, eq=False)
class Publication:
    """One set of numbers that somebody may have seen.

    Attributes
    ----------
    id : str
        The run's name.
    when : str
        Date and time, ISO.
    wave : str
        The wave that was judged.
    counts : mapping of (what, wave, id, key) to frozenset of str
        Whose number was shown: `HEAD`, `LEVEL` or `SEEN`; the dimension or item, blank for heads; respondents' keys.
    levels : mapping of key to tuple of Term
        How each level hung on answers, with the marks of these.
    bounds : mapping of key to (low, high)
        What each number lay between, as it was shown; missing where nobody said.
    """

    id: str
    when: str
    wave: str
    counts: Mapping[tuple[str, str, str, Key], frozenset[str]] = field(repr=False)
    levels: Mapping[Key, tuple[Term, ...]] = field(repr=False)
    bounds: Mapping[Key, tuple[float, float]] = field(default_factory=dict, repr=False)
