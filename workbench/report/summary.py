"""The board's page: three answers, the decisions that are supported, where the answers disagree, the portfolio.

Reads the chapters' figures, the registers of lines, products and projects, and the catalogue's directions; nothing is
measured again. `read_summary` makes the value; the other functions say it, as those of a pillar do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench import theme
from workbench.findings import Figure, Figures, Finding, Findings, fit_claim, number_figures
from workbench.report.chapter import PILLARS, Chapter, load_chapters
from workbench.report.portfolio import Book, Line, direction, is_good, metric_label, read_line, running_projects, total

MOVED_MONEY = 0.05
"""Share of a line's money that must change before the summary calls it a move (ours)."""

CARRYING = 0.1
"""Share of all the money that moves from which a line's move is a decision of its own for a board (ours)."""

MOSTLY = 0.6
"""Share of a change from which one cause is called most of it (ours)."""

MOST_MOVES = 3
"""Moves of outcomes that the board's page names (ours)."""

MOST_DECISIONS = 6
"""Decisions a board takes in one sitting (ours)."""

CAUSES = {
    "products": "the mix of products",
    "segments": "the mix of segments",
    "rate": "the rate itself",
    "shares": "the share table",
    "volume": "volume",
}
"""How a sentence names what carried a change."""

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
class Decision:
    """A decision that the numbers support.

    Attributes
    ----------
    what, rejected, cost, owner : str
        What to decide; the option that is rejected; what it costs and what the rejected option would; who decides.
    ids : tuple of str
    sure : str
        In how many draws of all answers it holds; empty where nothing was drawn.
    """

    what: str
    rejected: str
    cost: str
    owner: str
    ids: tuple[str, ...]
    sure: str = ""


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
    moves : tuple of Finding
        What moved and through what, in the order of the outcomes chapter.
    disagreements : tuple of Finding
        Lines on which the three answers do not point the same way.
    projects : tuple of (key, name, projects, budget)
        Projects running by line; blank key for those of no line.
    chapters : tuple of Chapter
    running : int or None
        Projects running, each once, whatever lines it serves; None where nobody counted.
    """

    client: str
    currency: str
    answers: tuple[Answer, ...]
    lines: tuple[Line, ...]
    decisions: tuple[Decision, ...]
    moves: tuple[Finding, ...]
    disagreements: tuple[Finding, ...]
    projects: tuple[tuple[str, str, int, float | None], ...]
    chapters: tuple[Chapter, ...]
    running: int | None = None

    def to_frame(self) -> Any:
        """Return the lines as a pandas frame, a row a line."""
        import pandas as pd

        names = [name for name in Line.__dataclass_fields__ if not name.endswith("ids")]
        return pd.DataFrame([{name: getattr(line, name) for name in names} for line in self.lines], columns=names)

    def __repr__(self) -> str:
        return f"{self.client}: {len(self.answers)} answers, {len(self.decisions)} decisions, {len(self.lines)} lines."


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
    book = Book(chapter for chapter in chapters if chapter.pillar != "summary")
    currency = str(study.settings.currency)
    projects = running_projects(study)
    lines = tuple(read_line(study, book, line, projects.get(line, []), currency) for line in study.lines)
    names = {line.line: line.name for line in lines}
    return Summary(
        client=str(study.settings.name),
        currency=currency,
        answers=tuple(_answer(book, book.chapters[name], currency) for name in ANSWERS if name in book.chapters),
        lines=lines,
        decisions=tuple(_decisions(study, book, lines, currency)[:MOST_DECISIONS]),
        moves=tuple(_outcome_moves(study, book, currency)),
        disagreements=tuple(finding for line in lines for finding in _disagreements(book, line, currency)),
        projects=tuple(
            (line, names.get(line, "no line"), len(held), total(row["budget"] for row in held))
            for line, held in ((line, projects.get(line, [])) for line in (*study.lines, ""))
        ),
        chapters=tuple(book.chapters.values()),
        running=len({row["project"] for held in projects.values() for row in held}),
    )


# -- the three answers -----------------------------------------------------------------------------------------------


def _answer(book: Book, chapter: Chapter, currency: str) -> Answer:
    made = {"readiness": _ready, "outcomes": _moved, "allocation": _gained}[chapter.pillar]
    value, unit, name, sure, ids = made(book, currency)
    first = chapter.headline[0] if len(chapter.headline) else Finding("Not answered.")
    return Answer(chapter.pillar, chapter.title, chapter.question, first.claim, value, unit, name, sure, ids)


_Number = tuple[float | None, str, str, str, tuple[str, ...]]
_CLASSES = ("product-run", "in-transition", "still-project-run", "too-close-to-call", "not-shown")


def _ready(book: Book, currency: str) -> _Number:
    counts = {name: book.number("readiness", f"lines/{name}") for name in _CLASSES}
    ready = counts["product-run"]
    if ready is None:
        return None, "count", "not answered", "", ()
    total = sum(count or 0 for count in counts.values())
    hidden = counts["not-shown"] or 0
    if hidden == total:
        return None, "count", "too few answers for the class of any line", "", book.ids("readiness", "lines/not-shown")
    is_open = (counts["too-close-to-call"] or 0) + hidden
    sure = f"Settled for {total - is_open:.0f} of {total:.0f} lines."
    ids = book.ids("readiness", *(f"lines/{name}" for name in _CLASSES))
    if is_open == total:  # none that is product-run would be said of lines that nobody knows
        name = f"of {total:.0f} product lines {'has' if is_open == 1 else 'have'} no class yet"
        return is_open, "count", name, _with_caution(book, "readiness", sure), ids
    known = total - hidden
    which = "product lines" if not hidden else f"product line{'' if known == 1 else 's'} that can be shown"
    name = f"of {known:.0f} {which} {'is' if ready == 1 else 'are'} product-run"
    return ready, "count", name, _with_caution(book, "readiness", sure), ids


def _moved(book: Book, currency: str) -> _Number:
    get = {name: book.number("outcomes", f"count/{name}") for name in ("moved", "better", "worse", "on", "judged")}
    if get["moved"] is None or not get["on"]:
        return None, "count", "not answered", "", ()
    name = f"of {get['on']:.0f} outcomes really moved: {get['better'] or 0:.0f} better, {get['worse'] or 0:.0f} worse"
    sure = (
        "Moved means beyond what chance alone shows in a review of this size; "
        f"{get['judged'] or 0:.0f} of {get['on']:.0f} have enough periods to tell."
    )
    return get["moved"], "count", name, sure, book.ids("outcomes", *(f"count/{name}" for name in get))


def _gained(book: Book, currency: str) -> _Number:
    share = book.number("allocation", "gain_share")
    ids = book.ids("allocation", "gain_share", "gain", "value")
    gain = book.get("allocation", "gain")
    sure = _with_caution(book, "allocation", _robust(book, currency))
    if share is not None:
        return share, "share", "more value from the resources there are", sure, ids
    if gain is not None and isinstance(gain.value, int | float):
        return gain.value, gain.unit, "more value from the resources there are", sure, ids
    if "value" in book.chapters["allocation"].figures:
        return None, "share", "no plan keeps all rules", "", ()
    return None, "share", "not answered", "", ()


def _robust(book: Book, currency: str) -> str:
    """Return in how many draws of all answers decisions on lines hold, and what the plan brings in bad ones."""
    figures, draws = book.chapters["allocation"].figures, book.number("allocation", "draws")
    found = [figure.value for figure in figures if figure.key.startswith("holds/")]
    counts = [value for value in found if isinstance(value, int | float)]
    if not draws or not counts:
        return ""
    words = (
        f"Each decision to keep or close holds in {_draws(min(counts), draws, at_least='at least ')} of all answers."
    )
    plan, today = (book.get("allocation", f"risk_tail/{key}") for key in ("plan", "today"))
    if plan is None or today is None or not isinstance(plan.value, float) or not isinstance(today.value, float):
        return words
    ahead = plan.value - today.value
    than = "more" if ahead >= 0 else "less"
    return f"{words} In the worst tenth it brings {_worth(abs(ahead), plan.unit, currency)} {than} than today."


def _draws(count: float, draws: float, *, at_least: str = "") -> str:
    whole = theme.number(draws, 0)
    return f"all {whole} draws" if count == draws else f"{at_least}{theme.number(count, 0)} of {whole} draws"


def _with_caution(book: Book, pillar: str, words: str) -> str:
    cautions = book.chapters[pillar].cautions
    return f"{words} {cautions[0].claim}".strip() if len(cautions) else words


# -- what to decide, and where the answers part ----------------------------------------------------------------------


def _decisions(study: Any, book: Book, lines: Sequence[Line], currency: str) -> list[Decision]:
    found: list[tuple[float, Decision]] = []
    moved = book.number("allocation", "moved_money") or 0.0
    for line in lines:
        change = line.change or 0.0
        if line.is_closing:
            found.append((abs(change), _closing(book, line, currency)))
        elif change and abs(change) >= CARRYING * moved:
            found.append((abs(change), _shifting(study, book, line, change, currency)))
    held = [decision for _, decision in sorted(found, key=lambda pair: -pair[0])]
    return [*held, *_urgent(study, book, lines, currency)]


def _worth(value: float | str | None, unit: str, currency: str) -> str:
    """Return an amount of value in words that stand alone in a sentence."""
    words = theme.formatted(value, unit, currency)
    return f"{words} value points" if unit == "points" else words


def _closing(book: Book, line: Line, currency: str) -> Decision:
    other = book.get("allocation", f"other_option/{line.line}")
    affected = theme.people(line.people) if line.people is not None else "people"
    cost = f"{affected} affected, no decision on persons"
    if other is not None and other.value is not None:
        cost += f"; keeping it would cost {_worth(other.value, other.unit, currency)}"
    keys = (f"other_option/{line.line}", f"today_people/{line.line}", f"holds/{line.line}")
    sure = _held(book, (f"holds/{line.line}",))
    ids = (*line.plan_ids, *book.ids("allocation", *keys))
    return Decision(f"Close {line.name}", "keep it as it is", cost, line.owner, ids, sure)


def _held(book: Book, keys: Sequence[str]) -> str:
    """Return in how many draws a decision holds, by the least sure of its moves; empty where nothing was drawn."""
    draws, counts = book.number("allocation", "draws"), [book.number("allocation", key) for key in keys]
    known = [count for count in counts if count is not None]
    if not draws or not known:
        return ""
    if len(known) == 1:
        return f"holds in {_draws(known[0], draws)}"
    return f"each of its moves holds in {_draws(min(known), draws, at_least='at least ')}"


def _shifting(study: Any, book: Book, line: Line, change: float, currency: str) -> Decision:
    """Return the decision to give a line more money, or to take some away."""
    amount = theme.money(abs(change), currency)
    now, then = (book.get("allocation", f"{key}/{line.line}") for key in ("today_value", "value"))
    worth, gained = "", 0.0
    if now is not None and then is not None and isinstance(then.value, float) and isinstance(now.value, float):
        gained = then.value - now.value
        worth = _worth(abs(gained), then.unit, currency)
    whole = book.get("allocation", f"wish_line/{line.line}")  # what its resources bring in other lines is counted
    net = ""
    if whole is not None and isinstance(whole.value, float):
        net = f"; leaving it as today would cost {_worth(whole.value, whole.unit, currency)} in all"
        net = net if whole.value else "; leaving it as today would cost nothing noticeable"
    if change > 0:
        # money that nobody uses today comes from no line
        spent, planned = (book.number("allocation", key) or 0.0 for key in ("today_money", "money"))
        unused = min(max(planned - spent, 0.0), change)
        source = "from other lines" if unused < MOVED_MONEY * change else "from other lines and money not used today"
        what, cost = f"Give {line.name} {amount} more", f"{amount} {source}"
        if not net and worth and gained > 0:
            more = (
                worth.replace(" value points", " more value points")
                if worth.endswith("points")
                else f"{worth} more value"
            )
            net = f"; it brings {more} in {line.name} itself, before what its resources would bring elsewhere"
        cost += net
    else:
        lost = worth if worth.endswith("points") else f"{worth} of value"
        is_all = line.money is not None and line.money + change < MOVED_MONEY * line.money / 100  # nothing is left
        what = f"Take all {amount} from {line.name}" if is_all else f"Take {amount} from {line.name}"
        cost = f"{lost} there" if worth else "its value there"
        cost = f"none there, it brings {worth} more" if worth and gained > 0 else cost
        cost += net or f"; leaving it would keep {amount} from other lines"
    moves = [f"move_holds/{name}" for name in _activities(study, line.line)]
    sure = _held(book, moves)
    ids = (
        *line.plan_ids,
        *book.ids("allocation", f"value/{line.line}", f"today_value/{line.line}", f"wish_line/{line.line}", *moves),
    )
    return Decision(what, "leave its money as today", cost, line.owner, ids, sure)


def _activities(study: Any, line: str) -> list[str]:
    """Return the activities of a line, in the client's order."""
    if "activities" not in study.tables:
        return []
    rows = study.tables["activities"]
    return [str(name) for name in rows.loc[rows["product_line"] == line, "activity"]]


def _urgent(study: Any, book: Book, lines: Sequence[Line], currency: str) -> list[Decision]:
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
        if is_good(direction(study, metric), moved.value) is not False:
            continue
        change = _signed_change(moved, currency)
        cost = f"waiting keeps the change of {change}"
        owner = _owner(study, metric, parent, lines)
        what = step.claim.removesuffix(".").removesuffix(f" ({owner})")
        found.append(Decision(what, "wait and see", cost, owner, (moved.id,)))
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


def _outcome_moves(study: Any, book: Book, currency: str) -> list[Finding]:
    """Return what moved, from what to what, and through what, as the outcomes chapter ranks it."""
    chapter = book.chapters.get("outcomes")
    found: list[Finding] = []
    if chapter is None:
        return found
    by_id = {figure.id: figure for figure in chapter.figures if figure.key.startswith("change/")}
    for finding in chapter.headline:
        moved = next((by_id[name] for name in finding.figures if name in by_id), None)
        if moved is None or not isinstance(moved.value, int | float):
            continue
        scope = moved.key.removeprefix("change/")
        metric, _, parent = scope.split("/", 2)
        before, after = (book.get("outcomes", f"{key}/{scope}") for key in ("before", "after"))
        if before is None or after is None:
            continue
        start, end = (theme.formatted(figure.value, figure.unit, currency) for figure in (before, after))
        where = "" if parent == "all" else f" in {study.products.name(parent)}"
        cause, ids = _cause(book, scope, moved.value)
        verb = "rose" if moved.value > 0 else "fell"
        plainly = f"{metric_label(study, metric)}{where} {verb} from {start} to {end}"
        claim = (
            fit_claim(f"{plainly}, mostly through {cause}.", f"{plainly}.", finding.claim)
            if cause
            else fit_claim(f"{plainly}.")
        )
        found.append(Finding(claim, "", (before.id, after.id, moved.id, *ids)))
    return found


def _cause(book: Book, scope: str, change: float) -> tuple[str, tuple[str, ...]]:
    """Return the one factor that carries most of a change, in words, with its figure."""
    start = f"effect/{scope}/"
    held = [figure for figure in book.all("outcomes", start) if "/" not in figure.key.removeprefix(start)]
    factors = [figure for figure in held if figure.key.removeprefix(start) not in ("before", "after")]
    sizes = [(abs(figure.value), figure) for figure in factors if isinstance(figure.value, int | float)]
    if not sizes:
        return "", ()
    largest = max(sizes, key=lambda pair: pair[0])[1]
    if not isinstance(largest.value, int | float) or largest.value / change < MOSTLY:
        return "", ()
    factor = largest.key.removeprefix(start)
    return CAUSES.get(factor, factor.replace("_", " ")), (largest.id,)


def _disagreements(book: Book, line: Line, currency: str) -> list[Finding]:
    """Return where readiness, outcomes and the plan do not point the same way for a line."""
    if line.change is None:
        return []
    ids = (*line.ids[:1], *line.outcome_ids, *line.plan_ids)
    carrying = CARRYING * (book.number("allocation", "moved_money") or float("inf"))
    floor = min(MOVED_MONEY * (line.money or 0.0), carrying)
    gets = line.change > 0 and line.change >= floor
    gives = line.is_closing or (line.change < 0 and -line.change >= floor)
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
        Finding(fit_claim(f"{line.name}: {claim}", f"{line.name}: the answers differ."), why, ids)
        for claim, why in found
    ]


