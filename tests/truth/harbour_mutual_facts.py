# ruff: noqa: E501  (tables typed as text are as wide as their cells)
"""What happened at Harbour Mutual in 48 months: premiums, quotes, claims, service, customers' voices.

Volumes hardly grow, so that whatever leaves its usual range was planted:

- motor: claims settle faster from April 2026 in every product (a change of rate);
- home: fewer quotes become policies from February 2026, only because renters' quotes multiplied (a change of mix);
- travel: claims cost a larger share of the premium from March 2026 in both products (a change of rate);
- satisfaction: the question was reworded in May 2026 (not the same measure);
- motor: premium rose with the tariff of March 2026 (a price);
- life: fewer quotes become policies since October 2025 although each channel sells better, because most now come
  through the portal, which sells least (a total that misleads);
- budget of 2026: motor earns more a policy than planned, travel insures fewer people than planned.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.truth.tables import Rows, table, write_csv, write_parquet, write_yaml

MONTHS = [dt.date(2022 + (9 + month) // 12, (9 + month) % 12 + 1, 1) for month in range(48)]
CLAIM_ROWS = 200_000
CHANNELS = ("agent", "phone", "portal")
WITHDRAWN = "home-caravan"
"""A product sold until 2021 whose last claims still come in; it is in no register."""

PLAN = {
    row["product"]: row
    for row in table("""
product              | premium | season | quotes | converts | claims | ratio | p85  | straight | lapse  | nps | csat | policies | price
motor-private        | 8900000 | 0.005  | 7400   | 0.232    | 1560   | 0.71  | 33   | 0.24     | 0.0072 | 37  | 0.79 | 186000   | 101
motor-fleet          | 1750000 | 0.005  | 410    | 0.285    | 420    | 0.74  | 35   | 0.20     | 0.0061 | 34  | 0.77 | 21000    | 100
motor-bike           | 610000  | 0.03   | 900    | 0.248    | 95     | 0.66  | 33   | 0.22     | 0.0080 | 40  | 0.80 | 24500    | 99
motor-classic        | 240000  | 0.03   | 210    | 0.312    | 30     | 0.48  | 32   | 0.21     | 0.0038 | 52  | 0.86 | 6100     | 103
home-contents        | 2450000 | 0.02   | 3600   | 0.302    | 590    | 0.52  | 27   | 0.31     | 0.0068 | 33  | 0.77 | 142000   | 100
home-buildings       | 4300000 | 0.02   | 2700   | 0.262    | 410    | 0.59  | 38   | 0.16     | 0.0055 | 31  | 0.75 | 88000    | 102
home-renters         | 420000  | 0.03   | 1500   | 0.108    | 90     | 0.50  | 22   | 0.36     | 0.0121 | 27  | 0.75 | 39000    | 97
home-landlord        | 830000  | 0.02   | 900    | 0.241    | 70     | 0.55  | 36   | 0.17     | 0.0060 | 29  | 0.74 | 15400    | 101
life-term            | 1700000 | 0.02   | 820    | 0.342    | 45     |       | 41   | 0.08     | 0.0046 | 24  | 0.72 | 61000    | 100
life-whole           | 2050000 | 0.01   | 120    | 0.281    | 58     |       | 44   | 0.06     | 0.0051 | 17  | 0.69 | 38500    | 104
life-keyperson       | 560000  | 0.02   | 95     | 0.305    | 6      |       | 42   | 0.07     | 0.0040 | 28  | 0.74 | 3900     | 100
pensions-private     | 2900000 | 0.01   | 310    | 0.196    | 52     |       | 58   | 0.05     | 0.0036 | 4   | 0.62 | 47000    | 103
pensions-group       | 1950000 | 0.01   | 44     | 0.318    | 34     |       | 61   | 0.04     | 0.0029 | 7   | 0.63 | 29500    | 102
pensions-drawdown    | 240000  | 0.02   | 38     | 0.270    | 9      |       | 55   | 0.05     | 0.0033 | 9   | 0.64 | 1900     | 101
travel-single        | 310000  | 0.24   | 5200   | 0.176    | 210    | 0.61  | 26   | 0.19     | 0.0210 | 12  | 0.70 | 14200    | 96
travel-annual        | 640000  | 0.12   | 1700   | 0.207    | 275    | 0.64  | 27   | 0.18     | 0.0152 | 19  | 0.72 | 33800    | 98
commercial-property  | 2250000 | 0.02   | 260    | 0.262    | 118    | 0.57  | 46   | 0.09     | 0.0044 | 26  | 0.73 | 11800    | 101
commercial-liability | 1550000 | 0.02   | 210    | 0.274    | 88     | 0.54  | 52   | 0.07     | 0.0047 | 25  | 0.73 | 9700     | 100
""")
}
"""A usual month: premium and price (EUR, index), quotes, claims, policies (counts), converts, ratio, straight, lapse
(shares), p85 (days until 85 % of claims are settled), nps (points), csat (share of 4 and 5)."""

MIX_FROM, RATE_FROM, TRAVEL_FROM, WORDING_FROM, TARIFF_FROM = (
    dt.date(2026, 2, 1),
    dt.date(2026, 4, 1),
    dt.date(2026, 3, 1),
    dt.date(2026, 5, 1),
    dt.date(2026, 3, 1),
)
RENTERS_TIMES, FASTER, STRAIGHT_MORE, TRAVEL_MORE, WORDING_MORE, TARIFF = 3.9, 0.70, 0.16, 0.17, 0.15, 1.055
PORTAL_FROM, PORTAL_SHARES, PORTAL_BETTER = dt.date(2025, 10, 1), {"agent": 0.12, "phone": 0.08, "portal": 0.80}, 1.10
BUDGET_FROM, BUDGET_TARIFF, BUDGET_TRAVELLERS = dt.date(2026, 1, 1), 1.03, 1.09
BUDGET_SEED = 2_026
"""Life's quotes and the budget draw by themselves, so that the rest of the sample stays as it was."""

