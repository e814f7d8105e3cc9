"""``workbench import survey``: a vendor's export into a client's ``survey.csv``, once the consultant has confirmed it.

Nothing but keys, roles, units, lines, seconds, answers and reasons is written, and the raw file is not copied: its hash
stands in ``imports.yaml``. Files are replaced whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.columns import fits_text
from workbench.engagement.exports.answers import Client, ImportedSheets, make_sheets
from workbench.engagement.exports.client_folder import (
    IMPORTS,
    ClientFolder,
    alone_in,
    check_import_name,
    imports_text,
    open_client,
    save_mapping,
    write_together,
)
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.exports.coding import CodingRow, coding_path, coding_workbook, open_rows, read_coding
from workbench.engagement.exports.grid import read_grids
from workbench.engagement.exports.layout import Export
from workbench.engagement.exports.mapping import (
    CODES,
    Proposal,
    SurveyMapping,
    propose_mapping,
    read_mapping,
)
from workbench.engagement.exports.matching import build_wording, find_question
from workbench.engagement.exports.recognise import HEADERS, lay_out_export
from workbench.engagement.exports.survey_file import (
    SURVEY,
    SurveyText,
    put_rows,
    write_survey,
)
from workbench.engagement.exports.texts import squash
from workbench.engagement.keys import SALT, salt_mark
from workbench.engagement.places import engagement_folder
from workbench.errors import ClientDataError, Fault, UsageError, nearest

if TYPE_CHECKING:
    from workbench.readiness.instrument import Instrument


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
    instrument : Instrument
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
    instrument: Instrument = field(repr=False)
    export: Export
    proposal: Proposal
    sheets: ImportedSheets
    is_written: bool
    replaced: int = 0
    survey: Path | None = None
    coding: Path | None = None


@dataclass(frozen=True, eq=False)
class SurveyImport:
    """An export, what its columns mean, and the sheets in it.

    Attributes
    ----------
    export : Export
    proposal : Proposal
    sheets : ImportedSheets or None
        None where the columns have faults.
    """

    export: Export
    proposal: Proposal
    sheets: ImportedSheets | None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps it from being written."""
        return self.proposal.faults or (self.sheets.faults if self.sheets is not None else ())


def import_survey(
    path: str | os.PathLike[str],
    mapping: SurveyMapping | None,
    wave: str,
    salt: bytes,
    *,
    client: Client,
    options: ImportOptions | None = None,
) -> SurveyImport:
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
    options = options or ImportOptions()
    export, sha256 = _open(Path(path), client, options, [mapping] if mapping is not None else [])
    found = _study(export, sha256, mapping, wave, salt, client, options)
    if found.faults:
        raise ClientDataError(found.faults)
    return found


def _open(path: Path, client: Client, options: ImportOptions, before: Sequence[SurveyMapping]) -> tuple[Export, str]:
    """Return an export and the file's hash; where the file does not tell its encoding, what was said before counts."""
    try:
        if not path.is_file():
            raise UsageError(f"There is no file {path}. Name the export that the survey tool has made.")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}). Close it elsewhere, or copy it.") from error
    sha256 = hashlib.sha256(content).hexdigest()
    said = {mapping.encoding for mapping in before if mapping.encoding}
    try:
        return open_export(content, path.name, client, encoding=options.encoding or None), sha256
    except ClientDataError:
        if options.encoding or len(said) != 1:
            raise
        return open_export(content, path.name, client, encoding=said.pop()), sha256


def _study(
    export: Export,
    sha256: str,
    before: SurveyMapping | None,
    wave: str,
    salt: bytes,
    client: Client,
    options: ImportOptions,
) -> SurveyImport:
    """Return an export's mapping and its sheets, with whatever is wrong in them."""
    proposal = propose_mapping(
        export, client.instrument, lines=client.lines, before=before, fixed=_checked(options.fixed, client)
    )
    mapping = replace(
        proposal.mapping,
        codes=options.codes or proposal.mapping.codes,
        date_order=options.date_order or proposal.mapping.date_order,
        encoding=options.encoding or proposal.mapping.encoding,
        raw_sha256=sha256,
    )
    proposal = replace(proposal, mapping=mapping)
    if proposal.faults:
        return SurveyImport(export, proposal, None)
    return SurveyImport(
        export, proposal, make_sheets(export, mapping, wave, salt, client, form=options.form or "survey")
    )


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
    known += [name for entry in client.aliases for name in entry]
    wording = build_wording(instrument)

    def is_question(text: str) -> bool:
        return find_question([text], wording) is not None

    tokens = frozenset(map(squash, HEADERS))
    grids = read_grids(content, file, frozenset(known) | HEADERS, tokens, encoding=encoding)
    return lay_out_export(grids, is_question)


