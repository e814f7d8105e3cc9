"""``workbench import tracker``: proposed, confirmed, written whole; the next file needs nothing or says what is new."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.engagement.trackers import layouts
from workbench import cli, outcomes
from workbench.engagement.load import load_engagement
from workbench.engagement.trackers.importing import TrackerOptions, TrackerOutcome, run_tracker_import
from workbench.engagement.trackers.preview import describe_tracker_import
from workbench.errors import ClientDataError, UsageError
from workbench.outcomes.flow import measure_flow

ROOT = Path(__file__).resolve().parents[3]
ITEMS = layouts.make_items(80)
CONFIRM = TrackerOptions(confirm=True)
CATALOGUE = """
tables:
  items: {key: [source, item], time: created, product: product}
metrics:
- {metric: items_made, label: Items written down, type: count, measure: {from: items}}
"""


class Room:
    """A client's folder, and exports beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "client_data" / "tiny"
        self.folder.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "templates").symlink_to(ROOT / "templates")
        (self.folder / "engagement.yaml").write_text("name: Tiny\nas_of: 2026-06-30\n")
        (self.folder / "products.csv").write_text("product,name\nmotor,Motor private\nportal,Claims portal\n")
        (self.folder / "metrics.yaml").write_text(CATALOGUE)

    def file(self, content: bytes, name: str = "export.csv") -> Path:
        """Write an export."""
        path = self.root / name
        path.write_bytes(content)
        return path

    def run(self, content: bytes, options: TrackerOptions | None = None, name: str = "export.csv") -> TrackerOutcome:
        """Import it."""
        return run_tracker_import(self.file(content, name), "tiny", options, root=self.root)

    def rows(self, table: str = "items") -> list[dict[str, str]]:
        """Return what stands in facts/."""
        path = self.folder / "facts" / f"{table}.csv"
        return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))

    @property
    def imports(self) -> dict[str, Any]:
        """What imports.yaml says."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "imports.yaml").read_text(encoding="utf-8"))["imports"]
        return found


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Return a client without facts."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_ONLY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Room(tmp_path)


def test_first_file_is_proposed_and_written_once_confirmed(room: Room) -> None:
    """Products by name, states by category, types asked; then items and moves, and the folder has no fault."""
    outcome = room.run(layouts.jira(ITEMS))
    assert not outcome.is_written
    assert not (room.folder / "facts").exists()
    said = describe_tracker_import(outcome)
    assert "Motor private" in said
    assert "→ motor" in said
    assert "Types are not told" in said
    assert "confirmed_on" not in room.imports["jira"]
    assert room.run(layouts.jira(ITEMS), CONFIRM).is_written
    rows = room.rows()
    assert [row["item"] for row in rows] == [item.key for item in ITEMS]
    assert {row["product"] for row in rows} == {"motor", "portal"}
    assert {row["state"] for row in rows} == {"waiting", "active", "done"}
    assert rows[0]["created_raw"] == layouts.named("en")(ITEMS[0].created)
    assert len(room.rows("moves")) > len(ITEMS)
    study = load_engagement("tiny", root=room.root)
    assert study.outcomes.work["items"]["item"].tolist() == [item.key for item in ITEMS]


def test_next_export_needs_nothing_and_keeps_what_it_does_not_hold(room: Room) -> None:
    """Newer rows take the place of older ones by key; older ones are not taken back."""
    room.run(layouts.jira(ITEMS[:60]), CONFIRM)
    ended = [layouts.replace(i, status="Done", done=i.updated, updated=i.updated) for i in ITEMS[50:60]]
    outcome = room.run(layouts.jira([*ended, *ITEMS[60:]]))
    assert outcome.is_written
    assert outcome.changes == ()
    placed = {held.table: held for held in outcome.placed}
    assert (placed["items"].added, placed["items"].replaced, placed["items"].kept) == (20, 10, 50)
    assert {row["item"] for row in room.rows()} == {item.key for item in ITEMS}
    assert {row["state"] for row in room.rows() if row["item"] in {item.key for item in ended}} == {"done"}
    content = (room.folder / "facts" / "items.csv").read_bytes()
    older = [layouts.replace(i, updated=i.created) for i in ITEMS if i.updated > i.created][:5]
    again = room.run(layouts.jira(older))
    assert {held.table: held.older for held in again.placed}["items"] == 5
    assert sorted((room.folder / "facts" / "items.csv").read_bytes().splitlines()) == sorted(content.splitlines())


def test_a_whole_file_takes_the_place_of_all_earlier_rows(room: Room) -> None:
    """--whole: what the file does not hold is gone; rows of other imports stay."""
    room.run(layouts.jira(ITEMS), CONFIRM)
    room.run(layouts.azure(ITEMS), CONFIRM, "data.csv")
    room.run(layouts.jira(ITEMS[:10]), TrackerOptions(is_whole=True))
    sources = [row["source"] for row in room.rows()]
    assert (sources.count("jira"), sources.count("azure_devops")) == (10, len(ITEMS))


def test_what_changed_is_one_sentence_and_waits_for_a_word(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new status, a new project, a column gone."""
    room.run(layouts.jira(ITEMS), CONFIRM)
    monkeypatch.setitem(layouts.CATEGORY, "Blocked", "In Progress")
    items = [layouts.replace(ITEMS[0], status="Blocked"), *ITEMS[1:]]
    outcome = room.run(layouts.jira(items))
    assert not outcome.is_written
    assert outcome.changes == ("1 status is new (Blocked → waiting).",)
    assert room.run(layouts.jira(items), CONFIRM).is_written
    content = layouts.jira(items).replace(b"Motor private", b"Pet insurance")
    assert room.run(content).changes == ("1 place is new (Pet insurance → nothing yet).",)
    room.run(content, CONFIRM)
    content = layouts.jira(items, renames={"Resolved": "When it ended"}).replace(b"Motor private", b"Pet insurance")
    assert "Resolved is no longer in the file." in room.run(content).changes


