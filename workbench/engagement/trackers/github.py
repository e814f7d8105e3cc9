"""GitHub issues and pull requests as the command ``gh`` writes them: ``gh issue list`` and ``gh pr list --json``.

REST's spelling (``created_at``) is read too. There a pull request is an issue as well; it never counts as an item here.
A merged pull request is a change: it begins with its first commit (``--json commits``), and when it reached production
only deployments tell (``gh api repos/OWNER/NAME/deployments``). ``closingIssuesReferences`` ties it to its items.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.engagement.trackers.imported import (
    Imported,
    ReadSettings,
    Rows,
    count_finding,
    limit_finding,
    localise,
    without_repeats,
)
from workbench.engagement.trackers.source import TrackerFile, spelled
from workbench.engagement.trackers.work_items import rejection_finding
from workbench.errors import Fault
from workbench.outcomes.work_tables import WORK_TABLES

VENDOR, TITLE = "github", "GitHub"
LIMITS = (30, 100, 1_000)
"""``gh`` lists 30 unless --limit says more; a page of REST has 100, a search 1,000."""

HEADERS = frozenset({"number", "createdat", "created_at", "closedat", "closed_at", "mergedat", "merged_at", "state"})
PEOPLE = ("author", "assignees", "assignee", "user", "mergedBy", "merged_by", "reviewRequests", "reviews", "comments")
_CAMEL = re.compile(r"_([a-z])")
_REPOSITORY = re.compile(r"^https?://[^/]+/(?:api/v3/)?(?:repos/)?([^/]+/[^/]+)/(?:issues|pull|pulls|deployments)/\d+")
_BOT = re.compile(r"(?:\[bot\]|^app/)", re.IGNORECASE)


def detect(header: Iterable[str]) -> float:
    """Return how surely the keys of JSON records are GitHub's, 0 to 1.

    Examples
    --------
    >>> detect(["number", "createdAt", "state", "title"])
    1.0
    """
    titles = {spelled(title).replace("_", "") for title in header}
    if "sysid" in titles or "openedat" in titles:
        return 0.0
    if titles >= {"environment", "createdat"} and titles & {"sha", "ref", "lateststatus"}:
        return 1.0
    return (("number" in titles) + ("createdat" in titles)) / 2


def kind_of(source: TrackerFile) -> str:
    """Return which of GitHub's lists a file is, empty for issues."""
    titles = {spelled(title).replace("_", "") for title in source.header}
    if "environment" in titles:
        return "deployments"
    return "pulls" if "mergedat" in titles else ""


def read(source: TrackerFile, settings: ReadSettings) -> Imported:
    """Return issues as items, or merged pull requests as changes, whichever the file holds."""
    records = [{_camel(key): value for key, value in record.items()} for record in source.records]
    if records and all("environment" in record for record in records):
        return _deployments(source, records, settings)
    pulls = [_is_pull(record) for record in records]
    keys = [_key(record) for record in records]
    rejected: list[Fault] = []
    bad: set[int] = set()
    for row, record in enumerate(records):
        number, created = record.get("number"), record.get("createdAt")
        if not isinstance(number, int) or _moment(created) is None:
            bad.add(row)
            found = f"record {row + 1} has number {number!r} and createdAt {created!r}"
            remedy = "Export again: gh issue list --json number,createdAt,closedAt,state,labels,url"
            rejected.append(Fault(source.file, "", f"record {row + 1}", found, "a number and a time.", remedy))
    main = "changes" if all(pulls) else "items"
    wanted = [row for row in range(len(records)) if row not in bad and (main == "changes" or not pulls[row])]
    kept, findings = without_repeats(source, keys, main, wanted)
    findings += [*limit_finding(source, main, LIMITS), *rejection_finding(rejected, main, len(records))]
    if main == "changes":
        return _changes(source, records, keys, kept, settings, tuple(rejected), tuple(findings))
    if any(pulls):
        words = ("is a pull request and no item", "are pull requests and no items")
        detail = "GitHub lists pull requests among issues. Import them apart: gh pr list --json …"
        count = sum(pulls)
        findings.append(count_finding("pull_request", "items", count, len(records), words, detail))
    rows: Rows = {name: [""] * len(kept) for name in WORK_TABLES["items"].columns}
    chosen = [records[row] for row in kept]
    rows["item"] = [keys[row] for row in kept]
    rows["type"] = [_first(record, "type", "issueType") or _labelled(record) for record in chosen]
    rows["status"] = [_status(record) for record in chosen]
    for name, key in (("created", "createdAt"), ("done", "closedAt"), ("updated", "updatedAt")):
        rows[name] = list(localise([_moment(record.get(key)) for record in chosen], settings.zone))
    rows["created_raw"] = [str(record.get("createdAt") or "") for record in chosen]
    rows["done_raw"] = [str(record.get("closedAt") or "") for record in chosen]
    rows["parent"] = [_parent(record) for record in chosen]
    for name in ("started", "points", "flow_days", "active_seconds", "waiting_seconds", "reopened"):
        rows[name] = [None] * len(kept)
    places = _places(chosen)
    return Imported(
        VENDOR,
        "issues",
        "items",
        {"items": rows},
        places,
        {},
        [None] * len(kept),
        tuple(rejected),
        tuple(findings),
        {},
        tuple(name for name in source.header if name in PEOPLE),
        remarks=("Issues have no start of work; what is measured from a start is not stated for them.",),
    )


