"""Who must read what: a page for each product manager, and one for each product line.

The register names a product's owner and a line's product manager. A product that nobody owns goes to the manager of
the line that holds most of it, which is said; where that line has none either, nobody reads it, which is said too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from workbench.products import ProductMap

LINE = "product_line"


@dataclass(frozen=True)
class Reader:
    """Somebody who reads of some products, or a product line with all of them.

    Attributes
    ----------
    kind : str
        ``manager`` or ``line``.
    key, name : str
        Name of the manager, or key of the line; what people call either.
    lines : tuple of str
        Lines that he answers for; of a line itself alone.
    products : tuple of str
        Products of which he reads, in the client's order; of a line those with any share in it.
    inherited : tuple of str
        Those of them that have no owner of their own and came to him with their line.
    """

    kind: str
    key: str
    name: str
    lines: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()

    def reads(self, kind: str, parent: str) -> bool:
        """Return whether a line or a product is his."""
        return parent in {LINE: self.lines, "product": self.products}.get(kind, ())


def readers_of(products: ProductMap, as_of: dt.date) -> tuple[Reader, ...]:
    """Return the lines in the client's order, then the managers: of lines first, then of products.

    Parameters
    ----------
    products : ProductMap
    as_of : date
        Whose share of a product is the largest is asked on this day.
    """
    shares = products.shares(LINE, as_of)
    held: dict[str, dict[str, float]] = {}
    for product, line, share in zip(shares["product"], shares["parent"], shares["share"], strict=True):
        held.setdefault(str(product), {})[str(line)] = float(share)
    lines = [
        Reader("line", line, products.name(line), (line,), tuple(p for p in products.ids if line in held.get(p, {})))
        for line in products.parents(LINE)
    ]
    return (*lines, *_managers(products, held))


def without_manager(products: ProductMap, as_of: dt.date) -> tuple[str, ...]:
    """Return the products that nobody reads of: neither they nor the line that holds most of them has an owner."""
    read = {product for one in readers_of(products, as_of) if one.kind == "manager" for product in one.products}
    return tuple(product for product in products.ids if product not in read)


def _managers(products: ProductMap, held: dict[str, dict[str, float]]) -> list[Reader]:
    lines: dict[str, list[str]] = {}
    for line in dict.fromkeys((*products.parents(LINE), *products.owners)):
        if owner := _name(products.owners.get(line)):
            lines.setdefault(owner, []).append(line)
    own: dict[str, list[str]] = {}
    inherited: dict[str, list[str]] = {}
    for entry in products.products:
        owner = _name(entry.owner)
        if not owner:
            of = held.get(entry.product, {})
            most = max(of, key=lambda line: of[line], default="")  # the first of equals, in the client's order
            owner = _name(products.owners.get(most))
            if owner:
                inherited.setdefault(owner, []).append(entry.product)
        if owner:
            own.setdefault(owner, []).append(entry.product)
    return [
        Reader(
            "manager",
            name,
            name,
            tuple(lines.get(name, ())),
            tuple(own.get(name, ())),
            tuple(inherited.get(name, ())),
        )
        for name in dict.fromkeys((*lines, *own))
    ]


def _name(owner: str | None) -> str:
    """Return a name as it is compared: one blank between words."""
    return " ".join((owner or "").split())
