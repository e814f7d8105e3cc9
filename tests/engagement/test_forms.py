"""The survey goes out in five formats: each holds what is asked and nothing runs, and the importer reads it back."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from tests.engagement.exports import layouts
from tests.engagement.instrument_written import describe_instrument
from workbench.engagement.exports.answers import Client
from workbench.engagement.exports.importing import ImportOptions, import_survey
from workbench.engagement.forms import files
from workbench.engagement.forms.form import LINE, REMARK, ROLE, UNIT, WHOLE, Form, build_forms
from workbench.engagement.forms.responses import count_responses, response_lines, words
from workbench.engagement.keys import respondent_key
from workbench.engagement.load import Tables
from workbench.engagement.settings import EngagementSettings
from workbench.errors import ModelError
from workbench.readiness import Instrument, Settings, build_instrument, options, routed

INSTRUMENT = layouts.load_instrument()
HOSTILE = (
    '</script><script>alert("x")</script>',
    "Bob's \"line\"; FormApp.create('evil') //",
    "${7*7} {TOKEN:EMAIL} [[Question:MC]] `x`",
    "=HYPERLINK(1)\t+tab\nand line & <b>bold</b> \u2028 \u202eevil",
)


def tables(
    lines: tuple[tuple[str, str], ...] = layouts.LINES, population: list[tuple[Any, ...]] | None = None, **more: Any
) -> Tables:
    """Return a client's tables: a register of lines, and who was asked."""
    held: dict[str, pd.DataFrame] = {"lines": pd.DataFrame(lines, columns=["product_line", "name"])}
    if population is not None:
        held["population"] = pd.DataFrame(population, columns=["unit", "role", "product_line", "headcount"])
    held |= more
    return Tables(held, EngagementSettings(name="Client", as_of="2026-09-30"))  # type: ignore[arg-type]


def forms_of(instrument: Instrument = INSTRUMENT, **more: Any) -> dict[str, Form]:
    """Return the forms by role."""
    return {form.role: form for form in build_forms(tables(**more), instrument)}


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_routing_makes_short_forms() -> None:
    """Five roles, and finance and human resources with their own questions besides those of support."""
    got = {role: len(form.items) for role, form in forms_of().items()}
    assert got == {
        "executive": 22,
        "product": 36,
        "builder": 29,
        "operations": 18,
        "support": 11,
        "finance": 18,
        "hr": 13,
    }
    assert [form.minutes for form in forms_of().values()] == [8, 12, 10, 6, 4, 6, 5]
    assert forms_of()["finance"].items[0].id == routed(INSTRUMENT, "finance")[0]


def test_questions_stand_in_reading_order_with_the_labels_of_the_instrument() -> None:
    """Letters lead, turned items are turned; the product line and the team come from the registers."""
    form = forms_of(population=[("Motor IT", "builder", "motor", 9), ("Home IT", "builder", "home", 8)])["builder"]
    assert [question.id for question in form.questions[:3]] == [ROLE, LINE, UNIT]
    assert form.questions[0].options == ("builders",)
    assert form.questions[1].options == ("Motor insurance", "Home & contents", WHOLE)
    assert form.questions[2].options == ("Motor IT", "Home IT")
    assert [question.id for question in form.items] == list(routed(INSTRUMENT, "builder"))
    assert form.questions[-1].id == REMARK
    turned = next(question for question in form.items if question.id == "d03_5")
    assert turned.options == tuple(option.label for option in options(INSTRUMENT, INSTRUMENT.item("d03_5")))
    assert turned.options[0] == "A hardly any."
    assert not any(question.is_needed for question in form.items), "an answer to a question is never forced"


def test_only_roles_that_were_asked_get_a_form() -> None:
    """The population knows whom there is to ask."""
    assert list(forms_of(population=[("IT", "builder", "motor", 9)])) == ["builder"]
    with pytest.raises(ModelError, match="nobody to ask"):
        forms_of(population=[("IT", "pilot", "motor", 9)])


@pytest.mark.parametrize("name", ["motor  INSURANCE", "the whole organisation"])
def test_lines_that_read_the_same_are_refused(name: str) -> None:
    """Nobody could tell their answers apart."""
    with pytest.raises(ModelError, match="Rename one"):
        forms_of(lines=(("motor", "Motor insurance"), ("x", name)))


def test_criteria_are_told_with_their_question() -> None:
    """All of them must hold, and who answers reads so."""
    document = describe_instrument(INSTRUMENT)
    document["items"][0]["criteria"] = ["It is written.", "It has an owner"]
    question = forms_of(build_instrument(document))["product"].items[0]
    assert question.help.endswith("(1) It is written. (2) It has an owner.")


# -- the files, read as the tools read them ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A question as a file holds it."""

    text: str
    options: tuple[str, ...]
    id: str = ""


