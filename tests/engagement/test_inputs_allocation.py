"""A client's allocation tables become a portfolio; what the model cannot use is a fault with its cell."""

from __future__ import annotations

import itertools
import math
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.allocation import Allocation, AllocationInputs, QuarterPlan, allocate
from workbench.engagement.curve_inputs import curve_faults, read_curve
from workbench.engagement.inputs_allocation import check_allocation
from workbench.engagement.load import Tables
from workbench.errors import ClientDataError, Fault
from workbench.findings import Off

# what a client's files look like, and what faults say, is easier to read in one line
# ruff: noqa: E501
FILES = {
    "resources.csv": "resource,function,unit,capacity,unit_cost,step\n"
    "engineers,HR,people,30,100000,1\nbudget,Finance,EUR,4000000,,\n",
    "activities.csv": "activity,product_line,use,unit,current,reference,minimum,maximum,family,y0,y1,y15,ymax,y05,status\n"
    "motor-develop,motor,develop,teams,2,,1,5,adbudg,0,4,6,10,1.5,confirmed\n"
    "motor-market,motor,market,campaigns,3,,,6,points,,,,,,assumed\n"
    "fleet-operate,fleet,operate,teams,2,,0,4,exponential,0,3,,6,,confirmed\n",
    "curve_points.csv": "activity,level,outcome\nmotor-market,0,1\nmotor-market,3,5\nmotor-market,6,7\n",
    "recipes.csv": "activity,resource,amount\nmotor-develop,engineers,5\nmotor-develop,budget,100000\n"
    "motor-market,budget,300000\nfleet-operate,engineers,3\n",
    "objectives.csv": "objective,weight,is_money,agreed_on,agreed_by\nmargin,1,yes,2026-09-01,Executive board\n",
    "worths.csv": "objective,activity,value,status\nmargin,motor-develop,500000,confirmed\n"
    "margin,motor-market,300000,confirmed\nmargin,fleet-operate,200000,confirmed\n",
    "rules.csv": "rule,text,owner\nKeep running,engineers in use=operate >= 3,COO\n",
    "needs.csv": "product_line,resource,amount\nfleet,engineers,4\n",
    "closing.csv": "product_line,one_off_cost,yearly_cost,avoidable_share,note\nfleet,100000,-20000,0.5,Dealers take over.\n",
    "function_plans.csv": "function,product_line,resource,planned\nHR,motor,engineers,12\n",
    "decisions.csv": "decision,date,by,product_line,what\nD-01,2026-09-20,CPO,motor,Go on.\n",
    "scenarios/lean.yaml": "text: Fewer engineers.\ncapacities: {engineers: 26}\nrules: {More: 'level of motor-market >= 1'}\n",
}


def changed(name: str, before: str, after: str) -> dict[str, str]:
    """Return the files with one text replaced, which must be there."""
    assert before in FILES[name]
    return {**FILES, name: FILES[name].replace(before, after, 1)}


def test_the_tables_become_a_portfolio(client: Any) -> None:
    """Every table arrives where the model wants it, and the plan can be made."""
    inputs = client.write(FILES).load().allocation
    assert isinstance(inputs, AllocationInputs)
    portfolio = inputs.portfolio
    assert [item.id for item in portfolio.activities] == ["motor-develop", "motor-market", "fleet-operate"]
    assert [item.curve.family for item in portfolio.activities] == ["adbudg", "points", "exponential"]
    assert portfolio.activity("motor-develop").recipe == {"engineers": 5.0, "budget": 100000.0}
    assert portfolio.activity("motor-develop").check == pytest.approx(0.0071, abs=1e-3)
    assert portfolio.activity("motor-market").minimum == 0.0
    assert portfolio.resource("budget").unit_cost == 1.0
    assert (portfolio.line("fleet").needs, portfolio.line("fleet").closing.avoidable_share) == ({"engineers": 4.0}, 0.5)
    assert portfolio.line("motor").closing is None
    assert portfolio.line("motor").name == "Motor"
    assert portfolio.is_money
    assert portfolio.value_words == "money, EUR"
    assert [rule.owner for rule in portfolio.rules] == ["COO"]
    assert (inputs.scenarios[0].name, inputs.scenarios[0].capacities) == ("lean", {"engineers": 26.0})
    assert (inputs.function_plans[0].planned, inputs.decisions[0].by) == (12.0, "CPO")
    assert isinstance(allocate(inputs), Allocation)


