"""``workbench import survey``: a vendor's export into a client's ``survey.csv``, once the consultant has confirmed it.

Nothing but keys, roles, units, lines, seconds, answers and reasons is written, and the raw file is not copied: its hash
stands in ``imports.yaml``. Files are replaced whole.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.answers import Client, ImportedSheets, make_sheets, open_row_key
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.exports.coding import coding_workbook, read_coding
from workbench.engagement.exports.grid import read_grids
from workbench.engagement.exports.layout import Export
from workbench.engagement.exports.mapping import (
    CODES,
    Proposal,
    SurveyMapping,
    mapping_document,
    propose_mapping,
    read_mapping,
)
from workbench.engagement.exports.matching import build_wording, find_question
from workbench.engagement.exports.recognise import TOKENS, lay_out_export
from workbench.engagement.exports.survey_file import (
    SURVEY,
    SurveyText,
    parse_survey,
    put_rows,
    write_survey,
)
from workbench.engagement.places import engagement_folder, find_root, reports_folder
from workbench.errors import ClientDataError, Fault, UsageError, nearest

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables
    from workbench.readiness.instrument import Instrument

IMPORTS = "imports.yaml"
HEAD = (
    "# How exports of other tools were read: proposed by `workbench import`, confirmed by a consultant, used again\n"
    "# in the next wave. headers: what a column is (item, role, unit, product_line, identity, ignore). labels: what\n"
    "# is stored for an answer that neither the instrument nor the registers know, per column or item (*: all items).\n"
)


@dataclass(frozen=True)
class ImportOptions:
    """What the consultant says of a file.

    Attributes
    ----------
    form : str
        Name of the form in ``imports.yaml``. Empty: the form that has these headers; else the role, where all sheets
        are of one; else ``survey``.
    fixed : mapping of str to str
        ``role``, ``unit`` or ``product_line`` of everybody who got it.
    codes, date_order, encoding : str
        As in `SurveyMapping`; empty leaves what was said before.
    confirm : bool
        Write, although the mapping is new or has changed.
    existing : str
        What happens to sheets of the wave that no earlier import of this form brought: ``add`` to them, ``replace``
        them; empty: refuse.
    """

    form: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    codes: str = ""
    date_order: str = ""
    encoding: str = ""
    confirm: bool = False
    existing: str = ""


@dataclass(frozen=True, eq=False)
class ImportOutcome:
    """What an import found, and whether it wrote.

    Attributes
    ----------
    form : str
        Its name in ``imports.yaml``.
    export : Export
    proposal : Proposal
    sheets : ImportedSheets
    is_written : bool
    replaced : int
        Sheets of the wave that were there before.
    survey, coding : Path or None
        Files written.
    """

    form: str
    export: Export
    proposal: Proposal
    sheets: ImportedSheets
    is_written: bool
    replaced: int = 0
    survey: Path | None = None
    coding: Path | None = None


def import_survey(
    path: str | os.PathLike[str],
    mapping: SurveyMapping | None,
    wave: str,
    salt: bytes,
    *,
    client: Client,
    options: ImportOptions | None = None,
) -> tuple[Export, Proposal, ImportedSheets]:
    """Return what an export holds for a wave; nothing is written.

    Parameters
    ----------
    path : str or path
        The vendor's file.
    mapping : SurveyMapping or None
        What was said of this form before; None proposes.
    wave : str
    salt : bytes
        From `read_salt`.
    client : Client
    options : ImportOptions, optional

    Raises
    ------
    UsageError
        There is no such file.
    ClientDataError
        Every fault of the file at once.
    """
    export, proposal, sheets = _study(Path(path), mapping, wave, salt, client, options or ImportOptions())
    if sheets.faults:
        raise ClientDataError(sheets.faults)
    return export, proposal, sheets


def _study(
    path: Path, before: SurveyMapping | None, wave: str, salt: bytes, client: Client, options: ImportOptions
) -> tuple[Export, Proposal, ImportedSheets]:
    """Return an export, its mapping and its sheets, with whatever is wrong in them."""
    content = _content(path)
    encoding = options.encoding or (before.encoding if before else "")
    export = open_export(content, path.name, client, encoding=encoding or None)
    proposal = propose_mapping(
        export, client.instrument, lines=client.lines, before=before, fixed=_checked(options.fixed, client)
    )
    mapping = replace(
        proposal.mapping,
        codes=options.codes or proposal.mapping.codes,
        date_order=options.date_order or proposal.mapping.date_order,
        encoding=encoding,
        raw_sha256=hashlib.sha256(content).hexdigest(),
    )
    sheets = make_sheets(export, mapping, wave, salt, client, form=options.form or "survey")
    return export, replace(proposal, mapping=mapping), sheets


def open_export(content: bytes, file: str, client: Client, *, encoding: str | None = None) -> Export:
    """Return an export from its bytes, its vendor and header understood.

    Raises
    ------
    ClientDataError
        It is no table, its encoding cannot be told, or no vendor wrote it.
    """
    from workbench.readiness.instrument import options

    instrument = client.instrument
    known = [item.statement for item in instrument.items]
    known += [option.label for item in instrument.items for option in options(instrument, item)]
    known += [name for entry in client.lines for name in entry]
    known += [name for role in instrument.roles for name in (role.id, role.name)]
    wording = build_wording(instrument)

    def is_question(text: str) -> bool:
        return find_question([text], wording) is not None

    grids = read_grids(content, file, frozenset(known), TOKENS, encoding=encoding)
    return lay_out_export(grids, is_question)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Name the export that the survey tool has made.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}). Close it elsewhere, or copy it.") from error


def _checked(fixed: Mapping[str, str], client: Client) -> dict[str, str]:
    """Return what is fixed, in the spelling of the registers."""
    from workbench.engagement.exports.matching import read_entry, register_values

    roles = [(role.id, role.name) for role in client.instrument.roles]
    registers: dict[str, Sequence[tuple[str, str]]] = {"role": roles, "product_line": client.lines}
    found = {}
    for column, value in fixed.items():
        if column not in registers:
            found[column] = value
            continue
        key = read_entry(value, register_values(registers[column]))
        if key is None:
            known = [key for key, _ in registers[column]]
            option = column.removeprefix("product_")
            raise UsageError(
                f"--{option} {value!r} is not known. {nearest(value, known)} There are: {', '.join(known)}."
            )
        found[column] = key
    return found


# -- a client's folder -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Folder:
    """What an import reads of a client's folder before it writes."""

    name: str
    folder: Path
    reports: Path
    tables: Tables
    instrument: Instrument

    @property
    def client(self) -> Client:
        lines: tuple[tuple[str, str], ...] = ()
        if "lines" in self.tables:
            frame = self.tables["lines"]
            lines = tuple(zip(frame["product_line"].astype(str), frame["name"].astype(str), strict=True))
        return Client(self.name, self.instrument, lines)

    @property
    def mappings(self) -> dict[str, Any]:
        held = self.tables.documents.get("imports") or {}
        return dict(held.get("imports") or {})

    def survey(self) -> SurveyText | None:
        """Return the table as it stands, or None where there is none."""
        path = self.folder / SURVEY
        if not path.is_file():
            return None
        source = self.tables.settings.sources.get("survey") if self.tables.settings else None
        known = ("respondent", "wave", "unit", "role", "product_line", "seconds")
        return parse_survey(path.read_bytes(), known, source.encoding if source else None)


