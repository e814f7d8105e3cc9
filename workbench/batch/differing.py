"""Two runs side by side: which numbers moved, and what moved of what they were made from; nothing is computed again.

A run keeps the hash of each file it read, its parameters, notebooks, code and versions, but no client's rows: a file
that changed is named, its cells are not. What moved is told beside a number where the number's own source names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.tracing import FIGURE_ID, Run, named_files, read_run, same_figure, shown_value
from workbench.errors import printable

HEADLINE = "summary"
"""The chapter whose numbers are the report's headline."""

MOST_MOVED = 5
"""Numbers of a chapter that are listed, in the order of the report (ours)."""


@dataclass(frozen=True)
class Cause:
    """Something that differs between the makings of two runs.

    Attributes
    ----------
    kind : str
        ``file``, ``parameter``, ``notebook``, ``code`` or ``version``.
    what : str
        File, parameter, notebook or package.
    how : str
        ``changed``, ``new``, ``gone``, or both values.
    """

    kind: str
    what: str
    how: str


@dataclass(frozen=True)
class Moved:
    """A number that is another, or is printed by one of the runs alone.

    Attributes
    ----------
    pillar : str
    before, after : mapping or None
        Fields of `Figure`.
    files : tuple of str
        Changed files that its source, or that of a number it names, speaks of.
    """

    pillar: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Two runs side by side.

    Attributes
    ----------
    before, after : Run
    moved : tuple of Moved
        In the order of the report; of a number whose interval alone moved too.
    causes : tuple of Cause
    n_same : int
        Numbers that are equal in both.
    """

    before: Run
    after: Run
    moved: tuple[Moved, ...]
    causes: tuple[Cause, ...]
    n_same: int


def compare_runs(engagement: str, before: str, after: str, *, root: Path | None = None) -> Difference:
    """Return which numbers moved between two runs, and what moved of what they were made from.

    Parameters
    ----------
    engagement, before, after : str
        The runs by name.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or run, or one cannot be read.
    """
    first, second = (read_run(engagement, run, root=root) for run in (before, after))
    causes = tuple(_causes(first.manifest, second.manifest))
    changed = {cause.what for cause in causes if cause.kind == "file"}
    known = {"inputs": [*first.manifest["inputs"], *second.manifest["inputs"]]}
    sources, earlier = _sources(second), _sources(first)
    now = {(one["pillar"], one["key"]) for one in second.figures}
    moved, n_same = [], 0
    for figure in second.figures:
        then = same_figure(first, figure)
        if then is not None and all(then[name] == figure[name] for name in ("value", "low", "high", "unit")):
            n_same += 1
        else:
            files = _named_changes(figure["id"], sources, known, changed)
            moved.append(Moved(figure["pillar"], then, figure, files))
    for one in first.figures:
        if (one["pillar"], one["key"]) not in now:
            moved.append(Moved(one["pillar"], one, None, _named_changes(one["id"], earlier, known, changed)))
    return Difference(first, second, tuple(moved), causes, n_same)


def _sources(held: Run) -> dict[str, str]:
    return {str(one["id"]): str(one["source"]) for one in held.figures}


def _named_changes(
    id_: str, sources: Mapping[str, str], known: Mapping[str, Any], changed: set[str]
) -> tuple[str, ...]:
    """Return the changed files that a number's source speaks of, also through the numbers that it names."""
    waiting, seen, found = [id_], set(), set()
    while waiting and changed:
        one = waiting.pop()
        if one not in seen and one in sources:
            seen.add(one)
            waiting += FIGURE_ID.findall(sources[one])
            found |= {path for paths in named_files(sources[one], known).values() for path in paths}
    return tuple(sorted(changed & found))


