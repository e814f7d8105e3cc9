"""Delivery of software: the five measures of DORA from deployments, changes and incidents.

Definitions: dora.dev, "DORA's software delivery performance metrics". What they leave open is settled here, and equal
to the ready metrics in ``templates/metrics/dora.yaml`` on the same rows:

- a deployment is one that ran to its end in production; pipeline runs that failed and other environments are none;
- an incident belongs to the last such deployment of its product that finished before it was raised, whatever the
  window; a deployment has failed if it is marked so or has an incident, however many;
- a failed deployment is restored when the last of its incidents is; those still open are counted, never dropped unsaid;
- a change reached production with the first such deployment of its product after it was merged, unless it names one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.outcomes.flow import LeftOut, Measured, examples_of, percentiles
from workbench.outcomes.survival import kaplan_meier

PRODUCTION = frozenset({"production", "prod", "prd", "live", "produktion", "production environment"})
"""What production is called, in small letters."""

SUCCESS = frozenset({"success", "succeeded", "successful", "active", "completed", "done", "inactive"})
"""How a deployment that ran to its end is called; GitHub's ``inactive`` was one that a later replaced."""


@dataclass(frozen=True, eq=False)
class Delivery:
    """The measures of one product, or of all.

    Attributes
    ----------
    product : str
        Empty for all.
    since, until : date
    frequency, lead, fail_rate, recovery, rework : Measured
        Deployments a week that did not fail; hours; share; hours; share.
    recovery_with_open : float or None
        Median hours to restore with those still open, by Kaplan–Meier; None where it is not reached.
    """

    product: str
    since: dt.date
    until: dt.date
    frequency: Measured
    lead: Measured
    fail_rate: Measured
    recovery: Measured
    rework: Measured
    recovery_with_open: float | None = None

    @property
    def measures(self) -> tuple[Measured, ...]:
        """All five, in the order of dora.dev."""
        return (self.lead, self.frequency, self.recovery, self.fail_rate, self.rework)


