# ruff: noqa: E501  (tables typed as text are as wide as their cells)
"""Northgate Transit, an invented public body that runs buses, trams and door-to-door rides: one workbook, no revenue.

Planted: nobody chooses among the lines, so none is product-run, whatever the digital team has reached by itself; trams
became unpunctual in both sections from March 2026 (a change of rate); complaints about buses rose from the same month
only because replacement services carry more journeys on rural routes (a change of mix); engineers belong to the
booking of door-to-door rides.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from tests.truth.survey import Beliefs, Group, answer_sheets, survey_columns
from tests.truth.tables import Rows, table, write_workbook

SEED = 20_260_831

SETTINGS = table("""
key                | value
name               | Northgate Transit
as_of              | 2026-08-31
currency           | GBP
money_scale        | 1
fiscal_year_starts | 4
confidentiality    | Official – for the Transit Board
audience           | board
brand              | Product Practice
instrument         | project-to-product
minimum_group      | 5
thesis             | front
""")

PRODUCTS = table("""
product       | name                        | stage   | owner
bus-city      | City buses                  | sustain | Gwen Fairley
bus-rural     | Rural buses                 | sustain | Gwen Fairley
bus-night     | Night buses                 | explore | Gwen Fairley
tram-north    | Tram, north section         | sustain | Idris Cole
tram-south    | Tram, harbour section       | grow    | Idris Cole
ride-booked   | Booked door-to-door rides   | grow    | Nora Whitlam
ride-hospital | Rides to hospital           | sustain | Nora Whitlam
info-app      | Travel information app      | grow    | Ravi Menon
smartcard     | Smartcard and fares         | sustain | Ravi Menon
""")

LINES = table("""
product_line | name                    | product_manager
bus          | Buses                   | Gwen Fairley
tram         | Trams                   | Idris Cole
ride         | Door-to-door rides      | Nora Whitlam
digital      | Tickets and information | Ravi Menon
""")

MEMBERSHIPS = table("""
product       | kind                | parent            | share | valid_from | said_by             | said_on    | status
bus-city      | product_line        | bus               | 1     |            | Service register    | 2026-04-01 | confirmed
bus-rural     | product_line        | bus               | 1     |            | Service register    | 2026-04-01 | confirmed
bus-night     | product_line        | bus               | 1     |            | Service register    | 2026-04-01 | confirmed
tram-north    | product_line        | tram              | 1     |            | Service register    | 2026-04-01 | confirmed
tram-south    | product_line        | tram              | 1     |            | Service register    | 2026-04-01 | confirmed
ride-booked   | product_line        | ride              | 1     |            | Service register    | 2026-04-01 | confirmed
ride-hospital | product_line        | ride              | 1     |            | Service register    | 2026-04-01 | confirmed
info-app      | product_line        | digital           | 1     |            | Service register    | 2026-04-01 | confirmed
smartcard     | product_line        | digital           | 1     |            | Service register    | 2026-04-01 | confirmed
bus-city      | customer_experience | going-to-work     | 0.7   |            | Head of Passengers  | 2026-06-12 | confirmed
bus-city      | customer_experience | going-out         | 0.3   |            | Head of Passengers  | 2026-06-12 | confirmed
bus-rural     | customer_experience | going-to-work     | 0.3   |            | Head of Passengers  | 2026-06-12 | assumed
bus-night     | customer_experience | going-out         | 1     |            | Head of Passengers  | 2026-06-12 | confirmed
tram-north    | customer_experience | going-to-work     |       |            | Head of Passengers  | 2026-06-12 | assumed
tram-north    | customer_experience | going-out         |       |            | Head of Passengers  | 2026-06-12 | assumed
tram-south    | customer_experience | going-to-work     | 0.8   |            | Head of Passengers  | 2026-06-12 | confirmed
ride-booked   | customer_experience | getting-care      | 0.5   |            | Nora Whitlam        | 2026-06-12 | assumed
ride-hospital | customer_experience | getting-care      | 1     |            | Nora Whitlam        | 2026-06-12 | confirmed
info-app      | customer_experience | going-to-work     | 0.5   |            | Ravi Menon          | 2026-06-12 | assumed
info-app      | customer_experience | going-out         | 0.5   |            | Ravi Menon          | 2026-06-12 | assumed
""")

GROUPS = [
    Group(row["unit"], row["role"], row["line"], int(row["people"]), (int(row["answered"]),))
    for row in table("""
