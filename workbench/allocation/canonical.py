"""The same numbers whatever the units, the order or the labels, before any solver sees them.

Levels are shares of the largest level within reach (of maximum and capacities), resource rows shares of their
capacity, value a share of all that the activities could bring; coefficients keep 12 significant digits. So euros,
thousands and cents give one matrix and one plan, and a maximum of "no limit" leaves the proof as sharp as it was.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.bundle import Bundle
from workbench.allocation.model import TOLERANCE, Activity, Portfolio
from workbench.allocation.rules import RuleRow, compile_rules
from workbench.errors import ModelError

DIGITS = 12
"""Significant digits that survive a change of units (ours; a double has 15 to 17)."""


@dataclass(frozen=True)
class RowName:
    """What a row of the matrix is: ``capacity`` of a resource, or a ``rule``."""

    kind: str
    name: str


@dataclass(frozen=True)
class Canonical:
    """A portfolio as scaled arrays in canonical order.

    Attributes
    ----------
    portfolio : Portfolio
    activities : tuple of Activity
    lines : tuple of str
    line_of : array of int, shape (n,)
        Place of each activity's line.
    worth : array, shape (n,)
        Value of a unit of outcome. Unit: value.
    size : array, shape (n,)
        Level at which the scaled level is 1: the largest within reach. Unit: activity.
    least : array, shape (n,)
        Scaled minimum.
    most : array, shape (n,)
        Scaled maximum: 1, or 0 where the maximum is 0 or the minimum is out of reach.
    top : array, shape (n,)
        Scaled maximum as the client gave it, whatever the capacities.
    scale : float
        What the scaled value 1 is. Unit: value.
    standing : array, shape (n_lines,)
        Scaled value of a supported line with nothing done, over that of the closed line.
    may_close : array of bool, shape (n_lines,)
    by_level, by_support : array, shape (m, n) and (m, n_lines)
        Rows ``row_low <= by_level @ x + by_support @ s <= row_high``.
    row_low, row_high : array, shape (m,)
    row_names : tuple of RowName
    row_scale : array, shape (m,)
        What 1 on a row is, in the row's own unit.
    zero_value : float
        Value of the plan with every line supported and nothing done. Unit: value.
    rules : tuple of RuleRow
        The compiled rules, in the client's order.
    """

    portfolio: Portfolio
    activities: tuple[Activity, ...]
    lines: tuple[str, ...]
    line_of: np.ndarray
    worth: np.ndarray
    size: np.ndarray
    least: np.ndarray
    most: np.ndarray
    top: np.ndarray
    scale: float
    standing: np.ndarray
    may_close: np.ndarray
    by_level: np.ndarray
    by_support: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    row_names: tuple[RowName, ...]
    row_scale: np.ndarray
    zero_value: float
    rules: tuple[RuleRow, ...]

    @cached_property
    def bundle(self) -> Bundle:
        """The curves, scaled, many at a time."""
        return Bundle([activity.curve for activity in self.activities], self.worth, self.size, self.scale)

    @cached_property
    def level_rows(self) -> csr_matrix:
        """The rows over levels without their zeros."""
        return csr_matrix(self.by_level)

    @cached_property
    def support_rows(self) -> csr_matrix:
        """The rows over supports without their zeros."""
        return csr_matrix(self.by_support)

    def rescaled(self, factor: float) -> Canonical:
        """Return the same form with a value unit this many times as large: for values far below what is possible."""
        return replace(self, scale=self.scale * factor, standing=rounded_array(self.standing / factor))

    def with_limits(self, row_high: np.ndarray) -> Canonical:
        """Return the same form with other upper limits of its rows; what is known of its curves and rows stays."""
        found = replace(self, row_high=row_high)
        vars(found).update(bundle=self.bundle, level_rows=self.level_rows, support_rows=self.support_rows)
        return found

    def lift(self, place: int, share: float) -> float:
        """Return the scaled value an activity brings at a scaled level, over what it brings at zero."""
        curve, worth = self.activities[place].curve, self.worth[place]
        return float(worth * (curve.value(share * self.size[place]) - curve.value(0.0)) / self.scale)

    def line(
        self, place: int, share: float, low: float, high: float
    ) -> tuple[float, float, tuple[float, float] | None]:
        """Return slope, intercept and jump of the envelope of `lift` on [low, high] at a scaled level."""
        curve, worth, size = self.activities[place].curve, float(self.worth[place]), float(self.size[place])
        if worth == 0.0:
            return 0.0, 0.0, None
        found = curve.cover(share * size, low * size, high * size, 1.0 if worth > 0 else -1.0)
        factor = abs(worth) / self.scale
        jump = None if found.jump is None else (rounded(found.jump[0] / size), rounded(found.jump[1] / size))
        intercept = difference(found.intercept * factor, worth * curve.value(0.0) / self.scale)
        return rounded(found.slope * size * factor), intercept, jump

    def value_of(self, shares: np.ndarray, is_open: np.ndarray) -> float:
        """Return the scaled value over doing nothing, on the exact curves."""
        lifts = [self.lift(place, share) for place, share in enumerate(shares) if share > 0]
        return float(sum(lifts) - self.standing @ (1.0 - is_open))

    def levels(self, shares: np.ndarray) -> dict[str, float]:
        """Return scaled levels in the client's units, under the client's names and in the client's order."""
        held = {
            activity.id: (min(max(0.0, float(share)), 1.0) * float(size), float(size))
            for activity, share, size in zip(self.activities, shares, self.size, strict=True)
        }
        return {activity.id: _snapped(activity, *held[activity.id]) for activity in self.portfolio.activities}

    def shares(self, levels: Mapping[str, float]) -> np.ndarray:
        """Return levels in the client's units as scaled levels in canonical order."""
        missing = next((activity.id for activity in self.portfolio.activities if activity.id not in levels), None)
        if missing is not None:
            raise ModelError(f"A plan says a level of every activity; {missing!r} has none.")
        return np.array([levels[activity.id] for activity in self.activities]) / self.size

    def supports(self, is_open: np.ndarray) -> dict[str, bool]:
        """Return supports under the lines' names, in the client's order."""
        held = dict(zip(self.lines, (bool(round(float(value))) for value in is_open), strict=True))
        return {line.id: held[line.id] for line in self.portfolio.lines}

    def support_array(self, supported: Mapping[str, bool]) -> np.ndarray:
        """Return supports by name as numbers in canonical order."""
        return np.array([float(supported.get(line, True)) for line in self.lines])


