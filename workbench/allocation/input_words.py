"""What the client's own answers leave in doubt: unconfirmed or shaky curves, little history, weights that clash."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import theme
from workbench.allocation.curve_answers import ASK_AGAIN, WARN_CONSISTENCY, shape_hangs_on_an_answer
from workbench.allocation.curves import Adbudg
from workbench.allocation.line_words import agreed_words
from workbench.allocation.model import Portfolio
from workbench.allocation.weights import LIMIT, Weighting
from workbench.findings import Finding, fit_claim
from workbench.theme import counted

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


def curve_cautions(portfolio: Portfolio) -> list[Finding]:
    """Return what speaks against the curves: answers that are open, contested, or do not fit each other."""
    items = []
    activities = portfolio.activities
    assumed = [item.id for item in activities if item.status != "confirmed"]
    contested = [item.id for item in activities if item.status == "contested"]
    if assumed:
        more = f" Contested: {theme.listing(contested, 6)}." if contested else ""
        items.append(
            Finding(
                f"{len(assumed)} of {len(activities)} curves rest on answers that are not confirmed.",
                f"{theme.listing(assumed, 8)}.{more} The curves are what managers expect, not what was measured.",
            )
        )
    apart = [item for item in activities if item.check is not None and item.check > WARN_CONSISTENCY]
    if apart:
        again = [item.id for item in apart if item.check is not None and item.check > ASK_AGAIN]
        items.append(
            Finding(
                f"{counted(len(apart), 'curve misses', 'curves miss')} the fifth answer, the check of the other four.",
                "; ".join(f"{item.id}: off by {theme.percent(item.check)} of its range" for item in apart)
                + (f". Ask again: {theme.listing(again, 6)}." if again else "."),
            )
        )
    shaky = [item.id for item in activities if isinstance(item.curve, Adbudg) and shape_hangs_on_an_answer(item.curve)]
    if shaky:
        turning = counted(len(shaky), "curve turns", "curves turn")
        items.append(
            Finding(
                f"{turning} from S to concave with a 2 % change of an answer.",
                f"{theme.listing(shaky, 8)}: ask y15 with care.",
            )
        )
    return items


def value_cautions(portfolio: Portfolio) -> list[Finding]:
    """Return what value leaves out: money where it is points, activities without a worth, lines never to be closed."""
    items = []
    if not portfolio.is_money:
        items.append(
            Finding(
                fit_claim(
                    f"Value is in points, not in money{agreed_words(portfolio)}.", "Value is in points, not in money."
                ),
                "It is money only where every objective that counts is, with confirmed worths and equal weights.",
            )
        )
    idle = [item.id for item in portfolio.activities if portfolio.worth(item.id) == 0]
    if idle:
        items.append(
            Finding(
                f"{counted(len(idle), 'activity has', 'activities have')} no worth for any objective and so no money.",
                f"{theme.listing(idle, 8)}. Add a row in worths.",
            )
        )
    kept = [line.name for line in portfolio.lines if line.closing is None]
    if kept:
        items.append(
            Finding(
                f"{len(kept)} of {len(portfolio.lines)} lines were not considered for closing.",
                f"{theme.listing(kept, 8)}: nobody said what closing costs (table closing).",
            )
        )
    unpaid = any(
        line.closing is not None and line.closing.one_off_cost + line.closing.yearly_cost for line in portfolio.lines
    )
    if unpaid and not portfolio.is_money and portfolio.money_resource is None:
        items.append(
            Finding(
                "Costs of closing could not be counted: value is in points and no resource is money.",
                "Give one resource the currency as its unit.",
            )
        )
    return items
