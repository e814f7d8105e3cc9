"""Rows of the tables that outcomes alone read: signals, events, ledger totals, and metrics kept in a workbook."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from workbench.engagement.columns import Amount, Count, Key, Number, Row, Share, Text, YesNo, column


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
    column: Text | None = _column("Column that is added up.", example=None, default=None)
    where: Text | None = _column(
        "Conditions, joined by ; such as: channel = phone; status in paid|shipped; amount >= 10",
        example="kind = complaint",
        default=None,
    )
    denominator_from: Key | None = _column(
        "Fact table of the denominator or weight.", example="journeys", default=None, refers="fact_tables.table"
    )
    denominator_agg: Literal["count", "sum"] | None = _column(
        "How the denominator is added up.", example="sum", default=None
    )
    denominator_column: Text | None = _column("Column of the denominator.", example="journeys", default=None)
    denominator_where: Text | None = _column("Conditions on the denominator.", example=None, default=None)
    percentile: Share | None = _column("Which percentile, 0 to 1.", example=None, default=None, unit="share, 0 to 1")
    score: Literal["nps", "csat"] | None = _column("Which score.", example=None, default=None)
    grain: Literal["day", "week", "month", "quarter", "year"] = _column(
        "Length of a period.", example="month", default="month"
    )
    window: Text | None = _column(
        "What a cumulative measure covers: 28 days, 3 months …, or month, quarter or year for to date.",
        example=None,
        default=None,
    )
    owner: Text | None = _column("Who reads it.", example="Head of Service", default=None)
    segments: Text | None = _column("Columns to split by, joined by ;", example="channel", default=None)
    baseline: Count | None = _column(
        "Points of the baseline; blank means 36 or what there is.", example=24, default=None, unit="points"
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