EVENTS = table("""
date       | scope            | what                                                                          | kind
2023-04-01 | commercial       | Rates for business property up 3 %                                             | price
2024-01-01 | travel           | New assistance partner                                                         | other
2024-06-03 |                  | Flood on the lower river; storm claims desk opened for three weeks              | other
2025-03-17 |                  | Customer portal down for two days after the data centre move                   | outage
2025-07-01 | home-landlord    | Larger landlords served by the business team; share of the value streams changed | other
2025-10-01 | life             | Brokers send quotes for life cover through the portal                           | other
2026-03-01 | motor            | Tariff of March 2026: premiums up by 5.5 %                                      | price
2026-02-02 | home-renters     | Renters cover advertised on two comparison sites                               | campaign
2026-03-02 | travel           | Assistance partner raised its fees; medical cost abroad covered in full         | other
2026-04-07 | motor            | Photo assessment of car damage goes live; Motor released from the release board | other
2026-05-01 | satisfaction     | Question reworded from "outcome" to "service"; answers are not comparable      | definition
""")

METRICS: dict[str, Any] = {
    "forums": {"weekly_review": "7 days", "monthly_line_review": "30 days"},
    "tables": {
        "premiums": {
            "key": ["month", "product", "version"],
            "kind": "period",
            "time": {"column": "month"},
            "product": "product",
            "version": "version",
        },
        "underwriting": {
            "key": ["month", "product"],
            "kind": "period",
            "time": {"column": "month"},
            "product": "product",
        },
        "quotes": {
            "key": ["month", "product", "channel"],
            "kind": "period",
            "time": {"column": "month"},
            "product": "product",
        },
        "claims": {
            "key": ["claim_id"],
            "kind": "event",
            "time": {"column": "settled_on"},
            "product": "product",
            "customer": "customer",
        },
        "service": {"key": ["month", "product"], "kind": "period", "time": {"column": "month"}, "product": "product"},
        "voice": {
            "key": ["answer_id"],
            "kind": "event",
            "time": {"column": "answered_on"},
            "product": "product",
            "customer": "customer",
        },
        "prices": {"key": ["month", "product"], "kind": "period", "time": {"column": "month"}, "product": "product"},
    },
    "metrics": [
        {
            "metric": "written_premium",
            "label": "Written premium",
            "type": "sum",
            "measure": {"from": "premiums", "agg": "sum", "column": "written_premium"},
            "unit": "currency",
            "direction": "up",
            "loop": {"owner": "Head of Controlling", "forum": "monthly_line_review"},
        },
        {
            "metric": "premium_per_policy",
            "label": "Premium per policy",
            "type": "ratio",
            "numerator": {"from": "premiums", "agg": "sum", "column": "written_premium"},
            "denominator": {"from": "premiums", "agg": "sum", "column": "policies_at_start"},
            "unit": "euros",
            "direction": "neutral",
            "loop": {"owner": "Chief actuary", "forum": "monthly_line_review"},
        },
        {
            "metric": "claims_settled",
            "label": "Claims settled",
            "type": "count",
            "measure": {"from": "claims", "agg": "count"},
            "unit": "count",
            "direction": "neutral",
            "loop": {"owner": "Head of Claims", "forum": "weekly_review"},
        },
        {
            "metric": "loss_ratio",
            "label": "Claims cost per euro of premium",
            "type": "ratio",
            "numerator": {"from": "underwriting", "agg": "sum", "column": "claims_incurred"},
            "denominator": {"from": "underwriting", "agg": "sum", "column": "earned_premium"},
            "unit": "share",
            "direction": "down",
            "targets": [
                {"scope": {"product_line": "travel"}, "value": 0.65, "by": "2026-12-31", "kind": "committed"},
                {"scope": {"product_line": "motor"}, "value": 0.72, "by": "2026-12-31", "kind": "committed"},
                {"scope": "company", "value": 0.66, "by": "2026-12-31", "kind": "committed", "baseline": 0.645},
            ],
            "loop": {"owner": "Chief actuary", "forum": "monthly_line_review", "decide_within_days": 30},
        },
        {
            "metric": "quote_conversion",
            "label": "Quotes that become policies",
            "type": "ratio",
            "numerator": {"from": "quotes", "agg": "sum", "column": "policies_sold"},
            "denominator": {"from": "quotes", "agg": "sum", "column": "quotes"},
            "unit": "share",
            "direction": "up",
            "segments": ["channel"],
            "worth": {
                "value": 118,
                "per": "numerator",
                "said_by": "Head of Controlling",
                "said_on": "2026-08-21",
                "status": "confirmed",
            },
            "targets": [
                {"scope": {"product_line": "home"}, "value": 0.25, "by": "2027-03-31", "kind": "committed"},
                {"scope": {"product_line": "motor"}, "value": 0.24, "by": "2027-03-31", "kind": "aspirational"},
            ],
            "loop": {"owner": "Head of Sales", "forum": "weekly_review", "decide_within_days": 14},
        },
        {
            "metric": "lapse_rate",
            "label": "Policies that end early",
            "type": "ratio",
            "numerator": {"from": "premiums", "agg": "sum", "column": "lapses"},
            "denominator": {"from": "premiums", "agg": "sum", "column": "policies_at_start"},
            "unit": "share",
            "direction": "down",
            "targets": [{"scope": "company", "value": 0.006, "by": "2027-06-30", "kind": "committed"}],
            "loop": {"owner": "Head of Service", "forum": "monthly_line_review"},
        },
        {
            "metric": "straight_through",
            "label": "Claims settled without a handler",
            "type": "ratio",
            "numerator": {"from": "claims", "agg": "share_true", "column": "straight_through"},
            "denominator": {"from": "claims", "agg": "count"},
            "unit": "share",
            "direction": "up",
            "segments": ["channel"],
            "targets": [{"scope": {"product_line": "motor"}, "value": 0.35, "by": "2026-12-31", "kind": "committed"}],
            "loop": {"owner": "Head of Claims", "forum": "weekly_review", "decide_within_days": 14},
        },
        {
            "metric": "settle_days_p85",
            "label": "Days until 85 % of claims are settled",
            "type": "percentile",
            "percentile": 0.85,
            "measure": {"from": "claims", "column": "days_to_settle"},
            "unit": "days",
            "direction": "down",
            "targets": [
                {"scope": {"product_line": "motor"}, "value": 28, "by": "2026-12-31", "kind": "committed"},
                {"scope": {"product_line": "home"}, "value": 30, "by": "2027-06-30", "kind": "committed"},
            ],
            "loop": {"owner": "Head of Claims", "forum": "weekly_review", "decide_within_days": 14},
        },
        {
            "metric": "waiting_seconds",
            "label": "Average wait on the phone",
            "type": "weighted_mean",
            "measure": {"from": "service", "column": "mean_wait_seconds"},
            "weight": "calls",
            "unit": "seconds",
            "direction": "down",
            "targets": [{"scope": "company", "value": 75, "by": "2026-12-31", "kind": "committed"}],
            "loop": {"owner": "Head of Service", "forum": "weekly_review"},
        },
        {
            "metric": "recommendation",
            "label": "Customers who would recommend us (NPS)",
            "type": "score",
            "score": "nps",
            "measure": {"from": "voice", "column": "recommend"},
            "unit": "points",
            "direction": "up",
            "signal": {"min_denominator": 50},
            "targets": [{"scope": "company", "value": 30, "by": "2027-06-30", "kind": "aspirational"}],
            "loop": {"owner": "Head of Service", "forum": "monthly_line_review"},
        },
        {
            "metric": "satisfaction",
            "label": "Satisfied customers after a contact",
            "type": "score",
            "score": "csat",
            "measure": {"from": "voice", "column": "satisfied"},
            "unit": "share",
            "direction": "up",
            "signal": {"min_denominator": 50},
            "loop": {"owner": "Head of Service", "forum": "monthly_line_review"},
        },
        {
            "metric": "customers_with_claim",
            "label": "Customers with a settled claim",
            "type": "distinct",
            "measure": {"from": "claims", "agg": "distinct", "column": "customer"},
            "unit": "count",
            "direction": "neutral",
            "loop": {"owner": "Head of Claims", "forum": "weekly_review"},
        },
        {
            "metric": "price_position",
            "label": "Our price against the market (100 is the market)",
            "type": "given",
            "measure": {"from": "prices", "column": "index"},
            "unit": "points",
            "direction": "band",
            "low": 95,
            "high": 105,
            "loop": {"owner": "Chief actuary", "forum": "monthly_line_review"},
        },
        {
            "metric": "policies_in_force",
            "label": "Policies in force",
            "type": "sum",
            "measure": {"from": "premiums", "agg": "sum", "column": "policies_at_start"},
            "unit": "count",
            "direction": "up",
            "frame": "heart.engagement",
            "loop": {"owner": "Head of Sales", "forum": "monthly_line_review"},
        },
    ],
}


