"""Gates do not compensate; a class is claimed only where the answers are sure; the sentence follows the rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Instrument, Layer, Readiness, ReadinessInputs, Settings, Target
from workbench.readiness.classes import PART_PRODUCT_RUN, PRODUCT_RUN, PROJECT_RUN, TOO_CLOSE, TRANSITION, classify
from workbench.readiness.inputs import BLANK, CANNOT_SEE, NOT_APPLICABLE
from workbench.readiness.scores import Part, Score
from workbench.readiness.verdict import chance_words
from workbench.stats import Estimate

Make = Callable[..., Any]
STRUCTURE, OTHER = ("d01", "d02", "d06", "d07"), ("d03", "d04", "d09")
ROLES = ("product", "builder", "operations", "support", "executive", "finance", "hr")


def scores(
    levels: Mapping[str, float | tuple[float, float]], usual: float = 3.6, error: float = 0.1
) -> dict[str, Score]:
    """Return gates' scores: a level, or a level and its standard error."""
    found = {}
    for name in (*STRUCTURE, *OTHER):
        held = levels.get(name, usual)
        value, spread = held if isinstance(held, tuple) else (held, error)
        level = Estimate(value, value, value, spread, 20.0, 0.95, 21)
        found[name] = Score("dimension", name, Part("line", "x", "X"), level)
    return found


@pytest.mark.parametrize(
    ("levels", "usual", "expected"),
    [
        pytest.param({}, 3.6, PRODUCT_RUN, id="every gate surely at 3"),
        pytest.param({"d06": 1.5}, 4.9, PROJECT_RUN, id="one structural gate below 2 outweighs all the others"),
        pytest.param({"d03": 1.2}, 3.6, TRANSITION, id="alignment below 2 is no project"),
        pytest.param({"d09": 2.5}, 3.6, TRANSITION, id="a layer in between"),
        pytest.param({}, 2.5, TRANSITION, id="every gate between"),
        pytest.param({"d01": (2.0, 0.2)}, 2.5, TOO_CLOSE, id="a structural gate at 2"),
        pytest.param({"d04": (3.0, 0.3)}, 3.6, TOO_CLOSE, id="one gate at 3"),
    ],
)
def test_a_line_is_what_its_weakest_gate_says(
    instrument: Instrument, levels: dict[str, Any], usual: float, expected: str
) -> None:
    """The rule of the method, one case a class."""
    assert classify(instrument, scores(levels, usual), 0.8)[0] == expected


def test_certainty_comes_with_the_class(instrument: Instrument) -> None:
    """Product-run is as sure as its least sure gate; some gate below is corrected for having looked at all."""
    from scipy.special import stdtr

    _, _, certainty, _ = classify(instrument, scores({"d04": (3.2, 0.2)}), 0.8)
    assert certainty == pytest.approx(float(stdtr(20, 1.0)))
    verdict, _, certainty, _ = classify(instrument, scores({"d06": (1.7, 0.15)}), 0.8)
    assert verdict == PROJECT_RUN
    assert certainty == pytest.approx(1 - 4 * float(stdtr(20, -2.0)))


def test_looking_at_four_gates_asks_for_more_than_looking_at_one(instrument: Instrument) -> None:
    """A gate that is below 2 with certainty .9 does not make a project-run line: four were looked at."""
    from scipy.special import stdtrit

    error = 0.2
    value = 2 - error * float(stdtrit(20, 0.9))
    held = scores({"d06": (value, error)})
    assert held["d06"].level is not None
    assert 1 - (held["d06"].level.certainty_at_least(2) or 0) == pytest.approx(0.9)
    assert classify(instrument, held, 0.8)[0] == TOO_CLOSE


