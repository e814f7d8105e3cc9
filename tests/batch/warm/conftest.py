"""Real kernels, cold and forked from one parent."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.batch.warm.parents import OFF, Parents, why_never


@dataclass(frozen=True)
class Session:
    """What a kernel printed and showed, cell by cell, and whether it was forked."""

    text: str
    shown: tuple[dict[str, Any], ...]
    why_cold: str

    @property
    def plain(self) -> str:
        """What it printed, without the names of folders that are made anew for every kernel."""
        return re.sub(r"wb-[a-z0-9_]{8}", "wb-…", self.text)


Run = Callable[..., Session]


@pytest.fixture(autouse=True)
def warm_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a switch of the shell not decide what is tested."""
    monkeypatch.delenv(OFF, raising=False)
    if why_never():
        pytest.skip(why_never())


@pytest.fixture(scope="session")
def parents() -> Iterator[Parents]:
    """One parent for all tests of a worker."""
    held = Parents()
    yield held
    held.close()


@pytest.fixture
def run(parents: Parents, tmp_path: Path) -> Run:
    """Run cells in a kernel: forked, unless it is asked for a cold one."""

    def run_cells(
        *cells: str,
        cold: bool = False,
        own: Parents | None = None,
        folder: Path = tmp_path,
        memory_mb: int | None = None,
        **variables: str,
    ) -> Session:
        environment = {**kernel_environment(os.environ), **variables}
        given = None if cold else own or parents
        with kernel_manager(folder, environment, Kernels(), parents=given, memory_mb=memory_mb) as kind:
            text, shown = asyncio.run(converse(kind, cells))
            return Session(text, tuple(shown), kind.why_cold)

    return run_cells


async def converse(kind: Any, cells: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
    """Return what cells print and show; an error of theirs is printed, too."""
    manager = kind(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    text: list[str] = []
    shown: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            text.append(content["text"])
        elif message["msg_type"] == "error":
            text.append(f"{content['ename']}: {content['evalue']}\n")
        elif message["msg_type"] in ("display_data", "execute_result"):
            shown.append(content["data"])

    try:
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        for cell in cells:
            await client.execute_interactive(cell, output_hook=hear, timeout=60)
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return "".join(text), shown


def only_parent(parents: Parents) -> Any:
    """Return the process that the kernels of these tests are forked from."""
    import psutil

    (held,) = parents.pids()
    return psutil.Process(held)
