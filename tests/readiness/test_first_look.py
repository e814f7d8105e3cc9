"""The first week: interviews and artefacts lean, and only a survey settles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench import readiness
from workbench.errors import ModelError
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Answers, Instrument, ReadinessInputs, Settings
from workbench.readiness.classes import PRODUCT_RUN, PROJECT_RUN, TOO_CLOSE, TRANSITION
from workbench.readiness.first_look import FirstLook

LINES = (("motor", "Motor insurance"), ("home", "Home insurance"))


def week(
    instrument: Instrument,
    *,
    heard: float | None = None,
    shows: dict[tuple[str, str | None], float | None] | None = None,
    people: int = 12,
    minimum: int = 5,
) -> ReadinessInputs:
    """Return inputs without a survey: `people` say one level on every item; artefacts show (item, line): level."""
    interviews = None
    if heard is not None:
        interviews = pd.DataFrame(
            [
                {
                    "interview": f"i{person}",
                    "role": "executive",
                    "product_line": None,
                    "item": item.id,
                    "level": heard,
                    "quote": None,
                    "may_quote": "no",
                }
                for person in range(people)
                for item in instrument.items
            ]
        )
    evidence = None
    if shows is not None:
        evidence = pd.DataFrame(
            [
                {
                    "item": item,
                    "product_line": line,
                    "seen": "no" if level is None else "yes",
                    "level": np.nan if level is None else level,
                    "link": "",
                    "note": "",
                    "assessor": "A",
                    "date": None,
                }
                for (item, line), level in shows.items()
            ]
        )
    settings = Settings(minimum_group=minimum)
    return ReadinessInputs(instrument, (), LINES, settings, interviews=interviews, evidence=evidence)


def look(inputs: ReadinessInputs) -> FirstLook:
    """Return the first look."""
    found = readiness.assess(inputs)
    assert isinstance(found, FirstLook)
    return found


@pytest.mark.parametrize(
    ("heard", "leaning"),
    [(1.5, PROJECT_RUN), (2.0, TRANSITION), (2.9, TRANSITION), (3.0, PRODUCT_RUN)],
)
def test_every_class_is_open_and_leans_where_the_levels_are(instrument: Instrument, heard: float, leaning: str) -> None:
    """Twelve interviews that say one level on every question lean to its class; none is called sure."""
    verdict = look(week(instrument, heard=heard)).verdict
    assert verdict is not None
    assert (verdict.verdict, verdict.leaning, verdict.product_lines) == (TOO_CLOSE, leaning, ())
    for line in verdict.lines:
        assert line.words == f"too close to call (leaning to {leaning}, settled by the survey)"
        assert line.certainty is None
        assert all(gate.sure_moving is None for gate in line.gates)


def test_the_lower_of_two_sources_counts(instrument: Instrument) -> None:
    """People say 4 and the artefact was looked for and not seen: the gate stands at 2, in that line alone."""
    verdict = look(week(instrument, heard=4, shows={("d02_1", "motor"): None})).verdict
    assert verdict is not None
    gates = {line.line: {gate.dimension: gate.score.level for gate in line.gates} for line in verdict.lines}
    assert gates["motor"]["d02"] is not None
    assert gates["motor"]["d02"].value == 2.0
    assert gates["home"]["d02"] is not None
    assert gates["home"]["d02"].value == 4.0
    assert verdict.line("motor").held_back_by == ("d02",)
    assert [verdict.line(name).leaning for name in ("motor", "home")] == [TRANSITION, PRODUCT_RUN]


def test_what_nobody_spoke_of_never_speaks_for_product_run(instrument: Instrument) -> None:
    """One artefact at 5 leans to nothing; one at 1 leans to still project-run."""
    high = look(week(instrument, shows={("d02_1", "motor"): 5})).verdict
    assert high is not None
    assert [line.leaning for line in high.lines] == ["", ""]
    verdict = look(week(instrument, shows={("d02_1", "motor"): 1})).verdict
    assert verdict is not None
    assert verdict.line("motor").words == "too close to call (leaning to still project-run, settled by the survey)"
    assert verdict.line("home").words == "too close to call (settled by the survey)"


def test_four_interviews_tell_nothing(instrument: Instrument) -> None:
    """Below the minimum group nothing leans on interviews: alone they leave readiness off, openly named they do not."""
    few = week(instrument, heard=1.0, people=4)
    found = readiness.assess(few)
    assert isinstance(found, Off)
    assert not isinstance(found, FirstLook)
    assert "interviews" in found.reason
    with_artefact = look(week(instrument, heard=1.0, people=4, shows={("d02_1", "motor"): 4}))
    assert with_artefact.verdict is not None
    assert with_artefact.verdict.leaning == ""
    named = look(week(instrument, heard=1.0, people=4, minimum=1)).verdict
    assert named is not None
    assert named.leaning == PROJECT_RUN


def test_sentences_say_what_it_can_and_cannot_carry(instrument: Instrument) -> None:
    """Too close to call, chosen people, no rate, no interval, and the next step is the survey; every id exists."""
    found = look(week(instrument, heard=2.5, shows={("d06_1", "home"): None}))
    said = [*readiness.headline(found), *readiness.cautions(found), *readiness.next_steps(found)]
    known = {figure.id for figure in readiness.figures(found)}
    for finding in said:
        assert len(finding.claim) <= CLAIM_LENGTH
        assert set(finding.figures) <= known
    text = " ".join(f"{finding.claim} {finding.detail}" for finding in said)
    assert readiness.headline(found)[0].claim.startswith(
        "Too close to call (leaning to in transition, settled by the survey)"
    )
    for words in ("no response rate", "no interval", "no sample", "Send the survey: 7 short forms by role, 4 to 12"):
        assert words in text
    assert "no survey" in readiness.method(found)
    assert (
        repr(found)
        == "There is no survey yet. 12 interviews and 1 artefact give a hint, no verdict. Needed: survey, waves."
    )


def test_figures_use_the_keys_of_a_survey(instrument: Instrument) -> None:
    """The board's page finds classes and what holds lines back under the same keys."""
    numbers = readiness.figures(look(week(instrument, heard=2.5)))
    assert numbers["class"].value == "too close to call (leaning to in transition)"
    assert numbers["lines/too-close-to-call"].value == 2
    assert numbers["lines/product-run"].value == 0
    assert numbers["held-back/motor"].value
    assert numbers["heard/d06"].value == 2.5
    assert numbers["heard/d06"].low is None
    assert numbers["interviews"].value == 12