@pytest.mark.parametrize(
    ("levels", "usual", "leaning"),
    [
        pytest.param({"d01": (1.95, 0.2)}, 2.6, PROJECT_RUN, id="just below 2"),
        pytest.param({"d01": (2.05, 0.2)}, 2.6, TRANSITION, id="just above 2"),
        pytest.param({"d04": (3.05, 0.3)}, 3.6, PRODUCT_RUN, id="just at 3"),
    ],
)
def test_too_close_to_call_leans_to_the_class_of_the_levels(
    instrument: Instrument, levels: dict[str, Any], usual: float, leaning: str
) -> None:
    """The levels themselves, without their intervals."""
    assert classify(instrument, scores(levels, usual), 0.8)[:2] == (TOO_CLOSE, leaning)


def test_an_unknown_gate_proves_nothing(instrument: Instrument) -> None:
    """Without answers on a gate a line is neither product-run nor surely below."""
    held = scores({})
    held["d07"] = dataclasses.replace(held["d07"], level=None)
    assert classify(instrument, held, 0.8)[0] == TOO_CLOSE
    held = scores({"d06": 1.3})
    held["d07"] = dataclasses.replace(held["d07"], level=None)
    assert classify(instrument, held, 0.8)[0] == PROJECT_RUN


def company(
    build: Make, instrument: Instrument, truth: Mapping[str, Mapping[str, float] | float], *, seed: int = 1, **more: Any
) -> Readiness:
    """Return a company of 14 people a role and line, 11 of whom answered, with true levels a line and dimension.

    The line "" is what everybody thinks of the whole organisation; by default each thinks as of their line.
    """
    lines = [name for name in truth if name]
    groups = [(role, line, 14, 11) for line in lines for role in ROLES]

    def level(item: str, line: str, role: str) -> float:
        is_pooled = instrument.item(item).scope == "organisation"
        held = truth["" if is_pooled and "" in truth else line]
        return held if isinstance(held, float | int) else held.get(item[:3], held.get("", 3.0))

    found = readiness.assess(build(instrument, groups, level, np.random.default_rng(seed), **more))
    assert isinstance(found, Readiness)
    return found


def test_the_truth_of_each_line_is_found(instrument: Instrument, build: Make) -> None:
    """One line run as projects, one on the way, one as a product: each is named, with what holds it back."""
    result = company(build, instrument, {"old": {"": 2.4, "d06": 1.2}, "mid": 2.6, "new": 4.2, "": 4.4})
    assert result.verdict is not None
    lines = {line.line: line for line in result.verdict.lines}
    assert {name: line.verdict for name, line in lines.items()} == {
        "old": PROJECT_RUN,
        "mid": TRANSITION,
        "new": PRODUCT_RUN,
    }
    assert lines["old"].held_back_by[0] == "d06"
    assert all(line.held_back_by for line in lines.values()), "every class says what holds it back"
    assert result.verdict.words == "product-run in New"
    held = readiness.headline(result)[0].claim
    assert held.startswith("Product-run in 1 of 3 lines (New); overall held back by ")


@pytest.mark.parametrize(("length", "names"), [(20, True), (60, False), (300, False)])
def test_long_names_of_lines_leave_the_answer_whole(
    instrument: Instrument, build: Make, length: int, names: bool
) -> None:
    """Where the names do not fit, their number stands for them, and what holds back stays."""
    groups = [(role, line, 14, 11) for line in ("x", "y") for role in ROLES]
    truth = {"x": 4.4, "y": 2.2}

    def level(item: str, line: str, role: str) -> float:
        return 4.5 if instrument.item(item).scope == "organisation" else truth[line]

    inputs = build(instrument, groups, level, np.random.default_rng(2))
    named = dataclasses.replace(inputs, lines=(("x", "X" * length), ("y", "Y" * length)))
    claim = readiness.headline(readiness.assess(named))[0].claim
    assert claim.startswith("Product-run in 1 of 2 lines")
    assert "; overall held back by" in claim
    assert ("X" * length in claim) == names
    assert len(claim) <= CLAIM_LENGTH


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        pytest.param((4.4, 4.3), PRODUCT_RUN, id="all lines"),
        pytest.param((4.4, 2.5), PART_PRODUCT_RUN, id="one line"),
        pytest.param((2.5, 2.5), TRANSITION, id="on the way"),
        pytest.param((1.3, 1.4), PROJECT_RUN, id="none"),
    ],
)
def test_the_organisation_follows_from_its_lines(
    instrument: Instrument, build: Make, classes: tuple[float, float], expected: str
) -> None:
    """Product-run if all lines are; in part if one is; still project-run if every line is."""
    truth = {"x": classes[0], "y": classes[1], "": 4.5 if max(classes) > 4 else min(classes)}
    found = company(build, instrument, truth).verdict
    assert found is not None
    assert found.verdict == expected


