"""YAML with the line of every key, and conditions typed into a cell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from workbench.engagement.documents import Document, explain, quote, read_yaml, validate
from workbench.engagement.settings import EngagementSettings
from workbench.engagement.sheet_documents import parse_where

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "instruments"


def test_words_and_numbers_are_what_people_read() -> None:
    """YAML 1.1 would make true, false, 8 and 630 of these."""
    document, faults = read_yaml(
        b"a: on\nb: no\nc: 010\nd: 10:30\ne: 1e3\nf: true\ng: -4\nh: 2026-09-30\ni: 0.5\n", "f"
    )
    assert not faults
    assert document is not None
    got = list(document.content.values())
    assert got[:7] == ["on", "no", "010", "10:30", 1000.0, True, -4]
    assert str(got[7]) == "2026-09-30"
    assert got[8] == 0.5


def test_keys_and_list_places_know_their_line() -> None:
    """A path that is absent is placed where it would stand."""
    document, _ = read_yaml(b"a:\n  - b: 1\n  - b: 2\n", "f.yaml")
    assert document is not None
    assert document.place(("a", 1, "b")) == ("", "line 3, a[1].b")
    assert document.place(("a", 1, "c")) == ("", "line 3, a[1].c")
    assert document.place(("z",)) == ("", "z")


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    """A thousand brackets."""
    _, faults = read_yaml(b"a: " + b"[" * 20_000 + b"]" * 20_000, "f.yaml")
    assert "nested too deeply" in faults[0].found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        ("channel = phone", [{"column": "channel", "is": "phone"}]),
        ("kind != 'a = b'", [{"column": "kind", "is_not": "a = b"}]),
        ("n >= 10; n < 20.5", [{"column": "n", "at_least": 10}, {"column": "n", "below": 20.5}]),
        ("status not in paid | shipped", [{"column": "status", "not_in": ["paid", "shipped"]}]),
        ("closed present ;", [{"column": "closed", "present": True}]),
        ("open = true; id = 007", [{"column": "open", "is": True}, {"column": "id", "is": "007"}]),
    ],
)
def test_conditions_of_a_cell(text: str | None, expected: list[object]) -> None:
    """As metrics.yaml writes them."""
    assert parse_where(text) == (expected, "")


@pytest.mark.parametrize("text", ["only phone", "a =", "a = b; ; drop table"])
def test_what_is_no_condition_is_handed_back(text: str) -> None:
    """For the fault."""
    assert parse_where(text)[1]


def test_a_day_that_no_calendar_has_and_a_number_beyond_all_stay_text_with_their_line() -> None:
    """One of them would otherwise lose all settings."""
    document, faults = read_yaml(b"a: 2026-02-29\nb: 2024-02-29\nc: 1e999\nd: " + b"9" * 5000 + b"\n", "f.yaml")
    assert not faults
    assert document is not None
    assert document.content == {"a": "2026-02-29", "b": dt.date(2024, 2, 29), "c": "1e999", "d": "9" * 5000}


@pytest.mark.parametrize(
    ("text", "found", "allowed"),
    [
        ("sources: {products: 5}", "5 stands where settings belong", "date_order, decimal, encoding, sheet"),
        ("sources: [a]", "a list stands where settings belong", "names, each with its value"),
        ("sources: {products: {decimel: x}}", "'decimel' is unknown", "date_order, decimal, encoding, sheet"),
        ("databases: {crm: {seconds: 1}}", "address is missing", "a value"),
        ("brand: {a: 1}", "a group of settings is not allowed", "a text"),
        ("confidence: 1e999", "'1e999' is not allowed", "less than 1"),
        ("fiscal_year_starts: " + "9" * 5000, "999…' is not allowed", "a whole number"),
        ("as_of: 2026-02-29", "'2026-02-29' is not allowed", "a date such as"),
        ("money_scale: 1.000", "1.0 is not allowed", "1, 1000 or 1000000"),
    ],
)
def test_a_fault_of_a_setting_is_in_plain_words(text: str, found: str, allowed: str) -> None:
    """Nobody reads of dictionaries and instances."""
    document, _ = read_yaml(f"name: T\n{'' if 'as_of' in text else 'as_of: 2026-09-30'}\n{text}\n".encode(), "f.yaml")
    assert document is not None
    _, faults = validate(document, EngagementSettings)
    said = [f"{fault.found} | {fault.allowed}" for fault in faults]
    assert any(found in words and f"| {allowed}" in words for words in said), said
    assert all(len(words) < 300 and "dictionary" not in words for words in said)


@pytest.mark.parametrize("text", ["crm: 'postgres://u:secret@h/db'", "crm: {address: 'host=h password=secret'}"])
def test_an_address_with_a_password_is_not_repeated(text: str) -> None:
    """A fault is printed, copied into a workbook and sent by mail."""
    document, _ = read_yaml(f"name: T\nas_of: 2026-09-30\ndatabases:\n  {text}\n".encode(), "f.yaml")
    assert document is not None
    (fault,) = validate(document, EngagementSettings)[1]
    assert fault.cell.startswith("line 4, databases.crm.address")
    assert "secret" not in str(fault)
    assert "env:" in fault.remedy


def test_a_password_in_any_address_is_masked() -> None:
    """It may stand under another setting."""
    assert quote("https://u:secret@h/x") == "'https://u:…@h/x'"


def test_the_name_of_a_variable_may_stand_alone() -> None:
    """As the page on client files says."""
    content = {"name": "T", "as_of": "2026-09-30", "databases": {"crm": "env:CRM"}}
    settings, faults = validate(Document("f.yaml", "", content), EngagementSettings)
    assert not faults
    assert settings.databases["crm"].address == "env:CRM"


@pytest.mark.parametrize("item", [{"type": "never_seen", "msg": "Input should be an instance of X"}])
def test_an_unforeseen_fault_is_not_told_in_the_words_of_a_library(item: dict[str, str]) -> None:
    """Plain, if vague."""
    assert "instance" not in "".join(explain(item))


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_our_own_files_say_the_same_however_they_are_read(path: Path) -> None:
    """Libyaml and Python find the same words, numbers and lines in what comes with the workbench."""
    content = path.read_bytes()
    got, expected = read_yaml(content, path.name, is_ours=True), read_yaml(content, path.name)
    assert got[0] is not None
    assert expected[0] is not None
    assert (got[0].content, got[0].lines) == (expected[0].content, expected[0].lines)
