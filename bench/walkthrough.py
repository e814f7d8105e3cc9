"""From ten messy client files to a checked engagement: every command as it is typed, and what a consultant's time is.

The client is Harbour Mutual, whose files are made messy by `tests.truth.harbour_mutual_messy`. The time is a model:
the keystroke-level model of Card, Moran and Newell (The keystroke-level model for user performance time with
interactive systems, Communications of the ACM 23(7), 1980, 396-410) for typing and pointing, the reading rate of
Brysbaert (How many words do we read per minute?, Journal of Memory and Language 109, 2019) for all that is printed,
and guesses of ours for looking at a file and for a decision, which no model gives. The machine's time is measured.
"""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl

from tests.truth import harbour_mutual_messy as messy
from tests.truth.harbour_mutual_notes import PASTED, TYPED, fill_in, own_sheets

ROOT = Path(__file__).resolve().parent.parent
CLEAN = ROOT / "client_data" / "harbour-mutual"
NAME = "harbour-mutual"
SALT = "a salt for this walk alone, of more than 32 letters"

POINT, HOME, THINK = 1.1, 0.4, 1.35
"""Seconds: pointing, homing, mental preparation (Card et al. 1980)."""

KEY = 60 / (52 * 5)
"""Seconds of a key: 52 words of five letters a minute, the mean of 168,000 people (Dhakal, Feit, Kristensson and
Oulasvirta, Observations on typing from 136 million keystrokes, CHI 2018)."""

WORDS_A_MINUTE = 238
"""Silent reading of English non-fiction (Brysbaert 2019)."""

LOOK, DECIDE = 30.0, 10.0
"""Seconds (ours): a first look at a file in Excel; a decision that the tool asks for, beside reading and typing."""

PASTE = 3 * POINT + 9 * KEY + 2 * HOME + 2 * THINK
"""Seconds: choose a block in one window, copy it, and paste it into another."""

MOST_MINUTES = 30.0

ASKS, CONFIRMS = b"]: ", "Write? [y/N]: "
"""How a question ends, and how the one ends that asks whether to write."""

Reply = Callable[[str], str]
"""What was printed since the last answer → what is typed."""

Run = Callable[[Sequence[str], Reply], tuple[int, str]]
"""Words of a command, and who answers what it asks → exit code and what was printed."""


@dataclass(frozen=True)
class Import:
    """A file that is brought in: options that are typed, and what is answered to each question, a word of it given."""

    file: str
    wave: str
    options: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    what: str = "table"


def _file(file: str, *options: str, answers: Sequence[tuple[str, str]] = ()) -> Import:
    return Import(file, "", options, tuple(answers))


FIRST = (
    _file(messy.CATALOGUE, answers=[("source", "Claims system")]),
    _file(messy.COSTS, answers=[("hidden", "1"), ("policies_at_start", "1")]),
    _file(messy.STAFF),
    _file(messy.PLANS),
    _file(messy.BALANCES, "--set", "signed_off_by=Head of Controlling"),
    _file(messy.BUSINESS, answers=[("blank", "1")]),
    _file(messy.CLAIMS, answers=[("home-caravan", "2")]),
    Import(messy.MARCH, "2026-03", answers=(("two ways", "month-day-year"),), what="survey"),
    Import(messy.SEPTEMBER, "2026-09", what="survey"),
)
"""What is brought in first."""

ASKED_BACK = _file(messy.PROJECTS)
"""A file with a name that only the client can explain; it is brought in again once that is answered."""


