"""The instrument's file says what the method says, and a file that does not hold together is refused whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from workbench.errors import ModelError
from workbench.readiness import Instrument, build_instrument, options, routed
from workbench.readiness.instrument_check import find_cycle


def test_the_method_has_ten_dimensions_and_47_items(instrument: Instrument) -> None:
    """Ten dimensions of four or five items, seven of them gates."""
    assert [len(group.items) for group in instrument.dimensions] == [5, 5, 5, 5, 4, 4, 5, 5, 5, 4]
    kinds = {kind: [g.id for g in instrument.gates if g.gate == kind] for kind in ("structure", "alignment", "layer")}
    assert kinds == {"structure": ["d01", "d02", "d06", "d07"], "alignment": ["d03", "d04"], "layer": ["d09"]}


@pytest.mark.parametrize(
    ("role", "count"),
    [
        ("executive", 22),
        ("product", 36),
        ("builder", 29),
        ("operations", 18),
        ("support", 11),
        ("finance", 18),
        ("hr", 13),
    ],
)
def test_each_role_is_asked_what_it_can_know(instrument: Instrument, role: str, count: int) -> None:
    """Finance and human resources get every item of the support functions besides their own."""
    asked = routed(instrument, role)
    assert len(asked) == count
    assert list(asked) == [item.id for item in instrument.items if item.id in asked]


def test_a_role_nobody_knows_is_named(instrument: Instrument) -> None:
    """A misspelt role is met with the nearest one."""
    with pytest.raises(ModelError, match="Did you mean 'builder'"):
        routed(instrument, "bulder")


def test_every_scale_item_is_complete(instrument: Instrument) -> None:
    """Statement, three level texts, evidence, a claim of the article, roles and an effort."""
    for item in instrument.items:
        assert [level for level, _ in item.anchors] == [1.0, 3.0, 5.0], item.id
        assert all(text.endswith(".") for _, text in item.anchors), item.id
        assert item.statement.endswith("…"), item.id
        assert item.evidence, item.id
        assert item.claims, item.id
        assert item.roles, item.id
        assert item.printed == f"{int(item.id[1:3])}.{item.id[4:]}"


def test_organisation_items_and_the_turned_one(instrument: Instrument) -> None:
    """Seven items speak of the organisation, one shows its options in reverse, one is open."""
    pooled = [item.printed for item in instrument.items if item.scope == "organisation"]
    assert pooled == ["1.1", "1.2", "7.1", "7.2", "7.3", "7.4", "7.5"]
    assert [item.printed for item in instrument.items if item.turned] == ["3.5"]
    assert [item.printed for item in instrument.items if item.kind == "open"] == ["7.5"]


def test_the_layer_comes_last(instrument: Instrument) -> None:
    """Item 9.1 needs all of end-to-end ownership and of product leadership."""
    needs = instrument.item("d09_1").needs
    assert set(needs) == set(instrument.group("d02").items) | set(instrument.group("d07").items)
    assert instrument.item("d07_3").needs == ("d02_4", "d04_2")
    assert sum(bool(item.needs) for item in instrument.items) == 38


def test_options_lead_by_letters_and_turn_with_the_item(instrument: Instrument) -> None:
    """A is the worst level, except where the item is turned: then its levels run downwards under the same letters."""
    usual, turned = instrument.item("d03_1"), instrument.item("d03_5")
    assert [option.weight for option in options(instrument, usual)] == [1, 2, 3, 4, 5, None, None]
    assert [option.weight for option in options(instrument, turned)] == [5, 4, 3, 2, 1, None, None]
    assert options(instrument, turned)[0].label == "A hardly any."
    assert options(instrument, turned)[4].label == "E nearly all."
    assert options(instrument, usual)[1].label == "B between A and C"


@pytest.mark.parametrize("text", ["3", " 3 ", "3.0"])
def test_stored_answers_are_read_generously(instrument: Instrument, text: str) -> None:
    """A workbook may write 3 as 3.0."""
    found = instrument.answers(instrument.item("d01_1")).find(text)
    assert found is not None
    assert found.weight == 3.0


def test_an_answer_outside_the_scale_is_none(instrument: Instrument) -> None:
    """Six is no level, and a half is none either."""
    held = instrument.answers(instrument.item("d01_1"))
    assert [held.find(text) for text in ("6", "3.5", "three", "0")] == [None] * 4
    assert held.find("Cannot  See") is not None


def test_other_weights_and_sums_are_an_instrument_too() -> None:
    """Quarter weights, a tree of two storeys, sums above means: nothing in the package says five."""
    built = build_instrument(
        {
            "name": "quarters",
            "version": 2,
            "scale": {"values": [0, 1, 2, 3]},
            "roles": [{"id": "team", "name": "team"}],
            "answer_sets": [
                {
                    "id": "coverage",
                    "options": [
                        {"value": name, "label": name, "weight": weight, "meaning": "level"}
                        for name, weight in (("no", 0), ("some", 0.25), ("half", 0.5), ("most", 1))
                    ],
                }
            ],
            "groups": [
                {"id": "practice", "name": "practice", "aggregation": "sum"},
                {"id": "l1", "parent": "practice", "name": "level 1"},
                {"id": "l2", "parent": "practice", "name": "level 2"},
            ],
            "items": [
                {"id": name, "group": group, "statement": name, "roles": ["team"]}
                for name, group in (("a", "l1"), ("b", "l1"), ("c", "l2"))
            ],
        }
    )
    assert built.span(built.item("a")) == (0.0, 1.0)
    assert [item.id for item in built.items_below("practice")] == ["a", "b", "c"]
    assert built.gates == ()


def broken(change: Callable[[dict[str, Any]], None], document: dict[str, Any]) -> str:
    """Return the message about a copy of the instrument that was changed for the worse."""
    copied = copy.deepcopy(document)
    change(copied)
    with pytest.raises(ModelError) as caught:
        build_instrument(copied)
    return str(caught.value)


def test_a_cycle_of_needs_is_printed(document: dict[str, Any]) -> None:
    """What waits for itself in a circle stops, and the circle is shown."""
    message = broken(lambda held: held["items"][0].update(needs=["d01_2"]), document)
    assert "d01_1 needs d01_2 needs d01_1" in message


def test_every_fault_of_an_instrument_is_named_at_once(document: dict[str, Any]) -> None:
    """A repeated statement, an unknown role and an unknown gate come in one message."""

    def spoil(held: dict[str, Any]) -> None:
        held["items"][1]["statement"] = held["items"][0]["statement"].upper().replace(" ", "  ")
        held["items"][2]["roles"] = ["biulder"]
        held["groups"][0]["gate"] = "structural"

    message = broken(spoil, document)
    assert "occurs twice" in message
    assert "'biulder'" in message
    assert "Did you mean 'builder'" in message
    assert "'structural'" in message


def test_a_file_of_another_form_is_refused(document: dict[str, Any]) -> None:
    """A missing part is named, not a traceback."""
    assert "lacks a part" in broken(lambda held: held.pop("scale"), document)


def test_a_circle_is_found_wherever_it_hangs() -> None:
    """A circle behind a chain is found; a diamond is none."""
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"]}) == ("b", "c", "d", "b")
    assert find_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == ()
