"""The schema describes every column once, and holds together."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from workbench.engagement.cells import choices_of, column_kind
from workbench.engagement.schema import (
    SHEET_TABLES,
    TABLES,
    EngagementSettings,
    Source,
    TableSpec,
    example_of,
    refers_of,
    unit_of,
)

EVERY = [*TABLES.values(), *SHEET_TABLES.values()]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_a_table_is_described_completely(spec: TableSpec) -> None:
    """Its key exists, its columns have words, what it refers to is a key column of a table."""
    assert spec.key
    assert set(spec.key) <= set(spec.columns)
    assert spec.purpose
    for column, info in spec.columns.items():
        assert info.description, column
        refers = refers_of(info)
        if refers:
            table, _, key = refers.partition(".")
            target = TABLES.get(table) or SHEET_TABLES[table]
            assert key in target.key, (column, refers)


@pytest.mark.parametrize("spec", [spec for spec in EVERY if spec.name != "engagement"], ids=lambda spec: spec.name)
def test_the_example_row_of_a_table_would_be_valid(spec: TableSpec) -> None:
    """What a new workbook shows can be copied."""
    row = {column: example_of(info) for column, info in spec.columns.items() if example_of(info) is not None}
    assert spec.model.model_validate(row)


def test_keys_that_mark_examples_are_text() -> None:
    """Each table can have an example row that is ignored."""
    for spec in EVERY:
        assert any(column_kind(spec.columns[column]) == "text" for column in spec.key), spec.name


def test_settings_have_the_defaults_of_the_house() -> None:
    """Only name and day must be given."""
    settings = EngagementSettings(name="T", as_of=dt.date(2026, 9, 30))
    assert (settings.currency, settings.money_scale, settings.minimum_group) == ("EUR", 1, 5)
    assert (settings.instrument, settings.thesis) == ("project-to-product", "appendix")


@pytest.mark.parametrize("scale", [1000, "1000", 1000.0, "1,000"])
def test_the_scale_of_money_may_be_typed_in_a_cell(scale: object) -> None:
    """As text or as a number."""
    got = EngagementSettings.model_validate({"name": "T", "as_of": "2026-09-30", "money_scale": scale})
    assert got.money_scale == 1000


@pytest.mark.parametrize("scale", [10, True, "k", 0])
def test_other_scales_are_refused(scale: object) -> None:
    """Units, thousands or millions."""
    with pytest.raises(ValidationError):
        EngagementSettings.model_validate({"name": "T", "as_of": "2026-09-30", "money_scale": scale})


def test_settings_and_sources_refuse_unknown_keys() -> None:
    """A misspelt setting would otherwise be silently without effect."""
    with pytest.raises(ValidationError):
        Source.model_validate({"dateorder": "day-month-year"})


def test_units_and_choices_can_be_asked() -> None:
    """The scaffold, the fault texts and the documentation use them."""
    assert unit_of(TABLES["projects"].columns["budget"]) == "currency"
    assert unit_of(TABLES["products"].columns["name"]) == ""
    assert choices_of(TABLES["products"].columns["stage"]) == ("explore", "grow", "sustain", "retire")
