"""Outcomes for one reader: a page a product line, and one for each product manager.

A page quotes the figures of the chapter, never others. It holds at most five statements, the charts of what moved, the
targets, the products with their loops and stages, what to do next, and what nobody knows.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.exhibit import Exhibit
from workbench.report.exhibits_outcomes import cause_chart, move_chart
from workbench.report.page import Page, page_key
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.findings import Figures
    from workbench.outcomes import Move, Outcomes
    from workbench.outcomes.managers import Reader
    from workbench.outcomes.readings import Reading

MOST_CHARTS = 3
"""Moves that a page draws; its statements tell the others (ours)."""


def outcomes_pages(result: Outcomes | Off) -> tuple[Page, ...]:
    """Return a page for each product line, then one for each product manager.

    Parameters
    ----------
    result : Outcomes or Off
        Off gives no pages.
    """
    if isinstance(result, Off):
        return ()
    from workbench.outcomes import figures

    numbers = figures(result)
    taken: set[str] = set()
    return tuple(
        _page(result, reading, numbers, _key_of(reading.reader, taken), place)
        for place, reading in enumerate(result.readings, start=1)
    )


def _page(result: Outcomes, reading: Reading, numbers: Figures, key: str, place: int) -> Page:
    from workbench.outcomes.reading_sentences import reading_cautions, reading_headline, reading_steps

    reader = reading.reader
    is_line = reader.kind == "line"
    question = (
        "What do customers, users and the operation tell us?" if is_line else "What must be known and decided first?"
    )
    return Page(
        key=key,
        kind="line" if is_line else "manager",
        title=reader.name if is_line else f"For {reader.name}",
        question=question,
        headline=reading_headline(result, reading, numbers),
        exhibits=tuple(_exhibits(result, reading, numbers, f"outcomes-{reader.kind}-{place}")),
        next_steps=reading_steps(result, reading, numbers),
        cautions=reading_cautions(result, reading),
    )


def _key_of(reader: Reader, taken: set[str]) -> str:
    """Return the page's key; of two managers whose names look alike in it the second gets a number."""
    name = reader.key
    if reader.kind == "manager":  # a name without its accents can still be read; a line's key is as the register has it
        name = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    key = page_key(reader.kind, name)
    place = 2
    while key in taken:
        key = f"{page_key(reader.kind, name, length=59)}-{place}"
        place += 1
    taken.add(key)
    return key


def _exhibits(result: Outcomes, reading: Reading, numbers: Figures, prefix: str) -> list[Exhibit]:
    moves = [move for insight in reading.insights if (move := _move_of(result, insight.scope)) is not None]
    found = [
        move_chart(result, move, numbers, f"{prefix}-move-{place}")
        for place, move in enumerate(moves[:MOST_CHARTS], start=1)
    ]
    split = next(((move, move.split) for move in moves if move.split is not None and move.split.change), None)
    if split is not None:
        found.append(cause_chart(result, *split, numbers, f"{prefix}-cause"))
    found += _targets(result, reading.reader, numbers, prefix)
    found += _products(result, reading.reader, numbers, prefix)
    return found + _ranks(result, reading, numbers, prefix)


def _move_of(result: Outcomes, scope: tuple[str, str, str, str]) -> Move | None:
    kind, *place = scope
    if kind != "move":
        return None
    return next((m for m in result.own_moves if [m.metric, m.kind, m.parent] == place), None)


def _targets(result: Outcomes, reader: Reader, numbers: Figures, prefix: str) -> list[Exhibit]:
    """Return the targets of a reader, missed ones first, with the chance of each where it is stated."""
    from workbench.outcomes.insights import VERDICTS
    from workbench.outcomes.reading_sentences import targets_of
    from workbench.outcomes.wording import write_pair

    order = [*list(VERDICTS)[1:], "passes"]
    checks = sorted(targets_of(result, reader), key=lambda check: order.index(check.assurance.verdict))
    rows: list[dict[str, Any]] = []
    for check in checks:
        metric = result.catalogue.metric(check.metric)
        scope = f"{check.metric}/{check.kind}/{check.parent}"
        value, unit, currency = check.value, metric.unit, result.settings.currency
        goal = theme.formatted(check.target.value, unit, currency)
        now = theme.MISSING
        if value is not None:
            now, goal = write_pair(value, check.target.value, unit, currency)
        rows.append(
            {
                "metric": metric.label,
                "where": result.name(check.kind, check.parent),
                "now": now,
                "goal": goal,
                "by": theme.month(check.target.by) if check.target.by else "no date",
                "verdict": VERDICTS[check.assurance.verdict],
                "ids": numbers.known_ids(f"value/{scope}", f"target/{scope}"),
            }
        )
    if not rows:
        return []
    missed = sum(check.assurance.verdict == "fails" for check in checks)
    met = sum(check.is_met is True for check in checks)
    claim = f"{met} of {len(rows)} targets {'is' if met == 1 else 'are'} met today"
    claim += f"; {missed} {'is' if missed == 1 else 'are'} missed again and again." if missed else "."
    if len(rows) == 1:
        claim = f"The one target is {'met' if met else 'not met'} today."
    return [
        Exhibit(
            f"{prefix}-targets",
            table(
                rows,
                columns={
                    "metric": "Outcome",
                    "where": "Where",
                    "now": "Latest",
                    "goal": "Target",
                    "by": "Due",
                    "verdict": "As it runs, it",
                },
                units=dict.fromkeys(("metric", "where", "now", "goal", "by", "verdict"), "text"),
                claim=claim,
                subtitle=f"Latest complete period up to {theme.day(result.settings.as_of)}",
                source="metrics",
            ),
        )
    ]