def claims_of(result: Readiness) -> list[str]:
    """Return every claim that the chapter makes."""
    return [f.claim for part in (readiness.headline, readiness.cautions, readiness.next_steps) for f in part(result)]


OFFICE = Layer("Delivery Office", 9, "process_and_governance", 3, "Project Management Office")
RESEARCH = Layer("Customer Research", 6, "research_and_data")


def test_not_yet_product_run_uses_the_clients_own_name(instrument: Instrument, build: Make) -> None:
    """The function cannot settle who owns the lines; its headcount, approvals and old name are said."""
    result = company(build, instrument, {"x": 2.4, "y": 2.5}, layers=(OFFICE, RESEARCH))
    found = [(finding.claim, finding.detail) for finding in readiness.headline(result)]
    assert found[1][0] == "Delivery Office cannot settle who owns the lines and their money; settle that first."
    assert "9.1" in found[1][1]
    assert "people" in found[1][1]
    assert "held back by" in found[1][1]
    about = dict(found[3:])
    office = next(claim for claim in about if claim.startswith("Delivery Office"))
    assert office == "Delivery Office approves what the lines could decide; hand the approvals back as they take over."
    assert "9 people, 3 approvals" in about[office]
    assert "Project Management Office" in about[office]
    assert "Customer Research is the feedback loop: keep the work, give it to the lines." in about


def test_product_run_needs_no_separate_function(instrument: Instrument, build: Make) -> None:
    """With voice and data at target, working together is the chief product officer's job; below, the lines take it."""
    truth = {"x": 4.5, "y": 4.5, "": 4.6}
    at_target = company(build, instrument, truth, settings=Settings(target=3.5))
    assert readiness.headline(at_target)[1].claim == (
        "No separate function is needed; working together is the chief product officer's job."
    )
    high = (Target("d03", "", 5.0),)
    below = company(build, instrument, truth, settings=Settings(target=3.5), targets=high)
    assert readiness.headline(below)[1].claim == (
        "No separate function is needed; research and data access belong in the lines."
    )


def test_too_close_to_call_says_what_is_missing_first(instrument: Instrument, build: Make) -> None:
    """A line at a boundary leaves the question open, names its leaning and what would settle it."""
    result = company(build, instrument, {"x": {"": 2.6, "d06": 1.95}, "y": 1.2, "": 2.8}, settings=Settings(sure=0.999))
    assert result.verdict is not None
    open_lines = [line for line in result.verdict.lines if line.verdict == TOO_CLOSE]
    assert open_lines, "the simulated lines should stand at the boundary"
    for line in open_lines:
        assert line.leaning in (PROJECT_RUN, TRANSITION)
        assert "in this line, on" in line.settled_by, "three silent of a role are too few to be named"
        assert f"(leaning to {line.leaning}, {chance_words(dict(line.odds)[line.leaning])}, settled by" in line.words
    assert result.verdict.verdict == TOO_CLOSE
    assert "open until" in readiness.headline(result)[1].claim


