"""What is computed of the three samples, once in a process: half a minute that several files of tests share."""

from __future__ import annotations

from functools import cache

from workbench import allocation, outcomes, readiness
from workbench.allocation.answer import Allocation
from workbench.engagement.load import Engagement, load_engagement
from workbench.findings import Off
from workbench.outcomes.reviewed import Outcomes


@cache
def study(name: str) -> Engagement:
    """Return a sample, loaded."""
    return load_engagement(name)


@cache
def assessed(name: str) -> readiness.Readiness:
    """Return a sample's readiness."""
    result = readiness.assess(study(name).readiness)
    assert not isinstance(result, Off)
    return result


@cache
def measured(name: str) -> Outcomes:
    """Return a sample's outcomes."""
    result = outcomes.measure(study(name).outcomes)
    assert not isinstance(result, Off)
    return result


@cache
def allocated(name: str) -> Allocation:
    """Return a sample's plan."""
    result = allocation.allocate(study(name).allocation)
    assert isinstance(result, Allocation)
    return result
