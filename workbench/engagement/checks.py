"""Rules that hold between rows and between tables, whatever the pillar.

What one cell may hold is in `schema`; what only one pillar understands (an item of the instrument, a curve, a rule's
text) is checked by that pillar. Every rule here returns all its faults, each with its cell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.engagement.columns import fold_key, is_key, refers_of
from workbench.engagement.intake.crosswalk import keys_named
from workbench.engagement.project_inputs import project_faults
from workbench.engagement.schema import SHEET_TABLES, TABLES
from workbench.errors import Fault, nearest
from workbench.memberships import KIND_NAMES, read_memberships, share_faults

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engagement.tables import RefusedRows, Tables

PAST_DATES: Mapping[str, tuple[str, ...]] = {
    "waves": ("date",),
    "interviews": ("date",),
    "evidence": ("date",),
    "events": ("date",),
    "feedback": ("raised", "seen", "decided", "shipped", "checked", "told"),
    "objectives": ("agreed_on",),
    "decisions": ("date",),
}
"""Columns that speak of what has happened. Plans (``ends``, ``by``, ``valid_from``) may lie ahead; so may the day on
which somebody answered or wrote (``said_on``, ``commentary``): words on the data of September come in October."""

_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


def check_tables(
    tables: Tables, known: Mapping[str, frozenset[str]], refused: Mapping[str, RefusedRows] | None = None
) -> list[Fault]:
    """Return every fault between rows and tables.

    Parameters
    ----------
    tables : Tables
        The valid rows of each table.
    known : mapping of str to frozenset of str
        ``table.column`` → all keys, also those of rows with faults, so that one wrong cell is not reported again by
        everything that refers to its row. A table that is absent or unreadable is not in it, and not compared with.
    refused : mapping of str to RefusedRows, optional
        Table → its rows with a fault, whose other cells are compared all the same.
    """
    faults = [
        *_refused_references(tables, refused or {}, known),
        *_memberships(tables, known, (refused or {}).get("memberships")),
    ]
    for rule in (
        _duplicates,
        _spellings,
        _references,
        _shares,
        _nested,
        _waves,
        _headcounts,
        _levels,
        _future,
        _periods,
        _scopes,
        _aliases,
        _objectives,
        _scenarios,
        project_faults,
    ):
        faults += rule(tables, known)
    return faults


def _rows(frame: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each row with its place; NaN becomes None."""
    names = list(frame.columns)
    for place, cells in enumerate(zip(*(frame[name].tolist() for name in names), strict=True)):
        yield place, {name: None if cell != cell else cell for name, cell in zip(names, cells, strict=True)}


