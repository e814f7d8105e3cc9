"""What charts, tables and chapters are made of, written as plain fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from workbench.report.values import fields_of


@dataclass(frozen=True)
class Inner:
    """Something with a name and numbers."""

    name: str
    numbers: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Outer:
    """Something made of such, in tuples, lists and mappings."""

    first: Inner
    others: tuple[Inner, ...]
    rows: list[dict[str, Inner | bool]]


def test_fields_are_those_of_asdict() -> None:
    """The same names, kinds and nesting; what can change is not shared."""
    one = Inner("a", (1.5, None, 2))
    held = Outer(one, (one, Inner("b")), [{"x": one, "y": True}])
    found = fields_of(held)
    assert found == asdict(held)
    assert type(found["others"]) is tuple
    assert type(found["others"][0]) is dict
    assert found["rows"] is not held.rows
    assert found["rows"][0] is not held.rows[0]
