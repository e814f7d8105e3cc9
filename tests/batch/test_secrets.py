"""A database's address and password are in nothing that a run leaves or says, however a notebook wrote them."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from workbench import cli
from workbench.batch import workers
from workbench.batch.redaction import Secrets
from workbench.batch.study import Study

CORE = "hunter2secret"
PASSWORD = f"p@ss/wö:%'\"<&\\{CORE}"
ADDRESS = f"postgresql://crm_reader:{quote(PASSWORD, safe='')}@db.example:5432/crm?sslmode=require"

SHOWN = """
import base64, html, json, os, urllib.parse
address = os.environ["CRM_TEST"]
password = urllib.parse.unquote(urllib.parse.urlsplit(address).password)
print(address, password, repr(password), json.dumps([password]), html.escape(password), "in plain sight")
print(urllib.parse.quote(password), urllib.parse.quote_plus(password), password.encode().hex())
print(*(base64.b64encode(b"user:"[:place] + password.encode()).decode() for place in range(5)))
print(base64.urlsafe_b64encode(address.encode()).decode())
"""
"""What a careless cell prints."""

STOPPING = """
def connect(address):
    raise ConnectionError(f"FATAL: password {password!r} of crm_reader refused, tried {address}")
if engagement == "acme":
    connect(address)
said = Findings((Finding(f"Read with {password}."),))
chapter = Chapter("PILLAR", "PILLAR", "Does it work?", engagement, "0" * 64, said)
"""
"""A driver that quotes what it was given; a chapter that carries it on."""


@pytest.fixture
def careless(
    root: Path, put: Callable[[str, Path], Path], study_of: Callable[[str], Study], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give a client with a database, and a notebook that fails in acme and goes well in borealis."""
    (root / "client_data" / "borealis").mkdir()
    (root / "client_data" / "borealis" / "engagement.yaml").write_text("name: B\nas_of: 2026-09-30\n", encoding="utf-8")
    for path in (root / "notebooks").iterdir():
        path.unlink()
    put("ok", root / "notebooks" / "40_summary.ipynb")
    path = put("ok", root / "notebooks" / "20_outcomes.ipynb")
    document = json.loads(path.read_text(encoding="utf-8"))
    stopping = STOPPING.replace("PILLAR", "outcomes")
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    added = [{**cell, "id": f"added-{place}", "source": text} for place, text in enumerate((SHOWN, stopping))]
    document["cells"][3:3] = added
    path.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(
        "workbench.batch.study.prepare_study",
        lambda name, root=None: replace(study_of(name), variables=("CRM_TEST",)),
    )
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setenv("CRM_TEST", ADDRESS)
    return root


def needles() -> list[bytes]:
    """Return what no file may hold: the heart of the password, plain, as digits and in base64 wherever it begins."""
    plain = CORE.encode()
    inside = [base64.b64encode(bytes(place) + plain) for place in range(3)]
    return [plain, plain.hex().encode(), *(held[4 if place else 0 : 16] for place, held in enumerate(inside))]


def texts_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return every file, and what is packed in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            yield path.relative_to(folder).as_posix(), held
            if zipfile.is_zipfile(BytesIO(held)):
                with zipfile.ZipFile(BytesIO(held)) as packed:
                    yield from ((f"{path.name}/{name}", packed.read(name)) for name in packed.namelist())


def test_no_file_and_no_line_holds_a_password(careless: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Notebooks, error page, chapter, report, workbook, manifest, cache, ledger, morning page, events and messages."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["batch", "acme", "borealis", "--json", "--jobs", "2"])
    assert ended.value.code == 1
    said = capsys.readouterr()
    found = dict(texts_of(careless / "reports"))
    texts = {**found, "stdout": said.out.encode(), "stderr": said.err.encode()}
    assert [(name, needle) for name, text in texts.items() for needle in needles() if needle in text] == []
    kinds = {name.rpartition("/")[2] for name in found}
    assert {"error.html", "error.txt", "report.html", "results.json", "manifest.json", "_ledger.sqlite"} <= kinds
    assert {"batch.json", "index.html", "exhibits.xlsx", "20_outcomes.ipynb"} <= kinds

    (stopped,) = (text.decode() for name, text in found.items() if name.endswith("error.html"))
    assert "password &#39;[hidden: a password in CRM_TEST]&#39; of crm_reader refused" in stopped
    (printed,) = (
        text.decode()
        for name, text in found.items()
        if name.startswith("borealis/runs") and name.endswith("20_outcomes.ipynb")
    )
    assert "in plain sight" in printed, "the cell has run, and printed"
    assert printed.count("[hidden: the address in CRM_TEST]") == 2
    assert printed.count("[hidden: a password in CRM_TEST]") >= 11
    assert json.loads(printed)["nbformat"] == 4, "it is a notebook still"
    (report,) = (text.decode() for name, text in found.items() if name.endswith("report.html"))
    assert "Read with [hidden: a password in CRM_TEST]." in report


@pytest.mark.parametrize(
    ("value", "text", "left"),
    [
        ("postgresql://ann@db.example/x", "postgresql://ann@db.example/x", "[hidden: the address in CRM]"),
        ("postgresql://ann:abc@db.example/x", "abc is no abacus", "abc is no abacus"),
        ("postgresql://ann:abc@db.example/x", "as ann:abc@other", "as [hidden: a password in CRM]other"),
        ("postgresql://db.example/x?password=sesame%21", "said sesame!", "said [hidden: a password in CRM]"),
        ("a password alone", "it was: a password alone", "it was: [hidden: the address in CRM]"),
        ("local[4]", "on local[4]", "on local[4]"),
        ("yarn", "yarn and wool", "yarn and wool"),
        ("", "nothing", "nothing"),
        ("postgresql://[broken:secret1@x", "postgresql://[broken:secret1@x", "[hidden: the address in CRM]"),
    ],
)
def test_what_is_hidden_and_what_is_not(value: str, text: str, left: str) -> None:
    """An address always, a password where it can be told from other text, a Spark without any never."""
    assert Secrets.known_by(["CRM"], {"CRM": value}).hide(text) == left


def test_a_variable_that_nobody_named_is_not_looked_for() -> None:
    """Only the client's own addresses ever reach a kernel."""
    assert Secrets.known_by([], {"HOME": "postgresql://ann:sesame1@db.example/x"}) == Secrets()
    assert Secrets.known_by(["CRM"], {}).hide("as it is") == "as it is"
