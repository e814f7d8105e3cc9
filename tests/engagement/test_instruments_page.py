"""What the page about questionnaires says is true: its example loads, and it names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.engagement.instruments.library import load_instrument
from workbench.engagement.instruments.workbook import COLUMNS
from workbench.readiness.instrument import AGGREGATIONS
from workbench.readiness.instrument_check import LISTS, TOP
from workbench.readiness.sample_size import PLANNED_DISTANCE, PLANNED_SPREAD

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "instruments.md").read_text(encoding="utf-8")


def test_the_example_is_a_questionnaire() -> None:
    """As it stands on the page."""
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    got = load_instrument("own", ROOT, {"instruments/own.yaml": example.encode("utf-8")})
    assert [item.id for item in got.items] == ["budget", "review", "team"]
    assert got.group("money").aggregation == "smallest"
    assert got.answers(got.item("team")).options[0].value == "no"


def test_the_page_names_every_key_sheet_and_way_to_combine() -> None:
    """A reader needs no code to write a file."""
    named = set(re.findall(r"[a-z_]+", PAGE))
    assert set(TOP) <= named
    assert set(COLUMNS) <= named
    assert set(AGGREGATIONS) <= named
    keys = {key for known in LISTS.values() for key in known}
    assert keys - {"differs", "found"} <= named, "public ranges are ours to fill"


def test_the_page_names_the_files_of_ours() -> None:
    """Every questionnaire in the templates, and the numbers of the plan."""
    for path in (ROOT / "templates" / "instruments").glob("*.yaml"):
        assert path.stem in PAGE
    assert (PLANNED_SPREAD, PLANNED_DISTANCE) == (0.18, 0.1)
    assert "s = .18 and d = .10" in PAGE
