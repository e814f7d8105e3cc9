"""Ten thousand random share graphs: shares, sums and ratios against every path of every row, written out by hand.

Graphs stand side by side in a few engagements, under keys of their own, so that one query and one roll-up serve many.
The brute force knows no SQL, no epochs and no sums by product: it takes a row, finds the statements in force on the
row's own day, walks every path from its product upwards and adds share × amount to what it meets.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd

from workbench.memberships import KINDS, Membership
from workbench.outcomes.balances import LAW_TOLERANCE
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.cubes import build_cubes
from workbench.outcomes.definitions import Measure
from workbench.outcomes.dialects import Window
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.rollup import roll_up
from workbench.products import ProductEntry, ProductMap

GRAPHS, TOGETHER = 10_000, 500
"""Graphs in all, and in one engagement."""

DAYS = [dt.date(2026, 1, 5) + dt.timedelta(days=19 * step) for step in range(4)]
"""Days on which shares change; most lie within a month."""

Node = tuple[str, str]


@dataclass(frozen=True)
class Graph:
    """Statements of one graph, its products and its rows: product, day, amount, units."""

    statements: tuple[Membership, ...]
    products: tuple[str, ...]
    rows: tuple[tuple[str, dt.date, float, float], ...]


def random_graph(generator: np.random.Generator, name: str) -> Graph:
    """Return a random graph: up to three products and nine parents, up to eight steps deep, dated, with gaps.

    Kinds stand in an order of the graph's own, and a link goes only forward in it: no circle, no way back to a kind.
    What may enter a kind is divided beforehand over its sources (the products themselves, and each kind before it), so
    that nothing comes to more than 1 over all paths.
    """
    draw = generator.random
    products = tuple(f"{name}p{place}" for place in range(1 + int(draw() * 3)))
    order = [KINDS[place] for place in generator.permutation(3)][: 1 + int(draw() * 3)]
    parents = {kind: [f"{name}{letter}" for letter in "abc"[: 1 + int(draw() * 3)]] for kind in order}
    statements: list[Membership] = []
    nested: set[str] = set()

    def give(member: Node, kind: str, among: Sequence[str], most: float = 1.0) -> None:
        chosen = [parent for parent in among if draw() < 0.7]
        for since in (None, *(day for day in DAYS if draw() < 0.15)):
            parts = generator.dirichlet(np.ones(len(chosen) + 1)) if chosen else []
            for parent, part in zip(chosen, parts, strict=False):
                share = 0.0 if draw() < 0.2 else most * float(part)  # a share ends, and may begin again
                is_blank = draw() < 0.15 and most == 1.0
                statements.append(
                    Membership(member[1], kind, parent, None if is_blank else share, since, is_blank, member[0])
                )

    for place, kind in enumerate(order):
        sources = [one for one in range(-1, place) if one < 0 or draw() < 0.6]  # -1: the products themselves
        budget = (
            generator.dirichlet(np.ones(len(sources))).tolist() if draw() < 0.7 else [1.0] + [0.0] * (len(sources) - 1)
        )
        if len(sources) == 2 and draw() < 0.4:
            budget = [0.0, 1.0]  # all of it through the kind before
        for source, most in zip(sources, budget, strict=True):
            members = [("product", product) for product in products]
            if source >= 0:
                members = [(order[source], parent) for parent in parents[order[source]]]
                if order[source] in nested:  # a group holds again what its members hold
                    most /= len(members)
            for member in members if most > 0 else ():
                give(member, kind, parents[kind], most)
        for at, parent in enumerate(parents[kind][:-1]):
            if draw() < 0.4:
                give((kind, parent), kind, parents[kind][at + 1 :])
                nested.add(kind)
    rows = tuple(
        (
            f"{name}unheard" if draw() < 0.05 else products[int(draw() * len(products))],
            dt.date(2026, 1, 1) + dt.timedelta(days=int(draw() * 89)),
            round(float(generator.normal(0, 100)), 2),
            float(int(draw() * 5)),
        )
        for _ in range(8)
    )
    return Graph(tuple(statements), products, rows)


# -- brute force ------------------------------------------------------------------------------------------------------


def paths_of(product: str, statements: Sequence[Membership], day: dt.date) -> list[tuple[tuple[Node, ...], float]]:
    """Return every path from a product upwards on a day, with its share."""
    now: dict[tuple[Node, Node], Membership] = {}
    for one in sorted(statements, key=lambda held: held.valid_from or dt.date.min):
        if one.valid_from is None or one.valid_from <= day:
            now[one.member, (one.kind, one.parent)] = one
    found: list[tuple[tuple[Node, ...], float]] = []
    ways: list[tuple[tuple[Node, ...], float]] = [((("product", product),), 1.0)]
    while ways:
        path, share = ways.pop()
        own = [(parent, one) for (member, parent), one in now.items() if member == path[-1]]
        for parent, one in own:
            part = one.share
            if part is None:
                kin = [other.share for (kind, _), other in own if kind == parent[0]]
                part = max(0.0, 1 - sum(s for s in kin if s is not None)) / kin.count(None)
            if part > 0:
                found.append(((*path, parent), share * part))
                ways.append(((*path, parent), share * part))
    return found


def brute(graph: Graph) -> tuple[dict[tuple[Node, dt.date], np.ndarray], dict[tuple[str, dt.date], np.ndarray]]:
    """Return rows, amounts and units of each parent and month, and of what no parent of a kind holds."""
    held: dict[tuple[Node, dt.date], np.ndarray] = defaultdict(lambda: np.zeros(3))
    left: dict[tuple[str, dt.date], np.ndarray] = defaultdict(lambda: np.zeros(3))
    known: dict[tuple[str, int], list[tuple[tuple[Node, ...], float]]] = {}
    for product, day, amount, units in graph.rows:
        if product not in graph.products:
            continue
        what, month = np.array([1.0, amount, units]), day.replace(day=1)
        epoch = sum(day >= start for start in DAYS)
        if (product, epoch) not in known:
            known[product, epoch] = paths_of(product, graph.statements, day)
        for kind in KINDS:
            left[kind, month] += what
        for path, share in known[product, epoch]:
            held[path[-1], month] += share * what
            if path[-2][0] != path[-1][0]:  # here the path enters the kind
                left[path[-1][0], month] -= share * what
    return held, left


# -- the property -----------------------------------------------------------------------------------------------------


METRICS = (
    Metric("orders", "Orders", "count", Measure("events")),
    Metric("revenue", "Revenue", "sum", Measure("events", "sum", "amount")),
    Metric("price", "Price", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units")),
)


def roll(bench: samples.Bench, graphs: Sequence[Graph]) -> tuple[Mapping[str, pd.DataFrame], float]:
    """Return the values of all graphs by kind, rolled up in one pass, and the largest miss of the law."""
    products = ProductMap(
        tuple(ProductEntry(product, product) for graph in graphs for product in graph.products),
        tuple(one for graph in graphs for one in graph.statements),
    )
    frame = pd.DataFrame([row for graph in graphs for row in graph.rows], columns=["product", "day", "amount", "units"])
    frame["id"] = range(len(frame))
    table = FactTable("events", ("id",), "day", "product")
    catalogue = with_columns(Catalogue((table,), METRICS), {"events": samples.kinds_of(frame)})
    with bench.engine({"events": frame}) as engine:
        parts = fetch_parts(catalogue, engine, products, Window(samples.AS_OF, products.cut_dates()))
    cubes = build_cubes(parts, catalogue, products, len(products.cut_dates()) + 1)
    found, worst = {}, 0.0
    for kind in KINDS:
        rolled = roll_up(parts, catalogue, products, kind, cubes=cubes)
        assert [mark for mark in rolled.marks if "add up" in mark[1]] == []
        worst = max(worst, rolled.residual)
        over = rolled.unallocated.assign(kind=kind)
        found[kind] = pd.concat([rolled.values, over])  # noqa: PD011 - a field of ours
    return found, worst


def test_ten_thousand_random_graphs_agree_with_every_path_of_every_row(bench: samples.Bench) -> None:
    """Every parent, of every depth and on every day, holds what its paths bring, and nothing is lost or doubled."""
    generator, compared, deepest = np.random.default_rng(20_260_930), 0, 0
    for start in range(0, GRAPHS, TOGETHER):
        graphs = [random_graph(generator, f"g{start + place}-") for place in range(TOGETHER)]
        got, worst = roll(bench, graphs)
        assert worst <= LAW_TOLERANCE
        expected: dict[tuple[str, str, str, dt.date], float] = {}
        scale: dict[tuple[str, str, str, dt.date], float] = {}
        over: dict[tuple[str, dt.date], np.ndarray] = defaultdict(lambda: np.zeros(3))
        for graph in graphs:
            held, left = brute(graph)
            for key, amounts in left.items():
                over[key] += amounts
            for ((kind, parent), month), (rows, amount, units) in held.items():
                expected["orders", kind, parent, month] = rows
                expected["revenue", kind, parent, month] = amount
                if units > 0:
                    expected["price", kind, parent, month] = amount / units
                    scale["price", kind, parent, month] = 100 * rows / units
        for (kind, month), (rows, amount, _) in over.items():
            expected["orders", kind, "(unallocated)", month] = rows
            expected["revenue", kind, "(unallocated)", month] = amount
        for kind, frame in got.items():
            shown = frame[
                frame["value"].notna() & ~((frame["metric"] == "price") & (frame["parent"] == "(unallocated)"))
            ]
            for row in zip(shown["metric"], shown["parent"], shown["period"], shown["value"], strict=True):
                key = row[0], kind, row[1], row[2]
                wanted = expected.pop(key, 0.0)
                assert abs(row[3] - wanted) <= 1e-9 * max(1_000.0, scale.get(key, 0.0)), (*key, row[3], wanted)
                compared += 1
        missing = {key: value for key, value in expected.items() if abs(value) > 1e-9}
        assert missing == {}
        few = [path for g in graphs[:25] for p in g.products for path, _ in paths_of(p, g.statements, DAYS[-1])]
        deepest = max(deepest, *(len(path) for path in few))
    assert compared > 20 * GRAPHS
    assert deepest >= 6


def test_no_order_and_no_name_changes_an_answer(bench: samples.Bench) -> None:
    """Products, statements and rows in any order, under names of any letters, give the same numbers."""
    generator = np.random.default_rng(12)
    graphs = [random_graph(generator, f"g{place}-") for place in range(60)]
    first, _ = roll(bench, graphs)
    odd = ["é", "e\u0301", "\u05d0\u05d1", "it's; --", "😀", "Ａ", "%s", "{x}", "a,b"]
    names: dict[str, str] = {}

    def renamed(key: str) -> str:
        return names.setdefault(key, f"{odd[len(names) % len(odd)]}{len(names)}")

    def shuffled(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[place] for place in generator.permutation(len(values)))

    turned = [
        Graph(
            shuffled([replace(s, product=renamed(s.product), parent=renamed(s.parent)) for s in graph.statements]),
            shuffled([renamed(product) for product in graph.products]),
            shuffled([(renamed(row[0]), *row[1:]) for row in graph.rows]),
        )
        for graph in shuffled(graphs)
    ]
    second, _ = roll(bench, turned)
    for kind, frame in first.items():
        keys = ["metric", "parent", "period"]
        other = second[kind].set_index(keys)["value"].sort_index()
        parents = [names.get(parent, parent) for parent in frame["parent"]]
        same = frame.assign(parent=parents).set_index(keys)["value"].sort_index()
        pd.testing.assert_series_equal(same, other, rtol=1e-12, atol=1e-9)


def test_bookings_that_cancel_are_no_loss(bench: samples.Bench) -> None:
    """Where huge amounts come to nothing, what is left over by rounding is measured against what was added."""
    generator = np.random.default_rng(2)
    amounts = np.round(generator.normal(0, 1e7, 4_000), 2)
    frame = pd.DataFrame({"amount": np.concatenate([amounts, -generator.permutation(amounts)])})
    frame["product"], frame["day"], frame["id"] = [f"p{n % 40}" for n in range(8_000)], samples.AS_OF, range(8_000)
    keys = [f"p{n}" for n in range(40)]
    products = samples.product_map(keys, *[(key, "product_line", "a", 1 / 3) for key in keys])
    catalogue = with_columns(
        Catalogue((FactTable("events", ("id",), "day", "product"),), METRICS[1:2]), {"events": samples.kinds_of(frame)}
    )
    with bench.engine({"events": frame}) as engine:
        parts = fetch_parts(catalogue, engine, products, Window(samples.AS_OF))
    rolled = roll_up(parts, catalogue, products, "product_line")
    assert abs(rolled.company["value"].iloc[0]) < 1e-3
    assert len(rolled.values) == 1
    assert rolled.residual <= 1e-12
