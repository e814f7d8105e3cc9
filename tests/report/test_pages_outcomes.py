"""A page a line and a manager: at most five statements, every number a figure, readers kept apart, text escaped."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "outcomes"))

import outcome_samples as samples
import pandas as pd
from readiness_samples import company

from workbench import outcomes, readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import Event, Outcomes, Settings
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Loop, Measure, Target
from workbench.outcomes.inputs import Signal
from workbench.products import build_product_map
from workbench.report.audience import AUDIENCES, chapter_for
from workbench.report.html import render_pages
from workbench.report.page import Page, page_key
from workbench.report.pages_outcomes import outcomes_pages
from workbench.report.pages_readiness import line_pages
from workbench.report.story import Meta, Report, check_report, new_chapter

HOSTILE = "<script>alert('$5m to $3m')</script>"
PRODUCTS = ("car", "van", "home")


def facts() -> pd.DataFrame:
    """Return four years of months; since February 2026 cars sell less."""
    rows = []
    for place, month in enumerate(pd.period_range("2022-10", "2026-09", freq="M")):
        for product in PRODUCTS:
            level = 700 if product == "car" and place >= 40 else 1_000
            rows.append((month.start_time.date(), product, level + (37 * place + 101 * len(product)) % 61))
    frame = pd.DataFrame(rows, columns=["day", "product", "units"])
    return frame.assign(id=range(len(frame)))


def review(folder: Path, *, line: str = "Motor", manager: str | None = "Ann Lee", **more: Any) -> Outcomes:
    """Return a review of two lines; cars have an owner of their own, vans and homes have none."""
    names = pd.DataFrame(
        {"product": PRODUCTS, "name": ["Cars", "Vans", "Homes"], "owner": ["Bo", None, None], "stage": ["grow"] * 3}
    )
    shares = [("car", "motor"), ("van", "motor"), ("home", "house")]
    members = pd.DataFrame(
        [(p, "product_line", parent, 1.0) for p, parent in shares], columns=["product", "kind", "parent", "share"]
    )
    lines = pd.DataFrame(
        {"product_line": ["motor", "house"], "name": [line, "House"], "product_manager": [manager, None]}
    )
    target = Target("product", "car", 950.0)
    metric = Metric(
        "sold", "Policies sold", "sum", Measure("events", "sum", "units"), direction="up", targets=(target,),
        loop=Loop(None, "weekly_review", 14.0), frame="heart.engagement",
    )  # fmt: skip
    day = pd.Timestamp(2026, 5, 1).date()
    feedback = tuple(Signal(f"s{k}", "car", "calls", day) for k in range(6))
    found = outcomes.measure(
        samples.Bench(folder).inputs(
            {"events": facts()},
            [metric],
            build_product_map(names, members, lines),
            feedback=feedback,
            events=(Event(pd.Timestamp(2026, 2, 3).date(), "motor", f"New page {line}", "other"),),
            settings=more.pop("settings", Settings(samples.AS_OF)),
        )
    )
    assert isinstance(found, Outcomes)
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return the review, once."""
    return review(tmp_path_factory.mktemp("pages"))


def told(result: Outcomes | Off, *more: Any) -> Report:
    """Return a report of one chapter with its pages."""
    study = SimpleNamespace(name="acme", data_hash="abc", missing=())
    chapter = new_chapter("outcomes", study, result).add_pages(*outcomes_pages(result))
    return Report(Meta("acme", "Acme", "2026-09-30"), (*more, chapter))


def page(result: Outcomes, key: str) -> Page:
    """Return one page."""
    return next(held for held in outcomes_pages(result) if held.key == key)


def test_each_line_and_manager_has_a_page_that_stands_up(result: Outcomes) -> None:
    """Lines in the register's order, then managers; every rule of a report holds, and every number is a figure."""
    pages = outcomes_pages(result)
    assert [held.key for held in pages] == ["line-motor", "line-house", "manager-ann-lee", "manager-bo"]
    assert [held.kind for held in pages] == ["line", "line", "manager", "manager"]
    check_report(told(result))
    for held in pages:
        assert len(held.headline) <= 6  # the answer, and five
        for finding in (*held.headline, *held.next_steps, *held.cautions):
            assert len(finding.claim) <= CLAIM_LENGTH
            assert finding.claim.endswith(".")
        assert held == Page.from_dict(held.to_dict())


def test_a_page_says_what_moved_in_its_own_products_alone(result: Outcomes) -> None:
    """Cars moved: their owner and their line read of it; the house does not."""
    motor, house, bo = (page(result, key) for key in ("line-motor", "line-house", "manager-bo"))
    assert "1 of 1 outcomes has really moved: 1 for the worse" in motor.headline[0].claim
    assert any("Cars fell from" in finding.claim for finding in bo.headline)
    assert any(exhibit.key.endswith("-move-1") for exhibit in bo.exhibits)
    assert not any("fell" in finding.claim for finding in house.headline)
    assert any(step.claim.startswith("Decide within 14 days what to do about Policies sold") for step in bo.next_steps)


