"""What if a budget, a weight or a line were different: sliders over the search, the new plan beside the chapter's.

A panel shows and calls; it computes nothing. Every move plans again at once, and the latest one wins. In a batch run,
or without widgets, it prints what could be moved.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.allocation import (
    Allocation,
    AllocationInputs,
    Conflict,
    Limits,
    Plan,
    change_portfolio,
    headline,
    replan,
    solve,
)
from workbench.errors import WorkbenchError
from workbench.findings import Off
from workbench.panels.latest import LatestWins

if TYPE_CHECKING:
    from workbench.allocation import Portfolio

LOCKS = ("free", "keep", "close", "as today")
"""What may be done with a line: the plan decides, it stays, it closes, or it keeps exactly what it has."""
SECONDS = 0.1
"""Search at every move (ours: shown within two tenths of a second); a plan stopped by it says how good it is."""
NARROWEST, WIDEST, STEP = 50, 150, 5
"""Range and step of the budget sliders, in percent of what there is (ours)."""


def what_if_panel(inputs: AllocationInputs | Off, result: Allocation | Conflict | Off | None = None) -> Any:
    """Return the panel; as text under ``WORKBENCH_BATCH=1`` and where ipywidgets is missing.

    Parameters
    ----------
    inputs : AllocationInputs or Off
        The engagement's ``allocation``.
    result : Allocation, Conflict or Off, optional
        The chapter's result: its plan is the one to compare with, and to begin the search from.

    Returns
    -------
    WhatIfText or ipywidgets.Widget
        Both show themselves as the last line of a cell.
    """
    if is_batch() or isinstance(inputs, Off):
        return WhatIfText(inputs)
    try:
        import ipywidgets
    except ModuleNotFoundError:
        return WhatIfText(inputs)
    start = result.best if isinstance(result, Allocation) else solve(inputs.portfolio)
    return _panel(ipywidgets, start.portfolio, start)


def is_batch() -> bool:
    """Return whether nobody sits in front of the notebook: a run, a test or nbval."""
    return os.environ.get("WORKBENCH_BATCH", "") not in ("", "0")


def answer(
    start: Plan | Conflict,
    *,
    capacity_percent: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    locks: Mapping[str, str] | None = None,
) -> Plan | Conflict:
    """Return the best plan under the panel's settings: what every move of a slider asks for.

    Parameters
    ----------
    start : Plan or Conflict
        The plan to begin with, or what there is instead.
    capacity_percent : mapping of resource to percent
    weights : mapping of objective to weight
    locks : mapping of line to one of `LOCKS`
    """
    held = dict(locks or {})
    changed = change_portfolio(
        start.portfolio,
        capacity_percent=capacity_percent,
        weights=weights,
        keep=_lines_with(held, "keep"),
        close=_lines_with(held, "close"),
        as_today=_lines_with(held, "as today"),
    )
    return solve(changed) if isinstance(start, Conflict) else replan(start, changed, limits=Limits(seconds=SECONDS))


def _lines_with(locks: Mapping[str, str], lock: str) -> tuple[str, ...]:
    return tuple(line for line, chosen in locks.items() if chosen == lock)


class WhatIfText:
    """The panel as text: what could be moved, for a page that nobody clicks on.

    Attributes
    ----------
    inputs : AllocationInputs or Off
    """

    def __init__(self, inputs: AllocationInputs | Off) -> None:
        self.inputs = inputs

    def __repr__(self) -> str:
        if isinstance(self.inputs, Off):
            return repr(self.inputs)
        portfolio = self.inputs.portfolio
        controls = (
            f"Budgets, {NARROWEST} to {WIDEST} % of today's: {', '.join(item.id for item in portfolio.resources)}.",
            f"Weights: {', '.join(f'{item.id} {item.weight:g}' for item in portfolio.objectives)}.",
            f"Lines ({', '.join(LOCKS)}): {', '.join(line.name for line in portfolio.lines)}.",
        )
        return "\n".join(["What if? Open this notebook with `workbench lab` to move:", *controls])


def _panel(widgets: Any, portfolio: Portfolio, start: Plan | Conflict) -> Any:
    budgets, weights, locks = _budgets(widgets, portfolio), _weights(widgets, portfolio), _locks(widgets, portfolio)
    shown = widgets.Output()

    def plan_again(settings: dict[str, dict[str, Any]]) -> None:
        try:
            shown.outputs = displays(start, answer(start, **settings))
        except WorkbenchError as error:  # such as weights that are all zero
            shown.outputs = ({"output_type": "stream", "name": "stdout", "text": f"{error}\n"},)

    latest = LatestWins(plan_again)

    def ask(_: Any = None) -> None:
        latest.ask({
            "capacity_percent": {name: slider.value for name, slider in budgets.items()},
            "weights": {name: box.value for name, box in weights.items()},
            "locks": {name: choice.value for name, choice in locks.items()},
        })  # fmt: skip

    for control in (*budgets.values(), *weights.values(), *locks.values()):
        control.observe(ask, names="value")
    ask()
    columns = widgets.HBox([
        widgets.VBox([widgets.HTML("<b>Budgets, % of today's</b>"), *budgets.values()]),
        widgets.VBox([widgets.HTML("<b>Weights</b>"), *weights.values()]),
        widgets.VBox([widgets.HTML("<b>Lines</b>"), *locks.values()]),
    ])  # fmt: skip
    return widgets.VBox([columns, shown])


def _budgets(widgets: Any, portfolio: Portfolio) -> dict[str, Any]:
    return {
        item.id: widgets.IntSlider(
            value=100, min=NARROWEST, max=WIDEST, step=STEP, description=item.id, continuous_update=False
        )
        for item in portfolio.resources
    }


def _weights(widgets: Any, portfolio: Portfolio) -> dict[str, Any]:
    return {
        item.id: widgets.BoundedFloatText(value=item.weight, min=0.0, max=1e9, step=0.1, description=item.id)
        for item in portfolio.objectives
    }


def _locks(widgets: Any, portfolio: Portfolio) -> dict[str, Any]:
    return {line.id: widgets.Dropdown(options=LOCKS, value="free", description=line.name) for line in portfolio.lines}


def displays(start: Plan | Conflict, found: Plan | Conflict) -> tuple[dict[str, Any], ...]:
    """Return what the panel shows, as the outputs of a cell: the lines, below the words where no plan holds."""
    from IPython.core.interactiveshell import InteractiveShell

    from workbench.report.exhibits_what_if import what_if_exhibit

    written = InteractiveShell.instance().display_formatter.format  # type: ignore[union-attr]  # set by itself
    items = [headline(found)] if isinstance(found, Conflict) else []
    bundles = [written(item) for item in (*items, what_if_exhibit(start, found))]
    return tuple({"output_type": "display_data", "data": data, "metadata": more} for data, more in bundles)
