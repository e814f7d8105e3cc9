"""When no plan can hold: which named rules cannot stand together, given the capacities and maxima.

The deletion filter of J. W. Chinneck and E. W. Dravnieks (1991), ORSA Journal on Computing 3(2), 157-168: leave out
one member at a time; if what remains still cannot hold, it was not needed for the conflict. What is left is minimal:
without any one of its rules a plan exists.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical, RowName
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import Portfolio, Rule

if TYPE_CHECKING:
    import pandas as pd

PROBE_SECONDS = 10.0
"""A probe that takes longer keeps its rule, and the conflict then says that it may not be minimal."""


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
        How much more of a capacity would do, with everything else as it is; None where no amount would.
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
        Without any one of `rules` a plan exists; False only where a probe took too long.
    """

    portfolio: Portfolio
    rules: tuple[Rule, ...]
    given: tuple[Given, ...]
    minimal: bool

    def to_frame(self) -> pd.DataFrame:
        """Return a row per rule, capacity, maximum or line in the conflict."""
        import pandas as pd

        rules = [{"kind": "rule", "name": rule.name, "text": rule.text, "owner": rule.owner} for rule in self.rules]
        given = [
            {"kind": item.kind, "name": item.name, "amount": item.amount, "short_by": item.short_by, "unit": item.unit}
            for item in self.given
        ]
        columns = ["kind", "name", "text", "owner", "amount", "short_by", "unit"]
        return pd.DataFrame([*rules, *given], columns=columns)

    def __repr__(self) -> str:
        names = [*(rule.name for rule in self.rules), *(f"{item.kind} of {item.name}" for item in self.given)]
        return f"Conflict: {', '.join(names)} cannot hold together."


def find_conflict(form: Canonical) -> Conflict:
    """Return a minimal set of rules, and of what is given, that no plan satisfies.

    Parameters
    ----------
    form : Canonical
        A portfolio for which no plan holds.
    """
    portfolio = form.portfolio
    is_minimal = True
    out: set[tuple[str, str]] = set()
    members = [("rule", rule.name) for rule in portfolio.rules]
    members += [("maximum", item.id) for item in portfolio.activities]
    members += [("closing", line.id) for line in portfolio.lines if line.closing is None]
    members += [("capacity", item.id) for item in portfolio.resources]
    for member in members:
        possible = _holds(form, {*out, member})
        if possible is None:
            is_minimal = False
        elif not possible:
            out.add(member)
    kept = [member for member in members if member not in out]
    return Conflict(
        portfolio,
        tuple(rule for rule in portfolio.rules if ("rule", rule.name) in kept),
        tuple(_given(form, kind, name, out) for kind, name in kept if kind != "rule"),
        is_minimal,
    )


def feasibility(form: Canonical, *, without: Set[tuple[str, str]] = frozenset(), extra: int = 0) -> LinearModel:
    """Return what a plan must hold, without curves: supports s, levels x, yes/no z of activities with a minimum.

    Parameters
    ----------
    form : Canonical
    without : set of (kind, name)
        Rules, capacities, maxima and lines without closing that are left out.
    extra : int
        Further columns at the end, between 0 and infinity, in no row yet.
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
    # without its maximum an activity may grow as far as any portfolio could need
    free = np.array([("maximum", activity.id) in without for activity in form.activities], dtype=bool)
    most = np.where(free, 1e4, form.most)
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


def _given(form: Canonical, kind: str, name: str, out: Collection[tuple[str, str]]) -> Given:
    portfolio = form.portfolio
    if kind == "closing":
        return Given(kind, name)
    if kind == "maximum":
        activity = portfolio.activity(name)
        return Given(kind, name, activity.maximum, None, activity.unit)
    resource = portfolio.resource(name)
    return Given(kind, name, resource.capacity[0], _short_by(form, name, out), resource.unit)


def _short_by(form: Canonical, resource: str, out: Collection[tuple[str, str]]) -> float | None:
    """Return the least further capacity with which the conflict's members hold."""
    number = form.row_names.index(RowName("capacity", resource))
    # only the conflict itself: what was left out of it may be broken by the same plan
    model = feasibility(form, without=frozenset(item for item in out), extra=1)
    kept = [place for place, name in enumerate(form.row_names) if (name.kind, name.name) not in out]
    row = 3 * len(form.activities) + kept.index(number)
    rows = model.rows.tolil()
    rows[row, -1] = -1.0
    gain = model.gain.copy()
    gain[-1] = -1.0
    relaxed = LinearModel(gain, model.low, model.high, model.is_whole, csr_matrix(rows), model.row_low, model.row_high)
    found = search(relaxed, gap=1e-6, seconds=PROBE_SECONDS, nodes=100_000)
    return None if found.point is None else float(found.point[-1] * form.row_scale[number])
