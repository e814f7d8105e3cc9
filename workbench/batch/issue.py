"""A run that a client has received: read-only, named, held for ever, and told among the publications."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from workbench.batch.runs import HELD, find_damage, read_manifest, sync_folder
from workbench.engagement.locks import alone
from workbench.engagement.places import engagement_folder, find_root, reports_folder
from workbench.engagement.publications import list_publications, note_issued
from workbench.errors import UsageError, nearest

LONGEST_LABEL = 80
"""Characters (ours): it stands in one line of a list."""


@dataclass(frozen=True)
class Issued:
    """A run that is frozen.

    Attributes
    ----------
    engagement, run, label : str
    folder : Path
        Of the run.
    """

    engagement: str
    run: str
    label: str
    folder: Path


def issue_run(engagement: str, label: str, *, run: str = "", root: Path | None = None) -> Issued:
    """Freeze a published run: its files become read-only, it is kept by every pruning, and the ledger has its label.

    Parameters
    ----------
    engagement, label : str
        The label says what for: "Board, October".
    run : str
        By default the one that ``latest`` leads to.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or run, its files are not as its manifest has them, it was withdrawn or issued
        before, or the label is none or taken.
    """
    root = root or find_root()
    name = engagement_folder(engagement, root=root).name
    home = reports_folder(root) / name
    _check_label(label)
    folder = _find_run(name, home, run)
    manifest = read_manifest(folder)
    if manifest is not None and "files" not in manifest:
        raise UsageError(
            f"{folder} was published when runs kept no hashes of their files, so nobody can tell whether it is as it "
            f"was. Run it again: workbench run {name} --fresh"
        )
    damage = find_damage(folder)
    if manifest is None or damage:
        raise UsageError(
            f"{folder} is not as it was published ({', '.join(damage[:3])}): nobody should receive it. "
            f"Run it again: workbench run {name} --fresh"
        )
    chosen = str(manifest["run"])
    for entry in list_publications(name, root):
        if entry.label == label and entry.run != chosen:
            raise UsageError(f"{entry.run} was issued as {label!r} already. Choose another label.")
        if entry.run == chosen and entry.withdrawn:
            raise UsageError(f"{chosen} was withdrawn, as nobody received it. Issue another run.")
        if entry.run == chosen and entry.label not in ("", label):
            raise UsageError(f"{chosen} was issued as {entry.label!r} already, and keeps that name.")
    with alone(home):  # a pruning would take it away meanwhile
        folder = _find_run(name, home, run)
        (home / "runs").mkdir(exist_ok=True)
        (home / "runs" / f"{chosen}{HELD}").touch(mode=0o600)
        sync_folder(home / "runs")
        note_issued(home, chosen, label, when=str(manifest["finished"]), only=str(manifest.get("only", "")))
        for path in (*folder.rglob("*"), *([folder] if folder.parent == home / "runs" else [])):
            if not path.is_symlink():  # a folder that stands where the link would be is moved by the next run
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    return Issued(name, chosen, label, folder)


def _check_label(label: str) -> None:
    if not label.strip() or label != label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
        raise UsageError(f'The label is one line of 1 to {LONGEST_LABEL} characters, such as "Board, October".')


def _find_run(name: str, home: Path, run: str) -> Path:
    """Return a run's own folder: what a link leads to, not the link."""
    if not run:
        latest = home / "latest"
        if not latest.is_dir():
            raise UsageError(f"{name} has no report yet. Make one with: workbench run {name}")
        folder = latest.resolve()
        if latest.is_symlink() and folder.parent != (home / "runs").resolve():
            raise UsageError(f"{latest} leads elsewhere than to a run. Run it again: workbench run {name}")
        return folder
    known = [path.name for path in (home / "runs").glob("*") if path.is_dir()]
    if run not in known:
        there = nearest(run, known) or (f"There are: {', '.join(sorted(known))}." if known else "There is none yet.")
        raise UsageError(f"{name} has no run {run!r}. {there}")
    return home / "runs" / run
