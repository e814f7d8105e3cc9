"""Several rows of a sheet that are one row of ours: amounts are added up, people are counted, the rest must agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from workbench.engagement.intake.records import MOST_FAULTS, Records
from workbench.engagement.intake.rows import name_rows
from workbench.engagement.intake.targets import Target
from workbench.errors import Answer, Fault
from workbench.theme import counted, listing


def add_together(
    records: Records,
    target: Target,
    where: tuple[str, str],
    address: Callable[[int, int | None], str],
    headers: Mapping[str, str],
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
    headers : mapping of str to str
        Column of ours → its header.
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
    differing: dict[str, None] = {}
    unlike: list[tuple[tuple[Any, ...], list[int]]] = []
    same = 0
    for held, members in groups.items():
        if len(members) == 1:
            continue
        names = [name for name in others if len({records.columns[name][at] for at in members} - {None}) > 1]
        differing |= dict.fromkeys(names)
        unlike += [(held, members)] if names else []
        lines = [tuple(records.columns[name][at] for name in additive) for at in members]
        same += len(lines) - len(set(lines))
    if differing:
        more = len(unlike) - 1
        return (
            records,
            (),
            [_clash(records, target, where, address, *unlike[0], *differing, headers=headers, more=more)],
        )
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
    if not additive:  # a catalogue of products says the same of a line in each row
        keys = " and ".join(key)
        said = f"{len(records):,} rows are taken as {len(kept):,}: those with the same {keys} say nothing else."
        return kept, (said,), []
    is_counted = target.name == "population" and set(records.places.get("headcount", ())) == {-1}
    said = f"{len(records):,} rows are added up to {len(kept):,}: they have the same {' and '.join(key)}."
    alike = "" if is_counted or not same else f" {same} of them are alike in every number: perhaps the same row twice."
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
    *names: str,
    headers: Mapping[str, str],
    more: int,
) -> Fault:
    """Return that rows of one key do not agree, with the columns that differ, and how these are left out."""
    shown = " · ".join(str(part) for part in held if part is not None)[:80]
    rows = name_rows(sorted({records.rows[at] for at in members}))
    found = f"{shown!r} stands in {rows}"
    found += f", with different {listing(names, MOST_FAULTS)}"
    found += f" ({counted(more, 'more is', 'more are')} so)" if more else ""
    told = [name for name in names if headers.get(name)]
    spare = [f"{headers[name]}=ignore" for name in told if not target.columns[name].is_required]
    needed = [name for name in told if target.columns[name].is_required]
    remedy = "Correct the sheet in a copy, or map another column as the key."
    if target.is_facts or target.period:
        remedy = "Say --only if the sheet has several versions of one number, or map another column as the key."
    if spare:
        options = " ".join(f'--map "{one}"' for one in spare)
        remedy += f" What belongs to something else is left out: {options}."
    for name in needed:
        key = " and ".join(target.key)
        remedy += (
            f' {name} is needed, once for each {key}: --map "HEADER={name}" for another column than {headers[name]!r}.'
        )
    answers: tuple[Answer, ...] = ()
    if spare and len(spare) == len(names):
        answers = (Answer("--map", spare[0], f"leave out {listing(names, MOST_FAULTS)}", tuple(spare[1:])),)
    place = records.places[names[0]][members[1]] if names[0] in records.places else -1
    cell = address(records.rows[members[1]], place if place >= 0 else None)
    return Fault(*where, cell, found, f"each {' and '.join(target.key)} once.", remedy, answers)
