"""What the verdict achieved on clients whose truth is known, so that a report can say so, and that it is simulation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Simulated:
    """Shares measured on simulated clients.

    Attributes
    ----------
    clients, lines : int
    wrong, undecided : float
        Lines with another class than the true one, and lines too close to call (shares).
    settled : float
        Of the lines too close to call, those that got a class once the people asked for had answered (share).
    near_wrong, near_undecided, near_settled : float
        The same for lines whose gates may stand anywhere, right on a boundary too.
    near_calibration : float
        There, how far probabilities are from what came true, on average (share).
    """

    clients: int
    lines: int
    wrong: float
    undecided: float
    settled: float
    near_wrong: float
    near_undecided: float
    near_settled: float
    near_calibration: float


VERDICT = Simulated(500, 2000, 0.0005, 0.023, 1.0, 0.008, 0.2405, 0.611, 0.0057)
"""Measured by ``make bench`` (bench/simulated_clients.py, seed 1), which shows it beside what it measures anew."""


def simulated_words(held: Simulated = VERDICT) -> str:
    """Return what simulation says of the verdict, for the appendix.

    Examples
    --------
    >>> simulated_words().startswith("On 500 simulated clients")
    True
    """
    open_lines = round(held.undecided * held.lines)
    return (
        f"On {held.clients} simulated clients with known truth ({held.lines} lines of 20 people, 70 % of whom "
        "answered, 8 % of the questions skipped and 10 % not seen; gates at least 0.4 level from both boundaries) "
        f"{100 * held.wrong:.1f} % of the classes were wrong and {100 * held.undecided:.0f} % too close to call; "
        f"asking those named next settled {100 * held.settled:.0f} % of these {open_lines}. With gates anywhere, "
        f"boundaries too, {100 * held.near_wrong:.0f} % were wrong, {100 * held.near_undecided:.0f} % too close to "
        f"call, and {100 * held.near_settled:.0f} % of these were settled; probabilities were "
        f"{100 * held.near_calibration:.1f} points from what came true, on average. This is simulation: who stays "
        "silent there is chance alone."
    )
