"""Dated shares: blank ones are equal and flagged, changes hold from their day, nothing adds to more than one."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.products import KINDS, ProductMap, build_product_map

PRODUCTS = pd.DataFrame(
    {"product": ["car", "van", "home"], "name": ["Car", "Van", "Home"], "stage": ["grow", None, None]}
)


def members(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return memberships: product, kind, parent, share, valid_from, status."""
    names = ["product", "kind", "parent", "share", "valid_from", "status"]
    padded = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    return pd.DataFrame(padded, columns=names).astype({"share": "float64"})


def shares(found: ProductMap, kind: str, on: dt.date | None = None) -> dict[tuple[str, str], float]:
    """Return the shares as a mapping, to compare at a glance."""
    frame = found.shares(kind, on)
    return dict(zip(zip(frame["product"], frame["parent"], strict=True), frame["share"], strict=True))


def test_blank_shares_are_equal_parts_of_what_is_left() -> None:
    """A blank share takes an equal part of what the stated ones leave."""
    found = build_product_map(
        PRODUCTS,
        members(
            ("car", "value_stream", "buy", 0.4), ("car", "value_stream", "claim"), ("car", "value_stream", "renew")
        ),
    )
    expected = {("car", "buy"): 0.4, ("car", "claim"): pytest.approx(0.3), ("car", "renew"): pytest.approx(0.3)}
    assert shares(found, "value_stream") == expected


@pytest.mark.parametrize(
    ("share", "status", "expected"),
    [
        (None, None, True),
        (None, "confirmed", False),
        (0.5, None, False),
        (0.5, "assumed", True),
        (0.5, "contested", True),
    ],
)
def test_assumed_until_confirmed(share: float | None, status: str | None, expected: bool) -> None:
    """A share is assumed when it is blank or somebody calls it so, until somebody confirms it."""
    rows = [("car", "value_stream", parent, share, None, status) for parent in ("buy", "claim")]
    found = build_product_map(PRODUCTS, members(*rows))
    assert found.shares("value_stream")["is_assumed"].tolist() == [expected, expected]
    assert found.assumed_products("value_stream") == (("car",) if expected else ())


def test_a_product_with_one_parent_is_not_called_split() -> None:
    """A blank share with a single parent is the whole product; no other share would change anything."""
    found = build_product_map(PRODUCTS, members(("car", "product_line", "motor")))
    assert shares(found, "product_line") == {("car", "motor"): 1.0}
    assert found.assumed_products("product_line") == ()


def test_a_share_holds_from_its_day_and_zero_ends_it() -> None:
    """The latest statement that has begun counts; a share of 0 ends a membership."""
    start = dt.date(2026, 3, 15)
    found = build_product_map(
        PRODUCTS,
        members(
            ("car", "product_line", "motor", 1.0),
            ("car", "product_line", "motor", 0.0, start),
            ("car", "product_line", "fleet", 0.7, start),
        ),
    )
    assert found.cut_dates("product_line") == (start,)
    assert shares(found, "product_line", start - dt.timedelta(days=1)) == {("car", "motor"): 1.0}
    assert shares(found, "product_line", start) == {("car", "fleet"): 0.7}
    assert found.parents("product_line") == ("motor", "fleet")
    assert found.cut_dates("value_stream") == ()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("car", "product_line", "a", 0.7), ("car", "product_line", "b", 0.4)], "add to 1.1"),
        ([("cat", "product_line", "a", 0.7)], "Did you mean 'car'"),
        ([("car", "department", "a", 0.7)], "no kind of parent"),
        ([("car", "product_line", "a", 1.2)], "shares are 0 to 1"),
        (
            [("car", "product_line", "a", 0.5), ("car", "product_line", "b", 0.6, dt.date(2026, 1, 1))],
            "from 2026-01-01",
        ),
    ],
    ids=["sum", "unknown", "kind", "range", "later"],
)
def test_impossible_memberships_stop(rows: list[tuple[object, ...]], words: str) -> None:
    """Shares over one on any day, unknown products and kinds stop with a sentence."""
    with pytest.raises(ModelError, match=words):
        build_product_map(PRODUCTS, members(*rows))


def test_names_come_from_the_registers() -> None:
    """Products and lines are called by their names, other parents by their keys as prose."""
    lines = pd.DataFrame({"product_line": ["motor"], "name": ["Motor insurance"], "product_manager": ["A. Keller"]})
    found = build_product_map(PRODUCTS, None, lines)
    assert [found.name(key) for key in ("car", "motor", "moving-home")] == ["Car", "Motor insurance", "Moving home"]
    assert found.owners == {"motor": "A. Keller"}
    assert found.stage("car") == "grow"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_shares_never_exceed_one_and_row_order_does_not_matter(data: st.DataObject) -> None:
    """Whatever is blank or dated, shares of a product add to at most 1, in any order of rows."""
    rows = []
    for product in PRODUCTS["product"]:
        for kind in KINDS:
            parents = data.draw(st.lists(st.sampled_from("pqrs"), unique=True, max_size=3))
            for parent in parents:
                share = data.draw(st.one_of(st.none(), st.floats(0, 1 / 3)))
                rows.append((product, kind, parent, share))
    if not rows:
        return
    order = data.draw(st.permutations(range(len(rows))))
    first = build_product_map(PRODUCTS, members(*rows))
    second = build_product_map(PRODUCTS, members(*(rows[place] for place in order)))
    for kind in KINDS:
        assert shares(first, kind) == pytest.approx(shares(second, kind))
        assert (first.shares(kind).groupby("product")["share"].sum() <= 1 + 1e-9).all()