def production_deployments(deployments: pd.DataFrame) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Return the deployments that count, and the rows that do not.

    Where no row names an environment, or a result, all are taken as the client's list of deployments to production.
    """
    frame = deployments.copy()
    place = frame["environment"].fillna("").astype(str).str.strip().str.casefold()
    result = frame["result"].fillna("").astype(str).str.strip().str.casefold()
    when = pd.to_datetime(frame["deployed_at"])
    elsewhere = ~place.isin(PRODUCTION) if (place != "").any() else pd.Series(False, index=frame.index)
    broken = ~elsewhere & (~result.isin(SUCCESS) if (result != "").any() else False)
    undated = ~elsewhere & ~broken & when.isna()
    left = [
        LeftOut(int(rows.sum()), reason, examples_of(frame[rows], "deployment"))
        for rows, reason in (
            (elsewhere, "are of other environments"),
            (broken, "did not run to their end"),
            (undated, "have no time"),
        )
        if rows.any()
    ]
    frame["deployed_at"] = when
    return frame[~elsewhere & ~broken & ~undated].sort_values(["deployed_at", "deployment"]), tuple(left)


def assign_incidents(incidents: pd.DataFrame, deployments: pd.DataFrame) -> pd.Series:
    """Return the deployment that each incident belongs to, blank where there is none.

    Parameters
    ----------
    incidents : DataFrame
        incident, product, raised, deployment (a deployment that is named wins).
    deployments : DataFrame
        From `production_deployments`.

    Returns
    -------
    Series of str, index as `incidents`
    """
    found = pd.Series("", index=incidents.index, dtype=object)
    known = set(deployments["deployment"].astype(str))
    raised = pd.to_datetime(incidents["raised"])
    named = incidents["deployment"].fillna("").astype(str)
    for product, rows in incidents.groupby(incidents["product"].fillna("").astype(str)):
        own = deployments[deployments["product"].fillna("").astype(str) == product]
        keys = own["deployment"].astype(str).to_numpy()
        if not len(keys):
            continue
        moments = raised.loc[rows.index]
        places = np.searchsorted(own["deployed_at"].to_numpy(), moments.to_numpy(), side="left") - 1
        fine = (places >= 0) & moments.notna().to_numpy()
        found.loc[rows.index] = np.where(fine, keys[np.clip(places, 0, None)], "")
    return named.where(named.isin(known), found)


def deploy_changes(changes: pd.DataFrame, deployments: pd.DataFrame) -> pd.DataFrame:
    """Return changes with the deployment that brought each to production, where one did.

    Parameters
    ----------
    changes : DataFrame
        change, product, committed, merged, deployed_at, deployment; what is filled in stays.
    deployments : DataFrame
        From `production_deployments`.
    """
    out = changes.copy()
    out["deployed_at"] = pd.to_datetime(out["deployed_at"])
    out["deployment"] = out["deployment"].fillna("").astype(str)
    times = dict(zip(deployments["deployment"].astype(str), deployments["deployed_at"], strict=True))
    told = out["deployed_at"].isna() & out["deployment"].isin(times)
    out.loc[told, "deployed_at"] = out.loc[told, "deployment"].map(times)
    merged = pd.to_datetime(out["merged"])
    waiting = out["deployed_at"].isna() & (out["deployment"] == "") & merged.notna()
    for product, rows in out[waiting].groupby(out.loc[waiting, "product"].fillna("").astype(str)):
        own = deployments[deployments["product"].fillna("").astype(str) == product]
        if own.empty:
            continue
        places = np.searchsorted(own["deployed_at"].to_numpy(), merged.loc[rows.index].to_numpy(), side="left")
        fine = rows.index[places < len(own)]
        chosen = own.iloc[places[places < len(own)]]
        out.loc[fine, "deployed_at"] = chosen["deployed_at"].to_numpy()
        out.loc[fine, "deployment"] = chosen["deployment"].astype(str).to_numpy()
    return out


def measure_delivery(
    deployments: pd.DataFrame,
    changes: pd.DataFrame,
    incidents: pd.DataFrame,
    since: dt.date,
    until: dt.date,
    *,
    product: str = "",
) -> Delivery:
    """Return the five measures over a window; give all rows, because what lies before it decides what belongs to what.

    Parameters
    ----------
    deployments, changes, incidents : DataFrame
        Columns of `WORK_TABLES`; empty frames where there are none.
    since, until : date
        First and last day; deployments in it count.
    product : str
        One product; empty for all.
    """
    has_incidents = len(incidents) > 0  # of any product: somebody keeps them
    if product:
        deployments, changes, incidents = (
            frame[frame["product"].fillna("").astype(str) == product] for frame in (deployments, changes, incidents)
        )
    valid, left = production_deployments(deployments)
    low, high = pd.Timestamp(since), pd.Timestamp(until) + pd.Timedelta(days=1)
    owner = assign_incidents(incidents, valid)
    in_window = valid[(valid["deployed_at"] >= low) & (valid["deployed_at"] < high)]
    marked = _yes(in_window["failed"])
    failed = marked | in_window["deployment"].astype(str).isin(set(owner[owner != ""]))
    weeks = (high - low).days / 7
    none = "there are no deployments to production in these weeks"
    n = len(in_window)
    frequency = Measured(
        "frequency",
        "Deployments a week that did not fail",
        "a week",
        float((~failed).sum() / weeks) if len(valid) else None,
        n=n,
        left_out=left,
        reason="" if len(valid) else none,
    )
    stray = incidents[owner == ""]
    strays = (LeftOut(len(stray), "were raised before any deployment", examples_of(stray, "incident")),)
    has_word = bool(in_window["failed"].notna().any()) or has_incidents
    fail_rate = Measured(
        "fail_rate",
        "Deployments that failed",
        "share",
        float(failed.mean()) if n and has_word else None,
        n=n,
        left_out=(*left, *(strays if len(stray) else ())),
        reason="" if n and has_word else none if not n else "nothing says which deployments failed",
    )
    recovery, with_open = _recovery(in_window[failed], incidents, owner, pd.Timestamp(until) + pd.Timedelta(days=1))
    rework_known = in_window["unplanned_fix"].notna()
    rework = Measured(
        "rework",
        "Deployments that repair an earlier one",
        "share",
        float(_yes(in_window["unplanned_fix"]).mean()) if n and rework_known.any() else None,
        n=n,
        reason="" if n and rework_known.any() else none if not n else "no deployment is marked as an unplanned repair",
    )
    return Delivery(
        product,
        since,
        until,
        frequency,
        _lead(deploy_changes(changes, valid), low, high),
        fail_rate,
        recovery,
        rework,
        with_open,
    )


def _yes(column: pd.Series) -> pd.Series:
    return column.map(lambda cell: cell is True or cell == 1 or str(cell).casefold() == "true").astype(bool)


def _recovery(
    failed: pd.DataFrame, incidents: pd.DataFrame, owner: pd.Series, now: pd.Timestamp
) -> tuple[Measured, float | None]:
    """Return hours from a failed deployment to restored, and the median with those still open."""
    label = "Hours until a failed deployment is restored"
    if failed.empty:
        return Measured("recovery", label, "hours", None, reason="no deployment failed in these weeks"), None
    restored = pd.to_datetime(incidents["restored"])
    ends: list[pd.Timestamp | None] = []
    hours: list[float | None] = []
    given = pd.to_numeric(failed["hours_to_restore"], errors="coerce")
    for place, deployment in enumerate(failed["deployment"].astype(str)):
        own = restored[owner == deployment]
        end = pd.to_datetime(failed["restored_at"].iloc[place])
        if len(own):
            end = None if own.isna().any() else own.max()
        begin = failed["deployed_at"].iloc[place]
        told = given.iloc[place]
        if (end is None or pd.isna(end)) and not len(own) and not np.isnan(told):
            hours.append(float(told))
            ends.append(begin)
            continue
        ends.append(None if end is None or pd.isna(end) else end)
        hours.append(None if ends[-1] is None else (ends[-1] - begin).total_seconds() / 3600)
    backward = [place for place, held in enumerate(hours) if held is not None and held < 0]
    left = (
        (LeftOut(len(backward), "are restored before they begin", examples_of(failed.iloc[backward], "deployment")),)
        if backward
        else ()
    )
    closed = [held for held in hours if held is not None and held >= 0]
    open_ = [place for place, held in enumerate(hours) if held is None]
    durations = closed + [max((now - failed["deployed_at"].iloc[place]).total_seconds() / 3600, 0.0) for place in open_]
    curve = kaplan_meier(durations, [True] * len(closed) + [False] * len(open_)) if durations else None
    with_open = curve.reached(0.5).value if curve is not None and closed else None
    if not closed:
        reason = "no failed deployment is restored yet" if open_ else "nothing says when they were restored"
        return Measured("recovery", label, "hours", None, open=len(open_), left_out=left, reason=reason), with_open
    p50, p85, p95 = percentiles(closed)
    found = Measured("recovery", label, "hours", p50, p50, p85, p95, len(closed), len(open_), left)
    return found, with_open


def _lead(changes: pd.DataFrame, low: pd.Timestamp, high: pd.Timestamp) -> Measured:
    label = "Hours from commit to production"
    begun, there = pd.to_datetime(changes["committed"]), changes["deployed_at"]
    never = there.isna()
    in_window = ~never & (there >= low) & (there < high)
    told = pd.to_numeric(changes["hours_commit_to_deploy"], errors="coerce")
    hours = (there - begun).dt.total_seconds() / 3600
    hours = hours.where(begun.notna(), told)
    absent, backward = in_window & hours.isna(), in_window & (hours < 0)
    left = [
        LeftOut(int(rows.sum()), reason, examples_of(changes[rows], "change"))
        for rows, reason in (
            (never, "have not reached production"),
            (absent, "have no commit"),
            (backward, "were deployed before their commit"),
        )
        if rows.any()
    ]
    fine = in_window & (hours >= 0)
    if not fine.any():
        reason = (
            "there are no changes" if changes.empty else "no change with its commit reached production in these weeks"
        )
        return Measured("lead", label, "hours", None, open=int(never.sum()), left_out=tuple(left), reason=reason)
    p50, p85, p95 = percentiles(hours[fine].to_numpy())
    return Measured("lead", label, "hours", p50, p50, p85, p95, int(fine.sum()), int(never.sum()), tuple(left))
