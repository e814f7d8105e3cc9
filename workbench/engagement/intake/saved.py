"""What an import of a client's own sheet keeps in ``imports.yaml``, and what has changed since it was confirmed.

Headers that we do not read may be anybody's name: four digits of a hash are kept, enough to see that one is new.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.crosswalk import AS_IT_IS, NameMatch
from workbench.engagement.intake.headers import header_key
from workbench.engagement.intake.marks import mark_of
from workbench.engagement.intake.plan import Plan, Reading
from workbench.engagement.intake.rows import Split
from workbench.engagement.intake.values import Numbers
from workbench.engagement.read import column_letters
from workbench.theme import counted

VENDOR = "own sheet"
"""What ``imports.yaml`` calls the writer of such a file."""


def source_beside(mappings: Mapping[str, Any], table: str, fixed: Mapping[str, str]) -> str:
    """Return the name under which a sheet is kept: one of its own where all its rows hold another value than before.

    Budget is no correction of Actual: both are kept, and each later sheet finds its own.

    Parameters
    ----------
    mappings : mapping of str to Any
        What ``imports.yaml`` keeps.
    table : str
        As ``--as`` names it.
    fixed : mapping of str to str
        What is said of all rows.

    Examples
    --------
    >>> held = {"vendor": VENDOR, "table": "facts/premiums", "confirmed_on": "2026-10-01"}
    >>> kept = {"facts-premiums": {**held, "sheet_layout": {"fixed": {"version": "actual"}}}}
    >>> source_beside(kept, "facts/premiums", {"version": "budget"})
    'facts-premiums-budget'
    >>> source_beside(kept, "facts/premiums", {"version": "actual"}), source_beside(kept, "facts/premiums", {})
    ('facts-premiums', 'facts-premiums')
    """
    base = table.replace("/", "-")
    mine = [key for key, held in mappings.items() if held.get("vendor") == VENDOR and held.get("table") == table]
    fitting = [key for key in mine if not contradicts(mappings[key], fixed)]
    if base in fitting or base not in mappings or not mappings[base].get("confirmed_on") or not mine:
        return base
    if fitting:
        return fitting[0]
    return f"{base}-{slug(' '.join(fixed.values()))}"


def title_mark(block: Block) -> str:
    """Return the mark of the line above a table, whatever its numbers; empty where it has none."""
    title = re.sub(r"\d+", " ", block.titles[-1][1]) if block.titles else ""
    return mark_of(title) if header_key(title) else ""


def contradicts(held: Mapping[str, Any], fixed: Mapping[str, str]) -> bool:
    """Return whether what was confirmed for all rows of a sheet is another value than the one said now."""
    before = (held.get("sheet_layout") or {}).get("fixed") or {}
    return any(str(before.get(name, value)) != value for name, value in fixed.items())


def slug(text: str) -> str:
    """Return a text as a part of a key.

    Examples
    --------
    >>> slug("Planung Operations 2027"), slug("Schließung")
    ('planung-operations-2027', 'schliessung')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "-".join(re.findall(r"[a-z0-9]+", letters))[:60].strip("-") or "other"


def read_saved(saved: Mapping[str, Any]) -> tuple[Reading, dict[str, dict[str, str]]]:
    """Return what ``imports.yaml`` says of a sheet, and of names by column."""
    layout = dict(saved.get("sheet_layout") or {})
    labels = {
        str(c): {str(k): str(v or "") for k, v in held.items()} for c, held in (saved.get("labels") or {}).items()
    }
    reading = Reading(
        columns={header_key(str(header)): str(column) for header, column in (saved.get("headers") or {}).items()},
        fixed={str(k): str(v) for k, v in (layout.get("fixed") or {}).items()},
        units={str(k): str(v) for k, v in (layout.get("units") or {}).items()},
        fill={str(k): str(v) for k, v in (layout.get("fill") or {}).items()},
        keep=tuple(map(str, layout.get("keep") or ())),
        leave_out=tuple(map(str, layout.get("leave_out") or ())),
        date_order=str(saved.get("date_order") or ""),
        encoding=str(saved.get("encoding") or ""),
        together=bool(layout.get("together")),
        is_whole=False,
        **{  # type: ignore[arg-type]
            name: str(layout.get(name) or "")
            for name in ("value", "only", "sheet", "at", "decimal", "hidden", "section")
        },
    )
    return reading, labels


