"""The sentence on coordinating functions: each row of its table, the client's own names, and silence where none is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workbench.findings import CLAIM_LENGTH, fit_claim
from workbench.readiness import Instrument, Layer, Settings
from workbench.readiness.anonymity import ProtectedScores, protect
from workbench.readiness.classes import NOT_SHOWN, PART_PRODUCT_RUN, PRODUCT_RUN, PROJECT_RUN, TOO_CLOSE, TRANSITION
from workbench.readiness.coordination import NAME_LENGTH, Coordination, judge_coordination
from workbench.readiness.scores import score
from workbench.readiness.verdict import LineVerdict, Verdict, judge

Make = Callable[..., Any]
OFFICE = Layer("Delivery Office", 9, "process_and_governance", 3, "Project Management Office")
RESEARCH = Layer("Customer Research", 6, "research_and_data")
ROLES = ("product", "builder", "operations", "support", "executive", "finance", "hr")


@pytest.fixture(scope="module")
def held(build: Make, instrument: Instrument) -> tuple[ProtectedScores, Verdict]:
    """Return shown scores of two lines near 3, with end-to-end ownership low and product leadership high."""
    groups = [(role, line, 14, 11) for line in ("x", "y") for role in ROLES]
    levels = {"d02": 2.0, "d07": 4.2}
    inputs = build(instrument, groups, lambda item, *_: levels.get(item[:3], 3.2), np.random.default_rng(1))
    raw = score(inputs.answers[0], instrument, Settings(), lines=inputs.lines)
    shown = protect(raw, Settings(minimum_group=1))
    verdict = judge(raw, shown, Settings(minimum_group=1))
    assert verdict is not None
    return shown, verdict


def say(
    held: tuple[ProtectedScores, Verdict],
    instrument: Instrument,
    verdict: str,
    layers: tuple[Layer, ...] = (OFFICE, RESEARCH),
    *,
    below: tuple[str, ...] = (),
    thesis: str = "appendix",
) -> Coordination:
    """Return the sentence for a class, with the named dimensions below target and all others at it."""
    shown, judged = held
    targets = {group.id: 5.0 if group.id in below else 1.0 for group in instrument.groups}
    return judge_coordination(replace(judged, verdict=verdict), shown, instrument, targets, layers, thesis=thesis)


@pytest.mark.parametrize("verdict", [PROJECT_RUN, TRANSITION, PART_PRODUCT_RUN])
def test_not_yet_product_run(held: Any, instrument: Instrument, verdict: str) -> None:
    """It cannot settle who owns the lines; held back by …, the article's claim named."""
    found = say(held, instrument, verdict)
    assert found.claim == ("Delivery Office cannot settle who owns the lines and their money; settle that first.")
    assert "held back by End-to-end ownership (2." in found.detail
    assert "(A10)" in found.detail
    assert "9.1 Coordinating functions in between: 3." in found.detail, "items, n and interval are cited"
    assert " people" in found.detail


@pytest.mark.parametrize(
    ("below", "claim"),
    [
        ((), "No separate function is needed; working together is the chief product officer's job."),
        (("d03",), "No separate function is needed; research and data access belong in the lines."),
        (("d04",), "No separate function is needed; research and data access belong in the lines."),
    ],
)
def test_product_run(held: Any, instrument: Instrument, below: tuple[str, ...], claim: str) -> None:
    """With voice and data at target none is needed; below, both belong in the lines, and what still hurts is said."""
    found = say(held, instrument, PRODUCT_RUN, below=below)
    assert found.claim == claim
    assert ("What still hurts" in found.detail) == bool(below)


def test_too_close_says_what_is_missing_first(held: Any, instrument: Instrument) -> None:
    """By the client's name, with what would settle each open line."""
    shown, judged = held
    line = LineVerdict("x", "X", TOO_CLOSE, settled_by="four more answers from builders in this line")
    found = say((shown, replace(judged, lines=(line,))), instrument, TOO_CLOSE)
    assert found.claim == "Whether Delivery Office is needed is open until the lines' answers are settled."
    assert found.detail.startswith("What is missing first: X: four more answers from builders in this line.")
    hidden = say(held, instrument, NOT_SHOWN)
    assert hidden.claim == "Whether Delivery Office is needed cannot be said: too few answers may be shown."


def test_below_target_each_function_is_named(held: Any, instrument: Instrument) -> None:
    """Name, people, approvals and what it was called; at target nothing is said of the single functions."""
    about = dict(say(held, instrument, TRANSITION, below=("d09",)).about)
    assert list(about) == [
        "Delivery Office approves what the lines could decide; hand the approvals back as they take over.",
        "Customer Research is the feedback loop: keep the work, give it to the lines.",
    ]
    office, research = about.values()
    assert office.startswith("Delivery Office: 9 people, 3 approvals that a release needs.")
    assert "it was called Project Management Office" in office
    assert "9.4 Functions renamed: 3." in office
    assert research == "Customer Research: 6 people, no approval that a release needs."
    assert say(held, instrument, TRANSITION).about == ()


