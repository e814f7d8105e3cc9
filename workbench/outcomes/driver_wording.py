"""Drivers in words a board reads: what carries a change, and what stands between a plan and what came."""

from __future__ import annotations

from workbench import theme
from workbench.outcomes.carriers import Carriers
from workbench.outcomes.drivers import Split
from workbench.outcomes.wording import write_change
from workbench.products import ProductMap

AGAINST = {"budget": "the budget", "forecast": "the forecast", "prior": "the year before"}

NEGLIGIBLE = 0.02
"""Effects below this share of the change are not said (ours)."""

PLAIN_CAUSES = {
    "mix": "The mix made most of it: more of one and less of another.",
    "rate": "The rate itself made most of it: like for like, each did otherwise.",
    "price": "Price made most of it: each unit brought in another amount.",
    "shares": "The share table made most of it: products were assigned otherwise.",
    "volume": "Volume made most of it: there was more or less of it all.",
    "members": "What is new or has ended made most of it.",
    "several": "No single cause made most of it.",
}
"""What made most of a difference."""


def dimension_words(dimension: str) -> tuple[str, str]:
    """Return what one member of a dimension is called, and all of them.

    Examples
    --------
    >>> dimension_words("channel"), dimension_words("age_group"), dimension_words("country")
    (('channel', 'channels'), ('age group', 'age groups'), ('country', 'countries'))
    """
    one = dimension.replace("_", " ").strip() or "part"
    if one.endswith("y") and one[-2:-1] not in tuple("aeiou"):
        return one, f"{one[:-1]}ies"
    return one, f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"


def segment_name(segment: str, products: ProductMap) -> str:
    """Return what people call a product or a segment."""
    return products.name(segment)


def which_parts(carriers: Carriers, products: ProductMap) -> str:
    """Return the segments by name, or that there are none."""
    if not carriers.segments:
        return "the best few of one dimension"
    return theme.listing([segment_name(name, products) for name, _ in carriers.segments])


def say_carriers(carriers: Carriers | None, products: ProductMap) -> str:
    """Return which few carry a change, or that it is broad; empty where there was nothing to look at.

    Examples
    --------
    >>> from workbench.products import build_product_map
    >>> import pandas as pd
    >>> names = pd.DataFrame({"product": ["a"], "name": ["Apples"]})
    >>> held = build_product_map(names, pd.DataFrame(columns=["product", "kind", "parent", "share", "valid_from"]))
    >>> say_carriers(Carriers("channel", (("web", 3.0),), 0.8, 0.2, 5, ("channel",)), held)
    '1 of 5 channels carries 80 % of it, with 20 % of the weight: Web.'
    >>> say_carriers(Carriers("", (), 0.4, 0.3, 5, ("channel",)), held)
    'It is broad: no few channels carry two thirds of it.'
    """
    if carriers is None:
        return ""
    if not carriers.segments:
        words = theme.listing([dimension_words(name)[1] for name in carriers.asked])
        return f"It is broad: no few {words.replace(' and ', ' or ')} carry two thirds of it."
    one, many = dimension_words(carriers.dimension)
    count = len(carriers.segments)
    verb = "carries" if count == 1 else "carry"
    part = "all" if carriers.explained >= 1 else theme.percent(carriers.explained)
    return (
        f"{count} of {carriers.of} {many if carriers.of != 1 else one} {verb} {part} of it, with "
        f"{theme.percent(carriers.weight)} of the weight: {which_parts(carriers, products)}."
    )


def say_difference(split: Split, unit: str, currency: str) -> str:
    """Return what stands between a plan and what came, largest first; rate reads price where an amount has one."""
    if split.change == 0:
        return "There is no difference."
    pieces = [
        f"{split.name_of(effect.factor)} {write_change(effect.effect, unit, currency)}"
        for effect in split.wholes()
        if abs(effect.effect) >= NEGLIGIBLE * abs(split.change)
    ]
    cause = "price" if split.base and split.cause == "rate" else split.cause
    of = f" Of {write_change(split.change, unit, currency)}: {theme.listing(pieces, 6)}." if len(pieces) > 1 else ""
    return f"{PLAIN_CAUSES[cause]}{of}"


__all__ = [
    "AGAINST",
    "PLAIN_CAUSES",
    "dimension_words",
    "say_carriers",
    "say_difference",
    "segment_name",
    "which_parts",
]
