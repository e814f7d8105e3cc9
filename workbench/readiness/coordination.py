"""Is a separate coordinating function needed? One sentence by rule, and what is said of each function there is.

Research and data near the teams is how customers and the operation are heard: fine. Reporting, templates and approvals
between those who shape the business and those who run it are not. Work and approvals tell them apart, never the name
(the distinction is Cagan's, *Transformed*, 2024); a function that does both is two rows of `layers`. Where the client
names no such function and the answers show none, nothing is said of one; a product-run organisation hears that it
needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench import theme
from workbench.readiness.anonymity import ProtectedScores
from workbench.readiness.classes import NOT_SHOWN, PRODUCT_RUN, TOO_CLOSE
from workbench.readiness.inputs import Layer
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import DIMENSION, ITEM, Part, Score
from workbench.readiness.verdict import Verdict

PROCESS, RESEARCH = "process_and_governance", "research_and_data"

NAME_LENGTH = 26
"""Longest name of a client's function that fits a claim; a longer one is called "A coordinating function"."""

RENAMED = "d09_4"
"""The item of our instrument that asks for functions renamed with the same duties."""

UNNAMED = "a coordinating function"


@dataclass(frozen=True)
class Coordination:
    """Is a separate coordinating function needed? One sentence, its reasons, and the items that carry it.

    Attributes
    ----------
    claim, detail : str
        Both empty where there is no such function.
    items : tuple of str
        Items behind the sentence.
    about : tuple of (claim, detail)
        One for each row of `layers`, by the client's own name.
    """

    claim: str
    detail: str
    items: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()


def judge_coordination(
    verdict: Verdict,
    shown: ProtectedScores,
    instrument: Instrument,
    targets: Mapping[str, float],
    layers: tuple[Layer, ...],
    *,
    thesis: str = "appendix",
) -> Coordination:
    """Return the answer to "is a separate coordinating function needed?", by rule.

    Parameters
    ----------
    verdict : Verdict
    shown : ProtectedScores
    instrument : Instrument
    targets : mapping of dimension to level
        What the organisation aims at.
    layers : tuple of Layer
        The client's coordinating functions by their own names.
    thesis : str
        ``off`` leaves the article's claims unnamed.
    """
    organisation = next(iter(shown.heads))
    layer_gates = [gate for gate in verdict.gates if gate.kind == "layer"]
    below = [gate for gate in layer_gates if _is_below(gate.score, targets[gate.dimension])]
    named = [layer for layer in layers if layer.work == PROCESS or layer.approvals]
    items = tuple(item.id for gate in layer_gates for item in instrument.items_below(gate.dimension))
    about = tuple(_about(instrument, shown, organisation, layer, layers) for layer in layers) if below else ()
    if not named and not below and verdict.verdict != PRODUCT_RUN:
        return Coordination("", "", items, about)
    claim, detail = _answer(verdict, instrument, targets, _own_name(named), thesis)
    if below and not layers:
        detail += f" {below[0].name} stands at {_level(below[0].score)}, below target, but `layers` names no function."
    carried = "; ".join(_item_words(instrument, shown, organisation, name) for name in items)
    return Coordination(claim, f"{detail} Carried by {carried}." if carried else detail, items, about)


def _answer(
    verdict: Verdict, instrument: Instrument, targets: Mapping[str, float], name: str, thesis: str
) -> tuple[str, str]:
    start = theme.upper_start(name)
    short = [
        gate for gate in verdict.gates if gate.kind == "alignment" and _is_below(gate.score, targets[gate.dimension])
    ]
    if verdict.verdict == NOT_SHOWN:
        return (
            f"Whether {name} is needed cannot be said: too few answers may be shown.",
            "No line has enough answers on every gate.",
        )
    if verdict.verdict == TOO_CLOSE:
        return (
            f"Whether {name} is needed is open until the lines' answers are settled.",
            "What is missing first: "
            + "; ".join(f"{line.name}: {line.settled_by}" for line in verdict.lines if line.verdict == TOO_CLOSE)
            + ".",
        )
    if verdict.verdict != PRODUCT_RUN:
        held = {gate.dimension: gate for gate in verdict.gates}
        back = ", ".join(f"{held[one].name} ({_level(held[one].score)})" for one in verdict.held_back_by)
        claim = "" if thesis == "off" else " (A10)"
        detail = f"The organisation is not yet product-run: held back by {back or 'nothing that is shown'}{claim}."
        if verdict.product_lines:
            names = ", ".join(line.name for line in verdict.lines if line.line in verdict.product_lines)
            detail += f" {names}: already product-run, and none is needed there."
        return f"{start} cannot settle who owns the lines and their money; settle that first.", detail
    if short:
        levels = ", ".join(f"{gate.name} {_level(gate.score)}" for gate in short)
        return (
            "No separate function is needed; research and data access belong in the lines.",
            f"What still hurts: {levels}, below target.",
        )
    return (
        "No separate function is needed; working together is the chief product officer's job.",
        "Every gate stands, and what customers and the operation tell reaches the product managers.",
    )


