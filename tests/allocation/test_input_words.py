"""Doubts about weights and fitted curves are said where there are any, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from allocation_cases import small

from workbench.allocation import AllocationInputs, Pair, allocate, cautions, fit_curve, pairwise_weights
from workbench.allocation.input_words import fit_cautions, weighting_cautions

CIRCLE = [Pair("a", "b", 3), Pair("b", "c", 3), Pair("a", "c", 1 / 3)]


def test_a_circle_of_comparisons_is_a_caution_of_the_chapter() -> None:
    """With the pair to ask about first; answers that fit are no caution."""
    odd = pairwise_weights(CIRCLE, ("a", "b", "c"))
    (said,) = weighting_cautions(odd)
    assert said.claim == "The comparisons behind the weights contradict each other."
    assert "Ask first about" in said.detail
    assert not list(weighting_cautions(None))
    good = pairwise_weights([Pair("a", "b", 2), Pair("b", "c", 2), Pair("a", "c", 4)], ("a", "b", "c"))
    assert not list(weighting_cautions(good))
    result = allocate(AllocationInputs(small(), weighting=odd))
    assert said.claim in [item.claim for item in cautions(result)]


def test_one_person_who_contradicts_themselves_is_named() -> None:
    """Although all together do not."""
    fair = [Pair(x, y, 1.0, who) for who in ("CFO", "COO", "CTO") for x, y in (("a", "b"), ("b", "c"), ("a", "c"))]
    found = pairwise_weights([*fair, *(replace(pair, said_by="CMO") for pair in CIRCLE)], ("a", "b", "c"))
    (said,) = weighting_cautions(found)
    assert said.claim == "CMO: own comparisons contradict each other."


def test_a_fitted_curve_says_that_history_is_no_experiment() -> None:
    """And which levels were never seen, and which curves are wide open."""
    base, draw = small(), np.random.default_rng(5)
    assert not list(fit_cautions(base))
    levels = np.linspace(0, 3, 10)
    outcomes = 6 * levels / (2 + levels)
    close, loose = (fit_curve(levels, outcomes + draw.normal(0, noise, 10)) for noise in (0.01, 1.5))
    held = [replace(base.activities[0], fit=close), replace(base.activities[1], fit=loose, maximum=3.0)]
    (said,) = fit_cautions(replace(base, activities=(*held, base.activities[2])))
    assert said.claim == "2 curves come from history, which is no experiment."
    assert "allowed for loans-develop." in said.detail
    assert "wide open for loans-market." in said.detail
