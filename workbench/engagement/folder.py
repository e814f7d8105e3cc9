"""One pass over a client's folder: files → raw tables → typed and validated rows, with every fault met on the way.

Settings come first, because they say how the tables are written; facts last, because the catalogue says what their
columns mean.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.cells import column_kind, convert
from workbench.engagement.columns import EXAMPLE_PREFIX, tidy_key
from workbench.engagement.documents import Document, read_yaml, validate
from workbench.engagement.mappings import Imports
from workbench.engagement.places import reports_folder
from workbench.engagement.read import RawTable, read_csv, read_parquet
from workbench.engagement.schema import SHEET_TABLES, TABLES, TableSpec
from workbench.engagement.settings import EngagementSettings, Scenario, Source, salvage_settings, settings_faults
from workbench.engagement.sheet_documents import build_metrics, build_scenarios, nest_settings
from workbench.engagement.table_rows import check_header, check_rows, frame_of, without_examples
from workbench.engagement.tables import InputFile, RefusedRows, Tables
from workbench.engagement.workbooks import open_workbook
from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engagement.facts import FactsFile

WORKBOOK = "engagement.xlsx"
IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini"})
DOCUMENTS = ("engagement.yaml", "imports.yaml", "metrics.yaml")
COMMENTARY = "commentary"
DEEPEST_INSTRUMENT = 3
"""Folders below ``instruments/``: the model's name, ``model``, the kind of file."""

FOLDERS = ("facts", "scenarios", "notebooks", "instruments")


