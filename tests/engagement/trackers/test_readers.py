"""What each tracker's module makes of its own ways: lists, wide rows, time in status, trees, logs, bots, people."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.engagement.trackers import layouts
from tests.engagement.trackers.layouts import Way
from tests.engagement.trackers.test_recognise import read
from workbench.engagement.trackers.imported import Imported, ReadSettings
from workbench.engagement.trackers.importing import with_meaning
from workbench.engagement.trackers.jira import parse_times
from workbench.engagement.trackers.meaning import Meaning, match_places, propose_meaning, propose_state
from workbench.errors import ClientDataError

ITEMS = layouts.make_items()
STATES = {"To Do": "waiting", "In Progress": "active", "Done": "done"}
JIRA = ["Issue key", "Issue id", "Issue Type", "Status", "Created"]


def checks(found: Imported) -> dict[str, Any]:
    """Return findings by their check."""
    return {finding.check: finding for finding in found.findings}


# -- Jira --------------------------------------------------------------------------------------------------------------


def test_time_in_status_is_read_for_every_issue_that_has_it() -> None:
    """Numbers of statuses get their names from the one with no time; seconds add up by state."""
    found = with_meaning(read(layouts.jira(ITEMS)), Meaning("project", {}, STATES))
    assert found.unnamed == ()
    rows = found.tables["items"]
    timed = set(found.tables["moves"]["item"])
    assert timed == {item.key for item in ITEMS}
    by_key = {item.key: item for item in ITEMS}
    for key, active, waiting in zip(rows["item"], rows["active_seconds"], rows["waiting_seconds"], strict=True):
        item = by_key[key]
        assert waiting == (item.waiting / 1000 if item.status != "To Do" else 0)
        assert active == (item.active / 1000 if item.status == "Done" else 0)


def test_status_numbers_without_a_name_are_asked_and_their_items_have_no_efficiency() -> None:
    """A number that no current status explains stays a number until imports.yaml names it."""
    times = "10000_*:*_1_*:*_5000_*|*_77_*:*_2_*:*_3000_*|*_10001_*:*_1_*:*_0"
    content = layouts.as_csv(
        [*JIRA, "Custom field ([CHART] Time in Status)"], [["A-1", "1", "Bug", "Done", "2026-03-05 09:00", times]]
    )
    found = with_meaning(read(content), Meaning("project", {}, STATES))
    assert found.unnamed == ("10000", "77")
    assert found.tables["items"]["active_seconds"] == [None]
    names = ReadSettings(status_names={"10000": "To Do", "77": "In Progress"})
    found = with_meaning(read(content, settings=names), Meaning("project", {}, STATES))
    assert found.tables["items"]["active_seconds"] == [3.0]
    assert found.tables["items"]["waiting_seconds"] == [5.0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1_*:*_1_*:*_15888_*|*_3_*:*_1_*:*_0", [("1", 1, 15888), ("3", 1, 0)]),
        (r"1\_\*:\*\_1\_\*:\*\_15888", [("1", 1, 15888)]),
        ("1_*:*_1", None),
        ("1_*:*_1_*:*_x", None),
    ],
)
def test_time_in_status_cells(cell: str, expected: object) -> None:
    """Number, visits and milliseconds of each part, or nothing at all."""
    assert parse_times(cell) == expected


def test_repeated_headers_become_lists_and_nothing_is_overwritten() -> None:
    """Two columns Labels are one list; a blank one is none."""
    found = read(layouts.jira(ITEMS))
    expected = ["web;fast" if item.number % 3 else "web" for item in ITEMS]
    assert found.places["label"] == expected


def test_parents_by_id_and_by_key() -> None:
    """`Parent` holds an id, `Parent key` a key."""
    by_key = {item.number: item.key for item in ITEMS}
    found = read(layouts.jira(ITEMS))
    assert found.tables["items"]["parent"] == [by_key.get(item.parent or 0, "") for item in ITEMS]
    content = layouts.as_csv([*JIRA, "Parent", "Parent key"], [["A-2", "2", "Bug", "Done", "2026-03-05", "1", "A-1"]])
    assert read(content).tables["items"]["parent"] == ["A-1"]


def test_rows_wider_than_the_header_are_read_where_nothing_moved_and_refused_where_it_did() -> None:
    """A comma without quotation marks behind what is read does no harm; before it, the row is named and left out."""
    lines = ["Issue key,Issue id,Issue Type,Status,Created,Labels,Description"]
    lines += [f"A-{n},{n},Bug,Done,2026-03-{n:02d} 09:00,a,b" for n in range(1, 11)]
    lines.append("A-11,11,Bug,Done,2026-03-11 09:00,a, b,the text")
    lines.append("A-12,12,Bug, or task,Done,2026-03-12 09:00,a,b")
    found = read("\n".join(lines).encode())
    assert found.tables["items"]["item"] == [f"A-{n}" for n in range(1, 12)]
    assert checks(found)["wide_row"].rows == 1
    (fault,) = found.rejected
    assert fault.cell.startswith("row 13")
    assert "wrong header" in fault.found


def test_a_status_under_a_person_is_named_with_its_row() -> None:
    """Columns that slipped are rejected row by row, never read as they stand."""
    header = [*JIRA, "Assignee"]
    rows = [[f"A-{n}", str(n), "Bug", "Done", f"2026-03-{n:02d}", "Ann Berg"] for n in range(1, 21)]
    rows.append(["A-21", "21", "Bug", "Ann <ann@x.example>", "2026-03-21", "Done"])
    found = read(layouts.as_csv(header, rows))
    assert len(found.tables["items"]["item"]) == 20
    finding = checks(found)["wrong_header"]
    assert (finding.rows, finding.consequence) == (1, "marked")
    assert "row 22" in finding.example
    assert "ann@" not in repr(found)
    assert "ann@" not in repr(found.findings) + repr(found.rejected)


def test_same_key_same_content_counts_once_and_other_content_switches_off() -> None:
    """Overlapping files repeat rows; contradicting rows are nobody's to choose between."""
    row = ["A-1", "1", "Bug", "Done", "2026-03-05"]
    found = read(layouts.as_csv(JIRA, [row, row, ["A-2", "2", "Bug", "Done", "2026-03-05"]]))
    assert found.tables["items"]["item"] == ["A-1", "A-2"]
    assert checks(found)["duplicate"].rows == 1
    found = read(layouts.as_csv(JIRA, [row, ["A-1", "1", "Bug", "To Do", "2026-03-05"]]))
    finding = checks(found)["conflict"]
    assert (finding.rows, finding.consequence, finding.example) == (1, "off", "A-1")


