"""The level that a part has attained: the highest that every gate reaches for sure. The mean never decides it.

"Every gate reaches k" needs no correction for having looked at several (R. L. Berger 1982, Technometrics 24, 295-300).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.readiness.anonymity import ProtectedScores
from workbench.readiness.inputs import Settings
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Score, Scores


def attained_levels(scores: Scores, shown: ProtectedScores, settings: Settings) -> Mapping[str, float | None]:
    """Return the attained level of the organisation (key "") and of each line.

    Parameters
    ----------
    scores : Scores
        All answers: their certainties decide.
    shown : ProtectedScores
        What may be published of them.
    settings : Settings
        `sure`: certainty from which a level counts as reached.

    Returns
    -------
    mapping of line to float or None
        One of the scale's values; None where a gate is hidden, or its spread is unknown and it does not stand above
        the bottom for sure. Empty for an instrument without gates. Unit: level.
    """
    instrument = scores.instrument
    gates = [group.id for group in instrument.gates]
    if not gates:
        return {}
    found: dict[str, float | None] = {}
    for part in scores.parts:
        if part.kind in (ORGANISATION, LINE):
            pairs = [(scores.get(DIMENSION, part, name), shown.get(DIMENSION, part, name)) for name in gates]
            reached = [_reached(raw, one, sorted(instrument.scale.values), settings.sure) for raw, one in pairs]
            known = [level for level in reached if level is not None]
            found[part.id] = min(known) if len(known) == len(gates) else None
    return found


def _reached(raw: Score, shown: Score, values: list[float], sure: float) -> float | None:
    """Return the highest of the values that a gate reaches for sure; None where that must or can not be said."""
    if raw.level is None or shown.level is None:
        return None
    if shown.edge:
        # Of few people only the end of the scale is shown; that all of them stand at the very end would say too much.
        return values[0] if shown.edge == "≤" else values[-2]
    reached = values[0]  # nobody stands below the bottom
    for value in values[1:]:
        certainty = raw.level.certainty_at_least(value)
        if certainty is None:
            return None
        if certainty < sure:
            break
        reached = value
    return reached
