"""What an import of a client's own sheet would bring, or has brought, as the consultant reads it; no person's name."""

from __future__ import annotations

from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.crosswalk import LEAVE_OUT
from workbench.engagement.intake.headers import PAY, Heading
from workbench.engagement.intake.importing import TableOutcome
from workbench.engagement.intake.rows import HEADING, name_rows
from workbench.engagement.intake.targets import OFFICES
from workbench.engagement.intake.words import ALL_WORDS, plain_words
from workbench.engagement.read import column_letters
from workbench.theme import counted, listing, number

SHOWN = 12
"""Lines of one kind (ours)."""

ROWS_SHOWN = 2
KNOWN_SHOWN = 3
MOST_NEAR = 60
"""Proposed names that are shown (ours): what is confirmed has been seen."""

HEADERS_ALIKE = {
    "part": "part of its header",
    "near": "its header is only alike",
    "values": "all in it are names of ours",
}


def describe_table_import(outcome: TableOutcome) -> str:
    """Return the sentences that an import prints, as lines."""
    lines = [*_file(outcome), *_columns(outcome), *_rows(outcome), *_numbers(outcome), *_totals(outcome)]
    lines += _names(outcome)
    lines += [f"Look: {sentence}" for sentence in outcome.added_up]
    lines += [
        f"Look: {sentence}"
        for sentence in (
            *outcome.plan.remarks,
            *outcome.split.remarks,
            *outcome.numbers.remarks,
            *outcome.records.remarks,
        )
    ]
    lines += [f"Since it was confirmed: {sentence}" for sentence in (*outcome.changes, *outcome.told)]
    return "\n".join([*lines, *_placed(outcome)])


def _file(outcome: TableOutcome) -> list[str]:
    opened, block = outcome.opened, outcome.plan.block
    kind = {"csv": "text"}.get(opened.kind, f".{opened.kind}")
    how = f", {opened.encoding}, delimiter {opened.delimiter!r}" if opened.kind == "csv" else ""
    sheet = f"sheet {block.sheet.name}, " if block.sheet.name else ""
    deep = f"rows {block.top + 1} to {block.top + block.depth}" if block.depth > 1 else f"row {block.top + 1}"
    lines = [f"{opened.file} ({kind}{how}): {sheet}header in {deep}; kept as {outcome.source}."]
    hidden = [held.name for held in opened.sheets if held.is_hidden and held is not block.sheet]
    if hidden:
        lines.append(f"Hidden sheets, not read: {listing(hidden, SHOWN)}.")
    others = [held.name for held in opened.sheets if not held.is_hidden and held.name != block.sheet.name]
    if others:
        lines.append(f"Other sheets, not read: {listing(others, KNOWN_SHOWN)}.")
    if outcome.others:
        lines.append(f"Look: further tables that are not read begin at {listing(list(outcome.others), SHOWN)}.")
    return [*lines, *(f"Look: {remark}" for remark in opened.remarks)]