def test_a_file_that_ends_at_a_limit_was_probably_cut_off() -> None:
    """1,000 rows are too round."""
    found = read(layouts.jira(layouts.make_items(1_000), layouts.iso, has_times=False))
    assert checks(found)["export_limit"].consequence == "marked"


def test_zone_said_makes_durations_exact_over_a_change_of_the_clock() -> None:
    """On 29 March 2026 clocks in Berlin skip an hour: from 1:00 to 4:00 are two hours."""
    header = [*JIRA, "Actual start", "Resolved"]
    row = ["A-1", "1", "Bug", "Done", "2026-03-28 09:00", "2026-03-29 01:00", "2026-03-29 04:00"]
    meaning = Meaning("project", {}, STATES)
    found = with_meaning(read(layouts.as_csv(header, [row])), meaning)
    assert found.tables["items"]["flow_days"] == [3 / 24]
    assert checks(found)["zone"].rows == 1
    found = with_meaning(read(layouts.as_csv(header, [row]), settings=ReadSettings(zone="Europe/Berlin")), meaning)
    assert found.tables["items"]["flow_days"] == [2 / 24]
    assert "zone" not in checks(found)


def test_the_last_done_wins_and_what_is_open_again_is_open() -> None:
    """A done day of an item that is not done shows that it was opened again; a missing one is its status's own day."""
    header = [*JIRA, "Resolved", "Status Category Changed"]
    rows = [
        ["A-1", "1", "Bug", "In Progress", "2026-03-01", "2026-03-05", "2026-03-06"],
        ["A-2", "2", "Bug", "Done", "2026-03-01", "", "2026-03-07"],
        ["A-3", "3", "Bug", "Done", "2026-03-01", "2026-03-08", "2026-03-09"],
    ]
    found = with_meaning(read(layouts.as_csv(header, rows)), Meaning("project", {}, STATES))
    days = [None if done is None else done.day for done in found.tables["items"]["done"]]
    assert days == [None, 7, 8]
    assert found.tables["items"]["reopened"] == [1, 0, 0]


def test_cells_that_are_no_date_reject_their_row_and_a_whole_column_stops() -> None:
    """Each with what was seen; nothing is left blank in silence."""
    rows = [[f"A-{n}", str(n), "Bug", "Done", f"2026-03-{n:02d}"] for n in range(1, 20)]
    found = read(layouts.as_csv(JIRA, [*rows, ["A-20", "20", "Bug", "Done", "soon"]]))
    (fault,) = found.rejected
    assert "'soon' is no date" in fault.found
    assert fault.cell == "row 21, column Created"
    with pytest.raises(ClientDataError, match="most cells of the column are no dates"):
        read(layouts.as_csv(JIRA, [["A-1", "1", "Bug", "Done", "soon"], ["A-2", "2", "Bug", "Done", "later"]]))


# -- Azure DevOps ------------------------------------------------------------------------------------------------------


def test_a_tree_gives_parents_and_a_path_its_product() -> None:
    """The row above, one title to the left, is the parent; a path's last part may be a product."""
    rows = [
        ["1", "Epic", "Top", "", "", "Active", "2026-03-13", "Client\\Motor"],
        ["2", "Feature", "", "Middle", "", "Active", "2026-03-14", "Client\\Motor\\Claims"],
        ["3", "Story", "", "", "Low", "New", "2026-03-15", "Client"],
        ["4", "Feature", "", "Other", "", "New", "2026-03-16", "Client\\Motor"],
        ["5", "Epic", "Top two", "", "", "New", "2026-03-17", "Client\\Motor"],
    ]
    header = ["ID", "Work Item Type", "Title 1", "Title 2", "Title 3", "State", "Created Date", "Area Path"]
    found = read(layouts.as_csv(header, rows))
    assert found.layout == "tree"
    assert found.tables["items"]["parent"] == ["", "1", "2", "1", ""]
    matches = match_places(found.places["area"], [("motor", "Motor"), ("portal", "Claims")])
    assert {match.place: match.product for match in matches} == {
        "Client\\Motor": "motor",
        "Client\\Motor\\Claims": "portal",
        "Client": "",
    }
    meaning = Meaning("area", {"Client\\Motor": "motor"})
    assert meaning.product("Client\\Motor\\Claims") == "motor"


def test_a_query_without_dates_says_which_columns_to_add() -> None:
    """No dates unless somebody chose them."""
    content = layouts.as_csv(["ID", "Work Item Type", "Title", "State"], [["1", "Bug", "x", "New"]])
    with pytest.raises(ClientDataError, match="Add Created Date, Activated Date"):
        read(content)


# -- GitHub ------------------------------------------------------------------------------------------------------------


