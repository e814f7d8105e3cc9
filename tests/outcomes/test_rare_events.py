"""Rare events are watched by the days between them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from workbench.outcomes.rare_events import watch_gaps
from workbench.outcomes.scales import GAP_POWER, back, forward

START = dt.date(2022, 1, 1)


def calendar(gaps: list[int] | np.ndarray) -> tuple[list[dt.date], np.ndarray]:
    """Return days and counts with an event on the first day and after each gap, and ten quiet days."""
    places = np.concatenate([[0], np.cumsum(np.asarray(gaps, dtype=int))])
    counts = np.zeros(places[-1] + 11)
    np.add.at(counts, places, 1)
    return [START + dt.timedelta(days=place) for place in range(counts.size)], counts


def test_gaps_are_days_between_events() -> None:
    """Several on one day are 0 days apart; the quiet days at the end are open, not a gap."""
    days, counts = calendar([5, 0, 30, 2])
    found = watch_gaps(days, counts)
    assert found.gaps == (5.0, 0.0, 30.0, 2.0)
    assert found.ends[2] == START + dt.timedelta(days=35)
    assert found.open_days == 10
    assert found.reason == "too early to tell: 4 of 12 times between events"


def test_the_power_makes_waiting_times_nearly_normal() -> None:
    """Exponential waits to the power 1/3.6 have hardly any skewness (Nelson 1994), and come back."""
    waits = np.random.default_rng(2).exponential(40, 200_000)
    flat = forward(waits, "gaps")
    skew = float(((flat - flat.mean()) ** 3).mean() / flat.std() ** 3)
    assert abs(skew) < 0.05
    assert round(GAP_POWER, 4) == 0.2778  # printed as 0.2777 = 1/3.6, cut off
    assert back(flat, "gaps") == pytest.approx(waits)


def test_steady_events_seldom_alarm_and_rarer_ones_are_found() -> None:
    """Of Poisson processes at most one in 20 is called changed; events that became five times rarer are found."""
    generator, false, found = np.random.default_rng(3), 0, 0
    for _ in range(150):
        steady = watch_gaps(*calendar(generator.exponential(20, 40).round()))
        rarer = watch_gaps(*calendar(np.concatenate([generator.exponential(20, 32), generator.exponential(100, 8)])))
        assert steady.change is not None
        assert rarer.change is not None
        false += steady.change.p <= 0.05
        found += rarer.change.p <= 0.05 and rarer.change.size > 0
    assert false / 150 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)
    assert found / 150 >= 0.8


def test_a_long_silence_is_told() -> None:
    """Days without an event beyond the usual range are longer than ever; a break starts anew."""
    generator = np.random.default_rng(4)
    days, counts = calendar(generator.exponential(10, 30).round())
    quiet = 400
    days += [days[-1] + dt.timedelta(days=place + 1) for place in range(quiet)]
    counts = np.concatenate([counts, np.zeros(quiet)])
    found = watch_gaps(days, counts)
    assert found.open_days == quiet + 10
    assert found.is_longer_than_ever
    after = watch_gaps(days, counts, start=len(days) - quiet)
    assert after.gaps == ()
    assert not after.is_longer_than_ever


def test_a_clockwork_has_no_wobble() -> None:
    """Events at one distance have no usual range."""
    assert watch_gaps(*calendar([7] * 20)).reason == "the times between events never changed"