def _number(product: str, column: str) -> float:
    return float(PLAN[product][column])


def _season(product: str, month: dt.date) -> float:
    """Summer peaks of a product: 1 on average over a year."""
    return 1 + _number(product, "season") * np.cos(2 * np.pi * (month.month - 7) / 12)


def _line(product: str) -> str:
    return product.split("-")[0]


def _grown(product: str, month: dt.date) -> float:
    """Renters bought through the campaign stay: how much larger the book is than before."""
    months = (month.year - MIX_FROM.year) * 12 + month.month - MIX_FROM.month
    return 1 + 0.011 * max(0, months) if product == "home-renters" else 1.0


def _premiums(rng: np.random.Generator) -> Rows:
    rows = []
    for month in MONTHS:
        for product in PLAN:
            tariff = TARIFF if _line(product) == "motor" and month >= TARIFF_FROM else 1.0
            premium = _number(product, "premium") * _season(product, month) * tariff * rng.normal(1, 0.012)
            grown = _grown(product, month)
            policies = round(_number(product, "policies") * _season(product, month) * grown * rng.normal(1, 0.004))
            premium *= grown
            lapses = rng.binomial(policies, min(1.0, _number(product, "lapse") * rng.normal(1, 0.05)))
            rows.append(
                {
                    "month": month,
                    "product": product,
                    "version": "actual",
                    "written_premium": round(premium, -2),
                    "policies_at_start": policies,
                    "lapses": int(lapses),
                }
            )
    return rows


