"""What readiness shows: classes, gaps to target, levels by line, the two jobs, who answered, and the article's claims.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.exhibits_sources import classes_or_note
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness
    from workbench.readiness.instrument import Group, Item
    from workbench.readiness.scores import Part, Score

HIDDEN = "hidden"
"""What stands in a table where a group is too small."""

MUCH_THE_SAME = 0.3
"""Distance up to which two levels are called much the same, if their intervals touch (ours). Unit: level."""

THE_MOVE = "A10"
"""The claim that hangs on the verdict itself: not before the move from project to product is made."""


def classes_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the table of classes: a row a line, with what holds it back and how sure that is."""
    if isinstance(result, Off):
        return classes_or_note(result)
    from workbench.readiness import figures
    from workbench.readiness.sentences import certainty_words, held_back_words

    if result.verdict is None:
        return _no_gates("readiness-classes")
    numbers = figures(result)
    rows = []
    for part in result.lines:
        line = result.verdict.line(part.id)
        head = result.scores.heads[part]
        rows.append(
            {
                "line": part.name,
                "class": line.short_words,
                "sure": certainty_words(line.certainty) if line.certainty is not None else theme.MISSING,
                "held_back": held_back_words(result, line.gates, line.held_back_by, 2) if line.gates else HIDDEN,
                "way": result.percent_to_target[part.id],
                "people": head.people,
                "ids": numbers.known_ids(
                    f"class/{part.id}",
                    f"certainty/{part.id}",
                    *(f"level/{part.id}/{name}" for name in line.held_back_by[:2]),
                    f"percent-to-target/{part.id}",
                    f"people/{part.id}",
                ),
            }
        )
    return Exhibit(
        "readiness-classes",
        table(
            rows,
            columns={
                "line": "Product line",
                "class": "Class",
                "sure": "Certainty",
                "held_back": "Lowest gates (level)",
                "way": "Way to target",
                "people": "Answers, incl. whole organisation",
            },
            units={"way": "share", "people": "people"},
            claim=_claim_classes(result),
            subtitle=(
                "Class of each line, gates that hold it back on levels "
                f"{result.instrument.scale.span}, people who answered"
            ),
            source=_source(result),
        ),
    )


def gap_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the dimensions of the whole organisation against their targets, with intervals."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    numbers = figures(result)
    rows = []
    for group in result.instrument.dimensions:
        held = result.scores.get("dimension", result.organisation, group.id)
        rows.append(
            {
                "dimension": group.name + (" (gate)" if group.gate else ""),
                "level": _value(held),
                "low": _low(held),
                "high": _high(held),
                "n": held.people,
                "target": result.targets[("", group.id)],
                "note": held.hidden,
                "ids": numbers.known_ids(f"level/{group.id}", f"target/{group.id}"),
            }
        )
    widest = _widest_gap(result)
    if widest is None:
        claim = "No dimension has enough answers to be shown."
    else:
        group, level, target = widest
        distance = target - level
        claim = (
            fit_claim(
                f"{group.name} is furthest from its target: {theme.level(level)} against {theme.level(target)}.",
                f"The furthest dimension stands {theme.level(distance)} levels below its target.",
            )
            if distance > 0
            else "Every dimension has reached its target."
        )
    return Exhibit(
        "readiness-gaps",
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
            highlight=None if widest is None else widest[0].name + (" (gate)" if widest[0].gate else ""),
            claim=claim,
            subtitle=(
                f"Level of each dimension in the organisation, {result.instrument.scale.span}, with "
                f"{theme.percent(result.settings.confidence)} interval; the upright line is the target"
            ),
            source=_source(result),
        ),
    )


