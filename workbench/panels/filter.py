"""Who sees it how: each product line as those who shape the business and those who run it see it, at a click.

A panel shows and calls; it computes nothing. Every filter was decided on before it is offered, together with all that
the report shows, so a click looks a number up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.findings import Off
from workbench.panels.what_if import is_batch
from workbench.readiness import ReadinessInputs, assess

if TYPE_CHECKING:
    from workbench.readiness import Readiness


def filter_panel(inputs: ReadinessInputs | Off) -> Any:
    """Return the panel; as text under ``WORKBENCH_BATCH=1`` and where ipywidgets is missing.

    Parameters
    ----------
    inputs : ReadinessInputs or Off
        The engagement's ``readiness``.

    Returns
    -------
    FilterText or ipywidgets.Widget
        Both show themselves as the last line of a cell.
    """
    if is_batch() or isinstance(inputs, Off):
        return FilterText(inputs)
    try:
        import ipywidgets
    except ModuleNotFoundError:
        return FilterText(inputs)
    result = assess(inputs, with_filters=True)
    return FilterText(result) if isinstance(result, Off) else _panel(ipywidgets, result)


class FilterText:
    """The panel as text: what could be chosen, for a page that nobody clicks on.

    Attributes
    ----------
    inputs : ReadinessInputs or Off
    """

    def __init__(self, inputs: ReadinessInputs | Off) -> None:
        self.inputs = inputs

    def __repr__(self) -> str:
        if isinstance(self.inputs, Off):
            return repr(self.inputs)
        lines = ", ".join(name for _, name in self.inputs.lines)
        cuts = ", ".join(cut.name for cut in self.inputs.instrument.cuts) or "none"
        return (
            f"Who sees it how? Open this notebook with `workbench lab` to choose:\nLines: {lines}.\nAs seen by: {cuts}."
        )


def _panel(widgets: Any, result: Readiness) -> Any:
    line = widgets.Dropdown(options=[(part.name, part.id) for part in result.lines], description="Line")
    cut = widgets.Dropdown(options=[(held.name, held.id) for held in result.instrument.cuts], description="Seen by")
    shown = widgets.Output()

    def show(_: Any = None) -> None:
        from IPython.display import display

        from workbench.report.exhibits_filter import filtered_exhibit

        shown.clear_output(wait=True)
        with shown:
            display(filtered_exhibit(result, line.value, cut.value))

    for choice in (line, cut):
        choice.observe(show, names="value")
    show()
    return widgets.VBox([widgets.HBox([line, cut]), shown])
