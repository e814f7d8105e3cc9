"""What each reader hears first: one story once, at its level, money only where confirmed, what was planted on top."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
import reading_grade

from bench import insights as simulated
from workbench import outcomes
from workbench.outcomes import Event, Move, Outcomes
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Loop, Measure, Target, Worth
from workbench.outcomes.inputs import Signal
from workbench.outcomes.insights import Insight, say_move
from workbench.outcomes.managers import Reader
from workbench.outcomes.reading_sentences import reading_headline, reading_steps
from workbench.outcomes.readings import Ranking, is_denominator, is_derived, is_numerator, is_same_rows, told_once

PRODUCTS = ("car", "van", "home", "flat")
MONTHS = pd.period_range("2022-10", "2026-09", freq="M")
PREMIUM = Metric("premium", "Premium", "sum", Measure("events", "sum", "amount"), unit="currency", direction="up")
SOLD = Metric("sold", "Policies sold", "sum", Measure("events", "sum", "units"))
PRICE = Metric(
    "price", "Price", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units"), unit="currency"
)
LINES = pd.DataFrame({"product_line": ["motor", "house"], "name": ["Motor", "House"], "product_manager": ["Ann", "Bo"]})


def products(
    owners: tuple[str | None, ...] = (None, None, None, None), stages: tuple[str | None, ...] = (None,) * 4
) -> Any:
    """Return two lines of two products."""
    names = pd.DataFrame({"product": PRODUCTS, "name": [p.title() for p in PRODUCTS], "owner": owners, "stage": stages})
    rows = [(p, "product_line", "motor" if p in ("car", "van") else "house", 1.0) for p in PRODUCTS]
    return outcomes_map(names, rows)


def outcomes_map(names: pd.DataFrame, rows: list[tuple[Any, ...]]) -> Any:
    """Return a product map of rows of (product, kind, parent, share)."""
    from workbench.products import build_product_map

    return build_product_map(names, pd.DataFrame(rows, columns=["product", "kind", "parent", "share"]), LINES)


def monthly(shift: dict[str, tuple[float, float]], *, seed: int = 7, since: int = 8) -> pd.DataFrame:
    """Return one row a month and product; in the last `since` months price and units of a product are multiplied."""
    generator = np.random.default_rng(seed)
    rows = []
    for place, month in enumerate(MONTHS):
        for product in PRODUCTS:
            price, units = shift.get(product, (1.0, 1.0)) if place >= len(MONTHS) - since else (1.0, 1.0)
            sold = round(1_000 * units * generator.normal(1, 0.02))
            rows.append((month.start_time.date(), product, sold, sold * 50 * price * generator.normal(1, 0.02)))
    frame = pd.DataFrame(rows, columns=["day", "product", "units", "amount"])
    return frame.assign(id=range(len(frame)))


def review(folder: Path, frame: pd.DataFrame, metrics: list[Metric], **more: Any) -> Outcomes:
    """Return the review of one table."""
    held = samples.Bench(folder).inputs({"events": frame}, metrics, more.pop("products", products()), **more)
    found = outcomes.measure(held)
    assert isinstance(found, Outcomes)
    return found


def reading(result: Outcomes, name: str, kind: str = "manager") -> tuple[Insight, ...]:
    """Return what a reader hears."""
    return next(one.insights for one in result.readings if one.reader.kind == kind and one.reader.name == name)


# -- the level -------------------------------------------------------------------------------------------------------


def test_what_one_product_does_is_told_of_the_product(tmp_path: Path) -> None:
    """A shift of cars alone is told of cars, to their line's manager, and of no other line."""
    result = review(tmp_path, monthly({"car": (1.15, 1.0)}), [PRICE])
    assert [(i.kind, i.scope_kind, i.parent) for i in reading(result, "Ann")] == [("move", "product", "car")]
    assert [(i.scope_kind, i.parent) for i in reading(result, "Motor", "line")] == [("product", "car")]
    assert reading(result, "Bo") == ()


def test_what_all_products_of_a_line_do_is_told_of_the_line(tmp_path: Path) -> None:
    """One statement, of the line; who owns one product alone hears of that product."""
    result = review(
        tmp_path,
        monthly({"car": (1.12, 1.0), "van": (1.12, 1.0)}),
        [PRICE],
        products=products((None, "Cy", None, None)),
    )
    assert [(i.scope_kind, i.parent) for i in reading(result, "Ann")] == [("product_line", "motor")]
    assert [(i.scope_kind, i.parent) for i in reading(result, "Cy")] == [("product", "van")]


