"""Interviews: the middle and the ends of what was heard, counted by the guard like sheets; quotes without a face."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from workbench.readiness import Instrument, Settings
from workbench.readiness.anonymity import PROTECTED, find_leak
from workbench.readiness.interviews import NOT_HEARD, Interviews, score_interviews

LINES = [("motor", "Motor insurance"), ("home", "Home insurance")]
COLUMNS = ["interview", "date", "role", "product_line", "item", "level", "quote", "may_quote", "interviewer"]


def heard(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a table of interviews from (interview, role, line, item, level[, quote, may_quote])."""
    full = [(*row, None, "no")[:7] for row in rows]
    made = [
        (name, None, role, line, item, level, quote, may, "A") for name, role, line, item, level, quote, may in full
    ]
    return pd.DataFrame(made, columns=COLUMNS).astype({"product_line": object, "quote": object})


@pytest.fixture
def small_one(small: Callable[..., Instrument]) -> Instrument:
    """Return an instrument of two dimensions; e1 is about the organisation."""
    return small({"d": ["d1", "d2"], "e": ["e1*"]})


def ask(rows: list[tuple[Any, ...]], instrument: Instrument, minimum: int = 5) -> Interviews:
    """Return what may be told."""
    return score_interviews(heard(rows), instrument, Settings(minimum_group=minimum), lines=LINES)


def test_a_person_counts_once_with_the_mean_of_what_they_said(small_one: Instrument) -> None:
    """Whoever spoke of two questions is one interview in the dimension; the median is over people."""
    levels = [1, 2, 2, 3, 4, 4, 5, 5, 5, 3]
    rows = [(f"i{place}", "builder", None, "d1", level) for place, level in enumerate(levels)]
    rows += [(f"i{place}", "builder", None, "d2", 5) for place in range(10)]
    told = ask(rows, small_one)
    got = told.get("dimension", next(iter(_parts(told))), "d")
    means = [(level + 5) / 2 for level in levels]
    assert (got.median, got.lowest, got.highest, got.interviews) == (
        round(median(means), 1),
        min(means),
        max(means),
        10,
    )


def _parts(told: Interviews) -> dict[Any, None]:
    return dict.fromkeys(one.part for one in told.heard.values())


def test_five_are_told_four_are_not(small_one: Instrument) -> None:
    """The minimum group counts interviews; under ten no lowest and highest is told."""
    rows: list[tuple[Any, ...]] = [(f"i{place}", "builder", "motor", "d1", 2) for place in range(5)]
    rows += [(f"j{place}", "builder", "home", "e1", 3) for place in range(4)]
    told = ask(rows, small_one)
    whole, motor, home = _parts(told)
    got = told.get("dimension", motor, "d")
    assert (got.median, got.lowest, got.highest, got.interviews, got.hidden) == (2.0, None, None, 5, "")
    assert told.get("dimension", whole, "e").hidden == PROTECTED
    assert told.get("dimension", home, "d").hidden == PROTECTED  # nobody, or too few: the words are the same
    assert ask(rows, small_one, 1).get("dimension", home, "d").hidden == NOT_HEARD


def test_a_uniform_answer_of_few_shows_only_the_end(small_one: Instrument) -> None:
    """If six of six say 1, "≤ 1.2" is told."""
    told = ask([(f"i{place}", "builder", None, "d1", 1) for place in range(6)], small_one)
    got = told.get("dimension", next(iter(_parts(told))), "d")
    assert (got.median, got.edge) == (1.2, "≤")


def test_a_difference_of_two_numbers_leaves_no_small_group(small_one: Instrument) -> None:
    """Eight in Motor and two more in Home: Motor and the organisation are not both told."""
    rows = [(f"i{place}", "builder", "motor", "d1", 2) for place in range(8)]
    rows += [(f"j{place}", "builder", "home", "d1", 5) for place in range(2)]
    told = ask(rows, small_one)
    whole, motor, _ = _parts(told)
    assert told.get("dimension", whole, "d").interviews == 10
    assert told.get("dimension", motor, "d").hidden == PROTECTED
    assert told.get("item", motor, "d1").hidden == PROTECTED


def test_whoever_speaks_for_the_whole_enters_every_line(small_one: Instrument) -> None:
    """An interview without a line counts in each; an item about the organisation is the same in all."""
    rows = [(f"i{place}", "executive", None, "d1", 2) for place in range(3)]
    rows += [(f"j{place}", "builder", "motor", "d1", 4) for place in range(3)]
    rows += [(f"j{place}", "builder", "motor", "e1", 4) for place in range(3)]
    told = ask(rows, small_one, 1)
    _, motor, home = _parts(told)
    assert told.get("item", motor, "d1").interviews == 6
    assert told.get("item", home, "d1").interviews == 3
    assert told.get("item", home, "e1") == told.get("item", motor, "e1").__class__("item", "e1", home, 4.0, 4.0, 4.0, 3)