def _duplicates(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    for name, frame in tables.items():
        key = (TABLES.get(name) or SHEET_TABLES[name]).key
        first: dict[tuple[Any, ...], int] = {}
        for place, cells in enumerate(zip(*(frame[column].tolist() for column in key), strict=True)):
            if cells not in first:
                first[cells] = place
                continue
            shown = " · ".join("(blank)" if cell is None or cell != cell else str(cell) for cell in cells)
            other = tables.where(name, first[cells], key[0])[2]
            yield tables.fault(
                name,
                place,
                key[0],
                f"{shown!r} stands twice, also in {other}",
                f"each {' and '.join(key)} once.",
                "Delete one of the two rows, or correct its key.",
            )


def _spellings(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find keys that people cannot tell apart, such as Motor and motor, where a table defines them."""
    for name, frame in tables.items():
        spec = TABLES.get(name) or SHEET_TABLES[name]
        for column in spec.key:
            if not is_key(spec.columns[column]) or refers_of(spec.columns[column]):
                continue
            of = {"parent": "kind", "member": "member_kind"}.get(column)
            kinds = frame[of].tolist() if of else [""] * len(frame)  # lines stand in the register
            first: dict[tuple[str, str], tuple[str, int]] = {}
            told: set[str] = set()
            for place, (value, kind) in enumerate(zip(frame[column].tolist(), kinds, strict=True)):
                if value is None or kind == "product_line":
                    continue
                other, row = first.setdefault((kind, fold_key(value)), (value, place))
                if other == value or value in told:
                    continue
                told.add(value)
                where = tables.where(name, row, column)[2]
                yield tables.fault(
                    name,
                    place,
                    column,
                    f"{value!r} looks like {other!r} in {where}, but is another key",
                    "keys that differ by more than capitals and the width of letters.",
                    "Write both alike if they are the same; otherwise rename one.",
                )


def _references(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    for name, frame in tables.items():
        spec = TABLES.get(name) or SHEET_TABLES[name]
        for column, info in spec.columns.items():
            target = refers_of(info)
            if target not in known:
                continue
            for place, value in enumerate(frame[column].tolist()):
                if value is not None and value not in known[target]:
                    yield _unknown(tables, name, place, column, value, target, known[target])


def _refused_references(
    tables: Tables, refused: Mapping[str, RefusedRows], known: Mapping[str, frozenset[str]]
) -> Iterator[Fault]:
    """Find unknown keys in the cells beside a wrong one, so that one correction is enough."""
    for name, rows in refused.items():
        spec = TABLES.get(name) or SHEET_TABLES[name]
        for place, cells in enumerate(rows.cells):
            for column, value in cells.items():
                target = refers_of(spec.columns[column])
                if target in known and value not in known[target]:
                    words = _unknown_words(value, target, known[target], tables.names_of(target))
                    yield rows.raw.fault(place, column, *words)


def _unknown(
    tables: Tables, name: str, place: int, column: str, value: str, target: str, allowed: frozenset[str]
) -> Fault:
    return tables.fault(name, place, column, *_unknown_words(value, target, allowed, tables.names_of(target)))


def _unknown_words(value: str, target: str, allowed: frozenset[str], names: Mapping[str, str]) -> tuple[str, str, str]:
    table, _, key = target.partition(".")
    shown = sorted(allowed)
    listed = ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
    hint = nearest(value, shown) or f"Add it to {table}, or correct the cell."
    word = KIND_NAMES.get(key, key)
    meant = keys_named(value, names)
    if len(meant) == 1:
        hint = f"{value!r} is the name of the {word} {meant[0]!r}: write {meant[0]}. "
        hint += "workbench import table reads names as they are."
    return f"the {word} {value!r} is not in {table}", f"{listed or f'a {word} of {table}, which has none yet'}.", hint


def _shares(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Shares of a product within a kind add to at most 1 on every day, over all paths, and nothing runs in a circle."""
    if "memberships" not in tables:
        return
    nested = tables.get("parents")
    stated = read_memberships(tables["memberships"], nested)
    cells = [("memberships", place) for place in range(len(tables["memberships"]))]
    cells += [("parents", place) for place in range(0 if nested is None else len(nested))]
    seen: dict[tuple[Any, ...], int] = {}  # rows that stand twice are reported as such
    for place, one in enumerate(stated):
        seen.setdefault((one.member, one.kind, one.parent, one.valid_from), place)
    places = list(seen.values())
    for fault in share_faults([stated[place] for place in places]):
        own = [places[at] for at in fault.places]
        last = max((at for at in own if stated[at].share), default=own[-1])
        name, row = cells[last]
        yield tables.fault(name, row, "share", fault.found, fault.allowed, fault.remedy)


def _nested(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Lines of the table parents stand in the register; other members hold something."""
    if "parents" not in tables:
        return
    lines = known.get("lines.product_line")
    filled = {(row["kind"], row["parent"]) for _, row in _rows(tables["parents"])}
    if "memberships" in tables:
        filled |= {(row["kind"], row["parent"]) for _, row in _rows(tables["memberships"])}
    for place, row in _rows(tables["parents"]):
        for kind, column in (("member_kind", "member"), ("kind", "parent")):
            if row[kind] == "product_line" and lines is not None and row[column] not in lines:
                yield _unknown(tables, "parents", place, column, row[column], "lines.product_line", lines)
        if row["member_kind"] != "product_line" and (row["member_kind"], row["member"]) not in filled:
            keys = sorted(key for kind, key in filled if kind == row["member_kind"])
            found = f"nothing belongs to the {KIND_NAMES[row['member_kind']]} {row['member']!r}"
            remedy = nearest(row["member"], keys) or "Put products into it in memberships, or correct the cell."
            yield tables.fault(
                "parents", place, "member", found, f"{', '.join(keys) or 'a parent with members'}.", remedy
            )


def _memberships(tables: Tables, known: Mapping[str, frozenset[str]], refused: RefusedRows | None) -> Iterator[Fault]:
    """Parents of the kind product_line stand in the register, and there are some."""
    if "memberships" not in tables or "lines.product_line" not in known:
        return
    lines = known["lines.product_line"]
    frame = tables["memberships"]
    for place, row in _rows(frame):
        if row["kind"] == "product_line" and row["parent"] not in lines:
            yield _unknown(tables, "memberships", place, "parent", row["parent"], "lines.product_line", lines)
    lost = refused.cells if refused else ()
    for place, cells in enumerate(lost):
        if refused and cells.get("kind") == "product_line" and cells.get("parent", "") not in {"", *lines}:
            names = tables.names_of("lines.product_line")
            words = _unknown_words(cells["parent"], "lines.product_line", lines, names)
            yield refused.raw.fault(place, "parent", *words)
    is_open = any(cells.get("kind") in (None, "product_line") for cells in lost)  # corrected, it may be that row
    if not is_open and not (frame["kind"] == "product_line").any():
        found = "no row puts a product into a product line"
        remedy = "Add a row with kind product_line for each product."
        yield tables.fault("memberships", None, "kind", found, "product_line in at least one row.", remedy)


def _waves(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    first: dict[dt.date, int] = {}
    for place, row in _rows(tables["waves"]) if "waves" in tables else ():
        if row["date"] in first:
            other = tables.where("waves", first[row["date"]], "date")[2]
            found = f"{row['date']} is also the day of the wave in {other}, so nobody can say which came first"
            yield tables.fault("waves", place, "date", found, "a day of its own for each wave.", "Correct the date.")
        first.setdefault(row["date"], place)


def _headcounts(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """No group has more respondents in a wave than people."""
    if not {"survey", "population"} <= set(tables):
        return
    answered: dict[tuple[str, str | None, str | None], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    together: dict[tuple[str, str | None], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for _, row in _rows(tables["survey"][["respondent", "wave", "unit", "role", "product_line"]]):
        answered[row["role"], row["product_line"], row["unit"]][row["wave"]].add(row["respondent"])
        together[row["role"], row["product_line"]][row["wave"]].add(row["respondent"])
    asked: dict[tuple[str, str | None], int] = defaultdict(int)
    last: dict[tuple[str, str | None], int] = {}
    told: set[tuple[str, str | None]] = set()

    def fault(place: int, group: str, count: int, wave: str, people: int) -> Fault:
        return tables.fault(
            "population",
            place,
            "headcount",
            f"{count} people of {group} answered in wave {wave}, but the group has {people}",
            f"{count} or more.",
            "Correct the headcount, or the unit, role or line of the answer sheets.",
        )

    for place, row in _rows(tables["population"]):
        role, line, unit, people = row["role"], row["product_line"], row["unit"], int(row["headcount"])
        asked[role, line] += people
        last[role, line] = place
        if unit is None:
            continue
        for wave, respondents in answered.get((role, line, unit), {}).items():
            if len(respondents) > people:
                told.add((role, line))
                group = " · ".join(part for part in (unit, role, line) if part)
                yield fault(place, group, len(respondents), wave, people)
    for (role, line), people in asked.items():
        for wave, respondents in together.get((role, line), {}).items():
            if len(respondents) > people and (role, line) not in told:
                group = " · ".join(part for part in (role, line) if part)
                yield fault(last[role, line], group, len(respondents), wave, people)


def _levels(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find activities whose minimum is above the maximum or above today's level."""
    for place, row in _rows(tables["activities"]) if "activities" in tables else ():
        low, high, now = row["minimum"], row["maximum"], row["current"]
        if low > high:
            remedy = "Correct the smaller or the larger number."
            found = f"the minimum {low:g} is above the maximum {high:g}"
            yield tables.fault("activities", place, "minimum", found, f"{high:g} or less.", remedy)
            continue
        if 0 < now < low:
            found = f"today's level {now:g} is below the minimum {low:g} at which the activity makes sense"
            remedy = "Lower the minimum, or correct today's level."
            yield tables.fault("activities", place, "current", found, f"0, or {low:g} or more.", remedy)


def _future(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find what is said to have happened after ``as_of``."""
    if tables.settings is None:
        return
    as_of = tables.settings.as_of
    for name, columns in PAST_DATES.items():
        for column in columns if name in tables else ():
            for place, day in enumerate(tables[name][column].tolist()):
                day = day.date() if isinstance(day, dt.datetime) else day
                if day is not None and day > as_of:
                    yield tables.fault(
                        name,
                        place,
                        column,
                        f"{day.isoformat()} lies after {as_of.isoformat()}, the day the data speak of",
                        f"{as_of.isoformat()} or before.",
                        "Correct the date, or as_of in the settings.",
                    )


def _periods(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find control totals of no month, quarter or year that has begun."""
    for place, row in _rows(tables["control_totals"]) if "control_totals" in tables else ():
        match = _PERIOD.fullmatch(row["period"])
        allowed = "a month (2026-08), quarter (2026-Q3) or year (2026)."
        if not match:
            found = f"{row['period']!r} is no period"
            yield tables.fault("control_totals", place, "period", found, allowed, "Write it year first.")
            continue
        year, quarter, month = match.groups()
        start = dt.date(int(year), int(month or 3 * int(quarter or 1) - 2), 1)
        if tables.settings is not None and start > tables.settings.as_of:
            found = f"{row['period']} begins after {tables.settings.as_of.isoformat()}, the day the data speak of"
            yield tables.fault("control_totals", place, "period", found, "a period that has begun.", "Correct it.")


def _parents(tables: Tables, known: Mapping[str, frozenset[str]]) -> set[str]:
    """Keys of products, lines, streams and experiences."""
    keys = {"products.product", "lines.product_line", "memberships.parent", "parents.parent"}
    return set().union(*(known.get(key, frozenset()) for key in keys))


def _scopes(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find control totals and events of nothing that exists; where there is a catalogue, outcomes checks events."""
    parents = _parents(tables, known)
    names = ["control_totals"] if "metrics" in tables.documents else ["control_totals", "events"]
    for name in names if parents else ():
        for place, scope in enumerate(tables[name]["scope"].tolist()) if name in tables else ():
            if scope is not None and scope not in parents:
                found = f"{scope!r} is no product, line, stream or experience"
                meant = keys_named(
                    scope, {**tables.names_of("products.product"), **tables.names_of("lines.product_line")}
                )
                remedy = f"{scope!r} is the name of {meant[0]!r}: write {meant[0]}." if len(meant) == 1 else ""
                remedy = remedy or nearest(scope, parents) or "Correct it, or leave it blank for the whole company."
                yield tables.fault(name, place, "scope", found, "a key of products, memberships or lines.", remedy)
    for place, row in _rows(tables["targets"]) if "targets" in tables else ():
        kind, scope = row["scope_kind"], row["scope"]
        if (scope is None) != (kind == "company"):
            found = f"the scope is {scope!r}" if scope else "the scope is blank"
            remedy = "Leave it blank." if scope else f"Write which {KIND_NAMES[kind]}."
            yield tables.fault("targets", place, "scope", found, f"what fits to {kind}.", remedy)


def _aliases(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find aliases that lead to no name of ours."""
    targets = {
        "product": "products.product",
        "product_line": "lines.product_line",
        "resource": "resources.resource",
        "activity": "activities.activity",
    }
    for place, row in _rows(tables["aliases"]) if "aliases" in tables else ():
        target = targets.get(row["kind"], "")
        if target in known and row["our_name"] not in known[target]:
            yield _unknown(tables, "aliases", place, "our_name", row["our_name"], target, known[target])


def _objectives(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    weights = tables["objectives"]["weight"].dropna().tolist() if "objectives" in tables else []
    if weights and not any(weight > 0 for weight in weights):  # none given: swings or pairs say it
        found, remedy = "every weight is 0, so nothing is worth anything", "Give at least one objective a weight."
        yield tables.fault("objectives", 0, "weight", found, "a weight above 0 in at least one row.", remedy)


def _scenarios(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Find scenarios that change what does not exist."""
    scenarios = tables.documents.get("scenarios")
    if not isinstance(scenarios, dict):
        return
    targets = {
        "weights": "objectives.objective",
        "capacities": "resources.resource",
        "without_rules": "rules.rule",
    }
    for scenario, content in scenarios.items():
        for part, target in targets.items():
            for name in content.get(part) or () if target in known else ():
                if name in known[target]:
                    continue
                table, _, column = target.partition(".")
                found = f"the {column} {name!r} is not in {table}"
                allowed = f"{', '.join(sorted(known[target]))}."
                remedy = nearest(name, known[target]) or "Correct the scenario."
                yield tables.document_fault("scenarios", (scenario, part, name), found, allowed, remedy)
