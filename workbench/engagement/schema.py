"""Every table of a client's folder: its columns, their types, units, references and an example row.

This is the only place where a client's columns are defined. Reading, checking, the workbook that
``workbench new`` writes and the documentation are all made from it.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from workbench.engagement.exports.texts import has_address

ENGAGEMENT_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
"""What an engagement's folder may be called."""

RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{place}" for port in ("com", "lpt") for place in range(1, 10)}
)
"""Names that Windows keeps for itself."""

EXAMPLE_PREFIX = "example"
"""A row whose key starts with this word is an example and is ignored."""

EXHIBITS: dict[str, tuple[str, ...]] = {
    "summary": ("answers", "decisions", "disagreements", "portfolio", "tie-out", "project-money", "projects-to-lines"),
    "readiness": (
        "classes",
        "gaps",
        "lines",
        "two-jobs",
        "response",
        "weights",
        "claims",
        "agreement",
        "reliability",
        "sheets",
        "assessors",
        "role-gaps",
        "sources",
        "sources-lines",
        "evidence",
        "quotes",
        "roadmap",
        "steps",
        "odds",
        "changes",
        "change-parts",
        "changes-lines",
        "waves",
        "progress",
        "tool-scores",
        "disclosure",
    ),
    "outcomes": (
        "all",
        "targets",
        "move",
        "cause",
        "rollup",
        "data",
        "loop",
        "loop-lines",
        "stages",
        "flow",
        "delivery",
        "carriers",
        "reversal",
        "second-view",
        "plan",
        "plan-lines",
        "versions",
        "signals",
        "series",
        "products",
        "chances",
        "rare",
        "shares",
    ),
    "allocation": (
        "money",
        "lines",
        "curves",
        "resources",
        "rules",
        "closings",
        "proof",
        "firm",
        "holds",
        "risk",
        "questions",
        "wishes",
        "functions",
        "short",
        "projects",
        "frontier",
        "scenarios",
        "scenario-lines",
        "quarters",
        "quarter-people",
        "assumptions",
    ),
}
"""Exhibits of the four chapters; a key is chapter and name joined by a hyphen, as ``commentary`` names it."""

NEVER_HIDDEN = frozenset(
    {
        "summary-disagreements",
        "summary-tie-out",
        "readiness-response",
        "readiness-sheets",
        "readiness-disclosure",
        "outcomes-data",
        "outcomes-reversal",
        "allocation-assumptions",
    }
)
"""Exhibits that say what is in doubt, missing or hidden to protect people: nobody leaves them out (ours)."""

HEADINGS = ("headline", "cautions", "next-steps", "method")
"""Headings of a chapter that may have words of their own, as chapter and heading joined by a slash."""

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
"""Days that data may speak of as a whole (``as_of``); others are typing errors (ours)."""

LARGEST_NUMBER = 1e15
"""Largest number of a client's table, either way: sums of such numbers keep whole units in a float (ours)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("text without control characters. | Type the text again by hand.")
    return _BREAKS.sub(" ", text)


def tidy_key(text: str) -> str:
    """Return a key with plain spaces for those that do not break or have another width.

    Examples
    --------
    >>> tidy_key("motor\u00a0private")
    'motor private'
    """
    if text.isascii():  # nearly all are, and have one kind of space
        return text.strip()
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text).strip()


def fold_key(text: str) -> str:
    """Return what two keys share that people cannot tell apart: the form NFKC, without capitals (Unicode UAX 15).

    Examples
    --------
    >>> fold_key("Motor") == fold_key("motor")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _key(text: str) -> str:
    is_plain = text.isascii() and text.isprintable()
    if not is_plain and any(unicodedata.category(letter) in _UNSEEN for letter in text):
        raise ValueError("a key without line breaks, control characters and invisible characters. | Type it by hand.")
    if '"' in text:
        raise ValueError("a key without the quotation mark \". | Write it without, or with ' instead.")
    return tidy_key(text)


