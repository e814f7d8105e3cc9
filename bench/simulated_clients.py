"""Clients whose true class is known: whole lines answer, and some of them are then silent.

Every person of a line has an answer to every question they are asked. The true level of a dimension is what all of them
would say; it is led to a wanted place by moving everybody's latent level, so that no gate stands nearer to a boundary
than asked. Then 30 % of the people stay silent, 8 % of the questions are skipped and 10 % cannot be seen, at random.
The package's own code scores, judges and says whose answers would settle the rest; those people then answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.readiness.anonymity import protect
from workbench.readiness.classes import CLASSES, TOO_CLOSE, classes_of, combine
from workbench.readiness.inputs import ANSWERED, BLANK, CANNOT_SEE, NOT_ASKED, OPENLY_NAMED, Answers, Settings
from workbench.readiness.instrument import Instrument, routed
from workbench.readiness.scores import score
from workbench.readiness.verdict import LineVerdict, Verdict, judge

ROLES = {"executive": 1, "product": 5, "builder": 7, "operations": 4, "support": 3}
"""People of a line, by role: twenty."""

LINES = ("a", "b", "c", "d")
RESPONSE, SKIPPED, UNSEEN = 0.7, 0.08, 0.10
MOOD, NOISE, ITEMS = 0.4, 0.7, 0.4
"""Spread of people, of answers and of items around a dimension's level. Unit: level."""

CLEAR = ((1.25, 1.6), (2.4, 2.6), (3.4, 4.3))
"""Where gates stand at least 0.4 level from 2 and from 3."""

ANYWHERE = ((1.3, 2.0), (2.0, 3.0), (3.0, 4.3))
"""Where they may stand right on a boundary."""

Bands = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Client:
    """One simulated client: everybody's answers, who has sent them, and the truth.

    Attributes
    ----------
    instrument : Instrument
    everything : Answers
        As if nobody were silent; skipped and unseen questions are missing.
    has_sent : ndarray of bool
        A place a sheet.
    truth : mapping of line to class
    organisation : str
        The true class of all.
    """

    instrument: Instrument
    everything: Answers
    has_sent: np.ndarray
    truth: dict[str, str]
    organisation: str

    def judged(self, has_sent: np.ndarray, settings: Settings) -> Verdict:
        """Return the verdict on those who have sent their sheet."""
        held, rows = self.everything, np.flatnonzero(has_sent)
        kept = [
            frame.iloc[rows].reset_index(drop=True) for frame in (held.sheets, held.levels, held.status, held.codes)
        ]
        answers = Answers(held.wave, None, *kept, population=held.population)
        scores = score(answers, self.instrument, settings, lines=[(line, line.upper()) for line in LINES])
        verdict = judge(scores, protect(scores, settings), settings)
        if verdict is None:
            raise ValueError("the instrument has no gates")
        return verdict

    def asked_more(self, line: LineVerdict, rng: np.random.Generator) -> np.ndarray:
        """Return who has sent a sheet once those have answered whom a line's verdict asks for."""
        ask, sheets = line.ask, self.everything.sheets
        found = self.has_sent.copy()
        if ask is None or not ask.people:
            return found
        can = ~found & (sheets["product_line"].isin([ask.line]) if ask.line else True)
        can = can & (sheets["role"] == ask.role if ask.role else True)
        silent = np.flatnonzero(can)
        found[rng.permutation(silent)[: ask.people]] = True
        return found


def simulate_client(instrument: Instrument, rng: np.random.Generator, bands: Bands = CLEAR) -> Client:
    """Return a client of four lines with twenty people each, of classes drawn at random.

    Parameters
    ----------
    instrument : Instrument
        Ours, with its seven gates.
    rng : Generator
    bands : three pairs of levels
        Between which true gates lie that are low, on the way, or standing.
    """
    people = [(role, line) for line in LINES for role, count in ROLES.items() for _ in range(count)]
    roles, lines = (np.array(held) for held in zip(*people, strict=True))
    items = [item.id for item in instrument.items]
    asks = {role: set(routed(instrument, role)) for role in ROLES}
    is_asked = np.array([[name in asks[role] for name in items] for role in roles])
    latent = rng.normal(0, MOOD, len(people))[:, None] + rng.normal(0, NOISE, (len(people), len(items)))
    latent += np.array([rng.normal(0, ITEMS, len(items)) for _ in LINES])[np.searchsorted(LINES, lines)]
    for place, item in enumerate(instrument.items):
        if item.scope == "organisation":
            latent[:, place] += rng.normal(0, ITEMS) - latent[:, place].mean()
    names = np.array(["price", "claims", "app", "fraud", "data"])
    spread = rng.dirichlet([2.0] * 5)
    codes = [tuple(rng.choice(names, 3, replace=False, p=spread)) for _ in people]
    shared = _overlap(codes)
    levels = np.zeros_like(latent)
    common = {"d07": _place(rng, bands, rng.choice(3, p=[0.15, 0.35, 0.5])), "d01": float(rng.uniform(2.4, 3.6))}
    for line in LINES:
        wanted = _wanted(instrument, rng, common, bands)
        here = lines == line
        for group in instrument.dimensions:
            own = [items.index(item.id) for item in group_items(instrument, group.id) if item.scope == "line"]
            pooled = [items.index(item.id) for item in group_items(instrument, group.id) if item.scope != "line"]
            if pooled and line == LINES[0]:
                rest = [shared] if group.id == "d07" else []
                _lead(levels, latent, is_asked, np.ones(len(people), bool), pooled, common[group.id], rest)
            if own:
                rest = [_mean(levels, is_asked, np.ones(len(people), bool), place) for place in pooled]
                _lead(levels, latent, is_asked, here, own, wanted[group.id], rest)
    truth = np.array(
        [
            [_true(instrument, levels, is_asked, lines == line, items, group.id, shared) for group in instrument.gates]
            for line in LINES
        ]
    )
    distance = np.minimum(np.abs(truth - 3), np.where(_is_structure(instrument), np.abs(truth - 2), 9))
    if bands is CLEAR and distance.min() < 0.4 - 0.03:
        return simulate_client(instrument, rng, bands)  # a boundary could not be kept clear, which is rare
    classes = [CLASSES[place] for place in classes_of(instrument, truth)]
    return Client(
        instrument,
        _answers(instrument, rng, roles, lines, levels, is_asked, codes),
        _sent(rng, lines),
        dict(zip(LINES, classes, strict=True)),
        combine(classes),
    )