def _products(result: Outcomes, reader: Reader, numbers: Figures, prefix: str) -> list[Exhibit]:
    """Return each product with its owner, its stage beside its use, and how far its signals get."""
    stages = {held.product: held for held in result.stages}
    owners = {entry.product: entry.owner for entry in result.products.products}
    loop = None if isinstance(result.loop, Off) else result.loop
    rows: list[dict[str, Any]] = []
    for product in reader.products:
        held = stages.get(product)
        growth = held.growth if held is not None else None
        health = loop.find("product", product) if loop is not None else None
        decision = health.decision if health is not None else None
        rows.append(
            {
                "product": result.products.name(product),
                "owner": owners.get(product) or "nobody",
                "stage": result.products.stage(product) or "not said",
                "growth": growth.value if growth is not None else None,
                "signals": None if loop is None else decision.n if decision is not None else 0,
                "open": None if loop is None else decision.open if decision is not None else 0,
                "oldest": None if decision is None else decision.oldest,
                "ids": numbers.known_ids(
                    f"stage/{product}/growth" if growth is not None else "",
                    *(f"loop/product/{product}/{what}" for what in ("open", "oldest") if decision is not None),
                ),
            }
        )
    if not rows:
        return []
    columns = {"product": "Product", "owner": "Owner", "stage": "Declared stage"}
    if any(row["growth"] is not None for row in rows):
        columns["growth"] = "Use, change a year"
    if loop is not None:
        columns |= {"signals": "Signals", "open": "Wait for a decision", "oldest": "Longest wait"}
    waiting = sum(row["open"] or 0 for row in rows)
    traced = sum(row["signals"] or 0 for row in rows)
    claim = f"{len(rows)} product{'s' if len(rows) != 1 else ''}; nobody traced how long signals wait here."
    if loop is not None and traced:
        claim = f"{waiting} of {traced} traced signals wait{'s' if waiting == 1 else ''} for a decision."
    elif loop is not None:
        claim = "No traced signal speaks of these products." if len(rows) > 1 else "No traced signal speaks of it."
    contradicted = [row["product"] for row, p in zip(rows, reader.products, strict=True) if _differs(stages.get(p))]
    note = f"; use differs from the stage of {theme.listing(contradicted, 3)}" if contradicted else ""
    return [
        Exhibit(
            f"{prefix}-products",
            table(
                rows,
                columns=columns,
                units={"growth": "share", "signals": "count", "open": "count", "oldest": "days"}
                | dict.fromkeys(("product", "owner", "stage"), "text"),
                decimals={"growth": 1, "oldest": 0},
                claim=claim,
                subtitle=f"Products with owner, stage and feedback, {theme.day(result.settings.as_of)}{note}",
                source="products, feedback" if loop is not None else "products",
            ),
        )
    ]


def _differs(held: Any) -> bool:
    return held is not None and held.contradicts


def _ranks(result: Outcomes, reading: Reading, numbers: Figures, prefix: str) -> list[Exhibit]:
    """Return why the statements stand in this order, and what each rests on."""
    from workbench.outcomes.reading_sentences import FACTORS, rank_key

    if not reading.insights:
        return []
    kinds = {
        "move": "has moved",
        "hint": "may have moved",
        "target": "target missed",
        "stage": "stage and use",
        "loop": "wait for decisions",
    }
    rows = [
        {
            "what": (result.catalogue.metric(i.metric).label if i.metric else "Signals") + f" ({kinds[i.kind]})",
            "where": result.name(i.scope_kind, i.parent),
            **{factor: getattr(i, factor) for factor in FACTORS},
            "rows": i.rows,
            "files": theme.listing(list(i.files), 3),
            "ids": numbers.known_ids(*(rank_key(i, factor) for factor in FACTORS)),
        }
        for i in reading.insights
    ]
    unit = "money a year" if any(i.unit == "money" for i in reading.insights) else "part of the company's rows"
    columns = {"what": "Statement", "where": "Where"} | {factor: factor.capitalize() for factor in FACTORS}
    columns |= {"rows": "Rows", "files": "From"}
    return [
        Exhibit(
            f"{prefix}-ranks",
            table(
                rows,
                columns=columns,
                units=dict.fromkeys(("what", "where", "files"), "text")
                | dict.fromkeys(FACTORS, "score")
                | {"rows": "count"},
                decimals=dict.fromkeys(FACTORS, 2),
                claim=fit_claim("Why these come first: stake × evidence × actionability × novelty."),
                subtitle=f"Each from 0 to 1; the stake is {unit} at stake, against the largest of all",
                source=theme.listing(list(dict.fromkeys(file for i in reading.insights for file in i.files)), 4),
            ),
            is_appendix=True,
        )
    ]