unit              | role       | line    | people | answered
Bus Planning      | product    | bus     | 6      | 3
Bus Systems       | builder    | bus     | 9      | 6
Bus Depots        | operations | bus     | 30     | 8
Bus Partners      | support    | bus     | 2      | 1
Bus Leads         | executive  | bus     | 2      | 1
Tram Planning     | product    | tram    | 4      | 2
Tram Engineering  | builder    | tram    | 9      | 5
Tram Control      | operations | tram    | 14     | 5
Tram Partners     | support    | tram    | 2      | 1
Ride Planning     | product    | ride    | 2      | 1
Ride Systems      | builder    | ride    | 4      | 2
Ride Dispatch     | operations | ride    | 8      | 4
Ride Partners     | support    | ride    | 1      | 1
Digital Product   | product    | digital | 4      | 3
Digital Teams     | builder    | digital | 9      | 5
Digital Service   | operations | digital | 4      | 1
Digital Partners  | support    | digital | 1      | 1
Executive Team    | executive  |         | 6      | 5
Finance           | finance    |         | 5      | 2
People            | hr         |         | 4      | 1
Communications    | support    |         | 4      | 2
""")
]

BELIEFS = Beliefs(
    lines={
        #       D1   D2   D3   D4   D5   D6   D7   D8   D9   D10
        "bus": (2.3, 1.6, 1.9, 2.2, 1.7, 1.5, 1.5, 1.9, 2.2, 1.6),
        "tram": (2.4, 2.2, 2.1, 2.6, 1.9, 1.9, 1.5, 2.0, 2.3, 1.9),
        "ride": (2.8, 2.9, 3.4, 2.3, 2.6, 2.2, 1.6, 2.2, 2.6, 2.7),
        "digital": (3.6, 3.8, 3.7, 3.8, 3.5, 3.4, 1.6, 2.7, 3.0, 4.0),
        "": (2.5, 2.3, 2.4, 2.5, 2.2, 2.1, 1.6, 2.0, 2.2, 2.3),
    },
    items={"d01_1": 2.7, "d01_2": 2.2, "d07_1": 1.2, "d07_2": 1.1, "d07_3": 1.3, "d07_4": 1.1},
    roles={"executive": 0.3},
    priorities=dict.fromkeys(
        (
            "tram-renewal",
            "fleet-electric",
            "rural-timetable",
            "smartcard-2",
            "door-to-door",
            "depot-move",
            "app-redesign",
            "driver-hiring",
            "step-free-stops",
            "budget-cut",
        ),
        0.3,
    ),
    hidden={("d04_2", "product"): 0.5, ("d02_4", "product"): 0.6},
    not_applicable={("d08_3", "ride"): (0.4, "Rides are not advertised; the hospitals send the passengers.")},
    spread_people=0.3,
    spread_items=0.7,
)

LAYERS = table("""
layer                       | headcount | work                   | approvals | renamed_from
Transformation Office       | 6         | process_and_governance | 4         | Programme Management Office
Passenger Insight           | 3         | research_and_data      | 0         |
""")

READINESS_TARGETS = table("""
item  | product_line | target | effort | cost  | owner           | by
d07_1 |              | 4      | 2      | 20000 | Chief executive | 2026-12-31
d07_3 |              | 3      | 2      | 35000 | Finance         | 2027-03-31
d06_1 | bus          | 3      | 4      | 60000 | Finance         | 2027-03-31
d02_1 | bus          | 3      | 4      | 80000 | Gwen Fairley    | 2027-06-30
""")

INTERVIEWS = table("""
interview | date       | role       | product_line | item  | level | quote                                                              | may_quote | interviewer
i01       | 2026-06-16 | executive  |              | d07_1 | 1     | The committee decides, which means the loudest depot decides.      | yes       | consultant A
i01       | 2026-06-16 | executive  |              | d06_1 | 2     |                                                                    | no        | consultant A
i02       | 2026-06-17 | product    | digital      | d02_1 | 4     | We still run what we shipped two years ago.                        | yes       | consultant B
i02       | 2026-06-17 | product    | digital      | d07_4 | 1     |                                                                    | no        | consultant B
i03       | 2026-06-18 | operations | bus          | d02_1 | 1     | The ticket machines were handed to us with a binder.               | yes       | consultant A
i03       | 2026-06-18 | operations | bus          | d03_2 | 2     |                                                                    | no        | consultant A
i04       | 2026-06-19 | finance    |              | d06_1 | 1     | A programme gets money; a line gets what is left.                  | no        | consultant B
i04       | 2026-06-19 | finance    |              | d07_3 | 2     |                                                                    | no        | consultant B
""")

EVIDENCE = table("""
item  | product_line | seen | level | link                          | note                                               | assessor     | date
d01_1 |              | yes  | 3     | Service register, April 2026  | Nine products; fares have two owners.              | consultant A | 2026-06-22
d07_1 |              | no   |       | Terms of reference            | The committee notes; nobody decides among lines.   | consultant A | 2026-06-22
d07_3 |              | no   |       | Board papers 2026             | Cost and date only, line by line.                  | consultant A | 2026-06-22
d06_1 | bus          | yes  | 1     | Capital programme 2026        | Eleven projects, no standing budget.               | consultant B | 2026-06-23
d02_1 | digital      | yes  | 4     | Team lists                    | Seven of nine stayed.                              | consultant B | 2026-06-23
d10_1 | digital      | yes  | 5     | Release log                   | Twenty-six releases in half a year.                | consultant B | 2026-06-23
""")

PROJECTS = table("""
project                  | sponsor         | product_line | budget  | spent   | people | ends       | disposition
Harbour track renewal    | Idris Cole      | tram         | 8400000 | 3100000 | 14     | 2027-02-28 | finish
Ticket machine roll-out  | Gwen Fairley    | bus          | 2100000 | 1900000 | 9      | 2026-11-30 | absorb
Rural timetable study    | Gwen Fairley    | bus          | 180000  | 60000   | 3      | 2026-12-31 | finish
Ride booking 1           | Nora Whitlam    | ride         | 350000  | 140000  | 4      | 2027-03-31 | absorb
Fares reform             | Chief executive |              | 620000  | 410000  | 6      | 2027-01-31 | stop
""")

FEEDBACK = table("""
signal | product       | channel            | raised     | seen       | decided    | decision | shipped    | checked    | told
s01    | info-app      | App store          | 2026-03-02 | 2026-03-03 | 2026-03-10 | yes      | 2026-03-24 | 2026-05-11 | 2026-03-25
s02    | smartcard     | Ticket offices     | 2026-03-18 | 2026-03-26 | 2026-04-20 | yes      | 2026-06-15 |            |
s03    | bus-rural     | Letters            | 2026-02-11 |            |            |          |            |            |
s04    | bus-city      | Service line       | 2026-04-07 | 2026-06-01 |            |          |            |            |
s05    | tram-south    | Control room       | 2026-03-20 | 2026-04-13 | 2026-06-02 | no       |            |            |
s06    | ride-hospital | Hospital desks     | 2026-05-05 | 2026-05-06 | 2026-05-19 | yes      | 2026-07-13 |            | 2026-07-14
""")

EVENTS = table("""
date       | scope     | what                                                              | kind
2024-04-01 |           | Fares up by 4 %                                                   | price
2025-01-13 | smartcard | Smartcard readers replaced on all buses                           | other
2026-03-02 | tram      | Track renewal on the harbour section: single track, slower running | other
2026-03-02 | bus-rural | Replacement buses run under the rural contract                     | other
""")

FACT_TABLES = table("""
table      | key_columns     | kind   | time_column | zone | product_column | customer_column | version_column
service    | month;product   | period | month       |      | product        |                 |
complaints | complaint_id    | event  | received_on |      | product        |                 |
panel      | answer_id       | event  | answered_on |      | product        |                 |
""")

METRICS = table("""
metric           | label                                   | type   | unit                   | direction | from_table | agg   | column         | where | denominator_from | denominator_agg | denominator_column | percentile | score | grain | owner                | segments | baseline
on_time          | Journeys on time                        | ratio  | share                  | up        | service    | sum   | on_time_thousand |     | service          | sum             | journeys_thousand  |            |       | month | Head of Control      |          | 24
complaint_rate   | Complaints per 1,000 journeys           | ratio  | per 1,000 journeys     | down      | complaints | count |                |       | service          | sum             | journeys_thousand  |            |       | month | Head of Passengers   |          | 24
step_free        | Trips that are step-free                | ratio  | share                  | up        | service    | sum   | step_free_trips |      | service          | sum             | trips              |            |       | month | Head of Passengers   |          | 24
cost_per_journey | Cost per journey                        | ratio  | GBP                    | down      | service    | sum   | cost_thousand  |       | service          | sum             | journeys_thousand  |            |       | month | Finance              |          | 24
lost_hours       | Vehicle hours lost to defects           | sum    | hours                  | down      | service    | sum   | lost_hours     |       |                  |                 |                    |            |       | month | Head of Depots       |          | 24
satisfied        | Passengers satisfied with their journey | score  | share                  | up        | panel      |       | satisfied      |       |                  |                 |                    |            | csat  | month | Head of Passengers   |          | 24
""")

TARGETS = table("""
metric         | scope_kind   | scope | value | by         | kind         | baseline
on_time        | company      |       | 0.9   | 2027-03-31 | committed    | 0.88
on_time        | product_line | tram  | 0.92  | 2027-03-31 | committed    |
complaint_rate | company      |       | 0.1   | 2027-03-31 | committed    |
step_free      | company      |       | 0.95  | 2028-03-31 | aspirational |
""")

RESOURCES = table("""
resource  | function       | unit   | capacity | unit_cost | step
engineers | HR             | people | 34       | 61000     | 1
crew      | Operations     | people | 420      | 43000     | 1
grant     | Finance        | GBP    | 5300000  | 1         |
outreach  | Communications | GBP    | 640000   | 1         |
""")

ACTIVITIES = table("""
activity        | product_line | use     | unit      | current | minimum | maximum | family      | y0   | y1    | y15   | ymax  | y05  | said_by         | said_on    | status
bus-operate     | bus          | operate | crew      | 280     | 245     | 320     | adbudg      | 4000 | 14000 | 15500 | 17000 | 9700 | Gwen Fairley    | 2026-07-06 | confirmed
tram-operate    | tram         | operate | crew      | 90      | 75      | 110     | adbudg      | 2000 | 9800  | 10900 | 12000 | 6700 | Idris Cole      | 2026-07-06 | confirmed
ride-operate    | ride         | operate | crew      | 42      | 30      | 64      | adbudg      | 20   | 230   | 330   | 520   | 95   | Nora Whitlam    | 2026-07-07 | confirmed
bus-develop     | bus          | develop | engineers | 12      | 3       | 16      | adbudg      | 300  | 900   | 960   | 1000  | 660  | Gwen Fairley    | 2026-07-06 | contested
tram-develop    | tram         | develop | engineers | 9       | 4       | 14      | adbudg      | 200  | 700   | 860   | 1100  | 380  | Idris Cole      | 2026-07-06 | confirmed
ride-develop    | ride         | develop | engineers | 4       | 2       | 12      | adbudg      | 10   | 40    | 95    | 210   | 13   | Nora Whitlam    | 2026-07-07 | confirmed
digital-develop | digital      | develop | engineers | 9       | 5       | 14      | adbudg      | 300  | 800   | 980   | 1300  | 520  | Ravi Menon      | 2026-07-07 | confirmed
digital-market  | digital      | market  | kGBP      | 400     | 50      | 640     | exponential | 100  | 420   |       | 700   |      | Communications  | 2026-07-08 | assumed
""")
"""Outcome: thousand journeys a year that arrive on time and would not have without the activity."""

OBJECTIVES = table("""
objective   | weight | is_money | agreed_on  | agreed_by
punctuality | 0.5    | no       | 2026-07-15 | Transit Board
access      | 0.3    | no       | 2026-07-15 | Transit Board
trust       | 0.2    | no       | 2026-07-15 | Transit Board
""")

_POINTS = {"bus": (1, 1, 0.5), "tram": (1, 1.5, 0.5), "ride": (1, 25, 3), "digital": (1, 0.5, 2)}
"""Value points of a thousand journeys for punctuality, access and trust."""

NEEDS = table("""
product_line | resource | amount
bus          | grant    | 300000
tram         | grant    | 350000
ride         | grant    | 60000
digital      | grant    | 90000
""")

CLOSING = table("""
product_line | one_off_cost | yearly_cost | avoidable_share | note
bus          | 2900000      | 0           | 0.7             | The transport act asks for a basic service.
tram         | 4100000      | 350000      | 0.4             | Track and stops must be kept up.
ride         | 900000       | 0           | 0.9             | Statutory: hospitals would have to be served by taxi.
digital      | 700000       | 0           | 0.8             | Fares would be sold on paper again.
""")

RULES = table("""
rule               | text                                               | owner
Statutory rides    | keep line ride                                     | Chief executive
Safe trams         | level of tram-operate >= 84                        | Idris Cole
Basic bus service  | crew in line=bus >= 250                            | Gwen Fairley
Grant for building | grant in use=develop <= 70% of capacity of grant   | Finance
Tickets for all    | line bus requires line digital                     | Chief executive
""")

FUNCTION_PLANS = table("""
function   | product_line | resource  | planned
HR         | bus          | engineers | 12
HR         | tram         | engineers | 9
HR         | ride         | engineers | 4
HR         | digital      | engineers | 9
Operations | bus          | crew      | 284
Operations | tram         | crew      | 92
Operations | ride         | crew      | 44
""")

DECISIONS = table("""
decision | date       | by            | product_line | what
D-01     | 2026-05-20 | Transit Board | tram         | Track renewal goes on with single track until February 2027.
""")

SCENARIOS = table("""
scenario  | change       | name            | value
grant-cut | capacity     | grant           | 4700000
grant-cut | capacity     | engineers       | 31
grant-cut | without_rule | Tickets for all | yes
""")

COMMENTARY = table("""
exhibit           | text                                                            | author          | date       | action
readiness-classes | The Transit Board discusses the mandate on 24 September.        | Lead consultant | 2026-08-28 | add
""")

MONTHS = [dt.date(2023 + (8 + month) // 12, (8 + month) % 12 + 1, 1) for month in range(36)]
CHANGE_FROM = dt.date(2026, 3, 1)
RURAL_TIMES, TRAM_LESS = 2.6, 0.065

SERVICE = {
    row["product"]: row
    for row in table("""
