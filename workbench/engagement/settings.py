"""What holds for the whole engagement, and its scenarios: the models of ``engagement.yaml`` and ``scenarios/``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from workbench.engagement.columns import LAST_YEAR, Amount, Key, Strict, Text, YesNo
from workbench.engagement.documents import Document, quote
from workbench.errors import Fault

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
"""Days that data may speak of as a whole (``as_of``); others are typing errors (ours)."""


class Source(Strict):
    """How one table's files are written, where the cells alone cannot tell."""

    date_order: Literal["day-month-year", "month-day-year", "year-month-day"] | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    sheet: str | None = None


class Database(Strict):
    """A client's database; the address is only ever a reference to an environment variable."""

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


class EngagementSettings(Strict):
    """``engagement.yaml``: what holds for the whole engagement."""

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


def settings_faults(document: Document) -> list[Fault]:
    """Return what pydantic would let pass: yes and no for numbers, and day numbers for dates."""
    faults = []
    for key, value in document.content.items():
        if isinstance(value, bool):
            faults.append(
                document.fault((key,), f"{quote(value)} is not allowed", "a text or a number.", "Correct it.")
            )
    as_of = document.content.get("as_of")
    if (
        as_of is not None
        and not isinstance(as_of, dt.date | bool)
        and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(as_of).strip())
    ):
        found, remedy = f"{quote(as_of)} is not a date", "Write it year first."
        faults.append(document.fault(("as_of",), found, "a date such as 2026-09-30.", remedy))
    return faults


def salvage_settings(content: Mapping[str, Any]) -> EngagementSettings:
    """Return settings without those that have faults, so that the tables are still read as the client declared."""
    kept: dict[str, Any] = {"name": "unknown", "as_of": LAST_DAY}

    def keep(name: str, value: Any) -> bool:
        try:
            EngagementSettings.model_validate({**kept, name: value})
        except ValidationError:
            return False
        kept[name] = value
        return True

    for name, value in content.items():
        if isinstance(value, bool) or (name == "as_of" and isinstance(value, int | float)):
            continue
        if not keep(name, value) and name == "sources" and isinstance(value, dict):
            for table, source in value.items():
                keep("sources", {**kept.get("sources", {}), str(table): source})
    settings = EngagementSettings.model_validate(kept)
    if kept["as_of"] is LAST_DAY:  # nothing that a table may hold lies after it
        return settings.model_copy(update={"as_of": dt.date(LAST_YEAR, 12, 31)})
    return settings


def _no_truth(value: Any) -> Any:
    """Refuse true and false, which Python counts as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number. | Write the number itself.")
    return value


Changed = Annotated[Amount, BeforeValidator(_no_truth)]
"""An amount that a scenario changes something to."""


class Scenario(Strict):
    """``scenarios/<name>.yaml``: named changes relative to the base."""

    text: Text | None = None
    weights: dict[Key, Changed] = Field(default_factory=dict)
    capacities: dict[Key, Changed] = Field(default_factory=dict)
    rules: dict[Key, Text] = Field(default_factory=dict)
    without_rules: tuple[Key, ...] = ()
    outcomes: dict[Key, Changed] = Field(default_factory=dict)
    maximums: dict[Key, Changed] = Field(default_factory=dict)