def _pseudonym(text: str) -> str:
    if has_address(text):
        raise ValueError("a key that names nobody. | Give each person a number of your choice, the same in every wave.")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_printable)
]
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_key)]
Pseudonym = Annotated[Key, AfterValidator(_pseudonym)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=LARGEST_NUMBER, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=int(LARGEST_NUMBER))]
YesNo = Literal["yes", "no"]
Status = Literal["assumed", "confirmed", "contested"]
Use = Literal["develop", "operate", "market"]
Kind = Literal["product_line", "value_stream", "customer_experience"]
Stage = Literal["explore", "grow", "sustain", "retire"]
Role = Literal["executive", "product", "builder", "operations", "support", "finance", "hr"] | Text
"""Those of our questionnaire, offered and spelled for the client; another questionnaire has roles of its own."""


POINTS_OR_PERCENT = "points or percent"
"""Unit of a column whose numbers count beside each other alone, so that 60 % beside 40 % is as good as 3 beside 2."""


def column(
    description: str, *, example: Any, default: Any = ..., unit: str = "", refers: str = ""
) -> Any:  # pydantic types its own Field the same way
    """Describe one column.

    Parameters
    ----------
    description : str
        What goes into a cell, in words for someone who knows Excel.
    example : Any
        What the example row of a new workbook shows.
    default : Any
        What a blank cell means; without one the column must be filled.
    unit : str
        Unit of a number.
    refers : str
        ``table.column`` that must hold the value.
    """
    return Field(
        default, description=description, json_schema_extra={"example": example, "unit": unit, "refers": refers}
    )


def unit_of(info: FieldInfo) -> str:
    """Return the unit of a column, empty where it has none."""
    extra = info.json_schema_extra
    return str(extra.get("unit") or "") if isinstance(extra, dict) else ""


def example_of(info: FieldInfo) -> Any:
    """Return what the example row of a new workbook shows."""
    extra = info.json_schema_extra
    return extra.get("example") if isinstance(extra, dict) else None


def refers_of(info: FieldInfo) -> str:
    """Return the ``table.column`` that must hold the value, empty where none must."""
    extra = info.json_schema_extra
    return str(extra.get("refers") or "") if isinstance(extra, dict) else ""


def is_key(info: FieldInfo) -> bool:
    """Say whether a column holds keys, which tie the tables together."""
    parts = [*info.metadata, *(held for part in get_args(info.annotation) for held in get_args(part)[1:])]
    return any(isinstance(part, AfterValidator) and part.func is _key for part in parts)


class Row(BaseModel):
    """One row of a client's table; unknown columns are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: ClassVar[tuple[str, ...]] = ()
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = ()


class Opinion(Row):
    """A row that somebody said rather than measured; together they are the assumption register."""

    said_by: Text | None = column("Who said so (role or name).", example="Head of Motor", default=None)
    said_on: dt.date | None = column("When.", example=dt.date(2026, 9, 14), default=None)
    status: Status | None = column("assumed, confirmed or contested.", example="confirmed", default=None)


# -- products and their parents --------------------------------------------------------------------------------------


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


# -- readiness -------------------------------------------------------------------------------------------------------


class Wave(Row):
    """A survey wave."""

    key = ("wave",)
    wave: Key = column("Key of the wave.", example="2026-09")
    date: dt.date = column("Day on which it closed.", example=dt.date(2026, 9, 12))


class Sheet(Row):
    """An answer sheet; the instrument's items follow as further columns (``d01_1`` …, ``<item>_reason``)."""

    key = ("respondent", "wave", "product_line")
    respondent: Pseudonym = column("Pseudonym, never a name.", example="p001")
    wave: Key = column("Wave.", example="2026-09", refers="waves.wave")
    unit: Text | None = column("Team or department.", example="Claims", default=None)
    role: Role = column("executive, product, builder, operations, support, finance or hr.", example="builder")
    product_line: Key | None = column(
        "Line the person speaks of; blank means the whole organisation.",
        example="motor",
        default=None,
        refers="lines.product_line",
    )
    seconds: Amount | None = column("Time taken, where the tool tells.", example=540, default=None, unit="seconds")


class Population(Row):
    """A group of people that was asked."""

    key = ("unit", "role", "product_line")
    unit: Text | None = column("Team or department.", example="Claims", default=None)
    role: Role = column("Role, as in the survey.", example="builder")
    product_line: Key | None = column(
        "Line; blank means the whole organisation.", example="motor", default=None, refers="lines.product_line"
    )
    headcount: Count = column("People in the group.", example=24, unit="people")


