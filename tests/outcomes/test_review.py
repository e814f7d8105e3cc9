"""A whole review: planted moves are found with their cause, trouble stays where it is, every number traces back."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest

from workbench import outcomes
from workbench.errors import ModelError
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import ControlTotal, Event, Outcomes, Settings
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Condition, Input, Loop, Measure, SignalRules, Target, Worth
from workbench.outcomes.dialects import Query

AS_OF = dt.date(2026, 9, 30)
PRODUCTS = ("car", "van", "home", "flat")
PAID = (Condition("status", "is", "paid"),)
FORBIDDEN = re.compile(r"\b(alpha|XmR|CVaR|p-value|sigma|Shapley|Kitagawa)\b", re.IGNORECASE)


def monthly(seed: int = 1, plant: str = "", months: int = 48, rows: int = 60) -> pd.DataFrame:
    """Return events of four products in two channels, some paid; `plant` changes the last six months of cars."""
    generator = np.random.default_rng(seed)
    found = []
    start = 2026 * 12 + 9 - months
    for month in range(start, 2026 * 12 + 9):
        first = dt.date(month // 12, month % 12 + 1, 1)
        is_late = month >= 2026 * 12 + 9 - 6
        for product in PRODUCTS:
            count = int(generator.poisson(rows))
            web = 0.5
            chance = {"web": 0.7, "phone": 0.3}
            if is_late and plant == "rate" and product == "car":
                chance = {"web": 0.35, "phone": 0.1}
            if is_late and plant == "mix" and product == "car":
                web, count = 0.05, count
            for _ in range(count):
                channel = "web" if generator.random() < web else "phone"
                status = "paid" if generator.random() < chance[channel] else "open"
                day = first + dt.timedelta(days=int(generator.integers(0, 28)))
                found.append((day, product, channel, status, float(generator.lognormal(3, 0.3))))
    frame = pd.DataFrame(found, columns=["day", "product", "channel", "status", "amount"])
    frame["id"] = range(len(frame))
    frame["customer"] = [f"c{n}" for n in generator.integers(0, 500, len(frame))]
    return frame


def paid_share(**more: Any) -> Metric:
    """Return the metric that the plants move."""
    settings = {"unit": "share", "direction": "up", "segments": ("channel",), **more}
    return Metric("paid_share", "Share paid", "ratio", Measure("events", where=PAID), Measure("events"), **settings)


ORDERS = Metric("orders", "Orders", "count", Measure("events"), direction="up")
LINES = pd.DataFrame(
    {"product_line": ["motor", "house"], "name": ["Motor", "House"], "product_manager": ["A. Keller", None]}
)


def shares(**more: Any) -> Any:
    """Return two lines of two products, and a stream that holds parts of them."""
    return samples.product_map(
        PRODUCTS,
        ("car", "product_line", "motor", 1.0),
        ("van", "product_line", "motor", 1.0),
        ("home", "product_line", "house", 1.0),
        ("flat", "product_line", "house", 1.0),
        ("car", "value_stream", "buy", 0.6),
        ("home", "value_stream", "buy", 0.5),
        lines=LINES,
        **more,
    )


def review(bench: samples.Bench, frame: pd.DataFrame, metrics: list[Metric], **more: Any) -> Outcomes:
    """Return the review of one table."""
    found = outcomes.measure(bench.inputs({"events": frame}, metrics, more.pop("products", shares()), **more))
    assert isinstance(found, Outcomes)
    return found


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return a review in which cars are paid less often since April 2026."""
    bench = samples.Bench(tmp_path_factory.mktemp("moved"))
    target = (Target("product_line", "motor", 0.5, dt.date(2027, 3, 31)), Target("company", "", 0.9))
    worth = Worth(100.0, "numerator", "CFO", dt.date(2026, 9, 1), "confirmed")
    metric = paid_share(targets=target, worth=worth, loop=Loop("Head of Sales", "weekly_review", 14.0))
    events = (
        Event(dt.date(2026, 4, 3), "motor", "New payment page", "other"),
        Event(dt.date(2025, 1, 1), "", "Old", "price"),
    )
    totals = (ControlTotal("orders", "", "2026-08", 1.0, "ledger", "CFO"), ControlTotal("orders", "", "2026-07", 0.0))
    return review(bench, monthly(plant="rate"), [metric, ORDERS], events=events, control_totals=totals)


