"""Rules between rows and between tables: each fault with its cell, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Client

SURVEY = {
    "waves.csv": "wave,date\nw1,2026-09-12\n",
    "survey.csv": "respondent,wave,unit,role,product_line,d01_1\n"
    "p1,w1,Claims,builder,motor,3\np2,w1,Claims,builder,motor,4\np3,w1,Sales,builder,motor,2\n",
}
ALLOCATION = {
    "resources.csv": "resource,function,unit,capacity\neng,HR,people,60\n",
    "activities.csv": "activity,product_line,use,unit,current,maximum,y0,y1,y15,ymax\n"
    "m,motor,develop,teams,4,8,1,4,5,7\nf,fleet,develop,teams,2,8,1,4,5,7\n",
    "recipes.csv": "activity,resource,amount\nm,eng,6\nf,eng,6\n",
    "objectives.csv": "objective,weight\nmargin,1\n",
    "worths.csv": "objective,activity,value\nmargin,m,180\nmargin,f,90\n",
}


@pytest.mark.parametrize(
    ("files", "cell", "found"),
    [
        pytest.param(
            {"memberships.csv": "product,kind,parent\ncar,product_line,motor\nbus,product_line,fleet\n"},
            "memberships.csv row 3, column product",
            "the product 'bus' is not in products",
            id="unknown product",
        ),
        pytest.param(
            {"memberships.csv": "product,kind,parent\ncar,product_line,motr\n"},
            "memberships.csv row 2, column parent",
            "the product line 'motr' is not in lines",
            id="unknown line",
        ),
        pytest.param(
            {"projects.csv": "project,product_line\nportal,marine\n"},
            "projects.csv row 2, column product_line",
            "the product line 'marine' is not in lines",
            id="unknown line of a project",
        ),
        pytest.param(
            {"memberships.csv": "product,kind,parent\ncar,value_stream,claims\n"},
            "memberships.csv row 1, column kind",
            "no row puts a product into a product line",
            id="no product line at all",
        ),
        pytest.param(
            {"lines.csv": "product_line,name\nmotor,Motor\nfleet,Fleet\nmotor,Motor 2\n"},
            "lines.csv row 4, column product_line",
            "'motor' stands twice, also in row 2",
            id="duplicate key",
        ),
        pytest.param(
            {"memberships.csv": "product,kind,parent,share\ncar,product_line,motor,0.7\ncar,product_line,fleet,0.4\n"},
            "memberships.csv row 3, column share",
            "add to 1.1 (motor 0.7, fleet 0.4)",
            id="shares over 1",
        ),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent,share,valid_from\n"
                "car,product_line,motor,1,\ncar,product_line,fleet,0.5,2026-01-01\n"
            },
            "memberships.csv row 3, column share",
            "add to 1.5 from 2026-01-01",
            id="shares over 1 from a day on",
        ),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent\ncar,product_line,motor\n",
                "parents.csv": "member_kind,member,kind,parent,share\nproduct_line,motor,product_line,fleet,1\n"
                "product_line,fleet,product_line,motor,0.5\n",
            },
            "parents.csv row 3, column share",
            "in a circle: 'fleet' → 'motor' → 'fleet'",
            id="lines in a circle",
        ),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent,share\ncar,product_line,motor,1\ncar,value_stream,buy,0.3\n",
                "parents.csv": "member_kind,member,kind,parent,share\nproduct_line,motor,value_stream,buy,0.8\n",
            },
            "parents.csv row 2, column share",
            "add to 1.1 (buy 0.3, buy 0.8 by motor)",
            id="shares over 1 over two paths",
        ),
        pytest.param(
            {"parents.csv": "member_kind,member,kind,parent\nvalue_stream,bye,customer_experience,moving\n"},
            "parents.csv row 2, column member",
            "nothing belongs to the value stream 'bye'",
            id="a stream that holds nothing",
        ),
        pytest.param(
            {"parents.csv": "member_kind,member,kind,parent\nproduct_line,motr,customer_experience,moving\n"},
            "parents.csv row 2, column member",
            "the product line 'motr' is not in lines",
            id="an unknown line in a parent",
        ),
        pytest.param(
            {"waves.csv": "wave,date\nw1,2026-10-01\n"},
            "waves.csv row 2, column date",
            "2026-10-01 lies after 2026-09-30",
            id="wave after as_of",
        ),
        pytest.param(
            {"waves.csv": "wave,date\nw1,2026-03-01\nw2,2026-03-01\n"},
            "waves.csv row 3, column date",
            "is also the day of the wave in row 2",
            id="two waves on a day",
        ),
        pytest.param(
            {"events.csv": "date,scope,what,kind\n2027-01-01,motor,New tariff,price\n"},
            "events.csv row 2, column date",
            "lies after",
            id="event in the future",
        ),
        pytest.param(
            {"events.csv": "date,scope,what,kind\n2026-01-01,marine,New tariff,price\n"},
            "events.csv row 2, column scope",
            "'marine' is no product, line, stream or experience",
            id="event of nothing",
        ),
        pytest.param(
            {**SURVEY, "survey.csv": SURVEY["survey.csv"].replace("p3,w1", "p3,w2")},
            "survey.csv row 4, column wave",
            "the wave 'w2' is not in waves",
            id="unknown wave",
        ),
        pytest.param(
            {
                **SURVEY,
                "population.csv": "unit,role,product_line,headcount\nClaims,builder,motor,1\nSales,builder,motor,9\n",
            },
            "population.csv row 2, column headcount",
            "2 people of Claims · builder · motor answered in wave w1, but the group has 1",
            id="more respondents than people",
        ),
        pytest.param(
            {**SURVEY, "population.csv": "role,product_line,headcount\nbuilder,motor,2\n"},
            "population.csv row 2, column headcount",
            "3 people of builder · motor answered",
            id="more respondents than people over all units",
        ),
        pytest.param(
            {"control_totals.csv": "measure,period,value\npremium,08/2026,1\n"},
            "control_totals.csv row 2, column period",
            "'08/2026' is no period",
            id="period",
        ),
        pytest.param(
            {"control_totals.csv": "measure,period,value\npremium,2026-Q4,1\n"},
            "control_totals.csv row 2, column period",
            "2026-Q4 begins after",
            id="period in the future",
        ),
        pytest.param(
            {**ALLOCATION, "recipes.csv": ALLOCATION["recipes.csv"] + "m,desks,1\n"},
            "recipes.csv row 4, column resource",
            "the resource 'desks' is not in resources",
            id="recipe for no resource",
        ),
        pytest.param(
            {**ALLOCATION, "worths.csv": ALLOCATION["worths.csv"].replace("margin,f", "margn,f")},
            "worths.csv row 3, column objective",
            "the objective 'margn' is not in objectives",
            id="worth for no objective",
        ),
        pytest.param(
            {**ALLOCATION, "objectives.csv": "objective,weight\nmargin,0\n"},
            "objectives.csv row 2, column weight",
            "every weight is 0",
            id="weights all 0",
        ),
        pytest.param(
            {
                **ALLOCATION,
                "activities.csv": ALLOCATION["activities.csv"]
                .replace("current,maximum", "current,minimum,maximum")
                .replace("4,8,1", "4,9,8,1")
                .replace("2,8,1", "2,1,8,1"),
            },
            "activities.csv row 2, column minimum",
            "the minimum 9 is above the maximum 8",
            id="minimum above maximum",
        ),
        pytest.param(
            {
                **ALLOCATION,
                "activities.csv": ALLOCATION["activities.csv"]
                .replace("current,maximum", "current,minimum,maximum")
                .replace("4,8,1", "4,5,8,1")
                .replace("2,8,1", "2,1,8,1"),
            },
            "activities.csv row 2, column current",
            "today's level 4 is below the minimum 5",
            id="today below minimum",
        ),
        pytest.param(
            {**ALLOCATION, "activities.csv": ALLOCATION["activities.csv"].replace("teams,4,8", "teams,9,8")},
            "activities.csv row 2, column maximum",
            "8 is below today's level, 9",
            id="today above maximum",
        ),
        pytest.param(
            {"aliases.csv": "source,their_name,kind,our_name\nHR,KFZ,product,cars\n"},
            "aliases.csv row 2, column our_name",
            "the product 'cars' is not in products",
            id="alias of nothing",
        ),
    ],
)
def test_a_broken_rule_is_one_fault_with_its_cell(client: Client, files: dict[str, str], cell: str, found: str) -> None:
    """Found, allowed and what to do are all filled."""
    fault = client.write(files).only_fault()
    assert f"{fault.file} {fault.cell}" == cell
    assert found in fault.found
    assert fault.allowed
    assert fault.remedy


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(SURVEY, id="survey without population"),
        pytest.param(
            {
                **SURVEY,
                "population.csv": "unit,role,product_line,headcount\nClaims,builder,motor,2\nSales,builder,motor,1\n",
            },
            id="everybody answered",
        ),
        pytest.param(ALLOCATION, id="allocation"),
        pytest.param({"projects.csv": "project,ends\nportal,2030-01-01\n"}, id="a planned end may lie ahead"),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent,share,valid_from\n"
                "car,product_line,motor,1,\ncar,product_line,motor,0,2026-01-01\ncar,product_line,fleet,1,2026-01-01\n"
            },
            id="a product that changes its line",
        ),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent,share,valid_from\ncar,product_line,motor,1,\n"
                "van,product_line,fleet,1,2027-01-01\n"
            },
            id="a membership that begins later",
        ),
        pytest.param(
            {
                "memberships.csv": "product,kind,parent,share\n"
                + "".join(f"car,product_line,{line},0.333333333333\n" for line in ("motor", "fleet", "home")),
                "lines.csv": "product_line,name\nmotor,M\nfleet,F\nhome,H\n",
            },
            id="three thirds typed with digits",
        ),
        pytest.param(
            {
                "feedback.csv": "signal,product,channel,raised,shipped,told\n"
                "s1,car,phone,2026-06-01,2026-06-01,2026-06-02\n"
            },
            id="steps left out, or on one day",
        ),
        pytest.param(
            {
                "feedback.csv": "signal,product,channel,raised,seen,decided\n"
                "s1,car,phone,2026-06-01 09:14,2026-05-09 10:00,2026-06-08\n"
            },
            id="steps out of order, which the chapter counts",
        ),
        pytest.param(
            {"control_totals.csv": "measure,period,value\na,2026-Q3,1\na,2026,1\na,2026-08,1\n"}, id="periods"
        ),
        pytest.param(
            {"memberships.csv": "product,kind,parent,said_on\ncar,product_line,motor,2026-10-09\n"},
            id="answered after the day of the data",
        ),
        pytest.param({"lines.csv": None}, id="no register of lines"),
        pytest.param({"waves.csv": "wave,date\nw1,2026-09-30\n"}, id="a wave on the day itself"),
    ],
)
def test_what_is_allowed_is_no_fault(client: Client, files: dict[str, str | None]) -> None:
    """Rules do not ask for more than they say."""
    assert client.write(files).faults() == ()


def test_one_wrong_cell_is_not_reported_by_everything_that_refers_to_its_row(client: Client) -> None:
    """The product exists although its name is missing."""
    client.write({"products.csv": "product,name\ncar,\nvan,Van\n"})
    assert client.only_fault().cell == "row 2, column name"


def test_too_many_respondents_of_a_team_are_not_told_again_for_the_whole_role(client: Client) -> None:
    """One fault leads to the cell to mend."""
    client.write({**SURVEY, "population.csv": "unit,role,product_line,headcount\nClaims,builder,motor,1\n"})
    assert client.only_fault().cell == "row 2, column headcount"


def test_every_duplicate_names_the_first(client: Client) -> None:
    """A key of several columns, blanks included."""
    client.write(
        {
            "population.csv": "unit,role,product_line,headcount\n"
            ",builder,motor,3\nA,builder,motor,3\n,builder,motor,4\n,builder,motor,5\n"
        }
    )
    got = [(fault.cell, "also in row 2" in fault.found) for fault in client.faults()]
    assert got == [("row 4, column unit", True), ("row 5, column unit", True)]


def test_targets_of_a_sheet_name_what_fits_their_kind(
    excel_client: Client, sheets: dict[str, list[list[object]]]
) -> None:
    """The company needs no scope, everything else needs one."""
    tables = [["table", "key_columns", "kind", "time_column", "product_column"], ["t", "id", "event", "on", "product"]]
    metrics = [["metric", "label", "type", "unit", "direction", "from_table"], ["n", "N", "count", "count", "up", "t"]]
    targets = [
        ["metric", "scope_kind", "scope", "value", "by"],
        ["n", "company", "motor", 1, "2027-01-01"],
        ["n", "product_line", None, 1, "2027-01-01"],
        ["m", "company", None, 1, "2027-01-01"],
    ]
    book = {**sheets, "fact_tables": tables, "metrics": metrics, "targets": targets}
    got = [(fault.sheet, fault.cell) for fault in excel_client.workbook(book).faults() if fault.sheet == "targets"]
    assert got == [("targets", "C2"), ("targets", "C3"), ("targets", "A4")]


def test_a_wrong_cell_hides_no_unknown_key_beside_it(client: Client) -> None:
    """One correction is enough."""
    rows = "cra,product_line,motro,1\nvam,line,fleet,1\n,product_line,x,1\n"
    client.write({"memberships.csv": f"product,kind,parent,share\n{rows}"})
    assert [(fault.cell, fault.found) for fault in client.faults()] == [
        ("row 2, column parent", "the product line 'motro' is not in lines"),
        ("row 2, column product", "the product 'cra' is not in products"),
        ("row 3, column kind", "'line' is not allowed in kind"),
        ("row 3, column product", "the product 'vam' is not in products"),
        ("row 4, column product", "product is blank"),
        ("row 4, column parent", "the product line 'x' is not in lines"),
    ]


@pytest.mark.parametrize(("kind", "count"), [("line", 1), ("value_stream", 2)])
def test_no_product_line_is_not_told_where_a_row_may_become_one(client: Client, kind: str, count: int) -> None:
    """The row that was refused may be it; a row of another kind is not."""
    client.write({"memberships.csv": f"product,kind,parent\n{'car' if kind == 'line' else ''},{kind},claims\n"})
    faults = client.faults()
    assert len(faults) == count
    assert any("no row puts" in fault.found for fault in faults) == (count == 2)


def test_a_reference_to_a_table_without_keys_says_so(client: Client) -> None:
    """There is nothing to list."""
    client.write({"lines.csv": "product_line,name\n,Motor\n", "memberships.csv": None})
    client.write({"projects.csv": "project,product_line\np,motor\n"})
    (fault,) = [fault for fault in client.faults() if fault.file == "projects.csv"]
    assert fault.allowed == "a product line of lines, which has none yet."


@pytest.mark.parametrize("twin", ["Car", "CAR", "\uff43ar"])
def test_keys_that_look_alike_are_a_fault_that_names_both(client: Client, twin: str) -> None:
    """Sums would be split between them."""
    client.write({"products.csv": f"product,name\ncar,C\nvan,V\n{twin},D\n{twin},E\n"})
    faults = client.faults()
    assert [fault.cell for fault in faults] == ["row 4, column product", "row 5, column product"]
    assert faults[0].found == f"{twin!r} looks like 'car' in row 2, column product, but is another key"


def test_parents_without_a_register_must_not_look_alike(client: Client) -> None:
    """Nothing else tells that two spellings mean one stream; other kinds may have the same word."""
    base = (client.folder / "memberships.csv").read_text()
    client.write(
        {
            "memberships.csv": base
            + "car,value_stream,Claims,\nvan,value_stream,claims,\ncar,customer_experience,CLAIMS,\n"
        }
    )
    assert client.only_fault().cell == "row 5, column parent"


def test_a_no_break_space_is_a_space_in_every_table(client: Client) -> None:
    """Copied from a page into one table, typed in the other."""
    client.write({"products.csv": "product,name\ncar\u00a0private,C\nvan,V\n"})
    base = (client.folder / "memberships.csv").read_text()
    client.write({"memberships.csv": base.replace("car,", "car private,")})
    assert client.load().products.ids == ("car private", "van")


@pytest.mark.parametrize("table", ["survey", "interviews"])
def test_a_key_of_a_person_is_no_address(client: Client, table: str) -> None:
    """It would stand in the report's ledger and in every copy of the folder."""
    rows = {
        "survey": "respondent,wave,role,d01_1\nanna@harbour.example,w1,builder,3\n",
        "interviews": "interview,date,role,item,level\nanna@harbour.example,2026-09-01,builder,d01_1,3\n",
    }
    client.write({"waves.csv": "wave,date\nw1,2026-09-01\n", f"{table}.csv": rows[table]})
    fault = client.only_fault()
    assert fault.allowed.startswith("a key that names nobody")


def test_a_name_in_place_of_a_key_is_told_as_such(client) -> None:
    """What people call a product is known, with the key to write, also where its umlaut is written in two letters."""
    client.write(
        {
            "products.csv": "product,name\nwaerme-1,Wärme\nvan,Van\n",
            "memberships.csv": "product,kind,parent,share\nWaerme,product_line,motor,1\nvan,product_line,fleet,1\n",
        }
    )
    (fault,) = client.faults()
    assert fault.remedy.startswith("'Waerme' is the name of the product 'waerme-1': write waerme-1.")