class Interview(Row):
    """What one interview said on one item."""

    key = ("interview", "item", "product_line")
    interview: Pseudonym = column("Key of the interview, never a name.", example="i01")
    date: dt.date = column("Day.", example=dt.date(2026, 9, 3))
    role: Role = column("Role of the person.", example="executive")
    product_line: Key | None = column(
        "Line; blank means the whole organisation.", example="motor", default=None, refers="lines.product_line"
    )
    item: Key = column("Item of the instrument.", example="d06_1")
    level: Number = column("Level heard.", example=2, unit="level")
    quote: Text | None = column("A sentence worth keeping.", example="We fund by business case.", default=None)
    may_quote: YesNo | None = column("May it be quoted?", example="no", default=None)
    interviewer: Text | None = column("Who asked.", example="consultant A", default=None)


class Evidence(Row):
    """An artefact that was looked for; where two assessors looked, each has a row."""

    key = ("item", "product_line", "assessor")
    item: Key = column("Item of the instrument.", example="d01_1")
    product_line: Key | None = column(
        "Line; blank means the whole organisation.", example="motor", default=None, refers="lines.product_line"
    )
    seen: YesNo = column("yes: seen; no: looked for and not seen. Not looked at: no row.", example="yes")
    level: Number | None = column("Level that the artefact supports.", example=3, default=None, unit="level")
    link: Text | None = column("Where it lies.", example="Product register, sheet 2", default=None)
    note: Text | None = column("What it shows.", example="Two products have no owner.", default=None)
    assessor: Text | None = column("Who looked.", example="consultant A", default=None)
    date: dt.date | None = column("When.", example=dt.date(2026, 9, 9), default=None)


class ReadinessTarget(Row):
    """A target for an item or a dimension."""

    key = ("item", "product_line")
    item: Key = column("Item or dimension of the instrument.", example="d06_1")
    product_line: Key | None = column(
        "Line; blank means all.", example="motor", default=None, refers="lines.product_line"
    )
    target: Number = column("Level to reach.", example=4, unit="level")
    effort: Literal[1, 2, 4] | None = column("1 low, 2 medium, 4 high.", example=2, default=None)
    cost: Amount | None = column("Cost of getting there.", example=40000, default=None, unit="currency")
    owner: Text | None = column("Who leads it.", example="CFO", default=None)
    by: dt.date | None = column("By when.", example=dt.date(2027, 3, 31), default=None)


class Layer(Row):
    """A coordinating function between those who shape the business and those who run it."""

    key = ("layer", "work")
    layer: Text = column("The client's own name for it.", example="Delivery Office")
    headcount: Count = column("People in it.", example=9, unit="people")
    work: Literal["research_and_data", "process_and_governance"] = column(
        "research_and_data or process_and_governance; a function that does both is two rows.",
        example="process_and_governance",
    )
    approvals: Count = column("Approvals a release needs from it.", example=3, default=0)
    renamed_from: Text | None = column("What it was called before.", example="Project Management Office", default=None)


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


# -- outcomes --------------------------------------------------------------------------------------------------------


class Feedback(Row):
    """A signal from customers or operations, traced to what became of it."""

    key = ("signal",)
    signal: Key = column("Key of the signal.", example="s01")
    product: Key = column("Product.", example="motor-private", refers="products.product")
    channel: Text = column("Where it came from.", example="Service hotline")
    raised: dt.datetime | dt.date = column(
        "Day it was raised; with the time of day where the log has one.", example=dt.date(2026, 6, 1)
    )
    seen: dt.datetime | dt.date | None = column(
        "Day the product manager saw it; with the time of day where the log has one.",
        example=dt.date(2026, 6, 9),
        default=None,
    )
    decided: dt.date | None = column("Day of the decision.", example=dt.date(2026, 6, 20), default=None)
    decision: YesNo | None = column("yes: do it; no: leave it.", example="yes", default=None)
    shipped: dt.date | None = column("Day it reached users.", example=dt.date(2026, 8, 2), default=None)
    checked: dt.date | None = column("Day its effect was checked.", example=None, default=None)
    told: dt.date | None = column("Day the sender was told.", example=None, default=None)


