"""The morning page: how the night went, what failed and what to do about it, where the time went; and as JSON.

``reports/_batch/<batch>/index.html`` and ``batch.json``, copied to ``reports/``. It names every client, so it never
lies in a client's folder; it quotes no cell of a client's, and a bottom line only where that client's settings permit.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.batch.failures import remedy_of
from workbench.batch.ledger import Ledger
from workbench.batch.progress import say_count, say_reports, say_seconds
from workbench.batch.publish import write_json
from workbench.batch.results import CAUSES, BatchResult, EngagementResult, JobResult
from workbench.batch.runs import read_manifest
from workbench.batch.status import last_failure

MOST_LISTED = 10
"""Slowest and largest notebooks that are listed (ours)."""

RAN = ("done", "failed")
"""How a notebook went that took time."""

SLOW, LEAST_SECONDS = 2.0, 5.0
"""Told where a run took this many times what is usual, and at least so many seconds more (ours)."""

PAGES = "_batch"
"""Folder of the pages of all batches; no engagement's name begins so."""

MOST_EARLIER = 10
"""Earlier batches that the page leads to (ours)."""


def morning_page(
    result: BatchResult, ledger: Ledger, reports: Path, *, finished: str = "", known: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the page says, as plain values.

    Parameters
    ----------
    result : BatchResult
    ledger : Ledger
        Knows what is usual.
    reports : Path
        The folder of all reports.
    finished : str
        When, UTC.
    known : sequence of str
        Every engagement there is; of those that the batch was not asked for their last known state is told.
    """
    count, failed = len(result.engagements), len(result.failed)
    same = len(result.unchanged)
    asked = {held.engagement for held in result.engagements}
    others = [] if result.shard else [name for name in known if name not in asked]
    jobs = [(held, job) for held in result.engagements for job in held.jobs if job.status in RAN and job.attempts]
    slowest = sorted(jobs, key=lambda pair: -pair[1].seconds)[:MOST_LISTED]
    largest = sorted((pair for pair in jobs if pair[1].peak_mb), key=lambda pair: -pair[1].peak_mb)[:MOST_LISTED]
    return {
        "batch": result.id,
        "shard": result.shard,
        "finished": finished,
        "seconds": round(result.seconds, 3),
        "answer": f"{say_reports(count - same - failed, count, failed, same)}.",
        "done": count - same - failed,
        "unchanged": same,
        "failed": failed,
        "failures": _failures(result),
        "engagements": [_engagement(held, reports) for held in result.engagements],
        "others": [_other(name, reports) for name in others],
        "slow": _slow(result, ledger),
        "retried": [_job(held, job) for held in result.engagements for job in held.jobs if job.retried],
        "cold": _cold(result),
        "slowest": [_job(held, job) for held, job in slowest],
        "largest": [_job(held, job) for held, job in largest],
    }


def write_morning_page(
    result: BatchResult, ledger: Ledger, reports: Path, *, finished: str = "", known: Sequence[str] = ()
) -> Path:
    """Write page and JSON of a batch, and copies of both as the latest ones.

    Parameters
    ----------
    result, ledger, reports, finished, known
        As in `morning_page`.

    Returns
    -------
    Path
        ``reports/index.html``; of a shard its own page, since the whole is not known yet.
    """
    from workbench.report.html import rendered

    said = morning_page(result, ledger, reports, finished=finished, known=known)
    folder = reports / PAGES / result.id
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "batch.json", said)
    (folder / "index.html").write_text(rendered("morning.html", _shown(said, "../../")), encoding="utf-8", newline="\n")
    if result.shard:
        return folder / "index.html"
    _put(reports / "batch.json", json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    _put(reports / "index.html", rendered("morning.html", _shown(said, "", _earlier(reports, result.id))))
    return reports / "index.html"


def without_headlines(result: BatchResult) -> BatchResult:
    """Return a batch whose results hold a bottom line only where that client's settings permit."""
    engagements = tuple(
        held if may_headline(read_manifest(Path(held.folder)) if held.folder else None) else replace(held, answers=())
        for held in result.engagements
    )
    return replace(result, engagements=engagements)


def may_headline(manifest: Mapping[str, Any] | None) -> bool:
    """Return whether the settings that a report was made with permit its bottom line beside other clients'."""
    return bool(manifest and manifest.get("morning_headline"))


def _earlier(reports: Path, batch: str) -> list[dict[str, str]]:
    """Return the batches before this one, latest first."""
    found: list[dict[str, str]] = []
    for path in sorted((reports / PAGES).glob("*/batch.json"), reverse=True):
        if path.parent.name == batch or len(found) == MOST_EARLIER:
            continue
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                {
                    "finished": str(held["finished"]),
                    "answer": str(held["answer"]),
                    "page": f"{PAGES}/{path.parent.name}/index.html",
                }
            )
        except (OSError, ValueError, KeyError):
            continue
    return found


