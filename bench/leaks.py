"""An attacker who reads everything: small organisations, three waves, late sheets, each run seen by the same reader.

The reader knows who answered which question, and nothing of what they said. Each published number is written down once
more from its definition, over the answers themselves and without the package's own traces. Then a hidden number of a
small group is looked for twice: as a combination of what is published (linear algebra), and as the only whole number
that fits (`scipy.optimize.milp`, on sums of levels within their rounding, and on numbers of people).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from bench.table import bench_row
from workbench.readiness import Answers, Instrument, Settings, build_instrument
from workbench.readiness.anonymity import protect, publication
from workbench.readiness.inputs import ANSWERED, BLANK
from workbench.readiness.ledger import Publication
from workbench.readiness.scores import Score, score
from workbench.readiness.wave_comparison import Waves, protect_waves

ROLES = ("executive", "product", "builder", "operations", "support")
CUTS = {"shape": ("product", "builder"), "run": ("operations", "support")}
DIMENSIONS = {"d": ("a", "b"), "e": ("c", "f")}
POOLED = ("f",)
"""Items about the organisation: everybody's answers stand in every line."""

ITEMS = tuple(name for items in DIMENSIONS.values() for name in items)
MINIMUM = 5
WAVES = 3

Unknown = tuple[str, str, str, float]
"""Respondent, wave, item, and the level as it was given: a changed answer is another unknown."""


def small_instrument() -> Instrument:
    """Return two dimensions of two items, one of them about the organisation, asked of everybody."""
    options = [{"value": str(level), "label": str(level), "weight": level} for level in range(1, 6)]
    return build_instrument(
        {
            "name": "small",
            "version": 1,
            "scale": {"values": [1, 2, 3, 4, 5]},
            "roles": [{"id": name, "name": name} for name in ROLES],
            "cuts": [{"id": name, "name": name, "roles": list(roles)} for name, roles in CUTS.items()],
            "answer_sets": [{"id": "levels", "options": options}],
            "groups": [{"id": name, "name": name} for name in DIMENSIONS],
            "items": [
                {
                    "id": item,
                    "group": name,
                    "statement": f"statement {item}",
                    "roles": list(ROLES),
                    "answers": "levels",
                    "scope": "organisation" if item in POOLED else "line",
                }
                for name, items in DIMENSIONS.items()
                for item in items
            ],
        }
    )


def random_waves(seed: int) -> tuple[list[Answers], list[tuple[str, str]]]:
    """Return the sheets of each run, three waves and some of them again with late sheets, and the lines.

    Groups are uneven and some people speak for no line; from wave to wave some come, some leave, some move.
    """
    rng = np.random.default_rng(seed)
    lines = [f"l{place}" for place in range(rng.integers(2, 5))]
    people: list[tuple[str, str | None]] = []
    for line in [*lines, None]:
        for role in ROLES:
            size = int(rng.choice([0, 0, 1, 2, 3, 5, 8])) if line else int(rng.choice([0, 0, 0, 1, 2, 6]))
            people += [(role, line)] * size
    people = people or [("builder", "l0")] * 8
    middle = float(rng.choice([1.6, 2.4, 3.0, 4.2]))
    levels = np.clip(np.rint(rng.normal(middle, 0.9, (len(people), len(ITEMS)))), 1, 5)
    present = np.ones(len(people), dtype=bool)
    runs = []
    for wave in range(WAVES):
        if wave:
            levels = np.clip(levels + rng.integers(-1, 2, levels.shape), 1, 5)
            present = rng.random(len(people)) < float(rng.choice([0.8, 0.95, 1.0]))
            newcomers = int(rng.choice([0, 1, 3, 7]))
            people = people + [
                (str(rng.choice(ROLES)), str(rng.choice(lines)) if rng.random() < 0.9 else None)
                for _ in range(newcomers)
            ]
            levels = np.vstack([levels, np.clip(np.rint(rng.normal(middle, 0.9, (newcomers, len(ITEMS)))), 1, 5)])
            present = np.append(present, np.ones(newcomers, dtype=bool))
        present = present if present.sum() >= 8 else np.ones(len(people), dtype=bool)
        gaps = rng.random(levels.shape) < float(rng.choice([0.0, 0.0, 0.1]))
        asked = np.where(gaps, np.nan, levels)
        asked[~present] = np.nan
        if rng.random() < 0.5:
            late = rng.permutation(np.flatnonzero(present))[: int(rng.choice([1, 2, 6]))]
            early = asked.copy()
            early[late] = np.nan
            runs.append(_answers(f"w{wave}", people, early))
        runs.append(_answers(f"w{wave}", people, asked))
    return [held for held in runs if held is not None], [(line, line) for line in lines]


