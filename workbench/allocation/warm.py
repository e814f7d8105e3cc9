"""What one plan's proof leaves for the next: covers of the curves, and prices, put into another portfolio's terms.

Lines over a curve depend on the curve alone, so they hold whatever the capacities, weights and rules; any prices bound
any portfolio. Neither is trusted: lines are only taken over where the curve is the same, and bounds are computed anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.allocation.canonical import Canonical, rounded
from workbench.allocation.cover import Piece
from workbench.allocation.curves import Curve


@dataclass(frozen=True)
class Memory:
    """What the pieces and prices of a proof speak of.

    Attributes
    ----------
    activities : tuple of (id, curve, size, worth)
        In the order that the pieces count in; size is the level that is the scaled level 1.
    prices : tuple of (kind, name, number, price)
        Of each row with a price: capacity or rule, its name, which of the rows of that name, and what one more unit of
        its limit is worth. Unit: value per unit of the row.
    """

    activities: tuple[tuple[str, Curve, float, float], ...] = field(repr=False)
    prices: tuple[tuple[str, str, int, float], ...] = field(repr=False)


def remembered(form: Canonical, prices: np.ndarray) -> Memory:
    """Return what pieces over a form and scaled prices of its rows speak of."""
    known = zip(form.activities, form.size, form.worth, strict=True)
    scaled = prices * form.scale / form.row_scale
    return Memory(
        tuple((item.id, item.curve, float(size), float(worth)) for item, size, worth in known),
        tuple((*key, float(price)) for key, price in zip(_keys(form), scaled, strict=True) if price != 0.0),
    )


def carried_prices(memory: Memory, form: Canonical) -> np.ndarray:
    """Return remembered prices, scaled for another form; rows that are new have none."""
    held = {key: price for *key_parts, price in memory.prices for key in (tuple(key_parts),)}
    prices = np.array([held.get(key, 0.0) for key in _keys(form)])
    return prices * form.row_scale / form.scale


def carried_pieces(pieces: Sequence[Piece], memory: Memory, form: Canonical) -> list[Piece]:
    """Return the pieces that still cover their curves, in another form's order and units (values on the same scale).

    An activity with another curve, minimum, or room to grow has none: it is covered anew.
    """
    place_of = {activity.id: place for place, activity in enumerate(form.activities)}
    of_activity: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        of_activity[piece.activity].append(piece)
    found: list[Piece] = []
    for number, (name, curve, size, worth) in enumerate(memory.activities):
        place = place_of.get(name)
        if place is None or not of_activity[number] or form.most[place] <= 0 or form.activities[place].curve != curve:
            continue
        if worth * form.worth[place] <= 0:
            continue
        wider, dearer = float(form.size[place]) / size, float(form.worth[place]) / worth
        held = sorted(of_activity[number], key=lambda piece: piece.low)
        if abs(held[0].low / wider - form.least[place]) > 1e-12 or held[-1].high / wider < form.most[place] - 1e-12:
            continue
        for piece in held:
            low = float(form.least[place]) if piece is held[0] else piece.low / wider
            high = min(piece.high / wider, float(form.most[place]))
            if piece is held[-1]:
                high = float(form.most[place])
            if low > high or (low == high and piece is not held[0]):
                continue
            lines = {(rounded(slope * wider * dearer), rounded(cut * dearer)): None for slope, cut in piece.lines}
            found.append(Piece(place, low, high, lines))
    return sorted(found, key=lambda piece: (piece.activity, piece.low))


def _keys(form: Canonical) -> list[tuple[str, str, int]]:
    """Return what each row is: its kind, its name, and which of the rows of that name."""
    seen: Counter[tuple[str, str]] = Counter()
    keys = []
    for row in form.row_names:
        keys.append((row.kind, row.name, seen[row.kind, row.name]))
        seen[row.kind, row.name] += 1
    return keys
