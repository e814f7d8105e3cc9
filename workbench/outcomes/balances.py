"""Where an amount went: parents, what shares leave over, unknown products; together they are the company, always.

The company's side comes from a query that never looked at a product. A part that does not come back in full means that
rows were lost or counted twice on the way, so its metric is refused: no number of it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.outcomes.cubes import Cube, add_up, add_up_all
from workbench.outcomes.metric_values import Array
from workbench.products import ShareTable

LAW_TOLERANCE = 1e-9
"""Largest relative miss of the law that floating point explains."""


@dataclass(frozen=True, eq=False)
class Balance:
    """Where the parts of one metric went, for one kind of parent.

    Attributes
    ----------
    held : mapping of part to array, shape (parents, periods)
        What each parent holds; parents in parents hold what their members do. Unit: the part's.
    kept : mapping of part to array, shape (periods,)
        What all parents hold, each amount once.
    left, unknown, company : mapping of part to array, shape (periods,)
        What no parent holds, rows of unknown products, and the company.
    miss : mapping of part to array, shape (periods,)
        Difference to the company, relative to the sum of the sizes that were added.
    """

    held: Mapping[str, Array]
    kept: Mapping[str, Array]
    left: Mapping[str, Array]
    unknown: Mapping[str, Array]
    company: Mapping[str, Array]
    miss: Mapping[str, Array]

    @property
    def worst(self) -> float:
        """The largest relative miss over all parts and periods."""
        return max((float(array.max(initial=0.0)) for array in self.miss.values()), default=0.0)


def balance(cube: Cube, table: ShareTable) -> Balance:
    """Return where every part of a metric went, period by period.

    Parameters
    ----------
    cube : Cube
    table : ShareTable
        Shares of one kind, over the cube's epochs.

    Raises
    ------
    ModelError
        Products or epochs of the shares are not those of the cube.
    """
    if (len(cube.products), cube.stacked.shape[3]) != table.left.shape:
        raise ModelError(f"{cube.metric.metric}: shares and parts are of other products or days.")
    held = add_up_all(cube, table)
    is_nested = not np.array_equal(table.kept, table.share)
    once = add_up_all(cube, table, table.kept) if is_nested else held
    left = add_up(cube, table.left)
    kept = {part: _exact(array.T) for part, array in once.items()}
    terms = {part: np.vstack([array, left[part]]) for part, array in once.items()}
    return Balance(held, kept, left, cube.unknown, cube.company, _missed(cube, terms))


def broken_laws(cubes: Mapping[str, Cube]) -> dict[str, str]:
    """Return the metrics whose parts by product are not the company's, each with the reason, before any share."""
    found = {}
    for name, cube in cubes.items():
        everything = add_up(cube, np.ones((len(cube.products), cube.stacked.shape[3])))
        reason = refusal_of(cube, _missed(cube, {part: array[None] for part, array in everything.items()}))
        if reason:
            found[name] = reason
    return found


def refusal_of(cube: Cube, miss: Mapping[str, Array]) -> str:
    """Return why a metric may not be shown, with the part and the period that miss most; empty where all is there."""
    worst = {part: float(array.max(initial=0.0)) for part, array in miss.items()}
    part = max(worst, key=lambda name: worst[name], default="")
    if not part or worst[part] <= LAW_TOLERANCE:
        return ""
    place = int(miss[part].argmax())
    return (
        f"its parts do not add up to the company: {worst[part]:.1%} of {_WORDS.get(part, part)} from "
        f"{cube.periods[place].isoformat()} on are missing or counted twice, so no number of it is shown"
    )


_WORDS = {
    "n": "the rows",
    "rows": "the rows",
    "sum": "the amount",
    "num": "the numerator",
    "den": "the denominator",
    "plus": "the answers in favour",
    "minus": "the answers against",
}


def _missed(cube: Cube, terms: Mapping[str, Array]) -> dict[str, Array]:
    """Return by how much terms and unknown products miss the company, relative to the sizes that were added."""
    miss = {}
    for part, company in cube.company.items():
        rows = np.vstack([terms[part], cube.unknown[part]]).T
        sizes = np.maximum(cube.sizes.get(part, 0.0), np.maximum(_exact(np.abs(rows)), np.abs(company)))
        miss[part] = np.abs(_exact(rows) - company) / np.where(sizes > 0, sizes, 1.0)
    return miss


def _exact(rows: Array) -> Array:
    """Return the sum of each row, rounded once."""
    return np.array([math.fsum(row) for row in rows.tolist()])
