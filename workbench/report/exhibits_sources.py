"""What readiness shows beside the survey: gaps between jobs, the three sources, what is only claimed, quotes.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures. All but
the gaps speak of a first look too, which has interviews and artefacts and no survey yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness
    from workbench.readiness.first_look import FirstLook
    from workbench.readiness.gaps import RoleGap
    from workbench.readiness.instrument import Group
    from workbench.readiness.interviews import Heard
    from workbench.readiness.scores import Part, Score
    from workbench.readiness.sources import Checked

MOST_GAPS = 10
"""Gaps that one chart shows (ours)."""

NOT_LOOKED_AT, HIDDEN = "not looked at", "hidden"


def role_gaps_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the widest gaps between two jobs, those beyond chance first, and how many were looked at."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    gaps = result.gaps
    if not gaps:
        return words_exhibit(
            "readiness-role-gaps",
            "No two jobs can be compared: too few people of each answered the same question.",
            "Two roles are compared on a question where the level of both may be shown.",
            source=_source(result),
        )
    numbers = figures(result)
    shown = gaps[:MOST_GAPS]
    rows = [
        {
            "gap": _gap_label(result, gap),
            "difference": gap.difference.value,
            "low": gap.difference.low,
            "high": gap.difference.high,
            "n": gap.difference.answered,
            "ids": numbers.known_ids(gap.key, *(_item_key(part, gap.item) for part in (gap.first, gap.second))),
        }
        for gap in shown
    ]
    sure = [gap for gap in gaps if gap.is_sure]
    return Exhibit(
        "readiness-role-gaps",
        dots_intervals(
            rows,
            label="gap",
            value="difference",
            low="low",
            high="high",
            n="n",
            unit="level",
            reference=0.0,
            reference_label="both see the same",
            highlight=[_gap_label(result, gap) for gap in shown if gap.is_sure] or None,
            keep_order=True,
            claim=_claim_gaps(result, gaps, sure),
            subtitle=(
                f"Level of the first minus that of the second, {theme.percent(result.settings.confidence)} interval, "
                f"people of both; {gaps[0].compared} gaps looked at, marked: beyond chance after correcting for all"
            ),
            source=f"Survey, wave {result.wave}; instrument {result.instrument.name} {result.instrument.version}",
        ),
    )


def sources_exhibit(result: Readiness | Off, *, by_line: bool = False) -> Exhibit:
    """Return what interviews say, what the survey says and what artefacts show, side by side.

    Parameters
    ----------
    result : Readiness or Off
        A first look has no survey and shows the other two.
    by_line : bool
        A row a line and dimension of which another source speaks, for the appendix; else a row a dimension.
    """
    held = _with_sources(result)
    if held is None:
        return note_exhibit(_off(result))
    from workbench.readiness import figures

    key = "readiness-sources-lines" if by_line else "readiness-sources"
    sources = held.sources
    if sources.interviews is None and not sources.checked:
        return words_exhibit(
            key,
            "The survey stands alone: nobody was interviewed and no artefact was looked for.",
            "What people answer, what they say and what an artefact shows are three numbers; their distance is a "
            "finding.",
            ("interviews", "evidence"),
            source=_source(held),
            is_appendix=by_line,
        )
    numbers = figures(held)
    parts = held.lines if by_line else (held.organisation,)
    rows = [
        _source_row(held, numbers, part, group)
        for part in parts
        for group in held.instrument.dimensions
        if not by_line or _is_spoken_of(held, part, group)
    ]
    if not rows:
        words = "In no line may interviews be told, and no artefact was looked for there."
        return words_exhibit(key, words, "", source=_source(held), is_appendix=True)
    columns = {"line": "Product line"} if by_line else {}
    columns |= {"dimension": "Dimension", "heard": "Interviews say"}
    columns |= {} if by_line else {"ends": "From … to"}
    columns |= {"interviews": "How many"}
    columns |= {} if _is_first(held) else {"survey": "Survey says"}
    columns |= {"shows": "Artefacts show", "looked": "Looked at"}
    return Exhibit(
        key,
        table(
            rows,
            columns=columns,
            units={name: "level" for name in ("heard", "survey", "shows")} | {"interviews": "count"},
            claim=_claim_sources(held, by_line=by_line),
            subtitle=(
                f"Levels {held.instrument.scale.span}: "
                "median of what interviewed people said (chosen people, no interval), "
                f"{'' if _is_first(held) else 'mean of all answers, '}mean of what artefacts support; questions of "
                "which an artefact was looked for. hidden: too few interviews, or they would give one away"
            ),
            source=_source(held),
        ),
        is_appendix=by_line,
    )


def evidence_exhibit(result: Readiness | Off) -> Exhibit:
    """Return what is claimed and not yet evidenced: the question, where, what was looked for, what it shows."""
    held = _with_sources(result)
    if held is None:
        return note_exhibit(_off(result))
    from workbench.readiness import figures

    checked = held.sources.checked
    if not checked:
        return words_exhibit(
            "readiness-evidence",
            "No artefact was looked for, so every level is what people say.",
            "Claims and evidence often differ by a level.",
            ("evidence",),
            source=_source(held),
            is_appendix=True,
        )
    numbers = figures(held)
    looks: dict[tuple[str, str], list[Checked]] = {}
    for one in checked:
        looks.setdefault((one.look.item, one.look.line), []).append(one)
    short = sorted((cells for cells in looks.values() if any(map(_is_short, cells))), key=_shortness)
    if not short:
        words = "Everything that was looked for was seen, and carries what is claimed."
        return words_exhibit("readiness-evidence", words, "", source=_source(held), is_appendix=True)
    rows = [_evidence_row(held, numbers, cells) for cells in short]
    unseen = sum(not cells[0].look.is_seen for cells in looks.values())
    seen = f"{unseen} of {len(looks)} artefacts looked for were not seen"
    below = sum(_shortness(cells)[0] < 0 for cells in short)
    claims = [f"{seen}; {below} support less than is claimed."] if below else []
    return Exhibit(
        "readiness-evidence",
        table(
            rows,
            columns={
                "item": "Question",
                "line": "Where",
                "artefact": "Looked for",
                "found": "What it shows",
                "shows": "Supports",
                **({} if _is_first(held) else {"claimed": "Claimed", "evidenced": "Evidenced"}),
            },
            units={name: "level" for name in ("shows", "claimed", "evidenced")},
            claim=fit_claim(*claims, f"{seen}."),
            subtitle=(
                f"Artefacts that were not seen, or that support less than is claimed, {held.instrument.scale.span}; "
                "one that "
                f"was not seen supports {held.settings.unseen_cap:g} at most; of several assessors the lowest level "
                "counts"
            ),
            source=_source(held),
        ),
        is_appendix=True,
    )


def quotes_exhibit(result: Readiness | Off) -> Exhibit:
    """Return what interviewed people said in their own words, where they allow it and nobody can be found by it."""
    held = _with_sources(result)
    if held is None:
        return note_exhibit(_off(result))
    from workbench.readiness import figures

    told = held.sources.interviews
    if told is None or not told.quotes:
        withheld = 0 if told is None else told.withheld
        detail = "Quotes need the speaker's yes (may_quote), and enough interviews on the same dimension."
        words = "No words of single people are printed: none may be." if withheld else "No interview may be quoted."
        return words_exhibit("readiness-quotes", words, detail, ("interviews",), source=_source(held), is_appendix=True)
    numbers = figures(held)
    rows = [
        {
            "dimension": held.instrument.group(quote.dimension).name,
            "text": f"“{quote.text}”",
            "who": quote.role or theme.MISSING,
            "ids": numbers.known_ids(f"heard/{quote.dimension}"),
        }
        for quote in told.quotes
    ]
    many = len(rows)
    withheld_words = (
        f"; {told.withheld} more are withheld, because somebody could be found by them" if told.withheld else ""
    )
    return Exhibit(
        "readiness-quotes",
        table(
            rows,
            columns={"dimension": "Dimension", "text": "In their own words", "who": "Said by"},
            claim=f"{many} {'sentence' if many == 1 else 'sentences'} from {told.interviews} interviews may be quoted.",
            subtitle=(
                "Quoted with permission, without question, line or day; a role stands there only where enough "
                f"interviewed people share it{withheld_words}"
            ),
            source="interviews",
        ),
        is_appendix=True,
    )


def classes_or_note(off: Off) -> Exhibit:
    """Return where each line leans before there is a survey, and what holds it back; a note where nothing is known.

    Parameters
    ----------
    off : Off
        A first look says more than that.
    """
    from workbench.readiness import figures
    from workbench.readiness.first_look import FirstLook

    if not isinstance(off, FirstLook):
        return note_exhibit(off)
    look = off
    if look.verdict is None:
        return words_exhibit("readiness-classes", "The instrument has no gates, so there are no classes.", "")
    numbers = figures(look)
    rows = []
    for part in look.lines:
        line = look.verdict.line(part.id)
        gates = {gate.dimension: gate for gate in line.gates}
        held_back = [
            f"{gates[name].name} ({theme.level(level.value)})"
            for name in line.held_back_by[:2]
            if (level := gates[name].score.level) is not None
        ]
        known = sum(gate.score.level is not None for gate in line.gates)
        rows.append(
            {
                "line": part.name,
                "class": line.words,
                "held_back": theme.listing(held_back) or theme.MISSING,
                "known": f"{known} of {len(line.gates)}",
                "ids": numbers.known_ids(
                    f"class/{part.id}", *(f"gate/{part.id}/{name}" for name in line.held_back_by[:2])
                ),
            }
        )
    leaning = f"; overall leaning to {look.verdict.leaning}" if look.verdict.leaning else ""
    return Exhibit(
        "readiness-classes",
        table(
            rows,
            columns={
                "line": "Product line",
                "class": "Class",
                "held_back": "Held back by (level)",
                "known": "Gates spoken of",
            },
            claim=fit_claim(f"No line has a class without a survey{leaning}.", "No line has a class without a survey."),
            subtitle=(
                "Where each line leans by interviews and artefacts alone; a gate stands at the lower of both, "
                f"{look.instrument.scale.span}"
            ),
            source=_source(look),
        ),
    )


# -- rows and claims -------------------------------------------------------------------------------------------------


def _source_row(held: Readiness | FirstLook, numbers: Figures, part: Part, group: Group) -> dict[str, Any]:
    heard, found = held.sources.heard(part, group.id), held.sources.of(part, group.id)
    survey = _survey(held, part, group)
    path = f"/{part.id}/{group.id}" if part.kind == "line" else f"/{group.id}"
    return {
        "line": part.name,
        "dimension": group.name + (" (gate)" if group.gate else ""),
        "heard": _heard(heard),
        "ends": _ends(heard),
        "interviews": None if heard is None else heard.interviews,
        "survey": None if survey is None else _level(survey),
        "shows": None if found is None else found.shows,
        "looked": _looked(held, part, group),
        "ids": numbers.known_ids(
            f"heard{path}",
            f"lowest-heard{path}",
            f"highest-heard{path}",
            f"level{path}",
            f"artefact{path}",
            f"looked-at{path}",
        ),
    }


def _evidence_row(held: Readiness | FirstLook, numbers: Figures, cells: list[Checked]) -> dict[str, Any]:
    look = cells[0].look
    item = held.instrument.item(look.item)
    notes = " ".join(look.notes)
    paths = [f"/{one.part.id}/{item.id}" if one.part.kind == "line" else f"/{item.id}" for one in cells]
    return {
        "item": f"{item.printed} {item.title}",
        "line": cells[0].part.name if look.line else "All lines",
        "artefact": "; ".join(look.artefacts) or item.evidence.rstrip("."),
        "found": notes if look.is_seen else f"Not seen. {notes}".strip(),
        "shows": cells[0].shows,
        "claimed": _reach([one.claimed for one in cells]),
        "evidenced": _reach([one.evidenced for one in cells]),
        "ids": numbers.known_ids(*(f"{key}{path}" for path in paths for key in ("item", "artefact", "not-evidenced"))),
    }


def _reach(values: list[float | None]) -> Any:
    """Return one level, or from where to where an artefact that speaks for every line meets them."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return HIDDEN
    return known[0] if known[0] == known[-1] else f"{theme.level(known[0])} to {theme.level(known[-1])}"


