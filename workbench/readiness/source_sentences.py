"""What the gap between jobs, interviews and artefacts say in sentences; and all that a first look says."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import theme
from workbench.findings import Figures, Finding, Findings, fit_claim
from workbench.readiness.anonymity import DISTRIBUTION_FROM, PROTECTED, ProtectedScores
from workbench.readiness.classes import CLASSES
from workbench.readiness.first_look import SURVEY, FirstLook, count_words
from workbench.readiness.gaps import RoleGap
from workbench.readiness.inputs import Settings
from workbench.readiness.instrument import Instrument, routed
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Part
from workbench.readiness.source_numbers import first_figures
from workbench.readiness.sources import Evidenced, Sources, unbacked_gates
from workbench.readiness.verdict import Gate, LineVerdict

STRONG_GAP = 1.0
"""Levels from which a gap between two jobs is worth a sentence at the top (ours): they describe two organisations."""

FAR_APART = 1.0
"""Levels from which two sources contradict each other (ours)."""

SECONDS_AN_ITEM = 20
"""About what an answer takes (ours)."""

MOST_NAMED = 4
"""Questions, or dimensions, that one sentence names (ours)."""


def gap_finding(gaps: tuple[RoleGap, ...], instrument: Instrument, numbers: Figures) -> Finding | None:
    """Return the widest gap between two jobs as a sentence, where it is strong and beyond chance.

    Parameters
    ----------
    gaps : tuple of RoleGap
        Widest sure ones first.
    instrument : Instrument
    numbers : Figures
    """
    sure = [gap for gap in gaps if gap.is_sure]
    if not sure or abs(sure[0].difference.value) < STRONG_GAP:
        return None
    first = sure[0]
    item = instrument.item(first.item)
    apart = first.difference
    ends = () if apart.low is None or apart.high is None else sorted((apart.low, apart.high), key=abs)
    reach = f", {abs(ends[0]):.1f} to {abs(ends[1]):.1f} levels apart" if ends else ""
    others = [gap for gap in sure if gap.item != first.item]
    widest = {gap.item: gap for gap in reversed(others)}  # the widest of each question
    rest = "; ".join(gap_words(gap, instrument) for gap in sure if gap is widest.get(gap.item))
    detail = (
        f"{_side(first, 0)}, {_side(first, 1)}{reach}. {len(sure)} of {first.compared} gaps between jobs that were "
        f"looked at {'is' if len(sure) == 1 else 'are'} beyond chance, corrected for having looked at all."
    )
    side = "higher" if apart.value > 0 else "lower"
    size = theme.level(abs(apart.value))
    return Finding(
        fit_claim(
            f"{_who(first.first)} see “{item.title}” ({item.printed}) {size} levels {side} than {first.second.name}.",
            f"{_who(first.first)} see item {item.printed} {size} levels {side} than {first.second.name}.",
        ),
        f"{detail} Further: {rest}." if rest else detail,
        numbers.ids("gaps/compared", "gaps/sure", first.key, *(gap.key for gap in widest.values())),
    )


def gap_words(gap: RoleGap, instrument: Instrument) -> str:
    """Return a gap in words: ``6.1 How money is given: executives 1.1 levels higher than builders``."""
    item = instrument.item(gap.item)
    side = "higher" if gap.difference.value > 0 else "lower"
    size = theme.level(abs(gap.difference.value))
    return f"{item.printed} {item.title}: {gap.first.name} {size} levels {side} than {gap.second.name}"


def source_cautions(
    sources: Sources, shown: ProtectedScores, parts: tuple[Part, ...], instrument: Instrument, numbers: Figures
) -> Iterator[Finding]:
    """Yield what the other sources say against the survey.

    Parameters
    ----------
    sources : Sources
    shown : ProtectedScores
        The survey's published levels.
    parts : tuple of Part
        Others than the organisation and its lines are not looked at.
    instrument : Instrument
    numbers : Figures
    """
    parts = tuple(part for part in parts if part.kind in (ORGANISATION, LINE))
    yield from _claimed_only(sources, shown, parts, instrument, numbers)
    yield from _contradicted(sources, shown, parts, instrument, numbers)
    if not sources.checked:
        yield Finding(
            "Levels are what people say; no artefact was compared with them.",
            "Claims and evidence often differ by a level. A table `evidence` (item, product line, seen, level) would "
            "show which claims an artefact supports.",
        )


def _claimed_only(
    sources: Sources, shown: ProtectedScores, parts: tuple[Part, ...], instrument: Instrument, numbers: Figures
) -> Iterator[Finding]:
    if not sources.checked:
        return
    held = [one for part in parts for group in instrument.dimensions if (one := sources.of(part, group.id))]
    turned = {(part.id, name) for part in parts for name in unbacked_gates(sources, instrument, part, shown)}
    has_lines = any(one.part.kind == LINE for one in held)
    wide = sorted(
        (
            one
            for one in held
            if (one.part.kind == LINE or not has_lines) and (one.not_yet_evidenced or 0.0) >= FAR_APART
        ),
        # A gate that would not stand comes first.
        key=lambda one: (
            (one.part.id, one.dimension) not in turned,
            -(one.not_yet_evidenced or 0.0),
            one.part.id,
            one.dimension,
        ),
    )
    whole = [one for one in held if one.part.kind != LINE]
    looked, questions = sum(one.looked_at for one in whole), sum(one.questions for one in whole)
    share = (
        f"Artefacts were looked for on {looked} of {questions} questions, each line counted; of the others nothing is "
        "known."
    )
    if not wide:
        yield Finding(
            fit_claim(f"{_backed_words(sources)}; {looked} of {questions} were looked at."),
            share,
            numbers.ids("artefacts/looked-at", "artefacts/questions"),
        )
        return
    first = wide[0]
    name = instrument.group(first.dimension).name.lower()
    more = f", in {len(wide) - 1} more places likewise" if len(wide) > 1 else ""
    levels = f"claimed {_level(first.claimed)}, evidenced {_level(first.evidenced)}"
    listed = "; ".join(_gap_in_words(one, instrument) for one in wide[: 2 * MOST_NAMED])
    yield Finding(
        fit_claim(
            f"Claimed, not yet evidenced: {name} in {first.part.name}, {levels}{more}.",
            f"Claimed, not yet evidenced: {name} in {first.part.name}, {levels}.",
            f"Claimed, not yet evidenced: {name} in {first.part.name}.",
        ),
        f"Over the questions looked at: {listed}. {share}",
        numbers.ids(
            "artefacts/looked-at",
            "artefacts/questions",
            *(
                f"{key}/{one.part.id}/{one.dimension}" if one.part.id else f"{key}/{one.dimension}"
                for one in wide[: 2 * MOST_NAMED]
                for key in ("claimed", "evidenced")
            ),
        ),
    )


def _backed_words(sources: Sources) -> str:
    """Return what may be said where no dimension is claimed far beyond its evidence."""
    compared = [one for one in sources.checked if one.not_yet_evidenced is not None]
    if not compared:
        return "Beside the artefacts no claimed level may be shown"
    if all(one.look.is_seen and not one.not_yet_evidenced for one in compared):
        return "What was claimed and looked at has its artefact"
    return "No dimension is claimed a level or more beyond its evidence"


def _gap_in_words(one: Evidenced, instrument: Instrument) -> str:
    name = instrument.group(one.dimension).name
    levels = f"claimed {_level(one.claimed)}, evidenced {_level(one.evidenced)}"
    return f"{one.part.name}, {name}: {levels} ({one.looked_at} of {one.questions} looked at)"


def _contradicted(
    sources: Sources, shown: ProtectedScores, parts: tuple[Part, ...], instrument: Instrument, numbers: Figures
) -> Iterator[Finding]:
    """Interviews that are far from the survey: somebody chose these people, or the others did not dare."""
    found = []
    for part in parts:
        for group in instrument.dimensions:
            heard, level = sources.heard(part, group.id), shown.get(DIMENSION, part, group.id).level
            if heard is not None and heard.median is not None and level is not None:
                gap = round(heard.median - level.value, 1)
                if abs(gap) >= FAR_APART:
                    found.append((-abs(gap), part.kind != LINE, part.id, group, part, heard, level))
    if not found:
        return
    found.sort(key=lambda one: (*one[:3], one[3].id))
    words = "; ".join(
        f"{part.name}, {group.name}: {heard.edge} {_level(heard.median)} of {heard.interviews} interviews, survey "
        f"{_level(level.value)}".replace("  ", " ")
        for *_, group, part, heard, level in found[: 2 * MOST_NAMED]
    )
    *_, group, part, heard, level = found[0]
    place = "" if part.kind != LINE else f" in {part.name}"
    yield Finding(
        fit_claim(
            f"Interviews say {_level(heard.median)}, the survey {_level(level.value)}: {group.name.lower()}{place}.",
            f"Interviews and the survey are furthest apart on {group.name.lower()}.",
        ),
        f"{words}. Interviewed people were chosen; that they differ is a question to ask, no correction.",
        numbers.ids(
            *(
                f"{key}{_path(part)}/{group.id}"
                for *_, group, part, _, _ in found[: 2 * MOST_NAMED]
                for key in ("heard", "level")
            )
        ),
    )


# -- a first look ----------------------------------------------------------------------------------------------------


def first_headline(look: FirstLook) -> Findings:
    """Return the bottom line of a first look: where it leans, and that only a survey settles it."""
    numbers, verdict = first_figures(look), look.verdict
    sources = " and ".join(count_words(look.sources))
    limits = (
        "Interviewed people are chosen, so there is no response rate and no interval, and nothing beyond a leaning."
    )
    if verdict is None:
        claim = fit_claim(f"{sources} speak of levels; the instrument has no gates and gives no verdict.")
        return Findings((Finding(claim, limits),))
    held = [_held_back(verdict.gates, verdict.held_back_by[:most]) for most in (2, 1)]
    leaning = f"leaning to {verdict.leaning}, " if verdict.leaning else ""
    tails = [f", held back by {words}" if words else "" for words in held]
    gates = [f"gate/{name}" for name in verdict.held_back_by]
    answer = Finding(
        fit_claim(
            *(f"Too close to call ({leaning}settled by {SURVEY}){tail}." for tail in tails),
            f"Too close to call ({leaning}settled by {SURVEY}).",
        ),
        f"{sources}; no survey yet. {limits} A gate stands at the lower of what interviews say and artefacts show.",
        numbers.ids("class", *gates),
    )
    open_question = Finding(
        f"Whether a separate coordinating function is needed is open until {SURVEY} is in.",
        "".join(f"{held.name}: {held.headcount} people, {held.approvals} approvals. " for held in look.layers).strip(),
    )
    return Findings((answer, open_question, _by_leaning(look, verdict.lines, numbers)))


def first_cautions(look: FirstLook) -> Findings:
    """Return what a first look can not carry."""
    return Findings(tuple(_first_cautions(look, first_figures(look))))


def first_steps(look: FirstLook) -> Findings:
    """Return what to do next: send the survey, and look for what is missing."""
    counts = [len(routed(look.instrument, role.id)) for role in look.instrument.roles]
    minutes = [max(1, round(count * SECONDS_AN_ITEM / 60)) for count in (min(counts), max(counts))]
    ask = "A table `population` with everybody asked makes intervals narrower and shows who is silent."
    found = [
        Finding(
            fit_claim(
                f"Send {SURVEY}: {len(counts)} short forms by role, {minutes[0]} to {minutes[1]} minutes.",
                f"Send {SURVEY}.",
            ),
            f"{min(counts)} to {max(counts)} questions a person, by role. {ask} Interviews go on as they are: they say "
            "why, the survey says how many.",
        )
    ]
    found += _to_look_for(look)
    return Findings(tuple(found))


def first_method(look: FirstLook) -> str:
    """Return how a first look was made, for the appendix."""
    held = look.instrument
    return "\n\n".join(
        (
            f"Instrument {held.name}, version {held.version}; no survey. {sources_method(look.settings)}",
            "A gate stands at the lower of what interviews say (median) and what artefacts show (mean of the levels "
            "they support). A line leans to still project-run if a structural gate stands below the first threshold, "
            "to in transition if a gate stands below the second, to product-run only if every gate is known and "
            "stands. No class is given: that takes everybody's answers.",
        )
    )


def sources_method(settings: Settings) -> str:
    """Return how interviews and artefacts are used, for the appendix."""
    return (
        "Interviews are chosen people: median, lowest and highest of what each said, never an interval, never averaged "
        f"into the survey; told from {settings.minimum_group} interviews, lowest and highest from {DISTRIBUTION_FROM}. "
        "Quotes stand with their dimension alone, or with a role that enough interviewed people share. An artefact is "
        "seen, looked for and not seen, or not looked at; evidenced is what is claimed, capped at "
        f"{settings.unseen_cap:g} where it was not seen and at the assessor's level; of several assessors the lowest "
        "level counts. Claimed and evidenced are compared over the same questions."
    )


def _first_cautions(look: FirstLook, numbers: Figures) -> Iterator[Finding]:
    sources, lines = look.sources, look.lines
    if sources.interviews is not None:
        count = sources.interviews.interviews
        yield Finding(
            fit_claim(f"{count} interviewed people were chosen, they are no sample; nobody knows how others see it."),
            "No response rate, no interval, no class: who was not asked may say the opposite.",
            numbers.ids("interviews"),
        )
        hidden = [
            part.name for part in lines if all(_is_hidden(look, part, group.id) for group in look.instrument.dimensions)
        ]
        if hidden:
            yield Finding(
                fit_claim(
                    f"In {len(hidden)} of {len(lines)} lines interviews are too few to be told without naming anyone."
                ),
                f"{theme.listing(hidden, 8)}. What artefacts show is told for every line.",
            )
    if sources.checked:
        whole = [one for group in look.instrument.dimensions if (one := sources.of(look.organisation, group.id))]
        looked, questions = sum(one.looked_at for one in whole), sum(one.questions for one in whole)
        yield Finding(
            fit_claim(f"Artefacts were looked for on {looked} of {questions} questions, each line counted."),
            "Of the others nothing is known: not looked at is neither seen nor missing.",
            numbers.ids("artefacts/looked-at", "artefacts/questions"),
        )


def _is_hidden(look: FirstLook, part: Part, dimension: str) -> bool:
    heard = look.sources.heard(part, dimension)
    return heard is not None and heard.hidden == PROTECTED


def _by_leaning(look: FirstLook, lines: tuple[LineVerdict, ...], numbers: Figures) -> Finding:
    counts = [(name, sum(line.leaning == name for line in lines)) for name in CLASSES[::-1]]
    words = [f"{count} lean{'s' if count == 1 else ''} to {name}" for name, count in counts if count]
    silent = sum(not line.leaning for line in lines)
    words += [f"{silent} cannot be said"] if silent else []
    many = len(lines)
    keys = [f"leaning/{name.replace(' ', '-')}" for name in CLASSES]
    each = " ".join(
        f"{line.name}: {f'leaning to {line.leaning}' if line.leaning else 'too little is known to lean'}"
        f"{_behind(line)}."
        for line in lines
    )
    return Finding(
        fit_claim(f"Of {many} product line{'s' if many != 1 else ''}, {theme.listing(words, 4)}."),
        each,
        numbers.ids(*keys),
    )


def _behind(line: LineVerdict) -> str:
    held = _held_back(line.gates, line.held_back_by[:2])
    return f", held back by {held}" if held else ""


def _held_back(gates: tuple[Gate, ...], names: tuple[str, ...]) -> str:
    known = {gate.dimension: gate for gate in gates}
    return theme.listing(
        [
            f"{known[name].name.lower()} ({_level(level.value)})"
            for name in names
            if (level := known[name].score.level) is not None
        ]
    )


def _to_look_for(look: FirstLook) -> list[Finding]:
    """Return artefacts that nobody looked for yet, of the gates that hold the organisation back."""
    if look.verdict is None:
        return []
    seen = {item for item, _ in look.sources.looked_at}
    names = look.verdict.held_back_by or tuple(group.id for group in look.instrument.gates[:2])
    wanted = [
        item for name in names for item in look.instrument.items_below(name) if item.evidence and item.id not in seen
    ][:MOST_NAMED]
    if not wanted:
        return []
    listed = "; ".join(f"{item.printed} {item.evidence.rstrip('.')}" for item in wanted)
    many = len(wanted)
    return [
        Finding(
            f"Look for {many} artefact{'s' if many != 1 else ''} behind what holds the organisation back.",
            f"{listed}.",
        )
    ]


def _side(gap: RoleGap, place: int) -> str:
    part, score = ((gap.first, gap.first_level), (gap.second, gap.second_level))[place]
    value = "–" if score.level is None else f"{score.edge} {theme.level(score.level.value)}".strip()
    name = _who(part) if place == 0 else part.name
    return f"{name} {value} ({theme.people(score.people)})"


def _who(part: Part) -> str:
    return theme.upper_start(part.name)


def _level(value: float | None) -> str:
    return theme.level(value)


def _path(part: Part) -> str:
    return f"/{part.id}" if part.kind == LINE else ""