def line_levels_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the levels of every dimension in every line; hidden ones are marked."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.numbers import part_path
    from workbench.readiness.sentences import level_words

    numbers = figures(result)
    parts = (*result.lines, result.organisation)
    rows: list[dict[str, Any]] = []
    for group in result.instrument.dimensions:
        row: dict[str, Any] = {"dimension": group.name + (" (gate)" if group.gate else "")}
        for place, part in enumerate(parts):
            held = result.scores.get("dimension", part, group.id)
            if held.level is None:
                row[f"p{place}"] = _hidden_words(held)
            else:
                row[f"p{place}"] = level_words(held) if held.edge else held.level.value
        row["ids"] = numbers.known_ids(*(f"level{part_path(part)}/{group.id}" for part in parts))
        rows.append(row)
    headers = {"dimension": "Dimension"}
    headers |= {f"p{place}": "All" if part == result.organisation else part.name for place, part in enumerate(parts)}
    hidden = sum(1 for row in rows for value in row.values() if value == HIDDEN)
    lowest = _lowest_cell(result)
    if lowest is None:
        claim = "No line has enough answers for a level to be shown."
    else:
        group, part, held = lowest
        claim = fit_claim(
            f"The lowest level is {group.name.lower()} in {part.name}: {level_words(held)}.",
            f"The lowest level stands in {part.name}: {level_words(held)}.",
            f"The lowest level of all lines is {level_words(held)}.",
        )
    marked = f"; {hidden} hidden to protect small groups" if hidden else ""
    return Exhibit(
        "readiness-lines",
        table(
            rows,
            columns=headers,
            units={f"p{place}": "level" for place in range(len(parts))},
            claim=claim,
            subtitle=f"Level by dimension and product line, {result.instrument.scale.span}{marked}",
            source=_source(result),
        ),
    )


def two_jobs_exhibit(result: Readiness | Off) -> Exhibit:
    """Return each dimension as seen by those who shape the business and by those who run it."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.inputs import NOT_ASKED
    from workbench.readiness.numbers import part_path

    numbers = figures(result)
    cuts = [part for part in result.parts if part.kind == "cut"][:2]
    if len(cuts) < 2:
        return words_exhibit("readiness-two-jobs", "The instrument does not compare two groups of roles.", "")
    rows = []
    for group in result.instrument.dimensions:
        held = [result.scores.get("dimension", part, group.id) for part in cuts]
        if all(one.hidden == NOT_ASKED for one in held):
            continue
        for part, one in zip(cuts, held, strict=True):
            rows.append(
                {
                    "dimension": group.name,
                    "who": part.id,
                    "level": _value(one),
                    "low": _low(one),
                    "high": _high(one),
                    "note": _hidden_words(one) if one.level is None else "",
                    "ids": numbers.known_ids(f"level{part_path(part)}/{group.id}"),
                }
            )
    counted = "; ".join(f"{part.id}: {part.name}, {_people_words(result.scores.heads[part].people)}" for part in cuts)
    return Exhibit(
        "readiness-two-jobs",
        dots_intervals(
            rows,
            label="dimension",
            value="level",
            low="low",
            high="high",
            series="who",
            note="note",
            unit="level",
            highlight=cuts[1].id,
            claim=_claim_two_jobs(result, cuts),
            subtitle=(
                f"Level of each dimension, {result.instrument.scale.span}, "
                f"with {theme.percent(result.settings.confidence)} interval; "
                f"{counted}"
            ),
            source=_source(result),
        ),
    )


def response_exhibit(result: Readiness | Off) -> Exhibit:
    """Return who answered, of how many, and which dimension they can see least."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.numbers import part_path

    numbers = figures(result)
    rows = []
    for part in (*result.lines, *(one for one in result.parts if one.kind in ("cut", "role")), result.organisation):
        head = result.scores.heads[part]
        seen = _least_visible(result, part)
        path = part_path(part)
        rows.append(
            {
                "part": theme.upper_start(part.name),
                "asked": head.headcount,
                "people": head.people if head.people is not None else HIDDEN,
                "response": head.response if head.response is not None else _unknown(head.hidden),
                "least": seen[0].name if seen else theme.MISSING,
                "visibility": seen[1] if seen else None,
                "total": part == result.organisation,
                "ids": numbers.known_ids(
                    f"headcount{path}",
                    f"people{path}",
                    f"response{path}",
                    *((f"visibility{path}/{seen[0].id}",) if seen else ()),
                ),
            }
        )
    whole = result.scores.heads[result.organisation]
    if whole.people is not None and whole.headcount:
        claim = f"{theme.people_share(whole.people, whole.headcount)} answered in wave {result.wave}."
    elif whole.people is not None:
        claim = f"{theme.people(whole.people)} answered; how many were asked is not known."
    else:
        claim = "Too few people answered for their number to be shown."
    return Exhibit(
        "readiness-response",
        table(
            rows,
            columns={
                "part": "Who",
                "asked": "Asked",
                "people": "Answered",
                "response": "Response",
                "least": "Seen least",
                "visibility": "Can see it",
            },
            units={"asked": "people", "people": "people", "response": "share", "visibility": "share"},
            claim=fit_claim(claim, "Who answered is shown by line, job and role."),
            subtitle=(
                "People asked and people who answered; those who speak for the whole organisation count in every line. "
                "Can see it: levels among levels and “cannot see”"
            ),
            source=_source(result),
            is_total="total",
        ),
        is_appendix=True,
    )


