"""Every planted defect of a board is named with count, share, example and consequence; none in clean data."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pandas as pd
import pytest

from tests.outcomes.test_flow import items
from workbench.outcomes.work import review_work
from workbench.outcomes.work_checks import check_work

AS_OF = dt.date(2026, 9, 30)


def clean(seed: int = 0, count: int = 200, hours: int = 50) -> pd.DataFrame:
    """Return a board that was kept day by day."""
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    rows = []
    when = dt.datetime(2026, 1, 5, 9)
    for _ in range(count):
        when += dt.timedelta(hours=generator.randrange(1, hours))
        begun = when + dt.timedelta(hours=generator.randrange(1, 100))
        end = begun + dt.timedelta(hours=generator.randrange(1, 300))
        is_done = end.date() < AS_OF and generator.random() < 0.8
        rows.append(
            {
                "created": when,
                "started": begun if begun.date() < AS_OF else None,
                "done": end if is_done else None,
                "state": "done" if is_done else "active" if begun.date() < AS_OF else "waiting",
                "status": "Done" if is_done else "In Progress" if begun.date() < AS_OF else "To Do",
                "type": generator.choice(["Story", "Bug", "Task", "Sub-task"]),
            }
        )
    return items(*[row for row in rows if row["created"].date() < AS_OF])


@pytest.mark.parametrize("seed", range(8))
def test_clean_boards_raise_nothing(seed: int) -> None:
    """Not one finding."""
    assert check_work({"items": clean(seed)}, AS_OF) == ()


Plant = Callable[[pd.DataFrame], pd.DataFrame]


def plant(rows: int, **values: object) -> Plant:
    """Return a defect: these values in the first done rows."""

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        places = frame.index[frame["state"] == "done"][:rows]
        for name, value in values.items():
            if callable(value):
                frame.loc[places, name] = value(frame.loc[places])
            else:
                frame.loc[places, name] = value
        return frame

    return spoil


DEFECTS: list[tuple[str, Plant, int, str]] = [
    ("done_before_started", plant(4, done=lambda f: f["started"] - pd.Timedelta(minutes=1)), 4, "informs"),
    ("done_before_started", plant(30, done=lambda f: f["started"] - pd.Timedelta(minutes=1)), 30, "marked"),
    ("done_before_created", plant(3, done=lambda f: f["created"] - pd.Timedelta(days=1)), 3, "informs"),
    ("default_date", plant(5, started=pd.Timestamp("1970-01-01")), 5, "informs"),
    ("default_date", plant(2, created=pd.Timestamp("1900-01-01")), 2, "informs"),
    ("future", plant(6, done=pd.Timestamp("2027-01-01")), 6, "informs"),
    ("done_without_date", plant(7, done=pd.NaT), 7, "informs"),
    ("reopened", plant(8, reopened=1), 8, "informs"),
    ("no_status", plant(9, status=""), 9, "informs"),
    ("no_state", plant(3, state=""), 3, "informs"),
    ("spelling", plant(5, status="done"), 5, "informs"),
    ("spelling", plant(5, status="In  progress"), 5, "informs"),
    ("back_filled", plant(150, created=pd.Timestamp("2026-01-05 10:00")), 150, "off"),
    ("back_filled", plant(120, done=lambda f: f["created"] + pd.Timedelta(minutes=2), started=pd.NaT), 120, "off"),
    ("bulk_closed", plant(120, done=pd.Timestamp("2026-09-29 10:00")), 120, "off"),
    ("conflict", lambda frame: pd.concat([frame, frame.head(2)], ignore_index=True), 4, "off"),
]


@pytest.mark.parametrize(
    ("check", "spoil", "rows", "consequence"), DEFECTS, ids=lambda held: held if isinstance(held, str) else ""
)
def test_planted_defects_are_named(check: str, spoil: Plant, rows: int, consequence: str) -> None:
    """Count, share, an example that exists, and what follows."""
    frame = spoil(clean(count=260))
    found = [finding for finding in check_work({"items": frame}, AS_OF) if finding.check == check]
    assert len(found) == 1
    (finding,) = found
    assert finding.rows == rows
    assert finding.share == pytest.approx(rows / len(frame))
    assert finding.example in set(frame["item"])
    assert finding.consequence == consequence
    assert finding.claim.endswith(".")
    assert finding.example in finding.detail


def test_a_board_filled_by_hand_has_no_flow_and_the_sentence_says_why() -> None:
    """Flow times are refused, not repaired."""
    frame = plant(150, created=pd.Timestamp("2026-01-05 10:00"))(clean())
    work = review_work({"items": frame}, AS_OF)
    assert work is not None
    assert work.flow is None
    assert "created on one day" in work.flow_off
    fine = review_work({"items": clean()}, AS_OF, products=["home", "motor"])
    assert fine is not None
    assert fine.flow is not None
    assert [flow.product for flow in fine.flow_by_product] == ["motor"]
    assert review_work({}, AS_OF) is None


def test_one_type_nearly_everywhere_and_a_round_number_of_rows() -> None:
    """A split by type would tell nothing; an export of exactly 1,000 rows was probably cut off."""
    frame = clean(count=1_000, hours=8)
    frame["type"] = "Task"
    frame.loc[frame.index[:5], "type"] = "Bug"
    found = {finding.check: finding for finding in check_work({"items": frame}, AS_OF)}
    assert found["one_value"].rows == len(frame) - 5
    assert found["export_limit"].consequence == "marked"
