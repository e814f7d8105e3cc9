"""A file with all its tables: each is taken for the right one of ours or asked about, and found again next month."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer

from tests.engagement.intake.layouts import as_file, draw_traits, make_page, make_truth
from tests.engagement.intake.room import Room
from workbench.cli import asking, every_table
from workbench.cli.every_table import bring_every_table
from workbench.engagement.documents import read_yaml
from workbench.engagement.intake.brief import describe_briefly
from workbench.engagement.intake.importing import run_table_import
from workbench.engagement.intake.options import TableOptions
from workbench.engagement.intake.plan import Reading
from workbench.engagement.intake.whole_file import FileLook, look_at_file
from workbench.errors import ClientDataError, UsageError

Rows = Sequence[Sequence[Any]]

PLAN = ["Product line", "Resource", "Planned"]
BLOCKS: Rows = (
    ["Plan of HR 2027"],
    PLAN,
    ["motor", "engineers", 24],
    ["home", "engineers", 19],
    [],
    ["Plan of Operations 2027"],
    PLAN,
    ["motor", "clerks", 34],
    ["home", "clerks", 12],
)
RESOURCES: Rows = (
    ["Resource", "Function", "Unit", "Capacity"],
    ["engineers", "HR", "people", 60],
    ["clerks", "Operations", "people", 70],
)
NEEDS: Rows = (["Product line", "Resource", "Need"], ["motor", "clerks", 4], ["home", "clerks", 3])


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Make a client's folder, which the command line finds too."""
    room = Room(tmp_path)
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(room.folder.parent))
    return room


def book_of(room: Room, sheets: Mapping[str, Rows], name: str = "file.xlsx") -> Path:
    """Return a workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return room.beside(name, stream.getvalue())


def look(room: Room, path: Path) -> FileLook:
    """Look at a file."""
    return look_at_file(path, "tiny", root=room.root)


def bring(
    room: Room, path: Path, *lines: str, monkeypatch: pytest.MonkeyPatch, told: Any = None, **said: Any
) -> list[str]:
    """Bring a file in as at a terminal where these lines are typed; return what was printed and asked."""
    printed: list[str] = [] if told is None else told
    waiting = iter(lines)

    def read_line(prompt: str) -> str:
        printed.append(prompt)
        return next(waiting)

    for module in (asking, every_table):
        monkeypatch.setattr(module, "is_somebody_there", lambda: True)
        monkeypatch.setattr(module, "read_line", read_line)
        monkeypatch.setattr(module, "say", lambda text="", **_: printed.append(str(text)))

    def options(confirmed: bool, told: Mapping[str, Sequence[str]]) -> TableOptions:
        def pairs(option: str) -> dict[str, str]:
            return dict(text.rpartition("=")[::2] for text in told.get(option, ()))

        reading = Reading(fixed=pairs("--set"), units=pairs("--unit"), hidden=told.get("--hidden", ("",))[-1], **said)
        return TableOptions(reading, pairs("--alias"), "", confirmed)

    bring_every_table(str(path), "tiny", options, False, describe_briefly, details=False)
    assert next(waiting, None) is None
    return printed


def kept(room: Room) -> dict[str, Any]:
    """Return what ``imports.yaml`` keeps."""
    content, _ = read_yaml((room.folder / "imports.yaml").read_bytes(), "imports.yaml")
    assert content is not None
    return dict(content.content["imports"])


def text_of(room: Room, name: str) -> str:
    """Return a table of the client's folder."""
    return (room.folder / name).read_text(encoding="utf-8")


# -- what a table is taken for -----------------------------------------------------------------------------------------


def test_a_list_of_staff_is_known_by_whose_columns_it_has(room: Room) -> None:
    """Names and pay are no columns of ours, and say better than any what the rows are: people, not resources."""
    rows = [["Nachname", "Vorname", "Gehalt", "Bereich", "Funktion", "Standort", "FTE"]]
    rows += [["Adler", "Ute", 61_000, "IT", "Lotse", "Kiel", 1], ["Bock", "Jan", 58_000, "IT", "Lotse", "Kiel", 0.8]]
    found = look(room, book_of(room, {"Liste": rows})).tables
    assert [(one.tables[0], one.is_certain) for one in found] == [("population", True)]