def _is_short(one: Checked) -> bool:
    return not one.look.is_seen or (one.not_yet_evidenced or 0.0) > 0


def _shortness(cells: list[Checked]) -> tuple[float, bool, str, str]:
    look = cells[0].look
    return -max(one.not_yet_evidenced or 0.0 for one in cells), look.is_seen, look.item, look.line


def _claim_gaps(result: Readiness, gaps: tuple[RoleGap, ...], sure: list[RoleGap]) -> str:
    count = gaps[0].compared
    if not sure:
        return fit_claim(f"No gap between two jobs stands out: of {count} looked at, all may be chance.")
    gap = sure[0]
    item = result.instrument.item(gap.item)
    side = "higher" if gap.difference.value > 0 else "lower"
    size = theme.level(abs(gap.difference.value))
    who = theme.upper_start(gap.first.name)
    many = f"{len(sure)} of {count} gaps are beyond chance"
    sees = f"see “{item.title}” {size} levels {side} than {gap.second.name}"
    return fit_claim(
        f"{many}; widest: {gap.first.name} {sees}.",
        f"{who} {sees}.",
        f"{who} see item {item.printed} {size} levels {side} than {gap.second.name}.",
        f"{many} between two jobs.",
    )


def _claim_sources(held: Readiness | FirstLook, *, by_line: bool) -> str:
    """Return the widest distance between two sources as a sentence."""
    names = {"heard": "interviews say", "survey": "the survey says", "shows": "artefacts show"}
    found = []
    for part in held.lines if by_line else (held.organisation,):
        for group in held.instrument.dimensions:
            heard, evidenced = held.sources.heard(part, group.id), held.sources.of(part, group.id)
            survey = _survey(held, part, group)
            values = {
                "heard": None if heard is None else heard.median,
                "survey": None if survey is None or survey.level is None else survey.level.value,
                "shows": None if evidenced is None else evidenced.shows,
            }
            known = {name: value for name, value in values.items() if value is not None}
            if len(known) > 1:
                ranked = sorted(known.items(), key=lambda one: (one[1], one[0]))
                found.append((round(ranked[-1][1] - ranked[0][1], 1), group, part, ranked[-1], ranked[0]))
    if not found:
        return "No dimension of a line is spoken of by two sources." if by_line else "No dimension has two sources."
    gap, group, part, high, low = max(found, key=lambda one: (one[0], one[1].id, one[2].id))
    place = f" in {part.name}" if by_line else ""
    words = f"{names[high[0]]} {theme.level(high[1])}, {names[low[0]]} {theme.level(low[1])}"
    return fit_claim(
        f"Furthest apart on {group.name.lower()}{place}: {words}.",
        f"Furthest apart{place}: {words}.",
        f"Two sources are up to {theme.level(gap)} levels apart.",
    )


