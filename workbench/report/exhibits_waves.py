"""What readiness shows about waves: the same people's change, wave against wave, and how much of the way is done.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import dots_intervals, lines_over_time, slope
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness
    from workbench.readiness.instrument import Group
    from workbench.readiness.progress import Progress
    from workbench.readiness.scores import Score
    from workbench.readiness.waves import Change

SAME_PEOPLE, EVERYBODY = "same people", "everybody"

HIDDEN = "hidden"
"""What stands where a group is too small."""

MOST_WAVES = 2
"""Waves that a slope shows; more are lines over time."""


def changes_exhibit(result: Readiness | Off) -> Exhibit:
    """Return how each dimension changed since the wave before: for the same people, and in all."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    changes = _organisation(result)
    if not any(one.same_people is not None for one in changes):
        return _nothing("readiness-changes", result)
    numbers = figures(result)
    rows: list[dict[str, Any]] = []
    for one in changes:
        same = one.same_people
        shown = {
            "low": None if same is None else same.low,
            "high": None if same is None else same.high,
            "note": HIDDEN if same is None else "",
        }
        name = result.instrument.group(one.dimension).name
        rows.append(
            {"dimension": name, "who": SAME_PEOPLE, "change": None if same is None else same.value}
            | shown
            | {"ids": numbers.known_ids(one.key)}
        )
        rows.append(
            {"dimension": name, "who": EVERYBODY, "change": one.total, "low": None, "high": None}
            | {"note": HIDDEN if one.total is None else "", "ids": numbers.known_ids(f"total-{one.key}")}
        )
    first = changes[0]
    return Exhibit(
        "readiness-changes",
        dots_intervals(
            rows,
            label="dimension",
            value="change",
            low="low",
            high="high",
            series="who",
            note="note",
            unit="level",
            reference=0.0,
            reference_label="no change",
            highlight=SAME_PEOPLE,
            claim=_claim_changes(result, changes),
            subtitle=(
                f"Change of the level from {first.before} to {first.after}, all lines, of those who answered twice, "
                f"with {theme.percent(result.settings.confidence)} interval, and of everybody who answered"
            ),
            source=_source(result),
        ),
    )