def test_a_survey_without_a_level_falls_back_on_the_other_sources(
    small: Callable[..., Instrument], answers_of: Callable[..., Answers]
) -> None:
    """Nobody answered anything: the artefact still speaks, and the reason is told."""
    instrument = small({"d": ["a"]})
    answers = answers_of(instrument, [("builder", "motor")] * 6, [[np.nan]] * 6)
    inputs = replace(week(instrument, shows={("a", "motor"): 3}), answers=(answers,))
    found = look(inputs)
    assert found.reason.startswith("Nobody answered anything in wave w1.")
    assert found.verdict is None  # this instrument has no gates
    assert "no verdict" in readiness.headline(found)[0].claim
    plain = readiness.assess(replace(inputs, evidence=None))
    assert isinstance(plain, Off)
    assert not isinstance(plain, FirstLook)


def test_nothing_at_all_is_refused(instrument: Instrument) -> None:
    """Inputs without a survey, interviews or evidence are a mistake of the caller."""
    with pytest.raises(ModelError, match="at least one wave, or interviews, or evidence"):
        ReadinessInputs(instrument, (), LINES)


def test_neither_order_nor_keys_of_interviews_matter(instrument: Instrument) -> None:
    """Rows shuffled and interviews renamed give the same figures."""
    inputs = week(instrument, heard=2.5, shows={("d06_1", "home"): None, ("d02_1", "motor"): 3})
    assert inputs.interviews is not None
    assert inputs.evidence is not None
    mixed = inputs.interviews.sample(frac=1, random_state=3)
    mixed["interview"] = mixed["interview"].map({f"i{place}": f"z{11 - place}" for place in range(12)})
    turned = replace(inputs, interviews=mixed, evidence=inputs.evidence[::-1])
    assert tuple(readiness.figures(look(turned))) == tuple(readiness.figures(look(inputs)))