@dataclass
class Walk:
    """What was typed, read and decided, and what the machine took.

    Attributes
    ----------
    commands, refused, decisions, answers, cells, blocks : int
        Commands typed; those that ended without a result; decisions told as options or answers; confirmations;
        cells typed and blocks pasted in Excel.
    typing, reading, deciding, looking, machine : float
        Seconds: the first four are the model's, the last is the processor's.
    coded : int
        Open answers that wait for codes: content analysis, which is timed apart.
    steps : list of (str, int, str)
        Command as typed, exit code, and what was printed.
    """

    commands: int = 0
    refused: int = 0
    decisions: int = 0
    answers: int = 0
    cells: int = 0
    blocks: int = 0
    typing: float = 0.0
    reading: float = 0.0
    deciding: float = 0.0
    looking: float = 0.0
    machine: float = 0.0
    coded: int = 0
    steps: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        """The consultant's time, waiting included."""
        return (self.typing + self.reading + self.deciding + self.looking + self.machine) / 60

    def typed(self, keys: int) -> None:
        """Note a line of keys."""
        self.typing += THINK + KEY * keys

    def decided(self, count: int) -> None:
        """Note decisions."""
        self.decisions += count
        self.deciding += DECIDE * count

    def printed(self, text: str) -> None:
        """Note what is read."""
        self.reading += 60 * len(re.findall(r"\S*\w\S*", text)) / WORDS_A_MINUTE


def keys_of(words: Sequence[str], before: Sequence[str]) -> int:
    """Return the keys of a command: a file's name is completed after four, a repeated command is called back."""
    start = 0
    while before and start < min(len(words), len(before)) and words[start] == before[start]:
        start += 1
    called_back = start > 2
    new = words[start:] if called_back else ("workbench", *words)
    return 1 + called_back + sum(5 if word in messy.FILES else len(word) + 1 + 2 * (" " in word) for word in new)


class Walker:
    """Types every command of the walk and notes what came of it.

    Parameters
    ----------
    run : callable
        Words of a command, and who answers its questions → exit code and what was printed.
    clients, reports, files : Path
        Folders: of clients, of reports, and of the ten files.
    """

    def __init__(self, run: Run, clients: Path, reports: Path, files: Path) -> None:
        self.run, self.clients, self.reports, self.files = run, clients, reports, files
        self.walk = Walk()
        self.before: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The client's folder."""
        return self.clients / NAME

    def type(self, *words: str, code: int = 0, options: int = 0, answers: Sequence[tuple[str, str]] = ()) -> str:
        """Type one command and answer its questions; another exit code than the one expected ends the walk."""
        walk = self.walk
        start = _processor()
        waiting = list(answers)

        def reply(asked: str) -> str:
            if asked.endswith(CONFIRMS):
                walk.answers += 1
                said = "y"
            else:
                place = next((at for at, (word, _) in enumerate(waiting) if word in asked), None)
                if place is None:
                    raise RuntimeError(f"workbench {' '.join(words)} asks what nobody expects:\n{asked}")
                said = waiting.pop(place)[1]
                walk.decided(1)
            walk.typed(len(said) + 1)
            return said

        found, text = self.run(words, reply)
        if waiting:
            raise RuntimeError(f"workbench {' '.join(words)} never asked for {waiting}\n{text}")
        walk.machine += _processor() - start
        walk.steps.append((_as_typed(words), found, text))
        if found != code:
            raise RuntimeError(f"workbench {' '.join(words)}: exit code {found}, not {code}\n{text}")
        walk.commands += 1
        walk.refused += code != 0
        walk.typed(keys_of(words, self.before))
        walk.decided(options)
        walk.printed(text)
        self.before = words
        return text

    def bring(self, held: Import) -> None:
        """Import one file, answering what it asks."""
        if held.what == "survey":
            words: tuple[str, ...] = ("import", "survey", held.file, NAME, "--wave", held.wave)
        else:
            words = ("import", "table", held.file, NAME)
        told = sum(word.startswith("--") for word in held.options)
        self.type(*words, *held.options, options=told, answers=held.answers)

    def fill_in(self) -> None:
        """Type settings and measures into the new workbook, and paste notes of interviews and workshops."""
        sheets = own_sheets(CLEAN)
        fill_in(self.folder / "engagement.xlsx", sheets)
        for name in TYPED:
            for row in sheets[name]:
                given = [row["value"]] if name == "engagement" else [v for v in row.values() if v not in (None, "")]
                self.walk.cells += len(given)
                for value in given:
                    self.walk.typed(len(str(value)) + 1)
        self.walk.blocks += len(PASTED)
        self.walk.typing += PASTE * len(PASTED)

    def ask_and_read(self, their_name: str, our_name: str) -> None:
        """Mail the open questions; read the answered workbook in. The client's time is not the consultant's."""
        self.type("queries", NAME)
        asked = self.reports / NAME / "queries" / f"queries-{NAME}.xlsx"
        answered = self.files / f"queries-{NAME} answered.xlsx"
        book = openpyxl.load_workbook(asked)
        count = 0
        for sheet in book.worksheets:
            for row in sheet.iter_rows(min_row=6):
                if len(row) > 6 and any(isinstance(cell.value, str) and their_name in cell.value for cell in row[:6]):
                    sheet["B3"], sheet["D3"] = "Head of PMO", "2026-10-05"
                    row[6].value = our_name
                    count += 1
        if count != 1:
            raise RuntimeError(f"{count} questions speak of {their_name}, not one")
        book.save(answered)
        self.type("queries", NAME, "--read", answered.name)

    def code(self) -> None:
        """Code the open answers of both waves, as the one who made them up would."""
        for wave in ("2026-03", "2026-09"):
            path = self.reports / NAME / "coding" / f"{wave}.xlsx"
            book = openpyxl.load_workbook(path)
            for row in book.worksheets[0].iter_rows(min_row=2):
                row[3].value = messy.open_codes(str(row[2].value))
                self.walk.coded += 1
            book.save(path)
            code, text = self.run(("import", "codes", str(path), NAME), never)
            if code:
                raise RuntimeError(text)

    def through(self) -> Walk:
        """Take the whole way, from nothing to a checked engagement; codes come after it."""
        self.walk.looking += LOOK * len(messy.FILES)
        self.type("new", NAME)
        self.fill_in()
        for held in FIRST:
            self.bring(held)
        words = ("import", "table", ASKED_BACK.file, NAME)
        self.type(*words, code=1, answers=[("Kraftfahrt", "")])
        self.ask_and_read("Kraftfahrt", "motor")
        self.bring(ASKED_BACK)
        self.type("check", NAME)
        self.code()
        return self.walk


