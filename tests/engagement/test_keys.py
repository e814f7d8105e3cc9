"""Keys link the same person's answers and nobody to a name."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engagement.keys import LEAST_SALT, SALT, names_nobody, normalise_identity, read_salt, respondent_key
from workbench.errors import ModelError, UsageError

ONE = b"5b1d0c7e94a2f36855e0b7cc1d3f9a4e"
OTHER = b"c2f4a6e8091b3d5f7a9c1e3b5d7f9081"
IDENTITIES = st.text(min_size=1, max_size=30).filter(lambda text: not names_nobody(text))


def test_a_key_is_the_hmac_of_engagement_and_identity() -> None:
    """The key is what RFC 2104 says, spelt out here by hand with the two pads."""
    block = ONE.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + b"harbour-mutual\nanna@harbour.example").digest()
    expected = hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()[:16]
    assert respondent_key("anna@harbour.example", "harbour-mutual", ONE) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param("ANNA.BERG@HARBOUR.EXAMPLE", id="case"),
        pytest.param("  anna.berg@harbour.example\t", id="spaces"),
        pytest.param("anna.berg@harbour.example\u00a0", id="no-break space"),
        pytest.param("ａｎｎａ.berg@harbour.example", id="wide characters"),
        pytest.param("anna.\u200bberg@harbour.example", id="invisible character"),
        pytest.param("\ufeffanna.berg@harbour.example", id="byte order mark"),
    ],
)
def test_spellings_of_one_person_give_one_key(spelling: str) -> None:
    """Case, spaces and the form of a character do not make another person."""
    assert respondent_key(spelling, "harbour-mutual", ONE) == respondent_key(
        "anna.berg@harbour.example", "harbour-mutual", ONE
    )


def test_composed_and_decomposed_names_are_one_person() -> None:
    """An umlaut is one character in one export and two in another; a sharp s is two in capitals."""
    assert normalise_identity("Jo\u0308rg Gro\u00df") == normalise_identity("J\u00d6RG GROSS")


@given(identity=IDENTITIES)
def test_normalising_twice_changes_nothing(identity: str) -> None:
    """What is keyed is stable, whatever was typed, and so is the shape of a key."""
    once = normalise_identity(identity)
    assert normalise_identity(once) == once
    assert re.fullmatch(r"[0-9a-f]{16}", respondent_key(identity, "harbour-mutual", ONE))


def test_nobody_is_linked_without_the_salt() -> None:
    """Whoever has the keys and every address, but not the salt, finds no match: neither by hashing nor by guessing."""
    staff = [f"person{number}@harbour.example" for number in range(300)]
    keys = {respondent_key(person, "harbour-mutual", ONE) for person in staff}
    assert len(keys) == len(staff)
    guesses = {
        guess.hexdigest()[:16]
        for person in staff
        for words in (person, f"harbour-mutual\n{person}", f"harbour-mutual{person}")
        for guess in (
            hashlib.sha256(words.encode()),
            hashlib.md5(words.encode(), usedforsecurity=False),
            hmac.new(b"", words.encode(), hashlib.sha256),
            hmac.new(b"harbour-mutual", words.encode(), hashlib.sha256),
            hmac.new(OTHER, words.encode(), hashlib.sha256),
        )
    }
    assert not keys & guesses


def test_keys_of_two_engagements_or_salts_never_match() -> None:
    """One person of two clients has two keys; a new salt gives new keys."""
    staff = [f"person{number}@harbour.example" for number in range(300)]
    held = [
        {respondent_key(person, engagement, salt) for person in staff}
        for engagement in ("harbour-mutual", "northgate-transit")
        for salt in (ONE, OTHER)
    ]
    assert len(set().union(*held)) == sum(len(keys) for keys in held)


def test_engagement_and_identity_do_not_run_together() -> None:
    """Letters that move from one to the other give another key."""
    assert respondent_key("ab", "x", ONE) != respondent_key("b", "xa", ONE)


@pytest.mark.parametrize("nobody", ["", "  ", "anonymous", "Anonymous ", "N/A", "-"])
def test_nobody_has_no_key(nobody: str) -> None:
    """Forms write “anonymous” for everybody: as a key it would make one person of all."""
    assert names_nobody(nobody)
    with pytest.raises(ModelError, match="nothing to make a key of"):
        respondent_key(nobody, "harbour-mutual", ONE)


def test_without_a_salt_the_sentence_says_how_to_make_one() -> None:
    """Nothing is imported without a salt, and what to type stands in the message."""
    with pytest.raises(UsageError, match=r"WORKBENCH_SALT is not set") as error:
        read_salt({})
    assert 'python -c "import secrets; print(secrets.token_hex(32))"' in str(error.value)


@pytest.mark.parametrize("weak", ["harbour1", "harbour-mutual", "a" * LEAST_SALT, "abcabc" * 10])
def test_a_salt_that_can_be_guessed_is_refused_and_not_repeated(weak: str) -> None:
    """A short or monotonous salt protects nobody; the message does not print it."""
    with pytest.raises(UsageError, match="too easy to guess") as error:
        read_salt({SALT: weak})
    assert weak not in str(error.value)


def test_the_salt_comes_from_the_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the client's folder that looks like a salt is not read."""
    for name in (".env", SALT, "engagement.yaml"):
        (tmp_path / name).write_text(f"{SALT}={ONE.decode()}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SALT, raising=False)
    with pytest.raises(UsageError):
        read_salt()
    monkeypatch.setenv(SALT, f" {ONE.decode()}\n")
    assert read_salt() == ONE


def test_no_kernel_and_no_lab_is_told_the_salt(tmp_path: Path) -> None:
    """Notebooks analyse keys and need no salt: what a notebook prints stays in reports."""
    from workbench.batch.kernel import kernel_environment
    from workbench.batch.lab import Lab, lab_environment

    told = {SALT: ONE.decode(), "PATH": "/bin"}
    assert SALT not in kernel_environment(told)
    assert SALT not in lab_environment(Lab("harbour-mutual", tmp_path, ()), told)