def canonical_form(portfolio: Portfolio) -> Canonical:
    """Return a portfolio in canonical form.

    Raises
    ------
    ModelError
        The portfolio has several periods: this version plans one.
    RuleError
        A rule cannot be read.
    """
    if len(portfolio.periods) != 1:
        raise ModelError(f"This version plans one period; the portfolio has {len(portfolio.periods)}.")
    reach = _reach(portfolio)
    scale = _potential(portfolio, reach)
    activities, lines = _order(portfolio, scale, reach)
    place = {line: number for number, line in enumerate(lines)}
    size = np.array([reach[activity.id] or activity.maximum or 1.0 for activity in activities])
    worth = np.array([portfolio.worth(activity.id) for activity in activities])
    standing = np.zeros(len(lines))
    for activity, value in zip(activities, worth, strict=True):
        standing[place[activity.line]] += value * activity.curve.value(0.0)
    zero_value = float(standing.sum())
    standing += [portfolio.closing_value(line) for line in lines]
    rules = compile_rules(portfolio)
    by_level, by_support, row_low, row_high, names, row_scale = _rows(portfolio, activities, lines, size, rules)
    return Canonical(
        portfolio=portfolio,
        activities=activities,
        lines=lines,
        line_of=np.array([place[activity.line] for activity in activities], dtype=int),
        worth=worth,
        size=size,
        least=np.array([activity.minimum for activity in activities]) / size,
        most=np.array([1.0 if reach[activity.id] > 0 else 0.0 for activity in activities]),
        top=rounded_array(np.array([activity.maximum for activity in activities]) / size),
        scale=scale,
        standing=rounded_array(standing / scale),
        may_close=np.array([portfolio.line(line).closing is not None for line in lines]),
        by_level=by_level,
        by_support=by_support,
        row_low=row_low,
        row_high=row_high,
        row_names=names,
        row_scale=row_scale,
        zero_value=zero_value,
        rules=rules,
    )