def claims_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the article's claims, as their authors' opinion, with the levels of the items that bear on them."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.sentences import level_words

    if result.settings.thesis == "off":
        return words_exhibit(
            "readiness-claims",
            "The article's claims are left out, as the engagement's settings say.",
            "Setting: thesis.",
            alt="Note",
            is_appendix=True,
        )
    numbers = figures(result)
    standing = _standing(result)
    rows: list[dict[str, Any]] = []
    reached: set[str] = set()
    counted: set[str] = set()
    for name, text in result.instrument.claims:
        items = [item for item in result.instrument.items if name in item.claims]
        held = [(item, result.scores.get("item", result.organisation, item.id)) for item in items]
        known = sorted((one for one in held if one[1].level is not None), key=lambda one: (_value(one[1]), one[0].id))
        counted |= {item.id for item, _ in known}
        above = {item.id for item, one in known if (_value(one) or 0) >= standing}
        reached |= above
        keys = [f"item/{item.id}" for item, _ in known]
        levels = "; ".join(f"{item.printed}: {level_words(one)}" for item, one in held)
        if name == THE_MOVE and result.verdict is not None:
            keys, levels = [*keys, "class"], f"{levels}; the organisation is {result.verdict.words}"
        rows.append(
            {
                "claim": f"{name} {text}",
                "lowest": _item_words(known[0]) if known else HIDDEN,
                "highest": _item_words(known[-1]) if len(known) > 1 else theme.MISSING,
                "reached": f"{len(above)} of {len(known)}",
                "levels": levels,
                "ids": numbers.known_ids(*keys),
            }
        )
    if not rows:
        return words_exhibit("readiness-claims", "The instrument tests no claims.", "", is_appendix=True)
    return Exhibit(
        "readiness-claims",
        table(
            rows,
            columns={
                "claim": "What the article's authors say",
                "lowest": "Lowest item",
                "highest": "Highest item",
                "reached": f"At {standing:g} or more",
                "levels": "All items (level)",
            },
            claim=f"{len(reached)} of {len(counted)} items behind the claims stand at level {standing:g} or more.",
            subtitle=(
                "Claims of the article “ProductOps is the newest NotNeededOps” (Emergn), its authors' opinion, "
                f"and levels {result.instrument.scale.span} of the items that bear on them, with "
                f"{theme.percent(result.settings.confidence)} "
                "interval and people; an item may bear on several claims"
            ),
            source=_source(result),
        ),
        is_appendix=result.settings.thesis != "front",
    )


def _value(score: Score) -> float | None:
    return None if score.level is None else score.level.value


def _low(score: Score) -> float | None:
    return None if score.level is None else score.level.low


def _high(score: Score) -> float | None:
    return None if score.level is None else score.level.high


def _hidden_words(score: Score) -> str:
    """Return what a narrow cell says where there is no level: the published reason, in a word or two."""
    from workbench.readiness.anonymity import PROTECTED

    return HIDDEN if score.hidden == PROTECTED else score.hidden


def _unknown(hidden: str) -> str:
    return HIDDEN if hidden else "unknown"


def _source(result: Readiness) -> str:
    asked = "" if result.has_population else "; response unknown"
    return f"Survey, wave {result.wave}; instrument {result.instrument.name} {result.instrument.version}{asked}"