product       | journeys | on_time | complaints | trips | step_free | cost  | lost
bus-city      | 905      | 0.884   | 0.075      | 24800 | 0.955     | 2.35  | 410
bus-rural     | 212      | 0.902   | 0.45       | 9100  | 0.95      | 5.10  | 160
bus-night     | 61       | 0.915   | 0.20       | 1900  | 0.96      | 4.40  | 30
tram-north    | 522      | 0.905   | 0.060      | 8200  | 0.955     | 3.05  | 120
tram-south    | 411      | 0.902   | 0.062      | 6900  | 0.945     | 3.20  | 105
ride-booked   | 21       | 0.861   | 0.90       | 14100 | 1         | 21.50 | 55
ride-hospital | 9        | 0.874   | 0.70       | 6200  | 1         | 24.00 | 25
""")
}
"""A usual month: journeys in thousands, complaints per thousand journeys, cost in GBP a journey, lost vehicle hours."""

SATISFIED = {
    "bus-city": 0.71,
    "bus-rural": 0.66,
    "bus-night": 0.74,
    "tram-north": 0.79,
    "tram-south": 0.78,
    "ride-booked": 0.83,
    "ride-hospital": 0.86,
    "info-app": 0.77,
    "smartcard": 0.69,
}


def _service(rng: np.random.Generator) -> Rows:
    rows = []
    for month in MONTHS:
        for product, plan in SERVICE.items():
            is_changed = month >= CHANGE_FROM
            times = RURAL_TIMES if product == "bus-rural" and is_changed else 1.0
            journeys = float(plan["journeys"]) * times * rng.normal(1, 0.02)
            rate = float(plan["on_time"]) - (TRAM_LESS if product.startswith("tram") and is_changed else 0.0)
            trips = round(float(plan["trips"]) * rng.normal(1, 0.01))
            rows.append(
                {
                    "month": month,
                    "product": product,
                    "journeys_thousand": round(journeys, 1),
                    "on_time_thousand": round(journeys * min(1.0, rate + rng.normal(0, 0.010)), 2),
                    "trips": trips,
                    "step_free_trips": int(rng.binomial(trips, float(plan["step_free"]))),
                    "cost_thousand": round(journeys * float(plan["cost"]) * rng.normal(1, 0.025), 1),
                    "lost_hours": round(float(plan["lost"]) * rng.normal(1, 0.08), 1),
                }
            )
    return rows


def _complaints(rng: np.random.Generator, service: Rows) -> Rows:
    rows: Rows = []
    for row in service:
        rate = float(SERVICE[row["product"]]["complaints"])
        for day in np.sort(rng.integers(0, 28, rng.poisson(rate * row["journeys_thousand"]))):
            rows.append(
                {
                    "complaint_id": 40_001 + len(rows),
                    "received_on": row["month"] + dt.timedelta(days=int(day)),
                    "product": row["product"],
                    "about": str(rng.choice(["delay", "driver", "vehicle", "fare", "information"])),
                }
            )
    return rows


def _panel(rng: np.random.Generator) -> Rows:
    rows: Rows = []
    for month in MONTHS:
        for product, share in SATISFIED.items():
            for day in np.sort(rng.integers(0, 28, 12)):
                happy = rng.random() < share
                rows.append(
                    {
                        "answer_id": len(rows) + 1,
                        "answered_on": month + dt.timedelta(days=int(day)),
                        "product": product,
                        "satisfied": int(rng.integers(4, 6) if happy else rng.integers(1, 4)),
                    }
                )
    return rows


_TAKES: dict[str, dict[str, float]] = {
    "develop": {"engineers": 1, "grant": 90_000},
    "operate": {"crew": 1, "grant": 3_000},
    "market": {"outreach": 1_000},
}


def _recipes() -> Rows:
    return [
        {"activity": activity["activity"], "resource": resource, "amount": amount}
        for activity in ACTIVITIES
        for resource, amount in _TAKES[activity["use"]].items()
    ]


def _worths() -> Rows:
    return [
        {
            "objective": objective["objective"],
            "activity": activity["activity"],
            "value": _POINTS[activity["product_line"]][place],
            "said_by": "Transit Board",
            "said_on": dt.date(2026, 7, 15),
            "status": "confirmed",
        }
        for place, objective in enumerate(OBJECTIVES)
        for activity in ACTIVITIES
    ]


_TEXT = {"key", "value", "wave", "period", "text", "name", "exhibit", "d07_5", "note", "what"}


def _excel(rows: Rows, *, text: bool = False) -> Rows:
    """Give cells Excel's types, as somebody who types them into a sheet would."""
    return [
        {column: value if text or column in _TEXT else _typed(value) for column, value in row.items()} for row in rows
    ]


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value) if value.count("-") == 2 and value[:1].isdigit() else float(value)
    except ValueError:
        return value


