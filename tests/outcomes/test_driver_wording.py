"""Causes are told in plain words, and each says what the numbers say."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from workbench.outcomes.carriers import Carriers
from workbench.outcomes.driver_wording import PLAIN_CAUSES, dimension_words, say_carriers, say_difference
from workbench.outcomes.drivers import Split, split_amount, split_rate
from workbench.outcomes.insights import CAUSES
from workbench.products import ProductMap, build_product_map

LIMIT = 8.0


def grade(text: str) -> float:
    """Return the reading grade of a text: J. P. Kincaid et al. (1975), 0.39·words/sentences + 11.8·syllables/words.

    Syllables are groups of vowels, without a silent e; numbers and units count as one each.
    """
    sentences = [s for s in re.split(r"[.!?:;]\s|[.!?]$", text) if re.search(r"[a-z]", s)]
    words = re.findall(r"[A-Za-z]+|[−+]?\d[\d.,]*", text)
    syllables = 0
    for word in words:
        groups = len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$|(?<=[^dt])ed$", "", word.lower())))
        syllables += max(1, groups)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def products() -> ProductMap:
    """Return two products with names."""
    names = pd.DataFrame({"product": ["a", "b"], "name": ["Apples", "Pears"]})
    return build_product_map(names, pd.DataFrame(columns=["product", "kind", "parent", "share", "valid_from"]))


def amount(after: list[tuple[str, float, float]], base: str = "price") -> Split:
    """Return a split of an amount that stood at 100 apples of 10 and 50 pears of 40."""
    sides = [[("a", 1000.0, 100.0), ("b", 2000.0, 50.0)], after]
    frames = [
        pd.DataFrame([(p, "", x, n, 1.0) for p, x, n in side], columns=["product", "segment", "num", "den", "share"])
        for side in sides
    ]
    return split_amount(*frames, base=base) if base else split_rate(*frames)


def test_the_measure_of_reading_is_the_published_one() -> None:
    """A sentence whose words and syllables are counted by hand."""
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 6 / 6 - 15.59)
    assert grade("Organisational considerations necessitate institutional recalibration.") > 20


@pytest.mark.parametrize("text", [*PLAIN_CAUSES.values(), *CAUSES.values()])
def test_causes_are_plain(text: str) -> None:
    """Each cause reads at grade 8 or below."""
    assert grade(text) <= LIMIT, (grade(text), text)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([("a", 1100.0, 100.0), ("b", 2200.0, 50.0)], "Price made most of it: each unit brought in another amount."),
        ([("a", 1200.0, 120.0), ("b", 2400.0, 60.0)], "Volume made most of it: there was more or less of it all."),
        ([("a", 1000.0, 100.0), ("b", 2000.0, 50.0)], "There is no difference."),
        (
            [("a", 500.0, 50.0), ("b", 4400.0, 100.0)],
            "The mix made most of it: more of one and less of another. "
            "Of +1.9 k€: mix of products +1.6 k€ and price +300 €.",
        ),
    ],
    ids=["price", "volume", "nothing", "mix and price"],
)
def test_differences_say_what_the_split_says(after: list[tuple[str, float, float]], expected: str) -> None:
    """The main cause first, then the parts with their amounts, in plain words."""
    text = say_difference(amount(after), "currency", "EUR")
    assert text == expected
    assert grade(text) <= LIMIT


def test_few_or_broad_is_said() -> None:
    """Who carries a change is named with how many there are; a broad change is called broad."""
    few = say_carriers(Carriers("channel", (("web", 3.0), ("shop", 2.0)), 1.2, 0.3, 9, ("channel",)), products())
    assert few == "2 of 9 channels carry all of it, with 30 % of the weight: Web and Shop."
    broad = say_carriers(Carriers("", (), 0.4, 0.3, 9, ("product", "country")), products())
    assert broad == "It is broad: no few products or countries carry two thirds of it."
    assert say_carriers(None, products()) == ""
    assert max(grade(few), grade(broad)) <= LIMIT


@pytest.mark.parametrize(
    ("name", "many"), [("branch", "branches"), ("day", "days"), ("agency", "agencies"), ("", "parts")]
)
def test_dimensions_have_a_plural(name: str, many: str) -> None:
    """A column's name becomes a word for several."""
    assert dimension_words(name)[1] == many
