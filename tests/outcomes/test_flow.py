"""Flow by its definitions, on cases counted by hand; what cannot be used is listed, what cannot be said is not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.outcomes.flow import LeftOut, forecast, full_weeks, measure_flow, percentiles
from workbench.outcomes.work_tables import WORK_TABLES

AS_OF = dt.date(2026, 9, 30)  # a Wednesday: the last full week ends on 27 September
SINCE, UNTIL = dt.date(2026, 7, 6), dt.date(2026, 9, 27)


def items(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return items with all columns; created defaults to the day of the start, else 1 July."""
    made = []
    for number, row in enumerate(rows, start=1):
        full: dict[str, Any] = dict.fromkeys(WORK_TABLES["items"].columns)
        full |= {"item": f"A-{number}", "source": "jira", "product": "motor", "state": "done", "type": "", "kind": ""}
        full |= {"status": "Done", **row}
        full["created"] = full["created"] or full["started"] or dt.datetime(2026, 7, 1)
        made.append(full)
    frame = pd.DataFrame(made, columns=list(WORK_TABLES["items"].columns))
    for name in ("created", "started", "done", "updated"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def at(month: int, day: int, hour: int = 12) -> dt.datetime:
    """Return a moment of 2026."""
    return dt.datetime(2026, month, day, hour)


def test_window_is_full_weeks() -> None:
    """Monday to Sunday; a Sunday itself is full."""
    assert full_weeks(AS_OF) == (SINCE, UNTIL)
    assert full_weeks(dt.date(2026, 9, 27), 1) == (dt.date(2026, 9, 21), dt.date(2026, 9, 27))
    with pytest.raises(ModelError, match="at least one week"):
        full_weeks(AS_OF, 0)


def test_flow_time_by_hand_with_an_even_count() -> None:
    """1, 2, 4 and 9 days: the median is 3, the 85th percentile 4 + 0.55 · 5."""
    flow = measure_flow(
        items(*({"started": at(9, 1), "done": at(9, 1) + dt.timedelta(days=days)} for days in (1, 2, 4, 9))), AS_OF
    )
    assert flow.time.p50 == 3
    assert flow.time.p85 == pytest.approx(4 + 0.55 * 5)
    assert flow.time.p95 == pytest.approx(4 + 0.85 * 5)
    assert (flow.time.n, flow.time.left_out) == (4, ())


def test_whole_days_count_the_first() -> None:
    """Done on the day it began is 1 day, whatever the hours."""
    frame = items({"started": at(9, 1, 9), "done": at(9, 1, 17)}, {"started": at(9, 1, 23), "done": at(9, 3, 1)})
    assert measure_flow(frame, AS_OF, whole_days=True).time.p50 == 2
    assert measure_flow(frame, AS_OF).time.p50 == pytest.approx((8 / 24 + 26 / 24) / 2)


def test_rows_that_are_not_valid_are_listed_with_why_and_count_elsewhere() -> None:
    """Without start: no time, yet a velocity. Done before it began: the same. Done without a day: in no week."""
    flow = measure_flow(
        items(
            {"started": at(9, 1), "done": at(9, 4)},
            {"done": at(9, 2)},
            {"started": at(9, 5), "done": at(9, 3), "created": at(9, 1)},
            {"started": at(9, 1)},
        ),
        AS_OF,
    )
    assert flow.velocity.value == pytest.approx(3 / 12)
    assert flow.velocity.left_out == (LeftOut(1, "are done without a day", ("A-4",)),)
    assert flow.time.n == 1
    assert flow.time.left_out == (
        LeftOut(1, "have no start of work", ("A-2",)),
        LeftOut(1, "end before they begin", ("A-3",)),
    )


def test_velocity_load_and_age() -> None:
    """Weeks are counted from Monday; what is done after as_of is still open then; age runs to the end of the day."""
    flow = measure_flow(
        items(
            {"started": at(7, 1), "done": at(7, 6, 0)},
            {"started": at(7, 1), "done": at(9, 27, 23)},
            {"started": at(7, 1), "done": at(9, 28)},  # the week is not full
            {"started": at(9, 1, 0), "done": at(10, 2)},
            {"started": at(9, 21, 0), "state": "active"},
            {"state": "waiting"},
            {"state": "active"},
            {"state": "waiting", "created": at(10, 5)},
        ),
        AS_OF,
    )
    assert flow.throughput == (1, *[0] * 10, 1)
    assert flow.load.value == 3
    assert flow.age.n == 2
    assert flow.age.p50 == pytest.approx((30 + 10) / 2)
    assert flow.age.left_out == (LeftOut(1, "are in progress without a start", ("A-7",)),)


def test_efficiency_only_with_time_in_status() -> None:
    """Active over active and waiting, of all together; under half with times it is not stated."""
    one = {"started": at(9, 1), "done": at(9, 4), "active_seconds": 30.0, "waiting_seconds": 70.0}
    two = {"started": at(9, 1), "done": at(9, 4), "active_seconds": 20.0, "waiting_seconds": 80.0}
    bare = {"started": at(9, 1), "done": at(9, 4)}
    flow = measure_flow(items(one, two, bare), AS_OF)
    assert flow.efficiency.value == pytest.approx(0.25)
    assert flow.efficiency.left_out == (LeftOut(1, "have no time in status", ("A-3",)),)
    flow = measure_flow(items(one, bare, bare), AS_OF)
    assert flow.efficiency.value is None
    assert "time in status" in flow.efficiency.reason


def test_distribution_is_stated_only_where_types_are_told() -> None:
    """Shares of the four kinds; types of no kind are counted beside."""
    frame = items(*({"done": at(9, 2), "kind": kind} for kind in ("feature", "feature", "defect", "")))
    flow = measure_flow(frame, AS_OF)
    assert flow.distribution == {"feature": 2 / 3, "defect": 1 / 3, "risk": 0.0, "debt": 0.0}
    assert flow.untold == 1
    assert measure_flow(items({"done": at(9, 2)}), AS_OF).distribution == {}


def steady(days: int = 10, a_day: int = 1) -> pd.DataFrame:
    """Return work of which so much begins every day and each takes so long."""
    rows = []
    for offset in range(200):
        begun = dt.datetime(2026, 3, 16) + dt.timedelta(days=offset)
        end = begun + dt.timedelta(days=days)
        is_done = end.date() <= AS_OF
        rows += [{"started": begun, "done": end if is_done else None, "state": "done" if is_done else "active"}] * a_day
    return items(*rows)


def test_littles_law_holds_in_a_steady_flow_and_not_in_one_that_fills_up() -> None:
    """L = λW to rounding; twice as much begun as finished, and it is off by far."""
    flow = measure_flow(steady(), AS_OF)
    assert flow.littles_law_gap == pytest.approx(0, abs=0.02)
    assert flow.forecast.reason == ""
    filling = items(
        *(
            {"started": dt.datetime(2026, 7, 1) + dt.timedelta(days=n), "state": "active"}
            if n % 3
            else {
                "started": dt.datetime(2026, 7, 1) + dt.timedelta(days=n),
                "done": dt.datetime(2026, 7, 4) + dt.timedelta(days=n),
            }
            for n in range(80)
        )
    )
    flow = measure_flow(filling, AS_OF)
    assert flow.littles_law_gap is not None
    assert flow.littles_law_gap > 0.2
    assert flow.forecast.p85 is None
    assert "begun than finished" in flow.forecast.reason


def test_forecast_of_a_constant_pace_is_arithmetic() -> None:
    """Five a week: twenty items are four weeks, twenty-one are five."""
    assert [forecast([5] * 12, n, 0.0).p50 for n in (20, 21)] == [4, 5]


def test_forecast_agrees_with_the_exact_distribution() -> None:
    """2 in every third week, by chance: weeks to two items are geometric, checked in closed form."""
    found = forecast([0, 0, 2] * 4, 2, 0.0)
    # P(weeks ≤ k) = 1 − (2/3)^k: 55.6 % at 2, 86.8 % at 5, 96.1 % at 8
    assert (found.p50, found.p85, found.p95) == (2, 5, 8)


@pytest.mark.parametrize(
    ("throughput", "items_left", "gap", "reason"),
    [
        ([5] * 12, 0, 0.0, "nothing is left"),
        ([5] * 4, 3, 0.0, "4 weeks are known"),
        ([0] * 11 + [1], 3, 0.0, "too little was done"),
        ([5] * 12, 3, None, "without starts"),
        ([5] * 12, 3, 0.3, "more work is begun"),
        ([5, 6, 5, 4, 5, 6, 5, 4, 5, 6, 5, 4, 30, 31], 3, 0.0, "pace is changing"),
    ],
)
def test_forecast_is_refused_by_name(throughput: list[int], items_left: int, gap: float | None, reason: str) -> None:
    """Each condition that fails is said."""
    found = forecast(throughput, items_left, gap)
    assert found.p85 is None
    assert reason in found.reason


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_percentiles_equal_the_definition(values: list[float]) -> None:
    """Type 7: at (n − 1)·p between the sorted values, checked against a hand-written one."""

    def by_hand(share: float) -> float:
        held = sorted(values)
        place = (len(held) - 1) * share
        low = int(place)
        high = min(low + 1, len(held) - 1)
        return held[low] + (place - low) * (held[high] - held[low])

    assert percentiles(values) == pytest.approx([by_hand(share) for share in (0.5, 0.85, 0.95)], rel=1e-9, abs=1e-6)


def test_order_of_rows_does_not_matter() -> None:
    """Items are a set."""
    frame = steady().sample(frac=1, random_state=3)
    one, two = measure_flow(steady(), AS_OF), measure_flow(frame, AS_OF)
    assert (one.throughput, one.time.p85, one.load.value) == (two.throughput, two.time.p85, two.load.value)
    assert one.littles_law_gap == pytest.approx(two.littles_law_gap)
    assert np.isclose(one.age.p50 or 0, two.age.p50 or 0)
