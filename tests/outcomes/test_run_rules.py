"""Rules fire where they say, end at a gap, and their false alarms are those printed in the literature."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.signals import rule_shares
from workbench.errors import ModelError
from workbench.outcomes.limits import Limits
from workbench.outcomes.run_rules import (
    FALSE_ALARM_POINTS,
    FALSE_ALARMS,
    RULE_SETS,
    false_alarm_share,
    rules_of,
    run_length_between_alarms,
    set_of,
    signals,
)

LIMITS = Limits(10.0, 7.0, 13.0, 3.7, 1.0, "none", 0.0, 0.0, 0, 11, 12, 8)
BASE = [10.0, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5]


@pytest.mark.parametrize(
    ("rules", "in_control", "shifted"),
    [
        (("beyond",), 370.40, 43.89),
        (("beyond", "two_of_three"), 225.44, 20.01),
        (("beyond", "four_of_five"), 166.05, 12.66),
        (("beyond", "run"), 152.73, 14.58),
        (("beyond", "two_of_three", "four_of_five"), 132.89, 10.95),
        (("beyond", "two_of_three", "run"), 122.05, 11.73),
        (("beyond", "four_of_five", "run"), 105.78, 10.19),
        (("western_electric",), 91.75, 9.22),
    ],
)
def test_run_lengths_as_published(rules: tuple[str, ...], in_control: float, shifted: float) -> None:
    """C. W. Champ and W. H. Woodall (1987), Technometrics 29, 393-399, table 1: no shift, and one of one sigma."""
    assert run_length_between_alarms(rules) == pytest.approx(in_control, abs=0.005)
    assert run_length_between_alarms(rules, 1.0) == pytest.approx(shifted, abs=0.005)


def test_run_lengths_against_a_simulation() -> None:
    """What no table prints (NHS's rules without the trend) agrees with 600 simulated charts."""
    rules = ("beyond", "run_of_seven", "two_of_three")
    held = np.random.default_rng(6).standard_normal((600, 900))
    limits = Limits(0.0, -3.0, 3.0, 3.7, 1.0, "none", 0.0, 0.0, -1, -1, 900, 8)
    lengths = [min((s.last + 1 for s in signals(values, limits, rules, since=0)), default=900) for values in held]
    expected = run_length_between_alarms(rules)
    # a run is one signal however long, told by its last point: look at the first alarm's own length for those
    assert np.mean(lengths) == pytest.approx(expected, rel=0.12)
    with pytest.raises(ModelError, match="trend"):
        run_length_between_alarms(["nhs"])


def test_the_table_of_false_alarms_is_what_a_simulation_gives() -> None:
    """The printed rates are those of the code, for every set and each length of baseline."""
    assert set(FALSE_ALARMS) == set(RULE_SETS)
    for place, points in enumerate(FALSE_ALARM_POINTS):
        for name, share in rule_shares(points, 400).items():
            expected = FALSE_ALARMS[name][place]
            assert abs(share - expected) <= 3 * np.sqrt(max(expected * (1 - expected), 0.01) / 400), (name, points)
    assert false_alarm_share(["usual"], 36) == FALSE_ALARMS["usual"][2]
    assert false_alarm_share(["beyond", "trend"], 36) is None


def test_names_of_sets_stand_for_their_rules() -> None:
    """Sets and rules may be mixed; an unknown one is named."""
    assert rules_of(["nhs"]) == ("beyond", "run_of_seven", "trend", "two_of_three")
    assert set_of(("run", "beyond")) == "usual"
    assert set_of(["wheeler", "trend"]) == ""
    with pytest.raises(ModelError, match="hunch"):
        rules_of(["hunch"])


def test_zones_need_the_newest_point() -> None:
    """3 of 4 beyond 1.5 sigma and 4 of 5 beyond one, on one side, the newest among them."""
    assert [s.kind for s in signals([*BASE, 11.6, 10.0, 11.7, 11.8], LIMITS, ("three_of_four",))] == ["three_of_four"]
    assert signals([*BASE, 11.6, 8.0, 11.7, 11.4], LIMITS, ("three_of_four",)) == ()
    assert len(signals([*BASE, 11.1, 11.1, 9.0, 11.1, 11.2], LIMITS, ("four_of_five",))) == 1
    assert signals([*BASE, 11.1, 11.1, 9.0, 11.1, 10.9], LIMITS, ("four_of_five",)) == ()


def test_a_gap_ends_runs_trends_and_zones() -> None:
    """Eight on one side are a run; with a missing month between them they are not, nor are seven that rise."""
    one_side = [10.6] * 9
    assert len(signals([*BASE[:-1], 9.5, *one_side], LIMITS, ("run",))) == 1
    assert signals([*BASE[:-1], 9.5, *one_side[:5], np.nan, *one_side[5:]], LIMITS, ("run",)) == ()
    rising = [9.4, 9.6, 9.8, 10.0, 10.2, 10.4, 10.6]
    assert [(s.points, s.last - s.first) for s in signals([*BASE, *rising], LIMITS, ("trend",))] == [(7, 6)]
    assert signals([*BASE, *rising[:4], np.nan, *rising[4:]], LIMITS, ("trend",)) == ()
    assert len(signals([*BASE, 12.2, 10.0, 12.3], LIMITS, ("two_of_three",))) == 1
    assert signals([*BASE, 12.2, np.nan, 12.3], LIMITS, ("two_of_three",)) == ()


def test_seven_rising_points_have_six_steps() -> None:
    """Six points that rise are no trend."""
    rising = [9.4, 9.6, 9.8, 10.0, 10.2, 10.4]
    assert signals([*BASE, *rising], LIMITS, ("trend",)) == ()
