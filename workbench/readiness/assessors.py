"""Whether assessors who looked at the same artefacts say the same. Artefacts are no people: nothing is hidden here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.readiness.instrument import Instrument
from workbench.readiness.raters import (
    NOMINAL,
    ORDINAL,
    KrippendorffAlpha,
    RaterAgreement,
    icc_raters,
    krippendorff_alpha,
)


@dataclass(frozen=True)
class CodedTwice:
    """One artefact that several assessors looked at: their levels, None where one gave none."""

    item: str
    line: str
    levels: tuple[float | None, ...]
    seen: tuple[bool | None, ...]

    @property
    def is_same(self) -> bool:
        """Whether all saw it or none did, and all who gave a level gave the same."""
        return all(len({value for value in held if value is not None}) <= 1 for held in (self.levels, self.seen))


@dataclass(frozen=True)
class Coding:
    """Whether assessors who looked at the same artefacts say the same.

    Attributes
    ----------
    assessors : tuple of str
    artefacts : tuple of CodedTwice
        Looked at by two or more; levels in the order of `assessors`.
    seen, level : KrippendorffAlpha
        Of seen or not (nominal), and of the level (ordinal).
    pair : RaterAgreement or None
        ICC(A,1) where there are two assessors.
    """

    assessors: tuple[str, ...]
    artefacts: tuple[CodedTwice, ...]
    seen: KrippendorffAlpha
    level: KrippendorffAlpha
    pair: RaterAgreement | None

    @property
    def same(self) -> int:
        """Artefacts that all assessors saw alike."""
        return sum(one.is_same for one in self.artefacts)


def compare_assessors(evidence: pd.DataFrame | None, instrument: Instrument) -> Coding | None:
    """Return whether assessors who looked at the same artefacts say the same, or None where none was looked at twice.

    Parameters
    ----------
    evidence : DataFrame or None
        item, product_line, seen, level, assessor.
    instrument : Instrument
        Its items' order is the artefacts'.
    """
    if evidence is None or evidence.empty:
        return None
    order = {item.id: place for place, item in enumerate(instrument.items)}
    rows: dict[tuple[str, str], dict[str, tuple[bool | None, float | None]]] = {}
    for one in evidence[["item", "product_line", "assessor", "seen", "level"]].itertuples(index=False):
        item, line, who = (_text(value) for value in one[:3])
        if who and item in order:
            rows.setdefault((item, line), {})[who] = (_yes(one[3]), _number(one[4]))
    twice = {unit: said for unit, said in rows.items() if len(said) > 1}
    if not twice:
        return None
    units = sorted(twice, key=lambda unit: (order[unit[0]], unit[1]))
    names = tuple(sorted({who for said in twice.values() for who in said}))
    seen = [[twice[unit].get(who, (None, None))[0] for unit in units] for who in names]
    levels = [[twice[unit].get(who, (None, None))[1] for unit in units] for who in names]
    ratings = np.array(levels, dtype=float)
    return Coding(
        names,
        tuple(
            CodedTwice(item, line, tuple(held[at] for held in levels), tuple(held[at] for held in seen))
            for at, (item, line) in enumerate(units)
        ),
        krippendorff_alpha(np.array(seen, dtype=float), metric=NOMINAL),
        krippendorff_alpha(ratings, metric=ORDINAL),
        icc_raters(ratings.T) if len(names) == 2 else None,
    )


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _number(value: object) -> float | None:
    return None if value is None or value != value else float(str(value))


def _yes(value: object) -> bool | None:
    words = _text(value).casefold()
    return True if words in ("yes", "true", "1") else False if words in ("no", "false", "0") else None
