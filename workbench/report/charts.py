"""Charts as values: what is shown, in which shape, and what it says; nothing is drawn here.

Pick the function by the relation shown. Each takes a frame (or a mapping of columns) and the names of its columns,
and returns a frozen `Chart` that holds the plotted values themselves, so that it compares, saves as JSON, prints as
text and is tested without a picture. `workbench.report.drawing.draw` draws it.

========================  =========================================================
`bar_ranked`              scores by dimension, amounts by line
`bar_parts`               amounts by line, and what each is made of
`bar_diverging`           distance from a target
`stacked_diverging`       spread of answers
`dots_intervals`          groups with intervals, in one or two series
`slope`                   before and after
`waterfall`               what changed
`response_curves`         what the next unit of money brings, today and plan marked
`process_behaviour`       a metric over time with its usual range
`lines_over_time`         a few series over time
`charts_signals`          a module: small charts over time, parts of unlike size in a funnel
`charts_tradeoffs`        a module: two goals against each other
========================  =========================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

from workbench.errors import ReportError
from workbench.report.chart import Chart, Said, chart_of
from workbench.report.values import Plain, columns_of, plain, plain_column


def bar_ranked(
    data: Any,
    *,
    label: str,
    value: str,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    keep_order: bool = False,
    **said: Unpack[Said],
) -> Chart:
    """Return bars from zero, largest first: scores by dimension, amounts by line.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a bar.
    label, value : str
        Names of the columns with the bars' names and lengths; a missing length shows as "–".
    claim, subtitle, source : str
        The finding with its number; measure, unit, population and n; where the data come from.
    unit, currency, decimals
        How values are written, see `Chart`.
    highlight : str or list of str
        Labels that carry the accent.
    reference, reference_label
        A vertical line such as a target, in the unit of the values.
    keep_order : bool
        Keep the rows as they come, because their order means something.
    figures : str or list of str
        Column(s) with the ids of the figures behind each row; by default ``ids``, where there is one.
    alt : str
        Alternative text; by default the kind of chart and the claim.

    Examples
    --------
    >>> chart = bar_ranked(
    ...     {"line": ["Home", "Motor"], "people": [3.0, 8.0]}, label="line", value="people", unit="people",
    ...     claim="Motor takes 8 of 11 people.", subtitle="People by line", source="projects",
    ... )
    >>> chart.role("label")
    ('Motor', 'Home')
    """
    return chart_of(
        "bar_ranked",
        data,
        [("label", label), ("value", value)],
        ranked="" if keep_order else "value",
        highlight=highlight,
        reference=_number(reference),
        reference_label=reference_label,
        **said,
    )


def bar_parts(
    data: Any,
    *,
    label: str,
    part: str,
    value: str,
    open: str,
    **said: Unpack[Said],
) -> Chart:
    """Return bars from zero that are cut into their parts: which projects make up a line's money.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a part; bars and parts are drawn in the order of the rows.
    label, part, value : str
        Names of the columns with the bars' names, the parts' names and their amounts; a missing amount is not drawn.
    open : str
        Name of the column with what is open of a part, in words; such parts carry the accent.
    said
        As in `bar_ranked`.
    """
    return chart_of(
        "bar_parts",
        data,
        [("label", label), ("part", part), ("value", value), ("open", open)],
        **said,
    )


def bar_diverging(
    data: Any,
    *,
    label: str,
    value: str,
    target: str | float,
    higher_is_better: str | bool = True,
    keep_order: bool = False,
    **said: Unpack[Said],
) -> Chart:
    """Return bars to both sides of a target; those on the wrong side are marked in colour and in words.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a bar.
    label, value : str
        Columns with the bars' names and their values (not the distances).
    target : str or float
        Column with each row's target, or one target for all; in the unit of the values.
    higher_is_better : str or bool
        Column of yes/no, or one answer for all.
    keep_order, said
        As in `bar_ranked`; rows are sorted by their distance to the target.
    """
    data = columns_of(data)
    values = plain_column(data[value])
    targets = plain_column(data[target]) if isinstance(target, str) else (_number(target),) * len(values)
    is_up = higher_is_better
    ups = plain_column(data[is_up]) if isinstance(is_up, str) else (is_up,) * len(values)
    gaps = [_minus(amount, goal) for amount, goal in zip(values, targets, strict=True)]
    better = [None if gap is None else gap if up else -gap for gap, up in zip(gaps, ups, strict=True)]
    return chart_of(
        "bar_diverging",
        {**{name: data[name] for name in data}, "target": targets, "from_target": gaps, "better_by": better},
        [("label", label), ("value", value), ("target", "target"), ("gap", "from_target"), ("better", "better_by")],
        ranked="" if keep_order else "better",
        **said,
    )


def stacked_diverging(
    data: Any,
    *,
    label: str,
    answer: str,
    value: str,
    order: Sequence[str],
    highlight: str | Iterable[str] | None = None,
    **said: Unpack[Said],
) -> Chart:
    """Return the spread of answers, low ones to the left of a centre line, high ones to the right.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row per label and answer (long form).
    label, answer, value : str
        Columns with the group or question, the answer, and its share (0 to 1).
    order : list of str
        The answers from low to high; with an odd number the middle one straddles the centre line.
    highlight, said
        As in `bar_ranked`; labels stand in the order in which they first come.
    """
    said.setdefault("unit", "share")
    said.setdefault("decimals", 0)
    return chart_of(
        "stacked_diverging",
        data,
        [("label", label), ("answer", answer), ("value", value)],
        highlight=highlight,
        order=tuple(str(name) for name in order),
        **said,
    )


def dots_intervals(
    data: Any,
    *,
    label: str,
    value: str,
    low: str | None,
    high: str | None,
    n: str | None = None,
    series: str | None = None,
    target: str | None = None,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    note: str | None = None,
    keep_order: bool = False,
    **said: Unpack[Said],
) -> Chart:
    """Return a dot per group with its interval; a group without a value shows in words that it is too small.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row per group, or per group and series (long form).
    label, value, low, high : str
        Columns with the group, its value and its interval; value None means hidden.
    n : str
        Column with the people or rows behind each value, printed after the label.
    series : str
        Column with one of at most two series (say "shape" and "run").
    target : str
        Column with each group's target, drawn as a small upright line.
    reference, reference_label
        One target for all.
    note : str
        Column with the words to show where a value is missing; by default "too few answers". With `series` they
        stand in the place of the number: one or two words.
    highlight, keep_order, said
        As in `bar_ranked`; with `series`, labels stand in the order in which they first come.
    """
    data = columns_of(data)
    names = tuple(str(name) for name in dict.fromkeys(plain_column(data[series]))) if series is not None else ()
    return chart_of(
        "dots_intervals",
        data,
        [
            ("label", label),
            ("series", series),
            ("value", value),
            ("low", low),
            ("high", high),
            ("n", n),
            ("target", target),
            ("note", note),
        ],
        ranked="" if keep_order or series is not None else "value",
        highlight=highlight,
        reference=_number(reference),
        reference_label=reference_label,
        order=names,
        **said,
    )


def slope(
    data: Any,
    *,
    label: str,
    before: str,
    after: str,
    before_label: str = "today",
    after_label: str = "plan",
    highlight: str | Iterable[str] | None = None,
    **said: Unpack[Said],
) -> Chart:
    """Return a line per label from one moment to another: today and plan, wave 1 and wave 2.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a line; at most some eight lines stay readable.
    label, before, after : str
        Columns with the line's name and its two values.
    before_label, after_label : str
        What stands above the two sides.
    highlight, said
        As in `bar_ranked`; `figures` may name two columns, for before and after.
    """
    return chart_of(
        "slope",
        data,
        [("label", label), ("before", before), ("after", after)],
        ranked="after",
        highlight=highlight,
        order=(before_label, after_label),
        **said,
    )


def waterfall(
    data: Any,
    *,
    label: str,
    value: str,
    is_total: str,
    higher_is_better: bool | None = None,
    highlight: str | Iterable[str] | None = None,
    **said: Unpack[Said],
) -> Chart:
    """Return what changed from one total to another, effect by effect, in the order of the rows.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        Rows in reading order: a total, its effects, the next total.
    label, value, is_total : str
        Columns with the row's name, its amount (an effect is signed) and whether it is a total.
    higher_is_better : bool or None
        Effects for the worse are marked in colour; None marks none.
    highlight, said
        As in `bar_ranked`.
    """
    return chart_of(
        "waterfall",
        data,
        [("label", label), ("value", value), ("is_total", is_total)],
        highlight=highlight,
        direction=0 if higher_is_better is None else 1 if higher_is_better else -1,
        **said,
    )


def response_curves(
    data: Any,
    *,
    curve: str,
    level: str,
    outcome: str,
    mark: str,
    level_unit: str = "",
    highlight: str | Iterable[str] | None = None,
    **said: Unpack[Said],
) -> Chart:
    """Return what each activity brings at each level, small panels side by side, today and plan marked.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        Points of each curve from the lowest level up, some 20 to 40 a curve.
    curve, level, outcome : str
        Columns with the activity's name, its level and what comes of it.
    mark : str
        Column that says ``today`` or ``plan`` at those points and is blank elsewhere.
    level_unit : str
        Unit of the level; `unit` is the outcome's.
    highlight, said
        As in `bar_ranked`.
    """
    return chart_of(
        "response_curves",
        data,
        [("label", curve), ("level", level), ("value", outcome), ("mark", mark)],
        highlight=highlight,
        level_unit=level_unit,
        **said,
    )


def process_behaviour(
    data: Any,
    *,
    period: str,
    value: str,
    centre: str,
    low: str,
    high: str,
    is_signal: str | None = None,
    is_complete: str | None = None,
    target: float | None = None,
    target_label: str = "target",
    events: Iterable[tuple[Any, str]] = (),
    **said: Unpack[Said],
) -> Chart:
    """Return a metric over time with its centre and usual range; points outside it are marked.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a period, in order of time.
    period : str
        Column of dates (first day of the period) or ISO text.
    value, centre, low, high : str
        Columns with the value, the centre and the limits of the usual range (they may step).
    is_signal, is_complete : str
        Columns of yes/no: outside the usual range (filled vermillion); period finished (else hollow).
    target, target_label
        A line across the chart.
    events : iterable of (date or ISO text, words)
        What happened when, written above.
    said
        As in `bar_ranked`.
    """
    return chart_of(
        "process_behaviour",
        data,
        [
            ("period", period),
            ("value", value),
            ("centre", centre),
            ("low", low),
            ("high", high),
            ("is_signal", is_signal),
            ("is_complete", is_complete),
        ],
        reference=_number(target),
        reference_label=target_label,
        marks=tuple((str(plain(when)), str(words)) for when, words in events),
        **said,
    )


def lines_over_time(
    data: Any,
    *,
    period: str,
    value: str,
    series: str,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    **said: Unpack[Said],
) -> Chart:
    """Return a few series over time, each named at its end.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row per series and period (long form), in order of time.
    period, value, series : str
        Columns with the date, the value and the series' name.
    highlight, reference, reference_label, said
        As in `bar_ranked`.
    """
    data = columns_of(data)
    return chart_of(
        "lines_over_time",
        data,
        [("series", series), ("period", period), ("value", value)],
        highlight=highlight,
        reference=_number(reference),
        reference_label=reference_label,
        order=tuple(str(name) for name in dict.fromkeys(plain_column(data[series]))),
        **said,
    )


def _number(value: Any) -> float | None:
    """Return a number as a float, or None."""
    held = plain(value)
    if held is None or isinstance(held, int | float):
        return None if held is None else float(held)
    raise ReportError((f"A reference line stands at a number; got {held!r}.",))


def _minus(amount: Plain, goal: Plain) -> float | None:
    if isinstance(amount, str) or isinstance(goal, str) or amount is None or goal is None:
        return None
    return float(amount) - float(goal)