def _claim_classes(result: Readiness) -> str:
    if result.verdict is None:
        return ""
    counts: dict[str, int] = {}
    for line in result.verdict.lines:
        counts[line.verdict] = counts.get(line.verdict, 0) + 1
    order = ("product-run", "in transition", "still project-run", "too close to call", "not shown")
    words = [f"{counts[name]} {'is' if counts[name] == 1 else 'are'} {name}" for name in order if name in counts]
    many = len(result.verdict.lines)
    return fit_claim(
        f"{many} product line{'s' if many != 1 else ''}: {theme.listing(words, 5)}.", f"{many} lines, by class."
    )


def _widest_gap(result: Readiness) -> tuple[Group, float, float] | None:
    found = []
    for group in result.instrument.dimensions:
        level = _value(result.scores.get("dimension", result.organisation, group.id))
        if level is not None:
            target = result.targets[("", group.id)]
            found.append((target - level, group.id, group, level, target))
    if not found:
        return None
    _, _, group, level, target = max(found, key=lambda one: (one[0], one[1]))
    return group, level, target


def _lowest_cell(result: Readiness) -> tuple[Group, Part, Score] | None:
    held = [
        (group, part, result.scores.get("dimension", part, group.id))
        for part in result.lines
        for group in result.instrument.dimensions
    ]
    known = [one for one in held if one[2].level is not None]
    return min(known, key=lambda one: (_value(one[2]), one[1].id, one[0].id)) if known else None


def _claim_two_jobs(result: Readiness, cuts: list[Part]) -> str:
    found = []
    for group in result.instrument.dimensions:
        first, second = (result.scores.get("dimension", part, group.id) for part in cuts)
        if first.level is not None and second.level is not None:
            gap = first.level.value - second.level.value
            found.append((abs(gap), group.id, group, first, second))
    if not found:
        return "Shaping and running the business cannot be compared: one is hidden to protect a small group."
    gap, _, group, first, second = max(found, key=lambda one: (one[0], one[1]))
    one, other = cuts
    levels = f"{one.id} {_value(first):.1f}, {other.id} {_value(second):.1f}"
    if _overlap(first, second) and gap > MUCH_THE_SAME:
        return fit_claim(
            f"The widest gap between the two jobs may be chance: {group.name.lower()}, {levels}.",
            f"The widest gap between the two jobs, {gap:.1f} levels, may be chance: {levels}.",
        )
    if _overlap(first, second):
        return fit_claim(
            f"The two jobs see much the same; furthest apart on {group.name.lower()}: {levels}.",
            f"The two jobs see much the same, {gap:.1f} levels apart at most: {levels}.",
        )
    return fit_claim(
        f"The two jobs differ most on {group.name.lower()}: {levels}.",
        f"The two jobs differ most by {gap:.1f}: {levels}.",
    )


def _people_words(people: int | None) -> str:
    return HIDDEN if people is None else theme.people(people)


def _overlap(first: Score, second: Score) -> bool:
    """Whether two intervals touch; unknown ones do."""
    ends = (_low(first), _high(first), _low(second), _high(second))
    if any(end is None for end in ends):
        return True
    low, high, other_low, other_high = (float(end or 0) for end in ends)
    return low <= other_high and other_low <= high


def _least_visible(result: Readiness, part: Part) -> tuple[Group, float] | None:
    found = []
    for group in result.instrument.dimensions:
        share = result.scores.get("dimension", part, group.id).visibility
        if share is not None:
            found.append((share, group.id, group))
    if not found or result.scores.heads[part].hidden:
        return None
    share, _, group = min(found, key=lambda one: (one[0], one[1]))
    return group, share


def _standing(result: Readiness) -> float:
    levels = result.instrument.gate_levels
    return (
        levels.standing
        if levels is not None
        else (result.instrument.scale.lowest + result.instrument.scale.highest) / 2
    )


def _item_words(one: tuple[Item, Score]) -> str:
    from workbench.readiness.sentences import level_words

    item, held = one
    low, high = _low(held), _high(held)
    reach = "" if low is None or high is None else f", {theme.level(low)} to {theme.level(high)}"
    return f"{item.printed} {item.title}: {level_words(held)}{reach}, n {held.people}"


def _no_gates(key: str) -> Exhibit:
    return words_exhibit(key, "The instrument has no gates, so there are levels but no classes.", "")
