"""What readiness says, in sentences: the bottom line, what could be wrong, what to do next, and how it was done."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import theme
from workbench.findings import Figures, Finding, Findings, Off, fit_claim
from workbench.readiness.anonymity import DISTRIBUTION_FROM, PROTECTED
from workbench.readiness.assessment import Readiness
from workbench.readiness.first_look import FirstLook
from workbench.readiness.inputs import OPENLY_NAMED, TEAMS
from workbench.readiness.instrument import Group, Instrument
from workbench.readiness.numbers import figures, part_path
from workbench.readiness.respondent_words import respondent_cautions, respondents_method
from workbench.readiness.roadmap import Roadmap
from workbench.readiness.roadmap_words import initiative_finding, roadmap_method
from workbench.readiness.scores import DIMENSION, ITEM, LINE, WEIGHTED, Part, Score
from workbench.readiness.simulated import simulated_words
from workbench.readiness.source_sentences import (
    first_cautions,
    first_headline,
    first_method,
    first_steps,
    gap_finding,
    source_cautions,
    sources_method,
)
from workbench.readiness.steps import SEEN_BY_TOO_FEW
from workbench.readiness.verdict import (
    CLASSES,
    NOT_SHOWN,
    PART_PRODUCT_RUN,
    PRODUCT_RUN,
    TOO_CLOSE,
    Gate,
    LineVerdict,
    Verdict,
    chance_words,
    count_words,
)
from workbench.readiness.wave_words import wave_cautions, wave_findings, wave_method

MOVED_BY_WEIGHTS = 0.2
"""Shift of a level, from the plain to the weighted one, above which it is a caution (ours)."""

LOW_RESPONSE = 0.6
"""Response below which silence is worth a sentence of its own (ours)."""


def headline(result: Readiness | Off) -> Findings:
    """Return the bottom line: the organisation's class first, then the coordinating function, then the lines."""
    if isinstance(result, FirstLook):
        return first_headline(result)
    if isinstance(result, Off):
        return Findings((Finding(fit_claim(result.reason), f"Needed: {', '.join(result.tables)}."),))
    if result.verdict is None or result.coordination is None:
        return Findings((Finding("The instrument has no gates, so there are levels but no verdict."),))
    numbers = figures(result)
    verdict = result.verdict
    gates = [f"level/{name}" for name in verdict.held_back_by]
    found = [Finding(_answer(result, verdict), _why(result, verdict), numbers.ids("class", *gates))]
    about = result.coordination
    if about.claim:
        carried = numbers.ids("coordination", *(f"item/{name}" for name in about.items))
        found.append(Finding(fit_claim(about.claim), about.detail, carried))
    classes = [f"lines/{name.replace(' ', '-')}" for name in (*CLASSES, TOO_CLOSE, NOT_SHOWN)]
    found.append(Finding(_by_class(verdict), _each_line(verdict), numbers.ids(*classes)))
    gap = gap_finding(result.gaps, result.instrument, numbers)
    found += [gap] if gap is not None else []
    found += wave_findings(result.instrument, result.changes, numbers)
    for place, (claim, detail) in enumerate(about.about, start=1):
        found.append(Finding(fit_claim(claim), detail, numbers.ids(f"layer/{place}")))
    return Findings(tuple(found))


def cautions(result: Readiness | Off) -> Findings:
    """Return what could be wrong: response, silence, what is hidden, what cannot be seen, what is only claimed."""
    if isinstance(result, FirstLook):
        return first_cautions(result)
    if isinstance(result, Off):
        return Findings(())
    return Findings(tuple(_cautions(result)))


def next_steps(result: Readiness | Off) -> Findings:
    """Return what to do next: where each line should start, and what would settle the lines that are open."""
    if isinstance(result, FirstLook):
        return first_steps(result)
    if isinstance(result, Off):
        return Findings((Finding(fit_claim(f"Bring {theme.listing(result.tables)}."), result.reason),))
    numbers, held = figures(result), result.roadmap
    found = [
        initiative_finding(result.instrument, held, place, len(result.lines), numbers) for place in _in_order(held)
    ]
    for line in result.verdict.lines if result.verdict is not None else ():
        if line.verdict in (TOO_CLOSE, NOT_SHOWN):
            claim = fit_claim(f"{line.name}: {_ask_claim(result, line)}.", f"{line.name}: get more answers.")
            found.append(Finding(claim, f"Settled by {line.settled_by}.", numbers.ids(f"class/{line.line}")))
    return Findings(tuple(found))


