"""The board's page: three answers, decisions with their cost, disagreements, the portfolio, from figures alone."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import report_samples as samples

from workbench.errors import ReportError
from workbench.findings import CLAIM_LENGTH, Figure, Figures, Finding, Findings, Off, fit_claim, number_figures
from workbench.products import build_product_map
from workbench.report import summary as says
from workbench.report.exhibits_summary import (
    answers_exhibit,
    decisions_exhibit,
    disagreements_exhibit,
    portfolio_exhibit,
)
from workbench.report.portfolio import is_good
from workbench.report.story import Report, check_report, new_chapter, save_chapter

MOTOR = "product_line/motor"
HOME = "product_line/home"


def held(letter: str, rows: dict[str, tuple[float | str | None, str]]):
    """Return figures of these keys, values and units, named after their keys."""
    return number_figures(letter, [Figure("", key, key, value, unit) for key, (value, unit) in rows.items()])


@pytest.fixture
def study() -> SimpleNamespace:
    """Return an engagement of three lines, three projects and two metrics."""
    lines = pd.DataFrame(
        {
            "product_line": ["motor", "home", "travel"],
            "name": ["Motor", "Home", "Travel"],
            "product_manager": ["A. Voss", "M. Lind", None],
        }
    )
    products = pd.DataFrame(
        {"product": ["car", "bike", "flat", "trip"], "name": ["Car", "Bike", "Flat", "Trip"],
         "stage": ["grow", "grow", "sustain", None], "owner": [None] * 4}
    )  # fmt: skip
    parents = ["motor", "motor", "home", "travel"]
    memberships = pd.DataFrame(
        {"product": products["product"], "kind": "product_line", "parent": parents, "share": 1.0}
    )
    projects = pd.DataFrame(
        {
            "project": ["one", "two", "old"],
            "product_line": ["home", None, "motor"],
            "budget": [100_000.0, 50_000.0, 9.0],
            "ends": [dt.date(2027, 1, 1), None, dt.date(2020, 1, 1)],
            "disposition": ["absorb", None, "stop"],
        }
    )
    metrics = (
        SimpleNamespace(
            metric="nps", label="NPS of customers", direction="up", loop=SimpleNamespace(owner="Head of Care")
        ),
        SimpleNamespace(metric="days", label="Days to settle", direction="down", loop=SimpleNamespace(owner=None)),
    )
    return SimpleNamespace(
        name="harbour-mutual",
        data_hash="abc",
        settings=SimpleNamespace(name="Harbour Mutual", as_of=dt.date(2026, 9, 30), currency="EUR"),
        lines=("motor", "home", "travel"),
        products=build_product_map(products, memberships, lines),
        tables={"projects": projects},
        outcomes=SimpleNamespace(catalogue=SimpleNamespace(metrics=metrics)),
        missing=(),
    )


@pytest.fixture
def chapters():
    """Return three chapters: Motor is ready and better, Home worse and gets money, Travel closes."""
    ready = {
        "lines/product-run": (1, "count"),
        "lines/in-transition": (1, "count"),
        "lines/still-project-run": (0, "count"),
        "lines/too-close-to-call": (1, "count"),
        "lines/not-shown": (0, "count"),
        "class/motor": ("product-run", "text"),
        "class/home": ("in transition", "text"),
        "class/travel": ("too close to call (leaning to in transition)", "text"),
        "held-back/home": ("Funding; Ownership; Voice", "text"),
    }
    outcomes = {
        "count/on": (2, "count"),
        "count/judged": (2, "count"),
        "count/moved": (2, "count"),
        "count/better": (1, "count"),
        "count/worse": (1, "count"),
        f"value/nps/{HOME}": (20.0, "points"),
        f"before/nps/{HOME}": (30.0, "points"),
        f"after/nps/{HOME}": (21.0, "points"),
        f"change/nps/{HOME}": (-9.0, "points"),
        f"target/nps/{HOME}": (35.0, "points"),
        f"effect/nps/{HOME}/products": (-8.0, "points"),
        f"effect/nps/{HOME}/rate": (-1.0, "points"),
        f"effect/nps/{HOME}/rate/flat": (-99.0, "points"),
        f"value/days/{MOTOR}": (9.0, "days"),
        f"before/days/{MOTOR}": (14.0, "days"),
        f"after/days/{MOTOR}": (9.0, "days"),
        f"change/days/{MOTOR}": (-5.0, "days"),
        f"effect/days/{MOTOR}/products": (-2.6, "days"),
        f"effect/days/{MOTOR}/rate": (-2.4, "days"),
    }
    plan = {
        "value": (120e6, "currency"),
        "bound": (120.01e6, "currency"),
        "gain": (20e6, "currency"),
        "gain_share": (0.2, "share"),
        "moved_money": (3e6, "currency"),
    }
    for line, today, then, word, value in (
        ("motor", 10e6, 9.4e6, "supported", 1e6),
        ("home", 7e6, 10e6, "supported", 9e6),
        ("travel", 3e6, 0.0, "proposed to close", 0.0),
    ):
        plan |= {
            f"supported/{line}": (word, "text"),
            f"today_money/{line}": (today, "currency"),
            f"money/{line}": (then, "currency"),
            f"today_people/{line}": (19.0, "people"),
            f"today_value/{line}": (4e6, "currency"),
            f"value/{line}": (value, "currency"),
            f"other_option/{line}": (700e3 if word != "supported" else None, "currency"),
            f"wish_line/{line}": (1.2e6 if line == "home" else None, "currency"),
        }
    numbers = held("O", outcomes)
    step = Finding("Decide on NPS in Home (Head of Care).", "", numbers.ids(f"change/nps/{HOME}"))
    moved = [
        Finding("NPS fell.", "", numbers.ids(f"change/nps/{HOME}")),
        Finding("Days fell.", "", numbers.ids(f"change/days/{MOTOR}")),
    ]
    return (
        samples.chapter("readiness", figures=held("R", ready), headline=Findings((Finding("One is ready."),))),
        samples.chapter(
            "outcomes",
            figures=numbers,
            headline=Findings((Finding("Two moved."), *moved)),
            next_steps=Findings((step,)),
        ),
        samples.chapter("allocation", figures=held("A", plan), headline=Findings((Finding("More is possible."),))),
    )


@pytest.fixture
def summary(study, chapters):
    """Return the summary of these chapters."""
    return says.read_summary(study, chapters=chapters)


def test_each_answer_is_one_number_with_its_certainty(summary):
    """Three answers, a number each, read from the chapters' figures, and how sure they are in words."""
    got = [(answer.value, answer.name) for answer in summary.answers]
    assert got == [
        (1, "of 3 product lines is product-run"),
        (2, "of 2 outcomes really moved: 1 better, 1 worse"),
        (0.2, "more value from the resources there are"),
    ]
    sure = [answer.sure for answer in summary.answers]
    assert sure[0].startswith("Settled for 2 of 3 lines.")
    assert sure[2] == "Operations answered less often.", "nothing was drawn, and the proof stands in the appendix"