def _checked(fixed: Mapping[str, str], client: Client) -> dict[str, str]:
    """Return what is fixed, in the spelling of the registers."""
    from workbench.engagement.exports.matching import read_entry, register_values

    roles = [(role.id, role.name) for role in client.instrument.roles]
    registers: dict[str, Sequence[tuple[str, str]]] = {"role": roles, "product_line": client.lines}
    found = {}
    for column, value in fixed.items():
        if column not in registers:
            found[column] = " ".join(value.split())
            if not fits_text(found[column]):
                raise UsageError(
                    f"--{column} {value[:60]!r} is no name of a unit. Write it without special characters."
                )
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
    said = options or ImportOptions()
    for name_, value, known in (("codes", said.codes, CODES), ("date-order", said.date_order, ORDERS)):
        if value and value not in known:
            raise UsageError(f"--{name_} {value!r} is unknown. {nearest(value, known)} There are: {', '.join(known)}.")
    check_import_name(said.form, "--form")
    with alone_in(engagement_folder(name, root=root)):
        return _bring(Path(path), name, wave, salt, said, root)


def _bring(path: Path, name: str, wave: str, salt: bytes, said: ImportOptions, root: Path | None) -> ImportOutcome:
    """Import a file while nobody else does."""
    held = open_client(name, root)
    mappings = {
        form: read_mapping(saved) for form, saved in held.mappings.items() if saved.get("table", "survey") == "survey"
    }
    _check_salt(held.name, salt, mappings)
    export, sha256 = _open(path, held.client, said, list(mappings.values()))

    def study(form: str, before: SurveyMapping | None) -> SurveyImport:
        return _study(export, sha256, before, wave, salt, held.client, replace(said, form=form))

    form = said.form or _form_of(export, mappings, study)
    if form in held.mappings and form not in mappings:
        table = held.mappings[form]["table"]
        raise UsageError(f"imports.yaml keeps {form!r} for the table {table!r}. Say --form with another name.")
    options = replace(said, form=form)
    before = mappings.get(form)
    found = study(form, before)
    proposal, sheets, mapping = found.proposal, found.sheets, found.proposal.mapping
    is_known = (
        before is not None and before.confirmed_on != "" and not proposal.changes and _said(before) == _said(mapping)
    )
    proposed = mapping if is_known else replace(mapping, confirmed_on="")
    if sheets is None or found.faults:
        if proposal.is_of_instrument:
            save_mapping(held, form, proposed)
        raise ClientDataError((*found.faults, *_wave_faults(held, wave)))
    if not is_known and not options.confirm:
        save_mapping(held, form, proposed)
    faults = _wave_faults(held, wave)
    if faults:
        raise ClientDataError(faults)
    coding = coding_path(held.reports, held.name, wave)
    earlier = read_coding(coding) if coding.is_file() else ()
    sheets = _with_codes(sheets, earlier)
    survey, replaced = _place(held, mapping, sheets, wave, options)
    if not options.confirm and (not is_known or sheets.kept < replaced):
        return ImportOutcome(form, held.instrument, export, proposal, sheets, False, replaced)
    is_added = options.existing == "add"
    record = {
        "raw_sha256": mapping.raw_sha256,
        "read": sheets.read,
        "kept": sheets.kept,
        "roles": sorted({*sheets.roles, *(mapping.waves.get(wave, {}).get("roles", ()) if is_added else ())}),
    }
    day = dt.date.today().isoformat() if options.confirm else mapping.confirmed_on
    order = sheets.date_order if sheets.date_order in ORDERS[:2] else mapping.date_order
    mapping = replace(
        mapping,
        confirmed_on=day,
        date_order=order,
        salt_mark=salt_mark(held.name, salt),
        waves={**mapping.waves, wave: record},
    )
    files = {
        held.folder / SURVEY: write_survey(survey),
        held.folder / IMPORTS: imports_text(held, options.form, mapping),
    }
    to_code = _to_code(held, sheets, survey, earlier, salt)
    if to_code:
        files[coding] = coding_workbook(to_code)
    write_together(files)
    return ImportOutcome(
        options.form,
        held.instrument,
        export,
        replace(proposal, mapping=mapping),
        sheets,
        True,
        replaced,
        held.folder / SURVEY,
        coding if to_code else None,
    )


