"""In a review: seasons, gaps, accepted levels, funnels and rare events reach the statements, and chance is counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest

from workbench import outcomes
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure, SignalRules, Target
from workbench.outcomes.inputs import Event
from workbench.products import ProductMap

MONTHS = [dt.date(2022 + place // 12, place % 12 + 1, 1) for place in range(9, 57)]
"""October 2022 to September 2026."""


def products(*names: str) -> ProductMap:
    """Return products, each a line of its own."""
    return samples.product_map(names, *[(name, "product_line", f"{name}-line", 1.0) for name in names])


def levels(seed: int, *, season: float = 0.0, shift: float = 0.0, missing: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return monthly sums of two products; the first one's last eight months may be shifted."""
    generator = np.random.default_rng(seed)
    rows = []
    for name in ("car", "home"):
        values = 1000 + 20 * generator.standard_normal(48) + season * np.sin(2 * np.pi * np.arange(48) / 12)
        values[-8:] += shift if name == "car" else 0.0
        rows += [
            {"id": f"{name}{place}", "day": month, "product": name, "use": value}
            for place, (month, value) in enumerate(zip(MONTHS, values, strict=True))
            if place not in missing
        ]
    return pd.DataFrame(rows)


def review(bench: samples.Bench, frame: pd.DataFrame, *, rules: SignalRules | None = None, **more: object) -> Outcomes:
    """Return the review of one sum by month."""
    metric = Metric("use", "Use", "sum", Measure("use", "sum", "use"), signal=rules or SignalRules())
    metric = replace(metric, targets=tuple(more.pop("targets", ())), direction="up")  # type: ignore[arg-type]
    result = outcomes.measure(
        bench.inputs(
            {"use": frame},
            [metric],
            products("car", "home"),
            tables=[FactTable("use", ("id",), "day", "product", kind="period")],
            **more,
        )
    )
    assert isinstance(result, Outcomes)
    return result


def test_a_season_is_removed_before_a_move_is_sought(bench: samples.Bench) -> None:
    """The shift under a season is found at its line, dated, with its size; the split compares like months."""
    found = review(bench, levels(1, season=150.0, shift=70.0))
    assert [(move.metric, move.kind, move.parent) for move in found.moves][:1] == [("use", "product_line", "car-line")]
    move = found.moves[0]
    assert move.since == dt.date(2026, 2, 1)
    assert move.change == pytest.approx(70, abs=20)
    assert move.split is not None
    assert move.split.change == pytest.approx(70, abs=40)  # February to September against February to September
    quiet = review(bench, levels(2, season=150.0))
    assert quiet.moves == ()
    series = quiet.find("use", "product_line", "car-line")
    assert series is not None
    assert series.watched.season is not None
    assert "Removed from" in outcomes.method(quiet)


def test_how_many_moved_and_how_many_may_be_chance_is_said(bench: samples.Bench) -> None:
    """All series count: the company, lines and products; figures and words agree."""
    found = review(bench, levels(3, shift=120.0))
    portfolio = found.signals.portfolio
    assert {level.name: level.tested for level in portfolio.levels} == {"the company": 1, "parents": 2, "products": 2}
    assert portfolio.kept == 3
    numbers = outcomes.figures(found)
    assert (numbers["signals/watched"].value, numbers["signals/kept"].value) == (5, 3)
    words = " ".join(f"{f.claim} {f.detail}" for f in outcomes.headline(found))
    assert "Of 5 series watched, 3 moved; of these fewer than 1 may be expected to be chance." in words
    kept = {scope for place, scope in enumerate(found.signals.scopes) if portfolio.is_kept(place)}
    assert kept == {("use", "company", ""), ("use", "product_line", "car-line"), ("use", "product", "car")}
    assert {s.scope for s in found.series if s.watched.has_moved} == kept


def test_an_accepted_level_begins_a_new_range(bench: samples.Bench) -> None:
    """After an event of kind baseline the old range stays drawn, and the new level is judged by itself."""
    values = levels(4)
    values.loc[values["day"] >= dt.date(2025, 4, 1), "use"] += 300
    rules = SignalRules(baseline=24)
    moved = review(bench, values, rules=rules)
    assert moved.moves
    event = Event(dt.date(2025, 4, 1), "use", "New tariff accepted as the normal level", "baseline")
    accepted = review(bench, values, rules=rules, events=(event,))
    assert accepted.moves == ()
    series = accepted.find("use")
    assert series is not None
    assert series.watched.track is not None
    assert series.watched.limits is not None
    place = MONTHS.index(dt.date(2025, 4, 1))
    assert series.watched.track.centre[place - 1] == pytest.approx(2000, abs=40)
    assert series.watched.track.centre[place] == pytest.approx(2600, abs=40)
    assert series.watched.limits.baseline_from == place


def test_missing_months_are_no_zeros(bench: samples.Bench) -> None:
    """Two months that nobody sent are a hole in the line; nothing moves because of them."""
    found = review(bench, levels(5, missing=(20, 43)))
    series = found.find("use")
    assert series is not None
    assert series.watched.track is not None
    assert [place for place, value in enumerate(series.watched.track.shown) if value != value] == [20, 43]
    assert found.moves == ()


