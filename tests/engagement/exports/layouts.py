"""Synthetic exports in the layouts of five vendors, written from answers that are known.

No vendor's file is copied here: each writer follows the layout that the vendor's module cites.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from workbench.readiness import build_instrument
from workbench.readiness.instrument import Instrument, Item, options, routed

ROOT = Path(__file__).resolve().parents[3]
LINES = (("motor", "Motor insurance"), ("home", "Home & contents"))
SALT = b"0123456789abcdef-a-salt-for-tests-only"
ROLE, LINE, UNIT = "My role", "The product line I answer for", "My team or department"
WHOLE = "The whole organisation"


def load_instrument() -> Instrument:
    """Return the instrument that ships with the workbench."""
    path = ROOT / "templates" / "instruments" / "project-to-product.yaml"
    return build_instrument(yaml.safe_load(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Person:
    """Somebody who answered, and everything that must not be written."""

    number: int
    first: str
    last: str
    role: str
    line: str
    unit: str
    started: dt.datetime
    seconds: int
    answers: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    status: str = "answer"
    is_finished: bool = True

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self.first}.{self.last}@secret-client.example".lower()

    @property
    def ip(self) -> str:
        """Where they sat."""
        return f"203.0.113.{self.number}"

    @property
    def completed(self) -> dt.datetime:
        """When they sent it."""
        return self.started + dt.timedelta(seconds=self.seconds)


def make_people(instrument: Instrument, count: int = 8, *, seed: int = 1) -> tuple[Person, ...]:
    """Return people with answers drawn at random: every stored value, blanks, a reason, open answers."""
    draw = random.Random(seed)  # noqa: S311 - sample data
    roles = [role.id for role in instrument.roles]
    found = []
    for number in range(1, count + 1):
        role = roles[number % len(roles)]
        answers, reasons = {}, {}
        for name in routed(instrument, role):
            item = instrument.item(name)
            if item.kind == "open" or draw.random() < 0.08:
                continue
            answers[name] = draw.choice([option.value for option in options(instrument, item)])
            if answers[name] == "not applicable" and not reasons:
                reasons[name] = f"Our line has none of it – since {number} May"
        if number == 2 and any(instrument.item(name).kind == "open" for name in routed(instrument, role)):
            answers["d07_5"] = "cannot name any"
        found.append(
            Person(
                number,
                f"Anna{number}",
                "Größler" if number % 2 else "O'Hara",
                role,
                ("motor", "home", "")[number % 3],
                ("Claims", "IT", "Vertrieb & Service")[number % 3],
                dt.datetime(2026, 9, 13 + number % 9, 8 + number % 12, 3 * number % 60, 7),
                300 + 60 * number,
                answers,
                reasons,
                "" if "d07_5" in answers else f"Pension migration; {number}% faster claims; agents = more",
            )
        )
    return tuple(found)


def expected_rows(
    people: Sequence[Person], instrument: Instrument, *, has_seconds: bool = True
) -> list[dict[str, str]]:
    """Return the rows of ``survey`` that an import should make of these people, without key and wave."""
    rows = []
    for person in people:
        row = {"role": person.role, "unit": person.unit, "product_line": person.line, **person.answers}
        row |= {f"{item}_reason": text for item, text in person.reasons.items()}
        if has_seconds:
            row["seconds"] = str(person.seconds)
        rows.append({column: value for column, value in row.items() if value})
    return rows


# -- what a cell says --------------------------------------------------------------------------------------------------

Say = Callable[[Instrument, Item, str], str]


def full_label(instrument: Instrument, item: Item, value: str) -> str:
    """Return the label as the form shows it."""
    return next(option.label for option in options(instrument, item) if option.value == value)


def letter_alone(instrument: Instrument, item: Item, value: str) -> str:
    """Return the leading letter of a level, the words of the rest."""
    option = next(option for option in options(instrument, item) if option.value == value)
    return option.label[0] if option.meaning == "level" else option.label


def other_spelling(instrument: Instrument, item: Item, value: str) -> str:
    """Return the label as somebody typed it anew: other case, spaces and punctuation."""
    return f"  {full_label(instrument, item, value).upper().replace(' ', '  ').rstrip('.')} ;"


def place_shown(instrument: Instrument, item: Item, value: str) -> str:
    """Return the number of the option, as it is shown."""
    return str(1 + [option.value for option in options(instrument, item)].index(value))


def place_reversed(instrument: Instrument, item: Item, value: str) -> str:
    """Return the number of the option, counted from the last."""
    shown = [option.value for option in options(instrument, item)]
    return str(len(shown) - shown.index(value))


def answer_code(instrument: Instrument, item: Item, value: str) -> str:
    """Return the code of the option in a form that we write for LimeSurvey."""
    return f"A{place_shown(instrument, item, value)}"


@dataclass(frozen=True)
class Question:
    """A question of a form: what is asked, and what a person's cell says."""

    id: str
    text: str
    cell: Callable[[Person], str]
    labels: tuple[str, ...] = ()


