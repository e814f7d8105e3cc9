"""Which lines a project serves: read with its shares, and refused where they cannot hold."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.engagement.project_inputs import read_projects

PROJECTS = "project,sponsor,product_line,budget,ends\nportal,COO,,900,2027-01-31\nquote,CFO,motor,100,\n"


def test_a_project_is_read_with_its_lines(client: Any) -> None:
    """In the order of the rows, shares as given; one without rows serves its own line."""
    client.write(
        {
            "projects.csv": PROJECTS,
            "project_lines.csv": "project,product_line,share,said_by\nportal,motor,0.4,CFO\nportal,fleet,,\n",
        }
    )
    portal, quote = read_projects(client.load().tables)
    assert (portal.id, portal.sponsor, portal.budget, portal.ends) == ("portal", "COO", 900.0, "2027-01-31")
    assert portal.serves == (("motor", 0.4), ("fleet", None))
    assert quote.serves == (("motor", 1.0),)
    assert read_projects({}) == ()


@pytest.mark.parametrize(
    ("lines", "place", "found"),
    [
        pytest.param("portal,motor,0.7\nportal,fleet,0.4", "row 3, column share", "add up to 1.1", id="too much"),
        pytest.param("quote,fleet,1", "row 3, column product_line", "project_lines names fleet", id="said twice"),
        pytest.param("portals,fleet,1", "row 2, column project", "'portals' is not in projects", id="unknown project"),
        pytest.param("portal,boats,1", "row 2, column product_line", "'boats' is not in lines", id="unknown line"),
    ],
)
def test_lines_of_a_project_that_cannot_hold_are_faults(client: Any, lines: str, place: str, found: str) -> None:
    """Each with its cell; nothing is guessed."""
    client.write({"projects.csv": PROJECTS, "project_lines.csv": f"project,product_line,share\n{lines}\n"})
    (fault,) = client.faults()
    assert place in f"{fault.sheet}{fault.cell}"
    assert found in fault.found


def test_a_line_ties_out_with_its_part_of_shared_projects(client: Any) -> None:
    """The books' number of one line meets its share, and not the whole project."""
    from workbench.engagement.tie_out import tie_study

    client.write(
        {
            "projects.csv": PROJECTS,
            "project_lines.csv": "project,product_line,share\nportal,motor,0.5\nportal,fleet,0.5\n",
            "control_totals.csv": "measure,scope,period,value\nproject_budget,motor,2026,550\n",
        }
    )
    (tie,) = tie_study(client.load(), {}).ties
    assert (tie.ours, tie.made_of) == (550.0, "projects, project_lines")
    assert not tie.is_over
