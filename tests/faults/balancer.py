"""A balancer of connections in front of several web processes: a dead one is passed over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from tests.faults.listening import Listening


class Balancer(Listening):
    """Listens on `port`, and hands each connection to the next of `backends` (ports of this machine) that takes it."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        super().__init__(port)
        self._backends = list(backends)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
