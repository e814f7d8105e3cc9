"""Flow and delivery as exhibits: every number is a figure, every gap has its reason, and off reads well."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests.outcomes.test_delivery import at, deployed, frame
from tests.outcomes.test_work_checks import clean
from workbench import delivery_exhibit, flow_exhibit, outcomes
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import Outcomes, OutcomesInputs, Settings, measure
from workbench.outcomes.catalogue import Catalogue
from workbench.products import build_product_map

AS_OF = dt.date(2026, 9, 30)


def review(**tables: pd.DataFrame) -> Outcomes:
    """Return a review of tables of work alone."""
    register = pd.DataFrame({"product": ["motor", "home"], "name": ["Motor", "Home <b>"]})
    sources = {name: f"facts/{name}.csv" for name in tables}
    inputs = OutcomesInputs(
        Catalogue((), ()), {}, {}, build_product_map(register, None), Settings(AS_OF), sources=sources, work=tables
    )
    found = measure(inputs)
    assert isinstance(found, Outcomes)
    return found


def board(*, has_start: bool = True) -> pd.DataFrame:
    """Return items of two products and of one that nobody knows."""
    generator = random.Random(1)  # noqa: S311 - a sample, no secret
    items = clean(count=400, hours=30)
    items["product"] = [generator.choice(["motor", "home", "zoo"]) for _ in range(len(items))]
    items["active_seconds"] = 30.0
    items["waiting_seconds"] = 70.0
    if not has_start:
        items["started"] = pd.NaT
    return items


@pytest.fixture(scope="module")
def result() -> Outcomes:
    """Return a review with items, deployments, changes and incidents."""
    return review(
        items=board(),
        deployments=deployed(*({"deployed_at": at(day, 9)} for day in range(1, 27))),
        incidents=frame("incidents", {"raised": at(3), "restored": at(3, 15)}, {"raised": at(20)}),
        changes=frame("changes", *({"committed": at(day, 2), "merged": at(day, 8)} for day in range(1, 28))),
    )


def cells(exhibit: Any) -> list[dict[str, Any]]:
    """Return a table's rows by column."""
    names = [column.name for column in exhibit.content.columns]
    return [dict(zip(names, row, strict=True)) for row in exhibit.content.rows]


def test_flow_shows_all_work_and_every_product_in_the_clients_order(result: Outcomes) -> None:
    """The whole first, products by their names, what nobody knows last and marked."""
    exhibit = flow_exhibit(result)
    rows = cells(exhibit)
    assert [row["name"] for row in rows] == ["All work", "Motor", "Home <b>", "zoo (unknown)"]
    assert rows[0]["load"] == sum(row["load"] for row in rows[1:])
    assert {row["efficiency"] for row in rows} == {0.3}
    assert len(exhibit.content.claim) <= CLAIM_LENGTH
    assert "from start to done" in exhibit.content.subtitle


def test_every_number_is_a_figure(result: Outcomes) -> None:
    """What a row shows stands among the figures under the row's ids."""
    numbers = {figure.id: figure for figure in outcomes.figures(result)}
    for exhibit in (flow_exhibit(result), delivery_exhibit(result)):
        for row, ids in zip(cells(exhibit), exhibit.content.figures, strict=True):
            values = {numbers[held].value for held in ids}
            shown = {value for value in row.values() if isinstance(value, float)}
            assert shown <= values, row
    keys = [figure.key for figure in outcomes.figures(result)]
    assert len(keys) == len(set(keys))
    assert "flow/time/motor/p85" in keys
    assert "delivery/lead/all" in keys


def test_without_starts_the_time_is_told_from_creation(result: Outcomes) -> None:
    """The claim and the subtitle say from when, and a caution says what is not stated."""
    bare = review(items=board(has_start=False))
    exhibit = flow_exhibit(bare)
    assert "being written down" in exhibit.content.claim
    assert "being written down" in exhibit.content.subtitle
    said = [str(item) for item in outcomes.cautions(bare)]
    assert any("cannot be stated" in text and "no start of work" in text for text in said)
    assert "start to done" not in outcomes.method(bare)
    assert "Little's law" in outcomes.method(result)


def test_delivery_says_what_is_open_and_why_a_measure_is_missing(result: Outcomes) -> None:
    """Changes not deployed, failures not restored, and the label that nobody gave."""
    rows = {row["label"]: row for row in cells(delivery_exhibit(result))}
    assert rows["Hours from commit to production"]["open"] == 1
    assert rows["Hours until a failed deployment is restored"]["open"] == 1
    assert rows["Deployments that repair an earlier one"]["value"].startswith("not stated: no deployment is marked")
    assert "have not reached production" in rows["Hours from commit to production"]["without"]


def test_off_and_nothing_to_say_read_well() -> None:
    """No result, no table, and a board that was filled by hand."""
    off = Off("outcomes", "No outcomes.", ("metrics",))
    for make in (flow_exhibit, delivery_exhibit):
        assert "No outcomes." in str(make(off))
    assert outcomes.figures(off).items == ()
    nothing = review()
    assert nothing.work is None
    assert "workbench import tracker" in str(flow_exhibit(nothing))
    assert "facts/deployments" in str(delivery_exhibit(nothing))
    items = board()
    items["created"] = pd.Timestamp("2026-01-05 10:00")
    filled = review(items=items)
    assert "were created on one day" in str(flow_exhibit(filled))
    assert any("Flow of work is not stated." in str(item) for item in outcomes.cautions(filled))


def test_a_review_without_trackers_has_no_figure_of_flow(result: Outcomes) -> None:
    """All others stay as they are, in their order."""
    keys = [figure.key for figure in outcomes.figures(result)]
    others = [key for key in keys if not key.startswith(("flow/", "delivery/"))]
    assert [figure.key for figure in outcomes.figures(replace(result, work=None))] == others
    assert others != keys
