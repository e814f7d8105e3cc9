"""Every kind of rule against brute force, its meaning worked out here and not by the compiler of rules."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from workbench.allocation import (
    Activity,
    Closing,
    Conflict,
    Line,
    Objective,
    Plan,
    Portfolio,
    Resource,
    Rule,
    allocate,
    check_plan,
    points_curve,
    solve,
)
from workbench.allocation.answer import AllocationInputs

Levels, Supports = Mapping[str, float], Mapping[str, bool]


@dataclass(frozen=True)
class Case:
    """A small portfolio whose plans can be counted through: every activity is done whole or not at all."""

    portfolio: Portfolio

    def used(self, levels: Levels, supported: Supports, resource: str, *, line: str = "", use: str = "") -> float:
        """Amount used, added up by hand."""
        total = 0.0
        for item in self.portfolio.activities:
            if (not line or item.line == line) and (not use or item.use == use):
                total += item.recipe.get(resource, 0.0) * levels[item.id]
        for held in self.portfolio.lines:
            if not use and (not line or held.id == line):
                needs = held.needs.get(resource, 0.0)
                total += needs if supported[held.id] else (1 - held.closing.avoidable_share) * needs
        return total

    def plans(self) -> list[tuple[dict[str, float], dict[str, bool], float]]:
        """Every plan within capacities, with its value."""
        found = []
        names = [line.id for line in self.portfolio.lines]
        for open_lines in itertools.product((True, False), repeat=len(names)):
            supported = dict(zip(names, open_lines, strict=True))
            sizes = [(0.0, item.maximum) if supported[item.line] else (0.0,) for item in self.portfolio.activities]
            for chosen in itertools.product(*sizes):
                levels = {item.id: level for item, level in zip(self.portfolio.activities, chosen, strict=True)}
                if all(self.used(levels, supported, item.id) <= item.capacity[0] for item in self.portfolio.resources):
                    worths, value = self.portfolio.objectives[0].worths, 0.0
                    for item in self.portfolio.activities:
                        value += worths[item.id] * item.curve.value(levels[item.id]) if supported[item.line] else 0.0
                    value -= sum(line.closing.one_off_cost for line in self.portfolio.lines if not supported[line.id])
                    found.append((levels, supported, value))
        return found


def drawn(seed: int) -> Case:
    """Four lines, six activities, two resources; whole numbers, so that nothing hangs on the last digit."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    uses = ("develop", "operate", "market")
    activities = []
    for place in range(6):
        size = float(draw.randint(1, 4))
        low = draw.randint(0, 2)
        activities.append(
            Activity(
                f"a{place}", f"l{place % 4}", uses[place % 3], "teams",
                points_curve([0, size], [low, low + draw.randint(1, 9)]),
                {"people": float(draw.randint(1, 5)), "budget": float(draw.randint(1, 9))},
                draw.choice([0.0, size]), size, size,
            )
        )  # fmt: skip
    lines = tuple(
        Line(
            f"l{place}", needs={"people": float(draw.randint(1, 8))},
            closing=Closing(float(draw.randint(0, 5)), 0.0, draw.choice([0.5, 1.0])),
        )
        for place in range(4)
    )  # fmt: skip
    worths = {item.id: float(draw.randint(1, 5)) for item in activities}
    return Case(
        Portfolio(
            (
                Resource("people", "HR", "people", (float(draw.randint(24, 44)),), 1.0),
                Resource("budget", "Finance", "EUR", (float(draw.randint(25, 80)),), 1.0),
            ),
            tuple(activities),
            lines,
            (Objective("margin", 1.0, worths, True, True),),
        )
    )


Meaning = Callable[[Case, Levels, Supports], bool]
EVERYONE = {f"l{place}": True for place in range(4)}


def by_today(case: Case, levels: Levels, supported: Supports, share: float, **scope: str) -> bool:
    """Return whether an amount stays within a share of today's."""
    today = case.used(case.portfolio.today, EVERYONE, "people", **scope)
    return abs(case.used(levels, supported, "people", **scope) - today) <= share * today + 1e-9


