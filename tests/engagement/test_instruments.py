"""A firm's own model is a YAML file, a workbook or a published folder; what is wrong with it is said with its cell."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from tests.engagement.instrument_written import describe_instrument, write_instrument_workbook
from tests.engagement.samm_folder import samm_files
from workbench.engagement.inputs_readiness import read_instrument
from workbench.engagement.instruments.library import list_instruments, load_instrument
from workbench.errors import ClientDataError, ModelError
from workbench.readiness import Instrument, build_instrument

ROOT = Path(__file__).resolve().parents[2]

OWN: dict[str, list[list[Any]]] = {
    "instrument": [["key", "value"], ["name", "our-steps"], ["version", 3], ["title", "Our own steps"]],
    "scale": [["value", "label"], [0, "not there"], [1, "there"]],
    "answers": [
        ["set", "value", "label", "weight", "meaning", "blank"],
        ["yesno", "no", "No", 0, None, 0],
        ["yesno", "yes", "Yes", 1, None, None],
        ["yesno", "cannot see", "I cannot see it", None, "cannot see", None],
    ],
    "groups": [
        ["id", "parent", "name", "aggregation", "dimension"],
        ["whole", None, "All of it", "mean", None],
        ["money", "whole", "Money", "smallest", "yes"],
        ["people", "whole", "People", "mean", "yes"],
    ],
    "items": [
        ["id", "group", "statement", "title", "needs", "turned", "criteria", "Level 0", "Level 1"],
        [
            "m1",
            "money",
            "Is there a budget a line?",
            "Budget",
            None,
            None,
            "It is written down\nIt has an owner",
            "no",
            "yes",
        ],
        ["m2", "money", "Is it looked at every month?", "Look", "m1", None, None, None, None],
        ["p1", "people", "Does a team stay for a year?", None, "m1; m2", "x", None, None, None],
    ],
}


def workbook(folder: Path, sheets: dict[str, list[list[Any]]] | None = None, name: str = "own") -> bytes:
    """Return a workbook of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (sheets or OWN).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / f"{name}.xlsx")
    return (folder / f"{name}.xlsx").read_bytes()


def load(content: bytes, path: str = "instruments/own.xlsx") -> Instrument:
    """Return a client's own instrument."""
    return load_instrument(Path(path).stem, ROOT, {path: content})


def faults_of(content: bytes, path: str = "instruments/own.xlsx") -> list[tuple[str, str, str]]:
    """Return sheet, cell and words of every fault of a file."""
    with pytest.raises(ClientDataError) as caught:
        load(content, path)
    return [(fault.sheet, fault.cell, fault.found) for fault in caught.value.faults]


def test_a_workbook_in_the_firms_own_words_is_an_instrument(tmp_path: Path) -> None:
    """Two levels, nested groups, criteria, needs: nothing but what the sheets say."""
    got = load(workbook(tmp_path))
    assert (got.name, got.version, got.title) == ("our-steps", "3", "Our own steps")
    assert got.scale.labels == ("not there", "there")
    assert [group.id for group in got.dimensions] == ["money", "people"]
    assert got.group("money").aggregation == "smallest"
    assert got.item("m1").criteria == ("It is written down", "It has an owner")
    assert got.item("m1").anchors == ((0.0, "no"), (1.0, "yes"))
    assert got.item("p1").needs == ("m1", "m2")
    assert got.item("p1").turned
    assert got.item("p1").title == "Does a team stay for a year?"
    assert got.answers(got.item("m1")).blank == 0
    assert [role.id for role in got.roles] == ["everyone"]
    assert got.gates == ()


@pytest.mark.parametrize("name", ["project-to-product", "dora-quick-check", "samm"])
def test_yaml_and_workbook_hold_the_same(name: str, tmp_path: Path) -> None:
    """YAML to workbook to YAML gives the same instrument, without loss."""
    first = load_instrument(name, ROOT, samm_files())
    write_instrument_workbook(first, tmp_path / "copy.xlsx")
    second = load((tmp_path / "copy.xlsx").read_bytes(), "instruments/copy.xlsx")
    text = yaml.safe_dump(describe_instrument(second), allow_unicode=True, sort_keys=False).encode("utf-8")
    third = load(text, "instruments/copy.yaml")
    assert first == second == third


