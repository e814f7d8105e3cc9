"""Each command says what it does, fails in plain words with the right exit code, and starts quickly."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import cli
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.limits import Limits
from workbench.batch.progress import Progress
from workbench.batch.results import BatchResult, EngagementResult, Event
from workbench.batch.study import Study
from workbench.errors import (
    ClientDataError,
    Fault,
    MissingToolError,
    NotebookError,
    ReportError,
    UsageError,
    writing_to,
)

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "pandas",
    "numpy",
    "scipy",
    "matplotlib",
    "duckdb",
    "openpyxl",
    "papermill",
    "pyarrow",
    "yaml",
    "IPython",
    "jinja2",
}
COMMANDS = (
    *(
        "new",
        "check",
        "run",
        "batch",
        "lab",
        "queries",
        "request",
        "status",
        "survey",
        "import",
        "publications",
        "why",
        "diff",
        "issue",
        "archive",
        "purge",
        "demo",
    ),
)


def call(*arguments: str) -> int:
    """Return the exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    return int(caught.value.code or 0)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workbench without clients and leave this one's reports alone."""
    for folder in ("templates", "notebooks", "client_data"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def done(name: str) -> EngagementResult:
    """Return a run that went well."""
    return EngagementResult(name, "done", 12.3, folder=f"reports/{name}/latest", answers=("Motor is product-run.",))


def failed(name: str) -> EngagementResult:
    """Return a run that stopped."""
    return EngagementResult(name, "failed", 2.0, folder=f"reports/{name}/failed/1", message="survey.csv: a fault.")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of exactly this command."""
    assert call(*([command] if command else []), "--help") == 0
    shown = capsys.readouterr().out
    assert f"Example: workbench {command}" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["fly"], id="unknown command"),
        pytest.param(["run"], id="name missing"),
        pytest.param(["run", "nobody"], id="unknown engagement"),
        pytest.param(["run", "../nobody"], id="path for a name"),
        pytest.param(["check", "nobody"], id="check of nobody"),
        pytest.param(["lab", "nobody"], id="lab of nobody"),
        pytest.param(["status", "nobody"], id="status of nobody"),
        pytest.param(["new", "Acme Insurance"], id="name with a space"),
        pytest.param(["batch"], id="batch of nothing"),
        pytest.param(["batch", "acme", "--all"], id="some and all"),
        pytest.param(["batch", "--all"], id="all of none"),
        pytest.param(["batch", "--all", "--jobs", "0"], id="no jobs"),
        pytest.param(["batch", "--all", "--deadline", "soon"], id="no duration"),
        pytest.param(["run", "nobody", "--cell-limit", "90"], id="a duration without a unit"),
        pytest.param(["batch", "--merge"], id="no shards"),
        pytest.param(["batch", "--merge", "nothing.sqlite"], id="no ledger"),
        pytest.param(["batch", "--plan"], id="a plan of nothing"),
        pytest.param(["run", "nobody", "--fast"], id="unknown option"),
    ],
)
def test_wrong_usage_exits_2_without_a_traceback(
    room: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence goes to stderr."""
    assert call(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip()
    assert "Traceback" not in shown.err


def test_no_command_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """All commands, and wrong usage."""
    assert call() == 2
    shown = capsys.readouterr()
    for command in COMMANDS:
        assert f"\n  {command} " in shown.out + shown.err


def test_a_run_that_is_held_to_earlier_ones_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wonders why something is hidden finds the runs, and what to do if nobody received them."""
    held = dataclasses.replace(done("acme"), recorded="r5", held_to=("r1", "r2", "r3", "r4"))
    monkeypatch.setattr("workbench.batch.run.run_engagement", lambda *_, **__: held)
    monkeypatch.setattr("workbench.batch.night.run_batch", lambda *_, **__: BatchResult((held, done("other")), 1.0))
    assert call("run", "acme") == 0
    shown = capsys.readouterr().out
    assert "r1, r2, r3 and 1 more" in shown
    assert "workbench publications acme --withdraw RUN" in shown
    assert "workbench publications acme --withdraw r5" in shown
    assert call("batch", "acme", "other") == 0
    assert capsys.readouterr().out.count("workbench publications acme") == 1


def test_a_good_run_prints_the_answer_and_where_the_report_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options reach the run as they were typed."""
    seen: dict[str, object] = {}

    def run(name: str, **options: object) -> EngagementResult:
        seen.update(options, name=name)
        return done(name)

    monkeypatch.setattr("workbench.batch.run.run_engagement", run)
    assert call("run", "acme", "--only", "readiness", "-p", "confidence=0.9", "-p", "sure=0.8") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Motor is product-run.\n")
    assert f"reports/acme/latest{os.sep}report.html" in shown.out
    assert (seen["name"], seen["only"], seen["overrides"]) == ("acme", "readiness", ["confidence=0.9", "sure=0.8"])


def test_a_failed_run_exits_1_and_says_where_the_notebooks_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The faults as text, on stderr."""
    monkeypatch.setattr("workbench.batch.run.run_engagement", lambda name, **_: failed(name))
    for command in (["run", "acme"], ["demo"]):
        assert call(*command) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "survey.csv: a fault." in shown.err
        assert "failed/1" in shown.err


def test_a_batch_names_the_failed_ones_last_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others have their reports."""
    monkeypatch.setattr(
        "workbench.batch.night.run_batch", lambda names, **_: BatchResult((done("a"), failed("b"), done("c")), 9.0)
    )
    assert call("batch", "--all") == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("2 of 3 engagements have a new report, 1 failed (9 s).")
    assert shown.err.count("Failed: ") == 1
    monkeypatch.setattr("workbench.batch.night.run_batch", lambda names, **_: BatchResult((done("a"),), 9.0))
    assert call("batch", "a", "--jobs", "2") == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(UsageError("No such thing."), 2, id="usage"),
        pytest.param(ClientDataError((Fault("survey.csv", "", "row 2", "Bad.", "Good.", "Mend."),)), 1, id="data"),
        pytest.param(MissingToolError("JupyterLab", "Install it."), 1, id="tool"),
    ],
)
def test_errors_of_ours_are_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    """With the exit code that the error stands for."""

    def stop(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("workbench.batch.status.read_status", stop)
    assert call("status") == code
    assert str(error) in capsys.readouterr().err


HOSTILE = "mo\x1b[31mt\x9b1m\u202eor\udcff"
SEEN = r"mo\x1b[31mt\x9b1m\u202eor\udcff"


def test_a_clients_words_do_not_steer_the_terminal(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headers, keys and errors of notebooks show what cannot be seen, in every message and on the line of progress."""
    fault = Fault("survey.csv", "", f"column {HOSTILE}", "5\nAllowed: all.", "none.", "Mend it.")
    assert str(fault) == f"survey.csv, column {SEEN}: 5\\nAllowed: all.\nAllowed: none. Mend it."
    for error in (NotebookError("n", "acme", 1, HOSTILE), ReportError((HOSTILE,)), UsageError(HOSTILE)):
        monkeypatch.setattr("workbench.batch.run.run_engagement", raiser(error))
        call("run", "acme")
        assert SEEN in capsys.readouterr().err
    progress = Progress()
    progress(Event("finished", "acme", HOSTILE))
    assert SEEN in capsys.readouterr().err
    folder = room / "client_data" / "acme"
    folder.mkdir()
    (folder / "engagement.yaml").write_text("name: Acme\nas_of: 2026-09-30\n", encoding="utf-8")
    (folder / "products.csv").write_text("product,name,st\x9b31mage\u202e\np1,One,x\n", encoding="utf-8")
    call("check", "acme")
    shown = capsys.readouterr().out
    assert r"st\x9b31mage\u202e" in shown
    assert not {"\x9b", "\u202e"} & set(shown)


def raiser(error: Exception) -> Callable[..., None]:
    """Return a function that raises."""

    def stop(*_: object, **__: object) -> None:
        raise error

    return stop


def test_a_terminal_of_few_characters_is_no_reason_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What its encoding lacks is written out."""
    monkeypatch.setattr("workbench.batch.run.run_engagement", raiser(UsageError("保険 and Łódź.")))
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stderr", narrow)
    assert call("run", "acme") == 2
    narrow.seek(0)
    assert narrow.read().strip() == r"\u4fdd\u967a and \u0141ód\u017a."


@pytest.mark.parametrize(
    ("variable", "arguments"),
    [
        pytest.param("WORKBENCH_REPORTS", ["check", "acme", "--mark"], id="marked copies"),
        pytest.param("WORKBENCH_REPORTS", ["lab", "acme"], id="working copies"),
        pytest.param("WORKBENCH_CLIENTS", ["new", "abc"], id="a new client"),
    ],
)
def test_a_folder_that_cannot_be_written_is_a_sentence(
    room: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    arguments: list[str],
) -> None:
    """Exit 1 with the path and the variable that puts the folder elsewhere."""
    for folder in ("templates", "notebooks"):
        (room / folder).rmdir()
        shutil.copytree(ROOT / folder, room / folder)
    acme = room / "client_data" / "acme"
    acme.mkdir()
    (acme / "engagement.yaml").write_text("name: Acme\nas_of: 2026-09-30\n", encoding="utf-8")
    if "--mark" in arguments:
        (acme / "products.csv").write_text("product,name\np1,One\np1,Two\n", encoding="utf-8")
    (room / "a-file").write_text("", encoding="utf-8")
    monkeypatch.setenv(variable, str(room / "a-file" / "inside"))
    assert call(*arguments) == 1
    shown = capsys.readouterr().err
    assert f"Nothing can be written to {room / 'a-file'}" in shown
    assert f"set {variable} to another folder" in shown
    assert "Traceback" not in shown


def test_other_trouble_of_the_system_is_not_called_unwritable() -> None:
    """Too many open files are no reason to move the reports."""
    with pytest.raises(OSError, match="Too many"), writing_to("x", "WORKBENCH_REPORTS"):
        raise OSError(errno.EMFILE, "Too many open files")


def test_check_counts_the_example_rows_it_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that nobody looks for a row in the report that was taken for an example."""
    study = Study("acme", "0", None, (), ignored=(("lines", 2), ("products", 1)))
    monkeypatch.setattr("workbench.batch.study.check_engagement", lambda name: study)
    assert call("check", "acme") == 0
    assert "3 example rows are ignored: their key begins with example.\n" in capsys.readouterr().out


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not look like the client's."""

    def stop(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("workbench.batch.status.read_status", stop)
    with pytest.raises(ZeroDivisionError, match="ours"):
        cli.main(["status"])


def test_check_lists_every_fault_and_marks_copies_outside_the_clients_folder(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 with the faults on stdout; the client's own folder is left alone."""
    folder = room / "client_data" / "acme"
    folder.mkdir()
    (folder / "engagement.yaml").write_text("name: Acme\nas_of: 2026-09-30\n", encoding="utf-8")
    (folder / "products.csv").write_text("product,name,stage\np1,One,growing\np1,Two,grow\n", encoding="utf-8")
    before = sorted(path.name for path in folder.iterdir())
    assert call("check", "acme") == 1
    plain = capsys.readouterr().out
    assert "products.csv, row 2, column stage" in plain
    assert "p1" in plain
    assert call("check", "acme", "--mark") == 1
    assert str(room / "reports" / "acme" / "check" / "products-marked.xlsx") in capsys.readouterr().out
    assert (room / "reports" / "acme" / "check" / "products-marked.xlsx").is_file()
    assert sorted(path.name for path in folder.iterdir()) == before


def test_check_of_a_good_folder_says_what_it_cannot_answer(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, with the tables that are needed and the next command."""
    folder = room / "client_data" / "acme"
    folder.mkdir()
    (folder / "engagement.yaml").write_text("name: Acme\nas_of: 2026-09-30\n", encoding="utf-8")
    assert call("check", "acme") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("acme: no fault in 1 file.\n")
    assert shown.count("Not answered: ") == 3
    assert "survey" in shown
    assert "Next: workbench request acme asks for what is missing" in shown
    assert "workbench run" not in shown, "a run would print no answer"


def test_check_says_which_metrics_a_misspelt_column_would_leave_out(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the nearest name; the folder is good otherwise, and a run leaves these metrics out."""
    shutil.copytree(ROOT / "client_data" / "harbour-mutual", room / "client_data" / "harbour-mutual")
    shutil.copytree(ROOT / "templates", room / "templates", dirs_exist_ok=True)
    catalogue = room / "client_data" / "harbour-mutual" / "metrics.yaml"
    text = catalogue.read_text(encoding="utf-8")
    assert call("check", "harbour-mutual") == 0
    assert "is off" not in capsys.readouterr().out
    catalogue.write_text(text.replace("time: {column: month}", "time: {column: mnth}", 1), encoding="utf-8")
    assert call("check", "harbour-mutual") == 0
    assert "Written premium is off: premiums has no column mnth (Did you mean 'month'?)." in capsys.readouterr().out


def test_new_makes_a_folder_that_check_understands(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example rows are ignored; a second time it is wrong usage."""
    (room / "templates").rmdir()
    shutil.copytree(ROOT / "templates", room / "templates")
    assert call("new", "acme-insurance") == 0
    assert "workbench check acme-insurance" in capsys.readouterr().out
    assert (room / "client_data" / "acme-insurance" / "engagement.xlsx").is_file()
    call("check", "acme-insurance")
    assert "Traceback" not in capsys.readouterr().err
    assert call("new", "acme-insurance") == 2


def test_status_of_an_empty_workbench_says_what_to_do(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not an empty page."""
    assert call("status") == 0
    assert "workbench new NAME" in capsys.readouterr().out


def test_progress_is_a_line_a_notebook_and_on_a_terminal_what_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain lines in a log file; a line that is written over on a terminal."""
    events = [
        Event("checked", "acme", text="33 files", seconds=1.2),
        Event("warned", "acme", text="readiness-gaps cannot be left out."),
        Event("cell", "acme", "10_readiness", "3/12"),
        Event("cell", "acme", "20_outcomes", "4/15"),
        Event("finished", "acme", "10_readiness", seconds=4.2),
        Event("failed", "acme", "20_outcomes", "why", 5.0),
        Event("rendering", "acme"),
        Event("published", "acme", seconds=9.9),
    ]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    log, terminal = io.StringIO(), Terminal()
    for stream in (log, terminal):
        monkeypatch.setattr(sys, "stderr", stream)
        progress = Progress()
        for event in events:
            progress(event)
        progress.close()
    assert [line.split() for line in log.getvalue().splitlines()] == [
        ["checked", "33", "files", "1.2", "s"],
        ["readiness-gaps", "cannot", "be", "left", "out."],
        ["10_readiness", "4.2", "s"],
        ["20_outcomes", "stopped", "5.0", "s"],
        ["report", "published,", "in", "all", "9.9", "s"],
    ]
    assert "10_readiness 3/12 · 20_outcomes 4/15" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\x1b" not in log.getvalue()


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["fly"]], ids=" ".join)
def test_help_and_wrong_usage_load_nothing_heavy(arguments: list[str]) -> None:
    """So that they answer at once."""
    code = (
        "import sys\nfrom workbench.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print('loaded', sorted(set({sorted(HEAVY)!r}) & set(sys.modules)))"
    )
    got = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    assert got.stdout.splitlines()[-1] == "loaded []"


def test_the_module_is_a_command_too(tmp_path: Path) -> None:
    """`python -m workbench` works from any folder, with or without the script."""
    command = [sys.executable, "-m", "workbench", "--help"]
    got = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    assert "Commands:" in got.stdout


def test_a_batch_can_speak_to_other_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every event and the end are lines of JSON on the standard output, and nothing else is."""

    def run(names: list[str], *, on_event: Callable[[Event], None], **_: object) -> BatchResult:
        on_event(Event("progress", "", text="0 of 2 done, about 2 min left"))
        on_event(Event("finished", "a", "10_readiness", seconds=1.5))
        return BatchResult((done("a"), failed("b")), 9.0, id="b1")

    monkeypatch.setattr("workbench.batch.night.run_batch", run)
    assert call("batch", "--all", "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == ["progress", "finished", "ended"]
    assert lines[-1]["exit_code"] == 1
    assert [held["status"] for held in lines[-1]["engagements"]] == ["done", "failed"]


def test_limits_reach_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were typed; what is not said is as usual."""
    seen: list[object] = []
    monkeypatch.setattr(
        "workbench.batch.run.run_engagement", lambda name, **given: seen.append(given["limits"]) or done(name)
    )
    monkeypatch.setattr(
        "workbench.batch.night.run_batch", lambda *_, **given: seen.append(given["limits"]) or BatchResult((), 1.0)
    )
    assert call("run", "acme", "--cell-limit", "90s", "--notebook-limit", "5m") == 0
    assert call("batch", "--all", "--deadline", "4h") == 0
    assert seen == [Limits(cell=90.0, notebook=300.0), Limits(engagement=14400.0)]


def test_a_plan_and_a_status_are_text_or_json_and_run_nothing(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would run and why; how each stands, and how the last batch went."""
    for name in ("acme", "zenith"):
        (room / "client_data" / name).mkdir()
        (room / "client_data" / name / "engagement.yaml").write_text("name: A\nas_of: 2026-09-30\n", encoding="utf-8")
    monkeypatch.setattr("workbench.batch.night.run_batch", raiser(AssertionError("it ran")))
    assert call("batch", "--all", "--plan") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2 of 2 engagements would run, time not known yet; 0 unchanged."
    assert shown[1].split(maxsplit=1) == ["acme", "no full run yet, files not checked"]
    assert call("batch", "zenith", "--plan", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert [(one["engagement"], one["state"], one["will_run"]) for one in held["engagements"]] == [
        ("zenith", "to do", True)
    ]
    assert not (room / "reports").exists()
    with Ledger(room / "reports" / LEDGER) as ledger:
        ledger.begin("b1", ["acme", "zenith"])
        ledger.record("b1", done("acme"))
        assert call("status") == 0
        assert (
            capsys.readouterr()
            .out.splitlines()[-1]
            .endswith("UTC, 2 engagements, 1 so far: it is running, or was stopped: 1 new.")
        )
        ledger.record("b1", failed("zenith"))
        ledger.finish("b1", 200.0)
    assert call("status") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("2 engagements in 3 min: 1 new, 1 failed.")
    assert call("status", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in held["engagements"]] == ["to do", "to do"]
    assert (held["batch"]["done"], held["batch"]["failed"][0]["engagement"]) == (1, "zenith")


def test_shards_are_merged_by_a_command(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole is told as a batch is, and fails where an engagement failed."""
    from workbench.batch.shards import hash_list

    for number, held in ((1, done("acme")), (2, failed("zenith"))):
        with Ledger(room / "reports" / f"_ledger-{number}of2.sqlite") as ledger:
            ledger.begin(f"b{number}", [held.engagement], list_hash=hash_list(["acme", "zenith"]), shard=f"{number}/2")
            ledger.record(f"b{number}", held)
            ledger.finish(f"b{number}", 5.0)
    assert call("batch", "--merge") == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("1 of 2 engagements has a new report, 1 failed (5 s).")
    assert "Failed: zenith" in shown.err
    assert (room / "reports" / "index.html").is_file()
