"""The best plan, and a proof of how good it is, on the continuous curves.

Concave covers of the curves give a programme that no plan can beat; its plans are valued on the true curves; where
the two part, the cover is refined, until the gap asked for is met (docs/allocation.md). The bound is HiGHS's own, on
a relaxation built here, rounded outwards; every plan is checked again without the solver.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.allocation.canonical import Canonical, canonical_form
from workbench.allocation.conflict import Conflict, find_conflict
from workbench.allocation.cover import Cover, Piece
from workbench.allocation.highs import LinearModel, relax, search
from workbench.allocation.model import Portfolio, check_plan, evaluate
from workbench.allocation.nearest import cheapest_value, nearest_plan
from workbench.allocation.plans import Certificate, Limits, Plan, make_plan
from workbench.allocation.polish import CLOSE, Polished, polish_plan, stretches_at
from workbench.allocation.prices import Priced, best_on, price_bound
from workbench.allocation.warm import carried_pieces, carried_prices, remembered
from workbench.errors import ModelError

GAP = 1e-4
"""Gap asked for, as a share of the lift: 0.01 %."""
OUTWARDS = 1e-9
"""Bounds are rounded outwards by this, times one plus their size."""
LEAST_LIFT = 1e-4
"""Where doing nothing is as good as anything, the gap is a share of this part of all that could be brought."""
UNSOUND = 1e-7
"""A bound below a plan's value by more than this, times one plus its size (scaled), is no bound."""
TIE = 1e-12
"""A plan is better where its value is above by more than this, times one plus its size (scaled): the first one found
stays among equals, whatever the order of rows and the unit of value make of the last digit."""
SURE = 1e-3
"""A plan at hand is taken without a search where its own prices prove it to this share of the gap asked for."""
SMALL = 0.03
"""Where no plan can bring more than this share of all that the activities could, values are scaled anew."""
RELAXED_ROUNDS = 6
"""Relaxations before the first search; the bound has stalled by then in every case measured."""
STALLED = 0.1
"""A relaxation that lowers the bound by less than this share of the gap asked for is the last one."""
MANY = 60
"""Above this many activities prices decide what they can before a search, and relaxing stops at the first proof."""


def solve(
    portfolio: Portfolio,
    *,
    gap: float = GAP,
    candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]] = (),
    limits: Limits | None = None,
) -> Plan | Conflict:
    """Return the best plan with its certificate, or the rules that cannot hold together.

    Parameters
    ----------
    portfolio : Portfolio
    gap : float
        Gap to prove, as a share of the lift.
    candidates : sequence of (levels, supported)
        Plans to start from; today's is always one. The answer is never below one that holds.
    limits : Limits, optional

    Returns
    -------
    Plan or Conflict
        A conflict is an answer, not an error.

    Raises
    ------
    ModelError
        The portfolio has several periods, a rule cannot be read, or the limits were hit before any plan was found.
    """
    form = canonical_form(portfolio)
    return _hunted(form, gap, candidates, limits or Limits()) or find_conflict(form)


def best_plan(
    portfolio: Portfolio,
    *,
    gap: float = GAP,
    candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]] = (),
    limits: Limits | None = None,
    like: Plan | None = None,
    enough: float = -np.inf,
) -> Plan | None:
    """Return what `solve` does, but None where no plan holds: quicker for those who need no reason and no baseline.

    Parameters
    ----------
    portfolio, gap, candidates, limits
        As in `solve`.
    like : Plan, optional
        Of a portfolio that differs in its rules alone: the search goes on from its cover, and the gap is a share of
        its lift where that is the larger, since the two are compared.
    enough : float
        Stop, without a proof of the gap, once no plan can beat this. Unit: value.
    """
    return _hunted(
        canonical_form(portfolio), gap, candidates, limits or Limits(), like=like, enough=enough, is_compared=False
    )