def pull(number: int, **said: Any) -> dict[str, Any]:
    """Return a pull request as ``gh pr list --json`` writes it."""
    return {
        "number": number,
        "createdAt": "2026-03-05T09:00:00Z",
        "mergedAt": "2026-03-07T09:00:00Z",
        "state": "MERGED",
        "url": f"https://github.com/client/mot/pull/{number}",
        "author": {"login": "ann", "is_bot": False},
        "commits": [
            {"authoredDate": "2026-03-04T08:00:00Z", "committedDate": "2026-03-06T08:00:00Z"},
            {"authoredDate": "2026-03-05T08:00:00Z", "committedDate": "2026-03-06T08:00:00Z"},
        ],
        "closingIssuesReferences": [{"number": 3, "url": "https://github.com/client/mot/issues/3"}],
        **said,
    }


def test_merged_pull_requests_are_changes_tied_to_their_items() -> None:
    """They begin with the first commit as it was written; the others never reach production; bots are named."""
    records = [
        pull(1),
        pull(2, mergedAt=None, state="CLOSED"),
        pull(3, author={"login": "dependabot[bot]"}, closingIssuesReferences=[]),
    ]
    found = read(json.dumps(records).encode(), "prs.json")
    rows = found.tables["changes"]
    assert rows["change"] == ["client/mot#1", "client/mot#3"]
    assert rows["item"] == ["client/mot#3", ""]
    assert rows["committed"][0] == dt.datetime(2026, 3, 4, 8, tzinfo=dt.UTC)
    assert rows["is_bot"] == [False, True]
    assert checks(found)["bot"].rows == 1
    assert "2 of 3 pull requests" in found.remarks[0]


def test_pull_requests_among_issues_are_no_items() -> None:
    """REST lists both; only issues are work."""
    issue = {
        "number": 1,
        "created_at": "2026-03-05T09:00:00Z",
        "state": "open",
        "html_url": "https://github.com/c/r/issues/1",
    }
    records = [issue, {**issue, "number": 2, "pull_request": {"url": "x"}, "html_url": "https://github.com/c/r/pull/2"}]
    found = read(json.dumps(records).encode(), "issues.json")
    assert found.tables["items"]["item"] == ["c/r#1"]
    assert checks(found)["pull_request"].rows == 1


def test_gh_stops_at_thirty_unless_told() -> None:
    """A file of exactly 30 was cut off by the command's own limit."""
    found = read(layouts.github_issues(layouts.make_items(30)), "issues.json")
    assert checks(found)["export_limit"].rows == 30


# -- ServiceNow --------------------------------------------------------------------------------------------------------


def test_a_log_becomes_cases_by_its_last_rows() -> None:
    """Four events a case are one incident, with the state, end and priority of the last; the count is said."""
    found = read(layouts.servicenow(ITEMS, is_log=True))
    rows = found.tables["incidents"]
    assert len(rows["incident"]) == len(ITEMS)
    assert found.layout == "log"
    assert checks(found)["events_as_cases"].rows == 3 * len(ITEMS)
    assert rows["status"] == [{"Done": "Closed", "In Progress": "Active", "To Do": "New"}[i.status] for i in ITEMS]
    assert set(rows["priority"]) == {"1"}
    assert [end is None for end in rows["restored"]] == [item.done is None for item in ITEMS]


def test_a_log_that_nothing_orders_is_refused() -> None:
    """Nobody can tell which row of a case is the last."""
    header = ["number", "state", "opened_at", "resolved_at"]
    rows = [["INC0000001", state, "2026-03-05 09:00:00", "?"] for state in ("New", "Active")]
    with pytest.raises(ClientDataError, match="nothing tells which row of a case is the last"):
        read(layouts.as_csv(header, rows))


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "category", "expected"),
    [
        ("Ready for Development", "", "waiting"),
        ("Waiting for review", "In Progress", "waiting"),
        ("Code Review", "In Progress", "active"),
        ("Anything", "Done", "done"),
        ("In Arbeit", "", "active"),
        ("Terminé", "", "done"),
        ("CLOSED: NOT_PLANNED", "", "done"),
        ("Won't Do", "", "done"),
        ("3", "", "waiting"),
        ("Quokka", "", ""),
    ],
)
def test_states_are_proposed_by_category_and_words(status: str, category: str, expected: str) -> None:
    """What waits inside "in progress" waits; what no word explains is asked."""
    assert propose_state(status, category) == expected