def _open_folder(name: str, root: Path | None) -> _Folder:
    """Read a client's folder as far as an import needs it.

    Raises
    ------
    ClientDataError
        The settings, lines, waves, the survey or ``imports.yaml`` have faults, or the survey is no CSV file.
    """
    from workbench.engagement.folder import WORKBOOK, FolderReading
    from workbench.engagement.inputs_readiness import read_instrument

    root = root or find_root()
    folder = engagement_folder(name, root=root)
    reading = FolderReading(folder, root)
    reading.read()
    concerned = {"engagement.yaml", IMPORTS, "lines.csv", "waves.csv", SURVEY}
    sheets = {"engagement", "lines", "waves", "survey"}
    faults = [fault for fault in reading.faults if fault.file in concerned or fault.sheet.lower() in sheets]
    faults += [fault for fault in reading.faults if fault.file == WORKBOOK and not fault.sheet]
    if faults:
        raise ClientDataError(tuple(faults))
    tables = reading.tables()
    if "survey" in tables:
        file, sheet, _ = tables.where("survey", None)
        if file != SURVEY:
            where = f"sheet {sheet} of {file}" if sheet else file
            found = f"the survey stands in {where}, where an import cannot add to it"
            remedy = f"Save it as {SURVEY} in the client's folder and take it out of {where}, then import again."
            raise ClientDataError((Fault(file, sheet, "", found, f"{SURVEY}, or no survey yet.", remedy),))
    return _Folder(folder.name, folder, reports_folder(root), tables, read_instrument(tables))