def _answers(wave: str, people: list[tuple[str, str | None]], levels: np.ndarray) -> Answers | None:
    has_any = ~np.isnan(levels).all(axis=1)
    if not has_any.any():
        return None
    table = pd.DataFrame(levels[has_any], columns=list(ITEMS)).reset_index(drop=True)
    kept = [place for place, has in enumerate(has_any) if has]
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{place:03d}" for place in kept],
            "unit": None,
            "role": [people[place][0] for place in kept],
            "product_line": pd.Series([people[place][1] for place in kept], dtype=object),
            "seconds": np.nan,
        }
    )
    status = table.notna().replace({True: ANSWERED, False: BLANK}).astype(object)
    return Answers(wave, None, sheets, table, status, pd.DataFrame(index=table.index))


@dataclass(frozen=True, eq=False)
class Told:
    """A published number: its row over the unknowns, and what it lies between."""

    name: str
    row: Mapping[Unknown, float]
    low: float
    high: float


@dataclass(eq=False)
class Reader:
    """What a reader of all runs has written down.

    Attributes
    ----------
    told : list of Told
    counts : list of (what, respondents)
        Whose number was published; only those of the same thing can be subtracted.
    groups : list of (wave, name, respondents)
        Groups that could be asked after, filled when first asked for.
    answers : mapping of wave to Answers
        Of each run of it.
    """

    told: list[Told] = field(default_factory=list)
    counts: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    groups: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    answers: dict[str, list[Answers]] = field(default_factory=dict)


@cache
def inside(held: Answers, kind: str, part: str) -> frozenset[str]:
    """Return who belongs to a part, by its definition."""
    sheets = held.sheets
    line, role = sheets["product_line"], sheets["role"]
    take = {
        "organisation": np.ones(len(sheets), dtype=bool),
        "line": (line.isna() | (line == part)).to_numpy(dtype=bool),
        "cut": role.isin(CUTS.get(part, ())).to_numpy(dtype=bool),
        "role": (role == part).to_numpy(dtype=bool),
    }[kind]
    return frozenset(sheets["respondent"][take])


@cache
def given(held: Answers, item: str) -> dict[str, float]:
    """Return who gave which level."""
    values = pd.Series(held.levels[item].to_numpy(), index=held.sheets["respondent"]).dropna()
    return {str(person): float(level) for person, level in values.items()}


@cache
def who_counts(held: Answers, kind: str, part: str, item: str) -> dict[str, float]:
    """Return the answers that stand behind an item in a part."""
    who = inside(held, "organisation", "") if kind == "line" and item in POOLED else inside(held, kind, part)
    return {person: level for person, level in given(held, item).items() if person in who}


def level_row(held: Answers, kind: str, part: str, name: str) -> dict[Unknown, float]:
    """Return how a level hangs on answers: the mean of the means of its items with two answers or more."""
    items = [name] if name in ITEMS else list(DIMENSIONS[name])
    answered = {item: who_counts(held, kind, part, item) for item in items}
    used = [item for item in items if len(answered[item]) >= 2]
    row: dict[Unknown, float] = {}
    for item in used:
        for person, level in answered[item].items():
            row[(person, held.wave, item, level)] = 1 / len(answered[item]) / len(used)
    return row


def change_rows(before: Answers, after: Answers, kind: str, part: str, items: Iterable[str]) -> dict[str, dict]:
    """Return how total, same people, joiners and leavers hang on both waves' answers."""
    rows: dict[str, dict[Unknown, float]] = {name: {} for name in ("total", "same", "joined", "left")}
    names = list(items)

    def add(row: str, wave: str, item: str, who: Mapping[str, float], people: Iterable[str], sign: float) -> None:
        chosen = list(people)
        for person in chosen:
            key = (person, wave, item, who[person])
            rows[row][key] = rows[row].get(key, 0.0) + sign / len(chosen) / len(names)

    for item in names:
        first, second = (who_counts(held, kind, part, item) for held in (before, after))
        both = sorted(set(first) & set(second))
        add("total", after.wave, item, second, second, 1.0)
        add("total", before.wave, item, first, first, -1.0)
        add("same", after.wave, item, second, both, 1.0)
        add("same", before.wave, item, first, both, -1.0)
        add("joined", after.wave, item, second, second, 1.0)
        add("joined", after.wave, item, second, both, -1.0)
        add("left", before.wave, item, first, both, 1.0)
        add("left", before.wave, item, first, first, -1.0)
    return {name: {key: value for key, value in row.items() if abs(value) > 1e-12} for name, row in rows.items()}


