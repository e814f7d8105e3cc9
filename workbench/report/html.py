"""The report as one HTML page: self-contained, accessible, printable, asking nothing of the network.

Reads the report and computes nothing. All client text is escaped where it enters the templates of
``templates/report/``; the drawings come from chart values alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.errors import ReportError
from workbench.findings import Figure, Findings
from workbench.report.audience import quoted_figures
from workbench.report.chapter import Chapter
from workbench.report.chart import Chart
from workbench.report.commentary import Remark, day_words
from workbench.report.exhibit import Exhibit, Note, Picture
from workbench.report.page import Page
from workbench.report.story import Report
from workbench.report.tables import Column, Table
from workbench.report.values import heading, keep_together

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing. The last two do not inherit from the first."""

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "report"
"""Where the page's templates are."""

MOST_ROWS = 48
"""Plotted numbers that a page lists; all of them are in the workbook beside it."""

BROAD = 13
"""A table wider than this (a column of numbers counts one, of text two) is printed on a page of its own, sideways."""


def render_html(report: Report) -> str:
    """Return the report as one page.

    Parameters
    ----------
    report : Report
        Checked with `workbench.report.story.check_report` by whoever publishes it.

    Raises
    ------
    ReportError
        The page's templates are not there.
    """
    return rendered("report.html", _whole(report))


def render_pages(report: Report) -> dict[str, str]:
    """Return the pages for one reader each, by key; each can be sent alone.

    Parameters
    ----------
    report : Report
        As for `render_html`.
    """
    return {key: rendered("page.html", _page(report, held)) for key, held in report.pages().items()}


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Return a page of ours: self-contained, everything escaped that is no drawing of ours.

    Parameters
    ----------
    template : str
        File of ``templates/report/``.
    values : mapping
        What it shows; the style and the policy come by themselves.

    Raises
    ------
    ReportError
        The templates are not there.
    """
    from markupsafe import Markup

    if not TEMPLATES.is_dir():
        raise ReportError(("The templates of the report are missing: templates/report.",))
    css = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    policy = Markup(POLICY)  # noqa: S704 - ours
    page = _templates(TEMPLATES).get_template(template).render(css=css, policy=policy, **values)
    return _with_shared_styles(page) + "\n"


@lru_cache(maxsize=4)
def _templates(folder: Path) -> Environment:
    """Return the templates of a folder; each is compiled once, and again when its file has changed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_keep_together,
    )
    pages.globals["most_rows"] = MOST_ROWS
    pages.filters["runs"] = runs_of
    return pages


def _with_shared_styles(page: str) -> str:
    """Write each style that many shapes of the drawings share once, as a class; a third of a drawing is such styles."""
    tags = (tag for drawing in _DRAWING.findall(page) for tag in _TAG.findall(drawing))
    used = Counter(style for tag in tags for style in _STYLE.findall(tag))
    names = {style: f"s{place}" for place, (style, times) in enumerate(used.most_common()) if times > 1}

    def shared(found: re.Match[str]) -> str:
        name = names.get(found.group(1))
        return found.group(0) if name is None else f' class="{name}"'

    def tidy(drawing: re.Match[str]) -> str:
        return _TAG.sub(lambda tag: _STYLE.sub(shared, tag.group(0)), drawing.group(0))

    short = _DRAWING.sub(tidy, page)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    return short.replace("</style>", f"{rules}</style>", 1)


_DRAWING, _TAG, _STYLE = (
    re.compile(r"<svg\b.*?</svg>", re.DOTALL),
    re.compile(r"<[^<>]*>"),
    re.compile(r' style="([^"{}]*)"'),
)
"""Styles are looked for in the tags of our own drawings, which hold no client's words: these stand between them."""


