"""A uvicorn server that ends its poke streams before it waits for connections to finish."""

from __future__ import annotations

import socket

import uvicorn

from courier.stream import Pokes


class Server(uvicorn.Server):
    """Uvicorn, stopping cleanly: an open stream of pokes would otherwise hold it for ever."""

    def __init__(self, config: uvicorn.Config, pokes: Pokes) -> None:
        super().__init__(config)
        self._pokes = pokes

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then let uvicorn finish what is under way."""
        self._pokes.close()
        await super().shutdown(sockets)
