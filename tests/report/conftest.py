"""A report with every kind of exhibit."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import report_samples

from workbench.report.story import Report


@pytest.fixture
def report() -> Report:
    """Return a report with every kind of exhibit, a note, an appendix and an open question."""
    return report_samples.report()
