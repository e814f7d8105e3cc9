"""Adding up without lying: parts times dated shares, then the metric's own formula, never an average of averages.

The law, for every kind of parent, period and additive part x: what the parents hold, what the shares leave
unallocated and what belongs to unknown products add up to the company, whose value comes from a query that never
looked at a product (`balances`). A metric that misses the law is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.balances import Balance, balance, refusal_of
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.cubes import Cube, add_up, add_up_all, build_cubes
from workbench.outcomes.derived import derive
from workbench.outcomes.gather import CLUSTER_PARTS, Parts
from workbench.outcomes.metric_values import Array, interval, level_shares
from workbench.outcomes.periods import all_periods, has_ended
from workbench.products import KINDS, ProductMap, ShareTable

VALUE_COLUMNS = ("metric", "kind", "parent", "period", "value", "low", "high", "n", "n_eff", "is_complete")
LEVEL_COLUMNS = ("metric", "kind", "parent", "period", "level", "share", "n")
UNALLOCATED = "(unallocated)"
UNKNOWN = "(unknown product)"


@dataclass(frozen=True, eq=False)
class RolledUp:
    """One kind of parent, added up.

    Attributes
    ----------
    kind : str
        Kind of parent.
    values : DataFrame
        `VALUE_COLUMNS`: metric, kind, parent, period (date), value, low and high (the metric's unit), n (rows), n_eff
        (rows), is_complete (yes/no).
    unallocated, unknown, company : DataFrame
        The same columns: what shares leave over, rows of unknown products, the company.
    residual : float
        Largest relative miss of the law over all metrics, parts and periods.
    marks : tuple of (str, str)
        Metric or product, and what a reader should know (assumed shares, declared weight, refused, approximate).
    levels : DataFrame
        metric, kind, parent, period, level, share (0 to 1), n (rows): how the rows of a grade spread over its levels.
    left : mapping of metric to (float, float)
        Part of what was counted (rows, or the size of an amount) that no parent holds, and that belongs to unknown
        products, over all periods, 0 to 1.
    """

    kind: str
    values: pd.DataFrame
    unallocated: pd.DataFrame
    unknown: pd.DataFrame
    company: pd.DataFrame
    residual: float
    marks: tuple[tuple[str, str], ...]
    levels: pd.DataFrame = field(default_factory=pd.DataFrame)
    left: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def roll_up(
    parts: Parts,
    catalogue: Catalogue,
    products: ProductMap,
    kind: str,
    *,
    cubes: Mapping[str, Cube] | None = None,
    as_of: dt.date | None = None,
    confidence: float = 0.95,
    version: str = "actual",
) -> RolledUp:
    """Return every metric added up to the parents of one kind.

    Parameters
    ----------
    parts : Parts
    catalogue : Catalogue
    products : ProductMap
    kind : str
        One of `KINDS`.
    cubes : mapping of metric to Cube, optional
        From `build_cubes`; made when absent.
    as_of : date or None
        Periods that end later are not complete; None takes all as complete.
    confidence : float
        Coverage of intervals.
    version : str
        One of `VERSIONS`; `cubes` are of the same.

    Raises
    ------
    ModelError
        The kind is unknown.
    """
    if kind not in KINDS:
        raise ModelError(f"{kind!r} is no kind of parent; there are {', '.join(KINDS)}.")
    held = cubes
    if held is None:
        held = build_cubes(parts, catalogue, products, len(products.cut_dates()) + 1, version=version)
    table = products.share_table(kind)
    rows = _Rows(as_of, confidence, parts, version)
    residual, marks, levels = 0.0, [], []
    left: dict[str, tuple[float, float]] = {}
    for metric in catalogue.metrics:
        cube = held.get(metric.metric)
        if cube is None or kind not in metric.via:
            continue
        found = balance(cube, table)
        refusal = refusal_of(cube, found.miss) or _refusal(metric, found)
        if refusal:
            marks.append((metric.metric, refusal))
            continue
        residual = max(residual, found.worst)
        left[metric.metric] = _left(cube, found)
        if metric.is_reach:
            weighed = metric.adds_as == "percentile" and metric.percentile_form == "share_weighted"
            said = "each row weighs as much as its product's share" if weighed else "shares do not apply"
            marks.append((metric.metric, f"each row of a member counts once; {said}"))
            if metric.metric in parts.errors:
                marks.append(
                    (metric.metric, f"approximate: off by up to {parts.errors[metric.metric]:.1%} for the company")
                )
            continue
        if metric.type == "given":
            marks.append((metric.metric, f"weighed by {metric.weight}, as declared"))
        if metric.type == "grade":
            for place, parent in enumerate(table.parents):
                sums = {part: array[place] for part, array in found.held.items()}
                levels.append(_level_frame(cube, kind, parent, sums))
        rows.add_all("values", cube, kind, table.parents, found.held, _effective(cube, table, found.held))
        rows.add("unallocated", cube, kind, UNALLOCATED, found.left, _effective_left(cube, table.left, found.left))
        rows.add("unknown", cube, kind, UNKNOWN, cube.unknown, _rows_of(cube, cube.unknown))
        rows.add("company", cube, "company", "", cube.company, _rows_of(cube, cube.company))
    reach = _reach_rows(parts, catalogue, kind, as_of, version)
    assumed = products.assumed_products(kind)
    marks += [(product, "its share is assumed") for product in assumed]
    return RolledUp(
        kind,
        derive(catalogue, _joined([rows.frame("values"), reach[reach["kind"] == kind]])),
        rows.frame("unallocated"),
        rows.frame("unknown"),
        derive(catalogue, _joined([rows.frame("company"), reach[reach["kind"] == "company"]])),
        residual,
        tuple(marks),
        pd.concat(levels, ignore_index=True) if levels else pd.DataFrame(columns=list(LEVEL_COLUMNS)),
        left,
    )


def _left(cube: Cube, found: Balance) -> tuple[float, float]:
    """Return the parts that no parent holds and that no known product brings, over all periods."""
    part = "sum" if cube.metric.is_amount and not found.company["sum"].min(initial=0.0) < 0 else _counted(cube)
    whole = float(found.company[part].sum())
    shares = (float(array[part].sum()) / whole if whole else 0.0 for array in (found.left, found.unknown))
    return next(shares), next(shares)


def _level_frame(cube: Cube, kind: str, parent: str, sums: Mapping[str, Array]) -> pd.DataFrame:
    """Return how the rows of a grade spread over its levels."""
    shares = level_shares(cube.metric, sums)
    frames = [
        pd.DataFrame(
            {
                "metric": cube.metric.metric,
                "kind": kind,
                "parent": parent,
                "period": pd.Series(list(cube.periods), dtype=object),
                "level": level,
                "share": share,
                "n": sums["n"],
            }
        )
        for level, share in zip(cube.metric.levels, shares, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)[list(LEVEL_COLUMNS)]


def product_values(
    parts: Parts,
    catalogue: Catalogue,
    cubes: Mapping[str, Cube],
    as_of: dt.date | None,
    confidence: float,
    version: str = "actual",
) -> pd.DataFrame:
    """Return every metric of every product, columns `VALUE_COLUMNS`."""
    rows = _Rows(as_of, confidence, parts, version)
    for metric in catalogue.metrics:
        cube = cubes.get(metric.metric)
        if cube is None or metric.is_reach:
            continue
        own = {part: array.sum(axis=2) for part, array in cube.parts.items()}
        if metric.type != "given":
            rows.add_all("values", cube, "product", cube.products, own, _rows_of(cube, own))
            continue
        for place, product in enumerate(cube.products):
            rows.add_given(cube, product, {part: array[place] for part, array in own.items()})
    reach = _reach_rows(parts, catalogue, "product", as_of, version)
    return derive(catalogue, _joined([rows.frame("values"), reach[reach["kind"] == "product"]]))


def company_values(
    parts: Parts,
    catalogue: Catalogue,
    cubes: Mapping[str, Cube],
    as_of: dt.date | None,
    confidence: float,
    version: str = "actual",
) -> pd.DataFrame:
    """Return every metric of the company, from queries that never looked at a product; columns `VALUE_COLUMNS`."""
    rows = _Rows(as_of, confidence, parts, version)
    for metric in catalogue.metrics:
        cube = cubes.get(metric.metric)
        if cube is None or metric.is_reach or (metric.type == "given" and not metric.weight):
            continue
        rows.add("values", cube, "company", "", cube.company, _rows_of(cube, cube.company))
    reach = _reach_rows(parts, catalogue, "company", as_of, version)
    return derive(catalogue, _joined([rows.frame("values"), reach]))


def _refusal(metric: Metric, found: Balance) -> str:
    if metric.type == "given" and not metric.weight:
        return "not added up: a given value has no parts, and no weight is declared"
    if metric.unallocated == "refuse" and any(np.abs(array).max(initial=0.0) > 0 for array in found.left.values()):
        return "not added up: shares leave something over, and the catalogue refuses that"
    return ""


def _counted(cube: Cube) -> str:
    """Return the part that holds the rows an interval rests on."""
    return "den" if cube.metric.type == "ratio" and cube.metric.is_proportion else "n"


def _rows_of(cube: Cube, parts: Mapping[str, Array]) -> Array:
    return parts[_counted(cube)]


def _effective(cube: Cube, table: ShareTable, sums: Mapping[str, Array]) -> Array:
    """Return (Σ s)² / Σ s² over rows: what shares leave of the number of rows, by parent and period."""
    name = _counted(cube)
    return _over_squares(sums[name], add_up_all(cube, table, table.share**2, [name])[name])


def _effective_left(cube: Cube, left: Array, sums: Mapping[str, Array]) -> Array:
    name = _counted(cube)
    return _over_squares(sums[name], add_up(cube, left**2)[name])


def _over_squares(total: Array, squares: Array) -> Array:
    return np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1.0), 0.0)


class _Rows:
    """Collects value rows as columns."""

    def __init__(self, as_of: dt.date | None, confidence: float, parts: Parts, version: str) -> None:
        self.as_of, self.confidence = as_of, confidence
        held = parts.clusters[parts.clusters["version"] == version] if len(parts.clusters) else parts.clusters
        by = ["metric", "kind", "parent"]
        self.clusters = dict(list(held.groupby(by, sort=False))) if len(held) else {}
        self.blocks: dict[str, list[tuple[Array, ...]]] = {}

    def add_all(
        self, block: str, cube: Cube, kind: str, parents: Sequence[str], parts: Mapping[str, Array], n_eff: Array
    ) -> None:
        """Add the rows of many parents; parts have the shape (parents, periods)."""
        metric = cube.metric
        if cube.spans or any((metric.metric, kind, parent) in self.clusters for parent in parents):
            for place, parent in enumerate(parents):
                own = {part: array[place] for part, array in parts.items()}
                self.add(block, cube, kind, parent, own, n_eff[place])
            return
        value = cube.value(parts)
        low, high = (np.where(np.isnan(value), np.nan, end) for end in interval(metric, parts, n_eff, self.confidence))
        self._keep(block, cube, kind, parents, value, low, high, parts["n"], n_eff)

    def add(self, block: str, cube: Cube, kind: str, parent: str, parts: Mapping[str, Array], n_eff: Array) -> None:
        metric = cube.metric
        value = cube.value(parts)
        clusters = self.clusters.get((metric.metric, kind, parent))
        if clusters is not None:
            found = clusters.set_index("period").reindex(list(cube.periods))
            parts = {**parts, **{part: found[part].to_numpy() for part in CLUSTER_PARTS}}
        low, high = (np.where(np.isnan(value), np.nan, end) for end in interval(metric, parts, n_eff, self.confidence))
        self._keep(block, cube, kind, [parent], value, low, high, parts["n"], n_eff)

    def add_given(self, cube: Cube, product: str, parts: Mapping[str, Array]) -> None:
        value = np.where(parts["n"] == 1, parts["sum"], np.nan)  # two values for one period are no value
        blank = np.full(value.shape, np.nan)
        self._keep("values", cube, "product", [product], value, blank, blank, parts["n"], parts["n"])

    def _keep(
        self,
        block: str,
        cube: Cube,
        kind: str,
        parents: Sequence[str],
        value: Array,
        low: Array,
        high: Array,
        n: Array,
        e: Array,
    ) -> None:
        size = len(cube.periods)
        complete = np.array([has_ended(cube.metric, period, self.as_of) for period in cube.periods], dtype=bool)
        periods, names = np.empty(size, dtype=object), np.empty(len(parents), dtype=object)
        periods[:], names[:] = cube.periods, parents
        texts = (np.full(size * len(parents), text, dtype=object) for text in (cube.metric.metric, kind))
        numbers = (array.reshape(-1) for array in (value, low, high, n, e))
        self.blocks.setdefault(block, []).append(
            (*texts, np.repeat(names, size), np.tile(periods, len(parents)), *numbers, np.tile(complete, len(parents)))
        )

    def frame(self, block: str) -> pd.DataFrame:
        """Return the rows of a block."""
        return _framed(self.blocks.get(block, []))


def _reach_rows(parts: Parts, catalogue: Catalogue, kind: str, as_of: dt.date | None, version: str) -> pd.DataFrame:
    """Return the values of metrics that do not add up, with every period between the first and the last."""
    names = [metric.metric for metric in catalogue.metrics if metric.is_reach]
    reach = parts.reach
    reach = reach[reach["metric"].isin(names) & (reach["version"] == version) & reach["kind"].isin([kind, "company"])]
    groups = {str(name): rows for name, rows in reach.groupby("metric")}
    blocks = []
    for metric in (metric for metric in catalogue.metrics if metric.metric in groups):
        held = groups[metric.metric]
        found = held["period"].tolist()
        periods = all_periods(metric, found)
        complete = np.array([has_ended(metric, period, as_of) for period in periods], dtype=bool)
        at = {period: place for place, period in enumerate(periods)}
        own = list(zip(held["kind"], held["parent"], strict=True))
        scopes = {scope: place for place, scope in enumerate(sorted(set(own)))}
        row = [scopes[scope] for scope in own]
        column = [at[period] for period in found]
        value, n = np.full((len(scopes), len(periods)), np.nan), np.zeros((len(scopes), len(periods)))
        value[row, column], n[row, column] = held["value"].to_numpy(), held["n"].fillna(0.0).to_numpy()
        size, texts = len(periods), np.array([*scopes], dtype=object).reshape(-1, 2)
        blocks.append(
            (
                np.full(value.size, metric.metric, dtype=object),
                *(np.repeat(texts[:, place], size) for place in (0, 1)),
                np.tile(np.array([*periods, None], dtype=object)[:-1], len(scopes)),
                value.reshape(-1),
                *(np.full(value.size, np.nan) for _ in ("low", "high")),
                n.reshape(-1),
                n.reshape(-1),
                np.tile(complete, len(scopes)),
            )
        )
    return _framed(blocks)


def _framed(blocks: Sequence[tuple[Array, ...]]) -> pd.DataFrame:
    """Return rows that were kept as columns; one frame made at the end is much quicker than one a series."""
    if not blocks:
        return _joined([])
    columns = (np.concatenate(column) for column in zip(*blocks, strict=True))
    return pd.DataFrame(dict(zip(VALUE_COLUMNS, columns, strict=True)))


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in VALUE_COLUMNS})
    return pd.concat(filled, ignore_index=True)[list(VALUE_COLUMNS)]