def _metrics(names: Sequence[str]) -> str:
    first = theme.lower_start(names[0]) if not names[0][:2].isupper() else names[0]
    return f"“{first}”" + (f" and {len(names) - 1} more" if len(names) > 1 else "")


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
    known = {answer.pillar for answer in summary.answers}
    ids = [name for pillar in ANSWERS if pillar in known for name in numbers.ids(f"answer/{pillar}")]
    found = [Finding(_whole(summary), _in_short(summary), (*ids, *numbers.ids("decisions", "disagreements")))]
    found += _by_readiness(summary)
    found += _coordination(summary)
    found += list(summary.moves[:MOST_MOVES])
    planned = [decision for decision in summary.decisions if decision.ids and decision.ids[0].startswith("A")][:2]
    if planned:
        words = [planned[0].what, *(theme.lower_start(decision.what) for decision in planned[1:])]
        detail = " ".join(f"{decision.what}: {decision.cost}. Owner: {decision.owner}." for decision in planned)
        ids = [name for decision in planned for name in decision.ids]
        found.append(Finding(fit_claim(f"{' and '.join(words)}.", f"{words[0]}."), detail, tuple(dict.fromkeys(ids))))
    if summary.disagreements:
        detail = " ".join(finding.claim for finding in summary.disagreements[1:])
        found.append(replace(summary.disagreements[0], detail=detail))
    return Findings(tuple(found))