def run_import(
    path: str | os.PathLike[str],
    name: str,
    wave: str,
    salt: bytes,
    options: ImportOptions | None = None,
    *,
    root: Path | None = None,
) -> ImportOutcome:
    """Bring an export into a client's folder, or show what it would bring.

    The mapping of a form is proposed in ``imports.yaml`` and confirmed with ``confirm``; once it is, the next export of
    the same form needs nothing. Then ``survey.csv`` gets the wave's sheets in place of those that an earlier import of
    this form brought.

    Parameters
    ----------
    path : str or path
        The vendor's file.
    name : str
        Name of the engagement.
    wave : str
        Key of the wave.
    salt : bytes
        From `read_salt`.
    options : ImportOptions, optional
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or file, or an option is unknown.
    ClientDataError
        With every fault of the file, or of what is in the folder already.
    """
    options = options or ImportOptions()
    for name_, value, known in (("codes", options.codes, CODES), ("date-order", options.date_order, ORDERS)):
        if value and value not in known:
            raise UsageError(f"--{name_} {value!r} is unknown. {nearest(value, known)} There are: {', '.join(known)}.")
    held = _open_folder(name, root)
    options = replace(options, form=options.form or _form_of(Path(path), held, wave, salt, options))
    saved = held.mappings.get(options.form)
    before = read_mapping(saved) if saved else None
    export, proposal, sheets = _study(Path(path), before, wave, salt, held.client, options)
    mapping = proposal.mapping
    if sheets.faults:
        _save_mapping(held, options.form, mapping)
        raise ClientDataError(sheets.faults)
    _check_wave(held, wave)
    coding = _coding_path(held, options.form, wave)
    sheets, earlier = _with_codes(sheets, coding)
    survey, replaced = _place(held, mapping, sheets, wave, options)
    is_known = before is not None and before.confirmed_on != "" and _said(before) == _said(mapping)
    if not options.confirm and (not is_known or proposal.changes or sheets.kept < replaced):
        _save_mapping(held, options.form, mapping if is_known else replace(mapping, confirmed_on=""))
        return ImportOutcome(options.form, export, proposal, sheets, False, replaced)
    record = {
        "raw_sha256": mapping.raw_sha256,
        "read": sheets.read,
        "kept": sheets.kept,
        "roles": list(sheets.roles),
    }
    day = dt.date.today().isoformat() if options.confirm else mapping.confirmed_on
    mapping = replace(mapping, confirmed_on=day, waves={**mapping.waves, wave: record})
    files = {
        held.folder / SURVEY: write_survey(survey),
        held.folder / IMPORTS: _imports_text(held, options.form, mapping),
    }
    if sheets.open_answers:
        files[coding] = coding_workbook(sheets.open_answers, earlier)
    _write_together(files)
    return ImportOutcome(
        options.form,
        export,
        replace(proposal, mapping=mapping),
        sheets,
        True,
        replaced,
        held.folder / SURVEY,
        coding if sheets.open_answers else None,
    )


