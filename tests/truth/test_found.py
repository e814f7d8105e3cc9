"""The workbench is asked about the samples and must find what was planted in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from tests.computed import allocated, assessed, measured, study
from tests.truth.tables import truth
from workbench import allocation, outcomes, readiness
from workbench.findings import Off
from workbench.outcomes.reviewed import Move
from workbench.readiness.waves import Change

NAMES = ("harbour-mutual", "northgate-transit", "alder-retail")
PLANNED = ("harbour-mutual", "northgate-transit")


def planted(pillar: str, key: str, names: tuple[str, ...] = NAMES) -> list[Any]:
    """Return one case per planted fact, named after its scope."""
    cases = []
    for name in names:
        for held in truth(name)[pillar].get(key, ()):
            words = "-".join(str(held[part]) for part in ("metric", "product_line")) if isinstance(held, dict) else held
            cases.append(pytest.param(name, held, id=f"{name}-{words}"))
    return cases


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_loads_without_a_fault(name: str) -> None:
    """However a client wrote the files, nothing is refused and no table is lost."""
    engagement = study(name)
    assert len(engagement.lines) == {"harbour-mutual": 6, "northgate-transit": 4, "alder-retail": 3}[name]
    on_disk = {path.stem for path in engagement.folder.glob("*.csv")}
    assert on_disk <= set(engagement.tables)


# -- readiness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["harbour-mutual", "northgate-transit"])
def test_classes_are_those_that_were_planted(name: str) -> None:
    """Each line gets the class of its true levels, and what holds it back is among its lowest gates."""
    held = truth(name)["readiness"]
    lines = {line.line: line for line in assessed(name).verdict.lines}
    assert {key: lines[key].verdict for key in held["classes"]} == held["classes"]
    for key, dimensions in held["held_back_by"].items():
        assert set(dimensions) <= set(lines[key].held_back_by), key
    assert list(assessed(name).verdict.product_lines) == held["product_run_in"]


@pytest.mark.parametrize(("name", "line"), planted("readiness", "too_few_to_show"))
def test_lines_with_too_few_people_are_not_judged_in_public(name: str, line: str) -> None:
    """A class is not printed where too few people answered."""
    shown = {held.line: held for held in assessed(name).verdict.lines}[line]
    assert shown.verdict == "not shown"
    assert not shown.gates


@pytest.mark.parametrize("name", ["harbour-mutual", "northgate-transit"])
def test_the_coordinating_function_is_named_by_its_own_name(name: str) -> None:
    """The layer with approvals is spoken of, and the one that supplies research is not lumped together with it."""
    held = truth(name)["readiness"]
    said = [*readiness.headline(assessed(name)), *readiness.next_steps(assessed(name))]
    words = " ".join(f"{finding.claim} {finding.detail}" for finding in said)
    assert held["layer_to_dissolve"] in words


def test_where_two_teams_see_two_worlds_people_do_not_agree() -> None:
    """Two teams of one line were given different worlds on one dimension: answers there lie as far apart as chance."""
    held = truth("harbour-mutual")["readiness"]["disagree"]
    result = assessed("harbour-mutual")
    found = {(one.part.id, one.dimension): one for one in result.respondents.agreement}
    said = " ".join(finding.detail for finding in readiness.cautions(result))
    for one in held:
        cell = found[(one["line"], one["dimension"])]
        assert cell.agrees == "no", one
        assert cell.found.is_far_apart, one
        assert f"{cell.part.name}: {result.instrument.group(one['dimension']).name.lower()}" in said


def test_sheets_that_nobody_read_are_found() -> None:
    """All but one of those filled in without reading are flagged, and hardly any that was read; none is left out."""
    from workbench.readiness.sheet_flags import flag_sheets

    inputs, planted_sheets = study("harbour-mutual").readiness, set(truth("harbour-mutual")["readiness"]["not_read"])
    flagged = {flag.respondent for flag in flag_sheets(inputs.answers[-1], inputs.instrument) if flag.is_flagged}
    assert len(planted_sheets - flagged) <= 1
    assert len(flagged - planted_sheets) <= 2
    result = assessed("harbour-mutual")
    assert result.respondents.flagged.sheets == len(flagged)
    assert result.scores.heads[result.organisation].people == inputs.answers[-1].sheets["respondent"].nunique()


def test_assessors_who_differ_are_found() -> None:
    """The artefacts that two assessors saw differently, and how many they both looked at."""
    held = truth("harbour-mutual")["readiness"]["looked_at_twice"]
    coding = assessed("harbour-mutual").respondents.coding
    assert len(coding.artefacts) == held["artefacts"]
    assert sorted({one.item for one in coding.artefacts if not one.is_same}) == held["differ"]


def change_of(line: str, dimension: str) -> Change:
    """Return Harbour Mutual's change of a dimension since the wave before."""
    changes = assessed("harbour-mutual").changes
    held = truth("harbour-mutual")["readiness"]["waves"]
    assert (changes[0].before, changes[0].after) == (held["before"], held["after"])
    return next(one for one in changes if (one.part.id, one.dimension) == (line, dimension))


