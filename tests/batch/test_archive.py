"""An engagement as one file: what comes out is what went in, and nothing appears that cannot be read back."""

from __future__ import annotations

import hashlib
import json
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from workbench import cli
from workbench.batch import archive
from workbench.batch.archive import MANIFEST, archive_engagement, read_password
from workbench.engagement.locks import own_folder
from workbench.errors import FolderError, MissingToolError, UsageError


@pytest.fixture
def left(root: Path) -> dict[str, bytes]:
    """Give acme some files, a run and caches; and what of them belongs into an archive."""
    wanted = {
        "client_data/acme/engagement.yaml": (root / "client_data/acme/engagement.yaml").read_bytes(),
        "client_data/acme/facts/söle 1.csv": b"a,b\n" * 300_000,
        "reports/acme/runs/r1/report.html": b"<p>Motor is product-run.</p>",
        "reports/acme/publications/content/0.json": b"{}",
    }
    others = ("reports/acme/.cache/10/k/x.json", "reports/_draft/acme/x.json", "reports/zenith/runs/r1/report.html")
    for name, content in (*wanted.items(), *((name, b"stays out") for name in others)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "reports/acme/latest").symlink_to("runs/r1", target_is_directory=True)
    return wanted


def test_what_comes_out_is_what_went_in(root: Path, left: dict[str, bytes]) -> None:
    """Every file, its hash in the manifest, links named; nothing that can be made again, nothing of another client."""
    held = archive_engagement("acme")
    assert held.path.parent == root / "client_data"
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    with zipfile.ZipFile(held.path) as packed:
        said = json.loads(packed.read(MANIFEST))
        found = {name: packed.read(name) for name in packed.namelist() if name != MANIFEST}
    assert found == left
    assert said["files"] == {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in left.items()
    }
    assert said["links"] == {"reports/acme/latest": "runs/r1"}
    assert (held.n_files, held.n_bytes) == (len(left), sum(map(len, left.values())))
    assert [path.name for path in (root / "client_data").glob(".*")] == []


def test_nothing_appears_that_cannot_be_read_back(
    root: Path, left: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte that a disk turned over is found, and the file does not get its name."""
    write = archive._write

    def damaged(zips: Any, file: Any, *others: Any) -> Any:
        told = write(zips, file, *others)
        file.seek(2000)
        file.write(b"\xff" * 8)
        return told

    monkeypatch.setattr(archive, "_write", damaged)
    with pytest.raises(FolderError, match="read back"):
        archive_engagement("acme")
    assert sorted(path.name for path in (root / "client_data").iterdir()) == ["acme"]


def test_it_is_refused_where_it_would_be_half_a_run_or_in_itself(root: Path, left: dict[str, bytes]) -> None:
    """A run under way, a place that is archived or taken."""
    with pytest.raises(UsageError, match="in what it archives"):
        archive_engagement("acme", to=root / "client_data" / "acme" / "a.zip")
    with pytest.raises(UsageError, match="already"):
        archive_engagement("acme", to=root / "client_data" / "acme.zip") and archive_engagement(
            "acme", to=root / "client_data" / "acme.zip"
        )
    staged = root / "reports" / "acme" / ".staging" / "r2"
    staged.mkdir(parents=True)
    owner = own_folder(staged)
    assert owner is not None
    with pytest.raises(UsageError, match="r2 is under way"):
        archive_engagement("acme")
    owner.release()


def test_a_password_comes_by_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a variable or a file's first line; as it is, nowhere, or short it is refused and not repeated."""
    monkeypatch.setenv("ARCHIVE_PASSWORD", "correct horse battery")
    (tmp_path / "p").write_text("another long one\nrest\n", encoding="utf-8")
    assert read_password("env:ARCHIVE_PASSWORD") == "correct horse battery"
    assert read_password(f"file:{tmp_path / 'p'}") == "another long one"
    assert read_password("") == ""
    monkeypatch.setenv("SHORT", "hunter2")
    for reference in ("hunter2-hunter2-hunter2", "env:NONE", "env:", "env:SHORT", f"file:{tmp_path / 'no'}"):
        with pytest.raises(UsageError) as told:
            read_password(reference)
        assert "hunter2" not in str(told.value)


def test_an_encrypted_archive_opens_with_its_password_alone(root: Path, left: dict[str, bytes]) -> None:
    """The manifest is encrypted too; a wrong password reads nothing."""
    pyzipper = pytest.importorskip("pyzipper")
    held = archive_engagement("acme", password="correct horse battery")  # noqa: S106
    assert held.is_encrypted
    assert b"product-run" not in held.path.read_bytes()
    with pyzipper.AESZipFile(held.path) as packed:
        assert all(info.flag_bits & 1 for info in packed.infolist())
        for wrong in (None, b"wrong horse battery"):
            with pytest.raises(RuntimeError):
                packed.read(MANIFEST, pwd=wrong)
        packed.setpassword(b"correct horse battery")
        assert {name: packed.read(name) for name in packed.namelist() if name != MANIFEST} == left


def test_the_command_says_whether_it_is_encrypted(
    root: Path, left: dict[str, bytes], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without the tool for it nothing is written unencrypted."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["archive", "acme", "--to", str(root / "a.zip")])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "4 files (1.2 MB), read back" in shown
    assert "Not encrypted" in shown
    monkeypatch.setitem(sys.modules, "pyzipper", None)
    with pytest.raises(MissingToolError, match="workbench\\[archive\\]"):
        archive_engagement("acme", to=root / "b.zip", password="correct horse battery")  # noqa: S106
    assert not (root / "b.zip").exists()
