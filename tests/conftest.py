"""What tests of the whole share: the three samples, published once."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from workbench.batch.warm.variables import SAME_BYTES

# As in a kernel, and before anything imports numpy: workers side by side would spend most of their time waiting for the
# threads that BLAS starts for matrices of ten by ten.
os.environ.update({name: value for name, value in SAME_BYTES.items() if name.endswith("_NUM_THREADS")})

# The same examples on every machine: a build is red only for what changed. HYPOTHESIS_PROFILE=default explores further.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # for `tests.computed` and `tests.truth`, from wherever pytest was started
    sys.path.insert(0, str(ROOT))
SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")

COMPUTED = (
    "tests/outcomes/test_novelty.py",
    "tests/outcomes/test_reading_grade.py",
    "tests/report/test_exhibits_drivers.py",
    "tests/truth/test_found.py",
)
"""What asks `tests.computed`."""

PUBLISHED = (
    "tests/batch/test_definitions.py",
    "tests/test_browser.py",
    "tests/test_end_to_end.py",
    "tests/test_golden.py",
)
"""What asks for the samples' reports."""

LONGEST = ("published", "spark", "warm", "computed")
"""Groups that take longest, begun first so that no worker waits for another at the end."""


def group_of(test: str) -> str:
    """Return which tests run on one worker, so that what they share is computed once: a file's, and those of `LONGEST`.

    xdist's own marks of groups travel in a test's id, where pytest 9.2 no longer takes them, without a word.
    """
    path, _, name = test.partition("::")
    if path in PUBLISHED:
        return "published"
    if "spark" in name:
        return "spark"
    if path.startswith("tests/batch/warm/"):
        return "warm"
    if path in COMPUTED:
        return "computed"
    return path if path.startswith("tests/") else test


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, nor ever after among them: a third of the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest groups first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(group_of(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out whole groups in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.fixture(scope="session", autouse=True)
def own_reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests apart from what was published on this machine: it binds whoever computes beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_REPORTS", str(tmp_path_factory.mktemp("own")))
        yield


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All samples published by one batch, into a folder of their own."""
    folder = tmp_path_factory.mktemp("reports")
    ran = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "workbench", "batch", *SAMPLES],
        cwd=ROOT,
        env={**os.environ, "WORKBENCH_REPORTS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder
