"""Survey, population, targets and layers become inputs; what the instrument cannot read is a fault with its cell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.engagement.inputs_readiness import build_readiness, check_readiness
from workbench.engagement.load import Tables
from workbench.engagement.schema import TABLES
from workbench.engagement.settings import EngagementSettings
from workbench.findings import Off
from workbench.readiness import Answers, ReadinessInputs

ROOT = Path(__file__).resolve().parents[2]
ITEMS = ("d01_1", "d03_5", "d06_1", "d07_5", "d10_1")


def frame(table: str, rows: list[dict[str, Any]], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a table as it comes from the reader: every column, None for blank."""
    columns = [*TABLES[table].columns, *extra]
    held = pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=columns, dtype=object)
    for name in ("seconds", "target", "effort", "cost", "level"):
        if name in held:
            held[name] = held[name].astype(float)
    for name in ("headcount", "approvals"):
        if name in held:
            held[name] = held[name].fillna(0).astype("int64")
    return held


def tables(survey: list[dict[str, Any]], *, extra: tuple[str, ...] = ITEMS, **more: Any) -> Tables:
    """Return a client's tables: two waves, two lines, and what the test adds."""
    named = {"instrument": more.pop("instrument", "project-to-product"), "minimum_group": more.pop("minimum_group", 5)}
    named["sampled"] = more.pop("sampled", "everyone")
    held = {
        "lines": frame("lines", [{"product_line": "x", "name": "Line X"}, {"product_line": "y", "name": "Line Y"}]),
        "waves": frame(
            "waves", [{"wave": "new", "date": dt.date(2026, 9, 1)}, {"wave": "old", "date": dt.date(2026, 3, 1)}]
        ),
        "survey": frame("survey", survey, extra),
    }
    held |= {name: frame(name, rows) for name, rows in more.items()}
    settings = EngagementSettings(name="Client", as_of=dt.date(2026, 9, 30), **named)
    return Tables(held, settings, root=ROOT)


def sheet(respondent: str, role: str, line: str | None = "x", wave: str = "new", **answers: str) -> dict[str, Any]:
    """Return one answer sheet."""
    return {"respondent": respondent, "role": role, "product_line": line, "wave": wave, **answers}


def inputs_of(survey: list[dict[str, Any]], **more: Any) -> ReadinessInputs:
    """Return the inputs, which must be there and without a fault."""
    held = tables(survey, **more)
    assert check_readiness(held) == []
    found = build_readiness(held)
    assert isinstance(found, ReadinessInputs)
    return found


def latest(survey: list[dict[str, Any]], **more: Any) -> Answers:
    """Return the answers of the last wave."""
    return inputs_of(survey, **more).answers[-1]


def test_answers_become_levels_and_statuses() -> None:
    """A level, "cannot see", "not applicable", blank and not asked are five different things."""
    got = latest(
        [
            sheet("p1", "product", d01_1="4", d06_1="cannot see", d03_5=None),
            sheet("p2", "builder", d03_5="2.0", d10_1="Not Applicable"),
        ]
    )
    assert got.status.loc[0].loc[list(ITEMS)].tolist() == ["answered", "not asked", "cannot see", "blank", "not asked"]
    assert got.status.loc[1].loc[list(ITEMS)].tolist() == [
        "not asked",
        "answered",
        "not asked",
        "blank",
        "not applicable",
    ]
    assert got.levels.loc[0, "d01_1"] == 4.0
    assert got.levels.loc[1, "d03_5"] == 2.0, "a turned item is stored the same way as all others"
    assert got.levels.loc[0].notna().sum() == 1


def test_priorities_become_codes() -> None:
    """Codes are joined by semicolons, upper and lower case alike; naming none is an answer, a blank is not."""
    got = latest(
        [
            sheet("p1", "builder", d07_5="Price; claims;APP;"),
            sheet("p2", "builder", d07_5="cannot name any"),
            sheet("p3", "builder", d07_5=None, d10_1="3"),
        ]
    )
    assert got.codes["d07_5"].tolist() == [("price", "claims", "app"), (), None]
    assert got.status["d07_5"].tolist() == ["answered", "answered", "blank"]


def test_waves_stand_in_the_order_of_their_dates() -> None:
    """The last wave by date is judged, whatever it is called."""
    got = inputs_of([sheet("p1", "builder", wave="old", d10_1="1"), sheet("p1", "builder", d10_1="5")])
    assert [held.wave for held in got.answers] == ["old", "new"]
    assert got.answers[-1].levels["d10_1"].tolist() == [5.0]


