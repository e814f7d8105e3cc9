"""Before a number is shown: whether keys hold, products are known, dates make sense and the calendar is whole.

In the client's own tables such things are faults and stop the run; in facts they are findings: counted, with what
follows from them. A finding switches metrics off, marks them, or informs; nothing is repaired in silence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench import theme
from workbench.errors import nearest
from workbench.findings import fit_claim
from workbench.outcomes.catalogue import VERSIONS, Catalogue, FactTable, Metric
from workbench.outcomes.engines import Engine, Engines, engine_for
from workbench.outcomes.inputs import ControlTotal, OutcomesInputs
from workbench.outcomes.parts_checks import (
    emit_blanks,
    emit_checks,
    emit_outside,
    emit_products,
    emit_repeated,
    emit_versions,
)
from workbench.outcomes.wording import write_pair
from workbench.products import ProductMap

EXPORT_LIMITS = (1_000, 5_000, 10_000, 50_000, 65_535, 65_536, 100_000, 1_048_575)
"""Row counts at which exports of trackers and spreadsheets end."""

CONTROL_TOLERANCE = 0.01
"""A difference to the client's ledger above this share marks the metric."""


@dataclass(frozen=True)
class DataFinding:
    """One thing that is wrong or unusual in the facts.

    Attributes
    ----------
    check : str
        ``key``, ``product``, ``blank_product``, ``no_date``, ``future``, ``default_date``, ``unreadable``,
        ``export_limit``, ``hole``, ``open_period``, ``repeated_value``, ``control_total``, ``version``, ``calendar``,
        ``blank_condition`` or ``off``.
    table, column : str
        Where.
    rows : int
        How many (rows; periods for the calendar's findings).
    share : float
        Of all rows of the table, 0 to 1.
    example : str
        One of them.
    metrics : tuple of str
        Metrics it touches.
    consequence : str
        ``off``, ``marked`` or ``informs``.
    claim, detail : str
        As the report says it.
    """

    check: str
    table: str
    column: str
    rows: int
    share: float
    example: str
    metrics: tuple[str, ...]
    consequence: str
    claim: str
    detail: str = ""


def check_data(inputs: OutcomesInputs, catalogue: Catalogue, engines: Engine | Engines) -> tuple[DataFinding, ...]:
    """Return what is wrong with the facts, table by table, worst first within a table.

    Parameters
    ----------
    inputs : OutcomesInputs
    catalogue : Catalogue
        Metrics whose tables and columns exist.
    engines : Engine or Engines
        One that reads all tables, or the engine of each.
    """
    found: list[DataFinding] = []
    for table in catalogue.tables:
        metrics = tuple(m.metric for m in catalogue.metrics if table.name in m.tables)
        if not metrics:
            continue
        engine = engine_for(engines, [table])
        counts = engine.fetch(emit_checks(table, engine.dialect, inputs.settings.as_of)).iloc[0]
        total = int(counts["rows"])
        found += _key_findings(table, counts, total, metrics, engine)
        found += _row_findings(table, counts, total, metrics, inputs)
        found += _product_findings(table, total, metrics, inputs, engine)
        found += _version_findings(table, total, metrics, engine)
        found += _calendar_findings(table, total, catalogue, engine)
        found += _blank_findings(table, total, catalogue, engine)
    return tuple(found)


def broken_metrics(findings: Sequence[DataFinding]) -> dict[str, str]:
    """Return the metrics that findings switch off, each with its first reason."""
    off: dict[str, str] = {}
    for finding in findings:
        if finding.consequence == "off":
            for metric in finding.metrics:
                off.setdefault(metric, finding.claim)
    return off


def calendar_findings(catalogue: Catalogue, company: pd.DataFrame) -> tuple[DataFinding, ...]:
    """Return holes in the calendar and periods still open, from the company's values of every metric."""
    holes: dict[tuple[str, ...], list[str]] = {}
    still: dict[dt.date, list[str]] = {}
    for metric in catalogue.metrics:
        rows = company[company["metric"] == metric.metric]
        if rows.empty or metric.is_input:
            continue
        empty = tuple(p.isoformat() for p in rows["period"][rows["value"].isna()])
        if empty:
            holes.setdefault(empty, []).append(metric.metric)
        for period in rows["period"][~rows["is_complete"].astype(bool)]:
            still.setdefault(period, []).append(metric.metric)
    found = []
    for periods, names in holes.items():
        labels = _labels(catalogue, names)
        verb = "has" if len(names) == 1 else "have"
        claim = fit_claim(f"{labels} {verb} no values in {_periods(len(periods))}; they stay empty.")
        detail = f"Without values: {', '.join(periods[:12])}. They are not drawn as zeros and not judged."
        found.append(DataFinding("hole", "", "", len(periods), 0.0, periods[0], tuple(names), "informs", claim, detail))
    for period, names in sorted(still.items()):
        claim = f"The period from {theme.day(period)} is still open and is not judged."
        labels = _labels(catalogue, names, 12)
        found.append(
            DataFinding("open_period", "", "", 1, 0.0, period.isoformat(), tuple(names), "informs", claim, labels)
        )
    return tuple(found)