def _budget() -> Rows:
    """Return the plan of this year: a smaller tariff for motor, more travellers, no campaign for renters."""
    rng = np.random.default_rng(BUDGET_SEED)
    rows = []
    for month in (month for month in MONTHS if month >= BUDGET_FROM):
        for product in PLAN:
            line = _line(product)
            price = BUDGET_TARIFF if line == "motor" and month >= TARIFF_FROM else 1.0
            people = (BUDGET_TRAVELLERS if line == "travel" else 1.0) * _season(product, month) * rng.normal(1, 0.003)
            policies = round(_number(product, "policies") * people)
            rows.append(
                {
                    "month": month,
                    "product": product,
                    "version": "budget",
                    "written_premium": round(_number(product, "premium") * people * price, -2),
                    "policies_at_start": policies,
                    "lapses": round(policies * _number(product, "lapse")),
                }
            )
    return rows


def _underwriting(rng: np.random.Generator, premiums: Rows) -> Rows:
    rows = []
    for row in premiums:
        product = row["product"]
        if not PLAN[product]["ratio"]:
            continue
        dearer = TRAVEL_MORE if _line(product) == "travel" and row["month"] >= TRAVEL_FROM else 0.0
        noise = rng.normal(0, 0.045 if _line(product) == "travel" else 0.05)
        earned = row["written_premium"] * rng.normal(0.985, 0.003)
        incurred = earned * (_number(product, "ratio") + dearer + noise)
        rows.append(
            {
                "month": row["month"],
                "product": product,
                "earned_premium": round(earned, -2),
                "claims_incurred": round(incurred, -2),
            }
        )
    return rows


