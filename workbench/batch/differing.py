"""Two runs side by side: which numbers moved, and what moved of what they were made from; nothing is computed again.

What is told of a table is what was kept of it (`kept_inputs`): cells and rows, sums of facts, counts of people. What
each chapter reads is known as well, so that a chapter's numbers stand with the changes it was made of. Where several
of those moved at once, nobody knows the share of each without running them one by one, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench import theme
from workbench.batch.kept_inputs import KeptRun, read_kept
from workbench.batch.table_changes import TableChange, compare_tables, describe_change, reads
from workbench.batch.tracing import FIGURE_ID, Run, named_files, read_run, same_figure, shown_value
from workbench.engagement.places import engagement_folder, reports_folder
from workbench.errors import printable

HEADLINE = "summary"
"""The chapter whose numbers are the report's headline."""

PILLARS = ("readiness", "outcomes", "allocation")

MOST_MOVED = 5
"""Numbers of a chapter that are listed: what the headline quotes, then in the order of the report (ours)."""


@dataclass(frozen=True)
class Cause:
    """Something that differs between the makings of two runs.

    Attributes
    ----------
    kind : str
        ``file``, ``parameter``, ``notebook``, ``code``, ``version`` or ``guard``: what earlier runs made public.
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
    tables : tuple of TableChange or None
        What is other in the tables that both read; None where a run keeps none of what it read.
    asked : mapping of pillar to frozenset of str
        What each pillar's inputs were made of in either run.
    """

    before: Run
    after: Run
    moved: tuple[Moved, ...]
    causes: tuple[Cause, ...]
    n_same: int
    tables: tuple[TableChange, ...] | None = None
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def reading(self, pillar: str) -> tuple[str, ...]:
        """Return what moved of all that a chapter reads, in words.

        The summary reads what its own numbers name, and what the chapters read whose numbers it names.
        """
        mine = [one for one in self.moved if one.pillar == pillar]
        own = {path for one in mine for path in one.files}
        found: dict[str, None] = {}
        for change in self.tables or ():
            if change.file in own if pillar == HEADLINE else reads(self.asked.get(pillar), change.name):
                found[change.name] = None
        if self.tables is None:
            found |= dict.fromkeys(cause.what for cause in self.causes if cause.kind == "file" and cause.what in own)
        for cause in self.causes:
            is_own = cause.kind in ("notebook", "parameter") and pillar in cause.what.partition(",")[0]
            if is_own or cause.kind in ("code", "version"):
                found[f"{cause.kind} {cause.what}"] = None
            elif cause.kind == "guard" and pillar == "readiness":
                found[cause.what] = None
        if pillar == HEADLINE:
            named = {id_[0] for one in mine for id_ in _quoted(one)}
            for other in dict.fromkeys(one.pillar for one in self.moved):
                if other != HEADLINE and other[0].upper() in named:
                    found |= dict.fromkeys(self.reading(other))
        return tuple(found)


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
    home = reports_folder(root) / engagement_folder(engagement, root=root).name
    kept = [read_kept(home, held.run) for held in (first, second)]
    return Difference(first, second, tuple(moved), causes, n_same, _tables(home, *kept), _asked(*kept))


def _tables(home: Path, first: KeptRun | None, second: KeptRun | None) -> tuple[TableChange, ...] | None:
    return compare_tables(home, first, second) if first is not None and second is not None else None


def _asked(*kept: KeptRun | None) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in kept:
        for pillar, names in (one.asked if one is not None else {}).items():
            found[pillar] = found.get(pillar, frozenset()) | names
    return found


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
    if set(first.get("bound", ())) != set(second.get("bound", ())):
        yield Cause("guard", "what runs made public of people", "other")


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
        mine = sorted((one for one in held.moved if one.pillar == pillar), key=lambda one: _worth_telling(one, held))
        most = len(mine) if pillar == HEADLINE else MOST_MOVED
        lines.append(f"{'Headline' if pillar == HEADLINE else f'Chapter {pillar}'}: {_counted(mine)}")
        for one in mine[:most]:
            lines += [f"  {_line(one, held)}", *([f"    speaks of {', '.join(one.files)}"] if one.files else [])]
        lines += [f"  and {len(mine) - most:,} more"] if len(mine) > most else []
    lines.append(
        "What they were made from:" if held.causes else "All that the runs keep of how they were made is equal."
    )
    lines += [f"  {line}" for line in _made_from(held)]
    lines += _which_moved_which(held, pillars)
    return tuple(printable(line, kept="") for line in lines)