def test_changes_that_were_planted_are_found() -> None:
    """What rose for the same people is found beyond chance, and what stood still is not called a change."""
    held = truth("harbour-mutual")["readiness"]["waves"]
    for one in held["changed"]:
        found = change_of(one["line"], one["dimension"])
        assert found.direction == {"up": "rose", "down": "fell"}[one["way"]], one
        assert found.signs_agree, one
    for one in held["steady"]:
        assert not change_of(one["line"], one["dimension"]).direction, one


def test_a_total_that_misleads_is_said() -> None:
    """Newcomers make the average rise where everybody who was there before sees it fall: the report says so."""
    words = " ".join(f"{f.claim} {f.detail}" for f in readiness.cautions(assessed("harbour-mutual")))
    for one in truth("harbour-mutual")["readiness"]["waves"]["misleading"]:
        found = change_of(one["line"], one["dimension"])
        assert found.is_misleading
        assert found.direction == {"up": "rose", "down": "fell"}[one["same_people"]]
        assert (found.total > 0) == (one["total"] == "up")
        assert found.joiners > 0 > found.same_people.value
        name = assessed("harbour-mutual").instrument.group(one["dimension"]).name
        assert f"{name} rose" in words
        assert "yet fell for the people asked twice" in words


def test_gaps_between_roles_that_were_planted_are_found() -> None:
    """Where executives see it much rosier than builders, the gap is sure and has its sign; it is among the widest."""
    held = truth("harbour-mutual")["readiness"]["gaps"]
    gaps = {(gap.item, gap.first.id, gap.second.id): gap for gap in assessed("harbour-mutual").gaps}
    seen = 0
    for item in held["items"]:
        gap = gaps.get((item, held["rosier"], held["than"]))
        if gap is not None:  # the guard may hide one role's level
            assert gap.is_sure
            assert gap.difference.value > 0.8
            seen += 1
    assert seen >= 2
    assert {gap.item for gap in assessed("harbour-mutual").gaps[:4]} & set(held["items"])


def test_a_team_that_fell_silent_is_weighed_in() -> None:
    """Raked to the headcounts, the line's level moves towards those who are silent."""
    result = assessed("harbour-mutual")
    for one in truth("harbour-mutual")["readiness"]["silent"]:
        part = next(part for part in result.lines if part.id == one["line"])
        plain = result.scores.get("dimension", part, one["dimension"]).level
        weighted = result.scores.scores[("weighted dimension", part.kind, part.id, one["dimension"])].level
        assert plain is not None
        assert weighted is not None
        assert round(plain.value - weighted.value, 1) >= 0.2


def test_artefacts_that_contradict_a_claim_are_found() -> None:
    """A gate that passes by what is said and fails by what was seen is named with its line."""
    result = assessed("harbour-mutual")
    for one in truth("harbour-mutual")["readiness"]["claimed_not_evidenced"]:
        line = result.verdict.line(one["line"])
        assert one["dimension"] in line.not_yet_evidenced
        assert line.verdict == "product-run"


def test_interviews_that_contradict_the_survey_are_found() -> None:
    """Where people say another thing in a talk than on the sheet, the report says so."""
    words = " ".join(f.claim for f in readiness.cautions(assessed("harbour-mutual")))
    result = assessed("harbour-mutual")
    for one in truth("harbour-mutual")["readiness"]["interviews_differ"]:
        name = result.instrument.group(one["dimension"]).name
        line = next(part.name for part in result.lines if part.id == one["line"])
        assert f"{name[:1].lower()}{name[1:]} in {line}" in words


