"""Metrics made of other metrics: an expression on values that were added up, never a sum of its results.

An input may be read some time before the period (``offset: 1 year``); a period over period comparison is such an
expression. Where an input has no value, or stands below the line as zero, there is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.definitions import Input
from workbench.outcomes.expressions import parse_expression
from workbench.outcomes.periods import earlier, periods_in


def derive(catalogue: Catalogue, values: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of values with those of derived metrics after them.

    Parameters
    ----------
    catalogue : Catalogue
    values : DataFrame
        metric, kind, parent, period, value, low, high, n, n_eff, is_complete, of metrics that were added up.

    Returns
    -------
    DataFrame
        The same columns. `n` and `n_eff` are the fewest rows of an input; there is no interval.
    """
    made = in_order(catalogue)
    if not made or values.empty:
        return values
    held = {
        (str(metric), str(kind), str(parent)): rows
        for (metric, kind, parent), rows in values.groupby(["metric", "kind", "parent"], sort=False)
    }
    scopes = list(dict.fromkeys((kind, parent) for _, kind, parent in held))
    frames = [values]
    for metric in made:
        for kind, parent in scopes:
            if kind not in (*metric.via, "company", "product"):
                continue
            sources = [held.get((one.metric, kind, parent)) for one in metric.inputs]
            if not sources or any(rows is None for rows in sources):
                continue
            frame = _made(metric, kind, parent, [rows for rows in sources if rows is not None])
            held[metric.metric, kind, parent] = frame
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)[list(values.columns)]


def in_order(catalogue: Catalogue) -> tuple[Metric, ...]:
    """Return the metrics made of others, each after those it reads.

    Raises
    ------
    ModelError
        A metric is made of itself.
    """
    waiting = {metric.metric: metric for metric in catalogue.metrics if metric.is_made}
    found: list[Metric] = []
    while waiting:
        ready = [m for m in waiting.values() if not any(one.metric in waiting for one in m.inputs)]
        if not ready:
            raise ModelError(f"{', '.join(waiting)} are made of each other.")
        found += ready
        for metric in ready:
            del waiting[metric.metric]
    return tuple(found)


def _made(metric: Metric, kind: str, parent: str, sources: Sequence[pd.DataFrame]) -> pd.DataFrame:
    periods = sorted({period for rows in sources for period in rows["period"]})
    names = [one.name for one in metric.inputs]
    columns = {
        column: [_moved(metric, one, rows, column, periods) for one, rows in zip(metric.inputs, sources, strict=True)]
        for column in ("value", "n", "n_eff", "is_complete")
    }
    expression = parse_expression(metric.expression)
    value = expression.evaluate(dict(zip(names, columns["value"], strict=True)))
    known = np.all([~np.isnan(n) for n in columns["n"]], axis=0)
    frame = pd.DataFrame(
        {
            "metric": metric.metric,
            "kind": kind,
            "parent": parent,
            "period": pd.Series(periods, dtype=object),
            "value": np.broadcast_to(value, len(periods)),
            "low": np.nan,
            "high": np.nan,
            "n": np.where(known, np.min(columns["n"], axis=0), 0.0),
            "n_eff": np.where(known, np.min(columns["n_eff"], axis=0), 0.0),
            "is_complete": np.all([done != 0 for done in columns["is_complete"]], axis=0),
        }
    )
    # periods before an offset reaches back to the first one have nothing to be compared with
    first = int(np.argmax(known)) if known.any() else len(frame)
    return frame.iloc[first:].reset_index(drop=True)


def _moved(metric: Metric, one: Input, rows: pd.DataFrame, column: str, periods: Sequence[dt.date]) -> np.ndarray:
    """Return an input's column at each period, or as long before as its offset says; NaN where there is none."""
    held = dict(zip(rows["period"], rows[column].astype(float), strict=True))
    steps = 0 if one.offset is None else periods_in(one.offset, metric.grain)
    if steps is None:
        raise ModelError(f"{metric.metric}: {one.offset} is no whole number of {metric.grain}s.")
    found = [held.get(period if steps == 0 else earlier(period, steps, metric), np.nan) for period in periods]
    return np.array(found, dtype=float)
