"""Nobody is exposed: small groups are hidden, and nothing that is shown gives them away by subtraction."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from bench.leaks import lie_in, span
from workbench import readiness
from workbench.errors import ModelError
from workbench.readiness import Instrument, Readiness, ReadinessInputs, Settings
from workbench.readiness.anonymity import NO_LEVEL, NOBODY, PROTECTED, find_leak, protect
from workbench.readiness.inputs import CANNOT_SEE, NOT_ASKED
from workbench.readiness.scores import Part, Scores, Trace, score

Make = Callable[..., Any]
ROLES = ("executive", "product", "builder", "operations", "support")
CUTS = {"shape": ("product", "builder"), "run": ("operations", "support")}
MINIMUM = 5


def random_inputs(small: Make, build: Make, seed: int, **more: Any) -> ReadinessInputs:
    """Return a small organisation with uneven groups, some people without a line, some gaps."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b"], "e": ["c", "f*"], "g": ["h*"]})
    lines = [f"l{place}" for place in range(rng.integers(2, 5))]
    groups = []
    for line in [*lines, None]:
        for role in ROLES:
            answered = int(rng.choice([0, 0, 1, 2, 3, 5, 8])) if line else int(rng.choice([0, 0, 0, 1, 2, 6]))
            if answered:
                groups.append((role, line, answered + 1, answered))
    groups = groups or [("builder", "l0", 9, 6)]
    gaps = float(rng.choice([0.0, 0.0, 0.1]))
    return build(instrument, groups, lambda item, line, role: 3.0, rng, gaps=gaps, **more)


Sample = Callable[[int], tuple[ReadinessInputs, Readiness]]


@pytest.fixture(scope="module")
def sample(small: Make, build: Make) -> Sample:
    """Return the maker of random organisations with their results; each is assessed once."""

    @cache
    def made(seed: int) -> tuple[ReadinessInputs, Readiness]:
        inputs = random_inputs(small, build, seed)
        result = readiness.assess(inputs)
        assert isinstance(result, Readiness)
        return inputs, result

    return made


def members(inputs: ReadinessInputs, part: Part) -> np.ndarray:
    """Return the sheets of a part, worked out here once more."""
    sheets = inputs.answers[0].sheets
    line = sheets["product_line"].isna() | (sheets["product_line"] == part.id)
    role = sheets["role"]
    found = {
        "organisation": np.ones(len(sheets), dtype=bool),
        "line": line.to_numpy(dtype=bool),
        "cut": role.isin(CUTS.get(part.id, ())).to_numpy(dtype=bool),
        "role": (role == part.id).to_numpy(dtype=bool),
    }
    return found[part.kind]


def items_of(inputs: ReadinessInputs, key: tuple[str, str, str, str]) -> list[str]:
    """Return the items behind a score."""
    return [key[3]] if key[0] == "item" else list(inputs.instrument.group(key[3]).items)


def weights(inputs: ReadinessInputs, part: Part, key: tuple[str, str, str, str]) -> np.ndarray:
    """Return how a level hangs on each answer (people × items), from its definition."""
    answers, names = inputs.answers[0], [item.id for item in inputs.instrument.items]
    table = np.zeros((len(answers.sheets), len(names)))
    used = []
    for name in items_of(inputs, key):
        pooled = part.kind == "line" and inputs.instrument.item(name).scope == "organisation"
        who = members(inputs, Part("organisation", "", "")) if pooled else members(inputs, part)
        has = who & answers.levels[name].notna().to_numpy()
        if has.sum() >= 2:
            used.append(name)
            table[has, names.index(name)] = 1 / has.sum()
    return table / max(1, len(used))


def people_behind(inputs: ReadinessInputs, part: Part, key: tuple[str, str, str, str]) -> np.ndarray:
    """Return who has a level in a cell; in a line, those of its own items where it has any."""
    items = items_of(inputs, key)
    own = [name for name in items if inputs.instrument.item(name).scope == "line"]
    if part.kind == "line" and own:
        items = own
    pooled = part.kind == "line" and not own
    who = members(inputs, Part("organisation", "", "")) if pooled else members(inputs, part)
    return who & inputs.answers[0].levels[items].notna().any(axis=1).to_numpy()