def _ends(held: Score) -> tuple[float, float]:
    level = held.level
    assert level is not None  # noqa: S101 - only asked of what is shown
    if held.edge:
        return (1.0, level.value) if held.edge == "≤" else (level.value, 5.0)
    return level.value - 0.05 - 1e-9, level.value + 0.05 + 1e-9


def read_run(reader: Reader, latest: Answers, earlier: Mapping[str, Answers], waves: Waves) -> None:
    """Write down everything that one run shows."""
    for part, head in waves.shown.heads.items():
        if not head.hidden:
            reader.counts.append((f"{latest.wave} people", inside(latest, part.kind, part.id)))
    for (_, kind, part_id, name), held in waves.shown.scores.items():
        if held.level is not None and (name in ITEMS or name in DIMENSIONS):
            row = level_row(latest, kind, part_id, name)
            reader.told.append(Told(f"{latest.wave} {kind} {part_id} {name}", row, *_ends(held)))
            reader.counts.append((f"{latest.wave} {name}", _people_of(latest, kind, part_id, name)))
    for wave in waves.earlier:
        for (kind, part_id, name), held in wave.levels.items():
            if held.level is not None:
                row = level_row(earlier[wave.wave], kind, part_id, name)
                reader.told.append(Told(f"{wave.wave} {kind} {part_id} {name}", row, *_ends(held)))
                reader.counts.append((f"{wave.wave} {name}", _people_of(earlier[wave.wave], kind, part_id, name)))
    for one in waves.changes:
        rows = change_rows(earlier[one.before], latest, one.part.kind, one.part.id, one.items)
        same = None if one.same_people is None else one.same_people.value
        values = {"same": same, "joined": one.joiners, "left": one.leavers, "total": one.total}
        for name, value in values.items():
            if value is not None:
                # The total is the difference of two rounded levels: twice as wide.
                half = (0.1 if name == "total" else 0.05) + 1e-9
                title = f"{name} {one.before} {one.after} {one.part.id} {one.dimension}"
                reader.told.append(Told(title, rows[name], value - half, value + half))


def _people_of(held: Answers, kind: str, part: str, name: str) -> frozenset[str]:
    items = [name] if name in ITEMS else list(DIMENSIONS[name])
    own = [item for item in items if item not in POOLED] if kind == "line" else items
    return frozenset(person for item in own or items for person in who_counts(held, kind, part, item))


def small_groups(reader: Reader) -> list[tuple[str, str, frozenset[str]]]:
    """Return every group that somebody could ask after, worked out once."""
    if not reader.groups:
        reader.groups = list(_small_groups(reader))
    return reader.groups