def test_places_match_exactly_by_alias_or_nearly_and_never_two() -> None:
    """A near match is marked, one that fits two products is none."""
    products = [("motor-private", "Motor private"), ("claims", "Claims portal"), ("a1", "Same"), ("a2", "Same")]
    cells = ["MOTOR PRIVATE", "Claim portal", "KFZ", "Same", "Zoo", "Zoo"]
    found = {m.place: (m.product, m.is_near) for m in match_places(cells, products, [("motor-private", "KFZ")])}
    assert found == {
        "MOTOR PRIVATE": ("motor-private", False),
        "Claim portal": ("claims", True),
        "KFZ": ("motor-private", False),
        "Same": ("", False),
        "Zoo": ("", False),
    }


def test_the_column_with_most_known_products_is_proposed() -> None:
    """Not the first, but the one that tells."""
    places = {"project": ["P", "P", "P"], "component": ["Motor", "Motor;UI", ""]}
    meaning, _ = propose_meaning(places, {}, [], [("motor", "Motor")], [], None)
    assert meaning.product_from == "component"
    assert meaning.products == {"Motor": "motor", "UI": ""}


def test_no_person_leaves_the_file() -> None:
    """Names, addresses and comments stand in no table, whatever the tracker."""
    files = [
        (layouts.jira(ITEMS), "a.csv"),
        (layouts.azure(ITEMS), "b.csv"),
        (layouts.github_issues(ITEMS, extra=True), "c.json"),
        (json.dumps([pull(1)]).encode(), "d.json"),
        (layouts.servicenow(ITEMS), "e.csv"),
    ]
    for content, file in files:
        found = read(content, file)
        said = repr(found.tables) + repr(found.places) + repr(found.findings) + repr(found.rejected)
        for person in ("Ann", "ann@", "bob", "Caller 12", "557058"):
            assert person not in said, file
        assert found.people or file == "d.json" or "extra" in file


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"<html><body>login</body></html>", "login"),
        (b"[1, 2]", "no list of records"),
        (b"{broken", "cannot be read as JSON"),
        (b"Issue key,Issue id\n", "no row"),
        ("Issue key,Status\nA-1,Büro\n".encode("cp1252"), "--encoding"),
    ],
)
def test_files_that_are_none_are_refused_in_a_sentence(content: bytes, match: str) -> None:
    """Each says what it is and what to do."""
    with pytest.raises(ClientDataError, match=match):
        read(content)


def test_an_old_encoding_is_read_when_said() -> None:
    """cp1252, as a spreadsheet writes it."""
    from workbench.engagement.trackers.recognise import HEADERS, find_tracker
    from workbench.engagement.trackers.source import read_source

    content = layouts.jira(ITEMS, layouts.named("fr"), titles="fr", way=Way(encoding="cp1252"))
    source = read_source(content, "export.csv", HEADERS, encoding="cp1252")
    assert len(find_tracker(source).read(source, ReadSettings()).tables["items"]["item"]) == len(ITEMS)


@pytest.mark.parametrize(
    ("content", "file"),
    [
        (layouts.jira(ITEMS), "jira.csv"),
        (layouts.azure(ITEMS), "data.csv"),
        (layouts.azure(ITEMS, is_tree=True), "tree.csv"),
        (layouts.github_issues(ITEMS), "issues.json"),
        (layouts.servicenow(ITEMS), "incident.csv"),
    ],
    ids=["jira", "azure", "tree", "github", "servicenow"],
)
def test_clean_files_raise_nothing(content: bytes, file: str) -> None:
    """With the zone said, not one finding and no row left out."""
    found = read(content, file, ReadSettings(zone="Europe/Berlin"))
    assert found.findings == ()
    assert found.rejected == ()
    assert found.rows == len(ITEMS)
