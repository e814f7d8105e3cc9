"""What a model's own tool makes of the same answers, beside ours: the difference is what missing answers are worth.

Most tools turn a missing answer into a number: OWASP SAMM's workbook into "No", SAMMwise a whole practice into 0
(owaspsamm/sammwise, ``testCalculator.js``), DORA's quick check a metric into 0 (dora-team/dora.dev,
``data-service.ts``), in one version of its scripts a fail rate into the best there is (``recode_numeric_range`` with a
scale that runs downwards). We leave it missing: a mean is that of the answers there are, a sum that lacks a part is no
level but a range. `AnswerSet.blank` says what the tool does.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.readiness.anonymity import ProtectedScores
from workbench.readiness.instrument import Group, Instrument
from workbench.readiness.scores import DIMENSION, ITEM, Part, Score


def has_tool_rule(instrument: Instrument) -> bool:
    """Return whether the instrument says what its own tool makes of a missing answer."""
    return any(held.blank is not None for held in instrument.answer_sets)


def tool_levels(instrument: Instrument, shown: ProtectedScores, part: Part) -> dict[str, float | None]:
    """Return every group's level as the model's own tool would count the answers of many people.

    The tool puts a number in the place of each absent answer. What all absent answers at the bottom, and at the top,
    make of an item is its band; what they make of it at any number between them lies as far between. All of it is made
    of numbers that are shown, so nothing new is told about anybody; a group with a hidden item has none.

    Returns
    -------
    dict of group to float or None
        Unit: level.
    """
    levels: dict[str, float | None] = {}
    fills: dict[str, float | None] = {}
    for item in instrument.items:
        score, blank, (low, high) = (
            shown.get(ITEM, part, item.id),
            instrument.answers(item).blank,
            instrument.span(item),
        )
        levels[item.id] = None if score.level is None else score.level.value
        fills[item.id] = None if blank is None else (blank - low) / (high - low)
        if score.level is not None:
            levels[item.id] = _between(score, fills[item.id], score.level.value)
    found: dict[str, float | None] = {}
    for group in instrument.groups:
        items = [item.id for item in instrument.items_below(group.id)]
        held, ends = shown.get(DIMENSION, part, group.id), {fills[name] for name in items}
        if held.level is not None and ends in ({0.0}, {1.0}):  # the group's own band, which was rounded once
            found[group.id] = _between(held, next(iter(ends)), held.level.value)
        elif held.level is None or any(levels[name] is None for name in items):
            found[group.id] = None
        else:
            found[group.id] = combine_levels(instrument, group, levels)
    return found


def _between(score: Score, fill: float | None, level: float) -> float | None:
    """Return a level with absent answers at this share of the way up; as it is, where they are left out."""
    if fill is None:
        return level
    if score.band_low is None or score.band_high is None:
        return None
    return score.band_low + fill * (score.band_high - score.band_low)


def combine_levels(instrument: Instrument, group: Group, levels: Mapping[str, float | None]) -> float | None:
    """Return the level of a group from one level an item; None where it hangs on a missing one.

    Parameters
    ----------
    instrument : Instrument
    group : Group
    levels : mapping of item to level
        Of every item; None is missing.
    """
    parts = [
        levels[name] if name in levels else combine_levels(instrument, instrument.group(name), levels)
        for name in instrument.parts(group)
    ]
    known = [part for part in parts if part is not None]
    if not known:
        return None
    if group.aggregation == "sum":
        return sum(known) if len(known) == len(parts) else None
    if group.aggregation == "smallest":
        return min(known)
    if group.aggregation == "attained":
        return _attained(instrument, group, parts)
    return sum(known) / len(known)


def _attained(instrument: Instrument, group: Group, parts: list[float | None]) -> float | None:
    """Return the highest level that is met with all lower ones; none where a missing part decides."""
    reached = 0
    for part, name in zip(parts, instrument.parts(group), strict=True):
        if part is None:
            return None
        if part < (instrument.bounds(name)[1] if group.met is None else group.met) - 1e-9:
            break
        reached += 1
    return instrument.scale.values[min(reached, len(instrument.scale.values) - 1)]
