"""The page: self-contained, accessible, printable, and safe with any client text."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import report_samples as samples

from workbench.findings import Figure, Finding, Findings, number_figures
from workbench.report import charts
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit
from workbench.report.html import MOST_ROWS, POLICY, render_html
from workbench.report.story import Report, results
from workbench.report.tables import Table

VOID = {"meta", "br", "img", "link", "input", "hr", "path", "use", "rect"}
HOSTILE = (
    "<script>alert('x')</script>",
    '=HYPERLINK("http://x.y","z")',
    "$5m to $3m",
    "\u202eevil\u202c عربي עברית",
    "A very long name " * 12,
    "\" onmouseover='x' style=\"",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; & <b>",
    "]]> --> </svg></style>",
    "日本語の商品名",
)


class Page(HTMLParser):
    """Collects what the rules speak of; complains about tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.words: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Note a tag that opens."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Note a tag that closes what is not open."""
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        """Keep the words."""
        if self.stack and self.stack[-1] != "style":
            self.words.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module")
def html() -> str:
    """Return the page of a full report."""
    return render_html(samples.report())


@pytest.fixture(scope="module")
def page(html) -> Page:
    """Return the page, parsed."""
    return Page(html)


def test_the_page_is_well_formed(page):
    """Every tag that opens closes, in order."""
    assert page.faults == []
    assert page.stack == []


def test_nothing_is_asked_of_the_network(html, page):
    """The policy comes first after the charset; no script, no address, no form, no handler."""
    head = [(tag, attributes) for tag, attributes in page.tags if tag == "meta"][:2]
    assert head[0] == ("meta", {"charset": "utf-8"})
    assert head[1][1] == {"http-equiv": "Content-Security-Policy", "content": POLICY}
    assert [tag for tag, _ in page.tags][:4] == ["html", "head", "meta", "meta"]
    assert not page.all("script", "iframe", "link", "form", "object", "embed", "base")
    for _, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "action"):
                assert str(value).startswith(("#", "data:image/"))
    assert not re.search(r"https?://|url\((?!#)|@import", html)


def test_language_title_headings_and_landmarks(page):
    """Language and title are set, there is one h1, no level of heading is left out, landmarks stand once."""
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("title")) == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for name in ("main", "header", "nav", "footer"):
        assert len(page.all(name)) == 1


def test_figures_have_captions_alternatives_and_their_numbers(page, report):
    """Each exhibit is a figure with caption; each drawing has alternative text and its numbers in a details."""
    exhibits = [exhibit for _, exhibit in report.exhibits()]
    assert len(page.all("figure")) == len(page.all("figcaption")) == len(exhibits)
    drawings = [attributes for attributes in page.all("div") if attributes.get("role") == "img"]
    drawn = [exhibit for exhibit in exhibits if isinstance(exhibit.content, Chart)]
    assert sorted({str(drawing["aria-label"]).replace("\u00a0", " ") for drawing in drawings}) == sorted(
        {e.alt for e in drawn}
    )
    assert len(drawings) == 2 * len(drawn)
    listed = [exhibit for exhibit in exhibits if isinstance(exhibit.content, Table) and exhibit.figure_ids()]
    assert len(page.all("details")) == len(page.all("summary")) == len(drawn) + len(listed)


def test_tables_have_captions_scopes_and_can_scroll(html, page):
    """Each table has a caption, each header a scope, and a box of its own that scrolls and takes the focus."""
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) > 5
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th"))
    scrolls = [attributes for attributes in page.all("div") if "scroll" in str(attributes.get("class"))]
    assert len(scrolls) == len(tables)
    assert all(box["tabindex"] == "0" and box["aria-label"] and box["role"] == "region" for box in scrolls)
    assert len(re.findall(r'<div class="scroll[^>]*>\s*<table', html)) == len(tables)


def test_ids_are_unique_and_links_lead_somewhere(page):
    """No id comes twice; every link and every reference of a drawing has its target."""
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {str(value)[1:] for _, attributes in page.tags for name, value in attributes.items() if name == "href"}
    assert targets <= set(ids)


def test_the_order_is_a_pyramid(html):
    """Answer, claims, exhibits, what could be wrong, what next, open questions, method, all figures."""
    parts = ["<h1>", 'class="answers"', 'id="chapter-summary"', 'id="chapter-readiness"', 'id="chapter-outcomes"']
    parts += ['id="open-questions"', 'id="method"', 'id="appendix"', 'id="figures"']
    places = [html.index(words) for words in parts]
    assert places == sorted(places)
    chapter = html[places[3] : places[4]]
    inside = ["What about readiness?", "Readiness stands at 1.0.", "Travel stands at 1.9", "What could be wrong"]
    within = [chapter.index(words) for words in [*inside, "What to do next"]]
    assert within == sorted(within)
    assert html.count('id="open-questions"') == 1


def test_every_figure_that_the_page_quotes_is_explained_on_it(html, report):
    """Each id in the text leads to a row with the figure's name and value as rounded, and results.json has them all."""
    quoted = set(re.findall(r'href="#fig-([A-Z]-\d+)"', html))
    assert quoted
    assert set(re.findall(r'<tr id="fig-([A-Z]-\d+)">', html)) >= quoted
    assert {figure["id"] for figure in results(report)["figures"]} >= quoted
    row = '<tr id="fig-R-001"><th scope="row">R-001</th><td>Number 0</td><td>1.0</td><td>0.5 to 1.5</td><td>20</td>'
    assert row in html


def test_figures_that_no_page_quotes_are_counted_only():
    """They take a sentence, not rows; a hidden figure that the report quotes keeps its row."""
    held = [
        Figure("", "a", "Seen", 1.0, "level"),
        Figure("", "b", "Silent", 2.0, "level"),
        Figure("", "c", "Quoted", None, "level"),
    ]
    chapter = samples.chapter(
        figures=number_figures("R", held), headline=Findings((Finding("One.", "", ("R-001", "R-003")),))
    )
    html = render_html(Report(samples.META, (chapter,)))
    assert 'id="fig-R-003"' in html
    assert 'id="fig-R-002"' not in html
    assert "1 further figures of this chapter are in results.json" in html


def test_the_summary_leads_with_its_numbers_and_claims():
    """With a summary the cards show its numbers and certainty, and its claims carry the answer before the chapters."""
    held = [
        Figure("", "answer/readiness", "of 6 lines are product-run", 2, "count"),
        Figure("", "sure/readiness", "how sure", "Settled for 5 of 6 lines.", "text"),
    ]
    said = (Finding("2 of 6 lines are product-run."), Finding("Close Travel."))
    summary = samples.chapter("summary", "S", figures=number_figures("S", held), headline=Findings(said))
    html = render_html(Report(samples.META, (summary, samples.chapter())))
    front = html[: html.index("<nav")]
    assert '<p class="number"><bdi>2</bdi></p>' in front
    assert "Settled for 5 of 6 lines." in front
    assert "Close Travel." in front
    assert html.count("Close Travel.") == 1


def test_a_number_never_parts_from_its_unit():
    """Between a number and its unit stands a space that does not break."""
    chapter = samples.chapter(headline=Findings((Finding("It rose by 45 % to 3.5 m€."),)))
    assert "45\u00a0% to 3.5\u00a0m€." in render_html(Report(samples.META, (chapter,)))


def test_the_front_page_says_one_number_for_each_answer(html):
    """Each pillar's card holds its number, what it is, its claim and how sure it is."""
    front = html[html.index('class="answers"') : html.index("<nav")]
    assert front.count('<p class="number') == 3
    assert front.count("Likely between 0.5 and 1.5.") == 3
    assert "#fig-R-001" in front


def test_open_questions_are_on_one_page(html):
    """What could not be answered names the file that would."""
    part = html[html.index('id="open-questions"') : html.index('id="method"')]
    assert "The loop is not known." in part
    assert "feedback" in part


def test_the_page_is_the_same_twice(html):
    """Rendering twice gives the same text."""
    assert render_html(samples.report()) == html