def test_unknown_response_is_said() -> None:
    """Without a table of who was asked, the report says so instead of a response rate."""
    said = " ".join(f"{f.claim} {f.detail}" for f in readiness.cautions(assessed("northgate-transit")))
    assert "response" in said.lower()
    assert "unknown" in said.lower() or "not known" in said.lower()


def test_what_people_cannot_see_is_found() -> None:
    """The item that most product people cannot see is the least visible one, and below half."""
    held = truth("harbour-mutual")["readiness"]["hard_to_see"]
    result = assessed("harbour-mutual")
    visible = {
        item.id: result.scores.get("item", result.organisation, item.id).visibility for item in result.instrument.items
    }
    known = {item: share for item, share in visible.items() if share is not None}
    assert min(known, key=known.__getitem__) == held["item"]
    assert known[held["item"]] < 0.5


# -- outcomes --------------------------------------------------------------------------------------------------------


def find_move(name: str, metric: str, line: str) -> Move | None:
    """Return the move of a metric that is said of a line, at the line itself or together with another parent."""
    for move in measured(name).moves:
        if move.metric == metric and ("product_line", line) in ((move.kind, move.parent), *move.also):
            return move
    return None


@pytest.mark.parametrize(("name", "held"), planted("outcomes", "moves"))
def test_planted_moves_are_found(name: str, held: Mapping[str, Any]) -> None:
    """A planted move is found in its line, from its month on or soon after, its way, with its cause."""
    move = find_move(name, held["metric"], held["product_line"])
    if held["cause"] == "definition":
        # A new wording is not the same measure: nothing may be claimed about it.
        assert move is None
        series = measured(name).find(held["metric"], "product_line", held["product_line"])
        assert series is not None
        assert series.watched.change is None
        return
    assert move is not None
    start = dt.date.fromisoformat(held["from"])
    assert start <= move.since <= start + dt.timedelta(days=62)
    assert (move.change > 0) == (held["way"] == "up")
    assert move.is_favourable == held["favourable"]
    if held["cause"] in ("mix", "rate") and move.split is not None:
        assert move.split.cause == held["cause"]
    if held["cause"] == "price":
        assert "price" in {event.kind for event in move.events}
    if "through" in held:
        assert move.split is not None
        assert held["through"] in [part.segment for part in move.split.parts(move.split.wholes()[0].factor)[:2]]


@pytest.mark.parametrize(("name", "held"), planted("outcomes", "steady"))
def test_steady_metrics_are_left_alone(name: str, held: Mapping[str, Any]) -> None:
    """Where nothing was planted, nothing is found."""
    assert find_move(name, held["metric"], held["product_line"]) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_insights_are_planted_ones(name: str) -> None:
    """What is said first was planted."""
    told = {held["metric"] for held in truth(name)["outcomes"]["moves"]}
    assert measured(name).moves[0].metric in told
    assert measured(name).insights[0].metric in told


@pytest.mark.parametrize(("name", "held"), planted("outcomes", "reversals"))
def test_planted_reversals_are_found(name: str, held: Mapping[str, Any]) -> None:
    """A total that says the opposite of its strata is named with both numbers and the stratum that moved."""
    sure = [r for r in measured(name).reversals if r.is_sure]
    found = [
        r
        for r in sure
        if (r.metric, r.parent, r.dimension) == (held["metric"], held["product_line"], held["dimension"])
    ]
    assert len(found) == 1
    assert (found[0].overall > 0) == (held["total"] == "up")
    assert (found[0].low > 0) == (held["strata"] == "up")
    assert found[0].moved == held["moved"]
    assert {r.metric for r in sure} == {held["metric"]}
    said = " ".join(f"{f.claim} {f.detail}" for f in outcomes.cautions(measured(name)))
    assert "each channel" in said
    assert f"What moved is {held['moved'].capitalize()}" in said


def test_no_total_is_said_to_mislead_where_none_does() -> None:
    """The other samples hold no reversal, and none is claimed."""
    for name in ("northgate-transit", "alder-retail"):
        assert not [r for r in measured(name).reversals if r.is_sure]


