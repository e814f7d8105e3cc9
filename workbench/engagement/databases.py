"""A client's databases: from ``databases:`` of engagement.yaml to an open engine, without a credential in any file.

engagement.yaml names a variable of the machine (``crm: env:CRM``); the address stands in that variable alone, is read
when a review opens the database, and is kept nowhere: not in results, not in the cache, not in a message. What a driver
says of a failed connection is not repeated, because it quotes users and hosts.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from workbench.errors import ClientDataError, Fault, ModelError
from workbench.outcomes.engines import Engine

CONNECT_SECONDS = 15
"""How long a server may take to answer."""

SHAPES = {
    "postgresql": "postgresql://user:password@host:5432/database?sslmode=require",
    "spark": "spark://host:7077, yarn, k8s://https://host:443 or local[4]",
}
"""What an address looks like."""

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

REASONS = {
    "28": "the server refuses the user or the password",
    "3D": "the server has no database of this name",
    "53": "the server takes no more connections",
    "57": "the server is starting or stopping",
}
"""First two signs of a SQLSTATE → what it means."""


@dataclass(frozen=True)
class ClientDatabase:
    """A database that engagement.yaml names; opened when a review begins.

    Attributes
    ----------
    name : str
        Its key under ``databases:``.
    variable : str
        Variable of this machine with the address.
    engine : str
        ``postgresql`` or ``spark``.
    timeout_seconds : int
        Longest that one query may keep the server busy.
    place : tuple of str
        File, sheet and cell that name it.
    """

    name: str
    variable: str
    engine: str = "postgresql"
    timeout_seconds: int = 60
    place: tuple[str, str, str] = ("engagement.yaml", "", "")

    @property
    def is_known(self) -> bool:
        """Whether this machine has its address."""
        return bool(os.environ.get(self.variable, "").strip())

    def open(self) -> Engine:
        """Return an open engine.

        Raises
        ------
        ClientDataError
            The variable is missing, the address has no meaning, or the server cannot be reached.
        """
        address = os.environ.get(self.variable, "").strip()
        if not address:
            self._stop(
                f"this machine has no variable {self.variable}",
                f"an address such as {SHAPES[self.engine]}.",
                f"Set {self.variable} before you start the workbench.",
            )
        try:
            return self._opened(address)
        except _Unreachable as error:
            found, remedy = error.args
            self._stop(f"{self.name} ({self.variable}): {found}", f"{SHAPES[self.engine]}.", remedy)
        except ModelError as error:
            self._stop(f"{self.name}: {error}", "a server and session as docs/client-files.md says.", "Correct it.")
        raise AssertionError  # both ways out raise

    def _opened(self, address: str) -> Engine:
        if self.engine == "spark":
            from workbench.engagement.engine_spark import Spark

            session, is_own = connect_spark(address)
            return Spark(session, is_own=is_own, name=self.name)
        from workbench.engagement.engine_postgresql import PostgreSQL

        return PostgreSQL(connect_postgresql(address), self.timeout_seconds, is_own=True, name=self.name)

    def _stop(self, found: str, allowed: str, remedy: str) -> None:
        raise ClientDataError((Fault(*self.place, found, allowed, remedy),)) from None


class _Unreachable(Exception):
    """Why there is no connection, and what to do; holds nothing of the address."""


def connect_postgresql(address: str) -> Any:
    """Return an open connection of pg8000.

    Parameters
    ----------
    address : str
        As `SHAPES` says; signs such as @ in a password are percent-encoded. ``?host=/folder`` means a socket.
    """
    try:
        import pg8000.dbapi as driver
    except ModuleNotFoundError:
        raise _Unreachable(
            "the driver of PostgreSQL is not installed", "Run: pip install 'workbench[postgres]'"
        ) from None
    parts, options = _split(address)
    mode = options.pop("sslmode", "prefer")
    root = options.pop("sslrootcert", None)
    socket_folder = options.pop("host", None)
    if mode not in SSL_MODES or options:
        raise _Unreachable(
            "the address has an option that is not known" if options else "its sslmode is not known",
            f"Of options there are sslmode ({', '.join(SSL_MODES)}), sslrootcert and host.",
        )
    host, port = parts.hostname or "localhost", parts.port or 5432
    try:
        if not socket_folder:  # a query may take long, a server that is not there may not
            socket.create_connection((host, port), CONNECT_SECONDS).close()
        return driver.connect(
            user=unquote(parts.username or ""),
            password=unquote(parts.password) if parts.password is not None else None,
            host=host,
            port=port,
            database=unquote(parts.path.lstrip("/")) or None,
            unix_sock=f"{socket_folder}/.s.PGSQL.{port}" if socket_folder else None,
            ssl_context=False if socket_folder else _ssl_context(mode, root),
            application_name="workbench",
        )
    except driver.Error as error:
        state = _state(error)
        found = REASONS.get(state[:2], f"the server says {state}") if state else "the server cannot be reached"
        if "SSL" in str(error):
            found = "the server does not encrypt, which the address asks for"
    except ssl.SSLError:
        found = "the server's certificate or encryption is not accepted"
    except OSError:
        found = "the server cannot be reached"
    raise _Unreachable(found, "Correct the address in the variable, or ask whoever runs the server.") from None


def _state(error: BaseException | None) -> str:
    """Return the SQLSTATE of a failed connection; the driver hides it where the server has hung up meanwhile."""
    while error is not None:
        if error.args and isinstance(error.args[0], Mapping):
            return str(error.args[0].get("C", ""))
        error = error.__context__
    return ""


def connect_spark(address: str) -> tuple[Any, bool]:
    """Return a session of a local Spark or of a cluster, set as `engine_spark` needs it, and whether it is our own.

    A session that is already there is used as it is, and left running.
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise _Unreachable("Spark is not installed", "Run: pip install 'workbench[spark]'") from None
    if not address.startswith(("local", "spark://", "yarn", "k8s://")):
        raise _Unreachable(
            "the address is no master of Spark",
            "Correct it; a session of another kind can be handed over in a notebook (docs/outcomes.md).",
        )
    try:
        held = SparkSession.getActiveSession()
        if held is not None:
            return held, False
        session = (
            SparkSession.builder.master(address)
            .appName("workbench")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.ui.enabled", "false")
            .getOrCreate()
        )
        return session, True
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        found = "Spark cannot be started" if "JAVA" in str(error).upper() else "the cluster cannot be reached"
    raise _Unreachable(found, "Spark needs Java 17 or newer; look at its own messages above.") from None


def _split(address: str) -> tuple[SplitResult, dict[str, str]]:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - a port that is no number raises here
        options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    except ValueError:
        parts, options = SplitResult("", "", "", "", ""), {}
    if parts.scheme not in ("postgresql", "postgres") or not parts.username:
        raise _Unreachable(
            "the variable holds no address of PostgreSQL with a user",
            "Write it so; signs such as @, / and % in a password are percent-encoded.",
        )
    return parts, options


def _ssl_context(mode: str, root: str | None) -> ssl.SSLContext | bool | None:
    """Return what the driver calls a mode; `require` encrypts and trusts any certificate, as in libpq."""
    if mode == "disable":
        return False
    if mode in ("allow", "prefer"):
        return None
    context = ssl.create_default_context(cafile=root)
    context.check_hostname = mode == "verify-full"
    if mode == "require" and root is None:
        context.verify_mode = ssl.CERT_NONE
    return context
