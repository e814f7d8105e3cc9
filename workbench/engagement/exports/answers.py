"""From an export and its mapping to rows of ``survey``: every sheet read is kept, or left out and counted."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench.engagement.columns import fits_text
from workbench.engagement.exports.clock import ORDERS, date_orders, read_moment
from workbench.engagement.exports.layout import Export, ExportColumn
from workbench.engagement.exports.mapping import IDENTITY, IGNORE, SurveyMapping, label_values
from workbench.engagement.exports.matching import (
    REASON,
    WHOLE,
    read_answer,
    read_code,
    read_entry,
    read_place,
    register_values,
)
from workbench.engagement.exports.texts import has_address, squash, without_addresses
from workbench.engagement.keys import names_nobody, respondent_key
from workbench.errors import Answer, Fault, nearest

if TYPE_CHECKING:
    from workbench.readiness.instrument import Instrument, Item

PREVIEW, UNFINISHED, SPAM = "previews and tests", "unfinished", "marked as spam by the vendor"
NO_ANSWER, NO_ROLE, EARLIER = "without any answer", "without a role", "earlier sheets of the same person and line"

_STATUS = {
    **dict.fromkeys(("0", "ipaddress", "4", "imported", "16", "offline", "offlineresponse"), ""),
    **dict.fromkeys(("1", "surveypreview", "preview", "2", "surveytest", "test", "17", "offlinepreview"), PREVIEW),
    **dict.fromkeys(("8", "spam", "9", "spampreview", "surveypreviewspam", "12", "importedspam"), SPAM),
}
"""Qualtrics' response types, numbers and English words, and what they mean; empty: somebody answered.

