"""Spans hold exact sums under the shares of a parent."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from outcome_samples import metrics

from workbench.outcomes.spans import SegmentCube, Span, rate_columns, strata_of

PERIODS = tuple(dt.date(2026, m, 1) for m in range(1, 5))
SHAPE = (2, 3, 4, 2)
"""Products, segments, periods, epochs."""


def cube(metric: str, *parts: str) -> SegmentCube:
    """Return random whole parts of a metric; parts named first are the larger ones."""
    generator = np.random.default_rng(9)
    held = {part: generator.integers(5 * place, 5 * place + 5, SHAPE).astype(float) for place, part in enumerate(parts)}
    return SegmentCube(metrics()[metric], "channel", ("a", "b"), ("x", "y", "z"), PERIODS, held)


SHARES = np.array([[1.0, 0.5], [0.0, 0.25]])


@pytest.mark.parametrize(
    ("metric", "parts", "worths"),
    [("paid_share", ("num", "den", "n"), (1.0, 0.0)), ("nps", ("minus", "plus", "n"), (1.0, -1.0, 0.0))],
)
def test_strata_count_rows_under_shares(metric: str, parts: tuple[str, ...], worths: tuple[float, ...]) -> None:
    """Outcomes of a share and of a score are counted, add up to the rows, and give the numerator."""
    held = cube(metric, *parts)
    made = strata_of(Span(held, (0, 1)), Span(held, (2, 3)), SHARES, "product_line", "l")
    weighed = {name: np.einsum("pste,pe->st", array, SHARES) for name, array in held.parts.items()}
    below = weighed["n"] if metric == "nps" else weighed["den"]
    above = weighed["plus"] - weighed["minus"] if metric == "nps" else weighed["num"]
    for side, periods in enumerate(([0, 1], [2, 3])):
        assert made.den[side] == pytest.approx(below[:, periods].sum(axis=1))
        assert made.num[side] == pytest.approx(above[:, periods].sum(axis=1))
    assert made.outcomes is not None
    assert made.worths == worths
    assert made.outcomes.sum(axis=2) == pytest.approx(made.den)
    assert (made.outcomes * np.array(worths)).sum(axis=2) == pytest.approx(made.num)
    assert made.periods is not None
    assert made.periods[0].shape == (2, 3, 2)


def test_a_rate_of_amounts_has_no_rows_to_draw() -> None:
    """Where the numerator is no row of the denominator only periods can be drawn."""
    held = cube("price", "num", "den", "n")
    assert strata_of(Span(held, (0, 1)), Span(held, (2, 3)), SHARES, "product_line", "l").outcomes is None


def test_columns_hold_exact_sums() -> None:
    """Share × amount is the sum under dated shares, whatever share stands beside it."""
    held = cube("paid_share", "num", "den", "n")
    for columns, places in zip(
        rate_columns(Span(held, (0, 1)), Span(held, (2, 3)), SHARES), ([0, 1], [2, 3]), strict=True
    ):
        for name in ("num", "den"):
            expected = np.einsum("pste,pe->", held.parts[name][:, :, places], SHARES)
            got = sum(x * s for x, s in zip(columns[name], columns["share"], strict=True))
            assert got == pytest.approx(expected, rel=1e-14)
