"""The master notebooks tell a story, hold no plumbing, and carry only the sample engagement's outputs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
MASTERS = ("10_readiness", "20_outcomes", "30_allocation", "40_summary")
PLUMBING = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.Try,
    ast.With,
    ast.Lambda,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.IfExp,
)
MOST_LINES = 5
MOST_CELLS = 30


def read(name: str) -> dict[str, Any]:
    """Return a master as JSON."""
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    """Return a cell's text."""
    return "".join(cell["source"])


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def is_parameters(cell: dict[str, Any]) -> bool:
    """Return whether the cell is the one that papermill fills."""
    return "parameters" in cell["metadata"].get("tags", [])


def lines_of(tree: ast.Module) -> int:
    """Return the lines of a cell's statements; however many names one import brings, it counts as one."""
    imports = (ast.Import, ast.ImportFrom)
    return sum(1 if isinstance(node, imports) else (node.end_lineno or 0) - node.lineno + 1 for node in tree.body)


def story_faults(notebook: dict[str, Any]) -> list[str]:
    """Every breach of the notebook rules, as sentences."""
    faults: list[str] = []
    cells, code = notebook["cells"], code_cells(notebook)
    if cells[0]["cell_type"] != "markdown" or not source(cells[0]).startswith("# "):
        faults.append("the first cell is not a title")
    if len(cells) > MOST_CELLS:
        faults.append(f"{len(cells)} cells; at most {MOST_CELLS}")
    tagged = [place for place, cell in enumerate(code) if is_parameters(cell)]
    if tagged != [0]:
        faults.append(f"the parameters cell must be the first code cell and the only one; found {tagged}")
    for line in source(code[0]).splitlines():
        if not re.fullmatch(r"[a-z_]+ = [^=#]+ +# [^=]+", line):
            faults.append(f"parameter line {line!r}: one assignment, one comment, no second equals sign")
        elif not is_json(line.split(" = ", 1)[1].split("#")[0].strip()):
            faults.append(f"parameter line {line!r}: JSON types only")
    for place, cell in enumerate(code[1:], start=2):
        tree = ast.parse(source(cell))
        if any(isinstance(node, PLUMBING) for node in ast.walk(tree)):
            faults.append(f"code cell {place} holds plumbing")
        if lines_of(tree) > MOST_LINES:
            faults.append(f"code cell {place} has more than {MOST_LINES} lines")
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        if any(not (isinstance(node, ast.ImportFrom) and node.module == "workbench") for node in imports):
            faults.append(f"code cell {place} imports something other than names of workbench")
    if "save_chapter(" not in source(code[-1]):
        faults.append("the last code cell does not save the chapter")
    return faults


def output_faults(notebook: dict[str, Any]) -> list[str]:
    """Every sign that the outputs are not a clean run of the sample engagement."""
    faults: list[str] = []
    code = code_cells(notebook)
    if [cell["execution_count"] for cell in code] != list(range(1, len(code) + 1)):
        faults.append("code cells are not numbered 1 to n")
    if "papermill" in notebook["metadata"]:
        faults.append("a papermill record")
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        faults.append("a foreign kernel")
    for place, cell in enumerate(code, start=1):
        if "injected-parameters" in cell["metadata"].get("tags", []):
            faults.append(f"code cell {place} was injected")
        if any(output.get("name") == "stderr" or output["output_type"] == "error" for output in cell["outputs"]):
            faults.append(f"code cell {place} wrote to stderr or failed")
        if isinstance(ast.parse(source(cell)).body[-1], ast.Expr) and not cell["outputs"]:
            faults.append(f"code cell {place} shows nothing")
    return faults


def is_json(text: str) -> bool:
    """Return whether a Python literal is one that JSON knows."""
    try:
        json.dumps(ast.literal_eval(text), allow_nan=False)
    except (ValueError, TypeError, SyntaxError):
        return False
    return not isinstance(ast.literal_eval(text), tuple | bytes | set)


@pytest.mark.parametrize("name", MASTERS)
def test_a_master_tells_a_story_and_holds_no_plumbing(name: str) -> None:
    """Title, parameters, short cells, imports from the package alone, a saved chapter."""
    assert story_faults(read(name)) == []


@pytest.mark.parametrize("name", MASTERS)
def test_outputs_come_from_one_clean_run_of_the_sample(name: str) -> None:
    """Numbered cells, no error, no injected cell, the sample as the default engagement."""
    notebook = read(name)
    assert output_faults(notebook) == []
    assert 'engagement = "harbour-mutual"' in source(code_cells(notebook)[0])


@pytest.mark.parametrize("name", MASTERS)
def test_prose_states_no_client_and_no_result(name: str) -> None:
    """Markdown is for any client: it names none and holds no verdict."""
    prose = " ".join(source(cell) for cell in read(name)["cells"] if cell["cell_type"] == "markdown").lower()
    for word in ("harbour", "northgate", "alder", "pensions", "motor insurance", "still project-run:"):
        assert word not in prose


def test_the_rules_see_a_bad_notebook() -> None:
    """A notebook with one of each breach is reported whole."""
    bad = {
        "metadata": {"papermill": {}, "kernelspec": {"name": "ir"}},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["no title"]},
            {
                "cell_type": "code",
                "metadata": {"tags": ["parameters"]},
                "source": ["share = 0.2  # share, 1 = all\n", "when = (1, 2)  # a tuple"],
                "execution_count": 2,
                "outputs": [],
            },
            {
                "cell_type": "code",
                "metadata": {"tags": ["injected-parameters"]},
                "source": ["import os\n", "for a in [1]:\n", "    a\n", "b = 1\n", "c = 1\n", "d = 1\n", "d"],
                "execution_count": None,
                "outputs": [{"output_type": "stream", "name": "stderr", "text": ["x"]}],
            },
        ],
    }
    assert len(story_faults(bad)) == 7
    assert len(output_faults(bad)) == 5
