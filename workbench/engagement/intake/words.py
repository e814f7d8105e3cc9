"""What clients call our columns, in English, German, French, Dutch and Spanish; the words of people, pay and totals.

Only what is certain stands here: a word that could be two columns is left to the consultant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

COLUMN_WORDS: Mapping[str, str] = {
    "product": "product; product key; product code; produkt; produktcode; produit; producto; artikel; sku; offering",
    "name": "name; bezeichnung; benennung; beschreibung; description; libellé; designation; désignation; title; "
    "titel; "
    "intitulé; omschrijving; naam; nombre; denominación; product name; produktname; line name; produktbezeichnung",
    "product_line": "product line; line; produktlinie; linie; sparte; geschäftsfeld; ligne de produits; gamme; "
    "productlijn; línea de productos; línea; business line; line of business; lob; segment; produktgruppe; "
    "spartenname",
    "product_manager": "product manager; line owner; produktmanager; produktverantwortlicher; "
    "linienverantwortlicher; "
    "chef de produit; productmanager; product owner of the line; responsable de ligne",
    "owner": "owner; verantwortlich; verantwortlicher; responsable; eigenaar; product owner; accountable; lead; "
    "product manager; produktmanager; produktmanagerin; produktverantwortlicher; chef de produit",
    "stage": "stage; phase; lebenszyklus; lifecycle; life cycle; cycle de vie; fase",
    "resource": "resource; ressource; resource type; resource name; ressourcenart; type de ressource; recurso; "
    "middel; kapazitätsart; skill group; job family; jobfamilie; stellengruppe; cost centre; cost center; "
    "kostenstelle; "
    "centre de coût; centre de coûts; kostenplaats; centro de coste; kst",
    "function": "function; funktion; fonction; functie; función; department; abteilung; bereich; direction; "
    "afdeling; "
    "departamento; ressort; service",
    "unit": "unit; uom; unit of measure; einheit; mengeneinheit; me; unité; eenheid; unidad; organisational unit; "
    "org unit; organisationseinheit; oe; team; bereich; abteilungsname; unité organisationnelle; équipe; equipo; "
    "department; abteilung",
    "capacity": "capacity; kapazität; verfügbar; available; capacité; capaciteit; capacidad; fte; vzä; vzk; vollzeit"
    "äquivalente; etp; headcount; mak; mitarbeiterkapazität; available fte; kapazität fte; budget; amount",
    "period": "period; periode; période; período; month; monat; mois; maand; mes; buchungsperiode; posting period; "
    "quarter; quartal; trimestre; year; jahr; année; jaar; año; geschäftsjahr; fiscal year; berichtsmonat",
    "unit_cost": "unit cost; cost per unit; stückkosten; kosten je einheit; kosten pro einheit; coût unitaire; "
    "kosten per eenheid; coste unitario; cost per fte; kosten je fte; vollkosten je fte; rate; kostensatz; "
    "full cost rate; "
    "satz; tarif; cost rate; kosten per fte; vollkostensatz",
    "step": "step; schritt; smallest step; kleinster schritt; pas; stap",
    "activity": "activity; aktivität; aktivitäten; activité; activiteit; actividad; massnahme; maßnahme",
    "use": "use; verwendung; nutzung; utilisation; gebruik; uso",
    "current": "current; today; aktuell; ist; heute; actuel; huidig; actual; level today; current level; actuals",
    "reference": "reference; referenz; bezug; référence",
    "minimum": "minimum; min; mindestens; untergrenze; mínimo; mindestmenge",
    "maximum": "maximum; max; höchstens; obergrenze; máximo; höchstmenge",
    "amount": "amount; betrag; menge; montant; bedrag; importe; cantidad; quantity; quantité; aantal; bedarf; need",
    "project": "project; projekt; projet; proyecto; project name; projektname; nom du projet; projectnaam; vorhaben; "
    "initiative; project title; projekttitel; projektbezeichnung; nombre del proyecto",
    "sponsor": "sponsor; auftraggeber; commanditaire; opdrachtgever; patrocinador; project sponsor; projektsponsor",
    "budget": "budget; approved budget; plan; plankosten; genehmigtes budget; budget approuvé; goedgekeurd budget; "
    "presupuesto; budgetiert; planned cost; total budget; gesamtbudget; budget total",
    "spent": "spent; ist; istkosten; actual cost; actuals; ausgegeben; verbraucht; dépensé; réalisé; besteed; "
    "gastado; "
    "spent to date; ist kosten; ist aufgelaufen; aufgelaufene kosten; cost to date; actual; réel; realisatie",
    "people": "people; fte; staff; mitarbeiter; köpfe; personen; etp; personnes; mensen; personas; team size; vzä; "
    "mitarbeitende; headcount; effectif",
    "ends": "ends; end; end date; planned end; ende; enddatum; geplantes ende; date de fin; fin; fin prévue; "
    "einddatum; "
    "fecha de fin; finish; go live; projektende; fecha fin; abschluss",
    "disposition": "disposition; verbleib; entscheidung projekt; what happens",
    "decision": "decision; nr; no; number; decision id; entscheidungsnummer; beschlussnummer; id; beschluss nr; "
    "lfd nr; "
    "décision no; beslissing nr; décision nº",
    "date": "date; datum; fecha; decided on; beschlossen am; date de décision; tag; day; entscheidungsdatum; jour",
    "by": "by; decided by; beschlossen von; entschieden von; gremium; décidé par; besloten door; decidido por; body; "
    "wer; decision maker; instance; due date",
    "what": "what; decision text; beschluss; entscheidung; inhalt; décision; objet; besluit; decisión; gegenstand; "
    "event; ereignis; événement; beschreibung; description; text",
    "scope": "scope; geltungsbereich; périmètre; bereik; ámbito; line; linie; produkt; product; product line; "
    "produktlinie; sparte",
    "kind": "kind; type; art; typ; soort; tipo; genre; kategorie; category",
    "measure": "measure; metric; kennzahl; messgröße; messgrösse; indicateur; kpi; indicador; maatstaf; "
    "position; konto; "
    "account; sachkonto; compte; rekening; cuenta",
    "value": "value; wert; valeur; waarde; valor; amount; betrag; montant; bedrag; importe; actual; ist; saldo; "
    "balance; "
    "worth; ledger value; solde",
    "source": "source; quelle; bron; fuente; origine; herkunft; system",
    "signed_off_by": "signed off by; freigegeben von; approved by; bestätigt von; validé par; goedgekeurd door",
    "role": "role; rolle; rôle; rol; función del puesto; job family; jobfamilie; job title; stelle; position; "
    "stellenbezeichnung; funktion; function; fonction; emploi; functie; puesto; job; jobtitel; berufsgruppe",
    "headcount": "headcount; head count; köpfe; anzahl mitarbeiter; mitarbeiterzahl; anzahl personen; effectif; "
    "effectifs; "
    "personeelsaantal; plantilla; hc; heads; number of people; number of employees; mitarbeitende; personen; people; "
    "mitarbeiter; anzahl",
    "planned": "planned; plan; geplant; planung; prévu; gepland; planificado; plan fte; planwert; budget; fte; amount",
    "outcome": "outcome; ergebnis; résultat; resultaat; resultado; output; wirkung",
    "level": "level; niveau; einsatz; stufe; nivel; input; effort; aufwand",
    "one_off_cost": "one off cost; one-off cost; einmalkosten; einmalige kosten; coût unique; eenmalige kosten",
    "yearly_cost": "yearly cost; annual cost; jährliche kosten; laufende kosten; coût annuel; jaarlijkse kosten",
    "avoidable_share": "avoidable share; abbaubar; abbaubarer anteil; part évitable; vermijdbaar deel; avoidable",
    "share": "share; anteil; part; aandeel; cuota; quote; percentage; prozent; allocation; schlüssel; quote part",
    "parent": "parent; übergeordnet; gehört zu; belongs to; parent key; product line; produktlinie; line; linie; "
    "sparte; "
    "value stream; wertstrom",
    "valid_from": "valid from; gültig ab; gueltig ab; valable dès; valide à partir du; geldig vanaf; "
    "válido desde; ab; from",
    "objective": "objective; ziel; objectif; doel; objetivo; strategic objective; strategisches ziel",
    "weight": "weight; gewicht; gewichtung; poids; gewicht %; peso; weging",
    "agreed_on": "agreed on; beschlossen am; vereinbart am; décidé le; afgesproken op; acordado el",
    "agreed_by": "agreed by; beschlossen von; vereinbart mit; gremium; décidé par; afgesproken met; acordado por",
    "is_money": "is money; in money; in geld; monetär; en argent; in geld uitgedrukt; en dinero",
    "note": "note; notiz; bemerkung; anmerkung; kommentar; comment; remarque; opmerking; comentario; nota",
    "rule": "rule; regel; règle; regla",
    "text": "text; wortlaut; texte; tekst; texto; rule text; comment",
    "customer": "customer; kunde; kundennummer; client; klant; cliente; customer id",
    "version": "version; versie; versión; szenario; actual/budget; plan/ist; wertart",
    "said_by": "said by; aussage von; selon; according to; laut",
    "said_on": "said on; gesagt am; stand; as of",
    "status": "status; statut; estado",
    "layer": "layer; coordinating function; stelle; ebene; stab; niveau de coordination",
    "work": "work; work type; arbeit; aufgabe",
    "approvals": "approvals; freigaben; genehmigungen; validations; goedkeuringen; aprobaciones",
    "their_name": "their name; client name; fremdname; name im system; source name; nom local; name there",
    "our_name": "our name; unser name; key; schlüssel; our key; notre nom",
}
"""Column of ours → what clients call it; the same words may stand for several, and the table decides."""

VERSIONS: Mapping[str, tuple[str, ...]] = {
    "actual": ("actual", "actuals", "ist", "réel", "realisatie", "real", "istwert", "act", "ac", "ist werte"),
    "budget": ("budget", "plan", "soll", "prévu", "begroting", "presupuesto", "pl", "bud", "plan werte", "planwert"),
    "forecast": (
        "forecast",
        "prognose",
        "fc",
        "hochrechnung",
        "erwartung",
        "vorschau",
        "prévision",
        "le",
        "voorspelling",
    ),
    "prior": ("prior", "prior year", "vorjahr", "vj", "py", "année précédente", "vorig jaar", "año anterior"),
}
"""Words beside a period → what our facts call the version."""


PERSON_WORDS = (
    "first name; last name; surname; given name; family name; forename; full name; employee; employee name; "
    "staff name; "
    "vorname; nachname; zuname; familienname; mitarbeitername; name vorname; vorname nachname; vor und nachname; "
    "name mitarbeiter; "
    "personalnummer; personal nr; personalnr; pers nr; persnr; mitarbeiternummer; employee id; employee number; "
    "staff id; payroll number; "
    "prénom; nom de famille; nom prénom; nom et prénom; nom du collaborateur; nom du salarié; matricule; "
    "salarié; collaborateur; voornaam; achternaam; "
    "medewerker; naam medewerker; personeelsnummer; apellido; apellidos; nombre y apellidos; empleado; "
    "nombre del empleado; dni; email; e mail; mail; "
    "e mail adresse; email address; courriel; correo; phone; telephone; telefon; mobile; handy; téléphone; "
    "date of birth; birth date; birthday; "
    "geburtsdatum; geburtstag; geb datum; date de naissance; geboortedatum; fecha de nacimiento; age; alter; "
    "gender; geschlecht; sexe; "
    "geslacht; sexo; address; adresse; anschrift; wohnort; home address; strasse; straße; "
    "social security number; ssn; "
    "sozialversicherungsnummer; nationality; nationalität; iban; bank account; marital status; familienstand; "
    "religion; manager name; "
    "line manager; vorgesetzter; vorgesetzte; supervisor; user; username; user id; initials; kürzel; "
    "kurzzeichen; anrede; titel anrede; bsn; person; personal id; "
    "eintrittsdatum; hire date; date of hire; entry date; date d'entrée; datum in dienst; position holder; "
    "stelleninhaber; employee no; emp id; emp no; worker; worker id; nom; mitarbeiter id"
)
PAY_WORDS = (
    "salary; base salary; annual salary; gross salary; pay; base pay; total pay; compensation; total compensation; "
    "remuneration; wage; wages; bonus; target bonus; hourly rate; pay grade; salary band; grade; gehalt; "
    "jahresgehalt; monatsgehalt; grundgehalt; "
    "bruttogehalt; jahresbrutto; brutto; lohn; stundenlohn; vergütung; verguetung; gesamtvergütung; entgelt; "
    "entgeltgruppe; tarifgruppe; "
    "gehaltsgruppe; gehaltsband; zulage; prämie; salaire; salaire brut; salaire annuel; rémunération; prime; "
    "salaris; "
    "brutosalaris; jaarsalaris; loon; beloning; salario; sueldo; salario bruto; retribución; "
    "personalkosten je mitarbeiter; gross pay; net pay; nettolohn; netto gehalt"
)
TOTAL_WORDS = (
    "total; totals; subtotal; sub total; grand total; sum; overall; summe; gesamt; gesamtsumme; gesamtergebnis; "
    "zwischensumme; "
    "teilsumme; insgesamt; endsumme; ergebnis; somme; total général; sous total; totaal; subtotaal; eindtotaal; "
    "suma; "
    "overall result; result; total general; totale; subtotale; summa; σ; ∑; ytd; gesamtjahr; full year; fy; "
    "jahr gesamt; année; all; alle"
)
_SUMS = r"total(?:s|e)?|totaal|summe|gesamt(?:summe|ergebnis)?|zwischensumme|sub[\s\-]?total"
_STARTS_TOTAL = re.compile(
    rf"^(?:{_SUMS}|grand[\s\-]total|subtotaal|overall result|result|summen|sous[\s\-]total|somme|suma|summa|σ|∑)"
    rf"(?=$|[\s:.\-–(])|(?:[\s\-–:,(])(?:{_SUMS}|ergebnis)[\s).:]*$",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"tot|result|su[bm]|som|gesamt|ergebnis|insg|over|année|jahr|year|ytd|all|fy|teil|[σ∑]", re.IGNORECASE
)
_PURE = re.compile(
    r"^(?:grand|sub)?[\s\-]?total(?:s|e)?[\s:.]*$|^(?:totaal|subtotaal|eindtotaal|summe|gesamt|gesamtsumme|gesamtergebnis|zwischensumme|teilsumme|"
    r"endsumme|insgesamt|total g[ée]n[ée]ral|total general|sous[\s\-]total|somme|suma|summa|overall|σ|∑)[\s:.]*$",
    re.IGNORECASE,
)
NOTE_STARTS = (
    *(
        "*",
        "†",
        "¹",
        "note",
        "notes",
        "source",
        "sources",
        "legend",
        "remark",
        "comment",
        "as of",
        "printed",
        "created",
        "exported",
    ),
    *("quelle", "hinweis", "anmerkung", "bemerkung", "legende", "stand", "erstellt", "gedruckt", "fußnote", "fussnote"),
    *(
        "remarque",
        "légende",
        "bron",
        "opmerking",
        "toelichting",
        "fuente",
        "nota",
        "1)",
        "2)",
        "3)",
        "a)",
        "(1)",
        "(*)",
        "applied filters",
    ),
)


def plain_words(text: str) -> str:
    """Return a header as our words are compared: small letters, no brackets with units, no signs.

    Examples
    --------
    >>> plain_words("Kosten je FTE [k€]"), plain_words("E-Mail"), plain_words("Cost-Centre:")
    ('kosten je fte', 'e mail', 'cost centre')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    without = re.sub(r"[(\[{][^)\]}]*[)\]}]", " ", folded)
    without = without if re.search(r"\w", without) else folded
    return " ".join(re.findall(r"[^\W_]+", without))


