"""What a result says about those who answered: found where planted, silent where too few people would be told."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.readiness import Settings, assess, cautions, figures, method
from workbench.readiness.anonymity import DISTRIBUTION_FROM, PROTECTED
from workbench.readiness.assessors import compare_assessors
from workbench.readiness.reliability import NO, TOO_FEW, YES, agreement, cronbach_alpha
from workbench.readiness.respondent_words import agreement_words
from workbench.readiness.respondents import BY_LINE, NOT_ENOUGH, POOLED

SMALL = {"a": ["a1", "a2", "a3", "a4"], "b": ["b1", "b2", "b3*"], "c": ["c1*", "c2*"]}


def organisation(small, answers_of, levels: dict[str, np.ndarray], **settings):
    """Return inputs of lines with one row of levels a person (columns as in SMALL)."""
    from workbench.readiness import ReadinessInputs

    instrument = small(SMALL)
    people = [("builder", line) for line, held in levels.items() for _ in held]
    answers = answers_of(instrument, people, np.vstack(list(levels.values())))
    lines = tuple((line, line.capitalize()) for line in levels)
    return ReadinessInputs(instrument, (answers,), lines, Settings(**settings) if settings else Settings())


def draw(rng: np.random.Generator, people: int, level: float, spread: float) -> np.ndarray:
    """Return levels of people around one level."""
    return np.clip(np.rint(level + spread * rng.normal(size=(people, 9))), 1, 5)


@pytest.fixture
def split(small, answers_of):
    """One line that agrees, one of two camps on dimension a, one of seven people."""
    rng = np.random.default_rng(1)
    camps = draw(rng, 20, 3.0, 0.6)
    camps[:10, :4], camps[10:, :4] = 1.0, 5.0
    return organisation(
        small, answers_of, {"one": draw(rng, 20, 3.0, 0.6), "two": camps, "few": draw(rng, 7, 2.0, 0.6)}
    )


def found_of(result, line: str, dimension: str):
    """Return the agreement of one line (blank: the organisation) about one dimension."""
    return next(one for one in result.respondents.agreement if (one.part.id, one.dimension) == (line, dimension))


def test_agreement_is_found_and_two_camps_are_told_apart(split) -> None:
    """One line agrees, the other holds two opinions; the level of both may be the same."""
    result = assess(split)
    one, two = found_of(result, "one", "a"), found_of(result, "two", "a")
    assert (one.agrees, two.agrees) == (YES, NO)
    assert agreement_words(two) == "two opinions?"
    assert two.found.ad == pytest.approx(2.0)
    assert one.found.ad < 0.7
    answers = split.answers[0]
    mine = answers.levels.loc[answers.sheets["product_line"] == "one", ["a1", "a2", "a3", "a4"]]
    assert one.found.rwg == round(agreement(mine).rwg, 2)


def test_a_board_hears_of_the_line_that_does_not_agree(split) -> None:
    """A caution names the line and the dimension, and says what to do about it."""
    result = assess(split)
    told = [one for one in cautions(result) if "do not agree" in one.claim]
    assert [one.claim for one in told] == ["In Two people do not agree about a."]
    assert "ask before acting on the mean" in told[0].detail
    assert told[0].figures == figures(result).ids("distance/two/a")


def test_seven_people_have_a_level_and_no_statement_about_agreement(split) -> None:
    """A spread is shown from ten people up; a level from five."""
    result = assess(split)
    few = found_of(result, "few", "a")
    assert (few.found, few.hidden, few.agrees) == (None, NOT_ENOUGH, TOO_FEW)
    named = assess(replace(split, settings=Settings(minimum_group=1)))
    assert found_of(named, "few", "a").found is not None


def test_what_is_asked_about_the_organisation_has_its_agreement_there(split) -> None:
    """Pooled items count once, and never in a line's agreement."""
    result = assess(split)
    assert found_of(result, "one", "c").hidden == POOLED
    assert found_of(result, "", "c").found is not None
    assert found_of(result, "", "a").hidden == BY_LINE
    assert found_of(result, "", "b").found.items == 1
    assert found_of(result, "one", "b").found.items == 2


