"""The floor of a catch-up: an endpoint that inserts what it is sent, verifies nothing and knows nothing."""

from __future__ import annotations

import os
import sys

import msgspec
import psycopg
import uvicorn
from starlette.types import Receive, Scope, Send


class _Batch(msgspec.Struct):
    from_position: int
    events: list[msgspec.Raw]


class Inserter:
    """ASGI: one COPY and one commit a request."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._decoder = msgspec.json.Decoder(_Batch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if body:
            batch = self._decoder.decode(body)
            with self._connection.cursor() as cursor, cursor.copy("COPY floor FROM STDIN") as copy:
                for place, event in enumerate(batch.events):
                    copy.write_row((batch.from_position + place, bytes(event).decode()))
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


def main() -> None:
    """Serve `INSERTER_PORT` on the database `INSERTER_URL`."""
    assert sys.argv[1:] == ["serve"], "bench.inserter serve"
    app = Inserter(os.environ["INSERTER_URL"])
    uvicorn.run(
        app, port=int(os.environ["INSERTER_PORT"]), lifespan="off", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
