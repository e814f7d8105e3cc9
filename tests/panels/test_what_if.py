"""The panel calls the public functions, holds no arithmetic and prints text where nobody clicks."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from allocation_cases import small

import workbench.panels.what_if as panel
from workbench.allocation import AllocationInputs, Conflict, Plan, solve
from workbench.errors import ModelError
from workbench.findings import Off

INPUTS = AllocationInputs(small())


def test_a_batch_run_prints_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets, weights and lines by name, and nothing that changes from run to run."""
    monkeypatch.setenv("WORKBENCH_BATCH", "1")
    shown = repr(panel.what_if_panel(INPUTS))
    assert "engineers, budget" in shown
    assert "margin 1" in shown
    assert "Consumer loans, Cards" in shown
    assert "0x" not in shown


def test_off_prints_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without widgets."""
    monkeypatch.delenv("WORKBENCH_BATCH", raising=False)
    off = Off("allocation", "No resources.", ("resources",))
    assert repr(panel.what_if_panel(off)) == repr(off)


def test_the_answer_is_that_of_the_search() -> None:
    """Settings as they are: the same plan; a closed line: closed; too little: the conflict, and out of it again."""
    start = solve(INPUTS.portfolio)
    assert isinstance(start, Plan)
    same = panel.answer(start, capacity_percent={"budget": 100}, weights={"margin": 1.0}, locks={"cards": "free"})
    assert isinstance(same, Plan)
    assert same.first == pytest.approx(start.first)
    shut = panel.answer(start, locks={"cards": "close"})
    assert isinstance(shut, Plan)
    assert not shut.supported["cards"]
    still = panel.answer(start, locks={"loans": "as today"})
    assert isinstance(still, Plan)
    assert still.level("loans-market") == 2.0
    stuck = panel.answer(start, locks={"loans": "close"})
    assert isinstance(stuck, Conflict)
    free = panel.answer(solve(small(people=1.0)), capacity_percent={"engineers": 3000})
    assert isinstance(free, Plan)


def _panel(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[dict[str, Any]]]:
    """Return a panel and the list of what it asks for."""
    pytest.importorskip("ipywidgets")
    monkeypatch.delenv("WORKBENCH_BATCH", raising=False)
    asked: list[dict[str, Any]] = []
    given = panel.answer

    def answer(start: Plan | Conflict, **settings: Any) -> Plan | Conflict:
        asked.append(settings)
        return given(start, **settings)

    monkeypatch.setattr(panel, "answer", answer)
    return panel.what_if_panel(INPUTS), asked


def test_every_move_plans_again_with_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slider, a weight and a lock: each is asked for at once, with all others as they stand, and shown."""
    box, asked = _panel(monkeypatch)
    columns, shown = box.children
    budgets, weights, locks = (column.children[1:] for column in columns.children)
    first = shown.outputs[0]["data"]["text/plain"]
    assert "The plan as it stands is the best one here too." in first
    budgets[1].value = 80
    weights[0].value = 2.5
    locks[1].value = "keep"
    assert asked[1:] == [
        {"capacity_percent": {"engineers": 100, "budget": budget}, "weights": {"margin": weight}, "locks": lock}
        for budget, weight, lock in (
            (80, 1.0, {"loans": "free", "cards": "free"}),
            (80, 2.5, {"loans": "free", "cards": "free"}),
            (80, 2.5, {"loans": "free", "cards": "keep"}),
        )
    ]
    assert "does not hold here" in shown.outputs[0]["data"]["text/plain"]


def test_a_conflict_and_an_impossible_setting_are_shown_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks that no plan can keep: the conflict; a search that has no answer: why not."""
    box, _ = _panel(monkeypatch)
    columns, shown = box.children
    _, _, locks = (column.children[1:] for column in columns.children)
    locks[0].value = "close"
    said = " ".join(one["data"]["text/plain"] for one in shown.outputs)
    assert "Lock: close Consumer loans" in said

    def stop(*_: Any, **__: Any) -> None:
        raise ModelError("The time was over before any plan was found.")

    monkeypatch.setattr(panel, "answer", stop)
    locks[0].value = "free"
    assert shown.outputs[0]["text"] == "The time was over before any plan was found.\n"


def test_a_panel_holds_no_arithmetic() -> None:
    """It shows and calls; numbers are made elsewhere."""
    tree = ast.parse(Path(panel.__file__).read_text(encoding="utf-8"))
    sums = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)]
    assert sums == []