def _in_order(roadmap: Roadmap) -> list[int]:
    """Return the places of the initiatives, each after those that it waits for."""
    left, found = list(range(1, len(roadmap.initiatives) + 1)), list[int]()
    while left:
        ready = [place for place in left if set(roadmap.initiatives[place - 1].after) <= set(found)]
        found.append(min(ready, default=left[0]))
        left.remove(found[-1])
    return found


def _made_of(instrument: Instrument) -> str:
    """Return how a dimension is made of its items."""
    if all(group.aggregation == "mean" and group.items for group in instrument.dimensions):
        return "a dimension's is the plain mean of its items"
    used = {group.aggregation for group in instrument.groups}
    words = {
        "mean": "the mean",
        "sum": "the sum",
        "smallest": "the smallest",
        "attained": "the highest level that is met with all lower ones",
    }
    said = ", ".join(text for name, text in words.items() if name in used)
    return f"a group's is made of its parts as the instrument says ({said})"


def method(result: Readiness | Off) -> str:
    """Return how it was done, for the appendix."""
    if isinstance(result, FirstLook):
        return first_method(result)
    if isinstance(result, Off):
        return f"Readiness was not computed. {result!r}"
    held, settings = result.instrument, result.settings
    gates = ", ".join(group.name for group in held.gates)
    levels = held.gate_levels
    closed = (
        "corrected for the closed group with the share of the people asked who answered"
        if result.has_population
        else "not corrected, because nobody knows how many people were asked (response unknown)"
    )
    teams = "; teams were drawn, so that teams are counted and not people" if settings.sampled == TEAMS else ""
    guard = (
        "The assessment was announced as openly named: nothing is hidden."
        if settings.minimum_group == OPENLY_NAMED
        else f"Groups below {settings.minimum_group} people are hidden, and so is whatever would give them away by "
        "adding or subtracting what is shown; so is what would narrow them down too closely, found by linear "
        "programming, with all that earlier runs and waves showed. Hidden numbers are marked. Under "
        f"{DISTRIBUTION_FROM} people a mean near either end shows only as the end."
    )
    paragraphs = [
        f"Instrument {held.name}, version {held.version}: {len(held.items)} questions in {len(held.dimensions)} "
        f"dimensions, on levels {held.scale.lowest:.0f} to {held.scale.highest:.0f}; wave {result.wave}. An item's "
        f"level is the mean of the people who were asked and gave a level; {_made_of(held)}. "
        '"Cannot see" and "does not apply" are answers, never a low level; a blank is never a zero.',
        f"Intervals at {theme.percent(settings.confidence)}: t over each person's influence on the dimension, "
        f"{closed}{teams}. "
        "The band beside a level is what it would be if all absent answers stood at the bottom, and at the top.",
    ]
    if levels is not None:
        paragraphs.append(
            f"Gates: {gates}. Still project-run: some structural gate surely below {levels.moving:.0f}; in "
            f"transition: every structural gate surely there and some gate surely below {levels.standing:.0f}; "
            "product-run: every "
            f"gate surely at {levels.standing:.0f}; otherwise too close to call. Surely: certainty of "
            f'{settings.sure:.2f} or more (ours), with Holm\'s correction where "some gate" is claimed. Gates do not '
            "compensate for each other."
        )
        paragraphs.append(simulated_words())
    planned = roadmap_method(held, result.roadmap, settings.steps_per_quarter)
    paragraphs += [planned] if planned else []
    if result.weighting.is_made:
        paragraphs.append(
            f"Weighted levels stand beside the plain ones and decide nothing: answers are raked to the headcounts by "
            f"{theme.listing(list(result.weighting.margins))}, with weights from 1 to 5 times the mean; design effect "
            f"{result.weighting.design_effect:.1f}."
        )
    paragraphs.append(guard)
    paragraphs.append(respondents_method(result.respondents))
    if result.sources.interviews is not None or result.sources.checked:
        paragraphs.append(sources_method(settings))
    compared = wave_method(result.earlier, result.changes, settings.confidence)
    paragraphs += [compared] if compared else []
    paragraphs.append(
        'The thesis tested is the opinion of the authors of "ProductOps is the newest NotNeededOps" (Emergn). '
        f"Targets are the client's, or {_usual_words(result)}."
    )
    return "\n\n".join(paragraphs)


