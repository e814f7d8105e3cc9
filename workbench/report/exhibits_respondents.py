"""What readiness shows about those who answered: whether they agree, how far the questions hang together, their sheets.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import dots_intervals
from workbench.report.exhibit import Exhibit, Note, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.readiness import Readiness
    from workbench.readiness.instrument import Group
    from workbench.readiness.respondents import LineAgreement, ScaleReliability
    from workbench.readiness.scores import Part

SAME, APART = "the same", "another level"

LINES_DIFFER = 0.7
"""ICC(2) from which the means of lines are told apart reliably (usual; our aim for lines of eight people or more)."""


def agreement_exhibit(result: Readiness | Off) -> Exhibit:
    """Return where people agree: a row a dimension, a column a line, with the typical distance from the mean answer."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    numbers = figures(result)
    held = {(one.part.id, one.dimension): one for one in result.respondents.agreement}
    if not any(one.found is not None for one in held.values()):
        return words_exhibit(
            "readiness-agreement",
            "Whether people agree cannot be said: in no line did ten people answer who may be shown.",
            "Agreement is a spread, and a spread of fewer people would show what single people think.",
            source=_source(result),
            is_appendix=True,
        )
    parts = (*result.lines, result.organisation)
    rows: list[dict[str, Any]] = []
    for group in result.instrument.dimensions:
        row: dict[str, Any] = {"dimension": group.name}
        keys = []
        for place, part in enumerate(parts):
            one = held[(part.id, group.id)]
            row[f"p{place}"] = _agreement_cell(one)
            if one.found is not None:
                path = f"{part.id}/{group.id}" if part.id else group.id
                keys += [f"agreement/{path}", f"distance/{path}"]
        row["ids"] = numbers.known_ids(*keys)
        rows.append(row)
    headers = {"dimension": "Dimension"}
    headers |= {f"p{place}": part.name if part.id else "All lines" for place, part in enumerate(parts)}
    return Exhibit(
        "readiness-agreement",
        table(
            rows,
            columns=headers,
            claim=_claim_agreement(result),
            subtitle=(
                "Typical distance from the mean answer in levels. Agree: closer than chance brings people; unclear: no "
                "closer; two opinions?: as far apart as chance puts them. All lines: asked about the organisation"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def reliability_exhibit(result: Readiness | Off) -> Exhibit:
    """Return how far the questions of each dimension hang together within a role, and how far lines differ."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    numbers = figures(result)
    scales = [one for one in result.respondents.reliability if one.alpha is not None]
    pools = {one.dimension: one for one in result.respondents.pooling}
    if not scales and not any(one.single is not None for one in pools.values()):
        return words_exhibit(
            "readiness-reliability",
            "How far the questions hang together cannot be said: no role has ten people who may be shown.",
            "It takes ten people of one role, who were asked the same questions.",
            source=_source(result),
            is_appendix=True,
        )
    roles = [part for part in result.parts if part.kind == "role" and any(one.role == part for one in scales)]
    rows: list[dict[str, Any]] = []
    for group in result.instrument.dimensions:
        own = {one.role.id: one for one in scales if one.dimension == group.id}
        pool = pools.get(group.id)
        row: dict[str, Any] = {"dimension": group.name}
        for place, role in enumerate(roles):
            row[f"r{place}"] = _alpha_cell(own.get(role.id))
        row["least"] = _least_fitting(result, list(own.values()))
        row["single"] = _two(None if pool is None else pool.single)
        row["mean"] = _two(None if pool is None else pool.mean)
        row["ids"] = numbers.known_ids(
            *(f"{name}/{role}/{group.id}" for role in own for name in ("alpha", "omega")),
            *(f"{name}/{group.id}" for name in ("line-share", "line-reliability") if pool is not None),
        )
        rows.append(row)
    return Exhibit(
        "readiness-reliability",
        table(
            rows,
            columns={
                "dimension": "Dimension",
                **{f"r{place}": theme.upper_start(role.name) for place, role in enumerate(roles)},
                "least": "Fits least (item-rest r)",
                "single": "Line explains, ICC(1)",
                "mean": "Lines differ, ICC(2)",
            },
            claim=_claim_reliability(result),
            subtitle=(
                f"Alpha with Feldt's {theme.percent(result.settings.confidence)} interval and omega (ω) of the "
                "questions that a role was asked, gaps pairwise; one-way ICC of people in lines, by analysis of "
                "variance"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def flags_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the organisation's levels with and without sheets that were filled in very fast or uniformly."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    numbers = figures(result)
    flagged = result.respondents.flagged
    without = dict(flagged.without)
    if not without:
        return Exhibit("readiness-sheets", _sheets_note(result), is_appendix=True)
    rows = []
    for group in result.instrument.dimensions:
        held = result.scores.get("dimension", result.organisation, group.id)
        if group.id not in without or held.level is None:
            continue
        for who, value, low, high, key in (
            ("all sheets", held.level.value, held.level.low, held.level.high, f"level/{group.id}"),
            ("without them", without[group.id], None, None, f"without/{group.id}"),
        ):
            rows.append(
                {
                    "dimension": group.name,
                    "who": who,
                    "level": value,
                    "low": low,
                    "high": high,
                    "ids": numbers.known_ids(key, "sheets/flagged"),
                }
            )
    count = f"{flagged.sheets} sheet{'s' if flagged.sheets != 1 else ''}"
    return Exhibit(
        "readiness-sheets",
        dots_intervals(
            rows,
            label="dimension",
            value="level",
            low="low",
            high="high",
            series="who",
            unit="level",
            highlight="without them",
            claim=_claim_sheets(result, count),
            subtitle=(
                f"Level of each dimension in the organisation, {result.instrument.scale.span}, with all sheets (with "
                f"{theme.percent(result.settings.confidence)} interval) and without {count} with two or more signs: "
                "under 2 seconds a question, one place in a row, hardly any spread, unlike all, inconsistent"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def coding_exhibit(result: Readiness | Off) -> Exhibit:
    """Return the artefacts that several assessors looked at, and whether they gave them the same level."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures

    coding = result.respondents.coding
    if coding is None:
        return words_exhibit(
            "readiness-assessors",
            "No artefact was looked at by two assessors, so nobody knows how far they would agree.",
            "A second row in `evidence` of the same item and line, by another assessor, would show it.",
            ("evidence",),
            source="evidence",
            is_appendix=True,
        )
    numbers = figures(result)
    ids = numbers.known_ids("assessors/artefacts", "assessors/same", "assessors/alpha", "assessors/icc")
    names = {part.id: part.name for part in result.parts if part.kind == "line"}
    rows: list[dict[str, Any]] = []
    for one in coding.artefacts:
        item = result.instrument.item(one.item)
        row: dict[str, Any] = {
            "item": f"{item.printed} {item.title}",
            "line": names.get(one.line, one.line) or "The organisation",
            "said": SAME if one.is_same else APART,
            "ids": ids,
        }
        row |= {f"a{place}": level for place, level in enumerate(one.levels)}
        rows.append(row)
    rows.sort(key=lambda row: row["said"] == SAME)
    return Exhibit(
        "readiness-assessors",
        table(
            rows,
            columns={
                "item": "Artefact for",
                "line": "Line",
                **{f"a{place}": theme.upper_start(name) for place, name in enumerate(coding.assessors)},
                "said": "They say",
            },
            units={f"a{place}": "level" for place in range(len(coding.assessors))},
            claim=f"{coding.same} of {len(coding.artefacts)} artefacts looked at twice were given the same level.",
            subtitle=_coding_subtitle(result),
            source="Evidence, as the assessors wrote it down",
        ),
        is_appendix=True,
    )


def weights_exhibit(result: Readiness | Off) -> Exhibit:
    """Return weighted beside plain levels, dimension by dimension, and how unequal the weights are."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.readiness import figures
    from workbench.readiness.sentences import weighted_levels

    made = result.weighting
    held = list(weighted_levels(result))
    if not made.is_made or not held:
        reason = made.reason or "Weighted levels stay hidden, to protect small groups."
        claim = fit_claim(reason, "Levels could not be weighted to headcounts.")
        detail = (
            "Every answer counts alike. Response by group and the band beside each level tell what silence could do."
        )
        return words_exhibit("readiness-weights", claim, detail, source=_source(result), is_appendix=True)
    numbers = figures(result)
    rows = []
    for group in result.instrument.groups:
        own = [(part, plain, weighted) for part, one, plain, weighted in held if one.id == group.id]
        whole = next((one for one in own if not one[0].id), None)
        lines = sorted((one for one in own if one[0].id), key=lambda one: (-abs(one[2] - one[1]), one[0].id))
        if not own:
            continue
        most = lines[0] if lines and _shift(*lines[0][1:]) else None
        rows.append(
            {
                "dimension": group.name,
                "plain": None if whole is None else whole[1],
                "weighted": None if whole is None else whole[2],
                "shift": "–" if whole is None else _signed(whole[2] - whole[1]),
                "line": "none moves" if most is None else f"{most[0].name}: {most[1]:.1f} to {most[2]:.1f}",
                "ids": numbers.known_ids(*_level_keys(group.id, whole, lines[0] if lines else None)),
            }
        )
    return Exhibit(
        "readiness-weights",
        table(
            rows,
            columns={
                "dimension": "Dimension",
                "plain": "Each answer alike",
                "weighted": "Weighted",
                "shift": "Shift",
                "line": "Largest shift in a line",
            },
            claim=_claim_weights(held),
            subtitle=(
                f"Level {result.instrument.scale.span}; "
                f"weights to the headcounts by {theme.listing(list(made.margins))}, of one "
                f"person to 5 times the mean, make a variance {made.design_effect:.1f} times as wide; met a bound: "
                f"{made.trimmed}"
                f"{'' if made.is_fitted else '; some headcount is not reached'}"
            ),
            source=_source(result),
        ),
        is_appendix=True,
    )


def _shift(plain: float, weighted: float) -> float:
    return round(weighted - plain, 1)


def _signed(value: float) -> str:
    rounded = round(value, 1)
    return "0.0" if not rounded else f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"


def _level_keys(group: str, *held: tuple[Part, float, float] | None) -> list[str]:
    parts = [one[0] for one in held if one is not None]
    return [f"{kind}{f'/{part.id}' if part.id else ''}/{group}" for part in parts for kind in ("level", "weighted")]


def _claim_weights(held: list[tuple[Part, Group, float, float]]) -> str:
    from workbench.readiness.sentences import MOVED_BY_WEIGHTS

    moved = [one for one in held if abs(one[3] - one[2]) > MOVED_BY_WEIGHTS + 1e-9]
    if not moved:
        return f"Weighting answers to headcounts moves no level shown by more than {MOVED_BY_WEIGHTS:.1f}."
    part, group, plain, weighted = max(moved, key=lambda one: (abs(one[3] - one[2]), one[0].id, one[1].id))
    count = f"{len(moved)} of {len(held)} levels" if len(moved) > 1 else "one level"
    short = f"Weighting answers to headcounts moves {count} by more than {MOVED_BY_WEIGHTS:.1f}."
    return fit_claim(f"{short[:-1]}, most {group.name.lower()}, {part.name} ({plain:.1f} to {weighted:.1f}).", short)


def _coding_subtitle(result: Readiness) -> str:
    coding = result.respondents.coding
    if coding is None:
        return ""
    level = coding.level
    if level.value is None:
        return f"Levels given by each assessor. {level.why}"
    words = f"Krippendorff's alpha (ordinal) {_two(level.value)}"
    if level.low is not None:
        words += f", {theme.percent(0.95)} interval {_two(level.low)} to {_two(level.high)}"
    if coding.pair is not None and coding.pair.agreement.value is not None:
        words += f"; ICC(A,1) {_two(coding.pair.agreement.value)}"
    return f"Levels given by each assessor. {words}"


def _agreement_cell(one: LineAgreement) -> str:
    from workbench.readiness.respondent_words import agreement_words

    words = agreement_words(one)
    if one.found is None or one.found.ad is None:
        return words
    return f"{words} {theme.number(one.found.ad, 1)}"


def _claim_agreement(result: Readiness) -> str:
    from workbench.readiness.respondent_words import AGREE, FAR_APART, agreement_words

    looked = [one for one in result.respondents.agreement if one.found is not None]
    agreed = sum(agreement_words(one) == AGREE for one in looked)
    apart = [one for one in looked if agreement_words(one) == FAR_APART]
    start = f"People agree in {agreed} of {len(looked)} places"
    if not apart:
        return fit_claim(f"{start}; nowhere do they lie as far apart as by chance.", f"{start}.")
    widest = max(apart, key=lambda one: (one.found.ad or 0.0 if one.found else 0.0, one.part.id, one.dimension))
    name = result.instrument.group(widest.dimension).name
    return fit_claim(
        f"{start}; they lie furthest apart in {widest.part.name} on {theme.lower_start(name)}.",
        f"{start}; they lie furthest apart in {widest.part.name}.",
        f"{start}.",
    )


def _alpha_cell(one: ScaleReliability | None) -> str:
    if one is None or one.alpha is None:
        return theme.MISSING
    if one.alpha.value is None:
        return "undefined"
    words = f"{_from_0(one.alpha.value)} ({_from_0(one.alpha.low)} to {_from_0(one.alpha.high)})"
    return f"{words}, ω {_two(one.omega.value)}" if one.omega is not None and one.omega.value is not None else words


def _least_fitting(result: Readiness, scales: list[ScaleReliability]) -> str:
    held = [
        (r, name, one.role.name)
        for one in scales
        if one.alpha is not None
        for name, r in zip(one.items, one.alpha.item_rest, strict=True)
        if r is not None
    ]
    if not held:
        return theme.MISSING
    r, name, role = min(held)
    return f"{result.instrument.item(name).printed} ({_two(r)}, {role})"


def _claim_reliability(result: Readiness) -> str:
    known = [one for one in result.respondents.pooling if one.single is not None]
    differ = [one for one in known if (one.mean or 0.0) >= LINES_DIFFER and (one.p or 1.0) <= 0.05]
    if not known:
        return "How far the questions of a dimension hang together is shown by role."
    few = f"only {len(differ)}" if differ else "none"
    return fit_claim(
        f"People may be pooled into lines: their means differ reliably on {len(differ)} of {len(known)} dimensions."
        if 2 * len(differ) >= len(known)
        else f"Lines' means differ reliably on {few} of {len(known)} dimensions.",
    )


def _claim_sheets(result: Readiness, count: str) -> str:
    changes = result.respondents.flagged.class_changes
    if changes is None:
        return f"Levels with and without {count} filled in very fast or uniformly."
    verb = "a class would change" if changes else "no class would change"
    return fit_claim(
        f"Without {count} that {'was' if count.startswith('1 ') else 'were'} filled in very fast or uniformly {verb}."
    )


def _sheets_note(result: Readiness) -> Note:
    flagged, source = result.respondents.flagged, _source(result)
    changes = {True: "a class would change", False: "no class would change", None: ""}[flagged.class_changes]
    detail = "Two or more of five signs mean that a sheet is worth a look. None is left out of any number."
    if not flagged.any_flagged:
        return Note("No sheet was filled in very fast or uniformly.", detail, source=source)
    count = "Some" if flagged.sheets is None else f"{flagged.sheets}"
    tail = f"; without them {changes}" if changes else ""
    return Note(f"{count} sheets were filled in very fast or uniformly{tail}.", detail, source=source)


def _from_0(value: float | None) -> str:
    """Return a reliability; how far below nothing it lies means nothing."""
    return "< 0" if value is not None and value < 0 else _two(value)


def _two(value: float | None) -> str:
    return theme.MISSING if value is None else theme.number(value, 2)


def _source(result: Readiness) -> str:
    return f"Survey, wave {result.wave}; instrument {result.instrument.name} {result.instrument.version}"
