"""What number formats say of a number: ``0.0 "k€"`` shows 120 as 120 k€, and the cell still holds 120.

A comma at the end of a format divides what is shown by a thousand; the cell then holds the whole amount already.
(ECMA-376 part 1, 18.8.30 and 18.8.31: number formats.)
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree  # nosec: document types are refused before parsing

from workbench.engagement.intake.units import Unit, find_unit

_PERCENT = frozenset({9, 10})  # the two formats with a percent sign that every workbook has
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]\-]*)[^\]]*\]')


@dataclass(frozen=True)
class CellFormat:
    """What a number format says of a number as the cell holds it.

    Attributes
    ----------
    unit : Unit or None
        The words beside what is shown; None where there are none.
    divisor : float
        By which the number is divided before it is shown.
    is_percent : bool
    """

    unit: Unit | None = None
    divisor: float = 1.0
    is_percent: bool = False


def read_formats(packed: zipfile.ZipFile) -> Mapping[int, CellFormat]:
    """Return style → what its number format says, for those that say a unit or percent."""
    if "xl/styles.xml" not in packed.namelist():
        return {}
    tree = ElementTree.fromstring(packed.read("xl/styles.xml"))  # noqa: S314 - document types are refused before
    codes: dict[int, str] = {}
    styles: list[int] = []
    for element in tree:
        tag = element.tag.rpartition("}")[2]
        if tag == "numFmts":
            codes = {int(item.get("numFmtId", 0)): item.get("formatCode", "") for item in element}
        elif tag == "cellXfs":
            styles = [int(item.get("numFmtId", 0)) for item in element]
    found = {}
    for style, number in enumerate(styles):
        held = CellFormat(is_percent=True) if number in _PERCENT else read_format(codes.get(number, ""))
        if held is not None:
            found[style] = held
    return found


def read_format(code: str) -> CellFormat | None:
    """Return what a format says of a number, None where that is nothing.

    Examples
    --------
    >>> read_format('0.0 "k€"'), read_format("#,##0,")
    (CellFormat(unit=Unit(factor=1000.0, currency='EUR'), divisor=1.0, is_percent=False), \
CellFormat(unit=None, divisor=1000.0, is_percent=False))
    >>> read_format("0.0%").is_percent, read_format("#,##0.00")
    (True, None)
    """
    positive = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)[0]
    words = " ".join("".join(part) for part in _QUOTED.findall(positive))
    bare = _QUOTED.sub(" ", positive)
    if "%" in bare:
        return CellFormat(is_percent=True)
    unit = find_unit(words) if words.strip() else None
    divided = re.search(r"[0#?](,+)(?=[^0#?,]|$)", bare)
    if divided is None and (unit is None or (unit.factor == 1 and not unit.currency)):
        return None
    return CellFormat(unit, 1000.0 ** len(divided.group(1)) if divided else 1.0)
