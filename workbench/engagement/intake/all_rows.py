"""What a file itself says of all rows of a table: in the title above it, in the sheet's name, by what its cells name.

It is proposed in the preview, with what says so; where two things are said, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.crosswalk import fold_name
from workbench.engagement.intake.targets import ALIAS_KINDS, Target
from workbench.engagement.intake.words import VERSIONS, plain_words

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables

_UNSURE = frozenset({"le", "real"})
"""Words of versions that are words of other things in a title."""


def said_of_all_rows(
    block: Block, target: Target, missing: Collection[str], tables: Tables
) -> dict[str, tuple[str, str]]:
    """Return what all rows share, with what says so: column of ours → value and evidence.

    Parameters
    ----------
    block : Block
    target : Target
    missing : collection of str
        Columns that our table needs and no header gives.
    tables : Tables
        As they stand: functions are known by the tables that name them already.
    """
    found: dict[str, tuple[str, str]] = {}
    texts = [(block.sheet.name, "the sheet's name says so")]
    texts += [(text, f"above it stands {text[:50]!r}") for _, text in block.titles[-1:]]
    for name in missing:
        if target.version and name == target.version:
            values = dict(VERSIONS)
        elif name == "function":
            values = {value: (value,) for value in _functions(tables)}
        else:
            continue
        said = {value: why for text, why in reversed(texts) for value, words in values.items() if _says(text, words)}
        if len(said) == 1:
            found[name] = next(iter(said.items()))
    if target.name == "aliases" and "kind" in missing:
        kind = _kind_of(block, tables)
        if kind is not None:
            found["kind"] = kind
    return found


def _functions(tables: Tables) -> list[str]:
    found = (tables[table]["function"] for table in ("resources", "function_plans") if table in tables)
    return list(dict.fromkeys(str(value) for column in found for value in column if value is not None))


def _says(text: str, words: Sequence[str]) -> bool:
    """Return whether a title names one of these; short words count only as they are written."""
    plain = f" {plain_words(text)} "
    for word in words:
        if len(word) > 3 and word not in _UNSURE and f" {plain_words(word)} " in plain:
            return True
        written = {word, word.capitalize()} if word.islower() else {word}
        if len(word) in (2, 3) and word not in _UNSURE and written & set(re.findall(r"\w+", text)):
            return True
    return False


def _kind_of(block: Block, tables: Tables) -> tuple[str, str] | None:
    """Return of which kind the names of a list are: the one whose keys it leads to, all of them."""
    place = next((held.place for held in block.headings if held.target == "our_name"), None)
    rows = block.sheet.rows[block.first_row : block.bottom]
    named = [row[place] for row in rows if place is not None and place < len(row) and row[place] is not None]
    keys = {fold_name(str(cell)) for cell in named}
    fitting = []
    for refers, kind in ALIAS_KINDS.items():
        table, column = refers.split(".")
        if table in tables and keys and keys <= {fold_name(str(key)) for key in tables[table][column]}:
            fitting.append((kind, f"all {len(named)} names lead to keys of {table}"))
    return fitting[0] if len(fitting) == 1 else None
