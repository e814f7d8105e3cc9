"""What is said and counted about those who answered: figures, cautions, and the method's paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench import theme
from workbench.findings import Figure, Figures, Finding, fit_claim
from workbench.readiness.anonymity import PROTECTED
from workbench.readiness.instrument import Instrument
from workbench.readiness.reliability import CONSISTENCY, NO, TOO_FEW, YES
from workbench.readiness.respondents import LineAgreement, Respondents
from workbench.readiness.scores import LINE, ROLE, Part

FAR_APART = "two opinions?"
NOT_CLEAR = "unclear"
AGREE = "agree"


def agreement_words(one: LineAgreement) -> str:
    """Return whether people agree, as a table says it.

    Examples
    --------
    >>> agreement_words(LineAgreement(Part("line", "motor", "Motor"), "d01", None, "", "too few people"))
    'too few'
    """
    if one.found is None:
        return TOO_FEW if one.agrees == TOO_FEW else "hidden" if one.hidden == PROTECTED else theme.MISSING
    return AGREE if one.agrees == YES else FAR_APART if one.found.is_far_apart else NOT_CLEAR


def respondent_figures(
    instrument: Instrument, parts: Iterable[Part], held: Respondents, source: str
) -> Iterator[Figure]:
    """Yield the figures about those who answered; one that is hidden keeps its place, without a value.

    Parameters
    ----------
    instrument : Instrument
    parts : iterable of Part
        Lines and roles are taken.
    held : Respondents
    source : str
    """
    roles = [part for part in parts if part.kind == ROLE]
    for one in held.agreement:
        path = f"{one.part.id}/{one.dimension}" if one.part.kind == LINE else one.dimension
        name = f"{instrument.group(one.dimension).name}, {one.part.name}"
        found = one.found
        words = None if found is None else agreement_words(one)
        said = source if found is not None else f"not shown: {one.hidden}"
        yield Figure("", f"agreement/{path}", f"Agreement on {name}", words, "text", source=said)
        distance = None if found is None else found.ad
        people = None if found is None else found.people
        label = f"Typical distance from the mean answer: {name}"
        yield Figure("", f"distance/{path}", label, distance, "level", n=people, source=said)
    scales = {(one.role.id, one.dimension): one for one in held.reliability}
    for role in roles:
        for group in instrument.dimensions:
            scale = scales.get((role.id, group.id))
            if scale is None:
                continue
            alpha, omega = scale.alpha, scale.omega
            said = source if alpha is not None else f"not shown: {scale.hidden}"
            name = f"{group.name}, {role.name}"
            ends = (None, None) if alpha is None else (alpha.low, alpha.high)
            yield Figure(
                "",
                f"alpha/{role.id}/{group.id}",
                f"Reliability of {name}",
                None if alpha is None else alpha.value,
                "alpha",
                *ends,
                None if alpha is None else alpha.people,
                said if alpha is None or not alpha.why else alpha.why,
            )
            yield Figure(
                "",
                f"omega/{role.id}/{group.id}",
                f"Share of one factor in {name}",
                None if omega is None else omega.value,
                "omega",
                n=None if omega is None else omega.people,
                source=said if omega is None or not omega.why else omega.why,
            )
    pooled = {one.dimension: one for one in held.pooling}
    for group in instrument.dimensions:
        one_pool = pooled.get(group.id)
        single = None if one_pool is None else one_pool.single
        mean = None if one_pool is None else one_pool.mean
        ends = (None, None) if one_pool is None else (one_pool.low, one_pool.high)
        said = source if single is not None else "not shown: nothing to compare between lines"
        label = f"Share of an answer that the line explains: {group.name}"
        yield Figure("", f"line-share/{group.id}", label, single, "ICC(1)", *ends, source=said)
        label = f"How reliably lines differ: {group.name}"
        yield Figure("", f"line-reliability/{group.id}", label, mean, "ICC(2)", source=said)
    yield from _flag_figures(instrument, held, source)
    if held.coding is not None:
        yield from _coding_figures(held)


def _flag_figures(instrument: Instrument, held: Respondents, source: str) -> Iterator[Figure]:
    flagged = held.flagged
    said = source if flagged.sheets is not None else "not shown: it would tell fewer than the smallest group apart"
    label = "Sheets filled in very fast or uniformly"
    yield Figure("", "sheets/flagged", label, flagged.sheets, "count", source=said)
    without = dict(flagged.without)
    for group in instrument.dimensions:
        label = f"Level of {group.name} without these sheets, the organisation"
        said = source if group.id in without else "not shown"
        yield Figure("", f"without/{group.id}", label, without.get(group.id), "level", source=said)


def _coding_figures(held: Respondents) -> Iterator[Figure]:
    coding = held.coding
    if coding is None:
        return
    level, source = coding.level, "evidence"
    count = len(coding.artefacts)
    yield Figure("", "assessors/artefacts", "Artefacts looked at by two or more", count, "count", source=source)
    yield Figure("", "assessors/same", "Of these, given the same level", coding.same, "count", source=source)
    yield Figure(
        "",
        "assessors/alpha",
        "Agreement of assessors on levels (Krippendorff, ordinal)",
        level.value,
        "alpha",
        level.low,
        level.high,
        level.units,
        level.why or source,
    )
    if coding.pair is not None:
        pair = coding.pair.agreement
        label = "Agreement of two assessors on levels"
        said = coding.pair.why or source
        yield Figure("", "assessors/icc", label, pair.value, "ICC(A,1)", pair.low, pair.high, coding.pair.units, said)


def respondent_cautions(instrument: Instrument, held: Respondents, numbers: Figures) -> Iterator[Finding]:
    """Yield what a board must hear: where people do not agree, sheets that may not have been read, turned keys."""
    yield from _about_agreement(instrument, held, numbers)
    yield from _about_sheets(instrument, held, numbers)
    against = [
        (scale, name) for scale in held.reliability for name in scale.against if not _is_said_before(held, scale, name)
    ]
    if against:
        words = [f"{instrument.item(name).printed} {instrument.item(name).title}" for _, name in against]
        printed = theme.listing([instrument.item(name).printed for _, name in against])
        many = len(against) > 1
        yield Finding(
            fit_claim(
                f"Question{'s' if many else ''} {printed} "
                f"run{'' if many else 's'} against the rest of {'their' if many else 'its'} dimension.",
                "Some questions run against the rest of their dimension.",
            ),
            f"Who answers high on the others answers low on {theme.listing(words, 6)}. A key may be turned, or the "
            "question may read in two ways.",
            numbers.ids(*(f"alpha/{scale.role.id}/{scale.dimension}" for scale, _ in against)),
        )


def _is_said_before(held: Respondents, scale: object, name: str) -> bool:
    """Whether another role's scale, earlier in the order, says so of the same question."""
    for one in held.reliability:
        if one is scale:
            return False
        if name in one.against:
            return True
    return False


