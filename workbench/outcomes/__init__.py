"""What customers, users and the operation tell about each product, line, stream and experience, and what is signal."""

from workbench.outcomes.inputs import ControlTotal, Event, OutcomesInputs, Settings
from workbench.outcomes.numbers import figures
from workbench.outcomes.review import measure, tie_totals
from workbench.outcomes.reviewed import Move, Outcomes, Series, TargetCheck
from workbench.outcomes.sentences import cautions, headline, method, next_steps

__all__ = [
    "ControlTotal",
    "Event",
    "Move",
    "Outcomes",
    "OutcomesInputs",
    "Series",
    "Settings",
    "TargetCheck",
    "cautions",
    "figures",
    "headline",
    "measure",
    "method",
    "next_steps",
    "tie_totals",
]
