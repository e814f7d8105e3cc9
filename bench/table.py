"""The table that every bench fills: what was measured, against what, and whether the target is met."""

from __future__ import annotations

from typing import Any

COLUMNS = ("name", "value", "unit", "against", "ratio", "target", "met")
DIGITS = 4
"""Significant digits kept of a measurement; whole numbers are kept as they are."""


def bench_row(
    name: str,
    value: float,
    unit: str = "share",
    *,
    against: str = "",
    other: float | None = None,
    ratio: float | None = None,
    most: float | None = None,
    least: float | None = None,
    target: str = "",
    met: bool | None = None,
) -> dict[str, Any]:
    """Return one row of a bench.

    Parameters
    ----------
    against, other : str, float or None
        What it is compared with, in words, and the same measurement of that.
    ratio : float or None
        By default the value as a share of `other`.
    most, least : float or None
        The target, of the value; its words and whether it is met follow from it.
    target, met : str, bool or None
        The same said outright, where the target is of something else.
    """
    bounds = [f"at {word} {bound:,g}" for word, bound in (("least", least), ("most", most)) if bound is not None]
    if met is None and bounds:
        met = (least is None or value >= least) and (most is None or value <= most)
    if other is not None:
        against = f"{against}: {_kept(other)} {unit}"
        ratio = value / other if ratio is None and other else ratio
    return {
        "name": name,
        "value": _kept(value),
        "unit": unit,
        "against": against,
        "ratio": None if ratio is None else _kept(ratio),
        "target": target or " and ".join(bounds),
        "met": None if met is None else bool(met),
    }


def table_of(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table of text."""
    cells = [list(COLUMNS)] + [[_shown(held[column]) for column in COLUMNS] for held in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(COLUMNS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines) + "\n"


def _kept(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
