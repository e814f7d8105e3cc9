"""What a run keeps of the tables it read: every cell of a table, sums of facts, and of people nothing but how many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.engagement import snapshot
from workbench.engagement.snapshot import HeldInput, hold_inputs

if TYPE_CHECKING:
    from conftest import Client

CATALOGUE = """
tables:
  sales: {key: [month, product], kind: period, product: product, time: {column: month}}
metrics:
- {metric: sold, label: Sold, type: sum, measure: {from: sales, agg: sum, column: amount}}
"""


def held(client: Client) -> dict[str, HeldInput]:
    """Return what is kept of a client's folder, by name."""
    study = client.load()
    return {one.name: one for one in hold_inputs(study.as_read, getattr(study.outcomes, "catalogue", None))}


def rows(one: HeldInput) -> list[list[Any]]:
    """Return what is kept, row by row."""
    return json.loads(one.text)["rows"]


def test_tables_are_kept_as_the_file_has_them(client: Client) -> None:
    """Numbers before they are scaled, dates as text, rows with their number; unfilled columns are left out."""
    client.write(
        {
            "engagement.yaml": "name: Tiny\nas_of: 2026-09-30\nmoney_scale: 1000\n",
            "projects.csv": "project,budget,people,ends\nPortal,120,3,2026-12-31\nArchive,,1,\n",
        }
    )
    found = held(client)
    one = found["projects"]
    assert (one.kind, one.file, one.sheet, one.rows) == ("rows", "projects.csv", "", 2)
    assert json.loads(one.text) == {
        "key": ["project"],
        "columns": ["project", "budget", "people", "ends"],
        "rows": [[2, "Portal", 120, 3, "2026-12-31"], [3, "Archive", None, 1, None]],
    }
    assert [0, "money_scale", 1000] in rows(found["engagement"])


def test_a_document_is_kept_by_key_and_names_what_a_list_holds(client: Client) -> None:
    """So that a metric put before another moves no other key."""
    client.write({"metrics.yaml": CATALOGUE, "facts/sales.csv": "month,product,amount\n2026-08-01,car,3\n"})
    told = {key: value for _, key, value in rows(held(client)["metrics"])}
    assert told["metrics[sold].measure.column"] == "amount"
    assert told["tables.sales.key[0]"] == "month"


def test_facts_are_kept_by_month_and_no_row_of_them(client: Client) -> None:
    """Sums of what the catalogue calls numbers; none for a month with so few rows that one could be told."""
    facts = "".join(f"2026-08-0{day},car,{day}.5,shop{day}\n" for day in range(1, 7))
    facts += "2026-09-01,car,70.25,shop7\n"
    client.write({"metrics.yaml": CATALOGUE, "facts/sales.csv": f"month,product,amount,shop\n{facts}"})
    one = held(client)["facts/sales"]
    assert (one.kind, one.rows) == ("summary", 7)
    assert json.loads(one.text)["columns"] == ["month", "rows", "sum of amount"]
    assert rows(one) == [[0, "2026-08", 6, 24.0], [0, "2026-09", 1, None]]
    assert "70.25" not in one.text
    assert "shop" not in one.text


def test_of_people_only_the_number_of_rows_is_kept(client: Client) -> None:
    """What differs is still told apart by its hash."""
    client.write({"population.csv": "unit,role,headcount\nClaims,operations,37\nSales,product,41\n"})
    before = held(client)["population"]
    assert (before.kind, before.rows, before.text) == ("count", 2, "")
    client.write({"population.csv": "unit,role,headcount\nClaims,operations,38\nSales,product,41\n"})
    after = held(client)["population"]
    assert (after.rows, after.text) == (2, "")
    assert after.content != before.content


def test_a_table_that_nobody_looks_through_is_summed(client: Client, monkeypatch: Any) -> None:
    """Rows and the sum of each column of numbers, in the file's own units; its hash is of all of it."""
    client.write({"projects.csv": "project,budget,people\nPortal,120.5,3\nArchive,30,1\n"})
    whole = held(client)["projects"]
    monkeypatch.setattr(snapshot, "MOST_CELLS", 5)
    one = held(client)["projects"]
    assert (one.kind, one.rows, one.content) == ("summary", 2, whole.content)
    assert json.loads(one.text)["columns"] == ["of", "rows", "sum of budget", "sum of people"]
    assert rows(one) == [[0, "all rows", 2, 150.5, 4.0]]
