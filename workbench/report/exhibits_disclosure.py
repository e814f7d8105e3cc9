"""What was hidden so that nobody is exposed: numbers counted, never people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.findings import Off
from workbench.report.exhibit import Exhibit, Note, note_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness


def disclosure_exhibit(result: Readiness | Off) -> Exhibit:
    """Return how many numbers of each kind were offered to the guard and are hidden, and what it looked at."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.inputs import OPENLY_NAMED
    from workbench.readiness.numbers import KINDS_SHOWN, disclosure_counts

    if result.settings.minimum_group == OPENLY_NAMED:
        note = Note("The assessment was announced as openly named: nothing is hidden.", "Setting: minimum_group 1.")
        return Exhibit("readiness-disclosure", note, is_appendix=True)
    numbers, counts = figures(result), disclosure_counts(result)
    named = [(name, words) for name, words, _ in KINDS_SHOWN if name in counts]
    audit = result.scores.audit
    hidden, offered = (sum(counts[name][place] for name, _ in named) for place in (1, 0))
    open_ones = (
        "no small group can be worked out"
        if not audit.left
        else f"{audit.left} bound{'s' if audit.left > 1 else ''} stay open, because of what was published before"
    )
    return Exhibit(
        "readiness-disclosure",
        table(
            {
                "kind": [words for _, words in named],
                "offered": [counts[name][0] for name, _ in named],
                "hidden": [counts[name][1] for name, _ in named],
                "share": [counts[name][1] / counts[name][0] for name, _ in named],
                "ids": [" ".join(numbers.ids(f"offered/{name}", f"hidden/{name}")) for name, _ in named],
            },
            columns={
                "kind": "Kind of number",
                "offered": "Could be shown",
                "hidden": "Hidden",
                "share": "Hidden share",
            },
            units={"offered": "count", "hidden": "count", "share": "share"},
            claim=f"{hidden} of {offered} numbers are hidden; {open_ones}.",
            subtitle=(
                f"Numbers about groups below {result.settings.minimum_group} people, and what would give them away; "
                f"{audit.checked} bounds looked at, {audit.closed} number{'' if audit.closed == 1 else 's'} hidden for "
                "coming close"
            ),
            source=f"Survey, wave {result.wave}, with everything else that is published",
        ),
        is_appendix=True,
    )
