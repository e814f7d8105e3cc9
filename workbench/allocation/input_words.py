"""What the client's own answers leave in doubt: weights that contradict each other, curves from little history."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import theme
from workbench.allocation.model import Portfolio
from workbench.allocation.weights import LIMIT, Weighting
from workbench.findings import Finding, fit_claim

WIDE_BAND = 0.25
"""A band this wide (half width, as a share of the rise seen) says little about the curve (ours)."""


def weighting_cautions(weighting: Weighting | None) -> Iterator[Finding]:
    """Yield what speaks against the weights: comparisons in pairs that contradict each other."""
    if weighting is None:
        return
    if not weighting.is_consistent and weighting.consistency_ratio is not None:
        odd = weighting.odd_pair
        detail = f"Consistency ratio {weighting.consistency_ratio:.2f}; above {LIMIT:.2f} ask again (Saaty 1977). "
        if odd is not None and weighting.odd_said is not None and weighting.odd_implied is not None:
            detail += (
                f"Ask first about {odd[0]} and {odd[1]}: {weighting.odd_said:.2g} was said, "
                f"{weighting.odd_implied:.2g} follows from the other answers."
            )
        yield Finding("The comparisons behind the weights contradict each other.", detail.strip())
    loose = [name for name, ratio in (weighting.people or {}).items() if ratio > LIMIT]
    if loose and weighting.is_consistent:
        yield Finding(
            fit_claim(f"{theme.listing(loose, 3)}: own comparisons contradict each other.", "Some comparisons clash."),
            "Joined with those of the others they do not.",
        )


def fit_cautions(portfolio: Portfolio) -> Iterator[Finding]:
    """Yield what speaks against curves that were fitted from history."""
    fitted = [(item.id, item.fit, item.maximum) for item in portfolio.activities if item.fit is not None]
    if not fitted:
        return
    beyond = [name for name, fit, maximum in fitted if fit.extrapolates(maximum)]
    wide = [name for name, fit, _ in fitted if fit.width > WIDE_BAND]
    parts = ["Where spending followed demand, history shows more than spending alone would bring."]
    if beyond:
        parts.append(f"Levels never seen so far are allowed for {theme.listing(beyond, 6)}.")
    if wide:
        parts.append(f"History leaves the curve wide open for {theme.listing(wide, 6)}.")
    many = f"{len(fitted)} curves come" if len(fitted) > 1 else "One curve comes"
    yield Finding(f"{many} from history, which is no experiment.", " ".join(parts))
