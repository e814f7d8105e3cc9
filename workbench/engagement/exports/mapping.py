"""What a form's columns and answers mean: proposed once, confirmed by the consultant, kept in ``imports.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.layout import Export, ExportColumn
from workbench.engagement.exports.matching import (
    REASON,
    WHOLE,
    Match,
    answer_values,
    asks_for,
    build_wording,
    find_question,
    read_entry,
    register_values,
)
from workbench.engagement.exports.texts import plain_text, squash
from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    from workbench.readiness.instrument import Instrument

IGNORE = "ignore"
"""What the mapping says of a column that is not read."""

IDENTITY = "identity"
"""What the mapping says of a question whose answer tells people apart, such as a code of their own."""

SHEET_COLUMNS = ("role", "unit", "product_line")
CODES = ("shown", "reversed", "levels")


@dataclass(frozen=True, eq=False)
class SurveyMapping:
    """How one form's exports become rows of ``survey``.

    Attributes
    ----------
    vendor, layout : str
        As the export was recognised.
    headers : mapping of str to str
        Header of a column → item, ``<item>_reason``, ``role``, ``unit``, ``product_line``, ``identity`` or ``ignore``.
        The vendor's own columns (times, addresses, ids) are not in it.
    labels : mapping of str to mapping of str to str
        Target (an item, ``*`` for all items, ``role``, ``product_line``, ``status``) → label → what is stored. Only
        labels that the instrument and the registers do not know.
    fixed : mapping of str to str
        ``role``, ``unit`` or ``product_line`` of everybody who gets this form.
    codes : str
        How numbers and codes such as ``A3`` are read: ``shown``, ``reversed``, ``levels``; empty: not at all.
    date_order, encoding : str
        As the consultant said; empty where the file tells.
    raw_sha256 : str
        Hash of the file that was read last.
    salt_mark : str
        By which the salt is known again that made the keys; empty before anything was written.
    confirmed_on : str
        Day on which the consultant confirmed it; empty while it is a proposal.
    waves : mapping of str to mapping
        Wave → ``raw_sha256``, ``read``, ``kept``, ``roles``.
    """

    vendor: str
    layout: str
    headers: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    codes: str = ""
    date_order: str = ""
    encoding: str = ""
    raw_sha256: str = ""
    salt_mark: str = ""
    confirmed_on: str = ""
    waves: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def label(self, target: str, cell: str) -> str | None:
        """Return what the consultant said of a label, or None."""
        for place in (target, "*") if target not in SHEET_COLUMNS else (target,):
            for text, value in self.labels.get(place, {}).items():
                if squash(text) == squash(cell) or text == cell:
                    return value
        return None


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mapping, and what the consultant should know before confirming it.

    Attributes
    ----------
    mapping : SurveyMapping
    matched : tuple of (str, Match)
        Header → what it was recognised as.
    ignored : tuple of str
        Headers that are read as nothing.
    missing : tuple of str
        Items that no column holds.
    changes : tuple of str
        Sentences on what differs from the confirmed mapping; empty where nothing does.
    faults : tuple of Fault
        No column is a question of this instrument, two columns are one item or have one text, or the earlier mapping
        names what is not there; with any, nothing may be read.
    """

    mapping: SurveyMapping
    matched: tuple[tuple[str, Match], ...]
    ignored: tuple[str, ...]
    missing: tuple[str, ...]
    changes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def is_of_instrument(self) -> bool:
        """Whether any column is one of the instrument's items."""
        return any(match.target not in (*SHEET_COLUMNS, IDENTITY, IGNORE) for _, match in self.matched)


