"""Charts of many series: small charts over time with their usual range, and parts of unlike size beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from workbench.report.charts import KIND_WORDS, Chart
from workbench.report.values import plain_column


def behaviour_panels(
    data: Any,
    *,
    label: str,
    period: str,
    value: str,
    shown: str,
    centre: str,
    low: str,
    high: str,
    is_signal: str,
    mark: str,
    claim: str,
    subtitle: str,
    source: str,
    highlight: Iterable[str] = (),
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    figures: str | None = None,
    alt: str | None = None,
) -> Chart:
    """Return one small chart over time a label, each on its own scale, with its usual range.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row per label and period (long form), in order of time; a missing period has no value.
    label, period, value : str
        Columns with the panel's name, the first day of the period, and what was measured.
    shown : str
        What is judged: without its season where one was removed, else the same as `value`.
    centre, low, high : str
        The usual range; it may step, and be missing.
    is_signal : str
        Column of yes/no: outside the usual range after the baseline.
    mark : str
        Column with words on what happened in a period, or None.
    claim, subtitle, source, highlight, unit, currency, decimals, figures, alt
        As in `charts.bar_ranked`.
    """
    roles = [
        ("label", label),
        ("period", period),
        ("value", value),
        ("shown", shown),
        ("centre", centre),
        ("low", low),
        ("high", high),
        ("is_signal", is_signal),
        ("mark", mark),
    ]
    return _made(
        "behaviour_panels", data, roles, figures, alt, claim, subtitle, source, highlight, unit, currency, decimals
    )


def funnel_plot(
    data: Any,
    *,
    label: str,
    value: str,
    n: str,
    low: str,
    high: str,
    inner_low: str,
    inner_high: str,
    claim: str,
    subtitle: str,
    source: str,
    reference: float,
    reference_label: str,
    highlight: Iterable[str] = (),
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    figures: str | None = None,
    alt: str | None = None,
) -> Chart:
    """Return parts by their size and value, in a funnel that is wide where there are few rows.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row a part.
    label, value, n : str
        Columns with its name, its value, and its rows.
    low, high, inner_low, inner_high : str
        Outer and inner limits of each part.
    reference, reference_label
        All parts together, and what that is called.
    claim, subtitle, source, highlight, unit, currency, decimals, figures, alt
        As in `charts.bar_ranked`; `highlight` names the parts outside.
    """
    roles = [
        ("label", label),
        ("value", value),
        ("n", n),
        ("low", low),
        ("high", high),
        ("inner_low", inner_low),
        ("inner_high", inner_high),
    ]
    chart = _made("funnel", data, roles, figures, alt, claim, subtitle, source, highlight, unit, currency, decimals)
    return replace(chart, reference=float(reference), reference_label=reference_label)


def _made(
    kind: str,
    data: Any,
    roles: Sequence[tuple[str, str]],
    figures: str | None,
    alt: str | None,
    claim: str,
    subtitle: str,
    source: str,
    highlight: Iterable[str],
    unit: str,
    currency: str,
    decimals: int | None,
) -> Chart:
    named = [*roles, *([("figures", figures)] if figures else [])]
    columns = {name: plain_column(data[name]) for _, name in named}
    return Chart(
        kind,
        tuple(columns.items()),
        tuple(named),
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt if alt is not None else f"{KIND_WORDS[kind]}: {claim}",
        highlight=tuple(str(name) for name in highlight),
        unit=unit,
        currency=currency,
        decimals=decimals,
    )