def test_no_layout_is_taken_for_another_table_without_a_question(tmp_path: Path) -> None:
    """Of the sixty layouts each is taken for its own table, or asked about; nearly all without a question."""
    room = Room(tmp_path / "room")
    asked = 0
    for traits in draw_traits():
        truth = make_truth(traits)
        name, content = as_file(make_page(traits, truth), traits)
        try:
            found = look(room, room.beside(name, content)).tables
        except ClientDataError:
            asked += 1
            continue
        mine = [one for one in found if truth.table in one.tables]
        assert mine, (traits, [one.tables for one in found])
        others = [one.tables for one in found if one not in mine and one.is_certain]
        assert not others, (traits, others)
        asked += not all(one.is_certain for one in mine)
    assert asked <= 6, asked  # none of them is asked about today


def test_a_sheet_that_could_be_two_tables_is_asked_about(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two columns that many tables have decide nothing: the tables are listed, and Enter leaves the sheet out."""
    path = book_of(room, {"Sheet1": (["Product line", "Note"], ["motor", "x"], ["home", "y"])})
    try:
        found = look(room, path).tables
    except ClientDataError:
        return  # nothing is proposed at all
    assert all(not one.is_certain for one in found)
    with pytest.raises(typer.Exit):
        bring(room, path, "", monkeypatch=monkeypatch)


def test_sheets_that_are_nothing_are_named(room: Room) -> None:
    """A cover sheet is no table of ours, and is not passed over in silence."""
    path = book_of(room, {"Cover": (["Report of the board"], ["Internal"]), "Capacity": RESOURCES})
    found = look(room, path)
    assert found.nothing == ("Cover",)
    assert [one.tables for one in found.tables] == [("resources",)]


def test_what_others_name_comes_first(room: Room) -> None:
    """Needs name resources, so resources are brought in before them, wherever they stand in the file."""
    found = look(room, book_of(room, {"Base load": NEEDS, "Capacity": RESOURCES}))
    assert [one.tables[0] for one in found.tables] == ["resources", "needs"]


# -- what the file says itself -----------------------------------------------------------------------------------------


def test_blocks_of_one_sheet_say_whose_they_are(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The title above each block names a function that the resources know; each is kept under a name of its own."""
    path = book_of(room, {"Capacity": RESOURCES, "Plans": BLOCKS})
    printed = bring(room, path, "y", "y", "y", monkeypatch=monkeypatch)
    assert text_of(room, "function_plans.csv").splitlines()[1:] == [
        *("HR,motor,engineers,24", "HR,home,engineers,19"),
        *("Operations,motor,clerks,34", "Operations,home,clerks,12"),
    ]
    text = "\n".join(printed)
    assert "every row: function = HR – look: above it stands 'Plan of HR 2027'" in text
    assert "Since it was confirmed" not in text
    assert list(kept(room)) == ["resources", "function_plans", "function_plans-plans"]


def test_next_months_file_needs_one_command(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table is known again by its headers, sheet and title: nothing is asked, nothing has to be confirmed."""
    bring(room, book_of(room, {"Capacity": RESOURCES, "Plans": BLOCKS}), "y", "y", "y", monkeypatch=monkeypatch)
    later = [["Plan of HR 2028"], *BLOCKS[1:2], ["motor", "engineers", 30], *BLOCKS[3:]]
    printed = bring(room, book_of(room, {"Capacity": RESOURCES, "Plans": later}, "later.xlsx"), monkeypatch=monkeypatch)
    assert "Since it was confirmed" not in "\n".join(printed)
    assert "HR,motor,engineers,30" in text_of(room, "function_plans.csv")
    assert "Operations,motor,clerks,34" in text_of(room, "function_plans.csv")


def test_a_changed_layout_is_said_and_confirmed_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only sheet of a table is still its own when a column is called otherwise, and what changed is said."""
    bring(room, book_of(room, {"Capacity": RESOURCES}), "y", monkeypatch=monkeypatch)
    other = [["Resource", "Function", "Unit", "Available"], *RESOURCES[1:]]
    printed = bring(room, book_of(room, {"Capacity": other}), "y", monkeypatch=monkeypatch)
    assert "Since it was confirmed: The column 'Capacity', read as capacity, is no longer there." in "\n".join(printed)
    assert list(kept(room)) == ["resources"]


def test_two_things_in_a_title_are_asked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A title that names two functions proves none: it is asked, and Enter leaves the table out."""
    blocks = [["Plan of HR and Operations 2027"], *BLOCKS[1:4]]
    path = book_of(room, {"Capacity": RESOURCES, "Plans": blocks})
    with pytest.raises(typer.Exit):
        bring(room, path, "y", "", monkeypatch=monkeypatch)
    assert not (room.folder / "function_plans.csv").exists()


def test_a_header_is_known_by_the_names_below_it(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that stands in the column are lines of ours: proposed as scope, and marked."""
    rows = [
        ["Date", "Concerns", "What", "Kind"],
        *(["2026-01-05", name, "rates", "price"] for name in ("motor", "home")),
    ]
    printed = bring(room, book_of(room, {"Events": rows}), "y", monkeypatch=monkeypatch)
    assert "  Concerns → scope (motor) – look: all in it are names of ours" in "\n".join(printed).splitlines()
    assert "2026-01-05,motor,rates,price" in text_of(room, "events.csv")


def test_a_header_is_not_known_by_some_of_the_names_below_it(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """One name among them that is none of ours, and the column is only said to be unread."""
    rows = [
        ["Date", "Concerns", "What", "Kind"],
        *(["2026-01-05", name, name, "price"] for name in ("motor", "Board")),
    ]
    printed = bring(room, book_of(room, {"Events": rows}), "y", monkeypatch=monkeypatch)
    assert "Not read: B." in "\n".join(printed)
    assert "scope" not in text_of(room, "events.csv").splitlines()[0]


# -- answers -----------------------------------------------------------------------------------------------------------

ACROSS = ["Resource", "Function", "Unit", "Jan 2026", "Feb 2026"]


def test_a_question_of_twin_sheets_is_asked_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a note means for one sheet, it means for the other of the same table; where it was said is printed."""
    twin: Callable[[str], Rows] = lambda key: (["Values in k€ or pieces"], ACROSS, [key, "HR", "people", 5, 6])  # noqa: E731
    path = book_of(room, {"North": twin("engineers"), "South": twin("clerks")})
    printed = bring(room, path, "1", "y", "y", monkeypatch=monkeypatch)
    assert sum("number [Enter stops]" in line for line in printed) == 1
    assert sum(line.endswith("not meant, as you said of North.") for line in printed) == 1
    assert "engineers,HR,people,5,2026-01" in text_of(room, "resources.csv")


def test_sheets_that_give_the_same_table_are_never_written_unasked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing sets two sheets apart, the later would change rows of the earlier: each is confirmed, each time."""
    later = [RESOURCES[0], ["engineers", "HR", "people", 61]]
    path = book_of(room, {"Sep": RESOURCES, "Oct": later})
    bring(room, path, "y", "y", monkeypatch=monkeypatch)
    with pytest.raises(typer.Exit):
        bring(room, path, "y", "", monkeypatch=monkeypatch)


def test_another_table_may_be_said_in_place_of_yes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a table reads the sheet as that one; it is shown again, and written once confirmed."""
    path = book_of(room, {"Capacity": RESOURCES, "Base load": NEEDS})
    rows = [["Resource", "Function", "Unit", "Capacity"], ["engineers", "HR", "people", 60]]
    path = book_of(room, {"Capacity": rows, "Plan": (["Function", *PLAN], ["HR", "motor", "engineers", 5])})
    with pytest.raises(typer.Exit):
        bring(room, path, "y", "needs", "", monkeypatch=monkeypatch)
    assert not (room.folder / "function_plans.csv").exists()


def test_options_of_one_table_are_refused_where_there_are_several(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can know which of two sheets --keep speaks of."""
    path = book_of(room, {"Capacity": RESOURCES, "Base load": NEEDS})
    with pytest.raises(UsageError, match="--keep can be meant of one only"):
        bring(room, path, monkeypatch=monkeypatch, keep=("Total",))


def test_a_script_gets_the_previews_and_an_exit_code(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is there: without --confirm nothing is written, and what to do is said."""
    path = book_of(room, {"Capacity": RESOURCES, "Base load": NEEDS})

    def options(confirmed: bool, _: Mapping[str, Sequence[str]]) -> TableOptions:
        return TableOptions(confirm=confirmed)

    with pytest.raises(typer.Exit):
        bring_every_table(str(path), "tiny", options, False, describe_briefly, details=False)
    assert not (room.folder / "resources.csv").exists()
    assert "with --confirm" in capsys.readouterr().out
    bring_every_table(str(path), "tiny", options, True, describe_briefly, details=False)
    assert "clerks,Operations,people,70" in text_of(room, "resources.csv")
    assert "motor,clerks,4" in text_of(room, "needs.csv")


def script(room: Room, path: Path, capsys: pytest.CaptureFixture[str], *, code: int = 0, confirm: bool = True) -> str:
    """Bring a file in where nobody is there; return what was printed."""

    def options(confirmed: bool, _: Mapping[str, Sequence[str]]) -> TableOptions:
        return TableOptions(confirm=confirmed)

    try:
        bring_every_table(str(path), "tiny", options, confirm, describe_briefly, details=False)
        ended = 0
    except typer.Exit as stop:
        ended = stop.exit_code
    assert ended == code
    return capsys.readouterr().out


TWINS = {"Final": RESOURCES, "Old": [RESOURCES[0], ["engineers", "HR", "people", 50], RESOURCES[2]]}
TWIN_SAID = "1 row says another thing than Final!A1, just brought in (engineers: capacity 50, there 60)."


def test_a_script_lets_no_sheet_undo_another(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two versions in one file the later does not overwrite the earlier in one command: refused by its cell."""
    path = book_of(room, TWINS)
    for _ in range(2):  # the next month is no other
        out = script(room, path, capsys, code=1)
        assert f"Look: {TWIN_SAID}" in out
        assert "Not written: Old!A1." in out
        assert "engineers,HR,people,60" in text_of(room, "resources.csv")
    same = book_of(room, {"Final": RESOURCES, "Copy": RESOURCES}, "same.xlsx")
    assert "2 as before" in script(room, same, capsys)


def test_who_is_there_may_let_a_sheet_undo_another(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the question what the later sheet contradicts; yes is yes."""
    printed = bring(room, book_of(room, TWINS), "y", "y", monkeypatch=monkeypatch)
    assert TWIN_SAID in "\n".join(printed)
    assert "engineers,HR,people,50" in text_of(room, "resources.csv")


def test_what_is_not_in_the_file_any_more_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet that came along the last time and is missing now is no silence; one sheet asked for misses nothing."""
    bring(room, book_of(room, {"Capacity": RESOURCES, "Needs": NEEDS}), "y", "y", monkeypatch=monkeypatch)
    assert look(room, book_of(room, {"Capacity": RESOURCES, "Needs": NEEDS})).gone == ()
    path = book_of(room, {"Capacity": RESOURCES, "Cover": [["x"]]})
    assert look_at_file(path, "tiny", sheet="Capacity", root=room.root).gone == ()
    out = "\n".join(bring(room, path, monkeypatch=monkeypatch))
    assert "Look: not in the file any more, as it was the last time: needs (sheet Needs)." in out


def test_what_a_script_is_told_of_a_refused_table(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are written; it is not told to repeat with --confirm what it has said already."""
    bad = [NEEDS[0], ["motor", "clerks", "many"]]
    out = script(room, book_of(room, {"Capacity": RESOURCES, "Needs": bad}), capsys, code=1)
    assert "'many' is not a number" in out
    assert "with --confirm" not in out
    assert "What stands in the way is said above" in out
    assert (room.folder / "resources.csv").exists()
    assert not (room.folder / "needs.csv").exists()


def test_stopping_in_the_middle_says_what_stays(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the second question: the first is whole, the second is not there, and both are said."""
    path = book_of(room, {"Capacity": RESOURCES, "Needs": NEEDS})
    printed: list[str] = []
    answers = iter(["y"])

    def read_line(_: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(every_table, "is_somebody_there", lambda: True)
    monkeypatch.setattr(every_table, "read_line", read_line)
    monkeypatch.setattr(every_table, "say", lambda text="", **_: printed.append(str(text)))
    with pytest.raises(KeyboardInterrupt):
        bring_every_table(
            str(path), "tiny", lambda c, _: TableOptions(confirm=c), False, describe_briefly, details=False
        )
    assert "Stopped. Needs!A1 is not written, nor what follows it; what was written before stays." in printed[-1]
    assert (room.folder / "resources.csv").exists()
    assert not (room.folder / "needs.csv").exists()


def test_the_only_table_a_sheet_may_be_is_taken_with_yes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is asked about since little speaks for it: y is what it says; a wrong word is told what is right."""
    path = book_of(room, {"Actual": (["Product line", "Month", "Premium"], ["motor", "2026-01", 100])})
    (found,) = look(room, path).tables
    assert not found.is_certain
    with pytest.raises(typer.Exit):
        bring(room, path, "", monkeypatch=monkeypatch)
    with pytest.raises(typer.Exit):  # the next question is the one for the column that is missing
        bring(room, path, "nonsense", "y", "", monkeypatch=monkeypatch)


def test_a_word_that_is_no_answer_writes_nothing_and_says_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither yes nor a table: it is said why the only table of a file is not written."""
    said: list[str] = []
    with pytest.raises(typer.Exit):
        bring(room, book_of(room, {"Capacity": RESOURCES}), "resorces", monkeypatch=monkeypatch, told=said)
    assert "'resorces' is neither y nor a table of ours. Did you mean 'resources'" in "\n".join(said)
    assert said[-1] == "Not written: Capacity!A1."
    assert not (room.folder / "resources.csv").exists()


# -- where -------------------------------------------------------------------------------------------------------------


def test_a_corner_is_taken_as_it_is_printed_or_as_a_formula_writes_it(room: Room) -> None:
    """Sheets may be called with quotes and exclamation marks."""
    path = book_of(room, {"O'Neil! 'x'": RESOURCES, "Needs": NEEDS})
    for at in ("O'Neil! 'x'!A1", "'O''Neil! ''x'''!A1"):
        (found,) = look_at_file(path, "tiny", at=at, root=room.root).tables
        assert found.tables == ("resources",)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"at": "Needs!Z99"}, "No table of ours begins at 'Needs!Z99'. Tables begin at Needs!A1."),
        ({"at": "Needs!A1", "sheet": "Capacity"}, "--sheet says 'Capacity' and --at 'Needs'. Say one of them."),
        ({"sheet": "Nees"}, "There is no sheet 'Nees'. Did you mean 'Needs'? There are: Capacity, Needs."),
    ],
)
def test_a_place_where_no_table_is(room: Room, said: dict[str, str], words: str) -> None:
    """It is said where tables begin; two places at once are refused, by --as too."""
    path = book_of(room, {"Capacity": RESOURCES, "Needs": NEEDS})
    with pytest.raises(UsageError, match=re.escape(words)):
        look_at_file(path, "tiny", **said, root=room.root)
    if "sheet" in said:
        with pytest.raises(UsageError, match=re.escape(words)):
            one(room, path, "needs", **said)


def test_hidden_and_empty_files_say_so(room: Room) -> None:
    """A file whose tables are hidden names the option; one without a cell is not said to lack a header."""
    path = book_of(room, {"Cover": [["x"]], "Secret": NEEDS})
    book = openpyxl.load_workbook(path)
    book["Secret"].sheet_state = "veryHidden"
    book.save(path)
    with pytest.raises(ClientDataError, match='Say --sheet "Secret" to read a hidden one'):
        look(room, path)
    assert "not read" not in describe_briefly(one(room, path, "needs", sheet="Secret"))
    with pytest.raises(ClientDataError, match="it holds no cell that is read"):
        look(room, book_of(room, {"Sheet": []}))


def test_a_header_that_is_not_there_cannot_be_mapped(room: Room) -> None:
    """A mistyped --map would change nothing in silence."""
    path = book_of(room, {"Capacity": RESOURCES})
    with pytest.raises(UsageError, match=r"no header of the table at Capacity!A1 is called 'capcity'\. Did you mean"):
        one(room, path, "resources", columns={"capcity": "unit_cost"})


# -- one table at a time -----------------------------------------------------------------------------------------------


def one(room: Room, path: Path, table: str, **said: Any) -> Any:
    """Import one table with --as, confirmed."""
    return run_table_import(path, "tiny", table, TableOptions(Reading(**said), confirm=True), root=room.root)


def test_another_value_for_all_rows_is_kept_beside_the_first(room: Room) -> None:
    """Operations is no correction of HR: no sentence of a change, and both are found again."""
    path = book_of(room, {"Plans": BLOCKS})
    one(room, path, "function_plans", at="Plans!A2", fixed={"function": "HR"})
    second = one(room, path, "function_plans", at="Plans!A7", fixed={"function": "Operations"})
    assert second.changes == second.told == ()
    assert list(kept(room)) == ["function_plans", "function_plans-operations"]


def test_a_block_that_was_named_by_its_cell_is_kept_beside_the_first(room: Room) -> None:
    """With nothing else to set them apart, the cell does: the first still stands where it was."""
    rows = [*NEEDS, [], ["Base load of the second half"], NEEDS[0], ["life", "clerks", 2]]
    path = book_of(room, {"Needs": rows})
    one(room, path, "needs", at="Needs!A1")
    second = one(room, path, "needs", at="Needs!A6")
    assert second.changes == second.told == ()
    assert list(kept(room)) == ["needs", "needs-a6"]


def test_a_catalogue_of_products_says_what_belongs_to_them(room: Room) -> None:
    """Rows of one line differ in what is the product's: the columns are named, with the option that leaves them out."""
    rows = [["Produktlinie", "Bezeichnung", "Produktmanager"], ["pets", "Dogs", "A"], ["pets", "Cats", "B"]]
    with pytest.raises(ClientDataError) as caught:
        one(room, book_of(room, {"Katalog": rows}), "lines")
    (fault,) = caught.value.faults
    assert "'pets' stands in rows 2, 3, with different name and product_manager" in fault.found
    assert '--map "Produktmanager=ignore"' in fault.remedy
    assert "--map \"HEADER=name\" for another column than 'Bezeichnung'" in fault.remedy
    assert fault.answers == ()  # a name is needed: leaving it out would only lead to the next refusal


def test_what_belongs_to_something_else_is_left_out_with_one_answer(room: Room) -> None:
    """Where only columns that may stay blank differ, it is a question: leave them out."""
    rows = [["Produktlinie", "Bezeichnung", "Produktmanager"], ["pets", "Pets", "A"], ["pets", "Pets", "B"]]
    path = book_of(room, {"Katalog": rows})
    with pytest.raises(ClientDataError) as caught:
        one(room, path, "lines")
    (answer,) = caught.value.faults[0].answers
    assert (answer.option, answer.value, answer.words) == (
        *("--map", "Produktmanager=ignore", "leave out product_manager"),
    )
    outcome = one(room, path, "lines", columns={"produktmanager": "ignore"})
    assert text_of(room, "lines.csv").count("pets,Pets") == 1
    assert outcome.added_up == ("2 rows are taken as 1: those with the same product_line say nothing else.",)


def test_names_that_nobody_can_check_yet_are_said(tmp_path: Path) -> None:
    """Before there are lines any name of one is taken, and the preview says so."""
    room = Room(tmp_path / "room")
    (room.folder / "lines.csv").unlink()
    outcome = one(
        room, book_of(room, {"Staff": (["Unit", "Role", "Product line"], ["IT", "hr", "anything"])}), "population"
    )
    told = "Look: The names in product_line are not checked: lines are not there yet."
    assert told in describe_briefly(outcome).splitlines()


def test_a_product_manager_owns_products(room: Room) -> None:
    """What a register calls Produktmanager is the owner of each product, and of each line its product_manager."""
    rows = [["Produkt", "Bezeichnung", "Produktmanager"], ["pet-dogs", "Dogs", "Head of pets"]]
    one(room, book_of(room, {"Produkte": rows}), "products")
    assert "pet-dogs,Dogs,Head of pets" in text_of(room, "products.csv")


STAFF = ["Abteilung", "Jobfamilie", "Sparte"]


def test_usual_words_for_roles_are_proposed_and_confirmed(room: Room) -> None:
    """Five job families are one look and not five questions; one that is nobody's word is asked."""
    rows = [STAFF, ["IT", "Softwareentwicklung", "motor"], ["Board", "Leitung", "motor"]]
    outcome = one(room, book_of(room, {"Personal": rows}), "population")
    assert "  a usual word for it: Leitung → executive; Softwareentwicklung → builder" in describe_briefly(outcome)
    assert ",Leitung,role,executive" in text_of(room, "aliases.csv")
    with pytest.raises(ClientDataError, match="nobody knows which role 'Lotse'"):
        one(room, book_of(room, {"Personal": (STAFF, ["IT", "Lotse", "motor"])}), "population")


@pytest.mark.parametrize(("is_repeated", "is_asked"), [(True, False), (False, True)])
def test_blanks_below_what_is_written_each_time_are_blank(room: Room, is_repeated: bool, is_asked: bool) -> None:
    """Who writes the line into each row means nothing by a blank; who writes it once may mean the same again."""
    lines = ["motor"] * 12 if is_repeated else ["motor", "home", "life"]
    rows = [STAFF, *(["IT", "hr", line] for line in lines), ["Staff", "hr", None], ["Staff", "finance", None]]
    path = book_of(room, {"Personal": rows})
    if is_asked:
        with pytest.raises(ClientDataError, match="--fill product_line=down"):
            one(room, path, "population")
        return
    outcome = one(room, path, "population")
    told = "Look: 2 blank cells of product_line stay blank: below others the same is written again, 11 times."
    assert told in describe_briefly(outcome).splitlines()
    assert "Staff,hr,1" in text_of(room, "population.csv").replace(",,", ",")


DAYS = ["Product", "Kind", "Parent", "Valid from", "Said on"]


@pytest.mark.parametrize(
    ("said_on", "is_told"), [("30.06.2026", True), ("06.05.2026", False), ("30/06/2026", False), ("13.13.2026", False)]
)
def test_the_order_of_days_is_told_by_a_column_written_the_same_way(room: Room, said_on: str, is_told: bool) -> None:
    """30.06. beside 01.07. tells; days that read in two ways, or with other signs, tell nothing: it is asked."""
    rows = [DAYS, ["motor-private", "product_line", "motor", "01.07.2025", said_on]]
    path = book_of(room, {"Zuordnung": rows})
    if not is_told:
        with pytest.raises(ClientDataError, match=r"--date-order|is not a date"):
            one(room, path, "memberships")
        return
    outcome = one(room, path, "memberships")
    assert "2025-07-01" in text_of(room, "memberships.csv")
    told = "Look: Days of valid_from are read day-month-year, as those of said_on, which can be read no other way."
    assert told in describe_briefly(outcome).splitlines()


def test_names_that_are_ours_but_for_a_code_are_folded(room: Room) -> None:
    """Each another one: three are shown. Two that would be one of ours are all shown."""
    products = [["Product", "Name"], *([f"p{letter}", f"Cover {letter}"] for letter in "abcdef")]
    one(room, book_of(room, {"Products": products}), "products")
    rows = [
        DAYS[:4],
        *([f"47{at}1 Cover {letter}", "product_line", "motor", "2026-01-31"] for at, letter in enumerate("abcdef")),
    ]
    text = describe_briefly(one(room, book_of(room, {"Zuordnung": rows}), "memberships"))
    assert "4701 Cover a → pa; 4711 Cover b → pb; 4721 Cover c → pc; and 3 more, each another" in text
    (room.folder / "memberships.csv").unlink()
    (room.folder / "aliases.csv").unlink()
    (room.folder / "imports.yaml").unlink()
    rows.append(["9999 Cover a", "value_stream", "x", "2026-01-31"])
    text = describe_briefly(one(room, book_of(room, {"Zuordnung": rows}), "memberships"))
    assert "4751 Cover f → pf" in text
    assert "9999 Cover a → pa" in text
