"""How new a statement is: what could be said at the last two reviews already is worth less of a reader's time today.

Nothing is remembered from run to run, so that the same data give the same report: what could be said then is worked
out again, from the periods that had ended by the day of each review.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.outcomes.control_charts import Watched
    from workbench.outcomes.reviewed import Move

NOVELTY = (1.0, 0.5, 0.25)
"""By the number of the last two reviews at which it could be said (ours)."""

GREW = 1.5
"""Times its size at a review from which a move is news again (ours)."""


def times_said(
    move: Move,
    periods: Sequence[dt.date],
    reviews: Sequence[dt.date],
    watch_first: Callable[[int], Watched],
    most: float,
) -> int:
    """Return at how many of the last two reviews a move could be said, as large as it is now or nearly.

    Parameters
    ----------
    move : Move
    periods : sequence of date
        First days of the series' periods, in order of time.
    reviews : sequence of date
        Days of all reviews before this one.
    watch_first : callable
        What the charts say of so many first periods.
    most : float
        Largest chance, 0 to 1, at which a move is named today; a review then is taken to have named as freely.

    Examples
    --------
    >>> from types import SimpleNamespace as Held
    >>> months = [dt.date(2026, month, 1) for month in range(1, 10)]
    >>> move = Held(change=2.0)
    >>> seen = lambda count: Held(change=Held(p=0.001, size=1.9) if count >= 6 else None)
    >>> times_said(move, months, [dt.date(2026, 3, 31), dt.date(2026, 6, 30)], seen, 0.01)
    1
    """
    said = 0
    for day in sorted(reviews)[-2:]:
        ended = bisect_right(periods, day + dt.timedelta(days=1)) - 1  # one has ended when the next begins
        change = watch_first(ended).change if ended > 0 else None
        if change is not None and change.p <= most and change.size * move.change > 0:
            said += abs(move.change) < GREW * abs(change.size)
    return said


def say_known(times: int) -> str:
    """Return that a statement is no news, as a sentence; nothing where it is.

    Examples
    --------
    >>> say_known(0), say_known(1)
    ('', 'It could be said at an earlier review already.')
    """
    return ("", "It could be said at an earlier review already.", "It could be said at the last two reviews already.")[
        times
    ]