def _is_spoken_of(held: Readiness | FirstLook, part: Part, group: Group) -> bool:
    """Whether another source speaks of this very line; what holds for all lines stands with the organisation."""
    heard = held.sources.heard(part, group.id)
    items = {item.id for item in held.instrument.items_below(group.id)}
    looks = any(one.look.line == part.id and one.look.item in items for one in held.sources.checked)
    return looks or (heard is not None and heard.median is not None)


def _heard(heard: Heard | None) -> Any:
    if heard is None:
        return theme.MISSING
    if heard.median is None:
        return HIDDEN
    return f"{heard.edge} {theme.level(heard.median)}" if heard.edge else heard.median


def _ends(heard: Heard | None) -> str:
    if heard is None or heard.lowest is None or heard.highest is None:
        return theme.MISSING
    return f"{theme.level(heard.lowest)} to {theme.level(heard.highest)}"


def _looked(held: Readiness | FirstLook, part: Part, group: Group) -> str:
    found = held.sources.of(part, group.id)
    return NOT_LOOKED_AT if found is None or not found.looked_at else f"{found.looked_at} of {found.questions}"


def _survey(held: Readiness | FirstLook, part: Part, group: Group) -> Score | None:
    from workbench.readiness.first_look import FirstLook

    return None if isinstance(held, FirstLook) else held.scores.get("dimension", part, group.id)