def find_pages(engagement: str, reports: Path) -> list[Path]:
    """Return the pages of all batches that name an engagement, and the files beside them; no link is followed."""
    found = []
    pages = () if (reports / PAGES).is_symlink() else sorted((reports / PAGES).glob("*/batch.json"))
    for path in pages:
        if not path.parent.is_symlink() and _names(path, engagement):
            found += sorted(path.parent.iterdir())
    if _names(reports / "batch.json", engagement):
        found += [path for path in (reports / "batch.json", reports / "index.html") if path.is_file()]
    return found


def forget_pages(engagement: str, reports: Path) -> list[Path]:
    """Remove the pages of all batches that name an engagement, and return them."""
    gone = find_pages(engagement, reports)
    for folder in {path.parent for path in gone} - {reports}:
        shutil.rmtree(folder)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _names(path: Path, engagement: str) -> bool:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        named = [*held["engagements"], *held.get("others", ())]
    except (OSError, ValueError, KeyError):
        return False
    return any(one["engagement"] == engagement for one in named)


def _failures(result: BatchResult) -> list[dict[str, Any]]:
    """Return the failures by cause, as the list of causes has them."""
    groups = []
    for cause, words in CAUSES.items():
        held = [one for one in result.failed if (one.cause or "internal") == cause]
        if held:
            rows = [row for one in held for row in _stops(one)]
            groups.append({"cause": cause, "title": words, "remedy": remedy_of(cause, "NAME"), "rows": rows})
    return groups


def _stops(result: EngagementResult) -> list[dict[str, Any]]:
    stopped = [job for job in result.jobs if job.status == "failed"]
    page = f"{result.engagement}/failed/{Path(result.folder).name}/error.html" if result.folder else ""
    faults = {"faults": result.n_faults, "first_fault": result.first_fault}
    if not stopped:
        return [{"engagement": result.engagement, "notebook": "", "cell": 0, "attempts": 0, "page": page, **faults}]
    return [
        {
            "engagement": result.engagement,
            **faults,
            "notebook": job.notebook,
            "cell": job.cell,
            "attempts": job.attempts,
            "page": page,
        }
        for job in stopped
    ]


def _engagement(result: EngagementResult, reports: Path) -> dict[str, Any]:
    manifest = read_manifest(reports / result.engagement / "latest")
    may_show = may_headline(manifest)
    return {
        "engagement": result.engagement,
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "report": f"{result.engagement}/latest/report.html" if manifest else "",
        "made": _minute(manifest["finished"]) if manifest else "",
        # the report's own record: a shard's ledger holds no words
        "answer": next(iter(manifest.get("answers", ())), "") if manifest and may_show and result.is_done else "",
    }


def _other(name: str, reports: Path) -> dict[str, Any]:
    """Return the last known state of an engagement that was not part of a batch."""
    manifest, failed = read_manifest(reports / name / "latest"), last_failure(reports / name)
    if failed and manifest and failed["finished"] <= manifest["finished"]:
        failed = None
    return {
        "engagement": name,
        "report": f"{name}/latest/report.html" if manifest else "",
        "made": _minute(manifest["finished"]) if manifest else "",
        "failed": _minute(failed["finished"]) if failed else "",
        "page": f"{name}/failed/{failed['run']}/error.html" if failed else "",
    }


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _slow(result: BatchResult, ledger: Ledger) -> list[dict[str, Any]]:
    found = []
    for held in result.engagements:
        usual = ledger.usual_seconds(held.engagement, before=result.id)
        if held.status == "done" and usual and held.seconds > max(SLOW * usual, usual + LEAST_SECONDS):
            found.append({"engagement": held.engagement, "seconds": held.seconds, "usual": usual})
    return found


def _cold(result: BatchResult) -> list[dict[str, Any]]:
    """Return why kernels started cold, the commonest reason first; a notebook that did not run has none."""
    jobs = [job for held in result.engagements for job in held.jobs if job.attempts and job.why_cold]
    return [{"why": why, "count": count} for why, count in Counter(job.why_cold for job in jobs).most_common()]


def _job(result: EngagementResult, job: JobResult) -> dict[str, Any]:
    return {
        "engagement": result.engagement,
        "notebook": job.notebook,
        "status": job.status,
        "seconds": round(job.seconds, 3),
        **job.measures(),
    }


