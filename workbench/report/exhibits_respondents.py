"""What readiness shows about those who answered: whether they agree, how far the questions hang together, their sheets.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations
