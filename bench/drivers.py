"""Splits and totals that mislead, at size: their time, and how often chance is taken for a reversal."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from bench.table import bench_row
from workbench.outcomes.carriers import parts_of_rate, segments
from workbench.outcomes.drivers import split_rate
from workbench.outcomes.simpson import Strata, reversals, strata_of_rows

SEGMENTS, DIMENSIONS, PERIODS, PRODUCTS = 40, 3, 24, 12
SPLIT_SECONDS, SCAN_SECONDS = 1.0, 60.0
METRICS, ASKED = 200, 10
TABLES, FALSE = 1_000, 0.02
SEED = 20_260_930


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    return [*_splits(), _scan(), *_chance()]


def _splits() -> list[dict[str, Any]]:
    """Split every period against the one before, by each dimension, products with segments inside; and by hand."""
    generator = np.random.default_rng(SEED)
    frames = [[_span(generator) for _ in range(PERIODS + 1)] for _ in range(DIMENSIONS)]
    started = time.perf_counter()
    worst = 0.0
    for spans in frames:
        for before, after in pairwise(spans):
            found = split_rate(before, after)
            worst = max(worst, abs(found.residual) / max(abs(found.before), abs(found.after)))
            strata = _strata(before, after)
            segments((parts_of_rate(strata),))
    ours = time.perf_counter() - started
    started = time.perf_counter()
    for spans in frames:
        for before, after in pairwise(spans):
            _by_hand(before, after)
    theirs = time.perf_counter() - started
    name = f"{SEGMENTS} segments × {DIMENSIONS} dimensions × {PERIODS} periods, {PRODUCTS} products, split"
    against = f"mix and rate by hand in pandas, segments alone: {theirs:.2f} s"
    return [
        bench_row(name, ours, "s", against=against, ratio=ours / theirs, most=SPLIT_SECONDS),
        bench_row("largest residual of a split, relative", worst, most=1e-12),
    ]


def _span(generator: np.random.Generator) -> pd.DataFrame:
    den = generator.lognormal(4, 1, (PRODUCTS, SEGMENTS))
    rate = generator.beta(2, 8, (PRODUCTS, SEGMENTS))
    return pd.DataFrame(
        {
            "product": np.repeat([f"p{i}" for i in range(PRODUCTS)], SEGMENTS),
            "segment": np.tile([f"s{i}" for i in range(SEGMENTS)], PRODUCTS),
            "num": (den * rate).ravel(),
            "den": den.ravel(),
            "share": np.repeat(generator.uniform(0.5, 1, PRODUCTS), SEGMENTS),
        }
    )


def _strata(before: pd.DataFrame, after: pd.DataFrame) -> Strata:
    num, den = (
        np.array([frame[name].to_numpy().reshape(PRODUCTS, SEGMENTS).sum(axis=0) for frame in (before, after)])
        for name in ("num", "den")
    )
    return Strata("m", "company", "", "d", tuple(f"s{i}" for i in range(SEGMENTS)), num, den, den)


def _by_hand(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, float]:
    """Mix and rate as an analyst would write them."""
    sides = []
    for frame in (before, after):
        held = frame.assign(num=frame["num"] * frame["share"], den=frame["den"] * frame["share"])
        sums = held.groupby("segment")[["num", "den"]].sum()
        sides.append(pd.DataFrame({"w": sums["den"] / sums["den"].sum(), "r": sums["num"] / sums["den"]}))
    one, two = sides
    mix = ((two["w"] - one["w"]) * (one["r"] + two["r"]) / 2).sum()
    return float(mix), float(((two["r"] - one["r"]) * (one["w"] + two["w"]) / 2).sum())


def _scan() -> dict[str, Any]:
    """Ask 200 metrics in 10 dimensions each; every table is reversed, so none is passed over quickly."""
    generator = np.random.default_rng(SEED)
    rates, weights = np.linspace(0.1, 0.8, 10), np.linspace(1, 3, 10) ** 2
    sides = [(20_000 * held / held.sum()).astype(int) for held in (weights, weights[::-1])]
    tables = []
    for metric in range(METRICS):
        for dimension in range(ASKED):
            rows = [
                np.stack([generator.binomial(n, rates + lift), n], axis=1)
                for n, lift in zip(sides, (0.0, 0.03), strict=True)
            ]
            names = [f"s{i}" for i in range(10)]
            tables.append(strata_of_rows(names, *rows, metric=f"m{metric}", dimension=f"d{dimension}"))
    started = time.perf_counter()
    found = reversals(tables)
    seconds = time.perf_counter() - started
    name = (
        f"reversals of {METRICS} metrics × {ASKED} dimensions, {sum(one.is_sure for one in found):,} planted and found"
    )
    return bench_row(name, seconds, "s", most=SCAN_SECONDS)


def _chance() -> list[dict[str, Any]]:
    """Count alerts in tables that hold no reversal: nothing changed, a mix alone did, all moved the total's way."""
    kinds = ("nothing", "mix", "same way")
    false = {kind: 0 for kind in kinds}
    for kind in kinds:
        generator = np.random.default_rng([SEED, kinds.index(kind)])
        for _ in range(TABLES):
            false[kind] += any(one.is_sure for one in reversals([no_reversal(generator, kind)]))
    whole = sum(false.values()) / (TABLES * len(kinds))
    found = [bench_row(f"false reversals in {3 * TABLES:,} tables without one", whole, most=FALSE)]
    mixed = false["mix"] / TABLES
    found.append(bench_row(f"the same, {TABLES:,} tables where the mix alone changed", mixed, most=FALSE))
    return found


def no_reversal(generator: np.random.Generator, kind: str) -> Strata:
    """Return a random table in which total and strata do not truly disagree."""
    size = int(generator.integers(2, 9))
    weights = [generator.dirichlet(np.full(size, 2.0)) for _ in range(2)]
    if kind == "nothing":
        weights[1] = weights[0]
    rates = [generator.uniform(0.05, 0.95, size)] * 2
    if kind == "same way":
        way = np.sign(((weights[1] - weights[0]) * rates[0]).sum()) or 1.0
        rates = [rates[0], np.clip(rates[0] + way * generator.uniform(0, 0.08), 0.01, 0.99)]
    sides = []
    for t in range(2):
        rows = generator.multinomial(int(generator.integers(200, 20_000)), weights[t])
        sides.append(np.stack([generator.binomial(rows, rates[t]), rows], axis=1))
    return strata_of_rows([f"s{i}" for i in range(size)], *sides, metric=f"m{generator.integers(1 << 30)}")
