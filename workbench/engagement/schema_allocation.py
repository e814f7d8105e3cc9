"""Rows of the tables that allocation alone reads: what there is, what it can do, what is wanted, what is ruled."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from workbench.engagement.columns import (
    POINTS_OR_PERCENT,
    Amount,
    Key,
    Number,
    Opinion,
    Row,
    Share,
    Text,
    Use,
    YesNo,
    column,
)


class Need(Row):
    """What a line takes while it is supported, whatever its activities."""

    key = ("product_line", "resource")
    product_line: Key = column("Line.", example="motor", refers="lines.product_line")
    resource: Key = column("Resource.", example="engineers", refers="resources.resource")
    amount: Amount = column("Amount taken per period.", example=4, unit="the resource's unit")


class Closing(Row):
    """What closing a line costs and frees."""

    key = ("product_line",)
    product_line: Key = column("Line.", example="motor", refers="lines.product_line")
    one_off_cost: Amount = column("Paid once when the line closes.", example=250000, default=0.0, unit="currency")
    yearly_cost: Number = column(
        "Paid every year after closing; negative when the closed line keeps earning.",
        example=0,
        default=0.0,
        unit="currency",
    )
    avoidable_share: Share = column(
        "Share of the line's needs that closing frees.", example=0.8, default=1.0, unit="share, 0 to 1"
    )
    note: Text | None = column(
        "What closing would mean.", example="Customers move to the household policy.", default=None
    )


class Resource(Row):
    """A resource that is shared among the lines."""

    key = ("resource", "period")
    resource: Key = column("Key.", example="engineers")
    function: Text = column("Function that gives it: HR, Finance, Marketing, Operations …", example="HR")
    unit: Text = column("Unit: people, EUR, hours …", example="people")
    capacity: Amount = column("How much there is per period.", example=62, unit="the resource's unit")
    period: Text | None = column(
        "Quarter (2026-Q4), month (2026-08) or year (2026), a row for each; blank where there is only one.",
        example=None,
        default=None,
    )
    unit_cost: Amount = column(
        "Cost of one unit per period; leave it blank for money, which costs what it is.",
        example=96000,
        default=0.0,
        unit="currency",
    )
    step: Amount | None = column(
        "Smallest step: 1 for whole people.", example=1, default=None, unit="the resource's unit"
    )
    hire_limit: Amount | None = column(
        "With several periods: how many can join in one, blank for no limit; capacity then says who is there in the "
        "first period and how many there may be in later ones.",
        example=None,
        default=None,
        unit="the resource's unit",
    )
    leave_limit: Amount | None = column(
        "With several periods: how many can leave in one; blank for no limit.",
        example=None,
        default=None,
        unit="the resource's unit",
    )
    move_limit: Amount | None = column(
        "With several periods: how many can change lines in one, blank for no limit; who comes new or goes for good "
        "counts half.",
        example=None,
        default=None,
        unit="the resource's unit",
    )


class Activity(Opinion):
    """A use of resources for a line, with the answers that make its response curve."""

    key = ("activity",)
    activity: Key = column("Key.", example="motor-develop")
    product_line: Key = column("Line.", example="motor", refers="lines.product_line")
    use: Use = column("develop, operate or market.", example="develop")
    unit: Text = column("Unit of the level.", example="teams")
    current: Amount = column("Level today.", example=4, unit="the activity's unit")
    reference: Amount | None = column("Level that the answers speak of; blank means today's.", example=4, default=None)
    minimum: Amount = column("Smallest level if it is done at all.", example=1, default=0.0)
    maximum: Amount = column("Largest useful level.", example=8)
    family: Literal["adbudg", "exponential", "points", "hill"] = column(
        "adbudg (four answers), exponential (y0, y1, ymax), points (sheet curve_points) or hill (y0, ymax, half_level, "
        "shape); a hill or exponential with no answer, or y0 alone, is fitted to the sheet curve_history.",
        example="adbudg",
        default="adbudg",
    )
    y0: Number | None = column("Outcome per period if it is cut to nothing.", example=1.0, default=None, unit="outcome")
    y1: Number | None = column("Outcome at the reference level.", example=4.0, default=None, unit="outcome")
    y15: Number | None = column("Outcome with half as much again.", example=5.2, default=None, unit="outcome")
    ymax: Number | None = column("Outcome without limit.", example=7.0, default=None, unit="outcome")
    y05: Number | None = column(
        "Outcome with half as much (checks the other answers).", example=2.2, default=None, unit="outcome"
    )
    half_level: Amount | None = column(
        "Of family hill: level at which half of the rise is reached.", example=None, default=None
    )
    shape: Amount | None = column("Of family hill: above 1 it is an S.", example=None, default=None)
    smallest_move: Amount = column(
        "Smallest change from today's level that is worth making; 0 where any is.", example=0, default=0.0
    )


class CurvePoint(Row):
    """A point of a response curve."""

    key = ("activity", "level")
    activity: Key = column("Activity.", example="motor-market", refers="activities.activity")
    level: Amount = column("Level.", example=2, unit="the activity's unit")
    outcome: Number = column("Outcome at that level.", example=3.5, unit="outcome")


class CurveHistory(Row):
    """What came of a level in one past period, to which a curve is fitted."""

    key = ("activity", "period")
    activity: Key = column("Activity.", example="motor-market", refers="activities.activity")
    period: Text = column("When, in the client's own words.", example="2026-Q1")
    level: Amount = column("Level in that period.", example=2, unit="the activity's unit")
    outcome: Number = column("Outcome in that period.", example=3.4, unit="outcome")


class Recipe(Row):
    """What one unit of an activity takes."""

    key = ("activity", "resource")
    activity: Key = column("Activity.", example="motor-develop", refers="activities.activity")
    resource: Key = column("Resource.", example="engineers", refers="resources.resource")
    amount: Amount = column("Amount for one unit of the activity.", example=6, unit="the resource's unit")


class LaterLoad(Row):
    """What one unit of an activity in a period takes of a resource in every later period."""

    key = ("activity", "resource")
    activity: Key = column("Activity.", example="motor-develop", refers="activities.activity")
    resource: Key = column("Resource.", example="operators", refers="resources.resource")
    amount: Amount = column(
        "Amount for one unit of the activity, while its line is supported.", example=0.2, unit="the resource's unit"
    )


class Objective(Row):
    """A strategic objective and its weight."""

    key = ("objective",)
    objective: Key = column("Key.", example="margin")
    weight: Amount | None = column(
        "Strategy weight; blank in every row where swings or the sheet comparisons say it.",
        example=1,
        unit=POINTS_OR_PERCENT,
        default=None,
    )
    is_money: YesNo = column("yes where its worths are money.", example="yes", default="no")
    agreed_on: dt.date | None = column("When the weight was agreed.", example=dt.date(2026, 9, 1), default=None)
    agreed_by: Text | None = column("By whom.", example="Executive board", default=None)
    swing: Amount | None = column(
        "Points for the step from worst to best: 100 for the step one would take first, less for the others.",
        example=None,
        default=None,
    )
    worst: Number | None = column(
        "Worst end that people had in mind, in the unit of the worths.", example=None, default=None
    )
    best: Number | None = column(
        "Best end that people had in mind, in the unit of the worths.", example=None, default=None
    )


class Comparison(Row):
    """How much more important one objective is than another, as one person sees it."""

    key = ("objective", "other", "said_by")
    objective: Key = column("Objective.", example="margin", refers="objectives.objective")
    other: Key = column("The one it is compared with.", example="reach", refers="objectives.objective")
    ratio: Annotated[float, Field(ge=0.11, le=9)] = column(
        "How many times as important: 1 as important, 3 moderately, 5 strongly, 7 very strongly, 9 extremely more; "
        "below 1 where the other counts more.",
        example=3,
    )
    said_by: Text | None = column("Who said so; blank where one answer stands for all.", example=None, default=None)


class Worth(Opinion):
    """What one unit of an activity's outcome is worth for an objective."""

    key = ("objective", "activity")
    objective: Key = column("Objective.", example="margin", refers="objectives.objective")
    activity: Key = column("Activity.", example="motor-develop", refers="activities.activity")
    value: Number = column("Worth of one unit of outcome.", example=180000)