def questions(instrument: Instrument, say: Say = full_label, *, reasons: bool = True) -> list[Question]:
    """Return the questions of a form for all roles, in reading order."""
    role_names = {role.id: role.name for role in instrument.roles}
    lines = {**dict(LINES), "": WHOLE}
    found = [
        Question("role", ROLE, lambda person: role_names[person.role], tuple(role_names.values())),
        Question("product_line", LINE, lambda person: lines[person.line], tuple(lines.values())),
        Question("unit", UNIT, lambda person: person.unit),
    ]
    for item in instrument.items:
        labels = tuple(option.label for option in options(instrument, item)) if item.kind != "open" else ()
        found.append(Question(item.id, item.statement, _cell(instrument, item, say), labels))
        if reasons and item.kind != "open":
            asked = f"Why does this not apply? {item.statement}"
            found.append(
                Question(f"{item.id}_reason", asked, lambda person, name=item.id: person.reasons.get(name, ""))
            )
    return found


def _cell(instrument: Instrument, item: Item, say: Say) -> Callable[[Person], str]:
    def cell(person: Person) -> str:
        value = person.answers.get(item.id, "")
        if item.kind == "open":
            return "I cannot name any" if value else person.words if item.id in routed(instrument, person.role) else ""
        return say(instrument, item, value) if value else ""

    return cell


# -- files -------------------------------------------------------------------------------------------------------------


