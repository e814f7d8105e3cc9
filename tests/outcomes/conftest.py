"""A bench of small fact files."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import outcome_samples


@pytest.fixture
def bench(tmp_path: Path) -> outcome_samples.Bench:
    """Return a bench of its own folder."""
    return outcome_samples.Bench(tmp_path)
