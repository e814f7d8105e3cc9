"""A workbench of tiny notebooks and one client, so that runs with real kernels take a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.admission import Admission
from workbench.batch.study import Study
from workbench.batch.workers import Workers
from workbench.engagement.settings import EngagementSettings

ZOO = Path(__file__).parent / "notebooks"
MASTERS = ("10_readiness", "20_outcomes", "30_allocation", "40_summary")
NOTHING_READ = "0" * 64


def put_notebook(kind: str, target: Path) -> Path:
    """Write a notebook of the zoo under a name; it saves the chapter that the name promises."""
    text = (ZOO / f"{kind}.ipynb").read_text(encoding="utf-8").replace("PILLAR", target.stem[3:])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def make_root(folder: Path, *clients: str) -> Path:
    """Return a workbench folder with four good masters and some clients."""
    (folder / "templates").mkdir(parents=True)
    for name in MASTERS:
        put_notebook("ok", folder / "notebooks" / f"{name}.ipynb")
    for client in clients:
        (folder / "client_data" / client).mkdir(parents=True)
        (folder / "client_data" / client / "engagement.yaml").write_text(
            f"name: {client.title()}\nas_of: 2026-09-30\n", encoding="utf-8"
        )
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workbench with the client acme; its masters all work."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = make_root(tmp_path / "bench", "acme")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def client(root: Path) -> Path:
    """Give the folder of acme."""
    return root / "client_data" / "acme"


def make_study(name: str, root: Path | None = None) -> Study:
    """Return a client whose folder holds nothing to compute with."""
    settings = EngagementSettings(name=name.title(), as_of="2026-09-30", confidence=0.9)
    return Study(
        name,
        NOTHING_READ,
        settings,
        (),
        effective={"readiness": {"confidence": 0.9, "sure": 0.8}},
        named=frozenset({"name", "as_of", "confidence"}),
    )


@pytest.fixture
def study_of() -> Callable[[str], Study]:
    """Give clients whose folder holds nothing to compute with."""
    return make_study


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Threads in place of worker processes, clients that need no reading, and no pause before another attempt."""
    monkeypatch.setattr("workbench.batch.study.prepare_study", make_study)
    monkeypatch.setattr("workbench.batch.run.PAUSES", (0.0,))
    with ThreadPoolExecutor(1) as threads:
        yield Workers(threads, Admission(4))


@pytest.fixture
def replace_master(root: Path) -> Callable[[str, str], Path]:
    """Put a notebook of the zoo in a master's place."""
    return lambda name, kind: put_notebook(kind, root / "notebooks" / f"{name}.ipynb")


@pytest.fixture
def write_master(root: Path) -> Callable[[str, str], Path]:
    """Put a notebook in a master's place whose code cell 3, of 4, is this code."""

    def write(name: str, code: str) -> Path:
        path = put_notebook("slow", root / "notebooks" / f"{name}.ipynb")
        document = json.loads(path.read_text(encoding="utf-8"))
        document["cells"][3]["source"] = code
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


@pytest.fixture
def put() -> Callable[[str, Path], Path]:
    """Write a notebook of the zoo anywhere."""
    return put_notebook


@pytest.fixture
def printed() -> Callable[[Path], str]:
    """Return everything that an executed notebook printed."""

    def read(path: Path) -> str:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        outputs = [output for cell in document["cells"] for output in cell.get("outputs", ())]
        return "".join("".join(output.get("text", "")) for output in outputs)

    return read