def runs_of(ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return ids as a reader takes them in: each once, three or more that follow each other by their ends.

    Examples
    --------
    >>> runs_of(["R-002", "R-007", "R-008", "R-009", "R-002"])
    [('R-002', ''), ('R-007', 'R-009')]
    """
    runs: list[list[str]] = []
    for name in dict.fromkeys(ids):
        follows = bool(runs) and _place(name) == (_place(runs[-1][-1])[0], _place(runs[-1][-1])[1] + 1)
        runs[-1].append(name) if follows else runs.append([name])
    short = [[run] if len(run) > 2 else [[name] for name in run] for run in runs]
    return [(run[0], run[-1] if len(run) > 1 else "") for group in short for run in group]


def _place(name: str) -> tuple[str, int]:
    letter, _, number = name.partition("-")
    return letter, int(number) if number.isdigit() else -1


def _keep_together(value: Any) -> Any:
    """Tie a number to its unit, so that no line begins with "%"; drawings and our own markup stay as they are."""
    if type(value) is not str:
        return value
    return keep_together(value)


def _frame(report: Report) -> dict[str, Any]:
    """Gather what every page prints: whose it is, and for whom."""
    meta = report.meta
    eyebrow = [f"As of {_day(meta.as_of)}" if meta.as_of else "", meta.confidentiality, report.audience.words]
    return {
        "language": meta.language,
        "title": f"{meta.client}: report as of {_day(meta.as_of)}" if meta.as_of else f"{meta.client}: report",
        "client": meta.client,
        "confidentiality": meta.confidentiality,
        "brand": meta.brand,
        "eyebrow": [words for words in eyebrow if words],
    }


def _page(report: Report, held: list[tuple[Chapter, Page]]) -> dict[str, Any]:
    """Gather what a page for one reader prints: a section a chapter."""
    places = {exhibit.key: place for place, exhibit in enumerate((e for _, p in held for e in p.exhibits), start=1)}
    first = next(iter(held[0][1].headline))
    sections = []
    for chapter, page in held:
        key, headline = page.key, _findings(page.headline, report, chapter, "headline", page.key)
        sections.append(
            {
                "target": f"chapter-{chapter.pillar}",
                "title": chapter.title,
                "question": page.question,
                "headline": headline[1:] if page is held[0][1] else headline,
                "exhibits": [_exhibit(report, exhibit, places[exhibit.key]) for exhibit in page.exhibits],
                "next_steps": _findings(page.next_steps, report, chapter, "next-steps", key),
                "cautions": _findings(page.cautions, report, chapter, "cautions", key),
            }
        )
    figures = [_figures(report, chapter, set(page.figure_ids())) for chapter, page in held]
    return {
        **_frame(report),
        "about": held[0][1].title,
        "answer": first.claim,
        "lead": first.detail,
        "lead_ids": list(first.figures),
        "answer_remarks": _remarks(report.words.at(held[0][0].pillar, held[0][1].key, "headline/0")),
        "remarks": _remarks(report.words.at(page=held[0][1].key)),
        "sections": sections,
        "left_out": _left_out(report, held[0][1].key),
        "figures": [{**group, "others": 0} for group in figures if group["rows"]],  # results.json is not sent along
    }


def _whole(report: Report) -> dict[str, Any]:
    """Gather what the templates print of the whole report."""
    places = {exhibit.key: place for place, (_, exhibit) in enumerate(_reading_order(report), start=1)}
    chapters = [_chapter(report, chapter, places) for chapter in report.chapters]
    appendix = [_without_ids(_exhibit(report, e, places[e.key])) for _, e in report.exhibits() if e.is_appendix]
    left_out = _left_out(report)
    front, quoted = report.front, _quoted(report)
    first = front.headline[0] if len(front.headline) else None
    contents = [{"target": chapter["target"], "words": chapter["title"]} for chapter in chapters]
    contents += [{"target": "open-questions", "words": "What we could not answer"}]
    contents += [{"target": "method", "words": "Method and data"}]
    contents += [{"target": "appendix", "words": "Further exhibits"}] if appendix else []
    contents += [{"target": "left-out", "words": "What was left out"}] if left_out else []
    contents += [{"target": "figures", "words": "Every number"}]
    return {
        **_frame(report),
        "answer": first.claim if first is not None else "What the numbers say.",
        "lead": first.detail if first is not None else "",
        "answer_remarks": _remarks(report.words.at(front.pillar, spot="headline/0")),
        "cards": _cards(report),
        "carrying": _findings(front.headline, report, front, "headline")[1:],
        "carrying_remarks": _remarks(report.words.at(front.pillar, spot="headline")),
        "pages": [{"address": f"pages/{key}.html", "words": held[0][1].title} for key, held in report.pages().items()],
        "contents": contents,
        "chapters": chapters,
        "appendix": appendix,
        "left_out": left_out,
        "open_questions": _open_questions(report),
        "files": _files(report),
        "figures": [_figures(report, chapter, quoted) for chapter in report.chapters if len(chapter.figures)],
    }


def _reading_order(report: Report) -> list[tuple[Chapter, Exhibit]]:
    """Return the exhibits as the page shows them: all bodies, then what stands behind."""
    return sorted(report.exhibits(), key=lambda pair: pair[1].is_appendix)


def _day(text: str) -> str:
    try:
        return theme.day(dt.date.fromisoformat(text))
    except ValueError:
        return text


def _cards(report: Report) -> list[dict[str, Any]]:
    """Return each answer with one number and how sure it is: the summary's, or what the chapters quote first."""
    cards = []
    for chapter in report.body:
        if not len(chapter.headline):
            continue
        first = chapter.headline[0]
        answer, sure = _summed_up(report, chapter.pillar)
        quoted = (held for name in first.figures if (held := report.figure(name)) is not None)
        figure = answer if answer is not None else next(quoted, None)
        number = theme.MISSING if figure is None else _written(figure, report.meta.currency)
        cards.append(
            {
                "title": chapter.title,
                "claim": first.claim,
                "number": number,
                "is_word": len(number) > 9,
                "name": figure.name if figure is not None else "no number",
                "ids": [figure.id] if figure is not None else [],
                "sure": sure or _sure(figure, report.meta.currency),
            }
        )
    return cards


def _summed_up(report: Report, pillar: str) -> tuple[Figure | None, str]:
    """Return the summary's number for a pillar and its certainty in words."""
    numbers = report.summary.figures if report.summary is not None else ()
    held = {figure.key: figure for figure in numbers}
    answer, sure = held.get(f"answer/{pillar}"), held.get(f"sure/{pillar}")
    return answer, str(sure.value) if sure is not None and sure.value else ""


def _written(figure: Figure, currency: str) -> str:
    return theme.formatted(figure.value, figure.unit, currency)


def _sure(figure: Figure | None, currency: str) -> str:
    """Return the interval in words."""
    if figure is None or figure.low is None or figure.high is None:
        return ""
    low, high = (theme.formatted(value, figure.unit, currency) for value in (figure.low, figure.high))
    return f"Likely between {low} and {high}." if low != high else ""


def _chapter(report: Report, chapter: Chapter, places: dict[str, int]) -> dict[str, Any]:
    # The front page already says what the summary says.
    headline = [] if chapter is report.front else _findings(chapter.headline, report, chapter, "headline")
    words = report.words
    return {
        "target": f"chapter-{chapter.pillar}",
        "title": chapter.title,
        "question": chapter.question,
        "remarks": _remarks(words.at(chapter.pillar)),
        "headline": headline,
        "headline_remarks": _remarks(words.at(chapter.pillar, spot="headline")) if headline else [],
        "exhibits": [_exhibit(report, held, places[held.key]) for held in chapter.exhibits if not held.is_appendix],
        "cautions": _findings(chapter.cautions, report, chapter, "cautions"),
        "cautions_remarks": _remarks(words.at(chapter.pillar, spot="cautions")),
        "next_steps": _findings(chapter.next_steps, report, chapter, "next-steps"),
        "next_steps_remarks": _remarks(words.at(chapter.pillar, spot="next-steps")),
        "method": [part.strip() for part in chapter.method.split("\n\n") if part.strip()],
        "method_remarks": _remarks(words.at(chapter.pillar, spot="method")),
    }


def _findings(
    findings: Findings, report: Report, chapter: Chapter, heading: str, page: str = ""
) -> list[dict[str, Any]]:
    return [
        {
            "claim": held.claim,
            "detail": held.detail,
            "ids": list(held.figures),
            "remarks": _remarks(report.words.at(chapter.pillar, page, f"{heading}/{place}")),
        }
        for place, held in enumerate(findings)
    ]


def _remarks(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    """Return words as the page prints them: signed, and marked where the numbers have moved since."""
    return [
        {"words": held.text, "signed": held.signed, "is_reply": held.action == "reply", "moved": held.moved}
        for held in remarks
    ]


def _left_out(report: Report, page: str = "") -> list[dict[str, Any]]:
    """Return what the consultant left out: of one page, or of the whole report with its pages."""
    titles = {key: held[0][1].title for key, held in report.pages().items()}
    return [
        {
            "claim": held.claim,
            "subtitle": held.subtitle,
            "place": titles.get(held.page, held.page) or held.chapter,
            "doubts": list(held.doubts),
            "by": ", ".join(part for part in (held.author, day_words(held.date)) if part),
            "reason": held.reason,
        }
        for held in report.words.left_out
        if not page or held.page == page
    ]


def _exhibit(report: Report, exhibit: Exhibit, place: int) -> dict[str, Any]:
    from markupsafe import Markup

    from workbench.report.drawing.draw import page_svg

    content = exhibit.content
    view: dict[str, Any] = {
        "key": exhibit.key,
        "place": place,
        "claim": exhibit.claim,
        "subtitle": exhibit.subtitle,
        "source": exhibit.source,
        "alt": exhibit.alt,
        "comments": list(exhibit.comments),
        "remarks": _remarks(report.words.under(exhibit)),
        "table": _table(exhibit.data()),
        "kind": "table",
        "extra": [],
    }
    if isinstance(content, Chart):
        # The drawing is ours, made of escaped text: see `workbench.report.drawing.svg.write_svg`.
        wide, narrow = page_svg(content), page_svg(content, is_phone=True)
        view |= {"kind": "chart", "wide": Markup(wide), "narrow": Markup(narrow)}  # noqa: S704
        if content.reference is not None:
            words = f"{heading(content.reference_label) or 'Reference'}: {content.write(content.reference)}."
            view["extra"].append(words)
        view["extra"] += [f"{when}: {words}" for when, words in content.marks]
    elif isinstance(content, Picture):
        view |= {"kind": "picture", "address": _data_address(content)}
    elif isinstance(content, Note):
        view |= {"kind": "note", "detail": content.detail}
    return view


def _data_address(picture: Picture) -> str:
    """Return the smaller drawing as an image: unlike inline SVG, an image can neither run nor load anything."""
    svg = base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
    is_vector = len(svg) <= len(picture.png)
    return f"data:image/svg+xml;base64,{svg}" if is_vector else f"data:image/png;base64,{picture.png}"


def _table(table: Table) -> dict[str, Any]:
    is_number = [column.unit != "text" for column in table.columns]
    ids = table.figures or ((),) * len(table)
    return {
        "heads": [
            {"words": words, "is_number": number} for words, number in zip(table.headers(), is_number, strict=True)
        ],
        "rows": [
            {
                "cells": [
                    {"words": words, "is_number": number} for words, number in zip(cells, is_number, strict=True)
                ],
                "ids": list(names),
                "is_total": place in table.totals,
            }
            for place, (cells, names) in enumerate(zip(table.cells(), ids, strict=True))
        ],
        "has_ids": bool(table.figures),
        "long": len(table) if len(table) > MOST_ROWS else 0,
        "is_broad": sum(1 if number else 2 for number in is_number) > BROAD,
    }


def _open_questions(report: Report) -> dict[str, Any]:
    rows = dict.fromkeys(
        (chapter.title, off.reason, ", ".join(off.tables) or theme.MISSING)
        for chapter in report.chapters
        for off in chapter.off
    )
    columns = (Column("pillar", "Question"), Column("reason", "Why not"), Column("tables", "Which file would"))
    return _table(Table(columns, tuple(rows), "", "", "", ""))


def _files(report: Report) -> dict[str, Any]:
    columns = (Column("file", "File"), Column("kilobytes", "Size (kB)", "count"), Column("hash", "Fingerprint"))
    rows = tuple((path, size / 1000, digest[:16]) for path, size, digest in report.meta.sources)
    return _table(Table(columns, rows, "", "", "", ""))


def _figures(report: Report, chapter: Chapter, quoted: set[str]) -> dict[str, Any]:
    """Return the chapter's numbers that the page quotes; a reader who wants them all has results.json."""
    currency = report.meta.currency
    shown = [figure for figure in chapter.figures if figure.id in quoted]
    usual, times = Counter(figure.source for figure in shown).most_common(1)[0] if shown else ("", 0)
    usual = usual if times > 1 else ""
    rows = []
    for figure in shown:
        low, high = (theme.formatted(value, figure.unit, currency) for value in (figure.low, figure.high))
        rows.append(
            {
                "id": figure.id,
                "name": figure.name,
                "value": _written(figure, currency),
                "interval": f"{low} to {high}" if figure.low is not None and figure.high is not None else "",
                "n": theme.number(figure.n, 0) if figure.n is not None else "",
                "source": figure.source if figure.source != usual else "",
            }
        )
    return {"title": chapter.title, "rows": rows, "usual": usual, "others": len(chapter.figures) - len(rows)}


def _without_ids(view: dict[str, Any]) -> dict[str, Any]:
    """Return a further exhibit as the page prints it: numbers in its table alone, their ids in the workbook.

    Some twenty further exhibits would otherwise make the list of every number longer than the rest of the page.
    """
    return {**view, "table": {**view["table"], "has_ids": False}}


def _quoted(report: Report) -> set[str]:
    """Return the ids of all figures that the report names; pages list their own, further exhibits none."""
    bodies = (
        replace(chapter, pages=(), exhibits=tuple(e for e in chapter.exhibits if not e.is_appendix))
        for chapter in report.chapters
    )
    ids = set().union(*(quoted_figures(body) for body in bodies))
    return ids | ({figure.id for figure in report.summary.figures} if report.summary is not None else set())
