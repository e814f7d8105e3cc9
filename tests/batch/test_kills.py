"""A process may be killed, and a disk be full, before any step: no torn file, no lost report, nothing left behind."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench.kills import Count, Night


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize(
    ("how", "kinds", "least"),
    [("kill", ("noted", "folder for a link", "pruned"), 40), ("full", ("noted", "stopped"), 30)],
    ids=["killed", "disk full"],
)
def test_a_publication_may_be_cut_short_anywhere(how: str, kinds: tuple[str, ...], least: int) -> None:
    """Readers see the run before or the new one, whole; the next run publishes and removes what was left."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (a disk takes its time to force files)
    with tempfile.TemporaryDirectory(prefix="wb-kills-", dir=memory) as folder:
        said = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tests.batch.cut_short", folder, how, *kinds],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
            capture_output=True,
            text=True,
        )
    assert (said.returncode, said.stderr) == (0, "")
    found = json.loads(said.stdout)
    assert [kind for kind in kinds if found[kind]["steps"] < least] == []
    assert [fault for kind in kinds for fault in found[kind]["wrong"]] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in procfs")
@pytest.mark.parametrize("seed", [3])
def test_kills_at_random_moments_of_a_night_leave_nothing(seed: int) -> None:
    """A batch is killed; then kernels, their parents and workers of the next one, which publishes all the same."""
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        count = Count(9)
        night = Night(Path(folder), random.Random(seed), count, ("borealis", "cobalt"))  # noqa: S311
        night.few, night.all = 4.0, 40.0  # seconds: somewhere in its life, and a kill a second
        with night.reading():
            night.doom()
            night.press()
        if not count.stopped:  # a notebook that lost three kernels is the next batch's
            night.check_published()
    assert dict(+count.wrong) == {}
    assert len(count.kills) > 1