def test_two_products_that_move_apart_are_two_statements(tmp_path: Path) -> None:
    """One up and one down hide each other in the line; each is told."""
    result = review(tmp_path, monthly({"car": (1.2, 1.0), "van": (0.8, 1.0)}), [PRICE])
    told = {(i.parent, i.size > 0) for i in reading(result, "Ann")}
    assert {("car", True), ("van", False)} <= told


# -- one story once --------------------------------------------------------------------------------------------------


def test_a_ratio_and_its_numerator_are_one_statement(tmp_path: Path) -> None:
    """Dearer policies: price and premium rise together; the price is told, and names the premium."""
    result = review(tmp_path, monthly({"car": (1.2, 1.0)}), [PREMIUM, SOLD, PRICE])
    assert [i.metric for i in reading(result, "Ann")] == ["price"]
    assert "With it went Premium (+" in reading(result, "Ann")[0].detail
    assert [i.metric for i in result.insights] == ["price"]


def test_more_of_it_is_one_statement_too(tmp_path: Path) -> None:
    """More policies at the same price: units rise, and premium with them; what ranks first is told and names the other.

    Where nobody measures the price, nothing says that the one is because of the other.
    """
    frame = monthly({"car": (1.0, 1.3)})
    told = reading(review(tmp_path, frame, [PREMIUM, SOLD, PRICE]), "Ann")
    assert len(told) == 1
    assert told[0].metric in ("premium", "sold")
    assert told[0].cause is not None
    assert told[0].cause.cause == "volume"
    assert "With it went P" in told[0].detail
    assert {i.metric for i in reading(review(tmp_path, frame, [PREMIUM, SOLD]), "Ann")} == {"premium", "sold"}


def test_kinship_is_read_from_the_catalogue() -> None:
    """Same counts above or below the line; derived at any depth; another column or condition is no kin."""
    margin = Metric("margin", "Margin", "derived", inputs=(outcomes_input("premium"),), expression="premium / 2")
    deeper = Metric("deeper", "Deeper", "derived", inputs=(outcomes_input("margin"),), expression="margin / 2")
    held = samples.Catalogue((), (PREMIUM, SOLD, PRICE, margin, deeper))
    assert is_numerator(PREMIUM, PRICE)
    assert is_denominator(SOLD, PRICE)
    assert not is_numerator(SOLD, PRICE)
    assert is_derived(deeper, PREMIUM, held)
    assert not is_derived(PREMIUM, deeper, held)
    assert not is_numerator(replace(PREMIUM, type="distinct"), PRICE)


def outcomes_input(metric: str) -> Any:
    """Return the input of an expression."""
    from workbench.outcomes.definitions import Input

    return Input(metric, metric)


def test_moves_a_year_apart_are_two_stories(tmp_path: Path) -> None:
    """Kindred metrics that moved at other times tell of other things."""
    result = review(tmp_path, monthly({"car": (1.2, 1.0)}), [PREMIUM, SOLD, PRICE])
    price = reading(result, "Ann")[0]
    later = replace(price, metric="premium", period=price.period + dt.timedelta(days=200) if price.period else None)
    inputs = samples.Bench(tmp_path).inputs({"events": monthly({})}, [PREMIUM, SOLD, PRICE], products())
    assert len(told_once([price, later], inputs)) == 2
    assert len(told_once([price, replace(later, period=price.period)], inputs)) == 1


# -- what a statement carries ----------------------------------------------------------------------------------------


def test_a_statement_has_scope_period_size_interval_cause_query_and_rows(tmp_path: Path) -> None:
    """Everything that it takes to check it; events stand before the cause."""
    events = (Event(dt.date(2026, 2, 1), "car", "New tariff", "price"),)
    found = reading(review(tmp_path, monthly({"car": (1.15, 1.0)}), [PRICE], events=events), "Ann")[0]
    assert (found.metric, found.scope_kind, found.parent, found.reader) == ("price", "product", "car", "the board")
    assert (found.period, found.until) == (dt.date(2026, 2, 1), dt.date(2026, 9, 1))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 7.5 < found.high
    assert found.low < found.size < found.high
    assert found.cause is not None
    assert found.cause.cause == "rate"
    assert "select" in found.query.lower()
    assert (found.rows, found.files) == (48, ("facts/events.csv",))
    assert found.detail.index("New tariff") < found.detail.index("Mostly the rate")
    assert "The change is +" in found.detail
    assert "It rests on 48 rows of facts/events.csv." in found.detail


