"""What a cell of a client's table may hold, and how a column of it is described."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from workbench.engagement.exports.texts import has_address

EXAMPLE_PREFIX = "example"
"""A row whose key starts with this word is an example and is ignored."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years that a client's table may speak of; others are typing errors (ours)."""

LARGEST_NUMBER = 1e15
"""Largest number of a client's table, either way: sums of such numbers keep whole units in a float (ours)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("text without control characters. | Type the text again by hand.")
    return _BREAKS.sub(" ", text)


def tidy_key(text: str) -> str:
    """Return a key with plain spaces for those that do not break or have another width.

    Examples
    --------
    >>> tidy_key("motor\u00a0private")
    'motor private'
    """
    if text.isascii():  # nearly all are, and have one kind of space
        return text.strip()
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text).strip()


def fold_key(text: str) -> str:
    """Return what two keys share that people cannot tell apart: the form NFKC, without capitals (Unicode UAX 15).

    Examples
    --------
    >>> fold_key("Motor") == fold_key("motor")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _key(text: str) -> str:
    is_plain = text.isascii() and text.isprintable()
    if not is_plain and any(unicodedata.category(letter) in _UNSEEN for letter in text):
        raise ValueError("a key without line breaks, control characters and invisible characters. | Type it by hand.")
    if '"' in text:
        raise ValueError("a key without the quotation mark \". | Write it without, or with ' instead.")
    return tidy_key(text)


def _pseudonym(text: str) -> str:
    if has_address(text):
        raise ValueError("a key that names nobody. | Give each person a number of your choice, the same in every wave.")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_printable)
]

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_key)]

Pseudonym = Annotated[Key, AfterValidator(_pseudonym)]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, allow_inf_nan=False)]

Amount = Annotated[float, Field(ge=0, le=LARGEST_NUMBER, allow_inf_nan=False)]

Count = Annotated[int, Field(ge=0, le=int(LARGEST_NUMBER))]

YesNo = Literal["yes", "no"]

Status = Literal["assumed", "confirmed", "contested"]

Use = Literal["develop", "operate", "market"]

Kind = Literal["product_line", "value_stream", "customer_experience"]

Stage = Literal["explore", "grow", "sustain", "retire"]

Role = Literal["executive", "product", "builder", "operations", "support", "finance", "hr"] | Text
"""Those of our questionnaire, offered and spelled for the client; another questionnaire has roles of its own."""

POINTS_OR_PERCENT = "points or percent"
"""Unit of a column whose numbers count beside each other alone, so that 60 % beside 40 % is as good as 3 beside 2."""


def column(
    description: str, *, example: Any, default: Any = ..., unit: str = "", refers: str = ""
) -> Any:  # pydantic types its own Field the same way
    """Describe one column.

    Parameters
    ----------
    description : str
        What goes into a cell, in words for someone who knows Excel.
    example : Any
        What the example row of a new workbook shows.
    default : Any
        What a blank cell means; without one the column must be filled.
    unit : str
        Unit of a number.
    refers : str
        ``table.column`` that must hold the value.
    """
    return Field(
        default, description=description, json_schema_extra={"example": example, "unit": unit, "refers": refers}
    )


def unit_of(info: FieldInfo) -> str:
    """Return the unit of a column, empty where it has none."""
    extra = info.json_schema_extra
    return str(extra.get("unit") or "") if isinstance(extra, dict) else ""


def example_of(info: FieldInfo) -> Any:
    """Return what the example row of a new workbook shows."""
    extra = info.json_schema_extra
    return extra.get("example") if isinstance(extra, dict) else None


def refers_of(info: FieldInfo) -> str:
    """Return the ``table.column`` that must hold the value, empty where none must."""
    extra = info.json_schema_extra
    return str(extra.get("refers") or "") if isinstance(extra, dict) else ""


def is_key(info: FieldInfo) -> bool:
    """Say whether a column holds keys, which tie the tables together."""
    parts = [*info.metadata, *(held for part in get_args(info.annotation) for held in get_args(part)[1:])]
    return any(isinstance(part, AfterValidator) and part.func is _key for part in parts)


class Strict(BaseModel):
    """What a person wrote: unknown fields are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(Strict):
    """One row of a client's table; unknown columns are faults."""

    key: ClassVar[tuple[str, ...]] = ()
    more_examples: ClassVar[tuple[dict[str, Any], ...]] = ()


class Opinion(Row):
    """A row that somebody said rather than measured; together they are the assumption register."""

    said_by: Text | None = column("Who said so (role or name).", example="Head of Motor", default=None)
    said_on: dt.date | None = column("When.", example=dt.date(2026, 9, 14), default=None)
    status: Status | None = column("assumed, confirmed or contested.", example="confirmed", default=None)


_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_KEY: TypeAdapter[str] = TypeAdapter(Key)


def fits_text(text: str) -> bool:
    """Return whether a text is one that people can read, such as a name in a table."""
    return _is_valid(_TEXT, text)


def fits_key(text: str) -> bool:
    """Return whether a text may be a key, such as the name of an import."""
    return _is_valid(_KEY, text)


def _is_valid(kind: TypeAdapter[str], text: str) -> bool:
    try:
        kind.validate_python(text)
    except ValidationError:
        return False
    return True
