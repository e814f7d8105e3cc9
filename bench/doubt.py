"""How fast and how well a thousand draws are solved, and the published tail of a portfolio.

The same draws are given to the full search, one by one: does it support the same lines, and what is lost on the grid?
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import ndtri

from bench.table import bench_row
from workbench import load_engagement
from workbench.allocation import Plan, evaluate, solve
from workbench.allocation.draws import draw_answers, drawn_portfolio
from workbench.allocation.highs import LinearModel
from workbench.allocation.robust import lay_field, robustness
from workbench.allocation.tail import best_tail
from workbench.allocation.value_of_information import value_of_answers

DRAWS, EXACT = 1000, 40
SECONDS = 4.0
"""What the draws of a whole client may take."""
MEANS = np.array([0.0101110, 0.0043532, 0.0137058])
COVARIANCE = np.array([
    [0.00324625, 0.00022983, 0.00420395],
    [0.00022983, 0.00049937, 0.00019247],
    [0.00420395, 0.00019247, 0.00764097],
])  # fmt: skip
PUBLISHED = {0.90: 0.096975, 0.95: 0.115908, 0.99: 0.152977}
"""CVaR of the least-variance portfolio: Rockafellar and Uryasev (2000), tables 1, 2 and 4."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    found = load_engagement("harbour-mutual").allocation
    plan = solve(found.portfolio)
    if not isinstance(plan, Plan):
        raise TypeError("the sample has a plan")
    draws = draw_answers(plan.portfolio, n=DRAWS)
    start = time.process_time()
    field = lay_field(plan, draws)
    held = robustness(plan, field=field)
    taken = time.process_time() - start
    start = time.process_time()
    value_of_answers(field)
    asked = time.process_time() - start
    made = [bench_row(f"{DRAWS} draws of the sample solved and told", taken, "s of one core", most=SECONDS)]
    made.append(bench_row("what each answer is worth", asked, "s of one core"))
    made.append(bench_row("draws left with a gap above 0.1 % of the lift", held.open_draws, "draws"))
    same, losses, exact = _against_the_full_search(plan, draws)
    made.append(bench_row(f"{EXACT} draws: same lines as the full search", same, "draws", least=EXACT))
    made.append(bench_row("value lost on the grid, mean", float(np.mean(losses)), "share of lift", most=1e-3))
    made.append(bench_row("value lost on the grid, most", float(np.max(losses)), "share of lift", most=2e-3))
    made.append(bench_row("a draw on the grid against the full search", taken / DRAWS, "s", most=exact))
    for beta, published in PUBLISHED.items():
        start = time.process_time()
        tail = -best_tail(*published_case(), 1.0 - beta, tolerance=1e-6)[1]
        made.append(bench_row(f"published CVaR at {beta:.0%}, off by", abs(tail / published - 1), most=0.01))
        made.append(bench_row(f"16,384 draws at {beta:.0%}", time.process_time() - start, "s of one core", most=5.0))
    return made


def _against_the_full_search(plan: Plan, draws: Any) -> tuple[int, list[float], float]:
    chosen = np.linspace(0, draws.n - 1, EXACT).round().astype(int)
    field = lay_field(plan, replace(draws, numbers=draws.numbers[chosen]))
    form, same, losses, start = field.grid.form, 0, [], time.process_time()
    best = field.worth.argmax(axis=1)
    for place, number in enumerate(chosen):
        drawn = drawn_portfolio(draws, int(number))
        full = solve(drawn)
        if not isinstance(full, Plan):
            continue
        mine = field.plans[best[place]]
        supported = form.supports(mine.is_open)
        same += supported == dict(full.supported)
        value = evaluate(drawn, form.levels(mine.shares), supported).value
        losses.append(max(full.value - value, 0.0) / plan.certificate.lift)
    return same, losses, (time.process_time() - start) / EXACT


def published_case() -> tuple[LinearModel, np.ndarray]:
    """Return the portfolio problem of Rockafellar and Uryasev (2000), section 4, and 16,384 quasi-random returns."""
    from scipy.stats import qmc

    points = qmc.Sobol(3, scramble=True, seed=1).random_base2(14)
    returns = MEANS + ndtri(np.clip(points, 1e-12, 1 - 1e-12)) @ np.linalg.cholesky(COVARIANCE).T
    model = LinearModel(
        np.zeros(3),
        np.zeros(3),
        np.ones(3),
        np.zeros(3, dtype=bool),
        csr_matrix(np.vstack([np.ones(3), MEANS])),
        np.array([1.0, 0.011]),
        np.array([1.0, np.inf]),
    )
    return model, returns
