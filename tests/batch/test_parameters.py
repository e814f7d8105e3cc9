"""Parameters are checked by a model before any kernel starts, and only plain JSON values reach a notebook."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.batch.parameters import (
    OWN_FIELDS,
    PARAMETERS,
    AllocationParameters,
    OutcomesParameters,
    Parameters,
    ReadinessParameters,
    bind_parameters,
    parse_overrides,
    read_parameters_cell,
)
from workbench.errors import UsageError

MODELS = tuple(PARAMETERS.values())
MASTERS = Path(__file__).resolve().parents[2] / "notebooks"


class Listed(Parameters):
    """A model with a list, a text and a switch."""

    lines: list[str] | None = None
    title: str | None = None
    is_short: bool = False


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        pytest.param("confidence=0.9", {"confidence": 0.9}, id="number"),
        pytest.param("confidence= 0.9 ", {"confidence": 0.9}, id="spaces"),
        pytest.param("target=4", {"target": 4.0}, id="whole number for a decimal one"),
        pytest.param("confidence=null", {"confidence": None}, id="as the client's settings say"),
        pytest.param("insights_per_reader=3", {"insights_per_reader": 3}, id="whole number"),
    ],
)
def test_a_value_is_read_by_its_fields_type(pair: str, expected: dict[str, Any]) -> None:
    """The text after the equals sign becomes what the notebook's model says."""
    assert parse_overrides([pair], MODELS) == expected


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        pytest.param('lines=["motor", "home"]', ["motor", "home"], id="list"),
        pytest.param("title=0.9", "0.9", id="text that looks like a number"),
        pytest.param("title=a=b", "a=b", id="equals sign inside"),
        pytest.param("is_short=true", True, id="switch"),
    ],
)
def test_lists_are_json_and_text_stays_text(pair: str, expected: Any) -> None:
    """JSON where the field takes a list; as typed where it takes text."""
    assert list(parse_overrides([pair], [Listed]).values()) == [expected]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        pytest.param(["confidnce=0.9"], "Did you mean 'confidence'", id="unknown"),
        pytest.param(["x=1; import os; os.system('true')=1"], "no notebook of this run knows it", id="name is code"),
        pytest.param(["__class__=1"], "no notebook of this run knows it", id="dunder"),
        pytest.param(["engagement=other"], "the run sets this itself", id="engagement"),
        pytest.param(["output_dir=/tmp"], "the run sets this itself", id="output folder"),
        pytest.param(["confidence"], "write KEY=VALUE", id="no equals sign"),
        pytest.param(["confidence=0.9", "confidence=0.8"], "given twice", id="twice"),
        pytest.param(["confidence=1.5"], "less than 1", id="out of range"),
        pytest.param(["confidence=high"], "valid number", id="no number"),
        pytest.param(["target=true"], "valid number", id="a switch is no number"),
        pytest.param(["target=NaN"], "no number to compute with", id="not a number"),
        pytest.param(["insights_per_reader=2.5"], "integer", id="no whole number"),
        pytest.param(["target=[3]"], "valid number", id="list for a number"),
    ],
)
def test_a_wrong_parameter_is_wrong_usage(pairs: list[str], message: str) -> None:
    """It is named, with what is allowed, and nothing runs."""
    with pytest.raises(UsageError, match=message):
        parse_overrides(pairs, MODELS)


def test_all_wrong_parameters_are_named_at_once() -> None:
    """One attempt shows every mistake."""
    with pytest.raises(UsageError) as caught:
        parse_overrides(["confidnce=1", "target=high", "engagement=x"], MODELS)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    "value",
    [np.int64(5), np.bool_(True), np.array(5), Decimal(5), dt.date(2026, 1, 1), (5,), "5", True, float("nan")],
    ids=repr,
)
def test_a_value_that_json_does_not_know_is_refused(value: Any) -> None:
    """Papermill would write np.bool_(False) as the truthy text "False"; here nothing but plain JSON passes."""
    with pytest.raises(UsageError, match="insights_per_reader"):
        bind_parameters("outcomes", "acme", "", {"insights_per_reader": value}, {})


def test_what_reaches_the_notebook_is_plain_json_and_only_what_was_set() -> None:
    """Values that nobody set keep the default of the notebook's own cell."""
    bound = bind_parameters("readiness", "acme", "out", {"confidence": np.float64(0.9), "gap": 0.1}, {"sure": 0.7})
    got = bound.to_notebook()
    assert got == {"engagement": "acme", "output_dir": "out", "confidence": 0.9}
    assert json.loads(json.dumps(got)) == got
    assert type(got["confidence"]) is float


def test_the_cell_of_a_notebook_is_checked_too() -> None:
    """A default that an analyst wrote into the cell must fit the model."""
    with pytest.raises(UsageError, match="confidence"):
        bind_parameters("readiness", "acme", "", {}, {"confidence": 95})


@pytest.mark.parametrize(
    "source",
    ["share = 1 / 3", "a, b = 1, 2", "import os", "x = {1, 2}", "x = float('nan')", "x =", "print(1)", "x[0] = 1"],
)
def test_a_parameters_cell_holds_plain_values_only(source: str) -> None:
    """Anything that would have to be run to be known is refused."""
    with pytest.raises((ValueError, TypeError, SyntaxError)):
        read_parameters_cell(source)


def test_a_parameters_cell_is_read_without_running_it() -> None:
    """Comments, texts, lists and annotations are understood."""
    source = '"""Parameters."""\nengagement: str = "a"  # whose\nlines = ["x", "y"]  # which\nshare = -0.5'
    assert read_parameters_cell(source) == {"engagement": "a", "lines": ["x", "y"], "share": -0.5}


@pytest.mark.parametrize("pillar", sorted(PARAMETERS))
def test_names_and_defaults_of_a_master_are_its_models(pillar: str) -> None:
    """The tagged cell and the model say the same."""
    path = next(MASTERS.glob(f"[0-9][0-9]_{pillar}.ipynb"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = next(cell for cell in cells if "parameters" in cell["metadata"].get("tags", ()))
    defaults = {name: field.default for name, field in PARAMETERS[pillar].model_fields.items()}
    assert read_parameters_cell("".join(tagged["source"])) == defaults


def test_every_name_is_an_identifier_of_ours() -> None:
    """Names are pasted into the notebook as code, so they are fields of the models and nothing else."""
    for model in MODELS:
        assert set(model.model_fields) >= OWN_FIELDS
        assert all(name.isidentifier() for name in model.model_fields)
    assert "confidence" in set(ReadinessParameters.model_fields) & set(OutcomesParameters.model_fields)
    assert "gap" in AllocationParameters.model_fields
