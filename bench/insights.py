"""Whether the first statement is the one that was planted: simulated portfolios with one cause among noise."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.table import bench_row
from workbench import outcomes
from workbench.outcomes import Outcomes, OutcomesInputs, Settings
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import Loop, Measure
from workbench.outcomes.readings import Reading
from workbench.products import ProductMap, build_product_map

PORTFOLIOS, METRICS, MONTHS, SIGMAS = 500, 20, 48, 3.0
OTHERS = 100
"""Portfolios of each harder kind, shown beside the goal: a shift of fewer months, noise that persists."""

GOAL, PROCESSES = 0.90, 2
SEED = 20_260_930
LINES = {"a": 2, "b": 2, "c": 3}
"""Product lines, and how many products each has."""

NEW_MONTHS = 12
"""The planted shift began so many months ago: with the first month after the baseline of 36."""

HARDER: tuple[dict[str, Any], ...] = ({"months": 8}, {"months": 4}, {"rho": 0.3})

RATES, COUNTS = 10, 4
"""Metrics that are quotients of two amounts, and those that are whole counts; the others are amounts."""

AS_OF = dt.date(2026, 9, 30)


@dataclass(frozen=True)
class Planted:
    """What was planted: a shift of a metric in a product, or in a line through all its products."""

    metric: str
    kind: str
    parent: str
    way: int
    months: int


@dataclass(frozen=True)
class Verdict:
    """Whether what was planted is said first: of all statements, and to the manager who answers for it."""

    board: bool
    manager: bool
    manager_scope: bool
    said: int


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    started = time.perf_counter()
    # each process simulates its null distributions once
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        plain = list(pool.map(review, range(PORTFOLIOS), chunksize=25))
        seconds = PROCESSES * (time.perf_counter() - started) / PORTFOLIOS
        harder = [list(pool.map(partial(review, **how), range(OTHERS), chunksize=25)) for how in HARDER]
    named = f"{PORTFOLIOS} portfolios of {METRICS} metrics and {MONTHS} months, one shift of {SIGMAS:g} sd"
    share = _share(plain, "manager")
    found = [
        bench_row(f"first statement to a manager is the planted cause: {named}", share, least=GOAL),
        bench_row("the same, told of the very line or product", _share(plain, "manager_scope")),
        bench_row("the same, of the chapter's statements", _share(plain, "board")),
        bench_row("statements to all managers of a portfolio, mean", _share(plain, "said")),
    ]
    for how, verdicts in zip(HARDER, harder, strict=True):
        words = f"{how['months']} months old" if "months" in how else f"{NEW_MONTHS} months old, autocorrelation 0.3"
        share = _share(verdicts, "manager")
        found.append(bench_row(f"the same, to a manager, shift {words}, {OTHERS} portfolios", share))
    return [*found, bench_row("one review of such a portfolio", seconds, "s")]


def _share(verdicts: list[Verdict], what: str) -> float:
    return float(np.mean([getattr(one, what) for one in verdicts]))


def review(place: int, *, rho: float = 0.0, months: int = NEW_MONTHS) -> Verdict:
    """Simulate a portfolio, review it and say whether what was planted comes first."""
    generator = np.random.default_rng([SEED, place])
    frame, planted = simulate(generator, rho, months)
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as folder:
        path = Path(folder) / "facts.parquet"
        frame.to_parquet(path)
        result = outcomes.measure(inputs(path, frame))
    if not isinstance(result, Outcomes):
        raise TypeError("The portfolio gave no outcomes.")
    return judge(result, planted)


def judge(result: Outcomes, planted: Planted) -> Verdict:
    """Compare the first statements with what was planted."""

    def is_planted(insight: Any) -> bool:
        return insight.kind in ("move", "hint") and insight.metric == planted.metric and insight.size * planted.way > 0

    owner = f"Manager {planted.parent[0]}"
    reading = next(one for one in result.readings if one.reader.kind == "manager" and one.reader.name == owner)
    first = reading.insights[0] if reading.insights else None
    return Verdict(
        board=bool(result.insights) and is_planted(result.insights[0]),
        manager=first is not None and is_planted(first),
        manager_scope=first is not None
        and is_planted(first)
        and (first.scope_kind, first.parent) == (planted.kind, planted.parent),
        said=_said(result.readings),
    )


def _said(readings: tuple[Reading, ...]) -> int:
    return sum(len(one.insights) for one in readings if one.reader.kind == "manager")


def product_map() -> ProductMap:
    """Return three lines of two, three and four products; each line has a manager, each product is whole in it."""
    products = [f"{line}{place}" for line, count in LINES.items() for place in range(count)]
    return build_product_map(
        pd.DataFrame({"product": products, "name": products, "owner": [f"Manager {p[0]}" for p in products]}),
        pd.DataFrame({"product": products, "kind": "product_line", "parent": [p[0] for p in products], "share": 1.0}),
        pd.DataFrame(
            {"product_line": list(LINES), "name": list(LINES), "product_manager": [f"Manager {x}" for x in LINES]}
        ),
    )


def metrics() -> list[Metric]:
    """Return the metrics of a portfolio; the rates share no counts with the amounts."""

    def measure(column: str) -> Measure:
        return Measure("facts", "sum", column)

    loop = Loop(None, "monthly_review", 30.0)
    made = [
        Metric(
            f"m{k}",
            f"Rate {k}",
            "ratio",
            measure(f"top{k}"),
            measure(f"base{k}"),
            unit="share",
            direction="up",
            loop=loop,
        )
        for k in range(RATES)
    ]
    made += [
        Metric(f"m{k}", f"Amount {k}", "sum", measure(f"top{k}"), unit="currency", direction="up", loop=loop)
        for k in range(RATES, METRICS)
    ]
    return made


def inputs(path: Path, frame: pd.DataFrame) -> OutcomesInputs:
    """Return the inputs of a review of one table."""
    kinds = {name: "text" if name == "product" else "date" if name == "month" else "number" for name in frame.columns}
    table = FactTable("facts", ("month", "product"), "month", "product", kind="period")
    return OutcomesInputs(
        catalogue=Catalogue((table,), tuple(metrics()), {"monthly_review": 30.0}),
        facts={"facts": str(path)},
        columns={"facts": kinds},
        products=product_map(),
        settings=Settings(AS_OF),
        sources={"facts": "facts/facts.csv"},
    )


def simulate(generator: np.random.Generator, rho: float = 0.0, new: int = NEW_MONTHS) -> tuple[pd.DataFrame, Planted]:
    """Return a table of months and products with 20 metrics of stable noise, and a shift planted in one of them.

    Sizes of products and metrics differ tenfold, noise is 2 to 12 % of the level, up to half of its variance shared by
    all products. The shift is three standard deviations of the planted scope's own series.
    """
    products = [f"{line}{place}" for line, count in LINES.items() for place in range(count)]
    months = [(pd.Timestamp(AS_OF).to_period("M") - back).start_time.date() for back in reversed(range(MONTHS))]
    metric = int(generator.integers(METRICS))
    kind = "product_line" if generator.random() < 0.5 else "product"
    parent = str(generator.choice(list(LINES) if kind == "product_line" else products))
    planted = Planted(
        f"m{metric}",
        kind,
        parent,
        int(generator.choice([-1, 1])),
        new,
    )
    touched = np.array([p == parent or (kind == "product_line" and p[0] == parent) for p in products])
    sizes = generator.lognormal(0, 0.7, len(products))
    columns: dict[str, np.ndarray] = {}
    for place in range(METRICS):
        cv, shared = generator.uniform(0.02, 0.12), generator.uniform(0, 0.5)
        noise = np.sqrt(1 - shared) * _noise(generator, rho, len(products)) + np.sqrt(shared) * _noise(
            generator, rho, 1
        )
        base = sizes * 10 ** generator.uniform(3, 4.5) * (1 + 0.05 * _noise(generator, 0.0, len(products)))
        level = generator.uniform(0.05, 0.6) * generator.uniform(0.8, 1.2, len(products))
        value = level * (1 + cv * noise)  # a rate; an amount is a rate times a base that does not move
        weight = base if place < RATES else np.broadcast_to(sizes * 10 ** generator.uniform(3, 4.5), base.shape)
        if place == metric:
            inside = (value * weight)[:, touched].sum(axis=1) / weight[:, touched].sum(axis=1)
            before = inside[: -planted.months]
            step = planted.way * SIGMAS * before.std(ddof=1) / before.mean()
            value = value.copy()
            value[-planted.months :, touched] *= 1 + step
        top = np.maximum(value * weight, 0.0)
        columns[f"top{place}"] = (np.round(top) if place >= METRICS - COUNTS else top).ravel()
        if place < RATES:
            columns[f"base{place}"] = weight.ravel()
    frame = pd.DataFrame(
        {"month": np.repeat(np.array(months, dtype=object), len(products)), "product": products * MONTHS, **columns}
    )
    return frame, planted


def _noise(generator: np.random.Generator, rho: float, count: int) -> np.ndarray:
    """Return standard normal noise, months × series, with first-order autocorrelation."""
    found = generator.standard_normal((MONTHS, count))
    for month in range(1, MONTHS):
        found[month] = rho * found[month - 1] + np.sqrt(1 - rho**2) * found[month]
    return found