def _about_agreement(instrument: Instrument, held: Respondents, numbers: Figures) -> Iterator[Finding]:
    looked = [one for one in held.agreement if one.found is not None]
    apart = [one for one in looked if one.agrees == NO and one.found is not None and one.found.is_far_apart]
    if not apart:
        return
    apart.sort(key=lambda one: (-_distance(one), one.part.id, one.dimension))
    first = apart[0]
    where, what = first.part.name, theme.lower_start(instrument.group(first.dimension).name)
    if len(apart) == 1:
        claim = fit_claim(
            f"In {where} people do not agree about {what}.", f"In {where} people do not agree about one dimension."
        )
    else:
        claim = fit_claim(
            f"In {len(apart)} of {len(looked)} places people do not agree, least of all in {where} about {what}.",
            f"In {len(apart)} of {len(looked)} places people do not agree, least of all in {where}.",
            f"In {len(apart)} of {len(looked)} places people do not agree.",
        )
    words = [
        f"{one.part.name}: {instrument.group(one.dimension).name.lower()}, {_distance(one):.1f}"
        + (f", widest on {instrument.item(one.widest).printed}" if one.widest else "")
        for one in apart
    ]
    keys = [
        f"distance/{one.part.id}/{one.dimension}" if one.part.kind == LINE else f"distance/{one.dimension}"
        for one in apart
    ]
    yield Finding(
        claim,
        "There answers lie as far apart as chance would put them (typical distance from the mean, in levels): "
        f"{'; '.join(words)}. Two teams, two roles, or a question that reads in two ways: ask before acting on the "
        "mean.",
        numbers.ids(*keys),
    )


def _about_sheets(instrument: Instrument, held: Respondents, numbers: Figures) -> Iterator[Finding]:
    flagged = held.flagged
    if not flagged.any_flagged:
        return
    # Hidden they may be few, or all but a few.
    many = flagged.sheets != 1
    count = "Some sheets were" if flagged.sheets is None else f"{flagged.sheets} sheet{'s were' if many else ' was'}"
    changes = {True: "; without them a class would change", False: "; without them no class changes", None: ""}
    levels = {name: numbers[f"level/{name}"].value for name, _ in flagged.without}
    moved = [
        (abs(level - own), name, own, level)
        for name, level in flagged.without
        for own in [levels[name]]
        if isinstance(own, int | float)
    ]
    detail = "They stay in every number: two or more signs mean that a sheet is worth a look, not that it is wrong."
    if moved:
        _, name, own, level = max(moved, key=lambda one: (one[0], one[1]))
        what = theme.lower_start(instrument.group(name).name)
        detail += (
            f" As far as that may be shown, the organisation's levels move without them by at most "
            f"{abs(level - own):.1f} ({what}: {own:.1f}, without {level:.1f})."
        )
    yield Finding(
        fit_claim(
            f"{count} filled in very fast or uniformly{changes[flagged.class_changes]}.",
            f"{count} filled in very fast or uniformly.",
        ),
        detail,
        numbers.ids("sheets/flagged", *(f"without/{name}" for name, _ in flagged.without)),
    )


def respondents_method(held: Respondents) -> str:
    """Return the method's paragraph."""
    coders = (
        " Assessors of the same artefacts are compared by Krippendorff's alpha (ordinal; bootstrap over artefacts) and "
        "ICC(A,1)."
        if held.coding is not None
        else ""
    )
    return (
        "Agreement: r_wg(j) (James, Demaree and Wolf 1984) against what 95 % of groups that answer by chance stay "
        "below, simulated for as many people and answers: every option alike, a mild lean to one side, and that lean "
        f"kept by each person (correlation {CONSISTENCY:g}); two opinions are suspected where answers lie as far apart "
        "as the lean alone would put them. Only groups of ten or more people; items about the organisation are pooled. "
        "Reliability within one role: alpha with Feldt's interval, gaps pairwise; omega of one factor by maximum "
        "likelihood. The dimensions are made of things that need not go together: a low value is a finding, no "
        "verdict. Lines: one-way ICC by analysis of variance on distances from each question's mean. Sheets: longest "
        "run and spread of places on the form, Mahalanobis distance, seconds a question (below 2), even-odd "
        f"consistency; two signs or more are looked at, none is left out.{coders}"
    )


def _distance(one: LineAgreement) -> float:
    return 0.0 if one.found is None or one.found.ad is None else one.found.ad