def test_a_hidden_level_has_a_hidden_agreement(small, answers_of) -> None:
    """Where the guard hides a level, nothing about its spread is said."""
    rng = np.random.default_rng(2)
    inputs = organisation(
        small,
        answers_of,
        {"one": draw(rng, 20, 3.0, 0.6), "two": draw(rng, 20, 3.0, 0.6), "tiny": draw(rng, 3, 3.0, 0.6)},
    )
    result = assess(inputs)
    for one in result.respondents.agreement:
        level = result.scores.get("dimension", one.part, one.dimension).level
        if level is None:
            assert one.found is None
    assert found_of(result, "tiny", "a").hidden == PROTECTED


def test_nothing_about_respondents_leaves_for_fewer_than_ten_people_or_with_more_than_two_digits(
    build, instrument
) -> None:
    """Rule of the guard: spreads of groups of ten or more whose level is shown, rounded; people as shown beside it."""
    rng = np.random.default_rng(4)
    groups = [("product", "motor", 9, 8), ("builder", "motor", 20, 15), ("operations", "motor", 9, 7)]
    groups += [("product", "home", 14, 12), ("builder", "home", 6, 4), ("support", None, 30, 22)]
    inputs = build(instrument, groups, lambda item, line, role: 2.8, rng, gaps=0.15)
    result = assess(inputs)
    numbers = []
    for one in result.respondents.agreement:
        if one.found is not None:
            held = result.scores.get("dimension", one.part, one.dimension)
            assert held.level is not None
            assert one.found.people == held.people >= DISTRIBUTION_FROM
            numbers += [one.found.rwg, one.found.critical, one.found.ad, one.found.sd, one.found.by_chance]
    for scale in result.respondents.reliability:
        if scale.alpha is not None:
            held = result.scores.get("dimension", scale.role, scale.dimension)
            assert scale.alpha.people == held.people >= DISTRIBUTION_FROM
            numbers += [scale.alpha.value, scale.alpha.low, scale.alpha.high, *scale.alpha.item_rest]
            numbers += [*scale.alpha.if_deleted, scale.omega.value, *scale.omega.loadings]
    for pool in result.respondents.pooling:
        numbers += [pool.single, pool.low, pool.high, pool.mean, pool.p]
    known = [number for number in numbers if number is not None]
    assert len(known) > 50
    assert all(number == round(number, 2) for number in known)


def test_reliability_stays_within_one_role(build, instrument) -> None:
    """People of other roles were asked other questions: each scale is one role's, on what that role was asked."""
    rng = np.random.default_rng(5)
    groups = [("product", "motor", 30, 30), ("builder", "motor", 40, 40), ("builder", "home", 40, 40)]
    inputs = build(instrument, groups, lambda item, line, role: 2.0 if line == "motor" else 3.5, rng)
    result = assess(inputs)
    scale = next(one for one in result.respondents.reliability if (one.role.id, one.dimension) == ("builder", "d03"))
    answers = inputs.answers[0]
    mine = answers.levels.loc[(answers.sheets["role"] == "builder").to_numpy(), list(scale.items)]
    assert scale.items == tuple(item.id for item in instrument.items if item.group == "d03" and "builder" in item.roles)
    assert scale.alpha.value == round(cronbach_alpha(mine).value, 2)
    # The lines lie 1.5 levels apart: one line explains much of an answer.
    pool = next(one for one in result.respondents.pooling if one.dimension == "d03")
    assert pool.single > 0.5
    assert pool.p == 0.01