def test_where_answers_were_drawn_it_is_said_what_holds(study, chapters):
    """The least sure line counts on the first page; a decision has the least sure of its own moves."""
    plan = chapters[2]
    drawn = {
        "draws": (1000.0, "count"),
        "holds/motor": (1000.0, "count"),
        "holds/home": (None, "count"),
        "holds/travel": (930.0, "count"),
        "risk_tail/plan": (105e6, "currency"),
        "risk_tail/today": (100e6, "currency"),
        "move_holds/home-develop": (880.0, "count"),
        "move_holds/home-market": (910.0, "count"),
        "move_holds/motor-develop": (700.0, "count"),
    }
    rows = {figure.key: (figure.value, figure.unit) for figure in plan.figures}
    study.tables["activities"] = pd.DataFrame(
        {"activity": ["home-develop", "home-market", "motor-develop"], "product_line": ["home", "home", "motor"]}
    )
    told = replace(plan, figures=held("A", {**rows, **drawn}))
    got = says.read_summary(study, chapters=[*chapters[:2], told])
    assert got.answers[2].sure.startswith(
        "Each decision to keep or close holds in at least 930 of 1,000 draws of all answers."
    )
    assert [one.sure for one in got.decisions[:3]] == [
        "each of its moves holds in at least 880 of 1,000 draws",
        "holds in 930 of 1,000 draws",
        "holds in 700 of 1,000 draws",
    ]
    shown = decisions_exhibit(got)
    assert "880 of 1,000" in repr(shown)
    assert "How sure" in repr(shown)
    assert "How sure" not in repr(decisions_exhibit(says.read_summary(study, chapters=chapters)))


def test_a_decision_has_a_rejected_option_a_cost_and_an_owner(summary):
    """Closings and large moves come first, by size; then what answers a move for the worse."""
    got = [(held.what, held.rejected, held.cost, held.owner) for held in summary.decisions]
    assert got == [
        ("Give Home 3.0 m€ more", "leave its money as today",
         "3.0 m€ from other lines; leaving it as today would cost 1.2 m€ in all", "M. Lind"),
        ("Close Travel", "keep it as it is",
         "19 people affected, no decision on persons; keeping it would cost 700 k€", "nobody named"),
        ("Take 600 k€ from Motor", "leave its money as today",
         "3.0 m€ of value there; leaving it would keep 600 k€ from other lines", "A. Voss"),
        ("Decide on NPS in Home", "wait and see", "waiting keeps the change of −9.0", "Head of Care"),
    ]  # fmt: skip