def _columns(outcome: TableOutcome) -> list[str]:
    plan, target = outcome.plan, outcome.target
    lines = [f"Columns of {target.name}:"]
    heads = {held.place: held for held in plan.block.headings}
    scalars = [held for held in plan.values if not held.period]
    across = [held for held in plan.values if held.period]
    for name, place in [*plan.words.items(), *((held.measure, held.place) for held in scalars)]:
        head = heads[place]
        note = f" – look: {HEADERS_ALIKE[head.by]}" if head.by in HEADERS_ALIKE else ""
        office = " (a name that stays)" if name in OFFICES else ""
        lines.append(f"  {column_letters(place)} {short_text(head.text)} → {name}{note}{office}")
    if across:
        labels = list(dict.fromkeys(held.period for held in across))
        span = f"{labels[0]} to {labels[-1]}" if len(labels) > 1 else labels[0]
        measures = listing(list(dict.fromkeys(held.measure for held in across)), SHOWN)
        letters = f"{column_letters(across[0].place)} to {column_letters(across[-1].place)}"
        is_by_period = any(held.heading.period is not None for held in across)
        what, one = ("periods", "period") if is_by_period else (f"names of {plan.across}", plan.across)
        lines.append(f"  {letters} {len(labels)} {what} across, {span} → {measures}, one row a {one}")
    lines += [
        f"  every row → {name} = {value}{f' – look: {evidence[name]}' if name in evidence else ''}"
        for evidence in (outcome.evidence,)
        for name, value in outcome.reading.fixed.items()
    ]
    if outcome.reading.section:
        lines.append(f"  lines above groups of rows → {outcome.reading.section}")
    if plan.personal:
        pay = [held for held in plan.personal if held.target == PAY]
        what = "names and pay" if pay and len(pay) < len(plan.personal) else "pay" if pay else "people's names or data"
        letters = listing([column_letters(held.place) for held in plan.personal], SHOWN)
        lines.append(
            f"Dropped at the door: {counted(len(plan.personal), 'column')} with {what} ({letters}), "
            f"{number(outcome.personal_cells, 0)} {'cell' if outcome.personal_cells == 1 else 'cells'}."
        )
    if outcome.records.addresses:
        lines.append(
            f"{counted(outcome.records.addresses, 'e-mail address was', 'e-mail addresses were')} taken out of texts."
        )
    if plan.unread:
        lines.append(f"Not read: {listing([unread_name(held) for held in plan.unread], SHOWN)}.")
    given = {*plan.words, *(held.measure for held in plan.values), *outcome.reading.fixed, outcome.reading.section}
    blank = [name for name in target.columns if name not in given and name not in outcome.records.columns]
    if blank:
        lines.append(f"No column of the sheet gives {listing(blank, SHOWN)}.")
    hidden = sorted(plan.block.sheet.hidden_columns & {held.place for held in plan.block.headings})
    if hidden:
        read = {*plan.words.values(), *(held.place for held in plan.values)}
        shown = [f"{column_letters(place)} ({'read' if place in read else 'not read'})" for place in hidden]
        lines.append(f"Hidden columns: {listing(shown, SHOWN)}.")
    return lines


def unread_name(held: Heading) -> str:
    """Return how a column that is not read is called: its header only where all its words are a header's."""
    words = plain_words(held.text).split()
    is_plain = bool(words) and all(word in ALL_WORDS or word.isdigit() for word in words)
    period = held.period.label if held.period and held.period.year else ""
    shown = " ".join(part for part in (short_text(held.text) if is_plain else "", period) if part)
    return f"{column_letters(held.place)}{f' ({shown})' if shown else ''}"


def _rows(outcome: TableOutcome) -> list[str]:
    split, block = outcome.split, outcome.plan.block
    total = sum(map(len, split.left_out.values()))
    lines = [f"Rows: {number(len(split.data), 0)} read, {number(total, 0) if total else 'none'} left out."]
    for reason, rows in split.left_out.items():
        lines.append(f"  {reason}: {number(len(rows), 0)} ({name_rows(rows)})")
    if split.left_out.get(HEADING) and not outcome.reading.section:
        lines.append("  what headings say can fill a column: --section COLUMN")
    read_hidden = [row for row in split.data if row in block.sheet.hidden_rows]
    if read_hidden:
        lines.append(f"Hidden rows that are read, as you said: {name_rows(read_hidden)}.")
    for name, count in split.filled_down.items():
        lines.append(f"Look: {number(count, 0)} blank cells of {name} are read as what stands above them.")
    if outcome.records.empty:
        lines.append(f"{number(outcome.records.empty, 0)} cells of columns across are blank: not known, and no row.")
    if outcome.numbers.nothing:
        lines.append(f"{number(outcome.numbers.nothing, 0)} cells such as - or n/a are read as blank, not as zero.")
    return lines


def _numbers(outcome: TableOutcome) -> list[str]:
    lines = []
    for name, scale in outcome.numbers.scales.items():
        if scale.factor != 1:
            lines.append(f"One unit of {name} counts {scale.factor:,.10g}: {scale.why}.")
    formats = len(outcome.plan.block.sheet.formats)
    if formats:
        lines.append(
            f"Look: {number(formats, 0)} cells show another number than they hold (k€ in their format); what they mean "
            "is read."
        )
    if outcome.numbers.turned:
        lines.append(f"Look: {listing(list(outcome.numbers.turned))} is negative throughout, and is turned around.")
    if outcome.records.date_order:
        lines.append(f"Days are written {outcome.records.date_order}.")
    return lines