def test_what_is_left_out_is_counted() -> None:
    """A sheet without an answer, and an answer to a question that the role is not asked."""
    got = latest([sheet("p1", "builder", d10_1="1"), sheet("p2", "builder"), sheet("p3", "support", d10_1="2")])
    assert got.sheets["respondent"].tolist() == ["p1"]
    assert got.left_out == {
        "answers to questions that the role is not asked": 1,
        "sheets without an answer": 2,
    }


def test_population_targets_layers_and_settings_travel() -> None:
    """What else the client gives arrives typed."""
    got = inputs_of(
        [sheet("p1", "builder", d10_1="1")],
        population=[{"role": "builder", "product_line": "x", "headcount": 12}],
        readiness_targets=[{"item": "d06", "target": 4, "effort": 2, "owner": "CFO"}],
        layers=[{"layer": "Delivery Office", "headcount": 9, "work": "process_and_governance", "approvals": 3}],
        minimum_group=7,
    )
    assert got.settings.minimum_group == 7
    assert got.lines == (("x", "Line X"), ("y", "Line Y"))
    assert (got.targets[0].item, got.targets[0].target, got.targets[0].effort) == ("d06", 4.0, 2)
    assert (got.layers[0].name, got.layers[0].approvals) == ("Delivery Office", 3)
    population = got.answers[-1].population
    assert population is not None
    assert population["headcount"].tolist() == [12]


@pytest.mark.parametrize("missing", ["survey", "waves"])
def test_without_a_survey_readiness_is_off(missing: str) -> None:
    """The reason names the table that would answer."""
    held = tables([sheet("p1", "builder", d10_1="1")])
    without = Tables({name: one for name, one in held.items() if name != missing}, held.settings, root=ROOT)
    found = build_readiness(without)
    assert isinstance(found, Off)
    assert found.tables == (missing,)


HEARD = {"interview": "i1", "date": dt.date(2026, 9, 3), "role": "builder", "item": "d06_1", "level": 2}
SEEN = {"item": "d06_1", "product_line": "x", "seen": "no"}


def test_interviews_or_evidence_speak_without_a_survey() -> None:
    """The first week has no survey: the other sources travel, and nothing stands for answers."""
    held = tables([], interviews=[HEARD], evidence=[SEEN])
    without = Tables({name: one for name, one in held.items() if name != "survey"}, held.settings, root=ROOT)
    assert check_readiness(without) == []
    found = build_readiness(without)
    assert isinstance(found, ReadinessInputs)
    assert found.answers == ()
    assert found.interviews is not None
    assert found.evidence is not None
    blank = build_readiness(tables([sheet("p1", "builder")], evidence=[SEEN]))
    assert isinstance(blank, ReadinessInputs)
    assert blank.answers == ()


def test_a_survey_without_its_waves_is_off_whatever_else_there_is() -> None:
    """There is a survey, so nobody may say there is none: its dates are asked for."""
    held = tables([sheet("p1", "builder", d10_1="1")], interviews=[HEARD])
    without = Tables({name: one for name, one in held.items() if name != "waves"}, held.settings, root=ROOT)
    found = build_readiness(without)
    assert isinstance(found, Off)
    assert found.tables == ("waves",)


def test_the_role_of_an_interview_is_one_of_the_instrument() -> None:
    """An unknown role is a fault with its cell."""
    (fault,) = check_readiness(tables([sheet("p1", "builder", d10_1="1")], interviews=[{**HEARD, "role": "bilder"}]))
    assert "'bilder' is no role" in fault.found
    assert "builder" in fault.remedy


def test_a_wave_without_an_answer_is_off() -> None:
    """Only blank sheets: there is nothing to judge."""
    found = build_readiness(tables([sheet("p1", "builder")]))
    assert isinstance(found, Off)