def say_attempts(retried: Sequence[str]) -> str:
    """Return why a notebook was tried again, in words.

    Examples
    --------
    >>> say_attempts(["kernel_died", "kernel_died", "memory"])
    'its kernel died, twice; it needed more memory than there is'
    """
    words = []
    for cause, count in Counter(retried).items():
        said = CAUSES.get(cause, CAUSES["internal"])
        words.append(
            f"{said[0].lower()}{said[1:]}{', twice' if count == 2 else f', {count} times' if count > 2 else ''}"
        )
    return "; ".join(words)


def _title(said: Mapping[str, Any]) -> str:
    count, others = len(said["engagements"]), len(said["others"])
    if said["shard"]:
        return "Part of the night of all engagements"
    return f"A batch of {count} of {count + others} engagements" if others else "The night of all engagements"


def _lead(said: Mapping[str, Any]) -> str:
    words = ["What is unchanged was not run again: its last report stands."] if said["unchanged"] else []
    kept = [bool(one["report"]) for one in said["engagements"] if one["status"] == "failed"]
    if any(kept):
        words.append(f"{'What' if all(kept) else 'Where it has one, what'} failed keeps its last good report.")
    elif kept:
        words.append("What failed has no report yet.")
    return " ".join(words) or "Every report was made anew."


def _where(row: Mapping[str, Any]) -> str:
    parts = [
        f"code cell {row['cell']}" if row["cell"] else "",
        f"after {row['attempts']} attempts" if row["attempts"] > 1 else "",
        row["first_fault"],
        say_count(row["faults"], "fault") if row["faults"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _shown(said: Mapping[str, Any], up: str, earlier: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return the values of the template: cells as text and links."""
    has_headlines = any(one["answer"] for one in said["engagements"])
    ran = [(one["engagement"], one["notebook"]) for one in said["slowest"]]

    def link(text: str, target: str) -> Any:
        return {"text": text, "href": up + target} if target else text

    return {
        "answer": said["answer"],
        "title": _title(said),
        "lead": _lead(said),
        "has_headlines": has_headlines,
        "eyebrow": [
            part
            for part in (
                f"{said['finished']} UTC" if said["finished"] else "",
                f"took {say_seconds(said['seconds'])}",
                f"part {said['shard']}" if said["shard"] else "",
            )
            if part
        ],
        "failures": [
            {
                **group,
                "rows": [
                    (
                        row["engagement"],
                        row["notebook"] or "before any notebook ran",
                        _where(row),
                        link("what happened", row["page"]),
                    )
                    for row in group["rows"]
                ],
            }
            for group in said["failures"]
        ],
        "reports": [
            (
                one["engagement"],
                link(f"of {one['made']}", one["report"]) if one["report"] else "none",
                {"done": "new report"}.get(one["status"], one["status"]),
                f"{one['seconds']:.1f}",
                *([one["answer"]] if has_headlines else []),
            )
            for one in said["engagements"]
        ],
        "others": [
            (
                one["engagement"],
                link(f"of {one['made']}", one["report"]) if one["report"] else "none",
                link(f"failed on {one['failed']}", one["page"]) if one["failed"] else "",
            )
            for one in said["others"]
        ],
        "earlier": [
            (f"{one['finished']} UTC" if one["finished"] else "unknown", link(one["answer"], one["page"]))
            for one in earlier
        ],
        "slow": [(one["engagement"], f"{one['seconds']:.0f}", f"{one['usual']:.0f}") for one in said["slow"]],
        "retried": [
            (
                one["engagement"],
                one["notebook"],
                f"{'needed' if one['status'] == 'done' else 'failed after'} {one['attempts']} attempts",
                say_attempts(one["retried"]),
            )
            for one in said["retried"]
        ],
        "cold": [(one["why"], str(one["count"])) for one in said["cold"]],
        "slowest": [
            (
                one["engagement"],
                f"{one['notebook']}, stopped" if one["status"] == "failed" else one["notebook"],
                f"{one['seconds']:.1f}",
                f"{one['cpu_seconds']:.1f}" if one["cpu_seconds"] else "–",
                f"{one['peak_mb']:.0f}" if one["peak_mb"] else "–",
            )
            for one in said["slowest"]
        ],
        "largest": [
            (
                one["engagement"],
                f"{one['notebook']}, stopped" if one["status"] == "failed" else one["notebook"],
                f"{one['peak_mb']:.0f}",
                f"{one['seconds']:.1f}",
            )
            for one in said["largest"]
            if any((other["engagement"], other["notebook"]) not in ran for other in said["largest"])
        ],
    }


def _put(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new one."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)