def test_a_planted_fall_of_the_rate_is_found_where_it_happened(moved: Outcomes) -> None:
    """One move: share paid, in the line of cars, since April, for the worse, by the rate, car named first."""
    assert [(m.metric, m.kind, m.parent) for m in moved.moves] == [("paid_share", "product_line", "motor")]
    move = moved.moves[0]
    assert move.since == dt.date(2026, 4, 1)
    assert move.change < -0.1
    assert move.is_favourable is False
    assert move.is_outside
    assert move.split is not None
    assert move.split.cause == "rate"
    assert move.split.exact_parts("rate")[0].segment == "car"
    assert [event.what for event in move.events] == ["New payment page"]
    assert ("company", "") in move.also


def test_a_planted_change_of_mix_is_told_from_rate(bench: samples.Bench) -> None:
    """When customers come by phone more often, the same fall is called mix, over channels."""
    found = review(bench, monthly(plant="mix"), [paid_share()])
    assert [m.parent for m in found.moves] == ["motor"]
    split = found.moves[0].split
    assert split is not None
    assert (split.cause, split.dimension) == ("mix", "channel")


CUT = dt.date(2024, 7, 15)
"""In mid month and mid baseline: 36 months from October 2022."""


def reassigned() -> pd.DataFrame:
    """Return events of two products: car does otherwise after its share falls, van sells online since February 2026."""
    generator = np.random.default_rng(1)
    rows = []
    for month in range(2022 * 12 + 9, 2026 * 12 + 9):
        for product in ("car", "van"):
            for _ in range(40):
                day = dt.date(month // 12, month % 12 + 1, int(generator.integers(1, 29)))
                online = (0.3 if day < CUT else 0.6) if product == "car" else 0.4
                if product == "van" and day >= dt.date(2026, 2, 1):
                    online = 0.98
                channel = "web" if generator.random() < online else "phone"
                is_paid = bool(generator.random() < (0.8 if channel == "web" else 0.3))
                rows.append((day, product, channel, "paid" if is_paid else "open", is_paid))
    frame = pd.DataFrame(rows, columns=["day", "product", "channel", "status", "is_paid"])
    score = np.where(frame["is_paid"], 10.0, 3.0)
    size = np.where(frame["product"] == "car", 8.0, 30.0)  # gains and losses, so that amounts of cars nearly cancel
    return frame.assign(id=range(len(frame)), score=score, amount=size * (frame["is_paid"] - 0.5))


@pytest.mark.parametrize("name", ["rate", "segments", "score", "sum"])
def test_a_split_is_exact_when_a_share_changes_in_mid_span(bench: samples.Bench, name: str) -> None:
    """Before and after as printed are Σ share × top over Σ share × bottom, each row with the share of its own day."""
    frame = reassigned()
    if name == "sum":  # what belongs to no line hides the move from the company, so that the line is shown
        other = frame[frame["product"] == "van"].assign(product="home", id=lambda held: held["id"] + len(frame))
        noise = np.random.default_rng(2).normal(0.0, 400.0, len(other))
        frame = pd.concat([frame, other.assign(amount=noise)], ignore_index=True)
    reshared = samples.product_map(
        ("car", "van", "home"),
        ("car", "product_line", "motor", 1.0),
        ("car", "product_line", "motor", 0.1, CUT),
        ("van", "product_line", "motor", 1.0),
    )
    metric = {
        "rate": paid_share(segments=()),
        "segments": paid_share(),
        "score": Metric("nps", "NPS", "score", Measure("events", "sum", "score"), score=samples.NPS),
        "sum": Metric("value", "Value", "sum", Measure("events", "sum", "amount")),
    }[name]
    found = review(bench, frame, [metric], products=reshared)
    series = found.find(metric.metric, "product_line", "motor")
    assert series is not None
    assert series.watched.limits is not None
    move = found.moves[0]
    assert (move.kind, move.parent) == ("product_line", "motor")
    assert move.split is not None
    assert move.split.dimension == ("channel" if name == "segments" else "")
    assert "shares" in {effect.factor for effect in move.split.wholes()}
    weight = np.where((frame["product"] == "car") & (frame["day"] >= CUT), 0.1, 1.0) * (frame["product"] != "home")
    top = {
        "rate": frame["is_paid"] * 1.0,
        "segments": frame["is_paid"] * 1.0,
        "score": 100.0 * (2.0 * frame["is_paid"] - 1.0),
        "sum": frame["amount"],
    }[name]
    month = frame["day"].map(lambda day: day.replace(day=1))
    numbers = outcomes.figures(found)
    limits = series.watched.limits
    for what, since, until in (
        ("before", series.period(limits.baseline_from), series.period(limits.baseline_to)),
        ("after", move.since, move.until),
    ):
        inside = ((month >= since) & (month <= until)).to_numpy()
        bottom = month[inside].nunique() if name == "sum" else weight[inside].sum()
        expected = float((weight * top)[inside].sum() / bottom)
        printed = numbers[f"effect/{metric.metric}/product_line/motor/{what}"].value
        assert printed == pytest.approx(expected, rel=1e-12), what
    assert sum(effect.effect for effect in move.split.wholes()) == pytest.approx(move.split.change, abs=1e-9)


def test_nothing_planted_nothing_found(bench: samples.Bench) -> None:
    """A quiet client hears that nothing moved."""
    found = review(bench, monthly(seed=3), [paid_share(), ORDERS])
    assert found.moves == ()
    assert outcomes.headline(found)[0].claim == "None of 2 outcomes has moved beyond its usual ups and downs."


def test_a_redefinition_ends_the_comparison(bench: samples.Bench) -> None:
    """After a definition event the metric starts again: too early, and no cause is named."""
    events = (Event(dt.date(2026, 4, 1), "paid_share", "Instalments count as paid", "definition"),)
    found = review(bench, monthly(plant="rate"), [paid_share(), ORDERS], events=events)
    assert found.moves == ()
    series = found.find("paid_share", "product_line", "motor")
    assert series is not None
    assert series.watched.reason == "too early to tell: 6 of 12 periods"
    said = " ".join(f.detail for f in outcomes.cautions(found))
    assert "Instalments count as paid" in said


def test_the_answer_comes_first_and_every_claim_keeps_to_its_length(moved: Outcomes) -> None:
    """The bottom line says how much moved; no claim is over two lines or speaks statistics."""
    headline = outcomes.headline(moved)
    assert headline[0].claim == "1 of 2 outcomes has really moved: 1 for the worse."
    assert headline[1].claim.startswith("Share paid in Motor fell from 50 % to ")
    for finding in [*headline, *outcomes.cautions(moved), *outcomes.next_steps(moved)]:
        assert len(finding.claim) <= CLAIM_LENGTH
        assert not FORBIDDEN.search(finding.claim)
        assert not FORBIDDEN.search(finding.detail)


def test_next_steps_say_what_to_decide_by_when_by_whom_and_one_clause_why(moved: Outcomes) -> None:
    """They do not repeat the bottom line: the detail is one sentence, and no detail of the headline stands in it."""
    step = outcomes.next_steps(moved)[0]
    assert step.claim == "Decide within 14 days what to do about Share paid in Motor (Head of Sales)."
    assert step.detail == "On record, and to be asked first: New payment page (3 April 2026)."
    said = {finding.detail for finding in outcomes.headline(moved)}
    assert not said & {finding.detail for finding in outcomes.next_steps(moved)}
    long = replace(moved.insights[0], reader="Head of everything that is sold online and in the branches of the house")
    shorter = outcomes.next_steps(replace(moved, insights=(long,)))[0]
    assert len(shorter.claim) <= CLAIM_LENGTH
    assert shorter.detail.startswith("For Motor. On record")
    quiet = replace(moved.insights[0], events=())
    assert outcomes.next_steps(replace(moved, insights=(quiet,)))[0].detail.startswith("Mostly the rate itself:")


def test_targets_are_told_by_verdict(bench: samples.Bench) -> None:
    """Missed ones first, each outcome once with its scopes; what is consistently met is not listed."""
    goals = (
        Target("company", "", 0.9),
        Target("product_line", "motor", 0.95),
        Target("product", "car", 0.52),
        Target("product_line", "house", 0.05),
    )
    found = review(bench, monthly(seed=3), [paid_share(targets=goals)])
    told = outcomes.headline(found)[-1]
    assert told.claim.endswith("; 2 are consistently missed.")
    assert told.detail == "Consistently missed: Share paid (the company and Motor). Hits and misses: Share paid (CAR)."
    alone = replace(found, targets=found.targets[3:])
    assert outcomes.headline(alone)[-1].claim == "The one target is met in the latest complete period."
    assert outcomes.headline(alone)[-1].detail == "All are consistently met."


def test_numbers_in_claims_are_figures(moved: Outcomes) -> None:
    """Every finding with a number names figures, and they hold that number."""
    numbers = {figure.id: figure for figure in outcomes.figures(moved)}
    for finding in outcomes.headline(moved):
        assert finding.figures, finding.claim
        assert all(name in numbers for name in finding.figures)
    move = outcomes.headline(moved)[1]
    keys = {numbers[name].key for name in move.figures}
    assert {f"{what}/paid_share/product_line/motor" for what in ("before", "after", "change")} <= keys
    before = outcomes.figures(moved)["before/paid_share/product_line/motor"].value
    assert isinstance(before, float)
    assert f"{before:.0%}".replace("%", " %") in move.claim


def test_every_number_can_be_reproduced_from_the_printed_query(bench: samples.Bench) -> None:
    """The text on an insight, pasted into the engine, gives the numbers of the claim."""
    frame = monthly(plant="rate")
    found = review(bench, frame, [paid_share()])
    insight = found.insights[0]
    with bench.engine({"events": frame}) as engine:
        rows = engine.fetch(Query(insight.query, ("paid_share",), "duckdb"))
    rows = rows[rows["_product"].isin(["car", "van"])]
    late = rows[pd.to_datetime(rows["_period"]) >= pd.Timestamp(2026, 4, 1)]
    by_month = late.groupby("_period")[["paid_share__num", "paid_share__den"]].sum()
    after = (by_month["paid_share__num"] / by_month["paid_share__den"]).mean()
    assert found.moves[0].after == pytest.approx(after, rel=1e-12)
    assert insight.rows == int((frame["product"].isin(["car", "van"])).sum())


def test_scores_of_insights_are_products_between_zero_and_one(bench: samples.Bench) -> None:
    """Stake × evidence × actionability × novelty, each 0 to 1; ranked from the top; a farther target weighs more."""
    targets = (Target("product", "car", 0.9), Target("product", "van", 0.8), Target("company", "", 0.95))
    found = review(bench, monthly(seed=3), [paid_share(targets=targets)])
    scores = [insight.score for insight in found.insights]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    for insight in found.insights:
        factors = (insight.stake, insight.evidence, insight.actionability, insight.novelty)
        assert all(0 <= factor <= 1 for factor in factors)
        assert insight.score == pytest.approx(np.prod(factors))
    stakes = {(insight.scope_kind, insight.parent): insight.stake for insight in found.insights}
    assert stakes["company", ""] == 1.0
    assert stakes["product", "van"] < stakes["product", "car"] < 1.0


def test_a_reader_gets_at_most_so_many(bench: samples.Bench) -> None:
    """The parameter limits statements per reader; a wrong one is refused."""
    targets = tuple(Target("product", product, 0.99) for product in PRODUCTS)
    inputs = bench.inputs({"events": monthly(seed=3)}, [paid_share(targets=targets)], shares())
    assert len(outcomes.measure(inputs).insights) == 4  # type: ignore[union-attr]
    few = outcomes.measure(inputs, insights_per_reader=2, confidence=0.8)
    assert isinstance(few, Outcomes)
    assert len(few.insights) == 2
    assert few.settings.confidence == 0.8
    with pytest.raises(ModelError, match="at least 1"):
        outcomes.measure(inputs, insights_per_reader=0)


def test_targets_are_checked_at_their_scope(moved: Outcomes) -> None:
    """A target of a moving metric is not judged; one beyond the usual range of the company would be."""
    by_scope = {check.kind: check for check in moved.targets}
    assert by_scope["product_line"].assurance.verdict == "not_stated"
    assert by_scope["product_line"].is_met is False
    assert by_scope["company"].target.value == 0.9
    values = outcomes.figures(moved)
    assert values["target/paid_share/product_line/motor"].value == 0.5
    reached = values["reached/paid_share/product_line/motor"].value
    assert reached == pytest.approx(by_scope["product_line"].value / 0.5)


@pytest.mark.parametrize(
    ("late", "target", "direction", "verdict", "is_met"),
    [
        (5.0, 6.0, "up", "fails", False),
        (5.0, 6.0, "down", "passes", True),
        (5.0, 5.0, "up", "passes", True),
        (5.0, 5.0 * (1 + 1e-12), "up", "passes", True),
        (9.0, 6.0, "up", "not_stated", True),
    ],
)
def test_a_target_of_a_metric_that_never_varied(
    bench: samples.Bench, late: float, target: float, direction: str, verdict: str, is_met: bool
) -> None:
    """It passes or fails by its one value; once it left that value, it is not stated."""
    months = range(2026 * 12 + 9 - 44, 2026 * 12 + 9)
    days = [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    frame = pd.DataFrame({"id": range(44), "day": days, "product": "car", "amount": [5.0] * 36 + [late] * 8})
    goals = (Target("company", "", target),)
    metric = Metric("level", "Level", "sum", Measure("events", "sum", "amount"), direction=direction, targets=goals)
    found = review(bench, frame, [metric])
    check = found.targets[0]
    assert ("Level never varied and now does" in outcomes.headline(found)[0].detail) is (late != 5.0)
    assert (check.assurance.verdict, check.is_met) == (verdict, is_met)
    if verdict == "not_stated":
        assert check.assurance.reason == "the process is changing"


def test_a_broken_key_switches_off_only_its_own_metrics(bench: samples.Bench) -> None:
    """No silent fan-out: a table whose key repeats is named with the key, its metrics are off, the others stand."""
    good, bad = monthly(seed=2, months=20), monthly(seed=4, months=20)
    bad.loc[5:9, "id"] = 1
    other = replace(ORDERS, metric="visits", label="Visits", measure=Measure("visits"))
    inputs = bench.inputs({"events": good, "visits": bad}, [ORDERS, other], shares())
    found = outcomes.measure(inputs)
    assert isinstance(found, Outcomes)
    assert [metric for metric, _ in found.off] == ["visits"]
    assert [metric.metric for metric in found.metrics_on()] == ["orders"]
    finding = next(f for f in found.findings if f.check == "key")
    assert (finding.table, finding.column, finding.example, finding.rows) == ("visits", "id", "1", 6)
    assert any("visits" in f.claim for f in outcomes.cautions(found))
    assert any("exported again" in f.claim for f in outcomes.next_steps(found))


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (Metric("bad", "Bad", "sum", Measure("events", "sum", "amonut")), "no column amonut (Did you mean 'amount'"),
        (Metric("bad", "Bad", "sum", Measure("events", "sum", "status")), "holds text, not numbers"),
        (Metric("bad", "Bad", "sum", Measure("nowhere", "sum", "amount")), "no facts named nowhere"),
        (Metric("bad", "Bad", "stock", Measure("events", "sum", "amount")), "a stock needs levels"),
        (Metric("bad", "Bad", "count", Measure("events", sql={"duckdb": "no_such_column > 1"})), "DuckDB refuses"),
        (Metric("bad", "Bad", "count", Measure("events", where=(Condition("status", "is", True),))), "quotes"),
        (Metric("bad", "Bad", "count", Measure("events"), segments=("region",)), "no column region to split by"),
        (
            Metric("bad", "Bad", "derived", expression="a + a", inputs=(Input("a", "gone"),)),
            "no metric gone",
        ),
    ],
)
def test_a_metric_with_trouble_switches_off_only_itself(bench: samples.Bench, metric: Metric, words: str) -> None:
    """The reason is said by name and what to look for; the other metric is computed."""
    found = review(bench, monthly(seed=2, months=14), [metric, ORDERS])
    assert [key for key, _ in found.off] == ["bad"]
    assert words in found.off[0][1]
    assert found.find("orders") is not None
    assert any("Bad" in f"{f.claim} {f.detail}" for f in outcomes.cautions(found))


