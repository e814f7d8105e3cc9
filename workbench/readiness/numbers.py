"""Every number that the readiness chapter states, numbered in an order that hangs on the client's tables only."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.findings import Figure, Figures, Off, figure_once, number_figures
from workbench.readiness.assessment import Readiness
from workbench.readiness.first_look import FirstLook
from workbench.readiness.gaps import compared_pairs, gap_key
from workbench.readiness.inputs import NOT_ASKED, OPENLY_NAMED
from workbench.readiness.respondent_words import respondent_figures
from workbench.readiness.roadmap_numbers import odds_figures, roadmap_figures
from workbench.readiness.scores import CUT, DIMENSION, ITEM, LINE, ORGANISATION, ROLE, WEIGHTED, Part, Score
from workbench.readiness.source_numbers import first_figures, source_figures
from workbench.readiness.tool_scores import has_tool_rule, tool_levels
from workbench.readiness.wave_words import wave_figures

_PREFIX = {ORGANISATION: "", LINE: "", CUT: "cut/", ROLE: "role/"}


def part_path(part: Part) -> str:
    """Return how a part stands in the keys of figures: nothing for the organisation, ``/motor`` for a line.

    Examples
    --------
    >>> part_path(Part("line", "motor", "Motor insurance")), part_path(Part("cut", "run", "those who run it"))
    ('/motor', '/cut/run')
    """
    return "" if part.kind == ORGANISATION else f"/{_PREFIX[part.kind]}{part.id}"


@figure_once
def figures(result: Readiness | Off) -> Figures:
    """Return every number of the chapter, numbered ``R-001`` on.

    Notes
    -----
    Keys: ``class``, ``class/<line>``, ``certainty/<line>``, ``held-back/<line>``, ``people…``, ``headcount…``,
    ``response…``, ``level/<dimension>``, ``level/<line>/<dimension>``, ``level/cut/<cut>/<dimension>``,
    ``level/role/<role>/<dimension>``, ``visibility…`` likewise, ``item/<item>``, ``item/<line>/<item>``, ``target…``,
    ``percent-to-target…``, ``lines/<class>``, ``layer/<place>``, ``item/cut/<cut>/<item>``,
    ``item/role/<role>/<item>``, ``gap/<item>/<first>/<second>``, ``gaps/…``,
    ``attained``, ``attained/<line>``, ``weighted…/<dimension>``, ``design-effect``, ``trimmed``,
    ``agreement…/<dimension>``, ``distance…/<dimension>``, ``alpha/<role>/<dimension>``, ``omega/<role>/<dimension>``,
    ``line-share/<dimension>``, ``line-reliability/<dimension>``, ``sheets/flagged``, ``without/<dimension>``,
    ``assessors/…``, ``odds/<class>``, ``odds/<line>/<class>``, ``initiative/<place>/gain`` (``effort``, ``cost``),
    ``step…/<item>/<to>``, ``stable/step…``, ``tool/<group>``,
    ``wave/<wave>…/<dimension>``, ``change/<before>/<after>…/<dimension>`` (``total-``, ``joiners-``, ``leavers-``
    before it), ``progress…/<dimension>``, ``offered/<kind>``, ``hidden/<kind>``, ``guard/…``. A hidden number keeps its
    place, without a value.
    """
    if isinstance(result, FirstLook):
        return first_figures(result)
    if isinstance(result, Off):
        return number_figures("R", [])
    return number_figures("R", list(_all(result)))


def _all(result: Readiness) -> Iterator[Figure]:
    yield from _verdicts(result)
    for part in result.parts:
        yield from _heads(result, part)
    for part in result.parts:
        for group in result.instrument.groups:
            held = result.scores.get(DIMENSION, part, group.id)
            name = f"{group.name}, {part.name}"
            yield _level(result, f"level{part_path(part)}/{group.id}", name, held)
            yield _share(result, f"visibility{part_path(part)}/{group.id}", f"Visibility of {name}", held.visibility)
    for part in (result.organisation, *result.lines):
        for group in result.instrument.groups:
            yield Figure(
                "",
                f"target{part_path(part)}/{group.id}",
                f"Target of {group.name}, {part.name}",
                result.targets[(part.id, group.id)],
                "level",
                source="readiness_targets, or the instrument's usual target",
            )
        way = result.roadmap.ways.get(part.id)
        yield Figure(
            "",
            f"percent-to-target{part_path(part)}",
            f"Share of the way to the targets, {part.name}",
            result.percent_to_target[part.id],
            "share",
            None if way is None else way.low,
            None if way is None else way.high,
            source=_source(result),
        )
    for part in (result.organisation, *result.lines):
        for item in result.instrument.items:
            held = result.scores.get(ITEM, part, item.id)
            name = f"{item.printed} {item.title}, {part.name}"
            yield _level(result, f"item{part_path(part)}/{item.id}", name, held)
            yield _share(result, f"visibility{part_path(part)}/{item.id}", f"Visibility of {name}", held.visibility)
    for place, layer in enumerate(result.layers, start=1):
        yield Figure("", f"layer/{place}", f"People in {layer.name}", layer.headcount, "people", source="layers")
    for part in (one for one in result.parts if one.kind in (CUT, ROLE)):
        for item in result.instrument.items:
            one = result.scores.get(ITEM, part, item.id)
            if one.hidden != NOT_ASKED:
                name = f"{item.printed} {item.title}, {part.name}"
                yield _level(result, f"item{part_path(part)}/{item.id}", name, one)
    yield from _gaps(result)
    places = tuple(part for part in result.parts if part.kind in (ORGANISATION, LINE))
    yield from source_figures(result.instrument, places, result.sources)
    yield from _attained(result)
    yield from _weighted(result)
    yield from respondent_figures(result.instrument, result.parts, result.respondents, _source(result))
    yield from odds_figures(result.verdict, _source(result))
    yield from roadmap_figures(result.instrument, result.roadmap, _source(result))
    yield from _as_the_tool_counts(result)
    yield from wave_figures(result.instrument, places, result.earlier, result.changes, result.progress)
    yield from _disclosure(result)


def _as_the_tool_counts(result: Readiness) -> Iterator[Figure]:
    """Yield the organisation's levels by the rule of the model's own tool, where the instrument states one."""
    if not has_tool_rule(result.instrument):
        return
    levels = tool_levels(result.instrument, result.scores, result.organisation)
    source = f"{_source(result)}; missing answers counted as the model's own tool counts them"
    for group in result.instrument.groups:
        level = levels[group.id]
        name = f"{group.name} by the model's own tool, {result.organisation.name}"
        yield Figure("", f"tool/{group.id}", name, None if level is None else round(level, 1), "level", source=source)


def _gaps(result: Readiness) -> Iterator[Figure]:
    """Yield a figure a gap that the instrument lets one look at; one that is hidden keeps its place."""
    held = {gap.key: gap for gap in result.gaps}
    sure = sum(gap.is_sure for gap in result.gaps)
    source = f"{_source(result)}; difference of the shown levels, Welch interval"
    yield Figure("", "gaps/compared", "Gaps between jobs looked at", len(result.gaps), "count", source=_source(result))
    yield Figure("", "gaps/sure", "Gaps beyond chance, corrected by Holm", sure, "count", source=_source(result))
    for first, second in compared_pairs(result.parts):
        for item in result.instrument.items:
            if all(result.scores.get(ITEM, part, item.id).hidden != NOT_ASKED for part in (first, second)):
                name = f"{item.printed} {item.title}: {first.name} minus {second.name}"
                key = gap_key(item.id, first, second)
                gap = held.get(key)
                if gap is None:
                    yield Figure("", key, name, None, "level", source="not shown: one side is hidden")
                else:
                    one = gap.difference
                    corrected = "spread unknown" if gap.p_adjusted is None else f"corrected p {gap.p_adjusted:.2f}"
                    words = f"{source}, {corrected}"
                    yield Figure("", key, name, one.value, "level", one.low, one.high, one.answered, words)


def _attained(result: Readiness) -> Iterator[Figure]:
    """Yield the level that every gate reaches for sure; its figure keeps its place where a gate is hidden."""
    if not result.instrument.gates:
        return
    for part in (result.organisation, *result.lines):
        value = result.attained.get(part.id)
        source = _source(result) if value is not None else "not shown: a gate is hidden, or its spread is unknown"
        name = f"Level that every gate of {part.name} reaches for sure"
        yield Figure("", f"attained{part_path(part)}", name, value, "level", source=source)


def _weighted(result: Readiness) -> Iterator[Figure]:
    """Yield dimensions in which people stand for those of their role, line and unit."""
    made = result.weighting
    source = f"{_source(result)}, weighted to population" if made.is_made else f"not made: {made.reason}"
    yield Figure("", "design-effect", "Design effect of the weights", made.design_effect, "times", source=source)
    yield Figure("", "trimmed", "People whose weight met a bound", made.trimmed or None, "text", source=source)
    for part in (result.organisation, *result.lines):
        for group in result.instrument.groups:
            key, name = f"weighted{part_path(part)}/{group.id}", f"{group.name}, {part.name}, weighted"
            held = result.scores.scores.get((WEIGHTED, part.kind, part.id, group.id))
            if held is None:
                yield Figure("", key, name, None, "level", source=source)
            else:
                yield _level(result, key, name, held)


def _verdicts(result: Readiness) -> Iterator[Figure]:
    verdict = result.verdict
    if verdict is None:
        return
    yield Figure("", "class", "Class of the organisation", verdict.words, "text", source=_source(result))
    if result.coordination is not None:
        words = result.coordination.claim or None  # nothing is said where there is no such function
        yield Figure("", "coordination", "Is a coordinating function needed", words, "text", source=_source(result))
    for name in ("still project-run", "in transition", "product-run", "too close to call", "not shown"):
        count = sum(line.verdict == name for line in verdict.lines)
        yield Figure(
            "", f"lines/{name.replace(' ', '-')}", f"Lines that are {name}", count, "count", source=_source(result)
        )
    for line in verdict.lines:
        yield Figure("", f"class/{line.line}", f"Class of {line.name}", line.words, "text", source=_source(result))
        yield Figure(
            "",
            f"certainty/{line.line}",
            f"Certainty of the class of {line.name}",
            line.certainty,
            "share",
            source=_source(result),
        )
        names = [result.instrument.group(name).name for name in line.held_back_by]
        yield Figure(
            "",
            f"held-back/{line.line}",
            f"What holds {line.name} back",
            "; ".join(names) or None,
            "text",
            source=_source(result),
        )


def _heads(result: Readiness, part: Part) -> Iterator[Figure]:
    head = result.scores.heads[part]
    source = _source(result) if not head.hidden else f"not shown: {head.hidden}"
    path = part_path(part)
    yield Figure("", f"people{path}", f"People who answered, {part.name}", head.people, "people", source=source)
    yield Figure("", f"headcount{path}", f"People asked, {part.name}", head.headcount, "people", source="population")
    yield Figure(
        "",
        f"response{path}",
        f"Response, {part.name}",
        head.response,
        "share",
        n=head.people,
        source=source if head.headcount is not None else "unknown: there is no table population",
    )


def _level(result: Readiness, key: str, name: str, held: Score) -> Figure:
    level = held.level
    if level is None:
        return Figure("", key, name, None, "level", source=f"not shown: {held.hidden}")
    source = _source(result)
    if held.edge:
        source += f"; shown as {held.edge} {level.value:.1f} because a uniform answer of few people exposes each"
    return Figure("", key, name, level.value, "level", level.low, level.high, held.people, source)


def _share(result: Readiness, key: str, name: str, value: float | None) -> Figure:
    return Figure("", key, name, value, "share", source=_source(result) if value is not None else "not shown")


def _source(result: Readiness) -> str:
    named = ", openly named" if result.settings.minimum_group == OPENLY_NAMED else ""
    return f"survey, wave {result.wave}{named}"


KINDS_SHOWN = (
    ("levels-organisation", "Dimensions of the organisation", ("dimension", "organisation")),
    ("levels-lines", "Dimensions by product line", ("dimension", "line")),
    ("levels-jobs", "Dimensions by shape and run", ("dimension", "cut")),
    ("levels-roles", "Dimensions by role", ("dimension", "role")),
    ("questions-organisation", "Questions of the organisation", ("item", "organisation")),
    ("questions-lines", "Questions by product line", ("item", "line")),
    ("questions-jobs", "Questions by shape and run", ("item", "cut")),
    ("questions-roles", "Questions by role", ("item", "role")),
    ("weighted", "Weighted levels", ("weighted dimension", "")),
    ("waves", "Levels of earlier waves and changes", ("", "")),
)
"""What the guard decided on, kind by kind: key of the figure, words, and measure and kind of part ("" for any)."""


def disclosure_counts(result: Readiness) -> dict[str, tuple[int, int]]:
    """Return by kind how many numbers were offered to the guard, and how many are hidden; empty kinds are left out.

    Numbers are counted, never people: what nobody was asked is not counted as hidden.
    """
    held = {key: score.hidden for key, score in result.scores.scores.items() if score.hidden != NOT_ASKED}
    found = {}
    for name, _, (measure, kind) in KINDS_SHOWN:
        reasons = (
            [reason for key, reason in held.items() if key[0] == measure and kind in ("", key[1])]
            if measure
            else list(result.scores.extra.values())
        )
        if reasons:
            found[name] = (len(reasons), sum(bool(reason) for reason in reasons))
    return found


def _disclosure(result: Readiness) -> Iterator[Figure]:
    """Yield what was hidden of each kind, and what the search for bounds looked at."""
    counts = disclosure_counts(result)
    for name, words, _ in KINDS_SHOWN:
        if name in counts:
            offered, hidden = counts[name]
            yield Figure(
                "", f"offered/{name}", f"{words}: offered to the guard", offered, "count", source=_source(result)
            )
            yield Figure("", f"hidden/{name}", f"{words}: hidden", hidden, "count", source=_source(result))
    audit = result.scores.audit
    said = "bounds by linear programming over everything shown"
    yield Figure("", "guard/checked", "Bounds of small groups that were looked at", audit.checked, "count", source=said)
    yield Figure("", "guard/closed", "Numbers hidden because bounds came close", audit.closed, "count", source=said)
    yield Figure("", "guard/left", "Bounds that earlier publications leave open", audit.left, "count", source=said)