def _causes(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Cause]:
    files = [{str(one["path"]): str(one["sha256"]) for one in manifest["inputs"]} for manifest in (first, second)]
    yield from _pairs("file", *files, is_shown=False)
    yield from _pairs("parameter", *(_parameters(manifest) for manifest in (first, second)), is_shown=True)
    books = [
        {str(one["notebook"]): str(one["sha256"]) for one in manifest["notebooks"]} for manifest in (first, second)
    ]
    yield from _pairs("notebook", *books, is_shown=False)
    if first["code_sha256"] != second["code_sha256"]:
        yield Cause("code", "of the workbench", "changed")
    yield from _pairs("version", first["versions"], second["versions"], is_shown=True)


def _notebooks(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["notebook"]): str(one["sha256"]) for one in manifest["notebooks"]}


def _parameters(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{one['notebook']}, {name}": str(held["value"])
        for one in manifest["notebooks"]
        for name, held in one.get("parameters", {}).items()
    }


def _pairs(kind: str, first: Mapping[str, str], second: Mapping[str, str], *, is_shown: bool) -> Iterator[Cause]:
    for what in sorted({*first, *second}):
        then, now = first.get(what), second.get(what)
        if then != now:
            how = "new" if then is None else "gone" if now is None else f"{then} → {now}" if is_shown else "changed"
            yield Cause(kind, what, how)


# -- in words ---------------------------------------------------------------------------------------------------------


def describe_difference(held: Difference) -> tuple[str, ...]:
    """Return a difference as lines to print: the headline first, then chapters, then what moved."""
    first, second = held.before, held.after
    lines = [
        f"{first.run} of {_minute(first)} UTC → {second.run} of {_minute(second)} UTC",
        f"Numbers: {held.n_same:,} equal, {len(held.moved):,} not.",
        *_answers(first.manifest, second.manifest),
    ]
    pillars = list(dict.fromkeys(one.pillar for one in held.moved))
    for pillar in sorted(pillars, key=lambda one: one != HEADLINE):
        mine = [one for one in held.moved if one.pillar == pillar]
        most = len(mine) if pillar == HEADLINE else MOST_MOVED
        lines.append(f"{'Headline' if pillar == HEADLINE else f'Chapter {pillar}'}: {_counted(mine)}")
        for one in mine[:most]:
            lines += [f"  {_line(one, held)}", *([f"    speaks of {', '.join(one.files)}"] if one.files else [])]
        lines += [f"  and {len(mine) - most:,} more"] if len(mine) > most else []
    lines.append(
        "What they were made from:" if held.causes else "All that the runs keep of how they were made is equal."
    )
    lines += [f"  {cause.kind} {cause.what}: {cause.how}" for cause in held.causes]
    if any(cause.kind == "file" for cause in held.causes):
        lines.append("A run keeps the hash of each file and no rows: which cells changed is not known.")
        if held.moved and not any(one.files for one in held.moved):
            lines.append("No number that moved names one of these files as its source.")
    return tuple(printable(line, kept="") for line in lines)


def _answers(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    then, now = (list(manifest.get("answers", ())) for manifest in (first, second))
    if not (then and now):
        return []
    if then == now:
        return ["The bottom line is the same."]
    return [
        *(f"  no longer: {answer}" for answer in then if answer not in now),
        *(f"  now: {answer}" for answer in now if answer not in then),
    ]


def _counted(moved: list[Moved]) -> str:
    new = sum(one.before is None for one in moved)
    gone = sum(one.after is None for one in moved)
    other = len(moved) - new - gone
    words = [f"{other:,} moved"] if other else []
    return ", ".join([*words, *([f"{new:,} new"] if new else []), *([f"{gone:,} gone"] if gone else [])])


def _line(one: Moved, held: Difference) -> str:
    figure = one.after or one.before or {}
    then = shown_value(one.before, held.before.currency) if one.before else "not printed"
    now = shown_value(one.after, held.after.currency) if one.after else "not printed"
    less = " (less than is printed)" if then == now else ""
    return f"{figure['id']}  {figure['name']}: {then} → {now}{less}"


def _minute(held: Run) -> str:
    return str(held.manifest["finished"])[:16].replace("T", " ")
