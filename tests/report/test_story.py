"""Exhibits, chapters and reports: frozen, checked, saved as JSON, never another client's."""

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import report_samples as samples
from matplotlib.figure import Figure as Drawing

from workbench.engagement.commentary import Comment
from workbench.errors import ReportError
from workbench.findings import Figure, Finding, Findings, Off, number_figures
from workbench.report.commentary import Remark
from workbench.report.exhibit import Exhibit, Note, exhibit_from_figure, note_exhibit
from workbench.report.story import (
    check_report,
    load_chapter,
    load_chapters,
    new_chapter,
    new_report,
    results,
    save_chapter,
)


def breaches(report) -> tuple[str, ...]:
    """Return what check_report finds."""
    with pytest.raises(ReportError) as caught:
        check_report(report)
    return caught.value.breaches


def with_exhibit(report, exhibit):
    """Return the report with one more exhibit in its last chapter."""
    *rest, last = report.chapters
    return replace(report, chapters=(*rest, last.add(exhibit)))


def test_a_chapter_comes_back_as_it_was(tmp_path, report):
    """Saved and loaded chapters are equal, and saving twice gives the same bytes."""
    for chapter in report.chapters:
        save_chapter(chapter, tmp_path)
        path = tmp_path / f"{chapter.pillar}.chapter.json"
        first = path.read_bytes()
        assert load_chapter(path) == chapter
        save_chapter(chapter, tmp_path)
        assert path.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{chapter.pillar}.chapter.json" for chapter in report.chapters
    )


def test_the_outline_prints_claims_and_no_path(tmp_path, report):
    """What a notebook shows after saving is the story, without a path or a time."""
    got = repr(save_chapter(report.chapters[1], tmp_path))
    assert str(tmp_path) not in got
    assert "Travel stands at 1.9, the lowest of six lines." in got
    assert got.splitlines()[0] == "Readiness"


def test_blank_output_goes_to_the_drafts(tmp_path, monkeypatch):
    """A blank output folder means _draft below the folder of reports."""
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path))
    save_chapter(samples.chapter(), "")
    assert (tmp_path / "_draft" / "harbour-mutual" / "readiness.chapter.json").is_file()


def test_another_clients_chapter_is_refused(tmp_path, report):
    """Every chapter of another engagement or of other data is named at once."""
    save_chapter(replace(report.chapters[1], engagement="alder-retail"), tmp_path)
    save_chapter(replace(report.chapters[2], data_hash="old"), tmp_path)
    with pytest.raises(ReportError) as caught:
        load_chapters(tmp_path, "harbour-mutual", "abc")
    assert len(caught.value.breaches) == 2
    assert "alder-retail" in str(caught.value)


def test_chapters_are_read_in_the_order_of_the_story(tmp_path, report):
    """Ours come in their order, the analyst's after them, whatever the names of the files."""
    own = replace(samples.chapter("churn", "C"), title="Churn", question="Why do they leave?")
    for chapter in (own, *reversed(report.chapters)):
        save_chapter(chapter, tmp_path)
    got = [chapter.pillar for chapter in load_chapters(tmp_path, "harbour-mutual", "abc")]
    assert got == ["readiness", "outcomes", "allocation", "summary", "churn"]


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}'], ids=["cut", "list", "new", "empty"])
def test_a_broken_chapter_is_named(tmp_path, text):
    """A file that is no chapter of ours stops with its name or its format."""
    path = tmp_path / "readiness.chapter.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match="run its notebook again"):
        load_chapter(path)


def test_adding_leaves_the_chapter_as_it_was(report):
    """A chapter is frozen; add returns another one."""
    chapter = samples.chapter()
    longer = chapter.add(Exhibit("one", samples.ranked()))
    assert len(chapter.exhibits) == 0
    assert len(longer.exhibits) == 1
    with pytest.raises(FrozenInstanceError):
        chapter.title = "x"


def test_a_key_comes_once_but_the_same_note_is_kept_once():
    """Two exhibits of one key are refused; the same note twice is one note."""
    chapter = samples.chapter().add(Exhibit("one", samples.ranked()))
    with pytest.raises(ReportError, match="two exhibits of key 'one'"):
        chapter.add(Exhibit("one", samples.dots()))
    note = note_exhibit(Off("readiness", "There is no survey.", ("survey", "waves")))
    again = note_exhibit(Off("readiness", "There is no survey.", ("survey", "waves")), "gaps")
    assert len(chapter.add(note).add(again).exhibits) == 2


