"""Where the workbench, its clients and its reports are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workbench.engagement.places import clients_folder, find_root, list_engagements, reports_folder
from workbench.errors import UsageError

if TYPE_CHECKING:
    from conftest import Client


def test_the_root_is_the_first_parent_that_holds_templates_and_notebooks(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the working folder."""
    monkeypatch.chdir(client.folder)
    assert find_root() == client.root


def test_elsewhere_the_checkout_of_the_package_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is used from its checkout."""
    monkeypatch.chdir(tmp_path)
    assert (find_root() / "workbench" / "engagement" / "places.py").is_file()


def test_without_a_checkout_a_variable_tells(
    client: Client, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without that, the message says what to do."""
    import workbench.engagement.places as places

    lonely = tmp_path_factory.mktemp("lonely")
    monkeypatch.chdir(lonely)
    monkeypatch.setattr(places, "__file__", str(lonely / "places.py"))
    with pytest.raises(UsageError, match="set WORKBENCH_HOME"):
        find_root()
    monkeypatch.setenv("WORKBENCH_HOME", str(client.root))
    assert find_root() == client.root


def test_variables_move_clients_and_reports(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Such as to a client's own share."""
    assert clients_folder(client.root) == client.root / "client_data"
    assert reports_folder(client.root) == client.root / "reports"
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(tmp_path / "share"))
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path / "out"))
    assert clients_folder(client.root) == tmp_path / "share"
    assert reports_folder(client.root) == tmp_path / "out"
    assert list_engagements(root=client.root) == ()


def test_engagements_are_listed_by_name(client: Client) -> None:
    """Folders whose name is none are left out, as are files."""
    for name in ("zeta", "Not One", ".hidden"):
        (client.folder.parent / name).mkdir()
    (client.folder.parent / "file").write_text("x")
    assert list_engagements(root=client.root) == ("tiny", "zeta")