def _in_short(summary: Summary) -> str:
    """Return how many decisions are supported and on how many lines the answers part."""
    many = len(summary.decisions)
    sentences = [f"{many} decision{'s are' if many != 1 else ' is'} supported by the numbers." if many else ""]
    parted = len({finding.claim.split(":")[0] for finding in summary.disagreements})
    if parted:
        total_lines = len(summary.lines)
        sentences.append(f"The three answers disagree on {parted} of {total_lines} lines; settle these first.")
    elif len(summary.answers) == len(ANSWERS) and all(answer.value is not None for answer in summary.answers):
        sentences.append("The three answers disagree on no line.")
    return " ".join(sentence for sentence in sentences if sentence)


def _by_readiness(summary: Summary) -> list[Finding]:
    """Return which lines stand at the two ends."""
    ends = []
    ids: list[str] = []
    for word in ("still project-run", "product-run"):
        held = [line for line in summary.lines if line.readiness == word]
        if held:
            names = theme.listing([line.name for line in held], 2)
            ends.append(f"{names} {'is' if len(held) == 1 else 'are'} {word}")
            ids += [name for line in held for name in line.ids[:2]]
    if not ends:
        return []
    detail = " ".join(
        f"{line.name} is held back by {line.held_back}."
        for line in summary.lines
        if line.readiness == "still project-run"
    )
    return [Finding(fit_claim(f"{'; '.join(ends)}.", f"{ends[0]}."), detail, tuple(ids))]


def _coordination(summary: Summary) -> list[Finding]:
    """Return what became of the thesis that is tested: whether a function in between is needed."""
    chapter = next((held for held in summary.chapters if held.pillar == "readiness"), None)
    if chapter is None or "coordination" not in chapter.figures:
        return []
    name = chapter.figures["coordination"].id
    return [replace(finding, detail="") for finding in chapter.headline if name in finding.figures]


def _whole(summary: Summary) -> str:
    """Return the answer: one number of each question."""
    parts = []
    for answer in summary.answers:
        if answer.value is not None:
            number = theme.formatted(answer.value, answer.unit, summary.currency)
            parts.append(
                {
                    "readiness": f"{number} {answer.name.replace('product lines', 'lines')}",
                    "outcomes": f"{number} {answer.name.split(':')[0]}",
                    "allocation": f"the resources can bring {number} more value",
                }[answer.pillar]
            )
    if not parts:
        return "None of the three questions could be answered from the files we have."
    whole = f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 2 else " and ".join(parts)
    return fit_claim(f"{theme.upper_start(whole)}.", f"{theme.upper_start(parts[0])}.")


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
        f"nothing again. A line's money is called moved from {theme.percent(MOVED_MONEY)} of what it takes today, or "
        f"from {theme.percent(CARRYING)} of all the money that moves; the latter makes a decision of its own. A cause "
        f"is called most of a change from {theme.percent(MOSTLY)} of it. These thresholds are ours.\n\n"
        "Answers disagree on a line when the plan adds to a line that is still project-run or whose outcomes got "
        "worse, or takes from one whose outcomes got better or that is product-run. The key outcome is one with a "
        "target of the line's own, one that moved before one that did not."
    )
