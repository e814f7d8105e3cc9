"""The panel calls the public functions, holds no arithmetic and prints text where nobody clicks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from allocation_cases import small

import workbench.panels.what_if as panel
from workbench.allocation import Allocation, AllocationInputs, Conflict, allocate
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


def test_the_answer_is_that_of_the_public_function() -> None:
    """Settings as they are: the same plan; a closed line: closed; too little: the conflict."""
    same = panel.answer(INPUTS, capacity_percent={"budget": 100}, weights={"margin": 1.0}, locks={"cards": "free"})
    expected = allocate(INPUTS)
    assert isinstance(same, Allocation)
    assert same.plan.levels == expected.plan.levels
    shut = panel.answer(INPUTS, locks={"cards": "close"})
    assert isinstance(shut, Allocation)
    assert not shut.plan.supported["cards"]
    still = panel.answer(INPUTS, locks={"loans": "as today"})
    assert isinstance(still, Allocation)
    assert still.plan.level("loans-market") == 2.0
    assert isinstance(panel.answer(INPUTS, locks={"loans": "close"}), Conflict)


def test_the_button_solves_with_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moving a slider, a weight and a lock, then pressing, asks for exactly that."""
    ipywidgets = pytest.importorskip("ipywidgets")
    monkeypatch.delenv("WORKBENCH_BATCH", raising=False)
    asked = []
    monkeypatch.setattr(panel, "answer", lambda inputs, **settings: asked.append(settings))
    monkeypatch.setattr(panel, "_show", lambda result: None)
    box = panel.what_if_panel(INPUTS)
    columns, button, _ = box.children
    budgets, weights, locks = (column.children[1:] for column in columns.children)
    budgets[1].value = 80
    weights[0].value = 2.5
    locks[1].value = "keep"
    button.click()
    assert isinstance(button, ipywidgets.Button)
    assert asked == [
        {
            "capacity_percent": {"engineers": 100, "budget": 80},
            "weights": {"margin": 2.5},
            "locks": {"loans": "free", "cards": "keep"},
        }
    ]
    assert not button.disabled


def test_a_panel_holds_no_arithmetic() -> None:
    """It shows and calls; numbers are made elsewhere."""
    tree = ast.parse(Path(panel.__file__).read_text(encoding="utf-8"))
    sums = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)]
    assert sums == []
