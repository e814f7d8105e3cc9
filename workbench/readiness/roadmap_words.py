"""What the roadmap says: where an initiative begins, how it is known to be done, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable

from workbench import theme
from workbench.findings import Figures, Finding, fit_claim
from workbench.readiness.instrument import Instrument
from workbench.readiness.roadmap import FUNDING, MOST_ITEMS, PILOTS, Initiative, Roadmap
from workbench.readiness.steps import SEE, TOP, YEAR, Step

MOST_LEVELS = 6
"""Lines whose levels a sentence lists (ours)."""


def initiative_finding(instrument: Instrument, roadmap: Roadmap, place: int, lines: int, numbers: Figures) -> Finding:
    """Return what an initiative asks for first, and what stands behind it.

    Parameters
    ----------
    instrument : Instrument
    roadmap : Roadmap
    place : int
        Of the initiative, counted from one.
    lines : int
        Product lines in all.
    numbers : Figures
    """
    held = roadmap.initiatives[place - 1]
    steps = first_steps_of(held)
    item = instrument.item(steps[0].item)
    title = theme.lower_start(item.title)
    names = [step.name for step in steps]
    where = names[0] if not steps[0].line else "all lines" if len(names) == lines > 1 else theme.listing(names, 2)
    verb = "Make visible" if steps[0].kind == SEE else "Work on"
    if held.after:
        verb = f"Then {theme.lower_start(verb)}"
    verb = f"{verb}: {title}"
    keys = [f"item{'/' + step.line if step.line else ''}/{step.item}" for step in steps[:MOST_LEVELS]]
    return Finding(
        fit_claim(f"{verb} ({item.printed}) in {where}.", f"{verb} ({item.printed})."),
        " ".join(_detail(instrument, roadmap, held, steps)),
        numbers.ids(*keys, f"initiative/{place}/gain", f"initiative/{place}/effort"),
    )


def first_steps_of(initiative: Initiative) -> list[Step]:
    """Return the steps with which an initiative begins: of its first item, in its pilot lines or as many as have it."""
    pilots = initiative.waves[0] if initiative.waves else ()
    for item in initiative.items:
        own = [step for step in initiative.steps if step.item == item and (not step.line or step.name in pilots)]
        if own:
            soonest = {step.line: step for step in sorted(own, key=lambda step: -step.rank)}
            return sorted(soonest.values(), key=lambda step: pilots.index(step.name) if step.line else -1)
    return list(initiative.steps[:1])


def step_words(instrument: Instrument, step: Step) -> str:
    """Return what a step changes: ``6.1 How money is given, 2.1 to 3``."""
    item = instrument.item(step.item)
    if step.kind == SEE:
        return f"{item.printed} {item.title}: make it visible"
    return f"{item.printed} {item.title}, {step.level:.1f} to {step.to:g}"


def exit_words(instrument: Instrument, initiative: Initiative, only: str = "") -> str:
    """Return what must be shown for an initiative to be done: the evidence that its items, or one of them, ask for."""
    return "; ".join(
        f"{instrument.item(name).printed} at {level:g}{_evidence(evidence)}"
        for name, level, evidence in initiative.exit_test
        if only in ("", name)
    )


def project_words(projects: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """Return the running projects by what becomes of them."""
    verbs = {"absorb": "Absorb", "finish": "let finish", "stop": "stop"}
    words = [
        f"{verbs.get(said, said)} {len(names)} ({theme.listing(list(names), len(names))})" for said, names in projects
    ]
    return f"{'; '.join(words)}." if words else ""


def roadmap_method(instrument: Instrument, roadmap: Roadmap, per_quarter: int) -> str:
    """Return how steps and initiatives were made, for the appendix; nothing where there is none."""
    if not roadmap.steps:
        return ""
    projects = f" {instrument.group(FUNDING).name} lists the running projects." if _has_projects(roadmap) else ""
    return (
        "A step leads one question up to the next level that a text describes. Its gain is the rise of the way to "
        "target, its effort 1, 2 or 4 (low, medium, high; the client's own where given). A line takes at most "
        f"{per_quarter} steps a quarter, the most gain per effort first, among questions whose needs stand; what is "
        "scheduled counts as reached. Questions hidden to protect a small group are not planned and block nothing. "
        f"Steps of {YEAR} quarters are merged into initiatives by question, then by what waits for what, then by "
        f"dimension, {MOST_ITEMS} questions at most; those that bring most stay. Pilot lines ({PILOTS}) are those that "
        "can start soonest, then those where it brings most for its effort; each further wave is twice as large. "
        f"Stability is the share of draws of all levels in which a step is among its line's first {TOP}.{projects}"
    )


def _detail(instrument: Instrument, roadmap: Roadmap, held: Initiative, steps: list[Step]) -> Iterable[str]:
    item = instrument.item(steps[0].item)
    words = [f"{step.name} {_level(step)}, target {step.target:.1f}" for step in steps[:MOST_LEVELS]]
    yield f"{theme.upper_start('; '.join(words))}."
    above = [text for level, text in item.anchors if level > min(step.level for step in steps)]
    if above:
        yield f'Next: "{item.statement} {above[0]}"'
    if held.after:
        names = [roadmap.initiatives[number - 1].name.lower() for number in held.after]
        yield f"Waits for {theme.listing(names)}."
    yield f"Owner: {held.owner}."
    yield f"Done when shown: {exit_words(instrument, held, item.id)}."
    if held.projects:
        yield project_words(held.projects)


def _level(step: Step) -> str:
    held = step.score
    return theme.MISSING if held.level is None else f"{held.edge} {theme.level(held.level.value)}".strip()


def _evidence(text: str) -> str:
    bare = text.rstrip(".")
    return f" ({theme.lower_start(bare)})" if bare else ""


def _has_projects(roadmap: Roadmap) -> bool:
    return any(held.projects for held in roadmap.initiatives)