def simulate_verdicts(
    instrument: Instrument,
    clients: Iterable[int],
    seed: int,
    *,
    bands: Bands = CLEAR,
    minimum_group: int = OPENLY_NAMED,
    draws: int = 2_000,
    is_asking: bool = True,
) -> pd.DataFrame:
    """Return what became of each simulated line: its true class, its verdict, its odds, and whether asking settled it.

    Parameters
    ----------
    instrument : Instrument
    clients : iterable of int
        Their numbers: client 5 is the same whoever else is simulated.
    seed : int
    bands : three pairs of levels
        As in `simulate_client`.
    minimum_group, draws : int
        As in `Settings`.
    is_asking : bool
        Whether those who are named next answer too.
    """
    settings = Settings(minimum_group=minimum_group, draws=draws)
    return pd.DataFrame(
        row
        for number in clients
        for row in _lines(instrument, number, np.random.default_rng([seed, number]), settings, bands, is_asking)
    )


def summarise(found: pd.DataFrame) -> dict[str, float]:
    """Return the shares that the method is held to, and how far the probabilities can be believed.

    Lines that are not shown count as undecided; `calibration` is the mean distance between what was said and what came
    true, over tenths of probability, weighted by how often it was said.
    """
    is_open = ~found["verdict"].isin(CLASSES)
    wrong = ~is_open & (found["verdict"] != found["truth"])
    asked = found[found["verdict"] == TOO_CLOSE]
    whole = found.drop_duplicates("client")
    whole_open = whole["organisation"] == TOO_CLOSE
    odds = found[found["odds"].map(len) > 0]
    said = np.array([share for held in odds["odds"] for _, share in held])
    true = np.array(
        [name == truth for held, truth in zip(odds["odds"], odds["truth"], strict=True) for name, _ in held]
    )
    tenth = np.minimum((said * 10).astype(int), 9)
    gaps = [abs(said[tenth == one].mean() - true[tenth == one].mean()) * (tenth == one).mean() for one in set(tenth)]
    return {
        "lines": len(found),
        "wrong": float(wrong.mean()),
        "undecided": float(is_open.mean()),
        "settled": float((asked["after"].isin(CLASSES)).mean()) if len(asked) else float("nan"),
        "settled_right": float((asked["after"] == asked["truth"]).mean()) if len(asked) else float("nan"),
        "asked_people": float(asked["people"].median()) if len(asked) else float("nan"),
        "organisation_wrong": float((~whole_open & (whole["organisation"] != whole["organisation_truth"])).mean()),
        "organisation_undecided": float(whole_open.mean()),
        "calibration": float(sum(gaps)),
        "brier": float(((said - true) ** 2).reshape(-1, 3).sum(axis=1).mean()) if len(odds) else float("nan"),
    }


def group_items(instrument: Instrument, group: str) -> list:
    """Return a dimension's items that are answered on the scale."""
    return [item for item in instrument.items_below(group) if item.kind != "open"]


def _lines(
    instrument: Instrument, number: int, rng: np.random.Generator, settings: Settings, bands: Bands, is_asking: bool
) -> Iterator[dict]:
    client = simulate_client(instrument, rng, bands)
    verdict = client.judged(client.has_sent, settings)
    for line in verdict.lines:
        after = ""
        if line.verdict == TOO_CLOSE and is_asking:
            after = client.judged(client.asked_more(line, rng), settings).line(line.line).verdict
        yield {
            "client": number,
            "line": line.line,
            "truth": client.truth[line.line],
            "verdict": line.verdict,
            "leaning": line.leaning,
            "certainty": line.certainty,
            "odds": line.odds,
            "chance": line.ask.chance if line.ask else None,
            "people": line.ask.people if line.ask else None,
            "ask": line.ask,
            "after": after,
            "organisation": verdict.verdict,
            "organisation_truth": client.organisation,
        }