def test_the_seventh_exhibit_and_a_note_of_nothing_stand_behind():
    """A body stays a story: what is too much, and that there was nothing to show, goes to the appendix."""
    chapter = samples.chapter().add(Exhibit("nothing", Note("There was one wave only.", "")))
    for place in range(8):
        chapter = chapter.add(Exhibit(f"e{place}", samples.ranked(f"Claim {place}.")))
    chapter = chapter.add_appendix(Exhibit("last", samples.dots()))
    body = [held.key for held in chapter.exhibits if not held.is_appendix]
    assert body == [f"e{place}" for place in range(6)]
    assert [held.key for held in chapter.exhibits if held.is_appendix] == ["nothing", "e6", "e7", "last"]


def test_a_note_says_what_is_missing_and_what_would_answer():
    """A pillar without tables shows a sentence and the tables, and it passes the check of claims."""
    long = Off(
        "outcomes", "No metric could be computed because " + "very " * 30 + "much is missing.", ("metrics.yaml",)
    )
    got = repr(note_exhibit(long))
    assert got.startswith("Outcomes could not be answered from the files we have.")
    assert "metrics.yaml would answer it." in got


def test_an_analysts_figure_enters_with_its_numbers():
    """Any matplotlib figure becomes an exhibit with its numbers, and money stays money."""
    drawing = Drawing(figsize=(6, 3))
    axes = drawing.subplots()
    axes.plot([1, 2], [3, 4])
    axes.set_title("$5m to $3m")
    frame = pd.DataFrame({"x": [1, 2], "y": [3.0, 4.0], "id": ["R-001", None]})
    exhibit = exhibit_from_figure(
        drawing, claim="Churn rises to 4.", alt="Line chart", source="own count", data=frame, figures="id"
    )
    assert exhibit.key == "churn-rises-to-4"
    assert "$5m to $3m" in exhibit.content.svg
    assert exhibit.figure_ids() == ("R-001",)
    assert exhibit.data().cells() == (("1.0", "3.0"), ("2.0", "4.0"))
    assert Exhibit.from_dict(json.loads(json.dumps(exhibit.to_dict()))) == exhibit
    data, more = exhibit._repr_mimebundle_()
    assert more["image/png"]["alt"] == "Line chart"
    assert "3.0" in data["text/plain"]


def test_a_notebook_sees_a_picture_with_alt_text():
    """A chart shows its PNG with alternative text, and text that holds the numbers."""
    data, more = Exhibit("one", samples.ranked())._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}
    assert more["image/png"]["alt"] == "Ranked bar chart: Travel stands at 1.9, the lowest of six lines."


def test_a_new_chapter_takes_its_words_from_its_pillar(monkeypatch):
    """Bottom line, cautions, next steps, figures and method come from the pillar's own functions."""
    held = SimpleNamespace(
        headline=lambda result: Findings((Finding(f"{result} stands.", "", ("R-001",)),)),
        cautions=lambda result: Findings((Finding("Beware."),)),
        next_steps=lambda result: Findings(()),
        figures=lambda result: number_figures("R", [Figure("", "a", "A", 1.0, "level")]),
        method=lambda result: "How.",
    )
    monkeypatch.setattr("workbench.report.chapter.importlib.import_module", lambda name: held)
    missing = (Off("readiness", "No interviews.", ("interviews",)), Off("outcomes", "No facts.", ("facts",)))
    study = SimpleNamespace(name="harbour-mutual", data_hash="abc", missing=missing)
    got = new_chapter("readiness", study, "It")
    assert got.headline[0].claim == "It stands."
    assert got.cautions[0].claim == "Beware."
    assert got.figures["a"].id == "R-001"
    assert got.method == "How."
    assert got.off == missing[:1]
    assert new_chapter("readiness", study, missing[0]).off == missing[:1]