def propose_mapping(
    table: Export,
    instrument: Instrument,
    *,
    lines: Sequence[tuple[str, str]] = (),
    before: SurveyMapping | None = None,
    fixed: Mapping[str, str] | None = None,
) -> Proposal:
    """Return what the columns of an export seem to mean.

    Parameters
    ----------
    table : Export
    instrument : Instrument
        Whose items are looked for.
    lines : sequence of (str, str)
        Key and name of each product line.
    before : SurveyMapping, optional
        What was said of this form before; its headers and labels win.
    fixed : mapping of str to str, optional
        ``role``, ``unit`` or ``product_line`` of everybody who gets this form.

    Returns
    -------
    Proposal
        With its faults, if it has any.
    """
    wording = build_wording(instrument)
    columns = table.used_for("answers")
    said = dict(before.headers) if before is not None else {}
    fixed = {**(before.fixed if before is not None else {}), **(fixed or {})}
    found: dict[int, Match] = {}
    contrary: dict[int, str] = {}
    for column in columns:
        match = find_question(column.names, wording)
        if column.header in said:
            found[column.place] = Match(said[column.header], "said")
            if match is not None and match.by == "text" and match.target not in (said[column.header], IGNORE):
                contrary[column.place] = match.target
        elif match is not None:
            found[column.place] = match
    _find_sheet_columns(columns, found, instrument, lines, fixed)
    faults = _faults(table, columns, found, contrary, instrument)
    headers = {column.header: found[column.place].target if column.place in found else IGNORE for column in columns}
    changes = _changes(headers, before) if before is not None and before.confirmed_on else ()
    mapping = replace(
        before or SurveyMapping(table.vendor, table.layout, {}),
        vendor=table.vendor,
        layout=table.layout,
        headers=headers,
        fixed=fixed,
    )
    if before is None and _has_our_codes(columns, found, instrument):
        mapping = replace(mapping, codes="shown")
    held = set(headers.values())
    return Proposal(
        mapping=mapping,
        matched=tuple((column.header, found[column.place]) for column in columns if column.place in found),
        ignored=tuple(header for header, target in headers.items() if target == IGNORE),
        missing=tuple(item.id for item in instrument.items if item.id not in held),
        changes=changes,
        faults=tuple(faults),
    )


def _find_sheet_columns(
    columns: Sequence[ExportColumn],
    found: dict[int, Match],
    instrument: Instrument,
    lines: Sequence[tuple[str, str]],
    fixed: Mapping[str, str],
) -> None:
    """Add which columns hold role, unit and line: by what the header asks, else by answers that are all known."""
    known = {
        "role": register_values([(role.id, role.name) for role in instrument.roles]),
        "product_line": {**register_values(lines), **dict.fromkeys(WHOLE, "")},
    }
    for target in ("product_line", "role", "unit"):
        if target in fixed or target in {match.target for match in found.values()}:
            continue
        free = [column for column in columns if column.place not in found]
        asked = [column for column in free if asks_for(column.names) == target]
        by = "text"
        if target != "unit" and len(asked) != 1:
            fitting = [column for column in asked or free if _are_known(column.cells, known[target])]
            asked, by = (fitting, "text" if asked else "values")
        if len(asked) == 1:
            found[asked[0].place] = Match(target, by)


def _has_our_codes(columns: Sequence[ExportColumn], found: Mapping[int, Match], instrument: Instrument) -> bool:
    """Say whether answers are A1, A2 … throughout, as the forms that we write for LimeSurvey number their options."""
    items = {item.id for item in instrument.items if item.kind != "open"}
    asked = [column for column in columns if column.place in found and found[column.place].target in items]
    cells = {cell for column in asked for cell in column.cells if cell}
    by_code = any(found[column.place].by == "code" for column in asked)
    return by_code and bool(cells) and all(re.fullmatch(r"A\d{1,2}", cell) for cell in cells)


def _are_known(cells: Iterable[str], values: Mapping[str, str]) -> bool:
    filled = {cell for cell in cells if cell}
    return bool(filled) and all(read_entry(cell, values) is not None for cell in filled)


def _faults(
    table: Export,
    columns: Sequence[ExportColumn],
    found: Mapping[int, Match],
    contrary: Mapping[int, str],
    instrument: Instrument,
) -> list[Fault]:
    faults: list[Fault] = []
    items = {item.id for item in instrument.items}
    targets = {*items, *(f"{item}{REASON}" for item in items), *SHEET_COLUMNS, IDENTITY, IGNORE}
    first: dict[str, ExportColumn] = {}
    texts: dict[str, ExportColumn] = {}
    for column in columns:
        match = found.get(column.place)
        if match is None or match.target == IGNORE:
            continue
        if match.target not in targets:
            hint = nearest(match.target, targets)
            allowed = f"an item such as {instrument.items[0].id}, {', '.join(SHEET_COLUMNS)}, {IDENTITY} or {IGNORE}."
            faults.append(
                table.fault(
                    None,
                    column,
                    f"imports.yaml maps it to {match.target!r}, which is not known",
                    allowed,
                    f"{hint} Correct it in imports.yaml.".strip(),
                )
            )
            continue
        if column.place in contrary:
            faults.append(
                table.fault(
                    None,
                    column,
                    f"imports.yaml maps it to {match.target}, but its text is the question {contrary[column.place]}",
                    "a mapping that fits the texts; a survey built anew may use an old id for another question.",
                    "Correct it in imports.yaml, or say --form with a new name.",
                )
            )
            continue
        other = first.setdefault(match.target, column)
        twin = texts.setdefault(column.header, column)
        if twin is not column:
            faults.append(
                table.fault(
                    None,
                    column,
                    f"this text heads column {twin.place + 1} as well",
                    "each text once, because columns are told apart by nothing else.",
                    "Give one of the two questions another text in the form and export it again.",
                )
            )
        elif other is not column:
            faults.append(
                table.fault(
                    None,
                    column,
                    f"it would be {match.target}, and so would column {other.place + 1} "
                    f"({plain_text(other.header)[:50]})",
                    "one column for each item.",
                    f"Write in imports.yaml, at the header that does not count: {IGNORE}.",
                )
            )
    if not items & {match.target for match in found.values()}:
        examples = "; ".join(repr(plain_text(column.header)[:50]) for column in columns[:3]) or "none"
        broken = any("â€" in column.header or "\ufffd" in column.header for column in columns)
        remedy = (
            "A spreadsheet has broken the letters of the headers: export the file again and do not open it first."
            if broken
            else "Choose the export of this survey, or name its instrument in engagement.yaml."
        )
        faults.append(
            table.grid.fault(
                None,
                None,
                f"no column is a question of the instrument {instrument.name} {instrument.version} "
                f"(the first questions are {examples})",
                f"its {len(instrument.items)} statements as headers, such as {instrument.items[0].statement!r}.",
                remedy,
            )
        )
    return faults


