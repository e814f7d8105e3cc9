"""``workbench import table``: a client's own sheet into one of our tables, once the consultant has confirmed how.

What every column is, what numbers count, which rows are left out and whose names are whose stands in ``imports.yaml``;
the next sheet of the same layout needs nothing, or a sentence says what has changed. People's names and pay never
leave the file. Files are replaced whole.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.engagement.exports.client_folder import IMPORTS, alone_in, with_import, write_together
from workbench.engagement.intake.all_rows import said_of_all_rows
from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.choosing import Found, choose_block, is_beside, parse_corner
from workbench.engagement.intake.client import ALIASES, open_folder, read_content, words_of
from workbench.engagement.intake.crosswalk import AS_IT_IS, LEAVE_OUT, NameMatch, fold_name
from workbench.engagement.intake.naming import apply_names, match_columns, with_names
from workbench.engagement.intake.opening import OpenFile, open_file
from workbench.engagement.intake.options import TableOptions, check_options
from workbench.engagement.intake.plan import Plan, Reading, make_plan
from workbench.engagement.intake.records import Records, build_records
from workbench.engagement.intake.rows import EMPTY, HEADING, HIDDEN_ANSWERS, NOTE, Split, count_personal, split_rows
from workbench.engagement.intake.saved import (
    VENDOR,
    join_readings,
    layout_changes,
    read_saved,
    sheet_document,
    source_beside,
)
from workbench.engagement.intake.standing import Placed, differences, put_records
from workbench.engagement.intake.sums import Sums, check_sums
from workbench.engagement.intake.targets import ALIAS_KINDS, Target, find_target
from workbench.engagement.intake.together import add_together
from workbench.engagement.intake.values import Numbers, read_values
from workbench.engagement.intake.words import VERSIONS, plain_words
from workbench.engagement.places import engagement_folder, find_root
from workbench.engagement.read import column_letters, guarded
from workbench.errors import Answer, ClientDataError, Fault, UsageError, nearest
from workbench.theme import counted, listing


@dataclass(frozen=True, eq=False)
class TableOutcome:
    """What an import found, and whether it wrote.

    Attributes
    ----------
    source : str
        Name of the import.
    opened, target, plan, split, numbers, sums, records : see there
        What was read, step by step; `records` as they go into the table.
    added_up : tuple of str
        What was said on rows of one key.
    names : tuple of NameMatch
        The client's names that are not ours by themselves.
    others : tuple of str
        Where further tables begin that are not read.
    personal_cells : int
        Cells with names or pay that were dropped.
    changes, told : tuple of str
        What must be confirmed again; what is only said.
    placed : Placed
    is_written : bool
    evidence : mapping of str to str
        Column that all rows share → what of the file says so.
    clashes : tuple of str
        Where it contradicts tables of the same file that were brought in just before.
    """

    source: str
    opened: OpenFile
    target: Target
    reading: Reading
    plan: Plan
    split: Split
    numbers: Numbers
    sums: Sums
    records: Records
    added_up: tuple[str, ...]
    names: tuple[NameMatch, ...]
    others: tuple[str, ...]
    personal_cells: int
    changes: tuple[str, ...]
    told: tuple[str, ...]
    placed: Placed
    is_written: bool
    evidence: Mapping[str, str]
    clashes: tuple[str, ...] = ()


def run_table_import(
    path: str | os.PathLike[str],
    name: str,
    table: str,
    options: TableOptions | None = None,
    *,
    root: Path | None = None,
    found: Found | None = None,
    earlier: Sequence[TableOutcome] = (),
) -> TableOutcome:
    """Bring a client's own sheet into one of our tables, or show what it would bring.

    Parameters
    ----------
    path : str or path
        The file.
    name : str
        Name of the engagement.
    table : str
        Table of ours, or ``facts/NAME``.
    options : TableOptions, optional
    root : Path, optional
        The workbench's folder.
    found : Found, optional
        The table in the file, where that was opened and looked through before.
    earlier : sequence of TableOutcome
        Tables of the same file that were brought in just before; one that contradicts them is not written unasked.

    Raises
    ------
    UsageError
        There is no such engagement, file, table or column.
    ClientDataError
        With every question that the sheet leaves open, every cell that breaks a rule, and every name that is nobody's.
    """
    said = options or TableOptions()
    with alone_in(engagement_folder(name, root=root)):
        return _Import(Path(path), name, table, said, root, found, earlier).run()


class _Import:
    def __init__(
        self,
        path: Path,
        name: str,
        table: str,
        said: TableOptions,
        root: Path | None,
        found: Found | None,
        earlier: Sequence[TableOutcome],
    ) -> None:
        self.said, self.found, self.earlier = said, found, earlier
        root = root or find_root()
        self.folder, self.tables, self.catalogue = open_folder(name, root)
        self.bare_target = find_target(table, self.tables, self.catalogue)
        check_options(said, self.bare_target)
        self.mappings = dict((self.tables.documents.get("imports") or {}).get("imports") or {})
        apart = {name: value for name, value in said.reading.fixed.items() if name in self.bare_target.key}
        self._keep_as(said.source or source_beside(self.mappings, self._table_name, apart))
        self.content = found.content if found else read_content(path)
        self.file = path.name

    def _keep_as(self, key: str) -> None:
        """Take what was confirmed under a name of an import as what is known, and keep this one under it."""
        held = self.mappings.get(key, {})
        if held and (held.get("vendor") != VENDOR or held.get("table") != self._table_name):
            raise UsageError(f"imports.yaml keeps {key!r} for another import. Say --source with another name.")
        self.key = key
        self.saved: Mapping[str, Any] = held
        before, self.labels = read_saved(held)
        self.reading = join_readings(before, self.said.reading)
        self.target = with_names(self.bare_target, self.tables, self.labels, self.said.aliases)

    @property
    def _table_name(self) -> str:
        return self.bare_target.table

    def run(self) -> TableOutcome:
        settings = self.tables.settings
        currency = settings.currency if settings else "EUR"
        opened = self._open()
        place = self.found.place if self.found else None
        choice = choose_block(opened, self.target, self.reading, self.saved, self.said.reading, place)
        if not self.said.source and place is None and is_beside(choice.block, self.saved, self.said.reading):
            corner = parse_corner(self.said.reading.at)[1] or (0, 0)
            self._keep_as(f"{self.key}-{column_letters(corner[1])}{corner[0] + 1}".lower())
        block = choice.block
        self._check_mapped(block)
        shared = said_of_all_rows(block, self.target, self.found.missing if self.found else (), self.tables)
        shared = {name: held for name, held in shared.items() if name not in self.reading.fixed}
        fixed = {**{name: value for name, (value, _) in shared.items()}, **self.reading.fixed}
        self.reading = replace(self.reading, fixed=fixed)
        self.other_sheets = [held.name for held in opened.sheets if held is not block.sheet and not held.is_hidden]
        file, target, reading = self.file, self.target, self.reading
        fiscal = settings.fiscal_year_starts if settings else 1
        plan = make_plan(block, file, target, reading, fiscal_start=fiscal)
        faults = [*plan.faults, *self._hidden_columns(plan), *self._missing_keys(plan)]
        if faults:
            raise ClientDataError(tuple(faults))
        split = split_rows(plan, file, target, reading, self._own_names())
        scale = settings.money_scale if settings else 1
        notes = sorted(
            {*split.left_out.get(NOTE, ()), *split.left_out.get(HEADING, ()), *split.left_out.get(EMPTY, ())}
        )
        numbers = read_values(
            plan, file, target, reading, split.data, split.totals, currency=currency, money_scale=scale, notes=notes
        )
        faults = [*split.faults, *numbers.faults]
        if not split.data:
            found = "below the header stands no row of data"
            faults.append(Fault(file, block.sheet.name, f"row {block.first_row + 1}", found, "rows.", "Look at --at."))
        if faults:
            raise ClientDataError(tuple(faults))
        sums = check_sums(plan, file, target, reading, split, numbers)
        records = build_records(plan, file, target, reading, split, numbers)
        faults = [*sums.unclear, *records.faults]
        if faults:
            raise ClientDataError(tuple(faults))
        names = match_columns(records, target, self.tables, self.labels, self.said.aliases)
        changes, told = layout_changes(self.saved, block, plan, split, numbers, reading)
        changes = (*changes, *self._to_look_at(opened, sums, names))
        document = sheet_document(
            self._table_name, plan, split, numbers, reading, names, self.content, records.date_order, self.other_sheets
        )
        is_known = bool(self.saved.get("confirmed_on")) and not changes and not self.said.is_asked
        open_names = [one for one in names if one.is_open]
        if open_names:
            self._save(document)
            raise ClientDataError(tuple(self._unmatched(open_names, plan)))
        self._check_aliases(names)
        records = apply_names(records, names)
        heads = {held.target: held.text for held in plan.block.headings if plan.words.get(held.target) == held.place}
        where = (file, block.sheet.name)
        records, added_up, unlike = add_together(records, target, where, block.sheet.address, heads)
        if unlike:
            raise ClientDataError(tuple(unlike))
        unchecked = [
            f"The names in {name} are not checked: {column.refers.partition('.')[0]} are not there yet."
            for name, column in target.columns.items()
            if column.refers in ALIAS_KINDS
            and name in records.columns
            and column.refers.partition(".")[0] not in self.tables
        ]
        records = replace(records, remarks=(*records.remarks, *unchecked))
        if added_up and not reading.together and self.saved.get("confirmed_on"):
            changes, is_known = (*changes, *added_up), False
        clashes = self._clashes_with_earlier(records)
        is_known = is_known and not clashes
        source = settings.sources.get(target.name) if settings else None
        placed = put_records(
            self.folder,
            target,
            records,
            self.tables,
            source,
            (file, block.sheet.name),
            block.sheet.address,
            is_whole=reading.is_whole,
            is_written=self.said.confirm or is_known,
        )
        if placed.faults:
            raise ClientDataError(placed.faults)
        is_written = self.said.confirm or is_known
        if is_written:
            self._write(document, plan, split, numbers, reading, names, records, placed, bool(added_up))
        else:
            self._save(document)
        return TableOutcome(
            self.key,
            opened,
            target,
            reading,
            plan,
            split,
            numbers,
            sums,
            records,
            added_up,
            tuple(names),
            choice.others,
            count_personal(plan, split),
            changes,
            told,
            placed,
            is_written,
            {name: why for name, (_, why) in shared.items()},
            clashes,
        )

    def _clashes_with_earlier(self, records: Records) -> tuple[str, ...]:
        found = []
        for one in self.earlier:
            if one.target.table == self._table_name:
                rows = differences(records, one.records, self.target.key)
                if rows:
                    what = counted(len(rows), "row says", "rows say")
                    found.append(f"{what} another thing than {one.plan.block.corner}, just brought in ({rows[0]}).")
        return tuple(found)

    def _open(self) -> OpenFile:
        if self.found is not None:
            return self.found.opened
        named = (parse_corner(self.said.reading.at)[0] or self.said.reading.sheet).casefold()
        hidden = named or (self.reading.sheet.casefold() if self.saved.get("confirmed_on") else "")

        def is_wanted(sheet: str, is_hidden: bool) -> bool:
            return sheet.casefold() == hidden if is_hidden else named in ("", sheet.casefold())

        words = words_of(self.tables)
        return open_file(self.content, self.file, encoding=self.reading.encoding, words=words, wanted=is_wanted)

    def _check_mapped(self, block: Block) -> None:
        """Refuse ``--map`` of a header that is not there: it would change nothing, and nobody would see."""
        cells = [cell for row in block.sheet.rows[block.top : block.first_row] for cell in row if cell is not None]
        names = [*map(str, cells), *(text for held in block.headings for text in (held.text, *held.parts))]
        there = {plain_words(name) for name in names}
        for wanted in self.said.reading.columns:
            if wanted not in there:
                hint = nearest(wanted, there) or "Headers are written as in the sheet."
                raise UsageError(f"--map: no header of the table at {block.corner} is called {wanted[:60]!r}. {hint}")

    def _own_names(self) -> frozenset[str]:
        """Return names of ours that a row may have although they sound like a total."""
        found: set[str] = set()
        for table, columns in (
            ("products", ("product", "name")),
            ("lines", ("product_line", "name")),
            ("resources", ("resource",)),
            ("projects", ("project",)),
            ("objectives", ("objective",)),
            ("activities", ("activity",)),
        ):
            for column in columns if table in self.tables else ():
                found.update(plain_words(str(value)) for value in self.tables[table][column])
        if "aliases" in self.tables:
            found.update(plain_words(str(value)) for value in self.tables["aliases"]["their_name"])
        return frozenset(found | {plain_words(name) for name in self.said.aliases})

    def _hidden_columns(self, plan: Plan) -> list[Fault]:
        """Ask whether hidden columns count, where we would read any."""
        sheet = plan.block.sheet
        read = {*plan.words.values(), *(held.place for held in plan.values)}
        hidden = sorted(read & sheet.hidden_columns)
        if not hidden or self.reading.hidden:
            return []
        shown = ", ".join(sheet.address(plan.block.top, place) for place in hidden[:8])
        found = f"{len(hidden)} of the columns that would be read are hidden ({shown})"
        remedy = "Say --hidden read to read them, or --hidden skip to leave them out."
        return [Fault(self.file, sheet.name, shown, found, "a decision.", remedy, HIDDEN_ANSWERS)]

    def _missing_keys(self, plan: Plan) -> list[Fault]:
        """Return which part of the key no column gives."""
        given = {*plan.words, *(held.measure for held in plan.values), *self.reading.fixed, self.reading.section}
        given |= {plan.across} if plan.is_across else set()
        given |= {self.target.version} if any(held.version for held in plan.values) else set()
        held_to = self.target.columns if self.target.is_facts else self.target.key  # others are told row by row
        needed = [n for n in held_to if self.target.columns[n].is_required and n not in given]
        row = plan.block.top + plan.block.depth
        faults = []
        for name in needed:
            why = "by which rows of" if name in self.target.key else "which the description names of"
            found = (
                f"no column is {name}, {why} {self.target.name}{' are told apart' if name in self.target.key else ''}"
            )
            if plan.personal:
                found += "; columns with names or pay do not count"
            remedy = f'Say --map "HEADER={name}" for the right column, or --set {name}=VALUE where all rows have one.'
            where = (self.file, plan.block.sheet.name, f"row {row}")
            held = self.target.columns[name]
            few = held.choices or (VERSIONS if name == self.target.version else ())
            answers = tuple(Answer("--set", f"{name}={value}", value) for value in few) or (
                Answer("--set", f"{name}=", f"{name} of every row"),
            )
            faults.append(Fault(*where, found, f"a column for {name}.", remedy, answers))
        gives = any(name not in self.target.key for name in (*plan.words, *self.reading.fixed)) or plan.values
        says_much = len(given & set(self.target.key)) > 1  # which product belongs to which line is a whole row
        if not faults and not gives and not says_much and self.target.name != "population":
            found = f"the table gives nothing but {', '.join(plan.words)}"
            where = (self.file, plan.block.sheet.name, f"row {row}")
            more = [name for name in self.target.columns if name not in given]
            spare = listing([f"column {column_letters(held.place)}" for held in plan.unread], 6)
            remedy = f'Say --map "HEADER={more[0]}" for the one of {spare} that is it; there are {listing(more, 12)}.'
            faults.append(Fault(*where, found, "more columns of ours.", remedy if plan.unread else "Look at --at."))
        return faults

    def _to_look_at(self, opened: OpenFile, sums: Sums, names: Sequence[NameMatch]) -> tuple[str, ...]:
        """Return what must be looked at each time, however well the layout is known."""
        found = []
        if sums.open:
            found.append(f"{counted(len(sums.open), 'total differs from its', 'totals differ from their')} parts.")
        if opened.must_look and opened.kind == "xls":
            found.append("The file is in the format of Excel 2003.")
        near = [one for one in names if one.how == "near"]
        if near:
            found.append(f"{counted(len(near), 'name is', 'names are')} new and only like ours.")
        return tuple(found) if self.saved.get("confirmed_on") else ()

    def _unmatched(self, names: Sequence[NameMatch], plan: Plan) -> list[Fault]:
        faults = []
        for one in names:
            amounts = ", ".join(f"{column} {value:,.10g}" for column, value in one.amounts.items())
            hangs = f"{one.rows} {'row' if one.rows == 1 else 'rows'}{f', {amounts}' if amounts else ''}"
            found = f"nobody knows which {one.column} {one.their_name!r} is ({hangs})"
            found += f"; {one.evidence}" if one.evidence else ""
            allowed = "a name of ours."
            remedy = f'Say --alias "{one.their_name}=OURS", or --alias "{one.their_name}={LEAVE_OUT}".'
            heading = next((h.text for h in plan.block.headings if h.place == plan.words.get(one.column)), "")
            if heading and not self.target.columns[one.column].is_required:
                remedy += f' If the column is no {one.column}: --map "{heading}=ignore".'
            where = (self.file, plan.block.sheet.name, "")
            faults.append(Fault(*where, found, allowed, remedy, _names_for(one)))
        return faults

    def _check_aliases(self, names: Sequence[NameMatch]) -> None:
        """Refuse a name that was told and helps nothing: mistyped, or of a column that holds no names of ours."""
        used = {fold_name(one.their_name) for one in names if one.how == "said"}
        idle = [their for their in self.said.aliases if fold_name(their) not in used]
        if idle:
            shown = ", ".join(repr(their[:60]) for their in idle[:6])
            hint = nearest(idle[0], [one.their_name for one in names])
            raise UsageError(
                f"--alias {shown}: the sheet has no such name in a column that names something of ours.{hint and ' '}"
                f"{hint} Nothing was written; leave the option away, or write the name as the sheet does."
            )

    # -- writing -------------------------------------------------------------------------------------------------------

    def _save(self, document: dict[str, Any]) -> None:
        """Keep what everything would become; it is not confirmed any more."""
        write_together({self.folder / IMPORTS: with_import(self.mappings, self.key, document)})

    def _write(
        self,
        document: dict[str, Any],
        plan: Plan,
        split: Split,
        numbers: Numbers,
        reading: Reading,
        names: Sequence[NameMatch],
        records: Records,
        placed: Placed,
        is_together: bool,
    ) -> None:
        files: dict[Path, bytes] = {placed.path: placed.content}
        aliases = self._aliases(names)
        if aliases is not None:
            files[self.folder / ALIASES] = aliases
        document = sheet_document(
            self._table_name,
            plan,
            split,
            numbers,
            replace(reading, together=is_together or reading.together),
            [one for one in names if aliases is None or one.our_name == LEAVE_OUT or not _has_kind(one, self.target)],
            self.content,
            records.date_order,
            self.other_sheets,
            is_confirmed=True,
        )
        day = dt.date.today().isoformat() if self.said.confirm else str(self.saved.get("confirmed_on"))
        files[self.folder / IMPORTS] = with_import(self.mappings, self.key, {**document, "confirmed_on": day})
        write_together(files)

    def _aliases(self, names: Sequence[NameMatch]) -> bytes | None:
        """Return ``aliases.csv`` with the names that were confirmed; None where there are none, or it is no CSV."""
        import csv
        import io

        new = [
            one
            for one in names
            if one.how in ("near", "said") and one.our_name != LEAVE_OUT and _has_kind(one, self.target)
        ]
        if not new:
            return None
        rows: list[list[str]] = []
        columns = ["source", "their_name", "kind", "our_name"]
        if "aliases" in self.tables:
            file, _, _ = self.tables.where("aliases", None)
            if file.lower() != ALIASES:
                return None
            frame = self.tables["aliases"]
            columns += [name for name in ("said_by", "said_on") if frame[name].notna().any()]
            rows = [
                ["" if row[name] is None else str(row[name]) for name in columns] for row in frame.to_dict("records")
            ]
        there = {(row[0], fold_name(row[1]), row[2]) for row in rows}
        for one in new:
            kind = self.target.columns[one.column].alias
            if (self.key, fold_name(one.their_name), kind) not in there and one.their_name != one.our_name:
                rows.append([self.key, one.their_name, kind, one.our_name, *[""] * (len(columns) - 4)])
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([guarded(cell) for cell in row] for row in rows)
        return stream.getvalue().encode("utf-8")


def _names_for(one: NameMatch) -> tuple[Answer, ...]:
    """Return what somebody may say of a name: one of the few that are ours, or any in words."""
    ours = [Answer("--alias", f"{one.their_name}={name}", name) for name in one.choices]
    ours = ours or [Answer("--alias", f"{one.their_name}=", "a name of ours")]
    more = ((LEAVE_OUT, "leave its rows out"), (AS_IT_IS, "keep it as it is"))
    return (*ours, *(Answer("--alias", f"{one.their_name}={value}", words) for value, words in more))


def _has_kind(one: NameMatch, target: Target) -> bool:
    return bool(target.columns[one.column].alias)