def change_parts_exhibit(result: Readiness | Off) -> Exhibit:
    """Return each change apart: the same people, those who came, those who left; and how many people moved."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    changes = _organisation(result)
    if not any(one.same_people is not None for one in changes):
        return _nothing("readiness-change-parts", result)
    numbers = figures(result)
    rows = []
    for one in changes:
        moves = one.moves
        rows.append(
            {
                "dimension": result.instrument.group(one.dimension).name,
                "same": _cell(one),
                "came": _signed(one.joiners),
                "left": _signed(one.leavers),
                "total": _signed(one.total),
                "people": theme.MISSING if one.pairs is None else f"{one.pairs} / {one.joined} / {one.left}",
                "moves": theme.MISSING if moves is None else f"{moves.rose} / {moves.stayed} / {moves.fell}",
                "ids": numbers.known_ids(one.key, f"joiners-{one.key}", f"leavers-{one.key}", f"total-{one.key}"),
            }
        )
    first = changes[0]
    return Exhibit(
        "readiness-change-parts",
        table(
            rows,
            columns={
                "dimension": "Dimension",
                "same": "Same people",
                "came": "Those who came",
                "left": "Those who left",
                "total": "In all",
                "people": "Both / came / left",
                "moves": "Rose / stayed / fell",
            },
            claim=_claim_parts(result, changes),
            subtitle=(
                f"Change of the level from {first.before} to {first.after}, all lines. *: beyond chance. They add up "
                f"but for rounding and questions answered by naming. {theme.MISSING}: not shown"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def changes_lines_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the same people's change by dimension and line, since the wave before."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    changes = _latest(result)
    held = {(one.part, one.dimension): one for one in changes}
    if not any(one.same_people is not None for one in changes):
        return _nothing("readiness-changes-lines", result)
    numbers = figures(result)
    parts = (*result.lines, result.organisation)
    rows: list[dict[str, Any]] = []
    for group in result.instrument.dimensions:
        row: dict[str, Any] = {"dimension": group.name}
        known = [held.get((part, group.id)) for part in parts]
        for place, one in enumerate(known):
            row[f"p{place}"] = "as all" if one is None else _short(one)
        row["ids"] = numbers.known_ids(*(one.key for one in known if one is not None))
        rows.append(row)
    headers = {"dimension": "Dimension"}
    headers |= {f"p{place}": "All" if part == result.organisation else part.name for place, part in enumerate(parts)}
    return Exhibit(
        "readiness-changes-lines",
        table(
            rows,
            columns=headers,
            claim=_claim_lines(result, changes),
            subtitle=(
                f"Change of the level of the same people from {changes[0].before} to {changes[0].after}, by line. "
                "*: beyond chance, all looked at; as all: asked about the organisation"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def waves_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the organisation's levels wave against wave."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    if not result.earlier:
        return _nothing("readiness-waves", result)
    numbers = figures(result)
    known: list[tuple[Group, list[Score], list[str]]] = []
    for group in result.instrument.dimensions:
        levels = [wave.level(result.organisation, group.id) for wave in result.earlier]
        levels.append(result.scores.get("dimension", result.organisation, group.id))
        if all(one.level is not None for one in levels):
            keys = [*(f"wave/{wave.wave}/{group.id}" for wave in result.earlier), f"level/{group.id}"]
            known.append((group, levels, keys))
    if not known:
        return _nothing("readiness-waves", result)
    far = sorted(known, key=lambda one: (-abs(_value(one[1][-1]) - _value(one[1][0])), one[0].id))
    accent = far[0][0].name
    claim = _claim_waves(far[0][0].name, _value(far[0][1][0]), _value(far[0][1][-1]), result.earlier[0].wave)
    subtitle = (
        f"Level of each dimension in the organisation, {result.instrument.scale.span}; "
        "everybody who answered, so a change may be a "
        "change of people"
    )
    if len(result.earlier) < MOST_WAVES:
        rows = [
            {
                "dimension": group.name,
                "before": _value(levels[0]),
                "after": _value(levels[-1]),
                "first": numbers.known_ids(keys[0]),
                "last": numbers.known_ids(keys[-1]),
            }
            for group, levels, keys in known
        ]
        chart = slope(
            rows,
            label="dimension",
            before="before",
            after="after",
            before_label=f"Wave {result.earlier[0].wave}",
            after_label=f"Wave {result.wave}",
            unit="level",
            highlight=accent,
            claim=claim,
            subtitle=subtitle,
            source=_source(result),
            figures=["first", "last"],
        )
        return Exhibit("readiness-waves", chart)
    days = [*(wave.date for wave in result.earlier), result.date]
    names = [*(wave.wave for wave in result.earlier), result.wave]
    times = names if any(day is None for day in days) else days
    series = [
        {"dimension": group.name, "period": time, "level": _value(level), "ids": numbers.known_ids(key)}
        for group, levels, keys in known
        for time, level, key in zip(times, levels, keys, strict=True)
    ]
    chart = lines_over_time(
        series,
        period="period",
        value="level",
        series="dimension",
        unit="level",
        highlight=accent,
        claim=claim,
        subtitle=subtitle,
        source=_source(result),
    )
    return Exhibit("readiness-waves", chart)


def progress_exhibit(result: Readiness | Off) -> Exhibit:
    """Return how much of the way from the first wave's level to the target each dimension has come."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    held = {one.dimension: one for one in result.progress if one.part == result.organisation}
    if not any(one.share is not None for one in held.values()):
        return _nothing("readiness-progress", result)
    numbers = figures(result)
    rows = []
    for group in result.instrument.dimensions:
        one = held.get(group.id)
        rows.append(
            {
                "dimension": _named(group.name, one),
                "done": None if one is None else one.share,
                "low": None if one is None else one.low,
                "high": None if one is None else one.high,
                "note": HIDDEN if one is None else "target met from the start" if one.is_met else "hardly any way",
                "ids": numbers.known_ids(f"progress/{group.id}", f"target/{group.id}", f"level/{group.id}"),
            }
        )
    return Exhibit(
        "readiness-progress",
        dots_intervals(
            rows,
            label="dimension",
            value="done",
            low="low",
            high="high",
            note="note",
            unit="share",
            reference=1.0,
            reference_label="target",
            claim=_claim_progress(result, list(held.values())),
            subtitle=(
                f"Share of the way from {result.progress[0].since} to the target (from → now of target), with "
                f"{theme.percent(result.settings.confidence)} interval; below 0 %: fell back{_way_words(result)}"
            ),
            source=_source(result),
        ),
    )


def _nothing(key: str, result: Readiness) -> Exhibit:
    if not result.earlier:
        words = "There is one wave of answers, so nothing can be said about change."
        detail = "Ask again after the first steps, with the same questions and keys made with the same salt."
    else:
        words = "Nothing about change can be shown: too few people, or their answers would be given away."
        detail = "At least ten people who answered both times are needed, and keys made with one salt in every wave."
    return words_exhibit(key, words, detail, source=_source(result), is_appendix=True)


def _latest(result: Readiness) -> list[Change]:
    """Return the changes since the wave before the last one, which come first."""
    found = result.changes
    return [one for one in found if (one.before, one.after) == (found[0].before, found[0].after)]


