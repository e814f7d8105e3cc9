"""The curves of all activities in all periods as pieces with lines over them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workbench.allocation.cover import FIRST_TANGENTS, LEAST_SPLIT
from workbench.allocation.quarters_form import QuarterForm


@dataclass
class Slot:
    """An interval of scaled levels of one activity in one period, with the lines over its curve."""

    activity: int
    period: int
    low: float
    high: float
    lines: list[tuple[float, float]] = field(default_factory=list)

    def over(self, share: float) -> float:
        """Return the optimistic value at a level."""
        return min(slope * share + intercept for slope, intercept in self.lines)


@dataclass
class Layers:
    """An activity whose level today lies on the convex part of its curve, cut into what is below it and above it.

    Under the chord over its jump it would bring more than it does for as long as nobody moves; to be worth the chord's
    value, some of the mixture must have gained. So gains are counted for each layer apart (see `quarter_programme`).

    Attributes
    ----------
    activity : int
    today : float
        Scaled level today.
    worth : float
        Scaled lift at that level.
    resources : tuple of int
        Resources with a limit on moves that no other activity of the line takes.
    lines : list of list of (slope, intercept)
        For each period, lines over the curve above today's level.
    """

    activity: int
    today: float
    worth: float
    resources: tuple[int, ...]
    lines: list[list[tuple[float, float]]]


class QuarterCover:
    """The pieces of all activities in all periods."""

    def __init__(self, held: QuarterForm) -> None:
        self.held = held
        self.slots: list[Slot] = []
        self.layers = [found for place in range(len(held.form.activities)) if (found := self._layers(place))]
        for place in range(len(held.form.activities)):
            if held.form.most[place] <= 0:
                continue
            low, high = float(held.form.least[place]), float(held.form.most[place])
            lines = self._first(place, low, high, FIRST_TANGENTS)
            self.slots += [Slot(place, period, low, high, list(lines)) for period in range(held.n_periods)]

    def _layers(self, place: int) -> Layers | None:
        held, form = self.held, self.held.form
        today, most = float(held.current[place]), float(form.most[place])
        if not 1e-6 < today < most * (1.0 - 1e-6):
            return None
        jump = form.line(place, 0.5 * today, 0.0, today)[2]
        whole = form.line(place, today, 0.0, most)[2]
        if (
            jump is None
            or jump[0] > 0.0
            or jump[1] < today * (1.0 - 1e-9)
            or whole is None
            or not whole[0] < today < whole[1]
        ):
            return None
        mates = np.flatnonzero(form.line_of == form.line_of[place])
        alone = (held.take[:, place] > 0) & ((held.take[:, mates] != 0).sum(axis=1) == 1) & np.isfinite(held.move)
        if not alone.any():
            return None
        lines = self._first(place, today, most, FIRST_TANGENTS)
        for share in np.linspace(today, most, 4 * FIRST_TANGENTS):
            # an envelope that begins at the bend itself hangs on the last digit: no layers then
            if min(slope * share + start for slope, start in lines) < form.lift(place, float(share)) - 1e-9:
                return None
        resources = tuple(np.flatnonzero(alone).tolist())
        return Layers(place, today, form.lift(place, today), resources, [list(lines) for _ in range(held.n_periods)])

    def lay_layer(self, layers: Layers, period: int, share: float) -> bool:
        """Lay the line of the curve above today's level; False where it lies there already."""
        most = float(self.held.form.most[layers.activity])
        line = self.held.form.line(layers.activity, share, layers.today, most)[:2]
        if line in layers.lines[period]:
            return False
        layers.lines[period].append(line)
        return True

    def _first(self, place: int, low: float, high: float, count: int) -> list[tuple[float, float]]:
        found = dict.fromkeys(
            self.held.form.line(place, float(share), low, high)[:2] for share in np.linspace(low, high, count)
        )
        return list(found)

    def lay(self, slot: Slot, share: float) -> bool:
        """Lay the envelope's line at a level; False where it lies there already."""
        slope, intercept, _ = self.held.form.line(slot.activity, share, slot.low, slot.high)
        if (slope, intercept) in slot.lines:
            return False
        slot.lines.append((slope, intercept))
        return True

    def jump(self, slot: Slot, share: float) -> tuple[float, float] | None:
        """Return the stretch around a level on which the envelope is a straight line over the curve."""
        found = self.held.form.line(slot.activity, share, slot.low, slot.high)[2]
        return found if found is not None and found[0] < share < found[1] else None

    def split(self, slot: Slot, share: float) -> bool:
        """Cut a piece where its envelope jumps over the curve; False where it does not."""
        jump = self.jump(slot, share)
        if jump is None:
            return False
        margin = LEAST_SPLIT * (jump[1] - jump[0])
        cut = float(np.clip(share, jump[0] + margin, jump[1] - margin))
        place = self.slots.index(slot)
        parts = [Slot(slot.activity, slot.period, low, high) for low, high in ((slot.low, cut), (cut, slot.high))]
        for part in parts:
            part.lines = list(dict.fromkeys([*slot.lines, *self._first(part.activity, part.low, part.high, 3)]))
        self.slots[place : place + 1] = parts
        return True
