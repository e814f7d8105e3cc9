"""Every table of a client's folder: its columns, their types, units, references and an example row.

A client's columns are defined here and, where one pillar alone reads them, in ``schema_<pillar>``, and nowhere else.
Reading, checking, the workbook that ``workbench new`` writes and the documentation are all made from them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from workbench.engagement.columns import Amount, Key, Kind, Opinion, Row, Share, Stage, Text, column
from workbench.engagement.schema_allocation import (
    Activity,
    Closing,
    Comparison,
    CurveHistory,
    CurvePoint,
    Decision,
    FunctionPlan,
    LaterLoad,
    Need,
    Objective,
    Recipe,
    Resource,
    Rule,
    ScenarioRow,
    Worth,
)
from workbench.engagement.schema_outcomes import (
    ControlTotal,
    Event,
    FactTable,
    Feedback,
    ForumRow,
    MetricRow,
    TargetRow,
)
from workbench.engagement.schema_readiness import Evidence, Interview, Layer, Population, ReadinessTarget, Sheet, Wave


class Product(Row):
    """A product."""

    key = ("product",)
    product: Key = column("Short key, used in every other table.", example="motor-private")
    name: Text = column("What people call it.", example="Private car insurance")
    stage: Stage | None = column("explore, grow, sustain or retire: the owner's word.", example="sustain", default=None)
    owner: Text | None = column("The person who answers for it.", example="A. Keller", default=None)


class Line(Row):
    """A product line (the register)."""

    key = ("product_line",)
    product_line: Key = column("Short key of the line.", example="motor")
    name: Text = column("What people call it.", example="Motor insurance")
    product_manager: Text | None = column(
        "Who owns the line; blank means nobody does.", example="A. Keller", default=None
    )


class Membership(Opinion):
    """A product in a parent, from a date on."""

    key = ("product", "kind", "parent", "valid_from")
    product: Key = column("Product.", example="motor-private", refers="products.product")
    kind: Kind = column("product_line, value_stream or customer_experience.", example="product_line")
    parent: Key = column("Key of the line, stream or experience.", example="motor")
    share: Share | None = column(
        "Share of the product that belongs to this parent; blank means equal shares, not yet confirmed.",
        example=1,
        default=None,
        unit="share, 0 to 1",
    )
    valid_from: dt.date | None = column(
        "From when; blank means always. A share of 0 ends it.", example=None, default=None
    )


class Nesting(Opinion):
    """A line, stream or experience in another one, from a date on; shares multiply along the way."""

    key = ("member_kind", "member", "kind", "parent", "valid_from")
    member_kind: Kind = column(
        "What the member is: product_line, value_stream or customer_experience.", example="product_line"
    )
    member: Key = column("Key of the line, stream or experience that belongs to another.", example="motor")
    kind: Kind = column("What it belongs to.", example="customer_experience")
    parent: Key = column("Key of that line, stream or experience.", example="driving")
    share: Share | None = column(
        "Share of the member that belongs to this parent; blank means equal shares, not yet confirmed.",
        example=1,
        default=None,
        unit="share, 0 to 1",
    )
    valid_from: dt.date | None = column(
        "From when; blank means always. A share of 0 ends it.", example=None, default=None
    )


class Project(Row):
    """A running project."""

    key = ("project",)
    project: Key = column("Name of the project.", example="Claims portal 2")
    sponsor: Text | None = column("Who sponsors it.", example="COO", default=None)
    product_line: Key | None = column(
        "Line it serves; blank means none, or several in project_lines.",
        example="motor",
        default=None,
        refers="lines.product_line",
    )
    budget: Amount | None = column("Approved budget.", example=900000, default=None, unit="currency")
    spent: Amount | None = column("Spent so far.", example=400000, default=None, unit="currency")
    people: Amount | None = column("People working on it.", example=7, default=None, unit="people")
    ends: dt.date | None = column("Planned end.", example=dt.date(2027, 6, 30), default=None)
    disposition: Literal["absorb", "finish", "stop"] | None = column(
        "absorb into the line, finish, or stop.", example="absorb", default=None
    )


class ProjectLine(Opinion):
    """A line that a project serves, where it serves several."""

    key = ("project", "product_line")
    project: Key = column("Name of the project.", example="Claims portal 2", refers="projects.project")
    product_line: Key = column("Line it serves.", example="motor", refers="lines.product_line")
    share: Share | None = column(
        "Share of the project that serves this line; blank: not agreed, and then it is not split.",
        example=1,
        default=None,
        unit="share, 0 to 1",
    )


class Alias(Row):
    """Another name for one of ours."""

    key = ("source", "their_name", "kind")
    source: Text = column("File or system it comes from.", example="HR system")
    their_name: Text = column("The name used there.", example="KFZ Privat")
    kind: Literal["product", "product_line", "unit", "role", "resource", "activity", "metric"] = column(
        "What it is.", example="product"
    )
    our_name: Key = column("Our key.", example="motor-private")
    said_by: Text | None = column("Who said so (role or name).", example=None, default=None)
    said_on: dt.date | None = column("When.", example=None, default=None)


class Request(Row):
    """A table that the client is asked for: who brings it, and by when."""

    key = ("table",)
    table: Key = column("Table, or facts/NAME.", example="population")
    function: Text | None = column(
        "Function that can answer; blank means as the workbench proposes.", example="HR", default=None
    )
    owner: Text | None = column("Who brings it.", example="Head of HR", default=None)
    due: dt.date | None = column("By when.", example=dt.date(2026, 10, 9), default=None)
    note: Text | None = column("What was said of it.", example=None, default=None)
    said_by: Text | None = column("Who said so (role or name).", example=None, default=None)
    said_on: dt.date | None = column("When.", example=None, default=None)


class Answer(Row):
    """What came back to a question of ours, beside the table it went into."""

    key = ("query",)
    query: Key = column("Which question.", example="Q-1a2b3c4d")
    table: Text | None = column("Table that it went into.", example="activities", default=None)
    place: Text | None = column("Row and column there.", example="motor-develop, y1", default=None)
    question: Text | None = column("What was asked.", example="Why do the two differ?", default=None)
    answer: Text = column("What was answered.", example="Cancelled policies are booked a month later.")
    said_by: Text = column("Who said so (role or name).", example="Head of Controlling")
    said_on: dt.date = column("When.", example=dt.date(2026, 10, 5))
    source: Text | None = column("File that it came in.", example="queries-acme.xlsx", default=None)


class Commentary(Row):
    """The consultant's own words, what is left out, the order, or a reply; no number changes."""

    key = ("exhibit", "action", "text")
    more_examples = (
        {"exhibit": "readiness/next-steps", "text": "The board decides on these on 2 October.", "action": "add"},
        {
            "exhibit": "R-017",
            "text": "We agree, and start in January.",
            "author": "A. Keller",
            "date": dt.date(2026, 9, 21),
            "action": "reply",
        },
        {"exhibit": "allocation-wishes", "text": "The board saw it.", "author": "Lead consultant", "action": "hide"},
        {"exhibit": "outcomes-loop", "action": "order", "place": 2},
    )
    exhibit: Key = column(
        "What it is about: an exhibit (readiness-gaps), a chapter (readiness), a heading of one (readiness/headline, "
        "/cautions, /next-steps or /method), a page (line-motor), or a number that a finding or an exhibit quotes "
        "(R-017, or its key in results.json).",
        example="readiness-gaps",
    )
    text: Text | None = column(
        "The words, printed as one plain paragraph: the comment, the reply, or why an exhibit is left out.",
        example="Discussed with the line owners on 18 September.",
        default=None,
    )
    author: Text | None = column(
        "Who says so (role or name); needed for reply and hide.", example="Lead consultant", default=None
    )
    date: dt.date | None = column("When; needed for reply.", example=dt.date(2026, 9, 19), default=None)
    action: Literal["add", "hide", "order", "first", "reply"] = column(
        "add the words, print a reply beside the finding, or hide an exhibit, order it, put it first.",
        example="add",
        default="add",
    )
    place: Annotated[int, Field(ge=0, le=99)] | None = column(
        "For order: its place among the exhibits of its chapter or page; 0 puts it behind them.",
        example=None,
        default=None,
    )
    written_on: Text | None = column(
        "What the words were written on, from workbench commentary: the report then says when its numbers have moved.",
        example=None,
        default=None,
    )


