"""Every layout is read without a hand on it, and gives the answers that were written into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.engagement.exports import layouts
from tests.engagement.exports.layouts import Person, Question
from workbench.engagement.exports.answers import Client, ImportedSheets
from workbench.engagement.exports.importing import ImportOptions, import_survey
from workbench.engagement.keys import respondent_key

INSTRUMENT = layouts.load_instrument()
PEOPLE = layouts.make_people(INSTRUMENT, 9)
CLIENT = Client("tiny", INSTRUMENT, layouts.LINES)
Rows = list[list[object]]


def read(tmp_path: Path, content: bytes, **said: object) -> tuple[str, str, ImportedSheets]:
    """Read a file that bears a name which says nothing."""
    path = tmp_path / "download(3).dat"
    path.write_bytes(content)
    found = import_survey(path, None, "w1", layouts.SALT, client=CLIENT, options=ImportOptions(**said))  # type: ignore[arg-type]
    assert found.sheets is not None
    assert found.proposal.ignored == ()
    return found.export.vendor, found.export.layout, found.sheets


def rows_by_key(sheets: ImportedSheets) -> dict[str, dict[str, str]]:
    """Return the rows by key, without key and wave."""
    return {
        row["respondent"]: {column: value for column, value in row.items() if column not in ("respondent", "wave")}
        for row in sheets.rows
    }


def expected(people: Sequence[Person] = PEOPLE, *, seconds: bool = True) -> dict[str, dict[str, str]]:
    """Return what should be read of these people."""
    keys = [respondent_key(person.email, "tiny", layouts.SALT) for person in people]
    return dict(zip(keys, layouts.expected_rows(people, INSTRUMENT, has_seconds=seconds), strict=True))


def asked(say: layouts.Say = layouts.full_label) -> list[Question]:
    """Return the questions of the form."""
    return layouts.questions(INSTRUMENT, say)


def american(moment: dt.datetime) -> str:
    """Write M/D/YY H:MM:SS."""
    return f"{moment.month}/{moment.day}/{moment:%y} {moment.hour}:{moment:%M:%S}"


CASES: dict[str, tuple[str, Callable[[], bytes], dict[str, object]]] = {
    "microsoft workbook": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked())),
        {},
    ),
    "microsoft workbook, other order of columns": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(), reverse=True)),
        {},
    ),
    "microsoft quiz": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(), quiz=True)),
        {},
    ),
    "microsoft csv of Windows": (
        "microsoft_forms",
        lambda: layouts.as_csv(layouts.microsoft_rows(PEOPLE, asked(), time=american), encoding="cp1252"),
        {},
    ),
    "microsoft csv with mark": (
        "microsoft_forms",
        lambda: layouts.as_csv(layouts.microsoft_rows(PEOPLE, asked(), time=american), encoding="utf-8-sig"),
        {},
    ),
    "microsoft german": (
        "microsoft_forms",
        lambda: layouts.as_csv(
            layouts.microsoft_rows(PEOPLE, asked(), language="de", time=lambda moment: f"{moment:%d.%m.%Y %H:%M:%S}"),
            delimiter=";",
            encoding="cp1252",
        ),
        {},
    ),
    "microsoft french": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(), language="fr")),
        {},
    ),
    "microsoft spanish": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(), language="es")),
        {},
    ),
    "microsoft, letters alone": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(layouts.letter_alone))),
        {},
    ),
    "microsoft, other spelling": (
        "microsoft_forms",
        lambda: layouts.as_xlsx(layouts.microsoft_rows(PEOPLE, asked(layouts.other_spelling))),
        {},
    ),
    "google": ("google_forms", lambda: layouts.as_csv(layouts.google_rows(PEOPLE, asked())), {}),
    "google grid": ("google_forms", lambda: layouts.as_csv(layouts.google_rows(PEOPLE, asked(), grid=True)), {}),
    "google workbook": (
        "google_forms",
        lambda: layouts.as_xlsx(layouts.google_rows(PEOPLE, asked(), time=lambda moment: moment)),  # type: ignore[arg-type, return-value]
        {},
    ),
    "google user names": (
        "google_forms",
        lambda: layouts.as_csv(layouts.google_rows(PEOPLE, asked(), language="user")),
        {},
    ),
    **{
        f"google {language}": (
            "google_forms",
            lambda language=language: layouts.as_csv(
                layouts.google_rows(
                    PEOPLE, asked(), language=language, time=lambda moment: f"{moment:%d/%m/%Y %H:%M:%S}"
                ),
                ends="\n",
            ),
            {},
        )
        for language in ("de", "fr", "es")
    },
    "google scale of numbers": (
        "google_forms",
        lambda: layouts.as_csv(layouts.google_rows(PEOPLE, asked(layouts.place_shown))),
        {"codes": "shown"},
    ),
    **{
        f"qualtrics {name}": ("qualtrics", make, {})
        for name, make in {
            "texts": lambda: layouts.as_csv(layouts.qualtrics_rows(PEOPLE, asked())),
            "matrix": lambda: layouts.as_csv(layouts.qualtrics_rows(PEOPLE, asked(), matrix=True), delimiter="\t"),
            "workbook with two rows": lambda: layouts.as_xlsx(layouts.qualtrics_rows(PEOPLE, asked(), header_rows=2)),
            "workbook with three rows": lambda: layouts.as_xlsx(layouts.qualtrics_rows(PEOPLE, asked())),
            "tsv in UTF-16": lambda: layouts.as_csv(
                layouts.qualtrics_rows(PEOPLE, asked()), delimiter="\t", encoding="utf-16"
            ),
            "german texts": lambda: layouts.as_csv(layouts.qualtrics_rows(PEOPLE, asked(), texts="de")),
            "legacy": lambda: layouts.as_csv(layouts.qualtrics_legacy_rows(PEOPLE, asked()), encoding="utf-8-sig"),
        }.items()
    },
    "qualtrics numbers": (
        "qualtrics",
        lambda: layouts.as_csv(layouts.qualtrics_rows(PEOPLE, asked(layouts.place_shown), numbers=True)),
        {"codes": "shown"},
    ),
    **{
        f"surveymonkey {name}": ("surveymonkey", make, said)
        for name, make, said in (
            ("condensed", lambda: layouts.as_csv(layouts.surveymonkey_rows(PEOPLE, asked())), {}),
            (
                "older, of an old Mac",
                lambda: layouts.as_csv(
                    layouts.surveymonkey_rows(PEOPLE, asked(), older=True), encoding="mac-roman", ends="\r"
                ),
                {},
            ),
            (
                "expanded",
                lambda: layouts.as_csv(layouts.surveymonkey_rows(PEOPLE, asked(), expanded=True), encoding="cp1252"),
                {},
            ),
            (
                "expanded, texts repeated",
                lambda: layouts.as_xlsx(layouts.surveymonkey_rows(PEOPLE, asked(), expanded=True, repeated=True)),
                {},
            ),
            (
                "expanded, marked by a number",
                lambda: layouts.as_csv(
                    layouts.surveymonkey_rows(PEOPLE, asked(), expanded=True, number=lambda label: "1")
                ),
                {},
            ),
            (
                "numbers, reversed",
                lambda: layouts.as_csv(layouts.surveymonkey_rows(PEOPLE, asked(layouts.place_reversed))),
                {"codes": "reversed"},
            ),
        )
    },
    **{
        f"limesurvey {name}": ("limesurvey", make, {})
        for name, make in {
            "codes and answer codes": lambda: layouts.as_csv(
                layouts.limesurvey_rows(PEOPLE, asked(layouts.answer_code)), encoding="utf-8-sig"
            ),
            "codes and texts of answers": lambda: layouts.as_csv(
                layouts.limesurvey_rows(PEOPLE, asked()), delimiter=";", encoding="utf-8-sig"
            ),
            "texts": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), headings="full")),
            "codes with texts": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), headings="codetext")),
            "german texts": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), headings="de")),
            "french texts": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), headings="fr")),
            "spanish texts": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), headings="es")),
            "no time stamps": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), stamps=False)),
            "no timings": lambda: layouts.as_csv(layouts.limesurvey_rows(PEOPLE, asked(), timings=False)),
        }.items()
    },
}


@pytest.mark.parametrize("name", CASES)
def test_layout_gives_the_answers_that_were_written(name: str, tmp_path: Path) -> None:
    """The vendor is told by the header, every sheet and every answer comes back, nothing is left out."""
    vendor, make, said = CASES[name]
    found, _, sheets = read(tmp_path, make(), **said)
    assert found == vendor
    has_seconds = vendor != "google_forms"
    assert rows_by_key(sheets) == expected(seconds=has_seconds)
    assert (sheets.read, sheets.kept, sheets.left_out) == (len(PEOPLE), len(PEOPLE), {})
    assert {answer.text for answer in sheets.open_answers} == {
        person.words for person in PEOPLE if person.words and "d07_5" in layouts.routed(INSTRUMENT, person.role)
    }