def _organisation(result: Readiness) -> list[Change]:
    return [one for one in _latest(result) if one.part == result.organisation]


def _claim_changes(result: Readiness, changes: list[Change]) -> str:
    from workbench.readiness.wave_words import change_words

    rose = [one for one in changes if one.direction == "rose"]
    fell = [one for one in changes if one.direction == "fell"]
    sure = sorted((*rose, *fell), key=lambda one: -abs(one.same_people.value if one.same_people else 0.0))
    if not sure:
        return f"No dimension surely changed for the people who answered in {changes[0].before} too."
    name = result.instrument.group(sure[0].dimension).name
    name = theme.lower_start(name)
    counted = f"{len(rose)} of {len(changes)} dimensions rose{f', {len(fell)} fell' if fell else ''}"
    return fit_claim(
        f"For the same people {counted}; {name} {change_words(sure[0])}.",
        f"For the same people {counted}; the widest: {name}.",
        f"For the same people {counted}.",
    )


def _claim_parts(result: Readiness, changes: list[Change]) -> str:
    misled = [one for one in changes if one.is_misleading]
    if misled and misled[0].same_people is not None and misled[0].total is not None:
        name = result.instrument.group(misled[0].dimension).name
        return fit_claim(
            f"{name}: {_signed(misled[0].total)} in all, {_signed(misled[0].same_people.value)} for the same people.",
            "In one dimension the total moved one way and the same people the other.",
        )
    others = [abs(one.total - one.same_people.value) for one in changes if one.same_people and one.total is not None]
    most = max(others, default=0.0)
    return f"Who answered makes a difference of at most {most:.1f} level to any change."


def _claim_lines(result: Readiness, changes: list[Change]) -> str:
    counts = {part: sum(bool(one.direction) for one in changes if one.part == part) for part in result.lines}
    moved = {part: count for part, count in counts.items() if count}
    if not moved:
        return "In no line did a dimension surely change for the same people."
    part, count = max(moved.items(), key=lambda one: (one[1], one[0].name))
    dimensions = f"{count} dimension{'s' if count != 1 else ''}"
    return fit_claim(
        f"{part.name} surely changed in {dimensions}, the most of all lines.",
        f"One line surely changed in {dimensions}, the most of all.",
    )


def _claim_waves(name: str, before: float, after: float, since: str) -> str:
    if round(after - before, 1) == 0:
        return f"Since {since} every level stands where it stood."
    way = "rose" if after > before else "fell"
    return fit_claim(
        f"{name} {way} from {theme.level(before)} to {theme.level(after)} since {since}, the widest move.",
        f"The widest move since {since}: {theme.level(before)} to {theme.level(after)}.",
    )


def _claim_progress(result: Readiness, progress: list[Progress]) -> str:
    met = sum(one.is_met for one in progress)
    known = [one for one in progress if one.share is not None]
    least = min(known, key=lambda one: (one.share or 0.0, one.dimension))
    name = result.instrument.group(least.dimension).name
    name = theme.lower_start(name)
    done = "fell back" if (least.share or 0.0) < 0 else f"has come {theme.percent(least.share)} of its way"
    return fit_claim(
        f"{met} of {len(progress)} dimensions have met their target; {name} {done}.",
        f"{met} of {len(progress)} dimensions have met their target.",
    )


def _way_words(result: Readiness) -> str:
    share, way = result.percent_to_target.get(""), result.roadmap.ways.get("")
    if share is None:
        return ""
    ends = (
        "" if way is None or way.low is None else f" ({theme.percent(way.low)} to {theme.percent(way.high or way.low)})"
    )
    return f". From the bottom of the scale, all dimensions: {theme.percent(share)}{ends}"


def _named(name: str, one: Progress | None) -> str:
    if one is None:
        return name
    return f"{name} ({theme.level(one.baseline)} → {theme.level(one.level)} of {theme.level(one.target)})"


def _cell(one: Change) -> str:
    same = one.same_people
    if same is None:
        return HIDDEN
    reach = "" if same.low is None or same.high is None else f" ({_signed(same.low)} to {_signed(same.high)})"
    return f"{_short(one)}{reach}"


def _short(one: Change) -> str:
    if one.same_people is None:
        return HIDDEN
    return f"{_signed(one.same_people.value)}{'*' if one.direction else ''}"


def _signed(value: float | None) -> str:
    return theme.MISSING if value is None else theme.signed(value)


def _value(held: Score) -> float:
    return held.level.value if held.level is not None else 0.0


def _source(result: Readiness) -> str:
    waves = theme.listing([*(wave.wave for wave in result.earlier), result.wave], 6)
    many = "s" if result.earlier else ""
    return f"Survey, wave{many} {waves}; instrument {result.instrument.name} {result.instrument.version}"
