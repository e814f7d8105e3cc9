"""What this machine alone may know, taken out of all that a notebook leaves: addresses of databases and passwords.

A client's folder names a variable (``env:CRM``); a kernel that asks the database has its value. A cell may print it, a
driver may quote it in an error, a chapter may carry it on. So before anything of a run is kept, shown or told, every
form of it that can be known is replaced by words that say what stood there.

Not found: a secret that was cut in pieces, over lines or otherwise, put into a picture, or written in a way of its own.
User and host are no secret, and often common words; a password of fewer than `SHORTEST` signs cannot be told from
other text, and is hidden only as a part of its address.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

SHORTEST = 6
"""A shorter password is not looked for by itself: it would be found in words that mean nothing (ours)."""

NO_SECRET = re.compile(r"local(\[[^\]]*\])?|yarn")
"""Addresses that tell nothing: a Spark on this machine, or wherever its own configuration says."""

TELLING = ("pass", "pwd", "secret", "token", "key")
"""An option of an address whose name has one of these in it holds a secret."""


@dataclass(frozen=True)
class Secrets:
    """What has to be hidden, and which words stand there instead.

    Attributes
    ----------
    forms : tuple of (bytes, bytes)
        The longest first, so that an address goes before the password in it.
    """

    forms: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def known_by(cls, variables: Iterable[str], environment: Mapping[str, str]) -> Secrets:
        """Return what variables of this machine hold.

        Parameters
        ----------
        variables : iterable of str
            Their names.
        environment : mapping
            This machine's.

        Examples
        --------
        >>> secrets = Secrets.known_by(["CRM"], {"CRM": "postgresql://ann:sesame%21@host/db"})
        >>> secrets.hide("password sesame!, from postgresql://ann:sesame%21@host/db")
        'password [hidden: a password in CRM], from [hidden: the address in CRM]'
        """
        found: dict[bytes, bytes] = {}
        for name in variables:
            value = environment.get(name, "").strip()
            for text, what in _parts_of(value):
                for form in _forms_of(text):
                    found.setdefault(form, f"[hidden: {what} in {name}]".encode())
        return cls(tuple(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0]))))

    def hide(self, text: str) -> str:
        """Return a text without them."""
        return self._hidden(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def hide_in(self, place: Path) -> None:
        """Rewrite a file, or each file of a folder, without them; one that holds none stays as it is."""
        if not self.forms:
            return
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and not path.is_symlink():
                before = path.read_bytes()
                after = self._hidden(before)
                if after != before:
                    path.write_bytes(after)

    def _hidden(self, held: bytes) -> bytes:
        for form, words in self.forms:
            held = held.replace(form, words)
        return held


def _parts_of(value: str) -> Iterator[tuple[str, str]]:
    """Return what of a variable's value is secret, and in which words."""
    if not value or NO_SECRET.fullmatch(value):
        return
    if len(value) >= SHORTEST:
        yield value, "the address"
    try:
        address = urlsplit(value)
        passwords = [address.password or ""]
    except ValueError:
        return
    if address.password:  # with its user before and its host behind, however short
        user, _, _ = address.netloc.rpartition("@")
        for held in {user, unquote(user)}:
            yield f"{held}@", "a password"
            yield f"//{held}", "a password"
        yield address.netloc, "a password"
    passwords += [text for name, text in parse_qsl(address.query) if any(part in name.lower() for part in TELLING)]
    for held in passwords:
        for text in {held, unquote(held)}:
            if len(text) >= SHORTEST:
                yield text, "a password"


def _forms_of(text: str) -> Iterator[bytes]:
    """Return how a text may stand in a file: as it is, escaped once or twice, in base64 or as hexadecimal digits."""
    written = {text, quote(text, safe=""), quote(text), quote_plus(text), repr(text)[1:-1]}
    written |= {html.escape(held) for held in written}
    written |= {re.sub("%[0-9A-F]{2}", lambda held: held[0].lower(), held) for held in written}
    for _ in range(2):  # a file of JSON may hold a text of JSON, as an output of a notebook
        written |= {json.dumps(held, ensure_ascii=is_plain)[1:-1] for held in written for is_plain in (True, False)}
    yield from (held.encode("utf-8", "surrogatepass") for held in written)
    plain = text.encode("utf-8", "surrogatepass")
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    for before in range(3):  # three places in its group of three bytes; what neighbours change is left out
        inside = base64.b64encode(bytes(before) + plain)
        end = (before + len(plain)) * 4 // 3
        held = inside[-(-before * 4 // 3) : end]
        if len(held) >= SHORTEST:
            yield from {held, held.replace(b"+", b"-").replace(b"/", b"_")}
