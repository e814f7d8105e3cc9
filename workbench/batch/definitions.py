"""What a number of the report is and how it is made, in words: the catalogue ``templates/report/figures.yaml``.

A number is found by the leading parts of its key (``level/motor/d03`` by ``level``); where several entries fit, the one
that says most of it. Each entry stands under the section of the page of the method that tells the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workbench.engagement.documents import read_yaml
from workbench.engagement.places import find_root
from workbench.errors import ClientDataError

CATALOGUE = "templates/report/figures.yaml"


@dataclass(frozen=True)
class Definition:
    """How numbers of a kind are made.

    Attributes
    ----------
    pillar : str
    pattern : tuple of str
        Leading parts of their keys; ``*`` is any one part.
    words : str
    page, section : str
        Where the method is told.
    """

    pillar: str
    pattern: tuple[str, ...]
    words: str
    page: str
    section: str

    def fits(self, key: str) -> bool:
        """Return whether a number's key begins so."""
        parts = key.split("/")
        return len(parts) >= len(self.pattern) and all(
            mine in ("*", theirs) for mine, theirs in zip(self.pattern, parts, strict=False)
        )


def find_definition(pillar: str, key: str, *, root: Path | None = None) -> Definition | None:
    """Return how a number is made; None where nobody has said so, as of a chapter that is the client's own.

    Parameters
    ----------
    pillar, key : str
        As in results.json.
    root : Path, optional
        The workbench's folder.
    """
    fitting = [one for one in read_definitions(root or find_root()) if one.pillar == pillar and one.fits(key)]
    return max(fitting, key=lambda one: (len(one.pattern), sum(part != "*" for part in one.pattern)), default=None)


@lru_cache(maxsize=2)
def read_definitions(root: Path) -> tuple[Definition, ...]:
    """Return the whole catalogue.

    Raises
    ------
    ClientDataError
        The file is no YAML; nothing of it is the client's.
    """
    path = root / CATALOGUE
    if not path.is_file():
        return ()
    document, faults = read_yaml(path.read_bytes(), CATALOGUE, is_ours=True)
    if document is None:
        raise ClientDataError(tuple(faults))
    return tuple(_entries(document.content))


def _entries(content: dict[str, dict[str, dict[str, str]]]) -> Iterator[Definition]:
    for pillar, sections in content.items():
        for place, entries in sections.items():
            page, _, section = place.rpartition(": ") if place.partition(": ")[0].islower() else ("", "", place)
            for pattern, words in entries.items():
                yield Definition(pillar, tuple(pattern.split("/")), words, f"docs/{page or pillar}.md", section)
