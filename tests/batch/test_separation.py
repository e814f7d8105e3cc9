"""Nothing of one client reaches another: a word in every text of each, searched for in files and memory."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pytest

from bench.separation import (
    Found,
    make_word,
    plant,
    search_files,
    watch_batch,
    words_below,
    words_in,
)
from workbench.batch import workers
from workbench.batch.kernel import Kernels, kernel_manager
from workbench.batch.night import run_batch

CLIENTS = ("acme", "borealis", "cobalt")

TELLING = """
import os, pathlib, time
study = load_engagement(engagement)
said = Findings(tuple(Finding(f"{name} is sold.") for name in study.tables["products"]["name"]))
chapter = Chapter("PILLAR", "PILLAR", "What is sold?", engagement, study.data_hash, said)
print(study.settings.name, study.tables["lines"])
end = time.monotonic() + 300
while "PILLAR" == "outcomes" and not pathlib.Path(SEEN, str(os.getpid())).exists() and time.monotonic() < end:
    time.sleep(0.05)
"""
"""A notebook that carries a client's words into its outputs and its chapter, and waits until its memory was read."""


@pytest.fixture
def telling(root: Path, put: Callable[[str, Path], Path]) -> Path:
    """Give three clients of two products, and two masters that tell of them."""
    for path in (root / "notebooks").iterdir():
        path.unlink()
    for name in ("20_outcomes", "40_summary"):
        path = put("ok", root / "notebooks" / f"{name}.ipynb")
        document = json.loads(path.read_text(encoding="utf-8"))
        document["cells"][2]["source"] = (
            "from workbench import load_engagement\n"
            "from workbench.findings import Finding, Findings\n"
            "from workbench.report.story import Chapter, save_chapter\n"
            + TELLING.replace("PILLAR", name[3:]).replace("SEEN", repr(str(root / "seen")))
        )
        path.write_text(json.dumps(document), encoding="utf-8")
    for client in CLIENTS:
        folder = root / "clients" / client
        folder.mkdir(parents=True)
        for name, text in {
            "engagement.yaml": f"name: {client.title()}\nas_of: 2026-09-30\n",
            "lines.csv": "product_line,name,product_manager\na,Line A,Ann\nb,Line B,Bob\n",
            "products.csv": "product,name,stage,owner\np,Product P,grow,Ann\nq,Product Q,grow,Bob\n",
            "memberships.csv": "product,kind,parent,share\np,product_line,a,1\nq,product_line,b,1\n",
        }.items():
            (folder / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read through procfs")
def test_no_word_of_a_client_is_with_another_or_with_what_all_share(
    telling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three clients on forked kernels at once: reports, cache, ledger, morning page, temporary files, memory."""
    (telling / "seen").mkdir()
    owners = {make_word(): client for client in CLIENTS}
    for word, client in owners.items():
        assert plant(telling / "clients" / client, word) == 9
    temporary = Path(tempfile.mkdtemp(prefix="t-"))  # short, for sockets
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(telling / "clients"))
    monkeypatch.delenv("WORKBENCH_COLD", raising=False)
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    found = Found()
    open_to_others: list[str] = []

    def look(pid: int) -> None:
        open_to_others.extend(ways_in(pid, temporary))
        (telling / "seen" / str(pid)).touch()

    with ThreadPoolExecutor(1) as threads:
        night = threads.submit(run_batch, jobs=3)
        watch_batch(
            os.getpid(),
            lambda: bool(wait([night], timeout=0.1).done),
            owners,
            temporary,
            found,
            look,
        )
        assert night.result().exit_code == 0, night.result()
    search_files(telling, owners, found)
    assert words_below(temporary) == {}
    assert [path.name for path in temporary.iterdir() if path.name.startswith("wb-")] == [], "sockets are gone"
    shutil.rmtree(temporary)
    assert open_to_others == []
    assert found.foreign == []
    assert all(found.own.get(client, 0) >= 5 for client in CLIENTS), "the search finds what is there"
    assert found.parents > 0
    assert found.kernels >= len(CLIENTS)
    (page,) = (path.read_text(encoding="utf-8") for path in (telling / "reports").glob("index.html"))
    assert all(client in page for client in CLIENTS)


def ways_in(pid: int, temporary: Path) -> list[str]:
    """Return how another user could reach a kernel: by a port, a socket without a file, a folder open to others.

    ipykernel itself opens one port of this machine, through which processes that a notebook forks send what they
    print: it gives nothing out, and takes nothing without 16 random bytes (``IOPubThread`` in its iostream.py).
    """
    kernel = psutil.Process(pid)
    open_ports = kernel.net_connections(kind="inet")
    own = [held for held in open_ports if held.status == psutil.CONN_LISTEN and held.laddr.ip == "127.0.0.1"]
    ports = [f"port {held.laddr}" for held in open_ports if held not in own[:1]]
    places = {held.laddr for held in kernel.net_connections(kind="unix") if held.laddr}
    files = [Path(place) for place in places if Path(place).is_relative_to(temporary)]
    nameless = [f"socket {place}" for place in places if not Path(place).is_relative_to(temporary)]
    folders = {file.parent for file in files}
    modes = [f"{folder.name}: {folder.stat().st_mode:o}" for folder in folders if folder.stat().st_mode & 0o077]
    return [*ports, *nameless, *modes, *([] if folders else ["it listens nowhere"])]


def test_the_search_finds_what_was_put_with_a_stranger(tmp_path: Path) -> None:
    """In a file, in its name, in a workbook, in a PDF; in memory the test above finds each kernel's own."""
    word, other = make_word(), make_word()
    owners = {word: "acme", other: "borealis"}
    (tmp_path / "plain.txt").write_text(f"said {word.upper()}", encoding="utf-8")
    (tmp_path / f"{word}.txt").write_text("", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", f"<t>{word}</t>")
    text = zlib.compress(f"({word}) Tj".encode())
    (tmp_path / "page.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\nstream\n" + text + b"\nendstream\n")
    (tmp_path / "nothing.txt").write_text("canary in a cage", encoding="utf-8")
    places = words_below(tmp_path)
    assert places == {name: {word} for name in ("plain.txt", f"{word}.txt", "book.xlsx", "page.pdf")}
    assert words_in(b"nothing") == set()
    found = Found()
    found.judge("acme", "its own", {word}, owners)
    found.judge("acme", "reports/acme", {other}, owners)
    found.judge("", "index.html", {word}, owners)
    assert found.own == {"acme": 1}
    assert found.foreign == ["reports/acme: the word of borealis", "index.html: the word of acme"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sockets in the file system")
def test_a_long_name_of_the_folder_for_temporary_files_opens_no_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over ports everybody on the machine could read along; so the sockets lie where their paths have room."""
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with kernel_manager(tmp_path, {}, Kernels()) as kind:
        manager = kind()
        folder = Path(manager.connection_file).parent
        assert manager.transport == "ipc"
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