def test_an_own_chapter_needs_title_question_and_bottom_line():
    """An analyst's chapter of a new name says for itself what it answers."""
    study = SimpleNamespace(name="harbour-mutual", data_hash="abc", missing=())
    said = {"title": "Churn", "question": "Why?", "headline": Findings((Finding("They leave."),))}
    assert new_chapter("churn", study, **said).title == "Churn"
    with pytest.raises(ReportError, match="needs a slug"):
        new_chapter("churn", study)
    with pytest.raises(ReportError, match="needs a slug"):
        new_chapter("../churn", study, **said)


def test_a_good_report_passes(report):
    """A report that keeps the rules raises nothing."""
    check_report(report)


def test_every_breach_is_listed_at_once(report):
    """Empty, repeated, long and open claims, no source, no alt, an unknown figure: all in one error."""
    for key, change in {
        "a": {"claim": ""},
        "b": {"claim": "x" * 111 + "."},
        "c": {"claim": "No full stop"},
        "d": {"source": " ", "claim": "D."},
        "e": {"alt": "", "claim": "E."},
        "f": {"claim": "Travel stands at 1.9, the lowest of six lines."},
    }.items():
        report = with_exhibit(report, Exhibit(key, replace(samples.ranked(), **change)))
    report = with_exhibit(report, Exhibit("g", replace(samples.ranked("G."), columns=_other_ids())))
    shown = tuple(replace(held, is_appendix=False) for held in report.chapters[-1].exhibits)
    report = replace(report, chapters=(*report.chapters[:-1], replace(report.chapters[-1], exhibits=shown)))
    got = breaches(report)
    for words in (
        "exhibit a: no claim.",
        "exhibit b: its claim has 112 characters",
        "exhibit c: its claim has no full stop",
        "exhibit d: no source.",
        "exhibit e: no alt.",
        "exhibit f: its claim repeats that of readiness, exhibit readiness-0.",
        "exhibit g: figure X-999 is in no chapter.",
        f"allocation: {len(shown)} exhibits in the body",
    ):
        assert any(words in breach for breach in got), words


def _other_ids():
    return tuple((name, ("X-999",) * 6 if name == "id" else values) for name, values in samples.ranked().columns)


def test_a_finding_may_quote_no_unknown_figure(report):
    """A bottom line that names a figure nobody has is a breach."""
    first, *rest = report.chapters
    wrong = replace(first, headline=Findings((Finding("Up.", "", ("R-999",)),)))
    assert breaches(replace(report, chapters=(wrong, *rest))) == (
        "summary, headline 1: figure R-999 is in no chapter.",
    )


def test_results_are_the_union_of_all_figures(report):
    """results.json holds each figure of each chapter once, with its pillar."""
    got = results(report)
    ids = [figure["id"] for figure in got["figures"]]
    assert len(ids) == len(set(ids)) == 24
    assert got["figures"][6]["pillar"] == "readiness"
    json.dumps(got, allow_nan=False)


def test_a_new_report_puts_the_summary_first_and_refuses_strangers(report):
    """The board's page leads; a chapter of other data is refused."""
    study = SimpleNamespace(
        name="harbour-mutual",
        data_hash="abc",
        settings=SimpleNamespace(name="Harbour Mutual", as_of="2026-09-30", currency="EUR", brand=None),
        files=(SimpleNamespace(path="survey.csv", bytes=5, sha256="ab"),),
        comments=(Comment("readiness-0", text="Yes."),),
    )
    got = new_report(study, (*report.chapters[1:], report.chapters[0]))
    assert [chapter.pillar for chapter in got.chapters] == ["summary", "readiness", "outcomes", "allocation"]
    assert got.words.under(got.chapters[1].exhibits[0]) == (Remark("add", "Yes."),)
    assert got.meta.client == "Harbour Mutual"
    with pytest.raises(ReportError, match="readiness"):
        new_report(study, (replace(report.chapters[1], data_hash="old"),))


def test_a_key_can_never_be_a_path():
    """Keys become names of files, so only slugs pass."""
    for key in ("../up", "A", "a b", "", "a/b", "con:"):
        with pytest.raises(ReportError, match="slug"):
            Exhibit(key, samples.ranked())


def test_a_save_that_fails_leaves_the_old_chapter(tmp_path, monkeypatch):
    """A chapter is written whole or not at all."""
    save_chapter(samples.chapter(), tmp_path)
    path = tmp_path / "readiness.chapter.json"
    before = path.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        save_chapter(samples.chapter(title="Other"), tmp_path)
    assert path.read_bytes() == before