def test_money_in_thousands_gives_the_same_plan(client: Any) -> None:
    """Unit costs, closing costs and worths of money scale; amounts of resources stay in their unit."""
    thousands = {
        **changed(
            "resources.csv", "30,100000,1\nbudget,Finance,EUR,4000000,,", "30,100,1\nbudget,Finance,kEUR,4000,1,"
        ),
        "engagement.yaml": "name: Tiny Insurance\nas_of: 2026-09-30\nmoney_scale: 1000\n",
        "recipes.csv": "activity,resource,amount\nmotor-develop,engineers,5\nmotor-develop,budget,100\n"
        "motor-market,budget,300\nfleet-operate,engineers,3\n",
        "worths.csv": FILES["worths.csv"].replace("00000,", "00,"),
        "closing.csv": FILES["closing.csv"].replace("100000,-20000", "100,-20"),
    }
    first = allocate(client.write(FILES).load().allocation)
    second = allocate(client.write(thousands).load().allocation)
    assert second.plan.value == pytest.approx(first.plan.value, rel=1e-9)
    assert [row.money for row in second.rows] == pytest.approx([row.money for row in first.rows], rel=1e-6)


@pytest.mark.parametrize("table", ["resources", "activities", "recipes", "objectives", "worths"])
def test_without_a_needed_table_the_question_is_off(client: Any, table: str) -> None:
    """And the report names the table that would answer it."""
    needs_it = {"resources": ("recipes", "needs", "function_plans"), "activities": ("recipes", "worths", "curve_points"),
                "objectives": ("worths",)}  # fmt: skip
    gone = {f"{name}.csv" for name in (table, *needs_it.get(table, ()))} | {"scenarios/lean.yaml", "rules.csv"}
    inputs = client.write({name: text for name, text in FILES.items() if name not in gone}).load().allocation
    assert isinstance(inputs, Off)
    assert table in inputs.tables


@pytest.mark.parametrize(
    ("files", "cell", "found", "allowed"),
    [
        pytest.param(changed("activities.csv", "0,4,6,10", "0,4,3.5,10"), "y15", "y15 is 3.5, y1 is 4", "y15 above y1",
                     id="answers out of order"),
        pytest.param(changed("activities.csv", "0,4,6,10", "0,4,,10"), "y15", "y15 is blank", "adbudg needs",
                     id="an answer is missing"),
        pytest.param(changed("activities.csv", "exponential,0,3,,6", "exponential,0,3,,2"), "ymax", "ymax is 2, y1 is 3", "ymax above y1",
                     id="exponential answers"),
        pytest.param(changed("activities.csv", "2,,1,5", "2,0,1,5"), "reference", "reference level is 0", "above zero",
                     id="no level to speak of"),
        pytest.param(changed("curve_points.csv", "motor-market,0,1\n", ""), "level", "at level 3", "level 0",
                     id="points that do not start at zero"),
        pytest.param(changed("curve_points.csv", "3,5", "3,9"), "outcome", "falls from 9 to 7", "do not fall",
                     id="an outcome that falls"),
        pytest.param(changed("curve_points.csv", "6,7", "5,7"), "level", "below its maximum 6", "at the maximum",
                     id="a curve that ends too soon"),
        pytest.param(changed("curve_points.csv", "motor-market,0,1\n", "motor-market,0,1\nfleet-operate,0,1\n"), "activity",
                     "of family exponential", "family points", id="points nobody asked for"),
        pytest.param({**FILES, "curve_points.csv": "activity,level,outcome\nfleet-operate,0,1\n"}, "family", "has none",
                     "two rows in curve_points", id="a curve of points without points"),
        pytest.param(changed("recipes.csv", "fleet-operate,engineers,3\n", ""), "activity", "has no recipe", "one row in recipes",
                     id="an activity that costs nothing"),
        pytest.param(changed("rules.csv", "engineers in use=operate", "enginers in use=operate"), "text",
                     "character 1: 'enginers'", "docs/allocation.md", id="a rule with a misspelt name"),
        pytest.param(changed("rules.csv", "engineers in use=operate >= 3", "exactly 5 of lines"), "text",
                     "there are 2 lines to count", "docs/allocation.md", id="a count of more lines than there are"),
        pytest.param(changed("rules.csv", "engineers in use=operate >= 3", "at most 0 of lines motor"), "text",
                     "no row in closing", "a row in closing", id="closing a line nobody priced by counting"),
        pytest.param(changed("rules.csv", "engineers in use=operate >= 3", "close line motor"), "text",
                     "no row in closing", "a row in closing", id="closing a line nobody priced"),
        pytest.param(changed("objectives.csv", "margin,1", "margin,0"), "weight", "every weight is 0", "above 0",
                     id="nothing counts"),
        pytest.param(changed("scenarios/lean.yaml", "engineers: 26", "enginers: 26"), "", "'enginers'", "engineers",
                     id="a scenario with a misspelt name"),
        pytest.param(changed("scenarios/lean.yaml", "level of motor-market", "level of motor-markt"), "", "motor-markt",
                     "docs/allocation.md", id="a scenario with a misspelt rule"),
    ],
)  # fmt: skip
def test_every_fault_names_its_cell(client: Any, files: dict[str, str], cell: str, found: str, allowed: str) -> None:
    """What was seen, what is allowed, and what to do."""
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    said = [fault for fault in caught.value.faults if found in fault.found and allowed in fault.allowed]
    assert said, caught.value.faults
    assert cell in said[0].cell
    assert said[0].remedy


