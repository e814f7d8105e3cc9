"""Every table of a client's file, each with the table of ours that it is taken for, and the import it was before."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.engagement.intake.all_rows import said_of_all_rows
from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.choosing import Found, is_blank, no_sheet, said_place
from workbench.engagement.intake.client import open_folder, read_content, words_of
from workbench.engagement.intake.headers import header_key
from workbench.engagement.intake.naming import with_names
from workbench.engagement.intake.opening import open_file
from workbench.engagement.intake.plan import Reading
from workbench.engagement.intake.proposing import Proposal, propose_tables
from workbench.engagement.intake.saved import VENDOR, contradicts, slug, title_mark
from workbench.engagement.intake.targets import ELSEWHERE, find_target
from workbench.engagement.places import engagement_folder, find_root
from workbench.engagement.schema import TABLES
from workbench.errors import ClientDataError, Fault, UsageError
from workbench.theme import listing

NOT_PROPOSED = frozenset({*ELSEWHERE, "answers", "requests", "commentary"})
"""Tables that no file of a client's is: they are made by the workbench, or by the consultant."""

FIRST = ("products", "lines", "resources", "activities", "aliases")
"""What other tables name, in the order in which it is brought in."""


@dataclass(frozen=True, eq=False)
class FoundTable:
    """A table of the file.

    Attributes
    ----------
    found : Found
    block : Block
    tables : tuple of str
        What it may be, as ``--as`` takes it, the likeliest first.
    is_certain : bool
        Whether the first is proposed without a question.
    read, headers : int
        Headers that are columns of the likeliest, and headers that there are.
    source : str
        Name of the import; the one it was before, where it was.
    fixed : mapping of str to str
        What the file says of all rows, as far as it is known before others of its tables are there.
    is_known : bool
        It was confirmed before.
    is_shared : bool
        Another table of the file goes to the same one of ours, and nothing sets their rows apart.
    """

    found: Found
    block: Block = field(repr=False)
    tables: tuple[str, ...]
    is_certain: bool
    read: int
    headers: int
    source: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False
    is_shared: bool = False


@dataclass(frozen=True, eq=False)
class FileLook:
    """What a file holds.

    Attributes
    ----------
    tables : tuple of FoundTable
        In the order in which they are best brought in: what others name comes first.
    nothing, hidden : tuple of str
        Sheets in which no table of ours was found, and hidden ones, which are not read.
    known : tuple of str
        Tables that may be said.
    gone : tuple of str
        What came with these tables the last time and is not in the file now.
    """

    tables: tuple[FoundTable, ...]
    nothing: tuple[str, ...]
    hidden: tuple[str, ...]
    known: tuple[str, ...]
    gone: tuple[str, ...] = ()


