"""From a client's tables to what readiness is computed from; and every fault that only the instrument can tell.

The instrument is one of ours or the client's own (`workbench.engagement.instruments`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import ClientDataError, Fault, ModelError, nearest
from workbench.findings import Off

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engagement.load import Tables
    from workbench.readiness import ReadinessInputs, Settings
    from workbench.readiness.inputs import Answers
    from workbench.readiness.instrument import Instrument, Item

REASON = "_reason"
UNMET = "_unmet"
"""Column beside an item that has criteria: the numbers of those that do not hold, joined by ``;``."""

FIXED_COLUMNS = ("respondent", "wave", "unit", "role", "product_line", "seconds")
NEEDED = ("survey", "waves", "lines")
OTHER_SOURCES = ("interviews", "evidence")
"""Tables that speak without a survey: they give a hint, no verdict."""

NO_LEVEL = float("nan")


def build_readiness(tables: Tables) -> ReadinessInputs | Off:
    """Return the inputs of readiness, or Off where there is neither a survey nor another source.

    Parameters
    ----------
    tables : Tables
        Checked: `check_readiness` found no fault.
    """
    from workbench.readiness import ReadinessInputs

    missing = tuple(name for name in NEEDED if name not in tables or tables[name].empty)
    has_others = any(name in tables and not tables[name].empty for name in OTHER_SOURCES)
    if "lines" in missing or (missing and not (has_others and "survey" in missing)):
        return Off("readiness", "Whether the move from project to product has happened cannot be said.", missing)
    instrument = read_instrument(tables)
    answers = () if missing else _waves(tables, instrument)
    if not any(_has_answers(held) for held in answers[-1:]):
        if not has_others:
            return Off("readiness", "The latest survey wave holds no answer.", ("survey",))
        answers = ()
    return ReadinessInputs(
        instrument=instrument,
        answers=answers,
        lines=tuple((row["product_line"], row["name"]) for row in _records(tables["lines"])),
        settings=readiness_settings(tables),
        targets=_targets(tables),
        layers=_layers(tables),
        interviews=tables.get("interviews"),
        evidence=tables.get("evidence"),
        projects=tables.get("projects"),
    )


def check_readiness(tables: Tables) -> list[Fault]:
    """Return every fault that only the instrument can tell.

    Unknown item columns, levels outside the scale, unknown codes of an open item's answers, roles and groups that the
    instrument or the population does not know, targets and evidence for items that do not exist.

    Parameters
    ----------
    tables : Tables
        Whatever could be read of them.
    """
    if not {"survey", "population", "interviews", "evidence", "readiness_targets"} & set(tables):
        return []
    try:
        instrument = read_instrument(tables)
    except ClientDataError as error:
        return list(error.faults)
    except ModelError as error:
        return [_unknown_instrument(tables, error)]
    faults: list[Fault] = list(_roles_named(tables, instrument))
    if "survey" in tables:
        faults += _survey_columns(tables, instrument)
        faults += _survey_cells(tables, instrument)
        faults += _unlisted_groups(tables, instrument)
        faults += _without_team(tables)
    faults += _items_named(tables, instrument)
    return faults


def read_instrument(tables: Tables) -> Instrument:
    """Return the instrument that the engagement names.

    Raises
    ------
    ModelError
        There is no such instrument.
    ClientDataError
        Its files do not hold together; every fault with its place.
    """
    from workbench.engagement.instruments.library import load_instrument

    name = tables.settings.instrument if tables.settings is not None else "project-to-product"
    return load_instrument(name, tables.root, tables.documents.get("instruments"))


def _unknown_instrument(tables: Tables, error: ModelError) -> Fault:
    from workbench.engagement.instruments.library import list_instruments

    try:
        known = ", ".join(sorted(list_instruments(tables.root, tables.documents.get("instruments")))) or "none"
    except ModelError:  # two of one name: the message says so
        known = "names that stand once"
    remedy = "Name one of them under instrument, or put your own into the folder instruments/."
    return Fault("engagement settings", "", "instrument", str(error), f"{known}.", remedy)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [str(name) for name in frame.columns]
    return [dict(zip(columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _text(value: Any) -> str:
    """Return a cell as text; blank for none."""
    return "" if value is None or value != value else str(value).strip()


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


# -- faults ----------------------------------------------------------------------------------------------------------


def _roles_named(tables: Tables, instrument: Instrument) -> Iterator[Fault]:
    """Roles that the instrument does not know, wherever a table names one."""
    roles = {role.id for role in instrument.roles}
    for table in ("survey", "population", "interviews"):
        if table not in tables or "role" not in tables[table]:
            continue
        for place, role in zip(tables[table].index, tables[table]["role"], strict=True):
            if _text(role) and role not in roles:
                allowed = f"{', '.join(sorted(roles))}."
                remedy = f"{nearest(role, roles)} Correct the role.".strip()
                yield tables.fault(table, place, "role", f"{role!r} is no role of the instrument", allowed, remedy)


def _survey_columns(tables: Tables, instrument: Instrument) -> Iterator[Fault]:
    known = {item.id for item in instrument.items}
    judged = {item.id for item in instrument.items if item.criteria}
    present = {str(name) for name in tables["survey"].columns}
    for name in tables["survey"].columns:
        bare = str(name).removesuffix(REASON)
        if name in FIXED_COLUMNS or bare in known or str(name).removesuffix(UNMET) in judged:
            continue
        yield tables.fault(
            "survey",
            None,
            str(name),
            f"no item {bare!r} in the instrument {instrument.name} {instrument.version}",
            f"{', '.join(FIXED_COLUMNS)}, items such as {instrument.items[0].id}, and <item>{REASON}.",
            f"{nearest(bare, known)} Rename or delete the column.".strip(),
        )
    if not present & known:
        yield tables.fault(
            "survey",
            None,
            None,
            "there is no column with answers",
            f"one column an item: {instrument.items[0].id} to {instrument.items[-1].id}.",
            "Add the items' columns.",
        )


def _survey_cells(tables: Tables, instrument: Instrument) -> Iterator[Fault]:
    survey = tables["survey"]
    for item in instrument.items:
        if item.id not in survey.columns:
            continue
        checked: dict[str, tuple[str, str] | None] = {}
        for place, value in zip(survey.index, survey[item.id], strict=True):
            text = _text(value)
            if text not in checked:
                checked[text] = _wrong(instrument, item, text)
            wrong = checked[text]
            if wrong is not None:
                remedy = "Correct the cell, or name another instrument in engagement.yaml."
                yield tables.fault("survey", place, item.id, wrong[0], wrong[1], remedy)
        if item.criteria and f"{item.id}{UNMET}" in survey.columns:
            yield from _unmet_faults(tables, item)


def _unmet_faults(tables: Tables, item: Item) -> Iterator[Fault]:
    name = f"{item.id}{UNMET}"
    for place, value in zip(tables["survey"].index, tables["survey"][name], strict=True):
        text = _text(value)
        parts = [part.strip().removesuffix(".0") for part in text.split(";") if part.strip()]
        if any(not part.isdecimal() or not 1 <= int(part) <= len(item.criteria) for part in parts):
            allowed = f"numbers from 1 to {len(item.criteria)} joined by ';', or blank where all of them hold."
            yield tables.fault("survey", place, name, f"{text!r} names no criterion", allowed, "Correct the cell.")


def _wrong(instrument: Instrument, item: Item, text: str) -> tuple[str, str] | None:
    """Return what was found and what is allowed, or None where the answer can be read."""
    if not text or instrument.answers(item).find(text) is not None:
        return None
    options = ", ".join(option.value for option in instrument.answers(item).options)
    if item.kind == "open":
        codes = _codes(text)
        if codes and len(codes) <= item.names:
            return None
        found = f"{text!r} names {len(codes)} things" if codes else f"{text!r} names nothing"
        return found, f"up to {item.names} codes joined by ';', {options}, or blank."
    low, high = instrument.span(item)
    number = _level_of(text)
    if number is not None and low <= number <= high:
        return f"{text} is none of the answers.", f"{options} or blank."
    return f"{text} is outside the scale {low:g} to {high:g}.", f"{options} or blank."


def _level_of(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _unlisted_groups(tables: Tables, instrument: Instrument) -> Iterator[Fault]:
    """People who answered but whom the population does not know: their share of the asked would have no meaning."""
    if "population" not in tables or tables["population"].empty:
        return
    listed = {(_text(row["role"]), _text(row["product_line"])) for row in _records(tables["population"])}
    told: set[tuple[str, str]] = set()
    survey = tables["survey"]
    for place, role, line in zip(survey.index, survey["role"], survey["product_line"], strict=True):
        group = (_text(role), _text(line))
        if group not in listed and group not in told:
            told.add(group)
            words = f"{group[0]} of {group[1]}" if group[1] else f"{group[0]} without a line"
            yield tables.fault(
                "survey",
                place,
                "role",
                f"{words} answered, but population lists no such group",
                "roles and lines that population lists, with their headcount.",
                "Add the group to population, or correct the role or the line.",
            )


def _without_team(tables: Tables) -> Iterator[Fault]:
    """Sheets without a team although teams were drawn: nobody could tell which answers belong together."""
    if tables.settings is None or tables.settings.sampled != "teams":
        return
    survey = tables["survey"]
    for place, unit in zip(survey.index, survey["unit"], strict=True):
        if not _text(unit):
            allowed = "the team of every sheet, because engagement.yaml says sampled: teams."
            remedy = "Name the team, or write sampled: everyone if everybody was asked."
            yield tables.fault("survey", place, "unit", "no team", allowed, remedy)


def _items_named(tables: Tables, instrument: Instrument) -> Iterator[Fault]:
    """Items, dimensions and levels that other tables name."""
    items = {item.id for item in instrument.items}
    groups = {group.id for group in instrument.groups}
    # People copy what the report prints: D6 for d06, 6.1 for d06_1.
    printed = {item.printed.upper(): item.id for item in instrument.items}
    printed |= {f"{group.id[:1]}{group.id[1:].lstrip('0')}".upper(): group.id for group in instrument.groups}
    for table, column, known in (
        ("interviews", "level", items),
        ("evidence", "level", items),
        ("readiness_targets", "target", items | groups),
    ):
        for place, row in enumerate(_records(tables[table])) if table in tables else ():
            name = _text(row["item"])
            if name and name not in known:
                what = "items or dimensions" if known != items else "items"
                allowed = f"{what} of the instrument {instrument.name}, such as {instrument.items[0].id}."
                meant = printed.get(name.upper(), "")
                hint = f"Did you mean {meant!r}?" if meant in known else nearest(name, known)
                remedy = f"{hint} Correct the item.".strip()
                yield tables.fault(table, place, "item", f"{name!r} is not in the instrument", allowed, remedy)
            level = _number(row[column])
            low, high = instrument.bounds(name) if name in items | groups else (-math.inf, math.inf)
            if level is not None and not low <= level <= high:
                found = f"{level:g} is outside the scale {low:g} to {high:g}"
                yield tables.fault(table, place, column, found, f"{low:g} to {high:g}.", "Correct the level.")


# -- inputs ----------------------------------------------------------------------------------------------------------


def readiness_settings(tables: Tables) -> Settings:
    """Return how sure is sure and what may be shown, as the engagement says."""
    from workbench.readiness import Settings

    held = tables.settings
    if held is None:
        return Settings()
    return Settings(
        confidence=held.confidence,
        minimum_group=held.minimum_group,
        thesis=held.thesis,
        currency=held.currency,
        sampled=held.sampled,
    )


def _targets(tables: Tables) -> tuple[Any, ...]:
    from workbench.readiness import Target

    return tuple(
        Target(
            item=row["item"],
            product_line=_text(row["product_line"]),
            target=float(row["target"]),
            effort=None if (effort := _number(row["effort"])) is None else int(effort),
            cost=_number(row["cost"]),
            owner=_text(row["owner"]),
            by=row["by"],
        )
        for row in (_records(tables["readiness_targets"]) if "readiness_targets" in tables else ())
    )


def _layers(tables: Tables) -> tuple[Any, ...]:
    from workbench.readiness import Layer

    return tuple(
        Layer(row["layer"], int(row["headcount"]), row["work"], int(row["approvals"]), _text(row["renamed_from"]))
        for row in (_records(tables["layers"]) if "layers" in tables else ())
    )


def _waves(tables: Tables, instrument: Instrument) -> tuple[Answers, ...]:
    """Return the waves that hold a sheet, oldest first."""
    waves = sorted(_records(tables["waves"]), key=lambda row: row["date"])
    asked = set(tables["survey"]["wave"])
    return tuple(_answers(tables, instrument, row["wave"], row["date"]) for row in waves if row["wave"] in asked)


def _answers(tables: Tables, instrument: Instrument, wave: str, date: Any) -> Answers:
    """Return the sheets of one wave as levels and statuses; blank sheets are left out and counted."""
    import numpy as np
    import pandas as pd

    from workbench.readiness.inputs import BLANK, NOT_ASKED, Answers
    from workbench.readiness.instrument import routed

    survey = tables["survey"]
    rows = survey.loc[survey["wave"] == wave].reset_index(drop=True)
    levels: dict[str, Any] = {}
    status: dict[str, Any] = {}
    codes: dict[str, list[tuple[str, ...] | None]] = {}
    left_out: Counter[str] = Counter()
    asks = {role.id: set(routed(instrument, role.id)) for role in instrument.roles}
    for item in instrument.items:
        cells = [_text(value) for value in rows[item.id]] if item.id in rows.columns else [""] * len(rows)
        is_asked = [item.id in asks[role] for role in rows["role"]]
        read = {text: _read(instrument, item, text) for text in dict.fromkeys(cells)}
        found = [read[text] for text in cells]
        if item.criteria and f"{item.id}{UNMET}" in rows.columns:
            found = _held_to_criteria(instrument, item, found, [_text(value) for value in rows[f"{item.id}{UNMET}"]])
        left_out["answers to questions that the role is not asked"] += sum(
            bool(text) and not asked for text, asked in zip(cells, is_asked, strict=True)
        )
        levels[item.id] = np.array(
            [one[1] if asked else NO_LEVEL for one, asked in zip(found, is_asked, strict=True)], dtype=float
        )
        status[item.id] = [one[0] if asked else NOT_ASKED for one, asked in zip(found, is_asked, strict=True)]
        if item.kind == "open":
            codes[item.id] = [one[2] if asked else None for one, asked in zip(found, is_asked, strict=True)]
    states = pd.DataFrame(status, index=rows.index, dtype=object)
    has_answer = ~states.isin([BLANK, NOT_ASKED]).all(axis=1)
    left_out["sheets without an answer"] += int((~has_answer).sum())
    kept = rows.index[has_answer]
    sheets = rows.loc[kept, ["respondent", "wave", "unit", "role", "product_line", "seconds"]]
    open_codes = pd.DataFrame(index=rows.index, columns=list(codes), dtype=object)
    for name, held in codes.items():
        open_codes[name] = pd.Series(held, index=rows.index, dtype=object)
    return Answers(
        wave=wave,
        date=date,
        sheets=sheets,
        levels=pd.DataFrame(levels, index=rows.index).loc[kept],
        status=states.loc[kept],
        codes=open_codes.loc[kept],
        reasons=_reasons(rows.loc[kept], instrument),
        population=_population(tables),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def _read(instrument: Instrument, item: Item, text: str) -> tuple[str, float, tuple[str, ...] | None]:
    """Return the status of a cell, its level, and what an open answer names."""
    from workbench.readiness.inputs import ANSWERED, BLANK

    if not text:
        return BLANK, NO_LEVEL, None
    option = instrument.answers(item).find(text)
    if option is not None and option.meaning != "level":
        return option.meaning, NO_LEVEL, None
    if item.kind == "open":
        return ANSWERED, NO_LEVEL, () if option is not None else _codes(text)
    if option is None or option.weight is None:
        raise ModelError(f"{text!r} is no answer to item {item.id}.")  # check_readiness stops it with its cell
    return ANSWERED, float(option.weight), None


def _held_to_criteria(
    instrument: Instrument,
    item: Item,
    found: list[tuple[str, float, tuple[str, ...] | None]],
    unmet: list[str],
) -> list[tuple[str, float, tuple[str, ...] | None]]:
    """Return what was read, with the lowest level wherever a criterion does not hold: all of them must."""
    lowest = instrument.span(item)[0]
    return [
        (status, lowest, codes) if missing and level == level else (status, level, codes)
        for (status, level, codes), missing in zip(found, unmet, strict=True)
    ]


def _codes(text: str) -> tuple[str, ...]:
    """Return what an open answer names: codes joined by semicolons, each once, upper and lower case alike."""
    return tuple(dict.fromkeys(part.strip().casefold() for part in text.split(";") if part.strip()))


def _reasons(rows: pd.DataFrame, instrument: Instrument) -> Mapping[str, tuple[str, ...]]:
    held = {}
    for item in instrument.items:
        name = f"{item.id}{REASON}"
        if name in rows.columns:
            texts = [_text(value) for value in rows[name]]
            held[item.id] = tuple(text for text in texts if text)
    return held


def _population(tables: Tables) -> pd.DataFrame | None:
    if "population" not in tables or tables["population"].empty:
        return None
    return tables["population"][["unit", "role", "product_line", "headcount"]].reset_index(drop=True)


def _has_answers(answers: Answers) -> bool:
    return len(answers.sheets) > 0
