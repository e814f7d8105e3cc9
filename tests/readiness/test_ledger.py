"""What becomes public is written down whole, the same way every time, and read back or refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.readiness import ReadinessInputs, Settings
from workbench.readiness.anonymity import protect, publication
from workbench.readiness.ledger import HEAD, LEVEL, Publication, record
from workbench.readiness.scores import Scores, score
from workbench.readiness.unknowns import Marks, Offer, term

Make = Callable[..., Any]
SETTINGS = Settings()


@pytest.fixture(scope="module")
def inputs(small: Make, build: Make) -> ReadinessInputs:
    """Return an organisation with gaps, so that weights differ from person to person."""
    groups = [("builder", "x", 14, 11), ("builder", "y", 16, 13), ("product", "y", 12, 10)]
    instrument = small({"d": ["a", "b"], "e": ["c", "f*"]})
    return build(instrument, groups, lambda *_: 3.0, np.random.default_rng(5), gaps=0.15)  # type: ignore[no-any-return]


def scored(inputs: ReadinessInputs) -> Scores:
    """Return the scores of the last wave."""
    return score(inputs.answers[-1], inputs.instrument, SETTINGS, lines=inputs.lines)


@pytest.fixture(scope="module")
def made(inputs: ReadinessInputs) -> Publication:
    """Return what is published of it, with a number that was offered besides."""
    scores = scored(inputs)
    key = ("dimension", "organisation", "", "d")
    trace = scores.traces[key]
    extra = [
        Offer(("half", *key[1:]), -9, frozenset(scores.keys), (term(scores, trace.items, trace.weights / 2),), 1.0, 2.0)
    ]
    return publication(scores, protect(scores, SETTINGS, (), extra), extra, run="r1", when="2026-09-30")


def dense(terms: Any, people: list[str], items: list[str]) -> np.ndarray:
    """Return a number's weights over all people and items."""
    table = np.zeros((len(people), len(items)))
    for one in terms:
        for row, key in enumerate(one.keys):
            for column, item in enumerate(one.items):
                table[people.index(key), items.index(item)] += one.weights[row, column]
    return table


def test_it_is_read_as_it_was_written(made: Publication, inputs: ReadinessInputs) -> None:
    """Who, how each number hangs on answers, the marks of these, what each lay between."""
    held = Publication.from_dict(json.loads(json.dumps(made.to_dict())), id="r1", when="2026-09-30")
    assert (held.id, held.when, held.wave) == (made.id, made.when, made.wave)
    assert held.counts == made.counts
    assert held.bounds == made.bounds
    assert held.levels.keys() == made.levels.keys()
    assert ("half", "organisation", "", "d") in held.levels
    people, items = list(scored(inputs).keys), [item.id for item in inputs.instrument.items]
    marks = Marks()
    for key, terms in made.levels.items():
        np.testing.assert_array_equal(dense(held.levels[key], people, items), dense(terms, people, items))
        for one in held.levels[key]:
            assert one.answers is None
            for item in one.items:
                assert dict(one.marks[item]) == dict(marks.of(terms[0], item))
    assert held.people == len(people)
    assert held.numbers == len(made.levels) + sum(what == HEAD for what, *_ in made.counts)


def test_the_order_of_sheets_and_of_dictionaries_is_nothing(made: Publication, inputs: ReadinessInputs) -> None:
    """So that the same data again add nothing to the ledger."""
    turned = replace(
        made,
        counts=dict(reversed(made.counts.items())),
        levels=dict(reversed(made.levels.items())),
        bounds=dict(reversed(made.bounds.items())),
        id="r2",
    )
    assert json.dumps(turned.to_dict()) == json.dumps(made.to_dict())
    answers = inputs.answers[0]
    order = np.random.default_rng(0).permutation(len(answers.sheets))
    mixed = replace(
        answers,
        sheets=answers.sheets.iloc[order],
        levels=answers.levels.iloc[order],
        status=answers.status.iloc[order],
        codes=answers.codes.iloc[order],
    )
    scores = [scored(held) for held in (inputs, replace(inputs, answers=(mixed,)))]
    texts = [record(publication(one, protect(one, SETTINGS))) for one in scores]
    assert texts[0] == texts[1]


def test_it_holds_no_answer(made: Publication, inputs: ReadinessInputs) -> None:
    """Neither levels nor codes: two surveys that differ in every answer differ in marks and bounds only."""
    answers = inputs.answers[0]
    turned = scored(replace(inputs, answers=(replace(answers, levels=6 - answers.levels),)))
    other = publication(turned, protect(turned, SETTINGS)).to_dict()
    same = publication(scored(inputs), protect(scored(inputs), SETTINGS)).to_dict()
    assert {name for name in same if same[name] != other[name]} <= {"marks", "bounds"}
    assert same["marks"] != other["marks"]


def test_what_was_read_guards_as_what_was_written(made: Publication, inputs: ReadinessInputs) -> None:
    """A person fewer: the same is hidden, whether the earlier run is in memory or was read from its file."""
    answers = inputs.answers[0]
    kept = np.arange(len(answers.sheets)) != 3
    fewer = replace(
        answers,
        sheets=answers.sheets.loc[kept],
        levels=answers.levels.loc[kept],
        status=answers.status.loc[kept],
        codes=answers.codes.loc[kept],
    )
    scores = scored(replace(inputs, answers=(fewer,)))
    held = Publication.from_dict(json.loads(json.dumps(made.to_dict())), id="r1")
    alone, memory, file = (protect(scores, SETTINGS, before) for before in ((), (made,), (held,)))
    assert memory.hidden == file.hidden
    assert len(alone.hidden) < len(file.hidden)
    assert {key for key, _ in publication(scores, file).counts.items() if key[0] == LEVEL} < set(
        publication(scores, alone).counts
    )


@given(data=st.data())
def test_a_spoilt_one_is_refused_with_a_sentence(made: Publication, data: st.DataObject) -> None:
    """Whatever a place of it holds, it is read or refused; nothing else happens."""
    document = copy.deepcopy(made.to_dict())
    junk = st.sampled_from([None, "", "zz", -1, 10**6, 1.5, [], {}, [[]], "99", True])
    name = data.draw(st.sampled_from(sorted(document)))
    place: Any = document[name]
    if isinstance(place, list) and data.draw(st.booleans()):
        row = data.draw(st.integers(0, len(place) - 1))
        if isinstance(place[row], list) and data.draw(st.booleans()):
            place[row][data.draw(st.integers(0, len(place[row]) - 1))] = data.draw(junk)
        else:
            place[row] = data.draw(junk)
    else:
        document[name] = data.draw(junk)
    try:
        read = Publication.from_dict(document)
    except ModelError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert isinstance(read.to_dict(), Mapping)


def test_another_format_is_named(made: Publication) -> None:
    """Written by a newer workbench."""
    with pytest.raises(ModelError, match="format 9"):
        Publication.from_dict({**made.to_dict(), "format": 9})
