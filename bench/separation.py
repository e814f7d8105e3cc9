"""Does anything of one client reach another? A word that nobody else has in every text of each, and a search for it.

Each client gets a random word of its own in every text field that can take one. While a batch runs them on forked
kernels, several at once, the memory of the forking parent and of each kernel is read; afterwards every byte of every
client's reports, of what all clients share, and of the folder for temporary files, what is packed in them unpacked.
A word may be found in its own client's files and kernels alone. That the search finds what is there is shown each
time: in the client's own files, in the client's own kernel, and in a file into which a stranger's word was put.

Not looked into: pictures (a word that was drawn), and the processes that check and draw, which serve one client after
the other and whose memory no kernel sees.
"""

from __future__ import annotations

import csv
import os
import re
import secrets
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.table import bench_row

SIGN = "canary"
"""Every planted word begins so, that one pass finds them all."""

WORD = re.compile(rb"canary[0-9a-f]{16}")

ENGAGEMENTS, AT_ONCE = 24, 4

OWN_KEYS = frozenset({"respondent", "interview", "signal", "decision", "layer", "project"})
"""Keys that nothing else in a client's files refers to."""

NOT_FREE = frozenset({("rules", "text"), ("requests", "table")})
"""Texts that have to be understood."""

NOT_FREE_ANYWHERE = frozenset({"period", "role", "wave", "exhibit"})
NOT_FREE_TABLES = frozenset({"scenarios", "fact_tables", "metrics", "targets"})

YAML_TEXTS = frozenset({"name", "label", "owner", "text", "confidentiality", "brand", "description", "note"})
"""Fields of engagement.yaml, metrics.yaml and scenarios that take any text."""

MOST_READINGS = 20
"""A kernel's memory is read until its own client's word is in it, at most so often."""

STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
"""A part of a PDF file, mostly packed."""


# -- planting ---------------------------------------------------------------------------------------------------------


def make_word() -> str:
    """Return a word that nobody else has."""
    return f"{SIGN}{secrets.token_hex(8)}"


def plant(folder: Path, word: str) -> int:
    """Put a word into every text field of a client's folder that takes one, and return in how many places."""
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv":
            count += _plant_csv(path, word, is_fact=path.parent.name == "facts")
        elif path.suffix in (".yaml", ".yml"):
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            count += _plant_yaml(document, word)
            path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        elif path.suffix == ".xlsx":
            count += _plant_workbook(path, word)
    return count


def _free_columns(table: str) -> frozenset[str]:
    from workbench.engagement.columns import is_key
    from workbench.engagement.schema import SHEET_TABLES, TABLES

    spec = {**TABLES, **SHEET_TABLES}.get(table)
    if spec is None or table in NOT_FREE_TABLES:
        return frozenset()
    names = set()
    for name, info in spec.model.model_fields.items():
        kind = str(info.annotation)
        is_text = "str" in kind and "Literal" not in kind and "float" not in kind and "date" not in kind
        is_free = name in OWN_KEYS if is_key(info) else is_text
        if is_free and (table, name) not in NOT_FREE and name not in NOT_FREE_ANYWHERE:
            names.add(name)
    return frozenset(names)


def _plant_csv(path: Path, word: str, *, is_fact: bool) -> int:
    held = path.read_bytes()
    encoding = "utf-8-sig" if held.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = held.decode(encoding)
    except UnicodeDecodeError:  # as some of the samples are
        encoding = "cp1252"
        text = held.decode(encoding)
    mark = max(",;\t", key=text.partition("\n")[0].count)
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter=mark))
    header, count = rows[0], 0
    if is_fact:  # a column that no metric reads goes the same way as the others: into the cache, through the database
        header.append("remark")
        for row in rows[1:]:
            row.append(word)
        count = len(rows) - 1
    free = _free_columns(path.stem)
    for row in rows[1:]:
        for place, said in enumerate(row[: len(header)]):
            is_reason = path.stem == "survey" and header[place].endswith("_reason")
            if said.strip() and (is_reason or header[place] in free):
                row[place] = f"{said} {word}"
                count += 1
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=mark).writerows(rows)
    return count