def _own_name(named: list[Layer]) -> str:
    """Return the client's name for what stands in between; research that approves nothing is not meant."""
    fitting = [layer.name for layer in named if len(layer.name) <= NAME_LENGTH]
    return fitting[0] if fitting else UNNAMED


def _about(
    instrument: Instrument, shown: ProtectedScores, organisation: Part, layer: Layer, layers: tuple[Layer, ...]
) -> tuple[str, str]:
    name = layer.name if len(layer.name) <= NAME_LENGTH else "One function"
    people = f"{layer.headcount} {'person' if layer.headcount == 1 else 'people'}"
    approvals = "no approval" if not layer.approvals else f"{layer.approvals} approval"
    detail = f"{layer.name}: {people}, {approvals}{'s' if layer.approvals > 1 else ''} that a release needs."
    if layer.renamed_from:
        known = RENAMED in {item.id for item in instrument.items}
        asked = f"; {_item_words(instrument, shown, organisation, RENAMED)}" if known else ""
        detail += f" Before, it was called {layer.renamed_from}: look at the duties that stayed{asked}."
    does_both = len({one.work for one in layers if one.name == layer.name}) > 1
    if layer.work == RESEARCH and not layer.approvals:
        which = f"The research part of {name}" if does_both else name
        return f"{which} is the feedback loop: keep the work, give it to the lines.", detail
    detail += f" {_when(instrument, shown, organisation)}"
    which, until = (f"The rest of {name}", "") if does_both else (name, " as they take over")
    if not layer.approvals:
        return f"{which} coordinates what the lines could settle; hand its work back{until}.", detail
    return f"{which} approves what the lines could decide; hand the approvals back{until}.", detail


def _when(instrument: Instrument, shown: ProtectedScores, organisation: Part) -> str:
    """Say whether the gates stand that an item about layers needs as a whole: only then can the lines take over."""
    layers = [item for group in instrument.gates if group.gate == "layer" for item in instrument.items_below(group.id)]
    wanted = [
        group
        for group in instrument.gates
        if any({item.id for item in instrument.items_below(group.id)} <= set(layer.needs) for layer in layers)
    ]
    if not wanted or instrument.gate_levels is None:
        return ""
    standing = instrument.gate_levels.standing
    held = [(group, shown.get(DIMENSION, organisation, group.id)) for group in wanted]
    words = ", ".join(f"{group.name.lower()} {_level(score)}" for group, score in held)
    if all(score.level is not None and score.level.value >= standing for _, score in held):
        return f"The lines can take over now: {words}."
    short = [f"{group.name.lower()} {_level(score)}" for group, score in held if _is_below(score, standing)]
    if not short:
        return f"Whether the lines can take over is not known: {words}."
    return f"First this must reach {standing:g}, so that the lines can take over: {', '.join(short)}."


def _is_below(score: Score, target: float) -> bool:
    return score.level is not None and score.level.value < target


def _level(score: Score) -> str:
    return "–" if score.level is None else f"{score.edge} {score.level.value:.1f}".strip()


def _item_words(instrument: Instrument, shown: ProtectedScores, part: Part, name: str) -> str:
    held, item = shown.get(ITEM, part, name), instrument.item(name)
    if held.level is None:
        return f"{item.printed} {held.hidden}"
    level = held.level
    reach = "" if level.low is None or level.high is None else f", {level.low:.1f} to {level.high:.1f}"
    return f"{item.printed} {item.title}: {_level(held)}{reach}, {held.people} people"