def _made_from(held: Difference) -> Iterator[str]:
    """Yield what moved: tables by cell where they were kept, files by name, then code and all else."""
    changes = held.tables or ()
    for change in changes:
        readers = [pillar for pillar in held.asked if reads(held.asked[pillar], change.name)]
        first, *rest = describe_change(change)
        who = "every chapter" if len(readers) == len(PILLARS) else theme.listing(readers)
        yield f"{first}; read by {who}" if readers else first
        yield from rest
    told = {change.file for change in changes}
    for cause in held.causes:
        if cause.kind != "file":
            yield f"{'' if cause.kind == 'guard' else f'{cause.kind} '}{cause.what}: {cause.how}"
        elif held.tables is None:
            yield f"file {cause.what}: {cause.how}"
        elif cause.what not in told:
            same = "no cell of its tables is another" if cause.how == "changed" else "its rows are not kept"
            yield f"file {cause.what}: {cause.how}, {same}"
    if held.tables is None and any(cause.kind == "file" for cause in held.causes):
        yield "One of the runs kept none of the rows that it read, so which cells changed is not known."


def _which_moved_which(held: Difference, pillars: Sequence[str]) -> Iterator[str]:
    """Yield, chapter by chapter, what moved of all that it reads; the share of each is never guessed."""
    if not (held.causes and pillars):
        return
    yield "Which of it moved which chapter:"
    used: set[str] = set()
    for pillar in pillars:
        found = held.reading(pillar)
        used |= set(found)
        if len(found) == 1:
            yield f"  {pillar}: {found[0]}, which alone moved of all that it reads."
        elif found:
            yield f"  {pillar}: {theme.listing(found, 8)} moved at once, so the share of each is not known."
        elif pillar == HEADLINE:
            others = [other for other in pillars if other != HEADLINE]
            yield f"  {pillar}: it is told from {theme.listing(others)}." if others else f"  {pillar}: not known."
        else:
            yield f"  {pillar}: nothing that is kept of what it reads moved; rows of a database may have."
    if any(len(held.reading(pillar)) > 1 for pillar in pillars):
        yield "  To tell them apart, put one back as it was, run, and compare again."
    apart = [change.name for change in held.tables or () if change.name not in used]
    if apart:
        yield f"Read by no chapter that moved: {theme.listing(apart, 8)}."


def _worth_telling(one: Moved, held: Difference) -> tuple[bool, bool]:
    """Order numbers of a chapter: those that the headline quotes, then those that are printed otherwise than before."""
    quoted = {id_ for other in held.moved if other.pillar == HEADLINE for id_ in _quoted(other)}
    ids = {str(figure["id"]) for figure in (one.before, one.after) if figure}
    return not ids & quoted, _is_printed_alike(one, held)


def _quoted(one: Moved) -> list[str]:
    return FIGURE_ID.findall(str((one.after or one.before or {})["source"]))


def _is_printed_alike(one: Moved, held: Difference) -> bool:
    pairs = ((one.before, held.before.currency), (one.after, held.after.currency))
    return len({shown_value(figure, currency) if figure else "" for figure, currency in pairs}) == 1


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
    less = " (less than is printed)" if _is_printed_alike(one, held) else ""
    other = str(one.before["name"]) if one.before and one.after and one.before["name"] != figure["name"] else ""
    was = f" (before it was {other})" if other else ""  # such as last month's, under the same id
    return f"{figure['id']}  {figure['name']}{was}: {then} → {now}{less}"


def _minute(held: Run) -> str:
    return str(held.manifest["finished"])[:16].replace("T", " ")
