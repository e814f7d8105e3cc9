"""pyproject.toml, constraints.txt and environment.yml describe the same environment, and it is the one tested here."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
INSTALLED = ("test", "spark") if find_spec("pyspark") else ("test",)
REQUIREMENTS = [
    requirement
    for text in (*PROJECT["dependencies"], *(text for name in INSTALLED for text in EXTRAS[name]))
    for requirement in [Requirement(text)]
    if requirement.marker is None or requirement.marker.evaluate()
]
LINES = [
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
]


as_pinned = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="constraints.txt speaks of Python 3.11")


def key(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


PINS = {key(line.split("==")[0]): line.split("==")[1] for line in LINES}


def closure() -> dict[str, str]:
    """Return everything that the project with its tests needs on this machine, with the version that is there."""
    found: dict[str, str] = {}
    waiting = [(requirement.name, frozenset(requirement.extras)) for requirement in REQUIREMENTS]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (key(name), extras) in seen:
            continue
        seen.add((key(name), extras))
        held = distribution(name)
        found[key(name)] = held.version
        for text in held.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def test_every_line_pins_one_version_of_one_distribution() -> None:
    """No ranges, no addresses, no options, sorted, each once."""
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.+!]*", line) for line in LINES)
    names = [key(line.split("==")[0]) for line in LINES]
    assert names == sorted(set(names))


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda held: held.name)
def test_each_pin_is_within_the_projects_range(requirement: Requirement) -> None:
    """What constraints.txt installs is what pyproject.toml allows."""
    assert key(requirement.name) in PINS
    assert requirement.specifier.contains(PINS[key(requirement.name)])


def test_the_whole_closure_is_pinned() -> None:
    """Nothing floats that an installation brings."""
    assert sorted(set(closure()) - set(PINS)) == []


@as_pinned
def test_what_is_tested_here_is_what_is_pinned() -> None:
    """A pin that no test ran with would be a promise nobody kept."""
    got = {name: version for name, version in closure().items() if PINS.get(name) != version}
    assert got == {}


@as_pinned
def test_nothing_pinned_is_strange_to_the_project() -> None:
    """Each pin is needed here, or on another Python: these are the only ones."""
    elsewhere = {
        "py4j",
        "pyspark",
        "aiohappyeyeballs",
        "aiohttp",
        "aiosignal",
        "frozenlist",
        "multidict",
        "overrides",
        "propcache",
        "yarl",
    }
    assert set(PINS) - set(closure()) <= elsewhere


def test_conda_installs_this_project_with_its_constraints() -> None:
    """The environment names Python in the project's range, and leaves the rest to pyproject.toml."""
    held = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert held["name"] == PROJECT["name"]
    python, pip, by_pip = held["dependencies"]
    assert SpecifierSet(python.removeprefix("python").strip()) == SpecifierSet(PROJECT["requires-python"])
    assert pip == "pip"
    assert by_pip == {"pip": ["--constraint constraints.txt", "--editable ."]}


def test_the_licences_of_what_we_install_are_free_of_gpl() -> None:
    """No GPL or AGPL among the direct dependencies."""
    for requirement in REQUIREMENTS:
        try:
            held = distribution(requirement.name).metadata
        except PackageNotFoundError:
            pytest.fail(f"{requirement.name} is not installed")
        text = " ".join(
            [
                held.get("License-Expression") or "",
                *(name for name in held.get_all("Classifier") or () if "License" in name),
            ]
        )
        assert not re.search(r"\bA?GPL\b|Affero|GNU General Public", text), requirement.name


def test_the_makefile_asks_for_the_python_that_the_project_asks_for() -> None:
    """One lowest version."""
    lowest = next(iter(SpecifierSet(PROJECT["requires-python"]))).version
    major, minor = Version(lowest).release[:2]
    assert f"({major}, {minor})" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_pin_may_be_installed_on_the_oldest_python_that_the_project_allows() -> None:
    """A distribution may ask for a later patch of Python than ours: then a fresh machine installs nothing at all."""
    oldest = Version(PROJECT["requires-python"].removeprefix(">=")).base_version + ".0"
    refused = {
        f"{name}=={version}": asked
        for name, version in closure().items()
        if (asked := distribution(name).metadata.get("Requires-Python")) and oldest not in SpecifierSet(asked)
    }
    assert not refused