def test_a_line_that_is_left_with_nothing_is_told_so(study, chapters):
    """It is supported all the same, for nobody said what closing it costs; the board reads that all of it goes."""
    plan = chapters[2]
    rows = {figure.key: (figure.value, figure.unit) for figure in plan.figures}
    told = replace(plan, figures=held("A", {**rows, "money/motor": (0.0, "currency")}))
    got = says.read_summary(study, chapters=[*chapters[:2], told])
    assert any(one.what.startswith("Take all ") and one.what.endswith(" from Motor") for one in got.decisions)


def test_what_a_line_brings_in_itself_is_not_called_the_cost_of_leaving_it(study, chapters):
    """Where the price of leaving it was not worked out, the gross amount says that it is one."""
    plan = chapters[2]
    rows = {figure.key: (figure.value, figure.unit) for figure in plan.figures}
    told = replace(plan, figures=held("A", {**rows, "wish_line/home": (None, "currency")}))
    got = says.read_summary(study, chapters=[*chapters[:2], told])
    assert got.decisions[0].cost == (
        "3.0 m€ from other lines; it brings 5.0 m€ more value in Home itself, "
        "before what its resources would bring elsewhere"
    )


def test_the_answers_disagree_where_the_plan_goes_against_the_others(summary):
    """Money away from a line that got better, and money for one that got worse, are named."""
    assert [finding.claim for finding in summary.disagreements] == [
        "Motor: the plan takes 600 k€ away, though “days to settle” got better.",
        "Home: the plan gives it 3.0 m€ more, but “NPS of customers” got worse.",
    ]


def test_a_move_names_its_cause(summary):
    """What moved, and the one factor that carries most of it; neither parts of a factor nor half of it count."""
    got = [finding.claim for finding in summary.moves]
    assert got == [
        "NPS of customers in Home fell from 30.0 to 21.0, mostly through the mix of products.",
        "Days to settle in Motor fell from 14.0 days to 9.0 days.",
    ]


def test_the_portfolio_has_a_row_per_line(summary):
    """Owner, stages, people, readiness and what holds it back, outcome against target, plan, projects."""
    got = {line.line: line for line in summary.lines}
    home, motor, travel = got["home"], got["motor"], got["travel"]
    assert (home.owner, home.stage, home.people, home.readiness) == ("M. Lind", "sustain", 19.0, "in transition")
    assert home.held_back == "Funding, Ownership and 1 more"
    assert home.outcome == "NPS of customers: 20.0 (target 35.0, missed)"
    assert home.plan == "7.0 m€ → 10.0 m€"
    assert home.projects == "1 (absorb 1)"
    assert motor.projects == "0"
    assert motor.outcome == "Days to settle: 9.0 days (no target)"
    assert travel.plan == "proposed to close (3.0 m€ → 0 €)"
    assert travel.readiness == "too close to call"
    assert summary.to_frame().set_index("line").loc["home", "change"] == 3e6


def test_the_page_says_it_in_short_sentences(summary):
    """Each claim fits its two lines; the answer holds a number of each question; every figure quoted exists."""
    found = says.headline(summary)
    assert found[0].claim == (
        "1 of 3 lines is product-run, 2 of 2 outcomes really moved, and the resources can bring 20 % more value."
    )
    assert found[0].detail == (
        "4 decisions are supported by the numbers. The three answers disagree on 2 of 3 lines; settle these first."
    )
    assert [finding.claim for finding in found][1] == "Motor is product-run."
    assert "Give Home 3.0 m€ more and close Travel." in [finding.claim for finding in found]
    assert all(len(finding.claim) <= CLAIM_LENGTH for finding in found)


def test_a_report_of_the_summary_passes_the_check(study, chapters, summary):
    """The exhibits and sentences of the summary quote only figures that some chapter holds."""
    chapter = new_chapter("summary", study, summary)
    for make in (answers_exhibit, decisions_exhibit, disagreements_exhibit, portfolio_exhibit):
        chapter = chapter.add(make(summary))
    check_report(Report(samples.META, (chapter, *chapters)))
    keys = [exhibit.key for exhibit in chapter.exhibits]
    assert keys == ["summary-answers", "summary-decisions", "summary-disagreements", "summary-portfolio"]
    assert "1 of 3 lines is product-run; 1 without an owner; 2 projects run beside them." in repr(chapter)


def test_the_order_of_figures_hangs_on_the_clients_tables_only(study, chapters, summary):
    """Without an answer the numbers keep their ids, with no value."""
    fewer = says.read_summary(study, chapters=chapters[:1])
    ids = [(figure.id, figure.key) for figure in says.figures(summary)]
    assert [(figure.id, figure.key) for figure in says.figures(fewer)] == ids
    assert says.figures(fewer)["answer/outcomes"].value is None