HISTORY = "activity,period,level,outcome\n" + "".join(
    f"motor-develop,2026-{month:02},{level},{9 * level**2 / (4 + level**2):.4f}\n"
    for month, level in enumerate((0.5, 1, 1.5, 2, 2.5, 3, 4, 5), start=1)
)
FITTED = {
    **changed("activities.csv", "2,,1,5,adbudg,0,4,6,10,1.5", "2,,1,5,hill,,,,,"),
    "curve_history.csv": HISTORY,
}
THREE = "objective,weight,is_money,agreed_on,agreed_by,swing,worst,best\nmargin,{0}\nreach,{1}\ntrust,{2}\n"


def weighed(rows: tuple[str, str, str], comparisons: str = "") -> dict[str, str]:
    """Return the files with three objectives."""
    files = {**FILES, "objectives.csv": THREE.format(*rows)}
    return {**files, "comparisons.csv": f"objective,other,ratio,said_by\n{comparisons}"} if comparisons else files


SWINGS = (",yes,,,100,0,5000000", ",no,,,50,0,10", ",no,,,25,10,20")
BLANK = (",yes,,,,,", ",no,,,,,", ",no,,,,,")


def test_a_curve_is_fitted_to_its_history(client: Any) -> None:
    """A hill without answers; the fit stays beside the curve."""
    activity = client.write(FITTED).load().allocation.portfolio.activity("motor-develop")
    assert activity.curve.family == "hill"
    assert activity.fit.parameters["half_level"] == pytest.approx(2.0, rel=0.01)
    assert activity.fit.parameters["shape"] == pytest.approx(2.0, rel=0.01)
    assert activity.fit.n == 8


def test_a_hill_is_given_by_its_parameters(client: Any) -> None:
    """And a smallest move travels along."""
    files = changed("activities.csv", "ymax,y05,status", "ymax,y05,status,half_level,shape,smallest_move")
    files["activities.csv"] = files["activities.csv"].replace(
        "adbudg,0,4,6,10,1.5,confirmed", "hill,1,,,9,,confirmed,4,2,0.5"
    )
    activity = client.write(files).load().allocation.portfolio.activity("motor-develop")
    assert (activity.curve.value(0), activity.curve.value(4.0), activity.smallest_move) == (
        1.0,
        pytest.approx(5.0),
        0.5,
    )