def exposed(inputs: ReadinessInputs, shown: Mapping[Any, Any], parts: Mapping[tuple[str, str], Part]) -> list[str]:
    """Attack what is shown by plain linear algebra; return every small group whose number can be computed."""
    found = []
    small_groups = list(small_sets(inputs))
    for group in inputs.instrument.groups:
        keys = [key for key in shown if (key[0] == "dimension" and key[3] == group.id) or key[3] in group.items]
        dimension = [key for key in keys if key[0] == "dimension"]
        measures = [dimension, *([key for key in keys if key[3] == name] for name in group.items)]
        for held in measures:
            rows = np.array([people_behind(inputs, parts[key[1:3]], key).astype(float) for key in held])
            basis = span(rows)
            has_level = rows.any(axis=0) if len(rows) else np.zeros(len(inputs.answers[0].sheets), dtype=bool)
            wanted = {name: (who & has_level).astype(float) for name, who in small_groups}
            wanted = {name: who for name, who in wanted.items() if 0 < who.sum() < MINIMUM}
            leaks = lie_in(basis, list(wanted.values()))
            found += [f"people of {name} in {held[0][3]}" for name, leak in zip(wanted, leaks, strict=True) if leak]
        basis = span(np.array([weights(inputs, parts[key[1:3]], key).reshape(-1) for key in keys]))
        means = {
            f"level of {name} in {items}": mean_of(inputs, who, items)
            for name, who in small_groups
            for items in [list(group.items), *([one] for one in group.items)]
        }
        known = {name: row for name, row in means.items() if row is not None}
        found += [name for name, leak in zip(known, lie_in(basis, list(known.values())), strict=True) if leak]
    return found


def mean_of(inputs: ReadinessInputs, who: np.ndarray, items: list[str]) -> np.ndarray | None:
    """Return the row of a group's level over some items, or None where it is no small group."""
    answers, names = inputs.answers[0], [item.id for item in inputs.instrument.items]
    table = np.zeros((len(who), len(names)))
    people = np.zeros(len(who), dtype=bool)
    used = 0
    for name in items:
        has = who & answers.levels[name].notna().to_numpy()
        if has.any():
            table[has, names.index(name)] = 1 / has.sum()
            people |= has
            used += 1
    return table.reshape(-1) / used if 0 < people.sum() < MINIMUM else None


def small_sets(inputs: ReadinessInputs) -> Iterator[tuple[str, np.ndarray]]:
    """Yield every group that somebody could be interested in: line × role, lines, roles, those without a line."""
    sheets = inputs.answers[0].sheets
    line = sheets["product_line"].astype(object).where(sheets["product_line"].notna(), "")
    for name in sorted(set(line)):
        yield f"line {name or 'none'}", (line == name).to_numpy()
        yield f"line {name} with none", ((line == name) | (line == "")).to_numpy()
        for role in ROLES:
            yield f"{role} of {name or 'none'}", ((line == name) & (sheets["role"] == role)).to_numpy()
    for role in ROLES:
        yield role, (sheets["role"] == role).to_numpy()
    for cut in CUTS:
        yield cut, sheets["role"].isin(CUTS[cut]).to_numpy()


def shown_of(result: Readiness) -> dict[Any, Any]:
    """Return the scores that have a number."""
    return {key: held for key, held in result.scores.scores.items() if held.level is not None}


def parts_of(result: Readiness) -> dict[tuple[str, str], Part]:
    """Return parts by kind and id."""
    return {(part.kind, part.id): part for part in result.parts}


def test_no_hidden_group_can_be_computed_from_what_is_shown(sample: Sample) -> None:
    """In 20 random small organisations no small group's number follows exactly from the published ones."""
    leaks, hidden, shown = [], 0, 0
    for seed in range(20):
        inputs, result = sample(seed)
        leaks += [f"{seed}: {leak}" for leak in exposed(inputs, shown_of(result), parts_of(result))]
        hidden += sum(held.hidden == PROTECTED for held in result.scores.scores.values())
        shown += len(shown_of(result))
    assert leaks == []
    assert hidden > 100, "the organisations have too few small groups to prove anything"
    assert shown > 100, "everything is hidden, which proves nothing"