def _changes(headers: Mapping[str, str], before: SurveyMapping) -> tuple[str, ...]:
    """Say what differs from the headers that were confirmed."""
    new = [header for header in headers if header not in before.headers]
    gone = [header for header, target in before.headers.items() if header not in headers and target != IGNORE]
    said = []
    if new:
        shown = "; ".join(f"{plain_text(header)[:60]} → {headers[header]}" for header in new[:5])
        said.append(
            f"{len(new)} column{'s are' if len(new) > 1 else ' is'} new ({shown}{'; …' if len(new) > 5 else ''})"
        )
    if gone:
        shown = "; ".join(f"{plain_text(header)[:60]} ({before.headers[header]})" for header in gone[:5])
        said.append(f"{len(gone)} {'are' if len(gone) > 1 else 'is'} no longer there ({shown})")
    return (f"Since it was confirmed, {' and '.join(said)}.",) if said else ()


def label_values(mapping: SurveyMapping, instrument: Instrument) -> dict[str, dict[str, str]]:
    """Return item → label → stored value, for every item that the mapping names."""
    named = set(mapping.headers.values())
    return {item.id: answer_values(instrument, item) for item in instrument.items if item.id in named}


# -- imports.yaml ------------------------------------------------------------------------------------------------------


def mapping_document(mapping: SurveyMapping) -> dict[str, Any]:
    """Return a mapping as ``imports.yaml`` holds it: plain values, blanks left out."""
    content: dict[str, Any] = {
        "table": "survey",
        "vendor": mapping.vendor,
        "layout": mapping.layout,
        "confirmed_on": mapping.confirmed_on,
        "raw_sha256": mapping.raw_sha256,
        "salt_mark": mapping.salt_mark,
        "date_order": mapping.date_order,
        "encoding": mapping.encoding,
        "codes": mapping.codes,
        "fixed": dict(mapping.fixed),
        "labels": {target: dict(labels) for target, labels in mapping.labels.items() if labels},
        "headers": dict(mapping.headers),
        "waves": {wave: dict(held) for wave, held in mapping.waves.items()},
    }
    return {key: value for key, value in content.items() if value}


def read_mapping(content: Mapping[str, Any]) -> SurveyMapping:
    """Return a mapping from what ``imports.yaml`` holds, as the schema has checked it."""
    labels = {
        str(target): {str(label): _stored(value) for label, value in held.items()}
        for target, held in (content.get("labels") or {}).items()
    }
    return SurveyMapping(
        vendor=str(content.get("vendor") or ""),
        layout=str(content.get("layout") or ""),
        headers={str(header): str(target) for header, target in (content.get("headers") or {}).items()},
        labels=labels,
        fixed={str(key): str(value) for key, value in (content.get("fixed") or {}).items()},
        codes=str(content.get("codes") or ""),
        date_order=str(content.get("date_order") or ""),
        encoding=str(content.get("encoding") or ""),
        raw_sha256=str(content.get("raw_sha256") or ""),
        salt_mark=str(content.get("salt_mark") or ""),
        confirmed_on=str(content.get("confirmed_on") or ""),
        waves={str(wave): dict(held) for wave, held in (content.get("waves") or {}).items()},
    )


def _stored(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
