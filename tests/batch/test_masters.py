"""Outputs of the masters come from one clean run, and a file changes only when more than a picture did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError

from workbench.batch.masters import execute_masters, without_pictures


def master(path: Path, *sources: str) -> None:
    """Write a notebook whose cells hold these sources."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, "execution_count": None, "outputs": []}
        for i, text in enumerate(sources)
    ]
    document = {"cells": cells, "metadata": {"papermill": {"x": 1}}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document), encoding="utf-8")


def test_masters_are_executed_in_order_and_rewritten_only_when_needed(root: Path) -> None:
    """No time, no version, no papermill record; a second run rewrites nothing; a failing cell writes nothing."""
    for path in (root / "notebooks").iterdir():
        path.unlink()
    first, second = root / "notebooks" / "10_a.ipynb", root / "notebooks" / "20_b.ipynb"
    drawing = (
        "import os\nfrom IPython.display import display\n"
        "display({'text/plain': '3.2', 'image/png': os.urandom(9).hex() + 'AA=='}, raw=True)"
    )
    master(first, "import os, pathlib\npathlib.Path(os.environ['WORKBENCH_REPORTS'], 'left').write_text('7')", drawing)
    master(second, "pathlib = __import__('pathlib')\npathlib.Path('left').read_text()")
    assert execute_masters(root) == ("10_a", "20_b")
    got = json.loads(first.read_text(encoding="utf-8"))
    assert got["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert [cell["execution_count"] for cell in got["cells"]] == [1, 2]
    assert all("execution" not in cell["metadata"] for cell in got["cells"])
    assert "'7'" in second.read_text(encoding="utf-8")
    before = first.read_bytes()
    assert execute_masters(root) == ()
    assert first.read_bytes() == before
    master(first, "1 / 0")
    before = first.read_bytes()
    with pytest.raises(CellExecutionError):
        execute_masters(root)
    assert first.read_bytes() == before


def test_a_number_in_the_text_beside_a_picture_is_seen() -> None:
    """Only the picture is left out of the comparison."""

    def shown(text: str, picture: str) -> dict[str, object]:
        data = {"text/plain": [text], "image/png": picture}
        output = {"output_type": "display_data", "metadata": {}, "data": data}
        return {"cells": [{"cell_type": "code", "source": ["a"], "outputs": [output]}]}

    assert without_pictures(shown("3.2", "AA==")) == without_pictures(shown("3.2", "BB=="))
    assert without_pictures(shown("3.2", "AA==")) != without_pictures(shown("3.3", "AA=="))
