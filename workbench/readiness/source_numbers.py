"""Numbers of interviews and artefacts, and all numbers of a first look, which has no survey yet."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.findings import Figure, Figures, number_figures
from workbench.readiness.anonymity import PROTECTED
from workbench.readiness.classes import CLASSES, NOT_SHOWN, TOO_CLOSE
from workbench.readiness.first_look import FirstLook
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import LINE, Part
from workbench.readiness.sources import Sources

INTERVIEWS = "interviews: chosen people, no sample, no interval"
ARTEFACTS = "evidence"


def source_figures(instrument: Instrument, parts: tuple[Part, ...], sources: Sources) -> Iterator[Figure]:
    """Yield every number of interviews and artefacts, without ids.

    Parameters
    ----------
    instrument : Instrument
    parts : tuple of Part
        The organisation and its lines.
    sources : Sources

    Notes
    -----
    Keys: ``interviews``, ``heard/<dimension>``, ``heard/<line>/<dimension>``, ``lowest-heard/<dimension>``,
    ``highest-heard/<dimension>``, ``artefacts``, and, where something was looked for, ``looked-at…``, ``artefact…``,
    ``claimed…``, ``evidenced…``, ``not-evidenced…`` by dimension, ``artefact…`` and ``not-evidenced…`` by item.
    """
    yield from _heard(instrument, parts, sources)
    yield from _looked_at(instrument, parts, sources)


def first_figures(look: FirstLook) -> Figures:
    """Return every number of a first look, under the keys that a survey's result would use."""
    return number_figures("R", [*_verdict(look), *source_figures(look.instrument, look.parts, look.sources)])


def _verdict(look: FirstLook) -> Iterator[Figure]:
    verdict = look.verdict
    if verdict is None:
        return
    source = "interviews and evidence, without a survey"
    yield Figure("", "class", "Class of the organisation", verdict.words, "text", source=source)
    for name in (*CLASSES, TOO_CLOSE, NOT_SHOWN):
        count = sum(line.verdict == name for line in verdict.lines)
        yield Figure("", f"lines/{name.replace(' ', '-')}", f"Lines that are {name}", count, "count", source=source)
    for name in CLASSES:
        count = sum(line.leaning == name for line in verdict.lines)
        key = f"leaning/{name.replace(' ', '-')}"
        yield Figure("", key, f"Lines that lean to {name}", count, "count", source=source)
    for gate in verdict.gates:
        level = gate.score.level
        value = None if level is None else level.value
        yield Figure("", f"gate/{gate.dimension}", f"{gate.name}, the lower of both", value, "level", source=source)
    for line in verdict.lines:
        yield Figure("", f"class/{line.line}", f"Class of {line.name}", line.words, "text", source=source)
        held = "; ".join(look.instrument.group(name).name for name in line.held_back_by) or None
        yield Figure("", f"held-back/{line.line}", f"What holds {line.name} back", held, "text", source=source)
        for gate in line.gates:
            level = gate.score.level
            value = None if level is None else level.value
            key, name = f"gate/{line.line}/{gate.dimension}", f"{gate.name}, {line.name}, the lower of both"
            yield Figure("", key, name, value, "level", source=source)


def _heard(instrument: Instrument, parts: tuple[Part, ...], sources: Sources) -> Iterator[Figure]:
    held = sources.interviews
    if held is None:
        return
    yield Figure("", "interviews", "Interviews", held.interviews, "count", source="interviews")
    for part in parts:
        for group in instrument.dimensions:
            one = held.get("dimension", part, group.id)
            name = f"{group.name}, {part.name}"
            source = INTERVIEWS if one.median is not None else f"not shown: {one.hidden or PROTECTED}"
            source += f"; shown as {one.edge} {one.median:.1f}" if one.edge and one.median is not None else ""
            key = f"heard{_path(part)}/{group.id}"
            yield Figure(
                "", key, f"Interviews say (median), {name}", one.median, "level", n=one.interviews, source=source
            )
            if part.kind != LINE:
                for word, end in (("lowest", one.lowest), ("highest", one.highest)):
                    yield Figure(
                        "",
                        f"{word}-{key}",
                        f"Interviews say ({word}), {name}",
                        end,
                        "level",
                        n=one.interviews,
                        source=source,
                    )


def _looked_at(instrument: Instrument, parts: tuple[Part, ...], sources: Sources) -> Iterator[Figure]:
    if not sources.checked:
        return
    yield Figure("", "artefacts", "Artefacts looked for", sources.artefacts, "count", source=ARTEFACTS)
    whole = [one for group in instrument.dimensions if (one := sources.of(parts[0], group.id)) is not None]
    for key, count in (
        ("looked-at", sum(one.looked_at for one in whole)),
        ("questions", sum(one.questions for one in whole)),
    ):
        words = "Questions looked at" if key == "looked-at" else "Questions, each line counted"
        yield Figure("", f"artefacts/{key}", words, count, "count", source=ARTEFACTS)
    for part in parts:
        for group in instrument.dimensions:
            one = sources.of(part, group.id)
            if one is None or not one.looked_at:
                continue
            path, name = f"{_path(part)}/{group.id}", f"{group.name}, {part.name}"
            yield Figure("", f"looked-at{path}", f"Questions looked at, {name}", one.share, "share", source=ARTEFACTS)
            for key, words, value in (
                ("artefact", "Artefacts show", one.shows),
                ("claimed", "Claimed on the questions looked at", one.claimed),
                ("evidenced", "Evidenced", one.evidenced),
                ("not-evidenced", "Claimed, not yet evidenced", one.not_yet_evidenced),
            ):
                yield Figure("", f"{key}{path}", f"{words}, {name}", value, "level", source=ARTEFACTS)
    for held in sources.checked:
        path = f"{_path(held.part)}/{held.look.item}"
        item = instrument.item(held.look.item)
        name = f"{item.printed} {item.title}, {held.part.name}"
        yield Figure("", f"artefact{path}", f"The artefact shows, {name}", held.shows, "level", source=ARTEFACTS)
        gap = held.not_yet_evidenced
        yield Figure("", f"not-evidenced{path}", f"Claimed, not yet evidenced, {name}", gap, "level", source=ARTEFACTS)


def _path(part: Part) -> str:
    return f"/{part.id}" if part.kind == LINE else ""
