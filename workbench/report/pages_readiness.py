"""Readiness for one reader: a page a product line, and one that says how the lines compare.

A page quotes the numbers of the chapter, never others: what may be shown was decided for all pages together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Finding, Findings, Off, fit_claim
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, Note, words_exhibit
from workbench.report.exhibits_waves import waves_exhibit
from workbench.report.page import Page, page_key
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.findings import Figures
    from workbench.readiness import Readiness
    from workbench.readiness.scores import Part, Score


def line_pages(result: Readiness | Off) -> tuple[Page, ...]:
    """Return a page for each product line: its class, its levels against their targets, and every question.

    Parameters
    ----------
    result : Readiness or Off
        Off gives no pages.
    """
    if isinstance(result, Off):
        return ()
    from workbench.readiness import figures

    numbers = figures(result)
    return tuple(
        Page(
            key=page_key("line", part.id),
            kind="line",
            title=part.name,
            question=f"Does {part.name} work as a product, and what comes next?",
            headline=Findings(tuple(_line_findings(result, numbers, part))),
            exhibits=(_line_levels(result, numbers, part), _line_questions(result, numbers, part)),
            next_steps=Findings(tuple(_line_steps(result, numbers, part))),
        )
        for part in result.lines
    )


def comparison_page(result: Readiness | Off) -> Page:
    """Return the page that answers "how do we compare?".

    Line against line, wave against wave, and published ranges where a question has one; no peer number, and why.
    """
    exhibits: tuple[Exhibit, ...]
    if isinstance(result, Off):
        exhibits = ()
        headline = Findings((Finding("The lines can be compared once a survey gives each a level.", result.reason),))
    else:
        from workbench.readiness import figures

        numbers = figures(result)
        offered = (_lines_compared(result, numbers), waves_exhibit(result), _public_ranges(result, numbers))
        exhibits = tuple(held for held in offered if not isinstance(held.content, Note)) or offered[:1]
        headline = Findings((_compared(result, numbers), _NO_PEERS))
    return Page("comparison", "comparison", "How the lines compare", "How do we compare?", headline, exhibits)


FIRST = 3
"""Steps that a line's page names: those of its first quarter (ours)."""

_NO_PEERS = Finding(
    "No peer number is given: we know of no reliable benchmark.",
    "Surveys by vendors rest on chosen people, other questions and other scales, and say neither who answered nor how "
    "sure a mean is. What holds is the line next door, the wave before, the target, and a published range for a "
    "question that was measured the same way.",
)


def _line_findings(result: Readiness, numbers: Figures, part: Part) -> list[Finding]:
    from workbench.readiness.sentences import certainty_words, held_back_words
    from workbench.readiness.verdict import PRODUCT_RUN

    found = []
    if result.verdict is not None:
        line = result.verdict.line(part.id)
        sure = f" ({certainty_words(line.certainty)})" if line.certainty is not None else ""
        back = held_back_words(result, line.gates, line.held_back_by)
        low = "Lowest gate:" if line.verdict == PRODUCT_RUN else "Held back by"
        settled = f" Settled by {line.settled_by}." if line.settled_by else ""
        found.append(
            Finding(
                fit_claim(f"{part.name}: {line.verdict}{sure}.", f"This line: {line.verdict}{sure}."),
                (f"{low} {back}." if line.gates else "Too few answers on some gate may be shown.") + settled,
                numbers.ids(
                    f"class/{part.id}",
                    f"certainty/{part.id}",
                    *(f"level/{part.id}/{name}" for name in line.held_back_by),
                ),
            )
        )
    way = result.percent_to_target[part.id]
    if way is not None:
        found.append(
            Finding(
                f"{theme.percent(way)} of the way to the line's targets is done.",
                "Counted over all dimensions, from the bottom of the scale; nothing is gained by passing a target.",
                numbers.ids(f"percent-to-target/{part.id}"),
            )
        )
    head = result.scores.heads[part]
    if head.people is not None:
        asked = f" of {head.headcount} asked" if head.headcount else ""
        found.append(
            Finding(
                f"{theme.people(head.people)}{asked} answered, those who speak for the whole organisation included.",
                "",
                numbers.ids(f"people/{part.id}", *([f"headcount/{part.id}"] if head.headcount else [])),
            )
        )
    return found or [Finding(f"{fit_claim(f'{part.name}: levels without a class.', 'Levels without a class.')}", "")]


