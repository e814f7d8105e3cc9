"""What runs for an engagement is decided in one place and checked before any kernel starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch.plan import (
    hash_code,
    hash_notebook,
    list_notebooks,
    make_plan,
    notebook_for,
)
from workbench.errors import ClientDataError, UsageError

Put = Callable[[str, Path], Path]


def test_the_client_s_own_notebook_replaces_the_master_of_its_name(root: Path, client: Path, put: Put) -> None:
    """Asked for by name, the file in the client's folder wins."""
    assert not notebook_for("acme", "10_readiness").is_own
    own = put("ok", client / "notebooks" / "10_readiness.ipynb")
    got = notebook_for("acme", "10_readiness")
    assert (got.path, got.master, got.is_own) == (own, root / "notebooks" / "10_readiness.ipynb", True)


def test_any_other_numbered_notebook_adds_a_chapter_before_the_summary(root: Path, client: Path, put: Put) -> None:
    """Ours run side by side, then the client's own, the summary last, whatever the numbers say."""
    put("ok", client / "notebooks" / "05_history.ipynb")
    put("ok", client / "notebooks" / "55_pricing.ipynb")
    put("ok", client / "notebooks" / "20_outcomes.ipynb")
    (client / "notebooks" / "scratch.ipynb").write_text("{}", encoding="utf-8")
    got = [[job.notebook.name for job in stage] for stage in make_plan("acme").stages()]
    assert got == [["10_readiness", "20_outcomes", "30_allocation"], ["05_history", "55_pricing"], ["40_summary"]]


def test_only_runs_one_pillar_and_the_summary(root: Path, client: Path, put: Put) -> None:
    """A chapter of the client's own can be asked for as well."""
    put("ok", client / "notebooks" / "55_pricing.ipynb")
    assert [job.notebook.name for job in make_plan("acme", only="outcomes").jobs] == ["20_outcomes", "40_summary"]
    assert [job.notebook.name for job in make_plan("acme", only="pricing").jobs] == ["55_pricing", "40_summary"]


@pytest.mark.parametrize("only", ["outcome", "summary", "../20_outcomes"])
def test_only_with_an_unknown_pillar_is_wrong_usage(root: Path, only: str) -> None:
    """The pillars are named."""
    with pytest.raises(UsageError, match="Allowed: readiness, outcomes, allocation"):
        make_plan("acme", only=only)


@pytest.mark.parametrize("name", ["../acme", "ACME", "acme/../acme", "{c}", "con", "", "acme\n", "."])
def test_a_name_never_leaves_the_clients_folder(root: Path, name: str) -> None:
    """Only a plain engagement's name is taken."""
    with pytest.raises(UsageError):
        make_plan(name)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "10_readiness/../x", "readiness", "10_Readiness", "{c.__class__}"]
)
def test_a_notebook_s_name_is_no_path(root: Path, name: str) -> None:
    """Two digits, an underscore and small letters."""
    with pytest.raises(UsageError):
        notebook_for("acme", name)


def test_a_notebook_that_leads_out_of_the_client_s_folder_is_refused(
    root: Path, client: Path, tmp_path: Path, put: Put
) -> None:
    """A link to another client's notebook is no notebook of this one."""
    elsewhere = put("ok", tmp_path / "elsewhere" / "10_readiness.ipynb")
    (client / "notebooks").mkdir()
    (client / "notebooks" / "10_readiness.ipynb").symlink_to(elsewhere)
    with pytest.raises(ClientDataError, match="leads out"):
        make_plan("acme")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        pytest.param("no_parameters", "0 cells tagged parameters", id="no parameters cell"),
        pytest.param("computed_parameters", "parameters cell", id="computed parameter"),
        pytest.param("fewer_parameters", "confidence, output_dir missing", id="a parameter of the master missing"),
        pytest.param("no_chapter", "no call of save_chapter", id="no chapter"),
    ],
)
def test_a_replacement_is_checked_before_anything_runs(
    root: Path, client: Path, put: Put, kind: str, message: str
) -> None:
    """The fault names the client's notebook."""
    put(kind, client / "notebooks" / "10_readiness.ipynb")
    with pytest.raises(ClientDataError, match=message) as caught:
        make_plan("acme")
    assert {fault.file for fault in caught.value.faults} == {"notebooks/10_readiness.ipynb"}


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}', "\x00"], ids=repr)
def test_a_file_that_is_no_notebook_is_a_fault(root: Path, client: Path, text: str) -> None:
    """It is named, not a traceback."""
    (client / "notebooks").mkdir()
    (client / "notebooks" / "50_extra.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(ClientDataError, match=r"notebooks/50_extra\.ipynb: no notebook"):
        make_plan("acme")


def test_every_faulty_notebook_is_named_at_once(root: Path, client: Path, put: Put) -> None:
    """One attempt shows all of them."""
    put("no_parameters", client / "notebooks" / "10_readiness.ipynb")
    put("no_chapter", client / "notebooks" / "50_extra.ipynb")
    with pytest.raises(ClientDataError) as caught:
        make_plan("acme")
    assert len(caught.value.faults) == 2


def test_two_notebooks_never_save_the_same_chapter(root: Path, client: Path, put: Put) -> None:
    """A second readiness under another number would overwrite the first."""
    put("ok", client / "notebooks" / "15_readiness.ipynb")
    with pytest.raises(ClientDataError, match="10_readiness saves that chapter too"):
        list_notebooks("acme")


def test_a_badly_named_chapter_is_a_fault_not_silence(root: Path, client: Path, put: Put) -> None:
    """A chapter that would never run is said so."""
    put("ok", client / "notebooks" / "50_Extra.ipynb")
    with pytest.raises(ClientDataError, match="such as 35_pricing"):
        list_notebooks("acme")


def test_an_unknown_parameter_stops_before_anything_runs(root: Path) -> None:
    """Papermill would only warn, and run with the default."""
    with pytest.raises(UsageError, match="Did you mean 'confidence'"):
        make_plan("acme", overrides=["confidnce=0.9"])
    with pytest.raises(UsageError, match="no notebook of this run knows it"):
        make_plan("acme", overrides={"x=1; import os": 1})
    with pytest.raises(UsageError, match="no notebook of this run knows it"):
        make_plan("acme", only="readiness", overrides=["gap=0.1"])


def test_a_parameter_reaches_the_notebooks_that_know_it(root: Path) -> None:
    """Each job gets its own part of the overrides."""
    jobs = {job.notebook.pillar: job for job in make_plan("acme", overrides=["confidence=0.9", "gap=0.01"]).jobs}
    assert jobs["readiness"].overrides == {"confidence": 0.9}
    assert jobs["allocation"].overrides == {"gap": 0.01}
    assert jobs["summary"].overrides == {}


def test_the_hash_of_a_notebook_is_of_what_it_does_not_of_what_it_showed(root: Path) -> None:
    """Outputs, ids and times leave the hash alone; a changed letter of code does not."""
    path = root / "notebooks" / "10_readiness.ipynb"
    first = hash_notebook(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["cells"][1]["execution_count"] = 7
    document["cells"][1]["id"] = "other"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert hash_notebook(path) == first
    document["cells"][1]["source"][0] += " "
    path.write_text(json.dumps(document), encoding="utf-8")
    assert hash_notebook(path) != first


def test_the_hash_of_the_code_covers_the_templates(root: Path) -> None:
    """A changed instrument is a changed workbench."""
    first = hash_code(root)
    (root / "templates" / "instrument.yaml").write_text("items: []\n", encoding="utf-8")
    assert hash_code(root) != first
    assert hash_code(root) == hash_code(root)
