# ruff: noqa: E501  (tables typed as text are as wide as their cells)
"""Harbour Mutual, an invented insurer on the coast: products, people and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.truth import harbour_mutual_facts, harbour_mutual_plan
from tests.truth.survey import Beliefs, Group, answer_sheets, people_of, survey_columns
from tests.truth.tables import table, write_csv, write_yaml

SEED = 20_260_930

SETTINGS: dict[str, Any] = {
    "name": "Harbour Mutual",
    "as_of": "2026-09-30",
    "currency": "EUR",
    "money_scale": 1,
    "language": "en",
    "fiscal_year_starts": 1,
    "confidentiality": "Confidential – Executive Board of Harbour Mutual",
    "audience": "board",
    "brand": "Product Practice",
    "instrument": "project-to-product",
    "minimum_group": 5,
    "confidence": 0.95,
    "thesis": "appendix",
}

PRODUCTS = table("""
product              | name                              | stage   | owner
motor-private        | Private car insurance             | sustain | Annelie Voss
motor-fleet          | Company fleet insurance           | grow    | Annelie Voss
motor-bike           | Motorcycle insurance              | sustain | Piet Harmsen
motor-classic        | Classic car insurance             | explore | Piet Harmsen
home-contents        | Household contents insurance      | sustain | Marta Lindqvist
home-buildings       | Residential buildings insurance   | sustain | Marta Lindqvist
home-renters         | Renters online cover              | grow    | Jonas Brandt
home-landlord        | Landlord insurance                | grow    | Jonas Brandt
life-term            | Term life insurance               | sustain | Irena Novak
life-whole           | Whole life insurance              | retire  | Irena Novak
life-keyperson       | Key person cover                  | grow    | Irena Novak
pensions-private     | Private pension plan              | sustain | Helmut Krayer
pensions-group       | Company pension scheme            | sustain | Helmut Krayer
pensions-drawdown    | Pension drawdown                  | explore |
travel-single        | Single trip insurance             | retire  | Lucie Moreau
travel-annual        | Annual travel insurance           | sustain | Lucie Moreau
commercial-property  | Business property insurance       | sustain | Tomas Reiter
commercial-liability | Business liability insurance      | sustain | Tomas Reiter
""")

LINES = table("""
product_line | name                 | product_manager
motor        | Motor insurance      | Annelie Voss
home         | Home insurance       | Marta Lindqvist
life         | Life insurance       | Irena Novak
pensions     | Pensions             | Helmut Krayer
travel       | Travel insurance     | Lucie Moreau
commercial   | Commercial insurance | Tomas Reiter
""")

MEMBERSHIPS = table("""
product              | kind                | parent           | share | valid_from | said_by            | said_on    | status
motor-private        | product_line        | motor            | 1     |            | Product register   | 2026-06-30 | confirmed
motor-fleet          | product_line        | motor            | 0.7   |            | Head of Motor      | 2026-06-30 | confirmed
motor-fleet          | product_line        | commercial       | 0.3   |            | Head of Commercial | 2026-06-30 | confirmed
motor-bike           | product_line        | motor            | 1     |            | Product register   | 2026-06-30 | confirmed
motor-classic        | product_line        | motor            | 1     |            | Product register   | 2026-06-30 | confirmed
home-contents        | product_line        | home             | 1     |            | Product register   | 2026-06-30 | confirmed
home-buildings       | product_line        | home             | 1     |            | Product register   | 2026-06-30 | confirmed
home-renters         | product_line        | home             | 1     |            | Product register   | 2026-06-30 | confirmed
home-landlord        | product_line        | home             | 1     |            | Product register   | 2026-06-30 | confirmed
life-term            | product_line        | life             | 1     |            | Product register   | 2026-06-30 | confirmed
life-whole           | product_line        | life             | 1     |            | Product register   | 2026-06-30 | confirmed
life-keyperson       | product_line        | life             | 1     |            | Product register   | 2026-06-30 | confirmed
pensions-private     | product_line        | pensions         | 1     |            | Product register   | 2026-06-30 | confirmed
pensions-group       | product_line        | pensions         | 1     |            | Product register   | 2026-06-30 | confirmed
pensions-drawdown    | product_line        | pensions         | 1     |            | Product register   | 2026-06-30 | confirmed
travel-single        | product_line        | travel           | 1     |            | Product register   | 2026-06-30 | confirmed
travel-annual        | product_line        | travel           | 1     |            | Product register   | 2026-06-30 | confirmed
commercial-property  | product_line        | commercial       | 1     |            | Product register   | 2026-06-30 | confirmed
commercial-liability | product_line        | commercial       | 1     |            | Product register   | 2026-06-30 | confirmed
motor-private        | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
motor-bike           | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
motor-classic        | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
motor-fleet          | value_stream        | business-cover   | 1     |            | COO                | 2026-07-08 | confirmed
home-contents        | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
home-buildings       | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
home-renters         | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
home-landlord        | value_stream        | private-cover    | 0.8   |            | Jonas Brandt       | 2026-07-08 | confirmed
home-landlord        | value_stream        | business-cover   | 0.2   |            | Jonas Brandt       | 2026-07-08 | confirmed
home-landlord        | value_stream        | private-cover    | 0.55  | 2025-07-01 | Jonas Brandt       | 2026-07-08 | confirmed
home-landlord        | value_stream        | business-cover   | 0.45  | 2025-07-01 | Jonas Brandt       | 2026-07-08 | confirmed
life-term            | value_stream        | save-and-retire  | 1     |            | COO                | 2026-07-08 | confirmed
life-whole           | value_stream        | save-and-retire  | 1     |            | COO                | 2026-07-08 | confirmed
life-keyperson       | value_stream        | save-and-retire  |       |            | Irena Novak        | 2026-07-08 | assumed
life-keyperson       | value_stream        | business-cover   |       |            | Irena Novak        | 2026-07-08 | assumed
pensions-private     | value_stream        | save-and-retire  | 1     |            | COO                | 2026-07-08 | confirmed
pensions-group       | value_stream        | save-and-retire  | 0.7   |            | Helmut Krayer      | 2026-07-08 | contested
pensions-group       | value_stream        | business-cover   | 0.3   |            | Helmut Krayer      | 2026-07-08 | contested
pensions-drawdown    | value_stream        | save-and-retire  | 1     |            | COO                | 2026-07-08 | confirmed
travel-single        | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
travel-annual        | value_stream        | private-cover    | 1     |            | COO                | 2026-07-08 | confirmed
commercial-property  | value_stream        | business-cover   | 1     |            | COO                | 2026-07-08 | confirmed
commercial-liability | value_stream        | business-cover   | 1     |            | COO                | 2026-07-08 | confirmed
home-contents        | customer_experience | moving-home      | 0.6   |            | Head of Service    | 2026-07-22 | confirmed
home-contents        | customer_experience | growing-family   | 0.4   |            | Head of Service    | 2026-07-22 | confirmed
home-buildings       | customer_experience | moving-home      | 1     |            | Head of Service    | 2026-07-22 | confirmed
home-renters         | customer_experience | moving-home      | 0.5   |            | Jonas Brandt       | 2026-07-22 | assumed
home-renters         | customer_experience | growing-family   | 0.5   |            | Jonas Brandt       | 2026-07-22 | assumed
home-landlord        | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | assumed
motor-private        | customer_experience | growing-family   | 0.5   |            | Annelie Voss       | 2026-07-22 | assumed
motor-private        | customer_experience | moving-home      | 0.2   |            | Annelie Voss       | 2026-07-22 | assumed
motor-fleet          | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | confirmed
life-term            | customer_experience | growing-family   |       |            | Irena Novak        | 2026-07-22 | assumed
life-term            | customer_experience | moving-home      |       |            | Irena Novak        | 2026-07-22 | assumed
life-keyperson       | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | confirmed
pensions-private     | customer_experience | growing-family   | 1     |            | Head of Service    | 2026-07-22 | confirmed
pensions-group       | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | confirmed
travel-annual        | customer_experience | growing-family   | 1     |            | Head of Service    | 2026-07-22 | assumed
commercial-property  | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | confirmed
commercial-liability | customer_experience | running-a-firm   | 1     |            | Head of Service    | 2026-07-22 | confirmed
""")

WAVES = table("""
wave    | date
2026-03 | 2026-03-13
2026-09 | 2026-09-11
""")

GROUPS = [
    Group(row["unit"], row["role"], row["line"], int(row["people"]), (int(row["march"]), int(row["september"])))
    for row in table("""
