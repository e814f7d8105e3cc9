"""A small client's folder that has no fault; each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from workbench.engagement.load import Engagement, load_engagement
from workbench.errors import ClientDataError, Fault

REPOSITORY = Path(__file__).resolve().parents[2]

BASE: dict[str, str] = {
    "engagement.yaml": "name: Tiny Insurance\nas_of: 2026-09-30\n",
    "products.csv": "product,name,stage\ncar,Car insurance,sustain\nvan,Van insurance,grow\n",
    "lines.csv": "product_line,name,product_manager\nmotor,Motor,A. Keller\nfleet,Fleet,\n",
    "memberships.csv": "product,kind,parent,share\ncar,product_line,motor,1\nvan,product_line,fleet,0.5\n",
}


class Client:
    """A client's folder in a temporary place, with the workbench's own templates."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "client_data" / "tiny"
        self.folder.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "templates").symlink_to(REPOSITORY / "templates")

    def write(self, files: Mapping[str, str | bytes | None]) -> Client:
        """Write files; None deletes one."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return self

    def workbook(
        self, sheets: Mapping[str, Iterable[Sequence[Any]]], change: Callable[[Any], None] | None = None
    ) -> Client:
        """Write engagement.xlsx with these rows."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
        if change is not None:
            change(book)
        book.save(self.folder / "engagement.xlsx")
        return self

    def load(self) -> Engagement:
        """Load the folder."""
        return load_engagement("tiny", root=self.root)

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults of the folder; none if it loads."""
        try:
            self.load()
        except ClientDataError as error:
            return error.faults
        return ()

    def only_fault(self) -> Fault:
        """Return the one fault of the folder."""
        faults = self.faults()
        assert len(faults) == 1, "\n\n".join(map(str, faults)) or "no fault"
        return faults[0]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a folder with settings, products, lines and memberships, and no fault."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    return Client(tmp_path).write(BASE)


@pytest.fixture
def excel_client(client: Client) -> Client:
    """Return a folder whose only file is to be engagement.xlsx."""
    return client.write(dict.fromkeys(BASE))


SETTINGS: list[list[Any]] = [["key", "value"], ["name", "Tiny Insurance"], ["as_of", "2026-09-30"]]


@pytest.fixture
def sheets() -> dict[str, list[list[Any]]]:
    """Return the base tables as sheets."""
    return {
        "engagement": [list(row) for row in SETTINGS],
        "products": [["product", "name"], ["car", "Car insurance"], ["van", "Van insurance"]],
        "lines": [["product_line", "name"], ["motor", "Motor"], ["fleet", "Fleet"]],
        "memberships": [
            ["product", "kind", "parent", "share"],
            ["car", "product_line", "motor", 1],
            ["van", "product_line", "fleet", 0.5],
        ],
    }