@pytest.mark.parametrize(
    ("asked", "answered", "is_named"),
    [
        pytest.param(40, 24, True, id="sixteen silent beside twenty-four"),
        pytest.param(28, 24, False, id="four silent"),
        pytest.param(36, 3, False, id="three answered"),
    ],
)
def test_the_silent_are_named_by_role_where_that_exposes_nobody(
    instrument: Instrument, build: Make, asked: int, answered: int, is_named: bool
) -> None:
    """Only builders of x are silent, and their items are open: named with sixteen silent, not with four of three."""
    groups = [(role, line, 12, 12) for line in ("x", "y") for role in ROLES[:5] if (role, line) != ("builder", "x")]
    groups.append(("builder", "x", asked, answered))

    def truth(item: str, line: str | None, role: str) -> float:
        return 2.9 if item[:3] == "d02" else 4.5

    inputs = build(instrument, groups, truth, np.random.default_rng(4), settings=Settings(sure=0.97))
    line = readiness.assess(inputs).verdict.line("x")
    assert line.verdict == TOO_CLOSE
    assert ("builders" in line.settled_by) == is_named
    assert "End-to-end ownership" in line.settled_by


def test_when_every_answer_is_in_evidence_settles(small: Make, instrument: Instrument, build: Make) -> None:
    """Nobody is silent, yet questions were skipped: then artefacts decide, and they are named."""
    groups = [(role, "x", 8, 8) for role in ROLES]

    def truth(item: str, line: str | None, role: str) -> float:
        return 2.0 if item[:3] == "d06" else 2.7

    result = readiness.assess(build(instrument, groups, truth, np.random.default_rng(3), gaps=0.4))
    line = result.verdict.line("x")
    assert line.verdict == TOO_CLOSE
    assert line.settled_by.startswith("evidence on ")


def test_a_hidden_gate_hides_the_class(instrument: Instrument, build: Make) -> None:
    """A line with too few people on one gate has no class, and the organisation's does not count it."""
    groups = [(role, line, 14, 11) for line in ("x", "y") for role in ROLES]
    groups += [("support", "z", 9, 9), ("product", "z", 3, 2)]
    result = readiness.assess(build(instrument, groups, lambda *_: 2.5, np.random.default_rng(6)))
    line = result.verdict.line("z")
    assert line.verdict == "not shown"
    assert line.gates == ()
    assert line.certainty is None
    assert "z" not in result.verdict.product_lines
    assert "Z" in readiness.headline(result)[0].detail


def test_every_claim_keeps_the_rules_of_the_house(instrument: Instrument, build: Make) -> None:
    """At most 110 characters, a full stop, and none of the words that stay in the appendix."""
    for truth in ({"x": 2.4, "y": 4.4, "": 4.4}, {"x": 1.5, "y": 2.0}, {"x": 4.4, "y": 4.4, "": 4.5}):
        result = company(build, instrument, truth, layers=(OFFICE,), gaps=0.1)
        for claim in claims_of(result):
            assert len(claim) <= CLAIM_LENGTH
            assert claim.endswith(".")
            for word in (" p ", "alpha", "ProductOps", "PMO", "research_and_data", "careless", "confidence interval"):
                assert word not in claim


def test_findings_quote_figures_that_exist(instrument: Instrument, build: Make) -> None:
    """Every id that a finding names is a figure of the chapter."""
    result = company(build, instrument, {"x": 2.0, "y": 2.5}, layers=(OFFICE, RESEARCH))
    known = {figure.id for figure in readiness.figures(result)}
    for part in (readiness.headline, readiness.cautions, readiness.next_steps):
        for finding in part(result):
            assert set(finding.figures) <= known


def test_targets_of_the_client_win(instrument: Instrument, build: Make) -> None:
    """A line's own target, then the client's for all lines, then the instrument's until every gate stands."""
    targets = (Target("d02", "x", 5.0), Target("d02", "", 4.0), Target("d06_1", "", 5.0))
    result = company(build, instrument, {"x": 2.4, "y": 2.5}, targets=targets)
    assert result.targets[("x", "d02")] == 5.0
    assert result.targets[("y", "d02")] == 4.0
    assert result.targets[("y", "d06")] == pytest.approx((5.0 + 3 * 3.0) / 4)
    assert result.targets[("", "d05")] == 3.0
    standing = company(build, instrument, {"x": 4.4, "y": 4.4, "": 4.5})
    assert standing.targets[("x", "d05")] == 4.0


