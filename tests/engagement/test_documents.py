"""YAML with the line of every key, and conditions typed into a cell."""

from __future__ import annotations

import pytest

from workbench.engagement.documents import parse_where, read_yaml


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
