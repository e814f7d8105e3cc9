"""Harbour Mutual's files as a client really sends them: ten files made from the clean sample's own tables.

What they say is the same to the last number; how they say it is not: headers in row 7, months across, subtotals,
hidden rows, k€, products under four spellings, German dates and numbers, people's names and pay.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pyarrow.parquet as pq
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from workbench.readiness.instrument import Instrument, options, routed

SEED = 20_261_005
Row = dict[str, str]

COSTS = "KST-Bericht_2026-09_FINAL(2).xlsx"
STAFF = "Mitarbeiterliste Stand 0926.xlsx"
CATALOGUE = "Produktkatalog 2026.ods"
PROJECTS = "PMO Projektliste.xlsx"
MARCH, SEPTEMBER = "Umfrage Maerz.csv", "Umfrage September(1-210).xlsx"
CLAIMS = "schaden_export_20261001.csv"
PLANS = "Planung 2027 v3.xlsx"
BALANCES = "Saldenbestätigung signiert.xlsx"
BUSINESS = "Vertrieb Service Strategie.xlsx"
FILES = (COSTS, STAFF, CATALOGUE, PROJECTS, MARCH, SEPTEMBER, CLAIMS, PLANS, BALANCES, BUSINESS)
"""What lies in the client's folder."""

GERMAN = {
    "motor-private": "KFZ Privat",
    "motor-fleet": "KFZ Flotte",
    "motor-bike": "Kraftrad",
    "motor-classic": "Oldtimer",
    "home-contents": "Hausrat",
    "home-buildings": "Wohngebäude",
    "home-renters": "Mieterschutz",
    "home-landlord": "Vermieterschutz",
    "life-term": "Risikoleben",
    "life-whole": "Kapitalleben",
    "life-keyperson": "Schlüsselkräfte",
    "pensions-private": "Privatrente",
    "pensions-group": "Betriebsrente",
    "pensions-drawdown": "Auszahlplan",
    "travel-single": "Einzelreise",
    "travel-annual": "Jahresreise",
    "commercial-property": "Firmensach",
    "commercial-liability": "Firmenhaftpflicht",
}
"""Our key → what the claims system calls the product: the second of four spellings."""

JOBS = {
    "product": "Produktmanagement",
    "builder": "Softwareentwicklung",
    "operations": "Sachbearbeitung",
    "support": "Stabsfunktion",
    "executive": "Leitung",
}
"""Our role → HR's job family."""

PMO_WORDS = {"motor": "Kraftfahrt"}
"""A line under a name that no list explains: somebody has to be asked."""

