"""Makes the portfolios of `allocation_cases` and the company of `readiness_samples` importable."""

import sys
from pathlib import Path

for room in ("allocation", "report"):
    sys.path.insert(0, str(Path(__file__).parents[1] / room))
