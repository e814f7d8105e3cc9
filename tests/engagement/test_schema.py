"""The schema describes every column once, and holds together."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from workbench.engagement.cells import choices_of, column_kind
from workbench.engagement.columns import Amount, Count, Key, Number, Text, example_of, is_key, refers_of, unit_of
from workbench.engagement.commentary import EXHIBITS
from workbench.engagement.schema import SHEET_TABLES, TABLES, TableSpec
from workbench.engagement.settings import EngagementSettings, Source

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


@pytest.mark.parametrize("scale", [1000, "1000", "1,000"])
def test_the_scale_of_money_may_be_typed_in_a_cell(scale: object) -> None:
    """As text or as a number."""
    got = EngagementSettings.model_validate({"name": "T", "as_of": "2026-09-30", "money_scale": scale})
    assert got.money_scale == 1000


@pytest.mark.parametrize("scale", [10, True, "k", 0, 1.0, 1000.0, "1.000", "1,00,0"])
def test_other_scales_are_refused(scale: object) -> None:
    """Units, thousands or millions; 1.000 in YAML is 1 and would be taken for a thousand."""
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


def test_the_exhibits_are_those_of_the_report() -> None:
    """Commentary may name each of them, and no other."""
    report = Path(__file__).resolve().parents[2] / "workbench" / "report"
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(report.glob("exhibits_*.py")))
    assert {f"{chapter}-{name}" for chapter, names in EXHIBITS.items() for name in names} == {
        found[1] for found in re.finditer(rf'"((?:{"|".join(EXHIBITS)})-[a-z-]+)"', code)
    }


@pytest.mark.parametrize(
    "key", ["a\tb", "a\nb", "a\x9bb", "a\u200bb", "\u202eb", "a\u2028b", "a\u2029b", "a\ufeffb", 'a"b']
)
def test_keys_that_do_not_show_what_they_are_are_refused(key: str) -> None:
    """They would tie nothing together, and write into whatever prints them."""
    with pytest.raises(ValidationError):
        TypeAdapter(Key).validate_python(key)


@pytest.mark.parametrize("key", ["motor", "KFZ Privat", "Straßenverkehr", "車", "it's", "a/b", "50 %"])
def test_other_keys_are_kept(key: str) -> None:
    """In any script."""
    assert TypeAdapter(Key).validate_python(key) == key


def test_spaces_of_a_key_become_plain_and_line_breaks_of_a_text_too() -> None:
    """A no-break space comes with a copy from a web page, a line break with Alt+Enter."""
    assert TypeAdapter(Key).validate_python("motor\u00a0private\u202f2") == "motor private 2"
    assert TypeAdapter(Text).validate_python("one\r\ntwo\u2028three") == "one two three"
    for mark in ("\x00", "\x1b", "\x9b"):
        with pytest.raises(ValidationError, match="without control characters"):
            TypeAdapter(Text).validate_python(f"a{mark}b")


def test_columns_of_keys_are_known() -> None:
    """Also those that may stay blank."""
    columns = {**TABLES["projects"].columns, **TABLES["population"].columns}
    assert [name for name, info in columns.items() if is_key(info)] == ["project", "product_line"]


@pytest.mark.parametrize("kind", [Number, Amount, Count])
def test_numbers_have_a_bound(kind: object) -> None:
    """Two budgets of 1e308 add up to nothing that can be printed."""
    assert TypeAdapter(kind).validate_python(10**15) == 10**15
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(1.1e15)
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(-1.1e15)


@pytest.mark.parametrize("day", ["1989-12-31", "0001-01-01", "2101-01-01", "2206-09-30", "9999-12-31"])
def test_the_day_of_the_data_is_one_of_our_time(day: str) -> None:
    """A typing error of the year would make everything old or new; the clock has no say."""
    with pytest.raises(ValidationError, match="from 1990-01-01 to 2100-12-31"):
        EngagementSettings.model_validate({"name": "T", "as_of": day})