def _quotes(rng: np.random.Generator) -> Rows:
    shares = {"agent": 0.42, "phone": 0.21, "portal": 0.37}
    lifts = {"agent": 1.18, "phone": 1.03, "portal": 0.779}
    rows = []
    for month in MONTHS:
        for product in PLAN:
            times = RENTERS_TIMES if product == "home-renters" and month >= MIX_FROM else 1.0
            asked = _number(product, "quotes") * _season(product, month) * times * rng.normal(1, 0.025)
            rate = _number(product, "converts") * rng.normal(1, 0.02)
            for channel, share in shares.items():
                quotes = round(asked * share)
                sold = rng.binomial(quotes, min(1.0, rate * lifts[channel]))
                rows.append(
                    {
                        "month": month,
                        "product": product,
                        "channel": channel,
                        "quotes": quotes,
                        "policies_sold": int(sold),
                    }
                )
    return _through_the_portal(rows, lifts)


def _through_the_portal(rows: Rows, lifts: dict[str, float]) -> Rows:
    """Move most of life's quotes to the portal, where every channel sells a little better than before."""
    rng = np.random.default_rng([BUDGET_SEED, 1])
    asked: dict[tuple[dt.date, str], int] = {}
    for row in rows:
        asked[row["month"], row["product"]] = asked.get((row["month"], row["product"]), 0) + row["quotes"]
    for row in rows:
        if _line(row["product"]) == "life" and row["month"] >= PORTAL_FROM:
            row["quotes"] = round(asked[row["month"], row["product"]] * PORTAL_SHARES[row["channel"]])
            rate = _number(row["product"], "converts") * lifts[row["channel"]] * PORTAL_BETTER
            row["policies_sold"] = int(rng.binomial(row["quotes"], min(1.0, rate)))
    return rows