def _plant_yaml(held: Any, word: str) -> int:
    count = 0
    if isinstance(held, dict):
        for key, value in held.items():
            if key in YAML_TEXTS and isinstance(value, str):
                held[key] = f"{value[:36]} {word}"  # labels have 60 signs
                count += 1
            else:
                count += _plant_yaml(value, word)
    elif isinstance(held, list):
        count = sum(_plant_yaml(one, word) for one in held)
    return count


def _plant_workbook(path: Path, word: str) -> int:
    from openpyxl import load_workbook

    book, count = load_workbook(path), 0
    for sheet in book:
        free = _free_columns(sheet.title)
        header: list[Any] = []
        for row in sheet.iter_rows():
            values = [cell.value for cell in row]
            if not header:
                if sum(value is not None for value in values) > 1:
                    header = values
                continue
            if sheet.title == "engagement":
                if values[0] in YAML_TEXTS and isinstance(values[1], str):
                    row[1].value, count = f"{values[1]} {word}", count + 1
                continue
            for name, cell in zip(header, row, strict=False):
                if name in free and isinstance(cell.value, str):
                    cell.value, count = f"{cell.value} {word}", count + 1
    book.save(path)
    return count


# -- searching --------------------------------------------------------------------------------------------------------


def words_in(held: bytes) -> set[str]:
    """Return the planted words that stand in some bytes, unpacked where they are packed."""
    return {found.decode() for part in _unpacked(held) for found in WORD.findall(part.lower())}