def _small_groups(reader: Reader) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield every group that somebody could ask after: role of a line, line, role, and who came late or changed."""
    for wave, versions in reader.answers.items():
        last = versions[-1]
        sheets = last.sheets
        line = sheets["product_line"].astype(object).where(sheets["product_line"].notna(), "")
        cells: dict[str, frozenset[str]] = {}
        for name in sorted(set(line)):
            cells[f"line {name or 'none'}"] = frozenset(sheets["respondent"][line == name])
            for role in ROLES:
                who = (line == name) & (sheets["role"] == role)
                cells[f"{role} of {name or 'none'}"] = frozenset(sheets["respondent"][who])
        cells |= {role: frozenset(sheets["respondent"][sheets["role"] == role]) for role in ROLES}
        for before in versions[:-1]:
            cells["who came late"] = frozenset(sheets["respondent"]) - frozenset(before.sheets["respondent"])
        cells |= {person: frozenset([person]) for person in sheets["respondent"]}
        for name, who in cells.items():
            yield wave, name, who


def linear_leaks(reader: Reader) -> list[str]:
    """Return the small groups whose level follows exactly from a combination of published numbers."""
    names = sorted({key for told in reader.told for key in told.row})
    places = {key: place for place, key in enumerate(names)}
    rows = np.zeros((len(reader.told), len(names)))
    for place, told in enumerate(reader.told):
        for key, value in told.row.items():
            rows[place, places[key]] = value
    basis = span(rows)
    titles, wanted = [], []
    for wave, name, who in small_groups(reader):
        held = reader.answers[wave][-1]
        for items in (*((item,) for item in ITEMS), *DIMENSIONS.values()):
            row, people = np.zeros(len(names)), set()
            for item in items:
                mine = {person: level for person, level in given(held, item).items() if person in who}
                keys = [(person, wave, item, level) for person, level in mine.items()]
                if keys and all(key in places for key in keys):
                    row[[places[key] for key in keys]] = 1 / len(keys)
                    people.update(mine)
            if 0 < len(people) < MINIMUM:
                titles.append(f"level of {name} in {'+'.join(items)}, {wave}")
                wanted.append(row)
    found = [title for title, is_in in zip(titles, lie_in(basis, wanted), strict=True) if is_in]
    return found + _count_leaks(reader)


def _count_leaks(reader: Reader) -> list[str]:
    """Return the small groups whose number of people follows exactly."""
    found = []
    for what in sorted({what for what, _ in reader.counts}):
        sets = [who for name, who in reader.counts if name == what]
        everybody = sorted(frozenset().union(*sets))
        rows = np.array([[float(person in who) for person in everybody] for who in sets])
        wanted = {
            name: np.array([float(person in who) for person in everybody])
            for wave, name, who in small_groups(reader)
            if wave == what.split()[0] and not name.startswith("p0")
        }
        wanted = {name: row for name, row in wanted.items() if 0 < row.sum() < MINIMUM}
        is_in = lie_in(span(rows), list(wanted.values()))
        found += [f"people of {name} in {what}" for name, leak in zip(wanted, is_in, strict=True) if leak]
    return found


def span(rows: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of everything that can be put together from the rows."""
    if not rows.size:
        return np.zeros((0, 0))
    _, sizes, right = np.linalg.svd(rows, full_matrices=False)
    return right[sizes > 1e-10 * max(1.0, sizes.max(initial=0.0))]


def lie_in(basis: np.ndarray, wanted: list[np.ndarray]) -> np.ndarray:
    """Return which of the wanted rows can be put together from what is shown."""
    if not basis.size or not wanted:
        return np.zeros(len(wanted), dtype=bool)
    rows = np.array(wanted)
    return np.abs(rows @ basis.T @ basis - rows).max(axis=1) < 1e-8 * np.abs(rows).max(axis=1)


def whole_leaks(reader: Reader) -> list[str]:
    """Return the small cells (role of a line, wave, item) whose sum of levels can be nothing but what it is.

    Rounded numbers of one dimension hold together with those of no other, so each dimension is a problem of its own.
    """
    found = []
    for dimension, items in DIMENSIONS.items():
        told = [one for one in reader.told if one.row and {key[2] for key in one.row} <= set(items)]
        if told:
            found += [f"{cell} ({dimension})" for cell in _whole_cells(reader, told)]
    return found


def _whole_cells(reader: Reader, told: list[Told]) -> Iterator[str]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    keys = sorted({key for one in told for key in one.row})
    cell_of = {}
    for wave, versions in reader.answers.items():
        for held in versions:
            for person, role, line in zip(
                held.sheets["respondent"], held.sheets["role"], held.sheets["product_line"], strict=True
            ):
                cell_of[(person, wave)] = f"{role} of {line or 'none'}"
    table = np.array([[one.row.get(key, 0.0) for key in keys] for one in told])
    # Answers of one cell that enter everything alike are one sum.
    labels = [(cell_of[key[:2]], key[1], key[2], *np.round(table[:, place], 9)) for place, key in enumerate(keys)]
    classes = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    count, truth = np.zeros(len(classes)), np.zeros(len(classes))
    rows = np.zeros((len(told), len(classes)))
    for place, (label, key) in enumerate(zip(labels, keys, strict=True)):
        one = classes[label]
        count[one] += 1
        truth[one] += key[3]
        rows[:, one] = table[:, place]
    rules = LinearConstraint(rows, [one.low for one in told], [one.high for one in told])
    people: dict[tuple[str, str], set[str]] = {}
    for key in keys:
        people.setdefault((cell_of[key[:2]], key[1]), set()).add(key[0])
    groups: dict[tuple[str, str, str], list[int]] = {}
    for label, place in classes.items():
        if len(people[(label[0], label[1])]) < MINIMUM:
            groups.setdefault(label[:3], []).append(place)
    open_ones = dict(groups)

    def learn(point: np.ndarray) -> None:
        for name, places in list(open_ones.items()):
            if round(float(point[places].sum())) != round(float(truth[places].sum())):
                del open_ones[name]

    while open_ones:
        name, places = next(iter(open_ones.items()))
        towards = np.zeros(len(classes))
        for others in open_ones.values():
            towards[others] += 1e-3
        towards[places] += 1.0
        for side in (1.0, -1.0):
            solved = milp(
                side * towards,
                constraints=rules,
                bounds=Bounds(count, 5 * count),
                integrality=np.ones(len(classes)),
                options={"time_limit": 5.0},
            )
            if solved.x is None:
                raise ValueError(f"What is published does not fit together: {solved.message}")
            learn(solved.x)
        if name in open_ones:
            only = []
            for side in (1.0, -1.0):
                alone = np.zeros(len(classes))
                alone[places] = side
                point = milp(
                    alone, constraints=rules, bounds=Bounds(count, 5 * count), integrality=np.ones(len(classes))
                ).x
                learn(point)
                only.append(round(float(point[places].sum())))
            if name in open_ones:
                if only[0] == only[1]:
                    yield " ".join(name)
                del open_ones[name]