def _changes(
    source: TrackerFile,
    records: list[dict[str, Any]],
    keys: list[str],
    kept: list[int],
    settings: ReadSettings,
    rejected: tuple[Fault, ...],
    findings: tuple[Any, ...],
) -> Imported:
    merged = [row for row in kept if _moment(records[row].get("mergedAt")) is not None]
    rows: Rows = {name: [""] * len(merged) for name in WORK_TABLES["changes"].columns}
    chosen = [records[row] for row in merged]
    rows["change"] = [keys[row] for row in merged]
    rows["item"] = [";".join(_issues(record)) for record in chosen]
    rows["committed"] = list(localise([_first_commit(record) for record in chosen], settings.zone))
    rows["merged"] = list(localise([_moment(record.get("mergedAt")) for record in chosen], settings.zone))
    rows["is_bot"] = [_is_bot(record) for record in chosen]
    for name in ("deployed_at", "hours_commit_to_deploy"):
        rows[name] = [None] * len(merged)
    remarks = [f"{len(merged)} of {len(kept)} pull requests were merged and are changes; the others never will be."]
    if not any(rows["committed"]):
        remarks.append("No commits are in the file: add commits to --json, else lead time cannot begin with a commit.")
    bots = sum(bool(cell) for cell in rows["is_bot"])
    if bots:
        words = ("was made by a bot", "were made by bots")
        detail = "They count as changes; updates of libraries are quick and may flatter lead time."
        findings = (*findings, count_finding("bot", "changes", bots, len(merged), words, detail))
    return Imported(
        VENDOR,
        "pull requests",
        "changes",
        {"changes": rows},
        _places(chosen),
        {},
        [None] * len(merged),
        rejected,
        tuple(findings),
        {},
        tuple(name for name in source.header if name in PEOPLE),
        remarks=tuple(remarks),
    )


def _deployments(source: TrackerFile, records: list[dict[str, Any]], settings: ReadSettings) -> Imported:
    """Return deployments: when each ended and how, where its last status is in the file."""
    keys = [f"{_repository(record)}@{record.get('id') or record.get('databaseId')}" for record in records]
    wanted = [row for row, record in enumerate(records) if _moment(record.get("createdAt")) is not None]
    kept, findings = without_repeats(source, keys, "deployments", wanted)
    findings += limit_finding(source, "deployments", LIMITS)
    chosen = [records[row] for row in kept]
    last = [held if isinstance(held := record.get("latestStatus"), Mapping) else {} for record in chosen]
    rows: Rows = {name: [""] * len(kept) for name in WORK_TABLES["deployments"].columns}
    rows["deployment"] = [keys[row] for row in kept]
    rows["environment"] = [str(record.get("environment") or "") for record in chosen]
    rows["result"] = [
        str(status.get("state") or record.get("state") or "").lower()
        for status, record in zip(last, chosen, strict=True)
    ]
    ends = [
        _moment(status.get("createdAt") or status.get("created_at")) or _moment(record.get("createdAt"))
        for status, record in zip(last, chosen, strict=True)
    ]
    rows["deployed_at"] = list(localise(ends, settings.zone))
    for name in ("failed", "restored_at", "hours_to_restore", "unplanned_fix"):
        rows[name] = [None] * len(kept)
    silent = (
        "No status is in the file, so each counts as one that ran to its end: ask for latestStatus { state createdAt }."
    )
    return Imported(
        VENDOR,
        "deployments",
        "deployments",
        {"deployments": rows},
        _places(chosen),
        {},
        [None] * len(kept),
        (),
        tuple(findings),
        {},
        tuple(name for name in source.header if name in (*PEOPLE, "creator")),
        remarks=() if any(rows["result"]) else (silent,),
    )


