"""What an import of a client's own sheet would bring, in short: what was decided, and what is to be looked at."""

from __future__ import annotations

from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.crosswalk import WITHOUT_CODE
from workbench.engagement.intake.importing import TableOutcome
from workbench.engagement.intake.preview import (
    HEADERS_ALIKE,
    MOST_NEAR,
    SHOWN,
    names_left_out,
    short_text,
    unread_name,
)
from workbench.engagement.intake.rows import BLANK, TOTAL, count_of, name_rows
from workbench.engagement.intake.targets import OFFICES
from workbench.engagement.intake.words import plain_words
from workbench.engagement.read import column_letters
from workbench.theme import counted, listing, number

CODES_SHOWN = 3
"""Names that are shown of those that are ours but for a code (ours); all are shown by ``--details``."""

VALUE_SHOWN = 28
"""Letters of a value that is shown beside its column (ours)."""


def describe_briefly(outcome: TableOutcome) -> str:
    """Return the sentences that an import prints, as lines: what needs no look is left to ``--details``."""
    lines = [*_where(outcome), *_columns(outcome), *_left_out(outcome), *_numbers(outcome), *_names(outcome)]
    looks = [
        *outcome.added_up,
        *outcome.plan.remarks,
        *outcome.split.remarks,
        *outcome.numbers.remarks,
        *outcome.records.remarks,
        *outcome.clashes,
    ]
    lines += [f"Look: {sentence}" for sentence in looks]
    lines += [f"Since it was confirmed: {sentence}" for sentence in (*outcome.changes, *outcome.told)]
    placed = outcome.placed
    counts = ((placed.added, "new"), (placed.changed, "changed"), (placed.same, "as before"), (placed.dropped, "gone"))
    told = ", ".join(f"{number(count, 0)} {words}" for count, words in counts if count) or "none"
    if outcome.source != outcome.target.table.replace("/", "-"):
        lines.append(f"Kept as {outcome.source}.")
    return "\n".join([*lines, f"Rows of {outcome.target.file}: {told}."])


def _many(count: int, one: str, many: str = "") -> str:
    return counted(count, one, many).replace(str(count), number(count, 0), 1)


def _where(outcome: TableOutcome) -> list[str]:
    opened, block = outcome.opened, outcome.plan.block
    lines = [f"{block.corner} → {outcome.target.name}:"]
    hidden = [held.name for held in opened.sheets if held.is_hidden and held is not block.sheet]
    if hidden:
        lines.append(f"Hidden sheets, not read: {listing(hidden, SHOWN)}.")
    here = f"{block.sheet.name}!"
    beside = [corner for corner in outcome.others if not block.sheet.name or corner.startswith(here)]
    if beside:
        lines.append(f"Look: not read: {listing(beside, SHOWN)}.")
    has_numbers = bool(outcome.plan.values)  # what .ods hides is hidden in numbers alone
    return [*lines, *(f"Look: {text}" for text in opened.remarks if has_numbers or opened.kind != "ods")]


def _columns(outcome: TableOutcome) -> list[str]:
    plan = outcome.plan
    heads = {held.place: held for held in plan.block.headings}
    scalars = [held for held in plan.values if not held.period]
    across = [held for held in plan.values if held.period]
    shown = []
    for name, place in [*plan.words.items(), *((held.measure, held.place) for held in scalars)]:
        head = heads[place]
        note = f" – look: {HEADERS_ALIKE[head.by]}" if head.by in HEADERS_ALIKE else ""
        is_same = plain_words(head.text) == plain_words(name.replace("_", " "))
        shown.append(f"{'' if is_same else f'{short_text(head.text)} → '}{name}{_first(outcome, name)}{note}")
    if across:
        labels = list(dict.fromkeys(held.period for held in across))
        measures = dict.fromkeys(held.measure for held in across)
        span = f"{labels[0]} to {labels[-1]}" if len(labels) > 1 else labels[0]
        is_by_period = any(held.heading.period is not None for held in across)
        what = "" if is_by_period else f" names of {plan.across}"
        shown.append(f"{span} ({len(labels)}{what}) → {listing([f'{m}{_first(outcome, m)}' for m in measures], SHOWN)}")
    lines = [f"  {line}" for line in shown]
    for name, value in outcome.reading.fixed.items():
        why = outcome.evidence.get(name, "")
        lines.append(f"  every row: {name} = {value}{f' – look: {why}' if why else ''}")
    if outcome.reading.section:
        lines.append(f"  lines above groups of rows → {outcome.reading.section}")
    if plan.personal:
        letters = listing([column_letters(held.place) for held in plan.personal], SHOWN)
        lines.append(f"Dropped, names or pay: {letters}.")
    if outcome.records.addresses:
        were = _many(outcome.records.addresses, "e-mail address was", "e-mail addresses were")
        lines.append(f"{were} taken out of texts.")
    if plan.unread:
        lines.append(f"Not read: {listing([unread_name(held) for held in plan.unread], SHOWN)}.")
    return lines


