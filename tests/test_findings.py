"""What every pillar says in the same words."""

from __future__ import annotations

import gc
import weakref

import pytest

from workbench.errors import ModelError
from workbench.findings import (
    CLAIM_LENGTH,
    LINE,
    Figure,
    Figures,
    Finding,
    Findings,
    Off,
    figure_once,
    fit_claim,
    number_figures,
)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("", id="empty"),
        pytest.param("No full stop", id="no full stop"),
        pytest.param("x" * CLAIM_LENGTH + ".", id="too long"),
    ],
)
def test_a_claim_is_one_short_sentence(claim: str) -> None:
    """A claim that would not fit above a chart is refused, with its length."""
    with pytest.raises(ModelError, match=f"got {len(claim)} characters"):
        Finding(claim)


def test_details_are_broken_between_words() -> None:
    """As plain text a detail keeps to the line, stands under its claim and loses no word."""
    detail = "Seven hundred and thirty-two k€ " * 12
    text = repr(Findings((Finding("Close it.", detail), Finding("Keep it."))))
    assert max(map(len, text.splitlines())) <= LINE
    assert text.startswith("Close it.\n    Seven")
    assert text.endswith("\n\nKeep it.")
    assert text.split()[2:-2] == detail.split()


def test_hiding_a_figure_renumbers_no_other() -> None:
    """Ids hang on places, so that a hidden value keeps its id."""
    shown = number_figures("R", [Figure("", "a", "A", 1.0, "level"), Figure("", "b", "B", 2.0, "level")])
    hidden = number_figures("R", [Figure("", "a", "A", None, "level"), Figure("", "b", "B", 2.0, "level")])
    assert shown.ids("a", "b") == hidden.ids("a", "b") == ("R-001", "R-002")
    assert "b" in hidden
    assert "c" not in hidden


def test_two_figures_of_one_key_are_refused() -> None:
    """A key finds one number."""
    with pytest.raises(ModelError, match="share a key"):
        Figures((Figure("R-1", "a", "A", 1.0, "level"), Figure("R-2", "a", "A", 2.0, "level")))


def test_off_says_what_would_answer() -> None:
    """A pillar that is off names its tables."""
    assert repr(Off("outcomes", "No metric.", ("metrics", "facts"))) == "No metric. Needed: metrics, facts."


def test_a_claim_is_cut_between_words_and_stays_a_sentence() -> None:
    """The first claim that fits wins; without one the last loses whole words and keeps a full stop."""
    assert fit_claim("word " * 40 + "end.", "Short.") == "Short."
    cut = fit_claim("settlement " * 20 + "end.")
    assert len(cut) <= CLAIM_LENGTH
    assert set(cut.removesuffix("….").split()) == {"settlement"}
    assert Finding(cut).claim == cut


def test_figures_are_made_once_for_each_result_and_forgotten_with_it() -> None:
    """Headline, exhibits and pages cite the same figures; another result gets its own, and none is kept alive."""
    asked = []

    class Result:
        pass

    def figures(result: Result) -> Figures:
        asked.append(id(result))
        return Figures(())

    look_up, first, second = figure_once(figures), Result(), Result()
    got = [look_up(first), look_up(second), look_up(first)]
    kept = weakref.ref(first)
    del first
    gc.collect()

    assert len(asked) == 2
    assert got[0] is got[2]
    assert kept() is None
