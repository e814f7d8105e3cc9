"""What a consultant may say of a client's sheet, checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.engagement.exports.client_folder import check_import_name
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.intake.plan import Reading
from workbench.engagement.intake.targets import Target, check_columns
from workbench.engagement.intake.units import said_factor
from workbench.errors import UsageError, nearest


@dataclass(frozen=True)
class TableOptions:
    """What the consultant says of a file; empty leaves it to the file and to what was confirmed before.

    Attributes
    ----------
    reading : Reading
        How the sheet is laid out.
    aliases : mapping of str to str
        Their name → our key, ``new`` or ``leave out``.
    source : str
        Name of the import; by default the table's.
    confirm : bool
        Write, although the layout is new or has changed.
    is_asked : bool
        Write only once it is confirmed, however well the layout is known.
    """

    reading: Reading = field(default_factory=Reading)
    aliases: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    confirm: bool = False
    is_asked: bool = False


def check_options(said: TableOptions, target: Target) -> None:
    """Refuse options that mean nothing, before anything is read."""
    reading = said.reading
    check_import_name(said.source, "--source")
    check_columns([column for column in reading.columns.values() if column != "ignore"], target, "--map")
    check_columns(list(reading.fixed), target, "--set")
    check_columns(list(reading.units), target, "--unit")
    check_columns(list(reading.fill), target, "--fill")
    check_columns([name for name in (reading.value, reading.section) if name], target, "--value or --section")
    for option, value, allowed in (
        ("--date-order", reading.date_order, ORDERS),
        ("--hidden", reading.hidden, ("read", "skip")),
        ("--decimal", reading.decimal, (",", ".")),
        *(("--fill", value, ("down", "blank")) for value in reading.fill.values()),
    ):
        if value and value not in allowed:
            hint = f"{nearest(value, allowed)} ".lstrip()
            raise UsageError(f"{option} {value[:40]!r} is unknown. {hint}There are: {', '.join(allowed)}.")
    for name, unit in reading.units.items():
        factor = said_factor(unit)
        if not 0 < factor <= 1e12:
            raise UsageError(f"--unit {name}={unit[:40]!r} is no unit. Say k€, m€, EUR, % or a number such as 1000.")