def join_readings(before: Reading, said: Reading) -> Reading:
    """Return what was confirmed, with what is said now in its place."""
    texts = ("value", "only", "sheet", "at", "decimal", "date_order", "encoding", "hidden", "section")
    return replace(
        before,
        columns={**before.columns, **said.columns},
        fixed={**before.fixed, **said.fixed},
        units={**before.units, **said.units},
        fill={**before.fill, **said.fill},
        keep=tuple(name for name in dict.fromkeys((*before.keep, *said.keep)) if name not in said.leave_out),
        leave_out=tuple(name for name in dict.fromkeys((*before.leave_out, *said.leave_out)) if name not in said.keep),
        year=said.year,
        together=before.together or said.together,
        is_whole=said.is_whole,
        **{name: getattr(said, name) or getattr(before, name) for name in texts},
    )


def sheet_document(
    target_name: str,
    plan: Plan,
    split: Split,
    numbers: Numbers,
    reading: Reading,
    names: Sequence[NameMatch],
    content: bytes,
    date_order: str,
    other_sheets: Sequence[str],
    *,
    is_confirmed: bool = False,
) -> dict[str, Any]:
    """Return an import as ``imports.yaml`` holds it: plain values, blanks left out."""
    headers = {}
    for held in plan.block.headings:
        is_word = held.target in plan.words and plan.words[held.target] == held.place
        is_value = any(one.place == held.place and (not one.period or held.target) for one in plan.values)
        if (is_word or is_value) and held.text:
            headers[held.text] = held.target
    headers |= {key: "ignore" for key, column in reading.columns.items() if column == "ignore" and _is_ours(key, plan)}
    labels: dict[str, dict[str, str]] = {}
    behind: dict[str, dict[str, Any]] = {}
    for one in names:
        if one.how in ("said", "") or (one.how == "near" and is_confirmed):
            labels.setdefault(one.column, {})[one.their_name] = one.our_name
        if one.is_open:
            amounts = {measure: float(f"{value:.10g}") for measure, value in one.amounts.items()}
            behind.setdefault(one.column, {})[one.their_name] = {"rows": one.rows, "amounts": amounts}
    is_by_period = any(one.heading.period is not None for one in plan.values if one.period)
    layout = {
        "sheet": plan.block.sheet.name,
        "title": title_mark(plan.block),
        "at": reading.at,
        "header_row": plan.block.top + plan.block.depth,
        "value": reading.value,
        "only": reading.only,
        "decimal": reading.decimal,
        "hidden": reading.hidden,
        "section": reading.section,
        "fixed": dict(reading.fixed),
        "units": dict(reading.units),
        "fill": dict(reading.fill),
        "keep": list(reading.keep),
        "leave_out": list(reading.leave_out),
        "together": reading.together,
        "scales": {name: scale.factor for name, scale in numbers.scales.items() if scale.factor != 1},
        "unit_words": {name: words for name, words in numbers.unit_words.items() if words and name in reading.units},
        "turned": list(numbers.turned),
        "filled_down": sorted(split.filled_down),
        "across": plan.is_across,
        "other_sheets": sorted({mark_of(name) for name in other_sheets}),
        "marks": sorted({mark_of(held.text) for held in (*plan.unread, *plan.personal) if held.text}),
    }
    found = {
        "vendor": VENDOR,
        "layout": "list" if not plan.is_across else "periods across" if is_by_period else "names across",
        "table": target_name,
        "raw_sha256": hashlib.sha256(content).hexdigest(),
        "date_order": date_order,
        "encoding": reading.encoding,
        "headers": headers,
        "labels": labels,
        "behind": behind,
        "sheet_layout": {name: value for name, value in layout.items() if value not in ("", [], {}, False)},
    }
    return {name: value for name, value in found.items() if value}


