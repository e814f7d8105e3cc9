"""Pseudonymous keys of respondents: the same person links across waves, and nobody without the salt can tell who it is.

``respondent = HMAC-SHA256(salt, engagement + identity)``, the first 16 hex digits (HMAC: H. Krawczyk, M. Bellare and
R. Canetti 1997, RFC 2104). The salt is a secret of the consultants: it comes from the environment alone, never from the
client's folder or the repository, so that a stolen folder, with a list of all employees beside it, links nobody. The
engagement is part of what is keyed, so that keys of two engagements never match.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Mapping

from workbench.errors import ModelError, UsageError

SALT = "WORKBENCH_SALT"
"""The one place of the salt: a variable of the environment."""

KEY_DIGITS = 16
"""Hex digits of a key, 64 bits: two of 10,000 people share one in 1 of 370 billion engagements."""

LEAST_SALT = 32
"""Characters of a salt, at least (ours): a short one could be tried out, with a list of employees in hand."""

NOBODY = frozenset({"", "-", "?", "anonymous", "anonym", "anonyme", "guest", "n/a", "na", "none", "unknown"})
"""What forms write where they do not know who answered; as a key it would make one person of all of them."""

HOW_TO = (
    f'Make one with python -c "import secrets; print(secrets.token_hex(32))", set it as {SALT} in the shell, and keep '
    "it in the firm's password store: the same salt is needed in every wave, and it must lie neither in the client's "
    "folder nor in the repository."
)


def read_salt(environment: Mapping[str, str] | None = None) -> bytes:
    """Return the salt from the environment.

    Parameters
    ----------
    environment : mapping of str, optional
        By default the process's own.

    Raises
    ------
    UsageError
        There is no salt, or one that could be guessed; the sentence says how to make one and never repeats it.
    """
    salt = (os.environ if environment is None else environment).get(SALT, "").strip()
    if not salt:
        raise UsageError(
            f"{SALT} is not set, and without it no key can be made of a name or an e-mail address. {HOW_TO}"
        )
    if len(salt) < LEAST_SALT or len(set(salt)) < 8:
        raise UsageError(f"{SALT} is too easy to guess: it needs {LEAST_SALT} random characters or more. {HOW_TO}")
    return salt.encode("utf-8")


def normalise_identity(identity: str) -> str:
    """Return an identity as it is keyed: one spelling for upper and lower case, spaces and forms of a character.

    Parameters
    ----------
    identity : str
        An e-mail address, a name or a number of staff.

    Examples
    --------
    >>> normalise_identity("  Anna.Berg@Harbour.example "), normalise_identity("ＡＮＮＡ\u00a0 Berg")
    ('anna.berg@harbour.example', 'anna berg')
    """
    # Folding may undo the form (and the form may undo the folding), hence once more after it (Unicode 5.18.4).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", identity).casefold())
    seen = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return " ".join(seen.split())


def names_nobody(identity: str) -> bool:
    """Return whether a form wrote that it does not know who answered.

    Examples
    --------
    >>> names_nobody(" Anonymous"), names_nobody("anna.berg@harbour.example")
    (True, False)
    """
    return normalise_identity(identity) in NOBODY


def salt_mark(engagement: str, salt: bytes) -> str:
    """Return eight hex digits by which a salt is known again in an engagement; they lead to no salt and to nobody.

    Examples
    --------
    >>> salt_mark("harbour-mutual", b"not a salt, an example of one")
    '9f61b6cf'
    """
    # No engagement's name is empty, so that no key of a person is made of such a message.
    return hmac.new(salt, f"\nsalt\n{engagement}".encode(), hashlib.sha256).hexdigest()[:8]


def respondent_key(identity: str, engagement: str, salt: bytes) -> str:
    """Return the key of a person in an engagement.

    Parameters
    ----------
    identity : str
        As the export has it; it is normalised first.
    engagement : str
        Name of the engagement: the name of its folder.
    salt : bytes
        From `read_salt`.

    Returns
    -------
    str
        16 hex digits.

    Raises
    ------
    ModelError
        The identity is of nobody (`names_nobody`), or there is no engagement or no salt.

    Examples
    --------
    >>> respondent_key("Anna.Berg@harbour.example", "harbour-mutual", b"not a salt, an example of one")
    '6f8751ae2614c1ac'
    """
    known = normalise_identity(identity)
    if known in NOBODY:
        raise ModelError("Without a name, an address or a number there is nothing to make a key of.")
    if not engagement or not salt:
        raise ModelError("A key needs the engagement's name and the salt.")
    # A line break stands in no engagement's name and in no normalised identity: no two pairs give the same message.
    message = f"{engagement}\n{known}".encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()[:KEY_DIGITS]