def test_the_attack_sees_a_guard_that_only_hides_small_groups(small: Make, build: Make) -> None:
    """Without complementary suppression the same attack succeeds in most organisations."""
    exposed_in = 0
    for seed in range(12):
        inputs = random_inputs(small, build, seed)
        result = readiness.assess(dataclasses.replace(inputs, settings=Settings(minimum_group=1)))
        naive = {
            key: held
            for key, held in shown_of(result).items()
            if people_behind(inputs, parts_of(result)[key[1:3]], key).sum() >= MINIMUM
        }
        exposed_in += bool(exposed(inputs, naive, parts_of(result)))
        if exposed_in == 6:
            break  # half of them: proof enough
    assert exposed_in >= 6


def test_counts_of_people_do_not_give_a_small_line_away(sample: Sample) -> None:
    """The number of respondents of a small line does not follow from the totals of the others."""
    for seed in range(20):
        inputs, result = sample(seed)
        heads = [part for part in result.parts if result.scores.heads[part].people is not None]
        basis = span(np.array([members(inputs, part).astype(float) for part in heads]))
        wanted = {name: who.astype(float) for name, who in small_sets(inputs) if 0 < who.sum() < MINIMUM}
        assert not lie_in(basis, list(wanted.values())).any(), f"{seed}: {list(wanted)}"


def test_a_line_hidden_in_the_count_is_hidden_everywhere(sample: Sample) -> None:
    """What holds for the number of people holds for each of its levels."""
    for seed in range(20):
        _, result = sample(seed)
        for part in result.parts:
            if result.scores.heads[part].hidden:
                assert all(
                    held.level is None for key, held in result.scores.scores.items() if key[1:3] == (part.kind, part.id)
                )


def test_a_line_below_the_minimum_takes_its_smallest_neighbour_with_it(small: Make, build: Make) -> None:
    """Four people of one line are hidden; the next smallest line too, because the total is shown."""
    instrument = small({"d": ["a", "b"]})
    groups = [("builder", "tiny", 6, 4), ("builder", "middle", 12, 9), ("builder", "large", 30, 20)]
    result = readiness.assess(build(instrument, groups, lambda *_: 3.0, np.random.default_rng(1)))
    reasons = {part.id: result.scores.get("dimension", part, "d").hidden for part in result.lines}
    assert reasons == {"tiny": PROTECTED, "middle": PROTECTED, "large": ""}
    assert result.scores.get("dimension", result.organisation, "d").level is not None
    assert result.scores.information_lost == pytest.approx(2 / 3, abs=0.005), "levels, whatever their people"