def control_findings(
    catalogue: Catalogue, totals: Sequence[ControlTotal], values: pd.DataFrame, products: ProductMap, currency: str
) -> tuple[tuple[DataFinding, ...], tuple[dict[str, object], ...]]:
    """Compare company and parent values with the client's ledger.

    Parameters
    ----------
    values : DataFrame
        metric, kind, parent, period, value.

    Returns
    -------
    tuple
        Findings for differences above what is tolerated, and one record per total: measure, scope, period, ours,
        theirs, difference (share), source, signed_off_by.
    """
    known = {metric.metric: metric for metric in catalogue.metrics}
    found, records = [], []
    for total in totals:
        metric = known.get(total.measure)
        if metric is None:
            continue
        ours = _over(metric, total, values)
        if ours is None:
            continue
        gap = (ours - total.value) / abs(total.value) if total.value else float(ours != 0)
        records.append(
            {
                "measure": total.measure,
                "scope": total.scope,
                "period": total.period,
                "ours": ours,
                "theirs": total.value,
                "difference": gap,
                "source": total.source,
                "signed_off_by": total.signed_off_by,
            }
        )
        if abs(gap) > (CONTROL_TOLERANCE if total.tolerance is None else total.tolerance):
            where = products.name(total.scope) if total.scope else "the company"
            claim = fit_claim(
                f"{metric.label}, {where}, {total.period}: {theme.percent(abs(gap), 1)} "
                f"{'above' if gap > 0 else 'below'} the ledger."
            )
            own, theirs = write_pair(ours, total.value, metric.unit, currency)
            detail = (
                f"Ours: {own}; ledger: {theirs} ({total.source or 'no source named'}, signed off by "
                f"{total.signed_off_by or 'nobody'})."
            )
            example = f"{total.scope} {total.period}".strip()
            names = (metric.metric,)
            found.append(DataFinding("control_total", "", "", 1, abs(gap), example, names, "marked", claim, detail))
    return tuple(found), tuple(records)


def given_findings(metric: Metric, repeated: int, example: str) -> DataFinding:
    """Return that a given value stands twice for one product and period."""
    claim = fit_claim(f"{metric.label} is given twice for {_periods(repeated)}; those are left empty.")
    table = metric.tables[0]
    detail = f"For example {example}. One value per product and period is needed."
    return DataFinding("repeated_value", table, "", repeated, 0.0, example, (metric.metric,), "marked", claim, detail)


def _key_findings(
    table: FactTable, counts: pd.Series, total: int, metrics: tuple[str, ...], engine: Engine
) -> list[DataFinding]:
    no_key = int(counts["no_key"])
    extra = total - no_key - int(counts["keys"])
    if extra <= 0 and no_key == 0:
        return []
    example = "a blank key"
    rows = no_key
    if extra > 0:
        repeated = engine.fetch(emit_repeated(table, engine.dialect)).iloc[0]
        rows, example = int(repeated["rows"]), str(repeated["example"])
    keys = " and ".join(table.key)
    claim = fit_claim(f"{table.name}: {keys} does not identify a row ({theme.number(rows, 0)} rows share theirs).")
    if extra <= 0:
        claim = fit_claim(f"{table.name}: {_counted(rows)} {'has' if rows == 1 else 'have'} a blank {keys}.")
    detail = (
        f"For example {example}. Rows counted twice would inflate every total, so the metrics of this table are off "
        "until the key is corrected or the file is exported again."
    )
    column = ", ".join(table.key)
    share = rows / total if total else 0.0
    return [DataFinding("key", table.name, column, rows, share, example, metrics, "off", claim, detail)]


