# ruff: noqa: E501  (tables typed as text are as wide as their cells)
"""What Harbour Mutual could do with its people and money.

Planted: eighteen engineers in Home stand just before the steep part of their curve, the twenty in Pensions far behind
it; Travel earns next to nothing and holds seven engineers for its platform. So Travel closes, and its people and money
go to Home; its specialists shorten the queue in Pensions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.truth.tables import Rows, table, write_csv, write_yaml

RESOURCES = table("""
resource     | function   | unit   | capacity | unit_cost | step
engineers    | HR         | people | 94       | 98000     | 1
underwriters | HR         | people | 22       | 105000    | 1
specialists  | Operations | people | 112      | 62000     | 1
marketing    | Marketing  | EUR    | 7200000  | 1         |
run_budget   | Finance    | EUR    | 9800000  | 1         |
""")

ACTIVITIES = table("""
activity           | product_line | use     | unit        | current | reference | minimum | maximum | family      | y0    | y1    | y15   | ymax  | y05   | said_by            | said_on    | status
motor-develop      | motor        | develop | engineers   | 24      |           | 8       | 34      | exponential | 10000 | 24000 |       | 34000 |       | Annelie Voss       | 2026-08-25 | confirmed
motor-operate      | motor        | operate | specialists | 34      |           | 24      | 42      | adbudg      | 10000 | 31000 | 35000 | 38000 | 19800 | Head of Claims     | 2026-08-25 | confirmed
motor-market       | motor        | market  | kEUR        | 2600    |           | 600     | 4200    | exponential | 4000  | 18000 |       | 28000 |       | Head of Marketing  | 2026-08-27 | confirmed
home-develop       | home         | develop | engineers   | 18      |           | 8       | 40      | adbudg      | 6000  | 9500  | 19000 | 24000 | 6100  | Marta Lindqvist    | 2026-08-26 | confirmed
home-operate       | home         | operate | specialists | 26      |           | 16      | 34      | adbudg      | 7000  | 19000 | 21500 | 23000 | 12000 | Head of Claims     | 2026-08-26 | confirmed
home-market        | home         | market  | kEUR        | 1700    |           | 300     | 3600    | adbudg      | 2500  | 7500  | 12500 | 19000 | 3400  | Head of Marketing  | 2026-08-27 | confirmed
life-develop       | life         | develop | engineers   | 14      |           | 6       | 22      | adbudg      | 1600  | 3400  | 4050  | 5400  | 2200  | Irena Novak        | 2026-08-28 | confirmed
life-market        | life         | market  | kEUR        | 1500    |           | 400     | 2400    | adbudg      | 600   | 1900  | 2250  | 2700  | 1200  | Head of Marketing  | 2026-08-27 | assumed
pensions-develop   | pensions     | develop | engineers   | 20      |           | 8       | 26      | adbudg      | 1200  | 2900  | 3100  | 3250  | 2200  | Helmut Krayer      | 2026-08-31 | contested
pensions-operate   | pensions     | operate | specialists | 16      |           | 10      | 26      | adbudg      | 1000  | 2300  | 3000  | 3600  | 1300  | Helmut Krayer      | 2026-08-31 | confirmed
travel-operate     | travel       | operate | specialists | 8       |           | 6       | 12      | adbudg      | 2000  | 24000 | 27000 | 30000 | 14600 | Lucie Moreau       | 2026-09-01 | confirmed
travel-market      | travel       | market  | kEUR        | 1100    |           | 0       | 1800    | points      |       |       |       |       |       | Head of Marketing  | 2026-09-01 | confirmed
commercial-develop | commercial   | develop | engineers   | 11      |           | 5       | 18      | adbudg      | 500   | 1250  | 1560  | 2100  | 760   | Tomas Reiter       | 2026-09-01 | confirmed
commercial-operate | commercial   | operate | specialists | 13      |           | 8       | 20      | exponential | 900   | 1900  |       | 2300  |       | Tomas Reiter       | 2026-09-01 | confirmed
""")
"""Outcome: policies won or kept in a year."""

CURVE_POINTS = table("""
activity      | level | outcome
travel-market | 0     | 1000
travel-market | 400   | 6500
travel-market | 800   | 13000
travel-market | 1100  | 16000
travel-market | 1800  | 19500
""")

OBJECTIVES = table("""
objective     | weight | is_money | agreed_on  | agreed_by
margin        | 1      | yes      | 2026-09-08 | Executive Board
future_margin | 1      | yes      | 2026-09-08 | Executive Board
""")

_WORTH = {
    "motor": (120, 80),
    "home": (150, 100),
    "life": (380, 460),
    "pensions": (420, 700),
    "travel": (6, 4),
    "commercial": (900, 600),
}
"""Margin of one policy in the first year, and of its renewals, discounted. Unit: EUR."""

NEEDS = table("""
product_line | resource     | amount
motor        | run_budget   | 1500000
motor        | underwriters | 3
home         | run_budget   | 1100000
home         | underwriters | 3
life         | run_budget   | 900000
life         | underwriters | 3
life         | specialists  | 12
pensions     | run_budget   | 1700000
pensions     | underwriters | 2
travel       | run_budget   | 640000
travel       | underwriters | 1
travel       | engineers    | 7
travel       | specialists  | 3
commercial   | run_budget   | 600000
commercial   | underwriters | 4
""")

CLOSING = table("""
product_line | one_off_cost | yearly_cost | avoidable_share | note
motor        | 9500000      | 2600000     | 0.6             | Not thinkable: two thirds of all customers come through Motor.
home         | 6200000      | 1900000     | 0.6             | Mortgage banks would end their agreements.
life         | 3400000      | 800000      | 0.4             | Contracts run on for decades; only new business would stop.
pensions     | 5200000      | 1400000     | 0.3             | Contracts run on for decades; the guarantee fund would step in.
travel       | 240000       | -150000     | 1               | Policies end within a year; the partner pays a commission for customers who move.
commercial   | 2800000      | 500000      | 0.7             | Brokers would move household customers as well.
""")

RULES = table("""
rule                 | text                                                          | owner
Pension migration    | engineers in line=pensions >= 12                              | CIO
Claims service       | specialists in use=operate >= 90                              | COO
Motor brand          | marketing in line=motor >= 1800000                            | Head of Marketing
Marketing mix        | marketing in line=home <= 50% of marketing                    | CFO
Change keeps running | run_budget in use=operate >= 30% of run_budget in use=develop | CIO
Life and pensions    | line life goes with line pensions                             | Chief actuary
Broker promise       | keep line commercial                                          | CEO
Engineers for motor  | level of motor-develop >= 16                                  | Annelie Voss
""")

FUNCTION_PLANS = table("""
function   | product_line | resource    | planned
HR         | motor        | engineers   | 24
HR         | home         | engineers   | 19
HR         | life         | engineers   | 14
HR         | pensions     | engineers   | 20
HR         | travel       | engineers   | 7
HR         | commercial   | engineers   | 10
Operations | motor        | specialists | 34
Operations | home         | specialists | 26
Operations | life         | specialists | 12
Operations | pensions     | specialists | 16
Operations | travel       | specialists | 11
Operations | commercial   | specialists | 13
Marketing  | motor        | marketing   | 2700000
Marketing  | home         | marketing   | 1800000
Marketing  | life         | marketing   | 1500000
Marketing  | travel       | marketing   | 1200000
""")

DECISIONS = table("""
decision | date       | by                    | product_line | what
D-01     | 2026-02-17 | Executive Board       |              | The chief product officer decides among the six lines.
D-02     | 2026-04-07 | COO                   | motor        | Motor releases without the release board of the Delivery Office.
D-03     | 2026-07-14 | Chief product officer | pensions     | Pension Core 2 goes on; no further project in Pensions before it is live.
""")

SCENARIOS: dict[str, dict[str, Any]] = {
    "lean-year": {
        "text": "Eight engineers fewer and 1.2 m€ less marketing.",
        "capacities": {"engineers": 86, "marketing": 6_000_000},
    },
    "growth-first": {
        "text": "Renewals count double, and Motor may give up engineers.",
        "weights": {"future_margin": 2},
        "without_rules": ["Engineers for motor"],
        "rules": {"Growth fund": "engineers in line=home,life >= 36"},
    },
}


def _recipes() -> Rows:
    rows = []
    for activity in ACTIVITIES:
        takes = {
            "develop": {"engineers": 1, "underwriters": 0.05, "run_budget": 22_000},
            "operate": {"specialists": 1, "run_budget": 9_000},
            "market": {"marketing": 1_000},
        }[activity["use"]]
        rows += [{"activity": activity["activity"], "resource": name, "amount": much} for name, much in takes.items()]
    return rows


def _worths() -> Rows:
    return [
        {
            "objective": objective,
            "activity": activity["activity"],
            "value": _WORTH[activity["product_line"]][place],
            "said_by": "CFO" if place == 0 else "Chief actuary",
            "said_on": "2026-09-08",
            "status": "confirmed",
        }
        for place, objective in enumerate(("margin", "future_margin"))
        for activity in ACTIVITIES
    ]


def make(folder: Path) -> None:
    """Write resources, activities, rules and what belongs to them."""
    for name, rows in {
        "resources": RESOURCES,
        "activities": ACTIVITIES,
        "curve_points": CURVE_POINTS,
        "recipes": _recipes(),
        "objectives": OBJECTIVES,
        "worths": _worths(),
        "needs": NEEDS,
        "closing": CLOSING,
        "rules": RULES,
        "function_plans": FUNCTION_PLANS,
        "decisions": DECISIONS,
    }.items():
        write_csv(folder / f"{name}.csv", rows)
    for name, scenario in SCENARIOS.items():
        write_yaml(folder / "scenarios" / f"{name}.yaml", scenario)