def test_a_status_that_nobody_explained_is_asked_before_anything_is_written(room: Room) -> None:
    """The fault names it and where to write; once written, the import goes on."""
    content = layouts.jira(ITEMS, has_category=False).replace(b",In Progress,", b",Quokka,")
    with pytest.raises(ClientDataError, match="'Quokka'"):
        room.run(content, CONFIRM)
    assert not (room.folder / "facts").exists()
    held = room.imports
    held["jira"]["labels"]["status"]["Quokka"] = "active"
    held["jira"]["labels"]["type"]["Bug"] = "defect"
    (room.folder / "imports.yaml").write_text(yaml.safe_dump({"imports": held}))
    assert room.run(content, CONFIRM).is_written
    assert {row["state"] for row in room.rows() if row["status"] == "Quokka"} == {"active"}
    assert {row["kind"] for row in room.rows() if row["type"] == "Bug"} == {"defect"}


def test_wrong_words_in_imports_yaml_are_faults_with_their_place(room: Room) -> None:
    """A product, a state and a kind that do not exist."""
    room.run(layouts.jira(ITEMS))
    held = room.imports
    held["jira"]["labels"]["product"]["Motor private"] = "motr"
    held["jira"]["labels"]["status"]["Done"] = "dne"
    held["jira"]["labels"]["type"]["Bug"] = "defects"
    (room.folder / "imports.yaml").write_text(yaml.safe_dump({"imports": held}))
    with pytest.raises(ClientDataError) as caught:
        room.run(layouts.jira(ITEMS), CONFIRM)
    told = [(fault.cell.rpartition("labels: ")[2], fault.remedy) for fault in caught.value.faults]
    assert told == [
        ("product: Motor private", "Did you mean 'motor'?"),
        ("status: Done", "Did you mean 'done'?"),
        ("type: Bug", "Did you mean 'defect'?"),
    ]


def test_order_of_days_once_said_is_kept(room: Room) -> None:
    """--date-order is asked once."""
    early = [
        layouts.replace(
            i,
            created=i.created.replace(day=3, month=5),
            started=None,
            done=None,
            status="To Do",
            updated=i.created.replace(day=3, month=5),
        )
        for i in ITEMS[:5]
    ]
    content = layouts.jira(early, layouts.european, has_times=False)
    with pytest.raises(ClientDataError, match="--date-order"):
        room.run(content, CONFIRM)
    room.run(content, TrackerOptions(confirm=True, date_order="day-month-year"))
    assert room.run(content).is_written
    assert {row["created"][:10] for row in room.rows()} == {"2026-05-03"}


def test_tables_of_the_client_are_never_replaced(room: Room) -> None:
    """A file of that name that no import wrote, as CSV or Parquet, is a fault."""
    facts = room.folder / "facts"
    facts.mkdir()
    (facts / "items.csv").write_text("source,what\na,b\n")
    with pytest.raises(ClientDataError, match="no import has written"):
        room.run(layouts.jira(ITEMS), CONFIRM)
    (facts / "items.csv").unlink()
    (facts / "items.parquet").write_bytes(b"x")
    with pytest.raises(ClientDataError, match="cannot add to it"):
        room.run(layouts.jira(ITEMS), CONFIRM)


def test_names_meet_no_other_import_and_options_are_checked(room: Room) -> None:
    """What is unknown is said with what there is."""
    room.run(layouts.jira(ITEMS), TrackerOptions(confirm=True, source="team-a"))
    assert {row["source"] for row in room.rows()} == {"team-a"}
    for options, match in (
        (TrackerOptions(zone="Europe/Berlyn"), "no time zone"),
        (TrackerOptions(date_order="dmy"), "day-month-year"),
        (TrackerOptions(product_from="squad"), "no column of the file"),
    ):
        with pytest.raises(UsageError, match=match):
            room.run(layouts.jira(ITEMS), options)
    with pytest.raises(UsageError, match="There is no file"):
        run_tracker_import(room.root / "none.csv", "tiny", root=room.root)