def _wanted(
    instrument: Instrument, rng: np.random.Generator, common: dict[str, float], bands: Bands
) -> dict[str, float]:
    """Return true levels of a line: of a product, one on the way, or a project."""
    kind = rng.integers(3)
    found = {group.id: float(rng.uniform(1.5, 4.5)) for group in instrument.dimensions}
    structure = [group.id for group in instrument.gates if group.gate == "structure" and group.id not in common]
    others = [group.id for group in instrument.gates if group.gate != "structure"]
    for name in structure:
        found[name] = _place(rng, bands, 2 if kind == 2 else rng.choice([1, 2]))
    for name in others:
        found[name] = _place(rng, bands, 2 if kind == 2 else rng.integers(3))
    if kind == 0:
        found[str(rng.choice(structure))] = _place(rng, bands, 0)
    found["d01"] = _place(rng, bands, 2 if kind == 2 else rng.choice([1, 2]))
    return found


def _place(rng: np.random.Generator, bands: Bands, where: int) -> float:
    return float(rng.uniform(*bands[int(where)]))


def _lead(
    levels: np.ndarray,
    latent: np.ndarray,
    is_asked: np.ndarray,
    here: np.ndarray,
    places: list[int],
    wanted: float,
    rest: list[float],
) -> None:
    """Move the latent answers until the mean of item means, with those of `rest`, stands where it is wanted."""
    low, high = -4.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        tried = np.clip(np.rint(latent[:, places] + middle), 1, 5)
        means = [float(tried[here & is_asked[:, place], column].mean()) for column, place in enumerate(places)]
        if sum([*means, *rest]) / (len(means) + len(rest)) < wanted:
            low = middle
        else:
            high = middle
    moved = np.clip(np.rint(latent[:, places] + high), 1, 5)
    for column, place in enumerate(places):
        levels[here, place] = moved[here, column]


def _mean(levels: np.ndarray, is_asked: np.ndarray, here: np.ndarray, place: int) -> float:
    return float(levels[here & is_asked[:, place], place].mean())


def _true(
    instrument: Instrument,
    levels: np.ndarray,
    is_asked: np.ndarray,
    here: np.ndarray,
    items: list[str],
    group: str,
    shared: float,
) -> float:
    """Return what all who are asked would say of a dimension."""
    everybody = np.ones(len(here), dtype=bool)
    means = [
        shared
        if item.kind == "open"
        else _mean(levels, is_asked, everybody if item.scope == "organisation" else here, items.index(item.id))
        for item in instrument.items_below(group)
    ]
    return sum(means) / len(means)


def _overlap(codes: list[tuple[str, ...]]) -> float:
    held = [set(one) for one in codes]
    shares = [len(one & other) / 3 for one in held for other in held if one is not other]
    return 1 + 4 * float(np.mean(shares))


def _is_structure(instrument: Instrument) -> np.ndarray:
    return np.array([group.gate == "structure" for group in instrument.gates])


def _sent(rng: np.random.Generator, lines: np.ndarray) -> np.ndarray:
    found = np.zeros(len(lines), dtype=bool)
    for line in LINES:
        here = np.flatnonzero(lines == line)
        found[rng.permutation(here)[: round(RESPONSE * len(here))]] = True
    return found


def _answers(
    instrument: Instrument,
    rng: np.random.Generator,
    roles: np.ndarray,
    lines: np.ndarray,
    levels: np.ndarray,
    is_asked: np.ndarray,
    codes: list[tuple[str, ...]],
) -> Answers:
    items = [item.id for item in instrument.items]
    chance = rng.random(levels.shape)
    states = np.where(chance < SKIPPED, BLANK, np.where(chance < SKIPPED + UNSEEN, CANNOT_SEE, ANSWERED)).astype(object)
    states[~is_asked] = NOT_ASKED
    status = pd.DataFrame(states, columns=items)
    opened = [item.id for item in instrument.items if item.kind == "open"]
    for name in opened:
        status[name] = np.where(status[name] == CANNOT_SEE, BLANK, status[name])
    held = pd.DataFrame(levels, columns=items).where(status == ANSWERED)
    held[opened] = np.nan
    named = pd.DataFrame(
        {
            name: pd.Series(
                [one if state == ANSWERED else None for one, state in zip(codes, status[name], strict=True)],
                dtype=object,
            )
            for name in opened
        }
    )
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{row:03d}" for row in range(len(roles))],
            "unit": None,
            "role": roles,
            "product_line": pd.Series(lines, dtype=object),
            "seconds": np.nan,
        }
    )
    population = pd.DataFrame(
        [(None, role, line, count) for line in LINES for role, count in ROLES.items()],
        columns=["unit", "role", "product_line", "headcount"],
    ).astype({"product_line": object})
    return Answers("w1", None, sheets, held, status, named, population=population)