def _camel(key: str) -> str:
    return _CAMEL.sub(lambda found: found.group(1).upper(), key)


def _is_pull(record: Mapping[str, Any]) -> bool:
    return "mergedAt" in record or "pullRequest" in record or "/pull/" in str(record.get("url") or "")


def _key(record: Mapping[str, Any]) -> str:
    repository = _repository(record)
    return f"{repository}#{record.get('number')}" if repository else f"#{record.get('number')}"


def _repository(record: Mapping[str, Any]) -> str:
    for key in ("url", "htmlUrl"):
        found = _REPOSITORY.match(str(record.get(key) or ""))
        if found:
            return found.group(1)
    held = record.get("repository")
    if isinstance(held, Mapping):
        return str(held.get("nameWithOwner") or held.get("full_name") or held.get("name") or "")
    return str(held or "")


def _moment(value: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    if found is None or found.year < 1900:  # gh writes the year 1 where there is none
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


def _named(values: object) -> list[str]:
    found = values if isinstance(values, list) else []
    return [str(held.get("name") if isinstance(held, Mapping) else held) for held in found if held]


def _first(record: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        held = record.get(key)
        name = held.get("name") if isinstance(held, Mapping) else held
        if isinstance(name, str) and name:
            return name
    return ""


def _labelled(record: Mapping[str, Any]) -> str:
    """Return the labels of an issue, which many use for its type."""
    return ";".join(sorted(_named(record.get("labels"))))


def _status(record: Mapping[str, Any]) -> str:
    state = str(record.get("state") or ("CLOSED" if record.get("closed") else "OPEN")).upper()
    reason = str(record.get("stateReason") or "").upper()
    return f"{state}: {reason}" if state == "CLOSED" and reason == "NOT_PLANNED" else state


def _parent(record: Mapping[str, Any]) -> str:
    held = record.get("parent")
    return _key(held) if isinstance(held, Mapping) and held.get("number") else ""


def _places(records: list[dict[str, Any]]) -> dict[str, list[str]]:
    found = {
        "repository": [_repository(record) for record in records],
        "label": [";".join(_named(record.get("labels"))) for record in records],
        "milestone": [
            str((record.get("milestone") or {}).get("title") or "")
            if isinstance(record.get("milestone"), Mapping)
            else ""
            for record in records
        ],
    }
    return {name: cells for name, cells in found.items() if any(cells)} or {"repository": found["repository"]}


def _issues(record: Mapping[str, Any]) -> list[str]:
    held = record.get("closingIssuesReferences") or []
    nodes = held.get("nodes", []) if isinstance(held, Mapping) else held
    found = []
    for issue in nodes:
        if isinstance(issue, Mapping) and issue.get("number"):
            own = _key(issue)
            found.append(own if not own.startswith("#") else f"{_repository(record)}{own}")
    return found


def _first_commit(record: Mapping[str, Any]) -> dt.datetime | None:
    """Return when the first commit was written; what was rebased keeps its author's time."""
    commits = record.get("commits")
    times = [
        _moment(commit.get("authoredDate") or commit.get("committedDate"))
        for commit in (commits if isinstance(commits, list) else [])
        if isinstance(commit, Mapping)
    ]
    return min((time for time in times if time is not None), default=None)


def _is_bot(record: Mapping[str, Any]) -> bool:
    author = record.get("author") or record.get("user") or {}
    if not isinstance(author, Mapping):
        return False
    return (
        bool(author.get("is_bot")) or author.get("type") == "Bot" or bool(_BOT.search(str(author.get("login") or "")))
    )