def test_what_the_import_found_reaches_the_report(room: Room) -> None:
    """Findings stand in imports.yaml without a name in them, and among the cautions."""
    room.run(layouts.jira([*ITEMS, ITEMS[3]]), CONFIRM)
    study = load_engagement("tiny", root=room.root)
    result = outcomes.measure(study.outcomes)
    told = [str(item) for item in outcomes.cautions(result)]
    assert any("repeats another and counts once" in text for text in told)
    assert result.work is not None
    assert result.work.flow is not None
    assert "Ann" not in (room.folder / "imports.yaml").read_text()
    assert "Ann" not in (room.folder / "facts" / "items.csv").read_text()


def test_the_command_says_what_it_did(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """From the shell: a preview, then the files."""
    path = room.file(layouts.jira(ITEMS))
    with pytest.raises(SystemExit) as ended:
        cli.main(["import", "tracker", str(path), "tiny", "--zone", "Europe/Berlin"])
    assert ended.value.code == 0
    assert "Nothing is in facts/ yet" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["import", "tracker", str(path), "tiny", "--confirm"])
    assert "Written: facts/items.csv, facts/moves.csv" in capsys.readouterr().out
    assert room.imports["jira"]["zone"] == "Europe/Berlin"


def test_deployments_and_changes_meet_and_the_ready_metrics_read_them(room: Room) -> None:
    """Pull requests, then deployments: each change gets its first deployment to production; `use: [dora]` is equal."""
    pulls = [
        {
            "number": number,
            "createdAt": f"2026-05-{number:02d}T08:00:00Z",
            "mergedAt": f"2026-05-{number:02d}T12:00:00Z",
            "url": f"https://github.com/client/mot/pull/{number}",
            "commits": [{"authoredDate": f"2026-05-{number:02d}T06:00:00Z"}],
        }
        for number in range(1, 21)
    ]
    deployments = [
        {
            "id": number,
            "environment": "staging" if number == 9 else "production",
            "created_at": f"2026-05-{number:02d}T13:00:00Z",
            "latestStatus": {
                "state": "FAILURE" if number == 5 else "SUCCESS",
                "createdAt": f"2026-05-{number:02d}T18:00:00Z",
            },
            "url": f"https://api.github.com/repos/client/mot/deployments/{number}",
            "sha": "x",
        }
        for number in range(1, 20)
    ]
    for content, name in ((pulls, "prs.json"), (deployments, "deployments.json")):
        room.run(json.dumps(content).encode(), name=name)
        held = room.imports
        for saved in held.values():
            saved["labels"]["product"] = {"client/mot": "motor"}
        (room.folder / "imports.yaml").write_text(yaml.safe_dump({"imports": held}))
        room.run(json.dumps(content).encode(), CONFIRM, name)
    assert set(room.imports) == {"github-pulls", "github-deployments"}
    changes = {row["change"]: row for row in room.rows("changes")}
    assert changes["client/mot#1"]["hours_commit_to_deploy"] == "12"
    assert changes["client/mot#5"]["deployment"] == "client/mot@6"  # the fifth failed
    assert changes["client/mot#9"]["deployment"] == "client/mot@10"  # the ninth was staging
    assert changes["client/mot#20"]["deployed_at"] == ""
    (room.folder / "metrics.yaml").write_text("use: [dora]\n")
    result = outcomes.measure(load_engagement("tiny", root=room.root).outcomes)
    assert result.work is not None
    assert result.work.delivery is not None
    lead = result.work.delivery.lead
    series = result.find("change_lead_hours_p50")
    assert series is not None
    month = series.frame[series.frame["period"] == dt.date(2026, 5, 1)]
    assert float(month["value"].iloc[0]) == lead.p50 == 12
    assert lead.open == 1