@pytest.mark.parametrize(("name", "held"), planted("outcomes", "versions"))
def test_planted_differences_to_the_budget_are_found(name: str, held: Mapping[str, Any]) -> None:
    """Where a line differs from its budget by one thing, that thing is the cause."""
    scope = (held["metric"], "product_line", held["product_line"], held["against"])
    found = next(v for v in measured(name).variances if (v.metric, v.kind, v.parent, v.against) == scope)
    assert (found.change > 0) == (held["way"] == "up")
    assert found.is_favourable == (held["way"] == "up")
    assert found.split.cause == held["cause"]
    assert abs(found.split.residual) <= 1e-12 * found.split.before
    assert (found.first, found.last, found.periods) == (dt.date(2026, 1, 1), dt.date(2026, 9, 1), 9)


def test_what_does_not_fit_the_register_is_said() -> None:
    """An unknown product and a ledger that differs are findings, and no total loses them."""
    held = truth("harbour-mutual")["outcomes"]
    result = measured("harbour-mutual")
    assert held["unknown_product"] in {finding.example for finding in result.findings}
    off = [c for c in result.controls if abs(float(str(c["difference"]))) > 0.01]
    assert [{key: control[key] for key in ("measure", "scope", "period")} for control in off] == [
        held["ledger_differs"]
    ]
    assert result.residual < 1e-9


def test_the_loop_that_was_planted_is_found() -> None:
    """Motor decides every signal in time, Pensions none; the oldest waits there; unheard products are named."""
    held, loop = truth("harbour-mutual")["outcomes"]["loop"], measured("harbour-mutual").loop
    assert not isinstance(loop, Off)
    assert loop.company.n == held["signals"]
    lines = {one.key: one.decision for one in loop.of("product_line")}
    assert [line for line, one in lines.items() if one.within(30).share == 1] == held["decided_within_30_days"]
    assert [line for line, one in lines.items() if one.n and one.open == one.n] == held["nothing_decided"]
    assert loop.waiting[0].signal == held["oldest"]
    assert list(loop.silent) == held["unheard"]
    assert loop.findings == ()


def test_products_whose_use_contradicts_their_stage_are_found() -> None:
    """What is meant to grow and stays, and what is meant to go and stays, is asked about; nothing else is."""
    held, found = truth("harbour-mutual")["outcomes"]["stages"], measured("harbour-mutual").stages
    differ = {one.product: one.declared for one in found if one.contradicts}
    assert differ == dict.fromkeys(held["meant_to_grow"], "grow") | dict.fromkeys(held["meant_to_go"], "retire")
    assert {one.suggested for one in found if one.contradicts} == {"sustain"}


def test_metrics_without_facts_are_switched_off_by_name() -> None:
    """A metric whose facts nobody sent is off; the others are computed."""
    assert [metric for metric, _ in measured("alder-retail").off] == truth("alder-retail")["outcomes"]["off"]


# -- allocation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANNED)
def test_the_plan_closes_and_keeps_what_was_planted(name: str) -> None:
    """The proved best plan closes the planted line and keeps the others; so does the plan to carry out."""
    held = truth(name)["allocation"]
    result = allocated(name)
    for plan in (result.best, result.plan):
        assert sorted(line for line, kept in plan.supported.items() if not kept) == sorted(held["close"])
        assert sorted(line for line, kept in plan.supported.items() if kept) == sorted(held["keep"])
    assert result.best.certificate.proved
    assert result.portfolio.is_money == held["value_is_money"]
    assert result.best.gain >= held["least_gain"]


@pytest.mark.parametrize("name", PLANNED)
def test_people_and_money_go_where_they_were_planted(name: str) -> None:
    """The planted activities grow, the planted ones shrink, and no line gains as much value as the planted one."""
    held = truth(name)["allocation"]
    result = allocated(name)
    today = result.portfolio.today
    for activity in held["more"]:
        assert result.plan.level(activity) > today[activity], activity
    for activity in held["less"]:
        assert result.plan.level(activity) < today[activity], activity
    gains = {row.line: row.value - row.today_value for row in result.rows}
    assert max(gains, key=gains.__getitem__) == held["money_goes_to"]


def test_the_sample_without_resources_says_what_is_missing() -> None:
    """Without resources the third question is off, and the tables that would answer it are named."""
    off = study("alder-retail").allocation
    assert isinstance(off, Off)
    assert set(truth("alder-retail")["allocation"]["off_for_want_of"]) <= set(off.tables)
    assert allocation.allocate(off) is off