def rounded(value: float) -> float:
    """Return a number with `DIGITS` significant digits.

    Examples
    --------
    >>> rounded(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.{DIGITS - 1}e}")


def difference(first: float, second: float) -> float:
    """Return first less second with the digits that the larger of them carries: what cancels leaves noise of units."""
    size = max(abs(first), abs(second))
    return 0.0 if size == 0 else round((first - second) / size, DIGITS) * rounded(size)


def rounded_array(values: np.ndarray) -> np.ndarray:
    """Return numbers with `DIGITS` significant digits each."""
    values = np.asarray(values, dtype=float)
    found = values.copy()
    held = np.isfinite(values) & (values != 0.0)
    number = values[held]
    places = DIGITS - 1 - np.floor(np.log10(np.abs(number))).astype(int)
    # clip asks more of its arguments than so few numbers are worth
    up, down = (10.0 ** np.minimum(np.maximum(power, 0), 300) for power in (places, -places))
    found[held] = np.rint(number * up / down) * down / up
    return found


def differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return what `difference` does, number by number."""
    size = np.maximum(np.abs(first), np.abs(second))
    share = np.round((first - second) / np.where(size > 0, size, 1.0), DIGITS)
    return np.where(size > 0, share * rounded_array(size), 0.0)


def _reach(portfolio: Portfolio) -> dict[str, float]:
    """Return the largest level of each activity that its maximum and each capacity allow; 0: its minimum is above.

    Of a capacity the activity may have what its own line's needs and the least that the other lines take leave.
    """
    reach = {activity.id: activity.maximum for activity in portfolio.activities}
    for resource in portfolio.resources:
        name, capacity = resource.id, resource.capacity[0]
        takers = [activity for activity in portfolio.activities if activity.recipe.get(name)]
        if any(activity.recipe[name] < 0 for activity in takers):
            continue  # one that gives back widens the room of all others
        needs = {line.id: line.needs.get(name, 0.0) for line in portfolio.lines}
        least = {line: min(amount, portfolio.left(line, name)) for line, amount in needs.items()}
        together = math.fsum(least.values())
        for activity in takers:
            others = together - least[activity.line]
            room = max(capacity - others - needs[activity.line], 0.0)
            if room <= TOLERANCE * capacity:
                room = 0.0
            level = room / activity.recipe[name]
            # what check_plan lets pass must stay within reach
            reach[activity.id] = min(reach[activity.id], level * (1.0 + 2.0 * TOLERANCE))
    for activity in portfolio.activities:
        if reach[activity.id] < activity.minimum * (1.0 - 2.0 * TOLERANCE):
            reach[activity.id] = 0.0
        if reach[activity.id] > activity.maximum * (1.0 - 4.0 * TOLERANCE):
            reach[activity.id] = activity.maximum
        if 0 < reach[activity.id] < activity.minimum:
            reach[activity.id] = activity.minimum
    return reach


def _potential(portfolio: Portfolio, reach: Mapping[str, float]) -> float:
    """All that the activities could bring or spoil, each at its largest level; 1 where nothing matters."""
    total = sum(
        abs(portfolio.worth(item.id)) * (item.curve.value(reach[item.id]) - item.curve.value(0.0))
        for item in portfolio.activities
    )
    return float(total) or 1.0