def test_ready_metrics_of_flow_say_the_same_as_the_measures(room: Room) -> None:
    """`use: [flow]` on the imported items: done in all months together, and the median of one month."""
    room.run(layouts.jira(ITEMS), CONFIRM)
    (room.folder / "metrics.yaml").write_text("use: [flow]\n")
    result = outcomes.measure(load_engagement("tiny", root=room.root).outcomes)
    assert result.off == ()
    frame = load_engagement("tiny", root=room.root).outcomes.work["items"]
    done = frame[frame["state"] == "done"]
    velocity, median = result.find("flow_velocity"), result.find("flow_time_p50")
    assert velocity is not None
    assert median is not None
    assert velocity.frame["value"].sum() == len(done)
    of_march = done[done["done"].dt.month == 3]["flow_days"]
    row = median.frame[median.frame["period"] == dt.date(2026, 3, 1)]
    assert float(row["value"].iloc[0]) == pytest.approx(float(of_march.quantile(0.5)))
    flow = measure_flow(frame, dt.date(2026, 6, 30), weeks=12)
    inside = done[
        (done["done"] >= pd.Timestamp(flow.since)) & (done["done"] < pd.Timestamp(flow.until) + pd.Timedelta(days=1))
    ]
    assert sum(flow.throughput) == len(inside)
    assert flow.time.p50 == pytest.approx(float(inside["flow_days"].quantile(0.5)))


# -- what was tampered with, or never a table --------------------------------------------------------------------------

DEPLOYMENTS = json.dumps(
    [
        {
            "id": number,
            "environment": "production",
            "createdAt": f"2026-05-{number:02d}T13:00:00Z",
            "latestStatus": {"state": "SUCCESS", "createdAt": f"2026-05-{number:02d}T18:00:00Z"},
            "url": f"https://api.github.com/repos/client/mot/deployments/{number}",
            "sha": "x",
        }
        for number in range(1, 6)
    ]
).encode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('[{"number": ' + "9" * 5_000 + "}]", "thousands of digits", id="endless number"),
        pytest.param('[{"number": 1, "state": "\\ud800"}]', "half a character", id="half a character"),
        pytest.param("Issue key,Status,Created" + ",x" * 20_000 + "\n" + "A-1,Done,x\n" * 1_500, "columns", id="wide"),
    ],
)
def test_a_file_that_nothing_can_be_made_of_is_refused(room: Room, text: str, found: str) -> None:
    """Python reads none of them, or would need more memory than there is."""
    with pytest.raises(ClientDataError, match=found):
        room.run(text.encode())


def test_an_estimate_without_end_is_blank(room: Room) -> None:
    """1e400 is too large for any number."""
    rows = layouts.jira([layouts.replace(item, points=777.0) for item in ITEMS]).replace(b",777,", b",1e400,")
    assert b"1e400" in rows
    room.run(rows, CONFIRM)
    assert "inf" not in (room.folder / "facts" / "items.csv").read_text().lower()


@pytest.mark.parametrize("name", ["facts", "facts/items.csv"])
def test_facts_that_lead_elsewhere_are_refused(room: Room, name: str) -> None:
    """Another client's file may stand behind a link, and a pipe keeps its reader waiting."""
    away = room.root / "elsewhere"
    away.mkdir()
    (room.folder / name).parent.mkdir(exist_ok=True)
    (room.folder / name).symlink_to(away if name == "facts" else away / "items.csv")
    with pytest.raises(ClientDataError, match="of its own"):
        room.run(layouts.jira(ITEMS), CONFIRM)
    assert not list(away.iterdir())


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param(
            "source,change,merged,committed\nx,1,31.02.2026,\nx,2,,soon\n", "row 3, column committed", id="time"
        ),
        pytest.param('source,change\n"x,1\n', "", id="open quotation mark"),
        pytest.param("source,change\nGrün,1\n".encode("latin-1"), "", id="letters"),
    ],
)
def test_changes_that_cannot_be_read_are_faults_of_their_file(room: Room, text: str | bytes, cell: str) -> None:
    """Deployments are tied to them, whoever wrote them; every cell is told."""
    (room.folder / "facts").mkdir()
    (room.folder / "facts" / "changes.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ClientDataError) as caught:
        room.run(DEPLOYMENTS, TrackerOptions(zone="UTC", confirm=True))
    assert {fault.file for fault in caught.value.faults} == {"facts/changes.csv"}
    assert cell in {fault.cell for fault in caught.value.faults}


def test_a_clients_own_changes_stay_as_they_are(room: Room) -> None:
    """Their further columns would be lost."""
    (room.folder / "facts").mkdir()
    own = "change,committed,merged,team\n1,2026-03-01,2026-03-02,red\n"
    (room.folder / "facts" / "changes.csv").write_text(own)
    room.run(DEPLOYMENTS, TrackerOptions(zone="UTC", confirm=True))
    assert (room.folder / "facts" / "changes.csv").read_text() == own


def test_a_zone_that_is_none_is_a_fault_of_imports_yaml(room: Room) -> None:
    """Somebody has corrected it by hand."""
    room.run(layouts.jira(ITEMS), TrackerOptions(zone="Europe/Berlin"))
    path = room.folder / "imports.yaml"
    path.write_text(path.read_text().replace("Europe/Berlin", "Nowhere/Land"))
    with pytest.raises(ClientDataError, match="'Nowhere/Land' is no time zone"):
        room.run(layouts.jira(ITEMS), CONFIRM)
