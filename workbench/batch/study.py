"""What a run keeps of a client's folder once it is checked: little enough to travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.batch.plan import make_plan
from workbench.errors import ClientDataError, Fault

if TYPE_CHECKING:
    from workbench.engagement.commentary import Comment

PILLARS = ("readiness", "outcomes", "allocation")


@dataclass(frozen=True, eq=False)
class Study:
    """A checked engagement without its tables of data, but for what a run keeps of them.

    Attributes
    ----------
    name, data_hash : str
        Whose files, and the hash of them all.
    settings : EngagementSettings
    files : tuple of InputFile
        Path, bytes and SHA-256 of each file that was read.
    missing : tuple of Off
        What cannot be answered.
    ignored : tuple of (table, count)
        Example rows of the template that were left out, by table.
    comments : tuple of Comment
        The consultant's own words, which enter when the report is put together.
    effective : mapping of pillar to mapping
        The pillar's settings as plain values: what holds where no parameter is given.
    named : frozenset of str
        The settings that the client's folder names itself.
    variables : tuple of str
        Variables of this machine with the addresses of the client's databases.
    untested : tuple of str
        What only a run can test: tables in databases, and addresses that this machine lacks; as sentences.
    off : tuple of str
        Metrics that a run would leave out because the facts lack a table or column; as sentences.
    asked : mapping of pillar to frozenset of str
        What each pillar's inputs were made of, as in `Engagement.asked`.
    held : tuple of HeldInput
        What the run keeps of the tables, to be compared with another run.
    """

    name: str
    data_hash: str
    settings: Any
    files: tuple[Any, ...]
    missing: tuple[Any, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    comments: tuple[Comment, ...] = ()
    effective: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    held: tuple[Any, ...] = ()


def prepare_study(engagement: str, root: Path | None = None) -> Study:
    """Read and check a client's folder; runs in a worker process.

    Raises
    ------
    ClientDataError
        With every fault of the folder.
    """
    from workbench.engagement.load import load_engagement
    from workbench.engagement.snapshot import hold_inputs

    held = load_engagement(engagement, root=root)
    return Study(
        name=held.name,
        data_hash=held.data_hash,
        settings=held.settings,
        files=tuple(held.files),
        missing=tuple(held.missing),
        ignored=tuple((str(table), int(count)) for table, count in getattr(held, "ignored", ())),
        comments=held.comments,
        effective={pillar: _plain_settings(getattr(held, pillar)) for pillar in PILLARS},
        named=frozenset(held.settings.model_fields_set),
        variables=tuple(sorted({one.address.removeprefix("env:") for one in held.settings.databases.values()})),
        untested=_untested(held.outcomes),
        off=_off(held.outcomes, held.tables.facts),
        asked=dict(held.asked),
        held=hold_inputs(held.as_read, getattr(held.outcomes, "catalogue", None)),
    )


def _off(outcomes: Any, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why metrics would be off, as far as files tell: what lies in databases is not opened before a run."""
    from workbench.outcomes.catalogue_checks import check_catalogue

    catalogue = getattr(outcomes, "catalogue", None)
    if catalogue is None:
        return ()
    # a table in a database is taken to have whatever is asked of it
    inside = {table.name for table in catalogue.tables if table.database}
    beyond = {one.metric for one in catalogue.metrics if any(part.table in inside for _, part in one.measures)}
    found = check_catalogue(catalogue, {name: held.columns for name, held in facts.items()})
    made = {one.metric: {part.metric for part in one.inputs} for one in catalogue.metrics}
    while True:  # and so is whatever is made of it
        more = {name for name, parts in made.items() if parts & beyond} - beyond
        if not more:
            return tuple(trouble.reason for trouble in found if trouble.metric not in beyond)
        beyond |= more


def _untested(outcomes: Any) -> tuple[str, ...]:
    """Return what was not tested because it lies in databases, which a check does not open."""
    found = []
    for name, database in getattr(outcomes, "databases", {}).items():
        tables = ", ".join(table.name for table in outcomes.catalogue.tables if table.database == name)
        lacks = "" if database.is_known else f" This machine has no variable {database.variable}, which a run needs."
        found.append(f"Not tested before a run, because the database {name} holds it: {tables}.{lacks}")
    return tuple(found)


def _plain_settings(inputs: Any) -> dict[str, Any]:
    """Return the plain values among a pillar's settings; none where the pillar is off."""
    settings = getattr(inputs, "settings", None)
    fields = getattr(settings, "__dataclass_fields__", {})
    values = {name: getattr(settings, name) for name in fields}
    return {name: value for name, value in values.items() if value is None or type(value) in (bool, int, float, str)}


def check_engagement(engagement: str, root: Path | None = None) -> Study:
    """Check a client's folder and its notebooks, as a run would, and return what a run keeps of it.

    Raises
    ------
    UsageError
        There is no such engagement.
    ClientDataError
        With every fault of the files and of the notebooks.
    """
    faults: list[Fault] = []
    study = None
    for check in (prepare_study, make_plan):
        try:
            held = check(engagement, root=root)
        except ClientDataError as error:
            faults += [fault for fault in error.faults if fault not in faults]
        else:
            study = held if isinstance(held, Study) else study
    if faults or study is None:
        raise ClientDataError(tuple(faults))
    return study