def _level(score: Score) -> Any:
    if score.level is None:
        return HIDDEN
    return f"{score.edge} {theme.level(score.level.value)}" if score.edge else score.level.value


def _gap_label(result: Readiness, gap: RoleGap) -> str:
    item = result.instrument.item(gap.item)
    return f"{item.printed} {_short(gap.first)} minus {_short(gap.second)}: {item.title}"


def _short(part: Part) -> str:
    """Return the word for a label: a cut's name says what it is, its id is short."""
    return part.id if part.kind == "cut" else part.name


def _item_key(part: Part, item: str) -> str:
    return f"item/{part.kind}/{part.id}/{item}"


def _is_first(held: Readiness | FirstLook) -> bool:
    from workbench.readiness.first_look import FirstLook

    return isinstance(held, FirstLook)


def _with_sources(result: Readiness | Off) -> Readiness | FirstLook | None:
    from workbench.readiness.first_look import FirstLook

    return None if isinstance(result, Off) and not isinstance(result, FirstLook) else result


def _off(result: Readiness | Off) -> Off:
    return result if isinstance(result, Off) else Off("readiness", "Readiness was not computed.", ())


def _source(held: Readiness | FirstLook) -> str:
    wave = "" if _is_first(held) else f"Survey, wave {getattr(held, 'wave', '')}; "
    others = [
        name
        for name, is_there in (("interviews", held.sources.interviews is not None), ("evidence", held.sources.checked))
        if is_there
    ]
    listed = f"{theme.listing(others)}; " if others else ""
    return f"{wave}{listed}instrument {held.instrument.name} {held.instrument.version}"