def _row_findings(
    table: FactTable, counts: pd.Series, total: int, metrics: tuple[str, ...], inputs: OutcomesInputs
) -> list[DataFinding]:
    found = []
    as_of = theme.day(inputs.settings.as_of)
    for check, column, words, word, detail in (
        (
            "no_date",
            table.time,
            f"have no {'sensible ' if table.database else ''}date and do not count",
            f"has no {'sensible ' if table.database else ''}date and does not count",
            "A row without a date belongs to no period.",
        ),
        (
            "future",
            table.time,
            f"are dated after {as_of} and do not count",
            f"is dated after {as_of} and does not count",
            "The engagement speaks of that day.",
        ),
        (
            "default_date",
            table.time,
            "carry a default date (1900 or 1970) and do not count",
            "carries a default date (1900 or 1970) and does not count",
            "Systems write such dates where they have none.",
        ),
        (
            "blank_product",
            table.product,
            "name no product and stand under unknown",
            "names no product and stands under unknown",
            "They count for the company and for no line.",
        ),
    ):
        field = {"no_date": "no_time", "blank_product": "no_product"}.get(check, check)
        rows = int(counts[field])
        if rows:
            claim = fit_claim(f"{table.name}: {_rows(rows, total)} {word if rows == 1 else words}.")
            share = rows / total
            found.append(DataFinding(check, table.name, column, rows, share, "", metrics, "informs", claim, detail))
    for column, (rows, example) in inputs.unreadable.get(table.name, {}).items():
        ending = "counts as blank" if rows == 1 else "count as blank"
        claim = fit_claim(f"{table.name}: {_rows(rows, total)} cannot be read in column {column} and {ending}.")
        detail = f"For example {example!r}."
        share = rows / total if total else 0.0
        found.append(
            DataFinding("unreadable", table.name, column, rows, share, example, metrics, "informs", claim, detail)
        )
    if total in EXPORT_LIMITS:
        claim = fit_claim(f"{table.name} has exactly {theme.number(total, 0)} rows: the export was probably cut off.")
        detail = "Many tools stop an export at such a number. Ask for the rest before relying on totals."
        found.append(DataFinding("export_limit", table.name, "", total, 1.0, "", metrics, "marked", claim, detail))
    return found


def _product_findings(
    table: FactTable, total: int, metrics: tuple[str, ...], inputs: OutcomesInputs, engine: Engine
) -> list[DataFinding]:
    frame = engine.fetch(emit_products(table, engine.dialect))
    known = set(inputs.products.ids)
    unknown = frame[~frame["product"].isin(known) & (frame["product"] != "")]
    unknown = unknown.sort_values(["rows", "product"], ascending=[False, True])
    if unknown.empty:
        return []
    rows, names = int(unknown["rows"].sum()), [str(name) for name in unknown["product"]]
    which = f"an unknown product, {names[0]!r}" if len(names) == 1 else f"{len(names)} unknown products: {names[0]!r} …"
    claim = fit_claim(f"{table.name}: {_rows(rows, total)} {'names' if rows == 1 else 'name'} {which}.")
    hint = nearest(names[0], known)
    detail = (
        f"Unknown: {', '.join(names[:8])}. They count for the company and stand under unknown; no line gets them."
        + (f" {hint}" if hint else "")
    )
    return [
        DataFinding(
            "product", table.name, table.product, rows, rows / total, names[0], metrics, "informs", claim, detail
        )
    ]


def _version_findings(table: FactTable, total: int, metrics: tuple[str, ...], engine: Engine) -> list[DataFinding]:
    if table.version is None:
        return []
    frame = engine.fetch(emit_versions(table, engine.dialect))
    other = frame[~frame["_version"].isin(VERSIONS)].sort_values("_version")
    if other.empty:
        return []
    rows, names = int(other["_rows"].sum()), [str(name) for name in other["_version"]]
    verb = "has" if rows == 1 else "have"
    claim = fit_claim(f"{table.name}: {_rows(rows, total)} {verb} an unknown version, {names[0]!r}, and count nowhere.")
    detail = f"Unknown: {', '.join(names[:8])}. Known: {', '.join(VERSIONS)}. {nearest(names[0], VERSIONS)}".strip()
    column = table.version
    return [DataFinding("version", table.name, column, rows, rows / total, names[0], metrics, "informs", claim, detail)]


