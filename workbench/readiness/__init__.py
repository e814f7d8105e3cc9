"""Has this organisation moved from project to product, line by line? `assess` answers; the rest reads its result."""

from workbench.readiness.assessment import Readiness, assess
from workbench.readiness.first_look import FirstLook
from workbench.readiness.inputs import Answers, Layer, ReadinessInputs, Settings, Target
from workbench.readiness.instrument import Instrument, options, routed
from workbench.readiness.instrument_file import build_instrument
from workbench.readiness.numbers import figures
from workbench.readiness.roadmap import Initiative, Roadmap
from workbench.readiness.sentences import cautions, headline, method, next_steps
from workbench.readiness.steps import Step

__all__ = [
    "Answers",
    "FirstLook",
    "Initiative",
    "Instrument",
    "Layer",
    "Readiness",
    "ReadinessInputs",
    "Roadmap",
    "Settings",
    "Step",
    "Target",
    "assess",
    "build_instrument",
    "cautions",
    "figures",
    "headline",
    "method",
    "next_steps",
    "options",
    "routed",
]