def test_the_way_to_the_targets_gives_no_credit_for_more(instrument: Instrument, build: Make) -> None:
    """A share of the way, at most all of it."""
    result = company(build, instrument, {"x": 2.4, "y": 4.6, "": 4.6})
    shares = result.percent_to_target
    assert 0 < (shares["x"] or 0) < (shares["y"] or 0) <= 1


def test_an_instrument_without_gates_gives_levels_but_no_verdict(small: Make, build: Make) -> None:
    """There is a headline that says so."""
    instrument = small({"d": ["a", "b"]})
    groups = [("builder", "x", 12, 9), ("product", "x", 12, 9)]
    result = readiness.assess(build(instrument, groups, lambda *_: 3.0, np.random.default_rng(1)))
    assert result.verdict is None
    assert "no verdict" in readiness.headline(result)[0].claim
    assert len(readiness.next_steps(result)) > 0, "there are steps without a verdict"
    assert "class" not in readiness.figures(result)


def test_overrides_are_the_notebooks_parameters(instrument: Instrument, build: Make) -> None:
    """Confidence, certainty and target given at the door win over the client's settings."""
    groups = [(role, "x", 14, 5) for role in ROLES]
    inputs = build(instrument, groups, lambda *_: 2.5, np.random.default_rng(2))
    wide, narrow = readiness.assess(inputs, confidence=0.99), readiness.assess(inputs, confidence=0.6, target=4.0)
    first, second = (r.scores.get("dimension", r.organisation, "d01").level for r in (wide, narrow))
    assert first.high - first.low > second.high - second.low
    assert narrow.targets[("", "d01")] == 4.0
    assert "99 %" in readiness.method(wide)


@pytest.mark.parametrize(
    ("people", "state", "claim"),
    [
        (12, CANNOT_SEE, "Nobody can see it: all answers of wave w1 are “cannot see” or “does not apply”."),
        (12, NOT_APPLICABLE, "Nobody can see it: all answers of wave w1 are “cannot see” or “does not apply”."),
        (9, CANNOT_SEE, "Too few answers of wave w1 name a level."),
        (12, BLANK, "Nobody answered anything in wave w1."),
    ],
)
def test_no_level_is_an_answer(small: Make, answers_of: Make, people: int, state: str, claim: str) -> None:
    """That nobody can see it is said, unless so few were asked that each would be known; nothing is raised."""
    instrument = small({"d": ["a", "b"]})
    status = {(row, name): state for row in range(people) for name in "ab"}
    held = answers_of(instrument, [("builder", "x")] * people, np.ones((people, 2)), status=status)
    result = readiness.assess(ReadinessInputs(instrument, (held,), (("x", "X"),)))
    assert isinstance(result, Off)
    assert readiness.headline(result)[0].claim == claim
    assert len(readiness.figures(result)) == 0


def test_off_passes_through_every_function() -> None:
    """A pillar without its tables is a result: nothing raises, the reason is the headline."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey", "waves"))
    assert readiness.assess(off) is off
    assert readiness.headline(off)[0].claim == off.reason
    assert len(readiness.figures(off)) == 0
    assert len(readiness.cautions(off)) == 0
    assert "survey" in readiness.next_steps(off)[0].claim
    assert "survey" in readiness.method(off)


def test_of_silence_nothing_is_said_where_nobody_knows_who_was_asked(build: Make, instrument: Instrument) -> None:
    """Blank answers alone make no band of the silent; with a population there is one."""
    groups = [(role, "x", 12, 8) for role in ROLES]
    for is_known in (False, True):
        inputs = build(
            instrument,
            groups,
            lambda *_: 3.0,
            np.random.default_rng(3),
            gaps=0.4,
            with_population=is_known,
            settings=Settings(),
        )
        said = [f"{one.claim} {one.detail}" for one in readiness.cautions(readiness.assess(inputs))]
        assert any(words.startswith("Silence could move") for words in said) == is_known
        assert any("How far their answers could move a level, nobody knows." in words for words in said) != is_known
