"""The first week: interviews and documents, and no survey yet. Two sources can lean; they cannot settle.

A gate's level is then the lower of what interviews say (the median) and what artefacts show (their mean): a claim
needs an artefact, and paper needs people who live by it. Only numbers that the guard lets through count, so a leaning
tells nothing that its numbers do not. Every class reads "too close to call (leaning to …, settled by the survey)".

`FirstLook` is an `Off` that knows something: whatever needs a survey treats it as one and says which table would
answer, and the few functions that have something to say without a survey ask for it first.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.findings import Off, fit_claim
from workbench.readiness.classes import PRODUCT_RUN, PROJECT_RUN, TOO_CLOSE, TRANSITION
from workbench.readiness.inputs import Layer, ReadinessInputs, Settings
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Part, Score
from workbench.readiness.sources import Sources, compare_sources
from workbench.readiness.verdict import MOST_HELD_BACK, Gate, LineVerdict, Verdict
from workbench.stats import Estimate

SURVEY = "the survey"
"""What settles a class that only two sources speak of."""


@dataclass(frozen=True, repr=False, eq=False)
class FirstLook(Off):
    """What interviews and artefacts say before there is a survey.

    Attributes
    ----------
    instrument : Instrument
    settings : Settings
    parts : tuple of Part
        The organisation, then its lines.
    sources : Sources
        Protected.
    verdict : Verdict or None
        Too close to call throughout; None for an instrument without gates.
    layers : tuple of Layer
    """

    instrument: Instrument
    settings: Settings
    parts: tuple[Part, ...]
    sources: Sources
    verdict: Verdict | None
    layers: tuple[Layer, ...]

    @property
    def organisation(self) -> Part:
        """All of it."""
        return self.parts[0]

    @property
    def lines(self) -> tuple[Part, ...]:
        """Product lines, in the register's order."""
        return self.parts[1:]


def look_first(inputs: ReadinessInputs, settings: Settings, without: str = "") -> FirstLook | Off:
    """Return what the sources other than the survey say; a plain Off where they say nothing that may be told.

    Parameters
    ----------
    inputs : ReadinessInputs
    settings : Settings
    without : str
        Why the survey that is there gives no level; blank where there is none.
    """
    instrument = inputs.instrument
    parts = (Part(ORGANISATION, "", "the organisation"), *(Part(LINE, key, name) for key, name in inputs.lines))
    sources = compare_sources(inputs, settings, parts)
    levels = {part: _gates(instrument, sources, settings, part) for part in parts}
    is_known = any(_level(sources, parts[0], group.id) is not None for group in instrument.dimensions)
    if not is_known:
        reason = "There is no survey, and too few interviews and documents to be told without naming anyone."
        return Off("readiness", without or reason, ("survey",))
    found = " and ".join(count_words(sources))
    reason = fit_claim(f"{without or 'There is no survey yet.'} {found} give a hint, no verdict.", without)
    return FirstLook(
        "readiness",
        reason,
        ("survey", "waves"),
        instrument,
        settings,
        parts,
        sources,
        _judge(instrument, parts, levels) if instrument.gates else None,
        inputs.layers,
    )


def _level(sources: Sources, part: Part, dimension: str) -> float | None:
    """Return the lower of what interviews say and artefacts show; None where neither says anything."""
    held = sources.of(part, dimension)
    heard = sources.heard(part, dimension)
    known = [held.shows if held else None, heard.median if heard else None]
    return min((one for one in known if one is not None), default=None)


def _gates(instrument: Instrument, sources: Sources, settings: Settings, part: Part) -> tuple[Gate, ...]:
    found = []
    for group in instrument.gates:
        level = _level(sources, part, group.id)
        heard = sources.heard(part, group.id)
        count = (heard.interviews if heard else None) or 0
        estimate = None
        if level is not None:
            method = "the lower of interviews' median and artefacts' mean"
            estimate = Estimate(level, None, None, None, None, settings.confidence, count, None, method)
        found.append(Gate(group.id, group.name, group.gate, Score(DIMENSION, group.id, part, estimate), None, None))
    return tuple(found)


def _judge(instrument: Instrument, parts: tuple[Part, ...], gates: dict[Part, tuple[Gate, ...]]) -> Verdict:
    whole, *lines = parts
    return Verdict(
        TOO_CLOSE,
        _leaning(instrument, gates[whole]),
        tuple(
            LineVerdict(
                part.id,
                part.name,
                TOO_CLOSE,
                _leaning(instrument, gates[part]),
                settled_by=SURVEY,
                held_back_by=_held_back(instrument, gates[part]),
                gates=gates[part],
            )
            for part in lines
        ),
        (),
        _held_back(instrument, gates[whole]),
        gates[whole],
        tuple(part.id for part in lines),
    )


def _leaning(instrument: Instrument, gates: tuple[Gate, ...]) -> str:
    """Return where the known gates lean; a gate that nobody spoke of can only speak against being product-run."""
    levels = instrument.gate_levels
    known = [(gate, gate.score.level.value) for gate in gates if gate.score.level is not None]
    if levels is None or not known:
        return ""
    if any(value < levels.moving for gate, value in known if gate.kind == "structure"):
        return PROJECT_RUN
    if any(value < levels.standing for _, value in known):
        return TRANSITION
    return PRODUCT_RUN if len(known) == len(gates) else ""


def _held_back(instrument: Instrument, gates: tuple[Gate, ...]) -> tuple[str, ...]:
    standing = instrument.gate_levels.standing if instrument.gate_levels else instrument.scale.highest
    known = sorted((gate.score.level.value, gate.dimension) for gate in gates if gate.score.level is not None)
    below = [name for value, name in known if value < standing]
    return tuple((below or [name for _, name in known[:1]])[:MOST_HELD_BACK])


def count_words(sources: Sources) -> tuple[str, ...]:
    """Return how many interviews and artefacts there are, each in words; nothing for a source that is not there."""
    words = []
    if sources.interviews is not None:
        count = sources.interviews.interviews
        words.append(f"{count} interview{'s' if count != 1 else ''}")
    if sources.checked:
        words.append(f"{sources.artefacts} artefact{'s' if sources.artefacts != 1 else ''}")
    return tuple(words)
