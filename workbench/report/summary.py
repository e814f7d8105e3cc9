"""The board's page: three answers, the decisions that are supported, where the answers disagree, the portfolio.

Reads the chapters' figures, the registers of lines, products and projects, and the catalogue's directions; nothing is
measured again. `read_summary` makes the value; the other functions say it, as those of a pillar do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import theme
from workbench.findings import CLAIM_LENGTH, Figure, Figures, Finding, Findings, number_figures
from workbench.report.chapter import PILLARS, Chapter, load_chapters

MOVED_MONEY = 0.05
"""Share of a line's money that must change before the summary calls it a move (ours)."""

MOST_DECISIONS = 6
"""Decisions a board takes in one sitting (ours)."""

ANSWERS = ("readiness", "outcomes", "allocation")
"""The chapters that answer the three questions, in the order in which they are asked."""


@dataclass(frozen=True)
class Answer:
    """One question's answer: a sentence, a number, how sure.

    Attributes
    ----------
    pillar, title, question, claim : str
        From the chapter.
    value : float or None
        The one number; None where there is none.
    unit, name : str
        Its unit, and what it is, to be read behind it.
    sure : str
        How sure it is, in words.
    ids : tuple of str
        Figures it rests on.
    """

    pillar: str
    title: str
    question: str
    claim: str
    value: float | None
    unit: str
    name: str
    sure: str
    ids: tuple[str, ...]


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


