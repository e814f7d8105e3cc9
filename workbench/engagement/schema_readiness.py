"""Rows of the tables that readiness alone reads: waves, answers, who was asked, interviews, evidence, targets."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from workbench.engagement.columns import Amount, Count, Key, Number, Pseudonym, Role, Row, Text, YesNo, column


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