def read_qualtrics(content: bytes) -> list[Seen]:
    """Return the questions of a file in the advanced text format."""
    lines = content.decode("utf-8").split("\n")
    assert lines[0] == "[[AdvancedFormat]]"
    found: list[Seen] = []
    kinds = r"Question:(DB|TE:Essay|MC:SingleAnswer:Vertical)"
    known = rf"\[\[(AdvancedFormat|PageBreak|Choices|Block:[^\[\]]+|{kinds}|ID:\w+)\]\]"
    blocks = "\n".join(lines).split("[[Question:")[1:]
    for line in lines:
        assert "[[" not in line or re.fullmatch(known, line), line
    for block in blocks:
        kind, *rest = block.split("\n")
        if kind.startswith("DB"):
            continue
        held = list(takewhile_filled(rest))
        name = held[0].removeprefix("[[ID:").removesuffix("]]")
        text = html.unescape(held[1].partition("<br>")[0])
        assert "<" not in held[1].partition("<br><small>")[0], "a client's text is no HTML"
        assert not any("<" in line for line in held[3:]), "a client's text is no HTML"
        labels = tuple(html.unescape(line) for line in held[3:]) if len(held) > 2 and held[2] == "[[Choices]]" else ()
        found.append(Seen(text, labels, name))
    return found


def takewhile_filled(lines: list[str]) -> list[str]:
    """Return the lines up to the first blank one."""
    return lines[: lines.index("")] if "" in lines else lines


def read_limesurvey(content: bytes) -> list[Seen]:
    """Return the questions of a tab-separated structure."""
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter="\t"))
    assert tuple(rows[0]) == files.LIMESURVEY_COLUMNS
    assert {row["class"] for row in rows} == {"S", "SL", "G", "Q", "A"}
    asked = [row for row in rows if row["class"] == "Q"]
    codes = [row["name"] for row in asked]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", code) for code in codes)
    assert not any("{" in row["text"] or "{" in row["help"] for row in rows), "LimeSurvey would compute in braces"
    assert not any("<" in row["text"] for row in rows if row["class"] in ("Q", "A", "G"))
    found = []
    for row in asked:
        answers = [held for held in rows if held["class"] == "A" and held["id"] == row["id"]]
        assert all(len(held["name"]) <= 5 for held in answers)
        assert bool(answers) == (row["type/scale"] == "L")
        found.append(Seen(html.unescape(row["text"]), tuple(html.unescape(a["text"]) for a in answers), row["name"]))
    order = [row["class"] for row in rows]
    assert order.index("G") > max(place for place, name in enumerate(order) if name == "SL")
    return found


def read_google(content: bytes) -> list[Seen]:
    """Return the questions of a script; everything but one JSON value is the same in every script."""
    text = content.decode("ascii")
    code, _, held = text.partition("\nconst FORM = ")
    assert code == files._SCRIPT
    document = json.loads(held.rstrip().removesuffix(";"))
    return [
        Seen(question["text"], tuple(question["options"]))
        for section in document["sections"]
        for question in section["questions"]
    ]


def read_word(content: bytes) -> list[Seen]:
    """Return the numbered questions of a Word document."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]
        for name in packed.namelist():
            ElementTree.fromstring(packed.read(name))  # noqa: S314 - our own file
        root = ElementTree.fromstring(packed.read("word/document.xml"))  # noqa: S314 - our own file
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    found: list[Seen] = []
    for paragraph in root.iter(f"{space}p"):
        text = "".join(run.text or "" for run in paragraph.iter(f"{space}t"))
        number = re.match(r"\d+\. ", text)
        if number:
            found.append(Seen(text[number.end() :], ()))
        elif paragraph.find(f".//{space}ind") is not None:
            found[-1] = replace(found[-1], options=(*found[-1].options, text))
    return found


def read_text(content: bytes) -> list[Seen]:
    """Return the questions of a text to paste: blocks between blank lines."""
    blocks = [block.split("\n") for block in content.decode("utf-8").split("\n\n")[2:]]
    held = [[line for line in block if line] for block in blocks if not block[0].startswith("==")]
    found = []
    for block in held:
        if block:
            labels = block[2:] if len(block) > 1 and block[1].startswith("(") else block[1:]
            found.append(Seen(block[0], tuple(labels)))
    return found


READERS: dict[str, tuple[Callable[[Form], bytes], Callable[[bytes], list[Seen]]]] = {
    "qualtrics": (files.write_qualtrics, read_qualtrics),
    "limesurvey": (files.write_limesurvey, read_limesurvey),
    "google_forms": (files.write_google_forms, read_google),
    "microsoft_forms": (files.write_word, read_word),
    "surveymonkey": (files.write_text, read_text),
}


def asked_in(form: Form) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a form asks, on one line each, without LimeSurvey's questions for reasons."""
    return [
        (files.plain_line(question.text), tuple(files.plain_line(option) for option in question.options))
        for question in form.questions
    ]


