"""Forms as files that survey tools take, and as text to paste where a tool takes none.

- *Qualtrics*: text in the advanced format (support pages, "Preparing an Advanced Format TXT File"):
  ``[[AdvancedFormat]]`` first, ``[[Block:…]]``, ``[[Question:…]]``, ``[[ID:…]]``, ``[[Choices]]``, ``[[PageBreak]]``.
  It knows no routing.
- *LimeSurvey*: tab-separated survey structure (manual, "Tab Separated Value survey structure"): rows of class S, SL, G,
  Q, A in the columns of `LIMESURVEY_COLUMNS`. Codes of questions have letters and digits only, at most 20; codes of
  answers at most 5.
- *Google Forms*: an Apps Script that builds the form (reference of FormApp). All texts stand in one JSON value, so that
  none of them is ever code.
- *Microsoft Forms*: a Word document for its "Quick import"; no layout is published, so every question wants a look.
- *SurveyMonkey*: text to paste; we found no import format in print.

Texts of clients are data in each of them: HTML is escaped where a tool shows HTML, LimeSurvey's ``{expressions}`` and
Qualtrics' ``[[tags]]`` are taken apart, line breaks become spaces.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from workbench.engagement.forms.form import CHOICE, Form, Question

LIMESURVEY_COLUMNS = (
    *("id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation"),
    *("mandatory", "other", "default", "same_default"),
)
_LONGEST_CODE, _LONGEST_ANSWER = 20, 5

_SCRIPT = """\
/**
 * Builds one form of the survey. Open script.google.com, make a new project, paste all of this, press Run, and allow
 * it to make a form. The address of the form stands in the log. Addresses are collected so that answers of one person
 * can be linked across waves; they are turned into keys when the answers are imported (see the privacy note).
 */
function buildForm() {
  const form = FormApp.create(FORM.title);
  form.setTitle(FORM.title).setDescription(FORM.intro).setProgressBar(true);
  form.setCollectEmail(true).setAllowResponseEdits(true);
  FORM.sections.forEach(function (section, place) {
    if (place > 0) {
      form.addPageBreakItem().setTitle(section.title);
    }
    section.questions.forEach(function (question) {
      const item = question.options.length ? form.addMultipleChoiceItem() : form.addParagraphTextItem();
      item.setTitle(question.text).setHelpText(question.help).setRequired(question.needed);
      if (question.options.length) {
        item.setChoiceValues(question.options);
      }
    });
  });
  Logger.log(form.getEditUrl());
}
"""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def plain_line(text: str) -> str:
    r"""Return a text on one line, without characters that steer instead of being seen.

    Examples
    --------
    >>> plain_line("Motor\n insurance\u202e\x07")
    'Motor insurance'
    """
    seen = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text
        if unicodedata.category(character) not in ("Cf", "Cs")
    )
    return " ".join(seen.split())


def write_qualtrics(form: Form) -> bytes:
    """Return a form in Qualtrics' advanced text format."""
    lines = ["[[AdvancedFormat]]", ""]
    for place, section in enumerate(form.sections):
        lines += [f"[[Block:{_qualtrics(section.title)}]]", ""]
        if place == 0:
            intro = "<br><br>".join(_qualtrics(text) for text in form.intro)
            lines += ["[[Question:DB]]", "[[ID:intro]]", intro, "", "[[PageBreak]]", ""]
        for question in section.questions:
            kind = "MC:SingleAnswer:Vertical" if question.kind == CHOICE else "TE:Essay"
            text = _qualtrics(question.text)
            told = f"<br><small>{_qualtrics(question.help)}</small>" if question.help else ""
            lines += [f"[[Question:{kind}]]", f"[[ID:{question.id}]]", text + told]
            if question.options:
                lines += ["[[Choices]]", *(_qualtrics(option) for option in question.options)]
            lines.append("")
    return "\n".join(lines).encode("utf-8")


def _qualtrics(text: str) -> str:
    """Escape HTML and take tags apart; a line of two brackets would otherwise be a command."""
    return html.escape(plain_line(text), quote=False).replace("[", "&#91;").replace("]", "&#93;")


def limesurvey_code(name: str) -> str:
    """Return a code of LimeSurvey for an item: letters and digits, a letter first, at most 20.

    Examples
    --------
    >>> limesurvey_code("d01_1"), limesurvey_code("product_line")
    ('d01q1', 'productqline')
    """
    return re.sub(r"[^A-Za-z0-9]", "", name.replace("_", "q"))[:_LONGEST_CODE]


def limesurvey_codes(names: Iterable[str]) -> dict[str, str]:
    """Return a code for each question; where two would be the same, a number tells them apart.

    Examples
    --------
    >>> limesurvey_codes(["a_b", "aqb"])
    {'a_b': 'aqb', 'aqb': 'aqb2'}
    """
    codes: dict[str, str] = {}
    for name in names:
        code, number = limesurvey_code(name), 2
        while code in codes.values():
            code = f"{limesurvey_code(name)[: _LONGEST_CODE - len(str(number))]}{number}"
            number += 1
        codes[name] = code
    return codes