def _totals(outcome: TableOutcome) -> list[str]:
    sums = outcome.sums
    if not sums.checks:
        return ["No totals to compare with."] if outcome.target.additive and not outcome.split.totals else []
    tied = len(sums.checks) - len(sums.open)
    lines = [f"Totals of the sheet: {number(tied, 0)} of {number(len(sums.checks), 0)} are the sum of their parts."]
    for check in sums.open[:SHOWN]:
        lines.append(
            f"  {check.where}: the sheet says {check.theirs:,.10g}, its {check.parts} parts add up to "
            f"{check.ours:,.10g}; difference {check.difference:,.10g}"
        )
    if len(sums.open) > SHOWN:
        lines.append(f"  and {len(sums.open) - SHOWN} more")
    return lines


def _names(outcome: TableOutcome) -> list[str]:
    lines = []
    near = [one for one in outcome.names if one.how == "near"]
    if near:
        lines.append("Names that are only like ours; look:")
        by_reason: dict[str, list[str]] = {}
        for one in near[:MOST_NEAR]:
            by_reason.setdefault(one.evidence, []).append(f"{one.their_name} ({_row_count(one.rows)}) → {one.our_name}")
        lines += [f"  {reason}: {'; '.join(pairs)}" for reason, pairs in by_reason.items()]
        lines += [f"  and {len(near) - MOST_NEAR} more"] if len(near) > MOST_NEAR else []
    told = [one for one in outcome.names if one.how in ("alias", "said", "name") and one.our_name != LEAVE_OUT]
    if told:
        shown = [f"{one.their_name} → {one.our_name}" for one in told if one.their_name != one.our_name]
        lines.append(f"Names that are known: {listing(shown, KNOWN_SHOWN)}." if shown else "All names are known.")
    lines += names_left_out(outcome)
    new = [one for one in outcome.names if one.how == "new"]
    if new:
        lines.append(f"New in {outcome.target.name}: {listing([one.their_name for one in new], SHOWN)}.")
    return lines


def names_left_out(outcome: TableOutcome) -> list[str]:
    """Return the names that are left out as the consultant said, with what hangs on each."""
    lines = []
    for one in (one for one in outcome.names if one.our_name == LEAVE_OUT):
        amounts = "".join(f", {column} {value:,.10g}" for column, value in one.amounts.items())
        lines.append(f"Left out as you said: {one.their_name} ({_row_count(one.rows)}{amounts}).")
    return lines


def _placed(outcome: TableOutcome) -> list[str]:
    placed = outcome.placed
    did = "has" if outcome.is_written else "would have"
    counts = (
        (placed.added, "new row" if placed.added == 1 else "new rows"),
        (placed.changed, "changed"),
        (placed.same, "as before"),
        (placed.kept, "others kept"),
        (placed.dropped, "that the sheet does not hold gone"),
    )
    told = [f"{number(count, 0)} {words}" for count, words in counts if count]
    lines = [f"{outcome.target.file} {did} {', '.join(told) or 'no row'}."]
    names = [
        name for name in outcome.records.columns if any(cell is not None for cell in outcome.records.columns[name])
    ]
    for at in range(min(ROWS_SHOWN, len(outcome.records))):
        cells = ", ".join(
            f"{name} {'…' if name in OFFICES else short_text(str(outcome.records.columns[name][at]))}"
            for name in names
            if outcome.records.columns[name][at] is not None
        )
        where = _where(outcome.plan.block, outcome.records.rows[at])
        lines.append(f"  {where}: {cells}")
    return lines


def _row_count(count: int) -> str:
    return f"{number(count, 0)} {'row' if count == 1 else 'rows'}"


def _where(block: Block, row: int) -> str:
    return f"row {row + 1}" if not block.sheet.name else f"{block.sheet.name}, row {row + 1}"


def short_text(text: str) -> str:
    """Return a header or a value in one line of 60 letters at most."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