unit                 | role       | line       | people | march | september
Motor Product        | product    | motor      | 8      | 6     | 6
Motor Engineering    | builder    | motor      | 24     | 17    | 20
Motor Claims         | operations | motor      | 22     | 15    | 17
Motor Service        | operations | motor      | 12     | 8     | 8
Motor Partners       | support    | motor      | 4      | 3     | 3
Motor Leads          | executive  | motor      | 2      | 2     | 2
Home Product         | product    | home       | 7      | 5     | 5
Home Engineering     | builder    | home       | 18     | 13    | 13
Home Claims          | operations | home       | 17     | 12    | 4
Home Service         | operations | home       | 9      | 6     | 6
Home Partners        | support    | home       | 4      | 3     | 3
Home Leads           | executive  | home       | 2      | 1     | 1
Life Product         | product    | life       | 5      | 4     | 4
Life Engineering     | builder    | life       | 14     | 9     | 9
Life Administration  | operations | life       | 12     | 8     | 9
Life Partners        | support    | life       | 3      | 2     | 2
Life Leads           | executive  | life       | 2      | 1     | 1
Pension Product      | product    | pensions   | 6      | 4     | 4
Pension Engineering  | builder    | pensions   | 20     | 13    | 14
Pension Administration | operations | pensions | 16     | 10    | 11
Pension Partners     | support    | pensions   | 3      | 2     | 2
Pension Leads        | executive  | pensions   | 2      | 2     | 1
Travel Product       | product    | travel     | 3      | 2     | 2
Travel Engineering   | builder    | travel     | 7      | 5     | 5
Travel Assistance    | operations | travel     | 11     | 8     | 8
Travel Partners      | support    | travel     | 2      | 1     | 1
Travel Leads         | executive  | travel     | 2      | 1     | 1
Commercial Product   | product    | commercial | 5      | 4     | 4
Commercial Engineering | builder  | commercial | 11     | 8     | 8
Commercial Claims    | operations | commercial | 13     | 9     | 9
Commercial Partners  | support    | commercial | 3      | 2     | 2
Commercial Leads     | executive  | commercial | 2      | 1     | 1
Executive Office     | executive  |            | 8      | 6     | 7
Finance              | support    |            | 6      | 5     | 6
People and Culture   | support    |            | 4      | 4     | 3
Marketing            | support    |            | 6      | 6     | 6
Legal and Risk       | support    |            | 3      | 2     | 2
""")
]

_ORGANISATION_ITEMS = {"d01_1": 3.6, "d01_2": 3.2, "d07_1": 3.9, "d07_2": 3.4, "d07_3": 3.5, "d07_4": 3.4}
_COMMON: dict[str, Any] = {
    "roles": {"executive": 0.25, "builder": -0.05},
    "priorities": {
        "faster-claims": 0.75,
        "home-online": 0.65,
        "pension-migration": 0.50,
        "motor-tariff": 0.35,
        "agent-portal": 0.25,
        "data-quality": 0.20,
        "solvency-reporting": 0.15,
        "green-cover": 0.10,
        "travel-renewal": 0.05,
    },
    "hidden": {("d02_4", "product"): 0.80, ("d10_1", "operations"): 0.25},
    "not_applicable": {
        ("d01_5", "travel"): (0.35, "We buy our policy platform as a service from the assistance partner."),
        ("d02_3", "pensions"): (0.25, "Pension contracts cannot be retired by us."),
        ("d10_2", "life"): (0.10, "Tariff changes follow the calendar of the supervisor."),
    },
    # Executives see these much rosier than those who do the work.
    "gaps": {("d05_2", "executive"): 1.3, ("d08_2", "executive"): 1.3, ("d09_4", "executive"): 1.3},
    # Two teams of Life see two worlds; in Home those who fell silent in September see another than those who answer.
    "teams": {
        **{(item, "Life Engineering"): 3.9 for item in ("d10_1", "d10_3", "d10_4")},
        **{(item, "Life Administration"): 1.4 for item in ("d10_1", "d10_3", "d10_4")},
        **{(item, unit): 3.3 for item in ("d10_1", "d10_3", "d10_4") for unit in ("Home Engineering", "Home Service")},
        **{(item, "Home Claims"): 1.3 for item in ("d10_1", "d10_3", "d10_4")},
    },
    "spread_items": 0.55,
}
MOOD, TASTE = 0.35, 0.5
"""What stays of a person from wave to wave (levels): together with what does not, an item spreads as it did before."""

HURRIED = {
    "2026-03": {"Motor Claims": 1, "Home Claims": 1, "Pension Engineering": 1},
    "2026-09": {
        "Motor Engineering": 2,
        "Motor Claims": 2,
        "Home Engineering": 2,
        "Pension Engineering": 2,
        "Pension Administration": 1,
    },
}
"""People of a unit who filled in their sheet without reading it."""

FACTS_FROM = {
    "bit_generator": "PCG64",
    "state": {
        "state": 207060320122789623879341296299059818592,
        "inc": 300367605980535612906059345625249647123,
    },
    "has_uint32": 1,
    "uinteger": 2576525768,
}
"""Where the draws of the facts begin: a place of their own, so that a change in the survey leaves them as they are."""

#                 D1   D2   D3   D4   D5   D6   D7   D8   D9   D10
MARCH = Beliefs(
    lines={
        "motor": (3.1, 3.0, 3.0, 2.9, 2.9, 2.9, 3.0, 2.7, 2.8, 3.0),
        "home": (2.7, 2.5, 2.7, 2.5, 2.4, 2.4, 2.8, 2.4, 2.4, 2.6),
        "life": (2.6, 2.5, 2.3, 2.5, 2.3, 2.4, 2.8, 2.4, 2.3, 2.2),
        "pensions": (2.2, 1.5, 1.8, 2.0, 1.7, 1.4, 2.8, 2.0, 1.9, 1.6),
        "travel": (2.7, 2.6, 2.9, 2.4, 2.5, 2.5, 2.8, 2.3, 2.4, 2.8),
        "commercial": (2.4, 2.1, 2.4, 2.3, 2.1, 1.9, 2.8, 2.3, 2.2, 2.1),
        "": (2.6, 2.4, 2.5, 2.5, 2.4, 2.3, 2.9, 2.4, 2.4, 2.5),
    },
    items=_ORGANISATION_ITEMS | {"d07_1": 3.2, "d07_2": 2.8, "d07_3": 2.9, "d07_4": 2.8},
    **_COMMON,
)
SEPTEMBER = Beliefs(
    lines={
        "motor": (3.9, 4.0, 3.9, 3.9, 2.5, 4.0, 3.5, 3.2, 3.9, 3.9),
        "home": (2.9, 2.7, 2.9, 2.7, 2.0, 2.6, 3.4, 2.6, 2.5, 2.8),
        "life": (2.7, 2.7, 2.4, 2.6, 1.9, 2.6, 3.4, 2.5, 2.3, 2.3),
        "pensions": (2.1, 1.2, 1.7, 1.9, 1.2, 1.1, 3.3, 1.9, 1.9, 1.5),
        "travel": (2.8, 2.7, 3.0, 2.4, 2.1, 2.7, 3.3, 2.4, 2.5, 2.9),
        "commercial": (2.6, 2.4, 2.5, 2.5, 1.7, 2.0, 3.3, 2.4, 2.2, 2.2),
        "": (2.8, 2.3, 2.7, 2.6, 2.0, 2.0, 3.5, 2.5, 2.6, 2.7),
    },
    items=_ORGANISATION_ITEMS,
    # Whoever was there in March sees D5 fall; those who answer for the first time make the average rise.
    newcomers={"d05_1": 1.9, "d05_2": 1.9, "d05_3": 1.9, "d05_4": 1.9},
    **_COMMON,
)

LAYERS = table("""
layer             | headcount | work                   | approvals | renamed_from
Delivery Office   | 9         | process_and_governance | 3         | Project Management Office
Customer Research | 6         | research_and_data      | 0         |
""")

READINESS_TARGETS = table("""
item  | product_line | target | effort | cost   | owner                  | by
d02   | pensions     | 3      | 4      | 260000 | Helmut Krayer          | 2027-06-30
d02_4 |              | 4      | 2      | 45000  | Head of Controlling    | 2027-01-31
d03_2 |              | 4      | 1      | 18000  | Head of Service        | 2026-12-31
d04_1 | pensions     | 3      | 2      | 60000  | Head of Data           | 2027-03-31
d04_3 |              | 4      | 2      | 70000  | Head of Controlling    | 2027-03-31
d06_1 |              | 4      | 4      | 120000 | CFO                    | 2027-06-30
d06_1 | pensions     | 3      | 4      | 90000  | CFO                    | 2027-06-30
d06_2 | commercial   | 3      | 2      | 30000  | Tomas Reiter           | 2027-03-31
d06_4 | pensions     | 3      | 1      | 12000  | CFO                    | 2026-12-31
d07_2 |              | 4      | 2      | 25000  | Chief product officer  | 2027-03-31
d07_5 |              | 4      | 1      | 8000   | Chief product officer  | 2026-11-30
d09_1 |              | 4      | 4      | 150000 | COO                    | 2027-09-30
d09_3 |              | 4      | 2      | 20000  | COO                    | 2027-03-31
d10_1 | home         | 4      | 2      | 110000 | Head of Engineering    | 2027-06-30
""")

_INTERVIEWS = """
interview | date       | role       | product_line | levels                                                      | may_quote | item_quoted | quote
i01       | 2026-09-02 | executive  |              | d06_1:3 d06_3:2 d07_1:4 d07_2:3 d07_3:4 d09_1:3 d09_4:1      | yes       | d09_4       | We changed the name on the door; the three signatures stayed.
i02       | 2026-09-02 | executive  |              | d01_1:4 d01_2:3 d06_1:2 d07_1:4 d07_4:3 d09_5:2              | no        | d06_1       | Pensions still gets its money by business case, once a year.
i03       | 2026-09-03 | product    | motor        | d01_3:4 d02_1:5 d03_1:4 d04_1:4 d06_2:4 d09_3:4              | yes       | d02_1       | The people who launched the glass claim app still run it today.
i04       | 2026-09-03 | builder    | motor        | d01_4:4 d02_2:5 d05_1:3 d06_4:4 d10_1:5 d10_4:4              | yes       | d09_3       |
i05       | 2026-09-04 | operations | motor        | d02_2:4 d03_2:4 d08_5:3 d10_3:4 d10_4:4                      | no        | d03_2       | I tag a complaint to the line and hear back within the week.
i06       | 2026-09-07 | product    | home         | d01_3:3 d02_4:2 d03_1:3 d04_2:3 d05_1:3 d09_2:2              | yes       | d09_2       | Every second Friday goes into the status deck for the Delivery Office.
i07       | 2026-09-07 | builder    | home         | d01_4:3 d02_1:3 d05_3:2 d06_2:3 d10_1:3                      | no        | d10_1       | We could release weekly; the release board meets every month.
i08       | 2026-09-08 | builder    | pensions     | d01_4:2 d02_1:1 d02_5:1 d06_2:1 d06_4:1 d10_1:1 d10_2:1      | yes       | d06_2       | When the migration project ends, so does my team.
i09       | 2026-09-08 | operations | pensions     | d02_1:1 d02_2:2 d03_3:1 d04_1:2 d08_5:1                      | yes       | d02_1       | They built it, they handed it over, and now nobody there picks up the phone.
i10       | 2026-09-09 | product    | travel       | d01_5:2 d02_3:3 d03_1:2 d03_2:2 d03_3:1 d03_4:2 d04_2:2 d06_1:3 | no        | d04_2       | We know the loss ratio; we do not know what a policy costs us to serve.
i11       | 2026-09-09 | product    | commercial   | d01_3:3 d02_4:2 d03_4:2 d06_1:2 d06_3:2 d09_3:2              | yes       | d06_3       | We asked for two people in February and got them in the new budget.
i13       | 2026-09-10 | product    | travel       | d03_1:1 d03_2:1 d03_3:1 d03_4:2                              | no        | d03_1       | I have not spoken with a traveller this year; the partner does that.
i14       | 2026-09-10 | builder    | travel       | d03_1:1 d03_4:1 d03_5:1                                      | no        | d03_5       | Ten requirements, nine from a slide of the partner.
i15       | 2026-09-10 | builder    | travel       | d03_1:2 d03_4:1 d03_5:2                                      | no        | d03_4       |
i16       | 2026-09-11 | builder    | travel       | d03_1:1 d03_4:2 d03_5:1                                      | no        | d03_1       |
i17       | 2026-09-11 | operations | travel       | d03_2:1 d03_3:2 d03_5:1                                      | yes       | d03_3       | Callers tell me what is wrong every day, and I have nobody to tell it to.
i18       | 2026-09-11 | operations | travel       | d03_2:2 d03_3:1 d03_5:2                                      | no        | d03_2       |
i19       | 2026-09-11 | operations | travel       | d03_2:1 d03_3:1 d03_5:1                                      | no        | d03_2       |
i12       | 2026-09-10 | support    |              | d01_2:3 d07_1:4 d08_1:2 d08_2:2 d08_3:3 d09_1:3              | no        | d08_1       | Our targets are cut by cost centre; we re-cut them by line in a side sheet.
"""

EVIDENCE = table("""
item  | product_line | seen | level | link                                  | note                                                                 | assessor     | date
d01_1 |              | yes  | 4     | Product register, June 2026           | 18 products, 17 with a named owner; Pension drawdown has none.        | consultant A | 2026-09-04
d01_2 |              | yes  | 3     | Organisation chart, cost-centre list  | Functions first, dotted line to product lines.                       | consultant A | 2026-09-04
d07_1 |              | yes  | 4     | Board minute 2026-02-17               | Mandate of the chief product officer.                                | consultant A | 2026-09-04
d07_3 |              | yes  | 4     | Portfolio page, July 2026             | Value, cost and capacity on one page; risk is missing.               | consultant B | 2026-09-07
d07_4 |              | yes  | 3     | Portfolio page, July 2026             | Four items not done; two without a reason.                           | consultant B | 2026-09-07
d09_1 |              | yes  | 2     | Delivery handbook 3.1                 | Three approvals by the Delivery Office before a release.             | consultant B | 2026-09-07
d09_4 |              | yes  | 1     | Role descriptions 2024 and 2026       | Same duties under a new name.                                        | consultant B | 2026-09-07
d01_3 | motor        | yes  | 4     | Decision log Motor                    | Three cases settled within a week.                                   | consultant A | 2026-09-08
d02_1 | motor        | yes  | 5     | Team lists 2025 and 2026              | Same people, same budget, one year after launch.                     | consultant A | 2026-09-08
d02_2 | motor        | yes  | 4     | On-call rota Motor                    | Builders and operators share the rota.                               | consultant A | 2026-09-08
d02_4 | motor        | no   |       | Cost statement Motor                  | Exists for claims only; marketing and platform cost not shown.       | consultant A | 2026-09-08
d03_1 | motor        | yes  | 4     | Interview log, 8 weeks                | Eleven conversations by six people.                                  | consultant A | 2026-09-08
d04_1 | motor        | yes  | 4     | Claims screen Motor                   | Shown live, one day old.                                             | consultant A | 2026-09-08
d04_3 | motor        | no   |       | Same-number test, three measures      | Finance, Claims and Product gave three figures for the loss ratio.   | consultant A | 2026-09-08
d04_4 | motor        | no   |       | Decision notes Motor                  | No note of the last two quarters names a figure.                     | consultant A | 2026-09-08
d06_1 | motor        | yes  | 4     | Budget 2026, tab Motor                | Standing budget, adjusted in April and July.                         | consultant B | 2026-09-09
d06_2 | motor        | yes  | 4     | Team lists 2025 and 2026              | 19 of 24 engineers stayed.                                           | consultant B | 2026-09-09
d09_3 | motor        | yes  | 4     | Trace of release 26.8                 | One approval left, by Legal.                                         | consultant B | 2026-09-09
d03_2 | home         | yes  | 3     | Service report August                 | Monthly report, no answer to the sender.                             | consultant A | 2026-09-09
d04_2 | home         | yes  | 3     | Line result August                    | Margin by line, retention missing.                                   | consultant A | 2026-09-09
d06_1 | home         | no   |       | Budget 2026                           | Two projects carry most of the money of the line.                    | consultant B | 2026-09-09
d10_1 | home         | yes  | 3     | Release log                           | Eight releases in nine months.                                       | consultant B | 2026-09-09
d02_1 | pensions     | no   |       | Team lists                            | Project team dissolved four months after launch.                     | consultant A | 2026-09-10
d03_3 | pensions     | no   |       | Ten signals traced                    | Four of ten never reached a decision.                                | consultant A | 2026-09-10
d04_1 | pensions     | no   |       | Report of the administration          | Six weeks old when it reaches the product manager.                   | consultant A | 2026-09-10
d06_1 | pensions     | yes  | 1     | Business case Pension Core 2          | Funded as a project to June 2027.                                    | consultant B | 2026-09-10
d06_4 | pensions     | yes  | 1     | Time sheets, sample of 12             | On average 9 hours a week on project accounting.                     | consultant B | 2026-09-10
d04_2 | travel       | yes  | 2     | Line result August                    | Premium and claims; no cost to serve.                                | consultant B | 2026-09-10
d03_1 | travel       | yes  | 3     | Call listening, August                | Monthly, two people.                                                 | consultant B | 2026-09-10
d06_3 | commercial   | no   |       | Staffing requests 2026                | No move of people between lines before the budget.                   | consultant B | 2026-09-10
d01_1 |              | yes  | 4     | Product register, June 2026           | Read again: one product without an owner.                            | consultant B | 2026-09-11
d07_1 |              | yes  | 4     | Board minute 2026-02-17               | Read again: the mandate names one person.                            | consultant B | 2026-09-11
d07_3 |              | yes  | 3     | Portfolio page, July 2026             | Read again: without risk it is no comparison of value.               | consultant A | 2026-09-11
d09_1 |              | yes  | 2     | Delivery handbook 3.1                 | Read again: three approvals.                                         | consultant A | 2026-09-11
d09_4 |              | yes  | 1     | Role descriptions 2024 and 2026       | Read again: only the title changed.                                  | consultant A | 2026-09-11
d02_1 | motor        | yes  | 5     | Team lists 2025 and 2026              | Read again: the same people.                                         | consultant B | 2026-09-11
d02_2 | motor        | yes  | 4     | On-call rota Motor                    | Read again: a shared rota.                                           | consultant B | 2026-09-11
d04_1 | motor        | yes  | 4     | Claims screen Motor                   | Seen live.                                                           | consultant B | 2026-09-11
d06_1 | motor        | yes  | 3     | Budget 2026, tab Motor                | Read again: a third is still asked for by business case.             | consultant A | 2026-09-11
d10_1 | home         | yes  | 3     | Release log                           | Counted again: eight releases.                                       | consultant A | 2026-09-11
d06_1 | pensions     | yes  | 1     | Business case Pension Core 2          | Read again: a project.                                               | consultant A | 2026-09-11
d06_4 | pensions     | yes  | 2     | Time sheets, sample of 12             | Counted again: 7 hours a week.                                       | consultant A | 2026-09-11
d04_2 | travel       | yes  | 2     | Line result August                    | Read again: no cost to serve.                                        | consultant A | 2026-09-11
d03_1 | travel       | yes  | 3     | Call listening, August                | Read again: monthly.                                                 | consultant A | 2026-09-11
""")

PROJECTS = table("""
project                      | sponsor               | product_line | budget  | spent   | people | ends       | disposition
Glass claim app 2            | Annelie Voss          | motor        | 640000  | 410000  | 6      | 2026-12-31 | absorb
Motor tariff 2027            | Annelie Voss          | motor        | 380000  | 90000   | 4      | 2027-03-31 | absorb
Telematics pilot             | Piet Harmsen          | motor        | 520000  | 505000  | 3      | 2026-10-31 | stop
Fleet self-service           | Annelie Voss          | motor        | 710000  | 260000  | 7      | 2027-06-30 | absorb
Home online quote            | Marta Lindqvist       | home         | 1450000 | 610000  | 11     | 2027-06-30 | absorb
Storm claims desk            | COO                   | home         | 290000  | 240000  | 4      | 2026-11-30 | finish
Renters partner interface    | Jonas Brandt          | home         | 330000  | 120000  | 3      | 2027-02-28 | absorb
Landlord policy wording      | Jonas Brandt          | home         | 140000  | 60000   | 2      | 2026-12-31 | finish
Term life underwriting rules | Irena Novak           | life         | 560000  | 300000  | 5      | 2027-03-31 | absorb
Whole life run-off           | CFO                   | life         | 230000  | 190000  | 3      | 2026-12-31 | finish
Pension Core 2               | CIO                   | pensions     | 6800000 | 4950000 | 18     | 2027-06-30 | finish
Pension statements           | Helmut Krayer         | pensions     | 480000  | 470000  | 4      | 2026-10-31 | finish
Drawdown calculator          | Helmut Krayer         | pensions     | 390000  | 80000   | 3      | 2027-03-31 | absorb
Scheme onboarding            | Helmut Krayer         | pensions     | 610000  | 350000  | 5      | 2027-01-31 | absorb
Travel app relaunch          | Lucie Moreau          | travel       | 450000  | 130000  | 4      | 2027-04-30 | stop
Assistance partner tender    | COO                   | travel       | 120000  | 70000   | 2      | 2026-12-31 | stop
Broker portal                | Tomas Reiter          | commercial   | 980000  | 720000  | 6      | 2027-03-31 | absorb
Cyber cover study            | Tomas Reiter          | commercial   | 160000  | 40000   | 2      | 2026-12-31 | finish
Data warehouse renewal       | CIO                   |              | 2300000 | 1500000 | 9      | 2027-09-30 | finish
Delivery method roll-out     | Head of Delivery      |              | 540000  | 310000  | 5      | 2027-06-30 | stop
""")

FEEDBACK = table("""
signal | product              | channel           | raised     | seen       | decided    | decision | shipped    | checked    | told
s01    | motor-private        | Service hotline   | 2026-02-03 | 2026-02-05 | 2026-02-12 | yes      | 2026-03-17 | 2026-05-20 | 2026-03-19
s02    | motor-private        | Claims handlers   | 2026-03-11 | 2026-03-12 | 2026-03-20 | yes      | 2026-04-21 | 2026-06-30 | 2026-04-22
s03    | motor-bike           | Service hotline   | 2026-05-04 | 2026-05-06 | 2026-05-18 | no       |            |            | 2026-05-19
s04    | motor-fleet          | Brokers           | 2026-06-22 | 2026-06-25 | 2026-07-09 | yes      | 2026-08-18 |            | 2026-08-20
s05    | home-contents        | Service hotline   | 2026-01-19 | 2026-02-10 | 2026-03-16 | yes      | 2026-06-08 |            |
s06    | home-buildings       | Claims handlers   | 2026-02-23 | 2026-03-24 | 2026-04-27 | yes      | 2026-07-13 |            | 2026-07-20
s07    | home-renters         | App store         | 2026-04-08 | 2026-04-20 | 2026-05-11 | yes      |            |            |
s08    | home-landlord        | Brokers           | 2026-07-02 | 2026-08-03 |            |          |            |            |
s09    | life-term            | Brokers           | 2026-02-16 | 2026-04-13 | 2026-06-01 | no       |            |            |
s10    | life-whole           | Letters           | 2026-05-12 |            |            |          |            |            |
s11    | pensions-private     | Administration    | 2026-01-14 | 2026-05-27 |            |          |            |            |
s12    | pensions-group       | Employers         | 2026-03-02 |            |            |          |            |            |
s13    | pensions-drawdown    | Service hotline   | 2026-06-10 |            |            |          |            |            |
s14    | travel-annual        | Assistance calls  | 2026-05-26 | 2026-06-15 | 2026-07-20 | no       |            |            | 2026-08-10
s15    | commercial-liability | Brokers           | 2026-04-15 | 2026-05-19 | 2026-06-30 | yes      | 2026-09-08 |            |
""")

ALIASES = table("""
source          | their_name         | kind         | our_name
Claims system   | KFZ Privat         | product      | motor-private
Claims system   | KFZ Flotte         | product      | motor-fleet
General ledger  | Hausrat            | product      | home-contents
General ledger  | LOB 40 Life        | product_line | life
HR system       | PMO                | unit         | Delivery Office
""")

COMMENTARY = table("""
exhibit               | text                                                                                       | author          | date       | action
readiness-classes     | Discussed with the six line owners on 18 September; Pensions agrees with its reading.      | Lead consultant | 2026-09-19 | add
class/pensions        | We read it the same way: money still comes by project. From January the line has a budget. | Helmut Krayer   | 2026-09-21 | reply
allocation-lines      | No decision on persons has been prepared or asked for.                                     | Lead consultant | 2026-09-22 | add
allocation/next-steps | The board takes these up on 2 October.                                                     | Lead consultant | 2026-09-24 | add
""")


def interviews() -> list[dict[str, str]]:
    """Return one row an interview and item."""
    rows = []
    for talk in table(_INTERVIEWS):
        levels = dict(pair.split(":") for pair in talk["levels"].split())
        for item, level in levels.items():
            quoted = item == talk["item_quoted"] and talk["quote"]
            rows.append(
                {
                    "interview": talk["interview"],
                    "date": talk["date"],
                    "role": talk["role"],
                    "product_line": talk["product_line"],
                    "item": item,
                    "level": level,
                    "quote": talk["quote"] if quoted else "",
                    "may_quote": talk["may_quote"] if quoted else "no",
                    "interviewer": "consultant A" if int(talk["interview"][1:]) % 2 else "consultant B",
                }
            )
    return rows


def population() -> list[dict[str, Any]]:
    """Return the people who were asked."""
    return [{"unit": g.unit, "role": g.role, "product_line": g.line, "headcount": g.headcount} for g in GROUPS]


def make(folder: Path) -> None:
    """Write the engagement's folder."""
    rng = np.random.default_rng(SEED)
    write_yaml(folder / "engagement.yaml", SETTINGS, comment="What holds for the whole engagement.")
    people = people_of(rng, GROUPS, mood=MOOD, taste=TASTE)
    march = answer_sheets(rng, GROUPS, MARCH, wave="2026-03", place=0, people=people, hurried=HURRIED["2026-03"])
    known = {sheet["respondent"] for sheet in march}
    september = answer_sheets(
        rng, GROUPS, SEPTEMBER, wave="2026-09", place=1, people=people, known=known, hurried=HURRIED["2026-09"]
    )
    sheets = march + september
    write_csv(folder / "survey.csv", sheets, survey_columns(sheets))
    for name, rows in {
        "products": PRODUCTS,
        "lines": LINES,
        "memberships": MEMBERSHIPS,
        "waves": WAVES,
        "population": population(),
        "layers": LAYERS,
        "readiness_targets": READINESS_TARGETS,
        "interviews": interviews(),
        "evidence": EVIDENCE,
        "projects": PROJECTS,
        "feedback": FEEDBACK,
        "aliases": ALIASES,
        "commentary": COMMENTARY,
    }.items():
        write_csv(folder / f"{name}.csv", rows)
    rng.bit_generator.state = FACTS_FROM
    harbour_mutual_facts.make(folder, rng)
    harbour_mutual_plan.make(folder)
