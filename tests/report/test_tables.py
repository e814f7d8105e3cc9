"""Tables are values: equal decimals down a column, the unit in the header, totals apart."""

import json

import pandas as pd
import pytest
import report_samples as samples

from workbench.errors import ReportError
from workbench.report.exhibit import Exhibit
from workbench.report.tables import Column, Table, table

SAID = {"claim": "One.", "subtitle": "x", "source": "y"}


def test_units_stand_in_the_header_and_decimals_are_equal():
    """Money takes the size of its largest amount, shares become percent, and a blank is no zero."""
    got = samples.listed()
    assert got.headers() == ("Line", "Cost (m€)", "Share of cost (%)", "People")
    assert got.cells() == (("Motor", "4.2", "93", "54"), ("Home", "0.3", "–", "8"), ("All", "4.5", "100", "62"))


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        pytest.param([2e6, 5e5], (("2.0",), ("0.5",)), id="millions"),
        pytest.param([2e6, 5e4], (("2.00",), ("0.05",)), id="small ones still show"),
        pytest.param([2e4, 5e3], (("20.0",), ("5.0",)), id="thousands"),
        pytest.param([310.0, 45.0], (("310",), ("45",)), id="whole"),
    ],
)
def test_money_keeps_its_smallest_amount_in_sight(amounts, expected):
    """Decimals are equal and many enough for the smallest amount."""
    assert table({"c": amounts}, columns={"c": "Cost"}, units={"c": "currency"}, **SAID).cells() == expected


def test_a_table_survives_json():
    """A table that went through JSON equals itself."""
    listed = samples.listed()
    assert Table.from_dict(json.loads(json.dumps(listed.to_dict(), allow_nan=False))) == listed


def test_ids_are_split_and_totals_found():
    """An id cell may hold several ids; the total's row is known by its place."""
    listed = samples.listed()
    assert listed.figures == (("A-001", "A-002"), (), ("A-002",))
    assert listed.totals == (2,)


def test_columns_without_a_unit_are_recognised():
    """Numbers stand right, text and yes/no stand left, by what the column holds."""
    frame = pd.DataFrame({"a": ["x"], "b": [1.25], "is_on": [True], "none": [None]})
    got = table(frame, columns=["a", Column("b", "B"), "is_on", "none"], **SAID)
    assert [column.unit for column in got.columns] == ["text", "", "text", "text"]
    assert got.cells() == (("x", "1.2", "yes", "–"),)
    assert got.headers() == ("A", "B", "Is on", "None")


def test_the_text_is_aligned_and_complete():
    """The text repr holds every cell in columns, ids last."""
    got = repr(Exhibit("cost", samples.listed())).splitlines()
    assert got[3] == "Line   Cost (m€)  Share of cost (%)  People  Figure"
    assert got[4] == "Motor        4.2                 93      54  A-001 A-002"
    assert got[-1] == "Source: needs, resources"


def test_a_notebook_gets_escaped_html_without_anything_volatile():
    """The HTML of a table escapes its cells and is the same each time."""
    hostile = table({"a": ["<script>alert(1)</script>"]}, columns=["a"], **SAID)
    got = Exhibit("a", hostile)._repr_mimebundle_()["text/html"]
    assert "<script>" not in got
    # JupyterLab sets what stands between two $ as a formula, but not in containers of these classes
    assert got.startswith('<div class="tex2jax_ignore mathjax_ignore">')
    assert got.endswith("</div>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in got
    assert got == Exhibit("b", hostile)._repr_mimebundle_()["text/html"]


def test_rows_of_uneven_length_are_refused():
    """A row must have a value for each column."""
    with pytest.raises(ReportError, match="more or fewer values"):
        Table((Column("a", "A"),), (("x", 1),), "One.", "", "y", "z")
