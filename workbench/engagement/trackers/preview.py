"""What an import of a tracker's export would bring, or has brought, as the consultant reads it."""

from __future__ import annotations

from workbench.engagement.trackers.importing import TrackerOutcome
from workbench.engagement.trackers.recognise import tracker_title
from workbench.theme import listing, number

SHOWN = 12
"""Lines of one kind (ours)."""

_BY = {
    "said": "as you said",
    "value": "a value over 12 proves it",
    "column": "as in another column",
    "second date": "the other order would end items before they begin",
    "numbers": "the numbers of items follow it",
}


def describe_tracker_import(outcome: TrackerOutcome) -> str:
    """Return the sentences that an import prints, as lines."""
    imported, meaning = outcome.imported, outcome.meaning
    main = imported.main
    lines = [f"{outcome.file}: {tracker_title(imported.vendor)}, {imported.layout}; kept as {outcome.source}."]
    count = number(imported.rows, 0)
    lines.append(f"{count} {main}, {len(imported.rejected)} rows not read.")
    lines += [f"  {fault.cell}: {fault.found}" for fault in imported.rejected[:SHOWN]]
    if len(imported.rejected) > SHOWN:
        lines.append(f"  and {len(imported.rejected) - SHOWN} more")
    decided = {f"{order} ({_BY[by]})" for order, by in imported.orders.values() if by in _BY}
    if decided:
        lines.append(f"Days are written {listing(sorted(decided))}.")
    if imported.people:
        lines.append(f"People, dropped at the door: {listing(list(imported.people), SHOWN)}.")
    lines.append(f"Products are told by {meaning.product_from}:")
    for match in outcome.matches[:SHOWN]:
        product = meaning.products.get(match.place, "")
        note = " – look: the names are only alike" if match.is_near and product else ""
        lines.append(f"  {match.place} ({number(match.rows, 0)}) → {product or 'unknown'}{note}")
    if len(outcome.matches) > SHOWN:
        lines.append(f"  and {len(outcome.matches) - SHOWN} more; all stand in imports.yaml")
    unknown = [match for match in outcome.matches if not meaning.products.get(match.place)]
    if unknown:
        rows = sum(match.rows for match in unknown)
        lines.append(f"{len(unknown)} without a product ({number(rows, 0)} rows); they stand under unknown until told.")
    if "status" in imported.tables[main]:
        lines.append("What statuses mean:")
        seen = imported.counts("status")
        for status, count_ in seen.most_common(SHOWN):
            lines.append(f"  {status} ({number(count_, 0)}) → {meaning.states.get(status) or 'not told yet'}")
    if main == "items" and not any(meaning.kinds.values()):
        lines.append(
            f"Types are not told: write feature, defect, risk or debt beside {listing(list(meaning.kinds), 5)} in "
            "imports.yaml, else the distribution of work is not stated."
        )
    if imported.unnamed:
        lines.append(
            f"Statuses known by number alone: {listing(list(imported.unnamed), SHOWN)}. Write their names in "
            "imports.yaml under labels: status_number; until then flow efficiency leaves their items out."
        )
    lines += [f"Note: {finding.claim}" for finding in outcome.findings]
    lines += [f"Note: {remark}" for remark in imported.remarks]
    lines += [f"Since it was confirmed: {change}" for change in outcome.changes]
    for placed in outcome.placed:
        did = "has" if outcome.is_written else "would have"
        older = f", {number(placed.older, 0)} left out as older than what is there" if placed.older else ""
        lines.append(
            f"facts/{placed.table}.csv {did} {number(placed.added, 0)} new, {number(placed.replaced, 0)} replaced, "
            f"{number(placed.kept, 0)} earlier ones kept{older}."
        )
    return "\n".join(lines)
