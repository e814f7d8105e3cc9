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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import ReportError
from workbench.report.values import Plain, plain, plain_column, written

KIND_WORDS = {
    "bar_ranked": "Ranked bar chart",
    "bar_parts": "Bar chart of amounts and their parts",
    "bar_diverging": "Bar chart of the distance from the target",
    "stacked_diverging": "Stacked bars of the spread of answers",
    "dots_intervals": "Dots with intervals",
    "slope": "Slope chart of before and after",
    "waterfall": "Waterfall chart of what changed",
    "response_curves": "Response curves",
    "process_behaviour": "Chart over time with the usual range",
    "lines_over_time": "Line chart over time",
    "behaviour_panels": "Small charts over time with the usual range",
    "funnel": "Funnel plot of parts by their number of rows",
    "frontier": "Stair of what is had of one goal for each amount of another",
}
"""What each kind is called in the alternative text."""

TOO_FEW = "too few answers"
"""What stands where a group is too small to be shown."""


@dataclass(frozen=True)
class Chart:
    """What is shown and what it says; made by one of this module's functions.

    Attributes
    ----------
    kind : str
        One of `KIND_WORDS`.
    columns : tuple of (name, values)
        The plotted data, a tuple of plain values per column, all of one length.
    roles : tuple of (role, name)
        Which column plays which part (``label``, ``value``, ``low``, …, ``figures``); a role may have two columns.
    claim, subtitle, source, alt : str
        The finding as a sentence; measure, unit, population and n; where the data come from; kind of chart + claim.
    unit, currency : str
        Unit of the values, as in `workbench.theme.formatted`; ISO 4217 code for ``currency``.
    decimals : int or None
        Overrules the unit's own number of decimals.
    highlight : tuple of str
        Labels (or series) that carry the accent.
    reference : float or None
        A line across the chart, in the unit of the values, such as a target.
    reference_label : str
        What that line is.
    order : tuple of str
        Answers of a stacked bar from low to high; names of the two sides of a slope; series of dots and lines.
    marks : tuple of (period, words)
        Things that happened, written above a chart over time.
    level_unit : str
        Unit of the horizontal axis of response curves.
    direction : int
        1 where a rise is good, -1 where a fall is, 0 where nobody says.
    """

    kind: str
    columns: tuple[tuple[str, tuple[Plain, ...]], ...]
    roles: tuple[tuple[str, str], ...]
    claim: str
    subtitle: str
    source: str
    alt: str
    unit: str = ""
    currency: str = "EUR"
    decimals: int | None = None
    highlight: tuple[str, ...] = ()
    reference: float | None = None
    reference_label: str = ""
    order: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    level_unit: str = ""
    direction: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KIND_WORDS:
            raise ReportError((f"There is no chart of kind {self.kind!r}; there are {', '.join(KIND_WORDS)}.",))
        names = [name for name, _ in self.columns]
        unknown = [name for _, name in self.roles if name not in names]
        if unknown or len(set(names)) != len(names) or len({len(values) for _, values in self.columns}) > 1:
            raise ReportError((f"Columns {names} of a {self.kind} chart do not fit its roles {dict(self.roles)}.",))

    def __len__(self) -> int:
        return len(self.columns[0][1]) if self.columns else 0

    def column(self, name: str) -> tuple[Plain, ...]:
        """Return the values of a column by its name."""
        return dict(self.columns)[name]

    def name_of(self, role: str) -> str | None:
        """Return the name of the first column in this role, or None."""
        return next((name for held, name in self.roles if held == role), None)

    def role(self, role: str) -> tuple[Plain, ...]:
        """Return the values of the first column in this role; Nones where nothing plays it."""
        name = self.name_of(role)
        return self.column(name) if name is not None else (None,) * len(self)

    def figure_ids(self) -> tuple[tuple[str, ...], ...]:
        """Return the ids of the figures behind each row, empty where there are none."""
        names = [name for role, name in self.roles if role == "figures"]
        return tuple(
            tuple(part for name in names for part in str(self.column(name)[row] or "").split())
            for row in range(len(self))
        )

    def write(self, value: Plain) -> str:
        """Return a value of this chart as the report rounds it."""
        return written(value, self.unit, self.currency, self.decimals)

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Chart:
        """Return the chart that `to_dict` wrote."""
        held = dict(document)
        held["columns"] = tuple((name, plain_column(values)) for name, values in held["columns"])
        for name in ("roles", "marks"):
            held[name] = tuple((str(first), str(second)) for first, second in held[name])
        for name in ("highlight", "order"):
            held[name] = tuple(held[name])
        return cls(**held)


