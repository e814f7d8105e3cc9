"""A function that gives nothing and a decision that is no rule are faults with their cells, not silently dropped."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import ClientDataError, Fault

FILES = {
    "resources.csv": "resource,function,unit,capacity,unit_cost,step\nengineers,HR,people,30,100000,1\n",
    "activities.csv": "activity,product_line,use,unit,current,minimum,maximum,family,y0,y1,y15,ymax,status\n"
    "motor-develop,motor,develop,teams,2,1,5,adbudg,0,4,6,10,confirmed\n",
    "recipes.csv": "activity,resource,amount\nmotor-develop,engineers,5\n",
    "objectives.csv": "objective,weight,is_money,agreed_on,agreed_by\nmargin,1,yes,2026-09-01,Executive board\n",
    "worths.csv": "objective,activity,value,status\nmargin,motor-develop,500000,confirmed\n",
}


def faults(client: Any, **files: str) -> list[Fault]:
    """Return the faults of the folder with further tables."""
    tables = {f"{name}.csv": text for name, text in files.items()}
    try:
        client.write({**FILES, **tables}).load()
    except ClientDataError as error:
        return list(error.faults)
    return []


def test_a_function_that_gives_nothing_is_a_fault(client: Any) -> None:
    """Its rows would be dropped; the nearest name is told."""
    table = "function,product_line,resource,planned\nHr,motor,engineers,12\nHR,motor,engineers,9\n"
    (fault,) = faults(client, function_plans=table)
    assert (fault.file, fault.cell) == ("function_plans.csv", "row 2, column function")
    assert fault.found == "'Hr' gives no resource."
    assert fault.allowed == "a function of resources: HR."
    assert fault.remedy.startswith("Correct the name, or add the resource")


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("close line motr", "motor"),
        ("keep line", ""),
        ("line motor requires line", ""),
        ("engineers >= five", ""),
        ("at most 2 of linse", ""),
    ],
)
def test_a_decision_that_is_meant_as_a_rule_must_be_one(client: Any, what: str, hint: str) -> None:
    """As words it would bind nobody, and nobody would know."""
    (fault,) = faults(client, decisions=f"decision,date,by,product_line,what\nD-01,2026-09-20,CPO,,{what}\n")
    assert (fault.file, fault.cell) == ("decisions.csv", "row 2, column what")
    assert fault.found.startswith(f"'{what}', character ")
    assert hint in fault.remedy


@pytest.mark.parametrize(
    "what", ["Go on.", "The line stays close to customers.", "Adopt the plan", "keep line motor", "engineers >= 5."]
)
def test_words_and_rules_are_decisions(client: Any, what: str) -> None:
    """Whatever does not begin like a rule stays words."""
    assert faults(client, decisions=f"decision,date,by,product_line,what\nD-01,2026-09-20,CPO,,{what}\n") == []