def _first(outcome: TableOutcome, name: str) -> str:
    """Return the first value of a column as it goes into the table; who holds an office is not shown."""
    value = next((cell for cell in outcome.records.columns.get(name, ()) if cell is not None), None)
    if value is None or name in OFFICES:
        return ""
    text = f"{value:.10g}" if isinstance(value, float) else " ".join(str(value).split())
    return f" ({text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + '…'})"


def _left_out(outcome: TableOutcome) -> list[str]:
    """Return which rows are left out, but for blank lines, and for totals that are the sum of their parts."""
    split, sums = outcome.split, outcome.sums
    lines = []
    told = [
        count_of(reason, rows) if reason == TOTAL and sums.checks else f"{count_of(reason, rows)} ({name_rows(rows)})"
        for reason, rows in split.left_out.items()
        if reason != BLANK
    ]
    if sums.checks and not sums.open:
        told.append(counted(len(sums.checks), "sum ties", "sums tie"))
    if told:
        lines.append(f"Left out: {', '.join(told)}.")
    for check in sums.open[:SHOWN]:
        lines.append(
            f"Look: {check.where}: the sheet says {check.theirs:,.10g}, its {check.parts} parts {check.ours:,.10g}; "
            f"difference {check.difference:,.10g}"
        )
    if len(sums.open) > SHOWN:
        lines.append(f"Look: {counted(len(sums.open) - SHOWN, 'more sum differs', 'more sums differ')}.")
    block: Block = outcome.plan.block
    hidden = [row for row in split.data if row in block.sheet.hidden_rows]
    if hidden:
        lines.append(f"Hidden rows that are read, as you said: {name_rows(hidden)}.")
    hidden_columns = sorted(block.sheet.hidden_columns & {held.place for held in block.headings})
    if hidden_columns:
        read = {*outcome.plan.words.values(), *(held.place for held in outcome.plan.values)}
        letters = [f"{column_letters(place)}{' (read)' if place in read else ''}" for place in hidden_columns]
        lines.append(f"Hidden columns: {listing(letters, SHOWN)}.")
    for name, count in split.filled_down.items():
        cells = _many(count, f"blank cell of {name} is", f"blank cells of {name} are")
        lines.append(f"Look: {cells} read as what stands above.")
    if outcome.numbers.nothing:
        cells = _many(outcome.numbers.nothing, "cell such as - or n/a is", "cells such as - or n/a are")
        lines.append(f"{cells} blank, not zero.")
    if outcome.records.empty:
        lines.append(f"{_many(outcome.records.empty, 'blank cell')} of columns across: not known, no row.")
    return lines


def _numbers(outcome: TableOutcome) -> list[str]:
    by_scale: dict[tuple[float, str], list[str]] = {}
    for name, scale in outcome.numbers.scales.items():
        if scale.factor != 1:
            by_scale.setdefault((scale.factor, scale.why), []).append(name)
    lines = [f"{listing(names)} × {factor:,.10g}: {why}." for (factor, why), names in by_scale.items()]
    formats = len(outcome.plan.block.sheet.formats)
    if formats:
        cells = _many(formats, "cell shows another number than it holds", "cells show another number than they hold")
        lines.append(f"Look: {cells}; what is meant is read.")
    if outcome.numbers.turned:
        lines.append(f"Look: {listing(list(outcome.numbers.turned))} is negative throughout, and is turned around.")
    if outcome.records.date_order:
        lines.append(f"Days: {outcome.records.date_order}.")
    return lines


def _pairs(reason: str, pairs: list[str]) -> str:
    """Return proposed names; those that are ours but for a code, each another one, need no look one by one."""
    ours = {pair.rpartition(" → ")[2] for pair in pairs}
    if reason != WITHOUT_CODE or len(ours) < len(pairs) or len(pairs) <= CODES_SHOWN:
        return "; ".join(pairs)
    return f"{'; '.join(pairs[:CODES_SHOWN])}; and {len(pairs) - CODES_SHOWN} more, each another"


def _names(outcome: TableOutcome) -> list[str]:
    lines = []
    near = [one for one in outcome.names if one.how == "near"]
    if near:
        lines.append("Look, names that are only like ours:")
        by_reason: dict[str, list[str]] = {}
        for one in near[:MOST_NEAR]:
            by_reason.setdefault(one.evidence, []).append(f"{one.their_name} → {one.our_name}")
        lines += [f"  {reason}: {_pairs(reason, pairs)}" for reason, pairs in by_reason.items()]
        lines += [f"  and {len(near) - MOST_NEAR} more: --details"] if len(near) > MOST_NEAR else []
    lines += names_left_out(outcome)
    new = [one.their_name for one in outcome.names if one.how == "new"]
    if new:
        lines.append(f"New in {outcome.target.name}: {listing(new, SHOWN)}.")
    return lines