def certainty_words(certainty: float | None) -> str:
    """Return how sure something is, as a board reads it.

    Examples
    --------
    >>> certainty_words(0.96), certainty_words(1.0), certainty_words(0.85), certainty_words(None)
    ('very sure', 'practically certain', 'sure', 'open')
    """
    if certainty is None:
        return "open"
    for least, words in ((0.99, "practically certain"), (0.95, "very sure"), (0.8, "sure")):
        if certainty >= least:
            return words
    return "more likely than not" if certainty > 0.5 else "open"


def level_words(score: Score) -> str:
    """Return a level as it is shown: ``3.2``, ``≤ 1.2``, or ``–`` where it is hidden.

    Examples
    --------
    >>> level_words(Score("item", "d01_1", Part("line", "motor", "Motor"), None))
    '–'
    """
    return theme.MISSING if score.level is None else f"{score.edge} {theme.level(score.level.value)}".strip()


def held_back_words(result: Readiness, gates: tuple[Gate, ...], names: tuple[str, ...], most: int = 3) -> str:
    """Return what holds a part back, lowest first, with levels."""
    held = {gate.dimension: gate for gate in gates}
    words = [f"{held[name].name} ({level_words(held[name].score)})" for name in names[:most]]
    return theme.listing(words) if words else "nothing that may be shown"


def _answer(result: Readiness, verdict: Verdict) -> str:
    lowest = [gate for gate in verdict.gates if gate.dimension in verdict.held_back_by[:1]]
    tail = f", held back by {lowest[0].name.lower()} ({level_words(lowest[0].score)})" if lowest else ""
    if verdict.verdict == NOT_SHOWN:
        return "No class can be shown: in every line some gate is hidden to protect a small group."
    if verdict.verdict == TOO_CLOSE:
        likely = chance_words(dict(verdict.odds).get(verdict.leaning))
        leaning = _part_words(verdict.leaning, verdict) + (f", {likely}" if likely else "")
        names = theme.listing([line.name for line in verdict.lines if line.line in verdict.open_lines], 2)
        return fit_claim(
            f"Too close to call (leaning to {leaning}), settled by {names}{tail}.",
            f"Too close to call (leaning to {leaning}), settled by {names}.",
            f"Too close to call (leaning to {leaning}).",
        )
    if verdict.verdict == PART_PRODUCT_RUN:
        own = [line.name for line in verdict.lines if line.line in verdict.product_lines]
        count = f"Product-run in {len(own)} of {len(verdict.lines)} line{'s' if len(verdict.lines) != 1 else ''}"
        rest = tail.replace(", held back", "; overall held back")
        return fit_claim(
            f"{count} ({theme.listing(own, 2)}){rest}.",
            f"{count}{rest}.",
            f"{count}.",
        )
    return fit_claim(f"The organisation is {verdict.verdict}{tail}.", f"The organisation is {verdict.verdict}.")


def _part_words(name: str, verdict: Verdict) -> str:
    return f"{PRODUCT_RUN} in some lines" if name == PART_PRODUCT_RUN else name


def _why(result: Readiness, verdict: Verdict) -> str:
    head = result.scores.heads[result.organisation]
    people = theme.people(head.people) if head.people is not None else "An undisclosed number of people"
    asked = f" of {theme.number(head.headcount, 0)} asked" if head.headcount else ""
    unknown = "" if head.headcount else "; how many were asked is not known"
    held = held_back_words(result, verdict.gates, verdict.held_back_by)
    sentences = [f"Held back by {held}.", f"{people}{asked} answered in wave {result.wave}{unknown}."]
    visible = [line for line in verdict.lines if line.verdict != NOT_SHOWN]
    if visible and len(visible) < len(verdict.lines):
        names = theme.listing([line.name for line in verdict.lines if line.verdict == NOT_SHOWN])
        sentences.append(f"Lines not counted, because too few of their answers may be shown: {names}.")
    return " ".join(sentences)


