"""Paths of any depth: shares multiply and add up, what counts twice is refused by name, order never matters."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ModelError
from workbench.memberships import KINDS, Link, Membership, follow_paths, share_faults
from workbench.products import ProductEntry, ProductMap, build_product_map

LINE, STREAM, EXPERIENCE = KINDS
MARCH, JUNE = dt.date(2026, 3, 17), dt.date(2026, 6, 1)


def made(*rows: tuple[object, ...], products: tuple[str, ...] = ("car", "van")) -> ProductMap:
    """Return the map of rows: member, kind, parent, share, valid_from, is_assumed, member_kind."""
    return ProductMap(tuple(ProductEntry(key, key) for key in products), tuple(Membership(*row) for row in rows))  # type: ignore[arg-type]


def shares(found: ProductMap, kind: str, on: dt.date | None = None) -> dict[tuple[str, str], float]:
    """Return the shares as a mapping."""
    frame = found.shares(kind, on)
    return dict(zip(zip(frame["product"], frame["parent"], strict=True), frame["share"], strict=True))


def nested(
    member: str, kind: str, parent: str, share: float | None, since: dt.date | None = None
) -> tuple[object, ...]:
    """Return a row that puts a line into a parent."""
    return member, kind, parent, share, since, share is None, LINE


def test_shares_multiply_from_product_to_line_to_stream_to_experience() -> None:
    """A product's share in an experience is the product of the shares on its way."""
    found = made(
        ("car", LINE, "motor", 0.5),
        nested("motor", STREAM, "cover", 0.4),
        ("cover", EXPERIENCE, "driving", 0.25, None, False, STREAM),
    )
    assert shares(found, STREAM) == {("car", "cover"): 0.2}
    assert shares(found, EXPERIENCE) == {("car", "driving"): pytest.approx(0.05)}
    assert found.share_table(EXPERIENCE).left[:, 0].tolist() == [pytest.approx(0.95), 1.0]


def test_several_paths_to_one_parent_add_up() -> None:
    """Directly and through two lines: 0.1 + 0.5 × 0.6 + 0.4 × 1."""
    found = made(
        ("car", LINE, "motor", 0.5),
        ("car", LINE, "fleet", 0.4),
        ("car", STREAM, "cover", 0.1),
        nested("motor", STREAM, "cover", 0.6),
        nested("fleet", STREAM, "cover", 1.0),
    )
    assert shares(found, STREAM) == {("car", "cover"): pytest.approx(0.8)}


def test_lines_in_lines_hold_their_members_and_count_once_over_the_kind() -> None:
    """A group holds what its lines hold; over the kind only what a line keeps to itself counts."""
    found = made(
        ("car", LINE, "motor", 1.0),
        ("van", LINE, "group", 0.5),
        nested("motor", LINE, "group", 0.75),
        nested("group", LINE, "all", 1.0),
    )
    assert shares(found, LINE) == {
        ("car", "motor"): 1.0,
        ("car", "group"): 0.75,
        ("car", "all"): 0.75,
        ("van", "group"): 0.5,
        ("van", "all"): 0.5,
    }
    table = found.share_table(LINE)
    kept = {table.parents[p]: k for p, of, k in zip(table.parent, table.product, table.kept, strict=True) if of == 0}
    assert kept == {"motor": 0.25, "group": 0.0, "all": 0.75}
    assert np.bincount(table.product, table.kept).tolist() == [1.0, 0.5]
    assert table.left[:, 0].tolist() == [0.0, 0.5]
    assert found.parents(LINE) == ("motor", "group", "all")
    assert found.members_of(LINE, "all") == {"car", "van", "motor", "group"}
    assert found.scopes_of("car") == {"motor", "group", "all"}


def test_a_circle_is_refused_and_shown() -> None:
    """Parents that hold each other stop the run; the circle is written out, from the day on which it closes."""
    rows = [
        ("car", LINE, "a", 1.0),
        nested("a", LINE, "b", 1.0),
        nested("b", LINE, "c", 0.5),
        nested("c", LINE, "a", 0.5, MARCH),
    ]
    with pytest.raises(ModelError, match=r"in a circle from 2026-03-17: 'a' → 'b' → 'c' → 'a'"):
        made(*rows)
    assert made(*rows[:-1], nested("c", LINE, "a", 0.0, MARCH)).parents(LINE) == ("a", "b", "c")
    with pytest.raises(ModelError, match="'a' → 'a'"):
        made(nested("a", LINE, "a", 0.5))


def test_a_hierarchy_may_turn_round_on_a_day() -> None:
    """A circle is one only if it stands on one day: a in b until March, b in a from then on, is none."""
    found = made(
        ("car", LINE, "a", 1.0),
        ("van", LINE, "b", 1.0),
        nested("a", LINE, "b", 1.0),
        nested("a", LINE, "b", 0.0, MARCH),
        nested("b", LINE, "a", 1.0, MARCH),
    )
    assert shares(found, LINE)["car", "b"] == 1.0
    assert shares(found, LINE, MARCH) == {("car", "a"): 1.0, ("van", "a"): 1.0, ("van", "b"): 1.0}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("car", LINE, "a", 1.0), ("car", STREAM, "s", 0.3), nested("a", STREAM, "s", 1.0)],
            r"shares of 'car' over its value streams add to 1.3 \(s 0.3, s 1 by a\)",
        ),
        (
            [("car", LINE, "a", 1.0), nested("a", LINE, "g", 0.7), nested("a", LINE, "h", 0.4)],
            "shares of the product line 'a' over its product lines add to 1.1",
        ),
        (
            [("car", LINE, "a", 1.0), nested("a", STREAM, "s", 1.0), ("s", LINE, "b", 0.5, None, False, STREAM)],
            "comes back to a kind it has left: product line 'a' → value stream 's' → product line 'b'",
        ),
        ([("car", LINE, "a", 0.5), ("car", LINE, "a", 0.4)], "'car' in 'a' is stated twice"),
        ([("a", LINE, "b", 1.0, None, False, "department")], "no kind of parent"),
    ],
    ids=["twice over two paths", "a line over 1", "back to a kind", "stated twice", "kind"],
)
def test_what_would_count_twice_is_refused(rows: list[tuple[object, ...]], words: str) -> None:
    """The sentence names the member, the parents and the shares."""
    with pytest.raises(ModelError, match=words):
        made(*rows)


