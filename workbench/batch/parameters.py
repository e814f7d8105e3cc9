"""What may be set from outside in each notebook: one model a notebook, checked before any kernel starts.

papermill warns about an unknown parameter and runs with the default, turns values that are no JSON into text, and
pastes a parameter's *name* into the notebook as code. So only fields of these models are ever injected, and only as
plain JSON values. The parameters cell of a notebook and its model have the same names and defaults.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from workbench.errors import UsageError, nearest

OWN_FIELDS = frozenset({"engagement", "output_dir"})
"""What the run itself sets; nobody else may."""

Inside = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class Parameters(BaseModel):
    """What every notebook takes; an analyst's own chapter takes no more than this from outside."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    engagement: str = "harbour-mutual"
    output_dir: str = ""

    def to_notebook(self) -> dict[str, Any]:
        """Return what was set, as plain JSON values; what was not set keeps the default of the notebook's cell."""
        plain = self.model_dump(mode="json", exclude_unset=True)
        return dict(json.loads(json.dumps(plain, allow_nan=False)))


class ReadinessParameters(Parameters):
    """``10_readiness``; None means "as the client's settings say"."""

    confidence: Inside | None = None
    sure: Inside | None = None
    target: Annotated[float, Field(allow_inf_nan=False)] | None = None


class OutcomesParameters(Parameters):
    """``20_outcomes``; None means "as the client's settings say"."""

    confidence: Inside | None = None
    insights_per_reader: Annotated[int, Field(ge=1)] | None = None


class AllocationParameters(Parameters):
    """``30_allocation``; None means "as the client's settings say"."""

    gap: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    near_equal: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    draws: Annotated[int, Field(ge=0, le=100_000)] = 1000
    points: Annotated[int, Field(ge=0, le=101)] = 11


class SummaryParameters(Parameters):
    """``40_summary``."""


PARAMETERS: Mapping[str, type[Parameters]] = {
    "readiness": ReadinessParameters,
    "outcomes": OutcomesParameters,
    "allocation": AllocationParameters,
    "summary": SummaryParameters,
}
"""The model of each of our notebooks, by its pillar."""


def parameters_of(pillar: str) -> type[Parameters]:
    """Return the model of a notebook; an analyst's own chapter has the plain one."""
    return PARAMETERS.get(pillar, Parameters)


def parse_overrides(pairs: Sequence[str], models: Iterable[type[Parameters]]) -> dict[str, Any]:
    """Return the values of ``-p KEY=VALUE``, read by the type that the key has in the first model that knows it.

    Parameters
    ----------
    pairs : sequence of str
        ``KEY=VALUE``; lists and mappings are written as JSON, ``null`` means "as the client's settings say".
    models : iterable of type of Parameters
        The models of the notebooks that will run.

    Raises
    ------
    UsageError
        A pair has no ``=``, a key comes twice, belongs to the run itself or is known to none of the notebooks, or a
        value does not fit. All of them are named at once.

    Examples
    --------
    >>> parse_overrides(["confidence=0.9"], [ReadinessParameters])
    {'confidence': 0.9}
    """
    models = list(models)
    known = sorted({name for model in models for name in model.model_fields} - OWN_FIELDS)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            faults.append(f"-p {pair}: write KEY=VALUE, such as -p confidence=0.9.")
        elif key in OWN_FIELDS:
            faults.append(f"-p {key}: the run sets this itself. Name the engagement as the command's argument.")
        elif key in values:
            faults.append(f"-p {key}: given twice.")
        elif key not in known:
            faults.append(unknown_parameter(key, known))
        else:
            model = next(model for model in models if key in model.model_fields)
            try:
                values[key] = _read_value(text, model, key)
            except ValueError as error:
                faults.append(f"-p {key}={text}: {error}")
    if faults:
        raise UsageError("\n".join(faults))
    return values


def unknown_parameter(key: str, known: Sequence[str]) -> str:
    """Return the sentence about a parameter that no notebook knows."""
    hint = nearest(key, known)
    allowed = f"Allowed: {', '.join(known)}." if known else "These notebooks take no parameter."
    return f"-p {key}: no notebook of this run knows it. {hint + ' ' if hint else ''}{allowed}"


def _read_value(text: str, model: type[Parameters], key: str) -> Any:
    """Read one value by its field's type; text stays as typed where the field takes text."""
    field = model.model_fields[key]
    annotation: Any = field.annotation if not field.metadata else Annotated[field.annotation, *field.metadata]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        value = text
    try:
        return adapter.dump_python(adapter.validate_python(value, strict=True), mode="json")
    except ValidationError as error:
        first = error
    try:
        return adapter.dump_python(adapter.validate_python(text, strict=False), mode="json")
    except ValidationError:
        raise ValueError(_sentence(first)) from first


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number to compute with.")


def _sentence(error: ValidationError) -> str:
    """Return pydantic's messages as one sentence."""
    messages = dict.fromkeys(str(held["msg"]).rstrip(".") for held in error.errors())
    return "; ".join(messages) + "."


def bind_parameters(
    pillar: str, engagement: str, output_dir: str, overrides: Mapping[str, Any], cell: Mapping[str, Any]
) -> Parameters:
    """Return the checked parameters of one notebook.

    Parameters
    ----------
    pillar : str
        Whose model holds.
    engagement, output_dir : str
        Set by the run.
    overrides : mapping
        Values for any notebook of the run; those of other notebooks are left out.
    cell : mapping
        Names and values of the notebook's own parameters cell; an analyst's may differ from the master's.

    Raises
    ------
    UsageError
        A value does not fit the model.
    """
    model = parameters_of(pillar)
    fields = set(model.model_fields) - OWN_FIELDS
    own = {name: value for name, value in cell.items() if name in fields}
    given = {name: value for name, value in overrides.items() if name in fields}
    try:
        model.model_validate({"engagement": engagement, **own, **given})
        return model.model_validate({"engagement": engagement, "output_dir": output_dir, **given})
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(str(part) for part in held['loc'])}: {held['msg']}" for held in error.errors())
        raise UsageError(f"Parameters of {pillar}: {places}.") from error


def read_parameters_cell(source: str) -> dict[str, Any]:
    """Return names and values of a parameters cell without running it.

    Parameters
    ----------
    source : str
        The cell's text: one assignment of a plain value a line.

    Raises
    ------
    ValueError
        The cell holds something else than plain values.

    Examples
    --------
    >>> read_parameters_cell('engagement = "x"  # the folder')
    {'engagement': 'x'}
    """
    values: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            raise ValueError(f"line {node.lineno} is no plain assignment")
        value = ast.literal_eval(node.value)
        json.dumps(value, allow_nan=False)
        values[target.id] = value
    return values