def _line_steps(result: Readiness, numbers: Figures, part: Part) -> list[Finding]:
    """Return the line's first steps in the order of its plan."""
    from workbench.readiness.roadmap_numbers import step_key
    from workbench.readiness.roadmap_words import step_words

    if result.roadmap is None:
        return []
    found = []
    for step in sorted((one for one in result.roadmap.steps if one.line == part.id), key=lambda one: one.rank)[:FIRST]:
        item = result.instrument.item(step.item)
        shown_by = f" Done when shown: {item.evidence}" if item.evidence else ""
        owner = f" Owner: {step.owner}." if step.owner else ""
        found.append(
            Finding(
                fit_claim(
                    f"{step_words(result.instrument, step)}.", f"{item.printed} {item.title}.", f"{item.printed}."
                ),
                f"In quarter {step.quarter}; effort {step.effort:g} of 4.{owner}{shown_by}",
                numbers.ids(f"item/{part.id}/{step.item}", step_key(step)),
            )
        )
    return found


def _line_levels(result: Readiness, numbers: Figures, part: Part) -> Exhibit:
    groups = result.instrument.dimensions
    held = [result.scores.get("dimension", part, group.id) for group in groups]
    ids = [numbers.ids(f"level/{part.id}/{group.id}", f"target/{part.id}/{group.id}") for group in groups]
    rows: dict[str, list[Any]] = {
        "dimension": [group.name + (" (gate)" if group.gate else "") for group in groups],
        "level": [_shown(score) for score in held],
        "low": [None if score.level is None else score.level.low for score in held],
        "high": [None if score.level is None else score.level.high for score in held],
        "n": [score.people for score in held],
        "target": [result.targets[(part.id, group.id)] for group in groups],
        "note": [score.hidden for score in held],
        "ids": [" ".join(names) for names in ids],
    }
    known = [
        (score.level.value - result.targets[(part.id, group.id)], group.id, group.name, score.level.value)
        for group, score in zip(groups, held, strict=True)
        if score.level is not None
    ]
    if not known:
        claim = f"No dimension of {part.name} has enough answers to be shown."
    else:
        distance, _, name, level = min(known)
        claim = (
            f"Furthest from its target: {name.lower()}, at {theme.level(level)}."
            if distance < 0
            else f"Every dimension that may be shown has reached its target; lowest is {theme.level(level)}."
        )
    return Exhibit(
        f"readiness-{page_key('line', part.id)}",
        dots_intervals(
            rows,
            label="dimension",
            value="level",
            low="low",
            high="high",
            n="n",
            target="target",
            note="note",
            unit="level",
            claim=fit_claim(f"{part.name}. {claim}", claim),
            subtitle=(
                f"Level of each dimension, {result.instrument.scale.span}, "
                f"with {theme.percent(result.settings.confidence)} interval; "
                "the upright line is the target"
            ),
            source=_source(result),
        ),
    )