def test_defects_of_the_data_are_found_and_clean_data_has_none(bench: samples.Bench) -> None:
    """Every planted defect is named with its count; nothing is named in clean data."""
    clean = monthly(seed=2, months=20)
    found = review(bench, clean, [ORDERS])
    assert found.findings == ()
    dirty = clean.copy()
    dirty.loc[0:9, "product"] = "kar"
    dirty.loc[10:12, "product"] = None
    dirty.loc[13:14, "day"] = dt.date(1970, 1, 1)
    dirty.loc[15:15, "day"] = dt.date(2027, 5, 5)
    dirty = dirty[[not (day.year == 2026 and day.month == 2) for day in dirty["day"]]]
    found = review(bench, dirty, [ORDERS], unreadable={"events": {"amount": (7, "n.a.")}})
    got = {finding.check: finding.rows for finding in found.findings}
    assert got == {"product": 10, "blank_product": 3, "default_date": 2, "future": 1, "hole": 1, "unreadable": 7}
    assert "'kar'" in next(f.claim for f in found.findings if f.check == "product")
    assert "Did you mean 'car'" in next(f.detail for f in found.findings if f.check == "product")


def test_an_export_that_ends_at_a_round_number_is_suspected(bench: samples.Bench) -> None:
    """Exactly a thousand rows: the rest may be missing."""
    found = review(bench, monthly(seed=2, months=20).head(1000), [ORDERS])
    assert [f.check for f in found.findings if f.check == "export_limit"] == ["export_limit"]