def test_swings_and_pairs_make_weights(client: Any) -> None:
    """A swing is about its range; pairs are shares, with their consistency beside them."""
    inputs = client.write(weighed(SWINGS)).load().allocation
    shares = [100 / 175 * 100, 50 / 175 * 100, 25 / 175 * 100]
    assert [item.weight for item in inputs.portfolio.objectives] == pytest.approx(
        [shares[0] / 5e6, shares[1] / 10, shares[2] / 10]
    )
    assert inputs.weighting.method == "swing"
    pairs = "margin,reach,2,CFO\nmargin,trust,4,CFO\nreach,trust,2,CFO\n"
    inputs = client.write(weighed(BLANK, pairs)).load().allocation
    assert [item.weight for item in inputs.portfolio.objectives] == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert inputs.weighting.consistency_ratio == pytest.approx(0.0, abs=1e-9)
    assert client.write({**FILES, "comparisons.csv": None}).load().allocation.weighting is None


def test_swings_of_money_heed_its_scale(client: Any) -> None:
    """Ends and worths in thousands, weights per euro."""
    settings = {"engagement.yaml": "name: Tiny Insurance\nas_of: 2026-09-30\nmoney_scale: 1000\n"}
    swings = (SWINGS[0].replace("5000000", "5000"), *SWINGS[1:])
    budget = {"resources.csv": FILES["resources.csv"].replace("budget,Finance,EUR,4000000", "budget,Finance,kEUR,4000")}
    inputs = client.write({**weighed(swings), **settings, **budget}).load().allocation
    assert inputs.portfolio.objectives[0].weight == pytest.approx(100 / 175 * 100 / 5e6)


@pytest.mark.parametrize(
    ("files", "cell", "found"),
    [
        pytest.param({**FITTED, "curve_history.csv": "activity,period,level,outcome\nmotor-market,a,1,2\n"}, "family",
                     "no answers and no history", id="nothing to fit to"),
        pytest.param({**FILES, "curve_history.csv": HISTORY}, "activity", "a history and answers", id="both"),
        pytest.param({**FITTED, "curve_history.csv": "\n".join(HISTORY.splitlines()[:5])}, "activity",
                     "4 points are too few", id="a short history"),
        pytest.param(changed("activities.csv", "adbudg,0,4,6,10,1.5", "hill,0,,,10,"), "row 2", "half_level is blank",
                     id="half a hill"),
        pytest.param(weighed((SWINGS[0], SWINGS[1], BLANK[2])), "swing", "the swing is blank", id="a swing missing"),
        pytest.param(weighed((SWINGS[0], SWINGS[1], ",no,,,25,20,10")), "best", "best is 10, worst is 20", id="ends"),
        pytest.param(weighed((SWINGS[0], SWINGS[1], "1,no,,,25,10,20")), "weight", "beside swings", id="two ways"),
        pytest.param(weighed(BLANK), "weight", "the weight is blank", id="no way at all"),
        pytest.param(weighed(BLANK, "margin,reach,2,\n"), "ratio", "2 comparisons are missing", id="pairs missing"),
        pytest.param(weighed(BLANK, "margin,reach,2,\nmargin,trust,2,\n"), "ratio", "one comparison is missing, reach and trust",
                     id="a pair missing"),
        pytest.param(weighed(BLANK, "margin,reach,12,\n"), "ratio", "12", id="a ratio beyond the scale"),
        pytest.param(weighed(BLANK, "margin,raech,2,\n"), "other", "raech", id="a misspelt objective"),
        pytest.param({**FILES, "scenarios/lean.yaml": "outcomes: {fleett: 80}\n"}, "", "'fleett'", id="scenario: a line"),
        pytest.param({**FILES, "scenarios/lean.yaml": "maximums: {motor-develop: 0.5}\n"}, "", "whose minimum is 1",
                     id="scenario: a maximum below the minimum"),
    ],
)  # fmt: skip
def test_what_makes_no_curve_or_weight_names_its_cell(
    client: Any, files: dict[str, str], cell: str, found: str
) -> None:
    """And says what is allowed and what to do."""
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    said = [fault for fault in caught.value.faults if found in fault.found]
    assert said, caught.value.faults
    assert cell in said[0].cell
    assert said[0].remedy


HILL = "ymax,y05,status,half_level,shape\nmotor-develop,motor,develop,teams,2,{},1,5,hill,0,,,{},{},confirmed,{},{}"