def split_words(words: str) -> tuple[str, ...]:
    """Return the entries of a list of words, as they are compared."""
    return tuple(dict.fromkeys(word for word in map(plain_words, words.split(";")) if word))


KNOWN: Mapping[str, tuple[str, ...]] = {column: split_words(words) for column, words in COLUMN_WORDS.items()}
PERSON, PAY = frozenset(split_words(PERSON_WORDS)), frozenset(split_words(PAY_WORDS))
TOTALS = frozenset(split_words(TOTAL_WORDS))
_PERSON_PARTS = (
    "vorname",
    "nachname",
    "surname",
    "firstname",
    "lastname",
    "geburts",
    "personalnummer",
    "prénom",
    "voornaam",
    "apellido",
    "mitarbeitername",
)
_PAY_PARTS = (
    "gehalt",
    "salary",
    "salaire",
    "salaris",
    "salario",
    "vergütung",
    "rémunération",
    "compensation",
    "lohn",
    "bonus",
    "entgelt",
)

HEADS = frozenset(entry for entries in (*KNOWN.values(), PERSON, PAY, TOTALS) for entry in entries)
"""All headers that we know, in small letters."""

ALL_WORDS = frozenset(
    word for entries in (*KNOWN.values(), PERSON, PAY, TOTALS) for entry in entries for word in entry.split()
)
"""Every single word that headers are made of; others may be anybody's name."""


