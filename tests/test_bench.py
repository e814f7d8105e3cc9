"""The benches: each is there, and a row's words and verdict follow from its numbers."""

import ast
from pathlib import Path

import pytest

from bench.__main__ import BENCHES
from bench.table import COLUMNS, bench_row, table_of

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_has_rows(name):
    """A bench that `make bench` runs is a module with `rows`."""
    tree = ast.parse((ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8"))
    assert "rows" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("value", "bounds", "target", "met"),
    [
        pytest.param(3.99, {"most": 4}, "at most 4", True, id="below"),
        pytest.param(4.00001, {"most": 4}, "at most 4", False, id="judged before it is rounded"),
        pytest.param(0.96, {"least": 0.93, "most": 0.95}, "at least 0.93 and at most 0.95", False, id="between"),
        pytest.param(0, {"most": 0}, "at most 0", True, id="none"),
        pytest.param(float("nan"), {"most": 1}, "at most 1", False, id="not a number"),
        pytest.param(3.0, {}, "", None, id="no target"),
        pytest.param(3.0, {"most": 4, "met": False}, "at most 4", False, id="said outright"),
    ],
)
def test_target_follows_from_the_bounds(value, bounds, target, met):
    """The words of a target and whether it is met are made from one number."""
    got = bench_row("a", value, "s", **bounds)
    assert tuple(got) == COLUMNS
    assert (got["target"], got["met"]) == (target, met)


def test_other_way_gives_words_and_ratio():
    """What the same takes otherwise is written once and gives the ratio."""
    got = bench_row("a run", 12.34567, "s", against="by hand", other=24.69134)
    assert (got["value"], got["against"], got["ratio"]) == (12.35, "by hand: 24.69 s", 0.5)
    assert table_of([got]).splitlines()[-1].split() == ["a", "run", "12.35", "s", "by", "hand:", "24.69", "s", "0.5"]