def hill(
    *, reference: str = "", ymax: str = "10", y05: str = "", half_level: str = "4", shape: str = "2"
) -> dict[str, str]:
    """Return the files with a Hill curve of these cells."""
    files = changed(
        "activities.csv",
        "ymax,y05,status\nmotor-develop,motor,develop,teams,2,,1,5,adbudg,0,4,6,10,1.5,confirmed",
        HILL.format(reference, ymax, y05, half_level, shape),
    )
    rest = files["activities.csv"].splitlines()
    return {**files, "activities.csv": "\n".join([*rest[:2], *(f"{line},," for line in rest[2:])]) + "\n"}


def adbudg(answers: str, *, reference: str = "") -> dict[str, str]:
    """Return the files with these answers y0 to y05."""
    return changed("activities.csv", "2,,1,5,adbudg,0,4,6,10,1.5", f"2,{reference},1,5,adbudg,{answers}")


@pytest.mark.parametrize(
    ("files", "column", "found", "allowed"),
    [
        pytest.param(hill(shape="1000"), "shape", "shape is 1000", "0.05 to 50", id="a step"),
        pytest.param(hill(shape="0.001"), "shape", "shape is 0.001", "0.05 to 50", id="a shape that covers no level"),
        pytest.param(hill(half_level="1e-200"), "half_level", "half_level is 1e-200", "0.000001 or more", id="half nothing"),
        pytest.param(hill(half_level="1e9"), "half_level", "reference level is 2", "2e-06 to 2e+06", id="half too far"),
        pytest.param(hill(reference="1e-300"), "reference", "1e-300", "0.000001 or more", id="a hill's reference"),
        pytest.param(adbudg("0,4,6,10,1.5", reference="1e-300"), "reference", "1e-300", "0.000001 or more", id="reference"),
        pytest.param(adbudg("0,1e-300,5e14,1e15,"), "y1", "y1 is 1e-300, y0 is 0", "1e+06 above y0", id="y1 nearly y0"),
        pytest.param(adbudg("0,1e14,100000000000001,1e15,"), "y15", "too close", "1e+06 above y1", id="y15 nearly y1"),
        pytest.param(changed("activities.csv", "exponential,0,3,,6", "exponential,0,1e-300,,1e15"), "y1", "too close",
                     "1e+06 above y0", id="an exponential"),
        pytest.param(adbudg("0,4,6,10,5"), "y05", "y05 is 5, y0 is 0, y1 is 4", "0 to 4", id="half brings more"),
        pytest.param(adbudg("0,4,6,10,-1"), "y05", "y05 is -1", "0 to 4", id="half brings less than nothing"),
        pytest.param(hill(y05="11"), "y05", "y05 is 11, y0 is 0, ymax is 10", "0 to 10", id="half of a hill"),
        pytest.param({**FITTED, "curve_history.csv": HISTORY, "activities.csv": FITTED["activities.csv"].replace(
            "2,,1,5,hill", "2,1e-300,1,5,hill")}, "reference", "1e-300", "0.000001 or more", id="a fit's reference"),
    ],
)  # fmt: skip
def test_answers_that_no_curve_can_carry_name_their_cell(
    client: Any, files: dict[str, str], column: str, found: str, allowed: str
) -> None:
    """Each at its cell, once, and beside every other fault."""
    files = {**files, "rules.csv": FILES["rules.csv"].replace("engineers", "enginers")}
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    other, fault = sorted(caught.value.faults, key=lambda item: item.file != "rules.csv")
    assert "'enginers'" in other.found
    assert fault.file == "activities.csv"
    assert fault.cell.endswith(f"column {column}")
    assert found in fault.found
    assert allowed in fault.allowed
    assert fault.remedy


SIZES = st.one_of(st.floats(0, 1e15), st.sampled_from([0.0, 5e-324, 1e-300, 1e-9, 1e-6, 1.0, 4.0, 1e15]))