class Event(Row):
    """Something that happened and may explain a change."""

    key = ("date", "scope", "what")
    date: dt.date = column("Day.", example=dt.date(2026, 4, 1))
    scope: Key | None = column(
        "Product, line, stream, experience or metric; blank means everywhere.", example="motor", default=None
    )
    what: Text = column("What happened.", example="New tariff for young drivers")
    kind: Literal["price", "definition", "outage", "campaign", "regulation", "baseline", "other"] = column(
        "price, definition, outage, campaign, regulation, baseline (a new level is accepted) or other.", example="price"
    )


class ControlTotal(Row):
    """A number that the client's ledger gives, to compare ours with."""

    key = ("measure", "scope", "period")
    measure: Key = column(
        "Metric, resource, activity (its level; with the word outcome behind it, what came of it), headcount, cost, "
        "project_budget or project_spent.",
        example="premium",
    )
    scope: Key | None = column("Line, stream or experience; blank means the company.", example=None, default=None)
    period: Text = column("Month (2026-08), quarter (2026-Q3) or year (2026).", example="2026-08")
    value: Number = column("The ledger's number.", example=12400000, unit="the measure's unit")
    source: Text | None = column("Where it stands.", example="General ledger, account 4000", default=None)
    signed_off_by: Text | None = column("Who signed it.", example="Head of Controlling", default=None)
    tolerance: Share | None = column(
        "Difference that is tolerated; blank means 0.01.", example=0.01, default=None, unit="share, 0 to 1"
    )
    reason: Text | None = column("Why ours differs, where that is known.", example=None, default=None)
    reason_by: Text | None = column("Who gave the reason.", example=None, default=None)
    reason_on: dt.date | None = column("When.", example=None, default=None)


class FactTable(Row):
    """What a table of facts is (stands in for ``tables:`` of metrics.yaml in a workbook)."""

    key = ("table",)
    table: Key = column("Name; the facts stand in sheet facts_<name>.", example="tickets")
    key_columns: Text = column("Columns that identify a row, joined by ;", example="ticket_id")
    kind: Literal["event", "period", "stock"] = column(
        "event, period (already summed) or stock (a level at a time).", example="event"
    )
    time_column: Text = column("Column with the date.", example="raised_on")
    zone: Text | None = column("Time zone of that column, unless it is a date.", example="Europe/Berlin", default=None)
    product_column: Text = column("Column with the product.", example="product")
    customer_column: Text | None = column("Column with the customer.", example="customer", default=None)
    version_column: Text | None = column(
        "Column that says actual, budget, forecast or prior.", example=None, default=None
    )
    database: Text | None = column(
        "Database that holds it, as under databases in the settings; then there is no sheet.",
        example=None,
        default=None,
    )
    relation: Text | None = column(
        "Table or view there, such as sales.tickets; blank means it has the same name.", example=None, default=None
    )


_column = column  # a row of metrics has a column of this name, which hides it