class Rule(Row):
    """A named rule in plain text."""

    key = ("rule",)
    rule: Key = column("Name of the rule.", example="Keep the lights on")
    text: Text = column("The rule itself.", example="engineers in use=operate >= 12")
    owner: Text | None = column("Who stands behind it.", example="COO", default=None)


class FunctionPlan(Row):
    """What a support function plans for a line."""

    key = ("function", "product_line", "resource", "period")
    function: Text = column("Function: HR, Finance, Marketing …", example="HR")
    product_line: Key = column("Line.", example="motor", refers="lines.product_line")
    resource: Key = column("Resource.", example="engineers", refers="resources.resource")
    period: Text | None = column("Period; blank where there is only one.", example=None, default=None)
    planned: Amount = column("Amount planned.", example=14, unit="the resource's unit")


class Decision(Row):
    """A decision that was taken."""

    key = ("decision",)
    decision: Key = column("Key.", example="D-01")
    date: dt.date = column("When.", example=dt.date(2026, 9, 20))
    by: Text = column("Who decided.", example="CPO")
    product_line: Key | None = column("Line it is about.", example="motor", default=None, refers="lines.product_line")
    what: Text = column("What was decided.", example="Keep Motor at four teams until March.")


class ScenarioRow(Row):
    """One change of a scenario (stands in for scenarios/*.yaml in a workbook)."""

    key = ("scenario", "change", "name")
    scenario: Key = column("Name of the scenario.", example="lean-year")
    change: Literal["weight", "capacity", "rule", "without_rule", "outcome", "maximum", "text"] = column(
        "weight, capacity, rule, without_rule, outcome (percent of the base), maximum, or text: what it means.",
        example="capacity",
    )
    name: Key = column(
        "Objective, resource, rule, activity or (of an outcome) line it changes; of text the word text.",
        example="engineers",
    )
    value: Text = column(
        "The new weight, capacity, percentage or maximum, the rule's text, the words, or (of without_rule) yes.",
        example="56",
    )
