"""Several rows of a sheet that are one row of ours: amounts are added up, people are counted, the rest must agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from workbench.engagement.intake.records import MOST_FAULTS, Records
from workbench.engagement.intake.rows import name_rows
from workbench.engagement.intake.targets import Target
from workbench.errors import Fault


def add_together(
    records: Records, target: Target, where: tuple[str, str], address: Callable[[int, int | None], str]
) -> tuple[Records, tuple[str, ...], list[Fault]]:
    """Return the records with one row a key, what was done for that, and rows of one key that do not agree.

    Parameters
    ----------
    records : Records
    target : Target
    where : (str, str)
        File and sheet, for faults.
    address : callable
        Row and column of the sheet, from 0 → cell.
    """
    key = [name for name in target.key if name in records.columns]
    if len(set(map(hash, zip(*(records.columns[name] for name in key), strict=True)))) == len(records):
        return records, (), []  # different hashes are different keys; so large sheets need no more memory
    groups: dict[tuple[Any, ...], list[int]] = {}
    for at, held in enumerate(zip(*(records.columns[name] for name in key), strict=True)):
        groups.setdefault(held, []).append(at)
    if len(groups) == len(records):
        return records, (), []
    additive = [name for name in records.columns if name in target.additive]
    others = [name for name in records.columns if name not in additive and name not in key]
    faults: list[Fault] = []
    same = 0
    for held, members in groups.items():
        if len(members) == 1:
            continue
        for name in others:
            values = {records.columns[name][at] for at in members} - {None}
            if len(values) > 1 and len(faults) < MOST_FAULTS:
                faults.append(_clash(records, target, where, address, held, members, name))
                break
        if not additive and not faults:
            faults.append(_clash(records, target, where, address, held, members, ""))
        lines = [tuple(records.columns[name][at] for name in additive) for at in members]
        same += len(lines) - len(set(lines))
    if faults:
        return records, (), faults
    first = [members[0] for members in groups.values()]
    kept = records.keep(first)
    for name in additive:
        column = records.columns[name]
        kept.columns[name] = [_sum([column[at] for at in members]) for members in groups.values()]
    for name in others:
        column = records.columns[name]
        kept.columns[name] = [
            next((column[at] for at in members if column[at] is not None), None) for members in groups.values()
        ]
    counted = target.name == "population" and set(records.places.get("headcount", ())) == {-1}
    said = f"{len(records):,} rows are added up to {len(kept):,}: they have the same {' and '.join(key)}."
    alike = "" if counted or not same else f" {same} of them are alike in every number: perhaps the same row twice."
    return kept, (said + alike,), []


def _sum(values: list[Any]) -> Any:
    held = [value for value in values if value is not None]
    if not held:
        return None
    return sum(held) if all(isinstance(value, int) for value in held) else float(f"{math.fsum(held):.15g}")


def _clash(
    records: Records,
    target: Target,
    where: tuple[str, str],
    address: Callable[[int, int | None], str],
    held: tuple[Any, ...],
    members: list[int],
    name: str,
) -> Fault:
    shown = " · ".join(str(part) for part in held if part is not None)[:80]
    rows = name_rows(sorted({records.rows[at] for at in members}))
    found = f"{shown!r} stands in {rows}" + (f", with different {name}" if name else "")
    remedy = "Correct the sheet in a copy, or map another column as the key."
    if target.is_facts or target.period:
        remedy = "Say --only if the sheet has several versions of one number, or map another column as the key."
    cell = address(
        records.rows[members[1]],
        records.places[name][members[1]] if name in records.places and records.places[name][members[1]] >= 0 else None,
    )
    return Fault(*where, cell, found, f"each {' and '.join(target.key)} once.", remedy)