def test_a_redefinition_leaves_nothing_to_say_and_an_open_month_counts_in_nothing(tmp_path: Path) -> None:
    """After a definition event there is no cause, for it is another measure; a month still open is in no size."""
    events = (Event(dt.date(2026, 2, 1), "price", "Now with tax", "definition"),)
    frame = monthly({"car": (1.15, 1.0)})
    assert reading(review(tmp_path, frame, [PRICE], events=events), "Ann") == ()
    half = frame.assign(amount=np.where(frame["day"] == dt.date(2026, 9, 1), 9e6, frame["amount"]))
    settings = outcomes.Settings(dt.date(2026, 9, 20))
    found = reading(review(tmp_path, half, [PRICE], settings=settings), "Ann")[0]
    assert found.until == dt.date(2026, 8, 1)
    assert found.size < 12


@pytest.mark.parametrize(("status", "unit"), [("confirmed", "money"), ("claimed", "part"), (None, "part")])
def test_money_counts_only_where_a_worth_is_confirmed(tmp_path: Path, status: str | None, unit: str) -> None:
    """A worth that nobody confirmed is none; the stake is then a part of the rows."""
    metric = replace(SOLD, worth=Worth(61.0, "unit", "CFO", dt.date(2026, 9, 1), status))
    found = reading(review(tmp_path, monthly({"car": (1.0, 1.3)}), [metric]), "Ann")[0]
    assert found.unit == unit
    assert "61" not in found.claim + found.detail


def test_a_product_whose_use_is_not_its_stage_is_told_to_its_owner(tmp_path: Path) -> None:
    """Use that stays where it was under “grow”; who reads of it is who owns it."""
    metric = replace(SOLD, frame="heart.engagement")
    held = products(("Cy", None, None, None), ("grow", None, None, None))
    found = reading(review(tmp_path, monthly({}), [metric], products=held), "Cy")
    assert [(i.kind, i.parent) for i in found] == [("stage", "car")]
    assert found[0].claim == "Car is said to be in “grow”, but its use stays where it was."
    assert found[0].detail.startswith("Meant to grow, but use stays where it was")


def signals(late: int, soon: int, product: str = "car") -> tuple[Signal, ...]:
    """Return signals of which some wait for months and some are decided in a week."""
    raised = dt.date(2026, 4, 1)
    held = [Signal(f"{product}{k}", product, "calls", raised + dt.timedelta(days=k)) for k in range(late + soon)]
    return tuple(
        replace(s, seen=s.raised, decided=s.raised + dt.timedelta(days=7), decision="yes") if k >= late else s
        for k, s in enumerate(held)
    )


def test_decisions_that_come_late_are_told_once_of_the_line(tmp_path: Path) -> None:
    """Of line and product the line's manager hears one; too few signals carry nothing, quick decisions neither."""
    metric = replace(SOLD, loop=Loop("Ann", None, 14.0))
    told = reading(review(tmp_path, monthly({}), [metric], feedback=signals(8, 2)), "Ann")
    found = [i for i in told if i.kind == "loop"]
    assert [i.scope_kind for i in found] == ["product_line"]
    assert found[0].claim.startswith("Half of 10 signals on Motor wait longer than ")
    assert (found[0].rows, found[0].files, found[0].query) == (10, ("feedback",), "")
    assert found[0].size == pytest.approx(0.8)
    for feedback in (signals(3, 1), signals(1, 9)):
        told = reading(review(tmp_path, monthly({}), [metric], feedback=feedback), "Ann")
        assert all(i.kind != "loop" for i in told)


def test_a_reader_hears_at_most_so_many_and_how_many_found_no_room(tmp_path: Path) -> None:
    """Five by default, as the setting says otherwise."""
    targets = (*(Target("product", product, 1e6) for product in PRODUCTS), Target("product_line", "motor", 1e6))
    metrics = [
        replace(SOLD, direction="up", targets=targets),
        replace(PREMIUM, targets=tuple(replace(t, value=1e9) for t in targets)),
    ]
    inputs = samples.Bench(tmp_path).inputs({"events": monthly({})}, metrics, products())
    whole, few = outcomes.measure(inputs), outcomes.measure(inputs, insights_per_reader=2)
    assert isinstance(whole, Outcomes)
    assert isinstance(few, Outcomes)
    ann = [(len(one.insights), one.more) for r in (whole, few) for one in r.readings if one.reader.name == "Ann"]
    assert [count for count, _ in ann] == [5, 2]
    assert sum(ann[0]) == sum(ann[1]) >= 6
    for one in whole.readings:
        scores = [i.score for i in one.insights]
        assert scores == sorted(scores, reverse=True)
        for i in one.insights:
            factors = (i.stake, i.evidence, i.actionability, i.novelty)
            assert all(0 <= factor <= 1 for factor in factors)
            assert i.score == pytest.approx(np.prod(factors))