def test_approvals_go_back_once_ownership_and_leadership_stand(held: Any, instrument: Instrument) -> None:
    """The layer comes last: what it needs is named with its level, and whether it stands."""
    office = say(held, instrument, TRANSITION, below=("d09",)).about[0][1]
    assert "First this must reach 3, so that the lines can take over: end-to-end ownership 2." in office
    assert "product leadership" not in office  # it stands at 4: only what falls short is named
    low = replace(instrument, gate_levels=replace(instrument.gate_levels, standing=1.5))
    assert (
        "The lines can take over now: end-to-end ownership 2." in say(held, low, TRANSITION, below=("d09",)).about[0][1]
    )


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        pytest.param(
            replace(RESEARCH, approvals=2), "approves what the lines could decide", id="research that approves"
        ),
        pytest.param(
            replace(OFFICE, approvals=0), "coordinates what the lines could settle", id="process, no approvals"
        ),
        pytest.param(replace(OFFICE, approvals=1), "approves what the lines could decide", id="one approval"),
    ],
)
def test_work_and_approvals_tell_them_apart_not_the_name(
    held: Any, instrument: Instrument, layer: Layer, said: str
) -> None:
    """A function called research that approves releases stands in between; an office without approvals coordinates."""
    ((claim, detail),) = say(held, instrument, TRANSITION, (layer,), below=("d09",)).about
    assert said in claim
    assert ("1 approval that" in detail) == (layer.approvals == 1)


def test_a_function_that_does_both_is_two_rows(held: Any, instrument: Instrument) -> None:
    """Each row says which part of it is meant, so that the two do not contradict each other."""
    both = (Layer("Product Hub", 4, "research_and_data"), Layer("Product Hub", 7, "process_and_governance", 2))
    found = say(held, instrument, TRANSITION, both, below=("d09",))
    assert [claim for claim, _ in found.about] == [
        "The research part of Product Hub is the feedback loop: keep the work, give it to the lines.",
        "The rest of Product Hub approves what the lines could decide; hand the approvals back.",
    ]
    assert found.claim.startswith("Product Hub cannot settle who owns")


@pytest.mark.parametrize("verdict", [PROJECT_RUN, TRANSITION, PART_PRODUCT_RUN, TOO_CLOSE, NOT_SHOWN])
@pytest.mark.parametrize("layers", [(), (RESEARCH,)], ids=["none", "research alone"])
def test_where_none_exists_nothing_is_said(
    held: Any, instrument: Instrument, verdict: str, layers: tuple[Layer, ...]
) -> None:
    """No function is named and the answers show none: silence. Research near the teams is no layer."""
    found = say(held, instrument, verdict, layers)
    assert (found.claim, found.detail) == ("", "")


def test_answers_can_show_one_that_nobody_named(held: Any, instrument: Instrument) -> None:
    """The layer gate below target and no table: it is spoken of in general, and the missing table is named."""
    found = say(held, instrument, TRANSITION, (), below=("d09",))
    assert found.claim.startswith("A coordinating function cannot settle who owns the lines")
    assert "but `layers` names no function" in found.detail
    alone = say(held, instrument, TRANSITION, (RESEARCH,), below=("d09",))
    assert not alone.claim.startswith("Customer Research"), "research is never called the layer"


@pytest.mark.parametrize("thesis", ["front", "appendix", "off"])
def test_without_the_thesis_no_claim_of_the_article_is_named(held: Any, instrument: Instrument, thesis: str) -> None:
    """`thesis: off` leaves A10 out; the sentence stays."""
    assert ("(A10)" in say(held, instrument, TRANSITION, thesis=thesis).detail) == (thesis != "off")


def test_claims_fit_whatever_the_name(held: Any, instrument: Instrument) -> None:
    """A name that is too long for a claim is replaced there and stands in the detail."""
    for length in (1, NAME_LENGTH, NAME_LENGTH + 1, 200):
        long = (replace(OFFICE, name="X" * length), Layer("X" * length, 3, "research_and_data"))
        for verdict in (TRANSITION, PRODUCT_RUN, TOO_CLOSE, NOT_SHOWN):
            found = say(held, instrument, verdict, long, below=("d03", "d09"))
            for claim in (found.claim, *(claim for claim, _ in found.about)):
                assert fit_claim(claim) == claim
                assert len(claim) <= CLAIM_LENGTH
                assert "ProductOps" not in claim
            assert all(detail.startswith("X" * length) for _, detail in found.about)