@pytest.mark.parametrize(
    ("answers", "found", "allowed"),
    [
        pytest.param({"d06_1": "6"}, "6 is outside the scale 1 to 5.", "cannot see", id="six"),
        pytest.param({"d06_1": "often"}, "often is outside the scale 1 to 5.", "1, 2, 3, 4, 5", id="a word"),
        pytest.param({"d06_1": "2.5"}, "2.5 is none of the answers.", "1, 2, 3", id="a half"),
        pytest.param({"d07_5": "a;b;c;d"}, "'a;b;c;d' names 4 things", "up to 3 codes", id="four priorities"),
        pytest.param({"d07_5": ";;"}, "';;' names nothing", "cannot name any", id="no priority"),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_fault(answers: dict[str, str], found: str, allowed: str) -> None:
    """Row, column, what was seen, what is allowed; every bad cell is named."""
    survey = [sheet("p1", "builder", d10_1="1"), sheet("p2", "product", **answers)]
    faults = check_readiness(tables(survey))
    assert len(faults) == 1
    assert (faults[0].file, faults[0].cell) == ("survey", f"row 3, column {next(iter(answers))}")
    assert faults[0].found == found
    assert allowed in faults[0].allowed


def test_every_fault_of_a_survey_is_found_at_once() -> None:
    """A survey is mended in one pass."""
    survey = [sheet("p1", "builder", d10_1="7"), sheet("p2", "product", d06_1="0", d11_1="3", **{"d06_1_why": "no"})]
    faults = check_readiness(tables(survey, extra=(*ITEMS, "d11_1", "d06_1_why", "d06_1_reason")))
    assert {fault.cell for fault in faults} == {
        "column d11_1",
        "column d06_1_why",
        "row 2, column d10_1",
        "row 3, column d06_1",
    }
    assert any("Did you mean 'd10_1' or" in fault.remedy or "Did you mean" in fault.remedy for fault in faults)


def test_a_survey_without_items_is_a_fault() -> None:
    """There is nothing to score."""
    faults = check_readiness(tables([sheet("p1", "builder")], extra=()))
    assert [fault.found for fault in faults] == ["there is no column with answers"]


def test_people_whom_the_population_does_not_know_are_a_fault() -> None:
    """Their share of the people asked would have no meaning; each group is named once."""
    survey = [sheet("p1", "builder", d10_1="1"), sheet("p2", "builder", d10_1="2"), sheet("p3", "executive", None)]
    faults = check_readiness(tables(survey, population=[{"role": "product", "product_line": "x", "headcount": 9}]))
    assert [fault.found for fault in faults] == [
        "builder of x answered, but population lists no such group",
        "executive without a line answered, but population lists no such group",
    ]


def test_where_teams_were_drawn_every_sheet_names_its_team() -> None:
    """The setting reaches the analysis; a sheet without a team is a fault with its cell."""
    survey = [sheet("p1", "builder", d10_1="1"), sheet("p2", "builder", d10_1="2")]
    faults = check_readiness(tables(survey, sampled="teams"))
    assert [(fault.cell, fault.found) for fault in faults] == [
        ("row 2, column unit", "no team"),
        ("row 3, column unit", "no team"),
    ]
    named = [{**one, "unit": f"team {place}"} for place, one in enumerate(survey)]
    assert inputs_of(named, sampled="teams").settings.sampled == "teams"
    assert inputs_of(survey).settings.sampled == "everyone"


def test_other_tables_name_items_of_the_instrument() -> None:
    """Targets may name dimensions, evidence may not; levels lie on the scale."""
    faults = check_readiness(
        tables(
            [sheet("p1", "builder", d10_1="1")],
            readiness_targets=[
                {"item": "d06", "target": 4},
                {"item": "d99", "target": 4},
                {"item": "d06", "target": 6},
            ],
            evidence=[{"item": "d06", "seen": "yes"}, {"item": "d06_1", "seen": "yes", "level": 9}],
        )
    )
    assert [(fault.file, fault.cell) for fault in faults] == [
        ("evidence", "row 2, column item"),
        ("evidence", "row 3, column level"),
        ("readiness_targets", "row 3, column item"),
        ("readiness_targets", "row 4, column target"),
    ]


@pytest.mark.parametrize("name", ["project-to-prodct", "../../engagement", "/etc/passwd", ".."])
def test_an_instrument_that_is_not_there_is_a_fault(name: str) -> None:
    """Only names that stand in the folder are accepted, so a name never becomes a path."""
    faults = check_readiness(tables([sheet("p1", "builder", d10_1="1")], instrument=name))
    assert len(faults) == 1
    assert name in faults[0].found
    assert faults[0].allowed == "dora-quick-check, project-to-product."


def test_nothing_to_check_is_no_fault() -> None:
    """A client without a survey is not told about instruments."""
    assert check_readiness(Tables({}, None, root=ROOT)) == []
