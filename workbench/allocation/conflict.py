"""When no plan can hold: which named rules cannot stand together, given the capacities and maxima.

Few members can be in a conflict at all (`suspects`). Of those the deletion filter of J. W. Chinneck and E. W. Dravnieks
(1991), ORSA Journal on Computing 3(2), 157-168, leaves out one at a time; if what remains still cannot hold, it was not
needed. What is left is minimal: dropping any one of its rules ends this conflict. Others may remain, so each rule is
dropped in turn and the search goes on until a plan holds (the tree of R. Reiter 1987, Artificial Intelligence 32(1),
57-95). The smallest single changes after which a plan exists are solved for as well (`repairs`).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical, RowName
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import Portfolio, Rule
from workbench.allocation.repairs import Repair, find_repairs
from workbench.allocation.suspects import Member, halved_members, members_of, priced_members

if TYPE_CHECKING:
    import pandas as pd

PROBE_SECONDS = 10.0
"""A probe that takes longer keeps its rule, and the conflict then says that it may not be minimal."""
MOST_CONFLICTS = 6
"""Conflicts that are listed (ours: more than a meeting can settle)."""
FURTHER_SECONDS = 15.0
"""Backstop of the search for further conflicts."""
FREED = 1e4
"""An activity without its maximum may grow to at least this many times it."""


@dataclass(frozen=True)
class Given:
    """A capacity, maximum or line that takes part in a conflict: given, not a rule.

    Attributes
    ----------
    kind : str
        ``capacity`` of a resource, ``maximum`` of an activity, or ``closing`` (a line nobody may close).
    name : str
        Resource, activity or line.
    amount : float or None
        How much there is. Unit: `unit`.
    short_by : float or None
        How much more of a capacity would do, with every other row in force; None where no amount would.
    unit : str
    """

    kind: str
    name: str
    amount: float | None = None
    short_by: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Conflict:
    """The rules that cannot hold together: an answer, not an error.

    Attributes
    ----------
    portfolio : Portfolio
    rules : tuple of Rule
        The named rules in conflict; empty where what is given cannot hold even without rules.
    given : tuple of Given
        Capacities, maxima and lines without which those rules could hold.
    minimal : bool
        Dropping any one of `rules` ends this conflict; False only where a probe took too long.
    frees : tuple of str
        Those of the rules without which, all else in force, a plan was found.
    others : tuple of Conflict
        Further conflicts that remain when rules of this one are dropped.
    is_complete : bool
        There is no conflict besides this and `others`.
    repairs : tuple of Repair
        Single changes after each of which a plan exists, all else in force, the smallest first; empty where one
        change is not enough.
    """

    portfolio: Portfolio
    rules: tuple[Rule, ...]
    given: tuple[Given, ...]
    minimal: bool
    frees: tuple[str, ...] = ()
    others: tuple[Conflict, ...] = ()
    is_complete: bool = True
    repairs: tuple[Repair, ...] = ()

    @property
    def any_one_frees(self) -> bool:
        """Without any one of the rules, all else in force, a plan exists."""
        return bool(self.rules) and len(self.frees) == len(self.rules)

    def to_frame(self) -> pd.DataFrame:
        """Return a row per rule, capacity, maximum or line, conflict by conflict."""
        import pandas as pd

        rows: list[dict[str, object]] = []
        for number, held in enumerate((self, *self.others), start=1):
            rows += [
                {"conflict": number, "kind": "rule", "name": rule.name, "text": rule.text, "owner": rule.owner}
                for rule in held.rules
            ]
            rows += [
                {
                    "conflict": number,
                    "kind": item.kind,
                    "name": item.name,
                    "amount": item.amount,
                    "short_by": item.short_by,
                    "unit": item.unit,
                }
                for item in held.given
            ]
        columns = ["conflict", "kind", "name", "text", "owner", "amount", "short_by", "unit"]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        names = [*(rule.name for rule in self.rules), *(f"{item.kind} of {item.name}" for item in self.given)]
        return f"Conflict: {', '.join(names)} cannot hold together."


def find_conflict(form: Canonical, *, seconds: float = FURTHER_SECONDS) -> Conflict:
    """Return a minimal set of rules, and of what is given, that no plan satisfies; and every further one.

    Parameters
    ----------
    form : Canonical
        A portfolio for which no plan holds.
    seconds : float
        Backstop of the search for further conflicts; the first is always found.
    """
    deadline = time.process_time() + seconds
    probe = _Probe(form)
    found = [_Members(*probe.filtered(frozenset()))]
    waiting = [frozenset({member}) for member in found[0].branches]
    seen, is_complete = set(waiting), True
    while waiting:
        if time.process_time() > deadline:
            is_complete = False
            break
        dropped = waiting.pop(0)
        held = next((item for item in found if not dropped & set(item.kept)), None)
        if held is None:
            possible = probe.holds(dropped)
            if possible is None:
                is_complete = False
            if possible is not False:
                continue
            if len(found) == MOST_CONFLICTS:
                is_complete = False
                break
            held = _Members(*probe.filtered(dropped))
            found.append(held)
        further = [dropped | {member} for member in held.branches]
        waiting += [item for item in further if item not in seen]
        seen.update(further)
    first, *others = [_as_conflict(probe, item) for item in found]
    # with several conflicts one change is enough only where they share what it changes
    shared = [member for member in found[0].kept if member[0] != "closing"]
    repairs = find_repairs(form, shared, first.frees, feasibility)
    return replace(first, others=tuple(others), is_complete=is_complete, repairs=repairs)


@dataclass(frozen=True)
class _Members:
    """What a conflict is made of, and whether no member can be spared."""

    kept: tuple[Member, ...]
    is_minimal: bool

    @property
    def branches(self) -> tuple[Member, ...]:
        """What may be dropped against it: its rules; where it has none, what is given."""
        return tuple(item for item in self.kept if item[0] == "rule") or self.kept


class _Probe:
    """Asks whether a plan can hold, each question once."""

    def __init__(self, form: Canonical) -> None:
        self.form, self.members = form, members_of(form.portfolio)
        self.known: dict[frozenset[Member], bool | None] = {}

    def holds(self, without: Collection[Member]) -> bool | None:
        """Return whether a plan can hold without these members; None: not known in time."""
        asked = frozenset(without)
        if asked not in self.known:
            self.known[asked] = _holds(self.form, asked)
        return self.known[asked]

    def filtered(self, dropped: Set[Member]) -> tuple[tuple[Member, ...], bool]:
        """Return a minimal set of members that cannot hold, none of them dropped; and whether it is surely minimal.

        Where another conflict remains without one of its rules, that one is returned: of two conflicts through the
        same rule and a given, the one with fewer rules.
        """
        out = frozenset(dropped)
        while True:
            kept, is_sure = self._minimal(out)
            spare = next((item for item in kept if item[0] == "rule" and self.holds(out | {item}) is False), None)
            if spare is None:
                return kept, is_sure
            out |= {spare}

    def _minimal(self, dropped: Set[Member]) -> tuple[tuple[Member, ...], bool]:
        every = frozenset(self.members)
        free = feasibility(self.form, without=every)
        priced = priced_members(self.form, free, np.minimum(self.form.top, _wanted(self.form)), dropped)
        if priced is None or self.holds(every - priced) is not False:
            order = [item for item in reversed(self.members) if item not in dropped]
            kept, is_sure = halved_members(order, lambda held: self.holds(every - held))
            return tuple(item for item in self.members if item in set(kept)), is_sure
        suspects, is_minimal = [item for item in self.members if item in priced], True
        out = set(every - priced)
        for member in suspects:
            possible = self.holds(out | {member})
            is_minimal = is_minimal and possible is not None
            if possible is False:
                out.add(member)
        return tuple(item for item in suspects if item not in out), is_minimal


def _as_conflict(probe: _Probe, held: _Members) -> Conflict:
    form = probe.form
    rules = tuple(rule for rule in form.portfolio.rules if ("rule", rule.name) in held.kept)
    return Conflict(
        form.portfolio,
        rules,
        tuple(_given(form, kind, name) for kind, name in held.kept if kind != "rule"),
        held.is_minimal,
        tuple(rule.name for rule in rules if probe.holds({("rule", rule.name)})),
    )


def feasibility(
    form: Canonical, *, without: Set[tuple[str, str]] = frozenset(), extra: int = 0, is_wide: bool = False
) -> LinearModel:
    """Return what a plan must hold, without curves: supports s, levels x, yes/no z of activities with a minimum.

    Parameters
    ----------
    form : Canonical
    without : set of (kind, name)
        Rules, capacities, maxima and lines without closing that are left out.
    extra : int
        Further columns at the end, between 0 and infinity, in no row yet.
    is_wide : bool
        A capacity will be widened: levels up to the maximum count, not only those within reach of the capacities.
    """
    n_lines, n = len(form.lines), len(form.activities)
    count = n_lines + 2 * n + extra
    s, x, z = np.arange(n_lines), n_lines + np.arange(n), n_lines + n + np.arange(n)
    low, high = np.zeros(count), np.full(count, np.inf)
    fixed = [
        not closable and ("closing", line) not in without
        for closable, line in zip(form.may_close, form.lines, strict=True)
    ]
    low[s], high[s], high[z] = np.where(fixed, 1.0, 0.0), 1.0, 1.0
    # without its maximum an activity may grow as far as any row could ask for
    free = np.array([("maximum", activity.id) in without for activity in form.activities], dtype=bool)
    wanted = _wanted(form)
    is_wide = is_wide or any(kind == "capacity" for kind, _ in without)
    most = np.where(free, wanted, np.minimum(form.top, wanted) if is_wide else form.most)
    place = np.arange(n)
    line = s[form.line_of]
    parts = [
        _pairs(place, x, 1.0, z, -most, count),
        _pairs(place, x, -1.0, z, form.least, count),
        _pairs(place, z, 1.0, line, -1.0, count),
    ]
    keep = np.array([(name.kind, name.name) not in without for name in form.row_names], dtype=bool)
    own = np.hstack([form.by_support, form.by_level, np.zeros((len(keep), n + extra))])[keep]
    is_whole = np.zeros(count, dtype=bool)
    is_whole[s] = ~np.array(fixed, dtype=bool)
    is_whole[z] = form.least > 0
    return LinearModel(
        np.zeros(count),
        low,
        high,
        is_whole,
        csr_matrix(vstack([*parts, csr_matrix(own)])),
        np.concatenate([np.full(3 * n, -np.inf), form.row_low[keep]]),
        np.concatenate([np.zeros(3 * n), form.row_high[keep]]),
    )


def _pairs(row: np.ndarray, first: np.ndarray, a: object, second: np.ndarray, b: object, count: int) -> csr_matrix:
    """Rows ``a * first + b * second``."""
    data = np.concatenate(
        [np.broadcast_to(np.asarray(a, dtype=float), row.shape), np.broadcast_to(np.asarray(b, dtype=float), row.shape)]
    )
    return csr_matrix((data, (np.concatenate([row, row]), np.concatenate([first, second]))), shape=(row.size, count))


def _holds(form: Canonical, without: Collection[tuple[str, str]]) -> bool | None:
    """Can a plan hold without these members? None: not known in time."""
    found = search(feasibility(form, without=frozenset(without)), gap=1.0, seconds=PROBE_SECONDS, nodes=100_000)
    if found.point is not None:
        return True
    return False if found.status == "infeasible" else None


def _wanted(form: Canonical) -> np.ndarray:
    """Scaled level with which each activity alone could meet any row."""
    limits = np.maximum(
        np.where(np.isfinite(form.row_low), np.abs(form.row_low), 0.0),
        np.where(np.isfinite(form.row_high), np.abs(form.row_high), 0.0),
    ) + np.abs(form.by_support).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(form.by_level != 0, limits[:, None] / np.abs(form.by_level), 0.0)
    return np.clip(2.0 * wanted.max(axis=0, initial=0.0), FREED, 1e3 * FREED)


def _given(form: Canonical, kind: str, name: str) -> Given:
    portfolio = form.portfolio
    if kind == "closing":
        return Given(kind, name)
    if kind == "maximum":
        activity = portfolio.activity(name)
        return Given(kind, name, activity.maximum, None, activity.unit)
    resource = portfolio.resource(name)
    return Given(kind, name, resource.capacity[0], _short_by(form, name), resource.unit)


def _short_by(form: Canonical, resource: str) -> float | None:
    """Return the least further capacity with which a plan holds, every other row in force."""
    number = form.row_names.index(RowName("capacity", resource))
    model = feasibility(form, extra=1, is_wide=True)
    rows = model.rows.tolil()
    rows[3 * len(form.activities) + number, -1] = -1.0
    gain = model.gain.copy()
    gain[-1] = -1.0
    relaxed = LinearModel(gain, model.low, model.high, model.is_whole, csr_matrix(rows), model.row_low, model.row_high)
    found = search(relaxed, gap=1e-6, seconds=PROBE_SECONDS, nodes=100_000)
    return None if found.point is None else float(found.point[-1] * form.row_scale[number])