class MetricRow(Row):
    """A metric (stands in for ``metrics:`` of metrics.yaml in a workbook)."""

    key = ("metric",)
    metric: Key = column("Key.", example="complaint_rate")
    label: Text = column("What people read.", example="Complaints per 1,000 journeys")
    type: Literal[
        "sum",
        "count",
        "ratio",
        "weighted_mean",
        "score",
        "percentile",
        "distinct",
        "min",
        "max",
        "given",
        "stock",
        "cumulative",
    ] = column(
        "sum, count, ratio, weighted_mean, score, percentile, distinct, min, max, given, stock or cumulative.",
        example="ratio",
    )
    unit: Text = column("count, share, currency, days, hours, points, score or your own.", example="share")
    direction: Literal["up", "down", "band", "neutral"] = column("Which way is good.", example="down")
    low: Number | None = column("Lower edge where the direction is band.", example=None, default=None)
    high: Number | None = column("Upper edge where the direction is band.", example=None, default=None)
    from_table: Key = column("Fact table of the measure or numerator.", example="tickets", refers="fact_tables.table")
    agg: Literal["count", "sum", "min", "max", "distinct", "share_true"] | None = column(
        "How it is added up.", example="count", default=None
    )
    column: Text | None = Field(
        None,
        description="Column that is added up.",
        json_schema_extra={"example": None, "unit": "", "refers": ""},
    )
    where: Text | None = Field(
        None,
        description="Conditions, joined by ; such as: channel = phone; status in paid|shipped; amount >= 10",
        json_schema_extra={"example": "kind = complaint", "unit": "", "refers": ""},
    )
    denominator_from: Key | None = Field(
        None,
        description="Fact table of the denominator or weight.",
        json_schema_extra={"example": "journeys", "unit": "", "refers": "fact_tables.table"},
    )
    denominator_agg: Literal["count", "sum"] | None = Field(
        None,
        description="How the denominator is added up.",
        json_schema_extra={"example": "sum", "unit": "", "refers": ""},
    )
    denominator_column: Text | None = Field(
        None,
        description="Column of the denominator.",
        json_schema_extra={"example": "journeys", "unit": "", "refers": ""},
    )
    denominator_where: Text | None = Field(
        None,
        description="Conditions on the denominator.",
        json_schema_extra={"example": None, "unit": "", "refers": ""},
    )
    percentile: Share | None = Field(
        None,
        description="Which percentile, 0 to 1.",
        json_schema_extra={"example": None, "unit": "share, 0 to 1", "refers": ""},
    )
    score: Literal["nps", "csat"] | None = Field(
        None, description="Which score.", json_schema_extra={"example": None, "unit": "", "refers": ""}
    )
    grain: Literal["day", "week", "month", "quarter", "year"] = Field(
        "month", description="Length of a period.", json_schema_extra={"example": "month", "unit": "", "refers": ""}
    )
    window: Text | None = Field(
        None,
        description="What a cumulative measure covers: 28 days, 3 months …, or month, quarter or year for to date.",
        json_schema_extra={"example": None, "unit": "", "refers": ""},
    )
    owner: Text | None = Field(
        None, description="Who reads it.", json_schema_extra={"example": "Head of Service", "unit": "", "refers": ""}
    )
    segments: Text | None = Field(
        None,
        description="Columns to split by, joined by ;",
        json_schema_extra={"example": "channel", "unit": "", "refers": ""},
    )
    baseline: Count | None = Field(
        None,
        description="Points of the baseline; blank means 36 or what there is.",
        json_schema_extra={"example": 24, "unit": "points", "refers": ""},
    )
    min_denominator: Amount | None = _column(
        "Smallest denominator for which a period is judged.", example=None, default=None
    )
    forum: Key | None = _column("Where it is looked at.", example="weekly-review", default=None, refers="forums.forum")
    decide_within_days: Amount | None = _column(
        "How soon a signal leads to a decision.", example=14, default=None, unit="days"
    )
    worth: Number | None = _column("What one more of it is worth.", example=None, default=None, unit="currency")
    worth_per: Literal["unit", "numerator"] | None = _column(
        "Whether that is per unit of the measure or of its numerator; blank means unit.", example=None, default=None
    )
    worth_said_by: Text | None = _column("Who said what it is worth.", example=None, default=None)
    worth_said_on: dt.date | None = _column("When that was said.", example=None, default=None)
    worth_status: Literal["assumed", "confirmed", "contested"] | None = _column(
        "assumed, confirmed or contested.", example=None, default=None
    )
    frame: Text | None = _column(
        "Where it stands in a frame of measures, such as heart.engagement.", example=None, default=None
    )


class ForumRow(Row):
    """A meeting in which measures are looked at (stands in for ``forums:`` of metrics.yaml in a workbook)."""

    key = ("forum",)
    forum: Key = column("Name of the meeting.", example="weekly-review")
    every: Text = column("How often it meets: 7 days, 2 weeks, 1 month …", example="7 days")


class TargetRow(Row):
    """A dated target of a metric (stands in for ``targets:`` of a metric in a workbook)."""

    key = ("metric", "scope_kind", "scope", "by")
    metric: Key = column("Metric.", example="complaint_rate", refers="metrics.metric")
    scope_kind: Literal["product", "product_line", "value_stream", "customer_experience", "company"] = column(
        "product, product_line, value_stream, customer_experience or company.", example="company"
    )
    scope: Key | None = column("Which one; blank for the company.", example=None, default=None)
    value: Number = column("The target, in the metric's own unit (0.032, not 3.2).", example=0.004)
    by: dt.date = column("By when.", example=dt.date(2027, 3, 31))
    kind: Literal["committed", "aspirational"] = column(
        "committed or aspirational.", example="committed", default="committed"
    )
    baseline: Number | None = column("Where it started.", example=0.006, default=None)


# -- allocation ------------------------------------------------------------------------------------------------------


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


# -- the consultant's own --------------------------------------------------------------------------------------------


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