def make(folder: Path) -> None:
    """Write the one workbook."""
    rng = np.random.default_rng(SEED)
    sheets = answer_sheets(rng, GROUPS, BELIEFS, wave="2026-06", place=0)
    columns = survey_columns(sheets)
    survey = [{column: sheet.get(column, "") for column in columns} for sheet in sheets]
    service = _service(rng)
    tables: dict[str, Rows] = {
        "products": PRODUCTS,
        "lines": LINES,
        "memberships": MEMBERSHIPS,
        "waves": [{"wave": "2026-06", "date": dt.date(2026, 6, 12)}],
        "survey": survey,
        "layers": LAYERS,
        "readiness_targets": READINESS_TARGETS,
        "interviews": INTERVIEWS,
        "evidence": EVIDENCE,
        "projects": PROJECTS,
        "feedback": FEEDBACK,
        "events": EVENTS,
        "fact_tables": FACT_TABLES,
        "metrics": METRICS,
        "targets": TARGETS,
        "facts_service": service,
        "facts_complaints": _complaints(rng, service),
        "facts_panel": _panel(rng),
        "resources": RESOURCES,
        "activities": ACTIVITIES,
        "recipes": _recipes(),
        "objectives": OBJECTIVES,
        "worths": _worths(),
        "needs": NEEDS,
        "closing": CLOSING,
        "rules": RULES,
        "function_plans": FUNCTION_PLANS,
        "decisions": DECISIONS,
        "commentary": COMMENTARY,
    }
    write_workbook(
        folder / "engagement.xlsx",
        {
            "engagement": [row | {"value": _typed(row["value"])} for row in SETTINGS],
            **{name: _excel(rows) for name, rows in tables.items()},
            "scenarios": SCENARIOS,
        },
        readme=[
            "Northgate Transit – the engagement in one workbook",
            "One sheet a table; row 1 names the columns. Dates are Excel dates; a blank cell means that nobody knows.",
            "Sheet engagement holds the settings. Sheets facts_… hold what happened, as sheet fact_tables describes them.",
            "There is no sheet population: how many people were asked was not recorded.",
        ],
    )