@dataclass(frozen=True)
class Decision:
    """A decision that the numbers support.

    Attributes
    ----------
    what, rejected, cost, owner : str
        What to decide; the option that is rejected; what it costs and what the rejected option would; who decides.
    ids : tuple of str
    """

    what: str
    rejected: str
    cost: str
    owner: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What the board should know.

    Attributes
    ----------
    client, currency : str
    answers : tuple of Answer
    lines : tuple of Line
        In the register's order.
    decisions : tuple of Decision
        Those with the largest effect first.
    disagreements : tuple of Finding
        Lines on which the three answers do not point the same way.
    projects : tuple of (key, name, projects, budget)
        Projects running by line; blank key for those of no line.
    chapters : tuple of Chapter
    """

    client: str
    currency: str
    answers: tuple[Answer, ...]
    lines: tuple[Line, ...]
    decisions: tuple[Decision, ...]
    disagreements: tuple[Finding, ...]
    projects: tuple[tuple[str, str, int, float | None], ...]
    chapters: tuple[Chapter, ...]

    def to_frame(self) -> Any:
        """Return the lines as a pandas frame, a row a line."""
        import pandas as pd

        names = [name for name in Line.__dataclass_fields__ if not name.endswith("ids")]
        return pd.DataFrame([{name: getattr(line, name) for name in names} for line in self.lines], columns=names)

    def __repr__(self) -> str:
        return f"{self.client}: {len(self.answers)} answers, {len(self.decisions)} decisions, {len(self.lines)} lines."


class _Book:
    """All figures of the chapters, by pillar and key."""

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        self.chapters = {chapter.pillar: chapter for chapter in chapters}

    def get(self, pillar: str, key: str) -> Figure | None:
        chapter = self.chapters.get(pillar)
        return chapter.figures[key] if chapter is not None and key in chapter.figures else None

    def number(self, pillar: str, key: str) -> float | None:
        figure = self.get(pillar, key)
        return figure.value if figure is not None and isinstance(figure.value, int | float) else None

    def words(self, pillar: str, key: str) -> str:
        figure = self.get(pillar, key)
        return figure.value if figure is not None and isinstance(figure.value, str) else ""

    def ids(self, pillar: str, *keys: str) -> tuple[str, ...]:
        held = (self.get(pillar, key) for key in keys)
        return tuple(figure.id for figure in held if figure is not None and figure.value is not None)

    def all(self, pillar: str, start: str) -> list[Figure]:
        chapter = self.chapters.get(pillar)
        return [figure for figure in chapter.figures if figure.key.startswith(start)] if chapter is not None else []


def read_summary(study: Any, output_dir: str | Path = "", *, chapters: Sequence[Chapter] | None = None) -> Summary:
    """Return the summary of an engagement's chapters.

    Parameters
    ----------
    study : Engagement
    output_dir : str or Path
        Where the chapters are; blank means ``reports/_draft/<engagement>``.
    chapters : sequence of Chapter, optional
        Instead of those in the folder.

    Raises
    ------
    ReportError
        A chapter belongs to another engagement or other data.
    """
    if chapters is None:
        chapters = load_chapters(output_dir, study.name, study.data_hash, but=("summary",))
    book = _Book(chapter for chapter in chapters if chapter.pillar != "summary")
    currency = str(study.settings.currency)
    projects = _projects(study)
    lines = tuple(_line(study, book, line, projects.get(line, []), currency) for line in study.lines)
    names = {line.line: line.name for line in lines}
    return Summary(
        client=str(study.settings.name),
        currency=currency,
        answers=tuple(_answer(book, book.chapters[name], currency) for name in ANSWERS if name in book.chapters),
        lines=lines,
        decisions=tuple(_decisions(study, book, lines, currency)[:MOST_DECISIONS]),
        disagreements=tuple(finding for line in lines for finding in _disagreements(line, currency)),
        projects=tuple(
            (line, names.get(line, "no line"), len(held), _total(row["budget"] for row in held))
            for line, held in ((line, projects.get(line, [])) for line in (*study.lines, ""))
        ),
        chapters=tuple(book.chapters.values()),
    )


# -- the three answers -----------------------------------------------------------------------------------------------


def _answer(book: _Book, chapter: Chapter, currency: str) -> Answer:
    made = {"readiness": _ready, "outcomes": _moved, "allocation": _gained}[chapter.pillar]
    value, unit, name, sure, ids = made(book, currency)
    first = chapter.headline[0] if len(chapter.headline) else Finding("Not answered.")
    return Answer(chapter.pillar, chapter.title, chapter.question, first.claim, value, unit, name, sure, ids)


_Number = tuple[float | None, str, str, str, tuple[str, ...]]
_CLASSES = ("product-run", "in-transition", "still-project-run", "too-close-to-call", "not-shown")


def _ready(book: _Book, currency: str) -> _Number:
    counts = {name: book.number("readiness", f"lines/{name}") for name in _CLASSES}
    ready = counts["product-run"]
    if ready is None:
        return None, "count", "no line could be judged", "", ()
    total = sum(count or 0 for count in counts.values())
    is_open = (counts["too-close-to-call"] or 0) + (counts["not-shown"] or 0)
    sure = f"Settled for {total - is_open:.0f} of {total:.0f} lines."
    name = f"of {total:.0f} product lines {'is' if ready == 1 else 'are'} product-run"
    ids = book.ids("readiness", *(f"lines/{name}" for name in _CLASSES))
    return ready, "count", name, _with_caution(book, "readiness", sure), ids


def _moved(book: _Book, currency: str) -> _Number:
    get = {name: book.number("outcomes", f"count/{name}") for name in ("moved", "better", "worse", "on", "judged")}
    if get["moved"] is None or not get["on"]:
        return None, "count", "no outcome could be judged", "", ()
    name = f"of {get['on']:.0f} outcomes really moved: {get['better'] or 0:.0f} better, {get['worse'] or 0:.0f} worse"
    sure = (
        "Moved means beyond what chance alone shows in a review of this size; "
        f"{get['judged'] or 0:.0f} of {get['on']:.0f} have enough periods to tell."
    )
    return get["moved"], "count", name, sure, book.ids("outcomes", *(f"count/{name}" for name in get))


def _gained(book: _Book, currency: str) -> _Number:
    share = book.number("allocation", "gain_share")
    ids = book.ids("allocation", "gain_share", "gain", "value", "bound")
    gain, bound, value = (book.get("allocation", key) for key in ("gain", "bound", "value"))
    sure = ""
    if bound is not None and value is not None and isinstance(bound.value, float) and isinstance(value.value, float):
        left = theme.formatted(max(0.0, bound.value - value.value), value.unit, currency)
        sure = f"Proved: no plan within the rules brings over {left} more."
    sure = _with_caution(book, "allocation", sure)
    if share is not None:
        return share, "share", "more value from the same resources", sure, ids
    if gain is not None and isinstance(gain.value, int | float):
        return gain.value, gain.unit, "more value from the same resources", sure, ids
    return None, "share", "no plan was found", "", ()


def _with_caution(book: _Book, pillar: str, words: str) -> str:
    cautions = book.chapters[pillar].cautions
    return f"{words} {cautions[0].claim}".strip() if len(cautions) else words


# -- line by line ----------------------------------------------------------------------------------------------------


def _line(study: Any, book: _Book, line: str, projects: list[dict[str, Any]], currency: str) -> Line:
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
        moves="; ".join(moves) or ("no move" if "outcomes" in book.chapters else theme.MISSING),
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


def _direction(study: Any, metric: str) -> str:
    catalogue = getattr(study.outcomes, "catalogue", None)
    known = {held.metric: held for held in catalogue.metrics} if catalogue is not None else {}
    return known[metric].direction if metric in known else "neutral"


def _label(study: Any, metric: str) -> str:
    catalogue = getattr(study.outcomes, "catalogue", None)
    known = {held.metric: held.label for held in catalogue.metrics} if catalogue is not None else {}
    return known.get(metric, metric.replace("_", " "))


def _moves(study: Any, book: _Book, line: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the metrics that moved for the better and for the worse in a line."""
    better: list[str] = []
    worse: list[str] = []
    ids: list[str] = []
    for figure in book.all("outcomes", "change/"):
        _, metric, kind, parent = figure.key.split("/", 3)
        good = _is_good(_direction(study, metric), figure.value)
        if kind != "product_line" or parent != line or good is None:
            continue
        (better if good else worse).append(_label(study, metric))
        ids.append(figure.id)
    return tuple(better), tuple(worse), tuple(ids)