def test_formulas_and_odd_texts_stay_texts(tmp_path: Path) -> None:
    """A question that begins with = or a level that looks like a date comes back as it was."""
    sheets = copy.deepcopy(OWN)
    held = load(workbook(tmp_path, sheets))
    document = describe_instrument(held)
    document["items"][0]["statement"] = "=HYPERLINK(1) <b>or</b> 1/2?"
    document["answer_sets"][0]["options"][0]["label"] = "007"
    odd = build_instrument(document)
    write_instrument_workbook(odd, tmp_path / "odd.xlsx")
    assert load((tmp_path / "odd.xlsx").read_bytes(), "instruments/odd.xlsx") == odd


def changed(change: Callable[[dict[str, list[list[Any]]]], None], folder: Path) -> bytes:
    """Return a workbook that was changed for the worse."""
    sheets = copy.deepcopy(OWN)
    change(sheets)
    return workbook(folder, sheets)


@pytest.mark.parametrize(
    ("change", "sheet", "cell", "words"),
    [
        (lambda held: held["items"][2].__setitem__(1, "mony"), "items", "B3", "Did you mean 'money'"),
        (lambda held: held["items"][3].__setitem__(4, "m1; m9"), "items", "E4", "'m9', which is not known"),
        (lambda held: held["items"][3].__setitem__(5, "perhaps"), "items", "F4", "'perhaps'"),
        (lambda held: held["items"][1].__setitem__(0, "1st item"), "items", "A2", "cannot name an item"),
        (lambda held: held["items"][3].__setitem__(2, "IS THERE a budget a line"), "items", "C4", "occurs twice"),
        (lambda held: held["answers"][1].__setitem__(3, "none"), "answers", "D2", "not a number"),
        (lambda held: held["answers"][3].__setitem__(3, 1), "answers", "D4", "carry a weight"),
        (lambda held: held["answers"][2].__setitem__(2, "no!"), "items", "row 2", "read the same"),
        (lambda held: held["groups"][2].__setitem__(3, "median"), "groups", "D3", "'median'"),
        (lambda held: held["groups"][2].__setitem__(1, "hole"), "groups", "B3", "Did you mean 'whole'"),
        (lambda held: held["scale"][1].__setitem__(0, 5), "scale", "A1", "must ascend"),
        (lambda held: held["instrument"][1].__setitem__(0, "nam"), "instrument", "A2", "'nam' is no key"),
        (lambda held: held["items"][0].__setitem__(3, "tittle"), "items", "D1", "unknown column 'tittle'"),
        (lambda held: held.pop("groups"), "groups", "", "missing or empty"),
        (lambda held: held.__setitem__("grops", [["a"], ["b"]]), "grops", "", "unknown sheet"),
        (lambda held: held["answers"][1].__setitem__(0, None), "answers", "A2", "names no set"),
        (lambda held: held["items"].append(["m4", "money", None]), "items", "C5", "There is no statement"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fault_of_a_workbook_names_sheet_and_cell(
    change: Callable[[dict[str, list[list[Any]]]], None], sheet: str, cell: str, words: str, tmp_path: Path
) -> None:
    """Where it is, and what would be right."""
    found = faults_of(changed(change, tmp_path))
    assert any(held[:2] == (sheet, cell) and words in held[2] + held[1] for held in found), found


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """A workbook is mended in one pass."""

    def spoil(held: dict[str, list[list[Any]]]) -> None:
        held["items"][1][1] = "nowhere"
        held["groups"][3][3] = "median"

    assert len(faults_of(changed(spoil, tmp_path))) == 2


def test_a_fault_of_yaml_names_its_line() -> None:
    """As every other YAML file of the client."""
    text = (ROOT / "templates/instruments/dora-quick-check.yaml").read_text(encoding="utf-8")
    spoilt = text.replace("aggregation: mean", "aggregation: average")
    (fault,) = faults_of(spoilt.encode("utf-8"), "instruments/own.yaml")
    line = next(number for number, row in enumerate(spoilt.splitlines(), start=1) if "average" in row)
    assert fault[1].startswith(f"line {line}, ")
    assert "'average'" in fault[2]


@pytest.mark.parametrize(
    ("content", "path", "words"),
    [
        (b"\xff\xfe\x00x", "instruments/own.yaml", "UTF-8"),
        (b"- a\n- b\n", "instruments/own.yaml", "key: value"),
        (b"a: &x 1\nb: *x\n", "instruments/own.yaml", "anchor"),
        (b"not a zip", "instruments/own.xlsx", "damaged"),
        (b"x" * 1_000_001, "instruments/own.yaml", "too large"),
    ],
    ids=["not utf-8", "a list", "anchors", "no workbook", "too large"],
)
def test_a_file_that_is_none_is_refused(content: bytes, path: str, words: str) -> None:
    """With a sentence, never a traceback."""
    assert any(words in found for _, _, found in faults_of(content, path))


@pytest.mark.parametrize("path", ["instruments/../../etc.yaml", "instruments/A B.yaml", "instruments/.yaml"])
def test_a_name_is_never_made_into_a_path(path: str) -> None:
    """Only plain names name an instrument."""
    with pytest.raises(ModelError):
        list_instruments(ROOT, {path: b""})


def test_an_own_instrument_does_not_take_the_name_of_ours() -> None:
    """Nobody should wonder which of the two was used."""
    with pytest.raises(ModelError, match="one of ours"):
        load_instrument("project-to-product", ROOT, {"instruments/project-to-product.yaml": b"name: x"})
    with pytest.raises(ModelError, match="two instruments"):
        load_instrument("own", ROOT, {"instruments/own.yaml": b"name: x", "instruments/own.xlsx": b""})


# -- SAMM's published layout -------------------------------------------------------------------------------------------


def test_a_folder_in_samms_layout_is_an_instrument() -> None:
    """Functions, practices, streams and questions by their links; answers keep their weights, a blank is "No" there."""
    got = load_instrument("samm", ROOT, samm_files())
    assert [group.id for group in got.dimensions] == ["p_doors", "p_windows", "p_stove"]
    assert got.group("f_keeping").parent == "samm"
    assert got.group("k_do_a").aggregation == "sum"
    assert [item.id for item in got.items_below("p_doors")] == [
        *("k_do_1_a", "k_do_2_a", "k_do_3_a"),
        *("k_do_1_b", "k_do_2_b", "k_do_3_b"),
    ]
    first = got.item("k_do_1_a")
    assert first.criteria == ("Somebody looks", "Somebody writes it down")
    assert [(option.label, option.weight) for option in got.answers(first).options[:4]] == [
        ("No", 0.0),
        ("A little", 0.25),
        ("Half of it", 0.5),
        ("All of it", 1.0),
    ]
    assert got.answers(first).blank == 0
    assert got.bounds("p_doors") == got.bounds("samm") == (0.0, 3.0)
    assert got.scale.values == (0.0, 1.0, 2.0, 3.0)
    assert "CC BY-SA" in got.source


def test_samms_folder_may_lie_deeper_or_not() -> None:
    """With ``model/`` in between, as in the repository, or without."""
    assert load_instrument("samm", ROOT, samm_files("instruments/samm")) == load_instrument("samm", ROOT, samm_files())


def test_values_of_samms_folder_are_of_their_kind_or_told_all_at_once() -> None:
    """A number in words, a level too high for any scale, an answer that is a word, criteria that are one text."""
    files = samm_files()
    changes = {
        "maturity_levels/1": ("number: 1", "number: one"),
        "maturity_levels/2": ("number: 2", "number: 99999999999"),
        "answer_sets/K": (
            "- text: No\n  value: 0\n  weight: 1\n  order: 0",
            "- No\n- {text: Some, value: .nan, order: x}",
        ),
        "business_functions/Keeping": ("order: 1", "order: first"),
        "questions/K-DO-1-A": ("quality:\n- Somebody looks\n- Somebody writes it down", "quality: somebody looks"),
        "practice_levels/K-DO-1": ("practice: p-Doors", "practice: p-Gates"),
    }
    for name, (old, new) in changes.items():
        path = f"instruments/samm/model/{name}.yml"
        assert old in files[path].decode()
        files[path] = files[path].replace(old.encode(), new.encode())
    with pytest.raises(ClientDataError) as caught:
        load_instrument("samm", ROOT, files)
    assert {(fault.file.partition("model/")[2], fault.cell) for fault in caught.value.faults} == {
        ("maturity_levels/1.yml", "number"),
        ("maturity_levels/2.yml", "number"),
        ("answer_sets/K.yml", "values[0]"),
        ("answer_sets/K.yml", "values[1].value"),
        ("answer_sets/K.yml", "values[1].order"),
        ("business_functions/Keeping.yml", "order"),
        ("questions/K-DO-1-A.yml", "quality"),
        ("practice_levels/K-DO-1.yml", "practice"),
    }


def test_a_broken_link_of_samms_folder_names_its_file() -> None:
    """A stream that is not there, and a folder that is missing."""
    files = samm_files()
    path = "instruments/samm/model/activities/K-DO-1-A.yml"
    files[path] = files[path].replace(b"stream: s-K-DO-A", b"stream: gone")
    with pytest.raises(ClientDataError, match=r"K-DO-1-A.yml, stream: stream 'gone' is the id of no file in streams"):
        load_instrument("samm", ROOT, files)
    without = {path: content for path, content in samm_files().items() if "/answer_sets/" not in path}
    with pytest.raises(ClientDataError, match="answer_sets: there is no such folder"):
        load_instrument("samm", ROOT, without)


# -- in a client's folder ----------------------------------------------------------------------------------------------


def test_a_client_brings_its_own_model(client: Any, tmp_path: Path) -> None:
    """In instruments/ of the client's folder; it is hashed with the other files."""
    survey = "respondent,wave,role,product_line,m1,m1_unmet,m2\n" + "".join(
        f"p{n},w1,everyone,motor,yes,{2 if n < 2 else ''},{'no' if n % 2 else 'yes'}\n" for n in range(6)
    )
    client.write(
        {
            "engagement.yaml": "name: Tiny\nas_of: 2026-09-30\ninstrument: own\n",
            "instruments/own.xlsx": workbook(tmp_path),
            "waves.csv": "wave,date\nw1,2026-09-01\n",
            "survey.csv": survey,
        }
    )
    got = client.load()
    assert "instruments/own.xlsx" in [file.path for file in got.files]
    assert read_instrument(got.tables).name == "our-steps"
    levels = got.readiness.answers[-1].levels
    assert levels["m1"].tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0], "a criterion that does not hold makes it a no"
    assert levels["m2"].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]


def test_a_fault_of_an_own_model_is_one_of_the_client(client: Any, tmp_path: Path) -> None:
    """It stops the check with its cell, like any other table."""
    sheets = copy.deepcopy(OWN)
    sheets["items"][1][1] = "nowhere"
    client.write(
        {
            "engagement.yaml": "name: Tiny\nas_of: 2026-09-30\ninstrument: own\n",
            "instruments/own.xlsx": workbook(tmp_path, sheets),
            "waves.csv": "wave,date\nw1,2026-09-01\n",
            "survey.csv": "respondent,wave,role,product_line,m1\np1,w1,everyone,motor,yes\n",
        }
    )
    fault = client.only_fault()
    assert (fault.file, fault.sheet, fault.cell) == ("instruments/own.xlsx", "items", "B2")


def test_criteria_are_named_by_number(client: Any, tmp_path: Path) -> None:
    """A number that no criterion has is a fault with its cell, and so is such a column beside another item."""
    client.write(
        {
            "engagement.yaml": "name: Tiny\nas_of: 2026-09-30\ninstrument: own\n",
            "instruments/own.xlsx": workbook(tmp_path),
            "waves.csv": "wave,date\nw1,2026-09-01\n",
            "survey.csv": "respondent,wave,role,product_line,m1,m1_unmet,m2_unmet\np1,w1,everyone,motor,yes,3,\n",
        }
    )
    found = {fault.cell: fault.found for fault in client.faults()}
    assert "'3' names no criterion" in found["row 2, column m1_unmet"]
    assert any("m2_unmet" in cell for cell in found)


def test_strange_files_beside_an_own_model_are_faults(client: Any) -> None:
    """A PDF belongs elsewhere; a published model's own pages and pictures do not matter."""
    client.write({"instruments/plan.pdf": b"%PDF", "instruments/samm/images/logo.svg": b"<svg/>"})
    assert client.only_fault().file == "instruments/plan.pdf"