# -- YAML ------------------------------------------------------------------------------------------------------------


class Source(BaseModel):
    """How one table's files are written, where the cells alone cannot tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    date_order: Literal["day-month-year", "month-day-year", "year-month-day"] | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    sheet: str | None = None


class Database(BaseModel):
    """A client's database; the address is only ever a reference to an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: Annotated[str, StringConstraints(pattern=r"^env:[A-Z_][A-Z0-9_]*$")]
    engine: Literal["postgresql", "spark"] = "postgresql"
    statement_timeout_seconds: Annotated[int, Field(gt=0)] = 60

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Read ``crm: env:NAME`` as the address alone."""
        return {"address": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _limited(self) -> Database:
        if self.engine == "spark" and "statement_timeout_seconds" in self.model_fields_set:
            raise ValueError("a time limit for PostgreSQL only. | Delete it: on Spark the cluster's own limits hold.")
        return self


def _whole(value: Any) -> Any:
    """Read 1000 also where it is text; 1.000 is refused, because it may be meant as a thousand."""
    if isinstance(value, float):
        raise ValueError("1, 1000 or 1000000. | Write 1000 without a point; 1.000 may be read as 1.")
    text = str(value).strip()
    is_number = re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:[, ][0-9]{3})+", text) and len(text) <= 12
    return int(re.sub(r"[, ]", "", text)) if is_number else text  # as text, "True" is not taken for 1


def _plausible(day: dt.date) -> dt.date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a day from {FIRST_DAY.isoformat()} to {LAST_DAY.isoformat()}. | Correct the year.")
    return day


def _group_guard(size: int) -> int:
    if 2 <= size <= 4:
        raise ValueError(
            "5 or more, or 1 for an openly named assessment. | "
            "Write 5: in groups of 2 to 4 people can work out each other's answers."
        )
    return size


class EngagementSettings(BaseModel):
    """``engagement.yaml``: what holds for the whole engagement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text = Field(description="The client's name, as the report prints it.")
    as_of: Annotated[dt.date, AfterValidator(_plausible)] = Field(
        description="The day the data speak of; nothing may lie after it."
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field("EUR", description="ISO 4217 code.")
    money_scale: Annotated[Literal[1, 1_000, 1_000_000], BeforeValidator(_whole)] = Field(
        1, description="Amounts in the client's tables are in units, thousands or millions."
    )
    language: Literal["en"] = Field("en", description="Language of the instrument and the report.")
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = Field(
        1, description="Month in which the fiscal year starts."
    )
    confidentiality: Text = Field("Confidential", description="Printed on every page.")
    audience: Literal["board", "line_owner", "staff", "works_council"] = Field(
        "board", description="Who reads the report."
    )
    brand: Text | None = Field(None, description="Name of the consulting firm on the front page.")
    instrument: Key = Field("project-to-product", description="Questionnaire: ours, or your own in instruments/.")
    minimum_group: Annotated[int, Field(ge=1), AfterValidator(_group_guard)] = Field(
        5, description="Smallest group whose answers are shown: 5 or more, or 1 for an openly named assessment."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.95, description="Coverage of intervals.")
    thesis: Literal["front", "appendix", "off"] = Field("appendix", description="Where the article's claims stand.")
    sampled: Literal["everyone", "teams"] = Field(
        "everyone",
        description="Who was asked: everyone, or teams (column unit) that were drawn; then teams count, not people.",
    )
    morning_headline: YesNo = Field(
        "no", description="Whether the firm's morning page, which names all clients, may show the bottom line."
    )
    reviews: tuple[Annotated[dt.date, AfterValidator(_plausible)], ...] = Field(
        default_factory=tuple, description="Days of earlier reviews: what could be said then is no news now."
    )
    sources: dict[str, Source] = Field(
        default_factory=dict, description="Per table: date_order, decimal, encoding, sheet."
    )
    databases: dict[str, Database] = Field(default_factory=dict, description="Databases with facts.")


def _no_truth(value: Any) -> Any:
    """Refuse true and false, which Python counts as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number. | Write the number itself.")
    return value


Changed = Annotated[Amount, BeforeValidator(_no_truth)]
"""An amount that a scenario changes something to."""


class Scenario(BaseModel):
    """``scenarios/<name>.yaml``: named changes relative to the base."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: Text | None = None
    weights: dict[Key, Changed] = Field(default_factory=dict)
    capacities: dict[Key, Changed] = Field(default_factory=dict)
    rules: dict[Key, Text] = Field(default_factory=dict)
    without_rules: tuple[Key, ...] = ()
    outcomes: dict[Key, Changed] = Field(default_factory=dict)
    maximums: dict[Key, Changed] = Field(default_factory=dict)


class ImportedWave(BaseModel):
    """What an import has read for one wave: the raw file's hash, its sheets, those kept, and the roles among them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    raw_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    read: Count
    kept: Count
    roles: tuple[Key, ...] = ()


class ImportFinding(BaseModel):
    """What an import of a tracker's export found wrong, kept for the report."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    check: Key
    table: Key
    column: str = ""
    rows: Count
    share: Share
    example: str = ""
    consequence: Literal["off", "marked", "informs"]
    claim: Text
    detail: str = ""


class SheetLayout(BaseModel):
    """How a client's own sheet is laid out: where the table stands, what its numbers count, what is left out.

    `marks` and `other_sheets` are short hashes of what is not read: headers may be names, and are kept nowhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    sheet: str = ""
    at: str = ""
    header_row: Count | None = None
    value: str = ""
    only: str = ""
    decimal: Literal[".", ",", ""] = ""
    hidden: Literal["read", "skip", ""] = ""
    section: str = ""
    fixed: dict[Key, Text] = Field(default_factory=dict)
    units: dict[Key, str | int | float] = Field(default_factory=dict)
    fill: dict[Key, Literal["down", "blank"]] = Field(default_factory=dict)
    keep: tuple[Text, ...] = ()
    leave_out: tuple[Text, ...] = ()
    together: bool = False
    scales: dict[Key, float] = Field(default_factory=dict)
    unit_words: dict[Key, str] = Field(default_factory=dict)
    turned: tuple[Key, ...] = ()
    filled_down: tuple[Key, ...] = ()
    across: bool = False
    other_sheets: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


class Behind(BaseModel):
    """What hangs on a name that nobody knows yet: rows of the sheet, and the sum of each measure in them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rows: Count
    amounts: dict[Key, Number] = Field(default_factory=dict)


class ImportMapping(BaseModel):
    """One confirmed import: how a vendor's export or a client's own sheet becomes a table of ours.

    `headers` leads from a header to a column, an item or ``ignore``; `labels` from a column or item (``*``: all items)
    and a label to what is stored, `behind` to what hangs on a name that nobody knows; `fixed` says what is the same for
    everybody who gets a form. Of a tracker, `labels` lead from its products, statuses and types to ours, `product_from`
    names what tells the product, `zone` its clock.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    vendor: Text | None = None
    layout: Text | None = None
    table: Key | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, dict[str, str | int | float]] = Field(default_factory=dict)
    behind: dict[Key, dict[str, Behind]] = Field(default_factory=dict)
    fixed: dict[Literal["role", "unit", "product_line"], Text] = Field(default_factory=dict)
    codes: Literal["shown", "reversed", "levels"] | None = None
    date_order: Literal["day-month-year", "month-day-year", "year-month-day"] | None = None
    encoding: Text | None = None
    zone: Text | None = None
    product_from: Text | None = None
    raw_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    salt_mark: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    waves: dict[Key, ImportedWave] = Field(default_factory=dict)
    findings: tuple[ImportFinding, ...] = ()
    sheet_layout: SheetLayout | None = None
    confirmed_by: Text | None = None
    confirmed_on: dt.date | None = None


_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_KEY: TypeAdapter[str] = TypeAdapter(Key)


def fits_text(text: str) -> bool:
    """Return whether a text is one that people can read, such as a name in a table."""
    return _is_valid(_TEXT, text)


def fits_key(text: str) -> bool:
    """Return whether a text may be a key, such as the name of an import."""
    return _is_valid(_KEY, text)


def _is_valid(kind: TypeAdapter[str], text: str) -> bool:
    try:
        kind.validate_python(text)
    except ValidationError:
        return False
    return True


class Imports(BaseModel):
    """``imports.yaml``: the confirmed mapping of each import, by a name of the consultant's choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    imports: dict[Key, ImportMapping] = Field(default_factory=dict)


# -- the register of tables ------------------------------------------------------------------------------------------


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