def test_few_people_without_a_line_do_not_follow_from_lines_and_total(small: Make, build: Make) -> None:
    """Each line holds them and the total holds them once: lines minus total would be theirs alone."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 12, 9), ("builder", "y", 14, 10), ("builder", None, 3, 3)]
    inputs = build(instrument, groups, lambda *_: 3.0, np.random.default_rng(2))
    result = readiness.assess(inputs)
    assert exposed(inputs, shown_of(result), parts_of(result)) == []
    assert PROTECTED in {held.hidden for held in result.scores.scores.values()}


def test_pooled_items_are_no_cover_for_a_small_line(small: Make, answers_of: Make) -> None:
    """Two people who answered only a question about the organisation do not hide the four who spoke of their line.

    The items of the organisation are shown one by one, so that their weights can be matched in spite of a gap.
    """
    instrument = small({"e": ["a", "b", "f*"]})
    table = np.random.default_rng(8).integers(1, 6, (15, 3)).astype(float)
    table[13:, :2] = np.nan
    table[0, 1] = np.nan
    held = answers_of(instrument, [("builder", "x")] * 9 + [("builder", "y")] * 6, table)
    result = readiness.assess(ReadinessInputs(instrument, (held,), (("x", "X"), ("y", "Y"))))
    assert [result.scores.get("dimension", part, "e").hidden for part in result.lines] == [PROTECTED, PROTECTED]


def test_roles_give_way_before_lines(small: Make, build: Make) -> None:
    """Two executives are hidden with one more role, not with a line."""
    instrument = small({"d": ["a"]})
    groups = [
        (role, line, size + 2, size)
        for line in ("x", "y")
        for role, size in (("product", 6), ("builder", 9), ("operations", 8), ("support", 7))
    ]
    groups += [("executive", "x", 3, 2)]
    result = readiness.assess(build(instrument, groups, lambda *_: 3.0, np.random.default_rng(3)))
    reasons = {part.id: result.scores.get("dimension", part, "d").hidden for part in result.parts}
    assert reasons["executive"] == PROTECTED
    assert PROTECTED in {reasons[role] for role in ("product", "builder", "operations", "support")}
    assert reasons["x"] == reasons["y"] == reasons[""] == ""


def test_an_openly_named_assessment_hides_nothing(small: Make, build: Make) -> None:
    """A minimum of one is a choice that was announced: every group is shown."""
    inputs = random_inputs(small, build, 5, settings=Settings(minimum_group=1))
    result = readiness.assess(inputs)
    assert set(result.scores.hidden.values()) <= {NOBODY, NO_LEVEL}


def test_why_something_is_hidden_does_not_tell_how_many(small: Make, build: Make, sample: Sample) -> None:
    """Ten, five and one: "too few" for the one and another reason for the five would give both by subtraction."""
    groups = [("builder", "a", 12, 10), ("builder", "b", 8, 5), ("builder", "c", 3, 1)]
    result = readiness.assess(build(small({"d": ["k"]}), groups, lambda *_: 3.0, np.random.default_rng(1)))
    numbers = readiness.figures(result)
    for prefix in ("people", "level", "item"):
        held = [numbers[f"{prefix}/{line}" + {"level": "/d", "item": "/k"}.get(prefix, "")] for line in "bc"]
        assert [(figure.value, figure.n) for figure in held] == [(None, None)] * 2
        assert held[0].source == held[1].source
    for seed in range(8):
        _, found = sample(seed)
        reasons = {*found.scores.hidden.values(), *(head.hidden for head in found.scores.heads.values())}
        assert reasons <= {PROTECTED, ""}


def test_what_share_can_see_is_hidden_with_the_level(small: Make, answers_of: Make) -> None:
    """Four of five can see it: 0.80 beside a hidden level would say that the level is that of four people."""
    instrument = small({"d": ["k"], "e": ["m"]})
    table = np.random.default_rng(3).integers(1, 6, (16, 2)).astype(float)
    status = {(4, "k"): CANNOT_SEE} | {(row, "m"): CANNOT_SEE for row in range(10)}
    table[5:, 0] = np.nan
    held = answers_of(instrument, [("builder", "x")] * 16, table, status=status)
    result = readiness.assess(ReadinessInputs(instrument, (held,), (("x", "X"),)))
    numbers = readiness.figures(result)
    for path in ("k", "x/k"):
        assert (numbers[f"item/{path}"].value, numbers[f"visibility/{path}"].value) == (None, None)
    for key in result.scores.hidden:
        assert (result.scores.scores[key].visibility, result.scores.scores[key].not_applicable) == (None, None)
    unseen = next(finding for finding in readiness.cautions(result) if "under half can see" in finding.claim)
    assert unseen.claim == "1 question: under half can see the answer."
    assert unseen.figures == numbers.ids("visibility/m")
    assert "%" not in unseen.detail


def test_what_is_lost_is_counted_in_levels(small: Make, answers_of: Make) -> None:
    """One line, one dimension hidden: its part of all answers would be its four people."""
    instrument = small({"d": ["a"], "e": ["b"], "f": ["c"]})
    lost = []
    for silent in (2, 5):
        table = np.random.default_rng(2).integers(1, 6, (6, 3)).astype(float)
        table[:silent, 1] = np.nan
        held = answers_of(instrument, [("builder", "x")] * 6, table)
        result = readiness.assess(ReadinessInputs(instrument, (held,), (("x", "X"),)))
        told = [finding for finding in readiness.cautions(result) if "hidden" in finding.claim]
        lost.append((result.scores.information_lost, told[0].claim, told[0].detail))
    assert lost[0] == lost[1], "four people or one: the same words and numbers"
    assert lost[0][1] == "1 of 3 levels by line is hidden to protect small groups."


@pytest.mark.parametrize(("seed", "gaps"), [(8, 0.2), (14, 0.3), (16, 0.1), (16, 0.2), (16, 0.3), (3, 0.0), (5, 0.2)])
def test_the_order_of_the_sheets_never_changes_what_is_shown(small: Make, build: Make, seed: int, gaps: float) -> None:
    """Among cells that could give way alike, the rows' order does not choose."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b", "c", "e"]})
    groups = [(role, line, 9, int(rng.integers(0, 4))) for line in ("x", "y", None) for role in ROLES]
    inputs = build(instrument, [group for group in groups if group[3]], lambda *_: 3.0, rng, gaps=gaps)
    held = inputs.answers[0]
    for turn in (seed + 1, seed + 2):
        order = np.random.default_rng(turn).permutation(len(held.sheets))
        names = ("sheets", "levels", "status", "codes")
        turned = {name: getattr(held, name).iloc[order].set_axis(range(len(order))) for name in names}
        other = dataclasses.replace(inputs, answers=(dataclasses.replace(held, **turned),))
        first, second = readiness.assess(inputs), readiness.assess(other)
        assert second.scores.hidden == first.scores.hidden
        assert second.to_frame().equals(first.to_frame())
        assert list(readiness.figures(second)) == list(readiness.figures(first))