def _form_of(path: Path, held: _Folder, wave: str, salt: bytes, options: ImportOptions) -> str:
    """Return the name of a form that nobody has named: forms go out by role, so it is the role where there is one."""
    export, proposal, sheets = _study(path, None, wave, salt, held.client, replace(options, form="survey"))
    headers = {column.header for column in export.used_for("answers")}
    known = [
        form
        for form, saved in held.mappings.items()
        if saved.get("table") == "survey" and set(saved.get("headers") or {}) == headers
    ]
    if len(known) == 1:
        return known[0]
    role = proposal.mapping.fixed.get("role", "")
    return role or (sheets.roles[0] if len(sheets.roles) == 1 else "survey")


def _said(mapping: SurveyMapping | None) -> tuple[Any, ...]:
    """Return what of a mapping a consultant confirms."""
    if mapping is None:
        return ()
    return (mapping.vendor, dict(mapping.headers), dict(mapping.fixed), mapping.codes, mapping.date_order)


def _check_wave(held: _Folder, wave: str) -> None:
    """Refuse a wave that the client's waves do not list."""
    waves = [str(key) for key in held.tables["waves"]["wave"]] if "waves" in held.tables else []
    if wave in waves:
        return
    file = held.tables.where("waves", None)[0] if waves else "waves.csv"
    known = f"the waves {', '.join(waves)}" if waves else "there is no table waves yet"
    remedy = f"{nearest(wave, waves)} Add a row to {file}, with its day: {wave},YYYY-MM-DD (columns wave,date)."
    fault = Fault(file, "", "", f"there is no wave {wave!r} ({known})", "a wave that waves lists.", remedy.strip())
    raise ClientDataError((fault,))


def _place(
    held: _Folder, mapping: SurveyMapping, sheets: ImportedSheets, wave: str, options: ImportOptions
) -> tuple[SurveyText, int]:
    """Return the table with the sheets in it, and how many sheets of the wave they stand in for."""
    survey = held.survey() or SurveyText(sheets.columns, ())
    here = mapping.waves.get(wave)
    ours = set(here["roles"]) | set(sheets.roles) if here else set(sheets.roles)
    others = {
        role: form
        for form, other in held.mappings.items()
        if form != options.form
        for role in (other.get("waves") or {}).get(wave, {}).get("roles", ())
    }
    claimed = sorted(ours & set(others))
    found = [row for row in survey.rows if survey.value(row, "wave") == wave and survey.value(row, "role") in ours]
    new = {(row["respondent"], wave, row.get("product_line", "")) for row in sheets.rows}
    if options.existing == "add":
        return put_rows(survey, sheets.columns, sheets.rows, lambda row: survey.key(row) in new)
    if options.existing != "replace" and found and (here is None or claimed):
        if claimed:
            said = f"{len(found)} sheets of {', '.join(claimed)}, which the form {others[claimed[0]]} brought"
        else:
            said = (
                f"{len(found)} sheet{'s' if len(found) > 1 else ''} that no import of the form {options.form} brought"
            )
        fault = Fault(
            SURVEY,
            "",
            "",
            f"the wave {wave} already holds {said}",
            "an empty wave, or one that this form has filled.",
            "Say --add to keep them beside the new ones, or --replace to put the new ones in their place.",
        )
        raise ClientDataError((fault,))

    def goes(row: Sequence[str]) -> bool:
        is_ours = survey.value(row, "wave") == wave and survey.value(row, "role") in ours
        return is_ours or survey.key(row) in new

    return put_rows(survey, sheets.columns, sheets.rows, goes)


# -- codes of open answers ---------------------------------------------------------------------------------------------


def _coding_path(held: _Folder, form: str, wave: str) -> Path:
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in f"{form}-{wave}")
    return held.reports / held.name / "coding" / f"{safe}.xlsx"