def replan(plan: Plan, changed: Portfolio, *, gap: float = GAP, limits: Limits | None = None) -> Plan | Conflict:
    """Return the best plan of a portfolio of which a few numbers or rules have changed, from a plan for the old one.

    Curves stay covered, the old prices give a bound at once, and the old plan is repaired by one linear programme; only
    where these do not meet the gap is there a search. The plan may differ from that of `solve` inside the gap, and is
    never below the old one where that still holds.

    Parameters
    ----------
    plan : Plan
        Of the portfolio before the change.
    changed : Portfolio
        With other capacities, weights, maximums, rules, activities …; what is alike is used again.
    gap, limits
        As in `solve`.

    Examples
    --------
    >>> from workbench.allocation import Activity, Line, Objective, Portfolio, Resource, change_portfolio, points_curve
    >>> ads = Activity("ads", "loans", "market", "runs", points_curve([0, 9], [0, 9]), {"budget": 1.0}, 1, 0, 9)
    >>> margin = Objective("margin", 1.0, {"ads": 2.0})
    >>> portfolio = Portfolio((Resource("budget", "Finance", "EUR", (4.0,)),), (ads,), (Line("loans"),), (margin,))
    >>> round(replan(solve(portfolio), change_portfolio(portfolio, capacity_percent={"budget": 150})).level("ads"), 9)
    6.0
    """
    form = canonical_form(changed)
    known = {activity.id: activity.maximum for activity in changed.activities}
    levels = {name: min(plan.first.get(name, 0.0), most) for name, most in known.items()}
    found = _hunted(form, gap, [(levels, plan.supported)], limits or Limits(), warm=plan)
    return found or find_conflict(form)


def _hunted(
    form: Canonical,
    gap: float,
    candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]],
    limits: Limits,
    *,
    like: Plan | None = None,
    warm: Plan | None = None,
    enough: float = -np.inf,
    is_compared: bool = True,
) -> Plan | None:
    if not gap >= 0:
        raise ModelError(f"The gap is a share of 0 or more; got {gap}.")
    started, portfolio = time.process_time(), form.portfolio
    if not portfolio.activities:
        raise ModelError("There is no activity to give anything to: the portfolio has none.")
    if like is not None and like.pieces:
        form = form.rescaled(like.scale / form.scale)
    pieces: Sequence[Piece] = like.pieces if like is not None else ()
    if warm is not None and warm.memory is not None:
        form = form.rescaled(warm.scale / form.scale)
        pieces = carried_pieces(warm.pieces, warm.memory, form)
    hunt = _Hunt(form, gap, limits, started, pieces)
    hunt.enough = (enough - form.zero_value) / form.scale
    hunt.least_lift = max(LEAST_LIFT, like.certificate.lift / form.scale if like is not None else 0.0)
    today = portfolio.today
    current = check_plan(portfolio, today, {}, rows=form.rules)
    for levels, supported in ((today, {}), *candidates):
        hunt.offer(form.shares(levels), form.support_array(supported))
    at_hand = None if is_compared else candidates[0] if candidates else (like.first, like.supported) if like else None
    ended = None if at_hand is None else hunt.ended_near(*at_hand)
    if ended is None and not hunt.is_begun():
        return None
    if warm is not None and warm.memory is not None:
        hunt.warmed(carried_prices(warm.memory, form), *candidates[0])
    if ended is None:
        if not hunt.is_done:
            hunt = hunt.sharpened()
        hunt.run()
    hunt = ended or hunt
    form = hunt.form
    if hunt.best is None:
        raise ModelError(f"No plan was found within {limits.rounds} rounds and {limits.seconds:g} seconds.")
    shares, is_open = hunt.best
    baseline, baseline_value = "current", current.value
    if like is not None:  # compared with that plan, not with today
        baseline, baseline_value = like.baseline, like.baseline_value
    elif is_compared and not current.holds:
        repaired = nearest_plan(form, form.shares(today))
        baseline = "repaired"
        if repaired is not None:
            baseline_value = evaluate(portfolio, form.levels(repaired[0]), form.supports(repaired[1])).value
    found = make_plan(
        form, form.levels(shares), form.supports(is_open), hunt.certificate(), baseline, baseline_value, current.breaks
    )
    memory = remembered(form, hunt.prices)
    return replace(found, scale=form.scale, pieces=tuple(hunt.cover.pieces), memory=memory)


