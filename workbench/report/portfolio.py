"""Each product line across the three answers: who answers for it, what it takes, how ready it is, what moved, the plan.

Reads the chapters' figures, the registers and the catalogue's directions; nothing is measured again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench import theme
from workbench.engagement.project_inputs import read_projects
from workbench.findings import Figure
from workbench.report.chapter import Chapter
from workbench.report.values import plain


@dataclass(frozen=True)
class Line:
    """A product line across the three answers.

    Attributes
    ----------
    line, name : str
    owner, stage : str
        Who answers for it; the stages of its products with their count.
    people, money : float or None
        Today: people, and money in whole units a period.
    readiness, held_back : str
        Class, and what holds it back.
    outcome, moves : str
        The key outcome against its target; what moved, in words.
    better, worse : tuple of str
        Metrics that moved for the better and for the worse.
    plan : str
        Money today and in the plan, or that it is proposed to close.
    change : float or None
        Money in the plan less money today.
    is_closing : bool
    projects : str
    ids, outcome_ids, plan_ids : tuple of str
        Figures behind the row, behind the outcomes, behind the plan.
    """

    line: str
    name: str
    owner: str
    stage: str
    people: float | None
    money: float | None
    readiness: str
    held_back: str
    outcome: str
    moves: str
    better: tuple[str, ...]
    worse: tuple[str, ...]
    plan: str
    change: float | None
    is_closing: bool
    projects: str
    ids: tuple[str, ...]
    outcome_ids: tuple[str, ...]
    plan_ids: tuple[str, ...]


class Book:
    """All figures of the chapters, by pillar and key."""

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        """Hold the chapters by pillar."""
        self.chapters = {chapter.pillar: chapter for chapter in chapters}

    def get(self, pillar: str, key: str) -> Figure | None:
        """Return a figure, or None."""
        chapter = self.chapters.get(pillar)
        return chapter.figures[key] if chapter is not None and key in chapter.figures else None

    def number(self, pillar: str, key: str) -> float | None:
        """Return a figure's number, or None."""
        figure = self.get(pillar, key)
        return figure.value if figure is not None and isinstance(figure.value, int | float) else None

    def words(self, pillar: str, key: str) -> str:
        """Return a figure's words, or nothing."""
        figure = self.get(pillar, key)
        return figure.value if figure is not None and isinstance(figure.value, str) else ""

    def ids(self, pillar: str, *keys: str) -> tuple[str, ...]:
        """Return the ids of those figures that have a value."""
        held = (self.get(pillar, key) for key in keys)
        return tuple(figure.id for figure in held if figure is not None and figure.value is not None)

    def all(self, pillar: str, start: str) -> list[Figure]:
        """Return all figures whose key starts so."""
        chapter = self.chapters.get(pillar)
        return [figure for figure in chapter.figures if figure.key.startswith(start)] if chapter is not None else []


def read_line(study: Any, book: Book, line: str, projects: list[dict[str, Any]], currency: str) -> Line:
    """Return a product line across the three answers."""
    better, worse, move_ids = _moves(study, book, line)
    outcome, outcome_ids = _key_outcome(study, book, line, currency)
    plan, change, is_closing, plan_ids = _plan(book, line, currency)
    people = book.number("allocation", f"today_people/{line}")
    people_ids = book.ids("allocation", f"today_people/{line}")
    if people is None:
        people = book.number("readiness", f"headcount/{line}")
        people_ids = book.ids("readiness", f"headcount/{line}")
    said = book.words("readiness", f"class/{line}").split(" (")[0]
    moves = [*(f"{name} better" for name in better), *(f"{name} worse" for name in worse)]
    return Line(
        line=line,
        name=study.products.name(line),
        owner=study.products.owners.get(line) or "nobody named",
        stage=_stages(study, line),
        people=people,
        money=book.number("allocation", f"today_money/{line}"),
        readiness=said or theme.MISSING,
        held_back=theme.listing(book.words("readiness", f"held-back/{line}").split("; "), 2) if said else theme.MISSING,
        outcome=outcome,
        moves="; ".join(moves) or ("no move" if book.number("outcomes", "count/on") else theme.MISSING),
        better=better,
        worse=worse,
        plan=plan,
        change=change,
        is_closing=is_closing,
        projects=_project_words(projects),
        ids=(
            *book.ids("readiness", f"class/{line}", f"held-back/{line}"),
            *outcome_ids,
            *people_ids,
            *plan_ids,
        ),
        outcome_ids=move_ids,
        plan_ids=plan_ids,
    )


def _stages(study: Any, line: str) -> str:
    """Return the stages of a line's products, the commonest first."""
    shares = study.products.shares("product_line", study.settings.as_of)
    held = [study.products.stage(name) for name in shares.loc[shares["parent"] == line, "product"]]
    known = [stage for stage in held if stage]
    counts = sorted(((known.count(stage), stage) for stage in set(known)), key=lambda pair: (-pair[0], pair[1]))
    if len(counts) == 1:
        return counts[0][1]
    return ", ".join(f"{count} {stage}" for count, stage in counts) or theme.MISSING


def direction(study: Any, metric: str) -> str:
    """Return which way is good: ``up``, ``down``, ``band`` or ``neutral``."""
    catalogue = getattr(study.outcomes, "catalogue", None)
    known = {held.metric: held for held in catalogue.metrics} if catalogue is not None else {}
    return known[metric].direction if metric in known else "neutral"


