"""The survey as a folder to send: forms for each tool, an invitation, a privacy note, the works council's pack.

The words stand in ``templates/survey/`` and are a firm's to change. What people must fill in (who runs the tool, how
long answers are kept) is marked in yellow; a document that was filled in is never written over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.places import engagement_folder, find_root, reports_folder
from workbench.errors import UsageError, writing_to
from workbench.report.audience import AUDIENCES, EVERYTHING, Audience

if TYPE_CHECKING:
    from workbench.engagement.forms.form import Form
    from workbench.engagement.load import Engagement
    from workbench.readiness.instrument import Instrument

DOCUMENTS = ("README.txt", "invitation.txt", "privacy-note.html", "works-council.html")
FILLED_IN = DOCUMENTS[1:]
"""Documents that people complete by hand, and that a second run leaves as they are."""

READERS = {
    "board": "The board",
    "line_owner": "Owners of product lines",
    "staff": "Everybody who works here",
    "works_council": "The works council",
}
PILLARS = {
    "readiness": "how work is organised (this survey)",
    "outcomes": "results of products",
    "allocation": "the proposal for people and money",
}
CONSULTANTS = "the consultants"


@dataclass(frozen=True)
class SurveyPack:
    """What was written.

    Attributes
    ----------
    folder : Path
    files : tuple of str
        Relative to the folder.
    kept : tuple of str
        Documents that were filled in before and were left; the new text lies beside them as ``….new.…``.
    blanks : int
        Fields that people must fill in before anything goes out.
    """

    folder: Path
    files: tuple[str, ...]
    kept: tuple[str, ...]
    blanks: int


def write_survey_pack(engagement: Engagement, *, out: Path | None = None, root: Path | None = None) -> SurveyPack:
    """Write the survey of an engagement.

    Parameters
    ----------
    engagement : Engagement
    out : Path, optional
        By default ``reports/NAME/survey``; never inside the client's folder, where every file is input.
    root : Path, optional
        The workbench's folder; by default what `find_root` finds.

    Raises
    ------
    UsageError
        The folder lies inside the client's.
    """
    from workbench.engagement.exports.client_folder import write_together
    from workbench.engagement.forms.form import build_forms
    from workbench.engagement.inputs_readiness import read_instrument

    root = root if root is not None else find_root()
    folder = (out if out is not None else reports_folder(root) / engagement.name / "survey").resolve()
    inside = engagement_folder(engagement.folder, root=root).resolve()
    if folder == inside or folder.is_relative_to(inside):
        raise UsageError(
            "The survey cannot be written into the client's folder: every file there is input. Name another."
        )
    instrument = read_instrument(engagement.tables)
    forms = build_forms(engagement.tables, instrument)
    files: dict[str, bytes] = {**_forms(forms, instrument.language), **_documents(engagement, instrument, forms, root)}
    kept: list[str] = []
    written: dict[Path, bytes] = {}
    with writing_to(folder, "--out"):
        for name, content in files.items():
            target = folder / name
            if name in FILLED_IN and target.is_file() and target.read_bytes() != content:
                kept.append(name)
                target = target.with_name(f"{target.stem}.new{target.suffix}")
            written[target] = content
        write_together(written)
    blanks = sum(content.count(b'<span class="fill">') for content in files.values())
    return SurveyPack(folder, tuple(files), tuple(kept), blanks)


def _forms(forms: tuple[Form, ...], language: str) -> dict[str, bytes]:
    from workbench.engagement.forms import files

    writers: Mapping[str, tuple[str, Callable[[Form], bytes]]] = {
        "qualtrics": ("txt", files.write_qualtrics),
        "limesurvey": ("txt", lambda form: files.write_limesurvey(form, language=language)),
        "google-forms": ("gs", files.write_google_forms),
        "microsoft-forms": ("docx", files.write_word),
        "surveymonkey": ("txt", files.write_text),
    }
    return {
        f"{vendor}/{form.role}.{suffix}": write(form) for vendor, (suffix, write) in writers.items() for form in forms
    }


def _documents(engagement: Engagement, instrument: Instrument, forms: tuple[Form, ...], root: Path) -> dict[str, bytes]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    templates = root / "templates" / "survey"
    pages = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = Markup((templates / "survey.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    facts = {**_facts(engagement, instrument, forms), "css": css}
    return {name: pages.get_template(name).render(facts).encode("utf-8") for name in DOCUMENTS}


def _facts(engagement: Engagement, instrument: Instrument, forms: tuple[Form, ...]) -> dict[str, Any]:
    """Return all that the documents say: from the settings, the registers and the forms."""
    from workbench.engagement.forms.files import plain_line
    from workbench.engagement.forms.form import UNIT
    from workbench.engagement.keys import KEY_DIGITS
    from workbench.readiness.inputs import OPENLY_NAMED

    settings, tables = engagement.settings, engagement.tables
    asked = int(tables["population"]["headcount"].sum()) if "population" in tables else 0
    return {
        "name": engagement.name,
        "client": plain_line(settings.name),
        "firm": plain_line(settings.brand) if settings.brand else CONSULTANTS,
        "title": instrument.title,
        "instrument": f"{instrument.name} {instrument.version}",
        "source": instrument.source,
        "has_gates": bool(instrument.gates),
        "minimum": settings.minimum_group,
        "openly_named": settings.minimum_group == OPENLY_NAMED,
        "key_digits": KEY_DIGITS,
        "forms": forms,
        "minutes": _minutes(forms),
        "asked": asked,
        "has_units": any(question.id == UNIT for form in forms for question in form.questions),
        "questions": _questions(instrument, forms),
        "readers": [_reader(name, AUDIENCES[name]) for name in READERS if name in AUDIENCES],
    }


def _minutes(forms: tuple[Form, ...]) -> str:
    shortest, longest = (take(form.minutes for form in forms) for take in (min, max))
    return str(longest) if shortest == longest else f"{shortest} to {longest}"


def _questions(instrument: Instrument, forms: tuple[Form, ...]) -> list[dict[str, Any]]:
    """Return every question once, in reading order, with those who are asked it."""
    asked: dict[str, list[str]] = {}
    held = {}
    for form in forms:
        for question in form.items:
            asked.setdefault(question.id, []).append(form.role_name)
            held[question.id] = question
    return [
        {
            "number": item.printed,
            "text": held[item.id].text,
            "help": held[item.id].help,
            "options": held[item.id].options,
            "roles": ", ".join(asked[item.id]),
        }
        for item in instrument.items
        if item.id in held
    ]


def _reader(name: str, audience: Audience) -> dict[str, str]:
    chapters = [words for pillar, words in PILLARS.items() if audience.chapters is None or pillar in audience.chapters]
    lacks = [
        words for pillar, words in PILLARS.items() if audience.chapters is not None and pillar not in audience.chapters
    ]
    if "line" not in audience.pages:
        lacks.append("pages for single product lines")
    if audience != EVERYTHING and audience.withheld:
        lacks.append("gaps between named roles, and quotes")
    return {
        "name": READERS[name],
        "gets": f"{_listed(chapters)}; levels of groups, never answers".capitalize(),
        "lacks": (_listed(lacks) or "Single answers, and who took part").capitalize(),
    }


def _listed(texts: list[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)
