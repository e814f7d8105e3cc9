"""Charts of every kind, with names a client would use, for the tests of what shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.findings import CLAIM_LENGTH, Figure, Finding, Findings, Off, number_figures
from workbench.report import charts
from workbench.report.chapter import Chapter
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, note_exhibit
from workbench.report.story import Meta, Report
from workbench.report.tables import Table, table

LINES = ("Motor insurance", "Home insurance", "Life", "Pensions and long-term savings", "Travel", "Commercial")
SAID: dict[str, Any] = {"subtitle": "Level by line, scale 1 to 5, n 198", "source": "survey, wave 2026-09"}


def ranked(claim: str = "Travel stands at 1.9, the lowest of six lines.", **more: Any) -> Chart:
    """Return a ranked bar chart with a missing value and ids of figures."""
    data = {"line": LINES, "level": [3.4, 3.1, 2.9, None, 1.9, 2.2], "id": [f"R-{n:03d}" for n in range(1, 7)]}
    said = {**SAID, "unit": "level", "highlight": "Travel", "figures": "id", **more}
    return charts.bar_ranked(data, label="line", value="level", claim=claim, **said)


def in_parts() -> Chart:
    """Return bars cut into their parts: one too small to be seen, one without an amount, two that are open."""
    data = {
        "line": ["Motor insurance"] * 3 + ["Pensions and long-term savings"] * 2 + ["No line", "Travel"],
        "project": ["Portal", "Fleet self-service", "Tiny", "Core", "Statements " * 9, "Warehouse", "Unknown"],
        "budget": [6_800_000.0, 900_000.0, 1.0, 400_000.0, 300_000.0, 2_300_000.0, None],
        "open": [None, None, None, None, "ends without an owner", "fits no line", None],
    }
    said = {**SAID, "unit": "currency", "claim": "Seven projects take 10.7 m€; 2.3 m€ fits no line."}
    return charts.bar_parts(data, label="line", part="project", value="budget", open="open", **said)


def diverging() -> Chart:
    """Return distances from a target, lower being better for one row."""
    data = {"line": LINES[:3], "days": [12.0, 30.0, 9.0], "goal": [10.0, 20.0, 5.0], "up": [False, False, True]}
    return charts.bar_diverging(
        data,
        label="line",
        value="days",
        target="goal",
        higher_is_better="up",
        unit="days",
        claim="Home takes 30 days, 10 more than its target.",
        **SAID,
    )


def stacked() -> Chart:
    """Return a spread of answers; one group is hidden."""
    answers = ("never", "rarely", "sometimes", "often", "always")
    names = [line for line in LINES[:3] for _ in answers]
    shares = [0.1, 0.2, 0.3, 0.3, 0.1, 0.3, 0.3, 0.2, 0.1, 0.1, None, None, None, None, None]
    return charts.stacked_diverging(
        {"line": names, "answer": list(answers) * 3, "share": shares},
        label="line",
        answer="answer",
        value="share",
        order=answers,
        claim="In home, 60 % answer never or rarely.",
        **SAID,
    )


def dots() -> Chart:
    """Return groups with intervals; Life is hidden."""
    data = {
        "line": LINES[:4],
        "level": [3.2, 2.7, None, 2.1],
        "low": [2.9, 2.4, None, 1.7],
        "high": [3.5, 3.0, None, 2.5],
        "n": [54, 41, None, 22],
    }
    return charts.dots_intervals(
        data,
        label="line",
        value="level",
        low="low",
        high="high",
        n="n",
        unit="level",
        reference=3.5,
        reference_label="target",
        claim="Pensions are at 2.1, clearly below the target of 3.5.",
        **SAID,
    )


def two_series() -> Chart:
    """Return two series of groups with intervals."""
    data = {
        "line": [line for line in LINES for _ in range(2)],
        "who": ["shape", "run"] * 6,
        "level": [3.0 - 0.2 * place for place in range(12)],
        "low": [2.7 - 0.2 * place for place in range(12)],
        "high": [3.3 - 0.2 * place for place in range(12)],
    }
    return charts.dots_intervals(
        data,
        label="line",
        value="level",
        low="low",
        high="high",
        series="who",
        unit="level",
        claim="Those who run the service see it 0.2 lower.",
        **SAID,
    )


def slopes() -> Chart:
    """Return eight lines that end close to each other."""
    names = [f"Activity {place} of a line" for place in range(8)]
    data = {
        "name": names,
        "now": [float(place) for place in range(8)],
        "then": [5.0 + place / 50 for place in range(8)],
    }
    return charts.slope(
        data,
        label="name",
        before="now",
        after="then",
        unit="count",
        highlight=names[7],
        claim="All eight end at 5 engineers.",
        **SAID,
    )


def falls() -> Chart:
    """Return a waterfall whose effects are small against its totals."""
    data = {
        "what": ["Before", "Mix", "Rate", "After"],
        "value": [71.2, -2.4, -3.1, 65.7],
        "total": [True, False, False, True],
    }
    return charts.waterfall(
        data,
        label="what",
        value="value",
        is_total="total",
        unit="score",
        claim="Satisfaction fell by 5.5 points; the rate explains 3.1.",
        **SAID,
    )


def curves() -> Chart:
    """Return response curves with today and plan marked."""
    rows = [
        (f"Activity {name}", float(x), 1e6 * x * name / (x + 5), "today" if x == 4 else "plan" if x == 8 else None)
        for name in range(1, 6)
        for x in range(16)
    ]
    names, levels, values, marks = zip(*rows, strict=True)
    return charts.response_curves(
        {"name": names, "level": levels, "value": values, "mark": marks},
        curve="name",
        level="level",
        outcome="value",
        mark="mark",
        unit="currency",
        level_unit="engineers",
        claim="The next engineer brings 310 k€ in activity 5.",
        **SAID,
    )


def behaviour() -> Chart:
    """Return a metric over 24 months with two signals, one open period and two events."""
    months = [dt.date(2024 + place // 12, place % 12 + 1, 1) for place in range(24)]
    values = [62 + (place * 7 % 5) - 2.0 for place in range(22)] + [55.0, 54.0]
    data = {
        "month": months,
        "value": values,
        "centre": [62.0] * 24,
        "low": [58.0] * 24,
        "high": [66.0] * 24,
        "out": [value < 58 for value in values],
        "done": [place < 23 for place in range(24)],
    }
    return charts.process_behaviour(
        data,
        period="month",
        value="value",
        centre="centre",
        low="low",
        high="high",
        is_signal="out",
        is_complete="done",
        target=68,
        events=[(dt.date(2025, 11, 1), "new claims system"), ("2025-06-15", "price change")],
        unit="score",
        claim="Satisfaction has been below its usual range since November 2025.",
        **SAID,
    )


def lines() -> Chart:
    """Return three lines over time."""
    data = {
        "month": [dt.date(2025, place + 1, 1) for place in range(12)] * 3,
        "line": [name for name in LINES[:3] for _ in range(12)],
        "share": [0.1 * (1 + place // 12) + 0.002 * (place % 12) for place in range(36)],
    }
    return charts.lines_over_time(
        data,
        period="month",
        value="share",
        series="line",
        unit="share",
        highlight="Life",
        reference=0.2,
        reference_label="target",
        claim="Life's cancellation rate rose to 32 %.",
        **SAID,
    )


ALL = (ranked, in_parts, diverging, stacked, dots, two_series, slopes, falls, curves, behaviour, lines)
"""One maker per shape."""


def listed(claim: str = "Motor costs 4.2 m€, most of three lines.") -> Table:
    """Return a table with text, money, shares, a total and ids."""
    data = {
        "line": ["Motor", "Home", "All"],
        "cost": [4_200_000.0, 310_000.0, 4_510_000.0],
        "share": [0.93, None, 1.0],
        "people": [54, 8, 62],
        "id": ["A-001 A-002", None, "A-002"],
        "total": [False, False, True],
    }
    return table(
        data,
        columns={"line": "Line", "cost": "Cost", "share": "Share of cost", "people": "People"},
        units={"cost": "currency", "share": "share", "people": "people"},
        claim=claim,
        subtitle="Yearly cost by line",
        source="needs, resources",
        figures="id",
        is_total="total",
    )


def chapter(pillar: str = "readiness", letter: str = "R", **more: Any) -> Chapter:
    """Return a chapter with six figures and no exhibits."""
    held = [
        Figure("", f"{pillar}/{place}", f"Number {place}", 1.0 + place, "level", 0.5 + place, 1.5 + place, 20, "survey")
        for place in range(6)
    ]
    finding = Finding(f"{pillar.capitalize()} stands at 1.0.", "58 of 128 people (45 %).", (f"{letter}-001",))
    base = Chapter(
        pillar=pillar,
        title=pillar.capitalize(),
        question=f"What about {pillar}?",
        engagement="harbour-mutual",
        data_hash="abc",
        headline=Findings((finding,)),
        cautions=Findings((Finding("Operations answered less often.", "48 of 90 people (53 %)."),)),
        next_steps=Findings((Finding("Name an owner for Pensions."),)),
        method="Scored from 1 to 5.\n\nIntervals are Student's t.",
        figures=number_figures(letter, held),
    )
    return replace(base, **more)


META = Meta(
    engagement="harbour-mutual",
    client="Harbour Mutual",
    as_of="2026-09-30",
    confidentiality="Confidential",
    sources=(("survey.csv", 48_211, "9f" * 32),),
)


def report() -> Report:
    """Return a report with every kind of exhibit, a note, an appendix and an open question."""
    readiness = chapter()
    for place, make in enumerate((ranked, stacked, dots, two_series, diverging)):
        readiness = readiness.add(Exhibit(f"readiness-{place}", make()))
    readiness = readiness.add(Exhibit("readiness-again", ranked("The levels again.")), is_appendix=True)
    outcomes = chapter("outcomes", "O", off=(Off("outcomes", "The loop is not known.", ("feedback",)),))
    for place, make in enumerate((behaviour, falls, lines)):
        outcomes = outcomes.add(Exhibit(f"outcomes-{place}", make()))
    outcomes = outcomes.add(note_exhibit(Off("outcomes", "The loop is not known.", ("feedback",))))
    allocation = chapter("allocation", "A")
    for place, make in enumerate((slopes, curves)):
        allocation = allocation.add(Exhibit(f"allocation-{place}", make()))
    allocation = allocation.add(Exhibit("allocation-cost", listed()))
    return Report(META, (chapter("summary", "S"), readiness, outcomes, allocation))


def assert_reads_well(exhibit: Exhibit, known: Mapping[str, float | None]) -> None:
    """Fail unless an exhibit is one sentence with a source and an alternative text, of figures that have a value."""
    assert exhibit.claim.endswith(".")
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.source
    assert exhibit.alt
    assert all(known[name] is not None for name in exhibit.figure_ids())
    assert repr(exhibit)
    assert Exhibit.from_dict(exhibit.to_dict()) == exhibit
