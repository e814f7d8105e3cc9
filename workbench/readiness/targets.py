"""What each part of the organisation aims at, and how much of the way it has come.

The client's own target wins: for the item before its dimension, for the line before all lines. Where none is named it
is `standing` until every gate stands there, then `later`. The way to target counts shortfalls only: nothing is gained
by passing a target (OWASP SAMM's idea; there the way begins at 0, here at the lowest level there can be).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.readiness.anonymity import ProtectedScores
from workbench.readiness.inputs import Settings, Target
from workbench.readiness.instrument import Instrument, Item, on_range
from workbench.readiness.scores import DIMENSION, Part
from workbench.readiness.tool_scores import combine_levels


def percent_to_target(
    levels: Mapping[str, float], targets: Mapping[str, float], floors: Mapping[str, float]
) -> float | None:
    """Return the share of the way from the floors to the targets; nothing is gained by passing one.

    Parameters
    ----------
    levels, targets, floors : mapping of name to level
        Every level has a target, and a floor where its way begins: the lowest that it can have.

    Examples
    --------
    >>> percent_to_target({"a": 2.0, "b": 5.0}, {"a": 3.0, "b": 3.0}, {"a": 1.0, "b": 1.0})
    0.75
    """
    whole = sum(targets[name] - floors[name] for name in levels)
    short = sum(max(0.0, targets[name] - level) for name, level in levels.items())
    return 1 - short / whole if levels and whole > 0 else None


def way_to_target(
    instrument: Instrument, shown: ProtectedScores, part: Part, targets: Mapping[tuple[str, str], float]
) -> float | None:
    """Return the share of the way that a part has come, from what is shown; none where a gate is hidden."""
    if not shown.allows(part, [group.id for group in instrument.gates]):
        return None
    held = {group.id: shown.get(DIMENSION, part, group.id).level for group in instrument.dimensions}
    levels = {name: level.value for name, level in held.items() if level is not None}
    floors = {name: instrument.bounds(name)[0] for name in levels}
    share = percent_to_target(levels, {name: targets[(part.id, name)] for name in levels}, floors)
    return None if share is None else round(share, 2)


def target_for(targets: Iterable[Target], item: Item, line: str) -> Target | None:
    """Return the client's row that speaks of an item in a line, or None.

    Parameters
    ----------
    targets : iterable of Target
    item : Item
    line : str
        Empty for the organisation.
    """
    held = tuple(targets)
    return _named(held, item.id, line) or _named(held, item.group, line)


def item_target(
    targets: Iterable[Target],
    settings: Settings,
    instrument: Instrument,
    shown: ProtectedScores,
    part: Part,
    item: Item,
) -> float:
    """Return the level that an item is to reach in a part."""
    named = _named(tuple(targets), item.id, part.id)
    if named is None:
        above = _named(tuple(targets), item.group, part.id)
        usual = above.target if above is not None else _usual_target(instrument, settings, shown, part)
        within = instrument.scale.lowest, instrument.scale.highest
        return on_range(usual, instrument.bounds(item.group) if above is not None else within, instrument.span(item))
    return named.target


def dimension_target(
    targets: Iterable[Target],
    settings: Settings,
    instrument: Instrument,
    shown: ProtectedScores,
    part: Part,
    name: str,
) -> float:
    """Return the level that a dimension is to reach in a part: its own, else what its items' make of it."""
    held = tuple(targets)
    named = _named(held, name, part.id)
    if named is not None:
        return named.target
    items = instrument.items_below(name)
    own = {item.id for item in items} | {item.group for item in items}
    if not any(row.item in own for row in held):
        usual = _usual_target(instrument, settings, shown, part)
        return on_range(usual, (instrument.scale.lowest, instrument.scale.highest), instrument.bounds(name))
    levels = {item.id: item_target(held, settings, instrument, shown, part, item) for item in items}
    combined = combine_levels(instrument, instrument.group(name), levels)
    return combined if combined is not None else _usual_target(instrument, settings, shown, part)


def _named(targets: tuple[Target, ...], name: str, line: str) -> Target | None:
    own = {held.product_line: held for held in targets if held.item == name}
    return own.get(line, own.get(""))


def _usual_target(instrument: Instrument, settings: Settings, shown: ProtectedScores, part: Part) -> float:
    """`standing` until every gate stands there, then `later`."""
    if settings.target is not None:
        return settings.target
    levels = instrument.gate_levels
    if levels is None:
        return instrument.scale.highest
    gates = [shown.get(DIMENSION, part, group.id).level for group in instrument.gates]
    stand = all(level is not None and level.value >= levels.standing for level in gates)
    return levels.later if stand else levels.standing