KINDS: dict[str, tuple[str, Meaning]] = {
    "a floor": ("people in line=l1 >= 12", lambda c, x, s: c.used(x, s, "people", line="l1") >= 12),
    "a cap": ("budget in use=market <= 12", lambda c, x, s: c.used(x, s, "budget", use="market") <= 12),
    "a share of what is used": (
        "people in line=l0 <= 40% of people",
        lambda c, x, s: c.used(x, s, "people", line="l0") <= 0.4 * c.used(x, s, "people") + 1e-9,
    ),
    "a share of the capacity": (
        "people >= 95% of capacity of people",
        lambda c, x, s: c.used(x, s, "people") >= 0.95 * c.portfolio.resource("people").capacity[0] - 1e-9,
    ),
    "a balance": (
        "budget in use=operate >= 80% of budget in use=develop",
        lambda c, x, s: (
            c.used(x, s, "budget", use="operate") >= 0.8 * c.used(x, s, "budget", use="develop") - 1e-9
        ),
    ),
    "several lines and levels": (
        "people in line=l0, l2 + 2 * level of a1 <= 24",
        lambda c, x, s: (
            c.used(x, s, "people", line="l0") + c.used(x, s, "people", line="l2") + 2 * x["a1"] <= 24
        ),
    ),
    "keep": ("keep line l3", lambda c, x, s: s["l3"]),
    "close": ("close line l2", lambda c, x, s: not s["l2"]),
    "requires": ("line l0 requires line l1, l2", lambda c, x, s: not s["l0"] or (s["l1"] and s["l2"])),
    "excludes": ("line l0 excludes line l1, l3", lambda c, x, s: not (s["l0"] and (s["l1"] or s["l3"]))),
    "goes with": ("line l1 goes with line l2", lambda c, x, s: s["l1"] == s["l2"]),
    "at most": ("at most 2 of lines", lambda c, x, s: sum(s.values()) <= 2),
    "at least": ("at least 3 of lines l0, l1, l3", lambda c, x, s: s["l0"] + s["l1"] + s["l3"] >= 3),
    "exactly": ("exactly 1 of lines l0, l2", lambda c, x, s: s["l0"] + s["l2"] == 1),
    "change of a resource": ("change of people within 20%", lambda c, x, s: by_today(c, x, s, 0.2)),
    "change of a line": ("change of people in line=l1 within 50%", lambda c, x, s: by_today(c, x, s, 0.5, line="l1")),
    "no change at all": ("change of people in line=l0 within 0%", lambda c, x, s: by_today(c, x, s, 0.0, line="l0")),
    "change of a use": (
        "change of people in use=develop within 60%", lambda c, x, s: by_today(c, x, s, 0.6, use="develop")
    ),
}  # fmt: skip


def says_nothing(case: Case, text: str) -> bool:
    """Return whether the rule speaks of a share of nothing, which is refused."""
    scope = {"line": "l1"} if "line=l1" in text else {"line": "l0"} if "line=l0" in text else {}
    scope = {"use": "develop"} if "use=develop" in text else scope
    return text.startswith("change") and case.used(case.portfolio.today, EVERYONE, "people", **scope) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_means_what_it_says(kind: str) -> None:
    """The plan is worth what the best of all plans that keep the rule is; where there is none, it is a conflict."""
    text, keeps = KINDS[kind]
    told, bound = 0, 0
    for seed in range(14):
        case = drawn(seed)
        if says_nothing(case, text):
            continue
        plans = case.plans()
        free = max((value for *_, value in plans), default=-math.inf)
        best = max((value for x, s, value in plans if keeps(case, x, s)), default=-math.inf)
        got = solve(replace(case.portfolio, rules=(Rule("it", text),)))
        told += 1
        bound += best < free
        if isinstance(got, Conflict):
            assert best == -math.inf, seed
            continue
        assert got.certificate.proved
        assert got.value == pytest.approx(best, abs=1e-4 * max(1.0, got.certificate.lift)), seed
        assert keeps(case, got.first, got.supported)
    assert told >= 8
    assert bound >= 2, "the rule never mattered, so the test says nothing"


@pytest.mark.parametrize("seed", range(12))
def test_rules_together_mean_what_they_say(seed: int) -> None:
    """Three kinds at a time, drawn."""
    case = drawn(100 + seed)
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    chosen = [kind for kind in draw.sample(sorted(KINDS), 3) if not says_nothing(case, KINDS[kind][0])]
    rules = tuple(Rule(kind, KINDS[kind][0]) for kind in chosen)
    best = max(
        (value for x, s, value in case.plans() if all(KINDS[kind][1](case, x, s) for kind in chosen)),
        default=-math.inf,
    )
    got = solve(replace(case.portfolio, rules=rules))
    if isinstance(got, Plan):
        assert got.value == pytest.approx(best, abs=1e-4 * max(1.0, got.certificate.lift))
    else:
        assert best == -math.inf
        assert {rule.name for rule in got.rules} <= set(chosen)


def test_what_is_given_in_whole_people_keeps_a_limit_on_change() -> None:
    """A line's people may not leave the band by being rounded up."""
    base = drawn(3).portfolio
    activities = tuple(replace(item, minimum=0.0, current=0.5 * item.maximum) for item in base.activities)
    resources = (replace(base.resources[0], step=1.0), base.resources[1])
    rules = tuple(Rule(f"ramp {line.id}", f"change of people in line={line.id} within 30%") for line in base.lines)
    portfolio = replace(base, activities=activities, resources=resources, rules=rules)
    result = allocate(AllocationInputs(portfolio))
    case = Case(portfolio)
    assert not isinstance(result, Conflict)
    for line in portfolio.lines:
        today = case.used(portfolio.today, EVERYONE, "people", line=line.id)
        given = result.settled.given[line.id]["people"]
        named = f"ramp {line.id}" in result.settled.broken_rules
        assert named or abs(given - today) <= 0.3 * today + 1e-6
    assert check_plan(portfolio, result.plan.first, result.plan.supported).holds
