"""Allocation for one reader: a page for each support function, to hand over.

A page says what the plan asks of the function: what changes, for which lines, what that costs, and what to agree. It
quotes the figures of the chapter, never others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.findings import Findings, Off
from workbench.report.exhibit import Exhibit
from workbench.report.exhibits_cascade import function_table, resource_lines
from workbench.report.page import Page, page_key

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, FunctionReading

MOST_CHARTS = 3
"""Resources that a page draws; its table has them all (ours)."""
MOST_FINDINGS = 5
"""Statements of a page (ours)."""


def function_pages(result: Allocation | Conflict | Off) -> tuple[Page, ...]:
    """Return a page for each function that gives something: what it would have to change, line by line.

    Parameters
    ----------
    result : Allocation, Conflict or Off
        Without a plan there are no pages.
    """
    from workbench.allocation import Allocation

    if not isinstance(result, Allocation) or result.cascade is None:
        return ()
    taken: set[str] = set()
    return tuple(
        _page(result, reading, _key_of(reading.function, taken), place)
        for place, reading in enumerate(result.cascade.functions, start=1)
        if reading.resources
    )


def _page(result: Allocation, reading: FunctionReading, key: str, place: int) -> Page:
    from workbench.allocation import function_cautions, function_findings, function_steps

    is_decided = result.cascade is not None and result.cascade.is_decided
    return Page(
        key=key,
        kind="function",
        title=reading.function,
        question="What do we have to change, for which lines?"
        if is_decided
        else "What would we have to change, for which lines?",
        headline=Findings(function_findings(result, reading).items[:MOST_FINDINGS]),
        exhibits=tuple(_exhibits(result, reading, f"allocation-function-{place}")),
        next_steps=function_steps(result, reading),
        cautions=function_cautions(result, reading),
    )


def _exhibits(result: Allocation, reading: FunctionReading, prefix: str) -> list[Exhibit]:
    moving = [item for item in reading.resources if item.more + item.less > 0]
    drawn = sorted(moving, key=lambda item: -item.weight)[:MOST_CHARTS]
    charts = [
        resource_lines(result, reading, item, f"{prefix}-{number}")
        for number, item in enumerate((item for item in reading.resources if item in drawn), start=1)
    ]
    return [*charts, function_table(result, reading, f"{prefix}-lines")]


def _key_of(name: str, taken: set[str]) -> str:
    """Return the page's key; of two functions whose names look alike in it the second gets a number."""
    key, place = page_key("function", name), 2
    while key in taken:
        key = f"{page_key('function', name, length=59)}-{place}"
        place += 1
    taken.add(key)
    return key