def _as_typed(words: Sequence[str]) -> str:
    return " ".join(["workbench", *(f'"{word}"' if re.search(r"[ ()!]", word) else word for word in words)])


def _processor() -> float:
    """Return the seconds of processor that this process and its children have used."""
    held = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in held)


def environment(clients: Path, reports: Path) -> dict[str, str]:
    """Return the environment in which the commands run."""
    folders = {"WORKBENCH_CLIENTS": str(clients), "WORKBENCH_REPORTS": str(reports)}
    return {**os.environ, **folders, "WORKBENCH_SALT": SALT, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def never(asked: str) -> str:
    """Refuse to answer: a command of this kind asks nothing."""
    raise RuntimeError(f"nothing is to be asked here:\n{asked}")


def at_a_terminal(clients: Path, reports: Path, cwd: Path) -> Run:
    """Return how to run a command at a terminal of its own, where it may ask."""

    def run(words: Sequence[str], reply: Reply = never) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "workbench", *words],
            cwd=cwd,
            env=environment(clients, reports),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        text, answered = b"", 0
        while True:
            if select.select([ours], [], [], 1.0)[0]:
                try:
                    piece = os.read(ours, 65_536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                text += piece
                if text.endswith(ASKS) and len(text) > answered:
                    said = reply(text[answered:].decode("utf-8", "replace"))
                    answered = len(text)
                    os.write(ours, f"{said}\n".encode())
            elif process.poll() is not None:
                break
        os.close(ours)
        return process.wait(), text.decode("utf-8", "replace").replace("\r\n", "\n")

    return run


# -- the same result ---------------------------------------------------------------------------------------------------

COMPARED = ("id", "key", "name", "value", "unit", "low", "high", "n", "pillar")
"""What of a figure must be the same; its source names the file, which has another ending."""


def clean_with_keys(target: Path) -> None:
    """Copy the clean sample with the pseudonyms that the salt of the walk gives: draws follow their order."""
    from workbench.engagement.keys import respondent_key

    shutil.copytree(CLEAN, target)
    addresses = messy.people_of(CLEAN)
    path = target / "survey.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["respondent"] = respondent_key(addresses[row["respondent"]], NAME, SALT.encode())
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def differing(one: Path, other: Path) -> tuple[int, list[str]]:
    """Return how many figures one report has, and the ids of those that the other gives otherwise or not at all."""
    held = [json.loads((folder / "results.json").read_text(encoding="utf-8"))["figures"] for folder in (one, other)]
    figures = [{figure["id"]: [figure.get(name) for name in COMPARED] for figure in found} for found in held]
    ids = dict.fromkeys((*figures[0], *figures[1]))
    return len(figures[0]), [name for name in ids if figures[0].get(name) != figures[1].get(name)]


def rows() -> Iterator[dict[str, Any]]:
    """Yield what the walk took, and whether its report is the clean one's."""
    from workbench.engagement.inputs_readiness import read_instrument
    from workbench.engagement.tables import Tables

    with tempfile.TemporaryDirectory(prefix="wb-walk-") as folder:
        root = Path(folder)
        clients, reports, files = root / "clients", root / "reports", root / "files"
        for path in (clients, reports, root / "clean" / "clients"):
            path.mkdir(parents=True)
        messy.make(files, CLEAN, read_instrument(Tables({}, root=ROOT)))
        began = time.perf_counter()
        run = at_a_terminal(clients, reports, files)
        walk = Walker(run, clients, reports, files).through()
        clock = (time.perf_counter() - began) / 60
        yaml_typed = sum(words.count(".yaml") for words, _, _ in walk.steps)
        yield _row(
            "ten messy files to a checked engagement: consultant, by the model", walk.minutes, "min", MOST_MINUTES
        )
        for name, seconds in (
            ("typing (keystroke-level model)", walk.typing),
            (f"reading all that is printed ({WORDS_A_MINUTE} words a minute)", walk.reading),
            (f"decisions ({DECIDE:g} s each, ours)", walk.deciding),
            (f"a first look at each file ({LOOK:g} s each, ours)", walk.looking),
            ("waiting for the machine, processor", walk.machine),
        ):
            yield _row(f"of it: {name}", seconds / 60, "min")
        yield _row("the machine's time by the clock, other work beside", clock, "min")
        for name, count in (
            ("commands typed", walk.commands),
            ("of them ended without a result, for somebody had to be asked", walk.refused),
            ("decisions", walk.decisions),
            ("confirmations", walk.answers),
            ("cells typed in Excel", walk.cells),
            ("blocks pasted in Excel", walk.blocks),
            ("open answers to code, not in the time", walk.coded),
        ):
            yield _row(name, count, "")
        yield _row("YAML files typed", yaml_typed, "", 0)
        clean_with_keys(root / "clean" / "clients" / NAME)
        for home, own in ((root / "clean" / "clients", root / "clean" / "reports"), (clients, reports)):
            code, text = at_a_terminal(home, own, root)(("run", NAME), never)
            if code:
                raise RuntimeError(text)
        count, other = differing(root / "clean" / "reports" / NAME / "latest", reports / NAME / "latest")
        yield _row("figures of the clean report", count, "")
        yield _row("figures that are not the same to the last number", len(other), "", 0)


def _row(name: str, value: float, unit: str, most: float | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "against": "",
        "ratio": None,
        "target": "" if most is None else f"at most {most:g} {unit}".strip(),
        "met": None if most is None else value <= most,
    }


def steps_of(walk: Walk) -> Mapping[str, int]:
    """Return each command as it was typed, and how it ended."""
    return {words: code for words, code, _ in walk.steps}


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(f"{row['name']}: {row['value']} {row['unit']}\n")
        sys.stdout.flush()