def _is_good(direction: str, change: float | str | None) -> bool | None:
    if not isinstance(change, int | float) or direction not in ("up", "down"):
        return None
    return (change > 0) == (direction == "up")


def _key_outcome(study: Any, book: _Book, line: str, currency: str) -> tuple[str, tuple[str, ...]]:
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
    reached = _is_reached(_direction(study, metric), value.value, target.value)
    words = "" if reached is None else ", met" if reached else ", missed"
    return f"{_label(study, metric)}: {now} (target {goal}{words})", (value.id, target.id)


def _untargeted(study: Any, book: _Book, line: str, currency: str) -> tuple[str, tuple[str, ...]]:
    """Without a target of its own, a line shows what moved."""
    for change in book.all("outcomes", "change/"):
        _, metric, kind, parent = change.key.split("/", 3)
        value = book.get("outcomes", f"value/{metric}/{kind}/{parent}")
        if (kind, parent) == ("product_line", line) and change.value is not None and value is not None:
            now = theme.formatted(value.value, value.unit, currency)
            return f"{_label(study, metric)}: {now} (no target)", (value.id,)
    return ("no target" if "outcomes" in book.chapters else theme.MISSING), ()


def _is_reached(direction: str, value: float | str | None, target: float | str | None) -> bool | None:
    if not isinstance(value, int | float) or not isinstance(target, int | float) or direction not in ("up", "down"):
        return None
    return value >= target if direction == "up" else value <= target


def _plan(book: _Book, line: str, currency: str) -> tuple[str, float | None, bool, tuple[str, ...]]:
    today, then = (book.number("allocation", f"{key}/{line}") for key in ("today_money", "money"))
    is_closing = book.words("allocation", f"supported/{line}") == "proposed to close"
    ids = book.ids("allocation", f"today_money/{line}", f"money/{line}", f"supported/{line}")
    if today is None or then is None:
        return theme.MISSING, None, False, ids
    words = f"{theme.money(today, currency)} → {theme.money(then, currency)}"
    return (f"proposed to close ({words})" if is_closing else words), then - today, is_closing, ids