def look_at_file(
    path: str | os.PathLike[str],
    name: str,
    *,
    sheet: str = "",
    at: str = "",
    encoding: str = "",
    root: Path | None = None,
) -> FileLook:
    """Return the tables of a file, each with what it is taken for; nothing is written.

    Parameters
    ----------
    path : str or path
    name : str
        Name of the engagement.
    sheet, at : str
        The only sheet, or where the only table begins.
    encoding : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement, file or sheet.
    ClientDataError
        The file cannot be read, or holds no table of ours.
    """
    root = root or find_root()
    engagement_folder(name, root=root)
    _, tables, catalogue = open_folder(name, root)
    path = Path(path)
    content = read_content(path)
    wanted, corner = said_place(Reading(sheet=sheet, at=at))
    only = wanted.casefold()
    opened = open_file(
        content,
        path.name,
        encoding=encoding,
        words=words_of(tables),
        wanted=lambda held, is_hidden: held.casefold() == only if only else not is_hidden,
    )
    names = [held.name for held in opened.sheets]
    if only and only not in [held.casefold() for held in names]:
        raise no_sheet(wanted, names)
    known = [table for table in TABLES if table not in NOT_PROPOSED]
    known += [f"facts/{table.name}" for table in catalogue.tables] if catalogue is not None else []
    targets = [with_names(find_target(table, tables, catalogue), tables, {}, {}) for table in known]
    proposals, nothing = propose_tables(opened, targets, only)
    if corner is not None:
        begin = [held.best.block.corner for held in proposals]
        proposals = tuple(held for held in proposals if _begins_at(held.best.block, corner))
        if not proposals:
            begun = f"Tables begin at {listing(begin, 12)}." if begin else "No row of it looks like a header."
            said_at = f"No table of ours begins at {at[:60]!r}. {begun}"
            raise UsageError(f"{said_at} --as TABLE reads from there all the same.")
    hidden = tuple(held.name for held in opened.sheets if held.is_hidden and held.name.casefold() != only)
    if not proposals:
        empty = is_blank([held for held in opened.sheets if held.name not in hidden])
        found = "no row of it looks like a header of a table of ours" if not empty else "it holds no cell that is read"
        found += f"; hidden sheets are not read: {', '.join(hidden[:6])}" if hidden else ""
        remedy = "Say --as TABLE; then it is said which columns are needed." if not empty else "Ask for it again."
        remedy = f'Say --sheet "{hidden[0]}" to read a hidden one. Else: {remedy}' if hidden else remedy
        allowed = "a table." if empty else f"one of {', '.join(known)}."
        raise ClientDataError((Fault(path.name, "", "", found, allowed, remedy),))
    mappings = dict((tables.documents.get("imports") or {}).get("imports") or {})
    bests = [held.best for held in proposals]
    told = [said_of_all_rows(best.block, best.target, best.missing, tables) for best in bests]
    kept = _sources(proposals, told, mappings)
    out = []
    for proposal, evidence, (source, table, is_known) in zip(proposals, told, kept, strict=True):
        best = next((one for one in proposal.candidates if one.target.table == table), proposal.best)
        fixed = {column: value for column, (value, _) in evidence.items()}
        may_be = (table,) if table else tuple(one.target.table for one in proposal.candidates)
        there = Found(opened, content, best.place, best.missing)
        out.append(FoundTable(there, best.block, may_be, bool(table), best.read, best.headers, source, fixed, is_known))
    apart = [(one.tables[0], tuple((_fixed_of(one, mappings)).items())) for one in out]
    out = [replace(one, is_shared=apart.count(mine) > 1) for one, mine in zip(out, apart, strict=True)]
    out.sort(key=lambda one: FIRST.index(one.tables[0]) if one.tables[0] in FIRST else len(FIRST))
    gone = () if only or corner is not None else _gone(mappings, {one.source for one in out if one.is_known})
    return FileLook(tuple(out), nothing, hidden, tuple(known), gone)


def as_table(found: FoundTable, table: str) -> FoundTable:
    """Return a table of the file as one of ours that the consultant says, under that one's own name."""
    if table == found.tables[0]:
        return replace(found, tables=(table,), is_certain=True)
    bare = replace(found.found, missing=())
    return replace(found, tables=(table,), is_certain=True, source="", fixed={}, found=bare)


def _fixed_of(one: FoundTable, mappings: Mapping[str, Any]) -> dict[str, str]:
    """Return what all rows of a table share, as the file says or as it was confirmed."""
    before = (mappings.get(one.source, {}).get("sheet_layout") or {}).get("fixed") or {}
    return dict(sorted({**before, **one.fixed}.items()))


def _gone(mappings: Mapping[str, Any], here: Collection[str]) -> tuple[str, ...]:
    """Return the imports that came out of one file with those found now, the last time, and are not found."""
    files = {mappings[key].get("raw_sha256") for key in here} - {None}
    gone = [key for key, held in mappings.items() if held.get("raw_sha256") in files and key not in here]
    own = [key for key in gone if mappings[key].get("vendor") == VENDOR and mappings[key].get("confirmed_on")]
    shown = [(key, str((mappings[key].get("sheet_layout") or {}).get("sheet") or "")) for key in own]
    return tuple(f"{key} (sheet {sheet})" if sheet else key for key, sheet in shown)