@dataclass(frozen=True)
class Attacked:
    """What one organisation gave.

    Attributes
    ----------
    leaks : tuple of str
    runs, shown, hidden : int
        Runs, and numbers of dimensions and items shown and hidden in them.
    """

    leaks: tuple[str, ...]
    runs: int
    shown: int
    hidden: int


def attack(seed: int, *, with_ledger: bool = True, is_guarded: bool = True) -> Attacked:
    """Publish one organisation's waves, run after run, and return what a reader of all of it finds.

    Parameters
    ----------
    seed : int
    with_ledger : bool
        Whether a run knows what earlier runs published.
    is_guarded : bool
        Without, every group of the minimum or more is shown: what a rule that hides small groups would do.
    """
    instrument, settings = small_instrument(), Settings()
    runs, lines = random_waves(seed)
    reader, published = Reader(), list[Publication]()
    last: dict[str, Answers] = {}
    shown = hidden = 0
    for place, held in enumerate(runs):
        earlier = {wave: one for wave, one in last.items() if wave != held.wave}
        last[held.wave] = held
        reader.answers.setdefault(held.wave, []).append(held)
        scores = [score(one, instrument, settings, lines=lines) for one in (*earlier.values(), held)]
        if is_guarded:
            waves = protect_waves(scores[-1], scores[:-1], settings, published if with_ledger else ())
        else:
            everything = protect(scores[-1], Settings(minimum_group=1))
            kept = {
                key: one if (one.people or 0) >= MINIMUM else replace(one, level=None)
                for key, one in everything.scores.items()
            }
            waves = Waves(replace(everything, scores=kept, heads={}))
        read_run(reader, held, earlier, waves)
        if is_guarded:
            published.append(publication(scores[-1], waves.shown, waves.offers, run=str(place)))
        levels = [one.level is not None for one in waves.shown.scores.values()]
        shown, hidden = shown + sum(levels), hidden + len(levels) - sum(levels)
    leaks = linear_leaks(reader)
    if is_guarded:
        leaks += whole_leaks(reader)
    for remembered in (given, inside, who_counts):
        remembered.cache_clear()
    return Attacked(tuple(leaks), len(runs), shown, hidden)


def rows(organisations: int = 1_000) -> list[dict[str, Any]]:
    """Return how many hidden numbers can be computed over many organisations, and what the attack finds unguarded."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor() as pool:
        found = list(pool.map(attack, range(organisations), chunksize=10))
        naive = list(pool.map(_unguarded, range(100), chunksize=10))
        alone = list(pool.map(_without_ledger, range(100), chunksize=10))
    runs, shown, hidden = (sum(getattr(one, name) for one in found) for name in ("runs", "shown", "hidden"))
    against = f"{runs} runs, {shown} numbers shown, {hidden} hidden"
    leaks = sum(len(one.leaks) for one in found)
    return [
        bench_row(
            f"hidden cells computed, {organisations} organisations × 3 waves", leaks, "cells", against=against, most=0
        ),
        bench_row("organisations given away, small groups hidden alone", _share(naive), against="100 organisations"),
        bench_row("organisations given away, guard without a ledger", _share(alone), against="100 organisations"),
    ]


def _unguarded(seed: int) -> Attacked:
    return attack(seed, is_guarded=False)


def _without_ledger(seed: int) -> Attacked:
    return attack(seed, with_ledger=False)


def _share(found: list[Attacked]) -> float:
    return round(sum(bool(one.leaks) for one in found) / len(found), 3)