@pytest.mark.parametrize("vendor", READERS)
@pytest.mark.parametrize("role", ["executive", "product", "finance"])
def test_a_file_holds_every_question_in_order(vendor: str, role: str) -> None:
    """Texts and labels are those of the form, letter by letter."""
    write, read = READERS[vendor]
    form = forms_of()[role]
    got = [(seen.text, seen.options) for seen in read(write(form)) if not seen.text.startswith("Why does this not")]
    assert got == asked_in(form)


@pytest.mark.parametrize("vendor", READERS)
def test_names_of_clients_are_data_in_every_file(vendor: str) -> None:
    """Script, tags, expressions, tabs, line ends and right-to-left marks of a line's name run nowhere."""
    form = forms_of(lines=tuple((f"l{place}", name) for place, name in enumerate(HOSTILE)))["builder"]
    write, read = READERS[vendor]
    got = read(write(form))
    assert got[1].options == (*(files.plain_line(name) for name in HOSTILE), WHOLE)


def test_hostile_names_stay_inside_their_string() -> None:
    """The script has no quotation mark, tag or line separator of a client outside its JSON."""
    form = forms_of(lines=(("x", HOSTILE[0] + '"; evil(); "\u2028'),))["builder"]
    text = files.write_google_forms(form).decode("ascii")
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text.partition("const FORM = ")[2])
    assert "evil" not in outside
    assert re.fullmatch(r'[\s{}\[\]:,;"0-9a-z]*', outside)


def test_limesurvey_asks_for_a_reason_only_where_it_does_not_apply() -> None:
    """The question hangs on the option, by its code."""
    content = files.write_limesurvey(forms_of()["builder"])
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter="\t"))
    reason = next(row for row in rows if row["name"] == "d01q4qreason")
    assert reason["relevance"] == 'd01q4.NAOK == "A7"'
    labels = [row["text"] for row in rows if row["class"] == "A" and row["name"] == "A7"]
    assert "Does not apply to our line" in labels


def test_codes_of_limesurvey_are_short_and_differ() -> None:
    """Two long names that begin alike, and two that lose their difference."""
    names = ["a" * 40, "a" * 39 + "b", "a_b", "aqb"]
    codes = files.limesurvey_codes(names)
    assert len(set(codes.values())) == len(names)
    assert max(map(len, codes.values())) <= 20


# -- out and back ------------------------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[..., list[list[Any]]]] = {
    "qualtrics": layouts.qualtrics_rows,
    "limesurvey": layouts.limesurvey_rows,
    "google_forms": layouts.google_rows,
    "microsoft_forms": layouts.microsoft_rows,
    "surveymonkey": layouts.surveymonkey_rows,
}


@pytest.mark.parametrize("vendor", WRITERS)
@pytest.mark.parametrize("role", ["builder", "finance"])
def test_what_went_out_comes_back(vendor: str, role: str, tmp_path: Path) -> None:
    """Answers given in a form, exported by the tool with the texts of its file, are the answers that were given."""
    population = [("Claims", role, "motor", 9), ("IT", role, "home", 9), ("Vertrieb & Service", role, None, 9)]
    form = forms_of(population=population)[role]
    people = [replace(person, role=role, reasons={}) for person in layouts.make_people(INSTRUMENT, 40)]
    people = [person for person in people if set(person.answers) <= set(routed(INSTRUMENT, role))][:6]
    assert len(people) >= 3
    write, read = READERS[vendor]
    seen = [one for one in read(write(form)) if not one.text.startswith("Why does this not")]
    asked = [
        layouts.Question(question.id, one.text, cell(question.id, one), one.options)
        for question, one in zip(form.questions, seen, strict=True)
    ]
    path = tmp_path / "export"
    path.write_bytes(layouts.as_csv(WRITERS[vendor](people, asked)))
    client = Client("tiny", INSTRUMENT, layouts.LINES)
    read_back = import_survey(path, None, "w1", layouts.SALT, client=client, options=ImportOptions())
    assert read_back.export.vendor == vendor
    got = {row["respondent"]: row for row in read_back.sheets.rows}
    for person in people:
        row = got[respondent_key(person.email, "tiny", layouts.SALT)]
        assert {name: row.get(name, "") for name in routed(INSTRUMENT, role) if name != "d07_5"} == {
            name: person.answers.get(name, "") for name in routed(INSTRUMENT, role) if name != "d07_5"
        }
        assert (row["role"], row.get("product_line", ""), row["unit"]) == (role, person.line, person.unit)