def test_not_asked_is_said_where_the_instrument_says_so(instrument: Instrument, build: Make) -> None:
    """Those who run the business are not asked about outcomes; a role of whom nobody answered is only hidden."""
    groups = [*((role, "x", 9, 7) for role in ROLES[1:]), ("executive", "x", 3, 0)]
    result = readiness.assess(build(instrument, groups, lambda *_: 3.0, np.random.default_rng(1)))
    reasons = {part.id: result.scores.get("dimension", part, "d05").hidden for part in result.parts}
    assert reasons["run"] == reasons["operations"] == NOT_ASKED
    assert reasons["executive"] == PROTECTED


@pytest.mark.parametrize("minimum", [0, 2, 3, 4])
def test_a_minimum_of_two_to_four_is_refused(minimum: int) -> None:
    """It would let colleagues guess who said what."""
    with pytest.raises(ModelError, match="5 or more, or 1"):
        Settings(minimum_group=minimum)


@pytest.mark.parametrize(("answer", "edge", "shown"), [(1, "≤", 1.2), (5, "≥", 4.8)])
def test_a_uniform_answer_of_few_people_shows_only_the_end(
    small: Make, answers_of: Make, answer: int, edge: str, shown: float
) -> None:
    """Eight people who all say the same would each be known: only the end of the scale is named."""
    instrument = small({"d": ["a"]})
    people = [("builder", "x")] * 8
    held = answers_of(instrument, people, [[answer]] * 8, population=[("builder", "x", 8)])
    result = readiness.assess(ReadinessInputs(instrument, (held,), (("x", "X"),)))
    found = result.scores.get("dimension", result.lines[0], "d")
    assert found.level is not None
    assert (found.edge, found.level.value, found.level.low, found.band_low) == (edge, shown, None, None)


def test_ten_people_may_be_shown_as_they_answered(small: Make, answers_of: Make) -> None:
    """From ten people on, the level stands as it is."""
    instrument = small({"d": ["a"]})
    held = answers_of(instrument, [("builder", "x")] * 10, [[1]] * 10, population=[("builder", "x", 10)])
    found = readiness.assess(ReadinessInputs(instrument, (held,), ())).scores
    level = next(iter(found.scores.values())).level
    assert level is not None
    assert (level.value, level.low) == (1.0, 1.0)


def walk(value: Any, seen: set[int]) -> Iterator[Any]:
    """Yield everything that can be reached from a result."""
    if id(value) in seen or value is None or isinstance(value, str | int | float | bool | dt.date):
        return
    seen.add(id(value))
    yield value
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from walk(getattr(value, field.name), seen)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from walk(key, seen)
            yield from walk(held, seen)
    elif isinstance(value, tuple | list | set | frozenset):
        for held in value:
            yield from walk(held, seen)