class _Hunt:
    """Best plan so far, best bound so far, and the cover between them; all values scaled, over doing nothing."""

    def __init__(
        self, form: Canonical, gap: float, limits: Limits, started: float, pieces: Sequence[Piece] = ()
    ) -> None:
        self.form, self.gap, self.limits, self.started = form, gap, limits, started
        self.cover = Cover(form, pieces)
        self.enough, self.least_lift = -np.inf, LEAST_LIFT
        self.best: tuple[np.ndarray, np.ndarray] | None = None
        self.value, self.bound = -np.inf, np.inf
        self.floor: float | None = None
        self.rounds = self.nodes = 0
        self.how, self.stopped_by = "relaxation", "gap"
        self.prices = np.zeros(len(form.row_low))
        self.priced: Priced | None = None
        self.by_prices = len(form.activities) > MANY
        self.polished: set[bytes] = set()

    def offer(self, shares: np.ndarray, is_open: np.ndarray) -> bool:
        """Take a plan if it holds in our own arithmetic; keep it if it is the best. False when it breaks something."""
        form, is_open = self.form, np.round(is_open)
        levels, supported = form.levels(shares), form.supports(is_open)
        if np.any(shares < -1e-7) or np.any(shares > form.most + 1e-7):
            return False
        check = check_plan(form.portfolio, levels, supported, rows=form.rules)
        if not check.holds:
            return False
        value = (check.value - form.zero_value) / form.scale
        if value > self.value + TIE * (1.0 + abs(value)):
            self.best, self.value = (form.shares(levels), is_open), value
        return True

    @property
    def lift(self) -> float:
        """What the gap is a share of."""
        return max(self.value - (self.floor or 0.0), self.least_lift)

    @property
    def is_proved(self) -> bool:
        return self.bound - self.value <= self.gap * self.lift

    @property
    def is_done(self) -> bool:
        """Proved, or nothing that would be enough can still be found."""
        return self.is_proved or self.bound <= self.enough

    def ended_near(self, levels: Mapping[str, float], supported: Mapping[str, bool]) -> _Hunt | None:
        """Return the hunt ended at a plan at hand, with its best levels, where their prices prove it; None elsewhere.

        Most probes change little: the plan keeps its supports, and neither a relaxation nor a search is called for.
        """
        shares, is_open = self.form.shares(levels), self.form.support_array(supported)
        hunt = self._rescaled(_sharper(max(self.form.value_of(shares, is_open), 0.0)))
        is_open = np.where(hunt.form.may_close, is_open, 1.0)
        better = hunt._polished(shares, is_open, CLOSE)
        if better is None or not hunt.offer(better.shares, is_open):
            return None
        hunt._price(better.prices)
        is_sure = hunt.bound - hunt.value <= min(SURE * hunt.gap * hunt.lift, 2.0 * CLOSE)
        return hunt if is_sure and _sharper(hunt._most) == 1.0 else None

    def is_begun(self) -> bool:
        """Find any plan, and what the lift is counted from; False where no plan holds."""
        form = self.form
        if self.offer(np.zeros(len(form.activities)), np.ones(len(form.lines))):
            self.floor = 0.0
        if self.best is None:
            repaired = nearest_plan(form, form.shares(form.portfolio.today))
            if repaired is None:
                return False
            self.offer(*repaired)
        if self.floor is None:
            self.floor = cheapest_value(form)
        return True

    @property
    def _most(self) -> float:
        """What can be won at most, or by the plan that this one is compared with."""
        return max(self.bound - (self.floor or 0.0), self.least_lift if self.least_lift > LEAST_LIFT else 0.0)

    def sharpened(self) -> _Hunt:
        """Relax; where far less can be won than the activities could bring, start over on the scale of that."""
        hunt = self
        for _ in range(4):
            hunt._relax()
            factor = _sharper(hunt._most)
            if factor == 1.0:
                break
            hunt = hunt._rescaled(factor)
        return hunt

    def _rescaled(self, factor: float) -> _Hunt:
        """Return the hunt as it began on a value scale this many times as large, with the best plan so far."""
        if factor == 1.0:
            return self
        fresh = _Hunt(self.form.rescaled(factor), self.gap, self.limits, self.started)
        fresh.enough, fresh.by_prices = self.enough / factor, self.by_prices
        fresh.least_lift = max(self.least_lift / factor if self.least_lift > LEAST_LIFT else 0.0, LEAST_LIFT)
        fresh.floor = None if self.floor is None else self.floor / factor
        if self.best is not None:
            fresh.offer(*self.best)
        return fresh

    def run(self) -> None:
        """Close the gap, or stop at a limit."""
        stall = 0
        while not self.is_done:
            left = self.limits.seconds - (time.process_time() - self.started)
            if self.rounds >= self.limits.rounds or left <= 0:
                self.stopped_by = "rounds" if left > 0 else "seconds"
                break
            before = self.bound - self.value
            if not self._search(left):
                break
            # a round that changed nothing twice running will not change anything a third time
            stall = stall + 1 if self.bound - self.value >= before - 1e-15 else 0
            if stall >= 8:
                self.stopped_by = "rounds"
                break
        if self.best is not None and (self.is_proved or self.bound > self.enough):
            self._polish(*self.best, is_last=True)

    def _relax(self) -> None:
        """Lay tangents where the relaxation wants to be, until its bound stalls; round its supports to a first plan."""
        before, is_large = np.inf, self.by_prices
        for _ in range(RELAXED_ROUNDS):
            if self.best is not None and time.process_time() - self.started > self.limits.seconds:
                return
            found = relax(self.cover.programme(is_relaxed=True))
            if found.point is None:
                return
            was = self.bound
            self._bounded(found.value)
            prices = found.prices[len(found.prices) - len(self.form.row_low) :]
            if is_large:
                self._price(prices)
            shares, is_open, errors = self.cover.read(found.point)
            if is_large:
                self._polish(shares, np.where(is_open > 0.5, 1.0, 0.0))
                if self.is_done:
                    return
            off = [(piece, inside) for piece, inside, error in errors if error > 1e-12]
            grown = self.cover.lay([piece for piece, _ in off], np.array([inside for _, inside in off]))
            if is_large and was - self.bound < STALLED * self.gap * self.lift:
                break
            if not grown or before - found.value < 1e-7 * max(abs(found.value), 1e-12):
                break
            before = found.value
        if not is_large:
            self._price(prices)
            self._polish(shares, np.where(is_open > 0.5, 1.0, 0.0))

    def warmed(self, prices: np.ndarray, levels: Mapping[str, float], supported: Mapping[str, bool]) -> None:
        """Bound by the prices of another plan, and repair that plan; quick rather than the same as from nothing."""
        self.by_prices = True
        self._price(prices)
        self._polish(self.form.shares(levels), np.where(self.form.may_close, self.form.support_array(supported), 1.0))

    def _price(self, prices: np.ndarray) -> None:
        """Bound by prices; the sharpest ones are kept."""
        found = price_bound(self.form, prices)
        if self.priced is None or found.bound < self.priced.bound:
            self.priced, self.prices = found, prices
            if self.by_prices:
                # under lines there, the relaxation promises no more than these prices do
                self.cover.lay_at(found.levels)
            self.bound = min(self.bound, found.bound + OUTWARDS * (1.0 + abs(found.bound)))

    def _decided(self, model: LinearModel) -> LinearModel:
        """Fix what no plan better than the best so far does otherwise: it would cost more than bound less value."""
        if self.priced is None or self.best is None or not self.by_prices:
            return model
        form, priced, n_lines = self.form, self.priced, len(self.form.lines)
        room = priced.bound - self.value + OUTWARDS * (1.0 + abs(priced.bound))
        low, high = model.low.copy(), model.high.copy()
        is_sure = form.may_close & (np.abs(priced.gains) > room)
        low[:n_lines] = np.where(is_sure & (priced.gains > 0), 1.0, low[:n_lines])
        high[:n_lines] = np.where(is_sure & (priced.gains < 0), 0.0, high[:n_lines])
        places, least, most = self.cover.boxes()
        _, ways = best_on(form, places, priced.costs[places], least, most)
        is_out = priced.tops[places] - ways > room
        x, z = n_lines + np.arange(len(places)), n_lines + 2 * len(places) + np.arange(len(places))
        high[x[is_out]], high[z[is_out]] = 0.0, 0.0
        return replace(model, low=low, high=high)

    def _search(self, seconds: float) -> bool:
        """One round: search, value its plan, refine the cover where it was too optimistic."""
        self.rounds += 1
        self.how = "search"
        # HiGHS takes its gap as a share of its own objective, which counts what stands
        size = max(abs(self.value + float(self.form.standing.sum())), self.lift, 1e-12)
        share = 0.2 * self.gap * self.lift / size
        model = self._decided(self.cover.programme(is_relaxed=False))
        found = search(model, gap=share, seconds=seconds, nodes=self.limits.nodes)
        self.nodes += found.nodes
        # what was fixed is beaten by the best so far; where nothing is left, so is everything
        known = self.value + float(self.form.standing.sum())
        self._bounded(known if found.status == "infeasible" and self.best is not None else max(found.bound, known))
        if found.status == "infeasible" and self.best is not None:
            return True
        if found.point is None:
            self.stopped_by = "seconds"
            return False
        shares, is_open, errors = self.cover.read(found.point)
        self.offer(shares, is_open)
        self._polish(shares, is_open)
        if found.status == "limit" and not self.is_proved:
            self.stopped_by = "nodes" if found.nodes >= self.limits.nodes else "seconds"
            return False
        worth_it = 0.1 * self.gap * self.lift / max(len(errors), 1)
        for piece, inside, error in errors:
            if error > min(worth_it, max((held[2] for held in errors), default=0.0) / 2):
                self.cover.refine(piece, inside)
        return True

    def _polish(self, shares: np.ndarray, is_open: np.ndarray, *, is_last: bool = False) -> None:
        close = CLOSE if is_last else max(0.05 * self.gap * self.lift, CLOSE) if self.best is not None else 1e-6
        better = self._polished(shares, is_open, close)
        if better is not None:
            self.offer(better.shares, np.round(is_open))

    def _polished(self, shares: np.ndarray, is_open: np.ndarray, close: float) -> Polished | None:
        """Return the best levels on the stretches of a plan; None where none hold, or they were found before."""
        low, high, _ = stretches_at(self.form, shares, np.round(is_open), {})
        key = np.concatenate([np.round(is_open), low, high]).tobytes()
        if key in self.polished:
            return None
        better = polish_plan(self.form, shares, is_open, close=close)
        if better is None or better.is_best:
            self.polished.add(key)
        return better

    def _bounded(self, bound: float) -> None:
        bound -= float(self.form.standing.sum())  # programmes count what stands; we count over all lines standing
        self.bound = min(self.bound, bound + OUTWARDS * (1.0 + abs(bound)))

    def certificate(self) -> Certificate:
        if not np.isfinite(self.bound):  # stopped before anything was relaxed
            self.bound = max(self._simple_bound(), self.value)
        form, is_sound = self.form, self.bound >= self.value - UNSOUND * (1.0 + abs(self.value))
        if not is_sound:
            self.bound, self.stopped_by = max(self._simple_bound(), self.value), "precision"
        value = form.zero_value + form.scale * self.value
        bound = max(form.zero_value + form.scale * self.bound, value)
        gap = max(self.bound - self.value, 0.0) / self.lift
        proved = bool(is_sound and gap <= self.gap)
        return Certificate(
            value=value,
            bound=bound,
            gap_absolute=bound - value,
            lift=self.lift * form.scale,
            gap=float(gap),
            asked_gap=self.gap,
            proved=proved,
            how=self.how,
            rounds=self.rounds,
            nodes=self.nodes,
            seconds=time.process_time() - self.started,
            stopped_by="gap" if proved else self.stopped_by,
        )

    def _simple_bound(self) -> float:
        """Every activity of worth at its largest level, every line as is best for it: no plan beats that."""
        form = self.form
        lifts = [max(form.lift(place, float(most)), 0.0) for place, most in enumerate(form.most)]
        return float(sum(lifts)) + float(np.maximum(-form.standing[form.may_close], 0.0).sum())


def sharp_form(plan: Plan) -> Canonical:
    """Return a plan's portfolio in canonical form, on a scale on which its lift is not small."""
    form = canonical_form(plan.portfolio)
    return form.rescaled(_sharper(plan.certificate.lift / form.scale))


def _sharper(most: float) -> float:
    """Return the factor for a value scale on which this much is no small number; 1 where it is none, or is noise.

    A power of ten, so that another unit of anything gives the same digits.
    """
    return float(10.0 ** np.floor(np.log10(most))) if 1e-7 < most < SMALL else 1.0