def _by_class(verdict: Verdict) -> str:
    counts = [(name, sum(line.verdict == name for line in verdict.lines)) for name in (*CLASSES[::-1], TOO_CLOSE)]
    counts.append((NOT_SHOWN, sum(line.verdict == NOT_SHOWN for line in verdict.lines)))
    words = [f"{count} {'is' if count == 1 else 'are'} {name}" for name, count in counts if count]
    many = len(verdict.lines)
    return fit_claim(f"Of {many} product line{'s' if many != 1 else ''}, {theme.listing(words, 5) or 'none is shown'}.")


def _each_line(verdict: Verdict) -> str:
    return " ".join(f"{line.name}: {_line_words(line)}." for line in verdict.lines)


def _line_words(line: LineVerdict) -> str:
    if line.verdict == NOT_SHOWN:
        return "no verdict, because some of its gates are hidden to protect a small group"
    inside = [certainty_words(line.certainty)] if line.certainty is not None else []
    inside += ["claimed, not yet evidenced"] if line.not_yet_evidenced else []
    return f"{line.verdict} ({'; '.join(inside)})" if line.verdict != TOO_CLOSE and inside else line.short_words


def _cautions(result: Readiness) -> Iterator[Finding]:
    numbers = figures(result)
    yield from _about_response(result, numbers)
    is_known = result.scores.heads[result.organisation].headcount is not None  # else nobody knows who was silent
    widest = _widest_band(result) if is_known else None
    if widest is not None:
        group, held = widest
        yield Finding(
            fit_claim(
                f"Silence could move {group.lower()} to anywhere from {held.band_low:.1f} to {held.band_high:.1f}.",
                f"Silence could move one dimension from {held.band_low:.1f} to {held.band_high:.1f}.",
            ),
            "The level if everybody silent had answered lowest, and if all had answered highest; shown for the "
            "dimension with the widest band in the organisation. Intervals assume that the silent resemble the rest.",
            numbers.ids(f"level/{held.id}"),
        )
    unseen = _unseen(result)
    if unseen:
        yield Finding(
            f"{len(unseen)} question{'s' if len(unseen) != 1 else ''}: under half can see the answer.",
            "There the finding is the invisibility, not the level: " + "; ".join(words for _, words in unseen) + ".",
            numbers.ids(*(f"visibility/{name}" for name, _ in unseen)),
        )
    yield from _about_not_applicable(result)
    yield from _about_weights(result, numbers)
    yield from wave_cautions(result.instrument, result.earlier, result.changes, numbers)
    yield from respondent_cautions(result.instrument, result.respondents, numbers)
    hidden = [
        key for key, reason in result.scores.hidden.items() if key[:2] == (DIMENSION, LINE) and reason == PROTECTED
    ]
    if hidden:
        total = len(result.lines) * len(result.instrument.groups)
        verb = "is" if len(hidden) == 1 else "are"
        yield Finding(
            f"{len(hidden)} of {total} levels by line {verb} hidden to protect small groups.",
            f"Hidden are groups below {result.settings.minimum_group} people, and what would give them away by "
            "subtraction.",
        )
    if result.left_out:
        words = "; ".join(f"{count} {reason}" for reason, count in result.left_out.items())
        yield Finding("Some answers were read and not used.", f"Left out: {words}.")
    yield from source_cautions(result.sources, result.scores, result.parts, result.instrument, numbers)


def _about_response(result: Readiness, numbers: Figures) -> Iterator[Finding]:
    head = result.scores.heads[result.organisation]
    if head.headcount is None:
        yield Finding(
            "How many people were asked is not known, so intervals are wider than they need be.",
            "Response unknown: a table `population` (unit, role, product line, headcount) would narrow the intervals "
            "and show who is silent. How far their answers could move a level, nobody knows.",
            numbers.ids("people"),
        )
        return
    if head.people is None:
        return
    low = [
        part
        for part in result.lines
        if (share := result.scores.heads[part].response) is not None and share < LOW_RESPONSE
    ]
    words = "; ".join(f"{part.name} {theme.percent(result.scores.heads[part].response)}" for part in result.lines)
    tail = f", fewest in {min(low, key=lambda part: _response(result, part)).name}" if low else ""
    yield Finding(
        fit_claim(
            f"{theme.people_share(head.people, head.headcount)} answered{tail}.",
            f"{theme.people_share(head.people, head.headcount)} answered.",
        ),
        f"By line, with those who speak for the whole organisation: {words}." if words else "",
        numbers.ids("people", "headcount", "response", *(f"response{part_path(part)}" for part in result.lines)),
    )