def _begins_at(block: Block, corner: tuple[int, int]) -> bool:
    return block.top <= corner[0] < block.first_row and block.left <= corner[1] < block.right


# -- which import it was before ----------------------------------------------------------------------------------------


def _sources(
    proposals: Sequence[Proposal], told: Sequence[Mapping[str, tuple[str, str]]], mappings: Mapping[str, Any]
) -> list[tuple[str, str, bool]]:
    """Return of each table the name of its import, its table of ours where that is sure, and whether it was confirmed.

    A table is the one of old whose headers it has; of several, the one on the sheet and below the title of old.
    """
    own = {key: held for key, held in mappings.items() if held.get("vendor") == VENDOR and held.get("confirmed_on")}
    found: list[tuple[str, str, bool] | None] = [None] * len(proposals)
    taken: set[str] = set()
    fitting = {at: _fitting(one, told[at], own) for at, one in enumerate(proposals)}
    for at in sorted(fitting, key=lambda at: -max(fitting[at].values(), default=0)):
        free = {key: score for key, score in fitting[at].items() if key not in taken}
        best = [key for key, score in free.items() if score == max(free.values())]
        if len(best) == 1:
            taken.add(best[0])
            found[at] = (best[0], str(own[best[0]].get("table")), True)
    for at, one in enumerate(proposals):
        if found[at] is not None:
            continue
        tables = {candidate.target.table for candidate in one.candidates}
        spare = [key for key, held in own.items() if key not in taken and held.get("table") in tables]
        fixed = {name: value for name, (value, _) in told[at].items()}
        spare = [key for key in spare if not contradicts(own[key], fixed)]
        if len(spare) == 1 and _is_alone(at, proposals, found, str(own[spare[0]].get("table"))):
            taken.add(spare[0])  # its layout has changed, and what has is said
            found[at] = (spare[0], str(own[spare[0]].get("table")), True)
            continue
        table = one.best.target.table
        key = table.replace("/", "-")
        if key in taken or key in own:
            apart = [value for name, (value, _) in told[at].items() if name in one.best.target.key]
            key = f"{key}-{slug(' '.join(apart) or one.best.block.sheet.name or one.best.block.corner)}"
        if key in taken or key in own:
            key = f"{key}-{slug(one.best.block.corner.rpartition('!')[2])}"
        taken.add(key)
        found[at] = (key, table if one.is_certain else "", False)
    return [held for held in found if held is not None]


def _fitting(
    proposal: Proposal, told: Mapping[str, tuple[str, str]], own: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    """Return the imports of old whose headers a table has: the more, the more else is as it was."""
    block = proposal.best.block
    here = {header_key(held.text) for held in block.headings}
    fixed = {name: value for name, (value, _) in told.items()}
    found = {}
    tables = {candidate.target.table for candidate in proposal.candidates}
    for key, held in own.items():
        if held.get("table") not in tables:
            continue  # a larger table may have all headers of a smaller one
        wanted = {header_key(str(header)) for header, column in (held.get("headers") or {}).items()}
        if not wanted or not wanted <= here or contradicts(held, fixed):
            continue
        layout = held.get("sheet_layout") or {}
        is_same_sheet = str(layout.get("sheet") or "") == block.sheet.name
        is_same_title = str(layout.get("title") or "") == title_mark(block)
        found[key] = 1 + len(wanted) * 4 + 2 * is_same_sheet + is_same_title
    return found


def _is_alone(
    at: int, proposals: Sequence[Proposal], found: Sequence[tuple[str, str, bool] | None], table: str
) -> bool:
    """Return whether no other table of the file that is not known could be that table of ours."""
    return not any(
        other != at and found[other] is None and any(one.target.table == table for one in proposals[other].candidates)
        for other in range(len(proposals))
    )