def test_a_page_says_what_nobody_knows(result: Outcomes) -> None:
    """Who owns nothing, which products are not heard, which outcome has no target; it comes last on the page."""
    ann, house = page(result, "manager-ann-lee"), page(result, "line-house")
    assert any(finding.claim == "Nobody is named for Vans." for finding in ann.cautions)
    assert any(finding.claim == "Nobody reads of Homes." for finding in house.cautions)
    assert any("No traced signal speaks of Homes" in finding.claim for finding in house.cautions)
    assert any("no target here" in finding.claim for finding in house.cautions)
    assert any("too few periods" not in finding.claim for finding in house.cautions)
    text = render_pages(told(result))["line-house"]
    assert text.index("What we do not know") > text.index(
        "The numbers behind" if "The numbers behind" in text else "<h2"
    )


def test_products_show_owner_stage_and_how_long_their_signals_wait(result: Outcomes) -> None:
    """Six signals on cars wait since May."""
    held = next(exhibit for exhibit in page(result, "line-motor").exhibits if exhibit.key.endswith("-products"))
    assert held.claim == "6 of 6 traced signals wait for a decision."
    rows = {row[0]: row for row in held.data().rows}
    assert rows["Cars"][1] == "Bo"
    assert rows["Vans"][1] == "nobody"
    assert rows["Cars"][-2] == 6


def test_why_statements_come_first_is_printed_with_their_factors(result: Outcomes) -> None:
    """Stake, evidence, actionability, novelty and their product, with rows and file; each a figure."""
    held = next(exhibit for exhibit in page(result, "manager-bo").exhibits if exhibit.key.endswith("-ranks"))
    numbers = {figure.id: figure for figure in outcomes.figures(result)}
    data = held.data()
    names = [column.header for column in data.columns]
    for row in data.rows:
        stake, evidence, action, novelty, score = row[names.index("Stake") : names.index("Score") + 1]
        assert score == pytest.approx(stake * evidence * action * novelty)
        assert 0 < score <= 1
    keys = {numbers[name].key.rpartition("/")[2] for name in held.figure_ids()}
    assert keys == {"stake", "evidence", "actionability", "novelty", "score"}


def test_readiness_and_outcomes_of_a_line_are_one_page(tmp_path: Path) -> None:
    """Both chapters speak on it, readiness first; the key is the same, whatever signs it holds."""
    ready = readiness.assess(company())
    study = SimpleNamespace(name="acme", data_hash="abc", missing=())
    first = new_chapter("readiness", study, ready).add_pages(*line_pages(ready))
    report = told(review(tmp_path), first)
    check_report(report)
    assert [chapter.pillar for chapter, _ in report.pages()["line-motor"]] == ["readiness", "outcomes"]
    text = render_pages(report)["line-motor"]
    assert text.index('id="chapter-readiness"') < text.index('id="chapter-outcomes"')
    assert text.count("<h1") == 1
    for name in ("Motor.2", "Käse & Co", "line", "-x-"):
        assert page_key("line", name).startswith("line-")


def test_text_of_a_client_is_escaped_on_every_page(tmp_path: Path) -> None:
    """A line's name, an event and a manager are the client's own."""
    texts = render_pages(told(review(tmp_path, line=HOSTILE, manager=HOSTILE)))
    assert len(texts) == 4
    assert all("<script>alert" not in text for text in texts.values())
    assert any("&lt;script&gt;" in text for text in texts.values())


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        pytest.param("board", {"line", "manager"}, id="board"),
        pytest.param("line_owner", {"line", "manager"}, id="line owners"),
        pytest.param("staff", set(), id="staff"),
        pytest.param("works_council", set(), id="works council"),
    ],
)
def test_who_decides_reads_pages_and_others_do_not(result: Outcomes, audience: str, expected: set[str]) -> None:
    """Pages with names on them are for the board and for line owners."""
    chapter = chapter_for(told(result).chapters[0], AUDIENCES[audience])
    assert {held.kind for held in chapter.pages} == expected if chapter else not expected


def test_two_managers_of_one_name_in_a_file_get_two_files(tmp_path: Path) -> None:
    """“Bo” and “bo!” are two people; their pages do not overwrite each other."""
    keys = [held.key for held in outcomes_pages(review(tmp_path, manager="bo!"))]
    assert keys[-2:] == ["manager-bo", "manager-bo-2"]


def test_without_facts_there_are_no_pages() -> None:
    """Off gives none."""
    assert outcomes_pages(Off("outcomes", "Nothing can be said.", ("facts",))) == ()