def _counts(rng: np.random.Generator) -> list[tuple[dt.date, str, int]]:
    """Return how many claims were settled a month and product; they add up to `CLAIM_ROWS`."""
    wanted = [
        (month, product, rng.poisson(_number(product, "claims") * _season(product, month)))
        for month in MONTHS
        for product in PLAN
    ]
    wanted += [(month, WITHDRAWN, 2) for month in MONTHS[:40]]
    short = CLAIM_ROWS - sum(count for _, _, count in wanted)
    # The rest goes to the largest product, evenly over the months, so that the file has its exact size.
    months = {month: short // len(MONTHS) + (place < short % len(MONTHS)) for place, month in enumerate(MONTHS)}
    return [(m, p, count + (months[m] if p == "motor-private" else 0)) for m, p, count in wanted]


def _claims(rng: np.random.Generator) -> dict[str, pa.Array]:
    days, products, waits, straights, channels, customers, paid = [], [], [], [], [], [], []
    names = [*PLAN, WITHDRAWN]
    for month, product, count in _counts(rng):
        known = PLAN.get(product, PLAN["home-contents"])
        is_faster = _line(product) == "motor" and month >= RATE_FROM
        straight = rng.random(count) < float(known["straight"]) + (STRAIGHT_MORE if is_faster else 0.0)
        # Log-normal waiting times; 1.036 is the normal quantile of 85 %.
        middle = float(known["p85"]) * (FASTER if is_faster else 1.0) / np.exp(1.036 * 0.75)
        wait = np.maximum(0, np.rint(middle * np.exp(rng.normal(0, 0.75, count)))).astype(np.int16)
        end = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        first = (month - dt.date(1970, 1, 1)).days
        days.append(first + rng.integers(0, (end - month).days, count))
        products.append(np.full(count, names.index(product)))
        waits.append(wait)
        straights.append(straight)
        channels.append(rng.choice(3, count, p=(0.34, 0.38, 0.28)))
        customers.append(100_000 + rng.integers(0, max(2_000, int(float(known["policies"]) * 0.8)), count))
        size = float(known["premium"]) * float(known["ratio"] or 0.6) / max(1.0, float(known["claims"]))
        paid.append(np.maximum(20, np.rint(size * np.exp(rng.normal(-0.405, 0.9, count)) / 10) * 10))
    order = np.lexsort((np.concatenate(products), np.concatenate(days)))

    def column(pieces: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(pieces)[order]

    return {
        "claim_id": pa.array(np.arange(7_000_001, 7_000_001 + CLAIM_ROWS), pa.int32()),
        "settled_on": pa.array(column(days).astype(np.int32), pa.int32()).cast(pa.date32()),
        "product": pa.array(np.array(names)[column(products)], pa.string()),
        "channel": pa.array(np.array(CHANNELS)[column(channels)], pa.string()),
        "customer": pa.array(column(customers), pa.int32()),
        "days_to_settle": pa.array(column(waits), pa.int16()),
        "straight_through": pa.array(column(straights), pa.bool_()),
        "paid_eur": pa.array(column(paid), pa.int32()),
    }


def _voice(rng: np.random.Generator) -> dict[str, pa.Array]:
    days, products, recommend, satisfied, customers = [], [], [], [], []
    names = list(PLAN)
    each = 32
    for month in MONTHS:
        for product in names:
            plan = _number(product, "nps") / 100
            promoters, detractors = 0.40 + plan / 2, 0.40 - plan / 2
            kind = rng.choice(3, each, p=(promoters, detractors, 1 - promoters - detractors))
            answers = np.select(
                [kind == 0, kind == 1], [rng.integers(9, 11, each), rng.integers(1, 7, each)], rng.integers(7, 9, each)
            )
            happy = _number(product, "csat") + (WORDING_MORE if month >= WORDING_FROM else 0.0)
            four = rng.random(each) < happy
            days.append((month - dt.date(1970, 1, 1)).days + rng.integers(0, 28, each))
            products.append(np.full(each, names.index(product)))
            recommend.append(answers)
            satisfied.append(np.where(four, rng.integers(4, 6, each), rng.integers(1, 4, each)))
            customers.append(100_000 + rng.integers(0, 60_000, each))
    order = np.lexsort((np.concatenate(products), np.concatenate(days)))
    answered = rng.random(len(order)) > 0.06
    return {
        "answer_id": pa.array(np.arange(1, len(order) + 1), pa.int32()),
        "answered_on": pa.array(np.concatenate(days)[order].astype(np.int32), pa.int32()).cast(pa.date32()),
        "product": pa.array(np.array(names)[np.concatenate(products)[order]], pa.string()),
        "customer": pa.array(np.concatenate(customers)[order], pa.int32()),
        "recommend": pa.array(np.concatenate(recommend)[order], pa.int8()),
        "satisfied": pa.array(np.concatenate(satisfied)[order], pa.int8(), mask=~answered),
    }


def _service(rng: np.random.Generator) -> Rows:
    waits = {"motor": 68, "home": 74, "life": 92, "pensions": 131, "travel": 83, "commercial": 71}
    return [
        {
            "month": month,
            "product": product,
            "calls": int(rng.poisson(_number(product, "claims") * 1.4 * _season(product, month) + 40)),
            "mean_wait_seconds": round(waits[_line(product)] * rng.normal(1, 0.07), 1),
        }
        for month in MONTHS
        for product in PLAN
    ]


def _prices(rng: np.random.Generator) -> Rows:
    return [
        {"month": month, "product": product, "index": round(_number(product, "price") + rng.normal(0, 0.6), 1)}
        for month in MONTHS
        for product in PLAN
    ]


def _control_totals(premiums: Rows, underwriting: Rows) -> Rows:
    totals = []
    for period in ("2026-06", "2026-07", "2026-08"):
        ours = sum(row["written_premium"] for row in premiums if row["month"].isoformat().startswith(period))
        totals.append(("written_premium", "", period, round(ours * 1.0004, -2), "General ledger, account 4000"))
    travel = sum(
        row["written_premium"]
        for row in premiums
        if _line(row["product"]) == "travel" and row["month"].isoformat().startswith("2026-08")
    )
    # The ledger books the assistance fee of travel elsewhere, so the two differ by 2.4 %.
    totals.append(("written_premium", "travel", "2026-08", round(travel * 0.976, -2), "General ledger, account 4050"))
    totals.append(("headcount", "", "2026-08", 298, "HR system, 31 August"))
    return [
        {
            "measure": measure,
            "scope": scope,
            "period": period,
            "value": value,
            "source": source,
            "signed_off_by": "Head of Controlling",
        }
        for measure, scope, period, value, source in totals
    ]


def make(folder: Path, rng: np.random.Generator) -> None:
    """Write facts, catalogue, events and control totals."""
    premiums = _premiums(rng)
    underwriting = _underwriting(rng, premiums)
    facts = folder / "facts"
    write_csv(facts / "premiums.csv", [*premiums, *_budget()])
    write_csv(facts / "underwriting.csv", underwriting)
    write_csv(facts / "quotes.csv", _quotes(rng))
    write_csv(facts / "service.csv", _service(rng))
    write_csv(facts / "prices.csv", _prices(rng))
    write_parquet(facts / "claims.parquet", _claims(rng))
    write_parquet(facts / "voice.parquet", _voice(rng))
    write_csv(folder / "events.csv", EVENTS)
    write_csv(folder / "control_totals.csv", _control_totals(premiums, underwriting))
    write_yaml(folder / "metrics.yaml", METRICS, comment="What is measured, from which facts, and which way is good.")