def _chart(
    kind: str,
    data: Any,
    roles: Sequence[tuple[str, str | None]],
    *,
    claim: str,
    subtitle: str,
    source: str,
    alt: str | None,
    figures: str | Sequence[str] | None,
    highlight: str | Iterable[str] | None = None,
    **more: Any,
) -> Chart:
    """Take the named columns out of `data` and make the value."""
    named = [(role, name) for role, name in roles if name is not None]
    ids = [figures] if isinstance(figures, str) else list(figures or ())
    named += [("figures", name) for name in ids]
    missing = [name for _, name in named if name not in data]
    if missing:
        raise ReportError((f"A {kind} chart was asked for columns {missing} that its data do not have.",))
    columns = {name: plain_column(data[name]) for _, name in named}
    accent = (highlight,) if isinstance(highlight, str) else tuple(highlight or ())
    return Chart(
        kind,
        tuple(columns.items()),
        tuple(named),
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt if alt is not None else f"{KIND_WORDS[kind]}: {claim}",
        highlight=tuple(str(name) for name in accent),
        **more,
    )


def _by_value(data: Any, label: str, value: str, names: Sequence[str | None]) -> dict[str, list[Any]]:
    """Return the rows from the largest value down, nothing last, equal ones by label."""
    keep = [name for name in dict.fromkeys(names) if name is not None and name in data]
    columns = {name: plain_column(data[name]) for name in keep}
    if value not in columns or label not in columns:
        return {name: list(values) for name, values in columns.items()}

    def rank(row: int) -> tuple[bool, float, str]:
        number = columns[value][row]
        return (number is None, -float(number or 0), str(columns[label][row]))

    rows = sorted(range(len(columns[value])), key=rank)
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def _names(figures: str | Sequence[str] | None) -> list[str]:
    return [figures] if isinstance(figures, str) else list(figures or ())