def _unpacked(held: bytes, depth: int = 3) -> Iterator[bytes]:
    yield held
    if depth and held.startswith(b"PK"):
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(BytesIO(held)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from _unpacked(packed.read(name), depth - 1)
    if held.startswith(b"%PDF"):
        for stream in STREAM.findall(held):
            with suppress(zlib.error):
                yield zlib.decompress(stream)


def words_below(folder: Path) -> dict[str, set[str]]:
    """Return the words found below a folder, in names or bytes: a file's path to its words; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        words = words_in(path.name.encode())
        with suppress(OSError):  # a socket; or a file that has gone meanwhile
            if path.is_file() and not path.is_symlink():
                words |= words_in(path.read_bytes())
        if words:
            found[path.relative_to(folder).as_posix()] = words
    return found


def words_in_memory(pid: int) -> set[str]:
    """Return the words that a process holds in memory that it can write to; empty where it has gone meanwhile."""
    found: set[bytes] = set()
    with suppress(OSError), Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            place, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            with suppress(OSError, OverflowError):
                memory.seek(start)
                found.update(WORD.findall(memory.read(end - start)))
    return {word.decode() for word in found}


@dataclass
class Found:
    """What a batch left where.

    Attributes
    ----------
    foreign : list of str
        Words in a place where they have no business, a sentence each; none is wanted.
    own : dict of str to int
        Files and kernels in which a client's own word was found, by client.
    parents, kernels : int
        How often the memory of a forking parent was read while the batch ran, and in how many kernels the client's own
        word was found.
    files : int
        Files that were read afterwards.
    """

    foreign: list[str] = field(default_factory=list)
    own: dict[str, int] = field(default_factory=dict)
    parents: int = 0
    kernels: int = 0
    files: int = 0

    def judge(self, client: str, place: str, words: set[str], owners: dict[str, str]) -> None:
        """Note words that were found in a client's place; without a client, in one that all share."""
        for word in words:
            if client and owners.get(word) == client:
                self.own[client] = self.own.get(client, 0) + 1
            else:
                self.foreign.append(f"{place}: the word of {owners.get(word, 'nobody')}")


def watch_batch(
    pid: int,
    is_over: Callable[[], bool],
    owners: dict[str, str],
    temporary: Path,
    found: Found,
    on_kernel: Callable[[int], None] = lambda pid: None,
) -> None:
    """Read the memory of a running batch's parents and kernels, and its temporary files, until it ends.

    Parameters
    ----------
    pid : int
        Of the batch's process.
    is_over : callable
        Waits a little, and returns whether the batch has ended.
    owners : dict of word to client
    temporary : Path
        Its folder for temporary files.
    found : Found
        What was found is noted there.
    on_kernel : callable
        Told of each kernel in which its own client's word was found.
    """
    batch, readings = psutil.Process(pid), Counter[int]()
    while not is_over():
        with suppress(psutil.Error):
            for parent in batch.children():
                if "workbench.batch.warm.zygote" not in parent.cmdline():
                    continue
                for kernel in parent.children():
                    client = _client_of(kernel)
                    if not client or readings[kernel.pid] >= MOST_READINGS:
                        continue
                    readings[kernel.pid] += 1
                    words = words_in_memory(kernel.pid)
                    found.judge(client, f"kernel of {client}", words, owners)
                    if words:
                        readings[kernel.pid] = MOST_READINGS
                        found.kernels += 1
                        # now that one of its kernels certainly holds a client's files
                        found.parents += 1
                        found.judge("", "forking parent", words_in_memory(parent.pid), owners)
                        on_kernel(kernel.pid)
        for path, words in words_below(temporary).items():
            found.judge("", f"temporary file {path}", words, owners)


def _client_of(kernel: psutil.Process) -> str:
    """Return whose kernel it is, by its working folder ``reports/CLIENT/.staging/RUN/work``."""
    parts = Path(kernel.cwd()).parts
    return parts[parts.index(".staging") - 1] if ".staging" in parts else ""


def search_files(home: Path, owners: dict[str, str], found: Found) -> None:
    """Read every file that a batch has left.

    Parameters
    ----------
    home : Path
        Holds ``reports`` and ``temporary``.
    owners : dict of word to client
    found : Found
        What was found is noted there.
    """
    for path, words in words_below(home / "reports").items():
        first, second, *_ = [*path.split("/"), ""]
        client = next((name for name in (first, second if first == "_cache" else "") if name in owners.values()), "")
        found.judge(client, f"reports/{path}", words, owners)
    for path, words in words_below(home / "temporary").items():
        found.judge("", f"temporary file {path}", words, owners)
    found.files = sum(path.is_file() for path in home.rglob("*"))


def run_and_search(home: Path, owners: dict[str, str]) -> Found:
    """Run a batch of the clients in ``home/clients``, several at once, and return what was found where.

    Parameters
    ----------
    home : Path
        Gets ``reports`` and ``temporary``.
    owners : dict of word to client

    Raises
    ------
    RuntimeError
        The batch failed; its own words are told.
    """
    from bench.run import ROOT

    found, temporary = Found(), home / "temporary"
    temporary.mkdir()
    given = {"WORKBENCH_CLIENTS": home / "clients", "WORKBENCH_REPORTS": home / "reports", "TMPDIR": temporary}
    said = home / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "workbench", "batch", "--all", "--json", "--jobs", str(AT_ONCE)],
            env={**os.environ, **{name: str(path) for name, path in given.items()}},
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

        def is_over() -> bool:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
            return process.returncode is not None

        try:
            watch_batch(process.pid, is_over, owners, temporary, found)
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise RuntimeError(said.read_text(encoding="utf-8")[-2000:])
    search_files(home, owners, found)
    return found


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    from bench.nights import make_clients

    with tempfile.TemporaryDirectory(prefix="wb-") as held:
        home = Path(held)
        names = make_clients(home / "clients", ENGAGEMENTS)
        owners = {make_word(): name for name in names}
        planted = sum(plant(home / "clients" / name, word) for word, name in owners.items())
        found = run_and_search(home, owners)
        silent = sum(name not in found.own for name in names)
        stranger, victim = next(iter(owners)), home / "reports" / names[-1] / "latest" / "note.zip"
        with zipfile.ZipFile(victim, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.xml", f"<t>{stranger}</t>")
        control = sum(stranger in words for words in words_below(victim.parent.resolve()).values())
    return [
        bench_row(f"words of one of {ENGAGEMENTS} clients found with another", len(found.foreign), "", most=0),
        bench_row("places in which words were planted", planted, ""),
        bench_row("clients whose own word was never found", silent, "", most=0),
        bench_row("files read, unpacked", found.files, ""),
        bench_row("readings of the forking parent's memory", found.parents, "", least=1),
        bench_row("kernels whose memory was read", found.kernels, "", least=1),
        bench_row("found, where one was put with a stranger", control, "", target="1", met=control == 1),
    ]