def _calendar_findings(table: FactTable, total: int, catalogue: Catalogue, engine: Engine) -> list[DataFinding]:
    """Return the rows that no period of a calendar by table holds."""
    users: dict[str, list[Metric]] = {}
    for metric in catalogue.metrics:
        if metric.periods is not None and table.name in metric.tables:
            users.setdefault(metric.periods.name, []).append(metric)
    found = []
    for name, metrics in users.items():
        periods = metrics[0].periods
        if periods is None:
            continue
        begins, ends = periods.months[0], periods.end
        rows = int(engine.fetch(emit_outside(table, begins, ends, engine.dialect))["_rows"].iloc[0])
        if rows:
            verb = "lies" if rows == 1 else "lie"
            claim = fit_claim(f"{table.name}: {_rows(rows, total)} {verb} outside the calendar {name}.")
            detail = f"It runs from {theme.day(begins)} to the day before {theme.day(ends)}; other rows do not count."
            keys = tuple(metric.metric for metric in metrics)
            found.append(
                DataFinding("calendar", table.name, table.time, rows, rows / total, name, keys, "marked", claim, detail)
            )
    return found


def _blank_findings(table: FactTable, total: int, catalogue: Catalogue, engine: Engine) -> list[DataFinding]:
    """Return the columns of conditions that have blank cells, which pass none."""
    users: dict[str, list[str]] = {}
    for metric in catalogue.metrics:
        for _, measure in metric.measures:
            if table.holds(measure) and metric.blanks == "no":
                for condition in measure.where:
                    if condition.test not in ("present", "is_not", "not_in"):
                        users.setdefault(condition.column, []).append(metric.metric)
    if not users:
        return []
    counts = engine.fetch(emit_blanks(table, list(users), engine.dialect)).iloc[0]
    found = []
    for place, (column, metrics) in enumerate(users.items()):
        rows = int(counts[f"_blank_{place}"])
        if rows:
            verb = "has" if rows == 1 else "have"
            claim = fit_claim(f"{table.name}: {_rows(rows, total)} {verb} no {column} and count as a no.")
            detail = "With `blanks: left_out` a ratio leaves such rows out above and below the line."
            keys = tuple(dict.fromkeys(metrics))
            found.append(
                DataFinding(
                    "blank_condition", table.name, column, rows, rows / total, "", keys, "informs", claim, detail
                )
            )
    return found


def _over(metric: Metric, total: ControlTotal, values: pd.DataFrame) -> float | None:
    """Return our value over the ledger's period; only sums and counts add up over several of our periods."""
    span = _span(total.period)
    if span is None:
        return None
    rows = values[values["metric"] == metric.metric]
    rows = rows[rows["parent"] == total.scope] if total.scope else rows[rows["kind"] == "company"]
    rows = rows[[span[0] <= period < span[1] for period in rows["period"]]].dropna(subset=["value"])
    if rows.empty:
        return None
    if metric.type in ("sum", "count"):
        return float(rows["value"].sum())
    return float(rows["value"].iloc[0]) if len(rows) == 1 else None


def _span(period: str) -> tuple[dt.date, dt.date] | None:
    """Return first day and day after the last of ``2026-08``, ``2026-Q3`` or ``2026``."""
    year, _, rest = period.strip().partition("-")
    if not year.isdigit() or len(year) != 4:
        return None
    first, months = (1, 12) if not rest else (0, 0)
    if rest[:1].upper() == "Q" and rest[1:] in ("1", "2", "3", "4"):
        first, months = 3 * int(rest[1:]) - 2, 3
    elif rest.isdigit() and 1 <= int(rest) <= 12:
        first, months = int(rest), 1
    if not months:
        return None
    end = int(year) * 12 + first - 1 + months
    return dt.date(int(year), first, 1), dt.date(end // 12, end % 12 + 1, 1)


def _rows(rows: int, total: int) -> str:
    share = rows / total if total else 0.0
    size = "under 0.1 %" if 0 < share < 0.001 else theme.percent(share, 1)
    return f"{_counted(rows)} ({size})"


def _counted(rows: int) -> str:
    return f"{theme.number(rows, 0)} row{'s' if rows != 1 else ''}"


def _periods(count: int) -> str:
    return f"{count} period{'s' if count != 1 else ''}"


def _labels(catalogue: Catalogue, names: Sequence[str], most: int = 2) -> str:
    by_key: Mapping[str, str] = {metric.metric: metric.label for metric in catalogue.metrics}
    return theme.listing([by_key[name] for name in names], most)