def _is_ours(key: str, plan: Plan) -> bool:
    """Return whether a header that is to be ignored was said by the consultant and stands in the sheet."""
    return any(header_key(held.text) == key for held in plan.block.headings)


def layout_changes(
    saved: Mapping[str, Any], block: Block, plan: Plan, split: Split, numbers: Numbers, reading: Reading
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return one sentence for each thing of the layout that must be confirmed again, and for each that is only told."""
    if not saved.get("confirmed_on"):
        return (), ()
    layout = dict(saved.get("sheet_layout") or {})
    before = {header_key(str(h)): (str(h), str(c)) for h, c in (saved.get("headers") or {}).items() if c != "ignore"}
    here = {header_key(held.text): held for held in block.headings if held.text}
    changed, told = [], []
    for key, (header, column) in before.items():
        if key not in here:
            changed.append(f"The column {header!r}, read as {column}, is no longer there.")
    new = [
        held
        for key, held in here.items()
        if key not in before
        and (held.place in plan.words.values() or any(o.place == held.place and held.target for o in plan.values))
    ]
    changed += [
        f"The column {held.text!r} ({column_letters(held.place)}) is new and would be {held.target}." for held in new
    ]
    marks = set(layout.get("marks") or ())
    unread = [held for held in (*plan.unread, *plan.personal) if held.text and mark_of(held.text) not in marks]
    if unread:
        shown = ", ".join(column_letters(held.place) for held in unread[:8])
        told.append(f"{counted(len(unread), 'column is', 'columns are')} new and not read: {shown}.")
    scales = {name: scale.factor for name, scale in numbers.scales.items() if scale.factor != 1}
    earlier = {str(name): float(factor) for name, factor in (layout.get("scales") or {}).items()}
    for name in sorted({*scales, *earlier}):
        if scales.get(name, 1.0) != earlier.get(name, 1.0):
            changed.append(
                f"One unit of {name} counts {scales.get(name, 1.0):,g} now, no longer {earlier.get(name, 1.0):,g}."
            )
    words = dict(layout.get("unit_words") or {})
    for name in layout.get("units") or {}:
        if numbers.unit_words.get(name, "") != str(words.get(name) or ""):
            said = numbers.unit_words.get(name) or "nothing"
            changed.append(f"The sheet says {said} of the unit of {name} now; it said {words.get(name) or 'nothing'}.")
    if sorted(numbers.turned) != sorted(layout.get("turned") or ()):
        changed.append("The sign of the numbers has changed.")
    if bool(layout.get("across")) != plan.is_across:
        changed.append(f"Months or names stand {'across' if plan.is_across else 'below each other'} now.")
    for name in split.filled_down:
        if name not in (layout.get("filled_down") or ()):
            changed.append(f"Blank cells of {name} would repeat what stands above; they did not before.")
    fixed = {str(name): str(value) for name, value in (layout.get("fixed") or {}).items()}
    for name, value in reading.fixed.items():
        if fixed.get(name, value) != value:
            changed.append(
                f"Every row would have {name} = {value}; it was {fixed[name]}, and a later sheet would be read as "
                f"{value} too. Say --source with a name of its own to keep both."
            )
    row = plan.block.top + plan.block.depth
    if layout.get("header_row") and int(layout["header_row"]) != row:
        told.append(f"The header stands in row {row} now, no longer in row {layout['header_row']}.")
    sheet = str(layout.get("sheet") or "")
    if sheet and sheet != plan.block.sheet.name:
        told.append(f"The sheet is called {plan.block.sheet.name} now, no longer {sheet}.")
    return tuple(changed), tuple(told)


def said_names(labels: Mapping[str, Mapping[str, str]], aliases: Mapping[str, str], column: str) -> dict[str, str]:
    """Return what was said of the names in a column: on the command line first, then in ``imports.yaml``."""
    return {**labels.get(column, {}), **{their: (ours or AS_IT_IS) for their, ours in aliases.items()}}