def _projects(study: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    frame = study.tables.get("projects")
    if frame is None:
        return found
    for row in frame.to_dict("records"):
        ends = row.get("ends")
        if not isinstance(ends, dt.date) or ends >= study.settings.as_of:
            found.setdefault(str(row.get("product_line") or ""), []).append(row)
    return found


def _project_words(projects: list[dict[str, Any]]) -> str:
    counts = {word: sum(row.get("disposition") == word for row in projects) for word in ("absorb", "finish", "stop")}
    said = ", ".join(f"{word} {count}" for word, count in counts.items() if count)
    return f"{len(projects)} ({said})" if said else str(len(projects))


def _total(values: Iterable[Any]) -> float | None:
    held = [float(value) for value in values if isinstance(value, int | float) and value == value]
    return sum(held) if held else None


# -- what to decide, and where the answers part ----------------------------------------------------------------------


def _decisions(study: Any, book: _Book, lines: Sequence[Line], currency: str) -> list[Decision]:
    found: list[tuple[float, Decision]] = []
    for line in lines:
        weight = abs(line.change or 0.0)
        if line.is_closing:
            found.append((weight, _closing(book, line, currency)))
        elif line.change is not None and line.money and line.change > MOVED_MONEY * line.money:
            found.append((weight, _giving(book, line, currency)))
    held = [decision for _, decision in sorted(found, key=lambda pair: -pair[0])]
    return [*held, *_urgent(study, book, lines, currency)]


def _closing(book: _Book, line: Line, currency: str) -> Decision:
    other = book.get("allocation", f"other_option/{line.line}")
    affected = theme.people(line.people) if line.people is not None else "people"
    cost = f"{affected} affected, no decision on persons"
    if other is not None and other.value is not None:
        cost += f"; keeping it would cost {theme.formatted(other.value, other.unit, currency)}"
    ids = (*line.plan_ids, *book.ids("allocation", f"other_option/{line.line}", f"today_people/{line.line}"))
    return Decision(f"Close {line.name}", "keep it as it is", cost, line.owner, ids)


def _giving(book: _Book, line: Line, currency: str) -> Decision:
    now, then = (book.get("allocation", f"{key}/{line.line}") for key in ("today_value", "value"))
    cost = f"{theme.money(line.change, currency)} taken from other lines"
    if now is not None and then is not None and isinstance(then.value, float) and isinstance(now.value, float):
        cost += f"; leaving it would forgo {theme.formatted(then.value - now.value, then.unit, currency)} there"
    what = f"Give {line.name} {theme.money(line.change, currency)} more"
    ids = (*line.plan_ids, *book.ids("allocation", f"value/{line.line}", f"today_value/{line.line}"))
    return Decision(what, "leave its money as today", cost, line.owner, ids)


def _urgent(study: Any, book: _Book, lines: Sequence[Line], currency: str) -> list[Decision]:
    """Return the steps of the outcomes chapter that answer a move for the worse."""
    chapter = book.chapters.get("outcomes")
    if chapter is None:
        return []
    by_id = {figure.id: figure for figure in chapter.figures if figure.key.startswith("change/")}
    found = []
    for step in chapter.next_steps:
        moved = next((by_id[name] for name in step.figures if name in by_id), None)
        if moved is None:
            continue
        _, metric, _, parent = moved.key.split("/", 3)
        if _is_good(_direction(study, metric), moved.value) is not False:
            continue
        change = _signed_change(moved, currency)
        cost = f"waiting keeps the change of {change}"
        found.append(
            Decision(
                step.claim.removesuffix("."),
                "wait and see",
                cost,
                _owner(study, metric, parent, lines),
                (moved.id,),
            )
        )
    return found


def _signed_change(figure: Figure, currency: str) -> str:
    if figure.unit == "share" and isinstance(figure.value, int | float):
        return f"{theme.signed(100 * figure.value)} points"
    words = theme.formatted(figure.value, figure.unit, currency)
    return words if words.startswith("−") else f"+{words}"


def _owner(study: Any, metric: str, parent: str, lines: Sequence[Line]) -> str:
    catalogue = getattr(study.outcomes, "catalogue", None)
    named = {held.metric: held.loop.owner for held in catalogue.metrics} if catalogue is not None else {}
    owners = {line.line: line.owner for line in lines}
    return named.get(metric) or owners.get(parent) or "nobody named"


def _disagreements(line: Line, currency: str) -> list[Finding]:
    """Return where readiness, outcomes and the plan do not point the same way for a line."""
    if line.change is None:
        return []
    ids = (*line.ids[:1], *line.outcome_ids, *line.plan_ids)
    floor = MOVED_MONEY * (line.money or 0.0)
    gets, gives = line.change > max(floor, 0.0) and line.change > 0, line.is_closing or line.change < -floor
    amount = theme.money(abs(line.change), currency)
    gets_words = f"gives it {amount} more"
    gives_words = "proposes to close it" if line.is_closing else f"takes {amount} away"
    found = []
    if gets and line.readiness == "still project-run":
        found.append((f"the plan {gets_words}, but it is still project-run.", line.held_back))
    if gets and line.worse:
        found.append((f"the plan {gets_words}, but {_metrics(line.worse)} got worse.", "Settle the cause first."))
    if gives and line.better and not line.worse:
        found.append((f"the plan {gives_words}, though {_metrics(line.better)} got better.", "Say why to the line."))
    if gives and line.readiness == "product-run" and not line.better:
        found.append((f"the plan {gives_words}, though it is product-run.", "Say why to the line."))
    if line.readiness == "product-run" and line.worse and not gets:
        found.append((f"it is product-run, yet {_metrics(line.worse)} got worse.", "Working so is not enough."))
    return [
        Finding(fit(f"{line.name}: {claim}", f"{line.name}: the answers differ."), why, ids) for claim, why in found
    ]


def _metrics(names: Sequence[str]) -> str:
    first = names[0][:1].lower() + names[0][1:] if not names[0][:2].isupper() else names[0]
    return f"“{first}”" + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def fit(*claims: str) -> str:
    """Return the first claim that is short enough; the last is cut if none is."""
    for claim in claims:
        if len(claim) <= CLAIM_LENGTH:
            return claim
    return claims[-1][: CLAIM_LENGTH - 2].rstrip(" ,.;") + "…."


# -- what it says ----------------------------------------------------------------------------------------------------


def figures(summary: Summary) -> Figures:
    """Return the summary's own numbers; every other number keeps the id of its chapter.

    Keys: ``answer/<pillar>``, ``sure/<pillar>``, ``decisions``, ``disagreements``, ``projects/<line>``,
    ``projects_budget/<line>``.
    """
    held: list[Figure] = []
    known: Mapping[str, Answer] = {answer.pillar: answer for answer in summary.answers}
    for pillar in ANSWERS:
        answer = known.get(pillar)
        title = PILLARS[pillar][1]
        value, unit = (answer.value, answer.unit) if answer is not None else (None, "count")
        source = " ".join(answer.ids) if answer is not None else ""
        held.append(
            Figure("", f"answer/{pillar}", answer.name if answer is not None else title, value, unit, source=source)
        )
        sure = (answer.sure if answer is not None else "") or None
        held.append(Figure("", f"sure/{pillar}", f"{title}: how sure", sure, "text", source=f"chapter {pillar}"))
    held.append(Figure("", "decisions", "Decisions that are supported", len(summary.decisions), "count", source="plan"))
    held.append(
        Figure(
            "", "disagreements", "Disagreements of the answers", len(summary.disagreements), "count", source="chapters"
        )
    )
    for line, name, count, budget in summary.projects:
        key = line or "none"
        held.append(Figure("", f"projects/{key}", f"Projects running, {name}", count, "count", source="projects"))
        held.append(
            Figure("", f"projects_budget/{key}", f"Their budget, {name}", budget, "currency", source="projects")
        )
    return number_figures("S", held)


def headline(summary: Summary) -> Findings:
    """Return the board's page in sentences: the answer, the decisions, where the answers disagree."""
    numbers = figures(summary)
    known = {answer.pillar: answer for answer in summary.answers}
    ids = [name for pillar in ANSWERS for name in numbers.ids(f"answer/{pillar}") if pillar in known]
    found = [Finding(_whole(summary), " ".join(answer.claim for answer in summary.answers), tuple(ids))]
    found += [
        Finding(
            fit(f"{decision.what}.", decision.what),
            f"Rejected: {decision.rejected}. Cost: {decision.cost}. Owner: {decision.owner}.",
            decision.ids,
        )
        for decision in summary.decisions[:3]
    ]
    parted = list(dict.fromkeys(finding.claim.split(":")[0] for finding in summary.disagreements))
    if parted:
        claim = f"The three answers disagree on {len(parted)} of {len(summary.lines)} lines."
        detail = " ".join(finding.claim for finding in summary.disagreements)
        found.append(Finding(claim, detail, numbers.ids("disagreements")))
    elif len(summary.answers) > 1 and any(line.change is not None for line in summary.lines):
        found.append(Finding("The three answers disagree on no line.", "", numbers.ids("disagreements")))
    return Findings(tuple(found))


def _whole(summary: Summary) -> str:
    parts = []
    for answer in summary.answers:
        if answer.value is None:
            continue
        number = theme.formatted(answer.value, answer.unit, summary.currency)
        short = {
            "readiness": f"{number} {answer.name.replace('product lines', 'lines')}",
            "outcomes": f"{number} {answer.name.split(':')[0]}",
            "allocation": f"{number} {answer.name}",
        }[answer.pillar]
        parts.append(short)
    if not parts:
        return "None of the three questions could be answered from the files we have."
    whole = f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 1 else parts[0]
    tail = " is possible" if parts and "more value" in parts[-1] else ""
    return fit(f"{whole}{tail}.", f"{theme.listing(parts)}.", f"{parts[0]}.")


def cautions(summary: Summary) -> Findings:
    """Return what could be wrong, the first caution of each chapter."""
    return Findings(tuple(chapter.cautions[0] for chapter in summary.chapters if len(chapter.cautions)))


def next_steps(summary: Summary) -> Findings:
    """Return what to do next, the first step of each chapter."""
    return Findings(tuple(chapter.next_steps[0] for chapter in summary.chapters if len(chapter.next_steps)))


def method(summary: Summary) -> str:
    """Return how the summary was made, for the appendix."""
    return (
        "The summary reads the chapters' figures and the registers of lines, products and projects; it measures "
        f"nothing again. A line's money counts as moved from {theme.percent(MOVED_MONEY)} of its money today (ours). "
        "Answers disagree on a line when the plan adds to a line that is still project-run or whose outcomes got worse, "
        "or takes from one whose outcomes got better or that is product-run. The key outcome is one with a target of "
        "the line's own, one that moved before one that did not."
    )
