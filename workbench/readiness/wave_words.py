"""What is said and counted about waves: figures, findings, cautions, and the method's paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workbench import theme
from workbench.findings import Figure, Figures, Finding, fit_claim
from workbench.readiness.instrument import Instrument
from workbench.readiness.progress import Progress
from workbench.readiness.scores import LINE, ORGANISATION, Part, Score
from workbench.readiness.wave_comparison import EarlierWave
from workbench.readiness.waves import Change

MOST_NAMED = 4
"""Lines named in one sentence (ours)."""


def wave_figures(
    instrument: Instrument,
    parts: Iterable[Part],
    earlier: Sequence[EarlierWave],
    changes: Iterable[Change],
    progress: Iterable[Progress],
) -> Iterator[Figure]:
    """Yield the figures about waves; one that is hidden keeps its place, without a value.

    Parameters
    ----------
    instrument : Instrument
    parts : iterable of Part
        The organisation and its lines are taken.
    earlier : sequence of EarlierWave
    changes : iterable of Change
    progress : iterable of Progress
    """
    held = [part for part in parts if part.kind in (ORGANISATION, LINE)]
    for wave in earlier:
        for part in held:
            for group in instrument.dimensions:
                one = wave.level(part, group.id)
                name = f"{group.name}, {part.name}, wave {wave.wave}"
                yield _level(f"wave/{wave.wave}{_path(part)}/{group.id}", name, one, wave.wave)
    for change in changes:
        yield from _change(instrument, change)
    found = {(one.part, one.dimension): one for one in progress}
    for part in held if earlier else ():
        for group in instrument.dimensions:
            done = found.get((part, group.id))
            yield Figure(
                "",
                f"progress{_path(part)}/{group.id}",
                f"Share of the way from wave {earlier[0].wave} to the target, {group.name}, {part.name}",
                None if done is None else done.share,
                "share",
                None if done is None else done.low,
                None if done is None else done.high,
                source="not shown" if done is None else f"survey, waves since {done.since}",
            )


def _path(part: Part) -> str:
    return f"/{part.id}" if part.kind == LINE else ""


def _level(key: str, name: str, held: Score, wave: str) -> Figure:
    level = held.level
    if level is None:
        return Figure("", key, name, None, "level", source=f"not shown: {held.hidden}")
    return Figure("", key, name, level.value, "level", level.low, level.high, held.people, f"survey, wave {wave}")


def _change(instrument: Instrument, held: Change) -> Iterator[Figure]:
    name = f"{instrument.group(held.dimension).name}, {held.part.name}"
    source = f"survey, waves {held.before} and {held.after}"
    same = held.same_people
    yield Figure(
        "",
        held.key,
        f"Change of the same people: {name}",
        None if same is None else same.value,
        "level",
        None if same is None else same.low,
        None if same is None else same.high,
        held.pairs,
        source if same is not None else f"not shown: {held.hidden}",
    )
    said = source if held.total is not None else "not shown"
    yield Figure("", f"total-{held.key}", f"Change of the level: {name}", held.total, "level", source=said)
    if held.part.kind == ORGANISATION:
        said = source if held.joiners is not None else "not shown apart"
        joined = f"What those add who answered later only: {name}"
        yield Figure("", f"joiners-{held.key}", joined, held.joiners, "level", n=held.joined, source=said)
        left = f"What is missing of those who answered earlier only: {name}"
        yield Figure("", f"leavers-{held.key}", left, held.leavers, "level", n=held.left, source=said)


def wave_findings(instrument: Instrument, changes: Sequence[Change], numbers: Figures) -> Iterator[Finding]:
    """Yield what surely changed for the same people since the wave before, widest first, in one finding.

    Parameters
    ----------
    instrument : Instrument
    changes : sequence of Change
        Last wave against the one before come first.
    numbers : Figures
    """
    last = _latest(changes)
    sure = sorted(
        (one for one in last if one.part.kind == ORGANISATION and one.direction),
        key=lambda one: (-abs(one.same_people.value if one.same_people else 0.0), one.dimension),
    )
    if not sure:
        return
    first = sure[0]
    name = instrument.group(first.dimension).name
    yield Finding(
        fit_claim(
            f"Same people: {theme.lower_start(name)} {change_words(first)} since {first.before}.",
            f"Same people: one dimension {change_words(first)} since {first.before}.",
        ),
        " ".join((*_others(instrument, sure[1:]), *_by_line(last))),
        numbers.ids(*(one.key for one in sure)),
    )


def wave_cautions(
    instrument: Instrument, earlier: Sequence[EarlierWave], changes: Sequence[Change], numbers: Figures
) -> Iterator[Finding]:
    """Yield where the total misleads, where an ordered scale says otherwise, and where nobody can be followed."""
    last = _latest(changes)
    own = [one for one in last if one.part.kind == ORGANISATION]
    for one in own:
        if one.is_misleading and one.total is not None:
            name = instrument.group(one.dimension).name
            way, other = ("rose", "fell") if one.total > 0 else ("fell", "rose")
            yield Finding(
                fit_claim(
                    f"{name} {way} by {abs(one.total):.1f} in all, yet {other} for the people asked twice.",
                    f"One dimension {way} in all, yet {other} for the people asked twice.",
                ),
                f"Same people: {change_words(one)}.{_apart(one)} The change is that of the same people; the rest is "
                "who answered.",
                numbers.ids(one.key, f"total-{one.key}"),
            )
    doubted = [one for one in last if one.direction and one.signs_agree is False]
    if doubted:
        names = [f"{instrument.group(one.dimension).name} ({one.part.name})" for one in doubted]
        yield Finding(
            f"{len(doubted)} change{'s' if len(doubted) != 1 else ''}: the order of the levels says otherwise.",
            "Read without distances between levels, the answers moved the other way: "
            f"{theme.listing(names, MOST_NAMED)}. There the spread of the answers changed, not their middle alone.",
            numbers.ids(*(one.key for one in doubted)),
        )
    if earlier and own and all(one.same_people is None for one in own):
        yield Finding(
            fit_claim(f"Nobody can be followed from {earlier[-1].wave} on: changes may be changes of people."),
            "Too few respondents have a key in both waves, or their number would give somebody away. Pseudonymous "
            "keys, made with one salt in every wave, tell the same people's change from who came and who left.",
        )


def wave_method(earlier: Sequence[EarlierWave], changes: Sequence[Change], confidence: float) -> str:
    """Return how waves were compared, or nothing where there is one wave."""
    if not earlier:
        return ""
    count = sum(one.same_people is not None for one in changes)
    return (
        f"Waves {theme.listing([one.wave for one in earlier], 6)} were compared with the last one, person by person "
        "and question by question, by pseudonymous keys. A difference of two levels is split exactly into the change "
        "of the same people, those who answered later only and those who answered earlier only. Intervals at "
        f"{theme.percent(confidence)} are paired t, corrected for the people asked but never for what the same people "
        f"would tick differently on another day. {count} changes are shown; one is called a change where it survives "
        "the correction for all looked at, so that one in twenty of those called may be chance (Benjamini and "
        "Hochberg). Hodges and Lehmann's middle, Wilcoxon's signed ranks and an ordered probit are computed beside it. "
        "Questions that people answer by naming things have no level of one person and are left out. Progress is the "
        "share of the way from the first wave's level to the target."
    )


def change_words(change: Change) -> str:
    """Return how far something moved, as a board reads it.

    Examples
    --------
    >>> from workbench.stats import Estimate
    >>> part, level = Part("line", "motor", "Motor"), Estimate(0.4, 0.2, 0.6, None, None, 0.95, 40)
    >>> change_words(Change(part, "d02", "2025", "2026", same_people=level, p_adjusted=0.01))
    'rose by 0.4 (0.2 to 0.6)'
    """
    level = change.same_people
    if level is None:
        return "cannot be shown"
    reach = "" if level.low is None or level.high is None else f" ({_ends(change)})"
    if not change.direction:
        return f"did not surely change{reach}"
    return f"{change.direction} by {abs(level.value):.1f}{reach}"


def _ends(change: Change) -> str:
    """Both ends in the direction of the change, so that a fall reads as a fall."""
    level = change.same_people
    low, high = (level.low or 0.0, level.high or 0.0) if level is not None else (0.0, 0.0)
    if change.direction == "fell":
        low, high = -high + 0.0, -low + 0.0
    return f"{low:.1f} to {high:.1f}".replace("-", "−")


def _others(instrument: Instrument, sure: Sequence[Change]) -> Iterator[str]:
    if sure:
        words = [f"{theme.lower_start(instrument.group(one.dimension).name)} {change_words(one)}" for one in sure]
        yield f"Also {theme.listing(words, 3)}."


def _by_line(last: Sequence[Change]) -> Iterator[str]:
    by_part: dict[str, list[str]] = {}
    for one in last:
        if one.part.kind == LINE and one.direction:
            by_part.setdefault(one.part.name, []).append(one.direction)
    words = [
        f"{name} {' and '.join(f'{held.count(way)} {way}' for way in ('rose', 'fell') if way in held)}"
        for name, held in by_part.items()
    ]
    if words:
        yield f"Dimensions by line: {theme.listing(words, 9)}."


def _apart(change: Change) -> str:
    if change.joiners is None or change.leavers is None:
        return " Those who came and left make up the rest."
    return f" Those who came add {_signed(change.joiners)}, those who left {_signed(change.leavers)}."


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _latest(changes: Sequence[Change]) -> list[Change]:
    """Return the changes since the wave before the last one, which come first."""
    return [one for one in changes if (one.before, one.after) == (changes[0].before, changes[0].after)]
