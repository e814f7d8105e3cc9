"""Page one of the appendix: our numbers beside the books; and the exhibits that rest on a difference say so."""

import datetime as dt
import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
from report_samples import META

from workbench.engagement.tables import Tables
from workbench.findings import Figure, Finding, Findings, number_figures
from workbench.products import build_product_map
from workbench.report.chapter import Chapter, parse_chapter
from workbench.report.exhibit import Exhibit
from workbench.report.exhibits_tie_out import tie_out_appendix
from workbench.report.story import Report, check_report, mark_doubts
from workbench.report.summary import Summary
from workbench.report.tables import table

COLUMNS = (
    "measure",
    "scope",
    "period",
    "value",
    "source",
    "signed_off_by",
    "tolerance",
    "reason",
    "reason_by",
    "reason_on",
)


def totals(*rows):
    """Return control_totals with these rows; what is missing is blank."""
    return pd.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], columns=COLUMNS)


def study_with(frame):
    """Return an engagement of one line with one metric, and these totals."""
    products = pd.DataFrame({"product": ["car"], "name": ["Car"]})
    memberships = pd.DataFrame({"product": ["car"], "kind": ["product_line"], "parent": ["motor"], "share": [1.0]})
    lines = pd.DataFrame({"product_line": ["motor"], "name": ["Motor"]})
    metric = SimpleNamespace(metric="nps", label="NPS", unit="points", tables=("voice",))
    return SimpleNamespace(
        name="tiny",
        settings=SimpleNamespace(name="Tiny", as_of=dt.date(2026, 9, 30), currency="EUR"),
        products=build_product_map(products, memberships, lines),
        tables=Tables({} if frame is None else {"control_totals": frame}),
        outcomes=SimpleNamespace(catalogue=SimpleNamespace(metrics=(metric,))),
        allocation=SimpleNamespace(tables=("resources",)),
    )


def summary_with(chapter):
    """Return a summary of one chapter."""
    return Summary("Tiny", "EUR", (), (), (), (), (), (), (chapter,))


def chapter_with(share):
    """Return the chapter of outcomes whose total differs by this share, with an exhibit on NPS and one on days."""
    keys = {"control/nps/all/2026-08": share, "value/nps/product_line/motor": 20.0, "value/days/company/all": 9.0}
    figures = number_figures("O", [Figure("", key, key, value, "points") for key, value in keys.items()])
    chapter = Chapter(
        "outcomes",
        "Outcomes",
        "What do they say?",
        "tiny",
        "abc",
        Findings((Finding("Nothing moved."),)),
        figures=figures,
    )
    for name, key in (("all", "value/nps/product_line/motor"), ("days", "value/days/company/all")):
        held = table(
            {"what": [name], "ids": [" ".join(figures.ids(key))]},
            columns={"what": "What"},
            claim=f"This is {name}.",
            subtitle="s",
            source="facts",
            figures="ids",
        )
        chapter = chapter.add(Exhibit(f"outcomes-{name}", held))
    return chapter


NPS = {"measure": "nps", "period": "2026-08", "value": 50.0, "source": "CRM", "signed_off_by": "CFO"}


def test_without_totals_there_is_no_exhibit():
    """A report of a client who sent none stays as it is."""
    assert tie_out_appendix(study_with(None), summary_with(chapter_with(0.0))) == ()


def test_a_difference_stands_first_with_its_reason_and_marks_what_rests_on_it():
    """The exhibit on NPS says so, that on days does not; the chapter keeps the doubt through its file."""
    rows = [{**NPS, "measure": "other"}, {**NPS, "reason": "Late calls", "reason_by": "Head of Care"}]
    chapter = chapter_with(0.04)
    (exhibit,) = tie_out_appendix(study_with(totals(*rows)), summary_with(chapter))
    assert exhibit.is_appendix
    assert exhibit.claim == "1 of 1 number differs from the books by more than is tolerated; 1 cannot be compared."
    first, second = exhibit.data().cells()
    assert first[:6] == ("NPS", "2026-08", "52.0", "50.0", "4.0", "1.0")
    assert first[6] == "Differs: Late calls (Head of Care)."
    assert second[6].startswith("Not compared: no metric")
    board = replace(chapter, pillar="summary", figures=number_figures("S", []), exhibits=()).add_appendix(exhibit)
    board = parse_chapter(json.dumps(board.to_dict()).encode(), "summary")
    marked = mark_doubts(Report(META, (board, chapter)))
    said = {e.key: e.comments for _, e in marked.exhibits()}
    assert said["outcomes-days"] == ()
    assert said["summary-tie-out"] == ()
    assert said["outcomes-all"] == (
        "Rests on a number that differs: NPS, the company, 2026-08: 4.0 % above the books; see the appendix.",
    )
    assert mark_doubts(marked) == marked


def test_numbers_that_agree_mark_nothing():
    """And the exhibit says so."""
    chapter = chapter_with(0.001)
    (exhibit,) = tie_out_appendix(study_with(totals(NPS)), summary_with(chapter))
    assert exhibit.claim == "The one number compared agrees with the books, within what is tolerated."
    assert exhibit.doubts == ()
    report = Report(META, (chapter.add_appendix(exhibit),))
    assert mark_doubts(report) is report
    check_report(report)


def test_a_total_of_one_line_marks_that_line_and_the_whole():
    """Another line's numbers do not rest on it."""
    keys = {
        "control/nps/motor/2026-08": 0.04,
        "value/nps/product_line/motor": 20.0,
        "value/nps/product_line/home": 20.0,
        "value/nps/company/all": 20.0,
        "value/days/product_line/motor": 9.0,
    }
    figures = number_figures("O", [Figure("", key, key, value, "points") for key, value in keys.items()])
    chapter = replace(chapter_with(0.0), figures=figures, exhibits=())
    study = study_with(totals({**NPS, "scope": "motor"}))
    (exhibit,) = tie_out_appendix(study, summary_with(chapter))
    ((words, ids),) = exhibit.doubts
    assert "NPS, Motor, 2026-08: 4.0 % above" in words
    assert set(ids) == set(figures.ids("value/nps/product_line/motor", "value/nps/company/all"))


def test_an_exhibit_does_not_mark_itself():
    """It says what is in doubt; the mark stands beside the others."""
    chapter = chapter_with(0.0)
    ids = chapter.exhibits[0].figure_ids()
    source = replace(chapter.exhibits[0], key="outcomes-source", doubts=(("This is in doubt.", ids),))
    report = mark_doubts(Report(META, (replace(chapter, exhibits=(source, *chapter.exhibits)),)))
    said = {exhibit.key: exhibit.comments for _, exhibit in report.exhibits()}
    assert said == {"outcomes-source": (), "outcomes-all": ("This is in doubt.",), "outcomes-days": ()}