def metric_label(study: Any, metric: str) -> str:
    """Return what people call a metric."""
    catalogue = getattr(study.outcomes, "catalogue", None)
    known = {held.metric: held.label for held in catalogue.metrics} if catalogue is not None else {}
    return known.get(metric, metric.replace("_", " "))


def _moves(study: Any, book: Book, line: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the metrics that moved for the better and for the worse in a line."""
    better: list[str] = []
    worse: list[str] = []
    ids: list[str] = []
    for figure in book.all("outcomes", "change/"):
        _, metric, kind, parent = figure.key.split("/", 3)
        good = is_good(direction(study, metric), figure.value)
        if kind != "product_line" or parent != line or good is None:
            continue
        (better if good else worse).append(metric_label(study, metric))
        ids.append(figure.id)
    return tuple(better), tuple(worse), tuple(ids)


def is_good(direction: str, change: float | str | None) -> bool | None:
    """Say whether a change is for the better; None where nobody can tell."""
    if not isinstance(change, int | float) or direction not in ("up", "down"):
        return None
    return (change > 0) == (direction == "up")


def _key_outcome(study: Any, book: Book, line: str, currency: str) -> tuple[str, tuple[str, ...]]:
    """Return the line's outcome that has a target (one that moved before one that did not), as words."""
    found: list[tuple[bool, str, Figure, Figure]] = []
    for target in book.all("outcomes", "target/"):
        parts = target.key.split("/")
        value = book.get("outcomes", f"value/{parts[1]}/product_line/{line}")
        if parts[2:4] == ["product_line", line] and value is not None and value.value is not None:
            has_moved = book.number("outcomes", f"change/{parts[1]}/product_line/{line}") is not None
            found.append((not has_moved, parts[1], value, target))
    if not found:
        return _untargeted(study, book, line, currency)
    _, metric, value, target = min(found, key=lambda held: held[0])
    now, goal = (theme.formatted(held.value, held.unit, currency) for held in (value, target))
    reached = _is_reached(direction(study, metric), value.value, target.value)
    words = "" if reached is None else ", met" if reached else ", missed"
    return f"{metric_label(study, metric)}: {now} (target {goal}{words})", (value.id, target.id)


def _untargeted(study: Any, book: Book, line: str, currency: str) -> tuple[str, tuple[str, ...]]:
    """Without a target of its own, a line shows what moved."""
    for change in book.all("outcomes", "change/"):
        _, metric, kind, parent = change.key.split("/", 3)
        value = book.get("outcomes", f"value/{metric}/{kind}/{parent}")
        if (kind, parent) == ("product_line", line) and change.value is not None and value is not None:
            now = theme.formatted(value.value, value.unit, currency)
            return f"{metric_label(study, metric)}: {now} (no target)", (value.id,)
    return ("no target" if book.number("outcomes", "count/on") else theme.MISSING), ()


def _is_reached(direction: str, value: float | str | None, target: float | str | None) -> bool | None:
    if not isinstance(value, int | float) or not isinstance(target, int | float) or direction not in ("up", "down"):
        return None
    return value >= target if direction == "up" else value <= target


def _plan(book: Book, line: str, currency: str) -> tuple[str, float | None, bool, tuple[str, ...]]:
    today, then = (book.number("allocation", f"{key}/{line}") for key in ("today_money", "money"))
    is_closing = book.words("allocation", f"supported/{line}") == "proposed to close"
    ids = book.ids("allocation", f"today_money/{line}", f"money/{line}", f"supported/{line}")
    if today is None or then is None:
        return theme.MISSING, None, False, ids
    words = f"{theme.money(today, currency)} → {theme.money(then, currency)}"
    return (f"proposed to close ({words})" if is_closing else words), then - today, is_closing, ids


def running_projects(study: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the projects that have not ended, by line; those of no line under a blank key.

    A project of several lines stands under each, with its share of the budget; None where nobody gave the share.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    served: dict[str, tuple[tuple[str, float | None], ...]] = {}
    if "project_lines" in study.tables:
        served = {item.id: item.serves for item in read_projects(study.tables) if item.lines}
    frame = study.tables.get("projects")
    if frame is None:
        return found
    for row in frame.to_dict("records"):
        ends = row.get("ends")
        if not isinstance(ends, dt.date) or ends >= study.settings.as_of:
            for line, share in served.get(row["project"], ((str(plain(row.get("product_line")) or ""), 1.0),)):
                budget = plain(row.get("budget"))
                part = budget * share if isinstance(budget, int | float) and share is not None else None
                found.setdefault(line, []).append({**row, "budget": part})
    return found


def _project_words(projects: list[dict[str, Any]]) -> str:
    counts = {word: sum(row.get("disposition") == word for row in projects) for word in ("absorb", "finish", "stop")}
    said = ", ".join(f"{word} {count}" for word, count in counts.items() if count)
    return f"{len(projects)} ({said})" if said else str(len(projects))


def total(values: Iterable[Any]) -> float | None:
    """Return the sum of the numbers among the values; None where there is none."""
    held = [float(value) for value in values if isinstance(value, int | float) and value == value]
    return sum(held) if held else None
