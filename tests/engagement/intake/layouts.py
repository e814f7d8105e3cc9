"""Sheets as Finance and HR send them, made from a known truth: traits in all combinations, several kinds of file."""

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
from openpyxl.styles import Alignment

MONTHS = {
    language: tuple(names.split())
    for language, names in (
        ("en", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
        ("de", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        ("fr", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
        ("nl", "jan feb mrt apr mei jun jul aug sep okt nov dec"),
        ("es", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    )
}
WORDS = {
    "en": {
        "resource": "Cost centre",
        "function": "Department",
        "product_line": "Product line",
        "project": "Project",
        "budget": "Approved budget",
        "spent": "Spent to date",
        "people": "FTE",
        "ends": "End date",
        "total": "Total",
        "capacity": "Capacity",
        "planned": "Planned",
        "sub": "Subtotal",
    },
    "de": {
        "resource": "Kostenstelle",
        "function": "Abteilung",
        "product_line": "Produktlinie",
        "project": "Projekt",
        "budget": "Genehmigtes Budget",
        "spent": "Ist-Kosten",
        "people": "Mitarbeiter",
        "ends": "Enddatum",
        "total": "Summe",
        "capacity": "Kapazität",
        "planned": "Geplant",
        "sub": "Zwischensumme",
    },
    "fr": {
        "resource": "Centre de coûts",
        "function": "Fonction",
        "product_line": "Ligne de produits",
        "project": "Projet",
        "budget": "Budget approuvé",
        "spent": "Dépensé",
        "people": "ETP",
        "ends": "Date de fin",
        "total": "Total",
        "capacity": "Capacité",
        "planned": "Prévu",
        "sub": "Sous-total",
    },
    "nl": {
        "resource": "Kostenplaats",
        "function": "Afdeling",
        "product_line": "Productlijn",
        "project": "Projectnaam",
        "budget": "Goedgekeurd budget",
        "spent": "Besteed",
        "people": "Mensen",
        "ends": "Einddatum",
        "total": "Totaal",
        "capacity": "Capaciteit",
        "planned": "Gepland",
        "sub": "Subtotaal",
    },
    "es": {
        "resource": "Centro de coste",
        "function": "Departamento",
        "product_line": "Línea de productos",
        "project": "Proyecto",
        "budget": "Presupuesto",
        "spent": "Gastado",
        "people": "Personas",
        "ends": "Fecha de fin",
        "total": "Suma",
        "capacity": "Capacidad",
        "planned": "Planificado",
        "sub": "Subtotal",
    },
}
LINES = {"motor": "Motor insurance", "home": "Home & contents", "life": "Life insurance"}


@dataclass(frozen=True)
class Traits:
    """How a sheet looks; each is one way in which real ones differ from ours."""

    base: str = "resources"
    kind: str = "xlsx"
    language: str = "de"
    titles: int = 4
    left: int = 0
    header: str = "one"  # one, two merged, two open, units row
    months: str = "names"  # names, days, iso, slashed, short year
    year: str = "header"  # header, title
    quarters: bool = False
    total_column: bool = True
    subtotals: bool = True
    total: bool = True
    blanks: bool = True
    headings: bool = False
    reprinted: bool = False
    notes: bool = True
    keys: str = "each"  # each, merged, first only
    numbers: str = "real"  # real, comma, point, minus behind, brackets, apostrophe
    scale: str = ""  # "", header, note, cell, format, divided
    people: bool = False
    hidden: str = ""  # "", sheet, spare column
    formulas: bool = False
    negative: bool = False
    comments: bool = False
    index: bool = False
    prior: bool = False
    order: int = 0


@dataclass
class Cell:
    """One cell: what it holds, and how Excel would show it."""

    value: Any = None
    number_format: str = ""
    formula: str = ""


@dataclass
class Page:
    """A sheet before it becomes a file."""

    rows: list[list[Cell]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    data_rows: list[int] = field(default_factory=list)

    def add(self, *values: Any) -> None:
        """Add a row of plain values."""
        self.rows.append([value if isinstance(value, Cell) else Cell(value) for value in values])


@dataclass(frozen=True)
class Truth:
    """What the sheet says: key → measures."""

    table: str
    rows: dict[tuple[str, ...], dict[str, Any]]


def make_truth(traits: Traits) -> Truth:
    """Return the truth of a layout, drawn from its number."""
    rng = random.Random(traits.order)  # noqa: S311 - layouts, no secrets
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    if traits.base == "projects":
        for number in range(9):
            rows[(f"Vorhaben {number + 1:02d}",)] = {
                "product_line": list(LINES)[number % 3],
                "budget": rng.randrange(80, 990) * 1000 + rng.randrange(0, 10) * 100,
                "spent": rng.randrange(10, 790) * 1000,
                "people": rng.randrange(2, 20),
                "ends": dt.date(2027, 1 + number, 13 + number),
            }
        return Truth("projects", rows)
    months = [f"2026-{number:02d}" for number in range(1, 13)]
    for number in range(8):
        for month in months:
            amount = rng.randrange(20, 900) * 1000 + rng.randrange(0, 10) * 100
            if traits.base == "resources":
                rows[f"{4710 + number} Stelle {chr(65 + number)}", month] = {
                    "function": ("IT", "Betrieb")[number // 4],
                    "capacity": amount,
                }
            else:
                line = list(LINES)[number % 3]
                rows["Finance", line, f"res-{number // 3}", month] = {"planned": amount}
    return Truth("resources" if traits.base == "resources" else "function_plans", rows)


def draw_traits(count: int = 60, seed: int = 20_261_122) -> list[Traits]:
    """Return so many different layouts, each trait often enough, always the same ones."""
    rng = random.Random(seed)  # noqa: S311 - layouts, no secrets
    found: list[Traits] = []
    for order in range(count):
        base = ("resources", "plans", "projects")[order % 3]
        kind = rng.choice(["xlsx", "xlsx", "xlsx", "csv;", "csv,", "csv16", "csv1252", "ods"])
        is_text = kind.startswith("csv")
        language = rng.choice(list(WORDS))
        styles = ["comma", "point", "minus behind", "brackets", "apostrophe", "whole comma", "whole point"]
        numbers = rng.choice(styles if is_text else ["real", "real", *styles[:4], *styles[5:]])
        scales = ["", "", "header", "note", "note below", "cell"]
        scale = rng.choice(scales if is_text or kind == "ods" else [*scales[1:], "format", "divided"])
        if scale in ("format", "divided"):
            numbers = "real"
        header = rng.choice(["one", "one", "two merged", "two open", "units row"])
        if header == "two merged" and kind != "xlsx":
            header = "two open"
        months = rng.choice(["names", "names", "days", "iso", "slashed", "short year"])
        if header.startswith("two"):
            months = "names"
        if months == "days" and scale == "header":
            scale = "note"  # a day cannot carry a unit, and a sheet that says none is not k€
        found.append(
            Traits(
                base,
                kind,
                language,
                rng.randrange(0, 7),
                rng.choice([0, 0, 1, 2]),
                header,
                months,
                rng.choice(["header", "title"]) if months == "names" and not header.startswith("two") else "header",
                rng.random() < 0.3,
                rng.random() < 0.6,
                rng.random() < 0.6,
                rng.random() < 0.8,
                rng.random() < 0.6,
                rng.random() < 0.3,
                rng.random() < 0.25,
                rng.random() < 0.6,
                rng.choice(["each", "each", "merged" if kind == "xlsx" else "each", "first only"]),
                numbers,
                scale,
                rng.random() < 0.3,
                rng.choice(["", "", "sheet", "spare column"]) if kind == "xlsx" else "",
                rng.random() < 0.3 and kind == "xlsx" and numbers == "real" and scale != "cell",
                rng.random() < 0.15,
                rng.random() < 0.25,
                rng.random() < 0.25,
                rng.random() < 0.2,
                order,
            )
        )
    return found


# -- the page ----------------------------------------------------------------------------------------------------------


def make_page(traits: Traits, truth: Truth) -> Page:
    """Return the sheet that says this truth in this layout."""
    page = _projects(traits, truth) if traits.base == "projects" else _months(traits, truth)
    if traits.scale == "note below":
        page.add()
        page.add("Beträge in Tsd. EUR")
    if traits.index and not traits.formulas:
        _number_rows(page, traits.left)
    if traits.comments and traits.hidden != "spare column":
        width = max(len(page.rows[number]) for number in page.header_rows)
        for number in page.header_rows[:1]:
            page.rows[number].extend(Cell() for _ in range(width - len(page.rows[number])))
            page.rows[number].append(Cell("Bemerkung"))
        for at, number in enumerate(page.data_rows):
            page.rows[number].extend(Cell() for _ in range(width - len(page.rows[number])))
            page.rows[number].append(Cell(("siehe Total 2025", None, "ab 3/2026", "alle Teams")[at % 4]))
    return page


def _number_rows(page: Page, left: int) -> None:
    """Put a column with running numbers before the table."""
    for number, row in enumerate(page.rows):
        if len(row) > left and number >= page.header_rows[0]:
            is_data = number in page.data_rows
            value = page.data_rows.index(number) + 1 if is_data else "Nr." if number == page.header_rows[0] else None
            row.insert(left, Cell(value))
    page.merged = [(top, start + 1, bottom, end + 1) for top, start, bottom, end in page.merged]
    page.hidden_columns = [column + 1 for column in page.hidden_columns]


def _amount(traits: Traits, value: float) -> Cell:
    """Return an amount as this sheet writes it."""
    value = -value if traits.negative else value
    if traits.scale in ("header", "note", "note below", "cell"):
        value = round(value / 1000, 4)
    if traits.scale == "format":
        return Cell(round(value / 1000, 4), '#,##0.0 "k€"')
    if traits.scale == "divided":
        return Cell(value, "#,##0.0,")
    if traits.numbers == "real" and traits.scale != "cell":
        return Cell(value)
    style = "comma" if traits.numbers == "real" else traits.numbers
    is_whole = style.startswith("whole") and float(value).is_integer()
    text = f"{abs(value):,.0f}" if is_whole else f"{abs(value):,.2f}"
    if style in ("comma", "minus behind", "whole comma"):
        text = text.replace(",", "_").replace(".", ",").replace("_", ".")
    elif style == "apostrophe":
        text = text.replace(",", "’")
    if value < 0:
        text = f"{text}-" if style == "minus behind" else f"({text})" if style == "brackets" else f"-{text}"
    return Cell(f"{text} k€" if traits.scale == "cell" else text)


def _titles(page: Page, traits: Traits) -> None:
    lines = [
        ["Bericht der Abteilung Controlling" + (" 2026" if traits.year == "title" else "")],
        ["Stand", "vorläufig"],
        [],
        ["Seite 1"],
        [],
        ["Vertraulich"],
    ]
    titles = lines[: traits.titles]
    if traits.year == "title" and not titles:
        titles = [lines[0], []]
    for line in titles:
        page.add(*line)
    if traits.scale == "note":
        page.add("Alle Angaben in TEUR")
        page.add()


def _month_header(traits: Traits, number: int) -> Any:
    name = MONTHS[traits.language][number - 1]
    year = "" if traits.year == "title" else " 2026"
    if traits.header.startswith("two"):
        return name
    return {
        "names": f"{name}{year}",
        "days": dt.date(2026, number, 1) if traits.kind in ("xlsx", "ods") else f"2026-{number:02d}",
        "iso": f"2026-{number:02d}",
        "slashed": f"{number:02d}/2026",
        "short year": f"{name} 26",
    }[traits.months]


def _months(traits: Traits, truth: Truth) -> Page:
    words = WORDS[traits.language]
    page = Page()
    _titles(page, traits)
    pad = [None] * traits.left
    people = ["Vorname", "Gehalt"] if traits.people else []
    keys = (
        [words["resource"], words["function"]]
        if traits.base == "resources"
        else [words["product_line"], words["resource"]]
    )
    plan: list[tuple[str, list[int]]] = []
    if traits.prior and not traits.header.startswith("two") and traits.year == "header":
        plan.append(("prior", []))
    for quarter in range(4):
        for month in range(3 * quarter + 1, 3 * quarter + 4):
            plan.append(("month", [month]))
        if traits.quarters:
            plan.append(("quarter", list(range(3 * quarter + 1, 3 * quarter + 4))))
    if traits.total_column:
        plan.append(("total", list(range(1, 13))))
    unit = " [k€]" if traits.scale == "header" and traits.header != "units row" else ""
    heads = []
    for what, months in plan:
        if what == "month":
            head = _month_header(traits, months[0])
            heads.append(f"{head}{unit}" if isinstance(head, str) else head)
        elif what == "prior":
            heads.append(f"2025{unit}")
        elif what == "quarter":
            suffix = "" if traits.header.startswith("two") or traits.year == "title" else " 2026"
            heads.append(f"Q{months[0] // 3 + 1}{suffix}{unit}")
        else:
            heads.append(f"{words['total']}{unit}")
    lead = [*keys, *people]
    if traits.header.startswith("two"):
        first = len(page.rows)
        upper: list[Any] = [*pad, *([None] * len(lead)), f"2026{unit}"]
        if traits.header == "two merged":
            upper[len(pad) : len(pad) + len(lead)] = lead
            page.add(*upper)
            page.add(*pad, *([None] * len(lead)), *heads)
            for place in range(len(lead)):
                page.merged.append((first, len(pad) + place, first + 1, len(pad) + place))
            start = len(pad) + len(lead)
            page.merged.append((first, start, first, start + len(heads) - 1 - traits.total_column))
        else:
            page.add(*upper)
            page.add(*pad, *lead, *heads)
    else:
        page.add(*pad, *lead, *heads)
        if traits.header == "units row":
            page.add(*pad, *([None] * len(lead)), *(["[k€]" if traits.scale == "header" else "[EUR]"] * len(heads)))
    header_at = len(page.rows) - (2 if traits.header == "units row" else 1)
    page.header_rows = [header_at - 1, header_at] if traits.header == "two merged" else [header_at]
    groups = _groups(traits, truth)
    first_data = len(page.rows)
    sums: list[dict[int, float]] = []
    for place, (group, names) in enumerate(groups):
        if traits.headings:
            page.add(*pad, f"Bereich {place + 1}")
        start = len(page.rows)
        total: dict[int, float] = {}
        for at, (key, second) in enumerate(names):
            values = {month: _value(truth, traits, key, second, month) for month in range(1, 13)}
            for month, value in values.items():
                total[month] = total.get(month, 0) + value
            lead_cells = _lead(traits, key, second, at)
            extra = ["Erika", 81_234 + at] if traits.people else []
            page.data_rows.append(len(page.rows))
            page.add(
                *pad, *lead_cells, *extra, *_line(traits, plan, values, page, len(pad) + len(lead_cells) + len(extra))
            )
        if traits.keys == "merged" and len(names) > 1:
            column = len(pad) + (1 if traits.base == "resources" else 0)
            page.merged.append((start, column, start + len(names) - 1, column))
        sums.append(total)
        if traits.subtotals:
            label = f"{words['sub']} {group}"
            page.add(*pad, label, *([None] * (len(lead) - 1)), *_line(traits, plan, total, page, 0))
        if traits.blanks:
            page.add()
        if traits.reprinted and place == 0:
            page.rows.append(list(page.rows[header_at]))
    if traits.total:
        grand = {month: sum(one[month] for one in sums) for month in range(1, 13)}
        page.add(*pad, words["total"], *([None] * (len(lead) - 1)), *_line(traits, plan, grand, page, 0))
    if traits.notes:
        page.add()
        page.add(*pad, "Quelle: SAP, Stand 1.8.2026")
    if traits.hidden == "spare column":
        for number, row in enumerate(page.rows):
            width = max(len(line) for line in page.rows[header_at : header_at + 2])
            if number == header_at or number >= first_data:
                row.extend(Cell() for _ in range(width - len(row)))
                row.append(Cell("intern" if number == header_at else None))
        page.hidden_columns.append(len(page.rows[header_at]) - 1)
    return page


def _groups(traits: Traits, truth: Truth) -> list[tuple[str, list[tuple[str, str]]]]:
    if traits.base == "resources":
        held: dict[str, list[tuple[str, str]]] = {}
        for (resource, _), row in truth.rows.items():
            names = held.setdefault(row["function"], [])
            if (resource, row["function"]) not in names:
                names.append((resource, row["function"]))
        return list(held.items())
    held = {}
    for _, line, resource, _ in truth.rows:
        names = held.setdefault(line, [])
        if (line, resource) not in names:
            names.append((line, resource))
    return list(held.items())


def _value(truth: Truth, traits: Traits, key: str, second: str, month: int) -> float:
    period = f"2026-{month:02d}"
    if traits.base == "resources":
        return truth.rows[key, period]["capacity"]
    return truth.rows["Finance", key, second, period]["planned"]


def _lead(traits: Traits, key: str, second: str, at: int) -> list[Any]:
    """Return the two names of a row; that of the group perhaps in its first row only."""
    if traits.base == "resources":
        group_blank = at > 0 and traits.keys != "each"
        return [key, None if group_blank else second]
    shown = LINES[key]
    return [None if at > 0 and traits.keys != "each" else shown, second]


def _line(
    traits: Traits, plan: list[tuple[str, list[int]]], values: dict[int, float], page: Page, at: int
) -> list[Cell]:
    cells = []
    for what, months in plan:
        value = sum(values[month] for month in months) if months else 123_400
        cell = _amount(traits, value)
        if what == "total" and traits.formulas and at:
            cell.formula = f"=SUM({openpyxl.utils.get_column_letter(at + 1)}{len(page.rows) + 1})"
        cells.append(cell)
    return cells


def _projects(traits: Traits, truth: Truth) -> Page:
    words = WORDS[traits.language]
    page = Page()
    _titles(page, traits)
    pad = [None] * traits.left
    unit = " (k€)" if traits.scale == "header" and traits.header != "units row" else ""
    people = ["Nachname", "Jahresgehalt"] if traits.people else []
    heads = [
        words["project"],
        words["product_line"],
        *people,
        f"{words['budget']}{unit}",
        f"{words['spent']}{unit}",
        words["people"],
        words["ends"],
    ]
    page.add(*pad, *heads)
    header_at = len(page.rows) - 1
    page.header_rows = [header_at]
    if traits.header == "units row":
        money = "[k€]" if traits.scale == "header" else "[EUR]"
        page.add(*pad, None, None, *([None] * len(people)), money, money, "[FTE]", None)
    names = list(truth.rows.items())
    names.sort(key=lambda held: (held[1]["product_line"], held[0]))
    before = ""
    for number, ((project,), row) in enumerate(names):
        if traits.headings and row["product_line"] != before:
            page.add(*pad, f"Sparte {number + 1}")
        before = row["product_line"]
        extra = ["Mustermann", 77_000 + number] if traits.people else []
        page.data_rows.append(len(page.rows))
        day: Any = row["ends"]
        if traits.kind.startswith("csv") or traits.months in ("slashed", "iso"):
            day = f"{row['ends']:%d.%m.%Y}" if traits.months != "iso" else row["ends"].isoformat()
        if traits.months == "names":
            day = f"{row['ends'].day}. {MONTHS[traits.language][row['ends'].month - 1].rstrip('.')} {row['ends'].year}"
        page.add(
            *pad,
            project,
            LINES[row["product_line"]],
            *extra,
            _amount(traits, row["budget"]),
            _amount(traits, row["spent"]),
            _people(traits, row["people"]),
            day,
        )
        if traits.blanks and number % 4 == 3:
            page.add()
        if traits.reprinted and number == 4:
            page.rows.append(list(page.rows[header_at]))
    if traits.total:
        total = [sum(row[name] for _, row in names) for name in ("budget", "spent")]
        page.add(
            *pad,
            words["total"],
            None,
            *([None] * len(people)),
            *(_amount(traits, value) for value in total),
            _people(traits, sum(row["people"] for _, row in names)),
            None,
        )
    if traits.notes:
        page.add()
        page.add(*pad, "* vorläufig")
    return page


def _people(traits: Traits, count: int) -> Cell:
    return Cell(str(count) if traits.kind.startswith("csv") else count)


# -- files -------------------------------------------------------------------------------------------------------------


def as_file(page: Page, traits: Traits) -> tuple[str, bytes]:
    """Return the name and the bytes of a file with this page."""
    if traits.kind == "xlsx":
        return "sheet.xlsx", as_xlsx(page, spare=traits.hidden == "sheet")
    if traits.kind == "ods":
        return "sheet.ods", as_ods(page)
    text = as_text(page, "," if traits.kind == "csv," else ";")
    encoding = {"csv16": "utf-16", "csv1252": "cp1252"}.get(traits.kind, "utf-8")
    return "sheet.csv", text.encode(encoding, "replace")


def as_xlsx(page: Page, *, name: str = "Tabelle1", spare: bool = False) -> bytes:
    """Return an Excel workbook, perhaps with a hidden sheet beside."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for number, row in enumerate(page.rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell.value is None:
                continue
            held = sheet.cell(number, column, cell.value)
            if cell.number_format:
                held.number_format = cell.number_format
            held.alignment = Alignment(horizontal="left")
    for top, left, bottom, right in page.merged:
        sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    for column in page.hidden_columns:
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column + 1)].hidden = True
    if spare:
        other = book.create_sheet("alt")
        other.append(["Kostenstelle", "Abteilung", "Jan 2026", "Feb 2026", "Projekt", "Budget", "Produktlinie"])
        other.append(["falsch", "falsch", 1, 2, "falsch", 3, "motor"])
        other.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return with_results(stream.getvalue(), page)


def with_results(content: bytes, page: Page) -> bytes:
    """Return a workbook whose cells have their formulas beside the results that Excel stored."""
    formulas = {
        f"{openpyxl.utils.get_column_letter(column + 1)}{number + 1}": cell.formula
        for number, row in enumerate(page.rows)
        for column, cell in enumerate(row)
        if cell.formula
    }
    if not formulas:
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            data = old.read(item)
            if item == "xl/worksheets/sheet1.xml":
                text = data.decode()
                for place, formula in formulas.items():
                    start = text.index(f'<c r="{place}"')
                    value = text.index("<v>", start)
                    text = f"{text[:value]}<f>{formula[1:]}</f>{text[value:]}"
                data = text.encode()
            new.writestr(item, data)
    return out.getvalue()


def as_text(page: Page, delimiter: str) -> str:
    """Return the page as CSV, as a spreadsheet writes it."""
    lines = []
    for row in page.rows:
        cells = []
        for cell in row:
            text = (
                ""
                if cell.value is None
                else cell.value.isoformat()
                if isinstance(cell.value, dt.date)
                else str(cell.value)
            )
            cells.append(f'"{text}"' if delimiter in text or '"' in text else text)
        lines.append(delimiter.join(cells))
    return "\r\n".join(lines) + "\r\n"


def as_ods(page: Page) -> bytes:
    """Return an OpenDocument spreadsheet."""
    lines = []
    for row in page.rows:
        cells = []
        for cell in row:
            value = cell.value
            kind, at = "string", ""
            if isinstance(value, dt.date):
                kind, at = "date", f' office:date-value="{value.isoformat()}"'
            elif isinstance(value, int | float):
                kind, at = "float", f' office:value="{value}"'
            text = f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
            full = f'<table:table-cell office:value-type="{kind}"{at}>{text}'
            cells.append("<table:table-cell/>" if value is None else full)
        lines.append(f"<table:table-row>{''.join(cells) or '<table:table-cell/>'}</table:table-row>")
    return ods_of("".join(lines))


def ods_of(rows: str, name: str = "Tabelle1") -> bytes:
    """Return an OpenDocument spreadsheet with these rows of XML."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet><table:table table:name={quoteattr(name)}><table:table-column/>{rows}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
        packed.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return stream.getvalue()
