"""A balancer of connections in front of several web processes: a dead one is passed over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress


class Balancer:
    """Listens on `port`, and hands each connection to the next of `backends` (ports of this machine) that takes it."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        self._port = port
        self._backends = list(backends)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Balancer:
        self._thread.start()
        opening = asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = [writer]
        with suppress(OSError, asyncio.CancelledError):
            there, back = await self._next_backend()
            opened.append(back)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        for each in opened:
            each.close()
            with suppress(OSError):
                await each.wait_closed()

    async def _next_backend(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._backends.append(self._backends.pop(0))
        for port in list(self._backends):  # others take turns meanwhile
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        raise OSError("no web process is left")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()
