"""Charts of many series: small charts over time with their usual range, and parts of unlike size beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

from workbench.report.chart import Chart, Said, chart_of


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
    highlight: Iterable[str] = (),
    **said: Unpack[Said],
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
    highlight, said
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
    return chart_of("behaviour_panels", data, roles, highlight=highlight, **said)


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
    reference: float,
    reference_label: str,
    highlight: Iterable[str] = (),
    **said: Unpack[Said],
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
    highlight, said
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
    return chart_of(
        "funnel",
        data,
        roles,
        highlight=highlight,
        reference=float(reference),
        reference_label=reference_label,
        **said,
    )
