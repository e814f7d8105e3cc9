"""Few of the moves that are named are chance, whatever hangs together."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.signals import portfolios
from workbench.errors import ModelError
from workbench.outcomes.signal_portfolio import FALSE_SHARE, judge_portfolio, say_expected

HOSPITAL = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
HOSPITAL += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
"""Y. Benjamini and Y. Hochberg (1995), J. R. Stat. Soc. B 57, section 4.1: 15 comparisons of two treatments."""


def test_the_published_example() -> None:
    """At 5 % the four smallest of the 15 are kept; the harmonic factor of Benjamini and Yekutieli keeps three."""
    judged = judge_portfolio(HOSPITAL, ["all"] * 15, false_share=0.05)
    assert [judged.is_kept(place) for place in range(15)] == [True] * 4 + [False] * 11
    assert (judged.tested, judged.kept, judged.threshold("all")) == (15, 4, 0.0095)
    harmonic = sum(1 / rank for rank in range(1, 16))
    other = judge_portfolio(HOSPITAL, ["all"] * 15, false_share=0.05, method="by")
    assert other.q_values[0] == pytest.approx(0.0015 * harmonic)
    assert other.kept == 3


def test_levels_share_what_is_allowed() -> None:
    """Each level is a family of its own; the share of false alarms is divided among them."""
    judged = judge_portfolio([0.03, 0.2, 0.001, 0.03], ["a", "a", "b", "b"])
    assert judged.q_values == pytest.approx((0.12, 0.4, 0.004, 0.06))
    assert [level.kept for level in judged.levels] == [0, 2]
    assert judged.threshold("a") == 0.0
    alone = judge_portfolio([0.03, 0.2], ["a", "a"])
    assert alone.q_values[0] == pytest.approx(0.06)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), min_size=1, max_size=40))
def test_order_and_labels_do_not_matter(rows: list[tuple[float, str]]) -> None:
    """Each series is judged alike wherever it stands, and a smaller chance is never worse within its level."""
    chances, levels = [p for p, _ in rows], [level for _, level in rows]
    judged = judge_portfolio(chances, levels)
    turned = judge_portfolio(chances[::-1], levels[::-1])
    assert judged.q_values == pytest.approx(turned.q_values[::-1])
    assert all(q >= p - 1e-12 for q, p in zip(judged.q_values, chances, strict=True))
    for level in set(levels):
        own = sorted((p, q) for p, q, held in zip(chances, judged.q_values, levels, strict=True) if held == level)
        assert [q for _, q in own] == sorted(q for _, q in own)


def test_at_most_a_tenth_of_what_is_named_is_chance() -> None:
    """Products, lines and the company hang together; where nothing moved hardly any portfolio names anything."""
    share, power, any_false = portfolios(6)
    assert share <= FALSE_SHARE
    assert power >= 0.5
    assert any_false <= FALSE_SHARE + 2 * np.sqrt(FALSE_SHARE * (1 - FALSE_SHARE) / 6)


def test_words_and_faults() -> None:
    """Chance is counted in whole series; shares and methods that do not exist are named."""
    assert say_expected(judge_portfolio([1e-6] * 12, ["a"] * 12)) == "at most 2"
    assert say_expected(judge_portfolio([], [])) == "fewer than 1"
    with pytest.raises(ModelError, match="between 0 and 1"):
        judge_portfolio([0.1], ["a"], false_share=1.0)
    with pytest.raises(ModelError, match="no method"):
        judge_portfolio([0.1], ["a"], method="holm")