def test_the_open_period_is_drawn_and_not_judged(bench: samples.Bench) -> None:
    """As of mid-month the month is open: shown, said, left out of limits and of the latest value."""
    settings = Settings(dt.date(2026, 9, 14))
    found = review(bench, monthly(seed=2, months=20), [ORDERS], settings=settings)
    series = found.find("orders")
    assert series is not None
    assert not series.frame["is_judged"].iloc[-1]
    assert series.latest is not None
    assert series.latest["period"] == dt.date(2026, 8, 1)
    assert "open_period" in {f.check for f in found.findings}


def test_the_ledger_is_compared_and_differences_named(moved: Outcomes) -> None:
    """A difference over 1 % is a finding with who signed the total; each comparison is a figure."""
    assert len(moved.controls) == 2
    claims = [f for f in moved.findings if f.check == "control_total"]
    assert len(claims) == 2
    assert "CFO" in claims[0].detail
    assert outcomes.figures(moved)["control/orders/all/2026-08"].value > 1
    assert any(f.claim.startswith("Reconcile") for f in outcomes.next_steps(moved))


def opposed(*, falls: tuple[str, ...], rises: tuple[str, ...]) -> pd.DataFrame:
    """Return events in which some products are paid less often since April 2026 and others as much more often."""
    generator = np.random.default_rng(12)
    rows = []
    for month in pd.period_range("2022-10", "2026-09", freq="M"):
        for product in ("car", "van", "home"):
            step = 0.3 if month >= pd.Period("2026-04") else 0.0
            chance = 0.5 - step * (product in falls) + step * len(falls) / len(rises) * (product in rises)
            paid = generator.random(150) < chance
            rows += [(month.start_time.date(), product, "paid" if hit else "open") for hit in paid]
    frame = pd.DataFrame(rows, columns=["day", "product", "status"]).assign(channel="web")
    return frame.assign(id=range(len(frame)))


