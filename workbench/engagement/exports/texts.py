"""When two texts are the same question or the same answer, although a form or a spreadsheet has touched them."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

LONGEST_HEADER, MOST_SPELLINGS = 4_000, 20
"""Letters of a header, and forms of it, that are compared; no question is longer (ours)."""

_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,300}>")
_NUMBER = re.compile(r"^\s*(?:Q|Question|Frage)?\s*\d{1,3}(?:[.\-]\d{1,2})?\s*[.):\-–]*\s+", re.IGNORECASE)
_CODE = re.compile(r"^[A-Za-z]\w{0,40}(?:\[\w{1,40}\]){0,2}\.\s+")
_BRACKETS = re.compile(r"\[([^\[\]]+)\]\s*$")


_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def has_address(text: str) -> bool:
    """Return whether an e-mail address stands in a text.

    Examples
    --------
    >>> has_address("ask anna.berg@harbour.example"), has_address("Claims @ home")
    (True, False)
    """
    return "@" in text and _ADDRESS.search(text) is not None


def without_addresses(text: str) -> str:
    """Return a text in which a mark stands for each e-mail address.

    Examples
    --------
    >>> without_addresses("ask anna.berg@harbour.example!")
    'ask [address]!'
    """
    return _ADDRESS.sub("[address]", text) if "@" in text else text


def plain_text(text: str) -> str:
    """Return a text without the HTML that an editor left in it, on one line.

    Examples
    --------
    >>> plain_text("<p>Money is&nbsp;given to &hellip;</p>")
    'Money is given to …'
    """
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    return " ".join(text.split())


def squash(text: str) -> str:
    """Return the letters and digits of a text, without capitals: what two spellings of one question share.

    Examples
    --------
    >>> squash("Money is given to …") == squash("MONEY  is given to...")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain_text(text)).casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def spellings(header: str) -> Iterator[str]:
    """Yield a header and the parts of it that may be the question: without number or code, after a dash, in brackets.

    Examples
    --------
    >>> list(spellings("How it is here [Money is given to …]"))
    ['How it is here [Money is given to …]', 'Money is given to …']
    >>> list(spellings("d06q1. Money is given to …"))[-1]
    'Money is given to …'
    """
    seen: set[str] = set()
    waiting = [plain_text(header[:LONGEST_HEADER])]
    while waiting and len(seen) < MOST_SPELLINGS:
        text = waiting.pop(0)
        if not text or text in seen:
            continue
        seen.add(text)
        yield text
        for form in (_NUMBER, _CODE):
            if form.match(text):
                waiting.append(form.sub("", text, count=1))
        inside = _BRACKETS.search(text)
        if inside:
            waiting.append(inside.group(1).strip())
        for dash in (" - ", " | "):
            if dash in text:
                waiting.append(text.split(dash, 1)[1].strip())
