"""What a chart or a table says in words: the text a notebook compares, and the table of the plotted data."""

from __future__ import annotations

from html import escape
from typing import Any

from workbench.report.chart import Chart
from workbench.report.tables import Column, Table
from workbench.report.values import heading

_ROLE_HEADERS = {
    "low": "From",
    "high": "To",
    "n": "Answers",
    "target": "Target",
    "gap": "From target",
    "answer": "Answer",
    "period": "Period",
    "centre": "Usual",
    "shown": "Judged",
    "inner_low": "From, inner",
    "inner_high": "To, inner",
    "is_signal": "Outside usual range",
    "is_complete": "Period complete",
    "is_total": "Total",
    "mark": "Mark",
    "change": "Changes",
}
_TEXT_ROLES = {
    "label",
    "series",
    "answer",
    "period",
    "mark",
    "note",
    "is_signal",
    "is_complete",
    "is_total",
    "change",
    "part",
    "open",
}
_SILENT_ROLES = {"figures", "better", "note"}


def data_table(chart: Chart) -> Table:
    """Return the plotted data of a chart, a row a mark, with the ids of the figures behind it."""
    columns, names = [], []
    for role, name in chart.roles:
        if role in _SILENT_ROLES or name in names:
            continue
        names.append(name)
        columns.append(Column(name, _header(chart, role, name), _unit(chart, role), _decimals(chart, role)))
    rows = tuple(zip(*(chart.column(name) for name in names), strict=True))
    return Table(
        tuple(columns),
        rows,
        claim=chart.claim,
        subtitle=chart.subtitle,
        source=chart.source,
        alt=chart.alt,
        currency=chart.currency,
        figures=chart.figure_ids() if any(chart.figure_ids()) else (),
    )


def _header(chart: Chart, role: str, name: str) -> str:
    if chart.kind == "slope" and role in ("before", "after"):
        return heading(chart.order[0 if role == "before" else 1])
    if role == "n" and name != "n":  # rows that are no answers say what they are
        return heading(name)
    return _ROLE_HEADERS.get(role) or heading(name)


def _unit(chart: Chart, role: str) -> str:
    if role in _TEXT_ROLES:
        return "text"
    if role == "n":
        return "count"
    if role == "rate":
        return ""
    return chart.level_unit if role == "level" else chart.unit


def _decimals(chart: Chart, role: str) -> int | None:
    if role == "rate":
        return 2
    return None if role == "n" or (role == "level" and chart.kind != "frontier") else chart.decimals


def table_text(table: Table) -> str:
    """Return the rows of a table as aligned text, figure ids last."""
    headers = list(table.headers())
    rows = [list(cells) for cells in table.cells()]
    if table.figures:
        headers.append("Figure")
        rows = [[*cells, " ".join(ids)] for cells, ids in zip(rows, table.figures, strict=True)]
    widths = [max(len(row[place]) for row in [headers, *rows]) for place in range(len(headers))]
    is_left = [column.unit == "text" for column in table.columns] + [True]

    def line(cells: list[str]) -> str:
        parts = [
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(cells, widths, is_left, strict=False)
        ]
        return "  ".join(parts).rstrip()

    return "\n".join([line(headers), *(line(row) for row in rows)])


def exhibit_text(content: Any) -> str:
    """Return claim, subtitle, every plotted number as the report rounds it, and source."""
    parts = [content.claim, content.subtitle]
    if isinstance(content, Chart):
        parts += ["", table_text(data_table(content))]
        if content.reference is not None:
            parts.append(f"{content.reference_label or 'Reference'}: {content.write(content.reference)}")
        parts += [f"{when}: {words}" for when, words in content.marks]
    elif isinstance(content, Table):
        parts += ["", table_text(content)]
    elif hasattr(content, "detail"):
        parts += [content.detail]
    else:
        parts += ["", table_text(content.data)]
    lines = [part for place, part in enumerate(parts) if part or place > 1]
    return "\n".join([*lines, "", f"Source: {content.source}"])


def exhibit_html(table: Table) -> str:
    """Return a table with its claim and source for a notebook, every cell escaped, without ids or styles that vary.

    JupyterLab would set what stands between two $ as a formula, so that "$5m to $7m" loses its words; MathJax leaves
    containers of two classes alone, by its version.
    """

    def row(tag: str, cells: tuple[str, ...]) -> str:
        sides = ["left" if column.unit == "text" else "right" for column in table.columns]
        inner = "".join(
            f'<{tag} style="text-align:{side}">{escape(words)}</{tag}>'
            for words, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{inner}</tr>"

    body = "\n".join(row("td", cells) for cells in table.cells())
    return (
        f'<div class="tex2jax_ignore mathjax_ignore">\n'
        f"<p><strong>{escape(table.claim)}</strong><br>{escape(table.subtitle)}</p>\n"
        f"<table>\n<thead>{row('th', table.headers())}</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"<p><small>Source: {escape(table.source)}</small></p>\n</div>"
    )
