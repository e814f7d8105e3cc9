"""How to spread people, money and marketing over the product lines: the plan, its proof and its reasons."""

from workbench.allocation.answer import (
    Allocation,
    AllocationInputs,
    Decision,
    FunctionPlan,
    LineRow,
    Settings,
    allocate,
    change_inputs,
)
from workbench.allocation.cascade import Cascade, FunctionReading, ResourceReading, read_cascade
from workbench.allocation.cascade_words import (
    cascade_findings,
    function_cautions,
    function_findings,
    function_steps,
)
from workbench.allocation.caution_words import cautions
from workbench.allocation.closings import LineClosing, closing_effects
from workbench.allocation.conflict import Conflict, Given
from workbench.allocation.conflict_words import ways_out
from workbench.allocation.curve_answers import (
    adbudg_from_answers,
    check_answers,
    consistency,
    exponential_from_answers,
    hill_curve,
    points_curve,
)
from workbench.allocation.curve_fit import CurveFit, fit_curve
from workbench.allocation.curves import Curve
from workbench.allocation.doubt import Doubt, examine_plan
from workbench.allocation.draws import Answer, Draws, draw_answers, drawn_portfolio
from workbench.allocation.explain import LineReason, RulePrice, ShadowPrice, explain_lines, price_rules, shadow_prices
from workbench.allocation.firm import FirmDecision, firm_decisions
from workbench.allocation.flips import Flip, flip_threshold, flip_thresholds
from workbench.allocation.line_sentences import line_finding, line_sentence, reason_words
from workbench.allocation.line_words import firm_finding, flip_words, unplaced_finding
from workbench.allocation.method_words import method
from workbench.allocation.model import (
    Activity,
    Closing,
    Evaluation,
    Line,
    Objective,
    PlanCheck,
    Portfolio,
    Resource,
    Rule,
    change_portfolio,
    check_plan,
    evaluate,
    line_money,
    line_people,
)
from workbench.allocation.numbers import figures
from workbench.allocation.project_lines import (
    Project,
    ProjectMoney,
    ProjectPart,
    ProjectReading,
    judge_projects,
    spread_projects,
)
from workbench.allocation.quarters import QuarterPlan, destination, solve_quarters
from workbench.allocation.quarters_check import PeriodBreak, PeriodState, Staffing, check_quarters
from workbench.allocation.quarters_conflict import QuarterConflict, Shortage
from workbench.allocation.quarters_words import quarter_figures, quarter_findings
from workbench.allocation.ranges import (
    ExchangeRate,
    PriceRange,
    Rung,
    WishPrice,
    exchange_rates,
    price_ranges,
    price_wishes,
)
from workbench.allocation.repairs import Repair
from workbench.allocation.robust import LineHold, MoveHold, RiskRow, Robustness, robustness
from workbench.allocation.rules import RuleError, RuleRow, compile_rules, describe, parse_rule
from workbench.allocation.scenarios import (
    Comparison,
    Scenario,
    apply_scenario,
    compare_scenarios,
    scenario_figures,
    scenario_findings,
)
from workbench.allocation.sentences import headline, next_steps
from workbench.allocation.settling import Settled, round_plan
from workbench.allocation.solver import Certificate, Limits, Plan, replan, solve
from workbench.allocation.tradeoff_words import frontier_figures, frontier_findings
from workbench.allocation.tradeoffs import Frontier, FrontierPoint, frontier, traded_objectives
from workbench.allocation.unplaced import Unplaced, unplaced_resources
from workbench.allocation.value_of_information import AnswerValue, Information
from workbench.allocation.weights import Pair, Weighting, direct_weights, pairwise_weights, per_unit, swing_weights

__all__ = [
    "Activity",
    "Allocation",
    "AllocationInputs",
    "Answer",
    "AnswerValue",
    "Cascade",
    "Certificate",
    "Closing",
    "Comparison",
    "Conflict",
    "Curve",
    "CurveFit",
    "Decision",
    "Doubt",
    "Draws",
    "Evaluation",
    "ExchangeRate",
    "FirmDecision",
    "Flip",
    "Frontier",
    "FrontierPoint",
    "FunctionPlan",
    "FunctionReading",
    "Given",
    "Information",
    "Limits",
    "Line",
    "LineClosing",
    "LineHold",
    "LineReason",
    "LineRow",
    "MoveHold",
    "Objective",
    "Pair",
    "PeriodBreak",
    "PeriodState",
    "Plan",
    "PlanCheck",
    "Portfolio",
    "PriceRange",
    "Project",
    "ProjectMoney",
    "ProjectPart",
    "ProjectReading",
    "QuarterConflict",
    "QuarterPlan",
    "Repair",
    "Resource",
    "ResourceReading",
    "RiskRow",
    "Robustness",
    "Rule",
    "RuleError",
    "RulePrice",
    "RuleRow",
    "Rung",
    "Scenario",
    "Settings",
    "Settled",
    "ShadowPrice",
    "Shortage",
    "Staffing",
    "Unplaced",
    "Weighting",
    "WishPrice",
    "adbudg_from_answers",
    "allocate",
    "apply_scenario",
    "cascade_findings",
    "cautions",
    "change_inputs",
    "change_portfolio",
    "check_answers",
    "check_plan",
    "check_quarters",
    "closing_effects",
    "compare_scenarios",
    "compile_rules",
    "consistency",
    "describe",
    "destination",
    "direct_weights",
    "draw_answers",
    "drawn_portfolio",
    "evaluate",
    "examine_plan",
    "exchange_rates",
    "explain_lines",
    "exponential_from_answers",
    "figures",
    "firm_decisions",
    "firm_finding",
    "fit_curve",
    "flip_threshold",
    "flip_thresholds",
    "flip_words",
    "frontier",
    "frontier_figures",
    "frontier_findings",
    "function_cautions",
    "function_findings",
    "function_steps",
    "headline",
    "hill_curve",
    "judge_projects",
    "line_finding",
    "line_money",
    "line_people",
    "line_sentence",
    "method",
    "next_steps",
    "pairwise_weights",
    "parse_rule",
    "per_unit",
    "points_curve",
    "price_ranges",
    "price_rules",
    "price_wishes",
    "quarter_figures",
    "quarter_findings",
    "read_cascade",
    "reason_words",
    "replan",
    "robustness",
    "round_plan",
    "scenario_figures",
    "scenario_findings",
    "shadow_prices",
    "solve",
    "solve_quarters",
    "spread_projects",
    "swing_weights",
    "traded_objectives",
    "unplaced_finding",
    "unplaced_resources",
    "ways_out",
]
