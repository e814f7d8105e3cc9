"""A kernel's client that knows at once when the kernel is ready, and when it is gone.

Jupyter's own waits for 0.2 s of silence before it calls a kernel ready, and asks once a second whether it lives.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient.exceptions import DeadKernelError
from traitlets import Type

from workbench.batch.limits import Meter

LAST_WORDS = 0.1
"""Seconds that what a dead kernel had sent may still take to arrive."""

SHOWN = frozenset({"stream", "display_data", "update_display_data", "execute_result", "error"})
"""Messages that end up in the notebook."""

IDLE_SECONDS = 0.05
"""Seconds to wait for the word that follows a reply; after that, the subscription was too late to hear it."""


class WatchedChannel(AsyncZMQSocketChannel):
    """A channel on which nobody waits for a kernel that is gone."""

    gone: asyncio.Event | None = None

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the next message.

        Raises
        ------
        queue.Empty
            None came in time.
        nbclient.exceptions.DeadKernelError
            None will come.
        """
        if self.gone is None:
            return await super().get_msg(timeout)
        message = asyncio.ensure_future(super().get_msg(timeout))
        end = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait({message, end}, return_when=asyncio.FIRST_COMPLETED)
            if not message.done():
                await asyncio.wait({message}, timeout=LAST_WORDS)
            if message.done():
                return message.result()
            raise DeadKernelError("Kernel died")
        finally:
            for task in (message, end):
                task.cancel()


class MeteredChannel(AsyncZMQSocketChannel):
    """The channel that a kernel's output comes by; what is more than a meter takes is left out unread."""

    meter: Meter | None = None

    async def _recv(self, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        while True:
            frames = await self.socket.recv_multipart(**options)
            _, parts = self.session.feed_identities(frames)
            kind = self.session.unpack(parts[1]).get("msg_type") if len(parts) > 1 else ""
            if self.meter is None or kind not in SHOWN or self.meter.takes(sum(len(part) for part in parts)):
                message: dict[str, Any] = self.session.deserialize(parts)
                return message


class ReadyClient(AsyncKernelClient):
    """The client of a kernel that this machine runs."""

    shell_channel_class = Type(WatchedChannel)  # type: ignore[assignment]
    iopub_channel_class = Type(MeteredChannel)  # type: ignore[assignment]
    _pidfd: int | None = None

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait until the kernel has answered, and until its output is heard.

        Raises
        ------
        RuntimeError
            It died, or it takes longer than `timeout` seconds.
        """
        self._watch()
        output: Any = self.iopub_channel
        output.meter = getattr(self.parent, "meter", None)
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            asked = self.kernel_info()
            try:
                reply = await self._reply_to(asked)
                await self._idle_after(asked)
            except DeadKernelError:
                raise RuntimeError("Kernel died before replying to kernel_info") from None
            except Empty:
                if not await self._alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                if time.monotonic() > end:
                    raise RuntimeError(f"Kernel didn't respond in {timeout} seconds") from None
            else:
                self._handle_kernel_info_reply(reply)
                return

    def stop_channels(self) -> None:
        """Stop listening, to the kernel's end as well."""
        if self._pidfd is not None:
            with suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None
        super().stop_channels()

    def _watch(self) -> None:
        """Have the shell channel told when the kernel's process is gone; where that cannot be seen, nbclient asks."""
        provisioner = getattr(self.parent, "provisioner", None)
        process = getattr(provisioner, "process", None)
        held = getattr(process, "pidfd", None)
        try:
            self._pidfd = os.dup(held) if held is not None else os.pidfd_open(process.pid)  # type: ignore[union-attr]
        except (AttributeError, OSError):
            return
        channel: Any = self.shell_channel
        channel.gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._pidfd, channel.gone.set)

    async def _reply_to(self, asked: str) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = await self.shell_channel.get_msg(timeout=1)
            if message["parent_header"].get("msg_id") == asked:
                return message

    async def _idle_after(self, asked: str) -> None:
        while True:
            message: dict[str, Any] = await self.iopub_channel.get_msg(timeout=IDLE_SECONDS)
            is_own = message["parent_header"].get("msg_id") == asked
            if is_own and message["content"].get("execution_state") == "idle":
                return

    async def _alive(self) -> bool:
        is_alive = getattr(self.parent, "is_alive", None)
        return True if is_alive is None else bool(await is_alive())