@given(
    st.sampled_from(["adbudg", "exponential", "hill"]),
    st.lists(SIZES, min_size=4, max_size=4).map(sorted),
    st.tuples(SIZES, SIZES, SIZES),
)
@settings(max_examples=300, deadline=None)
def test_what_is_told_to_be_no_curve_is_all_that_is_none(
    family: str, answers: list[float], levels: tuple[float, float, float]
) -> None:
    """Whatever passes has a curve with finite values and slopes: nothing is left to fail in a run."""
    y0, y1, y15, ymax = answers
    half_level, shape = levels[1:] if family == "hill" else (None, None)
    row = {"activity": "a", "family": family, "current": levels[0], "reference": None, "y0": y0, "y1": y1, "y15": y15,
           "ymax": ymax, "y05": None, "half_level": half_level, "shape": shape}  # fmt: skip
    names = {"adbudg": ("y0", "y1", "y15", "ymax"), "exponential": ("y0", "y1", "ymax"), "hill": ("y0", "ymax")}[family]
    values = [row[name] for name in names]
    assume(all(low < high for low, high in itertools.pairwise(values)) and (family == "hill" or levels[0] > 0))
    tables = Tables({}, None)
    with patch.object(Tables, "fault", lambda *_: "fault"):
        if list(curve_faults(tables, [(0, row)], [])):
            return
    curve, _ = read_curve(row, [], [])
    for level in (0.0, curve.reference / 2, curve.reference, 1e15):
        assert math.isfinite(curve.value(level))
        assert level == 0 or math.isfinite(curve.slope(level))


