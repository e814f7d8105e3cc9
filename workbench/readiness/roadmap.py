"""The few initiatives that a board decides on: the lines' steps of a year, merged, with waves, owner, cost, exit test.

Steps of one item are one initiative, whatever the line. While there are more than a board can follow, what waits for
another initiative joins it, then what speaks of the same dimension does; the initiatives that bring most stay, the rest
is "later". Nothing that stays waits for something that was left: what it needs comes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench import theme
from workbench.readiness.inputs import Settings, Target
from workbench.readiness.instrument import Instrument
from workbench.readiness.steps import YEAR, Step, Way
from workbench.readiness.targets import target_for

if TYPE_CHECKING:
    import pandas as pd

MOST_ITEMS = 5
"""Items that one initiative can hold before it is no longer one (ours)."""

PILOTS = 2
"""Lines that begin; each wave that follows is twice as large (ours)."""

FUNDING = "d06"
"""The dimension of our instrument that ends or absorbs running projects."""

DISPOSITIONS = ("absorb", "finish", "stop")

NOBODY = "to be named"


@dataclass(frozen=True)
class Initiative:
    """One thing that the organisation does about several steps.

    Attributes
    ----------
    name : str
    items : tuple of str
        In the order in which they come.
    dimensions : tuple of str
    steps : tuple of Step
        Of all lines, within the year.
    quarter : int
        In which the first step can be taken.
    waves : tuple of tuple of str
        Names of lines, pilots first; empty where it is done once, for the whole organisation.
    owner : str
        ``to be named`` where the targets name nobody.
    effort : float
        Efforts of its steps, added up.
    cost : float or None
        As the targets say, each row once; None where they say nothing. Unit: currency.
    is_costed : bool
        Whether every step has a cost.
    gain : float
        Rise of the way to target, the mean over lines (share).
    after : tuple of int
        Places (counted from one) of the initiatives it waits for.
    exit_test : tuple of (item, level, evidence)
        What must be shown for it to be done.
    projects : tuple of (disposition, names)
        Running projects that it absorbs, lets finish or stops.
    """

    name: str
    items: tuple[str, ...]
    dimensions: tuple[str, ...]
    steps: tuple[Step, ...]
    quarter: int
    waves: tuple[tuple[str, ...], ...]
    owner: str
    effort: float
    cost: float | None
    is_costed: bool
    gain: float
    after: tuple[int, ...] = ()
    exit_test: tuple[tuple[str, float, str], ...] = ()
    projects: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Roadmap:
    """What to do next, for each line and for the organisation.

    Attributes
    ----------
    steps : tuple of Step
        All of them, the organisation's first.
    initiatives : tuple of Initiative
    later : tuple of str
        Items whose steps are in no initiative.
    ways : mapping of line to Way
        How much of the way to target each part has come; "" is the organisation.
    """

    steps: tuple[Step, ...] = ()
    initiatives: tuple[Initiative, ...] = ()
    later: tuple[str, ...] = ()
    ways: Mapping[str, Way] = field(default_factory=dict)

    def first_steps(self, line: str, most: int) -> tuple[Step, ...]:
        """Return the first steps of a line, or of the organisation ("")."""
        return tuple(step for step in self.steps if step.line == line and step.rank <= most)


@dataclass
class _Bundle:
    """Items that go together while bundles are merged."""

    items: set[str]
    steps: list[Step]

    def gain(self, lines: int) -> float:
        return round(sum(step.gain / (lines if step.line else 1) for step in self.steps), 9)


def plan_roadmap(
    steps: Iterable[Step],
    instrument: Instrument,
    settings: Settings,
    targets: tuple[Target, ...] = (),
    projects: pd.DataFrame | None = None,
    ways: Mapping[str, Way] | None = None,
) -> Roadmap:
    """Return the initiatives that steps make, and what is left for later.

    Parameters
    ----------
    steps : iterable of Step
        As `plan_steps` gives them.
    instrument : Instrument
    settings : Settings
        `initiatives`: how many a board sees.
    targets : tuple of Target
        Owners and costs.
    projects : DataFrame, optional
        project, disposition: what runs.
    ways : mapping of line to Way, optional
    """
    every = tuple(steps)
    order = {item.id: place for place, item in enumerate(instrument.items)}
    lines = max(1, len({step.line for step in every if step.line}))
    held: dict[str, _Bundle] = {}
    for step in every:
        if step.quarter <= YEAR:
            held.setdefault(step.item, _Bundle({step.item}, [])).steps.append(step)
    bundles = _merged(list(held.values()), instrument, order, lines, settings.initiatives)
    kept = _kept(bundles, order, lines, settings.initiatives)
    kept.sort(key=lambda one: (min(step.quarter for step in one.steps), -one.gain(lines), _first(one, order)))
    paid: set[Target] = set()
    found = tuple(_initiative(one, instrument, order, lines, targets, projects, paid) for one in kept)
    found = tuple(replace(one, after=_after(one, place, found)) for place, one in enumerate(found, start=1))
    inside = {item for one in found for item in one.items}
    later = sorted({step.item for step in every} - inside, key=order.__getitem__)
    return Roadmap(every, found, tuple(later), dict(ways or {}))


def _merged(
    bundles: list[_Bundle], instrument: Instrument, order: Mapping[str, int], lines: int, most: int
) -> list[_Bundle]:
    """Merge until few enough are left or nothing fits: the smallest joins the largest it waits for, or is like."""
    ways = (_waits, lambda one, other: _dimensions(one, instrument) == _dimensions(other, instrument))
    for is_kin in ways:
        while len(bundles) > most:
            ranked = sorted(bundles, key=lambda one: (-one.gain(lines), _first(one, order)))
            pair = next(
                (
                    (small, large)
                    for small in reversed(ranked)
                    for large in ranked
                    if small is not large and len(small.items | large.items) <= MOST_ITEMS and is_kin(small, large)
                ),
                None,
            )
            if pair is None:
                break
            small, large = pair
            bundles = [one for one in bundles if one is not small and one is not large]
            bundles.append(_Bundle(small.items | large.items, [*large.steps, *small.steps]))
    return bundles


def _kept(bundles: list[_Bundle], order: Mapping[str, int], lines: int, most: int) -> list[_Bundle]:
    """Keep those that bring most, and take along what they need of the others."""
    ranked = sorted(bundles, key=lambda one: (-one.gain(lines), _first(one, order)))
    kept, rest = ranked[:most], ranked[most:]
    for one in kept:
        while True:
            needed = next((other for other in rest if _waits(one, other)), None)
            if needed is None:
                break
            rest = [other for other in rest if other is not needed]
            one.items |= needed.items
            one.steps += needed.steps
    return kept


def _waits(one: _Bundle, other: _Bundle) -> bool:
    return any(need in other.items for step in one.steps for need in step.waits_for if need not in one.items)


def _dimensions(one: _Bundle, instrument: Instrument) -> frozenset[str]:
    return frozenset(instrument.item(item).group for item in one.items)


def _first(one: _Bundle, order: Mapping[str, int]) -> int:
    return min(order[item] for item in one.items)


def _initiative(
    one: _Bundle,
    instrument: Instrument,
    order: Mapping[str, int],
    lines: int,
    targets: tuple[Target, ...],
    projects: pd.DataFrame | None,
    paid: set[Target],
) -> Initiative:
    gains = {item: sum(step.gain for step in one.steps if step.item == item) for item in one.items}
    starts = {item: min(step.quarter for step in one.steps if step.item == item) for item in one.items}
    depth = _depths(one)
    items = tuple(sorted(one.items, key=lambda item: (depth[item], starts[item], -round(gains[item], 9), order[item])))
    dimensions = tuple(dict.fromkeys(instrument.item(item).group for item in items))
    rows = [target_for(targets, instrument.item(step.item), step.line) for step in one.steps]
    owners = dict.fromkeys(row.owner for row in rows if row is not None and row.owner)
    priced = {row for row in rows if row is not None and row.cost is not None}
    cost = sum(row.cost or 0.0 for row in priced - paid) if priced else None
    paid |= priced
    return Initiative(
        name=_name(items, dimensions, instrument),
        items=items,
        dimensions=dimensions,
        steps=tuple(one.steps),
        quarter=min(starts.values()),
        waves=_waves(one.steps),
        owner=_owner_words(list(owners)),
        effort=sum(step.effort for step in one.steps),
        cost=cost,
        is_costed=all(row is not None and row.cost is not None for row in rows),
        gain=one.gain(lines),
        exit_test=tuple(
            (
                item,
                max(step.to for step in one.steps if step.item == item),
                instrument.item(item).evidence,
            )
            for item in items
        ),
        projects=_projects(projects) if FUNDING in dimensions else (),
    )


def _depths(one: _Bundle) -> dict[str, int]:
    """How many of its own items must come before each item, one after the other."""
    waits: dict[str, set[str]] = {item: set() for item in one.items}
    for step in one.steps:
        waits[step.item] |= set(step.waits_for) & one.items
    depth = dict.fromkeys(one.items, 0)
    for _ in one.items:  # an instrument has no circle of needs, so that this comes to rest
        depth = {item: max((depth[need] + 1 for need in needs), default=0) for item, needs in waits.items()}
    return depth


def _name(items: tuple[str, ...], dimensions: tuple[str, ...], instrument: Instrument) -> str:
    """Return the dimension's name where that says it, else the first item's title."""
    if len(items) > 2 and len(dimensions) == 1:
        return instrument.group(dimensions[0]).name
    title = instrument.item(items[0]).title
    if len(items) == 1:
        return title
    other = instrument.item(items[1]).title
    both = f"{title}; {theme.lower_start(other)}"
    return both if len(items) == 2 else f"{title}, and {len(items) - 1} that go with it"


def _owner_words(owners: list[str]) -> str:
    if not owners:
        return NOBODY
    return owners[0] if len(owners) == 1 else f"{owners[0]}, with {', '.join(owners[1:3])}"


def _waves(steps: list[Step]) -> tuple[tuple[str, ...], ...]:
    """Lines in waves: those first that can start soonest, then where it brings most for its effort."""
    own = [step for step in steps if step.line]
    names = dict.fromkeys((step.line, step.name) for step in own)
    worth = {}
    for line, name in names:
        mine = [step for step in own if step.line == line]
        gain, effort = sum(step.gain for step in mine), sum(step.effort for step in mine)
        worth[(line, name)] = (min(step.quarter for step in mine), -round(gain / effort, 9))
    ranked = sorted(names, key=worth.__getitem__)
    found: list[tuple[str, ...]] = []
    size = PILOTS
    while ranked:
        found.append(tuple(name for _, name in ranked[:size]))
        ranked, size = ranked[size:], 2 * size
    return tuple(found)


def _after(one: Initiative, place: int, found: tuple[Initiative, ...]) -> tuple[int, ...]:
    needs = {need for step in one.steps for need in step.waits_for} - set(one.items)
    return tuple(number for number, other in enumerate(found, start=1) if number != place and needs & set(other.items))


def _projects(projects: pd.DataFrame | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if projects is None or projects.empty:
        return ()
    rows = list(zip(projects["project"], projects["disposition"], strict=True))
    found = [(name, tuple(sorted(str(project) for project, said in rows if said == name))) for name in DISPOSITIONS]
    open_ones = tuple(sorted(str(project) for project, said in rows if said not in DISPOSITIONS))
    return tuple((name, held) for name, held in (*found, ("not decided", open_ones)) if held)