# -- portfolios ------------------------------------------------------------------------------------------------------

PORTFOLIOS = 10


@lru_cache(maxsize=1)
def portfolios(folder: Path) -> tuple[tuple[Outcomes, simulated.Planted], ...]:
    """Return reviews of simulated portfolios, each with one planted shift."""
    found = []
    for place in range(PORTFOLIOS):
        frame, planted = simulated.simulate(np.random.default_rng([simulated.SEED, place]))
        path = folder / f"{place}.parquet"
        frame.to_parquet(path)
        result = outcomes.measure(simulated.inputs(path, frame))
        assert isinstance(result, Outcomes)
        found.append((result, planted))
    return tuple(found)


@pytest.fixture(scope="module")
def simulations(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Outcomes, simulated.Planted], ...]:
    """Return the simulated portfolios, once."""
    return portfolios(tmp_path_factory.mktemp("portfolios"))


def test_the_planted_cause_is_what_its_manager_hears_first(simulations: Any) -> None:
    """Of 20 metrics with one shift of 3 sd; bench/insights.py holds 90 % over 500 portfolios."""
    verdicts = [simulated.judge(result, planted) for result, planted in simulations]
    assert sum(one.manager for one in verdicts) >= 0.8 * PORTFOLIOS
    assert sum(one.manager_scope for one in verdicts) >= 0.6 * PORTFOLIOS
    # and managers of other lines are mostly left alone
    assert np.mean([one.said for one in verdicts]) <= 2


def test_every_factor_lies_between_zero_and_one(simulations: Any) -> None:
    """And the score is their product, in every portfolio."""
    told = [i for result, _ in simulations for one in result.readings for i in one.insights]
    assert len(told) > PORTFOLIOS
    for i in told:
        factors = (i.stake, i.evidence, i.actionability, i.novelty)
        assert all(0 <= factor <= 1 for factor in factors)
        assert i.score == pytest.approx(np.prod(factors))
        assert i.low is not None
        assert i.high is not None
        assert i.low <= i.size <= i.high


def test_what_was_planted_on_another_metric_is_not_found(simulations: Any) -> None:
    """The judge of the simulation can say no."""
    result, planted = simulations[0]
    assert not simulated.judge(result, replace(planted, metric="m99")).manager
    assert not simulated.judge(result, replace(planted, way=-planted.way)).manager


def test_every_sentence_of_the_portfolios_reads_at_grade_eight_or_below(simulations: Any) -> None:
    """Whole sentences with the simulated names, nothing left out."""
    told = [
        sentence
        for result, _ in simulations
        for text in reading_grade.texts_of(result)
        for sentence in reading_grade.sentences(text)
    ]
    assert len(set(told)) > 60
    hard = {sentence: grade for sentence in set(told) if (grade := reading_grade.grade(sentence)) > 8}
    assert not hard


def test_readers_are_lines_then_managers(simulations: Any) -> None:
    """In the client's order."""
    readers: list[Reader] = [one.reader for one in simulations[0][0].readings]
    assert [r.kind for r in readers] == ["line"] * 3 + ["manager"] * 3


def test_thin_periods_in_between_shorten_no_change(tmp_path: Path) -> None:
    """Months that are not judged lie inside the new level: it ends with the last month that is."""
    frame = monthly({"car": (1.2, 1.0)})
    is_thin = frame["day"].isin([dt.date(2026, 4, 1), dt.date(2026, 6, 1)])
    found = reading(review(tmp_path, frame[~is_thin], [PRICE]), "Ann")[0]
    assert (found.parent, found.period, found.until) == ("car", dt.date(2026, 2, 1), dt.date(2026, 9, 1))


def test_rows_and_the_customers_of_the_same_rows_are_one_statement() -> None:
    """A count and a distinct count move together; on other rows they may not."""
    rows = Metric("claims", "Claims", "count", Measure("events"))
    customers = Metric("claimants", "Claimants", "distinct", Measure("events", "distinct", "customer"))
    assert is_same_rows(rows, customers)
    assert is_same_rows(customers, rows)
    assert not is_same_rows(rows, rows)
    assert not is_same_rows(rows, replace(customers, measure=Measure("others", "distinct", "customer")))


# -- no more than the numbers hold -----------------------------------------------------------------------------------