class KeyValue(Row):
    """One setting of the engagement (stands in for engagement.yaml in a workbook)."""

    key = ("key",)
    key_: Key = Field(
        alias="key", description="Setting.", json_schema_extra={"example": "currency", "unit": "", "refers": ""}
    )
    value: Text | None = Field(
        None, description="Its value.", json_schema_extra={"example": "EUR", "unit": "", "refers": ""}
    )


@dataclass(frozen=True)
class TableSpec:
    """A table of the client's folder.

    Attributes
    ----------
    name : str
        File stem or sheet name.
    model : type of Row
        Columns of a row.
    answers : str
        The question it serves: ``readiness``, ``outcomes``, ``allocation`` or ``all``.
    need : str
        ``required`` (without it the question is off) or ``useful``.
    extra_columns : bool
        Further columns are allowed (the survey's items); a pillar checks them.
    """

    name: str
    model: type[Row]
    answers: Literal["all", "readiness", "outcomes", "allocation", "report"]
    need: Literal["required", "useful"]
    extra_columns: bool = False

    @property
    def columns(self) -> dict[str, FieldInfo]:
        """Columns by the name a client sees, key columns first."""
        return {(field.alias or name): field for name, field in _keys_first(self.model).items()}

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row."""
        return self.model.key

    @property
    def purpose(self) -> str:
        """What one row is."""
        return (self.model.__doc__ or "").strip().splitlines()[0]


def _keys_first(model: type[Row]) -> dict[str, FieldInfo]:
    fields = dict(model.model_fields)
    last = [name for name in ("said_by", "said_on", "status") if issubclass(model, Opinion) and name in fields]
    return {name: fields[name] for name in [*(n for n in fields if n not in last), *last]}


TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        TableSpec("products", Product, "all", "required"),
        TableSpec("lines", Line, "all", "required"),
        TableSpec("memberships", Membership, "all", "required"),
        TableSpec("parents", Nesting, "all", "useful"),
        TableSpec("waves", Wave, "readiness", "required"),
        TableSpec("survey", Sheet, "readiness", "required", extra_columns=True),
        TableSpec("population", Population, "readiness", "useful"),
        TableSpec("layers", Layer, "readiness", "useful"),
        TableSpec("readiness_targets", ReadinessTarget, "readiness", "useful"),
        TableSpec("interviews", Interview, "readiness", "useful"),
        TableSpec("evidence", Evidence, "readiness", "useful"),
        TableSpec("projects", Project, "all", "useful"),
        TableSpec("project_lines", ProjectLine, "all", "useful"),
        TableSpec("events", Event, "outcomes", "useful"),
        TableSpec("control_totals", ControlTotal, "outcomes", "useful"),
        TableSpec("feedback", Feedback, "outcomes", "useful"),
        TableSpec("resources", Resource, "allocation", "required"),
        TableSpec("activities", Activity, "allocation", "required"),
        TableSpec("recipes", Recipe, "allocation", "required"),
        TableSpec("objectives", Objective, "allocation", "required"),
        TableSpec("worths", Worth, "allocation", "required"),
        TableSpec("curve_points", CurvePoint, "allocation", "useful"),
        TableSpec("curve_history", CurveHistory, "allocation", "useful"),
        TableSpec("later_loads", LaterLoad, "allocation", "useful"),
        TableSpec("comparisons", Comparison, "allocation", "useful"),
        TableSpec("rules", Rule, "allocation", "useful"),
        TableSpec("needs", Need, "allocation", "useful"),
        TableSpec("closing", Closing, "allocation", "useful"),
        TableSpec("function_plans", FunctionPlan, "allocation", "useful"),
        TableSpec("decisions", Decision, "allocation", "useful"),
        TableSpec("aliases", Alias, "all", "useful"),
        TableSpec("requests", Request, "all", "useful"),
        TableSpec("answers", Answer, "all", "useful"),
        TableSpec("commentary", Commentary, "report", "useful"),
    )
}
"""Tables that may come as CSV, Parquet or a sheet, in the order in which they are read."""

SHEET_TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        TableSpec("engagement", KeyValue, "all", "required"),
        TableSpec("fact_tables", FactTable, "outcomes", "required"),
        TableSpec("metrics", MetricRow, "outcomes", "required"),
        TableSpec("targets", TargetRow, "outcomes", "useful"),
        TableSpec("forums", ForumRow, "outcomes", "useful"),
        TableSpec("scenarios", ScenarioRow, "allocation", "useful"),
    )
}
"""Sheets of a workbook that stand in for YAML files."""