def _about_weights(result: Readiness, numbers: Figures) -> Iterator[Finding]:
    """Name the levels that would stand elsewhere if everybody asked had answered like those of their own group."""
    moved = sorted(
        (
            (-abs(weighted - plain), part.id, group.id, part, group.name, plain, weighted)
            for part, group, plain, weighted in weighted_levels(result)
            if abs(weighted - plain) > MOVED_BY_WEIGHTS + 1e-9
        ),
        key=lambda one: one[:3],
    )
    if not moved:
        return
    *_, part, name, plain, weighted = moved[0]
    where = f"{name}, {part.name}"
    rest = "; ".join(f"{n}, {p.name}: {b:.1f} instead of {a:.1f}" for *_, p, n, a, b in moved)
    yield Finding(
        fit_claim(
            f"Who answered matters: weighted to headcounts, {where} is {weighted:.1f} instead of {plain:.1f}.",
            f"Who answered matters: weighted to headcounts, one level is {weighted:.1f} instead of {plain:.1f}.",
        ),
        f"Levels that weights move by more than {MOVED_BY_WEIGHTS:.1f}: {rest}. The class rests on the plain levels.",
        numbers.ids(
            *(
                f"{kind}{part_path(part)}/{dimension}"
                for _, _, dimension, part, *_ in moved
                for kind in ("level", "weighted")
            )
        ),
    )


def weighted_levels(result: Readiness) -> Iterator[tuple[Part, Group, float, float]]:
    """Yield each part and dimension whose plain and weighted levels are both shown, with the two (unit: level)."""
    for part in (result.organisation, *result.lines):
        for group in result.instrument.groups:
            plain = result.scores.get(DIMENSION, part, group.id)
            held = result.scores.scores.get((WEIGHTED, part.kind, part.id, group.id))
            if held is None or held.level is None or plain.level is None or held.edge or plain.edge:
                continue
            yield part, group, plain.level.value, held.level.value


def _response(result: Readiness, part: Part) -> float:
    return result.scores.heads[part].response or 0.0


def _widest_band(result: Readiness) -> tuple[str, Score] | None:
    held = [
        (group.name, result.scores.get(DIMENSION, result.organisation, group.id)) for group in result.instrument.groups
    ]
    known = [(name, one) for name, one in held if one.band_low is not None and one.band_high is not None]
    if not known:
        return None
    name, widest = max(known, key=lambda one: ((one[1].band_high or 0) - (one[1].band_low or 0), one[0]))
    return (name, widest) if (widest.band_high or 0) - (widest.band_low or 0) >= 0.5 else None


def _unseen(result: Readiness) -> list[tuple[str, str]]:
    found = []
    for item in result.instrument.items:
        # A share is shown only with its level: so at least a minimum group can see it, and more than that cannot.
        share = result.scores.get(ITEM, result.organisation, item.id).visibility
        if share is not None and share < SEEN_BY_TOO_FEW:
            found.append((item.id, f"{item.printed} {item.title}"))
    return found


def _about_not_applicable(result: Readiness) -> Iterator[Finding]:
    for part in result.lines:
        names = [
            f"{item.printed} {item.title}"
            for item in result.instrument.items
            if (result.scores.get(ITEM, part, item.id).not_applicable or 0) > 0.5
        ]
        if names:
            yield Finding(
                fit_claim(
                    f"{part.name}: {len(names)} question{'s' if len(names) != 1 else ''} may not apply there.",
                    "In one line some questions may not apply.",
                ),
                f"More than half say so; consider dropping there: {'; '.join(names)}.",
            )


def _ask_claim(result: Readiness, line: LineVerdict) -> str:
    ask = line.ask
    if ask is None:
        return "get more answers before its class can be shown"
    if ask.people == 0:
        return "look at the evidence to settle its class"
    many = f"{count_words(ask.people)} more" if ask.people else "more"
    of = f" from {result.instrument.role(ask.role).name}" if ask.role else ""
    return f"get {many} answer{'' if ask.people == 1 else 's'}{of} to settle its class"


def _usual_words(result: Readiness) -> str:
    if result.settings.target is not None:
        return f"level {result.settings.target:g}"
    levels = result.instrument.gate_levels
    return f"{levels.standing:g} until every gate stands there, then {levels.later:g}" if levels else "the scale's top"
