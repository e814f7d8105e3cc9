"""An analyst's working copies belong to one client and are never overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch.lab import lab_command, lab_environment, prepare_lab
from workbench.engagement.places import engagement_folder
from workbench.errors import ClientDataError, UsageError

Put = Callable[[str, Path], Path]


def test_copies_name_the_client_and_hold_no_outputs(root: Path, client: Path, put: Put) -> None:
    """Masters and the client's own notebooks alike."""
    master = root / "notebooks" / "10_readiness.ipynb"
    document = json.loads(master.read_text(encoding="utf-8"))
    document["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["of another client"]}]
    master.write_text(json.dumps(document), encoding="utf-8")
    put("ok", client / "notebooks" / "55_pricing.ipynb")
    lab = prepare_lab("acme")
    assert lab.folder == root / "reports" / "acme" / "lab"
    assert lab.made == ("10_readiness", "20_outcomes", "30_allocation", "40_summary", "55_pricing")
    for name in lab.made:
        text = (lab.folder / f"{name}.ipynb").read_text(encoding="utf-8")
        assert 'engagement = \\"acme\\"  # whose folder' in text
        assert "harbour-mutual" not in text
        assert "of another client" not in text


def test_an_edited_copy_is_kept_and_told_when_its_original_moved_on(root: Path) -> None:
    """Opening the lab again changes nothing in it."""
    copy = prepare_lab("acme").folder / "10_readiness.ipynb"
    edited = copy.read_text(encoding="utf-8").replace("# A question", "# My question")
    copy.write_text(edited, encoding="utf-8")
    again = prepare_lab("acme")
    assert (again.made, again.behind) == ((), ())
    assert copy.read_text(encoding="utf-8") == edited
    master = root / "notebooks" / "10_readiness.ipynb"
    master.write_text(master.read_text(encoding="utf-8").replace("# A question", "# A new one"), encoding="utf-8")
    third = prepare_lab("acme")
    assert third.behind == ("10_readiness",)
    assert copy.read_text(encoding="utf-8") == edited


def test_a_lab_needs_a_client_and_a_notebook_that_names_one(root: Path, client: Path, put: Put) -> None:
    """Unknown clients are wrong usage; a notebook that cannot be told whose it is, a fault."""
    with pytest.raises(UsageError):
        prepare_lab("nobody")
    put("no_parameters", client / "notebooks" / "55_pricing.ipynb")
    with pytest.raises(ClientDataError, match="no line that sets engagement"):
        prepare_lab("acme")


def test_a_lab_opens_no_other_clients_folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by name nor by path."""
    (root / "client_data" / "other").mkdir()
    environment = lab_environment(prepare_lab("acme"), {})
    monkeypatch.setenv("WORKBENCH_ONLY", environment["WORKBENCH_ONLY"])
    assert engagement_folder("acme").name == "acme"
    for other in ("other", root / "client_data" / "other"):
        with pytest.raises(UsageError, match="works for 'acme' alone"):
            engagement_folder(other)


def test_jupyterlab_is_rooted_in_the_copies_of_one_client(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server lists the copies and nothing above them; its kernels, settings and tabs are this client's."""
    monkeypatch.setenv("WORKBENCH_BATCH", "1")
    lab = prepare_lab("acme")
    environment = lab_environment(lab, os.environ)
    assert "WORKBENCH_BATCH" not in environment
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR"):
        assert Path(environment[name]).is_relative_to(lab.folder)
    options = ["--no-browser", "--port=0", "--IdentityProvider.token=opensesame", "--allow-root"]
    server = subprocess.Popen(  # noqa: S603
        lab_command(lab, options), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        found = wait_for_server(Path(environment["JUPYTER_RUNTIME_DIR"]), server)
        assert Path(found["root_dir"]) == lab.folder
        listed = json.loads(ask(found["url"], "api/contents"))
        names = sorted(entry["name"] for entry in listed["content"])
        assert names == [f"{name}.ipynb" for name in lab.made]
        with pytest.raises(urllib.error.HTTPError):
            ask(found["url"], "api/contents/..%2F..%2F..%2Fclient_data")
    finally:
        server.terminate()
        server.wait(120)


def wait_for_server(runtime: Path, server: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return what the running server says of itself."""
    end = time.monotonic() + 180
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
                ask(found["url"], "api/status")
            except (OSError, ValueError):
                continue
            return dict(found)
        time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")


def ask(url: str, path: str) -> bytes:
    """Return an answer of the server."""
    request = urllib.request.Request(f"{url}{path}", headers={"Authorization": "token opensesame"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return bytes(answer.read())