def write_limesurvey(form: Form, *, language: str = "en") -> bytes:
    """Return a form as LimeSurvey's tab-separated survey structure."""
    target = io.StringIO()
    writer = csv.DictWriter(target, LIMESURVEY_COLUMNS, restval="", delimiter="\t", lineterminator="\r\n")
    writer.writeheader()
    for name, value in (
        ("language", language),
        ("format", "G"),
        ("anonymized", "N"),
        ("datestamp", "Y"),
        ("showprogress", "Y"),
    ):
        writer.writerow({"class": "S", "name": name, "text": value})
    intro = "".join(f"<p>{_limesurvey(text)}</p>" for text in form.intro)
    for name, value in (("surveyls_title", _limesurvey(form.title)), ("surveyls_welcometext", intro)):
        writer.writerow({"class": "SL", "name": name, "text": value, "language": language})
    writer.writerows({**row, "language": language} for row in _limesurvey_rows(form))
    return b"\xef\xbb\xbf" + target.getvalue().encode("utf-8")


def _limesurvey_rows(form: Form) -> Iterator[dict[str, str]]:
    number = 0
    asked = [f"{held.id}_reason" for held in form.questions if held.reason_at is not None]
    codes = limesurvey_codes([*(held.id for held in form.questions), *asked])
    for place, section in enumerate(form.sections, start=1):
        group = {"id": str(place), "class": "G", "type/scale": f"G{place}", "relevance": "1"}
        yield {**group, "name": _limesurvey(section.title), "text": ""}
        for question in section.questions:
            number += 1
            code = codes[question.id]
            row = {"id": str(number), "class": "Q", "name": code, "relevance": "1", "other": "N"}
            row |= {"text": _limesurvey(question.text), "help": _limesurvey(question.help)}
            row |= {"type/scale": "L" if question.kind == CHOICE else "T"}
            yield {**row, "mandatory": "Y" if question.is_needed else "N"}
            for option, label in enumerate(question.options, start=1):
                answer = {"id": str(number), "class": "A", "type/scale": "0", "name": f"A{option}"[:_LONGEST_ANSWER]}
                yield {**answer, "relevance": "0", "text": _limesurvey(label)}
            if question.reason_at is not None:
                number += 1
                yield _reason_row(number, code, codes[f"{question.id}_reason"], question)


def _reason_row(number: int, code: str, own_code: str, question: Question) -> dict[str, str]:
    """Return the question for the reason, which only those see who said that it does not apply."""
    place = (question.reason_at or 0) + 1
    return {
        "id": str(number),
        "class": "Q",
        "type/scale": "S",
        "name": own_code,
        "relevance": f'{code}.NAOK == "A{place}"',
        "text": _limesurvey(f"Why does this not apply? {question.text}"),
        "help": "Please write no names.",
        "mandatory": "N",
        "other": "N",
    }


def _limesurvey(text: str) -> str:
    """Escape HTML, and braces, in which LimeSurvey would compute."""
    return html.escape(plain_line(text), quote=False).replace("{", "&#123;").replace("}", "&#125;")


def write_google_forms(form: Form) -> bytes:
    """Return an Apps Script that builds a form; its texts are one JSON value."""
    held = {
        "title": plain_line(form.title),
        "intro": "\n\n".join(plain_line(text) for text in form.intro),
        "sections": [
            {
                "title": plain_line(section.title),
                "questions": [
                    {
                        "text": plain_line(question.text),
                        "help": plain_line(question.help),
                        "options": [plain_line(option) for option in question.options],
                        "needed": question.is_needed,
                    }
                    for question in section.questions
                ],
            }
            for section in form.sections
        ],
    }
    # Plain ASCII: a quotation mark or U+2028 in a client's name stays inside its string.
    return f"{_SCRIPT}\nconst FORM = {json.dumps(held, ensure_ascii=True, indent=1)};\n".encode("ascii")


def write_word(form: Form) -> bytes:
    """Return a form as a Word document: numbered questions, one answer a line."""
    target = io.BytesIO()
    body = "".join(_paragraph(text, style) for text, style in _word_lines(form))
    document = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{_WORD}"><w:body>{body}'
        "<w:sectPr/></w:body></w:document>"
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("word/document.xml", document),
        ):
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode("utf-8"))
    return target.getvalue()


def _word_lines(form: Form) -> Iterator[tuple[str, str]]:
    yield form.title, "title"
    for text in form.intro:
        yield text, ""
    number = 0
    for section in form.sections:
        yield section.title, "section"
        for question in section.questions:
            number += 1
            yield f"{number}. {question.text}", "question"
            if question.help:
                yield question.help, "help"
            for option in question.options:
                yield option, "option"


def _paragraph(text: str, style: str) -> str:
    bold = {"title": '<w:b/><w:sz w:val="36"/>', "section": '<w:b/><w:sz w:val="28"/>', "question": "<w:b/>"}
    run = bold.get(style, "<w:i/>" if style == "help" else "")
    indent = '<w:ind w:left="400"/>' if style == "option" else ""
    before = '<w:spacing w:before="240" w:after="60"/>' if style in bold else '<w:spacing w:after="40"/>'
    return (
        f"<w:p><w:pPr>{before}{indent}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(plain_line(text))}</w:t></w:r></w:p>'
    )


def write_text(form: Form) -> bytes:
    """Return a form as text to paste: a question, its answers one a line, a blank line."""
    lines = [plain_line(form.title), "", *(plain_line(text) for text in form.intro), ""]
    for section in form.sections:
        lines += [f"== {plain_line(section.title)} ==", ""]
        for question in section.questions:
            lines.append(plain_line(question.text))
            if question.kind != CHOICE or question.help:
                lines.append(f"({plain_line(question.help) or 'text'})")
            lines += [plain_line(option) for option in question.options]
            lines.append("")
    return "\n".join(lines).encode("utf-8")