@pytest.mark.parametrize(
    ("falls", "rises", "stands"),
    [
        # the stream falls only as far as cars are in it, and nobody confirmed how far they are
        pytest.param(("car",), ("van",), False, id="hangs on the share"),
        # cars and homes fall alike: whatever part of the cars belongs here, the stream falls
        pytest.param(("car", "home"), ("van",), True, id="stands under any share"),
    ],
)
def test_a_move_that_hangs_on_assumed_shares_is_marked(
    bench: samples.Bench, falls: tuple[str, ...], rises: tuple[str, ...], stands: bool
) -> None:
    """A sentence about a parent that would not stand under other shares says so; one that would does not."""
    split = samples.product_map(
        ("car", "van", "home"),
        ("car", "value_stream", "buy"),
        ("car", "value_stream", "claim"),
        ("home", "value_stream", "buy", 1.0),
    )
    metric = paid_share(segments=(), targets=())
    found = review(bench, opposed(falls=falls, rises=rises), [metric], products=split)
    move = next(m for m in found.moves)
    assert move.kind == "value_stream"
    assert move.parent == ("buy" if stands else move.parent)
    assert move.holds_under_other_shares is stands
    said = " ".join(f.claim for f in outcomes.cautions(found))
    assert ("depends on shares nobody has confirmed" in said) is not stands
    assert any("Confirm the shares" in f.claim for f in outcomes.next_steps(found))