def test_pillars_that_are_off_leave_a_page_that_says_so(study):
    """With nothing answered the page still stands and says so plainly."""
    off = Off("allocation", "How to spread people cannot be said.", ("resources",))
    chapter = samples.chapter(
        "allocation", figures=held("A", {}), headline=Findings((Finding(off.reason),)), off=(off,)
    )
    empty = says.read_summary(study, chapters=[chapter])
    assert says.headline(empty)[0].claim == "None of the three questions could be answered from the files we have."
    assert "not answered" in repr(answers_exhibit(empty))
    assert decisions_exhibit(empty).claim == "No decision is supported yet."
    assert "cannot be said" in disagreements_exhibit(empty).claim
    assert (
        portfolio_exhibit(empty).claim
        == "The readiness of 3 lines cannot be shown; 1 without an owner; 2 projects run beside them."
    )


def test_hidden_lines_are_no_answer(study):
    """Where no line's class may be shown, the number is not "0 of 3" but none."""
    names = ("product-run", "in-transition", "still-project-run", "too-close-to-call")
    rows = {f"lines/{name}": (0, "count") for name in names} | {"lines/not-shown": (3, "count")}
    got = says.read_summary(study, chapters=[samples.chapter("readiness", figures=held("R", rows))])
    assert got.answers[0].value is None
    assert got.answers[0].name == "too few answers for the class of any line"


def test_a_plan_in_conflict_gives_no_number(study):
    """Rules that cannot hold together are said, not hidden behind a number."""
    rows = {"value": (None, "currency"), "bound": (None, "currency"), "gain_share": (None, "share")}
    got = says.read_summary(study, chapters=[samples.chapter("allocation", "A", figures=held("A", rows))])
    assert (got.answers[0].value, got.answers[0].name) == (None, "no plan keeps all rules")


def test_the_chapters_are_read_from_their_folder(tmp_path, study, chapters):
    """An old summary in the folder is left out; a chapter of other data is refused."""
    for chapter in (*chapters, samples.chapter("summary", "S", data_hash="old")):
        save_chapter(chapter, tmp_path)
    assert len(says.read_summary(study, tmp_path).answers) == 3
    save_chapter(samples.chapter("outcomes", "O", data_hash="old"), tmp_path)
    with pytest.raises(ReportError, match="outcomes"):
        says.read_summary(study, tmp_path)


@pytest.mark.parametrize(
    ("direction", "change", "expected"),
    [("up", 1.0, True), ("up", -1.0, False), ("down", -1.0, True), ("neutral", 1.0, None), ("up", None, None)],
)
def test_direction_decides_what_is_good(direction, change, expected):
    """A rise is good where up is good, and nobody can tell where no way is."""
    assert is_good(direction, change) is expected


def test_long_claims_take_their_shorter_form():
    """The first form that fits is used; the last is cut, with a full stop."""
    assert fit_claim("x" * 120 + ".", "Short.") == "Short."
    assert len(fit_claim("word " * 40)) <= CLAIM_LENGTH
    assert fit_claim("word " * 40).endswith(".")


def test_value_in_points_says_so_in_a_sentence(study, chapters):
    """Where value is no money, an amount that stands in a sentence has its unit behind it."""
    in_points = [
        replace(figure, unit="points", value=None if figure.key == "wish_line/home" else figure.value)
        if figure.key.split("/")[0] in ("value", "today_value", "wish_line")
        else figure
        for figure in next(chapter for chapter in chapters if chapter.pillar == "allocation").figures
    ]
    changed = [
        replace(chapter, figures=Figures(tuple(in_points))) if chapter.pillar == "allocation" else chapter
        for chapter in chapters
    ]
    costs = " ".join(decision.cost for decision in says.read_summary(study, chapters=changed).decisions)
    assert "it brings 5,000,000 more value points in Home itself" in costs
    assert "3,000,000 value points there" in costs
    assert "€ there" not in costs


def test_money_that_nobody_uses_today_comes_from_no_line(study, chapters):
    """Where the plan spends more in all than today, the part that is new is told apart from what other lines give."""
    plan = next(chapter for chapter in chapters if chapter.pillar == "allocation")
    more = held("A", {"today_money": (1e7, "currency"), "money": (1.3e7, "currency")})
    figures = [*(figure for figure in plan.figures if figure.key not in more), *more]
    numbered = Figures(tuple(replace(figure, id=f"A-{place:03d}") for place, figure in enumerate(figures, 1)))
    changed = [replace(held_, figures=numbered) if held_ is plan else held_ for held_ in chapters]
    costs = " ".join(decision.cost for decision in says.read_summary(study, chapters=changed).decisions)
    assert "from other lines and money not used today" in costs
