"""Every number that a report prints has a definition in words, with the page and section that tell the whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from workbench.batch.definitions import find_definition, read_definitions

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("readiness", "outcomes", "allocation", "report")
    for path in sorted((REPOSITORY / "workbench" / folder).glob("*.py"))
)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_number_of_a_sample_has_a_definition(name: str, reports: Path) -> None:
    """Of its own chapter, by the parts of its key."""
    figures = json.loads((reports / name / "latest" / "results.json").read_text(encoding="utf-8"))["figures"]
    assert len(figures) > 100
    lacking = {(one["pillar"], one["key"]) for one in figures if find_definition(one["pillar"], one["key"]) is None}
    assert lacking == set()


def test_every_section_that_is_named_is_there() -> None:
    """As a heading, or as the words in bold that begin a paragraph."""
    wrong = []
    for one in read_definitions(REPOSITORY):
        text = (REPOSITORY / one.page).read_text(encoding="utf-8")
        pattern = rf"^(#+ {re.escape(one.section)}$|\*\*{re.escape(one.section)})"
        if not re.search(pattern, text, flags=re.MULTILINE):
            wrong.append((one.page, one.section))
    assert wrong == []


def test_no_entry_outlives_its_number() -> None:
    """The first part of its key stands in the code that makes figures; each entry says something else."""
    entries = read_definitions(REPOSITORY)
    heads = {one.pattern[0] for one in entries}
    gone = {head for head in heads if not re.search(rf"\b{re.escape(head)}(/|\"|-|{{)", CODE)}
    made = {head for head in gone if re.search(rf"\"{re.split('[-_]', head)[0]}[-_]{{", CODE)}  # f"total-{held.key}"
    assert gone == made, "no code has it"
    words = [(one.pillar, one.section, one.words) for one in entries]
    assert [said for said in set(words) if words.count(said) > 2] == []
    assert all(one.words.endswith(".") for one in entries)


def test_the_entry_that_says_most_is_found() -> None:
    """Whole parts of a key are compared, in their own chapter."""
    found = {key: find_definition("readiness", key) for key in ("level/motor/d03", "level/cut/run/d03")}
    assert {key: one.pattern for key, one in found.items() if one} == {
        "level/motor/d03": ("level",),
        "level/cut/run/d03": ("level", "cut"),
    }
    assert find_definition("readiness", "levels/motor") is None
    assert find_definition("pricing", "level/motor") is None
    gain = find_definition("readiness", "initiative/3/gain")
    assert gain is not None
    assert gain.pattern == ("initiative", "*", "gain")