def test_a_transform_that_does_not_fit_leaves_the_other_metrics_alone(bench: samples.Bench) -> None:
    """A logarithm over amounts below zero concerns its own metric: it is watched without, and that is said."""
    frame = monthly(seed=2, months=20, rows=5)
    frame["amount"] -= frame["amount"].max()
    rules = SignalRules(transform="log")
    result = Metric("result", "Result", "sum", Measure("events", "sum", "amount"), direction="up", signal=rules)
    found = review(bench, frame, [result, ORDERS])
    assert found.off == ()
    series = found.find("result")
    assert series is not None
    assert series.watched.limits is not None
    told = [f for f in outcomes.cautions(found) if "declared transform does not fit" in f.claim]
    assert len(told) == 1
    assert told[0].claim.startswith("Result:")
    assert "above 0: the company" in told[0].detail


def test_row_order_changes_nothing(bench: samples.Bench) -> None:
    """Facts in another order give the same figures under the same ids."""
    frame = monthly(plant="rate", months=30)
    first = outcomes.figures(review(bench, frame, [paid_share(), ORDERS]))
    second = outcomes.figures(review(bench, frame.sample(frac=1, random_state=1), [paid_share(), ORDERS]))
    assert [(f.id, f.key, f.name) for f in first] == [(f.id, f.key, f.name) for f in second]
    for one, other in zip(first, second, strict=True):
        assert (one.value is None) == (other.value is None)
        assert one.value is None or one.value == pytest.approx(other.value, rel=1e-12)


