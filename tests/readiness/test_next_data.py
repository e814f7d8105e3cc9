"""Asking those who are named next settles what is too close to call; and classes, odds and answers move together."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.readiness import Instrument, ReadinessInputs, Settings
from workbench.readiness.anonymity import protect
from workbench.readiness.classes import (
    CLASSES,
    TOO_CLOSE,
    class_draws,
    class_odds,
    classes_of,
    combinations,
    combine,
    combined_odds,
)
from workbench.readiness.next_data import EVERYBODY, SETTLES, ask_next
from workbench.readiness.scores import Part, score
from workbench.readiness.simulated import VERDICT, simulated_words
from workbench.readiness.verdict import LineVerdict, Verdict, ask_words, judge

Make = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
ROLES = ("product", "builder", "operations", "support", "executive", "finance", "hr")
OPEN = Settings(minimum_group=1)


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    """Return the bench's simulation, which is no part of the package."""
    path = ROOT / "bench" / "simulated_clients.py"
    spec = importlib.util.spec_from_file_location("simulated_clients", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_clients"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def judged(inputs: ReadinessInputs, settings: Settings | None = None) -> Verdict:
    """Return the verdict on the latest answers."""
    held = settings or inputs.settings
    raw = score(inputs.answers[-1], inputs.instrument, held, lines=inputs.lines)
    found = judge(raw, protect(raw, held), held)
    assert found is not None
    return found


def test_the_verdict_keeps_its_promise_on_simulated_clients(simulation: ModuleType, instrument: Instrument) -> None:
    """Gates at least 0.4 level from 2 and 3: at most 5 % wrong, at most 25 % open (seeded; the bench has 500)."""
    found = simulation.summarise(simulation.simulate_verdicts(instrument, range(10), 3, draws=400))
    assert found["lines"] == 40
    assert found["wrong"] <= 0.05
    assert found["undecided"] <= 0.25
    assert found["organisation_wrong"] == 0


def test_asking_those_named_next_settles(simulation: ModuleType, instrument: Instrument) -> None:
    """Lines that are open although no gate is near a boundary: 80 % get their class from those who are asked.

    Few are, so these are clients of the bench that have such a line.
    """
    rows = simulation.simulate_verdicts(instrument, (5, 6, 10, 38, 40, 71, 95, 96), 1, draws=200)
    asked = rows[rows["verdict"] == TOO_CLOSE]
    assert len(asked) >= 5
    assert (asked["after"].isin(CLASSES)).mean() >= 0.8
    assert asked["people"].between(1, 24).all()


def test_probabilities_can_be_believed(simulation: ModuleType, instrument: Instrument) -> None:
    """With gates anywhere, what is said to be p likely comes true about p of the time (seeded; the bench has more)."""
    rows = simulation.simulate_verdicts(instrument, range(16), 7, bands=simulation.ANYWHERE, draws=400, is_asking=False)
    assert simulation.summarise(rows)["calibration"] <= 0.06
    sure = rows[rows["verdict"].isin(CLASSES)]
    assert (sure["verdict"] == sure["truth"]).mean() >= 0.93


def test_the_report_says_what_the_bench_measured_and_that_it_is_simulation() -> None:
    """The measured shares keep the promise, and the sentence names them."""
    assert VERDICT.wrong <= 0.05
    assert VERDICT.undecided <= 0.25
    assert VERDICT.settled >= 0.80
    words = simulated_words(replace(VERDICT, wrong=0.012, undecided=0.2, settled=0.9))
    assert "1.2 % of the classes were wrong and 20 % too close to call" in words
    assert "settled 90 % of these 400" in words
    assert words.endswith("This is simulation: who stays silent there is chance alone.")


def nearly(build: Make, instrument: Instrument, *, settings: Settings = OPEN, seed: int = 4, **more: Any) -> Any:
    """Return a line whose builders are mostly silent and whose end-to-end ownership stands near 3."""
    groups = [(role, line, 12, 12) for line in ("x", "y") for role in ROLES[:5] if (role, line) != ("builder", "x")]
    groups.append(("builder", "x", 40, 24))
    return build(
        instrument,
        groups,
        lambda item, *_: 2.9 if item[:3] == "d02" else 4.5,
        np.random.default_rng(seed),
        settings=replace(settings, sure=0.97),
        **more,
    )


def test_only_people_who_are_asked_what_is_open_are_asked_for(build: Make, instrument: Instrument) -> None:
    """Builders of x alone are silent: they are asked for by role, in words and as data."""
    line = judged(nearly(build, instrument)).line("x")
    assert line.ask is not None
    assert (line.ask.role, line.ask.line) == ("builder", "x")
    assert 1 <= (line.ask.people or 0) <= 16
    assert (line.ask.chance or 0) >= SETTLES
    assert "from builders in this line, on End-to-end ownership" in line.settled_by


def test_more_answers_are_asked_for_where_the_line_is_closer(build: Make, instrument: Instrument) -> None:
    """The nearer a gate to its boundary, the more people it takes."""
    inputs = nearly(build, instrument)
    raw = score(inputs.answers[0], instrument, inputs.settings, lines=inputs.lines)
    part = next(one for one in raw.parts if one.id == "x")
    people = []
    for sure in (0.7, 0.9, 0.97):
        ask = ask_next(raw, part, replace(inputs.settings, sure=sure), nameable=frozenset({("x", "builder")}))
        people.append(ask.people or 0)
    assert people == sorted(people)


def test_a_question_about_the_organisation_is_settled_anywhere(build: Make, instrument: Instrument) -> None:
    """Product leadership is pooled: where it alone is open, people of every line help."""
    groups = [(role, line, 14, 9) for line in ("x", "y", "z") for role in ROLES]
    inputs = build(
        instrument,
        groups,
        lambda item, *_: 2.8 if item[:3] == "d07" else 4.6,
        np.random.default_rng(0),
        settings=replace(OPEN, sure=0.99),
    )
    open_lines = [line for line in judged(inputs).lines if line.verdict == TOO_CLOSE]
    assert open_lines
    for line in open_lines:
        assert line.ask is not None
        assert line.ask.gates[0] == "d07"
        assert line.ask.line == ""
        assert "in any line" in line.settled_by


def test_without_a_population_the_number_is_about(build: Make, instrument: Instrument) -> None:
    """Nobody knows how many were asked, so that more of the same are asked for."""
    line = judged(nearly(build, instrument, with_population=False)).line("x")
    assert line.verdict == TOO_CLOSE
    assert line.ask is not None
    assert line.ask.role == EVERYBODY
    assert line.settled_by.endswith("(nobody knows how many were asked)")


def test_few_people_are_told_no_numbers(build: Make, instrument: Instrument) -> None:
    """Under ten people in a line neither odds, certainty nor a number to ask are published."""
    groups = [("builder", "x", 6, 5), ("product", "x", 4, 3)] + [(role, "y", 14, 11) for role in ROLES]
    inputs = build(
        instrument,
        groups,
        lambda item, *_: 4.5 if instrument.item(item).scope == "organisation" else 2.6,
        np.random.default_rng(3),
        settings=replace(OPEN, minimum_group=5),
    )
    for line in judged(inputs).lines:
        shown = line.line == "y"
        assert bool(line.odds) == shown
        assert (line.certainty is not None) <= shown
        assert line.ask is None or (line.ask.people in (0, None)) or shown
        assert all(gate.sure_moving is None or (gate.score.people or 0) >= 10 for gate in line.gates)


def test_evidence_not_looked_at_comes_first(build: Make, instrument: Instrument) -> None:
    """Everybody has answered, questions were skipped: artefacts decide, those not seen yet before the others."""
    groups = [(role, "x", 8, 8) for role in ROLES]

    def truth(item: str, *_: object) -> float:
        return 2.0 if item[:3] == "d06" else 2.7

    inputs = build(instrument, groups, truth, np.random.default_rng(3), gaps=0.4, settings=OPEN)
    raw = score(inputs.answers[0], instrument, OPEN, lines=inputs.lines)
    part = next(one for one in raw.parts if one.id == "x")
    first = ask_next(raw, part, OPEN, nameable=frozenset())
    assert first.people == 0
    assert first.items
    seen = frozenset((name, "x") for name in first.items)
    second = ask_next(raw, part, OPEN, nameable=frozenset(), looked_at=seen)
    assert not set(first.items) & set(second.items)
    words = ask_words(instrument, first, is_counted=True)
    assert words.startswith("evidence on Funding and standing teams")
    assert "Budget file".lower() in ask_words(instrument, replace(first, items=("d06_1",)), is_counted=True)


def test_odds_add_up_and_are_shares_of_draws() -> None:
    """By hand: three of four draws in transition; the organisation from two lines drawn together."""
    assert class_odds(np.array([0, 1, 1, 1])) == (
        ("still project-run", 0.25),
        ("in transition", 0.75),
        ("product-run", 0.0),
    )
    together = dict(combined_odds([np.array([0, 2, 2, 0]), np.array([0, 2, 1, 1])]))
    assert together == {
        "still project-run": 0.25,
        "in transition": 0.25,
        "product-run in part": 0.25,
        "product-run": 0.25,
    }


def test_odds_of_one_gate_are_its_t(build: Make, instrument: Instrument) -> None:
    """With one gate alone in doubt, the odds are Student's t of that gate (an independent closed form)."""
    from scipy.special import stdtr

    inputs = nearly(build, instrument)
    settings = replace(inputs.settings, draws=20_000)
    raw = score(inputs.answers[0], instrument, settings, lines=inputs.lines)
    part = next(one for one in raw.parts if one.id == "x")
    places = class_draws(raw, part, settings.draws, settings.seed)
    level = raw.get("dimension", part, "d02").level
    assert places is not None
    assert level is not None
    assert level.standard_error
    assert level.df
    expected = float(stdtr(level.df, (level.value - 3) / level.standard_error))
    assert dict(class_odds(places))["product-run"] == pytest.approx(expected, abs=0.015)
    line = judged(inputs).line("x")
    assert sum(share for _, share in line.odds) == pytest.approx(1.0, abs=1e-12)
    assert f"leaning to {line.leaning}, about " in line.words


def test_the_order_of_sheets_and_lines_changes_no_odds(build: Make, instrument: Instrument) -> None:
    """The same people in another order get the same class, odds, and are asked for the same."""
    inputs = nearly(build, instrument)
    held = inputs.answers[0]
    order = np.random.default_rng(1).permutation(len(held.sheets))
    frames = {name: getattr(held, name).iloc[order] for name in ("sheets", "levels", "status", "codes")}
    moved = replace(inputs, answers=(replace(held, **frames),), lines=inputs.lines[::-1])

    def said(verdict: Verdict) -> dict[str, LineVerdict]:
        return {line.line: replace(line, gates=()) for line in verdict.lines}

    assert said(judged(moved)) == said(judged(inputs))


@given(st.integers(0, 10_000))
@profile(max_examples=12)
def test_raising_answers_never_lowers_a_class(build: Make, instrument: Instrument, seed: int) -> None:
    """Some people answer a level higher: the leaning does not fall, and no sure class becomes a lower sure one."""
    rng = np.random.default_rng(seed)
    groups = [(role, "x", 5, 4) for role in ROLES[:5]]
    inputs = build(instrument, groups, lambda *_: rng.uniform(1.8, 3.6), rng, settings=replace(OPEN, draws=50))
    held = inputs.answers[0]
    raised = held.levels + (rng.random(held.levels.shape) < 0.3)
    after = replace(inputs, answers=(replace(held, levels=raised.clip(upper=5.0)),))
    first, second = (judged(one).line("x") for one in (inputs, after))

    def rank(line: LineVerdict) -> int:
        return CLASSES.index(line.leaning or line.verdict)

    if TOO_CLOSE in (first.verdict, second.verdict) or first.verdict == second.verdict:
        levels = [[gate.score.level.value for gate in line.gates if gate.score.level] for line in (first, second)]
        assert all(one <= other for one, other in zip(*levels, strict=True))
    if first.verdict != TOO_CLOSE and second.verdict != TOO_CLOSE:
        assert rank(second) >= rank(first)


@given(st.lists(st.floats(1, 5), min_size=7, max_size=7), st.lists(st.floats(0, 2), min_size=7, max_size=7))
@profile(max_examples=200)
def test_a_higher_level_is_never_of_a_lower_class(
    instrument: Instrument, levels: list[float], more: list[float]
) -> None:
    """The rule on levels rises with every gate, and is what the rule on certainties says when all are sure."""
    low, high = np.array([levels]), np.array([levels]) + np.array([more])
    assert classes_of(instrument, low)[0] <= classes_of(instrument, high)[0]


@given(st.lists(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=3, unique=True), min_size=1, max_size=5))
@profile(max_examples=100)
def test_the_organisations_classes_are_those_of_every_combination(lines: list[list[str]]) -> None:
    """The quick count of outcomes equals trying every combination of what lines could be."""
    from itertools import product

    assert set(combinations(lines)) == {combine(list(one)) for one in product(*lines)}


def test_an_instrument_without_gates_has_no_classes(small: Make) -> None:
    """That is an error of the caller, with a sentence."""
    with pytest.raises(ModelError, match="without gates"):
        classes_of(small({"d": ["a"]}), np.array([[3.0]]))


def test_people_asked_more_than_once_are_not_there(simulation: ModuleType, instrument: Instrument) -> None:
    """The simulation asks only silent people of the line and role that the verdict names."""
    client = simulation.simulate_client(instrument, np.random.default_rng(2), simulation.ANYWHERE)
    verdict = client.judged(client.has_sent, OPEN)
    sheets: pd.DataFrame = client.everything.sheets
    for line in verdict.lines:
        now = client.asked_more(line, np.random.default_rng(1))
        new = sheets[now & ~client.has_sent]
        assert (now >= client.has_sent).all()
        if line.ask is not None and line.ask.people:
            assert len(new) == line.ask.people
            assert not line.ask.line or set(new["product_line"]) == {line.ask.line}
            assert not line.ask.role or set(new["role"]) == {line.ask.role}
        else:
            assert new.empty
    assert Part("line", "a", "A") in {Part("line", line.line, line.name) for line in verdict.lines}
