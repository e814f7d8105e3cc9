"""The filter panel: every filter is decided on beforehand, a click looks up, and nobody small appears."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from readiness_samples import company

from workbench.findings import Off
from workbench.panels.filter import FilterText, filter_panel
from workbench.readiness import Readiness, assess
from workbench.report.exhibit import Note
from workbench.report.exhibits_filter import filtered_exhibit


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company of two lines and a small one, with its filters."""
    found = assess(company(small_line=True), with_filters=True)
    assert isinstance(found, Readiness)
    return found


def test_filters_change_nothing_of_the_report(result: Readiness) -> None:
    """They give way before anything else: with them and without, the same levels are shown."""
    plain = assess(company(small_line=True))
    assert isinstance(plain, Readiness)
    pairs = [(result.scores.scores[key], held) for key, held in plain.scores.scores.items()]
    assert all(first.level == second.level and first.hidden == second.hidden for first, second in pairs)
    assert plain.filters == {}


def test_a_filter_shows_the_mean_of_its_sheets_or_nothing(result: Readiness) -> None:
    """A shown level is that of the line's own roles; no small group is shown, and what is hidden has no number."""
    shown = [(key, held) for key, held in result.filters.items() if held.level is not None]
    assert shown
    assert all((held.people or 0) >= result.settings.minimum_group for _, held in shown)
    assert all(held.people is None for held in result.filters.values() if held.level is None)
    inputs = company(small_line=True)
    answers, instrument = inputs.answers[-1], inputs.instrument
    for (cut, line, name), held in shown:
        roles = next(one.roles for one in instrument.cuts if one.id == cut)
        shown_as = {role.id: role.shown_as for role in instrument.roles}
        items = [item for item in instrument.items_below(name) if item.kind != "open"]
        if len(items) < len(instrument.items_below(name)) or any(item.scope != "line" for item in items):
            continue
        own = [shown_as[role] in roles for role in answers.sheets["role"]]
        means = answers.levels[np.array(own) & (answers.sheets["product_line"] == line).to_numpy()][
            [item.id for item in items]
        ].mean()
        assert held.level is not None
        assert held.level.value == pytest.approx(means.mean(), abs=0.0501)


def test_a_click_takes_no_time(result: Readiness) -> None:
    """Everything was decided before: two hundred look-ups are quick enough to need no waiting."""
    start = time.process_time()
    for _ in range(100):
        for cut in ("shape", "run"):
            filtered_exhibit(result, "motor", cut)
    assert time.process_time() - start < 100 * 0.2


def test_a_small_line_shows_only_what_is_pooled(result: Readiness) -> None:
    """Of a line with two people of a job, only questions about the whole organisation have a level."""
    instrument = result.instrument
    shown = [name for (_, line, name), held in result.filters.items() if line == "tiny" and held.level is not None]
    assert all(item.scope == "organisation" for name in shown for item in instrument.items_below(name))
    empty = replace(result, filters={key: replace(held, level=None) for key, held in result.filters.items()})
    assert isinstance(filtered_exhibit(empty, "tiny", "shape").content, Note)


def test_in_a_batch_the_panel_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed where nobody clicks."""
    monkeypatch.setenv("WORKBENCH_BATCH", "1")
    panel = filter_panel(company())
    assert isinstance(panel, FilterText)
    assert "Motor" in repr(panel)
    off = Off("readiness", "There is no survey.", ("survey",))
    assert "no survey" in repr(filter_panel(off))