1 is a preview, 2 a test, 4 imported, 8 spam, 16 offline; others are their sums. Words of other languages are asked for.
"""

LABELS_TOLD = 12
"""Unknown labels of one column that are told one by one; more are hardly a choice (ours)."""

_YES = frozenset({"true", "1", "yes", "wahr", "vrai", "verdadero", "ja", "oui", "sí"})


@dataclass(frozen=True)
class Client:
    """What an import must know of the client.

    Attributes
    ----------
    engagement : str
        Name of the folder; part of every key.
    instrument : Instrument
    lines : tuple of (str, str)
        Key and name of each product line, in the register's order.
    aliases : tuple of (str, str)
        Key and another name of a product line.
    """

    engagement: str
    instrument: Instrument
    lines: tuple[tuple[str, str], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OpenAnswer:
    """An answer in somebody's own words that waits for its codes.

    Attributes
    ----------
    row : str
        Key of the answer; leads back to its sheet with the salt alone.
    item : str
    text : str
    sheet : int
        Place of the sheet among the rows of the import.
    """

    row: str
    item: str
    text: str = field(repr=False)
    sheet: int = field(repr=False)


@dataclass(frozen=True, eq=False)
class ImportedSheets:
    """Rows of ``survey`` for one wave.

    Attributes
    ----------
    columns : tuple of str
        In the order of the table.
    rows : tuple of mapping of str to str
        Column → text; blank is absent.
    read, kept : int
        Sheets in the file, and in `rows`.
    left_out : mapping of str to int
        Reason → sheets; with `kept` they add up to `read`.
    open_answers : tuple of OpenAnswer
    without_identity : int
        Sheets of people whom the file does not tell apart from wave to wave.
    date_order : str
        In which the file's times were read.
    remarks : tuple of str
    faults : tuple of Fault
        Every label, status and time that cannot be read in one way; with any, nothing may be written.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = field(repr=False)
    read: int
    kept: int
    left_out: Mapping[str, int]
    open_answers: tuple[OpenAnswer, ...]
    without_identity: int
    date_order: str
    remarks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that answered."""
        return tuple(sorted({row["role"] for row in self.rows}))


def open_row_key(salt: bytes, engagement: str, wave: str, item: str, respondent: str, line: str) -> str:
    """Return the key of one open answer: 12 hex digits that lead nowhere without the salt."""
    message = "\n".join(("open answer", engagement, wave, item, respondent, line)).encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()[:12]


def make_sheets(
    export: Export, mapping: SurveyMapping, wave: str, salt: bytes, client: Client, *, form: str = "survey"
) -> ImportedSheets:
    """Return the rows of ``survey`` that an export holds.

    Parameters
    ----------
    export : Export
    mapping : SurveyMapping
    wave : str
    salt : bytes
        From `read_salt`; names and addresses become keys with it and go no further.
    client : Client
    form : str
        Name of the form: part of the key of a sheet nobody has signed.

    Returns
    -------
    ImportedSheets
        With its faults, if it has any.
    """
    return _Reading(export, mapping, wave, salt, client, form).sheets()


class _Reading:
    """One pass over an export."""

    def __init__(
        self, export: Export, mapping: SurveyMapping, wave: str, salt: bytes, client: Client, form: str
    ) -> None:
        self.export, self.mapping, self.wave, self.salt, self.client = export, mapping, wave, salt, client
        self.form = form
        self.columns: dict[str, ExportColumn] = {
            target: column
            for column in export.used_for("answers")
            if (target := mapping.headers.get(column.header, IGNORE)) != IGNORE
        }
        self.items: dict[str, Item] = {item.id: item for item in client.instrument.items if item.id in self.columns}
        self.values = label_values(mapping, client.instrument)
        self.registers = {
            "role": register_values([(role.id, role.name) for role in client.instrument.roles]),
            "product_line": {**dict.fromkeys(WHOLE, ""), **register_values((*client.lines, *client.aliases))},
        }
        self.unknown: dict[tuple[str, str], list[int]] = {}
        self.addresses: list[int] = []
        self.faults: list[Fault] = []
        self.remarks = list(export.remarks)

    def sheets(self) -> ImportedSheets:
        self.order = self._date_order()
        kept: dict[tuple[str, str], tuple[dt.datetime, int, dict[str, str], dict[str, str], bool]] = {}
        left_out: dict[str, int] = {}
        if "role" not in self.columns and "role" not in self.mapping.fixed:
            roles = ", ".join(role.id for role in self.client.instrument.roles)
            self.faults.append(
                self.export.grid.fault(
                    None,
                    None,
                    "no column tells the role, without which nobody knows what a person was asked",
                    f"a question for the role, or a form of one role ({roles}).",
                    "Map the question to role in imports.yaml, or say --role.",
                )
            )
        for row in range(len(self.export.rows)):
            reason = self._reason(row)
            sheet, words = ({}, {}) if reason else self._sheet(row)
            if not reason and not any(name in self.items for name in sheet) and not words:
                reason = NO_ANSWER
            if not reason and "role" not in sheet:
                reason = NO_ROLE
            if reason:
                left_out[reason] = left_out.get(reason, 0) + 1
                continue
            sheet["respondent"], is_anonymous = self._respondent(row)
            key = (sheet["respondent"], sheet.get("product_line", ""))
            candidate = (self._moment("completed", row) or dt.datetime.min, row, sheet, words, is_anonymous)
            if key in kept:
                left_out[EARLIER] = left_out.get(EARLIER, 0) + 1
                candidate = max(kept[key], candidate, key=lambda held: held[:2])
            kept[key] = candidate
        self._tell_unknown()
        self._tell_addresses()
        self._tell_lines([candidate[2] for candidate in kept.values()])
        held = sorted(kept.values(), key=lambda candidate: candidate[2]["respondent"])
        answers = tuple(
            sorted(
                (
                    OpenAnswer(self._open_key(sheet, item), item, text, place)
                    for place, (_, _, sheet, words, _) in enumerate(held)
                    for item, text in words.items()
                ),
                key=lambda answer: answer.row,
            )
        )
        return ImportedSheets(
            columns=self._order_of_columns([candidate[2] for candidate in held]),
            rows=tuple({**sheet, "wave": self.wave} for _, _, sheet, _, _ in held),
            read=len(self.export.rows),
            kept=len(held),
            left_out=left_out,
            open_answers=answers,
            without_identity=sum(candidate[4] for candidate in held),
            date_order=self.order,
            remarks=tuple(self.remarks),
            faults=tuple(self.faults),
        )

    # -- one row -------------------------------------------------------------------------------------------------------

    def _reason(self, row: int) -> str:
        """Return why a row is no answer of anybody, empty where it is one."""
        for column in (*self.export.used_for("status"), *self.export.used_for("channel")):
            cell = column.cells[row]
            if column.use == "channel":
                if squash(cell) in ("preview", "test"):
                    return PREVIEW
                continue
            said = self.mapping.label("status", cell)
            meaning = {"preview": PREVIEW, "spam": SPAM, "answer": ""}.get(said or "", _STATUS.get(squash(cell)))
            if meaning is None and cell:
                self.unknown.setdefault(("status", cell), []).append(row)
            if meaning:
                return meaning
        finished = self.export.used_for("finished")
        progress = self.export.used_for("progress")
        if finished:
            if squash(finished[0].cells[row]) not in _YES:
                return UNFINISHED
        elif progress and progress[0].cells[row].rstrip("% ") not in ("100", ""):
            return UNFINISHED
        if self.export.vendor == "limesurvey" and not self.export.used_for("completed")[0].cells[row]:
            return UNFINISHED
        return ""

    def _sheet(self, row: int) -> tuple[dict[str, str], dict[str, str]]:
        """Return what is stored of a row, and its open answers in the person's own words."""
        sheet: dict[str, str] = {}
        words: dict[str, str] = {}
        for target, column in self.columns.items():
            cell = column.cells[row]
            if not cell or cell in self.export.blanks or target == IDENTITY:
                continue
            if target.endswith(REASON):
                value: str | None = without_addresses(" ".join(cell.split()))
            elif target == "unit":
                value = self._unit(cell, row)
            elif target in self.registers:
                value = self._entry(target, cell, row)
            else:
                value = self._answer(target, cell, row)
                if value is None and self.items[target].kind == "open":
                    words[target] = without_addresses(cell)
            if value:
                sheet[target] = value
        for target, value in self.mapping.fixed.items():
            sheet[target] = value
        seconds = self._seconds(row)
        if seconds is not None:
            sheet["seconds"] = str(seconds)
        return sheet, words

    def _entry(self, target: str, cell: str, row: int) -> str | None:
        said = self.mapping.label(target, cell)
        if said is not None:
            keys = set(self.registers[target].values())
            if said in keys or (target == "product_line" and said in ("", "whole organisation")):
                return said if said in keys else ""
            self.unknown.setdefault((target, cell), []).append(row)
            return None
        value = read_entry(cell, self.registers[target])
        if value is None and target == "product_line":
            place = read_place(cell, len(self.client.lines) + 1, self.mapping.codes)
            value = None if place is None else [*(key for key, _ in self.client.lines), ""][place]
        if value is None:
            self.unknown.setdefault((target, cell), []).append(row)
        return value

    def _unit(self, cell: str, row: int) -> str | None:
        said = self.mapping.label("unit", cell)
        if has_address(said or cell):
            self.addresses.append(row)
            return None
        if said is None and not fits_text(" ".join(cell.split())):
            self.unknown.setdefault(("unit", cell), []).append(row)
            return None
        if said is None and self.mapping.codes and read_place(cell, 100, self.mapping.codes) is not None:
            self.unknown.setdefault(("unit", cell), []).append(row)
        return said or " ".join(cell.split())

    def _answer(self, target: str, cell: str, row: int) -> str | None:
        item = self.items[target]
        said = self.mapping.label(target, cell)
        answers = self.client.instrument.answers(item)
        if said is not None:
            option = answers.find(said)
            if option is not None:
                return option.value
        else:
            value = read_answer(cell, self.values[target])
            if value is None and item.kind != "open":
                value = read_code(cell, self.client.instrument, item, self.mapping.codes)
            if value is not None or item.kind == "open":
                return value
        self.unknown.setdefault((target, cell), []).append(row)
        return None

    def _respondent(self, row: int) -> tuple[str, bool]:
        """Return the key of who answered, and whether it is a key of this sheet alone."""
        columns = [self.columns[IDENTITY]] if IDENTITY in self.columns else list(self.export.used_for("identity"))
        identity = next((column.cells[row] for column in columns if not names_nobody(column.cells[row])), "")
        if identity:
            return respondent_key(identity, self.client.engagement, self.salt), False
        held = self.export.used_for("response")
        number = held[0].cells[row] if held else ""
        if not number or held[0].cells.count(number) > 1:  # a spreadsheet makes 1.1E+10 of long numbers
            number = f"row {self.export.grid.numbers[self.export.rows[row]]}"
        nobody = f"nobody {self.form} {self.wave} {number}"  # no other form or wave has this one
        return respondent_key(nobody, self.client.engagement, self.salt), True

    # -- times ---------------------------------------------------------------------------------------------------------

    def _date_order(self) -> str:
        """Return the order of the file's times, or note that it must be said."""
        columns = [*self.export.used_for("started"), *self.export.used_for("completed")]
        cells = [cell for column in columns for cell in column.cells if cell]
        orders, example = date_orders(cells)
        said = self.mapping.date_order
        if said and len(orders) == 1 and said not in orders:
            self.remarks.append(
                f"The times of this file are {next(iter(orders))}, not {said}: they tell by themselves."
            )
            said = ""
        if not orders:
            self._ask(columns[0], "the file mixes orders of day and month", "Export it again in one go.")
        elif len(orders) > 1 and example and not said:
            found = f"{example!r} can be read in two ways, and no time in the file tells"
            able = sorted(orders & set(ORDERS[:2]))
            answers = tuple(Answer("--date-order", one, one) for one in able)
            self._ask(columns[0], found, f"Say --date-order {' or '.join(able)}.", answers)
        return said if said in orders else next(iter(sorted(orders)), ORDERS[2])

    def _ask(self, column: ExportColumn, found: str, remedy: str, answers: tuple[Answer, ...] = ()) -> None:
        fault = self.export.fault(None, column, found, "times whose order of day and month is known.", remedy)
        self.faults.append(replace(fault, answers=answers))

    def _moment(self, use: str, row: int) -> dt.datetime | None:
        for column in self.export.used_for(use):
            found = read_moment(column.cells[row], self.order)
            if found is not None:
                return found
        return None

    def _seconds(self, row: int) -> int | None:
        for column in self.export.used_for("seconds"):
            try:
                found = float(column.cells[row].replace(",", "."))
            except ValueError:
                continue
            if 0 <= found < 1e9:
                return round(found)
        started, completed = self._moment("started", row), self._moment("completed", row)
        if started is None or completed is None or completed < started:
            return None
        return round((completed - started).total_seconds())

    # -- the whole -----------------------------------------------------------------------------------------------------

    def _open_key(self, sheet: Mapping[str, str], item: str) -> str:
        line = sheet.get("product_line", "")
        return open_row_key(self.salt, self.client.engagement, self.wave, item, sheet["respondent"], line)

    def _order_of_columns(self, rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
        """Return the columns in the instrument's order; of the reasons those that somebody gave."""
        given = {column for row in rows for column in row}
        names = [name for item in self.client.instrument.items for name in (item.id, f"{item.id}{REASON}")]
        used = [name for name in names if name in given or name in self.items]
        return ("respondent", "wave", "unit", "role", "product_line", "seconds", *used)

    def _tell_lines(self, sheets: Sequence[Mapping[str, str]]) -> None:
        """Remark on sheets that count for the whole organisation without having said so."""
        if not self.client.lines or "product_line" in self.mapping.fixed:
            return
        if "product_line" not in self.columns:
            self.remarks.append("No column tells the product line: every sheet counts for the whole organisation.")
            return
        column = self.columns["product_line"]
        skipped = sum(not cell for cell in column.cells)
        if skipped and sheets:
            rows = "1 row names" if skipped == 1 else f"{skipped} rows name"
            self.remarks.append(f"{rows} no product line; their sheets count for the whole organisation.")

    def _tell_addresses(self) -> None:
        """Refuse a column of units that names people; the sentence repeats no address."""
        if self.addresses:
            rows = f" (in {len(self.addresses)} rows)" if len(self.addresses) > 1 else ""
            remedy = "Write ignore, or identity where it is the person's own, at its header in imports.yaml."
            self.faults.append(
                self.export.fault(
                    self.addresses[0],
                    self.columns["unit"],
                    f"an e-mail address stands where a unit should{rows}",
                    "names of units, and nobody's address.",
                    remedy,
                )
            )

    def _tell_unknown(self) -> None:
        """Make one fault of each unknown label."""
        by_code = any(target in self.items and cell.strip("AO_0123456789 ") == "" for target, cell in self.unknown)
        told: dict[str, int] = {}
        for (target, cell), rows in sorted(self.unknown.items(), key=lambda held: held[0]):
            column = self.columns.get(target) or self.export.used_for("status")[0]
            told[target] = told.get(target, 0) + 1
            if told[target] > LABELS_TOLD:
                continue
            count = f" (in {len(rows)} rows)" if len(rows) > 1 else ""
            where = f"labels: {{{target}: {{{cell[:60]!r}: …}}}}"
            remedy = f"Write in imports.yaml, for this form: {where}."
            if target in self.registers:
                known = sorted(set(self.registers[target].values()) - {""})
                allowed = f"{', '.join(known)}, or their names." if known else "keys or names of the sheet lines."
                found = f"{cell!r} is no {'role' if target == 'role' else 'product line'} that we know{count}"
                remedy = f"{nearest(cell, known)} {remedy}".strip()
            elif target == "unit":
                what = "is a code, not the name of a unit" if fits_text(cell) else "is too long or cannot be printed"
                found, allowed = f"{cell[:80]!r} {what}{count}", "names of units."
            elif target == "status":
                found, allowed = f"{cell!r} is no response type that we know{count}", "preview, spam or answer."
            else:
                labels = [option.value for option in self.client.instrument.answers(self.items[target]).options]
                found = f"{cell[:80]!r} is no answer of {target}{count}"
                allowed = f"the form's options, stored as {', '.join(labels)}."
                if by_code:
                    remedy = (
                        "Export texts in place of codes; or say what codes count: --codes shown, reversed or levels."
                    )
            self.faults.append(self.export.fault(rows[0], column, found, allowed, remedy))
        for target, texts in told.items():
            if texts > LABELS_TOLD:
                column = self.columns.get(target) or self.export.used_for("status")[0]
                found = f"{texts - LABELS_TOLD} further texts of this column are not known either"
                remedy = f"Perhaps it is not {target}: correct its header's entry in imports.yaml."
                self.faults.append(self.export.fault(None, column, found, "one of few answers.", remedy))
