"""How hard a sentence is to read: the Flesch-Kincaid grade, by Flesch's rules of counting.

Grade = 0.39 × words / sentences + 11.8 × syllables / words − 15.59: J. P. Kincaid, R. P. Fishburne, R. L. Rogers and
B. S. Chissom (1975), Research Branch Report 8-75, Naval Technical Training Command. Counting as in R. Flesch (1979),
*How to Write Plain English*, chapter 2: figures, symbols, abbreviations and their combinations are words of one
syllable, a hyphenated word is one word, of two ways to say a word the shorter counts, and each full unit of speech that
a full stop, colon or semicolon marks off is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from workbench.outcomes import Outcomes

SYLLABLES = {
    "usual": 2, "company": 3, "being": 2, "beyond": 2, "january": 4, "february": 4, "elsewhere": 2, "before": 2,
    "itself": 2, "australian": 3, "reptilian": 3, "platypus": 3, "seemingly": 3, "creature": 2, "people": 2,
    "experience": 4, "decided": 3, "likely": 2, "period": 3, "periods": 3, "value": 2, "whole": 1, "meant": 1,
    "outcomes": 2, "lasting": 2,
}  # fmt: skip
"""Words whose letters mislead the count (counted by ear)."""


def syllables(word: str) -> int:
    """Return the syllables of a word: groups of vowels, less silent endings."""
    text = re.sub(r"[^a-z]", "", word.lower())
    if not text or not re.search(r"[a-z]{2}", text) or word.isupper():
        return 1
    if text in SYLLABLES:
        return SYLLABLES[text]
    count = len(re.findall(r"[aeiouy]+", text))
    if re.search(r"[^aeiouyl]e$", text) or re.search(r"[aeiouy]le$", text):
        count -= 1  # give, while
    elif re.search(r"[^aeiou]es$", text) and not re.search(r"(s|x|z|ch|sh|c|g)es$", text):
        count -= 1  # comes
    elif re.search(r"[^aeioutd]ed$", text):
        count -= 1  # turned
    count += len(re.findall(r"i[ao]u?(?!n)|[aeiou]ing|ious$|eo(?!u)|ua[lt]", text)) if len(text) > 4 else 0
    return max(1, count)


def sentences(text: str) -> list[str]:
    """Return the full units of a text."""
    marks = r"(?<=\D)[.?!:;](?:\s|$)|(?<=\d)[.?!;](?:\s|$)"  # "2 March 2026: …" is no sentence of its own
    return [part.strip() for part in re.split(marks, text) if words(part)]


def words(text: str) -> list[str]:
    """Return the words of a text; a figure and what is tied to it is one."""
    tied = re.sub(r"([+−-]?\d[\d.,]*)\s(%|k€|m€|€|GBP|k£|£|points|days|k\w?)(?=\W|$)", r"\1\2", text)
    return [word for word in re.split(r"[\s/×()„“”\"]+", tied) if re.search(r"[A-Za-z0-9%]", word)]


def grade(text: str) -> float:
    """Return the grade of a text."""
    units = sentences(text)
    held = [word for unit in units for word in words(unit)]
    count = sum(1 if re.search(r"\d", word) else sum(map(syllables, word.split("'")[:1])) for word in held)
    return 0.39 * len(held) / len(units) + 11.8 * count / len(held) - 15.59


def in_our_words(text: str, own: Sequence[str]) -> str:
    """Return a text with each of the client's own words in place of one short word: they are not ours to choose."""
    for term in own:
        text = text.replace(term, "Xx")
    return text


def own_words(result: Outcomes) -> list[str]:
    """Return what the client named: outcomes, products, parents, people, events, files, segments; longest first."""
    products = result.products
    found = {metric.label for metric in result.catalogue.metrics} | {metric.unit for metric in result.catalogue.metrics}
    found |= {entry.name for entry in products.products} | {entry.owner or "" for entry in products.products}
    found |= {products.name(parent) for kind in products.names for parent in [kind]} | set(products.owners.values())
    found |= {products.name(m.parent) for m in products.memberships} | {
        m.loop.owner or "" for m in result.catalogue.metrics
    }
    found |= {f"{event.what} ({event.kind})" for event in result.events} | {event.what for event in result.events}
    found |= set(result.sources.values()) | {s.replace("_", " ") for m in result.catalogue.metrics for s in m.segments}
    usual = {"", "share", "days", "points", "count", "currency", "score", "hours", "level"}
    return sorted((word for word in found - usual if len(word) > 2), key=len, reverse=True)


def texts_of(result: Outcomes) -> Iterable[str]:
    """Return every claim and detail of the statements of a review."""
    held = [*result.insights, *(insight for reading in result.readings for insight in reading.insights)]
    for insight in dict.fromkeys((i.claim, i.detail) for i in held):
        yield from insight
