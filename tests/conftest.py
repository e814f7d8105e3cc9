"""What tests of the whole share: the three samples, published once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")


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