def test_inputs_are_not_changed_and_off_passes_through(bench: samples.Bench) -> None:
    """A review leaves its inputs as they were; Off goes in and comes out everywhere."""
    inputs = bench.inputs({"events": monthly(seed=2, months=14)}, [ORDERS], shares())
    before = repr(inputs)
    outcomes.measure(inputs, confidence=0.8)
    assert repr(inputs) == before
    off = Off("outcomes", "Which outcomes moved could not be answered.", ("metrics", "facts"))
    assert outcomes.measure(off) is off
    assert outcomes.headline(off)[0].claim == off.reason
    assert len(outcomes.cautions(off)) == 0
    assert len(outcomes.figures(off)) == 0
    assert outcomes.next_steps(off)[0].detail == "Needed: metrics, facts."
    assert outcomes.method(off) == off.reason


def test_too_young_metrics_are_shown_and_not_judged(bench: samples.Bench) -> None:
    """With eight months nothing is called a move; the bottom line says it is too early."""
    found = review(bench, monthly(seed=2, months=8), [ORDERS])
    assert outcomes.headline(found)[0].claim.startswith("Too early to tell")
    assert outcomes.figures(found)["value/orders/company/all"].value is not None


def test_a_stage_limits_the_products_a_metric_speaks_of(bench: samples.Bench) -> None:
    """A metric for growing products is not charted for one that is being retired."""
    base = shares()
    staged = replace(
        base, products=tuple(replace(p, stage="retire" if p.product == "flat" else "grow") for p in base.products)
    )
    found = review(bench, monthly(seed=2, months=14), [replace(ORDERS, stages=("grow",))], products=staged)
    assert found.find("orders", "product", "car") is not None
    assert found.find("orders", "product", "flat") is None
    assert found.find("orders", "product_line", "house") is not None