def test_nothing_unprotected_leaves_assess(small: Make, build: Make, instrument: Instrument) -> None:
    """No array, no frame, no trace of a person; levels have one decimal and no standard error."""
    rng = np.random.default_rng(4)
    groups = [(role, line, 9, 7) for line in ("x", "y") for role in ROLES]
    result = readiness.assess(build(instrument, groups, lambda *_: 2.7, rng, gaps=0.05))
    for held in walk(result, set()):
        assert not isinstance(held, Scores | Trace | np.ndarray), type(held)
        assert not type(held).__module__.startswith("pandas"), type(held)
    for held in result.scores.scores.values():
        if held.level is not None:
            assert held.level.standard_error is None
            assert held.level.df is None
            assert held.level.value == round(held.level.value, 1)
            assert held.level.low is None or held.level.low == round(held.level.low, 1)


def test_figures_and_frame_hold_no_hidden_number(sample: Sample) -> None:
    """A hidden level keeps its place among the figures, without value, interval or people."""
    for seed in range(10):
        _, result = sample(seed)
        numbers = readiness.figures(result)
        frame = result.to_frame().set_index(["kind", "part", "dimension"])
        for key in result.scores.hidden:
            measure, kind, part, name = key
            path = "" if kind == "organisation" else f"/{part}" if kind == "line" else f"/{kind}/{part}"
            prefix = {"dimension": "level", "item": "item", "weighted dimension": "weighted"}[measure]
            figure = numbers[f"{prefix}{path}/{name}"]
            assert (figure.value, figure.low, figure.high, figure.n) == (None, None, None, None)
            if measure == "dimension":
                assert frame.loc[(kind, part, name), ["level", "low", "high", "people", "band_low"]].isna().all()


def test_hiding_a_number_never_renumbers_the_others(small: Make, build: Make) -> None:
    """Ids hang on the tables only, not on what the guard hides."""
    inputs = random_inputs(small, build, 8)
    open_ids = {f.key: f.id for f in readiness.figures(readiness.assess(inputs))}
    named = dataclasses.replace(inputs, settings=Settings(minimum_group=1))
    assert {f.key: f.id for f in readiness.figures(readiness.assess(named))} == open_ids


@pytest.mark.parametrize(
    ("rows", "minimum", "is_leak"),
    [
        pytest.param([[1] * 9, [1] * 6 + [0] * 3], 5, True, id="total minus part"),
        pytest.param([[1] * 12, [1] * 6 + [0] * 6], 5, False, id="both sides large"),
        pytest.param([[1] * 6 + [0] * 6, [0] * 5 + [1] * 7, [1] * 12], 5, True, id="overlap of one"),
        pytest.param([[1] * 4 + [0] * 8], 5, True, id="itself small"),
    ],
)
def test_leaks_are_found_by_rank(rows: list[list[int]], minimum: int, is_leak: bool) -> None:
    """Sums and differences of what is shown, whatever their weights."""
    shown = np.array(rows, dtype=float)
    scaled = shown / shown.sum(axis=1, keepdims=True)
    assert (find_leak(scaled, np.eye(shown.shape[1], dtype=bool), minimum) is not None) == is_leak


def test_bounds_are_rounded_away_from_the_level(small: Make, build: Make) -> None:
    """An interval or a band is never narrower on paper than it was computed, and wider by less than one step."""
    checked = 0
    for seed in range(5):
        inputs = random_inputs(small, build, seed)
        raw = score(inputs.answers[-1], inputs.instrument, inputs.settings, lines=inputs.lines)
        for key, shown in protect(raw, inputs.settings).scores.items():
            if shown.level is None or shown.edge or shown.level.low is None:
                continue
            level = raw.scores[key].level
            assert level.low - 0.1 < shown.level.low <= level.low + 1e-6
            assert level.high - 1e-6 <= shown.level.high < level.high + 0.1
            checked += 1
    assert checked > 20
