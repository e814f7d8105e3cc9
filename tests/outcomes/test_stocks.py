"""Levels at a time: one level a key and period, chosen before any condition, with the share of its own day."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest

from workbench.outcomes.balances import LAW_TOLERANCE
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.catalogue_checks import check_catalogue
from workbench.outcomes.cubes import build_cubes
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import Window
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.rollup import company_values, product_values, roll_up
from workbench.products import ProductMap

TABLE = FactTable("contracts", ("contract", "day"), "day", "product", kind="stock", version="version")
PRODUCTS = ["car", "van", "home"]
LIVE = (Condition("status", "is", "live"),)
CHANGE = dt.date(2026, 2, 11)


def shares() -> ProductMap:
    """Return shares of which one changes in mid-month, one leaves something over, one is two parents'."""
    return samples.product_map(
        PRODUCTS,
        ("car", "product_line", "a", 0.3),
        ("car", "product_line", "b", 0.7),
        ("van", "product_line", "a", 1.0),
        ("van", "product_line", "a", 0.25, CHANGE),
        ("home", "product_line", "b", 0.5),
    )


def contracts(seed: int) -> pd.DataFrame:
    """Return levels of contracts on some days: blanks, versions, contracts that end, change product or are unknown."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(30):
        product = str(generator.choice([*PRODUCTS, "unheard-of"], p=[0.4, 0.3, 0.2, 0.1]))
        for day in sorted(generator.choice(100, generator.integers(1, 9), replace=False)):
            if generator.random() < 0.1:
                product = str(generator.choice(PRODUCTS))
            level = float(generator.integers(0, 5)) if generator.random() > 0.1 else np.nan
            row = (f"c{number}", dt.date(2026, 1, 1) + dt.timedelta(days=int(day)), product, level)
            rows.append((*row, str(generator.choice(["live", "ended"])), str(generator.choice(["actual", "budget"]))))
    return pd.DataFrame(rows, columns=["contract", "day", "product", "level", "status", "version"])


def metrics(choice: str) -> list[Metric]:
    """Return stocks and a ratio of levels."""
    level = Measure("contracts", "sum", "level")
    return [
        Metric("level", "Level", "stock", level, choice=choice),
        Metric("live", "Live level", "stock", Measure("contracts", "sum", "level", LIVE), choice=choice),
        Metric("held", "Contracts", "stock", Measure("contracts"), choice=choice),
        Metric("per", "Level per contract", "ratio", level, Measure("contracts"), choice=choice),
    ]


def brute(name: str, rows: list[dict[str, Any]], choice: str, weigh: dict[tuple[str, bool], float] | None) -> float:
    """Return a stock over the rows of one period, key by key, in plain loops; `weigh` is product and late → share."""
    keys: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        keys.setdefault(row["contract"], []).append(row)
    found: dict[str, list[float]] = {"level": [], "live": [], "held": []}
    tested = False
    for key in keys.values():
        ordered = sorted(key, key=lambda row: row["day"])
        if choice != "mean":
            parts = [(ordered[-1 if choice == "last" else 0], 1.0, 1.0)]
        else:
            filled = sum(not math.isnan(row["level"]) for row in ordered)
            parts = [(row, 1.0 / max(filled, 1), 1.0 / len(ordered)) for row in ordered]
        for row, of_level, of_row in parts:
            share = 1.0 if weigh is None else weigh.get((row["product"], row["day"] >= CHANGE), 0.0)
            if share == 0:
                continue
            found["held"].append(share * of_row)
            if not math.isnan(row["level"]):
                tested = True
                found["level"].append(share * row["level"] * of_level)
                if row["status"] == "live":
                    found["live"].append(share * row["level"] * of_level)
    if name == "per":
        return math.fsum(found["level"]) / math.fsum(found["held"]) if tested and found["held"] else math.nan
    if name == "held":
        return math.fsum(found["held"]) if found["held"] else math.nan
    return math.fsum(found[name]) if tested else math.nan


@pytest.mark.parametrize("choice", ["last", "first", "mean"])
@pytest.mark.parametrize("seed", range(3))
def test_levels_agree_with_plain_loops_and_obey_the_law(bench: samples.Bench, choice: str, seed: int) -> None:
    """Every parent, product and the company, every month: chosen per full key, then conditions, then shares."""
    frame, held = contracts(seed), shares()
    found = metrics(choice)
    catalogue = with_columns(Catalogue((TABLE,), tuple(found)), {"contracts": samples.kinds_of(frame)})
    assert check_catalogue(catalogue, {"contracts": samples.kinds_of(frame)}) == []
    with bench.engine({"contracts": frame}) as engine:
        parts = fetch_parts(catalogue, engine, held, Window(samples.AS_OF, held.cut_dates()))
    cubes = build_cubes(parts, catalogue, held, 2)
    rolled = roll_up(parts, catalogue, held, "product_line", cubes=cubes)
    assert rolled.residual <= LAW_TOLERANCE
    months: dict[dt.date, list[dict[str, Any]]] = {}
    for row in frame[frame["version"] == "actual"].to_dict("records"):
        months.setdefault(row["day"].replace(day=1), []).append(row)
    weights: dict[str, dict[tuple[str, bool], float]] = {
        "a": {("car", False): 0.3, ("car", True): 0.3, ("van", False): 1.0, ("van", True): 0.25},
        "b": {("car", False): 0.7, ("car", True): 0.7, ("home", False): 0.5, ("home", True): 0.5},
    }
    compared = 0
    values = [rolled.values, company_values(parts, catalogue, cubes, None, 0.95)]  # noqa: PD011
    values.append(product_values(parts, catalogue, cubes, None, 0.95))
    for row in pd.concat(values).itertuples():
        weigh = weights.get(row.parent)
        if row.kind == "product":
            weigh = {(row.parent, late): 1.0 for late in (False, True)}
        expected = brute(row.metric, months.get(row.period, []), choice, weigh)
        both_missing = math.isnan(row.value) and math.isnan(expected)
        assert both_missing or row.value == pytest.approx(expected, rel=1e-9, abs=1e-9), row
        compared += 1
    assert compared > 60


def test_a_contract_that_has_ended_is_not_found_again_by_a_condition(bench: samples.Bench) -> None:
    """The last level is chosen first: a contract whose last row says ended has no live level, whatever stood before."""
    days = [dt.date(2026, 1, 3), dt.date(2026, 1, 20)]
    frame = pd.DataFrame({"contract": "c", "day": days, "product": "car", "level": [5.0, 0.0]})
    frame["status"], frame["version"] = ["live", "ended"], "actual"
    held = samples.product_map(["car"])
    catalogue = with_columns(Catalogue((TABLE,), tuple(metrics("last"))), {"contracts": samples.kinds_of(frame)})
    with bench.engine({"contracts": frame}) as engine:
        parts = fetch_parts(catalogue, engine, held, Window(samples.AS_OF))
    company = company_values(parts, catalogue, build_cubes(parts, catalogue, held, 1), None, 0.95)
    assert company.set_index("metric")["value"].to_dict() == {"level": 0.0, "live": 0.0, "held": 1.0, "per": 0.0}


@pytest.mark.parametrize(
    ("metric", "table", "words"),
    [
        (Metric("m", "M", "sum", Measure("contracts", "sum", "level")), TABLE, "do not add up over time"),
        (
            Metric("m", "M", "stock", Measure("contracts")),
            FactTable("contracts", ("contract",), "day", "product"),
            "needs levels",
        ),
        (
            Metric("m", "M", "stock", Measure("contracts")),
            FactTable("contracts", ("contract",), "day", "product", kind="stock"),
            "belongs to its key",
        ),
        (Metric("m", "M", "max", Measure("contracts", "max", "level"), choice="mean"), TABLE, "no mean level"),
    ],
)
def test_what_levels_cannot_tell_is_refused_by_name(metric: Metric, table: FactTable, words: str) -> None:
    """A sum over days, a stock of events and a key without its day are off, each with its reason."""
    columns = {"contracts": samples.kinds_of(contracts(0))}
    troubles = check_catalogue(Catalogue((table,), (metric,)), columns)
    assert len(troubles) == 1
    assert troubles[0].reason.startswith("M is off: ")
    assert words in troubles[0].reason
