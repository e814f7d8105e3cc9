"""Equal parts of a list of engagements, dealt alike by every machine that looks at the same folders."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.batch.keys import folder_files
from workbench.engagement.places import clients_folder
from workbench.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a list; ``2/4`` is the second of four.

    Attributes
    ----------
    number, count : int
        From 1; 1 of 1 is the whole.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that a text names; empty is the whole.

        Raises
        ------
        UsageError
            It is none.
        """
        if not text:
            return cls()
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        if found and 1 <= int(found[1]) <= int(found[2]):
            return cls(int(found[1]), int(found[2]))
        raise UsageError(f"--shard {text}: no shard. Write the part and how many there are, such as 2/4.")

    def __str__(self) -> str:
        return "" if self.count == 1 else f"{self.number}/{self.count}"


def take_shard(names: Sequence[str], shard: Shard, *, root: Path | None = None) -> list[str]:
    """Return a shard's part of a list: the largest folders are dealt first, so that all parts weigh alike.

    It hangs on nothing but the client folders, so that every machine deals alike.

    Parameters
    ----------
    names : sequence of str
    shard : Shard
    root : Path, optional
        The workbench's folder.
    """
    if shard.count == 1:
        return list(names)
    clients = clients_folder(root)
    sizes = {name: sum(path.stat().st_size for path in folder_files(clients / name)) for name in names}
    dealt = sorted(names, key=lambda name: (-sizes[name], name))
    return sorted(dealt[shard.number - 1 :: shard.count])


def hash_list(names: Sequence[str]) -> str:
    """Return the SHA-256 of a list of engagements, whatever their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