def is_total(text: str) -> bool:
    """Return whether a row's or a column's name says that it adds up others.

    Examples
    --------
    >>> [is_total(text) for text in ("Total", "Summe Vertrieb", "Vertrieb gesamt", "Totally new", "Total:")]
    [True, True, True, False, True]
    """
    if _HINT.search(text) is None:
        return False
    bare = text.strip().lstrip("*#>=·-– \t")  # SAP marks its totals with asterisks
    return plain_words(bare) in TOTALS or _STARTS_TOTAL.search(bare) is not None


def is_pure_total(text: str) -> bool:
    """Return whether a name says nothing but that it adds up: ``Total``, ``Summe``."""
    return _PURE.match(text.strip().lstrip("*#>=·-– \t")) is not None


def is_note(text: str) -> bool:
    """Return whether a text below a table begins as a note does."""
    return text.strip().casefold().startswith(NOTE_STARTS)


def personal_kind(header: str) -> str:
    """Return ``person`` or ``pay`` for a header of personal data, empty otherwise.

    Examples
    --------
    >>> personal_kind("Vorname"), personal_kind("Jahresgehalt 2026 (EUR)"), personal_kind("Kostenstelle")
    ('person', 'pay', '')
    """
    words = plain_words(header)
    bare = " ".join(
        word
        for word in words.split()
        if not word.isdigit() and word not in ("eur", "usd", "chf", "gbp", "keur", "teur")
    )
    if bare in PAY or any(part in word for word in bare.split() for part in _PAY_PARTS):
        return "pay"
    if bare in PERSON or any(part in word for word in bare.split() for part in _PERSON_PARTS):
        return "person"
    return ""