_MONTHS = ("Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
_FIRST = ("Anja", "Bernd", "Claudia", "Dirk", "Eva", "Frank", "Gerda", "Holger", "Ines", "Jörg", "Karin", "Lars")
_LAST = ("Abel", "Brinkmann", "Carstens", "Dierks", "Ehlers", "Freese", "Grabow", "Harms", "Iversen", "Jessen")


def read_clean(clean: Path, table: str) -> list[Row]:
    """Return a table of the clean sample, blanks as empty texts."""
    path = clean / f"{table}.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))
    rows = pq.read_table(clean / f"{table}.parquet").to_pylist()
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


def people_of(clean: Path) -> dict[str, str]:
    """Return the address of everybody who answered, by their key in the clean survey."""
    rng = random.Random(SEED)  # noqa: S311 - sample data
    keys = dict.fromkeys(row["respondent"] for row in read_clean(clean, "survey"))
    return {key: f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}.{key}@harbour-mutual.example".lower() for key in keys}


def make(folder: Path, clean: Path, instrument: Instrument) -> None:
    """Write the ten files into a folder.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.
    clean : Path
        The clean sample.
    instrument : Instrument
        What the survey asked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: Mapping[str, Callable[[Path], bytes]] = {
        COSTS: _costs,
        STAFF: _staff,
        CATALOGUE: _catalogue,
        PROJECTS: _projects,
        MARCH: lambda clean: _survey(clean, instrument, "2026-03", is_text=True),
        SEPTEMBER: lambda clean: _survey(clean, instrument, "2026-09", is_text=False),
        CLAIMS: _claims,
        PLANS: _plans,
        BALANCES: _balances,
        BUSINESS: _business,
    }
    for name, write in files.items():
        (folder / name).write_bytes(write(clean))


# -- cells -------------------------------------------------------------------------------------------------------------


def _number(text: str) -> float | int | None:
    if text == "":
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def _thousands(text: str) -> float | None:
    """Return an amount in k€."""
    return None if text == "" else float(text) / 1000


def _german(text: str, places: int = 2) -> str:
    """Return an amount as a German text: 1.234,50, with the minus behind."""
    shown = f"{abs(float(text)):,.{places}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{shown}-" if float(text) < 0 else shown


def _day(text: str) -> str:
    """Return a day as a German text: 30.06.2027."""
    return f"{dt.date.fromisoformat(text):%d.%m.%Y}" if text else ""


def _date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _month(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"{_MONTHS[day.month - 1]} {day:%y}"


def _lines(clean: Path) -> dict[str, str]:
    return {row["product_line"]: row["name"] for row in read_clean(clean, "lines")}


def _first_lines(clean: Path) -> dict[str, str]:
    """Return the line under which Finance lists a product."""
    found: dict[str, str] = {}
    for row in read_clean(clean, "memberships"):
        if row["kind"] == "product_line":
            found.setdefault(row["product"], row["parent"])
    return found


def _page(book: openpyxl.Workbook, title: str, titles: Sequence[str] = ()) -> Worksheet:
    sheet = book.create_sheet(title)
    for row, text in enumerate(titles, start=1):
        sheet.cell(row, 1, text).font = Font(bold=row == 1)
    return sheet


def _put(sheet: Worksheet, row: int, cells: Iterable[Any], *, left: int = 1, bold: bool = False) -> int:
    """Write a row; texts stay texts. Return the next row."""
    for column, value in enumerate(cells, start=left):
        if value is None or value == "":
            continue
        cell = sheet.cell(row, column, value)
        cell.font = Font(bold=bold)
        if isinstance(value, str):
            cell.data_type = "s"
    return row + 1


def _merge(sheet: Worksheet, row: int, first: int, last: int, text: str) -> None:
    sheet.cell(row, first, text).alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _saved(book: openpyxl.Workbook) -> bytes:
    book.remove(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# -- Finance -----------------------------------------------------------------------------------------------------------


def _costs(clean: Path) -> bytes:
    """Return the cost-centre report: resources with subtotals and a hidden row, premiums with months across."""
    book = openpyxl.Workbook()
    titles = ("Harbour Mutual VVaG – Controlling", "Kostenstellenbericht September 2026", "", "Erstellt: 01.10.2026")
    sheet = _page(book, "Kapazitäten", titles)
    row = _put(
        sheet, 7, ["Ressource", "Bereich", "ME", "Kapazität", "Vollkosten je FTE [k€]", "Kleinster Schritt"], bold=True
    )
    held = read_clean(clean, "resources")
    for function in dict.fromkeys(line["function"] for line in held):
        own = [line for line in held if line["function"] == function]
        for line in own:
            is_money = line["unit"] == "EUR"
            capacity = f"{_german(line['capacity'], 0)} €" if is_money else _number(line["capacity"])
            cells = [line["resource"], function, line["unit"], capacity, _thousands(line["unit_cost"])]
            row = _put(sheet, row, [*cells, _number(line["step"])])
        if len(own) > 1:
            total = sum(float(line["capacity"]) for line in own)
            row = _put(sheet, row, [f"Summe {function}", None, None, total], bold=True)
        if function == "HR":
            row = _put(sheet, row, ["contractors (bis 2025)", function, "people", 11, 140.0, 1])
            sheet.row_dimensions[row - 1].hidden = True
    _put(sheet, row + 1, ["Quelle: SAP CO, Vollkosten ohne Umlagen"])
    names = {line["product"]: line["name"] for line in read_clean(clean, "products")}
    premiums = read_clean(clean, "facts/premiums")
    measures = {"written_premium": "Written premium k€", "policies_at_start": "Policies at start", "lapses": "Lapses"}
    for title, version in (("Beitrag Ist", "actual"), ("Beitrag Plan", "budget")):
        _across(
            _page(book, title, (f"Beitrag und Bestand – {title[8:]}", "Werte in k€ bzw. Stück", "")),
            [line for line in premiums if line["version"] == version],
            measures,
            names,
            clean,
        )
    underwriting = read_clean(clean, "facts/underwriting")
    measures = {"earned_premium": "Earned premium k€", "claims_incurred": "Claims incurred k€"}
    _across(_page(book, "Technik", ("Technisches Ergebnis, brutto",)), underwriting, measures, names, clean)
    return _saved(book)


def _across(
    sheet: Worksheet, rows: Sequence[Row], measures: Mapping[str, str], names: Mapping[str, str], clean: Path
) -> None:
    """Write products below each other, and months across with their measures: header in rows 7 and 8, subtotals."""
    months = list(dict.fromkeys(row["month"] for row in rows))
    for at, month in enumerate(months):
        first = 3 + at * len(measures)
        _merge(sheet, 7, first, first + len(measures) - 1, _month(month))
    row = _put(sheet, 8, ["Sparte", "Produkt", *(list(measures.values()) * len(months))], bold=True)
    held = {(line["product"], line["month"]): line for line in rows}
    lines, of = _lines(clean), _first_lines(clean)
    products = list(dict.fromkeys(line["product"] for line in rows))
    sums: dict[str, list[float]] = {}
    for place, product in enumerate(products):
        cells: list[float | None] = []
        for month in months:
            line = held.get((product, month), {})
            for measure, header in measures.items():
                text = line.get(measure, "")
                cells.append(_thousands(text) if "k€" in header else _number(text))
        name = of.get(product, "")
        code = 4701 + 10 * list(names).index(product)
        row = _put(sheet, row, [lines.get(name, ""), f"{code} {names.get(product, product)}", *cells])
        total = sums.setdefault(name, [0.0] * len(cells))
        sums[name] = [before + (now or 0) for before, now in zip(total, cells, strict=True)]
        if place + 1 == len(products) or of.get(products[place + 1], "") != name:
            row = _put(sheet, row, [f"Summe {lines.get(name, '')}", None, *sums.pop(name)], bold=True)
    sheet.freeze_panes = "C9"


# -- HR ----------------------------------------------------------------------------------------------------------------


def _staff(clean: Path) -> bytes:
    """Return the list of staff: a row a person with name, birthday and pay, below merged headers."""
    rng = random.Random(SEED + 1)  # noqa: S311 - sample data
    book = openpyxl.Workbook()
    sheet = _page(book, "Personal", ("Personalliste – streng vertraulich", "Stichtag 31.08.2026"))
    _merge(sheet, 4, 1, 4, "Person")
    _merge(sheet, 4, 5, 7, "Organisation")
    _merge(sheet, 4, 8, 9, "Vergütung")
    header = ["Personalnr.", "Nachname", "Vorname", "Geburtsdatum", "Abteilung", "Jobfamilie", "Sparte"]
    row = _put(sheet, 5, [*header, "Jahresgehalt EUR", "Bonus EUR"], bold=True)
    lines, number = _lines(clean), 10_400
    for group in read_clean(clean, "population"):
        for _ in range(int(group["headcount"])):
            number += rng.randint(1, 9)
            born = dt.date(1962, 1, 1) + dt.timedelta(days=rng.randrange(13_000))
            person = [number, rng.choice(_LAST), rng.choice(_FIRST), born]
            place = [group["unit"], JOBS[group["role"]], lines.get(group["product_line"], "")]
            row = _put(sheet, row, [*person, *place, rng.randrange(41_000, 98_000, 100), rng.randrange(0, 9_000, 50)])
    _put(sheet, row + 1, ["Quelle: SAP HCM"])
    return _saved(book)


# -- the product register ----------------------------------------------------------------------------------------------


def _catalogue(clean: Path) -> bytes:
    """Return the product register in OpenDocument: products, lines, what belongs where, other names."""
    stages = {"explore": "Erkunden", "grow": "Wachstum", "sustain": "Bestand", "retire": "Auslauf"}
    products = [["Produktregister, Stand Juni 2026"], [], ["Produkt", "Bezeichnung", "Lebenszyklus", "Verantwortlich"]]
    for row in read_clean(clean, "products"):
        products.append([row["product"], row["name"], stages[row["stage"]], row["owner"]])
    lines = [["Produktlinie", "Bezeichnung", "Produktmanager"]]
    lines += [[row["product_line"], row["name"], row["product_manager"]] for row in read_clean(clean, "lines")]
    header = ["Produkt", "Art", "Gehört zu", "Anteil %", "Gültig ab", "Aussage von", "Gesagt am", "Status"]
    belongs: list[list[Any]] = [["Zuordnung der Produkte"], header]
    for row in read_clean(clean, "memberships"):
        share = None if row["share"] == "" else round(float(row["share"]) * 100, 6)
        said = [row["said_by"], _day(row["said_on"]), row["status"]]
        belongs.append([row["product"], row["kind"], row["parent"], share, _day(row["valid_from"]), *said])
    names = [["Schlüssel Schadensystem", None], ["Name im System", "Schlüssel"]]
    names += [[theirs, ours] for ours, theirs in GERMAN.items()]
    return _ods({"Produkte": products, "Linien": lines, "Zuordnung": belongs, "Schlüsselliste": names})


def _ods(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    body = ""
    for name, rows in sheets.items():
        body += f"<table:table table:name={quoteattr(name)}><table:table-column/>"
        for row in rows:
            body += f"<table:table-row>{''.join(map(_ods_cell, row)) or '<table:table-cell/>'}</table:table-row>"
        body += "</table:table>"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", f'<?xml version="1.0"?><m:manifest xmlns:m="{space}"/>')
    return stream.getvalue()


def _ods_cell(value: Any) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, float | int):
        return f'<table:table-cell office:value-type="float" office:value="{value:g}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


# -- projects ----------------------------------------------------------------------------------------------------------


def _projects(clean: Path) -> bytes:
    """Return the list of projects with numbers and days typed as German texts, by line, with subtotals."""
    words = {"absorb": "übernehmen", "finish": "abschließen", "stop": "einstellen"}
    book = openpyxl.Workbook()
    sheet = _page(book, "Projekte", ("Projektliste", "Beträge in EUR"))
    sheet.column_dimensions["B"].hidden = True
    header = ["Projekt", "Interne Notiz", "Auftraggeber", "Sparte", "Genehmigtes Budget", "Ist-Kosten", "Mitarbeiter"]
    row = _put(sheet, 4, [*header, "Geplantes Ende", "Verbleib"], bold=True)
    lines = _lines(clean)
    held = read_clean(clean, "projects")
    for line in dict.fromkeys(project["product_line"] for project in held):
        own = [project for project in held if project["product_line"] == line]
        for project in own:
            money = [_german(project["budget"]), _german(project["spent"])]
            head = [project["project"], "siehe Akte", project["sponsor"], PMO_WORDS.get(line, lines.get(line, ""))]
            tail = [int(project["people"]), _day(project["ends"]), words[project["disposition"]]]
            row = _put(sheet, row, [*head, *money, *tail])
        sums = [_german(str(sum(float(p[name]) for p in own))) for name in ("budget", "spent")]
        people = sum(int(project["people"]) for project in own)
        row = _put(sheet, row, [f"Zwischensumme {lines.get(line, 'übergreifend')}", *[None] * 3, *sums, people]) + 1
    return _saved(book)


# -- the survey --------------------------------------------------------------------------------------------------------


def _survey(clean: Path, instrument: Instrument, wave: str, *, is_text: bool) -> bytes:
    """Return the export of Microsoft Forms of one wave."""
    addresses = people_of(clean)
    roles = {role.id: role.name for role in instrument.roles}
    lines = _lines(clean)
    asked = [item for item in instrument.items]
    rows = read_clean(clean, "survey")
    reasons = [item.id for item in asked if f"{item.id}_reason" in rows[0]]
    header = ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time"]
    header += ["My role", "The product line I answer for", "My team or department"]
    for item in asked:
        header.append(item.statement)
        header += [f"Why does this not apply? {item.statement}"] if item.id in reasons else []
    table: list[list[Any]] = [header]
    start = dt.datetime(2026, 3, 3, 8, 0) if wave == "2026-03" else dt.datetime(2026, 9, 1, 8, 0)
    labels = {item.id: {o.value: o.label for o in options(instrument, item)} for item in asked}
    for number, row in enumerate((row for row in rows if row["wave"] == wave), start=1):
        begun = start + dt.timedelta(minutes=37 * number)
        ended = begun + dt.timedelta(seconds=int(row["seconds"]))
        who = addresses[row["respondent"]]
        name = " ".join(part.title() for part in who.split("@")[0].split(".")[:2])
        moments = [f"{m.month}/{m.day}/{m:%y} {m.hour}:{m:%M:%S}" if is_text else m for m in (begun, ended)]
        cells: list[Any] = [number, *moments, who, name, None, roles[row["role"]]]
        cells += [lines.get(row["product_line"], "The whole organisation"), row["unit"]]
        for item in asked:
            value = row.get(item.id, "")
            if item.kind == "open":
                cells.append(open_answer(value) if item.id in routed(instrument, row["role"]) else None)
            else:
                cells.append(labels[item.id][value] if value else None)
            cells += [row[f"{item.id}_reason"] or None] if item.id in reasons else []
        table.append(cells)
    if is_text:
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\r\n").writerows([["" if c is None else c for c in row] for row in table])
        return stream.getvalue().encode("utf-8-sig")
    book = openpyxl.Workbook()
    sheet = _page(book, "Sheet1")
    for at, cells in enumerate(table, start=1):
        _put(sheet, at, cells)
    return _saved(book)


def open_answer(codes: str) -> str | None:
    """Return what somebody wrote where the clean survey holds codes."""
    if not codes:
        return None
    if codes == "cannot name any":
        return "I cannot name any"
    return ", ".join(code.replace("-", " ") for code in codes.split(";"))


def open_codes(text: str) -> str:
    """Return the codes that a consultant gives to such an answer."""
    return ";".join(part.strip().replace(" ", "-") for part in text.split(","))


# -- the claims system -------------------------------------------------------------------------------------------------


def _claims(clean: Path) -> bytes:
    """Return the export of the claims system: semicolons, German days, yes and no, its own names, old letters."""
    found = pq.read_table(clean / "facts" / "claims.parquet").to_pydict()
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    header = ["Claim ID", "Settled on", "Produkt", "Channel", "Customer", "Days to settle", "Straight through"]
    writer.writerow([*header, "Paid EUR"])
    rows = zip(*found.values(), strict=True)
    days: dict[Any, str] = {}
    for number, day, product, channel, customer, length, is_through, paid in rows:
        shown = days.setdefault(day, _day(str(day)[:10]))
        through = "ja" if is_through else "nein"
        name = GERMAN.get(product, product)
        writer.writerow([number, shown, name, channel, customer, length, through, f"{paid},00"])
    return stream.getvalue().encode("cp1252")


# -- plans and balances ------------------------------------------------------------------------------------------------


def _plans(clean: Path) -> bytes:
    """Return the plans: a block for each function on one sheet, and what each line needs on another, in k€."""
    book = openpyxl.Workbook()
    sheet = _page(book, "Planung")
    row, lines = 1, _lines(clean)
    plans = read_clean(clean, "function_plans")
    for function in dict.fromkeys(line["function"] for line in plans):
        row = _put(sheet, row, [f"Planung {function} 2027"], bold=True)
        is_money = function == "Marketing"
        row = _put(sheet, row, ["Produktlinie", "Ressource", "Geplant k€" if is_money else "Geplant"], bold=True)
        own = [line for line in plans if line["function"] == function]
        for line in own:
            planned = _thousands(line["planned"]) if is_money else _number(line["planned"])
            row = _put(sheet, row, [lines[line["product_line"]], line["resource"], planned])
        total = sum(float(line["planned"]) for line in own) / (1000 if is_money else 1)
        row = _put(sheet, row, ["Summe", None, total]) + 2
    sheet = _page(book, "Grundbedarf", ("Was eine Sparte braucht, solange sie läuft",))
    row = _put(sheet, 3, ["Sparte", "Ressource", "Bedarf"], bold=True)
    before = ""
    for line in read_clean(clean, "needs"):
        name = lines[line["product_line"]]
        amount = f"{_german(line['amount'], 0)} €" if float(line["amount"]) > 1000 else _number(line["amount"])
        row = _put(sheet, row, [name if name != before else None, line["resource"], amount])
        before = name
    return _saved(book)


def _balances(clean: Path) -> bytes:
    """Return the signed balances: a letter laid out on a sheet."""
    book = openpyxl.Workbook()
    sheet = _page(book, "Blatt1")
    sheet.cell(2, 2, "Harbour Mutual VVaG, Leiter Controlling")
    sheet.cell(4, 2, "Saldenbestätigung zum 31. August 2026").font = Font(bold=True, size=14)
    sheet.cell(6, 2, "Wir bestätigen die folgenden Salden des Hauptbuchs und der Personalstatistik.")
    lines = _lines(clean)
    row = _put(sheet, 9, ["Kennzahl", "Sparte", "Periode", "Betrag", "Quelle"], left=2, bold=True)
    for line in read_clean(clean, "control_totals"):
        period = f"{_MONTHS[int(line['period'][5:]) - 1]} {line['period'][:4]}"
        name = lines.get(line["scope"], "")
        row = _put(sheet, row, [line["measure"], name, period, _german(line["value"], 0), line["source"]], left=2)
    sheet.cell(row + 2, 2, "gez. Leiter Controlling, Hafenstadt, 4. September 2026")
    return _saved(book)


# -- sales, service and strategy ---------------------------------------------------------------------------------------


def _business(clean: Path) -> bytes:
    """Return one workbook of many departments: quotes, calls, prices, opinions, signals, and the board's papers."""
    book = openpyxl.Workbook()
    code = str.upper

    def listed(title: str, table: str, headers: Mapping[str, str], titles: Sequence[str] = ()) -> Worksheet:
        sheet = _page(book, title, titles)
        row = _put(sheet, len(titles) + 2 if titles else 1, headers.values(), bold=True)
        for line in read_clean(clean, table):
            row = _put(sheet, row, [cell_of(name, line[name]) for name in headers])
        return sheet

    def cell_of(name: str, text: str) -> Any:
        if name == "product":
            return code(text).replace("-", "_")
        if name in ("month", "answered_on", "date") or name in _DAYS:
            return _date(text)
        if name in _NUMBERS:
            return _number(text)
        if name in _MONEY:
            return _german(text, 0)
        return text

    facts = {"month": "Month", "product": "Product"}
    listed(
        "Angebote",
        "facts/quotes",
        {**facts, "channel": "Channel", "quotes": "Quotes", "policies_sold": "Policies sold"},
    )
    listed("Anrufe", "facts/service", {**facts, "calls": "Calls", "mean_wait_seconds": "Mean wait (seconds)"})
    listed("Preisindex", "facts/prices", {**facts, "index": "Index"}, ("Markt = 100",))
    listed(
        "Befragung",
        "facts/voice",
        {
            **{"answer_id": "Answer ID", "answered_on": "Answered on", "product": "Product", "customer": "Customer"},
            **{"recommend": "Recommend", "satisfied": "Satisfied"},
        },
    )
    listed("Signale", "feedback", {name: name.title() for name in ("signal", "product", "channel", *_DAYS_OF_SIGNALS)})
    titles = ("Vorstandsvorlage – Ziele 2027", "Beschluss vom 8. September 2026")
    agreed = {"agreed_on": "Beschlossen am", "agreed_by": "Gremium"}
    listed("Ziele", "objectives", {"objective": "Ziel", "weight": "Gewicht", "is_money": "In Geld", **agreed}, titles)
    decided = {"decision": "Nr", "date": "Datum", "by": "Gremium", "product_line": "Sparte", "what": "Beschluss"}
    listed("Beschlüsse", "decisions", decided, ("Beschlüsse des Vorstands",))
    listed("Ereignisse", "events", {"date": "Datum", "scope": "Bereich", "what": "Ereignis", "kind": "Art"})
    closing = {"product_line": "Sparte", "one_off_cost": "Einmalkosten", "yearly_cost": "Laufende Kosten"}
    closing |= {"avoidable_share": "Abbaubar", "note": "Bemerkung"}
    listed("Schließung", "closing", closing, ("Was es kostet, eine Sparte zu schließen (EUR)",))
    return _saved(book)


_DAYS = frozenset(("raised", "seen", "decided", "shipped", "checked", "told", "agreed_on"))
_DAYS_OF_SIGNALS = ("raised", "seen", "decided", "decision", "shipped", "checked", "told")
_NUMBERS = frozenset(
    (
        *("quotes", "policies_sold", "calls", "mean_wait_seconds", "index", "answer_id", "customer", "recommend"),
        *("satisfied", "weight", "avoidable_share"),
    )
)
_MONEY = frozenset(("one_off_cost", "yearly_cost"))