def test_a_turned_key_is_said(small, answers_of) -> None:
    """A question that runs against the rest of its dimension by more than chance is a caution."""
    rng = np.random.default_rng(6)
    lean = rng.normal(size=(60, 1))
    levels = np.clip(np.rint(3 + lean + 0.5 * rng.normal(size=(60, 9))), 1, 5)
    levels[:, 1] = 6 - levels[:, 1]
    result = assess(organisation(small, answers_of, {"one": levels[:30], "two": levels[30:]}))
    scale = next(one for one in result.respondents.reliability if (one.role.id, one.dimension) == ("builder", "a"))
    assert scale.against == ("a2",)
    assert [one.claim for one in cautions(result) if "against" in one.claim] == [
        "Question a2 runs against the rest of its dimension."
    ]


def test_assessors_are_compared_where_two_looked(instrument) -> None:
    """Artefacts with one assessor do not count; a level that differs is another level."""
    evidence = pd.DataFrame(
        [
            ("d01_1", None, "yes", 4.0, "A"),
            ("d01_1", None, "yes", 4.0, "B"),
            ("d06_1", "motor", "yes", 3.0, "A"),
            ("d06_1", "motor", "no", None, "B"),
            ("d02_1", "motor", "yes", 2.0, "A"),
            ("d02_1", "motor", "yes", 1.0, "B"),
            ("d03_1", "motor", "yes", 5.0, "A"),
        ],
        columns=["item", "product_line", "seen", "level", "assessor"],
    )
    coding = compare_assessors(evidence, instrument)
    assert [(one.item, one.line) for one in coding.artefacts] == [("d01_1", ""), ("d02_1", "motor"), ("d06_1", "motor")]
    assert (coding.assessors, coding.same) == (("A", "B"), 1)
    assert coding.artefacts[2].seen == (True, False)
    assert coding.level.units == 2
    assert coding.seen.units == 3
    # The order of the rows does not matter.
    assert compare_assessors(evidence.iloc[::-1], instrument) == coding


@pytest.mark.parametrize("rows", [None, [], [("d01_1", None, "yes", 4.0, "A"), ("d02_1", None, "yes", 3.0, "B")]])
def test_nothing_looked_at_twice_says_nothing(instrument, rows) -> None:
    """No table, an empty one, or artefacts of one assessor each."""
    columns = ["item", "product_line", "seen", "level", "assessor"]
    evidence = None if rows is None else pd.DataFrame(rows, columns=columns)
    assert compare_assessors(evidence, instrument) is None


def test_figures_keep_their_places_when_numbers_are_hidden(split) -> None:
    """Keys and ids hang on the client's tables, not on who may be shown."""
    shown, hidden = figures(assess(replace(split, settings=Settings(minimum_group=1)))), figures(assess(split))
    assert [(one.id, one.key) for one in shown] == [(one.id, one.key) for one in hidden]
    assert hidden["agreement/few/a"].value is None
    assert shown["agreement/few/a"].value is not None


def test_the_method_names_estimators_and_what_was_simulated(split) -> None:
    """Estimator, gaps and the limit are stated; words that reach a board stay out of the cautions."""
    result = assess(split)
    text = method(result)
    for words in ("r_wg(j)", "Feldt", "pairwise", "maximum likelihood", "analysis of variance", "none is left out"):
        assert words in text
    for finding in cautions(result):
        assert not re.search(r"\balpha\b|r_wg|\bICC\b|careless|null", f"{finding.claim} {finding.detail}")


def test_lines_are_not_compared_by_fewer_than_ten_people_with_a_sheet_for_each(small, answers_of) -> None:
    """Six people who answered for two lines each are six people, not twelve."""
    held = organisation(small, answers_of, {"one": draw(np.random.default_rng(1), 12, 3.0, 0.8)})
    answers = held.answers[0]
    lines, who = ["one", "two"] * 6, [f"p{place // 2}" for place in range(12)]
    sheets = answers.sheets.assign(product_line=pd.Series(lines, index=answers.sheets.index), respondent=who)
    result = assess(replace(held, answers=(replace(answers, sheets=sheets),), lines=(("one", "One"), ("two", "Two"))))
    assert result.scores.heads[result.organisation].people == 6
    assert result.respondents.pooling == ()