def test_style_sheet_keeps_lines_short_and_prints(html):
    """Lines of text stay within 70 characters, figures do not break over pages, phones get narrow drawings."""
    assert "max-width: 62ch" in html
    assert re.search(r"@media print.*figure \{[^}]*break-inside: avoid", html, re.DOTALL)
    assert re.search(r"@media \(max-width: 600px\).*\.drawing \.narrow \{ display: block", html, re.DOTALL)


def hostile_report(words: str) -> Report:
    """Return a report in which the client put these words wherever a client can."""
    data = {"line": [words, "Home"], "level": [1.0, 2.0], "now": [1.0, 2.0], "then": [2.0, 1.0]}
    claim = f"{words[:80].strip()} leads."
    said = {"claim": claim, "subtitle": words, "source": words}
    chapter = replace(
        samples.chapter(),
        headline=Findings((Finding(claim, words),)),
        method=words,
        figures=number_figures("R", [Figure("", "a", words, words, "text", source=words)]),
    )
    chapter = chapter.add(
        Exhibit("bars", charts.bar_ranked(data, label="line", value="level", highlight=words, **said))
    )
    slope = charts.slope(data, label="line", before="now", after="then", **{**said, "claim": "Two."})
    chapter = chapter.add(Exhibit("slope", slope))
    chapter = chapter.add(Exhibit("list", replace(samples.listed(), rows=((words, 1.0, 0.5, 2),) * 3, figures=())))
    chapter = replace(chapter, exhibits=(replace(chapter.exhibits[0], comments=(words,)), *chapter.exhibits[1:]))
    meta = replace(samples.META, client=words, confidentiality=words, brand=words, sources=((words, 1, "ab"),))
    return Report(meta, (chapter,))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_client_text_is_shown_as_typed_and_runs_nowhere(words):
    """Hostile names appear as text; the page has the same tags as with a harmless name."""
    html = render_html(hostile_report(words))
    got, harmless = Page(html), Page(render_html(hostile_report("Home care")))
    assert got.faults == []
    kinds = {tag for tag, _ in got.tags}
    assert kinds <= {tag for tag, _ in harmless.tags} | {"path", "g"}
    assert not any(name.startswith("on") for _, attributes in got.tags for name in attributes)
    assert " ".join(words.split()) in " ".join(" ".join(got.words).split())


def test_size_stays_far_from_the_limit(html):
    """The page of a full report stays well under 600 KB."""
    assert len(html.encode()) < 400_000


def _printed(content: Chart) -> str:
    return render_html(Report(samples.META, (samples.chapter().add(Exhibit("one", content)),)))


def test_styles_that_drawings_share_stand_once_and_no_client_writes_one() -> None:
    """What several shapes share is a class of the page; a name that looks like a style stays the words it is."""
    words = 'A style="x:y" B'
    data = {"line": [words, f"{words} again"], "level": [3.2, 2.1], "low": [2.9, 1.8], "high": [3.5, 2.4]}
    said = {"unit": "level", "claim": "Two lines.", **samples.SAID}
    html = _printed(charts.dots_intervals(data, label="line", value="level", low="low", high="high", **said))
    css = html[html.index("<style>") : html.index("</style>")]
    assert re.search(r"\.s0\{[^}]+\}", css)
    assert 'class="s0"' in html[html.index("<svg") :]
    assert "x:y" not in css
    assert "x:y" in html[html.index("<svg") :]


def test_a_page_lists_so_many_plotted_numbers_and_says_where_the_rest_is() -> None:
    """Hundreds of points are a drawing on the page and a table in the workbook."""
    count = MOST_ROWS + 5
    data = {
        "day": [f"{1990 + place}-01-01" for place in range(count)],
        "who": ["Motor"] * count,
        "level": [2 + place / count for place in range(count)],
    }
    said = {"unit": "level", "claim": "It rose.", **samples.SAID}
    html = _printed(charts.lines_over_time(data, period="day", value="level", series="who", **said))
    numbers = html[html.index("Plotted numbers") : html.index("all are in exhibits.xlsx")]
    assert numbers.count("<tr>") == MOST_ROWS + 1
    assert f"The first {MOST_ROWS} of {count};" in html