def test_a_level_that_went_back_is_not_told_as_if_it_stood(tmp_path: Path) -> None:
    """Three dear months in the middle: from when to when, nothing to keep, and one series is not all reviews."""
    frame = monthly({"car": (1.3, 1.0)})
    is_back = (frame["product"] == "car") & (frame["day"] >= dt.date(2026, 5, 1))
    frame.loc[is_back, "amount"] /= 1.3
    result = review(tmp_path, frame, [replace(PRICE, direction="up")])
    found = reading(result, "Ann")[0]
    assert (found.is_over, found.until) == (True, dt.date(2026, 4, 1))
    assert "from February 2026 to April 2026 only" in found.claim
    assert "since" not in found.claim
    assert "a lasting change" not in found.claim
    assert "By chance alone, this one series would show as much" in found.detail
    page = next(one for one in result.readings if one.reader.name == "Ann")
    steps = reading_steps(result, page, outcomes.figures(result))
    assert "how to keep" not in steps[0].claim
    names = [figure.name for figure in outcomes.figures(result) if figure.key == "after/price/product/car"]
    assert names == ["Price, Car (product): from February 2026 to April 2026 only"]
    standing = reading(review(tmp_path, monthly({"car": (1.3, 1.0)}), [PRICE]), "Ann")[0]
    assert not standing.is_over
    assert "since February 2026" in standing.claim


def test_what_moved_is_counted_where_its_statement_found_no_room(tmp_path: Path) -> None:
    """A page of one statement counts both outcomes that moved, and does not say that none has."""
    inputs = samples.Bench(tmp_path).inputs({"events": monthly({"car": (1.25, 0.7)})}, [SOLD, PRICE], products())
    result = outcomes.measure(inputs, insights_per_reader=1)
    assert isinstance(result, Outcomes)
    page = next(one for one in result.readings if one.reader.name == "Ann")
    numbers = outcomes.figures(result)
    assert len(page.insights) == 1
    assert numbers["reading/manager/Ann/moved"].value == 2
    assert "2 of 2 outcomes have really moved" in reading_headline(result, page, numbers)[0].claim


def test_no_figure_calls_a_point_outside_its_range_inside_it(tmp_path: Path) -> None:
    """Lines that moved the other way have their own change; one that left its range and is not told says so."""
    result = review(
        tmp_path, monthly({"car": (1.2, 1.0), "van": (1.2, 1.0), "home": (0.8, 1.0), "flat": (0.8, 1.0)}), [PRICE]
    )
    numbers = outcomes.figures(result)
    for line, sign in (("motor", 1), ("house", -1)):
        figure = numbers[f"change/price/product_line/{line}"]
        assert isinstance(figure.value, float)
        assert figure.value * sign > 0
    for series in result.series:
        key = f"change/{series.metric.metric}/{series.kind}/{series.parent or 'all'}"
        if any(series.is_outside()) and key in numbers:
            assert numbers[key].source != "inside its usual range"


def test_intervals_of_hints_hold_for_what_was_picked(tmp_path: Path) -> None:
    """A hint is picked for its size as a move is: few hints among many series have wide intervals."""
    result = review(tmp_path, monthly({}), [PRICE])
    one = next(s for s in result.series if s.kind == "product" and s.watched.change is not None)
    change = one.watched.change
    assert change is not None
    hint = replace(one, watched=replace(one.watched, is_kept=False, q=0.3))
    others = [replace(s, watched=replace(s.watched, is_kept=False, q=0.9)) for s in result.series if s is not one]
    move = Move(
        *one.scope,
        since=one.period(change.first),
        until=one.period(change.first),
        before=change.before,
        after=change.after,
        size_sigma=change.size_sigma,
        p=change.p,
        is_favourable=None,
        is_outside=False,
        q=0.3,
    )
    inputs = samples.Bench(tmp_path).inputs({"events": monthly({})}, [PRICE], products())
    reader = Reader("manager", "Ann", "Ann", products=PRODUCTS)

    def width(series: list[Any]) -> float:
        told = Ranking(inputs, series, {}, moves=[], own={reader: [move]}).all[0]
        assert told.low is not None
        assert told.high is not None
        return told.high - told.low

    assert width([hint, *others]) > 1.2 * width([hint])


def test_a_long_statement_of_a_level_that_went_back_keeps_its_place() -> None:
    """Where the months do not fit, "for a time" stands for them, and the product is still named."""
    metric = replace(PRICE, label="Days until 85 % of claims are settled", unit="days")
    day = dt.date(2026, 4, 1)
    move = Move("price", "product", "car", day, dt.date(2026, 6, 1), 56.5, 81.8, 2.0, 0.001, None, False, is_over=True)
    held = products()
    named = replace(held, products=tuple(replace(p, name="Company pension scheme") for p in held.products))
    assert say_move(move, metric, named, "EUR").endswith("in Company pension scheme rose to 81.8 days for a time.")
