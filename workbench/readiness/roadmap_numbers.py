"""Every number that the roadmap and the odds of the classes state."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.findings import Figure
from workbench.readiness.classes import CLASSES, PART_PRODUCT_RUN
from workbench.readiness.instrument import Instrument
from workbench.readiness.roadmap import Roadmap
from workbench.readiness.steps import SEE, TOP, Step
from workbench.readiness.verdict import Verdict

EFFORTS = "effort: 1 low, 2 medium, 4 high"


def odds_key(name: str, line: str = "") -> str:
    """Return the key of a class's probability.

    Examples
    --------
    >>> odds_key("in transition", "motor"), odds_key("product-run")
    ('odds/motor/in-transition', 'odds/product-run')
    """
    return f"odds{line and f'/{line}'}/{name.replace(' ', '-')}"


def step_key(step: Step) -> str:
    """Return the key of a step's gain: where, what, and up to which level."""
    return f"step{step.line and f'/{step.line}'}/{step.item}/{'see' if step.kind == SEE else f'{step.to:g}'}"


def odds_figures(verdict: Verdict | None, source: str) -> Iterator[Figure]:
    """Yield how probable each class is, of the organisation and of each line; hidden ones keep their place."""
    if verdict is None:
        return
    whole = dict(verdict.odds)
    for name in (*CLASSES[:2], PART_PRODUCT_RUN, CLASSES[2]):
        said = "product-run in some lines" if name == PART_PRODUCT_RUN else name
        yield _odds(odds_key(name), f"Probability that the organisation is {said}", whole.get(name), source)
    for line in verdict.lines:
        held = dict(line.odds)
        for name in CLASSES:
            yield _odds(odds_key(name, line.line), f"Probability that {line.name} is {name}", held.get(name), source)


def roadmap_figures(instrument: Instrument, roadmap: Roadmap, source: str) -> Iterator[Figure]:
    """Yield what the initiatives bring and take, and the first steps of each line with how stable their rank is."""
    for place, held in enumerate(roadmap.initiatives, start=1):
        key = f"initiative/{place}"
        yield Figure("", f"{key}/gain", f"Rise of the way to target: {held.name}", held.gain, "share", source=source)
        yield Figure("", f"{key}/effort", f"Effort: {held.name}", held.effort, "points", source=EFFORTS)
        told = "readiness_targets" if held.is_costed else "readiness_targets; not every step has a cost there"
        yield Figure("", f"{key}/cost", f"Cost: {held.name}", held.cost, "currency", source=told)
    for step in roadmap.steps:
        if step.rank <= TOP:
            item = instrument.item(step.item)
            name = f"{item.printed} {item.title}, {step.name}"
            key = step_key(step)
            yield Figure("", key, f"Rise of the way to target: {name}", step.gain, "share", source=source)
            yield Figure(
                "",
                f"stable/{key}",
                f"Draws in which it is among the first {TOP}: {name}",
                step.stability,
                "share",
                source=source if step.stability is not None else "not shown: too few people",
            )


def _odds(key: str, name: str, value: float | None, source: str) -> Figure:
    told = source if value is not None else "not shown: too few people"
    return Figure("", key, name, value, "share", source=told)