def test_a_target_has_a_chance_on_its_date(bench: samples.Bench) -> None:
    """Half for the mean, in a figure with its interval; none while the metric moves."""
    goals = [Target("company", "", 2000.0, dt.date(2027, 3, 31)), Target("product_line", "car-line", 1100.0, None)]
    steady = review(bench, levels(6), targets=goals)
    odds = steady.targets[0].assurance
    assert odds.verdict == "hit_and_miss"
    assert odds.chance == pytest.approx(0.5, abs=0.2)
    figure = outcomes.figures(steady)["chance/use/company/all/2027-03-31"]
    assert (figure.value, figure.low, figure.high) == (odds.chance, odds.chance_low, odds.chance_high)
    assert steady.targets[1].assurance.chance is None  # without a date
    moving = review(bench, levels(6, shift=200.0), targets=goals)
    assert (moving.targets[0].assurance.verdict, moving.targets[0].assurance.chance) == ("not_stated", None)


def answers(
    bench: samples.Bench, rules: SignalRules, names: tuple[str, ...] = ("car", "home", "bike", "pet")
) -> Outcomes:
    """Return a review of monthly shares of few rows; the last product is always well below the others."""
    generator, rows = np.random.default_rng(7), []
    for place, month in enumerate(MONTHS):
        for name in names:
            many = 60 if place % 7 else 5
            for number in range(many):
                paid = generator.random() < (0.1 if name == "pet" else 0.5)
                rows.append(
                    {"id": f"{name}-{place}-{number}", "day": month, "product": name, "ok": "yes" if paid else "no"}
                )
    frame = pd.DataFrame(rows)
    metric = Metric(
        "ok",
        "Solved",
        "ratio",
        Measure("asked", where=(Condition("ok", "is", "yes"),)),
        Measure("asked"),
        unit="share",
        signal=rules,
    )
    result = outcomes.measure(bench.inputs({"asked": frame}, [metric], products(*names)))
    assert isinstance(result, Outcomes)
    return result


def test_shares_of_few_rows_stand_in_a_funnel(bench: samples.Bench) -> None:
    """Products are compared in the latest month by their own rows, and over time by those of each month."""
    found = answers(bench, SignalRules(chart="p"))
    comparison = found.signals.comparisons[0]
    assert (comparison.metric, comparison.period) == ("ok", MONTHS[-1])
    assert comparison.funnel.outside() == ("pet",)
    figures = outcomes.figures(found)
    assert figures["funnel/ok"].value == pytest.approx(comparison.funnel.centre)
    assert figures["funnel/ok/pet"].high == pytest.approx(comparison.funnel.high[-1])
    series = found.find("ok", "product", "car")
    assert series is not None
    assert series.watched.limits is not None
    assert series.watched.limits.transform == "shares"
    assert series.watched.track is not None
    thin, usual = series.watched.track.upper[7], series.watched.track.upper[8]
    assert thin > usual


def test_a_chart_that_does_not_fit_gives_way_and_is_said(bench: samples.Bench) -> None:
    """Funnel limits for a sum, and times between events for months, are refused by name."""
    for chart, words in (("p", "funnel limits need a share"), ("time_between", "times between events need a count")):
        found = review(bench, levels(8), rules=SignalRules(chart=chart))
        series = found.find("use")
        assert series is not None
        assert series.watched.limits is not None
        said = " ".join(f"{f.claim} {f.detail}" for f in outcomes.cautions(found))
        assert "the declared chart does not fit" in said
        assert words in said.lower()


def test_a_season_that_is_known_and_too_short_is_refused_by_name(bench: samples.Bench) -> None:
    """Twenty months with a season that the client knows say nothing yet, and the report says why."""
    frame = levels(9)
    frame = frame[frame["day"] >= dt.date(2025, 2, 1)]
    found = review(bench, frame, rules=SignalRules(season="known"))
    assert all(series.watched.limits is None for series in found.series)
    said = " ".join(f.claim for f in outcomes.cautions(found))
    assert "Use: its season is known and cannot be removed yet" in said


def test_rare_events_are_watched_by_the_days_between_them(bench: samples.Bench) -> None:
    """Outages that became much rarer are named, with days instead of counts, and are in the portfolio."""
    generator = np.random.default_rng(10)
    gaps = np.concatenate([generator.exponential(12, 45), generator.exponential(90, 8)]).round().astype(int)
    first = dt.date(2026, 9, 20) - dt.timedelta(days=int(gaps.sum()))
    days = [first + dt.timedelta(days=int(total)) for total in np.concatenate([[0], np.cumsum(gaps)])]
    frame = pd.DataFrame({"id": range(len(days)), "day": days, "product": ["car"] * len(days)})
    metric = Metric(
        "outages",
        "Outages",
        "count",
        Measure("outages"),
        grain="day",
        empty_period="zero",
        signal=SignalRules(chart="time_between"),
    )
    found = outcomes.measure(bench.inputs({"outages": frame}, [metric], products("car", "home")))
    assert isinstance(found, Outcomes)
    company = next(one for one in found.signals.rare if one.kind == "company")
    assert company.gaps == tuple(float(gap) for gap in gaps)
    assert company.is_kept
    assert company.change is not None
    assert company.change.after > 3 * company.change.before
    said = " ".join(f.claim for f in outcomes.cautions(found))
    assert "Outages in the company became rarer" in said
    assert found.signals.portfolio.tested == 3