class FolderReading:
    """One pass over a folder: what was read so far, and every fault met on the way."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.faults: list[Fault] = []
        self.files: list[InputFile] = []
        self.order: list[tuple[str, str]] = []
        self.raw: dict[str, RawTable] = {}
        self.known: dict[str, frozenset[str]] = {}
        self.refused: dict[str, RefusedRows] = {}
        self.ignored: dict[str, int] = {}
        self.has_notebooks = False
        self.frames: dict[str, pd.DataFrame] = {}
        self.settings: EngagementSettings | None = None
        self.sources: dict[str, Source] = {}
        self.documents: dict[str, Any] = {}
        self.origins: dict[str, Document] = {}
        self.facts: dict[str, FactsFile] = {}
        self._contents: dict[str, bytes] = {}
        self._found: dict[str, list[str]] = {}
        self._sheets: dict[str, str] = {}
        self._spare_sheets: dict[str, str] = {}
        self._unknown_sheets: dict[str, Fault] = {}
        self._fact_paths: dict[str, Path] = {}

    def tables(self) -> Tables:
        """Return what was read, as the pillars see it."""
        return Tables(
            self.frames, self.settings, self.documents, self.facts, self.root, self.raw, self.origins, self.refused
        )

    def read(self) -> None:
        """Read everything, settings first, because they say how the tables are written."""
        self._collect()
        workbook = None
        if WORKBOOK in self._contents:
            workbook, faults = open_workbook(self._contents[WORKBOOK], WORKBOOK)
            self.faults += faults
            if workbook is not None:
                self._name_sheets(workbook.sheets, workbook.hidden)
        self._workbook = workbook
        self._read_settings()
        if workbook is not None and self._sheet_of(COMMENTARY) is not None:
            workbook.cells_seen = {}
        claimed = {_sheet_key(source.sheet) for source in self.sources.values() if source.sheet}
        self.faults += [fault for name, fault in self._unknown_sheets.items() if name not in claimed]
        for spec in TABLES.values():
            self._read_table(spec)
        self._read_metrics()
        self._read_scenarios()
        self._read_imports()
        self._read_facts()
        self._tell_words_apart()

    def _tell_words_apart(self) -> None:
        """Note what notebooks can read of a workbook that also holds the consultant's words, which none reads."""
        seen = self._workbook.cells_seen if self._workbook is not None else None
        if seen is None:
            return
        told = {sheet: digest for sheet, digest in seen.items() if sheet != self._sheet_of(COMMENTARY)}
        for facts in self.facts.values():
            if facts.sheet:  # it may have come out of the cache, so that nobody saw its cells
                told[facts.sheet] = hashlib.sha256(facts.parquet.read_bytes()).hexdigest()
        read = hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()
        self.files = [replace(file, read=read) if file.path.lower() == WORKBOOK else file for file in self.files]

    # -- files -------------------------------------------------------------------------------------------------------

    def _fault(self, file: str, found: str, allowed: str, remedy: str, *, sheet: str = "", cell: str = "") -> None:
        self.faults.append(Fault(file, sheet, cell, found, allowed, remedy))

    def _collect(self) -> None:
        """Take in each file of the folder, or say why it is none of ours."""
        for path in sorted(self.folder.iterdir(), key=lambda entry: entry.name.lower()):
            name = path.name.lower()
            if self._is_lock(path) or name.startswith(".") or name in IGNORED_NAMES or name.startswith("readme"):
                continue
            if self._leads_out(path, path.name):
                continue
            if path.is_dir():
                if name in FOLDERS:
                    self._collect_folder(path, name)
                else:
                    hint = nearest(name, FOLDERS)
                    self._fault(f"{path.name}/", "an unknown folder", f"{', '.join(FOLDERS)}.", hint or "Move it away.")
                continue
            stem, _, suffix = name.rpartition(".")
            if name == WORKBOOK or name in DOCUMENTS or (suffix in ("csv", "parquet") and stem in TABLES):
                content = self._bytes(path, path.name)
                if content is not None:
                    self._contents[name] = content
                    if suffix in ("csv", "parquet"):
                        self._found.setdefault(stem, []).append(path.name)
                continue
            self._unknown_file(path.name, stem, suffix)

    def _unknown_file(self, name: str, stem: str, suffix: str) -> None:
        allowed = f"tables as .csv or .parquet ({', '.join(TABLES)}), {WORKBOOK}, {', '.join(DOCUMENTS)}."
        if suffix in ("xls", "xlsm", "xlsb", "ods", "xlsx"):
            remedy = f"Put its sheets into {WORKBOOK}, saved as .xlsx, or move it away."
        elif suffix == "yml" and f"{stem}.yaml" in DOCUMENTS:
            remedy = f"Rename it to {stem}.yaml."
        elif suffix in ("csv", "parquet"):
            remedy = nearest(stem, TABLES) or "Move it away; facts belong into facts/."
        elif suffix == "ipynb":
            allowed = "the client's own notebooks in its folder notebooks/, as NN_name.ipynb."
            self._fault(name, "a notebook outside notebooks/", allowed, f"Move it to notebooks/{name}.")
            return
        else:
            remedy = nearest(name, [*DOCUMENTS, WORKBOOK]) or "Move it away, or call it README-…."
        self._fault(name, "an unknown file", allowed, remedy)

    def _is_lock(self, path: Path) -> bool:
        name = path.name
        if name.startswith("~$") or (name.startswith(".~lock.") and name.endswith("#")):
            book = name[2:] if name.startswith("~$") else name[7:-1]
            self._fault(
                book,
                f"the workbook is open, or was not closed properly (there is a lock file {name})",
                "a workbook that is saved and closed, because what is not saved yet would be missing.",
                f"Save and close it, then check again. If nobody has it open, delete {name}.",
            )
            return True
        return False

    def _leads_out(self, path: Path, shown: str) -> bool:
        found = "a link to a place outside the folder"
        if _leads_in_a_circle(path):
            found = "a link to itself"
        elif path.resolve().is_relative_to(self.folder.resolve()):
            return False
        self._fault(shown, found, "files in the folder itself.", "Copy it here.")
        return True

    def _collect_instruments(self, folder: Path, shown: str) -> None:
        """Take in the client's own questionnaires: files, and folders in the layout of a published model."""
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name.lower()):
            name, place = path.name.lower(), f"{shown}/{path.name}"
            if self._is_lock(path) or name.startswith((".", "readme")) or name in IGNORED_NAMES:
                continue
            if self._leads_out(path, place):
                continue
            if path.is_dir() and shown.count("/") < DEEPEST_INSTRUMENT:
                self._collect_instruments(path, place)
            elif name.endswith((".yaml", ".yml", ".xlsx")) and path.is_file():
                content = self._bytes(path, place)
                if content is not None:
                    self.documents.setdefault("instruments", {})[place] = content
            elif "/" not in shown:  # a published model brings pictures and pages of its own
                self._fault(place, "an unknown file", ".yaml or .xlsx files, or a model's folder.", "Move it away.")

    def _collect_folder(self, folder: Path, kind: str) -> None:
        if kind == "instruments":
            self._collect_instruments(folder, folder.name)
            return
        suffixes = {"facts": ("csv", "parquet"), "scenarios": ("yaml",), "notebooks": ("ipynb",)}[kind]
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name.lower()):
            shown = f"{kind}/{path.name}"
            name = path.name.lower()
            if self._is_lock(path) or name.startswith(".") or name in IGNORED_NAMES or name.startswith("readme"):
                continue
            if self._leads_out(path, shown):
                continue
            suffix = name.rpartition(".")[2]
            if not path.is_file() or suffix not in suffixes:
                wanted = " or ".join(f".{suffix}" for suffix in suffixes)
                self._fault(shown, "an unknown file", f"{wanted} files.", "Move it away.")
                continue
            if kind == "notebooks" and not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name):
                self._fault(
                    shown, "a notebook without a number", "NN_name.ipynb, such as 25_churn.ipynb.", "Rename it."
                )
            self.has_notebooks = self.has_notebooks or kind == "notebooks"
            if kind == "facts":
                if path.stem.lower() in self._fact_paths:
                    self._fault(shown, "these facts are there twice", "one file a table.", "Delete one of the two.")
                    continue
                self._fact_paths[path.stem.lower()] = path
                self._note(shown, path)
                continue
            content = self._bytes(path, shown)
            if content is not None and kind == "scenarios":
                self._contents[shown] = content

    def _note(self, shown: str, path: Path) -> None:
        """Note a file's hash without holding it in memory."""
        total = hashlib.sha256()
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    total.update(block)
        except OSError as error:
            self._unreadable(shown, error)
            return
        self.files.append(InputFile(shown, path.stat().st_size, total.hexdigest()))

    def _bytes(self, path: Path, shown: str) -> bytes | None:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            self._fault(shown, "a pipe or a device", "a file.", "Copy the file itself here.")
            return None
        try:
            content = path.read_bytes()
        except OSError as error:
            self._unreadable(shown, error)
            return None
        self.files.append(InputFile(shown, len(content), hashlib.sha256(content).hexdigest()))
        return content

    def _unreadable(self, shown: str, error: OSError) -> None:
        is_locked = isinstance(error, PermissionError)
        self._fault(
            shown,
            "the file cannot be opened" + (": another program holds it, or you may not read it" if is_locked else ""),
            "a file that can be read.",
            "Close it in Excel and wherever else it is open, then check again."
            if is_locked
            else f"The system says: {error.strerror}. Copy it here again.",
        )

    # -- tables ------------------------------------------------------------------------------------------------------

    def _name_sheets(self, sheets: Sequence[str], hidden: frozenset[str]) -> None:
        """Note which sheet holds which table; a sheet that holds none is a fault."""
        for sheet in sheets:
            name = _sheet_key(sheet)
            if name == "readme" or name.startswith("readme_"):
                continue
            self.order.append((WORKBOOK, sheet))
            self._spare_sheets.setdefault(name, sheet)
            if name not in TABLES and name not in SHEET_TABLES and not re.fullmatch(r"facts_[a-z0-9_]+", name):
                self._unknown_sheets[name] = Fault(
                    WORKBOOK,
                    sheet,
                    "",
                    "an unknown sheet" + (", hidden" if sheet in hidden else ""),
                    f"README, {', '.join([*TABLES, *SHEET_TABLES])} or facts_<name>.",
                    nearest(name, [*TABLES, *SHEET_TABLES]) or "Delete the sheet, or move it to another workbook.",
                )
            elif name in self._sheets:
                found = f"the same table as sheet {self._sheets[name]}"
                self._fault(WORKBOOK, found, "one sheet a table.", "Delete one of the two.", sheet=sheet)
            else:
                self._sheets[name] = sheet

    def _read_raw(self, spec: TableSpec) -> RawTable | None:
        """Return the one table of this name among files and sheets, without example rows."""
        known = set(spec.columns)
        found: list[RawTable] = []
        for name in self._found.get(spec.name, []):
            self.order.append((name, ""))
            source = self.sources.get(spec.name)
            if name.lower().endswith(".csv"):
                encoding = source.encoding if source else None
                raw, faults = read_csv(self._contents[name.lower()], name, spec.name, known, encoding=encoding)
            else:
                raw, faults = read_parquet(self._contents[name.lower()], name, spec.name)
            self.faults += faults
            if raw is not None and not len(raw) and not faults:
                self._fault(name, "a header and no rows", "rows, or no file.", "Fill it, or delete it.", cell="row 2")
            if raw is not None:
                found.append(raw)
        sheet = self._sheet_of(spec.name)
        if sheet is not None and self._workbook is not None:
            raw, faults = self._workbook.read(sheet, spec.name, known)
            if raw is not None:
                before, raw = raw, self._without_examples(raw, spec)
                examples = set(before.row_numbers) - set(raw.row_numbers)
                faults = [fault for fault in faults if not _is_in(fault, examples)]
            self.faults += faults
            if raw is not None and len(raw):
                found.append(raw)
        if len(found) > 1:
            places = " and ".join(f"{raw.file}{f' (sheet {raw.sheet})' if raw.sheet else ''}" for raw in found)
            raw = found[-1]
            found_ = f"the table {spec.name} is there more than once: {places}"
            self._fault(
                raw.file, found_, "each table once.", "Keep the newer one and delete the other.", sheet=raw.sheet
            )
        raw = self._without_examples(found[0], spec) if found else None
        return raw if raw is not None and len(raw) else None

    def _without_examples(self, raw: RawTable, spec: TableSpec) -> RawTable:
        """Leave out rows of which a part of the key starts with ``example``, and count them."""
        kept = without_examples(raw, spec)
        if len(kept) < len(raw):
            self.ignored[spec.name] = self.ignored.get(spec.name, 0) + len(raw) - len(kept)
        return kept

    def _sheet_of(self, table: str) -> str | None:
        source = self.sources.get(table)
        if source and source.sheet:
            return self._spare_sheets.get(_sheet_key(source.sheet))
        return self._sheets.get(table)

    def _read_table(self, spec: TableSpec) -> list[Any]:
        """Read, type and validate one table; keep its valid rows as a frame. Return them too."""
        raw = self._read_raw(spec)
        if raw is None:
            return []
        fields = spec.columns
        can_read, faults = check_header(raw, spec)
        self.faults += faults
        if not can_read:
            return []
        values, faults = convert(
            raw, {k: v for k, v in fields.items() if k in raw.columns}, self.sources.get(spec.name)
        )
        self.faults += faults
        bad = {(fault.sheet, fault.cell) for fault in faults}
        for column in values:
            if column in fields and column_kind(fields[column]) == "text":
                keys = frozenset(tidy_key(value) for value in values[column] if value is not None)
                self.known[f"{spec.name}.{column}"] = keys
        held, faults = check_rows(raw, spec, values, bad)
        self.faults += faults
        if held.refused:
            self.refused[spec.name] = RefusedRows(raw.keep(list(held.refused)), tuple(held.refused.values()))
        self.raw[spec.name] = raw.keep(held.valid)
        self.frames[spec.name] = frame_of(spec, raw, values, held)
        return held.rows

    # -- documents ---------------------------------------------------------------------------------------------------

    def _read_settings(self) -> None:
        document = self._document("engagement.yaml", "engagement")
        if document is None:
            if "engagement.yaml" not in self._contents and "engagement" not in self._sheets:
                where = f"sheet engagement of {WORKBOOK}" if WORKBOOK in self._contents else "engagement.yaml"
                self._fault(
                    WORKBOOK if WORKBOOK in self._contents else "engagement.yaml",
                    "the settings are missing",
                    "at least name and as_of.",
                    f"Write {where}, such as name: Harbour Mutual and as_of: 2026-09-30.",
                )
            return
        self.origins["engagement"] = document
        content = document.content
        faults = settings_faults(document)
        settings, more = validate(document, EngagementSettings)
        told = {fault.cell for fault in faults}
        self.faults += faults + [fault for fault in more if fault.cell not in told or not fault.cell]
        self.settings = settings if settings is not None and not faults else salvage_settings(content)
        self.sources = dict(self.settings.sources)
        known = {*TABLES, *SHEET_TABLES}
        for table, source in self.sources.items():
            if table not in known and table not in self._fact_paths and f"facts_{table}" not in self._sheets:
                self.faults.append(
                    document.fault(
                        ("sources", table),
                        f"there is no table {table!r}",
                        "a table or a file of facts.",
                        nearest(table, [*known, *self._fact_paths]) or "Delete it.",
                    )
                )
            elif source.sheet and _sheet_key(source.sheet) not in self._spare_sheets:
                found = f"there is no sheet {source.sheet!r}"
                hint = nearest(source.sheet, self._spare_sheets.values())
                path = ("sources", table, "sheet")
                self.faults.append(document.fault(path, found, "a sheet of the workbook.", hint or "Correct it."))

    def _document(self, file: str, sheet: str) -> Document | None:
        """Return a YAML file, or the key-value sheet that stands in for it."""
        document = None
        if file in self._contents:
            self.order.append((file, ""))
            document, faults = read_yaml(self._contents[file], file)
            self.faults += faults
        if sheet in self._sheets and self._workbook is not None:
            raw, faults = self._workbook.read(self._sheets[sheet], sheet, ("key", "value"))
            self.faults += faults
            if raw is None or not {"key", "value"} <= set(raw.columns):
                if raw is not None:
                    found = f"the columns are {', '.join(raw.headers)}"
                    self._fault(WORKBOOK, found, "key, value.", "Name them so.", sheet=raw.sheet, cell="row 1")
                return document
            pairs = [
                (str(key).strip(), value, raw.place(row, "value"))
                for row, (key, value) in enumerate(zip(raw.cells["key"], raw.cells["value"], strict=True))
                if key is not None and not str(key).lower().startswith(EXAMPLE_PREFIX)
            ]
            if any(value is not None for _, value, _ in pairs):
                if file in self._contents:
                    self._twice(file, sheet)
                    return document
                document, faults = nest_settings(pairs, WORKBOOK)
                self.faults += faults
        return document

    def _twice(self, file: str, sheet: str) -> None:
        found = f"{file} and sheet {sheet} of {WORKBOOK} say the same things"
        self._fault(file, found, "one of the two.", f"Delete {file}, or empty the sheet.")

    def _read_metrics(self) -> None:
        rows = {
            name: [row.model_dump(by_alias=True) for row in self._read_table(SHEET_TABLES[name])]
            for name in ("fact_tables", "metrics", "targets", "forums")
        }
        if "metrics.yaml" in self._contents:
            self.order.append(("metrics.yaml", ""))
            document, faults = read_yaml(self._contents["metrics.yaml"], "metrics.yaml")
            self.faults += faults
            for sheet in (name for name, found in rows.items() if found):
                self._twice("metrics.yaml", sheet)
            if document is not None:
                self.origins["metrics"] = document
                self.documents["metrics"] = document.content
        elif any(rows.values()):
            content, paths, unread = build_metrics(*rows.values())
            lines = {}
            for path, (table, row, column) in paths.items():
                raw = self.raw[table]
                lines[path] = (raw.sheet, raw.place(row, column))
            for table, row, column, text in unread:
                self.faults.append(
                    self.raw[table].fault(
                        row,
                        column,
                        f"{text!r} is no condition",
                        "column = value, !=, >=, <=, >, <, in a|b, not in a|b or present, joined by ;",
                        "Rewrite it, such as: channel = phone; status in paid|shipped.",
                    )
                )
            self.origins["metrics"] = Document(WORKBOOK, "metrics", content, lines)
            self.documents["metrics"] = content

    def _read_scenarios(self) -> None:
        scenarios: dict[str, Any] = {}
        for file in (file for file in self._contents if file.startswith("scenarios/")):
            self.order.append((file, ""))
            document, faults = read_yaml(self._contents[file], file)
            self.faults += faults
            if document is None:
                continue
            scenario, faults = validate(document, Scenario)
            self.faults += faults
            name = Path(file).stem
            self.origins[f"scenarios/{name}"] = document
            if scenario is not None:
                scenarios[name] = scenario.model_dump(mode="json", exclude_unset=True)
        rows = [row.model_dump() for row in self._read_table(SHEET_TABLES["scenarios"])]
        built, paths, bad = build_scenarios(rows)
        for row, *words in bad:
            self.faults.append(self.raw["scenarios"].fault(row, "value", *words))
        for name, content in built.items():
            if name in scenarios:
                self._twice(f"scenarios/{name}.yaml", "scenarios")
            raw = self.raw["scenarios"]
            own = {(part, item): row for (held, part, item), row in paths.items() if held == name}
            names, values = (
                Document(raw.file, raw.sheet, content, {path: (raw.sheet, raw.place(own[path], at)) for path in own})
                for at in ("name", "value")
            )
            self.origins[f"scenarios/{name}"] = names
            scenario, faults = validate(values, Scenario)
            self.faults += faults
            if scenario is not None:
                scenarios[name] = scenario.model_dump(mode="json", exclude_unset=True)
        if scenarios:
            self.documents["scenarios"] = scenarios

    def _read_imports(self) -> None:
        if "imports.yaml" not in self._contents:
            return
        self.order.append(("imports.yaml", ""))
        document, faults = read_yaml(self._contents["imports.yaml"], "imports.yaml")
        self.faults += faults
        if document is not None:
            _, faults = validate(document, Imports)
            self.faults += faults
            self.origins["imports"] = document
            self.documents["imports"] = document.content

    # -- facts -------------------------------------------------------------------------------------------------------

    def _read_facts(self) -> None:
        sheets = {name[6:]: sheet for name, sheet in self._sheets.items() if name.startswith("facts_")}
        if not self._fact_paths and not sheets:
            return
        from workbench.engagement.facts import roles_of, work_roles
        from workbench.engagement.facts_cache import open_facts, open_facts_sheet
        from workbench.outcomes.work_tables import WORK_TABLES

        catalogue = self._catalogue()
        if catalogue is None and "metrics" in self.documents:
            return  # the catalogue's own faults say what to mend; without it no fact can be understood
        names = {table.name.lower(): table.name for table in catalogue.tables} if catalogue else {}
        cache = reports_folder(self.root) / "_cache" / self.folder.name
        hashes = {file.path: file.sha256 for file in self.files}
        for key in sorted({*self._fact_paths, *sheets}):
            path, sheet = self._fact_paths.get(key), sheets.get(key, "")
            shown = f"facts/{path.name}" if path else WORKBOOK
            self.order.append((shown, "" if path else sheet))
            if key not in names and key not in WORK_TABLES:
                where = "sheet fact_tables" if "fact_tables" in self.raw else "metrics.yaml, under tables:"
                self._fault(
                    shown,
                    f"no table of the catalogue is called {key!r}",
                    f"{', '.join(names)}." if names else "facts that the catalogue names.",
                    nearest(key, names) or f"Describe it in {where}; or take it away.",
                    sheet="" if path else sheet,
                )
                continue
            tables = catalogue.tables if catalogue else ()
            held = next((table.database for table in tables if table.name == names.get(key)), "")
            if held:
                found, remedy = f"the catalogue says that {key} lies in the database {held}", "Delete one of the two."
                self._fault(shown, found, "each table once.", remedy, sheet="" if path else sheet)
                continue
            if path and sheet:
                self._fault(shown, f"the facts are also in sheet {sheet}", "each table once.", "Delete one of the two.")
                continue
            name = names.get(key, key)
            roles = roles_of(catalogue, name) if catalogue and key in names else work_roles(name)
            source = self.sources.get(key)
            facts: FactsFile | None = None
            faults: list[Fault] = []
            if path is not None and shown in hashes:
                facts, faults = open_facts(name, path, shown, roles, cache, source, hashes[shown])
            elif path is None and self._workbook is not None:
                digest = hashlib.sha256(f"{hashes[WORKBOOK]}/{sheet}".encode()).hexdigest()
                facts, faults = open_facts_sheet(name, self._workbook, sheet, roles, cache, source, digest)
            self.faults += faults
            if facts is not None:
                self.facts[name] = facts

    def _catalogue(self) -> Any:
        """Return the catalogue with the ready-made lists it uses, or None where it has faults."""
        document = self.origins.get("metrics")
        if document is None:
            return None
        from workbench.engagement.catalogue_schema import parse_catalogue

        return parse_catalogue(document, self.root / "templates" / "metrics")[0]


def _leads_in_a_circle(path: Path) -> bool:
    try:
        path.stat()  # resolve() says nothing of it from Python 3.13 on
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _sheet_key(sheet: str) -> str:
    """Return the name of a sheet as the schema would write it."""
    return sheet.strip().lower().replace(" ", "_")


def _is_in(fault: Fault, rows: set[int]) -> bool:
    """Say whether a fault's cell lies in one of these rows."""
    match = re.fullmatch(r"[A-Z]{1,3}(\d+)", fault.cell)
    return match is not None and int(match.group(1)) in rows
