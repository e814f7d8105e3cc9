"""What an import would bring, or has brought, as the consultant reads it: what was matched, left out, is missing."""

from __future__ import annotations

from workbench.engagement.exports.importing import ImportOutcome
from workbench.engagement.exports.matching import REASON
from workbench.engagement.exports.recognise import vendor_title
from workbench.engagement.exports.texts import plain_text
from workbench.theme import counted

SHOWN = 10
"""Headers of one kind that are listed one by one (ours)."""

_BY = {
    "cut short": "its text is cut short",
    "longer": "its text goes on",
    "values": "by its answers",
    "code alone": "by its code; the text is another",
}


def describe_import(outcome: ImportOutcome, wave: str) -> str:
    """Return the sentences that an import prints, as lines."""
    from workbench.readiness.instrument import routed

    export, proposal, sheets = outcome.export, outcome.proposal, outcome.sheets
    encoding = f", {export.grid.encoding}" if export.grid.encoding else ""
    lines = [f"{export.grid.file}: {vendor_title(export.vendor)} ({export.layout}{encoding})."]
    known = {item.id for item in outcome.instrument.items}
    n_items = sum(match.target in known for _, match in proposal.matched)
    others = [match.target for _, match in proposal.matched if match.target in ("role", "unit", "product_line")]
    reasons = sum(match.target.endswith(REASON) for _, match in proposal.matched)
    lines.append(
        f"Columns: {counted(n_items, 'item')}{f', {reasons} with reasons' if reasons else ''}"
        f"{', ' + ', '.join(others) if others else ''}"
        + "".join(f"; everybody: {column} {value}" for column, value in proposal.mapping.fixed.items())
        + "."
    )
    look = [(header, match) for header, match in proposal.matched if match.by in _BY]
    lines += [f"  look: {_short(header)} → {match.target} ({_BY[match.by]})" for header, match in look[:SHOWN]]
    if len(look) > SHOWN:
        lines.append(f"  and {len(look) - SHOWN} more of this kind; all stand in imports.yaml")
    if proposal.ignored:
        lines.append(f"Not read: {'; '.join(map(_short, proposal.ignored[:SHOWN]))}{_more(proposal.ignored)}.")
    asked = {item for role in sheets.roles for item in routed(outcome.instrument, role)}
    missing = tuple(item for item in proposal.missing if item in asked)
    if missing:
        lines.append(f"No column for items that these roles are asked: {', '.join(missing[:SHOWN])}{_more(missing)}.")
    if proposal.mapping.codes:
        told = {"shown": "the first, second … option as shown", "reversed": "the last, last but one … option"}
        lines.append(f"Numbers and codes count as {told.get(proposal.mapping.codes, 'levels')}.")
    left = "; ".join(f"{reason}: {count}" for reason, count in sheets.left_out.items())
    lines.append(
        f"Sheets: {sheets.read} read = {sheets.kept} kept + {sheets.read - sheets.kept} left out"
        f"{f' ({left})' if left else ''}."
    )
    dropped = export.used_for("identity") + export.used_for("dropped")
    if dropped:
        lines.append(f"Dropped at the door: {', '.join(_short(column.header) for column in dropped)}.")
    if sheets.without_identity:
        whom = "These sheets" if sheets.without_identity == sheets.kept else counted(sheets.without_identity, "sheet")
        lines.append(
            f"{whom} carry no identity: they count in this wave, but cannot be paired with the same people in another."
        )
    if sheets.open_answers:
        waiting = {answer.item for answer in sheets.open_answers}
        lines.append(
            f"{counted(len(sheets.open_answers), 'answer')} to {', '.join(sorted(waiting))} "
            f"{'waits' if len(sheets.open_answers) == 1 else 'wait'} for codes; "
            "what people wrote does not enter the survey."
        )
    reasons_given = sum(column.endswith(REASON) for row in sheets.rows for column in row)
    if reasons_given:
        lines.append(f"{reasons_given} reasons are kept as people wrote them; look for names in them.")
    lines += [*sheets.remarks, *proposal.changes]
    if outcome.replaced:
        done = "replaced" if outcome.is_written else "will replace"
        lines.append(f"They {done} {counted(outcome.replaced, 'sheet')} of wave {wave}.")
    return "\n".join(lines)


def _short(text: str) -> str:
    text = plain_text(text)
    return text if len(text) <= 60 else text[:59] + "…"


def _more(names: tuple[str, ...]) -> str:
    return f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