def _form_of(
    export: Export,
    mappings: Mapping[str, SurveyMapping],
    study: Callable[[str, SurveyMapping | None], SurveyImport],
) -> str:
    """Return the name of a form that nobody has named: the one with these headers, the role, or ``survey``.

    Forms go out by role and may have the same questions, so that the headers alone do not tell.
    """
    headers = {column.header for column in export.used_for("answers")}
    for form, before in mappings.items():
        if set(before.headers) == headers:
            sheets = study(form, before).sheets
            roles = {role for held in before.waves.values() for role in held["roles"]}
            if sheets is not None and (not roles or roles >= set(sheets.roles)):
                return form
    found = study("survey", None)
    role = found.proposal.mapping.fixed.get("role", "")
    roles = set(found.sheets.roles) if found.sheets is not None else set()
    return role or (roles.pop() if len(roles) == 1 else "survey")


def _said(mapping: SurveyMapping | None) -> tuple[Any, ...]:
    """Return what of a mapping a consultant confirms beside its headers."""
    if mapping is None:
        return ()
    return (mapping.vendor, dict(mapping.fixed), mapping.codes)


def _check_salt(engagement: str, salt: bytes, mappings: Mapping[str, SurveyMapping]) -> None:
    """Refuse another salt than the one that made the keys: everybody would seem to be somebody new."""
    mark = salt_mark(engagement, salt)
    faults = [
        Fault(
            IMPORTS,
            "",
            f"imports: {form}: salt_mark",
            f"{SALT} is not the one with which {', '.join(mapping.waves) or 'this form'} was imported",
            "the same salt in every wave, because with another nobody is met again.",
            "Set it to the one in the firm's password store. If that one is lost, delete the lines salt_mark: "
            "nobody of an earlier wave is met again.",
        )
        for form, mapping in mappings.items()
        if mapping.salt_mark not in ("", mark)
    ]
    if faults:
        raise ClientDataError(tuple(faults))


def _wave_faults(held: ClientFolder, wave: str) -> tuple[Fault, ...]:
    """Return the fault of a wave that the client's waves do not list."""
    waves = [str(key) for key in held.tables["waves"]["wave"]] if "waves" in held.tables else []
    if wave in waves:
        return ()
    file = held.tables.where("waves", None)[0] if waves else "waves.csv"
    known = f"the waves {', '.join(waves)}" if waves else "there is no table waves yet"
    remedy = f"{nearest(wave, waves)} Add a row to {file}, with its day: {wave},YYYY-MM-DD (columns wave,date)."
    fault = Fault(file, "", "", f"there is no wave {wave!r} ({known})", "a wave that waves lists.", remedy.strip())
    return (fault,)


def _place(
    held: ClientFolder, mapping: SurveyMapping, sheets: ImportedSheets, wave: str, options: ImportOptions
) -> tuple[SurveyText, int]:
    """Return the table with the sheets in it, and how many sheets of the wave they stand in for."""
    survey = held.survey() or SurveyText(sheets.columns, ())
    here = mapping.waves.get(wave)
    if here and not set(here["roles"]) & set(sheets.roles):
        here = None  # another form's file under this form's name
    ours = {*sheets.roles, *(mapping.waves.get(wave, {}).get("roles", ()))}
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


def _with_codes(sheets: ImportedSheets, earlier: Sequence[CodingRow]) -> ImportedSheets:
    """Return the sheets with the codes that their open answers have already, where the words are the same."""
    codes = {(held.row, held.text): held.codes for held in earlier if held.codes}
    rows = [dict(row) for row in sheets.rows]
    for answer in sheets.open_answers:
        if (answer.row, answer.text) in codes:
            rows[answer.sheet][answer.item] = codes[(answer.row, answer.text)]
    return replace(sheets, rows=tuple(rows))


def _to_code(
    held: ClientFolder, sheets: ImportedSheets, survey: SurveyText, earlier: Sequence[CodingRow], salt: bytes
) -> list[CodingRow]:
    """Return what is to be coded of a wave: these answers, and those of other forms whose sheets are still there."""
    items = [item.id for item in held.instrument.items if item.kind == "open"]
    codes = {(row.row, row.text): row.codes for row in earlier}
    new = [
        CodingRow(answer.row, answer.item, answer.text, codes.get((answer.row, answer.text), ""))
        for answer in sheets.open_answers
    ]
    places = open_rows(survey, items, held.name, salt)
    ours = {row["respondent"] for row in sheets.rows}
    people = {key: survey.key(survey.rows[place])[0] for key, (place, _) in places.items()}
    return [*new, *(row for row in earlier if row.row in people and people[row.row] not in ours)]
