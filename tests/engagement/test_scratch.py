"""A kernel's folder goes with its owner; never one whose owner lives, and never a stranger's."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from workbench.engagement import scratch
from workbench.engagement.locks import OWNER, own_folder
from workbench.engagement.scratch import base_folder, files_folder, in_folder, scratch_folder, sweep_scratch
from workbench.errors import FolderError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks that outlive nothing there")


@pytest.fixture(autouse=True)
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty folder for temporary files, with a name short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        assert base_folder() == Path(folder)
        yield Path(folder)


def test_a_folder_in_use_stays_and_is_gone_afterwards(base: Path) -> None:
    """However old it is, and also where its owner ends with an error."""
    with pytest.raises(ZeroDivisionError), scratch_folder() as folder:  # noqa: PT012
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "tmp").mkdir()
        (folder / "tmp" / "file").touch()
        os.utime(folder, (0, 0))
        sweep_scratch()
        assert (folder / "tmp" / "file").is_file()
        raise ZeroDivisionError
    assert list(base.iterdir()) == []


@pytest.mark.parametrize("has_file", [False, True], ids=["before its file was made", "before that was locked"])
def test_one_whose_owner_was_killed_while_it_made_it(has_file: bool, base: Path) -> None:
    """Nobody can tell it from one that is just being made, but by its age."""
    folder = base / f"{scratch.PREFIX}abcd1234"
    folder.mkdir()
    if has_file:
        (folder / OWNER).touch()
    sweep_scratch()
    assert folder.is_dir()
    then = time.time() - scratch.UNFINISHED_SECONDS - 5
    os.utime(folder, (then, then))
    sweep_scratch()
    assert not folder.exists()


def test_where_sockets_have_no_room_files_still_have(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody chose that place for them; both folders go, and both are found again after a kill."""
    long = base / ("n" * 80)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with scratch_folder() as sockets, files_folder(sockets) as aside:
        assert (sockets.parent, aside.parent) == (scratch.SHORT_BASE, long)
        assert in_folder(aside) == dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(aside))
    assert not sockets.exists()
    assert list(long.iterdir()) == []
    left = [place / f"{scratch.PREFIX}{os.urandom(4).hex()}" for place in (long, scratch.SHORT_BASE)]
    for folder in left:
        folder.mkdir()
        own = own_folder(folder)
        assert own is not None
        own.release()
    sweep_scratch()
    assert [folder for folder in left if folder.exists()] == []


def test_a_folder_that_is_not_as_ours_are_is_left_alone(base: Path) -> None:
    """Another name, other contents, a link, or another machine's."""
    for name in ("wb-bench-abcdefgh", "other", "wb-theirs__", "wb-remote__"):
        (base / name).mkdir()
        (base / name / "file").touch()
    (base / "wb-remote__" / OWNER).write_text("another-machine", encoding="utf-8")
    (base / "wb-linked__").symlink_to(base / "other", target_is_directory=True)
    for path in base.iterdir():
        os.utime(path, (0, 0))
    before = sorted(path.relative_to(base) for path in base.rglob("*"))
    sweep_scratch()
    assert sorted(path.relative_to(base) for path in base.rglob("*")) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make another user's folder")
def test_another_users_folder_is_left_alone(base: Path) -> None:
    """Also by root, who could."""
    folder = base / f"{scratch.PREFIX}abcd1234"
    folder.mkdir()
    os.utime(folder, (0, 0))
    os.chown(folder, 12345, 12345)
    sweep_scratch()
    assert folder.is_dir()


def test_a_full_disk_of_temporary_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the reports' folder, where there is room; and nothing is left, on the disk or open."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(FolderError, match=r"wb-.*No space left.*set TMPDIR"), scratch_folder(tmp_path):
            pass
    assert not list(tmp_path.iterdir())
    opened = []
    for entry in Path("/proc/self/fd").glob("*"):  # nothing where there is no procfs
        with suppress(OSError):
            opened.append(str(entry.readlink()))
    assert not [path for path in opened if path.startswith(str(tmp_path))]
