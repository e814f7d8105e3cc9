"""From projects to lines: the parts add up to the whole, and nothing is split that nobody gave a share for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.allocation import Project, judge_projects, spread_projects

LINES = ("home", "life", "motor")

shares = st.one_of(st.none(), st.floats(0.0, 1.0 / 3.0))
amounts = st.one_of(st.none(), st.floats(0.0, 1e9))


@st.composite
def projects(draw):
    """Draw projects of no line, of one, and of several with and without shares."""
    held = []
    for place in range(draw(st.integers(0, 8))):
        served = draw(st.lists(st.sampled_from(LINES), unique=True, max_size=3))
        held.append(
            Project(
                f"p{place}",
                line=draw(st.sampled_from(("", *LINES))),
                budget=draw(amounts),
                people=draw(amounts),
                lines=tuple((line, draw(shares)) for line in served),
            )
        )
    return held


@given(projects())
def test_parts_add_up_to_the_whole(held):
    """Of each project and of all of them; what has no amount has none in any part."""
    spread = spread_projects(held, LINES)
    for item in held:
        parts = [part for part in spread.parts if part.project is item]
        assert math.fsum(part.share for part in parts) == pytest.approx(1.0)
        assert {part.amount("budget") is None for part in parts} == {item.budget is None}
    known = [item.budget for item in held if item.budget is not None]
    expected = math.fsum(known) if known else None
    assert spread.total("budget") == (None if expected is None else pytest.approx(expected))
    by_place = [spread.total("budget", spread.of("line", line)) for line in LINES]
    by_place += [spread.total("budget", spread.of("several")), spread.total("budget", spread.of("none"))]
    assert math.fsum(amount or 0.0 for amount in by_place) == pytest.approx(expected or 0.0)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((), [("none", "", 1.0)], id="no line"),
        pytest.param((("home", None),), [("line", "home", 1.0)], id="one line is all of it"),
        pytest.param((("home", 0.4),), [("line", "home", 0.4), ("none", "", 0.6)], id="nobody claims the rest"),
        pytest.param((("home", None), ("life", None)), [("several", "", 1.0)], id="never split in silence"),
        pytest.param(
            (("home", 0.25), ("life", None)), [("line", "home", 0.25), ("several", "", 0.75)], id="one share agreed"
        ),
        pytest.param((("home", 0.5), ("life", 0.5)), [("line", "home", 0.5), ("line", "life", 0.5)], id="shares"),
        pytest.param((("boats", 1.0),), [("none", "", 1.0)], id="a line that is not ours"),
    ],
)
def test_a_project_is_split_by_given_shares_only(lines, expected):
    """What nobody gave a share for is a part of its own, and says among which lines."""
    spread = spread_projects([Project("p", budget=100.0, lines=lines)], LINES)
    assert [(part.fit, part.line, part.share) for part in spread.parts] == [
        (fit, line, pytest.approx(share)) for fit, line, share in expected
    ]
    among = [part.among for part in spread.parts if part.fit == "several"]
    assert among == [tuple(line for line, share in lines if share is None) for _ in among]


def test_what_ended_before_the_day_of_the_data_runs_no_more():
    """It is told and in no part; the last day itself still counts, and a blank end does."""
    held = [Project("a", ends="2026-09-29", budget=1.0), Project("b", ends="2026-09-30"), Project("c")]
    spread = spread_projects(held, LINES, as_of="2026-09-30")
    assert [item.id for item in spread.ended] == ["a"]
    assert [item.id for item in spread.projects] == ["b", "c"]
    assert spread.total("budget") is None
    assert [item.id for item in spread.without("budget")] == ["b", "c"]


def test_a_project_of_several_lines_is_judged_by_all_of_them():
    """It feeds a closing line if one of them closes; somebody owns what it leaves if one of them has an owner."""
    owners = {"home": "Ann", "life": "", "motor": None}
    held = [
        Project("both", ends="2027-01-01", lines=(("home", 0.5), ("life", 0.5))),
        Project("orphan", ends="2027-01-01", lines=(("life", 0.5), ("motor", 0.5))),
        Project("out", line="motor", lines=(("home", 1.0), ("life", 0.0))),
    ]
    got = {item.project.id: item.why for item in judge_projects(held, owners, {"home": True, "life": False})}
    assert got == {"both": ("closing line",), "orphan": ("closing line", "no owner")}