def test_a_share_that_ends_and_starts_again() -> None:
    """Every statement holds until the next one of the same pair."""
    found = made(("car", LINE, "a", 0.8), ("car", LINE, "a", 0.0, MARCH), ("car", LINE, "a", 0.6, JUNE))
    assert [shares(found, LINE, on) for on in (None, MARCH, JUNE)] == [{("car", "a"): 0.8}, {}, {("car", "a"): 0.6}]
    assert found.share_table(LINE).left[0].tolist() == [pytest.approx(0.2), 1.0, pytest.approx(0.4)]


def test_a_kind_changes_with_what_feeds_it() -> None:
    """A stream that holds lines changes on the days on which products change lines; lines do not change with it."""
    found = made(
        ("car", LINE, "a", 1.0),
        ("car", LINE, "a", 0.5, MARCH),
        nested("a", STREAM, "s", 1.0),
        nested("a", STREAM, "s", 0.5, JUNE),
    )
    assert found.cut_dates(STREAM) == (MARCH, JUNE)
    assert found.cut_dates(LINE) == (MARCH,)
    assert [shares(found, STREAM, on)["car", "s"] for on in (None, MARCH, JUNE)] == [1.0, 0.5, 0.25]


def test_an_unconfirmed_share_high_up_reaches_every_product_below() -> None:
    """A line without stated shares in two streams makes the shares of its products assumed."""
    found = made(("car", LINE, "a", 1.0), nested("a", STREAM, "s", None), nested("a", STREAM, "t", None))
    assert found.shares(STREAM)["is_assumed"].tolist() == [True, True]
    assert found.assumed_products(STREAM) == ("car",)
    assert found.assumed_products(LINE) == ()


def test_keys_of_any_letters_and_any_order_give_the_same_shares() -> None:
    """Marks, joined letters, right-to-left and look-alikes are other keys; row order changes nothing, exactly."""
    keys = ("é", "e\u0301", "שלום", "it's", "a\u200db", "😀", "Ａ", "A ", "%s")
    generator = np.random.default_rng(5)
    rows = [
        (key, LINE, parent, float(part)) for key in keys for parent, part in zip("xyz", [0.1, 0.2, 0.3], strict=True)
    ]
    rows += [(*nested(line, STREAM, "s", 0.7)[:4], None, False, LINE) for line in "xyz"]
    expected = shares(made(*rows, products=keys), STREAM)
    assert len(expected) == len(keys)
    for _ in range(10):
        shuffled = [rows[place] for place in generator.permutation(len(rows))]
        order = tuple(keys[place] for place in generator.permutation(len(keys)))
        assert shares(made(*shuffled, products=order), STREAM) == expected


def test_the_tables_of_a_client_give_the_same() -> None:
    """The table parents puts a line into a stream; blanks are equal parts, flagged."""
    memberships = pd.DataFrame({"product": ["car"], "kind": [LINE], "parent": ["motor"], "share": [1.0]})
    parents = pd.DataFrame(
        {"member_kind": [LINE] * 2, "member": ["motor"] * 2, "kind": [STREAM] * 2, "parent": ["buy", "claim"]}
    )
    found = build_product_map(pd.DataFrame({"product": ["car"], "name": ["Car"]}), memberships, None, parents)
    assert shares(found, STREAM) == {("car", "buy"): 0.5, ("car", "claim"): 0.5}
    assert found.assumed_products(STREAM) == ("car",)


def test_faults_point_at_the_rows() -> None:
    """Each thing is reported once, with the statements at fault, on the first day on which it is so."""
    rows = (
        Membership("car", LINE, "a", 0.8),
        Membership("van", LINE, "a", 1.0),
        Membership("car", LINE, "b", 0.4, MARCH),
        Membership("car", LINE, "c", 0.1, JUNE),
    )
    (fault,) = share_faults(rows)
    assert fault.places == (0, 2)
    assert fault.found == "the shares of 'car' over its product lines add to 1.2 from 2026-03-17 (a 0.8, b 0.4)"


def test_a_deep_chain_is_followed_to_its_end() -> None:
    """Two thousand lines in lines are no recursion: the last holds what the first does."""
    chain = [Link(("product", "p"), (LINE, "0"), 1.0)]
    chain += [Link((LINE, str(step)), (LINE, str(step + 1)), 1.0) for step in range(2_000)]
    reached = follow_paths(chain[::-1])
    assert reached.held[LINE, "2000"] == {"p": 1.0}
    assert sum(reached.kept.values()) == 1.0


def test_a_nested_line_says_what_it_belongs_to_on_a_day() -> None:
    """Readers must know that a group holds again what its lines hold."""
    found = made(
        ("car", LINE, "motor", 1.0),
        nested("motor", LINE, "group", 1.0),
        nested("motor", LINE, "group", 0.0, MARCH),
        nested("motor", LINE, "rest", 0.5, MARCH),
        nested("motor", STREAM, "cover", 1.0),
    )
    assert found.parents_above(LINE, "motor") == ("group",)
    assert found.parents_above(LINE, "motor", MARCH) == ("rest",)
    assert found.parents_above(LINE, "group") == ()