def cell(name: str, seen: Seen) -> Callable[[layouts.Person], str]:
    """Return what somebody chose of the options of a file, by their place."""

    def chosen(person: layouts.Person) -> str:
        if name == ROLE:
            return seen.options[0]
        if name == LINE:
            return seen.options[[*(key for key, _ in layouts.LINES), ""].index(person.line)]
        if name == UNIT:
            return next(option for option in seen.options if option == person.unit)
        value = person.answers.get(name, "")
        if not value or name == REMARK or INSTRUMENT.item(name).kind == "open":
            return ""
        return seen.options[[option.value for option in options(INSTRUMENT, INSTRUMENT.item(name))].index(value)]

    return chosen


# -- while answers come in ---------------------------------------------------------------------------------------------


def responses(counts: dict[tuple[str, str], int], asked: dict[tuple[str, str], int], **said: Any) -> Any:
    """Return the response of so many people a role and line."""
    rows = [
        (f"p{place}", "w1", role, line)
        for place, (role, line) in enumerate((key for key, count in counts.items() for _ in range(count)))
    ]
    survey = pd.DataFrame(rows, columns=["respondent", "wave", "role", "product_line"])
    waves = pd.DataFrame({"wave": ["w0", "w1"], "date": ["2026-03-01", "2026-09-01"]})
    population = [("IT", role, line, count) for (role, line), count in asked.items()]
    return count_responses(tables(population=population, survey=survey, waves=waves), INSTRUMENT, Settings(**said))


ASKED = {("builder", "motor"): 24, ("product", "motor"): 8, ("operations", "motor"): 20, ("executive", "motor"): 3}


def test_counts_are_told_in_steps_and_never_below_the_minimum() -> None:
    """No number of people is exact, and small groups are words."""
    got = responses({("builder", "motor"): 17, ("product", "motor"): 4, ("executive", "motor"): 3}, ASKED)
    told = {(group.line, group.role): group.answered for group in got.groups}
    assert told == {
        ("Motor insurance", ""): "20 or more",
        ("Motor insurance", "executives"): "fewer than 5",
        ("Motor insurance", "product people"): "fewer than 5",
        ("Motor insurance", "builders"): "15 or more",
        ("Motor insurance", "operations and service"): "fewer than 5",
    }


def test_one_more_answer_is_seen_only_when_a_step_is_full() -> None:
    """Yesterday's list and today's do not tell who came in between."""
    before = responses({("builder", "motor"): 16}, ASKED)
    after = responses({("builder", "motor"): 19}, ASKED)
    assert before == after
    assert before != responses({("builder", "motor"): 20}, ASKED)


def test_what_is_still_needed_shrinks_with_what_is_told() -> None:
    """Nobody yet: all that the plan asks for; everybody: nothing more."""
    first = responses({("builder", "motor"): 1}, ASKED).groups[0]
    assert first.needed == first.more
    later = responses({key: count - count % 5 for key, count in ASKED.items()}, ASKED).groups[0]
    assert later.needed == first.needed
    assert later.more is not None
    assert first.more is not None
    assert 0 <= later.more < first.more


def test_an_openly_named_assessment_tells_numbers() -> None:
    """It was announced as such."""
    got = responses({("builder", "motor"): 17}, ASKED, minimum_group=1)
    assert [group.answered for group in got.groups if group.role == "builders"] == ["17"]
    assert words(3, 1) == "3"


def test_a_person_who_answers_for_two_lines_is_one() -> None:
    """Sheets are not people."""
    survey = pd.DataFrame(
        [(f"p{n}", "w1", "builder", line) for n in range(5) for line in ("motor", "motor")],
        columns=["respondent", "wave", "role", "product_line"],
    )
    waves = pd.DataFrame({"wave": ["w1"], "date": ["2026-09-01"]})
    got = count_responses(tables(survey=survey, waves=waves), INSTRUMENT, Settings())
    assert [group.answered for group in got.groups] == ["5 or more", "5 or more"]
    assert got.groups[0].asked is None
    assert got.groups[0].needed is None


def test_nobody_has_answered_yet() -> None:
    """A sentence, not an empty table."""
    with pytest.raises(ModelError, match="Nobody has answered yet"):
        count_responses(tables(), INSTRUMENT, Settings())


def test_the_response_is_told_in_lines(client: Any) -> None:
    """Line by line, then the roles; at the end what was planned."""
    sheets = "".join(f"p{n},w1,builder,motor,{n % 5 + 1}\n" for n in range(7))
    client.write(
        {
            "waves.csv": "wave,date\nw1,2026-09-01\n",
            "survey.csv": "respondent,wave,role,product_line,d01_4\n" + sheets,
            "population.csv": "unit,role,product_line,headcount\nIT,builder,motor,12\n",
        }
    )
    got = response_lines(client.load().tables)
    assert got[0] == "Wave w1: how many have answered."
    assert any(line.startswith("Motor") and "5 or more of 12" in line for line in got)
    assert any(line.startswith("  builders") for line in got)
    assert "tenth of the scale" in got[-2]