def _with_codes(sheets: ImportedSheets, path: Path) -> tuple[ImportedSheets, dict[tuple[str, str], str]]:
    """Return the sheets with the codes that their open answers have already, and these codes by row and text."""
    if not sheets.open_answers or not path.is_file():
        return sheets, {}
    earlier = {(row, text): codes for row, _, text, codes in read_coding(path) if codes}
    rows = [dict(row) for row in sheets.rows]
    for answer in sheets.open_answers:
        codes = earlier.get((answer.row, answer.text))
        if codes:
            rows[answer.sheet][answer.item] = codes
    return replace(sheets, rows=tuple(rows)), earlier


def import_codes(path: str | os.PathLike[str], name: str, salt: bytes, *, root: Path | None = None) -> tuple[int, int]:
    """Bring the codes of open answers into ``survey.csv``.

    Parameters
    ----------
    path : str or path
        A workbook that `run_import` has made, with its column ``codes`` filled in.
    name : str
        Name of the engagement.
    salt : bytes
        The one with which the answers were imported.
    root : Path, optional

    Returns
    -------
    tuple of int and int
        Answers coded, and answers that still wait.

    Raises
    ------
    ClientDataError
        With every code that cannot be read, and every row that leads to no sheet.
    """
    path = Path(path)
    _content(path)
    held = _open_folder(name, root)
    survey = held.survey()
    if survey is None:
        found = "there is no survey yet to which these codes could belong"
        raise ClientDataError((Fault(SURVEY, "", "", found, "imported sheets.", "Import the export first."),))
    items = {item.id: item for item in held.instrument.items if item.kind == "open"}
    places = {
        open_row_key(salt, held.name, survey.value(row, "wave"), item, *_person(survey, row)): (number, item)
        for number, row in enumerate(survey.rows)
        for item in items
    }
    rows = [list(row) for row in survey.rows]
    header = list(survey.header)
    coded = waiting = 0
    faults = []
    for key, item, _, text in read_coding(path):
        if not text:
            waiting += 1
            continue
        number, target = places.get(key, (-1, item))
        codes = ";".join(part.strip() for part in text.split(";") if part.strip())
        if number < 0 or target not in items:
            remedy = "Take the newest workbook of this wave; and check that the salt is that of the import."
            faults.append(Fault(path.name, "", f"row {key}", "it leads to no sheet", "rows of this survey.", remedy))
        elif len(codes.split(";")) > items[target].names:
            found = f"{text!r} are more than {items[target].names} codes"
            allowed = f"up to {items[target].names} codes joined by ;"
            faults.append(Fault(path.name, "", f"row {key}", found, allowed, "Keep the first ones."))
        else:
            if target not in survey.columns:
                header.append(target)
                survey = replace(survey, header=tuple(header))
            row = rows[number]
            row += [""] * (len(header) - len(row))
            row[survey.columns.index(target)] = codes
            coded += 1
    if faults:
        raise ClientDataError(tuple(faults))
    filled = tuple((*row, *[""] * (len(header) - len(row))) for row in rows)
    _write_together({held.folder / SURVEY: write_survey(replace(survey, rows=filled))})
    return coded, waiting


def _person(survey: SurveyText, row: Sequence[str]) -> tuple[str, str]:
    return survey.value(row, "respondent"), survey.value(row, "product_line")


# -- files -------------------------------------------------------------------------------------------------------------


def _save_mapping(held: _Folder, form: str, mapping: SurveyMapping) -> None:
    _write_together({held.folder / IMPORTS: _imports_text(held, form, mapping)})


def _imports_text(held: _Folder, form: str, mapping: SurveyMapping) -> bytes:
    """Return ``imports.yaml`` with one form's mapping in it; those of other imports stay."""
    import yaml

    content = {"imports": {**held.mappings, form: mapping_document(mapping)}}
    return (HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)).encode("utf-8")


def _write_together(files: Mapping[Path, bytes]) -> None:
    """Write files whole: all are written beside their places first, then each takes its place."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            waiting.append((Path(name), path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(name).chmod(mode)
        while waiting:
            name_, path = waiting[0]
            name_.replace(path)
            waiting.pop(0)
    finally:
        for name_, _ in waiting:
            with contextlib.suppress(OSError):
                name_.unlink()