def _order(
    portfolio: Portfolio, scale: float, reach: Mapping[str, float]
) -> tuple[tuple[Activity, ...], tuple[str, ...]]:
    """Order by what things are (their scaled numbers); names only settle ties between equals."""
    capacity = {resource.id: resource.capacity[0] or 1.0 for resource in portfolio.resources}

    def face(activity: Activity) -> tuple[object, ...]:
        worth = portfolio.worth(activity.id) / scale
        shape = tuple(
            _coarse(worth * activity.curve.value(part * reach[activity.id])) for part in (0, 0.25, 0.5, 0.75, 1)
        )
        takes = sorted(
            _coarse(amount * reach[activity.id] / capacity[name]) for name, amount in activity.recipe.items()
        )
        box = _coarse(activity.minimum / activity.maximum) if activity.maximum else 0.0
        return shape, tuple(takes), box

    faces = {activity.id: face(activity) for activity in portfolio.activities}
    of_line: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for activity in portfolio.activities:
        of_line[activity.line].append(faces[activity.id])

    def line_face(line: str) -> tuple[object, ...]:
        held = portfolio.line(line)
        needs = sorted(_coarse(amount / capacity[name]) for name, amount in held.needs.items())
        members = sorted(of_line[line])  # type: ignore[type-var]
        return tuple(members), tuple(needs), _coarse(portfolio.closing_value(line) / scale), held.closing is None

    line_faces = {line.id: line_face(line.id) for line in portfolio.lines}
    lines = tuple(sorted(line_faces, key=lambda line: (line_faces[line], line)))
    activities = tuple(
        sorted(portfolio.activities, key=lambda item: (line_faces[item.line], item.line, faces[item.id], item.id))
    )
    return activities, lines


def _coarse(value: float) -> float:
    """Digits few enough that a change of units cannot touch them."""
    return float(f"{value:.8e}")


def _snapped(activity: Activity, level: float, size: float) -> float:
    """Return a level; one that is minimum, maximum, today's or zero but for the last digits as exactly that."""
    near = 1e-9 * size
    for mark in (0.0, activity.current, activity.minimum, activity.maximum):
        if abs(level - mark) <= near and mark <= activity.maximum:
            return float(mark)
    return level


def _rows(
    portfolio: Portfolio,
    activities: tuple[Activity, ...],
    lines: tuple[str, ...],
    size: np.ndarray,
    rules: tuple[RuleRow, ...],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[RowName, ...], np.ndarray]:
    """Capacities and rules as scaled rows."""
    found = []
    for resource in portfolio.resources:
        levels = np.array([activity.recipe.get(resource.id, 0.0) for activity in activities]) * size
        left = np.array([portfolio.left(line, resource.id) for line in lines])
        needs = np.array([portfolio.line(line).needs.get(resource.id, 0.0) for line in lines])
        scale = resource.capacity[0] or float(np.abs(np.concatenate([levels, needs, [0.0]])).max()) or 1.0
        limit = resource.capacity[0] - left.sum()
        found.append((RowName("capacity", resource.id), levels, needs - left, -np.inf, limit, scale))
    level_place = {activity.id: number for number, activity in enumerate(activities)}
    line_place = {line: number for number, line in enumerate(lines)}
    for row in rules:
        levels, supports = np.zeros(len(activities)), np.zeros(len(lines))
        for kind, key, value in row.terms:
            if kind == "level":
                levels[level_place[key]] += value * size[level_place[key]]
            else:
                supports[line_place[key]] += value
        scale = float(np.abs(np.concatenate([levels, supports, [row.limit]])).max()) or 1.0
        low = -np.inf if row.sense == "<=" else row.limit
        high = np.inf if row.sense == ">=" else row.limit
        found.append((RowName("rule", row.name), levels, supports, low, high, scale))
    found.sort(
        key=lambda item: (
            item[0].kind,
            rounded_array(item[1] / item[5]).tolist(),
            rounded_array(item[2] / item[5]).tolist(),
        )
    )
    shape = (len(found), len(activities)), (len(found), len(lines))
    by_level = rounded_array(np.array([levels / scale for _, levels, _, _, _, scale in found]).reshape(shape[0]))
    by_support = rounded_array(np.array([needs / scale for _, _, needs, _, _, scale in found]).reshape(shape[1]))
    row_low = rounded_array(np.array([low / scale for _, _, _, low, _, scale in found]))
    row_high = rounded_array(np.array([high / scale for _, _, _, _, high, scale in found]))
    row_scale = np.array([scale for *_, scale in found])
    return by_level, by_support, row_low, row_high, tuple(item[0] for item in found), row_scale
