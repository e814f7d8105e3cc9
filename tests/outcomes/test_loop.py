"""The feedback loop: what counts as waiting, what leaves the set, and dates that cannot be."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcome_samples import AS_OF, Bench, metrics, product_map, random_events

from workbench import outcomes
from workbench.errors import ModelError
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.definitions import Loop as Rules
from workbench.outcomes.inputs import Signal
from workbench.outcomes.loop import LOG_FROM, Loop, loop_health
from workbench.outcomes.loop_sentences import loop_claim
from workbench.outcomes.signal_log import STEPS, LoopFinding
from workbench.products import ProductMap

PRODUCTS = product_map(
    ("car", "van", "bike"),
    ("car", "product_line", "motor", 1.0),
    ("van", "product_line", "motor", 0.7),
    ("van", "product_line", "fleet", 0.3),
)


def day(number: int) -> dt.date:
    """Return a day so many days before the review."""
    return AS_OF - dt.timedelta(days=number)


def signal(key: str, raised: int, *steps: int | None, decision: str | None = None, **more: Any) -> Signal:
    """Return a signal whose steps happened so many days after it was raised: seen, decided, shipped, checked, told."""
    names = ("seen", "decided", "shipped", "checked", "told")
    dates = {name: day(raised - after) for name, after in zip(names, steps, strict=False) if after is not None}
    return Signal(
        key, more.pop("product", "car"), more.pop("channel", "phone"), day(raised), decision=decision, **dates
    )


def health(*feedback: Signal, products: ProductMap = PRODUCTS, **more: Any) -> Loop:
    """Return the loop of some signals."""
    found = loop_health(feedback, products, AS_OF, **more)
    assert found is not None
    return found


def found_of(loop: Loop, check: str) -> list[LoopFinding]:
    """Return the findings of a check."""
    return [finding for finding in loop.findings if finding.check == check]


def test_what_is_open_counts_for_as_long_as_it_waits() -> None:
    """Two decided after 10 and 20 days, two open for 30 and 40: half are decided after 20 days at the earliest."""
    loop = health(
        signal("a", 50, 1, 10, decision="yes"),
        signal("b", 50, 1, 20, decision="no"),
        signal("c", 30, 1),
        signal("d", 40),
    )
    held = loop.company.decision
    assert (held.n, held.open, held.oldest, held.closed_p50) == (4, 2, 40, 15)
    assert held.curve is not None
    assert held.curve.reached(0.5).value == 20
    assert held.within(30).share == pytest.approx(0.5)
    assert [(one.signal, one.days, one.is_seen) for one in loop.waiting] == [("d", 40, False), ("c", 30, True)]


def test_the_rate_of_decisions_is_not_closed_over_raised() -> None:
    """Three raised yesterday say nothing against a forum that decided the others within a week."""
    fresh = [signal(f"f{place}", 1) for place in range(3)]
    old = [signal(f"o{place}", 60, 1, 5, decision="yes") for place in range(3)]
    loop = health(*fresh, *old)
    assert loop.company.decision.within(30).share == pytest.approx(1.0)


def test_a_no_never_ships_and_does_not_wait() -> None:
    """It leaves the set of what may ship; one decided yes and open stays in it."""
    loop = health(
        signal("a", 60, 1, 5, 15, decision="yes"),
        signal("b", 60, 1, 5, decision="no"),
        signal("c", 60, 1, 5, decision="yes"),
    )
    held = loop.company.latency("decided", "shipped")
    assert (held.n, held.open, held.left_out) == (2, 1, 0)
    assert held.within(30).share == pytest.approx(0.5)


def test_without_the_decision_shipping_is_not_stated() -> None:
    """Where nobody wrote yes or no, nobody can tell whether a signal still waits to ship."""
    loop = health(signal("a", 60, 1, 5, 15), signal("b", 60, 1, 5))
    held = loop.company.latency("decided", "shipped")
    assert held.curve is None
    assert "1 of 2" in held.reason
    assert found_of(loop, "decision")[0].signals == 1


@pytest.mark.parametrize(
    ("odd", "check", "what", "step"),
    [
        (signal("x", 60, 9, 5, decision="yes"), "order", "decided before seen", ("seen", "decided")),
        (signal("x", 60, -3, 5, decision="yes"), "order", "seen before raised", ("raised", "seen")),
        (signal("x", 60, 1, 20, 10, decision="yes"), "order", "shipped before decided", ("decided", "shipped")),
        (signal("x", 60, 1, 5, 20, 15, decision="yes"), "order", "checked before shipped", ("shipped", "checked")),
        (signal("x", 60, 1, None, None, None, -2), "order", "told before raised", ("raised", "told")),
        (signal("x", 60, None, -4, decision="yes"), "order", "decided before raised", ("raised", "decided")),
        (
            signal("x", 60, 1, 5, 15, decision="no"),
            "contradiction",
            "shipped, though decided no",
            ("decided", "shipped"),
        ),
        (signal("x", 60, None, 5, decision="yes"), "unrecorded", "seen", ("raised", "seen")),
        (signal("x", 60, 1, None, 15, decision="yes"), "unrecorded", "decided", ("raised", "decided")),
        (signal("x", 60, 1, decision="no"), "unrecorded", "decided", ("seen", "decided")),
    ],
)
def test_dates_that_cannot_be_are_found_and_never_waits(
    odd: Signal, check: str, what: str, step: tuple[str, str]
) -> None:
    """The signal is counted, named, and left out of the step it would distort."""
    good = signal("g", 60, 2, 8, 20, 40, 41, decision="yes")
    loop, clean = health(good, odd), health(good)
    finding = next(held for held in found_of(loop, check) if held.what == what)
    assert (finding.signals, finding.example) == (1, "x")
    got, expected = loop.company.latency(*step), clean.company.latency(*step)
    assert (got.n, got.left_out) == (expected.n, 1)
    assert got.curve is not None
    assert expected.curve is not None
    assert got.curve.reached(0.5) == expected.curve.reached(0.5)
    assert not found_of(clean, check)


def test_what_happens_after_the_review_has_not_happened() -> None:
    """A decision of tomorrow is open today; a signal of tomorrow is none."""
    later = replace(signal("a", 10, 1), decided=AS_OF + dt.timedelta(days=1))
    assert health(replace(later, decision="yes"), signal("b", -1)).company.decision.open == 1
    assert loop_health([signal("b", -1)], PRODUCTS, AS_OF) is None
    assert loop_health([], PRODUCTS, AS_OF) is None


def test_a_signal_counts_in_each_line_of_its_product() -> None:
    """Signals are not divided, so the lines add up to more than the company; how many is said."""
    loop = health(signal("a", 20, product="car"), signal("b", 20, product="van"), signal("c", 20, product="bike"))
    assert {held.key: held.n for held in loop.of("product_line")} == {"motor": 2, "fleet": 1}
    assert (loop.in_several, loop.company.n) == (1, 3)


def test_a_signal_counts_where_its_product_belonged_when_it_was_raised() -> None:
    """A product that changed its line takes only later signals with it."""
    moved = product_map(
        ("car",),
        ("car", "product_line", "motor", 1.0),
        ("car", "product_line", "motor", 0.0, day(30)),
        ("car", "product_line", "fleet", 1.0, day(30)),
    )
    loop = health(signal("old", 31), signal("new", 30), products=moved)
    held = {one.key: one.n for one in loop.of("product_line")}
    assert held == {"motor": 1, "fleet": 1}
    assert loop.in_several == 0


def clocked(key: str, raised: int, seconds: float, channel: str = "chat") -> Signal:
    """Return a signal seen so many seconds after it was raised."""
    start = dt.datetime.combine(day(raised), dt.time(9, 14))
    return Signal(key, "car", channel, start, start + dt.timedelta(seconds=seconds))


def test_a_channel_that_answers_by_itself_was_not_looked_at() -> None:
    """From nine tenths within a minute, of ten or more, it counts in no wait for being seen."""
    machine = [clocked(f"m{place}", 20, 7) for place in range(10)]
    person = [clocked(f"p{place}", 20, 7200, "phone") for place in range(3)]
    loop = health(*machine, *person)
    finding = found_of(loop, "automatic")[0]
    assert (finding.what, finding.signals) == ("chat", 10)
    assert loop.company.latency("raised", "seen").n == 3
    assert not found_of(health(*machine[:9], *person), "automatic")
    slow = [clocked(f"s{place}", 20, 90) for place in range(2)]
    assert not found_of(health(*machine, *slow), "automatic")


def test_days_alone_do_not_tell_a_machine() -> None:
    """Seen on the same day is no sign of an automatic answer."""
    assert not found_of(health(*(signal(f"s{place}", 20, 0) for place in range(30))), "automatic")


def test_clocks_that_cannot_be_compared_tell_no_machine() -> None:
    """One clock with its offset and one without may be hours apart."""
    start = dt.datetime.combine(day(20), dt.time(9, 0))
    mixed = [Signal(f"s{place}", "car", "chat", start, start.replace(tzinfo=dt.UTC)) for place in range(20)]
    assert not found_of(health(*mixed), "automatic")


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (signal("a", 60, 1, 5, decision="no"), "no signal was decided yes"),
        (signal("a", 60, 1, 20, 10, decision="yes"), "the dates of 1 signal do not allow it"),
    ],
)
def test_a_step_without_signals_says_why(held: Signal, reason: str) -> None:
    """Nothing may ship after a no, and dates out of order show no wait."""
    assert health(held).company.latency("decided", "shipped").reason == reason


def test_clocks_count_where_both_ends_have_one() -> None:
    """Six hours are a quarter of a day; against a bare day, days count; clocks of two kinds are not compared."""
    held = health(clocked("a", 20, 6 * 3600)).company.latency("raised", "seen")
    assert held.closed_p50 == pytest.approx(0.25)
    start = dt.datetime.combine(day(20), dt.time(23, 0))
    for seen in (day(19), dt.datetime.combine(day(19), dt.time(1, 0), dt.UTC)):
        assert health(Signal("a", "car", "chat", start, seen)).company.latency("raised", "seen").closed_p50 == 1
    offset = dt.timezone(dt.timedelta(hours=2))
    first = dt.datetime.combine(day(20), dt.time(10, 0), offset)
    second = dt.datetime.combine(day(20), dt.time(9, 0), dt.UTC)
    held = health(Signal("a", "car", "chat", first, second)).company.latency("raised", "seen")
    assert held.closed_p50 == pytest.approx(1 / 24)


def test_a_step_that_nobody_records_is_said() -> None:
    """Nothing was ever told or checked, although things were raised and shipped."""
    loop = health(signal("a", 60, 1, 5, 15, decision="yes"))
    assert [held.what for held in found_of(loop, "never")] == ["checked", "told"]


def test_coverage_of_a_sheet_is_what_was_traced() -> None:
    """One of three products has a traced signal."""
    loop = health(signal("a", 300), signal("b", 20))
    assert (loop.coverage.hits, loop.coverage.n, loop.silent) == (1, 3, ("van", "bike"))
    assert loop.coverage.low == pytest.approx(0.0615, abs=1e-4)  # Wilson (1927), 1 of 3
    assert loop.coverage.high == pytest.approx(0.7923, abs=1e-4)


def test_coverage_of_a_log_is_what_is_live() -> None:
    """30 signals a period and a recent one; a source that fell silent, or that whispers, is not live."""
    live = [signal(f"l{place}", place % 60, product="car") for place in range(70)]
    silent = [signal(f"s{place}", 100 + place % 60, product="van") for place in range(400)]
    whisper = [signal(f"w{place}", place, product="bike") for place in range(0, 60, 10)]
    loop = health(*live, *silent, *whisper)
    assert loop.is_log
    assert loop.silent == ("van", "bike")


def rules(*held: tuple[str, str, float | None], grain: str = "month") -> Catalogue:
    """Return a catalogue of metrics with forum and days to a decision."""
    made = [Metric(name, name, "count", grain=grain, loop=Rules("somebody", forum, days)) for name, forum, days in held]
    return Catalogue((), tuple(made), {"weekly": 7.0, "monthly": 30.0, "four_weeks": 28.0})


def test_the_promise_is_the_longest_that_the_catalogue_makes() -> None:
    """A signal late by that is late by all; without a promise it is ours."""
    feedback = signal("a", 20)
    loop = health(feedback, catalogue=rules(("one", "weekly", 14.0), ("two", "monthly", 45.0), ("three", "", None)))
    assert (loop.promise, loop.is_promised) == (45.0, True)
    assert (health(feedback).promise, health(feedback).is_promised) == (30.0, False)


def test_numbers_that_come_less_often_than_their_forum_meets_are_named() -> None:
    """A month of numbers fits a monthly and a four-weekly forum, not a weekly one."""
    catalogue = rules(
        ("one", "weekly", None), ("two", "monthly", None), ("three", "four_weeks", None), ("four", "", None)
    )
    cadence = health(signal("a", 20), catalogue=catalogue).cadence
    assert cadence is not None
    assert cadence.slower == (("one", "weekly"),)
    assert (cadence.matches.hits, cadence.matches.n) == (2, 3)
    assert health(signal("a", 20), catalogue=rules(("four", "", None))).cadence is None


def test_two_signals_of_one_key_are_refused() -> None:
    """Nobody could say which of them waits."""
    with pytest.raises(ModelError, match="share a key"):
        health(signal("a", 20), signal("a", 21))


@st.composite
def sheets(draw: st.DrawFn) -> list[Signal]:
    """Draw sheets with steps left out, out of order, contradictory."""
    after = st.one_of(st.none(), st.integers(-3, 90))
    found = []
    for place in range(draw(st.integers(1, 12))):
        steps = [draw(after) for _ in range(5)]
        found.append(
            signal(
                f"s{place}",
                draw(st.integers(90, 200)),
                *steps,
                decision=draw(st.sampled_from(["yes", "no", None])),
                product=draw(st.sampled_from(["car", "van", "bike"])),
                channel=draw(st.sampled_from(["phone", "chat"])),
            )
        )
    return found


@given(sheets())
def test_every_sheet_adds_up_in_any_order(sheet: list[Signal]) -> None:
    """Done and open are all that began; scopes partition where they must; the order of rows does not matter."""
    loop, again = health(*sheet), health(*sheet[::-1])
    for start, end in STEPS:
        held, other = loop.company.latency(start, end), again.company.latency(start, end)
        assert (held.n, held.open, held.left_out, held.closed_p50) == (
            other.n,
            other.open,
            other.left_out,
            other.closed_p50,
        )
        if held.curve is not None:
            assert held.curve.done + held.open == held.n == held.curve.n
            assert (held.curve.days >= 0).all()
        for kind in ("product", "channel"):
            parts = [one.latency(start, end) for one in loop.of(kind)]
            if held.curve is not None or not held.n:
                assert sum(part.n for part in parts) == held.n
    assert {(f.check, f.what, f.signals) for f in loop.findings} == {
        (f.check, f.what, f.signals) for f in again.findings
    }
    days = [one.days for one in loop.waiting]
    assert days == sorted(days, reverse=True)
    assert {one.signal for one in loop.waiting} == {
        one.signal for one in sheet if not (one.decided or one.shipped or one.checked or one.decision)
    }
    assert len(loop_claim(loop)) <= CLAIM_LENGTH


def review(bench: Bench, feedback: tuple[Signal, ...] | None) -> outcomes.Outcomes:
    """Return a review of small facts with these signals."""
    events = random_events(np.random.default_rng(4), ["car", "van", "bike"])
    inputs = bench.inputs({"events": events}, [metrics()["orders"]], PRODUCTS, feedback=feedback)
    result = outcomes.measure(inputs)
    assert not isinstance(result, Off)
    return result


def test_a_board_hears_of_late_decisions_and_of_nothing_else(bench: Bench) -> None:
    """Late decisions end the bottom line, with their count; timely ones do not; without signals the part is silent."""
    late = tuple(signal(f"s{place}", 90 + place, 40, 50 if place < 3 else None, decision=None) for place in range(6))
    late = tuple(replace(one, decision="yes") if one.decided else one for one in late)
    result = review(bench, late)
    told = outcomes.headline(result)[-1]
    assert told.claim == "Half the signals wait 50 days or more for a decision; 3 of 6 are still open."
    assert "Of the 3 decided ones alone" in told.detail
    assert told.figures
    quick = tuple(signal(f"s{place}", 60, 1, 5, 15, decision="yes") for place in range(6))
    assert "signals" not in str(outcomes.headline(review(bench, quick)))
    few = late[:4]
    assert "signals" not in str(outcomes.headline(review(bench, few)))
    none = review(bench, None)
    assert isinstance(none.loop, Off)
    assert none.loop.tables == ("feedback",)
    assert not any(figure.key.startswith("loop/") for figure in outcomes.figures(none))
    for says in (outcomes.headline, outcomes.cautions, outcomes.next_steps):
        assert "signal" not in str(says(none))
    assert "Feedback loop" not in outcomes.method(none)


def test_signals_change_no_other_figure(bench: Bench) -> None:
    """What they add stands beside the rest, in the same order whatever they say."""

    def others(feedback: tuple[Signal, ...] | None) -> list[Any]:
        held = outcomes.figures(review(bench, feedback))
        return [replace(figure, id="") for figure in held if not figure.key.startswith("loop/")]

    assert others((signal("a", 20), signal("b", 40, 1, 3, decision="no"))) == others(None)


def test_findings_and_small_sheets_are_cautions(bench: Bench) -> None:
    """Each says how many of how many; what waits longest is the next step, by name."""
    feedback = (
        signal("a", 80, 9, 5, decision="yes"),
        signal("b", 80, 1, 5, 9, decision="yes", product="van"),
        signal("c", 70, 1),
    )
    result = review(bench, feedback)
    said = str(outcomes.cautions(result))
    assert "1 of 2 signals was decided before seen; such dates count in no wait." in said
    assert "The loop is known from 3 signals traced by hand." in said
    assert "1 signal counts in more than one line" in said
    steps = str(outcomes.next_steps(result))
    assert "c (CAR, 70 days)" in steps
    assert "Check the effect of 1 change that reached users and that nobody has checked." in steps


def test_a_log_of_signals_is_quick(bench: Bench) -> None:
    """LOG_FROM signals and more take the other interval, and nothing is said of a sheet."""
    generator = np.random.default_rng(5)
    feedback = tuple(
        signal(f"s{place}", int(generator.integers(0, 300)), 1, int(generator.integers(1, 60)), decision="yes")
        for place in range(LOG_FROM)
    )
    result = review(bench, feedback)
    assert not isinstance(result.loop, Off)
    assert result.loop.is_log
    curve = result.loop.company.decision.curve
    assert curve is not None
    assert curve.method == "Greenwood, log-log"
    assert "traced by hand" not in str(outcomes.cautions(result))


def test_the_table_becomes_signals() -> None:
    """Blank cells stay open; words and days arrive as they stand."""
    from workbench.engagement.load import load_engagement

    study = load_engagement("harbour-mutual")
    frame = pd.read_csv(study.folder / "feedback.csv", dtype=object, keep_default_na=False)
    assert [one.signal for one in study.outcomes.feedback] == frame["signal"].tolist()
    assert [one.decided is None for one in study.outcomes.feedback] == (frame["decided"] == "").tolist()
    assert {one.decision for one in study.outcomes.feedback} == {"yes", "no", None}
