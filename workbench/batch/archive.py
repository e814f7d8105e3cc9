"""An engagement as one file to keep or hand over: every file with its hash, read back before it counts as written.

In it: ``client_data/<engagement>/``, ``reports/<engagement>/`` without what can be made again (cache, staging), and
``MANIFEST.json`` with bytes and SHA-256 of each. Links are named there and not followed. With a password, contents are
encrypted by AES with 256 bits as WinZip, 7-Zip and pyzipper do it; the names of files stay readable, as in every zip.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.batch.cache import CACHE
from workbench.batch.leaving import files_below, refuse_while_running
from workbench.batch.runs import sync_folder
from workbench.engagement.locks import alone
from workbench.engagement.places import clients_folder, engagement_folder, find_root, reports_folder
from workbench.errors import FolderError, MissingToolError, UsageError

MANIFEST = "MANIFEST.json"
ARCHIVE_FORMAT = 1
"""Raised when the manifest of an archive changes its meaning."""

LEFT_OUT = (CACHE, ".staging")
"""Folders among an engagement's reports that can be made again."""

SHORTEST_PASSWORD = 12
"""Characters (ours): a file that has left the house can be tried against for years."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """What was written.

    Attributes
    ----------
    path : Path
    n_files, n_bytes : int
        Of the files in it, unpacked. Unit of n_bytes: bytes.
    links : tuple of str
        Named in the manifest and not followed.
    is_encrypted : bool
    """

    path: Path
    n_files: int
    n_bytes: int
    links: tuple[str, ...]
    is_encrypted: bool


def read_password(reference: str) -> str:
    """Return the password that a reference leads to; one given as it is would stand in the shell's history.

    Parameters
    ----------
    reference : str
        ``env:NAME`` or ``file:PATH`` (its first line); blank for none.

    Raises
    ------
    UsageError
        It is no reference, leads nowhere, or to something too short.
    """
    if not reference:
        return ""
    kind, _, place = reference.partition(":")
    if kind == "env" and place:
        password = os.environ.get(place, "")
    elif kind == "file" and place:
        try:
            password = next(iter(Path(place).read_text(encoding="utf-8").splitlines()), "")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"--password file:{place} cannot be read. Name a text file that you may read.") from None
    else:
        raise UsageError("--password takes where the password stands, never itself: env:NAME or file:PATH.")
    if len(password) < SHORTEST_PASSWORD:
        said = "nothing" if not password else f"fewer than {SHORTEST_PASSWORD} characters"
        raise UsageError(f"--password {reference} leads to {said}. At least {SHORTEST_PASSWORD} are needed.")
    return password


def archive_engagement(
    engagement: str, *, to: str | Path = "", password: str = "", root: Path | None = None
) -> Archive:
    """Write an engagement's files and reports as one zip, and read it back before it appears.

    Parameters
    ----------
    engagement : str
    to : str or Path
        The file to write; by default beside the clients' folders.
    password : str
        From `read_password`; blank writes it readable.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement, a run of it is under way, or the place is taken or one that is archived.
    MissingToolError
        It shall be encrypted, and pyzipper is absent.
    FolderError
        It cannot be written, a file cannot be read, or what was read back differs.
    """
    root = root or find_root()
    folder = engagement_folder(engagement, root=root)
    home = reports_folder(root) / folder.name
    path = _path(folder, home, to, root)
    zips = _tool() if password else zipfile
    part = ""
    try:
        with ExitStack() as held:
            if home.is_dir() and not home.is_symlink():
                held.enter_context(alone(home))
                refuse_while_running(home, "nothing has been written")
            handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")  # mode 0600
            with os.fdopen(handle, "wb") as file:
                files, links = _write(zips, file, folder, home, password)
                file.flush()
                os.fsync(file.fileno())
        _verify(zips, Path(part), files, password)
        Path(part).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise FolderError(
            str(path), str(error), "Make room or give leave to read and write, or name a place with --to."
        ) from None
    finally:
        if part:
            Path(part).unlink(missing_ok=True)
    n_bytes = sum(int(said["bytes"]) for said in files.values())
    return Archive(path, len(files), n_bytes, tuple(links), bool(password))


def _path(folder: Path, home: Path, to: str | Path, root: Path) -> Path:
    moment = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    path = Path(to).resolve() if str(to) else clients_folder(root) / f"archived-{folder.name}-{moment}.zip"
    if path.is_relative_to(folder) or path.is_relative_to(home):
        raise UsageError(f"The archive would lie in what it archives: {path}. Name another place with --to.")
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already. Name another file with --to.")
    return path


def _tool() -> Any:
    try:
        import pyzipper
    except ImportError:
        raise MissingToolError(
            "pyzipper, which encrypts the archive,", "Install it with: pip install 'workbench[archive]'"
        ) from None
    return pyzipper


def _sources(folder: Path, home: Path) -> Iterator[tuple[str, Path]]:
    for path in files_below(folder):
        yield f"client_data/{folder.name}/{path.relative_to(folder).as_posix()}", path
    if home.is_symlink():
        return
    for path in files_below(home):
        if path.relative_to(home).parts[0] not in LEFT_OUT:
            yield f"reports/{folder.name}/{path.relative_to(home).as_posix()}", path


def _write(
    zips: Any, file: IO[bytes], folder: Path, home: Path, password: str
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Write every file and then the manifest; each file is read once, so that its hash is of what was packed."""
    files: dict[str, dict[str, Any]] = {}
    links: dict[str, str] = {}
    with _opened(zips, file, "w", password) as packed:
        for name, path in _sources(folder, home):
            if path.is_symlink():
                links[name] = os.fspath(path.readlink())
                continue
            if not path.is_file():  # a pipe would keep its reader waiting
                continue
            total, size = hashlib.sha256(), 0
            moment = max(time.localtime(path.stat().st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
            with path.open("rb") as source, _member(zips, packed, name, moment) as target:
                while chunk := source.read(_CHUNK):
                    total.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
            files[name] = {"bytes": size, "sha256": total.hexdigest()}
        said = {"format": ARCHIVE_FORMAT, "engagement": folder.name, "written": _now(), "files": files, "links": links}
        with _member(zips, packed, MANIFEST, time.localtime()[:6]) as target:
            target.write((json.dumps(said, ensure_ascii=True, indent=1) + "\n").encode())
    return files, links


def _opened(zips: Any, file: Any, mode: str, password: str) -> Any:
    if not password:
        return zips.ZipFile(file, mode, zipfile.ZIP_DEFLATED)
    packed = zips.AESZipFile(file, mode, compression=zipfile.ZIP_DEFLATED, encryption=zips.WZ_AES)
    packed.setpassword(password.encode())
    return packed


def _member(zips: Any, packed: Any, name: str, moment: tuple[int, ...]) -> Any:
    """Open a file of the archive for writing; for its owner alone once it is unpacked."""
    info = packed.zipinfo_cls(name, moment) if hasattr(packed, "zipinfo_cls") else zips.ZipInfo(name, moment)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100600 << 16
    return packed.open(info, "w", force_zip64=True)


def _verify(zips: Any, path: Path, files: dict[str, dict[str, Any]], password: str) -> None:
    """Read the archive back, and compare each file with what went in."""
    wrong = []
    try:
        with _opened(zips, path, "r", password) as packed:
            said = json.loads(packed.read(MANIFEST))["files"]
            if set(packed.namelist()) != {*files, MANIFEST} or said != files:
                wrong.append(MANIFEST)
            for name in files:
                with packed.open(name) as member:
                    if hashlib.file_digest(member, "sha256").hexdigest() != files[name]["sha256"]:
                        wrong.append(name)
    except (ValueError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile, getattr(zips, "BadZipFile", ValueError)):
        wrong.append("the file as a whole")
    if wrong:
        raise FolderError(str(path), f"read back, it differs in {wrong[0]}", "Check the disk, and archive again.")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