def test_rules_of_scenarios_are_read_beside_other_faults(client: Any) -> None:
    """A wrong answer does not hide a misspelt name in a scenario's rule; both come at once."""
    files = changed("activities.csv", "0,4,6,10", "0,4,3.5,10")
    files["scenarios/lean.yaml"] = "rules: {More: 'change of level of motor-markt within 5%'}\n"
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    told = " ".join(fault.found for fault in caught.value.faults)
    assert "y15 is 3.5" in told
    assert "character 20: 'motor-markt'" in told


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        pytest.param("recipes.csv", "motor-develop,engineers,5", "motor-develop,enginers,5", "enginers", id="a recipe"),
        pytest.param("resources.csv", "people,30", "people,-30", "-30", id="a capacity"),
        pytest.param("resources.csv", "HR,people", ",people", "blank", id="a function"),
        pytest.param("activities.csv", "motor,develop,teams", "motor,develp,teams", "develp", id="a use"),
        pytest.param("closing.csv", "100000,-20000,0.5", "100000,-20000,5", "5", id="what closing frees"),
        pytest.param("needs.csv", "engineers,4", "engineers,-4", "-4", id="a need"),
        pytest.param("objectives.csv", "margin,1,yes", "margin,-1,yes", "-1", id="a weight"),
    ],
)  # fmt: skip
def test_a_wrong_row_elsewhere_hides_no_rule_and_makes_none_wrong(
    client: Any, name: str, before: str, after: str, said: str
) -> None:
    """Rules are read against every name there is, also of rows with another wrong cell."""
    files = changed(name, before, after)
    files["rules.csv"] += (
        "Misspelt,engneers in use=operate >= 3,COO\nFew,change of engineers in line=motor within 20%,COO\n"
        "Close,close line fleet,COO\nGivers,engineers in function=HR >= 1,COO\n"
    )
    files["scenarios/lean.yaml"] = (
        "capacities: {engineers: 26}\nweights: {margin: 2}\nrules: {More: 'levl of fleet >= 1'}\n"
    )
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    files_told = [fault.file for fault in caught.value.faults]
    assert sorted(files_told) == sorted([name, "rules.csv", "scenarios/lean.yaml"]), caught.value
    assert any(fault.file == name and said in fault.found for fault in caught.value.faults)
    assert any("'engneers'" in fault.found for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("text", "cell", "found", "allowed"),
    [
        pytest.param("{}", "", "'lean' changes nothing", "at least one of weights", id="nothing"),
        pytest.param("text: Fewer.\ncapacities: {}", "", "'lean' changes nothing", "maximums", id="words alone"),
        pytest.param("weights: {margin: 0}", "line 1, weights.margin", "every weight at 0", "above 0", id="weights"),
        pytest.param("maximums: {motor-market: 7}", "line 1, maximums.motor-market", "last point is at 6",
                     "0 or more, and 6 or less", id="beyond the curve"),
        pytest.param("weights: {margn: 2}", "line 1, weights.margn", "margn", "margin", id="a name"),
        pytest.param("outcomes: {motr: 2}", "line 1, outcomes.motr", "motr", "the name of an activity", id="an article"),
        pytest.param(f"rules: {{More: 'budget >= {'9' * 400}'}}", "line 1, rules.More", "too large", "docs/allocation.md",
                     id="a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_scenario_names_its_line(
    client: Any, text: str, cell: str, found: str, allowed: str
) -> None:
    """As in the tables that it changes."""
    with pytest.raises(ClientDataError) as caught:
        client.write({**FILES, "scenarios/lean.yaml": f"{text}\n"}).load()
    (fault,) = caught.value.faults
    assert (fault.file, fault.cell) == ("scenarios/lean.yaml", cell)
    assert found in fault.found
    assert allowed in fault.allowed
    assert fault.remedy


def test_a_scenario_says_what_it_changes(client: Any) -> None:
    """Outcomes in percent, and maximums."""
    files = {**FILES, "scenarios/lean.yaml": "outcomes: {fleet: 80}\nmaximums: {motor-develop: 4}\n"}
    scenario = client.write(files).load().allocation.scenarios[0]
    assert (scenario.outcomes, scenario.maximums) == ({"fleet": 80.0}, {"motor-develop": 4.0})


QUARTERLY = {
    **{name: text for name, text in FILES.items() if name not in ("function_plans.csv", "scenarios/lean.yaml")},
    "resources.csv": "resource,function,unit,capacity,period,unit_cost,step,hire_limit,leave_limit,move_limit\n"
    "engineers,HR,people,34,2027-Q1,100000,1,2,1,4\nengineers,HR,people,30,2026-Q4,100000,1,,,\n"
    "budget,Finance,EUR,4000000,2026-Q4,,,,,\nbudget,Finance,EUR,3000000,2027-Q1,,,,,\n",
    "later_loads.csv": "activity,resource,amount\nmotor-develop,engineers,0.25\n",
}


def test_several_quarters_become_one_portfolio(client: Any) -> None:
    """Periods are put in time, limits may be said in any row, and the way there is planned beside the last quarter."""
    inputs = client.write(QUARTERLY).load().allocation
    portfolio = inputs.portfolio
    assert portfolio.periods == ("2026-Q4", "2027-Q1")
    engineers = portfolio.resource("engineers")
    assert (engineers.capacity, engineers.hire_limit, engineers.leave_limit) == ((30.0, 34.0), 2.0, 1.0)
    assert portfolio.resource("budget").capacity == (4000000.0, 3000000.0)
    assert portfolio.activity("motor-develop").later_load == {"engineers": 0.25}
    result = allocate(inputs)
    assert isinstance(result, Allocation)
    assert isinstance(result.quarters, QuarterPlan)
    assert result.portfolio.periods == ("2027-Q1",)
    left_behind = 0.25 * result.quarters.levels["motor-develop"][0]
    assert result.portfolio.line("motor").needs["engineers"] == pytest.approx(left_behind)
    assert result.portfolio.resource("engineers").capacity == (result.quarters.staffing["engineers"].headcount[-1],)


@pytest.mark.parametrize(
    ("name", "before", "after", "column", "words"),
    [
        pytest.param("resources.csv", "budget,Finance,EUR,3000000,2027-Q1,,,,,\n", "", "capacity", "no number for 2027-Q1", id="a quarter is missing"),
        pytest.param("resources.csv", "3000000,2027-Q1", "3000000,", "period", "names no period", id="blank beside others"),
        pytest.param("resources.csv", "3000000,2027-Q1", "3000000,2027-03", "period", "'2027-03' is no period beside", id="another kind"),
        pytest.param("resources.csv", "3000000,2027-Q1", "3000000,2027-Q3", "period", "between 2027-Q1 and 2027-Q3", id="a gap"),
        pytest.param("resources.csv", "engineers,HR,people,30", "engineers,HR,heads,30", "unit", "heads of 'engineers', people", id="two units"),
        pytest.param("resources.csv", "100000,1,,,\n", "100000,1,3,,\n", "hire_limit", "3 of 'engineers', 2 in another row", id="two limits"),
        pytest.param("later_loads.csv", "engineers,0.25", "enginers,0.25", "resource", "engineers", id="a misspelt resource"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_quarters_is_named(
    client: Any, name: str, before: str, after: str, column: str, words: str
) -> None:
    """The cell, and what was seen: a quarter without a number is a fault, not zero."""
    assert before in QUARTERLY[name]
    with pytest.raises(ClientDataError) as error:
        client.write({**QUARTERLY, name: QUARTERLY[name].replace(before, after, 1)}).load()
    fault = next(item for item in error.value.faults if words in f"{item.found} {item.remedy}")
    assert column in str(fault)
    assert name.split(".")[0] in str(fault)


@pytest.mark.parametrize("period", ["2026-Q9", "2026-13", "next year"])
def test_a_single_period_is_held_to_the_same_forms(client: Any, period: str) -> None:
    """A misspelt quarter is none, also where it is the only one."""
    text = "resource,function,unit,capacity,unit_cost,step,period\nengineers,HR,people,30,100000,1,{0}\nbudget,Finance,EUR,4000000,,,{0}\n"
    with pytest.raises(ClientDataError) as caught:
        client.write({**FILES, "resources.csv": text.format(period)}).load()
    (fault,) = caught.value.faults
    assert fault.cell == "row 2, column period"
    assert (fault.found, "2026-Q4" in fault.allowed) == (f"{period!r} is no period.", True)


@pytest.mark.parametrize("name", ["resources.csv", "later_loads.csv"])
def test_limits_and_loads_need_several_periods(client: Any, name: str) -> None:
    """With one period they could not be used, and nothing is dropped without a word."""
    files = {**FILES, "later_loads.csv": QUARTERLY["later_loads.csv"]}
    if name == "resources.csv":
        files = changed(
            name,
            "unit_cost,step\nengineers,HR,people,30,100000,1",
            "unit_cost,step,hire_limit\nengineers,HR,people,30,100000,1,2",
        ).copy()
        files[name] = files[name].replace("4000000,,", "4000000,,,")
    with pytest.raises(ClientDataError, match="though there is one period"):
        client.write(files).load()


def test_all_faults_come_at_once(client: Any) -> None:
    """A spreadsheet is mended in one pass."""
    files = {**changed("activities.csv", "0,4,6,10", "4,4,3.5,10"), "curve_points.csv": "activity,level,outcome\n"}
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    cells = " ".join(fault.cell for fault in caught.value.faults)
    assert {name for name in ("y1", "y15", "family") if name in cells} == {"y1", "y15", "family"}


def test_absent_tables_have_no_faults() -> None:
    """A folder without allocation is checked in peace."""
    assert check_allocation(Tables({}, None)) == []
    assert isinstance(Fault("a", "", "", "b", "c", "d"), Fault)


@pytest.mark.parametrize(
    ("budget", "scale", "said"),
    [
        pytest.param("budget,Finance,kEUR,4000,1,", 1, "blank, or 1000.", id="thousands that cost one"),
        pytest.param("budget,Finance,EUR,4000000,1000,", 1, "blank, or 1.", id="euros that cost a thousand"),
        pytest.param("budget,Finance,EUR,4000000,1,", 1000, "blank, or 0.001.", id="a scale that was forgotten"),
        pytest.param("budget,Finance,kEUR,4000,1000,", 1, "", id="thousands"),
        pytest.param("budget,Finance,kEUR,4000,1,", 1000, "", id="thousands in thousands"),
        pytest.param("budget,Finance,kEUR,4000,,", 1000, "", id="blank"),
    ],
)
def test_money_costs_what_its_unit_says(client: Any, budget: str, scale: int, said: str) -> None:
    """A unit cost that contradicts the unit is a fault at its cell, before money is counted a thousand times."""
    files = changed("resources.csv", "budget,Finance,EUR,4000000,,", budget)
    settings = {"engagement.yaml": f"name: Tiny Insurance\nas_of: 2026-09-30\nmoney_scale: {scale}\n"}
    files = {**files, **settings}
    if not said:
        client.write(files).load()
        return
    with pytest.raises(ClientDataError) as caught:
        client.write(files).load()
    (fault,) = caught.value.faults
    assert fault.file == "resources.csv"
    assert "row 3" in fault.cell
    assert "unit_cost" in fault.cell
    assert fault.allowed == said
    assert "Leave unit_cost blank" in fault.remedy