def bar_ranked(
    data: Any,
    *,
    label: str,
    value: str,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    keep_order: bool = False,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return bars from zero, largest first: scores by dimension, amounts by line.

    Parameters
    ----------
    data : DataFrame or mapping of columns
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
        Column(s) with the ids of the figures behind each row.
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
    if not keep_order:
        data = _by_value(data, label, value, [label, value, *_names(figures)])
    return _chart(
        "bar_ranked",
        data,
        [("label", label), ("value", value)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        reference=_number(reference),
        reference_label=reference_label,
    )


def bar_parts(
    data: Any,
    *,
    label: str,
    part: str,
    value: str,
    open: str,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    currency: str = "EUR",
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return bars from zero that are cut into their parts: which projects make up a line's money.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row a part; bars and parts are drawn in the order of the rows.
    label, part, value : str
        Names of the columns with the bars' names, the parts' names and their amounts; a missing amount is not drawn.
    open : str
        Name of the column with what is open of a part, in words; such parts carry the accent.
    claim, subtitle, source : str
        The finding with its number; measure, unit, population and n; where the data come from.
    unit, currency
        How values are written, see `Chart`.
    figures : str or list of str
        Column(s) with the ids of the figures behind each row.
    alt : str
        Alternative text; by default the kind of chart and the claim.
    """
    return _chart(
        "bar_parts",
        data,
        [("label", label), ("part", part), ("value", value), ("open", open)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        unit=unit,
        currency=currency,
    )


def bar_diverging(
    data: Any,
    *,
    label: str,
    value: str,
    target: str | float,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    higher_is_better: str | bool = True,
    keep_order: bool = False,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return bars to both sides of a target; those on the wrong side are marked in colour and in words.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row a bar.
    label, value : str
        Columns with the bars' names and their values (not the distances).
    target : str or float
        Column with each row's target, or one target for all; in the unit of the values.
    higher_is_better : str or bool
        Column of yes/no, or one answer for all.
    claim, subtitle, source, unit, currency, decimals, keep_order, figures, alt
        As in `bar_ranked`; rows are sorted by their distance to the target.
    """
    held = {name: plain_column(data[name]) for name in dict.fromkeys([label, value, *_names(figures)])}
    count = len(held[label])
    targets = plain_column(data[target]) if isinstance(target, str) else (_number(target),) * count
    is_up = plain_column(data[higher_is_better]) if isinstance(higher_is_better, str) else (higher_is_better,) * count
    gaps = [_minus(amount, goal) for amount, goal in zip(held[value], targets, strict=True)]
    better = [None if gap is None else gap if up else -gap for gap, up in zip(gaps, is_up, strict=True)]
    full: dict[str, Any] = {**held, "target": targets, "from_target": gaps, "better_by": better}
    if not keep_order:
        full = _by_value(full, label, "better_by", list(full))
    return _chart(
        "bar_diverging",
        full,
        [("label", label), ("value", value), ("target", "target"), ("gap", "from_target"), ("better", "better_by")],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        unit=unit,
        currency=currency,
        decimals=decimals,
    )


def stacked_diverging(
    data: Any,
    *,
    label: str,
    answer: str,
    value: str,
    order: Sequence[str],
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "share",
    decimals: int | None = 0,
    highlight: str | Iterable[str] | None = None,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return the spread of answers, low ones to the left of a centre line, high ones to the right.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row per label and answer (long form).
    label, answer, value : str
        Columns with the group or question, the answer, and its share (0 to 1).
    order : list of str
        The answers from low to high; with an odd number the middle one straddles the centre line.
    claim, subtitle, source, unit, decimals, highlight, figures, alt
        As in `bar_ranked`; labels stand in the order in which they first come.
    """
    return _chart(
        "stacked_diverging",
        data,
        [("label", label), ("answer", answer), ("value", value)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        decimals=decimals,
        order=tuple(str(name) for name in order),
    )


def dots_intervals(
    data: Any,
    *,
    label: str,
    value: str,
    low: str | None,
    high: str | None,
    claim: str,
    subtitle: str,
    source: str,
    n: str | None = None,
    series: str | None = None,
    target: str | None = None,
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    note: str | None = None,
    keep_order: bool = False,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return a dot per group with its interval; a group without a value shows in words that it is too small.

    Parameters
    ----------
    data : DataFrame or mapping of columns
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
    claim, subtitle, source, unit, currency, decimals, highlight, keep_order, figures, alt
        As in `bar_ranked`; with `series`, labels stand in the order in which they first come.
    """
    if not keep_order and series is None:
        data = _by_value(data, label, value, [label, value, low, high, n, target, note, *_names(figures)])
    names = tuple(str(name) for name in dict.fromkeys(plain_column(data[series]))) if series is not None else ()
    return _chart(
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
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        reference=_number(reference),
        reference_label=reference_label,
        order=names,
    )


def slope(
    data: Any,
    *,
    label: str,
    before: str,
    after: str,
    claim: str,
    subtitle: str,
    source: str,
    before_label: str = "today",
    after_label: str = "plan",
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    highlight: str | Iterable[str] | None = None,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return a line per label from one moment to another: today and plan, wave 1 and wave 2.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row a line; at most some eight lines stay readable.
    label, before, after : str
        Columns with the line's name and its two values.
    before_label, after_label : str
        What stands above the two sides.
    claim, subtitle, source, unit, currency, decimals, highlight, figures, alt
        As in `bar_ranked`; `figures` may name two columns, for before and after.
    """
    data = _by_value(data, label, after, [label, after, before, *_names(figures)])
    return _chart(
        "slope",
        data,
        [("label", label), ("before", before), ("after", after)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        order=(before_label, after_label),
    )


def waterfall(
    data: Any,
    *,
    label: str,
    value: str,
    is_total: str,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    higher_is_better: bool | None = None,
    highlight: str | Iterable[str] | None = None,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return what changed from one total to another, effect by effect, in the order of the rows.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        Rows in reading order: a total, its effects, the next total.
    label, value, is_total : str
        Columns with the row's name, its amount (an effect is signed) and whether it is a total.
    higher_is_better : bool or None
        Effects for the worse are marked in colour; None marks none.
    claim, subtitle, source, unit, currency, decimals, highlight, figures, alt
        As in `bar_ranked`.
    """
    return _chart(
        "waterfall",
        data,
        [("label", label), ("value", value), ("is_total", is_total)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        direction=0 if higher_is_better is None else 1 if higher_is_better else -1,
    )


def response_curves(
    data: Any,
    *,
    curve: str,
    level: str,
    outcome: str,
    mark: str,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    level_unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    highlight: str | Iterable[str] | None = None,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return what each activity brings at each level, small panels side by side, today and plan marked.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        Points of each curve from the lowest level up, some 20 to 40 a curve.
    curve, level, outcome : str
        Columns with the activity's name, its level and what comes of it.
    mark : str
        Column that says ``today`` or ``plan`` at those points and is blank elsewhere.
    unit, level_unit : str
        Units of the outcome and of the level.
    claim, subtitle, source, currency, decimals, highlight, figures, alt
        As in `bar_ranked`.
    """
    return _chart(
        "response_curves",
        data,
        [("label", curve), ("level", level), ("value", outcome), ("mark", mark)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        level_unit=level_unit,
    )


def process_behaviour(
    data: Any,
    *,
    period: str,
    value: str,
    centre: str,
    low: str,
    high: str,
    claim: str,
    subtitle: str,
    source: str,
    is_signal: str | None = None,
    is_complete: str | None = None,
    target: float | None = None,
    target_label: str = "target",
    events: Iterable[tuple[Any, str]] = (),
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return a metric over time with its centre and usual range; points outside it are marked.

    Parameters
    ----------
    data : DataFrame or mapping of columns
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
    claim, subtitle, source, unit, currency, decimals, figures, alt
        As in `bar_ranked`.
    """
    return _chart(
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
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        unit=unit,
        currency=currency,
        decimals=decimals,
        reference=_number(target),
        reference_label=target_label,
        marks=tuple((str(plain(when)), str(words)) for when, words in events),
    )


def lines_over_time(
    data: Any,
    *,
    period: str,
    value: str,
    series: str,
    claim: str,
    subtitle: str,
    source: str,
    unit: str = "",
    currency: str = "EUR",
    decimals: int | None = None,
    highlight: str | Iterable[str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    figures: str | Sequence[str] | None = None,
    alt: str | None = None,
) -> Chart:
    """Return a few series over time, each named at its end.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        One row per series and period (long form), in order of time.
    period, value, series : str
        Columns with the date, the value and the series' name.
    claim, subtitle, source, unit, currency, decimals, highlight, reference, reference_label, figures, alt
        As in `bar_ranked`.
    """
    return _chart(
        "lines_over_time",
        data,
        [("series", series), ("period", period), ("value", value)],
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt,
        figures=figures,
        highlight=highlight,
        unit=unit,
        currency=currency,
        decimals=decimals,
        reference=_number(reference),
        reference_label=reference_label,
        order=tuple(str(name) for name in dict.fromkeys(plain_column(data[series]))),
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