@given(
    spoke=st.lists(
        st.tuples(
            st.integers(0, 11),
            st.sampled_from(["motor", "home", None]),
            st.sampled_from(["d1", "d2", "e1"]),
            st.integers(1, 5),
        ),
        min_size=1,
        max_size=60,
        unique_by=lambda row: row[:3],
    ),
    seed=st.integers(0, 99),
)
@profile(max_examples=60)
def test_no_combination_of_what_is_told_is_about_few(
    small: Callable[..., Instrument], spoke: list[tuple[int, str | None, str, int]], seed: int
) -> None:
    """No sum or difference of the groups told of a dimension leaves one to four people; order and keys are nothing."""
    instrument = small({"d": ["d1", "d2"], "e": ["e1*"]})
    rows = [(f"i{person:02d}", "builder", line, item, level) for person, line, item, level in spoke]
    told = ask(rows, instrument)
    for group in instrument.dimensions:
        names = {group.id, *(item.id for item in instrument.items_below(group.id))}
        groups = []
        for key, one in told.heard.items():
            if key[3] in names and one.median is not None:
                groups.append({row[0] for row in rows if _counts(instrument, row, one)})
                assert one.interviews == len(groups[-1])
        matrix = np.array([[float(f"i{person:02d}" in held) for person in range(12)] for held in groups])
        assert not groups or find_leak(matrix, np.eye(12, dtype=bool), 5) is None
        assert all(len(held) >= 5 for held in groups)
        for first, second in combinations(groups, 2):
            assert not first < second or len(second - first) >= 5
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(rows)), rng.permutation(12)
    mixed = [(f"x{names[int(rows[place][0][1:])]:02d}", *rows[place][1:]) for place in order]
    assert ask(mixed, instrument).heard == told.heard


def _counts(instrument: Instrument, row: tuple[Any, ...], one: Any) -> bool:
    """Whether a row enters what is told, said a second time in other words."""
    of_it = {one.id} if one.measure == "item" else {item.id for item in instrument.items_below(one.id)}
    is_whole = one.part.kind == "organisation" or instrument.item(row[3]).scope == "organisation"
    return row[3] in of_it and (is_whole or row[2] in (None, one.part.id))


def _quotes(rows: list[tuple[Any, ...]], instrument: Instrument, minimum: int = 5) -> list[tuple[str, str, str]]:
    return [(quote.dimension, quote.text, quote.role) for quote in ask(rows, instrument, minimum).quotes]


def test_a_quote_needs_a_yes_and_a_crowd(small_one: Instrument) -> None:
    """Without may_quote nothing is quoted; with four interviews on the dimension nothing either, and it is counted."""
    crowd = [(f"i{place}", "builder", "motor", "d1", 2) for place in range(4)]
    yes, no = ("i8", "builder", "home", "d1", 2, "We wait.", "yes"), ("i9", "builder", "home", "d2", 2, "Never.", "no")
    assert _quotes([*crowd, yes, no], small_one) == [("d", "We wait.", "builder")]
    few = ask([*crowd[:3], yes], small_one)
    assert (few.quotes, few.withheld) == ((), 1)


def test_a_role_stands_only_where_neither_it_nor_the_rest_is_few(small_one: Instrument) -> None:
    """Six builders and two executives: to print "builder" would give the executives away."""
    rows = [(f"i{place}", "builder", None, "d1", 2) for place in range(5)]
    rows += [("i5", "builder", None, "d1", 2, "We build.", "yes")]
    two = [("e0", "executive", None, "d1", 4, "We steer.", "yes"), ("e1", "executive", None, "d1", 4)]
    assert _quotes([*rows, *two], small_one) == [("d", "We build.", ""), ("d", "We steer.", "")]
    more = [*two, *((f"e{place}", "executive", None, "d1", 4) for place in range(2, 5))]
    assert _quotes([*rows, *more], small_one) == [("d", "We build.", "builder"), ("d", "We steer.", "executive")]


def test_a_quote_that_names_a_small_line_is_withheld(small_one: Instrument) -> None:
    """The text itself may point at few: a line with under five interviews is not named."""
    rows: list[tuple[Any, ...]] = [(f"i{place}", "builder", "motor", "d1", 2) for place in range(6)]
    rows += [("j", "executive", "home", "d1", 2, "Home insurance is last.", "yes")]
    rows += [("k", "executive", None, "d1", 2, "Motor is first.", "yes")]
    assert _quotes(rows, small_one) == [("d", "Motor is first.", "")]
    assert len(_quotes(rows, small_one, 1)) == 2


def test_quotes_tell_nothing_of_who_and_when(small_one: Instrument) -> None:
    """Neither key nor day nor interviewer nor line is in anything that is told, and quotes follow their letters."""
    rows: list[tuple[Any, ...]] = [
        (f"secret{place}", "builder", "motor", "d1", 2, text, "yes")
        for place, text in enumerate(("Zeal.", "Also.", "More.", "Less.", "Here."))
    ]
    told = ask(rows, small_one)
    assert [quote.text for quote in told.quotes] == sorted(quote.text for quote in told.quotes)
    assert "secret" not in repr(told)
    assert {name for quote in told.quotes for name in vars(quote)} == {"dimension", "text", "role"}


@pytest.fixture
def stream(small: Callable[..., Instrument]) -> Instrument:
    """Return a group that adds up three questions of 1 to 5, so that it runs from 3 to 15."""
    return small({"d": ["d1", "d2", "d3"]}, groups=[{"id": "d", "name": "d", "aggregation": "sum"}])


@pytest.mark.parametrize(("level", "expected", "edge"), [(3, 9.0, ""), (5, 14.4, "≥"), (1, 3.6, "≤")])
def test_what_is_heard_of_a_sum_stands_on_the_range_of_the_sum(
    stream: Instrument, level: float, expected: float, edge: str
) -> None:
    """The middle of each question is the middle of their sum, and few who all say the most show its end alone."""
    told = ask([(f"i{place}", "builder", None, "d1", level) for place in range(6)], stream)
    got = told.get("dimension", next(iter(_parts(told))), "d")
    assert (got.median, got.edge) == (pytest.approx(expected), edge)