def as_csv(
    rows: Sequence[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8", ends: str = "\r\n"
) -> bytes:
    """Return rows as CSV."""
    held = io.StringIO(newline="")
    csv.writer(held, delimiter=delimiter, lineterminator=ends).writerows(rows)
    return held.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Any]], *, sheet: str = "Sheet1") -> bytes:
    """Return rows as a workbook; text is text."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append([None if cell == "" else cell for cell in row])
    for line in page.iter_rows():
        for cell in line:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


MICROSOFT_HEADERS = {
    "en": ("ID", "Start time", "Completion time", "Email", "Name", "Last modified time"),
    "de": ("ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name", "Zeitpunkt der letzten Änderung"),
    "fr": ("ID", "Heure de début", "Heure de fin", "E-mail", "Nom", "Heure de la dernière modification"),
    "es": (
        *("ID", "Hora de inicio", "Hora de finalización", "Correo electrónico", "Nombre"),
        "Hora de la última modificación",
    ),
}


def microsoft_rows(
    people: Sequence[Person],
    asked: Sequence[Question],
    *,
    language: str = "en",
    time: Callable[[dt.datetime], Any] = lambda moment: moment,
    anonymous: bool = False,
    quiz: bool = False,
    reverse: bool = False,
) -> list[list[Any]]:
    """Return an export of Microsoft Forms."""
    header: list[Any] = [*MICROSOFT_HEADERS[language]]
    rows = []
    for person in people:
        who = ("anonymous", "") if anonymous else (person.email, f"{person.first} {person.last}")
        rows.append([str(person.number), time(person.started), time(person.completed), *who, ""])
    if quiz:
        header += ["Total points", "Quiz feedback"]
        rows = [[*row, "12", "well done"] for row in rows]
    for question in asked:
        header.append(question.text)
        rows = [[*row, question.cell(person)] for row, person in zip(rows, people, strict=True)]
        if quiz:
            header += [f"Points - {question.text}", f"Feedback - {question.text}"]
            rows = [[*row, "1", ""] for row in rows]
    table = [header, *rows]
    return [row[::-1] for row in table] if reverse else table


GOOGLE_HEADERS = {
    "en": ("Timestamp", "Email Address"),
    "de": ("Zeitstempel", "E-Mail-Adresse"),
    "fr": ("Horodateur", "Adresse e-mail"),
    "es": ("Marca temporal", "Dirección de correo electrónico"),
    "user": ("Timestamp", "Username"),
}


def google_rows(
    people: Sequence[Person],
    asked: Sequence[Question],
    *,
    language: str = "en",
    time: Callable[[dt.datetime], str] = lambda moment: moment.strftime("%Y/%m/%d %I:%M:%S %p GMT+2"),
    grid: bool = False,
    anonymous: bool = False,
) -> list[list[Any]]:
    """Return an export of Google Forms."""
    fixed = GOOGLE_HEADERS[language][: 1 if anonymous else 2]
    is_item = [question.id.startswith("d") and not question.id.endswith("reason") for question in asked]
    header = [
        f"How it is here [{question.text}]" if grid and item else question.text
        for question, item in zip(asked, is_item, strict=True)
    ]
    rows = [
        [time(person.completed), *([] if anonymous else [person.email]), *(question.cell(person) for question in asked)]
        for person in people
    ]
    return [[*fixed, *header], *rows]


QUALTRICS_FIXED = (
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate"),
    *("ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference"),
    *("LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage"),
)
_QUALTRICS_IDS = (
    *("startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished", "recordedDate", "_recordId"),
    *("recipientLastName", "recipientFirstName", "recipientEmail", "externalDataReference", "locationLatitude"),
    *("locationLongitude", "distributionChannel", "userLanguage"),
)
_STATUS_WORDS = {"answer": "IP Address", "preview": "Survey Preview", "spam": "Spam"}
_STATUS_NUMBERS = {"answer": "0", "preview": "1", "spam": "8"}


def qualtrics_rows(
    people: Sequence[Person],
    asked: Sequence[Question],
    *,
    header_rows: int = 3,
    numbers: bool = False,
    matrix: bool = False,
    texts: str = "en",
) -> list[list[Any]]:
    """Return an export of Qualtrics."""
    fixed_texts = QUALTRICS_FIXED if texts == "en" else ("Startdatum", *QUALTRICS_FIXED[1:])
    codes = [f"Q{place}_1" if matrix else f"Q{place}" for place in range(1, len(asked) + 1)]
    stem = "How it is here - " if matrix else ""
    heads = [
        [*QUALTRICS_FIXED, *codes, "Q_RecaptchaScore"],
        [*fixed_texts, *(f"{stem}<b>{question.text}</b>" for question in asked), "Q_RecaptchaScore"],
        [
            *(f'{{"ImportId":"{name}","timeZone":"Europe/Berlin"}}' for name in _QUALTRICS_IDS),
            *(f'{{"ImportId":"QID{place}"}}' for place in range(101, 101 + len(asked))),
            '{"ImportId":"Q_RecaptchaScore"}',
        ],
    ][:header_rows]
    rows = []
    for person in people:
        status = (_STATUS_NUMBERS if numbers else _STATUS_WORDS)[person.status]
        finished = ("1" if numbers else "True") if person.is_finished else ("0" if numbers else "False")
        rows.append(
            [
                *(f"{person.started:%Y-%m-%d %H:%M:%S}", f"{person.completed:%Y-%m-%d %H:%M:%S}", status, person.ip),
                *("100" if person.is_finished else "40", str(person.seconds), finished),
                *(f"{person.completed:%Y-%m-%d %H:%M:%S}", f"R_{person.number:03}", person.last, person.first),
                *(person.email, f"EMP{person.number}", "52.52", "13.40"),
                *("preview" if person.status == "preview" else "email", "EN"),
                *(question.cell(person) or ("-99" if numbers else "") for question in asked),
                "0.9",
            ]
        )
    return [*heads, *rows]


def qualtrics_legacy_rows(people: Sequence[Person], asked: Sequence[Question]) -> list[list[Any]]:
    """Return a legacy export of Qualtrics: V1 to V10, two header rows, an empty last column."""
    fixed = (
        *("ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress", "IPAddress", "Status"),
        *("StartDate", "EndDate", "Finished"),
    )
    rows = [
        [
            *(f"R_{person.number:03}", "Default Response Set", f"{person.last}, {person.first}", "", person.email),
            *(person.ip, _STATUS_NUMBERS[person.status], f"{person.started:%Y-%m-%d %H:%M:%S}"),
            *(f"{person.completed:%Y-%m-%d %H:%M:%S}", "1" if person.is_finished else "0"),
            *(question.cell(person) for question in asked),
            "",
        ]
        for person in people
    ]
    return [
        [*(f"V{place}" for place in range(1, 11)), *(f"Q{place}" for place in range(1, len(asked) + 1)), ""],
        [*fixed, *(question.text for question in asked), ""],
        *rows,
    ]


SURVEYMONKEY_FIXED = (
    *("Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name"),
    *("Last Name", "Custom Data 1"),
)


def surveymonkey_rows(
    people: Sequence[Person],
    asked: Sequence[Question],
    *,
    expanded: bool = False,
    repeated: bool = False,
    older: bool = False,
    time: Callable[[dt.datetime], str] = lambda moment: moment.strftime("%m/%d/%Y %I:%M:%S %p"),
    number: Callable[[str], str] = lambda label: label,
) -> list[list[Any]]:
    """Return an export of SurveyMonkey; expanded has a column for each option of a choice."""
    fixed = [name.replace(" ", "") if older else name for name in SURVEYMONKEY_FIXED]
    top: list[Any] = [*fixed]
    below: list[Any] = [""] * len(top)
    rows = [
        [
            *(str(11_000_000 + person.number), "404", time(person.started), time(person.completed), person.ip),
            *(person.email, person.first, person.last, f"EMP{person.number}"),
        ]
        for person in people
    ]
    for question in asked:
        if expanded and question.labels:
            for place, label in enumerate(question.labels):
                top.append(question.text if place == 0 or repeated else "")
                below.append(label)
                rows = [
                    [*row, number(label) if question.cell(person) == label else ""]
                    for row, person in zip(rows, people, strict=True)
                ]
        else:
            top.append(question.text)
            below.append("Response" if question.labels else "Open-Ended Response")
            rows = [[*row, question.cell(person)] for row, person in zip(rows, people, strict=True)]
    return [top, below, *rows]


_LIMESURVEY_TEXTS = (
    *("Response ID", "Date submitted", "Last page", "Start language", "Seed", "Date started", "Date last action"),
    *("IP address", "Referrer URL", "Access code"),
)
LIMESURVEY_FIXED = {
    "code": (
        *("id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr", "refurl"),
        "token",
    ),
    "full": _LIMESURVEY_TEXTS,
    "abbreviated": _LIMESURVEY_TEXTS,
    "fr": (
        *("ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Tête de série"),
        *("Date de lancement", "Date de la dernière action", "Adresse IP", "URL de référence", "Code d'accès"),
    ),
    "es": (
        *("ID de respuesta", "Fecha de envío", "Última página", "Lenguaje inicial", "Semilla", "Fecha de inicio"),
        *("Fecha de la última acción", "Dirección IP", "URL de referencia", "Código de acceso"),
    ),
    "de": (
        *("Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Zufallsstartwert", "Datum gestartet"),
        *("Datum letzte Aktivität", "IP-Adresse", "Weiterleitungs-URL", "Zugangscode"),
    ),
}


def limesurvey_rows(
    people: Sequence[Person],
    asked: Sequence[Question],
    *,
    headings: str = "code",
    stamps: bool = True,
    timings: bool = True,
    cut: int = 40,
) -> list[list[Any]]:
    """Return an export of LimeSurvey."""

    def code(name: str) -> str:
        return name.replace("_reason", "qreason").replace("_", "q")

    def head(question: Question) -> str:
        if headings == "code":
            return code(question.id)
        if headings == "codetext":
            return f"{code(question.id)}. {question.text}"
        if headings == "abbreviated" and len(question.text) > cut:
            return f"{question.text[:cut].rstrip()}.. "
        return question.text

    fixed = LIMESURVEY_FIXED.get(headings) or tuple(
        f"{name}. {text}" for name, text in zip(LIMESURVEY_FIXED["code"], _LIMESURVEY_TEXTS, strict=True)
    )
    times = ["interviewtime", "groupTime12", *(f"{code(question.id)}Time" for question in asked[:3])]
    if headings != "code":
        times = [
            "Total time",
            "Group time: About you",
            *(f"Question time: {code(question.id)}" for question in asked[:3]),
        ]
    times = times if timings else []
    rows = []
    for person in people:
        never = "1980-01-01 00:00:00"
        started = f"{person.started:%Y-%m-%d %H:%M:%S}" if stamps else never
        sent = f"{person.completed:%Y-%m-%d %H:%M:%S}" if stamps else never
        rows.append(
            [
                *(
                    str(person.number),
                    sent if person.is_finished else "",
                    "9",
                    "en",
                    "1234",
                    started,
                    started,
                    person.ip,
                ),
                *("https://intranet.example/anna", person.email),
                *(question.cell(person) for question in asked),
                *([f"{person.seconds}.4", "20.5", "1.5", "2.5", "3.5"] if timings else []),
            ]
        )
    return [[*fixed, *(head(question) for question in asked), *times], *rows]


def with_noise(people: Sequence[Person]) -> tuple[Person, ...]:
    """Return people with a preview, spam and an unfinished sheet among them."""
    first = people[0]
    more = (
        replace(first, number=90, first="Prev", status="preview"),
        replace(first, number=91, first="Spam", status="spam"),
        replace(first, number=92, first="Half", is_finished=False),
    )
    return (*people, *more)
