"""Makes the portfolios of `allocation_cases` importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))