def test_the_frame_holds_every_value(moved: Outcomes) -> None:
    """``to_frame`` is tidy: a row per metric, scope and period."""
    frame = moved.to_frame()
    assert not frame.duplicated(["metric", "kind", "parent", "period"]).any()
    assert set(frame["kind"]) == {"company", "product_line", "value_stream", "product"}
    assert len(frame) == 2 * 48 * (1 + 2 + 1 + 4)
    assert moved.residual < 1e-9
    assert "1 moved" in repr(moved)


def test_the_method_names_its_sources(moved: Outcomes) -> None:
    """The appendix says how numbers were made, with thresholds and sources."""
    text = outcomes.method(moved)
    for word in ("Wheeler", "Marriott", "Kitagawa", "Das Gupta", "Wilson", "Rocks", "duckdb"):
        assert word in text


def test_two_tables_make_one_ratio(bench: samples.Bench) -> None:
    """Numerator and denominator may come from different files."""
    orders, visits = monthly(seed=2, months=14), monthly(seed=3, months=14)
    metric = Metric("conversion", "Conversion", "ratio", Measure("orders"), Measure("visits"), unit="share")
    tables = [FactTable(name, ("id",), "day", "product") for name in ("orders", "visits")]
    found = outcomes.measure(bench.inputs({"orders": orders, "visits": visits}, [metric], shares(), tables=tables))
    assert isinstance(found, Outcomes)
    series = found.find("conversion")
    assert series is not None

    def is_last(day: dt.date) -> bool:
        return (day.year, day.month) == (2026, 9)

    expected = orders["day"].map(is_last).sum() / visits["day"].map(is_last).sum()
    assert series.frame["value"].iloc[-1] == pytest.approx(expected)
    assert not metric.is_proportion


@pytest.mark.parametrize(
    ("bad", "words"),
    [(1, "events: 1 row (1 %) has no date and does not count."), (2, "events: 2 rows (2 %) have no date and do")],
)
def test_one_row_is_spoken_of_as_one(bench: samples.Bench, bad: int, words: str) -> None:
    """A count of one takes the singular."""
    frame = monthly(seed=2, months=2, rows=18).head(100)
    frame["day"] = [None if place < bad else day for place, day in enumerate(frame["day"])]
    found = review(bench, frame, [ORDERS])
    assert next(f.claim for f in found.findings if f.check == "no_date").replace(".0 %", " %").startswith(words)


def test_scaled_planning_tables_raise_a_word_on_facts(bench: samples.Bench) -> None:
    """Facts are never scaled: where the planning tables are, the reader is told which outcomes that concerns."""
    money = replace(ORDERS, label="Order value", unit="currency")
    plain = review(bench, monthly(), [money])
    scaled = replace(plain, settings=replace(plain.settings, money_scale=1_000))
    assert not any("whole EUR" in finding.claim for finding in outcomes.cautions(plain))
    told = [finding for finding in outcomes.cautions(scaled) if "whole EUR" in finding.claim]
    assert len(told) == 1
    assert money.label in told[0].detail
