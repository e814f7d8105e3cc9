"""Who reads of which products: owners, line managers, and products that nobody owns."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from workbench.outcomes.managers import Reader, readers_of, without_manager
from workbench.products import ProductMap, build_product_map

AS_OF = dt.date(2026, 9, 30)


def register(
    owners: dict[str, str | None], managers: dict[str, str | None], rows: list[tuple[object, ...]]
) -> ProductMap:
    """Return products with owners, lines with managers, and (product, line, share, from) rows."""
    members = [(product, "product_line", line, share, since) for product, line, share, since in rows]
    return build_product_map(
        pd.DataFrame({"product": list(owners), "name": [p.upper() for p in owners], "owner": list(owners.values())}),
        pd.DataFrame(members, columns=["product", "kind", "parent", "share", "valid_from"]),
        pd.DataFrame(
            {"product_line": list(managers), "name": list(managers), "product_manager": list(managers.values())}
        ),
    )


def by_name(products: ProductMap) -> dict[str, Reader]:
    """Return the managers by name."""
    return {reader.name: reader for reader in readers_of(products, AS_OF) if reader.kind == "manager"}


def test_a_product_goes_to_its_owner_and_a_line_to_its_manager() -> None:
    """One person may answer for a line and for single products of it; who owns a product of it reads of that alone."""
    products = register(
        {"car": "Ann", "van": "Bo"}, {"motor": "Ann"}, [("car", "motor", 1.0, None), ("van", "motor", 1.0, None)]
    )
    found = by_name(products)
    assert (found["Ann"].lines, found["Ann"].products) == (("motor",), ("car",))
    assert (found["Bo"].lines, found["Bo"].products) == ((), ("van",))
    line = readers_of(products, AS_OF)[0]
    assert (line.kind, line.products) == ("line", ("car", "van"))
    assert found["Bo"].reads("product", "van")
    assert not found["Bo"].reads("product_line", "motor")
    assert not found["Ann"].reads("value_stream", "motor")


def test_a_product_without_an_owner_goes_to_the_line_that_holds_most_of_it_today() -> None:
    """The share in force counts, the first line of equals; such a product is known as inherited."""
    later = dt.date(2026, 5, 1)
    products = register(
        {"card": None, "app": None},
        {"shops": "Ann", "online": "Bo"},
        [
            ("card", "shops", 0.7, None),
            ("card", "online", 0.3, None),
            ("card", "shops", 0.2, later),
            ("card", "online", 0.8, later),
            ("app", "shops", 0.5, None),
            ("app", "online", 0.5, None),
        ],
    )
    found = by_name(products)
    assert found["Bo"].inherited == found["Bo"].products == ("card",)
    assert found["Ann"].inherited == ("app",)


def test_what_nobody_reads_is_said() -> None:
    """Neither the product nor its line has an owner; a name with other blanks is the same person."""
    products = register(
        {"car": "Ann  Lee", "van": "Ann Lee ", "bike": None, "boat": None},
        {"motor": None},
        [("car", "motor", 1.0, None), ("bike", "motor", 1.0, None)],
    )
    assert list(by_name(products)) == ["Ann Lee"]
    assert by_name(products)["Ann Lee"].products == ("car", "van")
    assert without_manager(products, AS_OF) == ("bike", "boat")


def test_the_order_of_the_tables_changes_no_reader() -> None:
    """Who reads what does not hang on the order of rows."""
    owners, managers = {"car": "Ann", "van": None, "bus": "Bo"}, {"motor": "Bo", "rail": "Cy"}
    rows = [
        ("car", "motor", 0.4, None),
        ("car", "rail", 0.6, None),
        ("van", "rail", 1.0, None),
        ("bus", "motor", 1.0, None),
    ]
    found = by_name(register(owners, managers, rows))
    again = by_name(register(dict(reversed(owners.items())), dict(reversed(managers.items())), rows[::-1]))

    def sets(readers: dict[str, Reader]) -> dict[str, tuple[set[str], ...]]:
        return {name: (set(r.lines), set(r.products), set(r.inherited)) for name, r in readers.items()}

    assert sets(found) == sets(again)
    assert found["Cy"].products == found["Cy"].inherited == ("van",)
