"""What a review says behind its changes: totals that mislead, gaps that mislead, and periods that may be compared."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from outcome_samples import Bench, product_map

from workbench.outcomes import Event, Outcomes, cautions, figures, measure
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.causes import latest_and_before
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.driver_sentences import sure_reversals

MONTHS = [dt.date(2024 + (m // 12), m % 12 + 1, 1) for m in range(9, 33)]  # October 2024 to September 2026
PAID = (Condition("status", "is", "paid"),)
RATE = Metric(
    "paid", "Paid", "ratio", Measure("events", where=PAID), Measure("events"), unit="share", segments=("channel",)
)
MAP = product_map(["a", "b"], ("a", "product_line", "one", 1.0), ("b", "product_line", "two", 1.0))
WEB, PHONE = 0.2, 0.5


def events(rates: Any, web: Any, rows: int = 300, seed: int = 1) -> pd.DataFrame:
    """Return events of two products by month; `rates` and `web` give both channels' rates and the share of the web."""
    generator, found = np.random.default_rng(seed), []
    for place, month in enumerate(MONTHS):
        for product in ("a", "b"):
            is_web = generator.random(rows) < web(place, product)
            chance = np.where(is_web, *rates(place, product))
            found.append(
                pd.DataFrame(
                    {
                        "day": month,
                        "product": product,
                        "channel": np.where(is_web, "web", "phone"),
                        "status": np.where(generator.random(rows) < chance, "paid", "open"),
                    }
                )
            )
    frame = pd.concat(found, ignore_index=True)
    return frame.assign(id=np.arange(len(frame)))


def reviewed(bench: Bench, frame: pd.DataFrame, **more: Any) -> Outcomes:
    """Return the review of some events."""
    found = measure(bench.inputs({"events": frame}, (RATE,), MAP, **more))
    assert isinstance(found, Outcomes)
    return found


def better_yet_lower(place: int, product: str) -> tuple[float, float]:
    """Both channels of a pay better in the second year."""
    return (WEB + 0.06, PHONE + 0.06) if product == "a" and place >= 12 else (WEB, PHONE)


def to_the_web(place: int, product: str) -> float:
    """Orders of a go to the web in the second year."""
    return 0.9 if product == "a" and place >= 12 else 0.3


def test_a_total_that_misleads_is_a_caution_with_both_numbers(bench: Bench) -> None:
    """Line one falls in all and rises in each channel; the caution points at figures that hold the numbers."""
    result = reviewed(bench, events(better_yet_lower, to_the_web))
    (found,) = [r for r in sure_reversals(result) if r.what == "change"]
    assert (found.metric, found.dimension, found.moved) == ("paid", "channel", "web")
    assert found.overall < 0 < found.low
    assert found.stratum("web").weight_after == pytest.approx(0.9, abs=0.03)
    numbers = figures(result)
    said = next(f for f in cautions(result) if "like for like" in f.claim and "fell" in f.claim)
    values = {figure.id: figure.value for figure in numbers}
    assert [values[one] for one in said.figures][:3] == [found.before, found.after, found.rate_effect]
    assert "Judge the channels, not the total." in said.detail


def test_a_gap_that_misleads_is_said_of_the_line(bench: Bench) -> None:
    """Line one is below the other in all, and above it in each channel: it sells where paying is rare."""

    def rates(place: int, product: str) -> tuple[float, float]:
        return (WEB + 0.06, PHONE + 0.06) if product == "a" else (WEB, PHONE)

    result = reviewed(bench, events(rates, lambda place, product: 0.9 if product == "a" else 0.3))
    gaps = [r for r in sure_reversals(result) if r.what == "gap"]
    assert gaps
    assert {r.dimension for r in gaps} == {"channel"}
    assert not [r for r in sure_reversals(result) if r.what == "change"]
    said = " ".join(f"{f.claim} {f.detail}" for f in cautions(result))
    assert "the others in all, yet" in said
    assert "Judge the channels, not the total." in said


def test_a_pure_change_of_mix_raises_no_alert(bench: Bench) -> None:
    """When only the channels' weights change there is no reversal to speak of."""
    result = reviewed(bench, events(lambda place, product: (WEB, PHONE), to_the_web))
    assert sure_reversals(result) == ()


def test_a_redefinition_keeps_older_periods_out(bench: Bench) -> None:
    """Since a new definition there is no year before; nothing is claimed across it."""
    event = Event(dt.date(2026, 6, 1), "paid", "Refunds no longer count as paid", "definition")
    result = reviewed(bench, events(better_yet_lower, to_the_web), events=(event,))
    assert result.reversals == ()


@pytest.mark.parametrize(
    ("judged", "grain", "start", "expected"),
    [
        ([True] * 30, "month", 0, (list(range(6, 18)), list(range(18, 30)))),
        ([True] * 29 + [False], "month", 0, (list(range(5, 17)), list(range(17, 29)))),
        ([True] * 30, "month", 20, (list(range(20, 25)), list(range(25, 30)))),
        ([True] * 30, "month", 26, ([], [])),
        ([True, False] * 5, "quarter", 0, ([], [])),
    ],
    ids=["two years", "a period still open is in neither", "after a redefinition", "too little since then", "gaps"],
)
def test_which_periods_are_compared(
    judged: list[bool], grain: str, start: int, expected: tuple[list[int], list[int]]
) -> None:
    """A year against the year before where there are two, else halves; nothing where there is too little."""
    assert latest_and_before(np.array(judged), grain, start) == expected
