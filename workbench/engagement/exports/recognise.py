"""Whose export a file is: told by the names in its header, never by the name of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

from workbench.engagement.exports import google_forms, limesurvey, microsoft_forms, qualtrics, surveymonkey
from workbench.engagement.exports.layout import Export, Grid
from workbench.errors import ClientDataError, Fault

VENDORS: tuple[ModuleType, ...] = (qualtrics, surveymonkey, limesurvey, microsoft_forms, google_forms)
"""Those with the most telling headers first: Google Forms has nothing but a time."""

HEADERS: frozenset[str] = frozenset().union(*(vendor.HEADERS for vendor in VENDORS))
"""Names of all vendors' own columns."""


def detect_vendor(header_rows: Sequence[Sequence[str]]) -> str:
    """Return the vendor whose column names stand in the header, empty where it is nobody's.

    Parameters
    ----------
    header_rows : sequence of sequence of str
        The first rows of the file, at least one.

    Examples
    --------
    >>> detect_vendor([["Id", "Start time", "Completion time", "Email", "Name", "Money is given to …"]])
    'microsoft_forms'
    """
    return next((vendor.VENDOR for vendor in VENDORS if not vendor.missing_tokens(header_rows)), "")


def vendor_title(vendor: str) -> str:
    """Return a vendor's name as people write it."""
    return next((str(held.TITLE) for held in VENDORS if vendor == held.VENDOR), vendor)


def lay_out_export(grids: Sequence[Grid], is_question: Callable[[str], bool]) -> Export:
    """Return the export in the sheet that a vendor wrote.

    Raises
    ------
    ClientDataError
        No header is a vendor's (the sentence says what is missing), several sheets have one, or there is no row of
        answers.
    """
    written = [grid for grid in grids if detect_vendor(grid.rows[:3])]
    if len(written) > 1:
        found = f"answers stand in several sheets: {', '.join(grid.sheet for grid in written)}"
        remedy = "Save each as a file of its own, or delete those that do not count."
        raise ClientDataError(
            tuple(grid.fault(None, None, found, "one sheet of answers.", remedy) for grid in written[1:])
        )
    for grid in written:
        vendor = detect_vendor(grid.rows[:3])
        for held in VENDORS:
            if vendor == held.VENDOR:
                export: Export = held.lay_out(grid, is_question)
                if not export.rows:
                    found = f"this export of {held.TITLE} has a header and no answers"
                    remedy = "Export it again once people have answered."
                    raise ClientDataError((grid.fault(None, None, found, "rows of answers.", remedy),))
                return export
    for grid in grids:
        lower = next((row for row in range(1, min(10, len(grid.rows))) if detect_vendor(grid.rows[row : row + 3])), 0)
        if lower:
            found = f"the header of {vendor_title(detect_vendor(grid.rows[lower : lower + 3]))} stands below other rows"
            remedy = f"Delete the rows above row {grid.numbers[lower]}, or export the answers again."
            raise ClientDataError((grid.fault(lower, None, found, "the header in the first row.", remedy),))
    raise ClientDataError((_unknown(grids[0]),))


def _unknown(grid: Grid) -> Fault:
    """Return the fault of a file that nobody wrote, with what the nearest vendor's header would have."""
    lacks = {held.TITLE: held.missing_tokens(grid.rows[:3]) for held in VENDORS}
    title, missing = min(lacks.items(), key=lambda pair: (len(pair[1]), pair[0] == google_forms.TITLE))
    if title != google_forms.TITLE and len(missing) < 3:
        said = f"it looks most like {title}, but its header lacks {', '.join(missing)}"
    else:
        wanted = "; ".join(f"{held} {', '.join(names)}" for held, names in sorted(lacks.items()))
        said = f"its header lacks what each vendor writes there ({wanted})"
    return grid.fault(
        None,
        None,
        f"this is no survey export that we know: {said}",
        f"an export of {', '.join(sorted(lacks))}, with headers in English, German, French or Spanish.",
        "Export the answers again, all columns and headers as they come; or fill in the sheet survey by hand.",
    )