def _line_questions(result: Readiness, numbers: Figures, part: Part) -> Exhibit:
    items = [(item, result.scores.get("item", part, item.id)) for item in result.instrument.items]
    shown = [(item, score) for item, score in items if score.level is not None]
    key = f"readiness-questions-{page_key('line', part.id)}"
    if not shown:
        return words_exhibit(key, f"No single question of {part.name} has enough answers to be shown.", "")
    item, score = min(shown, key=lambda one: (_shown(one[1]), one[0].id))
    data = {
        "question": [f"{item.printed} {item.title}" for item, _ in items],
        "level": [_shown(score) for _, score in items],
        "between": [_between(score) for _, score in items],
        "visible": [score.visibility for _, score in items],
        "people": [score.people for _, score in items],
        "ids": [" ".join(numbers.ids(f"item/{part.id}/{item.id}")) for item, _ in items],
    }
    lowest = f"The lowest answer: {item.title} ({item.printed}), {theme.level(_shown(score) or 0.0)}."
    return Exhibit(
        key,
        table(
            data,
            columns={
                "question": "Question",
                "level": "Level",
                "between": "Interval",
                "visible": "Can see it",
                "people": "People",
            },
            units={"level": "level", "visible": "share", "people": "people"},
            claim=fit_claim(f"{part.name}. {lowest}", lowest, f"{part.name}: every question."),
            subtitle=(
                f"Level of every question, {result.instrument.scale.span}; "
                "– is hidden to protect a small group or was not asked"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def _lines_compared(result: Readiness, numbers: Figures) -> Exhibit:
    parts = [part for part in result.lines if result.percent_to_target[part.id] is not None]
    key = "readiness-compare"
    if len(parts) < 2:
        return words_exhibit(key, "Fewer than two lines may be shown, so there is nothing to compare.", "")
    ways = [numbers[f"percent-to-target/{part.id}"] for part in parts]
    first, *_, last = sorted(zip(ways, parts, strict=True), key=lambda one: (-float(one[0].value or 0), one[1].id))
    apart = first[0].low is not None and last[0].high is not None and first[0].low > last[0].high
    least, most = (theme.percent(result.percent_to_target[part.id]) for _, part in (last, first))
    span = f"{least} to {most}"
    return Exhibit(
        key,
        dots_intervals(
            {
                "line": [part.name for part in parts],
                "way": [figure.value for figure in ways],
                "low": [figure.low for figure in ways],
                "high": [figure.high for figure in ways],
                "ids": [figure.id for figure in ways],
            },
            label="line",
            value="way",
            low="low",
            high="high",
            unit="share",
            claim=fit_claim(
                f"{first[1].name} has come furthest towards its targets, {last[1].name} least far."
                if apart
                else f"The lines have come {span} of their way; the differences may be chance.",
                f"The lines have come {span} of the way to their targets.",
            ),
            subtitle=(
                "Way to target of each line that may be shown: share of the way from the bottom of the scale, with "
                f"{theme.percent(result.settings.confidence)} interval"
            ),
            source=_source(result),
        ),
    )


def _public_ranges(result: Readiness, numbers: Figures) -> Exhibit:
    ranges = result.instrument.public_ranges
    key = "readiness-public-ranges"
    if not ranges:
        return words_exhibit(key, "No question of this instrument has a published range to be held against.", "")
    items = [result.instrument.item(held.item) for held in ranges]
    scores = [result.scores.get("item", result.organisation, item.id) for item in items]
    return Exhibit(
        key,
        table(
            {
                "question": [f"{item.printed} {item.title}" for item in items],
                "ours": [_shown(score) for score in scores],
                "range": [held.found for held in ranges],
                "differs": [held.differs for held in ranges],
                "source": [held.source for held in ranges],
                "ids": [" ".join(numbers.ids(f"item/{item.id}")) for item in items],
            },
            columns={
                "question": "Question",
                "ours": "Our level",
                "range": "Published range",
                "differs": "What was measured otherwise",
                "source": "Source",
            },
            units={"ours": "level"},
            claim=f"A published range stands beside {len(ranges)} question{'s' if len(ranges) > 1 else ''}.",
            subtitle="Published ranges of what comes nearest to a question; none is a target",
            source="The sources named in each row; our level: " + _source(result),
        ),
    )


def _compared(result: Readiness, numbers: Figures) -> Finding:
    if result.verdict is None:
        return Finding("The lines compare by their levels; this instrument gives no classes.", "")
    by_class: dict[str, list[str]] = {}
    for line in result.verdict.lines:
        by_class.setdefault(line.verdict, []).append(line.name)
    words = "; ".join(f"{name}: {theme.listing(lines, 12)}" for name, lines in by_class.items())
    ids = numbers.ids(*(f"class/{line.line}" for line in result.verdict.lines))
    if len(by_class) == 1:
        return Finding(f"Every line is in the same class: {next(iter(by_class))}.", f"{words}.", ids)
    judged = [name for name in ("product-run", "in transition", "still project-run") if name in by_class]
    if len(judged) < 2:
        return Finding(f"{len(result.lines)} lines stand in {len(by_class)} classes.", f"{words}.", ids)
    first, last = (f"{by_class[name][0]} is {name}" for name in (judged[0], judged[-1]))
    return Finding(fit_claim(f"{first}, {last}.", f"The lines go from {judged[0]} to {judged[-1]}."), f"{words}.", ids)


def _shown(score: Score) -> float | None:
    return None if score.level is None else score.level.value


def _between(score: Score) -> str:
    if score.level is None or score.level.low is None or score.level.high is None:
        return theme.MISSING if score.level is None else f"{score.edge} {theme.level(score.level.value)}".strip()
    return f"{theme.level(score.level.low)} to {theme.level(score.level.high)}"


def _source(result: Readiness) -> str:
    return f"Survey, wave {result.wave}"
